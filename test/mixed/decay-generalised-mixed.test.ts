/** Binomial and Poisson mixed models with a correlation that decays: glmmTMB, dense matrices, identities, the boundary. */
import { readFileSync } from "node:fs";
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { conditionalFamily, type FamilyName } from "../../src/mixed/conditional-family.js";
import { type DecayGeneralisedMixedFit, fitDecayGeneralisedMixed } from "../../src/mixed/decay-generalised-mixed.js";
import { decayingEffects } from "../../src/mixed/decaying-effects.js";
import { fitGeneralisedLinearMixed, integratedModel } from "../../src/mixed/generalised-linear-mixed.js";
import { laplaceDeviance } from "../../src/mixed/laplace-deviance.js";
import { ProblemError } from "../../src/problem.js";
import { decayingTerm, type WedgeModel } from "../../src/stepped-wedge/wedge-model.js";
import type { Column, Table } from "../../src/table/table.js";
import { idColumn, numberColumn } from "../stepped-wedge/simulated-wedge.js";
import { plainDecayLaplace } from "./plain-decay-laplace.js";

const read = (file: string): string =>
  readFileSync(new URL(`../reference/wedge-decay-generalised/${file}`, import.meta.url), "utf8");

function readTable(name: "binary" | "count"): Table {
  const { data } = Papa.parse<Record<string, string>>(read(`${name}.csv`), { header: true, skipEmptyLines: true });
  const columns = Object.keys(data[0]!).map((column): [string, Column] => {
    const cells = data.map((row) => row[column]!);
    return [column, column === "unit" || column === "therapist" ? idColumn(cells) : numberColumn(cells.map(Number))];
  });
  return { name: `${name}.csv`, rows: data.length, lines: null, columns: new Map(columns) };
}

interface Expected {
  readonly coef: Readonly<Record<string, number>>;
  readonly se: number;
  readonly logLik: number;
  readonly sd: number;
  readonly rho: number;
  readonly others: readonly number[];
}
const expected = JSON.parse(read("expected.json")) as Record<string, Expected>;

const FORMULA = "y ~ factor(period) + treated + age";
const RANDOM = `${FORMULA} + (1 | therapist)`;

function partsOf(table: Table, formula: string, time?: string) {
  const frame = modelFrame({ formula: parseFormula(formula), table });
  const columns = { cluster: "unit", period: "period", ...(time === undefined ? {} : { time }) };
  return { frame, decay: decayingTerm(table, columns as WedgeModel, frame.rows) };
}

function fitTable(table: Table, formula: string, family: FamilyName, time?: string): DecayGeneralisedMixedFit {
  const { frame, decay } = partsOf(table, formula, time);
  return fitDecayGeneralisedMixed(frame, decay, { family });
}

const treatedOf = ({ names, coef, vcov }: Pick<DecayGeneralisedMixedFit, "names" | "coef" | "vcov">) => {
  const j = names.indexOf("treated");
  return { estimate: coef[j]!, se: Math.sqrt(vcov.data[j * (vcov.cols + 1)]!) };
};

const near = (value: number, wanted: number, relative: number): void =>
  expect(Math.abs(value / wanted - 1), `${value} for ${wanted}`).toBeLessThan(relative);

/** Two optimisers: estimates to 1e-5, standard errors to 1e-4, variances to 1e-3. */
const OPTIMISED = { estimate: 1e-5, se: 1e-4, variance: 1e-3, logLik: 1e-8 };

const sdOf = (fit: DecayGeneralisedMixedFit, term: number): number => Math.sqrt(fit.random[term]!.covariance.data[0]!);

describe("against glmmTMB's ar1, and its ou in continuous time", () => {
  it.each([
    ["binomial", "binary", FORMULA, "binomial", undefined],
    ["binomialTherapist", "binary", RANDOM, "binomial", undefined],
    ["poisson", "count", FORMULA, "poisson", undefined],
    ["poissonTherapist", "count", RANDOM, "poisson", undefined],
    ["poissonTime", "count", FORMULA, "poisson", "time"],
  ] as const)("%s", (id, file, formula, family, time) => {
    const fit = fitTable(readTable(file), formula, family, time);
    const wanted = expected[id]!;
    const { estimate, se } = treatedOf(fit);
    expect(fit.problems).toEqual([]);
    near(fit.logLik, wanted.logLik, OPTIMISED.logLik);
    near(estimate, wanted.coef["treated"]!, OPTIMISED.estimate);
    near(se, wanted.se, OPTIMISED.se);
    near(sdOf(fit, 0), wanted.sd, OPTIMISED.variance);
    near(fit.rho, wanted.rho, OPTIMISED.variance);
    wanted.others.forEach((sd, t) => {
      near(sdOf(fit, t + 1), sd, OPTIMISED.variance);
    });
  });
});

