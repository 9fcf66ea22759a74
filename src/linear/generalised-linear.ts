/**
 * Generalised linear models: logistic, complementary log-log and Poisson regression by maximum likelihood.
 *
 * Model      E(y) = μ, η = Xβ + offset; binomial (0/1) with logit μ = η or log(−log(1 − μ)) = η, Poisson with log μ = η.
 * Estimator  Iteratively reweighted least squares, Newton's method with the expected information: each step by QR of
 *            W^½X, halved while the deviance rises. It stops when a step changes no η by more than the tolerance; a
 *            small change of the deviance, which separated data give too, does not count.
 * Symbols    n rows, p coefficients, W = diag (dμ/dη)²/v(μ), R upper triangular with R'R = X'WX: the expected
 *            information, which with a canonical link is the observed one too.
 * Limits     Dispersion 1. Overdispersion and clusters: robustVariance() in inference/robust-variance.ts.
 * Sources    McCullagh & Nelder (1989) ch. 2; log-likelihood, AIC and BIC as R's glm. Separation: separation.ts.
 * Checked    test/reference/generalised-linear (R's glm); a 2×2 table and a saturated Poisson model by hand.
 */
import type { Frame } from "../formula/frame.js";
import { type BinomialLink, type Family, familyWithLink } from "../inference/family.js";
import type { Fit } from "../inference/fit.js";
import { fullRankQr } from "../inference/full-rank.js";
import { type Matrix, multiply, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { invertUpper, qr, solveUpper } from "../numeric/qr.js";
import { notConverged, ProblemError, type ReportedProblem, randomTermNotTaken, separated } from "../problem.js";
import { findSeparation, type Separation } from "./separation.js";

export interface GeneralisedLinearOptions {
  readonly family: "binomial" | "poisson";
  /** Of binomial. Default "logit". */
  readonly link?: BinomialLink;
  /** Default "normal"; "residual": n − p. */
  readonly df?: "residual" | "normal";
  /** Largest change of a linear predictor in the last step. Default 1e-9. */
  readonly tolerance?: number;
  /** Default 50. */
  readonly maxIterations?: number;
  readonly path?: string;
}

export interface GeneralisedLinearFit extends Fit {
  readonly model: "generalised-linear";
  readonly family: "binomial" | "poisson";
  /** n linear predictors, offset included. */
  readonly eta: Float64Array;
  /** n fitted means μ. */
  readonly fitted: Float64Array;
  /** n×p, the rows of X times (dμ/dη)/v(μ), so that rows'(y − μ) is the score: X itself with a canonical link. */
  readonly scoreRows: Matrix;
  /** n, v(μ). */
  readonly weights: Float64Array;
  /** n, y − μ. */
  readonly residuals: Float64Array;
  /** p×p upper triangular, R'R = X'WX: vcov is its inverse. */
  readonly R: Matrix;
  readonly deviance: number;
  readonly iterations: number;
}

/**
 * Fit a logistic or Poisson regression.
 *
 * @param frame  n rows, X n×p of full column rank with n > p, no random terms; y 0/1 or counts
 *               (`outcomeProblems` says in which line it is not).
 * @returns      log odds ratios or log rate ratios. Separated data give a fit with `converged: false` and a problem
 *               that names the covariates: their coefficients have no finite estimate.
 * @throws ProblemError `frame.aliased`, `frame.too-few-rows`, `formula.random-term`.
 */
export function fitGeneralisedLinear(frame: Frame, options: GeneralisedLinearOptions): GeneralisedLinearFit {
  const { family: familyName, link, df = "normal", tolerance = 1e-9, maxIterations = 50, path = "" } = options;
  const { X, response, names } = frame;
  if (frame.Z.length > 0) throw new ProblemError([randomTermNotTaken(path, familyName)]);
  fullRankQr(X, names, null, path);

  const family = familyWithLink(familyName, link);
  const { coef, eta, R, iterations, problem } = iterate(frame, family, { tolerance, maxIterations, path });
  const n = response.length;
  const p = X.cols;
  const inverseR = invertUpper(R);
  const fitted = eta.map(family.mean);
  const denominator = { df: df === "normal" ? Number.POSITIVE_INFINITY : n - p, scale: 1 };
  return {
    model: "generalised-linear",
    family: familyName,
    names,
    coef,
    vcov: multiply(inverseR, transpose(inverseR)),
    denominatorDf: () => denominator,
    logLik: sumOverRows(response, eta, family.logDensity),
    parameters: p,
    n: { observations: n, groups: {} },
    converged: problem === null,
    problems: problem === null ? [] : [problem],
    eta,
    fitted,
    scoreRows: scoreRows(X, eta, family),
    weights: eta.map(family.variance),
    residuals: response.map((y, i) => y - fitted[i]!),
    R,
    deviance: sumOverRows(response, eta, family.deviance),
    iterations,
  };
}

function scoreRows(X: Matrix, eta: Float64Array, { link }: Family): Matrix {
  if (link !== "cloglog") return X;
  const data = X.data.slice();
  for (let i = 0; i < X.rows; i++) {
    // exp(η − t)/(μ exp(−t)) with t = exp(η), without the factor that vanishes above and below.
    const t = Math.exp(eta[i]!);
    const times = t < 1e-300 ? 1 : t / -Math.expm1(-t);
    for (let j = 0; j < X.cols; j++) data[i * X.cols + j]! *= times;
  }
  return { ...X, data };
}

interface Iterated {
  readonly coef: Float64Array;
  readonly eta: Float64Array;
  readonly R: Matrix;
  readonly iterations: number;
  readonly problem: ReportedProblem | null;
}

type Limits = Required<Pick<GeneralisedLinearOptions, "tolerance" | "maxIterations" | "path">>;

function iterate(frame: Frame, family: Family, { tolerance, maxIterations, path }: Limits): Iterated {
  const { X, response: y, names } = frame;
  const start = weightedStep(frame, family, y.map(family.startingEta));
  let coef: Float64Array = start.coef;
  let R = start.R;
  let eta: Float64Array = linearPredictor(frame, coef);
  let deviance = sumOverRows(y, eta, family.deviance);
  let iteration = 2;
  let step: Float64Array = coef;
  for (; iteration <= maxIterations; iteration++) {
    const full = weightedStep(frame, family, eta);
    if (full.rank < X.cols) break;
    R = full.R;
    step = full.coef.map((b, j) => b - coef[j]!);
    const halved = halveUntilLower(frame, family, coef, step, deviance);
    const change = largestDifference(halved.eta, eta);
    ({ coef, eta, deviance } = halved);
    if (change <= tolerance * (1 + largest(eta))) {
      return { coef, eta, R: weightedStep(frame, family, eta).R, iterations: iteration, problem: null };
    }
    if (iteration > 6 && change > RUNNING_AWAY && largest(eta) > FAR) {
      const separation = findSeparation(X, y, family.name as "binomial" | "poisson", step, names);
      if (separation !== null)
        return { coef, eta, R, iterations: iteration, problem: separationProblem(separation, names, path) };
    }
  }
  // With the complementary log-log link events that are certain slow the steps down: they go on, but ever shorter.
  const slow = family.link === "cloglog" ? findSeparation(X, y, "binomial", step, names) : null;
  if (slow !== null) return { coef, eta, R, iterations: iteration, problem: separationProblem(slow, names, path) };
  const problem = notConverged(path, Math.min(iteration, maxIterations), "predictors-grow");
  return { coef, eta, R, iterations: iteration, problem };
}

/** A step this long, late in the iteration, and predictors this large are those of separated data. */
const RUNNING_AWAY = 0.5;
const FAR = 8;

const separationProblem = (
  { complete, columns }: Separation,
  names: readonly string[],
  path: string,
): ReportedProblem =>
  separated(
    path,
    columns.map((j) => names[j]!),
    complete,
  );

/** One step of iteratively reweighted least squares from the linear predictors η: the next β. */
function weightedStep(
  { X, response, offset }: Frame,
  { score, information }: Family,
  eta: Float64Array,
): { readonly coef: Float64Array; readonly R: Matrix; readonly rank: number } {
  const { rows: n, cols: p } = X;
  const weighted = zeros(n, p);
  const working = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const root = Math.sqrt(Math.max(information(eta[i]!), Number.MIN_VALUE));
    for (let j = 0; j < p; j++) weighted.data[i * p + j] = root * X.data[i * p + j]!;
    working[i] = root * (eta[i]! - (offset?.[i] ?? 0)) + score(response[i]!, eta[i]!) / root;
  }
  const { R, rank, rotated } = qr(weighted, working, 1e-11);
  return { coef: rank === p ? solveUpper(R, rotated!) : new Float64Array(p), R, rank };
}

