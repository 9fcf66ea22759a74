/**
 * Working correlations of GEE: the moment estimates that solve geepack's second set of estimating equations, and
 * the whitening of a cluster's rows by them.
 *
 * With r the Pearson residuals, N rows and z_jk = r_j r_k / φ for the pairs j < k of each cluster:
 * φ = Σr²/N; exchangeable α = mean z; unstructured α_jk = mean z over the clusters that have positions j and k;
 * ar1 ρ_jk = α^|j−k| over all pairs, Σ |j−k| α^(|j−k|−1) (z_jk − α^|j−k|) = 0, by Gauss–Newton.
 *
 * Sources: Yan & Fine (2004) Stat. Med. 23:859–874; Halekoh, Højsgaard & Yan (2006) J. Stat. Softw. 15(2).
 */
import { choleskyInPlace } from "../numeric/cholesky.js";

export const WORKING_CORRELATIONS = ["independence", "exchangeable", "ar1", "unstructured"] as const;
export type CorrelationStructure = (typeof WORKING_CORRELATIONS)[number];

/** A cluster's rows in order, and where each stands: 0, 1, 2, … or the number of its visit. */
export interface OrderedCluster {
  readonly rows: Int32Array;
  readonly positions: Int32Array;
}

export interface WorkingCorrelation {
  readonly structure: CorrelationStructure;
  /** None, one, or one for each pair of positions j < k, (0,1), (0,2), …, (1,2), …; NaN for a pair that no cluster has. */
  readonly alpha: Float64Array;
  /** How many positions there are. */
  readonly positions: number;
}

/** No correlation: where the iteration starts. */
export function startingCorrelation(
  structure: CorrelationStructure,
  clusters: readonly OrderedCluster[],
): WorkingCorrelation {
  const positions = 1 + clusters.reduce((most, { positions: at }) => at.reduce((m, v) => Math.max(m, v), most), 0);
  const count = structure === "independence" ? 0 : structure === "unstructured" ? (positions * (positions - 1)) / 2 : 1;
  return { structure, alpha: new Float64Array(count), positions };
}

/** The correlation that the residuals show; for ar1 one Gauss–Newton step from the one before. */
export function updateCorrelation(
  { structure, alpha, positions }: WorkingCorrelation,
  clusters: readonly OrderedCluster[],
  pearson: Float64Array,
  scale: number,
): WorkingCorrelation {
  switch (structure) {
    case "independence":
      return { structure, alpha, positions };
    case "exchangeable":
      return { structure, alpha: Float64Array.of(meanOfPairs(clusters, pearson) / scale), positions };
    case "ar1":
      return { structure, alpha: Float64Array.of(gaussNewton(alpha[0]!, clusters, pearson, scale)), positions };
    case "unstructured":
      return { structure, alpha: meanByPair(clusters, pearson, positions).map((z) => z / scale), positions };
  }
}

/** (Σr)² − Σr² is twice the sum over pairs; clusters of one row have none. */
function meanOfPairs(clusters: readonly OrderedCluster[], r: Float64Array): number {
  let sum = 0;
  let pairs = 0;
  for (const { rows } of clusters) {
    let total = 0;
    let squares = 0;
    for (const row of rows) {
      total += r[row]!;
      squares += r[row]! ** 2;
    }
    sum += (total * total - squares) / 2;
    pairs += (rows.length * (rows.length - 1)) / 2;
  }
  return pairs === 0 ? 0 : sum / pairs;
}

function gaussNewton(alpha: number, clusters: readonly OrderedCluster[], r: Float64Array, scale: number): number {
  let score = 0;
  let information = 0;
  for (const { rows, positions } of clusters)
    for (let j = 0; j < rows.length; j++)
      for (let k = j + 1; k < rows.length; k++) {
        const lag = positions[k]! - positions[j]!;
        const slope = lag * alpha ** (lag - 1);
        score += slope * ((r[rows[j]!]! * r[rows[k]!]!) / scale - alpha ** lag);
        information += slope * slope;
      }
  return information === 0 ? alpha : alpha + score / information;
}

function meanByPair(clusters: readonly OrderedCluster[], r: Float64Array, positions: number): Float64Array {
  const count = (positions * (positions - 1)) / 2;
  const sums = new Float64Array(count);
  const pairs = new Float64Array(count);
  for (const { rows, positions: at } of clusters)
    for (let j = 0; j < rows.length; j++)
      for (let k = j + 1; k < rows.length; k++) {
        const pair = pairIndex(at[j]!, at[k]!, positions);
        sums[pair]! += r[rows[j]!]! * r[rows[k]!]!;
        pairs[pair]! += 1;
      }
  return sums.map((sum, pair) => sum / pairs[pair]!);
}

/** Where positions j < k stand in `alpha`. */
const pairIndex = (j: number, k: number, positions: number): number => j * positions - (j * (j + 1)) / 2 + (k - j - 1);

/**
 * Multiply a block of n rows by L⁻¹, LL' = R, in place: its rows are then uncorrelated with variance 1.
 *
 * @param block  n×width, row-major, rows in the order of `positions`.
 * @returns      false when R is not positive definite.
 */
export function whitenInPlace(
  { structure, alpha, positions: count }: WorkingCorrelation,
  block: Float64Array,
  width: number,
  positions: Int32Array,
): boolean {
  switch (structure) {
    case "independence":
      return true;
    case "exchangeable":
      return whitenExchangeable(block, width, positions.length, alpha[0]!);
    case "ar1":
      return whitenAutoregressive(block, width, positions, alpha[0]!);
    case "unstructured":
      return whitenBy(block, width, positions, alpha, count);
  }
}

/** Each row less what the sum of those before it predicts: coefficient α/(1 + (k − 1)α) after k rows. */
function whitenExchangeable(block: Float64Array, width: number, n: number, alpha: number): boolean {
  const before = new Float64Array(width);
  for (let k = 0; k < n; k++) {
    const slope = k === 0 ? 0 : alpha / (1 + (k - 1) * alpha);
    const left = 1 - k * alpha * slope;
    if (!(left > 0)) return false;
    const root = Math.sqrt(left);
    for (let c = 0; c < width; c++) {
      const value = block[k * width + c]!;
      block[k * width + c] = (value - slope * before[c]!) / root;
      before[c]! += value;
    }
  }
  return true;
}

/** Each row less what the one before it predicts. */
function whitenAutoregressive(block: Float64Array, width: number, positions: Int32Array, alpha: number): boolean {
  if (!(Math.abs(alpha) < 1)) return false;
  for (let k = positions.length - 1; k > 0; k--) {
    const slope = alpha ** (positions[k]! - positions[k - 1]!);
    const root = Math.sqrt(1 - slope * slope);
    for (let c = 0; c < width; c++)
      block[k * width + c] = (block[k * width + c]! - slope * block[(k - 1) * width + c]!) / root;
  }
  return true;
}

function whitenBy(
  block: Float64Array,
  width: number,
  positions: Int32Array,
  alpha: Float64Array,
  count: number,
): boolean {
  const n = positions.length;
  const L = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    L[j * n + j] = 1;
    for (let k = j + 1; k < n; k++) L[k * n + j] = alpha[pairIndex(positions[j]!, positions[k]!, count)]!;
  }
  if (!choleskyInPlace(L, n)) return false;
  for (let i = 0; i < n; i++)
    for (let c = 0; c < width; c++) {
      let value = block[i * width + c]!;
      for (let k = 0; k < i; k++) value -= L[i * n + k]! * block[k * width + c]!;
      block[i * width + c] = value / L[i * n + i]!;
    }
  return true;
}
