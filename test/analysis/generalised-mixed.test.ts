/** Plans with mixed models that are not gaussian, profile intervals and comparisons, on small data made here. */
import { describe, expect, it } from "vitest";
import type { AnalysisResult } from "../../src/analysis/results.js";
import { runPlan } from "../../src/analysis/run-plan.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { ProblemError } from "../../src/problem.js";
import { readTable } from "../../src/table/read-table.js";
import { randomStream } from "../mixed/simulated-table.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

interface Row {
  readonly unit: string;
  readonly arm: string;
  readonly age: number;
  readonly out: number | string;
  readonly count: number;
  readonly y: number;
}

function simulated(): Row[] {
  const { normal, uniform } = randomStream(11);
  return Array.from({ length: 14 }, (_, u) => {
    const b = 0.9 * normal();
    return Array.from({ length: 9 }, (): Row => {
      const age = Math.round(40 + 10 * normal());
      const eta = -0.4 + 0.7 * (u % 2) + 0.03 * (age - 40) + b;
      const out = Number(uniform() < 1 / (1 + Math.exp(-eta)));
      const count = Math.floor(Math.exp(0.3 * eta + 1) * (0.5 + uniform()));
      return { unit: `U${u}`, arm: u % 2 === 1 ? "FIT" : "TAU", age, out, count, y: eta + normal() };
    });
  }).flat();
}

const planOf = (...analyses: string[]): string => `plan: fit-rct/1
title: Binary
data: { file: data.csv }
columns:
  unit: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  age: { type: number, unit: years }
  out: { type: number }
  count: { type: number }
  y: { type: number }
analyses:
${analyses.map((one) => `  - { ${one} }`).join("\n")}
`;

async function run(rows: readonly Row[], ...analyses: string[]): Promise<readonly AnalysisResult[]> {
  const plan = completePlan(parsePlan(planOf(...analyses), "plan.yaml"));
  const csv = [Object.keys(rows[0]!).join(","), ...rows.map((row) => Object.values(row).join(","))].join("\n");
  const table = await readTable(new TextEncoder().encode(csv), "data.csv", plan.columns);
  const data = [{ name: "data.csv", sha256: "", table }];
  return runPlan({ plan, planSha256: "", locked: false, seed: 1, version: "", data }).results.analyses;
}

const codesOf = async (running: Promise<unknown>): Promise<string[]> => {
  try {
    await running;
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ProblemError)) throw thrown;
    return thrown.problems.map(({ code, path }) => `${code} ${path}`);
  }
};

const rows = simulated();
const BINOMIAL = 'id: main, model: mixed, family: binomial, formula: "out ~ arm + age + (1 | unit)"';
const estimateOf = ({ estimates }: AnalysisResult, name: string) => estimates.find((one) => one.name === name)!;

describe("a logistic mixed model in a plan", async () => {
  const [result] = await run(rows, `${BINOMIAL}, quadrature: 9, risks: { of: arm }`);
  it("is estimated by ML with normal tests, and says how", () => {
    expect(result!.status).toBe("estimated");
    expect(result!.method).toBe(
      "logistic mixed model, maximum likelihood by adaptive Gauss–Hermite quadrature with 9 points, model-based standard errors, normal approximation",
    );
    expect(result!.n.groups).toEqual({ unit: 14 });
  });
  it("gives odds ratios whose logarithm is the coefficient, and a standard deviation without a residual's", () => {
    const [coefficient, ratio] = ["coefficient:arm[FIT]", "odds-ratio:arm[FIT]"].map((name) =>
      estimateOf(result!, name),
    );
    expectClose(Math.log(ratio!.estimate!), coefficient!.estimate!, closedForm, "odds ratio");
    expectClose(Math.log(ratio!.upper!), coefficient!.upper!, closedForm, "upper");
    expect(coefficient).toMatchObject({ measure: "log-odds-ratio", df: null, unit: null });
    expect(estimateOf(result!, "sd:unit:(Intercept)").estimate).toBeGreaterThan(0);
    expect(result!.estimates.some(({ name }) => name === "sd:residual" || name === "odds-ratio:(Intercept)")).toBe(
      false,
    );
  });
  it("gives risks of the population between 0 and 1, whose difference is their difference", () => {
    const [tau, fit] = ["risk:arm[TAU]", "risk:arm[FIT]"].map((name) => estimateOf(result!, name).estimate!);
    expectClose(
      estimateOf(result!, "risk-difference:arm[FIT]-arm[TAU]").estimate!,
      fit! - tau!,
      closedForm,
      "difference",
    );
    expect(Math.min(tau!, fit!)).toBeGreaterThan(0);
    expect(Math.max(tau!, fit!)).toBeLessThan(1);
  });
});

