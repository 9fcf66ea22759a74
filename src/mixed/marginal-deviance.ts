/**
 * −2 log-likelihood or REML criterion of y ~ N(Xβ, V), V = ⊕R_i + Z G Z', as a function of x = (theta, ψ), and its
 * gradient. R_i is the part of Σ(ψ) for the visits that subject i has; G = ΛΛ' in blocks, one per level. β is
 * profiled out, no variance is: Σ may be any covariance structure.
 *
 * By component (marginal-blocks.ts), with C = Z'R⁻¹Z and M = I + Λ'CΛ:
 *     log|V| = log|R| + log|M|,   V⁻¹ = R⁻¹ − R⁻¹Z S Z'R⁻¹,   S = ΛM⁻¹Λ'
 *     REML   d = log|V| + log|X'V⁻¹X| + y'Py + (n−p) log 2π
 *     ∂d/∂φ = tr(D ∂V/∂φ),  D = V⁻¹ − V⁻¹(XΦX' + ee')V⁻¹   (without XΦX' for ML)
 * so the gradient needs the diagonal blocks of D alone: ΔΣ = Σ_i D_ii over visits and ΔG = Σ_l Z_l'D Z_l.
 * Pooled subjects (pattern-pool.ts) add the same by pattern.
 *
 * Symbols    b = p + 1, columns of [X y]; Φ = (X'V⁻¹X)⁻¹ = FF'; e = y − Xβ.
 * Sources    Harville (1977) JASA 72:320–338; Lindstrom & Bates (1988) JASA 83:1014–1022.
 */
import { choleskyInPlace, invertLower } from "../numeric/cholesky.js";
import { type Matrix, multiply, traceOfProduct, transpose, zeros } from "../numeric/matrix.js";
import type { Objective } from "../numeric/minimise.js";
import type { CovarianceAt, CovarianceStructure } from "./covariance-structure.js";
import type { Component, MarginalBlocks } from "./marginal-blocks.js";
import { addPooled, outerSquare, projectedSquare } from "./pattern-pool.js";
import type { Method } from "./profiled-deviance.js";
import { type RandomStructure, relativeFactors } from "./random-structure.js";
import { explainedTrace, type Stratum, strataOf } from "./stratum-products.js";

export interface MarginalDeviance extends Objective {
  readonly blocks: MarginalBlocks;
  readonly covariance: CovarianceStructure;
  readonly method: Method;
  /** Length of theta, which begins x; ψ follows. */
  readonly thetas: number;
  /** The state at x: evaluates there first. null where the criterion cannot be evaluated. */
  readonly state: (x: Float64Array) => MarginalState | null;
  /** Derivatives in the covariances after the last `value`. */
  readonly slopes: () => CovarianceSlopes;
}

export interface CovarianceSlopes {
  /** ΔΣ, K×K. */
  readonly sigma: Matrix;
  /** ΔG of each grouping factor, k×k. */
  readonly factors: readonly Matrix[];
}

/** What x determines, kept by pattern, component and subject. */
export interface MarginalState {
  readonly deviance: number;
  readonly beta: Float64Array;
  /** F, p×p upper triangular, Φ = FF'. */
  readonly F: Matrix;
  /** y'Py. */
  readonly quadratic: number;
  readonly covarianceAt: CovarianceAt;
  /** Λ of each factor, k×k. */
  readonly lambdas: readonly Matrix[];
  /** R⁻¹ of each pattern. */
  readonly inverses: readonly Matrix[];
  readonly components: readonly ComponentState[];
  /** Σ [X y]_a'[X y]_a over the strata of each pattern, b×b; null for a pattern without. */
  readonly squares: readonly (Matrix | null)[];
}

export interface ComponentState {
  /** Of single rows that share a variance; null when the subjects are treated one by one. */
  readonly strata: readonly Stratum[] | null;
  /** R_i⁻¹ [Z X y]_i of each subject, n_i × (a + b); none with strata. */
  readonly solved: readonly Float64Array[];
  /** C, q×q. */
  readonly C: Matrix;
  /** Z'R⁻¹[X y], q×b. */
  readonly border: Matrix;
  /** S, q×q. */
  readonly S: Matrix;
}

