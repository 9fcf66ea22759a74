/** Columns that are not in the file but made of others, by `derive` in the data dictionary. */
import {
  notDerivable,
  type Problem,
  ProblemError,
  summaryAndDerive,
  summaryNeedsPer,
  summaryNeedsValue,
  summaryUnknownColumn,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import type { ColumnSpec, Dictionary } from "./dictionary.js";
import { checkExpression, type ExpressionResult, evaluateExpression, type Needed } from "./expression.js";
import { ProblemList } from "./problem-list.js";
import type { Column, Table } from "./table.js";
import { type ColumnBuilder, columnBuilder, DecimalMarks } from "./typed-column.js";

const needed: Readonly<Partial<Record<ColumnSpec["type"], Needed>>> = {
  number: "number",
  binary: "number",
  factor: "text",
};

/**
 * What is wrong with the derived columns of a dictionary. A derived column can use those of the file, and derived ones
 * that stand above it.
 *
 * @param pathOf  Where the derivation of a column stands, for problems.
 */
export function checkDerivedColumns(
  dictionary: Dictionary,
  pathOf: (column: string) => string = derivationOf,
): Problem[] {
  return derivations(dictionary).flatMap(({ name, text, spec, known, later }) => {
    const kind = needed[spec.type];
    if (kind === undefined) return [notDerivable(pathOf(name), name, spec.type)];
    return checkExpression(text, known, { path: pathOf(name), needed: kind, later });
  });
}

const derivationOf = (column: string): string => `column "${column}", derive`;

interface Derivation {
  readonly name: string;
  readonly text: string;
  readonly spec: ColumnSpec;
  /** Columns that it can use. */
  readonly known: Dictionary;
  /** Itself, and derived columns below it. */
  readonly later: ReadonlySet<string>;
}

function derivations(dictionary: Dictionary): Derivation[] {
  return Object.entries(dictionary).flatMap(([name, spec]) => {
    if (spec.derive === undefined) return [];
    const later = laterColumns(dictionary, name);
    return [{ name, text: spec.derive, spec, known: without(dictionary, later), later }];
  });
}

/** Whether a column is not in a file but made of others. */
export const isMade = (spec: ColumnSpec): boolean => waysMade(spec).length > 0;

/** Keys of a column by which it is made; there may be one at most. */
export const waysMade = (spec: ColumnSpec): string[] =>
  (["derive", "summarise", "score", "classify"] as const).filter((way) => spec[way] !== undefined);

/** A made column and those made below it: they are made in the order of the dictionary. */
export function laterColumns(dictionary: Dictionary, name: string): Set<string> {
  const made = Object.keys(dictionary).filter((other) => isMade(dictionary[other]!));
  return new Set(made.slice(made.indexOf(name)));
}

const without = (dictionary: Dictionary, names: ReadonlySet<string>): Dictionary =>
  Object.fromEntries(Object.entries(dictionary).filter(([name]) => !names.has(name)));

/**
 * What is wrong with the summaries of a dictionary: columns that there are not, or not yet.
 *
 * @param participant  What a summary is per where it does not say.
 * @param pathOf       Where the summary of a column stands, for problems.
 */
export function checkSummaries(
  dictionary: Dictionary,
  participant: string | undefined,
  pathOf: (column: string) => string,
): Problem[] {
  return Object.entries(dictionary).flatMap(([name, { summarise, derive }]) => {
    if (summarise === undefined) return [];
    const path = pathOf(name);
    const later = laterColumns(dictionary, name);
    const known = without(dictionary, later);
    const { value, where, order, per = participant, take } = summarise;
    const unknown = [value, order, per].filter((column) => column !== undefined && !Object.hasOwn(known, column));
    return [
      ...(derive === undefined ? [] : [summaryAndDerive(path, name)]),
      ...(value === undefined && take !== "count" ? [summaryNeedsValue(path, name, take)] : []),
      ...(per === undefined ? [summaryNeedsPer(path, name)] : []),
      ...unknown.map((column) =>
        summaryUnknownColumn(path, column!, later.has(column!), suggest(column!, Object.keys(known))),
      ),
      ...(where === undefined ? [] : checkExpression(where, known, { path, needed: "condition", later })),
    ];
  });
}

/**
 * The table with one derived column more; null when it has not all the columns that this is made of.
 *
 * @throws ProblemError what is wrong with its values.
 */
export function addDerivedColumn(
  table: Table,
  dictionary: Dictionary,
  name: string,
  pathOf: (column: string) => string = derivationOf,
): Table | null {
  const spec = dictionary[name]!;
  const own = Object.fromEntries(Object.entries(dictionary).filter(([other]) => table.columns.has(other)));
  if (checkExpression(spec.derive!, own).length > 0) return null;
  return withDerived(table, name, spec.derive!, spec, laterColumns(dictionary, name), pathOf);
}

/**
 * The table with its derived columns, in the order of the dictionary. Their values are checked as those of the file:
 * levels, range, 0/1.
 *
 * @param pathOf  As for checkDerivedColumns.
 * @throws ProblemError what is wrong with expressions or values.
 */
export function addDerivedColumns(
  table: Table,
  dictionary: Dictionary,
  pathOf: (column: string) => string = derivationOf,
): Table {
  let complete = table;
  for (const { name, text, spec, later } of derivations(dictionary)) {
    complete = withDerived(complete, name, text, spec, later, pathOf);
  }
  const inOrder = Object.keys(dictionary).map((name): [string, Column] => [name, complete.columns.get(name)!]);
  return { ...complete, columns: new Map(inOrder) };
}

function withDerived(
  table: Table,
  name: string,
  text: string,
  spec: ColumnSpec,
  later: ReadonlySet<string>,
  pathOf: (column: string) => string,
): Table {
  const result = evaluateExpression(text, table, { path: pathOf(name), needed: needed[spec.type] ?? "any", later });
  return { ...table, columns: new Map(table.columns).set(name, columnOf(result, name, spec, table)) };
}

function columnOf(
  result: ExpressionResult,
  name: string,
  spec: ColumnSpec,
  { name: file, rows, lines }: Table,
): Column {
  const problems = new ProblemList();
  const builder = columnBuilder(name, spec, { file, problems, marks: new DecimalMarks(undefined) });
  for (let row = 0; row < rows; row++) addValue(builder, result, row, lines?.[row] ?? row + 1);
  const column = builder.finish();
  const found = problems.all();
  if (found.length > 0) throw new ProblemError(found);
  return column;
}

function addValue(builder: ColumnBuilder, { kind, values }: ExpressionResult, row: number, line: number): void {
  const value = values[row] ?? null;
  const isMissing = value === null || Number.isNaN(value) || (kind === "condition" && value === -1);
  if (isMissing) builder.addMissing();
  else builder.add(value, line);
}
