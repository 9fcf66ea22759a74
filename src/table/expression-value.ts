/**
 * Typed values of an expression: each a function of the row. The type is known before any row is seen; texts and
 * numbers never turn into each other. Conditions count as 0/1 in arithmetic, and 0/1 as conditions.
 */
import { expressionNeeds, type Problem } from "../problem.js";
import { type ExpressionNode, renderExpression } from "./parse-expression.js";

/** Three-valued: 1 true, 0 false, −1 missing. */
export type Truth = 1 | 0 | -1;
/** NaN is missing. */
export type NumberOfRow = (row: number) => number;
export type TruthOfRow = (row: number) => Truth;
/** null is missing. */
export type TextOfRow = (row: number) => string | null;

export interface NumberValue {
  /** Dates are days since 1970-01-01. */
  readonly kind: "number" | "binary" | "date";
  readonly at: NumberOfRow;
}
export interface TextValue {
  readonly kind: "text";
  readonly at: TextOfRow;
  /** All texts that it can be; null when any. */
  readonly levels: readonly string[] | null;
  /** A text written in the expression. */
  readonly literal: string | null;
  /** Of a column: index into levels, −1 missing. */
  readonly codes: Int32Array | null;
}
export interface ConditionValue {
  readonly kind: "condition";
  readonly at: TruthOfRow;
}
export interface ListValue {
  readonly kind: "list";
  readonly items: readonly Part[];
}
interface NullValue {
  readonly kind: "null";
}
/** Wrong, and already complained of. */
interface InvalidValue {
  readonly kind: "invalid";
}

export type ColumnValue = NumberValue | TextValue;
export type Value = ColumnValue | ConditionValue | ListValue | NullValue | InvalidValue;

/** A value with what it was written as. */
export interface Part {
  readonly node: ExpressionNode;
  readonly value: Value;
}

export interface ExpressionContext {
  /** Values of columns by name. */
  readonly columns: ReadonlyMap<string, ColumnValue>;
  /** Derived columns that are not yet made. */
  readonly later: ReadonlySet<string>;
  /** Where the expression stands, for problems. */
  readonly path: string;
  readonly problems: Problem[];
  /** Told, while rows are evaluated, that `what` has no value although its parts have: log(0), 1 / 0. */
  readonly undefinedAt: (row: number, what: string) => void;
}

export const invalid: Value = { kind: "invalid" };

/** Adds a problem; the value is invalid. */
export function refuse(context: ExpressionContext, problem: Problem): Value {
  context.problems.push(problem);
  return invalid;
}

const kindWords: Readonly<Record<Value["kind"], string>> = {
  number: "a number",
  binary: "0/1",
  date: "a date",
  text: "a text",
  condition: "a condition",
  list: "a list",
  null: "nothing",
  invalid: "nothing",
};
export const kindText = (value: Value): string => kindWords[value.kind];

/** `treatment (a text)`. */
export const describe = ({ node, value }: Part): string => `${renderExpression(node)} (${kindText(value)})`;

/** A part as a number; null, with a problem unless it is already invalid, when it is none. */
export function numberOf(part: Part, operator: string, context: ExpressionContext): NumberOfRow | null {
  const { value } = part;
  if (value.kind === "number" || value.kind === "binary") return value.at;
  if (value.kind === "condition") return conditionAsNumber(value.at);
  return needs("a number", part, operator, context);
}

export const conditionAsNumber =
  (at: TruthOfRow): NumberOfRow =>
  (row) => {
    const truth = at(row);
    return truth < 0 ? Number.NaN : truth;
  };

/** A part as a condition; null, with a problem unless it is already invalid, when it is none. */
export function truthOf(part: Part, operator: string, context: ExpressionContext): TruthOfRow | null {
  const { value } = part;
  if (value.kind === "condition") return value.at;
  if (value.kind === "binary") return binaryAsCondition(value.at);
  return needs("a condition, such as x > 0", part, operator, context);
}

export const binaryAsCondition =
  (at: NumberOfRow): TruthOfRow =>
  (row) => {
    const value = at(row);
    if (Number.isNaN(value)) return -1;
    return value === 0 ? 0 : 1;
  };

export function needs(needed: string, part: Part, operator: string, context: ExpressionContext): null {
  if (part.value.kind !== "invalid") refuse(context, expressionNeeds(context.path, operator, needed, describe(part)));
  return null;
}
