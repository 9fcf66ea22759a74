/** `model: responders` and `model: attrition`: what they expand to on the trial's plan, and what they need. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainAnalysis } from "../../src/plan/explain-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";
import { isError } from "../../src/problem.js";

const joint = readFileSync(new URL("../../analyses/fit-joint/plan.yaml", import.meta.url), "utf8");
const CHANGE = `  change_class: { type: factor, table: visits, levels: [unchanged, deteriorated, improved, recovered, started-functional], classify: { instrument: ors-adult, before: ors_0, after: ors, sd: 8, reliability: 0.85 } }
`;
const planOf = (analysis: string): string =>
  `${joint.slice(0, joint.indexOf("\ntrial:"))}\n${CHANGE}${joint.slice(joint.indexOf("\ntrial:"), joint.indexOf("\nanalyses:"))}\nanalyses:\n${analysis}\n`;
const RESPONDERS =
  "  - { id: resp, model: responders, classes: change_class, visits: [3, 12], primary: 12, role: primary, baseline: ors_0, covariates: [age] }";
const ATTRITION =
  "  - { id: att, model: attrition, outcome: ors, visits: [3, 12], baseline: ors_0, covariates: [age] }";
const read = (text: string) => {
  const parsed = parsePlan(text, "plan.yaml");
  return {
    plan: parsed.plan!,
    problems: [...parsed.problems, ...checkPlan(parsed).problems].filter(isError).map(({ code }) => code),
  };
};

describe("model: responders", () => {
  it("expands to classes by arm and a regression with risks of better, and the arms as they are for worse, at each visit", () => {
    const { plan, problems } = read(planOf(RESPONDERS));
    expect(problems).toEqual([]);
    expect(plan.analyses.map(({ id, model, role }) => [id, model, role])).toEqual([
      ["resp-3-classes", "change-classes", "secondary"],
      ["resp-3-better", "logistic", "secondary"],
      ["resp-3-worse", "effect-size", "secondary"],
      ["resp-12-classes", "change-classes", "secondary"],
      ["resp-12-better", "logistic", "primary"],
      ["resp-12-worse", "effect-size", "secondary"],
    ]);
    expect(plan.analyses[4]).toMatchObject({
      formula: "resp__better ~ arm + ors_0 + age + factor(design) + ns(period, 3)".replace("factor(design)", "design"),
      where: "month == 12",
      vcov: "CR2",
      cluster: "unit",
      risks: { of: "arm" },
      partOf: "resp",
    });
    expect(plan.analyses[5]).toMatchObject({
      outcome: "resp__worse",
      by: "arm",
      where: `(design == "A") && (month == 12)`,
      cautions: ["clusters-ignored"],
    });
    expect(explainAnalysis(plan, plan.analyses[5]!)).toContain("Clusters are ignored");
    expect(plan.columns).toMatchObject({ resp__better: { better: "higher" }, resp__worse: { better: "lower" } });
    expect(plan.columns["resp__worse"]!.classify).toMatchObject({
      is: ["deteriorated"],
      "functional-start": "by-change",
    });
  });

  it("needs a class of change, and the roles", () => {
    expect(read(planOf(RESPONDERS.replace("classes: change_class", "classes: ors"))).problems).toContain(
      "plan.change-not-classified",
    );
    expect(read(planOf(RESPONDERS).replace(/ {2}arm: \{ column.*\n/, "")).problems).toContain(
      "plan.trial-role-missing",
    );
  });
});

describe("model: attrition", () => {
  it("expands to shares of missing by arm and visit, and its predictors, over one row for each participant", () => {
    const { plan, problems } = read(planOf(ATTRITION));
    expect(problems).toEqual([]);
    expect(plan.analyses.map(({ id, table }) => [id, table])).toEqual(
      ["att-missing", "att-3", "att-12", "att-12-by-arm"].map((id) => [id, "clients"]),
    );
    expect(plan.analyses[0]).toMatchObject({
      of: { "missing@month=3": "att__missing_3", "missing@month=12": "att__missing_12" },
      by: "arm",
    });
    expect(plan.analyses[3]).toMatchObject({
      formula: "att__missing_12 ~ arm * ors_0 + age + design + ns(period, 3)",
      vcov: "CR2",
    });
  });
});
