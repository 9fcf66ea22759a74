/**
 * Gaussian model whose rows within a subject have a covariance matrix of their own, with or without random effects:
 * y ~ N(Xβ, ⊕R_i + Z G Z'). What repeated-measures.ts and residual-strata.ts share.
 *
 * Estimator  ML or REML over (theta, ψ) by BFGS with analytic gradient, from the empirical covariance of the
 *            residuals of least squares and the expected information there; Newton steps with the exact Hessian at
 *            the end. Fitted in an orthonormal basis of X's columns, on residuals scaled to unit variance.
 * Verdict    as in linear-mixed.ts. The second optimiser is not asked for an unstructured covariance without random
 *            effects.
 */
import type { RegressionFrame } from "../formula/frame.js";
import { fullRankQr } from "../inference/full-rank.js";
import { leastSquares } from "../inference/least-squares.js";
import { cholesky } from "../numeric/cholesky.js";
import { type Matrix, multiply, timesVector, zeros } from "../numeric/matrix.js";
import { invertUpper, timesInverseUpper } from "../numeric/qr.js";
import { isError, noResidualVariance, notConverged } from "../problem.js";
import type { CovarianceStructure } from "./covariance-structure.js";
import { fixedEffectInference, type MixedDf } from "./fixed-effect-inference.js";
import { boundaryProblems, type CovarianceFit, fittedValues, type RandomTermFit, randomTerms } from "./linear-mixed.js";
import { marginalBlocks, type RepeatedRows } from "./marginal-blocks.js";
import { type MarginalDeviance, type MarginalState, marginalDeviance, sphericalModes } from "./marginal-deviance.js";
import { type MarginalInformation, marginalInformation } from "./marginal-information.js";
import { freeParameters, type Optimum, optimiseCovariance, part } from "./optimise-covariance.js";
import { responseProducts } from "./pattern-pool.js";
import type { Method } from "./profiled-deviance.js";
import { type RandomStructure, structureRandomTerms } from "./random-structure.js";
import { parameterCovariance } from "./satterthwaite.js";
import { verdict } from "./verdict.js";

export interface MarginalOptions {
  readonly method: Method;
  readonly df: MixedDf;
  /** The information of Kenward–Roger. */
  readonly kenwardRoger: "observed" | "expected";
  /** Grouping factors of between–within, the frame's own when absent. */
  readonly nesting?: RegressionFrame["Z"];
  readonly path: string;
}

/** φ = (thetas off the boundary, ψ). */
export interface MarginalFit extends CovarianceFit {
  /** Σ, K×K, in the units of the data. */
  readonly sigma: Matrix;
  /** ∂Σ/∂φ for each variance parameter. */
  readonly sigmaSlopes: readonly Matrix[];
}

/** Standard deviation of a random effect to start from, in those of the outcome. */
const STARTING_THETA = 0.4;

