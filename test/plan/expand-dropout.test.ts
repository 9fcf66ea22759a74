import { describe, expect, it } from "vitest";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";
import { codesOf, individualRoles, partsOf, trialPlan } from "./trial-plan.js";

const dropout = `  - id: dropout
    model: dropout
    table: clients
    time: days
    horizon: 365
    times: [90]
    role: primary
    covariates: [age]
    competing: ending == 'planerat'
    definitions:
      - { name: unilateral, label: Unilateral ending, where: ending == 'avbrott' }
      - { name: below-cut-off, where: ending == 'avbrott' && ors_last < 25 }
`;

describe("model: dropout", () => {
  it("expands to the same models for each definition, and their agreement", () => {
    const parts = [...partsOf(trialPlan(dropout)).values()];
    expect(parts.map(({ id, model, role }) => `${id} ${model} ${role}`)).toEqual([
      "dropout-unilateral-kaplan-meier kaplan-meier secondary",
      "dropout-unilateral-cox cox primary",
      "dropout-unilateral-frailty cox sensitivity",
      "dropout-unilateral-competing-risks competing-risks secondary",
      "dropout-unilateral-fine-gray fine-gray secondary",
      "dropout-below-cut-off-kaplan-meier kaplan-meier secondary",
      "dropout-below-cut-off-cox cox secondary",
      "dropout-below-cut-off-frailty cox sensitivity",
      "dropout-below-cut-off-competing-risks competing-risks secondary",
      "dropout-below-cut-off-fine-gray fine-gray secondary",
      "dropout-agreement agreement secondary",
    ]);
    for (const { table, partOf } of parts) expect([table, partOf]).toEqual(["clients", "dropout"]);
  });

  it("adjusts the regressions of a joint trial for design and calendar time, and draws curves where clients were randomised", () => {
    const parts = partsOf(trialPlan(dropout));
    expect(parts.get("dropout-unilateral-cox")).toMatchObject({
      formula: "Surv(days, dropout__unilateral) ~ arm + age + ns(period, 3) + strata(design) + cluster(unit)",
      vcov: "kauermann-carroll",
      df: "clusters",
    });
    expect(parts.get("dropout-unilateral-frailty")).toMatchObject({
      formula: "Surv(days, dropout__unilateral) ~ arm + age + ns(period, 3) + strata(design) + (1 | therapist)",
    });
    expect(parts.get("dropout-unilateral-fine-gray")).toMatchObject({
      formula: "Surv(days, dropout__unilateral_ending) ~ arm + age + ns(period, 3) + design + cluster(unit)",
      event: "dropout",
      censored: "under observation",
    });
    expect(parts.get("dropout-unilateral-kaplan-meier")).toMatchObject({
      formula: "Surv(days, dropout__unilateral) ~ arm + cluster(unit)",
      where: 'design == "A"',
      rmst: 365,
    });
  });

  it("clusters by unit also where therapists within units have the arms", () => {
    const individual = partsOf(trialPlan(dropout, individualRoles));
    const few = { vcov: "kauermann-carroll", df: "clusters" };
    expect(individual.get("dropout-unilateral-cox")).toMatchObject({
      formula: "Surv(days, dropout__unilateral) ~ arm + age + cluster(unit)",
      ...few,
    });
    expect(individual.get("dropout-unilateral-fine-gray")).toMatchObject({
      formula: "Surv(days, dropout__unilateral_ending) ~ arm + age + cluster(unit)",
      ...few,
    });
  });

  it("leaves out what the design or the plan has no use for", () => {
    const without = dropout.replace("    competing: ending == 'planerat'\n", "");
    const roles = individualRoles.replace(", therapist]", "]");
    expect([...partsOf(trialPlan(without, roles)).keys()]).toEqual([
      "dropout-unilateral-kaplan-meier",
      "dropout-unilateral-cox",
      "dropout-below-cut-off-kaplan-meier",
      "dropout-below-cut-off-cox",
      "dropout-agreement",
    ]);
    const wedge = individualRoles.replace("individual", "stepped-wedge").concat("  period: period\n");
    expect(partsOf(trialPlan(dropout, wedge)).get("dropout-unilateral-kaplan-meier")!.cautions).toEqual([
      "calendar-time",
    ]);
    expect(partsOf(trialPlan(dropout, wedge)).get("dropout-unilateral-cox")!.cautions).toBeUndefined();
  });

  it("makes the columns that it needs, and says how", () => {
    const { plan } = parsePlan(trialPlan(dropout), "plan.yaml");
    expect(plan!.columns["dropout__below_cut_off_ending"]).toEqual({
      type: "factor",
      label: "dropout (below-cut-off)",
      "level-labels": {
        "under observation": { en: "under observation", sv: "under observation" },
        dropout: { en: "dropout", sv: "avbrott" },
        "planned ending": { en: "planned ending", sv: "planerat avslut" },
      },
      table: "clients",
      levels: ["under observation", "dropout", "planned ending"],
      derive:
        '(ending == \'avbrott\' && ors_last < 25) ? "dropout" : (ending == \'planerat\') ? "planned ending" : "under observation"',
    });
    expect(plan!.columns["dropout__unilateral"]!.label).toBe("dropout (unilateral ending)");
    const abbreviated = trialPlan(dropout.replace("Unilateral ending", "ORS below 25"));
    expect(parsePlan(abbreviated, "plan.yaml").plan!.columns["dropout__unilateral"]!.label).toBe(
      "dropout (ORS below 25)",
    );
    expect(explainPlan(plan!)).toContain("  Column dropout__unilateral: (ending == 'avbrott') ? 1 : 0.");
  });

  it("refuses a plan that has a column by a made name, one definition, and what cannot be read", () => {
    const taken = trialPlan(dropout).replace("  age:", "  dropout__unilateral: { type: binary }\n  age:");
    expect(codesOf(taken)).toEqual(["plan.made-column-taken"]);
    expect(codesOf(trialPlan(dropout.split("\n").slice(0, -2).join("\n")))).toHaveLength(1);
    const unknown = parsePlan(trialPlan(dropout.replace("ending == 'avbrott' }", "endng == 'avbrott' }")), "plan.yaml");
    expect(unknown.plan!.columns["dropout__unilateral"]!.derive).toContain("endng");
    expect(codesOf(trialPlan(dropout.replace("ending == 'avbrott' }", "endng == 'avbrott' }")))).not.toEqual([]);
    expect(codesOf(trialPlan(dropout, individualRoles.replace(/ {2}clusters.*\n/, "")))).toEqual([
      "plan.trial-role-missing",
    ]);
  });
});
