/**
 * `Surv(time, event)` or `Surv(start, stop, event)` × table → the survival outcome, and what is wrong with it.
 * The event is 0/1, or a factor of which one level is censoring and the others are causes.
 */
import {
  frameLevelsDropped,
  type Problem,
  survivalCensoredMissing,
  survivalCensoredNotNeeded,
  survivalCensoredUnknown,
  survivalEventCode,
  survivalEventExpression,
  survivalFactorTime,
  survivalIdEvent,
  survivalNegativeTime,
  survivalNoEvents,
  survivalOutcomeNeeded,
  survivalStopNotAfterStart,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { ProblemList } from "../table/problem-list.js";
import { type CategoryColumn, placeOfRow, type Table } from "../table/table.js";
import { displayName } from "./check-columns.js";
import { columnsOf, type Expression, renderExpression } from "./expression.js";
import { type Formula, isSurvival } from "./formula.js";
import { evaluateChecked } from "./linear-predictor.js";
import { resolveNearTies, type Times } from "./near-ties.js";
import type { SurvivalOutcome } from "./survival-frame.js";

/** The arguments of `Surv`. */
export interface SurvivalCall {
  readonly start: Expression | null;
  readonly time: Expression;
  readonly event: Expression;
}

/** The arguments of a formula's `Surv`, or null when its outcome is something else. */
export function survivalCall({ response }: Formula): SurvivalCall | null {
  if (!isSurvival(response) || response.kind !== "call") return null;
  const [first, second, third] = response.args.map(({ value }) => value);
  return third === undefined
    ? { start: null, time: first!, event: second! }
    : { start: first!, time: second!, event: third };
}

/** Problems that the columns show, before their rows: a time that is a factor, an event without its censoring. */
export function checkSurvivalColumns(
  formula: Formula,
  table: Table,
  censored: string | undefined,
  path: string,
): Problem[] {
  const call = survivalCall(formula);
  if (call === null) return [survivalOutcomeNeeded(path, renderExpression(formula.response))];
  const isCategory = (name: string): boolean => table.columns.get(name)?.kind === "category";
  const times = [...new Set([call.start, call.time].flatMap((time) => (time === null ? [] : columnsOf(time))))];
  return [
    ...times.filter(isCategory).map((name) => survivalFactorTime(path, name)),
    ...checkEventColumn(call.event, table, censored, path),
  ];
}

function checkEventColumn(event: Expression, table: Table, censored: string | undefined, path: string): Problem[] {
  const name = displayName(event);
  const column = event.kind === "name" ? table.columns.get(name) : undefined;
  if (column?.kind === "category") {
    const { type, levels } = column;
    if (type === "id") return [survivalIdEvent(path, name)];
    if (censored === undefined) return [survivalCensoredMissing(path, name, levels)];
    return levels.includes(censored)
      ? []
      : [survivalCensoredUnknown(path, censored, name, levels, suggest(censored, levels))];
  }
  const categories = columnsOf(event).filter((part) => table.columns.get(part)?.kind === "category");
  return [
    ...categories.map((part) => survivalEventExpression(path, part, name)),
    ...(censored === undefined ? [] : [survivalCensoredNotNeeded(path, name)]),
  ];
}

/**
 * The outcome over the rows used, near-tied times resolved. Appends to `problems`, of every kind the first twenty
 * rows: times below 0, ends that are not after their beginnings, event codes other than 0 and 1; no events at all.
 *
 * @param rows  rows in which no column of the outcome is missing
 */
export function toSurvivalOutcome(
  call: SurvivalCall,
  table: Table,
  rows: Int32Array,
  censored: string | undefined,
  path: string,
  problems: Problem[],
): SurvivalOutcome {
  const values = (expression: Expression) => evaluateChecked(expression, table, rows, path, problems);
  const given: Times = { start: call.start === null ? null : values(call.start), time: values(call.time) };
  const resolved = resolveNearTies(given);
  const found = new ProblemList();
  checkTimes(call, given, resolved, (i) => placeOfRow(table, rows[i]!), path, found);
  const before = found.all().length;
  const { event, causes } =
    censored === undefined
      ? binaryEvent(call.event, values(call.event), (i) => placeOfRow(table, rows[i]!), path, found)
      : causeEvent(call.event, table, rows, censored, path, problems);
  problems.push(...found.all());
  const eventColumn = displayName(call.event);
  const codesAreGood = found.all().length === before;
  if (codesAreGood && event.every((code) => code === 0))
    problems.push(survivalNoEvents(path, eventColumn, rows.length));
  return { ...resolved, event, causes, timeColumn: displayName(call.time), eventColumn };
}

function checkTimes(
  call: SurvivalCall,
  { start, time }: Times,
  resolved: Times,
  placeOf: (i: number) => string,
  path: string,
  found: ProblemList,
): void {
  const stopName = displayName(call.time);
  const startName = call.start === null ? "" : displayName(call.start);
  for (let i = 0; i < time.length; i++) {
    const stop = time[i]!;
    if (start === null) {
      if (stop < 0) found.add("stop", () => survivalNegativeTime(path, stopName, stop, placeOf(i)));
      continue;
    }
    const from = start[i]!;
    if (from < 0) found.add("start", () => survivalNegativeTime(path, startName, from, placeOf(i)));
    if (resolved.time[i]! <= resolved.start![i]!) {
      const ends = [
        { name: startName, value: from },
        { name: stopName, value: stop },
      ] as const;
      found.add("interval", () => survivalStopNotAfterStart(path, ...ends, placeOf(i)));
    }
  }
}

type Event = Pick<SurvivalOutcome, "event" | "causes">;

function binaryEvent(
  expression: Expression,
  values: Float64Array,
  placeOf: (i: number) => string,
  path: string,
  found: ProblemList,
): Event {
  const name = displayName(expression);
  const event = Int32Array.from(values, (value, i) => {
    if (value !== 0 && value !== 1) found.add("event", () => survivalEventCode(path, name, value, placeOf(i)));
    return value === 1 ? 1 : 0;
  });
  return { event, causes: [name] };
}

/** Causes in the plan's order; those that no row has are left out, with a note. */
function causeEvent(
  expression: Expression,
  table: Table,
  rows: Int32Array,
  censored: string,
  path: string,
  problems: Problem[],
): Event {
  const name = displayName(expression);
  const { codes, levels } = table.columns.get(name) as CategoryColumn;
  const used = new Uint8Array(levels.length);
  for (const row of rows) used[codes[row]!] = 1;
  const causes = levels.filter((level, code) => level !== censored && used[code] === 1);
  const unused = levels.filter((level, code) => level !== censored && used[code] === 0);
  if (unused.length > 0 && causes.length > 0) problems.push(frameLevelsDropped(path, name, unused));
  const eventOf = levels.map((level) => causes.indexOf(level) + 1);
  return { event: Int32Array.from(rows, (row) => eventOf[codes[row]!]!), causes };
}
