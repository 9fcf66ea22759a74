/**
 * The criterion's part of levels that are alike (alike-levels.ts), which differ in [X y]'Z alone: it enters through sums
 * over a class and over the classes of a pattern, so that an evaluation costs by classes, not by levels.
 *
 * With A = Z'Z of one level, S its rows with later levels (scaled by their Λ), B_j = [X y]'Z_j, Q = Λ'AΛ + I and
 * N = Λ Q⁻¹ Λ', the m levels of a class add m log|Q| to the deviance and leave in the rest of the matrix
 *     −m S N S',    −(Σ B_j) N S',    −Σ_ab N_ab Σ_j B_ja B_jb'.
 * The first two go to the later rows they met, by class; Q, N and the last are those of the pattern.
 *
 * Symbols  k scalars per level, r later rows, b border rows.
 */
import type { LeafSums } from "../numeric/block-cholesky.js";
import { choleskyInPlace } from "../numeric/cholesky.js";
import type { AlikeLevels } from "./alike-levels.js";
import type { CrossProducts } from "./cross-products.js";

interface LeafPattern {
  /** Levels. */
  members: number;
  /** k×k, A. */
  readonly own: Float64Array;
  /** For each a ≤ c the lower triangle of Σ_j B_ja B_jc', made symmetric and doubled for a < c, by rows. */
  readonly borderSquares: Float64Array;
  readonly classes: LeafClass[];
  /** k×k each, at the Λ of the last `seed`. */
  readonly N: Float64Array;
  readonly LambdaInverseQ: Float64Array;
}

interface LeafClass {
  readonly members: number;
  /** Supernode whose front the class adds to; −1: the border. */
  readonly parent: number;
  /** Places of the r later rows and b border rows in that front. */
  readonly place: Int32Array;
  /** Later nodes met: first row of S, factor, and first scalar. */
  readonly later: readonly { readonly row: number; readonly factor: number; readonly scalar: number }[];
  readonly r: number;
  /** r×k, unscaled S. */
  readonly cross: Float64Array;
  /** b×k, Σ B_j. */
  readonly borderSum: Float64Array;
  /** r×k, scaled, at the Λ of the last `seed`. */
  readonly S: Float64Array;
}

export interface LeafClasses extends LeafSums {
  /**
   * Add the classes' part of ∂d/∂Λ to `slopes`, after the inverse was visited.
   * @param w      (u, β, −1): u of the later levels, κ as in profiled-deviance.ts.
   */
  readonly addSlopes: (
    slopes: readonly Float64Array[],
    borderInverse: Float64Array,
    w: { readonly u: Float64Array; readonly beta: Float64Array; readonly kappa: number },
  ) => void;
}

/** Null where they save little. `lambdas` gives Λ of each factor at the current theta. */
export function leafClasses(
  products: CrossProducts,
  alike: AlikeLevels,
  fronts: Float64Array,
  lambdas: () => readonly Float64Array[],
): LeafClasses | null {
  const { elimination, structure, p } = products;
  const b = p + 1;
  const { k } = structure.factors[0]!;
  if (!worthSumming(products, alike, k, b)) return null;
  const skipped = Uint8Array.from(alike.classOf, (leafClass) => (leafClass === -1 ? 0 : 1));
  const patterns = gather(products, alike, k, b);

  const frontOf = ({ parent }: LeafClass, border: Float64Array): Front =>
    parent === -1
      ? { data: border, start: 0, size: b }
      : {
          data: fronts,
          start: elimination.frontStart[parent]!,
          size: elimination.columns[parent]! + elimination.below[parent]! + b,
        };
  const widest = patterns.reduce((most, { classes }) => classes.reduce((wide, { r }) => Math.max(wide, r), most), 0);
  const scratch = leafScratch(k, widest, b);

  const seed = (border: Float64Array): number => {
    let logDeterminant = 0;
    for (const pattern of patterns) {
      const logQ = eliminatePattern(pattern, lambdas()[0]!, k, scratch);
      if (Number.isNaN(logQ)) return Number.NaN;
      logDeterminant += pattern.members * logQ;
      subtractSquares(pattern, border, k, b);
      for (const leaf of pattern.classes) {
        scaleCross(leaf, lambdas(), structure.factors, k);
        subtractCross(leaf, pattern.N, frontOf(leaf, border), k, b, scratch);
      }
    }
    return logDeterminant;
  };

  const addSlopes: LeafClasses["addSlopes"] = (slopes, borderInverse, { u, beta, kappa }) => {
    const { w } = scratch;
    for (const pattern of patterns) {
      squareSlopes(pattern, borderInverse, { beta, kappa }, k, scratch);
      for (const leaf of pattern.classes) {
        const { r, later } = leaf;
        for (const { row, factor, scalar } of later)
          for (let i = 0; i < structure.factors[factor]!.k; i++) w[row + i] = u[scalar + i]!;
        w.set(beta, r);
        w[r + p] = -1;
        crossSlopes(leaf, frontOf(leaf, borderInverse), kappa, k, b, scratch);
        slopesInLater(leaf, pattern.N, slopes, structure.factors, k, scratch);
      }
      slopesInFirst(pattern, slopes[0]!, k, scratch);
    }
  };
  return { skipped, seed, addSlopes };
}

