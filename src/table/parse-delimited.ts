/** Text files with delimiters (.csv, .tsv): bytes to rows. Cells stay text; types are the receiver's affair. */
import Papa from "papaparse";
import {
  dataFileTooLarge,
  dataNotEncoded,
  dataNotText,
  inFile,
  type Problem,
  ProblemError,
  raggedRow,
  textAfterQuote,
  unclosedQuote,
} from "../problem.js";
import { isEmptyRow, type RowReceiver } from "./table-builder.js";
import type { TableOptions } from "./table-options.js";

/** Below the longest text that JavaScript engines can hold. */
const MAX_BYTES = 500e6;

/**
 * Read a text file row by row.
 *
 * The delimiter is the one of comma, semicolon and tab that the header line has most of outside quotes, or the
 * declared one, or that of a first line `sep=;`. Cells may be quoted, with delimiters, doubled quotes and line
 * breaks inside; lines end in LF, CRLF or CR.
 *
 * @param bytes     The file. UTF-8 or UTF-16 by its byte-order mark, else UTF-8, else Windows-1252.
 * @param file      File name without folder, for messages.
 * @param receiver  Gets the header, each row, and a problem for each row that is ragged or badly quoted.
 * @throws ProblemError when the bytes are not text.
 */
export function parseDelimited(bytes: Uint8Array, file: string, options: TableOptions, receiver: RowReceiver): void {
  const { text, start, delimiter } = withoutSeparatorLine(decode(bytes, file, options.encoding));
  // CRLF is read as LF, its CR being white space at the end of a cell: files that mix the two are common.
  const newline = text.includes("\n") ? "\n" : "\r";
  const severalLines = text.includes('"'); // a row can only take several lines when something is quoted
  let columns: number | null = null;
  let line = start;

  const takeRow = (cells: string[], errors: readonly Papa.ParseError[]): void => {
    const began = line;
    line += severalLines ? 1 + lineBreaks(cells, newline) : 1;
    if (isEmptyRow(cells)) {
      if (columns !== null) receiver.row([], began);
      return;
    }
    if (errors.length > 0) receiver.rejectRow("quotes", () => quoteProblem(errors, inFile(file, began)));
    if (columns === null) {
      columns = cells.length;
      receiver.header(cells, began);
    } else if (cells.length !== columns && errors.length === 0) {
      const expected = columns;
      receiver.rejectRow("ragged-row", () => raggedRow(inFile(file, began), cells.length, expected));
    } else if (errors.length === 0) {
      receiver.row(cells, began);
    }
  };

  Papa.parse<string[]>(text, {
    delimiter: delimiterOf(options) ?? delimiter ?? delimiterOfHeader(text),
    newline,
    step: ({ data, errors }) => takeRow(data, errors),
  });
}

const delimiterOf = ({ delimiter }: TableOptions): string | undefined => (delimiter === "tab" ? "\t" : delimiter);

/** Excel's `sep=;` before the header, which names the delimiter, is not part of the table. */
function withoutSeparatorLine(text: string): { text: string; start: number; delimiter?: string } {
  const found = /^sep=([,;\t])\r?\n/i.exec(text);
  return found === null ? { text, start: 1 } : { text: text.slice(found[0].length), start: 2, delimiter: found[1]! };
}

/** What the first line that is not empty has most of, outside quotes: tab, semicolon or comma. */
function delimiterOfHeader(text: string): string {
  const counts = new Map([
    ["\t", 0],
    [";", 0],
    [",", 0],
  ]);
  let quoted = false;
  let begun = false;
  for (const character of text.slice(0, 1_000_000)) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && begun && (character === "\n" || character === "\r")) break;
    else if (!quoted && counts.has(character)) counts.set(character, counts.get(character)! + 1);
    begun ||= character.trim() !== "";
  }
  return [...counts].reduce((most, next) => (next[1] > most[1] ? next : most), [",", 0])[0];
}

function lineBreaks(cells: readonly string[], newline: string): number {
  let breaks = 0;
  for (const cell of cells) for (let at = cell.indexOf(newline); at >= 0; at = cell.indexOf(newline, at + 1)) breaks++;
  return breaks;
}

const quoteProblem = (errors: readonly Papa.ParseError[], path: string): Problem =>
  errors.some(({ code }) => code === "InvalidQuotes") ? textAfterQuote(path) : unclosedQuote(path);

/** The text of a file, without a byte-order mark. */
function decode(bytes: Uint8Array, file: string, encoding: TableOptions["encoding"]): string {
  if (bytes.length > MAX_BYTES) throw new ProblemError([dataFileTooLarge(file, bytes.length, MAX_BYTES)]);
  const unicode = encoding === "windows-1252" ? null : decodeUnicode(bytes, utf16Mark(bytes) ?? "utf-8");
  if (unicode === null && encoding === "utf-8") throw new ProblemError([dataNotEncoded(file, "UTF-8")]);
  const text = unicode ?? decodeWindows1252(bytes);
  if (text.includes("\0")) throw new ProblemError([dataNotText(file)]); // a workbook, or UTF-16 without its mark
  return text;
}

function utf16Mark([first, second]: Uint8Array): "utf-16le" | "utf-16be" | undefined {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : undefined;
}

/** null when the bytes are not valid in the encoding. */
function decodeUnicode(bytes: Uint8Array, encoding: "utf-8" | "utf-16le" | "utf-16be"): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** What Windows-1252 has at 0x80–0x9F, where Latin-1 has control characters. */
const FROM_0X80 = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";

/** Node 20 decodes Windows-1252 as Latin-1 (browsers do not), so the characters that differ are put right here. */
const decodeWindows1252 = (bytes: Uint8Array): string =>
  new TextDecoder("windows-1252")
    .decode(bytes)
    .replace(/[\x80-\x9f]/g, (character) => FROM_0X80.charAt(character.charCodeAt(0) - 0x80));
