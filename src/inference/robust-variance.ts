/**
 * Variances of coefficients that do not trust the model's own: robust to heteroscedasticity (HC0–HC3) and to
 * dependence within clusters (CR0–CR3), for linear models and for generalised linear models with canonical link.
 *
 *     V = M (Σ_g X_g'A_g e_g e_g'A_g'X_g) M,   M = (X'WX)⁻¹,  e = y − μ,  W = diag v(μ)
 *
 * HC0 A = I; HC1 × n/(n − p); HC2 divides e by (1 − h)^½, HC3 by 1 − h, h the leverages. CR0 A = I; CR1 × m/(m − 1);
 * CR1S × m(n − 1)/((m − 1)(n − p)), as Stata; CR3 A = (I − H_gg)⁻¹, the jackknife; CR2 makes V unbiased when the
 * model's variance is right: A = W^½ (W^½ (I − H)_gg W W^½)^{−½} W^½, a generalised inverse as in clubSandwich, whose
 * choice among the roots this is. Tests with CR: t with Satterthwaite df (Bell & McCaffrey) under the working model;
 * of several coefficients at once the approximate Hotelling T² test (HTZ).
 *
 * Everything is computed in coordinates in which M = I (X R⁻¹, R'R = X'WX). There H_gg has the nonzero eigenvalues of
 * the p×p matrix B_g = X_g'W_gX_g, and X_g'f(I − H_gg) = f(I − B_g) X_g', so that for a linear model and for CR3 no
 * matrix is larger than p×p, whatever the size of the cluster.
 *
 * A coefficient that one cluster determines (an eigenvalue of B_g of 1: a cluster's own indicator) has residuals of
 * zero there, so that no variance between clusters can be had of it: its standard error does not exist, and a problem
 * says so. That of every contrast free of it is right (Pustejovsky & Tipton 2018, sec. 3).
 *
 * Sources  White (1980); MacKinnon & White (1985); Liang & Zeger (1986); Bell & McCaffrey (2002) Survey Methodology
 *          28:169–181; Pustejovsky & Tipton (2018) J. Bus. Econ. Stat. 36:672–683.
 * Checked  test/reference/robust-variance (sandwich; clubSandwich: vcovCR, coef_test, Wald_test).
 */
