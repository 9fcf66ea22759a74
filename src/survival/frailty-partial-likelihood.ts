/**
 * The log partial likelihood of a Cox model with random effects, its score and information, and the derivative of
 * the information that Laplace's approximation needs, where a row touches few of the many columns: one level of
 * each grouping factor, and the p fixed columns.
 *
 * Model      h(t | x, b) = h0_s(t) exp(offset + x'β + z'b), one baseline hazard per stratum s.
 * Symbols    n rows, q random columns, p fixed columns, c = q + p (random first), r = w exp(η), R the random columns
 *            that one row touches. At one event time: S0 = Σ r, S = Σ r (z, x) over those at risk, Sd over the dying.
 * Ties       Term k = 0 … d − 1 of d tied events sees S − f Sd with f = k/d (Efron) or 0 (Breslow), each with the mean
 *            weight of the dying, as in R's survival.
 * Cost       H = Σ r A xx' − M with M = Σ m SS'/S0² over the terms. Not as a sum of squares, which costs q² for each
 *            event, but over pairs of rows, M = Σ r_i r_j x_i x_j' Σ m/S0² over the terms that see both. From the latest
 *            event time to the earliest that inner sum is C(g), all of m/S0² from g on, when the later row of the
 *            pair enters at g, less C(g) when the first of them leaves: a row that enters or leaves meets S of the
 *            others once, in the few random columns it has. A fixed column of H is the derivative of the score along it, of O(n).
 *            O(n R q + n p (R + p)) in time, O(n + c²) in memory. All sums are of terms
 *            of one sign where observation begins at 0 and no events are tied.
 * Sources    Cox (1972) JRSS B 34:187–220; Efron (1977) JASA 72:557–565; Ripatti & Palmgren (2000) Biometrics
 *            56:1016–1022; Therneau, Grambsch & Pankratz (2003) JCGS 12:156–175.
 * Checked    test/survival/frailty-partial-likelihood.test.ts (the definition term by term; finite differences).
 */
import { type Matrix, zeros } from "../numeric/matrix.js";
import { latestFirst } from "./latest-first.js";
import type { Ties } from "./tied-events.js";

/** Times of n rows. */
export interface ObservedTimes {
  /** null: all from 0. */
  readonly start: Float64Array | null;
  readonly time: Float64Array;
  /** 1: event; anything else: none. */
  readonly event: Int32Array;
  /** Codes; null: one stratum. */
  readonly strata: Int32Array | null;
  /** null: all 1. A row of weight 0 is as if it were not there. */
  readonly weights: Float64Array | null;
}

/** The columns of one grouping factor: row i has `values` in columns first + codes[i] k … + k − 1. */
export interface RandomColumns {
  readonly first: number;
  readonly k: number;
  readonly codes: Int32Array;
  /** n×k. */
  readonly values: Matrix;
}

export interface FrailtyDesign {
  readonly q: number;
  readonly random: readonly RandomColumns[];
  /** n×p. */
  readonly X: Matrix;
}

/** At one η. */
export interface PartialLikelihood {
  readonly logLik: number;
  /**
   * n: slope of the log partial likelihood in each row's η, its martingale residual times its weight. Overwritten by the
   * next call, as is `expected`.
   */
  readonly residuals: Float64Array;
  /** n: expected events r A, the weight of an event less that. */
  readonly expected: Float64Array;
}

export interface FrailtyPartialLikelihood {
  /** O(n). The other functions are at the η last given to this one. */
  readonly at: (eta: Float64Array) => PartialLikelihood;
  /** Slopes in the c columns of a slope in η: (Z, X)'v. */
  readonly toColumns: (v: Float64Array) => Float64Array;
  /** c×c: minus the Hessian of the log partial likelihood. */
  readonly information: () => Matrix;
  /** n: ∂/∂η of tr(G H) with H the random part of `information`, for a symmetric G q×q. Overwritten by the next call. */
  readonly traceSlope: (G: Matrix) => Float64Array;
}

