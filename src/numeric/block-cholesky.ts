/**
 * Sparse block Cholesky with a dense border, over the pattern of elimination.ts: factorise, solve,
 * and the entries of the inverse on the factor's pattern. Multifrontal: each supernode's update goes
 * into its parent's front. Panels are (c + r + b) × c, row-major: c columns of the supernode, r rows
 * below, b border rows.
 *
 * Sources: Davis (2006), ch. 4; Takahashi, Fagan & Chen (1973) for the inverse on the pattern.
 */
import { choleskyInPlace } from "./cholesky.js";
import type { Elimination } from "./elimination.js";

/** Working memory of one elimination, reused by every factorisation. */
export interface BlockFactor {
  readonly elimination: Elimination;
  /** Panels: the matrix before, L after `factorise`. */
  readonly panels: Float64Array;
  readonly fronts: Float64Array;
  /** b×b, row-major: the border of the matrix before, of L after. */
  readonly borderBlock: Float64Array;
  readonly scratch: Float64Array;
  readonly scratchPanel: Float64Array;
  readonly place: Int32Array;
}

/** Leaves whose part is summed up elsewhere, many at a time. */
export interface LeafSums {
  /** 1 for each supernode that factorising, solving and visiting leave out. */
  readonly skipped: Uint8Array;
  /** Add what the leaves leave in the fronts and the border (lower triangles); returns their log determinant. */
  readonly seed: (borderBlock: Float64Array) => number;
}

export function blockFactor(elimination: Elimination): BlockFactor {
  const { largest, border, panelLength, frontLength } = elimination;
  return {
    elimination,
    panels: new Float64Array(panelLength),
    fronts: new Float64Array(frontLength),
    borderBlock: new Float64Array(border * border),
    scratch: new Float64Array(largest * largest),
    scratchPanel: new Float64Array(largest * largest),
    place: new Int32Array(largest),
  };
}

/**
 * Factorise in place: `panels` and `borderBlock` hold the lower triangle of the matrix, and of L after.
 * @returns log|A_zz|, or NaN when the matrix is not positive definite.
 */
export function factorise(
  { elimination, panels, fronts, borderBlock, place }: BlockFactor,
  leaves: LeafSums | null = null,
): number {
  const { supernodes, border: b, columns, below, parent, panelStart, frontStart } = elimination;
  fronts.fill(0);
  let logDeterminant = leaves?.seed(borderBlock) ?? 0;

  for (let s = 0; s < supernodes; s++) {
    if (leaves?.skipped[s] === 1) continue;
    const c = columns[s]!;
    const r = below[s]!;
    const d = c + r + b;
    const panel = panelStart[s]!;
    const front = frontStart[s]!;

    if (front >= 0) {
      // The border's own block stays zero in every front.
      for (let i = 0; i < d; i++)
        for (let k = 0, end = Math.min(i + 1, c); k < end; k++)
          panels[panel + i * c + k]! += fronts[front + i * d + k]!;
    }
    for (let i = 0; i < d; i++) {
      const rowI = panel + i * c;
      for (let k = 0, end = Math.min(i + 1, c); k < end; k++) {
        const rowK = panel + k * c;
        let sum = panels[rowI + k]!;
        for (let m = 0; m < k; m++) sum -= panels[rowI + m]! * panels[rowK + m]!;
        if (i > k) panels[rowI + k] = sum / panels[rowK + k]!;
        else {
          if (!(sum > 0)) return Number.NaN;
          panels[rowI + k] = Math.sqrt(sum);
          logDeterminant += Math.log(sum);
        }
      }
    }

    // What is left of the rows below, S − L L', goes to the parent, or to the border when there is none; what is left of
    // the border itself to the border at once.
    const above = parent[s]!;
    const target = above === -1 ? borderBlock : fronts;
    const targetStart = above === -1 ? 0 : frontStart[above]!;
    const targetSize = placeInParent(elimination, s, place);
    const first = c + r;
    for (let i = c; i < d; i++) {
      const rowI = panel + i * c;
      const to = targetStart + place[i]! * targetSize;
      const own = front + i * d;
      for (let j = c, rowJ = panel + c * c, end = Math.min(i + 1, first); j < end; j++, rowJ += c) {
        let sum = 0;
        for (let k = 0; k < c; k++) sum += panels[rowI + k]! * panels[rowJ + k]!;
        target[to + place[j]!]! += (front >= 0 ? fronts[own + j]! : 0) - sum;
      }
    }
    // Column by column: one is by far the most common.
    for (let k = 0; k < c; k++) {
      const column = panel + first * c + k;
      for (let i = 0; i < b; i++) {
        const value = panels[column + i * c]!;
        const to = i * b;
        for (let j = 0, at = column; j <= i; j++, at += c) borderBlock[to + j]! -= value * panels[at]!;
      }
    }
  }
  return choleskyInPlace(borderBlock, b) ? logDeterminant : Number.NaN;
}

