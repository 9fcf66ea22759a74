/** `analyze explain PLAN`: each analysis in words. */
import { resolve } from "node:path";
import { explainPlan } from "../plan/explain-plan.js";
import { isError } from "../problem.js";
import type { Command } from "./analyze.js";
import { printProblems } from "./print-problems.js";
import { readPlan, soundPlan } from "./read-plan.js";

export const explain: Command = async ({ target }, io) => {
  const file = await readPlan(resolve(io.cwd, target!), io.cwd);
  const plan = soundPlan(file);
  printProblems(
    [...file.check.problems, ...file.lock.problems].filter((problem) => !isError(problem)),
    io.err,
  );
  io.out(`${explainPlan(plan)}\n`);
  return 0;
};
