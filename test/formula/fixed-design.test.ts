import { describe, expect, it } from "vitest";
import { type FixedDesign, modelMatrix, toFixedDesign } from "../../src/formula/fixed-design.js";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { type Problem, ProblemError } from "../../src/problem.js";
import type { CategoryColumn, NumberColumn, Table } from "../../src/table/table.js";
import { largestDifference, reference, referenceTable, withoutBrackets } from "./model-matrix-reference.js";
import { factor, tableOf } from "./table-of.js";

const numbersOf = (table: Table, name: string): Float64Array => (table.columns.get(name) as NumberColumn).values;
const f = referenceTable.columns.get("f") as CategoryColumn;

/** R's subset conditions in the reference, by hand. Missing is 2. */
const CONDITIONS: Readonly<Record<string, (row: number) => number>> = {
  'f != "mid"': (row) => (f.codes[row]! < 0 ? 2 : Number(f.codes[row] !== 1)),
  "m != 3": (row) => Number(numbersOf(referenceTable, "m")[row] !== 3),
  "z > 0": (row) => Number(numbersOf(referenceTable, "z")[row]! > 0),
};

function condition(text: string | null) {
  if (text === null) return {};
  const keep = Uint8Array.from({ length: referenceTable.rows }, (_, row) => CONDITIONS[text]!(row));
  return { where: { text, keep } };
}

function designOf(formula: string, table: Table): FixedDesign {
  const problems: Problem[] = [];
  const design = toFixedDesign(parseFormula(formula).fixed, table, null, "", problems);
  expect(problems).toEqual([]);
  return design;
}

const namesOf = (formula: string, table: Table): readonly string[] => designOf(formula, table).names;

function problemsOf(run: () => unknown): readonly Problem[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ProblemError) return error.problems;
    throw error;
  }
  return [];
}

