import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseIsoDate } from "../../src/table/iso-date.js";
import { readTable } from "../../src/table/read-table.js";
import { cellsOf, codesOf, problemsOf, readText } from "./read-text.js";

const number = { x: { type: "number" } } as const;
const numbers = async (cells: readonly string[], options = {}) =>
  cellsOf(await readText(`x\tz\n${cells.map((cell) => `${cell}\t.`).join("\n")}`, number, options), "x");
const numberProblems = (cells: readonly string[], options = {}) => problemsOf(() => numbers(cells, options));

describe("a table", () => {
  it("has the declared columns in the order of the dictionary, typed, with the lines of the file", async () => {
    const table = await readText(
      "bdi,ignored,arm,participant,dropped,started\n12.5,x,TAU,007,1,2025-03-01\nNA,x,FIT,7,0,NA\n",
      {
        participant: { type: "id" },
        arm: { type: "factor", levels: ["TAU", "FIT"] },
        bdi: { type: "number", unit: "points", range: [0, 63] },
        dropped: { type: "binary" },
        started: { type: "date" },
      },
      { missing: ["", "NA"] },
      "folder/sub\\data.csv",
    );
    expect(table.name).toBe("data.csv");
    expect(table.rows).toBe(2);
    expect([...table.columns.keys()]).toEqual(["participant", "arm", "bdi", "dropped", "started"]);
    expect([...table.lines!]).toEqual([2, 3]);
    expect(table.columns.get("participant")).toMatchObject({ type: "id", levels: ["007", "7"] });
    expect(table.columns.get("arm")).toMatchObject({ levels: ["TAU", "FIT"], codes: Int32Array.of(0, 1) });
    expect(table.columns.get("bdi")).toMatchObject({ type: "number", unit: "points" });
    expect(cellsOf(table, "bdi")).toEqual([12.5, null]);
    expect(cellsOf(table, "dropped")).toEqual([1, 0]);
    expect(cellsOf(table, "started")).toEqual([parseIsoDate("2025-03-01"), null]);
  });

  it("names the endings it can read", async () => {
    for (const file of ["data.sav", "data.parquet", "data.XLS", "data"]) {
      const problems = await problemsOf(() => readText("x\n1\n", number, {}, file));
      expect(codesOf(problems)).toEqual(["data.file-ending"]);
      expect(problems[0]!.message).toContain(".csv, .tsv, .txt, .xlsx");
    }
    expect((await readText("x\n1\n", number, {}, "DATA.CSV")).rows).toBe(1);
  });

  it("collects problems of every kind at once", async () => {
    const problems = await problemsOf(() =>
      readText("arm,bdi,dropped\nTUA,70,1\nFIT,a,2\nFIT\n", {
        arm: { type: "factor", levels: ["TAU", "FIT"] },
        bdi: { type: "number", range: [0, 63] },
        dropped: { type: "binary" },
        month: { type: "number" },
        high: { type: "binary", derive: "bid > 20" },
      }),
    );
    expect(codesOf(problems).sort()).toEqual([
      "data.missing-column",
      "data.not-a-number",
      "data.not-binary",
      "data.out-of-range",
      "data.ragged-row",
      "data.unknown-level",
      "expression.unknown-column",
    ]);
  });
});

describe("missing", () => {
  it("is the empty cell unless declared, compared without outer white space", async () => {
    expect(await numbers(["1", "", "  "])).toEqual([1, null, null]);
    expect(await numbers(["1", " NA ", ""], { missing: ["NA ", ""] })).toEqual([1, null, null]);
    expect(await numbers(["1", "-99"], { missing: ["-99"] })).toEqual([1, null]);
  });

  it("is not the empty cell when other texts are declared", async () => {
    expect(codesOf(await numberProblems(["1", "", "NA"], { missing: ["NA"] }))).toEqual(["data.empty-cell"]);
    for (const type of ["id", "binary", "date"] as const) {
      const problems = await problemsOf(() => readText("x,y\n,1\n", { x: { type } }, { missing: ["NA"] }));
      expect(problems).toMatchObject([{ code: "data.empty-cell", path: 'data.csv:2, column "x"' }]);
    }
  });
});

