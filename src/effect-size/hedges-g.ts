/**
 * Hedges' g: Cohen's d times J(df), which removes its bias in small samples. The exact factor, by the gamma function,
 * not the approximation 1 − 3/(4 df − 1). Interval and SE are those of d times J.
 *
 * Source   Hedges (1981) J. Educ. Stat. 6:107–128.
 * Checked  test/reference/effect-sizes (R's effectsize).
 */
import { hedgesCorrection } from "../numeric/noncentral-t.js";
import type { ArmSummary } from "./arm-summary.js";
import { cohensD } from "./cohens-d.js";
import type { EffectSize } from "./effect-size.js";

/** Not defined when neither arm varies. */
export function hedgesG(arm: ArmSummary, reference: ArmSummary, level: number): EffectSize {
  const d = cohensD(arm, reference, level);
  const j = hedgesCorrection(d.df);
  return {
    ...d,
    measure: "hedges-g",
    estimate: j * d.estimate,
    se: j * d.se,
    lower: j * d.lower,
    upper: j * d.upper,
  };
}