export function marginalDeviance(
  blocks: MarginalBlocks,
  covariance: CovarianceStructure,
  method: Method,
): MarginalDeviance {
  const { n, p } = blocks;
  const thetas = blocks.structure.theta.length;
  const degrees = method === "REML" ? n - p : n;
  /** The x asked for last, its state, and the slopes there once they were asked for. */
  let lastX: Float64Array | null = null;
  let last: MarginalState | null = null;
  let lastSlopes: CovarianceSlopes | null = null;

  const strata = blocks.components.map((component) => strataOf(component, blocks.patterns.length, p + 1));
  const squares = squaresOfStrata(strata, blocks);

  const evaluate = (x: Float64Array): MarginalState | null => {
    const covarianceAt = covariance.at(x.slice(thetas));
    const patterns = invertPatterns(blocks, covarianceAt.sigma);
    if (patterns === null) return null;
    const lambdas = relativeFactors(blocks.structure, x.subarray(0, thetas)).map((data, f) => {
      const { k } = blocks.structure.factors[f]!;
      return { rows: k, cols: k, data };
    });
    const total = zeros(p + 1, p + 1);
    let deviance = patterns.logDeterminant + degrees * Math.log(2 * Math.PI);
    const components: ComponentState[] = [];
    for (let c = 0; c < blocks.components.length; c++) {
      const { logDeterminant, component } = componentState(blocks, c, lambdas, patterns.inverses, total, strata[c]!);
      deviance += logDeterminant;
      components.push(component);
    }
    for (const pool of blocks.pools) addPooled(pool, patterns.inverses[pool.pattern]!, total);
    const profile = profileBeta(total);
    if (profile === null) return null;
    deviance += profile.quadratic + (method === "REML" ? profile.logDeterminant : 0);
    const { beta, F, quadratic } = profile;
    return { deviance, beta, F, quadratic, covarianceAt, lambdas, inverses: patterns.inverses, components, squares };
  };
  const state = (x: Float64Array): MarginalState | null => {
    if (lastX === null || !x.every((v, i) => v === lastX![i])) {
      lastX = x.slice();
      last = evaluate(x);
      lastSlopes = null;
    }
    return last;
  };
  const slopes = (): CovarianceSlopes => {
    lastSlopes ??= covarianceSlopes(blocks, last!, method, covariance.visits);
    return lastSlopes;
  };

  return {
    blocks,
    covariance,
    method,
    thetas,
    state,
    slopes,
    value: (x) => state(x)?.deviance ?? Number.NaN,
    gradient: () => {
      const { sigma, factors } = slopes();
      const ofTheta = blocks.structure.theta.map(({ factor, row, col }) => {
        const { k } = blocks.structure.factors[factor]!;
        return 2 * multiply(factors[factor]!, last!.lambdas[factor]!).data[row * k + col]!;
      });
      const ofPsi = last!.covarianceAt.slopes().map((slope) => traceOfProduct(sigma, slope));
      return Float64Array.from([...ofTheta, ...ofPsi]);
    },
  };
}

/** R⁻¹ of each pattern and Σ_i log|R_i|; null when Σ is not positive definite. */
function invertPatterns({ patterns }: MarginalBlocks, sigma: Matrix) {
  const K = sigma.rows;
  let logDeterminant = 0;
  const inverses: Matrix[] = [];
  for (const { visits, count } of patterns) {
    const m = visits.length;
    const L = zeros(m, m);
    for (let i = 0; i < m; i++)
      for (let j = 0; j <= i; j++) L.data[i * m + j] = sigma.data[visits[i]! * K + visits[j]!]!;
    if (!choleskyInPlace(L.data, m)) return null;
    for (let i = 0; i < m; i++) logDeterminant += 2 * count * Math.log(L.data[i * m + i]!);
    const half = invertLower(L);
    inverses.push(multiply(transpose(half), half));
  }
  return { inverses, logDeterminant };
}

/** C, border and the lower triangle of [X y]'R⁻¹[X y] of one component. */
interface ComponentProducts {
  readonly C: Matrix;
  readonly border: Matrix;
  readonly total: Float64Array;
}

const noProducts = (q: number, b: number): ComponentProducts => ({
  C: zeros(q, q),
  border: zeros(q, b),
  total: new Float64Array(b * b),
});

