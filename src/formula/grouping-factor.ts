/** A grouping factor: the levels of one column, or of the combinations of several. */
import type { Table } from "../table/table.js";

export interface GroupingFactor {
  /** Index into levels for each used row. */
  readonly codes: Int32Array;
  /** Levels that a used row has, in the order of the data; `x:y` for combinations. */
  readonly levels: readonly string[];
}

/**
 * The grouping factor of one column or of several nested or crossed ones (`a:b`).
 * The values of a number column are its levels.
 *
 * @param rows  rows in which none of the columns is missing
 */
export function toGroupingFactor(table: Table, columns: readonly string[], rows: Int32Array): GroupingFactor {
  return columns.map((name) => columnFactor(table, name, rows)).reduce((outer, inner) => combineFactors(outer, inner));
}

function columnFactor(table: Table, name: string, rows: Int32Array): GroupingFactor {
  const column = table.columns.get(name)!;
  const values: ArrayLike<number> = column.kind === "category" ? column.codes : column.values;
  const label = (value: number): string => (column.kind === "category" ? column.levels[value]! : String(value));
  const { codes, first } = codesByAppearance(rows.length, (i) => values[rows[i]!]!);
  return { codes, levels: first.map((i) => label(values[rows[i]!]!)) };
}

function combineFactors(a: GroupingFactor, b: GroupingFactor): GroupingFactor {
  const { codes, first } = codesByAppearance(a.codes.length, (i) => a.codes[i]! * b.levels.length + b.codes[i]!);
  return { codes, levels: first.map((i) => `${a.levels[a.codes[i]!]!}:${b.levels[b.codes[i]!]!}`) };
}

/** Codes from 0 in order of first appearance of n keys, and where each first appears. */
function codesByAppearance(n: number, key: (i: number) => number): { codes: Int32Array; first: number[] } {
  const codeOf = new Map<number, number>();
  const codes = new Int32Array(n);
  const first: number[] = [];
  for (let i = 0; i < n; i++) {
    const value = key(i);
    let code = codeOf.get(value);
    if (code === undefined) {
      code = first.push(i) - 1;
      codeOf.set(value, code);
    }
    codes[i] = code;
  }
  return { codes, first };
}
