import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTable } from "../../src/table/read-table.js";
import { cellsOf, codesOf, problemsOf, readText } from "./read-text.js";

const ids = { a: { type: "id" }, b: { type: "id" } } as const;

describe("delimiter", () => {
  it.each([
    ["a,b\n1,2\n", "comma"],
    ["a;b\n1;2\n", "semicolon"],
    ["a\tb\n1\t2\n", "tab"],
    ['"x;y;z;w",a,b\n0,1,2\n', "comma, with semicolons inside quotes"],
    ["sep=;\na;b\n1;2\n", "as Excel's first line says"],
  ])("%j: %s", async (text) => {
    const table = await readText(text, ids);
    expect(cellsOf(table, "a")).toEqual(["1"]);
    expect(cellsOf(table, "b")).toEqual(["2"]);
  });

  it("can be declared against what the header looks like", async () => {
    const dictionary = { "a,b": { type: "id" }, c: { type: "id" } } as const;
    const table = await readText("a,b,;c\n1;2\n", { "a,b,": { type: "id" }, c: { type: "id" } }, { delimiter: ";" });
    expect(cellsOf(table, "c")).toEqual(["2"]);
    expect(codesOf(await problemsOf(() => readText("a,b,;c\n1;2\n", dictionary)))).toContain("data.missing-column");
  });

  it("is a tab in .tsv, whatever else the header has", async () => {
    const table = await readText("a, really\tb\n1\t2\n", { "a, really": { type: "id" } }, {}, "data.tsv");
    expect(cellsOf(table, "a, really")).toEqual(["1"]);
  });
});

describe("lines", () => {
  it.each([
    ["a,b\r\n1,2\r\n3,4\r\n", "CRLF"],
    ["a,b\r1,2\r3,4\r", "CR"],
    ["a,b\n1,2\r\n3,4", "a mixture, no break at the end"],
    ["a,b\n1,2\n3,4\n\n\n", "empty lines at the end"],
    ["a,b\n1,2\n3,4\n,\n , \n", "empty rows at the end"],
    ["\n\na,b\n1,2\n3,4", "empty lines before the header"],
  ])("%j: %s", async (text) => {
    const table = await readText(text, ids);
    expect(cellsOf(table, "a")).toEqual(["1", "3"]);
    expect(cellsOf(table, "b")).toEqual(["2", "4"]);
  });

  it("counts the lines that a quoted cell takes", async () => {
    const table = await readText('a,b\n"one\ntwo\n\nthree",x\n"q ""q"", r",y\n', ids);
    expect(cellsOf(table, "a")).toEqual(["one\ntwo\n\nthree", 'q "q", r']);
    expect([...table.lines!]).toEqual([2, 6]);
  });

  it("gives the line of a problem after quoted line breaks in columns that are not read", async () => {
    const problems = await problemsOf(() =>
      readText('note,x\r\n"one\r\ntwo",1\r\n"three",y\r\n', { x: { type: "number" } }),
    );
    expect(problems[0]!.path).toBe('data.csv:4, column "x"');
  });

  it("refuses an empty line between others, except in a file of one column", async () => {
    const problems = await problemsOf(() => readText("a,b\n1,2\n\n3,4\n", ids));
    expect(problems).toMatchObject([{ code: "data.empty-row", path: "data.csv:3" }]);
    const table = await readText("a\n1\n\n3\n", { a: { type: "number" } });
    expect(cellsOf(table, "a")).toEqual([1, null, 3]);
  });
});

