/** Likelihood-ratio tests in the report, and how a mixed model that is not gaussian is named. */
import { expect, it } from "vitest";
import type { Estimate } from "../../src/inference/estimate.js";
import { comparisonsTable, sortEstimates } from "../../src/report/estimate-tables.js";
import { texts } from "../../src/report/texts.js";
import { primaryDisplay, primaryResult } from "./example-runs.js";

const comparison: Estimate = {
  name: "test:likelihood-ratio:without-slopes",
  measure: "likelihood-ratio",
  unit: null,
  estimate: null,
  se: null,
  df: 2,
  statistic: 5.138,
  p: 0.05,
  lower: null,
  upper: null,
  level: 0.95,
};

it("has the smaller model, χ², df and p in a table apart from the F tests", () => {
  const result = { ...primaryResult, estimates: [...primaryResult.estimates, comparison] };
  const { comparisons, tests } = sortEstimates(result, primaryDisplay);
  expect(tests.some(({ estimate }) => estimate === comparison)).toBe(false);
  const table = comparisonsTable(comparisons, primaryDisplay, texts.en);
  expect(table.columns).toEqual(["Smaller model", "χ²", "df", "p"]);
  expect(table.rows).toEqual([{ header: "without-slopes", cells: ["5.14", "2", "0.050"] }]);
});

it("names family and approximation in both languages", () => {
  const parts = {
    model: "mixed",
    criterion: "ML",
    degreesOfFreedom: "normal",
    standardErrors: "model",
    groups: ["unit"],
  } as const;
  expect(texts.en.method({ ...parts, integral: { family: "binomial", points: 1 } })).toContain(
    "Logistic mixed model with random effects of unit, fitted by maximum likelihood (ML) by Laplace's approximation",
  );
  expect(texts.sv.method({ ...parts, integral: { family: "poisson", points: 15 } })).toContain(
    "adaptiv Gauss–Hermite-kvadratur i 15 punkter",
  );
});
