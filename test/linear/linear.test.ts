import { describe, expect, it } from "vitest";
import { adjustedMeans, meanEstimates } from "../../src/inference/adjusted-means.js";
import { coefficientEstimates } from "../../src/inference/coefficients.js";
import { jointTest } from "../../src/inference/contrast.js";
import { fitLinear, type LinearFit } from "../../src/linear/linear.js";
import { fromRows, type Matrix } from "../../src/numeric/matrix.js";
import { ProblemError } from "../../src/problem.js";
import type { Table } from "../../src/table/table.js";
import { closedForm, expectClose, iterated, type Tolerance } from "../numeric/tolerance.js";
import { frameOf, type ReferenceFit, readReference } from "../reference/reference-case.js";
import { mapColumn, pickRows, withLevels } from "../table/changed-table.js";

const beatTheBlues = readReference("linear-beat-the-blues");

describe.each(beatTheBlues.fits)("Beat the Blues, $id: $formula, agrees with lm", (expected) => {
  const frame = frameOf(beatTheBlues.table, expected.formula);
  const fit = fitLinear(frame);

  it("estimates", () => {
    compareFit(fit, expected, closedForm);
    expectClose(standardErrors(fit), expected.se, closedForm, "se");
    expectClose(fit.vcov.data, expected.vcov!.flat(), closedForm, "vcov", Math.max(...expected.se) ** 2);
  });
  it("tests and intervals", () => {
    const { df, statistic, p, lower, upper } = expected.residual!;
    const estimates = coefficientEstimates(fit, frame, "points", 0.95);
    expect(estimates.map(({ name }) => name)).toEqual(expected.names.map((name) => `coefficient:${name}`));
    estimates.forEach((estimate, j) => {
      expect(estimate.df).toBe(df[j]);
      expectClose(estimate.statistic!, statistic[j]!, closedForm, "statistic");
      expectClose(estimate.p!, p[j]!, iterated, "p");
      expectClose(estimate.lower!, lower![j]!, closedForm, "lower", expected.se[j]);
      expectClose(estimate.upper!, upper![j]!, closedForm, "upper", expected.se[j]);
    });
  });
  if (expected.hypotheses !== undefined)
    it("tests of several coefficients", () => {
      for (const { name, L, residual } of expected.hypotheses!) {
        const test = jointTest(fit, fromRows(L), name, 0.95);
        expectClose(test.statistic!, residual!.F, closedForm, "F");
        expect(test.df).toBe(residual!.df2);
        expectClose(test.p!, residual!.p, iterated, "p");
      }
    });
  if (expected.means !== undefined)
    it("adjusted means agree with emmeans", () => {
      const { names, estimate, residual } = expected.means!;
      const means = adjustedMeans(frame, beatTheBlues.table, { of: "treatment", by: [], at: {} });
      const found = new Map(
        meanEstimates(fit, means, "treatment", { unit: null, level: 0.95 }).map((one) => [one.name, one]),
      );
      expect([...found.keys()].sort()).toEqual([...names].sort());
      names.forEach((name, i) => {
        const one = found.get(name)!;
        expectClose(one.estimate!, estimate[i]!, closedForm, name);
        expectClose(one.se!, residual!.se[i]!, closedForm, `${name}: se`);
        expectClose(one.lower!, residual!.lower![i]!, closedForm, `${name}: lower`);
        expectClose(one.upper!, residual!.upper![i]!, closedForm, `${name}: upper`);
      });
    });
});

