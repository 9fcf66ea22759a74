/** What must hold for any data: how the answer moves when the data are moved. */
import { describe, expect, it } from "vitest";
import type { MixedDf } from "../../src/mixed/fixed-effect-inference.js";
import { fitLinearMixed, type LinearMixedFit } from "../../src/mixed/linear-mixed.js";
import { fromRows } from "../../src/numeric/matrix.js";
import { ProblemError } from "../../src/problem.js";
import type { Table } from "../../src/table/table.js";
import { closedForm, expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { frameOf, readReference } from "../reference/reference-case.js";
import { mapColumn, pickRows, withLevels } from "../table/changed-table.js";

const { table } = readReference("mixed-beat-the-blues");
const formula = "bdi ~ bdi_pre + drug + treatment * month + (month | participant)";
const fitOf = (data: Table, df: MixedDf = "kenward-roger", text = formula) =>
  fitLinearMixed(frameOf(data, text), { df });
const standardErrors = ({ vcov }: LinearMixedFit): number[] =>
  Array.from({ length: vcov.rows }, (_, i) => Math.sqrt(vcov.data[i * vcov.rows + i]!));
const dfs = (fit: LinearMixedFit): number[] =>
  fit.names.map((_, j) => fit.denominatorDf(fromRows([fit.names.map((_, i) => (i === j ? 1 : 0))])).df);
const original = fitOf(table);
/** For what is exact but for the optimiser's stop and rounding. */
const same = (actual: LinearMixedFit, expected: LinearMixedFit): void => {
  expectClose(actual.logLik, expected.logLik, iterated, "logLik");
  expectClose(actual.coef, expected.coef, optimised.estimate, "coef");
  expectClose(standardErrors(actual), standardErrors(expected), optimised.se, "se");
  expectClose(dfs(actual), dfs(expected), optimised.df, "df");
  expectClose(actual.sigma, expected.sigma, optimised.variance, "sigma");
};

describe("identities", () => {
  it("the same call gives the same bytes", () => {
    const again = fitOf(table);
    expect(again.coef).toEqual(original.coef);
    expect(again.vcov).toEqual(original.vcov);
    expect(again.logLik).toBe(original.logLik);
  });
  it("the order of rows does not matter", () => {
    const shuffled = [...Array(table.rows).keys()].sort((a, b) => ((a * 7919) % 401) - ((b * 7919) % 401));
    same(fitOf(pickRows(table, shuffled)), original);
  });
  it("the order of random terms does not matter", () => {
    const nested = readReference("mixed-pastes").table;
    const one = fitOf(nested, "kenward-roger", "strength ~ 1 + (1 | batch) + (1 | batch:cask)");
    same(fitOf(nested, "kenward-roger", "strength ~ 1 + (1 | batch:cask) + (1 | batch)"), one);
    same(fitOf(nested, "kenward-roger", "strength ~ 1 + (1 | batch / cask)"), one);
    // `sample` is batch and cask in one column.
    same(fitOf(nested, "kenward-roger", "strength ~ 1 + (1 | batch) + (1 | sample)"), one);
  });
  it("arms swapped flips the sign of every difference between them", () => {
    const swapped = fitOf(withLevels(table, "treatment", ["BtheB", "TAU"]));
    expectClose(swapped.logLik, original.logLik, iterated, "logLik");
    for (const name of ["treatment[BtheB]", "treatment[BtheB]:month"]) {
      const j = original.names.indexOf(name);
      expect(swapped.names[j]).toBe(name.replace("BtheB", "TAU"));
      expectClose(swapped.coef[j]!, -original.coef[j]!, optimised.estimate, name);
      expectClose(standardErrors(swapped)[j]!, standardErrors(original)[j]!, optimised.se, `${name}: se`);
      expectClose(dfs(swapped)[j]!, dfs(original)[j]!, optimised.df, `${name}: df`);
    }
  });
  it.each(["satterthwaite", "kenward-roger"] as const)(
    "a covariate in other units rescales its coefficients and leaves the df: %s",
    (df) => {
      const days = fitOf(
        mapColumn(table, "month", (v) => v * 30.4375),
        df,
      );
      const months = fitOf(table, df);
      months.names.forEach((name, j) => {
        const by = name.includes("month") ? 30.4375 : 1;
        expectClose(days.coef[j]! * by, months.coef[j]!, optimised.estimate, name);
        expectClose(standardErrors(days)[j]! * by, standardErrors(months)[j]!, optimised.se, `${name}: se`);
      });
      expectClose(dfs(days), dfs(months), optimised.df, "df");
    },
  );
  it("an outcome in other units rescales everything but the df", () => {
    const thousandths = fitOf(mapColumn(table, "bdi", (v) => v * 1000));
    expectClose(
      thousandths.coef.map((v) => v / 1000),
      original.coef,
      optimised.estimate,
      "coef",
    );
    expectClose(thousandths.sigma / 1000, original.sigma, optimised.estimate, "sigma");
    expectClose(dfs(thousandths), dfs(original), optimised.df, "df");
  });
  it("a shifted outcome shifts the intercept alone", () => {
    const shifted = fitOf(mapColumn(table, "bdi", (v) => v + 1e6));
    expectClose(shifted.coef[0]!, original.coef[0]! + 1e6, closedForm, "intercept");
    expectClose(shifted.coef.slice(1), original.coef.slice(1), optimised.estimate, "coef");
    expectClose(standardErrors(shifted), standardErrors(original), optimised.se, "se");
    expectClose(dfs(shifted), dfs(original), optimised.df, "df");
  });
  it("a covariate shifted far from zero, also one with a random slope, leaves its coefficients", () => {
    const calendar = fitOf(mapColumn(table, "month", (v) => 2024 * 12 + v));
    for (const name of ["month", "treatment[BtheB]:month", "drug[Yes]"]) {
      const j = original.names.indexOf(name);
      expectClose(calendar.coef[j]!, original.coef[j]!, optimised.estimate, name);
      expectClose(standardErrors(calendar)[j]!, standardErrors(original)[j]!, optimised.se, `${name}: se`);
      expectClose(dfs(calendar)[j]!, dfs(original)[j]!, optimised.df, `${name}: df`);
    }
    expectClose(calendar.logLik, original.logLik, iterated, "logLik");
  });
  it("a covariate moved into the offset takes its slope out of the coefficient", () => {
    const moved = fitOf(table, "kenward-roger", `${formula} + offset(bdi_pre)`);
    const j = original.names.indexOf("bdi_pre");
    expectClose(moved.coef[j]!, original.coef[j]! - 1, optimised.estimate, "coef");
    expectClose(moved.fitted, original.fitted, optimised.estimate, "fitted");
    expectClose(moved.logLik, original.logLik, iterated, "logLik");
  });
  it("rows whose outcome is missing might as well not be there", () => {
    const { values } = table.columns.get("bdi") as { values: Float64Array };
    const complete = pickRows(
      table,
      [...values.keys()].filter((row) => !Number.isNaN(values[row]!)),
    );
    expect(complete.rows).toBeLessThan(table.rows);
    const fit = fitOf(complete);
    expect(fit.coef).toEqual(original.coef);
    expect(fit.vcov).toEqual(original.vcov);
  });
  it("fitted values and residuals add up to the outcome", () => {
    const frame = frameOf(table, formula);
    const sums = original.fitted.map((v, i) => v + original.residuals[i]!);
    expectClose(sums, frame.response, closedForm, "fitted + residual", 1);
  });
});

describe("conditional modes and fitted values", () => {
  const { table, expectedOf } = readReference("mixed-sleepstudy");
  const expected = expectedOf("slopes");
  const fit = fitLinearMixed(frameOf(table, expected.formula));
  it("agree with lme4", () => {
    const [{ levels, modes }] = fit.random as [LinearMixedFit["random"][number]];
    const { levels: names, values, terms } = expected.modes!;
    expect(fit.random[0]!.names).toEqual(terms);
    names.forEach((name, i) => {
      const at = levels.indexOf(name);
      // A mode near zero is judged against the SD of its term.
      values[i]!.forEach((value, j) => {
        const scale = Object.values(expected.sd)[j]!;
        expectClose(modes.data[at * modes.cols + j]!, value, optimised.se, `${name} ${terms[j]}`, scale);
      });
    });
    expectClose(fit.fitted, expected.fitted!, optimised.estimate, "fitted");
    expectClose(fit.residuals, expected.residuals!, optimised.se, "residuals", expected.sigma);
  });
});

describe("by hand: one-way, balanced", () => {
  it("Dyestuff from its analysis of variance", () => {
    // 6 batches of 5: MS between 11 271.5, within 2451.25 (Davies & Goldsmith 1972, table 6.1). REML is the ANOVA
    // estimate, (11 271.5 − 2451.25) / 5 between; the mean has variance MSB / 30 and 5 df, whatever the method.
    const { table } = readReference("mixed-dyestuff");
    for (const df of ["satterthwaite", "kenward-roger"] as const) {
      const fit = fitLinearMixed(frameOf(table, "yield ~ 1 + (1 | batch)"), { df });
      expectClose(fit.coef[0]!, 1527.5, closedForm, "mean");
      expectClose(fit.sigma ** 2, 2451.25, iterated, "within");
      expectClose(fit.random[0]!.covariance.data[0]!, (11271.5 - 2451.25) / 5, iterated, "between");
      expectClose(fit.vcov.data[0]!, 11271.5 / 30, iterated, "variance of the mean");
      expectClose(dfs(fit)[0]!, 5, iterated, "df");
    }
  });
});

describe("failures", () => {
  const codesOf = (text: string, df: MixedDf = "satterthwaite"): string[] => {
    try {
      return fitOf(table, df, text).problems.map(({ code }) => code);
    } catch (thrown) {
      if (thrown instanceof ProblemError) return thrown.problems.map(({ code }) => `thrown ${code}`);
      throw thrown;
    }
  };
  it("no random term", () => {
    expect(codesOf("bdi ~ bdi_pre")).toEqual(["thrown formula.no-random-term"]);
  });
  it("dependent columns", () => {
    expect(codesOf("bdi ~ drug + on_drug + (1 | participant)")).toEqual(["thrown frame.aliased"]);
  });
  it("random slopes that depend on each other", () => {
    expect(codesOf("bdi ~ month + (0 + month + I(2 * month) | participant)")).toEqual(["thrown frame.aliased-random"]);
  });
  it("an outcome that the model reproduces exactly is not converged", () => {
    const fit = fitOf(
      mapColumn(table, "bdi", () => 0),
      "satterthwaite",
      "I(2 * bdi_pre + 1) ~ bdi_pre + (1 | participant)",
    );
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toContain("fit.no-residual-variance");
  });
  it("a slope on the boundary is a warning that names the term, not an error", () => {
    const boundary = readReference("mixed-boundary");
    const fit = fitLinearMixed(frameOf(boundary.table, boundary.expectedOf("zero-slope").formula));
    expect(fit.problems.map(({ code, severity }) => [code, severity])).toEqual([["fit.singular", "warning"]]);
    expect(fit.problems[0]!.message).toContain('"x"');
    expect(fit.problems[0]!.message).toContain('"g"');
    expect(fit.converged).toBe(true);
  });
});
