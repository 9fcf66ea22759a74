import { describe, expect, it } from "vitest";
import type { Dictionary } from "../../src/table/dictionary.js";
import { readTables, type TableSource } from "../../src/table/read-tables.js";
import { cellsOf, codesOf, problemsOf } from "./read-text.js";

const dictionary: Dictionary = {
  client: { type: "id" },
  unit: { type: "id" },
  therapist: { type: "id" },
  arm: { type: "factor", levels: ["TAU", "FIT"] },
  month: { type: "number" },
  ors: { type: "number", range: [0, 40] },
  randomised: { type: "date" },
  visited: { type: "date" },
  day: { type: "number", derive: "visited - randomised" },
};
const files = {
  visits: "client,month,ors,visited\nk1,0,20,2025-01-05\nk2,0,18.5,2025-01-10\nk1,1,24,2025-02-05\n",
  clients: "client,unit,therapist,randomised\nk1,u1,t1,2025-01-01\nk2,u1,t2,2025-01-03\nk3,u2,t1,2025-01-04\n",
  staff: "therapist,arm\nt1,FIT\nt2,TAU\n",
};
const shape: Record<keyof typeof files, Pick<TableSource, "key" | "join">> = {
  visits: { join: { clients: "client" } },
  clients: { key: "client", join: { staff: "therapist" } },
  staff: { key: "therapist", join: {} },
};
const read = (texts: Partial<typeof files> = {}, spec: Dictionary = dictionary, shapes = shape) =>
  readTables(
    (["visits", "clients", "staff"] as const).map((name) => ({
      name,
      file: `${name}.csv`,
      bytes: new TextEncoder().encode(texts[name] ?? files[name]),
      options: {},
      ...shapes[name],
    })),
    spec,
  );

describe("readTables", () => {
  it("gives each row the columns of the rows that it names, over two joins, in its own order", async () => {
    const tables = await read();
    expect([...tables.keys()]).toEqual(["visits", "clients", "staff"]);
    const visits = tables.get("visits")!;
    expect(visits.rows).toBe(3);
    expect(cellsOf(visits, "unit")).toEqual(["u1", "u1", "u1"]);
    expect(cellsOf(visits, "therapist")).toEqual(["t1", "t2", "t1"]);
    expect(cellsOf(visits, "arm")).toEqual(["FIT", "TAU", "FIT"]);
    expect(cellsOf(visits, "ors")).toEqual([20, 18.5, 24]);
  });

  it("makes a derived column in the tables that have what it is made of", async () => {
    const tables = await read();
    expect(cellsOf(tables.get("visits")!, "day")).toEqual([4, 7, 35]);
    expect(tables.get("clients")!.columns.has("day")).toBe(false);
    expect([...tables.get("staff")!.columns.keys()]).toEqual(["therapist", "arm"]);
  });

  it("leaves joined columns missing where a row names nothing", async () => {
    const tables = await read({
      clients: "client,unit,therapist,randomised\nk1,u1,,2025-01-01\nk2,u1,t2,2025-01-03\n",
    });
    expect(cellsOf(tables.get("visits")!, "arm")).toEqual([null, "TAU", null]);
  });

  it("does not depend on the order of the rows of the joined table", async () => {
    const [header, ...rows] = files.clients.trimEnd().split("\n");
    const turned = await read({ clients: [header, ...rows.reverse()].join("\n") });
    const straight = await read();
    for (const name of ["unit", "arm", "day"]) {
      expect(cellsOf(turned.get("visits")!, name)).toEqual(cellsOf(straight.get("visits")!, name));
    }
  });

  it("takes a column from the table that it is declared to be of", async () => {
    const texts = { visits: files.visits.replace("visited", "visited,unit").replaceAll(/(\d)\n/g, "$1,u9\n") };
    expect(codesOf(await problemsOf(() => read(texts)))).toEqual(["data.join-column-twice"]);
    const own = { ...dictionary, unit: { type: "id", table: "clients" } } as const;
    expect(cellsOf((await read(texts, own)).get("visits")!, "unit")).toEqual(["u1", "u1", "u1"]);
  });

  it.each([
    [
      "a join that would multiply rows",
      { staff: "therapist,arm\nt1,FIT\nt2,TAU\nt1,TAU\n" },
      "data.join-repeated-key",
      "staff.csv:4",
    ],
    [
      "a client in visits but not in clients",
      { visits: `${files.visits}k9,0,3,2025-01-01\n` },
      "data.join-no-match",
      "visits.csv:5",
    ],
    ["a key that is empty", { staff: "therapist,arm\nt1,FIT\nt2,TAU\n,TAU\n" }, "data.join-key-missing", "staff.csv:4"],
    [
      "a value out of range in any file",
      { visits: files.visits.replace("24", "41") },
      "data.out-of-range",
      "visits.csv:4",
    ],
    [
      "a key column that a file does not have",
      { visits: files.visits.replace("client", "klient") },
      "data.missing-column",
      "visits.csv:1",
    ],
    [
      "a column that no file has",
      { visits: files.visits.replace("ors", "srs") },
      "data.missing-column",
      "visits.csv, clients.csv, staff.csv",
    ],
  ])("says where: %s", async (_, texts, code, path) => {
    const problems = await problemsOf(() => read(texts));
    expect(problems.map((problem) => [problem.code, problem.path.split(", column")[0]])).toEqual([[code, path]]);
  });

  it("says that joins go round in a circle, and that a derived column is in no table", async () => {
    const circle = { ...shape, staff: { key: "therapist", join: { clients: "therapist" } } };
    expect(codesOf(await problemsOf(() => read({}, dictionary, circle)))).toEqual(["data.join-circle"]);
    const apart = { ...shape, visits: { join: {} } };
    expect(codesOf(await problemsOf(() => read({}, dictionary, apart)))).toEqual(["data.derived-nowhere"]);
  });

  it("lists what is wrong in all files at once", async () => {
    const texts = { visits: files.visits.replace("24", "x"), staff: "therapist,arm\nt1,FI\nt2,TAU\n" };
    expect(codesOf(await problemsOf(() => read(texts)))).toEqual(["data.not-a-number", "data.unknown-level"]);
  });
});
