/** Plans on small data made here: what is found before any fit, what is said, and what comes out. */
import { describe, expect, it } from "vitest";
import type { AnalysisResult } from "../../src/analysis/results.js";
import { prepareAnalyses, runPlan } from "../../src/analysis/run-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { isError, ProblemError } from "../../src/problem.js";
import { readTable } from "../../src/table/read-table.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

/** Twelve participants in two arms at three visits, in four units; y depends on arm, month, unit and a fixed pattern. */
const rows = Array.from({ length: 36 }, (_, i) => {
  const participant = Math.floor(i / 3);
  const month = [1, 3, 6][i % 3]!;
  const arm = participant % 2;
  const unit = participant % 4;
  const noise = Math.sin(7 * i + 1) * 2 + Math.cos(participant * 5) * 3;
  return {
    participant: `P${participant}`,
    unit: `U${unit}`,
    arm: arm ? "FIT" : "TAU",
    month,
    y: 20 + month + 2 * arm + noise,
  };
});
type Row = Record<string, string | number>;
const csvOf = (list: readonly Row[]): string => {
  const names = Object.keys(list[0]!);
  return [names.join(","), ...list.map((row) => names.map((name) => row[name]).join(","))].join("\n");
};

interface Change {
  readonly rows?: readonly Row[];
  readonly columns?: string;
  readonly trial?: string;
  readonly analysis?: string;
}

const PRIMARY =
  "{ id: primary, model: mixed, formula: y ~ arm * factor(month) + (1 | participant), df: kenward-roger, means: { of: arm, by: [visit], at: { month: [1, 6] } } }";

async function setUp({ rows: data = rows, columns = "", trial, analysis = PRIMARY }: Change = {}) {
  const text = `plan: fit-rct/1
title: Test
data: { file: data.csv }
columns:
  participant: { type: id }
  unit: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  month: { type: number, unit: months }
  y: { type: number, unit: points, better: higher, label: Outcome }
${columns}
trial: ${trial ?? "{ participant: participant, arm: { column: arm, control: TAU, intervention: FIT }, visit: { column: month } }"}
analyses:
  - ${analysis}
`;
  const plan = completePlan(parsePlan(text, "plan.yaml"));
  const table = await readTable(new TextEncoder().encode(csvOf(data)), "data.csv", plan.columns, plan.data);
  return { plan, table };
}

async function run(change: Change = {}) {
  const { plan, table } = await setUp(change);
  return runPlan({
    plan,
    planSha256: "p",
    locked: false,
    seed: 1,
    version: "0",
    data: [{ name: "data.csv", sha256: "d", table }],
  });
}

/** Codes and messages of the problems that stop a run. */
async function refusal(change: Change): Promise<{ codes: string[]; text: string }> {
  try {
    await run(change);
  } catch (thrown) {
    if (!(thrown instanceof ProblemError)) throw thrown;
    const errors = thrown.problems.filter(isError);
    return {
      codes: errors.map(({ code }) => code),
      text: errors.map(({ path, message }) => `${path} ${message}`).join("\n"),
    };
  }
  throw new Error("The run was not refused.");
}

const mixed = (formula: string, more = ""): string => `{ id: a, model: mixed, formula: "${formula}"${more} }`;
const linear = (formula: string, more = ""): string => `{ id: a, model: linear, formula: "${formula}"${more} }`;
const estimateOf = ({ estimates }: AnalysisResult, name: string) =>
  estimates.find((estimate) => estimate.name === name);

