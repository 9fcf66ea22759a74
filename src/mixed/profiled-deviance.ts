/**
 * The profiled deviance (−2 log-likelihood) or REML criterion of a linear mixed model as a function of
 * theta alone, and its gradient.
 *
 *     ┌ Λ'Z'ZΛ + I   Λ'Z'X   Λ'Z'y ┐          ┌ L_zz               ┐
 *     │ X'ZΛ         X'X     X'y   │  =  L L', │ L_xz   L_xx        │
 *     └ y'ZΛ         y'X     y'y   ┘          └ l_yz   l_yx    r   ┘
 *
 *     ML    d = log|L_zz|² + n (1 + log(2π r²/n))
 *     REML  d = log|L_zz|² + log|L_xx|² + (n−p) (1 + log(2π r²/(n−p)))
 *
 * Levels that are alike are summed once (leaf-classes.ts). The gradient needs the inverse of the matrix only where Z'Z has entries, so it costs about as much as
 * the factorisation.
 *
 * Sources: Bates, Mächler, Bolker & Walker (2015) JSS 67(1), sec. 3; Bates et al., MixedModels.jl.
 */
import { type BlockFactor, blockFactor, factorise, solveFromBorder, visitInverse } from "../numeric/block-cholesky.js";
import { invertLower } from "../numeric/cholesky.js";
import type { Matrix } from "../numeric/matrix.js";
import type { Objective } from "../numeric/minimise.js";
import { type AlikeLevels, alikeLevels } from "./alike-levels.js";
import type { CrossProducts } from "./cross-products.js";
import { type LeafClasses, leafClasses } from "./leaf-classes.js";
import { relativeFactors } from "./random-structure.js";

export type Method = "REML" | "ML";

export interface ProfiledDeviance extends Objective {
  readonly crossProducts: CrossProducts;
  readonly method: Method;
  readonly alike: AlikeLevels;
  /** State after the last `value`. */
  readonly factor: BlockFactor;
  /** The state at theta: evaluates there first. */
  readonly solution: (theta: Float64Array) => Solution;
}

/** What theta determines: fixed effects, modes and residual variance. */
export interface Solution {
  readonly deviance: number;
  /** p. */
  readonly beta: Float64Array;
  /** q spherical modes, b = Λ u. */
  readonly u: Float64Array;
  /** Penalised residual sum of squares r². */
  readonly pwrss: number;
  /** pwrss/(n − p), or /n for ML. */
  readonly sigma2: number;
  /** (X' V_θ⁻¹ X)⁻¹, V_θ = V/σ². */
  readonly phi: Matrix;
  readonly lambdas: readonly Float64Array[];
}

