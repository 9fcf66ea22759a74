/** manifest.json: where, when and from what a results folder was made. Everything that results.json leaves out. */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { sha256 } from "./sha256.js";

export const MANIFEST_FORMAT = "fit-rct/1";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
/** A file by its path from the results folder and its full path when the run was made. */
const source = z.object({ path: z.string(), fullPath: z.string(), sha256: hash });

export const manifestSchema = z.object({
  manifest: z.literal(MANIFEST_FORMAT),
  version: z.string(),
  node: z.string(),
  platform: z.string(),
  command: z.array(z.string()),
  started: z.string(),
  finished: z.string(),
  plan: source,
  /** PLAN.lock; null when there was none. */
  lock: z.object({ sha256: hash }).nullable(),
  data: z.array(source),
  /** package-lock.json of fit-rct; null when it is installed as a package. */
  packageLock: z.object({ sha256: hash }).nullable(),
  seed: z.int().min(0),
  options: z.object({
    only: z.array(z.string()).nullable(),
    language: z.enum(["en", "sv"]),
    resultsOnly: z.boolean(),
    blind: z.exactOptional(z.boolean()),
  }),
  /** SHA-256 of every file written beside this one, by its path from the results folder. */
  files: z.record(z.string(), hash),
});
export type Manifest = z.output<typeof manifestSchema>;
export type SourceFile = z.output<typeof source>;

export const MANIFEST_FILE = "manifest.json";

/** The manifest of a results folder; null when there is none; a text that says what is wrong with it. */
export async function readManifest(folder: string): Promise<Manifest | null | string> {
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST_FILE), "utf8");
  } catch (error) {
    const { code } = error as { code?: string };
    return code === "ENOENT" || code === "ENOTDIR" ? null : (code ?? "unreadable");
  }
  try {
    const parsed = manifestSchema.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
    const { path, message } = parsed.error.issues[0]!;
    return `${path.join(".")}: ${message}`;
  } catch {
    return "it is not JSON";
  }
}

/** A source file as seen from a results folder, with / on every system. */
export const sourceFile = (folder: string, path: string, hash: string): SourceFile => ({
  path: relative(folder, path).split(sep).join("/"),
  fullPath: path,
  sha256: hash,
});

/** Where a source file is now: beside the folder as it was, or else where it was. */
export function locate(folder: string, { path, fullPath }: SourceFile): string {
  const beside = resolve(folder, path);
  return existsSync(beside) ? beside : fullPath;
}

/** SHA-256 of the package-lock.json beside fit-rct's own package.json. */
export function packageLockSha256(): string | null {
  for (let at = dirname(fileURLToPath(import.meta.url)); dirname(at) !== at; at = dirname(at)) {
    if (!existsSync(join(at, "package.json"))) continue;
    const file = join(at, "package-lock.json");
    return existsSync(file) ? sha256(readFileSync(file)) : null;
  }
  return null;
}
