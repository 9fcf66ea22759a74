/** Tables changed in one way, for the identities that estimators must satisfy. */
import type { Column, Table } from "../../src/table/table.js";

/** The rows with these indices, in this order. */
export function pickRows(table: Table, rows: readonly number[]): Table {
  const pick = (column: Column): Column =>
    column.kind === "number"
      ? { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) }
      : { ...column, codes: Int32Array.from(rows, (row) => column.codes[row]!) };
  return {
    ...table,
    rows: rows.length,
    columns: new Map([...table.columns].map(([name, column]) => [name, pick(column)])),
  };
}

/** A factor with its levels declared in another order; the first is the reference. */
export function withLevels(table: Table, name: string, levels: readonly string[]): Table {
  const column = table.columns.get(name);
  if (column?.kind !== "category") throw new Error(`${name} is not a category`);
  const codes = column.codes.map((code) => (code < 0 ? code : levels.indexOf(column.levels[code]!)));
  return withColumn(table, name, { ...column, codes, levels });
}

/** A number column through a function. */
export function mapColumn(table: Table, name: string, change: (value: number) => number): Table {
  const column = table.columns.get(name);
  if (column?.kind !== "number") throw new Error(`${name} is not a number`);
  return withColumn(table, name, { ...column, values: column.values.map(change) });
}

/** A table with a column added or replaced. */
export const withColumn = (table: Table, name: string, column: Column): Table => ({
  ...table,
  columns: new Map([...table.columns, [name, column]]),
});