/** For each pattern Σ [X y]_a'[X y]_a over its strata, b×b. */
function squaresOfStrata(ofComponents: readonly (readonly Stratum[] | null)[], { patterns, p }: MarginalBlocks) {
  const b = p + 1;
  return patterns.map((_, pattern): Matrix | null => {
    const own = ofComponents.flatMap((strata) => (strata ?? []).filter((stratum) => stratum.pattern === pattern));
    if (own.length === 0) return null;
    const sum = zeros(b, b);
    for (const { total } of own) addScaled(sum.data, total, 1);
    for (let i = 0; i < b; i++) for (let j = 0; j < i; j++) sum.data[j * b + i] = sum.data[i * b + j]!;
    return sum;
  });
}

/** Add what one subject's [Z X y] and U = R⁻¹[Z X y] give, in place. */
function addProducts(
  { C, border, total }: ComponentProducts,
  values: Float64Array,
  U: Float64Array,
  m: number,
  scalars: Int32Array,
  b: number,
): void {
  const a = scalars.length;
  const width = a + b;
  const q = C.cols;
  addOuter(total, values, U, m, a, b);
  for (let i = 0; i < m; i++)
    for (let s = 0; s < a; s++) {
      const row = i * width;
      const z = values[row + s]!;
      if (z === 0) continue;
      const at = scalars[s]!;
      for (let t = 0; t < a; t++) C.data[at * q + scalars[t]!]! += z * U[row + t]!;
      for (let k = 0; k < b; k++) border.data[at * b + k]! += z * U[row + a + k]!;
    }
}

/** One component; adds its share of [X y]'V⁻¹[X y] to `total` (lower triangle, in place). */
function componentState(
  { components, p, structure }: MarginalBlocks,
  c: number,
  lambdas: readonly Matrix[],
  inverses: readonly Matrix[],
  total: Matrix,
  strata: readonly Stratum[] | null,
): { readonly component: ComponentState; readonly logDeterminant: number } {
  const { subjects, nodes, scalars: q } = components[c]!;
  const b = p + 1;
  const products = noProducts(q, b);
  const { C, border } = products;
  const solved =
    strata === null
      ? subjects.map(({ values, scalars, pattern }) => timesInverse(inverses[pattern]!, values, scalars.length + b))
      : [];
  if (strata === null)
    subjects.forEach(({ values, scalars, rows }, i) => {
      addProducts(products, values, solved[i]!, rows.length, scalars, b);
    });
  else
    for (const stratum of strata) {
      const weight = inverses[stratum.pattern]!.data[0]!;
      addScaled(C.data, stratum.C.data, weight);
      addScaled(border.data, stratum.border.data, weight);
      addScaled(products.total, stratum.total, weight);
    }
  addScaled(total.data, products.total, 1);
  if (q === 0) return { component: { strata, solved, C, border, S: C }, logDeterminant: 0 };

  const L = timesLambda(timesLambda(C, nodes, lambdas, structure), nodes, lambdas, structure);
  for (let i = 0; i < q; i++) L.data[i * q + i]! += 1;
  choleskyInPlace(L.data, q);
  let logDeterminant = 0;
  for (let i = 0; i < q; i++) logDeterminant += 2 * Math.log(L.data[i * q + i]!);
  for (let i = 0; i < q; i++) for (let j = i + 1; j < q; j++) L.data[i * q + j] = 0;
  // (ΛL⁻ᵀ)': what is right of the diagonal of a node stays zero.
  const half = timesLambdaTransposed(invertLower(L), nodes, lambdas, structure);
  subtractSquare(total.data, multiply(half, border));
  // A value alone needs no S.
  let S: Matrix | null = null;
  const component: ComponentState = {
    strata,
    solved,
    C,
    border,
    get S() {
      return (S ??= squareOf(half));
    },
  };
  return { component, logDeterminant };
}

/** Subtract E'E from a lower triangle, in place. */
function subtractSquare(total: Float64Array, { rows, cols: b, data: E }: Matrix): void {
  for (let i = 0; i < rows; i++) {
    const row = i * b;
    for (let k = 0; k < b; k++) {
      const value = E[row + k]!;
      const to = k * b;
      for (let l = 0; l <= k; l++) total[to + l]! -= value * E[row + l]!;
    }
  }
}

