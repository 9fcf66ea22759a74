/**
 * The fit of a stepped-wedge model, with each kind of inference asked for side by side.
 *
 * Gaussian        linear mixed model (mixed/linear-mixed.ts) with Kenward–Roger or Satterthwaite, or CR3 by unit with
 *                 t(units − 2); least squares when nothing is random.
 * Binomial,       mixed model by Laplace's approximation (decay too), z; beside it generalised estimating equations with an
 * Poisson         exchangeable working correlation within units, Mancl and DeRouen's sandwich and t(units − 2): a
 *                 marginal effect, not one given the unit.
 *
 * Sources  t(units − 2): Ford & Westgate (2020) Stat. Med. 39:2779–2792; Li (2020) Stat. Med. 39:438–455. CR3: Bell &
 *          McCaffrey (2002) Survey Methodology 28:169–181. Mancl & DeRouen (2001) Biometrics 57:126–134.
 */
import type { Frame, RandomTerm } from "../formula/frame.js";
import type { Estimate } from "../inference/estimate.js";
import type { FamilyName } from "../inference/family.js";
import type { Fit } from "../inference/fit.js";
import { likelihoodRatioTest } from "../inference/likelihood-ratio.js";
import { type Clusters, clusterRobust } from "../inference/robust-variance.js";
import { fitGee } from "../linear/gee.js";
import { fitGeneralisedLinear } from "../linear/generalised-linear.js";
import { fitLinear } from "../linear/linear.js";
import {
  clusterRobustMixed,
  type FittedCovariance,
  randomGroupings,
  splitLevel,
  toLinearCovariance,
} from "../mixed/cluster-robust-mixed.js";
import type { DecayingTerm } from "../mixed/decay-deviance.js";
import { fitDecayGeneralisedMixed } from "../mixed/decay-generalised-mixed.js";
import { type DecayMixedFit, fitDecayMixed } from "../mixed/decay-mixed.js";
import { fitGeneralisedLinearMixed } from "../mixed/generalised-linear-mixed.js";
import { fitLinearMixed, type LinearMixedFit, type RandomTermFit } from "../mixed/linear-mixed.js";
import { type PredictedEffect, predictedEffects } from "../mixed/predicted-effect.js";
import type { Method } from "../mixed/profiled-deviance.js";
import { componentEstimate, logScale, randomComponents } from "../mixed/variance-components.js";
import { type Matrix, zeros } from "../numeric/matrix.js";
import { qr } from "../numeric/qr.js";
import {
  isError,
  type Problem,
  ProblemError,
  type ReportedProblem,
  toReported,
  wedgeNotClusterRobust,
} from "../problem.js";
import { intraclusterCorrelations, type VarianceWithSlope } from "./intracluster-correlation.js";

/** What standard errors and degrees of freedom are. */
export type WedgeInference = "kenward-roger" | "satterthwaite" | "cr3" | "mancl-derouen" | "residual" | "normal";

export interface WedgeFitOptions {
  readonly family: FamilyName;
  readonly method: Method;
  /** The first is the primary one. */
  readonly inference: readonly WedgeInference[];
  /** The units. */
  readonly clusters: Clusters;
  /** `unit:period`. */
  readonly unitPeriod: string;
  /** The grouping factor of random exposure effects, when there are some. */
  readonly exposure: string | null;
  readonly unit: string | null;
  /** Effects of unit-periods that decay in correlation; null: the correlation is all in the frame's random terms. */
  readonly decay: DecayingTerm | null;
  /** Of the intervals of variance components. */
  readonly level: number;
  readonly path: string;
}

export interface WedgeFit {
  /** By kind, in the order asked for; one that cannot be had is left out, and a problem says so. */
  readonly fits: readonly { readonly kind: WedgeInference; readonly fit: Fit }[];
  /** Of the fit by likelihood: log-likelihood, counts, verdict. */
  readonly base: Fit & { readonly singular: boolean; readonly iterations: number };
  readonly problems: readonly ReportedProblem[];
  /** Standard deviations and intracluster correlations. */
  readonly components: readonly Estimate[];
  readonly tests: readonly Estimate[];
  /** Of random exposure effects, gaussian: mean effect and deviation of each exposure time, ascending. */
  readonly predicted?: readonly PredictedEffect[];
  readonly diagnostics: {
    readonly fitted: Float64Array;
    readonly residuals: Float64Array;
    readonly random: readonly RandomTermFit[];
  } | null;
}

