/** Dense Cholesky factors A = LL' of symmetric positive definite matrices, lower triangle, row-major. */
import { type Matrix, zeros } from "./matrix.js";

/**
 * Factorise in place: the lower triangle of the n×n matrix that begins at `offset` becomes L;
 * the upper triangle is neither read nor written.
 *
 * @returns false when a pivot is not positive: not positive definite in working precision.
 */
export function choleskyInPlace(a: Float64Array, n: number, offset = 0): boolean {
  for (let from = 0; from < n; from += ABREAST) {
    const to = Math.min(from + ABREAST, n);
    if (to - from === ABREAST) factoriseAbreast(a, n, offset, from);
    const known = to - from === ABREAST ? from : 0;
    for (let i = from; i < to; i++) {
      const rowI = offset + i * n;
      for (let j = known; j <= i; j++) {
        const rowJ = offset + j * n;
        let sum = a[rowI + j]!;
        for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!;
        if (j < i) a[rowI + j] = sum / a[rowJ + j]!;
        else if (sum > 0) a[rowI + i] = Math.sqrt(sum);
        else return false;
      }
    }
  }
  return true;
}

/**
 * Rows that are worked on at once: each subtraction waits for the one before, those of other rows do not. Every entry is still
 * summed in the order of its terms, so that the result is the same to the last digit.
 */
const ABREAST = 4;

/** The entries of four rows from `from` on in the columns before it. */
function factoriseAbreast(a: Float64Array, n: number, offset: number, from: number): void {
  const r0 = offset + from * n;
  const r1 = r0 + n;
  const r2 = r1 + n;
  const r3 = r2 + n;
  for (let j = 0; j < from; j++) {
    const rowJ = offset + j * n;
    let s0 = a[r0 + j]!;
    let s1 = a[r1 + j]!;
    let s2 = a[r2 + j]!;
    let s3 = a[r3 + j]!;
    for (let k = 0; k < j; k++) {
      const l = a[rowJ + k]!;
      s0 -= a[r0 + k]! * l;
      s1 -= a[r1 + k]! * l;
      s2 -= a[r2 + k]! * l;
      s3 -= a[r3 + k]! * l;
    }
    const pivot = a[rowJ + j]!;
    a[r0 + j] = s0 / pivot;
    a[r1 + j] = s1 / pivot;
    a[r2 + j] = s2 / pivot;
    a[r3 + j] = s3 / pivot;
  }
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
export function invertLower({ rows: n, data: l }: Matrix): Matrix {
  const inverse = zeros(n, n);
  const x = inverse.data;
  let j = 0;
  for (; j + ABREAST <= n; j += ABREAST) {
    for (let i = j; i < n; i++) {
      let s0 = i === j ? 1 : 0;
      let s1 = i === j + 1 ? 1 : 0;
      let s2 = i === j + 2 ? 1 : 0;
      let s3 = i === j + 3 ? 1 : 0;
      for (let k = j, at = j * n + j; k < i; k++, at += n) {
        const v = l[i * n + k]!;
        s0 -= v * x[at]!;
        s1 -= v * x[at + 1]!;
        s2 -= v * x[at + 2]!;
        s3 -= v * x[at + 3]!;
      }
      const pivot = l[i * n + i]!;
      const at = i * n + j;
      x[at] = s0 / pivot;
      if (i > j) x[at + 1] = s1 / pivot;
      if (i > j + 1) x[at + 2] = s2 / pivot;
      if (i > j + 2) x[at + 3] = s3 / pivot;
    }
  }
  for (; j < n; j++)
    for (let i = j; i < n; i++) {
      let sum = i === j ? 1 : 0;
      for (let k = j; k < i; k++) sum -= l[i * n + k]! * x[k * n + j]!;
      x[i * n + j] = sum / l[i * n + i]!;
    }
  return inverse;
}

/** A⁻¹ of a symmetric positive definite matrix, or null when it is not. */
export function invertPositiveDefinite(a: Matrix): Matrix | null {
  const l = cholesky(a);
  return l === null ? null : invertFactorised(l);
}

/** (LL')⁻¹ of a lower triangular matrix. */
export function invertFactorised(l: Matrix): Matrix {
  const n = l.rows;
  const half = invertLower(l).data;
  const inverse = zeros(n, n);
  const x = inverse.data;
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let k = i;
    for (; k + ABREAST <= n; k += ABREAST) {
      const [k0, k1, k2, k3] = [k * n, (k + 1) * n, (k + 2) * n, (k + 3) * n];
      const h0 = half[k0 + i]!;
      const h1 = half[k1 + i]!;
      const h2 = half[k2 + i]!;
      const h3 = half[k3 + i]!;
      for (let j = 0; j <= i; j++)
        x[row + j] = x[row + j]! + h0 * half[k0 + j]! + h1 * half[k1 + j]! + h2 * half[k2 + j]! + h3 * half[k3 + j]!;
    }
    for (; k < n; k++) {
      const h = half[k * n + i]!;
      for (let j = 0; j <= i; j++) x[row + j]! += h * half[k * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) x[j * n + i] = x[i * n + j]!;
  return inverse;
}
