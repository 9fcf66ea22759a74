/**
 * Incidence predicted by a Fine–Gray model: F(t | x) = 1 − exp(−H), H = Λ(t) exp(x'β), with its standard error.
 *
 * The influence of row i on H is that on Λ(t) and that on β:
 *
 *   exp(x'β) { w_i ∫_0^t dM_i / S0 + ψ_i + [x Λ(t) − ∫_0^t x̄ dΛ]' Ω⁻¹ u_i }
 *
 * where ψ_i is, as in fine-gray-influence.ts, what the row contributes by estimating the censoring distribution, and u_i
 * its influence on the score. Rows of a cluster are summed. The interval is symmetric for log H, so that it stays in 0 to 1.
 *
 * Source     Fine & Gray (1999) JASA 94:496–509, sec. 4.
 * Checked    test/survival/predicted-incidence.test.ts (cmprsk; finite differences of the weights).
 */
import type { GroupingFactor } from "../formula/grouping-factor.js";
import { normalQuantile } from "../numeric/distributions.js";
import { dot, type Matrix, timesVector } from "../numeric/matrix.js";
import { lastNotAfter } from "./endings.js";
import type { FineGrayFit } from "./fine-gray.js";
import { hazardInfluence } from "./fine-gray-influence.js";

export interface PredictedIncidence {
  readonly estimate: number;
  /** Of the incidence. */
  readonly se: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * @param x        p covariates, offset added.
 * @param cluster  as the model was fitted with; null without.
 */
export function predictedIncidence(
  fit: FineGrayFit,
  { x, offset }: { readonly x: Float64Array; readonly offset: number },
  t: number,
  cluster: Pick<GroupingFactor, "codes" | "levels"> | null,
  level: number,
): PredictedIncidence {
  const { sets, censoring, coef, inverseInformation, influence } = fit;
  const { p } = sets;
  const last = lastNotAfter(sets.times, t);
  const { hazard, mean, scores } = hazardInfluence(sets, censoring, coef, last);
  const own = x.map((value, j) => value - sets.centre[j]!);
  const relative = Math.exp(dot(own, coef) + offset);
  const toBeta = timesVector(
    inverseInformation,
    own.map((value, j) => value * hazard - mean[j]!),
  );
  const rows = Float64Array.from(scores, (value, row) => relative * (value + dot(toBeta, rowAt(influence, row, p))));
  const sums = cluster === null ? rows : new Float64Array(cluster.levels.length);
  if (cluster !== null)
    rows.forEach((value, row) => {
      sums[cluster.codes[row]!]! += value;
    });
  const H = hazard * relative;
  const se = Math.sqrt(dot(sums, sums));
  const spread = Math.exp((normalQuantile(1 - (1 - level) / 2) * se) / H);
  return {
    estimate: -Math.expm1(-H),
    se: Math.exp(-H) * se,
    lower: -Math.expm1(-H / spread),
    upper: -Math.expm1(-H * spread),
  };
}

const rowAt = ({ data }: Matrix, row: number, p: number): Float64Array => data.subarray(row * p, (row + 1) * p);
