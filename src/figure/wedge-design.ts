/**
 * The design of a stepped wedge: units by calendar period, coloured by condition, with the number of clients in each
 * cell. Units stand in the order of their switch. Conditions differ in lightness too, and transition is struck through.
 */
import type { WedgeDisplay } from "../analysis/results.js";
import type { CellCondition, WedgeCell, WedgeDesign } from "../stepped-wedge/design.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { type ShownText, withTextsInFull } from "./in-full.js";
import { type PeriodLabels, periodLabels } from "./period-labels.js";
import { textWidth, wrapText } from "./text-width.js";
import { axisTitle, FONT_SIZE, figureTitle, INK, LINE_HEIGHT, SMALL_FONT_SIZE, theme } from "./theme.js";

/** Of the cells; with the units' names at the left, no wider than a printed page's text. */
const MOST_WIDTH = 480;
const MOST_CELL_WIDTH = 46;
const LEAST_CELL_WIDTH = 12;
/** Few units have high rows, many have lower ones; down to where the numbers still fit. */
const MOST_CELL_HEIGHT = 26;
const LEAST_CELL_HEIGHT = 15;
const MOST_HEIGHT = 420;
const UNIT_LABEL_WIDTH = 170;
/** Between cells: white lines. */
const GAP = 1;
/** Room left and right of a number. */
const CELL_PADDING = 2;

/** Light to dark in the order of the legend: told apart in grey print. The blue is the theme's first. */
const FILLS: Readonly<Record<CellCondition, string>> = {
  control: "#e6eef5",
  treated: "#0072b2",
  transition: "#c2c2c2",
  none: "#ffffff",
};
const OUTLINE = "#b9c4cd";

interface Cell extends WedgeCell {
  /** Corners in cells from the upper left. */
  readonly x: number;
  readonly y: number;
  readonly what: string;
  readonly number: string;
}

export function wedgeDesignPlot({ design, period, unit }: WedgeDisplay, texts: FigureTexts): Drawing {
  const { wedge } = texts;
  const order = unitsBySwitch(design);
  const { periods } = design;
  const ofClients = design.cells.every(({ clients }) => clients !== null);
  const cells = toCells(design, order, ofClients, texts);
  const cellWidth = Math.max(LEAST_CELL_WIDTH, Math.min(MOST_CELL_WIDTH, Math.floor(MOST_WIDTH / periods.length)));
  const cellHeight = Math.max(
    LEAST_CELL_HEIGHT,
    Math.min(MOST_CELL_HEIGHT, Math.floor(MOST_HEIGHT / Math.max(1, order.length))),
  );
  const counted = cells.every(({ number }) => textWidth(number, SMALL_FONT_SIZE) <= cellWidth - 2 * CELL_PADDING);
  const [width, height] = [cellWidth * periods.length, cellHeight * order.length];
  const labels = periodLabels(periods, cellWidth);
  const names = order.map((u) => unitLabel(design.units[u]!.name, cellHeight));
  const horizontal = texts.withUnit(period.name, period.unit);
  const axis: ShownText = { text: horizontal, lines: axisTitle(horizontal, Math.max(width, UNIT_LABEL_WIDTH)) };
  const { title } = wedge.design;
  const shown = (condition: CellCondition) => cells.some((cell) => cell.condition === condition);
  const mixed = cells.some(({ otherwise, condition }) => otherwise > 0 && condition !== "none");
  const alt = altText(design, cells, ofClients, texts);
  const caption = wedge.design.caption({
    ofClients,
    counted,
    transition: shown("transition"),
    empty: shown("none"),
    mixed: mixed && counted,
  });
  return {
    title,
    caption: withTextsInFull(caption, [axis, ...names, ...labels.shown], texts),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(title, width + UNIT_LABEL_WIDTH),
      width,
      height,
      data: { values: cells },
      encoding: {
        x: place("x", [0, periods.length], { title: axis.lines, labels }),
        y: place("y", [order.length, 0], null),
      },
      layer: [
        cellRectangles(cells, ofClients, unit, texts),
        ...(shown("transition") ? [strokes(cells)] : []),
        ...(counted
          ? [numbers(cells, "control", INK), numbers(cells, "treated", "white"), numbers(cells, "transition", INK)]
          : []),
        labelText(labels, height),
        ...unitNames(names),
      ],
    },
  };
}

/** Indices of the units by their switch, those of one period as the design has them. */
const unitsBySwitch = ({ units }: WedgeDesign): number[] =>
  [...units.keys()].sort((a, b) => units[a]!.switchPeriod - units[b]!.switchPeriod || a - b);

function toCells({ cells, periods }: WedgeDesign, order: readonly number[], ofClients: boolean, texts: FigureTexts) {
  return order.flatMap((u, y) =>
    periods.map((_, x): Cell => {
      const cell = cells[u * periods.length + x]!;
      const size = ofClients ? cell.clients! : cell.rows;
      return {
        ...cell,
        x,
        y,
        what: texts.wedge.conditions[cell.condition],
        number: cell.condition === "none" ? "" : `${texts.integer(size)}${cell.otherwise > 0 ? "*" : ""}`,
      };
    }),
  );
}

/** In as many lines as its row is high enough for. */
const unitLabel = (text: string, height: number): ShownText => ({
  text,
  lines: wrapText(text, UNIT_LABEL_WIDTH, FONT_SIZE, Math.max(1, Math.floor(height / LINE_HEIGHT))),
});

