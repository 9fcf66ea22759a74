import { describe, expect, it } from "vitest";
import {
  checkPlan,
  completePlan,
  fitLinear,
  modelFrame,
  parseFormula,
  parsePlan,
  readTable,
  renderReport,
  runPlan,
} from "../src/index.js";
import { dataText, planText } from "./cli/command.js";

describe("the public interface", () => {
  it("runs a plan from text to report without the disk", async () => {
    const parsed = parsePlan(planText, "plan.yaml");
    expect(checkPlan(parsed).problems).toEqual([]);
    const plan = completePlan(parsed);
    const table = await readTable(new TextEncoder().encode(dataText), "data.csv", plan.columns, {});
    const run = runPlan({
      plan,
      planSha256: "0".repeat(64),
      locked: false,
      seed: 1,
      version: "0",
      data: [{ name: "data.csv", sha256: "0".repeat(64), table }],
    });
    expect(run.results.analyses.map(({ status }) => status)).toEqual(["estimated", "estimated"]);
    const report = await renderReport(run, { language: "en", figures: [], vegaRuntime: null });
    expect(report).toContain("A small trial");
  });

  it("fits a model to a table", async () => {
    const table = await readTable(new TextEncoder().encode("x,y\n0,1\n1,3\n2,5.5\n"), "d.csv", {
      x: { type: "number" },
      y: { type: "number" },
    });
    const fit = fitLinear(modelFrame({ table, formula: parseFormula("y ~ x") }));
    expect(fit.coef[1]).toBeCloseTo(2.25, 12);
  });
});
