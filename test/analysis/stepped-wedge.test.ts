/** `model: stepped-wedge` from plan to estimates: defaults, keys that do not go together, identities, failures. */
import { describe, expect, it } from "vitest";
import { runPlan } from "../../src/analysis/run-plan.js";
import { steppedWedgeAnalysis } from "../../src/analysis/stepped-wedge.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";
import { ProblemError } from "../../src/problem.js";
import type { Column, Table } from "../../src/table/table.js";
import { idColumn, numberColumn, simulatedWedge } from "../stepped-wedge/simulated-wedge.js";

const text = (keys: string, trial = "", period = "number"): string => `plan: fit-rct/1
title: wedge
data: { file: wedge.csv }
columns:
  unit: { type: id }
  period: { type: ${period} }
  treated: { type: binary }
  client: { type: id }
  age: { type: number }
  y: { type: number, unit: points }
${trial}analyses:
  - { id: a, model: stepped-wedge, outcome: y, treated: treated, ${keys} }
`;
const COLUMNS = "cluster: unit, period: period";

const planOf = (keys: string, trial = "", period = "number") => parsePlan(text(keys, trial, period), "plan.yaml");

function run(table: Table, keys: string, trial = "") {
  const { plan } = planOf(keys, trial);
  if (plan === null) throw new Error("the plan has a mistake");
  const { results } = runPlan({
    plan,
    planSha256: "",
    locked: false,
    seed: 1,
    version: "0",
    data: [{ name: "wedge.csv", sha256: "", table }],
  });
  const [result] = results.analyses;
  const of = (name: string) => result!.estimates.find((one) => one.name === name)!;
  return { result: result!, of };
}

const codesOf = (keys: string, trial = "", period = "number"): string[] => {
  const parsed = planOf(keys, trial, period);
  return checkPlan(parsed).problems.map(({ code }) => code);
};

const near = (value: number | null, expected: number, relative: number): void =>
  expect(Math.abs(value! / expected - 1), `${value} for ${expected}`).toBeLessThan(relative);

