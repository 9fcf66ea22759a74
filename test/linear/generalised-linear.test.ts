import { describe, expect, it } from "vitest";
import { clustersBy } from "../../src/analysis/robust-fit.js";
import type { Fit } from "../../src/inference/fit.js";
import { clusterRobust, heteroscedasticityRobust } from "../../src/inference/robust-variance.js";
import { fitGeneralisedLinear } from "../../src/linear/generalised-linear.js";
import { invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { multiply, timesVector, transpose, zeros } from "../../src/numeric/matrix.js";
import { ProblemError } from "../../src/problem.js";
import { tableOf } from "../formula/table-of.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { readMarginal } from "../reference/marginal-case.js";
import { frameOf, readReference } from "../reference/reference-case.js";
import { mapColumn, pickRows, withLevels } from "../table/changed-table.js";

const cases = ["marginal-respiratory", "marginal-epilepsy"].map((name) => ({ name, ...readMarginal(name) }));
const every = cases.flatMap(({ name, table, regressions }) =>
  regressions.map((expected) => ({ name, table, expected, id: expected.id })),
);

describe.each(every)("$name, $id, agrees with glm", ({ table, expected }) => {
  const frame = frameOf(table, expected.formula);
  const fit = fitGeneralisedLinear(frame, { family: expected.family as "binomial" | "poisson" });
  it("estimates, variance and likelihood", () => {
    expect(fit.names).toEqual(expected.names);
    expect(fit.converged).toBe(true);
    expectClose(fit.coef, expected.coef, iterated, "coef");
    expectClose(fit.vcov.data, expected.vcov.flat(), iterated, "vcov", 1e-4);
    expectClose(fit.logLik, expected.logLik, closedForm, "logLik");
    expectClose(fit.deviance, expected.deviance, closedForm, "deviance");
    expectClose(-2 * fit.logLik + 2 * fit.parameters, expected.aic, closedForm, "AIC");
    expectClose(fit.fitted, expected.fitted, iterated, "fitted");
  });
  it("a plain Newton iteration from normal equations gives the same", () => {
    const { coef, vcov } = plainNewton(frame.X, frame.response, frame.offset, expected.family);
    expectClose(fit.coef, coef, iterated, "coef");
    expectClose(fit.vcov.data, vcov.data, iterated, "vcov", 1e-4);
  });
});

describe("by hand", () => {
  it("a 2×2 table: log odds, and the log odds ratio with variance 1/a + 1/b + 1/c + 1/d", () => {
    const [a, b, c, d] = [12, 8, 5, 15];
    const fit = fitGeneralisedLinear(frameOf(twoByTwo(a, b, c, d), "y ~ x"), { family: "binomial" });
    expectClose(fit.coef, [Math.log(c / d), Math.log((a * d) / (b * c))], closedForm, "coef");
    expectClose(fit.vcov.data[3]!, 1 / a + 1 / b + 1 / c + 1 / d, closedForm, "variance");
    const logLik = [a * Math.log(a / 20), b * Math.log(b / 20), c * Math.log(c / 20), d * Math.log(d / 20)];
    expectClose(
      fit.logLik,
      logLik.reduce((sum, v) => sum + v),
      closedForm,
      "logLik",
    );
  });
  it("a saturated Poisson model reproduces the cell means, with rates by an offset", () => {
    const counts = [2, 4, 9, 3, 5, 10];
    const table = tableOf({ g: ["a", "a", "b", "b", "c", "c"], t: [1, 2, 3, 1, 5, 1], y: counts });
    const fit = fitGeneralisedLinear(frameOf(table, "y ~ g + offset(log(t))"), { family: "poisson" });
    const rates = [6 / 3, 12 / 4, 15 / 6];
    const logs = [Math.log(rates[0]!), Math.log(rates[1]! / rates[0]!), Math.log(rates[2]! / rates[0]!)];
    expectClose(fit.coef, logs, closedForm, "coef");
    expectClose(fit.vcov.data[0]!, 1 / 6, closedForm, "variance of the intercept");
    expectClose(fit.vcov.data[4]!, 1 / 6 + 1 / 12, closedForm, "variance of the rate ratio");
  });
});

describe("the complementary log-log link", () => {
  const { table, fits } = readReference("discrete-time-dropout");
  const expected = fits[0] as unknown as {
    formula: string;
    names: string[];
    coef: number[];
    vcov: number[][];
    logLik: number;
    deviance: number;
    fitted: number[];
    hc0: number[];
    cr0: number[];
    cr2: number[];
    cr2Df: number[];
  };
  const frame = frameOf(table, expected.formula);
  const options = { family: "binomial", link: "cloglog" } as const;
  const fit = fitGeneralisedLinear(frame, options);
  const standardErrors = ({ vcov }: Fit) => expected.names.map((_, j) => Math.sqrt(vcov.data[j * vcov.cols + j]!));
  it("agrees with glm", () => {
    expect(fit.names).toEqual(expected.names);
    expect(fit.converged).toBe(true);
    expectClose(fit.coef, expected.coef, iterated, "coef");
    expectClose(fit.vcov.data, expected.vcov.flat(), iterated, "vcov", 1e-4);
    expectClose(fit.logLik, expected.logLik, closedForm, "logLik");
    expectClose(fit.deviance, expected.deviance, closedForm, "deviance");
    expectClose(fit.fitted, expected.fitted, iterated, "fitted");
  });
  it("robust variances agree with sandwich and clubSandwich", () => {
    const X = fit.scoreRows;
    const hc0 = heteroscedasticityRobust(fit, { ...fit, X }, "HC0", "");
    expectClose(standardErrors(hc0), expected.hc0, iterated, "HC0");
    const clusters = clustersBy(table, frame, "therapist");
    expectClose(
      standardErrors(clusterRobust(fit, { ...fit, X }, clusters, "CR0", "fit", "")),
      expected.cr0,
      iterated,
      "CR0",
    );
    const cr2 = clusterRobust(fit, { ...fit, X }, clusters, "CR2", "satterthwaite", "");
    expectClose(standardErrors(cr2), expected.cr2, iterated, "CR2");
    const p = expected.names.length;
    const df = expected.names.map(
      (_, j) =>
        cr2.denominatorDf({ rows: 1, cols: p, data: Float64Array.from({ length: p }, (_, i) => Number(i === j)) }).df,
    );
    expectClose(df, expected.cr2Df, iterated, "df");
  });
  it("by hand: one period and two arms, the log ratio of the cumulative hazards", () => {
    const [a, b, c, d] = [12, 8, 5, 15];
    const two = fitGeneralisedLinear(frameOf(twoByTwo(a, b, c, d), "y ~ x"), options);
    const hazard = (events: number, others: number) => -Math.log(others / (events + others));
    expectClose(two.coef, [Math.log(hazard(c, d)), Math.log(hazard(a, b) / hazard(c, d))], closedForm, "coef");
    // Var log(−log(1 − p)) = p/(n (1 − p) log²(1 − p)).
    const variance = (events: number, others: number) =>
      events / ((events + others) * others * hazard(events, others) ** 2);
    expectClose(two.vcov.data[3]!, variance(a, b) + variance(c, d), closedForm, "variance");
  });
  it("periods joined: with hazards that depend on the arm alone the coefficient is the same however long a period", () => {
    // Two periods of hazard λ are one of 2λ: on the log scale the arms' difference stays (logit's does not).
    const link = (arms: readonly (readonly [events: number, others: number])[]) => {
      const rows = arms.flatMap(([events, others], x) => [
        ...Array.from({ length: events }, () => ({ x, y: 1 })),
        ...Array.from({ length: others }, () => ({ x, y: 0 })),
      ]);
      const long = tableOf({ x: rows.map(({ x }) => x), y: rows.map(({ y }) => y) });
      return fitGeneralisedLinear(frameOf(long, "y ~ x"), options).coef[1]!;
    };
    // Without event: (3/5)² = 9/25 and (4/5)² = 16/25.
    expectClose(
      link([
        [10, 15],
        [5, 20],
      ]),
      link([
        [16, 9],
        [9, 16],
      ]),
      closedForm,
      "difference",
    );
  });
  it("the order of rows does not matter; every row twice halves the variance", () => {
    const rows = [...Array(table.rows).keys()].reverse();
    const doubled = fitGeneralisedLinear(frameOf(pickRows(table, [...rows, ...rows]), expected.formula), options);
    expectClose(doubled.coef, fit.coef, iterated, "coef");
    expectClose(
      doubled.vcov.data,
      fit.vcov.data.map((v) => v / 2),
      iterated,
      "vcov",
      1e-4,
    );
  });
  it.each([0, 1])("a group in which everybody has outcome %d is separated", (outcome) => {
    const rows = Array.from({ length: 60 }, (_, i) => ({
      g: ["a", "b", "c"][i % 3]!,
      y: i % 3 === 2 ? outcome : Number(i % 4 === 0),
    }));
    const group = tableOf({ g: rows.map(({ g }) => g), y: rows.map(({ y }) => y) });
    const separated = fitGeneralisedLinear(frameOf(group, "y ~ g"), options);
    expect(separated.converged).toBe(false);
    expect(separated.problems.map(({ code }) => code)).toEqual(["fit.separation"]);
    expect(separated.problems[0]!.message).toContain("g[c]");
  });
});

describe("identities", () => {
  const { table } = cases[0]!;
  const formula = "good ~ centre + treatment + age";
  const family = "binomial" as const;
  const fit = fitGeneralisedLinear(frameOf(table, formula), { family });
  it("the order of rows does not matter; every row twice halves the variance", () => {
    const rows = [...Array(table.rows).keys()].reverse();
    const reversed = fitGeneralisedLinear(frameOf(pickRows(table, rows), formula), { family });
    expectClose(reversed.coef, fit.coef, iterated, "coef");
    const doubled = fitGeneralisedLinear(frameOf(pickRows(table, [...rows, ...rows]), formula), { family });
    expectClose(doubled.coef, fit.coef, iterated, "coef, doubled");
    expectClose(
      doubled.vcov.data,
      fit.vcov.data.map((v) => v / 2),
      iterated,
      "vcov, doubled",
      1e-4,
    );
  });
  it("arms swapped flips the sign; a rescaled covariate rescales its coefficient alone; the outcome turned flips all", () => {
    const swapped = fitGeneralisedLinear(frameOf(withLevels(table, "treatment", ["treatment", "placebo"]), formula), {
      family,
    });
    expectClose(swapped.coef[2]!, -fit.coef[2]!, iterated, "treatment");
    const decades = fitGeneralisedLinear(
      frameOf(
        mapColumn(table, "age", (age) => age / 10),
        formula,
      ),
      { family },
    );
    expectClose(decades.coef[3]!, 10 * fit.coef[3]!, iterated, "age");
    expectClose(decades.coef[2]!, fit.coef[2]!, iterated, "treatment beside age");
    const turned = fitGeneralisedLinear(
      frameOf(
        mapColumn(table, "good", (good) => 1 - good),
        formula,
      ),
      { family },
    );
    expectClose(
      turned.coef,
      fit.coef.map((b) => -b),
      iterated,
      "turned",
    );
  });
});

describe("hard to answer", () => {
  it("complete separation: the covariate is named and there is no fit", () => {
    const table = tableOf({ x: [1, 2, 3, 4, 5, 6], z: [1, 0, 0, 1, 1, 0], y: [0, 0, 0, 1, 1, 1] });
    const fit = fitGeneralisedLinear(frameOf(table, "y ~ x + z"), { family: "binomial" });
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.separation"]);
    expect(fit.problems[0]!.message).toContain("Complete separation");
    expect(fit.problems[0]!.message).toContain('"x"');
  });
  it("quasi-separation by a level whose outcomes are all 1, and by a covariate that overlaps in one value", () => {
    const level = tableOf({
      g: ["a", "a", "a", "a", "b", "b", "b"],
      x: [1, 2, 3, 4, 1, 3, 2],
      y: [0, 1, 0, 1, 1, 1, 1],
    });
    const first = fitGeneralisedLinear(frameOf(level, "y ~ g + x"), { family: "binomial" });
    expect(first.converged).toBe(false);
    expect(first.problems[0]!.message).toContain('Quasi-complete separation: "g[b]" predicts');
    const touching = tableOf({ x: [1, 2, 3, 3, 3, 4, 5], y: [0, 0, 0, 1, 1, 1, 1] });
    const second = fitGeneralisedLinear(frameOf(touching, "y ~ x"), { family: "binomial" });
    expect(second.problems[0]!.message).toContain('Quasi-complete separation: "x" predicts');
  });
  it("an arm without any event has no finite rate ratio", () => {
    const table = tableOf({ g: ["a", "a", "a", "b", "b", "b"], y: [1, 3, 2, 0, 0, 0] });
    const fit = fitGeneralisedLinear(frameOf(table, "y ~ g"), { family: "poisson" });
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.separation"]);
    expect(fit.problems[0]!.message).toContain('"g[b]"');
  });
  it("a large but finite estimate is not accused of separation", () => {
    // One row of 400 in each arm against the trend.
    const x = Array.from({ length: 800 }, (_, i) => (i < 400 ? 0 : 1));
    const y = x.map((v, i) => (i === 0 ? 1 : i === 400 ? 0 : v));
    const fit = fitGeneralisedLinear(frameOf(tableOf({ x, y }), "y ~ x"), { family: "binomial" });
    expect(fit.converged).toBe(true);
    expectClose(fit.coef[1]!, 2 * Math.log(399), iterated, "coef");
  });
  it("random terms, dependent columns and too few rows are refused", () => {
    const table = tableOf({
      x: [1, 2, 3, 4, 5],
      w: [2, 4, 6, 8, 10],
      g: ["a", "a", "b", "b", "b"],
      y: [0, 1, 0, 1, 1],
    });
    const codes = (formula: string): string[] => {
      try {
        fitGeneralisedLinear(frameOf(table, formula), { family: "binomial" });
      } catch (thrown) {
        if (thrown instanceof ProblemError) return thrown.problems.map(({ code }) => code);
        throw thrown;
      }
      return [];
    };
    expect(codes("y ~ x + (1 | g)")).toEqual(["formula.random-term"]);
    expect(codes("y ~ x + w")).toEqual(["frame.aliased"]);
    expect(codes("y ~ x + I(x^2) + I(x^3) + I(x^4)")).toEqual(["frame.too-few-rows"]);
  });
});

/** a of a+b with y = 1 where x = 1; c of c+d where x = 0. */
function twoByTwo(a: number, b: number, c: number, d: number) {
  const repeat = (times: number, x: number, y: number) => Array.from({ length: times }, () => ({ x, y }));
  const rows = [...repeat(a, 1, 1), ...repeat(b, 1, 0), ...repeat(c, 0, 1), ...repeat(d, 0, 0)];
  return tableOf({ x: rows.map(({ x }) => x), y: rows.map(({ y }) => y) });
}

/** Newton on the log-likelihood, score and information summed row by row. */
function plainNewton(
  X: { rows: number; cols: number; data: Float64Array },
  y: Float64Array,
  offset: Float64Array | null,
  family: string,
) {
  const p = X.cols;
  let coef: Float64Array = new Float64Array(p);
  if (family === "poisson") coef[0] = Math.log(y.reduce((sum, v) => sum + v, 0) / y.length);
  let vcov = zeros(p, p);
  for (let iteration = 0; iteration < 100; iteration++) {
    const eta = timesVector(X, coef).map((v, i) => v + (offset?.[i] ?? 0));
    const mu = eta.map((v) => (family === "poisson" ? Math.exp(v) : 1 / (1 + Math.exp(-v))));
    const weights = mu.map((m) => (family === "poisson" ? m : m * (1 - m)));
    const weighted = { ...X, data: X.data.map((v, at) => v * weights[Math.floor(at / p)]!) };
    vcov = invertPositiveDefinite(multiply(transpose(X), weighted))!;
    const score = timesVector(
      transpose(X),
      y.map((v, i) => v - mu[i]!),
    );
    const step = timesVector(vcov, score);
    coef = coef.map((b, j) => b + step[j]!);
  }
  return { coef, vcov };
}
