/** What the models of time to an event share: the frame, by the plan's keys, words, and the curves of groups. */
import { parseFormula } from "../formula/parse-formula.js";
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { type SurvivalFrameOptions, survivalFrame } from "../formula/to-survival-frame.js";
import {
  type CompetingRisksAnalysis,
  columnOfName,
  type KaplanMeierAnalysis,
  type SurvivalAnalysis,
  survivalParticipant,
} from "../plan/plan.js";
import type { Problem } from "../problem.js";
import { checkRiskSets } from "../survival/check-survival.js";
import { continuedRows } from "../survival/continued-rows.js";
import { type SurvivalGroups, survivalGroups } from "../survival/survival-groups.js";
import { evaluateCondition } from "../table/expression.js";
import type { AnalysisInput, PreparedAnalysis } from "./analysis-model.js";
import { censoringTimes, lastTime, numbersAtRisk, roundTimes } from "./event-curves.js";
import { outcomeOf } from "./formula-analysis.js";
import type { EventCurve, EventCurves, SurvivalWords } from "./results.js";

/** The survival frame of an analysis. @param also  Columns beside those of the formula that a row must have. @throws ProblemError as `survivalFrame`. */
export function survivalFrameOf(
  { plan, table, analysis, path }: AnalysisInput<SurvivalAnalysis>,
  specials: SurvivalFrameOptions["specials"] & object,
  also: readonly string[] = [],
): SurvivalFrame {
  const { where, weights } = analysis;
  // The frame counts 2 as missing.
  const keep = (text: string) => Uint8Array.from(evaluateCondition(text, table, path), (v) => (v < 0 ? 2 : v));
  return survivalFrame({
    formula: parseFormula(analysis.formula, { path }),
    table,
    ...(where === undefined ? {} : { where: { text: where, keep: keep(where) } }),
    specials,
    also,
    censored: analysis.censored,
    weights: weights === undefined ? undefined : (columnOfName(plan, weights) ?? weights),
    participant: survivalParticipant(plan, analysis),
    path,
  });
}

/** The columns of all `strata(…)`. */
export const strataColumns = ({ formula }: SurvivalFrame): string[] =>
  formula.special.flatMap((term) => (term.kind === "strata" ? term.columns : []));

/** What the plan calls a column. */
export const labelOf = ({ plan }: Pick<PreparedAnalysis, "plan">, column: string): string => {
  const declared = Object.hasOwn(plan.columns, column) ? plan.columns[column] : undefined;
  return declared?.label ?? column;
};

// ── curves of groups ────────────────────────────────────────────────────────────────────────────

export type CurvesAnalysis = KaplanMeierAnalysis | CompetingRisksAnalysis;

export interface PreparedCurves<A extends CurvesAnalysis> extends PreparedAnalysis<A> {
  readonly frame: SurvivalFrame;
  readonly groups: SurvivalGroups;
}

interface CurvesOptions {
  /** Of the formula. */
  readonly specials: SurvivalFrameOptions["specials"] & object;
  /** What the model itself has against the data: before and after what risk sets make hard. */
  readonly before: (frame: SurvivalFrame) => readonly Problem[];
  readonly after: (frame: SurvivalFrame, groups: SurvivalGroups) => readonly Problem[];
  readonly estimateNames: (frame: SurvivalFrame, groups: SurvivalGroups) => readonly string[];
}

/** The frame and the groups of a model of curves, with all that speaks against them. */
export function prepareCurves<A extends CurvesAnalysis>(
  input: AnalysisInput<A>,
  { specials, before, after, estimateNames }: CurvesOptions,
): PreparedCurves<A> {
  const { plan, table, path } = input;
  const frame = survivalFrameOf(input, specials);
  const problems: Problem[] = [...frame.problems];
  const groups = survivalGroups(frame, table, path, problems);
  problems.push(...before(frame), ...checkRiskSets(frame, path), ...after(frame, groups));
  return {
    ...input,
    frame,
    groups,
    rows: frame.rows,
    excluded: frame.excluded,
    outcome: outcomeOf(plan, frame.outcome.timeColumn),
    references: [],
    estimateNames: estimateNames(frame, groups),
    problems,
  };
}

/** For the sentence on the method. */
export function curveWords(prepared: PreparedCurves<CurvesAnalysis>): SurvivalWords {
  const { analysis, frame } = prepared;
  return {
    event: labelOf(prepared, frame.outcome.eventColumn),
    intervals: analysis.ci,
    rho: analysis.rho,
    events: frame.outcome.event.reduce((sum, cause) => sum + (cause > 0 ? 1 : 0), 0),
    strata: strataColumns(frame).map((name) => labelOf(prepared, name)),
  };
}

/**
 * The curves for figures, with who is at risk under them.
 *
 * @param curvesOf  The curves of a group, given the times of its censorings.
 */
export function observedCurves(
  prepared: PreparedCurves<CurvesAnalysis>,
  kind: EventCurves["kind"],
  curvesOf: (group: number, censored: Float64Array) => readonly EventCurve[],
): EventCurves {
  const { frame, groups, analysis, outcome } = prepared;
  const continued = continuedRows(frame, groups);
  // Where the next row of a participant goes on, nobody was censored.
  const event = frame.outcome.event.map((cause, i) => (continued[i] === 1 ? 1 : cause));
  const drawn = groups.levels.flatMap((_, g) =>
    curvesOf(g, censoringTimes({ time: frame.outcome.time, event }, groups.codes, g)),
  );
  const times = roundTimes(lastTime(drawn), outcome.unit);
  return {
    kind,
    source: "observed",
    event: labelOf(prepared, frame.outcome.eventColumn),
    time: { name: outcome.name, unit: outcome.unit },
    groupedBy: groups.columns.length === 0 ? null : groups.columns.map((name) => labelOf(prepared, name)).join(", "),
    level: analysis.level,
    curves: drawn,
    atRisk: numbersAtRisk(frame.outcome, { names: groups.levels, codes: groups.codes }, times),
  };
}

interface Step {
  readonly time: number;
  readonly estimate: number;
  readonly limits: { readonly lower: number; readonly upper: number };
}

/** The steps of a curve at its events, from `initial` at time 0 unless the first of them is there. */
export function stepsFromZero(
  initial: number,
  steps: readonly Step[],
): Pick<EventCurve, "times" | "estimates" | "lower" | "upper"> {
  const startsAtZero = steps[0]?.time === 0;
  const column = (first: number, of: (step: Step) => number) =>
    Float64Array.from(startsAtZero ? steps.map(of) : [first, ...steps.map(of)]);
  return {
    times: column(0, ({ time }) => time),
    estimates: column(initial, ({ estimate }) => estimate),
    lower: column(Number.NaN, ({ limits }) => limits.lower),
    upper: column(Number.NaN, ({ limits }) => limits.upper),
  };
}
