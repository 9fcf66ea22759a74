/**
 * Generalised linear mixed model: binomial (0/1, logit or complementary log-log) and Poisson (log), any number of nested
 * and crossed grouping factors.
 *
 * Model      g(E(y | b)) = offset + Xβ + Zb,  b ~ N(0, G),  G = ΛΛ' in blocks, one per level.
 * Estimator  Maximum likelihood over theta and β together, the integral over b by Laplace's approximation
 *            (laplace-deviance.ts) or, for one random effect per level of one factor, by adaptive Gauss–Hermite
 *            quadrature (quadrature-deviance.ts). Standard errors from the Hessian over (theta, β), as lme4's glmer.
 *            Laplace's approximation has the exact Hessian of the random effects, also where the link is not canonical;
 *            glmer's has the expected one there, so that its log-likelihood with one point is a little different.
 *            The log-likelihood has all its constants; lme4's for Poisson with nAGQ > 1 leaves some out.
 * Verdict    As in linear-mixed.ts: a negligible Newton decrement, a positive definite Hessian, nothing lower found
 *            by a derivative-free search; a variance at zero is on the boundary, and said.
 * Symbols    n rows, p fixed effects, q random effects, x = (theta, β) as optimised: β in an orthogonal basis of X.
 * Sources    Bates et al., lme4; Pinheiro & Bates (1995) JCGS 4:12–35; Breslow & Clayton (1993) JASA 88:9–25.
 * Checked    test/reference/glmm-* (lme4's glmer; glmmTMB); test/mixed/brute-force-likelihood.ts.
 */
