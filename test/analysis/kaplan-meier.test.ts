/** `kaplan-meier` from plan to results and report, on small data made here. */
import { describe, expect, it } from "vitest";
import { runPlan } from "../../src/analysis/run-plan.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { ProblemError } from "../../src/problem.js";
import { renderReport } from "../../src/report/render-report.js";
import { readTable } from "../../src/table/read-table.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";

type Row = readonly (string | number)[];
const HEADER = "client,arm,sex,start,time,dropout,cause,weight,age";

/** Two arms of four; every time its own, but for one near tie. */
const rows: readonly Row[] = [
  ["a", "TAU", "k", 0, 2, 1, "dropout", 1, 30],
  ["b", "TAU", "m", 0, 4, 1, "dropout", 1, 40],
  ["c", "TAU", "k", 0, 6, 0, "ongoing", 1, 50],
  ["d", "TAU", "m", 0, 10, 0, "planned", 1, 60],
  ["e", "FIT", "k", 0, 4.000000001, 1, "dropout", 1, 35],
  ["f", "FIT", "m", 0, 7, 0, "planned", 1, 45],
  ["g", "FIT", "k", 0, 9, 0, "ongoing", 1, 55],
  ["h", "FIT", "m", 0, 11, 0, "ongoing", 1, 65],
];

const planText = (analysis: string, trial = "trial: { participant: client }"): string => `plan: fit-rct/1
title: Test
data: { file: data.csv, missing: ["", NA] }
columns:
  client: { type: id }
  arm: { type: factor, levels: [TAU, FIT], label: Group }
  sex: { type: factor, levels: [k, m] }
  start: { type: number, unit: weeks }
  time: { type: number, unit: weeks, label: Time in service }
  dropout: { type: binary, label: Dropout }
  cause: { type: factor, levels: [ongoing, planned, dropout] }
  weight: { type: number }
  age: { type: number }
${trial}
analyses:
  - { id: a, model: kaplan-meier, ${analysis} }
`;

