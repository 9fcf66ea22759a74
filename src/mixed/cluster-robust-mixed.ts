/**
 * Cluster-robust variance of the fixed effects of a linear mixed model, with the fitted V as working covariance:
 *
 *     V_CR = M (Σ_g X_g'V_g⁻¹A_g e_g e_g'A_g'V_g⁻¹X_g) M,   M = (X'V⁻¹X)⁻¹,  e = y − Xβ
 *
 * CR0, CR1, CR3 and the degrees of freedom are those of robust-variance.ts for the rows L⁻¹X, L⁻¹e with V_g = LL'. CR2
 * is not, for its A is the symmetric one among the roots of A (V − XMX')_gg A' = V_gg, as in clubSandwich:
 * A = C'(C (V − XMX')_gg C')^−½ C, C'C = V_gg, whichever C.
 *
 * A cluster must hold whole independent blocks of V: no participant and no level of a random effect in two clusters.
 *
 * Symbols  U = L⁻¹X_g in the coordinates in which M = I; N = L'L.
 * Sources  Bell & McCaffrey (2002) Survey Methodology 28:169–181; Pustejovsky & Tipton (2018) J. Bus. Econ. Stat.
 *          36:672–683.
 * Checked  test/reference/cluster-robust-mixed (clubSandwich on lmer, gls and lme), dense matrices in the test.
 */
