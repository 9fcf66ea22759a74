/**
 * The design of fixed (or random) terms: how variables become columns, fixed by the rows used, so that rows can
 * be made of another table (a grid for adjusted means) with the same levels, knots and columns.
 *
 * Treatment contrasts, the first level in use as the reference. A factor in a term is coded by contrasts when
 * the rest of the term is within an earlier term (the intercept, for a main effect), and by all its indicators
 * otherwise; without an intercept the first factor of the first term that has one is coded by all its indicators.
 * In an interaction the first variable's columns vary fastest.
 * Sources: Chambers and Hastie (1992) Statistical Models in S, p. 38; `TermCode` and `modelmatrix` in R 4.2,
 * src/library/stats/src/model.c.
 * Checked: test/reference/model-matrix.
 */
import { type Matrix, zeros } from "../numeric/matrix.js";
import {
  frameLevelsDropped,
  frameNotNumeric,
  frameOneLevel,
  frameSplineKnots,
  frameTooLarge,
  frameUnknownColumn,
  frameUnknownLevel,
  type Problem,
  ProblemError,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import type { Column, Table } from "../table/table.js";
import { columnsOf, type Expression, renderExpression } from "./expression.js";
import { codesByLevels, levelsInUse, type Rows } from "./factor-levels.js";
import type { Terms } from "./formula.js";
import { isSplineDefined, type NaturalSpline, naturalSpline, naturalSplineBasis } from "./natural-spline.js";
import { checkFinite, countRows, evaluateExpression } from "./numeric-expression.js";

/** A column or call of the formula, with what the rows used made of it. */
export type DesignVariable =
  | { readonly kind: "number"; readonly name: string; readonly expression: Expression }
  | {
      readonly kind: "spline";
      readonly name: string;
      readonly expression: Expression;
      readonly df: number;
      readonly spline: NaturalSpline;
    }
  | {
      readonly kind: "factor";
      readonly name: string;
      readonly column: string;
      /** Levels that a used row has, the reference first. Of `factor(number)`: ascending numbers as text. */
      readonly levels: readonly string[];
    };

/** How a variable enters a term: a factor by contrasts with its first level, or by all its indicators. */
export type Coding = "number" | "contrasts" | "indicators";

/** A variable in a term. */
export interface DesignPart {
  /** Index into the variables of the design. */
  readonly variable: number;
  readonly coding: Coding;
}

export interface DesignTerm {
  /** `treatment:month`. */
  readonly name: string;
  /** Ascending by variable. */
  readonly parts: readonly DesignPart[];
  /** Its columns of X: `count` of them from `start`. */
  readonly start: number;
  readonly count: number;
}

export interface FixedDesign {
  /** Whether column 0 is `(Intercept)`. */
  readonly intercept: boolean;
  readonly variables: readonly DesignVariable[];
  /** Without the intercept. */
  readonly terms: readonly DesignTerm[];
  /** p column names: `(Intercept)`, `treatment[BtheB]`, `treatment[BtheB]:month`. */
  readonly names: readonly string[];
  /** Columns of the table that `modelMatrix` reads. */
  readonly columns: readonly string[];
}

/** Most entries of a design matrix: 1 GB. */
const MOST_ENTRIES = 2 ** 27;

// ── from terms and rows to a design ─────────────────────────────────────────────────────────────

/**
 * Levels, knots and columns from the rows used. Problems are appended to `problems`: errors (one level left,
 * too few values for a spline, too large), and notes on levels of factors that no row has. A design that is too
 * large has no columns, so that it can be filled.
 *
 * @param rows  rows in which no column of the terms is missing, at least one
 */
export function toFixedDesign(terms: Terms, table: Table, rows: Rows, path: string, problems: Problem[]): FixedDesign {
  const variables = terms.variables.map((variable) => toDesignVariable(variable, table, rows, path, problems));
  const columns = [...new Set(terms.variables.flatMap(columnsOf))];
  const coded = codeTerms(terms, variables);
  const counts = coded.map((parts) => parts.reduce((count, part) => count * widthOf(variables, part), 1));
  const p = counts.reduce((sum, count) => sum + count, terms.intercept ? 1 : 0);
  const n = countRows(table, rows);
  if (n * p > MOST_ENTRIES) {
    problems.push(frameTooLarge(path, n, p));
    return { intercept: terms.intercept, variables, terms: [], names: [], columns };
  }
  const names = terms.intercept ? ["(Intercept)"] : [];
  const designTerms = coded.map((parts, t): DesignTerm => {
    const start = names.length;
    const name = parts.map(({ variable }) => variables[variable]!.name).join(":");
    for (const column of interactionNames(variables, parts)) names.push(column);
    return { name, parts, start, count: counts[t]! };
  });
  return { intercept: terms.intercept, variables, terms: designTerms, names, columns };
}

function toDesignVariable(
  variable: Expression,
  table: Table,
  rows: Rows,
  path: string,
  problems: Problem[],
): DesignVariable {
  const name = variable.kind === "name" ? variable.name : renderExpression(variable);
  const factor = factorColumn(variable, table);
  if (factor !== null) {
    const levels = levelsInUse(table.columns.get(factor)!, rows);
    problems.push(...checkLevels(name, levels, table.columns.get(factor)!, path));
    return { kind: "factor", name, column: factor, levels };
  }
  if (variable.kind !== "call" || variable.name !== "ns") return { kind: "number", name, expression: variable };

  const expression = variable.args[0]!.value;
  const df = (variable.args[1]!.value as Expression & { kind: "number" }).value;
  const values = evaluateExpression(expression, table, rows);
  const spline = naturalSpline(values, df);
  const infinite = checkFinite(expression, values, table, rows, path);
  problems.push(...infinite);
  if (infinite.length === 0 && !isSplineDefined(spline)) problems.push(frameSplineKnots(path, name));
  return { kind: "spline", name, expression, df, spline };
}

/** The column when the variable is a factor: a category column, or `factor(x)`. */
export function factorColumn(variable: Expression, table: Table): string | null {
  if (variable.kind === "name") return table.columns.get(variable.name)?.kind === "category" ? variable.name : null;
  if (variable.kind !== "call" || variable.name !== "factor") return null;
  const argument = variable.args[0]!.value;
  return argument.kind === "name" ? argument.name : null;
}

function checkLevels(name: string, levels: readonly string[], column: Column, path: string): Problem[] {
  if (levels.length === 1) return [frameOneLevel(path, name, levels[0]!)];
  if (column.kind !== "category" || column.type !== "factor" || levels.length === column.levels.length) return [];
  const inUse = new Set(levels);
  return [
    frameLevelsDropped(
      path,
      name,
      column.levels.filter((level) => !inUse.has(level)),
    ),
  ];
}

/** The coding of every variable in every term. */
function codeTerms({ intercept, terms }: Terms, variables: readonly DesignVariable[]): DesignPart[][] {
  const sets = terms.map((term) => new Set(term));
  const isFactor = (variable: number): boolean => variables[variable]!.kind === "factor";
  const firstFactorTerm = intercept ? -1 : terms.findIndex((term) => term.some(isFactor));
  const isMarginIn = (rest: readonly number[], before: number): boolean =>
    rest.length === 0 || sets.slice(0, before).some((set) => rest.every((variable) => set.has(variable)));

  return terms.map((term, t) => {
    const firstFactor = t === firstFactorTerm ? term.find(isFactor) : undefined;
    return term.map((variable) => {
      if (!isFactor(variable)) return { variable, coding: "number" };
      const rest = term.filter((other) => other !== variable);
      const contrasts = variable !== firstFactor && isMarginIn(rest, t);
      return { variable, coding: contrasts ? "contrasts" : "indicators" };
    });
  });
}

/** Names of the columns of one variable under a coding. */
function columnNames(variable: DesignVariable, coding: Coding): string[] {
  if (variable.kind === "number" || (variable.kind === "spline" && variable.df === 1)) return [variable.name];
  if (variable.kind === "spline") return Array.from({ length: variable.df }, (_, j) => `${variable.name}[${j + 1}]`);
  const levels = coding === "contrasts" ? variable.levels.slice(1) : variable.levels;
  return levels.map((level) => `${variable.name}[${level}]`);
}

/** Columns that a variable has under a coding. */
const widthOf = (variables: readonly DesignVariable[], { variable, coding }: DesignPart): number =>
  columnNames(variables[variable]!, coding).length;

/** Names of a term's columns: all combinations, joined by ":", the first variable's varying fastest. */
const interactionNames = (variables: readonly DesignVariable[], parts: readonly DesignPart[]): string[] =>
  parts
    .map(({ variable, coding }) => columnNames(variables[variable]!, coding))
    .reduce((joined, part) => part.flatMap((name) => joined.map((before) => `${before}:${name}`)));

// ── from a design to a matrix ───────────────────────────────────────────────────────────────────

/**
 * The rows of X for a table, by a design that may come from another one.
 *
 * @param table  has the columns of the design; a missing cell gives NaN in the columns it enters
 * @returns      rows × p
 * @throws ProblemError `frame.unknown-column`, `frame.not-numeric`, `frame.unknown-level` (a level that the
 *               design does not have), `frame.not-finite`, `frame.too-large`
 */
export function modelMatrix(design: FixedDesign, table: Table, path = ""): Matrix {
  const problems = checkColumns(design, table, path);
  if (table.rows * design.names.length > MOST_ENTRIES) {
    problems.push(frameTooLarge(path, table.rows, design.names.length));
  }
  if (problems.length > 0) throw new ProblemError(problems);
  const X = fillMatrix(design, table, null, path, problems);
  if (problems.length > 0) throw new ProblemError(problems);
  return X;
}

function checkColumns(design: FixedDesign, table: Table, path: string): Problem[] {
  const unknown = design.columns
    .filter((name) => !table.columns.has(name))
    .map((name) => frameUnknownColumn(path, name, table.name, suggest(name, table.columns.keys())));
  const notNumeric = design.variables.flatMap((variable) =>
    variable.kind === "factor"
      ? []
      : columnsOf(variable.expression)
          .filter((name) => table.columns.get(name)?.kind === "category")
          .map((name) => frameNotNumeric(path, name, variable.name)),
  );
  return [...unknown, ...notNumeric];
}

/** The rows of X for some rows of a table whose columns are checked. Appends to `problems`. */
export function fillMatrix(design: FixedDesign, table: Table, rows: Rows, path: string, problems: Problem[]): Matrix {
  const X = zeros(countRows(table, rows), design.names.length);
  X.data.fill(1);
  const coded = design.variables.map((variable) => codeVariable(variable, table, rows, path, problems));
  for (const { parts, start, count } of design.terms) {
    for (let c = 0; c < count; c++) {
      let place = c;
      for (const { variable, coding } of parts) {
        const values = coded[variable]!;
        const skip = coding === "contrasts" ? 1 : 0;
        const width = values.width - skip;
        multiplyColumn(X, start + c, values, (place % width) + skip);
        place = Math.floor(place / width);
      }
    }
  }
  return X;
}

/** The values of a variable: codes of a factor with `width` levels, or n × width numbers. */
type Coded =
  | { readonly kind: "codes"; readonly width: number; readonly codes: Int32Array }
  | { readonly kind: "numbers"; readonly width: number; readonly data: Float64Array };

function codeVariable(variable: DesignVariable, table: Table, rows: Rows, path: string, problems: Problem[]): Coded {
  if (variable.kind === "factor") {
    const { name, column, levels } = variable;
    const { codes, unknown } = codesByLevels(table.columns.get(column)!, levels, rows);
    for (const level of unknown) problems.push(frameUnknownLevel(path, level, name, levels));
    return { kind: "codes", width: levels.length, codes };
  }
  const values = evaluateExpression(variable.expression, table, rows);
  const infinite = checkFinite(variable.expression, values, table, rows, path);
  problems.push(...infinite);
  if (variable.kind === "number") return { kind: "numbers", width: 1, data: values };
  if (infinite.length > 0 || !isSplineDefined(variable.spline)) {
    return { kind: "numbers", width: variable.df, data: new Float64Array(values.length * variable.df) };
  }
  return { kind: "numbers", width: variable.df, data: naturalSplineBasis(variable.spline, values).data };
}

/** X[, j] ← X[, j] × column c of a variable, in place. */
function multiplyColumn(X: Matrix, j: number, values: Coded, c: number): void {
  const { data, cols } = X;
  if (values.kind === "numbers") {
    for (let i = 0, at = j; at < data.length; i++, at += cols) data[at]! *= values.data[i * values.width + c]!;
    return;
  }
  for (let i = 0, at = j; at < data.length; i++, at += cols) {
    const code = values.codes[i]!;
    if (code < 0) data[at] = Number.NaN;
    else if (code !== c) data[at]! *= 0;
  }
}
