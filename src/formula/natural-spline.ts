/**
 * Natural cubic splines: `ns(x, df)` of R's package splines, with its knots, its basis and its signs.
 *
 * Basis      cubic B-splines on the knots, less the first, in which the two conditions f''(boundary) = 0 are
 *            projected out: with C the 2×(K+3) second derivatives at the boundaries and C' = QR, the columns
 *            are the last K+1 of B Q. Linear beyond the boundaries.
 * Symbols    K = df − 1 interior knots, B n×(K+3).
 * Sources    de Boor (1978) A Practical Guide to Splines, ch. X; R 4.2 splines::ns; the QR is LINPACK's dqrdc.
 * Checked    test/reference/model-matrix.
 */
import { type Matrix, zeros } from "../numeric/matrix.js";

const DEGREE = 3;

export interface NaturalSpline {
  /** Interior knots, ascending. */
  readonly knots: Float64Array;
  readonly boundary: readonly [number, number];
}

/**
 * Knots for `df` columns: the boundary at the range, df − 1 interior knots at equally spaced quantiles.
 *
 * @param x  finite values, at least one
 */
export function naturalSpline(x: Float64Array, df: number): NaturalSpline {
  const sorted = x.slice().sort();
  const knots = Float64Array.from({ length: df - 1 }, (_, k) => quantile(sorted, (k + 1) / df));
  return { knots, boundary: [sorted[0]!, sorted.at(-1)!] };
}

/** Whether the spline exists: every interior knot lies strictly within the boundary, and the boundary is no point. */
export const isSplineDefined = ({ knots, boundary: [low, high] }: NaturalSpline): boolean =>
  low < high && knots.every((knot) => low < knot && knot < high);

/** Quantile of ascending values by linear interpolation (type 7 of Hyndman and Fan 1996, R's default). */
function quantile(sorted: Float64Array, probability: number): number {
  const index = (sorted.length - 1) * probability;
  const below = sorted[Math.floor(index)]!;
  const above = sorted[Math.ceil(index)]!;
  const h = index - Math.floor(index);
  return h > 0 && above !== below ? (1 - h) * below + h * above : below;
}

/** The basis at n values: n × df. NaN gives a row of NaN. */
export function naturalSplineBasis(spline: NaturalSpline, x: Float64Array): Matrix {
  const { boundary } = spline;
  const [low, high] = boundary;
  const t = allKnots(spline);
  const project = projection(t, boundary);
  const df = project.rows;
  const atLow = [splineRow(t, low, 0), splineRow(t, low, 1)] as const;
  const atHigh = [splineRow(t, high, 0), splineRow(t, high, 1)] as const;

  const basis = zeros(x.length, df);
  for (let i = 0; i < x.length; i++) {
    const value = x[i]!;
    const row =
      value < low
        ? extrapolate(atLow, value - low)
        : value > high
          ? extrapolate(atHigh, value - high)
          : splineRow(t, value, 0);
    for (let j = 0; j < df; j++) {
      let sum = 0;
      for (let l = 1; l < row.length; l++) sum += project.data[j * project.cols + l - 1]! * row[l]!;
      basis.data[i * df + j] = sum;
    }
  }
  return basis;
}

const extrapolate = ([value, slope]: readonly [Float64Array, Float64Array], by: number): Float64Array =>
  value.map((v, l) => v + by * slope[l]!);

/** Interior knots with the boundary four times at each end. */
function allKnots({ knots, boundary: [low, high] }: NaturalSpline): Float64Array {
  const ends = DEGREE + 1;
  return Float64Array.from([...Array(ends).fill(low), ...knots, ...Array(ends).fill(high)]);
}

/** All K + 4 cubic B-splines, or their derivatives, at x within the boundary. */
function splineRow(t: Float64Array, x: number, derivative: number): Float64Array {
  const row = new Float64Array(t.length - DEGREE - 1);
  if (Number.isNaN(x)) return row.fill(Number.NaN);
  const i = intervalOf(t, x);
  const lower = nonzeroSplines(t, i, x, DEGREE - derivative);
  for (let m = 0; m <= DEGREE; m++) {
    const weights = derivativeWeights(t, i, m, derivative);
    row[i - DEGREE + m] = weights.reduce((sum, weight, l) => sum + weight * lower[l]!, 0);
  }
  return row;
}

/** The i with t[i] ≤ x < t[i+1]; the last interval that is not empty for x at the upper boundary. */
function intervalOf(t: Float64Array, x: number): number {
  let i = DEGREE;
  while (i < t.length - DEGREE - 2 && x >= t[i + 1]!) i++;
  return i;
}

/** The degree + 1 B-splines that are not zero on the interval i, by de Boor's recurrence. */
function nonzeroSplines(t: Float64Array, i: number, x: number, degree: number): Float64Array {
  const b = new Float64Array(degree + 1);
  b[0] = 1;
  for (let k = 1; k <= degree; k++) {
    let saved = 0;
    for (let r = 0; r < k; r++) {
      const right = t[i + 1 + r]! - x;
      const left = x - t[i + 1 + r - k]!;
      const term = b[r]! / (right + left);
      b[r] = saved + right * term;
      saved = left * term;
    }
    b[k] = saved;
  }
  return b;
}

/** Weights of the splines of degree 3 − derivative whose sum is a derivative of the m-th cubic one on interval i. */
function derivativeWeights(t: Float64Array, i: number, m: number, derivative: number): Float64Array {
  let weights = Float64Array.from({ length: DEGREE + 1 }, (_, l) => (l === m ? 1 : 0));
  for (let step = 0; step < derivative; step++) {
    const k = DEGREE - step;
    weights = Float64Array.from(
      { length: k },
      (_, l) => (k * (weights[l + 1]! - weights[l]!)) / (t[i + 1 + l]! - t[i + 1 + l - k]!),
    );
  }
  return weights;
}

/** The last K + 1 rows of Q', (K+1)×(K+3), for C' = QR by Householder reflections with LINPACK's signs. */
function projection(t: Float64Array, [low, high]: readonly [number, number]): Matrix {
  const size = t.length - DEGREE - 2;
  const columns = [low, high].map((at) => splineRow(t, at, 2).slice(1));
  const reflections: Float64Array[] = [];
  columns.forEach((column, j) => {
    for (const reflection of reflections) reflect(reflection, column);
    const norm = Math.hypot(...column.subarray(j)) * (column[j]! < 0 ? -1 : 1);
    const reflection = column.map((value, l) => (l < j ? 0 : value / norm));
    reflection[j]! += 1;
    reflections.push(reflection);
  });

  const project = zeros(size - 2, size);
  for (let l = 0; l < size; l++) {
    const unit = new Float64Array(size);
    unit[l] = 1;
    for (const reflection of reflections) reflect(reflection, unit);
    for (let j = 2; j < size; j++) project.data[(j - 2) * size + l] = unit[j]!;
  }
  return project;
}

/** y ← y − v (v'y) / v_j in place, j the first entry of v that is not zero. */
function reflect(v: Float64Array, y: Float64Array): void {
  const pivot = v.find((value) => value !== 0)!;
  const scale = v.reduce((sum, value, l) => sum + value * y[l]!, 0) / pivot;
  for (let l = 0; l < y.length; l++) y[l]! -= scale * v[l]!;
}
