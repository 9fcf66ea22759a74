/**
 * The log partial likelihood of the Cox model with its score and information, in one pass over the rows.
 *
 *     ℓ(β) = Σ_events w η − Σ_times Σ_k w̄ log D_k,   D_k = S0 − (k/d) W0 (Efron) or S0 (Breslow)
 *     U    = Σ_events w x − Σ_times Σ_k w̄ x̄_k,        x̄_k = (S1 − f W1)/D_k
 *     I    = Σ_times Σ_k w̄ [(S2 − f W2)/D_k − x̄_k x̄_k']
 *
 * Symbols    As in risk-sets.ts; f = k/d.
 * Cost       O(n p² + G p²), with rows sorted beforehand; a left-truncated row is added and taken away once each.
 * Sources    Cox (1972) JRSS B 34:187–220; Therneau & Grambsch (2000) Modeling Survival Data, ch. 3.
 * Checked    test/survival/partial-likelihood.test.ts (finite differences; a plain sum over risk sets).
 */
import { type Matrix, zeros } from "../numeric/matrix.js";
import { type RelativeRisks, type RiskSets, relativeRisks, scanRiskSets } from "./risk-sets.js";
import { noTiedSums, type Ties, tiedSums } from "./tied-events.js";

export interface PartialLikelihood {
  readonly logLik: number;
  /** p. */
  readonly score: Float64Array;
  /** p×p. */
  readonly information: Matrix;
  readonly risks: RelativeRisks;
}

/**
 * ℓ, U and I at β. A β so extreme that a risk set's weight vanishes gives a log-likelihood that is not finite.
 *
 * @param beta  p.
 */
export const partialLikelihood = (sets: RiskSets, beta: Float64Array, ties: Ties): PartialLikelihood =>
  partialLikelihoodAt(sets, relativeRisks(sets, beta), ties);

/** The same at given relative risks: for models whose linear predictor holds more than x'β. */
export function partialLikelihoodAt(sets: RiskSets, risks: RelativeRisks, ties: Ties): PartialLikelihood {
  const { p, times } = sets;
  const { score, logLik: numerator } = eventSums(sets, risks);
  const information = zeros(p, p);
  const { data } = information;
  const t = noTiedSums();
  let logLik = numerator;
  scanRiskSets(sets, risks.risk, 2, (g, s0, w0, { s1, s2, w1, w2 }) => {
    tiedSums(t, ties, times.events[g]!, times.weight[g]!, s0, w0);
    const { hazard, shared, square, sharedSquare, sharedTwice } = t;
    logLik -= t.logD;
    if (shared === 0) {
      for (let j = 0; j < p; j++) {
        score[j]! -= hazard * s1[j]!;
        const b = square * s1[j]!;
        for (let l = 0, at = j * p; l <= j; l++, at++) data[at]! += hazard * s2[at]! - b * s1[l]!;
      }
      return;
    }
    for (let j = 0; j < p; j++) {
      score[j]! -= hazard * s1[j]! - shared * w1[j]!;
      const b = square * s1[j]! - sharedSquare * w1[j]!;
      const c = sharedSquare * s1[j]! - sharedTwice * w1[j]!;
      for (let l = 0, at = j * p; l <= j; l++, at++)
        data[at]! += hazard * s2[at]! - shared * w2[at]! - b * s1[l]! + c * w1[l]!;
    }
  });
  for (let j = 0; j < p; j++) for (let l = 0; l < j; l++) data[l * p + j] = data[j * p + l]!;
  return { logLik, score, information, risks };
}

/** ℓ alone, for halving steps. */
export function logPartialLikelihood(sets: RiskSets, risks: RelativeRisks, ties: Ties): number {
  const { times } = sets;
  const t = noTiedSums();
  let logLik = eventSums(sets, risks).logLik;
  scanRiskSets(sets, risks.risk, 0, (g, s0, w0) => {
    logLik -= tiedSums(t, ties, times.events[g]!, times.weight[g]!, s0, w0).logD;
  });
  return logLik;
}

/** Σ w η, less the top of each stratum as the denominators are, and Σ w x over the events. */
function eventSums(
  { n, p, X, event, weight, stratum }: RiskSets,
  { eta, top }: RelativeRisks,
): { readonly logLik: number; readonly score: Float64Array } {
  const score = new Float64Array(p);
  let logLik = 0;
  for (let i = 0; i < n; i++) {
    if (event[i] === 0) continue;
    const w = weight[i]!;
    logLik += w * (eta[i]! - top[stratum[i]!]!);
    for (let j = 0, at = i * p; j < p; j++, at++) score[j]! += w * X[at]!;
  }
  return { logLik, score };
}
