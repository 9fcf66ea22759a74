/**
 * Cluster-period means over calendar time: a thin line for each unit, its control and its treated part told apart, and
 * thick lines for the mean of all rows of each condition in each period.
 */
import type { AnalysisDisplay, WedgeDisplay, WedgeMean } from "../analysis/results.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { type ShownText, withTextsInFull } from "./in-full.js";
import { type PeriodLabels, periodLabels } from "./period-labels.js";
import { armStyle, axisTitle, figureTitle, QUIET_INK, theme } from "./theme.js";

const LEAST_WIDTH = 280;
const MOST_WIDTH = 530;
const WIDTH_PER_PERIOD = 46;
const HEIGHT = 230;
const AXIS_WIDTH = 50;
/** Pixels from the sides of the plot to the first and last period. */
const MARGIN = 18;
/** Lines of many units are drawn fainter. */
const MANY_UNITS = 12;

interface Point {
  readonly unit: string;
  readonly period: string;
  readonly x: number;
  readonly mean: number;
  readonly condition: string;
  readonly n: number;
  readonly number: string;
}

export function clusterPeriodMeans(
  { outcome }: Pick<AnalysisDisplay, "outcome">,
  { design, unit, period, outcome: { means, proportion } }: WedgeDisplay,
  texts: FigureTexts,
): Drawing {
  const { wedge } = texts;
  const { periods } = design;
  const places = new Map(periods.map((label, x) => [label, x]));
  const point = ({ unit: name, period: at, treated, mean, n }: WedgeMean): Point => ({
    unit: name,
    period: at,
    x: places.get(at)!,
    mean: shown(mean),
    condition: conditionOf(treated, texts),
    n,
    number: texts.number(mean, meanDecimals(means, proportion)),
  });
  const points = means.map(point);
  const overall = conditionMeans(means, periods).map(point);
  const width = Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, periods.length * WIDTH_PER_PERIOD));
  const step = (width - 2 * MARGIN) / Math.max(1, periods.length - 1);
  const labels = periodLabels(periods, step);
  const name = texts.withUnit(outcome.name, outcome.unit);
  const [vertical, horizontal] = [wedge.means.axis(name, proportion), texts.withUnit(period.name, period.unit)];
  const titles: ShownText[] = [
    { text: vertical, lines: axisTitle(vertical, HEIGHT) },
    { text: horizontal, lines: axisTitle(horizontal, width) },
  ];
  const title = wedge.means.title(outcome.name, proportion);
  const alt = altText(overall, name, proportion, design.units.length, periods, texts);
  const axes = { step, count: periods.length, labels, titles };
  const faint = design.units.length > MANY_UNITS;
  return {
    title,
    caption: withTextsInFull(wedge.means.caption(proportion), [...titles, ...labels.shown], texts),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(title, width + AXIS_WIDTH),
      width,
      height: HEIGHT,
      encoding: { x: xEncoding(axes), y: yEncoding("mean", titles[0]!.lines) },
      layer: [
        unitLines(points, faint),
        ...[false, true].flatMap((treated) => conditionLines(points, overall, treated, faint, unit, texts)),
        overallPoints(overall, texts),
        labelText(labels),
      ],
    },
  };
}

const DIGITS = 6;
const shown = (value: number): number => Number(value.toPrecision(DIGITS));

const conditionOf = (treated: boolean, { wedge }: FigureTexts): string =>
  treated ? wedge.conditions.treated : wedge.conditions.control;

/** Three significant digits of their spread. */
function meanDecimals(means: readonly WedgeMean[], proportion: boolean): number {
  if (proportion) return 2;
  const values = means.map(({ mean }) => mean);
  const spread = values.length === 0 ? 1 : Math.max(...values) - Math.min(...values);
  return spread === 0 ? 1 : Math.max(0, Math.min(6, 2 - Math.floor(Math.log10(spread))));
}

/** Of all rows of one condition in one period. */
function conditionMeans(means: readonly WedgeMean[], periods: readonly string[]): WedgeMean[] {
  return [false, true].flatMap((treated) =>
    periods.flatMap((period): WedgeMean[] => {
      const cells = means.filter((one) => one.period === period && one.treated === treated);
      const n = cells.reduce((sum, cell) => sum + cell.n, 0);
      const mean = cells.reduce((sum, cell) => sum + (cell.mean * cell.n) / n, 0);
      return n === 0 ? [] : [{ unit: "", period, treated, mean, n }];
    }),
  );
}

interface Axes {
  /** Pixels from period to period. */
  readonly step: number;
  readonly count: number;
  readonly labels: PeriodLabels;
  readonly titles: readonly ShownText[];
}

const xEncoding = ({ step, count, labels, titles }: Axes) => ({
  field: "x",
  type: "quantitative" as const,
  title: [...titles[1]!.lines],
  scale: { domain: [-MARGIN / step, count - 1 + MARGIN / step], nice: false, zero: false },
  axis: { values: labels.ticks.map(({ at }) => at), labels: false, titlePadding: 8 + labels.height },
});

