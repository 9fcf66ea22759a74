/** Cases of marginal.R: generalised linear models, robust variances, GEE, standardised risks. */
import { toGroupingFactor } from "../../src/formula/grouping-factor.js";
import type { ModelFrame } from "../../src/formula/frame.js";
import type { FamilyName } from "../../src/inference/family.js";
import type { Clusters, WorkingModel } from "../../src/inference/robust-variance.js";
import { fitGeneralisedLinear, type GeneralisedLinearFit } from "../../src/linear/generalised-linear.js";
import { fitLinear, type LinearFit } from "../../src/linear/linear.js";
import type { CorrelationStructure } from "../../src/linear/working-correlation.js";
import { qr } from "../../src/numeric/qr.js";
import type { Table } from "../../src/table/table.js";
import { readReference } from "./reference-case.js";

type Rows = readonly (readonly number[])[];

export interface ReferenceRisks {
  readonly risk: readonly number[];
  readonly riskSe: readonly number[];
  readonly difference: number;
  readonly differenceSe: number;
  readonly logRatio: number;
  readonly logRatioSe: number;
}

/** A glm or lm with its robust variances. */
export interface ReferenceRegression {
  readonly id: string;
  readonly formula: string;
  readonly family: FamilyName;
  readonly cluster: string;
  readonly names: readonly string[];
  readonly coef: readonly number[];
  readonly vcov: Rows;
  readonly logLik: number;
  readonly aic: number;
  readonly bic: number;
  readonly deviance: number;
  readonly fitted: readonly number[];
  readonly heteroscedasticity: Readonly<Record<"HC0" | "HC1" | "HC2" | "HC3", Rows>>;
  readonly clusters: Readonly<
    Record<
      "CR0" | "CR1" | "CR1S" | "CR2" | "CR3",
      {
        readonly vcov: Rows;
        readonly df: readonly number[];
        readonly p: readonly number[];
        readonly joint?: { readonly columns: readonly number[]; readonly F: number; readonly df2: number; readonly p: number };
      }
    >
  >;
  readonly risks?: { readonly of: string; readonly model: ReferenceRisks; readonly CR2: ReferenceRisks };
}

export interface ReferenceGee {
  readonly id: string;
  readonly formula: string;
  readonly family: FamilyName;
  readonly cluster: string;
  readonly visit: string | null;
  readonly correlation: CorrelationStructure;
  readonly names: readonly string[];
  readonly coef: readonly number[];
  readonly alpha: readonly number[];
  readonly scale: number;
  readonly vcov: Readonly<Record<"robust" | "kauermann-carroll" | "mancl-derouen" | "fay-graubard", Rows>>;
  readonly risks?: { readonly of: string; readonly robust: ReferenceRisks };
}

export function readMarginal(name: string): {
  readonly table: Table;
  readonly regressions: readonly ReferenceRegression[];
  readonly gees: readonly ReferenceGee[];
} {
  const { table, fits } = readReference(name);
  const all = fits as unknown as readonly (ReferenceRegression | ReferenceGee)[];
  return {
    table,
    regressions: all.filter((one): one is ReferenceRegression => "heteroscedasticity" in one),
    gees: all.filter((one): one is ReferenceGee => "correlation" in one),
  };
}

export const clustersOf = (table: Table, frame: ModelFrame, column: string): Clusters => ({
  column,
  ...toGroupingFactor(table, [column], frame.rows),
});

/** Visits numbered from 1 in the data. */
export function visitsOf(table: Table, frame: ModelFrame, column: string) {
  const data = table.columns.get(column)!;
  if (data.kind !== "number") throw new Error(`${column} is no number`);
  return { column, codes: Int32Array.from(frame.rows, (row) => data.values[row]! - 1) };
}

/** A fit and what its robust variance is made of. */
export function fitRegression(
  frame: ModelFrame,
  family: FamilyName,
): { readonly fit: LinearFit | GeneralisedLinearFit; readonly working: WorkingModel } {
  if (family === "gaussian") {
    const fit = fitLinear(frame);
    return { fit, working: { X: frame.X, weights: null, residuals: fit.residuals, R: qr(frame.X).R } };
  }
  const fit = fitGeneralisedLinear(frame, { family });
  return { fit, working: { X: frame.X, weights: fit.weights, residuals: fit.residuals, R: fit.R } };
}
