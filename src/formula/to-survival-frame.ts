/**
 * Formula with `Surv(…)` × table → survival frame.
 *
 *   columns checked ─▶ rows used, the others with a reason ─▶ times and events, near ties resolved
 *                   ─▶ X, strata, clusters, frailty, weights, offset over the rows used ─▶ checks
 *
 * Factors are coded as coxph codes them: as if the formula had an intercept, which is then left out, for the
 * baseline hazard stands in its place.
 */
import { type Matrix, zeros } from "../numeric/matrix.js";
import {
  frameNoRows,
  isError,
  type Problem,
  ProblemError,
  survivalFactorWeight,
  survivalSeveralClusters,
  survivalWeight,
} from "../problem.js";
import { ProblemList } from "../table/problem-list.js";
import { type NumberColumn, placeOfRow, type Table } from "../table/table.js";
import { checkColumns, checkNumeric, distinctProblems, throwErrors } from "./check-columns.js";
import { fillMatrix, toFixedDesign } from "./fixed-design.js";
import { columnsOfFormula, type Formula, type SpecialKind } from "./formula.js";
import { toGroupingFactor } from "./grouping-factor.js";
import { fillRandomTerm, sumOffsets, toRandomDesign, toSpecialFactors } from "./linear-predictor.js";
import { checkOverlaps } from "./overlapping-intervals.js";
import { checkSpecials } from "./parse-formula.js";
import type { SurvivalFrame } from "./survival-frame.js";
import { checkSurvivalColumns, survivalCall, toSurvivalOutcome } from "./survival-outcome.js";
import { type Condition, usedRows } from "./used-rows.js";

export interface SurvivalFrameOptions {
  readonly formula: Formula;
  readonly table: Table;
  readonly where?: Condition;
  /** Special terms that the model takes. Default strata, cluster and frailty; another one is a problem. */
  readonly specials?: readonly SpecialKind[];
  /** Columns that the analysis needs beside those named here: a row without one is not used. */
  readonly also?: readonly string[];
  /** The level of a factor event that is censoring. */
  readonly censored?: string | undefined;
  /** A column of case weights, above 0. */
  readonly weights?: string | undefined;
  /** A column that says which rows are of one participant. */
  readonly participant?: string | undefined;
  /** For problems: `analysis "primary"`. */
  readonly path?: string;
}

/**
 * Build the survival frame over the rows that are used: those that `where` keeps and in which no column of the
 * formula, the weights or the participant is missing.
 *
 * @throws ProblemError all problems of the columns (`formula.unknown-column`, `survival.outcome`, `survival.factor-time`,
 *         `survival.censored-missing`, `survival.censored-unknown`, …), then all of the rows used
 *         (`survival.negative-time`, `survival.stop-not-after-start`, `survival.event-code`, `survival.no-events`,
 *         `survival.overlap`, `survival.weight`, `frame.one-level`, …)
 */
