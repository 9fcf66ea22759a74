/** The analytic gradient and information against finite differences and dense matrices. */
import { describe, expect, it } from "vitest";
import { crossProducts } from "../../src/mixed/cross-products.js";
import { type Method, profiledDeviance } from "../../src/mixed/profiled-deviance.js";
import { canonicalTheta, freeThetas, relativeFactors, structureRandomTerms } from "../../src/mixed/random-structure.js";
import { varianceInformation } from "../../src/mixed/variance-information.js";
import { invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { type Matrix, multiply, traceOfProduct, transpose, zeros } from "../../src/numeric/matrix.js";
import { qr, timesInverseUpper } from "../../src/numeric/qr.js";
import { expectClose, iterated } from "../numeric/tolerance.js";
import { frameOf, readReference } from "../reference/reference-case.js";

const examples = [
  ["mixed-sleepstudy", "reaction ~ days + (days | participant)", [0.9, 0.1, 0.3]],
  ["mixed-sleepstudy", "reaction ~ days + (days || participant)", [0.9, 0.3]],
  ["mixed-sleepstudy", "reaction ~ days + (days | participant)", [0, 0.4, 0.3]],
  ["mixed-penicillin", "diameter ~ 1 + (1 | plate) + (1 | sample)", [1.5, 3]],
  ["mixed-pastes", "strength ~ 1 + (1 | batch / cask)", [3, 1.4]],
  ["mixed-pastes", "strength ~ 1 + (1 | batch / cask)", [0, 1.4]],
] as const;

function setUp(name: string, formula: string, method: Method) {
  const frame = frameOf(readReference(name).table, formula);
  const structure = structureRandomTerms(frame.Z);
  const basis = timesInverseUpper(frame.X, qr(frame.X).R);
  // About the mean, as fitLinearMixed passes residuals: finite differences would lose digits to a large mean.
  const mean = frame.response.reduce((sum, v) => sum + v, 0) / frame.response.length;
  const y = frame.response.map((v) => v - mean);
  const deviance = profiledDeviance(crossProducts(structure, basis, y), method);
  return { frame, structure, basis, deviance };
}

describe.each(examples)("%s: %s at theta %j", (name, formula, at) => {
  const theta = Float64Array.from(at);

  it.each(["REML", "ML"] as const)("gradient of the %s criterion", (method) => {
    const { deviance } = setUp(name, formula, method);
    deviance.value(theta);
    const gradient = deviance.gradient();
    theta.forEach((t, i) => {
      const h = 1e-5;
      const side = (sign: number) => deviance.value(theta.with(i, t + sign * h));
      expectClose(gradient[i]!, (side(1) - side(-1)) / (2 * h), iterated, `slope ${i}`, 1);
    });
  });

  // P = V⁻¹ − V⁻¹X(X'V⁻¹X)⁻¹X'V⁻¹ and ∂V/∂φ written out as n×n matrices.
  it.each(["REML", "ML"] as const)("information of %s", (method) => {
    const { frame, structure, basis, deviance } = setUp(name, formula, method);
    const solution = deviance.solution(theta);
    const information = varianceInformation(deviance, theta, solution);
    const n = frame.response.length;
    const q = structure.factors.reduce((sum, { levels, k }) => sum + levels.length * k, 0);
    const Z = zeros(n, q);
    let first = 0;
    for (const { codes, values, k, levels } of structure.factors) {
      for (let i = 0; i < n; i++)
        for (let j = 0; j < k; j++) Z.data[i * q + first + codes[i]! * k + j] = values.data[i * k + j]!;
      first += levels.length * k;
    }
    /** σ² Z Λ Λ' Z' + σ² I, σ² held. */
    const covariance = (at: Float64Array): Matrix => {
      const lambdas = relativeFactors(structure, at);
      const big = zeros(q, q);
      let from = 0;
      structure.factors.forEach(({ k, levels }, f) => {
        for (let level = 0; level < levels.length; level++, from += k)
          for (let i = 0; i < k; i++)
            for (let j = 0; j < k; j++) big.data[(from + i) * q + from + j] = lambdas[f]![i * k + j]!;
      });
      const half = multiply(Z, big);
      const V = multiply(half, transpose(half));
      for (let i = 0; i < n; i++) V.data[i * n + i]! += 1;
      return { ...V, data: V.data.map((v) => v * solution.sigma2) };
    };
    const V = covariance(theta);
    const inverse = invertPositiveDefinite(V)!;
    const VX = multiply(inverse, basis);
    const phi = invertPositiveDefinite(multiply(transpose(basis), VX))!;
    expectClose(information.phi.data, phi.data, iterated, "phi", 1e-3);
    const projected = multiply(multiply(VX, phi), transpose(VX));
    const P = { ...inverse, data: inverse.data.map((v, i) => v - projected.data[i]!) };
    const weight = method === "REML" ? P : inverse;

    const free = freeThetas(structure, canonicalTheta(structure, theta, 0));
    expect(information.free).toEqual(free.filter((t) => information.free.includes(t)));
    const slopes = information.free.map((t) => {
      const h = 1e-4;
      const [up, down] = [covariance(theta.with(t, theta[t]! + h)), covariance(theta.with(t, theta[t]! - h))];
      return { ...up, data: up.data.map((v, i) => (v - down.data[i]!) / (2 * h)) };
    });
    slopes.push({ ...V, data: V.data.map((v) => v / solution.sigma2) });

    const count = slopes.length;
    const weighted = slopes.map((slope) => multiply(weight, slope));
    slopes.forEach((Va, a) => {
      const PaDense = multiply(multiply(transpose(VX), Va), VX);
      const size = Math.max(...PaDense.data.map(Math.abs));
      expectClose(information.P[a]!.data, PaDense.data, iterated, `P ${a}`, size);
      slopes.forEach((Vb, b) => {
        const size = (i: number) => traceOfProduct(weighted[i]!, weighted[i]!);
        expectClose(
          information.expected.data[a * count + b]!,
          traceOfProduct(weighted[a]!, weighted[b]!),
          iterated,
          `expected ${a},${b}`,
          Math.sqrt(size(a) * size(b)),
        );
        if (b < a) return;
        const Q = multiply(multiply(multiply(multiply(transpose(VX), Va), inverse), Vb), VX);
        // The pair alone: Q_ab and, of the other order, its transpose.
        const pair = information.sumOfQ((i, j) => ((i === a && j === b) || (i === b && j === a) ? 1 : 0));
        const both = a === b ? Q.data : Q.data.map((v, i) => v + transpose(Q).data[i]!);
        expectClose(pair.data, both, iterated, `Q ${a},${b}`, Math.max(...Q.data.map(Math.abs)));
      });
    });
  });
});
