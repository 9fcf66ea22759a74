/** The report's style sheet: one column, journal tables, A4 in print. */
import { ACCENT, FONT, INK } from "../figure/theme.js";

export const reportStyle = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: #fff; color: ${INK}; font: 1rem/1.5 ${FONT}; overflow-wrap: break-word; }
header, main, footer { max-width: 47rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: 0.25rem 0 1.25rem; font-weight: 650; }
h2 { font-size: 1.25rem; line-height: 1.3; margin: 0; font-weight: 650; }
h3, h4 { font-size: 1rem; margin: 2rem 0 0.5rem; font-weight: 650; }
.title h3 { font-size: 1.1rem; margin: 0; }
section section h4 { font-size: 0.95rem; }
section { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 1px solid #d5d5d5; }
p { margin: 0.5rem 0; }
a { color: inherit; }
.kind { margin: 0; color: #595959; }
dl { display: grid; grid-template-columns: minmax(7rem, max-content) 1fr; gap: 0.2rem 1.25rem; margin: 0.75rem 0; }
dt { color: #595959; }
dd { margin: 0; min-width: 0; }
code { font: 0.88em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.title { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 0.75rem; }
.badge { font-size: 0.8rem; padding: 0 0.5rem; border: 1px solid #8a8a8a; border-radius: 1rem; color: #404040; }
.badge.blind { border-color: ${ACCENT}; color: ${INK}; }
.running { display: none; }
.contents { margin-top: 1.75rem; }
.contents h2 { font-size: 1rem; }
.contents ul { list-style: none; margin: 0.4rem 0 0; padding: 0; font-size: 0.95rem; }
.contents li { margin: 0.15rem 0; }
.problems { list-style: none; margin: 1rem 0; padding: 0; }
.problems li { margin: 0.5rem 0; padding: 0.4rem 0.8rem; border-left: 3px solid #8a8a8a; background: #f6f6f6; }
.problems .error { border-color: #b00020; }
.problems .warning { border-color: ${ACCENT}; }
.scroll { overflow-x: auto; margin: 1rem 0 0; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; line-height: 1.35; font-variant-numeric: tabular-nums lining-nums; }
caption { text-align: left; padding: 0 0 0.45rem; }
caption span { display: block; position: sticky; left: 0; max-width: calc(100vw - 2rem); }
thead th { border-top: 1.5px solid ${INK}; border-bottom: 0.75px solid ${INK}; font-weight: 600; vertical-align: bottom; }
tbody tr:last-child > * { border-bottom: 1.5px solid ${INK}; }
th, td { padding: 0.24rem 0 0.24rem 0.9rem; text-align: right; vertical-align: top; white-space: nowrap; }
tbody th { font-weight: normal; }
th:first-child { text-align: left; padding-left: 0; white-space: normal; min-width: 7.5rem; overflow-wrap: anywhere; }
th.indented { padding-left: 1rem; }
thead th:not(:first-child) { max-width: 12rem; white-space: normal; }
.words-first :is(th, td):nth-child(2) { text-align: left; white-space: normal; min-width: 9rem; }
.words-last :is(th, td):last-child { text-align: left; white-space: normal; min-width: 14rem; }
.pad { visibility: hidden; user-select: none; }
.unit { color: #595959; }
.footnote { font-size: 0.82rem; color: #404040; margin: 0.35rem 0 0; }
figure { margin: 1.5rem 0 0; }
figure .scroll { margin: 0; }
section dl { font-size: 0.9rem; }
.plot { max-width: calc(var(--natural) * 1.3); min-width: min(var(--natural), 31rem); }
.plot svg { display: block; width: 100%; height: auto; }
figcaption { font-size: 0.9rem; line-height: 1.4; margin-top: 0.4rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); gap: 0 1.75rem; }
.tooltip { position: fixed; z-index: 1; pointer-events: none; max-width: 18rem; padding: 0.35rem 0.6rem; background: #fff;
  border: 1px solid #8a8a8a; font-size: 0.82rem; line-height: 1.35; white-space: pre-line; }
footer { margin-top: 3rem; padding-bottom: 3rem; font-size: 0.82rem; color: #404040; }
footer h2 { font-size: 0.95rem; }
footer section { border-color: ${INK}; }
:focus-visible { outline: 2px solid #0072b2; outline-offset: 2px; }
@media (max-width: 30rem) {
  header, main, footer { padding-left: 1rem; padding-right: 1rem; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 0.5rem; }
  table { font-size: 0.82rem; }
  th, td { padding-left: 0.55rem; }
}
@page { size: A4; margin: 18mm 20mm 20mm; }
@media print {
  html { font-size: 9.5pt; }
  body { line-height: 1.4; }
  header, main, footer { max-width: none; padding: 0; }
  section { margin-top: 1.5rem; padding-top: 0.9rem; }
  .scroll { overflow: visible; }
  caption span { max-width: none; }
  th, td { white-space: normal; padding-left: 0.6rem; }
  .plot { max-width: var(--natural); min-width: 0; }
  h2, h3, h4, caption, .title, thead { break-after: avoid; }
  tr, .table.short, figure, figcaption, .footnote, .problems li { break-inside: avoid; }
  thead { display: table-header-group; }
  p { orphans: 3; widows: 3; }
  .figures { grid-template-columns: 1fr 1fr; }
  .tooltip { display: none; }
  .running { display: block; position: fixed; bottom: -12mm; right: 0; margin: 0; font-size: 0.82rem; color: #404040; }
}
`;
