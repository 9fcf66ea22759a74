import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resultsSchema } from "../../src/analysis/results-schema.js";
import { manifestSchema } from "../../src/cli/manifest.js";
import { sha256 } from "../../src/cli/sha256.js";
import { dataText, planText, smallTrial, type Trial } from "./command.js";

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, "utf8"));
const resultsOf = (trial: Trial, folder = "out") => resultsSchema.parse(readJson(trial.file(`${folder}/results.json`)));
const manifestOf = (trial: Trial, folder = "out") =>
  manifestSchema.parse(readJson(trial.file(`${folder}/manifest.json`)));

describe("analyze run", () => {
  it("writes results and manifest, and a short summary", async () => {
    const trial = smallTrial();
    const { status, out, err } = await trial.run("run", "plan.yaml", "--out", "out", "--results-only");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(readdirSync(trial.file("out")).sort()).toEqual(["manifest.json", "results.json"]);
    const lines = out.split("\n");
    expect(lines[0]).toBe("A small trial");
    expect(lines[1]).toMatch(
      /^mixed {3}estimated {2}arm\[FIT\]-arm\[TAU\]\s\S+\s\[\S+\s\S+\]\s\(95%\sCI\),\sp\s[=<]\s/,
    );
    expect(lines[2]).toMatch(/^linear {2}estimated/);
    expect(lines[3]).toBe("Written to out: results.json, manifest.json.");

    const results = resultsOf(trial);
    expect(results).toMatchObject({ seed: 7, plan: { title: "A small trial", locked: false }, data: [{ rows: 40 }] });
    expect(results.analyses.map(({ id, status }) => `${id} ${status}`)).toEqual([
      "mixed estimated",
      "linear estimated",
    ]);
    expect(results.analyses[1]?.n).toMatchObject({ observations: 32, excluded: 8 });
    const text = readFileSync(trial.file("out/results.json"), "utf8");
    expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`);
    expect(text).not.toContain(trial.folder);
  });

  it("writes a manifest with hashes, times, versions and the command", async () => {
    const trial = smallTrial();
    await trial.run("plan.yaml", "--out", "out", "--only", "linear", "--seed", "3", "--results-only");
    const manifest = manifestOf(trial);
    expect(manifest).toMatchObject({
      node: process.version,
      command: ["analyze", "plan.yaml", "--out", "out", "--only", "linear", "--seed", "3", "--results-only"],
      started: "2026-11-22T12:00:00.000Z",
      plan: { path: "../plan.yaml", fullPath: trial.file("plan.yaml"), sha256: sha256(planText) },
      data: [{ path: "../data.csv", sha256: sha256(dataText) }],
      lock: null,
      seed: 3,
      options: { only: ["linear"], language: "en", resultsOnly: true },
      files: { "results.json": sha256(readFileSync(trial.file("out/results.json"))) },
    });
    expect(manifest.packageLock?.sha256).toBe(sha256(readFileSync("package-lock.json")));
    expect(resultsOf(trial).analyses.map(({ id }) => id)).toEqual(["linear"]);
  });

  it("writes the same bytes twice, with report and figures", async () => {
    const trial = smallTrial();
    expect((await trial.run("plan.yaml", "--out", "one")).status).toBe(0);
    expect((await trial.run("plan.yaml", "--out", "two")).status).toBe(0);
    const one = manifestOf(trial, "one").files;
    expect(Object.keys(one)).toContain("report.html");
    expect(Object.keys(one).filter((name) => /^figures\/mixed-.*\.svg$/.test(name)).length).toBeGreaterThan(0);
    expect(manifestOf(trial, "two").files).toEqual(one);
    for (const [name, hash] of Object.entries(one)) expect(sha256(readFileSync(trial.file(`one/${name}`)))).toBe(hash);
  });

  it("writes the report in Swedish when asked, and the same results", async () => {
    const trial = smallTrial();
    await trial.run("plan.yaml", "--out", "en");
    await trial.run("plan.yaml", "--out", "sv", "--lang", "sv");
    expect(readFileSync(trial.file("sv/report.html"), "utf8")).toContain('<html lang="sv">');
    expect(manifestOf(trial, "sv").files["results.json"]).toBe(manifestOf(trial, "en").files["results.json"]);
  });

  it("takes the seed of the command line, then of the plan, then 1", async () => {
    const trial = smallTrial();
    await trial.run("plan.yaml", "--out", "out", "--results-only", "--seed", "9007199254740991");
    expect(resultsOf(trial).seed).toBe(9007199254740991);
    trial.write("plan.yaml", planText.replace("seed: 7\n", ""));
    await trial.run("plan.yaml", "--out", "out", "--results-only");
    expect(resultsOf(trial).seed).toBe(1);
  });

  it("reads another data file when told to", async () => {
    const trial = smallTrial();
    trial.write("other.csv", dataText.split("\n").slice(0, 31).join("\n"));
    expect((await trial.run("plan.yaml", "--data", "other.csv", "--out", "out", "--results-only")).status).toBe(0);
    expect(resultsOf(trial).data).toMatchObject([{ name: "other.csv", rows: 30 }]);
  });

  it("runs the project's default plan, into reports/<name>", async () => {
    const trial = smallTrial();
    mkdirSync(trial.file("analyses/small"), { recursive: true });
    mkdirSync(trial.file("deep/below"), { recursive: true });
    writeFileSync(trial.file("analyses/small/plan.yaml"), planText.replace("data.csv", "../../data.csv"));
    trial.write("package.json", JSON.stringify({ "fit-rct": { plan: "analyses/small/plan.yaml" } }));
    expect((await trial.run("--results-only")).status).toBe(0);
    expect(existsSync(trial.file("reports/small/results.json"))).toBe(true);
  });

  it("says so when there is no plan to run", async () => {
    const trial = smallTrial();
    trial.write("package.json", "{}");
    const { status, err } = await trial.run();
    expect(status).toBe(1);
    expect(err).toContain("[command.no-plan]");
  });

  it("tells its progress when asked to", async () => {
    const { err } = await smallTrial().run("plan.yaml", "--out", "out", "--results-only", "--verbose");
    expect(err).toBe("mixed (1 of 2)\nlinear (2 of 2)\n");
  });

  it("says whether the plan is locked, and warns when it changed since", async () => {
    const trial = smallTrial();
    expect((await trial.run("lock", "plan.yaml")).status).toBe(0);
    await trial.run("plan.yaml", "--out", "out", "--results-only");
    expect(resultsOf(trial).plan.locked).toBe(true);
    expect(manifestOf(trial).lock?.sha256).toBe(sha256(readFileSync(trial.file("plan.yaml.lock"))));
    trial.write("plan.yaml", `${planText}# an afterthought\n`);
    const { status, err } = await trial.run("plan.yaml", "--out", "out", "--results-only");
    expect(status).toBe(0);
    expect(err).toMatch(/^warning plan\.yaml\.lock: The plan changed since .* \[plan\.changed-since-lock\]\n$/);
    expect(resultsOf(trial).plan.locked).toBe(false);
  });
});

