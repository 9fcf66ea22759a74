/**
 * A smooth line through a cloud of points: locally linear regression with tricube weights (Cleveland
 * 1979, without the robustness steps), to see whether residuals have a trend.
 */

export interface SmoothPoint {
  readonly x: number;
  readonly y: number;
}

const SPAN = 2 / 3;
const POINTS = 40;
/** The line is computed from at most this many points, evenly spaced in order of x. */
const MOST_POINTS = 20_000;

/** At most 40 points, by x, evenly spaced over the range of x; none when x does not vary. */
export function smooth(x: ArrayLike<number>, y: ArrayLike<number>): SmoothPoint[] {
  const order = Array.from(x, (_, i) => i).sort((a, b) => x[a]! - x[b]! || a - b);
  const kept = thinned(order);
  const xs = Float64Array.from(kept, (i) => x[i]!);
  const ys = Float64Array.from(kept, (i) => y[i]!);
  const low = xs[0] ?? 0;
  const high = xs.at(-1) ?? 0;
  if (!(high > low) || xs.length < 5) return [];
  const neighbours = Math.max(3, Math.ceil(SPAN * xs.length));
  return Array.from({ length: POINTS }, (_, k) => {
    const at = low + ((high - low) * k) / (POINTS - 1);
    return { x: at, y: localLine(xs, ys, at, neighbours) };
  });
}

function thinned(order: readonly number[]): readonly number[] {
  if (order.length <= MOST_POINTS) return order;
  return Array.from({ length: MOST_POINTS }, (_, i) => order[Math.floor((i * order.length) / MOST_POINTS)]!);
}

/** The value at `at` of the line fitted to the nearest points of the ascending `xs`, weighted by nearness. */
function localLine(xs: Float64Array, ys: Float64Array, at: number, neighbours: number): number {
  const first = nearestWindow(xs, at, neighbours);
  const radius = Math.max(at - xs[first]!, xs[first + neighbours - 1]! - at) * 1.0001;
  let sw = 0;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let sxy = 0;
  for (let i = first; i < first + neighbours; i++) {
    const d = xs[i]! - at;
    const w = radius > 0 ? (1 - (Math.abs(d) / radius) ** 3) ** 3 : 1;
    sw += w;
    sx += w * d;
    sy += w * ys[i]!;
    sxx += w * d * d;
    sxy += w * d * ys[i]!;
  }
  const determinant = sw * sxx - sx * sx;
  // All the weight at one x: no slope to estimate.
  if (determinant <= 1e-10 * sw * sxx) return sy / sw;
  return (sxx * sy - sx * sxy) / determinant;
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
