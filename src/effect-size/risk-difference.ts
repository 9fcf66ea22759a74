/**
 * Difference of two risks, with Newcombe's hybrid score interval: the distances of the limits are the root sums of
 * squares of those of the two Wilson intervals. It needs no correction for empty cells.
 *
 * SE       √(p₁(1−p₁)/n₁ + p₀(1−p₀)/n₀), for use in meta-analysis; the interval does not rest on it.
 * Source   Newcombe (1998) Stat. Med. 17:873–890, method 10; Wilson (1927).
 * Checked  by hand: 56/70 − 48/80 = 0.2, interval 0.0524 to 0.3339 (Newcombe 1998, table II).
 */
import { normalQuantile } from "../numeric/distributions.js";
import { type ArmRisk, riskOf } from "./arm-risk.js";
import { type EffectSize, noTest } from "./effect-size.js";

/** Risk of the arm less risk of the reference. */
export function riskDifference(arm: ArmRisk, reference: ArmRisk, level: number): EffectSize {
  const [p1, p0] = [riskOf(arm), riskOf(reference)];
  const [wilson1, wilson0] = [wilsonInterval(arm, level), wilsonInterval(reference, level)];
  const estimate = p1 - p0;
  return {
    measure: "risk-difference",
    estimate,
    se: Math.sqrt((p1 * (1 - p1)) / arm.n + (p0 * (1 - p0)) / reference.n),
    df: Number.NaN,
    ...noTest,
    lower: estimate - Math.hypot(p1 - wilson1.lower, wilson0.upper - p0),
    upper: estimate + Math.hypot(wilson1.upper - p1, p0 - wilson0.lower),
  };
}

/** Wilson's score interval of a risk. Ends at 0 and 1 exactly where the risk does. */
export function wilsonInterval({ events, n }: ArmRisk, level: number): { lower: number; upper: number } {
  const z = normalQuantile(1 - (1 - level) / 2);
  const p = events / n;
  const centre = p + z ** 2 / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + z ** 2 / (4 * n ** 2));
  const scale = 1 + z ** 2 / n;
  return {
    lower: events === 0 ? 0 : (centre - half) / scale,
    upper: events === n ? 1 : (centre + half) / scale,
  };
}