import type { Frame } from "../formula/frame.js";
import type { BinomialLink } from "../inference/family.js";
import type { Fit } from "../inference/fit.js";
import { fullRankQr } from "../inference/full-rank.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { gaussHermite } from "../numeric/gauss-hermite.js";
import { type Matrix, multiply, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { minimise } from "../numeric/minimise.js";
import { invertUpper, timesInverseUpper } from "../numeric/qr.js";
import { isError, noRandomTerm, ProblemError, quadratureNeedsOneEffect, startRunsAway } from "../problem.js";
import { type ConditionalFamily, conditionalFamily, emptyRow, type FamilyName } from "./conditional-family.js";
import {
  fixedPredictor,
  type IntegratedDeviance,
  type IntegratedModel,
  timesTransposed,
} from "./integrated-likelihood.js";
import { laplaceDeviance } from "./laplace-deviance.js";
import { boundaryProblems, type RandomTermFit, randomTerms } from "./linear-mixed.js";
import { freeParameters, type Optimum, optimiseCovariance } from "./optimise-covariance.js";
import { quadratureDeviance } from "./quadrature-deviance.js";
import { freeThetas, type RandomStructure, structureRandomTerms } from "./random-structure.js";
import { verdict } from "./verdict.js";

export interface GeneralisedLinearMixedOptions {
  readonly family: FamilyName;
  /** Of binomial. Default "logit". */
  readonly link?: BinomialLink;
  /** Points of adaptive Gauss–Hermite quadrature; 1, the default, is Laplace's approximation. */
  readonly quadrature?: number;
  /** Where problems say they come from. */
  readonly path?: string;
}

/** What every fit with an integrated likelihood has. */
export interface IntegratedFit extends Fit {
  readonly family: FamilyName;
  readonly random: readonly RandomTermFit[];
  /** Asymptotic covariance of the variance parameters off the boundary; null when it does not exist. */
  readonly parameterCovariance: Matrix | null;
  /** −2 log-likelihood. */
  readonly deviance: number;
  readonly singular: boolean;
  readonly iterations: number;
  readonly evaluations: number;
  /** n linear predictors at the conditional modes, offset included. */
  readonly eta: Float64Array;
  /** n: μ at the conditional modes. */
  readonly fitted: Float64Array;
}

/**
 * The variance parameters are the thetas. `coef` are log odds ratios (logit), log hazard ratios (cloglog) or log rate ratios
 * (Poisson), given the random effects.
 */
export interface GeneralisedLinearMixedFit extends IntegratedFit {
  readonly model: "generalised-mixed";
  readonly link: BinomialLink;
  readonly quadrature: number;
  /** The parameters of Λ, on the boundary exactly zero; see random-structure.ts. */
  readonly theta: Float64Array;
  /** Asymptotic covariance of the thetas off the boundary and, after them, of `coef`. */
  readonly jointCovariance: Matrix;
}

/** Of the second optimiser, in standard deviations on the link scale. */
export const STEPS = [0.1, 0.01];

/**
 * Fit a generalised linear mixed model.
 *
 * @param frame  n rows; X n×p of full column rank; at least one random term; y 0/1 or counts.
 * @returns      log odds or rate ratios, standard deviations on the link scale, modes. A fit that did not converge
 *               comes back with `converged: false` and the problem that says why.
 * @throws ProblemError when the design cannot be fitted: aliased columns, no random term, dependent random terms,
 *               quadrature with more than one random effect per level or more than one grouping factor.
 */
export function fitGeneralisedLinearMixed(
  frame: Frame,
  options: GeneralisedLinearMixedOptions,
): GeneralisedLinearMixedFit {
  const { family: familyName, link = "logit", quadrature = 1, path = "" } = options;
  if (frame.Z.length === 0) throw new ProblemError([noRandomTerm(path)]);
  const { X, names, Z } = frame;
  const family = conditionalFamily(familyName, link);
  const { basis, back } = orthogonalBasis(X, names, path);
  const model = integratedModel({ ...frame, X: basis }, family, structureRandomTerms(Z, path));
  const { structure } = model;
  const count = structure.theta.length;
  if (quadrature > 1 && !takesQuadrature(structure)) throw new ProblemError([quadratureNeedsOneEffect(path)]);

  const start = fixedEffectsStart(model);
  const optimum = optimise(model, quadrature, start.beta);
  const { at: x, minimum } = optimum;
  const theta = x.slice(0, count);
  const deviance = integratedDeviance(model, quadrature);
  const value = deviance.value(x);
  const random = linkScaleTerms(structure, theta, deviance.modes(), frame);
  const free = freeParameters(structure, x);
  const freeCount = free.length - X.cols;
  const problems = [
    ...(start.converged ? verdict(optimum, path) : [startRunsAway(path, start.iterations)]),
    ...boundaryProblems(structure, theta, random, path),
  ];
  const covariance = invertPositiveDefinite(hessianOver(deviance, x, free));
  const block = (from: number, to: number): Matrix => {
    const part = zeros(to - from, to - from);
    part.data.fill(Number.NaN);
    if (covariance !== null)
      for (let i = from; i < to; i++)
        for (let j = from; j < to; j++)
          part.data[(i - from) * part.cols + j - from] = 2 * covariance.data[i * covariance.cols + j]!;
    return part;
  };
  const joint = identityThen(freeCount, back);
  const eta = linearPredictor(model, x, random, frame);
  return {
    model: "generalised-mixed",
    family: familyName,
    link,
    quadrature,
    names,
    coef: timesVector(back, x.subarray(count)),
    vcov: multiply(multiply(back, block(freeCount, free.length)), transpose(back)),
    jointCovariance: multiply(multiply(joint, block(0, free.length)), transpose(joint)),
    denominatorDf: () => ({ df: Number.POSITIVE_INFINITY, scale: 1 }),
    logLik: -value / 2,
    deviance: value,
    parameters: count + X.cols,
    n: {
      observations: X.rows,
      groups: Object.fromEntries(Z.map(({ group, levels }) => [group, levels.length])),
    },
    converged: !problems.some(isError),
    singular: freeCount < count,
    problems,
    theta,
    random,
    parameterCovariance: covariance === null ? null : block(0, freeCount),
    iterations: minimum.iterations,
    evaluations: minimum.evaluations,
    eta,
    fitted: eta.map(family.mean),
  };
}

/** One grouping factor with one random effect per level: what quadrature can do. */
export const takesQuadrature = ({ factors }: RandomStructure): boolean => factors.length === 1 && factors[0]!.k === 1;

/** What the approximations need of a frame. */
export const integratedModel = (
  { response, offset, X }: Pick<Frame, "response" | "offset" | "X">,
  family: ConditionalFamily,
  structure: RandomStructure,
): IntegratedModel => ({ family, response, offset: offset ?? new Float64Array(response.length), X, structure });

/** The deviance over (theta, β), by quadrature where the random part allows it. */
export const integratedDeviance = (model: IntegratedModel, quadrature: number): IntegratedDeviance =>
  takesQuadrature(model.structure) ? quadratureDeviance(model, gaussHermite(quadrature)) : laplaceDeviance(model);

/** X = basis · back⁻¹ with basis'basis = n I, so that badly scaled covariates cost no digits; β = back · β̃. */
export function orthogonalBasis(X: Matrix, names: readonly string[], path: string): { basis: Matrix; back: Matrix } {
  const { R } = fullRankQr(X, names, null, path);
  const size = Math.sqrt(X.rows);
  const scaled = (matrix: Matrix): Matrix => ({ ...matrix, data: matrix.data.map((v) => v * size) });
  return { basis: scaled(timesInverseUpper(X, R)), back: scaled(invertUpper(R)) };
}

// ── optimising theta and β ──────────────────────────────────────────────────────────────────────

interface Start {
  readonly beta: Float64Array;
  readonly iterations: number;
  /** Without random effects the estimates are finite. When they are not, they are not with random effects either. */
  readonly converged: boolean;
}

/** β of the model without random effects, by Newton from the working response that R's glm begins with. */
export function fixedEffectsStart({ family, response, offset, X }: IntegratedModel): Start {
  const { rows: n, cols: p } = X;
  const row = emptyRow();
  let eta: Float64Array = response.map((y) =>
    family.name === "binomial" ? (y - 0.5) * Math.log(3) * 2 : Math.log(y + 0.1),
  );
  let beta = new Float64Array(p);
  for (let iteration = 1; iteration <= 40; iteration++) {
    const information = zeros(p, p);
    const working = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      family.at(response[i]!, eta[i]!, row);
      const w = row.information;
      working[i] = w * (eta[i]! - offset[i]!) + row.score;
      for (let a = 0; a < p; a++)
        for (let b = 0; b < p; b++) information.data[a * p + b]! += w * X.data[i * p + a]! * X.data[i * p + b]!;
    }
    const inverse = invertPositiveDefinite(information);
    if (inverse === null) return { beta: new Float64Array(p), iterations: iteration, converged: false };
    beta = Float64Array.from(timesVector(inverse, timesTransposed(X, working)));
    const next = timesVector(X, beta).map((v, i) => v + offset[i]!);
    const moved = next.reduce((most, v, i) => Math.max(most, Math.abs(v - eta[i]!)), 0);
    if (!Number.isFinite(moved)) return { beta: new Float64Array(p), iterations: iteration, converged: false };
    // No further than halfway to where rounding begins: a count far from its first guess is reached in steps.
    eta = next.map((v, i) => eta[i]! + Math.max(-8, Math.min(8, v - eta[i]!)));
    if (moved < 1e-6) return { beta, iterations: iteration, converged: true };
  }
  return { beta, iterations: 40, converged: false };
}