/** @throws ProblemError when the design cannot be fitted: aliased columns, variances that it cannot tell apart. */
export function fitWedge(frame: Frame, options: WedgeFitOptions): WedgeFit {
  if (options.family !== "gaussian") return fitGeneralisedWedge(frame, options, options.family);
  if (options.decay !== null) return fitDecayWedge(frame, options.decay, options);
  return frame.Z.length === 0 ? fitWithoutRandom(frame, options) : fitLinearWedge(frame, options);
}

/** The fit with t(units − 2). A sandwich comes after it: it takes the df away from effects that rest on one unit. */
export function withUnitsDf<F extends Fit>(fit: F, units: number): F {
  const denominator = { df: units - 2, scale: 1 };
  return { ...fit, denominatorDf: () => denominator };
}

/** What a sandwich says beside the fit that it is of: effects that rest on one unit. */
const ofSandwich = (robust: Fit, base: Fit): readonly ReportedProblem[] =>
  robust.problems.filter((problem) => !base.problems.includes(problem));

// ── gaussian ────────────────────────────────────────────────────────────────────────────────────

function fitLinearWedge(frame: Frame, options: WedgeFitOptions): WedgeFit {
  const { method, inference, clusters, path } = options;
  const problems: ReportedProblem[] = [];
  const modelBased = (df: "kenward-roger" | "satterthwaite" | "normal") => fitLinearMixed(frame, { method, df, path });
  const [primary] = inference;
  const base = modelBased(primary === "kenward-roger" || primary === "satterthwaite" ? primary : "normal");
  const fits = inference.flatMap((kind): WedgeFit["fits"] => {
    if (kind === primary && kind !== "cr3") return [{ kind, fit: base }];
    if (!base.converged || kind === "residual" || kind === "mancl-derouen") return [];
    if (kind !== "cr3") return [{ kind, fit: modelBased(kind) }];
    const split = splitProblems(frame, clusters, path);
    problems.push(...split);
    if (split.length > 0) return [];
    const referred = withUnitsDf(base, clusters.levels.length);
    const robust = clusterRobustMixed(referred, frame, toLinearCovariance(base), clusters, "CR3", "fit", path);
    problems.push(...ofSandwich(robust, base));
    return [{ kind, fit: robust }];
  });
  return {
    fits,
    base,
    problems: [...base.problems, ...problems],
    components: base.converged ? gaussianComponents(base, options) : [],
    tests: base.converged ? exposureTest(frame, base, options) : [],
    predicted: base.converged ? predictedExposures(frame, base, options) : [],
    diagnostics: { fitted: base.fitted, residuals: base.residuals.map((v) => v / base.sigma), random: base.random },
  };
}

/** Why units cannot be the clusters of a sandwich: a random effect that they share. */
export function splitProblems(frame: Frame, clusters: Clusters, path: string): ReportedProblem[] {
  return randomGroupings(frame.Z).flatMap((grouping) => {
    const level = splitLevel(grouping, clusters);
    return level === null ? [] : [wedgeNotClusterRobust(path, grouping.group, level, clusters.column)];
  });
}

const varianceOf = ({ covariance, covarianceSlopes }: RandomTermFit): VarianceWithSlope => ({
  variance: covariance.data[0]!,
  slope: Float64Array.from(covarianceSlopes, ({ data }) => data[0]!),
});

type WithSigma = Pick<LinearMixedFit, "sigma" | "parameterCovariance">;

const residualVariance = ({ sigma, parameterCovariance }: WithSigma): VarianceWithSlope => {
  // σ² is the last parameter.
  const slope = new Float64Array(parameterCovariance?.rows ?? 0);
  if (slope.length > 0) slope[slope.length - 1] = 1;
  return { variance: sigma * sigma, slope };
};

