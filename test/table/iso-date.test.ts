import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIsoDate, toCalendarDay, toDays, toIsoDate } from "../../src/table/iso-date.js";

describe("calendar days", () => {
  it("counts from 1970-01-01", () => {
    expect(parseIsoDate("1970-01-01")).toBe(0);
    expect(parseIsoDate("1969-12-31")).toBe(-1);
    expect(parseIsoDate("2000-03-01")).toBe(11017);
    expect(parseIsoDate("2024-09-19")).toBe(19985);
  });

  it("agrees with the platform's calendar from the year 1 to 9999", () => {
    const first = parseIsoDate("0001-01-01");
    const last = parseIsoDate("9999-12-31");
    fc.assert(
      fc.property(fc.integer({ min: first, max: last }), (days) => {
        const iso = new Date(days * 86_400_000).toISOString().slice(0, 10);
        expect(toIsoDate(days)).toBe(iso);
        expect(parseIsoDate(iso)).toBe(days);
        expect(toDays(toCalendarDay(days))).toBe(days);
      }),
      { numRuns: 2000 },
    );
  });

  it("knows leap years", () => {
    expect(parseIsoDate("2024-02-29")).toBe(parseIsoDate("2024-03-01") - 1);
    expect(parseIsoDate("2000-02-29")).toBe(parseIsoDate("2000-03-01") - 1);
    expect(parseIsoDate("2023-02-29")).toBeNaN();
    expect(parseIsoDate("1900-02-29")).toBeNaN();
  });

  it.each([
    "2025-04-31",
    "2025-13-01",
    "2025-00-10",
    "2025-01-00",
    "2025-1-1",
    "25-01-01",
    "01/02/2025",
    "2025-01-01T00:00",
    "",
  ])("%s is no date", (text) => {
    expect(parseIsoDate(text)).toBeNaN();
  });
});
