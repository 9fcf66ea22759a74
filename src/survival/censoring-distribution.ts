/**
 * The distribution of the time to censoring, by which those with a competing event fade out of the risk sets of the
 * Fine–Gray model.
 *
 * Estimator  G(t−) = Π_{u < t} (1 − c(u)/π(u)), Kaplan–Meier of being censored: c(u) censored at u, π(u) under
 *            observation, those whose event is at u among them (as cmprsk). One G for each group of rows; after the
 *            last time of its group G is 0, for nothing is known of it there.
 * Weights    Rows count by their case weight.
 */
import type { SurvivalFrame } from "../formula/survival-frame.js";

export interface CensoringDistribution {
  /** Of each group, ascending: times u at which a row is censored. */
  readonly groups: readonly CensoringTimes[];
  /** n: the group of each row. */
  readonly groupOf: Int32Array;
}

/** The m times at which rows of one group are censored. */
export interface CensoringTimes {
  readonly time: Float64Array;
  /** c(u) and π(u). */
  readonly censored: Float64Array;
  readonly atRisk: Float64Array;
  /** G(u), at and after each of the times, until the next. */
  readonly free: Float64Array;
  /** The last time of the group. */
  readonly last: number;
}

/** Estimate the censoring distribution of each level of `by`; of all rows as one without. O(n log n). */
export function censoringDistribution(
  { outcome, weights }: Pick<SurvivalFrame, "outcome" | "weights">,
  by: { readonly codes: Int32Array; readonly levels: readonly string[] } | null,
): CensoringDistribution {
  const n = outcome.time.length;
  const groupOf = by?.codes ?? new Int32Array(n);
  const rows: number[][] = Array.from({ length: by?.levels.length ?? 1 }, () => []);
  groupOf.forEach((group, row) => {
    rows[group]!.push(row);
  });
  return { groupOf, groups: rows.map((own) => censoringTimes(own, outcome, weights)) };
}

function censoringTimes(
  rows: number[],
  { time, event }: Pick<SurvivalFrame["outcome"], "time" | "event">,
  weights: Float64Array | null,
): CensoringTimes {
  rows.sort((a, b) => time[a]! - time[b]!);
  const found: Record<"time" | "censored" | "atRisk" | "free", number[]> = {
    time: [],
    censored: [],
    atRisk: [],
    free: [],
  };
  // Summed from the latest, so that the few that are left have all their digits.
  let atRisk = 0;
  for (let i = rows.length - 1; i >= 0; ) {
    const t = time[rows[i]!]!;
    let censored = 0;
    for (; i >= 0 && time[rows[i]!] === t; i--) {
      const weight = weights?.[rows[i]!] ?? 1;
      atRisk += weight;
      if (event[rows[i]!] === 0) censored += weight;
    }
    if (censored === 0) continue;
    found.time.push(t);
    found.censored.push(censored);
    found.atRisk.push(atRisk);
  }
  const ascending = (values: number[]): Float64Array => Float64Array.from(values).reverse();
  const [c, pi] = [ascending(found.censored), ascending(found.atRisk)];
  let G = 1;
  const free = c.map((censored, at) => {
    G *= Math.max(0, 1 - censored / pi[at]!);
    return G;
  });
  return { time: ascending(found.time), censored: c, atRisk: pi, free, last: time[rows.at(-1)!] ?? 0 };
}

/** G(t−) at each of some ascending times. */
export function freeJustBefore({ time, free, last }: CensoringTimes, times: Float64Array): Float64Array {
  let at = 0;
  return times.map((t) => {
    while (at < time.length && time[at]! < t) at++;
    if (t > last) return 0;
    return at === 0 ? 1 : free[at - 1]!;
  });
}
