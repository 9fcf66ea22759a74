import { describe, expect, it } from "vitest";
import { severityAdjustedEffects } from "../../src/trial/severity-adjusted.js";

/** The eleven clients of test/reference/change-classes with both scores. */
const before = Float64Array.of(15, 15, 15, 20, 28, 30, 24.9, 25, 18, 18, 10);
const after = Float64Array.of(30, 24, 18, 12, 38, 20, 25, 31, 25, 24.9, 16.5);
/** change-classes.R. */
const fromR = [
  1.9654455989923, 1.0118626002508, 0.0582796015093, -1.2629029391819, 2.2811307882447, -0.7266580247596,
  0.4429460069804, 1.3891770148829, 0.9502333748712, 0.9343403248921, 0.1874833937738,
];

describe("severity-adjusted effect sizes", () => {
  it("are the mean gain plus the residual, divided by the SD before", () => {
    severityAdjustedEffects(before, after, "higher")!.forEach((value, i) => {
      expect(value).toBeCloseTo(fromR[i]!, 10);
    });
  });

  it("average to the mean gain in SDs", () => {
    const effects = severityAdjustedEffects(before, after, "higher")!;
    const gain = after.reduce((sum, value, i) => sum + value - before[i]!, 0) / 11;
    const sd = Math.sqrt(before.reduce((sum, value) => sum + (value - 219 / 11 + 0.1 / 11) ** 2, 0) / 10);
    expect(before.reduce((a, b) => a + b)).toBeCloseTo(218.9, 10);
    expect(effects.reduce((a, b) => a + b) / 11).toBeCloseTo(gain / sd, 10);
  });

  it("are the same on a mirrored and on a rescaled scale", () => {
    const mirrored = severityAdjustedEffects(
      before.map((v) => 90 - 2 * v),
      after.map((v) => 90 - 2 * v),
      "lower",
    )!;
    mirrored.forEach((value, i) => {
      expect(value).toBeCloseTo(fromR[i]!, 10);
    });
  });

  it("are none where nothing can be adjusted for", () => {
    expect(severityAdjustedEffects(Float64Array.of(5, 5, 5), Float64Array.of(1, 2, 3), "higher")).toBeNull();
    expect(severityAdjustedEffects(Float64Array.of(5, 6), Float64Array.of(1, 2), "higher")).toBeNull();
  });
});
