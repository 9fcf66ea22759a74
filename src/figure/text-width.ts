/**
 * The width of a line of text, estimated. Vega measures text with a canvas where there is one and
 * otherwise guesses 0.8 em a character; both would make the layout depend on the machine or waste a
 * third of the width. Widths are Helvetica's, with a margin because readers' system fonts differ
 * (DejaVu Sans is some 12 % wider).
 */
const MARGIN = 1.13;
export const ELLIPSIS = "\u2026";
const NARROW = /[ijlI|!.,;:'()[\]{}\- \u00a0\u2009\u202ftfr/\\]/;
const WIDE = /[mwMW@%<>=+~\u2190-\u2193\u2212×]/;
const CAPITAL = /[A-HJ-LN-VX-ZÅÄÖ&]/;
/** Scripts whose characters are as wide as they are high. */
const FULL_WIDTH = /[\u1100-\u115f\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\u{1f300}-\u{1faff}]/u;

/** Width in pixels of `text` in the theme's font at `fontSize` pixels. */
export function textWidth(text: string, fontSize: number, bold = false): number {
  let em = 0;
  for (const character of text) em += characterWidth(character);
  return em * fontSize * MARGIN * (bold ? 1.13 : 1);
}

/**
 * Lines no wider than `width`, at most `most`. A word that is wider by itself is broken; what does not fit
 * in the last line is left out, and an ellipsis says so (see in-full.ts).
 */
export function wrapText(text: string, width: number, fontSize: number, most: number, bold = false): string[] {
  const fits = (line: string): boolean => textWidth(line, fontSize, bold) <= width;
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const joined = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && fits(joined)) lines[lines.length - 1] = joined;
    else lines.push(...brokenWord(word, fits));
  }
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), shortened(lines[most - 1]!, fits)];
}

/** The same number of lines, as near to each other in width as words allow: no last line of one word. */
export function balanceText(text: string, width: number, fontSize: number, most: number, bold = false): string[] {
  const lines = wrapText(text, width, fontSize, most, bold);
  const least = widestWord(text, fontSize, bold);
  if (lines.at(-1)!.endsWith(ELLIPSIS)) return lines;
  let balanced = lines;
  for (let narrower = width - 1; narrower >= least; narrower--) {
    const tried = wrapText(text, narrower, fontSize, most + 1, bold);
    if (tried.length > lines.length) break;
    balanced = tried;
  }
  return balanced;
}

/** Pieces that fit, each of at least one character. */
function brokenWord(word: string, fits: (line: string) => boolean): string[] {
  const pieces = [""];
  for (const character of word) {
    const longer = `${pieces.at(-1)}${character}`;
    if (longer === character || fits(longer)) pieces[pieces.length - 1] = longer;
    else pieces.push(character);
  }
  return pieces;
}

function shortened(line: string, fits: (line: string) => boolean): string {
  const characters = [...line];
  while (characters.length > 1 && !fits(`${characters.join("")}${ELLIPSIS}`)) characters.pop();
  return `${characters.join("").trimEnd()}${ELLIPSIS}`;
}

/** Narrower than this, `wrapText` breaks a word. */
export const widestWord = (text: string, fontSize: number, bold = false): number =>
  Math.max(...text.split(" ").map((word) => textWidth(word, fontSize, bold)));

function characterWidth(character: string): number {
  if (FULL_WIDTH.test(character)) return 1;
  if (NARROW.test(character)) return 0.3;
  if (WIDE.test(character)) return 0.84;
  if (CAPITAL.test(character)) return 0.7;
  return 0.556;
}