it("counts give rate ratios", async () => {
  const [result] = await run(rows, 'id: main, model: mixed, family: poisson, formula: "count ~ arm + (1 | unit)"');
  expect(result!.status).toBe("estimated");
  expect(estimateOf(result!, "rate-ratio:arm[FIT]").estimate).toBeGreaterThan(0);
});

it("profile intervals replace those of coefficients, ratios and standard deviations, and nothing else", async () => {
  const [wald, profile] = await run(rows, BINOMIAL, `${BINOMIAL.replace("main", "profile")}, interval: profile`);
  for (const name of ["coefficient:arm[FIT]", "odds-ratio:arm[FIT]", "sd:unit:(Intercept)"]) {
    const [w, p] = [wald!, profile!].map((result) => estimateOf(result, name));
    expect(p!.lower).not.toBe(w!.lower);
    expect(p!.lower!).toBeLessThan(p!.estimate!);
    expect(p!.upper!).toBeGreaterThan(p!.estimate!);
    expect({ ...p, lower: null, upper: null }).toEqual({ ...w, lower: null, upper: null });
  }
  expectClose(
    Math.log(estimateOf(profile!, "odds-ratio:age").lower!),
    estimateOf(profile!, "coefficient:age").lower!,
    closedForm,
    "ratio",
  );
});

describe("likelihood-ratio tests", () => {
  const larger = 'id: large, model: mixed, formula: "y ~ arm + age + (1 | unit)"';
  it("of fixed effects refit REML by ML, and say so", async () => {
    const smaller = 'id: small, model: mixed, formula: "y ~ age + (1 | unit)"';
    const ml = (text: string) => `${text.replace("id: ", "id: ml-")}, method: ML`;
    const [large, , a, b] = await run(rows, `${larger}, compare: small`, smaller, ml(larger), ml(smaller));
    const test = estimateOf(large!, "test:likelihood-ratio:small");
    expect(test).toMatchObject({ df: 1, measure: "likelihood-ratio", estimate: null });
    expectClose(test.statistic!, 2 * (a!.fit!.logLik! - b!.fit!.logLik!), closedForm, "statistic", 10);
    expect(large!.problems.map(({ code }) => code)).toEqual(["compare.refitted"]);
  });
  it("of a variance use the mixture, against a model without random effects too", async () => {
    const smaller = 'id: small, model: linear, formula: "y ~ arm + age"';
    const [large] = await run(rows, `${larger}, method: ML, compare: small`, smaller);
    expect(estimateOf(large!, "test:likelihood-ratio:small").p).toBeLessThan(0.05);
    expect(large!.problems.map(({ code }) => code)).toEqual(["compare.mixture"]);
  });
  it("of logistic models", async () => {
    const [large] = await run(
      rows,
      `${BINOMIAL}, compare: small`,
      'id: small, model: mixed, family: binomial, formula: "out ~ age + (1 | unit)"',
    );
    expect(estimateOf(large!, "test:likelihood-ratio:small").statistic).toBeGreaterThan(0);
  });
  it("refuse other rows, other outcomes, models that are not nested", async () => {
    const compare = (other: string) => codesOf(run(rows, `${larger}, compare: small`, `id: small, ${other}`));
    expect(await compare('model: mixed, formula: "y ~ age + (1 | unit)", where: age > 40')).toEqual([
      'compare.different-data analysis "large"',
    ]);
    expect(await compare('model: mixed, formula: "count ~ age + (1 | unit)"')).toEqual([
      'compare.different-data analysis "large"',
    ]);
    expect(await compare('model: mixed, formula: "y ~ I(age^2) + (1 | unit)"')).toEqual([
      'compare.not-nested analysis "large"',
    ]);
    expect(await compare('model: mixed, formula: "y ~ arm + age + (1 | unit)"')).toEqual([
      'compare.not-nested analysis "large"',
    ]);
  });
});