/** to += weight · from, in place. */
function addScaled(to: Float64Array, from: Float64Array, weight: number): void {
  for (let i = 0; i < from.length; i++) to[i]! += weight * from[i]!;
}

/** (AΛ)' for A q×q, Λ in blocks of the nodes. Twice over a symmetric A gives Λ'AΛ. */
function timesLambda(
  A: Matrix,
  nodes: Component["nodes"],
  lambdas: readonly Matrix[],
  { factors }: RandomStructure,
): Matrix {
  const { rows: q, data } = A;
  const product = new Float64Array(q * q);
  for (const { factor, at } of nodes) {
    const { k } = factors[factor]!;
    const lambda = lambdas[factor]!.data;
    for (let j = 0; j < k; j++)
      for (let i = j; i < k; i++) {
        const weight = lambda[i * k + j]!;
        if (weight === 0) continue;
        const to = (at + j) * q;
        for (let r = 0; r < q; r++) product[to + r]! += weight * data[r * q + at + i]!;
      }
  }
  return { rows: q, cols: q, data: product };
}

/** AΛ' for A q×q. */
function timesLambdaTransposed(
  A: Matrix,
  nodes: Component["nodes"],
  lambdas: readonly Matrix[],
  { factors }: RandomStructure,
): Matrix {
  const { rows: q, data } = A;
  const product = new Float64Array(q * q);
  for (const { factor, at } of nodes) {
    const { k } = factors[factor]!;
    const lambda = lambdas[factor]!.data;
    for (let i = 0; i < k; i++)
      for (let j = 0; j <= i; j++) {
        const weight = lambda[i * k + j]!;
        if (weight === 0) continue;
        for (let r = 0; r < q; r++) product[r * q + at + i]! += weight * data[r * q + at + j]!;
      }
  }
  return { rows: q, cols: q, data: product };
}

/** H'H, whose rows are mostly short: H is lower triangular but for the blocks of its nodes. */
function squareOf({ rows, cols: q, data }: Matrix): Matrix {
  const square = new Float64Array(q * q);
  for (let r = 0; r < rows; r++) {
    const row = r * q;
    let last = q - 1;
    while (last >= 0 && data[row + last] === 0) last--;
    for (let i = 0; i <= last; i++) {
      const value = data[row + i]!;
      if (value === 0) continue;
      const to = i * q;
      for (let j = 0; j <= i; j++) square[to + j]! += value * data[row + j]!;
    }
  }
  for (let i = 0; i < q; i++) for (let j = 0; j < i; j++) square[j * q + i] = square[i * q + j]!;
  return { rows: q, cols: q, data: square };
}

/** R⁻¹ times m rows of `width` columns. */
function timesInverse({ rows: m, data }: Matrix, values: Float64Array, width: number): Float64Array {
  const U = new Float64Array(m * width);
  for (let i = 0; i < m; i++) {
    const to = i * width;
    for (let j = 0; j < m; j++) {
      const weight = data[i * m + j]!;
      const from = j * width;
      for (let k = 0; k < width; k++) U[to + k]! += weight * values[from + k]!;
    }
  }
  return U;
}

/** Σ_i v_i u_i' over m rows and the last b of a + b columns, added to the lower triangle of `total`, in place. */
function addOuter(total: Float64Array, values: Float64Array, U: Float64Array, m: number, a: number, b: number): void {
  for (let i = 0; i < m; i++) {
    const row = i * (a + b) + a;
    for (let k = 0; k < b; k++) {
      const value = values[row + k]!;
      const to = k * b;
      for (let l = 0; l <= k; l++) total[to + l]! += value * U[row + l]!;
    }
  }
}

/** β, F and y'Py from [X y]'V⁻¹[X y], in place; null when it is not positive definite. */
function profileBeta(total: Matrix) {
  const b = total.rows;
  const p = b - 1;
  if (!choleskyInPlace(total.data, b)) return null;
  const L = zeros(p, p);
  let logDeterminant = 0;
  for (let i = 0; i < p; i++) {
    for (let j = 0; j <= i; j++) L.data[i * p + j] = total.data[i * b + j]!;
    logDeterminant += 2 * Math.log(L.data[i * p + i]!);
  }
  const F = transpose(invertLower(L));
  const beta = new Float64Array(p);
  for (let i = 0; i < p; i++) for (let j = i; j < p; j++) beta[i]! += F.data[i * p + j]! * total.data[p * b + j]!;
  return { beta, F, quadratic: total.data[b * b - 1]! ** 2, logDeterminant };
}

