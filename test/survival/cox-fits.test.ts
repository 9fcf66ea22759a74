/** Cox models against survival: coxph, its residuals, cox.zph, concordance, survfit. */
import { describe, expect, it } from "vitest";
import { modelMatrix } from "../../src/formula/fixed-design.js";
import { rowOf, timesVector } from "../../src/numeric/matrix.js";
import { atTime, baselineHazards, survivalPredictor } from "../../src/survival/baseline-hazard.js";
import { concordance } from "../../src/survival/concordance.js";
import { fitCox } from "../../src/survival/cox.js";
import {
  devianceResiduals,
  dfbetaResiduals,
  hazardPath,
  martingaleResiduals,
  scaledSchoenfeld,
  schoenfeldResiduals,
  scoreResiduals,
} from "../../src/survival/cox-residuals.js";
import { proportionalHazards, TIME_TRANSFORMS } from "../../src/survival/proportional-hazards.js";
import type { Column, Table } from "../../src/table/table.js";
import { expectClose, iterated } from "../numeric/tolerance.js";
import { coxFrameOf, readCox } from "./cox-reference.js";

const cases = ["cox-lung", "cox-heart", "cox-rats"].map((name) => ({ name, ...readCox(name) }));
const all = cases.flatMap(({ name, table, fits }) => fits.map((expected) => ({ name, table, expected })));

