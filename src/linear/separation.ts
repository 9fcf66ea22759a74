/**
 * Separation in logistic and Poisson regression: a direction δ of the coefficients along which the likelihood never
 * falls, so that some coefficients have no finite estimate. For an outcome of 0/1 it is a δ with x'δ ≥ 0 where y = 1
 * and x'δ ≤ 0 where y = 0, not zero everywhere; for counts x'δ = 0 where y > 0 and x'δ ≤ 0 where y = 0.
 *
 * The direction is that of Newton's steps once the linear predictors run away: in separated data each step goes on
 * by about 1 along it. Whether a direction separates is then checked on every row, so that data whose estimates are
 * large but finite are not accused.
 *
 * Sources: Albert & Anderson (1984) Biometrika 71:1–10; Konis (2007) Linear programming algorithms for detecting
 * separated data, thesis, Oxford; Correia, Guimarães & Zylkin (2019) arXiv:1903.01633 for counts.
 */
import { type Matrix, timesVector } from "../numeric/matrix.js";

export interface Separation {
  /** Every row is predicted perfectly, not only some of them. */
  readonly complete: boolean;
  /** Columns of X whose coefficients have no finite estimate; the intercept is among them only when alone. */
  readonly columns: readonly number[];
}

/** Movements below this share of the largest are those of rows that do not move. */
const STILL = 1e-3;

/**
 * Whether a direction separates the outcome; null when it does not.
 *
 * @param X          n×p.
 * @param y          n, 0/1 or counts.
 * @param direction  p.
 */
export function findSeparation(
  X: Matrix,
  y: Float64Array,
  family: "binomial" | "poisson",
  direction: Float64Array,
  names: readonly string[],
): Separation | null {
  const along = timesVector(X, direction);
  const largest = along.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  if (!(largest > 0) || !Number.isFinite(largest)) return null;
  const still = STILL * largest;
  let moving = 0;
  for (let i = 0; i < y.length; i++) {
    // How far the row goes towards its own outcome; a positive count has none to go to.
    const towards = family === "binomial" && y[i]! > 0 ? along[i]! : -along[i]!;
    if (towards < -still) return null;
    if (towards <= still) continue;
    if (family === "poisson" && y[i]! > 0) return null;
    moving++;
  }
  return { complete: moving === y.length, columns: runawayColumns(X, direction, largest, names) };
}

/** Columns that take part in the movement: the coefficient times the column's largest value counts. */
function runawayColumns(X: Matrix, direction: Float64Array, largest: number, names: readonly string[]): number[] {
  const columns = names.flatMap((_, j) => {
    let size = 0;
    for (let i = 0; i < X.rows; i++) size = Math.max(size, Math.abs(X.data[i * X.cols + j]!));
    return Math.abs(direction[j]!) * size > 10 * STILL * largest ? [j] : [];
  });
  const others = columns.filter((j) => names[j] !== "(Intercept)");
  return others.length > 0 ? others : columns;
}
