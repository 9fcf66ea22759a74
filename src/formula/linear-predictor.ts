/** What the right-hand side of a formula has beside its fixed terms, over the rows used: offset, random and special terms. */
import { frameLevelPerRow, frameOneCluster, frameTooManyEffects, type Problem } from "../problem.js";
import type { Table } from "../table/table.js";
import type { Expression } from "./expression.js";
import { toOrderedFactor } from "./factor-levels.js";
import { type FixedDesign, fillMatrix, toFixedDesign } from "./fixed-design.js";
import type { RandomPart, SpecialTerm } from "./formula.js";
import type { RandomTerm, SpecialFactors } from "./frame.js";
import { type GroupingFactor, toGroupingFactor } from "./grouping-factor.js";
import { checkFinite, evaluateExpression } from "./numeric-expression.js";

/** Values of an expression over rows; appends a problem when one is not finite. */
export function evaluateChecked(
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

/** Offsets add up; null without any. */
export function sumOffsets(
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

/** A random term before its columns are filled. */
export interface RandomDesign extends GroupingFactor {
  readonly group: string;
  readonly design: FixedDesign;
}

export function toRandomDesign(
  { terms, group: columns }: RandomPart,
  table: Table,
  rows: Int32Array,
  residual: boolean,
  path: string,
  problems: Problem[],
): RandomDesign {
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

/** Fill the columns of a random term. */
export function fillRandomTerm(
  { design, ...term }: RandomDesign,
  table: Table,
  rows: Int32Array,
  path: string,
  problems: Problem[],
): RandomTerm {
  return { ...term, names: design.names, values: fillMatrix(design, table, rows, path, problems) };
}

/** The columns of a special term over the rows used. */
export function toSpecialFactors(term: SpecialTerm, table: Table, rows: Int32Array): SpecialFactors {
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
