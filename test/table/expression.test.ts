import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Dictionary } from "../../src/table/dictionary.js";
import { checkExpression, evaluateCondition, evaluateExpression } from "../../src/table/expression.js";
import { parseIsoDate } from "../../src/table/iso-date.js";
import type { Table } from "../../src/table/table.js";
import { codesOf, problemsOf, readText } from "./read-text.js";

const dictionary = {
  participant: { type: "id" },
  arm: { type: "factor", levels: ["TAU", "FIT"] },
  visit: { type: "factor", levels: ["0", "3", "12"] },
  month: { type: "number" },
  bdi: { type: "number" },
  "bdi.pre": { type: "number" },
  "poäng 1": { type: "number" },
  class: { type: "number" },
  dropped: { type: "binary" },
  started: { type: "date" },
  ended: { type: "date" },
} as const satisfies Dictionary;

const table: Table = await readText(
  [
    "participant,arm,visit,month,bdi,bdi.pre,poäng 1,class,dropped,started,ended,x",
    "007,TAU,0,0,20,30,1,1,0,2025-01-01,2025-03-01,x",
    "008,FIT,3,3,10,,2,2,1,2024-02-29,,x",
    ",,,,,,,,,,,x",
    "009,FIT,12,12,,5,3,3,,2024-12-31,2025-01-01,x",
    "010,TAU,3,3,0,5,4,4,1,,2025-01-01,x",
  ].join("\n"),
  dictionary,
);

/** T, F or – for each row. */
const truths = (text: string) =>
  [...evaluateCondition(text, table)].map((truth) => (truth < 0 ? "–" : truth === 1 ? "T" : "F")).join("");
const numbers = (text: string) => {
  const result = evaluateExpression(text, table);
  if (result.kind === "condition" || result.kind === "text") throw new Error(`gives a ${result.kind}`);
  return [...result.values].map((value) => (Number.isNaN(value) ? null : value));
};
const check = (text: string) => checkExpression(text, dictionary);
const message = (text: string) => check(text)[0]?.message;

describe("comparisons", () => {
  it.each([
    ["bdi > 0", "TT––F"],
    ["bdi >= 10", "TT––F"],
    ["bdi < 10", "FF––T"],
    ["bdi <= 10", "FT––T"],
    ["bdi == 10", "FT––F"],
    ["bdi === 10", "FT––F"],
    ["bdi != 10", "TF––T"],
    ["bdi !== 10", "TF––T"],
    ["10 < bdi", "TF––F"],
    ["month == bdi", "FF––F"],
    ["arm == 'FIT'", "FT–TF"],
    ["arm != 'FIT'", "TF–FT"],
    ["'TAU' == arm", "TF–FT"],
    ["arm == arm", "TT–TT"],
    ["participant == '007'", "TF–FF"],
    ["participant == 'nobody'", "FF–FF"],
    ["dropped == 1", "FT––T"],
    ["dropped == true", "FT––T"],
    ["dropped != false", "FT––T"],
    ["dropped", "FT––T"],
    ["started >= '2025-01-01'", "TF–F–"],
    ["'2024-12-31' == started", "FF–T–"],
    ["started < ended", "T––T–"],
    ["bdi.pre > 5", "T––FF"],
    ["datum['poäng 1'] > 2", "FF–TT"],
    ["datum.class == 3", "FF–TF"],
    ["datum['class'] == 3", "FF–TF"],
  ])("%s", (text, expected) => {
    expect(truths(text)).toBe(expected);
  });
});

