import { describe, expect, it } from "vitest";
import type { SurvivalTimes } from "../../src/survival/kaplan-meier.js";
import { countsAt, isKnown, kaplanMeier, stepAt, survivalAt } from "../../src/survival/kaplan-meier.js";
import { restrictedMean } from "../../src/survival/restricted-mean.js";
import { rowsByGroup, survivalGroups } from "../../src/survival/survival-groups.js";
import { type SurvivalIntervalKind, survivalInterval } from "../../src/survival/survival-interval.js";
import { survivalQuantile } from "../../src/survival/survival-quantile.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";
import { allRows, readExpected, readSet, survivalFrameOf } from "./survival-reference.js";

const timesOf = (time: readonly number[], event: readonly number[], start?: readonly number[]): SurvivalTimes => ({
  start: start === undefined ? null : Float64Array.from(start),
  time: Float64Array.from(time),
  event: Int32Array.from(event),
});
const curveOf = (time: readonly number[], event: readonly number[], start?: readonly number[]) =>
  kaplanMeier(timesOf(time, event, start), null, allRows(time.length));

// ── worked by hand ──────────────────────────────────────────────────────────────────────────────

describe("Kaplan–Meier by hand", () => {
  // Therneau and Grambsch (2000), appendix E: test data 1, (time, status) without the row of a missing time.
  const therneau = curveOf([9, 3, 1, 1, 6, 6, 8], [1, 1, 1, 0, 1, 1, 0]);

  it("has the answers of Therneau and Grambsch's first test data", () => {
    expect([...therneau.times]).toEqual([1, 3, 6, 8, 9]);
    expect([...therneau.atRisk]).toEqual([7, 5, 4, 2, 1]);
    expect([...therneau.events]).toEqual([1, 1, 2, 0, 1]);
    // 6/7 · 4/5 · 2/4 · 1 · 0
    expectClose(therneau.survival, [6 / 7, 24 / 35, 12 / 35, 12 / 35, 0], closedForm, "S");
    // Greenwood: 1/(7·6) + 1/(5·4) + 2/(4·2)
    const variance = [1 / 42, 1 / 42 + 1 / 20, 1 / 42 + 1 / 20 + 1 / 4];
    expectClose(therneau.seLog.subarray(0, 3), variance.map(Math.sqrt), closedForm, "se log S");
    expect(therneau.seLog[4]).toBe(Number.POSITIVE_INFINITY);
  });

  it("has the answers of their second test data, with starts", () => {
    const start = [1, 2, 5, 2, 1, 7, 3, 4, 8, 8];
    const stop = [2, 3, 6, 7, 8, 9, 9, 9, 14, 17];
    const curve = curveOf(stop, [1, 1, 1, 1, 1, 1, 1, 0, 0, 0], start);
    expect([...curve.times]).toEqual([2, 3, 6, 7, 8, 9, 14, 17]);
    expect([...curve.atRisk]).toEqual([2, 3, 5, 4, 4, 5, 2, 1]);
    expectClose(curve.survival.subarray(0, 3), [1 / 2, 1 / 3, (1 / 3) * (4 / 5)], closedForm, "S");
    expectClose([curve.survival.at(-1)!], [(4 / 15) * (3 / 4) * (3 / 4) * (3 / 5)], closedForm, "S at the end");
  });

  it("has its median where S first is at most 0.5, and the middle of a part that is flat at 0.5", () => {
    expect(survivalQuantile(therneau, 0.5, "plain", 0.95).time).toBe(6);
    const flat = curveOf([1, 2, 3, 4], [1, 1, 1, 1]);
    expect(survivalQuantile(flat, 0.5, "plain", 0.95).time).toBe(2.5);
    expect(survivalQuantile(flat, 0.25, "plain", 0.95).time).toBe(1.5);
    // Flat at 0.5 until the last, a censoring at 9.
    expect(survivalQuantile(curveOf([1, 5, 9, 9], [1, 1, 0, 0]), 0.5, "log", 0.95).time).toBe(7);
    const never = survivalQuantile(curveOf([1, 2, 3, 4], [1, 0, 0, 0]), 0.5, "log-log", 0.95);
    expect(never.time).toBeNaN();
    expect(never.upper).toBeNaN();
  });

  it("has the restricted mean as the area, with its variance", () => {
    // 1·1 + 2·6/7 + 3·24/35 + 1·12/35 up to 7.
    const area = 1 + 12 / 7 + 72 / 35 + 12 / 35;
    const { mean, se } = restrictedMean(therneau, 7);
    expectClose([mean], [area], closedForm, "mean");
    // Areas from 1, 3 and 6 to 7.
    const after = [12 / 7 + 72 / 35 + 12 / 35, 72 / 35 + 12 / 35, 12 / 35];
    const variance = after[0]! ** 2 / 42 + after[1]! ** 2 / 20 + after[2]! ** 2 / 4;
    expectClose([se], [Math.sqrt(variance)], closedForm, "se");
    // Before the first event the mean is the horizon; all is known after the curve is 0.
    expect(restrictedMean(therneau, 0.5)).toEqual({ mean: 0.5, se: 0 });
    expectClose([restrictedMean(therneau, 50).mean], [area + (2 * 12) / 35], closedForm, "after S = 0");
  });

  it("says nothing after the last censoring, and 0 after nobody was left", () => {
    const censored = curveOf([2, 5], [1, 0]);
    expect(survivalAt(censored, 5).survival).toBe(0.5);
    expect(survivalAt(censored, 5.1).survival).toBeNaN();
    expect(restrictedMean(censored, 5.1).mean).toBeNaN();
    expect(isKnown(censored, 5.1)).toBe(false);
    expect(survivalAt(therneau, 100).survival).toBe(0);
    expect(survivalAt(therneau, 0.99)).toEqual({ survival: 1, seLog: 0 });
  });

  it("takes 0.3 for 0.1 + 0.2 when asked for a time", () => {
    const curve = curveOf([0.1 + 0.2, 1], [1, 0]);
    expect(survivalAt(curve, 0.3).survival).toBe(0.5);
    expect(stepAt(curve, 0.29)).toBe(-1);
  });

  it("counts an event at time 0", () => {
    const curve = curveOf([0, 1, 2, 3], [1, 0, 1, 0]);
    expect([...curve.survival]).toEqual([0.75, 0.75, 0.375, 0.375]);
    expectClose([restrictedMean(curve, 3).mean], [0.75 * 2 + 0.375], closedForm, "mean");
  });

  it("is 0 from where the risk set is emptied, though others come later", () => {
    const curve = curveOf([1, 5, 6], [1, 1, 0], [0, 2, 2]);
    expect([...curve.survival]).toEqual([0, 0, 0]);
  });
});

