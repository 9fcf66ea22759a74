/** Small .xlsx files for tests, written part by part: an .xlsx is a zip of XML parts. */

/** One cell: text (shared), number, null (no cell), or its XML without the r attribute: `<c t="b"><v>1</v></c>`. */
export type SheetCell = string | number | null | { readonly xml: string };

export interface WorkbookOptions {
  /** Attributes of <workbookPr>. */
  readonly properties?: string;
  /** Number formats of the styles 0, 1, 2, … as built-in ids; 0 is General, 14 a date, 46 a duration. */
  readonly formats?: readonly number[];
}

/** A workbook of named sheets, each rows of cells; null instead of a row leaves it out. */
export function workbookBytes(
  sheets: Readonly<Record<string, readonly (readonly SheetCell[] | null)[]>>,
  { properties = "", formats = [0, 14, 46] }: WorkbookOptions = {},
): Uint8Array {
  const names = Object.keys(sheets);
  const strings: string[] = [];
  const parts: Record<string, string> = {};
  Object.values(sheets).forEach((rows, i) => {
    parts[`xl/worksheets/sheet${i + 1}.xml`] =
      `<worksheet ${MAIN}><sheetData>${sheetRows(rows, strings)}</sheetData></worksheet>`;
  });
  parts["[Content_Types].xml"] = `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`;
  parts["xl/workbook.xml"] =
    `<workbook ${MAIN} xmlns:r="${RELATIONS}"><workbookPr ${properties}/><sheets>` +
    names.map((name, i) => `<sheet name="${escapeXml(name)}" sheetId="${i + 1}" r:id="rId${i + 1}"/>`).join("") +
    "</sheets></workbook>";
  const target = (type: string, id: string, file: string) =>
    `<Relationship Id="${id}" Type="${RELATIONS}/${type}" Target="${file}"/>`;
  parts["xl/_rels/workbook.xml.rels"] =
    `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
    names.map((_, i) => target("worksheet", `rId${i + 1}`, `worksheets/sheet${i + 1}.xml`)).join("") +
    target("sharedStrings", "s", "sharedStrings.xml") +
    target("styles", "t", "styles.xml") +
    "</Relationships>";
  parts["xl/sharedStrings.xml"] =
    `<sst ${MAIN}>${strings.map((text) => `<si><t xml:space="preserve">${escapeXml(text)}</t></si>`).join("")}</sst>`;
  parts["xl/styles.xml"] =
    `<styleSheet ${MAIN}><cellXfs>${formats.map((id) => `<xf numFmtId="${id}" xfId="0"/>`).join("")}</cellXfs></styleSheet>`;
  return storedZip(parts);
}

const MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"';
const RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

function sheetRows(rows: readonly (readonly SheetCell[] | null)[], strings: string[]): string {
  return rows
    .map((row, r) => {
      const cells = row?.map((cell, c) => cellXml(cell, `${String.fromCharCode(65 + c)}${r + 1}`, strings)).join("");
      return cells === undefined ? "" : `<row r="${r + 1}">${cells}</row>`;
    })
    .join("");
}

function cellXml(cell: SheetCell, reference: string, strings: string[]): string {
  if (cell === null) return "";
  if (typeof cell === "number") return `<c r="${reference}"><v>${cell}</v></c>`;
  if (typeof cell === "string") return `<c r="${reference}" t="s"><v>${strings.push(cell) - 1}</v></c>`;
  return cell.xml.replace("<c", `<c r="${reference}"`);
}

const escapeXml = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** A zip archive of text files, not compressed (APPNOTE.TXT 4.3). */
export function storedZip(files: Readonly<Record<string, string>>): Uint8Array {
  const encoder = new TextEncoder();
  const locals: number[] = [];
  const central: number[] = [];
  for (const [name, text] of Object.entries(files)) {
    const [path, content] = [encoder.encode(name), encoder.encode(text)];
    const sizes = [...u32(crc32(content)), ...u32(content.length), ...u32(content.length), ...u16(path.length), 0, 0];
    const offset = locals.length;
    locals.push(...u32(0x04034b50), 20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0, ...sizes, ...path, ...content);
    central.push(...u32(0x02014b50), 20, 0, 20, 0, 0, 8, 0, 0, 0, 0, 0x21, 0, ...sizes);
    central.push(...u16(0), ...u16(0), ...u16(0), ...u32(0), ...u32(offset), ...path);
  }
  const count = u16(Object.keys(files).length);
  const end = [...u32(0x06054b50), 0, 0, 0, 0, ...count, ...count, ...u32(central.length), ...u32(locals.length), 0, 0];
  return Uint8Array.from([...locals, ...central, ...end]);
}

const u16 = (value: number): number[] => [value & 255, (value >>> 8) & 255];
const u32 = (value: number): number[] => [...u16(value & 0xffff), ...u16(value >>> 16)];

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc;
}
