/** Declared dates of the switch, from plan and data to exposure times and the design: tables counted by hand. */
import { describe, expect, it } from "vitest";
import { steppedWedgeAnalysis } from "../../src/analysis/stepped-wedge.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";
import { type Problem, ProblemError } from "../../src/problem.js";
import { parseIsoDate } from "../../src/table/iso-date.js";
import type { Column, Table } from "../../src/table/table.js";
import { idColumn, numberColumn } from "../stepped-wedge/simulated-wedge.js";

interface Client {
  readonly unit: string;
  readonly start: string;
  /** Outcome is missing. */
  readonly missing?: boolean;
}

/** Dates of the switches. A and B within a quarter, C between quarters, D never. */
const SWITCHES: Readonly<Record<string, string>> = { A: "2025-04-20", B: "2025-07-10", C: "2025-10-01", D: "" };

/** A has clients before and after its switch in one quarter; B none in the quarter of its switch; C's treated are missing. */
const CLIENTS: readonly Client[] = [
  { unit: "A", start: "2025-01-10" },
  { unit: "A", start: "2025-04-10" },
  { unit: "A", start: "2025-04-25" },
  { unit: "A", start: "2025-07-10" },
  { unit: "A", start: "2025-10-10" },
  { unit: "B", start: "2025-01-15" },
  { unit: "B", start: "2025-04-15" },
  { unit: "B", start: "2025-10-15" },
  { unit: "C", start: "2025-01-20" },
  { unit: "C", start: "2025-04-20" },
  { unit: "C", start: "2025-07-20" },
  { unit: "C", start: "2025-10-20", missing: true },
  { unit: "D", start: "2025-01-25" },
  { unit: "D", start: "2025-04-25" },
  { unit: "D", start: "2025-07-25" },
  { unit: "D", start: "2025-10-25" },
];
const day = (text: string): number => (text === "" ? Number.NaN : parseIsoDate(text));
const dateColumn = (values: readonly number[]): Column => ({ ...numberColumn(values), type: "date" }) as Column;

/** Two visits of each client, at once and 80 days after; the quarter of enrolment, and that of the visit (91 days from 1 January). */
function tableOf(clients: readonly Client[] = CLIENTS, switches = SWITCHES): Table {
  const first = day("2025-01-01");
  const quarter = (date: number): number => 1 + Math.floor((date - first) / 91);
  const rows = clients.flatMap(({ unit, start, missing = false }, i) =>
    [0, 80].map((later) => ({ unit, i, start: day(start), visit: day(start) + later, missing, from: switches[unit]! })),
  );
  return {
    name: "data.csv",
    rows: rows.length,
    lines: null,
    columns: new Map<string, Column>([
      ["unit", idColumn(rows.map(({ unit }) => unit))],
      ["enrolled", numberColumn(rows.map(({ start }) => quarter(start)))],
      ["seen", numberColumn(rows.map(({ visit }) => quarter(visit)))],
      ["start", dateColumn(rows.map(({ start }) => start))],
      ["visit", dateColumn(rows.map(({ visit }) => visit))],
      ["from", dateColumn(rows.map(({ from }) => day(from)))],
      ["later", numberColumn(rows.map(({ start, visit }) => visit - start))],
      ["y", numberColumn(rows.map(({ i, missing }) => (missing ? Number.NaN : 10 + ((i * 7) % 11))))],
    ]),
  };
}

const plan = (rule: string, keys: string, period: string): string => `plan: fit-rct/1
title: wedge
data: { file: data.csv }
columns:
  unit: { type: id }
  enrolled: { type: number }
  seen: { type: number }
  start: { type: date }
  visit: { type: date }
  from: { type: date }
  later: { type: number }
  y: { type: number }
analyses:
  - id: a
    model: stepped-wedge
    outcome: y
    cluster: unit
    period: ${period}
    period-effects: linear
    exposure: { rule: ${rule}, enrolled: start, visited: visit, switch: from }
    ${keys}
`;

