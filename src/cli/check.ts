/** `analyze check PLAN`: every problem of a plan and its data, without running anything. */
import { resolve } from "node:path";
import { prepareAnalyses } from "../analysis/run-plan.js";
import { isError, type Problem, ProblemError } from "../problem.js";
import type { Command } from "./analyze.js";
import { printProblems } from "./print-problems.js";
import { type Inputs, readInputs } from "./read-inputs.js";

export const check: Command = async ({ target, data }, io) => {
  const dataPath = data === null ? null : resolve(io.cwd, data);
  const inputs = await readInputs(resolve(io.cwd, target!), dataPath, io.cwd);
  const problems = await listProblems(inputs);
  printProblems(problems, io.err);
  if (problems.some(isError)) return 1;
  const analyses = inputs.plan.parsed.plan!.analyses.length;
  const { name, table } = inputs.data!;
  const lock = inputs.plan.lock.locked ? `locked on ${inputs.plan.lock.date}` : "not locked";
  io.out(
    `${inputs.plan.name}: nothing stands in the way of ${analyses === 1 ? "its analysis" : `its ${analyses} analyses`} ` +
      `(${lock}; ${name}: ${table.rows} rows).\n`,
  );
  return 0;
};

/** The problems of plan and data, and of every sound analysis with the data. */
export async function listProblems({ plan, data, problems }: Inputs): Promise<Problem[]> {
  if (plan.parsed.plan === null || data === null) return [...problems];
  const sound = plan.parsed.plan.analyses.filter(({ id }) => plan.check.soundAnalyses.includes(id));
  try {
    const only = sound.map(({ id }) => id);
    const prepared = await prepareAnalyses({ plan: plan.parsed.plan, planName: plan.name, data: [data], only });
    return [...problems, ...prepared.problems];
  } catch (error) {
    if (error instanceof ProblemError) return [...problems, ...error.problems];
    throw error;
  }
}
