/** The functions of expressions, by name. Those of Vega's that a condition on a data row needs; log is natural. */
import { expressionArguments } from "../problem.js";
import { compare, orderedPair } from "./expression-comparison.js";
import {
  type ExpressionContext,
  invalid,
  type NumberOfRow,
  needs,
  numberOf,
  type Part,
  refuse,
  type TruthOfRow,
  type Value,
} from "./expression-value.js";
import { type CalendarDay, toCalendarDay } from "./iso-date.js";
import { renderExpression } from "./parse-expression.js";

interface ExpressionFunction {
  /** As a message shows it. */
  readonly usage: string;
  readonly arity: readonly [number, number];
  /** @param what  The call as it is written. */
  readonly compile: (args: readonly Part[], context: ExpressionContext, what: string) => Value | null;
}

const ANY_NUMBER = Number.POSITIVE_INFINITY;

/** A function of numbers. Missing when an argument is. */
function ofNumbers(usage: string, arity: readonly [number, number], f: (...x: number[]) => number): ExpressionFunction {
  return {
    usage,
    arity,
    compile(args, context, what) {
      const inputs = args.map((arg) => numberOf(arg, usage, context));
      if (inputs.includes(null)) return invalid;
      return { kind: "number", at: definedOnly(what, inputs as NumberOfRow[], f, context) };
    },
  };
}

/** f of the inputs; the context is told of rows where all inputs have a value but f has none: log(0), 1 / 0. */
export function definedOnly(
  what: string,
  inputs: readonly NumberOfRow[],
  f: (...x: number[]) => number,
  { undefinedAt }: ExpressionContext,
): NumberOfRow {
  const defined = (value: number, row: number, isComplete: boolean): number => {
    if (Number.isFinite(value)) return value;
    if (isComplete) undefinedAt(row, what);
    return Number.NaN;
  };
  // Each input is evaluated once: twice would double the work at every level of a long sum.
  const [first, second] = inputs;
  if (first !== undefined && inputs.length === 1) {
    return (row) => {
      const x = first(row);
      return defined(f(x), row, !Number.isNaN(x));
    };
  }
  if (first !== undefined && second !== undefined && inputs.length === 2) {
    return (row) => {
      const x = first(row);
      const y = second(row);
      return defined(f(x, y), row, !Number.isNaN(x) && !Number.isNaN(y));
    };
  }
  return (row) => {
    const x = inputs.map((input) => input(row));
    return defined(f(...x), row, !x.some(Number.isNaN));
  };
}

function partOfDate(part: keyof CalendarDay, name: string): ExpressionFunction {
  const usage = `${name}(d) of a date column`;
  return {
    usage,
    arity: [1, 1],
    compile([argument], context) {
      const { value } = argument!;
      if (value.kind !== "date") return needs("a date", argument!, name, context);
      const days = value.at;
      return {
        kind: "number",
        at: (row) => {
          const day = days(row);
          return Number.isNaN(day) ? day : toCalendarDay(day)[part];
        },
      };
    },
  };
}

const isValid: ExpressionFunction = {
  usage: "isValid(x)",
  arity: [1, 1],
  compile([argument], context) {
    const { value } = argument!;
    switch (value.kind) {
      case "text":
        return { kind: "condition", at: (row) => (value.at(row) === null ? 0 : 1) };
      case "condition":
        return { kind: "condition", at: (row) => (value.at(row) < 0 ? 0 : 1) };
      case "number":
      case "binary":
      case "date":
        return { kind: "condition", at: (row) => (Number.isNaN(value.at(row)) ? 0 : 1) };
      default:
        return needs("a column or a value", argument!, "isValid", context);
    }
  },
};

const inrange: ExpressionFunction = {
  usage: "inrange(x, [smallest, largest])",
  arity: [2, 2],
  compile([x, range], context) {
    const [low, high] = range!.value.kind === "list" && range!.value.items.length === 2 ? range!.value.items : [];
    if (low === undefined || high === undefined) return null;
    const lower = orderedPair("inrange", x!, low, context);
    const upper = orderedPair("inrange", x!, high, context);
    if (lower === null || upper === null) return invalid;
    const [[value, lowest], [, highest]] = [lower, upper];
    return {
      kind: "condition",
      at: (row) => {
        const [v, a, b] = [value(row), lowest(row), highest(row)];
        if (Number.isNaN(v) || Number.isNaN(a) || Number.isNaN(b)) return -1;
        return v >= Math.min(a, b) && v <= Math.max(a, b) ? 1 : 0;
      },
    };
  },
};

const indexof: ExpressionFunction = {
  usage: "indexof(['a', 'b'], x), the place of x in the list from 0, or -1",
  arity: [2, 2],
  compile([list, x], context) {
    if (list!.value.kind !== "list" || x!.value.kind === "list") return null;
    const comparisons = list!.value.items.map((item) => compare("==", item, x!, context));
    if (comparisons.some(({ kind }) => kind !== "condition")) return invalid;
    const matches = comparisons.map((comparison) => (comparison as { at: TruthOfRow }).at);
    return {
      kind: "number",
      at: (row) => {
        for (let i = 0; i < matches.length; i++) {
          const truth = matches[i]!(row);
          if (truth !== 0) return truth < 0 ? Number.NaN : i;
        }
        return -1;
      },
    };
  },
};

/** By name; the order is that of messages. */
const expressionFunctions: ReadonlyMap<string, ExpressionFunction> = new Map([
  ["isValid", isValid],
  ["inrange", inrange],
  ["indexof", indexof],
  ["abs", ofNumbers("abs(x)", [1, 1], Math.abs)],
  ["sqrt", ofNumbers("sqrt(x)", [1, 1], Math.sqrt)],
  ["log", ofNumbers("log(x)", [1, 1], Math.log)],
  ["exp", ofNumbers("exp(x)", [1, 1], Math.exp)],
  ["pow", ofNumbers("pow(x, power)", [2, 2], (x, power) => x ** power)],
  ["min", ofNumbers("min(x, y, …)", [1, ANY_NUMBER], Math.min)],
  ["max", ofNumbers("max(x, y, …)", [1, ANY_NUMBER], Math.max)],
  ["round", ofNumbers("round(x)", [1, 1], Math.round)],
  ["floor", ofNumbers("floor(x)", [1, 1], Math.floor)],
  ["ceil", ofNumbers("ceil(x)", [1, 1], Math.ceil)],
  ["year", partOfDate("year", "year")],
  ["month", partOfDate("month", "month")],
  ["date", partOfDate("day", "date")],
]);

export const functionNames: readonly string[] = [...expressionFunctions.keys()];

/** A call of a function; null when there is no function of that name. */
export function compileCall(
  name: string,
  call: Part["node"],
  args: readonly Part[],
  context: ExpressionContext,
): Value | null {
  const found = expressionFunctions.get(name);
  if (found === undefined) return null;
  const [fewest, most] = found.arity;
  const isCountRight = args.length >= fewest && args.length <= most;
  const errors = context.problems.length;
  const value = isCountRight ? found.compile(args, context, renderExpression(call)) : null;
  if (value !== null) return value;
  if (args.some((arg) => arg.value.kind === "invalid") || context.problems.length > errors) return invalid;
  return refuse(context, expressionArguments(context.path, name, found.usage));
}
