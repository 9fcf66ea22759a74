/**
 * Calendar periods in steps, and the exposure time of each row: how many periods its unit has been treated.
 *
 * A step is the shortest distance between two periods of the data; periods that are no whole number of steps apart, and
 * those of a factor, are counted in their order. The first treated period of a unit has exposure time 1; rows before the
 * switch have 0.
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

/** Each row's period in steps, from 0 for the earliest; NaN is missing. */
export function periodSteps(column: Column): Float64Array {
  const values = valuesOf(column);
  const distinct = [...new Set(values)].filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  const gaps = distinct.slice(1).map((v, i) => v - distinct[i]!);
  const step = column.kind === "number" ? Math.min(...gaps) : 1;
  const isRegular = gaps.every((gap) => Math.abs(gap / step - Math.round(gap / step)) < 1e-9);
  const first = distinct[0] ?? 0;
  const place = new Map(distinct.map((v, i) => [v, isRegular ? Math.round((v - first) / step) : i]));
  return values.map((v) => place.get(v) ?? Number.NaN);
}

/**
 * Exposure time of each row of the table: 0 before the switch, then 1, 2, …; NaN where a column is missing.
 * The switch is the unit's first treated period in the whole table, whichever rows an analysis uses.
 */
export function exposureTimes(table: Table, { cluster, period, treated }: WedgeColumns): Float64Array {
  const units = valuesOf(table.columns.get(cluster)!);
  const steps = periodSteps(table.columns.get(period)!);
  const status = valuesOf(table.columns.get(treated)!);
  const switches = new Map<number, number>();
  units.forEach((unit, row) => {
    if (status[row] !== 1 || Number.isNaN(unit) || Number.isNaN(steps[row]!)) return;
    switches.set(unit, Math.min(switches.get(unit) ?? Number.POSITIVE_INFINITY, steps[row]!));
  });
  return units.map((unit, row) => {
    if (Number.isNaN(unit) || Number.isNaN(steps[row]!) || Number.isNaN(status[row]!)) return Number.NaN;
    return status[row] === 1 ? steps[row]! - switches.get(unit)! + 1 : 0;
  });
}
