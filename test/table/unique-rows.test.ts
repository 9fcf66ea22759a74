import { describe, expect, it } from "vitest";
import { checkUniqueRows } from "../../src/table/unique-rows.js";
import { readText } from "./read-text.js";

const dictionary = { participant: { type: "id" }, month: { type: "number" }, day: { type: "date" } } as const;
const table = await readText(
  "participant,month,day\nA,0,2025-01-01\nA,3,2025-01-01\nB,0,2025-01-01\nA,3,2025-01-02\n,3,\n,3,\nB,,2025-01-01\nB,,2025-01-01\nA,3,2025-01-02\n",
  dictionary,
);

describe("checkUniqueRows", () => {
  it("names both lines and the values; rows with a missing key are left out", () => {
    const problems = checkUniqueRows(table, ["participant", "month"]);
    expect(problems).toMatchObject([
      { code: "data.duplicated-rows", path: "data.csv:5" },
      { code: "data.duplicated-rows", path: "data.csv:10" },
    ]);
    expect(problems[0]!.message).toBe(
      'participant "A", month "3" is there twice: lines 3 and 5. Keep one, or correct the values.',
    );
  });

  it("takes any columns, dates too", () => {
    expect(checkUniqueRows(table, ["participant", "month", "day"]).map(({ message }) => message)).toEqual([
      'participant "A", month "3", day "2025-01-02" is there twice: lines 5 and 10. Keep one, or correct the values.',
    ]);
  });

  it("finds nothing in rows that differ", async () => {
    const unique = await readText("participant,month,day\nA,0,\nA,1,\nB,0,\nB,1,\n", dictionary);
    expect(checkUniqueRows(unique, ["participant", "month"])).toEqual([]);
  });

  it("counts rows of a table without lines", () => {
    const problems = checkUniqueRows({ ...table, lines: null }, ["participant", "month"]);
    expect(problems[0]).toMatchObject({ path: "data.csv" });
    expect(problems[0]!.message).toContain("rows 2 and 4");
  });
});
