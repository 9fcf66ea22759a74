/**
 * Agreement of two classifications of the same participants beyond chance: Cohen's kappa.
 *
 * Estimate  κ = (p_o − p_e) / (1 − p_e), p_o = Σ p_ii, p_e = Σ p_i. p_.i
 * SE        √( [Σ p_ii (1 − (p_i. + p_.i)(1 − κ))² + (1 − κ)² Σ_{i≠j} p_ij (p_.i + p_j.)² − (κ − p_e(1 − κ))²] / n ) / (1 − p_e)
 *           in large samples, whatever κ is; not the one under κ = 0.
 * Sources   Cohen (1960) Educ. Psychol. Meas. 20:37–46; Fleiss, Cohen & Everitt (1969) Psychol. Bull. 72:323–327, eq. 13.
 * Checked   by hand; Agresti's table of 91 couples (κ 0.129, SE 0.069); the jackknife.
 */
import { normalQuantile } from "../numeric/distributions.js";
import type { Matrix } from "../numeric/matrix.js";

export interface Kappa {
  /** Share of participants in the same class by both. */
  readonly agreement: number;
  /** The share expected if the two were independent. */
  readonly chance: number;
  /** NaN where all participants are in one and the same class by both: nothing can agree beyond chance. */
  readonly kappa: number;
  readonly se: number;
  /** Wald limits, none beyond 1 or −1. */
  readonly lower: number;
  readonly upper: number;
}

/**
 * Cohen's kappa, unweighted.
 *
 * @param counts  k×k: participants by their class in the first (rows) and in the second (columns), at least one.
 * @param level   of the interval: 0.95.
 */
export function cohensKappa({ rows: k, data }: Matrix, level: number): Kappa {
  const n = data.reduce((sum, count) => sum + count, 0);
  const p = (i: number, j: number): number => data[i * k + j]! / n;
  const classes = [...Array(k).keys()];
  const byFirst = classes.map((i) => classes.reduce((sum, j) => sum + p(i, j), 0));
  const bySecond = classes.map((j) => classes.reduce((sum, i) => sum + p(i, j), 0));
  const agreement = classes.reduce((sum, i) => sum + p(i, i), 0);
  const chance = classes.reduce((sum, i) => sum + byFirst[i]! * bySecond[i]!, 0);
  const isOneClass = classes.some((i) => data[i * k + i] === n);
  const kappa = isOneClass ? Number.NaN : (agreement - chance) / (1 - chance);
  let sum = -((kappa - chance * (1 - kappa)) ** 2);
  for (const i of classes)
    for (const j of classes)
      sum +=
        i === j
          ? p(i, i) * (1 - (byFirst[i]! + bySecond[i]!) * (1 - kappa)) ** 2
          : (1 - kappa) ** 2 * p(i, j) * (bySecond[i]! + byFirst[j]!) ** 2;
  // Perfect agreement has no variance; rounding must not make it negative.
  const se = Math.sqrt(Math.max(0, sum) / n) / (1 - chance);
  const half = normalQuantile(1 - (1 - level) / 2) * se;
  return {
    agreement,
    chance,
    kappa,
    se,
    lower: Math.max(-1, kappa - half),
    upper: Math.min(1, kappa + half),
  };
}
