/**
 * Columns that are typed cell by cell while a file is read, by their declaration in the data dictionary.
 * A cell that cannot be what its column declares becomes a problem that names line, column and value.
 */
import {
  ambiguousThousands,
  emptyCell,
  inCell,
  mixedDecimalMarks,
  noSuchDay,
  notANumber,
  notBinary,
  notIsoDate,
  otherDecimalMark,
  outOfRange,
  type Problem,
  tooLargeNumber,
  unknownLevel,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import type { ColumnSpec, FactorSpec, NumberSpec } from "./dictionary.js";
import { growingCodes, growingValues } from "./growing-array.js";
import { parseIsoDate } from "./iso-date.js";
import type { ProblemList } from "./problem-list.js";
import type { CategoryColumn, Column, NumberColumn } from "./table.js";

/** A cell without outer white space; a number only from a workbook, where numbers are not written in text. */
export type Cell = string | number;

/** A column that grows by a cell at a time. */
export interface ColumnBuilder {
  add(cell: Cell, line: number): void;
  addMissing(): void;
  finish(): Column;
}

/** What the columns of one file share while they are built. */
export interface FileReading {
  /** File name without folder. */
  readonly file: string;
  readonly problems: ProblemList;
  readonly marks: DecimalMarks;
}

/** An empty column for what `spec` declares. */
export function columnBuilder(name: string, spec: ColumnSpec, reading: FileReading): ColumnBuilder {
  switch (spec.type) {
    case "id":
      return idBuilder(name, reading);
    case "factor":
      return factorBuilder(name, spec, reading);
    case "number":
      return numberBuilder(name, spec, reading);
    case "binary":
      return valueBuilder({ type: "binary", unit: null }, name, reading, parseBinary);
    case "date":
      return valueBuilder({ type: "date", unit: null }, name, reading, parseDate);
  }
}

// ── categories ──────────────────────────────────────────────────────────────────────────────────

function idBuilder(name: string, { file, problems }: FileReading): ColumnBuilder {
  const codes = growingCodes();
  const codeOf = new Map<string, number>();
  return {
    add(cell, line) {
      const id = String(cell);
      if (id === "") {
        problems.add(`empty ${name}`, () => emptyCell(inCell(file, line, name)));
        return codes.push(-1);
      }
      let code = codeOf.get(id);
      if (code === undefined) codeOf.set(id, (code = codeOf.size));
      codes.push(code);
    },
    addMissing: () => codes.push(-1),
    finish: (): CategoryColumn => ({ kind: "category", type: "id", codes: codes.take(), levels: [...codeOf.keys()] }),
  };
}

function factorBuilder(name: string, { levels, called }: FactorSpec, { file, problems }: FileReading): ColumnBuilder {
  const codes = growingCodes();
  const codeOf = called === undefined ? levelCodes(levels) : blindCodes(levels, called);
  return {
    add(cell, line) {
      const text = String(cell);
      const code = codeOf.get(text) ?? codeOf.get(text.normalize());
      if (code === undefined) problems.add(`level ${name}`, () => wrongLevel(inCell(file, line, name), text, levels));
      codes.push(code ?? -1);
    },
    addMissing: () => codes.push(-1),
    finish: (): CategoryColumn => ({ kind: "category", type: "factor", codes: codes.take(), levels: [...levels] }),
  };
}

/** Codes by label. Labels in either Unicode form count as one: å may come as one character or as a and a ring. */
function levelCodes(levels: readonly string[]): Map<string, number> {
  const codeOf = new Map<string, number>();
  levels.forEach((level, code) => {
    for (const form of [level.trim(), level.trim().normalize()]) if (!codeOf.has(form)) codeOf.set(form, code);
  });
  return codeOf;
}

/** Codes by the text in the file, where it is not the level: levels that have another name in the file are not found by their own. */
function blindCodes(levels: readonly string[], called: Readonly<Record<string, string>>): Map<string, number> {
  const texts = new Map(Object.entries(called).map(([text, level]) => [level, text]));
  return levelCodes(levels.map((level) => texts.get(level) ?? level));
}

const wrongLevel = (path: string, text: string, levels: readonly string[]): Problem =>
  text === "" ? emptyCell(path) : unknownLevel(path, text, levels, suggest(text, levels));

// ── numbers ─────────────────────────────────────────────────────────────────────────────────────

/** The value of a cell, or why it has none. */
type Parsed = number | ((path: string) => Problem);

function valueBuilder(
  column: Pick<NumberColumn, "type" | "unit">,
  name: string,
  { file, problems }: FileReading,
  parse: (cell: Cell, line: number) => Parsed,
): ColumnBuilder {
  const values = growingValues();
  return {
    add(cell, line) {
      const parsed = parse(cell, line);
      if (typeof parsed === "number") return values.push(parsed);
      values.push(Number.NaN);
      const problem = parsed(inCell(file, line, name));
      problems.add(`${problem.code} ${name}`, () => problem);
    },
    addMissing: () => values.push(Number.NaN),
    finish: (): NumberColumn => ({ kind: "number", ...column, values: values.take() }),
  };
}

function numberBuilder(name: string, { range, unit }: NumberSpec, reading: FileReading): ColumnBuilder {
  const parse = (cell: Cell, line: number): Parsed => {
    const value = typeof cell === "number" ? cell : parseNumber(cell, reading.marks, name, line);
    if (typeof value !== "number") return value;
    if (!Number.isFinite(value)) return (path) => tooLargeNumber(path, String(cell));
    if (range !== undefined && (value < range[0] || value > range[1]))
      return (path) => outOfRange(path, String(cell), range);
    return value;
  };
  return valueBuilder({ type: "number", unit: unit ?? null }, name, reading, parse);
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A number with a decimal point or a decimal comma, and nothing else: no thousands separators, no signs or units. */
function parseNumber(cell: string, marks: DecimalMarks, column: string, line: number): Parsed {
  const text = cell.includes("\u2212") ? cell.replaceAll("\u2212", "-") : cell; // the minus sign of typesetting
  const comma = text.indexOf(",");
  const point = text.includes(".");
  const plain = comma < 0 || point ? text : `${text.slice(0, comma)}.${text.slice(comma + 1)}`;
  if (!NUMBER.test(plain)) return cell === "" ? emptyCell : (path) => notANumber(path, cell);
  if (comma >= 0 || point) {
    const { declared } = marks;
    if (declared !== undefined && declared !== (point ? "." : ","))
      return (path) => otherDecimalMark(path, cell, declared);
    marks.note(point ? "." : ",", { text: cell, column, line });
  }
  return Number(plain);
}

interface MarkedCell {
  readonly text: string;
  readonly column: string;
  readonly line: number;
}

/** The decimal marks that a file's numbers use: one mark in one file. */
export class DecimalMarks {
  private readonly first: { ".": MarkedCell | null; ",": MarkedCell | null } = { ".": null, ",": null };
  private onlyThousands = true;

  constructor(readonly declared: "." | "," | undefined) {}

  note(mark: "." | ",", cell: MarkedCell): void {
    this.first[mark] ??= cell;
    if (mark === "," && this.onlyThousands) this.onlyThousands = /^\D?[1-9]\d{0,2},\d{3}$/.test(cell.text);
  }

  /** Problems that show only when all numbers of the file have been seen. */
  problems(file: string): Problem[] {
    const { ".": point, ",": comma } = this.first;
    if (comma === null) return [];
    if (point !== null) return [mixedDecimalMarks(file, point, comma)];
    // Nothing but 1,234 and 56,789: as likely thousands as decimals, a factor of a thousand apart.
    if (this.onlyThousands && this.declared === undefined)
      return [ambiguousThousands(inCell(file, comma.line, comma.column), comma.text)];
    return [];
  }
}

function parseBinary(cell: Cell): Parsed {
  if (cell === "0" || cell === 0) return 0;
  if (cell === "1" || cell === 1) return 1;
  return cell === "" ? emptyCell : (path) => notBinary(path, String(cell));
}

function parseDate(cell: Cell): Parsed {
  const text = String(cell);
  const days = parseIsoDate(text);
  if (!Number.isNaN(days)) return days;
  if (text === "") return emptyCell;
  return (path) => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? noSuchDay(path, text) : notIsoDate(path, text));
}
