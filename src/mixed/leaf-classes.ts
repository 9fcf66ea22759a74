/**
 * Levels of the grouping factor with most levels that are alike: the same Z'Z and the same Z'Z with the same later
 * levels, as participants who came to the same visits. Their part of the criterion differs in [X y]'Z alone and enters
 * through sums over the class, so that an evaluation costs by classes, not by levels.
 *
 * With A = Z'Z of one level, S its rows with later levels (scaled by their Λ), B_j = [X y]'Z_j, Q = Λ'AΛ + I and
 * N = Λ Q⁻¹ Λ', the m levels of a class add m log|Q| to the deviance and leave in the rest of the matrix
 *     −m S N S',    −(Σ B_j) N S',    −Σ_ab N_ab Σ_j B_ja B_jb'.
 *
 * Symbols  k scalars per level, r later rows, b border rows.
 */
import type { LeafSums } from "../numeric/block-cholesky.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { type Matrix, multiply, transpose, zeros } from "../numeric/matrix.js";
import type { CrossProducts } from "./cross-products.js";

interface LeafClass {
  readonly members: number;
  /** Supernode whose front the class adds to; −1: the border. */
  readonly parent: number;
  /** Places of the r later rows and b border rows in that front. */
  readonly place: Int32Array;
  /** Later nodes met: first row of S, factor, and first scalar. */
  readonly later: readonly { readonly row: number; readonly factor: number; readonly scalar: number }[];
  readonly r: number;
  /** k×k, A. */
  readonly own: Matrix;
  /** r×k, unscaled S. */
  readonly cross: Matrix;
  /** b×k, Σ B_j. */
  readonly borderSum: Matrix;
  /** For a ≤ b: Σ_j B_ja B_jb', made symmetric and doubled for a < b; b×b each. */
  readonly borderSquares: readonly Float64Array[];
}

export interface LeafClasses extends LeafSums {
  /**
   * Add the classes' part of ∂d/∂Λ to `slopes`, after the inverse was visited.
   * @param w      (u, β, −1): u of the later levels, κ as in profiled-deviance.ts.
   */
  readonly addSlopes: (
    slopes: readonly Float64Array[],
    borderInverse: Float64Array,
    w: { readonly u: Float64Array; readonly beta: Float64Array; readonly kappa: number },
  ) => void;
}

