/** Cox models worked by hand, their identities, and what they refuse. coxph itself: cox-fits.test.ts. */
import { describe, expect, it } from "vitest";
import { concordance } from "../../src/survival/concordance.js";
import { type CoxFrame, type CoxOptions, fitCox } from "../../src/survival/cox.js";
import {
  hazardPath,
  martingaleResiduals,
  schoenfeldResiduals,
  scoreResiduals,
} from "../../src/survival/cox-residuals.js";
import { proportionalHazards, TIME_TRANSFORMS } from "../../src/survival/proportional-hazards.js";
import { closedForm, exact, expectClose, iterated } from "../numeric/tolerance.js";
import { type MadeRow, madeRows, survivalRows, uniforms } from "./survival-rows.js";

const frameOf = (rows: readonly MadeRow[]): CoxFrame => {
  const made = survivalRows(rows);
  return {
    ...made,
    names: rows[0]!.x.map((_, j) => `x${j + 1}`),
    outcome: { ...made.outcome, causes: ["event"], timeColumn: "time", eventColumn: "event" },
    cluster: null,
    participant: null,
  };
};
const fitted = (rows: readonly MadeRow[], options: CoxOptions = {}) => fitCox(frameOf(rows), options);

/** Therneau & Grambsch (2000), appendix E: six subjects, ties at 1 and 6. */
const test1: readonly MadeRow[] = [
  [1, 1, 1],
  [1, 0, 1],
  [6, 1, 1],
  [6, 1, 0],
  [8, 0, 0],
  [9, 1, 0],
].map(([time, event, x]) => ({ time: time!, event: event!, x: [x!] }));

/** The same, with starts of observation and ten rows. */
const test2: readonly MadeRow[] = [
  [1, 2, 1, 1],
  [2, 3, 1, 0],
  [5, 6, 1, 0],
  [2, 7, 1, 1],
  [1, 8, 1, 0],
  [7, 9, 1, 1],
  [3, 9, 1, 0],
  [4, 9, 0, 0],
  [8, 14, 0, 0],
  [8, 17, 0, 0],
].map(([start, time, event, x]) => ({ start: start!, time: time!, event: event!, x: [x!] }));

describe("Cox models worked by hand (Therneau & Grambsch, appendix E)", () => {
  it("test1, Breslow: r = exp(β) solves r² = 3r + 6; log-likelihood and information as functions of r", () => {
    const { coef, logLik, logLikNull, vcov, scoreTest } = fitted(test1, { ties: "breslow" });
    // ℓ(β) = 2β − log(3r + 3) − 2 log(r + 3), U = 2 − r/(r + 1) − 2r/(r + 3).
    const r = Math.exp(coef[0]!);
    expectClose(r * r, 3 * r + 6, iterated, "root of r² = 3r + 6");
    expectClose(logLik, 2 * coef[0]! - Math.log(3 * r + 3) - 2 * Math.log(r + 3), closedForm, "logLik");
    expectClose(logLikNull, -Math.log(6) - 2 * Math.log(4), closedForm, "logLik at 0");
    const information = r / (r + 1) ** 2 + (6 * r) / (r + 3) ** 2;
    expectClose(1 / vcov.data[0]!, information, closedForm, "information");
    // At 0: U = 1, I = 1/4 + 6/16.
    expectClose(scoreTest, 1 / (5 / 8), closedForm, "score test");
  });

  it("test1, Breslow: martingale residuals of the increments 1/(3r + 3), 2/(r + 3) and 1", () => {
    const fit = fitted(test1, { ties: "breslow" });
    const r = Math.exp(fit.coef[0]!);
    const first = 1 / (3 * r + 3);
    const second = first + 2 / (r + 3);
    const expected = [1 - r * first, -r * first, 1 - r * second, 1 - second, -second, 1 - (second + 1)];
    expectClose(martingaleResiduals(fit), expected, closedForm, "martingale", 1);
  });

  it("test1, Efron: the second of the tied events sees half of each of the two", () => {
    const fit = fitted(test1, { ties: "efron" });
    const beta = fit.coef[0]!;
    const r = Math.exp(beta);
    const logLik = 2 * beta - Math.log(3 * r + 3) - Math.log(r + 3) - Math.log(r / 2 + 5 / 2);
    expectClose(fit.logLik, logLik, closedForm, "logLik");
    const score = 2 - r / (r + 1) - r / (r + 3) - r / (r + 5);
    expect(Math.abs(score)).toBeLessThan(1e-8);
  });

  it("test2, Breslow: r from the eight risk sets, counted by hand", () => {
    const fit = fitted(test2, { ties: "breslow" });
    const b = fit.coef[0]!;
    const r = Math.exp(b);
    // Risk sets at 2, 3, 6, 7, 8, 9, 9: numbers with x = 1 and with x = 0.
    const sets = [
      [1, 1],
      [1, 2],
      [1, 4],
      [1, 3],
      [1, 3],
      [1, 4],
      [1, 4],
    ] as const;
    const logLik = 3 * b - sets.reduce((sum, [ones, zeros]) => sum + Math.log(ones * r + zeros), 0);
    expectClose(fit.logLik, logLik, closedForm, "logLik");
    const score = 3 - sets.reduce((sum, [ones, zeros]) => sum + (ones * r) / (ones * r + zeros), 0);
    expect(Math.abs(score)).toBeLessThan(1e-8);
    const information = sets.reduce((sum, [ones, zeros]) => sum + (ones * zeros * r) / (ones * r + zeros) ** 2, 0);
    expectClose(1 / fit.vcov.data[0]!, information, closedForm, "information");
  });
});

