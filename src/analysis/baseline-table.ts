/** `model: baseline-table`: the participants of each arm and design at baseline, described. */
import { usedRows } from "../formula/used-rows.js";
import type { Estimate } from "../inference/estimate.js";
import type { BaselineTableAnalysis } from "../plan/plan.js";
import { baselineRepeated, flowUngrouped, frameNoRows, ProblemError } from "../problem.js";
import type { Column } from "../table/table.js";
import {
  type BaselineSummary,
  clusterSizes,
  standardisedBaselineDifference,
  summariseColumn,
} from "../trial/baseline-table.js";
import { countParticipants } from "../trial/participant-flow.js";
import { groupParticipants, type ParticipantGroups } from "../trial/participant-groups.js";
import type { AnalysisInput, AnalysisModel, PreparedAnalysis } from "./analysis-model.js";
import { columnsNeeded, described, groupingColumns, groupName, rowsWhere, WITHOUT_FIT } from "./descriptive.js";
import type { BaselineDisplay } from "./results.js";

interface PreparedBaseline extends PreparedAnalysis<BaselineTableAnalysis> {
  readonly groups: ParticipantGroups["groups"];
}

export const baselineTableAnalysis: AnalysisModel<BaselineTableAnalysis, PreparedBaseline> = {
  prepare,
  analyse: (prepared) => {
    const baseline = describe(prepared);
    return {
      ...WITHOUT_FIT,
      method: "baseline table: means, standard deviations, quantiles (type 7) and counts, without tests",
      problems: [],
      estimates: estimatesOf(prepared, baseline),
      baseline,
    };
  },
};

function prepare(input: AnalysisInput<BaselineTableAnalysis>): PreparedBaseline {
  const { plan, table, analysis, path } = input;
  const { where, variables } = analysis;
  const columns = groupingColumns(input);
  columnsNeeded(input, table, Object.fromEntries(variables.map((name) => [name, name])));
  const kept = where === undefined ? undefined : { text: where, keep: rowsWhere(where, table, path) };
  const { rows, excluded } = usedRows(table, [plan.trial!.participant!], kept);
  if (rows.length === 0) throw new ProblemError([frameNoRows(path, table.name, table.rows, excluded)]);
  const participants = countParticipants(rows, columns.participant);
  if (participants < rows.length) throw new ProblemError([baselineRepeated(path, rows.length, participants)]);
  const { groups, ungrouped } = groupParticipants(rows, columns);
  return {
    ...input,
    rows,
    excluded,
    outcome: { name: "", unit: null, better: null },
    references: [],
    groups,
    problems: ungrouped > 0 ? [flowUngrouped(path, ungrouped)] : [],
  };
}

function describe({ plan, table, analysis, groups, rows }: PreparedBaseline): BaselineDisplay {
  const { variables, total } = analysis;
  const all = total && groups.length > 1 ? Int32Array.from(groups.flatMap((group) => [...group.rows])) : null;
  const each = (of: (rows: Int32Array) => BaselineSummary) => ({
    groups: groups.map((group) => of(group.rows)),
    total: all === null ? null : of(all),
  });
  const clusters = (plan.trial!.clusters ?? []).filter((name) => table.columns.has(name));
  const pairs = analysis["standardised-differences"] ? pairsOf(groups) : [];
  return {
    groups: groups.map(({ design, arm, rows: own }) => ({ design, arm, participants: own.length })),
    participants: all?.length ?? rows.length,
    variables: variables.map((name) => {
      const column = table.columns.get(name)!;
      const summaries = each((own) => summariseColumn(column, own));
      return {
        name,
        unit: column.kind === "number" ? column.unit : null,
        levels: levelsOf(column),
        ...summaries,
        differences: pairs.map(([a, b]) => standardisedBaselineDifference(summaries.groups[a]!, summaries.groups[b]!)),
      };
    }),
    clusters: clusters.map((name) => ({ name, ...each((own) => clusterSizes(table.columns.get(name)!, own)) })),
    pairs: pairs.map(([, b]) => groups[b]!.design),
  };
}

/** null for a number and for a binary column, of which 1 is counted. */
const levelsOf = (column: Column): readonly string[] | null => (column.kind === "category" ? column.levels : null);

/** In each design the first arm with each other. */
function pairsOf(groups: ParticipantGroups["groups"]): (readonly [number, number])[] {
  return [...groups.keys()].flatMap((b) => {
    const a = groups.findIndex(({ design }) => design === groups[b]!.design);
    return a === b ? [] : [[a, b] as const];
  });
}

/** `baseline:VARIABLE:WHAT@GROUP`. */
function estimatesOf({ plan, analysis: { level } }: PreparedBaseline, baseline: BaselineDisplay): Estimate[] {
  const at = [...baseline.groups.map((group) => groupName(plan, group)), "all"];
  const of = (name: string, what: string, group: string, measure: string, value: number, unit: string | null = null) =>
    described(`baseline:${name}${what}@${group}`, measure, value, level, unit);
  const summarised = (
    name: string,
    unit: string | null,
    levels: readonly string[] | null,
    summary: BaselineSummary,
    group: string,
  ): Estimate[] => [
    of(name, ":n", group, "count", summary.n),
    of(name, ":missing", group, "count", summary.missing),
    ...(summary.kind === "number"
      ? (["mean", "sd", "median", "q1", "q3", "min", "max"] as const).map((what) =>
          of(name, `:${what}`, group, what, summary[what], unit),
        )
      : summary.counts.map((count, i) => of(name, `[${levels?.[i] ?? "1"}]`, group, "count", count))),
  ];
  return [
    ...baseline.variables.flatMap(({ name, unit, levels, groups, total, differences }) => [
      ...[...groups, ...(total === null ? [] : [total])].flatMap((summary, i) =>
        summarised(name, unit, levels, summary, i < groups.length ? at[i]! : "all"),
      ),
      ...differences.map((value, i) =>
        of(name, ":standardised-difference", pairName(plan, baseline, i), "standardised-difference", value),
      ),
    ]),
    ...baseline.clusters.flatMap(({ name, groups, total }) =>
      [...groups, ...(total === null ? [] : [total])].flatMap((summary, i) =>
        summarised(`participants-per-${name}`, null, null, summary, i < groups.length ? at[i]! : "all"),
      ),
    ),
  ];
}

/** Which groups a standardised difference is between: `design[A]:arm[FIT]`, the second of the two. */
function pairName(plan: PreparedBaseline["plan"], { groups }: BaselineDisplay, i: number): string {
  const others = groups.filter((group, at) => groups.findIndex(({ design }) => design === group.design) !== at);
  return groupName(plan, others[i]!);
}
