/**
 * Minimise a smooth function with lower bounds: projected BFGS with an analytic gradient, finished by
 * Newton steps whose Hessian is the central difference of the gradient, so that the end point is
 * exact to rounding and the curvature there is known.
 *
 * Sources: Nocedal & Wright (2006) Numerical Optimization, 2nd ed., ch. 6 and 16.7; Bertsekas (1982)
 * SIAM J. Control 20:221–246 (active bounds).
 */
import { cholesky, invertPositiveDefinite } from "./cholesky.js";
import { dot, type Matrix, timesVector, zeros } from "./matrix.js";

export interface Objective {
  /** f(x); NaN or ∞ where it cannot be evaluated. */
  readonly value: (x: Float64Array) => number;
  /** ∇f at the x last given to `value`. */
  readonly gradient: () => Float64Array;
}

export interface Minimum {
  readonly at: Float64Array;
  readonly value: number;
  readonly gradient: Float64Array;
  /** Coordinates that are not on their bound, ascending. */
  readonly free: readonly number[];
  /** Over the free coordinates; null when it could not be had. */
  readonly hessian: Matrix | null;
  /** ½ g'H⁻¹g over the free coordinates: how much lower a quadratic would still go. */
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

/** @param lower  Lower bounds, −∞ where there is none. f must be smooth a little beyond them. */
export function minimise(
  objective: Objective,
  start: Float64Array,
  lower: Float64Array,
  { tolerance = 1e-9, maxIterations = 500 }: MinimiseOptions = {},
): Minimum {
  let evaluations = 0;
  const value = (x: Float64Array): number => {
    evaluations++;
    const f = objective.value(x);
    return Number.isFinite(f) ? f : Number.POSITIVE_INFINITY;
  };
  const q = start.length;
  let x = project(start, lower);
  let f = value(x);
  if (f === Number.POSITIVE_INFINITY) return failed(x, evaluations);
  let g = objective.gradient().slice();
  let iterations = 0;
  let finish: Finish = { free: [], hessian: null, decrement: Number.POSITIVE_INFINITY };

  // A Newton finish that finds no minimum (an indefinite Hessian, a step that does not help) sends back to BFGS.
  for (let round = 0; round < 5; round++) {
    let inverse = identity(q);
    for (; iterations < maxIterations; iterations++) {
      const free = freeCoordinates(x, g, lower);
      if (free.every((i) => Math.abs(g[i]!) < 1e-6 * (1 + Math.abs(f)))) break;
      let step = direction(inverse, g, free, q);
      if (dot(step, g) >= 0) {
        inverse = identity(q);
        step = direction(inverse, g, free, q);
      }
      const moved = lineSearch(value, x, f, g, step, lower);
      if (moved === null) break;
      const gradient = objective.gradient().slice();
      updateInverse(inverse, moved.x, x, gradient, g);
      const gain = f - moved.f;
      ({ x, f } = moved);
      g = gradient;
      if (gain <= 1e-10 * (1 + Math.abs(f))) break;
    }

    for (let newton = 0; newton < 12; newton++) {
      finish = curvature(objective, value, x, g, lower);
      if (finish.hessian === null || finish.decrement === 0) break;
      const isLast = finish.decrement <= tolerance;
      const next = newtonStep(x, g, finish, lower);
      const fNext = value(next);
      if (!(fNext <= f + 1e-13 * (1 + Math.abs(f)))) break;
      g = objective.gradient().slice();
      x = next;
      f = fNext;
      iterations++;
      if (isLast) break;
    }
    if (finish.hessian !== null && finish.decrement <= tolerance) break;
  }
  return {
    at: x,
    value: f,
    gradient: g,
    ...finish,
    iterations,
    evaluations,
    converged: finish.hessian !== null && finish.decrement <= tolerance,
  };
}

const failed = (x: Float64Array, evaluations: number): Minimum => ({
  at: x,
  value: Number.NaN,
  gradient: new Float64Array(x.length),
  free: [],
  hessian: null,
  decrement: Number.POSITIVE_INFINITY,
  iterations: 0,
  evaluations,
  converged: false,
});

const project = (x: Float64Array, lower: Float64Array): Float64Array => x.map((v, i) => Math.max(v, lower[i]!));

const freeCoordinates = (x: Float64Array, g: Float64Array, lower: Float64Array): number[] =>
  [...x.keys()].filter((i) => x[i]! > lower[i]! || g[i]! < 0);

function identity(n: number): Matrix {
  const matrix = zeros(n, n);
  for (let i = 0; i < n; i++) matrix.data[i * n + i] = 1;
  return matrix;
}

/** −H g over the free coordinates, shortened so that no coordinate moves further than 1 + its size. */
function direction(inverse: Matrix, g: Float64Array, free: readonly number[], q: number): Float64Array {
  const step = new Float64Array(q);
  let largest = 0;
  for (const i of free) {
    let sum = 0;
    for (const j of free) sum -= inverse.data[i * q + j]! * g[j]!;
    step[i] = sum;
    largest = Math.max(largest, Math.abs(sum));
  }
  return largest > 1 ? step.map((v) => v / largest) : step;
}

/** Backtrack along the projected path until the function falls enough (Armijo). */
function lineSearch(
  value: (x: Float64Array) => number,
  x: Float64Array,
  f: number,
  g: Float64Array,
  step: Float64Array,
  lower: Float64Array,
): { x: Float64Array; f: number } | null {
  for (let t = 1; t > 1e-12; ) {
    const next = project(
      x.map((v, i) => v + t * step[i]!),
      lower,
    );
    const slope = next.reduce((sum, v, i) => sum + g[i]! * (v - x[i]!), 0);
    if (slope === 0) return null;
    const fNext = value(next);
    if (fNext <= f + 1e-4 * slope) return { x: next, f: fNext };
    // The minimum of the parabola through f, slope and fNext, kept within [0.1, 0.5] of the step.
    const quadratic = Number.isFinite(fNext) ? -slope / (2 * (fNext - f - slope)) : 0.1;
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

type Finish = Pick<Minimum, "free" | "hessian" | "decrement">;

/** The Hessian over the coordinates inside their bounds, by central differences of the gradient. */
function curvature(
  objective: Objective,
  value: (x: Float64Array) => number,
  x: Float64Array,
  g: Float64Array,
  lower: Float64Array,
): Finish {
  const free = [...x.keys()].filter((i) => x[i]! > lower[i]!);
  const m = free.length;
  const hessian = zeros(m, m);
  for (const [a, i] of free.entries()) {
    const h = 1e-4 * Math.max(Math.abs(x[i]!), 0.1);
    const side = (sign: number): Float64Array | null => {
      const moved = x.slice();
      moved[i]! += sign * h;
      return value(moved) === Number.POSITIVE_INFINITY ? null : objective.gradient().slice();
    };
    const above = side(1);
    const below = side(-1);
    if (above === null || below === null) return { free, hessian: null, decrement: Number.POSITIVE_INFINITY };
    free.forEach((j, b) => {
      hessian.data[a * m + b] = (above[j]! - below[j]!) / (2 * h);
    });
  }
  for (let a = 0; a < m; a++)
    for (let b = 0; b < a; b++) {
      const mean = (hessian.data[a * m + b]! + hessian.data[b * m + a]!) / 2;
      hessian.data[a * m + b] = mean;
      hessian.data[b * m + a] = mean;
    }
  if (cholesky(hessian) === null) return { free, hessian: null, decrement: Number.POSITIVE_INFINITY };
  const gradient = Float64Array.from(free, (i) => g[i]!);
  const decrement = m === 0 ? 0 : dot(gradient, timesVector(invertPositiveDefinite(hessian)!, gradient)) / 2;
  return { free, hessian, decrement };
}

function newtonStep(x: Float64Array, g: Float64Array, { free, hessian }: Finish, lower: Float64Array): Float64Array {
  const step = timesVector(
    invertPositiveDefinite(hessian!)!,
    Float64Array.from(free, (i) => g[i]!),
  );
  const next = x.slice();
  free.forEach((i, a) => {
    next[i] = Math.max(x[i]! - step[a]!, lower[i]!);
  });
  return next;
}