function prepare(table: Table, rule = "enrolment", keys = "effect: exposure-time", period = "enrolled") {
  const parsed = parsePlan(plan(rule, keys, period), "plan.yaml");
  if (parsed.plan === null) throw new ProblemError(checkPlan(parsed).problems);
  const [analysis] = parsed.plan.analyses;
  if (analysis?.model !== "stepped-wedge") throw new Error("model");
  return steppedWedgeAnalysis.prepare({
    plan: parsed.plan,
    table,
    tables: new Map([["data", table]]),
    analysis,
    path: "",
  }) as ReturnType<typeof steppedWedgeAnalysis.prepare> & {
    readonly wedge: Table;
    readonly data: { readonly design: import("../../src/stepped-wedge/design.js").WedgeDesign };
    readonly problems: readonly Problem[];
  };
}
const numbers = (table: Table, name: string): number[] => {
  const column = table.columns.get(name)!;
  return column.kind === "number" ? [...column.values] : [];
};
/** Exposure times of the first visits, by unit. */
function exposures(prepared: ReturnType<typeof prepare>, visit = 0): Record<string, number[]> {
  const units = prepared.wedge.columns.get("unit")!;
  if (units.kind !== "category") throw new Error("unit");
  const of: Record<string, number[]> = {};
  const values = numbers(prepared.wedge, "exposure");
  for (let row = visit; row < values.length; row += 2) {
    const unit = units.levels[units.codes[row]!]!;
    of[unit] = [...(of[unit] ?? []), values[row]!];
  }
  return of;
}
const codes = ({ problems }: { readonly problems: readonly Problem[] }) => problems.map(({ code }) => code);
function refusal(run: () => unknown): readonly Problem[] {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof ProblemError) return thrown.problems;
  }
  throw new Error("not refused");
}

const BY_ENROLMENT = { A: [0, 0, 1, 2, 3], B: [0, 0, 2], C: [0, 0, 0, 1], D: [0, 0, 0, 0] };

describe("exposure times from declared dates", () => {
  it.each(["enrolment", "censored"])("%s: as at enrolment, from the period of the declared switch", (rule) => {
    const prepared = prepare(tableOf(), rule);
    expect(exposures(prepared)).toEqual(BY_ENROLMENT);
    // The second visits too: periods are those of enrolment.
    expect(exposures(prepared, 1)).toEqual(BY_ENROLMENT);
  });

  it("censored: leaves out second visits after the switch of clients enrolled before it", () => {
    // Enrolled 10 April in A, 20 July in C (8 October); B's of 15 April are seen on 4 July, before 10 July.
    const { excluded } = prepare(tableOf(), "censored");
    expect(excluded.map(({ reason, rows }) => [reason, [...rows]])).toEqual([
      ["missing", [22, 23]],
      ["censored", [3, 21]],
    ]);
  });

  it("at-visit: by the period of the visit", () => {
    const prepared = prepare(tableOf(), "at-visit", "effect: exposure-time", "seen");
    expect(exposures(prepared)).toEqual(BY_ENROLMENT);
    // Second visits, 80 days on. A: 31 March; 29 June, in the second quarter; 14 July; 28 September; 29 December.
    // B: 5 April; 4 July; 3 January 2026. C: 10 April; 9 July; 8 October; 8 January.
    expect(exposures(prepared, 1)).toEqual({ A: [0, 1, 2, 2, 3], B: [0, 0, 3], C: [0, 0, 1, 2], D: [0, 0, 0, 0] });
  });

  it("at-visit with the period of enrolment: refused where time since the switch counts, not for the immediate effect", () => {
    const [problem] = refusal(() => prepare(tableOf(), "at-visit"));
    expect(problem).toMatchObject({ code: "wedge.period-of-enrolment", severity: "error" });
    // C's second visit of 8 October is of the third quarter's enrolment. A's and B's are in the quarter of their switch or after.
    expect(problem!.message).toContain('1 treated row is of a period before the switch of the unit: "enrolled"');
    const { data } = prepare(tableOf(), "at-visit", "effect: immediate");
    expect(data.design.units.map(({ switchPeriod }) => switchPeriod)).toEqual([1, 2, 3, 4]);
  });

  it("enrolment with the period of the visit: time since the switch at the visit, of those enrolled after it", () => {
    const prepared = prepare(tableOf(), "enrolment", "effect: exposure-time", "seen");
    expect(exposures(prepared, 1)).toEqual({ A: [0, 0, 2, 2, 3], B: [0, 0, 3], C: [0, 0, 0, 2], D: [0, 0, 0, 0] });
  });

  it("does not depend on which clients a unit has in the period of its switch, nor on the order of rows", () => {
    for (const [unit, from, to] of [
      ["A", "2025-04-01", "2025-06-30"],
      ["C", "2025-10-01", "2025-12-31"],
      ["D", "2025-10-01", "2025-12-31"],
    ] as const) {
      const isDropped = (one: Client) => one.unit === unit && one.start >= from && one.start <= to;
      const rest = CLIENTS.map((one, i) => ({ ...one, i })).filter((one) => !isDropped(one));
      const left: Record<string, number[]> = {};
      for (const { unit: u, i } of rest) {
        const place = i - CLIENTS.findIndex((one) => one.unit === u);
        left[u] = [...(left[u] ?? []), BY_ENROLMENT[u as "A"][place]!];
      }
      expect(exposures(prepare(tableOf(rest)))).toEqual(left);
      const reversed = Object.fromEntries(Object.entries(left).map(([u, values]) => [u, [...values].reverse()]));
      expect(exposures(prepare(tableOf([...rest].reverse())))).toEqual(reversed);
    }
  });

  it("reads the calendar from rows that `where` leaves out", () => {
    const prepared = prepare(tableOf(), "enrolment", "effect: exposure-time\n    where: later == 80 && unit != 'D'");
    expect(exposures(prepared)).toMatchObject({ A: BY_ENROLMENT.A, B: BY_ENROLMENT.B });
    expect(prepared.data.design.units.map(({ name, switchPeriod }) => [name, switchPeriod])).toEqual([
      ["A", 1],
      ["B", 2],
      ["C", 3],
    ]);
  });
});

