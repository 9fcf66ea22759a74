/**
 * Minimise a smooth function: BFGS with an analytic gradient, finished by Newton steps, so that the end point is
 * exact to rounding and the curvature there is known. The Hessian is the objective's own or the forward
 * difference of its gradient.
 *
 * Source: Nocedal & Wright (2006) Numerical Optimization, 2nd ed., ch. 3 and 6.
 */
import { invertPositiveDefinite } from "./cholesky.js";
import { dot, type Matrix, timesVector, zeros } from "./matrix.js";

export interface Objective {
  /** f(x); NaN or ∞ where it cannot be evaluated. */
  readonly value: (x: Float64Array) => number;
  /** ∇f at the x last given to `value`. */
  readonly gradient: () => Float64Array;
  /** ∇²f, exact; may evaluate elsewhere. */
  readonly hessian?: (x: Float64Array) => Matrix;
  /** Something like ∇²f that is cheap and positive definite, such as an expected information: where BFGS starts. */
  readonly scoring?: (x: Float64Array) => Matrix | null;
}

export interface Minimum {
  readonly at: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  /** null when it is not positive definite, or could not be had. */
  readonly hessian: Matrix | null;
  /** ½ g'H⁻¹g: how much lower a quadratic would still go. */
  readonly decrement: number;
  readonly iterations: number;
  readonly evaluations: number;
  /** The decrement is negligible and the Hessian positive definite. */
  readonly converged: boolean;
}

export interface MinimiseOptions {
  /** Largest decrement of a converged minimum, in units of f. Default 1e-9. */
  readonly tolerance?: number;
  /** Default 500. */
  readonly maxIterations?: number;
}

/** No coordinate moves further than this in one step of BFGS: theta's scale is 1, and 1 → 0 is to be no stop. */
const LONGEST_STEP = 0.7;

export function minimise(
  objective: Objective,
  start: Float64Array,
  { tolerance = 1e-9, maxIterations = 500 }: MinimiseOptions = {},
): Minimum {
  let evaluations = 0;
  const value = (x: Float64Array): number => {
    evaluations++;
    const f = objective.value(x);
    return Number.isFinite(f) ? f : Number.POSITIVE_INFINITY;
  };
  let x: Float64Array = start.slice();
  let f = value(x);
  if (f === Number.POSITIVE_INFINITY) return failed(x, evaluations);
  let g = objective.gradient();
  let iterations = 0;
  let finish: Curvature = { inverse: null, hessian: null, decrement: Number.POSITIVE_INFINITY };

  // A Newton finish that finds no minimum (an indefinite Hessian, a step that does not help) sends back to BFGS.
  for (let round = 0; round < 5; round++) {
    let inverse = startingInverse(objective, x);
    for (; iterations < maxIterations; iterations++) {
      if (g.every((slope) => Math.abs(slope) < 1e-7 * (1 + Math.abs(f)))) break;
      let step = descent(inverse, g);
      if (dot(step, g) >= 0) {
        inverse = identity(x.length);
        step = descent(inverse, g);
      }
      const moved = lineSearch(value, x, f, g, step);
      if (moved === null) break;
      const gradient = objective.gradient();
      updateInverse(inverse, moved.x, x, gradient, g);
      const gain = f - moved.f;
      ({ x, f } = moved);
      g = gradient;
      if (gain <= 1e-10 * (1 + Math.abs(f))) break;
    }

    for (let newton = 0; newton < 12; newton++) {
      finish = curvature(objective, value, x, g);
      if (finish.inverse === null || finish.decrement === 0) break;
      const isLast = finish.decrement <= tolerance;
      const step = timesVector(finish.inverse, g);
      const next = x.map((v, i) => v - step[i]!);
      const fNext = value(next);
      if (!(fNext <= f + 1e-13 * (1 + Math.abs(f)))) break;
      g = objective.gradient();
      x = next;
      f = fNext;
      iterations++;
      if (isLast) break;
    }
    if (finish.hessian !== null && finish.decrement <= tolerance) break;
  }
  const { hessian, decrement } = finish;
  return {
    at: x,
    value: f,
    gradient: g,
    hessian,
    decrement,
    iterations,
    evaluations,
    converged: hessian !== null && decrement <= tolerance,
  };
}

