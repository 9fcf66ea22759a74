/**
 * The random part of a linear mixed model: terms gathered by grouping factor, and theta, the
 * parameters of the relative covariance factor Lambda (V/σ² = I + Z Λ Λ' Z').
 *
 * Each term's columns are first made orthonormal over the rows (Z R⁻¹, with R'R = Z'Z/n), so that theta
 * has the scale of σ and slopes far from zero (calendar years) do no harm; G = σ² R⁻¹ Λ Λ' R⁻ᵀ.
 */
import type { RandomTerm } from "../formula/frame.js";
import { symmetricEigen } from "../numeric/eigen.js";
import { type Matrix, multiply, transpose, zeros } from "../numeric/matrix.js";
import { invertUpper, qr, timesInverseUpper } from "../numeric/qr.js";
import { dependentRandomTerms, type Problem, ProblemError } from "../problem.js";

/** One term within its grouping factor's block. */
export interface StructuredTerm {
  readonly group: string;
  readonly names: readonly string[];
  /** Columns offset … offset + k − 1 of the factor's block. */
  readonly offset: number;
  readonly k: number;
  /** Theta thetaStart … + k(k+1)/2 − 1: the lower triangle of this term's Λ, column by column. */
  readonly thetaStart: number;
  /** k×k: b = R⁻¹ Λ u. */
  readonly inverseR: Matrix;
}

/** A grouping factor with all its terms. */
export interface GroupingFactor {
  readonly group: string;
  readonly levels: readonly string[];
  /** n. */
  readonly codes: Int32Array;
  readonly k: number;
  /** n×k, orthonormalised by term. */
  readonly values: Matrix;
  readonly terms: readonly StructuredTerm[];
}

export interface RandomStructure {
  /** Most levels first: the order of elimination. */
  readonly factors: readonly GroupingFactor[];
  /** In the order of the formula. */
  readonly terms: readonly StructuredTerm[];
  /** For each theta: factor, row and column within the factor's Λ. */
  readonly theta: readonly { readonly factor: number; readonly row: number; readonly col: number }[];
}

/** @throws ProblemError when a term's columns are linearly dependent. */
export function structureRandomTerms(Z: readonly RandomTerm[], path = ""): RandomStructure {
  const problems: Problem[] = [];
  const groups = new Map<string, RandomTerm[]>();
  for (const term of Z) groups.set(term.group, [...(groups.get(term.group) ?? []), term]);
  const thetaStarts = new Map<RandomTerm, number>();
  let count = 0;
  for (const term of Z) {
    thetaStarts.set(term, count);
    count += (term.names.length * (term.names.length + 1)) / 2;
  }

  const structured = new Map<RandomTerm, StructuredTerm>();
  const factors: GroupingFactor[] = [];
  for (const [group, terms] of groups) {
    const { codes, levels } = terms[0]!;
    const k = terms.reduce((sum, term) => sum + term.names.length, 0);
    const values = zeros(codes.length, k);
    let offset = 0;
    for (const term of terms) {
      const { basis, inverseR } = orthonormal(term.values);
      if (basis === null) problems.push(dependentRandomTerms(path, group, term.names));
      else copyColumns(basis, values, offset);
      structured.set(term, {
        group,
        names: term.names,
        offset,
        k: term.names.length,
        thetaStart: thetaStarts.get(term)!,
        inverseR,
      });
      offset += term.names.length;
    }
    factors.push({ group, levels, codes, k, values, terms: terms.map((term) => structured.get(term)!) });
  }
  if (problems.length > 0) throw new ProblemError(problems);
  factors.sort((a, b) => b.levels.length - a.levels.length);

  const theta: { factor: number; row: number; col: number }[] = new Array(count);
  factors.forEach(({ terms }, factor) => {
    for (const { k, offset, thetaStart } of terms) {
      let at = thetaStart;
      for (let col = 0; col < k; col++)
        for (let row = col; row < k; row++) theta[at++] = { factor, row: offset + row, col: offset + col };
    }
  });
  return { factors, terms: Z.map((term) => structured.get(term)!), theta };
}

/** Z R⁻¹ with columns of mean square 1 and uncorrelated; basis null when the columns are dependent. */
function orthonormal(Z: Matrix): { basis: Matrix | null; inverseR: Matrix } {
  const { rank, R } = qr(Z);
  if (rank < Z.cols) return { basis: null, inverseR: R };
  const scale = 1 / Math.sqrt(Z.rows);
  // A positive diagonal keeps the sign of b that of its column.
  const scaled = zeros(rank, rank);
  for (let i = 0; i < rank; i++) {
    const sign = R.data[i * rank + i]! < 0 ? -scale : scale;
    for (let j = i; j < rank; j++) scaled.data[i * rank + j] = sign * R.data[i * rank + j]!;
  }
  return { basis: timesInverseUpper(Z, scaled), inverseR: invertUpper(scaled) };
}

