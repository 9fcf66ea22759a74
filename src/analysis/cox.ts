/**
 * `model: cox`: log hazard ratios and hazard ratios, tests of terms, of the whole model and of proportional hazards,
 * concordance, and predicted survival. With frailty: cox-frailty.ts.
 */
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { type AdjustedMean, adjustedMeans, contrastNames } from "../inference/adjusted-means.js";
import { finite, jointTest, waldEstimate } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import { upperF } from "../numeric/distributions.js";
import { zeros } from "../numeric/matrix.js";
import { type CoxAnalysis, columnOfName } from "../plan/plan.js";
import {
  coxEventMissing,
  coxEventNotNeeded,
  coxEventUnknown,
  coxSeveralClusterVariances,
  coxVarianceNeedsCluster,
  type Problem,
  survivalNoEvents,
} from "../problem.js";
import { atTime, type PredictedSurvival, survivalPredictor } from "../survival/baseline-hazard.js";
import { checkRiskSets } from "../survival/check-survival.js";
import { concordance } from "../survival/concordance.js";
import { type CoxFit, type CoxOptions, type CoxVariance, coxDesignProblems, fitCox } from "../survival/cox.js";
import {
  type ProportionalHazards,
  type ProportionalHazardsTest,
  proportionalHazards,
  type TermColumns,
} from "../survival/proportional-hazards.js";
import type { AnalysisInput, AnalysisModel, AnalysisOutcome } from "./analysis-model.js";
import { chiSquared, hazardRatios, type PreparedCox, ratioName } from "./cox-estimates.js";
import { analyseFrailty, frailtyProblems, hasFrailty } from "./cox-frailty.js";
import { outcomeOf } from "./formula-analysis.js";
import type { EventCurve, EventCurves, SchoenfeldTerm } from "./results.js";
import { labelOf, strataColumns, survivalFrameOf } from "./survival-analysis.js";

export const coxAnalysis: AnalysisModel<CoxAnalysis, PreparedCox> = {
  prepare,
  analyse: (prepared) =>
    hasFrailty(prepared.frame)
      ? analyseFrailty(prepared)
      : analyseFit(prepared, fitCox(prepared.frame, optionsOf(prepared))),
};

const varianceOf = ({ vcov }: CoxAnalysis, { cluster }: SurvivalFrame): CoxVariance =>
  vcov ?? (cluster === null ? "model" : "robust");

const optionsOf = ({ analysis, frame, path }: Pick<PreparedCox, "analysis" | "frame" | "path">): CoxOptions => ({
  ties: analysis.ties,
  vcov: varianceOf(analysis, frame),
  df: analysis.df,
  path,
});

// ── before the fit ──────────────────────────────────────────────────────────────────────────────

function prepare(input: AnalysisInput<CoxAnalysis>): PreparedCox {
  const { plan, path, analysis, table } = input;
  const made = survivalFrameOf(input, ["strata", "cluster", "frailty"]);
  const problems: Problem[] = [...made.problems];
  const cause = causeOf(input, made, problems);
  const frame = ofCause(made, cause);
  const events = frame.outcome.event.reduce((sum, event) => sum + event, 0);
  if (events === 0) problems.push(survivalNoEvents(path, frame.outcome.eventColumn, frame.rows.length));
  problems.push(...checkRiskSets(frame, path), ...(hasFrailty(frame) ? [] : varianceProblems(input, frame)));
  if (events > 0) problems.push(...coxDesignProblems(frame, optionsOf({ analysis, frame, path })));
  if (hasFrailty(frame)) problems.push(...frailtyProblems(analysis, frame, problems, path));
  const columnOf = (name: string): string => columnOfName(plan, name) ?? name;
  const grid = (of: string, by: readonly string[], at: Readonly<Record<string, readonly (number | string)[]>>) =>
    adjustedMeans(
      frame,
      table,
      {
        of: columnOf(of),
        by: by.map((label) => ({ label, column: columnOf(label) })),
        at: Object.fromEntries(Object.entries(at).map(([name, values]) => [columnOf(name), values])),
      },
      path,
    ).map((mean): AdjustedMean => ({ ...mean, L: mean.L.slice(1) }));
  const { means, predict } = analysis;
  const prepared = {
    ...input,
    frame,
    means: means === undefined ? [] : grid(means.of, means.by ?? [], means.at ?? {}),
    predictions: predict === undefined ? [] : grid(predict.of, [], predict.at ?? {}),
    cause: cause === null ? null : made.outcome.causes[cause - 1]!,
    competing: cause === null ? [] : made.outcome.causes.filter((_, k) => k !== cause - 1),
    rows: frame.rows,
    excluded: frame.excluded,
    outcome: outcomeOf(plan, frame.outcome.timeColumn),
    references: frame.design.variables.flatMap((variable) =>
      variable.kind === "factor" ? [{ column: variable.name, level: variable.levels[0]! }] : [],
    ),
    problems,
  };
  return { ...prepared, estimateNames: estimateNames(prepared) };
}

