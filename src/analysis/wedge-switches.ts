/**
 * The switches that the units of a stepped wedge were given, and who is treated were a unit given another one of them.
 *
 * Without `exposure` a switch is a period: rows of the unit from it on are treated, and those in transition are left out.
 * With `exposure` it is a date: the rule says of each row whether it is treated under that date, or left out.
 */

import type { WedgeUnit } from "../stepped-wedge/design.js";
import { exposureAtVisit } from "../stepped-wedge/exposure-at-visit.js";
import type { WedgeData } from "./wedge-data.js";

export interface WedgeSwitches {
  /** The unit of each row of `data`. */
  readonly unit: Int32Array;
  /** The place of each unit's own switch among all of them, which are in the order of time. */
  readonly observed: Int32Array;
  /** A unit that was given each switch. */
  readonly units: readonly WedgeUnit[];
  /** Of all rows of `data`: 1 or 0 were the row's unit given that switch; NaN: the row is then left out. */
  readonly treatment: (switched: number) => Float64Array;
  /**
   * Of all rows of `data`, the treatment that their outcomes hold: under the unit's own switch; in transition that of the
   * row itself; of visits that are left out because the unit had switched by then, 1.
   */
  readonly received: Float64Array;
}

export function wedgeSwitches({ design, visits, wedgeRows }: WedgeData): WedgeSwitches {
  const { unit, period, treated } = wedgeRows;
  const { units } = design;
  const dates = new Float64Array(units.length).fill(Number.POSITIVE_INFINITY);
  visits?.times.switched.forEach((date, row) => {
    if (!Number.isNaN(date)) dates[unit[row]!] = date;
  });
  const isSame = (u: number, v: number): boolean =>
    units[u]!.switchPeriod === units[v]!.switchPeriod && dates[u] === dates[v];
  /** A unit for each switch. */
  const given = [...units.keys()]
    .filter((u) => ![...units.keys()].some((v) => v < u && isSame(u, v)))
    .sort((u, v) => units[u]!.switchPeriod - units[v]!.switchPeriod || dates[u]! - dates[v]!);

  /** Under the switch of the unit that a row is to have the switch of; transition aside. */
  const treatedAs = (like: (row: number) => number): Float64Array => {
    if (visits === null) return Float64Array.from(period, (t, row) => (t >= units[like(row)]!.switchPeriod ? 1 : 0));
    const switched = Float64Array.from(unit, (_, row) => dates[like(row)]!);
    return exposureAtVisit({ ...visits.times, switched }, visits.rule);
  };
  const isTransition = (row: number, { switchPeriod, treatedFrom }: WedgeUnit): boolean =>
    period[row]! >= switchPeriod && period[row]! < treatedFrom;

  const made = new Map<number, Float64Array>();
  return {
    unit,
    observed: Int32Array.from(units.keys(), (u) => given.findIndex((v) => isSame(u, v))),
    units: given.map((u) => units[u]!),
    treatment: (switched) => {
      const known = made.get(switched);
      if (known !== undefined) return known;
      const like = given[switched]!;
      const treatment = treatedAs(() => like).map((value, row) =>
        isTransition(row, units[like]!) ? Number.NaN : value,
      );
      made.set(switched, treatment);
      return treatment;
    },
    received: treatedAs((row) => unit[row]!).map((value, row) =>
      isTransition(row, units[unit[row]!]!) ? treated[row]! : Number.isNaN(value) ? 1 : value,
    ),
  };
}
