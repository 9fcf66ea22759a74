/**
 * Formula text → Formula, as in R and lme4: `bdi ~ bdi_pre + treatment * month + (1 | participant)`.
 *
 *   text ─ formula-syntax ─▶ syntax trees ─ here ─▶ random, special and offset terms taken out
 *        ─ expand-terms ─▶ fixed terms
 *
 * Sources: R 4.2 `formula`, `terms.formula`; Bates et al. (2015) J Stat Softw 67(1), table 2, for random terms.
 */
import {
  formulaArguments,
  formulaDuplicateRandomTerm,
  formulaNotHere,
  formulaResponseOnRight,
  formulaUnknownFunction,
  type Problem,
  ProblemError,
  specialNotTaken,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { expandTerms } from "./expand-terms.js";
import { type Expression, renderExpression } from "./expression.js";
import {
  COVARIANCE_STRUCTURES,
  type CovarianceStructure,
  type Formula,
  type RandomPart,
  renderGroup,
  renderTerm,
  type SpecialKind,
  type SpecialTerm,
  type Terms,
} from "./formula.js";
import { parseFormulaSyntax } from "./formula-syntax.js";
import { NUMERIC_FUNCTIONS } from "./numeric-expression.js";
import { renderRandom, renderSpecial } from "./render-formula.js";

const TERM_FUNCTIONS = ["factor", "ns", "offset"];
const SPECIAL_FUNCTIONS = ["strata", "cluster", "frailty", ...COVARIANCE_STRUCTURES];
const KNOWN_FUNCTIONS = [...Object.keys(NUMERIC_FUNCTIONS), ...TERM_FUNCTIONS, "Surv", ...SPECIAL_FUNCTIONS];

type Call = Expression & { kind: "call" };

export interface ParseFormulaOptions {
  /** Where the formula stands, for problems: `analysis "primary"`. Default "". */
  readonly path?: string;
}

/**
 * Parse a formula and expand its terms.
 *
 * @throws ProblemError `formula.*`, all that are found; positions are characters of the text, from 1.
 */
export function parseFormula(text: string, { path = "" }: ParseFormulaOptions = {}): Formula {
  const syntax = parseFormulaSyntax(text, path);
  const problems: Problem[] = [];
  const random: RandomPart[] = [];
  const special: SpecialTerm[] = [];
  const offsets: Expression[] = [];

  const takeFromSum = (part: Expression, added: boolean): boolean => {
    const bar = barOf(part);
    const isSpecial = part.kind === "call" && SPECIAL_FUNCTIONS.includes(part.name);
    const isOffset = part.kind === "call" && part.name === "offset";
    if (bar === null && !isSpecial && !isOffset) return false;
    if (!added) problems.push(formulaNotHere(path, renderExpression(part), part.at, "Such a term can only be added."));
    else if (bar !== null) random.push(...parseRandomTerm(bar, path, problems));
    else if (isSpecial) special.push(...parseSpecialTerm(part as Call, path, problems));
    else offsets.push(...parseOffset(part as Call, path, problems));
    return true;
  };

  const response = parseResponse(syntax.response, path, problems);
  const fixed = expandTerms(syntax.terms, {
    take: takeFromSum,
    toVariable: (part) => toVariable(part, path, problems),
    path,
    problems,
  });
  const outcome = renderExpression(response);
  const variables = [...fixed.variables, ...random.flatMap(({ terms }) => terms.variables)];
  if (variables.some((variable) => renderExpression(variable) === outcome)) {
    problems.push(formulaResponseOnRight(path, outcome));
  }
  problems.push(...duplicateRandomTerms(random, path));
  if (problems.length > 0) throw new ProblemError(problems);
  return { text, response, fixed, random, special, offsets };
}

/** Problems for the special terms (`strata(s)`, `us(visit | id)`, …) that a model does not take. */
export function checkSpecials(formula: Formula, allowed: readonly SpecialKind[], path = ""): Problem[] {
  return formula.special
    .filter(({ kind }) => !allowed.includes(kind))
    .map((term) => specialNotTaken(path, renderSpecial(term), term.at));
}

// ── variables and arithmetic ────────────────────────────────────────────────────────────────────

/** A variable of a term: a column, `factor(x)`, `ns(x, df)`, or a numeric function. Null with a problem. */
function toVariable(part: Expression, path: string, problems: Problem[]): Expression | null {
  if (part.kind !== "call") return part;
  const before = problems.length;
  if (part.name === "factor") checkFactor(part, path, problems);
  else if (part.name === "ns") return toSpline(part, path, problems);
  else checkNumeric(part, path, problems);
  return problems.length === before ? part : null;
}

function checkFactor({ name, args, at }: Call, path: string, problems: Problem[]): void {
  if (args.length !== 1 || args[0]!.name !== null || args[0]!.value.kind !== "name") {
    problems.push(formulaArguments(path, name, at, "one column: factor(x)"));
  }
}

/** `ns(x, 3)` or `ns(x, df = 3)`, as `ns(x, 3)`. */
function toSpline(call: Call, path: string, problems: Problem[]): Expression | null {
  const [x, df] = call.args;
  const named = df?.name === null || df?.name === "df";
  const whole = df?.value.kind === "number" && Number.isInteger(df.value.value) && df.value.value >= 1;
  if (
    call.args.length !== 2 ||
    x!.name !== null ||
    !named ||
    !whole ||
    df.value.kind !== "number" ||
    df.value.value > 50
  ) {
    problems.push(formulaArguments(path, "ns", call.at, "a column and degrees of freedom from 1 to 50: ns(x, 3)"));
    return null;
  }
  const before = problems.length;
  checkNumeric(x!.value, path, problems);
  if (problems.length > before) return null;
  return { ...call, args: [x!, { name: null, value: df.value }] };
}

/** Arithmetic: numbers, columns, + - * / ^, parentheses and the numeric functions of one argument. */
function checkNumeric(part: Expression, path: string, problems: Problem[]): void {
  if (part.kind === "negative") checkNumeric(part.operand, path, problems);
  else if (part.kind === "parenthesis") checkNumeric(part.inner, path, problems);
  else if (part.kind === "binary") {
    if (part.operator === ":" || part.operator === "|" || part.operator === "||") {
      problems.push(formulaNotHere(path, part.operator, part.at, "Here only + - * / ^ are read, as arithmetic."));
    }
    checkNumeric(part.left, path, problems);
    checkNumeric(part.right, path, problems);
  } else if (part.kind === "call") {
    problems.push(...checkNumericCall(part, path));
    for (const { value } of part.args) checkNumeric(value, path, problems);
  }
}

function checkNumericCall({ name, args, at }: Call, path: string): Problem[] {
  if (Object.hasOwn(NUMERIC_FUNCTIONS, name)) {
    const one = args.length === 1 && args[0]!.name === null;
    return one ? [] : [formulaArguments(path, name, at, `one number: ${name}(x)`)];
  }
  if (KNOWN_FUNCTIONS.includes(name)) return [formulaNotHere(path, `${name}()`, at, "Use it as a term of its own.")];
  return [formulaUnknownFunction(path, name, at, KNOWN_FUNCTIONS, suggest(name, KNOWN_FUNCTIONS))];
}

function parseResponse(part: Expression, path: string, problems: Problem[]): Expression {
  if (part.kind === "call" && part.name === "Surv") {
    if (part.args.length < 2 || part.args.length > 3 || part.args.some(({ name }) => name !== null)) {
      problems.push(
        formulaArguments(path, "Surv", part.at, "two or three columns: Surv(time, event) or Surv(start, stop, event)"),
      );
    }
    for (const { value } of part.args) checkNumeric(value, path, problems);
    return part;
  }
  if (part.kind === "number") {
    problems.push(formulaNotHere(path, renderExpression(part), part.at, "The outcome is a column."));
  }
  checkNumeric(part, path, problems);
  return part;
}

function parseOffset({ name, args, at }: Call, path: string, problems: Problem[]): Expression[] {
  const [argument] = args;
  if (args.length !== 1 || argument!.name !== null) {
    problems.push(formulaArguments(path, name, at, "one number: offset(x)"));
    return [];
  }
  checkNumeric(argument!.value, path, problems);
  return [argument!.value];
}

// ── random terms ────────────────────────────────────────────────────────────────────────────────

type Bar = Expression & { kind: "binary" };

/** The `terms | group` inside `(terms | group)`, or null. */
function barOf(part: Expression): Bar | null {
  if (part.kind !== "parenthesis" || part.inner.kind !== "binary") return null;
  return part.inner.operator === "|" || part.inner.operator === "||" ? part.inner : null;
}

/** `(1 + x || a / b)` → (1 | a), (1 | a:b), (0 + x | a), (0 + x | a:b), in lme4's order. */
function parseRandomTerm(bar: Bar, path: string, problems: Problem[]): RandomPart[] {
  const terms = expandTerms(bar.left, {
    take: (part) => {
      const misplaced = part.kind === "call" && [...SPECIAL_FUNCTIONS, "offset"].includes(part.name);
      if (!misplaced && barOf(part) === null) return false;
      problems.push(formulaNotHere(path, renderExpression(part), part.at, "Write it outside this random term."));
      return true;
    },
    toVariable: (part) => toVariable(part, path, problems),
    path,
    problems,
  });
  if (!terms.intercept && terms.terms.length === 0 && problems.length === 0) {
    problems.push(formulaNotHere(path, renderExpression(bar), bar.at, "This random term is empty. Write (1 | group)."));
  }
  const groups = nestedGroups(bar.right, path, problems);
  const parts = bar.operator === "||" ? uncorrelated(terms) : [terms];
  return parts.flatMap((part) => groups.map((group) => ({ terms: part, group, at: bar.at })));
}

/** One part for the intercept and one for each term. */
function uncorrelated({ intercept, variables, terms }: Terms): Terms[] {
  const slopes = terms.map((term) => ({
    intercept: false,
    variables: term.map((v) => variables[v]!),
    terms: [term.map((_, index) => index)],
  }));
  return intercept ? [{ intercept, variables: [], terms: [] }, ...slopes] : slopes;
}

/** `a / b` → a, a:b. `a:b` → a:b. */
function nestedGroups(part: Expression, path: string, problems: Problem[]): string[][] {
  if (part.kind === "parenthesis") return nestedGroups(part.inner, path, problems);
  if (part.kind === "name") return [[part.name]];
  if (part.kind === "binary" && (part.operator === "/" || part.operator === ":")) {
    const outer = nestedGroups(part.left, path, problems);
    const inner = nestedGroups(part.right, path, problems);
    const outermost = [...new Set(outer.flat())];
    const combined = inner.map((group) => [...new Set([...outermost, ...group])]);
    return part.operator === "/" ? [...outer, ...combined] : combined;
  }
  const advice = "A group is a column, a:b or a / b. Write crossed groups as two terms: (1 | a) + (1 | b).";
  problems.push(formulaNotHere(path, renderExpression(part), part.at, advice));
  return [];
}

/** Two parts with one group that share an intercept or a term: their variances cannot be told apart. */
function duplicateRandomTerms(random: readonly RandomPart[], path: string): Problem[] {
  const firstWith = new Map<string, RandomPart>();
  const problems: Problem[] = [];
  for (const part of random) {
    const group = JSON.stringify([...part.group].sort());
    const effects = part.terms.terms.map((term) => renderTerm(part.terms, term));
    for (const effect of part.terms.intercept ? ["1", ...effects] : effects) {
      const key = `${group} ${effect}`;
      const first = firstWith.get(key);
      if (first === undefined) firstWith.set(key, part);
      else {
        problems.push(
          formulaDuplicateRandomTerm(path, effect, renderGroup(part.group), renderRandom(first), renderRandom(part)),
        );
      }
    }
  }
  return problems;
}

// ── terms for particular models ─────────────────────────────────────────────────────────────────

const USAGE = {
  strata: "one column or more: strata(s)",
  cluster: "one column: cluster(g)",
  frailty: "a column and gamma or gaussian: frailty(g, gamma)",
} as const;

/** No term, with a problem, when the call is not as it should be. */
function parseSpecialTerm({ name, args, at }: Call, path: string, problems: Problem[]): SpecialTerm[] {
  const values = args.map(({ value }) => value);
  const columns = values.flatMap((value) => (value.kind === "name" ? [value.name] : []));
  const onlyColumns = columns.length === args.length && args.every((argument) => argument.name === null);
  const [column, distribution = "gamma"] = columns;
  if (name === "strata" && onlyColumns && column !== undefined) return [{ kind: "strata", columns, at }];
  if (name === "cluster" && onlyColumns && columns.length === 1) return [{ kind: "cluster", column: column!, at }];
  if (name === "frailty" && onlyColumns && column !== undefined && columns.length <= 2) {
    if (distribution === "gamma" || distribution === "gaussian") return [{ kind: "frailty", column, distribution, at }];
  }
  const [bar] = values;
  if (args.length === 1 && bar?.kind === "binary" && bar.operator === "|" && !Object.hasOwn(USAGE, name)) {
    const { left, right } = bar;
    if (left.kind === "name" && right.kind === "name") {
      const structure = name as CovarianceStructure;
      return [{ kind: "covariance", structure, visit: left.name, group: right.name, at }];
    }
  }
  const usage = Object.hasOwn(USAGE, name)
    ? USAGE[name as keyof typeof USAGE]
    : `two columns: ${name}(visit | participant)`;
  problems.push(formulaArguments(path, name, at, usage));
  return [];
}
