/** `model: participant-flow`: who was randomised, assessed, and analysed, by design and arm. */
import { levelsInUse } from "../formula/factor-levels.js";
import { usedRows } from "../formula/used-rows.js";
import type { Estimate } from "../inference/estimate.js";
import { receivedArm } from "../plan/check-populations.js";
import type { ParticipantFlowAnalysis, Plan } from "../plan/plan.js";
import { flowNoVisits, flowUngrouped, frameNoRows, ProblemError } from "../problem.js";
import { checkExpression } from "../table/expression.js";
import type { CategoryColumn, Table } from "../table/table.js";
import { type GroupingColumns, groupParticipants, textAt } from "../trial/participant-groups.js";
import { populationRows } from "../trial/populations.js";
import { type ParticipantDates, type TrialDates, trialDates } from "../trial/trial-dates.js";
import { type FlowInput, type LevelCounts, type TrialFlow, trialFlow } from "../trial/trial-flow.js";
import type { AnalysisInput, AnalysisModel, PreparedAnalysis } from "./analysis-model.js";
import { columnsNeeded, described, groupingColumns, groupName, rowsWhere, WITHOUT_FIT } from "./descriptive.js";
import { outcomeOf } from "./formula-analysis.js";
import type { TrialFlowDisplay } from "./results.js";

interface PreparedFlow extends PreparedAnalysis<ParticipantFlowAnalysis> {
  readonly flow: TrialFlow;
  /** Absent without dates in the plan. */
  readonly dates: TrialDates | undefined;
}

export const participantFlowAnalysis: AnalysisModel<ParticipantFlowAnalysis, PreparedFlow> = {
  prepare,
  analyse: (prepared) => ({
    ...WITHOUT_FIT,
    method: "flow of participants, counted",
    problems: [],
    estimates: countsOf(prepared),
    trialFlow: displayOf(prepared),
  }),
};

function prepare(input: AnalysisInput<ParticipantFlowAnalysis>): PreparedFlow {
  const { plan, table, analysis, path } = input;
  const { where, outcome, ending, reasons = ending, "not-received": notReceived } = analysis;
  const { trial } = plan;
  const columns = groupingColumns(input);
  const condition = where === undefined ? undefined : { text: where, keep: conditionOf(where, table, path) };
  const { rows, excluded } = usedRows(table, [trial!.participant!], condition);
  if (rows.length === 0) throw new ProblemError([frameNoRows(path, table.name, table.rows, excluded)]);
  const factor = (name: string | undefined): CategoryColumn | null =>
    name === undefined ? null : (columnsNeeded(input, table, { name }).name as CategoryColumn);
  const received = receivedArm(plan);
  const receivedColumn = received === undefined ? undefined : table.columns.get(received);
  const clusters = (trial!.clusters ?? []).filter((name) => table.columns.has(name));
  const flow = trialFlow({
    table,
    rows,
    columns,
    clusters: clusters.map((name) => ({ name, column: table.columns.get(name)! })),
    ending: factor(ending),
    received: receivedColumn?.kind === "category" ? { arm: receivedColumn, reasons: factor(notReceived) } : null,
    lossReasons: factor(reasons),
    populations: populationsOf(input),
    visits: visitsOf(input),
    staff: staffOf(input),
  });
  return {
    ...input,
    rows,
    excluded,
    outcome: outcomeOf(plan, outcome),
    references: [],
    flow,
    dates: datesOf(input, columns, rows),
    problems: flow.ungrouped > 0 ? [flowUngrouped(path, flow.ungrouped)] : [],
  };
}

/** `where`, with 2 for a missing condition, as usedRows has it. */
const conditionOf = (where: string, table: Table, path: string): Uint8Array => {
  const known = rowsWhere(where, table, path);
  const not = rowsWhere(`!(${where})`, table, path);
  return known.map((is, row) => (is === 1 ? 1 : not[row] === 1 ? 0 : 2));
};

/** Those of the plan whose rules are about columns of this table. */
function populationsOf({ plan, table, path }: AnalysisInput): FlowInput["populations"] {
  return Object.entries(plan.populations ?? {})
    .filter(([, { exclude }]) => exclude.every(({ where }) => checkExpression(where, table, { path }).length === 0))
    .map(([name, { exclude, arm }]) => ({
      name,
      isByReceived: arm === "received",
      ...populationRows(table, exclude, path),
    }))
    .filter(({ rows }) => plan.blind === undefined || !isWithoutAnArm(plan, table, rows));
}

/** Whether a population has nobody of an arm that the table has: in a blind run that would show which arm it is. */
function isWithoutAnArm({ trial }: Plan, table: Table, rows: Int32Array): boolean {
  const arm = table.columns.get(trial?.arm?.column ?? "");
  if (arm?.kind !== "category") return false;
  const armsOf = (codes: Int32Array): number => new Set(codes.filter((code) => code >= 0)).size;
  return armsOf(rows.map((row) => arm.codes[row]!)) < armsOf(arm.codes);
}

/** The first table that has participant, visit and outcome. */
function visitsOf({ plan, tables, analysis, path }: AnalysisInput<ParticipantFlowAnalysis>): FlowInput["visits"] {
  const { participant, visit } = plan.trial!;
  const names = [participant!, visit!.column, analysis.outcome];
  const table = [...tables.values()].find(({ columns }) => names.every((name) => columns.has(name)));
  if (table === undefined) throw new ProblemError([flowNoVisits(path, names)]);
  const column = table.columns.get(visit!.column)!;
  const inData = levelsInUse(column, null);
  const order = analysis.visits?.map(String) ?? inData;
  const primary = String(analysis.primary);
  return {
    table,
    participant: table.columns.get(participant!)!,
    visit: column,
    outcome: table.columns.get(analysis.outcome)!,
    order: order.includes(primary) ? order : [...order, primary],
    baseline: visit!.baseline === undefined ? null : String(visit!.baseline),
    primary,
  };
}

