/**
 * Whether the data of a trial agree with each other: dates, staff, clusters, what was randomised and what was received.
 * Nothing here stops an analysis: a trial is analysed as randomised, and who analyses it must know what is odd in its data.
 */
import {
  changedSinceRandomised,
  clustersInTwoArms,
  clusterWithoutParticipants,
  dateBefore,
  type Problem,
  sameDay,
  staffInTwoArms,
  staffOfOtherArm,
  visitsOutOfOrder,
} from "../problem.js";
import { toIsoDate } from "../table/iso-date.js";
import { ProblemList } from "../table/problem-list.js";
import { type Column, placeInWords, type Table } from "../table/table.js";
import { keyAt, rowsByValue, textAt } from "./participant-groups.js";

/** Names of columns; those that the plan does not name are not checked. */
export interface DataRoles {
  readonly participant: string;
  readonly arm?: string;
  /** Rows in which the arm is that of an individual randomisation; null: all. */
  readonly individual: { readonly column: string; readonly level: string } | null;
  /** The outermost first. */
  readonly clusters: readonly string[];
  readonly visit?: { readonly column: string; readonly baseline: string | null };
  readonly staff?: { readonly column: string; readonly arm: string };
  readonly received: Readonly<Record<string, string>>;
  readonly dates: {
    readonly randomised?: string;
    readonly visited?: string;
    readonly session?: string;
    readonly ended?: string;
  };
}

/** Tables are joined already: a visit has its participant's columns. @returns warnings and notes, by kind, each with its line. */
export function checkTrialData(tables: readonly Table[], roles: DataRoles): Problem[] {
  const problems = new ProblemList();
  const { participant, dates } = roles;
  const participants = participantsIn(tables, roles);
  if (participants === undefined) return [];
  checkDates(participants, dates.ended, dates.randomised, "before", null, problems);

  const visits = smallestWith(tables, [participant, dates.visited]);
  if (visits !== undefined) {
    // A measurement before the start may be taken before the randomisation.
    checkDates(visits, dates.visited, dates.randomised, "before", roles.visit ?? null, problems);
    checkSameDay(visits, participant, dates.visited!, problems);
    checkOrder(visits, roles, problems);
  }
  const sessions = smallestWith(tables, [participant, dates.session]);
  if (sessions !== undefined) {
    checkDates(sessions, dates.session, dates.randomised, "before", null, problems);
    checkDates(sessions, dates.session, dates.ended, "after", null, problems);
    checkSameDay(sessions, participant, dates.session!, problems);
  }
  checkStaff(participants, roles, problems);
  checkClusters(tables, participants, roles, problems);
  return [...problems.all(), ...changes(participants, roles)];
}

/**
 * The table of the participants: it has their arm, if any has, and one row of each; else the one with the fewest rows.
 * A table of sessions may have fewer rows than there are participants.
 */
function participantsIn(
  tables: readonly Table[],
  { participant, arm }: Pick<DataRoles, "participant" | "arm">,
): Table | undefined {
  const having = tables.filter(({ columns }) => columns.has(participant));
  const isOneRowEach = (table: Table): boolean =>
    rowsByValue(table, table.columns.get(participant)!).size === table.rows;
  const withArm = having.filter(({ columns }) => arm === undefined || columns.has(arm));
  const oneRowEach = withArm.filter(isOneRowEach).sort((a, b) => b.rows - a.rows);
  return oneRowEach[0] ?? smallestWith(tables, [participant]);
}

/** The table with the fewest rows that has the columns: participants rather than their visits. */
function smallestWith(tables: readonly Table[], names: readonly (string | undefined)[]): Table | undefined {
  const having = tables.filter(({ columns }) => names.every((name) => name !== undefined && columns.has(name)));
  return having.reduce<Table | undefined>(
    (least, one) => (least === undefined || one.rows < least.rows ? one : least),
    undefined,
  );
}

