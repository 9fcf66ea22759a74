/** `model: competing-risks`: the incidence of each cause in each group, time lost, and Gray's test between groups. */
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { finite, waldEstimate } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import { normalQuantile } from "../numeric/distributions.js";
import type { CompetingRisksAnalysis } from "../plan/plan.js";
import {
  competingBinaryEvent,
  competingClustersIgnored,
  competingGroupsWithoutEvent,
  competingNoGrayTest,
  competingOneCauseLeft,
  type ReportedProblem,
  survivalFractionalWeight,
  survivalNotFollowed,
} from "../problem.js";
import {
  type CumulativeIncidence,
  cumulativeIncidence,
  curveAt,
  incidenceInterval,
  meanTimeLost,
  type PointOnCurve,
} from "../survival/competing-risks.js";
import { grayTest } from "../survival/gray-test.js";
import { rowsByGroup } from "../survival/survival-groups.js";
import { survivalInterval } from "../survival/survival-interval.js";
import { ProblemList } from "../table/problem-list.js";
import { placeOfRow } from "../table/table.js";
import type { AnalysisInput, AnalysisModel } from "./analysis-model.js";
import { WITHOUT_FIT } from "./descriptive.js";
import type { EventCurve, EventCurves } from "./results.js";
import { curveWords, observedCurves, type PreparedCurves, prepareCurves, stepsFromZero } from "./survival-analysis.js";

type PreparedCompetingRisks = PreparedCurves<CompetingRisksAnalysis>;

/** One group with its curves. */
interface GroupCurves {
  /** `arm[TAU]`. */
  readonly name: string;
  readonly curves: CumulativeIncidence;
}

export const competingRisksAnalysis: AnalysisModel<CompetingRisksAnalysis, PreparedCompetingRisks> = {
  prepare,
  analyse: (prepared) => {
    const { analysis, frame, groups } = prepared;
    const { ci } = analysis;
    const all = rowsByGroup(groups).map(
      (rows, g): GroupCurves => ({
        name: groups.names[g]!,
        curves: cumulativeIncidence(frame.outcome, rows, frame.weights),
      }),
    );
    const tests = all.length < 2 ? { estimates: [], problems: [] } : grayTests(prepared);
    const test = all.length < 2 ? "" : `; Gray's test${frame.strata === null ? "" : ", stratified"}`;
    return {
      method: `Aalen–Johansen cumulative incidence, Aalen standard errors, ${ci} intervals${test}`,
      ...WITHOUT_FIT,
      problems: [...followUpProblems(prepared, all), ...tests.problems],
      estimates: [
        ...all.flatMap((group) => groupEstimates(prepared, group)),
        ...differences(prepared, all),
        ...tests.estimates,
      ],
      curves: [incidenceCurves(prepared, all)],
      survival: curveWords(prepared),
    };
  },
};

// ── before the estimates ────────────────────────────────────────────────────────────────────────

function prepare(input: AnalysisInput<CompetingRisksAnalysis>): PreparedCompetingRisks {
  return prepareCurves(input, {
    specials: ["strata"],
    before: (frame) => [...causeProblems(input, frame), ...fractionalWeights(input, frame)],
    after: ({ outcome }, groups) => {
      const clusters = input.plan.trial?.clusters ?? [];
      return [
        ...(clusters.length > 0 ? [competingClustersIgnored(input.path, clusters)] : []),
        ...outcome.causes.flatMap((cause, k) => {
          const has = new Set(groups.codes.filter((_, i) => outcome.event[i] === k + 1));
          const without = groups.names.filter((_, code) => !has.has(code));
          return without.length > 0 ? [competingGroupsWithoutEvent(input.path, cause, without)] : [];
        }),
      ];
    },
    estimateNames: ({ outcome }, groups) => estimateNames(input.analysis, groups.names, outcome.causes),
  });
}

function causeProblems({ analysis, path }: AnalysisInput<CompetingRisksAnalysis>, { outcome }: SurvivalFrame) {
  const { causes, eventColumn } = outcome;
  if (analysis.censored === undefined) return [competingBinaryEvent(path, eventColumn, analysis.model)];
  return causes.length === 1 ? [competingOneCauseLeft(path, eventColumn, causes[0]!)] : [];
}

