import { describe, expect, it } from "vitest";
import type { RegressionFrame } from "../../src/formula/frame.js";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { fitResidualStrata, type ResidualStrataFit } from "../../src/mixed/residual-strata.js";
import { randomStream } from "../../src/numeric/random-stream.js";
import { combineDesigns, differenceOfDesigns, effectRows, stackDesigns } from "../../src/stepped-wedge/joint.js";
import type { Column, Table } from "../../src/table/table.js";
import { plainMarginal, termComponent } from "../mixed/plain-marginal.js";
import { closedForm, exact, expectClose, iterated, optimised } from "../numeric/tolerance.js";

const number = (values: number[]): Column => ({
  kind: "number",
  type: "number",
  unit: null,
  values: Float64Array.from(values),
});
const id = (labels: string[]): Column => {
  const levels = [...new Set(labels)];
  return { kind: "category", type: "id", levels, codes: Int32Array.from(labels, (label) => levels.indexOf(label)) };
};
const tableOf = (columns: Record<string, Column>, rows: number): Table => ({
  name: "made",
  rows,
  columns: new Map(Object.entries(columns)),
  lines: null,
});

/** Design A: 6 units, 4 therapists each, 3 clients each, therapists in arms. */
function designA(): RegressionFrame {
  const stream = randomStream(3, "joint A", 0);
  const rows = Array.from({ length: 72 }, (_, i) => ({
    unit: Math.floor(i / 12),
    therapist: Math.floor(i / 3),
    x: stream.normal(),
  }));
  const units = Array.from({ length: 6 }, () => stream.normal());
  const therapists = Array.from({ length: 24 }, () => 1.5 * stream.normal());
  const y = rows.map(
    ({ unit, therapist, x }) =>
      20 + 2 * (therapist % 2) + x + units[unit]! + therapists[therapist]! + 3 * stream.normal(),
  );
  const table = tableOf(
    {
      unit: id(rows.map(({ unit }) => `A${unit}`)),
      therapist: id(rows.map(({ therapist }) => `T${therapist}`)),
      fit: number(rows.map(({ therapist }) => therapist % 2)),
      x: number(rows.map(({ x }) => x)),
      y: number(y),
    },
    72,
  );
  return modelFrame({ formula: parseFormula("y ~ fit + x + (1 | unit) + (1 | therapist)"), table });
}

/** Design B: 4 units, 5 periods, 4 clients in each, one unit a period switches. */
function designB(): RegressionFrame {
  const stream = randomStream(3, "joint B", 0);
  const rows = Array.from({ length: 80 }, (_, i) => ({ unit: Math.floor(i / 20), period: Math.floor(i / 4) % 5 }));
  const units = Array.from({ length: 4 }, () => 2 * stream.normal());
  const cells = Array.from({ length: 20 }, () => stream.normal());
  const treated = rows.map(({ unit, period }) => (period > unit ? 1 : 0));
  const y = rows.map(
    ({ unit, period }, i) =>
      18 + 0.3 * period + 2 * treated[i]! + units[unit]! + cells[unit * 5 + period]! + 4 * stream.normal(),
  );
  const table = tableOf(
    {
      unit: id(rows.map(({ unit }) => `B${unit}`)),
      period: id(rows.map(({ period }) => `P${period}`)),
      treated: number(treated),
      y: number(y),
    },
    80,
  );
  return modelFrame({ formula: parseFormula("y ~ period + treated + (1 | unit) + (1 | unit:period)"), table });
}

const [A, B] = [designA(), designB()];
const parts = [
  { name: "individual", frame: A, strata: null, effects: ["fit"] },
  { name: "stepped-wedge", frame: B, strata: null, effects: ["treated"] },
];
const { frame, strata } = stackDesigns(parts, ["effect"]);
const sdOf = (fit: Pick<ResidualStrataFit, "random">, t: number): number =>
  Math.sqrt(fit.random[t]!.covariance.data[0]!);

