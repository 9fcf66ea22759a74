import { readFileSync, renameSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { dataText, planText, smallTrial, type Trial } from "./command.js";

const ran = async (...options: string[]): Promise<Trial> => {
  const trial = smallTrial();
  const { status } = await trial.run("plan.yaml", "--out", "out", "--results-only", ...options);
  expect(status).toBe(0);
  return trial;
};
const edit = (trial: Trial, name: string, change: (text: string) => string): void =>
  trial.write(name, change(readFileSync(trial.file(name), "utf8")));

describe("analyze verify", () => {
  it("says that an untouched run is the same, and leaves it alone", async () => {
    const trial = await ran("--only", "linear", "--seed", "3");
    const before = readFileSync(trial.file("out/manifest.json"), "utf8");
    const { status, out, err } = await trial.run("verify", "out");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toMatch(/^out: the same, \d+ numbers bit by bit\.\n$/);
    expect(readFileSync(trial.file("out/manifest.json"), "utf8")).toBe(before);
  });

  it("finds plan and data again when the whole project has moved", async () => {
    const trial = await ran();
    const elsewhere = smallTrial();
    for (const name of ["plan.yaml", "data.csv"]) rmSync(elsewhere.file(name));
    for (const name of ["plan.yaml", "data.csv", "out"]) renameSync(trial.file(name), elsewhere.file(name));
    expect((await elsewhere.run("verify", "out")).out).toMatch(/the same/);
  });

  it("names the first number that was edited, and the file", async () => {
    const trial = await ran();
    const old = JSON.parse(readFileSync(trial.file("out/results.json"), "utf8")).analyses[0].estimates[1].se;
    edit(trial, "out/results.json", (text) => text.replace(`"se": ${old}`, '"se": 0.1469'));
    const { status, out } = await trial.run("verify", "out");
    expect(status).toBe(1);
    expect(out.split("\n")).toEqual([
      "out: not the same.",
      `analyses[mixed].estimates[coefficient:arm[FIT]].se: 0.1469 in the file, ${old} now.`,
      "results.json is not as it was written.",
      "",
    ]);
  });

  it("notices the last bit of a number", async () => {
    const trial = await ran();
    const results = JSON.parse(readFileSync(trial.file("out/results.json"), "utf8"));
    const old: number = results.analyses[0].fit.logLik;
    results.analyses[0].fit.logLik = old * (1 + Number.EPSILON);
    trial.write("out/results.json", `${JSON.stringify(results, null, 2)}\n`);
    const { status, out } = await trial.run("verify", "out");
    expect(status).toBe(1);
    expect(out).toContain("analyses[mixed].fit.logLik:");
  });

  it("says that the data changed", async () => {
    const trial = await ran();
    trial.write("data.csv", dataText.replace("0,TAU,0,10", "0,TAU,0,11"));
    const { status, out } = await trial.run("verify", "out");
    expect(status).toBe(1);
    expect(out).toContain("The data, data.csv, changed since the run");
    // The first thing named is a number of an analysis, not the hash of the file.
    expect(out).toMatch(
      /^out: not the same\.\nanalyses\[mixed\]\.[^:]+(:.+)?: [-\d.e]+ in the file, [-\d.e]+ now \(the first of \d+ differences\)\.$/m,
    );
  });

  it("says that the data are gone, and that it is the run that read them", async () => {
    const trial = await ran();
    rmSync(trial.file("data.csv"));
    expect((await trial.run("verify", "out")).err).toContain("The run read it; put it back where it was.");
  });

  it("says that the plan changed, even when no number does", async () => {
    const trial = await ran();
    trial.write("plan.yaml", `${planText}# an afterthought\n`);
    const { status, out } = await trial.run("verify", "out");
    expect(status).toBe(1);
    expect(out).toContain("plan.sha256:");
    expect(out).toContain("The plan, plan.yaml, changed since the run");
  });

  it("says that the seed was edited", async () => {
    const trial = await ran();
    edit(trial, "out/results.json", (text) => text.replace('"seed": 7', '"seed": 8'));
    const { status, out } = await trial.run("verify", "out");
    expect(status).toBe(1);
    expect(out).toContain("seed: 8 in the file, 7 now.");
    expect(out).toContain("The seed is 8 in results.json and 7 in manifest.json: one was edited.");
  });

  it("says that the version, the lock of the plan or package-lock.json changed", async () => {
    const trial = await ran();
    edit(trial, "out/manifest.json", (text) =>
      text
        .replace(/"version": "[^"]+"/, '"version": "0.0.1"')
        .replace(/("packageLock": \{\s*"sha256": ")\w+/, `$1${"0".repeat(64)}`),
    );
    await trial.run("lock", "plan.yaml");
    const { status, out } = await trial.run("verify", "out");
    expect(status).toBe(1);
    expect(out).toContain("plan.locked: false in the file, true now.");
    expect(out).toContain("The lock of the plan changed since the run (none then,");
    expect(out).toContain("The version of fit-rct changed since the run (0.0.1 then,");
    expect(out).toContain("package-lock.json of fit-rct changed since the run (000000000000 then,");
  });

  it("says that a report or figure is not as it was written, or gone", async () => {
    const trial = smallTrial();
    await trial.run("plan.yaml", "--out", "out");
    edit(trial, "out/report.html", (text) => text.replace("A small trial", "A great trial"));
    rmSync(trial.file("out/figures"), { recursive: true });
    const { status, out } = await trial.run("verify", "out");
    expect(status).toBe(1);
    expect(out).toMatch(/^out: the same/);
    expect(out).toContain("report.html is not as it was written.");
    expect(out).toContain("figures/mixed-differences.svg is not as it was written.");
  });

  it.each([
    ["no folder", "nowhere", "[verify.no-manifest]"],
    ["no manifest", ".", "[verify.no-manifest]"],
    ["a file", "data.csv", "[verify.no-manifest]"],
  ])("%s", async (_, target, text) => {
    const { status, err } = await smallTrial().run("verify", target);
    expect(status).toBe(1);
    expect(err).toContain(text);
  });

  it.each([
    [
      "a manifest that is not JSON",
      "manifest.json",
      "{",
      "out/manifest.json: The file cannot be used: it is not JSON.",
    ],
    ["a manifest of something else", "manifest.json", "{}", "out/manifest.json: The file cannot be used: manifest:"],
    ["results that are not JSON", "results.json", "", "out/results.json: The file cannot be used: it is not JSON."],
    ["results of something else", "results.json", "[]", "out/results.json: The file cannot be used"],
  ])("%s", async (_, name, text, expected) => {
    const trial = await ran();
    trial.write(`out/${name}`, text);
    const { status, err } = await trial.run("verify", "out");
    expect(status).toBe(1);
    expect(err).toContain(expected);
  });

  it("lists the problems when plan or data can no longer be analysed", async () => {
    const trial = await ran();
    trial.write("data.csv", dataText.replace("0,TAU,0,", "0,TUA,0,"));
    const { status, err } = await trial.run("verify", "out");
    expect(status).toBe(1);
    expect(err).toContain('column "arm"');
    rmSync(trial.file("plan.yaml"));
    expect((await trial.run("verify", "out")).err).toContain("[plan.file-not-found]");
  });
});
