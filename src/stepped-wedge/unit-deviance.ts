/**
 * The profiled deviance (ML) or REML criterion of a stepped wedge under one assignment, from the sums over its units
 * (unit-sums.ts), and its gradient. Its cost depends on the number of units and columns, not of rows or clients.
 *
 * Model      V = σ² V_θ; within a unit V_θ = I + φ ZZ' + C G C', φ = λ² of the leaf term, G with λ² of its term for each
 *            column of C, and λ₀² ρ^|t − s| between decaying effects. G = ΛΛ'.
 * Symbols    B = W'(I + φ ZZ')⁻¹W; H = I + Λ'B_cc Λ = LL'; U = L⁻¹Λ'B_cx; S = W_x'V_θ⁻¹W_x = B_xx − U'U summed over
 *            units, x = [X₀, T, y, R]; the outcome is y − δR. β, r² = (y − δR − Xβ)'V_θ⁻¹(…), Φ = (X'V_θ⁻¹X)⁻¹.
 * Criterion  log|V_θ| + m (1 + log(2π r²/m)), with REML + log|X'V_θ⁻¹X|; m = n − p, with ML n.
 * Gradient   With v = (β, −1, δ), κ = m/r², Ψ = Φ + κ vv' (ML: κ vv'): tr(Ψ dS) + d log|V_θ|, and
 *            dS = −F'dG F for F = C'V_θ⁻¹W_x = B_cx − B_cc E, E = ΛL⁻ᵀU; dS = [−E; I]'dB [−E; I] for the leaves.
 * Sources    Harville (1977) JASA 72:320 (REML and its derivatives); the Woodbury identity.
 * Checked    test/stepped-wedge/unit-deviance.test.ts: dense matrices, finite differences, mixed/linear-mixed.ts.
 */
import type { Method } from "../mixed/profiled-deviance.js";
import { choleskyInPlace } from "../numeric/cholesky.js";
import type { SumsBySwitch, UnitColumns, UnitSums } from "./unit-sums.js";

/** λ of each term in the order of Z, in residual standard deviations; then, with decay, its λ₀ and ρ. */
export interface UnitParameters {
  readonly lambda: Float64Array;
  readonly decay: { readonly lambda: number; readonly rho: number } | null;
}

export interface UnitSolution {
  /** Effect of T on y − δR, and on R. */
  readonly effect: number;
  readonly onReceived: number;
  /** Model-based standard error of the first. */
  readonly se: number;
}

/** The criterion at parameters x; gradient in λ's, then λ₀ and ρ. */
export interface UnitDeviance {
  readonly value: (at: UnitParameters) => number;
  readonly gradient: () => Float64Array;
  readonly solution: (at: UnitParameters) => UnitSolution;
}

/** What is left of a column beside those before it: less is rounding. */
const DEPENDENT = 1e-10;

interface UnitState {
  readonly k: number;
  readonly d: number;
  readonly sums: UnitSums;
  readonly positions: Float64Array;
  readonly term: readonly number[];
  /** d×d lower triangle. */
  readonly B: Float64Array;
  /** k×k, lower triangles. */
  readonly Lambda: Float64Array;
  readonly L: Float64Array;
  /** k×q. */
  readonly U: Float64Array;
}

/** Working memory, for the unit with the most columns. */
interface Scratch {
  /** k×k. */
  readonly Bcc: Float64Array;
  readonly half: Float64Array;
  readonly J: Float64Array;
  readonly M: Float64Array;
  readonly MB: Float64Array;
  /** k×q. */
  readonly E: Float64Array;
  readonly F: Float64Array;
  readonly EPsi: Float64Array;
  readonly FPsi: Float64Array;
  /** d×d. */
  readonly Y: Float64Array;
}

/**
 * @param assignment  the switch of each unit.
 * @param shift       δ.
 * @returns null when the fixed effects do not tell treatment apart.
 */