describe("stackDesigns", () => {
  it("keeps each design's columns, and joins those of the effect", () => {
    expect(frame.names).toEqual([
      "individual: (Intercept)",
      "individual: x",
      "stepped-wedge: (Intercept)",
      ...["P1", "P2", "P3", "P4"].map((period) => `stepped-wedge: period[${period}]`),
      "effect",
    ]);
    const p = frame.names.length;
    const column = (name: string): number[] =>
      Array.from({ length: 152 }, (_, i) => frame.X.data[i * p + frame.names.indexOf(name)]!);
    expect(column("effect")).toEqual([
      ...Array.from({ length: 72 }, (_, i) => A.X.data[i * 3 + 1]!),
      ...Array.from({ length: 80 }, (_, i) => B.X.data[i * 6 + 5]!),
    ]);
    expect(column("stepped-wedge: (Intercept)")).toEqual([...Array(72).fill(0), ...Array(80).fill(1)]);
    expect([...frame.response]).toEqual([...A.response, ...B.response]);
  });

  it("makes each design's random terms zero elsewhere, and ties no clusters together", () => {
    expect(frame.Z.map(({ group, names }) => [group, ...names])).toEqual([
      ["unit (individual)", "(Intercept)"],
      ["therapist (individual)", "(Intercept)"],
      ["unit (stepped-wedge)", "(Intercept)"],
      ["unit:period (stepped-wedge)", "(Intercept)"],
    ]);
    const [unitA, therapist, unitB, cell] = frame.Z;
    expect(unitA!.levels.slice(0, 6)).toEqual(["A0", "A1", "A2", "A3", "A4", "A5"]);
    expect(unitA!.levels.slice(6)).toEqual(["B0", "B1", "B2", "B3"].map((unit) => `stepped-wedge: unit ${unit}`));
    expect(therapist!.levels.slice(24)).toEqual(["B0", "B1", "B2", "B3"].map((unit) => `stepped-wedge: unit ${unit}`));
    expect([...unitB!.values.data]).toEqual([...Array(72).fill(0), ...Array(80).fill(1)]);
    expect(cell!.levels).toHaveLength(26);
    expect(strata.levels).toEqual(["individual", "stepped-wedge"]);
  });

  it("keeps the residual strata of a design that has several", () => {
    const codes = Int32Array.from({ length: 72 }, (_, i) => i % 2);
    const joint = stackDesigns([{ ...parts[0]!, strata: { codes, levels: ["TAU", "FIT"] } }, parts[1]!], ["effect"]);
    expect(joint.strata.levels).toEqual(["individual:TAU", "individual:FIT", "stepped-wedge"]);
  });
});

