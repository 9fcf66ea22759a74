/** The engine of repeated measures against finite differences and the plain dense implementation. */
import { describe, expect, it } from "vitest";
import type { RandomTerm } from "../../src/formula/frame.js";
import { covarianceStructure } from "../../src/mixed/covariance-structure.js";
import { marginalBlocks } from "../../src/mixed/marginal-blocks.js";
import { marginalDeviance } from "../../src/mixed/marginal-deviance.js";
import { marginalInformation } from "../../src/mixed/marginal-information.js";
import { structureRandomTerms } from "../../src/mixed/random-structure.js";
import { type Matrix, multiply, transpose } from "../../src/numeric/matrix.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { type Component, plainMarginal, visitComponents } from "./plain-marginal.js";
import { randomStream } from "./simulated-table.js";

const { normal } = randomStream(3);
const subjects: number[] = [];
const visits: number[] = [];
const therapist: number[] = [];
const unit: number[] = [];
for (let i = 0; i < 18; i++)
  for (let v = 0; v < 3; v++) {
    if ((i * 7 + v * 5) % 4 === 0) continue;
    subjects.push(i);
    visits.push(v);
    // Every sixth participant changes therapist after the first visit.
    therapist.push((i + (i % 6 === 0 && v > 0 ? 1 : 0)) % 5);
    unit.push(Math.floor(i / 6));
  }
const n = subjects.length;
const p = 3;
const matrixOf = (cols: number, first: number | null): Matrix => ({
  rows: n,
  cols,
  data: Float64Array.from({ length: n * cols }, (_, i) => (i % cols === 0 && first !== null ? first : normal())),
});
const X = matrixOf(p, 1);
const y = Float64Array.from({ length: n }, () => 2 * normal());
const termOf = (group: string, codes: number[], values: Matrix): RandomTerm => ({
  group,
  names: Array.from({ length: values.cols }, (_, j) => `z${j}`),
  levels: [...new Set(codes)].map(String),
  codes: Int32Array.from(codes),
  values,
});
const crossed = [termOf("therapist", therapist, matrixOf(2, 1)), termOf("unit", unit, matrixOf(1, 1))];
const repeated = { subjects: Int32Array.from(subjects), visits: Int32Array.from(visits) };
const singleRows = { ...repeated, subjects: Int32Array.from(subjects, (_, row) => row) };

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, v, i) => sum + v * b[i]!, 0);

describe.each([
  ["without random effects", [], repeated],
  ["with crossed random effects, a participant in two groups", crossed, repeated],
  // Rows of one visit are a stratum; strata share levels.
  ["with crossed random effects, each row a subject", crossed, singleRows],
] as const)("%s", (_, Z, rows) => {
  describe.each(["REML", "ML"] as const)("%s", (method) => {
    it.each(["us", "csh", "ar1", "adh", "toeph", "diagonal"] as const)("%s", (name) => {
      const structure = structureRandomTerms(Z);
      const covariance = covarianceStructure(name, 3);
      const deviance = marginalDeviance(marginalBlocks(structure, rows, X, y), covariance, method);
      const count = structure.theta.length + covariance.parameters;
      const x = Float64Array.from({ length: count }, (__, i) => 0.25 + 0.15 * Math.sin(2 * i));
      const information = marginalInformation(deviance, x);
      const at = (z: Float64Array) => ({ value: deviance.value(z), gradient: deviance.gradient() });
      const here = at(x);

      // Gradient and observed information against differences.
      const h = 1e-5;
      for (let a = 0; a < count; a++) {
        const [above, below] = [at(x.with(a, x[a]! + h)), at(x.with(a, x[a]! - h))];
        expectClose(here.gradient[a]!, (above.value - below.value) / (2 * h), iterated, `gradient ${a}`, 1);
        const row = information.observed.data.subarray(a * count, (a + 1) * count);
        const differences = above.gradient.map((v, i) => (v - below.gradient[i]!) / (2 * h));
        expectClose(row, differences, iterated, `observed ${a}`, 10);
      }

      // Criterion and the expected information against dense matrices, over the elements of Σ and G.
      const state = deviance.state(x)!;
      const parts: Component[] = [...visitComponents(rows.subjects, rows.visits, state.covarianceAt.sigma)];
      const jacobian: number[][] = [];
      const slopes = state.covarianceAt.slopes();
      const thetas = structure.theta.length;
      for (let u = 0; u < 3; u++)
        for (let v = u; v < 3; v++)
          jacobian.push([...new Array(thetas).fill(0), ...slopes.map((slope) => slope.data[u * 3 + v]!)]);
      structure.factors.forEach(({ k, codes, values }, f) => {
        const lambda = state.lambdas[f]!;
        const G = multiply(lambda, transpose(lambda));
        for (let g = 0; g < k; g++)
          for (let e = g; e < k; e++) {
            const matrix = { rows: n, cols: n, data: new Float64Array(n * n) };
            for (let i = 0; i < n; i++)
              for (let j = 0; j < n; j++)
                if (codes[i] === codes[j])
                  matrix.data[i * n + j] =
                    (values.data[i * k + g]! * values.data[j * k + e]! +
                      values.data[i * k + e]! * values.data[j * k + g]!) /
                    (g === e ? 2 : 1);
            parts.push({ value: G.data[g * k + e]!, matrix });
            jacobian.push(
              Array.from({ length: count }, (__, a) => {
                const place = structure.theta[a];
                if (place === undefined || place.factor !== f) return 0;
                const entry = (row: number, col: number) =>
                  (place.row === row ? lambda.data[col * k + place.col]! : 0) +
                  (place.row === col ? lambda.data[row * k + place.col]! : 0);
                return entry(g, e);
              }),
            );
          }
      });
      const plain = plainMarginal(X, y, parts, method);
      expectClose(here.value, plain.criterion, closedForm, "criterion");
      const chained = Array.from({ length: count }, (__, a) =>
        dot(
          plain.gradient,
          jacobian.map((row) => row[a]!),
        ),
      );
      expectClose(here.gradient, chained, closedForm, "gradient", 10);
      expectClose(multiply(state.F, transpose(state.F)).data, plain.phi.data, closedForm, "phi", 0.01);
    });
  });
});

it("subjects that share no random effect are components of their own", () => {
  const nested = [termOf("unit", unit, matrixOf(1, 1))];
  const { components } = marginalBlocks(structureRandomTerms(nested), repeated, X, y);
  expect(components.map(({ scalars }) => scalars)).toEqual([1, 1, 1]);
  expect(marginalBlocks(structureRandomTerms(crossed), repeated, X, y).components).toHaveLength(1);
});

it("an effect that is zero in a row ties nothing together", () => {
  const onlyFirst = Float64Array.from(unit, (u) => (u === 0 ? 1 : 0));
  const partial = [termOf("unit", unit, { rows: n, cols: 1, data: onlyFirst })];
  const { components, pools } = marginalBlocks(structureRandomTerms(partial), repeated, X, y);
  expect(components.filter(({ scalars }) => scalars > 0)).toHaveLength(1);
  const alone = components.filter(({ scalars }) => scalars === 0);
  expect(alone.every(({ subjects: own }) => own.length === 1)).toBe(true);
  // Participants 6 to 17 are in the other units.
  expect(alone.length + pools.reduce((sum, { count }) => sum + count, 0)).toBe(12);
});
