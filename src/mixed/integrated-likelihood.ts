/**
 * What the two approximations of a generalised linear mixed model's likelihood share: the data they are made
 * from, and the deviance −2 log f(y; θ, β) with its gradient, as a function of x = (θ, β).
 *
 *     f(y) = ∫ Π f(y_i | η_i) φ(u) du,   η = offset + Xβ + ZΛ(θ)u,  u ~ N(0, I)
 */
import type { Matrix } from "../numeric/matrix.js";
import type { Objective } from "../numeric/minimise.js";
import type { ConditionalFamily } from "./conditional-family.js";
import type { RandomStructure } from "./random-structure.js";

export interface IntegratedModel {
  readonly family: ConditionalFamily;
  /** n. */
  readonly response: Float64Array;
  /** n; zeros when there is none. */
  readonly offset: Float64Array;
  /** n×p. */
  readonly X: Matrix;
  readonly structure: RandomStructure;
}

/** The deviance over x = (θ, β). */
export interface IntegratedDeviance extends Objective {
  /** q spherical conditional modes at the x last given to `value`, b = Λu, factor by factor, level by level. */
  readonly modes: () => Float64Array;
}

/** Newton is quadratic and the penalised likelihood concave: more means that it cannot be evaluated. */
export const MODE_ITERATIONS = 100;

/**
 * Whether Newton has found the modes: the penalised deviance would fall by `decrement` more, which is nothing beside
 * its `size`, or is next to nothing and no longer becomes smaller. The log-determinant is only as exact as the modes.
 */
export function modesFound(decrement: number, previous: number, size: number): boolean {
  const scale = 1 + Math.abs(size);
  return decrement <= 1e-26 * scale || (decrement <= 1e-18 * scale && decrement >= previous / 4);
}

/** offset + Xβ, n, where β begins at element `from` of x. */
export function fixedPredictor({ X, offset }: IntegratedModel, x: Float64Array, from: number): Float64Array {
  const { rows, cols, data } = X;
  const eta = offset.slice();
  for (let i = 0, at = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++, at++) sum += data[at]! * x[from + j]!;
    eta[i]! += sum;
  }
  return eta;
}

/** X'r, p. */
export function timesTransposed({ rows, cols, data }: Matrix, r: Float64Array): Float64Array {
  const product = new Float64Array(cols);
  for (let i = 0, at = 0; i < rows; i++) for (let j = 0; j < cols; j++, at++) product[j]! += data[at]! * r[i]!;
  return product;
}
