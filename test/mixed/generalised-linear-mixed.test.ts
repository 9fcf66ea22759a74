import { describe, expect, it } from "vitest";
import { modelFrame } from "../../src/formula/model-frame.js";
import { parseFormula } from "../../src/formula/parse-formula.js";
import {
  fitGeneralisedLinearMixed,
  type GeneralisedLinearMixedFit,
  type GeneralisedLinearMixedOptions,
} from "../../src/mixed/generalised-linear-mixed.js";
import { randomComponents } from "../../src/mixed/variance-components.js";
import { ProblemError } from "../../src/problem.js";
import type { Column, Table } from "../../src/table/table.js";
import { expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { type ReferenceFit, readReference } from "../reference/reference-case.js";
import { bruteForceDeviance } from "./brute-force-likelihood.js";
import { randomStream } from "./simulated-table.js";

interface ReferenceGlmm extends ReferenceFit {
  readonly family: "binomial" | "poisson";
  readonly quadrature: number;
}

const fitOf = (table: Table, formula: string, options: GeneralisedLinearMixedOptions): GeneralisedLinearMixedFit =>
  fitGeneralisedLinearMixed(modelFrame({ formula: parseFormula(formula), table, residual: false }), options);
const standardErrors = ({ vcov, names }: GeneralisedLinearMixedFit): number[] =>
  names.map((_, j) => Math.sqrt(vcov.data[j * names.length + j]!));

describe.each(["glmm-cbpp", "glmm-contraception", "glmm-grouseticks"].map(readReference))(
  "$name agrees with glmer",
  ({ table, fits }) => {
    it.each(fits as readonly ReferenceGlmm[])("$id: $formula", (expected) => {
      const { family, quadrature } = expected;
      const fit = fitOf(table, expected.formula, { family, quadrature });
      expect(fit.converged, fit.problems.map(({ message }) => message).join(" ")).toBe(true);
      expect(fit.names).toEqual(expected.names);
      expect(fit.parameters).toBe(expected.parameters);
      expectClose(fit.logLik, expected.logLik, iterated, "logLik");
      expected.coef.forEach((coef, j) => {
        // Judged against an interval's width: glmer's inner iterations stop short of rounding, and with a level for each
        // row that moves its optimum by some 1e-5 standard errors.
        expectClose(fit.coef[j]!, coef, optimised.estimate, `coef ${fit.names[j]}`, 4 * expected.se[j]!);
      });
      // With a level for each row glmer's deviance is noisy, and its second differences good to three digits.
      const noisy = expected.formula.includes("(1 | index)");
      expectClose(standardErrors(fit), expected.se, noisy ? optimised.variance : optimised.se, "SE");
      const components = new Map(randomComponents(fit, null, 0.95).map(({ name, estimate }) => [name, estimate!]));
      for (const [name, sd] of Object.entries(expected.sd))
        expectClose(components.get(`sd:${name}`)!, sd, optimised.variance, name);
      for (const [name, r] of Object.entries(expected.cor ?? {}))
        expectClose(components.get(`cor:${name}`)!, r, optimised.variance, name);
    });
  },
);

describe("the complementary log-log link", () => {
  const { table, fits } = readReference("discrete-time-dropout");
  const [, ...mixed] = fits as readonly (ReferenceGlmm & { readonly glmerLogLik?: number })[];
  it.each(mixed)("$id: 25 points as glmer, Laplace with the exact Hessian as glmmTMB", (expected) => {
    const { family, quadrature } = expected;
    const fit = fitOf(table, expected.formula, { family, link: "cloglog", quadrature });
    expect(fit.converged, fit.problems.map(({ message }) => message).join(" ")).toBe(true);
    expect(fit.names).toEqual(expected.names);
    expectClose(fit.logLik, expected.logLik, iterated, "logLik");
    expected.coef.forEach((coef, j) => {
      expectClose(fit.coef[j]!, coef, optimised.estimate, `coef ${fit.names[j]}`, 4 * expected.se[j]!);
    });
    expectClose(standardErrors(fit), expected.se, optimised.se, "SE");
    expectClose(
      Math.sqrt(fit.random[0]!.covariance.data[0]!),
      expected.sd["therapist:(Intercept)"]!,
      optimised.variance,
      "SD",
    );
  });
  it("Laplace is closer to the integral with the exact Hessian than glmer's with the expected one", () => {
    const [integral, laplace] = [mixed[0]!.logLik, mixed[1]!];
    expect(Math.abs(laplace.logLik - integral)).toBeLessThan(Math.abs(laplace.glmerLogLik! - integral) / 10);
  });
  it("a session in which everybody left is no fit", () => {
    const session = table.columns.get("session")!;
    if (session.kind !== "category") throw new Error("a factor");
    const all = mapColumnByRow(table, "ended", (v, row) => (session.codes[row] === 5 ? 1 : v));
    expect(fitOf(all, mixed[0]!.formula, { family: "binomial", link: "cloglog" }).converged).toBe(false);
  });
});

/** A number column changed row by row. */
function mapColumnByRow(table: Table, name: string, change: (value: number, row: number) => number): Table {
  const column = table.columns.get(name)!;
  if (column.kind !== "number") throw new Error("a number");
  return { ...table, columns: new Map([...table.columns, [name, { ...column, values: column.values.map(change) }]]) };
}

// ── simulated clusters ──────────────────────────────────────────────────────────────────────────

interface Row {
  readonly y: number;
  readonly x: number;
  readonly arm: number;
  readonly g: number;
}

function simulate(seed: number, { sd = 1, clusters = 12, size = 8, arm = 0.5 } = {}): Row[] {
  const { normal, uniform } = randomStream(seed);
  return Array.from({ length: clusters }, (_, g) => {
    const b = sd * normal();
    return Array.from({ length: size }, () => {
      const x = normal();
      const eta = -0.3 + 0.6 * x + arm * (g % 2) + b;
      return { y: Number(uniform() < 1 / (1 + Math.exp(-eta))), x, arm: g % 2, g };
    });
  }).flat();
}

function tableOf(rows: readonly Row[]): Table {
  const number = (name: "y" | "x" | "arm"): [string, Column] => [
    name,
    { kind: "number", type: "number", values: Float64Array.from(rows, (row) => row[name]), unit: null },
  ];
  const g: Column = {
    kind: "category",
    type: "id",
    codes: Int32Array.from(rows, (row) => row.g),
    levels: Array.from({ length: 100 }, (_, i) => `g${i}`),
  };
  return {
    name: "rows",
    rows: rows.length,
    columns: new Map([number("y"), number("x"), number("arm"), ["g", g]]),
    lines: null,
  };
}

const formula = "y ~ x + arm + (1 | g)";
const rows = simulate(3);
const binomial = { family: "binomial", quadrature: 9 } as const;
const plain = fitOf(tableOf(rows), formula, binomial);

describe("identities", () => {
  const agree = (fit: GeneralisedLinearMixedFit, scale: readonly number[] = [1, 1, 1]) => {
    expect(fit.converged).toBe(true);
    expectClose(fit.logLik, plain.logLik, iterated, "logLik");
    expectClose(
      [...fit.coef].map((v, j) => v / scale[j]!),
      plain.coef,
      optimised.estimate,
      "coef",
      0.1,
    );
    expectClose(
      standardErrors(fit).map((v, j) => v / Math.abs(scale[j]!)),
      standardErrors(plain),
      optimised.se,
      "SE",
    );
  };

  it("the order of the rows does not matter", () => agree(fitOf(tableOf([...rows].reverse()), formula, binomial)));
  it("a rescaled covariate rescales its coefficient", () =>
    agree(fitOf(tableOf(rows.map((row) => ({ ...row, x: row.x * 1e4 }))), formula, binomial), [1, 1e-4, 1]));
  it("the outcome turned round turns every sign", () =>
    agree(fitOf(tableOf(rows.map((row) => ({ ...row, y: 1 - row.y }))), formula, binomial), [-1, -1, -1]));
  it("arms swapped turn the sign of the difference", () => {
    const swapped = fitOf(tableOf(rows.map((row) => ({ ...row, arm: 1 - row.arm }))), formula, binomial);
    expectClose(swapped.coef[2]!, -plain.coef[2]!, optimised.estimate, "arm");
    expectClose(swapped.coef[0]!, plain.coef[0]! + plain.coef[2]!, optimised.estimate, "intercept", 0.1);
  });
  it("an offset of β x is x with its coefficient less β", () => {
    const shifted = fitOf(tableOf(rows), "y ~ x + arm + offset(x) + (1 | g)", binomial);
    expectClose(shifted.coef[1]!, plain.coef[1]! - 1, optimised.estimate, "x", 0.1);
    expectClose(shifted.logLik, plain.logLik, iterated, "logLik");
  });
  it("nothing near is better by brute force", () => {
    const small = rows.filter(({ g }) => g < 6).map((row) => ({ ...row, arm: 0 }));
    const fit = fitOf(tableOf(small), "y ~ x + (1 | g)", { family: "binomial", quadrature: 31 });
    const data = { y: small.map(({ y }) => y), x: small.map(({ x }) => x), cluster: small.map(({ g }) => g) };
    const at = [fit.coef[0]!, fit.coef[1]!, fit.theta[0]!] as const;
    const least = bruteForceDeviance(data, "binomial", at);
    expectClose(fit.deviance, least, iterated, "deviance");
    for (let i = 0; i < 3; i++)
      for (const step of [-0.05, 0.05]) {
        const beside = at.map((v, j) => (j === i ? v + step : v)) as [number, number, number];
        expect(bruteForceDeviance(data, "binomial", beside)).toBeGreaterThan(least);
      }
  });
});

describe("what is hard or impossible", () => {
  it("a variance at zero is a boundary, and the fit that of the model without it", () => {
    // Each cluster has the same two outcomes at each x: less variation between clusters than by chance.
    const even = Array.from({ length: 40 }, (_, i) => ({ y: i % 2, x: ((i >> 1) % 2) - 0.5, arm: 0, g: i >> 2 }));
    const skewed = even.map((row, i) => (i < 3 ? { ...row, y: 1 } : row));
    for (const quadrature of [1, 7]) {
      const fit = fitOf(tableOf(skewed), "y ~ x + (1 | g)", { family: "binomial", quadrature });
      expect(fit.converged).toBe(true);
      expect(fit.singular).toBe(true);
      expect(fit.theta[0]).toBe(0);
      expect(fit.problems.map(({ code }) => code)).toEqual(["fit.singular"]);
      expect(randomComponents(fit, null, 0.95)[0]).toMatchObject({ estimate: 0, se: null, lower: null, upper: null });
    }
  });

  it("a covariate that separates the outcomes gives no fit", () => {
    const separated = rows.map((row) => ({ ...row, x: row.y === 1 ? Math.abs(row.x) + 0.1 : -Math.abs(row.x) }));
    const fit = fitOf(tableOf(separated), formula, { family: "binomial" });
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toContain("fit.runs-away");
  });

  it("an arm without any event (quasi-separation) gives no fit", () => {
    const none = rows.map((row) => (row.arm === 1 ? { ...row, y: 0 } : row));
    const fit = fitOf(tableOf(none), formula, { family: "binomial" });
    expect(fit.converged).toBe(false);
  });

  it("quadrature of two effects, aliased columns and no random term are refused", () => {
    const codes = (text: string, quadrature: number): string[] => {
      try {
        fitOf(tableOf(rows), text, { family: "binomial", quadrature });
        return [];
      } catch (thrown) {
        if (!(thrown instanceof ProblemError)) throw thrown;
        return thrown.problems.map(({ code }) => code);
      }
    };
    expect(codes("y ~ x + (x | g)", 5)).toEqual(["plan.quadrature-one-effect"]);
    expect(codes("y ~ x + I(2 * x) + (1 | g)", 1)).toEqual(["frame.aliased"]);
    expect(codes("y ~ x", 1)).toEqual(["formula.no-random-term"]);
  });

  it("clusters of one row, and all outcomes alike in some, are ordinary", () => {
    const fit = fitOf(
      tableOf([...rows, { y: 1, x: 0.2, arm: 1, g: 50 }, { y: 0, x: 0, arm: 0, g: 51 }]),
      formula,
      binomial,
    );
    expect(fit.converged).toBe(true);
    expect(fit.n.groups).toEqual({ g: 14 });
  });
});
