/** Which rows of a table an analysis uses, and why the others are not. */
import type { Table } from "../table/table.js";
import type { Exclusion } from "./frame.js";

/** An evaluated `where`: for each row of the table 1 keep, 0 not, 2 the condition is missing. */
export interface Condition {
  readonly text: string;
  readonly keep: Uint8Array;
}

export interface UsedRows {
  /** Ascending. */
  readonly rows: Int32Array;
  readonly excluded: readonly Exclusion[];
}

/**
 * Rows that the condition keeps and in which no column is missing. Every other row has the first reason that
 * applies: the condition, the condition missing, the columns in the order given.
 */
export function usedRows(table: Table, columns: readonly string[], where?: Condition): UsedRows {
  const reasons: Omit<Exclusion, "rows">[] = [];
  /** Index of the reason from 1; 0 for a row that is used. */
  const reasonOf = new Int32Array(table.rows);
  const exclude = (reason: Exclusion["reason"], detail: string, applies: (row: number) => boolean): void => {
    const index = reasons.push({ reason, detail });
    for (let row = 0; row < table.rows; row++) if (reasonOf[row] === 0 && applies(row)) reasonOf[row] = index;
  };

  if (where !== undefined) {
    exclude("where", where.text, (row) => where.keep[row] === 0);
    exclude("where-missing", where.text, (row) => where.keep[row] === 2);
  }
  for (const name of columns) {
    const column = table.columns.get(name)!;
    if (column.kind === "number") exclude("missing", name, (row) => Number.isNaN(column.values[row]!));
    else exclude("missing", name, (row) => column.codes[row]! < 0);
  }

  const byReason = rowsByReason(reasonOf, reasons.length);
  return {
    rows: byReason[0]!,
    excluded: reasons.map((reason, i) => ({ ...reason, rows: byReason[i + 1]! })).filter(({ rows }) => rows.length > 0),
  };
}

function rowsByReason(reasonOf: Int32Array, reasons: number): Int32Array[] {
  const counts = new Int32Array(reasons + 1);
  for (const reason of reasonOf) counts[reason]!++;
  const groups = Array.from(counts, (count) => new Int32Array(count));
  const filled = new Int32Array(reasons + 1);
  reasonOf.forEach((reason, row) => {
    groups[reason]![filled[reason]!++] = row;
  });
  return groups;
}
