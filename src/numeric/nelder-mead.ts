/**
 * Nelder–Mead simplex search: the second, derivative-free opinion on a minimum. It shares nothing with
 * minimise.ts, least of all the gradient.
 *
 * Source: Nelder & Mead (1965) Computer Journal 7:308–313, with the dimension-dependent coefficients of
 * Gao & Han (2012) Comput. Optim. Appl. 51:259–277.
 */

export interface SimplexOptions {
  /** Size of the first simplex along each coordinate. */
  readonly step: number;
  /** Stop when the values over the simplex differ by less than this. */
  readonly tolerance: number;
  readonly maxEvaluations: number;
}

/** Lowest point found and its value; values that are not finite count as +∞. */
export function nelderMead(
  f: (x: Float64Array) => number,
  start: Float64Array,
  { step, tolerance, maxEvaluations }: SimplexOptions,
): { at: Float64Array; value: number; evaluations: number } {
  const n = start.length;
  const expansion = 1 + 2 / Math.max(n, 2);
  const contraction = 0.75 - 1 / (2 * Math.max(n, 2));
  const shrinkage = 1 - 1 / Math.max(n, 2);
  let evaluations = 0;
  const point = (at: Float64Array) => {
    evaluations++;
    const value = f(at);
    return { at, value: Number.isFinite(value) ? value : Number.POSITIVE_INFINITY };
  };
  const simplex = [point(start.slice())];
  for (let i = 0; i < n; i++) {
    const corner = start.slice();
    corner[i]! += step;
    simplex.push(point(corner));
  }

  for (;;) {
    simplex.sort((a, b) => a.value - b.value);
    const best = simplex[0]!;
    const worst = simplex[n]!;
    if (worst.value - best.value <= tolerance || evaluations >= maxEvaluations) return { ...best, evaluations };

    const centre = new Float64Array(n);
    for (const { at } of simplex.slice(0, n)) for (let i = 0; i < n; i++) centre[i]! += at[i]! / n;
    const along = (t: number) => point(centre.map((c, i) => c + t * (worst.at[i]! - c)));

    const reflected = along(-1);
    if (reflected.value < best.value) {
      const expanded = along(-expansion);
      simplex[n] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < simplex[n - 1]!.value) simplex[n] = reflected;
    else {
      const contracted = reflected.value < worst.value ? along(-contraction) : along(contraction);
      if (contracted.value < Math.min(reflected.value, worst.value)) simplex[n] = contracted;
      else
        for (let i = 1; i <= n; i++)
          simplex[i] = point(best.at.map((b, k) => b + shrinkage * (simplex[i]!.at[k]! - b)));
    }
  }
}
