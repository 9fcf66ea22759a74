/**
 * Mean of the outcome by arm over the visits: observed means as hollow marks, adjusted means as filled
 * marks joined by lines, both with intervals, set beside each other at each visit. One journal column wide;
 * with more marks or longer labels wider, up to the width of the text. Where that is not enough, observed means are
 * short strokes without intervals behind the adjusted.
 */
import type { AnalysisDisplay, Profile, ProfilePoint } from "../analysis/results.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { type ShownText, withTextsInFull } from "./in-full.js";
import { textWidth, widestWord, wrapText } from "./text-width.js";
import { armStyle, axisTitle, FONT_SIZE, figureTitle, INK, QUIET_INK, SMALL_FONT_SIZE, theme } from "./theme.js";

const LEAST_WIDTH = 262;
/** With what stands left of the plot, the width of a printed page's text. */
const MOST_WIDTH = 530;
/** A wider plot is higher too, to a point. */
const HEIGHT_SHARE = 0.725;
const MOST_HEIGHT = 250;
/** Left of the plot: labels and title of the axis. */
const AXIS_WIDTH = 50;
/** Pixels between neighbouring intervals at one visit, where there is room. */
const DODGE = 8;
/** Nearer than this, marks are not easily told apart. */
const LEAST_DODGE = 7;
/** Between marks that have strokes behind them, and how long those are. */
const DODGE_WITH_STROKES = 12;
const STROKE_LENGTH = 11;
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
const MOST_LABEL_LINES = 5;
/** Pixels between the labels of neighbouring visits. */
const LABEL_GAP = 8;
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
  /** The outcome is 0 or 1. */
  readonly proportion: boolean;
  readonly positions: readonly number[];
  readonly labels: readonly string[];
  readonly numeric: boolean;
  readonly domain: readonly [number, number];
  /** Axis units per pixel. */
  readonly perPixel: number;
  /** Of the plot, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Observed means are strokes at the place of the adjusted. */
  readonly strokes: boolean;
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
    strokes: axis.strokes,
  };
  const outcome = texts.withUnit(display.outcome.name, display.outcome.unit);
  const title = texts.profiles.title(display.outcome.name, profile.armColumn, profile.visit.name, profile.proportion);
  const alt = altText(profile, axis, outcome, texts);
  const own = texts.profiles.caption(texts.interval(display.level), kinds);
  return {
    title,
    caption: withTextsInFull(own, shownTexts(profile, axis, outcome, texts), texts),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(title, axis.width + AXIS_WIDTH),
      width: axis.width,
      height: axis.height,
      data: { values: marks },
      encoding: { x: xEncoding(profile, axis, texts), ...tooltips(profile, texts) },
      layer: [
        ...profile.arms.map((arm, i) => meanLine(arm, i, kinds.adjusted ? ADJUSTED : OBSERVED)),
        ...profile.arms.map((arm, i) => intervalBars(arm, i, axis, outcome, texts)),
        ...(axis.strokes ? profile.arms.map(observedStrokes) : [hollows(profile, axis)]),
        points(profile, axis, texts, kinds.observed && kinds.adjusted),
        ...(axis.numeric ? [] : [visitLabels(axis)]),
        ...counts(profile, axis, texts),
      ],
    },
  };
}

/** Everything that may not fit, with the lines it is shown in. */
function shownTexts({ arms, visit }: Profile, axis: VisitAxis, outcome: string, texts: FigureTexts): ShownText[] {
  const vertical = texts.profiles.axis(outcome, axis.proportion);
  const horizontal = texts.withUnit(visit.name, visit.unit);
  return [
    { text: vertical, lines: axisTitle(vertical, axis.height) },
    { text: horizontal, lines: axisTitle(horizontal, axis.width) },
    ...arms.map((arm) => ({ text: arm, lines: wrapText(arm, legendLabelLimit(axis), FONT_SIZE, 1) })),
    ...(axis.numeric ? [] : axis.labels.map((text, i) => ({ text, lines: wrappedLabels(axis)[i]! }))),
  ];
}