/**
 * Who is at risk at each event time. Event times are numbered by stratum and then from the latest to the earliest,
 * so that without late entry risk sets only grow.
 */
interface RiskSets {
  readonly count: number;
  /** The event times of stratum s are stratumStart[s] … stratumStart[s + 1] − 1. */
  readonly stratumStart: Int32Array;
  /** Rows in the order in which they enter, by event time. */
  readonly entering: Int32Array;
  readonly enterStart: Int32Array;
  /** Rows that were at risk at the event time before (later in time) and no longer are: not yet under observation. */
  readonly leaving: Int32Array;
  readonly leaveStart: Int32Array;
  readonly dying: Int32Array;
  readonly dyingStart: Int32Array;
  /** n: the latest event time at which a row is at risk, −1 when it never is; and the earliest. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** n: 1 for a row with an event. */
  readonly dies: Uint8Array;
}

/** Weights of the d terms of one event time: Σ m/S0^a f^b over them. */
interface TermSums {
  /** Power 1: with f⁰ and f¹. */
  readonly one: Float64Array;
  readonly oneF: Float64Array;
  /** Power 2: with f⁰, f¹ and f². */
  readonly two: Float64Array;
  readonly twoF: Float64Array;
  readonly twoFF: Float64Array;
}

/**
 * All that the functions below work on, in place. They are outside of one another and take what they use into constants of their
 * own: closures over arrays made anew for each fit are compiled to look each of them up at every use, which costs half the time.
 */
interface Kernel extends RiskSets {
  readonly n: number;
  readonly q: number;
  readonly p: number;
  readonly X: Matrix;
  readonly isEfron: boolean;
  readonly weight: Float64Array;
  /** n×R: see touchedColumns. */
  readonly index: Int32Array;
  readonly value: Float64Array;
  readonly touched: number;
  /** n. */
  readonly r: Float64Array;
  readonly hazard: Float64Array;
  readonly residuals: Float64Array;
  /** Of each event time. */
  readonly S0: Float64Array;
  readonly dyingRisk: Float64Array;
  readonly meanWeight: Float64Array;
  readonly sums: TermSums;
  /** C(g): Σ m/S0² over the terms of event time g and of the earlier ones (later in number) of its stratum. */
  readonly earlier: Float64Array;
  /** q, of the random columns: over those at risk, over the dying, and to work with. */
  readonly S: Float64Array;
  readonly Sd: Float64Array;
  readonly V: Float64Array;
  /** Of the passes over one column: n, and one for each event time. */
  readonly slope: Float64Array;
  readonly all: Float64Array;
  readonly ofOwn: Float64Array;
  /** Of traceSlope: n, and one for each event time. */
  readonly own: Float64Array;
  readonly mixed: Float64Array;
  readonly scalars: Float64Array;
  readonly traced: Float64Array;
  readonly scalar: Float64Array;
  readonly scalarOwn: Float64Array;
}

export function frailtyPartialLikelihood(
  times: ObservedTimes,
  { q, random, X }: FrailtyDesign,
  ties: Ties,
): FrailtyPartialLikelihood {
  const sets = riskSets(times);
  const { count, dying, dyingStart } = sets;
  const n = times.time.length;
  const weight = times.weights ?? new Float64Array(n).fill(1);
  const rows = (): Float64Array => new Float64Array(n);
  const events = (): Float64Array => new Float64Array(count);
  const columns = (): Float64Array => new Float64Array(q);
  const meanWeight = events();
  for (let g = 0; g < count; g++) {
    for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) meanWeight[g]! += weight[dying[a]!]!;
    meanWeight[g]! /= dyingStart[g + 1]! - dyingStart[g]!;
  }
  const kernel: Kernel = {
    ...sets,
    ...{ n, q, p: X.cols, X, isEfron: ties === "efron", weight, meanWeight },
    ...touchedColumns(random, n),
    ...{ r: rows(), hazard: rows(), residuals: rows(), S0: events(), dyingRisk: events(), earlier: events() },
    sums: { one: events(), oneF: events(), two: events(), twoF: events(), twoFF: events() },
    ...{ S: columns(), Sd: columns(), V: columns(), slope: rows(), all: events(), ofOwn: events() },
    ...{ own: rows(), mixed: rows(), scalars: rows(), traced: rows(), scalar: events(), scalarOwn: events() },
  };
  return {
    at: (eta) => evaluate(kernel, eta),
    toColumns: (v) => toColumns(kernel, v),
    information: () => information(kernel),
    traceSlope: (G) => traceSlope(kernel, G.data),
  };
}

