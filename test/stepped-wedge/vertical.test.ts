/** The within-period estimator: by hand, as least squares, by a plain jackknife; identities; what cannot be had. */
import { describe, expect, it } from "vitest";
import { fromRows } from "../../src/numeric/matrix.js";
import { qr, solveUpper } from "../../src/numeric/qr.js";
import { verticalEffect, verticalEstimate } from "../../src/stepped-wedge/vertical.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

/** Units × periods from rows of numbers; NaN: no rows. */
function cellsOf(means: readonly (readonly number[])[], switches: readonly number[]) {
  const [units, periods] = [means.length, means[0]!.length];
  const mean = Float64Array.from(means.flat());
  return {
    cells: { units, periods, count: mean.map((value) => (Number.isNaN(value) ? 0 : 10)) },
    mean: mean.map((value) => (Number.isNaN(value) ? 0 : value)),
    treated: Float64Array.from({ length: units * periods }, (_, cell) =>
      cell % periods >= switches[Math.floor(cell / periods)]! ? 1 : 0,
    ),
  };
}

/**
 * By hand. Four units, four periods, switches at periods 2, 3, 3, 4 (from 1).
 *
 *     unit   1   2    3    4
 *     A      5   9*  10*   9*
 *     B      4   5    8*   9*
 *     C      6   7   11*  12*
 *     D      5   6    7   10*
 *
 * Period 2: 9 − (5 + 7 + 6)/3 = 3, sizes 1·3/4 = 3/4. Period 3: (10 + 8 + 11)/3 − 7 = 8/3, sizes 3/4. Periods 1 and 4
 * compare nothing. By sizes: (3 + 8/3)/2 = 17/6. By variance: within period 2 the squares are (1 + 1 + 0) = 2 on 2 df,
 * s² = 1; period 3: (1/9 + 25/9 + 16/9) = 42/9 on 2 df, s² = 7/3. Weights 3/4 and 3/4 · 3/7: (3 + 3/7 · 8/3)/(1 + 3/7)
 * = (29/7)/(10/7) = 2.9.
 */
const hand = cellsOf(
  [
    [5, 9, 10, 9],
    [4, 5, 8, 9],
    [6, 7, 11, 12],
    [5, 6, 7, 10],
  ],
  [1, 2, 2, 3],
);

const bigger = cellsOf(
  [
    [5.1, 9.2, 10.3, 9.1, 9.9],
    [4.4, 8.9, 8.1, 9.7, 10.2],
    [6.3, 7.7, 11.2, 12.1, 11.4],
    [5.8, 6.1, 9.7, 10.6, 10.1],
    [4.9, 5.3, 6.2, Number.NaN, 9.3],
    [6.6, 7.2, 7.9, 8.8, 11.9],
  ],
  [1, 1, 2, 2, 3, 4],
);

describe("verticalEstimate", () => {
  it("by hand, by sizes and by variance", () => {
    const bySizes = verticalEstimate(hand.cells, hand.treated, hand.mean);
    expectClose(bySizes.effect, 17 / 6, closedForm, "by sizes");
    expect(
      bySizes.contrasts.map(({ period, treatedUnits, controlUnits }) => [period, treatedUnits, controlUnits]),
    ).toEqual([
      [1, 1, 3],
      [2, 3, 1],
    ]);
    expectClose(
      bySizes.contrasts.map(({ difference }) => difference),
      [3, 8 / 3],
      closedForm,
      "differences",
    );
    const byVariance = verticalEstimate(hand.cells, hand.treated, hand.mean, "variance");
    expectClose(byVariance.effect, 2.9, closedForm, "by variance");
    expectClose(
      byVariance.contrasts.map(({ share }) => share),
      [0.7, 0.3],
      closedForm,
      "shares",
    );
    expect(bySizes.df).toBe(2);
  });

  it("by sizes is least squares of the cell means on periods and treatment", () => {
    const { cells, mean, treated } = bigger;
    const used = [...mean.keys()].filter((cell) => cells.count[cell]! > 0);
    const X = fromRows(used.map((cell) => [...[0, 1, 2, 3, 4].map((t) => (cell % 5 === t ? 1 : 0)), treated[cell]!]));
    const { R, rotated } = qr(
      X,
      Float64Array.from(used, (cell) => mean[cell]!),
    );
    expectClose(
      verticalEffect(cells, treated, mean),
      solveUpper(R, rotated!.subarray(0, 6)).at(-1)!,
      closedForm,
      "effect",
    );
  });

  it.each(["sizes"] as const)("its standard error is the jackknife over units (%s)", (weights) => {
    const { cells, mean, treated } = bigger;
    const { effect, se, df } = verticalEstimate(cells, treated, mean, weights);
    let squares = 0;
    for (let unit = 0; unit < 6; unit++) {
      const without = treated.map((value, cell) => (Math.floor(cell / 5) === unit ? Number.NaN : value));
      squares += (verticalEffect(cells, without, mean, weights) - effect) ** 2;
    }
    expectClose(se, Math.sqrt(squares), closedForm, "se");
    expect(df).toBe(4);
  });

  it.each(["sizes", "variance"] as const)("identities (%s): order, sign, scale, courses of time", (weights) => {
    const { cells, mean, treated } = bigger;
    const one = verticalEstimate(cells, treated, mean, weights);
    const swapped = verticalEstimate(
      cells,
      treated.map((x) => 1 - x),
      mean,
      weights,
    );
    const scaled = verticalEstimate(
      cells,
      treated,
      mean.map((y) => 3 * y),
      weights,
    );
    const later = verticalEstimate(
      cells,
      treated,
      mean.map((y, cell) => y + [0, 40, -7, 100, 3][cell % 5]!),
      weights,
    );
    expectClose([swapped.effect, swapped.se], [-one.effect, one.se], closedForm, "swapped");
    expectClose([scaled.effect, scaled.se], [3 * one.effect, 3 * one.se], closedForm, "scaled");
    expectClose([later.effect, later.se], [one.effect, one.se], closedForm, "time");
    const order = [3, 0, 5, 1, 4, 2];
    const moved = (x: Float64Array) => Float64Array.from(order.flatMap((unit) => [...x.slice(unit * 5, unit * 5 + 5)]));
    const reordered = verticalEstimate({ ...cells, count: moved(cells.count) }, moved(treated), moved(mean), weights);
    expectClose([reordered.effect, reordered.se], [one.effect, one.se], closedForm, "order");
    expectClose(verticalEffect(cells, treated, mean, weights), one.effect, closedForm, "effect alone");
  });

  it("has no number when no period compares", () => {
    const { cells, mean } = bigger;
    const together = Float64Array.from(mean, (_, cell) => (cell % 5 >= 2 ? 1 : 0));
    expect(verticalEstimate(cells, together, mean).effect).toBeNaN();
    expect(verticalEffect(cells, together, mean)).toBeNaN();
  });

  it("has no standard error when one unit holds one side of every comparison", () => {
    const pair = cellsOf(
      [
        [1, 5, 6],
        [2, 3, 4],
        [3, 3, 5],
      ],
      [1, 3, 3],
    );
    const { effect, se } = verticalEstimate(pair.cells, pair.treated, pair.mean);
    expectClose(effect, (2 + 1.5) / 2, closedForm, "effect");
    expect(se).toBeNaN();
  });
});
