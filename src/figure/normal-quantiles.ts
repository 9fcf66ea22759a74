/** The points of a normal quantile–quantile plot, its reference line, and how straight it is. */
import { normalQuantile } from "../numeric/distributions.js";

export interface QuantilePoint {
  readonly normal: number;
  readonly sample: number;
}

export interface NormalQuantiles {
  readonly points: readonly QuantilePoint[];
  /** Through the first and third quartiles, as R's qqline; null when the quartiles do not differ. */
  readonly line: { readonly intercept: number; readonly slope: number } | null;
  /** Correlation of the points (Filliben 1975); null when the sample does not vary. */
  readonly correlation: number | null;
}

/** With more values than this, the plot shows so many quantiles and no single participant's value. */
export const MOST_POINTS = 200;

export function normalQuantiles(values: ArrayLike<number>): NormalQuantiles {
  const sorted = Float64Array.from(values).sort();
  const count = Math.min(sorted.length, MOST_POINTS);
  const points = Array.from({ length: count }, (_, i) => {
    const p = (i + 0.5) / count;
    return { normal: normalQuantile(p), sample: sorted.length <= MOST_POINTS ? sorted[i]! : quantile(sorted, p) };
  });
  return { points, line: quartileLine(sorted), correlation: correlation(points) };
}

/** Linear between order statistics, type 7 of Hyndman and Fan (1996). */
function quantile(sorted: Float64Array, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}

function quartileLine(sorted: Float64Array): { intercept: number; slope: number } | null {
  if (sorted.length < 4) return null;
  const first = quantile(sorted, 0.25);
  const third = quantile(sorted, 0.75);
  if (!(third > first)) return null;
  const z = normalQuantile(0.75);
  const slope = (third - first) / (2 * z);
  return { intercept: third - slope * z, slope };
}

function correlation(points: readonly QuantilePoint[]): number | null {
  const mean = points.reduce((sum, { sample }) => sum + sample, 0) / points.length;
  let sxy = 0;
  let sxx = 0;
  let syy = 0;
  for (const { normal, sample } of points) {
    sxy += normal * (sample - mean);
    sxx += normal * normal;
    syy += (sample - mean) ** 2;
  }
  return points.length > 2 && syy > 0 ? sxy / Math.sqrt(sxx * syy) : null;
}
