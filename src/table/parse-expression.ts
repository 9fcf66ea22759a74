/**
 * The text of an expression to its syntax tree, by Vega's own parser, so that a condition reads here as in a
 * Vega-Lite filter. Nothing is ever run as code: the tree is interpreted by compile-expression.ts.
 */
import { parseExpression as parseVega } from "vega-expression";
import { expressionSyntax, expressionTooLong, type Problem } from "../problem.js";

/** A node of the tree, in the ESTree form, as far as Vega's parser makes them. */
export type ExpressionNode =
  | { readonly type: "Literal"; readonly value: unknown; readonly raw: string; readonly regex?: unknown }
  | { readonly type: "Identifier"; readonly name: string }
  | { readonly type: "ArrayExpression"; readonly elements: readonly (ExpressionNode | null)[] }
  | { readonly type: "UnaryExpression"; readonly operator: string; readonly argument: ExpressionNode }
  | {
      readonly type: "BinaryExpression" | "LogicalExpression";
      readonly operator: string;
      readonly left: ExpressionNode;
      readonly right: ExpressionNode;
    }
  | {
      readonly type: "ConditionalExpression";
      readonly test: ExpressionNode;
      readonly consequent: ExpressionNode;
      readonly alternate: ExpressionNode;
    }
  | { readonly type: "CallExpression"; readonly callee: ExpressionNode; readonly arguments: readonly ExpressionNode[] }
  | {
      readonly type: "MemberExpression";
      readonly computed: boolean;
      readonly object: ExpressionNode;
      readonly property: ExpressionNode;
    }
  | { readonly type: "ObjectExpression" };

/** Far more than a plan needs, and far less than exhausts the stack. */
const MAX_LENGTH = 20_000;

/** The tree, or the problem that the text cannot be read. */
export function parseExpression(text: string, path: string): ExpressionNode | Problem {
  if (text.length > MAX_LENGTH) return expressionTooLong(path, `${MAX_LENGTH} characters`);
  try {
    return parseVega(text) as ExpressionNode;
  } catch (error) {
    const { index, message } = error as { index?: number; message: string };
    const position = index === undefined ? null : index + 1;
    return expressionSyntax(path, text, syntaxHint(text) ?? syntaxDetail(message), position);
  }
}

/** Ways of writing from other languages, with what to write here. Looked for outside quotes. */
const foreign: readonly (readonly [RegExp, string])[] = [
  [/`/, "backticks do not quote here. A column whose name has spaces is written datum['its name']."],
  [/\*\*|\^/, "powers are written pow(x, 2)."],
  [/\+\+|--|[-+*/]=/, "values cannot be changed."],
  [/<>/, "unequal is written !=."],
  [/%in%|\bin\b/i, "one of several values is written indexof(['a', 'b'], x) >= 0."],
  [/(^|[^=!<>])=([^=]|$)/, "equality is written ==; values cannot be assigned."],
  [/\band\b/i, "and is written &&."],
  [/\bor\b/i, "or is written ||."],
  [/\bnot\b/i, "not is written !."],
  [/[\u2018\u2019\u201c\u201d\u00ab\u00bb]/, "texts need straight quotes, ' or \"."],
  [/[\u2212\u2013]/, "the minus sign is the hyphen -."],
  [/\d,\d/, "decimals are written with a point."],
];

function syntaxHint(text: string): string | undefined {
  const unquoted = text.replace(/"[^"]*"|'[^']*'/g, " ");
  const column = /`([^`]+)`/.exec(unquoted)?.[1];
  if (column !== undefined) return `backticks do not quote here. The column is written datum['${column}'].`;
  const keyword = /\b(new|this|typeof|delete|void|function|class|instanceof|var|let|const|return|with)\b/.exec(
    unquoted,
  );
  if (keyword !== null)
    return `"${keyword[0]}" is a reserved word. A column of this name is written datum['${keyword[0]}'].`;
  return foreign.find(([pattern]) => pattern.test(unquoted))?.[1];
}

/** The parser's own words, where they help. */
function syntaxDetail(message: string): string {
  if (message === "Unexpected end of input") return "it ends too early.";
  if (message.startsWith("Unexpected token ILLEGAL"))
    return "there is a character that does not belong, or a text without closing quote.";
  if (message.startsWith("Unexpected")) return `${message.charAt(0).toLowerCase()}${message.slice(1)}.`;
  return "something follows its end. Look for a missing operator, such as &&, or a missing quote.";
}

/** A piece of an expression as text again, for messages; long or deep pieces shortened. */
export function renderExpression(node: ExpressionNode): string {
  const text = render(node, 5);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** The whole of an expression as text that reads back as the same tree. */
export const renderWholeExpression = (node: ExpressionNode): string => render(node, Number.POSITIVE_INFINITY);

/** How tightly operators bind, the loosest first; then prefix operators, then what stands by itself. */
const operatorsByBinding: readonly (readonly string[])[] = [
  ["?:"],
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!=", "===", "!=="],
  ["<", ">", "<=", ">=", "in"],
  ["<<", ">>", ">>>"],
  ["+", "-"],
  ["*", "/", "%"],
];
const LOOSEST = 0;
const PREFIX = operatorsByBinding.length;
const ALONE = PREFIX + 1;
const bindingOf = new Map(operatorsByBinding.flatMap((operators, i) => operators.map((operator) => [operator, i])));

function binding(node: ExpressionNode): number {
  if (node.type === "ConditionalExpression") return LOOSEST;
  if (node.type === "BinaryExpression" || node.type === "LogicalExpression") return bindingOf.get(node.operator)!;
  return node.type === "UnaryExpression" ? PREFIX : ALONE;
}

/** @param depth  Nodes within nodes that are written out. */
function render(node: ExpressionNode, depth: number): string {
  if (depth <= 0) return "…";
  /** In parentheses unless it binds at least so tightly. */
  const part = (inner: ExpressionNode, least = LOOSEST): string =>
    binding(inner) < least ? `(${render(inner, depth - 1)})` : render(inner, depth - 1);
  switch (node.type) {
    case "Literal":
      return node.raw;
    case "Identifier":
      return node.name;
    case "ArrayExpression":
      return `[${node.elements.map((element) => (element === null ? "" : part(element))).join(", ")}]`;
    case "UnaryExpression":
      // A sign before a sign, -(-x), would read as one operator.
      return `${node.operator}${part(node.argument, ALONE)}`;
    case "BinaryExpression":
    case "LogicalExpression": {
      const own = binding(node);
      return `${part(node.left, own)} ${node.operator} ${part(node.right, own + 1)}`;
    }
    case "ConditionalExpression":
      return `${part(node.test, LOOSEST + 1)} ? ${part(node.consequent)} : ${part(node.alternate)}`;
    case "CallExpression":
      return `${part(node.callee, ALONE)}(${node.arguments.map((argument) => part(argument)).join(", ")})`;
    case "MemberExpression":
      return node.computed
        ? `${part(node.object, ALONE)}[${part(node.property)}]`
        : `${part(node.object, ALONE)}.${part(node.property)}`;
    case "ObjectExpression":
      return "{ }";
  }
}
