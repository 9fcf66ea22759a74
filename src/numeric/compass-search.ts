/**
 * Compass search: the second, derivative-free opinion on a minimum. It shares nothing with minimise.ts, least of
 * all the gradient: it looks a step up and down along each coordinate, moves where it is lower, and shortens the
 * step where nothing is.
 *
 * Source: Kolda, Lewis & Torczon (2003) SIAM Review 45:385–482, algorithm 3.
 */

export interface CompassOptions {
  /** Lengths of the steps, from long to short; each is used until nothing is lower. */
  readonly steps: readonly number[];
  /** A value counts as lower when it is by more than this. */
  readonly tolerance: number;
  readonly maxEvaluations: number;
}

/** Lowest point found and its value; values that are not finite count as +∞. */
export function compassSearch(
  f: (x: Float64Array) => number,
  start: Float64Array,
  { steps, tolerance, maxEvaluations }: CompassOptions,
): { at: Float64Array; value: number; evaluations: number } {
  let evaluations = 0;
  const valueAt = (x: Float64Array): number => {
    evaluations++;
    const value = f(x);
    return Number.isFinite(value) ? value : Number.POSITIVE_INFINITY;
  };
  let at = start.slice();
  let value = valueAt(at);
  for (const step of steps) {
    let moved = true;
    while (moved && evaluations < maxEvaluations) {
      moved = false;
      for (let i = 0; i < at.length; i++) {
        for (const shift of [step, -step]) {
          const tried = at.with(i, at[i]! + shift);
          const there = valueAt(tried);
          if (there < value - tolerance) {
            at = tried;
            value = there;
            moved = true;
            break;
          }
        }
      }
    }
  }
  return { at, value, evaluations };
}
