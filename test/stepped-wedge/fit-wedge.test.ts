/** Stepped-wedge models against lme4, lmerTest, pbkrtest and lm; inference side by side; intracluster correlations. */
import { describe, expect, it } from "vitest";
import type { RandomTerm } from "../../src/formula/frame.js";
import { toGroupingFactor } from "../../src/formula/grouping-factor.js";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { contrast } from "../../src/inference/contrast.js";
import type { Estimate } from "../../src/inference/estimate.js";
import { fitWedge, type WedgeFitOptions, type WedgeInference } from "../../src/stepped-wedge/fit-wedge.js";
import {
  decayingTerm,
  madeColumns,
  type WedgeModel,
  wedgeContrasts,
  wedgeFormula,
  wedgeTable,
} from "../../src/stepped-wedge/wedge-model.js";
import type { Column, Table } from "../../src/table/table.js";
import { expectedNumber, expectedWedge, readWedge } from "./read-wedge.js";
import { idColumn, numberColumn, simulatedWedge } from "./simulated-wedge.js";

const model = (changes: Partial<WedgeModel> = {}): WedgeModel => ({
  outcome: "y",
  cluster: "unit",
  period: "period",
  treated: "treated",
  periodIsNumber: true,
  clusterIsNumber: false,
  periodEffects: "categorical",
  periodDf: 3,
  effect: "immediate",
  exposureDf: 3,
  correlation: "nested-exchangeable",
  clusterEffects: "random",
  randomTreatment: false,
  random: [],
  covariates: [],
  taken: ["unit", "period", "treated", "client", "age", "y"],
  ...changes,
});

interface Fitted {
  readonly effects: (kind: WedgeInference) => Readonly<Record<string, Estimate>>;
  readonly done: ReturnType<typeof fitWedge>;
  readonly component: (name: string) => Estimate;
}

function fitModel(
  table: Table,
  changes: Partial<WedgeModel> = {},
  options: Partial<WedgeFitOptions> & Pick<WedgeFitOptions, "inference"> = { inference: ["kenward-roger"] },
): Fitted {
  const own = model(changes);
  const made = wedgeTable(table, own);
  const frame = modelFrame({
    formula: parseFormula(wedgeFormula(own)),
    table: made.table,
    also: ["unit", "period", "treated"],
    residual: (options.family ?? "gaussian") === "gaussian",
  });
  const times = [...new Set(made.exposure)].filter((s) => s > 0).sort((a, b) => a - b);
  const done = fitWedge(frame, {
    family: "gaussian",
    method: "REML",
    clusters: { column: "unit", ...toGroupingFactor(table, ["unit"], frame.rows) },
    unitPeriod: "unit:period",
    exposure: own.effect === "random-exposure" ? madeColumns(own).exposure : null,
    unit: null,
    decay: own.correlation === "decay" ? decayingTerm(table, own, frame.rows) : null,
    level: 0.95,
    path: "",
    ...options,
  });
  const contrasts = wedgeContrasts(own, frame.names, times, made.spline);
  return {
    done,
    effects: (kind) => {
      const { fit } = done.fits.find((one) => one.kind === kind)!;
      const label = { measure: "mean-difference", unit: null, level: 0.95 };
      return Object.fromEntries(contrasts.map(({ name, L }) => [name, contrast(fit, L, { name, ...label })]));
    },
    component: (name) => [...done.components, ...done.tests].find((one) => one.name === name)!,
  };
}

const near = (value: number | null | undefined, expected: number, relative: number): void =>
  expect(Math.abs((value ?? Number.NaN) / expected - 1), `${value} for ${expected}`).toBeLessThan(relative);

/** lme4's optimiser stops early: estimates agree to 1e-5, standard errors to 1e-4, degrees of freedom to 1e-3. */
const ESTIMATE = 1e-5;
const SE = 1e-4;
const DF = 1e-3;

