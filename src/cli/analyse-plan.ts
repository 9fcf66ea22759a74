/** From plan and data on the disk to a run in memory: what `run` writes and `verify` compares. */
import { resolve } from "node:path";
import type { Run } from "../analysis/results.js";
import type { RunPlanOptions } from "../analysis/run-plan.js";
import type { Plan } from "../plan/plan.js";
import type { Language } from "../plan/plan-language.js";
import {
  blindNeedsArms,
  type DataFileNamedBy,
  isError,
  onlyUnknownId,
  type Problem,
  ProblemError,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { listProblems, locate } from "./check.js";
import { makeReplicates } from "./make-replicates.js";
import { type DataFile, hasErrors, readInputs, seedOf } from "./read-inputs.js";
import type { PlanFile } from "./read-plan.js";
import { runSideBySide } from "./run-side-by-side.js";
import { VERSION } from "./version.js";

export interface Request {
  readonly planPath: string;
  /** Instead of the plan's, as for readInputs; null for those. */
  readonly dataPaths: readonly string[] | null;
  /** What `dataPaths` come from. */
  readonly dataNamedBy?: DataFileNamedBy;
  /** Instead of the plan's; null for that. */
  readonly seed: number | null;
  /** Ids of analyses; null for all. */
  readonly only: readonly string[] | null;
  /** Of titles and labels. */
  readonly language: Language;
  /** Call the arms X and Y. */
  readonly blind: boolean;
  readonly cwd: string;
  readonly onProgress?: (line: string) => void;
  /** Threads, for replicates and for the analyses side by side; null: as many as pay. */
  readonly workers: number | null;
  readonly onReplicates?: (done: number, of: number) => void;
}

export interface AnalysedPlan {
  readonly run: Run;
  readonly plan: PlanFile;
  readonly data: readonly DataFile[];
  readonly seed: number;
  /** Warnings about plan and data. */
  readonly warnings: readonly Problem[];
}

/** @throws ProblemError with every problem of plan, options and data when the plan cannot be run as asked. */
export async function analysePlan(request: Request): Promise<AnalysedPlan> {
  const { planPath, dataPaths, only, onProgress, workers, onReplicates } = request;
  const view = { language: request.language, blind: request.blind };
  const path = resolve(request.cwd, planPath);
  const inputs = await readInputs(path, dataPaths, request.cwd, request.dataNamedBy, view, request.seed);
  const { plan: file, data } = inputs;
  const { plan } = file.parsed;
  const optionProblems = plan === null ? [] : checkOnly(plan, file.parsed.unreadAnalyses, only);
  if (request.blind && plan?.trial?.arm === undefined) optionProblems.push(blindNeedsArms());
  if (plan === null || data === null || hasErrors(inputs) || optionProblems.length > 0) {
    throw new ProblemError([...optionProblems, ...listProblems(inputs)]);
  }
  const seed = seedOf(plan, request.seed);
  const replicates = await makeReplicates({
    plan,
    data,
    seed,
    workers,
    ...(only === null ? {} : { only }),
    ...(onReplicates === undefined ? {} : { onReplicates }),
  });
  const options: RunPlanOptions = {
    replicates,
    plan,
    planSha256: file.sha256,
    locked: file.lock.locked,
    seed,
    version: VERSION,
    data,
    ...(only === null ? {} : { only }),
    ...(onProgress === undefined
      ? {}
      : { onProgress: (id: string, index: number, count: number) => onProgress(`${id} (${index + 1} of ${count})`) }),
  };
  const run = await runLocated(file, options, workers);
  return { run, plan: file, data, seed, warnings: inputs.problems.filter((problem) => !isError(problem)) };
}

/** The run, with the place of an analysis in the plan file in front of its problems. */
async function runLocated({ parsed }: PlanFile, options: RunPlanOptions, workers: number | null): Promise<Run> {
  try {
    return await runSideBySide(options, workers);
  } catch (error) {
    if (error instanceof ProblemError) throw new ProblemError(error.problems.map((problem) => locate(problem, parsed)));
    throw error;
  }
}

function checkOnly(
  { analyses, trialAnalyses = [], blind }: Plan,
  unread: readonly string[],
  only: readonly string[] | null,
): Problem[] {
  const ids = [
    ...trialAnalyses.map(({ analysis }) => analysis.id),
    ...analyses.map(({ id }) => id),
    ...(blind?.leftOut ?? []),
    ...unread,
  ];
  return (only ?? []).filter((id) => !ids.includes(id)).map((id) => onlyUnknownId(id, ids, suggest(id, ids)));
}
