/**
 * Risk sets: who is under observation at each event time, found once for a frame and scanned at every evaluation.
 *
 * Rows are sorted by stratum and, within it, from the latest time to the earliest, so that going down the event times
 * rows only enter; with a start of observation (left truncation, intervals of a participant) a second order, by
 * descending start, says who leaves again. A scan is one pass over the rows, O(n) after the sort, whatever the risk sets.
 *
 * Symbols    n rows, p covariates, G event times (of all strata), r = w exp(η) weighted relative risk;
 *            S0 S1 S2 = Σ r, Σ r x, Σ r xx' over the risk set, W0 W1 W2 the same over the events tied at one time.
 * Place      A row's place is its index in the sorted order; the arrays here are by place, not by row.
 */
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { latestFirst } from "./latest-first.js";

/** What risk sets are made of: a survival frame has it. */
export type SurvivalRows = Pick<SurvivalFrame, "X" | "offset" | "weights" | "strata"> & {
  readonly outcome: Pick<SurvivalFrame["outcome"], "start" | "time" | "event">;
};

export interface RiskSets {
  readonly n: number;
  readonly p: number;
  readonly strata: number;
  /** n: the row of the frame at each place. */
  readonly rowAt: Int32Array;
  /** n: places by stratum and descending start; null when all are observed from the beginning. */
  readonly placesByStart: Int32Array | null;
  /** n×p by place, less `centre`. */
  readonly X: Float64Array;
  /** p: column means. Differences of covariates are all that the likelihood knows; centring keeps their digits. */
  readonly centre: Float64Array;
  /** n by place; 1 without weights, 0 without offset. */
  readonly weight: Float64Array;
  readonly offset: Float64Array;
  readonly start: Float64Array | null;
  readonly time: Float64Array;
  /** 1: the event that is modelled. A row of weight zero has none. */
  readonly event: Uint8Array;
  readonly stratum: Int32Array;
  /** strata + 1: the first place of each stratum. */
  readonly stratumStart: Int32Array;
  readonly times: EventTimes;
  /** Rows with an event. */
  readonly events: number;
}

/** The G distinct event times, by stratum and descending time. Arrays of G. */
export interface EventTimes {
  readonly count: number;
  readonly stratum: Int32Array;
  readonly time: Float64Array;
  /** Places of the stratum before this one are those with time ≥ t; the events at t are the last `events` of them. */
  readonly entered: Int32Array;
  /** Entries of `placesByStart` before this one, of the stratum, have start ≥ t; 0 without starts. */
  readonly left: Int32Array;
  readonly events: Int32Array;
  /** Σ w of the events. */
  readonly weight: Float64Array;
}

/**
 * Sort the rows of a frame and find its event times. O(n log n), linear memory.
 *
 * @param cause  the event that is modelled, k of `outcome.event`; others are censored at their time. Default 1.
 */
export function toRiskSets(rows: SurvivalRows, cause = 1): RiskSets {
  const { X: design, outcome, strata, weights } = rows;
  const { rows: n, cols: p } = design;
  const codes = strata?.codes ?? new Int32Array(n);
  const strataCount = strata?.levels.length ?? 1;
  const isEvent = new Uint8Array(n);
  for (let i = 0; i < n; i++) isEvent[i] = outcome.event[i] === cause && (weights === null || weights[i]! > 0) ? 1 : 0;
  const rowAt = latestFirst(codes, outcome.time, isEvent);
  const centre = columnMeans(design.data, n, p);
  const X = new Float64Array(n * p);
  for (let place = 0; place < n; place++) {
    const from = rowAt[place]! * p;
    for (let j = 0, to = place * p; j < p; j++, to++) X[to] = design.data[from + j]! - centre[j]!;
  }
  const byPlace = (values: Float64Array): Float64Array => {
    const placed = new Float64Array(n);
    for (let place = 0; place < n; place++) placed[place] = values[rowAt[place]!]!;
    return placed;
  };
  const time = byPlace(outcome.time);
  const start = outcome.start === null ? null : byPlace(outcome.start);
  const weight = weights === null ? new Float64Array(n).fill(1) : byPlace(weights);
  const event = new Uint8Array(n);
  const stratum = new Int32Array(n);
  for (let place = 0; place < n; place++) {
    event[place] = isEvent[rowAt[place]!]!;
    stratum[place] = codes[rowAt[place]!]!;
  }
  const stratumStart = new Int32Array(strataCount + 1);
  for (let i = 0; i < n; i++) stratumStart[codes[i]! + 1]!++;
  for (let s = 0; s < strataCount; s++) stratumStart[s + 1]! += stratumStart[s]!;
  const placesByStart = start === null ? null : latestFirst(stratum, start, null);
  const times = eventTimes({ n, strataCount, stratumStart, time, start, placesByStart, event, weight });
  return {
    n,
    p,
    strata: strataCount,
    rowAt,
    placesByStart,
    X,
    centre,
    weight,
    offset: rows.offset === null ? new Float64Array(n) : byPlace(rows.offset),
    start,
    time,
    event,
    stratum,
    stratumStart,
    times,
    events: event.reduce((sum, e) => sum + e, 0),
  };
}

