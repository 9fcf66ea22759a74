/**
 * Mean of the outcome by arm over the visits: observed means as hollow marks, adjusted means as filled
 * marks joined by lines, both with intervals, set beside each other at each visit. One journal column wide.
 */
import type { AnalysisDisplay, Profile, ProfilePoint } from "../analysis/results.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { textWidth, wrapText } from "./text-width.js";
import {
  armStyle,
  axisTitle,
  FONT_SIZE,
  figureTitle,
  INK,
  LEGEND_LABEL_LIMIT,
  QUIET_INK,
  SMALL_FONT_SIZE,
  theme,
} from "./theme.js";

const WIDTH = 262;
const HEIGHT = 190;
/** Left of the plot: labels and title of the axis. */
const AXIS_WIDTH = 50;
/** Pixels between neighbouring intervals at one visit, where there is room. */
const DODGE = 8;
/** The share of the distance between two visits that the intervals of one may fill. */
const DODGE_SHARE = 0.72;
/** Pixels left and right of the outermost marks. */
const MARGIN = 14;
/** From the bottom of the plot to the table of counts, and from row to row. */
const COUNTS_OFFSET = 50;
const COUNTS_ROW = 14;
const ARM_LABEL_LIMIT = 88;
/** Stroke width of the marks. */
const OUTLINE = 1.25;
const MOST_LABEL_LINES = 3;
/** Area of a mark; smaller where there is less room. */
const MOST_POINT_SIZE = 42;
const LEAST_POINT_SIZE = 14;

const OBSERVED = "observed";
const ADJUSTED = "adjusted";

interface Mark extends ProfilePoint {
  /** On the axis, moved aside so that intervals do not cover each other. */
  readonly x: number;
  readonly numbers: string;
  /** The kind in words. */
  readonly what: string;
}

/** Where the visits are on the axis. */
interface VisitAxis {
  readonly positions: readonly number[];
  readonly labels: readonly string[];
  readonly numeric: boolean;
  readonly domain: readonly [number, number];
  /** Axis units per pixel. */
  readonly perPixel: number;
  /** Pixels between neighbouring series at one visit. */
  readonly dodge: number;
  /** Area of a mark that fits beside its neighbour. */
  readonly pointSize: number;
}

export function meanProfiles(display: AnalysisDisplay, profile: Profile, texts: FigureTexts): Drawing {
  const axis = visitAxis(profile);
  const marks = toMarks(profile, axis, texts);
  const kinds = {
    observed: marks.some(({ kind }) => kind === OBSERVED),
    adjusted: marks.some(({ kind }) => kind === ADJUSTED),
  };
  const outcome = texts.withUnit(display.outcome.name, display.outcome.unit);
  const title = texts.profiles.title(display.outcome.name, profile.armColumn, profile.visit.name);
  const alt = altText(profile, axis, outcome, texts);
  return {
    title,
    caption: texts.profiles.caption(texts.interval(display.level), kinds),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(title, WIDTH + AXIS_WIDTH),
      width: WIDTH,
      height: HEIGHT,
      data: { values: marks },
      encoding: { x: xEncoding(profile, axis, texts), ...tooltips(profile, texts) },
      layer: [
        ...profile.arms.map((arm, i) => meanLine(arm, i, kinds.adjusted ? ADJUSTED : OBSERVED)),
        ...profile.arms.map((arm, i) => intervalBars(arm, i, outcome, texts)),
        hollows(profile, axis),
        points(profile, axis, texts, kinds.observed && kinds.adjusted),
        ...(axis.numeric ? [] : [visitLabels(axis)]),
        ...counts(profile, axis, texts),
      ],
    },
  };
}

/** Visits at their numeric distance when they are numbers, else evenly spaced in the order given. */
function visitAxis({ arms, visit, points }: Profile): VisitAxis {
  const seen = [...new Set(points.map(({ at }) => at))];
  const visits = visit.numeric ? seen.sort((a, b) => Number(a) - Number(b)) : seen;
  const positions = visits.map((at, i) => (visit.numeric ? Number(at) : i));
  const first = positions[0] ?? 0;
  const span = Math.max((positions.at(-1) ?? 0) - first, positions.length > 1 ? 0 : 1);
  const series = arms.length * new Set(points.map(({ kind }) => kind)).size;
  const edge = MARGIN + ((series - 1) / 2) * DODGE;
  const perPixel = span / (WIDTH - 2 * edge);
  const dodge = dodgeStep(positions, perPixel, series);
  return {
    positions,
    labels: visits.map(String),
    numeric: visit.numeric,
    domain: [first - edge * perPixel, first + (positions.length > 1 ? span : 0) + edge * perPixel],
    perPixel,
    dodge,
    pointSize: Math.max(LEAST_POINT_SIZE, Math.min(MOST_POINT_SIZE, 0.75 * dodge ** 2)),
  };
}

/** As far as asked for, or as there is room between the nearest two visits; in pixels. */
function dodgeStep(positions: readonly number[], perPixel: number, series: number): number {
  const gaps = positions.slice(1).map((at, i) => (at - positions[i]!) / perPixel);
  const room = (Math.min(...gaps, Number.POSITIVE_INFINITY) * DODGE_SHARE) / Math.max(1, series - 1);
  return Math.min(DODGE, room);
}