describe("intervals of survival", () => {
  it("are on their scale, within 0 and 1, and none where there is none", () => {
    const z = 1.959963984540054;
    const se = 0.2 / 0.6;
    const log = survivalInterval(0.6, se, "log", 0.95);
    expectClose([log.lower, log.upper], [0.6 * Math.exp(-z * se), 1], closedForm, "log");
    const plain = survivalInterval(0.6, se, "plain", 0.95);
    expectClose([plain.lower, plain.upper], [0.6 - z * 0.2, 0.6 + z * 0.2], closedForm, "plain");
    const half = (z * se) / Math.abs(Math.log(0.6));
    const eta = Math.log(-Math.log(0.6));
    const loglog = survivalInterval(0.6, se, "log-log", 0.95);
    const expected = [Math.exp(-Math.exp(eta + half)), Math.exp(-Math.exp(eta - half))];
    expectClose([loglog.lower, loglog.upper], expected, closedForm, "log-log");
    expect(survivalInterval(0, Number.POSITIVE_INFINITY, "plain", 0.95).lower).toBeNaN();
    expect(survivalInterval(1, 0, "log-log", 0.95).lower).toBeNaN();
    expect(survivalInterval(1, 0, "log", 0.95)).toEqual({ lower: 1, upper: 1 });
    expect(survivalInterval(0.1, 2, "plain", 0.95)).toMatchObject({ lower: 0 });
  });
});

// ── R's survfit ─────────────────────────────────────────────────────────────────────────────────

interface ReferenceKind {
  readonly ci: SurvivalIntervalKind;
  readonly survival: number[][];
  readonly se: (number | null)[][];
  readonly atRisk: number[][];
  readonly lower: (number | null)[][];
  readonly upper: (number | null)[][];
  readonly quantiles: (number | null)[][];
  readonly quantileLower: (number | null)[][];
  readonly quantileUpper: (number | null)[][];
  readonly rmst: { readonly horizon: number; readonly mean: number[]; readonly se: number[] }[];
  readonly groups: string[];
}
interface ReferenceCurves {
  readonly set: string;
  readonly right: string;
  readonly truncated: boolean;
  readonly weighted: boolean;
  readonly times: number[];
  readonly kinds: ReferenceKind[];
}

