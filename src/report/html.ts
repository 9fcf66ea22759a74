/**
 * HTML whose text is always escaped: `html` escapes every value put into it, except what `html` made
 * itself. Labels come from data files and are hostile.
 */

import { showBidiControls } from "../figure/bidi-controls.js";

/** A piece of HTML that is safe to put into a page. */
export interface Html {
  readonly html: string;
}

type Value = string | number | Html | readonly Html[] | null;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for an element or a quoted attribute; what would turn a line's direction is made visible. */
export const escapeHtml = (text: string): string =>
  showBidiControls(text).replace(/[&<>"']/g, (character) => ENTITIES[character]!);

/** A template tag: values are escaped, pieces of HTML are kept, null is nothing. */
export function html(pieces: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: pieces.reduce((page, piece, i) => page + toText(values[i - 1] ?? null) + piece) };
}

/** HTML from elsewhere that is known to be safe: our own renderer's SVG, our own style sheet. */
export const trusted = (markup: string): Html => ({ html: markup });

function toText(value: Value): string {
  if (value === null) return "";
  if (typeof value === "string") return escapeHtml(value);
  if (typeof value === "number") return String(value);
  return "html" in value ? value.html : value.map((piece) => piece.html).join("");
}

const LINE_SEPARATORS = /[\u2028\u2029]/g;

/**
 * A value as JSON inside a script element: nothing in it can end the element or begin a comment. Every
 * escape is JSON's own, so it parses to the same value.
 */
export const embeddedJson = (value: unknown): Html => ({
  html: JSON.stringify(value)
    .replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)
    .replace(LINE_SEPARATORS, (character) => `\\u${character.charCodeAt(0).toString(16)}`),
});
