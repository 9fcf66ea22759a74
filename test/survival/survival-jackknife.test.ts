import { readFileSync } from "node:fs";
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import type { ClusterCodes } from "../../src/survival/cox-sandwich.js";
import { kaplanMeier, type SurvivalTimes, survivalAt } from "../../src/survival/kaplan-meier.js";
import { restrictedMean, restrictedMeanScores } from "../../src/survival/restricted-mean.js";
import { survivalInterval } from "../../src/survival/survival-interval.js";
import { survivalQuantile } from "../../src/survival/survival-quantile.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { codesOf } from "./frailty-case.js";
import { allRows } from "./survival-reference.js";

// ── R's survfit ─────────────────────────────────────────────────────────────────────────────────

interface ReferenceGroup {
  readonly survival: number[];
  readonly se: number[];
  readonly lower: number[];
  readonly upper: number[];
  readonly atRisk: number[];
  readonly median: number;
  readonly medianLower: number;
  readonly mean: number;
  readonly meanSe: number;
}
interface Reference {
  readonly by: string | null;
  readonly weight: string | null;
  readonly truncated: boolean;
  readonly times: number[];
  readonly horizon: number;
  readonly groups: ReferenceGroup[];
  readonly differenceSe: number;
}

const file = (name: string): string =>
  readFileSync(new URL(`../reference/kaplan-meier/${name}`, import.meta.url), "utf8");
const { cases } = JSON.parse(file("jackknife.json")) as { cases: Reference[] };
const { data } = Papa.parse<Record<string, string>>(file("clusters.csv"), { header: true, skipEmptyLines: true });
const numbers = (column: string): Float64Array => Float64Array.from(data, (row) => Number(row[column]));
const eachRow = (n: number): ClusterCodes => ({ codes: allRows(n), count: n });
const rowsOf = (arm: string): Int32Array => allRows(data.length).filter((i) => data[i]!["arm"] === arm);
const norm = (v: Float64Array): number => Math.hypot(...v);

describe.each(cases)("survfit: by $by, weight $weight, truncated $truncated", (reference) => {
  const { times, horizon, groups } = reference;
  const observed: SurvivalTimes = {
    start: reference.truncated ? numbers("entry") : null,
    time: numbers("time"),
    event: Int32Array.from(numbers("event")),
  };
  const weights = reference.weight === null ? null : numbers(reference.weight);
  const units = codesOf(data.map((row) => row["unit"]!));
  const clusters = reference.by === null ? eachRow(data.length) : { codes: units.codes, count: units.levels.length };
  const fitted = ["TAU", "FIT"].map((arm) => {
    const rows = rowsOf(arm);
    const curve = kaplanMeier(observed, weights, rows, clusters);
    return { curve, scores: restrictedMeanScores(curve, observed, weights, rows, clusters, horizon) };
  });

  it.each([0, 1])("has the same curve, limits, median and restricted mean in group %i", (g) => {
    const expected = groups[g]!;
    const { curve, scores } = fitted[g]!;
    const points = times.map((at) => survivalAt(curve, at));
    const survival = points.map((point) => point.survival);
    expectClose(survival, expected.survival, closedForm, "S");
    const se = points.map((point) => point.seLog * point.survival);
    expectClose(se, expected.se, closedForm, "se");
    const limits = points.map((point) => survivalInterval(point.survival, point.seLog, "log-log", 0.95));
    expectClose(
      limits.map(({ lower }) => lower),
      expected.lower,
      closedForm,
      "lower",
    );
    expectClose(
      limits.map(({ upper }) => upper),
      expected.upper,
      closedForm,
      "upper",
    );
    const median = survivalQuantile(curve, 0.5, "log-log", 0.95);
    expectClose([median.time, median.lower], [expected.median, expected.medianLower], closedForm, "median");
    expectClose(restrictedMean(curve, horizon).mean, expected.mean, closedForm, "mean");
    expectClose(norm(scores), expected.meanSe, closedForm, "se of the mean");
  });

  it("has the same standard error of the difference of restricted means", () => {
    const [tau, fit] = fitted;
    expectClose(norm(fit!.scores.map((v, c) => v - tau!.scores[c]!)), reference.differenceSe, closedForm, "difference");
  });
});

// ── by hand, and by differences ─────────────────────────────────────────────────────────────────

const timesOf = (time: readonly number[], event: readonly number[], start: readonly number[] | null = null) => ({
  start: start === null ? null : Float64Array.from(start),
  time: Float64Array.from(time),
  event: Int32Array.from(event),
});