/** The number of the event that is modelled; null when there is one kind only. */
function causeOf(
  { analysis, path }: AnalysisInput<CoxAnalysis>,
  { outcome: { causes, eventColumn } }: SurvivalFrame,
  problems: Problem[],
): number | null {
  const { event, censored } = analysis;
  if (censored === undefined) {
    if (event !== undefined) problems.push(coxEventNotNeeded(path, eventColumn));
    return null;
  }
  if (event === undefined) {
    if (causes.length > 1) problems.push(coxEventMissing(path, eventColumn, causes));
    return causes.length > 1 ? 1 : null;
  }
  const at = causes.indexOf(event);
  if (at < 0) problems.push(coxEventUnknown(path, event, eventColumn, causes, event === censored));
  return at < 0 ? 1 : at + 1;
}

/** The frame with the other events censored at their time. */
function ofCause(frame: SurvivalFrame, cause: number | null): SurvivalFrame {
  if (cause === null) return frame;
  const { outcome } = frame;
  const event = outcome.event.map((k) => (k === cause ? 1 : 0));
  return { ...frame, outcome: { ...outcome, event, causes: [outcome.causes[cause - 1]!] } };
}

function varianceProblems({ analysis, path }: AnalysisInput<CoxAnalysis>, { cluster }: SurvivalFrame): Problem[] {
  const { vcov, df } = analysis;
  if (cluster !== null) return vcov === "model" ? [coxSeveralClusterVariances(path, cluster.column)] : [];
  if (vcov !== undefined && vcov !== "model" && vcov !== "robust")
    return [coxVarianceNeedsCluster(path, `vcov: ${vcov}`)];
  return df === "clusters" ? [coxVarianceNeedsCluster(path, "df: clusters")] : [];
}

// ── estimates ───────────────────────────────────────────────────────────────────────────────────

function analyseFit(prepared: PreparedCox, fit: CoxFit): AnalysisOutcome {
  const { analysis, frame, cause, competing } = prepared;
  const { ties, df, transform } = analysis;
  const vcov = varianceOf(analysis, frame);
  const terms = termColumns(frame);
  const tested = fit.converged && terms.length > 0 ? proportionalHazards(fit, fit.coef, terms, transform) : null;
  const curves = fit.converged ? predictedCurves(prepared, fit) : [];
  return {
    method: methodInWords(prepared, vcov),
    criterion: null,
    standardErrors: vcov,
    degreesOfFreedom: df,
    groups: fit.n.groups,
    likelihood: { logLik: fit.logLik, parameters: fit.parameters, observations: fit.events },
    converged: fit.converged,
    singular: false,
    iterations: fit.iterations,
    problems: fit.problems,
    estimates: fit.converged ? allEstimates(prepared, fit, tested, curves) : [],
    profile: null,
    diagnostics: null,
    ...(curves.length === 0 ? {} : { curves: [toEventCurves(prepared, curves)] }),
    ...(tested === null ? {} : { schoenfeld: schoenfeldTerms(prepared, terms, tested) }),
    survival: {
      event: labelOf(prepared, frame.outcome.eventColumn),
      ties,
      events: fit.events,
      strata: strataColumns(frame).map((name) => labelOf(prepared, name)),
      ...(cause === null ? {} : { cause, competing }),
    },
  };
}

