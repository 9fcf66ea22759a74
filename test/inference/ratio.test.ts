import { expect, it } from "vitest";
import { toRatio } from "../../src/inference/ratio.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

const logarithm = {
  name: "coefficient:arm[FIT]",
  measure: "log-odds-ratio",
  unit: null,
  estimate: Math.log(2),
  se: 0.3,
  df: 9,
  statistic: Math.log(2) / 0.3,
  p: 0.05,
  lower: 0,
  upper: Math.log(4),
  level: 0.95,
};

it("exponentiates the estimate and its limits; test and standard error stay those of the logarithm", () => {
  const ratio = toRatio(logarithm, "odds-ratio:arm[FIT]", "odds-ratio");
  expectClose([ratio.estimate!, ratio.lower!, ratio.upper!], [2, 1, 4], closedForm, "ratio");
  expect(ratio).toMatchObject({ name: "odds-ratio:arm[FIT]", measure: "odds-ratio", se: 0.3, df: 9, p: 0.05 });
});

it("a number that does not exist stays so", () => {
  expect(toRatio({ ...logarithm, estimate: null, lower: null }, "x", "odds-ratio")).toMatchObject({
    estimate: null,
    lower: null,
  });
});
