/**
 * `model: subgroup`: does the effect as randomised depend on who the client is? One model of all clients, over the visits,
 * with one interaction of each moderator with the arm: a difference between subgroups that is the same at all visits,
 * which has the most power. Effects are shown at one visit.
 */
import type { Expander } from "./expand-plan.js";
import type { ModerationAnalysis, OutcomeAnalysis, PlanContent, SubgroupAnalysis } from "./plan.js";
import { allOf, atVisits, effectFormula, missingRolesOf, visitTerm } from "./trial-terms.js";

export const expandSubgroup: Expander<SubgroupAnalysis> = {
  missingRoles: (plan) => missingRolesOf(plan, ["participant", "arm", "clusters", "visit"]),
  expand: (plan, analysis) => [
    {
      ...moderation(plan, analysis, analysis.visits),
      id: `${analysis.id}-moderators`,
      moderators: analysis.moderators,
      part: { kind: "moderators" },
    },
  ],
};

/** What all moderations of the outcome at the visits have in common. */
export function moderation(
  plan: PlanContent,
  { role, level, table, where, df, primary, ...outcome }: OutcomeAnalysis,
  visits: readonly (number | string)[],
): Omit<ModerationAnalysis, "id" | "moderators"> & { readonly model: "moderation" } {
  const { arm, visit } = plan.trial!;
  return {
    model: "moderation",
    role,
    level,
    ...(table === undefined ? {} : { table }),
    where: allOf(where, atVisits(visit!.column, visits))!,
    formula: effectFormula(plan, { ...outcome, visits }),
    effect: arm!.column,
    // Of one visit there is nothing to choose.
    at: visits.length > 1 ? { [visit!.column]: [primary] } : {},
    alongside: visits.length > 1 ? [visitTerm(plan)] : [],
    df,
  };
}
