/**
 * The replicates of a plan's analyses, on as many cores as there are. A replicate depends on the seed and its index
 * alone, so the numbers are the same with any number of workers, and without any.
 *
 * A first few replicates are made here: how long they take says whether workers are worth their start.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { type ReplicateTask, type RunPlanOptions, replicateTasks } from "../analysis/run-plan.js";
import type { ReplicatePart, WorkerInput } from "./replicate-worker.js";

export interface ReplicateOptions extends Pick<RunPlanOptions, "plan" | "data" | "only" | "seed"> {
  /** How many workers; null: as many as there are cores, when it pays. With 1, no other thread is used. */
  readonly workers: number | null;
  /** Told how many replicates of how many are there. */
  readonly onReplicates?: (done: number, of: number) => void;
}

/** Replicates made here before anything is decided: the first are slow, before the code is compiled; the second are timed. */
const FIRST = 24;
const TIMED = 8;
/** A part is to take about so long. */
const PART_MS = 50;
/** Workers read the program and prepare the analyses first; work shorter than this is done sooner here. */
const WORTH_WORKERS_MS = 700;

/** All replicates of each analysis that has some, by its id. */
export async function makeReplicates(options: ReplicateOptions): Promise<ReadonlyMap<string, Float64Array>> {
  const tasks = replicateTasks(options);
  const made = new Map<string, Float64Array>();
  if (tasks.length === 0) return made;
  const total = tasks.reduce((sum, { count }) => sum + count, 0);
  let done = 0;
  const report = (replicates: number): void => {
    done += replicates;
    options.onReplicates?.(done, total);
  };

  const begun = tasks.map((task) => begin(task, report));
  const expected = begun.reduce((sum, { task, first, ms }) => sum + (task.count - first) * ms, 0);
  const workers = Math.min(options.workers ?? (expected > WORTH_WORKERS_MS ? availableParallelism() : 1), total);
  const pool = workers > 1 ? await openPool(options, tasks, workers) : null;
  try {
    for (const one of begun) {
      const parts = partsOf(one);
      const run = async (part: ReplicatePart): Promise<Float64Array> => {
        const numbers = pool === null ? one.task.run(part.from, part.to) : await pool.run(part);
        report(part.to - part.from);
        // In the same thread nothing else gets a turn, not even the progress bar.
        if (pool === null) await new Promise((turn) => setImmediate(turn));
        return numbers;
      };
      const numbers = [one.numbers];
      if (pool === null) for (const part of parts) numbers.push(await run(part));
      else numbers.push(...(await Promise.all(parts.map(run))));
      made.set(one.task.id, joined(numbers));
    }
  } finally {
    await pool?.close();
  }
  return made;
}

interface Begun {
  readonly task: ReplicateTask;
  /** Of the first replicates, 0 to `first` − 1. */
  readonly numbers: Float64Array;
  readonly first: number;
  /** For one replicate. */
  readonly ms: number;
}

function begin(task: ReplicateTask, report: (replicates: number) => void): Begun {
  const untimed = Math.min(FIRST, task.count);
  const first = Math.min(untimed + TIMED, task.count);
  const early = task.run(0, untimed);
  const start = performance.now();
  const later = task.run(untimed, first);
  const ms = (performance.now() - start) / Math.max(1, first - untimed);
  report(first);
  return { task, numbers: joined([early, later]), first, ms };
}

function partsOf({ task: { id, count }, first, ms }: Begun): ReplicatePart[] {
  const size = Math.max(1, Math.min(Math.round(PART_MS / ms), count));
  const parts: ReplicatePart[] = [];
  for (let from = first; from < count; from += size) parts.push({ id, from, to: Math.min(from + size, count) });
  return parts;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

interface Pool {
  readonly run: (part: ReplicatePart) => Promise<Float64Array>;
  readonly close: () => Promise<void>;
}

/** null where there is no worker to start: the program runs from its sources, or without its libraries. */
async function openPool(
  { plan, data, seed }: ReplicateOptions,
  tasks: readonly ReplicateTask[],
  workers: number,
): Promise<Pool | null> {
  const filename = fileURLToPath(new URL("./replicate-worker.js", import.meta.url));
  if (!existsSync(filename)) return null;
  const library = await import("piscina").catch(() => null);
  if (library === null) return null;
  const workerData: WorkerInput = { plan, data, only: tasks.map(({ id }) => id), seed };
  const pool = new library.Piscina({ filename, workerData, minThreads: workers, maxThreads: workers });
  return { run: (part) => pool.run(part) as Promise<Float64Array>, close: () => pool.close() };
}
