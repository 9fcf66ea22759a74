/**
 * Risk ratio of a binary outcome, with log-Wald interval: var log RR = 1/a − 1/n₁ + 1/c − 1/n₀.
 *
 * Source   Katz, Baptista, Azen & Pike (1978) Biometrics 34:469–474.
 * Checked  test/reference/effect-sizes (R's glm, log link).
 */
import { type ArmRisk, riskOf } from "./arm-risk.js";
import { type EffectSize, notDefined } from "./effect-size.js";
import { logWald } from "./log-wald.js";

/** Risk of the arm over risk of the reference. Not defined when an arm has no event: nothing is added to empty cells. */
export function riskRatio(arm: ArmRisk, reference: ArmRisk, level: number): EffectSize {
  if (arm.events === 0 || reference.events === 0) return notDefined("risk-ratio");
  const variance = 1 / arm.events - 1 / arm.n + 1 / reference.events - 1 / reference.n;
  return logWald("risk-ratio", riskOf(arm) / riskOf(reference), Math.sqrt(Math.max(0, variance)), level);
}
