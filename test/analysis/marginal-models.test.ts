/** `logistic`, `poisson`, `gee` and robust variances from plan to results and report, on small data made here. */
import { describe, expect, it } from "vitest";
import { runPlan } from "../../src/analysis/run-plan.js";
import { figures } from "../../src/figure/figures.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { ProblemError } from "../../src/problem.js";
import { renderReport } from "../../src/report/render-report.js";
import { texts } from "../../src/report/texts.js";
import { readTable } from "../../src/table/read-table.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

/** 240 rows of 80 clients in 20 units, two arms within each unit. */
const lines = Array.from({ length: 240 }, (_, i) => {
  const client = Math.floor(i / 3);
  const unit = client % 20;
  const arm = Math.floor(client / 20) % 2;
  const age = 20 + ((client * 7) % 40);
  const wave = Math.sin(3 * client + 1) + 0.8 * Math.cos(11 * i) + 0.5 * arm + (unit % 5) / 5;
  const month = [1, 3, 6][i % 3]!;
  return [
    `C${client}`,
    `U${unit}`,
    arm === 1 ? "FIT" : "TAU",
    age,
    month,
    wave > 0.5 ? 1 : 0,
    Math.max(0, Math.round(3 + 2 * wave)),
    (20 + 5 * wave).toFixed(3),
  ];
});
const HEADER = "client,unit,arm,age,month,good,visits,ors";
const csv = (rows: readonly (readonly (string | number)[])[]) =>
  [HEADER, ...rows.map((row) => row.join(","))].join("\n");

const planText = (analysis: string): string => `plan: fit-rct/1
title: Test
data: { file: data.csv }
columns:
  client: { type: id }
  unit: { type: id }
  arm: { type: factor, levels: [TAU, FIT], label: Group }
  age: { type: number, unit: years }
  month: { type: number, unit: months }
  good: { type: binary, better: higher, label: Recovered }
  visits: { type: number }
  ors: { type: number, unit: points }
trial: { participant: client, arm: { column: arm, control: TAU, intervention: FIT }, visit: { column: month }, clusters: [unit] }
analyses:
  - { id: a, ${analysis} }
`;

async function run(analysis: string, rows: readonly (readonly (string | number)[])[] = lines) {
  const plan = completePlan(parsePlan(planText(analysis), "plan.yaml"));
  const table = await readTable(new TextEncoder().encode(csv(rows)), "data.csv", plan.columns, plan.data);
  const data = [{ name: "data.csv", sha256: "d", table }];
  return runPlan({ plan, planSha256: "p", locked: false, seed: 1, version: "0", data });
}
const resultOf = async (analysis: string, rows = lines) => (await run(analysis, rows)).results.analyses[0]!;

async function refusal(analysis: string, rows = lines): Promise<string[]> {
  try {
    await run(analysis, rows);
  } catch (thrown) {
    if (thrown instanceof ProblemError)
      return thrown.problems.map(({ code, path, message }) => `${code} ${path} ${message}`);
    throw thrown;
  }
  return [];
}

const LOGISTIC = "model: logistic, formula: good ~ arm + age";
const GEE = "model: gee, family: binomial, formula: good ~ arm + age, cluster: unit, correlation: exchangeable";

describe("logistic", () => {
  it("gives log odds ratios, odds ratios, adjusted log odds, their ratio, and risks", async () => {
    const result = await resultOf(`${LOGISTIC}, means: { of: arm }, risks: { of: arm }, vcov: CR2, cluster: unit`);
    expect(result.status).toBe("estimated");
    expect(result.method).toBe(
      "logistic regression, maximum likelihood, CR2 standard errors by unit, Satterthwaite degrees of freedom",
    );
    expect(result.n.groups).toEqual({ unit: 20 });
    const one = (name: string) => result.estimates.find((estimate) => estimate.name === name)!;
    const coefficient = one("coefficient:arm[FIT]");
    expect(coefficient.measure).toBe("log-odds-ratio");
    expect(coefficient.df).toBeLessThan(20);
    const ratio = one("odds-ratio:arm[FIT]");
    expectClose(ratio.estimate!, Math.exp(coefficient.estimate!), closedForm, "ratio");
    expectClose(ratio.lower!, Math.exp(coefficient.lower!), closedForm, "lower");
    expect(ratio).toMatchObject({ se: coefficient.se, p: coefficient.p, df: coefficient.df, unit: null });
    expect(one("odds-ratio:arm[FIT]/arm[TAU]").estimate).toBeCloseTo(ratio.estimate!, 10);
    expect(one("mean:arm[TAU]").measure).toBe("log-odds");
    expect(result.estimates.some(({ name }) => name === "odds-ratio:(Intercept)")).toBe(false);
    const difference = one("risk:arm[FIT]").estimate! - one("risk:arm[TAU]").estimate!;
    expectClose(one("risk-difference:arm[FIT]-arm[TAU]").estimate!, difference, closedForm, "difference");
    expect(one("risk-ratio:arm[FIT]/arm[TAU]").lower).toBeGreaterThan(0);
  });
  it("an outcome that is not 0/1 is refused by its line", async () => {
    const problems = await refusal("model: logistic, formula: visits ~ arm");
    expect(problems.length).toBeGreaterThan(1);
    expect(problems[0]).toMatch(
      /^frame\.outcome-not-binary data\.csv:\d+, column "visits" The outcome "visits" is \d+; a binomial/,
    );
    expect(problems.length).toBeLessThanOrEqual(21);
  });
  it("separation is told by name and gives no number", async () => {
    const separated = lines.map((row) => (row[2] === "FIT" ? [...row.slice(0, 5), 1, ...row.slice(6)] : row));
    const result = await resultOf(LOGISTIC, separated);
    expect(result).toMatchObject({ status: "not-estimated", estimates: [], fit: null });
    expect(result.reason).toContain('Quasi-complete separation: "arm[FIT]" predicts');
  });
});

