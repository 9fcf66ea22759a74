import { describe, expect, it } from "vitest";
import { families } from "../../src/inference/family.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";

describe.each(Object.values(families))("$name", ({ name, mean, variance, logDensity, deviance, startingEta }) => {
  it("with a canonical link the variance is the slope of the mean, and the score y − μ", () => {
    for (const eta of [-3, -0.4, 0, 1.2, 2.5]) {
      const h = 1e-5;
      expectClose((mean(eta + h) - mean(eta - h)) / (2 * h), variance(eta), iterated, "slope");
      expectClose((logDensity(1, eta + h) - logDensity(1, eta - h)) / (2 * h), 1 - mean(eta), iterated, "score", 1e-2);
    }
  });
  it("the deviance is twice what the log density gains at the row's own mean, and the start is finite", () => {
    for (const y of name === "binomial" ? [0, 1] : [0, 1, 4]) {
      expect(Number.isFinite(startingEta(y))).toBe(true);
      const own = name === "gaussian" ? y : name === "poisson" ? Math.log(Math.max(y, 1e-300)) : y === 1 ? 800 : -800;
      expectClose(deviance(y, 0.7), 2 * (logDensity(y, own) - logDensity(y, 0.7)), closedForm, `deviance of ${y}`);
    }
  });
});

it("densities by hand: a Poisson count of 3 at mean 2, a probability in the far tail", () => {
  expectClose(families.poisson.logDensity(3, Math.log(2)), Math.log((8 * Math.exp(-2)) / 6), closedForm, "Poisson");
  expectClose(families.binomial.logDensity(1, -40), -40, closedForm, "tail");
  expectClose(families.binomial.variance(40), Math.exp(-40), closedForm, "variance in the tail");
});
