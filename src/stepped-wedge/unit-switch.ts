/**
 * In which calendar period each unit of a stepped wedge switched.
 *
 * Observed   The first period in which more than half of the unit's rows are treated.
 * Declared   The unit has a date of its switch, and the rows of all units say which dates a period has: the switch is in
 *            the first period with a date on or after it, whether or not the unit itself has rows there. Where periods
 *            are themselves on the scale of the dates, that scale is used, also where no row is.
 *
 * Periods are in steps (exposure-time.ts); a unit that did not switch has +∞.
 */
import type { Column, Table } from "../table/table.js";
import { periodScale, periodSteps, valuesOf, type WedgeColumns } from "./exposure-time.js";

/** Rows by unit and period, whole numbers from 0, and whether each is treated, 0 or 1. */
export interface TreatedRows {
  readonly unit: Int32Array;
  readonly period: Int32Array;
  readonly treated: Float64Array;
}

/** For each unit the first period in which more than half of its rows are treated; `periods` when there is none. */
export function observedSwitches({ unit, period, treated }: TreatedRows, units: number, periods: number): Int32Array {
  /** Treated rows less the others. */
  const excess = new Float64Array(units * periods);
  unit.forEach((u, row) => {
    excess[u * periods + period[row]!]! += treated[row] === 1 ? 1 : -1;
  });
  return Int32Array.from({ length: units }, (_, u) => {
    const first = excess.subarray(u * periods, (u + 1) * periods).findIndex((more) => more > 0);
    return first === -1 ? periods : first;
  });
}

/**
 * The step in which the unit of each row switched, from who is treated in the whole table: whichever rows an analysis
 * uses, and whether or not their outcome is known. NaN where the unit is missing.
 */
export function observedSwitchSteps(table: Table, { cluster, period, treated }: WedgeColumns): Float64Array {
  const units = valuesOf(table.columns.get(cluster)!);
  const steps = periodSteps(table.columns.get(period)!);
  const status = valuesOf(table.columns.get(treated)!);
  const rows = [...units.keys()].filter(
    (row) => !Number.isNaN(units[row]!) && !Number.isNaN(steps[row]!) && !Number.isNaN(status[row]!),
  );
  const places = new Map([...new Set(rows.map((row) => units[row]!))].map((unit, i) => [unit, i]));
  const periods = rows.reduce((most, row) => Math.max(most, steps[row]!), -1) + 1;
  const switches = observedSwitches(
    {
      unit: Int32Array.from(rows, (row) => places.get(units[row]!)!),
      period: Int32Array.from(rows, (row) => steps[row]!),
      treated: Float64Array.from(rows, (row) => status[row]!),
    },
    places.size,
    periods,
  );
  return units.map((unit) => {
    const place = places.get(unit);
    if (place === undefined) return Number.isNaN(unit) ? Number.NaN : Number.POSITIVE_INFINITY;
    return switches[place]! < periods ? switches[place]! : Number.POSITIVE_INFINITY;
  });
}

/** Where a date of a switch lies among the periods. */
export interface SwitchPlace {
  /** The period; +∞ after the last, and for no date. */
  readonly step: number;
  /**
   * contradiction  a period before has dates on or after the switch, one after it has earlier ones: periods and dates differ.
   * gap            in a time without rows that is a period or longer: the switch may have been in an earlier period.
   * before         before all rows: how long before cannot be told.
   */
  readonly doubt: "contradiction" | "gap" | "before" | null;
}

/** Which dates the periods have. */
export interface PeriodCalendar {
  /** Periods that begin before an earlier one has ended: 0 when the periods are of these dates. */
  readonly overlaps: number;
  readonly place: (date: number) => SwitchPlace;
}

/**
 * @param period  of all rows of the trial
 * @param dates   of the same rows, days or whole periods; NaN is missing
 */
export function periodCalendar(period: Column, dates: Float64Array): PeriodCalendar {
  const { steps, values, first, step, isRegular } = periodScale(period);
  const known = [...dates.keys()].filter((row) => !Number.isNaN(dates[row]!) && !Number.isNaN(steps[row]!));
  if (period.kind === "number" && isRegular && known.every((row) => values[row] === dates[row])) {
    // A hair less, so that 2020 + 3 × 0.1 is the third tenth; and 0 for −0.
    const stepAt = (date: number): number => Math.ceil((date - first) / step - 1e-9) + 0;
    return {
      overlaps: 0,
      place: (date) => ({ step: Number.isNaN(date) ? Number.POSITIVE_INFINITY : stepAt(date), doubt: null }),
    };
  }
  const spans = new Map<number, { from: number; to: number }>();
  for (const row of known) {
    const date = dates[row]!;
    const span = spans.get(steps[row]!) ?? { from: date, to: date };
    spans.set(steps[row]!, { from: Math.min(span.from, date), to: Math.max(span.to, date) });
  }
  const calendar = [...spans].map(([at, span]) => ({ at, ...span })).sort((a, b) => a.at - b.at);
  let [overlaps, latest] = [0, Number.NEGATIVE_INFINITY];
  for (const { from, to } of calendar) {
    if (from < latest) overlaps++;
    latest = Math.max(latest, to);
  }
  return {
    overlaps,
    place: (date) => {
      const k = calendar.findIndex(({ to }) => to >= date);
      if (k === -1) return { step: Number.POSITIVE_INFINITY, doubt: null };
      const { at, from } = calendar[k]!;
      const previous = calendar[k - 1];
      const isContradicted = calendar.slice(k + 1).some((later) => later.from < date);
      const isGap = previous !== undefined && from > date && at - previous.at > 1;
      const isBefore = previous === undefined && from > date;
      return { step: at, doubt: isContradicted ? "contradiction" : isGap ? "gap" : isBefore ? "before" : null };
    },
  };
}
