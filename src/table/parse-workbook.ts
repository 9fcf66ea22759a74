/** Excel workbooks (.xlsx): bytes to rows. Numbers stay numbers, days become ISO dates, true and false 1 and 0. */
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { readSheet, SheetNotFoundError } from "read-excel-file/universal";
import { dataNoSheet, dataNotWorkbook, type Problem, ProblemError } from "../problem.js";
import { suggest } from "../suggestion.js";
import { toDays, toIsoDate } from "./iso-date.js";
import { isEmptyRow, type RawRow, type RowReceiver } from "./table-builder.js";
import type { TableOptions } from "./table-options.js";
import type { Cell } from "./typed-column.js";

/**
 * Read one sheet of a workbook row by row: the first, or the declared one.
 *
 * The header is the first row that is not empty. Cells that a row lacks at its end are empty. A formula counts as
 * its last result; an error in a cell (`#N/A`, `#DIV/0!`) is a text, so that the receiver can complain of it.
 *
 * @param file      File name without folder, for messages.
 * @param receiver  Gets the header and each row, with the number of its sheet row.
 * @throws ProblemError when the bytes are no workbook, or it has no such sheet.
 */
export async function parseWorkbook(
  bytes: Uint8Array,
  file: string,
  options: TableOptions,
  receiver: RowReceiver,
): Promise<void> {
  const rows = await sheetRows(bytes, file, options.sheet);
  let begun = false;
  rows.forEach((values, index) => {
    const cells = values.map(toCell);
    if (begun) receiver.row(cells, index + 1);
    else if (!isEmptyRow(cells)) {
      receiver.header(headerNames(cells), index + 1);
      begun = true;
    }
  });
}

const headerNames = (cells: RawRow): string[] => cells.map((cell) => (cell === null ? "" : String(cell)));

async function sheetRows(bytes: Uint8Array, file: string, sheet: string | undefined): Promise<readonly unknown[][]> {
  try {
    return await readSheet(withPlainCells(bytes).slice().buffer, sheet ?? 1, { trim: false });
  } catch (error) {
    throw new ProblemError([workbookProblem(error, bytes, file, sheet)]);
  }
}

function workbookProblem(error: unknown, bytes: Uint8Array, file: string, sheet: string | undefined): Problem {
  if (error instanceof SheetNotFoundError && sheet !== undefined) {
    const { sheets = [] } = error as { sheets?: readonly string[] }; // there, but not among its declared types
    return dataNoSheet(file, sheet, sheets, suggest(sheet, sheets));
  }
  if (bytes[0] === 0xd0 && bytes[1] === 0xcf) return dataNotWorkbook(file, OLD_WORKBOOK);
  return dataNotWorkbook(file, bytes[0] === 0x50 && bytes[1] === 0x4b ? DAMAGED_WORKBOOK : NO_WORKBOOK);
}

const NO_WORKBOOK = "This is not an Excel workbook (.xlsx), whatever its name says.";
const OLD_WORKBOOK = "This is an old Excel workbook (.xls), or one with a password.";
const DAMAGED_WORKBOOK = "The workbook is damaged, or larger than can be read.";

/** All that is unpacked, together; a few bytes can be packed that unpack to gigabytes. */
const MAX_UNPACKED_BYTES = 500e6;

/**
 * The workbook with three things rewritten that read-excel-file 9.3.17 would get wrong without a word: error cells
 * (t="e"), which it takes for empty ones; ISO date cells (t="d"), which it reads by the machine's time zone; and
 * date1904="true", which it knows as "1" only.
 */
function withPlainCells(bytes: Uint8Array): Uint8Array {
  let unpacked = 0;
  const parts = unzipSync(bytes, {
    filter: ({ name, originalSize }) => /\.(xml|rels)$/.test(name) && (unpacked += originalSize) <= MAX_UNPACKED_BYTES,
  });
  if (unpacked > MAX_UNPACKED_BYTES) throw new RangeError("workbook too large");
  for (const [name, part] of Object.entries(parts)) {
    if (name.startsWith("xl/worksheets/")) parts[name] = strToU8(withTextCells(strFromU8(part)));
    if (name === "xl/workbook.xml") parts[name] = strToU8(strFromU8(part).replace(/date1904="true"/, 'date1904="1"'));
  }
  return zipSync(parts, { level: 0 });
}

/** Error cells and ISO date cells as text cells; of an ISO date with a time, the date. */
const withTextCells = (sheet: string): string =>
  sheet
    .replace(/(<(?:\w+:)?c\b[^>]*\st=)"d"([^>]*>\s*<(?:\w+:)?v>\s*\d{4}-\d\d-\d\d)T[^<]*/g, '$1"str"$2')
    .replace(/(<(?:\w+:)?c\b[^>]*\st=)"[de]"/g, '$1"str"');

const MILLISECONDS_A_DAY = 86_400_000;
/** 1900-03-01: before it, Excel counts a day that was not. */
const FIRST_DAY = toDays({ year: 1900, month: 3, day: 1 });
/** What Excel counts days from. */
const DAY_ZERO = toDays({ year: 1899, month: 12, day: 30 });

/** A value of read-excel-file as a cell. Of a day with a time, the day. */
function toCell(value: unknown): Cell | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" || typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  const days = Number(value) / MILLISECONDS_A_DAY; // a date object counts milliseconds from 1970
  return days < FIRST_DAY ? timeOfDay(days - DAY_ZERO) : toIsoDate(Math.floor(days));
}

/** A time or a duration, as the sheet shows it: "1:30". Neither a number nor a date. */
function timeOfDay(days: number): string {
  const minutes = Math.round(days * 24 * 60);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}
