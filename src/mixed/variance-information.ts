/**
 * What the degrees of freedom need of a linear mixed model at its estimate: first and second derivatives
 * over the variance parameters φ = (theta's that are not on the boundary, σ²), exact, without any n×n matrix.
 *
 * With V = σ² V_θ, V_θ = I + Z Λ Λ' Z', e = y − Xβ − Zb:
 *     ∂V/∂θ_a = σ² Z K_a Z',  K_a = E_a Λ' + Λ E_a';      ∂V/∂σ² = V_θ
 * so everything is in C = Z'V_θ⁻¹Z, B = Z'V_θ⁻¹X and w = Z'e. Of C only sums over its blocks are kept,
 * one unconnected component after the other.
 *
 * The information is over (θ, σ²), but first-order Kenward–Roger and, at a stationary point,
 * Satterthwaite do not depend on how the covariance is parameterised.
 *
 * Symbols    m free thetas, p fixed effects; X here is the orthonormal basis used in the fit.
 * Sources    Kenward & Roger (1997) Biometrics 53:983–997, eq. 3–6 (P, Q, W); Halekoh & Højsgaard
 *            (2014) JSS 59(9); Fai & Cornelius (1996); Kuznetsova et al. (2017) JSS 82(13).
 */
import { solveFromBorder, solveInPlace, solveLowerInPlace } from "../numeric/block-cholesky.js";
import { cholesky, invertLower, invertPositiveDefinite } from "../numeric/cholesky.js";
import { type Matrix, multiply, traceOfProduct, transpose, zeros } from "../numeric/matrix.js";
import type { CrossProducts } from "./cross-products.js";
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
  /** X'V⁻¹ V_a V⁻¹ V_b V⁻¹X for each pair with a ≤ b. */
  readonly Q: (a: number, b: number) => Matrix;
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
  const { sumOfBlocks, sumOfSquares } = inverseSums(deviance, lambdas);
  const moments = levelMoments(products, Y);

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
  const { traceQ, wKCKw } = sandwichTraces(deviance, lambdas, sandwich);

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
  let QTheta: readonly (readonly Matrix[])[] | null = null;
  const Q = (a: number, b: number): Matrix => {
    if (b === m && a === m) return scaled(informationX, 1 / sigma2 ** 3);
    if (b === m) return scaled(PTheta[a]!, 1 / sigma2 ** 2);
    // Only Kenward–Roger asks for them. The factor may have been used elsewhere since.
    if (QTheta === null) {
      deviance.solution(theta);
      QTheta = sandwichProducts(deviance, lambdas, sandwich).map((row) => row.map(fromGamma));
    }
    return scaled(QTheta[a]![b]!, 1 / sigma2);
  };
  return {
    free,
    sigma2,
    observed,
    expected,
    unprojected,
    phi: scaled(phiTheta, sigma2),
    P: [...PTheta.map((Pa) => scaled(Pa, 1 / sigma2)), scaled(informationX, 1 / sigma2 ** 2)],
    Q,
    sumOfQ: (W) => sumOfQ(Q, m + 1, p, W),
    covarianceSlope: covarianceSlopes(products, method, sumOfBlocks, moments, sigma2),
  };
}