/** @throws ProblemError aliased columns, dependent random terms, between–within with crossed factors. */
export function fitMarginal(
  frame: RegressionFrame,
  repeated: RepeatedRows,
  covariance: CovarianceStructure,
  { method, df, kenwardRoger, nesting = frame.Z, path }: MarginalOptions,
): MarginalFit {
  const { X, response, offset, names } = frame;
  const n = response.length;
  const p = X.cols;
  const y = offset === null ? response : response.map((v, i) => v - offset[i]!);
  const { R } = fullRankQr(X, names, null, path);
  const basis = timesInverseUpper(X, R);
  const { start: ordinary, residuals: remaining } = leastSquares(basis, y);
  const squares = sumOfSquares(remaining);
  const exact = !(squares > 1e-20 * sumOfSquares(y));
  const scale = exact ? 1 : Math.sqrt(squares / n);
  const scaled = remaining.map((v) => v / scale);

  const structure = structureRandomTerms(frame.Z, path);
  const deviance = marginalDeviance(marginalBlocks(structure, repeated, basis, scaled), covariance, method);
  const informationAt = memoised(deviance);
  const optimum = optimise(deviance, informationAt, startingValues(deviance, repeated, scaled));
  const { at, minimum } = optimum;

  const state = exact ? null : deviance.state(at);
  if (state === null) return failedFit(frame, method, covariance, structure, exact, minimum.iterations, path);
  const free = freeParameters(structure, at);
  const whole = informationAt(at);
  const information = {
    observed: part(whole.observed, free),
    phi: identity(p),
    P: free.map((a) => whole.P[a]!),
    sumOfQ: (W: (a: number, b: number) => number) => whole.sumOfQ(free, W),
    kenwardRoger: part(kenwardRoger === "observed" ? whole.observed : whole.expected, free),
    // β = R⁻¹(ordinary + scale·Fγ).
    coordinates: scaledBy(multiply(invertUpper(R), state.F), scale),
  };
  const random = termFits(deviance, state, free, at, scale, frame);
  const covarianceOfPhi = parameterCovariance(information);
  const problems = [...verdict(optimum, path, covarianceOfPhi), ...boundaryProblems(structure, at, random, path)];
  const inference = fixedEffectInference(df, { ...frame, Z: nesting }, information, path);
  problems.push(...inference.problems);
  const coef = timesVector(
    invertUpper(R),
    state.beta.map((b, i) => ordinary[i]! + scale * b),
  );
  let logDeterminantR = 0;
  for (let i = 0; i < p; i++) logDeterminantR += Math.log(Math.abs(R.data[i * p + i]!));
  const degrees = method === "REML" ? n - p : n;
  const criterion = state.deviance + 2 * degrees * Math.log(scale) + (method === "REML" ? 2 * logDeterminantR : 0);
  const sigmaSlopes = state.covarianceAt.slopes();
  const thetas = free.length - sigmaSlopes.length;
  const none = zeros(covariance.visits, covariance.visits);
  return {
    method,
    names,
    coef,
    vcov: inference.vcov,
    denominatorDf: inference.denominatorDf,
    logLik: -criterion / 2,
    deviance: criterion,
    parameters: p + at.length,
    n: { observations: n, groups: groupCounts(frame) },
    converged: !problems.some(isError),
    singular: free.length < at.length,
    problems,
    sigma: scaledBy(state.covarianceAt.sigma, scale * scale),
    sigmaSlopes: [
      ...Array.from({ length: thetas }, () => none),
      ...sigmaSlopes.map((slope) => scaledBy(slope, scale * scale)),
    ],
    random,
    parameterCovariance: covarianceOfPhi,
    iterations: minimum.iterations,
    evaluations: minimum.evaluations,
    ...fittedValues(frame, coef, random),
  };
}

const sumOfSquares = (x: Float64Array): number => x.reduce((sum, v) => sum + v * v, 0);
const scaledBy = (matrix: Matrix, by: number): Matrix => ({ ...matrix, data: matrix.data.map((v) => v * by) });

function identity(p: number): Matrix {
  const matrix = zeros(p, p);
  for (let i = 0; i < p; i++) matrix.data[i * p + i] = 1;
  return matrix;
}

const groupCounts = ({ Z }: RegressionFrame): Record<string, number> =>
  Object.fromEntries(Z.map(({ group, levels }) => [group, levels.length]));

// ── optimising ──────────────────────────────────────────────────────────────────────────────────

/** The information at the last x is asked for several times. */
function memoised(deviance: MarginalDeviance): (x: Float64Array) => MarginalInformation {
  let last: { x: Float64Array; information: MarginalInformation } | null = null;
  return (x) => {
    if (last === null || !x.every((v, i) => v === last!.x[i]))
      last = { x: x.slice(), information: marginalInformation(deviance, x) };
    else deviance.state(x);
    return last.information;
  };
}

function optimise(
  deviance: MarginalDeviance,
  informationAt: (x: Float64Array) => MarginalInformation,
  start: Float64Array,
): Optimum {
  const { structure } = deviance.blocks;
  const isUnstructured = deviance.covariance.name === "us";
  return optimiseCovariance(
    {
      value: deviance.value,
      gradient: deviance.gradient,
      hessian: (x) => informationAt(x).observed,
      scoring: (x) => informationAt(x).expected,
      covarianceSlope: (x) => informationAt(x).slopes.factors,
    },
    structure,
    start,
    deviance.thetas > 0 ? undefined : isUnstructured ? [] : [0.2],
  );
}

