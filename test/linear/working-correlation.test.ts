import { describe, expect, it } from "vitest";
import {
  type CorrelationStructure,
  startingCorrelation,
  updateCorrelation,
  type WorkingCorrelation,
  whitenInPlace,
} from "../../src/linear/working-correlation.js";
import { cholesky, invertLower } from "../../src/numeric/cholesky.js";
import { fromRows, multiply } from "../../src/numeric/matrix.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

const clusters = [
  { rows: Int32Array.of(0, 1, 2), positions: Int32Array.of(0, 1, 3) },
  { rows: Int32Array.of(3), positions: Int32Array.of(2) },
  { rows: Int32Array.of(4, 5), positions: Int32Array.of(0, 1) },
];
const r = Float64Array.of(1, 2, -1, 0.5, 3, 1);

describe("estimates by hand", () => {
  it("exchangeable: the mean product of pairs over the scale", () => {
    const found = updateCorrelation(startingCorrelation("exchangeable", clusters), clusters, r, 2);
    // Pairs 2, −1, −2 and 3.
    expectClose(found.alpha, [2 / 4 / 2], closedForm, "alpha");
  });
  it("unstructured: the mean product for each pair of positions; none where nobody has both", () => {
    const found = updateCorrelation(startingCorrelation("unstructured", clusters), clusters, r, 1);
    expect(Array.from(found.alpha)).toEqual([2.5, Number.NaN, -1, Number.NaN, -2, Number.NaN]);
  });
  it("ar1: the first step from zero is the mean product at lag 1", () => {
    const found = updateCorrelation(startingCorrelation("ar1", clusters), clusters, r, 10);
    expectClose(found.alpha, [(2 + 3) / 2 / 10], closedForm, "alpha");
  });
});

describe("whitening", () => {
  const positions = Int32Array.of(0, 1, 3);
  const correlations: readonly (readonly [CorrelationStructure, number[], number[][]])[] = [
    [
      "exchangeable",
      [0.4],
      [
        [1, 0.4, 0.4],
        [0.4, 1, 0.4],
        [0.4, 0.4, 1],
      ],
    ],
    [
      "exchangeable",
      [-0.3],
      [
        [1, -0.3, -0.3],
        [-0.3, 1, -0.3],
        [-0.3, -0.3, 1],
      ],
    ],
    [
      "ar1",
      [-0.6],
      [
        [1, -0.6, -0.216],
        [-0.6, 1, 0.36],
        [-0.216, 0.36, 1],
      ],
    ],
    [
      "unstructured",
      [0.5, 0, 0.2, 0, 0.3, 0],
      [
        [1, 0.5, 0.2],
        [0.5, 1, 0.3],
        [0.2, 0.3, 1],
      ],
    ],
  ];
  it.each(correlations)("%s %j is L⁻¹ of the correlation's Cholesky factor", (structure, alpha, R) => {
    const block = Float64Array.of(1, 2, 3, -1, 0.5, 4);
    const correlation: WorkingCorrelation = { structure, alpha: Float64Array.from(alpha), positions: 4 };
    const expected = multiply(invertLower(cholesky(fromRows(R))!), { rows: 3, cols: 2, data: block.slice() });
    expect(whitenInPlace(correlation, block, 2, positions)).toBe(true);
    expectClose(block, expected.data, closedForm, "whitened");
  });
  it("says when there is no such matrix", () => {
    const of = (structure: CorrelationStructure, ...alpha: number[]) =>
      whitenInPlace({ structure, alpha: Float64Array.from(alpha), positions: 4 }, new Float64Array(3), 1, positions);
    expect(of("exchangeable", -0.51)).toBe(false);
    expect(of("exchangeable", 1)).toBe(false);
    expect(of("ar1", 1)).toBe(false);
    expect(of("unstructured", 0.9, 0, 0.9, 0, -0.9, 0)).toBe(false);
    expect(of("independence")).toBe(true);
  });
});