/** Σ W_ab Q_ab: Q_ba is the transpose of Q_ab. */
function sumOfQ(
  Q: (a: number, b: number) => Matrix,
  count: number,
  p: number,
  W: (a: number, b: number) => number,
): Matrix {
  const sum = zeros(p, p);
  for (let a = 0; a < count; a++)
    for (let b = a; b < count; b++) {
      const q = Q(a, b);
      for (let i = 0; i < p; i++)
        for (let j = 0; j < p; j++) {
          const term = W(a, b) * q.data[i * p + j]!;
          sum.data[i * p + j]! += term;
          if (b > a) sum.data[j * p + i]! += term;
        }
    }
  return sum;
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
  const none = new Float64Array(p);
  const zx = Array.from({ length: p }, (_, j) => borderRow(products, j));
  const Y = zeros(u.length, p + 1);
  const width = p + 1;
  for (let j = 0; j < p; j++) {
    // The border's rows of the factor are L⁻¹Λ'Z'X already.
    const x = solveFromBorder(factor, j, none);
    const azx = timesA(products, timesLambda(products, lambdas, x));
    for (let s = 0; s < azx.length; s++) {
      const value = zx[j]![s]! - azx[s]!;
      for (let i = 0; i <= j; i++) Y.data[s * width + i]! += value * F.data[j * p + i]!;
    }
  }
  const w = borderRow(products, p);
  const azb = timesA(products, timesLambda(products, lambdas, u));
  for (let s = 0; s < w.length; s++) {
    let value = w[s]! - azb[s]!;
    for (let j = 0; j < p; j++) value -= zx[j]![s]! * beta[j]!;
    Y.data[s * width + p] = value;
  }
  return Y;
}

/** Row i of [X y]'Z, q values. */
function borderRow({ elimination, raw }: CrossProducts, i: number): Float64Array {
  const { supernodes, columns, below, panelStart, indexStart, index, scalar, nodes } = elimination;
  const row = new Float64Array(scalar[nodes]!);
  for (let s = 0; s < supernodes; s++) {
    const c = columns[s]!;
    const at = panelStart[s]! + (c + below[s]! + i) * c;
    for (let k = 0; k < c; k++) row[index[indexStart[s]! + k]!] = raw[at + k]!;
  }
  return row;
}

/** Z'Z v, q values. */
function timesA(products: CrossProducts, v: Float64Array): Float64Array {
  const { elimination, raw, blockStart, blockRow, blockCol, rowFactor, colFactor, structure } = products;
  const { supernodes, columns, panelStart, indexStart, index } = elimination;
  const { factors } = structure;
  const out = new Float64Array(v.length);
  for (let s = 0; s < supernodes; s++) {
    const at = indexStart[s]!;
    const c = columns[s]!;
    const panel = panelStart[s]!;
    for (let block = blockStart[s]!; block < blockStart[s + 1]!; block++) {
      const row = blockRow[block]!;
      const col = blockCol[block]!;
      const ki = factors[rowFactor[block]!]!.k;
      const kj = factors[colFactor[block]!]!.k;
      for (let i = 0; i < ki; i++) {
        const gi = index[at + row + i]!;
        for (let j = 0; j < kj; j++) {
          const value = raw[panel + (row + i) * c + col + j]!;
          const gj = index[at + col + j]!;
          out[gi]! += value * v[gj]!;
          if (row !== col) out[gj]! += value * v[gi]!;
        }
      }
    }
  }
  return out;
}

/** Λ v, q values. */
function timesLambda(
  { elimination, structure, scalarFactor }: CrossProducts,
  lambdas: readonly Float64Array[],
  v: Float64Array,
): Float64Array {
  const { scalar, nodes } = elimination;
  const out = new Float64Array(v.length);
  for (let node = 0; node < nodes; node++) {
    const at = scalar[node]!;
    const f = scalarFactor[at]!;
    const lambda = lambdas[f]!;
    const { k } = structure.factors[f]!;
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += lambda[i * k + j]! * v[at + j]!;
      out[at + i] = sum;
    }
  }
  return out;
}

/** For each factor Σ_l vec(Y_l)vec(Y_l)' over its levels, Y_l the k rows of a level: k·b square. */
function levelMoments({ elimination, structure, firstNode }: CrossProducts, { data, cols: b }: Matrix): Float64Array[] {
  return structure.factors.map(({ levels, k }, f) => {
    const width = k * b;
    const sums = new Float64Array(width * width);
    let at = elimination.scalar[firstNode[f]!]! * b;
    for (let level = 0; level < levels.length; level++, at += width)
      for (let i = 0; i < width; i++) {
        const value = data[at + i]!;
        for (let j = 0; j <= i; j++) sums[i * width + j]! += value * data[at + j]!;
      }
    for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) sums[j * width + i] = sums[i * width + j]!;
    return sums;
  });
}

