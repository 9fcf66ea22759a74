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
/** The same with the arm received, by which the population is. */
const asReceived = (analyses: string): string =>
  planOf(analyses)
    .replace("trial: {", "trial: { received: { arm: received },")
    .replace("{ exclude:", "{ arm: received, exclude:");
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

  it("by the arm received has everybody in the arm that they got", async () => {
    const safety = planOf(
      `  - { id: safe, model: linear, formula: y ~ arm, population: safety }
  - { id: got, model: linear, formula: y ~ received }
  - { id: harms, model: shares, of: { high: high }, by: arm, population: safety }`,
    )
      .replace("trial: {", "trial: { received: { arm: received },")
      .replace("  y: { type: number }\n", '  y: { type: number }\n  high: { type: binary, derive: "y > 11" }\n')
      .replace("populations:\n", "populations:\n  safety: { label: { en: safety, sv: säkerhet }, arm: received }\n");
    expect(problemsOf(safety)).toEqual([]);
    const done = await run(safety);
    const [safe, got, harms] = done.results.analyses;
    expect(safe!.estimates.map(({ estimate, se }) => [estimate, se])).toEqual(
      got!.estimates.map(({ estimate, se }) => [estimate, se]),
    );
    expect(safe!.estimates[1]!.name).toBe("coefficient:arm[FIT]");
    // c was randomised to TAU and received FIT: 4 − 1 and 5 + 1, without g, whose y is missing.
    expect(done.displays[0]!.flow.map(({ arm, rows }) => [arm, rows])).toEqual([
      ["TAU", 3],
      ["FIT", 6],
    ]);
    const count = (name: string) => harms!.estimates.find((one) => one.name === name)!.estimate;
    expect([count("count:arm[TAU]:high"), count("count:arm[FIT]:high")]).toEqual([1, 4]);
    const report = (language: "en" | "sv") => renderReport(done, { language, figures: [], vegaRuntime: null });
    expect(await report("en")).toContain("Population: safety; clients are in the arm that they received.");
    expect(await report("sv")).toContain("klienterna räknas i den arm som de fick");
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
    [planOf(ANALYSES).replace("{ exclude:", "{ arm: received, exclude:"), "plan.population-no-received"],
    [
      asReceived(ANALYSES).replace(
        "received: { type: factor, levels: [TAU, FIT]",
        "received: { type: factor, levels: [TAU, KOR]",
      ),
      "plan.received-levels",
    ],
    [
      asReceived("  - { id: pp, model: linear, formula: y ~ sessions_n, population: per-protocol }"),
      "plan.population-arm-unused",
    ],
    [
      asReceived("  - { id: pp, model: linear, formula: y ~ arm + dose, population: per-protocol }").replace(
        "  y: { type: number }\n",
        "  y: { type: number }\n  dose: { type: number, derive: \"arm == 'FIT' ? sessions_n : 0\" }\n",
      ),
      "plan.population-arm-made",
    ],
  ])("is checked in the plan: problem %#", (text, code) => {
    expect(problemsOf(text)).toContain(code);
  });
});
