/** The participants of a trial in groups: by design, where it has two, and by arm. Each participant counts once in a group. */
import type { CategoryColumn, Column, Table } from "../table/table.js";

/** A group of participants: those of one arm in one design. */
export interface ParticipantGroup {
  /** null: the trial has one design, or the plan names none. */
  readonly design: string | null;
  /** null: the plan names no arms. */
  readonly arm: string | null;
  /** The first row of each participant in the group, ascending. */
  readonly rows: Int32Array;
}

/** The columns of a table by which participants are grouped. */
export interface GroupingColumns {
  readonly participant: Column;
  readonly design: CategoryColumn | null;
  readonly arm: CategoryColumn | null;
}

export interface ParticipantGroups {
  /** Designs in the order of their levels, arms within them; groups without participants are left out. */
  readonly groups: readonly ParticipantGroup[];
  /** Participants in no group, because design or arm is missing. */
  readonly ungrouped: number;
}

/** @param rows  those that count, ascending. */
export function groupParticipants(rows: Int32Array, { participant, design, arm }: GroupingColumns): ParticipantGroups {
  const ungrouped = new Set<number>();
  const found = new Map<string, { design: number; arm: number; rows: Map<number, number> }>();
  for (const row of rows) {
    const who = keyAt(participant, row);
    if (who === null) continue;
    const codes = { design: design?.codes[row] ?? 0, arm: arm?.codes[row] ?? 0 };
    if (codes.design < 0 || codes.arm < 0) {
      ungrouped.add(who);
      continue;
    }
    const name = `${codes.design}/${codes.arm}`;
    const group = found.get(name) ?? { ...codes, rows: new Map() };
    if (!group.rows.has(who)) group.rows.set(who, row);
    found.set(name, group);
  }
  const inOrder = [...found.values()].sort((a, b) => a.design - b.design || a.arm - b.arm);
  return {
    groups: inOrder.map((group) => ({
      design: design === null ? null : design.levels[group.design]!,
      arm: arm === null ? null : arm.levels[group.arm]!,
      rows: Int32Array.from(group.rows.values()),
    })),
    ungrouped: ungrouped.size,
  };
}

/** A number that tells values of a column apart; null when the cell is missing. */
export function keyAt(column: Column, row: number): number | null {
  const value = column.kind === "category" ? column.codes[row]! : column.values[row]!;
  return column.kind === "category" ? (value < 0 ? null : value) : Number.isNaN(value) ? null : value;
}

/** The text of a cell, the same in every table that has the value; null when it is missing. */
export function textAt(column: Column, row: number): string | null {
  const key = keyAt(column, row);
  return key === null ? null : column.kind === "category" ? column.levels[key]! : String(key);
}

/** How many different values a column has in some rows. */
export const countValues = (column: Column, rows: Int32Array): number =>
  new Set(Array.from(rows, (row) => keyAt(column, row)).filter((key) => key !== null)).size;

/** Every row of the table in which a column has a value, by that value. */
export function rowsByValue(table: Table, column: Column): Map<string, number[]> {
  const rows = new Map<string, number[]>();
  for (let row = 0; row < table.rows; row++) {
    const text = textAt(column, row);
    if (text === null) continue;
    const known = rows.get(text);
    if (known === undefined) rows.set(text, [row]);
    else known.push(row);
  }
  return rows;
}
