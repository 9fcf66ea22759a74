/**
 * The sandwich of clustered survival data from the scores of the clusters, with corrections for few clusters.
 *
 *     V = M (Σ_g c_g c_g') M,   c_g = (1 − Ω_g M)^−s u_g
 *
 * robust             s = 0: too small with few clusters.
 * kauermann-carroll  s = ½: the inverse square root, as in the GEE of this project.
 * mancl-derouen      s = 1.
 *
 * Ω_g, symmetric, is the cluster's share of the information M⁻¹; it may have negative eigenvalues here, which linear
 * models do not know. With M = LL' the eigenvalues h of L'Ω_g L are those of Ω_g M, and
 * M c_g = L Q (1 − h)^−s Q' L' u_g: no square root of a matrix that is not symmetric is wanted, V has no negative
 * eigenvalue, and both corrections go with any linear change of the covariates. The published form of s = ½ for Cox
 * models, (A u u' + u u'A')/2 with A = (1 − Ω_g M)⁻¹, goes with it too and is the same for one coefficient, but for
 * several it can be a variance below zero.
 *
 * Sources    Kauermann & Carroll (2001) JASA 96:1387–1396; Mancl & DeRouen (2001) Biometrics 57:126–134; for Cox models
 *            Wang, Turner & Li (2023) Biometrical Journal 65:2200113.
 */
import { addOuter, isDetermined } from "../inference/robust-variance.js";
import { cholesky } from "../numeric/cholesky.js";
import { functionOfSymmetric, symmetricEigen } from "../numeric/eigen.js";
import { type Matrix, multiply, rowOf, timesVector, transpose, zeros } from "../numeric/matrix.js";

export const CLUSTERED_VARIANCES = ["robust", "kauermann-carroll", "mancl-derouen"] as const;
export type ClusteredVariance = (typeof CLUSTERED_VARIANCES)[number];

const POWER: Record<ClusteredVariance, number> = { robust: 0, "kauermann-carroll": -0.5, "mancl-derouen": -1 };

/**
 * p×p; null when a share is the whole information of some combination of the coefficients or more (h ≥ 1), so that its
 * correction does not exist.
 *
 * @param M       p×p, the inverse of the information; V is NaN where it is not positive definite (no estimate).
 * @param scores  m×p: u_g.
 * @param shares  m matrices p×p: Ω_g; not used by `robust`.
 */
export function correctedSandwich(
  M: Matrix,
  scores: Matrix,
  shares: readonly Matrix[],
  kind: ClusteredVariance,
): Matrix | null {
  const p = M.rows;
  const L = cholesky(M);
  if (L === null) return { ...M, data: M.data.map(() => Number.NaN) };
  const transposed = transpose(L);
  const meat = zeros(p, p);
  for (let g = 0; g < scores.rows; g++) {
    const u = timesVector(transposed, rowOf(scores, g));
    if (kind === "robust") {
      addOuter(meat, u, 1);
      continue;
    }
    const eigen = symmetricEigen(multiply(multiply(transposed, shares[g]!), L));
    if (eigen.values.some(isDetermined)) return null;
    const correction = functionOfSymmetric(eigen, (h) => (1 - h) ** POWER[kind]);
    addOuter(meat, timesVector(correction, u), 1);
  }
  return multiply(multiply(L, meat), transposed);
}
