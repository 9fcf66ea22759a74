/** The coefficients that a joint analysis may put together, and what it says of rows and of each design's own line. */
import { describe, expect, it } from "vitest";
import { excludedByBoth } from "../../src/analysis/joint.js";
import { prepareAnalyses } from "../../src/analysis/run-plan.js";
import type { Exclusion } from "../../src/formula/frame.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { isError, type Problem } from "../../src/problem.js";
import { readText } from "../table/read-text.js";

interface Written {
  readonly levels?: string;
  readonly trial?: string;
  readonly a?: string;
  readonly b?: string;
  readonly effects?: string;
  readonly keys?: string;
}
const ARM = "trial: { arm: { column: arm, control: TAU, intervention: FIT } }\n";
const WEDGE =
  "model: stepped-wedge, outcome: y, cluster: unit, period: period, treated: fit, where: \"design == 'B'\", df: kenward-roger";
const mixed = (fixed: string, design = "A", keys = "df: kenward-roger"): string =>
  `model: mixed, formula: "y ~ ${fixed} + (1 | unit)", where: "design == '${design}'", ${keys}`;
const effect = (a: string, b: string): string => `{ FIT: { individual: "${a}", stepped-wedge: "${b}" } }`;

const planText = ({ levels = "[TAU, FIT]", trial = ARM, a = mixed("arm"), b = WEDGE, effects, keys = "" }: Written) =>
  `plan: fit-rct/1
title: Designs A and B
data: { file: data.csv }
columns:
  design: { type: factor, levels: [A, B] }
  unit: { type: id }
  period: { type: number }
  month: { type: number }
  arm: { type: factor, levels: ${levels} }
  fit: { type: binary }
  own: { type: binary }
  tau: { type: binary }
  age: { type: number }
  y: { type: number }
${trial}analyses:
  - { id: a, ${a} }
  - { id: b, ${b} }
  - { id: joint, model: joint, individual: a, stepped-wedge: b, effects: ${effects ?? effect("arm[FIT]", "fit")}${keys} }
`;

/** A: 6 units of 8 clients, half of them FIT; B: 4 units over 5 periods. */
const data = [
  "design,unit,period,month,arm,fit,own,tau,age,y",
  ...Array.from({ length: 128 }, (_, i) => {
    const [design, unit, period] = i < 48 ? ["A", `A${i % 6}`, 0] : ["B", `B${i % 4}`, Math.floor((i - 48) / 4) % 5];
    const fit = i < 48 ? Math.floor(i / 6) % 2 : Number(period > Number(unit.slice(1)));
    const month = i % 3 === 0 ? 6 : 12;
    return `${design},${unit},${period},${month},${fit === 1 ? "FIT" : "TAU"},${fit},${fit},${1 - fit},${20 + ((i * 7) % 31)},${10 + 2 * fit + ((i * 13) % 17) / 3 + (i % 6)}`;
  }),
].join("\n");

async function problemsOf(written: Written): Promise<readonly Problem[]> {
  const parsed = parsePlan(planText(written), "plan.yaml");
  const errors = [...parsed.problems, ...checkPlan(parsed).problems].filter(isError);
  if (errors.length > 0) return errors;
  const plan = completePlan(parsed);
  const { prepared, problems } = prepareAnalyses(plan, await readText(data, plan.columns));
  const joint = prepared.find(({ analysis }) => analysis.id === "joint");
  return [...problems, ...(joint?.problems ?? [])];
}
const ofJoint = async (written: Written): Promise<readonly (readonly [string, string])[]> =>
  (await problemsOf(written))
    .filter(({ code }) => /joint/.test(code))
    .map(({ severity, code }) => [severity, code] as const);

