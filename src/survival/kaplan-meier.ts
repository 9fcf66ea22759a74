/**
 * The Kaplan–Meier estimator of survival.
 *
 * Estimator  S(t) = Π_{s ≤ t} (1 − d_s/n_s) over the times s of events: d_s events among n_s at risk just before s.
 * Variance   Greenwood: var log S(t) = Σ_{s ≤ t} d_s / (n_s (n_s − d_s)); se S = S · se log S.
 * Risk sets  A row is at risk in (start, stop]; with start null from the beginning, time 0 too. Events come before
 *            censorings at the same time.
 * Weights    Any above 0. A row of whole weight w is w participants; for other weights, of a sample or of a propensity score,
 *            Greenwood's variance does not hold and clusters are to be given: participants or rows.
 * Clusters   The infinitesimal jackknife: se S is the root of the sum over clusters of (Σ w ∂S/∂w)², without a correction for few
 *            of them; see survival-jackknife.ts.
 * Sources    Kaplan and Meier (1958) JASA 53:457–481; Greenwood (1926).
 * Checked    test/reference/kaplan-meier (R's survfit), test/survival/kaplan-meier.test.ts (worked by hand).
 */
import type { SurvivalOutcome } from "../formula/survival-frame.js";
import type { ClusterCodes } from "./cox-sandwich.js";
import { type CurveJackknife, curveJackknife } from "./survival-jackknife.js";

/** Rows of a survival frame with one kind of event (`event` above 0). */
export type SurvivalTimes = Pick<SurvivalOutcome, "start" | "time" | "event">;

/** One group's estimate at each of its k distinct times, ascending, of events and censorings. */
export interface SurvivalCurve {
  /** k, in the trial's time unit. */
  readonly times: Float64Array;
  /** k: at risk just before the time, and events at it (sums of weights). */
  readonly atRisk: Float64Array;
  readonly events: Float64Array;
  /** k: S at the time and until the next. */
  readonly survival: Float64Array;
  /** k: standard error of log S; infinite where S is 0, NaN where it cannot be told between clusters. */
  readonly seLog: Float64Array;
}

/** Who is left of a risk set after an event, as a share of it, when that is the rounding of sums of weights. */
const NOBODY = 1e-10;

/**
 * Kaplan–Meier estimate from some rows, at least one. O(n log n) in the number of rows.
 *
 * @param weights   above 0 for each row of `times`, whole numbers without clusters; null: 1
 * @param rows      indices into `times`
 * @param clusters  of each row of `times`: for the infinitesimal jackknife; null: Greenwood's variance
 */
export function kaplanMeier(
  { start, time, event }: SurvivalTimes,
  weights: Float64Array | null,
  rows: Int32Array,
  clusters: ClusterCodes | null = null,
): SurvivalCurve {
  const byTime = sortedBy(time, rows);
  const byStart = start === null ? null : sortedBy(start, rows);
  const weightOf = (row: number): number => weights?.[row] ?? 1;
  const distinct = countDistinct(time, byTime);
  const curve = {
    times: new Float64Array(distinct),
    atRisk: new Float64Array(distinct),
    events: new Float64Array(distinct),
    survival: new Float64Array(distinct),
    seLog: new Float64Array(distinct),
  };
  const jackknife: CurveJackknife | null = clusters === null ? null : curveJackknife(clusters, rows);
  if (byStart === null) for (const row of rows) jackknife?.enter(row, weightOf(row));
  let atRisk = byStart === null ? rows.reduce((sum, row) => sum + weightOf(row), 0) : 0;
  let entered = 0;
  let survival = 1;
  let variance = 0;
  for (let i = 0, k = 0; i < byTime.length; k++) {
    const at = time[byTime[i]!]!;
    if (byStart !== null) {
      for (; entered < byStart.length && start![byStart[entered]!]! < at; entered++) {
        const row = byStart[entered]!;
        atRisk += weightOf(row);
        jackknife?.enter(row, weightOf(row));
      }
    }
    let events = 0;
    let leaving = 0;
    const first = i;
    for (; i < byTime.length && time[byTime[i]!] === at; i++) {
      const row = byTime[i]!;
      leaving += weightOf(row);
      if (event[row]! > 0) events += weightOf(row);
    }
    if (events > 0) {
      // All of them: exactly so, whatever the sums of weights have rounded.
      if (atRisk - events <= NOBODY * atRisk) atRisk = events;
      survival *= (atRisk - events) / atRisk;
      variance += events / (atRisk * (atRisk - events));
    }
    jackknife?.events(atRisk, events);
    for (let a = first; a < i; a++) jackknife?.leave(byTime[a]!, weightOf(byTime[a]!), event[byTime[a]!]! > 0);
    curve.times[k] = at;
    curve.atRisk[k] = atRisk;
    curve.events[k] = events;
    curve.survival[k] = survival;
    curve.seLog[k] = jackknife === null || variance === Number.POSITIVE_INFINITY ? Math.sqrt(variance) : jackknife.se();
    atRisk -= leaving;
  }
  return curve;
}

/** Rows in ascending order of their values. */
function sortedBy(values: Float64Array, rows: Int32Array): Int32Array {
  return rows.slice().sort((a, b) => values[a]! - values[b]!);
}

function countDistinct(time: Float64Array, sorted: Int32Array): number {
  let count = 0;
  for (let i = 0; i < sorted.length; i++) if (i === 0 || time[sorted[i]!] !== time[sorted[i - 1]!]) count++;
  return count;
}

/**
 * Place of the last of the curve's times that is at most `at` (or above it by rounding alone); −1 when all are later.
 * The step there is the estimate at `at`.
 */
export function stepAt({ times }: SurvivalCurve, at: number): number {
  const until = at + Math.abs(at) * 2 ** -26;
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= until) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** S and se log S at a time of which the curve may say nothing: NaN after the last censoring, 0 and ∞ after S is 0. */
export function survivalAt(curve: SurvivalCurve, at: number): { readonly survival: number; readonly seLog: number } {
  const step = stepAt(curve, at);
  if (step === -1) return { survival: 1, seLog: 0 };
  const [survival, seLog] = [curve.survival[step]!, curve.seLog[step]!];
  return isKnown(curve, at) ? { survival, seLog } : { survival: Number.NaN, seLog: Number.NaN };
}

/** How many (sums of weights) are at risk just before each time, and have had the event up to and with it. */
export function countsAt(
  { start, time, event }: SurvivalTimes,
  weights: Float64Array | null,
  rows: Int32Array,
  at: number,
): { readonly atRisk: number; readonly events: number } {
  const slack = at * 2 ** -26;
  let atRisk = 0;
  let events = 0;
  for (const row of rows) {
    const weight = weights?.[row] ?? 1;
    const [begin, end] = [start?.[row] ?? 0, time[row]!];
    // Who is observed from 0 is at risk at 0.
    if (end >= at - slack && (begin < at - slack || begin === 0)) atRisk += weight;
    if (event[row]! > 0 && end <= at + slack) events += weight;
  }
  return { atRisk, events };
}

/** Whether the curve says anything at a time: somebody was followed so long, or nobody was left. */
export function isKnown(curve: SurvivalCurve, at: number): boolean {
  const last = curve.times.length - 1;
  return curve.survival[last] === 0 || at <= curve.times[last]! * (1 + 2 ** -26);
}
