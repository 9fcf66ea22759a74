/**
 * data/isu-example/uppfoljning.xlsx: one unit's own follow-up, simulated (seed 20240919), as such a unit keeps it in Excel.
 * Sixty persons, ORS at start and after 3 and 6 months; many are not followed up, those who do worse more often; some
 * measurements are entered twice. Run: npx tsx scripts/make-isu-example.ts. The same bytes on every machine.
 */
import { writeFileSync } from "node:fs";
import { strToU8, zipSync } from "fflate";
import { randomStream } from "../src/numeric/random-stream.js";
import { toIsoDate } from "../src/table/iso-date.js";

const PERSONS = 60;
/** 2024-01-08. */
const FIRST_DAY = 19730;

const stream = randomStream(20240919, "isu-example", 0);
const oneDecimal = (value: number): number => Math.round(Math.min(40, Math.max(0, value)) * 10) / 10;
const persons: (string | number)[][] = [["person", "ålder", "kön"]];
const measurements: (string | number)[][] = [["person", "månad", "datum", "ors"]];
for (let i = 1; i <= PERSONS; i++) {
  const id = `P${String(i).padStart(3, "0")}`;
  const start = FIRST_DAY + stream.below(500);
  const before = 19 + 6.5 * stream.normal();
  const gain = 4 + 6 * stream.normal();
  persons.push([id, 19 + stream.below(45), stream.uniform() < 0.55 ? "kvinna" : "man"]);
  for (const month of [0, 3, 6]) {
    // Who gains less is followed up less often.
    const isSeen = month === 0 || stream.uniform() < (month === 3 ? 0.62 : 0.45) + 0.015 * gain;
    const score = oneDecimal(before + (gain * month) / 6 + (month === 0 ? 0 : 3 * stream.normal()));
    const day = start + month * 30 + stream.below(10);
    if (!isSeen) continue;
    measurements.push([id, month, toIsoDate(day), score]);
    if (stream.uniform() < 0.04)
      measurements.push([id, month, toIsoDate(day + 2), oneDecimal(score + stream.normal())]);
  }
}

const cell = (value: string | number, at: string): string =>
  typeof value === "number"
    ? `<c r="${at}"><v>${value}</v></c>`
    : `<c r="${at}" t="inlineStr"><is><t>${value}</t></is></c>`;
const sheet = (rows: (string | number)[][]): string =>
  `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>${rows.map((row, r) => `<row r="${r + 1}">${row.map((value, c) => cell(value, `${"ABCD"[c]}${r + 1}`)).join("")}</row>`).join("")}</sheetData></worksheet>`;
const RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";
const TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const files = {
  "[Content_Types].xml": `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPES}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPES}.styles+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="${TYPES}.sharedStrings+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPES}.worksheet+xml"/><Override PartName="/xl/worksheets/sheet2.xml" ContentType="${TYPES}.worksheet+xml"/></Types>`,
  "_rels/.rels": `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONSHIPS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  "xl/workbook.xml": `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="${RELATIONSHIPS}"><workbookPr/><sheets><sheet name="personer" sheetId="1" r:id="rId1"/><sheet name="mätningar" sheetId="2" r:id="rId2"/></sheets></workbook>`,
  "xl/_rels/workbook.xml.rels": `<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONSHIPS}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${RELATIONSHIPS}/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="rId3" Type="${RELATIONSHIPS}/styles" Target="styles.xml"/><Relationship Id="rId4" Type="${RELATIONSHIPS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
  "xl/styles.xml": `<?xml version="1.0" encoding="UTF-8"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" xfId="0"/></cellXfs></styleSheet>`,
  "xl/sharedStrings.xml": `<?xml version="1.0" encoding="UTF-8"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="0" uniqueCount="0"/>`,
  "xl/worksheets/sheet1.xml": sheet(persons),
  "xl/worksheets/sheet2.xml": sheet(measurements),
};
// A fixed date: the archive has no time of its making.
const zipped = zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])), {
  mtime: new Date(2024, 0, 1),
});
writeFileSync(new URL("../data/isu-example/uppfoljning.xlsx", import.meta.url), zipped);