/** Σ_l Y_l'K Y_l, b×b. */
function contractMoments(moments: Float64Array, { rows: k, data: K }: Matrix, b: number): Matrix {
  const sum = zeros(b, b);
  const width = k * b;
  for (let h = 0; h < k; h++)
    for (let l = 0; l < k; l++) {
      const weight = K[h * k + l]!;
      if (weight === 0) continue;
      for (let i = 0; i < b; i++)
        for (let j = 0; j < b; j++) sum.data[i * b + j]! += weight * moments[(h * b + i) * width + l * b + j]!;
    }
  return sum;
}

// ── sandwiches Y'K_a C K_b Y ────────────────────────────────────────────────────────────────────

interface Sandwich {
  /** q×b. */
  readonly Y: Matrix;
  /** k×k of its factor for each free theta. */
  readonly K: readonly Matrix[];
  readonly factorOf: readonly number[];
}

/** tr(ΦQ_ab) and w'K_aCK_bw for the free thetas, m×m each, for a ≤ b. */
function sandwichTraces(deviance: ProfiledDeviance, lambdas: readonly Float64Array[], sandwich: Sandwich) {
  const m = sandwich.K.length;
  const b = sandwich.Y.cols;
  const traceQ = zeros(m, m);
  const wKCKw = zeros(m, m);
  visitSandwich(deviance, lambdas, sandwich, (left, right, row, thetas, sign) => {
    const from = row * m * b;
    for (const a of thetas)
      for (let c = a; c < m; c++) {
        const [atLeft, atRight] = [from + a * b, from + c * b];
        let sum = 0;
        for (let i = 0; i < b - 1; i++) sum += left[atLeft + i]! * right[atRight + i]!;
        traceQ.data[a * m + c]! += sign * sum;
        wKCKw.data[a * m + c]! += sign * left[atLeft + b - 1]! * right[atRight + b - 1]!;
      }
  });
  return { traceQ, wKCKw };
}

/** Y'K_aCK_bY, b×b, for a ≤ b; empty for others. */
function sandwichProducts(
  deviance: ProfiledDeviance,
  lambdas: readonly Float64Array[],
  sandwich: Sandwich,
): Matrix[][] {
  const m = sandwich.K.length;
  const b = sandwich.Y.cols;
  const products = sandwich.K.map((_, a) => sandwich.K.map((_, c) => (c < a ? zeros(0, 0) : zeros(b, b))));
  visitSandwich(deviance, lambdas, sandwich, (left, right, row, thetas, sign) => {
    const from = row * m * b;
    for (const a of thetas)
      for (let c = a; c < m; c++) {
        const { data } = products[a]![c]!;
        for (let i = 0; i < b; i++) {
          const value = sign * left[from + a * b + i]!;
          for (let j = 0; j < b; j++) data[i * b + j]! += value * right[from + c * b + j]!;
        }
      }
  });
  return products;
}

/**
 * Y'K_a C K_b Y as a sum over rows, one component after the other: C = A − H'H with H = L⁻¹Λ'A, so that with KY of
 * all thetas side by side (rows of m·b) it is (KY)'(AKY) − (HKY)'(HKY).
 *
 * @param visit  left and right rows number `row` to multiply, for the thetas `a` of the left that are not zero there.
 */
