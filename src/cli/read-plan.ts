/** A plan file and its lock from the disk. */
import { readFile, stat } from "node:fs/promises";
import { basename, isAbsolute, relative } from "node:path";
import { checkPlan, type PlanCheck } from "../plan/check-plan.js";
import { checkLock, type LockState, renderDictionary } from "../plan/lock-plan.js";
import { maxPlanBytes, type ParsedPlan, PLAIN_VIEW, type PlanView, parsePlan } from "../plan/parse-plan.js";
import type { Plan } from "../plan/plan.js";
import { isError, ProblemError, planFileNotFound, planFileNotReadable, planNotText, planTooLarge } from "../problem.js";
import { suggest } from "../suggestion.js";
import { commandNames } from "./parse-arguments.js";
import { sha256 } from "./sha256.js";

export interface PlanFile {
  readonly path: string;
  /** As messages call it. */
  readonly name: string;
  readonly sha256: string;
  readonly parsed: ParsedPlan;
  readonly check: PlanCheck;
  readonly lock: LockState;
  /** Of the lock file; null when there is none. */
  readonly lockSha256: string | null;
}

/** Where `analyze lock` writes the lock of a plan. */
export const lockPath = (planPath: string): string => `${planPath}.lock`;

/** A path as messages show it: relative to the current folder when it is inside. */
export function shownPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside === "" || inside.startsWith("..") || isAbsolute(inside) ? path : inside;
}

/**
 * Read, parse and check a plan. What is wrong with its content is in `parsed` and `check`.
 *
 * @throws ProblemError when the file cannot be read as text.
 */
export async function readPlan(path: string, cwd: string, view: PlanView = PLAIN_VIEW): Promise<PlanFile> {
  const name = shownPath(path, cwd);
  const bytes = await readBytes(path, name);
  const text = decode(bytes, name);
  const parsed = parsePlan(text, name, view);
  const hash = sha256(bytes);
  const lockText = await readLock(lockPath(path));
  // The lock is of the plan as it is written, whatever language or names it is read in now.
  const { plan } = view === PLAIN_VIEW ? parsed : parsePlan(text, name);
  const dictionary = plan === null ? "" : sha256(renderDictionary(plan.columns));
  return {
    path,
    name,
    sha256: hash,
    parsed,
    check: checkPlan(parsed),
    lock: checkLock(lockText, lockPath(name), { plan: hash, dictionary }),
    lockSha256: lockText === null ? null : sha256(lockText),
  };
}

/** The plan of a file without errors. @throws ProblemError with all of them otherwise. */
export function soundPlan({ parsed, check }: PlanFile): Plan {
  const problems = [...parsed.problems, ...check.problems];
  if (parsed.plan === null || problems.some(isError)) throw new ProblemError(problems);
  return parsed.plan;
}

/** The text of a file of the plan's kind. @throws ProblemError when it cannot be read as text. */
export async function readText(path: string, cwd: string): Promise<string> {
  const name = shownPath(path, cwd);
  return decode(await readBytes(path, name), name);
}

async function readBytes(path: string, name: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > maxPlanBytes) throw new ProblemError([planTooLarge(name, size)]);
    return await readFile(path);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR") {
      const command = suggest(basename(name), commandNames);
      throw new ProblemError([planFileNotFound(name, name.includes(".") ? undefined : command)]);
    }
    throw new ProblemError([planFileNotReadable(name, systemReason(code))]);
  }
}

/** Why the system refused, in words. */
export function systemReason(code: string | undefined): string {
  const reasons: Record<string, string> = {
    EISDIR: "it is a folder",
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the disk is read-only",
    ENOSPC: "the disk is full",
    ENOTDIR: "a part of the path is a file",
    EEXIST: "a file with this name exists",
    ENAMETOOLONG: "the name is too long",
    ELOOP: "its links go round in a circle",
  };
  return reasons[code ?? ""] ?? code ?? "unknown reason";
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ProblemError([planNotText(name)]);
  }
}

async function readLock(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    return (error as { code?: string }).code === "ENOENT" ? null : "";
  }
}