export function unitDeviance(
  { units, others: p0, leaf, sums }: SumsBySwitch,
  assignment: Int32Array,
  shift: number,
  terms: number,
  method: Method,
): UnitDeviance | null {
  const q = p0 + 3;
  const p = p0 + 1;
  const states = units.map((columns, u) => stateOf(columns, sums(u, assignment[u]!), q));
  const most = states.reduce((wide, { k }) => Math.max(wide, k), 0);
  const scratch = scratchFor(most, q);
  const dropped = dependentColumns(states, p, q);
  if (dropped[p0] === 1) return null;
  const rank = p - dropped.reduce((sum, is) => sum + is, 0);
  const n = states.reduce((sum, unit) => sum + unit.sums.rows, 0);
  const degrees = method === "REML" ? n - rank : n;
  const S = new Float64Array(q * q);
  /** Factor of X'V⁻¹X, and below it (y − δR)'V⁻¹X and R'V⁻¹X by the same factor. */
  const factor = new Float64Array((p + 2) * (p + 2));
  const b = p + 2;
  let at: UnitParameters = { lambda: new Float64Array(terms), decay: null };
  let rss = Number.NaN;

  const value = (parameters: UnitParameters): number => {
    at = parameters;
    const { lambda, decay } = parameters;
    const phi = leaf === -1 ? 0 : lambda[leaf]! ** 2;
    S.fill(0);
    let logDeterminant = 0;
    for (const unit of states) logDeterminant += addProducts(unit, phi, lambda, decay, q, scratch, S);
    if (Number.isNaN(logDeterminant)) return Number.NaN;
    // To the columns [X, y − δR, R], without those that depend on others.
    for (let i = 0; i < p; i++)
      for (let j = 0; j <= i; j++)
        factor[i * b + j] = dropped[i] === 1 || dropped[j] === 1 ? Number(i === j) : S[i * q + j]!;
    const [y, R] = [p * q, (p + 1) * q];
    for (let j = 0; j < p; j++) {
      factor[p * b + j] = dropped[j] === 1 ? 0 : S[y + j]! - shift * S[R + j]!;
      factor[(p + 1) * b + j] = dropped[j] === 1 ? 0 : S[R + j]!;
    }
    factor[p * b + p] = S[y + p]! - 2 * shift * S[R + p]! + shift * shift * S[R + p + 1]!;
    factor[(p + 1) * b + p] = S[R + p]! - shift * S[R + p + 1]!;
    factor[(p + 1) * b + p + 1] = S[R + p + 1]!;
    rss = borderedCholesky(factor, p, b);
    if (!(rss > 0)) return Number.NaN;
    let criterion = logDeterminant + degrees * (1 + Math.log((2 * Math.PI * rss) / degrees));
    if (method === "REML") for (let i = 0; i < p; i++) criterion += 2 * Math.log(factor[i * b + i]!);
    return criterion;
  };

  /** Coefficients on the outcome in row `row` of the factor. */
  const coefficients = (row: number): Float64Array => {
    const beta = new Float64Array(p);
    for (let i = p - 1; i >= 0; i--) {
      let sum = factor[row * b + i]!;
      for (let j = i + 1; j < p; j++) sum -= factor[j * b + i]! * beta[j]!;
      beta[i] = sum / factor[i * b + i]!;
    }
    return beta;
  };

  const gradient = (): Float64Array => {
    const { lambda, decay } = at;
    const slopes = new Float64Array(terms + (decay === null ? 0 : 2));
    const Psi = psi(factor, dropped, coefficients(p), { p, q, b, shift, kappa: degrees / rss, method });
    const phi = leaf === -1 ? 0 : lambda[leaf]! ** 2;
    let ofLeaf = 0;
    for (const unit of states) {
      const { k, d, B, term, positions } = unit;
      const { Bcc, M, MB, E, F, FPsi } = scratch;
      withinUnit(unit, q, scratch);
      for (let a = 0; a < k; a++) {
        for (let c = 0; c <= a; c++) {
          Bcc[a * k + c] = B[a * d + c]!;
          Bcc[c * k + a] = B[a * d + c]!;
        }
      }
      for (let a = 0; a < k; a++) {
        for (let j = 0; j < q; j++) {
          let sum = B[(k + j) * d + a]!;
          for (let c = 0; c < k; c++) sum -= Bcc[a * k + c]! * E[c * q + j]!;
          F[a * q + j] = sum;
        }
        for (let c = 0; c < k; c++) {
          let sum = 0;
          for (let i = 0; i < k; i++) sum += M[a * k + i]! * Bcc[i * k + c]!;
          MB[a * k + c] = sum;
        }
      }
      timesSymmetric(F, Psi, k, q, FPsi);
      // Of log|V| and of tr(Ψ S) in an entry of G.
      const inG = (a: number, c: number): number => {
        let sum = Bcc[a * k + c]!;
        for (let i = 0; i < k; i++) sum -= Bcc[a * k + i]! * MB[i * k + c]!;
        for (let j = 0; j < q; j++) sum -= FPsi[a * q + j]! * F[c * q + j]!;
        return sum;
      };
      const decaying = positions.length;
      for (let a = decaying; a < k; a++) slopes[term[a - decaying]!]! += 2 * lambda[term[a - decaying]!]! * inG(a, a);
      if (decay !== null) {
        for (let a = 0; a < decaying; a++) {
          for (let c = 0; c <= a; c++) {
            const distance = Math.abs(positions[a]! - positions[c]!);
            const twice = (a === c ? 1 : 2) * inG(a, c);
            slopes[terms]! += twice * 2 * decay.lambda * decay.rho ** distance;
            if (a !== c) slopes[terms + 1]! += twice * decay.lambda ** 2 * distance * decay.rho ** (distance - 1);
          }
        }
      }
      if (leaf !== -1) ofLeaf += leafSlope(unit, phi, Psi, q, scratch);
    }
    if (leaf !== -1) slopes[leaf]! += 2 * lambda[leaf]! * ofLeaf;
    return slopes;
  };

  const solution = (parameters: UnitParameters): UnitSolution => {
    if (Number.isNaN(value(parameters))) return { effect: Number.NaN, onReceived: Number.NaN, se: Number.NaN };
    // T is the last column of X: its own entry of Φ is that of the factor's last pivot.
    return {
      effect: coefficients(p)[p0]!,
      onReceived: coefficients(p + 1)[p0]!,
      se: Math.sqrt(rss / degrees) / factor[p0 * b + p0]!,
    };
  };
  return { value, gradient, solution };
}