function fractionalWeights({ analysis, table, path }: AnalysisInput<CompetingRisksAnalysis>, frame: SurvivalFrame) {
  const found = new ProblemList();
  frame.weights?.forEach((weight, i) => {
    if (Number.isInteger(weight)) return;
    found.add("weight", () =>
      survivalFractionalWeight(path, analysis.weights!, weight, placeOfRow(table, frame.rows[i]!)),
    );
  });
  return found.all();
}

const horizonsOf = ({ rmtl = [] }: CompetingRisksAnalysis): readonly number[] => [rmtl].flat();

function estimateNames(analysis: CompetingRisksAnalysis, groups: readonly string[], causes: readonly string[]) {
  const { times } = analysis;
  const horizons = horizonsOf(analysis);
  const [reference, ...others] = groups;
  return [
    ...groups.flatMap((group) => [
      ...causes.flatMap((cause) => times.map((at) => `incidence:${group}:${cause}@${at}`)),
      ...times.map((at) => `event-free:${group}@${at}`),
      ...causes.flatMap((cause) => horizons.map((at) => `rmtl:${group}:${cause}@${at}`)),
    ]),
    ...others.flatMap((group) =>
      causes.flatMap((cause) => [
        ...times.map((at) => `incidence-difference:${group}-${reference}:${cause}@${at}`),
        ...horizons.map((at) => `rmtl-difference:${group}-${reference}:${cause}@${at}`),
      ]),
    ),
    ...(others.length === 0 ? [] : causes.map((cause) => `test:gray:${cause}`)),
  ];
}

// ── estimates ───────────────────────────────────────────────────────────────────────────────────

type Numbers = Pick<Estimate, "name" | "measure" | "unit" | "estimate" | "se" | "lower" | "upper">;

/** An estimate without a test; a standard error of 0 says nothing of its precision, and is left out. */
const untested = (level: number, numbers: Numbers): Estimate =>
  finite({ ...numbers, se: numbers.se === 0 ? Number.NaN : numbers.se, df: null, statistic: null, p: null, level });

function groupEstimates(prepared: PreparedCompetingRisks, { name, curves }: GroupCurves): Estimate[] {
  const { analysis, frame, outcome } = prepared;
  const { ci, level, times } = analysis;
  const half = normalQuantile(1 - (1 - level) / 2);
  return [
    ...frame.outcome.causes.flatMap((cause, k) =>
      times.map((at) => {
        const point = curveAt(curves, curves.incidence[k]!, at, 0);
        const limits = incidenceInterval(point, ci, level);
        return untested(level, {
          name: `incidence:${name}:${cause}@${at}`,
          measure: "incidence",
          unit: null,
          ...point,
          ...limits,
        });
      }),
    ),
    ...times.map((at) => {
      const point = curveAt(curves, curves.eventFree, at, 1);
      const limits = survivalInterval(point.estimate, point.se / point.estimate, ci, level);
      return untested(level, {
        name: `event-free:${name}@${at}`,
        measure: "survival",
        unit: null,
        ...point,
        ...limits,
      });
    }),
    ...frame.outcome.causes.flatMap((cause, k) =>
      horizonsOf(analysis).map((at) => {
        const point = meanTimeLost(curves, k, at);
        const limits = wald(point, half);
        return untested(level, {
          name: `rmtl:${name}:${cause}@${at}`,
          measure: "rmtl",
          unit: outcome.unit,
          ...point,
          ...limits,
        });
      }),
    ),
  ];
}

const wald = ({ estimate, se }: PointOnCurve, half: number) =>
  se > 0 ? { lower: estimate - half * se, upper: estimate + half * se } : { lower: Number.NaN, upper: Number.NaN };

