/**
 * A stepped wedge as its cells, units × periods: what the within-period estimator and permutation inference work on.
 * A cell has its number of rows, their mean outcome, and their sum of squares about that mean.
 */
import { dot, type Matrix, zeros } from "../numeric/matrix.js";
import { qr, solveUpper } from "../numeric/qr.js";

export interface ClusterPeriods {
  readonly units: number;
  readonly periods: number;
  /** Rows of each cell, units × periods; 0 where there are none. All below have the same shape. */
  readonly count: Float64Array;
  /** Mean outcome; 0 where there are no rows. */
  readonly mean: Float64Array;
  /** Sum of squares of the outcome about the cell's mean. */
  readonly within: Float64Array;
  /** Share of the rows that are treated; NaN where there are no rows. */
  readonly treated: Float64Array;
}

export interface CellRows {
  readonly outcome: Float64Array;
  /** Unit and period of each row, whole numbers from 0; periods in the order of time. */
  readonly unit: Int32Array;
  readonly period: Int32Array;
  readonly treated: Float64Array;
  readonly units: number;
  readonly periods: number;
}

/** Cells of rows; sums of squares in a second pass over the rows, about the means of the first. */
export function clusterPeriods({ outcome, unit, period, treated, units, periods }: CellRows): ClusterPeriods {
  const size = units * periods;
  const count = new Float64Array(size);
  const mean = new Float64Array(size);
  const within = new Float64Array(size);
  const share = new Float64Array(size);
  const cellOf = (row: number): number => unit[row]! * periods + period[row]!;
  for (let row = 0; row < outcome.length; row++) {
    const cell = cellOf(row);
    count[cell]!++;
    mean[cell]! += (outcome[row]! - mean[cell]!) / count[cell]!;
    share[cell]! += treated[row]!;
  }
  for (let row = 0; row < outcome.length; row++) {
    const cell = cellOf(row);
    within[cell]! += (outcome[row]! - mean[cell]!) ** 2;
  }
  return { units, periods, count, mean, within, treated: share.map((sum, cell) => sum / count[cell]!) };
}

/**
 * The outcome less its covariates' effects as they are within cells: least squares of outcome and covariates about
 * their means in each cell. Treatment is constant within a cell, so these effects do not depend on the treatment's,
 * nor on which assignment was made.
 *
 * @param covariates  n×k, without an intercept. One that does not vary within cells, or depends on those before it
 *                    there, is left out.
 */
export function lessCovariates(rows: CellRows, covariates: Matrix): Float64Array {
  const { outcome, unit, period, units, periods } = rows;
  const k = covariates.cols;
  const cells = Int32Array.from(unit, (u, row) => u * periods + period[row]!);
  const centred = zeros(outcome.length, k);
  for (let j = 0; j < k; j++) {
    const column = Float64Array.from(outcome, (_, row) => covariates.data[row * k + j]!);
    const about = lessCellMeans(column, cells, units * periods);
    if (dot(about, about) <= CONSTANT * dot(column, column)) continue;
    about.forEach((value, row) => {
      centred.data[row * k + j] = value;
    });
  }
  const { kept, R, rotated, rank } = qr(centred, lessCellMeans(outcome, cells, units * periods));
  const effects = solveUpper(R, rotated!.subarray(0, rank));
  return outcome.map((value, row) =>
    kept.reduce((left, column, j) => left - effects[j]! * covariates.data[row * k + column]!, value),
  );
}

/** A covariate whose squares about cell means are less than this share of its squares is constant in cells. */
const CONSTANT = 1e-18;

function lessCellMeans(values: Float64Array, cells: Int32Array, size: number): Float64Array {
  const sum = new Float64Array(size);
  const count = new Float64Array(size);
  values.forEach((value, row) => {
    sum[cells[row]!]! += value;
    count[cells[row]!]!++;
  });
  return values.map((value, row) => value - sum[cells[row]!]! / count[cells[row]!]!);
}