function columnMeans(data: Float64Array, n: number, p: number): Float64Array {
  const means = new Float64Array(p);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < p; j++, at++) means[j]! += data[at]!;
  return means.map((sum) => sum / n);
}

function eventTimes(sorted: {
  readonly n: number;
  readonly strataCount: number;
  readonly stratumStart: Int32Array;
  readonly time: Float64Array;
  readonly start: Float64Array | null;
  readonly placesByStart: Int32Array | null;
  readonly event: Uint8Array;
  readonly weight: Float64Array;
}): EventTimes {
  const { n, strataCount, stratumStart, time, start, placesByStart, event, weight } = sorted;
  const made = { stratum: [], time: [], entered: [], left: [], events: [], weight: [] } as Record<string, number[]>;
  for (let s = 0; s < strataCount; s++) {
    const end = stratumStart[s + 1]!;
    let left = stratumStart[s]!;
    for (let place = stratumStart[s]!; place < end; ) {
      const t = time[place]!;
      let events = 0;
      let sum = 0;
      for (; place < end && time[place] === t; place++) {
        if (event[place] === 0) continue;
        events++;
        sum += weight[place]!;
      }
      if (events === 0) continue;
      if (start !== null && placesByStart !== null)
        while (left < n && left < end && start[placesByStart[left]!]! >= t) left++;
      made["stratum"]!.push(s);
      made["time"]!.push(t);
      made["entered"]!.push(place);
      made["left"]!.push(start === null ? 0 : left);
      made["events"]!.push(events);
      made["weight"]!.push(sum);
    }
  }
  return {
    count: made["time"]!.length,
    stratum: Int32Array.from(made["stratum"]!),
    time: Float64Array.from(made["time"]!),
    entered: Int32Array.from(made["entered"]!),
    left: Int32Array.from(made["left"]!),
    events: Int32Array.from(made["events"]!),
    weight: Float64Array.from(made["weight"]!),
  };
}

/** Relative risks of the rows at some β. */
export interface RelativeRisks {
  /** n by place: x'β of the centred covariates, plus the offset. */
  readonly eta: Float64Array;
  /** n by place: w exp(η − top of the stratum), at most w. */
  readonly risk: Float64Array;
  /** The largest η of each stratum: taken off, so that nothing overflows. */
  readonly top: Float64Array;
}

/** η and r of every row. @param beta  p. */
export function relativeRisks(sets: RiskSets, beta: Float64Array): RelativeRisks {
  const { n, p, X, offset } = sets;
  const eta = offset.slice();
  for (let i = 0, at = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < p; j++, at++) sum += X[at]! * beta[j]!;
    eta[i]! += sum;
  }
  return risksOf(sets, eta);
}

/** The same from linear predictors by place, for models that make them otherwise. */
export function risksOf({ n, weight, stratum, strata }: RiskSets, eta: Float64Array): RelativeRisks {
  const top = new Float64Array(strata).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < n; i++) if (eta[i]! > top[stratum[i]!]! && weight[i]! > 0) top[stratum[i]!] = eta[i]!;
  const risk = new Float64Array(n);
  for (let i = 0; i < n; i++) risk[i] = weight[i] === 0 ? 0 : weight[i]! * Math.exp(eta[i]! - top[stratum[i]!]!);
  return { eta, risk, top };
}

