import { describe, expect, it } from "vitest";
import { parseIsoDate } from "../../src/table/iso-date.js";
import type { CategoryColumn, NumberColumn } from "../../src/table/table.js";
import { trialDates } from "../../src/trial/trial-dates.js";

const who = (texts: readonly (string | null)[]): CategoryColumn => {
  const levels = [...new Set(texts.filter((text) => text !== null))];
  return {
    kind: "category",
    type: "id",
    codes: Int32Array.from(texts, (text) => (text === null ? -1 : levels.indexOf(text))),
    levels,
  };
};
const dates = (texts: readonly string[]): NumberColumn => ({
  kind: "number",
  type: "date",
  values: Float64Array.from(texts, (text) => (text === "" ? Number.NaN : parseIsoDate(text))),
  unit: null,
});
const entered = { participant: who(["a", "b", "c", "d"]), date: dates(["2025-03-01", "2024-10-01", "", "1969-12-31"]) };
const seen = {
  participant: who(["c", "a", null, "b"]),
  date: dates(["2028-02-29", "2026-01-01", "2030-01-01", "2025-01-01"]),
};
const some = (...names: string[]) => new Set(names);

describe("trialDates", () => {
  it("are the first and the last of the participants that count, whatever the order of the rows", () => {
    const found = trialDates([{ design: null, participants: some("a", "b", "c") }], {
      randomised: entered,
      visited: seen,
    });
    expect(found).toEqual({ randomised: ["2024-10-01", "2025-03-01"], visited: ["2025-01-01", "2028-02-29"] });
  });

  it("have each design by itself, where there are two; a design without a date has none", () => {
    const designs = [
      { design: "A", participants: some("a", "d") },
      { design: "B", participants: some("c") },
    ];
    expect(trialDates(designs, { randomised: entered, visited: null })).toEqual({
      randomised: ["1969-12-31", "2025-03-01"],
      designs: [{ design: "A", randomised: ["1969-12-31", "2025-03-01"] }, { design: "B" }],
    });
  });

  it("are nothing without a date", () => {
    const designs = [{ design: null, participants: some("c") }];
    expect(trialDates(designs, { randomised: entered, visited: null })).toBeUndefined();
    expect(trialDates(designs, { randomised: null, visited: null })).toBeUndefined();
  });
});
