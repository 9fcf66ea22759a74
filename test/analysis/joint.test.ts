import { describe, expect, it } from "vitest";
import type { AnalysisResult } from "../../src/analysis/results.js";
import { prepareAnalyses, runPlan } from "../../src/analysis/run-plan.js";
import { randomStream } from "../../src/numeric/random-stream.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { combineDesigns } from "../../src/stepped-wedge/joint.js";
import { closedForm, expectClose, optimised } from "../numeric/tolerance.js";
import { readText } from "../table/read-text.js";

const head = `plan: fit-rct/1
title: Designs A and B
data: { file: data.csv }
columns:
  design: { type: factor, levels: [A, B] }
  unit: { type: id }
  therapist: { type: id }
  period: { type: number }
  month: { type: number }
  fit: { type: binary }
  y: { type: number, unit: points, better: higher }
`;
const analyses = `analyses:
  - { id: a, model: mixed, formula: y ~ fit + factor(month) + (1 | unit / therapist), where: "design == 'A'", df: kenward-roger }
  - { id: b, model: stepped-wedge, outcome: y, cluster: unit, period: period, treated: fit, correlation: nested-exchangeable, covariates: [factor(month)], where: "design == 'B'", df: kenward-roger }
  - { id: joint, model: joint, individual: a, stepped-wedge: b, effects: { FIT: { individual: fit, stepped-wedge: fit } }, role: primary }
`;

/** Design A: 6 units with 4 therapists of 3 clients; design B: 4 units over 5 periods with 4 clients in each. */
function csv(): string {
  const stream = randomStream(11, "joint analysis", 0);
  const normals = (n: number, sd: number): number[] => Array.from({ length: n }, () => sd * stream.normal());
  const [unitsA, therapists, unitsB, cells] = [normals(6, 1), normals(24, 1.5), normals(4, 2), normals(20, 1)];
  const rows = ["design,unit,therapist,period,month,fit,y"];
  for (let i = 0; i < 72; i++) {
    const [unit, therapist, month] = [Math.floor(i / 12), Math.floor(i / 3), [6, 12][i % 2]!];
    const y = 20 + 2 * (therapist % 2) + unitsA[unit]! + therapists[therapist]! + 3 * stream.normal();
    rows.push(`A,A${unit},T${therapist},0,${month},${therapist % 2},${y}`);
  }
  for (let i = 0; i < 80; i++) {
    const [unit, period, month] = [Math.floor(i / 20), Math.floor(i / 4) % 5, [6, 12][i % 2]!];
    const fit = period > unit ? 1 : 0;
    const y = 18 + 0.3 * period + 2 * fit + unitsB[unit]! + cells[unit * 5 + period]! + 4 * stream.normal();
    rows.push(`B,B${unit},S${unit},${period},${month},${fit},${y}`);
  }
  return rows.join("\n");
}
const data = csv();
const planOf = (text: string) => completePlan(parsePlan(text, "plan.yaml"));

