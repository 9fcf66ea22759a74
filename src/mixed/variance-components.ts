/**
 * Standard deviations, correlations and intraclass correlations of a linear mixed model, with intervals by
 * the delta method: on the log scale for standard deviations, Fisher's z for correlations, the logit for
 * intraclass correlations. A component at zero, or on the edge of its range, has an estimate and no interval. One whose
 * standard error is as large as itself is next to zero, where logarithms say nothing: its interval begins at 0 and ends
 * where a Wald interval of the variance (or of the share) does.
 *
 * Sources: Pinheiro & Bates (2000), sec. 2.4.3 (the transformations). The intraclass correlation of a group is
 * its share of the total variance (Snijders & Bosker 2012, sec. 3.3), given where every random term is an
 * intercept; two rows of one inner group share those of the outer groups too.
 */
import type { Estimate } from "../inference/estimate.js";
import { normalQuantile } from "../numeric/distributions.js";
import { dot, timesVector } from "../numeric/matrix.js";
import type { LinearMixedFit } from "./linear-mixed.js";

export interface Scale {
  readonly to: (x: number) => number;
  readonly from: (x: number) => number;
  readonly slope: (x: number) => number;
  /** Upper limit of an estimate next to zero whose interval begins there; absent where zero is nothing special. */
  readonly fromZero?: (estimate: number, half: number) => number;
}

/** Of a standard deviation: next to zero its square, with half-width 2 s · half, is the regular one. */
export const logScale: Scale = {
  to: Math.log,
  from: Math.exp,
  slope: (x) => 1 / x,
  fromZero: (sd, half) => Math.sqrt(sd * sd + 2 * sd * half),
};
export const fisherZ: Scale = { to: Math.atanh, from: Math.tanh, slope: (x) => 1 / (1 - x * x) };
export const logitScale: Scale = {
  to: (x) => Math.log(x / (1 - x)),
  from: (x) => 1 / (1 + Math.exp(-x)),
  slope: (x) => 1 / (x * (1 - x)),
  fromZero: (share, half) => Math.min(1, share + half),
};

/** `sd:GROUP:TERM`, `cor:GROUP:TERM1,TERM2`, `sd:residual` and, where they are defined, `icc:GROUP`. */
export function varianceComponents(fit: LinearMixedFit, unit: string | null, level: number): Estimate[] {
  const { random, sigma } = fit;
  const count = random[0]!.covarianceSlopes.length;
  const estimate = componentEstimate(fit.parameterCovariance, level);
  const estimates = randomComponents(fit, unit, level);

  // σ² is the last parameter.
  const residual = new Float64Array(count);
  residual[count - 1] = 1;
  const label = { name: "sd:residual", measure: "sd", unit };
  estimates.push(
    estimate(
      label,
      sigma,
      residual.map((v) => v / (2 * sigma)),
      logScale,
    ),
  );

  const interceptsOnly = random.every(({ names }) => names.length === 1 && names[0] === "(Intercept)");
  if (interceptsOnly) {
    const variances = random.map(({ covariance }) => covariance.data[0]!);
    const total = variances.reduce((sum, v) => sum + v, sigma * sigma);
    const slopes = random.map(({ covarianceSlopes }) => Float64Array.from(covarianceSlopes, ({ data }) => data[0]!));
    const totalSlope = residual.map((v, a) => slopes.reduce((sum, slope) => sum + slope[a]!, v));
    random.forEach(({ group }, t) => {
      const share = variances[t]! / total;
      const gradient = slopes[t]!.map((v, a) => (v - share * totalSlope[a]!) / total);
      const label = { name: `icc:${group}`, measure: "icc", unit: null };
      estimates.push(estimate(label, share, share === 0 ? null : gradient, logitScale));
    });
  }
  return estimates;
}

/** `sd:GROUP:TERM` and `cor:GROUP:TERM1,TERM2` of each random term. */
export function randomComponents(
  { random, parameterCovariance }: Pick<LinearMixedFit, "random" | "parameterCovariance">,
  unit: string | null,
  level: number,
): Estimate[] {
  const estimate = componentEstimate(parameterCovariance, level);
  return random.flatMap(({ group, names, covariance, covarianceSlopes }) => {
    const k = names.length;
    const entry = (i: number, j: number) => covariance.data[i * k + j]!;
    const slopeOf = (i: number, j: number) => Float64Array.from(covarianceSlopes, (slope) => slope.data[i * k + j]!);
    const estimates = names.map((name, i) => {
      const sd = Math.sqrt(entry(i, i));
      const gradient = sd === 0 ? null : slopeOf(i, i).map((v) => v / (2 * sd));
      // A slope's standard deviation is per unit of its variable; only the intercept's has the outcome's unit.
      const label = { name: `sd:${group}:${name}`, measure: "sd", unit: name === "(Intercept)" ? unit : null };
      return estimate(label, sd, gradient, logScale);
    });
    for (let i = 0; i < k; i++) {
      for (let j = i + 1; j < k; j++) {
        const product = Math.sqrt(entry(i, i) * entry(j, j));
        const r = product === 0 ? Number.NaN : Math.max(-1, Math.min(1, entry(i, j) / product));
        const [cross, left, right] = [slopeOf(i, j), slopeOf(i, i), slopeOf(j, j)];
        const gradient = cross.map(
          (v, a) => v / product - (r * left[a]!) / (2 * entry(i, i)) - (r * right[a]!) / (2 * entry(j, j)),
        );
        const onEdge = !(Math.abs(r) < 1 - 1e-9);
        const label = { name: `cor:${group}:${names[i]},${names[j]}`, measure: "correlation", unit: null };
        estimates.push(estimate(label, r, onEdge ? null : gradient, fisherZ));
      }
    }
    return estimates;
  });
}

type ComponentLabel = Pick<Estimate, "name" | "measure" | "unit">;

/** An estimate with its interval on a scale, from its gradient in the variance parameters; without where there is none. */
export const componentEstimate =
  (parameterCovariance: LinearMixedFit["parameterCovariance"], level: number) =>
  (label: ComponentLabel, estimate: number, gradient: Float64Array | null, scale: Scale): Estimate => {
    const variance =
      gradient === null || parameterCovariance === null
        ? Number.NaN
        : dot(gradient, timesVector(parameterCovariance, gradient));
    const se = Math.sqrt(variance);
    const z = normalQuantile(1 - (1 - level) / 2);
    const half = z * se * scale.slope(estimate);
    const known = Number.isFinite(half) && se > 0;
    const isNextToZero = scale.fromZero !== undefined && se >= estimate;
    const limits = isNextToZero
      ? { lower: 0, upper: scale.fromZero!(estimate, z * se) }
      : { lower: scale.from(scale.to(estimate) - half), upper: scale.from(scale.to(estimate) + half) };
    return {
      ...label,
      estimate: Number.isFinite(estimate) ? estimate : null,
      se: known ? se : null,
      df: null,
      statistic: null,
      p: null,
      lower: known ? limits.lower : null,
      upper: known ? limits.upper : null,
      level,
    };
  };
