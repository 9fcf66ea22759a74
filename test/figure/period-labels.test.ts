import { describe, expect, it } from "vitest";
import { periodLabels } from "../../src/figure/period-labels.js";

const ats = (labels: ReturnType<typeof periodLabels>) => labels.ticks.map(({ at }) => at);

describe("periodLabels", () => {
  it("has each label where it fits, broken into words if it must be", () => {
    const labels = periodLabels(["Quarter 1", "Quarter 2"], 54);
    expect(ats(labels)).toEqual([0, 1]);
    expect(labels.ticks[0]!.lines).toEqual(["Quarter", "1"]);
    expect(labels.height).toBe(26);
  });

  it("leaves out every second or third where they would touch", () => {
    const months = Array.from({ length: 9 }, (_, t) => `2025-0${t + 1}`);
    const labels = periodLabels(months, 20);
    expect(ats(labels)).toEqual([0, 3, 6]);
    expect(labels.ticks.every(({ lines }) => lines.length === 1)).toBe(true);
  });

  it("has nothing for no periods", () => {
    expect(periodLabels([], 20)).toEqual({ ticks: [], height: 0, shown: [] });
  });
});
