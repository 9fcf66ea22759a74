/**
 * Do hazard ratios stay the same over time? The score test of Grambsch and Therneau that β(t) = β + θ g(t) has θ = 0,
 * with a function g of time, for each term of the formula and for all of them.
 *
 *     statistic  (0, U_θ)' K⁻¹ (0, U_θ),   U_θ = Σ_times (g − ḡ) s(t),   K = Σ_times [ V  gV ; gV  g²V ]
 *
 * with s(t) the sum of the Schoenfeld residuals and V(t) the information at a time (not their mean: the form of
 * survival 3 and later, which needs no assumption that V is the same at all times).
 *
 * Transforms  km 1 − S(t−) of all rows together; rank of the time among all rows; identity; log.
 * Symbols     p coefficients, d events; ḡ the mean over the events.
 * Sources     Grambsch & Therneau (1994) Biometrika 81:515–526; Therneau & Grambsch (2000) ch. 6.
 * Checked     test/reference/cox-* (cox.zph).
 */
import { upperF } from "../numeric/distributions.js";
import { type Matrix, zeros } from "../numeric/matrix.js";
import { solve } from "../numeric/solve.js";
import { type CoxState, hazardPath, schoenfeldResiduals } from "./cox-residuals.js";
import { type RiskSets, scanRiskSets } from "./risk-sets.js";
import { noTiedSums, tiedSums } from "./tied-events.js";

export const TIME_TRANSFORMS = ["km", "identity", "rank", "log"] as const;
export type TimeTransform = (typeof TIME_TRANSFORMS)[number];

/** Columns of X that belong together: `count` of them from `start`. */
export interface TermColumns {
  readonly name: string;
  readonly start: number;
  readonly count: number;
}

export interface ProportionalHazardsTest {
  readonly term: string;
  readonly statistic: number;
  readonly df: number;
  readonly p: number;
}

/** Scaled Schoenfeld residuals of one term: a smooth of `effects` over time is its β(t). */
export interface TermResiduals {
  readonly term: string;
  /** d: β + scaled residual, NaN in strata in which the term does not differ; of a term with several columns the effect along the fitted term, 1 on average. */
  readonly effects: Float64Array;
  /** β, or 1 for a term with several columns. */
  readonly coefficient: number;
}

export interface ProportionalHazards {
  /** One for each term, then `GLOBAL`. */
  readonly tests: readonly ProportionalHazardsTest[];
  /** d events, ascending: the times, and g of them. */
  readonly times: Float64Array;
  readonly transformed: Float64Array;
  readonly residuals: readonly TermResiduals[];
}

/**
 * @param state  a Cox fit; its standard errors, robust or not, play no part.
 * @param coef   p.
 * @param terms  columns counted without an intercept.
 */
export function proportionalHazards(
  state: CoxState,
  coef: Float64Array,
  terms: readonly TermColumns[],
  transform: TimeTransform = "km",
): ProportionalHazards {
  const { sets } = state;
  const { p, times } = sets;
  const raw = transformedTimes(sets, transform);
  let mean = 0;
  for (let g = 0; g < times.count; g++) mean += (times.events[g]! * raw[g]!) / sets.events;
  const { score, information } = timeVaryingScore(
    state,
    raw.map((v) => v - mean),
  );
  const all = Array.from({ length: p }, (_, j) => j);
  const tests = terms.map(({ name, start, count }) =>
    scoreTest(name, all.slice(start, start + count), score, information, p),
  );
  return {
    tests: [...tests, scoreTest("GLOBAL", all, score, information, p)],
    ...residualsByTerm(state, coef, terms, information, raw),
  };
}

/** U_θ (p) and K (2p×2p), for g by event time. */
function timeVaryingScore(
  { sets, risks, ties }: CoxState,
  g: Float64Array,
): { readonly score: Float64Array; readonly information: Matrix } {
  const { p, times, X, weight } = sets;
  const score = new Float64Array(p);
  const K = zeros(2 * p, 2 * p);
  const t = noTiedSums();
  scanRiskSets(sets, risks.risk, 2, (at, s0, w0, { s1, s2, w1, w2 }) => {
    tiedSums(t, ties, times.events[at]!, times.weight[at]!, s0, w0);
    const { hazard, shared, square, sharedSquare, sharedTwice } = t;
    const gt = g[at]!;
    const entered = times.entered[at]!;
    for (let place = entered - times.events[at]!; place < entered; place++)
      for (let j = 0; j < p; j++) score[j]! += gt * weight[place]! * X[place * p + j]!;
    for (let j = 0; j < p; j++) {
      score[j]! -= gt * (hazard * s1[j]! - shared * w1[j]!);
      const b = square * s1[j]! - sharedSquare * w1[j]!;
      const c = sharedSquare * s1[j]! - sharedTwice * w1[j]!;
      for (let l = 0; l <= j; l++) {
        const v = hazard * s2[j * p + l]! - shared * w2[j * p + l]! - b * s1[l]! + c * w1[l]!;
        addBlocks(K, p, j, l, v, gt);
        if (l < j) addBlocks(K, p, l, j, v, gt);
      }
    }
  });
  return { score, information: K };
}