describe("NIST's certified values", () => {
  // Digits lost to the condition of X, whatever the algorithm: 1e10 and more for Longley as it stands; for Wampler5
  // coefficients of 1 under a residual SD of 2e7. R's lm has 12 and 5 digits.
  const losing = (digits: number): Tolerance => ({ name: "certified", relative: 10 ** -digits });
  it.each([
    ["linear-longley", losing(10)],
    ["linear-wampler5", losing(5)],
  ])("%s", (name, tolerance) => {
    const { table, fits } = readReference(name);
    const [expected] = fits;
    const fit = fitLinear(frameOf(table, expected!.formula));
    compareFit(fit, expected!, tolerance);
    expectClose(standardErrors(fit), expected!.se, tolerance, "se");
  });
  it("Filip is refused, as by lm: its powers cannot be told apart in 16 digits", () => {
    const { table, fits } = readReference("linear-filip");
    expect(codes(() => fitLinear(frameOf(table, fits[0]!.formula)))).toEqual(["frame.aliased"]);
  });
  it("Filip with x centred is fitted to the certified residual SD and R squared", () => {
    const { table, fits } = readReference("linear-filip");
    const expected = fits[0]!;
    const fit = fitLinear(
      frameOf(
        mapColumn(table, "x", (x) => (x + 6) / 3),
        expected.formula,
      ),
    );
    expectClose(fit.sigma, expected.sigma, losing(9), "sigma");
    expectClose(fit.rSquared, expected.rSquared!, losing(9), "R squared");
    // The coefficient of x^10 changes by the scale alone.
    expectClose(fit.coef.at(-1)! / 3 ** 10, expected.coef.at(-1)!, losing(7), "coef of x^10");
    expectClose(standardErrors(fit).at(-1)! / 3 ** 10, expected.se.at(-1)!, losing(7), "se of x^10");
  });
});

describe("by hand", () => {
  it("a line through three points", () => {
    // y = 0, 2, 1 at x = 0, 1, 2: slope 1/2, intercept 1/2, residuals −1/2, 1, −1/2, σ² = 3/2 on 1 df.
    const fit = fitLinear(frameOf(numberTable({ x: [0, 1, 2], y: [0, 2, 1] }), "y ~ x"));
    expectClose(fit.coef, [0.5, 0.5], closedForm, "coef");
    expectClose(fit.residuals, [-0.5, 1, -0.5], closedForm, "residuals");
    expectClose(fit.sigma, Math.sqrt(1.5), closedForm, "sigma");
    expectClose(fit.vcov.data, [1.25, -0.75, -0.75, 0.75], closedForm, "vcov");
    expectClose(fit.rSquared, 0.25, closedForm, "R squared");
    expect(fit.denominatorDf(fromRows([[0, 1]]))).toEqual({ df: 1, scale: 1 });
  });
});

describe("identities", () => {
  const formula = "bdi ~ bdi_pre + drug + duration + treatment";
  const { table } = beatTheBlues;
  const frame = frameOf(table, formula);
  const fit = fitLinear(frame);

  it("the order of rows does not matter", () => {
    const reversed = fitLinear(frameOf(pickRows(table, [...Array(table.rows).keys()].reverse()), formula));
    expectClose(reversed.coef, fit.coef, closedForm, "coef");
    expectClose(reversed.vcov.data, fit.vcov.data, closedForm, "vcov", fit.vcov.data[0]);
    expectClose(reversed.logLik, fit.logLik, closedForm, "logLik");
  });
  it("every row doubled: the same coefficients, vcov as (n − p)/(2n − p) of it", () => {
    const rows = [...Array(table.rows).keys()];
    const doubled = fitLinear(frameOf(pickRows(table, [...rows, ...rows]), formula));
    expectClose(doubled.coef, fit.coef, closedForm, "coef");
    const n = fit.n.observations;
    const p = fit.coef.length;
    const expected = fit.vcov.data.map((v) => (v * (n - p)) / (2 * n - p));
    expectClose(doubled.vcov.data, expected, closedForm, "vcov", expected[0]);
  });
  it("arms swapped flips the sign of the difference", () => {
    const swapped = fitLinear(frameOf(withLevels(table, "treatment", ["BtheB", "TAU"]), formula));
    const at = fit.names.indexOf("treatment[BtheB]");
    expect(swapped.names[at]).toBe("treatment[TAU]");
    expectClose(swapped.coef[at]!, -fit.coef[at]!, closedForm, "difference");
    expectClose(standardErrors(swapped)[at]!, standardErrors(fit)[at]!, closedForm, "se");
    expectClose(swapped.logLik, fit.logLik, closedForm, "logLik");
  });
  it("a rescaled covariate rescales its coefficient alone", () => {
    const rescaled = fitLinear(
      frameOf(
        mapColumn(table, "bdi_pre", (v) => v * 1000),
        formula,
      ),
    );
    fit.names.forEach((name, j) => {
      const by = name === "bdi_pre" ? 1000 : 1;
      expectClose(rescaled.coef[j]! * by, fit.coef[j]!, closedForm, name);
      expectClose(standardErrors(rescaled)[j]! * by, standardErrors(fit)[j]!, closedForm, `${name}: se`);
    });
  });
  it("a shifted outcome shifts the intercept alone", () => {
    const shifted = fitLinear(
      frameOf(
        mapColumn(table, "bdi", (v) => v + 1e6),
        formula,
      ),
    );
    expectClose(shifted.coef[0]!, fit.coef[0]! + 1e6, closedForm, "intercept");
    // Adding 1e6 to an outcome of order 10 rounds it at 1e-10.
    expectClose(shifted.coef.slice(1), fit.coef.slice(1), iterated, "coef");
    expectClose(standardErrors(shifted), standardErrors(fit), iterated, "se");
  });
  it("an offset is subtracted from the outcome and comes back in the fitted values", () => {
    const offset = fitLinear(frameOf(table, `${formula} + offset(bdi_pre)`));
    const at = fit.names.indexOf("bdi_pre");
    fit.coef.forEach((coef, j) => {
      expectClose(offset.coef[j]!, j === at ? coef - 1 : coef, closedForm, fit.names[j]!);
    });
    expectClose(offset.fitted, fit.fitted, closedForm, "fitted");
  });
  it("normal df differ in df alone", () => {
    const normal = fitLinear(frame, { df: "normal" });
    expect(normal.denominatorDf(fromRows([[1, 0, 0, 0, 0]])).df).toBe(Number.POSITIVE_INFINITY);
    expect(normal.vcov).toEqual(fit.vcov);
  });
});

