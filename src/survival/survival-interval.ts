/**
 * Confidence limits of a survival probability, symmetric on one of three scales: S itself (plain), log S, or
 * log(−log S).
 * Sources: Kalbfleisch and Prentice (2002) The Statistical Analysis of Failure Time Data, 2nd ed., §1.4;
 * Borgan and Liestøl (1990) Scand J Stat 17:35–41. Conventions at 0 and 1 as R's survfit.
 * Checked: test/reference/kaplan-meier.
 */
import { normalQuantile } from "../numeric/distributions.js";

export const SURVIVAL_INTERVALS = ["log-log", "log", "plain"] as const;
export type SurvivalIntervalKind = (typeof SURVIVAL_INTERVALS)[number];

/**
 * Limits in [0, 1]. NaN where there are none: at S = 0, and on the log-log scale at S = 1 too.
 *
 * @param seLog  standard error of log S
 */
export function survivalInterval(
  survival: number,
  seLog: number,
  kind: SurvivalIntervalKind,
  level: number,
): { readonly lower: number; readonly upper: number } {
  if (Number.isNaN(survival) || survival === 0 || (survival === 1 && kind === "log-log")) {
    return { lower: Number.NaN, upper: Number.NaN };
  }
  const half = normalQuantile(1 - (1 - level) / 2) * seLog;
  if (kind === "plain") {
    return { lower: Math.max(survival - half * survival, 0), upper: Math.min(survival + half * survival, 1) };
  }
  if (kind === "log") return { lower: survival * Math.exp(-half), upper: Math.min(survival * Math.exp(half), 1) };
  // S^exp(±half/−log S): log(−log S) has the standard error seLog / |log S|.
  const spread = Math.exp(half / Math.abs(Math.log(survival)));
  return { lower: survival ** spread, upper: survival ** (1 / spread) };
}
