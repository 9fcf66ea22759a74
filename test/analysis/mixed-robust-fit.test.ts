/** Plans with `vcov` in `mixed` and `mmrm`: what is found before any fit, what comes out, and how it is told. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { prepareAnalyses, runPlan } from "../../src/analysis/run-plan.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { renderReport } from "../../src/report/render-report.js";
import { readTable } from "../../src/table/read-table.js";
import { expectClose, optimised } from "../numeric/tolerance.js";

const at = (file: string) => new URL(`../reference/cluster-robust-mixed/${file}`, import.meta.url);
const csv = readFileSync(at("data.csv"), "utf8");
const { fits } = JSON.parse(readFileSync(at("expected.json"), "utf8")) as {
  fits: { id: string; names: string[]; kinds: Record<string, { vcov: number[][]; df: number[] }> }[];
};

const planText = (analysis: string) => `plan: fit-rct/1
title: Test
data: { file: data.csv }
columns:
  id: { type: id }
  unit: { type: id }
  therapist: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  visit: { type: factor, levels: ["1", "3", "6", "12"] }
  time: { type: number }
  base: { type: number }
  y: { type: number, unit: points }
trial: { design: individual, participant: id, arm: { column: arm, control: TAU, intervention: FIT } }
analyses:
  - { id: primary, ${analysis} }
`;

async function setUp(analysis: string, data = csv) {
  const plan = completePlan(parsePlan(planText(analysis), "plan.yaml"));
  const table = await readTable(new TextEncoder().encode(data), "data.csv", plan.columns, plan.data);
  return { plan, table };
}

async function run(analysis: string, data = csv) {
  const { plan, table } = await setUp(analysis, data);
  const hashes = { planSha256: "p", locked: false, seed: 1, version: "0" };
  return runPlan({ plan, ...hashes, data: [{ name: "data.csv", sha256: "d", table }] });
}

async function dataProblems(analysis: string) {
  const { plan, table } = await setUp(analysis);
  return prepareAnalyses(plan, table).problems;
}

const NESTED = "model: mixed, formula: y ~ base + arm * time + (1 | unit / therapist) + (1 | id)";
const SLOPES = "model: mixed, formula: y ~ base + arm * time + (time | id)";
const US = "model: mmrm, formula: y ~ base + arm * visit + us(visit | id)";

describe("vcov: CR2", () => {
  it.each([
    ["nested", `${NESTED}, vcov: CR2`, "unit"],
    ["random-slopes", `${SLOPES}, vcov: CR2`, "id"],
    ["random-slopes-by-unit", `${SLOPES}, vcov: CR2, cluster: unit`, "unit"],
    ["us", `${US}, vcov: CR2`, "id"],
    ["us", `${US}, vcov: CR2, cluster: participant`, "id"],
    ["us-by-unit", `${US}, vcov: CR2, cluster: unit`, "unit"],
    ["clustered-us", `${US} + (1 | unit), vcov: CR2`, "unit"],
    ["strata", "model: mixed, formula: y ~ base + arm * time + (1 | unit), residual-by: arm, vcov: CR2", "unit"],
  ])("%s, as clubSandwich: %s", async (id, analysis, cluster) => {
    const { results } = await run(analysis);
    const [result] = results.analyses;
    const expected = fits.find((fit) => fit.id === id)!;
    const { vcov, df } = expected.kinds.CR2!;
    expected.names.forEach((name, j) => {
      const estimate = result!.estimates.find((one) => one.name === `coefficient:${name}`)!;
      expectClose(estimate.se!, Math.sqrt(vcov[j]![j]!), optimised.se, name);
      expectClose(estimate.df!, df[j]!, optimised.df, name);
    });
    expect(result!.method).toContain(`CR2 standard errors by ${cluster}, Satterthwaite degrees of freedom`);
    expect(result!.n.groups[cluster]).toBe(cluster === "unit" ? 11 : 110);
  });
  it("leaves the variance components and the fit as they are", async () => {
    const [robust] = (await run(`${NESTED}, vcov: CR2`)).results.analyses;
    const [plain] = (await run(NESTED)).results.analyses;
    const ofComponents = (result: typeof plain) => result!.estimates.filter(({ name }) => name.startsWith("sd:"));
    expect(ofComponents(robust)).toEqual(ofComponents(plain));
    expect(robust!.fit).toEqual(plain!.fit);
  });
  it("takes other degrees of freedom, and warns where few clusters are not corrected for", async () => {
    const [normal] = (await run(`${SLOPES}, vcov: CR2, df: normal`)).results.analyses;
    expect(normal!.estimates[0]!.df).toBeNull();
    expect(normal!.method).toContain("CR2 standard errors by id, normal approximation");
    const [within] = (await run(`${SLOPES}, vcov: CR3, df: between-within`)).results.analyses;
    expect(within!.method).toContain("CR3 standard errors by id, between–within degrees of freedom");
    const [few] = (await run(`${NESTED}, vcov: CR0`)).results.analyses;
    expect(few!.problems.map(({ code }) => code)).toContain("fit.few-clusters");
  });
  it("does not use rows without a cluster", async () => {
    const missing = csv.replace(/U03(?=,)/g, "");
    const [result] = (await run(`${SLOPES}, vcov: CR2, cluster: unit`, missing)).results.analyses;
    expect(result!.n.excludedBy).toMatchObject([{ reason: "missing", detail: "unit" }]);
    expect(result!.n.groups.unit).toBe(10);
  });
});

describe("refused", () => {
  const codes = (analysis: string) =>
    checkPlan(parsePlan(planText(analysis), "plan.yaml")).problems.map(({ code }) => code);
  it.each([
    ["a cluster without a use for it", `${NESTED}, cluster: unit`, ["plan.unused-cluster"]],
    ["an unknown cluster", `${NESTED}, vcov: CR2, cluster: unti`, ["plan.unknown-column"]],
    ["Kenward–Roger", `${US}, vcov: CR2, df: kenward-roger`, ["plan.cluster-robust-with"]],
    ["profile intervals", `${NESTED}, vcov: CR2, interval: profile`, ["plan.cluster-robust-with"]],
    [
      "another family",
      "model: mixed, formula: y ~ arm + (1 | unit), family: poisson, method: ML, df: normal, vcov: CR2",
      ["plan.cluster-robust-with"],
    ],
  ])("%s", (_, analysis, expected) => {
    expect(codes(analysis)).toEqual(expected);
  });
  it("CR1S, which is for least squares", () => {
    expect(parsePlan(planText(`${NESTED}, vcov: CR1S`), "plan.yaml").problems).toHaveLength(1);
  });
  it("clusters that split a grouping factor, naming both", async () => {
    const [problem, ...others] = await dataProblems(`${NESTED}, vcov: CR2, cluster: therapist`);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: "frame.cluster-splits-group", severity: "error" });
    expect(problem!.message).toContain('The clusters of "therapist" split "unit"');
  });
  it("clusters that split a participant of mmrm", async () => {
    const [problem] = await dataProblems(`${US}, vcov: CR2, cluster: visit`);
    expect(problem!.message).toContain('The clusters of "visit" split "id"');
  });
  it("crossed factors, when no clusters are named", async () => {
    const crossed = "model: mixed, formula: y ~ arm + (1 | id) + (1 | visit), vcov: CR2";
    expect((await dataProblems(crossed)).map(({ code }) => code)).toEqual(["frame.no-outermost-group"]);
  });
  it("fewer clusters than coefficients", async () => {
    const many = 'model: mixed, formula: "y ~ ns(base, 6) + arm * visit + (1 | unit)", vcov: CR2';
    expect((await dataProblems(many)).map(({ code }) => code)).toEqual(["frame.too-few-clusters"]);
  });
});

describe("in words", () => {
  const explain = (analysis: string) => explainPlan(completePlan(parsePlan(planText(analysis), "plan.yaml")));
  it("explains variance, clusters and degrees of freedom", () => {
    expect(explain(`${NESTED}, vcov: CR2`)).toContain(
      "Standard errors and tests: CR2, robust to dependence within the levels of the outermost grouping factor whatever its form, the model's covariance as working covariance; t with Satterthwaite degrees of freedom (Bell–McCaffrey",
    );
    const named = explain(`${SLOPES}, vcov: CR3, cluster: unit, df: residual`);
    expect(named).toContain("CR3, robust to dependence within the levels of unit whatever");
    expect(named).toContain("t with residual degrees of freedom");
    expect(named).toContain("Rows: those with a value in each of y, base, arm, time, id, unit");
  });
  it("says it in both reports; clusters without random effects are not called so", async () => {
    const page = async (analysis: string, language: "en" | "sv") =>
      renderReport(await run(analysis), { language, figures: [], vegaRuntime: "" });
    expect(await page(`${US}, vcov: CR2, cluster: unit`, "en")).toContain(
      "Mixed model for repeated measures with an unstructured covariance over visit within id, fitted by restricted maximum likelihood (REML); t-tests and intervals with Satterthwaite degrees of freedom and cluster-robust standard errors (CR2) by unit.",
    );
    expect(await page(`${US} + (1 | unit), vcov: CR2`, "sv")).toContain(
      "Blandad modell för upprepade mätningar med ostrukturerad kovarians över visit inom id och slumpeffekter för unit, skattad med begränsad maximum likelihood (REML); t-test och intervall med frihetsgrader enligt Satterthwaite och klusterrobusta medelfel (CR2) för unit.",
    );
  });
});