const failed = (x: Float64Array, evaluations: number): Minimum => ({
  at: x,
  value: Number.NaN,
  gradient: new Float64Array(x.length),
  hessian: null,
  decrement: Number.POSITIVE_INFINITY,
  iterations: 0,
  evaluations,
  converged: false,
});

function identity(n: number): Matrix {
  const matrix = zeros(n, n);
  for (let i = 0; i < n; i++) matrix.data[i * n + i] = 1;
  return matrix;
}

/** Inverse Hessian that BFGS starts from. */
function startingInverse(objective: Objective, x: Float64Array): Matrix {
  const scoring = objective.scoring?.(x) ?? null;
  return (scoring === null ? null : invertPositiveDefinite(scoring)) ?? identity(x.length);
}

/** −H g, shortened when a coordinate would move too far. */
function descent(inverse: Matrix, g: Float64Array): Float64Array {
  const step = timesVector(inverse, g).map((v) => -v);
  const largest = step.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return largest > LONGEST_STEP ? step.map((v) => (v * LONGEST_STEP) / largest) : step;
}

/** Backtrack along the step until the function falls enough (Armijo); null when it does not. */
function lineSearch(
  value: (x: Float64Array) => number,
  x: Float64Array,
  f: number,
  g: Float64Array,
  step: Float64Array,
): { x: Float64Array; f: number } | null {
  const slope = dot(g, step);
  if (!(slope < 0)) return null;
  for (let t = 1; t > 1e-12; ) {
    const next = x.map((v, i) => v + t * step[i]!);
    const fNext = value(next);
    if (fNext <= f + 1e-4 * t * slope) return { x: next, f: fNext };
    // The minimum of the parabola through f, slope and fNext, kept within [0.1, 0.5] of the step.
    const quadratic = Number.isFinite(fNext) ? (-slope * t) / (2 * (fNext - f - slope * t)) : 0.1;
    t *= Math.min(0.5, Math.max(0.1, quadratic));
  }
  return null;
}

/** The BFGS update of the inverse Hessian, in place; skipped when the curvature is not positive. */
function updateInverse(H: Matrix, x: Float64Array, xOld: Float64Array, g: Float64Array, gOld: Float64Array): void {
  const q = x.length;
  const s = x.map((v, i) => v - xOld[i]!);
  const y = g.map((v, i) => v - gOld[i]!);
  const sy = dot(s, y);
  if (sy <= 1e-12 * Math.sqrt(dot(s, s) * dot(y, y))) return;
  const Hy = timesVector(H, y);
  const factor = (1 + dot(y, Hy) / sy) / sy;
  for (let i = 0; i < q; i++)
    for (let j = 0; j < q; j++) H.data[i * q + j]! += factor * s[i]! * s[j]! - (Hy[i]! * s[j]! + s[i]! * Hy[j]!) / sy;
}

interface Curvature extends Pick<Minimum, "hessian" | "decrement"> {
  readonly inverse: Matrix | null;
}

/** The Hessian; without one when it is not positive definite. */
function curvature(
  objective: Objective,
  value: (x: Float64Array) => number,
  x: Float64Array,
  g: Float64Array,
): Curvature {
  const none: Curvature = { inverse: null, hessian: null, decrement: Number.POSITIVE_INFINITY };
  const hessian = objective.hessian?.(x) ?? differencedHessian(objective, value, x, g);
  if (hessian === null) return none;
  const inverse = invertPositiveDefinite(hessian);
  return inverse === null ? none : { inverse, hessian, decrement: dot(g, timesVector(inverse, g)) / 2 };
}

/**
 * The Hessian by forward differences of the gradient, good to four digits, which is ample for Newton steps and a
 * verdict; null when a point beside x cannot be evaluated.
 */
function differencedHessian(
  objective: Objective,
  value: (x: Float64Array) => number,
  x: Float64Array,
  g: Float64Array,
): Matrix | null {
  const n = x.length;
  const hessian = zeros(n, n);
  for (let i = 0; i < n; i++) {
    const h = 1e-5 * Math.max(Math.abs(x[i]!), 0.1);
    if (value(x.with(i, x[i]! + h)) === Number.POSITIVE_INFINITY) return null;
    const beside = objective.gradient();
    for (let j = 0; j < n; j++) {
      const second = (beside[j]! - g[j]!) / (2 * h);
      hessian.data[i * n + j]! += second;
      hessian.data[j * n + i]! += second;
    }
  }
  return hessian;
}