describe("against lme4, lmerTest and pbkrtest", () => {
  const periods = { covariates: ["age"] };
  it.each<[string, string, Partial<WedgeModel>, string]>([
    ["nested", "sections", periods, "effect:immediate"],
    ["spline", "sections", { periodEffects: "spline" }, "effect:immediate"],
    ["linear", "sections", { periodEffects: "linear" }, "effect:immediate"],
    ["fixedUnits", "sections", { clusterEffects: "fixed" }, "effect:immediate"],
    ["cohort", "cohort", { participant: "client" }, "effect:immediate"],
    ["randomExposure", "sections", { effect: "random-exposure" }, "effect:tate"],
  ])("%s", (id, file, changes, name) => {
    const { effects, done, component } = fitModel(readWedge(file), changes, {
      inference: ["kenward-roger", "satterthwaite"],
    });
    const expected = expectedWedge(id);
    const [kr, satterthwaite] = [effects("kenward-roger")[name]!, effects("satterthwaite")[name]!];
    near(done.base.logLik, expected.logLik, 1e-8);
    near(kr.estimate, expected.estimate, ESTIMATE);
    near(kr.se, expected.krSe, SE);
    near(kr.df, expected.krDf, DF);
    near(satterthwaite.se, expected.se, SE);
    near(satterthwaite.df, expected.df, DF);
    near(component("sd:residual").estimate, expected.sd["Residual"]!, DF);
    if (expected.sd["cp"] !== undefined) near(component("sd:unit:period:(Intercept)").estimate, expected.sd["cp"], DF);
  });

  it("nested exchangeable by ML", () => {
    const { effects, done } = fitModel(readWedge("sections"), periods, { inference: ["satterthwaite"], method: "ML" });
    const expected = expectedWedge("nestedMl");
    const effect = effects("satterthwaite")["effect:immediate"]!;
    near(done.base.logLik, expected.logLik, 1e-8);
    near(effect.estimate, expected.estimate, ESTIMATE);
    near(effect.se, expected.se, SE);
    near(effect.df, expected.df, DF);
  });

  it("units as fixed effects alone are least squares", () => {
    const { effects } = fitModel(
      readWedge("sections"),
      { clusterEffects: "fixed", correlation: "exchangeable" },
      { inference: ["residual", "cr3"] },
    );
    const expected = expectedWedge("leastSquares") as unknown as Record<string, number>;
    near(effects("residual")["effect:immediate"]!.estimate, expected["Estimate"]!, 1e-10);
    near(effects("residual")["effect:immediate"]!.se, expected["Std. Error"]!, 1e-10);
    expect(effects("cr3")["effect:immediate"]!.df).toBe(10);
  });

  it.each([
    ["binomial", "binary"],
    ["poisson", "count"],
  ] as const)("%s by Laplace's approximation", (family, file) => {
    const { effects, done, component } = fitModel(readWedge(file), {}, { inference: ["normal"], family, method: "ML" });
    const effect = effects("normal")["effect:immediate"]!;
    const tmb = expectedWedge(`${family}Tmb`);
    near(done.base.logLik, tmb.logLik, 1e-8);
    // In standard errors, for the Poisson effect is next to zero.
    expect(Math.abs(effect.estimate! - tmb.estimate)).toBeLessThan(SE * tmb.se);
    near(effect.se, tmb.se, SE);
    near(component("sd:unit:(Intercept)").estimate, tmb.sd["unit"]!, DF);
    near(component("sd:unit:period:(Intercept)").estimate, tmb.sd["cp"]!, DF);
    // glmer's optimiser stops a little below the maximum, and its Hessian is by differences.
    const glmer = expectedWedge(family);
    expect(done.base.logLik).toBeGreaterThan(glmer.logLik);
    near(done.base.logLik, glmer.logLik, 1e-6);
    expect(Math.abs(effect.estimate! - glmer.estimate)).toBeLessThan(5e-3 * glmer.se);
    // Its Poisson standard error is 0.7 % from glmmTMB's and ours, which agree to 1e-4.
    near(effect.se, glmer.se, 1e-2);
  });
});

