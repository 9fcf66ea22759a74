/**
 * `model: non-responders`: is the effect larger for clients who are not on track?
 *
 * Being on track shows after randomisation, and the treatment may change it. Therefore: (a) by a rule on what both arms
 * have, stamped as a subgroup defined after randomisation; (b) by the risk of not being on track that baseline predicts,
 * cross-fitted, which randomisation does balance; (c) the naive subset, only where both arms have the measurement.
 *
 * Sources  Kent et al. (2020) Annals of Internal Medicine 172:35–45 and 172:W1–W25 (PATH); Yusuf, Wittes, Probstfield &
 *          Tyroler (1991) JAMA 266:93–98 (improper subgroups).
 */
import type { ExpandedPart, Expander } from "./expand-plan.js";
import { moderation } from "./expand-subgroup.js";
import type { NonRespondersAnalysis, PlanColumn, PlanContent } from "./plan.js";
import {
  allOf,
  atVisits,
  columnInExpression,
  labelOf,
  madeColumn,
  madeLevels,
  missingRolesOf,
  visitLabel,
} from "./trial-terms.js";

export const expandNonResponders: Expander<NonRespondersAnalysis> = {
  missingRoles: (plan) => missingRolesOf(plan, ["participant", "arm", "clusters", "visit"]),

  columns: (plan, analysis, say) => {
    const { id, rule, naive, outcome, names } = analysis;
    const made: Record<string, PlanColumn> = {};
    if (rule.where === undefined)
      made[madeColumn(id, "early")] = {
        type: "number",
        label: `${labelOf(plan, outcome)}, ${visitLabel(plan, rule.visit)}`,
        summarise: { value: outcome, where: atVisits(plan.trial!.visit!.column, [rule.visit]), take: "one" },
      };
    made[madeColumn(id, "not-on-track")] = {
      type: "binary",
      label: say({ en: "not being on track", sv: "att inte vara på rätt väg" }),
      derive: `(${ruleOf(plan, analysis)}) ? 1 : 0`,
    };
    made[madeColumn(id, "track")] = {
      type: "factor",
      label: say({ en: "on track or not", sv: "på rätt väg eller inte" }),
      ...madeLevels([names["on-track"], names["not-on-track"]]),
      derive: `${madeColumn(id, "not-on-track")} == 1 ? ${JSON.stringify(names["not-on-track"].level)} : ${JSON.stringify(names["on-track"].level)}`,
    };
    if (naive !== undefined)
      made[madeColumn(id, "naive")] = {
        type: "binary",
        label: say({ en: "not on track by the sessions", sv: "inte på rätt väg enligt sessionerna" }),
        derive: `(${naive.where}) ? 1 : 0`,
      };
    return made;
  },

  expand: (plan, analysis) => {
    const { id, rule, risk, naive, visits } = analysis;
    const at = visits.indexOf(rule.visit);
    const later = visits.slice(at + 1);
    const notOnTrack = madeColumn(id, "not-on-track");
    const byRule: ExpandedPart = {
      ...moderation(plan, analysis, later),
      role: "exploratory",
      id: `${id}-early-change`,
      moderators: [{ column: madeColumn(id, "track") }],
      cautions: ["after-randomisation"],
      part: { kind: "early-change" },
    };
    const byRisk: ExpandedPart = {
      ...moderation(plan, analysis, visits),
      id: `${id}-predicted-risk`,
      moderators: [],
      risk: { outcome: notOnTrack, ...risk },
      part: { kind: "predicted-risk" },
    };
    if (naive === undefined) return [byRule, byRisk];
    const subset = moderation(plan, analysis, later);
    const naiveSubset: ExpandedPart = {
      ...subset,
      where: allOf(`${madeColumn(id, "naive")} == 1`, subset.where)!,
      role: "exploratory",
      id: `${id}-naive`,
      moderators: [],
      naive: { measured: naive.measured },
      cautions: ["naive"],
      part: { kind: "naive" },
    };
    return [byRule, byRisk, naiveSubset];
  },
};

/** The plan's own condition, or that the outcome has not become better by as much as the rule asks for, nor is good. */
function ruleOf({ columns }: PlanContent, { rule, outcome, baseline, id }: NonRespondersAnalysis): string {
  if (rule.where !== undefined) return rule.where;
  const [early, start] = [madeColumn(id, "early"), columnInExpression(baseline)];
  const column = columns[outcome];
  const isLower = column !== undefined && "better" in column && column.better === "lower";
  const gain = isLower ? `${start} - ${early}` : `${early} - ${start}`;
  // 8.2 - 3.2 is less than 5 in binary: what is equal in decimals counts as equal, as in classes of change.
  const tooLittle = `round(1e6 * (${gain})) / 1e6 < ${rule["gain-below"] ?? 0}`;
  const shortOf = rule["short-of"];
  return shortOf === undefined ? tooLittle : `${tooLittle} && ${early} ${isLower ? ">" : "<"} ${shortOf}`;
}
