import { describe, expect, it } from "vitest";
import { crossFittedRisk, foldsWithin } from "../../src/analysis/cross-fitting.js";
import type { AnalysisResult, Run } from "../../src/analysis/results.js";
import { prepareAnalyses, runPlan } from "../../src/analysis/run-plan.js";
import { withMadeLabels } from "../../src/figure/made-labels.js";
import { moderatorForest } from "../../src/figure/moderator-forest.js";
import { randomStream } from "../../src/numeric/random-stream.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { ProblemError } from "../../src/problem.js";
import { texts } from "../../src/report/texts.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";
import { readText } from "../table/read-text.js";

const head = `plan: fit-rct/1
title: Moderation
data: { file: data.csv, missing: [""] }
columns:
  client: { type: id }
  unit: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  month: { type: number }
  sex: { type: factor, levels: [kvinna, man] }
  age: { type: number }
  fail: { type: binary }
  early: { type: number }
  session_ors: { type: number }
  y: { type: number, unit: points, better: higher }
trial: { design: individual, participant: client, arm: { column: arm, control: TAU, intervention: FIT }, clusters: [unit], visit: { column: month } }
analyses:
`;
const formula = "y ~ age + factor(month) + factor(month):arm + (1 | unit / client)";
const moderation = (more: string): string =>
  `  - { id: m, model: moderation, formula: "${formula}", effect: arm, at: { month: [12] }, alongside: [factor(month)]${more} }\n`;

/** 8 units of 10 clients of 2 visits; the effect is larger for women; session_ors is there under FIT alone. */
function csv(): string {
  const stream = randomStream(3, "moderation test", 0);
  const units = Array.from({ length: 8 }, () => stream.normal());
  const rows = ["client,unit,arm,month,sex,age,fail,early,session_ors,y"];
  for (let client = 0; client < 80; client++) {
    const unit = client % 8;
    const fit = Math.floor(client / 8) % 2;
    const woman = stream.uniform() < 0.5 ? 1 : 0;
    const age = Math.round(20 + 40 * stream.uniform());
    const own = 2 * stream.normal();
    const early = 0.1 * age + stream.normal();
    const fail = stream.uniform() < 1 / (1 + Math.exp(-(age - 40) / 10)) ? 1 : 0;
    for (const month of [6, 12]) {
      const y = 20 + units[unit]! + own + fit * (1 + 2 * woman) + 0.05 * age + 2 * stream.normal();
      const arm = fit === 1 ? "FIT" : "TAU";
      rows.push(
        `${client},${unit},${arm},${month},${woman === 1 ? "kvinna" : "man"},${age},${fail},${early},${fit === 1 ? 20 : ""},${y}`,
      );
    }
  }
  return rows.join("\n");
}
const data = csv();

async function tableOf(text: string) {
  const plan = completePlan(parsePlan(text, "plan.yaml"));
  return { plan, table: await readText(data, plan.columns) };
}

const run = async (analyses: string, seed = 1): Promise<readonly AnalysisResult[]> =>
  (await runWhole(analyses, seed)).results.analyses;

async function runWhole(analyses: string, seed = 1): Promise<Run> {
  const { plan, table } = await tableOf(head + analyses);
  const files = [{ name: "data.csv", sha256: "", table }];
  return runPlan({ plan, planSha256: "", locked: false, seed, version: "", data: files });
}
const named = ({ estimates }: AnalysisResult, name: string) => estimates.find((one) => one.name === name)!;