describe("poisson", () => {
  it("gives rate ratios", async () => {
    const result = await resultOf("model: poisson, formula: visits ~ arm + age, vcov: HC3");
    const ratio = result.estimates.find(({ name }) => name === "rate-ratio:arm[FIT]");
    expect(ratio).toMatchObject({ measure: "rate-ratio", df: null });
    expect(result.method).toBe("Poisson regression, maximum likelihood, HC3 standard errors, normal approximation");
  });
  it("a count that is negative or no whole number is refused by its line", async () => {
    const wrong = lines.map((row, i) =>
      i === 4 ? [...row.slice(0, 6), -1, row[7]!] : i === 9 ? [...row.slice(0, 6), 1.5, row[7]!] : row,
    );
    expect(await refusal("model: poisson, formula: visits ~ arm", wrong)).toEqual([
      expect.stringMatching(/^frame\.outcome-not-count data\.csv:6, column "visits" The outcome "visits" is -1;/),
      expect.stringMatching(/^frame\.outcome-not-count data\.csv:11, column "visits" The outcome "visits" is 1\.5;/),
    ]);
  });
});

describe("gee", () => {
  it("gives the correlation, the scale and t tests with clusters less coefficients", async () => {
    const result = await resultOf(`${GEE}, vcov: kauermann-carroll, df: clusters, risks: { of: arm }`);
    expect(result.problems).toEqual([]);
    expect(result.fit).toMatchObject({ logLik: null, aic: null, bic: null, converged: true });
    expect(result.estimates.find(({ name }) => name === "coefficient:arm[FIT]")?.df).toBe(17);
    expect(result.estimates.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["odds-ratio:age", "risk-ratio:arm[FIT]/arm[TAU]", "icc:unit", "scale"]),
    );
  });
  it("orders by the trial's visit within participants: the order of rows does not matter", async () => {
    const analysis = GEE.replace("cluster: unit, correlation: exchangeable", "cluster: client, correlation: ar1");
    const plain = await resultOf(analysis);
    const shuffled = await resultOf(analysis, [...lines].reverse());
    plain.estimates.forEach(({ name, estimate }, i) => {
      expect(shuffled.estimates[i]!.name).toBe(name);
      expect(shuffled.estimates[i]!.estimate).toBeCloseTo(estimate!, 8);
    });
    const unstructured = await resultOf(analysis.replace("ar1", "unstructured"));
    expect(unstructured.estimates.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["correlation:1,3", "correlation:1,6", "correlation:3,6"]),
    );
  });
  it("refuses one cluster, and names all that is wrong at once", async () => {
    const one = lines.map((row) => [row[0]!, "U1", ...row.slice(2)]);
    expect((await refusal(GEE, one)).map((text) => text.split(" ")[0])).toEqual(["frame.one-cluster"]);
    const both = await refusal(GEE.replace("good ~", "visits ~"), one);
    expect(both[0]).toContain("frame.one-cluster");
    expect(both[1]).toContain("frame.outcome-not-binary");
  });
  it("leaves out rows without a cluster, and says so", async () => {
    const missing = lines.map((row, i) => (i < 2 ? [row[0]!, "", ...row.slice(2)] : row));
    const result = await resultOf(GEE, missing);
    expect(result.n.observations).toBe(238);
    expect(result.n.excludedBy).toEqual([{ reason: "missing", detail: "unit", rows: 2 }]);
  });
});

describe("linear", () => {
  it("takes robust variances; CR2 has Satterthwaite df unless others are asked for", async () => {
    const formula = "model: linear, formula: ors ~ arm + age";
    const df = async (keys: string) =>
      (await resultOf(`${formula}, ${keys}`)).estimates.find(({ name }) => name === "coefficient:arm[FIT]")?.df;
    expect(await df("vcov: HC3")).toBe(237);
    expect(await df("vcov: CR2, cluster: unit")).toBeLessThan(20);
    expect(await df("vcov: CR2, cluster: unit, df: normal")).toBeNull();
    expect(await df("vcov: CR1S, cluster: unit, df: residual")).toBe(237);
  });
});

