/** Scores of assignments at the model without treatment: by hand, by dense matrices, and their level in simulated trials. */
import { describe, expect, it } from "vitest";
import type { Frame } from "../../src/formula/frame.js";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { assignmentsWithinStrata } from "../../src/inference/assignment-set.js";
import { scorePermutationTest } from "../../src/inference/score-permutation.js";
import { fitGeneralisedLinear } from "../../src/linear/generalised-linear.js";
import { fitGeneralisedLinearMixed } from "../../src/mixed/generalised-linear-mixed.js";
import { invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { dot, type Matrix, timesVector, zeros } from "../../src/numeric/matrix.js";
import { type NullModelData, nullModel } from "../../src/stepped-wedge/null-score.js";
import { closedForm, expectClose, monteCarlo, optimised } from "../numeric/tolerance.js";
import { chance, idColumn, numberColumn, simulatedWedge } from "./simulated-wedge.js";

/** Units switch in turn in periods 2 to 5 of `period`. */
const switches = (units: number): Int32Array => Int32Array.from({ length: units }, (_, u) => 2 + (u % 4));

interface Setting extends NullModelData {
  readonly period: Float64Array;
}

function settingOf(
  formula: string,
  family: "binomial" | "poisson",
  { cohort = false, seed = 1, leftOut = 0, flip = false } = {},
): Setting {
  const table = simulatedWedge({ units: 8, perCell: 6, family, cohort, seed });
  const frame = modelFrame({ formula: parseFormula(formula), table });
  const unit = table.columns.get("unit")!;
  const period = table.columns.get("period")!;
  if (unit.kind !== "category" || period.kind !== "number") throw new Error("not a wedge");
  const { values } = period;
  const observed = switches(8);
  return {
    frame: flip ? { ...frame, response: frame.response.map((y) => 1 - y) } : frame,
    family,
    unit: unit.codes,
    units: 8,
    period: values,
    received: Float64Array.from(unit.codes, (u, row) => (values[row]! >= observed[u]! ? 1 : 0)),
    treatment: (switched) =>
      Float64Array.from(values, (t) => (t >= switched && t < switched + leftOut ? Number.NaN : t >= switched ? 1 : 0)),
  };
}

/** U and J by n×n matrices. */
function dense(setting: Setting, assignment: Int32Array, shift: number): { U: number; J: number } {
  const { frame, family, received, unit, treatment } = setting;
  const offset = received.map((value) => shift * value);
  const own: Frame = { ...frame, offset };
  const fit = frame.Z.length === 0 ? null : fitGeneralisedLinearMixed(own, { family });
  const eta = fit?.eta ?? fitGeneralisedLinear(own, { family }).eta;
  const mean = (v: number) => (family === "binomial" ? 1 / (1 + Math.exp(-v)) : Math.exp(v));
  const weight = (v: number) => (family === "binomial" ? mean(v) * (1 - mean(v)) : mean(v));
  const rows = [...unit.keys()].filter((row) => !Number.isNaN(treatment(assignment[unit[row]!]!)[row]!));
  const n = rows.length;
  const V = zeros(n, n);
  rows.forEach((row, i) => {
    V.data[i * n + i] = 1 / weight(eta[row]!);
    rows.forEach((other, j) => {
      frame.Z.forEach(({ codes }, t) => {
        if (codes[row] === codes[other]) V.data[i * n + j]! += fit!.random[t]!.covariance.data[0]!;
      });
    });
  });
  const inverse = invertPositiveDefinite(V)!;
  const column = (values: (row: number) => number) => Float64Array.from(rows, values);
  const T = column((row) => treatment(assignment[unit[row]!]!)[row]!);
  const z = column((row) => eta[row]! - offset[row]! + (frame.response[row]! - mean(eta[row]!)) / weight(eta[row]!));
  const p = frame.X.cols;
  const X = Array.from({ length: p }, (_, j) => column((row) => frame.X.data[row * p + j]!));
  const VX = X.map((x) => timesVector(inverse, x));
  const A: Matrix = { rows: p, cols: p, data: Float64Array.from(X.flatMap((x) => VX.map((v) => dot(x, v)))) };
  const back = invertPositiveDefinite(A)!;
  const onX = (v: Float64Array) =>
    timesVector(
      back,
      Float64Array.from(VX, (x) => dot(x, v)),
    );
  const beta = onX(T);
  const PT = timesVector(
    inverse,
    T.map((value, i) => value - X.reduce((sum, x, j) => sum + beta[j]! * x[i]!, 0)),
  );
  return { U: dot(PT, z), J: dot(PT, T) };
}

const ASSIGNMENTS = [switches(8), Int32Array.of(3, 2, 5, 4, 2, 5, 3, 4), Int32Array.of(5, 4, 3, 2, 5, 4, 3, 2)];

describe("nullModel", () => {
  it("four units by hand: the sum over treated of observed less expected", () => {
    // Ten clients a cell. Period 2: 7, 6, 2 and 3 events, 18 of 40, so that 4.5 are expected of each unit.
    const events = [
      [4, 7, 8],
      [5, 6, 9],
      [3, 2, 7],
      [4, 3, 8],
    ];
    const rows = events.flatMap((own, unit) =>
      own.flatMap((count, t) => Array.from({ length: 10 }, (_, i) => ({ unit, t, y: i < count ? 1 : 0 }))),
    );
    const columns = new Map([
      ["y", numberColumn(rows.map(({ y }) => y))],
      ["t", idColumn(rows.map(({ t }) => `p${t}`))],
    ]);
    const table = { name: "rows", rows: rows.length, lines: null, columns };
    const period = Float64Array.from(rows, ({ t }) => t);
    const unit = Int32Array.from(rows, (row) => row.unit);
    const observed = Int32Array.of(1, 1, 2, 2);
    const at = nullModel({
      frame: modelFrame({ formula: parseFormula("y ~ t"), table }),
      family: "binomial",
      unit,
      units: 4,
      received: Float64Array.from(unit, (u, row) => (period[row]! >= observed[u]! ? 1 : 0)),
      treatment: (switched) => period.map((t) => (t >= switched ? 1 : 0)) as Float64Array,
    });
    // Of n = 40 with 20 treated the information is w (20 − 20²/40), w = 0.45 × 0.55.
    const information = 0.45 * 0.55 * 10;
    const scores = at(0)!;
    const { step, information: found } = scores.step(observed);
    expectClose([found, step * found], [information, 2.5 + 1.5], closedForm, "information and score");
    expectClose(scores.score(Int32Array.of(1, 2, 1, 2)), (2.5 - 2.5) / Math.sqrt(information), closedForm, "A, C", 1);
    expectClose(scores.score(Int32Array.of(1, 2, 2, 1)), (2.5 - 1.5) / Math.sqrt(information), closedForm, "A, D");
    const set = assignmentsWithinStrata(observed, new Int32Array(4));
    const request = { exact: true, count: 6, seed: 1, purpose: "a", interval: true, level: 0.6 };
    const result = scorePermutationTest({ set, observed, at }, request)!;
    // 4 and −4 of ±4, ±1 and twice 0.
    expectClose(result.p, 2 / 6, closedForm, "p");
    // The logistic regression's own effect: odds of 13/20 against 5/20.
    expectClose(result.estimate, Math.log(13 / 7 / (5 / 15)), optimised.estimate, "estimate");
    expect(result.lower).toBeLessThan(result.estimate);
    expect(result.upper).toBeGreaterThan(result.estimate);
  });

  const CELLS = "y ~ factor(period) + age + (1 | unit) + (1 | unit:period)";
  it.each([
    ["binomial, nested exchangeable", CELLS, "binomial", {}],
    ["poisson, nested exchangeable", CELLS, "poisson", { seed: 2 }],
    ["binomial, clients who come back", `${CELLS} + (1 | client)`, "binomial", { cohort: true, seed: 3 }],
    ["poisson, the switch period left out", CELLS, "poisson", { leftOut: 1, seed: 4 }],
    ["binomial, units as fixed effects", "y ~ factor(period) + unit", "binomial", { seed: 5 }],
  ] as const)("%s: dense matrices", (_, formula, family, options) => {
    const setting = settingOf(formula, family, options);
    const at = nullModel(setting);
    for (const shift of [0, 0.9])
      for (const assignment of ASSIGNMENTS) {
        const { U, J } = dense(setting, assignment, shift);
        const scores = at(shift)!;
        const what = `shift ${shift}, ${assignment.join("")}`;
        expectClose(scores.score(assignment), U / Math.sqrt(J), optimised.estimate, `score, ${what}`, 1);
        expectClose(scores.step(assignment).information, J, optimised.variance, `information, ${what}`);
      }
  });

  it("with no and yes exchanged changes sign", () => {
    const scores = nullModel(settingOf(CELLS, "binomial"))(0)!;
    const flipped = nullModel(settingOf(CELLS, "binomial", { flip: true }))(0)!;
    for (const one of ASSIGNMENTS) expectClose(flipped.score(one), -scores.score(one), optimised.estimate, "score", 1);
  });

  it("has no score where all switch at once, and no fit where a period has no events", () => {
    const setting = settingOf("y ~ factor(period) + age", "binomial");
    expect(nullModel(setting)(0)!.score(new Int32Array(8).fill(3))).toBeNaN();
    const { frame, period } = setting;
    const empty = {
      ...setting,
      frame: { ...frame, response: frame.response.map((y, i) => (period[i] === 2 ? 0 : y)) },
    };
    expect(nullModel(empty)(0)).toBeNull();
  });

  /**
   * Six units in three sequences, 90 assignments; rates of units and of their periods vary far more than the model's one
   * effect of units says, and the counts are overdispersed. The level is that of the randomisation none the less.
   */
  it("keeps its level where the model is wrong", { timeout: 60_000 }, () => {
    const { uniform, normal } = chance(11);
    const labels = Int32Array.of(1, 1, 2, 2, 3, 3);
    const set = assignmentsWithinStrata(labels, new Int32Array(6));
    const trials = 250;
    let rejected = 0;
    let rejectedByModel = 0;
    for (let trial = 0; trial < trials; trial++) {
      const observed = set.at(Math.floor(uniform() * set.size));
      const rows = [0, 1, 2, 3, 4, 5].flatMap((unit) => {
        const level = normal();
        return [0, 1, 2, 3].flatMap((t) => {
          const cell = 1.2 * normal();
          return [0, 1, 2, 3].map(() => ({
            unit,
            t,
            y: Math.floor(Math.exp(0.7 * level + cell + 0.3 * t) * 3 * uniform() ** 2 + uniform()),
          }));
        });
      });
      const columns = new Map([
        ["y", numberColumn(rows.map(({ y }) => y))],
        ["t", idColumn(rows.map(({ t }) => `p${t}`))],
        ["unit", idColumn(rows.map(({ unit }) => `u${unit}`))],
      ]);
      const table = { name: "rows", rows: rows.length, lines: null, columns };
      const period = Float64Array.from(rows, ({ t }) => t);
      const unit = Int32Array.from(rows, (row) => row.unit);
      const at = nullModel({
        frame: modelFrame({ formula: parseFormula("y ~ t + (1 | unit)"), table }),
        family: "poisson",
        unit,
        units: 6,
        received: Float64Array.from(unit, (u, row) => (period[row]! >= observed[u]! ? 1 : 0)),
        treatment: (switched) => period.map((t) => (t >= switched ? 1 : 0)) as Float64Array,
      });
      const request = { exact: true, count: set.size, seed: 1, purpose: "a", interval: false, level: 0.95 };
      const result = scorePermutationTest({ set, observed, at }, request);
      expect(result).not.toBeNull();
      if (result!.p <= 0.1) rejected++;
      // The score as a normal variable, as the model would have it.
      if (Math.abs(at(0)!.score(observed)) > 1.645) rejectedByModel++;
    }
    expectClose(rejected / trials, 0.1, monteCarlo(Math.sqrt((0.1 * 0.9) / trials), 0.1), "level");
    expect(rejectedByModel / trials).toBeGreaterThan(0.3);
  });
});
