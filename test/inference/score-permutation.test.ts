/** Permutation by scores: counted by hand, by a search over δ, and draws against all assignments. */
import { describe, expect, it } from "vitest";
import { assignmentsWithinStrata } from "../../src/inference/assignment-set.js";
import { permutationReplicates, permutationTest } from "../../src/inference/permutation.js";
import {
  type ScorePermutation,
  type ShiftScores,
  scorePermutationTest,
} from "../../src/inference/score-permutation.js";
import { closedForm, expectClose, iterated, monteCarlo } from "../numeric/tolerance.js";

/** Half of the units treated; the score of π at δ is the difference of means of y − δ·treated, over its standard error. */
function differences(y: readonly number[], observed: Int32Array, bend = 0): ScorePermutation {
  const treated = observed.reduce((sum, label) => sum + label, 0);
  const information = (treated * (y.length - treated)) / y.length;
  const differenceOf = (assignment: Int32Array, shift: number): number =>
    y.reduce((sum, value, unit) => {
      const rest = value - shift * observed[unit]! + bend * shift ** 2 * Math.sin(unit);
      return sum + (assignment[unit] === 1 ? rest / treated : -rest / (y.length - treated));
    }, 0);
  return {
    set: assignmentsWithinStrata(observed, new Int32Array(observed.length)),
    observed,
    at: (shift): ShiftScores => ({
      score: (assignment) => differenceOf(assignment, shift) * Math.sqrt(information),
      step: (assignment) => ({ step: differenceOf(assignment, shift), information }),
    }),
  };
}

const request = { seed: 3, purpose: "a/permutation", interval: true, level: 0.6 };

describe("scorePermutationTest", () => {
  it("four units, counted by hand: p = 2/6, 60 % interval [3, 7]", () => {
    // 10 and 8 against 3 and 5: differences ±5, ±2 and 0 and 0, as in permutation.test.ts.
    const problem = differences([10, 8, 3, 5], Int32Array.of(1, 1, 0, 0));
    const result = scorePermutationTest(problem, { ...request, exact: true, count: 6 })!;
    expectClose(result.estimate, 5, iterated, "estimate");
    expectClose([result.p, result.lower, result.upper], [1 / 3, 3, 7], iterated, "p and limits");
    expect(result.error).toBeNull();
  });

  it("of estimates that are linear in the outcomes is the test of estimates, drawn or all", () => {
    const y = [3.1, 7.4, 2.2, 9.6, 4.8, 6.1, 5.5, 8.3, 1.9, 7.7];
    const observed = Int32Array.of(0, 1, 0, 1, 0, 1, 1, 1, 0, 0);
    const problem = differences(y, observed);
    const statistic = (assignment: Int32Array, shift: number) => ({
      estimate: problem.at(shift)!.step(assignment).step,
      slope: problem.at(1)!.step(assignment).step - problem.at(0)!.step(assignment).step,
    });
    for (const size of [
      { exact: true, count: 252 },
      { exact: false, count: 199 },
    ]) {
      const scores = scorePermutationTest(problem, { ...request, ...size, level: 0.9 })!;
      const { estimate } = statistic(observed, 0);
      const asked = { ...request, ...size, estimate, interval: true };
      const replicates = permutationReplicates({ set: problem.set, observed, statistic }, asked, 0, size.count);
      const estimates = permutationTest(replicates, estimate, size, 0.9);
      expectClose(scores.p, estimates.p, closedForm, "p");
      expectClose([scores.lower, scores.upper], [estimates.lower, estimates.upper], iterated, "limits");
      if (!size.exact) {
        expectClose(scores.error!.p, estimates.error!.p, closedForm, "error of p");
        // The spread of order statistics, in δ and as scores over their slope: the same but for the steps between them.
        expect(scores.error!.lower / estimates.error!.lower).toBeGreaterThan(0.5);
        expect(scores.error!.lower / estimates.error!.lower).toBeLessThan(2);
      }
    }
  });

  it("limits are where a search over δ finds them, when scores are not linear in it", () => {
    const observed = Int32Array.of(0, 1, 0, 1, 0, 1, 1, 0);
    const problem = differences([3.1, 7.4, 2.2, 9.6, 4.8, 6.1, 5.5, 4.3], observed, 0.02);
    const result = scorePermutationTest(problem, { ...request, exact: true, count: 70, level: 0.9 })!;
    const p = (shift: number): number => {
      const { score } = problem.at(shift)!;
      const all = Array.from({ length: 70 }, (_, i) => Math.abs(score(problem.set.at(i))));
      return all.filter((size) => size >= Math.abs(score(observed)) * (1 - 1e-9)).length / 70;
    };
    expect(p(result.estimate)).toBe(1);
    let [lower, upper] = [result.estimate, result.estimate];
    while (p(lower) > 0.1) lower -= 1e-3;
    while (p(upper) > 0.1) upper += 1e-3;
    expect(Math.abs(result.lower - lower)).toBeLessThan(1.001e-3);
    expect(Math.abs(result.upper - upper)).toBeLessThan(1.001e-3);
  });

  it("draws give p and limits of all assignments, within their errors", () => {
    const observed = Int32Array.from({ length: 12 }, (_, u) => u % 2);
    const y = Array.from({ length: 12 }, (_, u) => 5 * Math.sin(u * 2.7) + 1.6 * (u % 2));
    const problem = differences(y, observed);
    const all = scorePermutationTest(problem, { ...request, exact: true, count: 924, level: 0.9 })!;
    const drawn = scorePermutationTest(problem, { ...request, exact: false, count: 1999, level: 0.9 })!;
    expectClose(drawn.p, all.p, monteCarlo(drawn.error!.p, all.p), "p");
    expectClose(drawn.lower, all.lower, monteCarlo(drawn.error!.lower, all.lower), "lower");
    expectClose(drawn.upper, all.upper, monteCarlo(drawn.error!.upper, all.upper), "upper");
  });

  it("a set too small for the level has no limits; without an interval only p and the estimate", () => {
    const problem = differences([10, 8, 3, 5], Int32Array.of(1, 1, 0, 0));
    const small = scorePermutationTest(problem, { ...request, exact: true, count: 6, level: 0.95 })!;
    expect([small.lower, small.upper]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
    const without = scorePermutationTest(problem, { ...request, exact: true, count: 6, interval: false })!;
    expectClose(without.estimate, 5, iterated, "estimate");
    expect([without.lower, without.upper]).toEqual([Number.NaN, Number.NaN]);
  });

  it("an assignment without a score counts as extreme; a model that cannot be fitted has no test", () => {
    const problem = differences([10, 8, 3, 5], Int32Array.of(1, 1, 0, 0));
    const gap: ScorePermutation = {
      ...problem,
      at: (shift) => {
        const scores = problem.at(shift)!;
        return { ...scores, score: (one) => (one.join("") === "0101" ? Number.NaN : scores.score(one)) };
      },
    };
    expect(scorePermutationTest(gap, { ...request, exact: true, count: 6 })!.p).toBe(0.5);
    expect(scorePermutationTest({ ...problem, at: () => null }, { ...request, exact: true, count: 6 })).toBeNull();
    // Fitted without an effect, but not with one that the interval has to try: p stands.
    const near: ScorePermutation = { ...problem, at: (shift) => (shift > 5.5 ? null : problem.at(shift)) };
    const result = scorePermutationTest(near, { ...request, exact: true, count: 6 })!;
    expectClose([result.p, result.lower], [1 / 3, 3], iterated, "p and lower");
    expect(result.upper).toBeNaN();
  });
});
