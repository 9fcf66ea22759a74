/**
 * The cells' REML: against lme4 by way of the shared fit of the rows (fit-wedge is checked against it), with uneven cells,
 * on the boundary, and as a function of the assignment.
 */
import { describe, expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { randomStream } from "../../src/numeric/random-stream.js";
import { clusterPeriodModel, shiftedEstimate } from "../../src/stepped-wedge/cluster-period-reml.js";
import { type CellRows, clusterPeriods, lessCovariates } from "../../src/stepped-wedge/cluster-periods.js";
import type { Table } from "../../src/table/table.js";
import { closedForm, expectClose, optimised } from "../numeric/tolerance.js";

const UNITS = 8;
const PERIODS = 5;
const switchOf = (unit: number): number => 1 + (unit % 4);

interface Sizes {
  readonly unit: number;
  readonly cell: number;
  readonly rows: (cell: number) => number;
}

/** Rows of a simulated wedge with uneven cells. */
function simulate(seed: number, { unit: sdUnit, cell: sdCell, rows: rowsOf }: Sizes): CellRows & { x: Float64Array } {
  const stream = randomStream(seed, "test", 0);
  const rows: { unit: number; period: number; treated: number; y: number; x: number }[] = [];
  for (let unit = 0; unit < UNITS; unit++) {
    const u = sdUnit * stream.normal();
    for (let period = 0; period < PERIODS; period++) {
      const c = sdCell * stream.normal();
      const treated = period >= switchOf(unit) ? 1 : 0;
      const n = rowsOf(unit * PERIODS + period);
      for (let k = 0; k < n; k++) {
        const x = stream.normal();
        rows.push({ unit, period, treated, x, y: 10 + period + 2 * treated + u + c + 3 * stream.normal() + 1.5 * x });
      }
    }
  }
  return {
    outcome: Float64Array.from(rows, ({ y }) => y),
    unit: Int32Array.from(rows, ({ unit }) => unit),
    period: Int32Array.from(rows, ({ period }) => period),
    treated: Float64Array.from(rows, ({ treated }) => treated),
    x: Float64Array.from(rows, ({ x }) => x),
    units: UNITS,
    periods: PERIODS,
  };
}

function toTable({ outcome, unit, period, treated, x }: ReturnType<typeof simulate>): Table {
  const category = (codes: Int32Array, n: number) =>
    ({ kind: "category", type: "factor", codes, levels: Array.from({ length: n }, (_, i) => `l${i}`) }) as const;
  const number = (values: Float64Array) => ({ kind: "number", type: "number", values, unit: null }) as const;
  return {
    name: "simulated",
    rows: outcome.length,
    lines: null,
    columns: new Map<string, Table["columns"] extends ReadonlyMap<string, infer C> ? C : never>([
      ["y", number(outcome)],
      ["treated", number(treated)],
      ["x", number(x)],
      ["unit", category(unit, UNITS)],
      ["period", category(period, PERIODS)],
    ]),
  };
}

/** Of the rows, by the general fitter. */
function fitRows(rows: ReturnType<typeof simulate>, random: string) {
  const frame = modelFrame({
    formula: parseFormula(`y ~ period + treated + ${random}`, { path: "" }),
    table: toTable(rows),
    path: "",
  });
  const fit = fitLinearMixed(frame, { method: "REML", df: "normal", path: "" });
  const j = fit.names.indexOf("treated");
  return { effect: fit.coef[j]!, se: Math.sqrt(fit.vcov.data[j * fit.names.length + j]!) };
}

const uneven = (cell: number): number => (cell % 7 === 3 ? 0 : 1 + ((cell * 5) % 6));
const cases: readonly (readonly [string, Sizes])[] = [
  ["uneven cells, some without rows", { unit: 2, cell: 1.5, rows: uneven }],
  ["no variation of units: the boundary", { unit: 0, cell: 1.5, rows: () => 4 }],
  ["no variation of cells: the boundary", { unit: 2, cell: 0, rows: () => 4 }],
  ["no variation of either", { unit: 0, cell: 0, rows: () => 6 }],
  ["large variation of units", { unit: 60, cell: 20, rows: uneven }],
];

describe("clusterPeriodModel", () => {
  describe.each(cases)("%s", (_, sizes) => {
    it.each([1, 2, 3])("is REML of the rows, seed %d", (seed) => {
      const rows = simulate(seed, sizes);
      const cells = clusterPeriods(rows);
      for (const [correlation, random] of [
        ["exchangeable", "(1 | unit)"],
        ["nested-exchangeable", "(1 | unit / period)"],
      ] as const) {
        const fit = clusterPeriodModel(cells, correlation).fit(cells.treated, cells.mean);
        const full = fitRows(rows, random);
        expect(fit.converged).toBe(true);
        // An effect that is nearly zero is compared on the scale of its standard error.
        expectClose(fit.effect, full.effect, optimised.estimate, "effect", full.se);
        expectClose(fit.se, full.se, optimised.se, "se");
      }
    });
  });

  it("with one row in each cell, fits what the rows tell apart", () => {
    const rows = simulate(4, { unit: 2, cell: 0, rows: () => 1 });
    const cells = clusterPeriods(rows);
    const full = fitRows(rows, "(1 | unit)");
    for (const correlation of ["exchangeable", "nested-exchangeable"] as const) {
      const fit = clusterPeriodModel(cells, correlation).fit(cells.treated, cells.mean);
      expectClose([fit.effect, fit.se], [full.effect, full.se], optimised.se, correlation);
    }
  });

  it("does not depend on what was fitted before, and a constant effect comes off exactly", () => {
    const cells = clusterPeriods(simulate(5, cases[0]![1]));
    const model = clusterPeriodModel(cells, "nested-exchangeable");
    const first = model.fit(cells.treated, cells.mean);
    const other = Float64Array.from(cells.treated, (_, cell) =>
      cell % PERIODS >= 1 + ((Math.floor(cell / PERIODS) * 3) % 4) ? 1 : 0,
    );
    model.fit(other, cells.mean);
    expect(model.fit(cells.treated, cells.mean)).toEqual(first);
    const { estimate, slope } = shiftedEstimate(model, cells.treated, cells, 1.25);
    expectClose(estimate, first.effect - 1.25, optimised.estimate, "shifted");
    expectClose(slope, -1, closedForm, "slope");
  });

  it("the slope is the derivative with the variances held: near it by finite differences", () => {
    const cells = clusterPeriods(simulate(6, { unit: 2, cell: 2, rows: () => 5 }));
    const model = clusterPeriodModel(cells, "exchangeable");
    const other = Float64Array.from(cells.treated, (_, cell) =>
      cell % PERIODS >= 4 - (Math.floor(cell / PERIODS) % 4) ? 1 : 0,
    );
    model.fit(other, cells.mean);
    const [on, onSum] = [
      model.effectOn(cells.treated),
      model.effectOn(cells.mean.map((y, i) => y + 2 * cells.treated[i]!)),
    ];
    expectClose(onSum - model.effectOn(cells.mean), 2 * on, closedForm, "linear");
  });

  it("has no number when treatment is a matter of the period alone", () => {
    const cells = clusterPeriods(simulate(7, cases[0]![1]));
    const together = Float64Array.from(cells.treated, (_, cell) => (cell % PERIODS >= 2 ? 1 : 0));
    expect(clusterPeriodModel(cells, "nested-exchangeable").fit(together, cells.mean).effect).toBeNaN();
  });

  it("leaves out cells without a treatment", () => {
    const rows = simulate(8, { unit: 2, cell: 1, rows: () => 3 });
    const cells = clusterPeriods(rows);
    const left = cells.treated.map((value, cell) => (cell % 6 === 0 ? Number.NaN : value));
    const kept = [...rows.outcome.keys()].filter((row) => (rows.unit[row]! * PERIODS + rows.period[row]!) % 6 !== 0);
    const of = <A extends Float64Array | Int32Array>(values: A) =>
      values.filter((_: number, row: number) => kept.includes(row)) as A;
    const fewer = {
      ...rows,
      outcome: of(rows.outcome),
      unit: of(rows.unit),
      period: of(rows.period),
      treated: of(rows.treated),
      x: of(rows.x),
    };
    const { effect, se } = clusterPeriodModel(cells, "nested-exchangeable").fit(left, cells.mean);
    const full = fitRows(fewer, "(1 | unit / period)");
    expectClose([effect, se], [full.effect, full.se], optimised.se, "fit");
  });
});

describe("lessCovariates", () => {
  it("takes off what least squares with an effect of each cell gives, and nothing for what cells hold constant", () => {
    const rows = simulate(9, { unit: 2, cell: 1, rows: () => 4 });
    const constant = Float64Array.from(rows.unit, (unit) => 0.1 + unit / 3);
    const n = rows.outcome.length;
    const both = {
      rows: n,
      cols: 2,
      data: Float64Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? constant : rows.x)[i >> 1]!),
    };
    const adjusted = lessCovariates(rows, both);
    // By hand: Σ (x − x̄)(y − ȳ) / Σ (x − x̄)² about cell means.
    const cells = clusterPeriods(rows);
    const meansOfX = clusterPeriods({ ...rows, outcome: rows.x }).mean;
    let [xy, xx] = [0, 0];
    rows.outcome.forEach((y, row) => {
      const cell = rows.unit[row]! * PERIODS + rows.period[row]!;
      xy += (rows.x[row]! - meansOfX[cell]!) * (y - cells.mean[cell]!);
      xx += (rows.x[row]! - meansOfX[cell]!) ** 2;
    });
    expectClose(
      adjusted,
      rows.outcome.map((y, row) => y - (xy / xx) * rows.x[row]!),
      closedForm,
      "adjusted",
      1,
    );
  });
});