/** When those who are counted were randomised or enrolled, and seen. */
function datesOf({ plan, table, tables }: AnalysisInput, columns: GroupingColumns, rows: Int32Array) {
  const { participant, dates = {} } = plan.trial!;
  /** The table of the analysis, where it has the date; else the one with the fewest rows that has it. */
  const columnsOf = (name: string | undefined): ParticipantDates | null => {
    const having = [table, ...[...tables.values()].sort((a, b) => a.rows - b.rows)].find(
      (one) => name !== undefined && one.columns.has(name) && one.columns.has(participant!),
    );
    const date = having?.columns.get(name!);
    return date?.kind === "number" ? { participant: having!.columns.get(participant!)!, date } : null;
  };
  const { groups } = groupParticipants(rows, columns);
  const idsOf = (design: string | null): Set<string> =>
    new Set(
      groups
        .filter((group) => group.design === design)
        .flatMap((group) => Array.from(group.rows, (row) => textAt(columns.participant, row)!)),
    );
  const designs = [...new Set(groups.map(({ design }) => design))];
  return trialDates(
    designs.map((design) => ({ design, participants: idsOf(design) })),
    { randomised: columnsOf(dates.randomised), visited: columnsOf(dates.visited) },
  );
}

/** The table that has staff and their arm and the fewest rows: one for each member. */
function staffOf({ plan, tables }: AnalysisInput): FlowInput["staff"] {
  const { staff, designs, design } = plan.trial!;
  const having = [...tables.values()].filter(
    ({ columns }) => staff !== undefined && columns.has(staff.column) && columns.get(staff.arm)?.kind === "category",
  );
  const [table] = having.sort((a, b) => a.rows - b.rows);
  // A file of participants alone has no staff without them.
  if (table === undefined || tables.size < 2) return null;
  return {
    table,
    arm: table.columns.get(staff!.arm) as CategoryColumn,
    isOfDesign: (one) => (design === "joint" ? one === designs?.individual : design !== "stepped-wedge"),
  };
}

/** With what of the plan the report needs. */
function displayOf({ plan, flow, dates }: PreparedFlow): TrialFlowDisplay {
  const { design = "unknown", designs, visit } = plan.trial!;
  const column = plan.columns[visit!.column];
  return {
    ...flow,
    kinds: flow.designs.map((one) => {
      if (design !== "joint") return design;
      if (one.design === designs?.individual) return "individual";
      return one.design === designs?.["stepped-wedge"] ? "stepped-wedge" : "unknown";
    }),
    populations: flow.populations.map((one) => {
      const { label = one.name } = plan.populations![one.name]!;
      return { ...one, label, reasons: one.reasons.map((reason) => plan.words?.[reason] ?? reason) };
    }),
    ...(dates === undefined ? {} : { dates }),
    visitUnit: column?.type === "number" ? (column.unit ?? null) : null,
  };
}

const countsOfLevels = (
  what: string,
  levels: readonly string[],
  { counts, missing }: LevelCounts,
  count: (what: string, n: number) => Estimate,
): Estimate[] => [
  ...levels.map((level, i) => count(`${what}[${level}]`, counts[i]!)),
  count(`${what}:missing`, missing),
];

/** `count:WHAT@GROUP`. */
function countsOf({ plan, analysis, flow }: PreparedFlow): Estimate[] {
  const { level } = analysis;
  return flow.groups.flatMap((group) => {
    const at = groupName(plan, group);
    const count = (what: string, n: number): Estimate => described(`count:${what}@${at}`, "count", n, level);
    return [
      ...flow.clusters.map((name, i) => count(name, group.clusters[i]!)),
      ...(group.staff === null ? [] : [count("staff", group.staff)]),
      count("participants", group.participants),
      ...(group.received === null
        ? []
        : [
            count("received:allocated", group.received.allocated),
            count("received:other", group.received.other),
            count("received:missing", group.received.unknown),
            ...(group.received.reasons === null
              ? []
              : countsOfLevels("not-received", flow.notReceivedReasons!, group.received.reasons, count)),
          ]),
      ...flow.visits.map((visit, i) => count(`assessed:${plan.trial!.visit!.column}=${visit}`, group.assessed[i]!)),
      ...(group.endings === null
        ? []
        : [
            ...flow.endings!.map((ending, i) => count(`${analysis.ending}[${ending}]`, group.endings!.counts[i]!)),
            count(`${analysis.ending}:missing`, group.endings.missing),
          ]),
      count("followed-up", group.followed),
      count("not-followed-up", group.participants - group.followed),
      count("primary", group.primary),
      ...(group.lost === null
        ? []
        : [
            count("lost", group.participants - group.primary),
            ...countsOfLevels("lost", flow.lossReasons!, group.lost, count),
          ]),
      ...flow.populations.flatMap(({ name, reasons }, i) => [
        count(`population:${name}`, group.populations[i]!.participants),
        ...reasons.map((reason, k) => count(`excluded:${name}:${reason}`, group.populations[i]!.excluded[k]!)),
      ]),
    ];
  });
}
