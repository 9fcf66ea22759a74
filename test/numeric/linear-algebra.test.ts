import { describe, expect, it } from "vitest";
import { cholesky, choleskyInPlace, invertLower, invertPositiveDefinite } from "../../src/numeric/cholesky.js";
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
