import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { COVARIANCE_STRUCTURES } from "../../src/formula/formula.js";
import { covarianceComponents } from "../../src/mixed/covariance-components.js";
import type { MixedDf } from "../../src/mixed/fixed-effect-inference.js";
import type { RepeatedMeasuresFit } from "../../src/mixed/repeated-measures.js";
import { fromRows } from "../../src/numeric/matrix.js";
import { ProblemError } from "../../src/problem.js";
import type { Table } from "../../src/table/table.js";
import { factor, numbers, tableOf } from "../formula/table-of.js";
import { closedForm, expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { readReference } from "../reference/reference-case.js";
import { mapColumn, pickRows, withColumn, withLevels } from "../table/changed-table.js";
import { type Component, plainMarginal, termComponent, visitComponents } from "./plain-marginal.js";
import { fitFormula, measuresOf, repeatedFrame } from "./repeated-frame.js";
import { randomStream } from "./simulated-table.js";

const { table } = readReference("mmrm-visits");
const { fits } = JSON.parse(
  readFileSync(new URL("../reference/mmrm-visits/expected.json", import.meta.url), "utf8"),
) as {
  fits: {
    id: string;
    formula: string;
    method: "REML" | "ML";
    observations: number;
    names: string[];
    coef: number[];
    se: number[];
    logLik: number;
    nlmeLogLik: number;
    sigma: number[][];
    sd: Record<string, number>;
  }[];
};

const standardErrors = ({ vcov }: RepeatedMeasuresFit): number[] =>
  Array.from({ length: vcov.rows }, (_, i) => Math.sqrt(vcov.data[i * vcov.rows + i]!));
const unitRow = (p: number, j: number) => Float64Array.from({ length: p }, (_, i) => (i === j ? 1 : 0));
const dfs = (fit: RepeatedMeasuresFit): number[] =>
  fit.names.map((_, j) => fit.denominatorDf(fromRows([unitRow(fit.names.length, j)])).df);

describe.each(fits)("nlme: $id", (expected) => {
  const fit = fitFormula(table, expected.formula, { method: expected.method });

  it("converged", () => {
    expect(fit.problems).toEqual([]);
    expect(fit.converged).toBe(true);
    expect(fit.n.observations).toBe(expected.observations);
  });
  it("coefficients and standard errors", () => {
    expect(fit.names).toEqual(expected.names);
    fit.names.forEach((name, j) => {
      expectClose(fit.coef[j]!, expected.coef[j]!, optimised.estimate, name, expected.se[j]);
    });
    expectClose(standardErrors(fit), expected.se, optimised.se, "se");
  });
  it("log-likelihood", () => {
    expectClose(fit.logLik, expected.logLik, iterated, "logLik");
    expectClose(fit.logLik, expected.nlmeLogLik, iterated, "nlme's logLik");
  });
  it("covariance of the visits and of the clusters", () => {
    expectClose(fit.sigma.data, expected.sigma.flat(), optimised.variance, "sigma");
    for (const [name, sd] of Object.entries(expected.sd)) {
      const term = fit.random.find(({ group, names }) => `${group}:${names[0]}` === name)!;
      expectClose(Math.sqrt(term.covariance.data[0]!), sd, optimised.variance, name);
    }
  });
});

describe("worked by hand: one mean for each visit, nobody missing", () => {
  // Three visits of six participants. REML's Σ is the sample covariance, and each mean has n − 1 degrees of freedom.
  const values = [
    [1, 2, 4],
    [3, 3, 5],
    [2, 5, 4],
    [5, 6, 9],
    [4, 4, 6],
    [3, 7, 8],
  ];
  const data = tableOf({
    y: values.flat(),
    id: factor(
      values.flatMap((_, i) => [`a${i}`, `a${i}`, `a${i}`]),
      undefined,
      "id",
    ),
    visit: factor(
      values.flatMap(() => ["1", "2", "3"]),
      ["1", "2", "3"],
    ),
  });
  const means = [18 / 6, 27 / 6, 36 / 6];
  const covariance = [0, 1, 2].map((u) =>
    [0, 1, 2].map((v) => values.reduce((sum, row) => sum + (row[u]! - means[u]!) * (row[v]! - means[v]!), 0) / 5),
  );

  it.each(["satterthwaite", "kenward-roger"] as const)("%s", (df) => {
    const fit = fitFormula(data, "y ~ 0 + visit + us(visit | id)", { df });
    expectClose(fit.coef, means, iterated, "means");
    expectClose(fit.sigma.data, covariance.flat(), optimised.variance, "sigma", 1);
    expectClose(
      standardErrors(fit),
      covariance.map((row, u) => Math.sqrt(row[u]! / 6)),
      optimised.se,
      "se",
    );
    expectClose(dfs(fit), [5, 5, 5], optimised.df, "df");
    // The difference of two visits is a paired t test.
    expectClose(fit.denominatorDf(fromRows([[1, 0, -1]])).df, 5, optimised.df, "df of a difference");
  });
  it("Hotelling: Kenward–Roger scales F for all differences to F(2, 4)", () => {
    const fit = fitFormula(data, "y ~ 0 + visit + us(visit | id)", { df: "kenward-roger" });
    const { df, scale } = fit.denominatorDf(
      fromRows([
        [1, -1, 0],
        [0, 1, -1],
      ]),
    );
    expectClose(df, 4, optimised.df, "df");
    expectClose(scale, 4 / 5, optimised.df, "scale");
  });
});

/** The elements of V as dense matrices, at the fit's estimate. */
function plainOf(data: Table, formula: string, fit: RepeatedMeasuresFit, method: "REML" | "ML" = "REML") {
  const frame = repeatedFrame(data, formula);
  const { participants, visits } = measuresOf(frame).measures;
  const clusters: Component[] = frame.Z.map((term, t) => termComponent(term, fit.random[t]!.covariance.data[0]!));
  return plainMarginal(
    frame.X,
    frame.response,
    [...visitComponents(participants.codes, visits.codes, fit.sigma), ...clusters],
    method,
  );
}

describe("the plain dense implementation", () => {
  const formulas = {
    alone: "y ~ base + arm * visit + us(visit | id)",
    clustered: "y ~ base + arm * visit + us(visit | id) + (1 | therapist)",
    crossed: "y ~ base + visit + us(visit | id) + (1 | therapist) + (1 | rater)",
  };
  // Raters lie across participants and therapists; with an effect of their own in the outcome.
  const outcome = table.columns.get("y")!;
  const raterEffect = (row: number): number => [-4, -2, 0, 3, 5][(row * 7) % 5]!;
  const rated = withColumn(
    withColumn(
      table,
      "y",
      outcome.kind === "number"
        ? { ...outcome, values: outcome.values.map((y, row) => y + raterEffect(row)) }
        : outcome,
    ),
    "rater",
    factor(Array.from({ length: table.rows }, (_, row) => `R${(row * 7) % 5}`)),
  );
  it.each(Object.entries(formulas))(
    "%s: estimate, Satterthwaite, Kenward–Roger with observed information",
    (_, formula) => {
      const satterthwaite = fitFormula(rated, formula, { df: "satterthwaite" });
      const kenwardRoger = fitFormula(rated, formula, { df: "kenward-roger" });
      expect(satterthwaite.singular).toBe(false);
      const plain = plainOf(rated, formula, satterthwaite);
      const p = satterthwaite.names.length;
      expectClose(satterthwaite.deviance, plain.criterion, closedForm, "criterion");
      expectClose(satterthwaite.coef, plain.beta, iterated, "coef", 1);
      expectClose(satterthwaite.vcov.data, plain.phi.data, iterated, "vcov", 0.1);
      // At the estimate the criterion is flat in every element.
      expectClose(plain.gradient, new Float64Array(plain.gradient.length), optimised.se, "gradient", 1);
      const adjusted = plain.kenwardRoger("observed");
      expectClose(kenwardRoger.vcov.data, adjusted.vcov.data, optimised.se, "adjusted vcov", 0.1);
      for (let j = 0; j < p; j++) {
        const L = unitRow(p, j);
        expectClose(dfs(satterthwaite)[j]!, plain.satterthwaite(L), optimised.df, `Satterthwaite ${j}`);
        expectClose(dfs(kenwardRoger)[j]!, adjusted.df(L), optimised.df, `Kenward–Roger ${j}`);
      }
    },
  );

  it("a participant with two therapists has the effect of each in their own rows", () => {
    const therapist = rated.columns.get("therapist")!;
    const visit = rated.columns.get("visit")!;
    if (therapist.kind !== "category" || visit.kind !== "category") throw new Error("categories");
    const codes = therapist.codes.map((code, row) =>
      visit.codes[row] === 3 && row % 3 === 0 ? (code + 1) % 12 : code,
    );
    const changed = withColumn(rated, "therapist", { ...therapist, codes });
    const fit = fitFormula(changed, formulas.clustered, { df: "satterthwaite" });
    expect(fit.converged).toBe(true);
    expect(fit.singular).toBe(false);
    const plain = plainOf(changed, formulas.clustered, fit);
    expectClose(fit.deviance, plain.criterion, closedForm, "criterion");
    expectClose(dfs(fit)[2]!, plain.satterthwaite(unitRow(fit.names.length, 2)), optimised.df, "df");
  });
});

describe("structures", () => {
  const formulaOf = (structure: string) => `y ~ base + arm * visit + ${structure}(visit | id)`;
  const criterion = Object.fromEntries(
    COVARIANCE_STRUCTURES.map((structure) => {
      const fit = fitFormula(table, formulaOf(structure));
      expect(fit.problems, structure).toEqual([]);
      const plain = plainOf(table, formulaOf(structure), fit);
      expectClose(fit.deviance, plain.criterion, closedForm, structure);
      return [structure, fit.deviance];
    }),
  );
  it.each([
    ["cs", "csh"],
    ["cs", "toep"],
    ["csh", "toeph"],
    ["ar1", "ar1h"],
    ["ar1", "toep"],
    ["ar1", "ad"],
    ["ar1h", "adh"],
    ["ar1h", "toeph"],
    ["ad", "adh"],
    ["toep", "toeph"],
    ["adh", "us"],
    ["toeph", "us"],
  ])("%s is a special case of %s, so fits no better", (special, general) => {
    expect(criterion[general]!).toBeLessThanOrEqual(criterion[special]! + 1e-8);
  });
  it("with two visits all the heterogeneous structures are the unstructured one", () => {
    const visit = table.columns.get("visit")!;
    const two = pickRows(
      table,
      [...Array(table.rows).keys()].filter((row) => visit.kind === "category" && visit.codes[row]! < 2),
    );
    const us = fitFormula(two, formulaOf("us"));
    for (const structure of ["csh", "ar1h", "adh", "toeph"]) {
      const fit = fitFormula(two, formulaOf(structure));
      expectClose(fit.deviance, us.deviance, iterated, structure);
      expectClose(dfs(fit), dfs(us), optimised.df, `${structure}: df`);
    }
  });
});

describe("identities", () => {
  const formula = "y ~ base + arm * visit + us(visit | id) + (1 | therapist)";
  const fitOf = (data: Table, df: MixedDf = "kenward-roger") => fitFormula(data, formula, { df });
  const original = fitOf(table);
  const same = (actual: RepeatedMeasuresFit): void => {
    expectClose(actual.logLik, original.logLik, iterated, "logLik");
    expectClose(actual.coef, original.coef, optimised.estimate, "coef", 0.1);
    expectClose(standardErrors(actual), standardErrors(original), optimised.se, "se");
    expectClose(dfs(actual), dfs(original), optimised.df, "df");
    expectClose(actual.sigma.data, original.sigma.data, optimised.variance, "sigma");
  };

  it("the same call gives the same bytes", () => {
    const again = fitOf(table);
    expect(again.coef).toEqual(original.coef);
    expect(again.vcov).toEqual(original.vcov);
  });
  it("the order of rows does not matter", () => {
    same(
      fitOf(
        pickRows(
          table,
          [...Array(table.rows).keys()].sort((a, b) => ((a * 7919) % 293) - ((b * 7919) % 293)),
        ),
      ),
    );
  });
  it("arms swapped flips the sign of every difference between them", () => {
    const swapped = fitOf(withLevels(table, "arm", ["FIT", "TAU"]));
    original.names.forEach((name, j) => {
      if (!name.includes("arm")) return;
      expectClose(swapped.coef[j]!, -original.coef[j]!, optimised.estimate, name, 0.1);
      expectClose(dfs(swapped)[j]!, dfs(original)[j]!, optimised.df, `${name}: df`);
    });
  });
  it("a covariate in other units rescales its coefficient", () => {
    const rescaled = fitOf(mapColumn(table, "base", (v) => 1000 * v));
    expectClose(rescaled.coef[1]! * 1000, original.coef[1]!, optimised.estimate, "base");
    expectClose(standardErrors(rescaled)[1]! * 1000, standardErrors(original)[1]!, optimised.se, "se");
    expectClose(dfs(rescaled), dfs(original), optimised.df, "df");
  });
  it("an outcome in other units rescales everything but the df", () => {
    const rescaled = fitOf(mapColumn(table, "y", (v) => 1e6 + v / 1000));
    expectClose(
      rescaled.coef.slice(1),
      original.coef.slice(1).map((v) => v / 1000),
      optimised.estimate,
      "coef",
      1e-4,
    );
    expectClose(
      rescaled.sigma.data,
      original.sigma.data.map((v) => v / 1e6),
      optimised.variance,
      "sigma",
    );
    expectClose(dfs(rescaled), dfs(original), optimised.df, "df");
  });
});

describe("degrees of freedom", () => {
  const formula = "y ~ base + arm * visit + us(visit | id)";
  it("between–within: participants less what varies between them, rows less participants less the rest", () => {
    const fit = fitFormula(table, formula, { df: "between-within" });
    // 234 rows, 72 participants less those without a row; base and arm between, three visits and three interactions within.
    const participants = fit.n.groups["id"]!;
    const between = participants - 3;
    const within = 234 - participants - 6;
    expect(dfs(fit)).toEqual([within, between, between, within, within, within, within, within, within]);
    const both = Float64Array.from([0, 0, 1, 0, 0, 0, 1, 0, 0]);
    expect(fit.denominatorDf(fromRows([both])).df).toBe(Math.min(between, within));
  });
  it("residual and normal", () => {
    expect(dfs(fitFormula(table, formula, { df: "residual" }))[0]).toBe(234 - 9);
    expect(dfs(fitFormula(table, formula, { df: "normal" }))[0]).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a cluster variance at zero", () => {
  // Therapists that are dealt out at random over the participants have no variance to find.
  const therapist = table.columns.get("therapist")!;
  const id = table.columns.get("id")!;
  if (therapist.kind !== "category" || id.kind !== "category") throw new Error("categories");
  const dealt = (shift: number): Table =>
    withColumn(table, "therapist", { ...therapist, codes: id.codes.map((code) => ((code * shift) % 73) % 12) });
  const clustered = "y ~ base + arm * visit + us(visit | id) + (1 | therapist)";
  const alone = "y ~ base + arm * visit + us(visit | id)";
  const zero = [5, 7, 11, 13, 17, 19, 23].map(dealt).filter((data) => fitFormula(data, clustered).singular);

  it("happens here", () => expect(zero.length).toBeGreaterThan(0));
  it.each(["satterthwaite", "kenward-roger"] as const)("is left out: %s as without it", (df) => {
    const fit = fitFormula(zero[0]!, clustered, { df });
    const without = fitFormula(zero[0]!, alone, { df });
    expect(fit.converged).toBe(true);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.singular"]);
    expect(fit.problems[0]!.message).toContain('"therapist"');
    expect(fit.random[0]!.covariance.data[0]).toBe(0);
    expectClose(fit.logLik, without.logLik, iterated, "logLik");
    expectClose(standardErrors(fit), standardErrors(without), optimised.se, "se");
    expectClose(dfs(fit), dfs(without), optimised.df, "df");
  });
});

describe("covariance estimates", () => {
  const fit = fitFormula(table, "y ~ base + arm * visit + us(visit | id)");
  const list = covarianceComponents(fit, 0.95);
  const named = (name: string) => list.find((one) => one.name === name)!;
  it("are the upper triangle in the order of the visits, then correlations", () => {
    expect(list.slice(0, 10).map(({ name }) => name)).toEqual(
      ["1,1", "1,3", "1,6", "1,12", "3,3", "3,6", "3,12", "6,6", "6,12", "12,12"].map((pair) => `covariance:${pair}`),
    );
    expect(list).toHaveLength(16);
    const r = named("correlation:1,12");
    expectClose(
      r.estimate!,
      named("covariance:1,12").estimate! /
        Math.sqrt(named("covariance:1,1").estimate! * named("covariance:12,12").estimate!),
      closedForm,
      "correlation",
    );
    expect(r.lower!).toBeLessThan(r.estimate!);
    expect(r.upper!).toBeLessThan(1);
  });
  it("have the standard error of a sample variance when nobody is missing", () => {
    const { normal } = randomStream(8);
    const people = 40;
    const rows = Array.from({ length: 2 * people }, (_, i) => ({
      id: `a${i >> 1}`,
      visit: String(i & 1),
      y: normal(),
    }));
    const complete = tableOf({
      y: rows.map(({ y }) => y),
      id: factor(
        rows.map(({ id }) => id),
        undefined,
        "id",
      ),
      visit: factor(
        rows.map(({ visit }) => visit),
        ["0", "1"],
      ),
    });
    const [variance] = covarianceComponents(fitFormula(complete, "y ~ 0 + visit + us(visit | id)"), 0.95);
    expectClose(variance!.se!, variance!.estimate! * Math.sqrt(2 / (people - 1)), optimised.se, "se of a variance");
  });
});

describe("what cannot be fitted", () => {
  const codesOf = (run: () => unknown): string[] => {
    try {
      run();
    } catch (thrown) {
      if (thrown instanceof ProblemError) return thrown.problems.map(({ code }) => code);
      throw thrown;
    }
    return [];
  };
  const small = (people: number, visits: string[], y: (i: number) => number, each = 1): Table => {
    const rows = Array.from({ length: people * visits.length * each }, (_, i) => i);
    return tableOf({
      y: numbers(rows.map(y)),
      id: factor(
        rows.map((i) => `<b>${Math.floor(i / (visits.length * each))}`),
        undefined,
        "id",
      ),
      visit: factor(
        rows.map((i) => visits[Math.floor(i / each) % visits.length]!),
        visits,
      ),
    });
  };
  const wave = (i: number) => Math.sin(3 * i) + Math.sin(i * i);

  it("two rows of a participant for one visit: one problem for each, naming both", () => {
    const frame = repeatedFrame(small(5, ["1", "2"], wave, 2), "y ~ visit + us(visit | id)");
    const { measures, structure } = measuresOf(frame);
    expect(measures.participants.levels).toHaveLength(5);
    expect(structure).toBe("us");
    expect(codesOf(() => fitFormula(small(5, ["1", "2"], wave, 2), "y ~ visit + us(visit | id)"))).toEqual(
      Array.from({ length: 10 }, () => "frame.repeated-visit"),
    );
  });
  it("fewer participants than covariance parameters", () => {
    const fit = fitFormula(small(9, ["1", "2", "3", "4"], wave), "y ~ visit + us(visit | id)");
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.too-few-participants"]);
    expect(fit.problems[0]!.message).toContain("9 participants cannot carry the 10 parameters");
  });
  it("two visits that nobody has both of", () => {
    const all = small(30, ["1", "2"], wave);
    const half = pickRows(
      all,
      [...Array(60).keys()].filter((i) => (Math.floor(i / 2) + i) % 2 === 0),
    );
    const fit = fitFormula(half, "y ~ visit + us(visit | id)");
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.visits-never-together"]);
  });
  it("a random intercept of the participants beside their covariance", () => {
    const visits = (count: number) => small(30, ["1", "2", "3"].slice(0, count), wave);
    const refused = (formula: string, count = 3, fallback: readonly ("cs" | "ar1")[] = []) =>
      codesOf(() => fitFormula(visits(count), formula, { fallback }));
    for (const structure of ["us", "cs", "csh", "toep", "toeph"])
      expect(refused(`y ~ visit + ${structure}(visit | id) + (1 | id)`)).toEqual(["formula.participant-effect"]);
    // Two visits have one correlation, whatever the structure.
    expect(refused("y ~ visit + ar1(visit | id) + (1 | id)", 2)).toEqual(["formula.participant-effect"]);
    expect(refused("y ~ visit + ar1h(visit | id) + (1 | id)", 3, ["cs"])).toEqual(["formula.participant-effect"]);
  });
  it("that intercept beside a correlation that fades, with any df", () => {
    const formula = "y ~ base + arm * visit + ar1h(visit | id) + (1 | id)";
    const fits = (["satterthwaite", "kenward-roger", "between-within"] as const).map((df) =>
      fitFormula(table, formula, { df }),
    );
    for (const fit of fits) expect(fit.problems).toEqual([]);
    // Between participants: 70, less intercept, base and arm.
    expect(dfs(fits[2]!)[1]).toBe(67);
    // The lag-three covariance is no longer that of the structure alone.
    const bare = fitFormula(table, "y ~ base + arm * visit + ar1h(visit | id)");
    expect(fits[0]!.deviance).toBeLessThan(bare.deviance);
  });
  it("an outcome that the model reproduces", () => {
    const fit = fitFormula(
      small(30, ["1", "2"], (i) => 1 + (i % 2)),
      "y ~ visit + us(visit | id)",
    );
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.no-residual-variance"]);
  });
  it("two visits with the same values: no covariance matrix of full rank", () => {
    const fit = fitFormula(
      small(30, ["1", "2"], (i) => wave(i >> 1)),
      "y ~ 1 + us(visit | id)",
    );
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.not-converged"]);
  });
});

describe("the ladder of structures", () => {
  const short = pickRows(
    table,
    Array.from({ length: 36 }, (_, i) => i),
  ); // nine participants
  const formula = "y ~ visit + us(visit | id)";
  it("takes the next when one cannot be fitted, and says so", () => {
    const fit = fitFormula(short, formula, { fallback: ["ar1", "cs"] });
    expect(fit.converged).toBe(true);
    expect(fit.structure).toBe("ar1");
    expect(fit.problems.map(({ code, severity }) => [code, severity])).toEqual([
      ["fit.covariance-fallback", "warning"],
    ]);
    expect(fit.problems[0]!.message).toContain("us could not be used: 9 participants");
    expect(fit.coef).toEqual(fitFormula(short, formula.replace("us", "ar1")).coef);
  });
  it("is not climbed when the first can be fitted", () => {
    const fit = fitFormula(table, formula, { fallback: ["cs"] });
    expect(fit.structure).toBe("us");
    expect(fit.problems).toEqual([]);
  });
  it("that fails to its end gives each reason", () => {
    const rows = [...Array(60).keys()];
    const flat = tableOf({
      y: numbers(rows.map((i) => Math.sin(3 * (i >> 1)))),
      id: factor(
        rows.map((i) => `p${i >> 1}`),
        undefined,
        "id",
      ),
      visit: factor(
        rows.map((i) => String(i % 2)),
        ["0", "1"],
      ),
    });
    const fit = fitFormula(flat, "y ~ 1 + us(visit | id)", { fallback: ["ar1h", "cs"] });
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(Array(3).fill("fit.covariance-not-fitted"));
    expect(fit.problems.map(({ message }) => message.split(":")[0])).toEqual(["us", "ar1h", "cs"]);
  });
});