/** The products of one unit, W_x'V_θ⁻¹W_x of its rows under a switch: q×q, q = p₀ + 3, lower triangle. */
export function unitProducts(
  { units, others, leaf, sums }: SumsBySwitch,
  unit: number,
  switched: number,
  { lambda, decay }: UnitParameters,
): Float64Array {
  const q = others + 3;
  const products = new Float64Array(q * q);
  const state = stateOf(units[unit]!, sums(unit, switched), q);
  const phi = leaf === -1 ? 0 : lambda[leaf]! ** 2;
  addProducts(state, phi, lambda, decay, q, scratchFor(state.k, q), products);
  return products;
}

function stateOf({ k, positions, term }: UnitColumns, sums: UnitSums, q: number): UnitState {
  const d = k + q;
  return {
    k,
    d,
    positions,
    term,
    sums,
    B: new Float64Array(d * d),
    Lambda: new Float64Array(k * k),
    L: new Float64Array(k * k),
    U: new Float64Array(k * q),
  };
}

/** Adds a unit's products to S, leaving B, L and U in its state; returns log|V_θ| of the unit, NaN when H has no factor. */
function addProducts(
  unit: UnitState,
  phi: number,
  lambda: Float64Array,
  decay: UnitParameters["decay"],
  q: number,
  scratch: Scratch,
  S: Float64Array,
): number {
  const { k, d, B, L, U } = unit;
  let logDeterminant = lessLeaves(unit.sums, phi, B, d);
  fillLambda(unit, lambda, decay);
  if (!factorRandom(unit, q, scratch)) return Number.NaN;
  for (let i = 0; i < k; i++) logDeterminant += 2 * Math.log(L[i * k + i]!);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = B[(k + i) * d + k + j]!;
      for (let a = 0; a < k; a++) sum -= U[a * q + i]! * U[a * q + j]!;
      S[i * q + j]! += sum;
    }
  }
  return logDeterminant;
}

/** Which of [X₀, T] depend on those before them over the rows used: 1. */
function dependentColumns(states: readonly UnitState[], p: number, q: number): Uint8Array {
  const products = new Float64Array(q * q);
  for (const { k, d, sums } of states)
    for (let i = 0; i < q; i++) for (let j = 0; j <= i; j++) products[i * q + j]! += sums.total[(k + i) * d + k + j]!;
  const dropped = new Uint8Array(p);
  for (let i = 0; i < p; i++) {
    const whole = products[i * q + i]!;
    for (let j = 0; j <= i; j++) {
      let sum = products[i * q + j]!;
      for (let a = 0; a < j; a++) if (dropped[a] === 0) sum -= products[i * q + a]! * products[j * q + a]!;
      if (j < i) products[i * q + j] = dropped[j] === 1 ? 0 : sum / products[j * q + j]!;
      else if (sum > DEPENDENT * whole) products[i * q + i] = Math.sqrt(sum);
      else dropped[i] = 1;
    }
  }
  return dropped;
}