function methodInWords({ analysis, frame, cause }: PreparedCox, vcov: CoxVariance): string {
  const { ties, df } = analysis;
  const strata = strataColumns(frame);
  const by = frame.cluster?.column ?? (frame.participant === null ? "row" : "participant");
  const errors = vcov === "model" ? "model standard errors" : `${vcov} standard errors by ${by}`;
  const tests = df === "normal" ? "normal approximation" : "t with clusters less coefficients degrees of freedom";
  return `Cox proportional hazards regression${cause === null ? "" : ` of the cause-specific hazard of ${cause}`}, ${ties === "efron" ? "Efron" : "Breslow"} ties${strata.length === 0 ? "" : `, stratified by ${strata.join(" and ")}`}, ${errors}, ${tests}`;
}

/** The terms of the formula by their columns of X, which has no intercept. */
const termColumns = ({ design }: SurvivalFrame): TermColumns[] =>
  design.terms.map(({ name, start, count }) => ({ name, start: start - 1, count }));

function allEstimates(
  prepared: PreparedCox,
  fit: CoxFit,
  tested: ProportionalHazards | null,
  curves: readonly DrawnCurve[],
): Estimate[] {
  const { level } = prepared.analysis;
  return [
    ...hazardRatios(prepared, fit),
    ...modelTests(prepared, fit),
    ...(tested?.tests ?? []).map((test) =>
      chiSquared(`proportional-hazards:${test.term}`, test.statistic, test.df, test.p, level),
    ),
    concordanceEstimate(prepared, fit),
    ...survivalEstimates(prepared, curves),
  ];
}

/** That all coefficients are zero. Likelihood-ratio and score tests take rows as independent: not with robust errors. */
function modelTests({ analysis, frame }: PreparedCox, fit: CoxFit): Estimate[] {
  const p = fit.coef.length;
  if (p === 0) return [];
  const { level } = analysis;
  const all = zeros(p, p);
  for (let j = 0; j < p; j++) all.data[j * p + j] = 1;
  const wald = jointTest(fit, all, "test:GLOBAL:wald", level);
  if (varianceOf(analysis, frame) !== "model") return [wald];
  const ofStatistic = (name: string, statistic: number): Estimate =>
    chiSquared(name, statistic, p, upperF(statistic / p, p, Number.POSITIVE_INFINITY), level);
  return [
    ofStatistic("test:GLOBAL:likelihood-ratio", Math.max(0, 2 * (fit.logLik - fit.logLikNull))),
    wald,
    ofStatistic("test:GLOBAL:score", fit.scoreTest),
  ];
}

function concordanceEstimate({ analysis, frame }: PreparedCox, fit: CoxFit): Estimate {
  const factor = frame.cluster ?? frame.participant;
  const clusters = factor === null ? null : { codes: factor.codes, count: factor.levels.length };
  const { estimate, se } = concordance(fit.sets, fit.risks.eta, clusters);
  const label = { name: "concordance", measure: "concordance", unit: null, level: analysis.level };
  return { ...waldEstimate(estimate, se, Number.POSITIVE_INFINITY, label), statistic: null, p: null };
}

// ── predicted survival ──────────────────────────────────────────────────────────────────────────

interface DrawnCurve {
  /** `arm[FIT]`, or with strata `arm[FIT]:man`. */
  readonly name: string;
  /** `age=40`; empty where it says nothing. */
  readonly setting: string;
  readonly group: string;
  readonly curve: PredictedSurvival;
  readonly until: number;
}

/** Levels, settings and strata of the curves, known before the fit. */
function curvePlaces({ analysis, frame, predictions }: Omit<PreparedCox, "estimateNames">): (Omit<
  DrawnCurve,
  "curve" | "until"
> & {
  readonly mean: AdjustedMean;
  readonly stratum: number;
})[] {
  const of = analysis.predict?.of ?? "";
  const several = new Set(predictions.map(({ setting }) => setting)).size > 1;
  return predictions.flatMap((mean) =>
    (frame.strata?.levels ?? [""]).map((level, stratum) => ({
      name: `${of}[${mean.level}]${level === "" ? "" : `:${level}`}`,
      setting: several ? mean.setting : "",
      group: [mean.level, level, several ? mean.setting : ""].filter((part) => part !== "").join(", "),
      mean,
      stratum,
    })),
  );
}

