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

/** A B. Elements of A that are zero are passed over, whatever they would meet in B. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  // Held apart: a matrix comes in several shapes of object, and asking one for its data is no small thing in a loop.
  const { rows, cols: inner, data: A } = a;
  const { cols, data: B } = b;
  const product = zeros(rows, cols);
  const P = product.data;
  for (let i = 0; i < rows; i++) {
    const from = i * inner;
    const to = i * cols;
    let k = 0;
    while (k < inner) {
      // Four rows of B at a time, so that the sums are gone through less often; they are added in their order.
      while (k < inner && A[from + k] === 0) k++;
      if (k + 3 < inner && A[from + k + 1] !== 0 && A[from + k + 2] !== 0 && A[from + k + 3] !== 0) {
        const [a0, a1, a2, a3] = [A[from + k]!, A[from + k + 1]!, A[from + k + 2]!, A[from + k + 3]!];
        const b0 = k * cols;
        const b1 = b0 + cols;
        const b2 = b1 + cols;
        const b3 = b2 + cols;
        for (let j = 0; j < cols; j++)
          P[to + j] = P[to + j]! + a0 * B[b0 + j]! + a1 * B[b1 + j]! + a2 * B[b2 + j]! + a3 * B[b3 + j]!;
        k += 4;
      } else if (k < inner) {
        const value = A[from + k]!;
        const row = k * cols;
        for (let j = 0; j < cols; j++) P[to + j]! += value * B[row + j]!;
        k++;
      }
    }
  }
  return product;
}

/** A'. */
export function transpose(a: Matrix): Matrix {
  const { rows, cols, data: A } = a;
  const t = zeros(cols, rows);
  const T = t.data;
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) T[j * rows + i] = A[i * cols + j]!;
  return t;
}

/** A x, for x of length A.cols. */
export function timesVector(a: Matrix, x: Float64Array): Float64Array {
  const { rows, cols, data: A } = a;
  const y = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += A[i * cols + j]! * x[j]!;
    y[i] = sum;
  }
  return y;
}

/** tr(A B) for square matrices of one size, without forming the product. */
export function traceOfProduct(a: Matrix, b: Matrix): number {
  const { rows, cols, data: A } = a;
  const { cols: width, data: B } = b;
  let sum = 0;
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) sum += A[i * cols + j]! * B[j * width + i]!;
  return sum;
}

/** x'y. */
export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!;
  return sum;
}
