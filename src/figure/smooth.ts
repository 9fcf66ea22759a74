/**
 * A smooth line through a cloud of points: locally linear regression with tricube weights (Cleveland
 * 1979, without the robustness steps), to see whether residuals have a trend.
 */

export interface SmoothPoint {
  readonly x: number;
  readonly y: number;
}

/** A point of the line with the interval of its height. */
export interface BandPoint extends SmoothPoint {
  readonly lower: number;
  readonly upper: number;
}

const SPAN = 2 / 3;
const POINTS = 40;
/** The scatter around the line is taken at no more points than this, evenly spaced in order of x. */
const SCATTER_POINTS = 500;
/** The line is computed from at most this many points, evenly spaced in order of x. */
const MOST_POINTS = 20_000;

/** At most 40 points, by x, evenly spaced over the range of x; none when x does not vary. */
export function smooth(x: ArrayLike<number>, y: ArrayLike<number>): SmoothPoint[] {
  const cloud = toCloud(x, y);
  return placesOf(cloud).map((at) => ({ x: at, y: localLine(cloud, at).value }));
}

/**
 * The same line with pointwise intervals. Its height is a sum of the y with known weights, so its variance is the sum
 * of their squares times σ²; each residual r has E r² = σ² (1 − 2 own weight + sum of squares), which gives σ²
 * (Cleveland and Devlin 1988, JASA 83:596–610).
 *
 * @param quantile  how many standard errors the interval reaches: 1.96.
 */
export function smoothWithBand(x: ArrayLike<number>, y: ArrayLike<number>, quantile: number): BandPoint[] {
  const cloud = toCloud(x, y);
  const places = placesOf(cloud);
  const sigma = places.length === 0 ? Number.NaN : scatter(cloud);
  return places.map((at) => {
    const { value, squares } = localLine(cloud, at);
    const reach = quantile * sigma * Math.sqrt(squares);
    return { x: at, y: value, lower: value - reach, upper: value + reach };
  });
}

/** Points by ascending x, and how many of them each place of the line is fitted to. */
interface Cloud {
  readonly xs: Float64Array;
  readonly ys: Float64Array;
  readonly neighbours: number;
}

function toCloud(x: ArrayLike<number>, y: ArrayLike<number>): Cloud {
  const order = Array.from(x, (_, i) => i).sort((a, b) => x[a]! - x[b]! || a - b);
  const kept = thinned(order, MOST_POINTS);
  return {
    xs: Float64Array.from(kept, (i) => x[i]!),
    ys: Float64Array.from(kept, (i) => y[i]!),
    neighbours: Math.max(3, Math.ceil(SPAN * kept.length)),
  };
}

function placesOf({ xs }: Cloud): number[] {
  const low = xs[0] ?? 0;
  const high = xs.at(-1) ?? 0;
  if (!(high > low) || xs.length < 5) return [];
  return Array.from({ length: POINTS }, (_, k) => low + ((high - low) * k) / (POINTS - 1));
}

/** Evenly spaced, at most so many. */
function thinned(order: readonly number[], most: number): readonly number[] {
  if (order.length <= most) return order;
  return Array.from({ length: most }, (_, i) => order[Math.floor((i * order.length) / most)]!);
}

/** The standard deviation of the points around the line; NaN when the line goes through all of them. */
function scatter(cloud: Cloud): number {
  const all = Array.from(cloud.xs, (_, i) => i);
  let squared = 0;
  let expected = 0;
  for (const i of thinned(all, SCATTER_POINTS)) {
    const { value, squares, own } = localLine(cloud, cloud.xs[i]!);
    squared += (cloud.ys[i]! - value) ** 2;
    expected += 1 - 2 * own + squares;
  }
  return expected > 1e-8 ? Math.sqrt(squared / expected) : Number.NaN;
}

/** A height of the line: a sum of the y, with these weights. */
interface LocalValue {
  readonly value: number;
  /** Sum of the squared weights. */
  readonly squares: number;
  /** The weight of one point at `at` itself. */
  readonly own: number;
}

/** The value at `at` of the line fitted to the nearest points, weighted by nearness. */
function localLine({ xs, ys, neighbours }: Cloud, at: number): LocalValue {
  const first = nearestWindow(xs, at, neighbours);
  const end = first + neighbours;
  const radius = Math.max(at - xs[first]!, xs[end - 1]! - at) * 1.0001;
  const nearness = (d: number) => (radius > 0 ? (1 - (Math.abs(d) / radius) ** 3) ** 3 : 1);
  let sw = 0;
  let sx = 0;
  let sxx = 0;
  for (let i = first; i < end; i++) {
    const d = xs[i]! - at;
    const w = nearness(d);
    sw += w;
    sx += w * d;
    sxx += w * d * d;
  }
  const determinant = sw * sxx - sx * sx;
  // All the weight at one x: no slope to estimate.
  const isFlat = determinant <= 1e-10 * sw * sxx;
  let value = 0;
  let squares = 0;
  for (let i = first; i < end; i++) {
    const d = xs[i]! - at;
    const weight = (nearness(d) * (isFlat ? 1 : sxx - sx * d)) / (isFlat ? sw : determinant);
    value += weight * ys[i]!;
    squares += weight * weight;
  }
  return { value, squares, own: isFlat ? 1 / sw : sxx / determinant };
}

/** Where the `count` values nearest `at` begin. */
function nearestWindow(xs: Float64Array, at: number, count: number): number {
  let low = 0;
  let high = xs.length - count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at - xs[middle]! > xs[middle + count]! - at) low = middle + 1;
    else high = middle;
  }
  return low;
}