function gaussianComponents(fit: LinearMixedFit, options: WedgeFitOptions): Estimate[] {
  const { unit, level } = options;
  const residual = residualVariance(fit);
  return [
    ...randomComponents(fit, unit, level),
    residualSd(fit, residual, options),
    ...correlations(fit, [residual], options),
  ];
}

const residualSd = (
  { sigma, parameterCovariance }: WithSigma,
  { slope }: VarianceWithSlope,
  { unit, level }: WedgeFitOptions,
): Estimate =>
  componentEstimate(parameterCovariance, level)(
    { name: "sd:residual", measure: "sd", unit },
    sigma,
    slope.map((v) => v / (2 * sigma)),
    logScale,
  );

/** Intracluster correlations of a fit whose random terms are intercepts, but for those of treatment. */
function correlations(
  { random, parameterCovariance }: { random: readonly RandomTermFit[]; parameterCovariance: Matrix | null },
  residual: readonly VarianceWithSlope[],
  { clusters, unitPeriod, level }: WedgeFitOptions,
): Estimate[] {
  const intercepts = random.filter(({ names }) => names[0] === "(Intercept)");
  const ofGroup = (group: string) => intercepts.find((term) => term.group === group);
  const [unit, period] = [ofGroup(clusters.column), ofGroup(unitPeriod)];
  // Without an effect of units there is nothing that periods of one unit share: units are fixed.
  if (unit === undefined) return [];
  const others = intercepts.filter((term) => term !== unit && term !== period).map(varianceOf);
  return intraclusterCorrelations(
    {
      unit: varianceOf(unit),
      ...(period === undefined ? {} : { unitPeriod: varianceOf(period) }),
      others: [...others, ...residual],
    },
    parameterCovariance,
    level,
  );
}

/** With a decaying correlation. */
function fitDecayWedge(frame: Frame, decay: DecayingTerm, options: WedgeFitOptions): WedgeFit {
  const { method, inference, clusters, unit, level, path } = options;
  const modelBased = (df: "kenward-roger" | "satterthwaite" | "normal") =>
    fitDecayMixed(frame, decay, { method, df, path });
  const [primary] = inference;
  const base = modelBased(primary === "kenward-roger" || primary === "satterthwaite" ? primary : "normal");
  const problems = [...base.problems];
  const fits = inference.flatMap((kind): WedgeFit["fits"] => {
    if (kind === primary && kind !== "cr3") return [{ kind, fit: base }];
    if (!base.converged || kind === "residual" || kind === "mancl-derouen") return [];
    if (kind !== "cr3") return [{ kind, fit: modelBased(kind) }];
    const rows = { ...frame, Z: [...frame.Z, rowTerm(frame)] };
    const referred = withUnitsDf(base, clusters.levels.length);
    const robust = clusterRobustMixed(referred, rows, decayCovariance(base, decay), clusters, "CR3", "fit", path);
    problems.push(...ofSandwich(robust, base));
    return [{ kind, fit: robust }];
  });
  const residual = residualVariance(base);
  return {
    fits,
    base,
    problems,
    components: base.converged
      ? [
          ...randomComponents(base, unit, level),
          residualSd(base, residual, options),
          ...decayCorrelations(base, [residual], level),
        ]
      : [],
    tests: [],
    diagnostics: { fitted: base.fitted, residuals: base.residuals.map((v) => v / base.sigma), random: base.random },
  };
}

/** Intracluster correlations of a decaying correlation: between periods, those of neighbours. */
function decayCorrelations(
  {
    random,
    rho,
    rhoSlope,
    parameterCovariance,
  }: Pick<DecayMixedFit, "random" | "rho" | "rhoSlope" | "parameterCovariance">,
  residual: readonly VarianceWithSlope[],
  level: number,
): Estimate[] {
  const { variance, slope } = varianceOf(random[0]!);
  const shared = { variance: variance * rho, slope: slope.map((v, a) => v * rho + variance * rhoSlope[a]!) };
  const own = { variance: variance - shared.variance, slope: slope.map((v, a) => v - shared.slope[a]!) };
  const others = random
    .slice(1)
    .filter(({ names }) => names[0] === "(Intercept)")
    .map(varianceOf);
  return intraclusterCorrelations(
    { unit: shared, unitPeriod: own, others: [...others, ...residual] },
    parameterCovariance,
    level,
  );
}

