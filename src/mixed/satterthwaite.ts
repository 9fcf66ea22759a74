/**
 * Satterthwaite's degrees of freedom for a linear mixed model.
 *
 * For one row  ν = 2 f²/(g'Ag), f = LΦL', g = ∂f/∂φ, A the asymptotic covariance of φ from the observed
 * information. For k rows, the ν of the k independent contrasts in the eigenbasis of LΦL' are combined so
 * that the F statistic has the expectation of an F(k, ν).
 *
 * Sources: Giesbrecht & Burns (1985) Biometrics 41:477–486; Fai & Cornelius (1996) J. Stat. Comput. Simul.
 * 54:363–378; Kuznetsova, Brockhoff & Christensen (2017) JSS 82(13).
 */
import type { Denominator } from "../inference/fit.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { symmetricEigen } from "../numeric/eigen.js";
import { flatDirections } from "../numeric/flat-directions.js";
import { dot, type Matrix, multiply, rowOf, timesVector, transpose } from "../numeric/matrix.js";
import type { VarianceInformation } from "./variance-information.js";

/** Covariance of the variance parameters φ: twice the inverse Hessian of −2 log-likelihood. null: not positive definite. */
export function parameterCovariance({ observed }: Pick<VarianceInformation, "observed">): Matrix | null {
  // Rounding can leave a pivot just above zero where there is no information: judged by the scale of the parameters.
  const diagonal = Float64Array.from({ length: observed.rows }, (_, i) => observed.data[i * observed.cols + i]!);
  const inverse = flatDirections(observed, diagonal, 1e-12).length > 0 ? null : invertPositiveDefinite(observed);
  return inverse === null ? null : { ...inverse, data: inverse.data.map((v) => 2 * v) };
}

/** Degrees of freedom of Lβ = 0; L k×p in the coordinates of the information. NaN when A does not exist. */
export function satterthwaite(
  information: Pick<VarianceInformation, "observed" | "phi" | "P">,
): (L: Matrix) => Denominator {
  const { phi, P } = information;
  const A = parameterCovariance(information);
  // ∂Φ/∂φ_a = Φ P_a Φ.
  const slopes = P.map((Pa) => multiply(multiply(phi, Pa), phi));
  const oneRow = (row: Float64Array): number => {
    if (A === null) return Number.NaN;
    const variance = dot(row, timesVector(phi, row));
    const gradient = Float64Array.from(slopes, (slope) => dot(row, timesVector(slope, row)));
    return (2 * variance * variance) / dot(gradient, timesVector(A, gradient));
  };
  return (L) => {
    if (L.rows === 1) return { df: oneRow(L.data), scale: 1 };
    const { vectors } = symmetricEigen(multiply(multiply(L, phi), transpose(L)));
    const independent = multiply(transpose(vectors), L);
    const dfs = Array.from({ length: L.rows }, (_, i) => oneRow(rowOf(independent, i)));
    return { df: combinedDf(dfs), scale: 1 };
  };
}

/** ν of the F statistic whose squared t statistics have the given degrees of freedom. */
export function combinedDf(dfs: readonly number[]): number {
  const k = dfs.length;
  const mean = dfs.reduce((sum, df) => sum + df, 0) / k;
  if (Math.max(...dfs) - Math.min(...dfs) < 1e-8 * mean) return mean;
  if (dfs.some((df) => df <= 2)) return 2;
  const expectation = dfs.reduce((sum, df) => sum + df / (df - 2), 0);
  return (2 * expectation) / (expectation - k);
}
