/** Counts and shares within the groups of a factor, as estimates. */
import { wilsonInterval } from "../effect-size/risk-difference.js";
import { levelsInUse } from "../formula/factor-levels.js";
import type { Estimate } from "../inference/estimate.js";
import {
  frameUnknownColumn,
  type Problem,
  ProblemError,
  planNotFactor,
  repeatedParticipants,
  sharesIgnoreClusters,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { evaluateCondition } from "../table/expression.js";
import type { CategoryColumn } from "../table/table.js";
import { countParticipants } from "../trial/participant-flow.js";
import type { AnalysisInput } from "./analysis-model.js";
import { WITHOUT_FIT } from "./descriptive.js";

/** The rows of one group. */
export interface ShareGroup {
  /** `arm[FIT]:`, before what is counted; empty for one group of all. */
  readonly prefix: string;
  readonly rows: Int32Array;
}

/** The groups in the order of the levels, the reference first; one of all rows without a factor. */
export function shareGroups({ table }: AnalysisInput, by: string | undefined, rows: Int32Array): ShareGroup[] {
  if (by === undefined) return [{ prefix: "", rows }];
  const column = table.columns.get(by) as CategoryColumn;
  return levelsInUse(column, rows).map((level) => {
    const code = column.levels.indexOf(level);
    return { prefix: `${by}[${level}]:`, rows: rows.filter((row) => column.codes[row] === code) };
  });
}

/** `count:…` and `share:…` of one thing in one group, with Wilson's interval. A share of nobody does not exist. */
export function countAndShare(name: string, events: number, n: number, level: number): Estimate[] {
  const none = { se: null, df: null, statistic: null, p: null, lower: null, upper: null, level };
  const count: Estimate = { name: `count:${name}`, measure: "count", unit: null, estimate: events, ...none };
  if (n === 0) return [count, { name: `share:${name}`, measure: "share", unit: null, estimate: null, ...none }];
  const share = events / n;
  return [
    count,
    {
      ...none,
      name: `share:${name}`,
      measure: "share",
      unit: null,
      estimate: share,
      se: Math.sqrt((share * (1 - share)) / n),
      ...wilsonInterval({ events, n }, level),
    },
  ];
}

/** @throws ProblemError for columns that the table has not, and a factor that is none. */
export function checkShareColumns(
  { table, path }: AnalysisInput,
  names: readonly string[],
  by: string | undefined,
): void {
  const unknown = names
    .filter((name) => !table.columns.has(name))
    .map((name) => frameUnknownColumn(path, name, table.name, suggest(name, table.columns.keys())));
  if (unknown.length > 0) throw new ProblemError(unknown);
  const factor = by === undefined ? undefined : table.columns.get(by)!;
  if (factor !== undefined && factor.type !== "factor")
    throw new ProblemError([planNotFactor(path, by!, "by", factor.type)]);
}

/** `where`, with 2 for a missing condition, as usedRows has it. */
export function shareCondition({ table, analysis: { where }, path }: AnalysisInput) {
  if (where === undefined) return undefined;
  return { text: where, keep: Uint8Array.from(evaluateCondition(where, table, path), (v) => (v < 0 ? 2 : v)) };
}

/** That rows of one participant, and of one cluster, count as if they were unrelated. */
export function sharesProblems({ plan, table, path }: AnalysisInput, rows: Int32Array): Problem[] {
  const { participant: name, clusters = [] } = plan.trial ?? {};
  const participant = name === undefined ? undefined : table.columns.get(name);
  const count = participant === undefined ? rows.length : countParticipants(rows, participant);
  return [
    ...(count < rows.length ? [repeatedParticipants(path, rows.length, count)] : []),
    ...(clusters.length > 0 ? [sharesIgnoreClusters(path, clusters[0]!)] : []),
  ];
}

/** What a description has not: a likelihood, random effects, iterations. */
export const described = {
  ...WITHOUT_FIT,
} as const;
