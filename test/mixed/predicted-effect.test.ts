/** Predictions of random effects: the mixed model equations in full, lme4, identities. */
import { readFileSync } from "node:fs";
import { Matrix as Dense, inverse } from "ml-matrix";
import { describe, expect, it } from "vitest";
import type { RandomTerm } from "../../src/formula/frame.js";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import { fitLinearMixed, type LinearMixedFit } from "../../src/mixed/linear-mixed.js";
import { predictedEffects } from "../../src/mixed/predicted-effect.js";
import { madeColumns, type WedgeModel, wedgeTable } from "../../src/stepped-wedge/wedge-model.js";
import { closedForm, expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { readWedge } from "../stepped-wedge/read-wedge.js";
import { simulatedWedge } from "../stepped-wedge/simulated-wedge.js";

interface Expected {
  readonly level: readonly string[];
  readonly value: readonly number[];
  readonly se: readonly number[];
  readonly sd: number;
}
const expected = JSON.parse(
  readFileSync(new URL("../reference/wedge-models/predicted-effects.json", import.meta.url), "utf8"),
) as Readonly<Record<"nested" | "linear", Expected>>;

const columns = { cluster: "unit", period: "period", treated: "treated", exposureDf: 1, taken: [] } as const;
const made = madeColumns(columns).exposure;
const frameOf = (formula: string, table = readWedge("sections")) =>
  modelFrame({
    formula: parseFormula(formula),
    table: wedgeTable(table, { ...columns, effect: "random-exposure" } as unknown as WedgeModel).table,
  });
const NESTED = `y ~ factor(period) + treated + (1 | unit) + (1 | unit:period) + (0 + treated | ${made})`;
const LINEAR = `y ~ period + treated + age + (1 | unit) + (0 + treated | ${made})`;

const rowOf = (names: readonly string[]) => Float64Array.from(names, (name) => (name === "treated" ? 1 : 0));
const predict = (frame: ReturnType<typeof frameOf>, fit: LinearMixedFit) =>
  predictedEffects(frame, fit, frame.Z.length - 1, rowOf(frame.names));

/** Variances of the predictions, by the inverse of the mixed model equations with these variances. */
function plain(frame: ReturnType<typeof frameOf>, random: readonly number[], residual: number): number[] {
  const { X, Z } = frame;
  const n = X.rows;
  const indicator = ({ codes, levels, values }: RandomTerm): Dense => {
    const dense = Dense.zeros(n, levels.length);
    codes.forEach((code, row) => {
      dense.set(row, code, values.data[row]!);
    });
    return dense;
  };
  const p = X.cols;
  const dense = [new Dense(Array.from({ length: n }, (_, i) => [...X.data.slice(i * p, (i + 1) * p)]))];
  const penalty: number[] = Array.from({ length: p }, () => 0);
  Z.forEach((term, t) => {
    dense.push(indicator(term));
    for (const _ of term.levels) penalty.push(residual / random[t]!);
  });
  const all = dense.reduce((left, right) => {
    const both = Dense.zeros(n, left.columns + right.columns);
    both.setSubMatrix(left, 0, 0);
    both.setSubMatrix(right, 0, left.columns);
    return both;
  });
  const C = inverse(all.transpose().mmul(all).add(Dense.diag(penalty))).mul(residual);
  const last = Z.at(-1)!;
  const first = C.rows - last.levels.length;
  const treated = frame.names.indexOf("treated");
  return last.levels.flatMap((_, i) => {
    if (last.codes.every((code, row) => code !== i || last.values.data[row] === 0)) return [];
    return [C.get(treated, treated) + 2 * C.get(treated, first + i) + C.get(first + i, first + i)];
  });
}
const variancesOf = ({ random }: LinearMixedFit) => random.map(({ covariance }) => covariance.data[0]!);

describe("predictedEffects", () => {
  it.each([
    ["nested", NESTED],
    ["linear", LINEAR],
  ] as const)("agrees with lme4's modes and its mixed model equations: %s", (name, formula) => {
    const frame = frameOf(formula);
    const fit = fitLinearMixed(frame);
    const predicted = predict(frame, fit);
    const r = expected[name];
    expect(predicted.map(({ level }) => level)).toEqual(expect.arrayContaining([...r.level]));
    expect(predicted).toHaveLength(r.level.length);
    for (const { level, value, se } of predicted) {
      const at = r.level.indexOf(level);
      // lme4 stops where the variance is good to 1e-5 or so: the modes follow it.
      expectClose(value, r.value[at]!, { ...optimised.estimate, relative: 1e-4 }, `value ${level}`);
      expectClose(se, r.se[at]!, optimised.se, `se ${level}`);
    }
  });

  it.each([NESTED, LINEAR, `y ~ factor(period) + treated + unit + (0 + treated | ${made})`])(
    "has the variance of the mixed model equations in full, and Satterthwaite's df by their differences: %s",
    (formula) => {
      const frame = frameOf(formula);
      const fit = fitLinearMixed(frame);
      const predicted = predict(frame, fit);
      const [random, residual] = [variancesOf(fit), fit.sigma ** 2];
      const variance = plain(frame, random, residual);
      expectClose(
        predicted.map(({ se }) => se),
        variance.map(Math.sqrt),
        { ...iterated, relative: 1e-8 },
        "se",
      );
      // Slopes over the parameters φ by differences of other steps, straight along each parameter.
      const A = fit.parameterCovariance!;
      const slopes = Array.from({ length: A.rows }, (_, a) => {
        const h = 1e-6;
        const move = (by: number) => {
          const moved = fit.random.map(({ covariance, covarianceSlopes }) => {
            return covariance.data[0]! + by * covarianceSlopes[a]!.data[0]!;
          });
          return plain(frame, moved, residual + (a === A.rows - 1 ? by : 0));
        };
        const [above, below] = [move(h), move(-h)];
        return above.map((v, i) => (v - below[i]!) / (2 * h));
      });
      predicted.forEach(({ df }, i) => {
        let spread = 0;
        for (let a = 0; a < A.rows; a++)
          for (let b = 0; b < A.rows; b++) spread += slopes[a]![i]! * slopes[b]![i]! * A.data[a * A.rows + b]!;
        expectClose(df, (2 * variance[i]! ** 2) / spread, { ...optimised.variance, relative: 1e-4 }, "df");
      });
    },
  );

  it("lies between the mean effect and the effect of its own exposure time, and its variance with them", () => {
    const frame = frameOf(NESTED);
    const fit = fitLinearMixed(frame);
    const mean = fit.coef[frame.names.indexOf("treated")]!;
    const free = frameOf(`y ~ factor(period) + factor(${made}) + (1 | unit) + (1 | unit:period)`);
    const own = fitLinearMixed(free);
    const deviations = predict(frame, fit).map(({ level, value }) => {
      const fixed = own.coef[free.names.indexOf(`factor(${made})[${level}]`)]!;
      return [value - mean, fixed - mean] as const;
    });
    // Shrunken: the sum of squares falls, and the whole goes the same way.
    const squares = (j: 0 | 1) => deviations.reduce((sum, pair) => sum + pair[j] ** 2, 0);
    expect(squares(0)).toBeLessThan(squares(1));
    expect(deviations.reduce((sum, [a, b]) => sum + a * b, 0)).toBeGreaterThan(0);
  });

  it("is the mean effect, with its standard error and df, where the variance is at zero", () => {
    const frame = frameOf(NESTED, simulatedWedge({ seed: 2 }));
    const fit = fitLinearMixed(frame);
    expect(variancesOf(fit).at(-1)).toBe(0);
    const L = rowOf(frame.names);
    const treated = frame.names.indexOf("treated");
    const { df } = fit.denominatorDf({ rows: 1, cols: L.length, data: L });
    for (const one of predict(frame, fit)) {
      expectClose(one.value, fit.coef[treated]!, closedForm, "value");
      expectClose(one.se, Math.sqrt(fit.vcov.data[treated * (L.length + 1)]!), iterated, "se");
      expectClose(one.df, df, { ...optimised.variance, relative: 1e-4 }, "df");
    }
  });

  it("does not depend on the order of rows, and turns with the outcome's scale", () => {
    const frame = frameOf(NESTED);
    const base = predict(frame, fitLinearMixed(frame));
    const scaled = { ...frame, response: frame.response.map((v) => -10 * v + 3) };
    const turned = predict(scaled, fitLinearMixed(scaled));
    base.forEach((one, i) => {
      expectClose(turned[i]!.value, -10 * one.value, optimised.estimate, "value");
      expectClose(turned[i]!.se, 10 * one.se, optimised.se, "se");
      expectClose(turned[i]!.df, one.df, optimised.variance, "df");
    });
    const table = readWedge("sections");
    const order = Array.from({ length: table.rows }, (_, i) => (i * 7) % table.rows);
    expect(new Set(order).size).toBe(table.rows);
    const shuffled = {
      ...table,
      columns: new Map(
        [...table.columns].map(([name, column]) => [
          name,
          column.kind === "number"
            ? { ...column, values: Float64Array.from(order, (i) => column.values[i]!) }
            : { ...column, codes: Int32Array.from(order, (i) => column.codes[i]!) },
        ]),
      ),
    };
    const other = frameOf(NESTED, shuffled);
    const byLevel = new Map(predict(other, fitLinearMixed(other)).map((one) => [one.level, one]));
    for (const one of base) {
      expectClose(byLevel.get(one.level)!.value, one.value, optimised.estimate, "value");
      expectClose(byLevel.get(one.level)!.se, one.se, optimised.se, "se");
    }
  });
});