/** The residual as an effect of each row. */
function rowTerm({ response }: Frame): RandomTerm {
  const n = response.length;
  return {
    group: "row",
    names: ["(Intercept)"],
    values: { rows: n, cols: 1, data: new Float64Array(n).fill(1) },
    codes: Int32Array.from(response, (_, row) => row),
    levels: Array.from(response, (_, row) => String(row)),
  };
}

/** V of a decaying correlation: positions within units, the other random terms, and an effect of each row. */
function decayCovariance(fit: DecayMixedFit, { term, units, positions }: DecayingTerm): FittedCovariance {
  const distinct = [...new Set(positions)];
  const place = new Map(distinct.map((position, k) => [position, k]));
  const K = distinct.length;
  const variance = fit.random[0]!.covariance.data[0]!;
  const sigma = zeros(K, K);
  for (let i = 0; i < K; i++)
    for (let j = 0; j < K; j++) sigma.data[i * K + j] = variance * fit.rho ** Math.abs(distinct[i]! - distinct[j]!);
  const residual: RandomTermFit = {
    ...fit.random[0]!,
    covariance: { rows: 1, cols: 1, data: Float64Array.of(fit.sigma ** 2) },
  };
  return {
    random: [...fit.random.slice(1), residual],
    subjects: {
      subjects: term.codes.map((level) => units[level]!),
      visits: term.codes.map((level) => place.get(positions[level]!)!),
    },
    sigma,
  };
}

/** Mean effect and deviation of each exposure time; by t with Satterthwaite's df, or by z when that is asked for. */
function predictedExposures(
  frame: Frame,
  fit: LinearMixedFit,
  { exposure, inference }: WedgeFitOptions,
): PredictedEffect[] {
  const term = frame.Z.findIndex(({ group }) => group === exposure);
  if (exposure === null || term === -1) return [];
  const treated = frame.Z[term]!.names[0]!;
  const mean = Float64Array.from(frame.names, (name) => (name === treated ? 1 : 0));
  return predictedEffects(frame, fit, term, mean)
    .map((one) => (inference[0] === "normal" ? { ...one, df: Number.POSITIVE_INFINITY } : one))
    .sort((a, b) => Number(a.level) - Number(b.level));
}

/** That the effects of the exposure times do not vary: against the fit without their variance, on its boundary. */
function exposureTest(frame: Frame, fit: LinearMixedFit, options: WedgeFitOptions): Estimate[] {
  const { exposure, method, level, path } = options;
  if (exposure === null) return [];
  const without = frame.Z.filter(({ group }) => group !== exposure);
  const smaller = without.length > 0 ? fitLinearMixed({ ...frame, Z: without }, { method, df: "normal", path }) : null;
  if (smaller === null || !smaller.converged) return [];
  const { statistic, df, p } = likelihoodRatioTest(smaller.deviance - fit.deviance, {
    regular: 0,
    covariances: 0,
    variances: 1,
  });
  return [
    {
      name: "test:exposure-variance",
      measure: "likelihood-ratio",
      unit: null,
      estimate: null,
      se: null,
      df,
      statistic,
      p,
      lower: null,
      upper: null,
      level,
    },
  ];
}

