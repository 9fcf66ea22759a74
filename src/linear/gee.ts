/**
 * Generalised estimating equations: marginal regression of outcomes that are correlated within clusters.
 *
 *     Σ_i D_i'V_i⁻¹(y_i − μ_i) = 0,   V_i = φ A_i^½ R(α) A_i^½,   D_i = A_i X_i,   A_i = diag v(μ_i)
 *
 * Estimator  Gauss–Newton steps of β in turn with the moment estimates of φ and α (working-correlation.ts), from the
 *            fit under independence, until neither moves: the point that geepack finds.
 * Variance   M (Σ u_i u_i') M, M = (ΣB_i)⁻¹, B_i = D_i'V_i⁻¹D_i, u_i = D_i'V_i⁻¹ F_i (y_i − μ_i); F_i is
 *              robust               I (Liang & Zeger)
 *              kauermann-carroll    (I − H_i)^−½, of the non-symmetric H_i = D_i M D_i'V_i⁻¹
 *              mancl-derouen        (I − H_i)⁻¹
 *            fay-graubard takes diag(1 − min(0.75, (B_iM)_jj))^−½ times the robust u_i.
 *            For any f, D'V⁻¹f(I − H) = f(I − B M) D'V⁻¹, and B M is similar to the symmetric R⁻ᵀB R⁻¹ (R'R = M⁻¹):
 *            the eigenvalues are those of a symmetric p×p matrix, and no matrix grows with the cluster.
 * Symbols    n rows, m clusters, p coefficients.
 * Limits     Missing rows must be missing completely at random. Canonical links.
 * Sources    Liang & Zeger (1986) Biometrika 73:13–22; Yan & Fine (2004) Stat. Med. 23:859–874; Kauermann & Carroll
 *            (2001) JASA 96:1387–1396; Mancl & DeRouen (2001) Biometrics 57:126–134; Fay & Graubard (2001) Biometrics
 *            57:1198–1206.
 * Checked    test/reference/gee (geepack; the corrections from their published formulae in R).
 */