describe("design matrices", () => {
  it.each(reference.designs)("agree with R: $formula, $where", (expected) => {
    const formula = parseFormula(expected.formula);
    const frame = modelFrame({ formula, table: referenceTable, ...condition(expected.where) });
    expect([...frame.rows].map((row) => row + 1)).toEqual(expected.rows);
    expect(withoutBrackets(frame.names)).toEqual(expected.names);
    const tolerance = expected.formula.includes("ns(") ? 1e-10 : 1e-12;
    expect(largestDifference(frame.X.data, expected.X.flat())).toBeLessThan(tolerance);
    if (expected.offset === null) expect(frame.offset).toBeNull();
    else expect(largestDifference(frame.offset!, expected.offset)).toBeLessThan(1e-12);
  });

  const table = tableOf({
    y: [1, 2, 3, 4, 5, 6],
    month: [2, 3, 5, 8, 2, 3],
    treatment: ["TAU", "BtheB", "TAU", "BtheB", "TAU", "BtheB"],
    drug: ["no", "no", "yes", "yes", "no", "yes"],
    "ålder vid start": [20, 30, 40, 50, 60, 71],
    participant: factor(["p1", "p2", "p3", "p1", "p2", "p3"], ["p1", "p2", "p3"], "id"),
  });

  it("are named in the order in which the formula writes the variables", () => {
    expect(namesOf("y ~ treatment * month", table)).toEqual([
      "(Intercept)",
      "treatment[BtheB]",
      "month",
      "treatment[BtheB]:month",
    ]);
    expect(namesOf("y ~ month:treatment + treatment", table)).toEqual([
      "(Intercept)",
      "treatment[BtheB]",
      "month:treatment[TAU]",
      "month:treatment[BtheB]",
    ]);
  });

  it("name functions as R deparses them, and columns in backticks bare", () => {
    expect(namesOf("y ~ I( month ^2 )+log(month+1)+ns(month,df=2)+factor(month)+`ålder vid start`", table)).toEqual([
      "(Intercept)",
      "I(month^2)",
      "log(month + 1)",
      "ns(month, 2)[1]",
      "ns(month, 2)[2]",
      "factor(month)[3]",
      "factor(month)[5]",
      "factor(month)[8]",
      "ålder vid start",
    ]);
    expect(namesOf("y ~ log(`ålder vid start`)", table)).toEqual(["(Intercept)", "log(`ålder vid start`)"]);
  });

  it("take an id as a factor", () => {
    expect(namesOf("y ~ participant", table)).toEqual(["(Intercept)", "participant[p2]", "participant[p3]"]);
  });

  it("tell each term's columns and the columns of the table that are used", () => {
    const design = designOf("y ~ treatment * drug + ns(month, 2)", table);
    expect(design.columns).toEqual(["treatment", "drug", "month"]);
    expect(design.terms.map(({ name, start, count }) => [name, start, count])).toEqual([
      ["treatment", 1, 1],
      ["drug", 2, 1],
      ["ns(month, 2)", 3, 2],
      ["treatment:drug", 5, 1],
    ]);
  });

  it("make rows of another table with the same levels and knots", () => {
    const design = designOf("y ~ treatment * ns(month, 2) + factor(month)", table);
    const own = modelMatrix(design, table);
    const grid = tableOf({
      month: [8, 2],
      treatment: factor(["BtheB", "TAU"], ["BtheB", "TAU"]),
    });
    const X = modelMatrix(design, grid);
    expect([...X.data.subarray(0, X.cols)]).toEqual([...own.data.subarray(3 * X.cols, 4 * X.cols)]);
    expect([...X.data.subarray(X.cols)]).toEqual([...own.data.subarray(0, X.cols)]);
  });

  it("give NaN where a cell is missing, in the columns it enters alone", () => {
    const design = designOf("y ~ treatment + month", table);
    const X = modelMatrix(design, tableOf({ month: [null, 3], treatment: factor(["TAU", null], ["TAU", "BtheB"]) }));
    expect([...X.data]).toEqual([1, 0, Number.NaN, 1, Number.NaN, 3]);
  });

  it("collect what another table lacks", () => {
    const design = designOf("y ~ treatment + log(month) + drug", table);
    const wrong = tableOf({ month: ["a", "b"], treatments: ["TAU", "BtheB"], drug: ["no", "yes"] });
    expect(problemsOf(() => modelMatrix(design, wrong, "grid")).map(({ code, path }) => [code, path])).toEqual([
      ["formula.unknown-column", "grid"],
      ["frame.not-numeric", "grid"],
    ]);
    const levels = tableOf({ month: [0, 1], treatment: ["TAU", "CBT"], drug: ["no", "maybe"] });
    expect(problemsOf(() => modelMatrix(design, levels)).map(({ code, message }) => [code, message])).toEqual([
      ["frame.unknown-level", expect.stringContaining('"CBT" is not among the levels of "treatment"')],
      [
        "frame.not-finite",
        "log(month) is not a finite number in 1 row, first in row 1, where month = 0. Leave such rows out with where, or change the expression.",
      ],
      ["frame.unknown-level", expect.stringContaining('"maybe"')],
    ]);
  });

  it("refuse a design too large to hold before making it", () => {
    const labels = Array.from({ length: 600 }, (_, i) => `p${i}`);
    const large = tableOf({ y: labels.map((_, i) => i), a: labels, b: labels });
    const problems: Problem[] = [];
    toFixedDesign(parseFormula("y ~ a * b").fixed, large, null, "", problems);
    expect(problems.map(({ code }) => code)).toEqual(["frame.too-large"]);
  });

  it("make a million rows of three columns in well under a second", () => {
    const n = 1_000_000;
    const values = Float64Array.from({ length: n }, (_, i) => (i * 7919) % 101);
    const codes = Int32Array.from({ length: n }, (_, i) => i % 2);
    const big: Table = {
      name: "",
      rows: n,
      lines: null,
      columns: new Map([
        ["x", { kind: "number", type: "number", values, unit: null }],
        ["arm", { kind: "category", type: "factor", codes, levels: ["TAU", "FIT"] }],
      ]),
    };
    const started = performance.now();
    const X = modelMatrix(designOf("y ~ x + arm", big), big);
    expect(performance.now() - started).toBeLessThan(1000);
    expect([...X.data.subarray(3, 6)]).toEqual([1, values[1]!, 1]);
  });
});