describe("factors", () => {
  const arm = { arm: { type: "factor", levels: ["TAU", "FIT grupp", "<script>alert(1)</script>", "=1+1"] } } as const;

  it("names line, value and the level that was meant", async () => {
    const problems = await problemsOf(() => readText("arm\nTAU\nFIT grup\n", arm));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: "data.unknown-level", path: 'data.csv:3, column "arm"' });
    expect(problems[0]!.message).toContain('"FIT grup"');
    expect(problems[0]!.message).toContain('Did you mean "FIT grupp"?');
  });

  it("keeps hostile labels as plain text", async () => {
    const table = await readText("arm\n<script>alert(1)</script>\n=1+1\n", arm);
    expect(cellsOf(table, "arm")).toEqual(["<script>alert(1)</script>", "=1+1"]);
  });

  it("trims outer white space, and shows a no-break space inside that does not match", async () => {
    expect(cellsOf(await readText("arm\n\u00a0 FIT grupp \u00a0\n", arm), "arm")).toEqual(["FIT grupp"]);
    const problems = await problemsOf(() => readText("arm\nFIT\u00a0grupp\n", arm));
    expect(problems[0]!.message).toContain('"FIT\\u{a0}grupp" is not among the levels');
  });

  it("shows control characters of a hostile value as codes, and cuts long ones", async () => {
    const problems = await problemsOf(() => readText(`arm\n\u001b[31m${"x".repeat(5000)}\n`, arm));
    expect(problems[0]!.message).not.toContain("\u001b");
    expect(problems[0]!.message.length).toBeLessThan(300);
  });

  it("lists twenty unknown cells of a column and counts the others", async () => {
    const problems = await problemsOf(() => readText(`arm\n${"X\n".repeat(30)}`, arm));
    expect(problems).toHaveLength(21);
    expect(problems[20]!.message).toBe("10 more problems of this kind.");
  });
});

