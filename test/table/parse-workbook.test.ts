import { describe, expect, it } from "vitest";
import type { Dictionary } from "../../src/table/dictionary.js";
import { toDays } from "../../src/table/iso-date.js";
import { readTable } from "../../src/table/read-table.js";
import type { TableOptions } from "../../src/table/table-options.js";
import { cellsOf, codesOf, problemsOf } from "./read-text.js";
import { type SheetCell, storedZip, type WorkbookOptions, workbookBytes } from "./workbook-bytes.js";

const dictionary = {
  participant: { type: "id" },
  arm: { type: "factor", levels: ["TAU", "FIT", "<script>", "=1+1", "a & b\nc"] },
  bdi: { type: "number" },
  dropped: { type: "binary" },
  started: { type: "date" },
} as const satisfies Dictionary;

const HEADER = ["participant", "arm", "bdi", "dropped", "started"];
const date = (serial: number) => ({ xml: `<c s="1"><v>${serial}</v></c>` });
const boolean = (value: 0 | 1) => ({ xml: `<c t="b"><v>${value}</v></c>` });

const read = (
  rows: readonly (readonly SheetCell[] | null)[],
  columns: Dictionary = dictionary,
  options: TableOptions = {},
  workbook: WorkbookOptions = {},
) => readTable(workbookBytes({ Data: rows }, workbook), "data.xlsx", columns, options);

describe("cells", () => {
  it("are read as they are: texts, exact numbers, days, true and false", async () => {
    const table = await read([
      HEADER,
      ["007", "TAU", 0.1, boolean(1), date(45000)],
      ["x", "<script>", 0.30000000000000004, boolean(0), date(60_000)],
      ["y", "=1+1", { xml: "<c><v>1.2345E-3</v></c>" }, 1, "2025-03-01"],
      ["z", "a & b\nc", -7, 0, date(45000.75)],
    ]);
    expect(cellsOf(table, "participant")).toEqual(["007", "x", "y", "z"]);
    expect(cellsOf(table, "arm")).toEqual(["TAU", "<script>", "=1+1", "a & b\nc"]);
    expect(cellsOf(table, "bdi")).toEqual([0.1, 0.30000000000000004, 0.0012345, -7]);
    expect(cellsOf(table, "dropped")).toEqual([1, 0, 1, 0]);
    expect(cellsOf(table, "started")).toEqual([
      toDays({ year: 2023, month: 3, day: 15 }),
      toDays({ year: 2064, month: 4, day: 8 }),
      toDays({ year: 2025, month: 3, day: 1 }),
      toDays({ year: 2023, month: 3, day: 15 }),
    ]);
  });

  it("that are numbers serve as ids and levels, and match missing codes", async () => {
    const columns = {
      id: { type: "id" },
      visit: { type: "factor", levels: ["0", "3"] },
      x: { type: "number" },
    } as const;
    const table = await read(
      [
        ["id", "visit", "x"],
        [12, 3, 999],
        [12.5, 0, 1],
      ],
      columns,
      { missing: ["999"] },
    );
    expect(cellsOf(table, "id")).toEqual(["12", "12.5"]);
    expect(cellsOf(table, "visit")).toEqual(["3", "0"]);
    expect(cellsOf(table, "x")).toEqual([null, 1]);
  });

  it("that a row lacks, or that are blank, are missing", async () => {
    const table = await read([HEADER, ["a"], ["b", null, 3], ["c", "  ", "", null, null]]);
    expect(cellsOf(table, "arm")).toEqual([null, null, null]);
    expect(cellsOf(table, "bdi")).toEqual([null, 3, null]);
  });

  it("with numbers typed as text are numbers, whatever mark the others show", async () => {
    const table = await read([["bdi"], [1.5], ["2,5"]], { bdi: { type: "number" } });
    expect(cellsOf(table, "bdi")).toEqual([1.5, 2.5]);
  });

  it("with an error of Excel are problems, not missing values", async () => {
    const error = (text: string) => ({ xml: `<c t="e"><f>1/0</f><v>${text}</v></c>` });
    const rows = [["bdi"], [1], [error("#DIV/0!")], [error("#N/A")]];
    const problems = await problemsOf(() => read(rows, { bdi: { type: "number" } }));
    expect(problems.map(({ path }) => path)).toEqual(['data.xlsx:3, column "bdi"', 'data.xlsx:4, column "bdi"']);
    expect(problems[0]!.message).toContain('"#DIV/0!" is not a number');
    const table = await read(rows, { bdi: { type: "number" } }, { missing: ["", "#N/A", "#DIV/0!"] });
    expect(cellsOf(table, "bdi")).toEqual([1, null, null]);
  });

  it("with results of formulas are those results", async () => {
    const columns = { x: { type: "number" }, a: { type: "id" } } as const;
    const rows = [
      ["x", "a"],
      [{ xml: "<c><f>1+1</f><v>2</v></c>" }, { xml: '<c t="str"><f>"a"&amp;"b"</f><v>ab</v></c>' }],
      [3, { xml: '<c t="inlineStr"><is><t>inline</t></is></c>' }],
    ];
    const table = await read(rows, columns);
    expect(cellsOf(table, "x")).toEqual([2, 3]);
    expect(cellsOf(table, "a")).toEqual(["ab", "inline"]);
  });
});

