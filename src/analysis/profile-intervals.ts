/** Estimates whose intervals become those of the profile likelihood; their tests stay as they are. */
import type { Estimate } from "../inference/estimate.js";
import type { ProfileInterval } from "../mixed/profile-limits.js";

/**
 * Intervals by name. A ratio has the exponential of its coefficient's. What has no profile (means, correlations)
 * keeps the interval it has.
 */
export function withProfileIntervals(
  estimates: readonly Estimate[],
  intervals: readonly ProfileInterval[],
): Estimate[] {
  const byName = new Map(intervals.map((interval) => [interval.name, interval]));
  return estimates.map((estimate) => {
    const ratio = /^(?:odds|rate)-ratio:(.*)$/s.exec(estimate.name);
    const interval = byName.get(ratio === null ? estimate.name : `coefficient:${ratio[1]}`);
    if (interval === undefined) return estimate;
    const scale = (limit: number | null) => (limit === null || ratio === null ? limit : Math.exp(limit));
    return { ...estimate, lower: scale(interval.lower), upper: scale(interval.upper) };
  });
}