function scratchFor(k: number, q: number): Scratch {
  const square = () => new Float64Array(k * k);
  const wide = () => new Float64Array(k * q);
  return {
    Bcc: square(),
    half: square(),
    J: square(),
    M: square(),
    MB: square(),
    E: wide(),
    F: wide(),
    EPsi: wide(),
    FPsi: wide(),
    Y: new Float64Array((k + q) ** 2),
  };
}

/** B = W'(I + φZZ')⁻¹W, d×d, its lower triangle in place; returns log|I + φZZ'|. */
function lessLeaves({ total, leaves }: UnitSums, phi: number, B: Float64Array, d: number): number {
  B.set(total);
  let logDeterminant = 0;
  for (const { size, count, squares } of leaves) {
    const weight = phi / (1 + size * phi);
    logDeterminant += count * Math.log1p(size * phi);
    if (weight === 0) continue;
    for (let i = 0; i < d; i++) {
      const end = i * d + i;
      for (let at = i * d; at <= end; at++) B[at]! -= weight * squares[at]!;
    }
  }
  return logDeterminant;
}

/** Λ: the Cholesky factor of λ₀²ρ^|t − s| has a closed form for positions in order. */
function fillLambda(
  { k, Lambda, positions, term }: UnitState,
  lambda: Float64Array,
  decay: UnitParameters["decay"],
): void {
  const decaying = positions.length;
  for (let j = 0; j < decaying; j++) {
    const step = j === 0 ? 0 : decay!.rho ** (positions[j]! - positions[j - 1]!);
    const own = decay!.lambda * (j === 0 ? 1 : Math.sqrt(Math.max(0, 1 - step * step)));
    for (let i = j; i < decaying; i++) Lambda[i * k + j] = own * decay!.rho ** (positions[i]! - positions[j]!);
  }
  for (let a = decaying; a < k; a++) Lambda[a * k + a] = lambda[term[a - decaying]!]!;
}

/** L of I + Λ'B_cc Λ and U = L⁻¹Λ'B_cx, in place. */
function factorRandom({ B, Lambda, L, U, k, d }: UnitState, q: number, { half }: Scratch): boolean {
  for (let a = 0; a < k; a++) {
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let c = j; c < k; c++) {
        const scale = Lambda[c * k + j]!;
        if (scale !== 0) sum += (a >= c ? B[a * d + c]! : B[c * d + a]!) * scale;
      }
      half[a * k + j] = sum;
    }
  }
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? 1 : 0;
      for (let a = i; a < k; a++) {
        const scale = Lambda[a * k + i]!;
        if (scale !== 0) sum += scale * half[a * k + j]!;
      }
      L[i * k + j] = sum;
    }
  }
  if (!choleskyInPlace(L, k)) return false;
  for (let i = 0; i < k; i++) {
    for (let x = 0; x < q; x++) {
      let sum = 0;
      const row = (k + x) * d;
      for (let a = i; a < k; a++) {
        const scale = Lambda[a * k + i]!;
        if (scale !== 0) sum += scale * B[row + a]!;
      }
      for (let j = 0; j < i; j++) sum -= L[i * k + j]! * U[j * q + x]!;
      U[i * q + x] = sum / L[i * k + i]!;
    }
  }
  return true;
}

/**
 * Factor of the leading p×p in place, and the two rows below it solved by it; returns what is left of the first of them,
 * r². NaN when the matrix is not positive definite.
 */
function borderedCholesky(a: Float64Array, p: number, b: number): number {
  for (let i = 0; i < p + 2; i++) {
    for (let j = 0; j <= Math.min(i, p - 1); j++) {
      let sum = a[i * b + j]!;
      for (let c = 0; c < j; c++) sum -= a[i * b + c]! * a[j * b + c]!;
      if (j < i) a[i * b + j] = sum / a[j * b + j]!;
      else if (sum > 0) a[i * b + i] = Math.sqrt(sum);
      else return Number.NaN;
    }
  }
  let left = a[p * b + p]!;
  for (let j = 0; j < p; j++) left -= a[p * b + j]! ** 2;
  return left;
}

interface PsiInput {
  readonly p: number;
  readonly q: number;
  readonly b: number;
  readonly shift: number;
  readonly kappa: number;
  readonly method: Method;
}