function toMarks({ arms, points, visit }: Profile, axis: VisitAxis, texts: FigureTexts): Mark[] {
  const kinds = [OBSERVED, ADJUSTED].filter((kind) => points.some((point) => point.kind === kind));
  const series = arms.length * kinds.length;
  const step = axis.dodge * axis.perPixel;
  return points.map((point) => {
    const place = visit.numeric ? Number(point.at) : axis.labels.indexOf(String(point.at));
    const order = arms.indexOf(point.arm) * kinds.length + kinds.indexOf(point.kind);
    return {
      ...point,
      x: place + (order - (series - 1) / 2) * step,
      numbers: texts.estimateWithInterval(point.mean, point.lower, point.upper, meanDecimals(point, texts)),
      what: point.kind === OBSERVED ? texts.profiles.observed : texts.profiles.adjusted,
    };
  });
}

/** From the width of the interval, which is about four standard errors. */
const meanDecimals = ({ mean, lower, upper }: ProfilePoint, texts: FigureTexts): number =>
  texts.decimals(mean, lower === null || upper === null ? null : (upper - lower) / 4);

function xEncoding({ visit }: Profile, axis: VisitAxis, texts: FigureTexts) {
  return {
    field: "x",
    type: "quantitative" as const,
    title: axisTitle(texts.withUnit(visit.name, visit.unit), WIDTH),
    scale: { domain: [...axis.domain], nice: false, zero: false },
    axis: {
      values: [...axis.positions],
      labels: axis.numeric,
      titlePadding: axis.numeric ? 6 : 7 + visitLabelHeight(axis),
    },
  };
}

const visitLabels = (axis: VisitAxis) => ({
  data: { values: axis.positions.map((x, i) => ({ x, label: axis.labels[i]!, lines: wrappedLabels(axis)[i]! })) },
  mark: {
    type: "text" as const,
    baseline: "top" as const,
    limit: labelWidth(axis),
    aria: false,
  },
  encoding: {
    y: { value: HEIGHT + 7 },
    text: { field: "lines", type: "nominal" as const },
    tooltip: { field: "label", type: "nominal" as const },
  },
});

const labelWidth = ({ positions }: VisitAxis): number => Math.max(24, WIDTH / positions.length - 6);

const wrappedLabels = (axis: VisitAxis): string[][] =>
  axis.labels.map((label) => wrapText(label, labelWidth(axis), FONT_SIZE, MOST_LABEL_LINES));

/** Pixels that the labels of visits which are not numbers take under the axis. */
const visitLabelHeight = (axis: VisitAxis): number =>
  axis.numeric ? 0 : Math.max(...wrappedLabels(axis).map((lines) => lines.length)) * (FONT_SIZE + 2);

const tooltips = ({ armColumn, visit }: Profile, texts: FigureTexts) => ({
  tooltip: [
    { field: "arm", type: "nominal" as const, title: armColumn },
    { field: "at", type: "nominal" as const, title: visit.name },
    { field: "numbers", type: "nominal" as const, title: texts.profiles.mean },
    { field: "what", type: "nominal" as const, title: " " },
  ],
});

const armScale = ({ arms }: Profile, style: "colour" | "shape") => ({
  domain: [...arms],
  range: arms.map((_, i) => armStyle(i)[style]),
});

const armColour = (profile: Profile) => ({
  field: "arm",
  type: "nominal" as const,
  scale: armScale(profile, "colour"),
});

const yEncoding = (field: string, outcome: string, texts: FigureTexts) => ({
  field,
  type: "quantitative" as const,
  title: axisTitle(texts.profiles.axis(outcome), HEIGHT),
  scale: { zero: false, nice: true },
  axis: { grid: true, domain: false, ticks: false, tickCount: 6, labelPadding: 6 },
});

/** One layer for each arm, with its colour as a constant: a scale here would ask for a legend of its own. */
const meanLine = (arm: string, index: number, kind: string) => ({
  transform: [{ filter: { field: "arm", equal: arm } }, { filter: { field: "kind", equal: kind } }],
  mark: {
    type: "line" as const,
    color: armStyle(index).colour,
    strokeDash: armStyle(index).dash,
    strokeWidth: 1.5,
    aria: false,
    tooltip: null,
  },
  encoding: { y: { field: "mean", type: "quantitative" as const } },
});

const intervalBars = (arm: string, index: number, outcome: string, texts: FigureTexts) => ({
  transform: [{ filter: { field: "arm", equal: arm } }, { filter: "isValid(datum.lower) && isValid(datum.upper)" }],
  mark: { type: "rule" as const, color: armStyle(index).colour, strokeWidth: 1.25, aria: false },
  encoding: {
    y: yEncoding("lower", outcome, texts),
    y2: { field: "upper" },
    strokeOpacity: {
      condition: { test: { field: "kind", equal: ADJUSTED }, value: 1 },
      value: 0.5,
    },
  },
});

