import { describe, expect, it } from "vitest";
import { expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { frameOf, type ReferenceFit, readReference } from "../reference/reference-case.js";
import { type PlainFit, plainLinearMixed } from "./plain-linear-mixed.js";

/** Small cases with every kind of random term; the plain implementation takes seconds at a few hundred rows. */
const cases: [string, string[]][] = [
  ["mixed-sleepstudy", ["slopes", "intercepts"]],
  ["mixed-pastes", ["nested", "nested-ml"]],
  ["mixed-penicillin", ["crossed", "covariates"]],
  ["mixed-dyestuff", ["reml", "ml"]],
  ["mixed-dyestuff2", ["reml"]],
  ["mixed-machines", ["nested", "unbalanced"]],
  ["mixed-boundary", ["zero-component", "zero-slope"]],
  ["mixed-partially-nested", ["both-arms"]],
  ["mixed-scaling", ["small-variance"]],
];

describe.each(cases)("%s: the plain implementation agrees with R", (name, ids) => {
  const { table, expectedOf } = readReference(name);
  it.each(ids)("%s", (id) => {
    const expected = expectedOf(id);
    const plain = plainLinearMixed(frameOf(table, expected.formula), { method: expected.method });
    compareWithR(plain, expected);
  });
});

function compareWithR(plain: PlainFit, expected: ReferenceFit): void {
  expectClose(plain.logLik, expected.logLik, iterated, "logLik");
  expectClose(plain.sigma, expected.sigma, optimised.estimate, "sigma");
  expectClose(plain.coef, expected.coef, optimised.estimate, "coef");
  expectClose(
    plain.vcov.diag().map((v) => Math.sqrt(v)),
    expected.se,
    optimised.se,
    "se",
  );
  const identity = expected.names.map((_, i) => expected.names.map((_, j) => (i === j ? 1 : 0)));
  const { satterthwaite, kenwardRoger, hypotheses = [] } = expected;
  expect(satterthwaite ?? kenwardRoger).toBeDefined();
  const dfs = identity.map((row) => plain.satterthwaite([row]).df);
  if (satterthwaite) expectClose(dfs, satterthwaite.df as number[], optimised.df, "satterthwaite df");
  if (kenwardRoger) {
    const dfs = identity.map((row) => plain.kenwardRoger([row]).df);
    expectClose(dfs, kenwardRoger.df as number[], optimised.df, "kenwardRoger df");
    const ses = plain.kenwardRogerVcov.diag().map((v) => Math.sqrt(v));
    expectClose(ses, kenwardRoger.se as number[], optimised.se, "kenwardRoger se");
  }
  for (const { name, L, satterthwaite, kenwardRoger } of hypotheses) {
    if (satterthwaite) {
      const { F, df } = plain.satterthwaite(L);
      expectClose(F, satterthwaite.F, optimised.se, `${name}: F`);
      expectClose(df, satterthwaite.df2, optimised.df, `${name}: df`);
    }
    if (kenwardRoger) {
      const { F, df, scale } = plain.kenwardRoger(L);
      expectClose(F, kenwardRoger.F, optimised.se, `${name}: Kenward–Roger F`);
      expectClose(df, kenwardRoger.df2, optimised.df, `${name}: Kenward–Roger df`);
      expectClose(scale, kenwardRoger.scaling!, optimised.df, `${name}: Kenward–Roger scale`);
    }
  }
}

describe("perfect correlation", () => {
  const { table, expectedOf } = readReference("mixed-boundary");
  it("leaves the element of theta at zero out", () => {
    const expected = expectedOf("perfect-correlation");
    const plain = plainLinearMixed(frameOf(table, expected.formula));
    expect(plain.theta[2]).toBe(0);
    expectClose(plain.coef, expected.coef, optimised.estimate, "coef");
    const rows = [0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : 0)));
    const satterthwaite = rows.map((row) => plain.satterthwaite([row]).df);
    expectClose(satterthwaite, expected.satterthwaite!.df as number[], optimised.df, "satterthwaite df");
    const kenwardRoger = rows.map((row) => plain.kenwardRoger([row]).df);
    expectClose(kenwardRoger, expected.kenwardRogerOffBoundary!.df, optimised.df, "Kenward–Roger df");
    const ses = plain.kenwardRogerVcov.diag().map((v) => Math.sqrt(v));
    expectClose(ses, expected.kenwardRogerOffBoundary!.se, optimised.se, "Kenward–Roger se");
  });
});
