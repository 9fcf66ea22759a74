/** `model: kaplan-meier`: survival of each group, quantiles and restricted means, and the log-rank test between groups. */
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { finite, waldEstimate } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import { toRatio } from "../inference/ratio.js";
import { normalQuantile } from "../numeric/distributions.js";
import type { KaplanMeierAnalysis } from "../plan/plan.js";
import {
  type Problem,
  type ReportedProblem,
  survivalClustersIgnored,
  survivalEmptiedRiskSet,
  survivalFractionalWeight,
  survivalGroupWithoutEvents,
  survivalNotCompared,
  survivalNotFollowed,
  survivalQuantileNotReached,
  survivalSeveralCauses,
  type Words,
} from "../problem.js";
import { checkRiskSets, levelsWithoutEvents } from "../survival/check-survival.js";
import { continuedRows } from "../survival/continued-rows.js";
import { countsAt, isKnown, kaplanMeier, type SurvivalCurve, survivalAt } from "../survival/kaplan-meier.js";
import { logRank } from "../survival/log-rank.js";
import { type RestrictedMean, restrictedMean } from "../survival/restricted-mean.js";
import { rowsByGroup, type SurvivalGroups, survivalGroups } from "../survival/survival-groups.js";
import { survivalInterval } from "../survival/survival-interval.js";
import { survivalQuantile } from "../survival/survival-quantile.js";
import { ProblemList } from "../table/problem-list.js";
import { placeOfRow } from "../table/table.js";
import type { AnalysisInput, AnalysisModel, PreparedAnalysis } from "./analysis-model.js";
import { WITHOUT_FIT } from "./descriptive.js";
import { censoringTimes, lastTime, numbersAtRisk, roundTimes } from "./event-curves.js";
import { outcomeOf } from "./formula-analysis.js";
import type { EventCurve, EventCurves } from "./results.js";
import { survivalFrameOf } from "./survival-analysis.js";

interface PreparedKaplanMeier extends PreparedAnalysis<KaplanMeierAnalysis> {
  readonly frame: SurvivalFrame;
  readonly groups: SurvivalGroups;
}

/** One group with its curve. */
interface GroupCurve {
  /** `arm[TAU]`. */
  readonly name: string;
  /** Rows of the frame. */
  readonly rows: Int32Array;
  readonly curve: SurvivalCurve;
}

export const kaplanMeierAnalysis: AnalysisModel<KaplanMeierAnalysis, PreparedKaplanMeier> = {
  prepare,
  analyse: (prepared) => {
    const { analysis, frame, groups, path } = prepared;
    const { ci, rho } = analysis;
    const curves = rowsByGroup(groups).map(
      (rows, g): GroupCurve => ({
        name: groups.names[g]!,
        rows,
        curve: kaplanMeier(frame.outcome, frame.weights, rows),
      }),
    );
    const compared = curves.length < 2 ? null : compareGroups(prepared);
    const estimates = [
      ...curves.flatMap((group) => groupEstimates(prepared, group)),
      ...comparedMeans(prepared, curves),
      ...(compared === null ? [] : [compared.estimate]),
    ];
    const test = curves.length < 2 ? "" : `; ${testName(rho)} test${frame.strata === null ? "" : ", stratified"}`;
    return {
      method: `Kaplan–Meier, Greenwood standard errors, ${ci} intervals${test}`,
      ...WITHOUT_FIT,
      problems: [
        ...curves.flatMap((group) => curveProblems(prepared, group)),
        ...quantileProblems(path, estimates),
        ...(compared?.problems ?? []),
      ],
      estimates,
      curves: [survivalCurves(prepared, curves)],
      survival: {
        event: labelOf(prepared, frame.outcome.eventColumn),
        intervals: ci,
        rho,
        events: frame.outcome.event.reduce((sum, cause) => sum + (cause > 0 ? 1 : 0), 0),
        strata: strataColumns(frame).map((name) => labelOf(prepared, name)),
      },
    };
  },
};

// ── before the estimates ────────────────────────────────────────────────────────────────────────

