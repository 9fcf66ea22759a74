/**
 * A fitted contrast in units of a standard deviation that is named.
 *
 *     d = c / S,   c the contrast with standard error se, S the standard deviation with df degrees of freedom
 *
 * Interval  Exact, from the noncentral t distribution, when S is the residual SD that se itself rests on (a linear model
 *           with equal variances): c / se is noncentral t with its df, and d = (c / se)(se / S).
 *           Otherwise by the delta method, with c and S taken as independent and var S = S²/(2 df):
 *           se(d)² = se²/S² + d²/(2 df), and the t distribution of the contrast.
 * Test      None of its own: that of the contrast.
 * Sources   Steiger & Fouladi (1997) (exact); Hedges (2007) J. Educ. Behav. Stat. 32:341–370 and
 *           Feingold (2015) J. Consult. Clin. Psychol. 83:157–168 (delta method).
 */
import { finite } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import { tQuantile } from "../numeric/distributions.js";
import { noncentralityInterval } from "../numeric/noncentral-t.js";

/**
 * Which standard deviation: of the outcome at baseline, pooled within arms; of the outcome where the contrast is, pooled
 * within arms; the same of the reference arm alone; the model's residual.
 */
export type Denominator = "baseline" | "total" | "control" | "residual";

export interface DenominatorSd {
  readonly kind: Denominator;
  readonly sd: number;
  readonly df: number;
  /** Whether the contrast's standard error is a multiple of this very SD, with the same degrees of freedom. */
  readonly sharedWithContrast: boolean;
}

/** `contrast:…` ─▶ `standardised:…`, measure `standardised-difference-baseline-sd`. Null where the SD is 0 or unknown. */
export function standardisedDifference(contrast: Estimate, by: DenominatorSd): Estimate {
  const { sd, df, kind } = by;
  const usable = sd > 0 && df > 0 && contrast.estimate !== null && contrast.se !== null;
  const value = usable ? contrast.estimate! / sd : Number.NaN;
  const scaled = usable ? contrast.se! / sd : Number.NaN;
  const se = Math.hypot(scaled, value / Math.sqrt(2 * df));
  const exact = usable && by.sharedWithContrast;
  const { lower, upper } = exact
    ? timesScale(noncentralityInterval(value / scaled, df, contrast.level), scaled)
    : aroundValue(value, tQuantile(1 - (1 - contrast.level) / 2, contrast.df ?? Number.POSITIVE_INFINITY) * se);
  return finite({
    name: contrast.name.replace(/^contrast:/, "standardised:"),
    measure: `standardised-difference-${kind}-sd`,
    unit: null,
    estimate: value,
    se,
    df: contrast.df,
    statistic: null,
    p: null,
    lower,
    upper,
    level: contrast.level,
  });
}

const timesScale = ({ lower, upper }: { lower: number; upper: number }, scale: number) => ({
  lower: lower * scale,
  upper: upper * scale,
});

const aroundValue = (value: number, half: number) => ({ lower: value - half, upper: value + half });
