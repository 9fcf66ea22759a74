/**
 * What the degrees of freedom need of a linear mixed model at its estimate: first and second derivatives
 * over the variance parameters φ = (theta's that are not on the boundary, σ²), exact, without any n×n matrix.
 *
 * With V = σ² V_θ, V_θ = I + Z Λ Λ' Z', e = y − Xβ − Zb:
 *     ∂V/∂θ_a = σ² Z K_a Z',  K_a = E_a Λ' + Λ E_a';      ∂V/∂σ² = V_θ
 * so everything is in C = Z'V_θ⁻¹Z (inverse-components.ts), B = Z'V_θ⁻¹X and w = Z'e.
 *
 * The information is over (θ, σ²), but first-order Kenward–Roger and, at a stationary point,
 * Satterthwaite do not depend on how the covariance is parameterised.
 *
 * Symbols    m free thetas, p fixed effects; X here is the orthonormal basis used in the fit.
 * Sources    Kenward & Roger (1997) Biometrics 53:983–997, eq. 3–6 (P, Q, W); Halekoh & Højsgaard
 *            (2014) JSS 59(9); Fai & Cornelius (1996); Kuznetsova et al. (2017) JSS 82(13).
 */
import { solveFromBorderRows } from "../numeric/block-cholesky.js";
import { cholesky, invertLower } from "../numeric/cholesky.js";
import { type Matrix, multiply, traceOfProduct, transpose, zeros } from "../numeric/matrix.js";
import type { CrossProducts } from "./cross-products.js";
import {
  blockOf,
  contractMoments,
  inverseComponents,
  inverseSums,
  levelMoments,
  sandwichSum,
  sandwichTraces,
} from "./inverse-components.js";
import type { Method, ProfiledDeviance, Solution } from "./profiled-deviance.js";
import { freeThetas } from "./random-structure.js";

/** The variance parameters φ of a fit: their information, and what the fixed effects' covariance owes them. */
export interface VarianceInformation {
  /** Hessian of −2 log-likelihood (or REML criterion) over φ. */
  readonly observed: Matrix;
  /** Its expectation: tr(P V_a P V_b), or tr(V⁻¹V_a V⁻¹V_b) for ML. */
  readonly expected: Matrix;
  /** (X'V⁻¹X)⁻¹, p×p. */
  readonly phi: Matrix;
  /** X'V⁻¹ V_a V⁻¹X for each φ. */
  readonly P: readonly Matrix[];
  /** Σ_ab W_ab X'V⁻¹ V_a V⁻¹ V_b V⁻¹X for a symmetric W. */
  readonly sumOfQ: (W: (a: number, b: number) => number) => Matrix;
}

/** Of a linear mixed model: φ are the m free thetas and σ², so that the matrices over φ are (m+1)². */
export interface MixedInformation extends VarianceInformation {
  /** Indices into theta of the parameters that are not on the boundary; σ² comes after them. */
  readonly free: readonly number[];
  readonly sigma2: number;
  /** tr(V⁻¹V_a V⁻¹V_a): what `expected` would have on its diagonal if nothing else were estimated. */
  readonly unprojected: Float64Array;
  /**
   * For each factor Σ Z_l'P_θZ_l − w_l w_l'/σ² (k×k): half the derivative of the criterion in its
   * covariance matrix, in units of σ². At a minimum no direction in which the covariance is zero may
   * have a negative value.
   */
  readonly covarianceSlope: readonly Matrix[];
}

