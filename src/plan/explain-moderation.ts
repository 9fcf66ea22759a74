/** `model: moderation` in words. English. */
import { type ModerationAnalysis, moderationModel, type Plan } from "./plan.js";

export function moderationInWords(plan: Plan, analysis: ModerationAnalysis, heading: string): string {
  const { formula, effect, at, moderators, risk, naive, df, level, where } = analysis;
  const held = Object.entries(at).map(([name, values]) => `${name} ${values.join(", ")}`);
  const shown = held.length === 0 ? "" : `, at ${held.join("; ")}`;
  const degrees = df === "kenward-roger" ? "Kenward–Roger" : "Satterthwaite";
  return [
    heading,
    `  Model: linear mixed models, REML, ${degrees} degrees of freedom: one without moderators, and one for each moderator with its interaction with ${effect}.`,
    `  Formula: ${formula}`,
    `  Shown: the effect of ${effect}${shown}, overall and at each level of each moderator; one F test of each interaction. Effects in subgroups have intervals and no p-value.`,
    ...moderators.map((moderator) => {
      const column = plan.columns[moderator.column];
      const values =
        column?.type === "number" ? ` at ${moderator.at?.join(", ") ?? "its quartiles over the participants"}` : "";
      const model = moderationModel(analysis, { column: moderator.column, at: moderator.at });
      return `  Moderator ${moderator.column}${values}${credibility(moderator)}: ${model.formula.slice(formula.length + 3)}`;
    }),
    ...(risk === undefined
      ? []
      : [
          `  Moderator predicted risk at its quartiles${credibility(risk)}: ${risk.outcome} predicted from ${risk.predictors.join(" + ")}, linear predictor of a ${plan.columns[risk.outcome]?.type === "binary" ? "logistic" : "linear"} model without the arm, fitted ${risk["fitted-in"] === "both" ? "to both arms (PATH statement: a model fitted to one arm overfits that arm)" : "to the control arm alone, which it overfits"}; ${risk.folds} folds drawn within each unit, each predicted by a model of the others.`,
        ]),
    ...(naive === undefined
      ? []
      : [
          `  Naive: the rows were selected by ${naive.measured}, measured after randomisation. Refused when an arm has no value of it.`,
        ]),
    `  Confidence intervals: ${Number((level * 100).toPrecision(12))} %.`,
    `  Rows: those with a value in each column of the model${where === undefined ? "" : `, and for which ${where}`}.`,
  ].join("\n");
}

function credibility({
  prespecified,
  direction,
  evidence,
}: Pick<ModerationAnalysis["moderators"][number], "prespecified" | "direction" | "evidence">): string {
  const parts = [
    prespecified === undefined ? "" : prespecified ? "prespecified" : "not prespecified",
    direction === undefined ? "" : `expected: ${direction}`,
    evidence === undefined ? "" : `earlier evidence: ${evidence}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
}
