/** The same bytes whoever makes the replicates. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleProgram } from "../../scripts/bundle-program.js";
import { smallTrial } from "./command.js";

const UNITS = 12;
const data = `unit,period,fit,age,y\n${Array.from({ length: UNITS * 5 * 3 }, (_, i) => {
  const [unit, period] = [Math.floor(i / 15), Math.floor(i / 3) % 5];
  const y = 20 + ((unit * 5) % 7) + period + ((i * 29) % 17) / 4;
  return `u${unit},${period},${period > unit % 4 ? 1 : 0},${20 + ((i * 11) % 13)},${y}`;
}).join("\n")}\n`;

const plan = `plan: fit-rct/1
title: A wedge
seed: 5
data: { file: data.csv }
columns:
  unit: { type: id }
  period: { type: number }
  fit: { type: binary }
  age: { type: number }
  y: { type: number }
analyses:
  - { id: model, model: stepped-wedge, outcome: y, cluster: unit, period: period, treated: fit, permutation: { replicates: 199 } }
  - { id: rows, model: stepped-wedge, outcome: y, cluster: unit, period: period, treated: fit, transition: 1, covariates: [age], permutation: { replicates: 120 } }
  - { id: vertical, model: stepped-wedge, outcome: y, cluster: unit, period: period, treated: fit, permutation: { replicates: 150, statistic: vertical } }
`;

// Four programs one after the other, each with its workers: slow where the cores are busy.
describe("replicates", { timeout: 120_000 }, () => {
  // Below the project, so that the program finds the library that starts its workers.
  const folder = mkdtempSync(join(process.cwd(), "node_modules/.fit-rct-workers-"));
  beforeAll(() => bundleProgram(process.cwd(), folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const spawn = (cwd: string, ...argv: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [join(folder, "analyze.js"), ...argv], {
      cwd,
      encoding: "utf8",
    });
    return { status, stderr };
  };

  it("are the same with 1, 2 and 3 workers, and from the sources", async () => {
    const trial = smallTrial(plan, data);
    const read = (name: string): string => readFileSync(trial.file(`${name}/results.json`), "utf8");
    for (const workers of ["1", "2", "3"]) {
      const { status, stderr } = spawn(
        trial.folder,
        "plan.yaml",
        "--out",
        workers,
        "--results-only",
        "--workers",
        workers,
        "--verbose",
      );
      expect(status, stderr).toBe(0);
      expect(stderr).toContain("469 of 469 replicates\n");
    }
    await trial.run("plan.yaml", "--out", "sources", "--results-only");
    expect(read("1")).toContain('"assignments": 199');
    expect(read("2")).toBe(read("1"));
    expect(read("3")).toBe(read("1"));
    expect(read("sources")).toBe(read("1"));
    expect(spawn(trial.folder, "verify", "3", "--workers", "2").status).toBe(0);
  });

  it("differ with the seed, and with nothing else: one analysis alone has the same", async () => {
    const trial = smallTrial(plan, data);
    const estimates = async (...argv: string[]) => {
      await trial.run("plan.yaml", "--out", "out", "--results-only", ...argv);
      const { analyses } = JSON.parse(readFileSync(trial.file("out/results.json"), "utf8"));
      return analyses.at(-1).estimates.find(({ name }: { name: string }) => name.startsWith("permutation:"));
    };
    const both = await estimates();
    expect(await estimates("--only", "vertical")).toEqual(both);
    expect(await estimates("--seed", "6")).not.toEqual(both);
  });

  it("say nothing of their progress without --verbose", () => {
    const trial = smallTrial(plan, data);
    expect(spawn(trial.folder, "plan.yaml", "--out", "out", "--results-only", "--workers", "2").stderr).not.toContain(
      "replicates",
    );
  });
});