function visitSandwich(
  { crossProducts: products, factor }: ProfiledDeviance,
  lambdas: readonly Float64Array[],
  { Y, K, factorOf }: Sandwich,
  visit: (left: Float64Array, right: Float64Array, row: number, thetas: readonly number[], sign: number) => void,
): void {
  const { elimination, raw, structure, blockStart, blockRow, blockCol, rowFactor, colFactor } = products;
  const { componentStart, columns, index, indexStart, panelStart, scalar, nodes } = elimination;
  const { factors } = structure;
  const all = [...K.keys()];
  const thetasOf = factors.map((_, f) => all.filter((a) => factorOf[a] === f));
  const b = Y.cols;
  const T = K.length * b;
  // Thetas of a factor stand together but where a formula has several terms of one group.
  const firstOf = thetasOf.map((thetas) => (thetas[0] ?? 0) * b);
  const lastOf = thetasOf.map((thetas) => (thetas.length === 0 ? 0 : (thetas.at(-1)! + 1) * b));
  const local = new Int32Array(scalar[nodes]!);
  let KY = new Float64Array(0);
  let AKY = new Float64Array(0);
  /** AKY of row `to` += value × KY of row `from`, over the span of the thetas that row `from` has. */
  const addRow = (to: number, from: number, f: number, value: number) => {
    const [left, right] = [to * T, from * T];
    for (let i = firstOf[f]!, end = lastOf[f]!; i < end; i++) AKY[left + i]! += value * KY[right + i]!;
  };

  for (let component = 0; component + 1 < componentStart.length; component++) {
    const from = componentStart[component]!;
    const to = componentStart[component + 1]!;
    let rows = 0;
    for (let s = from; s < to; s++) for (let c = 0; c < columns[s]!; c++) local[index[indexStart[s]! + c]!] = rows++;
    if (rows * T > KY.length) {
      KY = new Float64Array(rows * T);
      AKY = new Float64Array(rows * T);
    } else {
      KY.fill(0, 0, rows * T);
      AKY.fill(0, 0, rows * T);
    }

    for (let s = from; s < to; s++) {
      for (let c = 0; c < columns[s]!; ) {
        const first = index[indexStart[s]! + c]!;
        const f = products.scalarFactor[first]!;
        const { k } = factors[f]!;
        for (const a of thetasOf[f]!)
          for (let h = 0; h < k; h++)
            for (let l = 0; l < k; l++) {
              const weight = K[a]!.data[h * k + l]!;
              if (weight === 0) continue;
              const out = (local[first]! + h) * T + a * b;
              for (let i = 0; i < b; i++) KY[out + i]! += weight * Y.data[(first + l) * b + i]!;
            }
        c += k;
      }
    }
    for (let s = from; s < to; s++) {
      const at = indexStart[s]!;
      const c = columns[s]!;
      for (let block = blockStart[s]!; block < blockStart[s + 1]!; block++) {
        const row = blockRow[block]!;
        const col = blockCol[block]!;
        const fi = rowFactor[block]!;
        const fj = colFactor[block]!;
        for (let i = 0; i < factors[fi]!.k; i++)
          for (let j = 0; j < factors[fj]!.k; j++) {
            const value = raw[panelStart[s]! + (row + i) * c + col + j]!;
            const li = local[index[at + row + i]!]!;
            const lj = local[index[at + col + j]!]!;
            addRow(li, lj, fj, value);
            if (row !== col) addRow(lj, li, fi, value);
          }
      }
    }
    for (let s = from; s < to; s++)
      for (let c = 0; c < columns[s]!; c++) {
        const scalarAt = index[indexStart[s]! + c]!;
        visit(KY, AKY, local[scalarAt]!, thetasOf[products.scalarFactor[scalarAt]!]!, 1);
      }

    // Λ' in place: a row needs the later rows of its level only.
    for (let s = from; s < to; s++)
      for (let c = 0; c < columns[s]!; ) {
        const first = index[indexStart[s]! + c]!;
        const f = products.scalarFactor[first]!;
        const { k } = factors[f]!;
        const lambda = lambdas[f]!;
        for (let i = 0; i < k; i++) {
          const out = (local[first]! + i) * T;
          const own = lambda[i * k + i]!;
          for (let t = 0; t < T; t++) AKY[out + t]! *= own;
          for (let j = i + 1; j < k; j++) {
            const weight = lambda[j * k + i]!;
            const source = (local[first]! + j) * T;
            for (let t = 0; t < T; t++) AKY[out + t]! += weight * AKY[source + t]!;
          }
        }
        c += k;
      }
    solveLowerInPlace(factor, AKY, T, local, from, to);
    for (let row = 0; row < rows; row++) visit(AKY, AKY, row, all, -1);
  }
}

