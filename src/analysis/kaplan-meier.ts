/** `model: kaplan-meier`: survival of each group, quantiles and restricted means, and the log-rank test between groups. */
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { finite, waldEstimate } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import { toRatio } from "../inference/ratio.js";
import { FEW_CLUSTERS } from "../inference/robust-variance.js";
import { normalQuantile } from "../numeric/distributions.js";
import type { KaplanMeierAnalysis } from "../plan/plan.js";
import {
  oneClusterOnly,
  type ReportedProblem,
  survivalClustersIgnored,
  survivalEmptiedRiskSet,
  survivalFewClusters,
  survivalGroupsOfOneCluster,
  survivalGroupWithoutEvents,
  survivalNotCompared,
  survivalNotFollowed,
  survivalNoWeightedTest,
  survivalQuantileNotReached,
  survivalSeveralCauses,
  survivalTestIgnoresClusters,
  type Words,
} from "../problem.js";
import { levelsWithoutEvents } from "../survival/check-survival.js";
import type { ClusterCodes } from "../survival/cox-sandwich.js";
import { countsAt, isKnown, kaplanMeier, type SurvivalCurve, survivalAt } from "../survival/kaplan-meier.js";
import { logRank } from "../survival/log-rank.js";
import { type RestrictedMean, restrictedMean, restrictedMeanScores } from "../survival/restricted-mean.js";
import { rowsByGroup } from "../survival/survival-groups.js";
import { survivalInterval } from "../survival/survival-interval.js";
import { survivalQuantile } from "../survival/survival-quantile.js";
import type { AnalysisInput, AnalysisModel } from "./analysis-model.js";
import { WITHOUT_FIT } from "./descriptive.js";
import type { EventCurve, EventCurves } from "./results.js";
import {
  curveWords,
  labelOf,
  observedCurves,
  type PreparedCurves,
  prepareCurves,
  stepsFromZero,
} from "./survival-analysis.js";

type PreparedKaplanMeier = PreparedCurves<KaplanMeierAnalysis>;

/** One group with its curve. */
interface GroupCurve {
  /** `arm[TAU]`. */
  readonly name: string;
  /** Rows of the frame. */
  readonly rows: Int32Array;
  readonly curve: SurvivalCurve;
}

/** What standard errors of curves are summed over when they are not Greenwood's. */
interface CurveClusters extends ClusterCodes {
  /** The column of `cluster()`; null: participants, or rows where no column says who they are. */
  readonly column: string | null;
}

export const kaplanMeierAnalysis: AnalysisModel<KaplanMeierAnalysis, PreparedKaplanMeier> = {
  prepare,
  analyse: (prepared) => {
    const { analysis, frame, groups, path } = prepared;
    const { ci, rho } = analysis;
    const clusters = clustersOf(frame);
    const curves = rowsByGroup(groups).map(
      (rows, g): GroupCurve => ({
        name: groups.names[g]!,
        rows,
        curve: kaplanMeier(frame.outcome, frame.weights, rows, clusters),
      }),
    );
    const compared = curves.length < 2 ? null : compareGroups(prepared);
    const estimates = [
      ...curves.flatMap((group) => groupEstimates(prepared, group, clusters)),
      ...comparedMeans(prepared, curves, clusters),
      ...(compared === null ? [] : [compared.estimate]),
    ];
    const test = curves.length < 2 ? "" : `; ${testName(rho)} test${frame.strata === null ? "" : ", stratified"}`;
    return {
      method: `Kaplan–Meier, ${errorsInWords(frame, clusters)} standard errors, ${ci} intervals${test}`,
      ...WITHOUT_FIT,
      problems: [
        ...curves.flatMap((group) => curveProblems(prepared, group)),
        ...clusterProblems(prepared, curves, clusters),
        ...quantileProblems(path, estimates),
        ...(compared?.problems ?? []),
      ],
      estimates,
      curves: [survivalCurves(prepared, curves)],
      survival: {
        ...curveWords(prepared),
        ...(clusters === null
          ? {}
          : { jackknife: clusters.column === null ? null : labelOf(prepared, clusters.column) }),
      },
    };
  },
};

// ── before the estimates ────────────────────────────────────────────────────────────────────────

