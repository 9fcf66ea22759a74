/** `analyze verify RUN_DIR`: run again from the manifest and compare every number. */
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { resultsSchema } from "../analysis/results-schema.js";
import { manifestNotFound, ProblemError, runFileNotReadable } from "../problem.js";
import { type AnalysedPlan, analysePlan } from "./analyse-plan.js";
import type { Command } from "./analyze.js";
import { compareResults } from "./compare-results.js";
import { locate, MANIFEST_FILE, type Manifest, packageLockSha256, readManifest } from "./manifest.js";
import { printable } from "./print-problems.js";
import { shownPath, systemReason } from "./read-plan.js";
import { renderResults } from "./render-results.js";
import { sha256 } from "./sha256.js";
import { showProgress } from "./show-progress.js";
import { VERSION } from "./version.js";

export const verify: Command = async ({ target, verbose, workers }, io) => {
  const folder = resolve(io.cwd, target!);
  const shown = shownPath(folder, io.cwd);
  const manifest = await readManifest(folder);
  if (manifest === null) throw new ProblemError([manifestNotFound(shown)]);
  if (typeof manifest === "string") throw new ProblemError([runFileNotReadable(join(shown, MANIFEST_FILE), manifest)]);
  const text = await readResults(folder, shown);
  const before = parseResults(text, join(shown, "results.json"));

  const edited = await editedFiles(folder, manifest);
  const progress = await showProgress(io, verbose);
  const again = await analysePlan({
    planPath: locate(folder, manifest.plan),
    dataPaths: manifest.data.length === 0 ? null : manifest.data.map((file) => locate(folder, file)),
    dataNamedBy: "manifest.json",
    seed: manifest.seed,
    only: manifest.options.only,
    language: manifest.options.language,
    blind: manifest.options.blind ?? false,
    cwd: io.cwd,
    workers,
    onReplicates: progress.update,
    ...(verbose || io.isTerminal ? { onProgress: (line: string) => io.err(`${line}\n`) } : {}),
  }).finally(progress.stop);
  const comparison = compareResults(before, JSON.parse(renderResults(again.run.results)));

  const { first, differences, numbers } = comparison;
  const lines = [
    ...changes(manifest, again, before.seed),
    ...edited.map((name) => `${name} is not as it was written.`),
  ];
  if (first === null) lines.unshift(`${shown}: the same, ${numbers} numbers bit by bit.`);
  else {
    const more = differences > 1 ? ` (the first of ${differences} differences)` : "";
    lines.unshift(`${shown}: not the same.`, `${first.path}: ${first.before} in the file, ${first.now} now${more}.`);
  }
  for (const line of lines) io.out(`${printable(line)}\n`);
  return first === null && edited.length === 0 ? 0 : 1;
};

/** What the run was made from and is different now. */
function changes(manifest: Manifest, { plan, data, run }: AnalysedPlan, seed: number): string[] {
  const lines: string[] = [];
  const changed = (what: string, before: string | undefined, now: string | undefined): void => {
    if (before !== now) lines.push(`${what} changed since the run (${brief(before)} then, ${brief(now)} now).`);
  };
  changed(`The plan, ${basename(plan.path)},`, manifest.plan.sha256, plan.sha256);
  data.forEach(({ name, sha256: now }, i) => {
    changed(`The data, ${name},`, manifest.data[i]?.sha256, now);
  });
  changed("The lock of the plan", manifest.lock?.sha256, plan.lockSha256 ?? undefined);
  changed("The version of fit-rct", manifest.version, VERSION);
  const packageLock = packageLockSha256();
  if (packageLock !== null && manifest.packageLock !== null) {
    changed("package-lock.json of fit-rct", manifest.packageLock.sha256, packageLock);
  }
  if (seed !== manifest.seed) {
    lines.push(`The seed is ${seed} in results.json and ${manifest.seed} in ${MANIFEST_FILE}: one was edited.`);
  } else if (run.results.seed !== seed) changed("The seed", String(seed), String(run.results.seed));
  return lines;
}

const brief = (text: string | undefined): string => (text === undefined ? "none" : text.slice(0, 12));

/** Files of the run whose SHA-256 is not the manifest's, or that are gone. */
async function editedFiles(folder: string, { files }: Manifest): Promise<string[]> {
  const edited: string[] = [];
  for (const [name, hash] of Object.entries(files)) {
    const content = await readFile(join(folder, name)).catch(() => null);
    if (content === null || sha256(content) !== hash) edited.push(name);
  }
  return edited;
}

async function readResults(folder: string, shown: string): Promise<string> {
  try {
    return await readFile(join(folder, "results.json"), "utf8");
  } catch (error) {
    const { code } = error as { code?: string };
    const reason = code === "ENOENT" ? "it is not there" : systemReason(code);
    throw new ProblemError([runFileNotReadable(join(shown, "results.json"), reason)]);
  }
}

function parseResults(text: string, path: string): { readonly seed: number } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProblemError([runFileNotReadable(path, "it is not JSON")]);
  }
  const parsed = resultsSchema.safeParse(value);
  if (parsed.success) return value as { readonly seed: number };
  const { path: at, message } = parsed.error.issues[0]!;
  throw new ProblemError([runFileNotReadable(path, `${at.join(".")}: ${message}`)]);
}
