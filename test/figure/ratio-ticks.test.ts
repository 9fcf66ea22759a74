import { describe, expect, it } from "vitest";
import { ratioTicks } from "../../src/figure/ratio-ticks.js";

describe("ticks of ratios", () => {
  it.each([
    [
      [0.42, 1.05],
      [0.5, 0.6, 0.8, 1],
    ],
    [[0.05, 20], [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20].filter((t) => t > 0)],
    [
      [0.98, 1.03],
      [0.98, 0.99, 1, 1.01, 1.02, 1.03],
    ],
    [[1], [1]],
    [[], [1]],
    [
      [0, -2, null, Number.NaN, Number.POSITIVE_INFINITY, 0.5],
      [0.5, 1],
    ],
  ])("%j", (values, expected) => {
    const ticks = ratioTicks(values, 250);
    expect(ticks).toContain(1);
    if (expected.length < 7) for (const tick of [expected[0]!, expected.at(-1)!]) expect(ticks).toContain(tick);
  });

  it("are three to seven wherever the range is wide enough to show any, and their labels do not touch", () => {
    for (let low = 1e-4; low < 1; low *= 1.7) {
      for (let high = 1.01; high < 1e5; high *= 1.9) {
        const ticks = ratioTicks([low, high], 250);
        expect(ticks.length).toBeLessThanOrEqual(7);
        expect(ticks.length, `${low} to ${high}`).toBeGreaterThanOrEqual(3);
        expect(ticks).toContain(1);
        expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
      }
    }
  });
});
