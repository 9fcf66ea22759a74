/** Checks of a formula's columns that every frame makes, before rows are chosen. */
import {
  frameAllMissing,
  frameNotNumeric,
  frameUnknownColumn,
  isError,
  type Problem,
  ProblemError,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import type { Table } from "../table/table.js";
import { columnsOf, type Expression, renderExpression } from "./expression.js";
import { factorColumn } from "./fixed-design.js";
import type { Formula } from "./formula.js";
import type { Condition } from "./used-rows.js";

/** Columns that the table does not have, or that are missing in every row. */
export function checkColumns(columns: readonly string[], table: Table, path: string, where?: Condition): Problem[] {
  return columns.flatMap((name) => {
    if (!table.columns.has(name)) {
      return [frameUnknownColumn(path, name, table.name, suggest(name, table.columns.keys()))];
    }
    return isAllMissing(table, name, where) ? [frameAllMissing(path, name, where?.text ?? null)] : [];
  });
}

/** Whether no row that the condition keeps has a value, though some are kept. */
function isAllMissing(table: Table, name: string, where?: Condition): boolean {
  const column = table.columns.get(name)!;
  let kept = 0;
  for (let row = 0; row < table.rows; row++) {
    if (where !== undefined && where.keep[row] !== 1) continue;
    const missing = column.kind === "number" ? Number.isNaN(column.values[row]!) : column.codes[row]! < 0;
    if (!missing) return false;
    kept++;
  }
  return kept > 0;
}

/** Category columns where a number is needed: inside functions and offsets. */
export function checkNumeric({ fixed, random, offsets }: Formula, table: Table, path: string): Problem[] {
  const variables = [...fixed.variables, ...random.flatMap(({ terms }) => terms.variables)];
  const numeric = [...variables.filter((variable) => factorColumn(variable, table) === null), ...offsets];
  const problems = numeric.flatMap((expression) =>
    columnsOf(expression)
      .filter((name) => table.columns.get(name)?.kind === "category")
      .map((name) => frameNotNumeric(path, name, renderExpression(expression))),
  );
  return distinctProblems(problems);
}

/** @throws ProblemError when an error is among the problems; warnings and notes stay. */
export function throwErrors(problems: readonly Problem[]): void {
  const errors = problems.filter(isError);
  if (errors.length > 0) throw new ProblemError(errors);
}

/** A factor in fixed and random terms, or a function in two, is told once. */
export const distinctProblems = (problems: readonly Problem[]): Problem[] => [
  ...new Map(problems.map((problem) => [`${problem.code} ${problem.message}`, problem])).values(),
];

/** As a result names it: a column without backticks, else the expression. */
export const displayName = (expression: Expression): string =>
  expression.kind === "name" ? expression.name : renderExpression(expression);
