/** Columns that hold one value for each participant, therapist or unit, made of that one's rows in another table. */
import { inFile, type Problem, ProblemError, summaryNeedsNumber, summarySeveralRows } from "../problem.js";
import type { ColumnSpec, Summary } from "./dictionary.js";
import { evaluateCondition } from "./expression.js";
import { toIsoDate } from "./iso-date.js";
import { ProblemList } from "./problem-list.js";
import type { Column, Table } from "./table.js";
import { columnBuilder, DecimalMarks } from "./typed-column.js";

/** A value for each label of the column that it is per. */
export type SummaryValues = ReadonlyMap<string | number, number | string>;

/**
 * One value for each participant (or whatever `per` names) over the rows that `where` keeps and whose value is not
 * missing. Participants without such a row are not in the map.
 *
 * @throws ProblemError two rows where one is wanted; a mean of what is no number.
 */
export function summarise(
  source: Table,
  name: string,
  summary: Summary & { per: string },
  path: string,
): SummaryValues {
  const { take, value, where, order, per } = summary;
  const problems = new ProblemList();
  const keep = where === undefined ? null : evaluateCondition(where, source, path);
  const key = source.columns.get(per)!;
  const column = value === undefined ? null : source.columns.get(value)!;
  if (column?.kind === "category" && !["one", "first", "last", "count"].includes(take))
    throw new ProblemError([summaryNeedsNumber(path, value!, take)]);
  const rowsOf = new Map<string | number, number[]>();
  for (let row = 0; row < source.rows; row++) {
    const label = labelAt(key, row);
    if (label === null || (keep !== null && keep[row] !== 1)) continue;
    if (column !== null && labelAt(column, row) === null) continue;
    const rows = rowsOf.get(label);
    if (rows === undefined) rowsOf.set(label, [row]);
    else rows.push(row);
  }
  const values = new Map<string | number, number | string>();
  for (const [label, rows] of rowsOf) {
    if (order !== undefined) sortBy(rows, source.columns.get(order)!);
    if (take === "one" && rows.length > 1)
      problems.add("several", () =>
        summarySeveralRows(
          inFile(source.name, lineOf(source, rows[1]!)),
          name,
          per,
          String(label),
          lineOf(source, rows[0]!),
        ),
      );
    values.set(label, take === "count" ? rows.length : takenValue(column!, rows, take));
  }
  const found = problems.all();
  if (found.length > 0) throw new ProblemError(found);
  return values;
}

/** The table with the summary as a column, checked as what it is declared to be. Without a value: missing, of a count 0. */
export function addSummary(
  table: Table,
  name: string,
  spec: ColumnSpec,
  { per, take }: Summary & { per: string },
  values: SummaryValues,
): Table {
  const problems = new ProblemList();
  const builder = columnBuilder(name, spec, { file: table.name, problems, marks: new DecimalMarks(undefined) });
  const key = table.columns.get(per)!;
  for (let row = 0; row < table.rows; row++) {
    const label = labelAt(key, row);
    const value = label === null ? undefined : (values.get(label) ?? (take === "count" ? 0 : undefined));
    if (value === undefined) builder.addMissing();
    else builder.add(spec.type === "date" ? toIsoDate(Number(value)) : value, lineOf(table, row));
  }
  const column = builder.finish();
  const found: Problem[] = problems.all();
  if (found.length > 0) throw new ProblemError(found);
  return { ...table, columns: new Map(table.columns).set(name, column) };
}

function takenValue(column: Column, rows: readonly number[], take: Exclude<Summary["take"], "count">): number | string {
  if (column.kind === "category") return labelAt(column, take === "last" ? rows.at(-1)! : rows[0]!)!;
  const values = rows.map((row) => column.values[row]!);
  const sum = (): number => values.reduce((total, v) => total + v, 0);
  switch (take) {
    case "one":
    case "first":
      return values[0]!;
    case "last":
      return values.at(-1)!;
    case "sum":
      return sum();
    case "mean":
      return sum() / values.length;
    case "min":
      return values.reduce((a, b) => Math.min(a, b));
    case "max":
      return values.reduce((a, b) => Math.max(a, b));
  }
}

/** Rows in the order of a column; as they stand where it does not tell them apart, those without a value last. */
function sortBy(rows: number[], order: Column): void {
  const at = (row: number): number => {
    const value = order.kind === "number" ? order.values[row]! : order.codes[row]!;
    return Number.isNaN(value) || (order.kind === "category" && value < 0) ? Number.POSITIVE_INFINITY : value;
  };
  rows.sort((a, b) => (at(a) === at(b) ? a - b : at(a) < at(b) ? -1 : 1));
}

function labelAt(column: Column, row: number): string | number | null {
  if (column.kind === "category") return column.codes[row]! < 0 ? null : column.levels[column.codes[row]!]!;
  const value = column.values[row]!;
  return Number.isNaN(value) ? null : value;
}

const lineOf = ({ lines }: Table, row: number): number => lines?.[row] ?? row + 1;
