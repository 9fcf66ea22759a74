import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dataText, planText, smallTrial } from "./command.js";

describe("analyze check", () => {
  it("says so when nothing stands in the way", async () => {
    const { status, out, err } = await smallTrial().run("check", "plan.yaml");
    expect(status).toBe(0);
    // No sap: in this plan, which is said in one line.
    expect(err).toMatch(/^note plan\.yaml:1:1: .* \[plan\.sap-missing\]\n$/);
    expect(out).toBe("plan.yaml: nothing stands in the way of its 2 analyses (not locked; data.csv: 40 rows).\n");
  });

  it("lists problems of plan, columns and data together", async () => {
    const plan = planText
      .replace("level", "levle")
      .replace("title:", "titel:")
      .replace("y ~ arm + x + (1 | g)", "y ~ arm + z + (1 | g)")
      .replace("where: x > 0", "where: arm == 'FIT'");
    const { status, out, err } = await smallTrial(plan).run("check", "plan.yaml");
    expect({ status, out }).toEqual({ status: 1, out: "" });
    // The misspelt levels leave the column of arms unread, so the data wait.
    expect(err.match(/\[[a-z.-]+\]$/gm)?.sort()).toEqual([
      "[data.analyses-not-checked]",
      "[plan.missing-key]",
      "[plan.missing-key]",
      "[plan.unknown-column]",
      "[plan.unknown-key]",
      "[plan.unknown-key]",
    ]);
  });

  it("warns of what the data show of a design, and passes", async () => {
    const plan = `plan: fit-rct/1
title: A wedge
data: { file: data.csv }
columns: { unit: { type: id }, period: { type: number }, fit: { type: binary }, y: { type: number } }
analyses:
  - { id: a, model: stepped-wedge, outcome: y, cluster: unit, period: period, treated: fit, correlation: exchangeable }
`;
    const rows = ["A", "B", "C", "D"].flatMap((unit, u) =>
      [1, 2, 3].flatMap((t) =>
        [0, 1, 2].map((k) => {
          // One client of D is treated in period 1, two before the switch.
          const fit = t > 1 + (u % 2) || (unit === "D" && t === 1 && k === 0) ? 1 : 0;
          return `${unit},${t},${fit},${u + t + ((u * 7 + t * 5 + k * 3) % 11)}`;
        }),
      ),
    );
    const { status, err } = await smallTrial(plan, `unit,period,fit,y\n${rows.join("\n")}\n`).run("check", "plan.yaml");
    expect(status).toBe(0);
    expect(err).toMatch(/warning plan\.yaml:6:5, analysis "a": .*"D".*"1".* \[wedge\.treated-before-switch\]/);
  });

  it("checks the sound analyses with the data when others are not", async () => {
    const plan = planText.replace("y ~ arm + x + (1 | g)", "y ~ arm + z + (1 | g)").replace("x > 0", "arm == 'FIT'");
    const { err } = await smallTrial(plan).run("check", "plan.yaml");
    expect(err).toMatch(/plan\.yaml:11:\d+: Unknown column "z" in the formula/);
    expect(err).toMatch(/plan\.yaml:12:5, analysis "linear".*"arm"/);
  });

  it("finds what only the data show", async () => {
    const trial = smallTrial(
      planText.replace("analyses:", "trial: { participant: g, visit: { column: x } }\nanalyses:"),
    );
    expect((await trial.run("check", "plan.yaml")).status).toBe(0);
    trial.write("data.csv", dataText.replace("0,TAU,1,", "0,TAU,0,"));
    const { status, err } = await trial.run("check", "plan.yaml");
    expect(status).toBe(1);
    expect(err).toMatch(/data\.csv:3: .* is there twice: lines 2 and 3.* \[data\.duplicated-rows\]/);
  });

  it("lists a duplicated row beside cells and rows that cannot be read, and what was not checked", async () => {
    const plan = planText.replace("analyses:", "trial: { participant: g, visit: { column: x } }\nanalyses:");
    const data = dataText.replace("0,TAU,1,", "0,TAU,0,").replace("0,TAU,2,", "0,TUA,2,").replace("0,TAU,3,", "0,3,");
    const { status, err } = await smallTrial(plan, data).run("check", "plan.yaml");
    expect(status).toBe(1);
    expect(err.match(/\[[a-z.-]+\]$/gm)).toEqual([
      "[data.unknown-level]",
      "[data.ragged-row]",
      "[data.duplicated-rows]",
      "[data.analyses-not-checked]",
    ]);
  });

  it("says at which of two analyses with one id the data do not suffice", async () => {
    const plan = planText.replace("id: linear", "id: mixed").replace("where: x > 0", "where: x > 99");
    const { err } = await smallTrial(plan).run("check", "plan.yaml");
    expect(err).toContain("[plan.duplicate-id]");
    expect(err).toMatch(/plan\.yaml:12:5, analysis "mixed"/);
    expect(err).not.toMatch(/plan\.yaml:11:5, analysis/);
  });

  it("does not read the data by a key that is there twice", async () => {
    const { err } = await smallTrial(planText.replace("  y:", "  x: { type: id }\n  y:")).run("check", "plan.yaml");
    expect(err.match(/\[[a-z.-]+\]$/gm)).toEqual(["[plan.duplicate-key]", "[data.analyses-not-checked]"]);
  });

  it("names the line of the plan whose derivation has no value, and the line of the data", async () => {
    const plan = planText.replace("analyses:", "  z: { type: number, derive: (x + 1) / (x * 0) }\nanalyses:");
    const { status, err } = await smallTrial(plan).run("check", "plan.yaml");
    expect(status).toBe(1);
    expect(err).toMatch(/^error plan\.yaml:10:30, data\.csv:2: \(x \+ 1\) \/ \(x \* 0\) has no value here/);
  });

  it("takes another data file", async () => {
    const trial = smallTrial();
    trial.write("other.csv", dataText.replace("g,arm", "g,rm"));
    expect((await trial.run("check", "plan.yaml", "--data", "other.csv")).err).toMatch(/^error other\.csv/);
    const { err } = await trial.run("check", "plan.yaml", "--data", "zz.csv");
    expect(err).toMatch(/^error zz\.csv: There is no such file\. --data is relative to the current folder/);
    expect((await trial.run("check", "plan.yaml", "--data", ".")).err).toContain("--data must name a file.");
    rmSync(trial.file("data.csv"));
    expect((await trial.run("check", "plan.yaml")).err).toContain("data.file is relative to the plan");
  });

  it.each([
    ["a constant outcome", dataText.replace(/[^,]+$/gm, (y) => (y === "y" ? y : "5")), planText],
    ["an outcome that is all missing", dataText.replace(/[^,]+$/gm, (y) => (y === "y" ? y : "")), planText],
    ["text in a number column", dataText.replace("0,TAU,1,", "0,TAU,one,"), planText],
    ["a ragged row", dataText.replace("0,TAU,1,", "0,TAU,1,1,1,"), planText],
    ["one cluster", dataText.replace(/^\d+,/gm, "1,"), planText],
    ["a cluster for each row", dataText.replace(/^\d+,/gm, () => `${next++},`), planText],
    ["a column that is the sum of others", dataText, planText.replace("y ~ arm + x,", "y ~ arm + x + I(2 * x),")],
  ])("refuses %s, without a stack trace", async (_, data, plan) => {
    const { status, out, err } = await smallTrial(plan, data).run("check", "plan.yaml");
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/^error /);
    expect(err).not.toMatch(/\n {4}at |defect/);
  });
});

let next = 1;
