/**
 * Minimise a deviance over the covariance parameters of a model with random effects, boundary included.
 *
 * Theta is free: a column of Λ and its negative are one covariance, so nothing is lost or gained by a bound at
 * zero, and a variance at zero is a smooth minimum there. What belongs on the boundary is put there afterwards, and
 * it is asked whether a variance at zero wants to grow, and whether a derivative-free optimiser finds anything lower.
 */
import { compassSearch } from "../numeric/compass-search.js";
import { symmetricEigen } from "../numeric/eigen.js";
import { type Matrix, multiply, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { type Minimum, minimise, type Objective } from "../numeric/minimise.js";
import { canonicalTheta, freeThetas, lowerTriangle, type RandomStructure } from "./random-structure.js";

/** A deviance over x: theta of the random structure, then any other parameters. */
export interface CovarianceObjective extends Objective {
  /**
   * Slope of the deviance, up to a factor, in the covariance matrix of each factor (k×k), at x. At a minimum no
   * direction in which the covariance is zero may have a negative value. Without it the derivative-free search alone
   * tells whether a variance wants to grow.
   */
  readonly covarianceSlope?: (x: Float64Array) => readonly Matrix[];
  /** `value` with an error well below what two optimisers may differ by, where that costs less. */
  readonly roughly?: (x: Float64Array) => number;
}

export interface Optimum {
  /** Theta in canonical form, variances at zero exactly zero. */
  readonly at: Float64Array;
  readonly minimum: Minimum;
  /** By how much the second optimiser was lower; ≤ 0 when it was not. */
  readonly secondLower: number;
}

/** A theta (in residual standard deviations) below this is tried at zero. */
const NEAR_ZERO = 1e-2;
/** Deviances closer than this are one. */
export const AGREE = 1e-6;

/**
 * From `start`, then again from wherever a check finds something lower.
 *
 * @param steps  Of the second optimiser, from long to short; none: it is not asked. Off the boundary, where a positive
 *               definite Hessian and a negligible decrement prove a minimum nearby, it is asked about the longest alone.
 */
export function optimiseCovariance(
  objective: CovarianceObjective,
  structure: RandomStructure,
  start: Float64Array,
  steps: readonly number[] = [0.2, 0.02],
): Optimum {
  let minimum = minimise(objective, start);
  let at = minimum.at;
  let secondLower = 0;
  for (let round = 0; round < 4 && Number.isFinite(minimum.value); round++) {
    ({ at, minimum } = settleBoundary(objective, structure, minimum));
    let next = growingDirection(objective, structure, at);
    if (next === null) {
      const second = compassSearch(objective.roughly ?? objective.value, at, {
        steps,
        tolerance: AGREE / 10,
        maxEvaluations: 200 * start.length,
      });
      secondLower = minimum.value - second.value;
      next = secondLower > AGREE ? second.at : null;
    } else secondLower = Number.POSITIVE_INFINITY;
    if (next === null) break;
    const again = minimise(objective, next);
    if (!(again.value < minimum.value)) break;
    minimum = again;
  }
  return { at, minimum, secondLower };
}

/** x with theta in canonical form; see canonicalTheta. */
function canonical(structure: RandomStructure, x: Float64Array, zero: number): Float64Array {
  const next = x.slice();
  next.set(canonicalTheta(structure, x.subarray(0, structure.theta.length), zero));
  return next;
}

/** Indices of the parameters that are not on the boundary. */
export function freeParameters(structure: RandomStructure, x: Float64Array): number[] {
  const thetas = structure.theta.length;
  const others = Array.from({ length: x.length - thetas }, (_, i) => thetas + i);
  return [...freeThetas(structure, x.subarray(0, thetas)), ...others];
}

/**
 * Make theta canonical and put on the boundary what belongs there: directions with next to no variance get none and
 * the rest is optimised again; they stay without when the deviance is no higher.
 */
function settleBoundary(
  objective: Objective,
  structure: RandomStructure,
  minimum: Minimum,
): { at: Float64Array; minimum: Minimum } {
  const settled = canonical(structure, minimum.at, 1e-7);
  const fixed = canonical(structure, minimum.at, NEAR_ZERO);
  const open = freeParameters(structure, fixed);
  if (fixed.every((t, i) => t === settled[i]) && open.length === fixed.length) return { at: settled, minimum };
  const full = (x: Float64Array): Float64Array => {
    const at = new Float64Array(fixed.length);
    open.forEach((i, a) => {
      at[i] = x[a]!;
    });
    return at;
  };
  const reduced = minimise(
    {
      value: (x) => objective.value(full(x)),
      gradient: () => {
        const gradient = objective.gradient();
        return Float64Array.from(open, (i) => gradient[i]!);
      },
      ...(objective.hessian === undefined ? {} : { hessian: (x) => part(objective.hessian!(full(x)), open) }),
    },
    Float64Array.from(open, (i) => fixed[i]!),
  );
  if (!(reduced.value <= minimum.value + 1e-8)) return { at: settled, minimum };
  return {
    at: canonical(structure, full(reduced.at), 1e-7),
    minimum: {
      ...reduced,
      at: full(reduced.at),
      iterations: minimum.iterations + reduced.iterations,
      evaluations: minimum.evaluations + reduced.evaluations,
    },
  };
}

/** Rows and columns of a symmetric matrix. */
export function part(matrix: Matrix, indices: readonly number[]): Matrix {
  const own = zeros(indices.length, indices.length);
  indices.forEach((row, i) => {
    indices.forEach((col, j) => {
      own.data[i * own.cols + j] = matrix.data[row * matrix.cols + col]!;
    });
  });
  return own;
}

/**
 * Where a covariance is singular the gradient in theta is zero whether or not the variance wants to grow.
 * The slope in the covariance itself tells: a direction in which the term has no variance and a negative
 * slope gives a new start with some variance there; null when there is none.
 */
function growingDirection(objective: CovarianceObjective, structure: RandomStructure, x: Float64Array) {
  const singular = structure.terms.filter(({ k, thetaStart }) => {
    const lambda = lowerTriangle(x, thetaStart, k);
    return Array.from({ length: k }, (_, i) => lambda.data[i * k + i]!).some((diagonal) => diagonal === 0);
  });
  const covarianceSlope = singular.length === 0 ? undefined : objective.covarianceSlope?.(x);
  if (covarianceSlope === undefined) return null;
  for (const term of singular) {
    const { k, offset, thetaStart } = term;
    const f = structure.factors.findIndex(({ terms }) => terms.includes(term));
    const wide = structure.factors[f]!.k;
    const lambda = lowerTriangle(x, thetaStart, k);
    const { values, vectors } = symmetricEigen(multiply(lambda, transpose(lambda)));
    const empty = [...values.keys()].filter((i) => values[i]! <= 1e-12 * Math.max(1, values[k - 1]!));
    const N = zeros(k, empty.length);
    empty.forEach((i, a) => {
      for (let row = 0; row < k; row++) N.data[row * empty.length + a] = vectors.data[row * k + i]!;
    });
    const slope = zeros(k, k);
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++) slope.data[i * k + j] = covarianceSlope[f]!.data[(offset + i) * wide + offset + j]!;
    const within = symmetricEigen(multiply(multiply(transpose(N), slope), N));
    const size = Math.max(...slope.data.map(Math.abs), 1);
    if (within.values[0]! >= -1e-7 * size) continue;
    const along = timesVector(
      N,
      Float64Array.from({ length: empty.length }, (_, i) => within.vectors.data[i * empty.length]!),
    );
    return grown(x, term, along);
  }
  return null;
}

/** x with 0.1² of variance added to a term along a direction. */
function grown(
  x: Float64Array,
  { k, thetaStart }: RandomStructure["terms"][number],
  along: Float64Array,
): Float64Array {
  const lambda = lowerTriangle(x, thetaStart, k);
  // A column of Λ that is zero takes the direction; canonicalTheta then restores the triangle.
  const covariance = multiply(lambda, transpose(lambda));
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) covariance.data[i * k + j]! += 0.01 * along[i]! * along[j]! + (i === j ? 1e-6 : 0);
  const L = zeros(k, k);
  for (let j = 0; j < k; j++)
    for (let i = j; i < k; i++) {
      let sum = covariance.data[i * k + j]!;
      for (let m = 0; m < j; m++) sum -= L.data[i * k + m]! * L.data[j * k + m]!;
      L.data[i * k + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / L.data[j * k + j]!;
    }
  const next = x.slice();
  let at = thetaStart;
  for (let j = 0; j < k; j++) for (let i = j; i < k; i++) next[at++] = L.data[i * k + j]!;
  return next;
}
