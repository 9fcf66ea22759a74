/**
 * `model: implementation`: is the effect larger where the treatment is carried out better, and for clients who get more of
 * it? Fidelity of the unit as a moderator of the randomised effect; the dose among treated clients, which nobody randomised.
 */
import { renderName } from "../formula/expression.js";
import type { ExpandedPart, Expander } from "./expand-plan.js";
import { moderation } from "./expand-subgroup.js";
import type { ImplementationAnalysis } from "./plan.js";
import { allOf, atVisits, columnInExpression, effectFormula, madeColumn, missingRolesOf } from "./trial-terms.js";

export const expandImplementation: Expander<ImplementationAnalysis> = {
  missingRoles: (plan) => missingRolesOf(plan, ["participant", "arm", "clusters", "visit"]),

  columns: (plan, { id }, say) => {
    const { column, intervention } = plan.trial!.arm!;
    const derive = `${columnInExpression(column)} == ${JSON.stringify(intervention)} ? 1 : 0`;
    const label = `${say({ en: "in", sv: "i" })} ${intervention}`;
    return { [madeColumn(id, "treated")]: { type: "binary", label, derive } };
  },

  expand: (plan, analysis) => {
    const { id, fidelity, dose, visits, where, table, level, df } = analysis;
    const { arm, visit } = plan.trial!;
    const shared = moderation(plan, analysis, visits);
    const [unit] = plan.trial!.clusters!;
    const byFidelity: ExpandedPart = {
      ...shared,
      // What differs between units must vary between them beyond it, else few units count as many clients.
      formula: `${shared.formula} + (0 + ${renderName(madeColumn(id, "treated"))} | ${renderName(unit!)})`,
      id: `${id}-fidelity`,
      moderators: [fidelity],
      cautions: ["fidelity"],
      part: { kind: "moderators" },
    };
    const treated = `${columnInExpression(arm!.column)} == ${JSON.stringify(arm!.intervention)}`;
    const byDose = dose.map(
      (column, i): ExpandedPart => ({
        id: `${id}-dose${dose.length > 1 ? `-${i + 1}` : ""}`,
        model: "mixed",
        role: "exploratory",
        level,
        df,
        ...(table === undefined ? {} : { table }),
        where: allOf(treated, where, atVisits(visit!.column, visits))!,
        formula: effectFormula(plan, analysis, [renderName(column)]),
        cautions: ["not-randomised"],
        part: { kind: "dose", of: plan.columns[column]?.label ?? column },
      }),
    );
    return [byFidelity, ...byDose];
  },
};
