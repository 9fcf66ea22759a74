/** `analyze [run] [PLAN]`: run a plan and write its results folder. */
import { resolve } from "node:path";
import type { Run } from "../analysis/results.js";
import type { Language } from "../plan/plan-language.js";
import type { Problem } from "../problem.js";
import { type AnalysedPlan, analysePlan } from "./analyse-plan.js";
import type { Command } from "./analyze.js";
import type { InputOutput } from "./input-output.js";
import { MANIFEST_FILE, MANIFEST_FORMAT, type Manifest, packageLockSha256, sourceFile } from "./manifest.js";
import type { Arguments } from "./parse-arguments.js";
import { printProblems } from "./print-problems.js";
import { defaultOutput, defaultPlan } from "./project.js";
import { shownPath } from "./read-plan.js";
import { renderResults } from "./render-results.js";
import { renderSummary } from "./render-summary.js";
import { sha256 } from "./sha256.js";
import { showProgress } from "./show-progress.js";
import { VERSION } from "./version.js";
import { checkOutput, type OutputFile, writeRun } from "./write-run.js";

export const run: Command = async (args, io, argv) => {
  const started = io.now();
  const planPath = args.target === null ? defaultPlan(io.cwd) : resolve(io.cwd, args.target);
  const folder = args.out === null ? defaultOutput(io.cwd, planPath) : resolve(io.cwd, args.out);
  const shown = shownPath(folder, io.cwd);
  await checkOutput(folder, shown, args.resultsOnly ? ["results.json"] : ["results.json", "report.html"]);

  const progress = await showProgress(io, args.verbose);
  const analysed = await analysePlan({
    planPath,
    dataPaths: args.data === null ? null : [resolve(io.cwd, args.data)],
    seed: args.seed,
    language: args.language,
    blind: args.blind,
    only: args.only,
    cwd: io.cwd,
    workers: args.workers,
    onReplicates: progress.update,
    ...(args.verbose || io.isTerminal ? { onProgress: (line: string) => io.err(`${line}\n`) } : {}),
  }).finally(progress.stop);
  const { run: result } = analysed;
  const files: OutputFile[] = [{ name: "results.json", text: renderResults(result.results) }];
  if (!args.resultsOnly) files.push(...(await renderOutput(result, args.language)));
  const manifest = makeManifest(folder, analysed, files, args, argv, started, io.now());
  await writeRun(folder, shown, [...files, { name: MANIFEST_FILE, text: `${JSON.stringify(manifest, null, 2)}\n` }]);

  report(analysed, files, shown, io);
  return result.results.analyses.every(({ status }) => status === "estimated") ? 0 : 2;
};

/** Figures and report. */
async function renderOutput(result: Run, language: Language): Promise<OutputFile[]> {
  const { renderFiles } = await import("./render-files.js");
  return renderFiles(result, language);
}

function makeManifest(
  folder: string,
  { plan, data, seed }: AnalysedPlan,
  files: readonly OutputFile[],
  { only, language, resultsOnly, blind }: Arguments,
  argv: readonly string[],
  started: Date,
  finished: Date,
): Manifest {
  const packageLock = packageLockSha256();
  return {
    manifest: MANIFEST_FORMAT,
    version: VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    command: ["analyze", ...argv],
    started: started.toISOString(),
    finished: finished.toISOString(),
    plan: sourceFile(folder, plan.path, plan.sha256),
    lock: plan.lockSha256 === null ? null : { sha256: plan.lockSha256 },
    data: data.map(({ path, sha256: hash }) => sourceFile(folder, path, hash)),
    packageLock: packageLock === null ? null : { sha256: packageLock },
    seed,
    options: { only: only === null ? null : [...only], language, resultsOnly, ...(blind ? { blind } : {}) },
    files: Object.fromEntries(files.map(({ name, text }) => [name, sha256(text)])),
  };
}

/** The summary on standard output; warnings, with the analysis they belong to, on standard error. */
function report(
  { run: result, warnings }: AnalysedPlan,
  files: readonly OutputFile[],
  shown: string,
  io: InputOutput,
): void {
  const ofAnalyses = result.results.analyses.flatMap(({ id, problems }) =>
    problems.map((problem): Problem => ({ ...problem, path: `analysis "${id}"` })),
  );
  printProblems(
    [...warnings, ...(result.results.problems ?? []), ...ofAnalyses].filter(({ severity }) => severity !== "note"),
    io.err,
  );
  io.out(renderSummary(result));
  const figures = files.filter(({ name }) => name.startsWith("figures/") && name.endsWith(".svg")).length;
  const written = [...files.map(({ name }) => name).filter((name) => !name.startsWith("figures/")), MANIFEST_FILE];
  if (figures > 0) written.push(`${figures} figures`);
  io.out(`Written to ${shown}: ${written.join(", ")}.\n`);
}
