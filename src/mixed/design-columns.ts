/** Columns of a design: an orthonormal basis, one column and the others, what a basis leaves of a vector. */
import { type Matrix, zeros } from "../numeric/matrix.js";
import { qr, timesInverseUpper } from "../numeric/qr.js";

/** An orthonormal basis of the columns of X. */
export const orthonormal = (X: Matrix): Matrix => (X.cols === 0 ? X : timesInverseUpper(X, qr(X).R));

/** One column, copied. */
export const columnOf = ({ rows, cols, data }: Matrix, j: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]!);

/** X less one column. */
export function withoutColumn(X: Matrix, column: number): Matrix {
  const left = zeros(X.rows, X.cols - 1);
  for (let i = 0; i < X.rows; i++)
    for (let j = 0, to = 0; j < X.cols; j++)
      if (j !== column) left.data[i * left.cols + to++] = X.data[i * X.cols + j]!;
  return left;
}

/** y less its projection on an orthonormal basis, twice for the last digits. */
export function remainder(basis: Matrix, y: Float64Array): Float64Array {
  const left = y.slice();
  for (let pass = 0; pass < 2; pass++) {
    const share = inner(basis, left);
    for (let i = 0; i < left.length; i++)
      for (let j = 0; j < basis.cols; j++) left[i]! -= basis.data[i * basis.cols + j]! * share[j]!;
  }
  return left;
}

/** X'v. */
export function inner({ rows, cols, data }: Matrix, v: Float64Array): Float64Array {
  const sums = new Float64Array(cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) sums[j]! += data[i * cols + j]! * v[i]!;
  return sums;
}