describe("random exposure effects", () => {
  it("are tested on the boundary of their variance, 50:50", () => {
    const { component } = fitModel(readWedge("sections"), { effect: "random-exposure" });
    const test = component("test:exposure-variance");
    const statistic = 2 * (expectedWedge("randomExposure").logLik - expectedNumber("withoutExposure"));
    near(test.statistic, statistic, 1e-4);
    // Half of P(χ²(1) > 0.4664…), by R: pchisq(0.46618777, 1, lower.tail = FALSE) / 2.
    near(test.p, 0.24737, 1e-3);
  });
});

describe("effects over exposure time", () => {
  it("free effects: TATE is the mean of the exposure times, LTE the last", () => {
    const effects = fitModel(readWedge("sections"), { effect: "exposure-time" }).effects("kenward-roger");
    const each = [1, 2, 3, 4, 5].map((s) => effects[`effect:exposure@${s}`]!.estimate!);
    near(effects["effect:tate"]!.estimate, each.reduce((sum, v) => sum + v, 0) / 5, 1e-12);
    expect(effects["effect:lte"]!.estimate).toBe(each[4]);
  });

  it("a spline with as many parameters as exposure times is the free model", () => {
    const free = fitModel(readWedge("sections"), { effect: "exposure-time" }).effects("kenward-roger");
    const spline = fitModel(readWedge("sections"), { effect: "exposure-spline", exposureDf: 5 }).effects(
      "kenward-roger",
    );
    for (const [name, { estimate, se, df }] of Object.entries(free)) {
      near(spline[name]!.estimate, estimate!, 1e-6);
      near(spline[name]!.se, se!, 1e-6);
      near(spline[name]!.df, df!, 1e-4);
    }
  });

  it("a spline with two parameters is a straight line over exposure time", () => {
    const effects = fitModel(readWedge("sections"), { effect: "exposure-spline", exposureDf: 2 }).effects(
      "kenward-roger",
    );
    const at = (s: number) => effects[`effect:exposure@${s}`]!.estimate!;
    for (const s of [2, 3, 4]) expect(at(s + 1) - 2 * at(s) + at(s - 1)).toBeCloseTo(0, 8);
  });
});

describe("cluster-robust inference beside", () => {
  it("CR3 refers to t with units − 2 degrees of freedom, around the same estimate", () => {
    for (const correlation of ["exchangeable", "nested-exchangeable", "decay"] as const) {
      const { effects } = fitModel(
        readWedge("sections"),
        { correlation },
        { inference: ["kenward-roger", "satterthwaite", "cr3"] },
      );
      const cr3 = effects("cr3")["effect:immediate"]!;
      expect(cr3.estimate).toBe(effects("satterthwaite")["effect:immediate"]!.estimate);
      expect(cr3.df).toBe(10);
    }
  });

  it("CR3 is the jackknife over units at the fitted variances", () => {
    // β without unit g, V held: CR3 is Σ (β_g − β)² with e_g left out, by dense matrices.
    const table = simulatedWedge({ units: 6, periods: 4, perCell: 3, seed: 8 });
    for (const correlation of ["nested-exchangeable", "decay"] as const) {
      const { effects, done } = fitModel(table, { correlation }, { inference: ["satterthwaite", "cr3"] });
      const jackknife = jackknifeSe(table, correlation, done);
      near(effects("cr3")["effect:immediate"]!.se, jackknife, 1e-8);
    }
  });

  it("CR3 of an effect that rests on one unit is none, and said: without that unit the jackknife has no effect", () => {
    // u0 and u4 switch first; without the last period of u4, u0 alone has the longest exposure, which the mean has a part of.
    const table = withoutCell(simulatedWedge(), "u4", 5);
    for (const changes of [
      {},
      { correlation: "exchangeable" },
      { correlation: "decay" },
      { clusterEffects: "fixed", correlation: "exchangeable" },
    ] as const) {
      const { effects, done } = fitModel(
        table,
        { ...changes, effect: "exposure-time", periodEffects: "linear" },
        { inference: ["clusterEffects" in changes ? "residual" : "satterthwaite", "cr3"] },
      );
      const none = { se: null, df: null, p: null, lower: null, upper: null };
      for (const name of ["effect:exposure@4", "effect:lte", "effect:tate"]) {
        expect(effects("cr3")[name]).toMatchObject(none);
        expect(effects("cr3")[name]!.estimate).not.toBeNull();
      }
      expect(effects("cr3")["effect:exposure@1"]).toMatchObject({ df: 6 });
      const said = done.problems.filter(({ code }) => code === "fit.one-cluster-coefficient");
      expect(said).toHaveLength(1);
      expect(said[0]!.message).toContain("(CR3)");
    }
  });

  it("is left out, and said, where units share a random effect", () => {
    const { done } = fitModel(
      readWedge("sections"),
      { effect: "random-exposure" },
      { inference: ["kenward-roger", "cr3"] },
    );
    expect(done.fits.map(({ kind }) => kind)).toEqual(["kenward-roger"]);
    expect(done.problems.map(({ code }) => code)).toContain("wedge.not-cluster-robust");
  });

  it("Mancl and DeRouen's sandwich beside a logistic mixed model", () => {
    const { effects } = fitModel(
      readWedge("binary"),
      {},
      { inference: ["normal", "mancl-derouen"], family: "binomial", method: "ML" },
    );
    const marginal = effects("mancl-derouen")["effect:immediate"]!;
    expect(marginal.df).toBe(10);
    // The effect over units is nearer to zero than the one within a unit.
    expect(marginal.estimate!).toBeLessThan(effects("normal")["effect:immediate"]!.estimate!);
  });
});