describe("a plan that can be run", () => {
  it("gives estimates named as the contract names them, with units and counts", async () => {
    const { results, displays } = await run();
    const analysis = results.analyses[0]!;
    expect(analysis).toMatchObject({
      id: "primary",
      status: "estimated",
      role: "secondary",
      n: { observations: 36, participants: 12, excluded: 0, groups: { participant: 12 } },
      fit: { converged: true },
    });
    expect(analysis.estimates.map(({ name }) => name)).toEqual([
      "coefficient:(Intercept)",
      "coefficient:arm[FIT]",
      "coefficient:factor(month)[3]",
      "coefficient:factor(month)[6]",
      "coefficient:arm[FIT]:factor(month)[3]",
      "coefficient:arm[FIT]:factor(month)[6]",
      "test:factor(month)",
      "test:arm:factor(month)",
      "mean:arm[TAU]@visit=1",
      "mean:arm[FIT]@visit=1",
      "contrast:arm[FIT]-arm[TAU]@visit=1",
      "mean:arm[TAU]@visit=6",
      "mean:arm[FIT]@visit=6",
      "contrast:arm[FIT]-arm[TAU]@visit=6",
      "sd:participant:(Intercept)",
      "sd:residual",
      "icc:participant",
    ]);
    expect(estimateOf(analysis, "contrast:arm[FIT]-arm[TAU]@visit=6")).toMatchObject({
      measure: "mean-difference",
      unit: "points",
    });
    expect(estimateOf(analysis, "test:arm:factor(month)")).toMatchObject({ numeratorDf: 2, estimate: null });
    expect(displays[0]!.differences).toEqual([
      "contrast:arm[FIT]-arm[TAU]@visit=1",
      "contrast:arm[FIT]-arm[TAU]@visit=6",
    ]);
    expect(displays[0]!.outcome).toEqual({ name: "Outcome", unit: "points", better: "higher" });
  });

  it("gives the same results whatever the order of the rows, to rounding", async () => {
    const [a, b] = [(await run()).results.analyses[0]!, (await run({ rows: rows.toReversed() })).results.analyses[0]!];
    for (const { name, estimate, se, df } of a.estimates) {
      const other = estimateOf(b, name)!;
      for (const [x, y] of [
        [estimate, other.estimate],
        [se, other.se],
        [df, other.df],
      ] as const)
        if (x === null) expect(y).toBeNull();
        else expectClose(y!, x, { ...closedForm, relative: 1e-8 }, name, 1e-3); // optimised twice, from other sums
    }
  });

  it("gives the same bytes twice", async () => {
    expect(JSON.stringify((await run()).results)).toBe(JSON.stringify((await run()).results));
  });

  it("flips the sign, and nothing else, when the arms are swapped", async () => {
    const swapped = rows.map((row) => ({ ...row, arm: row.arm === "FIT" ? "TAU" : "FIT" }));
    const name = "contrast:arm[FIT]-arm[TAU]@visit=6";
    const [a, b] = [(await run()).results.analyses[0]!, (await run({ rows: swapped })).results.analyses[0]!];
    const [one, two] = [estimateOf(a, name)!, estimateOf(b, name)!];
    expectClose(two.estimate!, -one.estimate!, closedForm, "estimate");
    expectClose(two.lower!, -one.upper!, closedForm, "lower");
    expectClose(two.p!, one.p!, closedForm, "p");
  });

  it("counts the rows that it does not use by reason, and shows them by arm", async () => {
    const some = rows.map((row, i) => ({ ...row, y: i === 4 ? "" : row.y }));
    const { results, displays } = await run({
      rows: some,
      analysis: mixed("y ~ arm + (1 | participant)", ", where: 'month > 1'"),
    });
    expect(results.analyses[0]!.n).toMatchObject({
      observations: 23,
      excluded: 13,
      excludedBy: [
        { reason: "where", rows: 12 },
        { reason: "missing", detail: "y", rows: 1 },
      ],
    });
    expect(displays[0]!.flow.map(({ arm, rows: all, used }) => [arm, all, used])).toEqual([
      ["TAU", 18, 12],
      ["FIT", 18, 11],
    ]);
  });

  it("says which variance is zero, and gives the numbers of the model without it", async () => {
    // Residuals that alternate within each participant leave nothing between participants.
    const flat = rows.map((row, i) => ({
      ...row,
      y: Number(row.month) + [1, -2, 1][i % 3]! * ((i % 2) + 1) + (i % 5) * 0.1,
    }));
    const { results } = await run({
      rows: flat,
      analysis: mixed("y ~ arm + (1 | participant)", ", df: kenward-roger"),
    });
    const analysis = results.analyses[0]!;
    expect(analysis.status).toBe("estimated");
    expect(analysis.fit!.singular).toBe(true);
    expect(analysis.problems.map(({ code }) => code)).toContain("fit.singular");
    expect(estimateOf(analysis, "sd:participant:(Intercept)")!.estimate).toBe(0);
    expectClose(estimateOf(analysis, "coefficient:arm[FIT]")!.df!, 34, closedForm, "df of least squares");
  });

  it("keeps hostile labels as plain text", async () => {
    const hostile = rows.map((row) => ({ ...row, arm: row.arm === "FIT" ? "<script>" : "=1+1" }));
    const { plan, table } = await setUp();
    const columns = { ...plan.columns, arm: { type: "factor" as const, levels: ["=1+1", "<script>"] } };
    const data = await readTable(new TextEncoder().encode(csvOf(hostile)), "data.csv", columns, plan.data);
    const arm = { column: "arm", control: "=1+1", intervention: "<script>" };
    const { results } = runPlan({
      plan: { ...plan, columns, trial: { ...plan.trial, arm } },
      planSha256: "p",
      locked: false,
      seed: 1,
      version: "0",
      data: [{ name: "data.csv", sha256: "d", table: data }],
    });
    expect(results.analyses[0]!.estimates.map(({ name }) => name)).toContain(
      "contrast:arm[<script>]-arm[=1+1]@visit=6",
    );
    expect(table.rows).toBe(36);
  });
});