/** The classes, or null when hardly any levels are alike. `lambdas` gives Λ of each factor at the current theta. */
export function leafClasses(
  products: CrossProducts,
  fronts: Float64Array,
  lambdas: () => readonly Float64Array[],
): LeafClasses | null {
  const { elimination, structure, p } = products;
  const b = p + 1;
  const k = structure.factors[0]!.k;
  const { skipped, classes, leaves } = gather(products, k);
  if (classes.length > 0.7 * leaves) return null;

  const frontOf = ({ parent }: LeafClass, border: Float64Array) =>
    parent === -1
      ? { data: border, start: 0, size: b }
      : {
          data: fronts,
          start: elimination.frontStart[parent]!,
          size: elimination.columns[parent]! + elimination.below[parent]! + b,
        };

  // Of the last `seed`; the slopes are asked for at the same Λ.
  let eliminations: Eliminated[] = [];
  const seed = (border: Float64Array): number => {
    let logDeterminant = 0;
    eliminations = [];
    for (const leaf of classes) {
      const done = eliminated(leaf, lambdas(), structure.factors);
      if (done === null) return Number.NaN;
      eliminations.push(done);
      const { N, S, logQ } = done;
      logDeterminant += leaf.members * logQ;
      const { data, start, size } = frontOf(leaf, border);
      const SN = multiply(S, N);
      const { r, place, members, borderSum, borderSquares } = leaf;
      for (let i = 0; i < r; i++)
        for (let j = 0; j <= i; j++) {
          let sum = 0;
          for (let a = 0; a < k; a++) sum += SN.data[i * k + a]! * S.data[j * k + a]!;
          data[start + place[i]! * size + place[j]!]! -= members * sum;
        }
      for (let i = 0; i < b; i++) {
        const row = start + place[r + i]! * size;
        for (let j = 0; j < r; j++) {
          let sum = 0;
          for (let a = 0; a < k; a++) sum += borderSum.data[i * k + a]! * SN.data[j * k + a]!;
          data[row + place[j]!]! -= sum;
        }
        let pair = 0;
        for (let a = 0; a < k; a++)
          for (let c = a; c < k; c++) {
            const squares = borderSquares[pair++]!;
            const weight = N.data[a * k + c]!;
            for (let j = 0; j <= i; j++) data[row + place[r + j]!]! -= weight * squares[i * b + j]!;
          }
      }
    }
    return logDeterminant;
  };

  const addSlopes: LeafClasses["addSlopes"] = (slopes, borderInverse, { u, beta, kappa }) => {
    classes.forEach((leaf, at) => {
      const { members, r, place, later, own, cross, borderSum, borderSquares } = leaf;
      const { N, S, LambdaInverseQ } = eliminations[at]!;
      const { data, start, size } = frontOf(leaf, borderInverse);
      const w = new Float64Array(r + b);
      for (const { row, factor, scalar } of later)
        for (let i = 0; i < structure.factors[factor]!.k; i++) w[row + i] = u[scalar + i]!;
      w.set(beta, r);
      w[r + p] = -1;
      const G = (i: number, j: number) => data[start + place[i]! * size + place[j]!]! + kappa * w[i]! * w[j]!;

      // E = G_[S B],[S] S m + G_[S],[B] Σ B: what multiplies dS; H = −∂d/∂N.
      const E = zeros(r, k);
      const H = zeros(k, k);
      for (let i = 0; i < r; i++) {
        for (let a = 0; a < k; a++) {
          let withS = 0;
          let withB = 0;
          for (let j = 0; j < r; j++) withS += G(i, j) * S.data[j * k + a]!;
          for (let j = 0; j < b; j++) withB += G(i, r + j) * borderSum.data[j * k + a]!;
          E.data[i * k + a] = members * withS + withB;
          for (let c = 0; c < k; c++) {
            const s = S.data[i * k + c]!;
            H.data[c * k + a]! += s * (members * withS + withB);
            H.data[a * k + c]! += s * withB;
          }
        }
      }
      let pair = 0;
      for (let a = 0; a < k; a++)
        for (let c = a; c < k; c++) {
          const squares = borderSquares[pair++]!;
          let sum = 0;
          for (let i = 0; i < b; i++) for (let j = 0; j < b; j++) sum += G(r + i, r + j) * squares[i * b + j]!;
          // Squares of a < c are doubled, and each of the two entries of H takes half.
          H.data[a * k + c]! += a === c ? sum : sum / 2;
          if (a !== c) H.data[c * k + a]! += sum / 2;
        }

      // dN = (I − N A) dΛ Q⁻¹Λ' + its transpose; d log|Q| = 2 tr(Q⁻¹Λ'A dΛ).
      const AN = multiply(own, N);
      const left = multiply(AN, H);
      for (let i = 0; i < H.data.length; i++) left.data[i] = -2 * (H.data[i]! - left.data[i]!);
      for (let a = 0; a < k; a++)
        for (let c = 0; c < k; c++) left.data[a * k + c]! += 2 * members * own.data[a * k + c]!;
      addTo(slopes[0]!, multiply(left, LambdaInverseQ));

      // d from dS: −2 tr((E N)' dS), S = Λ_s' cross.
      const EN = multiply(E, N);
      for (const { row, factor } of later) {
        const ks = structure.factors[factor]!.k;
        for (let m = 0; m < ks; m++)
          for (let i = 0; i < ks; i++) {
            let sum = 0;
            for (let a = 0; a < k; a++) sum += cross.data[(row + m) * k + a]! * EN.data[(row + i) * k + a]!;
            slopes[factor]![m * ks + i]! -= 2 * sum;
          }
      }
    });
  };
  return { skipped, seed, addSlopes };
}

interface Eliminated {
  readonly N: Matrix;
  readonly S: Matrix;
  readonly LambdaInverseQ: Matrix;
  /** log|Q|. */
  readonly logQ: number;
}

/** What a class leaves at the current Λ; null when Q is not positive definite. */
function eliminated(
  { own, cross, later }: LeafClass,
  lambdas: readonly Float64Array[],
  factors: CrossProducts["structure"]["factors"],
): Eliminated | null {
  const k = own.rows;
  const Lambda: Matrix = { rows: k, cols: k, data: lambdas[0]! };
  const Q = multiply(transpose(Lambda), multiply(own, Lambda));
  for (let a = 0; a < k; a++) Q.data[a * k + a]! += 1;
  const inverseQ = invertPositiveDefinite(Q);
  if (inverseQ === null) return null;
  const LambdaInverseQ = multiply(Lambda, inverseQ);
  const S = zeros(cross.rows, k);
  for (const { row, factor } of later) {
    const ks = factors[factor]!.k;
    const lambda = lambdas[factor]!;
    for (let i = 0; i < ks; i++)
      for (let m = i; m < ks; m++)
        for (let a = 0; a < k; a++) S.data[(row + i) * k + a]! += lambda[m * ks + i]! * cross.data[(row + m) * k + a]!;
  }
  return { N: multiply(LambdaInverseQ, transpose(Lambda)), S, LambdaInverseQ, logQ: -logDeterminant(inverseQ) };
}

