/** `model: change-classes` and `model: shares`, from plan to numbers: twelve clients by hand (test/reference/change-classes). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runPlan } from "../../src/analysis/run-plan.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { isError } from "../../src/problem.js";
import { renderReport } from "../../src/report/render-report.js";
import { readTables } from "../../src/table/read-tables.js";
import { columnMakers } from "../../src/trial/column-makers.js";

const csv = readFileSync(new URL("../reference/change-classes/clients.csv", import.meta.url), "utf8");
const planOf = (analyses: string, arms = "[TAU, FIT]"): string => `plan: fit-rct/1
title: Twelve clients
data: { file: clients.csv }
columns:
  client: { type: id }
  arm: { type: factor, levels: ${arms} }
  sex: { type: factor, levels: [kvinna, man] }
  ors_0: { type: number, unit: points }
  ors_12: { type: number, unit: points, better: higher }
  worse: { type: binary, derive: ors_12 < ors_0 }
  change:
    type: factor
    levels: [deteriorated, unchanged, improved, recovered, started-functional]
    classify: { instrument: ors-adult, before: ors_0, after: ors_12, sd: 8, reliability: 0.85 }
trial: { participant: client }
analyses:
${analyses}
`;
const classes = (more = ""): string => `  - { id: a, model: change-classes, classes: change${more} }`;
async function run(text: string, data = csv) {
  const plan = completePlan(parsePlan(text, "plan.yaml"));
  const makers = columnMakers(plan.columns, plan.instruments);
  const source = { name: "data", file: "clients.csv", bytes: new TextEncoder().encode(data), options: {}, join: {} };
  const table = (await readTables([source], plan.columns, { makers })).get("data")!;
  const sha256 = "0".repeat(64);
  const done = runPlan({
    plan,
    planSha256: sha256,
    locked: false,
    seed: 1,
    version: "0",
    data: [{ name: "clients.csv", sha256, table }],
  });
  const [result] = done.results.analyses;
  const of = (name: string) => result!.estimates.find((one) => one.name === name);
  return { done, result: result!, of, value: (name: string) => of(name)?.estimate };
}
const problemsOf = (text: string): string[] => {
  const parsed = parsePlan(text, "plan.yaml");
  return [...parsed.problems, ...checkPlan(parsed).problems].filter(isError).map(({ code }) => code);
};

describe("model: change-classes", () => {
  it("counts the classes of each arm as worked out by hand", async () => {
    const { result, value, of } = await run(planOf(classes(", by: arm")));
    expect(result.n).toMatchObject({
      observations: 11,
      excludedBy: [{ reason: "missing", detail: "ors_12", rows: 1 }],
    });
    const counts = (arm: string) =>
      ["deteriorated", "unchanged", "improved", "recovered", "started-functional"].map((one) =>
        value(`count:arm[${arm}]:${one}`),
      );
    expect(counts("TAU")).toEqual([0, 2, 1, 1, 2]);
    expect(counts("FIT")).toEqual([0, 4, 0, 0, 1]);
    expect(value("share:arm[TAU]:recovered")).toBeCloseTo(1 / 6, 12);
    // R 4.2.2: prop.test(1, 6, correct = FALSE).
    expect(of("share:arm[TAU]:recovered")!.lower).toBeCloseTo(0.0300533697483, 10);
    expect(of("share:arm[TAU]:recovered")!.upper).toBeCloseTo(0.5635028221865, 10);
    expect(value("count:arm[TAU]:to-functional")).toBe(1);
    expect(value("count:arm[TAU]:to-clinical")).toBe(1);
    expect(value("count:arm[FIT]:to-functional")).toBe(2);
    expect(value("criterion")).toBeCloseTo(1.96 * 8 * Math.sqrt(0.3), 12);
  });

  it("has the mean change of each arm with R's standard error and t interval, and no test", async () => {
    const { of } = await run(planOf(classes(", by: arm")));
    const tau = of("mean-change:arm[TAU]")!;
    expect([tau.estimate, tau.se, tau.lower, tau.upper].map((one) => Number(one!.toFixed(5)))).toEqual([
      3.16667, 4.15866, -7.52351, 13.85684,
    ]);
    expect(of("mean-change:arm[FIT]")!.se).toBeCloseTo(1.311869, 6);
    expect([tau.df, tau.statistic, tau.p]).toEqual([5, null, null]);
  });

  it("adjusts the effect size for severity among those who started in the clinical range", async () => {
    const { value } = await run(planOf(classes(", by: arm")));
    // By hand: clients 1 2 3 4 | 7 9 10 12.
    const before = [15, 15, 15, 20, 24.9, 18, 18, 10];
    const gain = [15, 9, 3, -8, 0.1, 7, 6.9, 6.5];
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
    const [mb, mg] = [mean(before), mean(gain)];
    const sxx = before.reduce((sum, b) => sum + (b - mb) ** 2, 0);
    const slope = before.reduce((sum, b, i) => sum + (b - mb) * (gain[i]! - mg), 0) / sxx;
    const effects = gain.map((g, i) => (mg + (g - mg - slope * (before[i]! - mb))) / Math.sqrt(sxx / 7));
    expect(value("severity-adjusted:arm[TAU]")).toBeCloseTo(mean(effects.slice(0, 4)), 12);
    expect(value("severity-adjusted:arm[FIT]")).toBeCloseTo(mean(effects.slice(4)), 12);
  });

  it("shifts the classes over the grid, which at the plan's own SD and reliability is the plan's", async () => {
    const { value } = await run(planOf(classes(", grid: { sd: [5, 8], reliability: [0.85, 0.93] }")));
    expect(value("count:recovered@sd=8,reliability=0.85")).toBe(value("count:recovered"));
    // 1.96 · 5 · √0.14 = 3.67: clients 1 and 9 recover, 2, 10 and 12 improve, 4 gets worse.
    expect(value("criterion@sd=5,reliability=0.93")).toBeCloseTo(1.96 * 5 * Math.sqrt(0.14), 12);
    expect(value("count:recovered@sd=5,reliability=0.93")).toBe(2);
    expect(value("count:improved@sd=5,reliability=0.93")).toBe(3);
    expect(value("count:deteriorated@sd=5,reliability=0.93")).toBe(1);
  });

  it("gives the arms each other's numbers when they change places, and does not depend on the order of rows", async () => {
    const plain = await run(planOf(classes(", by: arm")));
    const [header, ...rows] = csv.trim().split("\n");
    const swapped = rows.map((row) => row.replace(/TAU|FIT/, (arm) => (arm === "TAU" ? "FIT" : "TAU"))).reverse();
    const other = await run(planOf(classes(", by: arm")), `${[header, ...swapped].join("\n")}\n`);
    for (const { name, estimate } of plain.result.estimates) {
      const turned = name.replace(/arm\[(TAU|FIT)\]/, (_, arm) => `arm[${arm === "TAU" ? "FIT" : "TAU"}]`);
      if (estimate === null) expect(other.value(turned)).toBeNull();
      else expect(other.value(turned)).toBeCloseTo(estimate, 10);
    }
  });

  it("says so when nothing can be adjusted for", async () => {
    const { result } = await run(planOf(classes(", where: ors_0 == 15 && ors_12 < 20")));
    expect(result.status).toBe("estimated");
    expect(result.problems.map(({ code }) => code)).toContain("change.no-severity-adjustment");
    expect(result.estimates.find(({ name }) => name === "mean-change:all")).toMatchObject({ estimate: 3, se: null });
  });

  it.each([
    ["classes: ors_12", "plan.change-not-classified"],
    ["classes: chnge", "plan.unknown-column"],
    ["classes: change, by: ors_0", "plan.not-factor"],
    ["classes: change, grid: { sd: [8, 8], reliability: [0.8] }", "plan.change-grid"],
    ["classes: change, grid: { sd: [8], reliability: [1] }", "plan.invalid-value"],
  ])("%s: %s", (keys, code) => {
    expect(problemsOf(planOf(`  - { id: a, model: change-classes, ${keys} }`))).toEqual([code]);
  });

  it("is said in words and shown in both languages with the same numbers", async () => {
    const text = planOf(classes(", by: arm, grid: { sd: [5, 8], reliability: [0.85] }"));
    expect(explainPlan(completePlan(parsePlan(text, "plan.yaml")))).toContain(
      "Nothing is tested: a change is not an effect.",
    );
    const { done } = await run(text);
    const english = await renderReport(done, { language: "en", figures: [], vegaRuntime: null });
    const swedish = await renderReport(done, { language: "sv", figures: [], vegaRuntime: null });
    for (const part of [
      "Recovered",
      "Started in the functional range",
      "1 (17%)",
      "SD 8, reliability 0.85",
      "8.59 points",
    ])
      expect(english).toContain(part);
    for (const part of ["Återställd", "Försämrad", "SD 8, reliabilitet 0,85", "8,59 poäng", "Medelförändring"])
      expect(swedish).toContain(part);
    expect(swedish).not.toContain("Recovered");
  });
});

describe("model: shares", () => {
  const shares = (keys: string): string => planOf(`  - { id: a, model: shares, ${keys} }`);

  it("counts 0/1 columns and factors in each group, over the rows that have a value", async () => {
    const { value } = await run(shares('of: { "worse@month=12": worse, sex: sex }, by: arm'));
    expect(value("count:arm[TAU]:worse@month=12")).toBe(2);
    expect(value("share:arm[TAU]:worse@month=12")).toBeCloseTo(2 / 6, 12);
    expect(value("share:arm[FIT]:worse@month=12")).toBe(0);
    expect(value("count:arm[FIT]:sex=kvinna")).toBe(3);
  });

  it.each([
    ["of: { x: ors_0 }", "shares.column-type"],
    ["of: { x: wors }", "plan.unknown-column"],
    ["of: { x: worse }, by: client", "plan.not-factor"],
  ])("%s: %s", (keys, code) => {
    expect(problemsOf(shares(keys))).toEqual([code]);
  });
});