export function varianceInformation(
  deviance: ProfiledDeviance,
  theta: Float64Array,
  solution: Solution,
): MixedInformation {
  const { crossProducts: products, method } = deviance;
  const { n, p, structure } = products;
  const { phi: phiTheta, sigma2, pwrss, lambdas } = solution;
  const free = freeThetas(structure, theta);
  // Fixed effects in coordinates γ, Φ_θ = FF', in which Φ_θ is the identity; w beside them.
  const F = cholesky(phiTheta)!;
  const Y = projections(deviance, solution, F);
  const components = inverseComponents(deviance, lambdas);
  const { sumOfBlocks, sumOfSquares } = inverseSums(products, components);
  const moments = momentsOfFactors(products, Y);

  const K = free.map((t) => derivativeBlock(products, lambdas, t));
  const factorOf = free.map((t) => structure.theta[t]!.factor);
  const m = free.length;
  const sandwich = { Y, K, factorOf };
  const isReml = method === "REML";
  const degrees = isReml ? n - p : n;

  /** [BF w]'K[BF w]. */
  const S = K.map((k, a) => contractMoments(moments[factorOf[a]!]!, k, p + 1));
  const wKw = (Sa: Matrix): number => Sa.data[p * p + 2 * p]!;
  const traceP = (Sa: Matrix): number => {
    let sum = 0;
    for (let i = 0; i < p; i++) sum += Sa.data[i * (p + 2)]!;
    return sum;
  };
  const traceCK = K.map((k, a) => traceOfProduct(sumOfBlocks[factorOf[a]!]!, k));
  const { trace: traceQ, last: wKCKw } = sandwichTraces(components, sandwich);

  const expected = zeros(m + 1, m + 1);
  const observed = zeros(m + 1, m + 1);
  const unprojected = new Float64Array(m + 1);
  const set = (matrix: Matrix, a: number, b: number, value: number) => {
    matrix.data[a * (m + 1) + b] = value;
    matrix.data[b * (m + 1) + a] = value;
  };
  for (let a = 0; a < m; a++) {
    for (let b = a; b < m; b++) {
      const fa = factorOf[a]!;
      const fb = factorOf[b]!;
      let trace = contractSquares(sumOfSquares(fa, fb), K[a]!, K[b]!);
      if (a === b) unprojected[a] = trace;
      let traceOfPs = 0;
      let projected = 0;
      for (let i = 0; i < p; i++) {
        const row = i * (p + 1);
        for (let j = 0; j < p; j++) traceOfPs += S[a]!.data[row + j]! * S[b]!.data[row + j]!;
        projected += S[a]!.data[row + p]! * S[b]!.data[row + p]!;
      }
      if (isReml) trace += traceOfPs - 2 * traceQ.data[a * m + b]!;
      set(expected, a, b, trace);
      const yPVPVPy = (wKCKw.data[a * m + b]! - projected) / sigma2;
      let second = 0;
      if (fa === fb) {
        const Kab = secondDerivativeBlock(products, free[a]!, free[b]!);
        const Sab = contractMoments(moments[fa]!, Kab, p + 1);
        second = traceOfProduct(sumOfBlocks[fa]!, Kab) - wKw(Sab) / sigma2;
        if (isReml) second -= traceP(Sab);
      }
      set(observed, a, b, second - trace + 2 * yPVPVPy);
    }
    set(expected, a, m, (traceCK[a]! - (isReml ? traceP(S[a]!) : 0)) / sigma2);
    set(observed, a, m, wKw(S[a]!) / sigma2 ** 2);
  }
  set(expected, m, m, degrees / sigma2 ** 2);
  unprojected[m] = n / sigma2 ** 2;
  set(observed, m, m, -degrees / sigma2 ** 2 + (2 * pwrss) / sigma2 ** 3);

  const inverseF = invertLower(F);
  const informationX = multiply(transpose(inverseF), inverseF);
  const scaled = (matrix: Matrix, by: number): Matrix => ({ ...matrix, data: matrix.data.map((v) => v * by) });
  /** From the coordinates γ: F⁻ᵀ A F⁻¹, of the leading p×p. */
  const fromGamma = (matrix: Matrix): Matrix =>
    multiply(multiply(transpose(inverseF), blockOf(matrix, 0, 0, p, p)), inverseF);
  const PTheta = S.map(fromGamma);
  // Only Kenward–Roger asks for it. Back from the coordinates γ once, after the sum.
  const sumOfQ = (W: (a: number, b: number) => number): Matrix => {
    const sum = scaled(sandwichSum(components, sandwich, W), 1 / sigma2);
    const width = p + 1;
    S.forEach((Sa, a) => {
      const weight = (2 * W(a, m)) / sigma2 ** 2;
      for (let i = 0; i < sum.data.length; i++) sum.data[i]! += weight * Sa.data[i]!;
    });
    for (let i = 0; i < p; i++) sum.data[i * (width + 1)]! += W(m, m) / sigma2 ** 3;
    return fromGamma(sum);
  };
  return {
    free,
    sigma2,
    observed,
    expected,
    unprojected,
    phi: scaled(phiTheta, sigma2),
    P: [...PTheta.map((Pa) => scaled(Pa, 1 / sigma2)), scaled(informationX, 1 / sigma2 ** 2)],
    sumOfQ,
    covarianceSlope: covarianceSlopes(products, method, sumOfBlocks, moments, sigma2),
  };
}

