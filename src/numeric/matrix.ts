/** Dense real matrices, row-major. Kernels that work in place on `data` say so. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  /** Row-major, rows × cols. */
  readonly data: Float64Array;
}

/** A matrix of zeros. */
export const zeros = (rows: number, cols: number): Matrix => ({
  rows,
  cols,
  data: rows * cols === 0 ? nothing : new Float64Array(rows * cols),
});

/** The data of every matrix without elements: models without random effects have two for each participant. */
const nothing = new Float64Array(0);

/** A matrix from rows of equal length. */
export function fromRows(rows: readonly (readonly number[] | Float64Array)[]): Matrix {
  const cols = rows[0]?.length ?? 0;
  const matrix = zeros(rows.length, cols);
  rows.forEach((row, i) => {
    matrix.data.set(row, i * cols);
  });
  return matrix;
}

/** Row i as a view, not a copy. */
export const rowOf = (matrix: Matrix, i: number): Float64Array =>
  matrix.data.subarray(i * matrix.cols, (i + 1) * matrix.cols);

/** A B. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  const product = zeros(a.rows, b.cols);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < a.cols; k++) {
      const aik = a.data[i * a.cols + k]!;
      if (aik === 0) continue;
      for (let j = 0; j < b.cols; j++) product.data[i * b.cols + j]! += aik * b.data[k * b.cols + j]!;
    }
  }
  return product;
}

/** A'. */
export function transpose(a: Matrix): Matrix {
  const t = zeros(a.cols, a.rows);
  for (let i = 0; i < a.rows; i++) for (let j = 0; j < a.cols; j++) t.data[j * a.rows + i] = a.data[i * a.cols + j]!;
  return t;
}

/** A x, for x of length A.cols. */
export function timesVector(a: Matrix, x: Float64Array): Float64Array {
  const y = new Float64Array(a.rows);
  for (let i = 0; i < a.rows; i++) {
    let sum = 0;
    for (let j = 0; j < a.cols; j++) sum += a.data[i * a.cols + j]! * x[j]!;
    y[i] = sum;
  }
  return y;
}

/** tr(A B) for square matrices of one size, without forming the product. */
export function traceOfProduct(a: Matrix, b: Matrix): number {
  let sum = 0;
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < a.cols; j++) sum += a.data[i * a.cols + j]! * b.data[j * b.cols + i]!;
  return sum;
}

/** x'y. */
export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}
