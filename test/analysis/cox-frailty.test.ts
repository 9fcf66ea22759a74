/** `cox` with frailty from plan to results, report and words, on the data of the reference cases. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runPlan } from "../../src/analysis/run-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { renderReport } from "../../src/report/render-report.js";
import { readTable } from "../../src/table/read-table.js";
import { closedForm, expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { readExpected } from "../survival/frailty-case.js";

const kidney = readFileSync(
  fileURLToPath(new URL("../reference/frailty-gamma/kidney.csv", import.meta.url)),
  "utf8",
).replaceAll('"', "");

const planText = (analysis: string): string => `plan: fit-rct/1
title: Test
data: { file: data.csv, missing: ["", NA] }
columns:
  id: { type: id }
  row: { type: id }
  time: { type: number }
  status: { type: binary }
  age: { type: number }
  female: { type: number }
analyses:
  - { id: a, model: cox, ${analysis} }
`;

async function run(analysis: string) {
  const plan = completePlan(parsePlan(planText(analysis), "plan.yaml"));
  const [header, ...lines] = kidney.trim().split("\n");
  const text = [`${header},row`, ...lines.map((line, i) => `${line},r${i}`)].join("\n");
  const table = await readTable(new TextEncoder().encode(text), "data.csv", plan.columns, plan.data);
  return runPlan({
    plan,
    planSha256: "p",
    locked: false,
    seed: 1,
    version: "0",
    data: [{ name: "data.csv", sha256: "d", table }],
  });
}
const resultOf = async (analysis: string) => (await run(analysis)).results.analyses[0]!;
const problemsOf = async (formula: string, keys = ""): Promise<string[]> => {
  const thrown = await resultOf(`formula: "${formula}"${keys}`).then(
    (result) => ({ problems: result.problems }),
    (error: { problems: readonly { code: string }[] }) => error,
  );
  return thrown.problems.map(({ code }) => code);
};
const gaussian = 'formula: "Surv(time, status) ~ age + female + (1 | id)"';
const gamma = 'formula: "Surv(time, status) ~ age + female + frailty(id, gamma)"';

describe("cox with gaussian frailty in a plan", () => {
  it("shows its predicted frailties as random effects, and those of gamma not", async () => {
    const { displays } = await run(gaussian);
    const [mode] = displays[0]!.diagnostics!.modes;
    expect(mode).toMatchObject({ group: "id", term: "(Intercept)" });
    expect(mode!.values.length).toBe(38);
    expect((await run(gamma)).displays[0]!.diagnostics).toBeNull();
  });

  it("gives coefficients, hazard ratios, a standard deviation with its interval, and its test", async () => {
    const { status, method, fit, estimates, problems, n } = await resultOf(gaussian);
    const answer = readExpected<{
      cases: Record<
        string,
        {
          coef: number[];
          sd: number;
          integrated: number;
          without: number;
          null: number;
          fitted: number;
          penalised: number;
          df: number;
        }
      >;
    }>("frailty-gaussian").cases["kidney"]!;
    const named = (name: string) => estimates.find((estimate) => estimate.name === name)!;
    expect(status).toBe("estimated");
    expect(method).toContain("gaussian frailty by id, Laplace-integrated partial likelihood, Efron ties");
    expect(n.groups).toEqual({ id: 38 });
    expectClose(named("coefficient:female").estimate!, answer.coef[1]!, optimised.estimate, "coefficient");
    expectClose(named("hazard-ratio:female").estimate!, Math.exp(answer.coef[1]!), optimised.se, "ratio");
    const sd = named("sd:id:(Intercept)");
    expectClose(sd.estimate!, answer.sd, optimised.variance, "sd");
    // Wald on the log scale.
    expectClose(sd.lower! * sd.upper!, sd.estimate! ** 2, closedForm, "interval");
    const test = named("test:frailty");
    const statistic = 2 * (answer.integrated - answer.without);
    expectClose(test.statistic!, statistic, iterated, "statistic");
    expect(test.df).toBe(1);
    expect(test.p).toBeGreaterThan(0);
    expect(test.p).toBeLessThan(0.05);
    expectClose(fit!.logLik!, answer.integrated, closedForm, "log-likelihood");
    expectClose(fit!.frailty!.logLikNull, answer.null, closedForm, "null");
    expectClose(fit!.frailty!.logLikWithout, answer.without, closedForm, "without");
    expectClose(fit!.frailty!.logLikFitted, answer.fitted, iterated, "fitted");
    expectClose(fit!.frailty!.logLikPenalised!, answer.penalised, iterated, "penalised");
    expectClose(fit!.frailty!.effectiveDf, answer.df, optimised.df, "effective df");
    expectClose(fit!.aic!, -2 * answer.integrated + 2 * 3, closedForm, "AIC");
    expectClose(fit!.bic!, -2 * answer.integrated + 3 * Math.log(58), closedForm, "BIC");
    expect(problems.map(({ code }) => code)).toEqual(["survival.frailty-proportional"]);
    expect(estimates.some(({ name }) => name.startsWith("proportional-hazards:"))).toBe(false);
  });

  it("has half the p-value of χ²(1)", async () => {
    const { estimates } = await resultOf(gaussian);
    const test = estimates.find(({ name }) => name === "test:frailty")!;
    // erfc of √(x/2) by a continued fraction would do; the known quantile is enough: P(χ²(1) > 3.8415) = .05.
    const z = Math.sqrt(test.statistic!);
    const tail = (t: number): number => {
      let sum = 0;
      const h = 1e-4;
      for (let u = t + h / 2; u < t + 9; u += h) sum += Math.exp((-u * u) / 2) * h;
      return sum / Math.sqrt(2 * Math.PI);
    };
    expectClose(test.p!, tail(z), iterated, "p");
  });

  it("is said in words, and in a report in two languages", async () => {
    const plan = completePlan(parsePlan(planText(gaussian), "plan.yaml"));
    expect(explainPlan(plan)).toContain("integrated over the frailties by Laplace's approximation");
    expect(explainPlan(plan)).toContain("Frailty: gaussian on the log hazard, by id;");
    const page = async (language: "en" | "sv") =>
      renderReport(await run(gaussian), { language, figures: [], vegaRuntime: null });
    const english = await page("en");
    expect(english).toContain(
      "with a Gaussian frailty of id, by the partial likelihood integrated by Laplace’s approximation",
    );
    expect(english).toContain("The same without frailty");
    const swedish = await page("sv");
    expect(swedish).toContain(
      "normalfördelad skörhet (frailty) för id, skattad med partiell likelihood integrerad med",
    );
    expect(swedish).toContain("Samma modell utan skörhet (frailty)");
  });
});

describe("cox with gamma frailty in a plan", () => {
  it("gives the variance with its interval, and its test", async () => {
    const { status, method, estimates, fit } = await resultOf(gamma);
    const answer = readExpected<{
      cases: Record<string, { efron: { sparse: { coef: number[]; se: number[]; theta: number; marginal: number } } }>;
    }>("frailty-gamma").cases["kidney"]!.efron.sparse;
    const named = (name: string) => estimates.find((estimate) => estimate.name === name)!;
    expect(status).toBe("estimated");
    expect(method).toContain("gamma frailty by id");
    expect(method).toContain("taken as diagonal");
    expectClose(named("coefficient:age").estimate!, answer.coef[0]!, optimised.se, "coefficient");
    expectClose(named("coefficient:age").se!, answer.se[0]!, optimised.se, "se");
    const variance = named("frailty-variance:id");
    expectClose(variance.estimate!, answer.theta, optimised.variance, "variance");
    expect(variance.lower).toBeGreaterThanOrEqual(0);
    expect(variance.upper).toBeGreaterThan(variance.estimate!);
    expectClose(fit!.logLik!, answer.marginal, iterated, "log-likelihood");
    expect(named("test:frailty").statistic).toBeGreaterThan(0);
  });
});

describe("frailty that cannot be analysed as asked", () => {
  const outcome = "Surv(time, status) ~ age";

  it("with cluster(), another variance, predicted survival", async () => {
    expect(await problemsOf(`${outcome} + (1 | id) + cluster(id)`)).toEqual(["formula.frailty-cluster"]);
    expect(await problemsOf(`${outcome} + (1 | id)`, ", vcov: robust")).toEqual(["plan.frailty-key"]);
    expect(await problemsOf(`${outcome} + frailty(id, gamma)`, ", df: clusters")).toEqual(["plan.frailty-key"]);
  });

  it("a gaussian one by frailty(), or two kinds", async () => {
    expect(await problemsOf(`${outcome} + frailty(id, gaussian)`)).toEqual(["formula.frailty-gaussian"]);
    expect(await problemsOf(`${outcome} + frailty(id, gamma) + (1 | row)`)).toEqual(["formula.several-frailties"]);
  });

  it("of strata by the same column, before a fit", async () => {
    expect(await problemsOf(`${outcome} + (1 | female) + strata(female)`)).toEqual(["frame.unidentified-variance"]);
    expect(await problemsOf(`${outcome} + frailty(female, gamma) + strata(female)`)).toEqual([
      "frame.unidentified-variance",
    ]);
  });

  it("is warned of where each row is its own group", async () => {
    const codes = await problemsOf(`${outcome} + (1 | row)`);
    expect(codes).toContain("survival.frailty-one-each");
  });
});
