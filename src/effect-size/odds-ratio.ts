/**
 * Odds ratio of a binary outcome, with log-Wald interval: var log OR = 1/a + 1/b + 1/c + 1/d.
 *
 * Source   Woolf (1955) Ann. Hum. Genet. 19:251–253.
 * Checked  test/reference/effect-sizes (R's glm, logit link).
 */
import type { ArmRisk } from "./arm-risk.js";
import { type EffectSize, notDefined } from "./effect-size.js";
import { logWald } from "./log-wald.js";

/** Odds of the arm over odds of the reference. Not defined with an empty cell: nothing is added to it. */
export function oddsRatio(arm: ArmRisk, reference: ArmRisk, level: number): EffectSize {
  const cells = [arm.events, arm.n - arm.events, reference.events, reference.n - reference.events] as const;
  if (cells.includes(0)) return notDefined("odds-ratio");
  const [a, b, c, d] = cells;
  return logWald("odds-ratio", (a * d) / (b * c), Math.sqrt(1 / a + 1 / b + 1 / c + 1 / d), level);
}