describe("failures", () => {
  const table = numberTable({ x: [1, 2, 3, 4, 5], twice: [2, 4, 6, 8, 10], y: [1, 3, 2, 5, 4], g: [1, 1, 2, 2, 2] });
  it("columns that depend on each other are named", () => {
    const problem = (() => {
      try {
        fitLinear(frameOf(table, "y ~ x + twice"));
      } catch (thrown) {
        return thrown as ProblemError;
      }
      return null;
    })();
    expect(problem?.problems.map(({ code }) => code)).toEqual(["frame.aliased"]);
    expect(problem?.message).toContain('"twice"');
    expect(problem?.message).toContain('"x"');
  });
  it("fewer rows than coefficients", () => {
    expect(codes(() => fitLinear(frameOf(table, "y ~ x + I(x^2) + I(x^3) + I(x^4)")))).toEqual(["frame.too-few-rows"]);
  });
  it("a random term", () => {
    expect(codes(() => fitLinear(frameOf(table, "y ~ x + (1 | g)")))).toEqual(["formula.random-term"]);
  });
  it("an outcome that the model reproduces exactly is not converged", () => {
    const fit = fitLinear(frameOf(numberTable({ x: [1, 2, 3, 4], y: [3, 5, 7, 9] }), "y ~ x"));
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.no-residual-variance"]);
  });
});

function compareFit(fit: LinearFit, expected: ReferenceFit, tolerance: Tolerance): void {
  expect(fit.names).toEqual(expected.names);
  expect(fit.n.observations).toBe(expected.observations);
  expect(fit.parameters).toBe(expected.parameters);
  expectClose(fit.coef, expected.coef, tolerance, "coef");
  expectClose(fit.sigma, expected.sigma, tolerance, "sigma");
  expectClose(fit.logLik, expected.logLik, tolerance, "logLik");
  expectClose(fit.rSquared, expected.rSquared!, tolerance, "R squared");
}

/** The codes of the problems that an action throws. */
const codes = (action: () => unknown): string[] => {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof ProblemError) return thrown.problems.map(({ code }) => code);
    throw thrown;
  }
  return [];
};

const standardErrors = ({ vcov: { rows, data } }: { readonly vcov: Matrix }): number[] =>
  Array.from({ length: rows }, (_, i) => Math.sqrt(data[i * rows + i]!));

const numberTable = (columns: Readonly<Record<string, readonly number[]>>): Table => ({
  name: "data.csv",
  rows: Object.values(columns)[0]!.length,
  columns: new Map(
    Object.entries(columns).map(([name, values]) => [
      name,
      { kind: "number", type: "number", values: Float64Array.from(values), unit: null },
    ]),
  ),
  lines: null,
});