const effectsOf = (table: Table, formula: string, rho: 0 | 1 | "free", family: FamilyName, time?: string) => {
  const { frame, decay } = partsOf(table, formula, time);
  const effects = decayingEffects(decay, frame.Z, rho);
  const model = integratedModel(frame, conditionalFamily(family), effects.structure);
  return { frame, decay, effects, deviance: laplaceDeviance(model, effects) };
};

/** The first units of a table. */
function firstUnits(table: Table, units: number): Table {
  const unit = table.columns.get("unit")!;
  if (unit.kind !== "category") throw new Error("no units");
  return rowsOf(
    table,
    [...unit.codes.keys()].filter((i) => unit.codes[i]! < units),
  );
}

function rowsOf(table: Table, rows: readonly number[]): Table {
  const columns = [...table.columns].map(([name, column]): [string, Column] => {
    if (column.kind === "number")
      return [name, { ...column, values: Float64Array.from(rows, (i) => column.values[i]!) }];
    return [name, idColumn(rows.map((i) => column.levels[column.codes[i]!]!))];
  });
  return { ...table, rows: rows.length, columns: new Map(columns) };
}

const numbers = (table: Table, name: string): Float64Array => {
  const column = table.columns.get(name)!;
  if (column.kind !== "number") throw new Error(`${name} is no number`);
  return column.values;
};

const logit = (p: number): number => Math.log(p / (1 - p));

const cases = [
  ["binary, periods", "binary", "binomial", undefined],
  ["counts, periods", "count", "poisson", undefined],
  ["counts, continuous time", "count", "poisson", "time"],
] as const;

describe("Laplace's deviance", () => {
  it.each(cases)("is that of dense matrices with ρ^|t − s|: %s", (_, file, family, time) => {
    const table = firstUnits(readTable(file), 4);
    for (const [sd, rho, otherSd] of [
      [0.8, 0.6, 0.5],
      [1.4, 0.97, 0],
      [0.3, 0, 0.9],
      [0.7, 1, 0.4],
    ] as const) {
      const { frame, decay, effects, deviance } = effectsOf(
        table,
        "y ~ treated + age + (1 | therapist)",
        rho === 0 || rho === 1 ? rho : "free",
        family,
        time,
      );
      const beta = [0.3, -0.2, 0.4];
      const therapist = table.columns.get("therapist")!;
      if (therapist.kind !== "category") throw new Error("no therapists");
      const plain = plainDecayLaplace({
        family,
        y: frame.response,
        fixed: frame.response.map((_, i) => beta.reduce((sum, b, j) => sum + b * frame.X.data[i * 3 + j]!, 0)),
        unit: decay.term.codes.map((level) => decay.units[level]!),
        position: Float64Array.from(decay.term.codes, (level) => decay.positions[level]!),
        other: therapist.codes,
        sd,
        rho,
        otherSd,
      });
      const x = Float64Array.from([sd, otherSd, ...(rho > 0 && rho < 1 ? [logit(rho)] : []), ...beta]);
      expect(effects.parameters).toBe(x.length - 3);
      near(deviance.value(x), plain, 1e-10);
    }
  });

  it.each(cases)("has slopes that are those of differences: %s", (_, file, family, time) => {
    const { deviance } = effectsOf(
      readTable(file),
      "y ~ treated + age + (1 | therapist) + (0 + treated | unit)",
      "free",
      family,
      time,
    );
    for (const x of [
      Float64Array.of(0.8, 0.5, 0.3, 0.7, 0.3, -0.2, 0.4),
      Float64Array.of(0.4, 0.9, 0.6, 4, -0.1, 0.5, 0.1),
      Float64Array.of(1.1, 0.2, 0.1, -3, -0.1, 0.5, 0.1),
    ]) {
      deviance.value(x);
      const gradient = deviance.gradient();
      x.forEach((v, a) => {
        const h = 1e-5;
        const slope = (deviance.value(x.with(a, v + h)) - deviance.value(x.with(a, v - h))) / (2 * h);
        expect(Math.abs(slope - gradient[a]!), `slope ${a}`).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
      });
    }
  });

  it.each(["binomial", "poisson"] as const)(
    "%s: ρ = 1 is the exchangeable model, ρ = 0 the one with unit-periods alone",
    (family) => {
      const table = readTable(family === "binomial" ? "binary" : "count");
      for (const [rho, random] of [
        [1, "(1 | unit)"],
        [0, "(1 | unit:period)"],
      ] as const) {
        const fit = fitGeneralisedLinearMixed(modelFrame({ formula: parseFormula(`${FORMULA} + ${random}`), table }), {
          family,
        });
        const { deviance } = effectsOf(table, FORMULA, rho, family);
        near(deviance.value(Float64Array.from([fit.theta[0]!, ...fit.coef])), fit.deviance, 1e-10);
      }
    },
  );
});

