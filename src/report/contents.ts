/** The contents of a long report: its sections in order, those of primary analyses marked. */
import { type Html, html } from "./html.js";
import type { Texts } from "./texts.js";

export interface ContentsEntry {
  /** Of the section in the page. */
  readonly id: string;
  readonly title: string;
  readonly isPrimary?: boolean;
}

/** A report of fewer sections is seen at a glance. */
const FEWEST = 6;
export const isLong = (entries: readonly ContentsEntry[]): boolean => entries.length >= FEWEST;

export function renderContents(entries: readonly ContentsEntry[], { contents, roles }: Texts): Html {
  return html`<nav class="contents" aria-labelledby="contents">
<h2 id="contents">${contents}</h2>
<ul>${entries.map(
    ({ id, title, isPrimary }) => html`
<li><a href="#${id}">${title}</a>${isPrimary === true ? html` <span class="badge">${roles.primary}</span>` : null}</li>`,
  )}
</ul>
</nav>
`;
}
