/** The levels that rows have of a column, and their codes. */
import type { Column, Table } from "../table/table.js";
import type { GroupingFactor } from "./grouping-factor.js";

/** Rows of a table, ascending; null for all of them. */
export type Rows = Int32Array | null;

/** Levels that a row has: in the column's order for a category, ascending for numbers. Missing cells have none. */
export function levelsInUse(column: Column, rows: Rows): string[] {
  const count = rows?.length ?? (column.kind === "category" ? column.codes : column.values).length;
  if (column.kind === "category") {
    const used = new Uint8Array(column.levels.length);
    for (let i = 0; i < count; i++) {
      const code = column.codes[rows === null ? i : rows[i]!]!;
      if (code >= 0) used[code] = 1;
    }
    return column.levels.filter((_, level) => used[level] === 1);
  }
  const values = new Set<number>();
  for (let i = 0; i < count; i++) {
    const value = column.values[rows === null ? i : rows[i]!]!;
    if (!Number.isNaN(value)) values.add(value);
  }
  return [...values].sort((a, b) => a - b).map(String);
}

export interface LevelCodes {
  /** Index into the levels; −1 for a missing cell and for a level that is not among them. */
  readonly codes: Int32Array;
  /** Levels that rows have but that are not among those given. */
  readonly unknown: readonly string[];
}

/** Codes of a column by given levels, which may be those of another table. */
export function codesByLevels(column: Column, levels: readonly string[], rows: Rows): LevelCodes {
  const unknown = new Set<string>();
  const byCategory = column.kind === "category";
  const values: ArrayLike<number> = byCategory ? column.codes : column.values;
  const label = (value: number): string => (byCategory ? column.levels[value]! : String(value));
  const index = new Map(levels.map((level, code) => [level, code]));
  /** From a category's code or a number to the code by `levels`, looked up by its label once. */
  const recode = new Map<number, number>();
  const codes = new Int32Array(rows?.length ?? values.length);
  for (let i = 0; i < codes.length; i++) {
    const value = values[rows === null ? i : rows[i]!]!;
    let code = recode.get(value);
    if (code === undefined) {
      const missing = byCategory ? value < 0 : Number.isNaN(value);
      code = missing ? -1 : (index.get(label(value)) ?? -1);
      if (code === -1 && !missing) unknown.add(label(value));
      recode.set(value, code);
    }
    codes[i] = code;
  }
  return { codes, unknown: [...unknown] };
}

/** A factor whose levels keep the column's order (or ascend, for numbers): the visits of a repeated measure. */
export function toOrderedFactor(table: Table, name: string, rows: Int32Array): GroupingFactor {
  const column = table.columns.get(name)!;
  const levels = levelsInUse(column, rows);
  return { levels, codes: codesByLevels(column, levels, rows).codes };
}
