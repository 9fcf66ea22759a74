/** Plans with `link: cloglog`: dropout by session, clients within therapists. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { AnalysisResult } from "../../src/analysis/results.js";
import { runPlan } from "../../src/analysis/run-plan.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { texts } from "../../src/report/texts.js";
import { readTable } from "../../src/table/read-table.js";
import { closedForm, expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { readReference } from "../reference/reference-case.js";

const csv = readFileSync(new URL("../reference/discrete-time-dropout/data.csv", import.meta.url), "utf8");
const { fits } = readReference("discrete-time-dropout");
const [glm, glmer] = fits as unknown as { names: string[]; coef: number[]; se: number[]; cr2: number[] }[];

const planOf = (...analyses: string[]): string => `plan: fit-rct/1
title: Dropout by session
data: { file: data.csv }
columns:
  therapist: { type: id }
  client: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  age: { type: number, unit: years }
  session: { type: factor, levels: ["1", "2", "3", "4", "5", "6"] }
  ended: { type: binary }
trial: { participant: client }
analyses:
${analyses.map((one) => `  - { ${one} }`).join("\n")}
`;

async function run(...analyses: string[]) {
  const plan = completePlan(parsePlan(planOf(...analyses), "plan.yaml"));
  const table = await readTable(new TextEncoder().encode(csv), "data.csv", plan.columns);
  const data = [{ name: "data.csv", sha256: "", table }];
  return runPlan({ plan, planSha256: "", locked: false, seed: 1, version: "", data });
}

const FIXED = "link: cloglog, formula: ended ~ session + arm + age";
const LOGISTIC = `id: glm, model: logistic, ${FIXED}`;
const MIXED = `id: glmm, model: mixed, family: binomial, ${FIXED} + (1 | therapist), quadrature: 25`;
const estimateOf = ({ estimates }: AnalysisResult, name: string) => estimates.find((one) => one.name === name)!;

describe("one row for each session until dropout", async () => {
  const { results, displays } = await run(
    `${LOGISTIC}, means: { of: arm }, risks: { of: arm }`,
    `${MIXED}, risks: { of: arm }`,
    `id: cr2, model: logistic, ${FIXED}, vcov: CR2, cluster: therapist`,
  );
  const [regression, mixed, robust] = results.analyses;

  it("gives log hazard ratios and hazard ratios, as glm and glmer", () => {
    for (const [result, expected, tolerance] of [
      [regression!, glm!, iterated],
      [mixed!, glmer!, optimised.estimate],
    ] as const) {
      expect(result.status).toBe("estimated");
      expected.names.forEach((name, j) => {
        const coefficient = estimateOf(result, `coefficient:${name}`);
        expect(coefficient.measure).toBe(name === "(Intercept)" ? coefficient.measure : "log-hazard-ratio");
        expectClose(coefficient.estimate!, expected.coef[j]!, tolerance, name, 1);
      });
      const at = glm!.names.indexOf("arm[FIT]");
      const ratio = estimateOf(result, "hazard-ratio:arm[FIT]");
      expect(ratio.measure).toBe("hazard-ratio");
      expectClose(ratio.estimate!, Math.exp(expected.coef[at]!), tolerance, "hazard ratio", 1);
      expectClose(
        ratio.upper!,
        Math.exp(expected.coef[at]! + 1.959963984540054 * expected.se[at]!),
        optimised.se,
        "upper",
      );
      expect(result.estimates.some(({ name }) => name.startsWith("odds-ratio"))).toBe(false);
    }
  });

  it("means are on the log hazard scale, and their difference is a hazard ratio", () => {
    expect(estimateOf(regression!, "mean:arm[TAU]").measure).toBe("log-hazard");
    expectClose(
      estimateOf(regression!, "hazard-ratio:arm[FIT]/arm[TAU]").estimate!,
      estimateOf(regression!, "hazard-ratio:arm[FIT]").estimate!,
      closedForm,
      "ratio",
    );
  });

  it("risks are those of leaving in a session: the mean of the fitted ones is the share that left", () => {
    const risk = (result: AnalysisResult, arm: string) => estimateOf(result, `risk:arm[${arm}]`).estimate!;
    for (const result of [regression!, mixed!]) {
      expect(risk(result, "FIT")).toBeGreaterThan(0);
      expect(risk(result, "FIT")).toBeLessThan(risk(result, "TAU"));
      expect(risk(result, "TAU")).toBeLessThan(0.2);
    }
  });

  it("cluster-robust standard errors are clubSandwich's", () => {
    const at = glm!.names.indexOf("arm[FIT]");
    expectClose(estimateOf(robust!, "coefficient:arm[FIT]").se!, glm!.cr2[at]!, iterated, "CR2");
  });

  it("does not warn of the several rows of a client, who leaves once", () => {
    expect(regression!.problems).toEqual([]);
  });

  it("says the link in the method and in the report, in both languages", () => {
    expect(regression!.method).toMatch(/^complementary log-log regression, maximum likelihood/);
    expect(mixed!.method).toMatch(/^mixed model with complementary log-log link, maximum likelihood by adaptive/);
    expect(displays.map(({ link }) => link)).toEqual(["cloglog", "cloglog", "cloglog"]);
    const parts = {
      model: "mixed",
      criterion: "ML",
      degreesOfFreedom: "normal",
      standardErrors: "model",
      groups: ["therapist"],
      integral: { family: "binomial", points: 25 },
      link: "cloglog",
    } as const;
    expect(texts.en.method(parts)).toMatch(/^Mixed model with complementary log-log link/);
    expect(texts.sv.method(parts)).toMatch(/^Blandad modell med komplementär log-log-länk/);
  });
});

describe("in the plan", () => {
  const codes = (analysis: string) =>
    checkPlan(parsePlan(planOf(analysis), "plan.yaml")).problems.map(({ code }) => code);
  it("only a binary outcome has a link", () => {
    expect(codes(MIXED)).toEqual([]);
    expect(codes("id: a, model: mixed, link: cloglog, formula: age ~ arm + (1 | therapist)")).toEqual([
      "plan.link-needs-binomial",
    ]);
    expect(codes("id: a, model: mixed, family: poisson, link: logit, formula: ended ~ arm + (1 | therapist)")).toEqual([
      "plan.link-needs-binomial",
    ]);
  });
  it("models of different links are not compared", async () => {
    const smaller = "id: small, model: mixed, family: binomial, formula: ended ~ session + age + (1 | therapist)";
    await expect(run(smaller, `${MIXED.replace(", quadrature: 25", "")}, compare: small`)).rejects.toThrow();
  });
  it("models of the same link are, by their likelihoods", async () => {
    const smaller =
      "id: small, model: mixed, family: binomial, link: cloglog, formula: ended ~ session + age + (1 | therapist)";
    const { results } = await run(smaller, `${MIXED.replace(", quadrature: 25", "")}, compare: small`);
    const [small, large] = results.analyses;
    const test = estimateOf(large!, "test:likelihood-ratio:small");
    expectClose(test.statistic!, 2 * (large!.fit!.logLik! - small!.fit!.logLik!), iterated, "statistic");
    expect(test.df).toBe(1);
  });
  it("is explained", () => {
    const text = explainPlan(completePlan(parsePlan(planOf(LOGISTIC, MIXED), "plan.yaml")));
    expect(text).toContain("complementary log-log link");
    expect(text).toContain("proportional hazards in discrete time");
  });
});