import type { Frame, RandomTerm } from "../formula/frame.js";
import type { GroupingFactor } from "../formula/grouping-factor.js";
import type { Fit } from "../inference/fit.js";
import {
  addOuter,
  type ClusterPart,
  type ClusterRobust,
  type Clusters,
  clusterPartOf,
  generalisedInverseRoot,
  rowsByCluster,
  withClusterParts,
} from "../inference/robust-variance.js";
import { cholesky, invertLower } from "../numeric/cholesky.js";
import { type Matrix, multiply, rowOf, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { qr, timesInverseUpper } from "../numeric/qr.js";
import type { LinearMixedFit, RandomTermFit } from "./linear-mixed.js";
import type { RepeatedRows } from "./marginal-blocks.js";
import type { RepeatedMeasures, RepeatedMeasuresFit } from "./repeated-measures.js";
import type { ResidualStrataFit } from "./residual-strata.js";

/** Rows that share a random effect or a covariance, and so cannot be in different clusters. */
export interface Grouping {
  /** `therapist`, `a:b`. */
  readonly group: string;
  readonly factor: GroupingFactor;
  /** Whether a row has any part in its level: not where all columns of the random terms are zero. */
  readonly has: (row: number) => boolean;
}

/** V of the fit: random effects, and the covariance of the rows of a subject. */
export interface FittedCovariance {
  readonly random: readonly RandomTermFit[];
  readonly subjects: RepeatedRows;
  /** Σ, K×K. */
  readonly sigma: Matrix;
}

/** Of one residual variance. */
export const toLinearCovariance = ({ random, sigma, residuals }: LinearMixedFit): FittedCovariance => ({
  random,
  subjects: { subjects: Int32Array.from(residuals, (_, row) => row), visits: new Int32Array(residuals.length) },
  sigma: { rows: 1, cols: 1, data: Float64Array.of(sigma ** 2) },
});

/** Of a residual variance for each stratum. */
export const toStrataCovariance = (
  { random, sigma }: ResidualStrataFit,
  { codes }: GroupingFactor,
): FittedCovariance => ({
  random,
  subjects: { subjects: Int32Array.from(codes, (_, row) => row), visits: codes },
  sigma,
});

/** Of a covariance over the visits of each participant. */
export const toRepeatedCovariance = (
  { random, sigma }: RepeatedMeasuresFit,
  { participants, visits }: RepeatedMeasures,
): FittedCovariance => ({ random, subjects: { subjects: participants.codes, visits: visits.codes }, sigma });

/** The grouping factors of the random terms, each once. */
export function randomGroupings(Z: readonly RandomTerm[]): Grouping[] {
  const groups = [...new Set(Z.map(({ group }) => group))];
  return groups.map((group) => {
    const terms = Z.filter((term) => term.group === group);
    const { codes, levels } = terms[0]!;
    const has = (row: number): boolean => terms.some(({ values }) => rowOf(values, row).some((v) => v !== 0));
    return { group, factor: { codes, levels }, has };
  });
}

/** A level of the grouping whose rows are in several clusters; null when there is none. */
export function splitLevel({ factor, has }: Grouping, clusters: Pick<Clusters, "codes">): string | null {
  const clusterOf = new Map<number, number>();
  for (const [row, level] of factor.codes.entries()) {
    if (!has(row)) continue;
    const cluster = clusters.codes[row]!;
    if ((clusterOf.get(level) ?? cluster) !== cluster) return factor.levels[level]!;
    clusterOf.set(level, cluster);
  }
  return null;
}

/** The grouping with the fewest levels that holds all others whole; null when none does (crossed factors). */
export function outermostGrouping(groupings: readonly Grouping[]): Grouping | null {
  const byLevels = [...groupings].sort((a, b) => a.factor.levels.length - b.factor.levels.length);
  return byLevels.find(({ factor }) => groupings.every((other) => splitLevel(other, factor) === null)) ?? null;
}

/**
 * The fit with cluster-robust standard errors of its fixed effects.
 *
 * @param clusters  Split no grouping of the model (`splitLevel`).
 * @param df        "satterthwaite" (Bell & McCaffrey, V the working covariance), or "fit": those that the fit has.
 */
export function clusterRobustMixed<F extends Fit>(
  fit: F,
  frame: Frame,
  covariance: FittedCovariance,
  clusters: Clusters,
  kind: ClusterRobust,
  df: "satterthwaite" | "fit",
  path = "",
): F {
  const { X } = frame;
  const p = X.cols;
  const { R: ofColumns } = qr(X);
  const basis = timesInverseUpper(X, ofColumns);
  const residuals = marginalResiduals(frame, fit.coef);
  const information = zeros(p, p);
  const blocks = rowsByCluster(clusters).map((rows) => {
    const L = cholesky(blockOf(frame, covariance, rows))!;
    const half = invertLower(L);
    const white = multiply(half, rowsOf(basis, rows));
    for (let i = 0; i < rows.length; i++) addOuter(information, rowOf(white, i), 1);
    return {
      L,
      white,
      errors: timesVector(
        half,
        Float64Array.from(rows, (row) => residuals[row]!),
      ),
    };
  });
  const R = transpose(cholesky(information)!);
  const parts = blocks.map(({ L, white, errors }) => blockPart(L, timesInverseUpper(white, R), errors, kind));
  return withClusterParts(fit, parts, { n: X.rows, R: multiply(R, ofColumns) }, clusters, kind, df, path);
}

/** y − offset − Xβ. */
function marginalResiduals({ X, response, offset }: Frame, coef: Float64Array): Float64Array {
  const linear = timesVector(X, coef);
  return response.map((v, i) => v - (offset?.[i] ?? 0) - linear[i]!);
}

/** V of some rows. */
function blockOf({ Z }: Frame, { random, subjects, sigma }: FittedCovariance, rows: Int32Array): Matrix {
  const n = rows.length;
  const V = zeros(n, n);
  const add = (i: number, j: number, value: number): void => {
    V.data[i * n + j]! += value;
    if (i !== j) V.data[j * n + i]! += value;
  };
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const [left, right] = [rows[i]!, rows[j]!];
      if (subjects.subjects[left] === subjects.subjects[right])
        add(i, j, sigma.data[subjects.visits[left]! * sigma.cols + subjects.visits[right]!]!);
    }
  Z.forEach(({ codes, values }, t) => {
    const ofEffects = multiply(rowsOf(values, rows), random[t]!.covariance);
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        if (codes[rows[i]!] !== codes[rows[j]!]) continue;
        const other = rowOf(values, rows[j]!);
        add(
          i,
          j,
          rowOf(ofEffects, i).reduce((sum, v, k) => sum + v * other[k]!, 0),
        );
      }
  });
  return V;
}

function rowsOf(matrix: Matrix, rows: Int32Array): Matrix {
  const part = zeros(rows.length, matrix.cols);
  rows.forEach((row, i) => {
    part.data.set(rowOf(matrix, row), i * matrix.cols);
  });
  return part;
}

function blockPart(L: Matrix, U: Matrix, errors: Float64Array, kind: ClusterRobust): ClusterPart {
  const Ut = transpose(U);
  const part = clusterPartOf(multiply(Ut, U), timesVector(Ut, errors), kind);
  if (kind !== "CR2") return part;
  // With C = L': G = N (I − UU') N, and X'V⁻¹A = U'G^−½L'.
  const N = multiply(transpose(L), L);
  const NU = multiply(N, U);
  const explained = multiply(NU, transpose(NU));
  const G = multiply(N, N);
  for (let i = 0; i < G.data.length; i++) G.data[i]! -= explained.data[i]!;
  const NF = multiply(N, multiply(generalisedInverseRoot(G, part.determined.length), U));
  const NFt = transpose(NF);
  return { ...part, score: timesVector(NFt, errors), T: multiply(Ut, NF), Q: multiply(NFt, NF) };
}
