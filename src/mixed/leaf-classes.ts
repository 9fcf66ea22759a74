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
import { choleskyInPlace } from "../numeric/cholesky.js";
import type { AlikeLevels } from "./alike-levels.js";
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
  readonly own: Float64Array;
  /** r×k, unscaled S. */
  readonly cross: Float64Array;
  /** b×k, Σ B_j. */
  readonly borderSum: Float64Array;
  /** For each a ≤ c the lower triangle of Σ_j B_ja B_jc', made symmetric and doubled for a < c, by rows. */
  readonly borderSquares: Float64Array;
  /** At the Λ of the last `seed`. */
  readonly eliminated: Eliminated;
}

/** What a class leaves, overwritten by every evaluation. */
interface Eliminated {
  /** k×k. */
  readonly N: Float64Array;
  /** r×k, scaled. */
  readonly S: Float64Array;
  /** k×k. */
  readonly LambdaInverseQ: Float64Array;
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
  alike: AlikeLevels,
  fronts: Float64Array,
  lambdas: () => readonly Float64Array[],
): LeafClasses | null {
  const { elimination, structure, p } = products;
  const b = p + 1;
  const k = structure.factors[0]!.k;
  if (alike.members.length > 0.7 * alike.levels) return null;
  const skipped = Uint8Array.from(alike.classOf, (leafClass) => (leafClass === -1 ? 0 : 1));
  const classes = alike.members.map((members) => toClass(products, members, k, b));

  const frontOf = ({ parent }: LeafClass, border: Float64Array): Front =>
    parent === -1
      ? { data: border, start: 0, size: b }
      : {
          data: fronts,
          start: elimination.frontStart[parent]!,
          size: elimination.columns[parent]! + elimination.below[parent]! + b,
        };
  const widest = classes.reduce((most, { r }) => Math.max(most, r), 0);
  const scratch = leafScratch(k, widest, b);

  const seed = (border: Float64Array): number => {
    let logDeterminant = 0;
    for (const leaf of classes) {
      const logQ = eliminateLeaf(leaf, lambdas(), structure.factors, scratch);
      if (Number.isNaN(logQ)) return Number.NaN;
      logDeterminant += leaf.members * logQ;
      subtractLeft(leaf, frontOf(leaf, border), k, b, scratch);
    }
    return logDeterminant;
  };

  const addSlopes: LeafClasses["addSlopes"] = (slopes, borderInverse, { u, beta, kappa }) => {
    const { w } = scratch;
    for (const leaf of classes) {
      const { r, later } = leaf;
      for (const { row, factor, scalar } of later)
        for (let i = 0; i < structure.factors[factor]!.k; i++) w[row + i] = u[scalar + i]!;
      w.set(beta, r);
      w[r + p] = -1;
      frontSlopes(leaf, frontOf(leaf, borderInverse), kappa, b, scratch);
      slopesInFactors(leaf, slopes, structure.factors, k, scratch);
    }
  };
  return { skipped, seed, addSlopes };
}

interface Front {
  readonly data: Float64Array;
  readonly start: number;
  readonly size: number;
}

interface Scratch {
  /** k×k each. */
  readonly Q: Float64Array;
  readonly half: Float64Array;
  readonly W: Float64Array;
  readonly H: Float64Array;
  readonly left: Float64Array;
  /** r×k each. */
  readonly SN: Float64Array;
  readonly E: Float64Array;
  /** (r + b)². */
  readonly G: Float64Array;
  /** r + b. */
  readonly w: Float64Array;
}

/** Working memory for classes of up to r later rows. */
const leafScratch = (k: number, r: number, b: number): Scratch => ({
  Q: new Float64Array(k * k),
  half: new Float64Array(k * k),
  W: new Float64Array(k * k),
  H: new Float64Array(k * k),
  left: new Float64Array(k * k),
  SN: new Float64Array(r * k),
  E: new Float64Array(r * k),
  G: new Float64Array((r + b) ** 2),
  w: new Float64Array(r + b),
});