const yEncoding = (field: string, title: readonly string[]) => ({
  field,
  type: "quantitative" as const,
  title: [...title],
  scale: { zero: false, nice: true },
  axis: { grid: true, domain: false, ticks: false, tickCount: 6, labelPadding: 6 },
});

/** A unit from its first to its last period: seen between its parts alone. */
const unitLines = (points: readonly Point[], faint: boolean) => ({
  data: { values: firstOfEach(points) },
  mark: {
    type: "line" as const,
    color: QUIET_INK,
    strokeWidth: 0.6,
    strokeOpacity: faint ? 0.35 : 0.5,
    aria: false,
    tooltip: null,
  },
  encoding: { detail: { field: "unit", type: "nominal" as const } },
});

/** In a period with both conditions the line passes through the first. */
const firstOfEach = (points: readonly Point[]): Point[] => {
  const seen = new Set<string>();
  return points.filter(({ unit, x }) => {
    const key = JSON.stringify([unit, x]);
    return !seen.has(key) && seen.add(key);
  });
};

/** One condition: units thin, with small marks so that a part of one period is seen; the mean thick. */
function conditionLines(
  points: readonly Point[],
  overall: readonly Point[],
  treated: boolean,
  faint: boolean,
  unitName: string,
  texts: FigureTexts,
) {
  const { wedge } = texts;
  const { colour, dash, shape } = armStyle(treated ? 1 : 0);
  const ofCondition = (all: readonly Point[]) =>
    all.filter(({ condition }) => condition === conditionOf(treated, texts));
  return [
    {
      data: { values: ofCondition(points) },
      mark: {
        type: "line" as const,
        color: colour,
        strokeWidth: 0.9,
        strokeOpacity: faint ? 0.4 : 0.6,
        aria: false,
        tooltip: null,
      },
      encoding: { detail: { field: "unit", type: "nominal" as const } },
    },
    {
      data: { values: ofCondition(points) },
      mark: {
        type: "point" as const,
        shape,
        filled: true,
        size: faint ? 9 : 14,
        color: colour,
        opacity: faint ? 0.5 : 0.7,
        aria: false,
      },
      encoding: {
        tooltip: [
          { field: "unit", type: "nominal" as const, title: unitName },
          { field: "period", type: "nominal" as const, title: wedge.period },
          { field: "condition", type: "nominal" as const, title: wedge.condition },
          { field: "number", type: "nominal" as const, title: wedge.means.ofUnit },
          { field: "n", type: "quantitative" as const, title: wedge.rows },
        ],
      },
    },
    {
      data: { values: ofCondition(overall) },
      mark: { type: "line" as const, color: colour, strokeWidth: 2.25, strokeDash: dash, aria: false, tooltip: null },
    },
  ];
}

function overallPoints(overall: readonly Point[], texts: FigureTexts) {
  const { wedge } = texts;
  const conditions = [false, true].map((treated) => conditionOf(treated, texts));
  const legend = { orient: "top" as const, title: null, symbolSize: 60, offset: 6, columns: 2 };
  const scale = (style: "colour" | "shape") => ({
    domain: conditions,
    range: conditions.map((_, i) => armStyle(i)[style]),
  });
  const key = (style: "colour" | "shape") => ({
    field: "condition",
    type: "nominal" as const,
    scale: scale(style),
    legend,
  });
  return {
    data: { values: [...overall] },
    mark: { type: "point" as const, filled: true, size: 60, opacity: 1, stroke: "white", strokeWidth: 1 },
    encoding: {
      fill: key("colour"),
      shape: key("shape"),
      tooltip: [
        { field: "period", type: "nominal" as const, title: wedge.period },
        { field: "condition", type: "nominal" as const, title: wedge.condition },
        { field: "number", type: "nominal" as const, title: wedge.means.ofCondition },
        { field: "n", type: "quantitative" as const, title: wedge.rows },
      ],
    },
  };
}

const labelText = ({ ticks }: PeriodLabels) => ({
  data: { values: ticks.map(({ at, lines }) => ({ x: at, lines })) },
  mark: { type: "text" as const, baseline: "top" as const, aria: false, tooltip: null },
  encoding: {
    y: { value: HEIGHT + 7 },
    text: { field: "lines", type: "nominal" as const },
  },
});

function altText(
  overall: readonly Point[],
  outcome: string,
  proportion: boolean,
  units: number,
  periods: readonly string[],
  texts: FigureTexts,
): string {
  const of = (treated: boolean, x: number) =>
    overall.find((one) => one.x === x && one.condition === conditionOf(treated, texts))?.number;
  const both = periods.map((period, x) => ({ period, control: of(false, x), treated: of(true, x) }));
  const last = both.filter(({ control, treated }) => control !== undefined && treated !== undefined).at(-1);
  return texts.wedge.means.alt({
    outcome,
    proportion,
    units,
    periods: periods.length,
    last: last === undefined ? null : { period: last.period, control: last.control!, treated: last.treated! },
  });
}
