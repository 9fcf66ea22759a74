/**
 * Cox model with a shared gamma frailty.
 *
 * Model      h(t | x, z, s) = h0_s(t) z_j exp(offset + x'β) in cluster j, z_j gamma with mean 1 and variance θ.
 * Estimator  θ maximises the marginal log-likelihood, profiled over β and the baseline hazard,
 *                L(θ) = ℓ(β̂, ω̂) + Σ_j [ν (ω̂_j − e^ω̂_j + 1) + d_j + ν ln ν − (ν + d_j) ln(ν + d_j) + ln Γ(ν + d_j)/Γ(ν)],
 *            ν = 1/θ, d_j the events of the cluster: (β̂, ω̂) maximise the log partial likelihood ℓ with the penalty
 *            Σ ν (e^ω_j − ω_j), which is the answer of the EM algorithm too. At θ = 0 it is ℓ without frailty. With ties the
 *            penalised likelihood is what is defined, as in R's survival.
 * Variance   Of β: its block of the inverse of minus the Hessian of the penalised likelihood in (β, ω), given θ. As in
 *            survival the block of ω counts as diagonal where there are more than five clusters (its `sparse`), which
 *            changes the standard errors by a few per cent; `whole` leaves nothing out. Estimates do not depend on it.
 *            Of θ: from the curvature of L.
 * Verdict    As in linear-mixed.ts. θ = τ² with τ free, so that a variance at zero is an ordinary answer.
 * Sources    Klein (1992) Biometrics 48:795–806; Therneau, Grambsch & Pankratz (2003) JCGS 12:156–175.
 * Checked    test/reference/frailty-gamma (R's survival with tight control, and a second implementation by EM).
 */
import type { Fit } from "../inference/fit.js";
import { optimiseCovariance } from "../mixed/optimise-covariance.js";
import { structureRandomTerms } from "../mixed/random-structure.js";
import { verdict } from "../mixed/verdict.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { logGammaRemainder, logGammaRemainderSlope } from "../numeric/log-gamma-remainder.js";
import { type Matrix, multiply, timesVector, transpose } from "../numeric/matrix.js";
import { frailtyOfOneLevel, isError, ProblemError, type ReportedProblem, varianceAtZero } from "../problem.js";
import { type CoxFit, fitCox } from "./cox.js";
import type { FrailtyFrame } from "./frailty-deviance.js";
import { centredBasis, type GaussianFrailtyOptions } from "./frailty-gaussian.js";
import { frailtyPartialLikelihood } from "./frailty-partial-likelihood.js";
import { type ConcaveMaximum, maximiseConcave, solveFactor } from "./penalised-newton.js";
import type { Ties } from "./tied-events.js";

