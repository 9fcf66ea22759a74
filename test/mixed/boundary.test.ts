/** Fits whose variances lie on the boundary, or whose criterion has more than one minimum. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { readTable } from "../../src/table/read-table.js";
import type { Table } from "../../src/table/table.js";
import { expectClose, iterated, optimised } from "../numeric/tolerance.js";

const folder = new URL("../reference/mixed-boundary-hard/", import.meta.url);
const expected: { values: { set: number; formula: string; criterion: number }[] } = JSON.parse(
  readFileSync(new URL("expected.json", folder), "utf8"),
);
const table = await readTable(new Uint8Array(readFileSync(new URL("data.csv", folder))), "data.csv", {
  set: { type: "number" },
  y: { type: "number" },
  x: { type: "number" },
  z: { type: "number" },
  arm: { type: "binary" },
  fit: { type: "binary" },
  tau: { type: "binary" },
  unit: { type: "id" },
  th: { type: "id" },
});

const frameOf = (data: Table, formula: string, set: number) => {
  const column = data.columns.get("set")!;
  const keep = Uint8Array.from(column.kind === "number" ? column.values : [], (v) => (v === set ? 1 : 0));
  return modelFrame({ formula: parseFormula(formula), table: data, where: { text: `set == ${set}`, keep } });
};

describe.each(expected.values)("set $set: $formula", ({ set, formula, criterion }) => {
  it("reaches the lowest criterion known", () => {
    const fit = fitLinearMixed(frameOf(table, formula, set));
    expect(fit.converged, fit.problems.map(({ message }) => message).join(" ")).toBe(true);
    expectClose(fit.deviance, criterion, iterated, "REML criterion");
  });
});

describe("a variance component at zero", () => {
  it("is left out: standard errors and degrees of freedom are those of the model without it", () => {
    const { set, formula } = expected.values.find((value) => value.set === 138)!;
    const zero = "(0 + tau | th)";
    for (const df of ["satterthwaite", "kenward-roger"] as const) {
      const full = fitLinearMixed(frameOf(table, formula, set), { df });
      const singular = full.random.filter(({ covariance }) => covariance.data[0] === 0);
      if (singular.length === 0) continue;
      const without = singular.reduce(
        (text, { group, names }) =>
          text.replace(names[0] === "(Intercept)" ? ` + (1 | ${group})` : ` + (0 + ${names[0]} | ${group})`, ""),
        formula,
      );
      expect(without).not.toBe(formula);
      const reduced = fitLinearMixed(frameOf(table, without, set), { df });
      expectClose(full.coef, reduced.coef, optimised.estimate, "coef");
      full.names.forEach((_, j) => {
        const L = { rows: 1, cols: full.names.length, data: new Float64Array(full.names.length) };
        L.data[j] = 1;
        expectClose(full.denominatorDf(L).df, reduced.denominatorDf(L).df, optimised.df, `${df} ${j}`);
      });
      expectClose(full.vcov.data, reduced.vcov.data, optimised.se, "vcov", 1e-3);
      expect(full.singular).toBe(true);
      expect(full.problems.map(({ code }) => code)).toContain("fit.singular");
    }
    expect(formula).toContain(zero);
  });
});