describe("the design by declared dates", () => {
  it("has the same switches: sequences, cells, and what is known of units", () => {
    const { data, problems } = prepare(tableOf());
    const { units, sequences, cells } = data.design;
    expect(units.map(({ switchPeriod }) => switchPeriod)).toEqual([1, 2, 3, 4]);
    expect(sequences.map(({ units: of }) => of)).toEqual([["A"], ["B"], ["C"], ["D"]]);
    expect(cells.map(({ condition, rows, otherwise }) => `${condition} ${rows} ${otherwise}`)).toEqual([
      ...["control 2 0", "treated 4 2", "treated 2 0", "treated 2 0"],
      ...["control 2 0", "control 2 0", "none 0 0", "treated 2 0"],
      ...["control 2 0", "control 2 0", "control 2 0", "none 0 0"],
      ...["control 2 0", "control 2 0", "control 2 0", "control 2 0"],
    ]);
    const messages = problems.map(({ message }) => message);
    expect(messages).toContain('Unit "C" switched in period "4", but the rows used have no treated client of it.');
    expect(messages).toContain('Unit "D" is a control in all its periods: it does not switch in the rows used.');
    expect(codes({ problems }).filter((code) => code === "wedge.not-switched")).toHaveLength(1);
    expect(codes({ problems })).not.toContain("wedge.sequence-balance");
    expect(problems.find(({ code }) => code === "wedge.no-contrast")!.message).toContain("1 of 4 periods");
  });

  it("leaves out the declared transition, and not the period after it", () => {
    const { excluded, data } = prepare(tableOf(), "enrolment", "effect: immediate\n    transition: 1");
    // A's second quarter: clients 2 and 3. B has no rows in its third; C's fourth are missing already.
    expect(excluded.map(({ reason, rows }) => [reason, [...rows]])).toEqual([
      ["missing", [22, 23]],
      ["transition", [2, 3, 4, 5]],
    ]);
    expect(data.design.cells[7]).toMatchObject({ unit: "B", period: "4", condition: "treated" });
  });

  it("warns of a within-period estimate with cells of both conditions", () => {
    const mixed = prepare(tableOf(), "enrolment", "vertical: sizes");
    expect(mixed.problems.find(({ code }) => code === "wedge.vertical-mixed")!.message).toContain("1 cell holds");
    expect(codes(prepare(tableOf(), "enrolment", "effect: immediate"))).not.toContain("wedge.vertical-mixed");
  });

  it("switches before the first row and in a time without rows: said where periods since the switch count", () => {
    const early = { ...SWITCHES, A: "2024-11-01" };
    const prepared = prepare(tableOf(CLIENTS, early));
    expect(exposures(prepared)["A"]).toEqual([1, 2, 2, 3, 4]);
    const [problem] = prepared.problems.filter(({ code }) => code === "wedge.switch-doubt");
    expect(problem).toMatchObject({ severity: "warning" });
    expect(problem!.message).toContain('Unit "A" switched on 2024-11-01. That is before the first row of the trial.');
    expect(codes(prepare(tableOf(CLIENTS, early), "enrolment", "effect: immediate"))).not.toContain(
      "wedge.switch-doubt",
    );
    // Nobody is enrolled in the third quarter: B's switch of 10 July is counted from the fourth.
    const gap = prepare(tableOf(CLIENTS.filter(({ start }) => start < "2025-07-01" || start >= "2025-10-01")));
    expect(exposures(gap)).toEqual({ A: [0, 0, 1, 3], B: [0, 0, 1], C: [0, 0, 1], D: [0, 0, 0] });
    const doubts = gap.problems.filter(({ code }) => code === "wedge.switch-doubt");
    // C's switch, 1 October, too: before the first row of the fourth quarter.
    expect(doubts.map(({ message }) => message.slice(0, 8))).toEqual(['Unit "B"', 'Unit "C"']);
    expect(doubts[0]!.message).toContain('earlier period than "4", from which its exposure is counted');
  });

  it("a unit that switches after the last period does not switch in the trial", () => {
    const { data } = prepare(tableOf(CLIENTS, { ...SWITCHES, C: "2025-10-26" }));
    expect(data.design.units[2]!.switchPeriod).toBe(4);
    expect(data.design.sequences.at(-1)!.units).toEqual(["C", "D"]);
  });

  it("a client of a wrong period: refused where periods since the switch count, else a warning", () => {
    const table = tableOf();
    const values = numbers(table, "enrolled");
    // A client of 10 July in A is put in the first quarter, and seen again in the third.
    values[6] = 1;
    values[7] = 1;
    const wrong = { ...table, columns: new Map(table.columns).set("enrolled", numberColumn(values)) };
    const problems = refusal(() => prepare(wrong));
    expect(problems.map(({ code }) => code)).toContain("wedge.switch-doubt");
    expect(problems[0]!.message).toContain('Unit "A" switched on 2025-04-20. The dates of the periods contradict');
    const immediate = prepare(wrong, "enrolment", "effect: immediate");
    expect(immediate.problems.find(({ code }) => code === "wedge.switch-doubt")!.severity).toBe("warning");
  });

  it("a unit with two dates is refused, also where the analysis does not use the row", () => {
    const table = tableOf();
    const values = numbers(table, "from");
    values[22] = day("2025-11-01"); // C's client without an outcome
    const wrong = { ...table, columns: new Map(table.columns).set("from", dateColumn(values)) };
    expect(refusal(() => prepare(wrong)).map(({ code }) => code)).toEqual(["wedge.switch-varies"]);
  });
});

