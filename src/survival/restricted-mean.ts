/**
 * Restricted mean survival time: the mean time free of the event up to a horizon τ, the area under the Kaplan–Meier
 * curve from 0 to τ.
 *
 * Variance   Σ_{s ≤ τ} A_s² d_s / (n_s (n_s − d_s)), A_s the area from s to τ (Greenwood's; a term with n_s = d_s is 0,
 *            as its area is).
 * Clusters   The infinitesimal jackknife: the sum over clusters of squares of Σ w ∂mean/∂w, where the derivative by the weight of
 *            row i is −Σ_{s ≤ τ} A_s (δ_i(s) − Y_i(s) d_s/n_s) / (n_s − d_s); see survival-jackknife.ts.
 * Sources    Irwin (1949) J Hyg 47:188–189; Royston and Parmar (2013) BMC Med Res Methodol 13:152;
 *            Uno et al. (2014) J Clin Oncol 32:2380–2385.
 * Checked    test/reference/kaplan-meier (print(rmean = τ) of R's survfit; its residuals of the area).
 */
import type { ClusterCodes } from "./cox-sandwich.js";
import { isKnown, type SurvivalCurve, type SurvivalTimes, stepAt } from "./kaplan-meier.js";

export interface RestrictedMean {
  /** In the trial's time unit; NaN when nobody was followed to τ while some were free of the event. */
  readonly mean: number;
  readonly se: number;
}

/** @param horizon  τ > 0. */
export function restrictedMean(curve: SurvivalCurve, horizon: number): RestrictedMean {
  if (!isKnown(curve, horizon)) return { mean: Number.NaN, se: Number.NaN };
  const { times, atRisk, events, survival } = curve;
  let area = 0;
  let variance = 0;
  let end = horizon;
  for (let k = stepAt(curve, horizon); k >= 0; k--) {
    area += Math.max(end - times[k]!, 0) * survival[k]!;
    end = times[k]!;
    const [n, d] = [atRisk[k]!, events[k]!];
    if (d > 0 && n > d) variance += (area * area * d) / (n * (n - d));
  }
  return { mean: area + end, se: Math.sqrt(variance) };
}

/**
 * Of each cluster, the sum of w times the derivative of the restricted mean up to τ by w; zeros for clusters without rows in the
 * curve. The variance of the mean is the sum of their squares; of a difference of means, that of the squares of differences.
 *
 * @param curve  of the same times, weights and rows.
 */
export function restrictedMeanScores(
  curve: SurvivalCurve,
  { start, time, event }: SurvivalTimes,
  weights: Float64Array | null,
  rows: Int32Array,
  { codes, count }: ClusterCodes,
  horizon: number,
): Float64Array {
  const { times, atRisk, events, survival } = curve;
  const last = stepAt(curve, horizon);
  /** A_s / (n_s − d_s), and Σ_{s ≤ t} A_s d_s / (n_s (n_s − d_s)) up to each time. */
  const ofEvent = new Float64Array(last + 1);
  const below = new Float64Array(last + 1);
  let area = 0;
  let end = horizon;
  for (let k = last; k >= 0; k--) {
    area += Math.max(end - times[k]!, 0) * survival[k]!;
    end = times[k]!;
    if (events[k]! > 0 && atRisk[k]! > events[k]!) ofEvent[k] = area / (atRisk[k]! - events[k]!);
  }
  for (let k = 0; k <= last; k++) below[k] = (k === 0 ? 0 : below[k - 1]!) + (ofEvent[k]! * events[k]!) / atRisk[k]!;
  const scores = new Float64Array(count);
  for (const row of rows) {
    const ends = lastAtMost(times, time[row]!);
    const within = Math.min(ends, last);
    const begins = start === null ? -1 : Math.min(lastAtMost(times, start[row]!), last);
    const seen = (within < 0 ? 0 : below[within]!) - (begins < 0 ? 0 : below[begins]!);
    const own = event[row]! > 0 && ends <= last ? ofEvent[ends]! : 0;
    scores[codes[row]!]! -= (weights?.[row] ?? 1) * (own - seen);
  }
  return scores;
}

/** Place of the last of ascending values that is at most x; −1 when there is none. */
function lastAtMost(values: Float64Array, x: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