function numbersOf(table: Table, name: string | undefined): Float64Array | null {
  const column = name === undefined ? undefined : table.columns.get(name);
  return column?.kind === "number" ? column.values : null;
}

/** One date of each row before another, or after it, but for rows of the visit that is let off. */
function checkDates(
  table: Table,
  name: string | undefined,
  otherName: string | undefined,
  order: "before" | "after",
  letOff: NonNullable<DataRoles["visit"]> | null,
  problems: ProblemList,
): void {
  const [values, others] = [numbersOf(table, name), numbersOf(table, otherName)];
  const visit = letOff === null ? undefined : table.columns.get(letOff.column);
  if (values === null || others === null) return;
  for (let row = 0; row < table.rows; row++) {
    const [value, other] = [values[row]!, others[row]!];
    const isWrong = order === "before" ? value < other : value > other;
    if (!isWrong || (visit !== undefined && textAt(visit, row) === letOff!.baseline)) continue;
    problems.add(`${table.name} ${name} ${order} ${otherName}`, () =>
      dateBefore(placeOf(table, row), name!, toIsoDate(value), order, otherName!, toIsoDate(other)),
    );
  }
}

/** Two rows of one participant on one day: one of them may be entered twice. */
function checkSameDay(table: Table, participant: string, date: string, problems: ProblemList): void {
  const days = numbersOf(table, date)!;
  for (const [id, rows] of rowsByValue(table, table.columns.get(participant)!)) {
    const seen = new Map<number, number>();
    for (const row of rows) {
      const day = days[row]!;
      if (Number.isNaN(day)) continue;
      const first = seen.get(day);
      if (first === undefined) seen.set(day, row);
      else
        problems.add(`${table.name} same day`, () =>
          sameDay(placeOf(table, row), participant, id, toIsoDate(day), placeInWords(table, first)),
        );
    }
  }
}

/** A later visit with an earlier date. */
function checkOrder(table: Table, { participant, visit, dates }: DataRoles, problems: ProblemList): void {
  const at = visit === undefined ? undefined : table.columns.get(visit.column);
  const days = numbersOf(table, dates.visited);
  if (at === undefined || days === null) return;
  for (const [id, rows] of rowsByValue(table, table.columns.get(participant)!)) {
    const known = rows.filter((row) => keyAt(at, row) !== null && !Number.isNaN(days[row]!));
    known.sort((a, b) => keyAt(at, a)! - keyAt(at, b)!);
    known.slice(1).forEach((row, i) => {
      const before = known[i]!;
      if (days[row]! < days[before]!)
        problems.add(`${table.name} order`, () =>
          visitsOutOfOrder(
            placeOf(table, row),
            participant,
            id,
            [textAt(at, before)!, toIsoDate(days[before]!)],
            [textAt(at, row)!, toIsoDate(days[row]!)],
          ),
        );
    });
  }
}

/** Staff with participants of both arms, and participants whose staff are of the other arm. */
function checkStaff(table: Table, { arm: armName, staff, individual }: DataRoles, problems: ProblemList): void {
  const member = staff === undefined ? undefined : table.columns.get(staff.column);
  const arm = armName === undefined ? undefined : table.columns.get(armName);
  if (member === undefined || arm === undefined) return;
  const ofStaff = table.columns.get(staff!.arm);
  const design = individual === null ? undefined : table.columns.get(individual.column);
  const first = new Map<string, number>();
  const told = new Set<string>();
  for (let row = 0; row < table.rows; row++) {
    if (design !== undefined && textAt(design, row) !== individual!.level) continue;
    const [who, own] = [textAt(member, row), textAt(arm, row)];
    if (who === null || own === null) continue;
    const theirs = ofStaff === undefined ? null : textAt(ofStaff, row);
    if (theirs !== null && theirs !== own)
      problems.add("staff of other arm", () => staffOfOtherArm(placeOf(table, row), own, staff!.column, who, theirs));
    const before = first.get(who);
    if (before === undefined) first.set(who, row);
    else if (textAt(arm, before) !== own && !told.has(who)) {
      told.add(who);
      problems.add("staff in two arms", () =>
        staffInTwoArms(placeOf(table, row), staff!.column, who, own, textAt(arm, before)!, placeInWords(table, before)),
      );
    }
  }
}

