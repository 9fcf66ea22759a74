import { describe, expect, it } from "vitest";
import { runPlan } from "../../src/analysis/run-plan.js";
import { checkPlan } from "../../src/plan/check-plan.js";
import { explainPlan } from "../../src/plan/explain-plan.js";
import { completePlan, parsePlan } from "../../src/plan/parse-plan.js";
import { closedForm, expectClose } from "../numeric/tolerance.js";
import { readText } from "../table/read-text.js";

const plan = (columns = "[a, b]", more = ""): string => `plan: fit-rct/1
title: Agreement
data: { file: data.csv }
columns:
  client: { type: id }
  a: { type: binary, label: First }
  b: { type: binary }
  c: { type: factor, levels: ["0", "1", "2"] }
  age: { type: number }
trial: { participant: client }
analyses:
  - { id: agreement, model: agreement, columns: ${columns}${more} }
`;
/** 20 neither, 5 and 10 one, 15 both: the example worked by hand in kappa.test.ts; and one with a missing value. */
const cells = [
  ...Array(20).fill("0,0"),
  ...Array(5).fill("0,1"),
  ...Array(10).fill("1,0"),
  ...Array(15).fill("1,1"),
  "1,",
];
const data = ["client,a,b,c,age", ...cells.map((cell, i) => `${i},${cell},${i % 3},${i}`)].join("\n");

async function run(text: string, csv = data) {
  const complete = completePlan(parsePlan(text, "plan.yaml"));
  const table = await readText(csv, complete.columns);
  const [result] = runPlan({
    plan: complete,
    planSha256: "",
    locked: false,
    seed: 1,
    version: "",
    data: [{ name: "data.csv", sha256: "", table }],
  }).results.analyses;
  return result!;
}
const codesOf = (text: string): string[] => {
  const parsed = parsePlan(text, "plan.yaml");
  return [...parsed.problems, ...checkPlan(parsed).problems].map(({ code }) => code);
};

describe("model: agreement", () => {
  it("gives the cross-table, the share that agrees and kappa", async () => {
    const { estimates, n } = await run(plan());
    const value = (name: string) => estimates.find((one) => one.name === name)!;
    expect(estimates.slice(0, 4).map(({ name, estimate }) => [name, estimate])).toEqual([
      ["count:a[0],b[0]", 20],
      ["count:a[0],b[1]", 5],
      ["count:a[1],b[0]", 10],
      ["count:a[1],b[1]", 15],
    ]);
    expectClose(value("kappa:a,b").estimate!, 0.4, closedForm, "kappa");
    expectClose(value("kappa:a,b").se!, Math.sqrt(0.2016 / 12.5), closedForm, "se");
    expect(value("kappa:a,b").p).toBeNull();
    // Wilson's interval of 35 of 50: (0.7 + z²/100 ± z √(0.21/50 + z²/10000)) / (1 + z²/50).
    expect(value("agreement:a,b").lower).toBeCloseTo(0.5625, 4);
    expect(value("agreement:a,b").upper).toBeCloseTo(0.809, 4);
    expect([n.observations, n.excluded]).toEqual([50, 1]);
  });

  it("compares each pair of three, and says which rows", () => {
    const three = plan("[a, b, d]").replace("  age:", "  d: { type: binary }\n  age:");
    expect(codesOf(three)).toEqual([]);
    expect(explainPlan(parsePlan(three, "plan.yaml").plan!)).toContain("Agreement of a, b, d: of each pair");
  });

  it("has no kappa where all are in one class, and warns of several rows of a client", async () => {
    const same = "client,a,b,c,age\n1,0,0,0,1\n1,0,0,0,1\n2,0,0,0,1\n";
    const result = await run(plan(), same);
    expect(result.estimates.find(({ name }) => name === "kappa:a,b")!.estimate).toBeNull();
    expect(result.problems.map(({ code }) => code)).toEqual(["effect.repeated-participants", "agreement.one-class"]);
  });

  it("refuses columns that have no classes, other classes, or are there twice", () => {
    expect(codesOf(plan("[a, age]"))).toEqual(["agreement.type"]);
    expect(codesOf(plan("[a, c]"))).toEqual(["agreement.levels-differ"]);
    expect(codesOf(plan("[a, a]"))).toEqual(["agreement.twice"]);
    expect(codesOf(plan("[a, unknown]"))).toEqual(["plan.unknown-column"]);
    expect(codesOf(plan("[a]"))).toHaveLength(1);
  });
});