describe("the plan", () => {
  const codes = (analysis: string) =>
    checkPlan(parsePlan(planText(analysis), "plan.yaml")).problems.map(({ code }) => code);
  const messages = (analysis: string) =>
    checkPlan(parsePlan(planText(analysis), "plan.yaml")).problems.map(({ message }) => message);
  it("must name the clusters of a cluster-robust variance, and of no other", () => {
    expect(codes(`${LOGISTIC}, vcov: CR2`)).toEqual(["plan.no-cluster"]);
    expect(codes(`${LOGISTIC}, vcov: HC3, cluster: unit`)).toEqual(["plan.unused-cluster"]);
    expect(codes(`${LOGISTIC}, vcov: HC3, df: satterthwaite`)).toEqual(["plan.satterthwaite-needs-clusters"]);
    expect(codes(`${LOGISTIC}, vcov: CR2, cluster: unit`)).toEqual([]);
  });
  it("suggests a cluster column, and refuses random terms and risks that do not exist", () => {
    expect(messages(GEE.replace("cluster: unit", "cluster: unti"))[0]).toContain('Did you mean "unit"?');
    expect(messages(`${LOGISTIC}, vcov: CR2, cluster: unti`)[0]).toContain('Did you mean "unit"?');
    expect(codes("model: logistic, formula: good ~ arm + (1 | unit)")).toEqual(["plan.random-term"]);
    expect(codes(`${GEE.replace("binomial", "poisson")}, risks: { of: arm }`)).toEqual(["plan.risks-need-binomial"]);
    expect(codes(`${LOGISTIC}, risks: { of: month }`)).toEqual(["plan.means-not-in-formula"]);
    expect(codes(`${LOGISTIC}, risks: { of: age }`)).toEqual(["plan.not-factor"]);
    expect(codes(`${LOGISTIC}, risks: { of: amr }`)).toEqual(["plan.unknown-column"]);
  });
  it("is explained in words", () => {
    const explain = (analysis: string) => explainPlan(completePlan(parsePlan(planText(analysis), "plan.yaml")));
    const logistic = explain(`${LOGISTIC}, vcov: CR2, cluster: unit, risks: { of: arm }`);
    expect(logistic).toContain("Model: logistic regression (logit link), maximum likelihood");
    expect(logistic).toContain("CR2, robust to dependence within the levels of unit; t with Satterthwaite");
    expect(logistic).toContain("those with a value in each of good, arm, age, unit.");
    expect(logistic).toContain("Risks: if all rows had each level of arm in turn");
    expect(logistic).not.toContain("Variance parameters");
    const gee = explain(`${GEE}, vcov: mancl-derouen, df: clusters`);
    expect(gee).toContain(
      "generalised estimating equations, binomial with logit link; exchangeable correlation within unit.",
    );
    expect(gee).toContain("corrected by Mancl and DeRouen; t with clusters less coefficients degrees of freedom.");
    expect(gee).toContain("Variance parameters: icc:unit, scale.");
  });
});

describe("the report", () => {
  const written = async (analysis: string, language: "en" | "sv") => {
    const done = await run(analysis);
    const drawn = await figures(done, texts[language].figure);
    return { drawn, page: await renderReport(done, { language, figures: drawn, vegaRuntime: null }) };
  };
  it("has the risks by arm, the ratios, and their forest plot on a logarithmic axis with its line at 1", async () => {
    const { drawn, page } = await written(`${LOGISTIC}, vcov: CR2, cluster: unit, risks: { of: arm }`, "en");
    expect(drawn.map(({ kind }) => kind)).toEqual(["ratios"]);
    const spec = JSON.stringify(drawn[0]!.spec);
    expect(spec).toContain('"type":"log"');
    expect(spec).toContain('{"values":[{"x":1}]}');
    expect(spec).toContain('"label":"Odds ratio"');
    expect(spec).toContain('"label":"Risk ratio"');
    expect(drawn[0]!.alt).toContain("2 ratios for Recovered between arms on a logarithmic axis");
    expect(page).toContain("Standardised risks of Recovered and their differences");
    expect(page).toContain("Ratios for Recovered");
    expect(page).toContain("Odds ratio, Group: FIT");
    expect(page).toContain("Risk ratio, FIT / TAU");
    expect(page).toContain(
      "Logistic regression, fitted by maximum likelihood (ML); t-tests and intervals with Satterthwaite degrees of freedom and cluster-robust standard errors (CR2) by unit.",
    );
    expect(page).not.toContain("random effects");
    expect(page).not.toContain("Variance components");
  });
  it("of a GEE has no likelihood, in either language", async () => {
    const analysis = `${GEE}, vcov: kauermann-carroll, df: clusters, means: { of: arm }`;
    const { page } = await written(analysis, "sv");
    expect(page).toContain(
      "Marginell modell, skattad med generaliserade skattningsekvationer (GEE; binomial, länk logit",
    );
    expect(page).toContain("korrigerade enligt Kauermann–Carroll");
    expect(page).toContain("Justerade logaritmerade odds för Recovered");
    expect(page).not.toContain("Log-likelihood");
    const english = await written(analysis, "en");
    expect(english.page).toContain("exchangeable working correlation");
    expect(english.page).toContain("Adjusted log odds of Recovered");
    expect(english.page).not.toContain("AIC");
  });
});