async function run(analysis: string, data: readonly Row[] = rows, trial?: string) {
  const plan = completePlan(parsePlan(planText(analysis, trial), "plan.yaml"));
  const text = [HEADER, ...data.map((row) => row.join(","))].join("\n");
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
const resultOf = async (analysis: string, data = rows, trial?: string) =>
  (await run(analysis, data, trial)).results.analyses[0]!;

async function estimatesOf(analysis: string, data = rows) {
  const { estimates } = await resultOf(analysis, data);
  return (name: string) => {
    const found = estimates.find((one) => one.name === name);
    if (found === undefined) throw new Error(`${name} is not among ${estimates.map((one) => one.name).join(" ")}`);
    return found;
  };
}

async function codesOf(analysis: string, data = rows, trial?: string): Promise<string[]> {
  try {
    const { problems } = await resultOf(analysis, data, trial);
    return problems.map(({ code }) => code);
  } catch (error) {
    if (error instanceof ProblemError) return error.problems.map(({ code }) => code);
    throw error;
  }
}

const FORMULA = 'formula: "Surv(time, dropout) ~ arm"';

describe("model: kaplan-meier", () => {
  it("gives survival, quantiles, restricted means and their comparison, and the test", async () => {
    const of = await estimatesOf(`${FORMULA}, times: [1, 4, 5], rmst: [8, 9], quantiles: [0.25, 0.5]`);
    const { estimate, se, lower, upper, statistic } = of("survival:arm[TAU]@4");
    expectClose([estimate!, se!], [0.5, 0.5 * Math.sqrt(1 / 12 + 1 / 6)], closedForm, "S and its se");
    expect(lower! < 0.5 && upper! > 0.5).toBe(true);
    expect(statistic).toBeNull();
    // The near tie 4.000000001 is 4.
    expect(of("survival:arm[FIT]@4").estimate).toBe(0.75);
    // Just before 4 three of TAU are at risk; with 4 two have had the event.
    expect([of("at-risk:arm[TAU]@4").estimate, of("events:arm[TAU]@4").estimate]).toEqual([3, 2]);
    expect([of("at-risk:arm[FIT]@5").estimate, of("events:arm[FIT]@5").estimate]).toEqual([3, 1]);
    // No event yet: no log-log interval.
    expect(of("survival:arm[FIT]@1")).toMatchObject({ estimate: 1, se: 0, lower: null, upper: null });
    // Flat at 0.5 from 4 until the last, at 10.
    expect(of("median:arm[TAU]")).toMatchObject({ estimate: 7, se: null, unit: "weeks" });
    expect(of("median:arm[FIT]").estimate).toBeNull();
    expect(of("quantile:arm[TAU]@0.25").estimate).toBe(3);
    // 2 + 2 · 3/4 + 4 · 1/2 and 4 + 4 · 3/4 up to 8.
    expectClose(of("rmst:arm[TAU]@8").estimate!, 5.5, closedForm, "rmst TAU");
    expectClose(of("rmst:arm[FIT]@8").estimate!, 7, closedForm, "rmst FIT");
    const difference = of("rmst-difference:arm[FIT]-arm[TAU]@8");
    const variance = 3.5 ** 2 / 12 + 2 ** 2 / 6 + 3 ** 2 / 12;
    const expected = [1.5, Math.sqrt(variance), 1.5 / Math.sqrt(variance)];
    expectClose([difference.estimate!, difference.se!, difference.statistic!], expected, closedForm, "difference");
    const ratio = of("rmst-ratio:arm[FIT]/arm[TAU]@8");
    const seLog = Math.sqrt((3.5 ** 2 / 12 + 2 ** 2 / 6) / 5.5 ** 2 + 3 ** 2 / 12 / 7 ** 2);
    expectClose([ratio.estimate!, ratio.se!], [7 / 5.5, seLog], closedForm, "ratio");
    // At 2: 4 and 4 at risk; at 4: 3 and 4, two events. O − E of FIT: 1 − (1/2 + 8/7).
    const v = 1 / 4 + ((2 * 5) / 6) * (12 / 49);
    const test = of("test:log-rank");
    expectClose([test.statistic!, test.df!], [(1 - 1 / 2 - 8 / 7) ** 2 / v, 1], closedForm, "log-rank");
  });

  it("names groups by all factors, one group without any, and the test by rho and strata", async () => {
    const { estimates } = await resultOf('formula: "Surv(time, dropout) ~ arm + sex", times: [3], quantiles: []');
    expect(estimates.filter(({ measure }) => measure !== "count").map(({ name }) => name)).toEqual([
      "survival:arm[TAU],sex[k]@3",
      "survival:arm[TAU],sex[m]@3",
      "survival:arm[FIT],sex[k]@3",
      "survival:arm[FIT],sex[m]@3",
      "test:log-rank",
    ]);
    const alone = await resultOf('formula: "Surv(time, dropout) ~ 1", times: [3], rmst: 3');
    expect(alone.estimates.map(({ name }) => name)).toEqual([
      "survival:all@3",
      "at-risk:all@3",
      "events:all@3",
      "median:all",
      "rmst:all@3",
    ]);
    const weighted = await resultOf('formula: "Surv(time, dropout) ~ arm + strata(sex)", rho: 1');
    expect(weighted.estimates.at(-1)!.name).toBe("test:g-rho");
    expect(weighted.method).toBe("Kaplan–Meier, Greenwood standard errors, log-log intervals; G-rho test, stratified");
  });

  it("takes a factor with one cause as the event, and rows of weight 2 as two", async () => {
    const asFactor = await resultOf(
      `formula: "Surv(time, cause) ~ arm", censored: ongoing, where: "cause != 'planned'"`,
    );
    const binary = await resultOf(`${FORMULA}, where: "cause != 'planned'"`);
    expect(asFactor.estimates).toEqual(binary.estimates);
    const doubled = rows.map((row, i) => [...row.slice(0, 7), i === 0 ? 2 : 1, row[8]!]);
    const again = await estimatesOf(`${FORMULA}, times: [2]`, [...rows, ["i", ...rows[0]!.slice(1)]]);
    const weighted = await estimatesOf(`${FORMULA}, times: [2], weights: weight`, doubled);
    for (const name of ["survival:arm[TAU]@2", "test:log-rank"]) expect(weighted(name)).toEqual(again(name));
  });

  it("has curves with numbers at risk for figures, and a report in both languages", async () => {
    const done = await run(`${FORMULA}, times: [4], rmst: 8`);
    const [curves] = done.displays[0]!.curves!;
    expect(curves).toMatchObject({
      event: "Dropout",
      groupedBy: "Group",
      time: { name: "Time in service", unit: "weeks" },
    });
    const [tau] = curves!.curves;
    expect([...tau!.times]).toEqual([0, 2, 4]);
    expect([...tau!.estimates]).toEqual([1, 0.75, 0.5]);
    expect([...tau!.censored]).toEqual([6, 10]);
    expect(curves!.atRisk!.groups.map(({ group, n, events }) => [group, n, events])).toEqual([
      ["TAU", 4, 2],
      ["FIT", 4, 1],
    ]);
    for (const language of ["en", "sv"] as const) {
      expect(await renderReport(done, { language, figures: [], vegaRuntime: null })).toContain("Kaplan");
    }
  });

  it("does not take the end of a row that goes on as a censoring", async () => {
    const cut = rows.flatMap((row): Row[] =>
      row[0] === "d"
        ? [
            ["d", "TAU", "m", 0, 5, 0, "ongoing", 1, 60],
            ["d", "TAU", "m", 5, 10, 0, "planned", 1, 60],
          ]
        : [row],
    );
    const formula = 'formula: "Surv(start, time, dropout) ~ arm", times: [4, 8]';
    const done = await run(formula, cut);
    expect([...done.displays[0]!.curves![0]!.curves[0]!.censored]).toEqual([6, 10]);
    const whole = await resultOf(formula);
    expect(done.results.analyses[0]!.estimates.filter(({ name }) => name.startsWith("survival"))).toEqual(
      whole.estimates.filter(({ name }) => name.startsWith("survival")),
    );
  });

  it("is explained in words", () => {
    const text = explainPlan(
      completePlan(
        parsePlan(
          planText('formula: "Surv(time, cause) ~ arm + strata(sex)", censored: ongoing, times: [4], rmst: 8, rho: 1'),
          "plan.yaml",
        ),
      ),
    );
    expect(text).toContain("Outcome: time from 0 to time (weeks); cause: planned or dropout, ongoing censored.");
    expect(text).toContain("Test: G-rho with rho = 1 (Peto and Peto), stratified by sex.");
    expect(text).toContain("Restricted mean time up to: 8 (weeks)");
  });
});

describe("what Kaplan–Meier says", () => {
  it("nobody followed so long, and quantiles that are not reached: null, and why", async () => {
    const { estimates, problems } = await resultOf(`${FORMULA}, times: [10.5], rmst: 10.5`);
    expect(problems.map(({ code }) => code)).toEqual(["survival.not-followed", "survival.quantile-not-reached"]);
    expect(problems[1]!.message).toMatch(/^Not reached within the follow-up: [^:[\]]+\. Limits/);
    expect(problems[0]!.message).toContain("In arm[TAU] nobody was followed to 10.5; the last observation ends at 10.");
    const missing = estimates.filter(({ estimate, statistic }) => estimate === null && statistic === null);
    expect(missing.map(({ name }) => name)).toEqual([
      "survival:arm[TAU]@10.5",
      "rmst:arm[TAU]@10.5",
      "median:arm[FIT]",
      "rmst-difference:arm[FIT]-arm[TAU]@10.5",
      "rmst-ratio:arm[FIT]/arm[TAU]@10.5",
    ]);
  });

  it("no event in one arm: the others' estimates and the test stand", async () => {
    const none = rows.map((row) => (row[1] === "FIT" ? [...row.slice(0, 5), 0, "ongoing", ...row.slice(7)] : row));
    const { problems, estimates, status } = await resultOf(`${FORMULA}, times: [4], rmst: 8`, none);
    expect(status).toBe("estimated");
    expect(problems.map(({ code }) => code)).toEqual([
      "survival.group-without-events",
      "survival.quantile-not-reached",
    ]);
    expect(estimates.find(({ name }) => name === "test:log-rank")!.statistic).toBeGreaterThan(1);
    expect(estimates.find(({ name }) => name === "survival:arm[FIT]@4")).toMatchObject({ estimate: 1, lower: null });
  });

  it("a stratum without events, all events at one time, a risk set that is emptied", async () => {
    const inOne = rows.map((row) => [...row.slice(0, 5), row[2] === "k" ? row[5]! : 0, ...row.slice(6)]);
    expect(await codesOf('formula: "Surv(time, dropout) ~ arm + strata(sex)"', inOne)).toContain(
      "survival.strata-without-events",
    );
    const tied = rows.map((row) => [...row.slice(0, 4), row[5] === 1 ? 3 : row[4]!, ...row.slice(5)]);
    expect(await codesOf(FORMULA, tied)).toContain("survival.one-event-time");
    const late = rows.map((row) => [...row.slice(0, 3), row[0] === "a" || row[1] === "FIT" ? 0 : 2.5, ...row.slice(4)]);
    expect(await codesOf('formula: "Surv(start, time, dropout) ~ arm"', late)).toContain("survival.emptied-risk-set");
  });

  it("a group that is under observation at no event, and strata that hold one group each", async () => {
    const early = rows.map((row) => (row[1] === "FIT" ? [...row.slice(0, 4), 1, 0, "ongoing", ...row.slice(7)] : row));
    expect(await codesOf(FORMULA, early)).toContain("survival.not-compared");
    const { problems, estimates } = await resultOf('formula: "Surv(time, dropout) ~ arm + strata(client)"');
    expect(problems.map(({ code }) => code)).toContain("survival.not-compared");
    expect(estimates.at(-1)).toMatchObject({ name: "test:log-rank", statistic: null, p: null });
  });

  it("that clusters are not allowed for, where the plan names some", async () => {
    expect(await codesOf(FORMULA, rows, "trial: { participant: client, clusters: [sex] }")).toContain(
      "survival.clusters-ignored",
    );
  });

  it("no test of a difference without any chance: null, never p = 0", async () => {
    const sure = rows.map((row) => [
      ...row.slice(0, 4),
      row[1] === "TAU" ? 3 : 9,
      row[1] === "TAU" ? 1 : 0,
      ...row.slice(6),
    ]);
    const of = await estimatesOf(`${FORMULA}, rmst: 8`, sure);
    expect(of("rmst-difference:arm[FIT]-arm[TAU]@8")).toMatchObject({ estimate: 5, se: null, p: null, lower: null });
  });
});

describe("Kaplan–Meier with clusters, or weights that are no numbers of participants", () => {
  const CLUSTERED = 'formula: "Surv(time, dropout) ~ arm + cluster(sex)"';

  it("has standard errors of restricted means and their difference summed over clusters, worked by hand", async () => {
    const of = await estimatesOf(`${CLUSTERED}, rmst: 8`);
    // Of TAU, areas 3.5 and 2 after the events at 2 (of a, 4 at risk) and 4 (of b, 3 at risk): k has −3.5 · (3/4)/3 of a and
    // 3.5 · (1/4)/3 + 2 · (1/3)/2 of c, −1/4; m the opposite. Of FIT, area 3 after 4: k has −1/2.
    expect(of("rmst:arm[TAU]@8").estimate).toBeCloseTo(5.5, 12);
    expectClose(of("rmst:arm[TAU]@8").se!, Math.SQRT2 / 4, closedForm, "TAU");
    expectClose(of("rmst:arm[FIT]@8").se!, Math.SQRT2 / 2, closedForm, "FIT");
    // Both clusters have participants in both arms: what they share cancels.
    expectClose(of("rmst-difference:arm[FIT]-arm[TAU]@8").se!, Math.SQRT2 / 4, closedForm, "difference");
    const relative = Math.SQRT2 * (0.5 / 7 - 0.25 / 5.5);
    expectClose(of("rmst-ratio:arm[FIT]/arm[TAU]@8").se!, relative, closedForm, "ratio");
  });

  it("says that clusters are few and that the test ignores them, and in words how it was done", async () => {
    const { problems, method } = await resultOf(CLUSTERED, rows, "trial: { participant: client, clusters: [sex] }");
    const codes = problems.map(({ code }) => code);
    expect(codes).toContain("fit.few-clusters");
    expect(codes).toContain("survival.test-ignores-clusters");
    expect(codes).not.toContain("survival.clusters-ignored");
    expect(method).toBe(
      "Kaplan–Meier, infinitesimal jackknife (by sex) standard errors, log-log intervals; log-rank test",
    );
    const done = await run(CLUSTERED);
    const report = (language: "en" | "sv") => renderReport(done, { language, figures: [], vegaRuntime: null });
    expect(await report("en")).toContain("standard errors by the infinitesimal jackknife over clusters (sex)");
    expect(await report("sv")).toContain("medelfel enligt infinitesimal jackknife över kluster (sex)");
    const plan = completePlan(parsePlan(planText(CLUSTERED), "plan.yaml"));
    expect(explainPlan(plan)).toContain("standard errors by the infinitesimal jackknife over sex");
  });

  it("has no standard error for a group within one cluster, and says so", async () => {
    const apart = rows.map((row) => [
      ...row.slice(0, 2),
      row[1] === "TAU" || row[0] === "e" ? "k" : "m",
      ...row.slice(3),
    ]);
    const { problems, estimates } = await resultOf(`${CLUSTERED}, times: [5], rmst: 8`, apart);
    expect(problems.map(({ code }) => code)).toContain("survival.group-of-one-cluster");
    const of = (name: string) => estimates.find((one) => one.name === name)!;
    expect(of("survival:arm[TAU]@5")).toMatchObject({ estimate: 0.5, se: null, lower: null });
    expect(of("rmst:arm[TAU]@8")).toMatchObject({ se: null, lower: null });
    expect(of("rmst-difference:arm[FIT]-arm[TAU]@8")).toMatchObject({ estimate: 1.5, se: null, p: null });
    expect(of("rmst:arm[FIT]@8").se).toBeGreaterThan(0);
  });

  it("takes fractional weights with errors by participant, and without a log-rank test", async () => {
    const half = rows.map((row) => [...row.slice(0, 7), 0.5, row[8]!]);
    const { problems, estimates, method } = await resultOf(`${FORMULA}, rmst: 8, weights: weight`, half);
    expect(method).toContain("infinitesimal jackknife (by participant)");
    expect(problems.map(({ code }) => code)).toContain("survival.no-weighted-test");
    const of = (name: string) => estimates.find((one) => one.name === name)!;
    expect(of("test:log-rank")).toMatchObject({ statistic: null, df: null, p: null });
    // The scores of a, b, c and d, as above; weights that are all alike weigh nothing.
    expectClose(of("rmst:arm[TAU]@8").se!, Math.hypot(0.875, 0.375, 0.625, 0.625), closedForm, "se");
    expect(of("rmst:arm[TAU]@8").estimate).toBeCloseTo(5.5, 12);
  });
});

describe("what Kaplan–Meier refuses, all at once", () => {
  it("several causes, a number as a group, clusters of which there is one", async () => {
    const all = rows.map((row) => [...row.slice(0, 2), "k", ...row.slice(3)]);
    expect(await codesOf('formula: "Surv(time, cause) ~ arm + age + cluster(sex)", censored: ongoing', all)).toEqual([
      "survival.group-not-factor",
      "survival.several-causes",
      "frame.one-cluster",
    ]);
  });

  it("negative times, a participant twice, no events, a cause named as censoring", async () => {
    const negative = rows.map((row) => (row[0] === "c" ? [...row.slice(0, 4), -6, ...row.slice(5)] : row));
    expect(await codesOf(FORMULA, negative)).toEqual(["survival.negative-time"]);
    const twice = [...rows, ["h", "FIT", "m", 0, 3, 0, "ongoing", 1, 65]];
    expect(await codesOf(FORMULA, twice)).toEqual(["survival.overlap"]);
    expect(await codesOf(`${FORMULA}, participant: client`, twice, "trial: {}")).toEqual(["survival.overlap"]);
    expect(await codesOf(FORMULA, twice, "trial: {}")).not.toContain("survival.overlap");
    expect(await codesOf(`${FORMULA}, where: "dropout == 0"`)).toContain("survival.no-events");
    // With dropout as the censoring, the events are of two other kinds.
    expect(await codesOf('formula: "Surv(time, cause) ~ arm", censored: dropout, where: "age > 0"')).toEqual([
      "survival.several-causes",
    ]);
  });

  it("in the plan: an unknown column, a random term, an outcome that is not Surv, a key of other models", () => {
    const problemsOf = (analysis: string): string[] => {
      const parsed = parsePlan(planText(analysis), "plan.yaml");
      return [...parsed.problems, ...checkPlan(parsed).problems].map(({ code }) => code);
    };
    expect(problemsOf('formula: "time ~ arm + (1 | client) + frailty(sex, gamma) + nobody", weights: none')).toEqual([
      "plan.unknown-column",
      "plan.unknown-column",
      "formula.special-not-taken",
      "survival.outcome",
      "survival.random-term",
    ]);
    expect(problemsOf(`${FORMULA}, means: { of: arm }`)).toEqual(["plan.unknown-key"]);
    expect(problemsOf(`${FORMULA}, quantiles: [1.5]`)).toHaveLength(1);
    expect(problemsOf(`${FORMULA}, rmst: 0`)).toHaveLength(1);
  });
});
