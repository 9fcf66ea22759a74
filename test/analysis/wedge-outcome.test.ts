import { describe, expect, it } from "vitest";
import type { WedgeData } from "../../src/analysis/wedge-data.js";
import { wedgeOutcome } from "../../src/analysis/wedge-outcome.js";
import type { Column } from "../../src/table/table.js";
import { idColumn, numberColumn } from "../stepped-wedge/simulated-wedge.js";

/** Rows 1 to 6 of a table of eight are of the design; row 0 is of another, row 7 has no outcome. */
const data = {
  table: {
    name: "t",
    rows: 8,
    lines: null,
    columns: new Map<string, Column>([
      ["y", numberColumn([99, 1, 3, 10, 20, 30, 7, Number.NaN])],
      ["id", idColumn(["a", "b", "c", "d", "e", "f", "g", "h"])],
    ]),
  },
  rows: Int32Array.of(1, 2, 3, 4, 5, 6),
  wedgeRows: {
    units: ["A", "B"],
    periods: ["1", "2"],
    unit: Int32Array.of(0, 0, 0, 1, 1, 1),
    period: Int32Array.of(0, 0, 1, 0, 1, 1),
    treated: Float64Array.of(0, 0, 1, 0, 0, 1),
    client: null,
  },
} as unknown as WedgeData;

describe("wedgeOutcome", () => {
  it("has the mean of each unit, period and condition, of the rows in use", () => {
    expect(wedgeOutcome(data, "y", Int32Array.of(1, 2, 3, 4, 5, 6), false)).toEqual({
      proportion: false,
      means: [
        { unit: "A", period: "1", treated: false, mean: 2, n: 2 },
        { unit: "A", period: "2", treated: true, mean: 10, n: 1 },
        { unit: "B", period: "1", treated: false, mean: 20, n: 1 },
        { unit: "B", period: "2", treated: false, mean: 30, n: 1 },
        { unit: "B", period: "2", treated: true, mean: 7, n: 1 },
      ],
    });
    // Row 3 in transition, say.
    expect(wedgeOutcome(data, "y", Int32Array.of(1, 2, 4, 5, 6), true).means).toHaveLength(4);
  });

  it("has no means of an outcome that is no number", () => {
    expect(wedgeOutcome(data, "id", Int32Array.of(1), false).means).toEqual([]);
  });
});
