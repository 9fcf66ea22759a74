/**
 * The expansion of `a * b`, `(a + b)^2`, `a / b`, `- a` and the like into terms, as R's `terms()` does it.
 *
 * A term is a set of variables, kept as the bits of a bigint; a list of terms has each once, at its first
 * place. At the end the terms are ordered by degree, and otherwise keep their order.
 * Source: `TermsFormula` in R 4.2, src/library/stats/src/model.c.
 */
import { formulaNotHere, formulaPowerOfOne, formulaTooLarge, type Problem } from "../problem.js";
import { type Expression, renderExpression } from "./expression.js";
import type { Terms } from "./formula.js";

const MOST_TERMS = 1000;
const HIGHEST_POWER = 20;

/** A term's variables as bits. */
type TermBits = bigint;

export interface ExpandOptions {
  /**
   * Takes `offset()`, random and special terms out of a sum: true when it took `part`. `added` is false
   * within a product or after a minus, where such a term has no meaning.
   */
  readonly take: (part: Expression, added: boolean) => boolean;
  /** A variable in its canonical form (`ns(x, df = 3)` is `ns(x, 3)`), or null with a problem reported. */
  readonly toVariable: (part: Expression) => Expression | null;
  readonly path: string;
  readonly problems: Problem[];
}

/** Expand the right-hand side of a formula, or the left of the bar of a random term. */
export function expandTerms(syntax: Expression, { take, toVariable, path, problems }: ExpandOptions): Terms {
  const variables: Expression[] = [];
  const indexOf = new Map<string, number>();
  let intercept = true;
  let tooMany = false;

  /** `summand`: reached through +, - and parentheses alone. `minus`: an odd number of minus signs before it. */
  function encode(part: Expression, summand: boolean, minus: boolean): TermBits[] {
    if (take(part, summand && !minus)) return [];
    switch (part.kind) {
      case "number":
        if (summand && (part.value === 0 || part.value === 1)) intercept = (part.value === 1) !== minus;
        else problems.push(formulaNotHere(path, renderExpression(part), part.at, "Put arithmetic inside I()."));
        return [];
      case "name":
      case "call":
        return encodeVariable(part);
      case "parenthesis":
        return encode(part.inner, summand, minus);
      case "negative":
        if (summand) encode(part.operand, true, !minus);
        else problems.push(formulaNotHere(path, renderExpression(part), part.at, "Put arithmetic inside I()."));
        return [];
      case "binary":
        return encodeOperator(part, summand, minus);
    }
  }

  function encodeVariable(part: Expression): TermBits[] {
    const variable = toVariable(part);
    if (variable === null) return [];
    const name = renderExpression(variable);
    if (!indexOf.has(name)) indexOf.set(name, variables.push(variable) - 1);
    return [1n << BigInt(indexOf.get(name)!)];
  }

  function encodeOperator(part: Expression & { kind: "binary" }, summand: boolean, minus: boolean): TermBits[] {
    const { operator, left, right, at } = part;
    if (operator === "^") return power(left, right, at);
    const sum = operator === "+" || operator === "-";
    const a = encode(left, sum && summand, minus);
    const b = encode(right, sum && summand, operator === "-" ? !minus : minus);
    switch (operator) {
      case "+":
        return distinct([...a, ...b]);
      case "-":
        return a.filter((term) => !b.includes(term));
      case ":":
        return cross(a, b);
      case "*":
        return limited(distinct([...a, ...b, ...cross(a, b)]));
      case "/": {
        const all = a.reduce((union, term) => union | term, 0n);
        return distinct([...a, ...b.map((term) => all | term)]);
      }
      default: {
        const write = `Write it in parentheses: (${renderExpression(left)} ${operator} ${renderExpression(right)}).`;
        problems.push(formulaNotHere(path, operator, at, write));
        return [];
      }
    }
  }

  function power(base: Expression, exponent: Expression, at: number): TermBits[] {
    const terms = encode(base, false, false);
    const times = exponent.kind === "number" ? exponent.value : Number.NaN;
    if (!Number.isInteger(times) || times < 1 || times > HIGHEST_POWER) {
      const write = `A power of terms is a whole number from 1 to ${HIGHEST_POWER}. Put arithmetic inside I().`;
      problems.push(formulaNotHere(path, `^${renderExpression(exponent)}`, at, write));
      return terms;
    }
    if (base.kind !== "parenthesis" && base.kind !== "binary") {
      problems.push(formulaPowerOfOne(path, renderExpression(base), renderExpression(exponent), at));
      return terms;
    }
    let crossed = terms;
    for (let i = 1; i < times; i++) crossed = cross(terms, crossed);
    return crossed;
  }

  /** Every term of a with every term of b, the last varying fastest. */
  function cross(a: readonly TermBits[], b: readonly TermBits[]): TermBits[] {
    if (tooMany) return [];
    return limited(distinct(a.flatMap((left) => b.map((right) => left | right))));
  }

  /** At most MOST_TERMS, so that no product of lists can grow without end. */
  function limited(terms: TermBits[]): TermBits[] {
    tooMany ||= terms.length > MOST_TERMS;
    return terms.slice(0, MOST_TERMS);
  }

  const expanded = limited(encode(syntax, true, false));
  if (tooMany) problems.push(formulaTooLarge(path, `more than ${MOST_TERMS} terms`));
  return toTerms(intercept, variables, expanded);
}

const distinct = (terms: readonly TermBits[]): TermBits[] => [...new Set(terms)];

/** Terms by degree; variables that no term is left with are dropped. */
function toTerms(intercept: boolean, variables: readonly Expression[], expanded: readonly TermBits[]): Terms {
  const used = expanded.reduce((union, term) => union | term, 0n);
  const kept = variables.map((_, v) => v).filter((v) => contains(used, v));
  const terms = expanded.map((bits) => kept.flatMap((v, index) => (contains(bits, v) ? [index] : [])));
  return {
    intercept,
    variables: kept.map((v) => variables[v]!),
    terms: terms.sort((a, b) => a.length - b.length),
  };
}

const contains = (bits: TermBits, variable: number): boolean => ((bits >> BigInt(variable)) & 1n) === 1n;
