/** Where Laplace's approximation is off, what is said of it is what a fit by quadrature finds. */
import { describe, expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import type { FamilyName } from "../../src/mixed/conditional-family.js";
import { fitGeneralisedLinearMixed } from "../../src/mixed/generalised-linear-mixed.js";
import { laplaceAccuracy, laplaceProblems } from "../../src/mixed/laplace-accuracy.js";
import type { Column, Table } from "../../src/table/table.js";
import { readReference } from "../reference/reference-case.js";
import { randomStream } from "./simulated-table.js";

interface Shape {
  readonly family: FamilyName;
  readonly groups: number;
  readonly size: number;
  readonly sd: number;
}

/** Outcomes given x = 0, 1, 0, … within groups of one size. */
function simulate({ family, groups, size, sd }: Shape, seed: number): Table {
  const { normal, uniform } = randomStream(seed);
  const n = groups * size;
  const effects = Array.from({ length: groups }, () => sd * normal());
  const codes = Int32Array.from({ length: n }, (_, i) => Math.floor(i / size));
  const x = Float64Array.from({ length: n }, (_, i) => (i % size) % 2);
  const y = x.map((v, i) => {
    const rate = Math.exp(-0.5 + 0.8 * v + effects[codes[i]!]!);
    if (family === "binomial") return uniform() < rate / (1 + rate) ? 1 : 0;
    const wait = () => -Math.log(1 - uniform());
    let count = 0;
    for (let time = wait(); time < rate; time += wait()) count++;
    return count;
  });
  const number = (values: Float64Array): Column => ({ kind: "number", type: "number", values, unit: null });
  const levels = Array.from({ length: groups }, (_, g) => `g${g}`);
  return {
    name: "rows",
    rows: n,
    lines: null,
    columns: new Map<string, Column>([
      ["y", number(y)],
      ["x", number(x)],
      ["w", number(x.map((v) => 1000 + 50 * v))],
      ["g", { kind: "category", type: "id", codes, levels }],
    ]),
  };
}

const frameOf = (table: Table, formula = "y ~ x + (1 | g)") =>
  modelFrame({ formula: parseFormula(formula), table, residual: false });

/** Both fits, and the moves between them in Laplace's standard errors. */
function compare(table: Table, family: FamilyName, formula?: string) {
  const frame = frameOf(table, formula);
  const laplace = fitGeneralisedLinearMixed(frame, { family });
  const quadrature = fitGeneralisedLinearMixed(frame, { family, quadrature: 25 });
  const { data, cols } = laplace.jointCovariance;
  const from = [...laplace.theta, ...laplace.coef];
  const moves = [...quadrature.theta, ...quadrature.coef].map(
    (to, i) => (to - from[i]!) / Math.sqrt(data[i * (cols + 1)]!),
  );
  return { frame, laplace, quadrature, moves };
}

describe("few rows per level", () => {
  it.each([
    ["0/1, five rows, a large variance", { family: "binomial", groups: 300, size: 5, sd: 3 }],
    ["0/1, four rows", { family: "binomial", groups: 100, size: 4, sd: 1.5 }],
    ["counts, two rows", { family: "poisson", groups: 200, size: 2, sd: 1.2 }],
  ] as const)("%s", (_, shape) => {
    const { frame, laplace, quadrature, moves } = compare(simulate(shape, 2), shape.family);
    const accuracy = laplaceAccuracy(frame, laplace)!;
    // One Newton step: a tenth of the way short where the way is long.
    moves.forEach((move, i) => {
      expect(Math.abs(accuracy.moves[i]! - move)).toBeLessThan(0.15 * Math.abs(move) + 0.01);
    });
    // At Laplace's estimate quadrature's likelihood is not yet at its own maximum.
    expect(laplace.logLik + accuracy.logLik).toBeLessThan(quadrature.logLik);
    expect(Math.abs(moves[0]!)).toBeGreaterThan(0.1);
    const [problem, ...others] = laplaceProblems(frame, laplace, "plan.yaml");
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: "fit.laplace", severity: "warning", path: "plan.yaml" });
    expect(problem!.message).toContain(
      `sd:g:(Intercept) would be about ${accuracy.moves[0]!.toPrecision(2)} standard errors larger`,
    );
    expect(problem!.message).toContain('Write "quadrature: 25"');
    // What it asks for is not asked for again.
    expect(laplaceProblems(frame, quadrature)).toEqual([]);
  });
});

describe("nothing is said", () => {
  it("of many rows per level", () => {
    const { frame, laplace, moves } = compare(
      simulate({ family: "binomial", groups: 20, size: 30, sd: 0.6 }, 3),
      "binomial",
    );
    expect(Math.max(...moves.map(Math.abs))).toBeLessThan(0.1);
    expect(laplaceAccuracy(frame, laplace)).not.toBeNull();
    expect(laplaceProblems(frame, laplace)).toEqual([]);
  });
  it("of cbpp, where glmer's own two approximations agree", () => {
    const { table, fits } = readReference("glmm-cbpp");
    const { frame, laplace, moves } = compare(table, "binomial", fits[0]!.formula);
    const accuracy = laplaceAccuracy(frame, laplace)!;
    moves.forEach((move, i) => {
      expect(Math.abs(accuracy.moves[i]! - move)).toBeLessThan(0.001);
    });
    expect(laplaceProblems(frame, laplace)).toEqual([]);
  });
  it("where a variance is zero: the approximation is exact there", () => {
    const table = simulate({ family: "binomial", groups: 30, size: 4, sd: 0 }, 1);
    const { frame, laplace } = compare(table, "binomial");
    expect(laplace.singular).toBe(true);
    expect(laplaceAccuracy(frame, laplace)).toBeNull();
    expect(laplaceProblems(frame, laplace)).toEqual([]);
  });
  it("of several random effects per level: there is no quadrature to compare with", () => {
    const table = simulate({ family: "binomial", groups: 60, size: 5, sd: 2 }, 2);
    const frame = frameOf(table, "y ~ x + (x || g)");
    const laplace = fitGeneralisedLinearMixed(frame, { family: "binomial" });
    expect(laplaceAccuracy(frame, laplace)).toBeNull();
  });
});

it("a covariate in other units changes nothing", () => {
  const table = simulate({ family: "binomial", groups: 100, size: 4, sd: 1.5 }, 2);
  const [plain, rescaled] = ["x", "w"].map((covariate) => {
    const frame = frameOf(table, `y ~ ${covariate} + (1 | g)`);
    return laplaceAccuracy(frame, fitGeneralisedLinearMixed(frame, { family: "binomial" }))!;
  });
  expect(rescaled!.logLik).toBeCloseTo(plain!.logLik, 6);
  expect(rescaled!.moves[0]!).toBeCloseTo(plain!.moves[0]!, 4);
  expect(rescaled!.moves[2]!).toBeCloseTo(plain!.moves[2]!, 4);
});
