import { expect, test } from "vitest";
import { normalQuantiles } from "../../src/figure/normal-quantiles.js";
import { normalQuantile } from "../../src/numeric/distributions.js";

test("a few values are shown as they are, against (i − ½)/n", () => {
  const { points } = normalQuantiles([3, 1, 2]);
  expect(points.map(({ sample }) => sample)).toEqual([1, 2, 3]);
  expect(points[1]!.normal).toBeCloseTo(0, 12);
  expect(points[2]!.normal).toBeCloseTo(normalQuantile(5 / 6), 12);
});

test("many values are shown as 200 quantiles", () => {
  const values = Float64Array.from({ length: 5000 }, (_, i) => i);
  const { points } = normalQuantiles(values);
  expect(points).toHaveLength(200);
  expect(points[0]!.sample).toBeCloseTo(0.0025 * 4999, 8);
});

test("normal values lie on the line through the quartiles", () => {
  const values = Float64Array.from({ length: 199 }, (_, i) => 5 + 2 * normalQuantile((i + 0.5) / 199));
  const { line, correlation } = normalQuantiles(values);
  expect(line!.intercept).toBeCloseTo(5, 10);
  expect(line!.slope).toBeCloseTo(2, 1);
  expect(correlation).toBeCloseTo(1, 10);
});

test("values that do not vary, or are too few, have no line and no correlation", () => {
  expect(normalQuantiles([2, 2, 2, 2, 2])).toMatchObject({ line: null, correlation: null });
  expect(normalQuantiles([1, 2])).toMatchObject({ line: null, correlation: null });
  expect(normalQuantiles([]).points).toEqual([]);
});
