/**
 * Near-tied times. Times that a computation made, such as 0.1 + 0.2 and 0.3, may differ by rounding alone; in a
 * survival analysis such a difference decides who was at risk. All times of an analysis are made one when they are
 * this close, once, before any model sees them.
 *
 * The rule is that of `timefix` in R's survival (`aeqSurv`, its vignette "Roundoff error and tied times"): two
 * neighbours among the distinct times are one when their difference, or their difference over the mean absolute
 * distinct time, is at most √ε; a chain of such neighbours becomes its smallest time.
 * Checked: test/reference/survival-times (R's aeqSurv).
 */

/** √ε of double precision: 1.49e-8. */
export const TIE_TOLERANCE = 2 ** -26;

/** Times of n rows: where observation begins (null: all at 0) and ends. */
export interface Times {
  readonly start: Float64Array | null;
  readonly time: Float64Array;
}

/** Times in which near ties are ties. The arrays given are returned when there are none, and never written to. */
export function resolveNearTies({ start, time }: Times): Times {
  const distinct = distinctTimes(start, time);
  const merged = mergedTimes(distinct);
  if (merged === null) return { start, time };
  const resolve = (value: number): number => merged.get(value) ?? value;
  return { start: start?.map(resolve) ?? null, time: time.map(resolve) };
}

/** Ascending. */
function distinctTimes(start: Float64Array | null, time: Float64Array): Float64Array {
  const all = new Float64Array(time.length + (start?.length ?? 0));
  all.set(time);
  if (start !== null) all.set(start, time.length);
  all.sort();
  let count = 0;
  for (let i = 0; i < all.length; i++) {
    if (i === 0 || all[i]! !== all[count - 1]!) all[count++] = all[i]!;
  }
  return all.subarray(0, count);
}

/** What each time that is merged becomes; null when none is. */
function mergedTimes(distinct: Float64Array): Map<number, number> | null {
  const mean = distinct.reduce((sum, value) => sum + Math.abs(value), 0) / distinct.length;
  let merged: Map<number, number> | null = null;
  let smallest = distinct[0]!;
  for (let i = 1; i < distinct.length; i++) {
    const gap = distinct[i]! - distinct[i - 1]!;
    if (gap <= TIE_TOLERANCE || gap / mean <= TIE_TOLERANCE) (merged ??= new Map()).set(distinct[i]!, smallest);
    else smallest = distinct[i]!;
  }
  return merged;
}
