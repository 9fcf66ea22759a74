/**
 * Expressions over the columns of a table: `where:` conditions and derived columns.
 *
 * The syntax is Vega's, with bare column names: `month > 0 && treatment == 'BtheB'`. Operators == != < <= > >= && || !
 * + - * / % ? :, and the functions of expression-function.ts. A column whose name cannot stand bare is
 * datum['its name']. Dates are compared with texts: started >= '2025-01-01'.
 */
import { expressionResult, expressionUndefined, inFile, type Problem, ProblemError } from "../problem.js";
import { compileExpression } from "./compile-expression.js";
import type { ColumnSpec, Dictionary } from "./dictionary.js";
import {
  binaryAsCondition,
  type ColumnValue,
  type ExpressionContext,
  kindText,
  type Value,
} from "./expression-value.js";
import { parseExpression } from "./parse-expression.js";
import type { Column, Table } from "./table.js";

/** What an expression gives for each row of a table. Conditions: 1 true, 0 false, −1 missing. */
export type ExpressionResult =
  | { readonly kind: "condition"; readonly values: Int8Array }
  | { readonly kind: "number" | "binary" | "date"; readonly values: Float64Array }
  | { readonly kind: "text"; readonly values: readonly (string | null)[] };

/** What an expression must give: for `where`, a condition (0/1 is one too). */
export type Needed = "condition" | "number" | "text" | "any";

export interface ExpressionOptions {
  /** Where the expression stands, for problems: `plan.yaml:12:5`. */
  readonly path?: string;
  /** Default "any". */
  readonly needed?: Needed;
  /** Derived columns that are not yet made, and so cannot be used. */
  readonly later?: ReadonlySet<string>;
}

/**
 * What is wrong with an expression, without evaluating it: syntax, unknown columns, functions and levels, values of
 * kinds that do not go together.
 */
export function checkExpression(text: string, columns: Table | Dictionary, options: ExpressionOptions = {}): Problem[] {
  return [...compile(text, columnValues(columns), options).problems];
}

/**
 * Evaluate an expression for each row.
 *
 * @throws ProblemError what checkExpression says; or that it has no value in a row although nothing is missing there:
 *         log(0), 1 / 0.
 */
export function evaluateExpression(text: string, table: Table, options: ExpressionOptions = {}): ExpressionResult {
  const undefinedRows = new Map<string, number[]>();
  const undefinedAt = (row: number, what: string): void => {
    const rows = undefinedRows.get(what);
    if (rows === undefined) undefinedRows.set(what, [row]);
    else if (rows.at(-1) !== row) rows.push(row);
  };
  const { value, problems } = compile(text, columnValues(table), options, undefinedAt);
  if (problems.length > 0) throw new ProblemError(problems);
  const result = evaluate(value, table.rows);
  if (undefinedRows.size > 0) {
    throw new ProblemError(
      [...undefinedRows].map(([what, rows]) =>
        expressionUndefined(placeOf(table, rows[0]!, options.path), what, rows.length),
      ),
    );
  }
  return result;
}

/** Evaluate a condition (`where:`) for each row: 1 true, 0 false, −1 missing. Throws as evaluateExpression does. */
export function evaluateCondition(text: string, table: Table, path = ""): Int8Array {
  const result = evaluateExpression(text, table, { path, needed: "condition" });
  if (result.kind !== "condition") throw new TypeError(`a condition gave a ${result.kind}`);
  return result.values;
}

function compile(
  text: string,
  columns: ReadonlyMap<string, ColumnValue>,
  { path = "", needed = "any", later = new Set() }: ExpressionOptions,
  undefinedAt: ExpressionContext["undefinedAt"] = () => {},
): { readonly value: Value; readonly problems: readonly Problem[] } {
  const node = parseExpression(text, path);
  if ("code" in node) return { value: { kind: "null" }, problems: [node] };
  const problems: Problem[] = [];
  const value = compileExpression(node, { columns, later, path, problems, undefinedAt });
  if (problems.length === 0 && !results[needed].kinds.includes(value.kind)) {
    problems.push(expressionResult(path, results[needed].words, kindText(value)));
  }
  const isTaken = needed === "condition" && value.kind === "binary";
  return { value: isTaken ? asCondition(value.at) : value, problems: withoutRepeats(problems) };
}

/** A name that is wrong in two places is one problem. */
const withoutRepeats = (problems: readonly Problem[]): Problem[] => [
  ...new Map(problems.map((problem) => [problem.message, problem])).values(),
];

const results: Readonly<Record<Needed, { readonly words: string; readonly kinds: readonly Value["kind"][] }>> = {
  condition: { words: "a condition, such as x > 0", kinds: ["condition", "binary"] },
  number: { words: "a number", kinds: ["number", "binary", "condition"] },
  text: { words: "a text", kinds: ["text"] },
  any: { words: "a value", kinds: ["condition", "number", "binary", "date", "text"] },
};

const asCondition = (at: (row: number) => number): Value => ({ kind: "condition", at: binaryAsCondition(at) });

function evaluate(value: Value, rows: number): ExpressionResult {
  switch (value.kind) {
    case "condition":
      return { kind: "condition", values: fill(new Int8Array(rows), value.at) };
    case "number":
    case "binary":
    case "date":
      return { kind: value.kind, values: fill(new Float64Array(rows), value.at) };
    case "text":
      return { kind: "text", values: Array.from({ length: rows }, (_, row) => value.at(row)) };
    default:
      throw new TypeError(`an expression of kind ${value.kind} was not refused`);
  }
}

function fill<A extends Int8Array | Float64Array>(values: A, at: (row: number) => number): A {
  for (let row = 0; row < values.length; row++) values[row] = at(row);
  return values;
}

/** `plan.yaml:12:5, data.csv:14`. */
function placeOf({ name, lines }: Table, row: number, path = ""): string {
  const place = inFile(name, lines?.[row] ?? row + 1);
  return path === "" ? place : `${path}, ${place}`;
}

// ── columns as values ───────────────────────────────────────────────────────────────────────────

function columnValues(columns: Table | Dictionary): ReadonlyMap<string, ColumnValue> {
  if (isTable(columns)) return new Map([...columns.columns].map(([name, column]) => [name, valueOfColumn(column)]));
  return new Map(Object.entries(columns).map(([name, spec]) => [name, valueOfSpec(spec)]));
}

const isTable = (columns: Table | Dictionary): columns is Table =>
  "columns" in columns && columns.columns instanceof Map;

function valueOfColumn(column: Column): ColumnValue {
  if (column.kind === "number") return { kind: column.type, at: (row) => column.values[row]! };
  const { codes, levels } = column;
  return {
    kind: "text",
    at: (row) => levels[codes[row]!] ?? null,
    literal: null,
    ...(column.type === "factor" ? { levels, codes } : { levels: null, codes: null }),
  };
}

/** Of the kind that a column will have; without rows. */
function valueOfSpec(spec: ColumnSpec): ColumnValue {
  if (spec.type !== "factor" && spec.type !== "id") return { kind: spec.type, at: () => Number.NaN };
  const levels = spec.type === "factor" ? spec.levels : null;
  return { kind: "text", at: () => null, levels, literal: null, codes: null };
}
