/**
 * Subjects without random effects that have the same visits, as their sums of products alone: what the deviance of a
 * marginal model and its derivatives need of them, in time and memory that do not grow with their number.
 *
 * All of these subjects have one R. With z_iu = row of [X y] of subject i at its u-th visit, everything is a sum over
 * (u, v) of Σ_i z_iu' z_iv, and symmetric in the end, so that the symmetric part is enough:
 *     H_uv = Σ_i (z_iu' z_iv + z_iv' z_iu)/2    (b×b),   H_uv = H_vu
 *     Σ_i Z_i'R⁻¹Z_i       = Σ_uv (R⁻¹)_uv H_uv
 *     Σ_i Z_i G Z_i'       has elements tr(G H_uv),   G symmetric
 *     H of the rows R⁻¹Z_i = Σ_wx (R⁻¹)_uw (R⁻¹)_vx H_wx
 *
 * Symbols    m visits of the pattern; b = p + 1, columns of [X y]. Symmetric b×b matrices are packed: element (k, l),
 *            k ≥ l, is at k(k+1)/2 + l. Pairs u ≤ v are in the order (0,0), (0,1), …, (1,1), (1,2), ….
 */
import type { Matrix } from "../numeric/matrix.js";

export interface PatternPool {
  /** Its index among the patterns. */
  readonly pattern: number;
  /** m. */
  readonly visits: number;
  readonly count: number;
  /** H_uv, u ≤ v: m(m+1)/2 packed matrices in a row. */
  readonly sums: Float64Array;
}

/** Sums may hold this many times the numbers that the rows do. Beyond it they are slower than the rows, too. */
const SPACE = 6;

/** Whether `count` subjects with m visits and b columns are worth their sums. */
export const worthPooling = (count: number, m: number, b: number): boolean => (m + 1) * (b + 1) <= 4 * SPACE * count;

const packedLength = (b: number): number => (b * (b + 1)) / 2;

/** @param rowsOf  The m rows of the frame of each subject, by visit. */
export function patternPool(
  pattern: number,
  rowsOf: readonly Int32Array[],
  { cols: p, data }: Matrix,
  y: Float64Array,
): PatternPool {
  const m = rowsOf[0]!.length;
  const b = p + 1;
  const size = packedLength(b);
  const sums = new Float64Array(((m * (m + 1)) / 2) * size);
  const z = new Float64Array(m * b);
  for (const rows of rowsOf) {
    for (let u = 0; u < m; u++) {
      const row = rows[u]!;
      for (let k = 0; k < p; k++) z[u * b + k] = data[row * p + k]!;
      z[u * b + p] = y[row]!;
    }
    let at = 0;
    for (let u = 0; u < m; u++)
      for (let v = u; v < m; v++)
        for (let k = 0; k < b; k++) {
          const left = z[u * b + k]! / 2;
          const right = z[v * b + k]! / 2;
          for (let l = 0; l <= k; l++) sums[at++]! += left * z[v * b + l]! + right * z[u * b + l]!;
        }
  }
  return { pattern, visits: m, count: rowsOf.length, sums };
}

/** Σ_i Z_i'R⁻¹Z_i added to the lower triangle of `total` (b×b), in place. */
export function addPooled(pool: PatternPool, inverse: Matrix, total: Matrix): void {
  const packed = emptyPacked(total.rows);
  addWeighted(pool, inverse.data, packed);
  let at = 0;
  for (let k = 0; k < total.rows; k++) for (let l = 0; l <= k; l++) total.data[k * total.cols + l]! += packed[at++]!;
}

/** Σ_uv W_uv H_uv for W (m×m), added to a packed matrix in place. */
export function addWeighted({ visits: m, sums }: PatternPool, W: Float64Array, packed: Float64Array): void {
  const size = packed.length;
  let at = 0;
  for (let u = 0; u < m; u++)
    for (let v = u; v < m; v++) {
      const weight = u === v ? W[u * m + u]! : W[u * m + v]! + W[v * m + u]!;
      for (let i = 0; i < size; i++) packed[i]! += weight * sums[at++]!;
    }
}