/** E_a Λ' + Λ E_a', k×k of the factor of theta t. */
function derivativeBlock({ structure }: CrossProducts, lambdas: readonly Float64Array[], t: number): Matrix {
  const { factor, row, col } = structure.theta[t]!;
  const k = structure.factors[factor]!.k;
  const block = zeros(k, k);
  for (let i = 0; i < k; i++) {
    const value = lambdas[factor]![i * k + col]!;
    block.data[row * k + i]! += value;
    block.data[i * k + row]! += value;
  }
  return block;
}

/** E_a E_b' + E_b E_a': not zero only within one column of Λ. */
function secondDerivativeBlock({ structure }: CrossProducts, s: number, t: number): Matrix {
  const a = structure.theta[s]!;
  const b = structure.theta[t]!;
  const k = structure.factors[a.factor]!.k;
  const block = zeros(k, k);
  if (a.factor === b.factor && a.col === b.col) {
    block.data[a.row * k + b.row]! += 1;
    block.data[b.row * k + a.row]! += 1;
  }
  return block;
}

/** Z'V_θ⁻¹XF and, as the last column, w = Z'(y − Xβ − Zb): q×(p+1). */
function projections(deviance: ProfiledDeviance, { beta, u, lambdas }: Solution, F: Matrix): Matrix {
  const { crossProducts: products, factor } = deviance;
  const { p } = products;
  const q = u.length;
  const border = borderRows(products);
  // The border's rows of the factor are L⁻¹Λ'Z'X already.
  const explained = timesA(products, timesLambda(products, lambdas, solveFromBorderRows(factor, p), p), p);
  const ofX = zeros(q, p);
  for (let s = 0; s < q; s++)
    for (let j = 0; j < p; j++) ofX.data[s * p + j] = border[s * (p + 1) + j]! - explained[s * p + j]!;
  const projected = multiply(ofX, F).data;

  const width = p + 1;
  const Y = zeros(q, width);
  const into = Y.data;
  const fitted = timesA(products, timesLambda(products, lambdas, u, 1), 1);
  for (let s = 0; s < q; s++) {
    for (let j = 0; j < p; j++) into[s * width + j] = projected[s * p + j]!;
    let value = border[s * width + p]! - fitted[s]!;
    for (let j = 0; j < p; j++) value -= border[s * width + j]! * beta[j]!;
    into[s * width + p] = value;
  }
  return Y;
}

/** Z'[X y], q×(p+1) row-major. */
function borderRows({ elimination, raw, p }: CrossProducts): Float64Array {
  const { supernodes, columns, below, panelStart, indexStart, index, scalar, nodes } = elimination;
  const b = p + 1;
  const rows = new Float64Array(scalar[nodes]! * b);
  for (let s = 0; s < supernodes; s++) {
    const c = columns[s]!;
    const panel = panelStart[s]! + (c + below[s]!) * c;
    for (let k = 0; k < c; k++) {
      const to = index[indexStart[s]! + k]! * b;
      for (let i = 0; i < b; i++) rows[to + i] = raw[panel + i * c + k]!;
    }
  }
  return rows;
}

