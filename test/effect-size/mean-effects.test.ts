/** Differences of means, raw and standardised, and the common language effect size. */
import { describe, expect, it } from "vitest";
import { summariseArm } from "../../src/effect-size/arm-summary.js";
import { cohensD } from "../../src/effect-size/cohens-d.js";
import { commonLanguage } from "../../src/effect-size/common-language.js";
import type { EffectSize } from "../../src/effect-size/effect-size.js";
import { glassDelta } from "../../src/effect-size/glass-delta.js";
import { hedgesG } from "../../src/effect-size/hedges-g.js";
import { meanDifference } from "../../src/effect-size/mean-difference.js";
import { closedForm, expectClose, optimised } from "../numeric/tolerance.js";
import { outcomeIn, reference } from "./reference.js";

type Measure = (arm: Float64Array, other: Float64Array, level: number) => EffectSize;
const summarised =
  (measure: typeof cohensD): Measure =>
  (arm, other, level) =>
    measure(summariseArm(arm), summariseArm(other), level);

const measures: Readonly<Record<string, Measure>> = {
  "mean-difference": summarised(meanDifference),
  "cohens-d": summarised(cohensD),
  "hedges-g": summarised(hedgesG),
  "glass-delta": summarised(glassDelta),
  "common-language": commonLanguage,
};
const [arm, other] = [outcomeIn("BtheB"), outcomeIn("TAU")];
const small = Float64Array.of(3, 5, 7);
const smallOther = Float64Array.of(1, 2, 3);

describe("effect sizes of means", () => {
  it.each(Object.keys(measures))("%s, as in R", (name) => {
    const effect = measures[name]!(arm, other, 0.95);
    expect(effect.measure).toBe(name);
    for (const [field, value] of Object.entries(reference.means[name]!)) {
      expectClose(effect[field as keyof EffectSize] as number, value, closedForm, field, 10);
    }
  });

  it.each(Object.keys(reference.effectsize))("%s, as effectsize has it to the digits of its optimiser", (name) => {
    const { estimate, lower, upper } = measures[name]!(arm, other, 0.95);
    const expected = reference.effectsize[name]!;
    expectClose(
      [estimate, lower, upper],
      [expected["estimate"]!, expected["lower"]!, expected["upper"]!],
      optimised.estimate,
      name,
    );
  });

  it("are as by hand for 3, 5, 7 against 1, 2, 3", () => {
    // Means 5 and 2, variances 4 and 1: pooled SD √2.5; Welch SE √(5/3), df (5/3)² / ((16/9 + 1/9)/2) = 2.94…
    const welch = meanDifference(summariseArm(small), summariseArm(smallOther), 0.95);
    expectClose([welch.estimate, welch.se, welch.df], [3, Math.sqrt(5 / 3), 25 / 9 / (17 / 18)], closedForm, "Welch");
    expectClose(measures["cohens-d"]!(small, smallOther, 0.95).estimate, 3 / Math.sqrt(2.5), closedForm, "d");
    expectClose(measures["glass-delta"]!(small, smallOther, 0.95).estimate, 3, closedForm, "delta");
    // Of the nine pairs eight are larger and one is a tie.
    expectClose(commonLanguage(small, smallOther, 0.95).estimate, 8.5 / 9, closedForm, "common language");
  });

  it("common language counts pairs", () => {
    let sum = 0;
    for (const x of arm) for (const y of other) sum += x > y ? 1 : x === y ? 0.5 : 0;
    expectClose(commonLanguage(arm, other, 0.9).estimate, sum / (arm.length * other.length), closedForm, "pairs");
  });

  it.each(Object.keys(measures))("%s: order of rows and unit do not matter, swapped arms turn it over", (name) => {
    const measure = measures[name]!;
    const here = measure(arm, other, 0.95);
    const turned = measure(arm.toReversed(), other.toReversed(), 0.95);
    expectClose(
      [turned.estimate, turned.lower, turned.upper],
      [here.estimate, here.lower, here.upper],
      closedForm,
      "order",
    );
    const scaled = measure(
      arm.map((v) => 100 + 8 * v),
      other.map((v) => 100 + 8 * v),
      0.95,
    );
    const unit = name === "mean-difference" ? 8 : 1;
    expectClose([scaled.estimate, scaled.upper], [unit * here.estimate, unit * here.upper], closedForm, "unit");
    if (name === "glass-delta") return;
    const swapped = measure(other, arm, 0.95);
    const flip = (value: number): number => (name === "common-language" ? 1 - value : -value);
    expectClose(
      [swapped.estimate, swapped.lower, swapped.upper],
      [flip(here.estimate), flip(here.upper), flip(here.lower)],
      closedForm,
      "swap",
    );
  });

  it("a higher level gives a wider interval", () => {
    for (const measure of Object.values(measures)) {
      const [wide, narrow] = [measure(arm, other, 0.99), measure(arm, other, 0.8)];
      expect(wide.lower).toBeLessThan(narrow.lower);
      expect(wide.upper).toBeGreaterThan(narrow.upper);
    }
  });
});

describe("data without the variance that a measure needs", () => {
  const constant = Float64Array.of(4, 4, 4);

  it("no SD to divide by: not a number", () => {
    for (const name of ["cohens-d", "hedges-g", "glass-delta"]) {
      expect(measures[name]!(constant, Float64Array.of(2, 2), 0.95).estimate, name).toBeNaN();
    }
    expect(measures["glass-delta"]!(small, constant, 0.95).estimate).toBeNaN();
    expect(measures["cohens-d"]!(small, constant, 0.95).estimate).toBeGreaterThan(0);
  });

  it("no variance at all: a difference without test and interval", () => {
    const { estimate, se, p, lower, upper } = measures["mean-difference"]!(
      constant,
      Float64Array.of(0.1, 0.1, 0.1),
      0.95,
    );
    expect(estimate).toBe(3.9);
    expect([se, p, lower, upper]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });

  it("arms that do not overlap: probability 1 without an interval", () => {
    const { estimate, se, p, lower, upper } = commonLanguage(Float64Array.of(5, 6), Float64Array.of(1, 2), 0.95);
    expect(estimate).toBe(1);
    expect([se, p, lower, upper]).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
  });
});