function evaluate(kernel: Kernel, eta: Float64Array): PartialLikelihood {
  const { n, r, weight, S0, dyingRisk, stratumStart, entering, enterStart, leaving, leaveStart } = kernel;
  const { dying, dyingStart, dies, hazard, residuals, sums } = kernel;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++) if (eta[i]! > highest) highest = eta[i]!;
  for (let i = 0; i < n; i++) r[i] = weight[i]! * Math.exp(eta[i]! - highest);
  let logLik = 0;
  for (let s = 0; s + 1 < stratumStart.length; s++) {
    let total = 0;
    for (let g = stratumStart[s]!; g < stratumStart[s + 1]!; g++) {
      for (let a = leaveStart[g]!; a < leaveStart[g + 1]!; a++) total -= r[leaving[a]!]!;
      for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++) total += r[entering[a]!]!;
      let ofDying = 0;
      for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) {
        const i = dying[a]!;
        ofDying += r[i]!;
        logLik += weight[i]! * (eta[i]! - highest);
      }
      S0[g] = total;
      dyingRisk[g] = ofDying;
    }
  }
  logLik -= sumTerms(kernel);
  // w δ − r A, with A the cumulative hazard of a row while it is at risk; leaves r A.
  sumWhileAtRisk(kernel, sums.one, sums.oneF, hazard);
  for (let i = 0; i < n; i++) {
    hazard[i]! *= r[i]!;
    residuals[i] = (dies[i] === 1 ? weight[i]! : 0) - hazard[i]!;
  }
  return { logLik, residuals, expected: hazard };
}

/** Fill the sums over the terms of each event time; Σ m log S0 over all. */
function sumTerms({ count, dyingStart, meanWeight, S0, dyingRisk, isEfron, sums }: Kernel): number {
  const { one, oneF, two, twoF, twoFF } = sums;
  let logs = 0;
  for (let g = 0; g < count; g++) {
    const d = dyingStart[g + 1]! - dyingStart[g]!;
    const m = meanWeight[g]!;
    const total = S0[g]!;
    if (d === 1) {
      one[g] = m / total;
      two[g] = m / total / total;
      logs += m * Math.log(total);
      continue;
    }
    const ofDying = dyingRisk[g]!;
    let w0 = 0;
    let w0F = 0;
    let w1 = 0;
    let w1F = 0;
    let w1FF = 0;
    for (let k = 0; k < d; k++) {
      const f = isEfron ? k / d : 0;
      const s0 = total - f * ofDying;
      const w = m / s0;
      logs += m * Math.log(s0);
      w0 += w;
      w0F += w * f;
      w1 += w / s0;
      w1F += (w * f) / s0;
      w1FF += (w * f * f) / s0;
    }
    one[g] = w0;
    oneF[g] = w0F;
    two[g] = w1;
    twoF[g] = w1F;
    twoFF[g] = w1FF;
  }
  return logs;
}

/** Σ of `all` over the event times at which a row is at risk, less `own` at the one at which it dies; n. */
function sumWhileAtRisk(
  { stratumStart, entering, enterStart, leaving, leaveStart, dying, dyingStart }: Kernel,
  all: Float64Array,
  own: Float64Array,
  out: Float64Array,
): void {
  out.fill(0);
  for (let s = 0; s + 1 < stratumStart.length; s++) {
    const final = stratumStart[s + 1]! - 1;
    let total = 0;
    for (let g = final; g >= stratumStart[s]!; g--) {
      if (g < final) for (let a = leaveStart[g + 1]!; a < leaveStart[g + 2]!; a++) out[leaving[a]!]! -= total;
      total += all[g]!;
      for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++) out[entering[a]!]! += total;
      for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) out[dying[a]!]! -= own[g]!;
    }
  }
}

