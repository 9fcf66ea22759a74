import { expect, test } from "vitest";
import { numbering, renderTable } from "../../src/report/report-table.js";
import { texts } from "../../src/report/texts.js";

const table = {
  caption: "A <caption>",
  columns: ["Term", "Estimate", "CI"],
  rows: [
    { header: "a<b", note: 'per "m"', cells: ["\u22122.3", "[1.00, 2.00]"] },
    { header: "c", cells: ["0.640", "–"], indented: true },
    { header: "d", cells: ["12", "[3, 4]"] },
  ],
  footnotes: ["One.", "Two."],
};

test("has a caption with its number, and headers with their scope", () => {
  const numbers = numbering();
  numbers.next();
  const page = renderTable(table, numbers, texts.en).html;
  expect(page).toContain("<caption><span><b>Table 2.</b> A &lt;caption&gt;</span></caption>");
  expect(page.match(/<th scope="col">/g)).toHaveLength(3);
  expect(page.match(/<th scope="row"/g)).toHaveLength(3);
  expect(page).toContain('a&lt;b <span class="unit">(per &quot;m&quot;)</span>');
  expect(page).toContain('<p class="footnote">One. Two.</p>');
});

test("sets numbers on their decimal mark, and leaves other text alone", () => {
  const page = renderTable(table, numbering(), texts.en).html;
  expect(page).toContain('<td>\u22122.3<span class="pad" aria-hidden="true">00</span></td>');
  expect(page).toContain("<td>0.640</td>");
  expect(page).toContain('<td>12<span class="pad" aria-hidden="true">.000</span></td>');
  expect(page).toContain("<td>[3, 4]</td>");
  expect(page).toContain("<td>–</td>");
});

test("sets numbers on the decimal comma in Swedish", () => {
  const rows = [
    { header: "a", cells: ["1\u202f234,5"] },
    { header: "b", cells: ["0,25"] },
  ];
  const page = renderTable({ ...table, columns: ["", "x"], rows }, numbering(), texts.sv).html;
  expect(page).toContain('1\u202f234,5<span class="pad" aria-hidden="true">0</span>');
});
