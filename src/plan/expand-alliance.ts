/**
 * `model: alliance`: how the alliance (SRS) grows over sessions, and how its change goes with the outcome: an association,
 * among the clients who have sessions. The change is of the last session less the first, as measured: slopes predicted
 * by a growth model are drawn to the mean, more so for clients with few sessions, which biases what they predict.
 */
import { renderName } from "../formula/expression.js";
import type { Expander } from "./expand-plan.js";
import type { AllianceAnalysis, PlanColumn } from "./plan.js";
import {
  allOf,
  atVisits,
  columnInExpression,
  effectFormula,
  labelOf,
  madeColumn,
  missingRolesOf,
} from "./trial-terms.js";

export const expandAlliance: Expander<AllianceAnalysis> = {
  missingRoles: (plan) => missingRolesOf(plan, ["participant", "arm", "clusters", "visit"]),

  columns: (plan, { id, alliance, session, sessions }, say) => {
    const label = labelOf(plan, alliance);
    const taken = (take: "first" | "last"): PlanColumn => ({
      type: "number",
      label: `${label}, ${take === "first" ? say({ en: "first", sv: "första" }) : say({ en: "last", sv: "sista" })}`,
      summarise: { ...(sessions === undefined ? {} : { table: sessions }), value: alliance, order: session, take },
    });
    const [first, last] = [madeColumn(id, "first"), madeColumn(id, "last")];
    return {
      [first]: taken("first"),
      [last]: taken("last"),
      [madeColumn(id, "change")]: {
        type: "number",
        label: `${label}, ${say({ en: "last less first", sv: "sista minus första" })}`,
        derive: `${last} - ${first}`,
      },
    };
  },

  expand: (plan, analysis) => {
    const { id, role, level, alliance, session, sessions, outcome, visits, table, where } = analysis;
    const { participant, clusters, visit } = plan.trial!;
    const [growing, client] = [renderName(session), renderName(participant!)];
    const change = renderName(madeColumn(id, "change"));
    return [
      {
        id: `${id}-growth`,
        model: "mixed",
        role,
        level,
        ...(sessions === undefined ? {} : { table: sessions }),
        ...(where === undefined ? {} : { where }),
        formula: `${renderName(alliance)} ~ ${growing} + (1 | ${clusters!.map(renderName).join(" / ")}) + (${growing} | ${client})`,
        df: "satterthwaite",
        part: { kind: "growth" },
      },
      {
        id: `${id}-change-and-outcome`,
        model: "mixed",
        role: "exploratory",
        level,
        ...(table === undefined ? {} : { table }),
        where: allOf(
          `isValid(${columnInExpression(madeColumn(id, "change"))})`,
          where,
          atVisits(visit!.column, visits),
        )!,
        formula: effectFormula(plan, { ...analysis, outcome }, [renderName(madeColumn(id, "first")), change]),
        df: "kenward-roger",
        cautions: ["association"],
        part: { kind: "change-and-outcome" },
      },
    ];
  },
};