describe("the one-stage fit", () => {
  it("is the two separate fits when no effect is common", () => {
    const apart = stackDesigns(
      parts.map((part) => ({ ...part, effects: [] })),
      [],
    );
    const both = fitResidualStrata(apart.frame, apart.strata, { df: "kenward-roger" });
    const [a, b] = [fitLinearMixed(A, { df: "kenward-roger" }), fitLinearMixed(B, { df: "kenward-roger" })];
    expectClose(both.logLik, a.logLik + b.logLik, iterated, "log-likelihood");
    expectClose(both.coef, [...a.coef, ...b.coef], optimised.estimate, "coef", 1);
    const se = (fit: { vcov: { data: Float64Array; cols: number } }): number[] =>
      Array.from({ length: fit.vcov.cols }, (_, j) => Math.sqrt(fit.vcov.data[j * (fit.vcov.cols + 1)]!));
    expectClose(se(both), [...se(a), ...se(b)], optimised.se, "standard errors");
    expectClose(
      [0, 1].map((t) => sdOf(both, t)),
      [0, 1].map((t) => sdOf(a, t)),
      optimised.variance,
      "sds of A",
    );
    expectClose(
      [2, 3].map((t) => sdOf(both, t)),
      [0, 1].map((t) => sdOf(b, t)),
      optimised.variance,
      "sds of B",
    );
  });

  it.each(["satterthwaite", "kenward-roger"] as const)("agrees with dense matrices, %s", (df) => {
    const fit = fitResidualStrata(frame, strata, { df });
    expect(fit.converged).toBe(true);
    const n = frame.response.length;
    const residuals = [0, 1].map((s) => {
      const matrix = { rows: n, cols: n, data: new Float64Array(n * n) };
      strata.codes.forEach((code, i) => {
        if (code === s) matrix.data[i * (n + 1)] = 1;
      });
      return { value: fit.sigma.data[s * 3]!, matrix };
    });
    // A variance at zero is left out of the information, in both.
    const random = frame.Z.map((term, t) => termComponent(term, fit.random[t]!.covariance.data[0]!));
    const components = [...random.filter(({ value }) => value > 0), ...residuals];
    const plain = plainMarginal(frame.X, frame.response, components, "REML");
    expectClose(fit.deviance, plain.criterion, closedForm, "criterion");
    expectClose(fit.coef, plain.beta, iterated, "coef", 1);
    const adjusted = plain.kenwardRoger("expected");
    const L = effectRows(fit.names.length, 1);
    const se = (data: Float64Array): number => Math.sqrt(data.at(-1)!);
    expectClose(se(fit.vcov.data), se((df === "satterthwaite" ? plain.phi : adjusted.vcov).data), optimised.se, "se");
    const expected = df === "satterthwaite" ? plain.satterthwaite(L.data) : adjusted.df(L.data);
    expectClose(fit.denominatorDf(L).df, expected, optimised.df, "df");
  });

  it("turns the sign of the effect when the arms of both designs are swapped", () => {
    const swapped = (part: (typeof parts)[number]): (typeof parts)[number] => {
      const { X, names } = part.frame;
      const at = names.indexOf(part.effects[0]!);
      const data = X.data.map((v, i) => (i % X.cols === at ? 1 - v : v));
      return { ...part, frame: { ...part.frame, X: { ...X, data } } };
    };
    const turned = stackDesigns(parts.map(swapped), ["effect"]);
    const before = fitResidualStrata(frame, strata).coef.at(-1)!;
    expectClose(fitResidualStrata(turned.frame, turned.strata).coef.at(-1)!, -before, optimised.estimate, "effect");
  });

  it("does not depend on which design comes first", () => {
    const turned = stackDesigns([...parts].reverse(), ["effect"]);
    const [one, other] = [fitResidualStrata(frame, strata), fitResidualStrata(turned.frame, turned.strata)];
    expectClose(other.coef.at(-1)!, one.coef.at(-1)!, optimised.estimate, "effect");
    expectClose(other.logLik, one.logLik, iterated, "log-likelihood");
  });
});

describe("two stages, worked by hand", () => {
  const a = { value: 2, se: 1, df: 20 };
  const b = { value: 5, se: 2, df: 8 };

  it("weights by the inverse variance", () => {
    // Weights 1 : 1/4, so 4/5 and 1/5; variance 1 / (1 + 1/4) = 4/5; v = (16/25, 4/25).
    const { value, se, df, weights } = combineDesigns([a, b]);
    expectClose(weights, [0.8, 0.2], exact, "weights");
    expectClose(value, 2.6, closedForm, "estimate");
    expectClose(se ** 2, 0.8, closedForm, "variance");
    expectClose(df, 0.64 / (0.64 ** 2 / 20 + 0.16 ** 2 / 8), closedForm, "df");
  });

  it("tests the difference of the designs", () => {
    const { value, se, df } = differenceOfDesigns(a, b);
    expect(value).toBe(-3);
    expectClose(se ** 2, 5, closedForm, "variance");
    expectClose(df, 25 / (1 / 20 + 16 / 8), closedForm, "df");
  });

  it("has normal degrees of freedom when both estimates do", () => {
    expect(
      combineDesigns([
        { ...a, df: Number.POSITIVE_INFINITY },
        { ...b, df: Number.POSITIVE_INFINITY },
      ]).df,
    ).toBe(Infinity);
  });
});
