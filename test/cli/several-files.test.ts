/** A plan with several data files: run, check, verify, --data. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dataText, planText, smallTrial, type Trial } from "./command.js";

const tables = `data:
  tables:
    outcomes: { file: data.csv, join: { groups: g } }
    groups: { file: groups.csv, key: g }
`;
const plan = planText
  .replace("data: { file: data.csv }\n", tables)
  .concat("  - { id: groups, model: linear, formula: size ~ arm, table: groups }\n")
  .replace("columns:\n", "columns:\n  size: { type: number }\n");
const outcomes = dataText.replaceAll(/,(TAU|FIT|arm),/g, ",");
const groups = `g,arm,size\n${Array.from({ length: 8 }, (_, g) => `${g},${g % 2 === 0 ? "TAU" : "FIT"},${(g * 5) % 7}`).join("\n")}\n`;

function severalFiles(planOf = plan): Trial {
  const trial = smallTrial(planOf, outcomes);
  trial.write("groups.csv", groups);
  return trial;
}
const estimatesOf = (trial: Trial, folder: string): { id: string; n: object; estimates: { estimate: number }[] }[] =>
  JSON.parse(readFileSync(trial.file(`${folder}/results.json`), "utf8")).analyses;

describe("a plan with several data files", () => {
  it("gives the numbers of one file that has all columns", async () => {
    const trial = severalFiles();
    expect(await trial.run("plan.yaml", "--out", "out", "--results-only")).toMatchObject({ status: 0, err: "" });
    const whole = smallTrial();
    await whole.run("plan.yaml", "--out", "out", "--results-only");
    const [joined, single] = [estimatesOf(trial, "out"), estimatesOf(whole, "out")];
    expect(joined.slice(0, 2).map(({ estimates }) => estimates)).toEqual(single.map(({ estimates }) => estimates));
    // FIT: (5 + 1 + 4 + 0) / 4, TAU: (0 + 3 + 6 + 2) / 4.
    expect(joined[2]).toMatchObject({ id: "groups", n: { observations: 8 } });
    expect(joined[2]!.estimates[1]!.estimate).toBeCloseTo(10 / 4 - 11 / 4, 12);
    const { data } = JSON.parse(readFileSync(trial.file("out/manifest.json"), "utf8"));
    expect(data.map(({ path }: { path: string }) => path)).toEqual(["../data.csv", "../groups.csv"]);
  });

  it("is checked and verified, and says which file changed", async () => {
    const trial = severalFiles();
    expect((await trial.run("check", "plan.yaml")).out).toContain("data.csv: 40 rows, groups.csv: 8 rows");
    await trial.run("plan.yaml", "--out", "out", "--results-only");
    expect((await trial.run("verify", "out")).status).toBe(0);
    trial.write("groups.csv", groups.replace("TAU", "FIT"));
    const { status, out } = await trial.run("verify", "out");
    expect(status).toBe(1);
    expect(out).toContain("The data, groups.csv, changed since the run");
  });

  it("takes the files by their names from the folder that --data names", async () => {
    const trial = severalFiles();
    mkdirSync(trial.file("real"));
    writeFileSync(trial.file("real/data.csv"), outcomes);
    writeFileSync(trial.file("real/groups.csv"), groups.replace("1,FIT,5", "1,FIT,9"));
    expect((await trial.run("plan.yaml", "--data", "real", "--out", "out", "--results-only")).status).toBe(0);
    expect(estimatesOf(trial, "out")[2]!.estimates[1]!.estimate).toBeCloseTo(14 / 4 - 11 / 4, 12);
  });

  it.each([
    [
      "a table that there is not",
      ["groups: g", "group: g"],
      'There is no table "group". data.tables has outcomes, groups. Did you mean "groups"?',
    ],
    ["a joined table without a key", [", key: g", ""], 'The table "groups" has no "key".'],
    [
      "one file and several",
      ["data:\n", "data:\n  file: data.csv\n"],
      'The plan names one data file ("file") and several ("tables").',
    ],
    ["rows of a table that there is not", ["table: groups", "table: units"], 'There is no table "units".'],
    ["a key that is no column", ["groups: g }", "groups: gg }"], '"gg"'],
  ])("says so: %s", async (_, [from, to], message) => {
    const trial = severalFiles(plan.replace(from!, to!));
    const { status, err } = await trial.run("check", "plan.yaml");
    expect(status).toBe(1);
    expect(err).toContain(message);
  });

  it("says that neither one file nor several are named", async () => {
    const { err } = await smallTrial(planText.replace("{ file: data.csv }", "{ missing: [x] }")).run(
      "check",
      "plan.yaml",
    );
    expect(err).toContain('"file"');
  });
});
