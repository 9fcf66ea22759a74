import { describe, expect, it } from "vitest";
import type { MixedDf } from "../../src/mixed/fixed-effect-inference.js";
import { fitLinearMixed, type LinearMixedFit } from "../../src/mixed/linear-mixed.js";
import { invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { twoSidedT, upperF } from "../../src/numeric/distributions.js";
import { dot, fromRows, type Matrix, multiply, timesVector, transpose } from "../../src/numeric/matrix.js";
import { expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { frameOf, type ReferenceFit, readReference } from "../reference/reference-case.js";

const cases = [
  "mixed-beat-the-blues",
  "mixed-boundary",
  "mixed-cake",
  "mixed-crossed-nested",
  "mixed-dyestuff",
  "mixed-dyestuff2",
  "mixed-egsingle",
  "mixed-machines",
  "mixed-oxboys",
  "mixed-partially-nested",
  "mixed-pastes",
  "mixed-penicillin",
  "mixed-scaling",
  "mixed-sleepstudy",
  "mixed-three-arms",
].map(readReference);

describe.each(cases)("$name agrees with lme4, lmerTest and pbkrtest", ({ table, fits }) => {
  const fitOf = ({ formula, method }: ReferenceFit, df: MixedDf) =>
    fitLinearMixed(frameOf(table, formula), { method, df });

  describe.each(fits)("$id: $formula, $method", (expected) => {
    const satterthwaite = fitOf(expected, "satterthwaite");

    it("estimates", () => compareEstimates(satterthwaite, expected));
    it("variance components", () => compareVariances(satterthwaite, expected));
    if (expected.satterthwaite !== undefined)
      it("Satterthwaite", () => compareTests(satterthwaite, expected, "satterthwaite"));
    if (expected.kenwardRoger !== undefined)
      it("Kenward–Roger", () => compareTests(fitOf(expected, "kenward-roger"), expected, "kenwardRoger"));
    it("is singular when a theta on the diagonal is zero, and converged in any case", () => {
      expect(satterthwaite.converged).toBe(true);
      expect(satterthwaite.singular).toBe(expected.theta.includes(0));
      expect(satterthwaite.problems.some(({ code }) => code.startsWith("fit."))).toBe(satterthwaite.singular);
    });
  });
});

function compareEstimates(fit: LinearMixedFit, expected: ReferenceFit): void {
  expect(fit.names).toEqual(expected.names);
  expect(fit.n.observations).toBe(expected.observations);
  expect(fit.n.groups).toEqual(expected.groups);
  expect(fit.parameters).toBe(expected.parameters);
  const size = Math.max(...expected.se);
  expectClose(fit.logLik, expected.logLik, iterated, "logLik");
  expectClose(-2 * fit.logLik + 2 * fit.parameters, expected.aic, iterated, "AIC");
  const log = Math.log(fit.n.observations);
  expectClose(-2 * fit.logLik + log * fit.parameters, expected.bic, iterated, "BIC");
  expected.coef.forEach((coef, j) => {
    expectClose(fit.coef[j]!, coef, optimised.estimate, `coef ${expected.names[j]}`, expected.se[j]);
  });
  expect(size).toBeGreaterThan(0);
  expectClose(standardErrors(fit.vcov), expected.se, optimised.se, "se");
}

function compareVariances(fit: LinearMixedFit, expected: ReferenceFit): void {
  expectClose(fit.sigma, expected.sigma, optimised.variance, "sigma");
  const sds = new Map<string, number>();
  const correlations = new Map<string, number>();
  for (const { group, names, covariance } of fit.random) {
    const k = names.length;
    const variance = (i: number, j: number) => covariance.data[i * k + j]!;
    names.forEach((first, i) => {
      sds.set(`${group}:${first}`, Math.sqrt(variance(i, i)));
      for (let j = i + 1; j < k; j++)
        correlations.set(`${group}:${first},${names[j]}`, variance(i, j) / Math.sqrt(variance(i, i) * variance(j, j)));
    });
  }
  // A zero or near-zero SD is judged against the residual SD; a correlation against 1.
  for (const [name, sd] of Object.entries(expected.sd))
    expectClose(sds.get(name) ?? Number.NaN, sd, optimised.variance, `sd ${name}`, sd === 0 ? expected.sigma : 0);
  expect(sds.size).toBe(Object.keys(expected.sd).length);
  for (const [name, correlation] of Object.entries(expected.cor))
    expectClose(correlations.get(name) ?? Number.NaN, correlation, optimised.variance, `cor ${name}`, 1);
  expect(correlations.size).toBe(Object.keys(expected.cor).length);
}

function compareTests(fit: LinearMixedFit, expected: ReferenceFit, kind: "satterthwaite" | "kenwardRoger"): void {
  // With a perfect correlation pbkrtest takes all of G as free; here what is on the boundary is left out.
  const tests =
    kind === "kenwardRoger" && expected.kenwardRogerOffBoundary !== undefined
      ? { ...expected.kenwardRogerOffBoundary, p: null }
      : expected[kind]!;
  const identity = expected.names.map((_, i) => expected.names.map((_, j) => (i === j ? 1 : 0)));
  identity.forEach((row, j) => {
    if (tests.df[j] === null) return;
    const { estimate, se, df } = oneRow(fit, row);
    expectClose(se, tests.se[j]!, optimised.se, `${expected.names[j]}: se`);
    expectClose(df, tests.df[j]!, optimised.df, `${expected.names[j]}: df`);
    // Relative error of p grows with the size of t, far out in the tail.
    if (tests.p !== null && tests.p[j]! > 1e-8)
      expectClose(twoSidedT(estimate / se, df), tests.p[j]!, optimised.df, `${expected.names[j]}: p`);
  });
  for (const { name, L, [kind]: joint } of expected.hypotheses ?? []) {
    if (joint === undefined) continue;
    const { F, df } = wald(fit, fromRows(L));
    expectClose(F, joint.F, optimised.df, `${name}: F`);
    expectClose(df, joint.df2, optimised.df, `${name}: df`);
    if (joint.p > 1e-8) expectClose(upperF(F, joint.df1, df), joint.p, optimised.variance, `${name}: p`);
  }
  const { means } = expected;
  if (means === undefined) return;
  means.L.forEach((row, i) => {
    const { estimate, se, df } = oneRow(fit, row);
    expectClose(estimate, means.estimate[i]!, optimised.estimate, means.names[i]!, means[kind]!.se[i]!);
    expectClose(se, means[kind]!.se[i]!, optimised.se, `${means.names[i]}: se`);
    expectClose(df, means[kind]!.df[i]!, optimised.df, `${means.names[i]}: df`);
  });
}

function oneRow(fit: LinearMixedFit, row: readonly number[]): { estimate: number; se: number; df: number } {
  const L = fromRows([row]);
  return {
    estimate: dot(L.data, fit.coef),
    se: Math.sqrt(dot(L.data, timesVector(fit.vcov, L.data))),
    df: fit.denominatorDf(L).df,
  };
}

function wald(fit: LinearMixedFit, L: Matrix): { F: number; df: number } {
  const { df, scale } = fit.denominatorDf(L);
  const estimate = timesVector(L, fit.coef);
  const inverse = invertPositiveDefinite(multiply(multiply(L, fit.vcov), transpose(L)))!;
  return { F: (scale * dot(estimate, timesVector(inverse, estimate))) / L.rows, df };
}

const standardErrors = ({ rows, data }: Matrix): number[] =>
  Array.from({ length: rows }, (_, i) => Math.sqrt(data[i * rows + i]!));
