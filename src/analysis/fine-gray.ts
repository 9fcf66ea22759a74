/** `model: fine-gray`: subdistribution hazard ratios, predicted incidences, and cause-specific hazard ratios beside. */

import type { ModelFrame } from "../formula/frame.js";
import { type GroupingFactor, toGroupingFactor } from "../formula/grouping-factor.js";
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { adjustedMeans } from "../inference/adjusted-means.js";
import { contrast, finite } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import type { Fit } from "../inference/fit.js";
import { rankProblems } from "../inference/full-rank.js";
import { toRatio } from "../inference/ratio.js";
import { clusterProblems, FEW_CLUSTERS } from "../inference/robust-variance.js";
import { qr } from "../numeric/qr.js";
import { columnOfName, type FineGrayAnalysis } from "../plan/plan.js";
import {
  causeSpecificNotGiven,
  competingBinaryEvent,
  competingNoEvent,
  competingOneCauseLeft,
  fewClusters,
  fineGrayLateEntry,
  fineGraySeveralRows,
  isError,
  noClusterDegreesOfFreedom,
  type Problem,
  ProblemError,
  type ReportedProblem,
  survivalNotFollowed,
} from "../problem.js";
import { checkRiskSets } from "../survival/check-survival.js";
import { fitCox } from "../survival/cox.js";
import { type FineGrayFit, fitFineGray } from "../survival/fine-gray.js";
import { predictedIncidence } from "../survival/predicted-incidence.js";
import type { AnalysisInput, AnalysisModel, PreparedAnalysis } from "./analysis-model.js";
import { outcomeOf } from "./formula-analysis.js";
import { survivalFrameOf } from "./survival-analysis.js";

interface PreparedFineGray extends PreparedAnalysis<FineGrayAnalysis> {
  readonly frame: SurvivalFrame;
  readonly censoringStrata: GroupingFactor | null;
  /** Covariates at which incidence is predicted. */
  readonly predictions: readonly Prediction[];
}

interface Prediction {
  /** `arm[FIT]`; `all` without a factor. */
  readonly name: string;
  readonly x: Float64Array;
  readonly offset: number;
}

export const fineGrayAnalysis: AnalysisModel<FineGrayAnalysis, PreparedFineGray> = {
  prepare,
  analyse: (prepared) => {
    const { analysis, frame, censoringStrata, path } = prepared;
    const { vcov, df, level } = analysis;
    const event = frame.outcome.causes.indexOf(analysis.event) + 1;
    const fit = fitFineGray(frame, { event, censoringStrata, vcov, df, path });
    const { cluster } = frame;
    const beside =
      analysis["cause-specific"] && fit.converged ? causeSpecific(prepared) : { estimates: [], problems: [] };
    const coefficients = hazardRatios(fit, level);
    const kind = cluster === null ? "robust" : `${vcov}, clustered by ${cluster.column},`;
    return {
      method: `Fine–Gray model of ${analysis.event}, ${kind} standard errors, ${df === "normal" ? "normal approximation" : "t with clusters less coefficients degrees of freedom"}`,
      criterion: null,
      standardErrors: vcov,
      degreesOfFreedom: df,
      ...(cluster === null ? {} : { clusters: { column: cluster.column, hasRandomEffects: false } }),
      groups: fit.n.groups,
      // The weights are estimated: what is maximised is no likelihood, and has no AIC.
      likelihood: null,
      converged: fit.converged,
      singular: false,
      iterations: fit.iterations,
      problems: [...fit.problems, ...fewClusterProblems(prepared), ...beside.problems, ...followUpProblems(prepared)],
      estimates: fit.converged
        ? [
            ...coefficients.map(({ coefficient }) => coefficient),
            ...coefficients.map(({ ratio }) => ratio),
            ...beside.estimates,
            ...predictedEstimates(fit, prepared),
          ]
        : [],
      profile: null,
      diagnostics: null,
      survival: {
        ties: "breslow",
        cause: analysis.event,
        competing: frame.outcome.causes.filter((cause) => cause !== analysis.event),
        events: fit.endings.event,
      },
    };
  },
};