/** Visits at their numeric distance when they are numbers, else evenly spaced in the order given. */
function visitAxis({ proportion, arms, visit, points }: Profile): VisitAxis {
  const seen = [...new Set(points.map(({ at }) => at))];
  const visits = visit.numeric ? seen.sort((a, b) => Number(a) - Number(b)) : seen;
  const positions = visits.map((at, i) => (visit.numeric ? Number(at) : i));
  const labels = visits.map(String);
  const first = positions[0] ?? 0;
  const span = Math.max((positions.at(-1) ?? 0) - first, positions.length > 1 ? 0 : 1);
  const kinds = new Set(points.map(({ kind }) => kind)).size;
  const strokes = kinds > 1 && widthFor(positions, kinds * arms.length, LEAST_DODGE) > MOST_WIDTH;
  const series = strokes ? arms.length : kinds * arms.length;
  const mostDodge = strokes ? DODGE_WITH_STROKES : DODGE;
  const wanted = Math.max(
    widthFor(positions, series, mostDodge),
    visit.numeric ? 0 : widthForLabels(labels, edgeOf(series, mostDodge)),
  );
  const width = Math.round(Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, wanted)));
  const edge = edgeOf(series, mostDodge);
  const perPixel = span / (width - 2 * edge);
  const dodge = dodgeStep(positions, perPixel, series, mostDodge);
  return {
    proportion,
    positions,
    labels,
    numeric: visit.numeric,
    domain: [first - edge * perPixel, first + (positions.length > 1 ? span : 0) + edge * perPixel],
    perPixel,
    width,
    height: Math.round(Math.min(MOST_HEIGHT, HEIGHT_SHARE * width)),
    strokes,
    dodge,
    pointSize: Math.max(LEAST_POINT_SIZE, Math.min(MOST_POINT_SIZE, 0.75 * dodge ** 2)),
  };
}

/** From the first visit to the side of the plot: half of the marks at a visit, and a margin. */
const edgeOf = (series: number, dodge: number): number => MARGIN + ((series - 1) / 2) * dodge;

/** The width at which the marks of the nearest two visits stand `dodge` pixels apart. */
function widthFor(positions: readonly number[], series: number, dodge: number): number {
  const gaps = positions.slice(1).map((at, i) => at - positions[i]!);
  if (gaps.length === 0) return 0;
  const gap = ((series - 1) * dodge) / DODGE_SHARE;
  return ((positions.at(-1)! - positions[0]!) / Math.min(...gaps)) * gap + 2 * edgeOf(series, dodge);
}

/** The width at which no word of a label has to be broken. */
const widthForLabels = (labels: readonly string[], edge: number): number =>
  (labels.length - 1) * (Math.max(...labels.map((label) => widestWord(label, FONT_SIZE))) + LABEL_GAP) + 2 * edge;

/** As far as asked for, or as there is room between the nearest two visits; in pixels. */
function dodgeStep(positions: readonly number[], perPixel: number, series: number, most: number): number {
  const gaps = positions.slice(1).map((at, i) => (at - positions[i]!) / perPixel);
  const room = (Math.min(...gaps, Number.POSITIVE_INFINITY) * DODGE_SHARE) / Math.max(1, series - 1);
  return Math.min(most, room);
}

function toMarks({ arms, points, visit }: Profile, axis: VisitAxis, texts: FigureTexts): Mark[] {
  const kinds = [OBSERVED, ADJUSTED].filter((kind) => points.some((point) => point.kind === kind));
  const places = axis.strokes ? 1 : kinds.length;
  const series = arms.length * places;
  const step = axis.dodge * axis.perPixel;
  return points.map((point) => {
    const place = visit.numeric ? Number(point.at) : axis.labels.indexOf(String(point.at));
    const order = arms.indexOf(point.arm) * places + (axis.strokes ? 0 : kinds.indexOf(point.kind));
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
    title: axisTitle(texts.withUnit(visit.name, visit.unit), axis.width),
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
    y: { value: axis.height + 7 },
    text: { field: "lines", type: "nominal" as const },
    tooltip: { field: "label", type: "nominal" as const },
  },
});

const labelWidth = ({ positions, width, perPixel }: VisitAxis): number =>
  positions.length > 1 ? Math.max(24, 1 / perPixel - LABEL_GAP + 1) : width;

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