describe("a common effect that is the treatment's in both designs", () => {
  const nested = "factor(month) + factor(month):arm";
  it.each<[string, Written]>([
    ["the arm, and treated of the stepped wedge", {}],
    [
      "a 0/1 column that is treated of the stepped wedge, without arms",
      { trial: "", a: mixed("fit"), effects: effect("fit", "fit") },
    ],
    [
      "a 0/1 column that goes with the arm",
      { a: mixed("own"), b: mixed("factor(period) + own", "B"), effects: effect("own", "own") },
    ],
    ["the same as a factor", { a: mixed("factor(fit)"), effects: effect("factor(fit)[1]", "fit") }],
    [
      "the arm at a visit",
      {
        a: mixed(nested),
        b: mixed(`factor(period) + ${nested}`, "B"),
        effects: effect("factor(month)[12]:arm[FIT]", "factor(month)[12]:arm[FIT]"),
      },
    ],
    [
      "the same with its parts in another order",
      {
        a: mixed("factor(month) + arm:factor(month)"),
        b: mixed(`factor(period) + ${nested}`, "B"),
        effects: effect("factor(month)[12]:arm[FIT]", "factor(month)[12]:arm[FIT]"),
      },
    ],
  ])("%s", async (_, written) => {
    expect(await ofJoint(written)).toEqual([]);
  });
});

describe("a coefficient that is no common effect is refused", () => {
  it.each<[string, Written, string, string]>([
    [
      "a covariate",
      { a: mixed("arm + age"), effects: effect("age", "fit") },
      "plan.joint-not-treatment",
      '"age" of "a" is no effect of the treatment, as far as the plan tells. Name one that is: "arm[FIT]".',
    ],
    [
      "a covariate of both, where the plan does not say what treatment is in one",
      { trial: "", a: mixed("fit + age"), b: `${WEDGE}, covariates: [age]`, effects: effect("age", "age") },
      "plan.joint-not-treatment",
      'Name one that is: "fit".',
    ],
    [
      "an arm that the plan does not declare",
      { trial: "" },
      "plan.joint-not-treatment",
      "Declare trial.arm, and name the arm's coefficient.",
    ],
    [
      "two names and nothing declared",
      { trial: "", b: mixed("factor(period) + fit", "B") },
      "plan.joint-not-treatment",
      "Declare trial.arm",
    ],
    [
      "the arm with its levels turned round",
      { levels: "[FIT, TAU]", effects: effect("arm[TAU]", "fit") },
      "plan.joint-effect-reversed",
      '"arm[TAU]" of "a" is control minus intervention: "arm" has "FIT" as its reference. The common effect is intervention minus control in both designs. Put "TAU" first in levels.',
    ],
    [
      "a 0/1 column that is 1 under control",
      { a: mixed("tau"), effects: effect("tau", "fit") },
      "plan.joint-effect-reversed",
      '"tau" is 1 under control',
    ],
    [
      "another arm",
      {
        levels: "[TAU, FIT, Other]",
        trial: ARM.replace("control: TAU", "control: Other"),
      },
      "plan.joint-other-arms",
      '"arm[FIT]" of "a" compares "FIT" with "TAU", not the intervention with the control of trial.arm',
    ],
    [
      "the mean of an arm",
      { a: mixed("0 + arm"), effects: effect("arm[FIT]", "fit") },
      "plan.joint-not-difference",
      "the mean of one arm",
    ],
  ])("%s", async (_, written, code, message) => {
    const problems = await problemsOf(written);
    const found = problems.find((problem) => problem.code === code);
    expect(found, JSON.stringify(problems)).toMatchObject({ severity: "error" });
    expect(found!.message).toContain(message);
  });

  it("no effects at all: with what to write", async () => {
    const [problem] = await problemsOf({ effects: "{}" });
    expect(problem!.message).toContain(
      "Name at least one effect: { FIT: { individual: arm[FIT], stepped-wedge: treated } }.",
    );
  });
});

