/**
 * Formula × table → model frame.
 *
 *   columns checked ─▶ rows used, the others with a reason ─▶ response, X, Z, offset over the rows used ─▶ checks
 */
import {
  frameAllMissing,
  frameConstantOutcome,
  frameFactorOutcome,
  frameLevelPerRow,
  frameNoFixedTerms,
  frameNoRows,
  frameNotNumeric,
  frameOneCluster,
  frameSurvivalOutcome,
  frameTooManyEffects,
  frameUnknownColumn,
  isError,
  type Problem,
  ProblemError,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import type { Table } from "../table/table.js";
import { columnsOf, type Expression, renderExpression } from "./expression.js";
import { toOrderedFactor } from "./factor-levels.js";
import { factorColumn, fillMatrix, toFixedDesign } from "./fixed-design.js";
import {
  columnsOfFormula,
  type Formula,
  isSurvival,
  type RandomPart,
  type SpecialKind,
  type SpecialTerm,
  type Terms,
} from "./formula.js";
import type { ModelFrame, RandomTerm, SpecialFactors } from "./frame.js";
import { toGroupingFactor } from "./grouping-factor.js";
import { checkFinite, evaluateExpression } from "./numeric-expression.js";
import { checkSpecials } from "./parse-formula.js";
import { type Condition, usedRows } from "./used-rows.js";

export interface ModelFrameOptions {
  readonly formula: Formula;
  readonly table: Table;
  readonly where?: Condition;
  /** Special terms that the model takes. Default none: each is a problem. */
  readonly specials?: readonly SpecialKind[];
  /** Columns that the analysis needs beside those of the formula, such as its clusters: a row without one is not used. */
  readonly also?: readonly string[];
  /**
   * Whether the model has a residual beside its random terms (a linear mixed model, the default). Without one
   * (binomial, Poisson) a random intercept for every row is allowed.
   */
  readonly residual?: boolean;
  /** For problems: `analysis "primary"`. */
  readonly path?: string;
}

/**
 * Build the model frame: response, X, Z and offset over the rows that are used.
 *
 * A row is not used when `where` does not keep it or a column of the formula is missing in it; see `usedRows`.
 *
 * @throws ProblemError all problems of the columns (`frame.unknown-column`, `frame.not-numeric`,
 *         `frame.factor-outcome`, `frame.all-missing`, …), then all of the rows used (`frame.constant-outcome`,
 *         `frame.one-level`, `frame.one-cluster`, `frame.level-per-row`, `frame.not-finite`, …)
 */
export function modelFrame(options: ModelFrameOptions): ModelFrame {
  const { formula, table, where, specials = [], also = [], residual = true, path = "" } = options;
  const columns = [...new Set([...columnsOfFormula(formula), ...also])];
  throwErrors([
    ...checkSpecials(formula, specials, path),
    ...checkOutcome(formula, table, path),
    ...checkFixedTerms(formula.fixed, path),
    ...checkColumns(columns, table, path, where),
    ...checkNumeric(formula, table, path),
  ]);
  const { rows, excluded } = usedRows(table, columns, where);
  if (rows.length === 0) throw new ProblemError([frameNoRows(path, table.name, table.rows, excluded)]);

  const problems: Problem[] = [];
  const response = evaluateChecked(formula.response, table, rows, path, problems);
  const responseName = displayName(formula.response);
  if (isConstant(response)) problems.push(frameConstantOutcome(path, responseName, response[0]!, rows.length));
  const design = toFixedDesign(formula.fixed, table, rows, path, problems);
  const offset = sumOffsets(formula.offsets, table, rows, path, problems);
  const random = formula.random.map((part) => toRandomDesign(part, table, rows, residual, path, problems));

  const X = fillMatrix(design, table, rows, path, problems);
  const Z = random.map(({ design: own, ...term }): RandomTerm => {
    return { ...term, names: own.names, values: fillMatrix(own, table, rows, path, problems) };
  });
  throwErrors(distinctProblems(problems));

  return {
    formula,
    responseName,
    response,
    X,
    names: design.names,
    design,
    offset,
    Z,
    rows,
    excluded,
    special: formula.special.map((term) => toSpecialFactors(term, table, rows)),
    problems: distinctProblems(problems),
  };
}

function throwErrors(problems: readonly Problem[]): void {
  const errors = problems.filter(isError);
  if (errors.length > 0) throw new ProblemError(errors);
}

/** A factor in fixed and random terms, or a function in two, is told once. */
const distinctProblems = (problems: readonly Problem[]): Problem[] => [
  ...new Map(problems.map((problem) => [`${problem.code} ${problem.message}`, problem])).values(),
];

const displayName = (expression: Expression): string =>
  expression.kind === "name" ? expression.name : renderExpression(expression);

// ── columns ─────────────────────────────────────────────────────────────────────────────────────

function checkColumns(columns: readonly string[], table: Table, path: string, where?: Condition): Problem[] {
  return columns.flatMap((name) => {
    if (!table.columns.has(name)) {
      return [frameUnknownColumn(path, name, table.name, suggest(name, table.columns.keys()))];
    }
    return isAllMissing(table, name, where) ? [frameAllMissing(path, name, where?.text ?? null)] : [];
  });
}

/** Whether no row that the condition keeps has a value, though some are kept. */
function isAllMissing(table: Table, name: string, where?: Condition): boolean {
  const column = table.columns.get(name)!;
  let kept = 0;
  for (let row = 0; row < table.rows; row++) {
    if (where !== undefined && where.keep[row] !== 1) continue;
    const missing = column.kind === "number" ? Number.isNaN(column.values[row]!) : column.codes[row]! < 0;
    if (!missing) return false;
    kept++;
  }
  return kept > 0;
}

function checkOutcome({ response }: Formula, table: Table, path: string): Problem[] {
  if (isSurvival(response)) return [frameSurvivalOutcome(path, renderExpression(response))];
  return columnsOf(response)
    .filter((name) => table.columns.get(name)?.kind === "category")
    .map((name) => frameFactorOutcome(path, name));
}

const checkFixedTerms = ({ intercept, terms }: Terms, path: string): Problem[] =>
  intercept || terms.length > 0 ? [] : [frameNoFixedTerms(path)];

/** Category columns where a number is needed: inside functions and offsets. */
function checkNumeric({ fixed, random, offsets }: Formula, table: Table, path: string): Problem[] {
  const variables = [...fixed.variables, ...random.flatMap(({ terms }) => terms.variables)];
  const numeric = [...variables.filter((variable) => factorColumn(variable, table) === null), ...offsets];
  const problems = numeric.flatMap((expression) =>
    columnsOf(expression)
      .filter((name) => table.columns.get(name)?.kind === "category")
      .map((name) => frameNotNumeric(path, name, renderExpression(expression))),
  );
  return distinctProblems(problems);
}

// ── the rows used ───────────────────────────────────────────────────────────────────────────────

function evaluateChecked(
  expression: Expression,
  table: Table,
  rows: Int32Array,
  path: string,
  problems: Problem[],
): Float64Array {
  const values = evaluateExpression(expression, table, rows);
  problems.push(...checkFinite(expression, values, table, rows, path));
  return values;
}

const isConstant = (values: Float64Array): boolean => values.every((value) => value === values[0]);

function sumOffsets(
  offsets: readonly Expression[],
  table: Table,
  rows: Int32Array,
  path: string,
  problems: Problem[],
): Float64Array | null {
  if (offsets.length === 0) return null;
  const sum = new Float64Array(rows.length);
  for (const offset of offsets) {
    const values = evaluateChecked(offset, table, rows, path, problems);
    for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
  }
  return sum;
}

function toRandomDesign(
  { terms, group: columns }: RandomPart,
  table: Table,
  rows: Int32Array,
  residual: boolean,
  path: string,
  problems: Problem[],
) {
  const group = columns.join(":");
  const { codes, levels } = toGroupingFactor(table, columns, rows);
  const design = toFixedDesign(terms, table, rows, path, problems);
  const [n, k] = [rows.length, design.names.length];
  const effects = levels.length * k;
  const tooMany = residual && k > 1 ? effects >= n : effects > n;
  if (levels.length === 1) problems.push(frameOneCluster(path, group, levels[0]!));
  else if (residual && terms.intercept && levels.length === n) problems.push(frameLevelPerRow(path, group, n));
  else if (tooMany) problems.push(frameTooManyEffects(path, group, k, levels.length, n));
  return { group, codes, levels, design };
}

function toSpecialFactors(term: SpecialTerm, table: Table, rows: Int32Array): SpecialFactors {
  if (term.kind === "covariance") {
    return {
      term,
      group: toGroupingFactor(table, [term.group], rows),
      visit: toOrderedFactor(table, term.visit, rows),
    };
  }
  const columns = term.kind === "strata" ? term.columns : [term.column];
  return { term, group: toGroupingFactor(table, columns, rows), visit: null };
}
