import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Manifest } from "../../src/cli/manifest.js";
import { sha256 } from "../../src/cli/sha256.js";
import { checkOutput, type OutputFile, writeRun } from "../../src/cli/write-run.js";
import { ProblemError } from "../../src/problem.js";
import { smallTrial } from "./command.js";

const withManifest = (files: readonly OutputFile[]): OutputFile[] => {
  const source = { path: "p", fullPath: "p", sha256: "0".repeat(64) };
  const manifest: Manifest = {
    manifest: "fit-rct/1",
    version: "0",
    node: "v20",
    platform: "x",
    command: [],
    started: "",
    finished: "",
    plan: source,
    lock: null,
    data: [source],
    packageLock: null,
    seed: 1,
    options: { only: null, language: "en", resultsOnly: false },
    files: Object.fromEntries(files.map(({ name, text }) => [name, sha256(text)])),
  };
  return [...files, { name: "manifest.json", text: JSON.stringify(manifest) }];
};
const file = (name: string, text = name): OutputFile => ({ name, text });
const full = withManifest([
  file("results.json"),
  file("report.html"),
  file("figures/a-b.svg"),
  file("figures/a-b.vl.json"),
]);
const short = withManifest([file("results.json", "second")]);

const problemsOf = async (work: Promise<unknown>): Promise<string[]> => {
  try {
    await work;
    return [];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problems.map(({ code }) => code);
  }
};
const listing = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => !name.includes("/") || name.includes("."))
    .sort();

describe("writeRun", () => {
  it("makes the folders it needs and leaves nothing else behind", async () => {
    const out = smallTrial().file("deep/out");
    await writeRun(out, "out", full);
    expect(listing(out)).toEqual([
      "figures",
      "figures/a-b.svg",
      "figures/a-b.vl.json",
      "manifest.json",
      "report.html",
      "results.json",
    ]);
    expect(readFileSync(`${out}/report.html`, "utf8")).toBe("report.html");
  });

  it("replaces an earlier run, and removes what that had more, but no file of somebody else", async () => {
    const out = smallTrial().file("out");
    await writeRun(out, "out", full);
    writeFileSync(`${out}/notes.txt`, "mine");
    writeFileSync(`${out}/figures/mine.svg`, "mine");
    writeFileSync(`${out}/figures/a-b.svg`, "edited by hand");
    await writeRun(out, "out", short);
    expect(listing(out)).toEqual([
      "figures",
      "figures/a-b.svg",
      "figures/mine.svg",
      "manifest.json",
      "notes.txt",
      "results.json",
    ]);
    expect(readFileSync(`${out}/results.json`, "utf8")).toBe("second");
  });

  it("removes the folder of figures when it is empty", async () => {
    const out = smallTrial().file("out");
    await writeRun(out, "out", full);
    await writeRun(out, "out", short);
    expect(listing(out)).toEqual(["manifest.json", "results.json"]);
  });

  it("refuses files that no run wrote, and changes nothing", async () => {
    const out = smallTrial().file("out");
    mkdirSync(out);
    writeFileSync(`${out}/manifest.json`, '{"name": "a web page"}');
    writeFileSync(`${out}/report.html`, "mine");
    expect(await problemsOf(writeRun(out, "out", full))).toEqual(["output.not-ours", "output.not-ours"]);
    expect(listing(out)).toEqual(["manifest.json", "report.html"]);
  });

  it("never follows a manifest out of the folder", async () => {
    const trial = smallTrial();
    const out = trial.file("out");
    await writeRun(out, "out", full);
    const manifest = JSON.parse(readFileSync(`${out}/manifest.json`, "utf8"));
    manifest.files["../data.csv"] = sha256(readFileSync(trial.file("data.csv")));
    writeFileSync(`${out}/manifest.json`, JSON.stringify(manifest));
    await writeRun(out, "out", short);
    expect(existsSync(trial.file("data.csv"))).toBe(true);
  });

  it("puts the earlier run back when it fails half-way", async () => {
    const out = smallTrial().file("out");
    await writeRun(out, "out", full);
    // A link to nowhere passes as a place for a folder until the very renaming.
    symlinkSync("nowhere", `${out}/new`);
    const work = writeRun(out, "out", withManifest([file("results.json", "second"), file("new/a.svg")]));
    expect(await problemsOf(work)).toEqual(["output.not-writable"]);
    expect(listing(out)).toEqual([
      "figures",
      "figures/a-b.svg",
      "figures/a-b.vl.json",
      "manifest.json",
      "new",
      "report.html",
      "results.json",
    ]);
    expect(readFileSync(`${out}/results.json`, "utf8")).toBe("results.json");
    expect(readFileSync(`${out}/manifest.json`, "utf8")).toBe(full.at(-1)?.text);
  });

  it("leaves no folder behind when nothing could be written", async () => {
    const trial = smallTrial();
    const long = `${"x".repeat(300)}.svg`;
    expect(await problemsOf(writeRun(trial.file("a/b"), "a/b", withManifest([file(long)])))).toEqual([
      "output.not-writable",
    ]);
    expect(existsSync(trial.file("a"))).toBe(false);
  });
});

describe("checkOutput", () => {
  it("leaves no trace", async () => {
    const trial = smallTrial();
    await checkOutput(trial.file("a/b"), "a/b", ["results.json"]);
    expect(existsSync(trial.file("a"))).toBe(false);
  });

  it("refuses a file, a file on the way and a folder by the name of a file", async () => {
    const trial = smallTrial();
    expect(await problemsOf(checkOutput(trial.file("data.csv"), "data.csv", []))).toEqual(["output.is-file"]);
    expect(await problemsOf(checkOutput(trial.file("data.csv/a/b"), "x", []))).toEqual(["output.is-file"]);
    mkdirSync(trial.file("out/results.json"), { recursive: true });
    expect(await problemsOf(checkOutput(trial.file("out"), "out", ["results.json"]))).toEqual(["output.not-ours"]);
  });

  it("refuses a folder that cannot be made", async () => {
    expect(await problemsOf(checkOutput("/proc/fit-rct/out", "out", []))).toEqual(["output.not-writable"]);
  });
});