/** N, S and ΛQ⁻¹ at the current Λ, in place, by Q = LL' and W = ΛL⁻ᵀ; returns log|Q|, NaN when Q is not positive definite. */
function eliminateLeaf(
  { own, cross, later, eliminated: { N, S, LambdaInverseQ } }: LeafClass,
  lambdas: readonly Float64Array[],
  factors: CrossProducts["structure"]["factors"],
  { Q, half, W, left }: Scratch,
): number {
  const lambda = lambdas[0]!;
  const { k } = factors[0]!;
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let m = j; m < k; m++) sum += own[i * k + m]! * lambda[m * k + j]!;
      left[i * k + j] = sum;
    }
  for (let i = 0; i < k; i++)
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let m = i; m < k; m++) sum += lambda[m * k + i]! * left[m * k + j]!;
      Q[i * k + j] = sum;
    }
  if (!choleskyInPlace(Q, k)) return Number.NaN;
  let logQ = 0;
  for (let j = 0; j < k; j++) {
    logQ += 2 * Math.log(Q[j * k + j]!);
    for (let i = j; i < k; i++) {
      let sum = i === j ? 1 : 0;
      for (let m = j; m < i; m++) sum -= Q[i * k + m]! * half[m * k + j]!;
      half[i * k + j] = sum / Q[i * k + i]!;
    }
  }
  for (let a = 0; a < k; a++)
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j <= a && j <= i; j++) sum += lambda[a * k + j]! * half[i * k + j]!;
      W[a * k + i] = sum;
    }
  for (let a = 0; a < k; a++)
    for (let c = 0; c < k; c++) {
      let square = 0;
      for (let i = 0; i < k; i++) square += W[a * k + i]! * W[c * k + i]!;
      N[a * k + c] = square;
      let sum = 0;
      for (let i = c; i < k; i++) sum += W[a * k + i]! * half[i * k + c]!;
      LambdaInverseQ[a * k + c] = sum;
    }
  for (const { row, factor } of later) {
    const ks = factors[factor]!.k;
    const scale = lambdas[factor]!;
    for (let i = 0; i < ks; i++)
      for (let a = 0; a < k; a++) {
        let sum = 0;
        for (let m = i; m < ks; m++) sum += scale[m * ks + i]! * cross[(row + m) * k + a]!;
        S[(row + i) * k + a] = sum;
      }
  }
  return logQ;
}

/** Subtract what a class explains from the lower triangle of its front. */
function subtractLeft(
  { r, place, members, borderSum, borderSquares, eliminated: { N, S } }: LeafClass,
  { data, start, size }: Front,
  k: number,
  b: number,
  { SN }: Scratch,
): void {
  for (let i = 0; i < r; i++)
    for (let c = 0; c < k; c++) {
      let sum = 0;
      for (let a = 0; a < k; a++) sum += S[i * k + a]! * N[a * k + c]!;
      SN[i * k + c] = sum;
    }
  for (let i = 0; i < r; i++) {
    const row = start + place[i]! * size;
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let a = 0; a < k; a++) sum += SN[i * k + a]! * S[j * k + a]!;
      data[row + place[j]!]! -= members * sum;
    }
  }
  for (let i = 0; i < b; i++) {
    const row = start + place[r + i]! * size;
    for (let j = 0; j < r; j++) {
      let sum = 0;
      for (let a = 0; a < k; a++) sum += borderSum[i * k + a]! * SN[j * k + a]!;
      data[row + place[j]!]! -= sum;
    }
  }
  // The border stands last in every front.
  const border = place[r]!;
  let at = 0;
  for (let a = 0; a < k; a++)
    for (let c = a; c < k; c++) {
      const weight = N[a * k + c]!;
      for (let i = 0; i < b; i++) {
        const row = start + (border + i) * size + border;
        for (let j = 0; j <= i; j++) data[row + j]! -= weight * borderSquares[at++]!;
      }
    }
}

