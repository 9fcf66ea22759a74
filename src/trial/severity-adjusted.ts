/**
 * Severity-adjusted effect size: change in standard deviations, with the part taken out that anyone who started as low (or
 * as high) would have had.
 *
 *     gain_i = a + b·before_i + e_i        least squares over the reference clients
 *     SAES_i = (mean gain + e_i) / SD      mean gain and SD (of `before`) of the reference clients
 *
 * The mean over the reference clients is their mean gain divided by their SD: the adjustment moves nothing overall, only
 * between clients, and so between groups that started differently.
 *
 * Source   Seidel, Miller & Chow (2014) Psychother. Res. 24:470–484 and the description of Brown's method at
 *          psychoutcomes.org: mean change of the reference sample plus the residual gain, divided by that sample's SD. The norms
 *          of the ORS are licensed: here the reference is the analysis's own clients, and only those in the clinical range
 *          where a cut-off is declared, as there.
 * Checked  by hand (test/trial/severity-adjusted.test.ts); residuals against R's lm (test/reference/change-classes).
 */
import { type Better, gain } from "./clinical-change.js";

/** @returns For each client the severity-adjusted effect size; null where `before` does not vary or there are fewer than 3. */
export function severityAdjustedEffects(
  before: Float64Array,
  after: Float64Array,
  better: Better,
): Float64Array | null {
  const n = before.length;
  if (n < 3) return null;
  const gains = Float64Array.from(before, (value, i) => gain(value, after[i]!, better));
  const [meanBefore, meanGain] = [mean(before), mean(gains)];
  const squares = before.reduce((sum, value) => sum + (value - meanBefore) ** 2, 0);
  if (!(squares > 0)) return null;
  const products = before.reduce((sum, value, i) => sum + (value - meanBefore) * (gains[i]! - meanGain), 0);
  const slope = products / squares;
  const sd = Math.sqrt(squares / (n - 1));
  // meanGain + e_i = gain_i − slope (before_i − mean before)
  return gains.map((one, i) => (one - slope * (before[i]! - meanBefore)) / sd);
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
