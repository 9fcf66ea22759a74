/** The labels of calendar periods under an axis: each in a few lines where they fit, else every second, third, … in one. */
import type { ShownText } from "./in-full.js";
import { textWidth, widestWord, wrapText } from "./text-width.js";
import { FONT_SIZE, LINE_HEIGHT } from "./theme.js";

const MOST_LINES = 3;
/** Pixels between neighbouring labels. */
const LABEL_GAP = 6;
/** A label wider than this is broken, and shortened after the last line. */
const MOST_WIDTH = 90;

export interface PeriodLabels {
  /** Index of the period, and its label in lines. */
  readonly ticks: readonly { readonly at: number; readonly lines: readonly string[] }[];
  /** Of all lines, in pixels. */
  readonly height: number;
  readonly shown: readonly ShownText[];
}

/** @param step  pixels from period to period. */
export function periodLabels(periods: readonly string[], step: number): PeriodLabels {
  const widest = Math.min(MOST_WIDTH, Math.max(0, ...periods.map((label) => widestWord(label, FONT_SIZE))));
  const oneLine = Math.max(0, ...periods.map((label) => textWidth(label, FONT_SIZE)));
  const everyOther = (width: number): number => Math.max(1, Math.ceil((width + LABEL_GAP) / step));
  // Broken into words, if that shows more of them.
  const every = everyOther(Math.min(oneLine, widest));
  const width = Math.max(widest, every * step - LABEL_GAP);
  const shown = periods.map((text) => ({ text, lines: wrapText(text, width, FONT_SIZE, MOST_LINES) }));
  const ticks = shown.map(({ lines }, at) => ({ at, lines })).filter(({ at }) => at % every === 0);
  return {
    ticks,
    height: Math.max(0, ...ticks.map(({ lines }) => lines.length)) * LINE_HEIGHT,
    shown: shown.filter((_, at) => at % every === 0),
  };
}