import type { Frame } from "../formula/frame.js";
import { type Family, type FamilyName, families } from "../inference/family.js";
import type { Denominator, Fit } from "../inference/fit.js";
import {
  addOuter,
  type Clusters,
  clusterProblems,
  columnOf,
  FEW_CLUSTERS,
  isDetermined,
  rowsByCluster,
  withSandwich,
} from "../inference/robust-variance.js";
import { cholesky } from "../numeric/cholesky.js";
import { functionOfSymmetric, symmetricEigen } from "../numeric/eigen.js";
import { type Matrix, multiply, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { invertUpper } from "../numeric/qr.js";
import {
  clusterVisitTwice,
  correlationOutside,
  fewClusters,
  noClusterDegreesOfFreedom,
  notConverged,
  type Problem,
  ProblemError,
  type ReportedProblem,
  randomTermNotTaken,
  tooManyPositions,
} from "../problem.js";
import { fitGeneralisedLinear } from "./generalised-linear.js";
import { fitLinear } from "./linear.js";
import {
  type CorrelationStructure,
  type OrderedCluster,
  startingCorrelation,
  updateCorrelation,
  type WorkingCorrelation,
  whitenInPlace,
} from "./working-correlation.js";

export const GEE_VARIANCES = ["robust", "kauermann-carroll", "mancl-derouen", "fay-graubard"] as const;
export type GeeVariance = (typeof GEE_VARIANCES)[number];

export interface GeeOptions {
  readonly family: FamilyName;
  /** Clusters of the rows of the frame, which need not stand together. */
  readonly clusters: Clusters;
  readonly correlation: CorrelationStructure;
  /** For ar1 and unstructured: each row's visit by its number from 0. Default: its place among the cluster's rows. */
  readonly visits?: { readonly column: string; readonly codes: Int32Array };
  /** Default "robust". */
  readonly vcov?: GeeVariance;
  /** "clusters": t with clusters − coefficients. Default "normal". */
  readonly df?: "normal" | "clusters";
  /** Largest change of a linear predictor and of a correlation in the last step. Default 1e-9. */
  readonly tolerance?: number;
  /** Default 200. */
  readonly maxIterations?: number;
  readonly path?: string;
}

export interface GeeFit extends Fit {
  readonly model: "gee";
  readonly family: FamilyName;
  readonly correlation: WorkingCorrelation;
  /** φ. */
  readonly scale: number;
  /** n linear predictors, offset included. */
  readonly eta: Float64Array;
  readonly fitted: Float64Array;
  /** n, y − μ. */
  readonly residuals: Float64Array;
  /** p×p, φM: the variance if the working correlation holds. */
  readonly modelVcov: Matrix;
  readonly iterations: number;
}

/** Fay & Graubard's bound, so that no cluster's score is more than doubled. */
const FAY_GRAUBARD_BOUND = 0.75;

/**
 * Fit generalised estimating equations.
 *
 * @param frame  n rows, X n×p of full column rank, no random terms; y as the family needs it.
 * @returns      coefficients on the link scale; `logLik` NaN, there is no likelihood. Separated data and a correlation
 *               that no positive definite matrix has give `converged: false` and a problem.
 * @throws ProblemError `frame.one-cluster`, `frame.too-few-clusters`, `frame.no-cluster-df`, `frame.visit-twice`,
 *         `frame.aliased`, `frame.too-few-rows`, `formula.random-term`.
 */
export function fitGee(frame: Frame, options: GeeOptions): GeeFit {
  const { family: familyName, clusters, vcov = "robust", df = "normal", path = "" } = options;
  const problems = geeProblems(frame, options);
  if (problems.length > 0) throw new ProblemError(problems);
  const family = families[familyName];
  const ordered = orderClusters(clusters, options.visits);
  const start =
    familyName === "gaussian" ? fitLinear(frame, { path }) : fitGeneralisedLinear(frame, { family: familyName, path });
  const solved = start.converged
    ? solve(frame, family, ordered, start.coef, options)
    : stopped(frame, family, ordered, start.coef, options, start.problems[0]!);

  const m = clusters.levels.length;
  const p = frame.X.cols;
  const { coef, eta, R, scale, correlation, problem } = solved;
  const fitted = eta.map(family.mean);
  const inverseR = invertUpper(R);
  const denominator = { df: df === "normal" ? Number.POSITIVE_INFINITY : m - p, scale: 1 };
  const fit: GeeFit = {
    model: "gee",
    family: familyName,
    names: frame.names,
    coef,
    vcov: zeros(p, p),
    denominatorDf: () => denominator,
    logLik: Number.NaN,
    parameters: p,
    n: { observations: eta.length, groups: { [clusters.column]: m } },
    converged: problem === null,
    problems: problem === null ? fewClusterProblems(clusters, vcov, df, path) : [problem],
    correlation,
    scale,
    eta,
    fitted,
    residuals: frame.response.map((y, i) => y - fitted[i]!),
    modelVcov: scaledProduct(inverseR, scale),
    iterations: solved.iterations,
  };
  return problem === null ? withVariance(fit, solved.parts, R, vcov, fit.denominatorDf, path) : fit;
}

/** Why these rows and clusters cannot be analysed as asked; empty when they can. */
export function geeProblems(
  { X, Z }: Frame,
  { clusters, visits, correlation, df = "normal", path = "" }: GeeOptions,
): Problem[] {
  const problems = clusterProblems(clusters, X, path);
  if (Z.length > 0) problems.push(randomTermNotTaken(path, "GEE"));
  const m = clusters.levels.length;
  if (df === "clusters" && m > 1 && m <= X.cols && problems.length === 0) {
    problems.push(noClusterDegreesOfFreedom(path, clusters.column, m, X.cols));
  }
  if (correlation !== "ar1" && correlation !== "unstructured") return problems;
  const ordered = orderClusters(clusters, visits);
  const isTwice = ordered.some(({ positions }) => positions.some((at, i) => i > 0 && at === positions[i - 1]));
  if (isTwice) problems.push(clusterVisitTwice(path, clusters.column, visits!.column));
  const { positions } = startingCorrelation(correlation, ordered);
  if (correlation === "unstructured" && positions > m) problems.push(tooManyPositions(path, positions, m));
  return problems;
}

/** The rows of each cluster in the order of their visits, or as they stand in the data. */
function orderClusters(clusters: Clusters, visits: GeeOptions["visits"]): OrderedCluster[] {
  return rowsByCluster(clusters).map((rows) => {
    if (visits === undefined) return { rows, positions: Int32Array.from(rows.keys()) };
    const sorted = rows.slice().sort((a, b) => visits.codes[a]! - visits.codes[b]! || a - b);
    return { rows: sorted, positions: Int32Array.from(sorted, (row) => visits.codes[row]!) };
  });
}

function fewClusterProblems(
  { column, levels }: Clusters,
  vcov: GeeVariance,
  df: string,
  path: string,
): ReportedProblem[] {
  if (levels.length >= FEW_CLUSTERS || (vcov !== "robust" && df === "clusters")) return [];
  return [fewClusters(path, column, levels.length, { vcov, isNormal: df === "normal" }, "corrected")];
}

// ── the estimating equations ────────────────────────────────────────────────────────────────────

/** What a cluster contributes: u = D'V⁻¹(y − μ) and B = D'V⁻¹D, both times φ. */
interface ClusterPart {
  readonly u: Float64Array;
  readonly B: Matrix;
}

interface Solved {
  readonly coef: Float64Array;
  readonly eta: Float64Array;
  /** Upper triangular, R'R = ΣB. */
  readonly R: Matrix;
  readonly parts: readonly ClusterPart[];
  readonly scale: number;
  readonly correlation: WorkingCorrelation;
  readonly iterations: number;
  readonly problem: ReportedProblem | null;
}

function solve(
  frame: Frame,
  family: Family,
  clusters: readonly OrderedCluster[],
  start: Float64Array,
  options: GeeOptions,
): Solved {
  const { tolerance = 1e-9, maxIterations = 200, path = "" } = options;
  let coef = start;
  let eta = linearPredictor(frame, coef);
  let correlation = startingCorrelation(options.correlation, clusters);
  const stop = (problem: ReportedProblem) => stopped(frame, family, clusters, coef, options, problem);
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    const pearson = pearsonResiduals(frame.response, eta, family);
    const scale = pearson.reduce((sum, r) => sum + r * r, 0) / pearson.length;
    const next = updateCorrelation(correlation, clusters, pearson, scale);
    const moved = largestDifference(next.alpha, correlation.alpha);
    correlation = next;
    const parts = clusterParts(frame.X, eta, family, pearson, correlation, clusters);
    if (parts === null) return stop(correlationOutside(path, correlation.structure));
    const R = rootOfInformation(parts);
    if (R === null) return stop(notConverged(path, iteration, "information"));
    const step = solveInformation(R, parts);
    const changed = largestDifference(linearChange(frame.X, step), new Float64Array(eta.length));
    if (changed <= tolerance && moved <= tolerance) {
      return { coef, eta, R, parts, scale, correlation, iterations: iteration, problem: null };
    }
    if (!Number.isFinite(changed)) return stop(notConverged(path, iteration, "predictors-run-away"));
    coef = coef.map((b, j) => b + step[j]!);
    eta = linearPredictor(frame, coef);
  }
  return stop(notConverged(path, maxIterations, "coefficients-and-correlation"));
}