/** G = ∂d/∂(the front) of a class, with w from the scratch; E, what multiplies dS, and H = −∂d/∂N, all in place. */
function frontSlopes(
  { members, r, place, borderSum, borderSquares, eliminated: { S } }: LeafClass,
  { data, start, size }: Front,
  kappa: number,
  b: number,
  { G, E, H, w }: Scratch,
): void {
  const k = borderSum.length / b;
  const d = r + b;
  for (let i = 0; i < d; i++) {
    const row = start + place[i]! * size;
    const wi = kappa * w[i]!;
    // Of the border's own block the lower triangle alone is used.
    for (let j = 0, end = i < r ? d : i + 1; j < end; j++) G[i * d + j] = data[row + place[j]!]! + wi * w[j]!;
  }
  H.fill(0);
  for (let i = 0; i < r; i++) {
    for (let a = 0; a < k; a++) {
      let withS = 0;
      let withB = 0;
      for (let j = 0; j < r; j++) withS += G[i * d + j]! * S[j * k + a]!;
      for (let j = 0; j < b; j++) withB += G[i * d + r + j]! * borderSum[j * k + a]!;
      const both = members * withS + withB;
      E[i * k + a] = both;
      for (let c = 0; c < k; c++) {
        const s = S[i * k + c]!;
        H[c * k + a]! += s * both;
        H[a * k + c]! += s * withB;
      }
    }
  }
  let at = 0;
  for (let a = 0; a < k; a++)
    for (let c = a; c < k; c++) {
      let sum = 0;
      for (let i = 0; i < b; i++) {
        const row = (r + i) * d + r;
        for (let j = 0; j < i; j++) sum += 2 * G[row + j]! * borderSquares[at++]!;
        sum += G[row + i]! * borderSquares[at++]!;
      }
      // Squares of a < c are doubled, and each of the two entries of H takes half.
      if (a === c) H[a * k + a]! += sum;
      else {
        H[a * k + c]! += sum / 2;
        H[c * k + a]! += sum / 2;
      }
    }
}

/** Add a class's ∂d/∂Λ to `slopes`, from E and H. */
function slopesInFactors(
  { members, own, cross, later, eliminated: { N, LambdaInverseQ } }: LeafClass,
  slopes: readonly Float64Array[],
  factors: CrossProducts["structure"]["factors"],
  k: number,
  { E, H, Q: NH, left }: Scratch,
): void {
  // dN = (I − N A) dΛ Q⁻¹Λ' + its transpose; d log|Q| = 2 tr(Q⁻¹Λ'A dΛ).
  for (let a = 0; a < k; a++)
    for (let c = 0; c < k; c++) {
      let sum = 0;
      for (let m = 0; m < k; m++) sum += N[a * k + m]! * H[m * k + c]!;
      NH[a * k + c] = sum;
    }
  for (let a = 0; a < k; a++)
    for (let c = 0; c < k; c++) {
      let sum = members * own[a * k + c]! - H[a * k + c]!;
      for (let m = 0; m < k; m++) sum += own[a * k + m]! * NH[m * k + c]!;
      left[a * k + c] = 2 * sum;
    }
  const first = slopes[0]!;
  for (let a = 0; a < k; a++)
    for (let c = 0; c < k; c++) {
      let sum = 0;
      for (let m = 0; m < k; m++) sum += left[a * k + m]! * LambdaInverseQ[m * k + c]!;
      first[a * k + c]! += sum;
    }

  // d from dS: −2 tr((E N)' dS), S = Λ_s' cross.
  for (const { row, factor } of later) {
    const ks = factors[factor]!.k;
    const slope = slopes[factor]!;
    for (let i = 0; i < ks; i++)
      for (let a = 0; a < k; a++) {
        let EN = 0;
        for (let m = 0; m < k; m++) EN += E[(row + i) * k + m]! * N[m * k + a]!;
        for (let m = 0; m < ks; m++) slope[m * ks + i]! -= 2 * cross[(row + m) * k + a]! * EN;
      }
  }
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
  const borderSum = new Float64Array(b * k);
  const borderSquares = new Float64Array((k * (k + 1) * b * (b + 1)) / 4);
  for (const member of members) {
    const border = panelStart[member]! + (k + r) * k;
    for (let i = 0; i < b * k; i++) borderSum[i]! += raw[border + i]!;
    let at = 0;
    for (let a = 0; a < k; a++)
      for (let c = a; c < k; c++)
        for (let i = 0; i < b; i++)
          for (let j = 0; j <= i; j++) {
            const one = raw[border + i * k + a]! * raw[border + j * k + c]!;
            borderSquares[at++]! += a === c ? one : one + raw[border + i * k + c]! * raw[border + j * k + a]!;
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
    own: raw.slice(panel, panel + k * k),
    cross: raw.slice(panel + k * k, panel + (k + r) * k),
    borderSum,
    borderSquares,
    eliminated: {
      N: new Float64Array(k * k),
      S: new Float64Array(r * k),
      LambdaInverseQ: new Float64Array(k * k),
    },
  };
}
