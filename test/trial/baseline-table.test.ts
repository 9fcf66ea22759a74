import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type CategorySummary,
  clusterSizes,
  standardisedBaselineDifference,
  summariseColumn,
  summariseNumbers,
} from "../../src/trial/baseline-table.js";

const expected = JSON.parse(
  readFileSync(new URL("../reference/baseline-table/expected.json", import.meta.url), "utf8"),
);
const a = Float64Array.from([3, 8, 1, 9.5, 4, Number.NaN, 4, 12, 7]);
const b = Float64Array.from([2, 6, 6, 11, 15]);
const counts = (...list: number[]): CategorySummary => ({
  kind: "category",
  n: list.reduce((sum, n) => sum + n, 0),
  missing: 0,
  counts: list,
});

describe("a baseline table", () => {
  it.each([
    ["a", a],
    ["b", b],
  ])("has the means and quartiles of R: %s", (name, values) => {
    const { mean, sd, q1, median, q3 } = summariseNumbers(values);
    const { mean: m, sd: s, quartiles } = expected[name];
    [mean, sd, q1, median, q3].forEach((value, i) => {
      expect(value).toBeCloseTo([m, s, ...quartiles][i], 12);
    });
  });

  it("counts what is missing, and has no number where there is none", () => {
    expect(summariseNumbers(a)).toMatchObject({ n: 8, missing: 1, min: 1, max: 12 });
    expect(summariseNumbers(Float64Array.of(Number.NaN))).toMatchObject({
      n: 0,
      missing: 1,
      mean: Number.NaN,
      sd: Number.NaN,
      median: Number.NaN,
    });
    expect(summariseNumbers(Float64Array.of(5))).toMatchObject({ mean: 5, sd: Number.NaN, q1: 5, q3: 5 });
    expect(summariseNumbers(Float64Array.of(0.1, 0.1, 0.1)).sd).toBe(0);
  });

  it("counts categories and binary columns among the rows given", () => {
    const sex = {
      kind: "category",
      type: "factor",
      codes: Int32Array.of(0, 1, -1, 1, 2),
      levels: ["k", "m", "a"],
    } as const;
    expect(summariseColumn(sex, Int32Array.of(1, 2, 3))).toEqual({
      kind: "category",
      n: 2,
      missing: 1,
      counts: [0, 2, 0],
    });
    const binary = {
      kind: "number",
      type: "binary",
      values: Float64Array.of(1, 0, Number.NaN, 1),
      unit: null,
    } as const;
    expect(summariseColumn(binary, Int32Array.of(0, 1, 2))).toEqual({
      kind: "category",
      n: 2,
      missing: 1,
      counts: [1],
    });
  });

  it("has the standardised differences of R, and their sign turns with the arms", () => {
    const [first, second] = [summariseNumbers(a), summariseNumbers(b)];
    expect(standardisedBaselineDifference(first, second)).toBeCloseTo(expected.number, 12);
    expect(standardisedBaselineDifference(second, first)).toBeCloseTo(-expected.number, 12);
    const [p, r] = [counts(10, 20, 15, 5), counts(8, 12, 30, 10)];
    expect(standardisedBaselineDifference(p, r)).toBeCloseTo(expected.categories, 12);
    expect(standardisedBaselineDifference(r, p)).toBeCloseTo(expected.categories, 12);
    // Neither the order of the levels nor one that nobody has changes the distance.
    expect(standardisedBaselineDifference(counts(5, 0, 15, 20, 10), counts(10, 0, 30, 12, 8))).toBeCloseTo(
      expected.categories,
      12,
    );
    const one = (n: number, of: number): CategorySummary => ({ kind: "category", n: of, missing: 0, counts: [n] });
    expect(standardisedBaselineDifference(one(12, 40), one(30, 50))).toBeCloseTo(expected.binary, 12);
    // Two categories are a binary variable.
    expect(standardisedBaselineDifference(counts(28, 12), counts(20, 30))).toBeCloseTo(expected.binary, 12);
  });

  it("counts participants in each cluster that has any", () => {
    const unit = {
      kind: "category",
      type: "id",
      codes: Int32Array.of(0, 0, 1, 0, 2, -1),
      levels: ["a", "b", "c", "d"],
    } as const;
    expect(clusterSizes(unit, Int32Array.of(0, 1, 2, 3, 5))).toMatchObject({ n: 2, mean: 2, min: 1, max: 3 });
  });
});