/**
 * Where rows c … d−1 of supernode s lie in its parent's front (or in the border), into `place`.
 * @returns the size of that front.
 */
function placeInParent(elimination: Elimination, s: number, place: Int32Array): number {
  const { border: b, columns, below, parent, indexStart, inParent } = elimination;
  const above = parent[s]!;
  const size = above === -1 ? b : columns[above]! + below[above]! + b;
  const c = columns[s]!;
  const first = c + below[s]!;
  const from = indexStart[s]!;
  for (let i = c; i < first; i++) place[i] = inParent[from + i]!;
  for (let i = 0; i < b; i++) place[first + i] = size - b + i;
  return size;
}

/**
 * x with L_zz' x = l − L_bz' t for a border row l of L and border values t: the z part of the solution
 * when the border's part t is known. With l the response's row and t the coefficients, x are the modes.
 *
 * @param row   Which border row is the right-hand side.
 * @param t     Border values for rows before `row`; later ones are ignored.
 * @returns     q values; 0 for leaves that are left out.
 */
export function solveFromBorder(
  { elimination, panels }: BlockFactor,
  row: number,
  t: Float64Array,
  leaves: LeafSums | null = null,
): Float64Array {
  const { supernodes, columns, below, indexStart, index, panelStart, scalar, nodes } = elimination;
  const x = new Float64Array(scalar[nodes]!);
  for (let s = supernodes - 1; s >= 0; s--) {
    if (leaves?.skipped[s] === 1) continue;
    const c = columns[s]!;
    const r = below[s]!;
    const panel = panelStart[s]!;
    const at = indexStart[s]!;
    for (let k = c - 1; k >= 0; k--) {
      let sum = panels[panel + (c + r + row) * c + k]!;
      for (let i = k + 1; i < c + r; i++) sum -= panels[panel + i * c + k]! * x[index[at + i]!]!;
      for (let i = 0; i < row; i++) sum -= panels[panel + (c + r + i) * c + k]! * t[i]!;
      x[index[at + k]!] = sum / panels[panel + k * c + k]!;
    }
  }
  return x;
}

/**
 * The solutions of `solveFromBorder` for the first `count` border rows, each with border values of zero, beside one
 * another: q × count, row-major.
 */
export function solveFromBorderRows({ elimination, panels }: BlockFactor, count: number): Float64Array {
  const { supernodes, columns, below, indexStart, index, panelStart, scalar, nodes } = elimination;
  const x = new Float64Array(scalar[nodes]! * count);
  for (let s = supernodes - 1; s >= 0; s--) {
    const c = columns[s]!;
    const rows = c + below[s]!;
    const panel = panelStart[s]!;
    const at = indexStart[s]!;
    for (let k = c - 1; k >= 0; k--) {
      const to = index[at + k]! * count;
      for (let j = 0; j < count; j++) x[to + j] = panels[panel + (rows + j) * c + k]!;
      for (let i = k + 1; i < rows; i++) {
        const weight = panels[panel + i * c + k]!;
        const from = index[at + i]! * count;
        for (let j = 0; j < count; j++) x[to + j]! -= weight * x[from + j]!;
      }
      const pivot = panels[panel + k * c + k]!;
      for (let j = 0; j < count; j++) x[to + j]! /= pivot;
    }
  }
  return x;
}

/** Solve A_zz x = rhs in place, over the scalars of supernodes `from` … `to` − 1 (whole components). */
export function solveInPlace({ elimination, panels }: BlockFactor, x: Float64Array, from: number, to: number): void {
  const { columns, below, indexStart, index, panelStart } = elimination;
  for (let s = from; s < to; s++) {
    const c = columns[s]!;
    const d = c + below[s]!;
    const panel = panelStart[s]!;
    const at = indexStart[s]!;
    for (let k = 0; k < c; k++) {
      const value = x[index[at + k]!]! / panels[panel + k * c + k]!;
      x[index[at + k]!] = value;
      if (value === 0) continue;
      for (let i = k + 1; i < d; i++) x[index[at + i]!]! -= panels[panel + i * c + k]! * value;
    }
  }
  for (let s = to - 1; s >= from; s--) {
    const c = columns[s]!;
    const d = c + below[s]!;
    const panel = panelStart[s]!;
    const at = indexStart[s]!;
    for (let k = c - 1; k >= 0; k--) {
      let sum = x[index[at + k]!]!;
      for (let i = k + 1; i < d; i++) sum -= panels[panel + i * c + k]! * x[index[at + i]!]!;
      x[index[at + k]!] = sum / panels[panel + k * c + k]!;
    }
  }
}