/** Running sums at one event time. The matrices hold their lower triangles, row by row (p×p). */
export interface RiskSums {
  readonly s1: Float64Array;
  readonly s2: Float64Array;
  readonly w1: Float64Array;
  readonly w2: Float64Array;
}

/** A risk set that has lost all but this share of what it once held is summed afresh: no digits are left in the rest. */
const WORN = 1e-7;

/**
 * Go over the event times by stratum, from the latest to the earliest, with the sums over the risk set and over the
 * events. The arrays are the scan's own and change after the visit.
 *
 * @param order  0: S0 and W0 alone; 1: S1 and W1 too; 2: S2 and W2 too.
 */
export function scanRiskSets(
  sets: RiskSets,
  risk: Float64Array,
  order: 0 | 1 | 2,
  visit: (g: number, s0: number, w0: number, sums: RiskSums) => void,
): void {
  const { p, X, times, stratumStart, placesByStart, start } = sets;
  const width = order === 0 ? 0 : p;
  const size = order === 2 ? p * p : 0;
  const s1 = new Float64Array(width);
  const s2 = new Float64Array(size);
  const w1 = new Float64Array(width);
  const w2 = new Float64Array(size);
  const sums = { s1, s2, w1, w2 };
  let s0 = 0;
  let most = 0;
  let stratum = -1;
  let place = 0;
  let leaver = 0;
  for (let g = 0; g < times.count; g++) {
    if (times.stratum[g] !== stratum) {
      stratum = times.stratum[g]!;
      place = stratumStart[stratum]!;
      leaver = place;
      s0 = 0;
      most = 0;
      s1.fill(0);
      s2.fill(0);
    }
    const entered = times.entered[g]!;
    const firstEvent = entered - times.events[g]!;
    s0 += addRows(X, risk, place, firstEvent, s1, s2, width, size);
    w1.fill(0);
    w2.fill(0);
    const w0 = addRows(X, risk, firstEvent, entered, w1, w2, width, size);
    s0 += w0;
    for (let j = 0; j < width; j++) s1[j]! += w1[j]!;
    for (let a = 0; a < size; a++) s2[a]! += w2[a]!;
    place = entered;
    if (placesByStart !== null && start !== null) {
      if (s0 > most) most = s0;
      for (const end = times.left[g]!; leaver < end; leaver++) {
        const at = placesByStart[leaver]!;
        s0 -= risk[at]!;
        removeRow(X, risk[at]!, at, s1, s2, width, size);
      }
      if (!(s0 > WORN * most)) {
        s1.fill(0);
        s2.fill(0);
        s0 = 0;
        const t = times.time[g]!;
        for (let at = stratumStart[stratum]!; at < entered; at++)
          if (start[at]! < t) s0 += addRows(X, risk, at, at + 1, s1, s2, width, size);
        most = s0;
      }
    }
    visit(g, s0, w0, sums);
  }
}

/** Σ r over places from … to − 1, returned; Σ r x and Σ r xx' (lower triangle) added in place. */
function addRows(
  X: Float64Array,
  risk: Float64Array,
  from: number,
  to: number,
  sum1: Float64Array,
  sum2: Float64Array,
  width: number,
  size: number,
): number {
  let sum = 0;
  for (let at = from; at < to; at++) {
    const r = risk[at]!;
    sum += r;
    const row = at * width;
    for (let j = 0; j < width; j++) {
      const rx = r * X[row + j]!;
      sum1[j]! += rx;
      if (size > 0) for (let l = 0, to2 = j * width; l <= j; l++, to2++) sum2[to2]! += rx * X[row + l]!;
    }
  }
  return sum;
}

function removeRow(
  X: Float64Array,
  r: number,
  at: number,
  sum1: Float64Array,
  sum2: Float64Array,
  width: number,
  size: number,
): void {
  const row = at * width;
  for (let j = 0; j < width; j++) {
    const rx = r * X[row + j]!;
    sum1[j]! -= rx;
    if (size > 0) for (let l = 0, to = j * width; l <= j; l++, to++) sum2[to]! -= rx * X[row + l]!;
  }
}