function prepare(input: AnalysisInput<KaplanMeierAnalysis>): PreparedKaplanMeier {
  const { plan, table, path, analysis } = input;
  const frame = survivalFrameOf(input, ["strata"]);
  const { outcome } = frame;
  const problems: Problem[] = [...frame.problems];
  const groups = survivalGroups(frame, table, path, problems);
  if (outcome.causes.length > 1) {
    problems.push(survivalSeveralCauses(path, outcome.eventColumn, outcome.causes, analysis.model));
  }
  problems.push(...fractionalWeights(input, frame), ...checkRiskSets(frame, path));
  const clusters = plan.trial?.clusters ?? [];
  if (clusters.length > 0) problems.push(survivalClustersIgnored(path, clusters));
  for (const level of levelsWithoutEvents({ ...groups, levels: groups.names }, outcome.event)) {
    const code = groups.names.indexOf(level);
    const rows = groups.codes.reduce((sum, group) => sum + (group === code ? 1 : 0), 0);
    problems.push(survivalGroupWithoutEvents(path, level, rows));
  }
  return {
    ...input,
    frame,
    groups,
    rows: frame.rows,
    excluded: frame.excluded,
    outcome: outcomeOf(plan, outcome.timeColumn),
    references: [],
    estimateNames: estimateNames(analysis, groups.names),
    problems,
  };
}

function fractionalWeights({ analysis, table, path }: AnalysisInput<KaplanMeierAnalysis>, frame: SurvivalFrame) {
  const found = new ProblemList();
  frame.weights?.forEach((weight, i) => {
    if (Number.isInteger(weight)) return;
    found.add("weight", () =>
      survivalFractionalWeight(path, analysis.weights!, weight, placeOfRow(table, frame.rows[i]!)),
    );
  });
  return found.all();
}

const horizonsOf = ({ rmst = [] }: KaplanMeierAnalysis): readonly number[] => [rmst].flat();
const quantileName = (p: number, group: string): string => (p === 0.5 ? `median:${group}` : `quantile:${group}@${p}`);
const testName = (rho: number): string => (rho === 0 ? "log-rank" : "G-rho");

function estimateNames(analysis: KaplanMeierAnalysis, groups: readonly string[]): string[] {
  const { times, quantiles, rho } = analysis;
  const horizons = horizonsOf(analysis);
  const [reference, ...others] = groups;
  return [
    ...groups.flatMap((group) => [
      ...times.map((at) => `survival:${group}@${at}`),
      ...times.flatMap((at) => [`at-risk:${group}@${at}`, `events:${group}@${at}`]),
      ...quantiles.map((p) => quantileName(p, group)),
      ...horizons.map((at) => `rmst:${group}@${at}`),
    ]),
    ...others.flatMap((group) =>
      horizons.flatMap((at) => [
        `rmst-difference:${group}-${reference}@${at}`,
        `rmst-ratio:${group}/${reference}@${at}`,
      ]),
    ),
    ...(others.length === 0 ? [] : [`test:${testName(rho).toLowerCase()}`]),
  ];
}

const strataColumns = ({ formula }: SurvivalFrame): string[] =>
  formula.special.flatMap((term) => (term.kind === "strata" ? term.columns : []));

const labelOf = ({ plan }: PreparedKaplanMeier, column: string): string => {
  const declared = Object.hasOwn(plan.columns, column) ? plan.columns[column] : undefined;
  return declared?.label ?? column;
};

// ── estimates ───────────────────────────────────────────────────────────────────────────────────

/** An estimate without a test. */
const untested = (
  level: number,
  numbers: Pick<Estimate, "name" | "measure" | "unit" | "estimate" | "se" | "lower" | "upper">,
): Estimate => finite({ ...numbers, df: null, statistic: null, p: null, level });

