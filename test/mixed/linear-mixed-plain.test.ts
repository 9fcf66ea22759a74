/** fitLinearMixed against the plain second implementation, on simulated data that have no published answer. */
import { describe, expect, it } from "vitest";
import { fitLinearMixed, type LinearMixedFit } from "../../src/mixed/linear-mixed.js";
import { fromRows } from "../../src/numeric/matrix.js";
import { expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { frameOf } from "../reference/reference-case.js";
import { type PlainFit, plainLinearMixed } from "./plain-linear-mixed.js";
import { type Spread, simulateTable } from "./simulated-table.js";

const usual: Spread = { site: 1, person: 1.5, rater: 0.8, slope: 0.5, residual: 1 };

const designs: [string, string, number, Partial<Spread>][] = [
  ["one level", "y ~ x + w + (1 | site:person)", 1, {}],
  ["nested", "y ~ x + arm + (1 | site / person)", 2, {}],
  ["nested and crossed", "y ~ x + (1 | site / person) + (1 | rater)", 3, {}],
  ["correlated slopes", "y ~ x * w + (x | site:person)", 4, {}],
  ["uncorrelated slopes", "y ~ x + (x || site:person)", 5, {}],
  ["slopes and a crossed factor", "y ~ x + arm + (x | site:person) + (1 | rater)", 6, {}],
  ["no intercept in a term", "y ~ x + (0 + x | site:person) + (1 | site)", 7, { person: 0.1 }],
  ["partially nested", "y ~ a + x + (0 + a | site:person) + (0 + b | site:person)", 8, {}],
  ["offset", "y ~ w + offset(x) + (1 | site:person)", 9, {}],
  [
    "nearly no variance between people",
    "y ~ x + w + (1 | site:person)",
    10,
    { person: 0.1, slope: 0, site: 0, rater: 0 },
  ],
  ["nearly all variance between people", "y ~ x + w + (1 | site:person)", 11, { person: 100 }],
  [
    "no random variance at all",
    "y ~ x + arm + (x | site:person) + (1 | rater)",
    105,
    { site: 0.3, person: 0.3, rater: 0.2, slope: 0.1 },
  ],
  ["three effects in one dimension less", "y ~ x + (x + w | site)", 105, {}],
  ["a site variance at zero", "y ~ x + arm + (1 | site) + (1 | site:person)", 12, { site: 0 }],
];

describe.each(designs)("%s: %s", (_, formula, seed, spread) => {
  const frame = frameOf(simulateTable(seed, { ...usual, ...spread }), formula);
  it.each(["REML", "ML"] as const)("%s", (method) => {
    const plain = plainLinearMixed(frame, { method });
    const satterthwaite = fitLinearMixed(frame, { method, df: "satterthwaite" });
    expect(satterthwaite.converged).toBe(true);
    compareEstimates(satterthwaite, plain);
    compareTests(satterthwaite, plain.satterthwaite);
    if (method === "ML") return;
    const kenwardRoger = fitLinearMixed(frame, { method, df: "kenward-roger" });
    compareTests(kenwardRoger, plain.kenwardRoger);
    expectClose(
      standardErrors(kenwardRoger),
      plain.kenwardRogerVcov.diag().map((v) => Math.sqrt(v)),
      optimised.se,
      "Kenward–Roger se",
    );
  });
});

function compareEstimates(fit: LinearMixedFit, plain: PlainFit): void {
  expectClose(fit.deviance, plain.criterion, iterated, "criterion");
  const ses = plain.vcov.diag().map((v) => Math.sqrt(v));
  plain.coef.forEach((coef, j) => {
    expectClose(fit.coef[j]!, coef, optimised.estimate, fit.names[j]!, ses[j]);
  });
  expectClose(standardErrors(fit), ses, optimised.se, "se");
  expectClose(fit.sigma, plain.sigma, optimised.estimate, "sigma");
  // Variances are judged against the residual's: one at zero has no relative error.
  fit.random.forEach(({ covariance }, t) => {
    expectClose(covariance.data, plain.G[t]!.to1DArray(), optimised.variance, `G ${t}`, plain.sigma ** 2);
  });
}

/** Each coefficient alone, and all but the intercept together. */
function compareTests(fit: LinearMixedFit, test: PlainFit["satterthwaite"]): void {
  const p = fit.names.length;
  const rows = fit.names.map((_, j) => Array.from({ length: p }, (_, i) => (i === j ? 1 : 0)));
  for (const L of [...rows.map((row) => [row]), ...(p > 2 ? [rows.slice(1)] : [])]) {
    const { df, scale } = fit.denominatorDf(fromRows(L));
    const expected = test(L);
    expectClose(df, expected.df, optimised.df, `df of ${JSON.stringify(L)}`);
    expectClose(scale, expected.scale, optimised.df, `scale of ${JSON.stringify(L)}`);
  }
}

const standardErrors = ({ vcov }: LinearMixedFit): number[] =>
  Array.from({ length: vcov.rows }, (_, i) => Math.sqrt(vcov.data[i * vcov.rows + i]!));