/** An end without an answer: what there is at this β under independence, and the reason. */
function stopped(
  { X, response, offset }: Pick<Frame, "X" | "response" | "offset">,
  family: Family,
  clusters: readonly OrderedCluster[],
  coef: Float64Array,
  { correlation, maxIterations = 200 }: GeeOptions,
  problem: ReportedProblem,
): Solved {
  const eta = linearPredictor({ X, offset }, coef);
  const p = X.cols;
  const none = { rows: p, cols: p, data: new Float64Array(p * p).fill(Number.NaN) };
  const start = startingCorrelation(correlation, clusters);
  const scale = pearsonResiduals(response, eta, family).reduce((sum, r) => sum + r * r, 0) / eta.length;
  return { coef, eta, R: none, parts: [], scale, correlation: start, iterations: maxIterations, problem };
}

function linearPredictor({ X, offset }: Pick<Frame, "X" | "offset">, coef: Float64Array): Float64Array {
  const eta = timesVector(X, coef);
  if (offset !== null) for (let i = 0; i < eta.length; i++) eta[i]! += offset[i]!;
  return eta;
}

const linearChange = (X: Matrix, step: Float64Array): Float64Array => timesVector(X, step);

const pearsonResiduals = (y: Float64Array, eta: Float64Array, { mean, variance }: Family): Float64Array =>
  y.map((v, i) => (v - mean(eta[i]!)) / Math.sqrt(variance(eta[i]!)));