/** Z'Z V, q × columns row-major. */
function timesA(products: CrossProducts, v: Float64Array, columns: number): Float64Array {
  const { elimination, raw, blockStart, blockRow, blockCol, rowFactor, colFactor, structure } = products;
  const { supernodes, columns: own, panelStart, indexStart, index } = elimination;
  const { factors } = structure;
  const out = new Float64Array(v.length);
  for (let s = 0; s < supernodes; s++) {
    const at = indexStart[s]!;
    const c = own[s]!;
    const panel = panelStart[s]!;
    for (let block = blockStart[s]!; block < blockStart[s + 1]!; block++) {
      const row = blockRow[block]!;
      const col = blockCol[block]!;
      const ki = factors[rowFactor[block]!]!.k;
      const kj = factors[colFactor[block]!]!.k;
      for (let i = 0; i < ki; i++) {
        const left = index[at + row + i]! * columns;
        for (let j = 0; j < kj; j++) {
          const value = raw[panel + (row + i) * c + col + j]!;
          const right = index[at + col + j]! * columns;
          for (let w = 0; w < columns; w++) out[left + w]! += value * v[right + w]!;
          if (row !== col) for (let w = 0; w < columns; w++) out[right + w]! += value * v[left + w]!;
        }
      }
    }
  }
  return out;
}

/** Λ V, q × columns row-major. */
function timesLambda(
  { elimination, structure, scalarFactor }: CrossProducts,
  lambdas: readonly Float64Array[],
  v: Float64Array,
  columns: number,
): Float64Array {
  const { scalar, nodes } = elimination;
  const out = new Float64Array(v.length);
  for (let node = 0; node < nodes; node++) {
    const at = scalar[node]!;
    const f = scalarFactor[at]!;
    const lambda = lambdas[f]!;
    const { k } = structure.factors[f]!;
    for (let i = 0; i < k; i++)
      for (let j = 0; j <= i; j++) {
        const weight = lambda[i * k + j]!;
        for (let w = 0; w < columns; w++) out[(at + i) * columns + w]! += weight * v[(at + j) * columns + w]!;
      }
  }
  return out;
}

/** Σ_l vec(Y_l)vec(Y_l)' over the levels of each factor. */
const momentsOfFactors = ({ elimination, structure, firstNode }: CrossProducts, Y: Matrix): Float64Array[] =>
  structure.factors.map(({ levels, k }, f) =>
    levelMoments(Y, elimination.scalar.subarray(firstNode[f]!, firstNode[f]! + levels.length), k),
  );

/** Σ_lm tr(K_a C_lm K_b C_lm') from the sums of squares. */
function contractSquares({ sums, kg }: { sums: Float64Array; kg: number }, Ka: Matrix, Kb: Matrix): number {
  const kf = Ka.rows;
  const width = kf * kg;
  let total = 0;
  for (let h = 0; h < kf; h++)
    for (let i = 0; i < kf; i++)
      for (let j = 0; j < kg; j++)
        for (let l = 0; l < kg; l++)
          total += Ka.data[h * kf + i]! * Kb.data[j * kg + l]! * sums[(i * kg + j) * width + h * kg + l]!;
  return total;
}

function covarianceSlopes(
  { structure, p }: CrossProducts,
  method: Method,
  sumOfBlocks: readonly Matrix[],
  moments: readonly Float64Array[],
  sigma2: number,
): Matrix[] {
  const b = p + 1;
  return structure.factors.map(({ k }, f) => {
    const slope = { rows: k, cols: k, data: sumOfBlocks[f]!.data.slice() };
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++) {
        const ofLevels = (column: number) => moments[f]![(i * b + column) * k * b + j * b + column]!;
        slope.data[i * k + j]! -= ofLevels(p) / sigma2;
        if (method === "REML") for (let a = 0; a < p; a++) slope.data[i * k + j]! -= ofLevels(a);
      }
    return slope;
  });
}
