/** `model: effect-size`, standardised contrasts and families of tests in plans: from text and data to results. */
import { describe, expect, it } from "vitest";
import type { AnalysisResult, Results } from "../../src/analysis/results.js";
import { resultsSchema } from "../../src/analysis/results-schema.js";
import { prepareAnalyses, runPlan } from "../../src/analysis/run-plan.js";
import type { Estimate } from "../../src/inference/estimate.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { ProblemError } from "../../src/problem.js";
import { readTable } from "../../src/table/read-table.js";
import { dataText, reference } from "../effect-size/reference.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";

interface Parts {
  readonly data?: string;
  readonly columns?: string;
  readonly trial?: string;
  readonly analyses: readonly string[];
  readonly more?: string;
  readonly only?: readonly string[];
}

const COLUMNS = `  arm: { type: factor, levels: [TAU, BtheB] }
  pre: { type: number }
  y: { type: number, unit: points, better: lower }
  low: { type: binary }
`;

async function setUp({ data = dataText, columns = COLUMNS, trial = "", analyses, more = "" }: Parts) {
  const text = `plan: fit-rct/1
title: Test
data: { file: data.csv }
columns:
${columns}${trial}
analyses:
${analyses.map((line) => `  - ${line}\n`).join("")}${more}`;
  const plan = completePlan(parsePlan(text, "plan.yaml"));
  const table = await readTable(new TextEncoder().encode(data), "data.csv", plan.columns, plan.data);
  return { plan, table };
}

async function run(parts: Parts): Promise<Results> {
  const { plan, table } = await setUp(parts);
  const options = { plan, planSha256: "p", locked: false, seed: 1, version: "0" };
  const only = parts.only === undefined ? {} : { only: parts.only };
  const { results } = runPlan({ ...options, ...only, data: [{ name: "data.csv", sha256: "d", table }] });
  expect(resultsSchema.safeParse(results).success).toBe(true);
  return results;
}

const first = async (parts: Parts): Promise<AnalysisResult> => (await run(parts)).analyses[0]!;

async function refusal(parts: Parts): Promise<string[]> {
  try {
    await run(parts);
  } catch (thrown) {
    if (!(thrown instanceof ProblemError)) throw thrown;
    return thrown.problems.map(({ code, message }) => `${code}: ${message}`);
  }
  throw new Error("The run was not refused.");
}

const find = ({ estimates }: AnalysisResult, name: string): Estimate => {
  const found = estimates.find((estimate) => estimate.name === name);
  expect(found, name).toBeDefined();
  return found!;
};
const codes = ({ problems }: AnalysisResult): string[] => problems.map(({ code }) => code);
const csv = (rows: readonly (readonly (string | number)[])[]): string =>
  `arm,pre,y,low\n${rows.map((row) => row.join(",")).join("\n")}\n`;

const MEANS = "{ id: g, model: effect-size, outcome: y, by: arm }";
const RISKS = "{ id: r, model: effect-size, outcome: low, by: arm }";

