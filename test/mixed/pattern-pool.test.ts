/** Subjects pooled by their visits against the same sums subject by subject, and against subjects kept apart. */
import { describe, expect, it } from "vitest";
import { covarianceStructure } from "../../src/mixed/covariance-structure.js";
import { marginalBlocks } from "../../src/mixed/marginal-blocks.js";
import { marginalDeviance } from "../../src/mixed/marginal-deviance.js";
import { marginalInformation } from "../../src/mixed/marginal-information.js";
import {
  addPooled,
  addSolved,
  addWeighted,
  congruent,
  emptyPacked,
  outerSquare,
  patternPool,
  projectedSquare,
  responseProducts,
  worthPooling,
} from "../../src/mixed/pattern-pool.js";
import { structureRandomTerms } from "../../src/mixed/random-structure.js";
import { type Matrix, multiply, transpose, zeros } from "../../src/numeric/matrix.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";
import { randomStream } from "./simulated-table.js";

const { normal } = randomStream(11);
const matrixOf = (rows: number, cols: number): Matrix => ({
  rows,
  cols,
  data: Float64Array.from({ length: rows * cols }, normal),
});
const plus = (a: Matrix, b: Matrix): Matrix => ({ ...a, data: a.data.map((v, i) => v + b.data[i]!) });
const sumOf = (matrices: readonly Matrix[]): Matrix => matrices.reduce(plus);
const symmetric = (a: Matrix): Matrix => ({ ...a, data: plus(a, transpose(a)).data.map((v) => v / 2) });
const unpacked = (packed: Float64Array, b: number): Float64Array =>
  Float64Array.from({ length: b * b }, (_, i) => {
    const [k, l] = [Math.max(Math.floor(i / b), i % b), Math.min(Math.floor(i / b), i % b)];
    return packed[(k * (k + 1)) / 2 + l]!;
  });

describe("sums over five subjects with three visits", () => {
  const [m, p, count] = [3, 2, 5];
  const b = p + 1;
  const X = matrixOf(m * count, p);
  const y = Float64Array.from({ length: m * count }, normal);
  // The rows of the subjects lie scattered: row i is visit i / count of subject i mod count.
  const rowsOf = Array.from({ length: count }, (_, i) => Int32Array.from({ length: m }, (__, u) => u * count + i));
  const pool = patternPool(0, rowsOf, X, y);
  const Z = rowsOf.map((rows) => {
    const values = zeros(m, b);
    rows.forEach((row, u) => {
      for (let k = 0; k < p; k++) values.data[u * b + k] = X.data[row * p + k]!;
      values.data[u * b + p] = y[row]!;
    });
    return values;
  });
  const half = matrixOf(m, m);
  const inverse = multiply(half, transpose(half));
  const N = matrixOf(b, b);

  it("Z'R⁻¹Z, in the lower triangle", () => {
    const total = zeros(b, b);
    addPooled(pool, inverse, total);
    const plain = sumOf(Z.map((own) => multiply(multiply(transpose(own), inverse), own)));
    for (let k = 0; k < b; k++)
      for (let l = 0; l < b; l++)
        expectClose(total.data[k * b + l]!, l <= k ? plain.data[k * b + l]! : 0, closedForm, `${k}, ${l}`, 1);
  });

  it("weights that are not symmetric", () => {
    const W = matrixOf(m, m);
    const packed = emptyPacked(b);
    addWeighted(pool, W.data, packed);
    const plain = symmetric(sumOf(Z.map((own) => multiply(multiply(transpose(own), W), own))));
    expectClose(unpacked(packed, b), plain.data, closedForm, "weighted", 1);
  });

  it("YY', Y = R⁻¹ZN, over some of the columns of N", () => {
    for (const [from, to] of [
      [0, b],
      [0, p],
      [p, b],
    ] as const) {
      const own = { rows: b, cols: to - from, data: N.data.filter((_, i) => i % b >= from && i % b < to) };
      const plain = sumOf(
        Z.map((values) => {
          const Y = multiply(multiply(inverse, values), own);
          return multiply(Y, transpose(Y));
        }),
      );
      expectClose(projectedSquare(pool, inverse, outerSquare(N, from, to)), plain.data, closedForm, "YY'", 1);
    }
  });

  it("products of rows of R⁻¹ZN", () => {
    const targets = new Map<string, Float64Array>();
    addSolved(pool, inverse, (u, v) => {
      const packed = emptyPacked(b);
      targets.set(`${u} ${v}`, packed);
      return packed;
    });
    expect([...targets.keys()]).toEqual(["0 0", "0 1", "0 2", "1 1", "1 2", "2 2"]);
    for (const [pair, packed] of targets) {
      const [u, v] = pair.split(" ").map(Number) as [number, number];
      const plain = symmetric(
        sumOf(
          Z.map((values) => {
            const Y = multiply(multiply(inverse, values), N);
            const row = (r: number): Matrix => ({ rows: 1, cols: b, data: Y.data.slice(r * b, (r + 1) * b) });
            return multiply(transpose(row(u)), row(v));
          }),
        ),
      );
      expectClose(congruent(packed, N), plain.data, closedForm, pair, 1);
    }
  });

  it("products of the response", () => {
    const plain = sumOf(
      Z.map((own) => {
        const column = { rows: m, cols: 1, data: Float64Array.from({ length: m }, (_, u) => own.data[u * b + p]!) };
        return multiply(column, transpose(column));
      }),
    );
    expectClose(responseProducts(pool), plain.data, closedForm, "yy'", 1);
  });
});

