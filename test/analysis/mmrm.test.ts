/** Plans with `model: mmrm` and with `residual-by`: what is found before any fit, and what comes out. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { prepareAnalyses, runPlan } from "../../src/analysis/run-plan.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { ProblemError } from "../../src/problem.js";
import { texts } from "../../src/report/texts.js";
import { readTable } from "../../src/table/read-table.js";
import { closedForm, expectClose, optimised } from "../numeric/tolerance.js";

const csv = readFileSync(new URL("../reference/mmrm-visits/data.csv", import.meta.url), "utf8");
const COLUMNS = `  id: { type: id }
  therapist: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  visit: { type: factor, levels: ["1", "3", "6", "12"] }
  base: { type: number }
  y: { type: number, unit: points, better: higher, label: Outcome }`;

const planText = (analysis: string, columns = COLUMNS) => `plan: fit-rct/1
title: Test
data: { file: data.csv }
columns:
${columns}
analyses:
  - ${analysis}
`;

async function setUp(analysis: string, data = csv, columns = COLUMNS) {
  const plan = completePlan(parsePlan(planText(analysis, columns), "plan.yaml"));
  const table = await readTable(new TextEncoder().encode(data), "data.csv", plan.columns, plan.data);
  return { plan, table };
}

async function run(analysis: string, data = csv, columns = COLUMNS) {
  const { plan, table } = await setUp(analysis, data, columns);
  const done = runPlan({
    plan,
    planSha256: "p",
    locked: false,
    seed: 1,
    version: "0",
    data: [{ name: "data.csv", sha256: "d", table }],
  });
  return { result: done.results.analyses[0]!, display: done.displays[0]! };
}

const planCodes = (analysis: string): string[] =>
  checkPlan(parsePlan(planText(analysis), "plan.yaml")).problems.map(({ code }) => code);

async function dataCodes(analysis: string, data: string): Promise<{ codes: string[]; text: string }> {
  const { plan, table } = await setUp(analysis, data);
  const { problems } = prepareAnalyses(plan, table);
  return { codes: problems.map(({ code }) => code), text: problems.map(({ message }) => message).join("\n") };
}

const FORMULA = "y ~ base + arm * visit + us(visit | id)";
const MMRM = `{ id: primary, model: mmrm, formula: ${FORMULA}, df: kenward-roger, means: { of: arm, by: [visit] } }`;

describe("model: mmrm", () => {
  it("gives coefficients, means and differences by visit, covariances and correlations", async () => {
    const { result } = await run(MMRM);
    expect(result.status).toBe("estimated");
    expect(result.method).toBe(
      "mixed model for repeated measures, unstructured covariance, REML, Kenward–Roger standard errors and degrees of freedom",
    );
    expect(result.n.groups).toEqual({ id: 70 });
    const names = result.estimates.map(({ name }) => name);
    for (const name of [
      "coefficient:arm[FIT]:visit[12]",
      "mean:arm[TAU]@visit=1",
      "contrast:arm[FIT]-arm[TAU]@visit=12",
      "covariance:1,1",
      "covariance:6,12",
      "correlation:1,3",
    ])
      expect(names).toContain(name);
    expect(names.filter((name) => name.startsWith("covariance:"))).toHaveLength(10);
    // nlme's unstructured fit of these data.
    expectClose(
      result.estimates.find(({ name }) => name === "covariance:1,1")!.estimate!,
      16.3221661565567,
      optimised.variance,
      "variance at the first visit",
    );
  });

  it("with cluster random effects gives their standard deviations too", async () => {
    const { result, display } = await run(
      `{ id: primary, model: mmrm, formula: ${FORMULA} + (1 | therapist), df: satterthwaite }`,
    );
    expect(result.n.groups).toEqual({ id: 70, therapist: 12 });
    expect(result.estimates.map(({ name }) => name)).toContain("sd:therapist:(Intercept)");
    expect(result.method).toContain("unstructured covariance and random effects");
    expect(display.covariance).toEqual({ structure: "us", visit: "visit", participant: "id" });
    const { modes, fitted, residuals } = display.diagnostics!;
    expect(modes.map(({ group }) => group)).toEqual(["therapist"]);
    expect(fitted).toHaveLength(234);
    expect(residuals.every(Number.isFinite)).toBe(true);
  });

  it("standardises by the SD at the difference's own visit, without a trial.visit that names it", async () => {
    const { result } = await run(MMRM.replace("means:", "standardise: control, means:"));
    const outcomes = csv
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","))
      .filter((cells) => cells[2] === "TAU" && cells[4] === "12" && cells.at(-1) !== "")
      .map((cells) => Number(cells.at(-1)));
    const mean = outcomes.reduce((sum, y) => sum + y, 0) / outcomes.length;
    const sd = Math.sqrt(outcomes.reduce((sum, y) => sum + (y - mean) ** 2, 0) / (outcomes.length - 1));
    const estimate = (name: string) => result.estimates.find((one) => one.name === name)!.estimate!;
    const difference = estimate("contrast:arm[FIT]-arm[TAU]@visit=12");
    expectClose(
      estimate("standardised:arm[FIT]-arm[TAU]@visit=12"),
      difference / sd,
      closedForm,
      "in SDs of the control arm",
    );
  });

  it("logs each step of the ladder and says which structure the numbers are from", async () => {
    const few = csv.split("\n").slice(0, 37).join("\n");
    const { result, display } = await run(
      "{ id: primary, model: mmrm, formula: y ~ visit + us(visit | id), fallback: [toeph, ar1] }",
      few,
    );
    expect(result.status).toBe("estimated");
    const steps = result.problems.filter(({ code }) => code === "fit.covariance-fallback");
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.every(({ severity }) => severity === "warning")).toBe(true);
    expect(["toeph", "ar1"]).toContain(display.covariance!.structure);
    expect(result.method).not.toContain("unstructured");
  });

  it("a ladder that fails to its end is not estimated, with all the reasons", async () => {
    const rows = Array.from({ length: 40 }, (_, i) => `p${i >> 1},T1,TAU,${i % 2 ? 3 : 1},0,${Math.sin(i >> 1)}`);
    const { result } = await run(
      "{ id: primary, model: mmrm, formula: y ~ 1 + us(visit | id), fallback: [ar1h, cs] }",
      ["id,therapist,arm,visit,base,y", ...rows].join("\n"),
    );
    expect(result.status).toBe("not-estimated");
    expect(result.estimates).toEqual([]);
    for (const structure of ["us:", "ar1h:", "cs:"]) expect(result.reason).toContain(structure);
    // With Kenward–Roger too the reasons are the causes, not that there are no degrees of freedom either.
    const { result: adjusted } = await run(
      "{ id: primary, model: mmrm, formula: y ~ 1 + us(visit | id), fallback: [ar1h, cs], df: kenward-roger }",
      ["id,therapist,arm,visit,base,y", ...rows].join("\n"),
    );
    expect(adjusted.reason).toContain("cs:");
    expect(adjusted.reason).not.toContain("degrees of freedom");
  });

  it("a visit that nobody attended is left out, and said once", async () => {
    const without = csv
      .split("\n")
      .map((line) => (line.split(",")[4] === "6" ? line.replace(/,[^,]*$/, ",") : line))
      .join("\n");
    const { result } = await run(MMRM, without);
    expect(result.status).toBe("estimated");
    expect(result.estimates.filter(({ name }) => name.startsWith("covariance:"))).toHaveLength(6);
    expect(result.problems.map(({ code }) => code)).toEqual(["frame.levels-dropped"]);
    const alone = await run("{ id: primary, model: mmrm, formula: y ~ base + us(visit | id) }", without);
    expect(alone.result.problems.map(({ code }) => code)).toEqual(["frame.visits-unattended"]);
    expect(alone.result.problems[0]!.message).toContain('"6"');
  });

  it("one participant with two rows for a visit stops the run, naming both and no other data", async () => {
    const lines = csv.split("\n");
    const { codes, text } = await dataCodes(MMRM, [...lines.slice(0, 3), lines[2], ...lines.slice(3)].join("\n"));
    expect(codes).toEqual(["frame.repeated-visit"]);
    expect(text).toContain('has 2 rows with visit "3"');
  });

  it("fewer participants than covariance parameters is not estimated", async () => {
    const few = csv.split("\n").slice(0, 37).join("\n");
    const { result } = await run("{ id: primary, model: mmrm, formula: y ~ visit + us(visit | id) }", few);
    expect(result.status).toBe("not-estimated");
    expect(result.reason).toContain("participants cannot carry the 10 parameters");
  });
});

describe("plans that cannot be", () => {
  it.each([
    ["no covariance", "{ id: a, model: mmrm, formula: y ~ arm }", "formula.one-covariance"],
    [
      "two covariances",
      "{ id: a, model: mmrm, formula: y ~ arm + us(visit | id) + cs(visit | id) }",
      "formula.one-covariance",
    ],
    [
      "Kenward–Roger with ML",
      `{ id: a, model: mmrm, formula: "${FORMULA}", df: kenward-roger, method: ML }`,
      "plan.kenward-roger-needs-reml",
    ],
    ["a structure twice", `{ id: a, model: mmrm, formula: "${FORMULA}", fallback: [cs, us] }`, "plan.fallback-twice"],
    ["visits that are ids", "{ id: a, model: mmrm, formula: y ~ arm + us(therapist | id) }", "plan.role-type"],
    [
      "residual-by a number",
      "{ id: a, model: mixed, formula: y ~ arm + (1 | id), residual-by: base }",
      "plan.not-factor",
    ],
    [
      "residual-by nothing",
      "{ id: a, model: mixed, formula: y ~ arm + (1 | id), residual-by: amr }",
      "plan.unknown-column",
    ],
    [
      "residual-by with a family",
      "{ id: a, model: mixed, formula: y ~ arm + (1 | id), residual-by: arm, family: binomial }",
      "plan.residual-by",
    ],
  ])("%s", (_, analysis, code) => {
    expect(planCodes(analysis)).toEqual([code]);
  });
  it("an unknown structure in the ladder", () => {
    expect(() =>
      completePlan(parsePlan(planText(`{ id: a, model: mmrm, formula: "${FORMULA}", fallback: [vc] }`), "plan.yaml")),
    ).toThrow(ProblemError);
  });
});

describe("residual-by", () => {
  const STRATA =
    "{ id: primary, model: mixed, formula: y ~ base + arm + (1 | therapist), where: visit == '12', residual-by: arm, df: kenward-roger }";
  it("gives a residual standard deviation for each level", async () => {
    const { result, display } = await run(STRATA);
    expect(result.status).toBe("estimated");
    expect(result.estimates.map(({ name }) => name).slice(-3)).toEqual([
      "sd:therapist:(Intercept)",
      "sd:residual:arm[TAU]",
      "sd:residual:arm[FIT]",
    ]);
    expect(result.method).toContain("a residual variance for each level of arm");
    expect(display.residualBy).toBe("arm");
  });
  it("has profile intervals for coefficients and standard deviations, and leaves the rest", async () => {
    const wald = await run(STRATA);
    const profile = await run(STRATA.replace("residual-by: arm", "residual-by: arm, interval: profile"));
    expect(profile.result.method).toMatch(/Kenward–Roger.*, profile-likelihood intervals \(ML\)$/);
    expect(profile.result.estimates.map(({ estimate, p }) => [estimate, p])).toEqual(
      wald.result.estimates.map(({ estimate, p }) => [estimate, p]),
    );
    profile.result.estimates.forEach(({ name, lower, upper, estimate }, i) => {
      expect([name, upper === wald.result.estimates[i]!.upper]).toEqual([name, false]);
      // The therapists' variance is zero here, and its interval begins there.
      expect([name, lower! <= estimate! && estimate! < upper!]).toEqual([name, true]);
    });
  });
  it("needs a value in its column, and two levels", async () => {
    const one = STRATA.replace("visit == '12'", "visit == '12' && arm == 'FIT'").replace(" + arm +", " +");
    expect((await dataCodes(one, csv)).codes).toEqual(["frame.one-stratum"]);
    const missing = csv.replace(/^(P01.*?),(TAU|FIT),/gm, "$1,,");
    const { plan, table } = await setUp(STRATA.replace(" + arm +", " +"), missing);
    const { prepared } = prepareAnalyses(plan, table);
    expect(prepared[0]!.excluded.some(({ reason, detail }) => reason === "missing" && detail === "arm")).toBe(true);
  });
});

describe("in words", () => {
  it("explains the model, its covariance and the ladder", async () => {
    const { plan } = await setUp(
      `{ id: primary, model: mmrm, formula: "${FORMULA}", df: kenward-roger, fallback: [ar1h, cs] }`,
    );
    const text = explainPlan(plan);
    expect(text).toContain(
      "Model: mixed model for repeated measures, restricted maximum likelihood (REML); where the covariance of the formula cannot be fitted, ar1h, then cs, and the report says so.",
    );
    expect(text).toContain(
      "Repeated measures: unstructured covariance over the levels of visit, in their order, within each id.",
    );
    expect(text).toContain("observed information, as SAS");
    expect(text).toContain("covariance:VISIT1,VISIT2");
  });
  it("explains residual-by", async () => {
    const { plan } = await setUp("{ id: primary, model: mixed, formula: y ~ base + (1 | id), residual-by: arm }");
    const text = explainPlan(plan);
    expect(text).toContain("with a residual variance for each level of arm");
    expect(text).toContain("sd:residual:arm[TAU], sd:residual:arm[FIT]");
    expect(text).toContain("those with a value in each of y, base, id, arm");
  });
  it("the method's sentence, in both languages", () => {
    const parts = {
      model: "mmrm",
      criterion: "REML" as const,
      degreesOfFreedom: "kenward-roger",
      standardErrors: "kenward-roger",
      groups: ["unit"],
      covariance: { structure: "ar1h", visit: "visit", participant: "client" },
    };
    expect(texts.en.method(parts)).toBe(
      "Mixed model for repeated measures with a heterogeneous first-order autoregressive covariance over visit within client and random effects of unit, fitted by restricted maximum likelihood (REML); t-tests and intervals with Kenward–Roger degrees of freedom and Kenward–Roger adjusted standard errors.",
    );
    expect(texts.sv.method(parts)).toContain(
      "Blandad modell för upprepade mätningar med heterogen autoregressiv kovarians av första ordningen över visit inom client och slumpeffekter för unit",
    );
    const { covariance: _, ...mixed } = { ...parts, model: "mixed", residualBy: "arm" };
    expect(texts.en.method(mixed)).toContain("random effects of unit and a residual variance for each level of arm");
    expect(texts.sv.method(mixed)).toContain("en residualvarians för varje nivå av arm");
  });
});