describe("model: effect-size", () => {
  it("gives the measures of means of a number, as in R", async () => {
    const result = await first({ analyses: [MEANS] });
    expect(result).toMatchObject({ status: "estimated", formula: "y ~ arm", n: { observations: 97, excluded: 3 } });
    expect(result.estimates.map(({ name }) => name)).toEqual(
      Object.keys(reference.means).map((measure) => `${measure}:arm[BtheB]-arm[TAU]`),
    );
    for (const [measure, fields] of Object.entries(reference.means)) {
      const estimate = find(result, `${measure}:arm[BtheB]-arm[TAU]`);
      expect(estimate.unit).toBe(measure === "mean-difference" ? "points" : null);
      for (const [field, value] of Object.entries(fields)) {
        expectClose(estimate[field as "estimate"]!, value, closedForm, `${measure} ${field}`, 10);
      }
    }
  });

  it("gives the measures of risks of a binary outcome, ratios by their own name", async () => {
    const result = await first({ analyses: [RISKS.replace("r,", "r, where: y >= 0,")] });
    expect(result.estimates.map(({ name }) => name)).toEqual([
      "risk-difference:arm[BtheB]-arm[TAU]",
      "risk-ratio:arm[BtheB]/arm[TAU]",
      "odds-ratio:arm[BtheB]/arm[TAU]",
      "number-needed-to-treat:arm[BtheB]-arm[TAU]",
    ]);
    const ratio = find(result, "risk-ratio:arm[BtheB]/arm[TAU]");
    expectClose(ratio.estimate!, reference.risks["risk-ratio"]!["estimate"]!, iterated, "risk ratio");
    expect(ratio.df).toBeNull();
    // The interval of the difference holds 0.
    expect(find(result, "number-needed-to-treat:arm[BtheB]-arm[TAU]")).toMatchObject({ lower: null, upper: null });
    expect(codes(result)).toEqual(["effect.through-infinity"]);
  });

  it("compares several levels each with the first, and says which levels no row has", async () => {
    const columns = COLUMNS.replace("[TAU, BtheB]", "[TAU, A, <b>, none]");
    const data = csv([
      ["TAU", 0, 1, 0],
      ["TAU", 0, 2, 1],
      ["A", 0, 5, 0],
      ["A", 0, 7, 1],
      ["<b>", 0, 0, 0],
      ["<b>", 0, 3, 1],
    ]);
    const result = await first({ columns, data, analyses: [MEANS] });
    expect(result.estimates.filter(({ measure }) => measure === "mean-difference")).toMatchObject([
      { name: "mean-difference:arm[A]-arm[TAU]", estimate: 4.5 },
      { name: "mean-difference:arm[<b>]-arm[TAU]", estimate: 0 },
    ]);
    expect(codes(result)).toContain("frame.levels-dropped");
  });

  it("warns of participants with several rows", async () => {
    const data = `id,arm,pre,y,low\n1,TAU,0,1,0\n1,TAU,0,2,1\n2,BtheB,0,2,0\n3,BtheB,0,5,1\n`;
    const trial = "trial: { participant: id }";
    const result = await first({ data, trial, columns: `  id: { type: id }\n${COLUMNS}`, analyses: [MEANS] });
    expect(codes(result)).toContain("effect.repeated-participants");
    expect(codes(result)).not.toContain("effect.clusters-ignored");
  });

  it("says that clusters are ignored, where the plan names some", async () => {
    const data = `id,unit,arm,pre,y,low\n1,a,TAU,0,1,0\n2,a,TAU,0,2,1\n3,b,BtheB,0,2,0\n4,b,BtheB,0,5,1\n`;
    const trial = "trial: { participant: id, clusters: [unit] }";
    const columns = `  id: { type: id }\n  unit: { type: id }\n${COLUMNS}`;
    for (const analysis of [MEANS, RISKS]) {
      const result = await first({ data, trial, columns, analyses: [analysis] });
      expect(codes(result)).toContain("effect.clusters-ignored");
    }
  });
});

describe("no events in either arm", () => {
  // Wilson's upper limit of 0 of n is z²/(n + z²), and Newcombe's limits are ∓ those of the arms.
  it("the risk difference is 0 with Newcombe's interval, and there are no ratios", async () => {
    const data = csv([
      ...Array.from({ length: 20 }, (): [string, number, number, number] => ["TAU", 0, 1, 0]),
      ...Array.from({ length: 30 }, (): [string, number, number, number] => ["BtheB", 0, 2, 0]),
    ]);
    const result = await first({ data, analyses: [RISKS] });
    const of = (wanted: string) => result.estimates.find(({ measure }) => measure === wanted)!;
    const z2 = 1.959963984540054 ** 2;
    expect(result.status).toBe("estimated");
    expect(of("risk-difference").estimate).toBe(0);
    expect(Math.abs(of("risk-difference").lower! / (-z2 / (20 + z2)) - 1)).toBeLessThan(1e-10);
    expect(Math.abs(of("risk-difference").upper! / (z2 / (30 + z2)) - 1)).toBeLessThan(1e-10);
    expect(of("risk-ratio").estimate).toBeNull();
    expect(of("odds-ratio").estimate).toBeNull();
  });
});