/** log|A| of a small positive definite matrix, by elimination. */
function logDeterminant({ rows: n, data }: Matrix): number {
  const a = data.slice();
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const pivot = a[i * n + i]!;
    sum += Math.log(pivot);
    for (let j = i + 1; j < n; j++) {
      const share = a[j * n + i]! / pivot;
      for (let c = i; c < n; c++) a[j * n + c]! -= share * a[i * n + c]!;
    }
  }
  return sum;
}

function addTo(sum: Float64Array, { data }: Matrix): void {
  for (let i = 0; i < data.length; i++) sum[i]! += data[i]!;
}

/** Leaves of the first factor by class: those with the same later rows and the same entries of Z'Z, to the bit. */
function gather(products: CrossProducts, k: number) {
  const { elimination, raw, p } = products;
  const { supernodes, columns, below, hasChildren, index, indexStart, panelStart, owner } = elimination;
  const b = p + 1;
  const levels = products.structure.factors[0]!.levels.length;
  const isFirst = new Uint8Array(supernodes);
  for (let node = 0; node < levels; node++) isFirst[owner[node]!] = 1;

  const byKey = new Map<string, number[]>();
  let leaves = 0;
  for (let s = 0; s < supernodes; s++) {
    if (isFirst[s] === 0 || hasChildren[s] === 1 || columns[s] !== k) continue;
    leaves++;
    const r = below[s]!;
    const rows = index.subarray(indexStart[s]! + k, indexStart[s]! + k + r);
    const values = raw.subarray(panelStart[s]!, panelStart[s]! + (k + r) * k);
    const key = `${rows.join()}|${values.join()}`;
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [s]);
    else same.push(s);
  }

  const skipped = new Uint8Array(supernodes);
  const classes = [...byKey.values()].map((members): LeafClass => {
    for (const s of members) skipped[s] = 1;
    return toClass(products, members, k, b);
  });
  return { skipped, classes, leaves };
}

function toClass(products: CrossProducts, members: readonly number[], k: number, b: number): LeafClass {
  const { elimination, raw, blockStart, blockRow, rowFactor } = products;
  const { columns, below, parent, index, indexStart, inParent, panelStart } = elimination;
  const s = members[0]!;
  const r = below[s]!;
  const above = parent[s]!;
  const size = above === -1 ? b : columns[above]! + below[above]! + b;
  const place = new Int32Array(r + b);
  for (let i = 0; i < r; i++) place[i] = inParent[indexStart[s]! + k + i]!;
  for (let i = 0; i < b; i++) place[r + i] = size - b + i;

  const panel = panelStart[s]!;
  const borderSum = zeros(b, k);
  const borderSquares = Array.from({ length: (k * (k + 1)) / 2 }, () => new Float64Array(b * b));
  for (const member of members) {
    const border = panelStart[member]! + (k + r) * k;
    for (let i = 0; i < b * k; i++) borderSum.data[i]! += raw[border + i]!;
    let pair = 0;
    for (let a = 0; a < k; a++)
      for (let c = a; c < k; c++) {
        const squares = borderSquares[pair++]!;
        for (let i = 0; i < b; i++)
          for (let j = 0; j < b; j++) {
            const one = raw[border + i * k + a]! * raw[border + j * k + c]!;
            squares[i * b + j]! += a === c ? one : one + raw[border + i * k + c]! * raw[border + j * k + a]!;
          }
      }
  }
  const later: { row: number; factor: number; scalar: number }[] = [];
  for (let block = blockStart[s]!; block < blockStart[s + 1]!; block++) {
    const row = blockRow[block]!;
    if (row >= k) later.push({ row: row - k, factor: rowFactor[block]!, scalar: index[indexStart[s]! + row]! });
  }
  return {
    members: members.length,
    parent: above,
    place,
    later,
    r,
    own: { rows: k, cols: k, data: raw.slice(panel, panel + k * k) },
    cross: { rows: r, cols: k, data: raw.slice(panel + k * k, panel + (k + r) * k) },
    borderSum,
    borderSquares,
  };
}
