/** Of a blind run: whether an analysis would show which arm is which, although the arms are called X and Y. */
import { isNamed } from "../plan/trial-terms.js";
import type { Column, Table } from "../table/table.js";
import type { AnalysisInput, PreparedAnalysis } from "./analysis-model.js";

/**
 * True when all the rows that the analysis uses are of one arm, though the trial's data have both (sessions that one arm
 * alone has are a table of one arm); or when it names a column
 * that tells the arms apart: the same in everybody of one arm (a value, or missing), and never so in the other.
 */
export function revealsArms(prepared: PreparedAnalysis): boolean {
  const { plan, table, tables, rows, analysis } = prepared;
  const rules = plan.populations?.[analysis.population ?? ""]?.exclude;
  const name = plan.trial?.arm?.column;
  const arm = name === undefined ? undefined : table.columns.get(name);
  if (plan.blind === undefined || arm?.kind !== "category") return false;
  const inUse = new Set(Array.from(rows, (row) => arm.codes[row]!).filter((code) => code >= 0));
  const arms = new Set([...tables.values()].flatMap((one) => levelsOf(one.columns.get(name!))));
  return (
    (inUse.size < 2 && arms.size > 1) || namesRevealing(JSON.stringify([prepared.analysis, rules]), prepared, arm.codes)
  );
}

/** Levels that a row has. */
const levelsOf = (column: Column | undefined): string[] =>
  column?.kind !== "category" ? [] : column.levels.filter((_, code) => column.codes.includes(code));

/** A derived column reveals what the columns that it is made of reveal: one made of the arm alone is as blind as the arm. */
function namesRevealing(text: string, input: AnalysisInput, arms: Int32Array): boolean {
  const { plan, table } = input;
  return [...table.columns].some(([name, column]) => {
    if (plan.blind!.columns.includes(name) || !isNamed(name, text)) return false;
    const derive = plan.columns[name]?.derive;
    // An expression is made of columns that come before it or are checked not to go in circles.
    return derive === undefined ? tellsApart(column, arms, table) : namesRevealing(derive, input, arms);
  });
}

/** Missing counts as a value. */
function tellsApart(column: Column, arms: Int32Array, { rows }: Table): boolean {
  const values = new Map<number, Set<number | null>>();
  for (let row = 0; row < rows; row++) {
    const arm = arms[row]!;
    if (arm < 0) continue;
    const value = column.kind === "category" ? column.codes[row]! : column.values[row]!;
    const own = values.get(arm) ?? new Set();
    values.set(arm, own.add(value < 0 && column.kind === "category" ? null : Number.isNaN(value) ? null : value));
  }
  const [first, second] = [...values.values()];
  if (first === undefined || second === undefined) return false;
  const isConstant = first.size === 1 || second.size === 1;
  return isConstant && [...first].every((value) => !second.has(value));
}