/**
 * Called for each supernode with the columns of the inverse that are its own: d × c, in the first c columns of a
 * d×d row-major array that begins at `start`. What stands in the other columns is not defined.
 */
export type VisitInverse = (supernode: number, inverse: Float64Array, start: number) => void;

/**
 * The inverse on the factor's pattern, from the last supernode to the first.
 *
 * @param borderInverse  b×b symmetric: the border's block of the inverse. All zeros gives the inverse of
 *                       A_zz alone; a zero row and column leaves that border column out.
 * Overwrites the fronts; L in the panels stays.
 */
export function visitInverse(
  factor: BlockFactor,
  borderInverse: Float64Array,
  visit: VisitInverse,
  leaves: LeafSums | null = null,
): void {
  const { elimination, panels, fronts, scratch, scratchPanel: w, place } = factor;
  const { supernodes, border: b, columns, below, parent, panelStart, frontStart } = elimination;

  for (let s = supernodes - 1; s >= 0; s--) {
    if (leaves?.skipped[s] === 1) continue;
    const c = columns[s]!;
    const d = c + below[s]! + b;
    const panel = panelStart[s]!;
    const isLeaf = frontStart[s]! < 0;
    const out = isLeaf ? scratch : fronts;
    const start = isLeaf ? 0 : frontStart[s]!;

    // W = L_rc L_cc⁻¹, rows c … d−1.
    for (let i = c; i < d; i++) {
      for (let k = c - 1; k >= 0; k--) {
        let sum = panels[panel + i * c + k]!;
        for (let m = k + 1; m < c; m++) sum -= w[i * c + m]! * panels[panel + m * c + k]!;
        w[i * c + k] = sum / panels[panel + k * c + k]!;
      }
    }
    // Σ_rr is the parent's, of the border's own block its inverse; Σ_rc = −Σ_rr W. A leaf has no child that would need its
    // Σ_rr.
    const above = parent[s]!;
    const source = above === -1 ? borderInverse : fronts;
    const sourceStart = above === -1 ? 0 : frontStart[above]!;
    const sourceSize = placeInParent(elimination, s, place);
    const first = c + below[s]!;
    for (let i = c; i < d; i++) {
      const from = sourceStart + place[i]! * sourceSize;
      const row = start + i * d;
      for (let k = 0; k < c; k++) out[row + k] = 0;
      // Rows of the border meet the border in its inverse, the others in the parent.
      for (let j = c; j < first; j++) {
        const value = source[from + place[j]!]!;
        if (!isLeaf) out[row + j] = value;
        const at = j * c;
        for (let k = 0; k < c; k++) out[row + k]! -= value * w[at + k]!;
      }
      const isBorder = i >= first;
      const beside = isBorder ? borderInverse : source;
      const besideStart = isBorder ? (i - first) * b : from + sourceSize - b;
      const copies = !isLeaf && !isBorder;
      if (c === 1) {
        let sum = 0;
        for (let j = 0; j < b; j++) sum += beside[besideStart + j]! * w[first + j]!;
        out[row]! -= sum;
      } else
        for (let k = 0; k < c; k++) {
          let sum = 0;
          for (let j = 0, at = first * c + k; j < b; j++, at += c) sum += beside[besideStart + j]! * w[at]!;
          out[row + k]! -= sum;
        }
      if (copies) for (let j = 0; j < b; j++) out[row + first + j] = beside[besideStart + j]!;
      if (!isLeaf) for (let k = 0; k < c; k++) out[start + k * d + i] = out[row + k]!;
    }
    // L_cc⁻¹ into rows 0 … c−1 of w, then Σ_cc = L_cc⁻ᵀ L_cc⁻¹ − W' Σ_rc.
    for (let j = 0; j < c; j++) {
      for (let i = j; i < c; i++) {
        let sum = i === j ? 1 : 0;
        for (let k = j; k < i; k++) sum -= panels[panel + i * c + k]! * w[k * c + j]!;
        w[i * c + j] = sum / panels[panel + i * c + i]!;
      }
    }
    for (let i = 0; i < c; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let k = i; k < c; k++) sum += w[k * c + i]! * w[k * c + j]!;
        for (let k = c; k < d; k++) sum -= w[k * c + i]! * out[start + k * d + j]!;
        out[start + i * d + j] = sum;
        out[start + j * d + i] = sum;
      }
    }
    visit(s, out, start);
  }
}