function groupEstimates(prepared: PreparedKaplanMeier, group: GroupCurve): Estimate[] {
  const {
    analysis,
    outcome: { unit },
  } = prepared;
  const { name, curve } = group;
  const { ci, level, times, quantiles } = analysis;
  const half = normalQuantile(1 - (1 - level) / 2);
  return [
    ...times.map((at) => {
      const { survival, seLog } = survivalAt(curve, at);
      const limits = survivalInterval(survival, seLog, ci, level);
      const numbers = { measure: "survival", unit: null, estimate: survival, se: seLog * survival, ...limits };
      return untested(level, { name: `survival:${name}@${at}`, ...numbers });
    }),
    ...times.flatMap((at) => countEstimates(prepared, group, at)),
    ...quantiles.map((p) => {
      const { time, lower, upper } = survivalQuantile(curve, p, ci, level);
      const measure = p === 0.5 ? "median" : "quantile";
      const numbers = { measure, unit, estimate: time, se: Number.NaN, lower, upper };
      return untested(level, { name: quantileName(p, name), ...numbers });
    }),
    ...horizonsOf(analysis).map((at) => {
      const { mean, se } = restrictedMean(curve, at);
      const limits = { lower: mean - half * se, upper: mean + half * se };
      return untested(level, { name: `rmst:${name}@${at}`, measure: "rmst", unit, estimate: mean, se, ...limits });
    }),
  ];
}

function countEstimates(
  { frame: { outcome, weights }, analysis: { level } }: PreparedKaplanMeier,
  { name, rows }: GroupCurve,
  at: number,
): Estimate[] {
  const { atRisk, events } = countsAt(outcome, weights, rows, at);
  const without = { measure: "count", unit: null, se: Number.NaN, lower: Number.NaN, upper: Number.NaN };
  return [
    untested(level, { name: `at-risk:${name}@${at}`, estimate: atRisk, ...without }),
    untested(level, { name: `events:${name}@${at}`, estimate: events, ...without }),
  ];
}

/** Differences and ratios of restricted means between each group and the first. */
function comparedMeans(prepared: PreparedKaplanMeier, curves: readonly GroupCurve[]): Estimate[] {
  const { analysis, outcome } = prepared;
  const [reference, ...others] = curves;
  return others.flatMap((group) =>
    horizonsOf(analysis).flatMap((at) => {
      const [a, b] = [restrictedMean(group.curve, at), restrictedMean(reference!.curve, at)];
      const [name, of] = [group.name, reference!.name];
      const { level } = analysis;
      const difference = {
        name: `rmst-difference:${name}-${of}@${at}`,
        measure: "rmst-difference",
        unit: outcome.unit,
        level,
      };
      const ratio = { name: `rmst-ratio:${name}/${of}@${at}`, measure: "rmst-ratio", unit: null, level };
      return [
        waldEstimate(a.mean - b.mean, positive(Math.hypot(a.se, b.se)), Number.POSITIVE_INFINITY, difference),
        toRatio(
          waldEstimate(
            Math.log(a.mean / b.mean),
            positive(Math.hypot(relative(a), relative(b))),
            Number.POSITIVE_INFINITY,
            ratio,
          ),
          ratio.name,
          ratio.measure,
        ),
      ];
    }),
  );
}

/** Standard error of the logarithm, by the delta method. */
const relative = ({ mean, se }: RestrictedMean): number => se / mean;

/** A standard error of 0, where no group's curve falls by chance, tests nothing. */
const positive = (se: number): number => (se > 0 ? se : Number.NaN);

function compareGroups({ analysis, frame, groups, path }: PreparedKaplanMeier): {
  readonly estimate: Estimate;
  readonly problems: readonly ReportedProblem[];
} {
  const { rho, level } = analysis;
  const test = logRank(frame.outcome, groups, { rho, strata: frame.strata, weights: frame.weights });
  const { statistic, df, p, expected } = test;
  const left = groups.names.filter((_, g) => expected[g] === 0);
  const none = Number.isNaN(statistic);
  const estimate = finite({
    name: `test:${testName(rho).toLowerCase()}`,
    measure: "chi-squared",
    unit: null,
    estimate: null,
    se: null,
    df: none ? null : df,
    statistic,
    p,
    lower: null,
    upper: null,
    level,
  });
  return { estimate, problems: none || left.length > 0 ? [survivalNotCompared(path, left, none)] : [] };
}

// ── what is hard ────────────────────────────────────────────────────────────────────────────────