describe("a switch that only the treatment column tells", () => {
  it("is found before missing outcomes are left out", () => {
    const table = tableOf();
    const treated = numbers(prepare(table).wedge, "treated");
    const columns = new Map(table.columns).set("fit", { ...numberColumn(treated), type: "binary" } as Column);
    const text = plan("enrolment", "effect: exposure-time", "enrolled")
      .replace(/exposure: \{.*\}/, "treated: fit")
      .replace("  later:", "  fit: { type: binary }\n  later:");
    const { plan: parsed } = parsePlan(text, "plan.yaml");
    const [analysis] = parsed!.analyses;
    if (analysis?.model !== "stepped-wedge") throw new Error("model");
    const prepared = steppedWedgeAnalysis.prepare({
      plan: parsed!,
      table: { ...table, columns },
      tables: new Map(),
      analysis,
      path: "",
    }) as ReturnType<typeof prepare>;
    // Of A half the rows of the second quarter are treated, so that its switch is seen in the third; of B in the fourth.
    expect(prepared.data.design.units.map(({ switchPeriod }) => switchPeriod)).toEqual([2, 3, 3, 4]);
    expect(codes(prepared)).toContain("wedge.none-treated");
    expect(exposures(prepared)).toEqual({ A: [0, 0, 1, 1, 2], B: [0, 0, 1], C: [0, 0, 0, 1], D: [0, 0, 0, 0] });
  });
});
