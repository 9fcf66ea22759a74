/** Dense Cholesky factors A = LL' of symmetric positive definite matrices, lower triangle, row-major. */
import { type Matrix, zeros } from "./matrix.js";

/**
 * Factorise in place: the lower triangle of the n×n matrix that begins at `offset` becomes L;
 * the upper triangle is neither read nor written.
 *
 * @returns false when a pivot is not positive: not positive definite in working precision.
 */
export function choleskyInPlace(a: Float64Array, n: number, offset = 0): boolean {
  for (let i = 0; i < n; i++) {
    const rowI = offset + i * n;
    for (let j = 0; j <= i; j++) {
      const rowJ = offset + j * n;
      let sum = a[rowI + j]!;
      for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!;
      if (j < i) a[rowI + j] = sum / a[rowJ + j]!;
      else if (sum > 0) a[rowI + i] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** The lower factor of A, zeros above the diagonal, or null when A is not positive definite. */
export function cholesky(a: Matrix): Matrix | null {
  const n = a.rows;
  const l = { rows: n, cols: n, data: a.data.slice() };
  if (!choleskyInPlace(l.data, n)) return null;
  for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) l.data[i * n + j] = 0;
  return l;
}

/** L⁻¹ of a lower triangular matrix. */
export function invertLower(l: Matrix): Matrix {
  const { rows: n, data: L } = l;
  const inverse = zeros(n, n);
  const into = inverse.data;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= L[i * n + k]! * into[k * n + j]!;
      into[i * n + j] = sum / L[i * n + i]!;
    }
  }
  return inverse;
}

/** A⁻¹ of a symmetric positive definite matrix, or null when it is not. */
export function invertPositiveDefinite(a: Matrix): Matrix | null {
  const l = cholesky(a);
  if (l === null) return null;
  const n = a.rows;
  const half = invertLower(l).data;
  const inverse = zeros(n, n);
  const into = inverse.data;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = i; k < n; k++) sum += half[k * n + i]! * half[k * n + j]!;
      into[i * n + j] = sum;
      into[j * n + i] = sum;
    }
  }
  return inverse;
}
