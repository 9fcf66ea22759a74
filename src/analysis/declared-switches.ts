/** When the units of a stepped wedge switched, by the dates that the plan's `exposure` names. */
import type { SteppedWedgeAnalysis } from "../plan/plan.js";
import { isError, type Problem, wedgePeriodOfEnrolment, wedgeSwitchDoubt } from "../problem.js";
import { switchProblems, type VisitTimes } from "../stepped-wedge/exposure-at-visit.js";
import { periodSteps, valuesOf } from "../stepped-wedge/exposure-time.js";
import { type PeriodCalendar, periodCalendar } from "../stepped-wedge/unit-switch.js";
import type { WedgeModel } from "../stepped-wedge/wedge-model.js";
import { toIsoDate } from "../table/iso-date.js";
import type { Column, Table } from "../table/table.js";

export type Exposure = NonNullable<SteppedWedgeAnalysis["exposure"]>;

export interface SwitchInput {
  /** With the treatment that the rule gives. */
  readonly table: Table;
  readonly model: WedgeModel;
  readonly exposure: Exposure;
  /** Of all rows of the table. */
  readonly times: VisitTimes;
  /** Rows that the analysis uses. */
  readonly used: Int32Array;
  readonly transition: number;
  readonly path: string;
}

/**
 * The step in which the unit of each row switched (+∞ for never), and what is wrong or doubtful about it.
 *
 * Which dates a period has is read from all rows of the table: clients whose outcome is missing, and units that the
 * analysis does not use, are of the same calendar.
 */
export function declaredSwitches({ table, model, exposure, times, used, transition, path }: SwitchInput): {
  readonly switched: Float64Array;
  readonly problems: readonly Problem[];
} {
  const { switched } = times;
  const units = table.columns.get(model.cluster)!;
  const unit = valuesOf(units);
  const period = table.columns.get(model.period)!;
  const steps = periodSteps(period);
  /** A row of each unit in use. */
  const rowOf = new Map(Array.from(used, (row) => [unit[row]!, row]));
  const names = [...rowOf.keys()].sort((a, b) => a - b);
  const isVarying = varyingSwitches(unit, names, units, switched, exposure, path);
  const { place } = calendarOf(times, exposure, period);
  const ofRows = unit.map((u, row) => (Number.isNaN(u) ? Number.NaN : place(switched[row]!).step));
  if (isVarying.length > 0) return { switched: ofRows, problems: isVarying };

  const counts = model.effect !== "immediate" || transition > 0;
  const doubts = names.flatMap((name) => {
    const date = switched[rowOf.get(name)!]!;
    const { step, doubt } = place(date);
    if (doubt === null || (doubt !== "contradiction" && !counts)) return [];
    const at = valueLabel(period, valuesOf(period)[steps.indexOf(step)]!);
    const said = valueLabel(table.columns.get(exposure.switch)!, date);
    return [wedgeSwitchDoubt(path, doubt, valueLabel(units, name), said, at, counts)];
  });
  if (doubts.some(isError) || model.effect === "immediate") return { switched: ofRows, problems: doubts };
  const status = valuesOf(table.columns.get(model.treated)!);
  const early = used.filter((row) => status[row] === 1 && steps[row]! < ofRows[row]!).length;
  return {
    switched: ofRows,
    problems: early > 0 ? [...doubts, wedgePeriodOfEnrolment(path, model.period, early)] : doubts,
  };
}

/**
 * Periods are those of enrolment or of the visit: of the dates by which they overlap least, and of those that the rule of
 * exposure goes by when that says nothing.
 */
function calendarOf({ enrolled, visited }: VisitTimes, { rule }: Exposure, period: Column): PeriodCalendar {
  const [own, other] = (rule === "at-visit" ? [visited, enrolled] : [enrolled, visited]).map((dates) =>
    periodCalendar(period, dates),
  ) as [PeriodCalendar, PeriodCalendar];
  return own.overlaps <= other.overlaps ? own : other;
}

/** All rows of the units in use count, whether or not the analysis uses them. */
function varyingSwitches(
  unit: Float64Array,
  inUse: readonly number[],
  units: Column,
  switched: Float64Array,
  exposure: Exposure,
  path: string,
): Problem[] {
  const codes = new Map(inUse.map((value, code) => [value, code]));
  const rows = [...unit.keys()].filter((row) => codes.has(unit[row]!));
  return switchProblems(
    Float64Array.from(rows, (row) => switched[row]!),
    Int32Array.from(rows, (row) => codes.get(unit[row]!)!),
    inUse.map((value) => valueLabel(units, value)),
    exposure.switch,
    path,
  );
}

/** A value of a column as users know it: a level, a date, a number. */
export const valueLabel = (column: Column, value: number): string =>
  column.kind === "category" ? column.levels[value]! : column.type === "date" ? toIsoDate(value) : String(value);
