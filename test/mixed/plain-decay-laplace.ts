/** A second, plain implementation of Laplace's approximation with a decaying correlation: dense matrices of all rows. */
import { conditionalFamily, emptyRow, type FamilyName } from "../../src/mixed/conditional-family.js";
import { cholesky, invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { type Matrix, timesVector, zeros } from "../../src/numeric/matrix.js";

export interface PlainDecayLaplace {
  readonly family: FamilyName;
  readonly y: Float64Array;
  /** n: offset + Xβ. */
  readonly fixed: Float64Array;
  readonly unit: ArrayLike<number>;
  readonly position: ArrayLike<number>;
  /** Levels of a further random intercept; absent without one. */
  readonly other?: ArrayLike<number>;
  readonly sd: number;
  readonly rho: number;
  readonly otherSd?: number;
}

/**
 * −2 log-likelihood: the effects η − offset − Xβ of the rows are n-variate normal with covariance V, which need not be
 * invertible; the mode by Newton, log|I + VW| by the symmetric I + √W V √W.
 */
export function plainDecayLaplace(model: PlainDecayLaplace): number {
  const { family: name, y, fixed, unit, position, other, sd, rho, otherSd = 0 } = model;
  const family = conditionalFamily(name);
  const n = y.length;
  const V = zeros(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const decayed = unit[i] === unit[j] ? sd ** 2 * rho ** Math.abs(position[i]! - position[j]!) : 0;
      V.data[i * n + j] = decayed + (other !== undefined && other[i] === other[j] ? otherSd ** 2 : 0);
    }
  // a = V⁻¹b: at the mode a is the score, and b = V a.
  let b: Float64Array = new Float64Array(n);
  const row = emptyRow();
  const rows = () => {
    const [score, weight] = [new Float64Array(n), new Float64Array(n)];
    let logDensity = family.constant(y);
    for (let i = 0; i < n; i++) {
      family.at(y[i]!, fixed[i]! + b[i]!, row);
      logDensity += row.logDensity;
      score[i] = row.score;
      weight[i] = row.information;
    }
    const B = zeros(n, n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        B.data[i * n + j] = Math.sqrt(weight[i]! * weight[j]!) * V.data[i * n + j]! + (i === j ? 1 : 0);
    return { score, weight, logDensity, B };
  };
  let a: Float64Array = new Float64Array(n);
  for (let iteration = 0; iteration < 30; iteration++) {
    const { score, weight, B } = rows();
    // Newton: a = c − √W B⁻¹ √W V c, c = W b + score (Rasmussen & Williams 2006, algorithm 3.1).
    const c = score.map((value, i) => value + weight[i]! * b[i]!);
    const root = weight.map(Math.sqrt);
    const Vc = timesVector(V, c).map((value, i) => root[i]! * value);
    const solved = timesVector(invertPositiveDefinite(B)!, Vc);
    a = c.map((value, i) => value - root[i]! * solved[i]!);
    b = Float64Array.from(timesVector(V, a));
  }
  const { logDensity, B } = rows();
  return -2 * logDensity + a.reduce((sum, value, i) => sum + value * b[i]!, 0) + logDeterminant(B);
}

function logDeterminant(matrix: Matrix): number {
  const L = cholesky(matrix)!;
  let sum = 0;
  for (let i = 0; i < L.rows; i++) sum += 2 * Math.log(L.data[i * L.cols + i]!);
  return sum;
}
