import { describe, expect, it } from "vitest";
import { fromRows, multiply, transpose } from "../../src/numeric/matrix.js";
import { invertUpper, qr, solveUpper, timesInverseUpper } from "../../src/numeric/qr.js";
import { closedForm, expectClose } from "./tolerance.js";

const X = fromRows([
  [1, 0, 2],
  [1, 1, 3],
  [1, 2, 5],
  [1, 3, 1],
]);

describe("QR", () => {
  it("R'R = X'X, and X R⁻¹ is orthonormal", () => {
    const { R, rank, kept, aliased } = qr(X);
    expect({ rank, kept, aliased }).toEqual({ rank: 3, kept: [0, 1, 2], aliased: [] });
    expectClose(multiply(transpose(R), R).data, multiply(transpose(X), X).data, closedForm, "R'R");
    const Q = timesInverseUpper(X, R);
    expectClose(multiply(transpose(Q), Q).data, [1, 0, 0, 0, 1, 0, 0, 0, 1], closedForm, "Q'Q", 1);
    expectClose(multiply(R, invertUpper(R)).data, [1, 0, 0, 0, 1, 0, 0, 0, 1], closedForm, "R R⁻¹", 1);
  });

  it("solves least squares: the line through (0,1) (1,3) (2,5) has intercept 1 and slope 2", () => {
    const line = fromRows([
      [1, 0],
      [1, 1],
      [1, 2],
    ]);
    const { R, rotated } = qr(line, Float64Array.of(1, 3, 5));
    expectClose(solveUpper(R, rotated!), [1, 2], closedForm, "coefficients");
    expectClose(rotated![2]!, 0, closedForm, "residual", 1);
  });

  it("keeps the first of several dependent columns, and names what the others are made of", () => {
    // Column 2 = 2·column 0 − column 1; column 3 is zero; column 4 is new.
    const dependent = fromRows(
      [0, 1, 2, 3].map((i) => {
        const a = 1 + i;
        const b = i * i;
        return [a, b, 2 * a - b, 0, Math.sin(i)];
      }),
    );
    const { rank, kept, aliased } = qr(dependent);
    expect(rank).toBe(3);
    expect(kept).toEqual([0, 1, 4]);
    expect(aliased.map(({ column }) => column)).toEqual([2, 3]);
    const [combination, zero] = aliased;
    expect(combination!.of.map(({ column }) => column)).toEqual([0, 1]);
    expectClose(
      combination!.of.map(({ share }) => share),
      [2, -1],
      closedForm,
      "shares",
    );
    expect(zero!.of).toEqual([]);
  });

  it("has no more rank than rows", () => {
    const wide = fromRows([[1, 2, 3]]);
    expect(qr(wide).rank).toBe(1);
  });

  it("does not call a small but independent column dependent", () => {
    const scaled = fromRows([
      [1e8, 1e-8],
      [1e8, 2e-8],
      [1e8, -1e-8],
    ]);
    expect(qr(scaled).rank).toBe(2);
  });
});
