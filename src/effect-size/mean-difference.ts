/**
 * Difference of two means, without assuming equal variances.
 *
 * Source   Welch (1947) Biometrika 34:28–35; degrees of freedom by Satterthwaite (1946).
 * Checked  test/reference/effect-sizes (R's t.test).
 */
import { tQuantile, twoSidedT } from "../numeric/distributions.js";
import type { ArmSummary } from "./arm-summary.js";
import type { EffectSize } from "./effect-size.js";

/** Mean of the arm less mean of the reference, in the outcome's unit. Without variance there is no test and no interval. */
export function meanDifference(arm: ArmSummary, reference: ArmSummary, level: number): EffectSize {
  const estimate = arm.mean - reference.mean;
  const parts = [arm, reference].map(({ n, variance }) => ({ share: variance / n, df: n - 1 }));
  const variance = parts.reduce((sum, { share }) => sum + share, 0);
  const se = variance > 0 ? Math.sqrt(variance) : Number.NaN;
  const df = variance ** 2 / parts.reduce((sum, part) => sum + part.share ** 2 / part.df, 0);
  const statistic = estimate / se;
  const half = Number.isNaN(se) ? Number.NaN : tQuantile(1 - (1 - level) / 2, df) * se;
  return {
    measure: "mean-difference",
    estimate,
    se,
    df,
    statistic,
    p: Number.isNaN(se) ? Number.NaN : twoSidedT(statistic, df),
    lower: estimate - half,
    upper: estimate + half,
  };
}
