/**
 * Gray's test: one cumulative incidence of a cause in all groups?
 *
 * Score      z_i = Σ_t (1 − F(t−))^ρ [d_1i(t) − d_1(t) R_i(t) / R(t)] for group i, with the risk set of the
 *            subdistribution R_i(t) = Y_i(t) (1 − F_i(t−)) / S_i(t−): those with a competing event stay in it.
 * Variance   With one F in all groups, F(t) = Σ d_1 / h, h = Σ_k h_k, h_k = Y_k / S_k(t−): z is a sum of martingale
 *            increments of each group k, of the cause and of competing causes, over h_k. Their weights in z_i are
 *              of the cause:   a_ik(u) + (1 − (1 − F(u)) / S_k(u)) (C_ik(∞) − C_ik(u)),
 *              of competitors: −((1 − F(u)) / S_k(u)) (C_ik(∞) − C_ik(u)),
 *            a_ik = (1 − F(t−))^ρ h_i (1{i = k} − h_k / h), C_ik(t) = Σ_{u ≤ t} a_ik d_1 / (h (1 − F(u−))).
 *            Ties count by the hypergeometric factor, as in cmprsk.
 * Statistic  z' V⁻¹ z over K − 1 groups, χ² with K − 1 degrees of freedom; z and V summed over strata.
 * Source     Gray (1988) Ann Stat 16:1141–1154.
 * Checked    test/survival/gray-test.test.ts (by hand; cmprsk, with ρ, strata, three groups, ties).
 */
import type { GroupingFactor } from "../formula/grouping-factor.js";
import type { SurvivalOutcome } from "../formula/survival-frame.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { upperF } from "../numeric/distributions.js";
import { dot, type Matrix, timesVector, zeros } from "../numeric/matrix.js";
import { countEndings, type Endings } from "./endings.js";

export interface GrayTest {
  /** χ²; NaN when V is singular: no event of the cause, or groups that are never at risk together. */
  readonly statistic: number;
  readonly df: number;
  readonly p: number;
  /** Score of each group; they sum to 0. */
  readonly score: Float64Array;
  /** Of the scores. */
  readonly variance: Matrix;
}

export interface GrayOptions {
  /** Weight (1 − F)^ρ: 0, Gray's own, weighs all times alike; above 0 early differences more. Default 0. */
  readonly rho?: number;
  /** Groups are compared within strata only. */
  readonly strata?: GroupingFactor | null;
  /** n whole numbers: how many participants each row stands for. */
  readonly weights?: Float64Array | null;
}

/**
 * Test that the incidence of one cause is the same in every group. O(n log n + m K³) for K groups.
 *
 * @param outcome  Without left truncation.
 * @param cause    Index into `outcome.causes`.
 * @param groups   At least two levels; each with a row.
 */
export function grayTest(
  outcome: SurvivalOutcome,
  cause: number,
  groups: GroupingFactor,
  { rho = 0, strata = null, weights = null }: GrayOptions = {},
): GrayTest {
  const K = groups.levels.length;
  const [score, variance] = [new Float64Array(K), zeros(K, K)];
  for (let stratum = 0; stratum < (strata?.levels.length ?? 1); stratum++) {
    const rows: number[][] = groups.levels.map(() => []);
    groups.codes.forEach((group, row) => {
      if (strata === null || strata.codes[row] === stratum) rows[group]!.push(row);
    });
    addStratum(
      { score, variance },
      gatherTimes(
        rows.map((own) => countEndings(outcome, own, weights)),
        cause,
      ),
      K,
      rho,
    );
  }
  // The scores sum to zero, so one group is left out.
  const df = K - 1;
  const reduced = zeros(df, df);
  for (let i = 0; i < df; i++) for (let j = 0; j < df; j++) reduced.data[i * df + j] = variance.data[i * K + j]!;
  const first = score.subarray(0, df);
  const inverse = isSingular(reduced) ? null : invertPositiveDefinite(reduced);
  const statistic = inverse === null ? Number.NaN : dot(first, timesVector(inverse, first));
  return { statistic, df, p: upperF(statistic / df, df, Number.POSITIVE_INFINITY), score, variance };
}

/** Whether a covariance matrix is singular in working precision: a pivot of its correlations next to zero. */
function isSingular(V: Matrix): boolean {
  const n = V.rows;
  const a = V.data.slice();
  for (let k = 0; k < n; k++) {
    const pivot = a[k * n + k]!;
    if (!(pivot > 1e-10 * V.data[k * n + k]!)) return true;
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! / pivot;
      for (let j = k; j < n; j++) a[i * n + j]! -= factor * a[k * n + j]!;
    }
  }
  return false;
}

/** Every group's counts at the M times at which any of them has an event. M×K each, row-major. */
interface GroupCounts {
  readonly times: number;
  readonly atRisk: Float64Array;
  readonly own: Float64Array;
  readonly competing: Float64Array;
}

function gatherTimes(groups: readonly Endings[], cause: number): GroupCounts {
  const K = groups.length;
  const eventTimes = groups.flatMap(({ time, anyEvent }) => [...time].filter((_, at) => anyEvent[at]! > 0));
  const times = Float64Array.from(new Set(eventTimes)).sort();
  const M = times.length;
  const counts = {
    times: M,
    atRisk: new Float64Array(M * K),
    own: new Float64Array(M * K),
    competing: new Float64Array(M * K),
  };
  groups.forEach(({ time, atRisk, events, anyEvent }, k) => {
    let at = 0;
    times.forEach((t, row) => {
      while (at < time.length && time[at]! < t) at++;
      if (at === time.length) return;
      // Nobody enters late, so those at risk at the group's next ending are those at risk now.
      counts.atRisk[row * K + k] = atRisk[at]!;
      if (time[at] !== t) return;
      counts.own[row * K + k] = events[cause]![at]!;
      counts.competing[row * K + k] = anyEvent[at]! - events[cause]![at]!;
    });
  });
  return counts;
}

