/**
 * One look for every figure. Colours are Okabe and Ito's (2008), told apart by the colour-blind;
 * arms differ in shape and dash as well, so that nothing depends on colour alone. Sizes are for print
 * at natural size (96 px an inch): 11 px is 8.25 pt, and one journal column (84 mm) is 318 px.
 */
import type { Config } from "vega-lite";
import type { FigureTexts } from "./figure-texts.js";
import { balanceText, wrapText } from "./text-width.js";

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
export const FONT_SIZE = 11;
/** From line to line of one label: Vega's, for this font size. */
export const LINE_HEIGHT = FONT_SIZE + 2;
export const SMALL_FONT_SIZE = 10;
/** Pixels; longer names of arms are cut. */
export const LEGEND_LABEL_LIMIT = 160;
const TITLE_FONT_SIZE = 12;
const AXIS_TITLE_LINES = 2;

export const INK = "#1a1a1a";
/** Second to the ink: reference lines. */
export const QUIET_INK = "#767676";
const AXIS_LINE = "#8a8a8a";
const GRID_LINE = "#ececec";

/** Blue, vermillion, bluish green, reddish purple, orange, sky blue, black. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"] as const;
const SHAPES = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross"] as const;
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [4, 2, 1, 2]] as const;

/** For something that stands out against the ink: a smoothed line. */
export const ACCENT = COLOURS[1];
/** For points that stand alone. */
export const POINT = COLOURS[0];

/** A figure's title, in as many lines as the figure is wide enough for; its caption has it in full. */
export const figureTitle = (title: string, width: number): { text: string[] } => ({
  text: balanceText(title, width, TITLE_FONT_SIZE, 3, true),
});

/** The title of an axis `length` pixels long, in lines no longer than it; see in-full.ts for what is left out. */
export const axisTitle = (title: string, length: number): string[] =>
  wrapText(title, length, FONT_SIZE, AXIS_TITLE_LINES);

/** How arm i is drawn. No two of the first 210 are the same. */
export const armStyle = (i: number) => ({
  colour: COLOURS[i % COLOURS.length]!,
  shape: SHAPES[i % SHAPES.length]!,
  dash: [...DASHES[i % DASHES.length]!],
});

/** Legends above the plot, one under the other. Vega reads `layout`; Vega-Lite passes it on, but its types leave it out. */
const stackedLegends = { layout: { top: { direction: "vertical", anchor: "start", margin: 2 } } } as object;

/** The Vega-Lite config that every figure carries, with the language's way of writing numbers. */
export const theme = (texts: FigureTexts): Config => ({
  background: "white",
  // A figure is one image with a text alternative in the report's language; Vega's own descriptions of its parts are English.
  aria: false,
  padding: { left: 2, right: 8, top: 4, bottom: 4 },
  font: FONT,
  // An empty currency symbol: Vega's number locale asks for one.
  locale: { number: { decimal: texts.decimal, thousands: texts.thousands, grouping: [3], currency: ["", ""] } },
  view: { stroke: null },
  axis: {
    domainColor: AXIS_LINE,
    domainWidth: 0.75,
    tickColor: AXIS_LINE,
    tickWidth: 0.75,
    tickSize: 4,
    labelColor: INK,
    labelFontSize: FONT_SIZE,
    labelFlush: false,
    titleColor: INK,
    titleFontSize: FONT_SIZE,
    titleFontWeight: "normal",
    titlePadding: 8,
    grid: false,
    gridColor: GRID_LINE,
    gridWidth: 0.75,
  },
  legend: {
    ...stackedLegends,
    labelColor: INK,
    labelFontSize: FONT_SIZE,
    labelLimit: LEGEND_LABEL_LIMIT,
    titleColor: INK,
    titleFontSize: FONT_SIZE,
    titleFontWeight: "normal",
    symbolStrokeWidth: 1.25,
  },
  title: {
    anchor: "start",
    frame: "bounds",
    color: INK,
    fontSize: TITLE_FONT_SIZE,
    fontWeight: 600,
    offset: 10,
  },
  text: { color: INK, fontSize: FONT_SIZE },
});
