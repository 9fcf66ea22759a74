/** From a fit and a hypothesis Lβ = 0 to an estimate: the same for every model and every kind of degrees of freedom. */

import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { tQuantile, twoSidedT, upperF } from "../numeric/distributions.js";
import { dot, type Matrix, multiply, timesVector, transpose } from "../numeric/matrix.js";
import type { Estimate } from "./estimate.js";
import type { Fit } from "./fit.js";

export interface ContrastLabel {
  readonly name: string;
  readonly measure: string;
  readonly unit: string | null;
  /** Of the interval: 0.95. */
  readonly level: number;
}

/**
 * L β for one row L (length p): estimate, standard error, t test of zero (z where the degrees of freedom are
 * infinite) and interval. Numbers that do not exist are null.
 *
 * @param offset  Added to L β: what is known and not estimated.
 */
export function contrast(fit: Fit, L: Float64Array, label: ContrastLabel, offset = 0): Estimate {
  const estimate = dot(L, fit.coef) + offset;
  const { df } = fit.denominatorDf({ rows: 1, cols: L.length, data: L });
  // Without degrees of freedom there is no variance either: a coefficient that rests on a single cluster.
  const se = Number.isNaN(df) ? Number.NaN : Math.sqrt(dot(L, timesVector(fit.vcov, L)));
  return waldEstimate(estimate, se, df, label);
}

/** Estimate, standard error, t test of zero (z for infinite df) and symmetric interval. Numbers that do not exist are null. */
export function waldEstimate(estimate: number, se: number, df: number, label: ContrastLabel): Estimate {
  const statistic = estimate / se;
  const half = tQuantile(1 - (1 - label.level) / 2, df) * se;
  const { name, measure, unit, level } = label;
  return finite({
    name,
    measure,
    unit,
    estimate,
    se,
    df: df === Number.POSITIVE_INFINITY ? null : df,
    statistic,
    p: twoSidedT(statistic, df),
    lower: estimate - half,
    upper: estimate + half,
    level,
  });
}

/**
 * Wald F test that all k rows of L β are zero; with infinite degrees of freedom χ²/k. `df` are the denominator's,
 * `numeratorDf` is k. There is no single estimate: `estimate`, `se` and the interval are null.
 */
export function jointTest(fit: Fit, L: Matrix, name: string, level: number): Estimate {
  const value = timesVector(L, fit.coef);
  const middle = invertPositiveDefinite(multiply(multiply(L, fit.vcov), transpose(L)));
  const { df, scale } = fit.denominatorDf(L);
  const statistic = middle === null ? Number.NaN : (scale * dot(value, timesVector(middle, value))) / L.rows;
  return finite({
    name,
    measure: "F",
    unit: null,
    estimate: null,
    se: null,
    df: df === Number.POSITIVE_INFINITY ? null : df,
    numeratorDf: L.rows,
    statistic,
    p: upperF(statistic, L.rows, df),
    lower: null,
    upper: null,
    level,
  });
}

/** Whatever is not a finite number becomes null: a number that does not exist is never 0 or NaN. */
export function finite(estimate: Estimate): Estimate {
  return Object.fromEntries(
    Object.entries(estimate).map(([key, value]) => [
      key,
      typeof value === "number" && !Number.isFinite(value) ? null : value,
    ]),
  ) as unknown as Estimate;
}