/** R⁻¹ (Σ_i Z_i G Z_i') R⁻¹, m×m, for G = NN' as `outerSquare` gives it: Σ_i Y_iY_i' with Y_i = R⁻¹Z_iN. */
export function projectedSquare({ visits: m, sums }: PatternPool, inverse: Matrix, G: Float64Array): Float64Array {
  const size = G.length;
  const square = new Float64Array(m * m);
  let at = 0;
  for (let u = 0; u < m; u++)
    for (let v = u; v < m; v++) {
      let trace = 0;
      for (let i = 0; i < size; i++) trace += G[i]! * sums[at++]!;
      square[u * m + v] = trace;
      square[v * m + u] = trace;
    }
  return between(inverse.data, square, m);
}

/** Σ_i y_iu y_iv, m×m. */
export function responseProducts({ visits: m, sums }: PatternPool): Float64Array {
  const size = sums.length / ((m * (m + 1)) / 2);
  const products = new Float64Array(m * m);
  let at = size - 1;
  for (let u = 0; u < m; u++)
    for (let v = u; v < m; v++, at += size) {
      products[u * m + v] = sums[at]!;
      products[v * m + u] = sums[at]!;
    }
  return products;
}

/** NN' for columns `from` to `to` of N, packed, elements off the diagonal doubled: its products with H are traces. */
export function outerSquare({ rows: b, cols, data }: Matrix, from: number, to: number): Float64Array {
  const G = new Float64Array(packedLength(b));
  let at = 0;
  for (let k = 0; k < b; k++)
    for (let l = 0; l <= k; l++) {
      let sum = 0;
      for (let j = from; j < to; j++) sum += data[k * cols + j]! * data[l * cols + j]!;
      G[at++] = k === l ? sum : 2 * sum;
    }
  return G;
}

/** A M A for symmetric A, m×m. */
export function between(A: Float64Array, M: Float64Array, m: number): Float64Array {
  const half = new Float64Array(m * m);
  const whole = new Float64Array(m * m);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < m; j++) {
      const a = A[i * m + j]!;
      for (let k = 0; k < m; k++) half[i * m + k]! += a * M[j * m + k]!;
    }
  for (let i = 0; i < m; i++)
    for (let j = 0; j < m; j++) {
      const value = half[i * m + j]!;
      for (let k = 0; k < m; k++) whole[i * m + k]! += value * A[j * m + k]!;
    }
  return whole;
}

/** H_uv of the rows R⁻¹Z_i, u ≤ v, each added in place to the packed matrix that `target` gives for the pair. */
export function addSolved(
  { visits: m, sums }: PatternPool,
  { data: inverse }: Matrix,
  target: (u: number, v: number) => Float64Array,
): void {
  const size = sums.length / ((m * (m + 1)) / 2);
  const first = new Int32Array(m * m);
  let at = 0;
  for (let u = 0; u < m; u++)
    for (let v = u; v < m; v++, at += size) {
      first[u * m + v] = at;
      first[v * m + u] = at;
    }
  /** Σ_w (R⁻¹)_uw H_wx for one u and each x. */
  const half = new Float64Array(m * size);
  for (let u = 0; u < m; u++) {
    half.fill(0);
    for (let x = 0; x < m; x++)
      for (let w = 0; w < m; w++) addTimes(half, x * size, inverse[u * m + w]!, sums, first[w * m + x]!, size);
    for (let v = u; v < m; v++) {
      const packed = target(u, v);
      for (let x = 0; x < m; x++) addTimes(packed, 0, inverse[v * m + x]!, half, x * size, size);
    }
  }
}

/** y ← y + a x over `size` elements, in place. */
function addTimes(y: Float64Array, to: number, a: number, x: Float64Array, from: number, size: number): void {
  for (let i = 0; i < size; i++) y[to + i]! += a * x[from + i]!;
}

/** N' H N, columns of N × the same, for a packed H. */
export function congruent(H: Float64Array, { rows: b, cols, data }: Matrix): Float64Array {
  const half = new Float64Array(b * cols);
  let at = 0;
  for (let k = 0; k < b; k++)
    for (let l = 0; l <= k; l++) {
      const h = H[at++]!;
      for (let j = 0; j < cols; j++) {
        half[k * cols + j]! += h * data[l * cols + j]!;
        if (l < k) half[l * cols + j]! += h * data[k * cols + j]!;
      }
    }
  const whole = new Float64Array(cols * cols);
  for (let k = 0; k < b; k++)
    for (let i = 0; i < cols; i++) {
      const n = data[k * cols + i]!;
      if (n === 0) continue;
      for (let j = 0; j < cols; j++) whole[i * cols + j]! += n * half[k * cols + j]!;
    }
  return whole;
}

export const emptyPacked = (b: number): Float64Array => new Float64Array(packedLength(b));
