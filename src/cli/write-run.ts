/**
 * Writing a results folder so that it is either the old one or the new one, never a mixture:
 *
 *   stage all files in a temporary folder inside it ─▶ move what they replace aside ─▶ rename them into place,
 *   the manifest last ─▶ remove what was moved aside
 *
 * Any failure puts back what was there. Files that no earlier run wrote are neither replaced nor removed.
 */
import { existsSync, lstatSync, statSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { outputIsFile, outputNotOurs, outputNotWritable, type Problem, ProblemError } from "../problem.js";
import { MANIFEST_FILE, readManifest } from "./manifest.js";
import { systemReason } from "./read-plan.js";
import { sha256 } from "./sha256.js";

export interface OutputFile {
  /** Path from the results folder, with /. */
  readonly name: string;
  readonly text: string;
}

/**
 * Whether a results folder can be written, before any work is done.
 *
 * @param names  files that will be among those written.
 * @throws ProblemError when it is a file, cannot be made, or holds a file of somebody else's by the name of one of ours.
 */
export async function checkOutput(folder: string, shown: string, names: readonly string[]): Promise<void> {
  const before = await makeFolder(folder, shown);
  try {
    await rm(await mkdtemp(join(folder, ".analyze-")), { recursive: true });
    const strangers = await strangersAmong(folder, shown, [...names, MANIFEST_FILE]);
    if (strangers.length > 0) throw new ProblemError(strangers);
  } catch (error) {
    throw asProblem(error, shown);
  } finally {
    await removeEmpty(before);
  }
}

/**
 * Write the files of a run; `manifest.json` must be the last of them.
 *
 * @param shown  the folder as messages call it.
 * @throws ProblemError when it cannot be done; the folder is then as it was.
 */
export async function writeRun(folder: string, shown: string, files: readonly OutputFile[]): Promise<void> {
  const made = await makeFolder(folder, shown);
  let staging: string | undefined;
  try {
    const strangers = await strangersAmong(
      folder,
      shown,
      files.map(({ name }) => name),
    );
    if (strangers.length > 0) throw new ProblemError(strangers);
    staging = await mkdtemp(join(folder, ".analyze-"));
    for (const { name, text } of files) await writeInto(join(staging, "new", name), text);
    await replaceFiles(folder, staging, files, await leftovers(folder, files));
  } catch (error) {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
    await removeEmpty(made);
    throw asProblem(error, shown);
  }
  await rm(staging, { recursive: true, force: true });
}

/** Rename staged files into place, the old ones aside; on failure, all back. */
async function replaceFiles(
  folder: string,
  staging: string,
  files: readonly OutputFile[],
  outdated: readonly string[],
): Promise<void> {
  const undo: (() => Promise<void>)[] = [];
  const move = async (from: string, to: string): Promise<void> => {
    const made: string[] = [];
    await makeFolders(dirname(to), made);
    await rename(from, to);
    undo.unshift(async () => {
      await rename(to, from);
      await removeEmpty(made);
    });
  };
  const moveAside = (name: string): Promise<void> => move(join(folder, name), join(staging, "old", name));
  try {
    if (existsSync(join(folder, MANIFEST_FILE))) await moveAside(MANIFEST_FILE);
    for (const name of outdated) await moveAside(name);
    for (const { name } of files) {
      if (existsSync(join(folder, name))) await moveAside(name);
      await move(join(staging, "new", name), join(folder, name));
    }
  } catch (error) {
    for (const step of undo) await step();
    throw error;
  }
  await removeEmpty([...new Set(outdated.map((name) => dirname(join(folder, name))))].filter((at) => at !== folder));
}

/** Files of an earlier run, unchanged since, that the new one does not have. */
async function leftovers(folder: string, files: readonly OutputFile[]): Promise<string[]> {
  const manifest = await readManifest(folder);
  if (manifest === null || typeof manifest === "string") return [];
  const names = new Set(files.map(({ name }) => name));
  const outdated: string[] = [];
  for (const [name, hash] of Object.entries(manifest.files)) {
    const isOurs = /^(results\.json|report\.html|figures\/[a-z0-9-]+(\.vl\.json|\.svg))$/.test(name);
    if (isOurs && !names.has(name) && (await hashOf(join(folder, name))) === hash) outdated.push(name);
  }
  return outdated;
}

/** Files in the way that no manifest names, and folders by the name of a file. */
async function strangersAmong(folder: string, shown: string, names: readonly string[]): Promise<Problem[]> {
  const manifest = await readManifest(folder);
  const ours = new Set(
    manifest === null || typeof manifest === "string" ? [] : [MANIFEST_FILE, ...Object.keys(manifest.files)],
  );
  return names
    .filter((name) => {
      const found = lstatSync(join(folder, name), { throwIfNoEntry: false });
      return found !== undefined && (!found.isFile() || !ours.has(name));
    })
    .map((name) => outputNotOurs(join(shown, name)));
}

async function hashOf(path: string): Promise<string | null> {
  try {
    return sha256(await readFile(path));
  } catch {
    return null;
  }
}

async function writeInto(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Make a folder and those above it. @returns the folders that were not there, the innermost first. */
async function makeFolder(folder: string, shown: string): Promise<string[]> {
  const made: string[] = [];
  try {
    await makeFolders(folder, made);
  } catch (error) {
    await removeEmpty(made);
    const { code } = error as { code?: string };
    throw new ProblemError([
      code === "EEXIST" || code === "ENOTDIR" ? outputIsFile(shown) : outputNotWritable(shown, systemReason(code)),
    ]);
  }
  return made;
}

async function makeFolders(folder: string, made: string[]): Promise<void> {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory()) return;
  if (found !== undefined) throw Object.assign(new Error("not a folder"), { code: "EEXIST" });
  await makeFolders(dirname(folder), made);
  await mkdir(folder);
  made.unshift(folder);
}

/** Remove folders that are empty, in the order given. */
async function removeEmpty(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await rmdir(folder).catch(() => undefined);
}

const asProblem = (error: unknown, shown: string): ProblemError =>
  error instanceof ProblemError
    ? error
    : new ProblemError([outputNotWritable(shown, systemReason((error as { code?: string }).code))]);