describe("identities of Cox models", () => {
  const rows = madeRows(140, 11);
  const base = fitted(rows);
  const se = (fit: ReturnType<typeof fitted>) => fit.coef.map((_, j) => Math.sqrt(fit.vcov.data[j * 4]!));
  const same = (other: ReturnType<typeof fitted>) => {
    expectClose(other.coef, base.coef, iterated, "coef");
    expectClose(se(other), se(base), iterated, "SE");
    expectClose(other.logLik, base.logLik, closedForm, "logLik");
  };

  it("the order of the rows does not matter", () => {
    const u = uniforms(5);
    const shuffled = rows.map((row) => ({ row, key: u() })).sort((a, b) => a.key - b.key);
    same(fitted(shuffled.map(({ row }) => row)));
  });

  it("arms swapped change the sign, for every variance", () => {
    const swapped = rows.map((row) => ({ ...row, x: [1 - row.x[0]!, row.x[1]!, row.x[2]!] }));
    const clustered = (some: readonly MadeRow[]): CoxFrame => ({
      ...frameOf(some),
      cluster: { column: "unit", codes: Int32Array.from(some, (row) => row.cluster!), levels: [..."abcdefg"] },
    });
    for (const vcov of ["model", "robust", "kauermann-carroll", "mancl-derouen"] as const) {
      const one = fitCox(clustered(rows), { vcov });
      const other = fitCox(clustered(swapped), { vcov });
      expectClose(-other.coef[0]!, one.coef[0]!, iterated, "coef");
      expectClose(other.vcov.data[0]!, one.vcov.data[0]!, iterated, vcov);
      expectClose(other.logLik, one.logLik, closedForm, "logLik");
    }
  });

  it("a weight of 2 is a row twice, with Breslow's ties", () => {
    const once = fitted(
      rows.map((row, i) => ({ ...row, weight: i % 3 === 0 ? 2 : 1 })),
      { ties: "breslow" },
    );
    const twice = rows.flatMap((row, i) => (i % 3 === 0 ? [row, row] : [row])).map((row) => ({ ...row, weight: 1 }));
    const other = fitted(twice, { ties: "breslow" });
    expectClose(once.coef, other.coef, iterated, "coef");
    expectClose(once.vcov.data, other.vcov.data, iterated, "vcov", 1e-6);
    expectClose(once.logLik, other.logLik, closedForm, "logLik");
  });

  it("a rescaled covariate rescales its coefficient, a shifted one leaves it", () => {
    const scaled = fitted(rows.map((row) => ({ ...row, x: [row.x[0]!, 1000 + row.x[1]! * 12, row.x[2]!] })));
    expectClose(scaled.coef[1]! * 12, base.coef[1]!, iterated, "coef");
    expectClose(scaled.coef[0]!, base.coef[0]!, iterated, "other coef");
    expectClose(scaled.logLik, base.logLik, closedForm, "logLik");
  });

  it("an interval split at a time leaves the fit as it is", () => {
    const split = rows.flatMap((row) =>
      row.start! < 4 && row.time > 4
        ? [
            { ...row, time: 4, event: 0 },
            { ...row, start: 4 },
          ]
        : [row],
    );
    expect(split.length).toBeGreaterThan(rows.length);
    same(fitted(split));
  });

  it("time counts by its order alone", () => {
    same(fitted(rows.map((row) => ({ ...row, start: row.start! ** 3, time: row.time ** 3 }))));
  });

  it("dfbeta of the rows sum to zero, and so do Schoenfeld residuals", () => {
    const equal = fitted(rows.map((row) => ({ ...row, weight: 1 })));
    const scores = scoreResiduals(equal);
    const { values } = schoenfeldResiduals(equal, hazardPath(equal));
    for (let j = 0; j < 3; j++) {
      const total = (data: Float64Array) => data.reduce((sum, v, at) => sum + (at % 3 === j ? v : 0), 0);
      expect(Math.abs(total(scores.data))).toBeLessThan(1e-7);
      expect(Math.abs(total(values.data))).toBeLessThan(1e-7);
    }
  });
});