/** Columns of [X y] → [XF e], or e alone: b × (p + 1) or b × 1. */
export function residualColumns({ beta, F }: MarginalState, withX: boolean): Matrix {
  const p = beta.length;
  const width = withX ? p + 1 : 1;
  const N = zeros(p + 1, width);
  for (let i = 0; i < p; i++) {
    if (withX) for (let j = i; j < p; j++) N.data[i * width + j] = F.data[i * p + j]!;
    N.data[i * width + width - 1] = -beta[i]!;
  }
  N.data[p * width + width - 1] = 1;
  return N;
}

/** (V⁻¹ [X y] N)_i of each subject, n_i × columns of N (none with strata), and Z'V⁻¹ [X y] N, q × the same. */
export function projectComponent(
  { subjects }: MarginalBlocks["components"][number],
  { strata, solved, C, border, S }: ComponentState,
  N: Matrix,
): { ofSubjects: Float64Array[]; ofScalars: Matrix } {
  const b = N.rows;
  const width = N.cols;
  if (C.rows === 0) {
    const alone = subjects.map(({ rows }, i) => timesColumns(solved[i]!, rows.length, 0, N));
    return { ofSubjects: alone, ofScalars: zeros(0, width) };
  }
  const bN = multiply(border, N);
  const SbN = multiply(S, bN);
  const CSbN = multiply(C, SbN).data;
  const own = strata === null ? subjects : [];
  const explained = SbN.data;
  const ofSubjects = own.map(({ scalars, rows }, i) => {
    const Y = timesColumns(solved[i]!, rows.length, scalars.length, N);
    const a = scalars.length;
    for (let r = 0; r < rows.length; r++)
      for (let s = 0; s < a; s++) {
        const u = solved[i]![r * (a + b) + s]!;
        const from = scalars[s]! * width;
        for (let w = 0; w < width; w++) Y[r * width + w]! -= u * explained[from + w]!;
      }
    return Y;
  });
  return { ofSubjects, ofScalars: { ...bN, data: bN.data.map((v, i) => v - CSbN[i]!) } };
}

/** U_b N for m rows of a + b columns, of which the last b are meant. N is upper triangular but for its last column. */
function timesColumns(U: Float64Array, m: number, a: number, { rows: b, cols: width, data }: Matrix): Float64Array {
  const Y = new Float64Array(m * width);
  const triangle = width - 1;
  for (let r = 0; r < m; r++) {
    const from = r * (a + b) + a;
    const to = r * width;
    let last = 0;
    for (let k = 0; k < b; k++) {
      const u = U[from + k]!;
      const row = k * width;
      for (let w = k; w < triangle; w++) Y[to + w]! += u * data[row + w]!;
      last += u * data[row + triangle]!;
    }
    Y[to + triangle] = last;
  }
  return Y;
}

