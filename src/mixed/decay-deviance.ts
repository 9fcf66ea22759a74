/**
 * The profiled deviance of a linear mixed model whose effects of one grouping factor decay in correlation with distance
 * (discrete-time exponential decay, or continuous time), and the information of its variance parameters.
 *
 * Model      V = σ² V_θ, V_θ = I + Z G Z'; within a unit G has λ₀² ρ^|t − s| between the effects at positions t and s,
 *            and λ_k² on the diagonal for each further random term. Units are independent.
 * Symbols    A = Z'Z, C = Z'V_θ⁻¹Z, B = Z'V_θ⁻¹X, w = Z'V_θ⁻¹(y − Xβ), Φ = (X'V_θ⁻¹X)⁻¹, all from sums over the rows of
 *            a unit made once; ∂V_θ/∂a = Z G_a Z'.
 * Sources    Kasza, Hemming, Hooper, Matthews & Forbes (2019) Stat. Methods Med. Res. 28:703–716; derivatives as in
 *            variance-information.ts.
 * Checked    test/mixed/decay-mixed.test.ts: dense matrices, finite differences; glmmTMB's ar1.
 */
import type { RandomTerm } from "../formula/frame.js";
import { choleskyInPlace, invertPositiveDefinite } from "../numeric/cholesky.js";
import { type Matrix, multiply, timesVector, traceOfProduct, transpose, zeros } from "../numeric/matrix.js";
import type { Method } from "./profiled-deviance.js";
import type { VarianceInformation } from "./variance-information.js";

/** A random intercept of unit-periods whose correlation within a unit decays with distance. */
export interface DecayingTerm {
  /** `unit:period`, one column of ones. */
  readonly term: RandomTerm;
  /** The unit of each level, from 0. */
  readonly units: Int32Array;
  /** The time of each level. */
  readonly positions: Float64Array;
}

/** One unit: its effects and the sums over its rows. */
export interface DecayBlock {
  /** Levels of the decaying term, ascending by position; they are the first effects. */
  readonly levels: Int32Array;
  readonly positions: Float64Array;
  /** Term (from 1) and level of each further effect. */
  readonly others: readonly { readonly term: number; readonly level: number }[];
  /** q×q, Z'Z. */
  readonly A: Matrix;
  /** q×(p+1), Z'[X y]. */
  readonly ZX: Matrix;
}

export interface DecaySums {
  readonly n: number;
  readonly p: number;
  readonly blocks: readonly DecayBlock[];
  /** (p+1)×(p+1), [X y]'[X y]. */
  readonly XX: Matrix;
}

/** @param Z  Further terms of one column each, whose levels lie within units. */
export function decaySums(decay: DecayingTerm, Z: readonly RandomTerm[], X: Matrix, y: Float64Array): DecaySums {
  const n = y.length;
  const p = X.cols;
  const units = 1 + decay.units.reduce((most, u) => Math.max(most, u), -1);
  const levelsOf = Array.from({ length: units }, () => [] as number[]);
  decay.units.forEach((u, level) => {
    levelsOf[u]!.push(level);
  });
  for (const levels of levelsOf) levels.sort((a, b) => decay.positions[a]! - decay.positions[b]!);
  const place = new Int32Array(decay.units.length);
  for (const levels of levelsOf) {
    levels.forEach((level, i) => {
      place[level] = i;
    });
  }
  const others = Array.from({ length: units }, () => [] as { term: number; level: number }[]);
  const placeOf = Z.map(({ levels }) => new Int32Array(levels.length).fill(-1));
  const unitOfRow = Int32Array.from(decay.term.codes, (code) => decay.units[code]!);
  for (let i = 0; i < n; i++) {
    const u = unitOfRow[i]!;
    Z.forEach(({ codes }, t) => {
      if (placeOf[t]![codes[i]!]! >= 0) return;
      placeOf[t]![codes[i]!] = levelsOf[u]!.length + others[u]!.length;
      others[u]!.push({ term: t + 1, level: codes[i]! });
    });
  }
  const sizes = levelsOf.map((levels, u) => levels.length + others[u]!.length);
  const As = sizes.map((q) => zeros(q, q));
  const ZXs = sizes.map((q) => zeros(q, p + 1));
  const XX = zeros(p + 1, p + 1);
  const at = new Int32Array(Z.length + 1);
  const values = new Float64Array(Z.length + 1);
  const row = new Float64Array(p + 1);
  for (let i = 0; i < n; i++) {
    const u = unitOfRow[i]!;
    const q = sizes[u]!;
    at[0] = place[decay.term.codes[i]!]!;
    values[0] = 1;
    Z.forEach(({ codes, values: own }, t) => {
      at[t + 1] = placeOf[t]![codes[i]!]!;
      values[t + 1] = own.data[i]!;
    });
    row.set(X.data.subarray(i * p, (i + 1) * p));
    row[p] = y[i]!;
    for (let a = 0; a <= Z.length; a++) {
      for (let b = 0; b <= Z.length; b++) As[u]!.data[at[a]! * q + at[b]!]! += values[a]! * values[b]!;
      for (let j = 0; j <= p; j++) ZXs[u]!.data[at[a]! * (p + 1) + j]! += values[a]! * row[j]!;
    }
    for (let j = 0; j <= p; j++) for (let k = 0; k <= p; k++) XX.data[j * (p + 1) + k]! += row[j]! * row[k]!;
  }
  return {
    n,
    p,
    XX,
    blocks: levelsOf.map((levels, u) => ({
      levels: Int32Array.from(levels),
      positions: Float64Array.from(levels, (level) => decay.positions[level]!),
      others: others[u]!,
      A: As[u]!,
      ZX: ZXs[u]!,
    })),
  };
}

