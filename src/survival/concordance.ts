/**
 * Concordance (Harrell's C): of all pairs in which it is known who had the event first, the share in which that was the
 * one with the higher predictor; ties of the predictor count half.
 *
 *     pairs  (i, j): i has an event at t_i, j is at risk then and does not have one at the same time; weight w_i w_j
 *     C      (concordant + tied/2)/pairs, over all strata, pairs within them
 *     SE     infinitesimal jackknife: √Σ_g (Σ_{i in g} w_i ∂C/∂w_i)², g a row, a participant or a cluster
 *
 * Cost       O(n log n): the weights at risk, and those of the events, are kept in Fenwick trees over the ranks of the
 *            predictor, one sweep down the times and one up.
 * Sources    Harrell et al. (1982) JAMA 247:2543–2546; Therneau & Atkinson, concordance vignette of survival.
 * Checked    test/reference/cox-* (concordance of survival); by counting all pairs.
 */
import type { ClusterCodes } from "./cox-sandwich.js";
import type { RiskSets } from "./risk-sets.js";

export interface Concordance {
  readonly estimate: number;
  readonly se: number;
}

/**
 * @param predictor  n by place; higher: the event is expected earlier.
 * @param clusters   of the rows of the frame, whose influence is summed; null: rows stand alone.
 */
export function concordance(sets: RiskSets, predictor: Float64Array, clusters: ClusterCodes | null): Concordance {
  const { n, weight, rowAt } = sets;
  const ranks = ranksOf(predictor);
  // By place: weight of the pairs that the row is in, and of the concordant ones (ties half).
  const pairs = new Float64Array(n);
  const agreeing = new Float64Array(n);
  for (let s = 0; s < sets.strata; s++) {
    countAsEvent(sets, s, ranks, pairs, agreeing);
    countAsSurvivor(sets, s, ranks, pairs, agreeing);
  }
  let all = 0;
  let good = 0;
  for (let place = 0; place < n; place++) {
    // Every pair has been counted for both of its rows.
    all += (weight[place]! * pairs[place]!) / 2;
    good += (weight[place]! * agreeing[place]!) / 2;
  }
  const estimate = good / all;
  const influence = new Float64Array(clusters?.count ?? n);
  for (let place = 0; place < n; place++) {
    const row = rowAt[place]!;
    influence[clusters?.codes[row] ?? row]! += (weight[place]! * (agreeing[place]! - estimate * pairs[place]!)) / all;
  }
  return { estimate, se: Math.sqrt(influence.reduce((sum, v) => sum + v * v, 0)) };
}

/** Ranks from 1; equal values share one. */
function ranksOf(values: Float64Array): { readonly rank: Int32Array; readonly count: number } {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const rank = new Int32Array(values.length);
  let count = 0;
  order.forEach((at, i) => {
    if (i === 0 || values[at] !== values[order[i - 1]!]) count++;
    rank[at] = count;
  });
  return { rank, count };
}

type Ranks = ReturnType<typeof ranksOf>;

/** For each event: those at risk with it, going down the times of a stratum. In place. */
function countAsEvent(
  { weight, event, time, start, stratumStart, placesByStart }: RiskSets,
  stratum: number,
  { rank, count }: Ranks,
  pairs: Float64Array,
  agreeing: Float64Array,
): void {
  const tree = new WeightTree(count);
  const end = stratumStart[stratum + 1]!;
  let leaver = stratumStart[stratum]!;
  for (let place = stratumStart[stratum]!; place < end; ) {
    const t = time[place]!;
    // Those censored at t come before the events of that time.
    for (; place < end && time[place] === t && event[place] === 0; place++) tree.add(rank[place]!, weight[place]!);
    const first = place;
    while (place < end && time[place] === t) place++;
    if (place === first) continue;
    if (placesByStart !== null && start !== null)
      for (; leaver < end && start[placesByStart[leaver]!]! >= t; leaver++) {
        const at = placesByStart[leaver]!;
        tree.add(rank[at]!, -weight[at]!);
      }
    for (let at = first; at < place; at++) {
      const below = tree.below(rank[at]!);
      pairs[at]! += tree.total;
      agreeing[at]! += (below + tree.below(rank[at]! + 1)) / 2;
    }
    for (let at = first; at < place; at++) tree.add(rank[at]!, weight[at]!);
  }
}

/** For each row: the events during its time at risk, going up the times of a stratum. In place. */
function countAsSurvivor(
  { weight, event, time, start, stratumStart, placesByStart }: RiskSets,
  stratum: number,
  { rank, count }: Ranks,
  pairs: Float64Array,
  agreeing: Float64Array,
): void {
  const tree = new WeightTree(count);
  const begin = stratumStart[stratum]!;
  const look = (at: number, sign: number): void => {
    // The event must have the higher predictor.
    const atMost = tree.below(rank[at]! + 1);
    pairs[at]! += sign * tree.total;
    agreeing[at]! += sign * (tree.total - (atMost + tree.below(rank[at]!)) / 2);
  };
  let starter = stratumStart[stratum + 1]! - 1;
  /** Rows that start before t: the events until then are not theirs. */
  const enter = (t: number): void => {
    if (placesByStart === null || start === null) return;
    for (; starter >= begin && start[placesByStart[starter]!]! < t; starter--) look(placesByStart[starter]!, -1);
  };
  for (let place = stratumStart[stratum + 1]! - 1; place >= begin; ) {
    const t = time[place]!;
    enter(t);
    const last = place;
    // Going up the places of a time: its events first, then those censored, who have outlived them.
    for (; place >= begin && time[place] === t && event[place] === 1; place--) look(place, 1);
    for (let at = last; at > place; at--) tree.add(rank[at]!, weight[at]!);
    for (; place >= begin && time[place] === t; place--) look(place, 1);
  }
}

/** Weights by rank with sums of those below a rank, both O(log n). */
class WeightTree {
  total = 0;
  private readonly sums: Float64Array;
  constructor(count: number) {
    this.sums = new Float64Array(count + 1);
  }

  add(rank: number, weight: number): void {
    this.total += weight;
    for (let at = rank; at < this.sums.length; at += at & -at) this.sums[at]! += weight;
  }

  /** Of ranks below this one. */
  below(rank: number): number {
    let sum = 0;
    for (let at = rank - 1; at > 0; at -= at & -at) sum += this.sums[at]!;
    return sum;
  }
}
