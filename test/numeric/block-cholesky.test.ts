import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  blockFactor,
  factorise,
  solveFromBorder,
  solveInPlace,
  visitInverse,
} from "../../src/numeric/block-cholesky.js";
import { cholesky, invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { type Elimination, eliminate } from "../../src/numeric/elimination.js";
import { type Matrix, zeros } from "../../src/numeric/matrix.js";
import { closedForm, expectClose } from "./tolerance.js";

/** A sparse block pattern and a positive definite matrix on it, with a dense border. */
interface Example {
  readonly elimination: Elimination;
  readonly dense: Matrix;
  readonly q: number;
  readonly border: number;
}

function example(sizes: readonly number[], edges: readonly (readonly [number, number])[], border: number): Example {
  const nodes = sizes.length;
  const later: Set<number>[] = sizes.map(() => new Set());
  for (const [a, b] of edges) if (a !== b) later[Math.min(a, b) % nodes]!.add(Math.max(a, b) % nodes);
  const lists = later.map((set, j) => [...set].filter((i) => i > j).sort((a, b) => a - b));
  const start = new Int32Array(nodes + 1);
  lists.forEach((list, j) => {
    start[j + 1] = start[j]! + list.length;
  });
  const elimination = eliminate(
    { size: Int32Array.from(sizes), start, neighbours: Int32Array.from(lists.flat()) },
    border,
  );
  const q = elimination.scalar[nodes]!;
  const dense = zeros(q + border, q + border);
  const node = (scalar: number) => elimination.scalar.findLastIndex((first) => first <= scalar);
  for (let i = 0; i < q + border; i++)
    for (let j = 0; j <= i; j++) {
      const meets = i >= q || node(i) === node(j) || lists[node(j)]!.includes(node(i));
      const value = i === j ? 10 + (q + border) : meets ? Math.sin(1 + i * 1.7 + j * 0.9) : 0;
      dense.data[i * (q + border) + j] = value;
      dense.data[j * (q + border) + i] = value;
    }
  return { elimination, dense, q, border };
}

/** The dense matrix put into panels. */
function factorOf({ elimination, dense, q, border }: Example) {
  const factor = blockFactor(elimination);
  const { supernodes, columns, below, indexStart, index, panelStart } = elimination;
  const size = q + border;
  for (let s = 0; s < supernodes; s++) {
    const c = columns[s]!;
    const r = below[s]!;
    for (let row = 0; row < c + r + border; row++)
      for (let col = 0; col < c; col++) {
        const i = row < c + r ? index[indexStart[s]! + row]! : q + row - c - r;
        factor.panels[panelStart[s]! + row * c + col] = dense.data[i * size + index[indexStart[s]! + col]!]!;
      }
  }
  for (let i = 0; i < border; i++)
    for (let j = 0; j < border; j++) factor.borderBlock[i * border + j] = dense.data[(q + i) * size + q + j]!;
  return factor;
}

const leading = (dense: Matrix, n: number): Matrix => {
  const block = zeros(n, n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) block.data[i * n + j] = dense.data[i * dense.cols + j]!;
  return block;
};

function compareWithDense(given: Example): void {
  const { dense, q, border, elimination } = given;
  const factor = factorOf(given);
  const logDeterminant = factorise(factor);
  const L = cholesky(dense)!;
  let expected = 0;
  for (let i = 0; i < q; i++) expected += 2 * Math.log(L.data[i * L.cols + i]!);
  expectClose(logDeterminant, expected, closedForm, "log determinant", 1);
  for (let i = 0; i < border; i++)
    for (let j = 0; j <= i; j++)
      expectClose(
        factor.borderBlock[i * border + j]!,
        L.data[(q + i) * L.cols + q + j]!,
        closedForm,
        `border ${i},${j}`,
        1,
      );

  // A_zz x = b.
  const x = Float64Array.from({ length: q }, (_, i) => Math.cos(i));
  const inverseZ = invertPositiveDefinite(leading(dense, q))!;
  const solved = x.slice();
  solveInPlace(factor, solved, 0, elimination.supernodes);
  for (let i = 0; i < q; i++) {
    let sum = 0;
    for (let j = 0; j < q; j++) sum += inverseZ.data[i * q + j]! * x[j]!;
    expectClose(solved[i]!, sum, closedForm, `solution ${i}`, 1);
  }

  // The last border column regressed on everything before it: A_zz u = a − A_zb t.
  const last = border - 1;
  const t = Float64Array.from({ length: last }, (_, i) => i - 0.5);
  const u = solveFromBorder(factor, last, t);
  const rhs = Float64Array.from({ length: q }, (_, i) => {
    let value = dense.data[i * dense.cols + q + last]!;
    for (let j = 0; j < last; j++) value -= dense.data[i * dense.cols + q + j]! * t[j]!;
    return value;
  });
  solveInPlace(factor, rhs, 0, elimination.supernodes);
  expectClose(u, rhs, closedForm, "from the border", 1);

  // The inverse of everything but the last border column, on the pattern.
  const kept = q + last;
  const inverse = invertPositiveDefinite(leading(dense, kept))!;
  const borderInverse = new Float64Array(border * border);
  for (let i = 0; i < last; i++)
    for (let j = 0; j < last; j++) borderInverse[i * border + j] = inverse.data[(q + i) * kept + q + j]!;
  let visited = 0;
  visitInverse(factor, borderInverse, (s, block, start) => {
    const c = elimination.columns[s]!;
    const r = elimination.below[s]!;
    const d = c + r + border;
    const scalarOf = (row: number) =>
      row < c + r ? elimination.index[elimination.indexStart[s]! + row]! : q + row - c - r;
    for (let i = 0; i < d - 1; i++)
      for (let j = 0; j < c; j++) {
        visited++;
        expectClose(
          block[start + i * d + j]!,
          inverse.data[scalarOf(i) * kept + scalarOf(j)]!,
          closedForm,
          `inverse ${i},${j} of supernode ${s}`,
          1,
        );
      }
  });
  expect(visited).toBeGreaterThan(0);
}

describe("sparse block Cholesky agrees with the dense one", () => {
  it("independent clusters", () => compareWithDense(example([1, 1, 2, 1], [], 3)));
  it("nested factors: two casks in each of two batches", () => {
    const edges = [
      [0, 4],
      [1, 4],
      [2, 5],
      [3, 5],
    ] as const;
    const nested = example([1, 1, 1, 1, 2, 2], edges, 2);
    expect(nested.elimination.componentStart.length - 1).toBe(2);
    compareWithDense(nested);
  });
  it("crossed factors end in one dense supernode", () => {
    const edges = [0, 1, 2].flatMap((plate) => [3, 4, 5].map((sample) => [plate, sample] as const));
    const crossed = example([1, 1, 1, 1, 1, 1], edges, 2);
    expect(crossed.elimination.supernodes).toBeLessThan(6);
    compareWithDense(crossed);
  });
  it("any pattern", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 9 }),
        fc.array(fc.tuple(fc.nat(8), fc.nat(8)), { maxLength: 14 }),
        fc.integer({ min: 1, max: 4 }),
        (sizes, edges, border) =>
          compareWithDense(
            example(
              sizes,
              edges.map(([a, b]) => [a % sizes.length, b % sizes.length] as const),
              border,
            ),
          ),
      ),
      { seed: 20240919, numRuns: 150 },
    );
  });
  it("is NaN when the matrix is not positive definite", () => {
    const given = example([1, 1], [[0, 1]], 1);
    const factor = factorOf(given);
    factor.panels[given.elimination.panelStart[0]!] = -1;
    expect(factorise(factor)).toBeNaN();
  });
});
