/**
 * Formula text → syntax trees of its two sides. Precedence climbing over R's operators:
 * | || (loosest), + -, * /, :, ^ (tightest, to the right). What the parts mean is for parse-formula.ts.
 */
import {
  formulaEmpty,
  formulaEmptySide,
  formulaMissingOperator,
  formulaStrayOperator,
  formulaTildes,
  formulaTooLarge,
  formulaUnbalanced,
  formulaUnclosedQuote,
  formulaUnexpectedCharacter,
  type Problem,
  ProblemError,
} from "../problem.js";
import type { Argument, BinaryOperator, Expression } from "./expression.js";

/** `response ~ terms`. */
export interface FormulaSyntax {
  readonly response: Expression;
  readonly terms: Expression;
}

const MOST_CHARACTERS = 10_000;
const DEEPEST = 50;
const MOST_NESTED = 300;
/** A chain of operators is a tree as deep, which later steps walk down. */
const MOST_OPERATORS = 1000;

interface Token {
  readonly kind: "number" | "name" | "quoted" | "symbol" | "end";
  readonly text: string;
  /** Character of the formula, from 1. */
  readonly at: number;
}

/**
 * Both sides of a formula as syntax trees.
 *
 * @throws ProblemError `formula.*` with every character, parenthesis and `~` that is wrong or, when
 *         these are right, the first place that cannot be read.
 */
export function parseFormulaSyntax(text: string, path: string): FormulaSyntax {
  if (text.trim() === "") throw new ProblemError([formulaEmpty(path)]);
  if (text.length > MOST_CHARACTERS) {
    throw new ProblemError([formulaTooLarge(path, `more than ${MOST_CHARACTERS} characters`)]);
  }
  const problems: Problem[] = [];
  const tokens = tokenise(text, path, problems);
  if (tokens.filter(({ text: symbol, kind }) => kind === "symbol" && isBinary(symbol)).length > MOST_OPERATORS) {
    throw new ProblemError([formulaTooLarge(path, `more than ${MOST_OPERATORS} operators`)]);
  }
  checkParentheses(tokens, text, path, problems);
  const tildes = tokens.filter(({ text: symbol, kind }) => kind === "symbol" && symbol === "~");
  if (tildes.length !== 1)
    problems.push(
      formulaTildes(
        path,
        tildes.map(({ at }) => at),
      ),
    );
  if (problems.length > 0) throw new ProblemError(problems);

  const split = tokens.indexOf(tildes[0]!);
  const left = tokens.slice(0, split);
  const right = tokens.slice(split + 1);
  if (left.length === 0) problems.push(formulaEmptySide(path, "left"));
  if (right.length === 1) problems.push(formulaEmptySide(path, "right"));
  if (problems.length > 0) throw new ProblemError(problems);
  const end = { kind: "end", text: "", at: tildes[0]!.at } as const;
  return { response: parseSide([...left, end], text, path), terms: parseSide(right, text, path) };
}

