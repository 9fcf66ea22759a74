/** Follow-up that passes the switch: every rule, counted by hand. */
import { describe, expect, it } from "vitest";
import {
  countExposure,
  EXPOSURE_RULES,
  exposureAtVisit,
  switchProblems,
  visitProblems,
} from "../../src/stepped-wedge/exposure-at-visit.js";

const NaNs = Number.NaN;
/** Unit A switches on day 100, unit B never. Visits 0 and 90 days after enrolment. */
const rows = [
  // client, enrolled, visited, switch, visit
  [10, 10, 100, 0],
  [10, 100, 100, 1], // on the day of the switch: after it
  [50, 50, 100, 0],
  [50, 140, 100, 1], // moved
  [100, 100, 100, 0],
  [100, 190, 100, 1],
  [50, 50, NaNs, 0],
  [50, 140, NaNs, 1],
];
const column = (j: number) => Float64Array.from(rows, (row) => row[j]!);
const times = { enrolled: column(0), visited: column(1), switched: column(2) };

describe("exposureAtVisit", () => {
  it.each([
    ["enrolment", [0, 0, 0, 0, 1, 1, 0, 0]],
    ["at-visit", [0, 1, 0, 1, 1, 1, 0, 0]],
    ["censored", [0, NaNs, 0, NaNs, 1, 1, 0, 0]],
  ] as const)("%s", (rule, expected) => {
    expect([...exposureAtVisit(times, rule)]).toEqual(expected);
  });
});

describe("countExposure", () => {
  it("counts each rule by visit, and the visits moved", () => {
    const counts = countExposure(
      times,
      Int32Array.from(rows, (row) => row[3]!),
      ["0", "90"],
    );
    const of = (rule: string, visit: string | null) => {
      const { control, treated, leftOut, moved } = counts.find((one) => one.rule === rule && one.visit === visit)!;
      return [control, treated, leftOut, moved];
    };
    expect(of("enrolment", "0")).toEqual([3, 1, 0, 0]);
    expect(of("enrolment", "90")).toEqual([3, 1, 0, 2]);
    expect(of("at-visit", "90")).toEqual([1, 3, 0, 2]);
    expect(of("censored", "90")).toEqual([1, 1, 2, 2]);
    expect(of("censored", null)).toEqual([4, 2, 2, 2]);
    expect(counts).toHaveLength(9);
  });

  it("every visit is control, treated or left out, under each rule", () => {
    for (const { control, treated, leftOut } of countExposure(times, null)) expect(control + treated + leftOut).toBe(8);
    expect(countExposure(times, null).map(({ rule }) => rule)).toEqual([...EXPOSURE_RULES]);
  });
});

describe("what is wrong with dates", () => {
  const unit = Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1);
  it("nothing", () => {
    expect(switchProblems(times.switched, unit, ["A", "B"], "fit_from", "")).toEqual([]);
    expect(visitProblems(times, { enrolled: "start", visited: "date" }, "")).toEqual([]);
  });
  it("a unit with two switches, or a switch and none; a visit before enrolment", () => {
    const switched = times.switched.slice();
    switched[7] = 120;
    const visited = times.visited.slice();
    visited[0] = 9;
    const [varies, ...more] = switchProblems(switched, unit, ["A", "B"], "fit_from", "");
    expect(varies).toMatchObject({ code: "wedge.switch-varies", severity: "error" });
    expect(varies!.message).toContain('Unit "B" has several values of "fit_from"');
    expect(more).toEqual([]);
    const [before] = visitProblems({ ...times, visited }, { enrolled: "start", visited: "date" }, "");
    expect(before).toMatchObject({ code: "wedge.visit-before-enrolment", severity: "error" });
    expect(before!.message).toContain('1 row has "date" before "start"');
  });
});
