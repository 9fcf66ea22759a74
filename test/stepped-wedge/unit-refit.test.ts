/** Fits from sums over units are those of the general fitters of the rows, under any assignment. */
import { describe, expect, it } from "vitest";
import type { Frame, RandomTerm } from "../../src/formula/frame.js";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { fitLinear } from "../../src/linear/linear.js";
import type { DecayingTerm } from "../../src/mixed/decay-deviance.js";
import { fitDecayMixed } from "../../src/mixed/decay-mixed.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { qr } from "../../src/numeric/qr.js";
import { type UnitParameters, unitDeviance } from "../../src/stepped-wedge/unit-deviance.js";
import { type UnitRefitter, unitRefitter } from "../../src/stepped-wedge/unit-refit.js";
import { isWithinUnits, sumsBySwitch, type UnitRows } from "../../src/stepped-wedge/unit-sums.js";
import { closedForm, expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { chance, simulatedWedge } from "./simulated-wedge.js";

const UNITS = 8;
/** As simulatedWedge switches them, in the values of period. */
const observed = Int32Array.from({ length: UNITS }, (_, u) => 2 + (u % 4));
const ASSIGNMENTS = [
  observed,
  Int32Array.of(3, 2, 5, 4, 2, 5, 3, 4),
  Int32Array.of(5, 4, 3, 2, 5, 4, 3, 2),
  Int32Array.of(2, 2, 3, 3, 4, 4, 5, 5),
];

interface Setting {
  readonly frame: Frame;
  readonly unit: Int32Array;
  readonly period: Float64Array;
  readonly decay: DecayingTerm | null;
}

function settingOf(formula: string, { cohort = false, seed = 1, decay = false } = {}): Setting {
  const table = simulatedWedge({ seed, cohort, units: UNITS });
  const frame = modelFrame({ formula: parseFormula(formula), table });
  const unit = table.columns.get("unit")!;
  const period = table.columns.get("period")!;
  if (unit.kind !== "category" || period.kind !== "number") throw new Error("not a wedge");
  const n = frame.response.length;
  const cells = Int32Array.from(unit.codes, (u, row) => u * 5 + period.values[row]! - 1);
  const term: RandomTerm = {
    group: "unit:period",
    names: ["(Intercept)"],
    values: { rows: n, cols: 1, data: new Float64Array(n).fill(1) },
    codes: cells,
    levels: Array.from({ length: UNITS * 5 }, (_, cell) => String(cell)),
  };
  const units = Int32Array.from({ length: UNITS * 5 }, (_, cell) => Math.floor(cell / 5));
  const positions = Float64Array.from({ length: UNITS * 5 }, (_, cell) => cell % 5);
  return { frame, unit: unit.codes, period: period.values, decay: decay ? { term, units, positions } : null };
}

const treatmentOf = ({ unit, period }: Setting, assignment: Int32Array): Float64Array =>
  Float64Array.from(unit, (u, row) => (period[row]! >= assignment[u]! ? 1 : 0));

function unitRowsOf(setting: Setting, leftOut: (since: number) => boolean = () => false): UnitRows {
  const { frame, unit, period, decay } = setting;
  const kept = frame.names.flatMap((name, j) => (name === "treated" ? [] : [j]));
  const { rows, cols, data } = frame.X;
  return {
    unit,
    units: UNITS,
    others: {
      rows,
      cols: kept.length,
      data: Float64Array.from(
        { length: rows * kept.length },
        (_, i) => data[Math.floor(i / kept.length) * cols + kept[i % kept.length]!]!,
      ),
    },
    outcome: frame.response,
    received: treatmentOf(setting, observed),
    treatment: (switched) =>
      period.map((t) => (leftOut(t - switched) ? Number.NaN : t >= switched ? 1 : 0)) as Float64Array,
    Z: frame.Z,
    ofTreatment: new Set(frame.Z.flatMap(({ names }, t) => (names[0] === "treated" ? [t] : []))),
    decay,
  };
}

/** The same by the general fitters, on the rows that the assignment keeps. */
function fresh(
  setting: Setting,
  assignment: Int32Array,
  shift: number,
  leftOut: (since: number) => boolean = () => false,
  method: "REML" | "ML" = "REML",
) {
  const { frame, unit, period, decay } = setting;
  const T = treatmentOf(setting, assignment);
  const received = treatmentOf(setting, observed);
  const rows = [...unit.keys()].filter((row) => !leftOut(period[row]! - assignment[unit[row]!]!));
  const j = frame.names.indexOf("treated");
  const whole = frame.X.data.map((v, i) => (i % frame.X.cols === j ? T[Math.floor(i / frame.X.cols)]! : v));
  const all = {
    rows: rows.length,
    cols: frame.X.cols,
    data: Float64Array.from(rows.flatMap((row) => [...whole.subarray(row * frame.X.cols, (row + 1) * frame.X.cols)])),
  };
  // A period may have no rows left.
  const dependent = new Set(qr(all).aliased.map(({ column }) => column));
  const kept = frame.names.flatMap((_, c) => (dependent.has(c) ? [] : [c]));
  const X = {
    rows: rows.length,
    cols: kept.length,
    data: Float64Array.from(rows.flatMap((_, i) => kept.map((c) => all.data[i * all.cols + c]!))),
  };
  const Z = frame.Z.map(({ names, values, codes, levels, group }) => ({
    group,
    names,
    levels,
    codes: Int32Array.from(rows, (row) => codes[row]!),
    values: {
      rows: rows.length,
      cols: 1,
      data: Float64Array.from(rows, (row) => (names[0] === "treated" ? T[row]! : values.data[row]!)),
    },
  }));
  const own = {
    ...frame,
    X,
    Z,
    names: kept.map((c) => frame.names[c]!),
    response: Float64Array.from(rows, (row) => frame.response[row]! - shift * received[row]!),
  };
  const ofRows =
    decay === null
      ? null
      : {
          ...decay,
          term: {
            ...decay.term,
            codes: Int32Array.from(rows, (row) => decay.term.codes[row]!),
            values: { rows: rows.length, cols: 1, data: new Float64Array(rows.length).fill(1) },
          },
        };
  const fit =
    ofRows !== null
      ? fitDecayMixed(own, ofRows, { df: "normal", method })
      : frame.Z.length === 0
        ? fitLinear(own)
        : fitLinearMixed(own, { df: "normal", method });
  const c = own.names.indexOf("treated");
  expect(fit.converged).toBe(true);
  return {
    effect: fit.coef[c]!,
    se: Math.sqrt(fit.vcov.data[c * own.names.length + c]!),
    singular: "singular" in fit && fit.singular,
  };
}

const CELLS = "y ~ factor(period) + treated + age + (1 | unit) + (1 | unit:period)";
const COHORT = `${CELLS} + (1 | client)`;

describe("fits from sums over units", () => {
  it.each([
    ["nested exchangeable", CELLS, {}],
    ["exchangeable, linear time", "y ~ period + treated + age + (1 | unit)", { seed: 2 }],
    ["clients who come back", COHORT, { cohort: true, seed: 3 }],
    ["clients alone", "y ~ factor(period) + treated + unit + (1 | client)", { cohort: true, seed: 4 }],
    ["random treatment", `${CELLS} + (0 + treated | unit)`, { seed: 3 }],
    ["units as fixed effects", "y ~ factor(period) + treated + unit + age", { seed: 5 }],
    ["decay", "y ~ factor(period) + treated + age", { decay: true, seed: 1 }],
    ["decay and clients", "y ~ factor(period) + treated + (1 | client)", { decay: true, cohort: true, seed: 2 }],
    ["decay and random treatment", "y ~ factor(period) + treated + (0 + treated | unit)", { decay: true, seed: 6 }],
  ])("%s: each assignment, and shifted outcomes", (_, formula, options) => {
    const setting = settingOf(formula, options);
    const refit = unitRefitter(unitRowsOf(setting), observed, "REML");
    for (const assignment of ASSIGNMENTS)
      for (const shift of [0, 1.7]) {
        const expected = fresh(setting, assignment, shift);
        const fit = refit(assignment, shift)!;
        expect(fit.converged).toBe(true);
        expectClose(fit.effect, expected.effect, optimised.estimate, `effect, shift ${shift}`, expected.se);
        expectClose(fit.se, expected.se, optimised.se, `se, shift ${shift}`);
      }
  });

  it("ML", () => {
    const setting = settingOf(COHORT, { cohort: true, seed: 7 });
    const refit = unitRefitter(unitRowsOf(setting), observed, "ML");
    const expected = fresh(setting, ASSIGNMENTS[1]!, 0, undefined, "ML");
    expectClose(refit(ASSIGNMENTS[1]!, 0)!.effect, expected.effect, optimised.estimate, "effect");
    expectClose(refit(ASSIGNMENTS[1]!, 0)!.se, expected.se, optimised.se, "se");
  });

  it.each([
    ["variances", COHORT, { cohort: true }],
    ["decay", "y ~ factor(period) + treated", { decay: true }],
  ])("on the boundary: %s, where the outcome is noise", (_, formula, options) => {
    let singular = 0;
    for (let seed = 1; seed <= 9; seed++) {
      const setting = settingOf(formula, { ...options, seed });
      const { normal } = chance(100 + seed);
      const noise = { ...setting, frame: { ...setting.frame, response: setting.frame.response.map(normal) } };
      const refit = unitRefitter(unitRowsOf(noise), observed, "REML");
      for (const assignment of ASSIGNMENTS.slice(1)) {
        const expected = fresh(noise, assignment, 0);
        if (expected.singular) singular++;
        const fit = refit(assignment, 0)!;
        expect(fit.converged).toBe(true);
        expectClose(fit.effect, expected.effect, optimised.estimate, `effect, seed ${seed}`, expected.se);
        expectClose(fit.se, expected.se, optimised.se, `se, seed ${seed}`);
      }
    }
    expect(singular).toBeGreaterThan(8);
  });

  it.each([
    ["the switch period", CELLS, {}],
    ["the switch period, clients who come back", COHORT, { cohort: true, seed: 3 }],
    ["the switch period, with decay", "y ~ factor(period) + treated + age", { decay: true, seed: 1 }],
  ])("rows left out: %s", (_, formula, options) => {
    const setting = settingOf(formula, options);
    const leftOut = (since: number): boolean => since === 0;
    const refit = unitRefitter(unitRowsOf(setting, leftOut), observed, "REML");
    for (const assignment of ASSIGNMENTS) {
      const expected = fresh(setting, assignment, 1, leftOut);
      const fit = refit(assignment, 1)!;
      expectClose(fit.effect, expected.effect, optimised.estimate, "effect", expected.se);
      expectClose(fit.se, expected.se, optimised.se, "se");
    }
  });

  it("a period without rows under an assignment has no effect there", () => {
    const setting = settingOf(CELLS);
    const leftOut = (since: number): boolean => since === 0;
    // All switch in period 3 but two: period 3 is left to them.
    const refit = unitRefitter(unitRowsOf(setting, leftOut), observed, "REML");
    const all = Int32Array.of(3, 3, 3, 3, 3, 3, 3, 3);
    expect(refit(all, 0)).toBeNull();
    const most = Int32Array.of(2, 2, 2, 2, 2, 2, 2, 2).with(0, 5).with(1, 4);
    const none = (since: number): boolean => (since < 0 ? false : since === 0);
    const expected = fresh(setting, most, 0, none);
    expectClose(refit(most, 0)!.effect, expected.effect, optimised.estimate, "effect", expected.se);
  });

  it("do not depend on the fits before them", () => {
    const setting = settingOf(COHORT, { cohort: true, seed: 3 });
    const run = (refit: UnitRefitter, assignment: Int32Array) =>
      [0, 2, -1].map((shift) => refit(assignment, shift)!.effect);
    const alone = run(unitRefitter(unitRowsOf(setting), observed, "REML"), ASSIGNMENTS[2]!);
    const many = unitRefitter(unitRowsOf(setting), observed, "REML");
    for (const assignment of ASSIGNMENTS.slice(0, 2)) run(many, assignment);
    expect(run(many, ASSIGNMENTS[2]!)).toEqual(alone);
  });

  it("give the effect on the treatment received: 1 where it is the assignment", () => {
    const refit = unitRefitter(unitRowsOf(settingOf(CELLS)), observed, "REML");
    expectClose(refit(observed, 0)!.onReceived, 1, closedForm, "on itself");
    expect(Math.abs(refit(ASSIGNMENTS[2]!, 0)!.onReceived)).toBeLessThan(0.9);
  });

  it("are null where treatment cannot be told from the periods", () => {
    const refit = unitRefitter(unitRowsOf(settingOf(CELLS)), observed, "REML");
    expect(refit(new Int32Array(UNITS).fill(3), 0)).toBeNull();
  });

  it("take only levels that lie within one unit", () => {
    const { frame, unit } = settingOf(CELLS);
    expect(isWithinUnits(unit, frame.Z)).toBe(true);
    const crossed = settingOf("y ~ treated + (1 | period)");
    expect(isWithinUnits(unit, crossed.frame.Z)).toBe(false);
  });
});

describe("gradient of the criterion", () => {
  it.each([
    ["clients", `${COHORT} + (0 + treated | unit)`, { cohort: true }, "REML"],
    ["clients, ML", COHORT, { cohort: true }, "ML"],
    ["decay and clients", "y ~ factor(period) + treated + (1 | client)", { cohort: true, decay: true }, "REML"],
  ] as const)("%s: finite differences", (_, formula, options, method) => {
    const setting = settingOf(formula, options);
    const rows = unitRowsOf(setting, (since) => since === 1);
    const terms = rows.Z.length;
    const deviance = unitDeviance(sumsBySwitch(rows), ASSIGNMENTS[1]!, 0.8, terms, method)!;
    const at = (x: Float64Array): UnitParameters => ({
      lambda: x.slice(0, terms),
      decay: setting.decay === null ? null : { lambda: x[terms]!, rho: x[terms + 1]! },
    });
    const x = Float64Array.from([
      ...setting.frame.Z.map((__, t) => 0.4 + 0.3 * t),
      ...(setting.decay ? [0.7, 0.6] : []),
    ]);
    deviance.value(at(x));
    const gradient = deviance.gradient();
    x.forEach((value, i) => {
      const h = 1e-5;
      const slope = (deviance.value(at(x.with(i, value + h))) - deviance.value(at(x.with(i, value - h)))) / (2 * h);
      expectClose(gradient[i]!, slope, iterated, `slope ${i}`, 1);
    });
  });
});
