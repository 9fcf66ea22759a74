/** From the log scale, on which everything is estimated and tested, to a ratio. */
import type { Estimate } from "./estimate.js";

/**
 * The ratio of an estimate on the log scale: estimate and interval exponentiated; `se`, df, statistic and p stay those
 * of the logarithm.
 */
export function toRatio(estimate: Estimate, name: string, measure: string): Estimate {
  const exponential = (value: number | null) => (value === null ? null : Math.exp(value));
  return {
    ...estimate,
    name,
    measure,
    unit: null,
    estimate: exponential(estimate.estimate),
    lower: exponential(estimate.lower),
    upper: exponential(estimate.upper),
  };
}
