import { expect, test } from "vitest";
import { measureTextOurselves, type TextMetrics } from "../../src/figure/measure-text.js";
import { textWidth, wrapText } from "../../src/figure/text-width.js";

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

test("wraps at words, and puts what is left on the last line", () => {
  expect(wrapText("Three months", 50, 11, 3)).toEqual(["Three", "months"]);
  expect(wrapText("Three months", 500, 11, 3)).toEqual(["Three months"]);
  expect(wrapText("a b c d", 1, 11, 2)).toEqual(["a", "b c d"]);
  expect(wrapText("Incomprehensibilities", 20, 11, 3)).toEqual(["Incomprehensibilities"]);
});

test("Vega measures by it, up to the text's limit", () => {
  const metrics: TextMetrics = { width: () => 0 };
  measureTextOurselves(metrics);
  expect(metrics.width({ fontSize: 11 }, "Difference")).toBe(textWidth("Difference", 11));
  expect(metrics.width({ fontSize: 11, fontWeight: 600 }, "D")).toBe(textWidth("D", 11, true));
  expect(metrics.width({ limit: 20 }, "Difference")).toBe(20);
  expect(metrics.width({}, null)).toBe(0);
});