function toColumns({ n, q, p, X: { data }, index, value, touched }: Kernel, v: Float64Array): Float64Array {
  const slopes = new Float64Array(q + p);
  for (let i = 0; i < n; i++) {
    const vi = v[i]!;
    for (let a = i * touched; a < (i + 1) * touched; a++) slopes[index[a]!]! += value[a]! * vi;
    for (let j = 0; j < p; j++) slopes[q + j]! += data[i * p + j]! * vi;
  }
  return slopes;
}

// ── sums over pairs of rows ────────────────────────────────────────────────────────────────────

function addEarlier({ stratumStart, sums: { two }, earlier }: Kernel): void {
  for (let s = 0; s + 1 < stratumStart.length; s++) {
    let total = 0;
    for (let g = stratumStart[s + 1]! - 1; g >= stratumStart[s]!; g--) {
      total += two[g]!;
      earlier[g] = total;
    }
  }
}

/** `to` + scale z_i. */
function addRow({ index, value, touched }: Kernel, i: number, scale: number, to: Float64Array): void {
  for (let a = i * touched; a < (i + 1) * touched; a++) to[index[a]!]! += scale * value[a]!;
}

function sumDying(kernel: Kernel, g: number): void {
  const { Sd, r, dying, dyingStart } = kernel;
  Sd.fill(0);
  for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) addRow(kernel, dying[a]!, r[dying[a]!]!, Sd);
}

function information(kernel: Kernel): Matrix {
  const { q, p } = kernel;
  const c = q + p;
  const H = zeros(c, c);
  addRandomBlock(kernel, H.data);
  for (let j = 0; j < p; j++) {
    const column = toColumns(kernel, slopeAlong(kernel, j));
    for (let i = 0; i <= q + j; i++) {
      H.data[i * c + q + j] = column[i]!;
      H.data[(q + j) * c + i] = column[i]!;
    }
  }
  return H;
}

/** n, in `slope`: minus the derivative of the residuals along fixed column j, r (A x − Σ ρ m S/S0²) with S of that column alone. */
function slopeAlong(kernel: Kernel, j: number): Float64Array {
  const { n, p, r, hazard, slope, all, ofOwn } = kernel;
  const { stratumStart, entering, enterStart, leaving, leaveStart, dying, dyingStart } = kernel;
  const { two, twoF, twoFF } = kernel.sums;
  const { data } = kernel.X;
  for (let s = 0; s + 1 < stratumStart.length; s++) {
    let total = 0;
    for (let g = stratumStart[s]!; g < stratumStart[s + 1]!; g++) {
      for (let a = leaveStart[g]!; a < leaveStart[g + 1]!; a++) total -= r[leaving[a]!]! * data[leaving[a]! * p + j]!;
      for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++) total += r[entering[a]!]! * data[entering[a]! * p + j]!;
      let ofDying = 0;
      for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) ofDying += r[dying[a]!]! * data[dying[a]! * p + j]!;
      all[g] = two[g]! * total - twoF[g]! * ofDying;
      ofOwn[g] = twoF[g]! * total - twoFF[g]! * ofDying;
    }
  }
  sumWhileAtRisk(kernel, all, ofOwn, slope);
  for (let i = 0; i < n; i++) slope[i] = hazard[i]! * data[i * p + j]! - r[i]! * slope[i]!;
  return slope;
}