describe("intracluster correlations", () => {
  it("are ratios of the variances", () => {
    const { component } = fitModel(readWedge("cohort"), { participant: "client" });
    const variance = (name: string) => component(`sd:${name}`).estimate! ** 2;
    const [unit, cell] = [variance("unit:(Intercept)"), variance("unit:period:(Intercept)")];
    const total = unit + cell + variance("client:(Intercept)") + variance("residual");
    near(component("icc:within-period").estimate, (unit + cell) / total, 1e-12);
    near(component("icc:between-period").estimate, unit / total, 1e-12);
    near(component("cac").estimate, unit / (unit + cell), 1e-12);
  });

  it("with decay the CAC is the correlation of neighbouring periods", () => {
    const { component } = fitModel(readWedge("sections"), { correlation: "decay", covariates: ["age"] });
    near(component("cac").estimate, expectedWedge("decayReml").rho, 1e-4);
    near(
      component("icc:between-period").estimate,
      component("cac").estimate! * component("icc:within-period").estimate!,
      1e-10,
    );
  });

  it("with decay of binomial outcomes and counts have the link's residual variance, or none", () => {
    const fitted = (family: "binomial" | "poisson") =>
      fitModel(
        simulatedWedge({ units: 24, periods: 6, perCell: 10, family, seed: 3 }),
        { correlation: "decay" },
        { inference: ["normal", "mancl-derouen"], family, method: "ML" },
      );
    const { component, effects, done } = fitted("binomial");
    const variance = component("sd:unit:period:(Intercept)").estimate! ** 2;
    const within = variance / (variance + Math.PI ** 2 / 3);
    expect(done.base.singular).toBe(false);
    near(component("icc:within-period").estimate, within, 1e-12);
    near(component("icc:between-period").estimate, component("cac").estimate! * within, 1e-12);
    expect(component("cac").lower).toBeGreaterThan(0);
    expect(component("cac").upper).toBeLessThan(1);
    expect(component("sd:residual")).toBeUndefined();
    expect(effects("normal")["effect:immediate"]!.df).toBeNull();
    expect(effects("mancl-derouen")["effect:immediate"]!.df).toBe(22);
    const count = fitted("poisson");
    expect(count.done.components.map(({ name }) => name)).toEqual(["sd:unit:period:(Intercept)", "cac"]);
  });

  it("have intervals by the delta method on the logit scale: of the exchangeable model by hand", () => {
    // Balanced one-way layout: with MSA and MSW independent, Var log(F) gives the interval's width to first order.
    const { component } = fitModel(readWedge("sections"), { correlation: "exchangeable" });
    const icc = component("icc:within-period");
    expect(component("icc:between-period").estimate).toBe(icc.estimate);
    expect(component("cac").estimate).toBe(1);
    expect(component("cac").lower).toBeNull();
    const logit = (x: number) => Math.log(x / (1 - x));
    near(logit(icc.estimate!), (logit(icc.lower!) + logit(icc.upper!)) / 2, 1e-8);
    const half = (1.959963984540054 * icc.se!) / (icc.estimate! * (1 - icc.estimate!));
    near(logit(icc.upper!) - logit(icc.estimate!), half, 1e-8);
  });

  it("on the logit scale have π²/3 as the residual variance", () => {
    const { component } = fitModel(
      readWedge("binary"),
      {},
      { inference: ["normal"], family: "binomial", method: "ML" },
    );
    const [unit, cell] = ["unit", "unit:period"].map((name) => component(`sd:${name}:(Intercept)`).estimate! ** 2) as [
      number,
      number,
    ];
    near(component("icc:within-period").estimate, (unit + cell) / (unit + cell + Math.PI ** 2 / 3), 1e-12);
  });
});