const yEncoding = (field: string, { height, proportion }: VisitAxis, outcome: string, texts: FigureTexts) => ({
  field,
  type: "quantitative" as const,
  title: axisTitle(texts.profiles.axis(outcome, proportion), height),
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

const intervalBars = (arm: string, index: number, axis: VisitAxis, outcome: string, texts: FigureTexts) => ({
  transform: [
    { filter: { field: "arm", equal: arm } },
    ...(axis.strokes ? [{ filter: { field: "kind", equal: ADJUSTED } }] : []),
    { filter: "isValid(datum.lower) && isValid(datum.upper)" },
  ],
  mark: { type: "rule" as const, color: armStyle(index).colour, strokeWidth: 1.25, aria: false },
  encoding: {
    y: yEncoding("lower", axis, outcome, texts),
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
  encoding: { y: { field: "mean", type: "quantitative" as const }, shape: armShape(profile, axis) },
});

/** Where there is no room for more: the observed means of an arm behind its adjusted, longer than those are wide. */
const observedStrokes = (arm: string, index: number) => ({
  transform: [{ filter: { field: "arm", equal: arm } }, { filter: { field: "kind", equal: OBSERVED } }],
  mark: {
    type: "point" as const,
    shape: "stroke",
    size: STROKE_LENGTH ** 2,
    strokeWidth: 1.5,
    opacity: 1,
    color: armStyle(index).colour,
    aria: false,
  },
  encoding: { y: { field: "mean", type: "quantitative" as const } },
});

/** Filled or hollow by kind; with one kind only, that needs no legend. */
function points(profile: Profile, axis: VisitAxis, texts: FigureTexts, bothKinds: boolean) {
  const arm = { ...armColour(profile), legend: armLegend(profile, axis) };
  return {
    ...(axis.strokes ? { transform: [{ filter: { field: "kind", equal: ADJUSTED } }] } : {}),
    mark: { type: "point" as const, filled: true, size: axis.pointSize, opacity: 1, strokeWidth: OUTLINE },
    encoding: {
      y: { field: "mean", type: "quantitative" as const },
      stroke: arm,
      fill: arm,
      shape: armShape(profile, axis),
      fillOpacity: { condition: { test: { field: "kind", equal: ADJUSTED }, value: 1 }, value: 0 },
      ...(bothKinds ? { strokeWidth: kindKey(axis, texts) } : {}),
    },
  };
}

/** The key to filled and hollow. Vega-Lite makes no legend of a fill's opacity, so it hangs on a stroke width that does not vary. */
const kindKey = (axis: VisitAxis, texts: FigureTexts) => ({
  field: "what",
  type: "ordinal" as const,
  scale: { domain: [texts.profiles.adjusted, texts.profiles.observed], range: [OUTLINE, OUTLINE] },
  legend: {
    ...legendOf([texts.profiles.adjusted, texts.profiles.observed], axis),
    symbolType: "circle",
    encoding: {
      symbols: {
        stroke: { value: QUIET_INK },
        ...(axis.strokes
          ? { shape: { condition: { test: "datum.index === 0", value: "circle" }, value: "stroke" } }
          : {}),
        fill: { condition: { test: "datum.index === 0", value: QUIET_INK }, value: "white" },
      },
    },
  } as object,
});

/** The same wherever it is asked for: Vega-Lite takes one legend for the shapes of all layers. */
const armShape = (profile: Profile, axis: VisitAxis) => ({
  field: "arm",
  type: "nominal" as const,
  scale: armScale(profile, "shape"),
  legend: armLegend(profile, axis),
});

/** Pixels of a legend entry beside its label. */
const LEGEND_SYMBOL = 26;

/** One arm needs no legend. */
const armLegend = ({ arms }: Profile, axis: VisitAxis) => (arms.length > 1 ? legendOf(arms, axis) : null);

const legendLabelLimit = ({ width }: VisitAxis): number => width - LEGEND_SYMBOL;

/** Above the plot, with as many entries in a row as the plot is wide enough for. */
function legendOf(labels: readonly string[], axis: VisitAxis) {
  const labelLimit = legendLabelLimit(axis);
  const widest = Math.max(...labels.map((label) => Math.min(labelLimit, textWidth(label, FONT_SIZE))));
  const columns = Math.max(1, Math.min(labels.length, Math.floor(axis.width / (widest + LEGEND_SYMBOL))));
  return { orient: "top" as const, title: null, symbolSize: 50, offset: 6, columns, labelLimit };
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
  const top = axis.height + COUNTS_OFFSET + Math.max(0, visitLabelHeight(axis) - FONT_SIZE);
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