describe("model: moderation", () => {
  it("has the numbers of the mixed models that it stands for, and no p-value in a subgroup", async () => {
    const [m, overall, bySex, byAge] = (await run(
      moderation(", moderators: [{ column: sex }, { column: age, at: [25, 50] }]") +
        `  - { id: a, model: mixed, formula: "${formula}", df: kenward-roger, means: { of: arm, by: [month], at: { month: [12] } } }
  - { id: b, model: mixed, formula: "${formula} + sex + factor(month):sex + arm:sex", df: kenward-roger, means: { of: arm, by: [month, sex], at: { month: [12] } } }
  - { id: c, model: mixed, formula: "${formula} + factor(month):age + arm:age", df: kenward-roger, means: { of: arm, by: [month, age], at: { month: [12], age: [25, 50] } } }
`,
    )) as [AnalysisResult, AnalysisResult, AnalysisResult, AnalysisResult];
    expect(m.status).toBe("estimated");
    const effect = "contrast:arm[FIT]-arm[TAU]@month=12";
    expect(named(m, effect)).toEqual(named(overall, effect));
    const pairs: [string, AnalysisResult][] = [
      [`${effect},sex=kvinna`, bySex],
      [`${effect},sex=man`, bySex],
      [`${effect},age=25`, byAge],
      [`${effect},age=50`, byAge],
    ];
    for (const [name, model] of pairs)
      expect(named(m, name)).toEqual({ ...named(model, name), statistic: null, p: null });

    // An F test of one coefficient is the square of its t test, with the same degrees of freedom.
    for (const [column, model] of [
      ["sex", bySex],
      ["age", byAge],
    ] as const) {
      const test = named(m, `test:arm:${column}`);
      const coefficient = model.estimates.find(({ name }) =>
        /^coefficient:(arm.*:(sex|age)|(sex|age).*:arm)/.test(name),
      )!;
      expectClose(test.statistic!, coefficient.statistic! ** 2, closedForm, column);
      expectClose(test.p!, coefficient.p!, closedForm, column);
      expect(test.numeratorDf).toBe(1);
    }
    expect(named(m, "interaction:arm:age")).toMatchObject({ p: null, statistic: null });
    expect(m.estimates.filter(({ p }) => p !== null).map(({ name }) => name)).toEqual([
      effect,
      "test:arm:sex",
      "test:arm:age",
    ]);
  }, 30_000);

  it("shows a number at its quartiles when nothing else is asked for", async () => {
    const [m] = (await run(moderation(", moderators: [{ column: age }, { column: fail }]"))) as [AnalysisResult];
    const settings = m.estimates.map(({ name }) => /,(.*)$/.exec(name)?.[1]).filter((one) => one !== undefined);
    expect(settings.filter((one) => one.startsWith("age="))).toHaveLength(3);
    expect(settings.slice(-2)).toEqual(["fail=0", "fail=1"]);
  }, 30_000);

  it("predicts risk in folds that hang on the seed alone", async () => {
    const text = moderation(", risk: { outcome: fail, predictors: [age, sex], folds: 5 }");
    const [[first], [again], [other]] = (await Promise.all([
      run(text),
      run(text),
      run(text, 2),
    ])) as AnalysisResult[][] as [[AnalysisResult], [AnalysisResult], [AnalysisResult]];
    expect(again).toEqual(first);
    expect(named(other, "test:arm:risk").statistic).not.toBe(named(first, "test:arm:risk").statistic);
    expect(first.problems.map(({ code }) => code)).toContain("trial.risk-known");
    // Values are probabilities; the effect is a line in their log odds.
    const effects = first.estimates.filter(({ name }) => name.includes("risk="));
    const risks = effects.map(({ name }) => Number(/risk=(0\.\d{2})$/.exec(name)![1]));
    expect(risks).toHaveLength(3);
    const eta = risks.map((p) => Math.log(p / (1 - p)));
    const slope = named(first, "interaction:arm:risk").estimate!;
    expectClose(
      effects[2]!.estimate! - effects[0]!.estimate!,
      slope * (eta[2]! - eta[0]!),
      closedForm,
      "effect by risk",
    );
  }, 30_000);

  it("names a moderator as its effects and its test do, so that the figure finds both", async () => {
    const { results, displays } = await runWhole(
      moderation(", moderators: [{ column: sex }], risk: { outcome: fail, predictors: [age, sex], folds: 5 }"),
    );
    const { moderators } = displays[0]!;
    expect(moderators!.map(({ column, test }) => [column, test])).toEqual([
      ["sex", "test:arm:sex"],
      ["risk", "test:arm:risk"],
    ]);
    const { spec } = moderatorForest(
      results.analyses[0]!.estimates.filter(({ name }) => name.startsWith("contrast:")),
      results.analyses[0]!.estimates,
      withMadeLabels(displays[0]!, texts.en.figure),
      texts.en.figure,
    );
    const rows = (spec as unknown as { data: { values: { label: string; indented: boolean; p: string }[] } }).data
      .values;
    expect(rows.filter(({ indented }) => !indented).map(({ label }) => label)).toEqual([
      "all",
      "sex",
      "predicted risk of fail",
    ]);
    expect(rows.filter(({ indented }) => indented).map(({ p }) => p)).toEqual(["", "", "", "", ""]);
  }, 30_000);

  it("says when the risk is nearly one predictor, and which end of it has the high risk", async () => {
    // fail hangs on age alone; sex has a little of it by chance.
    const risk = (outcome: string, predictors: string) =>
      run(moderation(`, risk: { outcome: ${outcome}, predictors: [${predictors}], folds: 5 }`));
    const messages = ([result]: readonly AnalysisResult[]): string[] =>
      result!.problems.filter(({ code }) => code === "risk.one-predictor").map(({ message }) => message);
    expect(messages(await risk("fail", "age, sex"))).toEqual([
      expect.stringMatching(/follows "age" \(correlation 0\.9\d over participants\): a higher risk is a higher age\./),
    ]);
    expect(messages(await risk("early", "y, fail"))).toEqual([]);
  }, 30_000);

  it("refuses the naive subset where an arm lacks the measurement, and stamps it otherwise", async () => {
    const { plan, table } = await tableOf(head + moderation(", naive: { measured: session_ors }"));
    expect(prepareAnalyses(plan, table).problems.map(({ code }) => code)).toEqual(["moderation.naive-not-measured"]);
    await expect(run(moderation(", naive: { measured: session_ors }"))).rejects.toThrow(
      /No client of "TAU" \(arm\) has a value of "session_ors"/,
    );
    const [stamped] = (await run(moderation(", naive: { measured: early }, where: early < 4"))) as [AnalysisResult];
    expect(stamped.method).toMatch(/^naive subset: /);
  }, 30_000);

  it("needs the roles that a predicted risk is made by", () => {
    const text = (head + moderation(", risk: { outcome: fail, predictors: [agee] }")).replace(", clusters: [unit]", "");
    expect(checkPlan(parsePlan(text, "plan.yaml")).problems.map(({ code }) => code)).toEqual([
      "plan.trial-role-missing",
      "plan.unknown-column",
    ]);
  });
});