describe("on the boundary", () => {
  const treatedAt = (unit: number, period: number): number => (period > 1 + (unit % 3) ? 1 : 0);
  // Effects of units alone, and of unit-periods alone, in a table of few values; by arithmetic.
  const made = (effect: (unit: number, period: number) => number, units = 12): Table => {
    const rows = Array.from({ length: units * 4 * 6 }, (_, i) => ({
      u: Math.floor(i / 24),
      t: 1 + (Math.floor(i / 6) % 4),
      i,
    }));
    const share = ({ u, t }: { u: number; t: number }) => 1 / (1 + Math.exp(-effect(u, t) - 0.8 * treatedAt(u, t)));
    return {
      name: "made",
      rows: rows.length,
      lines: null,
      columns: new Map<string, Column>([
        ["unit", idColumn(rows.map(({ u }) => `u${u}`))],
        ["period", numberColumn(rows.map(({ t }) => t))],
        ["treated", numberColumn(rows.map(({ u, t }) => treatedAt(u, t)))],
        ["y", numberColumn(rows.map((row) => ((row.i % 6) + 0.5 < 6 * share(row) ? 1 : 0)))],
      ]),
    };
  };
  const formula = "y ~ factor(period) + treated";
  const other = (table: Table, random: string) =>
    fitGeneralisedLinearMixed(modelFrame({ formula: parseFormula(`${formula} + ${random}`), table }), {
      family: "binomial",
    });

  it.each([
    ["ρ = 1: the exchangeable model", 1, (u: number) => (u % 2 === 0 ? 1.2 : -1.2), "(1 | unit)"],
    ["ρ = 0: unit-periods alone", 0, (u: number, t: number) => ((u + t) % 2 === 0 ? 1.5 : -1.5), "(1 | unit:period)"],
  ] as const)("%s", (_, rho, effect, random) => {
    const table = made(effect);
    const fit = fitTable(table, formula, "binomial");
    const plain = other(table, random);
    expect(fit.rho).toBe(rho);
    expect(fit.converged).toBe(true);
    expect(fit.singular).toBe(true);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.singular"]);
    expect([...fit.rhoSlope].every((v) => v === 0)).toBe(true);
    near(fit.logLik, plain.logLik, 1e-9);
    near(treatedOf(fit).estimate, treatedOf(plain).estimate, 1e-6);
    near(treatedOf(fit).se, treatedOf(plain).se, 1e-5);
    near(sdOf(fit, 0), Math.sqrt(plain.random[0]!.covariance.data[0]!), 1e-5);
  });

  it("without variance the unit-periods have no correlation, and that alone is said", () => {
    const fit = fitTable(
      made(() => 0.4),
      formula,
      "binomial",
    );
    expect(sdOf(fit, 0)).toBe(0);
    expect(fit.converged).toBe(true);
    expect(fit.problems).toHaveLength(1);
    expect(fit.problems[0]!.code).toBe("fit.singular");
    expect(fit.problems[0]!.message).toContain("unit:period");
  });
});

