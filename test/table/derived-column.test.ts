import { describe, expect, it } from "vitest";
import { checkDerivedColumns } from "../../src/table/derived-column.js";
import type { Dictionary } from "../../src/table/dictionary.js";
import { cellsOf, codesOf, problemsOf, readText } from "./read-text.js";

const read = (derived: Dictionary) =>
  readText("bdi,bdi_pre,arm\n10,30,FIT\n25,20,TAU\n,20,\n", {
    ...derived,
    bdi: { type: "number" },
    bdi_pre: { type: "number" },
    arm: { type: "factor", levels: ["TAU", "FIT"] },
  });

describe("derived columns", () => {
  it("are numbers, 0/1 or factors made of other columns, in the order of the dictionary", async () => {
    const table = await read({
      change: { type: "number", derive: "bdi - bdi_pre", unit: "points" },
      better: { type: "binary", derive: "change < 0" },
      group: { type: "factor", levels: ["low", "high"], derive: "better && arm == 'FIT' ? 'low' : 'high'" },
      items: { type: "number", derive: "(bdi > 5) + (bdi_pre > 25)" },
    });
    expect([...table.columns.keys()]).toEqual(["change", "better", "group", "items", "bdi", "bdi_pre", "arm"]);
    expect(table.columns.get("change")).toMatchObject({ type: "number", unit: "points" });
    expect(cellsOf(table, "change")).toEqual([-20, 5, null]);
    expect(cellsOf(table, "better")).toEqual([1, 0, null]);
    expect(cellsOf(table, "group")).toEqual(["low", "high", null]);
    expect(cellsOf(table, "items")).toEqual([2, 1, null]);
  });

  it("are checked like cells: levels, range, 0/1", async () => {
    const problem = async (spec: Dictionary[string]) => (await problemsOf(() => read({ x: spec })))[0];
    expect(await problem({ type: "number", derive: "bdi * 10", range: [0, 200] })).toMatchObject({
      code: "data.out-of-range",
      path: 'data.csv:3, column "x"',
    });
    expect(await problem({ type: "binary", derive: "bdi" })).toMatchObject({ code: "data.not-binary" });
    const unknown = await problem({ type: "factor", levels: ["low", "high"], derive: "bdi > 20 ? 'hogh' : 'low'" });
    expect(unknown).toMatchObject({ code: "data.unknown-level", path: 'data.csv:3, column "x"' });
    expect(unknown!.message).toContain('Did you mean "high"?');
    expect(await problem({ type: "number", derive: "1 / (bdi - 10)" })).toMatchObject({
      code: "expression.undefined",
      path: 'column "x", derive, data.csv:2',
    });
  });

  it("must be of a kind that can be derived, and of what their type is", () => {
    const problems = checkDerivedColumns({
      bdi: { type: "number" },
      a: { type: "id", derive: "'x'" },
      b: { type: "date", derive: "bdi" },
      c: { type: "number", derive: "bdi > 2 ? 'x' : 'y'" },
      d: { type: "factor", levels: ["1"], derive: "bdi" },
    });
    expect(problems.map(({ code, path }) => [code, path])).toEqual([
      ["data.not-derivable", 'column "a", derive'],
      ["data.not-derivable", 'column "b", derive'],
      ["expression.result", 'column "c", derive'],
      ["expression.result", 'column "d", derive'],
    ]);
  });

  it("use the columns above them only, never themselves", () => {
    const dictionary: Dictionary = {
      a: { type: "number", derive: "b + 1" },
      b: { type: "number", derive: "x + 1" },
      c: { type: "number", derive: "c + x" },
      x: { type: "number" },
    };
    const problems = checkDerivedColumns(dictionary, (name) => `plan.yaml, ${name}`);
    expect(codesOf(problems)).toEqual(["expression.later-column", "expression.later-column"]);
    expect(problems.map(({ path }) => path)).toEqual(["plan.yaml, a", "plan.yaml, c"]);
  });

  it("are not looked for in the file", async () => {
    const table = await readText("x,y\n1,9\n", { x: { type: "number" }, y: { type: "number", derive: "x + 1" } });
    expect(cellsOf(table, "y")).toEqual([2]);
  });
});
