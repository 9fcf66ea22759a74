import { describe, expect, it } from "vitest";
import { relativeFactors, structureRandomTerms } from "../../src/mixed/random-structure.js";
import { type Matrix, multiply } from "../../src/numeric/matrix.js";
import { solve } from "../../src/numeric/solve.js";
import { frailtyDeviance, frailtyModel } from "../../src/survival/frailty-deviance.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { frailtyFrame } from "./frailty-case.js";
import { plainIntegratedDeviance } from "./plain-frailty.js";

/** Correlated intercepts and slopes of one factor, an intercept of another, p = 2. */
function example() {
  let state = 12;
  const draw = () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
  const n = 48;
  const list = (f: (i: number) => number) => Array.from({ length: n }, (_, i) => f(i));
  const x = list(() => draw() - 0.5);
  const frame = frailtyFrame({
    time: list(() => 1 + Math.floor(15 * draw())),
    event: list(() => (draw() < 0.7 ? 1 : 0)),
    x: { x, z: list(() => draw() - 0.5) },
    offset: list(() => draw() / 4),
    groups: { unit: list((i) => i % 5).map(String), other: list(() => Math.floor(draw() * 3)).map(String) },
  });
  const [unit, other] = frame.Z;
  const values = { rows: n, cols: 2, data: Float64Array.from(x.flatMap((v) => [1, v])) };
  const Z = [{ ...unit!, names: ["(Intercept)", "x"], values }, other!];
  const structure = structureRandomTerms(Z);
  return { frame: { ...frame, Z }, structure, model: frailtyModel({ ...frame, Z }, structure, "efron") };
}

const thetas = [
  [0.5, 0.2, 0.4, 0.3],
  [1.2, -0.6, 0.1, 0],
  [0, 0, 0.7, 0.9],
];

describe("integrated deviance of a model with frailty", () => {
  it.each(thetas)("is its definition at theta %s %s %s %s", (...theta) => {
    const { frame, structure, model } = example();
    const objective = frailtyDeviance(model);
    const { outcome, strata, weights, X, offset } = frame;
    const random = structure.factors.map(({ codes, values, k }, f) => ({ first: model.first[f]!, k, codes, values }));
    const lambdas = relativeFactors(structure, Float64Array.from(theta)).map((lambda, f) => {
      const { k } = structure.factors[f]!;
      return Array.from({ length: k }, (_, i) => [...lambda.subarray(i * k, (i + 1) * k)]);
    });
    const plain = plainIntegratedDeviance(
      { ...outcome, strata: strata?.codes ?? null, weights },
      { q: model.q, random, X },
      offset!,
      lambdas,
      "efron",
    );
    expectClose(objective.value(Float64Array.from(theta)), plain, closedForm, "deviance");
  });

  it.each(thetas)("has the gradient that differences give at theta %s %s %s %s", (...theta) => {
    const { model } = example();
    const objective = frailtyDeviance(model);
    const at = Float64Array.from(theta);
    objective.value(at);
    const gradient = objective.gradient();
    const h = 1e-3;
    theta.forEach((t, i) => {
      const beside = (k: number) => objective.value(at.with(i, t + k * h));
      const difference = (8 * (beside(1) - beside(-1)) - (beside(2) - beside(-2))) / (12 * h);
      expectClose(gradient[i]!, difference, iterated, `theta ${i}`, 1);
    });
  });

  it.each(thetas)("is had roughly, from wherever the search is, at theta %s %s %s %s", (...theta) => {
    const { model } = example();
    const at = Float64Array.from(theta);
    const value = frailtyDeviance(model).value(at);
    const objective = frailtyDeviance(model);
    objective.value(Float64Array.of(0.8, 0.1, 0.3, 0.5));
    // What two optimisers may differ by is 1e-6, in deviances of any size.
    expect(Math.abs(objective.roughly(at) - value)).toBeLessThan(1e-7);
    expectClose(objective.value(at), value, closedForm, "exactly, after");
  });

  it("of random intercepts has the expected information tr(P Ġ P Ġ), P = H (I + GH)⁻¹", () => {
    const { frame } = example();
    const intercepts = frame.Z.map(({ values: { rows }, ...term }) => ({
      ...term,
      names: ["(Intercept)"],
      values: { rows, cols: 1, data: new Float64Array(rows).fill(1) },
    }));
    const structure = structureRandomTerms(intercepts);
    const model = frailtyModel({ ...frame, Z: intercepts }, structure, "efron");
    const objective = frailtyDeviance(model);
    const theta = Float64Array.of(0.6, 0.3);
    const information = objective.scoring(theta)!;
    model.at(theta, objective.mode()!.at);
    const { q, first } = model;
    const all = model.likelihood.information();
    const H = { rows: q, cols: q, data: new Float64Array(q * q) };
    const factorOf = (i: number) => (i >= first[1]! ? 1 : 0);
    for (let i = 0; i < q; i++) for (let j = 0; j < q; j++) H.data[i * q + j] = all.data[i * all.cols + j]!;
    const GH = {
      ...H,
      data: H.data.map((h, at) => h * theta[factorOf(Math.floor(at / q))]! ** 2 + (at % (q + 1) ? 0 : 1)),
    };
    const P = multiply(H, inverseOf(GH));
    for (const a of [0, 1])
      for (const b of [0, 1]) {
        let trace = 0;
        for (let i = 0; i < q; i++)
          for (let j = 0; j < q; j++)
            if (factorOf(i) === a && factorOf(j) === b)
              trace += P.data[i * q + j]! * 2 * theta[b]! * P.data[j * q + i]! * 2 * theta[a]!;
        expectClose(information.data[2 * a + b]!, trace, closedForm, `entry ${a} ${b}`);
      }
    expect(objective.scoring(Float64Array.of(0.6, 0))).toBeNull();
  });
});

function inverseOf(a: Matrix): Matrix {
  const inverse = { rows: a.rows, cols: a.cols, data: new Float64Array(a.data.length) };
  for (let j = 0; j < a.cols; j++)
    solve(a, new Float64Array(a.rows).with(j, 1))!.forEach((v, i) => {
      inverse.data[i * a.cols + j] = v;
    });
  return inverse;
}
