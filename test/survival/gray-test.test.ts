import { describe, expect, it } from "vitest";
import { grayTest } from "../../src/survival/gray-test.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";
import { caseNames, competingRisksCase, factorOf, outcomeOf } from "./competing-risks-case.js";

describe("Gray's test counted by hand", () => {
  // Group a: own at 1, other at 2, own at 4, censored at 6. Group b: other at 1.5, own at 3, censored at 5, censored at 7.
  const outcome = outcomeOf([1, 2, 4, 6, 1.5, 3, 5, 7], [1, 2, 1, 0, 2, 1, 0, 0]);
  const groups = factorOf(["a", "a", "a", "a", "b", "b", "b", "b"]);

  it("has observed less expected in the risk set that keeps those with a competing event", () => {
    // At 1: R_a = 4, R_b = 4: expected in a 1/2.
    // At 3: S_a(3−) = 3/4 · 2/3 = 1/2, Y_a = 2, F_a = 1/4: R_a = 2 · (3/4) / (1/2) = 3;
    //       S_b(3−) = 3/4, Y_b = 3, F_b = 0: R_b = 4. Expected in a 3/7.
    // At 4: R_a = 3 still; S_b(4−) = 3/4 · 2/3 = 1/2, Y_b = 2, F_b = 1/4: R_b = 2 · (3/4) / (1/2) = 3. Expected in a 1/2.
    const { score } = grayTest(outcome, 0, groups);
    expectClose(score, [2 - 1 / 2 - 3 / 7 - 1 / 2, -(2 - 1 / 2 - 3 / 7 - 1 / 2)], closedForm, "score");
  });

  it("has the variance of the paper", () => {
    // h_k = Y_k / S_k(t−): 4 and 4 at 1; 2/(1/2) = 4 and 3/(3/4) = 4 at 3; 4 and 2/(1/2) = 4 at 4. So h = 8 at each own event,
    // a_aa = 4 · (1 − 1/2) = 2, a_ab = −2. F: 1/8, 2/8, 3/8. Jumps of C per unit of a: (1/8)/1, (1/8)/(7/8), (1/8)/(6/8) = 1/8, 1/7, 1/6.
    // C(∞) − C(u) for a_aa = 2: after 1: 2 (1/7 + 1/6) = 13/21; after 3: 1/3; after 4: 0. The other events: at 1.5 and 2 13/21.
    // Ratio (1 − F(u))/S_k(u). Own increments have variance S_k(u−) / (8 Y_k) = 1 / (8 · 4) = 1/32 each.
    //   at 1: a (7/8)/(3/4) = 7/6: 2 − 13/21 /6; b (7/8)/1: −2 − 13/21 /8.
    //   at 3: a (3/4)/(1/2) = 3/2: 2 − 1/2 · 1/3; b (3/4)/(1/2) = 3/2: −2 + 1/2 · 1/3.
    //   at 4: 2 and −2.
    // Competing: at 1.5 in b: S_b(u−)²/Y² = 1/16, ratio (7/8)/(3/4) = 7/6; at 2 in a: (3/4)²/3² = 1/16, (7/8)/(1/2) = 7/4.
    const later = 13 / 21;
    const own = ((2 - later / 6) ** 2 + (-2 - later / 8) ** 2 + 2 * (2 - 1 / 6) ** 2 + 2 * 2 ** 2) / 32;
    const competing = ((7 / 6) * later) ** 2 / 16 + ((7 / 4) * later) ** 2 / 16;
    const { variance, statistic, score } = grayTest(outcome, 0, groups);
    expectClose(variance.data[0]!, own + competing, closedForm, "variance");
    expectClose(statistic, score[0]! ** 2 / (own + competing), closedForm, "statistic");
  });
});

describe.each(caseNames)("Gray's test of %s", (name) => {
  const { expected, outcome, groups, strata } = competingRisksCase(name);
  const versions = [
    { what: "gray", options: {} },
    { what: "grayRho", options: { rho: expected.rho } },
    { what: "grayStrata", options: { strata } },
  ] as const;

  it.each(versions)("is cmprsk's: $what", ({ what, options }) => {
    for (const [k, cause] of expected.causes.entries()) {
      const { statistic, df, p } = grayTest(outcome, k, groups, options);
      const reference = expected[what][cause]!;
      expectClose(statistic, reference.statistic, closedForm, cause);
      expect(df).toBe(reference.df);
      expectClose(p, reference.p, { name: "1 − pchisq in R", relative: 1e-9 }, cause);
    }
  });

  it("does not depend on which group is left out, nor on the order of rows", () => {
    const last = groups.levels.length - 1;
    const reversed = { codes: groups.codes.map((code) => last - code), levels: groups.levels.toReversed() };
    const { statistic } = grayTest(outcome, 0, groups);
    expectClose(grayTest(outcome, 0, reversed).statistic, statistic, closedForm, "groups reversed");
    const order = [...outcome.time.keys()].reverse();
    const permuted = {
      ...outcome,
      time: Float64Array.from(order, (i) => outcome.time[i]!),
      event: Int32Array.from(order, (i) => outcome.event[i]!),
    };
    const codes = Int32Array.from(order, (i) => groups.codes[i]!);
    expectClose(
      grayTest(permuted, 0, { codes, levels: groups.levels }).statistic,
      statistic,
      closedForm,
      "rows reversed",
    );
  });
});

describe("without an answer", () => {
  it("has no statistic when the cause has no event", () => {
    const outcome = outcomeOf([1, 2, 3, 4], [1, 1, 0, 1]);
    const { statistic, p, df } = grayTest(outcome, 1, factorOf(["a", "b", "a", "b"]));
    expect([statistic, p]).toEqual([Number.NaN, Number.NaN]);
    expect(df).toBe(1);
  });
});
