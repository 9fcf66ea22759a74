/** Random parts that no outcome could tell apart are refused by name; those that only look alike are fitted. */
import { describe, expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { flatDirections } from "../../src/numeric/flat-directions.js";
import { fromRows } from "../../src/numeric/matrix.js";
import { ProblemError } from "../../src/problem.js";
import type { Table } from "../../src/table/table.js";

// 40 participants with three visits, eight clinics of one arm each; h is g under other names.
const rows = Array.from({ length: 120 }, (_, i) => {
  const id = Math.floor(i / 3);
  return { id, g: id % 8, b: id % 2, v: i % 3, y: Math.sin(13 * i) + Math.cos(5 * id) * 1.5 + Math.sin(3 * (id % 8)) };
});
const category = (codes: number[], levels: string[]) => ({
  kind: "category" as const,
  type: "id" as const,
  codes: Int32Array.from(codes),
  levels,
});
const number = (values: number[]) => ({
  kind: "number" as const,
  type: "number" as const,
  values: Float64Array.from(values),
  unit: null,
});
const table: Table = {
  name: "made",
  rows: rows.length,
  lines: null,
  columns: new Map<string, ReturnType<typeof category> | ReturnType<typeof number>>([
    [
      "id",
      category(
        rows.map(({ id }) => id),
        Array.from({ length: 40 }, (_, i) => `p${i}`),
      ),
    ],
    [
      "g",
      category(
        rows.map(({ g }) => g),
        Array.from({ length: 8 }, (_, i) => `g${i}`),
      ),
    ],
    [
      "h",
      category(
        rows.map(({ g }) => 7 - g),
        Array.from({ length: 8 }, (_, i) => `h${i}`),
      ),
    ],
    [
      "arm",
      category(
        rows.map(({ b }) => b),
        ["A", "B"],
      ),
    ],
    ["b", number(rows.map(({ b }) => b))],
    ["v", number(rows.map(({ v }) => v))],
    ["y", number(rows.map(({ y }) => y))],
  ]),
};
const fitOf = (formula: string, method: "REML" | "ML" = "REML") =>
  fitLinearMixed(modelFrame({ formula: parseFormula(formula), table }), { method });

function refusal(formula: string, method: "REML" | "ML" = "REML"): string {
  try {
    fitOf(formula, method);
  } catch (thrown) {
    if (!(thrown instanceof ProblemError)) throw thrown;
    expect(new Set(thrown.problems.map(({ code }) => code))).toEqual(new Set(["frame.unidentified-variance"]));
    return thrown.problems.map(({ message }) => message).join("\n");
  }
  throw new Error(`${formula} was not refused.`);
}

describe("refused, with the terms named", () => {
  it.each(["REML", "ML"] as const)("groups that coincide with a fixed effect, %s", (method) => {
    expect(refusal("y ~ arm + v + (1 | arm / id)", method)).toMatch(/"1 \| arm" cannot be told from the fixed effects/);
    expect(refusal("y ~ g + v + (1 | g) + (1 | id)", method)).toMatch(/"1 \| g" cannot be told from the fixed effects/);
  });
  it("two factors that divide the rows alike", () => {
    expect(refusal("y ~ v + (1 | g) + (1 | h)")).toMatch(/"1 \| g" and "1 \| h" cannot be told apart/);
  });
  it("a slope of what does not vary within a level, correlated with the intercept", () => {
    expect(refusal("y ~ b + v + (b | id)")).toMatch(/\| id/);
  });
  it("a correlation that no level shows", () => {
    expect(refusal("y ~ arm + v + (0 + arm | id)")).toMatch(/how "arm\[A\]" and "arm\[B\]" of "id" are correlated/);
  });
});

describe("fitted", () => {
  it.each([
    "y ~ arm + v + (1 | g) + (1 | id)",
    "y ~ b + v + (b || id)",
    "y ~ v + (v | g / id)",
    "y ~ v + (1 | g) + (0 + v | g)",
  ])("%s", (formula) => {
    expect(fitOf(formula).converged).toBe(true);
  });
});

describe("flat directions", () => {
  const scale = Float64Array.of(1, 100);
  it("are none in a positive definite matrix, whatever its scale", () => {
    expect(
      flatDirections(
        fromRows([
          [1, 0],
          [0, 100],
        ]),
        scale,
        1e-9,
      ),
    ).toEqual([]);
    expect(
      flatDirections(
        fromRows([
          [1, 9.9],
          [9.9, 100],
        ]),
        scale,
        1e-9,
      ),
    ).toEqual([]);
  });
  it("name the parameters that share one", () => {
    expect(
      flatDirections(
        fromRows([
          [1, 10],
          [10, 100],
        ]),
        scale,
        1e-9,
      ),
    ).toEqual([[0, 1]]);
    expect(
      flatDirections(
        fromRows([
          [1, 0],
          [0, 0],
        ]),
        scale,
        1e-9,
      ),
    ).toEqual([[1]]);
    expect(
      flatDirections(
        fromRows([
          [1, 0],
          [0, Number.NaN],
        ]),
        scale,
        1e-9,
      ).length,
    ).toBeGreaterThan(0);
  });
});