function covarianceSlopes(blocks: MarginalBlocks, state: MarginalState, method: Method, K: number): CovarianceSlopes {
  const { patterns, components, pools, structure, p } = blocks;
  const sigma = zeros(K, K);
  const factors = structure.factors.map(({ k }) => zeros(k, k));
  patterns.forEach(({ visits, count }, pattern) => {
    const m = visits.length;
    const inverse = state.inverses[pattern]!;
    for (let i = 0; i < m; i++)
      for (let j = 0; j < m; j++) sigma.data[visits[i]! * K + visits[j]!]! += count * inverse.data[i * m + j]!;
  });
  const N = residualColumns(state, method === "REML");
  const width = N.cols;
  const G = outerSquare(N, 0, width);
  for (const pool of pools) {
    const square = projectedSquare(pool, state.inverses[pool.pattern]!, G);
    const { visits } = patterns[pool.pattern]!;
    visits.forEach((u, i) => {
      visits.forEach((v, j) => {
        sigma.data[u * K + v]! -= square[i * visits.length + j]!;
      });
    });
  }
  state.squares.forEach((square, pattern) => {
    if (square === null) return;
    const visit = patterns[pattern]!.visits[0]!;
    const w = state.inverses[pattern]!.data[0]!;
    sigma.data[visit * (K + 1)]! -= w * w * traceOfProduct(multiply(square, N), transpose(N));
  });
  components.forEach((component, c) => {
    const own = state.components[c]!;
    const { ofSubjects, ofScalars } = projectComponent(component, own, N);
    const ofStrata = own.strata === null ? null : multiply(own.S, multiply(own.border, N));
    for (const stratum of own.strata ?? []) {
      const visit = patterns[stratum.pattern]!.visits[0]!;
      const w = state.inverses[stratum.pattern]!.data[0]!;
      sigma.data[visit * (K + 1)]! -=
        w * w * traceOfProduct(own.S, stratum.C) + explainedTrace(stratum, w, ofStrata!, N);
    }
    ofSubjects.forEach((Y, i) => {
      const { scalars, pattern } = component.subjects[i]!;
      const { visits } = patterns[pattern]!;
      const a = scalars.length;
      const explained = a === 0 ? null : throughScalars(own.solved[i]!, a, a + p + 1, scalars, own.S);
      subtractProducts(sigma, visits, Y, width, explained);
    });
    if (component.scalars === 0) return;
    const q = component.scalars;
    const CS = multiply(own.C, own.S).data;
    const C = own.C.data;
    const projected = ofScalars.data;
    for (const { factor, at } of component.nodes) {
      const { k } = structure.factors[factor]!;
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++) {
          // The element of C − CSC; C is symmetric.
          let value = C[(at + i) * q + at + j]!;
          for (let t = 0; t < q; t++) value -= CS[(at + i) * q + t]! * C[(at + j) * q + t]!;
          for (let w = 0; w < width; w++) value -= projected[(at + i) * width + w]! * projected[(at + j) * width + w]!;
          factors[factor]!.data[i * k + j]! += value;
        }
    }
  });
  return { sigma, factors };
}

/** Σ_vv' less YY' and `explained` (both m×m over the visits), in place. */
function subtractProducts(
  { data, cols: K }: Matrix,
  visits: Int32Array,
  Y: Float64Array,
  width: number,
  explained: Float64Array | null,
): void {
  const m = visits.length;
  for (let r = 0; r < m; r++)
    for (let s = 0; s <= r; s++) {
      let value = explained === null ? 0 : explained[r * m + s]!;
      const [left, right] = [r * width, s * width];
      for (let w = 0; w < width; w++) value += Y[left + w]! * Y[right + w]!;
      data[visits[r]! * K + visits[s]!]! -= value;
      if (s < r) data[visits[s]! * K + visits[r]!]! -= value;
    }
}

/** U S U' of one subject, m×m, where U is its R⁻¹Z: the first a of `width` columns. */
function throughScalars(U: Float64Array, a: number, width: number, scalars: Int32Array, S: Matrix): Float64Array {
  const m = U.length / width;
  const through = new Float64Array(m * m);
  for (let r = 0; r < m; r++)
    for (let s = 0; s < a; s++) {
      let us = 0;
      for (let t = 0; t < a; t++) us += U[r * width + t]! * S.data[scalars[t]! * S.cols + scalars[s]!]!;
      for (let r2 = 0; r2 < m; r2++) through[r * m + r2]! += us * U[r2 * width + s]!;
    }
  return through;
}

/** Conditional modes u, b = Λu in the orthonormal columns: Λ'Z'V⁻¹(y − Xβ), factor by factor, level by level. */
export function sphericalModes({ components, structure }: MarginalBlocks, state: MarginalState): Float64Array {
  const { factors } = structure;
  const first: number[] = [];
  let total = 0;
  for (const { k, levels } of factors) {
    first.push(total);
    total += k * levels.length;
  }
  const u = new Float64Array(total);
  const N = residualColumns(state, false);
  components.forEach((component, c) => {
    const { ofScalars } = projectComponent(component, state.components[c]!, N);
    for (const { factor, level, at } of component.nodes) {
      const { k } = factors[factor]!;
      const lambda = state.lambdas[factor]!;
      const to = first[factor]! + level * k;
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++) u[to + i]! += lambda.data[j * k + i]! * ofScalars.data[at + j]!;
    }
  });
  return u;
}
