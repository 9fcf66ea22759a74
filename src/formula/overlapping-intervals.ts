/** Whether a participant is under observation twice at the same time. */
import { type Problem, survivalOverlap } from "../problem.js";
import { ProblemList } from "../table/problem-list.js";
import type { GroupingFactor } from "./grouping-factor.js";
import type { Times } from "./near-ties.js";

/**
 * A problem for each pair of intervals (start, stop] of one participant that overlap within a stratum; the first twenty.
 * Different strata may overlap: with a stratum for each kind of event, a participant is at risk in all of them.
 *
 * @param strata   null: all rows are one stratum
 * @param placeOf  where row i is, for the message
 */
export function checkOverlaps(
  { start, time }: Times,
  participant: GroupingFactor & { readonly column: string },
  strata: GroupingFactor | null,
  placeOf: (i: number) => string,
  path: string,
): Problem[] {
  if (participant.levels.length === time.length) return [];
  const { codes, levels, column } = participant;
  const stratumOf = (i: number): number => strata?.codes[i] ?? 0;
  const startOf = (i: number): number => start?.[i] ?? 0;
  const order = Int32Array.from(time.keys()).sort(
    (a, b) => codes[a]! - codes[b]! || stratumOf(a) - stratumOf(b) || startOf(a) - startOf(b) || a - b,
  );
  const found = new ProblemList();
  /** Of those before in the same participant and stratum, the row that ends last. */
  let last = order[0]!;
  for (let k = 1; k < order.length; k++) {
    const row = order[k]!;
    const isSame = codes[row] === codes[last] && stratumOf(row) === stratumOf(last);
    if (isSame && startOf(row) < time[last]!) {
      const intervals = [last, row].map((i) => ({ start: startOf(i), stop: time[i]!, place: placeOf(i) }));
      const value = levels[codes[row]!]!;
      found.add("overlap", () => survivalOverlap(path, { column, value }, intervals, start === null));
    }
    if (!isSame || time[row]! > time[last]!) last = row;
  }
  return found.all();
}