describe("data that cannot be compared as asked", () => {
  it("an arm with one row, one arm alone, all at once", async () => {
    const one = csv([
      ["TAU", 0, 1, 0],
      ["TAU", 0, 2, 0],
      ["BtheB", 0, 5, 0],
    ]);
    const messages = await refusal({ data: one, analyses: [MEANS, RISKS] });
    expect(messages.map((text) => text.split(":")[0])).toEqual(["effect.small-arm"]);
    expect(messages[0]).toContain('"BtheB"');
    const alone = csv([
      ["TAU", 0, 1, 0],
      ["TAU", 0, 2, 1],
    ]);
    expect((await refusal({ data: alone, analyses: [MEANS] }))[0]).toMatch(/^effect\.one-level/);
    const missing = csv([
      ["TAU", 0, "", 0],
      ["BtheB", 0, "", 1],
    ]);
    expect((await refusal({ data: missing, analyses: [MEANS] }))[0]).toMatch(/^frame\.all-missing/);
  });

  it("an outcome or arm of the wrong type, when the plan was not checked first", async () => {
    const { plan, table } = await setUp({ analyses: ["{ id: g, model: effect-size, outcome: arm, by: y }"] });
    const { problems } = prepareAnalyses(plan, table);
    expect(problems.map(({ code }) => code)).toEqual(["effect.outcome-type", "plan.not-factor"]);
    const { problems: unknown } = prepareAnalyses(
      { ...plan, analyses: plan.analyses.map((a) => ({ ...a, outcome: "yy" })) as typeof plan.analyses },
      table,
    );
    expect(unknown[0]).toMatchObject({ code: "formula.unknown-column" });
  });

  it("no variance: null with a warning, never a number", async () => {
    const data = csv([
      ["TAU", 0, 1, 0],
      ["TAU", 0, 1, 0],
      ["BtheB", 0, 5, 0],
      ["BtheB", 0, 5, 1],
    ]);
    const result = await first({ data, analyses: [MEANS] });
    expect(result.status).toBe("estimated");
    const numbers = result.estimates.map(({ estimate, se, lower }) => [estimate, se, lower]);
    expect(numbers).toEqual([
      [4, null, null],
      [null, null, null],
      [null, null, null],
      [null, null, null],
      [1, null, null],
    ]);
    expect(codes(result)).toEqual(["effect.undefined", "effect.no-interval"]);
  });

  it("an empty cell: no ratio and a warning, never a silent half", async () => {
    const rows = (arm: string, events: number, n: number) =>
      Array.from({ length: n }, (_, i) => [arm, 0, 0, i < events ? 1 : 0]);
    const result = await first({ data: csv([...rows("TAU", 0, 10), ...rows("BtheB", 8, 10)]), analyses: [RISKS] });
    expect(find(result, "risk-ratio:arm[BtheB]/arm[TAU]")).toMatchObject({ estimate: null, se: null, p: null });
    expect(find(result, "odds-ratio:arm[BtheB]/arm[TAU]").estimate).toBeNull();
    expectClose(find(result, "risk-difference:arm[BtheB]-arm[TAU]").estimate!, 0.8, closedForm, "difference");
    expect(codes(result)).toEqual(["effect.undefined"]);
    expect(result.problems[0]!.message).toContain("Nothing is added");
  });
});

describe("standardise", () => {
  const ancova = (keys: string) => `{ id: a, model: linear, formula: y ~ arm + pre, means: { of: arm }, ${keys} }`;
  const name = "standardised:arm[BtheB]-arm[TAU]";

  it.each(["residual", "total", "control", "baseline"])("%s SD in a linear model, as in R", async (kind) => {
    const baseline = kind === "baseline" ? ", baseline: pre" : "";
    const estimate = find(await first({ analyses: [ancova(`standardise: ${kind}${baseline}`)] }), name);
    expect(estimate.measure).toBe(`standardised-difference-${kind}-sd`);
    for (const [field, value] of Object.entries(reference.standardised[kind]!)) {
      expectClose(estimate[field as "estimate"]!, value, closedForm, field, 10);
    }
  });

  /** Twelve participants at three visits; the noise is a fixed pattern. */
  const long = Array.from({ length: 36 }, (_, i) => {
    const [id, month] = [Math.floor(i / 3), [0, 1, 3][i % 3]!];
    const y = 10 + month * (id % 2) + 3 * Math.cos(5 * id) + 2 * Math.sin(7 * i + 1);
    return { id, arm: id % 2 === 0 ? "TAU" : "BtheB", month, y };
  });
  const longData = `id,arm,month,y\n${long.map(({ id, arm, month, y }) => `${id},${arm},${month},${y}`).join("\n")}\n`;
  const longColumns = `  id: { type: id }
  arm: { type: factor, levels: [TAU, BtheB] }
  month: { type: number }
  y: { type: number }
`;
  const repeated = (standardise: string): Parts => ({
    data: longData,
    columns: longColumns,
    trial: "trial: { participant: id, visit: { column: month, baseline: 0 } }",
    analyses: [
      `{ id: m, model: mixed, formula: y ~ arm * factor(month) + (1 | id), where: month > 0, standardise: ${standardise}, means: { of: arm, by: [visit] } }`,
    ],
  });
  const sdAt = (month: number, arms: readonly string[]): number => {
    const squares = arms.map((arm) => {
      const values = long.filter((row) => row.month === month && row.arm === arm).map(({ y }) => y);
      const mean = values.reduce((sum, y) => sum + y, 0) / values.length;
      return values.reduce((sum, y) => sum + (y - mean) ** 2, 0);
    });
    return Math.sqrt(squares.reduce((sum, s) => sum + s, 0) / (5 * arms.length));
  };

  it.each([
    ["baseline", () => sdAt(0, ["TAU", "BtheB"])],
    ["total", (month: number) => sdAt(month, ["TAU", "BtheB"])],
    ["control", (month: number) => sdAt(month, ["TAU"])],
  ] as const)("%s SD at each visit of a mixed model", async (kind, sd) => {
    const result = await first(repeated(kind));
    for (const month of [1, 3]) {
      const contrast = find(result, `contrast:arm[BtheB]-arm[TAU]@visit=${month}`);
      const standardised = find(result, `${name}@visit=${month}`);
      expectClose(standardised.estimate!, contrast.estimate! / sd(month), closedForm, `${kind} at ${month}`);
      const df = kind === "control" ? 5 : 10;
      const se = Math.hypot(contrast.se! / sd(month), standardised.estimate! / Math.sqrt(2 * df));
      expectClose(standardised.se!, se, closedForm, `${kind} se at ${month}`);
    }
  });

  it("residual SD of a mixed model, with the degrees of freedom that its variance has", async () => {
    const result = await first(repeated("residual"));
    const contrast = find(result, "contrast:arm[BtheB]-arm[TAU]@visit=3");
    const standardised = find(result, `${name}@visit=3`);
    const sigma = find(result, "sd:residual").estimate!;
    expectClose(standardised.estimate!, contrast.estimate! / sigma, closedForm, "estimate");
    const { se, estimate } = standardised;
    const df = estimate! ** 2 / (2 * (se! ** 2 - (contrast.se! / sigma) ** 2));
    // Twelve participants with two visits each: two arms and an interaction leave ten within.
    expect(df).toBeGreaterThan(8);
    expect(df).toBeLessThan(12);
  });

  it("says where there is no SD, and gives no number", async () => {
    const parts = repeated("baseline");
    const data = longData
      .split("\n")
      .filter((line) => !/,0,/.test(line))
      .join("\n");
    const result = await first({ ...parts, data });
    expect(find(result, `${name}@visit=1`).estimate).toBeNull();
    expect(codes(result)).toContain("effect.no-denominator");
    expect(find(result, "contrast:arm[BtheB]-arm[TAU]@visit=1").estimate).not.toBeNull();
  });
});

