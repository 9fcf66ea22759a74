/** A worker of piscina: makes parts of the replicates of one plan's analyses. It has the plan and its data from the start. */
import { workerData } from "piscina";
import { type PlanData, type ReplicateTask, replicateTasks } from "../analysis/run-plan.js";
import type { Plan } from "../plan/plan.js";

/** What every worker is given once. */
export interface WorkerInput {
  readonly plan: Plan;
  readonly data: readonly PlanData[];
  /** Ids of the analyses with replicates. */
  readonly only: readonly string[];
  readonly seed: number;
}

/** A part of the replicates of one analysis: from ≤ i < to. */
export interface ReplicatePart {
  readonly id: string;
  readonly from: number;
  readonly to: number;
}

let tasks: readonly ReplicateTask[] | undefined;

export default function replicatePart({ id, from, to }: ReplicatePart): Float64Array {
  tasks ??= replicateTasks(workerData as WorkerInput);
  return tasks.find((task) => task.id === id)!.run(from, to);
}
