/**
 * A root of a continuous function of one variable.
 *
 * Source: Brent (1973) Algorithms for Minimization without Derivatives, ch. 4 (zero); Press et al. (2007), 9.3.
 */

const MOST_EXPANSIONS = 60;
const MOST_STEPS = 200;

/**
 * The root of a function between two points, which are moved apart until the function changes its sign between them.
 * To the last digits of x; NaN when no change of sign is found or the function is not a number.
 */
export function findRoot(f: (x: number) => number, from: number, to: number): number {
  let [a, b] = [from, to];
  let [fa, fb] = [f(a), f(b)];
  for (let i = 0; i < MOST_EXPANSIONS && fa * fb > 0; i++) {
    const width = b - a;
    if (Math.abs(fa) < Math.abs(fb)) fa = f((a -= width));
    else fb = f((b += width));
  }
  return fa * fb <= 0 ? brent(f, a, fa, b, fb) : Number.NaN;
}

/** Inverse quadratic interpolation or a secant where they behave, halving where not. */
function brent(f: (x: number) => number, a0: number, fa0: number, b0: number, fb0: number): number {
  let [a, fa, b, fb] = [a0, fa0, b0, fb0];
  let [c, fc] = [a, fa];
  let step = b - a;
  let before = step;
  for (let i = 0; i < MOST_STEPS; i++) {
    if (fb * fc > 0) {
      [c, fc] = [a, fa];
      step = b - a;
      before = step;
    }
    // b is the best point, c is on the other side of the root, a the b before.
    if (Math.abs(fc) < Math.abs(fb)) [a, fa, b, fb, c, fc] = [b, fb, c, fc, b, fb];
    const tolerance = 2 * Number.EPSILON * Math.abs(b) + Number.MIN_VALUE;
    const half = (c - b) / 2;
    if (Math.abs(half) <= tolerance || fb === 0) return b;
    const proposed =
      Math.abs(before) >= tolerance && Math.abs(fa) > Math.abs(fb) ? interpolated(a, fa, b, fb, c, fc) : half;
    const acceptable = 2 * Math.abs(proposed) < Math.min(3 * Math.abs(half) - Math.abs(tolerance), Math.abs(before));
    before = acceptable && proposed * half > 0 ? step : half;
    step = acceptable && proposed * half > 0 ? proposed : half;
    [a, fa] = [b, fb];
    b += Math.abs(step) > tolerance ? step : Math.sign(half) * tolerance;
    fb = f(b);
  }
  return b;
}

/** The step from b to the zero of the parabola x(f) through three points, or of the line through two. */
function interpolated(a: number, fa: number, b: number, fb: number, c: number, fc: number): number {
  const s = fb / fa;
  if (a === c) return ((c - b) * s) / (s - 1);
  const q = fa / fc;
  const r = fb / fc;
  return (s * ((c - b) * q * (q - r) - (b - a) * (r - 1))) / -((q - 1) * (r - 1) * (s - 1));
}