describe("the infinitesimal jackknife of a curve", () => {
  it("is the binomial variance where nobody is censored", () => {
    const curve = kaplanMeier(timesOf([1, 2, 2, 4, 7], [1, 1, 1, 1, 1]), null, allRows(5), eachRow(5));
    const se = [...curve.seLog].map((v, k) => v * curve.survival[k]!);
    expectClose(
      se.slice(0, 3),
      [0.8, 0.4, 0.2].map((s) => Math.sqrt((s * (1 - s)) / 5)),
      closedForm,
      "se",
    );
    expect(curve.seLog[3]).toBe(Number.POSITIVE_INFINITY);
  });

  it("is that worked by hand for two clusters with a censoring", () => {
    // a: event at 1, censored at 3; b: event at 2 and at 4. S is 3/4, 1/2, 1/2, 0.
    const clusters = { codes: Int32Array.of(0, 1, 0, 1), count: 2 };
    const curve = kaplanMeier(timesOf([1, 2, 3, 4], [1, 1, 0, 1]), null, allRows(4), clusters);
    // Σ A of a: at 1 (1 − 1/4)/3 − (1/4)/3 = 1/6; at 2 less (1/3)/2 more: 0. Of b the opposite.
    expectClose(curve.seLog.subarray(0, 3), [Math.sqrt(2) / 6, 0, 0], closedForm, "se log S", 1);
  });

  /** Changes of S(at) and the mean up to `horizon` with the weight of one row. */
  const derivative = (weights: Float64Array, row: number, of: (w: Float64Array) => number) => {
    const h = 1e-4 * weights[row]!;
    return (of(weights.with(row, weights[row]! + h)) - of(weights.with(row, weights[row]! - h))) / (2 * h);
  };

  it("is made of the derivatives by weights, with ties, late entry and intervals of a participant", () => {
    const times = timesOf([2, 5, 5, 5, 7, 8, 9, 9, 12], [1, 1, 0, 1, 1, 0, 1, 1, 0], [0, 0, 1, 2, 5, 3, 0, 7, 4]);
    const weights = Float64Array.of(1.3, 0.7, 2, 1.1, 0.4, 1, 3.2, 0.9, 1.6);
    const rows = allRows(9);
    const clusters = { codes: Int32Array.of(0, 1, 0, 2, 1, 3, 2, 3, 4), count: 5 };
    const curve = kaplanMeier(times, weights, rows, clusters);
    const variance = (of: (w: Float64Array) => number): number => {
      const sums = new Float64Array(5);
      for (const row of rows) sums[clusters.codes[row]!]! += weights[row]! * derivative(weights, row, of);
      return sums.reduce((sum, v) => sum + v * v, 0);
    };
    for (const at of [2, 5, 7, 9, 12]) {
      const { survival, seLog } = survivalAt(curve, at);
      const byDifferences = variance((w) => survivalAt(kaplanMeier(times, w, rows), at).survival);
      expectClose((survival * seLog) ** 2, byDifferences, iterated, `S(${at})`);
    }
    for (const horizon of [1.5, 5, 8.5, 12]) {
      const scores = restrictedMeanScores(curve, times, weights, rows, clusters, horizon);
      const byDifferences = variance((w) => restrictedMean(kaplanMeier(times, w, rows), horizon).mean);
      expectClose(
        scores.reduce((sum, v) => sum + v * v, 0),
        byDifferences,
        iterated,
        `mean to ${horizon}`,
        1,
      );
    }
  });

  it("does not depend on the unit of the weights or the order of the rows, and takes weight 2 for a row twice in its cluster", () => {
    const times = timesOf([1, 3, 3, 6, 8, 9], [1, 1, 0, 1, 1, 0]);
    const codes = Int32Array.of(0, 0, 1, 1, 2, 2);
    const weights = Float64Array.of(1, 2, 1, 1, 2, 1);
    const clusters = { codes, count: 3 };
    const curve = kaplanMeier(times, weights, allRows(6), clusters);
    const tripled = kaplanMeier(
      times,
      weights.map((w) => 3 * w),
      allRows(6),
      clusters,
    );
    const turned = kaplanMeier(times, weights, allRows(6).toReversed(), clusters);
    const twice = [0, 1, 1, 2, 3, 4, 4, 5];
    const repeated = kaplanMeier(
      timesOf(
        twice.map((i) => times.time[i]!),
        twice.map((i) => times.event[i]!),
      ),
      null,
      allRows(8),
      { codes: Int32Array.from(twice, (i) => codes[i]!), count: 3 },
    );
    for (const other of [tripled, turned, repeated]) expectClose(other.seLog, curve.seLog, closedForm, "se log S");
  });

  it("is not a number when all rows are of one cluster, and 0 before the first event", () => {
    const clusters = { codes: Int32Array.of(1, 1, 1), count: 2 };
    const { seLog } = kaplanMeier(timesOf([1, 2, 3], [0, 1, 0]), null, allRows(3), clusters);
    expect([...seLog]).toEqual([0, Number.NaN, Number.NaN]);
  });

  it("ends at exactly 0 where the last have the event, whatever their weights add up to", () => {
    const weights = Float64Array.of(0.1, 0.2, 0.3, 0.7, 0.1, 0.6);
    const curve = kaplanMeier(timesOf([1, 2, 3, 4, 5, 5], [1, 0, 1, 1, 1, 1]), weights, allRows(6), eachRow(6));
    expect(curve.survival.at(-1)).toBe(0);
    expect(curve.seLog.at(-1)).toBe(Number.POSITIVE_INFINITY);
    expect(curve.atRisk.at(-1)).toBe(curve.events.at(-1));
  });
});
