import { describe, expect, it } from "vitest";
import { type DenominatorSd, standardisedDifference } from "../../src/effect-size/standardised-difference.js";
import type { Estimate } from "../../src/inference/estimate.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

const contrast: Estimate = {
  name: "contrast:arm[FIT]-arm[TAU]@visit=2",
  measure: "mean-difference",
  unit: "points",
  estimate: -3,
  se: 1.5,
  df: 40,
  statistic: -2,
  p: 0.05,
  lower: -6,
  upper: 0,
  level: 0.95,
};
const by = (change: Partial<DenominatorSd> = {}): DenominatorSd => ({
  kind: "baseline",
  sd: 6,
  df: 50,
  sharedWithContrast: false,
  ...change,
});

describe("standardisedDifference", () => {
  it("divides by the SD and says which; by hand", () => {
    const made = standardisedDifference(contrast, by());
    expect(made).toMatchObject({
      name: "standardised:arm[FIT]-arm[TAU]@visit=2",
      measure: "standardised-difference-baseline-sd",
      unit: null,
      estimate: -0.5,
      df: 40,
      statistic: null,
      p: null,
    });
    // 1.5/6 and 0.5/√100.
    expectClose(made.se!, Math.sqrt(0.25 ** 2 + 0.05 ** 2), closedForm, "se");
    expectClose((made.lower! + made.upper!) / 2, -0.5, closedForm, "centre");
    expectClose(made.upper! - made.lower!, 2 * 2.021075390306273 * made.se!, closedForm, "width");
  });

  it("an SD known for certain adds nothing; the fewer its degrees of freedom, the more it adds", () => {
    const se = (df: number) => standardisedDifference(contrast, by({ df })).se!;
    expectClose(se(Number.POSITIVE_INFINITY), 0.25, closedForm, "known");
    expect(se(5)).toBeGreaterThan(se(50));
  });

  it("delta method as by finite differences", () => {
    // Var d = (∂d/∂c)² se² + (∂d/∂S)² S²/(2 df).
    const h = 1e-5;
    const slopeC = ((contrast.estimate! + h) / 6 - (contrast.estimate! - h) / 6) / (2 * h);
    const slopeS = (contrast.estimate! / (6 + h) - contrast.estimate! / (6 - h)) / (2 * h);
    const variance = slopeC ** 2 * 1.5 ** 2 + (slopeS ** 2 * 36) / 100;
    expect(standardisedDifference(contrast, by()).se!).toBeCloseTo(Math.sqrt(variance), 9);
  });

  it("arms swapped flips the sign; another unit changes nothing", () => {
    for (const sharedWithContrast of [false, true]) {
      const made = standardisedDifference(contrast, by({ sharedWithContrast }));
      const swapped = standardisedDifference({ ...contrast, estimate: 3 }, by({ sharedWithContrast }));
      expectClose([swapped.lower!, swapped.upper!], [-made.upper!, -made.lower!], closedForm, "swapped");
      const scaled = standardisedDifference({ ...contrast, estimate: -30, se: 15 }, by({ sd: 60, sharedWithContrast }));
      expectClose([scaled.estimate!, scaled.lower!], [made.estimate!, made.lower!], closedForm, "unit");
    }
  });

  it("is null where there is nothing to divide by", () => {
    for (const change of [{ sd: 0 }, { sd: Number.NaN }, { df: 0 }]) {
      const made = standardisedDifference(contrast, by({ ...change, sharedWithContrast: true }));
      expect([made.estimate, made.se, made.lower, made.upper]).toEqual([null, null, null, null]);
    }
    expect(standardisedDifference({ ...contrast, estimate: null }, by()).estimate).toBeNull();
  });
});
