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
import type { Frame } from "../formula/frame.js";
import type { Denominator, Fit } from "../inference/fit.js";
import { fullRankQr } from "../inference/full-rank.js";
import { compassSearch } from "../numeric/compass-search.js";
import { symmetricEigen } from "../numeric/eigen.js";
import { type Matrix, multiply, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { type Minimum, minimise } from "../numeric/minimise.js";
import { invertUpper, timesInverseUpper } from "../numeric/qr.js";
import {
  isError,
  noDegreesOfFreedom,
  noRandomTerm,
  noResidualVariance,
  notConverged,
  type Problem,
  ProblemError,
  perfectCorrelation,
  secondOptimiserLower,
  varianceAtZero,
} from "../problem.js";
import { betweenWithin } from "./between-within.js";
import { crossProducts } from "./cross-products.js";
import { kenwardRoger } from "./kenward-roger.js";
import { type Method, type ProfiledDeviance, profiledDeviance, type Solution } from "./profiled-deviance.js";
import {
  canonicalTheta,
  freeThetas,
  lowerTriangle,
  type RandomStructure,
  structureRandomTerms,
} from "./random-structure.js";
import { parameterCovariance, satterthwaite } from "./satterthwaite.js";
import { type VarianceInformation, varianceInformation } from "./variance-information.js";

export type MixedDf = "satterthwaite" | "kenward-roger" | "between-within" | "residual" | "normal";

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

export interface LinearMixedFit extends Fit {
  readonly model: "mixed";
  readonly method: Method;
  /** Residual standard deviation. */
  readonly sigma: number;
  readonly random: readonly RandomTermFit[];
  /** Asymptotic covariance of φ = (thetas off the boundary, σ²); null when it does not exist. σ² is last. */
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

/** A theta (in residual standard deviations) below this is tried at zero. */
const NEAR_ZERO = 1e-2;
/** Deviances closer than this are one. */
const AGREE = 1e-6;

/**
 * Fit a linear mixed model.
 *
 * @param frame  n rows; X n×p of full column rank; at least one random term.
 * @returns      β and vcov (Kenward–Roger's when asked for), variance components, modes. A fit that did not
 *               converge comes back with `converged: false` and the problem that says why.
 * @throws ProblemError when the design cannot be fitted: aliased columns, no random term, dependent random
 *               terms, between–within with crossed factors.
 */
export function fitLinearMixed(frame: Frame, options: LinearMixedOptions = {}): LinearMixedFit {
  const { method = "REML", df = "satterthwaite", path = "" } = options;
  if (frame.Z.length === 0) throw new ProblemError([noRandomTerm(path)]);
  const { X, response, offset, names } = frame;
  const n = response.length;
  const p = X.cols;
  const y = offset === null ? response : response.map((v, i) => v - offset[i]!);

  const { R } = fullRankQr(X, names, null, path);
  const basis = timesInverseUpper(X, R);
  const { start: ordinary, residuals: remaining } = leastSquares(basis, y);
  const structure = structureRandomTerms(frame.Z, path);
  const deviance = profiledDeviance(crossProducts(structure, basis, remaining), method);

  const optimum = optimise(deviance, structure);
  const { theta, minimum } = optimum;
  const solution = deviance.solution(theta);
  const information = varianceInformation(deviance, theta, solution);
  const random = randomTerms(structure, theta, solution, information, frame);
  const problems = [
    ...verdict(deviance, optimum, solution, information, path, dot2(y)),
    ...boundaryProblems(structure, theta, random, path),
  ];
  const converged = !problems.some(isError);

  // Back from the orthonormal basis: β = R⁻¹ β̃, L β = (L R⁻¹) β̃.
  const inverseR = invertUpper(R);
  const coef = timesVector(
    inverseR,
    solution.beta.map((b, i) => b + ordinary[i]!),
  );
  const inference = chooseInference(df, frame, information, inverseR, path);
  if ("problem" in inference) problems.push(inference.problem);
  const { vcov, denominatorDf } =
    "problem" in inference ? { vcov: information.phi, denominatorDf: () => ({ df: Number.NaN, scale: 1 }) } : inference;

  let logDeterminantR = 0;
  for (let i = 0; i < p; i++) logDeterminantR += Math.log(Math.abs(R.data[i * p + i]!));
  const criterion = solution.deviance + (method === "REML" ? 2 * logDeterminantR : 0);
  const { fitted, residuals } = fittedValues(frame, coef, random);

  return {
    model: "mixed",
    method,
    names,
    coef,
    vcov: multiply(multiply(inverseR, vcov), transpose(inverseR)),
    denominatorDf,
    logLik: -criterion / 2,
    deviance: criterion,
    parameters: p + theta.length + 1,
    n: {
      observations: n,
      groups: Object.fromEntries(frame.Z.map(({ group, levels }) => [group, levels.length])),
    },
    converged: converged && !("problem" in inference),
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

/** Coefficients and residuals of least squares on an orthonormal basis, refined once. */
function leastSquares(basis: Matrix, y: Float64Array): { start: Float64Array; residuals: Float64Array } {
  const { rows: n, cols: p, data } = basis;
  const start = new Float64Array(p);
  const residuals = y.slice();
  for (let pass = 0; pass < 2; pass++) {
    const share = new Float64Array(p);
    for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) share[j]! += data[i * p + j]! * residuals[i]!;
    for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) residuals[i]! -= data[i * p + j]! * share[j]!;
    for (let j = 0; j < p; j++) start[j]! += share[j]!;
  }
  return { start, residuals };
}

const dot2 = (x: Float64Array): number => x.reduce((sum, v) => sum + v * v, 0);

// ── optimising theta ────────────────────────────────────────────────────────────────────────────

interface Optimum {
  readonly theta: Float64Array;
  readonly minimum: Minimum;
  /** By how much the second optimiser was lower; ≤ 0 when it was not. */
  readonly secondLower: number;
}

/**
 * Theta is free: a column of Λ and its negative are one covariance, so nothing is lost or gained by a bound at
 * zero, and a variance at zero is a smooth minimum there. First from Λ = I (as lme4), then again from wherever a
 * check finds something lower.
 */
function optimise(deviance: ProfiledDeviance, structure: RandomStructure): Optimum {
  const count = structure.theta.length;
  let minimum = minimise(
    deviance,
    Float64Array.from(structure.theta, ({ row, col }) => (row === col ? 1 : 0)),
  );
  let theta = minimum.at;
  let secondLower = 0;
  for (let round = 0; round < 4 && Number.isFinite(minimum.value); round++) {
    ({ theta, minimum } = settleBoundary(deviance, structure, minimum));
    const grownStart = growingDirection(deviance, structure, theta);
    let start = grownStart;
    if (grownStart === null) {
      const second = compassSearch(deviance.value, theta, {
        steps: [0.5, 0.1, 0.02, 0.004],
        tolerance: AGREE / 10,
        maxEvaluations: 200 * count,
      });
      secondLower = minimum.value - second.value;
      start = secondLower > AGREE ? second.at : null;
    } else secondLower = Number.POSITIVE_INFINITY;
    if (start === null) break;
    const again = minimise(deviance, start);
    if (!(again.value < minimum.value)) break;
    minimum = again;
  }
  return { theta, minimum, secondLower };
}

/**
 * Make theta canonical and put on the boundary what belongs there: directions with next to no variance get none and
 * the rest is optimised again; they stay without when the deviance is no higher.
 */
function settleBoundary(
  deviance: ProfiledDeviance,
  structure: RandomStructure,
  minimum: Minimum,
): { theta: Float64Array; minimum: Minimum } {
  const canonical = canonicalTheta(structure, minimum.at, 1e-7);
  const fixed = canonicalTheta(structure, minimum.at, NEAR_ZERO);
  if (fixed.every((t, i) => t === canonical[i]) && freeThetas(structure, fixed).length === fixed.length)
    return { theta: canonical, minimum };
  const open = freeThetas(structure, fixed);
  const full = (x: Float64Array): Float64Array => {
    const theta = new Float64Array(fixed.length);
    open.forEach((i, a) => {
      theta[i] = x[a]!;
    });
    return theta;
  };
  const reduced = minimise(
    {
      value: (x) => deviance.value(full(x)),
      gradient: () => {
        const gradient = deviance.gradient();
        return Float64Array.from(open, (i) => gradient[i]!);
      },
    },
    Float64Array.from(open, (i) => fixed[i]!),
  );
  if (!(reduced.value <= minimum.value + 1e-8)) return { theta: canonical, minimum };
  return {
    theta: canonicalTheta(structure, full(reduced.at), 1e-7),
    minimum: {
      ...reduced,
      at: full(reduced.at),
      iterations: minimum.iterations + reduced.iterations,
      evaluations: minimum.evaluations + reduced.evaluations,
    },
  };
}

/**
 * Where a covariance is singular the gradient in theta is zero whether or not the variance wants to grow.
 * The slope in the covariance itself tells: a direction in which the term has no variance and a negative
 * slope gives a new start with some variance there; null when there is none.
 */
function growingDirection(deviance: ProfiledDeviance, structure: RandomStructure, theta: Float64Array) {
  const singular = structure.terms.filter(({ k, thetaStart }) => {
    const lambda = lowerTriangle(theta, thetaStart, k);
    return Array.from({ length: k }, (_, i) => lambda.data[i * k + i]!).some((diagonal) => diagonal === 0);
  });
  if (singular.length === 0) return null;
  const { covarianceSlope } = varianceInformation(deviance, theta, deviance.solution(theta));
  for (const term of singular) {
    const { k, offset, thetaStart } = term;
    const f = structure.factors.findIndex(({ terms }) => terms.includes(term));
    const wide = structure.factors[f]!.k;
    const lambda = lowerTriangle(theta, thetaStart, k);
    const { values, vectors } = symmetricEigen(multiply(lambda, transpose(lambda)));
    const empty = [...values.keys()].filter((i) => values[i]! <= 1e-12 * Math.max(1, values[k - 1]!));
    const N = zeros(k, empty.length);
    empty.forEach((i, a) => {
      for (let row = 0; row < k; row++) N.data[row * empty.length + a] = vectors.data[row * k + i]!;
    });
    const slope = zeros(k, k);
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++) slope.data[i * k + j] = covarianceSlope[f]!.data[(offset + i) * wide + offset + j]!;
    const within = symmetricEigen(multiply(multiply(transpose(N), slope), N));
    const size = Math.max(...slope.data.map(Math.abs), 1);
    if (within.values[0]! >= -1e-7 * size) continue;
    const along = timesVector(
      N,
      Float64Array.from({ length: empty.length }, (_, i) => within.vectors.data[i * empty.length]!),
    );
    return grown(theta, term, along);
  }
  return null;
}

/** Theta with 0.1² of variance added to a term along a direction. */
function grown(
  theta: Float64Array,
  { k, thetaStart }: RandomStructure["terms"][number],
  along: Float64Array,
): Float64Array {
  const lambda = lowerTriangle(theta, thetaStart, k);
  // A column of Λ that is zero takes the direction; canonicalTheta then restores the triangle.
  const covariance = multiply(lambda, transpose(lambda));
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) covariance.data[i * k + j]! += 0.01 * along[i]! * along[j]! + (i === j ? 1e-6 : 0);
  const L = zeros(k, k);
  for (let j = 0; j < k; j++)
    for (let i = j; i < k; i++) {
      let sum = covariance.data[i * k + j]!;
      for (let m = 0; m < j; m++) sum -= L.data[i * k + m]! * L.data[j * k + m]!;
      L.data[i * k + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / L.data[j * k + j]!;
    }
  const next = theta.slice();
  let at = thetaStart;
  for (let j = 0; j < k; j++) for (let i = j; i < k; i++) next[at++] = L.data[i * k + j]!;
  return next;
}

/** What speaks against the fit; empty when it converged. */
function verdict(
  deviance: ProfiledDeviance,
  { minimum, secondLower }: Optimum,
  { pwrss }: Solution,
  { observed }: VarianceInformation,
  path: string,
  totalSquares: number,
): Problem[] {
  if (!(pwrss > 1e-20 * totalSquares)) return [noResidualVariance(path)];
  if (!Number.isFinite(minimum.value))
    return [notConverged(path, minimum.iterations, "the criterion cannot be evaluated")];
  if (!minimum.converged) {
    const why =
      minimum.hessian === null
        ? "the curvature at the end is not that of a minimum"
        : `the criterion could still fall by ${minimum.decrement.toPrecision(2)}`;
    return [notConverged(path, minimum.iterations, why)];
  }
  if (secondLower > AGREE) return [secondOptimiserLower(path, secondLower)];
  if (parameterCovariance({ observed }) === null)
    return [notConverged(path, minimum.iterations, `the ${deviance.method} information is not positive definite`)];
  return [];
}

/** One warning per component on the boundary: a variance at zero, or effects that determine one another. */
function boundaryProblems(
  { terms }: RandomStructure,
  theta: Float64Array,
  random: readonly RandomTermFit[],
  path: string,
): Problem[] {
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

type Inference = { vcov: Matrix; denominatorDf: (L: Matrix) => Denominator } | { problem: Problem };

/** Covariance in the coordinates of the information, and degrees of freedom for L in those of the data. */
function chooseInference(
  df: MixedDf,
  frame: Frame,
  information: VarianceInformation,
  inverseR: Matrix,
  path: string,
): Inference {
  const { phi } = information;
  switch (df) {
    case "satterthwaite": {
      const dfOf = satterthwaite(information);
      return { vcov: phi, denominatorDf: (L) => dfOf(multiply(L, inverseR)) };
    }
    case "kenward-roger": {
      const adjusted = kenwardRoger(information);
      if (adjusted === null) return { problem: noDegreesOfFreedom(path, "Kenward–Roger") };
      return { vcov: adjusted.vcov, denominatorDf: (L) => adjusted.denominatorDf(multiply(L, inverseR)) };
    }
    case "between-within": {
      const rule = betweenWithin(frame, path);
      if (!("code" in rule)) return { vcov: phi, denominatorDf: rule };
      throw new ProblemError([rule]);
    }
    case "residual": {
      const residual = { df: frame.response.length - frame.X.cols, scale: 1 };
      return { vcov: phi, denominatorDf: () => residual };
    }
    case "normal":
      return { vcov: phi, denominatorDf: () => ({ df: Number.POSITIVE_INFINITY, scale: 1 }) };
  }
}

/** Covariances, their slopes and conditional modes in the units of the data: b = R⁻¹ Λ u, G = σ² R⁻¹ΛΛ'R⁻ᵀ. */
function randomTerms(
  structure: RandomStructure,
  theta: Float64Array,
  { u, sigma2 }: Solution,
  { free }: VarianceInformation,
  frame: Frame,
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

function fittedValues({ X, Z, offset, response }: Frame, coef: Float64Array, random: readonly RandomTermFit[]) {
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
