import { describe, expect, it } from "vitest";
import { cohensKappa } from "../../src/inference/kappa.js";
import { fromRows } from "../../src/numeric/matrix.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

describe("cohensKappa", () => {
  it("is the one worked by hand: p_o 0.7, p_e 0.5, variance (0.10972 + 0.10188 - 0.01) / 12.5", () => {
    const { agreement, chance, kappa, se } = cohensKappa(
      fromRows([
        [20, 5],
        [10, 15],
      ]),
      0.95,
    );
    expectClose(agreement, 0.7, closedForm, "kappa");
    expectClose(chance, 0.5, closedForm, "kappa");
    expectClose(kappa, 0.4, closedForm, "kappa");
    expectClose(se, Math.sqrt(0.2016 / 12.5), closedForm, "kappa");
  });

  it("is the published one of 91 couples (Hout, Duncan & Sobel 1987; Agresti: 0.129, SE 0.069)", () => {
    const couples = fromRows([
      [7, 7, 2, 3],
      [2, 8, 3, 7],
      [1, 5, 4, 9],
      [2, 8, 9, 14],
    ]);
    const { kappa, se, lower, upper } = cohensKappa(couples, 0.95);
    expect(kappa.toFixed(3)).toBe("0.129");
    expect(se.toFixed(3)).toBe("0.069");
    expectClose(lower, kappa - 1.959963984540054 * se, closedForm, "kappa");
    expectClose(upper, kappa + 1.959963984540054 * se, closedForm, "kappa");
  });

  it("has the delta method's variance: gradient by central differences, multinomial covariance", () => {
    const table = [
      [31, 4, 6],
      [9, 22, 3],
      [2, 5, 18],
    ];
    const n = table.flat().reduce((a, b) => a + b, 0);
    const at = (p: readonly number[]): number => {
      const row = [0, 1, 2].map((i) => p[3 * i]! + p[3 * i + 1]! + p[3 * i + 2]!);
      const column = [0, 1, 2].map((j) => p[j]! + p[3 + j]! + p[6 + j]!);
      const chance = row.reduce((sum, r, i) => sum + r * column[i]!, 0);
      return (p[0]! + p[4]! + p[8]! - chance) / (1 - chance);
    };
    const p = table.flat().map((count) => count / n);
    const gradient = p.map((_, c) => {
      const moved = (by: number): number[] => p.map((v, d) => (d === c ? v + by : v));
      return (at(moved(1e-5)) - at(moved(-1e-5))) / 2e-5;
    });
    const mean = gradient.reduce((sum, g, c) => sum + g * p[c]!, 0);
    const variance = gradient.reduce((sum, g, c) => sum + p[c]! * (g - mean) ** 2, 0) / n;
    // Central differences of step 1e-5 have an error of about 1e-10.
    expect(cohensKappa(fromRows(table), 0.95).se).toBeCloseTo(Math.sqrt(variance), 8);
  });

  it("does not depend on the order of classes or on which definition is first", () => {
    const a = cohensKappa(
      fromRows([
        [31, 4, 6],
        [9, 22, 3],
        [2, 5, 18],
      ]),
      0.95,
    );
    const reversed = cohensKappa(
      fromRows([
        [18, 5, 2],
        [3, 22, 9],
        [6, 4, 31],
      ]),
      0.95,
    );
    const swapped = cohensKappa(
      fromRows([
        [31, 9, 2],
        [4, 22, 5],
        [6, 3, 18],
      ]),
      0.95,
    );
    for (const b of [reversed, swapped]) {
      expectClose(b.kappa, a.kappa, closedForm, "kappa");
      expectClose(b.se, a.se, closedForm, "kappa");
    }
  });

  it("is 1 without error where all agree, 0 of independent classes, and does not exist of one class", () => {
    expect(
      cohensKappa(
        fromRows([
          [10, 0],
          [0, 5],
        ]),
        0.95,
      ),
    ).toMatchObject({ kappa: 1, upper: 1 });
    expect(
      cohensKappa(
        fromRows([
          [10, 0],
          [0, 5],
        ]),
        0.95,
      ).se,
    ).toBeLessThan(1e-7);
    expect(
      cohensKappa(
        fromRows([
          [4, 8],
          [8, 16],
        ]),
        0.95,
      ).kappa,
    ).toBeCloseTo(0, 12);
    expect(
      cohensKappa(
        fromRows([
          [15, 0],
          [0, 0],
        ]),
        0.95,
      ).kappa,
    ).toBeNaN();
    expect(
      cohensKappa(
        fromRows([
          [0, 5],
          [5, 0],
        ]),
        0.95,
      ),
    ).toMatchObject({ kappa: -1, lower: -1 });
  });
});
