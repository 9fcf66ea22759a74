/** Linear systems with a square matrix that need not be symmetric. */
import type { Matrix } from "./matrix.js";

/** A pivot below this share of the largest entry is zero. */
const SINGULAR = 1e-10;

/**
 * x with A x = b, by elimination with partial pivoting; null when A is singular in working precision.
 *
 * @param a  p×p, not changed.
 * @param b  p, not changed.
 */
export function solve(a: Matrix, b: Float64Array): Float64Array | null {
  const p = a.rows;
  const left = a.data.slice();
  const x = b.slice();
  const largest = left.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  for (let k = 0; k < p; k++) {
    let pivot = k;
    for (let i = k + 1; i < p; i++) if (Math.abs(left[i * p + k]!) > Math.abs(left[pivot * p + k]!)) pivot = i;
    if (!(Math.abs(left[pivot * p + k]!) > SINGULAR * largest)) return null;
    if (pivot !== k) {
      for (let j = k; j < p; j++) swap(left, k * p + j, pivot * p + j);
      swap(x, k, pivot);
    }
    for (let i = k + 1; i < p; i++) {
      const factor = left[i * p + k]! / left[k * p + k]!;
      for (let j = k; j < p; j++) left[i * p + j]! -= factor * left[k * p + j]!;
      x[i]! -= factor * x[k]!;
    }
  }
  for (let k = p - 1; k >= 0; k--) {
    for (let j = k + 1; j < p; j++) x[k]! -= left[k * p + j]! * x[j]!;
    x[k]! /= left[k * p + k]!;
  }
  return x;
}

function swap(values: Float64Array, i: number, j: number): void {
  const kept = values[i]!;
  values[i] = values[j]!;
  values[j] = kept;
}
