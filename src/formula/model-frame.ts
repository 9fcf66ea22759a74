/**
 * Formula × table → model frame.
 *
 *   columns checked ─▶ rows used, the others with a reason ─▶ response, X, Z, offset over the rows used ─▶ checks
 */
import {
  frameConstantOutcome,
  frameFactorOutcome,
  frameNoFixedTerms,
  frameNoRows,
  frameSurvivalOutcome,
  type Problem,
  ProblemError,
} from "../problem.js";
import type { Table } from "../table/table.js";
import { checkColumns, checkNumeric, displayName, distinctProblems, throwErrors } from "./check-columns.js";
import { columnsOf, renderExpression } from "./expression.js";
import { fillMatrix, toFixedDesign } from "./fixed-design.js";
import { columnsOfFormula, type Formula, isSurvival, type SpecialKind, type Terms } from "./formula.js";
import type { ModelFrame } from "./frame.js";
import { evaluateChecked, fillRandomTerm, sumOffsets, toRandomDesign, toSpecialFactors } from "./linear-predictor.js";
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
  const Z = random.map((term) => fillRandomTerm(term, table, rows, path, problems));
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

// ── columns ─────────────────────────────────────────────────────────────────────────────────────

function checkOutcome({ response }: Formula, table: Table, path: string): Problem[] {
  if (isSurvival(response)) return [frameSurvivalOutcome(path, renderExpression(response))];
  return columnsOf(response)
    .filter((name) => table.columns.get(name)?.kind === "category")
    .map((name) => frameFactorOutcome(path, name));
}

const checkFixedTerms = ({ intercept, terms }: Terms, path: string): Problem[] =>
  intercept || terms.length > 0 ? [] : [frameNoFixedTerms(path)];

// ── the rows used ───────────────────────────────────────────────────────────────────────────────

const isConstant = (values: Float64Array): boolean => values.every((value) => value === values[0]);
