/** Plan and data from the disk, with every problem of both. */
import { basename, dirname, resolve } from "node:path";
import { armNames } from "../plan/blind-plan.js";
import { PLAIN_VIEW, type PlanView } from "../plan/parse-plan.js";
import { ONLY_TABLE, type Plan, participantVisit } from "../plan/plan.js";
import { type DataFileNamedBy, isError, type Problem, ProblemError } from "../problem.js";
import { isMade } from "../table/derived-column.js";
import { readFileBytes } from "../table/read-file.js";
import { type ReadingAims, readTable } from "../table/read-table.js";
import { readTables, type TableSource } from "../table/read-tables.js";
import type { Table } from "../table/table.js";
import { columnMakers } from "../trial/column-makers.js";
import { type PlanFile, readPlan, shownPath } from "./read-plan.js";
import { sha256 } from "./sha256.js";

export interface DataFile {
  readonly path: string;
  /** Without folder. */
  readonly name: string;
  readonly sha256: string;
  /** What the plan calls its table. */
  readonly as: string;
  readonly table: Table;
}

export interface Inputs {
  readonly plan: PlanFile;
  /** In the order of the plan; null when the plan's errors, or the data's own, leave nothing to analyse. */
  readonly data: readonly DataFile[] | null;
  /** Of plan, lock and data. */
  readonly problems: readonly Problem[];
}

/**
 * Read plan and data. The data are read even when the plan has errors, as long as its dictionary is sound, so that one
 * run lists everything.
 *
 * @param dataPaths  instead of those of the plan: one file, or one folder that has the files by their names in the plan,
 *                   or as many files as the plan has tables; null for the plan's.
 * @param namedBy    what `dataPaths` come from.
 * @param seed       wins over the plan's; a blind run draws the names of its arms from it.
 * @throws ProblemError when the plan file cannot be read at all.
 */
export async function readInputs(
  planPath: string,
  dataPaths: readonly string[] | null,
  cwd: string,
  namedBy: DataFileNamedBy = "--data",
  view: PlanView = PLAIN_VIEW,
  seed: number | null = null,
): Promise<Inputs> {
  const plan = await readPlan(planPath, cwd, view);
  const { parsed, check, lock } = plan;
  const problems: Problem[] = [...parsed.problems, ...check.problems, ...lock.problems];
  if (parsed.plan === null || !check.columnsSound || parsed.isDataUnread) return { plan, data: null, problems };

  const aims: ReadingAims = {
    pathOf: (name) => parsed.where(["columns", name, "derive"]),
    unique: participantVisit(parsed.plan),
    ...(parsed.plan.trial?.participant === undefined ? {} : { participant: parsed.plan.trial.participant }),
    makers: columnMakers(parsed.plan.columns, parsed.plan.instruments),
  };
  const files = placesOf(parsed.plan, dirname(planPath), dataPaths);
  try {
    const asked = withBlindLevels(parsed.plan, seedOf(parsed.plan, seed));
    const data = await readData(asked, files, aims, cwd, dataPaths === null ? "data.file" : namedBy);
    return { plan, data, problems };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { plan, data: null, problems: [...problems, ...error.problems] };
  }
}

const DEFAULT_SEED = 1;

/** The seed of a run: that of the command line, of the plan, or 1. */
export const seedOf = ({ seed }: Plan, given: number | null): number => given ?? seed ?? DEFAULT_SEED;

/** In a blind run: which level each arm of the data is read as. */
function withBlindLevels(plan: Plan, seed: number): Plan {
  if (plan.blind === undefined) return plan;
  const called = armNames(plan.blind, seed);
  const columns = Object.entries(plan.columns).map(([name, column]) => [
    name,
    plan.blind!.columns.includes(name) ? { ...column, called } : column,
  ]);
  return { ...plan, columns: Object.fromEntries(columns) };
}

type TableOfPlan = NonNullable<Plan["data"]["tables"]>[string];

interface Place {
  /** What the plan calls the table. */
  readonly as: string;
  readonly path: string;
}

/** Where the files of the plan are. */
function placesOf({ data }: Plan, folder: string, given: readonly string[] | null): Place[] {
  if (data.tables === undefined) return [{ as: ONLY_TABLE, path: given?.[0] ?? resolve(folder, data.file!) }];
  const tables = Object.entries(data.tables);
  return tables.map(([as, { file }], i) => {
    if (given === null) return { as, path: resolve(folder, file) };
    return { as, path: given.length === tables.length ? given[i]! : resolve(given[0]!, basename(file)) };
  });
}

async function readData(
  { data, columns }: Plan,
  places: readonly Place[],
  aims: ReadingAims,
  cwd: string,
  namedBy: DataFileNamedBy,
): Promise<DataFile[]> {
  const { file: _, tables: several, ...options } = data;
  const bytes = await readAll(places, cwd, namedBy);
  const done = (i: number, table: Table): DataFile => {
    const { as, path } = places[i]!;
    return { path, name: table.name, sha256: sha256(bytes[i]!), as, table };
  };
  const isDerivedOnly = Object.values(columns).every((spec) => !isMade(spec) || spec.derive !== undefined);
  if (several === undefined && isDerivedOnly)
    return [done(0, await readTable(bytes[0]!, places[0]!.path, columns, options, aims))];
  const sources = places.map(({ as, path }, i): TableSource => {
    const { file: __, key, join, ...own }: TableOfPlan = several?.[as] ?? { file: data.file!, join: {} };
    return {
      name: as,
      file: basename(path),
      bytes: bytes[i]!,
      options: { ...options, ...own },
      ...(key === undefined ? {} : { key }),
      join,
    };
  });
  const tables = await readTables(sources, columns, aims);
  return sources.map(({ name }, i) => done(i, tables.get(name)!));
}

/** The bytes of every file. @throws ProblemError for all that cannot be read. */
async function readAll(places: readonly Place[], cwd: string, namedBy: DataFileNamedBy): Promise<Uint8Array[]> {
  const problems: Problem[] = [];
  const read: Uint8Array[] = [];
  for (const { path } of places) {
    try {
      read.push(await readFileBytes(path, shownPath(path, cwd), namedBy));
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (problems.length > 0) throw new ProblemError(problems);
  return read;
}

export const hasErrors = ({ problems }: Inputs): boolean => problems.some(isError);
