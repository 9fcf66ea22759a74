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

export function frailtyPartialLikelihood(
  times: ObservedTimes,
  { q, random, X }: FrailtyDesign,
  ties: Ties,
): FrailtyPartialLikelihood {
  const sets = riskSets(times);
  const { count, stratumStart, entering, enterStart, leaving, leaveStart, dying, dyingStart, last, dies } = sets;
  const n = times.time.length;
  const p = X.cols;
  const c = q + p;
  const weight = times.weights ?? new Float64Array(n).fill(1);
  const { index, value, touched } = touchedColumns(random, n);

  const r = new Float64Array(n);
  const hazard = new Float64Array(n);
  const residuals = new Float64Array(n);
  /** Of the passes over one column: n, and one for each event time. */
  const slope = new Float64Array(n);
  const all = new Float64Array(count);
  const ofOwn = new Float64Array(count);
  const S0 = new Float64Array(count);
  const dyingRisk = new Float64Array(count);
  const meanWeight = new Float64Array(count);
  for (let g = 0; g < count; g++) {
    for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) meanWeight[g]! += weight[dying[a]!]!;
    meanWeight[g]! /= dyingStart[g + 1]! - dyingStart[g]!;
  }
  const vector = (): Float64Array => new Float64Array(count);
  const sums: TermSums = { one: vector(), oneF: vector(), two: vector(), twoF: vector(), twoFF: vector() };
  const share = (g: number, k: number): number => (ties === "efron" ? k / (dyingStart[g + 1]! - dyingStart[g]!) : 0);

  const at = (eta: Float64Array): PartialLikelihood => {
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
        logLik -= termSums(g, total, ofDying);
      }
    }
    return { logLik, residuals: martingale(), expected: hazard };
  };

  /** Fill the sums over the terms of one event time; Σ m log S0 over them. */
  const termSums = (g: number, total: number, ofDying: number): number => {
    const d = dyingStart[g + 1]! - dyingStart[g]!;
    const m = meanWeight[g]!;
    if (d === 1) {
      sums.one[g] = m / total;
      sums.two[g] = m / total / total;
      return m * Math.log(total);
    }
    let logs = 0;
    let one = 0;
    let oneF = 0;
    let two = 0;
    let twoF = 0;
    let twoFF = 0;
    for (let k = 0; k < d; k++) {
      const f = ties === "efron" ? k / d : 0;
      const s0 = total - f * ofDying;
      const w = m / s0;
      logs += m * Math.log(s0);
      one += w;
      oneF += w * f;
      two += w / s0;
      twoF += (w * f) / s0;
      twoFF += (w * f * f) / s0;
    }
    sums.one[g] = one;
    sums.oneF[g] = oneF;
    sums.two[g] = two;
    sums.twoF[g] = twoF;
    sums.twoFF[g] = twoFF;
    return logs;
  };

  /** w δ − r A, with A the cumulative hazard of a row while it is at risk; leaves r A. */
  const martingale = (): Float64Array => {
    sumWhileAtRisk(sums.one, sums.oneF, hazard);
    for (let i = 0; i < n; i++) {
      hazard[i]! *= r[i]!;
      residuals[i] = (dies[i] === 1 ? weight[i]! : 0) - hazard[i]!;
    }
    return residuals;
  };

  /** Σ of `all` over the event times at which a row is at risk, less `own` at the one at which it dies; n. */
  const sumWhileAtRisk = (all: Float64Array, own: Float64Array, out: Float64Array): void => {
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
  };

  const toColumns = (v: Float64Array): Float64Array => {
    const slopes = new Float64Array(c);
    for (let i = 0; i < n; i++) {
      const vi = v[i]!;
      for (let a = i * touched; a < (i + 1) * touched; a++) slopes[index[a]!]! += value[a]! * vi;
      for (let j = 0; j < p; j++) slopes[q + j]! += X.data[i * p + j]! * vi;
    }
    return slopes;
  };

  // ── sums over pairs of rows ────────────────────────────────────────────────────────────────────

  const tied = (g: number): boolean => ties === "efron" && dyingStart[g + 1]! - dyingStart[g]! > 1;
  /** q, of the random columns. */
  const S = new Float64Array(q);
  const Sd = new Float64Array(q);
  /** C(g): Σ m/S0² over the terms of event time g and of the earlier ones (later in number) of its stratum. */
  const earlier = new Float64Array(count);
  const addEarlier = (): void => {
    for (let s = 0; s + 1 < stratumStart.length; s++) {
      let total = 0;
      for (let g = stratumStart[s + 1]! - 1; g >= stratumStart[s]!; g--) {
        total += sums.two[g]!;
        earlier[g] = total;
      }
    }
  };
  const addRow = (i: number, scale: number, to: Float64Array): void => {
    for (let a = i * touched; a < (i + 1) * touched; a++) to[index[a]!]! += scale * value[a]!;
  };
  const sumDying = (g: number): void => {
    Sd.fill(0);
    for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) addRow(dying[a]!, r[dying[a]!]!, Sd);
  };

  const information = (): Matrix => {
    const H = zeros(c, c);
    addRandomBlock(H.data);
    for (let j = 0; j < p; j++) {
      const column = toColumns(slopeAlong(j));
      for (let i = 0; i <= q + j; i++) {
        H.data[i * c + q + j] = column[i]!;
        H.data[(q + j) * c + i] = column[i]!;
      }
    }
    return H;
  };

  /** n, in `slope`: minus the derivative of the residuals along fixed column j, r (A x − Σ ρ m S/S0²) with S of that column alone. */
  const slopeAlong = (j: number): Float64Array => {
    for (let s = 0; s + 1 < stratumStart.length; s++) {
      let total = 0;
      for (let g = stratumStart[s]!; g < stratumStart[s + 1]!; g++) {
        for (let a = leaveStart[g]!; a < leaveStart[g + 1]!; a++)
          total -= r[leaving[a]!]! * X.data[leaving[a]! * p + j]!;
        for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++)
          total += r[entering[a]!]! * X.data[entering[a]! * p + j]!;
        let ofDying = 0;
        for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) ofDying += r[dying[a]!]! * X.data[dying[a]! * p + j]!;
        all[g] = sums.two[g]! * total - sums.twoF[g]! * ofDying;
        ofOwn[g] = sums.twoF[g]! * total - sums.twoFF[g]! * ofDying;
      }
    }
    sumWhileAtRisk(all, ofOwn, slope);
    for (let i = 0; i < n; i++) slope[i] = hazard[i]! * X.data[i * p + j]! - r[i]! * slope[i]!;
    return slope;
  };

  /** H ← the block of the random columns, c wide. */
  const V = new Float64Array(q);
  const addRandomBlock = (H: Float64Array): void => {
    /** B + scale z V', where M = B + B'. */
    const addOuter = (i: number, scale: number, V: Float64Array): void => {
      for (let a = i * touched; a < (i + 1) * touched; a++) addScaled(H, index[a]! * c, scale * value[a]!, V, q);
    };
    addEarlier();
    for (let s = 0; s + 1 < stratumStart.length; s++) {
      S.fill(0);
      for (let g = stratumStart[s]!; g < stratumStart[s + 1]!; g++) {
        const C = earlier[g]!;
        // A row with itself counts half, for B' is added.
        for (let a = leaveStart[g]!; a < leaveStart[g + 1]!; a++) {
          const i = leaving[a]!;
          addRow(i, -r[i]! / 2, S);
          addOuter(i, -C * r[i]!, S);
          addRow(i, -r[i]! / 2, S);
        }
        for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++) {
          const i = entering[a]!;
          addRow(i, r[i]! / 2, S);
          addOuter(i, C * r[i]!, S);
          addRow(i, r[i]! / 2, S);
        }
        if (!tied(g)) continue;
        sumDying(g);
        const [twoF, twoFF] = [sums.twoF[g]!, sums.twoFF[g]!];
        for (let j = 0; j < q; j++) V[j] = (twoFF / 2) * Sd[j]! - twoF * S[j]!;
        for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) addOuter(dying[a]!, r[dying[a]!]!, V);
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
        for (let b = i * touched; b < (i + 1) * touched; b++)
          H[index[a]! * c + index[b]!]! += h * value[a]! * value[b]!;
    }
  };

  /** Of traceSlope: n, and one for each event time. */
  const own = new Float64Array(n);
  const mixed = new Float64Array(n);
  const scalars = new Float64Array(n);
  const traced = new Float64Array(n);
  const scalar = new Float64Array(count);
  const scalarOwn = new Float64Array(count);

  const traceSlope = (G: Matrix): Float64Array => {
    const g2 = G.data;
    /** z_i'G V. */
    const along = (i: number, V: Float64Array): number => {
      let sum = 0;
      for (let a = i * touched; a < (i + 1) * touched; a++) sum += value[a]! * productFrom(g2, index[a]! * q, V, q);
      return sum;
    };
    // own: z_i'G z_i; mixed: Σ ρ m z'GS/S0².
    own.fill(0);
    mixed.fill(0);
    scalar.fill(0);
    scalarOwn.fill(0);
    for (let i = 0; i < n; i++)
      for (let a = i * touched; a < (i + 1) * touched; a++)
        for (let b = i * touched; b < (i + 1) * touched; b++)
          own[i]! += value[a]! * value[b]! * g2[index[a]! * q + index[b]!]!;

    // ∂/∂η_l = r_l Σ ρ (m z'Gz/S0 − m T/S0² − 2 m z'GS/S0² + 2 m S'GS/S0³) over the terms that see l, with T = Σ r z'Gz,
    // S of the term (less f of the dying) and ρ = 1 − f for a row that dies there, else 1.
    addEarlier();
    for (let s = 0; s + 1 < stratumStart.length; s++) {
      const [from, to] = [stratumStart[s]!, stratumStart[s + 1]!];
      // Pairs at the row that enters or leaves while the other is at risk.
      S.fill(0);
      let T = 0;
      let SGS = 0;
      for (let g = from; g < to; g++) {
        const C = earlier[g]!;
        for (let a = leaveStart[g]!; a < leaveStart[g + 1]!; a++) {
          const i = leaving[a]!;
          addRow(i, -r[i]!, S);
          const others = along(i, S);
          T -= r[i]! * own[i]!;
          SGS -= r[i]! * (2 * others + r[i]! * own[i]!);
          mixed[i]! -= C * (others + r[i]! * own[i]!);
        }
        for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++) {
          const i = entering[a]!;
          const others = along(i, S);
          T += r[i]! * own[i]!;
          SGS += r[i]! * (2 * others + r[i]! * own[i]!);
          mixed[i]! += C * (others + r[i]! * own[i]!);
          addRow(i, r[i]!, S);
        }
        let [Td, dGS, dGd] = [0, 0, 0];
        if (tied(g)) {
          sumDying(g);
          for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) {
            const i = dying[a]!;
            const [withAll, withDying] = [along(i, S), along(i, Sd)];
            Td += r[i]! * own[i]!;
            dGS += r[i]! * withAll;
            dGd += r[i]! * withDying;
            mixed[i]! -= sums.twoF[g]! * withAll - sums.twoFF[g]! * withDying;
          }
        }
        const d = dyingStart[g + 1]! - dyingStart[g]!;
        for (let k = 0; k < d; k++) {
          const f = share(g, k);
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
        if (tied(g))
          for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++)
            addRow(dying[a]!, -sums.twoF[g]! * r[dying[a]!]!, S);
        for (let a = enterStart[g + 1]! - 1; a >= enterStart[g]!; a--) {
          const i = entering[a]!;
          mixed[i]! += along(i, S);
          addRow(i, C * r[i]!, S);
        }
        for (let a = leaveStart[g + 1]! - 1; a >= leaveStart[g]!; a--) {
          const i = leaving[a]!;
          addRow(i, -C * r[i]!, S);
          mixed[i]! -= along(i, S);
        }
      }
    }
    sumWhileAtRisk(scalar, scalarOwn, scalars);
    for (let i = 0; i < n; i++)
      traced[i] = last[i]! < 0 ? 0 : r[i]! * (scalars[i]! - 2 * mixed[i]!) + hazard[i]! * own[i]!;
    return traced;
  };

  return { at, toColumns, information, traceSlope };
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