describe("what is said beside the numbers", () => {
  it("rows of one participant that are taken for independent", async () => {
    const { results } = await run({ analysis: linear("y ~ arm") });
    expect(results.analyses[0]!.problems.map(({ code }) => code)).toEqual(["effect.repeated-participants"]);
    const robust = await run({ analysis: linear("y ~ arm", ", vcov: CR2, cluster: participant") });
    expect(robust.results.analyses[0]!.problems.map(({ code }) => code)).not.toContain("effect.repeated-participants");
    const once = await run({ analysis: linear("y ~ arm", ", where: month == 6") });
    expect(once.results.analyses[0]!.problems).toEqual([]);
  });

  it("observed proportions have Wilson's intervals, within 0 and 1", async () => {
    const binary = rows.map((row, i) => ({ ...row, y: i % 3 !== 0 && i % 7 === 0 ? 1 : 0 }));
    const { displays } = await run({ rows: binary, analysis: linear("y ~ arm * factor(month)") });
    const { points, proportion } = displays[0]!.profile!;
    expect(proportion).toBe(true);
    const none = points.find(({ mean }) => mean === 0)!;
    // No event of 6: Wilson's upper limit is z²/(n + z²).
    const z2 = 1.959963984540054 ** 2;
    expectClose([none.lower!, none.upper!], [0, z2 / (none.n! + z2)], closedForm, "limits", 1);
    for (const { lower, upper } of points) expect(lower! >= 0 && upper! <= 1).toBe(true);
  });

  it("levels whose rows a random term does not touch are not among its modes", async () => {
    const halves = rows.map((row) => ({ ...row, month: row.arm === "FIT" ? row.month : 0 }));
    const { displays } = await run({
      rows: halves,
      trial: "{ participant: participant }",
      analysis: mixed("y ~ arm + (1 | unit) + (0 + month | participant)"),
    });
    const mode = displays[0]!.diagnostics!.modes.find(({ group }) => group === "participant")!;
    expect(mode.values.length === 6 || mode.values.length === 0).toBe(true);
  });
});

