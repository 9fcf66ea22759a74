/**
 * Baseline hazard of a Cox model, and the survival that it predicts for given covariates.
 *
 *     Λ(t | x) = exp(x'β) Σ_{times ≤ t} Σ_k w̄/D_k,   S = exp(−Λ)
 *     var Λ    = exp(2x'β) Σ Σ_k w̄/D_k² + q'V q,      q = ∫ (x − x̄) dΛ(· | x)
 *
 * with the denominators D_k of the ties that the model was fitted with, and V the variance of β, robust where that is.
 *
 * Intervals  on log(−log S), as for Kaplan–Meier.
 * Sources    Breslow (1974); Tsiatis (1981) Ann. Stat. 9:93–108; Therneau & Grambsch (2000) ch. 10.
 * Checked    test/reference/cox-* (survfit.coxph).
 */
import { normalQuantile } from "../numeric/distributions.js";
import { dot, type Matrix, timesVector } from "../numeric/matrix.js";
import { type CoxState, hazardPath } from "./cox-residuals.js";
import { scanRiskSets } from "./risk-sets.js";
import { noTiedSums, tiedSums } from "./tied-events.js";

/** The hazard of one stratum, at its event times. */
export interface BaselineHazard {
  /** Ascending event times. */
  readonly time: Float64Array;
  /** Λ just after each, for covariates and offset 0. */
  readonly cumulative: Float64Array;
}

/** Survival at some covariates as a step function: from `time[i]` on it is `survival[i]`. */
export interface PredictedSurvival {
  /** Ascending, the first 0 with survival 1. */
  readonly time: Float64Array;
  readonly survival: Float64Array;
  /** Of the survival. */
  readonly se: Float64Array;
  /** NaN where there is no interval: before the first event. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

export interface CoxCurveFit extends CoxState {
  readonly coef: Float64Array;
  readonly vcov: Matrix;
}

/** One for each stratum. */
export function baselineHazards(fit: CoxCurveFit): BaselineHazard[] {
  const { sets } = fit;
  const zero = new Float64Array(sets.p);
  return Array.from({ length: sets.strata }, (_, stratum) => {
    const { time, cumulative } = predictor(fit)(zero, stratum, 0);
    return { time, cumulative };
  });
}

/**
 * Predicted survival, for any number of covariate vectors: the scan over the rows is done once.
 *
 * @returns  (x, stratum, level, offset) → the curve; x has length p, uncentred.
 */
export function survivalPredictor(
  fit: CoxCurveFit,
): (x: Float64Array, stratum: number, level: number, offset?: number) => PredictedSurvival {
  const predict = predictor(fit);
  return (x, stratum, level, offset = 0) => {
    const { time, cumulative, se } = predict(x, stratum, offset);
    const z = normalQuantile(1 - (1 - level) / 2);
    const n = time.length + 1;
    const curve = {
      time: new Float64Array(n),
      survival: new Float64Array(n),
      se: new Float64Array(n),
      lower: new Float64Array(n),
      upper: new Float64Array(n),
    };
    curve.survival[0] = 1;
    curve.lower[0] = Number.NaN;
    curve.upper[0] = Number.NaN;
    for (let i = 1; i < n; i++) {
      const H = cumulative[i - 1]!;
      const s = Math.exp(-H);
      const half = (z * se[i - 1]!) / H;
      curve.time[i] = time[i - 1]!;
      curve.survival[i] = s;
      curve.se[i] = s * se[i - 1]!;
      curve.lower[i] = Math.exp(-H * Math.exp(half));
      curve.upper[i] = Math.exp(-H * Math.exp(-half));
    }
    return curve;
  };
}

/** The value of a step function at a time: that of the last step at or before it. */
export function atTime({ time }: Pick<PredictedSurvival, "time">, values: Float64Array, t: number): number {
  let low = 0;
  let high = time.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time[middle]! <= t) low = middle + 1;
    else high = middle;
  }
  return values[low - 1] ?? Number.NaN;
}

interface CumulativeHazard {
  readonly time: Float64Array;
  readonly cumulative: Float64Array;
  readonly se: Float64Array;
}

function predictor(fit: CoxCurveFit): (x: Float64Array, stratum: number, offset: number) => CumulativeHazard {
  const { sets, risks, ties, coef, vcov } = fit;
  const { p, times, centre } = sets;
  const { hazard, mean } = hazardPath(fit);
  const square = new Float64Array(times.count);
  const t = noTiedSums();
  scanRiskSets(sets, risks.risk, 0, (g, s0, w0) => {
    square[g] = tiedSums(t, ties, times.events[g]!, times.weight[g]!, s0, w0).square;
  });
  return (x, stratum, offset) => {
    const centred = x.map((v, j) => v - centre[j]!);
    const r = Math.exp(dot(centred, coef) + offset - risks.top[stratum]!);
    const groups = [...times.stratum.keys()].filter((g) => times.stratum[g] === stratum).reverse();
    let variance = 0;
    const q = new Float64Array(p);
    const se = Float64Array.from(groups, (g) => {
      variance += square[g]!;
      for (let j = 0; j < p; j++) q[j] = r * (centred[j]! * hazard[g]! - mean[g * p + j]!);
      return Math.sqrt(r * r * variance + dot(q, timesVector(vcov, q)));
    });
    return {
      time: Float64Array.from(groups, (g) => times.time[g]!),
      cumulative: Float64Array.from(groups, (g) => r * hazard[g]!),
      se,
    };
  };
}
