import { describe, expect, it } from "vitest";
import {
  type ChangeRule,
  changeClass,
  cutOffCrossing,
  type ReliableChange,
  reliableChangeCriterion,
  reliableChangeIndex,
  standardErrorOfChange,
} from "../../src/trial/clinical-change.js";

const alpha: ReliableChange = { sd: 8, reliability: 0.85, null: "measurement-error", critical: 1.96 };
const ors: ChangeRule = {
  better: "higher",
  criterion: reliableChangeCriterion(alpha),
  cutOff: { value: 25, at: "functional" },
  functionalStart: "own-class",
};
const byChange: ChangeRule = { ...ors, functionalStart: "by-change" };
const points: ChangeRule = { ...byChange, criterion: { points: 6, includesLimit: true } };

/** test/reference/change-classes/by-hand.md: client, before, after, own class, by change, with six points, crossing. */
const clients = [
  [1, 15, 30, "recovered", "recovered", "recovered", "to-functional"],
  [2, 15, 24, "improved", "improved", "improved", "stayed-clinical"],
  [3, 15, 18, "unchanged", "unchanged", "unchanged", "stayed-clinical"],
  [4, 20, 12, "unchanged", "unchanged", "deteriorated", "stayed-clinical"],
  [5, 28, 38, "started-functional", "improved", "improved", "stayed-functional"],
  [6, 30, 20, "started-functional", "deteriorated", "deteriorated", "to-clinical"],
  [7, 24.9, 25, "unchanged", "unchanged", "unchanged", "to-functional"],
  [8, 25, 31, "started-functional", "unchanged", "improved", "stayed-functional"],
  [9, 18, 25, "unchanged", "unchanged", "recovered", "to-functional"],
  [10, 18, 24.9, "unchanged", "unchanged", "improved", "stayed-clinical"],
  [12, 10, 16.5, "unchanged", "unchanged", "improved", "stayed-clinical"],
] as const;

describe("the standard error of a change", () => {
  it("is SEM √2 where both SDs are equal, whatever the null", () => {
    expect(standardErrorOfChange(alpha)).toBeCloseTo(8 * Math.sqrt(0.3), 12);
    expect(standardErrorOfChange({ ...alpha, null: "retest" })).toBeCloseTo(8 * Math.sqrt(0.3), 12);
  });

  it("differs between the nulls where the SDs differ (Maassen 2004)", () => {
    const unequal = { ...alpha, sdAfter: 10 };
    expect(standardErrorOfChange(unequal)).toBeCloseTo(Math.sqrt(164 * 0.15), 12);
    expect(standardErrorOfChange({ ...unequal, null: "retest" })).toBeCloseTo(Math.sqrt(164 - 136), 12);
  });

  it("gives the 5 of Miller and the 6 of Duncan for the ORS at reliability .93", () => {
    const of = (sd: number) => reliableChangeCriterion({ ...alpha, sd, reliability: 0.93 }).points;
    expect(of(6.8)).toBeCloseTo(4.987, 3);
    expect(of(8.7)).toBeCloseTo(6.38, 3);
  });

  it("is what the reliable change index divides by, better above 0", () => {
    expect(reliableChangeIndex(15, 30, "higher", alpha)).toBeCloseTo(15 / 4.38178, 5);
    expect(reliableChangeIndex(15, 30, "lower", alpha)).toBeCloseTo(-15 / 4.38178, 5);
  });
});

describe("the class of a client's change", () => {
  it.each(clients)("of client %i, from %d to %d", (_, before, after, own, change, six, crossing) => {
    expect(changeClass(before, after, ors)).toBe(own);
    expect(changeClass(before, after, byChange)).toBe(change);
    expect(changeClass(before, after, points)).toBe(six);
    expect(cutOffCrossing(before, after, ors.cutOff!, "higher")).toBe(crossing);
  });

  it.each(clients)("is the same on a mirrored scale: client %i", (_, before, after, own, _change, _six, crossing) => {
    const mirrored: ChangeRule = { ...ors, better: "lower", cutOff: { value: 40 - 25, at: "functional" } };
    expect(changeClass(40 - before, 40 - after, mirrored)).toBe(own);
    expect(cutOffCrossing(40 - before, 40 - after, mirrored.cutOff!, "lower")).toBe(crossing);
  });

  it.each(clients)("is the same in other units: client %i", (_, before, after, own) => {
    const criterion = reliableChangeCriterion({ ...alpha, sd: 80 });
    const scaled: ChangeRule = { ...ors, criterion, cutOff: { value: 350, at: "functional" } };
    expect(changeClass(before * 10 + 100, after * 10 + 100, scaled)).toBe(own);
  });

  it("turns improvement and deterioration round when before and after change places", () => {
    expect(changeClass(15, 24, byChange)).toBe("improved");
    expect(changeClass(24, 15, byChange)).toBe("deteriorated");
  });

  it("takes decimals as they are written", () => {
    expect(changeClass(20.1, 26.1, points)).toBe("recovered");
    expect(
      changeClass(0.3, 0.1, {
        ...points,
        better: "lower",
        cutOff: null,
        criterion: { points: 0.2, includesLimit: true },
      }),
    ).toBe("improved");
    expect(cutOffCrossing(10, 6.3 + 6.2 + 6.1 + 6.4, ors.cutOff!, "higher")).toBe("to-functional");
    expect(changeClass(0.1, 0.3, { ...ors, cutOff: null, criterion: { points: 0.2, includesLimit: false } })).toBe(
      "unchanged",
    );
  });

  it("has no recovery and no functional start without a cut-off", () => {
    const none: ChangeRule = { ...ors, cutOff: null };
    expect(changeClass(15, 30, none)).toBe("improved");
    expect(changeClass(28, 38, none)).toBe("improved");
  });
});
