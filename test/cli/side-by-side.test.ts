/** The same bytes and the same problems whichever thread analyses what. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleProgram } from "../../scripts/bundle-program.js";
import { planText, smallTrial, type Trial } from "./command.js";

/** Compared models stand together; `flat` cannot be estimated; the family's tests are of two parts. */
const plan = `${planText}  - { id: larger, model: mixed, method: ML, formula: y ~ arm * x + (1 | g), compare: smaller }
  - { id: smaller, model: mixed, method: ML, formula: y ~ arm + x + (1 | g) }
  - { id: effect, model: effect-size, outcome: y, by: arm }
  - { id: flat, model: logistic, formula: I(x > 2) ~ x }
multiplicity:
  - { family: both, method: holm, estimates: ["mixed/coefficient:arm[FIT]", "linear/coefficient:arm[FIT]"] }
`;

const withBinary = (text: string): string =>
  text
    .replace("  y: { type: number", '  high: { type: binary, derive: "x > 2 ? 1 : 0" }\n  y: { type: number')
    .replace("I(x > 2) ~ x", "high ~ x");

describe("analyses side by side", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(process.cwd(), "node_modules/.fit-rct-side-by-side-"));
  beforeAll(() => bundleProgram(process.cwd(), folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const spawn = (trial: Trial, workers: number, ...argv: string[]) => {
    const command = [join(folder, "analyze.js"), "plan.yaml", "--out", String(workers), "--workers", String(workers)];
    const { status, stdout, stderr } = spawnSync(process.execPath, [...command, ...argv], {
      cwd: trial.folder,
      encoding: "utf8",
    });
    return { status, stdout, stderr };
  };
  const results = (trial: Trial, workers: number): string =>
    readFileSync(trial.file(`${workers}/results.json`), "utf8");

  it("are the same with 1, 2 and 3 threads, in the order of the plan; what cannot be estimated stays with its analysis", () => {
    const trial = smallTrial(withBinary(plan));
    const runs = [1, 2, 3].map((workers) => spawn(trial, workers, "--results-only"));
    for (const { status, stderr } of runs) {
      expect(status, stderr).toBe(2);
      expect(stderr).toBe(runs[0]!.stderr);
    }
    const { analyses } = JSON.parse(results(trial, 1));
    expect(analyses.map(({ id }: { id: string }) => id)).toEqual([
      "mixed",
      "linear",
      "larger",
      "smaller",
      "effect",
      "flat",
    ]);
    expect(analyses.at(-1).status).toBe("not-estimated");
    expect(results(trial, 2)).toBe(results(trial, 1));
    expect(results(trial, 3)).toBe(results(trial, 1));
  });

  it("make the same report and figures", () => {
    const trial = smallTrial();
    for (const workers of [1, 2]) expect(spawn(trial, workers).status).toBe(0);
    const files = (workers: number): string[] =>
      readdirSync(trial.file(String(workers)), { recursive: true, encoding: "utf8" })
        .filter((name) => /\.(html|svg|json)$/.test(name) && name !== "manifest.json")
        .sort();
    expect(files(2)).toEqual(files(1));
    for (const name of files(1))
      expect(readFileSync(trial.file(`2/${name}`), "utf8"), name).toBe(readFileSync(trial.file(`1/${name}`), "utf8"));
  });

  it("list every problem as one thread does, and write nothing", () => {
    const trial = smallTrial(
      `${planText}  - { id: none, model: mixed, formula: y ~ arm + (1 | g), where: x > 9 }
  - { id: aliased, model: linear, formula: y ~ x + I(2 * x) }
`,
    );
    const [one, two] = [1, 2].map((workers) => spawn(trial, workers, "--results-only"));
    expect(one!.status).toBe(1);
    expect(one!.stderr).toContain("none");
    expect(one!.stderr).toContain("aliased");
    expect(two).toEqual(one);
    expect(readdirSync(trial.folder).sort()).toEqual(["data.csv", "plan.yaml"]);
  });

  it("tell each analysis once with --verbose", () => {
    const trial = smallTrial(withBinary(plan));
    const { stderr } = spawn(trial, 2, "--results-only", "--verbose");
    const told = stderr.split("\n").flatMap((line) => line.match(/^([a-z]+) \((\d) of 6\)$/)?.slice(1) ?? []);
    expect(told.filter((_, i) => i % 2 === 0).sort()).toEqual([
      "effect",
      "flat",
      "larger",
      "linear",
      "mixed",
      "smaller",
    ]);
    expect(told.filter((_, i) => i % 2 === 1)).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  it("end as without threads when a thread fails", () => {
    const trial = smallTrial();
    const worker = join(folder, "analysis-worker.js");
    const kept = readFileSync(worker, "utf8");
    expect(spawn(trial, 1, "--results-only").status).toBe(0);
    try {
      writeFileSync(worker, 'throw new Error("a thread that fails");');
      const { status, stderr } = spawn(trial, 2, "--results-only");
      expect(status, stderr).toBe(0);
    } finally {
      writeFileSync(worker, kept);
    }
    expect(results(trial, 2)).toBe(results(trial, 1));
  });
});
