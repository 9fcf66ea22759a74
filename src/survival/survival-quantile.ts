/**
 * Quantiles of the time to the event from a Kaplan–Meier curve: the median is the first time at which survival is at
 * most 0.5. Where the curve is flat at the wanted value, the middle of the flat part. Limits are the quantiles of the
 * confidence limits of S, where they first come down to the wanted value (as R prints medians; R's quantile.survfit sorts
 * limits that go up again, which happens with few at risk at first).
 * Sources: Brookmeyer and Crowley (1982) Biometrics 38:29–41; otherwise the conventions of R's quantile.survfit.
 * Checked: test/reference/kaplan-meier.
 */
import type { SurvivalCurve } from "./kaplan-meier.js";
import { type SurvivalIntervalKind, survivalInterval } from "./survival-interval.js";

/** How close to a quantile's probability a curve is flat at it: √ε. */
const TOLERANCE = 2 ** -26;

export interface SurvivalQuantile {
  /** In the trial's time unit; NaN: not reached. */
  readonly time: number;
  readonly lower: number;
  readonly upper: number;
}

/** The time by which a share `p` (0 < p < 1) has had the event, with limits; each NaN when it is not reached. */
export function survivalQuantile(
  curve: SurvivalCurve,
  p: number,
  kind: SurvivalIntervalKind,
  level: number,
): SurvivalQuantile {
  const { survival, seLog } = curve;
  const limits = Array.from(survival, (s, k) => survivalInterval(s, seLog[k]!, kind, level));
  return {
    time: timeOfShare(curve.times, (k) => survival[k]!, p),
    lower: timeOfShare(curve.times, (k) => limits[k]!.lower, p),
    upper: timeOfShare(curve.times, (k) => limits[k]!.upper, p),
  };
}

/** The first time at which a curve is at most 1 − p; the middle of the part that is flat at 1 − p. */
function timeOfShare(times: Float64Array, curveAt: (k: number) => number, p: number): number {
  const target = 1 - p;
  const n = times.length;
  let first = 0;
  while (first < n && !(curveAt(first) <= target + TOLERANCE)) first++;
  if (first === n) return Number.NaN;
  let below = first;
  while (below < n && !(curveAt(below) <= target - TOLERANCE)) below++;
  if (below < n) return (times[first]! + times[below]!) / 2;
  // Flat at 1 − p until the end; without a limit at the last time the end of the flat part is not known.
  return Number.isNaN(curveAt(n - 1)) ? Number.NaN : (times[first]! + times[n - 1]!) / 2;
}
