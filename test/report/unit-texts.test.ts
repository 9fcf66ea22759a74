import { describe, expect, it } from "vitest";
import { texts } from "../../src/report/texts.js";
import { unitAfter } from "../../src/report/unit-texts.js";

describe("a unit after a number", () => {
  it.each([
    ["1", "months", "month"],
    ["1", "månader", "månad"],
    ["12", "månader", "månader"],
    ["0", "months", "months"],
    ["1", "points", "point"],
    ["1", "session", "session"],
  ])("%s %s is %s", (number, unit, said) => {
    expect(unitAfter(number, unit)).toBe(said);
  });

  it("is of one visit in the flow of participants", () => {
    expect(texts.sv.figure.flow.visit("1", "månader")).toBe("1 månad");
    expect(texts.en.figure.flow.visit("3", "months")).toBe("3 months");
  });
});
