/** What the models of time to an event share: the frame, by the plan's keys. */
import { parseFormula } from "../formula/parse-formula.js";
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { type SurvivalFrameOptions, survivalFrame } from "../formula/to-survival-frame.js";
import { columnOfName, type SurvivalAnalysis, survivalParticipant } from "../plan/plan.js";
import { evaluateCondition } from "../table/expression.js";
import type { AnalysisInput } from "./analysis-model.js";

/** The survival frame of an analysis. @param also  Columns beside those of the formula that a row must have. @throws ProblemError as `survivalFrame`. */
export function survivalFrameOf(
  { plan, table, analysis, path }: AnalysisInput<SurvivalAnalysis>,
  specials: SurvivalFrameOptions["specials"] & object,
  also: readonly string[] = [],
): SurvivalFrame {
  const { where, weights } = analysis;
  // The frame counts 2 as missing.
  const keep = (text: string) => Uint8Array.from(evaluateCondition(text, table, path), (v) => (v < 0 ? 2 : v));
  return survivalFrame({
    formula: parseFormula(analysis.formula, { path }),
    table,
    ...(where === undefined ? {} : { where: { text: where, keep: keep(where) } }),
    specials,
    also,
    censored: analysis.censored,
    weights: weights === undefined ? undefined : (columnOfName(plan, weights) ?? weights),
    participant: survivalParticipant(plan, analysis),
    path,
  });
}
