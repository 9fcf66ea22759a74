/**
 * Likelihood-ratio test of a model against a smaller one that is nested in it.
 *
 * Statistic  deviance of the smaller less that of the larger, −2 log-likelihood or REML criterion.
 * Reference  χ² with as many degrees of freedom as parameters are tested. A variance that the smaller model puts at
 *            zero lies on the boundary: with it and the c covariances that go with it, and r other parameters, the
 *            reference is the 50:50 mixture of χ²(r + c) and χ²(r + c + 1). With two variances it is the mixture of
 *            χ²(r), χ²(r + 1) and χ²(r + 2) with weights ½ − φ/2π, ½ and φ/2π, where φ is the angle of the two
 *            directions in the metric of their information, the rest taken out: a quarter, a half and a quarter when
 *            they are orthogonal. With more, or without that information, χ² with all degrees of freedom is used,
 *            which is conservative.
 * Sources    Self & Liang (1987) JASA 82:605–610, case 5–7; Stram & Lee (1994) Biometrics 50:1171–1177; Silvapulle &
 *            Sen (2005) Constrained Statistical Inference, sec. 3.5 (weights of a cone in the plane).
 * Checked    test/inference/likelihood-ratio.test.ts (R's anova and pchisq).
 */
import { upperF } from "../numeric/distributions.js";
import type { Matrix } from "../numeric/matrix.js";
import { zeros } from "../numeric/matrix.js";
import { qr } from "../numeric/qr.js";

/** What of a model matters: its design, its random terms and how many parameters it has in all. */
export interface NestedModel {
  /** n×p. */
  readonly X: Matrix;
  readonly random: readonly { readonly group: string; readonly names: readonly string[] }[];
  readonly parameters: number;
}

/** What the larger model has more than the smaller. */
export interface TestedParameters {
  /** Parameters tested in the interior of their range: fixed effects, covariances of effects that both have. */
  readonly regular: number;
  /** Covariances of effects that only the larger model has. */
  readonly covariances: number;
  /** Variances that the smaller model puts at zero. */
  readonly variances: number;
}

export interface LikelihoodRatioTest {
  readonly statistic: number;
  /** Parameters tested. */
  readonly df: number;
  /** Degrees of freedom of the χ² that are mixed; one when there is no mixture. */
  readonly mixture: readonly number[];
  /** Of each, summing to 1. */
  readonly weights: readonly number[];
  readonly p: number;
}

/** What is tested; null when the smaller model is not nested in the larger, or is the same. */
export function testedParameters(larger: NestedModel, smaller: NestedModel): TestedParameters | null {
  if (!spans(larger.X, smaller.X)) return null;
  const [large, small] = [covarianceEntries(larger), covarianceEntries(smaller)];
  if ([...small].some((entry) => !large.has(entry))) return null;
  const extra = [...large].filter((entry) => !small.has(entry)).map((entry) => JSON.parse(entry) as Entry);
  const isNew = (group: string, name: string) => extra.some(([g, a, b]) => g === group && a === name && b === name);
  const variances = extra.filter(([, a, b]) => a === b).length;
  const covariances = extra.filter(([group, a, b]) => a !== b && (isNew(group, a) || isNew(group, b))).length;
  const regular = larger.parameters - smaller.parameters - variances - covariances;
  return regular < 0 || regular + variances === 0 ? null : { regular, covariances, variances };
}

/**
 * @param statistic  of the deviances; a rounding error below zero is zero.
 * @param angle      of two variances without covariances, in the metric of their information, in radians; null: unknown.
 */
export function likelihoodRatioTest(
  statistic: number,
  { regular, covariances, variances }: TestedParameters,
  angle: number | null = null,
): LikelihoodRatioTest {
  const t = Math.max(0, statistic);
  const df = regular + covariances + variances;
  const isCone = variances === 2 && covariances === 0 && angle !== null;
  const both = isCone ? angle / (2 * Math.PI) : 0;
  const weights = isCone ? [0.5 - both, 0.5, both] : variances === 1 ? [0.5, 0.5] : [1];
  const mixture = weights.map((_, i) => df - (weights.length - 1) + i);
  const p = mixture.reduce((sum, k, i) => sum + weights[i]! * upperChiSquared(t, k), 0);
  return { statistic: t, df, mixture, weights, p };
}

/** P(χ²(k) ≥ t); with 0 degrees of freedom all probability is at 0. */
const upperChiSquared = (t: number, k: number): number =>
  k === 0 ? (t > 0 ? 0 : 1) : upperF(t / k, k, Number.POSITIVE_INFINITY);

/** Whether the columns of `smaller` are combinations of those of `larger`. */
export function spans(larger: Matrix, smaller: Matrix): boolean {
  if (larger.rows !== smaller.rows) return false;
  const both = zeros(larger.rows, larger.cols + smaller.cols);
  for (let i = 0; i < both.rows; i++) {
    for (let j = 0; j < larger.cols; j++) both.data[i * both.cols + j] = larger.data[i * larger.cols + j]!;
    for (let j = 0; j < smaller.cols; j++)
      both.data[i * both.cols + larger.cols + j] = smaller.data[i * smaller.cols + j]!;
  }
  return qr(both).rank === qr(larger).rank;
}

type Entry = readonly [group: string, first: string, second: string];

/** The entries of the covariance matrices that are estimated, as texts. */
const covarianceEntries = ({ random }: NestedModel): Set<string> =>
  new Set(
    random.flatMap(({ group, names }) =>
      names.flatMap((a) => names.filter((b) => a <= b).map((b) => JSON.stringify([group, a, b] satisfies Entry))),
    ),
  );
