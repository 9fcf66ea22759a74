import { describe, expect, it } from "vitest";
import {
  cholesky,
  choleskyInPlace,
  invertFactorised,
  invertLower,
  invertPositiveDefinite,
} from "../../src/numeric/cholesky.js";
import { symmetricEigen } from "../../src/numeric/eigen.js";
import { dot, fromRows, multiply, timesVector, traceOfProduct, transpose } from "../../src/numeric/matrix.js";
import { closedForm, exact, expectClose } from "./tolerance.js";

// Worked by hand: L = [[2,0,0],[1,3,0],[-1,2,1]], A = LL'.
const L = fromRows([
  [2, 0, 0],
  [1, 3, 0],
  [-1, 2, 1],
]);
const A = fromRows([
  [4, 2, -2],
  [2, 10, 5],
  [-2, 5, 6],
]);

describe("Cholesky", () => {
  it("finds the factor worked by hand", () => {
    expectClose(cholesky(A)!.data, L.data, exact, "L");
  });
  it("says when a matrix is not positive definite, and when it holds no numbers", () => {
    expect(
      cholesky(
        fromRows([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).toBeNull();
    expect(choleskyInPlace(Float64Array.of(Number.NaN), 1)).toBe(false);
    expect(invertPositiveDefinite(fromRows([[0]]))).toBeNull();
  });
  it.each([1, 2, 3, 4, 5, 7, 8, 9, 13])("has the digits of the textbook's loops, n = %i", (n) => {
    const a = fromRows(
      Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => 1 / (1 + i + j) + (i === j ? 0.3 : 0))),
    );
    const l = fromRows(Array.from({ length: n }, () => new Array<number>(n).fill(0)));
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        let sum = a.data[i * n + j]!;
        for (let k = 0; k < j; k++) sum -= l.data[i * n + k]! * l.data[j * n + k]!;
        l.data[i * n + j] = i === j ? Math.sqrt(sum) : sum / l.data[j * n + j]!;
      }
    expectClose(cholesky(a)!.data, l.data, exact, "L");
    const inverse = invertLower(l);
    for (let j = 0; j < n; j++)
      for (let i = j; i < n; i++) {
        let sum = i === j ? 1 : 0;
        for (let k = j; k < i; k++) sum -= l.data[i * n + k]! * inverse.data[k * n + j]!;
        expectClose(inverse.data[i * n + j]!, sum / l.data[i * n + i]!, exact, "L⁻¹");
      }
    expectClose(invertFactorised(l).data, multiply(transpose(inverse), inverse).data, closedForm, "A⁻¹", 1);
    expect(choleskyInPlace(a.data.with(n * n - 1, -1), n)).toBe(false);
  });
  it("inverts: A A⁻¹ = I and L L⁻¹ = I", () => {
    const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    expectClose(multiply(A, invertPositiveDefinite(A)!).data, identity, closedForm, "A", 1);
    expectClose(multiply(L, invertLower(L)).data, identity, closedForm, "L", 1);
  });
});

describe("matrices", () => {
  it("multiply, transpose, trace and dot agree with sums written out", () => {
    const B = fromRows([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expectClose(multiply(B, transpose(B)).data, [14, 32, 32, 77], exact, "BB'");
    expectClose(timesVector(B, Float64Array.of(1, 0, -1)), [-2, -2], exact, "Bx");
    expect(traceOfProduct(B, transpose(B))).toBe(91);
    expect(dot(Float64Array.of(1, 2), Float64Array.of(3, 4))).toBe(11);
  });
});

describe("symmetric eigenvalues", () => {
  it("of [[2,1],[1,2]] are 1 and 3, with V diag V' = A", () => {
    const a = fromRows([
      [2, 1],
      [1, 2],
    ]);
    const { values, vectors } = symmetricEigen(a);
    expectClose(values, [1, 3], closedForm, "values");
    const scaled = { ...vectors, data: vectors.data.map((v, i) => v * values[i % 2]!) };
    expectClose(multiply(scaled, transpose(vectors)).data, a.data, closedForm, "A");
  });
});