export function profiledDeviance(products: CrossProducts, method: Method): ProfiledDeviance {
  const { n, p, elimination, structure } = products;
  const b = p + 1;
  const degrees = method === "REML" ? n - p : n;
  const factor = blockFactor(elimination);
  const { borderBlock } = factor;
  let lambdas: Float64Array[] = [];
  // Evaluations sum over levels that are alike; the solution goes through all of them.
  const alike = alikeLevels(products);
  const classes = leafClasses(products, alike, factor.fronts, () => lambdas);

  const evaluate = (theta: Float64Array, leaves: LeafClasses | null): number => {
    lambdas = relativeFactors(structure, theta);
    scalePanels(products, lambdas, factor.panels, leaves);
    borderBlock.set(products.border);
    let deviance = factorise(factor, leaves);
    if (method === "REML") for (let i = 0; i < p; i++) deviance += 2 * Math.log(borderBlock[i * b + i]!);
    const pwrss = borderBlock[p * b + p]! ** 2;
    return deviance + degrees * (1 + Math.log((2 * Math.PI * pwrss) / degrees));
  };
  const value = (theta: Float64Array): number => evaluate(theta, classes);

  const coefficients = (): Float64Array => {
    const beta = new Float64Array(p);
    for (let i = p - 1; i >= 0; i--) {
      let sum = borderBlock[p * b + i]!;
      for (let j = i + 1; j < p; j++) sum -= borderBlock[j * b + i]! * beta[j]!;
      beta[i] = sum / borderBlock[i * b + i]!;
    }
    return beta;
  };

  const gradient = (): Float64Array => {
    const beta = coefficients();
    const u = solveFromBorder(factor, p, beta, classes);
    const kappa = degrees / borderBlock[p * b + p]! ** 2;
    const borderInverse = new Float64Array(b * b);
    if (method === "REML") {
      const phi = phiOf(borderBlock, p);
      for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) borderInverse[i * b + j] = phi.data[i * p + j]!;
    }
    const slopes = lambdas.map((lambda) => new Float64Array(lambda.length));
    visitInverse(
      factor,
      borderInverse,
      (s, inverse, start) => addSlopes(products, lambdas, slopes, { s, inverse, start, kappa, u, beta }),
      classes,
    );
    classes?.addSlopes(slopes, borderInverse, { u, beta, kappa });
    return Float64Array.from(structure.theta, ({ factor: f, row, col }) => {
      return slopes[f]![row * structure.factors[f]!.k + col]!;
    });
  };

  const solution = (theta: Float64Array): Solution => {
    const deviance = evaluate(theta, null);
    const beta = coefficients();
    const pwrss = borderBlock[p * b + p]! ** 2;
    return {
      deviance,
      beta,
      u: solveFromBorder(factor, p, beta),
      pwrss,
      sigma2: pwrss / degrees,
      phi: phiOf(borderBlock, p),
      lambdas,
    };
  };

  return { crossProducts: products, method, alike, factor, value, gradient, solution };
}

/** (L_xx L_xx')⁻¹ from the leading p×p of the border's factor. */
function phiOf(borderBlock: Float64Array, p: number): Matrix {
  const b = p + 1;
  const L = { rows: p, cols: p, data: new Float64Array(p * p) };
  for (let i = 0; i < p; i++) for (let j = 0; j <= i; j++) L.data[i * p + j] = borderBlock[i * b + j]!;
  const half = invertLower(L);
  const phi = { rows: p, cols: p, data: new Float64Array(p * p) };
  for (let i = 0; i < p; i++)
    for (let j = 0; j < p; j++) {
      let sum = 0;
      for (let k = Math.max(i, j); k < p; k++) sum += half.data[k * p + i]! * half.data[k * p + j]!;
      phi.data[i * p + j] = sum;
    }
  return phi;
}

/** Panels of Λ'Z'ZΛ + I and [X y]'ZΛ. */
function scalePanels(
  products: CrossProducts,
  lambdas: readonly Float64Array[],
  panels: Float64Array,
  leaves: LeafClasses | null,
): void {
  const { elimination, raw, blockStart, blockRow, blockCol, rowFactor, colFactor, structure, p, scalarFactor } =
    products;
  const { supernodes, columns, below, panelStart, indexStart, index } = elimination;
  const b = p + 1;
  const { factors } = structure;
  panels.fill(0);
  for (let s = 0; s < supernodes; s++) {
    if (leaves?.skipped[s] === 1) continue;
    const c = columns[s]!;
    const panel = panelStart[s]!;
    for (let block = blockStart[s]!; block < blockStart[s + 1]!; block++) {
      const row = blockRow[block]!;
      const col = blockCol[block]!;
      const left = lambdas[rowFactor[block]!]!;
      const right = lambdas[colFactor[block]!]!;
      const ki = factors[rowFactor[block]!]!.k;
      const kj = factors[colFactor[block]!]!.k;
      for (let i = 0; i < ki; i++) {
        for (let j = 0; j < kj; j++) {
          let sum = 0;
          for (let a = i; a < ki; a++) {
            let inner = 0;
            for (let m = j; m < kj; m++) inner += raw[panel + (row + a) * c + col + m]! * right[m * kj + j]!;
            sum += left[a * ki + i]! * inner;
          }
          panels[panel + (row + i) * c + col + j] = sum;
        }
      }
    }
    for (let k = 0; k < c; k++) panels[panel + k * c + k]! += 1;
    const borderRow = c + below[s]!;
    for (let col = 0; col < c; ) {
      const f = scalarFactor[index[indexStart[s]! + col]!]!;
      const k = factors[f]!.k;
      const lambda = lambdas[f]!;
      for (let i = 0; i < b; i++) {
        const at = panel + (borderRow + i) * c + col;
        for (let j = 0; j < k; j++) {
          let sum = 0;
          for (let m = j; m < k; m++) sum += raw[at + m]! * lambda[m * k + j]!;
          panels[at + j] = sum;
        }
      }
      col += k;
    }
  }
}

