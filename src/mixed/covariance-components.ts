/**
 * The elements of an estimated Σ as estimates, with intervals by the delta method: variances and standard deviations
 * on the log scale, correlations on Fisher's z, covariances as they are.
 */
import type { Estimate } from "../inference/estimate.js";
import type { RepeatedMeasuresFit } from "./repeated-measures.js";
import type { ResidualStrataFit } from "./residual-strata.js";
import { componentEstimate, fisherZ, logScale, type Scale } from "./variance-components.js";

const asItIs: Scale = { to: (x) => x, from: (x) => x, slope: () => 1 };
/** Of a variance. */
const logOfVariance: Scale = { ...logScale, fromZero: (variance, half) => variance + half };

/**
 * `covariance:VISIT1,VISIT2` for each pair in the order of the visits, variances as `covariance:VISIT,VISIT`, then
 * `correlation:VISIT1,VISIT2`.
 */
export function covarianceComponents(
  { sigma, sigmaSlopes, visits, parameterCovariance }: RepeatedMeasuresFit,
  level: number,
): Estimate[] {
  const K = visits.length;
  const estimate = componentEstimate(parameterCovariance, level);
  const entry = (u: number, v: number): number => sigma.data[u * K + v]!;
  const slope = (u: number, v: number) => Float64Array.from(sigmaSlopes, ({ data }) => data[u * K + v]!);
  const pairs = visits.flatMap((_, u) => visits.slice(u).map((__, i) => [u, u + i] as const));
  const covariances = pairs.map(([u, v]) => {
    const label = { name: `covariance:${visits[u]},${visits[v]}`, measure: "covariance", unit: null };
    return estimate(label, entry(u, v), slope(u, v), u === v ? logOfVariance : asItIs);
  });
  const correlations = pairs
    .filter(([u, v]) => u !== v)
    .map(([u, v]) => {
      const product = Math.sqrt(entry(u, u) * entry(v, v));
      const r = entry(u, v) / product;
      const [left, right] = [slope(u, u), slope(v, v)];
      const gradient = slope(u, v).map(
        (cross, a) => cross / product - (r * left[a]!) / (2 * entry(u, u)) - (r * right[a]!) / (2 * entry(v, v)),
      );
      const label = { name: `correlation:${visits[u]},${visits[v]}`, measure: "correlation", unit: null };
      return estimate(label, r, gradient, fisherZ);
    });
  return [...covariances, ...correlations];
}

/** `sd:residual:arm[FIT]` for each level of the column. */
export function residualComponents(
  { sigma, sigmaSlopes, strata, parameterCovariance }: ResidualStrataFit,
  column: string,
  unit: string | null,
  level: number,
): Estimate[] {
  const estimate = componentEstimate(parameterCovariance, level);
  return strata.map((stratum, s) => {
    const at = s * strata.length + s;
    const sd = Math.sqrt(sigma.data[at]!);
    const gradient = Float64Array.from(sigmaSlopes, ({ data }) => data[at]! / (2 * sd));
    return estimate({ name: `sd:residual:${column}[${stratum}]`, measure: "sd", unit }, sd, gradient, logScale);
  });
}
