/**
 * The log-rank test and the G-rho family: do G groups have one hazard?
 *
 * Statistic  (O − E)' V⁻¹ (O − E), χ² with G − 1 degrees of freedom. At each time of an event: O_g the events of
 *            group g, E_g = d n_g/n, V = d (n − d)/(n − 1) · (diag(π) − ππ'), π_g = n_g/n; times w and w² for
 *            w = S(t−)^ρ, S the Kaplan–Meier estimate of all groups together. ρ = 0: log-rank; ρ = 1: Peto and Peto's
 *            modification of the Gehan–Wilcoxon test. Strata are added up, each with its own risk sets and S.
 * Limits     With left truncation the risk sets are those of (start, stop]; R's survdiff does not take it.
 * Sources    Mantel (1966) Cancer Chemother Rep 50:163–170; Peto and Peto (1972) JRSS A 135:185–206;
 *            Harrington and Fleming (1982) Biometrika 69:553–566.
 * Checked    test/reference/kaplan-meier (R's survdiff; with left truncation the score test of coxph, without ties).
 */
import type { GroupingFactor } from "../formula/grouping-factor.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { upperF } from "../numeric/distributions.js";
import { dot, type Matrix, timesVector, zeros } from "../numeric/matrix.js";
import type { SurvivalTimes } from "./kaplan-meier.js";

export interface LogRankOptions {
  /** Power of S(t−) in the weights. Default 0: log-rank. */
  readonly rho?: number;
  readonly strata?: GroupingFactor | null;
  /** Whole numbers above 0: a row of weight w is w participants. */
  readonly weights?: Float64Array | null;
}

export interface LogRankTest {
  /** χ²; NaN when fewer than two groups are ever at risk. */
  readonly statistic: number;
  /** Groups with an expected event, less one. */
  readonly df: number;
  readonly p: number;
  /** G: weighted (by S(t−)^ρ) numbers of events, observed and expected. */
  readonly observed: Float64Array;
  readonly expected: Float64Array;
  /** G×G. */
  readonly variance: Matrix;
}

/** @param group  n codes and the G levels. O(n log n + events · G²). */
export function logRank(times: SurvivalTimes, group: GroupingFactor, options: LogRankOptions = {}): LogRankTest {
  const { rho = 0, strata = null, weights = null } = options;
  const groups = group.levels.length;
  const sums: Sums = {
    observed: new Float64Array(groups),
    expected: new Float64Array(groups),
    variance: zeros(groups, groups),
  };
  for (const rows of rowsByStratum(times.time.length, strata)) addStratum(sums, times, group.codes, rows, weights, rho);
  return { ...sums, ...chiSquared(sums) };
}

interface Sums {
  readonly observed: Float64Array;
  readonly expected: Float64Array;
  readonly variance: Matrix;
}

function rowsByStratum(n: number, strata: GroupingFactor | null): Int32Array[] {
  if (strata === null) return [Int32Array.from({ length: n }, (_, i) => i)];
  const rows = strata.levels.map((): number[] => []);
  strata.codes.forEach((code, i) => {
    rows[code]!.push(i);
  });
  return rows.map((of) => Int32Array.from(of));
}

/** Add O, E and V of one stratum, in place: its rows by ascending time, entering and leaving the groups' risk sets. */
function addStratum(
  sums: Sums,
  { start, time, event }: SurvivalTimes,
  codes: Int32Array,
  rows: Int32Array,
  weights: Float64Array | null,
  rho: number,
): void {
  const groups = sums.observed.length;
  const weightOf = (row: number): number => weights?.[row] ?? 1;
  const byTime = rows.slice().sort((a, b) => time[a]! - time[b]!);
  const byStart = start === null ? byTime : rows.slice().sort((a, b) => start[a]! - start[b]!);
  const atRisk = new Float64Array(groups);
  const events = new Float64Array(groups);
  const leaving = new Float64Array(groups);
  let entered = 0;
  let survival = 1;
  for (let i = 0; i < byTime.length; ) {
    const at = time[byTime[i]!]!;
    for (; entered < byStart.length && (start === null || start[byStart[entered]!]! < at); entered++) {
      const row = byStart[entered]!;
      atRisk[codes[row]!]! += weightOf(row);
    }
    events.fill(0);
    leaving.fill(0);
    for (; i < byTime.length && time[byTime[i]!] === at; i++) {
      const row = byTime[i]!;
      leaving[codes[row]!]! += weightOf(row);
      if (event[row]! > 0) events[codes[row]!]! += weightOf(row);
    }
    const d = events.reduce((sum, count) => sum + count, 0);
    if (d > 0) {
      const n = atRisk.reduce((sum, count) => sum + count, 0);
      addTime(sums, atRisk, events, n, d, survival ** rho);
      survival *= (n - d) / n;
    }
    for (let g = 0; g < groups; g++) atRisk[g]! -= leaving[g]!;
  }
}

function addTime(
  { observed, expected, variance }: Sums,
  atRisk: Float64Array,
  events: Float64Array,
  n: number,
  d: number,
  weight: number,
): void {
  const groups = observed.length;
  // One at risk: nothing is random.
  const spread = n > 1 ? (weight * weight * d * (n - d)) / (n - 1) : 0;
  for (let g = 0; g < groups; g++) {
    const share = atRisk[g]! / n;
    observed[g]! += weight * events[g]!;
    expected[g]! += weight * d * share;
    for (let h = 0; h < groups; h++) {
      variance.data[g * groups + h]! += spread * share * ((g === h ? 1 : 0) - atRisk[h]! / n);
    }
  }
}

/** The quadratic form over the groups that are ever at risk, the first of them left out. */
function chiSquared({ observed, expected, variance }: Sums): { statistic: number; df: number; p: number } {
  const kept = [...expected.keys()].filter((g) => expected[g]! > 0).slice(1);
  const df = kept.length;
  const difference = Float64Array.from(kept, (g) => observed[g]! - expected[g]!);
  const V = zeros(df, df);
  kept.forEach((g, i) => {
    for (const [j, h] of kept.entries()) V.data[i * df + j] = variance.data[g * variance.cols + h]!;
  });
  const inverse = df === 0 ? null : invertPositiveDefinite(V);
  if (inverse === null) return { statistic: Number.NaN, df, p: Number.NaN };
  const statistic = dot(difference, timesVector(inverse, difference));
  return { statistic, df, p: upperF(statistic / df, df, Number.POSITIVE_INFINITY) };
}