import { functionOfSymmetric, symmetricEigen } from "../numeric/eigen.js";
import { dot, type Matrix, multiply, rowOf, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { invertUpper, qr, timesInverseUpper } from "../numeric/qr.js";
import {
  fewClusters,
  fewerClustersThanCoefficients,
  oneClusterOnly,
  type Problem,
  restsOnOneCluster,
} from "../problem.js";
import type { Denominator, Fit } from "./fit.js";

export const HETEROSCEDASTICITY_ROBUST = ["HC0", "HC1", "HC2", "HC3"] as const;
export const CLUSTER_ROBUST = ["CR0", "CR1", "CR1S", "CR2", "CR3"] as const;
export type HeteroscedasticityRobust = (typeof HETEROSCEDASTICITY_ROBUST)[number];
export type ClusterRobust = (typeof CLUSTER_ROBUST)[number];
export type RobustKind = HeteroscedasticityRobust | ClusterRobust;

/** Clusters of the n rows used. */
export interface Clusters {
  /** Name of the column. */
  readonly column: string;
  /** Index into levels for each row. */
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

/** What the variance is made of: the fit as weighted least squares. */
export interface WorkingModel {
  /** n×p. */
  readonly X: Matrix;
  /** n, v(μ); null: 1 for every row. */
  readonly weights: Float64Array | null;
  /** n, y − μ. */
  readonly residuals: Float64Array;
  /** p×p upper triangular, R'R = X'WX. */
  readonly R: Matrix;
}

/**
 * Clusters fewer than this need a small-sample correction: Kahan et al. (2016) Trials 17:438; Leyrat et al. (2018) Int. J.
 * Epidemiol. 47:321–331.
 */
export const FEW_CLUSTERS = 40;
/** An eigenvalue of B_g this near to 1 is 1: the cluster determines a direction. */
const DETERMINED = 1e-9;
/** Whether an eigenvalue of a cluster's share of the information, at most 1, is 1. */
export const isDetermined = (share: number): boolean => 1 - share < DETERMINED;

export const isClusterRobust = (kind: string): kind is ClusterRobust =>
  (CLUSTER_ROBUST as readonly string[]).includes(kind);

/**
 * Why these clusters cannot give a cluster-robust variance of the p coefficients of X; empty when they can. Coefficients
 * that single clusters determine (their own indicators) are not counted: those of the others do not rest on them.
 */
export function clusterProblems(clusters: Clusters, X: Matrix, path: string): Problem[] {
  const { column, levels } = clusters;
  if (levels.length < 2) return [oneClusterOnly(path, column)];
  if (levels.length >= X.cols) return [];
  const free = X.cols - determinedCount(clusters, X);
  return levels.length < free ? [fewerClustersThanCoefficients(path, column, levels.length, free)] : [];
}

/** How many directions of the coefficients single clusters determine; 0 for a design of deficient rank. */
function determinedCount(clusters: Clusters, X: Matrix): number {
  const { R, rank } = qr(X);
  if (rank < X.cols) return 0;
  const basis = timesInverseUpper(X, R);
  return rowsByCluster(clusters).reduce((count, rows) => {
    const B = zeros(rank, rank);
    for (const row of rows) addOuter(B, rowOf(basis, row), 1);
    return count + symmetricEigen(B).values.filter(isDetermined).length;
  }, 0);
}

/**
 * The fit with standard errors that are robust to heteroscedasticity; its degrees of freedom stay.
 * HC1 to HC3 are for few rows.
 */
export function heteroscedasticityRobust<F extends Fit>(
  fit: F,
  { X, weights, residuals, R }: WorkingModel,
  kind: HeteroscedasticityRobust,
  path = "",
): F {
  const n = X.rows;
  const basis = timesInverseUpper(X, R);
  const p = basis.cols;
  const meat = zeros(p, p);
  const determined: Float64Array[] = [];
  for (let i = 0; i < n; i++) {
    const row = rowOf(basis, i);
    const leverage = (weights?.[i] ?? 1) * dot(row, row);
    const alone = isDetermined(leverage);
    if (alone) determined.push(row.map((v) => v / Math.sqrt(dot(row, row))));
    const share = alone || kind === "HC0" || kind === "HC1" ? 1 : (1 - leverage) ** (kind === "HC2" ? 0.5 : 1);
    addOuter(meat, row, (residuals[i]! / share) ** 2);
  }
  const factor = kind === "HC1" ? n / (n - p) : 1;
  return withSandwich(fit, scaled(meat, factor), R, determined, kind, "row", (L) => fit.denominatorDf(L), path);
}

/**
 * The fit with cluster-robust standard errors.
 *
 * @param df  "satterthwaite" (tests under the working model), or "fit": those that the fit has.
 */
export function clusterRobust<F extends Fit>(
  fit: F,
  working: WorkingModel,
  clusters: Clusters,
  kind: ClusterRobust,
  df: "satterthwaite" | "fit",
  path = "",
): F {
  const { X, R } = working;
  const basis = timesInverseUpper(X, R);
  const parts = rowsByCluster(clusters).map((rows) => clusterPart(basis, working, rows, kind));
  return withClusterParts(fit, parts, { n: X.rows, R }, clusters, kind, df, path);
}

/**
 * The fit with the cluster-robust variance that the parts of its clusters add up to.
 *
 * @param R  p×p upper triangular, R'R the information: the parts are in the coordinates in which it is 1.
 */
export function withClusterParts<F extends Fit>(
  fit: F,
  parts: readonly ClusterPart[],
  { n, R }: { readonly n: number; readonly R: Matrix },
  clusters: Clusters,
  kind: ClusterRobust,
  df: "satterthwaite" | "fit",
  path: string,
): F {
  const m = clusters.levels.length;
  const p = R.cols;
  const meat = zeros(p, p);
  for (const { score } of parts) addOuter(meat, score, 1);
  const factor = kind === "CR1" ? m / (m - 1) : kind === "CR1S" ? (m * (n - 1)) / ((m - 1) * (n - p)) : 1;
  const inverse = transpose(invertUpper(R));
  const denominatorDf =
    df === "fit" ? fit.denominatorDf : (L: Matrix): Denominator => hotelling(parts, multiply(inverse, transpose(L)));
  const determined = parts.flatMap((part) => part.determined);
  const robust = withSandwich(fit, scaled(meat, factor), R, determined, kind, "cluster", denominatorDf, path);
  const uncorrected = m < FEW_CLUSTERS && kind !== "CR2" && kind !== "CR3";
  const few = uncorrected ? [fewClusters(path, clusters.column, m, { vcov: kind, isNormal: false }, "CR2")] : [];
  return {
    ...robust,
    n: { ...robust.n, groups: { ...robust.n.groups, [clusters.column]: m } },
    problems: [...robust.problems, ...few],
  };
}

// ── one cluster ─────────────────────────────────────────────────────────────────────────────────

/** What a cluster contributes, in the coordinates in which M = I. */
export interface ClusterPart {
  /** X'A e. */
  readonly score: Float64Array;
  /** X'W A'X: how far the cluster's adjusted residuals follow each coefficient. */
  readonly T: Matrix;
  /** X'A W A'X: the variance of the score's own part under the working model. */
  readonly Q: Matrix;
  /** Directions (unit vectors) that the cluster alone determines. */
  readonly determined: readonly Float64Array[];
}

/** With A = f(1 − B), for every kind but a CR2 whose working variance is not that of independent equal rows. */
export function clusterPartOf(B: Matrix, score: Float64Array, kind: ClusterRobust): ClusterPart {
  const { values, vectors } = symmetricEigen(B);
  const determined = [...values.keys()].filter((j) => isDetermined(values[j]!)).map((j) => columnOf(vectors, j));
  const power = kind === "CR2" ? -0.5 : kind === "CR3" ? -1 : 0;
  const K = functionOfSymmetric({ values, vectors }, (value) => (isDetermined(value) ? 0 : (1 - value) ** power));
  const isPlain = power === 0;
  const T = isPlain ? B : multiply(B, K);
  return { score: isPlain ? score : timesVector(K, score), T, Q: isPlain ? B : multiply(K, T), determined };
}

function clusterPart(basis: Matrix, working: WorkingModel, rows: Int32Array, kind: ClusterRobust): ClusterPart {
  const { weights, residuals } = working;
  const p = basis.cols;
  const B = zeros(p, p);
  const score = new Float64Array(p);
  for (const i of rows) {
    const row = rowOf(basis, i);
    addOuter(B, row, weights?.[i] ?? 1);
    for (let j = 0; j < p; j++) score[j]! += row[j]! * residuals[i]!;
  }
  const part = clusterPartOf(B, score, kind);
  if (kind !== "CR2" || weights === null) return part;
  return { ...part, ...weightedCr2(basis, weights, residuals, rows, part.determined.length) };
}

/** G^−½, a generalised inverse: the `lost` smallest eigenvalues of G are zero. */
export function generalisedInverseRoot(G: Matrix, lost: number): Matrix {
  const { values, vectors } = symmetricEigen(G);
  const smallest = values[lost] ?? Number.POSITIVE_INFINITY;
  return functionOfSymmetric({ values, vectors }, (value) => (value < smallest || value <= 0 ? 0 : value ** -0.5));
}

/** CR2 with unequal weights: the root of an n_g×n_g matrix, whose `lost` smallest eigenvalues are zero. */
function weightedCr2(
  basis: Matrix,
  weights: Float64Array,
  residuals: Float64Array,
  rows: Int32Array,
  lost: number,
): Omit<ClusterPart, "determined"> {
  const n = rows.length;
  const p = basis.cols;
  const X = zeros(n, p);
  rows.forEach((row, i) => {
    X.data.set(rowOf(basis, row), i * p);
  });
  const w = Float64Array.from(rows, (row) => weights[row]!);
  // G = W^½ (W − W X X'W) W^½, since M = I here.
  const G = multiply(X, transpose(X));
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      G.data[i * n + j] = (i === j ? w[i]! * w[i]! : 0) - G.data[i * n + j]! * (w[i]! * w[j]!) ** 1.5;
  const root = generalisedInverseRoot(G, lost);
  const XA = zeros(p, n);
  for (let j = 0; j < p; j++)
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += X.data[k * p + j]! * Math.sqrt(w[k]!) * root.data[k * n + i]!;
      XA.data[j * n + i] = sum * Math.sqrt(w[i]!);
    }
  const score = timesVector(
    XA,
    Float64Array.from(rows, (row) => residuals[row]!),
  );
  const XAW = { ...XA, data: XA.data.map((v, at) => v * w[at % n]!) };
  return { score, T: transpose(multiply(XAW, X)), Q: multiply(XAW, transpose(XA)) };
}

// ── degrees of freedom ──────────────────────────────────────────────────────────────────────────

/**
 * Satterthwaite degrees of freedom of one row, or Hotelling's T² approximation for several:
 * F = Q (η − q + 1)/(η q) with q and η − q + 1 df, η = q(q + 1)/ΣΣ Var(Ω^−½ V Ω^−½)_st under the working model.
 *
 * @param Z  p×q, contrasts in the coordinates in which M = I.
 */
function hotelling(parts: readonly ClusterPart[], Z: Matrix): Denominator {
  const q = Z.cols;
  const diagonal = parts.map(({ T, Q }) => {
    const t = multiply(T, Z);
    return { t, own: multiply(transpose(Z), multiply(Q, Z)) };
  });
  const omega = zeros(q, q);
  for (const { t, own } of diagonal) {
    const shared = multiply(transpose(t), t);
    for (let a = 0; a < q * q; a++) omega.data[a]! += own.data[a]! - shared.data[a]!;
  }
  const { values, vectors } = symmetricEigen(omega);
  if (!(values[0]! > 1e-14 * Math.max(values[q - 1]!, 0))) return { df: Number.NaN, scale: Number.NaN };
  const inverseRoot = functionOfSymmetric({ values, vectors }, (value) => value ** -0.5);
  const t = diagonal.map((part) => multiply(part.t, inverseRoot));
  const own = diagonal.map((part) => multiply(inverseRoot, multiply(part.own, inverseRoot)));
  let total = 0;
  const P = zeros(q, q);
  for (let i = 0; i < t.length; i++)
    for (let j = 0; j <= i; j++) {
      // P = E(g_i g_j'), the covariance of two clusters' parts.
      for (let a = 0; a < q; a++)
        for (let b = 0; b < q; b++) {
          let shared = 0;
          for (let k = 0; k < t[i]!.rows; k++) shared += t[i]!.data[k * q + a]! * t[j]!.data[k * q + b]!;
          P.data[a * q + b] = (i === j ? own[i]!.data[a * q + b]! : 0) - shared;
        }
      for (let a = 0; a < q; a++)
        for (let b = 0; b < q; b++) {
          const variance = P.data[a * q + a]! * P.data[b * q + b]! + P.data[a * q + b]! * P.data[b * q + a]!;
          total += i === j ? variance : 2 * variance;
        }
    }
  const eta = (q * (q + 1)) / total;
  if (q === 1) return { df: eta, scale: 1 };
  return eta > q - 1 ? { df: eta - q + 1, scale: (eta - q + 1) / eta } : { df: Number.NaN, scale: Number.NaN };
}

// ── from the meat to the fit ────────────────────────────────────────────────────────────────────

/**
 * The fit with vcov R⁻¹ meat R⁻ᵀ, for a meat in the coordinates in which R'R = I. A contrast that a single cluster or row determines
 * in part has NaN for df, and so no standard error.
 *
 * @param determined  unit vectors in those coordinates.
 */
export function withSandwich<F extends Fit>(
  fit: F,
  meat: Matrix,
  R: Matrix,
  determined: readonly Float64Array[],
  kind: string,
  unit: "row" | "cluster",
  denominatorDf: (L: Matrix) => Denominator,
  path: string,
): F {
  const inverseR = invertUpper(R);
  const vcov = symmetric(multiply(multiply(inverseR, meat), transpose(inverseR)));
  if (determined.length === 0) return { ...fit, vcov, denominatorDf };
  const none = { df: Number.NaN, scale: Number.NaN };
  const back = transpose(inverseR);
  const touches = (L: Float64Array): boolean => {
    const z = timesVector(back, L);
    return determined.some((direction) => dot(direction, z) ** 2 > 1e-12 * dot(z, z));
  };
  const affected = fit.names.filter((_, j) => touches(Float64Array.from(fit.names, (_name, k) => (k === j ? 1 : 0))));
  return {
    ...fit,
    vcov,
    denominatorDf: (L: Matrix) =>
      Array.from({ length: L.rows }, (_, i) => rowOf(L, i)).some(touches) ? none : denominatorDf(L),
    problems: [...fit.problems, restsOnOneCluster(path, affected, kind, unit)],
  };
}

/** Rows of each cluster, in the order of the levels. */
export function rowsByCluster({ codes, levels }: Pick<Clusters, "codes" | "levels">): Int32Array[] {
  const counts = new Int32Array(levels.length);
  for (const code of codes) counts[code]!++;
  const groups = Array.from(counts, (count) => new Int32Array(count));
  const filled = new Int32Array(levels.length);
  codes.forEach((code, row) => {
    groups[code]![filled[code]!++] = row;
  });
  return groups;
}

/** Column j as an array of its own. */
export const columnOf = ({ rows, cols, data }: Matrix, j: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]!);

const scaled = (a: Matrix, factor: number): Matrix => ({ ...a, data: a.data.map((v) => v * factor) });

/** Rounding makes the product a little unsymmetric. */
const symmetric = (a: Matrix): Matrix => ({
  ...a,
  data: a.data.map((v, at) => (v + a.data[(at % a.cols) * a.cols + Math.floor(at / a.cols)]!) / 2),
});

/** A += factor x x', in place. */
export function addOuter(a: Matrix, x: Float64Array, factor: number): void {
  const p = x.length;
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) a.data[i * p + j]! += factor * x[i]! * x[j]!;
}
