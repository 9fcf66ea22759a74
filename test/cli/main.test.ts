import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleProgram } from "../../scripts/bundle-program.js";
import { smallTrial } from "./command.js";

describe("the bundled program", () => {
  const folder = mkdtempSync(join(tmpdir(), "fit-rct-bundle-"));
  const program = join(folder, "analyze.js");
  beforeAll(() => bundleProgram(process.cwd(), folder));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const spawn = (cwd: string, ...argv: string[]) => spawnSync(program, argv, { cwd, encoding: "utf8" });

  it("runs by its shebang and writes where it is told", () => {
    const trial = smallTrial();
    const { status, stdout, stderr } = spawn(trial.folder, "plan.yaml", "--out", "out");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toContain("Written to out: results.json, report.html, manifest.json,");
    expect(readdirSync(trial.file("out")).sort()).toEqual(["figures", "manifest.json", "report.html", "results.json"]);
  });

  it("gives the bytes that the sources give", async () => {
    const trial = smallTrial();
    expect(spawn(trial.folder, "plan.yaml", "--out", "bundled", "--results-only").status).toBe(0);
    await trial.run("plan.yaml", "--out", "sources", "--results-only");
    const read = (name: string): string => readFileSync(trial.file(`${name}/results.json`), "utf8");
    expect(read("bundled")).toBe(read("sources"));
  });

  it("exits with 1 and a list of problems, on standard error alone", () => {
    const { status, stdout, stderr } = spawn(smallTrial().folder, "check", "nowhere.yaml");
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr).toBe(
      "error nowhere.yaml: There is no such plan file. Check the name and the folder. [plan.file-not-found]\n",
    );
  });

  it("prints help, version and schemas", () => {
    const cwd = smallTrial().folder;
    expect(spawn(cwd, "--help").stdout).toContain("analyze verify <folder>");
    expect(spawn(cwd, "--version").stdout).toBe(`${JSON.parse(readFileSync("package.json", "utf8")).version}\n`);
    expect(JSON.parse(spawn(cwd, "schema", "results").stdout)).toHaveProperty("properties.analyses");
  });
});