describe("what cannot be answered", () => {
  it("an outcome that is not 0/1 is told with its line", async () => {
    const wrong = rows.map((row, i) => (i === 3 ? { ...row, out: 2 } : row));
    expect(await codesOf(run(wrong, BINOMIAL))).toEqual(['frame.outcome-not-binary data.csv:5, column "out"']);
  });
  it("separation is told with the covariate, and no number is given", async () => {
    const separated = rows.map((row) => ({ ...row, out: Number(row.age > 42) }));
    const [result] = await run(separated, BINOMIAL);
    expect(result).toMatchObject({ status: "not-estimated", fit: null, estimates: [] });
    expect(result!.problems.map(({ code }) => code)).toEqual(["fit.separation"]);
    expect(result!.reason).toContain('"age"');
  });
  it.each([
    ["df: satterthwaite", "plan.family-df"],
    ["method: REML", "plan.family-method"],
    ["compare: main", "plan.compare-itself"],
    ["compare: other", "plan.compare-unknown"],
  ])("%s is a problem of the plan", (key, code) => {
    const parsed = parsePlan(planOf(`${BINOMIAL}, ${key}`), "plan.yaml");
    expect([...parsed.problems, ...checkPlan(parsed).problems].map((problem) => problem.code)).toEqual([code]);
  });
  it("quadrature is for other families than gaussian, and for one effect per level", async () => {
    const parsed = parsePlan(
      planOf('id: a, model: mixed, quadrature: 5, formula: "y ~ arm + (1 | unit)"'),
      "plan.yaml",
    );
    expect(checkPlan(parsed).problems.map(({ code }) => code)).toEqual(["plan.quadrature-gaussian"]);
    const slopes = BINOMIAL.replace("(1 | unit)", "(age | unit)");
    expect(await codesOf(run(rows, `${slopes}, quadrature: 5`))).toEqual([
      'plan.quadrature-one-effect analysis "main"',
    ]);
  });
});

it("is explained in words", () => {
  const text = explainPlan(
    completePlan(parsePlan(planOf(`${BINOMIAL}, quadrature: 7, interval: profile`), "plan.yaml")),
  );
  expect(text).toContain(
    "logistic mixed model (logit link), maximum likelihood by adaptive Gauss-Hermite quadrature with 7 points",
  );
  expect(text).toContain("by profile likelihood (ML)");
  expect(text).toContain("Variance parameters: sd:unit:(Intercept).");
});

it("Laplace's approximation that is off is said, with the key that helps; quadrature is not warned of", async () => {
  const { normal, uniform } = randomStream(5);
  const small = Array.from({ length: 120 }, (_, u) => {
    const b = 2.5 * normal();
    return Array.from({ length: 4 }, (): Row => {
      const out = Number(uniform() < 1 / (1 + Math.exp(-b)));
      return { unit: `U${u}`, arm: u % 2 === 1 ? "FIT" : "TAU", age: 40 + normal(), out, count: 1, y: 0 };
    });
  }).flat();
  const [laplace, quadrature] = await run(
    small,
    BINOMIAL,
    BINOMIAL.replace("id: main", "id: more").concat(", quadrature: 25"),
  );
  expect(laplace!.status).toBe("estimated");
  const warned = laplace!.problems.filter(({ code }) => code === "fit.laplace");
  expect(warned.map(({ severity }) => severity)).toEqual(["warning"]);
  const said = /higher by (\S+), and (\S+) would be about (\S+) standard errors (larger|smaller)/.exec(
    warned[0]!.message,
  )!;
  expect(said[2]).toBe("sd:unit:(Intercept)");
  const [here, there] = [laplace!, quadrature!].map((result) => estimateOf(result, "sd:unit:(Intercept)").estimate!);
  expect(said[4]).toBe(there! > here! ? "larger" : "smaller");
  expect(quadrature!.problems.map(({ code }) => code)).not.toContain("fit.laplace");
});
