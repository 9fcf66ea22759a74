/** Columns that are not in the file but made of others, by `derive` in the data dictionary. */
import { notDerivable, type Problem, ProblemError } from "../problem.js";
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
  const entries = Object.entries(dictionary);
  const derived = entries.filter(([, spec]) => spec.derive !== undefined);
  return derived.map(([name, spec], place) => {
    const later = new Set(derived.slice(place).map(([other]) => other));
    const known = Object.fromEntries(entries.filter(([other]) => !later.has(other)));
    return { name, text: spec.derive ?? "", spec, known, later };
  });
}

/** The part of a dictionary that a table has, or that can be made from what it has, in the order of the dictionary. */
export function derivable(table: Table, dictionary: Dictionary, tableName: string): Dictionary {
  const own = new Set(table.columns.keys());
  for (const { name, text, spec, later } of derivations(dictionary)) {
    if (spec.table !== undefined && spec.table !== tableName) continue;
    const known = Object.fromEntries(
      Object.entries(dictionary).filter(([other]) => own.has(other) && !later.has(other)),
    );
    if (checkExpression(text, known).length === 0) own.add(name);
  }
  return Object.fromEntries(Object.entries(dictionary).filter(([name]) => own.has(name)));
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
    const result = evaluateExpression(text, complete, {
      path: pathOf(name),
      needed: needed[spec.type] ?? "any",
      later,
    });
    const columns = new Map(complete.columns).set(name, columnOf(result, name, spec, table));
    complete = { ...complete, columns };
  }
  const inOrder = Object.keys(dictionary).map((name): [string, Column] => [name, complete.columns.get(name)!]);
  return { ...complete, columns: new Map(inOrder) };
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
