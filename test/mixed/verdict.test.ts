/** One case per verdict. */
import { describe, expect, it } from "vitest";
import { parameterCovariance } from "../../src/mixed/satterthwaite.js";
import { verdict } from "../../src/mixed/verdict.js";
import { fromRows } from "../../src/numeric/matrix.js";
import type { Minimum } from "../../src/numeric/minimise.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

const good: Minimum = {
  at: Float64Array.of(1),
  value: 100,
  gradient: Float64Array.of(0),
  hessian: fromRows([[2]]),
  decrement: 0,
  iterations: 7,
  evaluations: 20,
  converged: true,
};
const covariance = fromRows([[1]]);
const said = (minimum: Minimum, secondLower = 0, known: typeof covariance | null = covariance) =>
  verdict({ minimum, secondLower }, "here", known).map(({ code, severity, message, path }) => {
    expect({ severity, path }).toEqual({ severity: "error", path: "here" });
    return `${code}: ${message}`;
  });

describe("the verdict", () => {
  it("is none on a good minimum, also where a second search is lower by rounding", () => {
    expect(said(good)).toEqual([]);
    expect(said(good, 1e-9)).toEqual([]);
    expect(verdict({ minimum: good, secondLower: 0 }, "here")).toEqual([]);
  });
  it("names a criterion that cannot be evaluated", () => {
    expect(said({ ...good, value: Number.NaN })).toEqual([expect.stringMatching(/^fit.not-converged.*evaluated/)]);
  });
  it("names a decrement that is left, with its size and the iterations", () => {
    expect(said({ ...good, converged: false, decrement: 0.25 })).toEqual([
      expect.stringMatching(/^fit.not-converged.*7 iterations.*fall by 0.25/),
    ]);
  });
  it("names a curvature that is not that of a minimum", () => {
    expect(said({ ...good, converged: false, hessian: null })).toEqual([
      expect.stringMatching(/^fit.not-converged.*curvature/),
    ]);
  });
  it("names a second search that found something lower, by how much", () => {
    expect(said(good, 0.5)).toEqual([expect.stringMatching(/^fit.second-optimiser.*0.500/)]);
  });
  it("names information that is not positive definite", () => {
    expect(said(good, 0, null)).toEqual([expect.stringMatching(/^fit.not-converged.*information/)]);
  });
});

describe("the covariance of the variance parameters", () => {
  it("is twice the inverse of the information", () => {
    const observed = fromRows([
      [4, 0],
      [0, 0.5],
    ]);
    expectClose(parameterCovariance({ observed })!.data, [0.5, 0, 0, 4], closedForm, "covariance");
  });
  it("is none where only rounding keeps the information from being singular, whatever the scale", () => {
    const almost = fromRows([
      [1e8, 1e4],
      [1e4, 1 + 1e-15],
    ]);
    expect(parameterCovariance({ observed: almost })).toBeNull();
    expect(
      parameterCovariance({
        observed: fromRows([
          [1, 0],
          [0, -1],
        ]),
      }),
    ).toBeNull();
    expect(
      parameterCovariance({
        observed: fromRows([
          [1e8, 0],
          [0, 1e-8],
        ]),
      }),
    ).not.toBeNull();
  });
});
