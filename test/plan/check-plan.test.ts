import { describe, expect, it } from "vitest";
import { checkPlan } from "../../src/plan/check-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";

interface Parts {
  readonly columns?: string;
  readonly trial?: string;
  readonly analyses?: string;
}

const columns = `  participant: { type: id }
  unit: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  visit: { type: factor, levels: [1, 3, 6] }
  sex: { type: factor, levels: [woman] }
  month: { type: number, range: [0, 12] }
  ors: { type: number }
  started: { type: date }
`;

/** A plan whose columns begin on line 5, and whose first analysis is on line 14 unless parts say otherwise. */
const planText = ({ columns: own = columns, trial = "{}", analyses }: Parts): string =>
  `plan: fit-rct/1
title: A trial
data: { file: data.csv }
columns:
${own}trial: ${trial}
analyses:
${analyses ?? "  - { id: a, model: linear, formula: ors ~ arm }"}
`;

const check = (parts: Parts) => {
  const parsed = parsePlan(planText(parts), "plan.yaml");
  expect(parsed.problems).toEqual([]);
  return checkPlan(parsed);
};
const brief = (parts: Parts): string[] => check(parts).problems.map(({ path, code }) => `${path} ${code}`);
const analysis = (keys: string): Parts => ({ analyses: `  - { id: a, ${keys} }` });
const mixed = (keys: string): Parts => analysis(`model: mixed, formula: ors ~ arm * month + (1 | unit), ${keys}`);
const codes = (parts: Parts): string[] => check(parts).problems.map(({ code }) => code);

