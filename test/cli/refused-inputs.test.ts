/** Plans and data that cannot be analysed: every command says why, where, and leaves the disk as it was. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dataText, planText, smallTrial } from "./command.js";

const rows = dataText.trimEnd().split("\n").slice(1);
/** The data with a cell of each row changed: its column from 0, by its value and the row's place. */
const withColumn = (column: number, change: (value: string, row: number) => string): string =>
  `g,arm,x,y\n${rows
    .map((row, i) => {
      const cells = row.split(",");
      cells[column] = change(cells[column]!, i);
      return cells.join(",");
    })
    .join("\n")}\n`;

const bombLines = ["a0: &a0 [ha, ha]"];
for (let i = 1; i < 30; i++) bombLines.push(`a${i}: &a${i} [*a${i - 1}, *a${i - 1}, *a${i - 1}]`);

/** Name, plan, data, and what standard error must say and where. */
const refused: readonly (readonly [string, string, string, RegExp])[] = [
  [
    "a ragged row",
    planText,
    dataText.replace("0,TAU,1,", "0,TAU,1,1,1,"),
    /^error data\.csv:3: The row has 6 cells; the header has 4\..*\[data\.ragged-row\]$/m,
  ],
  [
    "several ragged rows, each with its line",
    planText,
    dataText.replace("0,TAU,1,", "0,TAU,1,1,1,").replace("0,TAU,3,", "0,3,"),
    /data\.csv:3: The row has 6 cells[\s\S]*data\.csv:5: The row has 3 cells/,
  ],
  [
    "columns that are the same but for a factor",
    planText.replace("y ~ arm + x,", "y ~ arm + x + I(2 * x),"),
    dataText,
    /^error plan\.yaml:12:5, analysis "linear": .*"I\(2 \* x\)".*\[frame\.aliased\]$/m,
  ],
  [
    "one cluster",
    planText,
    withColumn(0, () => "1"),
    /^error plan\.yaml:11:5, analysis "mixed": "g" .*\[frame\.one-cluster\]$/m,
  ],
  [
    "a cluster for each row",
    planText,
    withColumn(0, (_, i) => String(i)),
    /^error plan\.yaml:11:5, analysis "mixed": "g" .*\[frame\.level-per-row\]$/m,
  ],
  [
    "a constant outcome",
    planText,
    withColumn(3, () => "5"),
    /^error plan\.yaml:11:5, analysis "mixed": .*"y" is 5[\s\S]*^error plan\.yaml:12:5, analysis "linear": .*"y" is 5/m,
  ],
  [
    "an outcome that is all missing",
    planText,
    withColumn(3, () => ""),
    /^error plan\.yaml:11:5, analysis "mixed": "y" is missing[\s\S]*^error plan\.yaml:12:5, analysis "linear": "y" is missing/m,
  ],
  [
    "duplicated keys, at the top, in a column and in an analysis",
    planText
      .replace("seed: 7", "title: Another trial")
      .replace("unit: points", "unit: points, unit: months")
      .replace("role: primary", "id: again"),
    dataText,
    /^error plan\.yaml:3:1: The key "title"[\s\S]*^error plan\.yaml:9:\d+: The key "unit"[\s\S]*^error plan\.yaml:11:\d+: The key "id"/m,
  ],
  [
    "aliases that expand to a billion",
    `${bombLines.join("\n")}\n${planText}`,
    dataText,
    /^error plan\.yaml:\d+:\d+: The YAML aliases .*\[plan\.too-many-aliases\]$/m,
  ],
  [
    "a plan of 10 MB",
    `${planText}# ${"x".repeat(10_000_000)}\n`,
    dataText,
    /^error plan\.yaml: The plan holds 10\.0 MB; .*\[plan\.too-large\]$/m,
  ],
];

describe.each(refused)("%s", (_, plan, data, expected) => {
  it.each([
    ["run", ["run", "plan.yaml", "--out", "out"]],
    ["check", ["check", "plan.yaml"]],
  ])("is refused by %s, with its place, and nothing is written", async (_command, argv) => {
    const trial = smallTrial(plan, data);
    const started = performance.now();
    const { status, out, err } = await trial.run(...argv);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(expected);
    expect(err).not.toMatch(/\n {4}at |\[defect\]/);
    expect(readdirSync(trial.folder).sort()).toEqual(["data.csv", "plan.yaml"]);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
