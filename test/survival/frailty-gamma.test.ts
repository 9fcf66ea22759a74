import { describe, expect, it } from "vitest";
import { ProblemError } from "../../src/problem.js";
import { fitGammaFrailty } from "../../src/survival/frailty-gamma.js";
import type { Ties } from "../../src/survival/tied-events.js";
import { closedForm, expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { codesOf, type FrameColumns, frailtyFrame, numbersOf, readExpected, readRows } from "./frailty-case.js";

type Several = number | number[];
interface Answer {
  readonly coef: Several;
  readonly se: Several;
  readonly theta: number;
  readonly marginal: number;
  readonly fitted: number;
  readonly null: number;
  readonly frail: number[];
}
interface Expected {
  readonly cases: Readonly<
    Record<
      string,
      Partial<Record<Ties, { full: Answer; sparse: Answer }>> & {
        em?: Pick<Answer, "coef" | "theta" | "marginal" | "frail">;
      }
    >
  >;
}

const expected = readExpected<Expected>("frailty-gamma").cases;
const list = (values: Several): number[] => (Array.isArray(values) ? values : [values]);

const specifications: Readonly<Record<string, { x: readonly string[]; group: string; strata?: string }>> = {
  kidney: { x: ["age", "female"], group: "id" },
  rats: { x: ["rx"], group: "litter" },
  lung: { x: ["age"], group: "inst", strata: "female" },
  colon: { x: ["lev", "fu", "node4"], group: "id" },
};

function columnsOf(id: string): FrameColumns & { readonly labels: readonly string[] } {
  const rows = readRows("frailty-gamma", id);
  const { x, group, strata } = specifications[id]!;
  return {
    time: numbersOf(rows, "time"),
    event: numbersOf(rows, "status"),
    x: Object.fromEntries(x.map((name) => [name, numbersOf(rows, name)])),
    ...(strata === undefined ? {} : { strata: rows.map((row) => row[strata]!) }),
    labels: rows.map((row) => row[group]!),
  };
}

const fitOf = (
  columns: ReturnType<typeof columnsOf>,
  options: Parameters<typeof fitGammaFrailty>[2] = {},
): ReturnType<typeof fitGammaFrailty> =>
  fitGammaFrailty(frailtyFrame(columns), { group: "g", ...codesOf(columns.labels) }, options);
const se = ({ vcov }: { vcov: { cols: number; data: Float64Array } }) =>
  Array.from({ length: vcov.cols }, (_, i) => Math.sqrt(vcov.data[i * vcov.cols + i]!));

const estimated = ["kidney", "rats", "colon"].flatMap((id) =>
  (["efron", "breslow"] as const)
    .filter((ties) => expected[id]![ties] !== undefined)
    .map((ties) => [id, ties] as const),
);

describe("gamma frailty", () => {
  it.each(estimated)("agrees with survival, iterated further than its defaults: %s, %s", (id, ties) => {
    const columns = columnsOf(id);
    const { full, sparse } = expected[id]![ties]!;
    const fit = fitOf(columns, { ties });
    expect(fit.converged).toBe(true);
    // survival stops theta at a relative 1e-5 or so whatever is asked, the coefficients with it.
    expectClose(fit.variance, full.theta, optimised.variance, "variance");
    expectClose(fit.logLik, full.marginal, iterated, "marginal log-likelihood");
    expect(fit.logLik).toBeGreaterThanOrEqual(full.marginal - 1e-9);
    expectClose(fit.logLikNull, full.null, iterated, "null");
    expectClose(fit.logLikFitted, full.fitted, optimised.estimate, "fitted");
    expectClose(fit.coef, list(full.coef), optimised.se, "coef: theta of survival has five digits");
    expectClose(fit.frailties.map(Math.log), full.frail, optimised.se, "log frailties", 1);
    expect(fit.frailtyInformation).toBe("diagonal");
    expectClose(se(fit), list(sparse.se), optimised.se, "se as survival's sparse");
    expectClose(se(fitOf(columns, { ties, frailtyInformation: "whole" })), list(full.se), optimised.se, "se, whole");
  });

  it.each(["kidney", "rats"])("agrees with EM: %s", (id) => {
    const { em } = expected[id]!;
    const fit = fitOf(columnsOf(id), { ties: "breslow" });
    // optimize() finds theta to the square root of the precision of the likelihood.
    expectClose(fit.variance, em!.theta, optimised.estimate, "variance");
    expectClose(fit.logLik, em!.marginal, iterated, "marginal log-likelihood");
    expectClose(fit.coef, list(em!.coef), optimised.estimate, "coef");
    expectClose(fit.frailties.map(Math.log), em!.frail, optimised.estimate, "log frailties", 1);
  });

  it("has a variance of zero, and is then the model without frailty", () => {
    const fit = fitOf(columnsOf("lung"));
    const { full } = expected["lung"]!.efron!;
    expect(fit.variance).toBe(0);
    expect(fit.singular).toBe(true);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.singular"]);
    expect(fit.parameterCovariance).toBeNull();
    expect(fit.logLik).toBe(fit.logLikWithout);
    expectClose(fit.logLik, full.marginal, iterated, "log-likelihood");
    expectClose(fit.coef, list(full.coef), iterated, "coef");
    expectClose(se(fit), list(full.se), iterated, "se");
    expect([...fit.frailties].every((z) => z === 1)).toBe(true);
  });

  it("has frailties with mean 1, and a variance of θ from the curvature", () => {
    const fit = fitOf(columnsOf("kidney"));
    expectClose(fit.frailties.reduce((sum, z) => sum + z, 0) / fit.frailties.length, 1, closedForm, "mean frailty");
    expect(fit.parameterCovariance!.data[0]).toBeGreaterThan(0);
  });
});

describe("identities of the gamma frailty", () => {
  const columns = columnsOf("kidney");
  const base = fitOf(columns);
  const reorder = <T>(values: readonly T[]): T[] => values.map((_, i) => values[(i * 31) % values.length]!);

  it("does not depend on the order of the rows, nor on labels", () => {
    const fit = fitOf({
      time: reorder(columns.time),
      event: reorder(columns.event),
      x: { age: reorder(columns.x["age"]!), female: reorder(columns.x["female"]!) },
      labels: reorder(columns.labels).map((label) => `z${label}`),
    });
    expectClose(fit.coef, base.coef, iterated, "coef");
    expectClose(fit.variance, base.variance, iterated, "variance");
    expectClose(fit.logLik, base.logLik, closedForm, "log-likelihood");
    const frailty = (of: typeof base, label: string) => of.frailties[of.levels.indexOf(label)]!;
    expectClose(frailty(fit, "zp10"), frailty(base, "p10"), iterated, "frailty");
  });

  it("rescales a coefficient with its covariate", () => {
    const x = { age: columns.x["age"]!.map((v) => 1e4 + 100 * v), female: columns.x["female"]! };
    const fit = fitOf({ ...columns, x });
    expectClose([100 * fit.coef[0]!, fit.coef[1]!], base.coef, iterated, "coef");
  });

  it("counts a row of weight 2 as two rows (Breslow), and parts of rows too", () => {
    const weights = columns.time.map((_, i) => 1 + (i % 2));
    const rows = columns.time.flatMap((_, i) => new Array<number>(weights[i]!).fill(i));
    const pick = <T>(values: readonly T[]): T[] => rows.map((i) => values[i]!);
    const repeated = {
      time: pick(columns.time),
      event: pick(columns.event),
      x: { age: pick(columns.x["age"]!), female: pick(columns.x["female"]!) },
      labels: pick(columns.labels),
    };
    const weighted = fitOf({ ...columns, weights }, { ties: "breslow" });
    const all = fitOf(repeated, { ties: "breslow" });
    expectClose(weighted.coef, all.coef, iterated, "coef");
    expectClose(se(weighted), se(all), iterated, "se");
    expectClose(weighted.variance, all.variance, iterated, "variance");
    expectClose(weighted.logLik, all.logLik, closedForm, "log-likelihood");
    // Each row in two halves is the row: half an event counts.
    const halves = (values: readonly number[]) => [...values, ...values];
    const halved = fitOf(
      {
        time: halves(columns.time),
        event: halves(columns.event),
        x: { age: halves(columns.x["age"]!), female: halves(columns.x["female"]!) },
        labels: [...columns.labels, ...columns.labels],
        weights: halves(columns.time.map(() => 0.5)),
      },
      { ties: "breslow" },
    );
    const plain = fitOf(columns, { ties: "breslow" });
    expectClose(halved.variance, plain.variance, iterated, "halved: variance");
    expectClose(halved.coef, plain.coef, iterated, "halved: coef");
  });
});

describe("gamma frailty on hard data", () => {
  const columns = columnsOf("rats");

  it("refuses one cluster", () => {
    expect(() => fitOf({ ...columns, labels: columns.labels.map(() => "one") })).toThrow(ProblemError);
  });

  it("has a cluster without events, and one never at risk", () => {
    const fit = fitOf({
      ...columns,
      time: [...columns.time, 0.5, 200],
      event: [...columns.event, 0, 0],
      x: { rx: [...columns.x["rx"]!, 1, 0] },
      labels: [...columns.labels, "never", "eventless"],
    });
    expect(fit.converged).toBe(true);
    expectClose(fit.frailties[fit.levels.indexOf("never")]!, 1, closedForm, "never at risk");
    expect(fit.frailties[fit.levels.indexOf("eventless")]).toBeLessThan(1);
  });

  it("has no variance with each row its own cluster and hazards that are proportional", () => {
    const fit = fitOf({ ...columns, labels: columns.labels.map((_, i) => String(i)) });
    expect(fit.converged).toBe(true);
    expect(fit.variance).toBe(0);
  });

  it("has no finite coefficient, as without frailty", () => {
    const fit = fitOf({ ...columns, x: { rx: columns.event.map((e) => 1 - e) } });
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.monotone"]);
  });
});
