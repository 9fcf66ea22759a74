/**
 * Intracluster correlations of a stepped wedge from its variances, with intervals by the delta method.
 *
 *     icc:within-period    (σ²_unit + σ²_unit-period) / total      two clients of one unit in one period
 *     icc:between-period    σ²_unit / total                        … in different periods
 *     cac                   between / within                       cluster autocorrelation
 *
 * The total is the variance of one outcome before the switch: all random effects but those of treatment, and the
 * residual (π²/3 on the logit scale).
 *
 * Source: Hooper, Teerenstra, de Hoop & Eldridge (2016) Stat. Med. 35:4718–4728.
 */
import type { Estimate } from "../inference/estimate.js";
import { componentEstimate, logitScale } from "../mixed/variance-components.js";
import type { Matrix } from "../numeric/matrix.js";

/** A variance, and its slope in each variance parameter. */
export interface VarianceWithSlope {
  readonly variance: number;
  readonly slope: Float64Array;
}

/** The variances of a stepped wedge; absent ones are no part of the model. */
export interface WedgeVariances {
  /** Shared by all periods of a unit. */
  readonly unit?: VarianceWithSlope;
  /** Of one period of a unit. */
  readonly unitPeriod?: VarianceWithSlope;
  /** Of clients, therapists and the residual. */
  readonly others: readonly VarianceWithSlope[];
}

/** @param parameterCovariance  Of the parameters that the slopes are in; null: no intervals. */
export function intraclusterCorrelations(
  { unit, unitPeriod, others }: WedgeVariances,
  parameterCovariance: Matrix | null,
  level: number,
): Estimate[] {
  const between = sum(unit === undefined ? [] : [unit]);
  const within = sum([unit, unitPeriod].filter((one) => one !== undefined));
  const total = sum([within, ...others]);
  return [
    share("icc:within-period", "icc", within, total, parameterCovariance, level),
    share("icc:between-period", "icc", between, total, parameterCovariance, level),
    share("cac", "correlation", between, within, parameterCovariance, level),
  ];
}

const NONE: VarianceWithSlope = { variance: 0, slope: new Float64Array(0) };

/** The sum of variances, and of their slopes. */
export function sum(parts: readonly VarianceWithSlope[]): VarianceWithSlope {
  return parts.reduce((a, b) => {
    const longer = a.slope.length >= b.slope.length ? a : b;
    const shorter = longer === a ? b : a;
    return {
      variance: a.variance + b.variance,
      slope: longer.slope.map((v, i) => v + (shorter.slope[i] ?? 0)),
    };
  }, NONE);
}

/** One variance as a share of another that holds it; no interval at 0 and at 1. */
function share(
  name: string,
  measure: string,
  part: VarianceWithSlope,
  whole: VarianceWithSlope,
  parameterCovariance: Matrix | null,
  level: number,
): Estimate {
  const value = part.variance / whole.variance;
  const gradient = whole.slope.map((v, a) => ((part.slope[a] ?? 0) - value * v) / whole.variance);
  const isInside = value > 0 && value < 1 - 1e-12;
  return componentEstimate(parameterCovariance, level)(
    { name, measure, unit: null },
    value,
    isInside ? gradient : null,
    logitScale,
  );
}
