/** `model: cox` with frailty: gaussian, `(1 | g)`, or gamma, `frailty(g, gamma)`. */
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { jointTest, waldEstimate } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import { likelihoodRatioTest, type TestedParameters } from "../inference/likelihood-ratio.js";
import { componentEstimate, logScale, randomComponents, type Scale } from "../mixed/variance-components.js";
import { zeros } from "../numeric/matrix.js";
import type { CoxAnalysis } from "../plan/plan.js";
import {
  coxFrailtyGaussian,
  coxFrailtyKey,
  coxFrailtyOneEach,
  coxFrailtyProportional,
  coxFrailtyWithCluster,
  coxSeveralFrailties,
  isError,
  type Problem,
} from "../problem.js";
import { concordance } from "../survival/concordance.js";
import { fitGammaFrailty, type GammaFrailtyFit, gammaFrailtyProblems } from "../survival/frailty-gamma.js";
import { fitGaussianFrailty, type GaussianFrailtyFit, gaussianFrailtyProblems } from "../survival/frailty-gaussian.js";
import { toRiskSets } from "../survival/risk-sets.js";
import type { AnalysisOutcome } from "./analysis-model.js";
import { chiSquared, hazardRatios, type PreparedCox } from "./cox-estimates.js";
import { modesOf } from "./random-terms.js";
import type { Diagnostics } from "./results.js";
import { labelOf, strataColumns } from "./survival-analysis.js";

type FrailtyFit = GaussianFrailtyFit | GammaFrailtyFit;

export const hasFrailty = (frame: SurvivalFrame): boolean => frame.Z.length > 0 || frailtyTerms(frame).length > 0;

const frailtyTerms = ({ special }: SurvivalFrame) =>
  special.flatMap(({ term, group }) => (term.kind === "frailty" ? [{ ...term, group }] : []));

// ── before the fit ──────────────────────────────────────────────────────────────────────────────

/**
 * Why a frailty cannot be fitted as asked, and warnings.
 *
 * @param found  What is wrong already; with an error the risk sets are not asked.
 */
export function frailtyProblems(
  { vcov, df, predict, ties }: CoxAnalysis,
  frame: SurvivalFrame,
  found: readonly Problem[],
  path: string,
): Problem[] {
  const terms = frailtyTerms(frame);
  const problems: Problem[] = [];
  if (frame.cluster !== null) problems.push(coxFrailtyWithCluster(path, frame.cluster.column));
  else if (vcov !== undefined && vcov !== "model") problems.push(coxFrailtyKey(path, `vcov: ${vcov}`));
  if (df === "clusters") problems.push(coxFrailtyKey(path, "df: clusters"));
  if (predict !== undefined) problems.push(coxFrailtyKey(path, "predict"));
  const gaussian = terms.filter(({ distribution }) => distribution === "gaussian");
  problems.push(...gaussian.map(({ column }) => coxFrailtyGaussian(path, column)));
  if (gaussian.length === 0 && terms.length > 0 && terms.length + frame.Z.length > 1)
    problems.push(coxSeveralFrailties(path));
  if (problems.length > 0 || found.some(isError)) return problems;
  const [gamma] = terms;
  const design =
    gamma === undefined
      ? gaussianFrailtyProblems(frame, { ties, path })
      : gammaFrailtyProblems(frame, { group: gamma.column, ...gamma.group }, { ties, path });
  return [...design, ...oneEach(frame, path)];
}

/** Frailties whose levels have one row each. */
const oneEach = (frame: SurvivalFrame, path: string): Problem[] =>
  [...frame.Z, ...frailtyTerms(frame).map(({ column, group }) => ({ group: column, levels: group.levels }))]
    .filter(({ levels }) => levels.length === frame.rows.length)
    .map(({ group }) => coxFrailtyOneEach(path, group));

// ── estimates ───────────────────────────────────────────────────────────────────────────────────

export function analyseFrailty(prepared: PreparedCox): AnalysisOutcome {
  const { analysis, frame, path, cause, competing } = prepared;
  const { ties } = analysis;
  const [gamma] = frailtyTerms(frame);
  const fit =
    gamma === undefined
      ? fitGaussianFrailty(frame, { ties, path })
      : fitGammaFrailty(frame, { group: gamma.column, ...gamma.group }, { ties, path });
  return {
    method: methodInWords(prepared, fit),
    criterion: null,
    standardErrors: "model",
    degreesOfFreedom: "normal",
    groups: fit.n.groups,
    likelihood: { logLik: fit.logLik, parameters: fit.parameters, observations: fit.events },
    frailty: {
      logLikNull: fit.logLikNull,
      logLikWithout: fit.logLikWithout,
      logLikFitted: fit.logLikFitted,
      logLikPenalised: fit.model === "gaussian-frailty" ? fit.logLikPenalised : null,
      effectiveDf: fit.effectiveDf,
    },
    converged: fit.converged,
    singular: fit.singular,
    iterations: fit.iterations,
    problems: fit.converged ? [...fit.problems, coxFrailtyProportional(path)] : fit.problems,
    estimates: fit.converged ? estimatesOf(prepared, fit) : [],
    profile: null,
    diagnostics: modes(fit),
    survival: {
      event: labelOf(prepared, frame.outcome.eventColumn),
      ties,
      events: fit.events,
      strata: strataColumns(frame).map((name) => labelOf(prepared, name)),
      frailty: { distribution: gamma === undefined ? "gaussian" : "gamma", groups: Object.keys(fit.n.groups) },
      ...(cause === null ? {} : { cause, competing }),
    },
  };
}

