/** Linear mixed models with a correlation that decays: glmmTMB, nlme, dense matrices, identities, the boundary. */
import { describe, expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { decayGradient, decayState, decaySums } from "../../src/mixed/decay-deviance.js";
import { type DecayMixedOptions, fitDecayMixed } from "../../src/mixed/decay-mixed.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { ProblemError } from "../../src/problem.js";
import { decayingTerm, type WedgeModel } from "../../src/stepped-wedge/wedge-model.js";
import type { Table } from "../../src/table/table.js";
import { expectedWedge, readWedge } from "../stepped-wedge/read-wedge.js";
import { idColumn, numberColumn, simulatedWedge } from "../stepped-wedge/simulated-wedge.js";
import { type PlainDecay, plainGradient, plainKenwardRoger, plainSatterthwaite, plainState } from "./plain-decay.js";

const PERIODS = "y ~ factor(period) + treated";

function fitTable(table: Table, formula: string, options: DecayMixedOptions = {}, time?: string) {
  const frame = modelFrame({ formula: parseFormula(formula), table });
  const columns = { cluster: "unit", period: "period", ...(time === undefined ? {} : { time }) };
  const decay = decayingTerm(table, columns as WedgeModel, frame.rows);
  const fit = fitDecayMixed(frame, decay, options);
  const j = frame.names.indexOf("treated");
  const L = new Float64Array(frame.names.length);
  L[j] = 1;
  const se = Math.sqrt(fit.vcov.data[j * L.length + j]!);
  const df = fit.denominatorDf({ rows: 1, cols: L.length, data: L }).df;
  return { fit, frame, decay, L, estimate: fit.coef[j]!, se, df };
}

const near = (value: number, expected: number, relative: number): void =>
  expect(Math.abs(value / expected - 1), `${value} for ${expected}`).toBeLessThan(relative);

/** Two optimisers: estimates to 1e-5, standard errors to 1e-4, variances to 1e-3. */
const OPTIMISED = { estimate: 1e-5, se: 1e-4, variance: 1e-3, logLik: 1e-8 };

describe("against glmmTMB's ar1 and nlme's corExp with a nugget", () => {
  it.each([
    ["decayReml", "sections", `${PERIODS} + age`, "REML", undefined],
    ["decayMl", "sections", `${PERIODS} + age`, "ML", undefined],
    ["decayCohort", "cohort", `${PERIODS} + (1 | client)`, "REML", undefined],
    ["continuousReml", "continuous", "y ~ time + treated", "REML", "time"],
    ["continuousMl", "continuous", "y ~ time + treated", "ML", "time"],
  ] as const)("%s", (id, file, formula, method, time) => {
    const { fit, estimate, se } = fitTable(readWedge(file), formula, { method }, time);
    const expected = expectedWedge(id);
    expect(fit.problems).toEqual([]);
    near(fit.logLik, expected.logLik, OPTIMISED.logLik);
    near(estimate, expected.estimate, OPTIMISED.estimate);
    near(se, expected.se, OPTIMISED.se);
    near(Math.sqrt(fit.random[0]!.covariance.data[0]!), expected.decaySd, OPTIMISED.variance);
    near(fit.rho, expected.rho, OPTIMISED.variance);
    near(fit.sigma, expected.sigma, OPTIMISED.variance);
    if (id === "decayCohort")
      near(Math.sqrt(fit.random[1]!.covariance.data[0]!), expected.clientSd, OPTIMISED.variance);
  });
});

it("beside a treatment effect that varies between units: glmmTMB", () => {
  const { fit, estimate } = fitTable(readWedge("sections"), `${PERIODS} + (0 + treated | unit)`);
  const expected = expectedWedge("decayTreatment");
  near(fit.logLik, expected.logLik, OPTIMISED.logLik);
  near(estimate, expected.estimate, OPTIMISED.estimate);
  near(fit.rho, expected.rho, OPTIMISED.variance);
  near(fit.sigma, expected.sigma, OPTIMISED.variance);
  near(Math.sqrt(fit.random[1]!.covariance.data[0]!), expected.treatedSd, OPTIMISED.variance);
});

describe("against dense matrices of all rows", () => {
  const cases = [
    ["repeated sections, REML", { units: 7, periods: 4, perCell: 3, seed: 9 }, "", "REML"],
    ["repeated sections, ML", { units: 7, periods: 4, perCell: 3, seed: 9 }, "", "ML"],
    ["a cohort, REML", { units: 6, periods: 5, perCell: 3, cohort: true, seed: 5 }, " + (1 | client)", "REML"],
  ] as const;
  it.each(cases)("%s", (_, options, random, method) => {
    const table = simulatedWedge(options);
    const satterthwaite = fitTable(table, PERIODS + random, { method });
    const { fit, frame, L } = satterthwaite;
    expect(fit.problems).toEqual([]);
    const unit = table.columns.get("unit")!;
    const period = table.columns.get("period")!;
    const client = table.columns.get("client")!;
    if (unit.kind !== "category" || period.kind !== "number" || client.kind !== "category")
      throw new Error("not a wedge");
    const plain: PlainDecay = {
      X: frame.X,
      y: frame.response,
      unit: unit.codes,
      position: period.values,
      ...(random === "" ? {} : { client: client.codes }),
      method,
    };
    const phi = [
      fit.random[0]!.covariance.data[0]!,
      fit.rho,
      ...(random === "" ? [] : [fit.random[1]!.covariance.data[0]!]),
      fit.sigma ** 2,
    ];
    const state = plainState(plain, phi);
    near(fit.deviance, state.deviance, 1e-10);
    for (const [j, beta] of state.beta.entries()) near(fit.coef[j]!, beta, 1e-8);
    for (const slope of plainGradient(plain, phi)) expect(Math.abs(slope)).toBeLessThan(1e-4);
    near(satterthwaite.df, plainSatterthwaite(plain, phi, L), 1e-4);
    const expected = plainKenwardRoger(plain, phi, L);
    if (method === "ML") return;
    const kenwardRoger = fitTable(table, PERIODS + random, { method, df: "kenward-roger" });
    near(kenwardRoger.se, expected.se, 1e-8);
    near(kenwardRoger.df, expected.df, 1e-7);
  });

  it("has slopes that are those of differences, away from the minimum too", () => {
    const { frame, decay } = fitTable(simulatedWedge({ cohort: true, seed: 5 }), `${PERIODS} + (1 | client)`);
    const sums = decaySums(decay, frame.Z, frame.X, frame.response);
    const free = [{ kind: "lambda", term: 0 }, { kind: "lambda", term: 1 }, { kind: "rho" }] as const;
    const parameters = (x: readonly number[]) => ({ lambda: Float64Array.of(x[0]!, x[1]!), rho: x[2]! });
    for (const method of ["REML", "ML"] as const) {
      const x = [0.7, 0.4, 0.6];
      const at = parameters(x);
      const gradient = decayGradient(sums, at, decayState(sums, at, method)!, free, method);
      x.forEach((_, a) => {
        const value = (by: number) =>
          decayState(sums, parameters(x.map((v, i) => (i === a ? v + by : v))), method)!.deviance;
        near(gradient[a]!, (value(1e-5) - value(-1e-5)) / 2e-5, 1e-6);
      });
    }
  });
});

describe("on the boundary", () => {
  /** Rows whose unit effects do not change between periods. */
  const constant = (): Table => {
    const table = simulatedWedge({ units: 10, periods: 4, perCell: 5, seed: 2 });
    const unit = table.columns.get("unit")!;
    const period = table.columns.get("period")!;
    if (unit.kind !== "category" || period.kind !== "number") throw new Error("not a wedge");
    const y = unit.codes.length;
    // Within each unit and period the rows' deviations sum to zero: no variance between periods is left.
    const within = new Map<string, number>();
    const values = Float64Array.from({ length: y }, (_, i) => {
      const key = `${unit.codes[i]} ${period.values[i]}`;
      const k = within.get(key) ?? 0;
      within.set(key, k + 1);
      return (
        5 * Math.sin(3 * unit.codes[i]!) + 0.4 * period.values[i]! + (k % 2 === 0 ? 1 : -1) * (1 + 0.1 * Math.cos(i))
      );
    });
    return { ...table, columns: new Map(table.columns).set("y", numberColumn(values)) };
  };

  it("without decay it is the exchangeable model, and says so", () => {
    const { fit, estimate, se, df } = fitTable(constant(), PERIODS, { df: "kenward-roger" });
    const frame = modelFrame({ formula: parseFormula(`${PERIODS} + (1 | unit)`), table: constant() });
    const plain = fitLinearMixed(frame, { df: "kenward-roger" });
    const j = frame.names.indexOf("treated");
    const L = Float64Array.from(frame.names, (_, i) => (i === j ? 1 : 0));
    expect(fit.rho).toBe(1);
    expect(fit.converged && fit.singular).toBe(true);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.singular"]);
    near(fit.deviance, plain.deviance, 1e-9);
    near(estimate, plain.coef[j]!, 1e-6);
    near(se, Math.sqrt(plain.vcov.data[j * L.length + j]!), 1e-5);
    near(df, plain.denominatorDf({ rows: 1, cols: L.length, data: L }).df, 1e-4);
  });

  it("with unrelated periods it is the model of independent unit-periods", () => {
    // Signs alternate from period to period: no correlation above zero fits.
    const table = simulatedWedge({ units: 10, periods: 4, perCell: 5, seed: 2 });
    const unit = table.columns.get("unit")!;
    const period = table.columns.get("period")!;
    if (unit.kind !== "category" || period.kind !== "number") throw new Error("not a wedge");
    const y = numberColumn(
      Float64Array.from(unit.codes, (u, i) => (period.values[i]! % 2 === 0 ? 1 : -1) * (u % 3) * 3 + Math.sin(7 * i)),
    );
    const alternating = { ...table, columns: new Map(table.columns).set("y", y) };
    const { fit, estimate } = fitTable(alternating, PERIODS);
    const frame = modelFrame({ formula: parseFormula(`${PERIODS} + (1 | unit:period)`), table: alternating });
    const plain = fitLinearMixed(frame);
    expect(fit.rho).toBe(0);
    near(fit.deviance, plain.deviance, 1e-9);
    near(estimate, plain.coef[frame.names.indexOf("treated")]!, 1e-6);
  });

  it("without any variance between units it is least squares", () => {
    const table = simulatedWedge({ units: 8, periods: 4, perCell: 4, seed: 3 });
    // Residuals that sum to zero in each cell leave nothing for the cells.
    const unit = table.columns.get("unit")!;
    const period = table.columns.get("period")!;
    if (unit.kind !== "category" || period.kind !== "number") throw new Error("not a wedge");
    const keys = Array.from(unit.codes, (u, i) => u * 10 + period.values[i]!);
    const y = keys.map((key, i) => {
      const place = keys.slice(0, i).filter((other) => other === key).length;
      const size = keys.filter((other) => other === key).length;
      return period.values[i]! + (place - (size - 1) / 2);
    });
    const flat = { ...table, columns: new Map(table.columns).set("y", numberColumn(y)) };
    const { fit } = fitTable(flat, PERIODS);
    expect(fit.random[0]!.covariance.data[0]).toBe(0);
    expect(fit.converged && fit.singular).toBe(true);
    const n = y.length;
    const residual = y.reduce((sum, v, i) => sum + (v - period.values[i]!) ** 2, 0);
    near(fit.sigma ** 2, residual / (n - fit.coef.length), 1e-6);
  });
});

describe("identities", () => {
  const base = () => readWedge("sections");
  const changed = (table: Table, name: string, of: (row: number) => number): Table => ({
    ...table,
    columns: new Map(table.columns).set(name, numberColumn(Array.from({ length: table.rows }, (_, row) => of(row)))),
  });
  const numbers = (table: Table, name: string): Float64Array => {
    const column = table.columns.get(name)!;
    if (column.kind !== "number") throw new Error(name);
    return column.values;
  };

  it("does not depend on the order of the rows, nor on what units and periods are called", () => {
    const table = base();
    const order = Array.from({ length: table.rows }, (_, i) => (i * 211) % table.rows);
    expect(new Set(order).size).toBe(table.rows);
    const unit = table.columns.get("unit")!;
    if (unit.kind !== "category") throw new Error("unit");
    const shuffled: Table = {
      ...table,
      columns: new Map([
        ...[...table.columns].map(([name, column]) => {
          if (column.kind === "number") return [name, numberColumn(order.map((i) => column.values[i]!))] as const;
          return [name, idColumn(order.map((i) => column.levels[column.codes[i]!]!))] as const;
        }),
        ["unit", idColumn(order.map((i) => `z${99 - unit.codes[i]!}`))] as const,
        ["period", numberColumn(order.map((i) => numbers(table, "period")[i]! + 40))] as const,
      ]),
    };
    const [a, b] = [base(), shuffled].map((one) => fitTable(one, `${PERIODS} + age`, { df: "kenward-roger" }));
    near(b!.estimate, a!.estimate, 1e-7);
    near(b!.se, a!.se, 1e-6);
    near(b!.df, a!.df, 1e-4);
    near(b!.fit.rho, a!.fit.rho, 1e-5);
  });

  it("moves with the outcome: 3y + 100 gives three times the effect; treated turned round its negative", () => {
    const table = base();
    const [y, treated] = [numbers(table, "y"), numbers(table, "treated")];
    const a = fitTable(table, PERIODS, { df: "kenward-roger" });
    const b = fitTable(
      changed(table, "y", (i) => 3 * y[i]! + 100),
      PERIODS,
      { df: "kenward-roger" },
    );
    const c = fitTable(
      changed(table, "treated", (i) => 1 - treated[i]!),
      PERIODS,
      { df: "kenward-roger" },
    );
    near(b.estimate, 3 * a.estimate, 1e-6);
    near(b.se, 3 * a.se, 1e-6);
    near(b.df, a.df, 1e-4);
    near(c.estimate, -a.estimate, 1e-6);
    near(c.se, a.se, 1e-6);
  });

  it.each([6, 180, 0.01])("in units of time %d times as short the correlation is the root of it", (times) => {
    const table = readWedge("continuous");
    const time = numbers(table, "time");
    const longer = changed(table, "time", (i) => times * time[i]!);
    const [a, b] = [table, longer].map((one) => fitTable(one, "y ~ time + treated", {}, "time"));
    near(b!.fit.rho ** times, a!.fit.rho, 1e-4);
    near(b!.estimate, a!.estimate, 1e-6);
    near(b!.df, a!.df, 1e-3);
  });

  it("refuses random effects that several units share", () => {
    const table = base();
    const shared = {
      ...table,
      columns: new Map(table.columns).set(
        "client",
        idColumn(Array.from({ length: table.rows }, (_, i) => `c${i % 50}`)),
      ),
    };
    expect(() => fitTable(shared, `${PERIODS} + (1 | client)`)).toThrow(ProblemError);
  });
});