/** λ of each term, the decaying one first, in residual standard deviations; and ρ at distance 1. */
export interface DecayParameters {
  readonly lambda: Float64Array;
  readonly rho: number;
}

/** What the parameters determine. */
export interface DecayState {
  readonly deviance: number;
  /** p. */
  readonly beta: Float64Array;
  /** Φ, p×p. */
  readonly phi: Matrix;
  /** y'P_θy, and σ² = pwrss / degrees. */
  readonly pwrss: number;
  readonly sigma2: number;
  readonly blocks: readonly DecayBlockState[];
}

interface DecayBlockState {
  /** q×q and q×p. */
  readonly C: Matrix;
  readonly B: Matrix;
  /** q. */
  readonly w: Float64Array;
}

/** null where the criterion cannot be evaluated. */
export function decayState(sums: DecaySums, { lambda, rho }: DecayParameters, method: Method): DecayState | null {
  const { n, p, XX } = sums;
  const m = p + 1;
  const M = XX.data.slice();
  let logDeterminant = 0;
  const parts: { C: Matrix; BY: Matrix }[] = [];
  for (const { positions, others, A, ZX } of sums.blocks) {
    const q = A.rows;
    const T = positions.length;
    const L0 = decayRoot(positions, rho);
    if (L0 === null) return null;
    // A Λ: the columns of the decaying effects by the root of their correlation, the others by their λ.
    const AL = zeros(q, q);
    for (let i = 0; i < q; i++) {
      for (let j = 0; j < T; j++) {
        let sum = 0;
        for (let k = j; k < T; k++) sum += A.data[i * q + k]! * L0.data[k * T + j]!;
        AL.data[i * q + j] = lambda[0]! * sum;
      }
      for (let j = T; j < q; j++) AL.data[i * q + j] = lambda[others[j - T]!.term]! * A.data[i * q + j]!;
    }
    const S = new Float64Array(q * q);
    for (let j = 0; j < q; j++) {
      for (let i = 0; i < T; i++) {
        let sum = 0;
        for (let k = i; k < T; k++) sum += L0.data[k * T + i]! * AL.data[k * q + j]!;
        S[i * q + j] = lambda[0]! * sum;
      }
      for (let i = T; i < q; i++) S[i * q + j] = lambda[others[i - T]!.term]! * AL.data[i * q + j]!;
    }
    for (let i = 0; i < q; i++) S[i * q + i]! += 1;
    if (!choleskyInPlace(S, q)) return null;
    for (let i = 0; i < q; i++) logDeterminant += 2 * Math.log(S[i * q + i]!);
    // H = L⁻¹ Λ'[A ZX]: forward substitution on each column.
    const H = zeros(q, q + m);
    for (let j = 0; j < q; j++) for (let i = 0; i < q; i++) H.data[i * (q + m) + j] = AL.data[j * q + i]!;
    for (let j = 0; j < m; j++) {
      for (let i = 0; i < T; i++) {
        let sum = 0;
        for (let k = i; k < T; k++) sum += L0.data[k * T + i]! * ZX.data[k * m + j]!;
        H.data[i * (q + m) + q + j] = lambda[0]! * sum;
      }
      for (let i = T; i < q; i++) H.data[i * (q + m) + q + j] = lambda[others[i - T]!.term]! * ZX.data[i * m + j]!;
    }
    for (let i = 0; i < q; i++) {
      const target = H.data.subarray(i * (q + m), (i + 1) * (q + m));
      for (let k = 0; k < i; k++) {
        const factor = S[i * q + k]!;
        if (factor === 0) continue;
        const source = H.data.subarray(k * (q + m), (k + 1) * (q + m));
        for (let j = 0; j < q + m; j++) target[j]! -= factor * source[j]!;
      }
      const pivot = S[i * q + i]!;
      for (let j = 0; j < q + m; j++) target[j]! /= pivot;
    }
    // C = A − H_A'H_A, B = ZX − H_A'H_X, M = XX − H_X'H_X.
    const C = { ...A, data: A.data.slice() };
    const BY = { ...ZX, data: ZX.data.slice() };
    for (let k = 0; k < q; k++) {
      const h = H.data.subarray(k * (q + m), (k + 1) * (q + m));
      for (let i = 0; i < q; i++) {
        const v = h[i]!;
        if (v === 0) continue;
        for (let j = 0; j < q; j++) C.data[i * q + j]! -= v * h[j]!;
        for (let j = 0; j < m; j++) BY.data[i * m + j]! -= v * h[q + j]!;
      }
      for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) M[i * m + j]! -= h[q + i]! * h[q + j]!;
    }
    parts.push({ C, BY });
  }
  const inner = zeros(p, p);
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) inner.data[i * p + j] = M[i * m + j]!;
  const root = inner.data.slice();
  const phi = invertPositiveDefinite(inner);
  if (phi === null || !choleskyInPlace(root, p)) return null;
  const toY = Float64Array.from({ length: p }, (_, i) => M[i * m + p]!);
  const beta = timesVector(phi, toY);
  const pwrss = M[p * m + p]! - toY.reduce((sum, v, i) => sum + v * beta[i]!, 0);
  const degrees = method === "REML" ? n - p : n;
  if (!(pwrss > 0)) return null;
  let deviance = logDeterminant + degrees * (1 + Math.log((2 * Math.PI * pwrss) / degrees));
  if (method === "REML") for (let i = 0; i < p; i++) deviance += 2 * Math.log(root[i * p + i]!);
  const blocks = parts.map(({ C, BY }) => {
    const B = zeros(BY.rows, p);
    const w = new Float64Array(BY.rows);
    for (let i = 0; i < BY.rows; i++) {
      w[i] = BY.data[i * m + p]!;
      for (let j = 0; j < p; j++) {
        B.data[i * p + j] = BY.data[i * m + j]!;
        w[i]! -= BY.data[i * m + j]! * beta[j]!;
      }
    }
    return { C, B, w };
  });
  return { deviance, beta, phi, pwrss, sigma2: pwrss / degrees, blocks };
}