describe("logic", () => {
  const [T, F, M] = ["month >= 0", "month < 0", "bdi < -1e9"];

  it("is that of SQL where a value is missing", () => {
    // Row 4 has a month and no bdi: M is missing there, T true, F false.
    const at = (text: string) => truths(text)[3];
    const table3 = (operator: string) =>
      [T, F, M].map((a) => [T, F, M].map((b) => at(`${a} ${operator} ${b}`)).join(""));
    expect(table3("&&")).toEqual(["TF–", "FFF", "–F–"]);
    expect(table3("||")).toEqual(["TTT", "TF–", "T––"]);
    expect([T, F, M].map((a) => at(`!(${a})`)).join("")).toBe("FT–");
    expect([T, F, M].map((a) => at(`(${a}) ? true : false`)).join("")).toBe("TF–");
  });

  it("binds && closer than ||, and comparisons closer than both", () => {
    expect(truths("month == 3 || month == 0 && arm == 'FIT'")).toBe("FT–FT");
    expect(truths("!dropped && month == 0")).toBe("TF–FF");
  });

  it("obeys de Morgan in every row", () => {
    const atom = fc.constantFrom("bdi > 5", "month == 3", "arm == 'FIT'", "dropped", "started < '2025-01-01'", "true");
    fc.assert(
      fc.property(atom, atom, (a, b) => {
        expect(truths(`!(${a} && ${b})`)).toBe(truths(`!(${a}) || !(${b})`));
        expect(truths(`${a} || ${b}`)).toBe(truths(`${b} || ${a}`));
      }),
    );
  });

  it("tells missing values by isValid", () => {
    expect(truths("isValid(bdi)")).toBe("TTFFT");
    expect(truths("isValid(arm) && isValid(started)")).toBe("TTFTF");
    expect(truths("isValid(bdi > 3)")).toBe("TTFFT");
    expect(truths("!isValid(bdi) || bdi > 5")).toBe("TTTTF");
  });
});

describe("arithmetic", () => {
  it.each([
    ["bdi + month * 2", [20, 16, null, null, 6]],
    ["(bdi + month) * 2", [40, 26, null, null, 6]],
    ["bdi - bdi.pre", [-10, null, null, null, -5]],
    ["-bdi % 7", [-6, -3, null, null, -0]],
    ["+month / 3", [0, 1, null, 4, 1]],
    ["abs(bdi - 15)", [5, 5, null, null, 15]],
    ["pow(month, 2)", [0, 9, null, 144, 9]],
    ["sqrt(month + 4)", [2, Math.sqrt(7), null, 4, Math.sqrt(7)]],
    ["exp(log(month + 1))", [1, 4, null, 13, 4].map((x) => (x === null ? x : Math.exp(Math.log(x))))],
    ["round(month / 2) + floor(month / 2) + ceil(month / 2)", [0, 5, null, 18, 5]],
    ["min(bdi, month, 2)", [0, 2, null, null, 0]],
    ["max(bdi, month)", [20, 10, null, null, 3]],
    ["(bdi > 5) + dropped", [1, 2, null, null, 1]],
    ["month > 2 ? month : null", [null, 3, null, 12, 3]],
    ["month > 2 ? 1 : 0", [0, 1, null, 1, 1]],
    ["ended - started", [59, null, null, 1, null]],
    ["year(started) * 10000 + month(started) * 100 + date(started)", [20250101, 20240229, null, 20241231, null]],
    ["indexof([0, 3], month)", [0, 1, null, -1, 1]],
    ["indexof(['FIT', 'TAU'], arm)", [1, 0, null, 0, 1]],
  ])("%s", (text, expected) => {
    expect(numbers(text)).toEqual(expected);
  });

  it("adds days to dates", () => {
    const result = evaluateExpression("started + 1", table);
    expect(result.kind).toBe("date");
    expect(result.values[1]).toBe(parseIsoDate("2024-03-01"));
    expect(truths("started + 30 <= ended")).toBe("T––F–");
  });

  it("finds values in ranges, ends included, and in lists", () => {
    expect(truths("inrange(month, [0, 3])")).toBe("TT–FT");
    expect(truths("inrange(month, [3, 0])")).toBe("TT–FT");
    expect(truths("inrange(started, ['2024-12-31', '2025-01-01'])")).toBe("TF–T–");
    expect(truths("indexof(['0', '12'], visit) >= 0")).toBe("TF–TF");
    expect(truths("indexof(['007', '010'], participant) < 0")).toBe("FT–TF");
  });

  it("gives texts", () => {
    const result = evaluateExpression("bdi > 5 ? 'high' : arm", table);
    expect(result).toEqual({ kind: "text", values: ["high", "high", null, null, "TAU"] });
  });

  it("refuses rows where nothing is missing but there is no value", async () => {
    const problems = await problemsOf(() => evaluateExpression("log(month)", table, { path: "plan.yaml:9" }));
    expect(problems).toMatchObject([{ code: "expression.undefined", path: "plan.yaml:9, data.csv:2" }]);
    expect(problems[0]!.message).toContain("log(month) has no value here.");
    expect((await problemsOf(() => evaluateExpression("1 / (month - 3)", table)))[0]!.message).toContain(
      "(and in 1 more row)",
    );
    expect(codesOf(await problemsOf(() => evaluateExpression("sqrt(-1 - month)", table)))).toEqual([
      "expression.undefined",
    ]);
    expect(codesOf(await problemsOf(() => evaluateExpression("exp(month * 1000)", table)))).toEqual([
      "expression.undefined",
    ]);
    expect(numbers("month > 0 ? log(month) : null")).toEqual([null, Math.log(3), null, Math.log(12), Math.log(3)]);
    expect(truths("month != 0 && 1 / month < 0.2")).toBe("FF–TF");
  });
});

