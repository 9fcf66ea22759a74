/**
 * The flow of a trial, as CONSORT asks for it (2025; clusters: Campbell et al. 2012 BMJ 345:e5661; stepped wedges: Hemming et
 * al. 2018 BMJ 363:k1614): for each group how many clusters, staff and participants there were, who was assessed when, how
 * the contact ended, and who was analysed.
 */
import type { CategoryColumn, Column, Table } from "../table/table.js";
import { countValues, type GroupingColumns, groupParticipants, rowsByValue, textAt } from "./participant-groups.js";
import type { PopulationRows } from "./populations.js";

/** Participants by the level of a factor, in the order of the levels; `missing` those of whom it is not known. */
export interface LevelCounts {
  readonly counts: readonly number[];
  readonly missing: number;
}

/** Of one arm in one design. */
export interface FlowGroup {
  readonly design: string | null;
  readonly arm: string | null;
  readonly participants: number;
  /** Different values of each cluster column among them, the outermost first. */
  readonly clusters: readonly number[];
  /** Staff of the arm, whether or not they have a participant; null where the plan does not say, and in a stepped wedge. */
  readonly staff: number | null;
  /** Which arm participants received; null where the plan does not say. */
  readonly received: {
    readonly allocated: number;
    /** Another arm. */
    readonly other: number;
    /** None, or it is not known. */
    readonly unknown: number;
    /** Of those who did not receive the allocated arm, by reason in the order of the levels; null without reasons. */
    readonly reasons: LevelCounts | null;
  } | null;
  /** Participants with the outcome at each visit, in the order of the visits. */
  readonly assessed: readonly number[];
  /** Participants by how their contact ended. */
  readonly endings: LevelCounts | null;
  /** With the outcome at one follow-up or more. */
  readonly followed: number;
  /** With the outcome at the visit of the primary effect. */
  readonly primary: number;
  /** Participants without it, by reason; null without reasons. */
  readonly lost: LevelCounts | null;
  /** Of each population: how many are in it, and how many are excluded by each rule that excludes anybody. */
  readonly populations: readonly { readonly participants: number; readonly excluded: readonly number[] }[];
}

export interface TrialFlow {
  /** Names of the cluster columns, the outermost first. */
  readonly clusters: readonly string[];
  readonly visits: readonly string[];
  /** The visit before the start; null when the plan names none. */
  readonly baseline: string | null;
  readonly primaryVisit: string;
  /** Levels of the ending; null when the analysis names none. */
  readonly endings: readonly string[] | null;
  /** Levels of the reasons why the primary outcome is missing, and why the allocated arm was not received. */
  readonly lossReasons: readonly string[] | null;
  readonly notReceivedReasons: readonly string[] | null;
  readonly populations: readonly {
    readonly name: string;
    readonly reasons: readonly string[];
    /** Counted by the arm received. */
    readonly isByReceived: boolean;
  }[];
  readonly groups: readonly FlowGroup[];
  /** Of all participants, in any group: clusters of each column, counted once each. */
  readonly total: { readonly participants: number; readonly clusters: readonly number[] };
  /** Of each design the clusters, counted once each: those of both arms. */
  readonly designs: readonly {
    readonly design: string | null;
    readonly participants: number;
    readonly clusters: readonly number[];
  }[];
  /** Participants without an arm or a design. */
  readonly ungrouped: number;
}

export interface FlowInput {
  readonly table: Table;
  /** Rows of `table` that count: one or more of each participant. */
  readonly rows: Int32Array;
  readonly columns: GroupingColumns;
  readonly clusters: readonly { readonly name: string; readonly column: Column }[];
  readonly ending: CategoryColumn | null;
  /** Which arm a participant received, and why not the allocated one. */
  readonly received: { readonly arm: CategoryColumn; readonly reasons: CategoryColumn | null } | null;
  /** Why the primary outcome is missing at the primary visit. */
  readonly lossReasons: CategoryColumn | null;
  /** Of the rows of `table`. */
  readonly populations: readonly ({ readonly name: string; readonly isByReceived: boolean } & Pick<
    PopulationRows,
    "rows" | "excluded"
  >)[];
  /** Where the outcome is; perhaps the same table. */
  readonly visits: {
    readonly table: Table;
    readonly participant: Column;
    readonly visit: Column;
    readonly outcome: Column;
    /** In their order, as texts. */
    readonly order: readonly string[];
    readonly baseline: string | null;
    readonly primary: string;
  };
  /** Members of staff by arm; null when the plan does not say. */
  readonly staff: {
    readonly table: Table;
    readonly arm: CategoryColumn;
    /** Whether staff belong to arms in this design: not in a stepped wedge. */
    readonly isOfDesign: (design: string | null) => boolean;
  } | null;
}

