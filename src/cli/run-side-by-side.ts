/**
 * The analyses of a plan on as many cores as there are: parts that need nothing of one another (independent-parts.ts),
 * the largest first, each thread taking the next when it has done one. This thread takes its share. The run is put
 * together in the order of the plan, so that it does not depend on threads or on time.
 *
 * Where a part cannot be analysed as asked, or a thread fails, the plan is run here from the start: it ends as it would
 * have without threads.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type IndependentPart, independentParts } from "../analysis/independent-parts.js";
import type { Run } from "../analysis/results.js";
import {
  type AnalysedAnalysis,
  analysePart,
  checkRunData,
  joinParts,
  type RunPlanOptions,
  runPlan,
} from "../analysis/run-plan.js";
import { isError } from "../problem.js";

/** What a thread is given. */
export interface AnalysisWorkerInput {
  readonly options: Omit<RunPlanOptions, "onProgress">;
  /** Places of the analyses of each part. */
  readonly parts: readonly (readonly number[])[];
  /** One number, shared: the next part that nobody has taken. */
  readonly next: Int32Array;
}

/** What a thread tells: which analysis it begins; at the end what it has, or null when a part cannot be analysed as asked. */
export type AnalysisWorkerMessage =
  | { readonly begun: string }
  | { readonly analysed: readonly (readonly AnalysedAnalysis[])[] | null };

/** Work (that of a mixed model is 1) times rows that other threads must be able to take off this one to be worth their start. */
const WORTH_THREADS = 15_000;
/**
 * With less, half of the cores: every thread compiles the program's busiest functions for itself, beside what it does, and
 * that takes a second core for the first seconds. (Two cores: 46 analyses of 2520 rows take 4.6 s on one thread, 5.1 on two.)
 */
const WORTH_ALL_CORES = 250_000;

/** @param workers  How many threads, with this one; null: as many as pay. */
export async function runSideBySide(options: RunPlanOptions, workers: number | null): Promise<Run> {
  const parts = independentParts(options.plan, options.only).sort((a, b) => b.work - a.work);
  const threads = Math.min(workers ?? threadsThatPay(parts, options), parts.length);
  const filename = fileURLToPath(new URL("./analysis-worker.js", import.meta.url));
  // There is none where the program runs from its sources.
  if (threads <= 1 || !existsSync(filename)) return runPlan(options);
  return (await runInParts(options, parts, threads, filename)) ?? runPlan(options);
}

function threadsThatPay(parts: readonly IndependentPart[], { data }: RunPlanOptions): number {
  const work = parts.map((part) => part.work);
  const total = work.reduce((sum, one) => sum + one, 0);
  const rows = Math.max(0, ...data.map(({ table }) => table.rows));
  const shared = Math.min(total - Math.max(0, ...work), total / 2) * rows;
  if (shared <= WORTH_THREADS) return 1;
  return shared > WORTH_ALL_CORES ? availableParallelism() : Math.floor(availableParallelism() / 2);
}

async function runInParts(
  { onProgress, ...options }: RunPlanOptions,
  parts: readonly IndependentPart[],
  threads: number,
  filename: string,
): Promise<Run | null> {
  const places = parts.map((part) => part.places);
  const count = places.reduce((sum, { length }) => sum + length, 0);
  const next = new Int32Array(new SharedArrayBuffer(4));
  const input: AnalysisWorkerInput = { options, parts: places, next };
  let begun = 0;
  const report = (id: string): void => onProgress?.(id, begun++, count);
  const workers = Array.from({ length: threads - 1 }, () => new Worker(filename, { workerData: input }));
  try {
    const theirs = workers.map((worker) => resultOf(worker, report));
    const ofData = checkRunData(options);
    if (ofData.some(isError)) return null;
    const mine = orNull(() => takeParts(input, report));
    if (mine === null) return null;
    const all = [...mine];
    for (const analysed of await Promise.all(theirs)) {
      if (analysed === null) return null;
      all.push(...analysed);
    }
    return joinParts(options, all, ofData);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

/** What is thrown is thrown again by the run from the start, wherever it came from. */
function orNull<T>(make: () => T): T | null {
  try {
    return make();
  } catch {
    return null;
  }
}

/** What a thread has at its end; null when it fails. */
function resultOf(
  worker: Worker,
  report: (id: string) => void,
): Promise<readonly (readonly AnalysedAnalysis[])[] | null> {
  return new Promise((done) => {
    worker.on("message", (message: AnalysisWorkerMessage) => {
      if ("begun" in message) report(message.begun);
      else done(message.analysed);
    });
    worker.on("error", () => done(null));
    worker.on("exit", () => done(null));
  });
}

/** Take parts until none is left; null, and none for anybody, when one cannot be analysed as asked. */
export function takeParts(
  { options, parts, next }: AnalysisWorkerInput,
  report: (id: string) => void,
): (readonly AnalysedAnalysis[])[] | null {
  const analysed: (readonly AnalysedAnalysis[])[] = [];
  for (let part = Atomics.add(next, 0, 1); part < parts.length; part = Atomics.add(next, 0, 1)) {
    const one = analysePart({ ...options, onProgress: report }, parts[part]!);
    if (one === null) {
      Atomics.store(next, 0, parts.length);
      return null;
    }
    analysed.push(one);
  }
  return analysed;
}
