/** A data file to a Table, by the plan's data dictionary. */
import { dataFileEnding, isError, type Problem, ProblemError } from "../problem.js";
import { addDerivedColumns, checkDerivedColumns } from "./derived-column.js";
import type { Dictionary } from "./dictionary.js";
import type { ColumnMaker } from "./made-column.js";
import { parseDelimited } from "./parse-delimited.js";
import { parseWorkbook } from "./parse-workbook.js";
import type { Table } from "./table.js";
import { type RowReceiver, TableBuilder } from "./table-builder.js";
import type { TableOptions } from "./table-options.js";
import { checkUniqueRows } from "./unique-rows.js";

type Parser = (bytes: Uint8Array, file: string, options: TableOptions, receiver: RowReceiver) => void | Promise<void>;

const parsers: ReadonlyMap<string, Parser> = new Map<string, Parser>([
  [".csv", parseDelimited],
  [".tsv", (bytes, file, options, receiver) => parseDelimited(bytes, file, { delimiter: "tab", ...options }, receiver)],
  [".txt", parseDelimited],
  [".xlsx", parseWorkbook],
]);

/** What a file is read for, beside its table. */
export interface ReadingAims {
  /** Where the derivation of a column stands, for problems. */
  readonly pathOf?: (column: string) => string;
  /**
   * Columns in all of which no two rows may agree. Looked at when other problems stop the reading, so that these are
   * listed with them; of the table that is returned it is the caller's to check (checkUniqueRows).
   */
  readonly unique?: readonly string[];
  /** What a summary is per where it does not say. */
  readonly participant?: string;
  /** How the columns that the trial's rules make (`score`, `classify`) are made, by name. */
  readonly makers?: ReadonlyMap<string, ColumnMaker>;
}

/**
 * Read and check a data file: the declared columns, each cell by its declaration, and the derived columns.
 *
 * @param bytes       The file.
 * @param file        Its name; the ending says how to read it: .csv, .tsv, .txt (as .csv), .xlsx.
 * @param dictionary  The columns to read; the others of the file are ignored.
 * @throws ProblemError with everything that is wrong, each with its line: structure of the file, missing columns,
 *         cells that are not what their column declares, expressions that cannot be evaluated.
 */
export async function readTable(
  bytes: Uint8Array,
  file: string,
  dictionary: Dictionary,
  options: TableOptions = {},
  { pathOf, unique = [] }: ReadingAims = {},
): Promise<Table> {
  const { table, problems } = await readColumns(bytes, file, dictionary, options);
  const all = [...problems, ...checkDerivedColumns(dictionary, pathOf)];
  if (all.some(isError)) throw new ProblemError([...all, ...repeatedRows(table, unique)]);
  return addDerivedColumns(table, dictionary, pathOf);
}

/** What one file holds: the declared columns that it has, without derived ones, its header, and what is wrong with them. */
export type FileColumns = ReturnType<TableBuilder["finish"]>;

/**
 * Read and check the cells of a file, without derived columns.
 *
 * @param absent  Whether a declared column that the file does not have is a problem, or only left out.
 * @throws ProblemError when the file cannot be taken apart into rows.
 */
export async function readColumns(
  bytes: Uint8Array,
  file: string,
  dictionary: Dictionary,
  options: TableOptions = {},
  absent: "problem" | "left-out" = "problem",
): Promise<FileColumns> {
  const name = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  const ending = /\.[^.]*$/.exec(name)?.[0].toLowerCase() ?? "";
  const parse = parsers.get(ending);
  if (parse === undefined) throw new ProblemError([dataFileEnding(name, ending, [...parsers.keys()])]);
  const builder = new TableBuilder(name, dictionary, options, absent);
  await parse(bytes, name, options, builder);
  return builder.finish();
}

/** Rows that repeat others, as far as the columns could be read. */
const repeatedRows = (table: Table, unique: readonly string[]): Problem[] =>
  unique.length > 0 && unique.every((name) => table.columns.has(name)) ? checkUniqueRows(table, unique) : [];