/** H ← the block of the random columns, c wide. */
function addRandomBlock(kernel: Kernel, H: Float64Array): void {
  const { n, q, p, r, hazard, S, Sd, V, earlier, isEfron, index, value, touched } = kernel;
  const { stratumStart, entering, enterStart, leaving, leaveStart, dying, dyingStart } = kernel;
  const { twoF, twoFF } = kernel.sums;
  const c = q + p;
  addEarlier(kernel);
  // B with M = B + B'.
  for (let s = 0; s + 1 < stratumStart.length; s++) {
    S.fill(0);
    for (let g = stratumStart[s]!; g < stratumStart[s + 1]!; g++) {
      const C = earlier[g]!;
      // A row with itself counts half, for B' is added.
      for (let a = leaveStart[g]!; a < leaveStart[g + 1]!; a++) {
        const i = leaving[a]!;
        addRow(kernel, i, -r[i]! / 2, S);
        for (let b = i * touched; b < (i + 1) * touched; b++) addScaled(H, index[b]! * c, -C * r[i]! * value[b]!, S, q);
        addRow(kernel, i, -r[i]! / 2, S);
      }
      for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++) {
        const i = entering[a]!;
        const half = r[i]! / 2;
        const scale = C * r[i]!;
        const end = (i + 1) * touched;
        for (let b = i * touched; b < end; b++) S[index[b]!]! += half * value[b]!;
        for (let b = i * touched; b < end; b++) addScaled(H, index[b]! * c, scale * value[b]!, S, q);
        for (let b = i * touched; b < end; b++) S[index[b]!]! += half * value[b]!;
      }
      if (!isEfron || dyingStart[g + 1]! - dyingStart[g]! === 1) continue;
      sumDying(kernel, g);
      const half = twoFF[g]! / 2;
      const full = twoF[g]!;
      for (let j = 0; j < q; j++) V[j] = half * Sd[j]! - full * S[j]!;
      for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) {
        const i = dying[a]!;
        for (let b = i * touched; b < (i + 1) * touched; b++) addScaled(H, index[b]! * c, r[i]! * value[b]!, V, q);
      }
    }
  }
  for (let j = 0; j < q; j++)
    for (let l = 0; l <= j; l++) {
      const both = -(H[j * c + l]! + H[l * c + j]!);
      H[j * c + l] = both;
      H[l * c + j] = both;
    }
  for (let i = 0; i < n; i++) {
    const h = hazard[i]!;
    for (let a = i * touched; a < (i + 1) * touched; a++)
      for (let b = i * touched; b < (i + 1) * touched; b++) H[index[a]! * c + index[b]!]! += h * value[a]! * value[b]!;
  }
}

/** z_i'G v. */
function along({ q, index, value, touched }: Kernel, G: Float64Array, i: number, v: Float64Array): number {
  let sum = 0;
  for (let a = i * touched; a < (i + 1) * touched; a++) sum += value[a]! * productFrom(G, index[a]! * q, v, q);
  return sum;
}