/**
 * Each of the 15 patterns of four visits, `copies` times. One of a kind with two visits or more is not worth its sums
 * with nine columns; three of a kind are.
 */
function everyPattern(copies: number) {
  const stream = randomStream(5);
  const one: { visit: number; pattern: number; x: number[]; y: number }[] = [];
  for (let pattern = 1; pattern < 16; pattern++)
    for (let visit = 0; visit < 4; visit++)
      if (((pattern >> visit) & 1) === 1)
        one.push({ visit, pattern, x: Array.from({ length: 8 }, stream.normal), y: stream.normal() });
  const rows = Array.from({ length: copies }, (_, copy) =>
    one.map((row) => ({ ...row, subject: 15 * copy + row.pattern - 1 })),
  ).flat();
  const X = { rows: rows.length, cols: 8, data: Float64Array.from(rows.flatMap(({ x }) => x)) };
  const repeated = {
    subjects: Int32Array.from(rows, ({ subject }) => subject),
    visits: Int32Array.from(rows, ({ visit }) => visit),
  };
  return marginalBlocks(
    structureRandomTerms([]),
    repeated,
    X,
    Float64Array.from(rows, ({ y }) => y),
  );
}

it("three copies, pooled, are three times one, apart", () => {
  const [one, three] = [everyPattern(1), everyPattern(3)];
  expect([one.pools.length, one.components.length]).toEqual([4, 11]);
  expect([three.pools.length, three.components.length]).toEqual([15, 0]);
  expect(three.patterns.map(({ count }) => count)).toEqual(new Array(15).fill(3));

  const covariance = covarianceStructure("us", 4);
  const x = Float64Array.from({ length: 10 }, (_, i) => 0.2 + 0.15 * Math.sin(2 * i));
  const summary = (blocks: typeof one) => {
    const deviance = marginalDeviance(blocks, covariance, "ML");
    const value = deviance.value(x);
    return { value, gradient: deviance.gradient(), ...marginalInformation(deviance, x), state: deviance.state(x)! };
  };
  const [apart, pooled] = [summary(one), summary(three)];
  const times3 = ({ data }: { readonly data: Float64Array }) => data.map((v) => 3 * v);
  expectClose(pooled.value, 3 * apart.value, closedForm, "deviance");
  expectClose(pooled.state.beta, apart.state.beta, closedForm, "beta", 1);
  expectClose(pooled.gradient, times3({ data: apart.gradient }), closedForm, "gradient", 10);
  expectClose(pooled.observed.data, times3(apart.observed), closedForm, "observed", 10);
  expectClose(pooled.expected.data, times3(apart.expected), closedForm, "expected", 10);
  // In the coordinates γ = F⁻¹β, F'X'V⁻¹…XF is that of one.
  apart.P.forEach((P, a) => {
    expectClose(pooled.P[a]!.data, P.data, closedForm, `P ${a}`, 1);
  });
  const W = (a: number, b: number): number => 1 / (1 + a + b);
  const all = Array.from({ length: 10 }, (_, a) => a);
  expectClose(pooled.sumOfQ(all, W).data, apart.sumOfQ(all, W).data, closedForm, "Σ WQ", 1);
});

it("sums are kept only where they are not much larger than the rows", () => {
  for (const [m, b] of [
    [4, 12],
    [10, 23],
    [4, 300],
    [30, 60],
  ] as const)
    for (let count = 1; count < 300; count++) {
      const sums = ((m * (m + 1)) / 2) * ((b * (b + 1)) / 2);
      expect(worthPooling(count, m, b)).toBe(sums <= 6 * count * m * b);
    }
});