/** Whether an evaluation by patterns and classes has clearly fewer products to add than one by levels. */
function worthSumming({ elimination: { below } }: CrossProducts, alike: AlikeLevels, k: number, b: number): boolean {
  let bySums = (alike.patterns * k * (k + 1) * b * b) / 4;
  let byLevels = 0;
  for (const members of alike.members) {
    const r = below[members[0]!]!;
    bySums += r * k * (r / 2 + b);
    byLevels += (members.length * k * (k + r + b) ** 2) / 2;
  }
  return bySums < 0.7 * byLevels;
}

interface Front {
  readonly data: Float64Array;
  readonly start: number;
  readonly size: number;
}

interface Scratch {
  /** k×k each. */
  readonly Q: Float64Array;
  readonly half: Float64Array;
  readonly W: Float64Array;
  readonly H: Float64Array;
  readonly left: Float64Array;
  /** r×k each. */
  readonly SN: Float64Array;
  readonly E: Float64Array;
  /** r + b each. */
  readonly G: Float64Array;
  readonly w: Float64Array;
}

/** Working memory for classes of up to r later rows. */
const leafScratch = (k: number, r: number, b: number): Scratch => ({
  Q: new Float64Array(k * k),
  half: new Float64Array(k * k),
  W: new Float64Array(k * k),
  H: new Float64Array(k * k),
  left: new Float64Array(k * k),
  SN: new Float64Array(r * k),
  E: new Float64Array(r * k),
  G: new Float64Array(r + b),
  w: new Float64Array(r + b),
});

/** N and ΛQ⁻¹ at the current Λ, in place, by Q = LL' and W = ΛL⁻ᵀ; returns log|Q|, NaN when Q is not positive definite. */
function eliminatePattern(
  { own, N, LambdaInverseQ }: LeafPattern,
  lambda: Float64Array,
  k: number,
  { Q, half, W, left }: Scratch,
): number {
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let m = j; m < k; m++) sum += own[i * k + m]! * lambda[m * k + j]!;
      left[i * k + j] = sum;
    }
  for (let i = 0; i < k; i++)
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let m = i; m < k; m++) sum += lambda[m * k + i]! * left[m * k + j]!;
      Q[i * k + j] = sum;
    }
  if (!choleskyInPlace(Q, k)) return Number.NaN;
  let logQ = 0;
  for (let j = 0; j < k; j++) {
    logQ += 2 * Math.log(Q[j * k + j]!);
    for (let i = j; i < k; i++) {
      let sum = i === j ? 1 : 0;
      for (let m = j; m < i; m++) sum -= Q[i * k + m]! * half[m * k + j]!;
      half[i * k + j] = sum / Q[i * k + i]!;
    }
  }
  for (let a = 0; a < k; a++)
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j <= a && j <= i; j++) sum += lambda[a * k + j]! * half[i * k + j]!;
      W[a * k + i] = sum;
    }
  for (let a = 0; a < k; a++)
    for (let c = 0; c < k; c++) {
      let square = 0;
      for (let i = 0; i < k; i++) square += W[a * k + i]! * W[c * k + i]!;
      N[a * k + c] = square;
      let sum = 0;
      for (let i = c; i < k; i++) sum += W[a * k + i]! * half[i * k + c]!;
      LambdaInverseQ[a * k + c] = sum;
    }
  return logQ;
}

/** S at the current Λ, in place. */
function scaleCross(
  { cross, later, S }: LeafClass,
  lambdas: readonly Float64Array[],
  factors: CrossProducts["structure"]["factors"],
  k: number,
): void {
  for (const { row, factor } of later) {
    const ks = factors[factor]!.k;
    const scale = lambdas[factor]!;
    for (let i = 0; i < ks; i++)
      for (let a = 0; a < k; a++) {
        let sum = 0;
        for (let m = i; m < ks; m++) sum += scale[m * ks + i]! * cross[(row + m) * k + a]!;
        S[(row + i) * k + a] = sum;
      }
  }
}