function traceSlope(kernel: Kernel, G: Float64Array): Float64Array {
  const { n, q, r, hazard, S, Sd, S0, dyingRisk, meanWeight, earlier, isEfron, index, value, touched, last } = kernel;
  const { stratumStart, entering, enterStart, leaving, leaveStart, dying, dyingStart } = kernel;
  const { twoF, twoFF } = kernel.sums;
  const { own, mixed, scalars, traced, scalar, scalarOwn } = kernel;
  // own: z_i'G z_i; mixed: Σ ρ m z'GS/S0².
  own.fill(0);
  mixed.fill(0);
  scalar.fill(0);
  scalarOwn.fill(0);
  for (let i = 0; i < n; i++)
    for (let a = i * touched; a < (i + 1) * touched; a++)
      for (let b = i * touched; b < (i + 1) * touched; b++)
        own[i]! += value[a]! * value[b]! * G[index[a]! * q + index[b]!]!;

  // ∂/∂η_l = r_l Σ ρ (m z'Gz/S0 − m T/S0² − 2 m z'GS/S0² + 2 m S'GS/S0³) over the terms that see l, with T = Σ r z'Gz,
  // S of the term (less f of the dying) and ρ = 1 − f for a row that dies there, else 1.
  addEarlier(kernel);
  for (let s = 0; s + 1 < stratumStart.length; s++) {
    const from = stratumStart[s]!;
    const to = stratumStart[s + 1]!;
    // Pairs at the row that enters or leaves while the other is at risk.
    S.fill(0);
    let T = 0;
    let SGS = 0;
    for (let g = from; g < to; g++) {
      const C = earlier[g]!;
      for (let a = leaveStart[g]!; a < leaveStart[g + 1]!; a++) {
        const i = leaving[a]!;
        addRow(kernel, i, -r[i]!, S);
        const others = along(kernel, G, i, S);
        T -= r[i]! * own[i]!;
        SGS -= r[i]! * (2 * others + r[i]! * own[i]!);
        mixed[i]! -= C * (others + r[i]! * own[i]!);
      }
      for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++) {
        const i = entering[a]!;
        const others = along(kernel, G, i, S);
        T += r[i]! * own[i]!;
        SGS += r[i]! * (2 * others + r[i]! * own[i]!);
        mixed[i]! += C * (others + r[i]! * own[i]!);
        addRow(kernel, i, r[i]!, S);
      }
      const d = dyingStart[g + 1]! - dyingStart[g]!;
      let Td = 0;
      let dGS = 0;
      let dGd = 0;
      if (isEfron && d > 1) {
        sumDying(kernel, g);
        for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) {
          const i = dying[a]!;
          const withAll = along(kernel, G, i, S);
          const withDying = along(kernel, G, i, Sd);
          Td += r[i]! * own[i]!;
          dGS += r[i]! * withAll;
          dGd += r[i]! * withDying;
          mixed[i]! -= twoF[g]! * withAll - twoFF[g]! * withDying;
        }
      }
      for (let k = 0; k < d; k++) {
        const f = isEfron ? k / d : 0;
        const s0 = S0[g]! - f * dyingRisk[g]!;
        const product = SGS - 2 * f * dGS + f * f * dGd;
        const term = (meanWeight[g]! / (s0 * s0)) * ((2 * product) / s0 - (T - f * Td));
        scalar[g]! += term;
        scalarOwn[g]! += f * term;
      }
    }
    // The same pairs at the other row: what happens after a row enters and before it leaves.
    S.fill(0);
    for (let g = to - 1; g >= from; g--) {
      const C = earlier[g]!;
      if (isEfron && dyingStart[g + 1]! - dyingStart[g]! > 1)
        for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++)
          addRow(kernel, dying[a]!, -twoF[g]! * r[dying[a]!]!, S);
      for (let a = enterStart[g + 1]! - 1; a >= enterStart[g]!; a--) {
        const i = entering[a]!;
        mixed[i]! += along(kernel, G, i, S);
        addRow(kernel, i, C * r[i]!, S);
      }
      for (let a = leaveStart[g + 1]! - 1; a >= leaveStart[g]!; a--) {
        const i = leaving[a]!;
        addRow(kernel, i, -C * r[i]!, S);
        mixed[i]! -= along(kernel, G, i, S);
      }
    }
  }
  sumWhileAtRisk(kernel, scalar, scalarOwn, scalars);
  for (let i = 0; i < n; i++)
    traced[i] = last[i]! < 0 ? 0 : r[i]! * (scalars[i]! - 2 * mixed[i]!) + hazard[i]! * own[i]!;
  return traced;
}

/** The random columns of each row: n×R indices and values. */
function touchedColumns(random: readonly RandomColumns[], n: number) {
  const touched = random.reduce((sum, { k }) => sum + k, 0);
  const index = new Int32Array(n * touched);
  const value = new Float64Array(n * touched);
  let offset = 0;
  for (const { first, k, codes, values } of random) {
    for (let i = 0; i < n; i++)
      for (let j = 0; j < k; j++) {
        index[i * touched + offset + j] = first + codes[i]! * k + j;
        value[i * touched + offset + j] = values.data[i * k + j]!;
      }
    offset += k;
  }
  return { index, value, touched };
}

