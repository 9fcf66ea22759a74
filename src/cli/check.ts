/** `analyze check PLAN`: every problem of a plan and its data, without running anything. */
import { resolve } from "node:path";
import { prepareAnalyses, tablesOf } from "../analysis/run-plan.js";
import { checkSap } from "../plan/check-plan.js";
import type { ParsedPlan } from "../plan/parse-plan.js";
import { analysesNotChecked, isError, type Problem } from "../problem.js";
import type { Command } from "./analyze.js";
import { printProblems } from "./print-problems.js";
import { type Inputs, readInputs } from "./read-inputs.js";

export const check: Command = async ({ target, data }, io) => {
  const dataPaths = data === null ? null : [resolve(io.cwd, data)];
  const inputs = await readInputs(resolve(io.cwd, target!), dataPaths, io.cwd);
  const problems = listProblems(inputs);
  printProblems(problems, io.err);
  if (problems.some(isError)) return 1;
  printProblems(checkSap(inputs.plan.parsed), io.err);
  const analyses = inputs.plan.parsed.plan!.analyses.length;
  const files = inputs.data!.map(({ name, table }) => `${name}: ${table.rows} rows`).join(", ");
  const lock = inputs.plan.lock.locked ? `locked on ${inputs.plan.lock.date}` : "not locked";
  io.out(
    `${inputs.plan.name}: nothing stands in the way of ${analyses === 1 ? "its analysis" : `its ${analyses} analyses`} ` +
      `(${lock}; ${files}).\n`,
  );
  return 0;
};

/** The problems of plan and data, and of every sound analysis with the data. */
export function listProblems({ plan: { parsed, check }, data, problems }: Inputs): Problem[] {
  const { plan, where } = parsed;
  if (plan === null || data === null) return [...problems, analysesNotChecked()];
  const pathOf = (i: number): string => `${where(["analyses", i])}, analysis "${plan.analyses[i]!.id}"`;
  const { prepared, problems: found } = prepareAnalyses(plan, tablesOf(data), check.soundAnalyses, pathOf);
  // What a run would warn of before any fit, such as clients treated before the switch of their unit.
  const warnings = prepared.flatMap((analysis) => analysis.problems.filter(({ severity }) => severity === "warning"));
  return [...problems, ...found, ...warnings];
}

/** `plan.yaml:30:5, analysis "primary"` for `analysis "primary"`. */
export function locate(problem: Problem, { plan, where }: ParsedPlan): Problem {
  const id = /^analysis "([a-z0-9-]+)"/.exec(problem.path)?.[1];
  const i = plan?.analyses.findIndex((analysis) => analysis.id === id) ?? -1;
  return i < 0 ? problem : { ...problem, path: `${where(["analyses", i])}, ${problem.path}` };
}
