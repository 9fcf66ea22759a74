/** A second, plain implementation of the decaying correlation: dense matrices of all rows, nothing profiled out. */
import { cholesky, invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { type Matrix, multiply, timesVector, traceOfProduct, transpose, zeros } from "../../src/numeric/matrix.js";

export interface PlainDecay {
  readonly X: Matrix;
  readonly y: Float64Array;
  /** n. */
  readonly unit: ArrayLike<number>;
  readonly position: ArrayLike<number>;
  /** Of clients; absent without them. */
  readonly client?: ArrayLike<number>;
  readonly method: "REML" | "ML";
}

/** (τ², ρ, σ²_client where there are clients, σ²). */
export type Phi = readonly number[];

const scaled = (matrix: Matrix, by: number): Matrix => ({ ...matrix, data: matrix.data.map((v) => v * by) });
const add = (a: Matrix, b: Matrix): Matrix => ({ ...a, data: a.data.map((v, i) => v + b.data[i]!) });

/** V, and ∂V/∂φ in closed form. */
function covariance({ unit, position, client, y }: PlainDecay, phi: Phi): { V: Matrix; slopes: Matrix[] } {
  const n = y.length;
  const [tau2, rho] = phi as [number, number];
  const residual = phi.at(-1)!;
  const make = (of: (i: number, j: number) => number): Matrix => {
    const matrix = zeros(n, n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) matrix.data[i * n + j] = of(i, j);
    return matrix;
  };
  const distance = (i: number, j: number) => Math.abs(position[i]! - position[j]!);
  const same = (i: number, j: number) => (unit[i] === unit[j] ? 1 : 0);
  const slopes = [
    make((i, j) => same(i, j) * rho ** distance(i, j)),
    make((i, j) => (distance(i, j) === 0 ? 0 : same(i, j) * tau2 * distance(i, j) * rho ** (distance(i, j) - 1))),
    ...(client === undefined ? [] : [make((i, j) => (client[i] === client[j] ? 1 : 0))]),
    make((i, j) => (i === j ? 1 : 0)),
  ];
  const V = make(
    (i, j) =>
      same(i, j) * tau2 * rho ** distance(i, j) +
      (client !== undefined && client[i] === client[j] ? phi[2]! : 0) +
      (i === j ? residual : 0),
  );
  return { V, slopes };
}

export interface PlainState {
  readonly deviance: number;
  readonly beta: Float64Array;
  /** (X'V⁻¹X)⁻¹. */
  readonly Phi: Matrix;
}

export function plainState(model: PlainDecay, phi: Phi): PlainState {
  const { X, y, method } = model;
  const { V } = covariance(model, phi);
  const inverse = invertPositiveDefinite(V)!;
  const information = multiply(transpose(X), multiply(inverse, X));
  const Phi = invertPositiveDefinite(information)!;
  const beta = timesVector(Phi, timesVector(transpose(X), timesVector(inverse, y)));
  const fitted = timesVector(X, beta);
  const e = y.map((v, i) => v - fitted[i]!);
  const Ve = timesVector(inverse, e);
  const logDeterminant = (matrix: Matrix): number => {
    const L = cholesky(matrix)!;
    let sum = 0;
    for (let i = 0; i < L.rows; i++) sum += 2 * Math.log(L.data[i * L.cols + i]!);
    return sum;
  };
  const degrees = method === "REML" ? y.length - X.cols : y.length;
  const deviance =
    logDeterminant(V) +
    (method === "REML" ? logDeterminant(information) : 0) +
    e.reduce((sum, v, i) => sum + v * Ve[i]!, 0) +
    degrees * Math.log(2 * Math.PI);
  return { deviance, beta, Phi };
}

const moved = (phi: Phi, a: number, by: number): Phi => phi.map((v, i) => (i === a ? v + by : v));

/** Slopes of the deviance by central differences. */
export const plainGradient = (model: PlainDecay, phi: Phi): number[] =>
  phi.map((v, a) => {
    const h = 1e-5 * Math.max(0.1, Math.abs(v));
    return (plainState(model, moved(phi, a, h)).deviance - plainState(model, moved(phi, a, -h)).deviance) / (2 * h);
  });

/** Satterthwaite's degrees of freedom of one row: every derivative by central differences. */
export function plainSatterthwaite(model: PlainDecay, phi: Phi, L: Float64Array): number {
  const c = phi.length;
  const steps = phi.map((v) => 1e-3 * Math.max(0.05, Math.abs(v)));
  const at = (shift: readonly number[]): number =>
    plainState(
      model,
      phi.map((v, i) => v + shift[i]! * steps[i]!),
    ).deviance;
  const hessian = zeros(c, c);
  const unit = (pairs: readonly [number, number][]): number[] =>
    phi.map((_, i) => pairs.reduce((sum, [a, by]) => sum + (a === i ? by : 0), 0));
  for (let a = 0; a < c; a++)
    for (let b = 0; b < c; b++)
      hessian.data[a * c + b] =
        (at(
          unit([
            [a, 1],
            [b, 1],
          ]),
        ) -
          at(
            unit([
              [a, 1],
              [b, -1],
            ]),
          ) -
          at(
            unit([
              [a, -1],
              [b, 1],
            ]),
          ) +
          at(
            unit([
              [a, -1],
              [b, -1],
            ]),
          )) /
        (4 * steps[a]! * steps[b]!);
  const A = scaled(invertPositiveDefinite(hessian)!, 2);
  const variance = (p: Phi): number => {
    const { Phi } = plainState(model, p);
    return L.reduce((sum, v, i) => sum + v * timesVector(Phi, L)[i]!, 0);
  };
  const gradient = Float64Array.from(phi, (v, a) => {
    const h = 1e-4 * Math.max(0.1, Math.abs(v));
    return (variance(moved(phi, a, h)) - variance(moved(phi, a, -h))) / (2 * h);
  });
  const f = variance(phi);
  return (2 * f * f) / gradient.reduce((sum, v, i) => sum + v * timesVector(A, gradient)[i]!, 0);
}

/** First-order Kenward–Roger of one row, as Kenward & Roger (1997) write it: every matrix n×n. */
export function plainKenwardRoger(model: PlainDecay, phi: Phi, L: Float64Array): { se: number; df: number } {
  const { X } = model;
  const { V, slopes } = covariance(model, phi);
  const inverse = invertPositiveDefinite(V)!;
  const { Phi } = plainState(model, phi);
  const XV = multiply(transpose(X), inverse);
  const projection = add(inverse, scaled(multiply(multiply(transpose(XV), Phi), XV), -1));
  const c = phi.length;
  const PV = slopes.map((slope) => multiply(projection, slope));
  const expected = zeros(c, c);
  for (let a = 0; a < c; a++) for (let b = 0; b < c; b++) expected.data[a * c + b] = traceOfProduct(PV[a]!, PV[b]!) / 2;
  const W = invertPositiveDefinite(expected)!;
  const P = slopes.map((slope) => multiply(multiply(XV, slope), transpose(XV)));
  let sum = zeros(X.cols, X.cols);
  for (let a = 0; a < c; a++)
    for (let b = 0; b < c; b++) {
      const Q = multiply(multiply(multiply(XV, slopes[a]!), multiply(inverse, slopes[b]!)), transpose(XV));
      const rest = add(Q, scaled(multiply(multiply(P[a]!, Phi), P[b]!), -1));
      sum = add(sum, scaled(rest, W.data[a * c + b]!));
    }
  const adjusted = add(Phi, scaled(multiply(multiply(Phi, sum), Phi), 2));
  const quadratic = (M: Matrix): number => L.reduce((total, v, i) => total + v * timesVector(M, L)[i]!, 0);
  const traces = P.map((Pa) => quadratic(multiply(multiply(Phi, Pa), Phi)) / quadratic(Phi));
  let a2 = 0;
  for (let a = 0; a < c; a++) for (let b = 0; b < c; b++) a2 += W.data[a * c + b]! * traces[a]! * traces[b]!;
  return { se: Math.sqrt(quadratic(adjusted)), df: 2 / a2 };
}
