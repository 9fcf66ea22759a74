/**
 * Restricted mean survival time: the mean time free of the event up to a horizon τ, the area under the Kaplan–Meier
 * curve from 0 to τ.
 *
 * Variance   Σ_{s ≤ τ} A_s² d_s / (n_s (n_s − d_s)), A_s the area from s to τ (Greenwood's; a term with n_s = d_s is 0,
 *            as its area is).
 * Sources    Irwin (1949) J Hyg 47:188–189; Royston and Parmar (2013) BMC Med Res Methodol 13:152;
 *            Uno et al. (2014) J Clin Oncol 32:2380–2385.
 * Checked    test/reference/kaplan-meier (print(rmean = τ) of R's survfit).
 */
import { isKnown, type SurvivalCurve, stepAt } from "./kaplan-meier.js";

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