function prepare(input: AnalysisInput<KaplanMeierAnalysis>): PreparedKaplanMeier {
  const { plan, path, analysis } = input;
  return prepareCurves(input, {
    specials: ["strata", "cluster"],
    before: ({ outcome, cluster }) => [
      ...(outcome.causes.length > 1
        ? [survivalSeveralCauses(path, outcome.eventColumn, outcome.causes, analysis.model)]
        : []),
      ...(cluster !== null && cluster.levels.length < 2 ? [oneClusterOnly(path, cluster.column)] : []),
    ],
    after: ({ outcome, cluster }, groups) => {
      const clusters = plan.trial?.clusters ?? [];
      const without = levelsWithoutEvents({ ...groups, levels: groups.names }, outcome.event);
      return [
        ...(cluster === null && clusters.length > 0 ? [survivalClustersIgnored(path, clusters)] : []),
        ...without.map((level) => {
          const code = groups.names.indexOf(level);
          const rows = groups.codes.reduce((sum, group) => sum + (group === code ? 1 : 0), 0);
          return survivalGroupWithoutEvents(path, level, rows);
        }),
      ];
    },
    estimateNames: (_, groups) => estimateNames(analysis, groups.names),
  });
}

const isFractional = ({ weights }: SurvivalFrame): boolean =>
  weights?.some((weight) => !Number.isInteger(weight)) ?? false;

/** Those of `cluster()`; else, where weights are no numbers of participants, participants or rows. null: Greenwood. */
function clustersOf(frame: SurvivalFrame): CurveClusters | null {
  const { cluster, participant, rows } = frame;
  if (cluster === null && !isFractional(frame)) return null;
  const factor = cluster ?? participant;
  const column = cluster?.column ?? null;
  return factor === null
    ? { codes: rows.map((_, i) => i), count: rows.length, column }
    : { codes: factor.codes, count: factor.levels.length, column };
}

function errorsInWords({ participant }: SurvivalFrame, clusters: CurveClusters | null): string {
  if (clusters === null) return "Greenwood";
  return `infinitesimal jackknife (by ${clusters.column ?? (participant === null ? "row" : "participant")})`;
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

// ── estimates ───────────────────────────────────────────────────────────────────────────────────

/** An estimate without a test. */
const untested = (
  level: number,
  numbers: Pick<Estimate, "name" | "measure" | "unit" | "estimate" | "se" | "lower" | "upper">,
): Estimate => finite({ ...numbers, df: null, statistic: null, p: null, level });

function groupEstimates(prepared: PreparedKaplanMeier, group: GroupCurve, clusters: CurveClusters | null): Estimate[] {
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
      const { mean, se } = groupMean(prepared, group, clusters, at);
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

/** A restricted mean; with clusters, what each of them adds to its error. */
interface GroupMean extends RestrictedMean {
  readonly scores: Float64Array | null;
}

function groupMean(
  { frame: { outcome, weights } }: PreparedKaplanMeier,
  { curve, rows }: GroupCurve,
  clusters: CurveClusters | null,
  horizon: number,
): GroupMean {
  const byGreenwood = restrictedMean(curve, horizon);
  if (clusters === null) return { ...byGreenwood, scores: null };
  const { codes } = clusters;
  // Within one cluster there is nothing to tell its error by.
  const alone = rows.every((row) => codes[row] === codes[rows[0]!]);
  const scores = restrictedMeanScores(curve, outcome, weights, rows, clusters, horizon);
  if (alone || Number.isNaN(byGreenwood.mean)) scores.fill(Number.NaN);
  return { mean: byGreenwood.mean, se: norm(scores), scores };
}

const norm = (v: Float64Array): number => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));

/** Of a/α − b/β: a cluster with participants in both groups has one error, so that what its groups share cancels. */
function errorBetween(a: GroupMean, b: GroupMean, alpha = 1, beta = 1): number {
  return a.scores === null || b.scores === null
    ? Math.hypot(a.se / alpha, b.se / beta)
    : norm(a.scores.map((v, c) => v / alpha - b.scores![c]! / beta));
}

