/**
 * Cohen's d: the difference of two means in units of the standard deviation pooled within arms.
 *
 * Interval  From the noncentral t distribution: d √(n₁n₀/(n₁+n₀)) is noncentral t with n₁ + n₀ − 2 degrees of freedom.
 * SE        √(1/n₁ + 1/n₀ + d²/(2 df)), for large samples; the interval does not rest on it.
 * Sources   Cohen (1988); Hedges & Olkin (1985), ch. 5; Steiger & Fouladi (1997).
 * Checked   test/reference/effect-sizes (R's effectsize).
 */
import { noncentralityInterval } from "../numeric/noncentral-t.js";
import { type ArmSummary, pooledSd } from "./arm-summary.js";
import { type EffectSize, noTest, notDefined } from "./effect-size.js";

/** (Mean of the arm − mean of the reference) / pooled SD. Not defined when neither arm varies. */
export function cohensD(arm: ArmSummary, reference: ArmSummary, level: number): EffectSize {
  const { sd, df } = pooledSd([arm, reference]);
  if (!(sd > 0)) return notDefined("cohens-d");
  const estimate = (arm.mean - reference.mean) / sd;
  const scale = Math.sqrt(1 / arm.n + 1 / reference.n);
  const { lower, upper } = noncentralityInterval(estimate / scale, df, level);
  return {
    measure: "cohens-d",
    estimate,
    se: Math.hypot(scale, estimate / Math.sqrt(2 * df)),
    df,
    ...noTest,
    lower: lower * scale,
    upper: upper * scale,
  };
}
