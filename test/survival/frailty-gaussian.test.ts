import { describe, expect, it } from "vitest";
import { structureRandomTerms } from "../../src/mixed/random-structure.js";
import { gaussHermite } from "../../src/numeric/gauss-hermite.js";
import { timesVector } from "../../src/numeric/matrix.js";
import { ProblemError } from "../../src/problem.js";
import { fitCox } from "../../src/survival/cox.js";
import { frailtyDeviance, frailtyModel } from "../../src/survival/frailty-deviance.js";
import { fitGaussianFrailty } from "../../src/survival/frailty-gaussian.js";
import type { Ties } from "../../src/survival/tied-events.js";
import { closedForm, expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { codesOf, type FrameColumns, frailtyFrame, numbersOf, readExpected, readRows } from "./frailty-case.js";
import { plainPartialLikelihood } from "./plain-frailty.js";

interface Expected {
  readonly cases: Readonly<Record<string, ExpectedFit>>;
}
/** Of one random term R writes a number, of several an array. */
type Several = number | number[];
interface ExpectedFit {
  readonly coef: Several;
  readonly se: Several;
  readonly sd: Several;
  readonly seSd: (number | null) | (number | null)[];
  readonly integrated: number;
  readonly penalised: number;
  readonly fitted: number;
  readonly null: number;
  readonly without: number;
  readonly df: number;
  readonly modes: number[] | number[][];
}
interface Case {
  readonly x: readonly string[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly ties?: Ties;
  readonly start?: string;
  readonly strata?: string;
  readonly weights?: string;
  readonly offset?: string;
}

const expected = readExpected<Expected>("frailty-gaussian").cases;
const cases: Readonly<Record<string, Case>> = {
  lung: { x: ["age", "female", "ecog"], groups: { inst: ["inst"] } },
  "lung-breslow": { x: ["age", "female", "ecog"], groups: { inst: ["inst"] }, ties: "breslow" },
  "lung-strata": { x: ["age", "ecog"], groups: { inst: ["inst"] }, strata: "female" },
  kidney: { x: ["age", "female"], groups: { id: ["id"] } },
  rats: { x: ["rx"], groups: { litter: ["litter"] } },
  "kidney-intervals": {
    x: ["age", "female"],
    groups: { id: ["id"] },
    start: "start",
    weights: "weight",
    offset: "shift",
  },
  nested: { x: ["arm", "age"], groups: { unit: ["unit"], "unit:therapist": ["unit", "therapist"] } },
  crossed: { x: ["arm"], groups: { therapist: ["therapist"], office: ["office"] } },
  zero: { x: ["x"], groups: { centre: ["centre"] } },
};

function columnsOf(id: string): FrameColumns {
  const rows = readRows("frailty-gaussian", id);
  const { x, groups, start, strata, weights, offset } = cases[id]!;
  const optional = (name: "start" | "weights" | "offset", column: string | undefined) =>
    column === undefined ? {} : { [name]: numbersOf(rows, column) };
  return {
    time: numbersOf(rows, "time"),
    event: numbersOf(rows, "status"),
    x: Object.fromEntries(x.map((name) => [name, numbersOf(rows, name)])),
    groups: Object.fromEntries(
      Object.entries(groups).map(([group, columns]) => [
        group,
        rows.map((row) => columns.map((name) => row[name]!).join(":")),
      ]),
    ),
    ...optional("start", start),
    ...optional("weights", weights),
    ...optional("offset", offset),
    ...(strata === undefined ? {} : { strata: rows.map((row) => row[strata]!) }),
  };
}

const list = <T>(values: T | T[]): T[] => (Array.isArray(values) ? values : [values]);
const se = ({ vcov }: { vcov: { cols: number; data: Float64Array } }) =>
  Array.from({ length: vcov.cols }, (_, i) => Math.sqrt(vcov.data[i * vcov.cols + i]!));
const sdsOf = (fit: ReturnType<typeof fitGaussianFrailty>) =>
  fit.random.map(({ covariance }) => Math.sqrt(covariance.data[0]!));

describe("gaussian frailty", () => {
  it.each(Object.keys(cases))("agrees with a plain dense implementation in R: %s", (id) => {
    const answer = expected[id]!;
    const fit = fitGaussianFrailty(frailtyFrame(columnsOf(id)), { ties: cases[id]!.ties ?? "efron" });
    expect(fit.converged).toBe(true);
    // The search in R stops where the criterion, of size 1e3, is flat to 14 digits: the standard deviations have five or so,
    // and what depends on them no more, the smaller the standard deviation the fewer.
    expectClose(sdsOf(fit), list(answer.sd), optimised.se, "sd");
    expectClose(fit.coef, list(answer.coef), optimised.estimate, "coef");
    expectClose(se(fit), list(answer.se), optimised.se, "se");
    expectClose(fit.logLik, answer.integrated, closedForm, "integrated");
    expectClose(fit.logLikPenalised, answer.penalised, iterated, "penalised");
    expectClose(fit.logLikFitted, answer.fitted, iterated, "fitted");
    expectClose(fit.logLikNull, answer.null, closedForm, "null");
    expectClose(fit.logLikWithout, answer.without, closedForm, "without frailty");
    expectClose(fit.effectiveDf, answer.df, optimised.df, "effective df");
    const modes = Array.isArray(answer.modes[0]) ? (answer.modes as number[][]) : [answer.modes as number[]];
    if (!fit.singular)
      fit.random.forEach(({ modes: own }, t) => {
        // R's are b, of size .1 to 1.
        expectClose(own.data, modes[t]!, optimised.se, `modes ${t}`, 1);
      });
    const errors = list(answer.seSd);
    fit.random.forEach((_, t) => {
      if (errors[t] === null || errors[t] === undefined) return;
      expectClose(
        Math.sqrt(fit.parameterCovariance!.data[t * (fit.theta.length + 1)]!),
        errors[t],
        optimised.variance,
        "se of sd",
      );
    });
  });

  it.each(["crossed", "nested"])("has the angle of two variances at zero that the definition gives: %s", (id) => {
    const frame = frailtyFrame(columnsOf(id));
    const { boundaryAngle, coef } = fitGaussianFrailty(frame);
    const simpler = fitCox({ ...frame, cluster: null, participant: null });
    expect([...simpler.coef]).not.toEqual([...coef]);
    let q = 0;
    const random = frame.Z.map(({ codes, values, levels }) => {
      q += levels.length;
      return { first: q - levels.length, k: 1, codes, values };
    });
    const { start, time, event } = frame.outcome;
    const { information: H } = plainPartialLikelihood(
      { start, time, event, strata: null, weights: null },
      { q, random, X: frame.X },
      timesVector(frame.X, simpler.coef),
      "efron",
    );
    // Sweep the fixed columns out; what is left is the information on the random ones.
    for (let j = q; j < H.cols; j++) {
      const row = H.data.slice(j * H.cols, (j + 1) * H.cols);
      for (let a = 0; a < H.cols; a++)
        for (let b = 0; b < H.cols; b++) if (a !== j) H.data[a * H.cols + b]! -= (row[a]! * row[b]!) / row[j]!;
    }
    const squares = (f: number, g: number): number => {
      const within = ({ levels }: { levels: readonly string[] }, at: number) =>
        levels.map((_, level) => random[at]!.first + level);
      return within(frame.Z[f]!, f).reduce(
        (sum, a) => sum + within(frame.Z[g]!, g).reduce((part, b) => part + H.data[a * H.cols + b]! ** 2, 0),
        0,
      );
    };
    const cosine = squares(0, 1) / Math.sqrt(squares(0, 0) * squares(1, 1));
    expectClose(boundaryAngle!, Math.acos(cosine), iterated, "angle");
    expect(fitGaussianFrailty(frailtyFrame(columnsOf("lung"))).boundaryAngle).toBeNull();
  });

  it("says which variance is zero, and is then the model without it", () => {
    const columns = columnsOf("zero");
    const fit = fitGaussianFrailty(frailtyFrame(columns));
    expect(fit.singular).toBe(true);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.singular"]);
    expect(fit.logLik).toBe(fit.logLikWithout);
    expect(fit.parameterCovariance).toBeNull();
    expectClose(fit.effectiveDf, 1, closedForm, "effective df");
    expect([...fit.random[0]!.modes.data].every((mode) => mode === 0)).toBe(true);
  });

  it("leaves out one of two variances that is zero", () => {
    const columns = columnsOf("rats");
    const n = columns.time.length;
    const both = fitGaussianFrailty(
      frailtyFrame({ ...columns, groups: { ...columns.groups, noise: columns.time.map((_, i) => String(i % 7)) } }),
    );
    const one = fitGaussianFrailty(frailtyFrame(columns));
    expect(n).toBe(150);
    expect(both.problems.map(({ message }) => message.includes('"noise"'))).toEqual([true]);
    expectClose(both.logLik, one.logLik, closedForm, "log-likelihood");
    expectClose(se(both), se(one), optimised.se, "se");
    expectClose(sdsOf(both)[0]!, sdsOf(one)[0]!, optimised.variance, "sd");
  });

  it("is close to the integral itself, by quadrature over two clusters", () => {
    // ∫∫ exp ℓ(b) φ(b₁) φ(b₂) db at a standard deviation of ½: only the difference of the two matters to ℓ.
    const columns = columnsOf("kidney");
    const clusters = columns.time.map((_, i) => (i % 3 === 0 ? "a" : "b"));
    const time = columns.time.map((v, i) => (clusters[i] === "a" ? v / 2.5 : v));
    const frame = frailtyFrame({ time, event: columns.event, x: {}, groups: { cluster: clusters } });
    const model = frailtyModel(frame, structureRandomTerms(frame.Z), "breslow");
    const laplace = -frailtyDeviance(model).value(Float64Array.of(0.5)) / 2;
    const { codes } = codesOf(clusters);
    const { nodes, weights } = gaussHermite(60);
    let integral = 0;
    nodes.forEach((z, k) => {
      const { logLik } = plainPartialLikelihood(
        { ...frame.outcome, strata: null, weights: null },
        { q: 0, random: [], X: frame.X },
        // b₂ − b₁ ~ N(0, 2 · ½²).
        Array.from(codes, (code) => code * Math.SQRT2 * 0.5 * z),
        "breslow",
      );
      integral += weights[k]! * Math.exp(logLik - laplace);
    });
    // The error of Laplace's approximation is of the order of one over the events, 58.
    expect(Math.abs(Math.log(integral))).toBeLessThan(0.02);
    expect(Math.log(integral)).not.toBe(0);
  });
});

describe("identities of the gaussian frailty", () => {
  const columns = columnsOf("kidney");
  const base = fitGaussianFrailty(frailtyFrame(columns));
  const same = (fit: ReturnType<typeof fitGaussianFrailty>, what: string) => {
    expectClose(fit.coef, base.coef, iterated, `${what}: coef`);
    expectClose(se(fit), se(base), iterated, `${what}: se`);
    expectClose(sdsOf(fit), sdsOf(base), iterated, `${what}: sd`);
    expectClose(fit.logLik, base.logLik, closedForm, `${what}: log-likelihood`);
  };
  const reorder = <T>(values: readonly T[]): T[] => values.map((_, i) => values[(i * 31) % values.length]!);

  it("does not depend on the order of the rows, nor on the labels of the groups", () => {
    const reordered = {
      time: reorder(columns.time),
      event: reorder(columns.event),
      x: Object.fromEntries(Object.entries(columns.x).map(([name, values]) => [name, reorder(values)])),
      groups: {
        id: reorder(columns.groups!["id"]!).map((label) => `z${label.length}${[...label].reverse().join("")}`),
      },
    };
    const fit = fitGaussianFrailty(frailtyFrame(reordered));
    same(fit, "reordered");
    const mode = (of: typeof base, label: string) => of.random[0]!.modes.data[of.random[0]!.levels.indexOf(label)]!;
    expectClose(mode(fit, "z301p"), mode(base, "p10"), iterated, "mode");
  });

  it("rescales a coefficient with its covariate, and is not moved by a shift", () => {
    const x = { age: columns.x["age"]!.map((v) => 1e4 + 100 * v), female: columns.x["female"]! };
    const fit = fitGaussianFrailty(frailtyFrame({ ...columns, x }));
    expectClose([100 * fit.coef[0]!, fit.coef[1]!], base.coef, iterated, "coef");
    expectClose(sdsOf(fit), sdsOf(base), iterated, "sd");
  });

  it("counts a row of weight 2 as two rows (Breslow), one of weight 0 as none", () => {
    const weights = columns.time.map((_, i) => i % 3);
    const rows = columns.time.flatMap((_, i) => new Array<number>(weights[i]!).fill(i));
    const pick = <T>(values: readonly T[]): T[] => rows.map((i) => values[i]!);
    const repeated = fitGaussianFrailty(
      frailtyFrame({
        time: pick(columns.time),
        event: pick(columns.event),
        x: { age: pick(columns.x["age"]!), female: pick(columns.x["female"]!) },
        groups: { id: pick(columns.groups!["id"]!) },
      }),
      { ties: "breslow" },
    );
    const weighted = fitGaussianFrailty(frailtyFrame({ ...columns, weights }), { ties: "breslow" });
    expectClose(weighted.coef, repeated.coef, iterated, "coef");
    expectClose(se(weighted), se(repeated), iterated, "se");
    expectClose(sdsOf(weighted), sdsOf(repeated), iterated, "sd");
    expectClose(weighted.logLik, repeated.logLik, closedForm, "log-likelihood");
  });

  it("takes intervals of one participant for the whole", () => {
    const cut = columns.time.map((time) => Math.floor(time / 2));
    const twice = <T>(values: readonly T[]): T[] => [...values, ...values];
    const split = fitGaussianFrailty(
      frailtyFrame({
        start: [...cut.map(() => 0), ...cut],
        time: [...cut.map((v, i) => (v === 0 ? columns.time[i]! / 2 : v)), ...columns.time],
        event: [...cut.map(() => 0), ...columns.event],
        x: { age: twice(columns.x["age"]!), female: twice(columns.x["female"]!) },
        groups: { id: twice(columns.groups!["id"]!) },
      }),
    );
    same(split, "split");
  });

  it("has no fixed effects when there are none", () => {
    const fit = fitGaussianFrailty(frailtyFrame({ ...columns, x: {} }));
    expect(fit.converged).toBe(true);
    expect(fit.coef.length).toBe(0);
    expectClose(fit.logLikNull, fit.logLikWithout, closedForm, "null");
  });

  it("has a frailty for a cluster without events, and for one that is never at risk", () => {
    const never = {
      ...columns,
      time: [...columns.time, 0.5, 0.5, 600],
      event: [...columns.event, 0, 0, 0],
      x: { age: [...columns.x["age"]!, 40, 50, 45], female: [...columns.x["female"]!, 1, 0, 1] },
      groups: { id: [...columns.groups!["id"]!, "never", "never", "eventless"] },
    };
    const fit = fitGaussianFrailty(frailtyFrame(never));
    expect(fit.converged).toBe(true);
    const { levels, modes } = fit.random[0]!;
    expect(modes.data[levels.indexOf("never")]).toBe(0);
    expect(modes.data[levels.indexOf("eventless")]).toBeLessThan(0);
  });
});

describe("gaussian frailty that cannot be fitted", () => {
  const columns = columnsOf("rats");
  const problemsOf = (changed: Partial<FrameColumns>): readonly string[] => {
    try {
      fitGaussianFrailty(frailtyFrame({ ...columns, ...changed }));
    } catch (thrown) {
      if (thrown instanceof ProblemError) return thrown.problems.map(({ code, message }) => `${code}: ${message}`);
      throw thrown;
    }
    return [];
  };
  const litter = columns.groups!["litter"]!;

  it("has one cluster only, or strata of the same groups", () => {
    const one = problemsOf({ groups: { litter: litter.map(() => "one") } });
    expect(one).toHaveLength(1);
    expect(one[0]).toMatch(/^frame.unidentified-variance: Nothing tells the frailty of "litter"/);
    expect(problemsOf({ strata: litter })[0]).toMatch(/^frame.unidentified-variance: Nothing tells/);
  });

  it("has two terms over the same groups, or a fixed effect that is the groups", () => {
    expect(problemsOf({ groups: { litter, copy: litter.map((label) => `c${label}`) } })[0]).toMatch(
      /^frame.unidentified-variance: The random terms "1 \| litter" and "1 \| copy" cannot be told apart/,
    );
    const half = litter.map((label) => (Number(label.slice(1)) > 50 ? "1" : "0"));
    expect(problemsOf({ groups: { half }, x: { half: half.map(Number) } })[0]).toMatch(
      /^frame.unidentified-variance: The random term "1 \| half" cannot be told from the fixed effects/,
    );
  });

  it("has no events, or a coefficient without a finite estimate", () => {
    expect(problemsOf({ event: columns.event.map(() => 0) })[0]).toMatch(/^survival.no-events/);
    const fit = fitGaussianFrailty(frailtyFrame({ ...columns, x: { rx: columns.event.map((e) => 1 - e) } }));
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.monotone"]);
    expect([...fit.coef]).toEqual([Number.NaN]);
  });

  it("has aliased columns, a constant one among them, or no random term", () => {
    expect(problemsOf({ x: { a: columns.x["rx"]!, b: columns.x["rx"]!.map((v) => 2 * v) } })[0]).toMatch(
      /^frame.aliased/,
    );
    expect(problemsOf({ x: { one: litter.map(() => 1) } })[0]).toMatch(/^survival.not-varying/);
    expect(problemsOf({ groups: {} })[0]).toMatch(/^frame.no-random-term|no-random/);
  });
});
