/** Whether each participant is in one arm. Where units switch arm (a stepped wedge) it is no problem that they are not. */
import { type Problem, participantInTwoArms } from "../problem.js";
import type { CategoryColumn, Column, Table } from "../table/table.js";

/** Most participants that are listed one by one. */
const LISTED = 20;

/** A problem for each participant with rows in two arms, with the first line in each. */
export function checkParticipantArms(table: Table, participantColumn: string, armColumn: string): Problem[] {
  const participant = table.columns.get(participantColumn);
  const arm = table.columns.get(armColumn);
  if (participant === undefined || arm?.kind !== "category") return [];
  const firstRow = new Map<number, number>();
  const reported = new Set<number>();
  const problems: Problem[] = [];
  for (let row = 0; row < table.rows; row++) {
    const id = participant.kind === "category" ? participant.codes[row]! : participant.values[row]!;
    if (arm.codes[row] === -1 || isMissing(participant, id)) continue;
    const first = firstRow.get(id);
    if (first === undefined) firstRow.set(id, row);
    else if (arm.codes[first] !== arm.codes[row] && !reported.has(id) && reported.size < LISTED) {
      reported.add(id);
      problems.push(problemAt(table, participant, arm, first, row, participantColumn));
    }
  }
  return problems;
}

const isMissing = ({ kind }: Column, value: number): boolean =>
  kind === "category" ? value === -1 : Number.isNaN(value);

function problemAt(
  table: Table,
  participant: Column,
  arm: CategoryColumn,
  first: number,
  row: number,
  column: string,
): Problem {
  const label =
    participant.kind === "category" ? participant.levels[participant.codes[row]!]! : String(participant.values[row]);
  const where = (at: number): string => (table.lines === null ? `row ${at + 1}` : `line ${table.lines[at]}`);
  return participantInTwoArms(table.name, table.lines?.[row] ?? null, {
    column,
    participant: label,
    arms: [first, row].map((at) => ({ arm: arm.levels[arm.codes[at]!]!, where: where(at) })),
  });
}