describe("structure", () => {
  it("names the line of rows with too few or too many cells", async () => {
    const problems = await problemsOf(() => readText("a,b\n1,2\n3\n4,5,6\n7,8\n", ids));
    expect(problems.map(({ code, path }) => [code, path])).toEqual([
      ["data.ragged-row", "data.csv:3"],
      ["data.ragged-row", "data.csv:4"],
    ]);
    expect(problems[0]!.message).toContain("1 cell; the header has 2");
    expect(problems[1]!.message).toContain("3 cells");
  });

  it("lists twenty ragged rows and counts the others", async () => {
    const problems = await problemsOf(() => readText(`a,b\n${"1\n".repeat(1000)}`, ids));
    const ragged = problems.filter(({ code }) => code === "data.ragged-row");
    expect(ragged).toHaveLength(21);
    expect(ragged[20]).toMatchObject({ path: "data.csv", message: "980 more problems of this kind." });
  });

  it("refuses a quote that is not closed, and text after a closing quote", async () => {
    expect(await problemsOf(() => readText('a,b\n1,2\n"3,4\n5,6\n', ids))).toMatchObject([
      { code: "data.unclosed-quote", path: "data.csv:3" },
    ]);
    expect(await problemsOf(() => readText('a,b\n"1"x,2\n3,4\n', ids))).toMatchObject([
      { code: "data.text-after-quote", path: "data.csv:2" },
    ]);
  });

  it("goes on after a badly quoted header", async () => {
    const problems = await problemsOf(() => readText('a,"b"x\n1,2\n3\n"4",5\n', ids));
    expect(codesOf(problems)).toContain("data.text-after-quote");
    expect(problems.every(({ path }) => path === "data.csv:1")).toBe(true);
  });

  it("refuses two columns of a declared name; others may be twice", async () => {
    const problems = await problemsOf(() => readText("a,b,a\n1,2,3\n", ids));
    expect(problems).toMatchObject([{ code: "data.duplicated-header", path: "data.csv:1" }]);
    expect((await readText("a,b,,,note,note\n1,2,3,4,5,6\n", ids)).rows).toBe(1);
  });

  it("suggests the name of a column that is missing", async () => {
    const dictionary = { participant: { type: "id" }, score: { type: "number" } } as const;
    const problems = await problemsOf(() => readText("particpant,bdi\n1,2\n", dictionary));
    expect(codesOf(problems)).toEqual(["data.missing-column", "data.missing-column"]);
    expect(problems[0]!.message).toContain('Did you mean "particpant"?');
    expect(problems[1]!.message).toContain('It has "particpant", "bdi".');
  });

  it.each([
    ["", "data.empty-file"],
    ["\n\n \n", "data.empty-file"],
    ["a,b\n", "data.no-rows"],
    ["a,b\n,\n\n", "data.no-rows"],
  ])("%j: %s", async (text, code) => {
    expect(codesOf(await problemsOf(() => readText(text, ids)))).toEqual([code]);
  });
});

describe("encoding", () => {
  const dictionary = { kön: { type: "factor", levels: ["kvinna", "bistånd"] } } as const;
  const text = "kön;x\r\nbistånd;1\r\n";
  const read = (bytes: Uint8Array, options = {}) => readTable(bytes, "data.csv", dictionary, options);
  const latin1 = Uint8Array.from(text, (character) => character.charCodeAt(0));
  const utf16 = (littleEndian: boolean) => {
    const view = new DataView(new ArrayBuffer(2 + 2 * text.length));
    [..."\ufeff", ...text].forEach((character, i) => {
      view.setUint16(2 * i, character.charCodeAt(0), littleEndian);
    });
    return new Uint8Array(view.buffer);
  };

  it.each([
    ["UTF-8", new TextEncoder().encode(text)],
    ["UTF-8 with a byte-order mark", new TextEncoder().encode(`\ufeff${text}`)],
    ["Windows-1252", latin1],
    ["UTF-16, little end first", utf16(true)],
    ["UTF-16, big end first", utf16(false)],
    ["UTF-8 with å as a and a ring", new TextEncoder().encode(text.normalize("NFD"))],
  ])("%s", async (_, bytes) => {
    expect(cellsOf(await read(bytes), "kön")).toEqual(["bistånd"]);
  });

  it("can be declared", async () => {
    expect(codesOf(await problemsOf(() => read(latin1, { encoding: "utf-8" })))).toEqual(["data.encoding"]);
    expect(cellsOf(await read(latin1, { encoding: "windows-1252" }), "kön")).toEqual(["bistånd"]);
  });

  it("has dashes, quotes and the euro sign where Windows-1252 has them", async () => {
    const bytes = Uint8Array.from([0x61, 10, 0x80, 0x96, 0x93, 0x94, 0x8a, 0x9f, 0xe5, 10]);
    const table = await readTable(bytes, "data.csv", { a: { type: "id" } });
    expect(cellsOf(table, "a")).toEqual(["€–“”ŠŸå"]);
  });

  it("refuses bytes that are no text", async () => {
    const workbook = Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0]);
    expect(codesOf(await problemsOf(() => read(workbook)))).toEqual(["data.not-text"]);
  });
});

describe("any text comes back", () => {
  const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
  const cell = fc
    .string({ unit: fc.constantFrom(...[..."ab,;\t\"'\n\r =<>&å\u00a0😀1."], "\r\n") })
    .map((text) => text.trim())
    .filter((text) => text !== "");

  it.each([",", ";", "\t"])("through quotes, with delimiter %j", async (delimiter) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 8 }), async (rows) => {
        const text = [["a", "b"], ...rows].map((row) => row.map(quote).join(delimiter)).join("\r\n");
        const table = await readText(text, ids);
        expect(cellsOf(table, "a")).toEqual(rows.map(([a]) => a));
        expect(cellsOf(table, "b")).toEqual(rows.map(([, b]) => b));
      }),
    );
  });
});
