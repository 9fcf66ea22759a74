import { describe, expect, test } from "vitest";
import {
  decimalsForDigits,
  englishNumbers,
  estimateDecimals,
  formatNumber,
  formatP,
  formatPercent,
  formatPInText,
  swedishNumbers,
} from "../../src/report/format-number.js";

const en = (value: number | null, decimals: number) => formatNumber(value, decimals, englishNumbers);
const sv = (value: number | null, decimals: number) => formatNumber(value, decimals, swedishNumbers);

describe("formatNumber", () => {
  test("has a true minus sign, the decimals asked for, and no negative zero", () => {
    expect(en(-3.1069, 1)).toBe("\u22123.1");
    expect(en(2, 2)).toBe("2.00");
    expect(en(-0.04, 1)).toBe("0.0");
    expect(en(0, 0)).toBe("0");
  });

  test("groups thousands by language", () => {
    expect(en(9999, 0)).toBe("9999");
    expect(en(10000, 0)).toBe("10,000");
    expect(en(1234567.25, 2)).toBe("1,234,567.25");
    expect(sv(1872.1, 1)).toBe("1\u202f872,1");
    expect(sv(-12345678, 0)).toBe("\u221212\u202f345\u202f678");
    expect(sv(999.5, 1)).toBe("999,5");
  });

  test("writes very small and very large numbers as powers of ten", () => {
    expect(en(1.234e-7, 9)).toBe("1.23\u00a0×\u00a010⁻⁷");
    expect(sv(-1.234e-7, 9)).toBe("\u22121,23\u00a0×\u00a010⁻⁷");
    expect(en(6.02e23, 0)).toBe("6.02\u00a0×\u00a010²³");
    expect(en(0, 9)).toBe("0");
  });

  test("shows a dash where there is no number", () => {
    expect(en(null, 2)).toBe("–");
    expect(en(Number.NaN, 2)).toBe("–");
    expect(en(Number.POSITIVE_INFINITY, 1)).toBe("∞");
    expect(en(Number.NEGATIVE_INFINITY, 1)).toBe("\u2212∞");
  });
});

describe("decimals", () => {
  test("show two significant digits of the standard error, after rounding", () => {
    expect(estimateDecimals(-3.1, 1.79)).toBe(1);
    expect(estimateDecimals(0.64, 0.0799)).toBe(3);
    expect(estimateDecimals(0.5, 0.0996)).toBe(2);
    expect(estimateDecimals(120, 14.2)).toBe(0);
    expect(estimateDecimals(5, 99.6)).toBe(0);
  });

  test("without a standard error show three digits of the estimate", () => {
    expect(estimateDecimals(7.206, null)).toBe(2);
    expect(estimateDecimals(0.0734, 0)).toBe(4);
    expect(estimateDecimals(0, null)).toBe(0);
    expect(decimalsForDigits(null, 3)).toBe(0);
  });
});

describe("p values", () => {
  test("have three decimals and are never 0 or 1", () => {
    expect(formatP(0.0342, englishNumbers)).toBe("0.034");
    expect(formatP(0.0042, englishNumbers)).toBe("0.004");
    expect(formatP(0.00099, englishNumbers)).toBe("<\u00a00.001");
    expect(formatP(0, swedishNumbers)).toBe("<\u00a00,001");
    expect(formatP(0.9997, englishNumbers)).toBe(">\u00a00.999");
    expect(formatP(null, englishNumbers)).toBe("–");
  });

  test("in text have their sign", () => {
    expect(formatPInText(0.034, englishNumbers)).toBe("p\u00a0=\u00a00.034");
    expect(formatPInText(1e-9, swedishNumbers)).toBe("p\u00a0<\u00a00,001");
  });
});

test("per cent signs stand as the language has it", () => {
  expect(formatPercent(0.95, englishNumbers)).toBe("95%");
  expect(formatPercent(0.95, swedishNumbers)).toBe("95\u00a0%");
  expect(formatPercent(0.975, englishNumbers)).toBe("97.5%");
  expect(formatPercent(0.7, swedishNumbers, 1)).toBe("70,0\u00a0%");
});