/** Lower L with LL' = ρ^|t − s|: the effects are a Markov chain. ρ may be 0 or 1. */
function decayRoot(positions: Float64Array, rho: number): Matrix | null {
  const T = positions.length;
  const L = zeros(T, T);
  if (!(rho >= 0 && rho <= 1)) return null;
  for (let i = 0; i < T; i++) {
    if (i === 0) {
      L.data[0] = 1;
      continue;
    }
    const r = rho ** (positions[i]! - positions[i - 1]!);
    for (let j = 0; j < i; j++) L.data[i * T + j] = r * L.data[(i - 1) * T + j]!;
    L.data[i * T + i] = Math.sqrt(Math.max(0, 1 - r * r));
  }
  return L;
}

/** A variance parameter: λ of a term, or ρ. */
export type DecayParameter = { readonly kind: "lambda"; readonly term: number } | { readonly kind: "rho" };

/** Slopes of the profiled criterion: tr(N G_a), N = Z'P_θZ − ww'/σ² (V_θ⁻¹ for P_θ with ML). */
export function decayGradient(
  sums: DecaySums,
  at: DecayParameters,
  { phi, sigma2, blocks }: DecayState,
  parameters: readonly DecayParameter[],
  method: Method,
): Float64Array {
  const gradient = new Float64Array(parameters.length);
  sums.blocks.forEach((block, g) => {
    const { C, B, w } = blocks[g]!;
    const q = C.rows;
    const N = { ...C, data: C.data.map((v, at) => v - (w[Math.floor(at / q)]! * w[at % q]!) / sigma2) };
    if (method === "REML") addTo(N, multiply(multiply(B, phi), transpose(B)), -1);
    parameters.forEach((parameter, a) => {
      const G = slopeOf(block, at, parameter);
      for (let i = 0; i < G.data.length; i++) gradient[a]! += N.data[i]! * G.data[i]!;
    });
  });
  return gradient;
}