/** The text around a character, for messages. */
function around(text: string, at: number): string {
  const from = Math.max(0, at - 1 - 12);
  const to = Math.min(text.length, at - 1 + 13);
  return `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
}

const TOKEN =
  /(?<space>\s+)|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[\p{L}_.][\p{L}\p{M}\p{N}._]*)|`(?<quoted>(?:[^`\\]|\\.)+)`|(?<symbol>\|\||[~+\-*/:^|(),=])/uy;

/** Tokens, with one of kind `end` last. Characters that belong to none are collected as problems. */
function tokenise(text: string, path: string, problems: Problem[]): Token[] {
  const tokens: Token[] = [];
  let from = 0;
  while (from < text.length) {
    TOKEN.lastIndex = from;
    const at = from + 1;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) {
      if (text[from] === "`") {
        problems.push(formulaUnclosedQuote(path, at, around(text, at)));
        break;
      }
      const character = String.fromCodePoint(text.codePointAt(from)!);
      problems.push(formulaUnexpectedCharacter(path, character, at, around(text, at)));
      from += character.length;
      continue;
    }
    from = TOKEN.lastIndex;
    if (groups["number"] !== undefined) tokens.push({ kind: "number", text: groups["number"], at });
    else if (groups["name"] !== undefined) tokens.push({ kind: "name", text: groups["name"], at });
    else if (groups["symbol"] !== undefined) tokens.push({ kind: "symbol", text: groups["symbol"], at });
    else if (groups["quoted"] !== undefined) {
      tokens.push({ kind: "quoted", text: groups["quoted"].replace(/\\(.)/gu, "$1"), at });
    }
  }
  tokens.push({ kind: "end", text: "", at: text.length + 1 });
  return tokens;
}

function checkParentheses(tokens: readonly Token[], text: string, path: string, problems: Problem[]): void {
  const open: number[] = [];
  let deepest = 0;
  for (const { kind, text: symbol, at } of tokens) {
    if (kind !== "symbol") continue;
    if (symbol === "(") deepest = Math.max(deepest, open.push(at));
    if (symbol === ")" && open.pop() === undefined) {
      problems.push(formulaUnbalanced(path, "closed", at, around(text, at)));
    }
    if (symbol === "~" && open.length > 0) {
      for (const opened of open.splice(0))
        problems.push(formulaUnbalanced(path, "opened", opened, around(text, opened)));
    }
  }
  for (const at of open) problems.push(formulaUnbalanced(path, "opened", at, around(text, at)));
  if (deepest > DEEPEST) problems.push(formulaTooLarge(path, `parentheses nested more than ${DEEPEST} deep`));
}

const BINDING: Readonly<Record<BinaryOperator, number>> = {
  "|": 1,
  "||": 1,
  "+": 2,
  "-": 2,
  "*": 3,
  "/": 3,
  ":": 4,
  "^": 6,
};
const SUM = BINDING["+"];
/** Of a minus that begins a sum, which takes a whole product; elsewhere it takes one operand. */
const LEADING_MINUS = BINDING["*"];
const OPERAND_MINUS = 5;

const isBinary = (text: string): text is BinaryOperator => Object.hasOwn(BINDING, text);

/** One side of the formula; `tokens` end with one of kind `end`. */
function parseSide(tokens: readonly Token[], text: string, path: string): Expression {
  let next = 0;
  let depth = 0;
  const peek = (): Token => tokens[next]!;
  const isSymbol = (symbol: string): boolean => peek().kind === "symbol" && peek().text === symbol;
  const take = (): Token => tokens[next++]!;

  const refuse = (token: Token): ProblemError => {
    if (token.kind === "end") {
      const last = tokens[next - 1] ?? token;
      return new ProblemError([formulaStrayOperator(path, last.text, last.at, around(text, last.at))]);
    }
    if (token.kind === "symbol" && token.text !== "(") {
      return new ProblemError([formulaStrayOperator(path, token.text, token.at, around(text, token.at))]);
    }
    return new ProblemError([formulaMissingOperator(path, token.text, token.at, around(text, token.at))]);
  };

  /** An expression whose operators all bind at least as tightly as `least`. */
  function parseExpression(least: number): Expression {
    if (++depth > MOST_NESTED) throw new ProblemError([formulaTooLarge(path, "operators nested too deeply")]);
    let left = parseOperand(least);
    for (;;) {
      const { kind, text: operator, at } = peek();
      if (kind !== "symbol" || !isBinary(operator) || BINDING[operator] < least) {
        depth--;
        return left;
      }
      take();
      const right = parseExpression(operator === "^" ? BINDING["^"] : BINDING[operator] + 1);
      left = { kind: "binary", operator, left, right, at };
    }
  }

  function parseOperand(least: number): Expression {
    const token = peek();
    if (token.kind === "symbol" && token.text === "-") {
      take();
      const operand = parseExpression(least <= SUM + 1 ? LEADING_MINUS : OPERAND_MINUS);
      return { kind: "negative", operand, at: token.at };
    }
    if (token.kind === "symbol" && token.text === "(") {
      take();
      const inner = parseExpression(0);
      expectClosing();
      return { kind: "parenthesis", inner, at: token.at };
    }
    if (token.kind === "symbol" || token.kind === "end") throw refuse(token);
    take();
    if (token.kind === "number") {
      const value = Number(token.text);
      if (!Number.isFinite(value)) throw new ProblemError([formulaTooLarge(path, `the number ${token.text}`)]);
      return { kind: "number", value, at: token.at };
    }
    if (token.kind === "name" && isSymbol("(")) return parseCall(token);
    return { kind: "name", name: token.text, at: token.at };
  }

  function parseCall({ text: name, at }: Token): Expression {
    take();
    const args: Argument[] = [];
    if (!isSymbol(")")) {
      do args.push(parseArgument());
      while (isSymbol(",") && take());
    }
    expectClosing();
    return { kind: "call", name, args, at };
  }

  function parseArgument(): Argument {
    const [name, equals] = [peek(), tokens[next + 1]];
    if (name.kind !== "name" || equals?.kind !== "symbol" || equals.text !== "=") {
      return { name: null, value: parseExpression(0) };
    }
    next += 2;
    return { name: name.text, value: parseExpression(0) };
  }

  function expectClosing(): void {
    if (!isSymbol(")")) throw refuse(peek());
    take();
  }

  const side = parseExpression(0);
  if (peek().kind !== "end") throw refuse(peek());
  return side;
}
