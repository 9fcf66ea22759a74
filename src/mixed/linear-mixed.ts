/**
 * Linear mixed model with any number of nested and crossed grouping factors.
 *
 * Model      y = Xβ + Zb + ε,  b ~ N(0, G),  ε ~ N(0, σ²I),  G = σ² Λ Λ' in blocks, one per level.
 * Estimator  ML or REML. Only theta (the entries of Λ) is optimised; β and σ² are profiled out
 *            (profiled-deviance.ts). Fitted in an orthonormal basis of X's columns and on the residuals of
 *            ordinary least squares, so that badly scaled data cost no digits.
 * Verdict    converged, converged on the boundary (which component), or failed (why): the end point must
 *            have a negligible Newton decrement and a positive definite Hessian, no variance at zero may
 *            want to grow, and a second, derivative-free optimiser must not find anything lower.
 * Symbols    n rows, p fixed effects, q random effects, theta relative covariance parameters.
 * Sources    Bates, Mächler, Bolker & Walker (2015) JSS 67(1); Pinheiro & Bates (2000), ch. 2.
 * Checked    test/reference/mixed-* (lme4, lmerTest, pbkrtest), test/mixed/plain-linear-mixed.ts.
 */
import type { RegressionFrame } from "../formula/frame.js";
import type { Fit } from "../inference/fit.js";
import { fullRankQr } from "../inference/full-rank.js";
import { dot, type Matrix, multiply, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { invertUpper } from "../numeric/qr.js";
import {
  isError,
  noRandomTerm,
  noResidualVariance,
  ProblemError,
  perfectCorrelation,
  type ReportedProblem,
  varianceAtZero,
} from "../problem.js";
import { fixedEffectInference, type MixedDf } from "./fixed-effect-inference.js";
import { identifiabilityProblems } from "./identifiability.js";
import { type LinearDesign, linearDesign } from "./linear-design.js";
import { type Optimum, optimiseCovariance } from "./optimise-covariance.js";
import { type Method, type ProfiledDeviance, profiledDeviance, type Solution } from "./profiled-deviance.js";
import { identityTheta, lowerTriangle, type RandomStructure } from "./random-structure.js";
import { parameterCovariance } from "./satterthwaite.js";
import { type MixedInformation, varianceInformation } from "./variance-information.js";
import { verdict } from "./verdict.js";

export interface LinearMixedOptions {
  /** Default "REML". */
  readonly method?: Method;
  /** Default "satterthwaite". */
  readonly df?: MixedDf;
  /** Where problems say they come from. */
  readonly path?: string;
}

/** A random term as estimated, in the units of the data. */
export interface RandomTermFit {
  readonly group: string;
  readonly names: readonly string[];
  readonly levels: readonly string[];
  /** k×k covariance G. */
  readonly covariance: Matrix;
  /** ∂G/∂φ for each variance parameter. */
  readonly covarianceSlopes: readonly Matrix[];
  /** levels × k conditional modes. */
  readonly modes: Matrix;
}

/** What every gaussian fit with an estimated covariance has. */
export interface CovarianceFit extends Fit {
  readonly method: Method;
  readonly random: readonly RandomTermFit[];
  /** Asymptotic covariance of φ: thetas off the boundary, then the model's other parameters; null when it does not exist. */
  readonly parameterCovariance: Matrix | null;
  /** −2 log-likelihood, or the REML criterion. */
  readonly deviance: number;
  readonly singular: boolean;
  readonly iterations: number;
  readonly evaluations: number;
  /** n: Xβ + Zb + offset. */
  readonly fitted: Float64Array;
  /** n: y − fitted. */
  readonly residuals: Float64Array;
}

/** φ = (thetas off the boundary, σ²). */
export interface LinearMixedFit extends CovarianceFit {
  readonly model: "mixed";
  /** Residual standard deviation. */
  readonly sigma: number;
}

/**
 * Fit a linear mixed model.
 *
 * @param frame  n rows; X n×p of full column rank; at least one random term.
 * @returns      β and vcov (Kenward–Roger's when asked for), variance components, modes. A fit that did not
 *               converge comes back with `converged: false` and the problem that says why.
 * @throws ProblemError when the design cannot be fitted: aliased columns, no random term, dependent random
 *               terms, variances that the design cannot tell apart, between–within with crossed factors.
 */
export function fitLinearMixed(frame: RegressionFrame, options: LinearMixedOptions = {}): LinearMixedFit {
  const { method = "REML", df = "satterthwaite", path = "" } = options;
  if (frame.Z.length === 0) throw new ProblemError([noRandomTerm(path)]);
  const { names, Z } = frame;
  const n = frame.response.length;
  const p = frame.X.cols;

  const { R, ordinary, structure, optimum, solution, information, hasScale } = estimate(frame, method, path);
  const { at: theta, minimum } = optimum;
  const random = randomTerms(structure, theta, solution, information, frame);
  const problems = [
    ...(hasScale ? verdict(optimum, path, parameterCovariance(information)) : [noResidualVariance(path)]),
    ...boundaryProblems(structure, theta, random, path),
  ];
  const converged = !problems.some(isError);

  // Back from the orthonormal basis: β = R⁻¹ β̃, L β = (L R⁻¹) β̃.
  const inverseR = invertUpper(R);
  const coef = timesVector(
    inverseR,
    solution.beta.map((b, i) => b + ordinary[i]!),
  );
  const inference = fixedEffectInference(
    df,
    frame,
    { ...information, kenwardRoger: information.expected, coordinates: inverseR },
    path,
  );
  problems.push(...inference.problems);

  let logDeterminantR = 0;
  for (let i = 0; i < p; i++) logDeterminantR += Math.log(Math.abs(R.data[i * p + i]!));
  const criterion = solution.deviance + (method === "REML" ? 2 * logDeterminantR : 0);
  const { fitted, residuals } = fittedValues(frame, coef, random);

  return {
    model: "mixed",
    method,
    names,
    coef,
    vcov: inference.vcov,
    denominatorDf: inference.denominatorDf,
    logLik: -criterion / 2,
    deviance: criterion,
    parameters: p + theta.length + 1,
    n: {
      observations: n,
      groups: Object.fromEntries(Z.map(({ group, levels }) => [group, levels.length])),
    },
    converged: converged && inference.problems.length === 0,
    singular: information.free.length < theta.length,
    problems,
    sigma: Math.sqrt(solution.sigma2),
    random,
    parameterCovariance: parameterCovariance(information),
    iterations: minimum.iterations,
    evaluations: minimum.evaluations,
    fitted,
    residuals,
  };
}

// ── estimating theta ────────────────────────────────────────────────────────────────────────────

/** All that the data say, whatever degrees of freedom are asked for. */
interface LinearEstimate extends Pick<LinearDesign, "R" | "ordinary" | "structure"> {
  readonly optimum: Optimum;
  readonly solution: Solution;
  readonly information: MixedInformation;
  /** False for an outcome that is reproduced exactly. */
  readonly hasScale: boolean;
}

/** A frame is fitted again with other degrees of freedom, or as a part of a joint model: theta is estimated once. */
const estimates = new WeakMap<RegressionFrame, Map<Method, LinearEstimate>>();

/** @throws ProblemError aliased columns, dependent random terms, variances that the design cannot tell apart. */
function estimate(frame: RegressionFrame, method: Method, path: string): LinearEstimate {
  const known = estimates.get(frame)?.get(method);
  if (known !== undefined) return known;
  const { X, response, offset, names } = frame;
  const design = linearDesign(frame, () => fullRankQr(X, names, null, path).R, path);
  const { R, ordinary, structure } = design;
  const deviance = method === "REML" ? design.deviance : profiledDeviance(design.deviance.crossProducts, method);
  // An outcome that is reproduced exactly has no scale; the fit says so.
  const unidentified = design.information === null ? [] : identifiabilityProblems(structure, design.information, path);
  if (unidentified.length > 0) throw new ProblemError(unidentified);

  const optimum = optimise(
    deviance,
    structure,
    design.information === null ? null : withoutScale(design.information.expected),
  );
  const solution = deviance.solution(optimum.at);
  const information = varianceInformation(deviance, optimum.at, solution);
  const y = offset === null ? response : response.map((v, i) => v - offset[i]!);
  const hasScale = solution.pwrss > 1e-20 * dot(y, y);
  const made = { R, ordinary, structure, optimum, solution, information, hasScale };
  const ofFrame = estimates.get(frame) ?? new Map<Method, LinearEstimate>();
  estimates.set(frame, ofFrame.set(method, made));
  return made;
}

/** From Λ = I, as lme4, with the expected information of θ there. */
function optimise(deviance: ProfiledDeviance, structure: RandomStructure, information: Matrix | null): Optimum {
  const start = identityTheta(structure);
  return optimiseCovariance(
    {
      ...deviance,
      scoring: (theta) => (theta.every((t, i) => t === start[i]) ? information : null),
      covarianceSlope: (theta) => varianceInformation(deviance, theta, deviance.solution(theta)).covarianceSlope,
    },
    structure,
    start,
  );
}

/** Information of θ from that of (θ, σ²): what is left when σ² is estimated too. */
function withoutScale({ data, cols }: Matrix): Matrix {
  const m = cols - 1;
  const rest = zeros(m, m);
  for (let a = 0; a < m; a++)
    for (let b = 0; b < m; b++)
      rest.data[a * m + b] = data[a * cols + b]! - (data[a * cols + m]! * data[b * cols + m]!) / data[m * cols + m]!;
  return rest;
}

/** One warning per component on the boundary: a variance at zero, or effects that determine one another. */
export function boundaryProblems(
  { terms }: RandomStructure,
  theta: Float64Array,
  random: readonly RandomTermFit[],
  path: string,
): ReportedProblem[] {
  return terms.flatMap(({ group, names, k, thetaStart }, t) => {
    const lambda = lowerTriangle(theta, thetaStart, k);
    const rank = names.filter((_, i) => lambda.data[i * k + i] !== 0).length;
    const variances = names.map((_, i) => random[t]!.covariance.data[i * k + i]!);
    const problems = names.filter((_, i) => variances[i] === 0).map((name) => varianceAtZero(path, name, group));
    const others = names.filter((_, i) => variances[i] !== 0);
    if (rank < others.length) problems.push(perfectCorrelation(path, others, group));
    return problems;
  });
}

// ── from the optimum to the fit ─────────────────────────────────────────────────────────────────

/** Covariances, their slopes and conditional modes in the units of the data: b = R⁻¹ Λ u, G = σ² R⁻¹ΛΛ'R⁻ᵀ. */
export function randomTerms(
  structure: RandomStructure,
  theta: Float64Array,
  { u, sigma2 }: Pick<Solution, "u" | "sigma2">,
  { free }: Pick<MixedInformation, "free">,
  frame: Pick<RegressionFrame, "Z">,
): RandomTermFit[] {
  let scalar = 0;
  const firstScalar = structure.factors.map(({ levels, k }) => {
    const first = scalar;
    scalar += levels.length * k;
    return first;
  });
  return structure.terms.map((term, t) => {
    const { group, names, offset, k, thetaStart, inverseR } = term;
    const lambda = lowerTriangle(theta, thetaStart, k);
    const back = multiply(inverseR, lambda);
    const outer = multiply(back, transpose(back));
    const covarianceSlopes = free.map((parameter) => {
      const place = structure.theta[parameter]!;
      const slope = zeros(k, k);
      if (
        structure.terms.find((s) => parameter >= s.thetaStart && parameter < s.thetaStart + (s.k * (s.k + 1)) / 2) !==
        term
      )
        return slope;
      const row = place.row - offset;
      const col = place.col - offset;
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++)
          slope.data[i * k + j] =
            sigma2 *
            (inverseR.data[i * k + row]! * back.data[j * k + col]! +
              back.data[i * k + col]! * inverseR.data[j * k + row]!);
      return slope;
    });
    const f = structure.factors.findIndex(({ terms }) => terms.includes(term));
    const wide = structure.factors[f]!.k;
    const { levels } = frame.Z[t]!;
    const modes = zeros(levels.length, k);
    for (let level = 0; level < levels.length; level++)
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++)
          modes.data[level * k + i]! += back.data[i * k + j]! * u[firstScalar[f]! + level * wide + offset + j]!;
    return {
      group,
      names,
      levels,
      covariance: { ...outer, data: outer.data.map((v) => v * sigma2) },
      covarianceSlopes: [...covarianceSlopes, outer],
      modes,
    };
  });
}

/** Xβ + Zb + offset, and what the response differs from it. */
export function fittedValues(
  { X, Z, offset, response }: RegressionFrame,
  coef: Float64Array,
  random: readonly RandomTermFit[],
) {
  const fitted = timesVector(X, coef);
  if (offset !== null) for (let i = 0; i < fitted.length; i++) fitted[i]! += offset[i]!;
  Z.forEach(({ values, codes }, t) => {
    const { modes } = random[t]!;
    const k = values.cols;
    for (let i = 0; i < fitted.length; i++)
      for (let j = 0; j < k; j++) fitted[i]! += values.data[i * k + j]! * modes.data[codes[i]! * k + j]!;
  });
  return { fitted, residuals: response.map((v, i) => v - fitted[i]!) };
}