function curveProblems({ analysis, path }: PreparedKaplanMeier, { name, curve }: GroupCurve): ReportedProblem[] {
  const wanted = [...new Set([...analysis.times, ...horizonsOf(analysis)])].sort((a, b) => a - b);
  const beyond = wanted.filter((at) => !isKnown(curve, at));
  const last = curve.times.at(-1)!;
  const zero = curve.survival.indexOf(0);
  const emptied = zero >= 0 && zero < curve.times.length - 1;
  return [
    ...(beyond.length === 0 ? [] : [survivalNotFollowed(path, name, beyond, last)]),
    ...(emptied ? [survivalEmptiedRiskSet(path, name, curve.times[zero]!)] : []),
  ];
}

/** `median:arm[TAU]` is `median of TAU`; `quantile:arm[FIT]@0.25` is `quantile 0.25 of FIT`. */
function nameInWords(name: string): Words {
  const [, quantity = name, group, share] = /^([a-z]+):(?:[^[\]]+\[(.*)\]|all)(?:@(.*))?$/s.exec(name) ?? [];
  const inSwedish = { median: "median", quantile: "kvantil" }[quantity] ?? quantity;
  const what =
    share === undefined
      ? { en: quantity, sv: inSwedish }
      : { en: `${quantity} ${share}`, sv: `${inSwedish} ${share.replace(".", ",")}` };
  if (group === undefined) return what;
  const levels = group.split(/\],[^[\]]+\[/).join(", ");
  return { en: `${what.en} of ${levels}`, sv: `${what.sv} för ${levels}` };
}

function quantileProblems(path: string, estimates: readonly Estimate[]): ReportedProblem[] {
  const missing = estimates.filter(
    ({ measure, estimate }) => (measure === "median" || measure === "quantile") && estimate === null,
  );
  return missing.length === 0
    ? []
    : [
        survivalQuantileNotReached(
          path,
          missing.map(({ name }) => nameInWords(name)),
        ),
      ];
}

// ── for figures ─────────────────────────────────────────────────────────────────────────────────

function survivalCurves(prepared: PreparedKaplanMeier, curves: readonly GroupCurve[]): EventCurves {
  const { frame, groups, analysis, outcome } = prepared;
  const continued = continuedRows(frame, groups);
  // Where the next row of a participant goes on, nobody was censored.
  const event = frame.outcome.event.map((cause, i) => (continued[i] === 1 ? 1 : cause));
  const drawn = curves.map(({ curve }, g): EventCurve => {
    const censored = censoringTimes({ time: frame.outcome.time, event }, groups.codes, g);
    return toEventCurve(curve, groups.levels[g]!, censored, analysis);
  });
  const times = roundTimes(lastTime(drawn), outcome.unit);
  return {
    kind: "survival",
    source: "observed",
    event: labelOf(prepared, frame.outcome.eventColumn),
    time: { name: outcome.name, unit: outcome.unit },
    groupedBy: groups.columns.length === 0 ? null : groups.columns.map((name) => labelOf(prepared, name)).join(", "),
    level: analysis.level,
    curves: drawn,
    atRisk: numbersAtRisk(frame.outcome, { names: groups.levels, codes: groups.codes }, times),
  };
}

/** The steps of a curve at its events, from 0. */
function toEventCurve(
  curve: SurvivalCurve,
  group: string,
  censored: Float64Array,
  { ci, level }: KaplanMeierAnalysis,
): EventCurve {
  const steps = [...curve.times.keys()].filter((k) => curve.events[k]! > 0);
  const startsAtZero = curve.times[steps[0] ?? 0] === 0;
  const limits = steps.map((k) => survivalInterval(curve.survival[k]!, curve.seLog[k]!, ci, level));
  const from = (first: number, values: readonly number[]) =>
    Float64Array.from(startsAtZero && steps.length > 0 ? values : [first, ...values]);
  return {
    group,
    cause: null,
    times: from(
      0,
      steps.map((k) => curve.times[k]!),
    ),
    estimates: from(
      1,
      steps.map((k) => curve.survival[k]!),
    ),
    lower: from(
      Number.NaN,
      limits.map(({ lower }) => lower),
    ),
    upper: from(
      Number.NaN,
      limits.map(({ upper }) => upper),
    ),
    until: curve.times.at(-1)!,
    censored,
  };
}
