/** The period in which a unit switched, counted by hand: from who is treated, and from declared dates. */
import { describe, expect, it } from "vitest";
import { exposureTimes } from "../../src/stepped-wedge/exposure-time.js";
import { observedSwitches, observedSwitchSteps, periodCalendar } from "../../src/stepped-wedge/unit-switch.js";
import type { Column, Table } from "../../src/table/table.js";
import { idColumn, numberColumn } from "./simulated-wedge.js";

const NEVER = Number.POSITIVE_INFINITY;
const factor = (levels: readonly string[], codes: readonly number[]): Column => ({
  kind: "category",
  type: "factor",
  codes: Int32Array.from(codes),
  levels,
});

describe("observedSwitches", () => {
  it("is the first period in which more than half of the unit's rows are treated", () => {
    // Unit 0: none, one of two, two of three. Unit 1: never. Unit 2: from the start, period 1 empty.
    const rows = [
      [0, 0, 0],
      [0, 1, 0],
      [0, 1, 1],
      [0, 2, 1],
      [0, 2, 0],
      [0, 2, 1],
      [1, 0, 0],
      [1, 2, 0],
      [2, 0, 1],
      [2, 2, 1],
    ];
    const of = (j: number) => rows.map((row) => row[j]!);
    const treated = { unit: Int32Array.from(of(0)), period: Int32Array.from(of(1)), treated: Float64Array.from(of(2)) };
    expect([...observedSwitches(treated, 3, 3)]).toEqual([2, 3, 0]);
  });
});

describe("periodCalendar", () => {
  // Quarters of 90 days from day 0; nobody was enrolled in the third.
  const period = numberColumn([1, 1, 2, 2, 4, 4, 5]);
  const dates = Float64Array.of(10, 80, 100, 170, 275, 350, 400);
  const { overlaps, place } = periodCalendar(period, dates);

  it.each([
    // date, step, doubt
    ["on the first date of a period", 100, 1, null],
    ["within a period: enrolments on both sides", 150, 1, null],
    ["on the last date of a period", 170, 1, null],
    ["after the last date of a period, before the next", 90, 1, null],
    ["within the last period", 400, 4, null],
    ["after the last period", 401, NEVER, null],
    ["never", Number.NaN, NEVER, null],
    ["before the first row", 9, 0, "before"],
    ["in a period without rows", 200, 3, "gap"],
    ["in a period after one without rows", 300, 3, null],
  ] as const)("%s", (_, date, step, doubt) => {
    expect(place(date)).toEqual({ step, doubt });
  });

  it("finds periods and dates that contradict each other around the switch, and not elsewhere", () => {
    const { place: wrong, overlaps: ofWrong } = periodCalendar(
      numberColumn([1, 1, 2, 2, 3]),
      Float64Array.of(10, 120, 100, 170, 200),
    );
    expect([overlaps, ofWrong]).toEqual([0, 1]);
    expect(wrong(110)).toEqual({ step: 0, doubt: "contradiction" });
    expect(wrong(100).doubt).toBe(null);
    expect(wrong(150)).toEqual({ step: 1, doubt: null });
  });

  it("does without missing dates and periods, in any order of rows", () => {
    const { place: shuffled } = periodCalendar(
      numberColumn([5, 4, Number.NaN, 2, 1, 4, 2, 1, 3]),
      Float64Array.of(400, 350, 1, 170, 80, 275, 100, 10, Number.NaN),
    );
    for (const date of [9, 10, 90, 150, 300, 401]) expect(shuffled(date).step).toBe(place(date).step);
    // The period of the row without a date exists all the same, so the steps are those of the periods.
    expect(shuffled(200)).toEqual({ step: 3, doubt: "gap" });
  });

  it("takes periods that are the dates' own scale as they are, also where no row is", () => {
    const own = (values: number[]) => periodCalendar(numberColumn(values), Float64Array.from(values)).place;
    const place = own([1, 2, 4, 5, 5]);
    expect([1, 2, 2.5, 3, 3.5, 4, 6, 7, 0, -1].map((date) => place(date).step)).toEqual([
      0, 1, 2, 2, 3, 3, 5, 6, -1, -2,
    ]);
    expect(place(3).doubt).toBe(null);
    expect(place(Number.NaN).step).toBe(NEVER);
    const tenths = own([2020, 2020.1, 2020.2, 2020.3]);
    expect([2020.1, 2020.2, 2020 + 3 * 0.1].map((date) => tenths(date).step)).toEqual([1, 2, 3]);
  });

  it("takes the levels of a factor in their order, those without rows among them", () => {
    const quarters = factor(["Q1", "Q2", "Q3", "Q4"], [0, 1, 3, 3]);
    const { place } = periodCalendar(quarters, Float64Array.of(10, 100, 280, 350));
    expect([10, 90, 200, 300, 351].map((date) => place(date))).toEqual([
      { step: 0, doubt: null },
      { step: 1, doubt: null },
      { step: 3, doubt: "gap" },
      { step: 3, doubt: null },
      { step: NEVER, doubt: null },
    ]);
  });
});

describe("exposureTimes", () => {
  const tableOf = (rows: readonly (readonly [string, number, number])[]): Table => ({
    name: "data.csv",
    rows: rows.length,
    lines: null,
    columns: new Map<string, Column>([
      ["unit", idColumn(rows.map(([unit]) => unit))],
      ["period", numberColumn(rows.map(([, period]) => period))],
      ["fit", { ...numberColumn(rows.map(([, , fit]) => fit)), type: "binary" } as Column],
    ]),
  });
  const names = { cluster: "unit", period: "period", treated: "fit" };
  const exposures = (table: Table, switched = observedSwitchSteps(table, names)) => [
    ...exposureTimes(table, names, switched),
  ];

  it("counts from the unit's switch; a client treated before it does not move it", () => {
    const rows: [string, number, number][] = [
      ["A", 1, 0],
      ["A", 1, 0],
      ["A", 1, 1], // against the unit: 1
      ["A", 2, 0],
      ["A", 3, 1],
      ["A", 4, 1],
      ["B", 1, 0],
      ["B", 2, 1],
      ["B", 4, 1],
      ["B", 4, 0], // not treated after the switch: 0
    ];
    expect(exposures(tableOf(rows))).toEqual([0, 0, 1, 0, 1, 2, 0, 1, 3, 0]);
  });

  it("counts from a switch in a period in which the unit has no rows", () => {
    const table = tableOf([
      ["A", 1, 0],
      ["A", 3, 1],
      ["A", 4, 1],
      ["B", 2, 0],
    ]);
    expect(exposures(table)).toEqual([0, 1, 2, 0]);
    expect(exposures(table, Float64Array.of(1, 1, 1, NEVER))).toEqual([0, 2, 3, 0]);
    expect(exposures(table, Float64Array.of(-1, -1, -1, NEVER))).toEqual([0, 4, 5, 0]);
  });

  it("has none where unit, period or treatment is missing", () => {
    const table = tableOf([
      ["A", 1, 0],
      ["A", Number.NaN, 1],
      ["A", 2, Number.NaN],
      ["A", 3, 1],
    ]);
    expect(exposures(table)).toEqual([0, Number.NaN, Number.NaN, 1]);
  });
});
