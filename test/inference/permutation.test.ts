/** Permutation tests and intervals: counted by hand, by a search over δ, and over all assignments. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assignmentsWithinStrata } from "../../src/inference/assignment-set.js";
import {
  type PermutationProblem,
  permutationReplicates,
  permutationSize,
  permutationTest,
} from "../../src/inference/permutation.js";
import { randomStream } from "../../src/numeric/random-stream.js";
import { closedForm, expectClose, monteCarlo } from "../numeric/tolerance.js";

const none = (n: number) => new Int32Array(n);

describe("assignmentsWithinStrata", () => {
  it("four units in two pairs: the six assignments, in order", () => {
    const set = assignmentsWithinStrata(Int32Array.of(1, 1, 0, 0), none(4));
    expect(set.size).toBe(6);
    expect(Array.from({ length: 6 }, (_, i) => set.at(i).join(""))).toEqual([
      "0011",
      "0101",
      "0110",
      "1001",
      "1010",
      "1100",
    ]);
  });

  it("keeps labels inside their strata", () => {
    // Strata {0, 2, 4} with labels 0 1 2 and {1, 3} with labels 1 1: 3! × 1.
    const set = assignmentsWithinStrata(Int32Array.of(0, 1, 1, 1, 2), Int32Array.of(0, 1, 0, 1, 0));
    expect(set.size).toBe(6);
    for (let i = 0; i < 6; i++) expect([set.at(i)[1], set.at(i)[3]]).toEqual([1, 1]);
  });

  it("12 units in 4 sequences of 3: 369 600", () => {
    const labels = Int32Array.from({ length: 12 }, (_, i) => Math.floor(i / 3));
    expect(assignmentsWithinStrata(labels, none(12)).size).toBe(369_600);
  });

  it("lists every assignment once, with the labels that were given (property)", () => {
    const labelled = fc.array(fc.tuple(fc.nat(2), fc.nat(1)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(labelled, (units) => {
        const labels = Int32Array.from(units, ([label]) => label);
        const strata = Int32Array.from(units, ([, stratum]) => stratum);
        const set = assignmentsWithinStrata(labels, strata);
        const all = Array.from({ length: set.size }, (_, i) => set.at(i));
        const inStratum = (assignment: Int32Array, stratum: number) =>
          [...assignment]
            .filter((_, u) => strata[u] === stratum)
            .sort()
            .join();
        return (
          new Set(all.map((one) => one.join())).size === set.size &&
          all.every((one) => [0, 1].every((s) => inStratum(one, s) === inStratum(labels, s)))
        );
      }),
    );
  });

  it("draws each of its assignments as often", () => {
    const set = assignmentsWithinStrata(Int32Array.of(0, 0, 1, 2), none(4));
    const counts = new Map<string, number>();
    const n = 12_000;
    for (let i = 0; i < n; i++) {
      const drawn = set.draw(randomStream(4, "draws", i)).join();
      counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
    }
    expect(counts.size).toBe(12);
    for (const count of counts.values())
      expectClose(count, n / 12, monteCarlo(Math.sqrt(n * (1 / 12) * (11 / 12)), n / 12), "count");
  });
});

/** Difference of the means of units labelled 1 and 0; `observed` received the treatment. */
function differenceOfMeans(
  values: readonly number[],
  observed: Int32Array,
  strata = none(values.length),
): PermutationProblem {
  const mean = (assignment: Int32Array, label: number, of: (unit: number) => number) => {
    const units = [...assignment.keys()].filter((unit) => assignment[unit] === label);
    return units.reduce((sum, unit) => sum + of(unit), 0) / units.length;
  };
  const difference = (assignment: Int32Array, of: (unit: number) => number) =>
    mean(assignment, 1, of) - mean(assignment, 0, of);
  return {
    set: assignmentsWithinStrata(observed, strata),
    observed,
    statistic: (assignment, shift) => ({
      estimate: difference(assignment, (unit) => values[unit]! - shift * observed[unit]!),
      slope: -difference(assignment, (unit) => observed[unit]!),
    }),
  };
}