/**
 * The information that inference needs, over `parameters` and then σ².
 * @param parameters  Those that are free.
 */
export function decayInformation(
  sums: DecaySums,
  at: DecayParameters,
  state: DecayState,
  parameters: readonly DecayParameter[],
  method: Method,
): VarianceInformation {
  const { n, p } = sums;
  const { phi, pwrss, sigma2, blocks } = state;
  const isReml = method === "REML";
  const degrees = isReml ? n - p : n;
  const c = parameters.length;
  const P = parameters.map(() => zeros(p, p));
  const Q = parameters.map(() => parameters.map(() => zeros(p, p)));
  const traceC = new Float64Array(c);
  const wGw = new Float64Array(c);
  const Gw = parameters.map(() => new Float64Array(p));
  const traceCC = zeros(c, c);
  const wGCGw = zeros(c, c);
  const second = zeros(c, c);
  const secondP = zeros(c, c);
  const wGGw = zeros(c, c);
  sums.blocks.forEach((block, g) => {
    const { C, B, w } = blocks[g]!;
    const Bt = transpose(B);
    const slopes = parameters.map((parameter) => slopeOf(block, at, parameter));
    const CG = slopes.map((G) => multiply(C, G));
    const GB = slopes.map((G) => multiply(G, B));
    const Gws = slopes.map((G) => timesVector(G, w));
    for (let a = 0; a < c; a++) {
      traceC[a]! += traceOf(CG[a]!);
      wGw[a]! += inner(w, Gws[a]!);
      addTo(P[a]!, multiply(Bt, GB[a]!));
      const BGw = timesVector(Bt, Gws[a]!);
      for (let j = 0; j < p; j++) Gw[a]![j]! += BGw[j]!;
      const CGB = multiply(C, GB[a]!);
      const CGw = timesVector(C, Gws[a]!);
      for (let b = 0; b < c; b++) {
        // Q_ba = B'G_b C G_a B.
        addTo(Q[b]![a]!, multiply(transpose(GB[b]!), CGB));
        if (b < a) continue;
        traceCC.data[a * c + b]! += traceOfProduct(CG[a]!, CG[b]!);
        wGCGw.data[a * c + b]! += inner(Gws[b]!, CGw);
        const Gab = secondSlopeOf(block, at, parameters[a]!, parameters[b]!);
        if (Gab === null) continue;
        second.data[a * c + b]! += traceOfProduct(C, Gab);
        secondP.data[a * c + b]! += traceOfProduct(multiply(Bt, multiply(Gab, B)), phi);
        wGGw.data[a * c + b]! += inner(w, timesVector(Gab, w));
      }
    }
  });

  const phiP = P.map((Pa) => multiply(phi, Pa));
  const m = c + 1;
  const expected = zeros(m, m);
  const observed = zeros(m, m);
  const set = (matrix: Matrix, a: number, b: number, value: number): void => {
    matrix.data[a * m + b] = value;
    matrix.data[b * m + a] = value;
  };
  for (let a = 0; a < c; a++) {
    const traceP = traceC[a]! - (isReml ? traceOf(phiP[a]!) : 0);
    set(expected, a, c, traceP / sigma2);
    set(observed, a, c, wGw[a]! / sigma2 ** 2);
    for (let b = a; b < c; b++) {
      let trace = traceCC.data[a * c + b]!;
      let curved = second.data[a * c + b]!;
      if (isReml) {
        trace += traceOfProduct(phiP[a]!, phiP[b]!) - 2 * traceOfProduct(phi, Q[a]![b]!);
        curved -= secondP.data[a * c + b]!;
      }
      const projected = inner(Gw[a]!, timesVector(phi, Gw[b]!));
      const yPVPVPy = (wGCGw.data[a * c + b]! - projected) / sigma2;
      set(expected, a, b, trace);
      set(observed, a, b, curved - trace + 2 * yPVPVPy - wGGw.data[a * c + b]! / sigma2);
    }
  }
  set(expected, c, c, degrees / sigma2 ** 2);
  set(observed, c, c, -degrees / sigma2 ** 2 + (2 * pwrss) / sigma2 ** 3);

  const scaled = (matrix: Matrix, by: number): Matrix => ({ ...matrix, data: matrix.data.map((v) => v * by) });
  const informationX = invertPositiveDefinite(phi)!;
  const QOf = (a: number, b: number): Matrix => {
    if (a === c && b === c) return scaled(informationX, 1 / sigma2 ** 3);
    if (a === c || b === c) return scaled(P[Math.min(a, b)]!, 1 / sigma2 ** 2);
    return scaled(Q[a]![b]!, 1 / sigma2);
  };
  return {
    observed,
    expected,
    phi: scaled(phi, sigma2),
    P: [...P.map((Pa) => scaled(Pa, 1 / sigma2)), scaled(informationX, 1 / sigma2 ** 2)],
    sumOfQ: (W) => {
      const sum = zeros(p, p);
      for (let a = 0; a < m; a++) for (let b = 0; b < m; b++) addTo(sum, QOf(a, b), W(a, b));
      return sum;
    },
  };
}

