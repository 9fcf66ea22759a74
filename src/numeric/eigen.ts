/** Eigenvalues and eigenvectors of a symmetric matrix, over ml-matrix. */
import { EigenvalueDecomposition, Matrix as MlMatrix } from "ml-matrix";
import { type Matrix, multiply, transpose, zeros } from "./matrix.js";

/** A = V diag(values) V': values ascending, eigenvectors in the columns of `vectors`. */
export function symmetricEigen(a: Matrix): { values: Float64Array; vectors: Matrix } {
  const n = a.rows;
  const square = new MlMatrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) square.set(i, j, (a.data[i * n + j]! + a.data[j * n + i]!) / 2);
  const decomposition = new EigenvalueDecomposition(square, { assumeSymmetric: true });
  const vectors = zeros(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) vectors.data[i * n + j] = decomposition.eigenvectorMatrix.get(i, j);
  return { values: Float64Array.from(decomposition.realEigenvalues), vectors };
}

/** V diag(f(values)) V' of a symmetric matrix's eigenvalues and eigenvectors. */
export function functionOfSymmetric(
  { values, vectors }: { readonly values: Float64Array; readonly vectors: Matrix },
  f: (value: number) => number,
): Matrix {
  const images = values.map(f);
  const scaled = { ...vectors, data: vectors.data.map((v, at) => v * images[at % vectors.cols]!) };
  return multiply(scaled, transpose(vectors));
}
