/** What plans say of effect sizes, standardised differences, families of tests and earlier evidence. */
import { describe, expect, it } from "vitest";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";

const plan = (analysis: string, more = ""): string => `plan: fit-rct/1
title: A trial
data: { file: data.csv }
columns:
  arm: { type: factor, levels: [TAU, FIT] }
  ors: { type: number }
  ors_pre: { type: number }
  dropout: { type: binary }
  started: { type: date }
analyses:
  - { id: a, ${analysis} }
${more}`;
const problemsOf = (text: string): string[] => {
  const parsed = parsePlan(text, "plan.yaml");
  return [...parsed.problems, ...checkPlan(parsed).problems].map(
    ({ path, code, message }) => `${path} ${code} ${message}`,
  );
};
const LINEAR = "model: linear, formula: ors ~ arm";
const EFFECT = "model: effect-size, outcome: ors, by: arm";

describe("model: effect-size in a plan", () => {
  it("takes a number or a binary outcome and a factor", () => {
    expect(problemsOf(plan(EFFECT))).toEqual([]);
    expect(problemsOf(plan("model: effect-size, outcome: dropout, by: arm, where: ors > 3, level: 0.9"))).toEqual([]);
  });

  it.each([
    ["model: effect-size, outcome: started, by: arm", "effect.outcome-type", '"started" is of type date'],
    ["model: effect-size, outcome: arm, by: arm", "effect.outcome-type", "factor"],
    ["model: effect-size, outcome: ors, by: dropout", "plan.not-factor", '"dropout"'],
    ["model: effect-size, outcome: orss, by: arm", "plan.unknown-column", 'Did you mean "ors"'],
    ["model: effect-size, outcome: ors", "plan.missing-key", '"by"'],
    ["model: effect-size, outcome: ors, by: arm, formula: ors ~ arm", "plan.unknown-key", '"formula"'],
    ["model: effect-size, outcome: ors, by: arm, where: orss > 3", "expression.unknown-column", '"orss"'],
  ])("%s", (analysis, code, part) => {
    const problems = problemsOf(plan(analysis));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(code);
    expect(problems[0]).toContain(part);
  });
});

describe("standardise in a plan", () => {
  it.each([
    [`${LINEAR}, standardise: total`, "plan.standardise-needs-means"],
    [`${LINEAR}, means: { of: arm }, standardise: baseline`, "plan.standardise-no-baseline"],
    [`${LINEAR}, means: { of: arm }, standardise: total, baseline: ors_pre`, "plan.baseline-without-standardise"],
    [`${LINEAR}, means: { of: arm }, standardise: baseline, baseline: ors_pr`, "plan.unknown-column"],
    [`${LINEAR}, means: { of: arm }, standardise: baseline, baseline: started`, "plan.role-type"],
    [`${LINEAR}, means: { of: arm }, standardise: contrl`, 'Did you mean "control"'],
  ])("%s: %s", (analysis, part) => {
    const problems = problemsOf(plan(analysis));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(part);
  });

  it("is taken with its baseline", () => {
    expect(problemsOf(plan(`${LINEAR}, means: { of: arm }, standardise: baseline, baseline: ors_pre`))).toEqual([]);
  });
});

describe("multiplicity in a plan", () => {
  const family = (estimates: string, method = "holm"): string =>
    `multiplicity:\n  - { family: main, method: ${method}, estimates: [${estimates}] }\n`;

  it.each([
    [family('"b/mean-difference:x"'), "multiplicity.unknown-analysis"],
    [family('"mean-difference:x"'), "multiplicity.malformed"],
    [family('"a/x", "a/x"'), "multiplicity.twice"],
    [family('"a/x"', "holms"), 'Did you mean "holm"'],
    [`${family('"a/x"')}  - { family: main, method: holm, estimates: ["a/x"] }\n`, "multiplicity.family-twice"],
    [family(""), "plan.empty-value"],
  ])("%s", (more, part) => {
    const problems = problemsOf(plan(EFFECT, more));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(part);
    expect(problems[0]).toMatch(/^plan\.yaml:1[2-5]:/);
  });
});

describe("evidence in a plan", () => {
  const evidence = (keys: string): string => `evidence:\n  - { label: Earlier, ${keys} }\n`;

  it("needs no limits", () => {
    expect(problemsOf(plan(EFFECT, evidence("measure: hedges-g, estimate: 0.27")))).toEqual([]);
  });

  it.each([
    ["measure: hedges-g, estimate: 0.27, lower: 0.3, upper: 0.4", "evidence.limits"],
    ["measure: hedges-g, estimate: 0.27, lower: 0.2", "evidence.limits"],
    ["measure: odds-ratio, estimate: 1.2, lower: -0.1, upper: 1.4", "evidence.not-ratio"],
    ["measure: hedge-g, estimate: 0.2", 'Did you mean "hedges-g"'],
    ["measure: hedges-g, estimate: big", "plan.wrong-type"],
  ])("%s", (keys, part) => {
    const problems = problemsOf(plan(EFFECT, evidence(keys)));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(part);
  });
});

it("explains effect sizes, the denominator, families and evidence in words", () => {
  const text = plan(
    `${LINEAR}, means: { of: arm }, standardise: control }\n  - { id: g, ${EFFECT} }\n  - { id: d, model: effect-size, outcome: dropout, by: arm`,
    `multiplicity:
  - { family: main, method: fixed-sequence, estimates: ["a/contrast:arm[FIT]-arm[TAU]", "g/mean-difference:arm[FIT]-arm[TAU]"] }
evidence:
  - { label: "Østergård 2020, PCOMS, 18 studies", measure: hedges-g, estimate: 0.27 }
`,
  );
  const words = explainPlan(parsePlan(text, "plan.yaml").plan!);
  expect(words).toContain("Comparison: FIT against TAU (column arm).");
  expect(words).toContain("Hedges' g");
  expect(words).toContain("risk difference (Newcombe's interval)");
  expect(words).toContain("Standardised: each difference of means also divided by the reference arm's SD");
  expect(words).toContain('Family "main" of 2 tests, level 0.05');
  expect(words).toContain("Østergård 2020, PCOMS, 18 studies: hedges-g 0.27");
});