function riskSets({ start, time, event, strata, weights }: ObservedTimes): RiskSets {
  const n = time.length;
  const stratum = strata ?? new Int32Array(n);
  const first = new Int32Array(n).fill(-1);
  const last = new Int32Array(n).fill(-1);
  const dies = new Uint8Array(n);
  const order = latestFirst(stratum, time, null);
  /** By event time: when it is. */
  const at: number[] = [];
  const stratumStart: number[] = [];
  const dyingRows: number[] = [];
  const dyingStart: number[] = [];
  let open = -1;
  for (const i of order) {
    if (stratum[i] !== open) {
      stratumStart.push(at.length);
      open = stratum[i]!;
    }
    if (event[i] !== 1 || weights?.[i] === 0) continue;
    if (at.length === stratumStart.at(-1)! || at.at(-1) !== time[i]) {
      at.push(time[i]!);
      dyingStart.push(dyingRows.length);
    }
    dyingRows.push(i);
    dies[i] = 1;
  }
  stratumStart.push(at.length);
  dyingStart.push(dyingRows.length);

  // Event times at which a row is at risk: start < t ≤ time.
  const count = at.length;
  const enters = new Int32Array(count + 1);
  const leaves = new Int32Array(count + 1);
  let s = -1;
  open = -1;
  for (const i of order) {
    if (stratum[i] !== open) {
      s++;
      open = stratum[i]!;
    }
    const [from, to] = [stratumStart[s]!, stratumStart[s + 1]!];
    const earliest = start === null ? to - 1 : search(at, from, to, (t) => t <= start[i]!) - 1;
    const latest = search(at, from, to, (t) => t <= time[i]!);
    if (latest > earliest || weights?.[i] === 0) continue;
    first[i] = latest;
    last[i] = earliest;
    enters[latest + 1]!++;
    if (earliest + 1 < to) leaves[earliest + 2]!++;
  }
  for (let g = 0; g < count; g++) {
    enters[g + 1]! += enters[g]!;
    leaves[g + 1]! += leaves[g]!;
  }
  const entering = new Int32Array(enters[count]!);
  const leaving = new Int32Array(leaves[count]!);
  const nextEntering = enters.slice();
  const nextLeaving = leaves.slice();
  const endOf = new Int32Array(count);
  for (let t = 0; t + 1 < stratumStart.length; t++)
    endOf.fill(stratumStart[t + 1]!, stratumStart[t]!, stratumStart[t + 1]!);
  for (const i of order) {
    if (first[i]! < 0) continue;
    entering[nextEntering[first[i]!]!++] = i;
    if (last[i]! + 1 < endOf[first[i]!]!) leaving[nextLeaving[last[i]! + 1]!++] = i;
  }
  return {
    count,
    stratumStart: Int32Array.from(stratumStart),
    entering,
    enterStart: enters,
    leaving,
    leaveStart: leaves,
    dying: Int32Array.from(dyingRows),
    dyingStart: Int32Array.from(dyingStart),
    first,
    last,
    dies,
  };
}

/** First index in [from, to) for which `holds`, which is false and then true; `to` when it never is. */
function search(at: readonly number[], from: number, to: number, holds: (t: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(at[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** to[at …] ← to[at …] + scale v, n entries. */
function addScaled(to: Float64Array, at: number, scale: number, v: Float64Array, n: number): void {
  let j = 0;
  for (; j + 3 < n; j += 4) {
    to[at + j]! += scale * v[j]!;
    to[at + j + 1]! += scale * v[j + 1]!;
    to[at + j + 2]! += scale * v[j + 2]!;
    to[at + j + 3]! += scale * v[j + 3]!;
  }
  for (; j < n; j++) to[at + j]! += scale * v[j]!;
}

/** a[at …]'v, n entries; in four sums, for each addition waits for the one before. */
function productFrom(a: Float64Array, at: number, v: Float64Array, n: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let j = 0;
  for (; j + 3 < n; j += 4) {
    s0 += a[at + j]! * v[j]!;
    s1 += a[at + j + 1]! * v[j + 1]!;
    s2 += a[at + j + 2]! * v[j + 2]!;
    s3 += a[at + j + 3]! * v[j + 3]!;
  }
  for (; j < n; j++) s0 += a[at + j]! * v[j]!;
  return s0 + s1 + (s2 + s3);
}
