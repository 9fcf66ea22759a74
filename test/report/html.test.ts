import { expect, test } from "vitest";
import { embeddedJson, escapeHtml, html, trusted } from "../../src/report/html.js";

test("escapeHtml leaves nothing that could begin a tag, an entity or end an attribute", () => {
  expect(escapeHtml(`<script>"a" & 'b'</script>`)).toBe("&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;");
});

test("html escapes values and keeps pieces of HTML", () => {
  const label = `"><script>`;
  const cell = html`<td title="${label}">${label}</td>`;
  expect(cell.html).toBe(`<td title="&quot;&gt;&lt;script&gt;">&quot;&gt;&lt;script&gt;</td>`);
  expect(html`<tr>${[cell, cell]}${null}${3}</tr>`.html).toBe(`<tr>${cell.html}${cell.html}3</tr>`);
  expect(html`${trusted("<b>")}`.html).toBe("<b>");
});

test("embedded JSON cannot end its script element, and parses to the same value", () => {
  const value = { label: "</script><!--<script>&\u2028\u2029", n: 1 };
  const text = embeddedJson(value).html;
  expect(text).not.toMatch(/[<>&\u2028\u2029]/);
  expect(JSON.parse(text)).toEqual(value);
});

test("what would turn the direction of a line is shown instead of obeyed", () => {
  expect(html`<p title="${"\u202ertl"}">${"a\u2066b\u200f"}</p>`.html).toBe(
    `<p title="[U+202E]rtl">a[U+2066]b[U+200F]</p>`,
  );
});
