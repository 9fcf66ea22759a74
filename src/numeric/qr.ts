/**
 * Householder QR of a tall matrix with R's limited column pivoting: a column that is, within
 * `tolerance`, a combination of the columns before it is moved to the end and called aliased, so that
 * the first of several dependent columns stays (as `lm` does).
 *
 * Sources: Golub & Van Loan, Matrix Computations, 4th ed., 5.2; the rule for moving columns is that of
 * LINPACK's dqrdc2 as R uses it.
 */
import { type Matrix, zeros } from "./matrix.js";

export interface Alias {
  readonly column: number;
  readonly of: readonly { readonly column: number; readonly share: number }[];
}

export interface Qr {
  readonly rank: number;
  /** Columns of X that are kept, in order (rank of them). */
  readonly kept: readonly number[];
  /** Columns that depend on kept ones before them, and on which: X[:, column] = Σ share · X[:, of]. */
  readonly aliased: readonly Alias[];
  /** rank × rank, upper triangular: X[:, kept] = Q R. */
  readonly R: Matrix;
  /** Q'y (length n) of the right-hand side given, or null. */
  readonly rotated: Float64Array | null;
}

/**
 * @param X          n×p, not changed.
 * @param rhs        y (n), rotated along to Q'y; not changed.
 * @param tolerance  A column is aliased when what is left of it is shorter than this share of its
 *                   length. Default 1e-7, as R.
 */
export function qr(X: Matrix, rhs: Float64Array | null = null, tolerance = 1e-7): Qr {
  const { rows: n, cols: p } = X;
  const columns = columnsOf(X);
  const rotated = rhs === null ? null : rhs.slice();
  const lengths = columns.map(norm);
  const kept: number[] = [];
  const aliased: Alias[] = [];
  const R = zeros(p, p);

  for (let j = 0; j < p; j++) {
    const k = kept.length;
    const column = columns[j]!;
    const left = k < n ? norm(column, k) : 0;
    if (!(left > tolerance * lengths[j]!) || left === 0) {
      aliased.push({ column: j, of: dependence(R, column, kept) });
      continue;
    }
    for (let i = 0; i < k; i++) R.data[i * p + k] = column[i]!;
    R.data[k * p + k] = reflectorInPlace(column, k, left);
    for (let l = j + 1; l < p; l++) reflect(column, k, columns[l]!);
    if (rotated !== null) reflect(column, k, rotated);
    kept.push(j);
  }
  const rank = kept.length;
  const square = zeros(rank, rank);
  for (let i = 0; i < rank; i++) for (let j = i; j < rank; j++) square.data[i * rank + j] = R.data[i * p + j]!;
  return { rank, kept, aliased, R: square, rotated };
}

/** The kept columns that an aliased one is made of: shares below 1e-6 of the largest are rounding. */
function dependence(R: Matrix, column: Float64Array, kept: readonly number[]): Alias["of"] {
  const k = kept.length;
  const leading = zeros(k, k);
  for (let i = 0; i < k; i++) for (let j = i; j < k; j++) leading.data[i * k + j] = R.data[i * R.cols + j]!;
  const shares = solveUpper(leading, column);
  const largest = shares.reduce((most, share) => Math.max(most, Math.abs(share)), 0);
  return kept
    .map((of, i) => ({ column: of, share: shares[i]! }))
    .filter(({ share }) => Math.abs(share) > 1e-6 * largest);
}

/** The columns as arrays of their own: Householder works down columns. */
function columnsOf({ rows, cols, data }: Matrix): Float64Array[] {
  return Array.from({ length: cols }, (_, j) => {
    const column = new Float64Array(rows);
    for (let i = 0, at = j; i < rows; i++, at += cols) column[i] = data[at]!;
    return column;
  });
}

/** Length of x from element `from` on, safe from overflow. */
function norm(x: Float64Array, from = 0): number {
  let largest = 0;
  for (let i = from; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i]!));
  if (largest === 0 || !Number.isFinite(largest)) return largest;
  let sum = 0;
  for (let i = from; i < x.length; i++) {
    const scaled = x[i]! / largest;
    sum += scaled * scaled;
  }
  return largest * Math.sqrt(sum);
}

/** Turn x[k…] into the Householder vector v, scaled so that H = I − v v'/v_k; returns the diagonal of R. */
function reflectorInPlace(x: Float64Array, k: number, length: number): number {
  const signed = x[k]! < 0 ? -length : length;
  for (let i = k; i < x.length; i++) x[i]! /= signed;
  x[k]! += 1;
  return -signed;
}

/** y ← H y on elements k…. */
function reflect(v: Float64Array, k: number, y: Float64Array): void {
  let sum = 0;
  for (let i = k; i < v.length; i++) sum += v[i]! * y[i]!;
  const factor = sum / v[k]!;
  for (let i = k; i < v.length; i++) y[i]! -= factor * v[i]!;
}

/** R⁻¹ of an upper triangular matrix. */
export function invertUpper(R: Matrix): Matrix {
  const n = R.rows;
  const inverse = zeros(n, n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i >= 0; i--) {
      let sum = i === j ? 1 : 0;
      for (let k = i + 1; k <= j; k++) sum -= R.data[i * n + k]! * inverse.data[k * n + j]!;
      inverse.data[i * n + j] = sum / R.data[i * n + i]!;
    }
  }
  return inverse;
}

/** x with R x = b, for an upper triangular R (n×n) and the first n elements of b. */
export function solveUpper(R: Matrix, b: Float64Array): Float64Array {
  const n = R.rows;
  const x = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let k = i + 1; k < n; k++) sum -= R.data[i * n + k]! * x[k]!;
    x[i] = sum / R.data[i * n + i]!;
  }
  return x;
}

/** X R⁻¹ for an n×p matrix and an upper triangular R: with R of X's QR, an orthonormal basis of its columns. */
export function timesInverseUpper(X: Matrix, R: Matrix): Matrix {
  const { rows: n, cols: p } = X;
  const basis = zeros(n, p);
  const { data } = basis;
  for (let i = 0; i < n; i++) {
    const row = i * p;
    for (let j = 0; j < p; j++) {
      let sum = X.data[row + j]!;
      for (let k = 0; k < j; k++) sum -= data[row + k]! * R.data[k * p + j]!;
      data[row + j] = sum / R.data[j * p + j]!;
    }
  }
  return basis;
}