/**
 * Sums over the blocks C_lm of C = Z'V_θ⁻¹Z: Σ_l C_ll per factor, and for each pair of factors
 * Σ_lm vec(C_lm) vec(C_lm)', from which every tr(V⁻¹V_aV⁻¹V_b) follows.
 *
 * The levels of the first factor (l, m; most of all levels) are eliminated first, those that are alike at once. With N as
 * in leaf-classes.ts, s the levels of later factors in one component, A* = A_ss − Σ_l A_sl N_l A_ls their cross-products
 * after that, K = Λ_s (Λ_s'A*Λ_s + I)⁻¹ Λ_s', D_l = A_ll − A_ll N_l A_ll and E_l = A_sl − A_sl N_l A_ll:
 *     C_lm = δ_lm D_l − E_l' K E_m,    C_sl = E_l − A* K E_l,    C_ss = A* − A* K A*.
 */
function inverseSums(deviance: ProfiledDeviance, lambdas: readonly Float64Array[]) {
  const { crossProducts: products } = deviance;
  const { elimination, structure } = products;
  const { factors } = structure;
  const sums = {
    blocks: factors.map(({ k }) => zeros(k, k)),
    squares: factors.map((f) => factors.map((g) => new Float64Array((f.k * g.k) ** 2))),
  };
  for (let component = 0; component + 1 < elimination.componentStart.length; component++)
    addComponent(deviance, lambdas, component, sums);
  const sumOfSquares = (f: number, g: number) => ({ sums: sums.squares[f]![g]!, kg: factors[g]!.k });
  return { sumOfBlocks: sums.blocks, sumOfSquares };
}

interface InverseSums {
  readonly blocks: readonly Matrix[];
  readonly squares: readonly (readonly Float64Array[])[];
}

/** A level of the first factor, and how many are like it. */
interface Leaf {
  members: number;
  /** k×k, A_ll. */
  readonly own: Matrix;
  /** A_sl by later node met: its first row among the component's later scalars, and the values, k_s×k. */
  readonly cross: readonly { readonly row: number; readonly values: Matrix }[];
}

