/**
 * Standardised risks by g-computation: the mean probability of the outcome if every row used had each level of a
 * factor in turn, its covariates staying as they are; and their differences and ratios.
 *
 *     π_a = n⁻¹ Σ μ(x_i(a)'β + offset_i),   ∂π_a/∂β = n⁻¹ Σ μ'(·) x_i(a)
 *
 * Standard errors by the delta method from the fit's own vcov, so that they are model-based, heteroscedasticity- or
 * cluster-robust as the fit is, and degrees of freedom those of the gradient as a contrast. The covariates are taken as
 * given: the inference is on these rows, as in Stata's `margins`.
 * Scales: risks have intervals from their logit, so that they stay between 0 and 1; differences from themselves; ratios
 * from their logarithm, whose standard error `se` is.
 *
 * Source: Localio, Margolis & Berlin (2007) J. Clin. Epidemiol. 60:874–882.
 * Checked: test/reference/marginal-respiratory (numerical derivatives in R); a 2×2 table by hand.
 */
import { modelMatrix } from "../formula/fixed-design.js";
import type { Frame } from "../formula/frame.js";
import { tQuantile } from "../numeric/distributions.js";
import { dot, type Matrix, timesVector } from "../numeric/matrix.js";
import { meansColumnNotUsed, ProblemError } from "../problem.js";
import type { Column, Table } from "../table/table.js";
import { type ContrastLabel, waldEstimate } from "./contrast.js";
import type { Estimate } from "./estimate.js";
import type { Fit } from "./fit.js";
import { toRatio } from "./ratio.js";

/** The rows used as they would be with one level of the factor. */
export interface CounterfactualDesign {
  readonly level: string;
  /** n×p. */
  readonly X: Matrix;
}

/** A standardised risk and its derivative by the p coefficients. */
export interface StandardisedRisk {
  readonly level: string;
  readonly risk: number;
  readonly gradient: Float64Array;
}

/** Probability and its slope at a linear predictor: the inverse link, or one averaged over random effects. */
export interface RiskFunction {
  readonly mean: (eta: number) => number;
  readonly slope: (eta: number) => number;
}

/**
 * A design for each level that a row used has, the reference first.
 * @throws ProblemError `means.not-in-model` when the fixed part does not use the column as a factor.
 */
export function counterfactualDesigns(frame: Frame, table: Table, of: string, path = ""): CounterfactualDesign[] {
  const factor = frame.design.variables.find((variable) => variable.kind === "factor" && variable.column === of);
  if (factor?.kind !== "factor") throw new ProblemError([meansColumnNotUsed(path, of, true, "risks")]);
  const columns = frame.design.columns.map((name): [string, Column] => [
    name,
    picked(table.columns.get(name)!, frame.rows),
  ]);
  return factor.levels.map((level) => {
    const changed = columns.map(([name, column]): [string, Column] => [
      name,
      name === of ? filled(column, level) : column,
    ]);
    const data: Table = { name: "standardised risks", rows: frame.rows.length, columns: new Map(changed), lines: null };
    return { level, X: modelMatrix(frame.design, data, path) };
  });
}

/** The risks of a fit on the link scale. */
export function standardisedRisks(
  coef: Float64Array,
  offset: Float64Array | null,
  designs: readonly CounterfactualDesign[],
  { mean, slope }: RiskFunction,
): StandardisedRisk[] {
  return designs.map(({ level, X }) => {
    const eta = timesVector(X, coef);
    const gradient = new Float64Array(X.cols);
    let risk = 0;
    for (let i = 0; i < X.rows; i++) {
      const at = eta[i]! + (offset?.[i] ?? 0);
      const weight = slope(at) / X.rows;
      risk += mean(at) / X.rows;
      for (let j = 0; j < X.cols; j++) gradient[j]! += weight * X.data[i * X.cols + j]!;
    }
    return { level, risk, gradient };
  });
}

/** `risk:A[x]` for each level, then `risk-difference:A[x]-A[ref]` and `risk-ratio:A[x]/A[ref]` against the first. */
export function riskEstimates(
  fit: Pick<Fit, "vcov" | "denominatorDf">,
  risks: readonly StandardisedRisk[],
  of: string,
  level: number,
): Estimate[] {
  const [reference, ...others] = risks;
  if (reference === undefined) return [];
  const label = (name: string, measure: string): ContrastLabel => ({ name, measure, unit: null, level });
  return [
    ...risks.map((one) => riskEstimate(fit, one, label(`risk:${of}[${one.level}]`, "risk"))),
    ...others.map((one) => {
      const name = `risk-difference:${of}[${one.level}]-${of}[${reference.level}]`;
      const gradient = one.gradient.map((v, j) => v - reference.gradient[j]!);
      return deltaEstimate(fit, one.risk - reference.risk, gradient, label(name, "risk-difference"));
    }),
    ...others.map((one) => {
      const gradient = one.gradient.map((v, j) => v / one.risk - reference.gradient[j]! / reference.risk);
      const logarithm = deltaEstimate(fit, Math.log(one.risk / reference.risk), gradient, label("", "log-risk-ratio"));
      return toRatio(logarithm, `risk-ratio:${of}[${one.level}]/${of}[${reference.level}]`, "risk-ratio");
    }),
  ];
}

/** Names of the differences and ratios, in their order: what a family of tests may hold. */
export function riskNames(designs: readonly CounterfactualDesign[], of: string): string[] {
  const [reference, ...others] = designs.map(({ level }) => level);
  return [
    ...others.map((level) => `risk-difference:${of}[${level}]-${of}[${reference}]`),
    ...others.map((level) => `risk-ratio:${of}[${level}]/${of}[${reference}]`),
  ];
}

/** A risk has no hypothesis to test; its interval is that of its logit. */
function riskEstimate(
  fit: Pick<Fit, "vcov" | "denominatorDf">,
  { risk, gradient }: StandardisedRisk,
  label: ContrastLabel,
) {
  const plain = deltaEstimate(fit, risk, gradient, label);
  const df = plain.df ?? Number.POSITIVE_INFINITY;
  const half = (tQuantile(1 - (1 - label.level) / 2, df) * (plain.se ?? Number.NaN)) / (risk * (1 - risk));
  const logit = Math.log(risk / (1 - risk));
  const limit = (at: number): number => 1 / (1 + Math.exp(-at));
  return { ...plain, statistic: null, p: null, lower: limit(logit - half), upper: limit(logit + half) };
}

function deltaEstimate(
  { vcov, denominatorDf }: Pick<Fit, "vcov" | "denominatorDf">,
  value: number,
  gradient: Float64Array,
  label: ContrastLabel,
): Estimate {
  const { df } = denominatorDf({ rows: 1, cols: gradient.length, data: gradient });
  const se = Number.isNaN(df) ? Number.NaN : Math.sqrt(dot(gradient, timesVector(vcov, gradient)));
  return waldEstimate(value, se, df, label);
}

/** The rows used of a column. */
function picked(column: Column, rows: Int32Array): Column {
  if (column.kind === "number") return { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) };
  return { ...column, codes: Int32Array.from(rows, (row) => column.codes[row]!) };
}

/** A column with one level throughout. */
function filled(column: Column, level: string): Column {
  if (column.kind === "number") return { ...column, values: column.values.map(() => Number(level)) };
  return { ...column, codes: column.codes.map(() => column.levels.indexOf(level)) };
}
