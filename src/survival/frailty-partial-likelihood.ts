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
 * Cost       H = Σ r A xx' − M with M = Σ S S'/S0² over the terms. Not as a sum of squares, which costs q² for each
 *            event, but as M = Σ over rows of r x D(T)', D(t) = Σ S/S0² over the terms up to t: a row adds D to the few
 *            columns it has. O(n (R + p) c) in time, O(n (R + p) + c²) in memory. All sums are of terms of one sign where
 *            observation begins at 0.
 * Sources    Cox (1972) JRSS B 34:187–220; Efron (1977) JASA 72:557–565; Ripatti & Palmgren (2000) Biometrics
 *            56:1016–1022; Therneau, Grambsch & Pankratz (2003) JCGS 12:156–175.
 * Checked    test/survival/frailty-partial-likelihood.test.ts (the definition term by term; finite differences).
 */
import { type Matrix, zeros } from "../numeric/matrix.js";
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
  /** n: slope of the log partial likelihood in each row's η, its martingale residual times its weight. */
  readonly residuals: Float64Array;
  /** n: expected events r A, the weight of an event less that. Overwritten by the next call. */
  readonly expected: Float64Array;
}

export interface FrailtyPartialLikelihood {
  /** O(n). The other functions are at the η last given to this one. */
  readonly at: (eta: Float64Array) => PartialLikelihood;
  /** Slopes in the c columns of a slope in η: (Z, X)'v. */
  readonly toColumns: (v: Float64Array) => Float64Array;
  /** c×c: minus the Hessian of the log partial likelihood. */
  readonly information: () => Matrix;
  /** n: ∂/∂η of tr(G H) with H the random part of `information`, for a symmetric G q×q. */
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
  const { count, stratumStart, entering, enterStart, leaving, leaveStart, dying, dyingStart, first, last, dies } = sets;
  const n = times.time.length;
  const p = X.cols;
  const c = q + p;
  const weight = times.weights ?? new Float64Array(n).fill(1);
  const { index, value, touched } = touchedColumns(random, n);

