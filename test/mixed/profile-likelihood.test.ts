import { describe, expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { fitGeneralisedLinearMixed } from "../../src/mixed/generalised-linear-mixed.js";
import { profileGeneralisedMixed, profileLinearMixed } from "../../src/mixed/profile-likelihood.js";
import type { ProfileInterval } from "../../src/mixed/profile-limits.js";
import { normalQuantile } from "../../src/numeric/distributions.js";
import { expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { frameOf, type ReferenceFit, readReference } from "../reference/reference-case.js";
import { simulateTable } from "./simulated-table.js";

interface WithProfile extends ReferenceFit {
  readonly profile: { readonly names: string[]; readonly lower: number[]; readonly upper: number[] };
}

const byName = (intervals: readonly ProfileInterval[]) => new Map(intervals.map((one) => [one.name, one]));

function compare(intervals: readonly ProfileInterval[], { profile }: WithProfile): void {
  const found = byName(intervals);
  profile.names.forEach((name, i) => {
    if (name.startsWith("cor:")) return;
    const width = profile.upper[i]! - profile.lower[i]!;
    // lme4 interpolates its limits by a spline, to about 1e-5 of the width; ours are roots.
    expectClose(found.get(name)!.lower!, profile.lower[i]!, optimised.se, `${name} lower`, width);
    expectClose(found.get(name)!.upper!, profile.upper[i]!, optimised.se, `${name} upper`, width);
  });
}

it("sleepstudy: random intercepts and slopes, as lme4's confint", () => {
  const { table, expectedOf } = readReference("mixed-sleepstudy");
  const expected = expectedOf("slopes-ml") as WithProfile;
  compare(profileLinearMixed(frameOf(table, expected.formula), 0.95), expected);
});

it("cbpp: logistic with Laplace, as lme4's confint", () => {
  const { table, expectedOf } = readReference("glmm-cbpp");
  const expected = expectedOf("laplace") as WithProfile;
  const frame = modelFrame({ formula: parseFormula(expected.formula), table, residual: false });
  const fit = fitGeneralisedLinearMixed(frame, { family: "binomial" });
  compare(profileGeneralisedMixed(frame, fit, 0.95), expected);
});

it("by hand: balanced one-way, the mean's profile deviance is n log(1 + …) in closed form", () => {
  // With n groups of one size the ML variance of the group means about c is profiled: the limits of the mean solve
  // n log(S(c)/S) + the rest unchanged, S(c) = Σ(ȳ_j − c)²/n, while within-group variation stays as it is.
  const groups = 6;
  const means = [0.2, 1.4, -0.9, 2.2, 0.4, 1.1];
  const noise = [-0.1, 0.1, 0.05, -0.05];
  const y = means.flatMap((mean) => noise.map((e) => mean + e));
  const table = {
    name: "rows",
    rows: y.length,
    lines: null,
    columns: new Map([
      ["y", { kind: "number", type: "number", values: Float64Array.from(y), unit: null } as const],
      [
        "g",
        {
          kind: "category",
          type: "id",
          codes: Int32Array.from(y, (_, i) => i >> 2),
          levels: ["a", "b", "c", "d", "e", "f"],
        } as const,
      ],
    ]),
  };
  const interval = byName(profileLinearMixed(frameOf(table, "y ~ 1 + (1 | g)"), 0.95)).get("coefficient:(Intercept)")!;
  const mean = means.reduce((sum, v) => sum + v, 0) / groups;
  const S = means.reduce((sum, v) => sum + (v - mean) ** 2, 0) / groups;
  const half = Math.sqrt(S * (Math.exp(normalQuantile(0.975) ** 2 / groups) - 1));
  expectClose(interval.lower!, mean - half, iterated, "lower");
  expectClose(interval.upper!, mean + half, iterated, "upper");
});

describe("identities and bounds", () => {
  const table = simulateTable(8, { site: 0, person: 0.8, rater: 0.5, slope: 0, residual: 1 });

  it("a standard deviation of zero has 0 as its lower limit, and an upper one", () => {
    const found = byName(profileLinearMixed(frameOf(table, "y ~ x + arm + (1 | site)"), 0.95));
    expect(found.get("sd:site:(Intercept)")!.lower).toBe(0);
    expect(found.get("sd:site:(Intercept)")!.upper).toBeGreaterThan(0);
    expect(found.get("sd:residual")!.lower).toBeGreaterThan(0.5);
  });

  it("crossed and nested terms: every limit is on its side, wider at a higher level", () => {
    const frame = frameOf(table, "y ~ x + (1 | site:person) + (1 | rater)");
    const [usual, wide] = [byName(profileLinearMixed(frame, 0.9)), byName(profileLinearMixed(frame, 0.99))];
    for (const [name, { lower, upper }] of usual) {
      expect(wide.get(name)!.lower, name).toBeLessThanOrEqual(lower!);
      expect(wide.get(name)!.upper, name).toBeGreaterThan(upper!);
    }
  });

  it("Poisson with random slopes: the limits of a rescaled covariate are rescaled", () => {
    const limitsOf = (formula: string) => {
      const frame = modelFrame({ formula: parseFormula(formula), table, residual: false });
      const counts = { ...frame, response: frame.response.map((v) => Math.max(0, Math.round(v / 2))) };
      const fit = fitGeneralisedLinearMixed(counts, { family: "poisson" });
      return byName(profileGeneralisedMixed(counts, fit, 0.95));
    };
    const [own, scaled] = [limitsOf("y ~ x + (1 | site)"), limitsOf("y ~ I(100 * x) + (1 | site)")];
    const [a, b] = [own.get("coefficient:x")!, scaled.get("coefficient:I(100 * x)")!];
    expectClose(100 * b.lower!, a.lower!, optimised.se, "lower");
    expectClose(100 * b.upper!, a.upper!, optimised.se, "upper");
  });
});
