import { expect, test } from "vitest";
import { smooth, smoothWithBand } from "../../src/figure/smooth.js";

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

test("the band is that of the weights of the line", () => {
  // Weighted least squares by hand at one place: value and variance from the same weights.
  const x = grid(30);
  const y = x.map((v, i) => 2 * v + ((i * 7919) % 13) / 13);
  const band = smoothWithBand(x, y, 1.96);
  expect(band.map(({ x, y }) => ({ x, y }))).toEqual(smooth(x, y));
  const weights = (at: number): number[] => {
    const near = [...x].map((v, i) => [Math.abs(v - at), i] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const inside = near.slice(0, 20);
    const radius = inside.at(-1)![0] * 1.0001;
    const w = [...x].map((v, i) => (inside.some(([, j]) => j === i) ? (1 - (Math.abs(v - at) / radius) ** 3) ** 3 : 0));
    const sum = (f: (d: number) => number) => w.reduce((s, wi, i) => s + wi * f(x[i]! - at), 0);
    const [s0, s1, s2] = [sum(() => 1), sum((d) => d), sum((d) => d * d)];
    return w.map((wi, i) => (wi * (s2 - s1 * (x[i]! - at))) / (s0 * s2 - s1 * s1));
  };
  let squared = 0;
  let expected = 0;
  for (let i = 0; i < 30; i++) {
    const l = weights(x[i]!);
    squared += (y[i]! - l.reduce((s, li, j) => s + li * y[j]!, 0)) ** 2;
    expected += 1 - 2 * l[i]! + l.reduce((s, li) => s + li * li, 0);
  }
  const sigma = Math.sqrt(squared / expected);
  const { x: at, y: value, upper, lower } = band[10]!;
  const l = weights(at);
  const reach = 1.96 * sigma * Math.sqrt(l.reduce((s, li) => s + li * li, 0));
  expect(upper - value).toBeCloseTo(reach, 10);
  expect(value - lower).toBeCloseTo(reach, 10);
});

test("a line through all points has a band of no width", () => {
  for (const { lower, upper } of smoothWithBand(grid(40), grid(40), 1.96)) expect(upper - lower).toBeCloseTo(0, 8);
});
