/** Instruments, scores and classes of change in a plan: from its text to the column, in words, and what can be wrong. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { isError } from "../../src/problem.js";
import { readTables } from "../../src/table/read-tables.js";
import { columnMakers } from "../../src/trial/column-makers.js";
import { cellsOf } from "../table/read-text.js";

const CLASSES = "levels: [deteriorated, unchanged, improved, recovered, started-functional]";
const plan = (columns: string, more = ""): string => `plan: fit-rct/1
title: A trial
data: { file: clients.csv }
${more}
columns:
  client: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  sex: { type: factor, levels: [kvinna, man, annat] }
  ors_0: { type: number }
  ors_12: { type: number }
  core_0: { type: number }
  core_12: { type: number }
${columns}
analyses:
  - { id: a, model: linear, formula: ors_12 ~ arm }
`;
const problemsOf = (text: string): string[] => {
  const parsed = parsePlan(text, "plan.yaml");
  return [...parsed.problems, ...checkPlan(parsed).problems]
    .filter(isError)
    .map(({ code, message }) => `${code} ${message}`);
};
const read = async (text: string) => {
  const { columns, instruments } = completePlan(parsePlan(text, "plan.yaml"));
  const bytes = readFileSync(new URL("../reference/change-classes/clients.csv", import.meta.url));
  const source = { name: "data", file: "clients.csv", bytes, options: {}, join: {} };
  const tables = await readTables([source], columns, { makers: columnMakers(columns, instruments) });
  return tables.get("data")!;
};
const change = (keys: string, spec = `type: factor, ${CLASSES}`): string =>
  `  change: { ${spec}, classify: { instrument: ors-adult, before: ors_0, after: ors_12, ${keys} } }`;
const started = "started-functional";

describe("classify in a plan", () => {
  it("classes twelve clients right to the client (test/reference/change-classes)", async () => {
    const table = await read(
      plan(`${change("sd: 8, reliability: 0.85")}
  by_change: { type: factor, ${CLASSES}, classify: { instrument: ors-adult, before: ors_0, after: ors_12, sd: 8, reliability: 0.85, functional-start: by-change } }
  six: { type: factor, ${CLASSES}, classify: { instrument: ors-adult, before: ors_0, after: ors_12, points: 6, functional-start: by-change } }
  better: { type: binary, classify: { instrument: ors-adult, before: ors_0, after: ors_12, points: 6, functional-start: by-change, is: [improved, recovered] } }
  core: { type: factor, ${CLASSES}, classify: { instrument: core-om-sweden, before: core_0, after: core_12, cutoff: { by: sex, levels: { kvinna: women, man: men, annat: 1.23 } } } }`),
    );
    const [d, u, i, r] = ["deteriorated", "unchanged", "improved", "recovered"];
    expect(cellsOf(table, "change")).toEqual([r, i, u, u, started, started, u, started, u, u, null, u]);
    expect(cellsOf(table, "by_change")).toEqual([r, i, u, u, i, d, u, u, u, u, null, u]);
    expect(cellsOf(table, "six")).toEqual([r, i, u, d, i, d, u, i, r, i, null, i]);
    expect(cellsOf(table, "better")).toEqual([1, 1, 0, 0, 1, 0, 0, 1, 1, 1, null, 1]);
    expect(cellsOf(table, "core")).toEqual([r, i, u, started, started, started, r, r, i, i, null, i]);
  });

  it("says the criterion that the plan amounts to, the cut-off, and where the numbers are from", () => {
    const text = explainPlan(completePlan(parsePlan(plan(change("sd: 8, reliability: 0.85")), "plan.yaml")));
    expect(text).toContain("Column change, the class of the change from ors_0 to ors_12 (ors-adult)");
    expect(text).toContain(
      "more than 8.588 points, 1.96 times the standard error of measurement at both times (SD 8, reliability 0.85); higher is better.",
    );
    expect(text).toContain("Cut-off: 25; a score of just that is in the functional range.");
    expect(text).toContain("Instrument ors-adult: Outcome Rating Scale, adult (registry, 2026-11)");
    const six = explainPlan(completePlan(parsePlan(plan(change("points: 6")), "plan.yaml")));
    expect(six).toContain("6 points or more, as declared");
  });

  it.each([
    [change("sd: 8"), "plan.change-no-criterion"],
    [
      change("points: 6").replace("ors-adult", "ors-adlt"),
      'plan.unknown-instrument There is no instrument "ors-adlt". Did you mean "ors-adult"?',
    ],
    [change("points: 6, sd: 8, reliability: 0.8"), "plan.instrument-two-criteria"],
    [
      change("points: 6").replace("core_0", "x").replace("ors_0", "ors0"),
      'plan.summary-unknown-column The plan declares no column "ors0"',
    ],
    [change("points: 6").replace("before: ors_0", "before: arm"), "plan.made-column-type"],
    [change("points: 6", "type: number"), "plan.made-type"],
    [change("points: 6", "type: binary"), "plan.change-is-needs-binary"],
    [change("points: 6, is: [improved]"), "plan.change-is-needs-binary"],
    [
      change("points: 6", "type: factor, levels: [deteriorated, unchanged, improved, started-functional]"),
      'plan.change-levels "change" can be "recovered"',
    ],
    [
      change("points: 6, cutoff: { by: sex, levels: { kvinna: 25, man: 25 } }"),
      'plan.change-level-without-cutoff The level "annat"',
    ],
    [
      change("points: 6, cutoff: { by: sex, levels: { kvinna: 25, man: men, annat: 25 } }"),
      "plan.change-unknown-group",
    ],
    [
      change("points: 6, cutoff: { by: sex, levels: { kvina: 25, kvinna: 25, man: 25, annat: 25 } }"),
      "plan.unknown-level",
    ],
    [change("points: 6").replace("ors-adult", "core-om-sweden"), "plan.change-cutoff-groups"],
    [change("points: 6", `type: factor, ${CLASSES}, derive: "'a'"`), "plan.made-twice"],
    [change("reliability: 1.2, sd: 8"), "plan.invalid-value"],
  ])("%s", (columns, part) => {
    const problems = problemsOf(plan(columns));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(part);
  });

  it("needs no recovered and no started-functional among the levels where there is no cut-off", () => {
    const soc = change("sd: 12, reliability: 0.8", "type: factor, levels: [deteriorated, unchanged, improved]");
    expect(problemsOf(plan(soc.replace("ors-adult", "soc-13")))).toEqual([]);
  });
});

describe("score in a plan", () => {
  const score = (keys: string): string =>
    `  total: { type: number, range: [0, 60], score: { items: [ors_0, ors_12], ${keys} } }`;

  it("makes the column, and a class can be made of it", async () => {
    const table = await read(plan(score("reversed: [ors_12], range: [0, 40], missing: { allow: 1, rule: prorate }")));
    expect(cellsOf(table, "total").slice(0, 3)).toEqual([25, 31, 37]);
    expect(cellsOf(table, "total")[10]).toBe(44);
  });

  it("leaves the score missing where an item is, without a rule", async () => {
    expect(cellsOf(await read(plan(score("of: mean"))), "total")[10]).toBeNull();
  });

  it.each([
    [score("reversed: [ors_12]"), "plan.score-needs-range"],
    [score("reversed: [core_0], range: [0, 4]"), "plan.score-reversed-unknown"],
    [score("instrument: ors-adult"), 'plan.score-item-count "ors-adult" has 4 items, and 2 are listed.'],
    [score("missing: { allow: 2, rule: prorate }"), "plan.score-allows-all"],
    ["  total: { type: number, score: { items: [ors_0, ors_0] } }", "plan.score-item-twice"],
    ["  total: { type: number, score: { items: [ors_0, arm] } }", "plan.made-column-type"],
    ["  total: { type: factor, levels: [a], score: { items: [ors_0] } }", "plan.made-type"],
    ["  total: { type: number, score: { items: [ors_0, total] } }", "is not yet made here"],
  ])("%s", (columns, part) => {
    const problems = problemsOf(plan(columns));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(part);
  });

  it("says which value is out of the range declared", async () => {
    await expect(
      read(plan("  total: { type: number, range: [0, 30], score: { items: [ors_0, ors_12] } }")),
    ).rejects.toThrow("data.out-of-range");
  });
});

describe("instruments in a plan", () => {
  const own = (keys: string): string =>
    plan(change("sd: 8, reliability: 0.8").replace("ors-adult", "mal"), `instruments: { mal: { ${keys} } }`);

  it("can be declared", () => {
    expect(problemsOf(own("range: [1, 10], better: higher, cutoff: 5, source: our own norms"))).toEqual([]);
  });

  it.each([
    [
      "better: higher, cutoff: 5, source: s",
      'plan.instrument-incomplete The registry has no instrument "mal", so the plan must say its "range".',
    ],
    ["range: [10, 1], better: higher, cutoff: 5, source: s", "plan.range-reversed"],
    ["range: [1, 10], better: higher, cutoff: 5, points: 2, sd: 3, source: s", "plan.instrument-two-criteria"],
    ["range: [1, 10], better: higher, cutoff: 5", "plan.missing-key"],
  ])("%s", (keys, part) => {
    expect(problemsOf(own(keys))[0]).toContain(part);
  });
});
