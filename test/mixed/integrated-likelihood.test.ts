/** The deviance of a generalised linear mixed model and its gradient, against brute force and finite differences. */
import { describe, expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { conditionalFamily, emptyRow } from "../../src/mixed/conditional-family.js";
import { integratedModel } from "../../src/mixed/generalised-linear-mixed.js";
import type { IntegratedDeviance, IntegratedModel } from "../../src/mixed/integrated-likelihood.js";
import { laplaceDeviance } from "../../src/mixed/laplace-deviance.js";
import { quadratureDeviance } from "../../src/mixed/quadrature-deviance.js";
import { structureRandomTerms } from "../../src/mixed/random-structure.js";
import { gaussHermite } from "../../src/numeric/gauss-hermite.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { bruteForceDeviance, type SmallData } from "./brute-force-likelihood.js";
import { simulateTable } from "./simulated-table.js";

const data: SmallData = {
  y: [1, 0, 1, 1, 0, 0, 1, 0],
  x: [0.3, -1, 0.8, 2, 0, 1.1, -0.4, 0.5],
  cluster: [0, 0, 0, 1, 1, 1, 1, 1],
};
const counts: SmallData = { ...data, y: [3, 0, 2, 5, 1, 1, 0, 2] };

/** A binary outcome with either link, or a count. */
type Kind = "binomial" | "cloglog" | "poisson";
const familyOf = (kind: Kind) =>
  kind === "cloglog" ? conditionalFamily("binomial", "cloglog") : conditionalFamily(kind, "logit");

function smallModel({ y, x, cluster }: SmallData, family: Kind): IntegratedModel {
  const X = { rows: y.length, cols: 2, data: Float64Array.from(x.flatMap((v) => [1, v])) };
  const Z = {
    group: "cluster",
    names: ["(Intercept)"],
    levels: ["a", "b"],
    codes: Int32Array.from(cluster),
    values: { rows: y.length, cols: 1, data: new Float64Array(y.length).fill(1) },
  };
  const response = Float64Array.from(y);
  return integratedModel({ response, offset: null, X }, familyOf(family), structureRandomTerms([Z]));
}

describe.each([
  ["binomial", data],
  ["cloglog", data],
  ["poisson", counts],
] as const)("two clusters, %s", (family, rows) => {
  const at: [number, number, number] = [0.4, -0.3, 1.2];
  const x = Float64Array.from([at[2], at[0], at[1]]);
  const exact = bruteForceDeviance(rows, family, at);

  it("quadrature with many points is the integral", () => {
    expectClose(quadratureDeviance(smallModel(rows, family), gaussHermite(40)).value(x), exact, iterated, "deviance");
  });

  it("comes closer with more points; Laplace is close already", () => {
    const error = (points: number) =>
      Math.abs(quadratureDeviance(smallModel(rows, family), gaussHermite(points)).value(x) - exact);
    expect(error(1)).toBeLessThan(0.1);
    expect(error(1)).toBeGreaterThan(1e-4);
    expect(error(5)).toBeLessThan(error(1) / 10);
    expect(error(15)).toBeLessThan(error(5) / 10);
  });

  it("one point is Laplace's approximation, by either way", () => {
    const model = smallModel(rows, family);
    const [one, sparse] = [quadratureDeviance(model, gaussHermite(1)), laplaceDeviance(model)];
    expectClose(one.value(x), sparse.value(x), closedForm, "deviance");
    expectClose(one.gradient(), sparse.gradient(), iterated, "gradient", 1);
    expectClose(one.modes(), sparse.modes(), iterated, "modes", 1);
  });

  it("a variance of zero leaves the model without random effects", () => {
    const without = quadratureDeviance(smallModel(rows, family), gaussHermite(7)).value(x.with(0, 0));
    expectClose(without, bruteForceDeviance(rows, family, [at[0], at[1], 0]), iterated, "deviance");
  });
});

it("Laplace by hand: one cluster, one row of 1, at mode u: u = θ(1 − μ)", () => {
  const model = smallModel({ y: [1, 1], x: [0, 0], cluster: [0, 1] }, "binomial");
  const theta = 1.5;
  const deviance = laplaceDeviance(model);
  const value = deviance.value(Float64Array.from([theta, 0.2, 0]));
  const [u] = deviance.modes();
  const mu = 1 / (1 + Math.exp(-(0.2 + theta * u!)));
  expectClose(u!, theta * (1 - mu), iterated, "mode");
  expectClose(
    value,
    2 * (-2 * Math.log(mu) + u! ** 2 + Math.log(1 + theta ** 2 * mu * (1 - mu))),
    closedForm,
    "deviance",
  );
});

describe.each(["binomial", "cloglog", "poisson"] as const)("a row, %s", (kind) => {
  const family = familyOf(kind);
  // Small and large hazards, and both sides of where the series takes over.
  it.each([-20, -6, -3.6, -3.4, -1, 0, 1, 2.5])("derivatives at η = %d are those of the log-density", (eta) => {
    for (const y of [0, 1]) {
      const at = (v: number) => {
        const row = emptyRow();
        family.at(y, v, row);
        return row;
      };
      const row = at(eta);
      const h = 1e-4;
      const slope = (of: "logDensity" | "score" | "information") =>
        (8 * (at(eta + h)[of] - at(eta - h)[of]) - (at(eta + 2 * h)[of] - at(eta - 2 * h)[of])) / (12 * h);
      expectClose(row.score, slope("logDensity"), iterated, `score of ${y}`, 1e-3);
      expectClose(row.information, -slope("score"), iterated, `information of ${y}`, 1e-3);
      expectClose(row.third, slope("information"), iterated, `third of ${y}`, 1e-3);
    }
  });
});

it("complementary log-log: the information of a rare event keeps its digits", () => {
  const row = emptyRow();
  conditionalFamily("binomial", "cloglog").at(1, Math.log(1e-9), row);
  // t/2 − t²/12 …
  expectClose(row.information, 5e-10, iterated, "information");
  expectClose(row.score, 1 - 5e-10, closedForm, "score");
});

describe.each(["binomial", "cloglog", "poisson"] as const)("gradients, %s", (family) => {
  const table = simulateTable(5, { site: 1, person: 1, rater: 0.5, slope: 0.5, residual: 1 });

  const check = (formula: string, make: (model: IntegratedModel) => IntegratedDeviance) => {
    const frame = modelFrame({ formula: parseFormula(formula), table, residual: false });
    const middle = [...frame.response].sort((a, b) => a - b)[frame.response.length >> 1]!;
    const response = frame.response.map((y) =>
      family !== "poisson" ? Number(y > middle) : Math.max(0, Math.round(y / 2)),
    );
    const model = integratedModel({ ...frame, response }, familyOf(family), structureRandomTerms(frame.Z));
    const deviance = make(model);
    const count = model.structure.theta.length;
    const x = Float64Array.from({ length: count + frame.X.cols }, (_, i) =>
      i < count ? 0.8 - 0.13 * i : 0.15 * (i - count),
    );
    deviance.value(x);
    const gradient = deviance.gradient();
    const h = 1e-5;
    const differences = x.map(
      (v, i) => (deviance.value(x.with(i, v + h)) - deviance.value(x.with(i, v - h))) / (2 * h),
    );
    expectClose(gradient, differences, iterated, formula, 1);
  };

  it.each(["y ~ x + w + (1 | site)", "y ~ x + w + (0 + x | site)"])("quadrature: %s", (formula) => {
    for (const points of [1, 2, 5, 15]) check(formula, (model) => quadratureDeviance(model, gaussHermite(points)));
  });
  it.each([
    "y ~ x + w + (1 | site)",
    "y ~ x + (1 | site / person) + (1 | rater)",
    "y ~ x + (x | site / person) + (1 | rater) + (0 + w | rater)",
  ])("Laplace: %s", (formula) => check(formula, laplaceDeviance));
});
