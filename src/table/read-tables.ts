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
  summaryColumnElsewhere,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { addDerivedColumn, checkDerivedColumns, isMade } from "./derived-column.js";
import type { ColumnSpec, Dictionary } from "./dictionary.js";
import { checkKey, joinTables } from "./join-tables.js";
import { addMadeColumn } from "./made-column.js";
import { type FileColumns, type ReadingAims, readColumns } from "./read-table.js";
import { addSummary, summarise } from "./summarised-column.js";
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
  aims: ReadingAims = {},
): Promise<ReadonlyMap<string, Table>> {
  const { pathOf, unique = [] } = aims;
  const problems: Problem[] = [];
  const read: ReadSource[] = [];
  const isOne = sources.length === 1;
  for (const source of sources) {
    try {
      const { bytes, file, options } = source;
      const columns = await readColumns(
        bytes,
        file,
        columnsOf(source, dictionary),
        options,
        isOne ? "problem" : "left-out",
      );
      read.push({ source, ...columns });
      problems.push(...columns.problems);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      problems.push(...error.problems);
    }
  }
  if (read.length === sources.length && !isOne) problems.push(...checkColumnsFound(read, dictionary));
  problems.push(...checkDerivedColumns(dictionary, pathOf), ...read.flatMap(checkKeyOf));
  throwErrors(problems);

  const joined = joinAll(read);
  const found = [...joined.values()].flatMap((table) => repeatedRows(table, unique));
  throwErrors(found);
  return inOrder(withMadeColumns(joined, dictionary, aims), dictionary);
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
    .filter(([column, spec]) => !isMade(spec) && !read.some(({ table }) => table.columns.has(column)))
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

/** The columns that are made of others, in the order of the dictionary, in every table that can have them. */
function withMadeColumns(
  tables: ReadonlyMap<string, Table>,
  dictionary: Dictionary,
  { pathOf, participant, makers }: ReadingAims,
): Map<string, Table> {
  const complete = new Map(tables);
  for (const [name, spec] of Object.entries(dictionary)) {
    if (!isMade(spec)) continue;
    const path = pathOf?.(name) ?? `column "${name}"`;
    const maker = makers?.get(name);
    const add =
      spec.derive !== undefined
        ? (table: Table) => addDerivedColumn(table, dictionary, name, pathOf)
        : spec.summarise !== undefined
          ? summaryIn(complete, name, spec, participant, path)
          : (table: Table) => (maker === undefined ? null : addMadeColumn(table, name, spec, maker));
    let places = 0;
    for (const [tableName, table] of complete) {
      if (spec.table !== undefined && spec.table !== tableName) continue;
      const more = add(table);
      if (more === null) continue;
      complete.set(tableName, more);
      places++;
    }
    if (places === 0) throw new ProblemError([derivedNowhere(name, [...tables.keys()])]);
  }
  return complete;
}

/** What adds a summary to a table; null for a table that has not what it is per. */
function summaryIn(
  tables: ReadonlyMap<string, Table>,
  name: string,
  spec: ColumnSpec,
  participant: string | undefined,
  path: string,
): (table: Table) => Table | null {
  const { table: from = [...tables.keys()][0]!, per = participant!, ...rest } = spec.summarise!;
  const source = tables.get(from)!;
  const summary = { ...rest, per };
  const absent = [per, rest.value, rest.order].filter((column) => column !== undefined && !source.columns.has(column));
  if (absent.length > 0) throw new ProblemError(absent.map((column) => summaryColumnElsewhere(path, column!, from)));
  const values = summarise(source, name, summary, path);
  return (table) => (table.columns.has(per) ? addSummary(table, name, spec, summary, values) : null);
}

/** Columns in the order of the dictionary. */
const inOrder = (tables: ReadonlyMap<string, Table>, dictionary: Dictionary): Map<string, Table> =>
  new Map(
    [...tables].map(([name, table]) => {
      const names = Object.keys(dictionary).filter((column) => table.columns.has(column));
      return [name, { ...table, columns: new Map(names.map((column) => [column, table.columns.get(column)!])) }];
    }),
  );

const repeatedRows = (table: Table, unique: readonly string[]): Problem[] =>
  unique.length > 0 && unique.every((name) => table.columns.has(name)) ? checkUniqueRows(table, unique) : [];

function throwErrors(problems: readonly Problem[]): void {
  if (problems.some(isError)) throw new ProblemError(problems);
}