async function run(text = head + analyses): Promise<readonly AnalysisResult[]> {
  const plan = planOf(text);
  const table = await readText(data, plan.columns);
  return runPlan({
    plan,
    planSha256: "",
    locked: false,
    seed: 1,
    version: "",
    data: [{ name: "data.csv", sha256: "", table }],
  }).results.analyses;
}
const estimateOf = ({ estimates }: AnalysisResult, name: string) => {
  const found = estimates.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} is not among ${estimates.map((one) => one.name).join(", ")}`);
  return found;
};

describe("model: joint", async () => {
  const [a, b, joint] = (await run()) as [AnalysisResult, AnalysisResult, AnalysisResult];

  it("shows each design's own effect as its own analysis has it", () => {
    for (const [name, own, term] of [
      ["effect:individual", a, "coefficient:fit"],
      ["effect:stepped-wedge", b, "effect:immediate"],
    ] as const) {
      const [here, there] = [estimateOf(joint, name), estimateOf(own, term)];
      for (const field of ["estimate", "se", "df", "p", "lower", "upper"] as const)
        expectClose(here[field]!, there[field]!, closedForm, `${name} ${field}`);
      expect(here.unit).toBe("points");
    }
  });

  it("combines them in two stages", () => {
    const of = (name: string) => {
      const { estimate, se, df } = estimateOf(joint, name);
      return { value: estimate!, se: se!, df: df! };
    };
    const { value, se, df, weights } = combineDesigns([of("effect:individual"), of("effect:stepped-wedge")]);
    const two = of("effect:two-stage");
    expectClose([two.value, two.se, two.df], [value, se, df], closedForm, "two stages");
    expectClose(
      [estimateOf(joint, "weight:individual").estimate!, estimateOf(joint, "weight:stepped-wedge").estimate!],
      weights,
      closedForm,
      "weights",
    );
    const difference = estimateOf(joint, "effect:individual-stepped-wedge");
    expectClose(
      difference.estimate!,
      of("effect:individual").value - of("effect:stepped-wedge").value,
      closedForm,
      "A − B",
    );
  });

  it("gives one effect, between those of the designs, with less uncertainty, and variances of each design's own", () => {
    const effect = estimateOf(joint, "effect:joint");
    const [left, right] = [estimateOf(joint, "effect:individual"), estimateOf(joint, "effect:stepped-wedge")];
    expect(effect.se!).toBeLessThan(Math.min(left.se!, right.se!));
    expect(effect.estimate!).toBeGreaterThan(Math.min(left.estimate!, right.estimate!));
    expect(effect.estimate!).toBeLessThan(Math.max(left.estimate!, right.estimate!));
    expect(effect.df!).toBeGreaterThan(Math.min(left.df!, right.df!));
    expect(joint.n).toMatchObject({ observations: 152, groups: { unit: 10, "unit:therapist": 24, "unit:period": 20 } });
    for (const name of [
      "sd:unit:individual",
      "sd:unit:stepped-wedge",
      "sd:residual:individual",
      "sd:residual:stepped-wedge",
    ])
      expect(estimateOf(joint, name)).toMatchObject({ measure: "sd", unit: "points" });
    expectClose(
      estimateOf(joint, "sd:residual:individual").estimate!,
      estimateOf(a, "sd:residual").estimate!,
      { ...optimised.variance, relative: 0.02 },
      "residual of A: near that of its own fit",
    );
  });

  it("joins several effects, with their mean", async () => {
    const several = analyses
      .replace("y ~ fit + factor(month)", "y ~ factor(month) + factor(month):fit")
      .replace(
        / {2}- \{ id: b.*\n/,
        `  - { id: b, model: mixed, formula: "y ~ factor(month) + factor(month):fit + factor(period) + (1 | unit) + (1 | unit:period)", where: "design == 'B'", df: kenward-roger }\n`,
      )
      .replace(
        /effects: .*\}, role/,
        `effects: { 6 months: { individual: "factor(month)[6]:fit", stepped-wedge: "factor(month)[6]:fit" }, 12 months: { individual: "factor(month)[12]:fit", stepped-wedge: "factor(month)[12]:fit" } }, role`,
      );
    const [, , both] = await run(head + several);
    const [six, twelve, overall] = ["6 months", "12 months", "overall"].map((label) =>
      estimateOf(both!, `effect:joint@${label}`),
    );
    expectClose(overall!.estimate!, (six!.estimate! + twelve!.estimate!) / 2, closedForm, "mean of the visits");
    expect(overall!.se!).toBeLessThan(Math.max(six!.se!, twelve!.se!));
  });

  it("gives effects in baseline standard deviations, within arms and designs, the same for all of them", async () => {
    // The period of A is 0 throughout: its groups have no spread, and both are of 36 rows; B has 5 periods by arm.
    const text = head + analyses.replace("role: primary }", "role: primary, standardise: baseline, baseline: period }");
    const roles = text.replace(
      "analyses:",
      "trial: { arm: { column: arm, control: TAU, intervention: FIT } }\nanalyses:",
    );
    const withArm = roles.replace(
      "  y: {",
      "  arm: { type: factor, levels: [TAU, FIT], derive: \"fit == 1 ? 'FIT' : 'TAU'\" }\n  y: {",
    );
    expect(checkPlan(parsePlan(withArm, "plan.yaml")).problems).toEqual([]);
    const joint = (await run(withArm))[2]!;
    const of = (name: string) => joint.estimates.find((one) => one.name === name)!;
    // Unit u of B (0 to 3) is treated in the periods above u: 4 rows in each cell.
    const periods = (treated: boolean): number[] =>
      [0, 1, 2, 3]
        .flatMap((unit) => [0, 1, 2, 3, 4].filter((period) => period > unit === treated))
        .flatMap((p) => [p, p, p, p]);
    const squares = (values: readonly number[]): number => {
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      return values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
    };
    const df = 35 + 35 + 39 + 39;
    const sd = Math.sqrt((squares(periods(true)) + squares(periods(false))) / df);
    for (const design of ["individual", "stepped-wedge", "joint"]) {
      const effect = of(`effect:${design}`);
      const own = of(`standardised:effect:${design}`);
      expect(own).toMatchObject({ measure: "standardised-difference-baseline-sd", unit: null, p: null, df: effect.df });
      expectClose(own.estimate!, effect.estimate! / sd, closedForm, design);
      expectClose(own.se!, Math.hypot(effect.se! / sd, own.estimate! / Math.sqrt(2 * df)), closedForm, design);
    }
    expect(joint.estimates.some(({ name }) => name === "standardised:effect:two-stage")).toBe(false);
    expect(explainPlan(planOf(withArm))).toContain("standard deviation of period within arms and designs");
  });

  it("is explained", () => {
    expect(explainPlan(planOf(head + analyses))).toContain("Effect FIT: fit of a = fit of b.");
  });
});

describe("a joint model that cannot be had", () => {
  const check = (text: string): string[] =>
    checkPlan(parsePlan(head + text, "plan.yaml")).problems.map(({ code }) => code);
  it.each([
    ["a part that there is not", analyses.replace("stepped-wedge: b,", "stepped-wedge: c,"), "plan.joint-unknown-part"],
    [
      "a part of another kind",
      analyses
        .replace("model: mixed", "model: linear")
        .replace(" + (1 | unit / therapist)", "")
        .replace(", df: kenward-roger }", " }"),
      "plan.joint-part-model",
    ],
    ["decay", analyses.replace("nested-exchangeable", "decay"), "plan.joint-part-model"],
    [
      "a stepped wedge as the individual design",
      analyses.replace("individual: a, stepped-wedge: b", "individual: b, stepped-wedge: a"),
      "plan.joint-parts-swapped",
    ],
    ["rows of its own", analyses.replace("role: primary", "where: month > 6"), "plan.joint-where"],
    ["ML with Kenward–Roger", analyses.replace("role: primary", "method: ML"), "plan.kenward-roger-needs-reml"],
  ])("says so: %s", (_, text, code) => {
    expect(check(text)).toContain(code);
  });

  it.each([
    [
      "a coefficient that there is not",
      analyses.replace("individual: fit,", "individual: fitt,"),
      "plan.joint-unknown-effect",
    ],
    ["rows in both", analyses.replace(`"design == 'B'"`, `"month > 0"`), "plan.joint-overlap"],
    ["another outcome", analyses.replace("outcome: y", "outcome: month"), "plan.joint-outcomes"],
    ["another scale", analyses.replace("formula: y", "formula: log(y)"), "plan.joint-outcomes"],
  ])("says so when the data are there: %s", async (_, text, code) => {
    const plan = planOf(head + text);
    const table = await readText(data, plan.columns);
    expect(prepareAnalyses(plan, table).problems.map((problem) => problem.code)).toContain(code);
  });
});
