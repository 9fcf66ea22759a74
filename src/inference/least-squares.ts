/** Least squares on an orthonormal basis: where the mixed models start from, so that large means cost no digits. */
import type { Matrix } from "../numeric/matrix.js";

/** Coefficients and residuals of least squares on an orthonormal basis, refined once. */
export function leastSquares(basis: Matrix, y: Float64Array): { start: Float64Array; residuals: Float64Array } {
  const { rows: n, cols: p, data } = basis;
  const start = new Float64Array(p);
  const residuals = y.slice();
  for (let pass = 0; pass < 2; pass++) {
    const share = new Float64Array(p);
    for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) share[j]! += data[i * p + j]! * residuals[i]!;
    for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) residuals[i]! -= data[i * p + j]! * share[j]!;
    for (let j = 0; j < p; j++) start[j]! += share[j]!;
  }
  return { start, residuals };
}
