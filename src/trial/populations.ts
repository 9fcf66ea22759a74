/**
 * Populations: named sets of rows by declared rules, each exclusion counted and named. Without one everybody is analysed as
 * randomised (intention to treat). A rule that cannot be judged, since what it asks for is missing, excludes nobody.
 *
 * Source: CONSORT 2025, items on who is included in each analysis; ICH E9, section 5.2.
 */
import type { Exclusion } from "../formula/frame.js";
import { evaluateCondition } from "../table/expression.js";
import type { Column, Table } from "../table/table.js";

/** One rule of a plan's population. */
export interface PopulationRule {
  /** Rows that are excluded. */
  readonly where: string;
  /** In words, as flow tables show it. */
  readonly reason: string;
}

export interface PopulationRows {
  /** The table that was restricted, and of it the rows that are in the population, ascending. */
  readonly full: Table;
  readonly rows: Int32Array;
  /** Rows of the full table by rule; a row has the first that applies. */
  readonly excluded: readonly Exclusion[];
  /** By rule the rows for which it is missing, and which stay for that reason alone. */
  readonly unjudged: readonly { readonly rule: PopulationRule; readonly rows: number }[];
}

/** Who of a table is in a population. @throws ProblemError for a condition that cannot be evaluated. */
export function populationRows(table: Table, rules: readonly PopulationRule[], path: string): PopulationRows {
  const judged = rules.map(({ where }) => evaluateCondition(where, table, path));
  const all = Array.from({ length: table.rows }, (_, row) => row);
  const ruleOf = all.map((row) => judged.findIndex((values) => values[row] === 1));
  return {
    full: table,
    rows: Int32Array.from(all.filter((row) => ruleOf[row] === -1)),
    excluded: rules
      .map(({ reason }, i) => ({
        reason: "population" as const,
        detail: reason,
        rows: Int32Array.from(all.filter((row) => ruleOf[row] === i)),
      }))
      .filter(({ rows }) => rows.length > 0),
    unjudged: rules
      .map((rule, i) => ({ rule, rows: all.filter((row) => ruleOf[row] === -1 && judged[i]![row]! < 0).length }))
      .filter(({ rows }) => rows > 0),
  };
}

/** The rows of a table, as a table; levels stay as they are. */
export function rowsOfTable(table: Table, rows: Int32Array): Table {
  const take = (column: Column): Column =>
    column.kind === "category"
      ? { ...column, codes: Int32Array.from(rows, (row) => column.codes[row]!) }
      : { ...column, values: Float64Array.from(rows, (row) => column.values[row]!) };
  const { lines } = table;
  return {
    ...table,
    rows: rows.length,
    columns: new Map([...table.columns].map(([name, column]) => [name, take(column)])),
    lines: lines === null ? null : Int32Array.from(rows, (row) => lines[row]!),
  };
}

/**
 * A table in which everybody is in the arm received: this takes the place of the arm as randomised. For safety populations,
 * analysed as treated. Whose arm received is missing, or not a level of the arm, has none.
 * The columns are factors with the same levels, as the check of the plan has it.
 */
export function byArmReceived(table: Table, arm: string, received: string): Table {
  const [randomised, other] = [table.columns.get(arm), table.columns.get(received)];
  if (randomised?.kind !== "category" || other?.kind !== "category") return table;
  const codeOf = other.levels.map((level) => randomised.levels.indexOf(level));
  const codes = other.codes.map((code) => (code < 0 ? -1 : codeOf[code]!));
  return { ...table, columns: new Map(table.columns).set(arm, { ...randomised, codes }) };
}

/** What an analysis of the restricted table used and excluded, in rows of the full one, the population's own first. */
export function inFullTable(
  { rows: kept, excluded: ofPopulation }: PopulationRows,
  rows: Int32Array,
  excluded: readonly Exclusion[],
): { readonly rows: Int32Array; readonly excluded: readonly Exclusion[] } {
  const back = (some: Int32Array): Int32Array => Int32Array.from(some, (row) => kept[row]!);
  return {
    rows: back(rows),
    excluded: [...ofPopulation, ...excluded.map((one) => ({ ...one, rows: back(one.rows) }))],
  };
}