/**
 * Of a trial in which clusters were randomised: whether those of some kind have one arm each.
 * @param clusters     columns, the outermost first.
 * @param participant  column; without it the smallest table that has the columns is asked.
 * @returns a warning about the outermost when no kind does, with the first cluster that has two arms.
 */
export function checkClusterArms(
  tables: readonly Table[],
  armName: string,
  clusters: readonly string[],
  participant?: string,
): Problem[] {
  const ofParticipants = participant === undefined ? undefined : participantsIn(tables, { participant, arm: armName });
  const broken = clusters.flatMap((name) => {
    const table = smallestWith(ofParticipants === undefined ? tables : [ofParticipants], [name, armName]);
    if (table === undefined) return [];
    const arm = table.columns.get(armName)!;
    const groups = [...rowsByValue(table, table.columns.get(name)!)];
    const inTwo = groups.flatMap(([cluster, rows]) => {
      const known = rows.filter((row) => textAt(arm, row) !== null);
      const other = known.find((row) => textAt(arm, row) !== textAt(arm, known[0]!));
      return other === undefined ? [] : [{ cluster, rows: [known[0]!, other] as const }];
    });
    return [{ name, table, arm, of: groups.length, inTwo }];
  });
  const [outermost] = broken;
  if (outermost === undefined || broken.some(({ inTwo }) => inTwo.length === 0)) return [];
  const { name, table, arm, of, inTwo } = outermost;
  const [{ cluster, rows }] = inTwo as [(typeof inTwo)[number]];
  const arms = rows.map((row) => textAt(arm, row)!) as [string, string];
  return [clustersInTwoArms(placeOf(table, rows[1]), name, cluster, arms, inTwo.length, of)];
}

/** Clusters of a table of their own that have no participant. */
function checkClusters(
  tables: readonly Table[],
  participants: Table,
  { participant, clusters }: DataRoles,
  problems: ProblemList,
): void {
  const [outermost] = clusters;
  const having = participants.columns.get(outermost ?? "");
  const own = smallestWith(
    tables.filter(({ columns }) => !columns.has(participant)),
    [outermost],
  );
  if (having === undefined || own === undefined) return;
  const used = rowsByValue(participants, having);
  const column = own.columns.get(outermost!)!;
  for (let row = 0; row < own.rows; row++) {
    const name = textAt(column, row);
    if (name !== null && !used.has(name))
      problems.add("cluster without participants", () =>
        clusterWithoutParticipants(placeOf(own, row), outermost!, name, participants.name),
      );
  }
}

/** How many got something else than what they were randomised to, and where the first of them is. */
function changes(table: Table, { received }: DataRoles): Problem[] {
  return Object.entries(received).flatMap(([name, later]) => {
    const [before, after] = [table.columns.get(name), table.columns.get(later)];
    if (before === undefined || after === undefined) return [];
    const changed = Array.from({ length: table.rows }, (_, row) => row).filter((row) => differs(before, after, row));
    return changed.length === 0
      ? []
      : [changedSinceRandomised(placeOf(table, changed[0]!), name, later, changed.length, table.rows)];
  });
}

function differs(before: Column, after: Column, row: number): boolean {
  const [first, last] = [textAt(before, row), textAt(after, row)];
  return first !== null && last !== null && first !== last;
}

/** `clients.csv:14`. */
const placeOf = ({ name, lines }: Table, row: number): string =>
  lines === null ? `${name}, row ${row + 1}` : `${name}:${lines[row]}`;