/** The white inside of the hollow marks, so that intervals do not show through. */
const hollows = (profile: Profile, axis: VisitAxis) => ({
  transform: [{ filter: { field: "kind", equal: OBSERVED } }],
  mark: { type: "point" as const, filled: true, size: axis.pointSize, opacity: 1, color: "white", aria: false },
  encoding: { y: { field: "mean", type: "quantitative" as const }, shape: armShape(profile) },
});

/** Filled or hollow by kind; with one kind only, that needs no legend. */
function points(profile: Profile, axis: VisitAxis, texts: FigureTexts, bothKinds: boolean) {
  const arm = { ...armColour(profile), legend: armLegend(profile) };
  return {
    mark: { type: "point" as const, filled: true, size: axis.pointSize, opacity: 1, strokeWidth: OUTLINE },
    encoding: {
      y: { field: "mean", type: "quantitative" as const },
      stroke: arm,
      fill: arm,
      shape: armShape(profile),
      fillOpacity: { condition: { test: { field: "kind", equal: ADJUSTED }, value: 1 }, value: 0 },
      ...(bothKinds ? { strokeWidth: kindKey(texts) } : {}),
    },
  };
}

/** The key to filled and hollow. Vega-Lite makes no legend of a fill's opacity, so it hangs on a stroke width that does not vary. */
const kindKey = (texts: FigureTexts) => ({
  field: "what",
  type: "ordinal" as const,
  scale: { domain: [texts.profiles.adjusted, texts.profiles.observed], range: [OUTLINE, OUTLINE] },
  legend: {
    ...legendOf([texts.profiles.adjusted, texts.profiles.observed]),
    symbolType: "circle",
    encoding: {
      symbols: {
        stroke: { value: QUIET_INK },
        fill: { condition: { test: "datum.index === 0", value: QUIET_INK }, value: "white" },
      },
    },
  } as object,
});

/** The same wherever it is asked for: Vega-Lite takes one legend for the shapes of all layers. */
const armShape = (profile: Profile) => ({
  field: "arm",
  type: "nominal" as const,
  scale: armScale(profile, "shape"),
  legend: armLegend(profile),
});

/** Pixels of a legend entry beside its label. */
const LEGEND_SYMBOL = 26;

/** One arm needs no legend. */
const armLegend = ({ arms }: Profile) => (arms.length > 1 ? legendOf(arms) : null);

/** Above the plot, with as many entries in a row as the plot is wide enough for. */
function legendOf(labels: readonly string[]) {
  const widest = Math.max(...labels.map((label) => Math.min(LEGEND_LABEL_LIMIT, textWidth(label, FONT_SIZE))));
  const columns = Math.max(1, Math.min(labels.length, Math.floor(WIDTH / (widest + LEGEND_SYMBOL))));
  return { orient: "top" as const, title: null, symbolSize: 50, offset: 6, columns };
}

/** Under the axis: how many rows each observed mean is of, as in a table of numbers at risk. */
function counts({ arms, points, visit }: Profile, axis: VisitAxis, texts: FigureTexts) {
  const cells = points
    .filter(({ kind, n }) => kind === OBSERVED && n !== null)
    .map(({ arm, at, n }) => ({
      x: visit.numeric ? Number(at) : axis.labels.indexOf(String(at)),
      row: arms.indexOf(arm),
      text: texts.integer(n!),
    }));
  if (cells.length === 0) return [];
  const style = { type: "text" as const, baseline: "middle" as const, fontSize: SMALL_FONT_SIZE, aria: false };
  const top = HEIGHT + COUNTS_OFFSET + Math.max(0, visitLabelHeight(axis) - FONT_SIZE);
  const y = (row: number) => top + (row + 1) * COUNTS_ROW;
  return [
    {
      data: { values: [{ text: texts.profiles.count }] },
      mark: { ...style, align: "right" as const, color: QUIET_INK, limit: ARM_LABEL_LIMIT },
      encoding: { x: { value: -8 }, y: { value: y(-1) }, text: { field: "text", type: "nominal" as const } },
    },
    ...arms.flatMap((arm, row) => [
      {
        data: { values: [{ text: arm }] },
        mark: { ...style, align: "right" as const, color: INK, limit: ARM_LABEL_LIMIT },
        encoding: { x: { value: -8 }, y: { value: y(row) }, text: { field: "text", type: "nominal" as const } },
      },
      {
        data: { values: cells.filter((cell) => cell.row === row) },
        mark: style,
        encoding: { y: { value: y(row) }, text: { field: "text", type: "nominal" as const } },
      },
    ]),
  ];
}

function altText({ arms, points, visit }: Profile, axis: VisitAxis, outcome: string, texts: FigureTexts): string {
  const kind = points.some((point) => point.kind === ADJUSTED) ? ADJUSTED : OBSERVED;
  const last = axis.labels.at(-1) ?? "";
  const means = arms.flatMap((arm) => {
    const point = points.find((p) => p.kind === kind && p.arm === arm && String(p.at) === last);
    return point === undefined ? [] : [`${arm} ${texts.number(point.mean, meanDecimals(point, texts))}`];
  });
  return texts.profiles.alt(outcome, arms, axis.labels.length, { visit: `${visit.name} ${last}`, kind, means });
}
