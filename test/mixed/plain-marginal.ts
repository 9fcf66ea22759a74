/**
 * The plain second implementation of a gaussian model with V = Σ c_a V_a: dense n×n matrices, straight from the
 * definitions, no blocks, no parameterisation. It shares nothing with src but matrix products and an inverse.
 */
import type { ModelFrame } from "../../src/formula/frame.js";
import { invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { type Matrix, multiply, timesVector, traceOfProduct, transpose, zeros } from "../../src/numeric/matrix.js";

/** One element of a covariance: its coefficient and the n×n matrix that it multiplies. */
export interface Component {
  readonly value: number;
  readonly matrix: Matrix;
}

export interface PlainFit {
  readonly beta: Float64Array;
  /** −2 log-likelihood or REML criterion. */
  readonly criterion: number;
  /** ∂criterion/∂c. */
  readonly gradient: Float64Array;
  readonly phi: Matrix;
  readonly satterthwaite: (L: Float64Array) => number;
  readonly kenwardRoger: (information: "observed" | "expected") => {
    readonly vcov: Matrix;
    readonly df: (L: Float64Array) => number;
  };
}

export function plainMarginal(
  X: Matrix,
  y: Float64Array,
  parts: readonly Component[],
  method: "REML" | "ML",
): PlainFit {
  const n = X.rows;
  const p = X.cols;
  const V = zeros(n, n);
  for (const { value, matrix } of parts) for (let i = 0; i < n * n; i++) V.data[i]! += value * matrix.data[i]!;
  const W = invertPositiveDefinite(V)!;
  const Xt = transpose(X);
  const XW = multiply(Xt, W);
  const information = multiply(XW, X);
  const phi = invertPositiveDefinite(information)!;
  const beta = timesVector(phi, timesVector(XW, y));
  const r = y.map((v, i) => v - timesVector(X, beta)[i]!);
  const Wr = timesVector(W, r);
  // P = W − W X Φ X' W.
  const WX = transpose(XW);
  const correction = multiply(multiply(WX, phi), XW);
  const Pm = { ...W, data: W.data.map((v, i) => v - correction.data[i]!) };
  const projector = method === "REML" ? Pm : W;

  const k = parts.length;
  const VWr = parts.map(({ matrix }) => timesVector(matrix, Wr));
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  const projected = parts.map(({ matrix }) => multiply(projector, matrix));
  const gradient = Float64Array.from(parts, (_, a) => {
    let trace = 0;
    for (let i = 0; i < n; i++) trace += projected[a]!.data[i * n + i]!;
    return trace - dot(Wr, VWr[a]!);
  });
  const expected = zeros(k, k);
  const observed = zeros(k, k);
  for (let a = 0; a < k; a++)
    for (let b = 0; b < k; b++) {
      const trace = traceOfProduct(projected[a]!, projected[b]!);
      expected.data[a * k + b] = trace;
      observed.data[a * k + b] = 2 * dot(VWr[a]!, timesVector(Pm, VWr[b]!)) - trace;
    }
  const P = parts.map(({ matrix }) => multiply(multiply(XW, matrix), WX));
  const Q = (a: number, b: number) =>
    multiply(multiply(multiply(multiply(XW, parts[a]!.matrix), W), parts[b]!.matrix), WX);

  const quadratic = (M: Matrix, L: Float64Array) => dot(L, timesVector(M, L));
  const slopesOf = (L: Float64Array) => P.map((Pa) => quadratic(multiply(multiply(phi, Pa), phi), L));
  const dfOf = (L: Float64Array, matrix: Matrix): number => {
    const A = invertPositiveDefinite(matrix)!;
    const g = Float64Array.from(slopesOf(L));
    return (2 * quadratic(phi, L) ** 2) / (2 * dot(g, timesVector(A, g)));
  };
  return {
    beta,
    criterion:
      logDeterminant(V) +
      dot(r, Wr) +
      (method === "REML" ? logDeterminant(information) + (n - p) * Math.log(2 * Math.PI) : n * Math.log(2 * Math.PI)),
    gradient,
    phi,
    satterthwaite: (L) => dfOf(L, observed),
    kenwardRoger: (which) => {
      const matrix = which === "observed" ? observed : expected;
      const inverse = invertPositiveDefinite(matrix)!;
      const sum = zeros(p, p);
      for (let a = 0; a < k; a++)
        for (let b = 0; b < k; b++) {
          const term = multiply(multiply(P[a]!, phi), P[b]!);
          const q = Q(a, b);
          for (let i = 0; i < p * p; i++) sum.data[i]! += 2 * inverse.data[a * k + b]! * (q.data[i]! - term.data[i]!);
        }
      const change = multiply(multiply(phi, sum), phi);
      // For one row, 2/A₂ of Kenward & Roger is Satterthwaite's formula with the same information.
      return { vcov: { ...phi, data: phi.data.map((v, i) => v + 2 * change.data[i]!) }, df: (L) => dfOf(L, matrix) };
    },
  };
}

/** By elimination, row by row. */
function logDeterminant(a: Matrix): number {
  const n = a.rows;
  const m = a.data.slice();
  let sum = 0;
  for (let k = 0; k < n; k++) {
    sum += Math.log(m[k * n + k]!);
    for (let i = k + 1; i < n; i++) {
      const factor = m[i * n + k]! / m[k * n + k]!;
      for (let j = k; j < n; j++) m[i * n + j]! -= factor * m[k * n + j]!;
    }
  }
  return sum;
}

/** One component for each element of Σ: rows of one subject, at the two visits of the element. */
export function visitComponents(subjects: Int32Array, visits: Int32Array, sigma: Matrix): Component[] {
  const n = subjects.length;
  const K = sigma.rows;
  const parts: Component[] = [];
  for (let u = 0; u < K; u++)
    for (let v = u; v < K; v++) {
      const matrix = zeros(n, n);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++)
          if (
            subjects[i] === subjects[j] &&
            Math.min(visits[i]!, visits[j]!) === u &&
            Math.max(visits[i]!, visits[j]!) === v
          )
            matrix.data[i * n + j] = 1;
      parts.push({ value: sigma.data[u * K + v]!, matrix });
    }
  return parts;
}

/** One component for a random intercept or a single slope: z_i z_j for rows of one level. */
export function termComponent({ codes, values }: ModelFrame["Z"][number], variance: number): Component {
  const n = codes.length;
  const matrix = zeros(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) if (codes[i] === codes[j]) matrix.data[i * n + j] = values.data[i]! * values.data[j]!;
  return { value: variance, matrix };
}