/** Subtract what a pattern explains of [X y]'[X y] from the lower triangle of the border. */
function subtractSquares({ borderSquares, N }: LeafPattern, border: Float64Array, k: number, b: number): void {
  let at = 0;
  for (let a = 0; a < k; a++)
    for (let c = a; c < k; c++) {
      const weight = N[a * k + c]!;
      for (let i = 0; i < b; i++) {
        const row = i * b;
        for (let j = 0; j <= i; j++) border[row + j]! -= weight * borderSquares[at++]!;
      }
    }
}

/** Subtract what a class explains of the later rows from the lower triangle of its front. */
function subtractCross(
  { r, place, members, borderSum, S }: LeafClass,
  N: Float64Array,
  { data, start, size }: Front,
  k: number,
  b: number,
  { SN }: Scratch,
): void {
  for (let i = 0; i < r; i++)
    for (let c = 0; c < k; c++) {
      let sum = 0;
      for (let a = 0; a < k; a++) sum += S[i * k + a]! * N[a * k + c]!;
      SN[i * k + c] = sum;
    }
  for (let i = 0; i < r; i++) {
    const row = start + place[i]! * size;
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let a = 0; a < k; a++) sum += SN[i * k + a]! * S[j * k + a]!;
      data[row + place[j]!]! -= members * sum;
    }
  }
  for (let i = 0; i < b; i++) {
    const row = start + place[r + i]! * size;
    for (let j = 0; j < r; j++) {
      let sum = 0;
      for (let a = 0; a < k; a++) sum += borderSum[i * k + a]! * SN[j * k + a]!;
      data[row + place[j]!]! -= sum;
    }
  }
}

/** H = −∂d/∂N by the border alone, in place: G = ∂d/∂(the border) with w = (β, −1). */
function squareSlopes(
  { borderSquares }: LeafPattern,
  borderInverse: Float64Array,
  { beta, kappa }: { readonly beta: Float64Array; readonly kappa: number },
  k: number,
  { H }: Scratch,
): void {
  const p = beta.length;
  const b = p + 1;
  let at = 0;
  for (let a = 0; a < k; a++)
    for (let c = a; c < k; c++) {
      let sum = 0;
      for (let i = 0; i < b; i++) {
        const wi = kappa * (i < p ? beta[i]! : -1);
        for (let j = 0; j < i; j++) sum += 2 * (borderInverse[i * b + j]! + wi * beta[j]!) * borderSquares[at++]!;
        sum += (borderInverse[i * b + i]! + wi * (i < p ? beta[i]! : -1)) * borderSquares[at++]!;
      }
      // Squares of a < c are doubled, and each of the two entries of H takes half.
      H[a * k + c] = a === c ? sum : sum / 2;
      H[c * k + a] = H[a * k + c]!;
    }
}

/** Adds a class to H; E, what multiplies its dS, in place. G = ∂d/∂(the front), with w from the scratch. */
function crossSlopes(
  { members, r, place, borderSum, S }: LeafClass,
  { data, start, size }: Front,
  kappa: number,
  k: number,
  b: number,
  { E, H, w, G }: Scratch,
): void {
  const d = r + b;
  for (let i = 0; i < r; i++) {
    const row = start + place[i]! * size;
    const wi = kappa * w[i]!;
    for (let j = 0; j < d; j++) G[j] = data[row + place[j]!]! + wi * w[j]!;
    for (let a = 0; a < k; a++) {
      let withS = 0;
      let withB = 0;
      for (let j = 0; j < r; j++) withS += G[j]! * S[j * k + a]!;
      for (let j = 0; j < b; j++) withB += G[r + j]! * borderSum[j * k + a]!;
      const both = members * withS + withB;
      E[i * k + a] = both;
      for (let c = 0; c < k; c++) {
        const s = S[i * k + c]!;
        H[c * k + a]! += s * both;
        H[a * k + c]! += s * withB;
      }
    }
  }
}

