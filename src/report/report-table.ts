/** Tables in the three-line style of journals: numbers on their decimal, headers with their scope. */
import { type Html, html } from "./html.js";
import type { Texts } from "./texts.js";

export interface ReportTable {
  readonly caption: string;
  /** The first heads the column of row headers. */
  readonly columns: readonly string[];
  /** The column after the row headers holds words, not numbers. */
  readonly wordsFirst?: boolean;
  /** The last column holds sentences, not numbers. */
  readonly wordsLast?: boolean;
  /** Columns that hold numbers of several kinds: their decimal marks are not put in line. */
  readonly ragged?: boolean;
  readonly rows: readonly ReportRow[];
  readonly footnotes: readonly string[];
}

export interface ReportRow {
  readonly header: string;
  /** After the header, in quieter ink: a unit. */
  readonly note?: string;
  /** One for each column after the first; numbers already as text. */
  readonly cells: readonly string[];
  /** Set under the row before it: one of several that add up to it. */
  readonly indented?: boolean;
}

/** Counts tables through the report. */
export interface Numbering {
  next(): number;
}

export function numbering(): Numbering {
  let last = 0;
  return { next: () => ++last };
}

/** A table of no more rows than this is not split between printed pages. */
const ROWS_ON_ONE_PAGE = 25;

export function renderTable(table: ReportTable, numbers: Numbering, texts: Texts): Html {
  const padding = table.ragged === true ? [] : decimalPadding(table.rows, texts.numbers.decimal);
  const label = texts.tableNumber(numbers.next());
  const footnotes = table.footnotes.filter((note) => note !== "").join(" ");
  return html`
<div class="table${table.rows.length <= ROWS_ON_ONE_PAGE ? " short" : ""}">
<div class="scroll" role="region" tabindex="0" aria-label="${label}. ${texts.scrollableTable}">
<table${table.wordsFirst === true ? html` class="words-first"` : table.wordsLast === true ? html` class="words-last"` : null}>
<caption><span><b>${label}.</b> ${table.caption}</span></caption>
<thead><tr>${table.columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${table.rows.map((row, i) => renderRow(row, padding[i] ?? []))}
</tbody>
</table>
</div>${footnotes === "" ? null : html`<p class="footnote">${footnotes}</p>`}
</div>`;
}

function renderRow({ header, note, cells, indented }: ReportRow, padding: readonly string[]): Html {
  const scope = html`<th scope="row"${indented === true ? html` class="indented"` : null}>`;
  const unit = note === undefined ? null : html` <span class="unit">(${note})</span>`;
  return html`
<tr>${scope}${header}${unit}</th>${cells.map((cell, i) => html`<td>${cell}${padded(padding[i] ?? "")}</td>`)}</tr>`;
}

/** Digits that are not seen: they hold the place of the decimals that a number does not have. */
const padded = (digits: string): Html | null =>
  digits === "" ? null : html`<span class="pad" aria-hidden="true">${digits}</span>`;

/** What to add after each cell so that the decimal marks of a column stand in line. */
function decimalPadding(rows: readonly ReportRow[], decimalMark: string): string[][] {
  const columns = rows[0]?.cells.length ?? 0;
  const most = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map(({ cells }) => decimalsIn(cells[column]!, decimalMark) ?? 0)),
  );
  return rows.map(({ cells }) => cells.map((cell, column) => missingDecimals(cell, most[column]!, decimalMark)));
}

function missingDecimals(cell: string, most: number, decimalMark: string): string {
  const has = decimalsIn(cell, decimalMark);
  if (has === null || has === most) return "";
  return (has === 0 ? decimalMark : "") + "0".repeat(most - has);
}

/** Of a plain number, perhaps with a sign; null for any other text, which is left alone. */
function decimalsIn(cell: string, decimalMark: string): number | null {
  if (!/^[<>]?\s?\u2212?\d[\d.,\u202f]*$/.test(cell)) return null;
  const mark = cell.lastIndexOf(decimalMark);
  return mark < 0 ? 0 : cell.length - mark - 1;
}
