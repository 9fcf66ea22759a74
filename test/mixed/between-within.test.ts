import { describe, expect, it } from "vitest";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { fromRows } from "../../src/numeric/matrix.js";
import { ProblemError } from "../../src/problem.js";
import { expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { frameOf, readReference } from "../reference/reference-case.js";

const cases = ["beat-the-blues", "oats", "orthodont", "pixel"].map((name) => readReference(`between-within-${name}`));

describe.each(cases)("$name agrees with nlme", ({ table, fits }) => {
  it.each(fits)("$id: $formula", (expected) => {
    const fit = fitLinearMixed(frameOf(table, expected.formula), { df: "between-within" });
    const row = (j: number) => fromRows([expected.names.map((_, i) => (i === j ? 1 : 0))]);
    expect(fit.names).toEqual(expected.names);
    const dfs = expected.names.map((_, j) => fit.denominatorDf(row(j)).df);
    expect(dfs).toEqual(expected.betweenWithin!.df);
    expectClose(fit.coef, expected.coef, optimised.estimate, "coef");
    const ses = expected.names.map((_, j) => Math.sqrt(fit.vcov.data[j * fit.vcov.cols + j]!));
    expectClose(ses, expected.se, optimised.se, "se");
    expectClose(fit.logLik, expected.logLik, iterated, "logLik");
  });
});

describe("several coefficients", () => {
  const { table, expectedOf } = readReference("between-within-oats");
  const fit = fitLinearMixed(frameOf(table, expectedOf("numeric").formula), { df: "between-within" });
  it("has the smallest df of those that the contrast uses", () => {
    expect(fit.denominatorDf(fromRows([[0, 1, 0, 1, 0, 0]]))).toEqual({ df: 10, scale: 1 });
    expect(
      fit.denominatorDf(
        fromRows([
          [0, 0, 0, 1, 0, 0],
          [0, 0, 0, 0, 1, 0],
        ]),
      ),
    ).toEqual({ df: 51, scale: 1 });
  });
});

describe("without an intercept", () => {
  it("nothing is taken off for it at the outermost level", () => {
    // 27 subjects − 0 − 2 columns between them; 108 rows − 27 − 1 within (lme says 81, not what its book's formula gives).
    const { table } = readReference("between-within-orthodont");
    const fit = fitLinearMixed(frameOf(table, "distance ~ 0 + sex + age + (1 | subject)"), { df: "between-within" });
    const dfs = [0, 1, 2].map((j) => fit.denominatorDf(fromRows([[0, 1, 2].map((i) => (i === j ? 1 : 0))])).df);
    expect(dfs).toEqual([25, 25, 80]);
  });
});

describe("crossed factors", () => {
  it("have no between–within df", () => {
    const { table } = readReference("mixed-penicillin");
    const frame = frameOf(table, "diameter ~ 1 + (1 | plate) + (1 | sample)");
    expect(() => fitLinearMixed(frame, { df: "between-within" })).toThrow(ProblemError);
    expect(() => fitLinearMixed(frame, { df: "between-within" })).toThrow(/nested/);
  });
});