describe("analyze run, when it cannot be done", () => {
  const refused = async (trial: Trial, ...argv: string[]): Promise<string> => {
    const { status, out, err } = await trial.run(...argv, "--out", "out");
    expect({ status, out, written: existsSync(trial.file("out")) }).toEqual({ status: 1, out: "", written: false });
    expect(err).not.toMatch(/\n {4}at /);
    return err;
  };

  it("lists problems of the plan, its columns and its data in one go, and writes nothing", async () => {
    const trial = smallTrial(
      planText.replace("title:", "titel:").replace("y ~ arm + x,", "y ~ arm + z,"),
      dataText.replace("0,TAU,0,", "0,TUA,99,"),
    );
    const err = await refused(trial, "plan.yaml");
    expect(err).toContain(
      'error plan.yaml:2:1: Unknown key "titel" in the plan. Did you mean "title"? [plan.unknown-key]',
    );
    expect(err).toMatch(/error plan\.yaml:12:\d+: Unknown column "z" in the formula/);
    expect(err).toMatch(/error data\.csv:2, column "arm": .*"TUA"/);
    expect(err).toMatch(/error data\.csv:2, column "x": .*99/);
  });

  it.each([
    ["no such plan", "nowhere.yaml", "[plan.file-not-found]"],
    ["a folder for a plan", ".", "[plan.file-not-readable]"],
    ["a misspelt command", "chek", 'Did you mean "analyze check"?'],
  ])("%s", async (_, plan, text) => {
    expect(await refused(smallTrial(), plan)).toContain(text);
  });

  it("a plan that is not UTF-8, or too large to read", async () => {
    const trial = smallTrial();
    trial.write("plan.yaml", Uint8Array.of(0x74, 0xe5, 0xff, 0x0a));
    expect(await refused(trial, "plan.yaml")).toContain("[plan.not-text]");
    trial.write("plan.yaml", "x: 1\n".repeat(2_000_000));
    expect(await refused(trial, "plan.yaml")).toContain("The plan holds 10.0 MB");
  });

  it("no such data file, or an empty one", async () => {
    const trial = smallTrial(planText.replace("data.csv", "date.csv"));
    expect(await refused(trial, "plan.yaml")).toContain("date.csv: There is no such file");
    trial.write("date.csv", "");
    expect(await refused(trial, "plan.yaml")).toContain("[data.empty-file]");
  });

  it("an unknown id in --only, with a suggestion", async () => {
    const err = await refused(smallTrial(), "plan.yaml", "--only", "mixd,linear");
    expect(err).toContain('The plan has no analysis "mixd"; it has "mixed", "linear". Did you mean "mixed"?');
  });

  it("one arm only after where, said with the place of the analysis in the plan", async () => {
    const err = await refused(smallTrial(planText.replace("where: x > 0", "where: arm == 'FIT'")), "plan.yaml");
    expect(err).toMatch(/^error plan\.yaml:12:5, analysis "linear"/m);
  });

  it("shows labels of the data without letting them act on the terminal", async () => {
    const err = await refused(smallTrial(planText, dataText.replace("0,TAU", '0,"\u001b[2J<script>"')), "plan.yaml");
    expect(err).toContain("<script>");
    expect(err).not.toContain("\u001b");
  });

  it("an output folder that is a file, or below one", async () => {
    const trial = smallTrial();
    for (const out of ["data.csv", "data.csv/below"]) {
      const { status, err } = await trial.run("plan.yaml", "--out", out);
      expect(status).toBe(1);
      expect(err).toContain("[output.is-file]");
    }
    expect(readFileSync(trial.file("data.csv"), "utf8")).toBe(dataText);
  });

  it("files in the output folder that no run wrote", async () => {
    const trial = smallTrial();
    mkdirSync(trial.file("out"));
    trial.write("out/results.json", "mine");
    const { status, err } = await trial.run("plan.yaml", "--out", "out", "--results-only");
    expect(status).toBe(1);
    expect(err).toContain("error out/results.json: This file is in the way");
    expect(readdirSync(trial.file("out"))).toEqual(["results.json"]);
    expect(readFileSync(trial.file("out/results.json"), "utf8")).toBe("mine");
  });
});

describe("analyze run, when an analysis has no answer", () => {
  it("writes the rest, and exits with 2", async () => {
    // The outcome is a straight line of x: nothing is left to test against.
    const exact = dataText.replace(/^(\d+,\w+),(\d+),.*$/gm, (_, start, x) => `${start},${x},${5 + 2 * Number(x)}`);
    const trial = smallTrial(planText, exact);
    const { status, out, err } = await trial.run("plan.yaml", "--out", "out", "--results-only");
    const { analyses } = resultsOf(trial);
    const missing = analyses.filter((analysis) => analysis.status === "not-estimated");
    expect(missing.map(({ id }) => id)).toContain("mixed");
    expect(status).toBe(2);
    for (const analysis of missing) {
      expect(analysis).toMatchObject({ fit: null, estimates: [] });
      expect(out).toContain(`${analysis.id.padEnd(6)}  not-estimated  ${analysis.reason}`);
      expect(err).toContain(`analysis "${analysis.id}"`);
    }
  });
});