/** u and B of each cluster, from its whitened rows A^½X and Pearson residuals; null when R(α) is not positive definite. */
function clusterParts(
  X: Matrix,
  eta: Float64Array,
  { variance }: Family,
  pearson: Float64Array,
  correlation: WorkingCorrelation,
  clusters: readonly OrderedCluster[],
): ClusterPart[] | null {
  const p = X.cols;
  const width = p + 1;
  const parts: ClusterPart[] = [];
  for (const { rows, positions } of clusters) {
    const block = new Float64Array(rows.length * width);
    rows.forEach((row, i) => {
      const root = Math.sqrt(variance(eta[row]!));
      for (let j = 0; j < p; j++) block[i * width + j] = root * X.data[row * p + j]!;
      block[i * width + p] = pearson[row]!;
    });
    if (!whitenInPlace(correlation, block, width, positions)) return null;
    const B = zeros(p, p);
    const u = new Float64Array(p);
    for (let i = 0; i < rows.length; i++) {
      const at = i * width;
      for (let j = 0; j < p; j++) {
        const value = block[at + j]!;
        u[j]! += value * block[at + p]!;
        for (let k = 0; k <= j; k++) B.data[j * p + k]! += value * block[at + k]!;
      }
    }
    for (let j = 0; j < p; j++) for (let k = 0; k < j; k++) B.data[k * p + j] = B.data[j * p + k]!;
    parts.push({ u, B });
  }
  return parts;
}

/** R upper triangular with R'R = ΣB; null when the sum is not positive definite. */
function rootOfInformation(parts: readonly ClusterPart[]): Matrix | null {
  const p = parts[0]!.u.length;
  const sum = zeros(p, p);
  for (const { B } of parts) for (let a = 0; a < p * p; a++) sum.data[a]! += B.data[a]!;
  const lower = cholesky(sum);
  return lower === null ? null : transpose(lower);
}

/** (ΣB)⁻¹Σu. */
function solveInformation(R: Matrix, parts: readonly ClusterPart[]): Float64Array {
  const total = new Float64Array(R.rows);
  for (const { u } of parts) for (let j = 0; j < total.length; j++) total[j]! += u[j]!;
  const inverseR = invertUpper(R);
  return timesVector(inverseR, timesVector(transpose(inverseR), total));
}

// ── variance ────────────────────────────────────────────────────────────────────────────────────

/** The fit with its sandwich; in coordinates in which ΣB = I, B M is symmetric. */
function withVariance(
  fit: GeeFit,
  parts: readonly ClusterPart[],
  R: Matrix,
  vcov: GeeVariance,
  denominatorDf: (L: Matrix) => Denominator,
  path: string,
): GeeFit {
  const p = R.rows;
  const inverseR = invertUpper(R);
  const toBasis = transpose(inverseR);
  const M = scaledProduct(inverseR, 1);
  const meat = zeros(p, p);
  const determined: Float64Array[] = [];
  for (const { u, B } of parts) {
    const eigen = symmetricEigen(multiply(multiply(toBasis, B), inverseR));
    const { values, vectors } = eigen;
    values.forEach((share, j) => {
      if (isDetermined(share)) determined.push(columnOf(vectors, j));
    });
    addOuter(meat, correctedScore(), 1);

    function correctedScore(): Float64Array {
      if (vcov === "robust") return timesVector(toBasis, u);
      if (vcov === "fay-graubard") {
        const leverages = multiply(B, M);
        const grown = u.map((v, j) => v / Math.sqrt(1 - Math.min(FAY_GRAUBARD_BOUND, leverages.data[j * p + j]!)));
        return timesVector(toBasis, grown);
      }
      const power = vcov === "mancl-derouen" ? -1 : -0.5;
      const factor = functionOfSymmetric(eigen, (share) => (isDetermined(share) ? 0 : (1 - share) ** power));
      return timesVector(factor, timesVector(toBasis, u));
    }
  }
  return withSandwich(fit, meat, R, determined, vcov, "cluster", denominatorDf, path);
}

/** φ R⁻¹R⁻ᵀ. */
function scaledProduct(inverseR: Matrix, scale: number): Matrix {
  const product = multiply(inverseR, transpose(inverseR));
  return { ...product, data: product.data.map((v) => v * scale) };
}

const largestDifference = (x: Float64Array, y: Float64Array): number =>
  x.reduce((most, v, i) => (Number.isNaN(v) && Number.isNaN(y[i]!) ? most : Math.max(most, Math.abs(v - y[i]!))), 0);
