/** Rows and participants: how many, how many are used, and why the others are not, by arm. */
import type { Exclusion } from "../formula/frame.js";
import type { CategoryColumn, Column, Table } from "../table/table.js";

export interface ExclusionCount {
  readonly reason: string;
  readonly detail: string;
  readonly rows: number;
}

/** Of one arm; `arm` null: of all rows, or of rows whose arm is missing when other arms are listed too. */
export interface ArmFlow {
  readonly arm: string | null;
  readonly rows: number;
  readonly used: number;
  readonly participants: number | null;
  readonly participantsUsed: number | null;
  readonly excludedBy: readonly ExclusionCount[];
}

/** The columns that play a role; null where the plan names none. */
export interface FlowRoles {
  readonly arm: CategoryColumn | null;
  readonly participant: Column | null;
}

/** One entry per arm in the order of the levels; arms without any row are left out. */
export function participantFlow(
  table: Table,
  used: Int32Array,
  excluded: readonly Exclusion[],
  { arm, participant }: FlowRoles,
): ArmFlow[] {
  const armOf = (row: number): number => (arm === null ? -1 : arm.codes[row]!);
  const arms = arm === null ? [-1] : [...arm.levels.keys(), -1];
  const rowsBy = countBy(allRows(table), armOf, arms.length);
  const usedBy = countBy(used, armOf, arms.length);
  const all = participant === null ? null : distinctBy(allRows(table), armOf, participant, arms.length);
  const participantsUsed = participant === null ? null : distinctBy(used, armOf, participant, arms.length);
  const excludedBy = excluded.map(({ rows }) => countBy(rows, armOf, arms.length));

  return arms
    .map((code) => {
      const at = code === -1 ? arms.length - 1 : code;
      return {
        arm: code === -1 ? null : arm!.levels[code]!,
        rows: rowsBy[at]!,
        used: usedBy[at]!,
        participants: all?.[at] ?? null,
        participantsUsed: participantsUsed?.[at] ?? null,
        excludedBy: excluded
          .map(({ reason, detail }, i) => ({ reason, detail, rows: excludedBy[i]![at]! }))
          .filter(({ rows }) => rows > 0),
      };
    })
    .filter(({ rows }) => rows > 0);
}

/** Every row of the table. */
export const allRows = ({ rows }: Table): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

/** How many of the rows have a value in the participant column that no earlier row has. */
export function countParticipants(rows: Int32Array, participant: Column): number {
  return distinctBy(rows, () => -1, participant, 1)[0]!;
}

/** Counts by arm; code −1 (missing, or no arm) is the last. */
function countBy(rows: Int32Array, armOf: (row: number) => number, arms: number): Int32Array {
  const counts = new Int32Array(arms);
  for (const row of rows) counts[slot(armOf(row), arms)]!++;
  return counts;
}

function distinctBy(rows: Int32Array, armOf: (row: number) => number, participant: Column, arms: number): number[] {
  const seen = Array.from({ length: arms }, () => new Set<number>());
  for (const row of rows) {
    const value = participant.kind === "category" ? participant.codes[row]! : participant.values[row]!;
    if (value !== -1 || participant.kind === "number") seen[slot(armOf(row), arms)]!.add(value);
  }
  return seen.map(({ size }) => size);
}

const slot = (code: number, arms: number): number => (code === -1 ? arms - 1 : code);