/** Predicted log frailties. Gamma ones are none that a normal distribution is looked for in. */
const modes = (fit: FrailtyFit): Diagnostics | null =>
  fit.model === "gaussian-frailty" && fit.converged
    ? { fitted: new Float64Array(0), residuals: new Float64Array(0), modes: modesOf(fit.random) }
    : null;

function methodInWords({ analysis, frame, cause }: PreparedCox, fit: FrailtyFit): string {
  const strata = strataColumns(frame);
  const by = Object.keys(fit.n.groups).join(" and ");
  const [kind, likelihood] =
    fit.model === "gaussian-frailty"
      ? ["gaussian", "Laplace-integrated partial likelihood"]
      : ["gamma", "marginal likelihood by the penalised partial likelihood"];
  const of = cause === null ? "" : ` of the cause-specific hazard of ${cause}`;
  const within = strata.length === 0 ? "" : `, stratified by ${strata.join(" and ")}`;
  const diagonal =
    fit.model === "gamma-frailty" && fit.frailtyInformation === "diagonal"
      ? ", the information of the frailties taken as diagonal"
      : "";
  return `Cox proportional hazards regression${of} with ${kind} frailty by ${by}, ${likelihood}, ${
    analysis.ties === "efron" ? "Efron" : "Breslow"
  } ties${within}, model standard errors given the variance of the frailty${diagonal}, normal approximation`;
}

function estimatesOf(prepared: PreparedCox, fit: FrailtyFit): Estimate[] {
  const { analysis, frame } = prepared;
  const { level } = analysis;
  const p = fit.coef.length;
  const all = zeros(p, p);
  for (let j = 0; j < p; j++) all.data[j * p + j] = 1;
  return [
    ...hazardRatios(prepared, fit),
    ...(p === 0 ? [] : [jointTest(fit, all, "test:GLOBAL:wald", level)]),
    ...(fit.model === "gaussian-frailty" ? randomComponents(fit, null, level) : [varianceEstimate(fit, level)]),
    frailtyTest(fit, level),
    concordanceEstimate(fit, frame, level),
  ];
}

/** Of a variance: next to zero its Wald interval, from 0. */
const varianceScale: Scale = { ...logScale, fromZero: (variance, half) => variance + half };

function varianceEstimate({ group, variance, parameterCovariance }: GammaFrailtyFit, level: number): Estimate {
  const label = { name: `frailty-variance:${group}`, measure: "frailty-variance", unit: null };
  // The parameter is √θ.
  const slope = variance === 0 ? null : Float64Array.of(2 * Math.sqrt(variance));
  return componentEstimate(parameterCovariance, level)(label, variance, slope, varianceScale);
}

/** Of all variances together, against the model without frailty. */
function frailtyTest(fit: FrailtyFit, level: number): Estimate {
  const tested: TestedParameters =
    fit.model === "gamma-frailty"
      ? { regular: 0, covariances: 0, variances: 1 }
      : {
          regular: 0,
          variances: fit.random.reduce((sum, { names }) => sum + names.length, 0),
          covariances: fit.random.reduce((sum, { names: { length: k } }) => sum + (k * (k - 1)) / 2, 0),
        };
  const angle = fit.model === "gamma-frailty" ? null : fit.boundaryAngle;
  const { statistic, df, p } = likelihoodRatioTest(2 * (fit.logLik - fit.logLikWithout), tested, angle);
  return { ...chiSquared("test:frailty", statistic, df, p, level), measure: "likelihood-ratio" };
}

/** Of the predictor with the frailties in it. */
function concordanceEstimate(fit: FrailtyFit, frame: SurvivalFrame, level: number): Estimate {
  const sets = toRiskSets(frame);
  const byPlace = Float64Array.from(sets.rowAt, (row) => fit.eta[row]!);
  const { participant } = frame;
  const clusters = participant === null ? null : { codes: participant.codes, count: participant.levels.length };
  const { estimate, se } = concordance(sets, byPlace, clusters);
  const label = { name: "concordance", measure: "concordance", unit: null, level };
  return { ...waldEstimate(estimate, se, Number.POSITIVE_INFINITY, label), statistic: null, p: null };
}
