/** The values of a numeric expression of a formula (`log(x + 1)`) over rows of a table. */
import { frameNotFinite, type Problem } from "../problem.js";
import { type NumberColumn, placeOfRow, type Table } from "../table/table.js";
import { columnsOf, type Expression, renderExpression } from "./expression.js";
import type { Rows } from "./factor-levels.js";

/** What an expression may call, with one argument. `I` is the identity, as in R. */
export const NUMERIC_FUNCTIONS: Readonly<Record<string, (x: number) => number>> = {
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  exp: Math.exp,
  sqrt: Math.sqrt,
  abs: Math.abs,
  I: (x) => x,
};

export const countRows = (table: Table, rows: Rows): number => (rows === null ? table.rows : rows.length);

/**
 * Evaluate an expression whose columns are numbers of the table.
 *
 * @returns n values; NaN where a column is missing. May be the column's own array: do not write to it.
 */
export function evaluateExpression(expression: Expression, table: Table, rows: Rows): Float64Array {
  const value = evaluate(expression, table, rows);
  return typeof value === "number" ? new Float64Array(countRows(table, rows)).fill(value) : value;
}

function evaluate(expression: Expression, table: Table, rows: Rows): number | Float64Array {
  switch (expression.kind) {
    case "number":
      return expression.value;
    case "name":
      return columnValues(table, expression.name, rows);
    case "parenthesis":
      return evaluate(expression.inner, table, rows);
    case "negative":
      return mapValues(evaluate(expression.operand, table, rows), (x) => -x);
    case "call": {
      const value = evaluate(expression.args[0]!.value, table, rows);
      return expression.name === "I" ? value : mapValues(value, NUMERIC_FUNCTIONS[expression.name]!);
    }
    case "binary":
      return combine(
        OPERATIONS[expression.operator]!,
        evaluate(expression.left, table, rows),
        evaluate(expression.right, table, rows),
      );
  }
}

/** A square is a product, as in R: correctly rounded. */
const power = (x: number, y: number): number => (y === 2 ? x * x : x ** y);

const OPERATIONS: Readonly<Record<string, (x: number, y: number) => number>> = {
  "+": (x, y) => x + y,
  "-": (x, y) => x - y,
  "*": (x, y) => x * y,
  "/": (x, y) => x / y,
  "^": power,
};

function mapValues(x: number | Float64Array, f: (x: number) => number): number | Float64Array {
  return typeof x === "number" ? f(x) : x.map((value) => f(value));
}

type Values = number | Float64Array;

function combine(f: (x: number, y: number) => number, x: Values, y: Values): Values {
  if (typeof x !== "number") return typeof y === "number" ? x.map((a) => f(a, y)) : x.map((a, i) => f(a, y[i]!));
  return typeof y === "number" ? f(x, y) : y.map((b) => f(x, b));
}

function columnValues(table: Table, name: string, rows: Rows): Float64Array {
  const { values } = table.columns.get(name) as NumberColumn;
  if (rows === null || rows.length === table.rows) return values;
  const chosen = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) chosen[i] = values[rows[i]!]!;
  return chosen;
}

/** A problem when a value is not finite though no column it is made of is missing: log(0), 1/0. */
export function checkFinite(
  expression: Expression,
  values: Float64Array,
  table: Table,
  rows: Rows,
  path: string,
): Problem[] {
  const columns = columnsOf(expression);
  const sources = columns.map((name) => (table.columns.get(name) as NumberColumn).values);
  let first = -1;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const row = rows === null ? i : rows[i]!;
    if (sources.some((source) => Number.isNaN(source[row]!))) continue;
    if (first === -1) first = row;
    count++;
  }
  if (first === -1) return [];
  const cells = columns.map((name, c) => `${name} = ${sources[c]![first]}`);
  const text = expression.kind === "name" ? expression.name : renderExpression(expression);
  return [frameNotFinite(path, text, placeOfRow(table, first), count, cells)];
}
