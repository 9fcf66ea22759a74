/** Comparisons between values of one kind: numbers, dates, texts, conditions. Missing when either side is. */
import {
  expressionMismatch,
  expressionNeeds,
  expressionRefused,
  expressionUnknownLevel,
  notIsoDate,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import {
  type ConditionValue,
  describe,
  type ExpressionContext,
  invalid,
  type NumberOfRow,
  type NumberValue,
  type Part,
  refuse,
  type TextValue,
  type TruthOfRow,
  truthOf,
  type Value,
} from "./expression-value.js";
import { parseIsoDate } from "./iso-date.js";
import { renderExpression } from "./parse-expression.js";

export const comparisonOperators: ReadonlySet<string> = new Set(["==", "===", "!=", "!==", "<", "<=", ">", ">="]);

/** `left operator right`. There is no conversion, so == and === are the same. */
export function compare(operator: string, left: Part, right: Part, context: ExpressionContext): Value {
  const kinds = [left.value.kind, right.value.kind];
  if (kinds.includes("invalid")) return invalid;
  if (kinds.includes("null"))
    return refuse(context, expressionRefused(context.path, "null", "Whether x is missing is written isValid(x)."));
  const isEquality = operator.startsWith("==") || operator.startsWith("!=");
  if (kinds[0] === "text" && kinds[1] === "text") {
    if (isEquality) return condition(compareTexts(operator, left, right, context));
    return refuse(context, expressionNeeds(context.path, operator, "numbers or dates", describe(left)));
  }
  if (kinds.includes("condition") && isEquality && kinds.every((kind) => kind === "condition" || kind === "binary")) {
    return condition(compareTruths(operator, left, right, context));
  }
  return condition(compareNumbers(operator, left, right, context));
}

const condition = (at: TruthOfRow | null): Value =>
  at === null ? invalid : ({ kind: "condition", at } as ConditionValue);

const isNegated = (operator: string): boolean => operator.startsWith("!");

// ── numbers and dates ───────────────────────────────────────────────────────────────────────────

function compareNumbers(operator: string, left: Part, right: Part, context: ExpressionContext): TruthOfRow | null {
  const pair = orderedPair(operator, left, right, context);
  if (pair === null) return null;
  const [a, b] = pair;
  const holds = comparisonOf(operator);
  return (row) => {
    const x = a(row);
    const y = b(row);
    if (Number.isNaN(x) || Number.isNaN(y)) return -1;
    return holds(x, y) ? 1 : 0;
  };
}

function comparisonOf(operator: string): (x: number, y: number) => boolean {
  switch (operator) {
    case "<":
      return (x, y) => x < y;
    case "<=":
      return (x, y) => x <= y;
    case ">":
      return (x, y) => x > y;
    case ">=":
      return (x, y) => x >= y;
    default:
      return isNegated(operator) ? (x, y) => x !== y : (x, y) => x === y;
  }
}

/** Two numbers, or two dates, of which one may be written as a text. null, with a problem, otherwise. */
export function orderedPair(
  operator: string,
  left: Part,
  right: Part,
  context: ExpressionContext,
): readonly [NumberOfRow, NumberOfRow] | null {
  const [a, b] = [left.value, right.value];
  if (a.kind === "invalid" || b.kind === "invalid") return null;
  if (isNumber(a) && isNumber(b)) return [a.at, b.at];
  if (a.kind === "date" && b.kind === "date") return [a.at, b.at];
  if (a.kind === "date" && isLiteral(b)) return pairOf(a.at, dateLiteral(b, context));
  if (isLiteral(a) && b.kind === "date") return pairOf(dateLiteral(a, context), b.at);
  refuse(context, expressionMismatch(context.path, operator, describe(left), describe(right)));
  return null;
}

const pairOf = (a: NumberOfRow | null, b: NumberOfRow | null) => (a === null || b === null ? null : ([a, b] as const));

const isNumber = (value: Value): value is NumberValue => value.kind === "number" || value.kind === "binary";
const isLiteral = (value: Value): value is TextValue & { readonly literal: string } =>
  value.kind === "text" && value.literal !== null;

function dateLiteral({ literal }: { readonly literal: string }, context: ExpressionContext): NumberOfRow | null {
  const days = parseIsoDate(literal);
  if (!Number.isNaN(days)) return () => days;
  refuse(context, notIsoDate(context.path, literal));
  return null;
}

// ── texts ───────────────────────────────────────────────────────────────────────────────────────

function compareTexts(operator: string, left: Part, right: Part, context: ExpressionContext): TruthOfRow | null {
  const [a, b] = [left.value as TextValue, right.value as TextValue];
  if (!isKnownLevel(left, b, context) || !isKnownLevel(right, a, context)) return null;
  const same =
    b.literal !== null
      ? equalsLiteral(a, b.literal)
      : a.literal !== null
        ? equalsLiteral(b, a.literal)
        : equalTexts(a, b);
  return isNegated(operator) ? not(same) : same;
}

/** Whether a text written in the expression is one of the texts that the other side can be. */
function isKnownLevel(other: Part, { literal }: TextValue, context: ExpressionContext): boolean {
  const { levels } = other.value as TextValue;
  if (literal === null || levels === null || levels.includes(literal)) return true;
  const column = renderExpression(other.node);
  refuse(context, expressionUnknownLevel(context.path, column, literal, levels, suggest(literal, levels)));
  return false;
}

function equalsLiteral({ at, codes, levels }: TextValue, literal: string): TruthOfRow {
  if (codes !== null && levels !== null) return equalsCode(codes, levels.indexOf(literal));
  return (row) => {
    const text = at(row);
    if (text === null) return -1;
    return text === literal ? 1 : 0;
  };
}

const equalsCode =
  (codes: Int32Array, wanted: number): TruthOfRow =>
  (row) => {
    const code = codes[row]!;
    if (code < 0) return -1;
    return code === wanted ? 1 : 0;
  };

const equalTexts =
  (a: TextValue, b: TextValue): TruthOfRow =>
  (row) => {
    const [x, y] = [a.at(row), b.at(row)];
    if (x === null || y === null) return -1;
    return x === y ? 1 : 0;
  };

// ── conditions ──────────────────────────────────────────────────────────────────────────────────

function compareTruths(operator: string, left: Part, right: Part, context: ExpressionContext): TruthOfRow | null {
  const [a, b] = [truthOf(left, operator, context), truthOf(right, operator, context)];
  if (a === null || b === null) return null;
  const same: TruthOfRow = (row) => {
    const [x, y] = [a(row), b(row)];
    if (x < 0 || y < 0) return -1;
    return x === y ? 1 : 0;
  };
  return isNegated(operator) ? not(same) : same;
}

/** Missing stays missing. */
export const not =
  (at: TruthOfRow): TruthOfRow =>
  (row) => {
    const truth = at(row);
    if (truth < 0) return -1;
    return truth === 1 ? 0 : 1;
  };