function addComponent(
  deviance: ProfiledDeviance,
  lambdas: readonly Float64Array[],
  component: number,
  { blocks, squares }: InverseSums,
): void {
  const { factors } = deviance.crossProducts.structure;
  const { leaves, later, among } = componentParts(deviance.crossProducts, component);
  const q = among.rows;
  const k = factors[0]!.k;
  const Lambda: Matrix = { rows: k, cols: k, data: lambdas[0]! };

  const eliminated = leaves.map(({ own, cross, members }) => {
    const Q = multiply(transpose(Lambda), multiply(own, Lambda));
    for (let i = 0; i < k; i++) Q.data[i * k + i]! += 1;
    const N = multiply(multiply(Lambda, invertPositiveDefinite(Q)!), transpose(Lambda));
    const rest = multiply(N, own);
    const D = subtract(own, multiply(own, rest));
    const E = cross.map(({ row, values }) => ({ row, values: subtract(values, multiply(values, rest)) }));
    for (const left of cross) {
      const half = multiply(left.values, N);
      for (const right of cross) {
        const product = multiply(half, transpose(right.values));
        for (let i = 0; i < product.rows; i++)
          for (let j = 0; j < product.cols; j++)
            among.data[(left.row + i) * q + right.row + j]! -= members * product.data[i * product.cols + j]!;
      }
    }
    return { members, D, E };
  });

  // K from the factor at theta: the inverse of its later block.
  const K = laterInverse(deviance, lambdas, component, later, q);
  const AK = multiply(among, K);
  const Css = subtract(among, multiply(AK, among));
  for (const left of later)
    for (const right of later) {
      const block = blockOf(Css, left.row, right.row, factors[left.factor]!.k, factors[right.factor]!.k);
      addSquares(squares[left.factor]![right.factor]!, block, 1);
      if (left === right) addInPlace(blocks[left.factor]!, block, 1);
    }

  const KE = eliminated.map(({ E }) => timesSparse(K, E, k));
  eliminated.forEach(({ members, D, E }, l) => {
    // C_sl for each later node, and its transpose for C_ls.
    const correction = multiply(among, KE[l]!);
    for (const { row, factor } of later) {
      const block = blockOf(correction, row, 0, factors[factor]!.k, k);
      for (let i = 0; i < block.data.length; i++) block.data[i] = -block.data[i]!;
      for (const part of E) if (part.row === row) addInPlace(block, part.values, 1);
      addSquares(squares[factor]![0]!, block, members);
      addSquares(squares[0]![factor]!, transpose(block), members);
    }
    for (let m = 0; m < eliminated.length; m++) {
      const F = sparseTransposeTimes(E, KE[m]!, k);
      const others = m === l ? members * (members - 1) : members * eliminated[m]!.members;
      addSquares(squares[0]![0]!, F, others);
      if (m !== l) continue;
      const own = subtract(D, F);
      addSquares(squares[0]![0]!, own, members);
      addInPlace(blocks[0]!, own, members);
    }
  });
}

/** The leaves of a component by class, its later nodes, and Z'Z among those. */
function componentParts(products: CrossProducts, component: number) {
  const { elimination, raw, structure, blockStart, blockRow, blockCol, rowFactor, colFactor } = products;
  const { componentStart, columns, index, indexStart, panelStart } = elimination;
  const { factors } = structure;
  const from = componentStart[component]!;
  const to = componentStart[component + 1]!;

  const later: { factor: number; scalar: number; row: number }[] = [];
  const rowOf = new Map<number, number>();
  let q = 0;
  for (let s = from; s < to; s++)
    for (let block = blockStart[s]!; block < blockStart[s + 1]!; block++) {
      if (blockRow[block] !== blockCol[block] || colFactor[block] === 0) continue;
      const scalar = index[indexStart[s]! + blockCol[block]!]!;
      later.push({ factor: colFactor[block]!, scalar, row: q });
      rowOf.set(scalar, q);
      q += factors[colFactor[block]!]!.k;
    }

  const among = zeros(q, q);
  const byKey = new Map<string, Leaf>();
  for (let s = from; s < to; s++) {
    const c = columns[s]!;
    const panel = panelStart[s]!;
    const at = indexStart[s]!;
    for (let block = blockStart[s]!; block < blockStart[s + 1]!; ) {
      const col = blockCol[block]!;
      const isLeaf = colFactor[block] === 0;
      const kc = factors[colFactor[block]!]!.k;
      const cross: { row: number; values: Matrix }[] = [];
      let own = zeros(0, 0);
      // The blocks of one column of the panel: its own first, then those below it.
      for (; block < blockStart[s + 1]! && blockCol[block] === col; block++) {
        const row = blockRow[block]!;
        const kr = factors[rowFactor[block]!]!.k;
        const values = zeros(kr, kc);
        for (let i = 0; i < kr; i++)
          for (let j = 0; j < kc; j++) values.data[i * kc + j] = raw[panel + (row + i) * c + col + j]!;
        if (row === col) own = values;
        else cross.push({ row: rowOf.get(index[at + row]!)!, values });
      }
      if (isLeaf) {
        const key = [own, ...cross.map(({ values }) => values)].map(({ data }) => data.join()).join("|");
        const place = `${cross.map(({ row }) => row).join()}|${key}`;
        const same = byKey.get(place);
        if (same === undefined) byKey.set(place, { members: 1, own, cross });
        else same.members++;
        continue;
      }
      const column = rowOf.get(index[at + col]!)!;
      for (const { row, values } of [{ row: column, values: own }, ...cross])
        for (let i = 0; i < values.rows; i++)
          for (let j = 0; j < values.cols; j++) {
            among.data[(row + i) * q + column + j] = values.data[i * values.cols + j]!;
            among.data[(column + j) * q + row + i] = values.data[i * values.cols + j]!;
          }
    }
  }
  return { leaves: [...byKey.values()], later, among };
}

