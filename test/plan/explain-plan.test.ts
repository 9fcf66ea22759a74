import { describe, expect, it } from "vitest";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";

const explain = (analysis: string, trial = "{}"): string =>
  explainPlan(
    completePlan(
      parsePlan(
        `plan: fit-rct/1
title: A trial
data: { file: data.csv }
columns:
  g: { type: id }
  h: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  month: { type: number }
  ors: { type: number, unit: points, better: higher }
trial: ${trial}
analyses:
  - { id: primary, ${analysis} }
`,
        "plan.yaml",
      ),
    ),
  );

it("names the files of a plan with several tables", () => {
  const text = `plan: fit-rct/1
title: Two files
data: { tables: { visits: { file: visits.csv, join: { clients: client } }, clients: { file: clients.csv, key: client } } }
columns: { client: { type: id }, y: { type: number }, age: { type: number } }
analyses: [{ id: a, model: linear, formula: y ~ age }]
`;
  expect(explainPlan(completePlan(parsePlan(text, "plan.yaml")))).toContain(
    "  Data: visits.csv, clients.csv, 3 columns read.",
  );
});

describe("explainPlan", () => {
  it("explains a mixed model", () => {
    const text = explain(
      "role: primary, model: mixed, formula: ors ~ arm * month + (month | g), df: kenward-roger, where: month > 0, level: 0.9, means: { of: arm, by: [month], at: { month: [3, 8] } }",
      "{ arm: { column: arm, control: TAU, intervention: FIT }, participant: g, clusters: [h] }",
    );
    expect(text.split("\n")).toEqual([
      "A trial",
      "  Data: data.csv, 5 columns read.",
      "  Arms: FIT against TAU (column arm).",
      "  Participants: column g.",
      "  Clusters, the outermost first: h.",
      "  Seed: 1 (none given). It affects analyses that draw random numbers only.",
      "",
      "Analysis primary (primary)",
      "  Model: linear mixed model, restricted maximum likelihood (REML).",
      "  Formula: ors ~ arm * month + (month | g)",
      "  Expanded: ors ~ arm + month + arm:month + (1 + month | g)",
      "  Outcome: ors, in points; higher is better.",
      "  Fixed effects: intercept; arm (FIT against TAU); month; arm:month.",
      "  Random effects: (1 + month | g): the intercept and the effect of month vary, correlated, between the levels of g.",
      "  Variance parameters: sd:g:(Intercept), sd:g:month, cor:g:(Intercept),month, sd:residual.",
      "  Standard errors and tests: Kenward–Roger, first order: adjusted for the estimated variances; t with Kenward–Roger degrees of freedom (expected information, as pbkrtest).",
      "  Confidence intervals: 90 %.",
      "  Rows: those with a value in each of ors, arm, month, g, and for which month > 0.",
      "  Means: the adjusted mean of each level of arm, and the difference of each from TAU, for each value of month; month at 3, 8; other covariates at their mean over the rows used, other factors weighted equally.",
    ]);
  });

  it("names the variance parameters of nested, crossed and uncorrelated terms", () => {
    expect(explain("model: mixed, formula: ors ~ 1 + (1 | h / g)")).toContain(
      "Variance parameters: sd:h:(Intercept), sd:h:g:(Intercept), sd:residual.",
    );
    expect(explain("model: mixed, formula: ors ~ 1 + (month || g)")).toContain(
      "Variance parameters: sd:g:(Intercept), sd:g:month, sd:residual.",
    );
    expect(explain("model: mixed, formula: ors ~ 1 + (0 + arm | g)")).toContain(
      "Variance parameters: sd:g:arm[TAU], sd:g:arm[FIT], cor:g:arm[TAU],arm[FIT], sd:residual.",
    );
  });

  it("explains a linear model, an offset and a formula without fixed effects", () => {
    const text = explain("model: linear, title: 'Change', formula: log(ors) ~ 0 + offset(month)");
    expect(text).toContain('Analysis primary, "Change" (secondary)');
    expect(text).toContain("Model: linear model, least squares.");
    expect(text).toContain("Outcome: log(ors); higher is better.");
    expect(text).toContain("Fixed effects: none.");
    expect(text).toContain("Offset: month, added to the linear predictor as it is.");
    expect(text).toContain("classical (equal variances); t with residual degrees of freedom.");
  });

  it.each([
    ["satterthwaite", "Satterthwaite degrees of freedom"],
    ["between-within", "between–within degrees of freedom"],
    ["residual", "residual degrees of freedom"],
    ["normal", "normal distribution"],
  ])("says what df: %s is", (df, words) => {
    expect(explain(`model: mixed, formula: ors ~ arm + (1 | g), method: ML, df: ${df}`)).toContain(words);
  });
});
