/**
 * Common language effect size: the probability that a value of the arm is larger than one of the reference, ties counted
 * half. ½ means no difference; 1 − it is the same with the arms swapped.
 *
 * Estimator  U / (n₁ n₀), from ranks. Variance, test of ½ and interval by Brunner and Munzel, which allow ties and unequal
 *            variances; the interval ends at 0 and 1.
 * Sources    Mann & Whitney (1947); McGraw & Wong (1992); Brunner & Munzel (2000) Biom. J. 42:17–25.
 * Checked    test/reference/effect-sizes (R's wilcox.test and effectsize; Brunner–Munzel written out).
 */
import { tQuantile, twoSidedT } from "../numeric/distributions.js";
import type { EffectSize } from "./effect-size.js";

/** P(arm > reference) + ½ P(equal). Where the arms do not overlap there is no variance, hence no test and no interval. */
export function commonLanguage(arm: Float64Array, reference: Float64Array, level: number): EffectSize {
  const [n1, n0] = [arm.length, reference.length];
  const all = new Float64Array(n1 + n0);
  all.set(arm);
  all.set(reference, n1);
  const ranks = midRanks(all);
  // How many of the other arm each value is above, ties counted half: its rank among all less that in its own arm.
  const above1 = less(ranks.subarray(0, n1), midRanks(arm));
  const above0 = less(ranks.subarray(n1), midRanks(reference));
  const estimate = mean(above1) / n0;

  const [share1, share0] = [varianceOf(above1) / n0 ** 2 / n1, varianceOf(above0) / n1 ** 2 / n0];
  const variance = share1 + share0;
  const se = variance > 0 ? Math.sqrt(variance) : Number.NaN;
  const df = variance ** 2 / (share1 ** 2 / (n1 - 1) + share0 ** 2 / (n0 - 1));
  const statistic = (estimate - 0.5) / se;
  const half = Number.isNaN(se) ? Number.NaN : tQuantile(1 - (1 - level) / 2, df) * se;
  return {
    measure: "common-language",
    estimate,
    se,
    df,
    statistic,
    p: Number.isNaN(se) ? Number.NaN : twoSidedT(statistic, df),
    lower: Math.max(0, estimate - half),
    upper: Math.min(1, estimate + half),
  };
}

/** Ranks from 1, ties given their mean. */
function midRanks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

const less = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => value - b[i]!);

const mean = (x: Float64Array): number => x.reduce((sum, value) => sum + value, 0) / x.length;

function varianceOf(x: Float64Array): number {
  const centre = mean(x);
  return x.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (x.length - 1);
}