describe("dates", () => {
  const started = { started: { type: "date" } } as const;

  it("count from 1904 where the workbook says so, in either spelling", async () => {
    for (const properties of ['date1904="1"', 'date1904="true"']) {
      const table = await read([["started"], [date(45000 - 1462)]], started, {}, { properties });
      expect(cellsOf(table, "started")).toEqual([toDays({ year: 2023, month: 3, day: 15 })]);
    }
    const table = await read([["started"], [date(45000)]], started, {}, { properties: 'date1904="false"' });
    expect(cellsOf(table, "started")).toEqual([toDays({ year: 2023, month: 3, day: 15 })]);
  });

  it("in ISO cells do not depend on the time zone", async () => {
    const iso = (text: string) => ({ xml: `<c t="d"><v>${text}</v></c>` });
    const rows = [["started"], [iso("2023-03-15T00:00:00")], [iso("2023-03-15")], [iso("2023-03-15T23:59:59.999Z")]];
    const day = toDays({ year: 2023, month: 3, day: 15 });
    expect(cellsOf(await read(rows, started), "started")).toEqual([day, day, day]);
  });

  it("are not made of numbers, times or durations, nor numbers of dates", async () => {
    const duration = { xml: '<c s="2"><v>1.5625</v></c>' };
    const dates = await problemsOf(() => read([["started"], [45000], [date(0.5)]], started));
    expect(dates.map(({ message }) => message.slice(0, 24))).toEqual([
      '"45000" is not a date. W',
      '"12:00" is not a date. W',
    ]);
    const numbers = await problemsOf(() => read([["x"], [date(45000)], [duration]], { x: { type: "number" } }));
    expect(codesOf(numbers)).toEqual(["data.not-a-number", "data.not-a-number"]);
    expect(numbers[0]!.message).toContain('"2023-03-15"');
    expect(numbers[1]!.message).toContain('"37:30"');
  });
});

describe("rows", () => {
  it("are counted as the sheet counts them", async () => {
    const bdi = { bdi: { type: "number", range: [0, 63] } } as const;
    const problems = await problemsOf(() => read([null, ["bdi"], [1], ["x"], [70]], bdi));
    expect(problems.map(({ path }) => path)).toEqual(['data.xlsx:4, column "bdi"', 'data.xlsx:5, column "bdi"']);
  });

  it("that are empty are ignored at the end and refused before", async () => {
    const columns = { a: { type: "id" }, b: { type: "id" } } as const;
    expect((await read([["a", "b"], ["1", "2"], [" ", ""], null, []], columns)).rows).toBe(1);
    const problems = await problemsOf(() => read([["a", "b"], ["1", "2"], null, ["3", "4"]], columns));
    expect(problems).toMatchObject([{ code: "data.empty-row", path: "data.xlsx:3" }]);
  });
});

describe("sheets", () => {
  const bytes = workbookBytes({ "Läs mig": [["note"], ["x"]], Data: [["bdi"], [5]] });

  it("the first, or the declared one", async () => {
    expect(cellsOf(await readTable(bytes, "d.xlsx", { note: { type: "id" } }), "note")).toEqual(["x"]);
    const table = await readTable(bytes, "d.xlsx", { bdi: { type: "number" } }, { sheet: "Data" });
    expect(cellsOf(table, "bdi")).toEqual([5]);
  });

  it("suggests the sheet that was meant", async () => {
    const problems = await problemsOf(() => readTable(bytes, "d.xlsx", { bdi: { type: "number" } }, { sheet: "Dta" }));
    expect(codesOf(problems)).toEqual(["data.no-sheet"]);
    expect(problems[0]!.message).toContain('Did you mean "Data"?');
    expect(problems[0]!.message).toMatch(/it has "[^"]+", "/);
  });

  it("says that a sheet is empty, or has only a header", async () => {
    expect(codesOf(await problemsOf(() => read([])))).toEqual(["data.empty-file"]);
    expect(codesOf(await problemsOf(() => read([["a"]], { a: { type: "id" } })))).toEqual(["data.no-rows"]);
  });
});

describe("what is no workbook", () => {
  const bad = (bytes: Uint8Array) => problemsOf(() => readTable(bytes, "data.xlsx", dictionary));

  it.each([
    ["text", new TextEncoder().encode("a,b\n1,2\n"), "not an Excel workbook"],
    ["nothing", new Uint8Array(0), "not an Excel workbook"],
    ["an old workbook", Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1), "old Excel workbook"],
    ["a zip of other things", storedZip({ "readme.txt": "hello" }), "damaged"],
    ["half a workbook", workbookBytes({ Data: [["a"], ["b"]] }).slice(0, 900), "damaged"],
  ])("%s", async (_, bytes, words) => {
    const problems = await bad(bytes);
    expect(codesOf(problems)).toEqual(["data.not-workbook"]);
    expect(problems[0]!.message).toContain(words);
  });

  it("a workbook that says it unpacks to gigabytes", async () => {
    const bytes = workbookBytes({ Data: [["a"], ["b"]] });
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < bytes.length - 4; i++) {
      if (view.getUint32(i, true) === 0x02014b50) view.setUint32(i + 24, 0x7fff_ffff, true);
    }
    expect((await bad(bytes))[0]!.message).toContain("larger than can be read");
  });
});
