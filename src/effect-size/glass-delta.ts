/**
 * Glass's delta: the difference of two means in units of the reference arm's standard deviation.
 *
 * Interval  From the noncentral t distribution with n₀ − 1 degrees of freedom, δ scaled by √(1/n₀ + s₁²/(n₁ s₀²)), as in
 *           R's effectsize: exact when both arms vary alike, near it otherwise.
 * SE        √(1/n₀ + s₁²/(n₁ s₀²) + Δ²/(2 (n₀ − 1))), for large samples.
 * Sources   Glass (1976); Hedges & Olkin (1985), ch. 5; Algina, Keselman & Penfield (2006).
 * Checked   test/reference/effect-sizes (R's effectsize).
 */
import { noncentralityInterval } from "../numeric/noncentral-t.js";
import type { ArmSummary } from "./arm-summary.js";
import { type EffectSize, noTest, notDefined } from "./effect-size.js";

/** (Mean of the arm − mean of the reference) / SD of the reference. Not defined when the reference does not vary. */
export function glassDelta(arm: ArmSummary, reference: ArmSummary, level: number): EffectSize {
  const sd = Math.sqrt(reference.variance);
  if (!(sd > 0)) return notDefined("glass-delta");
  const df = reference.n - 1;
  const estimate = (arm.mean - reference.mean) / sd;
  const scale = Math.sqrt(1 / reference.n + arm.variance / (arm.n * reference.variance));
  const { lower, upper } = noncentralityInterval(estimate / scale, df, level);
  return {
    measure: "glass-delta",
    estimate,
    se: Math.hypot(scale, estimate / Math.sqrt(2 * df)),
    df,
    ...noTest,
    lower: lower * scale,
    upper: upper * scale,
  };
}
