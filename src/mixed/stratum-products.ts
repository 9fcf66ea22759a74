/**
 * A component of a marginal model whose subjects are single rows (residual-strata.ts). The rows of one pattern, a stratum,
 * share a variance, so that what a sum over its rows would give follows from the stratum's products, made once:
 * C_a = Z_a'Z_a, B_a = Z_a'[X y]_a and [X y]_a'[X y]_a.
 *
 * With w_a = 1/σ²_a, C = Σ w_aC_a, V⁻¹ = W − WZ S Z'W, T = S Z'W[X y]N, Y = V⁻¹[X y]N and I_a the rows of a:
 *     G_a = Z'W I_aY = w_a²(B_aN − C_aT)                  Z'V⁻¹I_aY = (I − CS) G_a
 *     Y'I_aY = w_a²(N'[X y]_a'[X y]_aN − N'B_a'T − T'B_aN + T'C_aT)
 *     Y'I_aV⁻¹I_bY = δ_ab w_a Y'I_aY − G_a'SG_b          Z'V⁻¹I_aV⁻¹Z = w_a²(I − CS) C_a (I − SC)
 *     tr(I_aV⁻¹I_bV⁻¹) = δ_ab(n_a w_a² − 2w_a³ tr(SC_a)) + w_a²w_b² tr(SC_aSC_b)
 *
 * Symbols  q scalars of the component, b = p + 1 columns of [X y], N b×c (residualColumns).
 */
import { type Matrix, multiply, traceOfProduct, transpose, zeros } from "../numeric/matrix.js";
import type { Component } from "./marginal-blocks.js";

export interface Stratum {
  readonly pattern: number;
  /** n_a. */
  readonly rows: number;
  /** C_a, q×q. */
  readonly C: Matrix;
  /** B_a, q×b. */
  readonly border: Matrix;
  /** Lower triangle of [X y]_a'[X y]_a, b×b. */
  readonly total: Float64Array;
}

/** The strata of a component; null where a subject has several rows, or nothing is random. */
export function strataOf({ subjects, scalars: q }: Component, patterns: number, b: number): Stratum[] | null {
  if (q === 0 || !subjects.every(({ rows }) => rows.length === 1)) return null;
  const strata = Array.from({ length: patterns }, (_, pattern) => ({
    pattern,
    rows: 0,
    C: zeros(0, 0),
    border: zeros(0, 0),
    total: new Float64Array(0),
  }));
  for (const { values, scalars, pattern } of subjects) {
    const stratum = strata[pattern]!;
    if (stratum.rows++ === 0)
      Object.assign(stratum, { C: zeros(q, q), border: zeros(q, b), total: new Float64Array(b * b) });
    addRow(stratum, values, scalars, q, b);
  }
  return strata.filter(({ rows }) => rows > 0);
}

/** One row's [Z X y], in place. */
function addRow(
  { C, border, total }: Pick<Stratum, "C" | "border" | "total">,
  values: Float64Array,
  scalars: Int32Array,
  q: number,
  b: number,
): void {
  const a = scalars.length;
  const [intoC, intoBorder] = [C.data, border.data];
  for (let k = 0; k < b; k++) {
    const value = values[a + k]!;
    for (let l = 0; l <= k; l++) total[k * b + l]! += value * values[a + l]!;
  }
  for (let s = 0; s < a; s++) {
    const z = values[s]!;
    if (z === 0) continue;
    const at = scalars[s]!;
    for (let t = 0; t < a; t++) intoC[at * q + scalars[t]!]! += z * values[t]!;
    for (let k = 0; k < b; k++) intoBorder[at * b + k]! += z * values[a + k]!;
  }
}

/** Of one component at one x. */
interface At {
  /** Σ w_aC_a, q×q. */
  readonly C: Matrix;
  /** Z'W[X y], q×b. */
  readonly border: Matrix;
  /** q×q. */
  readonly S: Matrix;
}

/** What Y'I_aY has beside the squares of [X y]N: −w_a²(N'B_a'T + T'B_aN − T'C_aT); its trace alone is enough for a gradient. */
export function explainedTrace({ C, border }: Stratum, w: number, T: Matrix, N: Matrix): number {
  const BN = multiply(border, N).data;
  const CT = multiply(C, T).data;
  const t = T.data;
  let sum = 0;
  for (let i = 0; i < CT.length; i++) sum += t[i]! * (CT[i]! - 2 * BN[i]!);
  return w * w * sum;
}

export interface StratumAt {
  readonly stratum: Stratum;
  /** w_a. */
  readonly w: number;
  /** G_a, q×c. */
  readonly G: Matrix;
  /** Z'V⁻¹I_aY, q×c. */
  readonly L: Matrix;
  /** Y'I_aY less the squares of [X y]N, c×c. */
  readonly explained: Matrix;
}

/** Every stratum of a component, for N with the columns of X and the residual. */
export function strataAt(
  strata: readonly Stratum[],
  weightOf: (pattern: number) => number,
  { C, border, S }: At,
  N: Matrix,
): StratumAt[] {
  const T = multiply(S, multiply(border, N));
  const transposed = transpose(T);
  return strata.map((stratum) => {
    const w = weightOf(stratum.pattern);
    const BN = multiply(stratum.border, N);
    const CT = multiply(stratum.C, T);
    const G = combine(w * w, BN, -w * w, CT);
    // −T'(B_aN − ½C_aT) and its transpose.
    const half = multiply(transposed, combine(-w * w, BN, (w * w) / 2, CT));
    return {
      stratum,
      w,
      G,
      L: combine(1, G, -1, multiply(C, multiply(S, G))),
      explained: combine(1, half, 1, transpose(half)),
    };
  });
}

/** tr(I_aV⁻¹I_bV⁻¹). */
export function traceAmong(left: StratumAt, right: StratumAt, SCleft: Matrix, SCright: Matrix): number {
  const [wa, wb] = [left.w, right.w];
  const through = (wa * wb) ** 2 * traceOfProduct(SCleft, SCright);
  if (left !== right) return through;
  let trace = 0;
  for (let i = 0; i < SCleft.rows; i++) trace += SCleft.data[i * (SCleft.rows + 1)]!;
  return left.stratum.rows * wa * wa - 2 * wa ** 3 * trace + through;
}

/** x A + y B. */
export function combine(x: number, A: Matrix, y: number, B: Matrix): Matrix {
  const { rows, cols, data: left } = A;
  const { data: right } = B;
  const data = new Float64Array(left.length);
  for (let i = 0; i < data.length; i++) data[i] = x * left[i]! + y * right[i]!;
  return { rows, cols, data };
}