/** K = Λ_s (M⁻¹)_ss Λ_s' over the later scalars of a component, M = Λ'Z'ZΛ + I. */
function laterInverse(
  { crossProducts: { elimination, structure }, factor }: ProfiledDeviance,
  lambdas: readonly Float64Array[],
  component: number,
  later: readonly { readonly factor: number; readonly scalar: number; readonly row: number }[],
  q: number,
): Matrix {
  const { componentStart, columns, indexStart, index, scalar, nodes } = elimination;
  const from = componentStart[component]!;
  const to = componentStart[component + 1]!;
  const inverse = zeros(q, q);
  if (q === 0) return inverse;
  const x = new Float64Array(scalar[nodes]!);
  for (const target of later)
    for (let j = 0; j < structure.factors[target.factor]!.k; j++) {
      for (let s = from; s < to; s++) for (let c = 0; c < columns[s]!; c++) x[index[indexStart[s]! + c]!] = 0;
      x[target.scalar + j] = 1;
      solveInPlace(factor, x, from, to);
      for (const source of later)
        for (let i = 0; i < structure.factors[source.factor]!.k; i++)
          inverse.data[(source.row + i) * q + target.row + j] = x[source.scalar + i]!;
    }
  const lambda = zeros(q, q);
  for (const { factor: f, row } of later) {
    const { k } = structure.factors[f]!;
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++) lambda.data[(row + i) * q + row + j] = lambdas[f]![i * k + j]!;
  }
  return multiply(multiply(lambda, inverse), transpose(lambda));
}

type SparseRows = readonly { readonly row: number; readonly values: Matrix }[];

/** K E, for E of k columns with few rows. */
function timesSparse(K: Matrix, E: SparseRows, k: number): Matrix {
  const product = zeros(K.rows, k);
  for (const { row, values } of E)
    for (let i = 0; i < K.rows; i++)
      for (let m = 0; m < values.rows; m++) {
        const value = K.data[i * K.cols + row + m]!;
        for (let j = 0; j < k; j++) product.data[i * k + j]! += value * values.data[m * k + j]!;
      }
  return product;
}

/** E'B, k×k. */
function sparseTransposeTimes(E: SparseRows, B: Matrix, k: number): Matrix {
  const product = zeros(k, k);
  for (const { row, values } of E)
    for (let m = 0; m < values.rows; m++)
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++) product.data[i * k + j]! += values.data[m * k + i]! * B.data[(row + m) * k + j]!;
  return product;
}

const subtract = (a: Matrix, b: Matrix): Matrix => ({ ...a, data: a.data.map((v, i) => v - b.data[i]!) });

function blockOf(a: Matrix, row: number, col: number, rows: number, cols: number): Matrix {
  const block = zeros(rows, cols);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) block.data[i * cols + j] = a.data[(row + i) * a.cols + col + j]!;
  return block;
}

function addInPlace(sum: Matrix, part: Matrix, times: number): void {
  for (let i = 0; i < sum.data.length; i++) sum.data[i]! += times * part.data[i]!;
}

/** sums += times · vec(C) vec(C)'. */
function addSquares(sums: Float64Array, { data }: Matrix, times: number): void {
  const width = data.length;
  for (let i = 0; i < width; i++) for (let j = 0; j < width; j++) sums[i * width + j]! += times * data[i]! * data[j]!;
}

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
