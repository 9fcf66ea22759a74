import { describe, expect, it } from "vitest";
import { COVARIANCE_STRUCTURES } from "../../src/formula/formula.js";
import { covarianceStructure } from "../../src/mixed/covariance-structure.js";
import { cholesky } from "../../src/numeric/cholesky.js";
import { zeros } from "../../src/numeric/matrix.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";

const K = 4;
const names = [...COVARIANCE_STRUCTURES, "diagonal"] as const;
const parametersOf = { us: 10, cs: 2, csh: 5, ar1: 2, ar1h: 5, ad: 4, adh: 7, toep: 4, toeph: 7, diagonal: 4 };
/** Some numbers without a pattern, small enough for correlations of a covariance matrix. */
const someNumbers = (count: number) => Float64Array.from({ length: count }, (_, i) => 0.15 + 0.2 * Math.sin(3 * i + 1));

describe.each(names)("%s", (name) => {
  const structure = covarianceStructure(name, K);
  const psi = someNumbers(structure.parameters);
  const at = structure.at(psi);

  it("has as many parameters as the table of SAS gives it", () => {
    expect(structure.parameters).toBe(parametersOf[name]);
  });

  it("gives a symmetric positive definite matrix here", () => {
    for (let u = 0; u < K; u++)
      for (let v = 0; v < K; v++) expect(at.sigma.data[u * K + v]).toBe(at.sigma.data[v * K + u]);
    expect(cholesky(at.sigma)).not.toBeNull();
  });

  it("slopes are those of finite differences", () => {
    const h = 1e-5;
    at.slopes().forEach((slope, a) => {
      const above = structure.at(psi.with(a, psi[a]! + h)).sigma.data;
      const below = structure.at(psi.with(a, psi[a]! - h)).sigma.data;
      expectClose(
        slope.data,
        above.map((v, i) => (v - below[i]!) / (2 * h)),
        iterated,
        `slope ${a}`,
        1,
      );
    });
  });

  it("curvature is that of finite differences of the slopes", () => {
    const D = zeros(K, K);
    for (let u = 0; u < K; u++) for (let v = 0; v < K; v++) D.data[u * K + v] = Math.cos(u + v) + (u === v ? 2 : 0);
    const weighted = (x: Float64Array) =>
      structure
        .at(x)
        .slopes()
        .map((slope) => slope.data.reduce((sum, v, i) => sum + v * D.data[i]!, 0));
    const curvature = at.curvature(D);
    const h = 1e-5;
    for (let a = 0; a < structure.parameters; a++) {
      const above = weighted(psi.with(a, psi[a]! + h));
      const below = weighted(psi.with(a, psi[a]! - h));
      const row = curvature.data.subarray(a * structure.parameters, (a + 1) * structure.parameters);
      expectClose(
        row,
        above.map((v, i) => (v - below[i]!) / (2 * h)),
        iterated,
        `row ${a}`,
        1,
      );
    }
  });

  it("starts at a matrix that is one of its own", () => {
    expectClose(structure.start(at.sigma), psi, iterated, "psi", 1);
  });

  it("with one visit has one variance", () => {
    const single = covarianceStructure(name, 1);
    expect(single.parameters).toBe(1);
    expectClose(single.at(Float64Array.of(Math.log(3))).sigma.data, [9], closedForm, "variance");
  });
});

describe("matrices worked by hand", () => {
  // ψ = ρ/√(1 − ρ²) for ρ = 0.6: 0.75. Standard deviation 2: log 2.
  const sd = Math.log(2);
  it.each([
    ["cs", [sd, 0.75], [4, 2.4, 2.4, 2.4, 4, 2.4, 2.4, 2.4, 4]],
    ["ar1", [sd, 0.75], [4, 2.4, 1.44, 2.4, 4, 2.4, 1.44, 2.4, 4]],
    ["ad", [sd, 0.75, 0], [4, 2.4, 0, 2.4, 4, 0, 0, 0, 4]],
    ["toep", [sd, 0.75, 0], [4, 2.4, 0, 2.4, 4, 2.4, 0, 2.4, 4]],
    ["ar1h", [sd, 0, Math.log(3), 0.75], [4, 1.2, 2.16, 1.2, 1, 1.8, 2.16, 1.8, 9]],
    ["us", [sd, 0, 0, 1, 3, 2], [4, 2, 6, 2, 2, 5, 6, 5, 14]],
    ["diagonal", [sd, 0, Math.log(3)], [4, 0, 0, 0, 1, 0, 0, 0, 9]],
  ] as const)("%s", (name, psi, expected) => {
    expectClose(covarianceStructure(name, 3).at(Float64Array.from(psi)).sigma.data, expected, closedForm, name, 1);
  });
});

it("starts from zero correlations where the empirical ones make no covariance matrix of the structure", () => {
  const toep = covarianceStructure("toep", 3);
  // Correlations 0.9 at lag 1 and −0.9 at lag 2.
  const sigma = { rows: 3, cols: 3, data: Float64Array.of(1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1) };
  expect([...toep.start(sigma)]).toEqual([0, 0, 0]);
});
