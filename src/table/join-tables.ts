/** Tables whose rows belong together: each visit with its client, each client with its unit. */
import { joinedColumnTwice, joinKeyMissing, joinNoMatch, joinRepeatedKey, type Problem } from "../problem.js";
import { ProblemList } from "./problem-list.js";
import type { Column, Table } from "./table.js";

/** A table that others are joined with, and the column whose value tells its rows apart. */
export interface KeyedTable {
  readonly table: Table;
  readonly key: string;
}

export interface Joined {
  readonly table: Table;
  readonly problems: readonly Problem[];
}

/**
 * Whether a key tells the rows of a table apart. A key that is there twice would multiply the rows of every table that is
 * joined with it; a row without one can never be found.
 */
export function checkKey({ table, key }: KeyedTable): Problem[] {
  const problems = new ProblemList();
  const column = table.columns.get(key)!;
  const first = new Map<string | number, number>();
  for (let row = 0; row < table.rows; row++) {
    const value = valueAt(column, row);
    if (value === null) {
      problems.add("missing", () => joinKeyMissing(table.name, lineOf(table, row), key));
      continue;
    }
    const before = first.get(value);
    if (before === undefined) first.set(value, row);
    else
      problems.add("repeated", () =>
        joinRepeatedKey(table.name, lineOf(table, row), key, String(value), lineOf(table, before)),
      );
  }
  return problems.all();
}

/**
 * The rows of one table, each with the columns of the row of another that it names (many to one). The number and order of
 * rows stay as they are. Where the name is missing, so are the joined columns.
 *
 * @param by     Column of `table` that holds the other's key.
 * @param other  Its key must tell its rows apart; see `checkKey`.
 * @returns      With a problem for each value that the other table does not have, and each column that both have.
 */
export function joinTables(table: Table, by: string, other: KeyedTable): Joined {
  const problems = new ProblemList();
  const rowOf = new Map<string | number, number>();
  const key = other.table.columns.get(other.key)!;
  for (let row = 0; row < other.table.rows; row++) {
    const value = valueAt(key, row);
    if (value !== null) rowOf.set(value, row);
  }
  const names = table.columns.get(by)!;
  const found = new Int32Array(table.rows);
  for (let row = 0; row < table.rows; row++) {
    const value = valueAt(names, row);
    const at = value === null ? -1 : (rowOf.get(value) ?? -1);
    found[row] = at;
    if (value !== null && at < 0)
      problems.add("no-match", () =>
        joinNoMatch(table.name, lineOf(table, row), by, String(value), other.table.name, other.key),
      );
  }
  const columns = new Map(table.columns);
  for (const [name, column] of other.table.columns) {
    if (name === other.key) continue;
    if (columns.has(name)) problems.add(name, () => joinedColumnTwice(name, table.name, other.table.name));
    else columns.set(name, take(column, found));
  }
  return { table: { ...table, columns }, problems: problems.all() };
}

/** The column at the given rows; missing where a row is −1. */
function take(column: Column, rows: Int32Array): Column {
  return column.kind === "category"
    ? { ...column, codes: Int32Array.from(rows, (row) => (row < 0 ? -1 : column.codes[row]!)) }
    : { ...column, values: Float64Array.from(rows, (row) => (row < 0 ? Number.NaN : column.values[row]!)) };
}

function valueAt(column: Column, row: number): string | number | null {
  if (column.kind === "category") return column.codes[row]! < 0 ? null : column.levels[column.codes[row]!]!;
  const value = column.values[row]!;
  return Number.isNaN(value) ? null : value;
}

const lineOf = ({ lines }: Table, row: number): number => lines?.[row] ?? row + 1;
