/**
 * Risk sets of the subdistribution hazard: at an event time t, everyone under observation, and those with a competing
 * event before t, who count by w(t) = G(t−)/G(T−), the chance of still being under observation at t.
 *
 * All sums over them are A(t) + Σ_g G_g(t−) B_g(t): A over those with T ≥ t, B_g over those of censoring group g with a
 * competing event before t, each divided by G_g(T−) once. A is summed from the latest time back and B from the first
 * on, so that neither loses digits, and a pass over n rows is O(n p²) instead of O(n²).
 *
 * Place      Rows are sorted by ascending time; a row's place is its index in that order. The arrays here are by place.
 */
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { type CensoringDistribution, freeJustBefore } from "./censoring-distribution.js";

export interface SubdistributionSets {
  readonly n: number;
  readonly p: number;
  /** n: the row of the frame at each place. */
  readonly rowAt: Int32Array;
  /** n×p, less `centre` (p), the means over the rows. */
  readonly X: Float64Array;
  readonly centre: Float64Array;
  /** n; 1 without weights, 0 without offset. */
  readonly weight: Float64Array;
  readonly offset: Float64Array;
  readonly time: Float64Array;
  /** n: 0 censored, 1 the event of interest, 2 a competing event. */
  readonly ending: Uint8Array;
  /** n: censoring group, and G(T−) in it. */
  readonly group: Int32Array;
  readonly freeAtEnd: Float64Array;
  readonly groups: number;
  /** m distinct times of the event of interest, ascending. */
  readonly times: Float64Array;
  /** m: Σ weights of the events at each. */
  readonly events: Float64Array;
  /** m: the first place with T ≥ t. */
  readonly from: Int32Array;
  /** m×groups: G(t−). */
  readonly free: Float64Array;
}

/** Sort the rows of a frame without left truncation, and find its event times. O(n log n). @param event  k of `outcome.event`. */
export function toSubdistributionSets(
  { X: design, outcome, weights, offset }: Pick<SurvivalFrame, "X" | "outcome" | "weights" | "offset">,
  event: number,
  censoring: CensoringDistribution,
): SubdistributionSets {
  const { rows: n, cols: p } = design;
  const rowAt = Int32Array.from(outcome.time.keys()).sort((a, b) => outcome.time[a]! - outcome.time[b]! || a - b);
  const byPlace = (values: Float64Array): Float64Array => Float64Array.from(rowAt, (row) => values[row]!);
  const time = byPlace(outcome.time);
  const ending = Uint8Array.from(rowAt, (row) => (outcome.event[row] === 0 ? 0 : outcome.event[row] === event ? 1 : 2));
  const weight = weights === null ? new Float64Array(n).fill(1) : byPlace(weights);
  const centre = new Float64Array(p);
  for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) centre[j]! += design.data[i * p + j]! / n;
  const X = new Float64Array(n * p);
  for (let place = 0; place < n; place++)
    for (let j = 0; j < p; j++) X[place * p + j] = design.data[rowAt[place]! * p + j]! - centre[j]!;

  const found: { times: number[]; events: number[]; from: number[] } = { times: [], events: [], from: [] };
  for (let place = 0; place < n; ) {
    const [first, t] = [place, time[place]!];
    let events = 0;
    for (; place < n && time[place] === t; place++) if (ending[place] === 1) events += weight[place]!;
    if (events === 0) continue;
    found.times.push(t);
    found.events.push(events);
    found.from.push(first);
  }
  const times = Float64Array.from(found.times);
  const groups = censoring.groups.length;
  const free = new Float64Array(times.length * groups);
  const group = Int32Array.from(rowAt, (row) => censoring.groupOf[row]!);
  const freeAtEnd = new Float64Array(n);
  censoring.groups.forEach((own, g) => {
    freeJustBefore(own, times).forEach((value, at) => {
      free[at * groups + g] = value;
    });
    freeJustBefore(own, time).forEach((value, place) => {
      if (group[place] === g) freeAtEnd[place] = value;
    });
  });
  return {
    ...{ n, p, rowAt, X, centre, weight, time, ending, group, freeAtEnd, groups, times, free },
    offset: offset === null ? new Float64Array(n) : byPlace(offset),
    events: Float64Array.from(found.events),
    from: Int32Array.from(found.from),
  };
}

/** η and w exp(η − its largest) of each place at β (p). */
export function subdistributionRisks({ n, p, X, offset, weight }: SubdistributionSets, beta: Float64Array) {
  const eta = offset.slice();
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < p; j++, at++) eta[i]! += X[at]! * beta[j]!;
  const top = eta.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return { eta, top, risk: eta.map((value, i) => weight[i]! * Math.exp(value - top)) };
}

/**
 * Go over the m event times, from the latest to the earliest, with the sums over the risk set:
 * S0 = Σ r, S1 = Σ r x (p), S2 = Σ r xx' (lower triangle, row by row, p(p + 1)/2), in that order in one array.
 * The array is the scan's own and changes after the visit.
 *
 * @param order  How many of the three: 0 (S0 alone), 1 or 2.
 */
export function scanSubdistributionSets(
  { n, p, X, ending, group, freeAtEnd, groups, times, from, free }: SubdistributionSets,
  risk: Float64Array,
  order: 0 | 1 | 2,
  visit: (at: number, sums: Float64Array) => void,
): void {
  const size = 1 + (order > 0 ? p : 0) + (order > 1 ? (p * (p + 1)) / 2 : 0);
  const m = times.length;
  const add = (sums: Float64Array, base: number, place: number, r: number): void => {
    sums[base]! += r;
    if (order === 0) return;
    const row = place * p;
    for (let j = 0, square = base + 1 + p; j < p; j++) {
      const rx = r * X[row + j]!;
      sums[base + 1 + j]! += rx;
      if (order === 2) for (let l = 0; l <= j; l++, square++) sums[square]! += rx * X[row + l]!;
    }
  };

  const competing = new Float64Array(m * size);
  const byGroup = new Float64Array(groups * size);
  for (let at = 0, place = 0; at < m; at++) {
    for (; place < from[at]!; place++)
      if (ending[place] === 2) add(byGroup, group[place]! * size, place, risk[place]! / freeAtEnd[place]!);
    for (let g = 0; g < groups; g++) {
      const G = free[at * groups + g]!;
      for (let s = 0; s < size; s++) competing[at * size + s]! += G * byGroup[g * size + s]!;
    }
  }

  const observed = new Float64Array(size);
  const sums = new Float64Array(size);
  for (let at = m - 1, place = n - 1; at >= 0; at--) {
    for (; place >= from[at]!; place--) add(observed, 0, place, risk[place]!);
    for (let s = 0; s < size; s++) sums[s] = observed[s]! + competing[at * size + s]!;
    visit(at, sums);
  }
}