function addBlocks({ data }: Matrix, p: number, j: number, l: number, v: number, g: number): void {
  const width = 2 * p;
  data[j * width + l]! += v;
  data[(p + j) * width + l]! += g * v;
  data[j * width + p + l]! += g * v;
  data[(p + j) * width + p + l]! += g * g * v;
}

function scoreTest(
  term: string,
  columns: readonly number[],
  score: Float64Array,
  K: Matrix,
  p: number,
): ProportionalHazardsTest {
  const used = [...Array.from({ length: p }, (_, j) => j), ...columns.map((j) => p + j)];
  const size = used.length;
  const within = zeros(size, size);
  used.forEach((a, i) => {
    used.forEach((b, k) => {
      within.data[i * size + k] = K.data[a * 2 * p + b]!;
    });
  });
  const u = Float64Array.from(used, (a) => (a < p ? 0 : score[a - p]!));
  const solved = scaledSolve(within, u);
  const statistic = solved === null ? Number.NaN : solved.reduce((sum, v, i) => sum + v * u[i]!, 0);
  const df = columns.length;
  return { term, statistic, df, p: upperF(statistic / df, df, Number.POSITIVE_INFINITY) };
}

/** A⁻¹u of a symmetric A, on the scale on which its diagonal is 1: g may be in days and a covariate in grams. */
function scaledSolve(a: Matrix, u: Float64Array): Float64Array | null {
  const n = a.rows;
  const size = Float64Array.from({ length: n }, (_, i) => Math.sqrt(a.data[i * n + i]!));
  if (!size.every((s) => s > 0)) return null;
  const scaled = { ...a, data: a.data.map((v, at) => v / (size[Math.floor(at / n)]! * size[at % n]!)) };
  const solved = solve(
    scaled,
    u.map((v, i) => v / size[i]!),
  );
  return solved === null ? null : solved.map((v, i) => v / size[i]!);
}

// ── functions of time ───────────────────────────────────────────────────────────────────────────

/** g of each event time. */
function transformedTimes(sets: RiskSets, transform: TimeTransform): Float64Array {
  const { time } = sets.times;
  if (transform === "identity") return time.slice();
  if (transform === "log") return time.map(Math.log);
  const sorted = sets.time.filter(hasWeight(sets)).sort();
  if (transform === "rank") return time.map((t) => (firstAtLeast(sorted, t) + firstAbove(sorted, t) + 1) / 2);
  return failureBefore(sets, sorted);
}

/** Whether the row of a place counts: one of weight zero is as if it were not there. */
const hasWeight =
  ({ weight }: RiskSets) =>
  (_: number, place: number): boolean =>
    weight[place]! > 0;

/** 1 − S(t−), Kaplan–Meier over all rows whatever their stratum and weight. */
function failureBefore(sets: RiskSets, sorted: Float64Array): Float64Array {
  const { n, time, event, times } = sets;
  const starts = sets.start?.filter(hasWeight(sets)).sort() ?? null;
  const eventTimes = new Float64Array(n);
  let d = 0;
  for (let place = 0; place < n; place++) if (event[place] === 1) eventTimes[d++] = time[place]!;
  const ended = eventTimes.subarray(0, d).sort();
  /** Distinct event times, and S just after each. */
  const distinct: number[] = [];
  const survival: number[] = [];
  let s = 1;
  for (let i = 0; i < d; ) {
    const t = ended[i]!;
    let events = 0;
    for (; i < d && ended[i] === t; i++) events++;
    const atRisk = (starts === null ? sorted.length : firstAtLeast(starts, t)) - firstAtLeast(sorted, t);
    s *= 1 - events / atRisk;
    distinct.push(t);
    survival.push(s);
  }
  const at = Float64Array.from(distinct);
  return times.time.map((t) => {
    const before = firstAtLeast(at, t);
    return before === 0 ? 0 : 1 - survival[before - 1]!;
  });
}