/** Differences and ratios of restricted means between each group and the first. */
function comparedMeans(
  prepared: PreparedKaplanMeier,
  curves: readonly GroupCurve[],
  clusters: CurveClusters | null,
): Estimate[] {
  const { analysis, outcome } = prepared;
  const [reference, ...others] = curves;
  const df = degreesOfFreedom(clusters);
  return others.flatMap((group) =>
    horizonsOf(analysis).flatMap((at) => {
      const [a, b] = [groupMean(prepared, group, clusters, at), groupMean(prepared, reference!, clusters, at)];
      const [name, of] = [group.name, reference!.name];
      const { level } = analysis;
      const difference = {
        name: `rmst-difference:${name}-${of}@${at}`,
        measure: "rmst-difference",
        unit: outcome.unit,
        level,
      };
      const ratio = { name: `rmst-ratio:${name}/${of}@${at}`, measure: "rmst-ratio", unit: null, level };
      // Of the logarithm by the delta method.
      const relative = errorBetween(a, b, a.mean, b.mean);
      return [
        waldEstimate(a.mean - b.mean, positive(errorBetween(a, b)), df, difference),
        toRatio(waldEstimate(Math.log(a.mean / b.mean), positive(relative), df, ratio), ratio.name, ratio.measure),
      ];
    }),
  );
}

/** Of comparisons: a variance over few clusters is itself uncertain, so t with one less than there are; else normal. */
const degreesOfFreedom = (clusters: CurveClusters | null): number =>
  clusters === null || clusters.column === null ? Number.POSITIVE_INFINITY : clusters.count - 1;

/** A standard error of 0, where no group's curve falls by chance, tests nothing. */
const positive = (se: number): number => (se > 0 ? se : Number.NaN);

function compareGroups({ analysis, frame, groups, path }: PreparedKaplanMeier): {
  readonly estimate: Estimate;
  readonly problems: readonly ReportedProblem[];
} {
  const { rho, level } = analysis;
  const name = `test:${testName(rho).toLowerCase()}`;
  const empty = { name, measure: "chi-squared", unit: null, estimate: null, se: null, lower: null, upper: null, level };
  if (isFractional(frame)) {
    return {
      estimate: { ...empty, df: null, statistic: null, p: null },
      problems: [survivalNoWeightedTest(path, testName(rho), analysis.weights!)],
    };
  }
  const test = logRank(frame.outcome, groups, { rho, strata: frame.strata, weights: frame.weights });
  const { statistic, df, p, expected } = test;
  const left = groups.names.filter((_, g) => expected[g] === 0);
  const none = Number.isNaN(statistic);
  const estimate = finite({ ...empty, df: none ? null : df, statistic, p });
  return { estimate, problems: none || left.length > 0 ? [survivalNotCompared(path, left, none)] : [] };
}

// ── what is hard ────────────────────────────────────────────────────────────────────────────────

/** What the jackknife cannot tell, or tells too well of. */
function clusterProblems(
  { path, frame }: PreparedKaplanMeier,
  curves: readonly GroupCurve[],
  clusters: CurveClusters | null,
): ReportedProblem[] {
  if (clusters === null || clusters.column === null) return [];
  const { column, codes, count } = clusters;
  const alone = curves
    .filter(({ rows }) => rows.every((row) => codes[row] === codes[rows[0]!]))
    .map(({ name }) => name);
  return [
    ...(count < FEW_CLUSTERS ? [survivalFewClusters(path, column, count)] : []),
    ...(alone.length === 0 ? [] : [survivalGroupsOfOneCluster(path, column, alone)]),
    ...(curves.length < 2 || isFractional(frame) ? [] : [survivalTestIgnoresClusters(path, column)]),
  ];
}

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
  const { groups, analysis } = prepared;
  return observedCurves(prepared, "survival", (g, censored) => [
    toEventCurve(curves[g]!.curve, groups.levels[g]!, censored, analysis),
  ]);
}

/** The steps of a curve at its events, from 0. */
function toEventCurve(
  curve: SurvivalCurve,
  group: string,
  censored: Float64Array,
  { ci, level }: KaplanMeierAnalysis,
): EventCurve {
  const steps = [...curve.times.keys()].filter((k) => curve.events[k]! > 0);
  return {
    group,
    cause: null,
    ...stepsFromZero(
      1,
      steps.map((k) => ({
        time: curve.times[k]!,
        estimate: curve.survival[k]!,
        limits: survivalInterval(curve.survival[k]!, curve.seLog[k]!, ci, level),
      })),
    ),
    until: curve.times.at(-1)!,
    censored,
  };
}