describe("what cannot be answered as asked is refused before any fit", () => {
  const cases: readonly (readonly [string, Change, string, RegExp])[] = [
    ["two rows of a participant at one visit", { rows: [...rows, rows[4]!] }, "data.duplicated-rows", /P1.*3|lines/],
    [
      "a participant in two arms",
      { rows: rows.map((row, i) => (i === 4 ? { ...row, arm: "TAU" } : row)) },
      "data.participant-in-two-arms",
      /"P1" is in two arms: "FIT" \(line 5\) and "TAU" \(line 6\)/,
    ],
    [
      "groups that coincide with an arm",
      {
        analysis: mixed("y ~ arm + (1 | unit / participant)"),
        rows: rows.map((row) => ({ ...row, unit: row.arm === "FIT" ? "U1" : "U2" })),
      },
      "frame.unidentified-variance",
      /"1 \| unit" cannot be told from the fixed effects/,
    ],
    ["an unknown column", { analysis: mixed("y ~ amr + (1 | participant)") }, "formula.unknown-column", /"arm"/],
    [
      "an unbalanced parenthesis",
      { analysis: mixed("y ~ arm + (1 | participant") },
      "formula.unbalanced-parenthesis",
      /\)/,
    ],
    [
      "an unknown function",
      { analysis: mixed("y ~ lgo(month) + (1 | participant)") },
      "formula.unknown-function",
      /"log"/,
    ],
    [
      "a constant outcome",
      { rows: rows.map((row) => ({ ...row, y: 5 })) },
      "frame.constant-outcome",
      /5|same|constant/,
    ],
    ["an outcome that is all missing", { rows: rows.map((row) => ({ ...row, y: "" })) }, "frame.all-missing", /y/],
    [
      "one arm only after where",
      { analysis: mixed("y ~ arm + (1 | participant)", ", where: \"arm == 'FIT'\"") },
      "frame.one-level",
      /FIT/,
    ],
    [
      "one cluster",
      { analysis: mixed("y ~ arm + (1 | unit)"), rows: rows.map((row) => ({ ...row, unit: "U1" })) },
      "frame.one-cluster",
      /unit/,
    ],
    [
      "a grouping factor with a level for each row",
      { analysis: mixed("y ~ arm + (1 | participant)", ", where: month == 1") },
      "frame.level-per-row",
      /participant/,
    ],
    [
      "dependent columns, by name",
      { analysis: linear("y ~ month + I(2 * month + 1) + arm") },
      "frame.aliased",
      /I\(2 \* month \+ 1\).*"\(Intercept\)" and "month"/,
    ],
    [
      "more coefficients than rows",
      { analysis: linear("y ~ participant * factor(month)") },
      "frame.too-few-rows",
      /36 rows/,
    ],
    [
      "a mixed model without a random term",
      { analysis: mixed("y ~ arm") },
      "formula.no-random-term",
      /\(1 \| participant\)/,
    ],
    ["a random term in a linear model", { analysis: linear("y ~ arm + (1 | unit)") }, "formula.random-term", /mixed/],
    [
      "dependent random terms",
      { analysis: mixed("y ~ arm + (month + I(2 * month) | unit)") },
      "frame.aliased-random",
      /linearly dependent/,
    ],
    [
      "crossed factors with between-within",
      { analysis: mixed("y ~ arm + (1 | participant) + (1 | month)", ", df: between-within") },
      "fit.not-nested",
      /nested/,
    ],
    ["no row left", { analysis: linear("y ~ arm", ", where: month > 100") }, "frame.no-rows", /month > 100/],
    [
      "a mean at a level that is not there",
      { analysis: linear("y ~ arm * factor(month)", ", means: { of: arm, at: { month: [2] } }") },
      "means.unknown-value",
      /"1", "3" and "6"/,
    ],
  ];

  it.each(cases)("%s", async (_, change, code, words) => {
    const { codes, text } = await refusal(change);
    expect(codes, text).toContain(code);
    expect(text).toMatch(words);
    expect(text).not.toMatch(/undefined|NaN|\[object|at .*\.ts:/);
  });

  it("lists the problems of all analyses together, each with its analysis", async () => {
    const { text } = await refusal({
      analysis: `{ id: one, model: linear, formula: y ~ nothing }\n  - { id: two, model: linear, formula: y ~ neither }`,
    });
    expect(text).toMatch(/analysis "one"/);
    expect(text).toMatch(/analysis "two"/);
  });

  it("runs the sound analyses when only they are asked for", async () => {
    const { plan, table } = await setUp({
      analysis: `{ id: good, model: linear, formula: y ~ arm }\n  - { id: bad, model: linear, formula: y ~ neither }`,
    });
    expect(prepareAnalyses(plan, table, ["good"]).problems).toEqual([]);
    expect(prepareAnalyses(plan, table).problems.map(({ code }) => code)).toEqual(["formula.unknown-column"]);
  });
});

describe("what is hard to answer is not estimated", () => {
  it("an outcome that the model reproduces exactly has a reason and no number", async () => {
    const exact = rows.map((row) => ({ ...row, y: Number(row.month) * 2 + (row.arm === "FIT" ? 1 : 0) }));
    for (const analysis of [linear("y ~ arm + month"), mixed("y ~ arm + month + (1 | participant)")]) {
      const { results, displays } = await run({ rows: exact, analysis });
      expect(results.analyses[0]).toMatchObject({ status: "not-estimated", estimates: [], fit: null });
      expect(results.analyses[0]!.reason).toMatch(/exactly/);
      expect(displays[0]).toMatchObject({ profile: null, diagnostics: null, differences: [] });
    }
  });
});