describe("problems", () => {
  it.each([
    ["bdj > 3 || bdj < 1", "expression.unknown-column", 'Did you mean "bdi"?'],
    ["startde - started > 3", "expression.unknown-column", 'Did you mean "started"?'],
    ["started - (startde) > 3", "expression.unknown-column", 'Did you mean "started"?'],
    ["arms == 'FIT'", "expression.unknown-column", 'Did you mean "arm"?'],
    ["arm == FIT", "expression.unknown-column", "a text needs quotes"],
    ["arm == 'FIR'", "expression.unknown-level", 'Did you mean "FIT"?'],
    ["indexof(['FIT', 'fit'], arm) >= 0", "expression.unknown-level", '"fit" is not a level of arm ("TAU", "FIT")'],
    ["bdi == '3'", "expression.mismatch", "bdi (a number) and '3' (a text)"],
    ["visit == 3", "expression.mismatch", "visit (a text) and 3 (a number)"],
    ["visit > '3'", "expression.needs", "> needs numbers or dates; it has visit (a text)."],
    ["bdi + '1'", "expression.mismatch", "+ cannot be used between"],
    ["arm + arm", "expression.needs", "+ needs a number; it has arm (a text)."],
    ["bdi == true", "expression.mismatch", "bdi (a number) and true (a condition)"],
    ["started > 20000", "expression.mismatch", "started (a date) and 20000 (a number)"],
    ["started > '2025-02-30'", "data.not-a-date", "Write year-month-day"],
    ["started * 2", "expression.needs", "* needs a number; it has started (a date)."],
    ["bdi && month > 3", "expression.needs", "&& needs a condition"],
    ["!bdi", "expression.needs", "! needs a condition"],
    ["bdi ? 1 : 0", "expression.needs", "? needs a condition"],
    ["dropped ? 'x' : 3", "expression.mismatch", "'x' (a text) and 3 (a number)"],
    ["dropped ? null : null", "expression.mismatch", "null (nothing)"],
    ["bdi == null", "expression.refused", "isValid(x)"],
    ["foo(bdi) > 1", "expression.unknown-function", "There are isValid, inrange, indexof, abs,"],
    ["bdi.abs() > 1", "expression.unknown-function", "bdi.abs"],
    ["abs(bdi, 2) > 1", "expression.arguments", "abs(x)"],
    ["min() > 1", "expression.arguments", "min(x, y"],
    ["inrange(bdi, 3)", "expression.arguments", "inrange(x, [smallest, largest])"],
    ["inrange(bdi, [1, 2, 3])", "expression.arguments", "inrange"],
    ["indexof(bdi, [1]) > 0", "expression.arguments", "indexof(['a', 'b'], x)"],
    ["year(bdi) > 2000", "expression.needs", "year needs a date; it has bdi (a number)."],
    ["isValid([bdi])", "expression.needs", "isValid needs a column"],
    ["bdi[0] > 1", "expression.refused", "bdi[0]"],
    ["[1, 2][0] > 1", "expression.refused", "[1, 2][0]"],
    ["this.constructor", "expression.syntax", "reserved word"],
    ["bdi.constructor > 1", "expression.unknown-column", '"bdi.constructor"'],
    ["constructor > 1", "expression.unknown-column", '"constructor"'],
    ["__proto__ == 1", "expression.unknown-column", '"__proto__"'],
    ["toString()", "expression.unknown-function", '"toString"'],
    ["bdi & 1", "expression.refused", "And is written &&."],
    ["bdi | 1", "expression.refused", "Or is written ||."],
    ["~bdi", "expression.refused", "The operator ~"],
    ["bdi << 1", "expression.refused", "The operator <<"],
    ["arm == /F/", "expression.refused", "regular expression"],
    ["{ a: 1 }", "expression.refused", "object"],
    ["[bdi]", "expression.result", "a list"],
    ["null", "expression.result", "nothing"],
    ["bdi = 3", "expression.syntax", "equality is written =="],
    ["bdi ** 2", "expression.syntax", "powers are written pow(x, 2)."],
    ["bdi++", "expression.syntax", "values cannot be changed."],
    ["bdi <> 3", "expression.syntax", "unequal is written !=."],
    ["bdi > 3 and month > 0", "expression.syntax", "and is written &&."],
    ["arm %in% 'FIT'", "expression.syntax", "indexof"],
    ["class > 3", "expression.syntax", "datum['class']"],
    ["arm == \u2019FIT\u2019", "expression.syntax", "straight quotes"],
    ["bdi > ", "expression.syntax", "at character 7: it ends too early."],
    ["bdi month", "expression.syntax", "something follows its end"],
    ["(bdi > 3", "expression.syntax", "it ends too early"],
    ["arm == 'FIT", "expression.syntax", "closing quote"],
    ["", "expression.syntax", "it ends too early"],
  ])("%s: %s", (text, code, words) => {
    expect(codesOf(check(text))).toEqual([code]);
    expect(message(text)).toContain(words);
    // The same with the data at hand.
    expect(codesOf(checkExpression(text, table))).toEqual([code]);
  });

  it("are all found at once, and say where the expression stands", async () => {
    const problems = checkExpression("bid > 3 && arm == 'FTI' || foo(month)", dictionary, { path: "plan.yaml:12:5" });
    expect(codesOf(problems)).toEqual([
      "expression.unknown-column",
      "expression.unknown-level",
      "expression.unknown-function",
    ]);
    expect(problems.every(({ path }) => path === "plan.yaml:12:5")).toBe(true);
    expect(await problemsOf(() => evaluateCondition("bid > 3", table, "plan.yaml:3"))).toMatchObject([
      { code: "expression.unknown-column", path: "plan.yaml:3" },
    ]);
  });

  it("say that a condition is needed", () => {
    expect(codesOf(checkExpression("bdi + 1", dictionary, { needed: "condition" }))).toEqual(["expression.result"]);
    expect(checkExpression("dropped", dictionary, { needed: "condition" })).toEqual([]);
    expect(codesOf(checkExpression("arm", dictionary, { needed: "number" }))).toEqual(["expression.result"]);
  });

  it("stop expressions that are too long or too deep, without exhausting the stack", () => {
    const deep = (depth: number) => `${"(".repeat(depth)}bdi${")".repeat(depth)} > 0`;
    expect(codesOf(check(deep(9000)))).toHaveLength(1);
    expect(codesOf(check(`bdi${" ".repeat(30_000)}`))).toEqual(["expression.too-long"]);
    expect(codesOf(check(`${"!".repeat(2000)}dropped`))).toEqual(["expression.too-long"]);
    expect(codesOf(check(Array(2000).fill("bdi").join(" + ")))).toEqual(["expression.too-long"]);
    expect(check(Array(300).fill("bdi").join(" + "))).toEqual([]);
  });

  it("never come as anything but problems, whatever the text", () => {
    const token = fc.constantFrom(
      ..."bdi arm dropped started 'FIT' 1 0.5 null true datum ( ) [ ] { } , . ! - + * / % ? : < == && || = isValid( indexof( log( \" ' \\ å".split(
        " ",
      ),
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 12 }), (tokens) => {
        const problems = check(tokens.join(" "));
        expect(problems.every(({ message: text }) => text.length > 0 && text.length < 500)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

it("evaluates a long sum once per term where values are missing", () => {
  const text = Array(40).fill("bdi").join(" + ");
  expect(numbers(text)).toEqual([800, 400, null, null, 0]);
});

it("is quick on a million rows", () => {
  const rows = 1_000_000;
  const values = Float64Array.from({ length: rows }, (_, i) => i % 63);
  const codes = Int32Array.from({ length: rows }, (_, i) => (i % 3) - 1);
  const large: Table = {
    name: "large",
    rows,
    lines: null,
    columns: new Map([
      ["bdi", { kind: "number", type: "number", unit: null, values }],
      ["arm", { kind: "category", type: "factor", levels: ["TAU", "FIT"], codes }],
    ]),
  };
  const started = performance.now();
  const truth = evaluateCondition("bdi > 30 && arm == 'FIT' || !isValid(arm)", large);
  expect(performance.now() - started).toBeLessThan(2000);
  expect([...truth.subarray(0, 3)]).toEqual([1, 0, 0]);
});
