/**
 * Characters that turn the direction of writing (Unicode's "bidirectional controls"): invisible, and able
 * to show the rest of a line backwards, so that a label could make a number read as another.
 */
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * `text` with each control replaced by its code point, `[U+202E]`. Replaced and not taken out, so that
 * two labels that differ in one stay different, and readers see that something is there.
 */
export const showBidiControls = (text: string): string =>
  text.replace(
    BIDI_CONTROLS,
    (character) => `[U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
