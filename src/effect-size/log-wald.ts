/** A ratio with its test and interval, normal on the log scale (Wald; Woolf 1955, Katz et al. 1978). */
import { normalQuantile, twoSidedT } from "../numeric/distributions.js";
import type { EffectSize } from "./effect-size.js";

/** @param se  of the logarithm; 0 where it cannot be told, and then there is no test and no interval. */
export function logWald(measure: string, ratio: number, se: number, level: number): EffectSize {
  const known = se > 0 ? se : Number.NaN;
  const statistic = Math.log(ratio) / known;
  const half = normalQuantile(1 - (1 - level) / 2) * known;
  return {
    measure,
    estimate: ratio,
    se: known,
    df: Number.POSITIVE_INFINITY,
    statistic,
    p: Number.isNaN(statistic) ? Number.NaN : twoSidedT(statistic, Number.POSITIVE_INFINITY),
    lower: ratio * Math.exp(-half),
    upper: ratio * Math.exp(half),
  };
}
