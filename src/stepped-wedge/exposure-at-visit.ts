/**
 * Whether a visit counts as treated when the follow-up of a client passes the switch of the unit.
 *
 * enrolment   as the unit was when the client was enrolled, whatever came after (treatment policy).
 * at-visit    as the unit is at the visit (as exposed).
 * censored    as at enrolment, and visits of clients enrolled before the switch are left out once it has passed
 *             (hypothetical: had the unit not switched).
 *
 * Times are days (dates of the plan) or whole periods, all on one scale; a unit is treated from the time of its switch on.
 */
import { type Problem, wedgeSwitchVaries, wedgeVisitBeforeEnrolment } from "../problem.js";

export const EXPOSURE_RULES = ["enrolment", "at-visit", "censored"] as const;
export type ExposureRule = (typeof EXPOSURE_RULES)[number];

/** One entry for each row. */
export interface VisitTimes {
  readonly enrolled: Float64Array;
  readonly visited: Float64Array;
  /** When the client's unit switched; NaN: not during the trial. */
  readonly switched: Float64Array;
}

/** Whether each row is treated: 1 or 0; NaN for one that the rule leaves out. */
export function exposureAtVisit({ enrolled, visited, switched }: VisitTimes, rule: ExposureRule): Float64Array {
  return enrolled.map((time, row) => {
    const atEnrolment = time >= switched[row]!;
    const atVisit = visited[row]! >= switched[row]!;
    if (rule === "at-visit") return atVisit ? 1 : 0;
    if (rule === "censored" && atVisit && !atEnrolment) return Number.NaN;
    return atEnrolment ? 1 : 0;
  });
}

/** Visits of one kind under one rule. */
export interface ExposureCount {
  readonly rule: ExposureRule;
  /** null: of all visits. */
  readonly visit: string | null;
  readonly control: number;
  readonly treated: number;
  readonly leftOut: number;
  /** Visits of clients enrolled before the switch, made after it: what the rules disagree on. */
  readonly moved: number;
}

/**
 * Visits by rule, visit and condition.
 * @param visit  code of each row into `visits`, or null when there are none.
 */
export function countExposure(
  times: VisitTimes,
  visit: Int32Array | null,
  visits: readonly string[] = [],
): ExposureCount[] {
  const codes = visit === null ? [-1] : [...visits.keys(), -1];
  const { enrolled, visited, switched } = times;
  return EXPOSURE_RULES.flatMap((rule) => {
    const treated = exposureAtVisit(times, rule);
    return codes.map((code): ExposureCount => {
      const rows = [...enrolled.keys()].filter((row) => code === -1 || visit![row] === code);
      const count = (has: (row: number) => boolean): number => rows.filter(has).length;
      return {
        rule,
        visit: code === -1 ? null : visits[code]!,
        control: count((row) => treated[row] === 0),
        treated: count((row) => treated[row] === 1),
        leftOut: count((row) => Number.isNaN(treated[row])),
        moved: count((row) => enrolled[row]! < switched[row]! && visited[row]! >= switched[row]!),
      };
    });
  });
}

/** Units whose rows have several times of its switch, or one and none. */
export function switchProblems(
  switched: Float64Array,
  unit: Int32Array,
  units: readonly string[],
  column: string,
  path: string,
): Problem[] {
  const first = new Map<number, number>();
  const varying = new Set<number>();
  unit.forEach((u, row) => {
    if (!first.has(u)) first.set(u, switched[row]!);
    else if (!Object.is(first.get(u), switched[row]!)) varying.add(u);
  });
  return [...varying].sort((a, b) => a - b).map((u) => wedgeSwitchVaries(path, column, units[u]!));
}

/** Visits before the client was enrolled. */
export function visitProblems(
  { enrolled, visited }: Pick<VisitTimes, "enrolled" | "visited">,
  columns: { readonly enrolled: string; readonly visited: string },
  path: string,
): Problem[] {
  const before = enrolled.reduce((sum, time, row) => sum + (visited[row]! < time ? 1 : 0), 0);
  return before > 0 ? [wedgeVisitBeforeEnrolment(path, columns.visited, columns.enrolled, before)] : [];
}
