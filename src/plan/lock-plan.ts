/**
 * The lock of a plan: what `analyze lock` writes before the data are seen, and whether a plan is
 * still the one that was locked. Hashes are made by the caller.
 */
import * as z from "zod";
import { type Problem, planChangedSinceLock, planLockUnreadable } from "../problem.js";
import type { Plan } from "./plan.js";

export const LOCK_FORMAT = "fit-rct-lock/1";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const lockSchema = z.object({
  lock: z.literal(LOCK_FORMAT),
  /** Name of the plan file, without folder. */
  file: z.string(),
  /** Of the plan file's bytes. */
  plan: sha256,
  /** Of the data dictionary, as `renderDictionary` writes it. */
  dictionary: sha256,
  /** ISO 8601 day. */
  date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  /** Of fit-rct. */
  version: z.string(),
});
export type Lock = z.output<typeof lockSchema>;

/** SHA-256 of a plan and of its dictionary, in hexadecimal. */
export interface PlanHashes {
  readonly plan: string;
  readonly dictionary: string;
}

export interface LockState {
  /** There is a lock and the plan is byte for byte the one that was locked. */
  readonly locked: boolean;
  /** The day of the lock, when there is one. */
  readonly date: string | null;
  /** Warnings: what changed since. */
  readonly problems: readonly Problem[];
}

/** The data dictionary as one text that does not depend on the order or layout of the plan: keys sorted, no spaces. */
export const renderDictionary = (columns: Plan["columns"]): string => JSON.stringify(sorted(columns));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** The content of the lock file. `date` is an ISO 8601 day. */
export function renderLock(file: string, { plan, dictionary }: PlanHashes, date: string, version: string): string {
  const lock: Lock = { lock: LOCK_FORMAT, file, plan, dictionary, date, version };
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/**
 * Compare a plan with its lock file.
 *
 * @param text  content of the lock file, null when there is none.
 * @param path  its name, for problems.
 */
export function checkLock(text: string | null, path: string, hashes: PlanHashes): LockState {
  if (text === null) return { locked: false, date: null, problems: [] };
  const lock = parseLock(text);
  if (lock === null) return { locked: false, date: null, problems: [planLockUnreadable(path)] };
  const { date } = lock;
  if (lock.plan === hashes.plan && lock.dictionary === hashes.dictionary) return { locked: true, date, problems: [] };
  const what =
    lock.dictionary === hashes.dictionary
      ? { en: "The plan", sv: "Planen" }
      : { en: "The plan and its columns", sv: "Planen och dess kolumner" };
  return { locked: false, date, problems: [planChangedSinceLock(path, what, date)] };
}

function parseLock(text: string): Lock | null {
  try {
    return lockSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
