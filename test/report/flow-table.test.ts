import { expect, test } from "vitest";
import { flowTable } from "../../src/report/flow-table.js";
import { texts } from "../../src/report/texts.js";
import type { ArmFlow } from "../../src/trial/participant-flow.js";

const arm = (name: string | null, missing: number, reason = "missing"): ArmFlow => ({
  arm: name,
  rows: 100,
  used: 100 - missing,
  participants: 25,
  participantsUsed: 24,
  excludedBy: missing === 0 ? [] : [{ reason, detail: "y", rows: missing }],
});

/** One participant has rows in both arms. */
const shown = { labels: { y: "outcome" }, participants: { data: 49, used: 47 } };

const rowOf = (table: ReturnType<typeof flowTable>, header: string) =>
  table.rows.find((row) => row.header === header)?.cells;

test("counts by arm and in total, participants once, with percentages", () => {
  const table = flowTable([arm("A", 30), arm("B", 10)], ["main"], texts.en, shown);
  expect(table.columns.slice(1)).toEqual(["A", "B", "Total"]);
  expect(rowOf(table, "Participants in the data")).toEqual(["25", "25", "49"]);
  expect(rowOf(table, "Participants analysed")).toEqual(["24 (96.0%)", "24 (96.0%)", "47 (95.9%)"]);
  expect(rowOf(table, "Rows analysed")).toEqual(["70 (70.0%)", "90 (90.0%)", "160 (80.0%)"]);
  expect(rowOf(table, "outcome missing")).toEqual(["30", "10", "40"]);
});

test("lists each reason once, and 0 where an arm has none", () => {
  const table = flowTable([arm("A", 30), arm("B", 10, "where")], ["main"], texts.en, shown);
  expect(rowOf(table, "outcome missing")).toEqual(["30", "0", "30"]);
  expect(rowOf(table, "not selected (where y)")).toEqual(["0", "10", "10"]);
});

test("without arms or participants there is one column of rows", () => {
  const only = { ...arm(null, 0), participants: null, participantsUsed: null };
  const table = flowTable([only], ["main"], texts.en, { labels: {}, participants: null });
  expect(table.columns).toEqual(["Participants and rows", "All"]);
  expect(rowOf(table, "Participants in the data")).toBeUndefined();
  expect(rowOf(table, "Rows excluded")).toEqual(["0 (0%)"]);
});

test("rows without an arm have a column of their own", () => {
  expect(flowTable([arm("A", 1), arm(null, 1)], ["main"], texts.sv, shown).columns.slice(1)).toEqual([
    "A",
    "Arm saknas",
    "Totalt",
  ]);
});