describe("foldsWithin", () => {
  it("spreads each unit over all folds, and makes folds of the same size", () => {
    const units = Int32Array.from({ length: 46 }, (_, i) => (i < 7 ? 0 : i < 29 ? 1 : 2));
    const rows = Int32Array.from(units.keys()).filter((row) => row !== 3);
    const fold = foldsWithin(rows, units, 5, randomStream(1, "folds", 0));
    const count = (test: (row: number) => boolean) =>
      [0, 1, 2, 3, 4].map((k) => rows.filter((row) => fold[row] === k && test(row)).length);
    expect(count(() => true)).toEqual([9, 9, 9, 9, 9]);
    for (const unit of [0, 1, 2]) {
      const sizes = count((row) => units[row] === unit);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }
  });
});

describe("crossFittedRisk", () => {
  const codes = (n: number, of: (i: number) => number) => Int32Array.from({ length: n }, (_, i) => of(i));

  it("predicts each client from the others: least squares by hand in each fold", async () => {
    const { table } = await tableOf(head + moderation(""));
    const column = (name: string) => (table.columns.get(name) as { values: Float64Array }).values;
    const [age, early] = [column("age"), column("early")];
    const participants = codes(table.rows, (row) => Math.floor(row / 2));
    const units = codes(table.rows, (row) => Math.floor(row / 2) % 8);
    const model = { formula: "early ~ age", folds: 4, fittedTo: new Uint8Array(table.rows).fill(1), fittedToText: "" };
    const risk = crossFittedRisk(table, model, participants, units, randomStream(9, "x", 0), "");
    const first = codes(table.rows / 2, (i) => 2 * i);
    const fold = foldsWithin(first, units, 4, randomStream(9, "x", 0));
    for (const row of first) {
      const others = [...first].filter((other) => fold[other] !== fold[row]);
      const mean = (of: Float64Array) => others.reduce((sum, r) => sum + of[r]!, 0) / others.length;
      const [x, y] = [mean(age), mean(early)];
      const slope =
        others.reduce((sum, r) => sum + (age[r]! - x) * (early[r]! - y), 0) /
        others.reduce((sum, r) => sum + (age[r]! - x) ** 2, 0);
      expectClose(risk[row]!, y + slope * (age[row]! - x), closedForm, `row ${row}`);
      expect(risk[row + 1]).toBe(risk[row]);
    }
  });

  it("says in which fold the model cannot be fitted", async () => {
    const { table } = await tableOf(head + moderation(""));
    const participants = codes(table.rows, (row) => Math.floor(row / 2));
    // Some ages are of one client: without that client the age has no coefficient.
    const model = {
      formula: "early ~ factor(age)",
      folds: 4,
      fittedTo: new Uint8Array(table.rows).fill(1),
      fittedToText: "",
    };
    const attempt = () => crossFittedRisk(table, model, participants, participants, randomStream(9, "x", 0), "");
    expect(attempt).toThrow(ProblemError);
    expect(attempt).toThrow(/without fold 1/);
  });
});