const LEVELS = { sex: ["male", "female"] };
const { curves } = readExpected<{ curves: ReferenceCurves[] }>("kaplan-meier");

/** Numbers, with null where there is none. */
const orNull = (values: readonly number[]): (number | null)[] => values.map((v) => (Number.isFinite(v) ? v : null));
function expectNumbers(what: string, actual: readonly number[], expected: readonly (number | null)[]): void {
  const present = expected.map((value) => value !== null);
  expect(
    orNull(actual).map((value) => value !== null),
    `${what}: which are there`,
  ).toEqual(present);
  const both = [...actual.keys()].filter((i) => present[i]);
  expectClose(
    both.map((i) => actual[i]!),
    both.map((i) => expected[i]!),
    closedForm,
    what,
  );
}

const shares = [0.25, 0.5, 0.75];
const goesUp = (limit: readonly number[]): boolean => {
  const there = limit.filter((s) => !Number.isNaN(s));
  return there.some((s, k) => k > 0 && s > there[k - 1]!);
};

describe.each(curves)("survfit: $set ~ $right, truncated $truncated, weighted $weighted", (reference) => {
  const { set, right, truncated, weighted, times } = reference;
  const table = readSet("kaplan-meier", set, LEVELS);
  const formula = `Surv(${truncated ? "entry, " : ""}time, status) ~ ${right.replace("ecog", "factor(ecog)")}`;
  const frame = survivalFrameOf(formula, table, weighted ? { weights: "weight" } : {});
  const groups = survivalGroups(frame, table, "", []);
  const byGroup = rowsByGroup(groups);
  const fitted = byGroup.map((rows) => kaplanMeier(frame.outcome, frame.weights, rows));

  it("has the same groups in the same order", () => {
    const shown = groups.names.map((name) =>
      name
        .replace(/factor\((\w+)\)/g, "$1")
        .replace(/\[(.*?)\]/g, "=$1")
        .replaceAll(",", ", "),
    );
    const expected = reference.kinds[0]!.groups.map((name) => name.replace(/\s+/g, " ").trim().replace(/ ,/g, ","));
    expect(shown).toEqual(expected);
  });

  it.each(reference.kinds)("has the same survival, quantiles and restricted means, ci = $ci", (kind) => {
    for (const [g, curve] of fitted.entries()) {
      const known = times.map((at) => isKnown(curve, at));
      const kept = <T>(values: readonly T[]): T[] => values.filter((_, i) => known[i]);
      const at = kept(times).map((t) => survivalAt(curve, t));
      const counted = kept(times).map((t) => countsAt(frame.outcome, frame.weights, byGroup[g]!, t).atRisk);
      // Between times of the curve summary.survfit counts at the next of them, with those who begin in between.
      const counts = <T>(values: readonly T[]): T[] =>
        values.filter((_, i) => !truncated || curve.times.includes(kept(times)[i]!));
      expect(counts(counted), `group ${g}: at risk`).toEqual(counts(kept(kind.atRisk[g]!)));
      const what = `group ${g}`;
      expectNumbers(
        `${what} S`,
        at.map(({ survival }) => survival),
        kept(kind.survival[g]!),
      );
      expectNumbers(
        `${what} se`,
        at.map(({ survival, seLog }) => seLog * survival),
        kept(kind.se[g]!),
      );
      const limits = at.map(({ survival, seLog }) => survivalInterval(survival, seLog, kind.ci, 0.95));
      // Before the first event summary.survfit has 1 for all limits; on the log-log scale there are none.
      const started = kept(times).map((t) => kind.ci !== "log-log" || survivalAt(curve, t).survival < 1);
      const inside = <T>(values: readonly T[]): T[] => values.filter((_, i) => started[i]);
      expectNumbers(`${what} lower`, inside(limits.map(({ lower }) => lower)), inside(kept(kind.lower[g]!)));
      expectNumbers(`${what} upper`, inside(limits.map(({ upper }) => upper)), inside(kept(kind.upper[g]!)));
      const quantiles = shares.map((p) => survivalQuantile(curve, p, kind.ci, 0.95));
      const every = Array.from(curve.survival, (s, k) => survivalInterval(s, curve.seLog[k]!, kind.ci, 0.95));
      expectNumbers(
        `${what} quantiles`,
        quantiles.map(({ time }) => time),
        kind.quantiles[g]!,
      );
      for (const side of ["lower", "upper"] as const) {
        const limit = every.map((both) => both[side]);
        const expected = side === "lower" ? kind.quantileLower[g]! : kind.quantileUpper[g]!;
        expectNumbers(
          `${what} quantiles, ${side}`,
          quantiles.map((both) => both[side]),
          // quantile.survfit sorts limits that go up again; the first time at which they are low enough is meant.
          goesUp(limit) ? shares.map((p) => curve.times[limit.findIndex((s) => s <= 1 - p)] ?? null) : expected,
        );
      }
      for (const { horizon, mean, se } of kind.rmst) {
        if (!isKnown(curve, horizon)) continue;
        const restricted = restrictedMean(curve, horizon);
        expectNumbers(`${what} rmst`, [restricted.mean, restricted.se], [mean[g]!, se[g]!]);
      }
    }
  });
});

