/** Whether arms that are compared as they are hold participants of a stepped wedge, whose arms differ in calendar time. */
import type { Analysis, Plan } from "../plan/plan.js";
import { type Problem, wedgeArmsCompared } from "../problem.js";
import type { Column } from "../table/table.js";
import type { AnalysisInput } from "./analysis-model.js";

/**
 * In a stepped wedge every unit has its control first: arms differ by when participants came, not by chance alone. What has
 * no model for it says so.
 *
 * @param by    the factor whose levels are set beside each other
 * @param rows  those used
 * @returns one note, or nothing where `by` is not the arm, the rows are of one arm, or no row is of a stepped wedge
 */
export function wedgeArmsProblems(
  { plan, table, analysis, path }: AnalysisInput,
  by: string | undefined,
  rows: Int32Array,
): Problem[] {
  const arm = by === undefined || by !== plan.trial?.arm?.column ? undefined : table.columns.get(by);
  // The part of a trial-level analysis may say it already.
  if (arm?.kind !== "category" || (analysis as Analysis).cautions?.includes("calendar-time")) return [];
  if (new Set(rows.map((row) => arm.codes[row]!).filter((code) => code >= 0)).size < 2) return [];
  const count = rows.filter(isOfWedge(plan, table.columns.get(plan.trial?.designs?.column ?? ""))).length;
  return count === 0 ? [] : [wedgeArmsCompared(path, count, rows.length, individualDesign(plan))];
}

/** Of a joint trial: where participants were randomised. */
const individualDesign = ({ trial }: Plan): { readonly column: string; readonly level: string } | null =>
  trial?.design === "joint" && trial.designs !== undefined
    ? { column: trial.designs.column, level: trial.designs.individual }
    : null;

/** In a joint trial by the design of the row; a table that does not have it has no such rows that are known. */
function isOfWedge({ trial }: Plan, design: Column | undefined): (row: number) => boolean {
  if (trial?.design === "stepped-wedge") return () => true;
  if (trial?.design !== "joint" || design?.kind !== "category") return () => false;
  const wedge = design.levels.indexOf(trial.designs!["stepped-wedge"]);
  return (row) => wedge >= 0 && design.codes[row] === wedge;
}