function test(problem: PermutationProblem, level: number, replicates = 1000, seed = 1) {
  const size = permutationSize(problem.set, replicates);
  const estimate = problem.statistic(problem.observed, 0).estimate;
  const request = { ...size, seed, purpose: "test", estimate, interval: true };
  return permutationTest(permutationReplicates(problem, request, 0, size.count), estimate, size, level);
}

describe("permutationTest", () => {
  /**
   * By hand. Units 10, 8 (treated), 3, 5: T = 9 − 4 = 5. The other five differences: AC 6.5 − 6.5 = 0, AD 7.5 − 5.5 = 2,
   * BC −2, BD 0, CD −5. Two of six are at least 5 away from 0: p = 1/3. Less δ on A and B, T(AD) stays 2 and T(BC) −2
   * whatever δ, so both are as extreme as 5 − δ while 3 ≤ δ ≤ 7; T(AC) = T(BD) = 0 only at δ = 5; T(CD) = −(5 − δ)
   * always. So p(δ) is 2/6 outside [3, 7], 4/6 inside: the 50 % interval is [3, 7], and that of 95 % has no bounds.
   */
  it("four units, counted by hand", () => {
    const problem = differenceOfMeans([10, 8, 3, 5], Int32Array.of(1, 1, 0, 0));
    const half = test(problem, 0.5);
    expect(half.exact).toBe(true);
    expect(half.count).toBe(6);
    expectClose(half.p, 1 / 3, closedForm, "half.p");
    expectClose(half.lower, 3, closedForm, "half.lower");
    expectClose(half.upper, 7, closedForm, "half.upper");
    expect(half.error).toBeNull();
    const most = test(problem, 0.95);
    expect([most.lower, most.upper]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  const values = [7.1, 4.2, 9.3, 6.6, 5.9, 8.4, 2.2, 3.1, 6.1, 4.4];
  const observed = Int32Array.of(1, 0, 1, 1, 0, 1, 0, 0, 1, 0);

  it("the interval holds the effects that the test does not reject: by a search over δ", () => {
    const problem = differenceOfMeans(values, observed);
    const { lower, upper, estimate } = test(problem, 0.9);
    const pOf = (delta: number): number =>
      test(
        differenceOfMeans(
          values.map((v, unit) => v - delta * observed[unit]!),
          observed,
        ),
        0.9,
      ).p;
    for (const [limit, outward] of [
      [lower, -1],
      [upper, 1],
    ] as const) {
      expect(pOf(limit - outward * 1e-6)).toBeGreaterThan(0.1);
      expect(pOf(limit + outward * 1e-6)).toBeLessThanOrEqual(0.1 + 1e-12);
    }
    for (let share = 0.05; share < 1; share += 0.1) expect(pOf(lower + share * (upper - lower))).toBeGreaterThan(0.1);
    expect(lower).toBeLessThan(estimate);
    expect(upper).toBeGreaterThan(estimate);
  });

  it("arms swapped: signs flip; outcomes moved: nothing changes; outcomes times 3: limits times 3", () => {
    const one = test(differenceOfMeans(values, observed), 0.9);
    const swapped = test(
      differenceOfMeans(
        values,
        observed.map((arm) => 1 - arm),
      ),
      0.9,
    );
    const moved = test(
      differenceOfMeans(
        values.map((v) => v + 100),
        observed,
      ),
      0.9,
    );
    const scaled = test(
      differenceOfMeans(
        values.map((v) => 3 * v),
        observed,
      ),
      0.9,
    );
    for (const other of [swapped, moved, scaled]) expectClose(other.p, one.p, closedForm, "other.p");
    expectClose(swapped.lower, -one.upper, closedForm, "swapped.lower");
    expectClose(swapped.upper, -one.lower, closedForm, "swapped.upper");
    expectClose(moved.lower, one.lower, closedForm, "moved.lower");
    expectClose(scaled.upper, 3 * one.upper, closedForm, "scaled.upper");
  });

  // 18 units in two arms: 48 620 assignments, too many to list by default.
  const many = Array.from({ length: 18 }, (_, i) => Math.sin(i * 12.9898) * 4 + (i < 9 ? 2 : 0));
  const arms = Int32Array.from({ length: 18 }, (_, i) => (i < 9 ? 1 : 0));

  it("by Monte Carlo: p and limits within four of their errors of all 48 620 assignments", () => {
    const problem = differenceOfMeans(many, arms);
    const estimate = problem.statistic(arms, 0).estimate;
    const all = { exact: true, count: problem.set.size };
    const request = { ...all, seed: 1, purpose: "test", estimate, interval: true };
    const full = permutationTest(permutationReplicates(problem, request, 0, all.count), estimate, all, 0.95);
    const drawn = test(problem, 0.95, 2000);
    expect(drawn.exact).toBe(false);
    expectClose(drawn.p, full.p, monteCarlo(drawn.error!.p, full.p), "drawn.p");
    expectClose(drawn.lower, full.lower, monteCarlo(drawn.error!.lower, full.lower), "drawn.lower");
    expectClose(drawn.upper, full.upper, monteCarlo(drawn.error!.upper, full.upper), "drawn.upper");
    expectClose(drawn.error!.p, Math.sqrt((drawn.p * (1 - drawn.p)) / 2001), closedForm, "drawn.error.p");
  });

  it("the errors are what p and limits vary by over seeds", () => {
    // A p-value that is not small: of a small one the + 1 is a large part, and it does not vary.
    const problem = differenceOfMeans(
      many.map((value, unit) => value - 1.5 * arms[unit]!),
      arms,
    );
    const runs = Array.from({ length: 60 }, (_, seed) => test(problem, 0.95, 499, seed));
    const sdOf = (of: (run: (typeof runs)[number]) => number) => {
      const mean = runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
      return Math.sqrt(runs.reduce((sum, run) => sum + (of(run) - mean) ** 2, 0) / (runs.length - 1));
    };
    const meanError = (of: "p" | "lower" | "upper") => runs.reduce((sum, run) => sum + run.error![of], 0) / runs.length;
    // An SD of 60 values is known to about 9 %.
    for (const of of ["p", "lower", "upper"] as const)
      expectClose(
        sdOf((run) => run[of]),
        meanError(of),
        monteCarlo(0.1 * meanError(of), meanError(of)),
        of,
      );
  });

  it("is the same in any number of parts", () => {
    const problem = differenceOfMeans(many, arms);
    const request = {
      exact: false,
      count: 100,
      seed: 3,
      purpose: "parts",
      estimate: problem.statistic(arms, 0).estimate,
      interval: true,
    };
    const whole = permutationReplicates(problem, request, 0, 100);
    const parts = [
      [70, 100],
      [0, 33],
      [33, 70],
    ] as const;
    const joined = new Float64Array(300);
    for (const [from, to] of parts) joined.set(permutationReplicates(problem, request, from, to), from * 3);
    expect(joined).toEqual(whole);
  });

  it("counts an estimate that does not exist as extreme", () => {
    const problem = differenceOfMeans([10, 8, 3, 5], Int32Array.of(1, 1, 0, 0));
    const broken: PermutationProblem = {
      ...problem,
      statistic: (assignment, shift) =>
        assignment[0] === 1 && assignment[1] === 0
          ? { estimate: Number.NaN, slope: Number.NaN }
          : problem.statistic(assignment, shift),
    };
    expectClose(test(broken, 0.5).p, 4 / 6, closedForm, "test(broken, 0.5).p");
  });

  it("holds its level when nothing happens: p ≤ 0.05 in 5 % of randomisations, exactly", () => {
    const set = assignmentsWithinStrata(observed, none(10));
    let rejected = 0;
    for (let i = 0; i < set.size; i++) {
      const received = set.at(i);
      const size = permutationSize(set, 0);
      const problem = differenceOfMeans(values, received);
      const estimate = problem.statistic(received, 0).estimate;
      const request = { ...size, seed: 1, purpose: "level", estimate, interval: false };
      if (permutationTest(permutationReplicates(problem, request, 0, size.count), estimate, size, 0.95).p <= 0.05)
        rejected++;
    }
    // 252 assignments: p ≤ 0.05 for at most 12 of them.
    expect(rejected).toBeLessThanOrEqual(12);
    expect(rejected).toBeGreaterThanOrEqual(10);
  });
});
