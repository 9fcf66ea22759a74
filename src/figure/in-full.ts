/** The texts that a figure had to shorten, for its caption: nothing is to be read nowhere. */
import type { FigureTexts } from "./figure-texts.js";
import { ELLIPSIS } from "./text-width.js";

/** A text and the lines that it is shown in. */
export interface ShownText {
  readonly text: string;
  readonly lines: readonly string[];
}

/** A caption with a sentence after it that gives in full, and once, each text that was shortened. */
export function withTextsInFull(caption: string, shown: readonly ShownText[], texts: FigureTexts): string {
  const cut = shown.filter(({ text, lines }) => lines.at(-1)?.endsWith(ELLIPSIS) === true && !text.endsWith(ELLIPSIS));
  const full = [...new Set(cut.map(({ text }) => text))];
  return full.length === 0 ? caption : `${caption} ${texts.inFull(full)}`;
}