describe("a stepped wedge in a plan", () => {
  it("takes units and periods from the roles of the trial; nested exchangeable with Kenward–Roger by default", () => {
    const table = simulatedWedge();
    const named = run(table, `${COLUMNS}, correlation: nested-exchangeable, df: kenward-roger`);
    const roles = run(table, "level: 0.95", "trial: { clusters: [unit], period: period }\n");
    expect(roles.result.estimates).toEqual(named.result.estimates);
    expect(roles.result.formula).toBe("y ~ factor(period) + treated + (1 | unit) + (1 | unit:period)");
  });

  it("gives the primary effect by name, and each kind of inference beside it", () => {
    const { result, of } = run(simulatedWedge(), COLUMNS);
    const kinds = result.estimates.map(({ name }) => name).filter((name) => name.startsWith("effect:"));
    expect(kinds).toEqual(["", "@kenward-roger", "@satterthwaite", "@cr3"].map((end) => `effect:immediate${end}`));
    expect({ ...of("effect:immediate@kenward-roger"), name: "effect:immediate" }).toEqual(of("effect:immediate"));
    const robust = run(simulatedWedge(), `${COLUMNS}, df: cr3, inference: []`);
    expect({ ...of("effect:immediate@cr3"), name: "effect:immediate" }).toEqual(robust.of("effect:immediate"));
    expect(of("effect:immediate").unit).toBe("points");
  });

  it("gives odds ratios of binomial outcomes, and warns of normal tests with few units", () => {
    const table = simulatedWedge({ units: 12, perCell: 8, family: "binomial", seed: 7, effect: 0.6 });
    const { result, of } = run(table, `${COLUMNS}, family: binomial`);
    near(of("odds-ratio:effect:immediate").estimate, Math.exp(of("effect:immediate").estimate!), 1e-12);
    expect(of("effect:immediate").measure).toBe("log-odds-ratio");
    expect(result.problems.map(({ code }) => code)).toContain("fit.few-clusters");
  });

  it.each([
    ["binomial", "odds-ratio", ["icc:within-period", "icc:between-period", "cac"]],
    ["poisson", "rate-ratio", ["cac"]],
  ] as const)("has a decaying correlation of %s outcomes", (family, ratio, shares) => {
    const table = simulatedWedge({ units: 24, periods: 6, perCell: 10, family, seed: 3 });
    const { result, of } = run(table, `${COLUMNS}, family: ${family}, correlation: decay, covariates: [age]`);
    expect(result.status).toBe("estimated");
    expect(result.method).toContain("Laplace");
    near(of(`${ratio}:effect:immediate`).estimate, Math.exp(of("effect:immediate").estimate!), 1e-12);
    expect(of("effect:immediate").df).toBeNull();
    expect(of("effect:immediate@mancl-derouen").df).toBe(22);
    const components = result.estimates.map(({ name }) => name).filter((name) => /^(sd|icc|cac)/.test(name));
    expect(components).toEqual(["sd:unit:period:(Intercept)", ...shares]);
    expect(of("cac").estimate).toBeGreaterThan(0);
    expect(of("cac").estimate).toBeLessThan(1);
    const exposure = run(table, `${COLUMNS}, family: ${family}, correlation: decay, effect: exposure-time`);
    expect(exposure.of("effect:tate").se).toBeGreaterThan(0);
  });

  it("compares scores of the nested exchangeable model where the correlation of a count decays, and says so", () => {
    const table = simulatedWedge({ units: 5, periods: 4, perCell: 5, family: "poisson", seed: 3 });
    const keys = `${COLUMNS}, family: poisson, permutation: { interval: false }`;
    const [decay, nested] = ["decay", "nested-exchangeable"].map((correlation) =>
      run(table, `${keys}, correlation: ${correlation}`),
    );
    const name = "permutation:effect:immediate";
    expect(decay!.of(name)).toEqual(nested!.of(name));
    expect(decay!.of(name).p).toBeGreaterThan(0);
    const said = (one: typeof decay) => one!.result.problems.filter(({ code }) => code === "wedge.permutation-model");
    expect(said(nested)).toEqual([]);
    expect(said(decay)[0]!.message).toContain("not one that decays");
  });

  it("does not depend on what periods are called, as numbers or in other steps", () => {
    const table = simulatedWedge();
    const period = table.columns.get("period")!;
    if (period.kind !== "number") throw new Error("period");
    const half = numberColumn(period.values.map((t) => 2020 + t / 2));
    const other = { ...table, columns: new Map(table.columns).set("period", half) };
    for (const keys of ["effect: exposure-time", "correlation: decay"]) {
      const [a, b] = [table, other].map((one) => run(one, `${COLUMNS}, ${keys}`));
      for (const estimate of a!.result.estimates.filter(({ name }) => /^(effect|cac|icc)/.test(name)))
        near(b!.of(estimate.name).estimate, estimate.estimate!, 1e-6);
    }
  });

  it("moves with the outcome, and refuses treatment turned round", () => {
    const table = simulatedWedge({ seed: 6 });
    const change = (name: string, of: (v: number) => number, type: "number" | "binary" = "number"): Table => {
      const column = table.columns.get(name)!;
      if (column.kind !== "number") throw new Error(name);
      return {
        ...table,
        columns: new Map(table.columns).set(name, { ...column, type, values: column.values.map(of) } as Column),
      };
    };
    const keys = `${COLUMNS}, covariates: [age]`;
    const plain = run(table, keys).of("effect:immediate");
    // Turned round, units go back: no stepped wedge. test/stepped-wedge/fit-wedge.test.ts turns the model's column.
    expect(() =>
      run(
        change("treated", (v) => 1 - v, "binary"),
        keys,
      ),
    ).toThrow(ProblemError);
    const scaled = run(
      change("y", (v) => 10 * v - 7),
      keys,
    ).of("effect:immediate");
    near(scaled.estimate, 10 * plain.estimate!, 1e-6);
    near(scaled.df, plain.df!, 1e-4);
  });

  it("random exposure: the mean effect, and predictions by exposure time with what they are", () => {
    const { result, of } = run(
      simulatedWedge(),
      `${COLUMNS}, effect: random-exposure, df: satterthwaite, inference: []`,
    );
    const names = result.estimates.map(({ name }) => name).filter((name) => name.startsWith("effect:"));
    const each = [1, 2, 3, 4].map((s) => `effect:exposure@${s}`);
    expect(names).toEqual([...each, "effect:tate", "effect:lte", "effect:tate@satterthwaite"]);
    expect({ ...of("effect:lte"), name: "effect:exposure@4" }).toEqual(of("effect:exposure@4"));
    const deviations = each.map((name) => of(name).estimate! - of("effect:tate").estimate!);
    // Best linear unbiased predictions of deviations add up to zero when nothing but their variance binds them.
    expect(Math.abs(deviations.reduce((sum, v) => sum + v, 0))).toBeLessThan(
      1e-6 * deviations.reduce((sum, v) => sum + Math.abs(v), 0),
    );
    expect(deviations.some((v) => v !== 0)).toBe(true);
    for (const name of each) expect(of(name)).toMatchObject({ measure: "mean-difference", unit: "points" });
    expect(result.problems.map(({ code }) => code)).toContain("wedge.predicted-exposures");
    const normal = run(simulatedWedge(), `${COLUMNS}, effect: random-exposure, df: normal, inference: []`);
    expect(normal.of("effect:exposure@1")).toMatchObject({ df: null });
    near(normal.of("effect:exposure@1").se, of("effect:exposure@1").se!, 1e-12);
    expect(normal.of("effect:exposure@1").p).toBeLessThan(of("effect:exposure@1").p!);
    const codes = run(simulatedWedge(), `${COLUMNS}, effect: immediate`).result.problems.map(({ code }) => code);
    expect(codes).not.toContain("wedge.predicted-exposures");
  });

  it("is explained in words and as its formula", () => {
    const { plan } = planOf(`${COLUMNS}, correlation: decay, participant: client, effect: exposure-time`);
    const words = explainPlan(plan!);
    expect(words).toContain("y ~ factor(period) + factor(exposure) + (1 | client) + decay(period | unit)");
    expect(words).toContain("effect:tate");
    expect(words).toContain("units − 2");
    const binomial = explainPlan(planOf(`${COLUMNS}, correlation: decay, family: binomial`).plan!);
    expect(binomial).toContain("an effect of each period of unit, on the logit scale; two of them correlate as r");
    expect(binomial).toContain("Laplace");
  });
});