/** ∂G/∂a. */
function slopeOf({ positions, others, A }: DecayBlock, { lambda, rho }: DecayParameters, parameter: DecayParameter) {
  const q = A.rows;
  const T = positions.length;
  const G = zeros(q, q);
  if (parameter.kind === "rho") fillDecay(G, positions, (d) => (d === 0 ? 0 : lambda[0]! ** 2 * d * rho ** (d - 1)));
  else if (parameter.term === 0) fillDecay(G, positions, (d) => 2 * lambda[0]! * rho ** d);
  else
    others.forEach(({ term }, i) => {
      if (term === parameter.term) G.data[(T + i) * (q + 1)] = 2 * lambda[term]!;
    });
  return G;
}

/** ∂²G/∂a∂b; null where it is zero. */
function secondSlopeOf(
  { positions, others, A }: DecayBlock,
  { lambda, rho }: DecayParameters,
  a: DecayParameter,
  b: DecayParameter,
): Matrix | null {
  const q = A.rows;
  const G = zeros(q, q);
  const decaying = [a, b].filter((one) => one.kind === "rho").length;
  const terms = [a, b].flatMap((one) => (one.kind === "lambda" ? [one.term] : []));
  if (terms.some((term) => term !== terms[0])) return null;
  if (decaying > 0 && terms.some((term) => term !== 0)) return null;
  if (decaying === 2)
    fillDecay(G, positions, (d) => (d === 0 || d === 1 ? 0 : lambda[0]! ** 2 * d * (d - 1) * rho ** (d - 2)));
  else if (decaying === 1) fillDecay(G, positions, (d) => (d === 0 ? 0 : 2 * lambda[0]! * d * rho ** (d - 1)));
  else if (terms[0] === 0) fillDecay(G, positions, (d) => 2 * rho ** d);
  else
    others.forEach(({ term }, i) => {
      if (term === terms[0]) G.data[(positions.length + i) * (q + 1)] = 2;
    });
  return G;
}

function fillDecay(G: Matrix, positions: Float64Array, of: (distance: number) => number): void {
  for (let i = 0; i < positions.length; i++)
    for (let j = 0; j < positions.length; j++) G.data[i * G.cols + j] = of(Math.abs(positions[i]! - positions[j]!));
}

const inner = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, i) => sum + v * y[i]!, 0);

function traceOf({ rows, cols, data }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += data[i * cols + i]!;
  return sum;
}

function addTo(to: Matrix, what: Matrix, weight = 1): void {
  for (let i = 0; i < to.data.length; i++) to.data[i]! += weight * what.data[i]!;
}