/** Units as fixed effects and nothing else: least squares. */
function fitWithoutRandom(frame: Frame, { inference, clusters, unit, level, path }: WedgeFitOptions): WedgeFit {
  const base = fitLinear(frame, { path });
  const { X } = frame;
  const problems = [...base.problems];
  const fits = inference.flatMap((kind): WedgeFit["fits"] => {
    if (kind === "cr3") {
      const working = { X, weights: null, residuals: base.residuals, R: qr(X).R };
      const referred = withUnitsDf(base, clusters.levels.length);
      const robust = clusterRobust(referred, working, clusters, "CR3", "fit", path);
      problems.push(...ofSandwich(robust, base));
      return [{ kind, fit: robust }];
    }
    if (kind === "normal") return [{ kind, fit: fitLinear(frame, { df: "normal", path }) }];
    return kind === "residual" ? [{ kind, fit: base }] : [];
  });
  const without = { se: null, df: null, statistic: null, p: null, lower: null, upper: null };
  return {
    fits,
    base: { ...base, singular: false, iterations: 0 },
    problems,
    components: [{ name: "sd:residual", measure: "sd", unit, estimate: base.sigma, ...without, level }],
    tests: [],
    diagnostics: { fitted: base.fitted, residuals: base.residuals.map((v) => v / base.sigma), random: [] },
  };
}

// ── binomial and Poisson ────────────────────────────────────────────────────────────────────────

function fitGeneralisedWedge(frame: Frame, options: WedgeFitOptions, family: "binomial" | "poisson"): WedgeFit {
  const { inference, clusters, decay, level, path } = options;
  const fixed = { ...frame, Z: [] };
  const plain = fitGeneralisedLinear(fixed, { family, path });
  const separation = plain.problems.filter(({ code }) => code === "fit.separation");
  const decaying = decay === null ? null : fitDecayGeneralisedMixed(frame, decay, { family, path });
  const mixed = decaying ?? (frame.Z.length === 0 ? null : fitGeneralisedLinearMixed(frame, { family, path }));
  const base = mixed ?? { ...plain, singular: false, iterations: 0 };
  const problems: ReportedProblem[] = [...(separation.length > 0 ? separation : base.problems)];
  const isEstimated = base.converged && separation.length === 0;
  const fits = inference.flatMap((kind): WedgeFit["fits"] => {
    if (!isEstimated) return [];
    if (kind !== "mancl-derouen") return kind === "normal" ? [{ kind, fit: base }] : [];
    const marginal = fitMarginalWedge(fixed, family, options);
    problems.push(...marginal.problems);
    if (marginal.fit === null) return [];
    const { denominatorDf: ofMarginal } = marginal.fit;
    const referred = withUnitsDf(marginal.fit, clusters.levels.length);
    const denominatorDf = (L: Matrix) => (Number.isNaN(ofMarginal(L).df) ? ofMarginal(L) : referred.denominatorDf(L));
    return [{ kind, fit: { ...referred, denominatorDf } }];
  });
  // On the logit scale the residual is the standard logistic's; a log link has none.
  const residual = family === "binomial" ? [{ variance: Math.PI ** 2 / 3, slope: new Float64Array(0) }] : [];
  const sharesOf = (): Estimate[] => {
    if (mixed === null || !isEstimated) return [];
    return decaying === null ? correlations(mixed, residual, options) : decayCorrelations(decaying, residual, level);
  };
  const shares = sharesOf();
  return {
    fits,
    base: { ...base, converged: isEstimated },
    problems,
    components:
      mixed === null || !isEstimated
        ? []
        : [
            ...randomComponents(mixed, null, level),
            ...(family === "binomial" ? shares : shares.filter(({ name }) => name === "cac")),
          ],
    tests: [],
    diagnostics: null,
  };
}

/** Generalised estimating equations; without a fit where these cannot be solved, with a note. */
function fitMarginalWedge(
  frame: Frame,
  family: FamilyName,
  { clusters, path }: WedgeFitOptions,
): { readonly fit: Fit | null; readonly problems: readonly ReportedProblem[] } {
  const asNote = (problems: readonly Problem[]): ReportedProblem[] =>
    problems.map((problem) => ({ ...toReported(problem), severity: "note" }));
  try {
    const fit = fitGee(frame, { family, clusters, correlation: "exchangeable", vcov: "mancl-derouen", path });
    // That z needs many clusters is no matter: t(units − 2) is used.
    if (fit.converged) return { fit, problems: [] };
    return { fit: null, problems: asNote(fit.problems.filter(isError)) };
  } catch (thrown) {
    if (!(thrown instanceof ProblemError)) throw thrown;
    return { fit: null, problems: asNote(thrown.problems) };
  }
}
