/** Reads cases of survival reference values: data sets stacked in one file by the column `set`, and tables of them. */
import { readFileSync } from "node:fs";
import Papa from "papaparse";
import { parseFormula } from "../../src/formula/parse-formula.js";
import type { SurvivalFrame } from "../../src/formula/survival-frame.js";
import { type SurvivalFrameOptions, survivalFrame } from "../../src/formula/to-survival-frame.js";
import type { Table } from "../../src/table/table.js";
import { type Cells, factor, tableOf } from "../formula/table-of.js";

const read = (name: string, file: string): string =>
  readFileSync(new URL(`../reference/${name}/${file}`, import.meta.url), "utf8");

export const readExpected = <T>(name: string): T => JSON.parse(read(name, "expected.json")) as T;

/** Rows of one set as a table: texts as factors with their levels in the order of `levels`, the rest numbers. */
export function readSet(name: string, set: string, levels: Readonly<Record<string, readonly string[]>>): Table {
  const { data } = Papa.parse<Record<string, string>>(read(name, "data.csv"), { header: true, skipEmptyLines: true });
  const rows = data.filter((row) => row.set === set);
  const columns = Object.keys(rows[0]!).filter((column) => column !== "set");
  return tableOf(
    Object.fromEntries(
      columns.map((column): [string, Cells] => {
        const cells = rows.map((row) => row[column]!);
        return [column, column in levels ? factor(cells, levels[column]!) : cells.map(Number)];
      }),
    ),
  );
}

export const survivalFrameOf = (
  text: string,
  table: Table,
  more: Omit<SurvivalFrameOptions, "formula" | "table"> = {},
): SurvivalFrame => survivalFrame({ formula: parseFormula(text), table, ...more });

/** One group of n rows. */
export const allRows = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);
