/**
 * What the degrees of freedom need of a linear mixed model at its estimate: first and second derivatives
 * over the variance parameters φ = (theta's that are not on the boundary, σ²), exact, without any n×n matrix.
 *
 * With V = σ² V_θ, V_θ = I + Z Λ Λ' Z', e = y − Xβ − Zb:
 *     ∂V/∂θ_a = σ² Z K_a Z',  K_a = E_a Λ' + Λ E_a';      ∂V/∂σ² = V_θ
 * so everything is in C = Z'V_θ⁻¹Z, B = Z'V_θ⁻¹X and w = Z'e. C is met column by column within each
 * unconnected component and only its sums are kept.
 *
 * The information is over (θ, σ²), but first-order Kenward–Roger and, at a stationary point,
 * Satterthwaite do not depend on how the covariance is parameterised.
 *
 * Symbols    m free thetas, p fixed effects; X here is the orthonormal basis used in the fit.
 * Sources    Kenward & Roger (1997) Biometrics 53:983–997, eq. 3–6 (P, Q, W); Halekoh & Højsgaard
 *            (2014) JSS 59(9); Fai & Cornelius (1996); Kuznetsova et al. (2017) JSS 82(13).
 */
import { solveInPlace } from "../numeric/block-cholesky.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { dot, type Matrix, multiply, traceOfProduct, zeros } from "../numeric/matrix.js";
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
  const { B, w } = projections(deviance, solution);
  const { sumOfBlocks, sumOfSquares } = inverseSums(deviance, lambdas);

  const K = free.map((t) => derivativeBlock(products, lambdas, t));
  const factorOf = free.map((t) => structure.theta[t]!.factor);
  const m = free.length;

  // K_a B, K_a w as q×(p+1) arrays, and C times them.
  const KB = K.map((k, a) => applyBlock(products, factorOf[a]!, k, B, w));
  const CKB = KB.map((columns) => columns.map((v) => timesC(deviance, lambdas, v)));
  const crossed = (left: readonly Float64Array[], right: readonly Float64Array[]): Matrix => {
    const product = zeros(p, p);
    for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) product.data[i * p + j] = dot(left[i]!, right[j]!);
    return product;
  };
  const PTheta = KB.map((columns) => crossed(columns, B));
  const QTheta = KB.map((left, a) => CKB.map((right, b) => (b < a ? zeros(0, 0) : crossed(left, right))));
  const wKw = KB.map((columns) => dot(columns[p]!, w));
  const traceCK = K.map((k, a) => traceOfProduct(sumOfBlocks[factorOf[a]!]!, k));
  const tracePhiP = PTheta.map((Pa) => traceOfProduct(phiTheta, Pa));
  const isReml = method === "REML";
  const degrees = isReml ? n - p : n;

  const expected = zeros(m + 1, m + 1);
  const observed = zeros(m + 1, m + 1);
  const set = (matrix: Matrix, a: number, b: number, value: number) => {
    matrix.data[a * (m + 1) + b] = value;
    matrix.data[b * (m + 1) + a] = value;
  };
  for (let a = 0; a < m; a++) {
    for (let b = a; b < m; b++) {
      const fa = factorOf[a]!;
      const fb = factorOf[b]!;
      let trace = contractSquares(sumOfSquares(fa, fb), K[a]!, K[b]!);
      if (isReml) {
        trace -= 2 * traceOfProduct(phiTheta, QTheta[a]![b]!);
        trace += traceOfProduct(multiply(phiTheta, PTheta[a]!), multiply(phiTheta, PTheta[b]!));
      }
      set(expected, a, b, trace);
      const Bw = (x: number) => Float64Array.from({ length: p }, (_, i) => dot(B[i]!, KB[x]![p]!));
      const projected = quadratic(phiTheta, Bw(a), Bw(b));
      const yPVPVPy = (dot(KB[a]![p]!, CKB[b]![p]!) - projected) / sigma2;
      let second = 0;
      if (fa === fb) {
        const Kab = secondDerivativeBlock(products, free[a]!, free[b]!);
        second = traceOfProduct(sumOfBlocks[fa]!, Kab);
        const KabBw = applyBlock(products, fa, Kab, B, w);
        if (isReml) second -= traceOfProduct(phiTheta, crossed(KabBw, B));
        second -= dot(KabBw[p]!, w) / sigma2;
      }
      set(observed, a, b, second - trace + 2 * yPVPVPy);
    }
    set(expected, a, m, (traceCK[a]! - (isReml ? tracePhiP[a]! : 0)) / sigma2);
    set(observed, a, m, wKw[a]! / sigma2 ** 2);
  }
  set(expected, m, m, degrees / sigma2 ** 2);
  set(observed, m, m, -degrees / sigma2 ** 2 + (2 * pwrss) / sigma2 ** 3);

  const informationX = invertPositiveDefinite(phiTheta)!;
  const scaled = (matrix: Matrix, by: number): Matrix => ({ ...matrix, data: matrix.data.map((v) => v * by) });
  const Q = (a: number, b: number): Matrix => {
    if (b === m && a === m) return scaled(informationX, 1 / sigma2 ** 3);
    if (b === m) return scaled(PTheta[a]!, 1 / sigma2 ** 2);
    return scaled(QTheta[a]![b]!, 1 / sigma2);
  };
  return {
    free,
    sigma2,
    observed,
    expected,
    phi: scaled(phiTheta, sigma2),
    P: [...PTheta.map((Pa) => scaled(Pa, 1 / sigma2)), scaled(informationX, 1 / sigma2 ** 2)],
    Q,
    sumOfQ: (W) => sumOfQ(Q, m + 1, p, W),
    covarianceSlope: covarianceSlopes(products, method, sumOfBlocks, solution, B, w),
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

/** B = Z'V_θ⁻¹X as p arrays of q, and w = Z'(y − Xβ − Zb). */
function projections(deviance: ProfiledDeviance, { beta, u, lambdas }: Solution) {
  const { crossProducts: products, factor } = deviance;
  const { p, elimination } = products;
  const { supernodes } = elimination;
  const B: Float64Array[] = [];
  for (let j = 0; j < p; j++) {
    const zx = borderRow(products, j);
    const x = timesLambda(products, lambdas, zx, true);
    solveInPlace(factor, x, 0, supernodes);
    const azx = timesA(products, timesLambda(products, lambdas, x, false), 0, supernodes);
    B.push(zx.map((v, i) => v - azx[i]!));
  }
  const w = borderRow(products, p);
  const azb = timesA(products, timesLambda(products, lambdas, u, false), 0, supernodes);
  const zx = Array.from({ length: p }, (_, j) => borderRow(products, j));
  for (let i = 0; i < w.length; i++) {
    w[i]! -= azb[i]!;
    for (let j = 0; j < p; j++) w[i]! -= zx[j]![i]! * beta[j]!;
  }
  return { B, w };
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

/** Z'Z v over supernodes from … to − 1 (whole components); zero elsewhere. */
function timesA(products: CrossProducts, v: Float64Array, from: number, to: number, out = new Float64Array(v.length)) {
  const { elimination, raw, blockStart, blockRow, blockCol, rowFactor, colFactor, structure } = products;
  const { columns, panelStart, indexStart, index } = elimination;
  const { factors } = structure;
  for (let s = from; s < to; s++) {
    for (let k = 0; k < columns[s]!; k++) out[index[indexStart[s]! + k]!] = 0;
  }
  for (let s = from; s < to; s++) {
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

/** Λ v, or Λ'v when transposed, q values. */
function timesLambda(
  { elimination, structure, scalarFactor }: CrossProducts,
  lambdas: readonly Float64Array[],
  v: Float64Array,
  transposed: boolean,
): Float64Array {
  const { scalar, nodes } = elimination;
  const out = new Float64Array(v.length);
  for (let node = 0; node < nodes; node++) {
    const at = scalar[node]!;
    const f = scalarFactor[at]!;
    multiplyNode(lambdas[f]!, structure.factors[f]!.k, transposed, v, out, at);
  }
  return out;
}

function multiplyNode(
  lambda: Float64Array,
  k: number,
  transposed: boolean,
  v: Float64Array,
  out: Float64Array,
  at: number,
): void {
  for (let i = 0; i < k; i++) {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += (transposed ? lambda[j * k + i]! : lambda[i * k + j]!) * v[at + j]!;
    out[at + i] = sum;
  }
}

/** C v = A v − A Λ M⁻¹ Λ' A v. */
function timesC(
  { crossProducts: products, factor }: ProfiledDeviance,
  lambdas: readonly Float64Array[],
  v: Float64Array,
): Float64Array {
  const { supernodes } = products.elimination;
  const av = timesA(products, v, 0, supernodes);
  const x = timesLambda(products, lambdas, av, true);
  solveInPlace(factor, x, 0, supernodes);
  const correction = timesA(products, timesLambda(products, lambdas, x, false), 0, supernodes);
  return av.map((value, i) => value - correction[i]!);
}

/** K applied to the levels of one factor of each column of B and of w: p + 1 arrays of q. */
function applyBlock(
  { elimination, structure, firstNode }: CrossProducts,
  f: number,
  K: Matrix,
  B: readonly Float64Array[],
  w: Float64Array,
): Float64Array[] {
  const { levels, k } = structure.factors[f]!;
  const from = elimination.scalar[firstNode[f]!]!;
  return [...B, w].map((v) => {
    const out = new Float64Array(v.length);
    for (let level = 0; level < levels.length; level++) multiplyNode(K.data, k, false, v, out, from + level * k);
    return out;
  });
}

/**
 * Sums over the blocks C_lm of C = Z'V_θ⁻¹Z: Σ_l C_ll per factor, and for each pair of factors
 * Σ_lm vec(C_lm) vec(C_lm)', from which every tr(V⁻¹V_aV⁻¹V_b) follows.
 */
function inverseSums(deviance: ProfiledDeviance, lambdas: readonly Float64Array[]) {
  const { crossProducts: products, factor } = deviance;
  const { elimination, structure, scalarFactor } = products;
  const { componentStart, columns, indexStart, index, scalar, nodes } = elimination;
  const { factors } = structure;
  const q = scalar[nodes]!;
  const sumOfBlocks = factors.map(({ k }) => zeros(k, k));
  const squares = factors.map((f) => factors.map((g) => new Float64Array((f.k * g.k) ** 2)));

  const widest = Math.max(...factors.map(({ k }) => k));
  const unit = new Float64Array(q);
  const work = new Float64Array(q);
  const x = new Float64Array(q);
  const au = Array.from({ length: widest }, () => new Float64Array(q));

  for (let component = 0; component + 1 < componentStart.length; component++) {
    const from = componentStart[component]!;
    const to = componentStart[component + 1]!;
    const members: number[] = []; // first scalar of each node
    for (let s = from; s < to; s++)
      for (let k = 0; k < columns[s]!; ) {
        const at = index[indexStart[s]! + k]!;
        members.push(at);
        k += factors[scalarFactor[at]!]!.k;
      }
    for (const m of members) {
      const g = scalarFactor[m]!;
      const kg = factors[g]!.k;
      // au[j] becomes column m + j of C over the component.
      for (let j = 0; j < kg; j++) {
        const column = au[j]!;
        for (const l of members) unit.fill(0, l, l + factors[scalarFactor[l]!]!.k);
        unit[m + j] = 1;
        timesA(products, unit, from, to, column);
        for (const l of members) {
          const f = scalarFactor[l]!;
          multiplyNode(lambdas[f]!, factors[f]!.k, true, column, x, l);
        }
        solveInPlace(factor, x, from, to);
        for (const l of members) {
          const f = scalarFactor[l]!;
          multiplyNode(lambdas[f]!, factors[f]!.k, false, x, unit, l);
        }
        timesA(products, unit, from, to, work);
        for (const l of members) for (let i = 0; i < factors[scalarFactor[l]!]!.k; i++) column[l + i]! -= work[l + i]!;
      }
      for (let i = 0; i < kg; i++) for (let j = 0; j < kg; j++) sumOfBlocks[g]!.data[i * kg + j]! += au[j]![m + i]!;
      for (const l of members) {
        const f = scalarFactor[l]!;
        const kf = factors[f]!.k;
        const sums = squares[f]![g]!;
        const width = kf * kg;
        for (let i = 0; i < kf; i++)
          for (let j = 0; j < kg; j++) {
            const value = au[j]![l + i]!;
            for (let i2 = 0; i2 < kf; i2++)
              for (let j2 = 0; j2 < kg; j2++) sums[(i * kg + j) * width + i2 * kg + j2]! += value * au[j2]![l + i2]!;
          }
      }
    }
  }
  const sumOfSquares = (f: number, g: number) => ({ sums: squares[f]![g]!, kg: factors[g]!.k });
  return { sumOfBlocks, sumOfSquares };
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

/** x'A y. */
function quadratic(A: Matrix, x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < A.rows; i++) for (let j = 0; j < A.cols; j++) sum += x[i]! * A.data[i * A.cols + j]! * y[j]!;
  return sum;
}

function covarianceSlopes(
  { structure, elimination, firstNode, p }: CrossProducts,
  method: Method,
  sumOfBlocks: readonly Matrix[],
  { phi, sigma2 }: Solution,
  B: readonly Float64Array[],
  w: Float64Array,
): Matrix[] {
  return structure.factors.map(({ k, levels }, f) => {
    const slope = { rows: k, cols: k, data: sumOfBlocks[f]!.data.slice() };
    const from = elimination.scalar[firstNode[f]!]!;
    for (let level = 0; level < levels.length; level++) {
      const at = from + level * k;
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++) {
          let value = -(w[at + i]! * w[at + j]!) / sigma2;
          if (method === "REML")
            for (let a = 0; a < p; a++)
              for (let b = 0; b < p; b++) value -= B[a]![at + i]! * phi.data[a * p + b]! * B[b]![at + j]!;
          slope.data[i * k + j]! += value;
        }
    }
    return slope;
  });
}