function copyColumns(from: Matrix, to: Matrix, offset: number): void {
  for (let i = 0; i < from.rows; i++)
    for (let j = 0; j < from.cols; j++) to.data[i * to.cols + offset + j] = from.data[i * from.cols + j]!;
}

/** Λ of each factor (k×k row-major, lower triangular, zero between terms) at theta. */
export function relativeFactors({ factors, theta: places }: RandomStructure, theta: Float64Array): Float64Array[] {
  const lambdas = factors.map(({ k }) => new Float64Array(k * k));
  places.forEach(({ factor, row, col }, i) => {
    lambdas[factor]![row * factors[factor]!.k + col] = theta[i]!;
  });
  return lambdas;
}

/** Theta at Λ = I. */
export const identityTheta = ({ theta }: RandomStructure): Float64Array =>
  Float64Array.from(theta, ({ row, col }) => (row === col ? 1 : 0));

/**
 * Theta with each term's Λ replaced by the canonical Cholesky factor of ΛΛ': diagonals ≥ 0, and a column of zeros
 * for each direction in which the covariance has none. A standard deviation along a principal axis below `zero`
 * counts as none: the axes, not the pivots, tell the rank, for a small first pivot may belong to a large effect.
 */
export function canonicalTheta({ terms }: RandomStructure, theta: Float64Array, zero: number): Float64Array {
  const canonical = new Float64Array(theta.length);
  for (const { k, thetaStart } of terms) {
    const L = semidefiniteCholesky(truncatedCovariance(lowerTriangle(theta, thetaStart, k), zero));
    let at = thetaStart;
    for (let j = 0; j < k; j++) for (let i = j; i < k; i++) canonical[at++] = L.data[i * k + j]!;
  }
  return canonical;
}

/** ΛΛ' without the principal axes whose standard deviation is below `zero`. */
function truncatedCovariance(lambda: Matrix, zero: number): Matrix {
  const k = lambda.rows;
  const covariance = multiply(lambda, transpose(lambda));
  const { values, vectors } = symmetricEigen(covariance);
  if (values[0]! >= zero * zero) return covariance;
  const truncated = zeros(k, k);
  for (let m = 0; m < k; m++) {
    if (values[m]! < zero * zero) continue;
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++)
        truncated.data[i * k + j]! += values[m]! * vectors.data[i * k + m]! * vectors.data[j * k + m]!;
  }
  return truncated;
}

/** Lower L with LL' = A for a positive semidefinite A; a pivot that is only rounding gives a column of zeros. */
function semidefiniteCholesky(A: Matrix): Matrix {
  const k = A.rows;
  const L = zeros(k, k);
  const largest = Math.max(...Array.from({ length: k }, (_, i) => A.data[i * k + i]!));
  for (let j = 0; j < k; j++) {
    let pivot = A.data[j * k + j]!;
    for (let m = 0; m < j; m++) pivot -= L.data[j * k + m]! ** 2;
    if (!(pivot > 1e-13 * largest)) continue;
    for (let i = j; i < k; i++) {
      let sum = A.data[i * k + j]!;
      for (let m = 0; m < j; m++) sum -= L.data[i * k + m]! * L.data[j * k + m]!;
      L.data[i * k + j] = sum / Math.sqrt(pivot);
    }
  }
  return L;
}

/** Indices of the thetas in columns of Λ whose diagonal is not zero, ascending; the others are on the boundary. */
export function freeThetas({ terms }: RandomStructure, canonical: Float64Array): number[] {
  const free: number[] = [];
  for (const { k, thetaStart } of terms) {
    let at = thetaStart;
    for (let col = 0; col < k; col++) {
      const diagonal = at;
      for (let row = col; row < k; row++, at++) if (canonical[diagonal] !== 0) free.push(at);
    }
  }
  return free.sort((a, b) => a - b);
}

/** The k×k lower triangle that begins at `start` of theta, column by column. */
export function lowerTriangle(theta: Float64Array, start: number, k: number): Matrix {
  const lambda = zeros(k, k);
  let at = start;
  for (let col = 0; col < k; col++) for (let row = col; row < k; row++) lambda.data[row * k + col] = theta[at++]!;
  return lambda;
}