describe.each(all)("$name: $expected.id", ({ table, expected }) => {
  const frame = coxFrameOf(table, expected.formula, expected.weights);
  const vcov = expected.robust ? "robust" : "model";
  const fit = fitCox(frame, { ties: expected.ties, vcov });
  const terms = frame.design.terms.map(({ name, start, count }) => ({ name, start: start - 1, count }));

  it("has coxph's coefficients, variance and likelihoods", () => {
    expect(fit.converged).toBe(true);
    expect(fit.names).toEqual(expected.names);
    expectClose(fit.coef, expected.coef, iterated, "coef");
    const scale = Math.max(...expected.vcov.flat().map(Math.abs)) * 1e-3;
    expectClose(fit.vcov.data, expected.vcov.flat(), iterated, "vcov", scale);
    expectClose(fit.modelVcov.data, expected.modelVcov.flat(), iterated, "model vcov", scale);
    expectClose(fit.logLik, expected.logLik, iterated, "logLik");
    expectClose(fit.logLikNull, expected.logLikNull, iterated, "logLik at 0");
    expectClose(fit.scoreTest, expected.scoreTest, iterated, "score test");
    expectClose(-2 * fit.logLik + 2 * fit.parameters, expected.aic, iterated, "AIC");
    expectClose(-2 * fit.logLik + Math.log(fit.events) * fit.parameters, expected.bic, iterated, "BIC");
    expect(fit.events).toBe(expected.events);
  });

  it.each(TIME_TRANSFORMS)("has cox.zph's tests (%s)", (transform) => {
    const { tests } = proportionalHazards(fit, fit.coef, terms, transform);
    const reference = expected.zph[transform]!;
    expect(tests.map(({ term }) => term)).toEqual(reference.terms);
    expectClose(
      tests.map(({ statistic }) => statistic),
      reference.statistic,
      iterated,
      "statistic",
    );
    expect(tests.map(({ df }) => df)).toEqual(reference.df);
    expectClose(
      tests.map(({ p }) => p),
      reference.p,
      iterated,
      "p",
    );
  });

  it("has the concordance and its standard error", () => {
    const clusters = frame.cluster === null ? null : { codes: frame.cluster.codes, count: frame.cluster.levels.length };
    const { estimate, se } = concordance(fit.sets, fit.risks.eta, clusters);
    expectClose(estimate, expected.concordance.estimate, iterated, "C");
    expectClose(se, expected.concordance.se, iterated, "SE");
  });

  const { residuals } = expected;
  if (residuals !== undefined)
    it("has coxph's residuals", () => {
      const martingale = martingaleResiduals(fit);
      expectClose(martingale, residuals.martingale, iterated, "martingale", 0.01);
      expectClose(devianceResiduals(fit, martingale), residuals.deviance, iterated, "deviance", 0.01);
      expectClose(scoreResiduals(fit).data, residuals.score.flat(), iterated, "score", 0.1);
      expectClose(dfbetaResiduals(fit, fit.modelVcov).data, residuals.dfbeta.flat(), iterated, "dfbeta", 1e-3);
      const schoenfeld = schoenfeldResiduals(fit, hazardPath(fit));
      expectClose(
        [...schoenfeld.time].sort(ascending),
        [...residuals.schoenfeldTimes].sort(ascending),
        iterated,
        "times",
      );
      expectSameRows(schoenfeld.values.data, residuals.schoenfeld, fit.coef.length);
      const scaled = scaledSchoenfeld(schoenfeld, fit.coef, fit.modelVcov);
      expectSameRows(scaled.data, residuals.scaled, fit.coef.length);
      const { effects, times, transformed } = (() => {
        const { residuals: byTerm, ...rest } = proportionalHazards(fit, fit.coef, terms);
        return { ...rest, effects: byTerm.map((term) => term.effects) };
      })();
      const total = (values: ArrayLike<number>) => Array.from(values).reduce((sum, v) => sum + v, 0);
      expectClose(total(times), total(residuals.zph.time), iterated, "zph times");
      expectClose(total(transformed), total(residuals.zph.x), iterated, "zph transformed times");
      effects.forEach((effect, i) => {
        // In a stratum of one patient nothing can be said; survival leaves the coefficient there, this project NaN.
        const said = (v: number) => !Number.isNaN(v) && Math.abs(v - fit.coef[i]!) > 1e-9;
        const reference = residuals.zph.y.map((row) => row[i]!).filter(said);
        expectClose(
          [...effect].filter(said).sort(ascending),
          [...reference].sort(ascending),
          iterated,
          `zph effects ${i}`,
          0.1,
        );
      });
    });

  const { survival } = expected;
  if (survival !== undefined)
    it("has survfit's predicted survival", () => {
      const X = modelMatrix(frame.design, newTable(table, survival.newdata));
      const predict = survivalPredictor(fit);
      survival.newdata.forEach((_, who) => {
        const curve = predict(rowOf(X, who).slice(1), 0, 0.95);
        survival.times.forEach((t, k) => {
          const at = (values: Float64Array) => atTime(curve, values, t);
          expectClose(at(curve.survival), survival.estimate[k]![who]!, iterated, `S(${t})`);
          if (t === 0) return;
          expectClose(at(curve.se), survival.se[k]![who]!, iterated, `SE at ${t}`);
          expectClose(at(curve.lower), Number(survival.lower[k]![who]!), iterated, `lower at ${t}`);
          expectClose(at(curve.upper), Number(survival.upper[k]![who]!), iterated, `upper at ${t}`);
        });
      });
    });

  it("has survfit's baseline hazard", () => {
    const { stratum, time, hazard } = expected.baseline;
    const strata = [...new Set(stratum)];
    const ours = baselineHazards(fit);
    expect(ours.length).toBe(strata.length);
    // coxph sorts strata by name; the frame has them as they come. Its baseline is at the weighted mean of the offset.
    const levels = frame.strata?.levels ?? [""];
    const offset =
      frame.offset === null
        ? 0
        : frame.offset.reduce((sum, v, i) => sum + v * (frame.weights?.[i] ?? 1), 0) /
          (frame.weights ?? frame.offset.map(() => 1)).reduce((sum, v) => sum + v, 0);
    strata.forEach((name) => {
      const mine = ours[levels.findIndex((level) => name === "" || name.endsWith(level) || name === level)]!;
      time.forEach((t, i) => {
        if (stratum[i] !== name || hazard[i] === 0) return;
        let value = 0;
        mine.time.forEach((at, k) => {
          if (at <= t) value = mine.cumulative[k]!;
        });
        expectClose(value * Math.exp(offset), hazard[i]!, iterated, `Λ(${t}) in ${name}`);
      });
    });
  });

  it("has score residuals that sum to the score, which is zero, and martingale residuals that sum to zero", () => {
    const scores = scoreResiduals(fit);
    const martingale = martingaleResiduals(fit);
    const w = frame.weights ?? new Float64Array(frame.X.rows).fill(1);
    fit.coef.forEach((_, j) => {
      let sum = 0;
      let size = 0;
      w.forEach((weight, i) => {
        sum += weight * scores.data[i * fit.coef.length + j]!;
        size += Math.abs(weight * scores.data[i * fit.coef.length + j]!);
      });
      expect(Math.abs(sum) / size).toBeLessThan(1e-9);
    });
    expect(Math.abs(w.reduce((sum, weight, i) => sum + weight * martingale[i]!, 0))).toBeLessThan(1e-9);
    expect(timesVector(scores, fit.coef).every(Number.isFinite)).toBe(true);
  });
});

const ascending = (a: number, b: number): number => a - b;

/** Strata and tied events stand in another order in survival: each column is compared sorted. */
function expectSameRows(ours: Float64Array, expected: readonly (readonly number[])[], p: number): void {
  for (let j = 0; j < p; j++) {
    const mine = expected.map((_, i) => ours[i * p + j]!).sort(ascending);
    expectClose(mine, expected.map((row) => row[j]!).sort(ascending), iterated, `column ${j}`, 0.1);
  }
}

function newTable(table: Table, rows: readonly Readonly<Record<string, number | string>>[]): Table {
  const columns = Object.keys(rows[0]!).map((name): [string, Column] => {
    const column = table.columns.get(name)!;
    if (column.kind === "number")
      return [name, { ...column, values: Float64Array.from(rows, (row) => Number(row[name])) }];
    return [name, { ...column, codes: Int32Array.from(rows, (row) => column.levels.indexOf(String(row[name]))) }];
  });
  return { name: "new", rows: rows.length, columns: new Map(columns), lines: null };
}