describe("what cannot be analysed as asked", () => {
  it.each([
    ["no units and no role", "period: period", "wedge.role-missing"],
    ["a treatment that is no 0/1 column", `${COLUMNS}, treated: age`, "plan.syntax"],
    ["Kenward–Roger with ML", `${COLUMNS}, method: ML, df: kenward-roger`, "wedge.inference"],
    [
      "decay with Kenward–Roger of a count",
      `${COLUMNS}, correlation: decay, family: poisson, df: kenward-roger`,
      "wedge.inference",
    ],
    ["decay with fixed units", `${COLUMNS}, correlation: decay, cluster-effects: fixed`, "wedge.inference"],
    ["REML of a count", `${COLUMNS}, method: REML, family: poisson`, "wedge.inference"],
    ["CR3 with effects that units share", `${COLUMNS}, effect: random-exposure, df: cr3`, "wedge.inference"],
    ["a spline's columns without a spline", `${COLUMNS}, period-df: 4`, "wedge.key-unused"],
    ["a covariate that is no column", `${COLUMNS}, covariates: [agee]`, "plan.unknown-column"],
    ["a random effect as a covariate", `${COLUMNS}, covariates: [(1 | client)]`, "plan.random-term"],
  ])("%s", (_, keys, code) => {
    if (code === "plan.syntax") {
      const plain = text(COLUMNS).replace("treated: treated,", "treated: age,");
      expect(checkPlan(parsePlan(plain, "plan.yaml")).problems.map((one) => one.code)).toContain("wedge.treated-type");
      return;
    }
    expect(codesOf(keys).some((one) => one.startsWith(code))).toBe(true);
  });

  it("a straight line over periods that are names", () => {
    expect(codesOf(`${COLUMNS}, period-effects: linear`, "", "id")).toContain("wedge.needs-number");
  });

  const prepare = (table: Table, keys: string) => {
    const { plan } = planOf(keys);
    const [analysis] = plan!.analyses;
    if (analysis?.model !== "stepped-wedge") throw new Error("model");
    return steppedWedgeAnalysis.prepare({ plan: plan!, table, tables: new Map([["data", table]]), analysis, path: "" });
  };

  it("treatment that coincides with the periods is named", () => {
    const table = simulatedWedge();
    const period = table.columns.get("period")!;
    if (period.kind !== "number") throw new Error("period");
    const treated = { ...numberColumn(period.values.map((t) => (t >= 3 ? 1 : 0))), type: "binary" } as Column;
    const same = { ...table, columns: new Map(table.columns).set("treated", treated) };
    const { problems } = prepare(same, COLUMNS);
    expect(problems.map(({ code }) => code)).toContain("frame.aliased");
    expect(problems.find(({ code }) => code === "frame.aliased")!.message).toContain("treated");
  });

  it("all rows treated; too few exposure times", () => {
    const table = simulatedWedge();
    expect(() => prepare(table, `${COLUMNS}, where: treated == 1`)).toThrow(ProblemError);
    expect(() => prepare(table, `${COLUMNS}, effect: exposure-spline, exposure-df: 9`)).toThrow(ProblemError);
  });

  it("units of one period each with decay", () => {
    const table = simulatedWedge();
    const { problems } = prepare(table, `${COLUMNS}, correlation: decay, period-effects: linear, where: period == 3`);
    expect(problems.map(({ code }) => code)).toContain("wedge.decay-without-distance");
  });

  it("a client in two units with decay", () => {
    const table = simulatedWedge();
    const shared = idColumn(Array.from({ length: table.rows }, (_, i) => `c${i % 40}`));
    const { problems } = prepare(
      { ...table, columns: new Map(table.columns).set("client", shared) },
      `${COLUMNS}, correlation: decay, participant: client`,
    );
    expect(problems.map(({ code }) => code)).toContain("wedge.decay-crossed");
  });
});
