import { describe, expect, it } from "vitest";
import { cholesky } from "../../src/numeric/cholesky.js";
import { fromRows, multiply, rowOf, timesVector, transpose } from "../../src/numeric/matrix.js";
import { solve } from "../../src/numeric/solve.js";
import { CLUSTERED_VARIANCES, correctedSandwich } from "../../src/survival/corrected-sandwich.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

// Information 4 in the first coefficient and 1 in the second, of which the first cluster holds 3 and ¾.
const M = fromRows([
  [0.25, 0],
  [0, 1],
]);
const shares = [
  fromRows([
    [3, 0],
    [0, 0.75],
  ]),
  fromRows([
    [1, 0],
    [0, 0.25],
  ]),
];
const scores = fromRows([
  [1, 2],
  [-1, -2],
]);

describe("correctedSandwich", () => {
  it("is counted by hand", () => {
    // 1 − h is ¼ and ¾: Σ uu' grows by 2, by 4 + 4/3, by 16 + 16/9.
    const growth = { robust: 2, "kauermann-carroll": 16 / 3, "mancl-derouen": 160 / 9 };
    for (const kind of CLUSTERED_VARIANCES) {
      const factor = growth[kind];
      const { data } = correctedSandwich(M, scores, shares, kind)!;
      expectClose(data, [factor / 16, factor / 2, factor / 2, factor * 4], closedForm, kind);
    }
  });

  // Shares of a matrix with correlation, one of them not positive.
  const skewM = fromRows([
    [2, 0.9],
    [0.9, 0.5],
  ]);
  const skewShares = [
    fromRows([
      [1.2, -2.2],
      [-2.2, 4.1],
    ]),
    fromRows([
      [0.3, -0.7],
      [-0.7, 1.1],
    ]),
  ];
  const skewScores = fromRows([
    [1.3, -2.3],
    [-0.4, 0.9],
  ]);

  it.each(CLUSTERED_VARIANCES)("goes with a linear change of the covariates: %s", (kind) => {
    // x → Bx: scores Bu, shares BΩB', M → B⁻ᵀ M B⁻¹ and V as M.
    const B = fromRows([
      [3, -1],
      [0.5, 40],
    ]);
    const inverse = fromRows([
      [40 / 120.5, 1 / 120.5],
      [-0.5 / 120.5, 3 / 120.5],
    ]);
    const changed = correctedSandwich(
      multiply(multiply(transpose(inverse), skewM), inverse),
      multiply(skewScores, transpose(B)),
      skewShares.map((share) => multiply(multiply(B, share), transpose(B))),
      kind,
    )!;
    const V = correctedSandwich(skewM, skewScores, skewShares, kind)!;
    expectClose(multiply(multiply(transpose(B), changed), B).data, V.data, closedForm, kind, 1);
  });

  it("is a square root of Mancl and DeRouen's correction", () => {
    // Twice the correction of one score by the root is that of the other: K K u = A u.
    const [share] = skewShares;
    const u = rowOf(skewScores, 0);
    const one = (score: Float64Array) => fromRows([score]);
    const A = { rows: 2, cols: 2, data: multiply(share!, skewM).data.map((v, at) => (at % 3 === 0 ? 1 : 0) - v) };
    const byHand = timesVector(skewM, solve(A, u)!);
    const full = correctedSandwich(skewM, one(u), [share!], "mancl-derouen")!;
    expectClose(
      full.data,
      [byHand[0]! ** 2, byHand[0]! * byHand[1]!, byHand[0]! * byHand[1]!, byHand[1]! ** 2],
      closedForm,
      "A u",
      1,
    );
    // ½: M K u, of which K' M⁻¹ K u is A u again for a symmetric M⁻¹K'…: (M K u)' M⁻¹ (M K u) = u' M A u.
    const half = correctedSandwich(skewM, one(u), [share!], "kauermann-carroll")!;
    const L = cholesky(skewM)!;
    const [a, , c, d] = L.data as unknown as [number, number, number, number];
    // trace(M⁻¹ V) with M⁻¹ = L⁻ᵀL⁻¹.
    const [x, y] = [Math.sqrt(half.data[0]!), half.data[1]! / Math.sqrt(half.data[0]!)];
    const quadratic = (x / a) ** 2 + ((y - (c * x) / a) / d) ** 2;
    expectClose(
      quadratic,
      u.reduce((sum, v, j) => sum + v * byHand[j]!, 0),
      closedForm,
      "u' M A u",
    );
  });

  it("has no variance below zero where the symmetrised form has one", () => {
    const share = fromRows([
      [0.5, 0.49],
      [0.49, 0.5],
    ]);
    const identity = fromRows([
      [1, 0],
      [0, 1],
    ]);
    const u = Float64Array.from([1, -3]);
    const A = solve({ rows: 2, cols: 2, data: identity.data.map((v, at) => v - share.data[at]!) }, u)!;
    expect(A[0]! * u[0]!).toBeLessThan(0);
    const { data } = correctedSandwich(identity, fromRows([u]), [share], "kauermann-carroll")!;
    expect(data[0]).toBeGreaterThan(0);
    expect(data[3]).toBeGreaterThan(0);
  });

  it("does not exist when a cluster has the whole information of a coefficient, or more", () => {
    for (const whole of [4, 4.5]) {
      const alone = [
        fromRows([
          [whole, 0],
          [0, 0.5],
        ]),
        fromRows([
          [4 - whole, 0],
          [0, 0.5],
        ]),
      ];
      expect(correctedSandwich(M, scores, alone, "kauermann-carroll")).toBeNull();
      expect(correctedSandwich(M, scores, alone, "mancl-derouen")).toBeNull();
      expect(correctedSandwich(M, scores, alone, "robust")).not.toBeNull();
    }
  });
});