/** The clusters that share a frailty. */
export interface FrailtyGroup {
  readonly group: string;
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

export interface GammaFrailtyOptions extends GaussianFrailtyOptions {
  /** Of the frailties, in the variance of β. Default: diagonal with more than five clusters, as survival. */
  readonly frailtyInformation?: "diagonal" | "whole";
}

/** `coef` are log hazard ratios given the frailties; `logLik` is the marginal log-likelihood. */
export interface GammaFrailtyFit extends Fit {
  readonly model: "gamma-frailty";
  readonly ties: Ties;
  readonly group: string;
  /** θ ≥ 0. */
  readonly variance: number;
  /** What the variance of β takes for the information of the frailties. */
  readonly frailtyInformation: "diagonal" | "whole";
  /** 1×1: asymptotic variance of √θ; null when θ is zero. */
  readonly parameterCovariance: Matrix | null;
  readonly levels: readonly string[];
  /** Predicted frailties ẑ, by level; their mean over the levels is 1. */
  readonly frailties: Float64Array;
  /** Log partial likelihood at β = 0 without frailty. */
  readonly logLikNull: number;
  /** The same at its maximum, without frailty: what `logLik` is compared with to test θ. */
  readonly logLikWithout: number;
  /** ℓ(β̂, ω̂), without the penalty. */
  readonly logLikFitted: number;
  /** tr(J⁻¹ (J − penalty)), coefficients included. */
  readonly effectiveDf: number;
  readonly singular: boolean;
  readonly iterations: number;
  readonly evaluations: number;
  /** n: offset + xβ + ω of the cluster. */
  readonly eta: Float64Array;
  readonly events: number;
}

/** Of the second optimiser, in √θ. */
const STEPS = [0.1, 0.01];
const START = 0.5;
/** Clusters up to which survival keeps the whole information of the frailties. */
const MOST_WHOLE = 5;
/** A √θ below this is zero: θ < 1e-12 changes nothing in working precision. */
const ZERO = 1e-6;

/**
 * Fit a Cox model with a gamma frailty.
 *
 * @param frame  n rows; X n×p without an intercept, p may be 0; an event is code 1. Its random terms are not used.
 * @throws ProblemError when X has aliased columns, or all at risk together are of one cluster.
 */
export function fitGammaFrailty(
  frame: Omit<FrailtyFrame, "Z">,
  cluster: FrailtyGroup,
  options: GammaFrailtyOptions = {},
): GammaFrailtyFit {
  const { group, codes, levels } = cluster;
  const { ties = "efron", path = "", frailtyInformation = levels.length > MOST_WHOLE ? "diagonal" : "whole" } = options;
  const { outcome, weights, strata } = frame;
  const simpler = fitCox({ ...frame, cluster: null, participant: null }, { ties, path, vcov: "model" });
  const n = frame.X.rows;
  const q = levels.length;
  const { basis, back } = centredBasis(frame.X, frame.names, path);
  const p = basis.cols;
  const offset = frame.offset ?? new Float64Array(n);
  const intercept = { rows: n, cols: 1, data: new Float64Array(n).fill(1) };
  const { start, time, event } = outcome;
  const likelihood = frailtyPartialLikelihood(
    { start, time, event, strata: strata?.codes ?? null, weights },
    { q, random: [{ first: 0, k: 1, codes, values: intercept }], X: basis },
    ties,
  );
  const events = new Float64Array(q);
  for (let i = 0; i < n; i++) if (event[i] === 1) events[codes[i]!]! += weights?.[i] ?? 1;

  const predictor = (x: Float64Array): Float64Array => {
    const eta = offset.slice();
    for (let i = 0; i < n; i++) {
      eta[i]! += x[codes[i]!]!;
      for (let j = 0; j < p; j++) eta[i]! += basis.data[i * p + j]! * x[q + j]!;
    }
    return eta;
  };
  const unidentified = gammaFrailtyProblems(frame, cluster, { ties, path });
  if (unidentified.length > 0) throw new ProblemError(unidentified);
  if (!simpler.converged) return withoutMaximum(frame, cluster, simpler, ties, frailtyInformation);
  const marginal = marginalDeviance({ likelihood, predictor, events, q, p });

  const structure = structureRandomTerms([{ group, codes, levels, names: ["(Intercept)"], values: intercept }], path);
  const optimum = optimiseCovariance(
    {
      ...marginal,
      scoring: (x) => oneByOne(marginal.curvature(x[0]!)),
      covarianceSlope: () => [oneByOne(marginal.slopeAtZero())],
    },
    structure,
    Float64Array.of(START),
    STEPS,
  );
  const tau = Math.abs(optimum.at[0]!);
  const curvature = tau > 0 ? marginal.curvature(tau) : Number.NaN;
  const deviance = marginal.value(Float64Array.of(tau));
  const mode = marginal.mode();
  const x = mode?.at ?? new Float64Array(q + p);
  const eta = predictor(x).slice();
  const logLikFitted = likelihood.at(eta).logLik;
  const coef = timesVector(back, x.slice(q));
  const effectiveDf = mode === null ? Number.NaN : degreesOfFreedom(mode, q, p, tau);
  const fixed = mode === null ? null : marginal.fixedCovariance(frailtyInformation);
  const problems: ReportedProblem[] = [
    ...verdict(optimum, path),
    ...(tau === 0 ? [varianceAtZero(path, "(Intercept)", group)] : []),
  ];
  return {
    model: "gamma-frailty",
    ties,
    names: frame.names,
    coef,
    vcov: fixed === null ? unknown(p) : p === 0 ? fixed : multiply(multiply(back, fixed), transpose(back)),
    denominatorDf: () => ({ df: Number.POSITIVE_INFINITY, scale: 1 }),
    group,
    variance: tau * tau,
    frailtyInformation,
    parameterCovariance: curvature > 0 ? oneByOne(2 / curvature) : null,
    levels,
    frailties: x.slice(0, q).map(Math.exp),
    logLik: -deviance / 2,
    logLikNull: simpler.logLikNull,
    logLikWithout: tau === 0 ? -deviance / 2 : simpler.logLik,
    logLikFitted,
    effectiveDf,
    parameters: p + 1,
    n: { observations: n, groups: { [group]: q } },
    events: simpler.events,
    converged: !problems.some(isError),
    singular: tau === 0,
    problems,
    iterations: optimum.minimum.iterations,
    evaluations: optimum.minimum.evaluations,
    // As the model is written: the columns of X as they are.
    eta: linearPredictor(frame, coef, x, codes),
  };
}

/** Why these rows cannot be fitted with this frailty; empty when they can. For a frame that `fitCox` can fit. */
export function gammaFrailtyProblems(
  { outcome: { start, time, event }, weights, strata, offset, X }: Omit<FrailtyFrame, "Z">,
  { group, codes, levels }: FrailtyGroup,
  { ties = "efron", path = "" }: GammaFrailtyOptions = {},
): ReportedProblem[] {
  const n = X.rows;
  const q = levels.length;
  const values = { rows: n, cols: 1, data: new Float64Array(n).fill(1) };
  const likelihood = frailtyPartialLikelihood(
    { start, time, event, strata: strata?.codes ?? null, weights },
    { q, random: [{ first: 0, k: 1, codes, values }], X: { rows: n, cols: 0, data: new Float64Array(0) } },
    ties,
  );
  const { expected } = likelihood.at(offset ?? new Float64Array(n));
  return isOfOneLevel(expected, likelihood.information(), codes, q) ? [frailtyOfOneLevel(path, group)] : [];
}

/** No maximum without frailty is none with it: a fit with the problem of the simpler model, and no numbers. */
function withoutMaximum(
  { names, X }: Omit<FrailtyFrame, "Z">,
  { group, levels }: FrailtyGroup,
  { vcov, logLikNull, problems, denominatorDf, events, iterations }: CoxFit,
  ties: Ties,
  frailtyInformation: "diagonal" | "whole",
): GammaFrailtyFit {
  const none = Number.NaN;
  return {
    model: "gamma-frailty",
    ties,
    names,
    coef: new Float64Array(X.cols).fill(none),
    vcov: { ...vcov, data: vcov.data.map(() => none) },
    denominatorDf,
    group,
    variance: none,
    frailtyInformation,
    parameterCovariance: null,
    levels,
    frailties: new Float64Array(levels.length).fill(none),
    logLik: none,
    logLikNull,
    logLikWithout: none,
    logLikFitted: none,
    effectiveDf: none,
    parameters: X.cols + 1,
    n: { observations: X.rows, groups: { [group]: levels.length } },
    events,
    converged: false,
    singular: false,
    problems,
    iterations,
    evaluations: 0,
    eta: new Float64Array(X.rows).fill(none),
  };
}

const oneByOne = (value: number): Matrix => ({ rows: 1, cols: 1, data: Float64Array.of(value) });

function linearPredictor(
  { X, offset }: Pick<FrailtyFrame, "X" | "offset">,
  coef: Float64Array,
  omega: Float64Array,
  codes: Int32Array,
): Float64Array {
  const eta = timesVector(X, coef);
  for (let i = 0; i < eta.length; i++) eta[i]! += omega[codes[i]!]! + (offset?.[i] ?? 0);
  return eta;
}

/** Whether no risk set has rows of two levels: the information on the frailties is nothing but rounding. */
function isOfOneLevel(expected: Float64Array, H: Matrix, codes: Int32Array, q: number): boolean {
  const events = new Float64Array(q);
  expected.forEach((e, i) => {
    events[codes[i]!]! += e;
  });
  return events.every((e, j) => !(H.data[j * H.cols + j]! > 1e-12 * e));
}

interface MarginalModel {
  readonly likelihood: ReturnType<typeof frailtyPartialLikelihood>;
  readonly predictor: (x: Float64Array) => Float64Array;
  /** q: weighted events. */
  readonly events: Float64Array;
  readonly q: number;
  readonly p: number;
}

/** −2 L(θ) over τ = √θ. */
function marginalDeviance({ likelihood, predictor, events, q, p }: MarginalModel) {
  const c = q + p;
  let warm: Float64Array = new Float64Array(c);
  let mode: ConcaveMaximum | null = null;
  let nu = 1;
  let tau = 1;
  let residuals: Float64Array = new Float64Array(0);
  let point = warm;

  const penalised = {
    value: (x: Float64Array): number => {
      const here = likelihood.at(predictor(x));
      residuals = here.residuals;
      point = x;
      let penalty = 0;
      for (let j = 0; j < q; j++) penalty += expLess(x[j]!);
      return here.logLik - nu * penalty;
    },
    slope: (): Float64Array => {
      const slope = likelihood.toColumns(residuals);
      for (let j = 0; j < q; j++) slope[j]! -= nu * Math.expm1(point[j]!);
      return slope;
    },
    information: (): Float64Array => {
      const J = likelihood.information().data;
      for (let j = 0; j < q; j++) J[j * c + j]! += nu * Math.exp(point[j]!);
      return J;
    },
  };

  const value = (x: Float64Array): number => {
    tau = Math.abs(x[0]!);
    nu = 1 / (tau * tau);
    mode =
      tau < ZERO
        ? withoutFrailty()
        : (maximiseConcave(penalised, warm) ?? maximiseConcave(penalised, new Float64Array(c)));
    if (mode === null) {
      warm = new Float64Array(c);
      return Number.NaN;
    }
    warm = mode.at;
    if (tau < ZERO) return -2 * mode.value;
    // d + ν ln ν − (ν + d) ln(ν + d) + ln Γ(ν + d)/Γ(ν), by Stirling's formula and its remainder.
    let correction = 0;
    for (const d of events) correction += -Math.log1p(d / nu) / 2 + logGammaRemainder(nu + d) - logGammaRemainder(nu);
    return -2 * (mode.value + correction);
  };

  /** The maximum over β alone, with ω = 0 and its block of the information left out. */
  const withoutFrailty = (): ConcaveMaximum | null => {
    const full = (beta: Float64Array): Float64Array => {
      const x = new Float64Array(c);
      x.set(beta, q);
      return x;
    };
    const maximum = maximiseConcave(
      {
        value: (beta) => {
          const here = likelihood.at(predictor(full(beta)));
          residuals = here.residuals;
          return here.logLik;
        },
        slope: () => likelihood.toColumns(residuals).slice(q),
        information: () => fixedBlock(likelihood.information().data, q, c),
      },
      warm.slice(q),
    );
    if (maximum === null) return null;
    const factor = new Float64Array(c * c);
    for (let j = 0; j < q; j++) factor[j * c + j] = 1;
    for (let i = 0; i < p; i++) for (let j = 0; j <= i; j++) factor[(q + i) * c + q + j] = maximum.factor[i * p + j]!;
    return { at: full(maximum.at), value: maximum.value, factor };
  };

  /** d(−2L)/dτ. By the envelope theorem only ν as it is written counts. */
  const gradient = (): Float64Array => {
    if (mode === null) return Float64Array.of(Number.NaN);
    if (tau < ZERO) return Float64Array.of(0);
    let slope = 0;
    for (let j = 0; j < q; j++) {
      const d = events[j]!;
      slope -= expLess(mode.at[j]!);
      slope += d / (2 * nu * (nu + d)) + logGammaRemainderSlope(nu + d) - logGammaRemainderSlope(nu);
    }
    // dν/dτ = −2 ν / τ.
    return Float64Array.of((4 * slope * nu) / tau);
  };

  const curvature = (at: number): number => {
    const h = 1e-4 * Math.max(at, 0.1);
    const [above, below] = [at + h, Math.max(at - h, 0)].map((t) => {
      value(Float64Array.of(t));
      return gradient()[0]!;
    });
    return (above! - below!) / (at + h - Math.max(at - h, 0));
  };

  /** d(−2L)/dθ at θ = 0, where the last call of `value` was: Σ d − (d − expected events)². */
  const slopeAtZero = (): number => {
    value(Float64Array.of(0));
    const score = likelihood.toColumns(residuals);
    let slope = 0;
    for (let j = 0; j < q; j++) slope += events[j]! - score[j]! ** 2;
    return slope;
  };

  /** Of the columns of the basis, at the mode where `value` last was. */
  const fixedCovariance = (kind: "diagonal" | "whole"): Matrix => {
    const J = penalised.information();
    for (let i = 0; i < q; i++) {
      if (tau < ZERO) for (let j = 0; j < c; j++) J[i * c + j] = J[j * c + i] = i === j ? 1 : 0;
      if (kind === "diagonal") for (let j = 0; j < q; j++) if (i !== j) J[i * c + j] = 0;
    }
    const whole = invertPositiveDefinite({ rows: c, cols: c, data: J });
    return whole === null ? unknown(p) : { rows: p, cols: p, data: fixedBlock(whole.data, q, c) };
  };
  return { value, gradient, curvature, slopeAtZero, fixedCovariance, mode: () => mode };
}

/** e^x − x − 1, also for a small x. */
function expLess(x: number): number {
  if (Math.abs(x) > 0.1) return Math.expm1(x) - x;
  let term = (x * x) / 2;
  let sum = term;
  for (let k = 3; k <= 14; k++) {
    term *= x / k;
    sum += term;
  }
  return sum;
}

function fixedBlock(J: Float64Array, q: number, c: number): Float64Array {
  const p = c - q;
  const block = new Float64Array(p * p);
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) block[i * p + j] = J[(q + i) * c + q + j]!;
  return block;
}

/** p + q − tr of the ω block of J⁻¹ times the penalty's. */
function degreesOfFreedom({ at, factor }: ConcaveMaximum, q: number, p: number, tau: number): number {
  if (tau === 0) return p;
  let df = p + q;
  for (let j = 0; j < q; j++) {
    const unit = new Float64Array(p + q);
    unit[j] = 1;
    df -= (solveFactor(factor, unit)[j]! * Math.exp(at[j]!)) / (tau * tau);
  }
  return df;
}

const unknown = (p: number): Matrix => ({ rows: p, cols: p, data: new Float64Array(p * p).fill(Number.NaN) });
