import { expect, test } from "vitest";
import { measureTextOurselves, type TextMetrics } from "../../src/figure/measure-text.js";
import { balanceText, textWidth, widestWord, wrapText } from "../../src/figure/text-width.js";

test("is near the width of the usual sans fonts", () => {
  // Helvetica sets "Difference" at 4.45 em, DejaVu Sans at 5.03 em.
  const width = textWidth("Difference", 100);
  expect(width).toBeGreaterThan(445);
  expect(width).toBeLessThan(550);
  expect(textWidth("", 11)).toBe(0);
  expect(textWidth("mean", 22)).toBeCloseTo(2 * textWidth("mean", 11));
  expect(textWidth("mean", 11, true)).toBeGreaterThan(textWidth("mean", 11));
  expect(textWidth("漢字", 10)).toBeGreaterThan(20);
});

test("wraps at words, and leaves out what has no room in the last line", () => {
  expect(wrapText("Three months", 50, 11, 3)).toEqual(["Three", "months"]);
  expect(wrapText("Three months", 500, 11, 3)).toEqual(["Three months"]);
  const pair = textWidth("aa bb", 11);
  expect(wrapText("aa bb cc", pair, 11, 2)).toEqual(["aa bb", "cc"]);
  expect(wrapText("aa bb cc dd", pair, 11, 2)).toEqual(["aa bb", "cc dd"]);
  expect(wrapText("aa bb cc dd ee", pair, 11, 2)).toEqual(["aa bb", "cc d\u2026"]);
});

test("breaks a word that is wider than a line, and no line is wider", () => {
  const label = "Incomprehensibilities of 😀😀😀😀😀";
  const lines = wrapText(label, 50, 11, 99);
  expect(lines.join("").replaceAll(" ", "")).toBe(label.replaceAll(" ", ""));
  expect(lines.length).toBeGreaterThan(3);
  for (const most of [1, 2, 99]) {
    for (const line of wrapText(label, 50, 11, most)) expect(textWidth(line, 11)).toBeLessThanOrEqual(50);
  }
  expect(wrapText("ab", 1, 11, 3)).toEqual(["a", "b"]);
  expect(wrapText("", 50, 11, 3)).toEqual([""]);
  expect(widestWord("a long label", 11)).toBe(textWidth("label", 11));
});

test("balances lines without adding any", () => {
  const title = "Mean BDI-II by treatment and months since start";
  expect(wrapText(title, 312, 12, 3, true)).toEqual(["Mean BDI-II by treatment and months since", "start"]);
  expect(balanceText(title, 312, 12, 3, true)).toEqual(["Mean BDI-II by treatment", "and months since start"]);
  expect(balanceText("Short title", 312, 12, 3, true)).toEqual(["Short title"]);
  expect(balanceText(title, 100, 12, 1, true)).toEqual(wrapText(title, 100, 12, 1, true));
  expect(balanceText("Incomprehensibilities", 60, 12, 3)).toEqual(wrapText("Incomprehensibilities", 60, 12, 3));
});

test("Vega measures by it, up to the text's limit", () => {
  const metrics: TextMetrics = { width: () => 0 };
  measureTextOurselves(metrics);
  expect(metrics.width({ fontSize: 11 }, "Difference")).toBe(textWidth("Difference", 11));
  expect(metrics.width({ fontSize: 11, fontWeight: 600 }, "D")).toBe(textWidth("D", 11, true));
  expect(metrics.width({ limit: 20 }, "Difference")).toBe(20);
  expect(metrics.width({}, null)).toBe(0);
});
