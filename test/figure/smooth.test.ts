import { expect, test } from "vitest";
import { smooth } from "../../src/figure/smooth.js";

const grid = (n: number) => Float64Array.from({ length: n }, (_, i) => i / (n - 1));

test("a straight line is itself", () => {
  const x = grid(50);
  for (const point of smooth(
    x,
    x.map((v) => 3 - 2 * v),
  ))
    expect(point.y).toBeCloseTo(3 - 2 * point.x, 10);
});

test("follows a curve, and covers the range of x", () => {
  const x = grid(400);
  const line = smooth(
    x,
    x.map((v) => (v - 0.5) ** 2),
  );
  expect(line).toHaveLength(40);
  expect([line[0]!.x, line.at(-1)!.x]).toEqual([0, 1]);
  expect(line[0]!.y).toBeGreaterThan(line[20]!.y + 0.1);
});

test("does not depend on the order of the points", () => {
  const x = grid(60).map((v, i) => v + Math.sin(i));
  const y = x.map((v, i) => v * Math.cos(i));
  expect(smooth(x.toReversed(), y.toReversed())).toEqual(smooth(x, y));
});

test("many ties and many points are no trouble", () => {
  const ties = Float64Array.from({ length: 90 }, (_, i) => (i < 80 ? 1 : i));
  for (const { y } of smooth(ties, ties)) expect(Number.isFinite(y)).toBe(true);
  const x = grid(60_000);
  for (const point of smooth(x, x)) expect(point.y).toBeCloseTo(point.x, 3);
});

test("nothing to smooth: no line", () => {
  expect(smooth([1, 1, 1, 1, 1, 1], [1, 2, 3, 4, 5, 6])).toEqual([]);
  expect(smooth([1, 2], [1, 2])).toEqual([]);
  expect(smooth([], [])).toEqual([]);
});