// ── identities ──────────────────────────────────────────────────────────────────────────────────

describe("numbers at risk and events so far", () => {
  it("count who is under observation in (start, stop] at a time, from 0 at 0 too", () => {
    const times = timesOf([2, 5, 5, 7], [1, 1, 0, 0], [0, 0, 3, 4]);
    const at = (t: number, weights: Float64Array | null = null) => countsAt(times, weights, allRows(4), t);
    expect([0, 2, 3, 4, 5, 7, 8].map((t) => at(t).atRisk)).toEqual([2, 2, 1, 2, 3, 1, 0]);
    expect([0, 2, 4, 5, 8].map((t) => at(t).events)).toEqual([0, 1, 1, 2, 2]);
    expect(at(5, Float64Array.of(1, 3, 2, 2))).toEqual({ atRisk: 7, events: 4 });
  });
});

describe("Kaplan–Meier does not depend on", () => {
  const table = readSet("kaplan-meier", "lung", LEVELS);
  const { outcome } = survivalFrameOf("Surv(entry, time, status) ~ 1", table);
  const rows = allRows(outcome.time.length);
  const curve = kaplanMeier(outcome, null, rows);

  it("the order of the rows", () => {
    expect(kaplanMeier(outcome, null, rows.toReversed())).toEqual(curve);
  });

  it("whether a row of weight 2 is one row or two", () => {
    const weights = new Float64Array(rows.length).fill(2);
    expect(kaplanMeier(outcome, weights, rows)).toEqual(kaplanMeier(outcome, null, Int32Array.of(...rows, ...rows)));
  });

  it("cutting a row into two that follow each other", () => {
    const whole = curveOf([4, 6, 9, 11], [1, 0, 1, 1], [0, 1, 2, 0]);
    const cut = curveOf([3, 4, 6, 9, 7, 11], [0, 1, 0, 1, 0, 1], [0, 3, 1, 2, 0, 7]);
    const steps = [4, 6, 9, 11].map((at) => survivalAt(cut, at));
    expect(steps).toEqual([4, 6, 9, 11].map((at) => survivalAt(whole, at)));
  });

  it("the unit of the time, but for times and means in that unit", () => {
    const weeks = { ...outcome, start: outcome.start!.map((t) => t / 7), time: outcome.time.map((t) => t / 7) };
    const scaled = kaplanMeier(weeks, null, rows);
    expect(scaled.survival).toEqual(curve.survival);
    const [a, b] = [restrictedMean(scaled, 365 / 7), restrictedMean(curve, 365)];
    expectClose([a.mean * 7, a.se * 7], [b.mean, b.se], closedForm, "rmst");
  });

  it("without censoring or truncation, anything but the share still free of the event", () => {
    const time = [5, 1, 3, 3, 9, 2, 7, 7];
    const all = curveOf(
      time,
      time.map(() => 1),
    );
    const share = Array.from(all.times, (at) => time.filter((t) => t > at).length / time.length);
    expectClose(all.survival, share, closedForm, "S");
    // Greenwood is then the binomial variance.
    const binomial = share.map((s) => Math.sqrt((s * (1 - s)) / time.length));
    const se = Array.from(all.survival, (s, k) => (s === 0 ? 0 : s * all.seLog[k]!));
    expectClose(se, binomial, closedForm, "se");
    const to6 = time.map((t) => Math.min(t, 6)).reduce((a, b) => a + b) / time.length;
    expectClose([restrictedMean(all, 6).mean], [to6], closedForm, "rmst");
  });
});
