/** Reads a Cox case of test/reference: its table, and what coxph gives for each model. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseFormula } from "../../src/formula/parse-formula.js";
import type { SurvivalFrame } from "../../src/formula/survival-frame.js";
import { survivalFrame } from "../../src/formula/to-survival-frame.js";
import type { Ties } from "../../src/survival/tied-events.js";
import type { Table } from "../../src/table/table.js";
import { readReference } from "../reference/reference-case.js";

type Numbers = readonly number[];
type Rows = readonly (readonly number[])[];

export interface CoxReference {
  readonly id: string;
  readonly formula: string;
  readonly ties: Ties;
  readonly weights: string | null;
  readonly robust: boolean;
  readonly names: readonly string[];
  readonly coef: Numbers;
  readonly vcov: Rows;
  readonly modelVcov: Rows;
  readonly logLik: number;
  readonly logLikNull: number;
  readonly scoreTest: number;
  readonly aic: number;
  readonly bic: number;
  readonly n: number;
  readonly events: number;
  readonly zph: Readonly<
    Record<
      string,
      { readonly terms: readonly string[]; readonly statistic: Numbers; readonly df: Numbers; readonly p: Numbers }
    >
  >;
  readonly concordance: { readonly estimate: number; readonly se: number };
  readonly residuals?: {
    readonly martingale: Numbers;
    readonly deviance: Numbers;
    readonly score: Rows;
    readonly dfbeta: Rows;
    readonly schoenfeld: Rows;
    readonly scaled: Rows;
    readonly schoenfeldTimes: Numbers;
    readonly zph: { readonly time: Numbers; readonly x: Numbers; readonly y: Rows };
  };
  readonly survival?: {
    readonly times: Numbers;
    readonly newdata: readonly Readonly<Record<string, number | string>>[];
    readonly estimate: Rows;
    readonly se: Rows;
    readonly lower: readonly (readonly (number | string)[])[];
    readonly upper: readonly (readonly (number | string)[])[];
  };
  readonly baseline: { readonly stratum: readonly string[]; readonly time: Numbers; readonly hazard: Numbers };
}

export function readCox(name: string): { readonly table: Table; readonly fits: readonly CoxReference[] } {
  const { table } = readReference(name);
  const file = fileURLToPath(new URL(`../reference/${name}/expected.json`, import.meta.url));
  return { table, fits: (JSON.parse(readFileSync(file, "utf8")) as { fits: CoxReference[] }).fits };
}

export const coxFrameOf = (table: Table, formula: string, weights: string | null = null): SurvivalFrame =>
  survivalFrame({ formula: parseFormula(formula), table, weights: weights ?? undefined });