describe("numbers", () => {
  it("reads points, signs, exponents and the typeset minus, exactly", async () => {
    expect(await numbers(["0.1", "-2", "+3", "\u22124.5", "1e-3", "2E2", "1.5e\u22122", ".5", "7."])).toEqual([
      0.1, -2, 3, -4.5, 0.001, 200, 0.015, 0.5, 7,
    ]);
    expect(await numbers(["0.30000000000000004", "123456789.123456789"])).toEqual([
      0.1 + 0.2,
      // The nearest double, as JavaScript itself reads the text.
      Number("123456789.123456789"),
    ]);
  });

  it("gives back any number, with either decimal mark", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 20 }),
        fc.constantFrom<"." | ",">(".", ","),
        async (values, decimal) => {
          const cells = values.map((value) => (Object.is(value, -0) ? "-0" : String(value)).replace(".", decimal));
          expect(await numbers(cells, { decimal })).toEqual(values);
        },
      ),
    );
  });

  it("reads a Swedish file: Windows-1252, semicolons, decimal commas", async () => {
    const text = "klient;kön;poäng\r\n001;kvinna;12,5\r\n002;man;\u22123,25\r\n".replace("\u2212", "-");
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const table = await readTable(bytes, "data.csv", {
      klient: { type: "id" },
      kön: { type: "factor", levels: ["kvinna", "man"] },
      poäng: { type: "number" },
    });
    expect(cellsOf(table, "klient")).toEqual(["001", "002"]);
    expect(cellsOf(table, "poäng")).toEqual([12.5, -3.25]);
  });

  it("reads quoted decimal commas between comma delimiters", async () => {
    const table = await readText('x,y\n"1,5",1\n2,1\n', number);
    expect(cellsOf(table, "x")).toEqual([1.5, 2]);
  });

  it.each([
    "abc",
    "12 kg",
    "<5",
    "5%",
    "1 234",
    "1.234,5",
    "1,234.5",
    "1,2,3",
    "1.2.3",
    "NaN",
    "Infinity",
    "0x10",
    "1e",
    "--1",
    "1_000",
    "١",
  ])("%s is no number, and never becomes one silently", async (cell) => {
    const problems = await numberProblems(["1", cell]);
    expect(problems).toMatchObject([{ code: "data.not-a-number", path: 'data.csv:3, column "x"' }]);
    expect(problems[0]!.message).toContain(cell);
  });

  it.each(["2024-09-19", "19/9/2024", "2024.09.19", "2024-09-19 08:30"])("%s is told to be a date", async (cell) => {
    const [problem] = await numberProblems(["1", cell]);
    expect(problem).toMatchObject({ code: "data.not-a-number", path: 'data.csv:3, column "x"' });
    expect(problem!.message).toContain("type: date");
  });

  it("refuses a number beyond all numbers", async () => {
    expect(await numberProblems(["1e999"])).toMatchObject([{ code: "data.number-too-large" }]);
  });

  it("refuses points and commas in one file, and names a cell of each", async () => {
    const dictionary = { x: { type: "number" }, y: { type: "number" } } as const;
    const problems = await problemsOf(() => readText("x;y\n1;2\n1,5;2\n3;2.25\n", dictionary));
    expect(codesOf(problems)).toEqual(["data.mixed-decimal-marks"]);
    expect(problems[0]!.message).toContain('"2.25", line 4, column "y"');
    expect(problems[0]!.message).toContain('"1,5", line 3, column "x"');
  });

  it("obeys a declared decimal mark", async () => {
    expect(await numbers(["1,5"], { decimal: "," })).toEqual([1.5]);
    expect(codesOf(await numberProblems(["1.5", "2,5"], { decimal: "," }))).toEqual(["data.other-decimal-mark"]);
    expect(codesOf(await numberProblems(["1.5", "2,5"], { decimal: "." }))).toEqual(["data.other-decimal-mark"]);
  });

  it("asks when commas may be thousands separators", async () => {
    expect(codesOf(await numberProblems(["1,234", "56,789", "-1,000"]))).toEqual(["data.ambiguous-thousands"]);
    expect(await numbers(["1,234", "56,789", "0,5"])).toEqual([1.234, 56.789, 0.5]);
    expect(await numbers(["0,125"])).toEqual([0.125]);
    expect(await numbers(["1,234"], { decimal: "," })).toEqual([1.234]);
  });

  it("checks the range, ends included", async () => {
    const bdi = { bdi: { type: "number", range: [0, 63] } } as const;
    expect(cellsOf(await readText("bdi\n0\n63\n", bdi), "bdi")).toEqual([0, 63]);
    const problems = await problemsOf(() => readText("bdi\n0\n63.5\n-1\n", bdi));
    expect(problems.map(({ code, path }) => [code, path])).toEqual([
      ["data.out-of-range", 'data.csv:3, column "bdi"'],
      ["data.out-of-range", 'data.csv:4, column "bdi"'],
    ]);
    expect(problems[0]!.message).toContain('"63.5" is outside the range 0 to 63');
  });
});

describe("binary and dates", () => {
  it.each(["2", "yes", "TRUE", "1.0", "-1"])("%s is not binary", async (cell) => {
    const problems = await problemsOf(() => readText(`x\n1\n${cell}\n`, { x: { type: "binary" } }));
    expect(problems).toMatchObject([{ code: "data.not-binary", path: 'data.csv:3, column "x"' }]);
  });

  it.each([
    ["2025-02-30", "data.no-such-day"],
    ["1/2/2025", "data.not-a-date"],
    ["2025-2-3", "data.not-a-date"],
    ["45000", "data.not-a-date"],
  ])("%s: %s", async (cell, code) => {
    expect(codesOf(await problemsOf(() => readText(`x\n${cell}\n`, { x: { type: "date" } })))).toEqual([code]);
  });
});
