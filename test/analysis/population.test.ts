/** `populations` of a plan: rules, exclusions by reason, the same numbers as the rows alone. */
import { describe, expect, it } from "vitest";
import { runPlan } from "../../src/analysis/run-plan.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { isError, ProblemError } from "../../src/problem.js";
import { renderReport } from "../../src/report/render-report.js";
import { readTable } from "../../src/table/read-table.js";

const csv = `client,arm,sessions_n,received,y
a,TAU,5,TAU,10
b,TAU,2,TAU,12
c,TAU,8,FIT,11
d,TAU,,TAU,9
e,FIT,1,FIT,20
f,FIT,4,FIT,15
g,FIT,9,FIT,
h,FIT,6,FIT,14
i,FIT,3,FIT,16
`;
const planOf = (
  analyses: string,
  exclude = `[{ where: "sessions_n < 3", reason: färre än tre samtal }, { where: "arm != received", reason: fick den andra armen }]`,
) => `plan: fit-rct/1
title: Populations
data: { file: d.csv }
columns:
  client: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  sessions_n: { type: number }
  received: { type: factor, levels: [TAU, FIT] }
  y: { type: number }
trial: { participant: client, arm: { column: arm, control: TAU, intervention: FIT } }
populations:
  per-protocol: { exclude: ${exclude} }
analyses:
${analyses}
`;
const ANALYSES = `  - { id: itt, model: linear, formula: y ~ arm }
  - { id: pp, model: linear, formula: y ~ arm, population: per-protocol }
  - { id: rows, model: linear, formula: y ~ arm, where: "client != 'b' && client != 'c' && client != 'e'" }`;

async function run(text: string) {
  const plan = completePlan(parsePlan(text, "plan.yaml"));
  const table = await readTable(new TextEncoder().encode(csv), "d.csv", plan.columns);
  const sha256 = "0".repeat(64);
  return runPlan({
    plan,
    planSha256: sha256,
    locked: false,
    seed: 1,
    version: "0",
    data: [{ name: "d.csv", sha256, table }],
  });
}
const problemsOf = (text: string): string[] => {
  const parsed = parsePlan(text, "plan.yaml");
  return [...parsed.problems, ...checkPlan(parsed).problems].filter(isError).map(({ code }) => code);
};

describe("a population", () => {
  it("gives the numbers of its rows alone, and counts each exclusion under its first reason", async () => {
    const { results, displays } = await run(planOf(ANALYSES));
    const [itt, pp, rows] = results.analyses;
    expect(pp!.estimates).toEqual(rows!.estimates);
    expect(itt!.n.observations).toBe(8);
    expect("population" in itt!).toBe(false);
    expect(pp!.population).toBe("per-protocol");
    expect(pp!.n).toMatchObject({
      observations: 5,
      participants: 5,
      excluded: 4,
      excludedBy: [
        { reason: "population", detail: "färre än tre samtal", rows: 2 },
        { reason: "population", detail: "fick den andra armen", rows: 1 },
        { reason: "missing", detail: "y", rows: 1 },
      ],
    });
    expect(displays[1]!.participants).toEqual({ data: 9, used: 5 });
    expect(displays[1]!.flow.map(({ arm, rows: all, used }) => [arm, all, used])).toEqual([
      ["TAU", 4, 2],
      ["FIT", 5, 3],
    ]);
  });

  it("keeps those whom a rule cannot judge, and says how many", async () => {
    const { results } = await run(planOf(ANALYSES));
    expect(results.analyses[1]!.problems).toMatchObject([
      { code: "population.unjudged", severity: "warning", message: expect.stringContaining("1 row cannot be judged") },
    ]);
  });

  it("names its exclusions in both languages, and is explained", async () => {
    const text = planOf(ANALYSES);
    expect(explainPlan(completePlan(parsePlan(text, "plan.yaml")))).toContain(
      "Population per-protocol: everybody as randomised but\n  those for whom sessions_n < 3 (färre än tre samtal)",
    );
    const done = await run(text);
    const report = (language: "en" | "sv") => renderReport(done, { language, figures: [], vegaRuntime: null });
    expect(await report("en")).toContain("not in the population: färre än tre samtal");
    expect(await report("sv")).toContain("ingår inte i populationen: färre än tre samtal");
  });

  it("with nobody in it is a problem", async () => {
    const text = planOf(ANALYSES, `[{ where: "y > 0 || !isValid(y)", reason: alla }]`);
    await expect(run(text)).rejects.toThrow(ProblemError);
    await expect(run(text)).rejects.toThrow("population.empty");
  });

  it.each([
    [planOf("  - { id: pp, model: linear, formula: y ~ arm, population: per-protokoll }"), "plan.unknown-population"],
    [planOf(ANALYSES, `[{ where: "sessions < 3", reason: r }]`), "expression.unknown-column"],
    [planOf(ANALYSES, `[{ where: "sessions_n < 3" }]`), "plan.missing-key"],
    [planOf(ANALYSES, "[]"), "plan.empty-value"],
  ])("is checked in the plan: problem %#", (text, code) => {
    expect(problemsOf(text)).toContain(code);
  });
});
