import { describe, expect, it } from "vitest";
import { checkSummaries } from "../../src/table/derived-column.js";
import type { ColumnSpec, Dictionary, Summary } from "../../src/table/dictionary.js";
import { readTables } from "../../src/table/read-tables.js";
import type { Table } from "../../src/table/table.js";
import { cellsOf, codesOf, problemsOf } from "./read-text.js";

const files = {
  visits:
    "client,month,ors,visited,mood\nk1,12,31,2025-12-01,good\nk1,0,20,2025-01-05,bad\nk2,0,18,2025-01-10,bad\nk2,1,,2025-02-10,good\n",
  clients: "client,unit\nk1,u1\nk2,u1\nk3,u2\n",
};
const base: Dictionary = {
  client: { type: "id" },
  unit: { type: "id" },
  month: { type: "number" },
  ors: { type: "number", range: [0, 40] },
  visited: { type: "date" },
  mood: { type: "factor", levels: ["bad", "good"] },
};
const read = (columns: Dictionary, texts = files): Promise<ReadonlyMap<string, Table>> =>
  readTables(
    [
      {
        name: "visits",
        file: "visits.csv",
        bytes: new TextEncoder().encode(texts.visits),
        options: {},
        join: { clients: "client" },
      },
      {
        name: "clients",
        file: "clients.csv",
        bytes: new TextEncoder().encode(texts.clients),
        options: {},
        join: {},
        key: "client",
      },
    ],
    { ...base, ...columns },
    { participant: "client" },
  );
const number = (summarise: Summary): ColumnSpec => ({ type: "number", summarise });
const ofClients = async (spec: ColumnSpec) => cellsOf((await read({ made: spec })).get("clients")!, "made");

describe("a column that summarises each participant's rows", () => {
  it.each([
    ["the one row at a visit", { take: "one", value: "ors", where: "month == 0" }, [20, 18, null]],
    ["the first in the order of another column", { take: "first", value: "ors", order: "month" }, [20, 18, null]],
    ["the first as the rows stand", { take: "first", value: "ors" }, [31, 18, null]],
    ["the last; missing values do not count", { take: "last", value: "ors", order: "month" }, [31, 18, null]],
    ["the mean", { take: "mean", value: "ors" }, [25.5, 18, null]],
    ["the sum", { take: "sum", value: "ors", where: "ors < 30" }, [20, 18, null]],
    ["the smallest", { take: "min", value: "ors" }, [20, 18, null]],
    ["the largest", { take: "max", value: "ors" }, [31, 18, null]],
    ["how many rows, 0 without any", { take: "count" }, [2, 2, 0]],
    ["how many values", { take: "count", value: "ors" }, [2, 1, 0]],
    ["per unit", { take: "max", value: "ors", per: "unit" }, [31, 31, null]],
  ] as [string, Summary, (number | null)[]][])("takes %s", async (_, summary, expected) => {
    expect(await ofClients(number(summary))).toEqual(expected);
  });

  it("takes dates and levels", async () => {
    const [day] = await ofClients({ type: "date", summarise: { take: "last", value: "visited", order: "visited" } });
    expect(day).toBe(Date.UTC(2025, 11, 1) / 86_400_000);
    const mood: ColumnSpec = { type: "factor", levels: ["bad", "good"], summarise: { take: "first", value: "mood" } };
    expect(await ofClients(mood)).toEqual(["good", "bad", null]);
  });

  it("is in every table that knows the participant, and can be built upon", async () => {
    const tables = await read({
      ors_0: number({ take: "one", value: "ors", where: "month == 0" }),
      gain: { type: "number", derive: "ors - ors_0" },
      best: number({ take: "max", value: "gain" }),
    });
    expect(cellsOf(tables.get("visits")!, "ors_0")).toEqual([20, 20, 18, 18]);
    expect(cellsOf(tables.get("visits")!, "gain")).toEqual([11, 0, 0, null]);
    expect(cellsOf(tables.get("clients")!, "best")).toEqual([11, 0, null]);
  });

  it("does not depend on the order of the rows", async () => {
    const [header, ...rows] = files.visits.trimEnd().split("\n");
    const turned = { ...files, visits: [header, ...rows.reverse()].join("\n") };
    const made = { made: number({ take: "last", value: "ors", order: "month" }) };
    expect(cellsOf((await read(made, turned)).get("clients")!, "made")).toEqual([31, 18, null]);
  });

  it.each([
    ["two rows where one is wanted", number({ take: "one", value: "ors" }), "data.summary-several-rows"],
    ["a mean of texts", number({ take: "mean", value: "mood" }), "plan.summary-needs-number"],
    [
      "a value out of range",
      { type: "number", range: [0, 30], summarise: { take: "max", value: "ors" } },
      "data.out-of-range",
    ],
    [
      "a column of another table",
      number({ take: "count", per: "unit", table: "clients", value: "ors" }),
      "plan.summary-column-elsewhere",
    ],
  ] as [string, ColumnSpec, string][])("says so: %s", async (_, spec, code) => {
    expect([...new Set(codesOf(await problemsOf(() => read({ made: spec }))))]).toEqual([code]);
  });
});

describe("checkSummaries", () => {
  const check = (columns: Dictionary, participant: string | undefined = "client") =>
    checkSummaries({ ...base, ...columns }, participant, (name) => name).map(({ code }) => code);

  it.each([
    ["an unknown column", { made: number({ take: "max", value: "orss" }) }, ["plan.summary-unknown-column"]],
    ["no value", { made: number({ take: "max" }) }, ["plan.summary-needs-value"]],
    [
      "a column made below",
      { made: number({ take: "max", value: "gain" }), gain: { type: "number", derive: "ors - 1" } },
      ["plan.summary-unknown-column"],
    ],
    ["a condition that is none", { made: number({ take: "count", where: "ors + 1" }) }, ["expression.result"]],
    [
      "derive as well",
      { made: { type: "number", derive: "ors", summarise: { take: "count" } } },
      ["plan.summary-and-derive"],
    ],
  ] as [string, Dictionary, string[]][])("finds %s", (_, columns, codes) => {
    expect(check(columns)).toEqual(codes);
  });

  it("needs what a summary is per", () => {
    expect(checkSummaries({ ...base, made: number({ take: "count" }) }, undefined, (name) => name)[0]?.code).toBe(
      "plan.summary-needs-per",
    );
  });
});