describe("identities", () => {
  it("treatment turned round gives the effect with the other sign", () => {
    const table = readWedge("sections");
    const treated = table.columns.get("treated")!;
    if (treated.kind !== "number") throw new Error("treated");
    const turned: Table = {
      ...table,
      columns: new Map(table.columns).set("treated", { ...treated, values: treated.values.map((v) => 1 - v) }),
    };
    const [a, b] = [table, turned].map((one) => fitModel(one).effects("kenward-roger")["effect:immediate"]!);
    near(b!.estimate, -a!.estimate!, 1e-6);
    near(b!.se, a!.se!, 1e-6);
    near(b!.df, a!.df!, 1e-4);
  });
});

describe("by hand", () => {
  it("two units, three periods, one row a cell, units fixed: the effect is a difference of differences", () => {
    // Unit a switches in period 2, unit b in period 3. Periods take out the common time course: with d = a − b in each
    // period, d1 and d3 compare like with like and d2 = effect + d; the effect is d2 − (d1 + d3) / 2.
    const rows = [
      ["a", 1, 0, 4],
      ["a", 2, 1, 9],
      ["a", 3, 1, 8],
      ["b", 1, 0, 3],
      ["b", 2, 0, 5],
      ["b", 3, 1, 5],
    ] as const;
    const table: Table = {
      name: "hand.csv",
      rows: 6,
      lines: null,
      columns: new Map([
        ["unit", idColumn(rows.map(([unit]) => unit))],
        ["period", numberColumn(rows.map(([, period]) => period))],
        ["treated", numberColumn(rows.map(([, , treated]) => treated))],
        ["y", numberColumn(rows.map(([, , , y]) => y))],
      ]),
    };
    const { effects, component } = fitModel(
      table,
      { clusterEffects: "fixed", correlation: "exchangeable" },
      { inference: ["residual"] },
    );
    const effect = effects("residual")["effect:immediate"]!;
    // d = 1, 4, 3: the effect is 4 − 2 = 2; what is left of d1 and d3 is −1 and 1 about 2, on 1 degree of freedom.
    near(effect.estimate, 2, 1e-12);
    expect(effect.df).toBe(1);
    // d has variance 2σ²; σ² = Σ(rest of d)² / 2 / 1 = 1, so Var(effect) = 2σ² (1 + 1/2) = 3.
    near(component("sd:residual").estimate, 1, 1e-12);
    near(effect.se, Math.sqrt(3), 1e-12);
  });
});

