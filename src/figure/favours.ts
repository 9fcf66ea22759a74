/** Under the axis of a forest plot: whom each side of the line of no difference favours. */
import { FONT_SIZE, QUIET_INK, SMALL_FONT_SIZE } from "./theme.js";

/** From the bottom of the plot to the middle of the first line. */
export const FAVOURS_OFFSET = 27;
export const FAVOURS_LINE = SMALL_FONT_SIZE + 2;
/** From the line of no difference. */
const GAP = FONT_SIZE - 3;

/**
 * @param sides   lines of text at the left and at the right; none when it is not known which side is better.
 * @param height  of the plot in pixels.
 * @param none    where there is no difference: 0 or 1.
 */
export function favours(sides: readonly (readonly string[])[], height: number, none: number) {
  const [left, right] = sides;
  if (left === undefined || right === undefined) return [];
  const leftLines = left.map((line, i) => (i === 0 ? `\u2190 ${line}` : line));
  const rightLines = right.map((line, i) => (i === right.length - 1 ? `${line} \u2192` : line));
  return [side(leftLines, "right", -GAP, height, none), side(rightLines, "left", GAP, height, none)];
}

const side = (lines: readonly string[], align: "left" | "right", dx: number, height: number, none: number) => ({
  data: { values: [{ x: none, text: lines.length === 1 ? lines[0]! : [...lines] }] },
  mark: {
    type: "text" as const,
    align,
    dx,
    baseline: "middle" as const,
    fontSize: SMALL_FONT_SIZE,
    color: QUIET_INK,
    aria: false,
  },
  encoding: {
    x: { field: "x", type: "quantitative" as const },
    y: { value: height + FAVOURS_OFFSET },
    text: { field: "text", type: "nominal" as const },
  },
});
