import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { tQuantile, twoSidedT, upperF } from "../../src/numeric/distributions.js";
import { closedForm, expectClose } from "./tolerance.js";

const { t, f, q } = JSON.parse(
  readFileSync(new URL("../reference/distributions/expected.json", import.meta.url), "utf8"),
) as { t: [number, number, number][]; f: [number, number, number, number][]; q: [number, number, number][] };

describe("tails and quantiles agree with R", () => {
  it("P(|T| ≥ t)", () => {
    for (const [value, df, p] of t) {
      expectClose(twoSidedT(value, df), p, closedForm, `t ${value}, df ${df}`);
      expectClose(twoSidedT(-value, df), p, closedForm, `t ${-value}, df ${df}`);
    }
  });
  it("P(F ≥ f)", () => {
    for (const [value, k, df, p] of f) expectClose(upperF(value, k, df), p, closedForm, `F ${value}, k ${k}, df ${df}`);
  });
  it("quantiles of t", () => {
    for (const [p, df, value] of q) expectClose(tQuantile(p, df), value, closedForm, `p ${p}, df ${df}`);
  });
});

describe("tails and quantiles by hand", () => {
  it("t with 1 and 2 df have closed forms", () => {
    expectClose(twoSidedT(1, 1), 0.5, closedForm, "Cauchy");
    for (const value of [0.3, 1, 4, 50])
      expectClose(
        twoSidedT(value, 2),
        1 - value / Math.sqrt(2 + value * value),
        { name: "cancels", relative: 1e-9 },
        `${value}`,
      );
  });
  it("F with k = 2 has a closed form", () => {
    for (const df of [3, 40, 182.7, 1e4])
      for (const value of [0.1, 3, 12])
        expectClose(upperF(value, 2, df), (1 + (2 * value) / df) ** (-df / 2), closedForm, `${value}, ${df}`);
  });
  it("infinite df are the normal and χ² limits", () => {
    expectClose(twoSidedT(1.959963984540054, Number.POSITIVE_INFINITY), 0.05, closedForm, "normal");
    expectClose(tQuantile(0.975, Number.POSITIVE_INFINITY), 1.959963984540054, closedForm, "quantile");
    expectClose(upperF(1.5, 2, Number.POSITIVE_INFINITY), Math.exp(-1.5), closedForm, "chi-squared");
    expect(twoSidedT(6, 1e7) / twoSidedT(6, Number.POSITIVE_INFINITY)).toBeCloseTo(1, 3);
  });
  it("the ends", () => {
    expect(twoSidedT(0, 5)).toBe(1);
    expect(tQuantile(0.5, 5)).toBeCloseTo(0, 12);
    expect(upperF(0, 3, 5)).toBe(1);
    expect(upperF(Number.POSITIVE_INFINITY, 3, 5)).toBe(0);
    expect(twoSidedT(Number.NaN, 5)).toBeNaN();
    expect(upperF(2, 3, Number.NaN)).toBeNaN();
  });
});