/** The table without the rows of a unit in a period. */
function withoutCell(table: Table, unit: string, period: number): Table {
  const [units, periods] = [table.columns.get("unit")!, table.columns.get("period")!];
  if (units.kind !== "category" || periods.kind !== "number") throw new Error("columns");
  const kept = Array.from({ length: table.rows }, (_, row) => row).filter(
    (row) => units.levels[units.codes[row]!] !== unit || periods.values[row] !== period,
  );
  const columns = [...table.columns].map(([name, column]): [string, Column] => [
    name,
    column.kind === "number"
      ? { ...column, values: Float64Array.from(kept, (row) => column.values[row]!) }
      : { ...column, codes: Int32Array.from(kept, (row) => column.codes[row]!) },
  ]);
  return { ...table, rows: kept.length, columns: new Map(columns) };
}

/** √Σ (β₍₋g₎ − β)², the jackknife over units with V held at the fit. */
function jackknifeSe(table: Table, correlation: string, done: ReturnType<typeof fitWedge>): number {
  const own = model({ correlation: "exchangeable" });
  const frame = modelFrame({ formula: parseFormula(wedgeFormula(own)), table: wedgeTable(table, own).table });
  const unit = toGroupingFactor(table, ["unit"], frame.rows);
  const cell: Pick<RandomTerm, "codes" | "levels"> = toGroupingFactor(table, ["unit", "period"], frame.rows);
  const period = table.columns.get("period")!;
  if (period.kind !== "number") throw new Error("period");
  const variance = (name: string): number => done.components.find((one) => one.name === name)!.estimate! ** 2;
  const rho = done.components.find(({ name }) => name === "cac")!.estimate!;
  const sigma2 = variance("sd:residual");
  const covariance = (i: number, j: number): number => {
    if (unit.codes[i] !== unit.codes[j]) return 0;
    const own = i === j ? sigma2 : 0;
    const cells = variance("sd:unit:period:(Intercept)");
    if (correlation === "decay") return own + cells * rho ** Math.abs(period.values[i]! - period.values[j]!);
    return own + variance("sd:unit:(Intercept)") + (cell.codes[i] === cell.codes[j] ? cells : 0);
  };
  const p = frame.names.length;
  const solve = (without: number): number => {
    const rows = [...frame.rows.keys()].filter((i) => unit.codes[i] !== without);
    const n = rows.length;
    const V = rows.map((i) => rows.map((j) => covariance(i, j)));
    const right = rows.map((i) => [...frame.X.data.slice(i * p, (i + 1) * p), frame.response[i]!]);
    const solved = gauss(
      V.map((row) => row.slice()),
      right.map((row) => row.slice()),
    );
    const normal = Array.from({ length: p }, (_, a) =>
      Array.from({ length: p + 1 }, (_, b) => {
        let sum = 0;
        for (let i = 0; i < n; i++) sum += right[i]![a]! * solved[i]![b]!;
        return sum;
      }),
    );
    const beta = gauss(
      normal.map((row) => row.slice(0, p)),
      normal.map((row) => row.slice(p)),
    );
    return beta[frame.names.indexOf("treated")]![0]!;
  };
  const whole = solve(-1);
  return Math.sqrt(unit.levels.reduce((sum, _, g) => sum + (solve(g) - whole) ** 2, 0));
}

/** A⁻¹B by Gauss elimination with pivots. */
function gauss(A: number[][], B: number[][]): number[][] {
  const n = A.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(A[i]![k]!) > Math.abs(A[pivot]![k]!)) pivot = i;
    [A[k], A[pivot]] = [A[pivot]!, A[k]!];
    [B[k], B[pivot]] = [B[pivot]!, B[k]!];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = A[i]![k]! / A[k]![k]!;
      for (let j = k; j < n; j++) A[i]![j]! -= factor * A[k]![j]!;
      B[i] = B[i]!.map((v, j) => v - factor * B[k]![j]!);
    }
  }
  return B.map((row, i) => row.map((v) => v / A[i]![i]!));
}
