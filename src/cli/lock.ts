/** `analyze lock PLAN`: write PLAN.lock. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { renderDictionary, renderLock } from "../plan/lock-plan.js";
import { isError, lockExists, lockNotWritable, ProblemError } from "../problem.js";
import type { Command } from "./analyze.js";
import { printProblems } from "./print-problems.js";
import { lockPath, readPlan, shownPath, soundPlan, systemReason } from "./read-plan.js";
import { sha256 } from "./sha256.js";
import { VERSION } from "./version.js";

export const lock: Command = async ({ target }, io) => {
  const path = resolve(io.cwd, target!);
  const file = await readPlan(path, io.cwd);
  const plan = soundPlan(file);
  printProblems(
    file.check.problems.filter((problem) => !isError(problem)),
    io.err,
  );
  const shown = shownPath(lockPath(path), io.cwd);
  if (file.lock.locked) {
    io.out(`${shown}: locked since ${file.lock.date}, and the plan is unchanged.\n`);
    return 0;
  }
  if (file.lockSha256 !== null) throw new ProblemError([lockExists(shown, file.lock.date)]);

  const hashes = { plan: file.sha256, dictionary: sha256(renderDictionary(plan.columns)) };
  const date = io.now().toISOString().slice(0, 10);
  const name = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
  try {
    await writeFile(lockPath(path), renderLock(name, hashes, date, VERSION), { flag: "wx" });
  } catch (error) {
    throw new ProblemError([lockNotWritable(shown, systemReason((error as { code?: string }).code))]);
  }
  io.out(`${shown}: locked on ${date}. SHA-256 of the plan: ${file.sha256}\n`);
  return 0;
};
