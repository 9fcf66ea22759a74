/** Several data files to tables that are joined with each other, by one data dictionary. */
import {
  derivedNowhere,
  inFile,
  isError,
  joinCircle,
  missingColumn,
  missingColumnEverywhere,
  type Problem,
  ProblemError,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { addDerivedColumns, checkDerivedColumns, derivable } from "./derived-column.js";
import type { Dictionary } from "./dictionary.js";
import { checkKey, joinTables } from "./join-tables.js";
import { type FileColumns, type ReadingAims, readColumns } from "./read-table.js";
import type { Table } from "./table.js";
import type { TableOptions } from "./table-options.js";
import { checkUniqueRows } from "./unique-rows.js";

/** One file of several, as `data.tables` of the plan has it. */
export interface TableSource {
  /** What the plan calls the table: `visits`. */
  readonly name: string;
  /** The file's name; the ending says how to read it. */
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly options: TableOptions;
  /** The column whose value tells the rows apart; needed by tables that are joined with this one. */
  readonly key?: string;
  /** Tables whose columns each row gets, with the column of this table that holds their key. */
  readonly join: Readonly<Record<string, string>>;
}

interface ReadSource extends FileColumns {
  readonly source: TableSource;
}

/**
 * Read, check and join data files. A column of the dictionary is read from every file that has it (of those that its
 * `table` allows); two tables that are joined may have no column in common but the key. A derived column is made in every
 * table that has, after the joins, what it is made of.
 *
 * @returns Tables by name, in the order of the sources.
 * @throws ProblemError with everything that is wrong in any file, then with what is wrong between them.
 */
export async function readTables(
  sources: readonly TableSource[],
  dictionary: Dictionary,
  { pathOf, unique = [] }: ReadingAims = {},
): Promise<ReadonlyMap<string, Table>> {
  const problems: Problem[] = [];
  const read: ReadSource[] = [];
  for (const source of sources) {
    try {
      const { bytes, file, options } = source;
      const columns = await readColumns(bytes, file, columnsOf(source, dictionary), options, "left-out");
      read.push({ source, ...columns });
      problems.push(...columns.problems);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (read.length === sources.length) problems.push(...checkColumnsFound(read, dictionary));
  problems.push(...checkDerivedColumns(dictionary, pathOf), ...read.flatMap(checkKeyOf));
  throwErrors(problems);

  const joined = joinAll(read);
  const found = [...joined.values()].flatMap((table) => repeatedRows(table, unique));
  throwErrors(found);
  return withDerived(joined, dictionary, pathOf);
}

/** What of the dictionary a file may have: not what is another table's, but always the keys of its joins. */
const columnsOf = ({ name, key, join }: TableSource, dictionary: Dictionary): Dictionary => {
  const keys = new Set([...Object.values(join), ...(key === undefined ? [] : [key])]);
  return Object.fromEntries(
    Object.entries(dictionary).filter(
      ([column, { table }]) => table === undefined || table === name || keys.has(column),
    ),
  );
};

/** Columns that no file has, or not the file that must have them. */
function checkColumnsFound(read: readonly ReadSource[], dictionary: Dictionary): Problem[] {
  const isNeeded = read.flatMap(({ source, header, table }) =>
    [...new Set([...(source.key === undefined ? [] : [source.key]), ...Object.values(source.join)])]
      .filter((column) => Object.hasOwn(dictionary, column) && !table.columns.has(column))
      .map((column) => missingColumn(inFile(table.name, 1), column, header, suggest(column, header))),
  );
  const files = read.map(({ table }) => table.name);
  const headers = read.flatMap(({ header }) => header);
  const nowhere = Object.entries(dictionary)
    .filter(([column, { derive }]) => derive === undefined && !read.some(({ table }) => table.columns.has(column)))
    .map(([column]) => missingColumnEverywhere(column, files, suggest(column, headers)));
  return [...isNeeded, ...nowhere];
}

const checkKeyOf = ({ source: { key }, table }: ReadSource): Problem[] =>
  key === undefined || !table.columns.has(key) ? [] : checkKey({ table, key });

/** Each table with those that it is joined with, which are joined first. */
function joinAll(read: readonly ReadSource[]): Map<string, Table> {
  const byName = new Map(read.map((one) => [one.source.name, one]));
  const done = new Map<string, Table>();
  const problems: Problem[] = [];
  const complete = (name: string, above: readonly string[]): Table => {
    const before = done.get(name);
    if (before !== undefined) return before;
    if (above.includes(name)) throw new ProblemError([joinCircle([...above.slice(above.indexOf(name)), name])]);
    const { source, table: own } = byName.get(name)!;
    let table = own;
    for (const [other, by] of Object.entries(source.join)) {
      const key = byName.get(other)!.source.key!;
      const result = joinTables(table, by, { table: complete(other, [...above, name]), key });
      problems.push(...result.problems);
      table = result.table;
    }
    done.set(name, table);
    return table;
  };
  for (const { source } of read) complete(source.name, []);
  throwErrors(problems);
  return new Map(read.map(({ source }) => [source.name, done.get(source.name)!]));
}

function withDerived(
  tables: ReadonlyMap<string, Table>,
  dictionary: Dictionary,
  pathOf: ReadingAims["pathOf"],
): Map<string, Table> {
  const made = new Set<string>();
  const complete = new Map<string, Table>();
  for (const [name, table] of tables) {
    const own = derivable(table, dictionary, name);
    for (const column of Object.keys(own)) made.add(column);
    complete.set(name, addDerivedColumns(table, own, pathOf));
  }
  const nowhere = Object.entries(dictionary).filter(
    ([column, { derive }]) => derive !== undefined && !made.has(column),
  );
  throwErrors(nowhere.map(([column]) => derivedNowhere(column, [...tables.keys()])));
  return complete;
}

const repeatedRows = (table: Table, unique: readonly string[]): Problem[] =>
  unique.length > 0 && unique.every((name) => table.columns.has(name)) ? checkUniqueRows(table, unique) : [];

function throwErrors(problems: readonly Problem[]): void {
  if (problems.some(isError)) throw new ProblemError(problems);
}