describe("what is said and not refused", () => {
  it("a column in both that nothing says is treatment", async () => {
    const written = {
      trial: "",
      a: mixed("own"),
      b: mixed("factor(period) + own", "B"),
      effects: effect("own", "own"),
    };
    expect(await ofJoint(written)).toEqual([["warning", "plan.joint-unchecked-effect"]]);
  });

  it.each<[string, Written]>([
    ["an interaction in one of the models alone", { a: mixed("arm * age") }],
    [
      "the effect at a visit with the difference from another visit",
      {
        a: mixed("factor(month) + factor(month):arm"),
        b: mixed("factor(period) + arm * factor(month)", "B"),
        effects: effect("factor(month)[12]:arm[FIT]", "arm[FIT]:factor(month)[12]"),
      },
    ],
    [
      "the first exposure time alone",
      { b: `${WEDGE}, effect: exposure-time`, effects: effect("arm[FIT]", "factor(exposure)[1]") },
    ],
  ])("%s", async (_, written) => {
    expect(await ofJoint(written)).toEqual([["warning", "plan.joint-effects-differ"]]);
  });

  it.each<[string, Written, string]>([
    [
      "cluster-robust standard errors",
      { a: mixed("arm", "A", "vcov: CR2") },
      'which has "vcov: CR2", "df: satterthwaite"',
    ],
    ["other degrees of freedom", { a: mixed("arm", "A", "df: residual") }, 'which has "df: residual"'],
    [
      "maximum likelihood",
      {
        a: mixed("arm", "A", "method: ML"),
        keys: ", df: satterthwaite",
        b: `${WEDGE.replace("kenward-roger", "satterthwaite")}`,
      },
      'which has "method: ML"',
    ],
    [
      "CR3 of the stepped wedge",
      { b: WEDGE.replace("kenward-roger", "cr3") },
      'effect:stepped-wedge here is fitted as the joint model is, and is not the line of "b", which has "df: cr3"',
    ],
  ])("a design's own line has %s", async (_, written, message) => {
    const problems = await problemsOf(written);
    const found = problems.filter(({ code }) => code === "fit.joint-part-inference");
    expect(found).toHaveLength(1);
    expect(found[0]!.message).toContain(message);
  });
});

describe("rows that neither design uses", () => {
  const one = (reason: Exclusion["reason"], detail: string, ...rows: number[]): Exclusion => ({
    reason,
    detail,
    rows: Int32Array.from(rows),
  });
  const parts = (a: Exclusion[], b: Exclusion[]) => [{ prepared: { excluded: a } }, { prepared: { excluded: b } }];
  const told = (excluded: readonly Exclusion[]) =>
    excluded.map(({ reason, detail, rows }) => [reason, detail, ...rows]);

  it("have the reason of the design that chooses them, or both conditions", () => {
    // Rows 0 and 1 are A's, 2 and 3 are B's; 4 and 5 are of neither; the design of 6 is not known.
    const both = excludedByBoth(
      parts(
        [one("missing", "y", 1), one("where", "design == 'A'", 2, 3, 4, 5), one("where-missing", "design == 'A'", 6)],
        [one("where", "design == 'B'", 0, 1, 4, 5), one("transition", "", 3), one("where-missing", "design == 'B'", 6)],
      ),
      new Set([0, 2]),
    );
    expect(told(both)).toEqual([
      ["missing", "y", 1],
      ["transition", "", 3],
      ["where", "(design == 'A') || (design == 'B')", 4, 5],
      ["where-missing", "(design == 'A') || (design == 'B')", 6],
    ]);
  });

  it("are counted once each, under one condition where both have the same", () => {
    const both = excludedByBoth(
      parts(
        [one("where", "month > 0", 0, 1), one("missing", "y", 2)],
        [one("where", "month > 0", 0, 1), one("missing", "age", 2)],
      ),
      new Set(),
    );
    expect(told(both)).toEqual([
      ["missing", "y", 2],
      ["where", "month > 0", 0, 1],
    ]);
  });
});
