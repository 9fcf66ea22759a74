import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { twoSidedT } from "../../src/numeric/distributions.js";
import { hedgesCorrection, noncentralityInterval, noncentralT } from "../../src/numeric/noncentral-t.js";
import { closedForm, expectClose } from "./tolerance.js";

interface Reference {
  readonly probabilities: readonly { df: number; ncp: number; t: number; p: number }[];
  readonly intervals: readonly { t: number; df: number; level: number; lower: number; upper: number }[];
  readonly correction: readonly { df: number; J: number }[];
}
const reference: Reference = JSON.parse(
  readFileSync(new URL("../reference/noncentral-t/expected.json", import.meta.url), "utf8"),
);

describe("the noncentral t distribution", () => {
  it.each(reference.probabilities)("P(T ≤ $t), df $df, noncentrality $ncp, as by integration", ({ t, df, ncp, p }) => {
    expectClose(noncentralT(t, df, ncp), p, closedForm, "p", 1);
  });

  it("is Student's without noncentrality, and normal with infinite degrees of freedom", () => {
    for (const df of [1, 4.5, 60]) {
      expectClose(2 * noncentralT(-1.7, df, 0), twoSidedT(1.7, df), closedForm, `df ${df}`);
    }
    expectClose(noncentralT(0.3, Number.POSITIVE_INFINITY, 1.3), 0.158655253931457, closedForm, "normal");
    expect(noncentralT(Number.NaN, 4, 0)).toBeNaN();
  });

  it("turns over with its arguments", () => {
    expectClose(noncentralT(-1.1, 7, 2), 1 - noncentralT(1.1, 7, -2), closedForm, "1 − P");
  });
});

describe("limits of the noncentrality", () => {
  it.each(reference.intervals)("t $t, df $df, level $level, as R's uniroot on pt", ({ t, df, level, lower, upper }) => {
    const limits = noncentralityInterval(t, df, level);
    expectClose([limits.lower, limits.upper], [lower, upper], closedForm, "limits", 10);
  });

  it("are found far out, where R's pt gives up", () => {
    const { lower, upper } = noncentralityInterval(300, 3, 0.95);
    expectClose(noncentralT(300, 3, lower), 0.975, closedForm, "lower");
    expectClose(noncentralT(300, 3, upper), 0.025, closedForm, "upper");
  });
});

it.each(reference.correction)("Hedges' correction with df $df, as by the gamma function in R", ({ df, J }) => {
  // lgamma(5e5) is about 6e6: the last digits of its difference are lost, in R as here.
  expectClose(hedgesCorrection(df), J, closedForm, "J");
});

it("Hedges' correction with 2 degrees of freedom is 1/√π, and 0 with 1", () => {
  expectClose(hedgesCorrection(2), 1 / Math.sqrt(Math.PI), closedForm, "J(2)");
  expect(hedgesCorrection(1)).toBe(0);
});
