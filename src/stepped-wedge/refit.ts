/**
 * A linear mixed model refitted many times with other treatment columns: what permutation inference asks for. All that
 * does not depend on treatment is done once; each refit estimates the variances again, from where the first fit ended,
 * and gives the effect and its model-based standard error.
 *
 * Not done, to be fast: the second optimiser, degrees of freedom, Kenward–Roger.
 */
import type { Frame, RandomTerm } from "../formula/frame.js";
import { leastSquares } from "../inference/least-squares.js";
import { crossProducts } from "../mixed/cross-products.js";
import { type Method, profiledDeviance } from "../mixed/profiled-deviance.js";
import { canonicalTheta, identityTheta, structureRandomTerms } from "../mixed/random-structure.js";
import { dot, type Matrix, multiply, rowOf, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { minimise } from "../numeric/minimise.js";
import { invertUpper, qr, solveUpper, timesInverseUpper } from "../numeric/qr.js";

/** The effects with other treatment columns. */
export interface Refit {
  /** k coefficients of the treatment columns, in their order. */
  readonly coef: Float64Array;
  /** k×k, model-based. */
  readonly vcov: Matrix;
  /** Relative Cholesky parameters of the random terms. */
  readonly theta: Float64Array;
  /** Residual standard deviation. */
  readonly sigma: number;
  /** −2 log-likelihood, or REML criterion, but for a constant that depends on the columns. */
  readonly deviance: number;
  /** k effects on `also`, with the variances of this refit; null without one. */
  readonly also: Float64Array | null;
  readonly converged: boolean;
}

export interface RefitOptions {
  /** Default "REML". */
  readonly method?: Method;
}

/** What changes from one refit to the next. */
export interface RefitData {
  /** n×k: replaces the treatment columns of X, in the order of `columns`. */
  readonly treatment: Matrix;
  /** n; default the frame's, less its offset. For intervals by inversion, y − δ·treatment. */
  readonly response?: Float64Array;
  /** Values of random terms that hold treatment, `(0 + treated | unit)`: n×1 for each such term, by its place in Z. */
  readonly random?: ReadonlyMap<number, Matrix>;
  /** n: another outcome, such as the treatment received; its effects are found with the variances of the response. */
  readonly also?: Float64Array;
}

/**
 * Prepare refits of a gaussian model; without random terms they are least squares.
 *
 * @param frame    n rows; X of full column rank.
 * @param columns  Places in X of the columns that hold treatment (its immediate effect, or one for each exposure time).
 * @returns        one refit, or null when the new columns depend on the others (a permutation under which the effect
 *                 cannot be estimated).
 */
export function refitter(
  frame: Frame,
  columns: readonly number[],
  { method = "REML" }: RefitOptions = {},
): (data: RefitData) => Refit | null {
  const { X, offset } = frame;
  const n = X.rows;
  const kept = Array.from({ length: X.cols }, (_, j) => j).filter((j) => !columns.includes(j));
  const others = columnsOf(X, kept);
  const basis = kept.length === 0 ? others : timesInverseUpper(others, qr(others).R);
  const p0 = kept.length;
  const k = columns.length;
  const own = offset === null ? frame.response : frame.response.map((v, i) => v - offset[i]!);
  const structure = structureRandomTerms(frame.Z);
  const ownRest = residualColumn(basis, own);
  const isMixed = frame.Z.length > 0;
  // One start for all, so that a refit does not depend on those before it, nor on how many workers share them.
  const start = isMixed ? startingTheta() : new Float64Array(0);

  return ({ treatment, response, random, also }) => {
    const y = response === undefined ? ownRest : residualColumn(basis, response);
    const T = residualColumns(basis, treatment);
    const { R, rank } = qr(T);
    if (rank < k || isInBasis(T, treatment)) return null;
    if (!isMixed) return leastSquaresRefit(T, R, y, also === undefined ? null : residualColumn(basis, also), p0);
    const free = timesInverseUpper(T, R);
    const design = zeros(n, p0 + k);
    for (let i = 0; i < n; i++) {
      design.data.set(basis.data.subarray(i * p0, (i + 1) * p0), i * (p0 + k));
      design.data.set(free.data.subarray(i * k, (i + 1) * k), i * (p0 + k) + p0);
    }
    const terms = random === undefined ? structure : structureRandomTerms(withValues(frame.Z, random));
    const deviance = profiledDeviance(crossProducts(terms, design, y), method);
    const minimum = minimise(deviance, start);
    const { beta, phi, sigma2 } = deviance.solution(minimum.at);
    // β_T = R⁻¹ γ_T: the other columns take no part, T being orthogonal to them.
    const back = invertUpper(R);
    const coef = timesVector(back, beta.subarray(p0));
    const vcov = zeros(k, k);
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++) {
        let sum = 0;
        for (let c = a; c < k; c++)
          for (let d = b; d < k; d++)
            sum += back.data[a * k + c]! * phi.data[(p0 + c) * (p0 + k) + p0 + d]! * back.data[b * k + d]!;
        vcov.data[a * k + b] = sigma2 * sum;
      }
    }
    const onAlso =
      also === undefined
        ? null
        : profiledDeviance(crossProducts(terms, design, residualColumn(basis, also)), method).solution(minimum.at);
    return {
      coef,
      vcov,
      theta: canonicalTheta(structure, minimum.at, 1e-7),
      sigma: Math.sqrt(sigma2),
      deviance: minimum.value,
      also: onAlso === null ? null : timesVector(back, onAlso.beta.subarray(p0)),
      converged: minimum.converged,
    };
  };

  /** Where the frame's own treatment leads; a variance at zero starts with some, for its slope there says nothing. */
  function startingTheta(): Float64Array {
    const y = leastSquares(timesInverseUpper(X, qr(X).R), own).residuals;
    const deviance = profiledDeviance(crossProducts(structure, timesInverseUpper(X, qr(X).R), y), method);
    const { at } = minimise(deviance, identityTheta(structure));
    return canonicalTheta(structure, at, 1e-7).map((t, a) => {
      const { row, col } = structure.theta[a]!;
      return row === col ? Math.max(t, LEAST_START) : t;
    });
  }
}