describe("checkPlan", () => {
  it("finds nothing in a sound plan", () => {
    const trial =
      "{ participant: participant, arm: { column: arm, control: TAU, intervention: FIT }, clusters: [unit], visit: { column: visit, baseline: 1 } }";
    const parts = {
      ...mixed("where: month > 0 && arm == 'FIT', means: { of: arm, by: [month], at: { month: [3] } }"),
      trial,
    };
    expect(check(parts)).toEqual({ problems: [], soundAnalyses: [0], columnsSound: true });
  });

  describe("columns", () => {
    it("finds duplicated levels and a reversed range where they stand", () => {
      const own = `  arm: { type: factor, levels: [TAU, FIT, TAU] }
  ors: { type: number, range: [40, 0] }
`;
      const result = check({ columns: own });
      expect(result.problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
        "plan.yaml:5:43 plan.duplicate-level",
        "plan.yaml:6:31 plan.range-reversed",
      ]);
      expect(result.columnsSound).toBe(false);
    });

    it("finds an expression that names an unknown column", () => {
      const own = `${columns}  change: { type: number, derive: ors - orz }
`;
      const { problems } = check({ columns: own });
      expect(problems.map(({ code }) => code)).toEqual(["expression.unknown-column"]);
      expect(problems[0]?.path).toContain("plan.yaml:13:35");
    });
  });

  describe("trial", () => {
    it("finds unknown columns in every role, with a suggestion", () => {
      const trial =
        "{ participant: particpant, arm: { column: am, control: x, intervention: y }, clusters: [unit, therapist], visit: { column: vist }, period: wave }";
      const { problems } = check({ trial });
      expect(problems.map(({ code }) => code)).toEqual(Array(5).fill("plan.unknown-column"));
      const text = problems.map(({ message }) => message).join(" ");
      for (const name of ["participant", "arm", "visit"]) expect(text).toContain(`Did you mean "${name}"?`);
    });

    it("finds levels that the arm does not have", () => {
      const trial = "{ arm: { column: arm, control: TUA, intervention: fit } }";
      expect(brief({ trial })).toEqual(["plan.yaml:13:39 plan.unknown-level", "plan.yaml:13:58 plan.unknown-level"]);
      expect(check({ trial }).problems[1]?.message).toContain('Did you mean "FIT"?');
    });

    it("needs two arms, and a factor", () => {
      expect(codes({ trial: "{ arm: { column: arm, control: TAU, intervention: TAU } }" })).toEqual([
        "plan.arms-equal",
      ]);
      expect(codes({ trial: "{ arm: { column: ors, control: 0, intervention: 1 } }" })).toEqual(["plan.not-factor"]);
    });

    it("warns when the control arm is not the reference", () => {
      const { problems, soundAnalyses } = check({ trial: "{ arm: { column: arm, control: FIT, intervention: TAU } }" });
      expect(problems).toMatchObject([{ code: "plan.control-not-reference", severity: "warning" }]);
      expect(soundAnalyses).toEqual([0]);
    });

    it.each([
      ["{ visit: { column: unit } }", "plan.role-type"],
      ["{ visit: { column: visit, baseline: 0 } }", "plan.unknown-level"],
      ["{ visit: { column: month, baseline: start } }", "plan.value-type"],
      ["{ clusters: [unit, unit] }", "plan.role-twice"],
    ])("refuses %s", (trial, code) => {
      expect(codes({ trial })).toEqual([code]);
    });
  });

  describe("analyses", () => {
    it("finds an id that is there twice", () => {
      const analyses = `  - { id: a, model: linear, formula: ors ~ arm }
  - { id: a, model: linear, formula: ors ~ 1 }`;
      expect(brief({ analyses })).toEqual(["plan.yaml:16:11 plan.duplicate-id"]);
    });

    it("finds unknown columns in a formula, at the formula, with a suggestion", () => {
      const { problems, soundAnalyses } = check(analysis("model: linear, formula: orz ~ arm + log(mnth)"));
      expect(problems.map(({ path, code }) => `${path} ${code}`)).toEqual([
        "plan.yaml:15:38 plan.unknown-column",
        "plan.yaml:15:38 plan.unknown-column",
      ]);
      expect(problems.map(({ message }) => message).join()).toMatch(/Did you mean "ors"\?.*Did you mean "month"\?/);
      expect(soundAnalyses).toEqual([]);
    });

    it.each([
      ["an open parenthesis", "ors ~ (arm + 1"],
      ["an unknown function", "ors ~ lgo(month)"],
      ["no outcome", "~ arm"],
      ["two tildes", "ors ~ arm ~ month"],
    ])("finds a formula with %s, at the formula", (_, formula) => {
      const { problems } = check(analysis(`model: linear, formula: "${formula}"`));
      expect(problems.length).toBeGreaterThan(0);
      for (const { path, code } of problems) {
        expect(code).toMatch(/^formula\./);
        expect(path).toMatch(/^plan\.yaml:15:38/);
      }
    });

    it("finds what is wrong in where", () => {
      const { problems } = check(mixed("where: mnth > 0"));
      expect(problems.map(({ code }) => code)).toEqual(["expression.unknown-column"]);
      expect(problems[0]?.path).toMatch(/^plan\.yaml:15:\d+/);
      expect(codes(mixed("where: month >"))).toEqual(["expression.syntax"]);
      expect(codes(mixed("where: arm == 'fit'"))).toEqual(["expression.unknown-level"]);
    });

    it("knows which keys go together", () => {
      expect(codes(mixed("method: ML, df: kenward-roger"))).toEqual(["plan.kenward-roger-needs-reml"]);
      expect(codes(mixed("method: ML, df: satterthwaite"))).toEqual([]);
      expect(codes(analysis("model: linear, formula: ors ~ arm + (1 | unit)"))).toEqual(["plan.random-term-in-linear"]);
      expect(codes(analysis("model: mixed, formula: ors ~ arm"))).toEqual(["plan.no-random-term"]);
      expect(codes(analysis("model: linear, formula: 'Surv(month, ors) ~ arm'"))).toEqual(["plan.survival-outcome"]);
    });

    it("refuses terms of models that this version does not have", () => {
      expect(check(analysis("model: mixed, formula: ors ~ arm + us(visit | participant)")).soundAnalyses).toEqual([]);
    });

    it.each([
      ["{ of: armm }", "plan.unknown-column"],
      ["{ of: visit }", "plan.means-not-in-formula"],
      ["{ of: month }", "plan.not-factor"],
      ["{ of: arm, by: [visit] }", "plan.means-not-in-formula"],
      ["{ of: arm, by: [arm] }", "plan.means-twice"],
      ["{ of: arm, at: { arm: [TAU] } }", "plan.means-twice"],
      ["{ of: arm, at: { mnth: [1] } }", "plan.unknown-column"],
      ["{ of: arm, at: { month: [one] } }", "plan.value-type"],
    ])("refuses means: %s", (means, code) => {
      expect(codes(mixed(`means: ${means}`))).toEqual([code]);
    });

    it("refuses the means of a factor with one level", () => {
      expect(codes(analysis("model: linear, formula: ors ~ sex, means: { of: sex }"))).toEqual([
        "plan.means-one-level",
      ]);
    });

    it("takes a role of the trial for its column, and a number made a factor in the formula", () => {
      const trial = "{ visit: { column: month } }";
      expect(codes({ ...mixed("means: { of: arm, by: [visit], at: { month: [3, 8] } }"), trial })).toEqual([
        // A column called visit is there too, and a column goes before a role.
        "plan.means-not-in-formula",
      ]);
      const without = columns.replace(/ {2}visit.*\n/, "");
      expect(
        codes({ ...mixed("means: { of: arm, by: [visit], at: { month: [3, 8] } }"), trial, columns: without }),
      ).toEqual([]);
      expect(
        codes(analysis("model: linear, formula: ors ~ arm * factor(month), means: { of: arm, by: [month] }")),
      ).toEqual([]);
    });

    it("does not miss an analysis that is there but could not be understood", () => {
      const analyses = `  - { id: small, model: linear, formla: ors ~ 1 }
  - { id: large, model: mixed, formula: ors ~ arm + (1 | unit), compare: small }
multiplicity:
  - { family: f, method: holm, estimates: ["small/coefficient:(Intercept)"] }`;
      const parsed = parsePlan(planText({ analyses }), "plan.yaml");
      expect(parsed.problems.map(({ code }) => code)).toEqual(["plan.missing-key", "plan.unknown-key"]);
      expect(parsed.unreadAnalyses).toEqual(["small"]);
      expect(checkPlan(parsed).problems).toEqual([]);
    });

    it("says which analyses are sound when others are not", () => {
      const analyses = `  - { id: bad, model: linear, formula: orz ~ arm }
  - { id: good, model: linear, formula: ors ~ arm }`;
      expect(check({ analyses }).soundAnalyses).toEqual([1]);
    });

    it("finds misspelt names beside a formula that cannot be read", () => {
      const { problems } = check(
        analysis(
          "model: logistic, formula: ors ~ arm), risks: { of: amr }, means: { of: armm, by: [mont, sex], at: { vist: [1] } }",
        ),
      );
      expect(problems.map(({ code }) => code)).toEqual([
        "formula.unbalanced-parenthesis",
        ...Array(4).fill("plan.unknown-column"),
      ]);
    });
  });

  it("does not complain of a column whose declaration could not be read", () => {
    const text = planText({ trial: "{ arm: { column: arm, control: TAU, intervention: FIT } }" }).replace(
      "type: factor, levels: [TAU, FIT]",
      "type: fctor, levels: [TAU, FIT]",
    );
    const parsed = parsePlan(text, "plan.yaml");
    expect(parsed.problems.map(({ code }) => code)).toEqual(["plan.unknown-value"]);
    expect(checkPlan(parsed)).toEqual({ problems: [], soundAnalyses: [0], columnsSound: false });
  });

  it("has nothing to say of a plan that could not be read", () => {
    expect(checkPlan(parsePlan("", "plan.yaml"))).toEqual({ problems: [], soundAnalyses: [], columnsSound: false });
  });
});
