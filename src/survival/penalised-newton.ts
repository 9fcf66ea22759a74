/**
 * The maximum of a concave penalised log-likelihood by Newton's method with step halving, to rounding: what is
 * computed from the curvature there is only as exact as the point.
 */
import { choleskyInPlace } from "../numeric/cholesky.js";
import { dot } from "../numeric/matrix.js";

export interface ConcaveObjective {
  /** The value at x. `slope` and `information` are at the x last given to this. */
  readonly value: (x: Float64Array) => number;
  /** c. */
  readonly slope: () => Float64Array;
  /** c×c, row-major: minus the Hessian. The caller may overwrite it. */
  readonly information: () => Float64Array;
}

export interface ConcaveMaximum {
  readonly at: Float64Array;
  readonly value: number;
  /** c×c lower factor of the information, row-major; above the diagonal anything. */
  readonly factor: Float64Array;
}

/** More than enough for a concave function; a maximum at infinity needs more. */
const MOST_ITERATIONS = 60;
/** A decrement that is rounding, beside the size of the value. */
export const NOTHING = 1e-26;
/** A decrement from which the curvature changes so little that its last factor may serve to the end. */
const NEAR = 0.1;
const MOST_CHORDS = 12;
/** More steps than this cost more than another factor. */
const WORTHWHILE_CHORDS = 4;

/**
 * From `start`; null when there is no maximum or it cannot be evaluated.
 *
 * @param nearby  The factor at the maximum of an objective close to this one, not changed: while steps with it do
 *                well no information is asked for. null: none.
 * @param nothing  The decrement at which to stop, beside the size of the value.
 */
export function maximiseConcave(
  objective: ConcaveObjective,
  start: Float64Array,
  nearby: Float64Array | null = null,
  nothing = NOTHING,
): ConcaveMaximum | null {
  const { value, slope, information } = objective;
  let x = start;
  let at = value(x);
  if (!Number.isFinite(at)) return null;
  if (nearby !== null) {
    const chords = chordSteps(objective, nearby, x, at, Number.POSITIVE_INFINITY, nothing);
    if (chords.maximum !== null) return chords.maximum;
    ({ x, at } = chords);
  }
  let previous = Number.POSITIVE_INFINITY;
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const factor = information();
    if (!choleskyInPlace(factor, x.length)) return null;
    const slopes = slope();
    const step = solveFactor(factor, slopes);
    const decrement = dot(step, slopes);
    if (isNothing(decrement, previous, at, nothing)) return { at: x, value: at, factor };
    previous = decrement;
    let t = 1;
    let next = x.map((v, j) => v + step[j]!);
    let there = value(next);
    while (!(there >= at - 1e-12 * (1 + Math.abs(at)))) {
      t /= 2;
      if (t < 1e-10) return null;
      next = x.map((v, j) => v + t * step[j]!);
      there = value(next);
    }
    x = next;
    at = there;
    if (t < 1 || decrement >= NEAR) continue;
    // The slope is cheap and the information is not: near the end the factor is used again.
    const chords = chordSteps(objective, factor, x, at, decrement, nothing);
    if (chords.maximum !== null) return chords.maximum;
    ({ x, at } = chords);
  }
  return null;
}

/** Steps with a factor that is not that of x, while a few more will do; at the last x evaluated. */
function chordSteps(
  { value, slope, information }: ConcaveObjective,
  factor: Float64Array,
  start: Float64Array,
  valueThere: number,
  decrementBefore: number,
  nothing: number,
): { x: Float64Array; at: number; maximum: ConcaveMaximum | null } {
  let x = start;
  let at = valueThere;
  for (let chord = 0, before = decrementBefore; chord < MOST_CHORDS; chord++) {
    const slopes = slope();
    const step = solveFactor(factor, slopes);
    const decrement = dot(step, slopes);
    if (isNothing(decrement, before, at, nothing)) {
      const last = information();
      return { x, at, maximum: choleskyInPlace(last, x.length) ? { at: x, value: at, factor: last } : null };
    }
    const falls = Math.log(before / decrement);
    const left = Math.log(decrement / (nothing * (1 + Math.abs(at)))) / falls;
    if (decrement > before / 10 || left > WORTHWHILE_CHORDS) break;
    const next = x.map((v, j) => v + step[j]!);
    const there = value(next);
    if (!(there >= at - 1e-12 * (1 + Math.abs(at)))) {
      value(x);
      break;
    }
    before = decrement;
    x = next;
    at = there;
  }
  return { x, at, maximum: null };
}

/** Nothing beside the size of the value, or next to nothing and no longer becoming smaller. */
const isNothing = (decrement: number, previous: number, value: number, nothing: number): boolean => {
  const scale = 1 + Math.abs(value);
  return decrement <= nothing * scale || (decrement <= 1e-18 * scale && decrement >= previous / 4);
};

/** (LL')⁻¹ v. */
export function solveFactor(L: Float64Array, v: Float64Array): Float64Array {
  const n = v.length;
  const x = v.slice();
  for (let i = 0; i < n; i++) {
    let sum = x[i]!;
    for (let j = 0; j < i; j++) sum -= L[i * n + j]! * x[j]!;
    x[i] = sum / L[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    const xi = x[i]! / L[i * n + i]!;
    x[i] = xi;
    for (let j = 0; j < i; j++) x[j]! -= L[i * n + j]! * xi;
  }
  return x;
}