// ── before the fit ──────────────────────────────────────────────────────────────────────────────

function prepare(input: AnalysisInput<FineGrayAnalysis>): PreparedFineGray {
  const { plan, table, path, analysis } = input;
  const named = (name: string): string => columnOfName(plan, name) ?? name;
  const strata = analysis["censoring-strata"];
  const also = strata === undefined ? [] : [named(strata)];
  const frame = survivalFrameOf(input, ["cluster"], also);
  const { outcome } = frame;
  const problems: Problem[] = [...frame.problems, ...checkRiskSets(frame, path), ...rowProblems(input, frame)];
  const predictions = problems.some(isError) ? [] : predictionsOf(input, frame);
  return {
    ...input,
    frame,
    censoringStrata: strata === undefined ? null : toGroupingFactor(table, also, frame.rows),
    predictions,
    rows: frame.rows,
    excluded: frame.excluded,
    outcome: outcomeOf(plan, outcome.timeColumn),
    references: frame.design.variables.flatMap((variable) =>
      variable.kind === "factor" ? [{ column: variable.name, level: variable.levels[0]! }] : [],
    ),
    estimateNames: [
      ...frame.names.flatMap((name) => [`coefficient:${name}`, `hazard-ratio:${name}`]),
      ...(analysis["cause-specific"]
        ? outcome.causes.flatMap((cause) => frame.names.map((name) => causeSpecificName(cause, name)))
        : []),
      ...predictions.flatMap(({ name }) => analysis.times.map((at) => `incidence:${name}:${analysis.event}@${at}`)),
    ],
    problems,
  };
}

function rowProblems({ analysis, path }: AnalysisInput<FineGrayAnalysis>, frame: SurvivalFrame): Problem[] {
  const { outcome, participant, X, names, cluster } = frame;
  const { event, censored, df } = analysis;
  const problems: Problem[] = [];
  if (censored === undefined) problems.push(competingBinaryEvent(path, outcome.eventColumn, analysis.model));
  else if (!outcome.causes.includes(event)) problems.push(competingNoEvent(path, event, outcome.eventColumn));
  else if (outcome.causes.length === 1) problems.push(competingOneCauseLeft(path, outcome.eventColumn, event));
  if (outcome.start?.some((from) => from > 0) ?? false) problems.push(fineGrayLateEntry(path));
  if (participant !== null && participant.levels.length < X.rows)
    problems.push(fineGraySeveralRows(path, analysis.participant ?? "trial.participant"));
  // An intercept that is left out: a column that does not vary has none to estimate.
  const withIntercept = { rows: X.rows, cols: X.cols + 1, data: new Float64Array(X.rows * (X.cols + 1)).fill(1) };
  for (let i = 0; i < X.rows; i++)
    withIntercept.data.set(X.data.subarray(i * X.cols, (i + 1) * X.cols), i * withIntercept.cols + 1);
  if (cluster !== null) {
    const unusable = clusterProblems(cluster, X, path);
    const m = cluster.levels.length;
    problems.push(...unusable);
    if (unusable.length === 0 && df === "clusters" && m <= X.cols)
      problems.push(noClusterDegreesOfFreedom(path, cluster.column, m, X.cols));
  }
  problems.push(...rankProblems(withIntercept, qr(withIntercept), ["(Intercept)", ...names], path));
  return problems;
}

/** Each level of `of` (or of the arm, where the formula has it), other covariates at their mean; else all at their means. */
function predictionsOf(
  { plan, table, analysis, path }: AnalysisInput<FineGrayAnalysis>,
  frame: SurvivalFrame,
): Prediction[] {
  if (analysis.times.length === 0) return [];
  const { X, design, offset } = frame;
  const arm = plan.trial?.arm?.column;
  const of = analysis.of === undefined ? arm : (columnOfName(plan, analysis.of) ?? analysis.of);
  const isFactor = design.variables.some((variable) => variable.kind === "factor" && variable.column === of);
  const meanOffset = offset === null ? 0 : offset.reduce((sum, v) => sum + v, 0) / offset.length;
  if (of === undefined || !isFactor) {
    const x = Float64Array.from({ length: X.cols }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < X.rows; i++) sum += X.data[i * X.cols + j]!;
      return sum / X.rows;
    });
    return [{ name: "all", x, offset: meanOffset }];
  }
  // The frame of a regression has an intercept as its first column.
  const request = { of, by: [], at: {} };
  return adjustedMeans(frame as unknown as ModelFrame, table, request, path).map(({ level, L }) => ({
    name: `${of}[${level}]`,
    x: L.slice(1),
    offset: meanOffset,
  }));
}