/** The effects of T, what is left of treatment beside p0 other columns, on what is left of the outcomes. */
function leastSquaresRefit(T: Matrix, R: Matrix, y: Float64Array, also: Float64Array | null, p0: number): Refit {
  const effects = (outcome: Float64Array): Float64Array => solveUpper(R, qr(T, outcome).rotated!.subarray(0, T.cols));
  const coef = effects(y);
  const rss = y.reduce((sum, v, i) => sum + (v - dot(coef, rowOf(T, i))) ** 2, 0);
  const sigma2 = rss / (T.rows - p0 - T.cols);
  const back = invertUpper(R);
  const vcov = multiply(back, transpose(back));
  return {
    coef,
    vcov: { ...vcov, data: vcov.data.map((v) => v * sigma2) },
    theta: new Float64Array(0),
    sigma: Math.sqrt(sigma2),
    deviance: T.rows * Math.log(rss),
    also: also === null ? null : effects(also),
    converged: true,
  };
}

/** Least standard deviation, in those of the residual, that a refit starts from. */
const LEAST_START = 0.1;

function columnsOf({ rows, cols, data }: Matrix, kept: readonly number[]): Matrix {
  const part = zeros(rows, kept.length);
  for (let i = 0; i < rows; i++)
    kept.forEach((j, a) => {
      part.data[i * kept.length + a] = data[i * cols + j]!;
    });
  return part;
}

/** v − QQ'v for an orthonormal Q. */
function residualColumn({ rows, cols, data }: Matrix, v: Float64Array): Float64Array {
  const rest = v.slice();
  // Twice: the second time takes what rounding left.
  for (let round = 0; round < 2; round++) {
    const along = new Float64Array(cols);
    for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) along[j]! += data[i * cols + j]! * rest[i]!;
    for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) rest[i]! -= data[i * cols + j]! * along[j]!;
  }
  return rest;
}

function residualColumns(basis: Matrix, T: Matrix): Matrix {
  const rest = zeros(T.rows, T.cols);
  for (let j = 0; j < T.cols; j++) {
    const column = residualColumn(
      basis,
      Float64Array.from({ length: T.rows }, (_, i) => T.data[i * T.cols + j]!),
    );
    for (let i = 0; i < T.rows; i++) rest.data[i * T.cols + j] = column[i]!;
  }
  return rest;
}

/** Whether nothing but rounding is left of a column. */
function isInBasis(rest: Matrix, whole: Matrix): boolean {
  for (let j = 0; j < rest.cols; j++) {
    let left = 0;
    let before = 0;
    for (let i = 0; i < rest.rows; i++) {
      left += rest.data[i * rest.cols + j]! ** 2;
      before += whole.data[i * rest.cols + j]! ** 2;
    }
    if (!(left > 1e-18 * before)) return true;
  }
  return false;
}

const withValues = (Z: readonly RandomTerm[], random: ReadonlyMap<number, Matrix>): RandomTerm[] =>
  Z.map((term, t) => (random.has(t) ? { ...term, values: random.get(t)! } : term));