  const r = new Float64Array(n);
  const hazard = new Float64Array(n);
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
    const highest = eta.reduce((most, v) => Math.max(most, v), Number.NEGATIVE_INFINITY);
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
    let [logs, one, oneF, two, twoF, twoFF] = [0, 0, 0, 0, 0, 0];
    for (let k = 0; k < d; k++) {
      const f = share(g, k);
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
    const residuals = new Float64Array(n);
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

  // ── passes over the risk sets with S, Sd and D ─────────────────────────────────────────────────

  const S = new Float64Array(c);
  const Sd = new Float64Array(c);
  /** D(t), and the part of it that a row dying at t does not see: Σ f (S − f Sd)/S0². */
  const D = new Float64Array(c);
  const unseen = new Float64Array(c);
  const width = touched + p;
  /** Values of S before each row entered or left, so that going back is exact. */
  const history = new Float64Array((entering.length + leaving.length) * width);

  const addRow = (i: number, sign: number, sums: Float64Array): void => {
    const ri = sign * r[i]!;
    for (let a = i * touched; a < (i + 1) * touched; a++) sums[index[a]!]! += ri * value[a]!;
    for (let j = 0; j < p; j++) sums[q + j]! += ri * X.data[i * p + j]!;
  };
  const remember = (i: number, from: number): void => {
    for (let a = 0; a < touched; a++) history[from + a] = S[index[i * touched + a]!]!;
    for (let j = 0; j < p; j++) history[from + touched + j] = S[q + j]!;
  };
  const restore = (i: number, from: number): void => {
    for (let a = touched - 1; a >= 0; a--) S[index[i * touched + a]!] = history[from + a]!;
    for (let j = 0; j < p; j++) S[q + j] = history[from + touched + j]!;
  };
  /** S at event time g, from that at g − 1. */
  const advance = (g: number): void => {
    for (let a = leaveStart[g]!; a < leaveStart[g + 1]!; a++) {
      remember(leaving[a]!, (entering.length + a) * width);
      addRow(leaving[a]!, -1, S);
    }
    for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++) {
      remember(entering[a]!, a * width);
      addRow(entering[a]!, 1, S);
    }
  };
  const goBack = (g: number): void => {
    for (let a = enterStart[g + 1]! - 1; a >= enterStart[g]!; a--) restore(entering[a]!, a * width);
    for (let a = leaveStart[g + 1]! - 1; a >= leaveStart[g]!; a--) restore(leaving[a]!, (entering.length + a) * width);
  };
  const sumDying = (g: number): void => {
    Sd.fill(0);
    for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) addRow(dying[a]!, 1, Sd);
  };
  const tied = (g: number): boolean => ties === "efron" && dyingStart[g + 1]! - dyingStart[g]! > 1;

  /**
   * D from the earliest event time to the latest: `leave` for each row that is not yet at risk at the event times
   * summed so far, `enter` for each at the last event time that it is at risk, with whether it dies there.
   */
  const cumulate = (
    s: number,
    leave: (i: number) => void,
    enter: (i: number, diesTied: boolean, g: number) => void,
  ): void => {
    const final = stratumStart[s + 1]! - 1;
    D.fill(0);
    for (let g = final; g >= stratumStart[s]!; g--) {
      if (g < final) for (let a = leaveStart[g + 1]!; a < leaveStart[g + 2]!; a++) leave(leaving[a]!);
      const [two, twoF, twoFF] = [sums.two[g]!, sums.twoF[g]!, sums.twoFF[g]!];
      const isTied = tied(g);
      if (isTied) {
        sumDying(g);
        for (let j = 0; j < c; j++) {
          D[j]! += two * S[j]! - twoF * Sd[j]!;
          unseen[j] = twoF * S[j]! - twoFF * Sd[j]!;
        }
      } else for (let j = 0; j < c; j++) D[j]! += two * S[j]!;
      // A row that dies at g enters at g.
      for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++) {
        const i = entering[a]!;
        enter(i, isTied && dies[i] === 1 && first[i] === g, g);
      }
      goBack(g);
    }
  };

  const information = (): Matrix => {
    const H = zeros(c, c);
    const M = H.data;
    /** M − r x D' (or + for a row that leaves), the random rows without their fixed columns. */
    const subtract = (i: number, sign: number, V: Float64Array): void => {
      const ri = sign * r[i]!;
      for (let a = i * touched; a < (i + 1) * touched; a++) {
        const scale = ri * value[a]!;
        const row = index[a]! * c;
        for (let j = 0; j < q; j++) M[row + j]! -= scale * V[j]!;
      }
      for (let b = 0; b < p; b++) {
        const scale = ri * X.data[i * p + b]!;
        const row = (q + b) * c;
        for (let j = 0; j < c; j++) M[row + j]! -= scale * V[j]!;
      }
    };
    for (let s = 0; s + 1 < stratumStart.length; s++) {
      S.fill(0);
      for (let g = stratumStart[s]!; g < stratumStart[s + 1]!; g++) advance(g);
      cumulate(
        s,
        (i) => subtract(i, -1, D),
        (i, diesTied) => {
          subtract(i, 1, D);
          if (diesTied) subtract(i, -1, unseen);
        },
      );
    }
    for (let i = 0; i < n; i++) {
      const h = hazard[i]!;
      if (h === 0) continue;
      for (let a = i * touched; a < (i + 1) * touched; a++)
        for (let b = i * touched; b < (i + 1) * touched; b++)
          M[index[a]! * c + index[b]!]! += h * value[a]! * value[b]!;
      for (let j = 0; j < p; j++) {
        const hx = h * X.data[i * p + j]!;
        const row = (q + j) * c;
        for (let a = i * touched; a < (i + 1) * touched; a++) M[row + index[a]!]! += hx * value[a]!;
        for (let l = 0; l < p; l++) M[row + q + l]! += hx * X.data[i * p + l]!;
      }
    }
    // The random rows have not had their fixed columns; rounding is made symmetric.
    for (let j = 0; j < c; j++)
      for (let l = 0; l < j; l++) {
        const both = j >= q && l < q ? M[j * c + l]! : (M[j * c + l]! + M[l * c + j]!) / 2;
        M[j * c + l] = both;
        M[l * c + j] = both;
      }
    return H;
  };

  const traceSlope = (G: Matrix): Float64Array => {
    /** z_i'G V. */
    const along = (i: number, V: Float64Array): number => {
      let sum = 0;
      for (let a = i * touched; a < (i + 1) * touched; a++) {
        const row = index[a]! * q;
        let product = 0;
        for (let j = 0; j < q; j++) product += G.data[row + j]! * V[j]!;
        sum += value[a]! * product;
      }
      return sum;
    };
    /** z_i'G z_i. */
    const own = new Float64Array(n);
    for (let i = 0; i < n; i++)
      for (let a = i * touched; a < (i + 1) * touched; a++)
        for (let b = i * touched; b < (i + 1) * touched; b++)
          own[i]! += value[a]! * value[b]! * G.data[index[a]! * q + index[b]!]!;

    // ∂/∂η_l = r_l Σ ρ (m z'Gz/S0 − m T/S0² − 2 m z'GS/S0² + 2 m S'GS/S0³) over the terms that see l, with T = Σ r z'Gz,
    // S of the term (less f of the dying) and ρ = 1 − f for a row that dies there, else 1.
    const scalar = new Float64Array(count);
    const scalarOwn = new Float64Array(count);
    const slope = new Float64Array(n);
    for (let s = 0; s + 1 < stratumStart.length; s++) {
      S.fill(0);
      let T = 0;
      let SGS = 0;
      for (let g = stratumStart[s]!; g < stratumStart[s + 1]!; g++) {
        // S'GS follows each change of S.
        const change = (i: number, sign: number): void => {
          T += sign * r[i]! * own[i]!;
          SGS += r[i]! * (2 * sign * along(i, S) + r[i]! * own[i]!);
          addRow(i, sign, S);
        };
        for (let a = leaveStart[g]!; a < leaveStart[g + 1]!; a++) {
          remember(leaving[a]!, (entering.length + a) * width);
          change(leaving[a]!, -1);
        }
        for (let a = enterStart[g]!; a < enterStart[g + 1]!; a++) {
          remember(entering[a]!, a * width);
          change(entering[a]!, 1);
        }
        let [Td, dGS, dGd] = [0, 0, 0];
        if (tied(g)) {
          sumDying(g);
          for (let a = dyingStart[g]!; a < dyingStart[g + 1]!; a++) {
            const i = dying[a]!;
            Td += r[i]! * own[i]!;
            dGS += r[i]! * along(i, S);
            dGd += r[i]! * along(i, Sd);
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
      cumulate(
        s,
        (i) => {
          slope[i]! += 2 * along(i, D);
        },
        (i, diesTied) => {
          slope[i]! -= 2 * along(i, D);
          if (diesTied) slope[i]! += 2 * along(i, unseen);
        },
      );
    }
    const scalars = new Float64Array(n);
    sumWhileAtRisk(scalar, scalarOwn, scalars);
    for (let i = 0; i < n; i++) slope[i] = last[i]! < 0 ? 0 : r[i]! * (slope[i]! + scalars[i]!) + hazard[i]! * own[i]!;
    return slope;
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
  const order = Int32Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => stratum[a]! - stratum[b]! || time[b]! - time[a]! || a - b,
  );
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
