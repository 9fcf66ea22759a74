/** What descriptive analyses share: participants grouped by design and arm, and counts as estimates. */
import type { Estimate } from "../inference/estimate.js";
import type { Plan } from "../plan/plan.js";
import { frameUnknownColumn, ProblemError } from "../problem.js";
import { suggest } from "../suggestion.js";
import { evaluateCondition } from "../table/expression.js";
import type { CategoryColumn, Column, Table } from "../table/table.js";
import type { GroupingColumns } from "../trial/participant-groups.js";
import type { AnalysisInput, AnalysisOutcome } from "./analysis-model.js";

/** What describes and does not fit. */
export const WITHOUT_FIT: Omit<AnalysisOutcome, "method" | "problems" | "estimates"> = {
  criterion: null,
  standardErrors: null,
  degreesOfFreedom: null,
  groups: {},
  likelihood: null,
  converged: true,
  singular: false,
  iterations: 0,
  profile: null,
  diagnostics: null,
};

/** A number that describes: no standard error, test or interval. */
export const described = (
  name: string,
  measure: string,
  estimate: number,
  level: number,
  unit: string | null = null,
): Estimate => ({
  name,
  measure,
  unit,
  estimate,
  se: null,
  df: null,
  statistic: null,
  p: null,
  lower: null,
  upper: null,
  level,
});

/** `design[A]:arm[FIT]`, with the names of the columns; `all` for participants who are not grouped. */
export function groupName(
  { trial }: Pick<Plan, "trial">,
  { design, arm }: { readonly design: string | null; readonly arm: string | null },
): string {
  const parts = [
    ...(design === null ? [] : [`${trial!.designs!.column}[${design}]`]),
    ...(arm === null ? [] : [`${trial!.arm!.column}[${arm}]`]),
  ];
  return parts.length === 0 ? "all" : parts.join(":");
}

/** Columns that the analysis needs of a table. @throws ProblemError with each that it has not. */
export function columnsNeeded<N extends string>(
  { path }: AnalysisInput,
  table: Table,
  names: Readonly<Record<N, string>>,
): Record<N, Column> {
  const entries = Object.entries<string>(names);
  const unknown = entries
    .filter(([, name]) => !table.columns.has(name))
    .map(([, name]) => frameUnknownColumn(path, name, table.name, suggest(name, table.columns.keys())));
  if (unknown.length > 0) throw new ProblemError(unknown);
  return Object.fromEntries(entries.map(([key, name]) => [key, table.columns.get(name)!])) as Record<N, Column>;
}

/** By participant, design and arm as `trial` has them. */
export function groupingColumns(input: AnalysisInput): GroupingColumns {
  const { plan, table } = input;
  const { participant, arm, designs, design } = plan.trial!;
  const category = (name: string | undefined): CategoryColumn | null => {
    const column = name === undefined ? undefined : columnsNeeded(input, table, { name }).name;
    return column?.kind === "category" ? column : null;
  };
  return {
    participant: columnsNeeded(input, table, { participant: participant! }).participant,
    design: design === "joint" ? category(designs?.column) : null,
    arm: category(arm?.column),
  };
}

/** For each row whether a condition holds; missing is not. */
export const rowsWhere = (text: string, table: Table, path: string): Uint8Array =>
  Uint8Array.from(evaluateCondition(text, table, path), (value) => (value === 1 ? 1 : 0));