function predictedCurves(prepared: PreparedCox, fit: CoxFit): DrawnCurve[] {
  const { analysis } = prepared;
  const predict = survivalPredictor(fit);
  const { time, stratumStart } = fit.sets;
  return curvePlaces(prepared).map(({ mean, stratum, ...place }) => ({
    ...place,
    curve: predict(mean.L, stratum, analysis.level, mean.offset),
    until: time[stratumStart[stratum]!]!,
  }));
}

/** `survival:arm[FIT]@90`; with several settings `survival:arm[FIT]@90,age=40`. */
const survivalName = ({ name, setting }: Pick<DrawnCurve, "name" | "setting">, at: number): string =>
  `survival:${name}@${at}${setting === "" ? "" : `,${setting}`}`;

function survivalEstimates({ analysis }: PreparedCox, curves: readonly DrawnCurve[]): Estimate[] {
  const { level, predict } = analysis;
  return curves.flatMap((drawn) =>
    (predict?.times ?? []).map((at) => {
      const { curve, until } = drawn;
      // Beyond the last time under observation nothing is known.
      const value = (values: Float64Array) => (at > until ? Number.NaN : atTime(curve, values, at));
      return finite({
        name: survivalName(drawn, at),
        measure: "survival",
        unit: null,
        estimate: value(curve.survival),
        se: value(curve.se),
        df: null,
        statistic: null,
        p: null,
        lower: value(curve.lower),
        upper: value(curve.upper),
        level,
      });
    }),
  );
}

function toEventCurves(prepared: PreparedCox, curves: readonly DrawnCurve[]): EventCurves {
  const { plan, analysis, frame, outcome, cause } = prepared;
  const of = analysis.predict!.of;
  const groupedBy = [columnOfName(plan, of) ?? of, ...strataColumns(frame)].map((name) => labelOf(prepared, name));
  return {
    kind: "survival",
    source: "predicted",
    event: cause ?? labelOf(prepared, frame.outcome.eventColumn),
    time: { name: outcome.name, unit: outcome.unit },
    groupedBy: groupedBy.join(", "),
    level: analysis.level,
    curves: curves.map(
      ({ group, curve, until }): EventCurve => ({
        group,
        cause: null,
        times: curve.time,
        estimates: curve.survival,
        lower: curve.lower,
        upper: curve.upper,
        until,
        censored: new Float64Array(0),
      }),
    ),
    atRisk: null,
  };
}

function schoenfeldTerms(
  { analysis, outcome }: PreparedCox,
  terms: readonly TermColumns[],
  tested: ProportionalHazards,
): SchoenfeldTerm[] {
  return tested.residuals.map(({ term, effects, coefficient }, i): SchoenfeldTerm => {
    const { statistic, df, p } = tested.tests[i]! satisfies ProportionalHazardsTest;
    // Events in strata in which the term does not differ say nothing about it.
    const said = [...effects.keys()].filter((at) => !Number.isNaN(effects[at]!));
    const pick = (values: Float64Array) => Float64Array.from(said, (at) => values[at]!);
    return {
      time: { name: outcome.name, unit: outcome.unit },
      term,
      times: pick(tested.times),
      transform: analysis.transform,
      transformed: pick(tested.transformed),
      effects: pick(effects),
      coefficient,
      coefficients: terms[i]!.count,
      test: { statistic: numberOrNull(statistic), df, p: numberOrNull(p) },
    };
  });
}

const numberOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

function estimateNames(prepared: Omit<PreparedCox, "estimateNames">): string[] {
  const { analysis, frame, means } = prepared;
  const coefficients = frame.names.map((name) => `coefficient:${name}`);
  const contrasts = contrastNames(means, analysis.means?.of ?? "");
  const times = analysis.predict?.times ?? [];
  return [
    ...coefficients,
    ...contrasts,
    ...[...coefficients, ...contrasts].map(ratioName),
    ...curvePlaces(prepared).flatMap((place) => times.map((at) => survivalName(place, at))),
  ];
}
