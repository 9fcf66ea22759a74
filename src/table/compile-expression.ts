/**
 * The syntax tree of an expression to a typed value: functions of the row, made once and called for each.
 * Logic is three-valued, as in SQL: `&&` is false when either side is, whatever the other, and `||` true when either
 * side is; otherwise missing when either side is.
 */
import {
  expressionLaterColumn,
  expressionMismatch,
  expressionRefused,
  expressionTooLong,
  expressionUnknownColumn,
  expressionUnknownFunction,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { compare, comparisonOperators, not } from "./expression-comparison.js";
import { compileCall, definedOnly, functionNames } from "./expression-function.js";
import {
  binaryAsCondition,
  describe,
  type ExpressionContext,
  invalid,
  type NumberOfRow,
  numberOf,
  type Part,
  refuse,
  type TextValue,
  type Truth,
  type TruthOfRow,
  truthOf,
  type Value,
} from "./expression-value.js";
import { type ExpressionNode, renderExpression } from "./parse-expression.js";

/** Nodes within nodes. Far more than a plan needs, and far less than exhausts the stack. */
const MAX_DEPTH = 400;

/** The value of a tree. What is wrong with it is added to the problems of the context; the value is invalid then. */
export function compileExpression(node: ExpressionNode, context: ExpressionContext, depth = 0): Value {
  if (depth > MAX_DEPTH)
    return refuse(context, expressionTooLong(context.path, `${MAX_DEPTH} operators within each other`));
  const part = (inner: ExpressionNode): Part => ({ node: inner, value: compileExpression(inner, context, depth + 1) });
  switch (node.type) {
    case "Literal":
      return literal(node, context);
    case "Identifier":
      return column(node.name, context);
    case "MemberExpression":
      return member(node, context);
    case "ArrayExpression":
      return { kind: "list", items: node.elements.map((element) => part(element ?? NULL)) };
    case "UnaryExpression":
      return unary(node, part(node.argument), context);
    case "LogicalExpression":
      return logical(node.operator, part(node.left), part(node.right), context);
    case "BinaryExpression":
      return binary(node, part(node.left), part(node.right), context);
    case "ConditionalExpression":
      return conditional(part(node.test), part(node.consequent), part(node.alternate), context);
    case "CallExpression":
      return call(node, node.arguments.map(part), context);
    default:
      return refuse(
        context,
        expressionRefused(context.path, "An object { }", "Compare columns with numbers and texts."),
      );
  }
}

const NULL: ExpressionNode = { type: "Literal", value: null, raw: "null" };

// ── literals and columns ────────────────────────────────────────────────────────────────────────

function literal(node: Extract<ExpressionNode, { type: "Literal" }>, context: ExpressionContext): Value {
  const { value } = node;
  if (typeof value === "number") return { kind: "number", at: () => value };
  if (typeof value === "string") return { kind: "text", at: () => value, levels: null, literal: value, codes: null };
  if (typeof value === "boolean") return { kind: "condition", at: () => (value ? 1 : 0) };
  if (node.raw === "null") return { kind: "null" };
  return refuse(context, expressionRefused(context.path, "A regular expression", "Compare with whole texts, ==."));
}

function column(name: string, context: ExpressionContext): Value {
  const found = context.columns.get(name);
  if (found !== undefined) return found;
  if (context.later.has(name)) return refuse(context, expressionLaterColumn(context.path, name));
  return refuse(context, expressionUnknownColumn(context.path, name, suggest(name, context.columns.keys())));
}

/** A column whose name has points (bdi.pre), or, as Vega has it, datum['any name']. */
function member(node: Extract<ExpressionNode, { type: "MemberExpression" }>, context: ExpressionContext): Value {
  const { object, property } = node;
  const isDatum = object.type === "Identifier" && object.name === "datum" && !context.columns.has("datum");
  if (isDatum && node.computed && property.type === "Literal") return column(String(property.value), context);
  if (isDatum && !node.computed && property.type === "Identifier") return column(property.name, context);
  const name = dottedName(node);
  if (name !== null) return column(name, context);
  return refuse(
    context,
    expressionRefused(
      context.path,
      renderExpression(node),
      "A column is written by its name alone, or datum['its name'].",
    ),
  );
}

function dottedName(node: ExpressionNode): string | null {
  if (node.type === "Identifier") return node.name;
  if (node.type !== "MemberExpression" || node.computed || node.property.type !== "Identifier") return null;
  const object = dottedName(node.object);
  return object === null ? null : `${object}.${node.property.name}`;
}

function call(
  node: Extract<ExpressionNode, { type: "CallExpression" }>,
  args: readonly Part[],
  context: ExpressionContext,
): Value {
  const name = renderExpression(node.callee);
  const value = node.callee.type === "Identifier" ? compileCall(name, node, args, context) : null;
  return value ?? refuse(context, expressionUnknownFunction(context.path, name, functionNames));
}

// ── operators ───────────────────────────────────────────────────────────────────────────────────

function unary({ operator }: { readonly operator: string }, argument: Part, context: ExpressionContext): Value {
  if (operator === "!") {
    const at = truthOf(argument, "!", context);
    return at === null ? invalid : { kind: "condition", at: not(at) };
  }
  if (operator !== "-" && operator !== "+") return refuseOperator(operator, context);
  const at = numberOf(argument, operator, context);
  if (at === null) return invalid;
  return { kind: "number", at: operator === "-" ? (row) => -at(row) : at };
}

function logical(operator: string, left: Part, right: Part, context: ExpressionContext): Value {
  const [a, b] = [truthOf(left, operator, context), truthOf(right, operator, context)];
  if (a === null || b === null) return invalid;
  const decisive = operator === "&&" ? 0 : 1;
  return { kind: "condition", at: decidedBy(decisive, a, b) };
}

/** A side that is `decisive` (false for &&, true for ||) decides, whatever the other; the right is not looked at then. */
const decidedBy =
  (decisive: Truth, a: TruthOfRow, b: TruthOfRow): TruthOfRow =>
  (row) => {
    const left = a(row);
    if (left === decisive) return left;
    const right = b(row);
    return right === decisive || left >= 0 ? right : left;
  };

function binary(
  node: Extract<ExpressionNode, { operator: string; left: ExpressionNode }>,
  left: Part,
  right: Part,
  context: ExpressionContext,
): Value {
  const { operator } = node;
  if (comparisonOperators.has(operator)) return compare(operator, left, right, context);
  const calculate = arithmetic[operator];
  if (calculate === undefined) return refuseOperator(operator, context);
  const dates = dateArithmetic(operator, left.value, right.value);
  if (dates !== null) return dates;
  // A date beside what cannot be read may well be right: that one is told, and no more.
  const isInvalid = ({ value }: Part) => value.kind === "invalid";
  const isDate = ({ value }: Part) => value.kind === "date";
  if ((isInvalid(left) && isDate(right)) || (isDate(left) && isInvalid(right))) return invalid;
  if (
    (left.value.kind === "text") !== (right.value.kind === "text") &&
    left.value.kind !== "invalid" &&
    right.value.kind !== "invalid"
  )
    return refuse(context, expressionMismatch(context.path, operator, describe(left), describe(right)));
  const [a, b] = [numberOf(left, operator, context), numberOf(right, operator, context)];
  if (a === null || b === null) return invalid;
  return { kind: "number", at: definedOnly(renderExpression(node), [a, b], calculate, context) };
}

const arithmetic: Readonly<Record<string, (...x: number[]) => number>> = {
  "+": (x, y) => x + y,
  "-": (x, y) => x - y,
  "*": (x, y) => x * y,
  "/": (x, y) => x / y,
  "%": (x, y) => x % y,
};

/** Days between two dates; a date some days later or earlier. null when neither. */
function dateArithmetic(operator: string, left: Value, right: Value): Value | null {
  const [a, b] = [left, right];
  if (a.kind === "date" && b.kind === "date" && operator === "-") return difference("number", a.at, b.at);
  if (a.kind === "date" && b.kind === "number" && operator === "-") return difference("date", a.at, b.at);
  if (operator !== "+") return null;
  if ((a.kind === "date" && b.kind === "number") || (a.kind === "number" && b.kind === "date")) {
    return { kind: "date", at: (row) => a.at(row) + b.at(row) };
  }
  return null;
}

const difference = (kind: "number" | "date", a: NumberOfRow, b: NumberOfRow): Value => ({
  kind,
  at: (row) => a(row) - b(row),
});

const refuseOperator = (operator: string, context: ExpressionContext): Value => {
  const instead = { "&": "And is written &&.", "|": "Or is written ||.", "^": "Powers are written pow(x, 2)." }[
    operator
  ];
  const known = "There are == != < <= > >= && || ! + - * / % ? :.";
  return refuse(context, expressionRefused(context.path, `The operator ${operator}`, instead ?? known));
};

// ── condition ? value : value ───────────────────────────────────────────────────────────────────

function conditional(test: Part, yes: Part, no: Part, context: ExpressionContext): Value {
  const truth = truthOf(test, "?", context);
  const [a, b] = [yes.value, no.value];
  if (truth === null || a.kind === "invalid" || b.kind === "invalid") return invalid;
  return (
    choice(truth, a, b) ?? refuse(context, expressionMismatch(context.path, ": (of ? :)", describe(yes), describe(no)))
  );
}

/** One of two values of one kind, missing when the condition is; null when they are of different kinds. */
function choice(truth: TruthOfRow, a: Value, b: Value): Value | null {
  const kinds = new Set([a.kind, b.kind].filter((kind) => kind !== "null"));
  const is = (...allowed: Value["kind"][]) => kinds.size > 0 && [...kinds].every((kind) => allowed.includes(kind));
  if (is("text")) return { kind: "text", at: choose(truth, atOf(a, null), atOf(b, null), null), ...textsOf(a, b) };
  if (is("condition", "binary") && kinds.has("condition")) {
    const at = choose<Truth>(truth, conditionAt(a), conditionAt(b), -1);
    return { kind: "condition", at };
  }
  if (is("date") || is("number", "binary")) {
    const at = choose<number>(truth, atOf(a, Number.NaN), atOf(b, Number.NaN), Number.NaN);
    return { kind: is("date") ? "date" : is("binary") ? "binary" : "number", at };
  }
  return null;
}

const choose =
  <T>(truth: TruthOfRow, a: (row: number) => T, b: (row: number) => T, missing: T) =>
  (row: number): T => {
    const t = truth(row);
    if (t < 0) return missing;
    return t === 1 ? a(row) : b(row);
  };

/** The function of a value; of null, one that is always missing. */
const atOf = <T>(value: Value, missing: T): ((row: number) => T) =>
  "at" in value ? (value.at as (row: number) => T) : () => missing;

const conditionAt = (value: Value): TruthOfRow =>
  value.kind === "binary" ? binaryAsCondition(value.at) : atOf<Truth>(value, -1);

/** All texts that either of two values can be. */
function textsOf(a: Value, b: Value): Pick<TextValue, "levels" | "literal" | "codes"> {
  const texts = [a, b]
    .filter((value): value is TextValue => value.kind === "text")
    .map(({ levels, literal }) => (literal === null ? levels : [literal]));
  const levels = texts.includes(null) ? null : [...new Set(texts.flatMap((known) => known ?? []))];
  return { levels, literal: null, codes: null };
}
