import { describe, expect, it } from "vitest";
import type { GroupingFactor } from "../../src/formula/grouping-factor.js";
import { logRank } from "../../src/survival/log-rank.js";
import { survivalGroups } from "../../src/survival/survival-groups.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";
import { readExpected, readSet, survivalFrameOf } from "./survival-reference.js";

interface ReferenceTest {
  readonly set: string;
  readonly right: string;
  readonly rho: number;
  readonly strata: boolean;
  readonly truncated: boolean;
  readonly statistic: number;
  readonly df: number;
  readonly p: number;
  readonly observed?: number[];
  readonly expected?: number[];
}
const LEVELS = { sex: ["male", "female"] };
const { tests } = readExpected<{ tests: ReferenceTest[] }>("kaplan-meier");

function testOf({ set, right, rho, strata, truncated }: Omit<ReferenceTest, "statistic" | "df" | "p">) {
  const table = readSet("kaplan-meier", set, LEVELS);
  const groups = right.includes("factor(") ? right : right.replace("ecog", "factor(ecog)");
  const formula = `Surv(${truncated ? "entry, " : ""}time, status) ~ ${groups}${strata ? " + strata(ecog)" : ""}`;
  const frame = survivalFrameOf(formula, table);
  return logRank(frame.outcome, survivalGroups(frame, table, "", []), { rho, strata: frame.strata });
}

describe("log-rank tests as R's", () => {
  it.each(tests)("$set ~ $right, rho $rho, strata $strata, truncated $truncated", (reference) => {
    const { statistic, df, p, observed, expected } = testOf(reference);
    expect(df).toBe(reference.df);
    expectClose([statistic], [reference.statistic], closedForm, "statistic");
    expectClose([p], [reference.p], closedForm, "p");
    if (reference.observed !== undefined) {
      expectClose(observed, reference.observed, closedForm, "observed");
      expectClose(expected, reference.expected!, closedForm, "expected");
    }
  });
});

const two: GroupingFactor = { codes: Int32Array.of(0, 1, 0, 1, 0, 1), levels: ["a", "b"] };

describe("the log-rank test by hand", () => {
  // Times 1a+, 2b, 3a, 3b, 4a+, 5b; + is censored.
  const times = {
    start: null,
    time: Float64Array.of(1, 2, 3, 3, 4, 5),
    event: Int32Array.of(0, 1, 1, 1, 0, 1),
  };

  it("adds observed less expected over the times of events", () => {
    const { observed, expected, variance, statistic, df } = logRank(times, two);
    // At 2: 2a + 3b at risk, 1 event. At 3: 2a + 2b, 2 events. At 5: only b.
    const ofA = 2 / 5 + 2 * (2 / 4);
    expectClose(expected, [ofA, 4 - ofA], closedForm, "expected");
    expect([...observed]).toEqual([1, 3]);
    // d (n − d)/(n − 1) π (1 − π): 1·4/4 · 6/25 + 2·2/3 · 1/4
    const v = 6 / 25 + 1 / 3;
    expectClose(variance.data, [v, -v, -v, v], closedForm, "variance");
    expectClose([statistic], [(1 - ofA) ** 2 / v], closedForm, "statistic");
    expect(df).toBe(1);
  });

  it("weights each time by survival just before it, to the power of rho", () => {
    const { observed, variance } = logRank(times, two, { rho: 1 });
    // S(2−) = 1, S(3−) = 4/5, S(5−) = 4/5 · 1/2.
    expectClose(observed, [4 / 5, 1 + 4 / 5 + 2 / 5], closedForm, "observed");
    expectClose([variance.data[0]!], [6 / 25 + (4 / 5) ** 2 / 3], closedForm, "variance");
  });
});

describe("the log-rank test", () => {
  const table = readSet("kaplan-meier", "lung", LEVELS);
  const frame = survivalFrameOf("Surv(time, status) ~ sex + strata(ecog)", table);
  const groups = survivalGroups(frame, table, "", []);
  const test = logRank(frame.outcome, groups, { strata: frame.strata, rho: 0.7 });

  it("is the same with groups swapped, rows reversed, or times squared", () => {
    const swapped = { codes: groups.codes.map((code) => 1 - code), levels: groups.levels };
    const square = { ...frame.outcome, time: frame.outcome.time.map((t) => t * t) };
    const reversed = {
      times: { start: null, time: frame.outcome.time.toReversed(), event: frame.outcome.event.toReversed() },
      groups: { codes: groups.codes.toReversed(), levels: groups.levels },
      strata: { codes: frame.strata!.codes.toReversed(), levels: frame.strata!.levels },
    };
    const options = { strata: frame.strata, rho: 0.7 };
    const others = [
      logRank(frame.outcome, swapped, options),
      logRank(square, groups, options),
      logRank(reversed.times, reversed.groups, { ...options, strata: reversed.strata }),
    ];
    for (const { statistic } of others) expectClose([statistic], [test.statistic], closedForm, "statistic");
  });

  it("takes a row of weight 2 as two rows", () => {
    const twice = <T extends Int32Array | Float64Array>(values: T): T =>
      (values.constructor as unknown as { from: (v: Iterable<number>) => T }).from([...values, ...values]);
    const weights = new Float64Array(frame.rows.length).fill(2);
    const doubled = logRank(
      { start: null, time: twice(frame.outcome.time), event: twice(frame.outcome.event) },
      { codes: twice(groups.codes), levels: groups.levels },
    );
    const weighted = logRank(frame.outcome, groups, { weights });
    expectClose([weighted.statistic], [doubled.statistic], closedForm, "statistic");
  });

  it("expects, with a stratum for each row, nothing of anyone", () => {
    const own = { codes: Int32Array.from(groups.codes.keys()), levels: Array.from(groups.codes, (_, i) => String(i)) };
    const { statistic, observed, expected } = logRank(frame.outcome, groups, { strata: own });
    expectClose(expected, observed, closedForm, "expected");
    expect(statistic).toBeNaN();
  });

  it("leaves out a group that is never at risk, and does not exist for one group", () => {
    const times = { start: null, time: Float64Array.of(1, 2, 3, 4), event: Int32Array.of(0, 1, 1, 0) };
    const three = { codes: Int32Array.of(2, 0, 1, 0), levels: ["a", "b", "c"] };
    expect(logRank(times, three).df).toBe(1);
    expect(logRank(times, { codes: new Int32Array(4), levels: ["a"] })).toMatchObject({ df: 0, p: Number.NaN });
  });
});
