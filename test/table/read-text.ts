import type { Problem } from "../../src/problem.js";
import { ProblemError } from "../../src/problem.js";
import type { Dictionary } from "../../src/table/dictionary.js";
import { readTable } from "../../src/table/read-table.js";
import type { Column, Table } from "../../src/table/table.js";
import type { TableOptions } from "../../src/table/table-options.js";

/** A table from the text of a data file. */
export const readText = (
  text: string,
  dictionary: Dictionary,
  options: TableOptions = {},
  file = "data.csv",
): Promise<Table> => readTable(new TextEncoder().encode(text), file, dictionary, options);

/** What is wrong, of something that must not succeed. */
export async function problemsOf(attempt: () => unknown): Promise<readonly Problem[]> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof ProblemError) return error.problems;
    throw error;
  }
  throw new Error("succeeded, but should not have");
}

export const codesOf = (problems: readonly Problem[]): string[] => problems.map(({ code }) => code);

/** Cells of a column: numbers or labels, null when missing. */
export function cellsOf(table: Table, name: string): (number | string | null)[] {
  const column: Column = table.columns.get(name)!;
  if (column.kind === "number") return [...column.values].map((value) => (Number.isNaN(value) ? null : value));
  return [...column.codes].map((code) => (code < 0 ? null : column.levels[code]!));
}
