import { describe, expect, it } from "vitest";
import type { AnalysisResult, WedgeDisplay } from "../../src/analysis/results.js";
import { texts } from "../../src/report/texts.js";
import { exposureTable, permutationTable, wedgeDesignTable } from "../../src/report/wedge-tables.js";
import { wedgeDesign } from "../../src/stepped-wedge/design.js";
import { countExposure } from "../../src/stepped-wedge/exposure-at-visit.js";

const design = wedgeDesign(
  {
    units: ["A", "B"],
    periods: ["1", "2", "3"],
    unit: Int32Array.of(0, 0, 0, 0, 1, 1),
    period: Int32Array.of(0, 1, 2, 2, 0, 2),
    treated: Float64Array.of(0, 1, 1, 1, 0, 1),
    client: Int32Array.of(0, 1, 2, 2, 3, 4),
  },
  { transition: 1 },
);
const times = { enrolled: Float64Array.of(1, 1), visited: Float64Array.of(1, 9), switched: Float64Array.of(5, 5) };
const wedge: WedgeDisplay = {
  design,
  unit: "unit",
  period: { name: "period", unit: null },
  outcome: { proportion: false, means: [] },
  exposure: countExposure(times, Int32Array.of(0, 1), ["0", "6"]),
};

describe("wedgeDesignTable", () => {
  it("has a cell for each unit and period: condition and clients", () => {
    const { columns, rows, footnotes } = wedgeDesignTable(wedge, texts.en);
    expect(columns).toEqual(["Unit", "1", "2", "3"]);
    expect(rows.map(({ header, cells }) => [header, ...cells])).toEqual([
      ["A", "C 1", "– 1", "T 1"],
      ["B", "C 1", "", "– 1"],
    ]);
    expect(footnotes[0]).toContain("The numbers are clients.");
    expect(wedgeDesignTable(wedge, texts.sv).rows[0]!.cells).toEqual(["K 1", "– 1", "B 1"]);
  });
});

describe("exposureTable", () => {
  it("has each rule and visit", () => {
    const rows = exposureTable(wedge, texts.en).rows.map(({ header, cells }) => [header, ...cells].join(" | "));
    expect(rows).toHaveLength(9);
    expect(rows).toContain("As at the visit | 6 | 0 | 1 | 0 | 1");
    expect(rows).toContain("Left out after the switch (hypothetical) | all | 1 | 0 | 1 | 1");
  });
});

describe("permutationTable", () => {
  const estimate: AnalysisResult["estimates"][number] = {
    name: "permutation:effect:immediate",
    measure: "mean-difference",
    unit: null,
    estimate: 1.0907,
    se: null,
    df: null,
    statistic: null,
    p: 0.4,
    lower: -1.617,
    upper: 3.894,
    level: 0.95,
    permutation: { assignments: 999, exact: false, error: { p: 0.0155, lower: 0.063, upper: 0.084 } },
  };
  it("of drawn assignments: with Monte Carlo errors, in both languages", () => {
    const { rows, footnotes, columns } = permutationTable([estimate], texts.en);
    expect(columns).toEqual(["Estimate compared", "Estimate", "95% CI", "p", "Assignments"]);
    expect([rows[0]!.header, ...rows[0]!.cells]).toEqual([
      "Effect of the switch, by the model",
      "1.1",
      "[−1.6,\u00a03.9]",
      "0.400",
      "999",
    ]);
    expect(footnotes[0]).toBe(
      "Assignments drawn at random. Monte Carlo standard error: 0.0155 of p, 0.06 and 0.08 of the limits.",
    );
    expect(permutationTable([estimate], texts.sv).footnotes[0]).toContain("0,0155 för p, 0,06 och 0,08 för gränserna");
  });
  it("of all assignments, without an interval", () => {
    const exact = { ...estimate, lower: null, upper: null, permutation: { assignments: 24, exact: true, error: null } };
    const { rows, footnotes } = permutationTable([exact], texts.en);
    expect(footnotes).toEqual([
      "All assignments that the randomisation could have made: p-value and interval are exact.",
    ]);
    expect(rows[0]!.cells[3]).toBe("24");
  });
  it("of scores: the measure is said, and that the interval rests on the model", () => {
    const measure = "log-odds-ratio";
    const scored = { ...estimate, measure, permutation: { assignments: 24, exact: true, error: null } };
    const { rows, footnotes } = permutationTable([scored], texts.en);
    expect(rows[0]!.header).toBe("Effect of the switch, log odds ratio by the score");
    expect(footnotes).toEqual([
      "All assignments that the randomisation could have made: the p-value is exact, the interval rests on the model.",
    ]);
    expect(permutationTable([{ ...scored, measure: "log-rate-ratio" }], texts.sv).rows[0]!.header).toBe(
      "Effekt av övergången, log incidenskvot enligt score",
    );
  });
});
