import { describe, expect, it } from "vitest";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { renderFormula } from "../../src/formula/render-formula.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";

const text = `plan: fit-rct/1
title: A joint trial
data: { file: data.csv }
columns:
  design: { type: factor, levels: [A, B] }
  client: { type: id }
  unit: { type: id }
  therapist: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  period: { type: number }
  month: { type: number }
  ors: { type: number, better: higher, unit: points }
  ors_0: { type: number, summarise: { value: ors, where: month == 0, take: one } }
  age: { type: number }
trial:
  design: joint
  designs: { column: design, individual: A, stepped-wedge: B }
  participant: client
  arm: { column: arm, control: TAU, intervention: FIT }
  clusters: [unit, therapist]
  visit: { column: month, baseline: 0 }
  period: period
analyses:
  - { id: means, model: linear, formula: ors ~ arm }
  - { id: itt, model: itt, outcome: ors, baseline: ors_0, visits: [6, 12], primary: 12, covariates: [age], role: primary }
`;
const idsOf = (plan: string): string[] => parsePlan(plan, "plan.yaml").plan!.analyses.map(({ id }) => id);
const codesOf = (plan: string): string[] => {
  const parsed = parsePlan(plan, "plan.yaml");
  return [...parsed.problems, ...checkPlan(parsed).problems].map(({ code }) => code);
};

describe("expandPlan", () => {
  const parsed = parsePlan(text, "plan.yaml");
  const plan = parsed.plan!;

  it("replaces a trial-level analysis by its parts, in its place", () => {
    expect(plan.analyses.map(({ id, role, partOf }) => [id, role, partOf])).toEqual([
      ["means", "secondary", undefined],
      ["itt-individual", "secondary", "itt"],
      ["itt-individual-unadjusted", "sensitivity", "itt"],
      ["itt-stepped-wedge", "secondary", "itt"],
      ["itt-stepped-wedge-unadjusted", "sensitivity", "itt"],
      ["itt-joint", "primary", "itt"],
      ["itt-joint-unadjusted", "sensitivity", "itt"],
    ]);
    expect(checkPlan(parsed).problems).toEqual([]);
  });

  it("has no visits in the models of one visit, and no unadjusted ones when told so", () => {
    const one = text.replace("visits: [6, 12]", "visits: [12], unadjusted: false");
    expect(codesOf(one)).toEqual([]);
    const parts = parsePlan(one, "plan.yaml").plan!.analyses.slice(1);
    expect(parts.map(({ id }) => id)).toEqual(["itt-individual", "itt-stepped-wedge", "itt-joint"]);
    expect(parts[0]).toMatchObject({
      formula: "ors ~ ors_0 + age + arm + (1 | unit / therapist)",
      where: '(design == "A") && (month == 12)',
      means: { of: "arm" },
    });
    expect(parts[1]).toMatchObject({
      formula: "ors ~ ors_0 + age + factor(period) + arm + (1 | unit / therapist) + (1 | unit:period)",
    });
    expect(parts[2]).toMatchObject({
      effects: { "month=12": { individual: "arm[FIT]", "stepped-wedge": "arm[FIT]" } },
    });
  });

  it("writes each part as a statistician would", () => {
    const wedge = plan.analyses.find(({ id }) => id === "itt-stepped-wedge")!;
    expect(wedge).toMatchObject({
      model: "mixed",
      where: '(design == "B") && (month == 6 || month == 12)',
      df: "kenward-roger",
      method: "REML",
      standardise: "baseline",
      baseline: "ors_0",
      means: { of: "arm", by: ["month"], at: { month: [6, 12] } },
    });
    expect(renderFormula(parseFormula((wedge as { formula: string }).formula))).toBe(
      "ors ~ ors_0 + age + factor(period) + factor(month) + factor(month):arm + (1 | unit) + (1 | unit:therapist) + (1 | unit:therapist:client) + (1 | unit:period)",
    );
    expect(plan.analyses.find(({ id }) => id === "itt-joint")).toMatchObject({
      individual: "itt-individual",
      "stepped-wedge": "itt-stepped-wedge",
      effects: {
        "month=6": { individual: "factor(month)[6]:arm[FIT]", "stepped-wedge": "factor(month)[6]:arm[FIT]" },
        "month=12": { individual: "factor(month)[12]:arm[FIT]", "stepped-wedge": "factor(month)[12]:arm[FIT]" },
      },
    });
  });

  it("gives a trial of one design its own analysis, adjusted and not", () => {
    const individual = text.replace(
      "design: joint\n  designs: { column: design, individual: A, stepped-wedge: B }",
      "design: individual",
    );
    expect(idsOf(individual)).toEqual(["means", "itt", "itt-unadjusted"]);
    const wedge = text.replace(
      "design: joint\n  designs: { column: design, individual: A, stepped-wedge: B }",
      "design: stepped-wedge",
    );
    expect(idsOf(wedge)).toEqual(["means", "itt", "itt-unadjusted"]);
    expect(codesOf(wedge)).toEqual([]);
  });

  it("shows what it expands to", () => {
    expect(explainPlan(plan)).toContain(
      "Analysis itt (primary), model: itt, expands to itt-individual, itt-individual-unadjusted, itt-stepped-wedge, itt-stepped-wedge-unadjusted, itt-joint, itt-joint-unadjusted\n",
    );
  });

  it("places what is wrong in a part at the analysis that it is a part of", () => {
    const wrong = parsePlan(text.replace("covariates: [age]", "covariates: [agee]"), "plan.yaml");
    const problems = checkPlan(wrong).problems;
    expect(problems.length).toBeGreaterThan(0);
    for (const { path } of problems) expect(path).toMatch(/^plan\.yaml:25:/);
  });

  it("says which roles it needs, and has no parts without them", () => {
    const without = text.replace("  clusters: [unit, therapist]\n", "").replace("  period: period\n", "");
    expect(codesOf(without)).toEqual(["plan.trial-role-missing", "plan.trial-role-missing"]);
    expect(idsOf(without)).toEqual(["means"]);
  });

  it("takes column names that cannot stand bare", () => {
    const spaced = text
      .replaceAll("design", "the design")
      .replace("  the design: joint\n  the designs:", "  design: joint\n  designs:");
    const [, individual] = parsePlan(spaced, "plan.yaml").plan!.analyses;
    expect(individual!.where ?? "").toContain('datum["the design"] == "A"');
    expect(codesOf(spaced)).toEqual([]);
  });

  it("refuses an id that a part has already", () => {
    expect(codesOf(text.replace("id: means", "id: itt-joint"))).toEqual(["plan.duplicate-id"]);
  });
});