/** Ψ, q×q. */
function psi(
  factor: Float64Array,
  dropped: Uint8Array,
  beta: Float64Array,
  { p, q, b, shift, kappa, method }: PsiInput,
): Float64Array {
  const Psi = new Float64Array(q * q);
  if (method === "REML") {
    const half = new Float64Array(p * p);
    for (let j = 0; j < p; j++)
      for (let i = j; i < p; i++) {
        let sum = i === j ? 1 : 0;
        for (let c = j; c < i; c++) sum -= factor[i * b + c]! * half[c * p + j]!;
        half[i * p + j] = sum / factor[i * b + i]!;
      }
    for (let i = 0; i < p; i++)
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let c = i; c < p; c++) sum += half[c * p + i]! * half[c * p + j]!;
        Psi[i * q + j] = sum;
        Psi[j * q + i] = sum;
      }
    dropped.forEach((is, j) => {
      if (is === 1) Psi[j * q + j] = 0;
    });
  }
  const v = new Float64Array(q);
  v.set(beta);
  v[p] = -1;
  v[p + 1] = shift;
  for (let i = 0; i < q; i++) for (let j = 0; j < q; j++) Psi[i * q + j]! += kappa * v[i]! * v[j]!;
  return Psi;
}

/** E = ΛL⁻ᵀU, k×q, and M = ΛL⁻ᵀL⁻¹Λ', k×k, in place. */
function withinUnit({ k, L, U, Lambda }: UnitState, q: number, { J, M, E }: Scratch): void {
  // J = L⁻¹Λ'.
  for (let i = 0; i < k; i++) {
    for (let a = 0; a < k; a++) {
      let sum = a >= i ? Lambda[a * k + i]! : 0;
      for (let j = 0; j < i; j++) sum -= L[i * k + j]! * J[j * k + a]!;
      J[i * k + a] = sum / L[i * k + i]!;
    }
  }
  E.fill(0);
  M.fill(0);
  for (let i = 0; i < k; i++) {
    for (let a = 0; a < k; a++) {
      const weight = J[i * k + a]!;
      if (weight === 0) continue;
      for (let x = 0; x < q; x++) E[a * q + x]! += weight * U[i * q + x]!;
      for (let c = 0; c < k; c++) M[a * k + c]! += weight * J[i * k + c]!;
    }
  }
}

/** A Ψ for A k×q, in place. */
function timesSymmetric(A: Float64Array, Psi: Float64Array, k: number, q: number, product: Float64Array): void {
  for (let a = 0; a < k; a++) {
    for (let j = 0; j < q; j++) {
      let sum = 0;
      for (let i = 0; i < q; i++) sum += A[a * q + i]! * Psi[j * q + i]!;
      product[a * q + j] = sum;
    }
  }
}

/** Slope of the criterion in φ: of log|I + φZZ'|, and of log|H| and tr(Ψ S) by dB = −Σ squares/(1 + nφ)². */
function leafSlope(
  { k, d, sums }: UnitState,
  phi: number,
  Psi: Float64Array,
  q: number,
  { M, E, EPsi, Y }: Scratch,
): number {
  // Y = M + [−E; I] Ψ [−E; I]', so that the slope is −Σ tr(Y squares)/(1 + nφ)²; twice below the diagonal.
  timesSymmetric(E, Psi, k, q, EPsi);
  for (let a = 0; a < k; a++) {
    for (let c = 0; c <= a; c++) {
      let sum = M[a * k + c]!;
      for (let j = 0; j < q; j++) sum += EPsi[a * q + j]! * E[c * q + j]!;
      Y[a * d + c] = a === c ? sum : 2 * sum;
    }
  }
  for (let i = 0; i < q; i++) {
    for (let c = 0; c < k; c++) Y[(k + i) * d + c] = -2 * EPsi[c * q + i]!;
    for (let j = 0; j <= i; j++) Y[(k + i) * d + k + j] = (i === j ? 1 : 2) * Psi[i * q + j]!;
  }
  let slope = 0;
  for (const { size, count, squares } of sums.leaves) {
    slope += (count * size) / (1 + size * phi);
    let trace = 0;
    for (let i = 0; i < d; i++) {
      const end = i * d + i;
      for (let at = i * d; at <= end; at++) trace += Y[at]! * squares[at]!;
    }
    slope -= trace / (1 + size * phi) ** 2;
  }
  return slope;
}