/** Add the scores and their variance in one stratum, in place. */
function addStratum(
  total: { score: Float64Array; variance: Matrix },
  counts: GroupCounts,
  K: number,
  rho: number,
): void {
  const path = followGroups(counts, K);
  const { times: M } = counts;
  const { before, own: d1 } = { before: path.pooledBefore, own: path.pooledEvents };

  // C_ik(∞) − C_ik(u), summed from the last time back, so that one pass has the weights of every increment.
  const later = new Float64Array(K * K);
  const a = new Float64Array(K * K);
  const weights = new Float64Array(K);
  for (let at = M - 1; at >= 0; at--) {
    const h = path.h.subarray(at * K, (at + 1) * K);
    const pooled = path.pooledRisk[at]!;
    const weight = (1 - before[at]!) ** rho;
    for (let i = 0; i < K; i++)
      for (let k = 0; k < K; k++) a[i * K + k] = weight * h[i]! * ((i === k ? 1 : 0) - h[k]! / pooled);

    for (let k = 0; k < K; k++) {
      const y = counts.atRisk[at * K + k]!;
      if (y === 0) continue;
      const survivalBefore = y / h[k]!;
      const survival = path.survival[at * K + k]!;
      const ratio = survival > 0 ? (1 - path.pooledAfter[at]!) / survival : 0;

      if (d1[at]! > 0) {
        const expected = (survivalBefore * d1[at]!) / pooled;
        const ties = d1[at]! > 1 ? 1 - (d1[at]! - 1) / (pooled * survivalBefore - 1) : 1;
        for (let i = 0; i < K; i++) weights[i] = a[i * K + k]! + (1 - ratio) * later[i * K + k]!;
        addOuter(total.variance, weights, (ties * expected) / y);
      }
      const d2 = counts.competing[at * K + k]!;
      if (d2 > 0 && survival > 0) {
        const ties = d2 > 1 ? 1 - (d2 - 1) / (y - 1) : 1;
        for (let i = 0; i < K; i++) weights[i] = -ratio * later[i * K + k]!;
        addOuter(total.variance, weights, (ties * d2 * survivalBefore * survivalBefore) / (y * y));
      }
    }
    const jump = d1[at]! / (pooled * (1 - before[at]!));
    for (let c = 0; c < K * K; c++) later[c]! += a[c]! * jump;
    for (let i = 0; i < K; i++) {
      const share = path.subdistribution[at * K + i]! / path.subdistributionAll[at]!;
      total.score[i]! += weight * (counts.own[at * K + i]! - d1[at]! * share);
    }
  }
}

function addOuter({ rows: n, data }: Matrix, w: Float64Array, factor: number): void {
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) data[i * n + j]! += factor * w[i]! * w[j]!;
}

/** The estimates of each group and of all as one, at M times. */
interface GroupPath {
  /** M×K: h_k = Y_k / S_k(t−); 0 where nobody is at risk. */
  readonly h: Float64Array;
  /** M×K: S_k(t). */
  readonly survival: Float64Array;
  /** M×K: R_k = Y_k (1 − F_k(t−)) / S_k(t−), and M: its sum. */
  readonly subdistribution: Float64Array;
  readonly subdistributionAll: Float64Array;
  /** M: h, events of the cause, F(t−) and F(t) if it is one in all groups. */
  readonly pooledRisk: Float64Array;
  readonly pooledEvents: Float64Array;
  readonly pooledBefore: Float64Array;
  readonly pooledAfter: Float64Array;
}

function followGroups({ times: M, atRisk, own, competing }: GroupCounts, K: number): GroupPath {
  const perGroup = () => new Float64Array(M * K);
  const perTime = () => new Float64Array(M);
  const path = {
    ...{ h: perGroup(), survival: perGroup(), subdistribution: perGroup(), subdistributionAll: perTime() },
    ...{ pooledRisk: perTime(), pooledEvents: perTime(), pooledBefore: perTime(), pooledAfter: perTime() },
  };
  const survival = new Float64Array(K).fill(1);
  const incidence = new Float64Array(K);
  let pooled = 0;
  for (let at = 0; at < M; at++) {
    for (let k = 0; k < K; k++) {
      const cell = at * K + k;
      const y = atRisk[cell]!;
      if (y > 0) {
        path.h[cell] = y / survival[k]!;
        path.subdistribution[cell] = path.h[cell]! * (1 - incidence[k]!);
        incidence[k]! += own[cell]! / path.h[cell]!;
        survival[k]! *= (y - own[cell]! - competing[cell]!) / y;
      }
      path.survival[cell] = survival[k]!;
      path.pooledRisk[at]! += path.h[cell]!;
      path.subdistributionAll[at]! += path.subdistribution[cell]!;
      path.pooledEvents[at]! += own[cell]!;
    }
    path.pooledBefore[at] = pooled;
    pooled += path.pooledEvents[at]! / path.pooledRisk[at]!;
    path.pooledAfter[at] = pooled;
  }
  return path;
}
