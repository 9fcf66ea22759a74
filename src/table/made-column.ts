/** Columns that are made by a rule of the trial (a score, a class of change): the rule is the trial's, the column is checked here. */
import { ProblemError } from "../problem.js";
import type { ColumnSpec } from "./dictionary.js";
import { ProblemList } from "./problem-list.js";
import type { Column, Table } from "./table.js";
import { columnBuilder, DecimalMarks } from "./typed-column.js";

/** Makes the cells of a column from other columns of the same table. */
export interface ColumnMaker {
  /** Columns that a table must have. */
  readonly needs: readonly string[];
  /** One for each row; null is missing. */
  readonly cells: (columns: ReadonlyMap<string, Column>, rows: number) => readonly (number | string | null)[];
}

/**
 * The table with the column, checked as what it is declared to be: range, levels. null for a table that has not what it is
 * made of.
 *
 * @throws ProblemError a score out of range, say.
 */
export function addMadeColumn(table: Table, name: string, spec: ColumnSpec, maker: ColumnMaker): Table | null {
  if (maker.needs.some((column) => !table.columns.has(column))) return null;
  const problems = new ProblemList();
  const builder = columnBuilder(name, spec, { file: table.name, problems, marks: new DecimalMarks(undefined) });
  maker.cells(table.columns, table.rows).forEach((cell, row) => {
    if (cell === null || Number.isNaN(cell)) builder.addMissing();
    else builder.add(cell, table.lines?.[row] ?? row + 1);
  });
  const column = builder.finish();
  const found = problems.all();
  if (found.length > 0) throw new ProblemError(found);
  return { ...table, columns: new Map(table.columns).set(name, column) };
}