/** How many of the ascending values are below t. */
const firstAtLeast = (sorted: Float64Array, t: number): number => partition(sorted, (v) => v < t);
/** How many are at most t. */
const firstAbove = (sorted: Float64Array, t: number): number => partition(sorted, (v) => v <= t);

function partition(sorted: Float64Array, isBefore: (v: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

// ── residuals ───────────────────────────────────────────────────────────────────────────────────

/** Scaled Schoenfeld residuals by ascending time; a term's columns are taken together along the fitted term. */
function residualsByTerm(
  state: CoxState,
  coef: Float64Array,
  terms: readonly TermColumns[],
  K: Matrix,
  raw: Float64Array,
): Omit<ProportionalHazards, "tests"> {
  const { sets } = state;
  const { p } = sets;
  const path = hazardPath(state);
  const { rows, time, stratum, values } = schoenfeldResiduals(state, path);
  const d = rows.length;
  const order = Int32Array.from(rows.keys()).sort((a, b) => time[a]! - time[b]! || a - b);
  const placeOf = new Int32Array(sets.n);
  sets.rowAt.forEach((row, place) => {
    placeOf[row] = place;
  });
  const k = terms.length;
  /** p×k: a term's column, or its fitted coefficients. */
  const direction = zeros(p, k);
  terms.forEach(({ start, count }, i) => {
    for (let j = start; j < start + count; j++) direction.data[j * k + i] = count === 1 ? 1 : coef[j]!;
  });
  const used = eventsByUse(sets, terms);
  /** Information per event, of the events in whose stratum both columns differ. */
  const mean = zeros(k, k);
  for (let a = 0; a < k; a++)
    for (let b = 0; b < k; b++) {
      let events = 0;
      for (let s = 0; s < sets.strata; s++) events += Math.min(used[s * k + a]!, used[s * k + b]!);
      let sum = 0;
      for (let i = 0; i < p; i++)
        for (let j = 0; j < p; j++)
          sum += direction.data[i * k + a]! * K.data[i * 2 * p + j]! * direction.data[j * k + b]!;
      mean.data[a * k + b] = events === 0 ? 0 : sum / events;
    }
  const effects = terms.map(() => new Float64Array(d).fill(Number.NaN));
  order.forEach((from, to) => {
    const here = terms.flatMap((_, i) => (used[stratum[from]! * k + i]! > 0 ? [i] : []));
    const along = new Float64Array(here.length);
    here.forEach((i, at) => {
      for (let j = 0; j < p; j++) along[at]! += values.data[from * p + j]! * direction.data[j * k + i]!;
    });
    const within = zeros(here.length, here.length);
    here.forEach((a, i) => {
      here.forEach((b, j) => {
        within.data[i * here.length + j] = mean.data[a * k + b]!;
      });
    });
    const scaled = scaledSolve(within, along);
    here.forEach((i, at) => {
      effects[i]![to] = (scaled?.[at] ?? Number.NaN) + (terms[i]!.count === 1 ? coef[terms[i]!.start]! : 1);
    });
  });
  return {
    times: Float64Array.from(order, (i) => time[i]!),
    transformed: Float64Array.from(order, (i) => raw[path.last[placeOf[rows[i]!]!]!]!),
    residuals: terms.map(({ name, start, count }, i) => ({
      term: name,
      effects: effects[i]!,
      coefficient: count === 1 ? coef[start]! : 1,
    })),
  };
}

/** strata × terms: events of a stratum in which a column of the term differs between rows, else 0. */
function eventsByUse({ strata, p, X, stratumStart, event }: RiskSets, terms: readonly TermColumns[]): Int32Array {
  const k = terms.length;
  const used = new Int32Array(strata * k);
  for (let s = 0; s < strata; s++) {
    const [from, to] = [stratumStart[s]!, stratumStart[s + 1]!];
    let events = 0;
    for (let place = from; place < to; place++) events += event[place]!;
    terms.forEach(({ start, count }, i) => {
      let differs = false;
      for (let place = from + 1; place < to && !differs; place++)
        for (let j = start; j < start + count; j++) if (X[place * p + j] !== X[from * p + j]) differs = true;
      if (differs) used[s * k + i] = events;
    });
  }
  return used;
}