describe("identities", () => {
  const table = readTable("count");
  const fit = fitTable(table, RANDOM, "poisson");

  it("does not depend on the order of rows", () => {
    const order = Array.from({ length: table.rows }, (_, i) => (i * 101) % table.rows);
    expect(new Set(order).size).toBe(table.rows);
    const turned = fitTable(rowsOf(table, order), RANDOM, "poisson");
    near(turned.logLik, fit.logLik, 1e-10);
    near(treatedOf(turned).estimate, treatedOf(fit).estimate, 1e-6);
    near(treatedOf(turned).se, treatedOf(fit).se, 1e-6);
    near(turned.rho, fit.rho, 1e-5);
    near(sdOf(turned, 1), sdOf(fit, 1), 1e-5);
  });

  const changed = (name: string, to: (v: number) => number): Table => ({
    ...table,
    columns: new Map(table.columns).set(name, numberColumn(numbers(table, name).map(to))),
  });

  it("treated turned round gives the negative; age times ten a tenth of its coefficient", () => {
    const turned = treatedOf(
      fitTable(
        changed("treated", (v) => 1 - v),
        RANDOM,
        "poisson",
      ),
    );
    near(turned.estimate, -treatedOf(fit).estimate, 1e-6);
    near(turned.se, treatedOf(fit).se, 1e-6);
    const scaled = fitTable(
      changed("age", (v) => 10 * v),
      RANDOM,
      "poisson",
    );
    near(scaled.coef.at(-1)!, fit.coef.at(-1)! / 10, 1e-6);
  });

  it("in a unit of time ten times as short the correlation is the root of it", () => {
    const [a, b] = [table, changed("time", (v) => 10 * v)].map((one) => fitTable(one, FORMULA, "poisson", "time"));
    near(b!.rho ** 10, a!.rho, 1e-5);
    near(b!.logLik, a!.logLik, 1e-10);
  });

  it("has modes with the prior covariance times the score: b = G Z'(y − μ)", () => {
    const { frame, decay } = partsOf(table, RANDOM);
    const score = new Float64Array(decay.units.length);
    decay.term.codes.forEach((level, i) => {
      score[level]! += frame.response[i]! - fit.fitted[i]!;
    });
    const variance = fit.random[0]!.covariance.data[0]!;
    decay.units.forEach((unit, level) => {
      let mode = 0;
      decay.units.forEach((other, k) => {
        if (other === unit)
          mode += variance * fit.rho ** Math.abs(decay.positions[level]! - decay.positions[k]!) * score[k]!;
      });
      expect(Math.abs(mode - fit.random[0]!.modes.data[level]!)).toBeLessThan(1e-6);
    });
  });
});

describe("what cannot be fitted", () => {
  const table = readTable("binary");
  const codesOf = (run: () => unknown): string[] => {
    try {
      run();
    } catch (thrown) {
      if (thrown instanceof ProblemError) return thrown.problems.map(({ code }) => code);
      throw thrown;
    }
    return [];
  };

  it("units of one period each", () => {
    const [unit, period] = [table.columns.get("unit")!, numbers(table, "period")];
    if (unit.kind !== "category") throw new Error("no units");
    const one = rowsOf(
      table,
      [...unit.codes.keys()].filter((i) => period[i] === 1 + (unit.codes[i]! % 6)),
    );
    expect(codesOf(() => fitTable(one, "y ~ treated + age", "binomial"))).toEqual(["wedge.decay-without-distance"]);
  });

  it("a random effect that units share", () => {
    const shared = {
      ...table,
      columns: new Map(table.columns).set(
        "therapist",
        idColumn(Array.from({ length: table.rows }, (_, i) => `t${i % 9}`)),
      ),
    };
    expect(codesOf(() => fitTable(shared, RANDOM, "binomial"))).toEqual(["wedge.decay-crossed"]);
  });

  it("separation: no estimate, and the reason", () => {
    const treated = numbers(table, "treated");
    const separated = {
      ...table,
      columns: new Map(table.columns).set(
        "y",
        numberColumn(numbers(table, "y").map((y, i) => (treated[i] === 1 ? 1 : y))),
      ),
    };
    const fit = fitTable(separated, FORMULA, "binomial");
    expect(fit.converged).toBe(false);
    expect(fit.problems.some(({ severity }) => severity === "error")).toBe(true);
  });
});
