/** Small tables for tests: numbers with null for missing, or texts with the levels in the order of appearance. */
import type { Column, Table } from "../../src/table/table.js";

export type Cells = readonly (number | null)[] | readonly (string | null)[] | Column;

const isText = (cells: readonly unknown[]): cells is readonly (string | null)[] =>
  cells.some((cell) => typeof cell === "string");

export function tableOf(columns: Readonly<Record<string, Cells>>, lines: Int32Array | null = null): Table {
  const built = Object.entries(columns).map(([name, cells]): [string, Column] => {
    if ("kind" in cells) return [name, cells];
    return [name, isText(cells) ? factor(cells) : numbers(cells as readonly (number | null)[])];
  });
  const [, first] = built[0]!;
  const rows = first.kind === "number" ? first.values.length : first.codes.length;
  return { name: "data.csv", rows, columns: new Map(built), lines };
}

export const numbers = (cells: readonly (number | null)[], type: "number" | "binary" | "date" = "number"): Column => ({
  kind: "number",
  type,
  values: Float64Array.from(cells, (cell) => cell ?? Number.NaN),
  unit: null,
});

export function factor(
  cells: readonly (string | null)[],
  levels: readonly string[] = [...new Set(cells.filter((cell) => cell !== null))],
  type: "factor" | "id" = "factor",
): Column {
  return {
    kind: "category",
    type,
    codes: Int32Array.from(cells, (c) => (c === null ? -1 : levels.indexOf(c))),
    levels,
  };
}