interface SlopeInput {
  readonly s: number;
  readonly inverse: Float64Array;
  readonly start: number;
  readonly kappa: number;
  readonly u: Float64Array;
  readonly beta: Float64Array;
}

/**
 * Add supernode s's part of ∂d/∂Λ to `slopes`, k×k per factor. With G = ∂d/∂(the matrix), a block
 * Λ_i' A_ij Λ_j gives 2 A_ij Λ_j G_ij' to Λ_i and 2 A_ij' Λ_i G_ij to Λ_j; a diagonal block 2 A Λ G.
 * G is the inverse plus κ w w', with w = (u, β, −1).
 */
function addSlopes(
  products: CrossProducts,
  lambdas: readonly Float64Array[],
  slopes: readonly Float64Array[],
  { s, inverse, start, kappa, u, beta }: SlopeInput,
): void {
  const { elimination, raw, blockStart, blockRow, blockCol, rowFactor, colFactor, structure, p, scalarFactor } =
    products;
  const { columns, below, panelStart, indexStart, index } = elimination;
  const { factors } = structure;
  const c = columns[s]!;
  const r = below[s]!;
  const d = c + r + p + 1;
  const panel = panelStart[s]!;
  const at = indexStart[s]!;
  for (let block = blockStart[s]!; block < blockStart[s + 1]!; block++) {
    const row = blockRow[block]!;
    const col = blockCol[block]!;
    const fi = rowFactor[block]!;
    const fj = colFactor[block]!;
    const ki = factors[fi]!.k;
    const kj = factors[fj]!.k;
    const isDiagonal = row === col;
    const left = lambdas[fi]!;
    const right = lambdas[fj]!;
    const slopeLeft = slopes[fi]!;
    const slopeRight = slopes[fj]!;
    for (let i = 0; i < ki; i++) {
      const ui = u[index[at + row + i]!]!;
      for (let j = 0; j < kj; j++) {
        const g = 2 * (inverse[start + (row + i) * d + col + j]! + kappa * ui * u[index[at + col + j]!]!);
        // To Λ_j: Σ_a (A'Λ_i)_mi g over rows m; to Λ_i: Σ_m (A Λ_j)_aj g over rows a.
        for (let a = 0; a < ki; a++) {
          for (let m = 0; m < kj; m++) {
            const value = raw[panel + (row + a) * c + col + m]! * g;
            slopeRight[m * kj + j]! += value * left[a * ki + i]!;
            if (!isDiagonal) slopeLeft[a * ki + i]! += value * right[m * kj + j]!;
          }
        }
      }
    }
  }
  for (let col = 0; col < c; ) {
    const f = scalarFactor[index[at + col]!]!;
    const k = factors[f]!.k;
    const slope = slopes[f]!;
    for (let i = 0; i <= p; i++) {
      const row = c + r + i;
      const w = i < p ? beta[i]! : -1;
      for (let j = 0; j < k; j++) {
        const g = 2 * (inverse[start + row * d + col + j]! + kappa * w * u[index[at + col + j]!]!);
        for (let m = 0; m < k; m++) slope[m * k + j]! += raw[panel + row * c + col + m]! * g;
      }
    }
    col += k;
  }
}