/** Along the step, halved while the deviance rises or is not a number. */
function halveUntilLower(
  frame: Frame,
  family: Family,
  coef: Float64Array,
  step: Float64Array,
  deviance: number,
): { coef: Float64Array; eta: Float64Array; deviance: number } {
  for (let share = 1; ; share /= 2) {
    const next = coef.map((b, j) => b + share * step[j]!);
    const eta = linearPredictor(frame, next);
    const reached = sumOverRows(frame.response, eta, family.deviance);
    const rounding = 1e-10 * (Math.abs(deviance) + 0.1);
    if (reached <= deviance + rounding || share < 1e-6) return { coef: next, eta, deviance: reached };
  }
}

function linearPredictor({ X, offset }: Frame, coef: Float64Array): Float64Array {
  const eta = timesVector(X, coef);
  if (offset !== null) for (let i = 0; i < eta.length; i++) eta[i]! += offset[i]!;
  return eta;
}

function sumOverRows(y: Float64Array, eta: Float64Array, f: (y: number, eta: number) => number): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum += f(y[i]!, eta[i]!);
  return sum;
}

const largest = (x: Float64Array): number => x.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
const largestDifference = (x: Float64Array, y: Float64Array): number =>
  x.reduce((most, v, i) => Math.max(most, Math.abs(v - y[i]!)), 0);
