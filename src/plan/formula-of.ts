/** What an analysis models, as text. */
import { wedgeFormulaInFull } from "../stepped-wedge/wedge-model.js";
import type { Analysis, Plan } from "./plan.js";
import { wedgeModelOf } from "./wedge-plan.js";

/** The formula; the one that a stepped wedge expands to; or `outcome ~ by` where there is none. */
export function formulaOf(analysis: Analysis, plan: Pick<Plan, "columns" | "trial">): string {
  if ("formula" in analysis) return analysis.formula;
  if (analysis.model === "joint") return `${analysis.individual} and ${analysis["stepped-wedge"]} together`;
  if (analysis.model === "effect-size") return `${analysis.outcome} ~ ${analysis.by}`;
  if (analysis.model === "participant-flow") return analysis.outcome;
  if (analysis.model === "baseline-table") return analysis.variables.join(", ");
  if (analysis.model === "agreement") return analysis.columns.join(", ");
  if (analysis.model === "shares") return bySides(Object.values(analysis.of).join(" + "), analysis.by);
  if (analysis.model === "change-classes") return bySides(analysis.classes, analysis.by);
  const found = wedgeModelOf(plan, analysis, "");
  return "model" in found ? wedgeFormulaInFull(found.model) : analysis.outcome;
}

const bySides = (what: string, by: string | undefined): string => `${what} ~ ${by ?? "1"}`;
