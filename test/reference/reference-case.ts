/** Reads a case of test/reference: its data as a table, and its expected values. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Papa from "papaparse";
import { modelFrame } from "../../src/formula/model-frame.js";
import type { ModelFrame } from "../../src/formula/frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import type { Column, Table } from "../../src/table/table.js";

/** One value for each coefficient or row, under one kind of degrees of freedom. null: not given. */
export interface ReferenceTests {
  readonly se: readonly (number | null)[];
  readonly df: readonly (number | null)[];
  readonly statistic: readonly (number | null)[];
  readonly p: readonly (number | null)[];
  readonly lower?: readonly number[];
  readonly upper?: readonly number[];
  readonly vcov?: readonly (readonly number[])[];
}

export interface ReferenceJointTest {
  readonly F: number;
  readonly df1: number;
  readonly df2: number;
  readonly p: number;
  /** On the Wald F; Kenward–Roger only. */
  readonly scaling?: number;
}

export type ReferenceKind = "satterthwaite" | "kenwardRoger" | "residual";

export interface ReferenceFit {
  readonly id: string;
  /** As this project writes it. */
  readonly formula: string;
  readonly method: "REML" | "ML";
  readonly observations: number;
  readonly groups: Readonly<Record<string, number>>;
  readonly names: readonly string[];
  readonly coef: readonly number[];
  readonly se: readonly number[];
  readonly vcov?: readonly (readonly number[])[];
  readonly theta: readonly number[];
  readonly sigma: number;
  /** By `group:term`. */
  readonly sd: Readonly<Record<string, number>>;
  /** By `group:term1,term2`. */
  readonly cor: Readonly<Record<string, number>>;
  readonly logLik: number;
  readonly parameters: number;
  readonly aic: number;
  readonly bic: number;
  readonly rSquared?: number;
  readonly satterthwaite?: ReferenceTests;
  readonly kenwardRoger?: ReferenceTests;
  /** As `kenwardRoger`, with the elements of theta at zero left out of the information. */
  readonly kenwardRogerOffBoundary?: { readonly se: readonly number[]; readonly df: readonly number[] };
  readonly residual?: ReferenceTests;
  readonly betweenWithin?: { readonly df: readonly number[]; readonly p: readonly number[] };
  readonly hypotheses?: readonly ({
    readonly name: string;
    readonly L: readonly (readonly number[])[];
  } & { readonly [K in ReferenceKind]?: ReferenceJointTest })[];
  readonly means?: {
    readonly names: readonly string[];
    readonly L: readonly (readonly number[])[];
    readonly estimate: readonly number[];
    readonly level: number;
  } & { readonly [K in ReferenceKind]?: ReferenceTests };
  readonly modes?: {
    readonly group: string;
    readonly terms: readonly string[];
    readonly levels: readonly string[];
    readonly values: readonly (readonly number[])[];
  };
  readonly fitted?: readonly number[];
  readonly residuals?: readonly number[];
}

type ReferenceColumn = { readonly type: "id" | "number" } | { readonly type: "factor"; readonly levels: readonly string[] };

interface ReferenceFile {
  readonly columns: Readonly<Record<string, ReferenceColumn>>;
  readonly fits: readonly ReferenceFit[];
}

export interface ReferenceCase {
  readonly name: string;
  readonly table: Table;
  readonly fits: readonly ReferenceFit[];
  /** What R says of one fit. */
  readonly expectedOf: (id: string) => ReferenceFit;
}

/** The case in test/reference/<name>. */
export function readReference(name: string): ReferenceCase {
  const read = (file: string) => readFileSync(fileURLToPath(new URL(`./${name}/${file}`, import.meta.url)), "utf8");
  const { columns, fits } = JSON.parse(read("expected.json")) as ReferenceFile;
  const { data } = Papa.parse<Record<string, string>>(read("data.csv"), { header: true, skipEmptyLines: true });
  const table: Table = {
    name: "data.csv",
    rows: data.length,
    columns: new Map(
      Object.entries(columns).map(([column, declared]) => [
        column,
        toColumn(
          data.map((row) => row[column] ?? ""),
          declared,
        ),
      ]),
    ),
    lines: null,
  };
  const expectedOf = (id: string) => {
    const found = fits.find((one) => one.id === id);
    if (found === undefined) throw new Error(`${name} has no fit "${id}"`);
    return found;
  };
  return { name, table, fits, expectedOf };
}

/** The model frame of a formula on a case's data. */
export const frameOf = (table: Table, formula: string): ModelFrame =>
  modelFrame({ formula: parseFormula(formula), table });

function toColumn(texts: readonly string[], declared: ReferenceColumn): Column {
  if (declared.type === "number")
    return {
      kind: "number",
      type: "number",
      values: Float64Array.from(texts, (text) => (text === "" ? Number.NaN : Number(text))),
      unit: null,
    };
  const levels = declared.type === "factor" ? declared.levels : [...new Set(texts.filter((text) => text !== ""))];
  return { kind: "category", type: declared.type, codes: Int32Array.from(texts, (text) => levels.indexOf(text)), levels };
}