/** Of incidences and times lost, between each group and the first. */
function differences(prepared: PreparedCompetingRisks, all: readonly GroupCurves[]): Estimate[] {
  const { analysis, frame, outcome } = prepared;
  const { level, times } = analysis;
  const [reference, ...others] = all;
  const difference = (a: PointOnCurve, b: PointOnCurve, name: string, measure: string, unit: string | null) => {
    const se = Math.hypot(a.se, b.se);
    const label = { name, measure, unit, level };
    return waldEstimate(a.estimate - b.estimate, se > 0 ? se : Number.NaN, Number.POSITIVE_INFINITY, label);
  };
  return others.flatMap(({ name, curves }) =>
    frame.outcome.causes.flatMap((cause, k) => {
      const between = `${name}-${reference!.name}:${cause}`;
      const incidence = (of: CumulativeIncidence, at: number) => curveAt(of, of.incidence[k]!, at, 0);
      return [
        ...times.map((at) =>
          difference(
            incidence(curves, at),
            incidence(reference!.curves, at),
            `incidence-difference:${between}@${at}`,
            "incidence-difference",
            null,
          ),
        ),
        ...horizonsOf(analysis).map((at) =>
          difference(
            meanTimeLost(curves, k, at),
            meanTimeLost(reference!.curves, k, at),
            `rmtl-difference:${between}@${at}`,
            "rmtl-difference",
            outcome.unit,
          ),
        ),
      ];
    }),
  );
}

function grayTests({ analysis, frame, groups, path }: PreparedCompetingRisks) {
  const { rho, level } = analysis;
  const problems: ReportedProblem[] = [];
  const estimates = frame.outcome.causes.map((cause, k) => {
    const isLate = frame.outcome.start?.some((from) => from > 0) ?? false;
    const { statistic, df, p } = isLate
      ? { statistic: Number.NaN, df: groups.levels.length - 1, p: Number.NaN }
      : grayTest(frame.outcome, k, groups, { rho, strata: frame.strata, weights: frame.weights });
    if (Number.isNaN(statistic)) problems.push(competingNoGrayTest(path, cause, isLate ? "late-entry" : "singular"));
    const none = { unit: null, estimate: null, se: null, lower: null, upper: null };
    return finite({ name: `test:gray:${cause}`, measure: "chi-squared", ...none, df, statistic, p, level });
  });
  return { estimates, problems };
}

function followUpProblems({ analysis, path }: PreparedCompetingRisks, all: readonly GroupCurves[]): ReportedProblem[] {
  const wanted = [...new Set([...analysis.times, ...horizonsOf(analysis)])].sort((a, b) => a - b);
  return all.flatMap(({ name, curves }) => {
    const beyond = wanted.filter((at) => Number.isNaN(curveAt(curves, curves.eventFree, at, 1).estimate));
    return beyond.length === 0 ? [] : [survivalNotFollowed(path, name, beyond, curves.endings.time.at(-1)!)];
  });
}

// ── for figures ─────────────────────────────────────────────────────────────────────────────────

function incidenceCurves(prepared: PreparedCompetingRisks, all: readonly GroupCurves[]): EventCurves {
  const { frame, groups, analysis } = prepared;
  return observedCurves(prepared, "incidence", (g, censored) =>
    frame.outcome.causes.map((cause, k) =>
      toEventCurve(all[g]!.curves, k, { group: groups.levels[g]!, cause, censored }, analysis),
    ),
  );
}

/** The steps of a cause at its events, from 0. */
function toEventCurve(
  { endings, incidence }: CumulativeIncidence,
  k: number,
  label: Pick<EventCurve, "group" | "cause" | "censored">,
  { ci, level }: CompetingRisksAnalysis,
): EventCurve {
  const { estimate, se } = incidence[k]!;
  const steps = [...endings.time.keys()].filter((at) => endings.events[k]![at]! > 0);
  return {
    ...label,
    ...stepsFromZero(
      0,
      steps.map((at) => ({
        time: endings.time[at]!,
        estimate: estimate[at]!,
        limits: incidenceInterval({ estimate: estimate[at]!, se: se[at]! }, ci, level),
      })),
    ),
    until: endings.time.at(-1)!,
  };
}