/** Positions in cells; the axis of periods has its labels as text, so that they can have several lines. */
function place(
  field: "x" | "y",
  domain: readonly [number, number],
  axis: { readonly title: readonly string[]; readonly labels: PeriodLabels } | null,
) {
  return {
    field,
    type: "quantitative" as const,
    scale: { domain: [...domain], nice: false, zero: false },
    axis:
      axis === null
        ? null
        : {
            title: [...axis.title],
            labels: false,
            ticks: false,
            domain: false,
            titlePadding: 10 + axis.labels.height,
          },
  };
}

function cellRectangles(cells: readonly Cell[], ofClients: boolean, unit: string, texts: FigureTexts) {
  const { wedge } = texts;
  const conditions = (["control", "treated", "transition"] as const).filter((condition) =>
    cells.some((cell) => cell.condition === condition),
  );
  return {
    transform: [
      { calculate: "datum.x + 1", as: "right" },
      { calculate: "datum.y + 1", as: "bottom" },
    ],
    mark: {
      type: "rect" as const,
      xOffset: GAP / 2,
      yOffset: GAP / 2,
      x2Offset: -GAP / 2,
      y2Offset: -GAP / 2,
      stroke: OUTLINE,
      strokeWidth: 0.5,
      aria: false,
    },
    encoding: {
      x2: { field: "right" },
      y2: { field: "bottom" },
      fill: {
        field: "what",
        type: "nominal" as const,
        scale: {
          domain: [...conditions, "none" as const].map((condition) => wedge.conditions[condition]),
          range: [...conditions, "none" as const].map((condition) => FILLS[condition]),
        },
        legend: {
          orient: "top" as const,
          title: null,
          symbolType: "square",
          symbolSize: 110,
          symbolStrokeWidth: 0.5,
          symbolStrokeColor: OUTLINE,
          values: conditions.map((condition) => wedge.conditions[condition]),
          columns: conditions.length,
          offset: 6,
        },
      },
      tooltip: [
        { field: "unit", type: "nominal" as const, title: unit },
        { field: "period", type: "nominal" as const, title: wedge.period },
        { field: "what", type: "nominal" as const, title: wedge.condition },
        { field: "number", type: "nominal" as const, title: ofClients ? wedge.clients : wedge.rows },
      ],
    },
  };
}

/** Cells in transition are struck through from corner to corner. */
const strokes = (cells: readonly Cell[]) => ({
  data: {
    values: cells
      .filter(({ condition }) => condition === "transition")
      .map(({ x, y }) => ({ x, y: y + 1, right: x + 1, top: y })),
  },
  mark: { type: "rule" as const, color: "white", strokeWidth: 1.25, aria: false, tooltip: null },
  encoding: { x2: { field: "right" }, y2: { field: "top" } },
});

const text = { type: "text" as const, aria: false, tooltip: null };

const numbers = (cells: readonly Cell[], condition: CellCondition, color: string) => ({
  data: {
    values: cells
      .filter((cell) => cell.condition === condition)
      .map(({ x, y, number }) => ({ x: x + 0.5, y: y + 0.5, number })),
  },
  mark: { ...text, baseline: "middle" as const, fontSize: SMALL_FONT_SIZE, color },
  encoding: { text: { field: "number", type: "nominal" as const } },
});

const labelText = ({ ticks }: PeriodLabels, height: number) => ({
  data: { values: ticks.map(({ at, lines }) => ({ x: at + 0.5, lines })) },
  mark: { ...text, baseline: "top" as const },
  encoding: { y: { value: height + 6 }, text: { field: "lines", type: "nominal" as const } },
});

/** Vega sets lines downwards from the first, so names of one and of two lines are shifted apart. */
const unitNames = (names: readonly ShownText[]) =>
  [...new Set(names.map(({ lines }) => lines.length))].sort().map((count) => ({
    data: {
      values: names.flatMap(({ text: name, lines }, y) =>
        lines.length === count ? [{ y: y + 0.5, lines: count === 1 ? lines[0]! : [...lines], name }] : [],
      ),
    },
    mark: {
      type: "text" as const,
      align: "right" as const,
      baseline: "middle" as const,
      dy: (-LINE_HEIGHT * (count - 1)) / 2,
      limit: UNIT_LABEL_WIDTH + 4,
      aria: false,
    },
    encoding: {
      x: { value: -8 },
      text: { field: "lines", type: "nominal" as const },
      tooltip: { field: "name", type: "nominal" as const },
    },
  }));

function altText(design: WedgeDesign, cells: readonly Cell[], ofClients: boolean, texts: FigureTexts): string {
  const sizes = cells
    .filter(({ condition }) => condition !== "none")
    .map(({ clients, rows }) => (ofClients ? clients! : rows));
  return texts.wedge.design.alt({
    units: design.units.length,
    periods: design.periods.length,
    switches: design.sequences.map(({ switchPeriod, units }) => ({
      period: design.periods[switchPeriod] ?? null,
      units: units.length,
    })),
    ofClients,
    least: sizes.reduce((least, size) => Math.min(least, size), Number.POSITIVE_INFINITY),
    most: sizes.reduce((most, size) => Math.max(most, size), 0),
  });
}
