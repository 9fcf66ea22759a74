/**
 * Gauss–Hermite quadrature for the standard normal density: ∫ f(z) φ(z) dz ≈ Σ w_k f(z_k), exact for polynomials
 * of degree 2n − 1.
 *
 * Nodes from the eigenvalues of the Jacobi matrix (Golub & Welsch 1969, Mathematics of Computation 23:221–230),
 * polished by Newton on the orthonormal Hermite polynomial; weights from Christoffel's formula, 1/Σ p_j(z_k)².
 */
import { symmetricEigen } from "./eigen.js";
import { zeros } from "./matrix.js";

export interface QuadratureRule {
  /** n nodes, ascending, symmetric about zero. */
  readonly nodes: Float64Array;
  /** n weights, which sum to 1. */
  readonly weights: Float64Array;
}

/** @param n  number of nodes, 1 … 100 */
export function gaussHermite(n: number): QuadratureRule {
  const jacobi = zeros(n, n);
  for (let i = 1; i < n; i++) {
    jacobi.data[i * n + i - 1] = Math.sqrt(i);
    jacobi.data[(i - 1) * n + i] = Math.sqrt(i);
  }
  const { values } = symmetricEigen(jacobi);
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  // The half above zero; the other half is its mirror image, to the last bit.
  for (let k = 0; k < Math.ceil(n / 2); k++) {
    const isMiddle = 2 * k === n - 1;
    const node = isMiddle ? 0 : polished(n, values[n - 1 - k]!);
    const weight = 1 / hermite(n, node).squares;
    nodes[n - 1 - k] = node;
    weights[n - 1 - k] = weight;
    if (isMiddle) continue;
    nodes[k] = -node;
    weights[k] = weight;
  }
  return { nodes, weights };
}

/** A root of p_n by Newton from close by; p_n' = √n p_{n−1}. */
function polished(n: number, start: number): number {
  let z = start;
  for (let step = 0; step < 3; step++) {
    const { last, before } = hermite(n, z);
    z -= last / (Math.sqrt(n) * before);
  }
  return z;
}

/** The orthonormal Hermite polynomials at z: p_n, p_{n−1} and Σ_{j<n} p_j². */
function hermite(n: number, z: number): { last: number; before: number; squares: number } {
  let before = 0;
  let last = 1;
  let squares = 0;
  for (let j = 0; j < n; j++) {
    squares += last * last;
    const next = (z * last - Math.sqrt(j) * before) / Math.sqrt(j + 1);
    before = last;
    last = next;
  }
  return { last, before, squares };
}
