/**
 * Makes a Table of the rows of a file while they are read, so that no row is kept as text.
 * The parsers know nothing of types; this knows nothing of delimiters or sheets.
 */
import {
  dataFileEmpty,
  dataNoRows,
  duplicatedHeader,
  emptyRow,
  inFile,
  missingColumn,
  type Problem,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { isMade } from "./derived-column.js";
import type { Dictionary } from "./dictionary.js";
import { growingCodes } from "./growing-array.js";
import { ProblemList } from "./problem-list.js";
import type { Column, Table } from "./table.js";
import type { TableOptions } from "./table-options.js";
import { type Cell, type ColumnBuilder, columnBuilder, DecimalMarks } from "./typed-column.js";

/** Cells of one row in the order of the header. null, and what is beyond the end, is an empty cell. */
export type RawRow = readonly (Cell | null)[];

/** Takes what a parser finds: first the header, then each row, with the line or sheet row it began on. */
export interface RowReceiver {
  header(names: readonly string[], line: number): void;
  row(cells: RawRow, line: number): void;
  /** A row that cannot be taken. Only the first of each kind of problem are made and listed. */
  rejectRow(kind: string, make: () => Problem): void;
}

/** Whether a row has nothing but white space. */
export const isEmptyRow = (cells: RawRow): boolean =>
  cells.every((cell) => cell === null || (typeof cell === "string" && cell.trim() === ""));

interface PlacedColumn {
  readonly name: string;
  /** In the header, from 0. */
  readonly position: number;
  readonly builder: ColumnBuilder;
}

export class TableBuilder implements RowReceiver {
  private readonly problems = new ProblemList();
  private readonly marks: DecimalMarks;
  private readonly missing: ReadonlySet<string>;
  private readonly columns: PlacedColumn[] = [];
  private readonly lines = growingCodes();
  private rows = 0;
  private rejectedRows = 0;
  private headerLine: number | null = null;
  private names: readonly string[] = [];
  /** Where empty rows began that are the end of the file unless another row follows. */
  private emptyLines: number[] = [];

  /**
   * @param file    File name without folder.
   * @param absent  Whether a declared column that the file does not have is a problem, or only left out.
   */
  constructor(
    private readonly file: string,
    private readonly dictionary: Dictionary,
    { missing = [""], decimal }: TableOptions,
    private readonly absent: "problem" | "left-out" = "problem",
  ) {
    this.marks = new DecimalMarks(decimal);
    this.missing = new Set(missing.map((text) => text.trim()));
  }

  rejectRow(kind: string, make: () => Problem): void {
    this.rejectedRows++;
    this.problems.add(kind, make);
  }

  header(names: readonly string[], line: number): void {
    this.headerLine = line;
    const header = names.map(headerName);
    this.names = header;
    const path = inFile(this.file, line);
    for (const [name, spec] of Object.entries(this.dictionary)) {
      if (isMade(spec)) continue;
      const position = header.indexOf(headerName(name));
      const times = header.filter((other) => other === headerName(name)).length;
      const reading = { file: this.file, problems: this.problems, marks: this.marks };
      if (times === 1) this.columns.push({ name, position, builder: columnBuilder(name, spec, reading) });
      else if (times > 1) this.problems.add("duplicated-header", () => duplicatedHeader(path, name, times));
      else if (this.absent === "problem")
        this.problems.add("missing-column", () => missingColumn(path, name, header, suggest(name, header)));
    }
  }

  row(cells: RawRow, line: number): void {
    // In a file of one column, an empty line between others is a missing value.
    if (isEmptyRow(cells)) this.emptyLines.push(line);
    else {
      for (const emptyLine of this.emptyLines) {
        if (this.names.length === 1) this.keep([], emptyLine);
        else this.rejectRow("empty-row", () => emptyRow(inFile(this.file, emptyLine)));
      }
      if (this.emptyLines.length > 0) this.emptyLines = [];
      this.keep(cells, line);
    }
  }

  private keep(cells: RawRow, line: number): void {
    this.rows++;
    this.lines.push(line);
    for (const { position, builder } of this.columns) {
      const raw = cells[position] ?? "";
      const cell = typeof raw === "string" ? raw.trim() : raw;
      if (this.missing.has(typeof cell === "string" ? cell : String(cell))) builder.addMissing();
      else builder.add(cell, line);
    }
  }

  /** The table, without derived columns, and all problems found. To be called once, after the last row. */
  finish(): { readonly table: Table; readonly header: readonly string[]; readonly problems: readonly Problem[] } {
    if (this.headerLine === null) this.problems.add("empty-file", () => dataFileEmpty(this.file));
    else if (this.rows + this.rejectedRows === 0)
      this.problems.add("no-rows", () => dataNoRows(this.file, this.headerLine!));
    const columns = new Map<string, Column>();
    for (const { name, builder } of this.columns) columns.set(name, builder.finish());
    return {
      table: { name: this.file, rows: this.rows, columns, lines: this.lines.take() },
      header: this.names,
      problems: [...this.problems.all(), ...this.marks.problems(this.file)],
    };
  }
}

/** Names are compared without outer white space, and with å as one character. */
const headerName = (name: string): string => name.trim().normalize();
