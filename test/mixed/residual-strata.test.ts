import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toOrderedFactor } from "../../src/formula/factor-levels.js";
import { residualComponents } from "../../src/mixed/covariance-components.js";
import { fitLinearMixed, type LinearMixedOptions } from "../../src/mixed/linear-mixed.js";
import { fitResidualStrata, type ResidualStrataFit } from "../../src/mixed/residual-strata.js";
import { fromRows, type Matrix } from "../../src/numeric/matrix.js";
import { ProblemError } from "../../src/problem.js";
import type { Table } from "../../src/table/table.js";
import { factor, tableOf } from "../formula/table-of.js";
import { closedForm, expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { frameOf, readReference } from "../reference/reference-case.js";
import { mapColumn, pickRows, withLevels } from "../table/changed-table.js";
import { plainMarginal, termComponent } from "./plain-marginal.js";
import { randomStream } from "./simulated-table.js";

const { table } = readReference("mixed-residual-strata");
const { fits } = JSON.parse(
  readFileSync(new URL("../reference/mixed-residual-strata/expected.json", import.meta.url), "utf8"),
) as {
  fits: {
    id: string;
    formula: string;
    method: "REML" | "ML";
    names: string[];
    coef: number[];
    se: number[];
    residual: Record<string, number>;
    sd: Record<string, number>;
    logLik: number;
    nlmeLogLik: number;
  }[];
};

const formula = "ors ~ ors_0 + arm + (1 | therapist)";
const fitOf = (data: Table, options: LinearMixedOptions = {}, text = formula): ResidualStrataFit => {
  const frame = frameOf(data, text);
  return fitResidualStrata(frame, toOrderedFactor(data, "arm", frame.rows), options);
};
const standardErrors = ({ vcov }: { vcov: Matrix }): number[] =>
  Array.from({ length: vcov.rows }, (_, i) => Math.sqrt(vcov.data[i * vcov.rows + i]!));
const unitRow = (p: number, j: number) => Float64Array.from({ length: p }, (_, i) => (i === j ? 1 : 0));
const dfs = (fit: Pick<ResidualStrataFit, "names" | "denominatorDf">): number[] =>
  fit.names.map((_, j) => fit.denominatorDf(fromRows([unitRow(fit.names.length, j)])).df);

describe.each(fits)("nlme with varIdent: $id", (expected) => {
  const fit = fitOf(table, { method: expected.method });
  it("agrees", () => {
    expect(fit.problems).toEqual([]);
    expect(fit.names).toEqual(expected.names);
    expectClose(fit.coef, expected.coef, optimised.estimate, "coef", 1);
    expectClose(standardErrors(fit), expected.se, optimised.se, "se");
    expectClose(fit.logLik, expected.logLik, iterated, "logLik");
    expectClose(fit.logLik, expected.nlmeLogLik, iterated, "nlme's logLik");
    expectClose(
      Math.sqrt(fit.random[0]!.covariance.data[0]!),
      expected.sd["therapist:(Intercept)"]!,
      optimised.variance,
      "sd",
    );
    for (const { name, estimate } of residualComponents(fit, "arm", "points", 0.95)) {
      const level = /\[(.*)\]/.exec(name)![1]!;
      expectClose(estimate!, expected.residual[level]!, optimised.variance, name);
    }
  });
});

describe("the plain dense implementation", () => {
  const text = "ors ~ ors_0 + arm + (1 | therapist)";
  it.each(["satterthwaite", "kenward-roger"] as const)("%s", (df) => {
    const fit = fitOf(table, { df }, text);
    const frame = frameOf(table, text);
    const n = frame.response.length;
    const strata = toOrderedFactor(table, "arm", frame.rows);
    const residuals = strata.levels.map((_, s) => {
      const matrix = { rows: n, cols: n, data: new Float64Array(n * n) };
      strata.codes.forEach((code, i) => {
        if (code === s) matrix.data[i * n + i] = 1;
      });
      return { value: fit.sigma.data[s * strata.levels.length + s]!, matrix };
    });
    const parts = [...frame.Z.map((term, t) => termComponent(term, fit.random[t]!.covariance.data[0]!)), ...residuals];
    const plain = plainMarginal(frame.X, frame.response, parts, "REML");
    expectClose(fit.deviance, plain.criterion, closedForm, "criterion");
    expectClose(fit.coef, plain.beta, iterated, "coef", 1);
    // Kenward–Roger with the expected information here, as in mixed models with one residual variance.
    const adjusted = plain.kenwardRoger("expected");
    const vcov = df === "satterthwaite" ? plain.phi : adjusted.vcov;
    expectClose(fit.vcov.data, vcov.data, optimised.se, "vcov", 0.01);
    fit.names.forEach((name, j) => {
      const L = unitRow(fit.names.length, j);
      expectClose(dfs(fit)[j]!, df === "satterthwaite" ? plain.satterthwaite(L) : adjusted.df(L), optimised.df, name);
    });
  });
});

describe("worked by hand: strata that share nothing", () => {
  // Two arms of their own mean, two raters each with two scores: each arm is a one-way analysis of variance of its own.
  const scores = {
    TAU: [
      [2, 4],
      [9, 11],
      [4, 6],
    ],
    FIT: [
      [1, 7],
      [20, 26],
      [9, 15],
    ],
  } as const;
  const rows = (["TAU", "FIT"] as const).flatMap((arm) =>
    scores[arm].flatMap((pair, i) => pair.map((y) => ({ y, arm, rater: `${arm}${i}` }))),
  );
  const data = tableOf({
    y: rows.map(({ y }) => y),
    arm: factor(
      rows.map(({ arm }) => arm),
      ["TAU", "FIT"],
    ),
    rater: factor(
      rows.map(({ rater }) => rater),
      undefined,
      "id",
    ),
    tau: rows.map(({ arm }) => Number(arm === "TAU")),
    fit: rows.map(({ arm }) => Number(arm === "FIT")),
  });
  it.each(["satterthwaite", "kenward-roger"] as const)("%s: each arm has its own mean squares and two df", (df) => {
    const frame = frameOf(data, "y ~ 0 + arm + (0 + tau | rater) + (0 + fit | rater)");
    const fit = fitResidualStrata(frame, toOrderedFactor(data, "arm", frame.rows), { df });
    // Within: sum of squares 3·2 over 3 df; 3·18 over 3.
    expectClose([fit.sigma.data[0]!, fit.sigma.data[3]!], [2, 18], optimised.variance, "residual");
    // Between: 2·variance of the means (3, 10, 5) and (4, 23, 12).
    const between = [2 * 13, (2 * (361 + 64 + 121)) / 6];
    expectClose(
      fit.random.map(({ covariance }) => covariance.data[0]!),
      [(between[0]! - 2) / 2, (between[1]! - 18) / 2],
      optimised.variance,
      "raters",
    );
    expectClose(fit.coef, [6, 13], iterated, "means");
    expectClose(
      standardErrors(fit),
      between.map((ms) => Math.sqrt(ms / 6)),
      optimised.se,
      "se",
    );
    expectClose(dfs(fit), [2, 2], optimised.df, "df");
  });
});

it("with one stratum is the linear mixed model", () => {
  const whole = { ...table, columns: new Map([...table.columns, ["one", factor(Array(table.rows).fill("all"))]]) };
  for (const df of ["satterthwaite", "kenward-roger"] as const) {
    const frame = frameOf(whole, formula);
    const fit = fitResidualStrata(frame, toOrderedFactor(whole, "one", frame.rows), { df });
    const single = fitLinearMixed(frame, { df });
    expectClose(fit.logLik, single.logLik, iterated, "logLik");
    expectClose(standardErrors(fit), standardErrors(single), optimised.se, "se");
    expectClose(dfs(fit), dfs(single), optimised.df, "df");
  }
});

describe("identities", () => {
  const original = fitOf(table, { df: "kenward-roger" });
  it("the order of rows does not matter", () => {
    const shuffled = pickRows(
      table,
      [...Array(table.rows).keys()].sort((a, b) => ((a * 7919) % 131) - ((b * 7919) % 131)),
    );
    const fit = fitOf(shuffled, { df: "kenward-roger" });
    expectClose(fit.coef, original.coef, optimised.estimate, "coef", 1);
    expectClose(dfs(fit), dfs(original), optimised.df, "df");
  });
  it("arms swapped flips the sign", () => {
    const fit = fitOf(withLevels(table, "arm", ["FIT", "TAU"]), { df: "kenward-roger" });
    expectClose(fit.coef[2]!, -original.coef[2]!, optimised.estimate, "arm");
    expectClose(dfs(fit)[2]!, dfs(original)[2]!, optimised.df, "df");
    expectClose(fit.sigma.data[0]!, original.sigma.data[3]!, optimised.variance, "the first stratum");
  });
  it("a rescaled covariate rescales its coefficient", () => {
    const fit = fitOf(
      mapColumn(table, "ors_0", (v) => v * 100),
      { df: "kenward-roger" },
    );
    expectClose(fit.coef[1]! * 100, original.coef[1]!, optimised.estimate, "ors_0");
    expectClose(dfs(fit), dfs(original), optimised.df, "df");
  });
});

describe("the boundary is ordinary", () => {
  /** Samples of the trial's shape: therapists nested in arm, small variances between them. */
  const sample = (seed: number): Table => {
    const { normal } = randomStream(seed);
    const rows = Array.from({ length: 16 }, (_, t) => {
      const isFit = t % 2 === 1;
      const effect = (isFit ? 1.5 : 0.5) * normal();
      const unit = Math.floor(t / 4);
      return Array.from({ length: 3 + (t % 4) }, () => {
        const base = 18 + 6 * normal();
        return { t, unit, isFit, base, y: 10 + 0.5 * base + effect + (isFit ? 7 : 5) * normal() };
      });
    }).flat();
    return tableOf({
      ors: rows.map(({ y }) => y),
      ors_0: rows.map(({ base }) => base),
      arm: factor(
        rows.map(({ isFit }) => (isFit ? "FIT" : "TAU")),
        ["TAU", "FIT"],
      ),
      fit: rows.map(({ isFit }) => Number(isFit)),
      tau: rows.map(({ isFit }) => Number(!isFit)),
      unit: factor(
        rows.map(({ unit }) => `U${unit}`),
        undefined,
        "id",
      ),
      therapist: factor(
        rows.map(({ t }) => `T${t}`),
        undefined,
        "id",
      ),
    });
  };
  const terms = { unit: "(1 | unit)", fit: "(0 + fit | therapist)", tau: "(0 + tau | therapist)" };
  const all = `ors ~ ors_0 + arm + ${Object.values(terms).join(" + ")}`;
  const samples = Array.from({ length: 24 }, (_, i) => sample(i + 1));
  const done = samples.map((data) => fitOf(data, { df: "kenward-roger" }, all));

  it("every sample converges, and many lie on it", () => {
    expect(done.flatMap(({ problems }) => problems.filter(({ severity }) => severity === "error"))).toEqual([]);
    expect(done.filter(({ singular }) => singular).length).toBeGreaterThan(6);
    expect(done.filter(({ singular }) => !singular).length).toBeGreaterThan(0);
  });
  it("SE and df are those of the model without what is zero", () => {
    let compared = 0;
    done.forEach((fit, i) => {
      const kept = Object.values(terms).filter((_, t) => fit.random[t]!.covariance.data[0]! > 0);
      if (kept.length === 3 || kept.length === 0) return;
      compared++;
      const without = fitOf(samples[i]!, { df: "kenward-roger" }, `ors ~ ors_0 + arm + ${kept.join(" + ")}`);
      expect(without.singular).toBe(false);
      expect(fit.problems.map(({ code }) => code)).toEqual(Array(3 - kept.length).fill("fit.singular"));
      expectClose(fit.deviance, without.deviance, iterated, `sample ${i}`);
      expectClose(standardErrors(fit), standardErrors(without), optimised.se, `sample ${i}: se`);
      expectClose(dfs(fit), dfs(without), optimised.df, `sample ${i}: df`);
    });
    expect(compared).toBeGreaterThan(3);
  });
  it("with every variance at zero the residual variances are left", () => {
    const fit = done.find(({ random }) => random.every(({ covariance }) => covariance.data[0] === 0));
    if (fit === undefined) throw new Error("no sample has all at zero");
    expect(fit.problems).toHaveLength(3);
    expect(dfs(fit).every((df) => df > 10)).toBe(true);
  });
});

describe("failures", () => {
  it("without a random term", () => {
    expect(() => fitOf(table, {}, "ors ~ ors_0 + arm")).toThrow(ProblemError);
  });
  it("an outcome that the model reproduces", () => {
    const fit = fitOf(
      mapColumn(table, "ors", () => 0),
      {},
      "I(ors + ors_0) ~ ors_0 + arm + (1 | therapist)",
    );
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.no-residual-variance"]);
  });
  it("crossed groups with between–within degrees of freedom", () => {
    const raters = factor(Array.from({ length: table.rows }, (_, row) => `R${row % 4}`));
    const crossed = { ...table, columns: new Map([...table.columns, ["rater", raters]]) };
    expect(() => fitOf(crossed, { df: "between-within" }, `${formula} + (1 | rater)`)).toThrow(ProblemError);
  });
});