export function trialFlow(input: FlowInput): TrialFlow {
  const { table, rows, columns, clusters, ending, populations, visits, received, lossReasons } = input;
  const { groups, ungrouped } = groupParticipants(rows, columns);
  const assessedAt = visitsWithOutcome(input);
  const idAt = (row: number): string => textAt(columns.participant, row)!;
  const isFollowUp = (visit: string): boolean => visit !== visits.baseline;

  const within = populations.map((one) => ({
    isByReceived: one.isByReceived,
    kept: new Set(one.rows),
    excluded: one.excluded.map(({ rows: out }) => new Set(out)),
  }));
  // Of a design, in whatever arm as randomised, those who received an arm; who received none counts where randomised.
  const whoReceived = (design: string | null, arm: string | null, orNone: boolean): number[] =>
    groups
      .filter((group) => group.design === design)
      .flatMap((group) => [...group.rows].map((row) => ({ row, randomised: group.arm })))
      .filter(({ row, randomised }) => {
        const got = received === null ? null : textAt(received.arm, row);
        return (got ?? (orNone ? randomised : null)) === arm;
      })
      .map(({ row }) => row);

  const counted = groups.map(({ design, arm, rows: own }): FlowGroup => {
    const count = (has: (row: number) => boolean): number => own.reduce((n, row) => n + (has(row) ? 1 : 0), 0);
    const seen = (row: number): ReadonlySet<string> => assessedAt.get(idAt(row)) ?? NONE;
    return {
      design,
      arm,
      participants: own.length,
      clusters: clusters.map(({ column }) => countValues(column, own)),
      staff: staffOf(input, design, arm),
      assessed: visits.order.map((visit) => count((row) => seen(row).has(visit))),
      received: received === null || arm === null ? null : receivedBy(received, arm, own),
      endings: ending === null ? null : countLevels(ending, own),
      followed: count((row) => visits.order.some((visit) => isFollowUp(visit) && seen(row).has(visit))),
      primary: count((row) => seen(row).has(visits.primary)),
      lost:
        lossReasons === null
          ? null
          : countLevels(
              lossReasons,
              own.filter((row) => !seen(row).has(visits.primary)),
            ),
      populations: within.map(({ kept, excluded, isByReceived }) => {
        const among = (some: ReadonlySet<number>, orNone: boolean): number =>
          (isByReceived ? whoReceived(design, arm, orNone) : [...own]).filter((row) => some.has(row)).length;
        return { participants: among(kept, false), excluded: excluded.map((one) => among(one, true)) };
      }),
    };
  });
  const together = (of: readonly number[]) => {
    const all = Int32Array.from(of.flatMap((at) => [...groups[at]!.rows]));
    return {
      participants: countValues(columns.participant, all),
      clusters: clusters.map(({ column }) => countValues(column, all)),
    };
  };
  const designs = [...new Set(groups.map(({ design }) => design))];
  return {
    clusters: clusters.map(({ name }) => name),
    visits: visits.order,
    baseline: visits.baseline,
    primaryVisit: visits.primary,
    endings: ending === null ? null : ending.levels,
    lossReasons: lossReasons === null ? null : lossReasons.levels,
    notReceivedReasons: received?.reasons?.levels ?? null,
    populations: populations.map(({ name, excluded, isByReceived }) => ({
      name,
      reasons: excluded.map(({ detail }) => detail),
      isByReceived,
    })),
    groups: counted,
    total: together([...groups.keys()]),
    designs: designs.map((design) => ({
      design,
      ...together([...groups.keys()].filter((at) => groups[at]!.design === design)),
    })),
    ungrouped: table.rows === 0 ? 0 : ungrouped,
  };
}

const NONE: ReadonlySet<string> = new Set();

const countLevels = ({ levels, codes }: CategoryColumn, rows: Int32Array): LevelCounts => {
  const having = (is: (code: number) => boolean): number => rows.reduce((n, row) => n + (is(codes[row]!) ? 1 : 0), 0);
  return { counts: levels.map((_, code) => having((one) => one === code)), missing: having((one) => one < 0) };
};

/** What the participants of an arm received. */
function receivedBy({ arm, reasons }: NonNullable<FlowInput["received"]>, allocated: string, rows: Int32Array) {
  const got = (row: number): string | null => textAt(arm, row);
  const not = rows.filter((row) => got(row) !== allocated);
  return {
    allocated: rows.length - not.length,
    other: not.filter((row) => got(row) !== null).length,
    unknown: not.filter((row) => got(row) === null).length,
    reasons: reasons === null ? null : countLevels(reasons, not),
  };
}

/** For each participant the visits at which there is an outcome. */
function visitsWithOutcome({ visits: { table, participant, visit, outcome } }: FlowInput): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const [id, rows] of rowsByValue(table, participant)) {
    const seen = new Set<string>();
    for (const row of rows) {
      const at = textAt(visit, row);
      if (at !== null && textAt(outcome, row) !== null) seen.add(at);
    }
    found.set(id, seen);
  }
  return found;
}

/** Rows of the staff table of an arm; null where the design's staff have no arm. */
function staffOf({ staff }: FlowInput, design: string | null, arm: string | null): number | null {
  if (staff === null || arm === null || !staff.isOfDesign(design)) return null;
  return Array.from({ length: staff.table.rows }, (_, row) => row).filter((row) => textAt(staff.arm, row) === arm)
    .length;
}
