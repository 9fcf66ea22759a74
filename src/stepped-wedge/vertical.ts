/**
 * The within-period (vertical) estimator of a stepped wedge: treated and control units are compared within each period,
 * so that time cannot be mistaken for treatment whatever its course, and the comparisons are averaged.
 *
 * Estimator  d_j = mean of the treated units' cell means − mean of the control units', in period j with c1 and c0 of
 *            them; effect = Σ ω_j d_j / Σ ω_j.
 * Weights    `sizes`     ω_j = c0 c1 / (c0 + c1), known before the outcomes: the best when cell means vary alike in all
 *                        periods, and least squares of the cell means on periods and treatment.
 *            `variance`  ω_j = that / s_j², s_j² the variance of the cell means within period and condition, pooled
 *                        over the conditions; a period with no more than one unit in either condition has none and is
 *                        left out.
 *            Cells count alike, however many rows they hold.
 * Inference  Cell means of a unit are correlated, so the variance is CR3 by units: each unit left out in turn, weights
 *            held; t on units − 2. By permutation: permutation.ts of this folder.
 * Sources    Matthews & Forbes (2017) Stat Med 36:3772; Thompson, Davey, Fielding, Hargreaves & Hayes (2018)
 *            Stat Med 37:2487 (weights by variance); Bell & McCaffrey (2002) Survey Methodology 28:169 (CR3).
 */
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { type Matrix, timesVector, zeros } from "../numeric/matrix.js";
import type { ClusterPeriods } from "./cluster-periods.js";

export const VERTICAL_WEIGHTS = ["sizes", "variance"] as const;
export type VerticalWeights = (typeof VERTICAL_WEIGHTS)[number];

/** One period's comparison. */
export interface PeriodContrast {
  /** From 0. */
  readonly period: number;
  readonly treatedUnits: number;
  readonly controlUnits: number;
  readonly difference: number;
  /** Share of the effect; they add to 1. */
  readonly share: number;
}

export interface VerticalEstimate {
  readonly effect: number;
  /** CR3; NaN with fewer than three units, or when a unit alone holds one side of every comparison. */
  readonly se: number;
  /** Units with a part in it, less two. */
  readonly df: number;
  readonly contrasts: readonly PeriodContrast[];
}

/**
 * @param treated  of each cell, 1 or 0 (of a share: whether it is above one half); NaN for a cell that is left out.
 * @param mean     mean outcome of each cell.
 */
export function verticalEstimate(
  cells: Pick<ClusterPeriods, "units" | "periods" | "count">,
  treated: Float64Array,
  mean: Float64Array,
  weights: VerticalWeights = "sizes",
): VerticalEstimate {
  const compared = comparisons(cells, treated, mean, weights);
  const total = compared.reduce((sum, { weight }) => sum + weight, 0);
  const contrasts = compared.map(({ weight, ...contrast }) => ({ ...contrast, share: weight / total }));
  const effect = contrasts.reduce((sum, { share, difference }) => sum + share * difference, 0);
  return { effect: total > 0 ? effect : Number.NaN, ...unitInference(cells, treated, mean, compared), contrasts };
}

/** The effect alone, for a permutation test. */
export function verticalEffect(
  cells: Pick<ClusterPeriods, "units" | "periods" | "count">,
  treated: Float64Array,
  mean: Float64Array,
  weights: VerticalWeights = "sizes",
): number {
  let [sum, total] = [0, 0];
  for (const { weight, difference } of comparisons(cells, treated, mean, weights)) {
    sum += weight * difference;
    total += weight;
  }
  return sum / total;
}

type Comparison = Omit<PeriodContrast, "share"> & { readonly weight: number; readonly precision: number };

function comparisons(
  { units, periods, count }: Pick<ClusterPeriods, "units" | "periods" | "count">,
  treated: Float64Array,
  mean: Float64Array,
  weights: VerticalWeights,
): Comparison[] {
  const compared: Comparison[] = [];
  for (let period = 0; period < periods; period++) {
    const n = [0, 0];
    const means = [0, 0];
    const squares = [0, 0];
    for (let unit = 0; unit < units; unit++) {
      const cell = unit * periods + period;
      if (count[cell]! === 0 || Number.isNaN(treated[cell]!)) continue;
      const side = treated[cell]! > 0.5 ? 1 : 0;
      const delta = mean[cell]! - means[side]!;
      means[side]! += delta / ++n[side]!;
      squares[side]! += delta * (mean[cell]! - means[side]!);
    }
    const [control, intervention] = n as [number, number];
    if (control === 0 || intervention === 0) continue;
    const precision = weights === "sizes" ? 1 : (control + intervention - 2) / (squares[0]! + squares[1]!);
    if (!(precision > 0 && precision < Number.POSITIVE_INFINITY)) continue;
    const weight = (precision * control * intervention) / (control + intervention);
    const difference = means[1]! - means[0]!;
    compared.push({ period, treatedUnits: intervention, controlUnits: control, difference, weight, precision });
  }
  return compared;
}

/**
 * CR3: least squares of the cell means on periods and treatment, rows of a period with its precision, and the effect
 * again without each unit in turn: Σ (effect without it − effect)².
 */
function unitInference(
  { units, periods, count }: Pick<ClusterPeriods, "units" | "periods" | "count">,
  treated: Float64Array,
  mean: Float64Array,
  compared: readonly Comparison[],
): { readonly se: number; readonly df: number } {
  const width = compared.length + 1;
  const whole = zeros(width, width);
  const score = new Float64Array(width);
  const parts: { readonly information: Matrix; readonly score: Float64Array }[] = [];
  for (let unit = 0; unit < units; unit++) {
    const part = { information: zeros(width, width), score: new Float64Array(width), rows: 0 };
    compared.forEach(({ period, precision }, j) => {
      const cell = unit * periods + period;
      if (count[cell]! === 0 || Number.isNaN(treated[cell]!)) return;
      const x = treated[cell]! > 0.5 ? 1 : 0;
      const { data } = part.information;
      data[j * width + j]! += precision;
      data[j * width + width - 1]! += precision * x;
      data[(width - 1) * width + j]! += precision * x;
      data[width * width - 1]! += precision * x;
      part.score[j]! += precision * mean[cell]!;
      part.score[width - 1]! += precision * x * mean[cell]!;
      part.rows++;
    });
    if (part.rows === 0) continue;
    parts.push(part);
    addTo(whole.data, part.information.data, 1);
    addTo(score, part.score, 1);
  }
  const effect = lastOf(whole, score);
  const squares = parts.reduce((sum, part) => {
    const information = { ...whole, data: whole.data.slice() };
    const left = score.slice();
    addTo(information.data, part.information.data, -1);
    addTo(left, part.score, -1);
    return sum + (lastOf(information, left) - effect) ** 2;
  }, 0);
  const df = parts.length - 2;
  return { se: df > 0 ? Math.sqrt(squares) : Number.NaN, df };
}

const addTo = (sum: Float64Array, x: Float64Array, factor: number): void => {
  for (let i = 0; i < x.length; i++) sum[i]! += factor * x[i]!;
};

/** The last of the solutions; NaN when the system is singular. */
function lastOf(information: Matrix, score: Float64Array): number {
  const inverse = invertPositiveDefinite(information);
  if (inverse === null) return Number.NaN;
  // What is left of the treatment beside the periods: rounding alone when no comparison is left.
  const isLost = inverse.data.at(-1)! * information.data.at(-1)! > 1e10;
  return isLost ? Number.NaN : timesVector(inverse, score).at(-1)!;
}
