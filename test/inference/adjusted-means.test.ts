import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { adjustedMeans, type MeansRequest, meanEstimates } from "../../src/inference/adjusted-means.js";
import { fitLinear } from "../../src/linear/linear.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { ProblemError } from "../../src/problem.js";
import { closedForm, expectClose, optimised } from "../numeric/tolerance.js";
import { frameOf, readReference } from "../reference/reference-case.js";

const by = (column: string): MeansRequest["by"] => [{ label: column, column }];
const months = { month: [2, 3, 5, 8] };

/** Case, fit, what is asked for. */
const asked: [string, string, MeansRequest][] = [
  ["mixed-beat-the-blues", "common", { of: "treatment", by: [], at: {} }],
  ["mixed-beat-the-blues", "by-visit", { of: "treatment", by: by("month"), at: months }],
  ["mixed-beat-the-blues", "by-month", { of: "treatment", by: by("month"), at: months }],
  ["mixed-beat-the-blues", "random-slopes", { of: "treatment", by: by("month"), at: months }],
  ["mixed-beat-the-blues", "two-valued-number", { of: "treatment", by: by("month"), at: {} }],
  ["mixed-cake", "split-plot", { of: "recipe", by: by("temperature"), at: {} }],
  ["mixed-cake", "unbalanced", { of: "recipe", by: [], at: {} }],
  ["mixed-three-arms", "by-visit", { of: "arm", by: by("month"), at: {} }],
  ["mixed-partially-nested", "both-arms", { of: "arm", by: [], at: {} }],
];

describe.each(asked)("%s, %s", (name, id, request) => {
  const { table, expectedOf } = readReference(name);
  const expected = expectedOf(id);
  const { names, estimate, level, L } = expected.means!;
  const frame = frameOf(table, expected.formula);
  const means = adjustedMeans(frame, table, request);

  it.each([
    ["satterthwaite", "satterthwaite"],
    ["kenward-roger", "kenwardRoger"],
  ] as const)("agrees with emmeans, %s", (df, kind) => {
    const fit = fitLinearMixed(frame, { df });
    const reference = expected.means![kind]!;
    const found = new Map(
      meanEstimates(fit, means, request.of, { unit: "points", level }).map((one) => [one.name, one]),
    );
    expect([...found.keys()].sort()).toEqual([...names].sort());
    names.forEach((mean, i) => {
      const one = found.get(mean)!;
      const se = reference.se[i]!;
      expect(one.level).toBe(level);
      expectClose(one.estimate!, estimate[i]!, optimised.estimate, mean, se);
      expectClose(one.se!, se, optimised.se, `${mean}: se`);
      expectClose(one.df!, reference.df[i]!, optimised.df, `${mean}: df`);
      expectClose(one.lower!, reference.lower![i]!, optimised.se, `${mean}: lower`, se);
      expectClose(one.upper!, reference.upper![i]!, optimised.se, `${mean}: upper`, se);
      // A small p moves by more than the df that it comes from.
      expectClose(one.p!, reference.p[i]!, optimised.variance, `${mean}: p`, 1e-6);
    });
  });
  it("the means' L are those of emmeans", () => {
    const inOrder = new Map(
      means.map(({ level, setting, L }) => [`mean:${request.of}[${level}]${setting && `@${setting}`}`, L]),
    );
    names.forEach((mean, i) => {
      if (mean.startsWith("mean:")) expectClose(inOrder.get(mean)!, L[i]!, closedForm, mean, 1);
    });
  });
});

describe("what cannot be asked", () => {
  const { table } = readReference("mixed-beat-the-blues");
  const frame = frameOf(table, "bdi ~ bdi_pre + treatment * month + drug + (1 | participant)");
  const codesOf = (request: MeansRequest): string[] => {
    try {
      adjustedMeans(frame, table, request);
    } catch (thrown) {
      if (thrown instanceof ProblemError) return thrown.problems.map(({ code }) => code);
      throw thrown;
    }
    return [];
  };
  it("means of a number", () => {
    expect(codesOf({ of: "bdi_pre", by: [], at: {} })).toEqual(["means.not-in-model"]);
  });
  it("a column that the fixed part does not use", () => {
    expect(codesOf({ of: "treatment", by: by("duration"), at: {} })).toEqual(["means.not-in-model"]);
  });
  it("a level that the data do not have", () => {
    expect(codesOf({ of: "treatment", by: by("drug"), at: { drug: ["Maybe"] } })).toEqual(["means.unknown-value"]);
  });
  it("every value of a number with many", () => {
    expect(codesOf({ of: "treatment", by: by("bdi_pre"), at: {} })).toEqual(["means.many-values"]);
  });
  it("two reasons are told at once", () => {
    expect(codesOf({ of: "bdi_pre", by: by("duration"), at: {} })).toEqual([
      "means.not-in-model",
      "means.not-in-model",
    ]);
  });
});

describe("with an offset", () => {
  const { table } = readReference("mixed-three-arms");
  const file = new URL("../reference/means-offset/expected.json", import.meta.url);
  const expected: { fits: { formula: string; level: string[]; mean: number[]; se: number[] }[] } = JSON.parse(
    readFileSync(file, "utf8"),
  );
  it.each(expected.fits)("$formula: at the mean of the offset, as emmeans", (reference) => {
    const frame = frameOf(table, reference.formula);
    const fit = frame.Z.length > 0 ? fitLinearMixed(frame, { df: "normal" }) : fitLinear(frame);
    const means = adjustedMeans(frame, table, { of: "arm", by: [], at: {} });
    const estimates = meanEstimates(fit, means, "arm", { unit: null, level: 0.95 });
    reference.level.forEach((level, i) => {
      const { estimate, se } = estimates.find(({ name }) => name === `mean:arm[${level}]`)!;
      expectClose(estimate!, reference.mean[i]!, optimised.estimate, `mean of ${level}`);
      expectClose(se!, reference.se[i]!, optimised.se, `se of ${level}`);
    });
    // It cancels in differences.
    const difference = estimates.find(({ name }) => name === "contrast:arm[FIT]-arm[TAU]")!;
    expectClose(difference.estimate!, fit.coef[fit.names.indexOf("arm[FIT]")]!, closedForm, "difference");
  });
});
