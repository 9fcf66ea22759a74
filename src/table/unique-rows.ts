import { duplicatedRows, type Problem } from "../problem.js";
import { toIsoDate } from "./iso-date.js";
import { ProblemList } from "./problem-list.js";
import type { Column, Table } from "./table.js";

/**
 * Whether no two rows agree in all of some columns: participant and visit, say. Rows in which one of them is missing
 * are left out.
 *
 * @param columns  Names of columns that the table has.
 * @returns        A problem for each row that repeats an earlier one, with both lines.
 */
export function checkUniqueRows(table: Table, columns: readonly string[]): Problem[] {
  const keys = columns.map((name) => ({ name, column: table.columns.get(name)! }));
  const groups = groupsOf(
    table.rows,
    keys.map(({ column }) => column),
  );
  const firstRow = new Map<number, number>();
  const problems = new ProblemList();
  groups.forEach((group, row) => {
    const first = firstRow.get(group);
    if (group < 0) return;
    if (first === undefined) firstRow.set(group, row);
    else
      problems.add("duplicated-rows", () => {
        const lines = table.lines === null ? null : ([table.lines[first]!, table.lines[row]!] as const);
        const key = keys.map(({ name, column }) => ({ column: name, value: valueText(column, row) }));
        return duplicatedRows(table.name, lines, [first + 1, row + 1], key);
      });
  });
  return problems.all();
}

/** A number for each row, the same for rows that agree in all columns; −1 when one of them is missing. */
function groupsOf(rows: number, columns: readonly Column[]): Int32Array {
  let groups = new Int32Array(rows);
  for (const column of columns) {
    const finer = new Int32Array(rows);
    const known = new Map<number, Map<number, number>>();
    let count = 0;
    for (let row = 0; row < rows; row++) {
      const value = column.kind === "category" ? column.codes[row]! : column.values[row]!;
      const isMissing = column.kind === "category" ? value < 0 : Number.isNaN(value);
      const group = groups[row]!;
      if (group < 0 || isMissing) {
        finer[row] = -1;
        continue;
      }
      let within = known.get(value);
      if (within === undefined) known.set(value, (within = new Map()));
      let number = within.get(group);
      if (number === undefined) within.set(group, (number = count++));
      finer[row] = number;
    }
    groups = finer;
  }
  return groups;
}

function valueText(column: Column, row: number): string {
  if (column.kind === "category") return column.levels[column.codes[row]!] ?? "";
  return column.type === "date" ? toIsoDate(column.values[row]!) : String(column.values[row]!);
}