/** Add a pattern's ∂d/∂Λ of the first factor to `slope`, from H of all its classes. */
function slopesInFirst(
  { members, own, N, LambdaInverseQ }: LeafPattern,
  slope: Float64Array,
  k: number,
  { H, Q: NH, left }: Scratch,
): void {
  // dN = (I − N A) dΛ Q⁻¹Λ' + its transpose; d log|Q| = 2 tr(Q⁻¹Λ'A dΛ).
  for (let a = 0; a < k; a++)
    for (let c = 0; c < k; c++) {
      let sum = 0;
      for (let m = 0; m < k; m++) sum += N[a * k + m]! * H[m * k + c]!;
      NH[a * k + c] = sum;
    }
  for (let a = 0; a < k; a++)
    for (let c = 0; c < k; c++) {
      let sum = members * own[a * k + c]! - H[a * k + c]!;
      for (let m = 0; m < k; m++) sum += own[a * k + m]! * NH[m * k + c]!;
      left[a * k + c] = 2 * sum;
    }
  for (let a = 0; a < k; a++)
    for (let c = 0; c < k; c++) {
      let sum = 0;
      for (let m = 0; m < k; m++) sum += left[a * k + m]! * LambdaInverseQ[m * k + c]!;
      slope[a * k + c]! += sum;
    }
}

/** Add a class's ∂d/∂Λ of the later factors to `slopes`, from E: −2 tr((E N)' dS), S = Λ_s' cross. */
function slopesInLater(
  { cross, later }: LeafClass,
  N: Float64Array,
  slopes: readonly Float64Array[],
  factors: CrossProducts["structure"]["factors"],
  k: number,
  { E }: Scratch,
): void {
  for (const { row, factor } of later) {
    const ks = factors[factor]!.k;
    const slope = slopes[factor]!;
    for (let i = 0; i < ks; i++)
      for (let a = 0; a < k; a++) {
        let EN = 0;
        for (let m = 0; m < k; m++) EN += E[(row + i) * k + m]! * N[m * k + a]!;
        for (let m = 0; m < ks; m++) slope[m * ks + i]! -= 2 * cross[(row + m) * k + a]! * EN;
      }
  }
}

/** The patterns with their classes, summed. */
function gather(products: CrossProducts, alike: AlikeLevels, k: number, b: number): LeafPattern[] {
  const { raw } = products;
  const { below, panelStart } = products.elimination;
  const patterns: LeafPattern[] = [];
  alike.members.forEach((members, leafClass) => {
    const first = panelStart[members[0]!]!;
    patterns[alike.patternOf[leafClass]!] ??= {
      members: 0,
      own: raw.slice(first, first + k * k),
      borderSquares: new Float64Array((k * (k + 1) * b * (b + 1)) / 4),
      classes: [],
      N: new Float64Array(k * k),
      LambdaInverseQ: new Float64Array(k * k),
    };
    const pattern = patterns[alike.patternOf[leafClass]!]!;
    pattern.members += members.length;
    pattern.classes.push(toClass(products, members, k, b));
    const { borderSquares } = pattern;
    for (const member of members) {
      const border = panelStart[member]! + (k + below[member]!) * k;
      let at = 0;
      for (let a = 0; a < k; a++)
        for (let c = a; c < k; c++)
          for (let i = 0; i < b; i++)
            for (let j = 0; j <= i; j++) {
              const one = raw[border + i * k + a]! * raw[border + j * k + c]!;
              borderSquares[at++]! += a === c ? one : one + raw[border + i * k + c]! * raw[border + j * k + a]!;
            }
    }
  });
  return patterns;
}

function toClass(products: CrossProducts, members: readonly number[], k: number, b: number): LeafClass {
  const { elimination, raw, blockStart, blockRow, rowFactor } = products;
  const { columns, below, parent, index, indexStart, inParent, panelStart } = elimination;
  const s = members[0]!;
  const r = below[s]!;
  const above = parent[s]!;
  const size = above === -1 ? b : columns[above]! + below[above]! + b;
  const place = new Int32Array(r + b);
  for (let i = 0; i < r; i++) place[i] = inParent[indexStart[s]! + k + i]!;
  for (let i = 0; i < b; i++) place[r + i] = size - b + i;

  const panel = panelStart[s]!;
  const borderSum = new Float64Array(b * k);
  for (const member of members) {
    const border = panelStart[member]! + (k + r) * k;
    for (let i = 0; i < b * k; i++) borderSum[i]! += raw[border + i]!;
  }
  const later: { row: number; factor: number; scalar: number }[] = [];
  for (let block = blockStart[s]!; block < blockStart[s + 1]!; block++) {
    const row = blockRow[block]!;
    if (row >= k) later.push({ row: row - k, factor: rowFactor[block]!, scalar: index[indexStart[s]! + row]! });
  }
  return {
    members: members.length,
    parent: above,
    place,
    later,
    r,
    cross: raw.slice(panel + k * k, panel + (k + r) * k),
    borderSum,
    S: new Float64Array(r * k),
  };
}