/** From Λ = I (as lme4) and the fixed effects alone, by way of Laplace's approximation, which is cheap. */
function optimise(model: IntegratedModel, quadrature: number, beta: Float64Array): Optimum {
  const { structure } = model;
  const start = Float64Array.from([...structure.theta.map(({ row, col }) => (row === col ? 1 : 0)), ...beta]);
  const deviance = integratedDeviance(model, quadrature);
  const near = quadrature > 1 ? minimise(integratedDeviance(model, 1), start, { tolerance: 1e-3 }) : null;
  if (near === null || !Number.isFinite(near.value)) return optimiseCovariance(deviance, structure, start, STEPS);
  return optimiseCovariance({ ...deviance, scoring: () => near.hessian }, structure, near.at, STEPS);
}

/** The Hessian at x over some of the parameters, by central differences of the gradient. */
export function hessianOver(deviance: IntegratedDeviance, x: Float64Array, free: readonly number[]): Matrix {
  const hessian = zeros(free.length, free.length);
  free.forEach((t, a) => {
    const h = 1e-4 * Math.max(Math.abs(x[t]!), 0.1);
    const [above, below] = [h, -h].map((shift) => {
      deviance.value(x.with(t, x[t]! + shift));
      return deviance.gradient();
    });
    free.forEach((s, b) => {
      const second = (above![s]! - below![s]!) / (4 * h);
      hessian.data[a * free.length + b]! += second;
      hessian.data[b * free.length + a]! += second;
    });
  });
  return hessian;
}

// ── from the optimum to the fit ─────────────────────────────────────────────────────────────────

/** Covariances on the link scale, their slopes in the free thetas (there is no σ²), and modes. */
function linkScaleTerms(
  structure: RandomStructure,
  theta: Float64Array,
  u: Float64Array,
  frame: Frame,
): RandomTermFit[] {
  const free = freeThetas(structure, theta);
  return randomTerms(structure, theta, { u, sigma2: 1 }, { free }, frame).map((term) => ({
    ...term,
    covarianceSlopes: term.covarianceSlopes.slice(0, free.length),
  }));
}

/** The identity of size k and, below and to the right of it, A. */
function identityThen(k: number, A: Matrix): Matrix {
  const size = k + A.rows;
  const matrix = zeros(size, size);
  for (let i = 0; i < k; i++) matrix.data[i * size + i] = 1;
  for (let i = 0; i < A.rows; i++)
    for (let j = 0; j < A.cols; j++) matrix.data[(k + i) * size + k + j] = A.data[i * A.cols + j]!;
  return matrix;
}

/** offset + Xβ + Zb, n. */
function linearPredictor(
  model: IntegratedModel,
  x: Float64Array,
  random: readonly RandomTermFit[],
  { Z }: Frame,
): Float64Array {
  const eta = fixedPredictor(model, x, model.structure.theta.length);
  Z.forEach(({ values, codes }, t) => {
    const { modes } = random[t]!;
    const k = values.cols;
    for (let i = 0; i < eta.length; i++)
      for (let j = 0; j < k; j++) eta[i]! += values.data[i * k + j]! * modes.data[codes[i]! * k + j]!;
  });
  return eta;
}
