/**
 * The syntax tree of formula text, before it is known what is a term, a number or a call for a model,
 * and its canonical text, which gives coefficients their names.
 */

/** From the loosest to the tightest, as in R; `~` is taken out before. */
export type BinaryOperator = "|" | "||" | "+" | "-" | "*" | "/" | ":" | "^";

/** `at` is the character of the formula, from 1, where the part starts (for `binary`, where its operator is). */
export type Expression =
  | { readonly kind: "number"; readonly value: number; readonly at: number }
  | { readonly kind: "name"; readonly name: string; readonly at: number }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Argument[]; readonly at: number }
  | { readonly kind: "negative"; readonly operand: Expression; readonly at: number }
  | { readonly kind: "parenthesis"; readonly inner: Expression; readonly at: number }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: number;
    };

/** `x`, or `df = 3`. */
export interface Argument {
  readonly name: string | null;
  readonly value: Expression;
}

const PLAIN_NAME = /^(?:[\p{L}_]|\.(?!\d))[\p{L}\p{M}\p{N}._]*$/u;

/** A column's name as a formula writes it: in backticks unless it is a plain name. */
export const renderName = (name: string): string =>
  PLAIN_NAME.test(name) ? name : `\`${name.replace(/[\\`]/g, "\\$&")}\``;

/** Canonical text, spaced as R deparses: `log(x + 1)`, `I(x^2)`, `x/2`. */
export function renderExpression(expression: Expression): string {
  switch (expression.kind) {
    case "number":
      return String(expression.value);
    case "name":
      return renderName(expression.name);
    case "call":
      return `${expression.name}(${expression.args.map(renderArgument).join(", ")})`;
    case "negative":
      return `-${renderExpression(expression.operand)}`;
    case "parenthesis":
      return `(${renderExpression(expression.inner)})`;
    case "binary": {
      const { operator, left, right } = expression;
      const tight = operator === "/" || operator === ":" || operator === "^";
      return `${renderExpression(left)}${tight ? operator : ` ${operator} `}${renderExpression(right)}`;
    }
  }
}

const renderArgument = ({ name, value }: Argument): string =>
  name === null ? renderExpression(value) : `${name} = ${renderExpression(value)}`;

/** Names of the columns that an expression uses, in order of first appearance. */
export function columnsOf(expression: Expression): string[] {
  const found = new Set<string>();
  const visit = (part: Expression): void => {
    if (part.kind === "name") found.add(part.name);
    else if (part.kind === "call") for (const { value } of part.args) visit(value);
    else if (part.kind === "negative") visit(part.operand);
    else if (part.kind === "parenthesis") visit(part.inner);
    else if (part.kind === "binary") {
      visit(part.left);
      visit(part.right);
    }
  };
  visit(expression);
  return [...found];
}
