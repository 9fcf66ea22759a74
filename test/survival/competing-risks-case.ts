/** Cases of test/reference/competing-risks, and frames made by hand. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Papa from "papaparse";
import type { GroupingFactor } from "../../src/formula/grouping-factor.js";
import type { SurvivalFrame, SurvivalOutcome } from "../../src/formula/survival-frame.js";
import { fromRows } from "../../src/numeric/matrix.js";

interface Tests {
  readonly [cause: string]: { readonly statistic: number; readonly df: number; readonly p: number };
}

export interface CrrReference {
  readonly coef: readonly number[];
  readonly se: readonly number[];
  readonly vcov: readonly (readonly number[])[];
  readonly invinf: readonly (readonly number[])[];
  readonly logLik: number;
  readonly logLikNull: number;
  readonly incidenceAtMeans: readonly number[];
  /** Sum of squares of each column of the residuals. */
  readonly residuals: readonly number[];
}

export interface CompetingRisksReference {
  readonly causes: readonly string[];
  readonly groups: readonly string[];
  readonly times: readonly number[];
  readonly event: string;
  readonly rho: number;
  readonly incidence: Readonly<
    Record<string, Readonly<Record<string, { readonly estimate: number[]; readonly variance: number[] }>>>
  >;
  readonly all: { readonly eventFree: number[]; readonly incidence: Readonly<Record<string, number[]>> };
  readonly gray: Tests;
  readonly grayRho: Tests;
  readonly grayStrata: Tests;
  readonly fineGray: CrrReference;
  readonly fineGrayStrata: CrrReference;
}

export interface CompetingRisksCase {
  readonly expected: CompetingRisksReference;
  readonly outcome: SurvivalOutcome;
  readonly groups: GroupingFactor;
  readonly strata: GroupingFactor;
  readonly frame: SurvivalFrame;
}

const folder = new URL("../reference/competing-risks/", import.meta.url);
const read = (file: string): string => readFileSync(fileURLToPath(new URL(file, folder)), "utf8");
export const caseNames = ["transplant", "mgus2", "ties"] as const;

/** A case, its design as R's model.matrix: group, age and mspike where there is one. */
export function competingRisksCase(name: (typeof caseNames)[number]): CompetingRisksCase {
  const { cases } = JSON.parse(read("expected.json")) as { cases: Record<string, CompetingRisksReference> };
  const expected = cases[name]!;
  const { data } = Papa.parse<Record<string, string>>(read(`${name}.csv`), { header: true, skipEmptyLines: true });
  const outcome = outcomeOf(
    data.map((row) => Number(row["time"])),
    data.map((row) => expected.causes.indexOf(row["cause"]!) + 1),
    expected.causes,
  );
  const rows = data.map((row) => [
    ...expected.groups.slice(1).map((group) => Number(row["group"] === group)),
    Number(row["age"]),
    ...(row["mspike"] === undefined ? [] : [Number(row["mspike"])]),
  ]);
  return {
    expected,
    outcome,
    groups: factorOf(data.map((row) => row["group"]!)),
    strata: factorOf(data.map((row) => row["stratum"]!)),
    frame: frameOf(outcome, rows),
  };
}

export const outcomeOf = (
  time: readonly number[],
  event: readonly number[],
  causes: readonly string[] = ["own", "other"],
  start: readonly number[] | null = null,
): SurvivalOutcome => ({
  start: start === null ? null : Float64Array.from(start),
  time: Float64Array.from(time),
  event: Int32Array.from(event),
  causes,
  timeColumn: "time",
  eventColumn: "cause",
});

/** Levels in their alphabetical order. */
export function factorOf(values: readonly string[]): GroupingFactor {
  const levels = [...new Set(values)].sort();
  return { codes: Int32Array.from(values, (value) => levels.indexOf(value)), levels };
}

/** A frame with the parts that fitters of competing risks read. */
export function frameOf(
  outcome: SurvivalOutcome,
  X: readonly (readonly number[])[],
  more: Partial<Pick<SurvivalFrame, "weights" | "offset" | "cluster" | "strata">> = {},
): SurvivalFrame {
  return {
    outcome,
    X: fromRows(X),
    names: X[0]!.map((_, j) => `x${j + 1}`),
    offset: null,
    weights: null,
    strata: null,
    cluster: null,
    Z: [],
    special: [],
    participant: null,
    rows: Int32Array.from(X.keys()),
    excluded: [],
    problems: [],
    ...more,
  } as unknown as SurvivalFrame;
}