// ── estimates ───────────────────────────────────────────────────────────────────────────────────

function hazardRatios(fit: Fit, level: number): { readonly coefficient: Estimate; readonly ratio: Estimate }[] {
  return fit.names.map((name, j) => {
    const L = new Float64Array(fit.names.length);
    L[j] = 1;
    const label = { name: `coefficient:${name}`, measure: "log-hazard-ratio", unit: null, level };
    const coefficient = contrast(fit, L, label);
    return { coefficient, ratio: toRatio(coefficient, `hazard-ratio:${name}`, "hazard-ratio") };
  });
}

const causeSpecificName = (cause: string, term: string): string => `cause-specific-hazard-ratio:${cause}:${term}`;

/** Cox models of each cause, the event of interest first, whose competitors are censored at their time. */
function causeSpecific({ analysis, frame, path }: PreparedFineGray) {
  const { causes } = frame.outcome;
  const { vcov, df, level, event } = analysis;
  const problems: ReportedProblem[] = [];
  const estimates = [event, ...causes.filter((cause) => cause !== event)].flatMap((cause) => {
    const options = { cause: causes.indexOf(cause) + 1, df, path };
    const fit = tryFit(() => fitCox(frame, frame.cluster === null ? options : { ...options, vcov }));
    if (fit === null || !fit.converged) {
      problems.push(causeSpecificNotGiven(path, cause));
      return [];
    }
    return hazardRatios(fit, level).map(({ ratio }, j) => ({
      ...ratio,
      name: causeSpecificName(cause, fit.names[j]!),
      measure: "cause-specific-hazard-ratio",
    }));
  });
  return { estimates, problems };
}

/** null when the model of a cause cannot be fitted at all. */
function tryFit<F>(attempt: () => F): F | null {
  try {
    return attempt();
  } catch (thrown) {
    if (thrown instanceof ProblemError) return null;
    throw thrown;
  }
}

function predictedEstimates(fit: FineGrayFit, { analysis, frame, predictions }: PreparedFineGray): Estimate[] {
  const { level, times, event } = analysis;
  const last = frame.outcome.time.reduce((most, t) => Math.max(most, t), 0);
  return predictions.flatMap(({ name, ...at }) =>
    times
      .filter((t) => t <= last)
      .map((t) => {
        const { estimate, se, lower, upper } = predictedIncidence(fit, at, t, frame.cluster, level);
        const hasSe = se > 0 ? { se, lower, upper } : { se: null, lower: null, upper: null };
        const rest = { unit: null, df: null, statistic: null, p: null, level };
        return finite({ name: `incidence:${name}:${event}@${t}`, measure: "incidence", estimate, ...hasSe, ...rest });
      }),
  );
}

// ── what is hard ────────────────────────────────────────────────────────────────────────────────

function fewClusterProblems({ analysis, frame: { cluster }, path }: PreparedFineGray): ReportedProblem[] {
  const { vcov, df } = analysis;
  if (cluster === null || cluster.levels.length >= FEW_CLUSTERS || (vcov !== "robust" && df === "clusters")) return [];
  return [fewClusters(path, cluster.column, cluster.levels.length, { vcov, isNormal: df === "normal" }, "corrected")];
}

function followUpProblems({ analysis, frame, path }: PreparedFineGray): ReportedProblem[] {
  const last = frame.outcome.time.reduce((most, t) => Math.max(most, t), 0);
  const beyond = analysis.times.filter((t) => t > last);
  return beyond.length === 0 ? [] : [survivalNotFollowed(path, "all", beyond, last)];
}
