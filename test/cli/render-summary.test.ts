import { expect, test } from "vitest";
import { renderSummary } from "../../src/cli/render-summary.js";
import type { Estimate } from "../../src/inference/estimate.js";
import { beatTheBlues } from "../report/example-runs.js";

const [result] = beatTheBlues.results.analyses;
const none = { unit: null, estimate: null, se: null, df: null, statistic: null, p: null, lower: null, upper: null };
const summaryOf = (...estimates: Estimate[]) =>
  renderSummary({
    ...beatTheBlues,
    displays: [{ ...beatTheBlues.displays[0]!, differences: [] }],
    results: { ...beatTheBlues.results, analyses: [{ ...result!, estimates }] },
  });

test("an interval is named only where there is one", () => {
  const one = { ...none, name: "coefficient:x", measure: "coefficient", level: 0.95, estimate: 1.5 };
  expect(summaryOf(one)).toMatch(/ {2}x 1\.50\n$/);
  expect(summaryOf({ ...one, lower: 1, upper: 2 })).toMatch(/ {2}x 1\.50 \[1\.00,\u00a02\.00\] \(95% CI\)\n$/);
});

test("where there is nothing but curves, the tests between them are the answer", () => {
  const curve = { ...none, name: "survival:arm[FIT]@12", measure: "survival", level: 0.95, estimate: 0.9 };
  const logRank = {
    ...none,
    name: "test:log-rank",
    measure: "chi-squared",
    level: 0.95,
    statistic: 1.562,
    df: 1,
    p: 0.2114,
  };
  expect(summaryOf(curve, logRank)).toContain("test:log-rank χ² = 1.56, df 1, p\u00a0=\u00a00.211");
  expect(summaryOf(curve)).toContain("survival:arm[FIT]@12 0.900");
});

test("a count is a whole number, and a small ratio's interval does not end at 0.0", () => {
  const count = { ...none, name: "count:arm[FIT]:missing", measure: "count", level: 0.95, estimate: 29 };
  expect(summaryOf(count)).toMatch(/ {2}count:arm\[FIT\]:missing 29\n$/);
  const ratio = { ...none, name: "risk-ratio:x", measure: "risk-ratio", level: 0.95, estimate: 0.78, se: 1.4 };
  expect(summaryOf({ ...ratio, lower: 0.05, upper: 12.42 })).toContain("0.78 [0.05,\u00a012.42]");
});
