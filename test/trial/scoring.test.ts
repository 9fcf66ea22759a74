import { describe, expect, it } from "vitest";
import { type ScoringRule, scoreOf } from "../../src/trial/scoring.js";

const rule: ScoringRule = { of: "sum", reversed: [false, true, false, false], itemRange: [0, 4], allowMissing: 1 };

describe("the score of items", () => {
  it("adds the answers, reversed ones from the other end", () => {
    expect(scoreOf([1, 1, 2, 3], rule)).toBe(1 + 3 + 2 + 3);
    expect(scoreOf([1, 1, 2, 3], { ...rule, of: "mean" })).toBe(9 / 4);
  });

  it("prorates as many missing items as are allowed", () => {
    expect(scoreOf([1, 1, Number.NaN, 3], rule)).toBeCloseTo((7 / 3) * 4, 12);
    expect(scoreOf([1, 1, Number.NaN, 3], { ...rule, of: "mean" })).toBeCloseTo(7 / 3, 12);
    expect(scoreOf([1, Number.NaN, Number.NaN, 3], rule)).toBeNaN();
    expect(scoreOf([1, 1, Number.NaN, 3], { ...rule, allowMissing: 0 })).toBeNaN();
  });

  it("has no score without any answer", () => {
    expect(scoreOf([Number.NaN, Number.NaN], { ...rule, allowMissing: 4 })).toBeNaN();
  });

  it("reversed twice is as it was, and all reversed mirrors the sum", () => {
    const all = { ...rule, reversed: [true, true, true, true] };
    const none = { ...rule, reversed: [] };
    expect(scoreOf([0, 1, 2, 4], all) + scoreOf([0, 1, 2, 4], none)).toBe(16);
  });
});