describe("multiplicity", () => {
  const ancova = "{ id: a, model: linear, formula: y ~ arm + pre, means: { of: arm } }";
  const family = (method: string, ...estimates: string[]): string =>
    `multiplicity:\n  - { family: main, method: ${method}, estimates: [${estimates.map((text) => `"${text}"`).join(", ")}] }\n`;
  const CONTRAST = "a/contrast:arm[BtheB]-arm[TAU]";
  const WELCH = "g/mean-difference:arm[BtheB]-arm[TAU]";

  it("adjusts the p-values of the results, in the declared order", async () => {
    const { analyses, multiplicity } = await run({ analyses: [ancova, MEANS], more: family("holm", CONTRAST, WELCH) });
    const p = [find(analyses[0]!, CONTRAST.slice(2)).p!, find(analyses[1]!, WELCH.slice(2)).p!];
    expect(multiplicity).toEqual([
      {
        family: "main",
        method: "holm",
        level: 0.05,
        estimates: [
          { analysis: "a", name: CONTRAST.slice(2), p: p[0], adjusted: 2 * p[0]!, rejected: true },
          { analysis: "g", name: WELCH.slice(2), p: p[1], adjusted: 2 * p[0]!, rejected: true },
        ],
        problems: [],
      },
    ]);
    // Both below 0.05; the second never below the first.
    expect(p[0]).toBeLessThan(p[1]!);
  });

  it("counts what was not run, or has no test, as p = 1, and says so", async () => {
    const parts = { analyses: [ancova, MEANS], only: ["a"] };
    const { multiplicity } = await run({ ...parts, more: family("bonferroni", WELCH, "a/coefficient:pre") });
    expect(multiplicity![0]!.estimates[0]).toMatchObject({ p: null, adjusted: null, rejected: false });
    expect(multiplicity![0]!.estimates[1]).toMatchObject({ rejected: true });
    expect(multiplicity![0]!.problems[0]).toMatchObject({ code: "multiplicity.no-p" });
    const untested = await run({ ...parts, more: family("holm", "a/sd:residual") });
    expect(untested.multiplicity![0]!.problems[0]!.message).toContain("it has no test");
  });

  it("refuses a name that no estimate has, before the fit where it can, with the one that was meant", async () => {
    const { plan, table } = await setUp({
      analyses: [ancova, MEANS],
      more: family("holm", "a/contrast:arm[BTheB]-arm[TAU]", "g/mean-diference:arm[BtheB]-arm[TAU]"),
    });
    const { problems } = prepareAnalyses(plan, table);
    expect(problems.map(({ message }) => message)).toEqual([
      'Analysis "a" has no estimate "contrast:arm[BTheB]-arm[TAU]". Did you mean "contrast:arm[BtheB]-arm[TAU]"?',
    ]);
    const later = await refusal({ analyses: [MEANS], more: family("holm", "g/mean-diference:arm[BtheB]-arm[TAU]") });
    expect(later[0]).toContain('Did you mean "mean-difference:arm[BtheB]-arm[TAU]"?');
  });
});