describe("concordance", () => {
  it("is the share of all pairs, counted one by one", () => {
    const rows = madeRows(60, 3);
    const fit = fitted(rows);
    const eta = new Float64Array(rows.length);
    fit.sets.rowAt.forEach((row, place) => {
      eta[row] = fit.risks.eta[place]!;
    });
    let pairs = 0;
    let good = 0;
    rows.forEach((a, i) => {
      if (a.event === 0) return;
      rows.forEach((b, j) => {
        const outlives = b.time > a.time || (b.time === a.time && b.event === 0);
        if (a.stratum !== b.stratum || !outlives || b.start! >= a.time) return;
        const w = a.weight! * b.weight!;
        pairs += w;
        good += w * (eta[i]! > eta[j]! ? 1 : eta[i] === eta[j] ? 0.5 : 0);
      });
    });
    expectClose(concordance(fit.sets, fit.risks.eta, null).estimate, good / pairs, closedForm, "C");
  });
});

describe("proportional hazards", () => {
  it("is found wanting where a hazard ratio turns with time", () => {
    const u = uniforms(17);
    const rows: MadeRow[] = Array.from({ length: 400 }, (_, i) => {
      const arm = i % 2;
      // Hazard 1 in one arm; in the other 3 until 0.3, then 0.2.
      const e = -Math.log(u());
      const time = arm === 0 ? e : e < 0.9 ? e / 3 : 0.3 + (e - 0.9) / 0.2;
      return { time, event: 1, x: [arm] };
    });
    const fit = fitted(rows);
    const { tests } = proportionalHazards(fit, fit.coef, [{ name: "arm", start: 0, count: 1 }]);
    expect(tests[0]!.p).toBeLessThan(1e-6);
    expectClose(tests[0]!.statistic, tests[1]!.statistic, closedForm, "one term is all");
  });

  it("does not count a row of weight zero", () => {
    const some = madeRows(60).map((row, i) => (i % 5 === 0 ? { ...row, weight: 0 } : row));
    const terms = [0, 1, 2].map((start) => ({ name: `x${start + 1}`, start, count: 1 }));
    for (const transform of TIME_TRANSFORMS) {
      const [all, weighted] = [some, some.filter(({ weight }) => weight !== 0)].map((rows) => {
        const fit = fitted(rows);
        return proportionalHazards(fit, fit.coef, terms, transform).tests.map(({ statistic }) => statistic);
      });
      expectClose(all!, weighted!, iterated, transform);
    }
  });
});

describe("what a Cox model refuses", () => {
  it("names the covariate of a monotone likelihood and gives no number", () => {
    const u = uniforms(23);
    const rows: MadeRow[] = Array.from({ length: 80 }, (_, i) => {
      const none = i % 4 === 0 ? 1 : 0;
      return { time: 1 + Math.floor(u() * 20), event: none === 1 ? 0 : Number(u() < 0.6), x: [u(), none] };
    });
    for (const ties of ["efron", "breslow"] as const) {
      const fit = fitted(rows, { ties });
      expect(fit.converged).toBe(false);
      expect(fit.problems).toMatchObject([{ code: "fit.monotone", severity: "error" }]);
      expect(fit.problems[0]!.message).toMatch(/^"x2" orders/);
    }
  });

  it("finds a monotone likelihood with late entries, and does not accuse a large finite effect", () => {
    const u = uniforms(29);
    const late: MadeRow[] = Array.from({ length: 90 }, (_, i) => {
      const start = Math.floor(u() * 5);
      const some = i % 3 === 0 ? 1 : 0;
      return { start, time: start + 1 + Math.floor(u() * 9), event: some === 1 ? 0 : 1, x: [some] };
    });
    expect(fitted(late).problems).toMatchObject([{ code: "fit.monotone" }]);
    const event = late.findIndex(({ x }) => x[0] === 1);
    const finite = fitted(late.map((row, i) => (i === event ? { ...row, event: 1 } : row)));
    expect(finite.converged).toBe(true);
    expect(finite.problems).toEqual([]);
  });

  it("names columns that depend on each other, and those that differ between strata only", () => {
    const rows = madeRows(60, 31);
    const twice = rows.map((row) => ({ ...row, x: [row.x[0]!, row.x[1]!, 2 * row.x[0]! + 3] }));
    expect(() => fitted(twice)).toThrow(/"x3" cannot be estimated: its column is a combination of "x1"/);
    const ofStrata = rows.map((row) => ({ ...row, x: [row.x[0]!, row.stratum!] }));
    expect(() => fitted(ofStrata)).toThrow(/"x2" cannot be estimated: at no event time/);
    expect(() => fitted(rows.map((row) => ({ ...row, event: 0 })))).toThrow(/No row has an event/);
  });

  it("fits a model without covariates", () => {
    const rows = madeRows(40, 37).map((row) => ({ ...row, x: [] }));
    const fit = fitted(rows);
    expect(fit.converged).toBe(true);
    expectClose(fit.logLik, fit.logLikNull, exact, "logLik");
  });
});
