import { describe, expect, it } from "vitest";
import type { AnalysisResult } from "../../src/analysis/results.js";
import { parseEstimateName } from "../../src/figure/estimate-name.js";
import type { Estimate } from "../../src/inference/estimate.js";
import { testLabel } from "../../src/report/effect-tables.js";
import {
  coefficientsTable,
  componentsTable,
  sortEstimates,
  wedgeInferencesTable,
} from "../../src/report/estimate-tables.js";
import { jointTable } from "../../src/report/joint-table.js";
import { texts } from "../../src/report/texts.js";
import { exposureEstimates, jointEstimates, wedgeDisplayOf } from "../figure/example-wedge.js";

const resultOf = (
  model: string,
  estimates: readonly Estimate[],
  groups: Record<string, number> = {},
): AnalysisResult => ({
  id: "a",
  model,
  role: "primary",
  formula: "",
  method: "",
  status: "estimated",
  problems: [],
  n: { observations: 9, participants: null, excluded: 0, excludedBy: [], groups },
  fit: null,
  estimates,
});
const sorted = (model: string, estimates: readonly Estimate[], groups?: Record<string, number>) =>
  sortEstimates(resultOf(model, estimates, groups), wedgeDisplayOf(estimates.map(({ name }) => name)));
const named = (name: string, measure: string): Estimate => ({ ...jointEstimates()[0]!, name, measure });
const display = wedgeDisplayOf([]);

describe("jointTable", () => {
  it("has the designs, both together and their difference, with p and weights", () => {
    const { joint, differences, other } = sorted("joint", jointEstimates());
    expect([differences, other]).toEqual([[], []]);
    const { columns, rows } = jointTable(joint, display, texts.en);
    expect(columns).toEqual(["Comparison", "Estimate", "SE", "95% CI", "df", "t", "p", "Weight"]);
    expect(rows.map(({ header, cells }) => [header, cells[0], cells[5], cells[6]])).toEqual([
      ["Design A, individual randomisation", "2.00", "0.040", "80%"],
      ["Design B, stepped wedge", "1.00", "0.040", "20%"],
      ["A and B together, one stage", "1.75", "0.040", ""],
      ["A and B together, two stages", "1.80", "0.040", ""],
      ["Difference A \u2212 B", "1.00", "0.040", ""],
    ]);
  });

  it("has several effects under their names, in Swedish too", () => {
    const { joint } = sorted("joint", jointEstimates(["3 månader", "overall"]));
    const { rows, columns } = jointTable(joint, display, texts.sv);
    expect(rows.filter(({ indented }) => indented !== true).map(({ header }) => header)).toEqual([
      "3 månader",
      "Medelvärde av dessa effekter",
    ]);
    expect(rows.every(({ cells }) => cells.length === columns.length - 1)).toBe(true);
    expect(rows[1]!.header).toBe("Design A, individuell randomisering");
    expect(rows[1]!.cells.at(-1)).toBe("80\u00a0%");
  });
});

describe("terms and variances of a joint analysis", () => {
  it("are of their design", () => {
    const estimates = [
      named("coefficient:individual: (Intercept)", "intercept"),
      named("coefficient:stepped-wedge: factor(period)[2]", "slope"),
      named("coefficient:FIT", "mean-difference"),
      named("sd:unit:individual", "sd"),
      named("sd:unit:period:stepped-wedge", "sd"),
      named("sd:residual:stepped-wedge", "sd"),
    ];
    const { coefficients, components } = sorted("joint", estimates, { unit: 4, "unit:period": 8 });
    expect(coefficientsTable(coefficients, display, texts.en).rows.map(({ header }) => header)).toEqual([
      "Design A: Intercept",
      "Design B: period: 2",
      "Effect, A and B: FIT",
    ]);
    expect(componentsTable(components, display, texts.en).rows.map(({ header }) => header)).toEqual([
      "Design A: unit: Intercept",
      "Design B: unit × period: Intercept",
      "Design B: Residual",
    ]);
    // Of another model a column may be called so.
    const plain = sorted("mixed", estimates, { unit: 4, "unit:period": 8 });
    expect(coefficientsTable(plain.coefficients, display, texts.en).rows[0]!.header).toBe("individual ×  (Intercept)");
  });
});

describe("wedgeInferencesTable", () => {
  it("has each effect by every kind of inference, with what is beside the model", () => {
    const beside = [
      named("effect:vertical", "mean-difference"),
      { ...named("permutation:effect:vertical", "mean-difference"), se: null, df: null, statistic: null },
    ];
    const byTwo = exposureEstimates
      .filter(({ name }) => name.endsWith("tate@cr3"))
      .flatMap((one) => [{ ...one, name: "effect:tate@kenward-roger" }, one]);
    const { wedgeInferences } = sorted("stepped-wedge", [...byTwo, ...beside]);
    const { rows } = wedgeInferencesTable(wedgeInferences, display, texts.en);
    expect(rows.map(({ header, indented = false }) => [header, indented])).toEqual([
      ["Mean effect over exposure times (TATE)", false],
      ["Kenward–Roger", true],
      ["cluster-robust (CR3)", true],
      ["Effect within periods", false],
      ["without a model, t-test", true],
      ["permutation test", true],
    ]);
    expect(rows[0]!.cells.every((cell) => cell === "")).toBe(true);
    expect(rows.at(-1)!.cells).toContain("\u2013");
  });

  it("gives the permutation test the decimals of the model, whose standard error sets them", () => {
    const vertical = {
      ...named("effect:vertical", "mean-difference"),
      estimate: 0.851,
      se: 1.41,
      lower: -1.96,
      upper: 3.66,
    };
    const permuted = { ...vertical, name: "permutation:effect:vertical", se: null, df: null, statistic: null };
    const { wedgeInferences } = sorted("stepped-wedge", [vertical, permuted]);
    const { rows } = wedgeInferencesTable(wedgeInferences, display, texts.en);
    expect(rows.slice(1).map(({ cells: [estimate] }) => estimate)).toEqual(["0.9", "0.9"]);
  });
});

describe("effects in a family of tests", () => {
  it("have their names in words", () => {
    const label = (name: string) => testLabel(parseEstimateName(name, []), texts.en);
    expect(label("effect:joint@12 months")).toBe("12 months, A and B together, one stage");
    expect(label("effect:individual")).toBe("Design A, individual randomisation");
    expect(label("effect:tate@cr3")).toBe("Mean effect over exposure times (TATE), cluster-robust (CR3)");
  });
});
