/**
 * Expected numbers: a second implementation in Python with 64-bit integers, beside this file as
 * random-stream.py (the normal quantile: Python's statistics.NormalDist).
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream, shuffleInPlace } from "../../src/numeric/random-stream.js";

const uniforms = (seed: number, purpose: string, replicate: number, count: number): number[] => {
  const stream = randomStream(seed, purpose, replicate);
  return Array.from({ length: count }, () => stream.uniform());
};

describe("randomStream", () => {
  it.each([
    [1, "primary/permutation", 0, [0.07768416937116007, 0.34017406455970756, 0.29855225897871573]],
    [1, "primary/permutation", 1, [0.61861093199015, 0.05243338630997585, 0.3931236256439399]],
    [20240919, "primary/permutation", 0, [0.271204927117358, 0.9164629779960831, 0.14734235747567526]],
    [2 ** 53 - 1, "å", 2 ** 32 - 1, [0.37951928387365097, 0.5907652058620144, 0.41515714638665735]],
  ])("seed %d, %s, replicate %d: the known numbers", (seed, purpose, replicate, expected) => {
    expect(uniforms(seed, purpose, replicate, 3)).toEqual(expected);
  });

  it("draws the known whole numbers and normals", () => {
    const whole = randomStream(7, "below", 3);
    expect(Array.from({ length: 12 }, () => whole.below(10))).toEqual([2, 4, 8, 1, 5, 5, 2, 1, 5, 8, 4, 8]);
    const normal = randomStream(7, "normal", 0);
    for (const expected of [0.3515184501294008, 0.04201815830917272, 0.530398381403939]) {
      expect(normal.normal()).toBeCloseTo(expected, 12);
    }
  });

  it("starts elsewhere for every key, however little the keys differ", () => {
    const keys: [number, string, number][] = [];
    for (const seed of [0, 1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1]) {
      for (const purpose of ["", "a", "b", "ab", "a\u0000"]) {
        for (let replicate = 0; replicate < 200; replicate++) keys.push([seed, purpose, replicate]);
      }
    }
    const starts = new Set(keys.map((key) => uniforms(...key, 2).join()));
    expect(starts.size).toBe(keys.length);
  });

  it("does not depend on which streams were used before, or how far", () => {
    const alone = uniforms(5, "x", 7, 4);
    const before = randomStream(5, "x", 6);
    const stream = randomStream(5, "x", 7);
    const mixed = Array.from({ length: 4 }, () => {
      before.uniform();
      return stream.uniform();
    });
    expect(mixed).toEqual(alone);
  });

  /** Over replicates rather than along one stream: what a Monte Carlo sample is made of. */
  it("first numbers over replicates are uniform, and unrelated from one replicate to the next", () => {
    const n = 40_000;
    const first = Array.from({ length: n }, (_, replicate) => randomStream(3, "uniformity", replicate).uniform());
    const counts = new Int32Array(64);
    for (const u of first) counts[Math.floor(u * 64)]!++;
    const chiSquared = counts.reduce((sum, count) => sum + (count - n / 64) ** 2 / (n / 64), 0);
    // χ² on 63 df: mean 63, SD √126.
    expect(Math.abs(chiSquared - 63)).toBeLessThan(4 * Math.sqrt(126));
    const lagged = first.slice(1).reduce((sum, u, i) => sum + (u - 0.5) * (first[i]! - 0.5), 0) / (n - 1);
    expect(Math.abs(lagged * 12)).toBeLessThan(4 / Math.sqrt(n));
  });

  it("normals have mean 0 and variance 1", () => {
    const stream = randomStream(11, "normal", 0);
    const values = Array.from({ length: 40_000 }, stream.normal);
    const mean = values.reduce((sum, z) => sum + z, 0) / values.length;
    const variance = values.reduce((sum, z) => sum + z * z, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(values.length));
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
  });

  it("whole numbers below n are equally likely, and inside their range for every n", () => {
    const stream = randomStream(2, "whole", 0);
    const counts = new Int32Array(5);
    for (let i = 0; i < 50_000; i++) counts[stream.below(5)]!++;
    const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    // Upper 0.0001 point of χ² on 4 df.
    expect(chiSquared).toBeLessThan(23.5);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 32 }), (n) => {
        const drawn = stream.below(n);
        return Number.isInteger(drawn) && drawn >= 0 && drawn < n;
      }),
    );
    expect(stream.below(1)).toBe(0);
  });
});

describe("shuffleInPlace", () => {
  it("reaches each of the 24 orders of four as often", () => {
    const counts = new Map<string, number>();
    const n = 24_000;
    for (let replicate = 0; replicate < n; replicate++) {
      const values = Int32Array.of(0, 1, 2, 3);
      shuffleInPlace(values, randomStream(9, "shuffle", replicate));
      counts.set(values.join(), (counts.get(values.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // Upper 0.0001 point of χ² on 23 df.
    expect(chiSquared).toBeLessThan(58);
  });
});
