/** How many are at risk, have an event of each cause and are censored at each time: what the estimators of one group count from. */
import type { SurvivalOutcome } from "../formula/survival-frame.js";

/** Counts at the m distinct times at which somebody's observation ends, ascending. */
export interface Endings {
  /** m. */
  readonly time: Float64Array;
  /** m: under observation just before each time, Y(t) = #{start < t ≤ time}. */
  readonly atRisk: Float64Array;
  /** For each cause, m: events of that cause, d_k(t). */
  readonly events: readonly Float64Array[];
  /** m: events of any cause. */
  readonly anyEvent: Float64Array;
  /** m. */
  readonly censored: Float64Array;
}

/**
 * Count the endings of some rows. O(n log n).
 *
 * @param rows     of the frame; all of them when absent.
 * @param weights  n: how many participants each row of the frame stands for; one each when null.
 */
export function countEndings(
  { start, time, event, causes }: SurvivalOutcome,
  rows: ArrayLike<number> & Iterable<number> = Int32Array.from(time.keys()),
  weights: Float64Array | null = null,
): Endings {
  const order = Int32Array.from(rows).sort((a, b) => time[a]! - time[b]!);
  const distinct = [...order].filter((row, i) => i === 0 || time[order[i - 1]!] !== time[row]).map((row) => time[row]!);
  const m = distinct.length;
  const counts = {
    time: Float64Array.from(distinct),
    atRisk: new Float64Array(m),
    events: causes.map(() => new Float64Array(m)),
    anyEvent: new Float64Array(m),
    censored: new Float64Array(m),
  };
  const starts = start === null ? null : Int32Array.from(order).sort((a, b) => start[a]! - start[b]!);
  const weightOf = (row: number): number => (weights === null ? 1 : weights[row]!);
  let atRisk = starts === null ? order.reduce((sum, row) => sum + weightOf(row), 0) : 0;
  let [ended, entered] = [0, 0];
  distinct.forEach((t, at) => {
    for (; starts !== null && entered < starts.length && start![starts[entered]!]! < t; entered++)
      atRisk += weightOf(starts[entered]!);
    counts.atRisk[at] = atRisk;
    for (; ended < order.length && time[order[ended]!] === t; ended++) {
      const row = order[ended]!;
      const [code, weight] = [event[row]!, weightOf(row)];
      atRisk -= weight;
      if (code === 0) counts.censored[at]! += weight;
      else {
        counts.events[code - 1]![at]! += weight;
        counts.anyEvent[at]! += weight;
      }
    }
  });
  return counts;
}

/** The last of m ascending times that is not after t; −1 when all are. */
export function lastNotAfter(times: Float64Array, t: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= t) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
