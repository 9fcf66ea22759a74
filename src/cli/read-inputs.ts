/** Plan and data from the disk, with every problem of both. */
import { dirname, resolve } from "node:path";
import { participantVisit } from "../plan/plan.js";
import { type DataFileNamedBy, isError, type Problem, ProblemError } from "../problem.js";
import { readFileBytes } from "../table/read-file.js";
import { readTable } from "../table/read-table.js";
import type { Table } from "../table/table.js";
import { type PlanFile, readPlan, shownPath } from "./read-plan.js";
import { sha256 } from "./sha256.js";

export interface DataFile {
  readonly path: string;
  /** Without folder. */
  readonly name: string;
  readonly sha256: string;
  readonly table: Table;
}

export interface Inputs {
  readonly plan: PlanFile;
  /** null when the plan's errors, or the data's own, leave nothing to analyse. */
  readonly data: DataFile | null;
  /** Of plan, lock and data. */
  readonly problems: readonly Problem[];
}

/**
 * Read plan and data. The data are read even when the plan has errors, as long as its dictionary is sound, so that one
 * run lists everything.
 *
 * @param dataPath  instead of the plan's `data.file`; null for that.
 * @param namedBy   what `dataPath` comes from.
 * @throws ProblemError when the plan file cannot be read at all.
 */
export async function readInputs(
  planPath: string,
  dataPath: string | null,
  cwd: string,
  namedBy: DataFileNamedBy = "--data",
): Promise<Inputs> {
  const plan = await readPlan(planPath, cwd);
  const { parsed, check, lock } = plan;
  const problems: Problem[] = [...parsed.problems, ...check.problems, ...lock.problems];
  if (parsed.plan === null || !check.columnsSound || parsed.isDataUnread) return { plan, data: null, problems };

  const path = dataPath ?? resolve(dirname(planPath), parsed.plan.data.file);
  try {
    const { file: _, ...options } = parsed.plan.data;
    const bytes = await readFileBytes(path, shownPath(path, cwd), dataPath === null ? "data.file" : namedBy);
    const table = await readTable(bytes, path, parsed.plan.columns, options, {
      pathOf: (name) => parsed.where(["columns", name, "derive"]),
      unique: participantVisit(parsed.plan),
    });
    return { plan, data: { path, name: table.name, sha256: sha256(bytes), table }, problems };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { plan, data: null, problems: [...problems, ...error.problems] };
  }
}

export const hasErrors = ({ problems }: Inputs): boolean => problems.some(isError);
