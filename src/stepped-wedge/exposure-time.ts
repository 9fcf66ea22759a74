/**
 * Calendar periods in steps, and the exposure time of each row: how many periods its unit has been treated.
 *
 * A step is the shortest distance between two periods of the data; periods that are no whole number of steps apart, and
 * those of a factor, are counted in their order. The period in which a unit switched (unit-switch.ts) has exposure time 1;
 * rows that are not treated have 0.
 *
 * Source: Kenny, Voldal, Xia, Heagerty & Hughes (2022) Statistics in Medicine 41:4311–4339.
 */
import type { Column, Table } from "../table/table.js";

/** The columns of a stepped wedge. */
export interface WedgeColumns {
  readonly cluster: string;
  readonly period: string;
  /** 0/1. */
  readonly treated: string;
}

/** Values of a column as numbers: the codes of a category; NaN is missing. */
export function valuesOf(column: Column): Float64Array {
  if (column.kind === "number") return column.values;
  return Float64Array.from(column.codes, (code) => (code < 0 ? Number.NaN : code));
}

/** The periods of a column in steps. */
export interface PeriodScale {
  /** Of each row, from 0 for the earliest; NaN is missing. */
  readonly steps: Float64Array;
  /** Of each row, as numbers. */
  readonly values: Float64Array;
  readonly first: number;
  /** The shortest distance between two periods; of a factor 1. */
  readonly step: number;
  /** Whether all periods are whole steps apart; else they are counted in their order. */
  readonly isRegular: boolean;
}

export function periodScale(column: Column): PeriodScale {
  const values = valuesOf(column);
  const distinct = [...new Set(values)].filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  const gaps = distinct.slice(1).map((v, i) => v - distinct[i]!);
  const step = column.kind === "number" && gaps.length > 0 ? Math.min(...gaps) : 1;
  const isRegular = gaps.every((gap) => Math.abs(gap / step - Math.round(gap / step)) < 1e-9);
  const first = distinct[0] ?? 0;
  const place = new Map(distinct.map((v, i) => [v, isRegular ? Math.round((v - first) / step) : i]));
  return { steps: values.map((v) => place.get(v) ?? Number.NaN), values, first, step, isRegular };
}

/** Each row's period in steps, from 0 for the earliest; NaN is missing. */
export const periodSteps = (column: Column): Float64Array => periodScale(column).steps;

/**
 * Exposure time of each row of the table: 0 for one that is not treated, then 1, 2, … from the switch of its unit on; NaN
 * where a column is missing. A client treated before the unit's switch has 1.
 *
 * @param switched  the step in which the unit of each row switched, +∞ for never
 */
export function exposureTimes(
  table: Table,
  { period, treated }: Pick<WedgeColumns, "period" | "treated">,
  switched: Float64Array,
): Float64Array {
  const steps = periodSteps(table.columns.get(period)!);
  const status = valuesOf(table.columns.get(treated)!);
  return steps.map((step, row) => {
    if (Number.isNaN(switched[row]!) || Number.isNaN(step) || Number.isNaN(status[row]!)) return Number.NaN;
    return status[row] === 1 ? Math.max(1, step - switched[row]! + 1) : 0;
  });
}