export function survivalFrame(options: SurvivalFrameOptions): SurvivalFrame {
  const { formula, table, where, also = [], censored, weights, participant, path = "" } = options;
  const { specials = ["strata", "cluster", "frailty"] } = options;
  const more = [weights, participant].filter((name) => name !== undefined);
  const columns = [...new Set([...columnsOfFormula(formula), ...more, ...also])];
  throwErrors([
    ...checkSpecials(formula, specials, path),
    ...checkOneCluster(formula, path),
    ...checkSurvivalColumns(formula, table, censored, path),
    ...checkColumns(columns, table, path, where),
    ...checkNumeric(formula, table, path),
    ...checkWeightColumn(weights, table, path),
  ]);
  const { rows, excluded } = usedRows(table, columns, where);
  if (rows.length === 0) throw new ProblemError([frameNoRows(path, table.name, table.rows, excluded)]);

  const problems: Problem[] = [];
  const outcome = toSurvivalOutcome(survivalCall(formula)!, table, rows, censored, path, problems);
  const strata = strataOf(formula, table, rows);
  const participants = participant === undefined ? null : toGroupingFactor(table, [participant], rows);
  if (participants !== null && !problems.some(isError) && isObservedOnce(formula, outcome.start, participant!)) {
    const placeOf = (i: number): string => placeOfRow(table, rows[i]!);
    problems.push(...checkOverlaps(outcome, { ...participants, column: participant! }, strata, placeOf, path));
  }
  const caseWeights = weightsOf(weights, table, rows, path, problems);
  const design = toFixedDesign({ ...formula.fixed, intercept: true }, table, rows, path, problems);
  const offset = sumOffsets(formula.offsets, table, rows, path, problems);
  const random = formula.random.map((part) => toRandomDesign(part, table, rows, false, path, problems));
  const X = withoutIntercept(fillMatrix(design, table, rows, path, problems));
  const Z = random.map((term) => fillRandomTerm(term, table, rows, path, problems));
  throwErrors(distinctProblems(problems));

  return {
    formula,
    outcome,
    X,
    names: design.names.slice(1),
    design,
    offset,
    weights: caseWeights,
    strata,
    cluster: clusterOf(formula, table, rows),
    Z,
    special: formula.special.map((term) => toSpecialFactors(term, table, rows)),
    participant: participants,
    rows,
    excluded,
    problems: distinctProblems(problems),
  };
}

// ── columns ─────────────────────────────────────────────────────────────────────────────────────

const clusterColumns = ({ special }: Formula): string[] =>
  special.flatMap((term) => (term.kind === "cluster" ? [term.column] : []));

function checkOneCluster(formula: Formula, path: string): Problem[] {
  const columns = clusterColumns(formula);
  return columns.length > 1 ? [survivalSeveralClusters(path, columns)] : [];
}

const checkWeightColumn = (name: string | undefined, table: Table, path: string): Problem[] =>
  name !== undefined && table.columns.get(name)?.kind === "category" ? [survivalFactorWeight(path, name)] : [];

// ── the rows used ───────────────────────────────────────────────────────────────────────────────

function strataOf(formula: Formula, table: Table, rows: Int32Array): SurvivalFrame["strata"] {
  const columns = formula.special.flatMap((term) => (term.kind === "strata" ? term.columns : []));
  return columns.length === 0 ? null : toGroupingFactor(table, [...new Set(columns)], rows);
}

function clusterOf(formula: Formula, table: Table, rows: Int32Array): SurvivalFrame["cluster"] {
  const [column] = clusterColumns(formula);
  return column === undefined ? null : { column, ...toGroupingFactor(table, [column], rows) };
}

/**
 * Whether two rows of a participant must not overlap. Times of several events may all be counted from 0
 * (`Surv(time, event)`, gap times) when the model knows whose they are, by cluster(), frailty() or (1 | participant).
 */
function isObservedOnce({ special, random }: Formula, start: Float64Array | null, participant: string): boolean {
  const isKnown =
    special.some((term) => (term.kind === "cluster" || term.kind === "frailty") && term.column === participant) ||
    random.some(({ group }) => group.includes(participant));
  return start !== null || !isKnown;
}

function weightsOf(
  name: string | undefined,
  table: Table,
  rows: Int32Array,
  path: string,
  problems: Problem[],
): Float64Array | null {
  if (name === undefined) return null;
  const { values } = table.columns.get(name) as NumberColumn;
  const found = new ProblemList();
  const weights = Float64Array.from(rows, (row) => {
    const weight = values[row]!;
    if (weight <= 0) found.add("weight", () => survivalWeight(path, name, weight, placeOfRow(table, row)));
    return weight;
  });
  problems.push(...found.all());
  return weights;
}

/** n×(p + 1) → n×p. */
function withoutIntercept(X: Matrix): Matrix {
  // A design that is too large has no columns at all; that is a problem already.
  const kept = zeros(X.rows, Math.max(X.cols - 1, 0));
  for (let i = 0; i < X.rows; i++) kept.data.set(X.data.subarray(i * X.cols + 1, (i + 1) * X.cols), i * kept.cols);
  return kept;
}
