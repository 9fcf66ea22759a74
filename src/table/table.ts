/**
 * A columnar table: what the readers make of a data file, by the plan's data dictionary.
 * Immutable; columns share one length.
 */
import type { Words } from "../problem.js";

/** Numbers: of `type: number`, `binary` (0/1) and `date` (days since 1970-01-01). NaN is missing. */
export interface NumberColumn {
  readonly kind: "number";
  readonly type: "number" | "binary" | "date";
  readonly values: Float64Array;
  /** As declared: "months", "points". */
  readonly unit: string | null;
}

/** Categories: of `type: factor` (levels as declared, the first the reference) and `id` (levels by first appearance). */
export interface CategoryColumn {
  readonly kind: "category";
  readonly type: "factor" | "id";
  /** Index into levels; −1 is missing. */
  readonly codes: Int32Array;
  readonly levels: readonly string[];
}

export type Column = NumberColumn | CategoryColumn;

export interface Table {
  /** File name without folder, for messages. */
  readonly name: string;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
  /** The line (text files) or sheet row (workbooks) each row began on, from 1, for messages; null when made in memory. */
  readonly lines: Int32Array | null;
}

/** Where a row is, for messages: `line 14 of data.csv`; `row 13` of a table made in memory. */
export function placeOfRow({ name, lines }: Table, row: number): string {
  if (lines === null) return `row ${row + 1}`;
  return `line ${lines[row]}${name === "" ? "" : ` of ${name}`}`;
}

/** The same in both languages, for what a report says. */
export function placeInWords(table: Table, row: number): Words {
  const { name, lines } = table;
  const sv = lines === null ? `rad ${row + 1}` : `rad ${lines[row]}${name === "" ? "" : ` i ${name}`}`;
  return { en: placeOfRow(table, row), sv };
}