/** Theta of some size, and ψ near the empirical covariance of the residuals of least squares. */
function startingValues({ blocks, covariance, thetas }: MarginalDeviance, repeated: RepeatedRows, y: Float64Array) {
  const empirical = empiricalCovariance(blocks, repeated, covariance.visits, y);
  const psi = covariance.start(scaledBy(empirical, thetas === 0 ? 1 : 0.7));
  const start = new Float64Array(thetas + psi.length);
  blocks.structure.theta.forEach(({ row, col }, a) => {
    start[a] = row === col ? STARTING_THETA : 0;
  });
  start.set(psi, thetas);
  return start;
}

/** Mean products over the subjects that have both visits, drawn to the diagonal until positive definite. */
function empiricalCovariance(
  { components, pools, patterns }: MarginalDeviance["blocks"],
  { visits }: RepeatedRows,
  K: number,
  y: Float64Array,
): Matrix {
  const sums = zeros(K, K);
  const counts = zeros(K, K);
  for (const { subjects } of components)
    for (const { rows } of subjects)
      for (const left of rows)
        for (const right of rows) {
          const at = visits[left]! * K + visits[right]!;
          sums.data[at]! += y[left]! * y[right]!;
          counts.data[at]! += 1;
        }
  for (const pool of pools) {
    const products = responseProducts(pool);
    const own = patterns[pool.pattern]!.visits;
    own.forEach((u, i) => {
      own.forEach((v, j) => {
        sums.data[u * K + v]! += products[i * own.length + j]!;
        counts.data[u * K + v]! += pool.count;
      });
    });
  }
  const means = sums.data.map((sum, i) => (counts.data[i]! > 0 ? sum / counts.data[i]! : 0));
  // A visit whose residuals are all zero starts with some variance: those of y have mean square 1.
  for (let u = 0; u < K; u++) means[u * K + u] = Math.max(means[u * K + u]!, 0.01);
  for (const keep of [1, 0.9, 0.7, 0.4]) {
    const drawn = { rows: K, cols: K, data: means.map((v, i) => (i % (K + 1) === 0 ? v : keep * v)) };
    if (cholesky(drawn) !== null) return drawn;
  }
  return { rows: K, cols: K, data: means.map((v, i) => (i % (K + 1) === 0 ? v : 0)) };
}

// ── from the optimum to the fit ─────────────────────────────────────────────────────────────────

function termFits(
  deviance: MarginalDeviance,
  state: MarginalState,
  free: readonly number[],
  at: Float64Array,
  scale: number,
  frame: RegressionFrame,
): RandomTermFit[] {
  const { blocks, thetas } = deviance;
  const u = sphericalModes(blocks, state).map((v) => v * scale);
  const ofTheta = free.filter((index) => index < thetas);
  const others = free.length - ofTheta.length;
  const solution = { u, sigma2: scale * scale };
  return randomTerms(blocks.structure, at.subarray(0, thetas), solution, { free: ofTheta }, frame).map((term) => {
    const { rows, cols } = term.covariance;
    // randomTerms ends with the slope in σ², which is no parameter here.
    const slopes = [...term.covarianceSlopes.slice(0, -1), ...Array.from({ length: others }, () => zeros(rows, cols))];
    return { ...term, covarianceSlopes: slopes };
  });
}

/** Without numbers: the outcome is reproduced exactly, or the criterion cannot be evaluated. */
function failedFit(
  frame: RegressionFrame,
  method: Method,
  covariance: CovarianceStructure,
  structure: RandomStructure,
  exact: boolean,
  iterations: number,
  path: string,
): MarginalFit {
  const { names, response } = frame;
  const p = names.length;
  const unknown = (rows: number, cols: number): Matrix => scaledBy(zeros(rows, cols), Number.NaN);
  const cause = exact ? noResidualVariance(path) : notConverged(path, iterations, "no-criterion");
  return {
    method,
    names,
    coef: unknown(1, p).data,
    vcov: unknown(p, p),
    denominatorDf: () => ({ df: Number.NaN, scale: 1 }),
    logLik: Number.NaN,
    deviance: Number.NaN,
    parameters: p + structure.theta.length + covariance.parameters,
    n: { observations: response.length, groups: groupCounts(frame) },
    converged: false,
    singular: false,
    problems: [cause],
    sigma: unknown(covariance.visits, covariance.visits),
    sigmaSlopes: [],
    random: [],
    parameterCovariance: null,
    iterations,
    evaluations: 0,
    fitted: unknown(1, response.length).data,
    residuals: unknown(1, response.length).data,
  };
}
