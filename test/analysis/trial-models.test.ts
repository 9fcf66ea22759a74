/** Trial-level models from a plan and its files to results: test/reference/trial-models, answers by R and by arithmetic. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { foldsWithin } from "../../src/analysis/cross-fitting.js";
import type { AnalysisResult } from "../../src/analysis/results.js";
import { type PlanData, runPlan } from "../../src/analysis/run-plan.js";
import { readInputs } from "../../src/cli/read-inputs.js";
import { randomStream } from "../../src/numeric/random-stream.js";
import type { CategoryColumn } from "../../src/table/table.js";
import { closedForm, expectClose, iterated, optimised, type Tolerance } from "../numeric/tolerance.js";

const folder = fileURLToPath(new URL("../reference/trial-models/", import.meta.url));
const SEED = 7;

type Quantity = "estimate" | "se" | "df" | "statistic" | "p" | "lower" | "upper";
type Expected = { readonly kind: "closed" | "iterated" | "optimised" } & { readonly [Q in Quantity]?: number };
const { expected } = JSON.parse(readFileSync(`${folder}expected.json`, "utf8")) as {
  expected: Readonly<Record<string, Readonly<Record<string, Expected>>>>;
};

/** An F is the square of an estimate over its SE: twice as far off as the SE. A p-value moves with both. */
const OPTIMISED: Readonly<Record<Quantity, Tolerance>> = {
  estimate: optimised.estimate,
  lower: optimised.se,
  upper: optimised.se,
  se: optimised.se,
  df: optimised.df,
  statistic: optimised.variance,
  p: optimised.variance,
};
const toleranceOf = (kind: Expected["kind"], quantity: Quantity): Tolerance =>
  kind === "closed" ? closedForm : kind === "iterated" ? iterated : OPTIMISED[quantity];

let analyses: readonly AnalysisResult[];
let data: readonly PlanData[];
beforeAll(async () => {
  const { plan, data: files, problems } = await readInputs(`${folder}plan.yaml`, null, folder);
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  data = files!;
  const run = runPlan({ plan: plan.parsed.plan!, planSha256: "", locked: false, seed: SEED, version: "", data });
  analyses = run.results.analyses;
}, 60_000);

describe("trial-level models", () => {
  it.each(Object.keys(expected))("%s has the numbers of R or of the formula", (id) => {
    const result = analyses.find((one) => one.id === id)!;
    expect(result.status).toBe("estimated");
    expect(result.fit?.singular ?? false).toBe(false);
    for (const [name, { kind, ...quantities }] of Object.entries(expected[id]!)) {
      const found = result.estimates.find((one) => one.name === name);
      expect(found, `${id}: ${name}`).toBeDefined();
      for (const [quantity, value] of Object.entries(quantities) as [Quantity, number][])
        expectClose(
          found![quantity] ?? Number.NaN,
          value,
          toleranceOf(kind, quantity),
          `${id}: ${name}: ${quantity}`,
          1e-3,
        );
    }
  });

  it("have every part that they expand to", () => {
    expect(analyses.map(({ id, status }) => [id, status]).filter(([, status]) => status !== "estimated")).toEqual([]);
    const without = analyses.map(({ id }) => id).filter((id) => !Object.hasOwn(expected, id));
    // Unadjusted, and frailties of therapists: test/reference/frailty-gaussian has R's answers.
    expect(without).toEqual(["itt-unadjusted", "dropout-unilateral-frailty", "dropout-early-frailty"]);
  });

  it("draw the folds that R's predicted risk was made in", () => {
    const { table } = data.find(({ as }) => as === "visits")!;
    const [client, unit] = ["client", "unit"].map((name) => table.columns.get(name) as CategoryColumn);
    const rows = client!.levels.map((_, code) => client!.codes.indexOf(code)).sort((a, b) => a - b);
    const fold = foldsWithin(
      Int32Array.from(rows),
      unit!.codes,
      4,
      randomStream(SEED, "track-predicted-risk/folds", 0),
    );
    const text = rows.map((row) => `${client!.levels[client!.codes[row]!]},${fold[row]}\n`).join("");
    expect(`client,fold\n${text}`).toBe(readFileSync(`${folder}folds.csv`, "utf8"));
  });
});
