import { expect, test } from "vitest";
import { armStyle, theme } from "../../src/figure/theme.js";
import { texts } from "../../src/report/texts.js";

test("arms differ in shape and dash as well as in colour", () => {
  const styles = Array.from({ length: 5 }, (_, i) => armStyle(i));
  for (const part of ["colour", "shape", "dash"] as const) {
    expect(new Set(styles.map((style) => JSON.stringify(style[part]))).size).toBe(5);
  }
  const many = Array.from({ length: 210 }, (_, i) => JSON.stringify(armStyle(i)));
  expect(new Set(many).size).toBe(210);
});

test("axes write numbers as the language does", () => {
  expect(theme(texts.sv.figure)).toMatchObject({ locale: { number: { decimal: ",", thousands: "\u202f" } } });
  expect(theme(texts.en.figure)).toMatchObject({ locale: { number: { decimal: "." } } });
});
