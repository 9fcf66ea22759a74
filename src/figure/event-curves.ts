/**
 * Curves of survival or of cumulative incidence by group: steps with their interval as a band, marks where somebody
 * was censored, and numbers at risk under the axis, in line with its ticks. Several causes are panels beside each
 * other with one scale. Groups differ in colour and dash; the numbers at risk carry the same key.
 */
import { lastTime, roundTimes } from "../analysis/event-curves.js";
import type { EventCurve, EventCurves } from "../analysis/results.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { type ShownText, withTextsInFull } from "./in-full.js";
import { textWidth, wrapText } from "./text-width.js";
import { armStyle, axisTitle, FONT_SIZE, figureTitle, INK, QUIET_INK, SMALL_FONT_SIZE, theme } from "./theme.js";

/** Of the plot when it is the only one, and of one panel of several. */
const WIDTH = 330;
const PANEL_WIDTH = 226;
const HEIGHT = 215;
const PANEL_HEIGHT = 190;
/** Panels in a row: two fill the width of a page. */
const PANELS_ACROSS = 2;
/** Left of the plot: labels and title of the axis. */
const AXIS_WIDTH = 50;
const LEGEND_SYMBOL = 34;
const LINE_WIDTH = 1.5;
const BAND_OPACITY = 0.14;
/** Of more groups the bands would cover each other: the table has the intervals. */
const MOST_BANDS = 4;
/** A vertical stroke through the curve. */
const CENSORED_MARK = "M0,-0.5L0,0.5";
const CENSORED_SIZE = 49;
/** From the axis to the heading of the numbers at risk, and from row to row. */
const RISK_OFFSET = 46;
const RISK_ROW = 14;
const RISK_LABEL_LIMIT = 130;
/** The piece of the curve's line before the numbers at risk. */
const KEY_LENGTH = 16;
const KEY_GAP = 5;
/** Pixels between neighbouring numbers at risk. */
const NUMBER_GAP = 5;
/** Steps nearer to each other than this many pixels are drawn as one: they cannot be seen apart. */
const LEAST_STEP = 0.25;
/** Significant digits of numbers in a specification: more cannot be seen. */
const DIGITS = 6;
/** Where the axis of an incidence may end. */
const TOPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1] as const;

/** What all panels share. */
interface Layout {
  readonly curves: EventCurves;
  readonly groups: readonly string[];
  /** One panel for each; null: not of a cause. */
  readonly causes: readonly (string | null)[];
  readonly ticks: readonly number[];
  readonly end: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export function eventCurves(curves: EventCurves, texts: FigureTexts): Drawing {
  const layout = layOut(curves);
  const { causes, width } = layout;
  const title = texts.events.title(curves, causes.length === 1 ? causes[0]! : null);
  const alt = altText(layout, texts);
  const across = Math.min(causes.length, PANELS_ACROSS);
  const views = causes.map((cause, i) => panel(layout, cause, i % across === 0, texts));
  const only = views.length === 1 ? views[0]! : null;
  return {
    title,
    caption: withTextsInFull(texts.events.caption(captionParts(layout, texts)), shownTexts(layout, texts), texts),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(title, across * (width + AXIS_WIDTH)),
      ...(only ?? {
        concat: causes.map((cause, i) => ({
          ...views[i]!,
          title: {
            text: wrapText(cause ?? "", width, FONT_SIZE, 2),
            fontSize: FONT_SIZE,
            offset: 6,
            frame: "group" as const,
          },
        })),
        columns: PANELS_ACROSS,
        spacing: 22,
      }),
    },
  };
}

function layOut(curves: EventCurves): Layout {
  const groups = [...new Set(curves.curves.map(({ group }) => group))];
  const causes = [...new Set(curves.curves.map(({ cause }) => cause))];
  const last = lastTime(curves.curves);
  const isOnly = causes.length === 1;
  return {
    curves,
    groups,
    causes,
    ticks: curves.atRisk?.times ?? roundTimes(last, curves.time.unit),
    end: last > 0 ? last : 1,
    top: curves.kind === "survival" ? 1 : incidenceTop(curves.curves),
    width: isOnly ? WIDTH : PANEL_WIDTH,
    height: isOnly ? HEIGHT : PANEL_HEIGHT,
  };
}

/** The first round number that no curve and no interval is above. */
function incidenceTop(curves: readonly EventCurve[]): number {
  let most = 0;
  for (const { estimates, upper } of curves) {
    for (const value of [...estimates, ...(upper ?? [])]) if (value > most) most = value;
  }
  return TOPS.find((top) => most <= top) ?? 1;
}

const captionParts = ({ curves, groups, top }: Layout, { interval }: FigureTexts) => ({
  kind: curves.kind,
  source: curves.source,
  interval:
    groups.length <= MOST_BANDS && curves.curves.some(({ lower }) => lower !== null) ? interval(curves.level) : null,
  censored: curves.curves.some(({ censored }) => censored.length > 0),
  atRisk: curves.atRisk !== null,
  top,
});

function shownTexts(layout: Layout, texts: FigureTexts): ShownText[] {
  const { groups, causes, width, height } = layout;
  const vertical = texts.events.axis(layout.curves, causes.length === 1 ? causes[0]! : null);
  const horizontal = timeTitle(layout, texts);
  return [
    { text: vertical, lines: axisTitle(vertical, height) },
    { text: horizontal, lines: axisTitle(horizontal, width) },
    ...groups.map((text) => ({ text, lines: wrapText(text, width - LEGEND_SYMBOL, FONT_SIZE, 1) })),
    ...(causes.length === 1
      ? []
      : causes.map((text) => ({ text: text ?? "", lines: wrapText(text ?? "", width, FONT_SIZE, 2) }))),
  ];
}

const timeTitle = ({ curves: { time } }: Layout, { withUnit }: FigureTexts): string => withUnit(time.name, time.unit);

// ── one panel ───────────────────────────────────────────────────────────────────────────────────

function panel(layout: Layout, cause: string | null, isFirst: boolean, texts: FigureTexts) {
  const { curves, width, height } = layout;
  const own = curves.curves.filter((curve) => curve.cause === cause);
  const x = xEncoding(layout, texts);
  const y = yEncoding(layout, cause, isFirst, texts);
  return {
    width,
    height,
    layer: [
      ...own.flatMap((curve) => band(curve, layout, x, y)),
      lines(own, layout, x, y),
      ...own.flatMap((curve) => censoringMarks(curve, layout, x, y)),
      ...riskTable(layout, texts),
    ],
  };
}

function xEncoding(layout: Layout, texts: FigureTexts) {
  return {
    field: "x",
    type: "quantitative" as const,
    title: axisTitle(timeTitle(layout, texts), layout.width),
    scale: { domain: [0, layout.end], nice: false, zero: true },
    axis: { values: [...layout.ticks], titlePadding: 6 },
  };
}

function yEncoding(
  { curves, causes, top, height }: Layout,
  cause: string | null,
  isFirst: boolean,
  texts: FigureTexts,
) {
  const title = texts.events.axis(curves, causes.length === 1 ? cause : null);
  return {
    type: "quantitative" as const,
    title: isFirst ? axisTitle(title, height) : null,
    scale: { domain: [0, top], nice: false, zero: true },
    axis: { grid: true, domain: false, ticks: false, tickCount: 5, labelPadding: 6 },
  };
}

type XEncoding = ReturnType<typeof xEncoding>;
type YEncoding = ReturnType<typeof yEncoding>;

const groupIndex = ({ groups }: Layout, { group }: EventCurve): number => groups.indexOf(group);

/** One layer for each group, with its colour as a constant: a scale here would ask for a legend of its own. */
function band(curve: EventCurve, layout: Layout, x: XEncoding, y: YEncoding) {
  const { lower, upper } = curve;
  if (lower === null || upper === null || layout.groups.length > MOST_BANDS) return [];
  const corners = drawnSteps(curve, layout).flatMap(({ from, to, step }) =>
    [from, to].map((at) => ({ x: shown(at), lower: shown(lower[step]!), upper: shown(upper[step]!) })),
  );
  return [
    {
      data: { values: corners },
      mark: {
        type: "area" as const,
        color: armStyle(groupIndex(layout, curve)).colour,
        opacity: BAND_OPACITY,
        strokeWidth: 0,
        line: false,
        aria: false,
        tooltip: null,
      },
      encoding: { x, y: { ...y, field: "lower" }, y2: { field: "upper" } },
    },
  ];
}

function lines(own: readonly EventCurve[], layout: Layout, x: XEncoding, y: YEncoding) {
  const { groups } = layout;
  const legend = groups.length > 1 ? legendOf(layout) : null;
  const corners = own.flatMap((curve) =>
    drawnSteps(curve, layout).flatMap(({ from, to, step }) =>
      [from, to].map((at) => ({ group: curve.group, x: shown(at), y: shown(curve.estimates[step]!) })),
    ),
  );
  const scale = <T>(range: readonly T[]) => ({ domain: [...groups], range: [...range] });
  return {
    data: { values: corners },
    mark: { type: "line" as const, strokeWidth: LINE_WIDTH, strokeJoin: "miter" as const, aria: false, tooltip: null },
    encoding: {
      x,
      y: { ...y, field: "y" },
      color: {
        field: "group",
        type: "nominal" as const,
        scale: scale(groups.map((_, i) => armStyle(i).colour)),
        legend,
      },
      strokeDash: { field: "group", type: "nominal" as const, scale: scale(groups.map((_, i) => dashOf(i))), legend },
    },
  };
}

/** Vega-Lite takes an empty dash for none given. */
function dashOf(i: number): number[] {
  const { dash } = armStyle(i);
  return dash.length === 0 ? [1, 0] : dash;
}

/** Above the plot, with as many entries in a row as the plot is wide enough for. */
function legendOf({ groups, causes, width }: Layout) {
  const labelLimit = width - LEGEND_SYMBOL;
  const widest = Math.max(...groups.map((label) => Math.min(labelLimit, textWidth(label, FONT_SIZE))));
  const columns = Math.max(1, Math.min(groups.length, Math.floor(width / (widest + LEGEND_SYMBOL))));
  return {
    orient: "top" as const,
    title: null,
    symbolType: "stroke",
    symbolSize: 400,
    symbolStrokeWidth: LINE_WIDTH,
    // Above the title of the first panel, where there is one.
    offset: causes.length > 1 ? 12 : 6,
    columns,
    labelLimit,
  };
}

/** A horizontal piece of a curve. */
interface Step {
  readonly from: number;
  readonly to: number;
  /** Index of its value. */
  readonly step: number;
}

/** The steps of a curve; of those that begin within a fraction of a pixel the last. */
function drawnSteps({ times, until }: EventCurve, { end, width }: Layout): Step[] {
  const least = (LEAST_STEP * end) / width;
  const kept: number[] = [];
  for (let i = 0; i < times.length; i++) {
    const at = times[i]!;
    // The first stays: the curve begins there.
    if (kept.length > 1 && at - times[kept[kept.length - 1]!]! < least) kept[kept.length - 1] = i;
    else kept.push(i);
  }
  return kept.map((step, k) => {
    const next = kept[k + 1];
    const from = times[step]!;
    return { from, to: next === undefined ? Math.max(from, until) : times[next]!, step };
  });
}

function censoringMarks(curve: EventCurve, layout: Layout, x: XEncoding, y: YEncoding) {
  const values = thinned(curve.censored, layout).map((at) => ({ x: shown(at), y: shown(valueAt(curve, at)) }));
  if (values.length === 0) return [];
  return [
    {
      data: { values },
      mark: {
        type: "point" as const,
        shape: CENSORED_MARK,
        size: CENSORED_SIZE,
        strokeWidth: 0.9,
        color: armStyle(groupIndex(layout, curve)).colour,
        opacity: 1,
        aria: false,
        tooltip: null,
      },
      encoding: { x, y: { ...y, field: "y" } },
    },
  ];
}

/** Of times within half a pixel the first. */
function thinned(times: Float64Array, { end, width }: Layout): number[] {
  const least = (2 * LEAST_STEP * end) / width;
  const kept: number[] = [];
  for (const at of times) if (kept.length === 0 || at - kept.at(-1)! >= least) kept.push(at);
  return kept;
}

/** The value of a curve from its last step at or before `at`. */
function valueAt({ times, estimates }: EventCurve, at: number): number {
  let low = 0;
  let high = times.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle]! <= at) low = middle;
    else high = middle - 1;
  }
  return estimates[low] ?? Number.NaN;
}

/** null where there is no number: a line has a gap there. */
const shown = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null);

// ── numbers at risk ─────────────────────────────────────────────────────────────────────────────

/** Under the axis: a row for each group, with a piece of its line before it. */
function riskTable(layout: Layout, texts: FigureTexts) {
  const { curves, ticks, end, width, height, groups } = layout;
  if (curves.atRisk === null) return [];
  const rows = curves.atRisk.groups;
  const numbers = rows.map(({ atRisk }) => atRisk.map(texts.integer));
  const widest = Math.max(...numbers.flat().map((text) => textWidth(text, SMALL_FONT_SIZE)));
  const every = tickStride(ticks, end, width, widest);
  const key = -(widest / 2 + KEY_GAP);
  const several = groups.length > 1;
  const labels = rows.map(({ group }) => wrapText(group, RISK_LABEL_LIMIT, SMALL_FONT_SIZE, 1)[0]!);
  const labelWidth = several ? Math.max(...labels.map((label) => textWidth(label, SMALL_FONT_SIZE))) : 0;
  const left = Math.round(key - KEY_LENGTH - KEY_GAP - labelWidth);
  const style = {
    type: "text" as const,
    baseline: "middle" as const,
    fontSize: SMALL_FONT_SIZE,
    aria: false,
    tooltip: null,
  };
  const y = (row: number) => ({ value: height + RISK_OFFSET + (row + 1) * RISK_ROW });
  const heading = {
    data: { values: [{ text: texts.events.atRisk }] },
    mark: { ...style, align: "left" as const, color: QUIET_INK },
    encoding: { x: { value: left }, y: y(-1), text: { field: "text", type: "nominal" as const } },
  };
  return [
    heading,
    ...rows.flatMap((row, i) => {
      const { colour, dash } = armStyle(Math.max(0, groups.indexOf(row.group)));
      const cells = ticks.flatMap((x, k) => (k % every === 0 ? [{ x, text: numbers[i]![k]! }] : []));
      return [
        ...(several
          ? [
              {
                data: { values: [{ text: labels[i]! }] },
                mark: { ...style, align: "left" as const, color: INK },
                encoding: { x: { value: left }, y: y(i), text: { field: "text", type: "nominal" as const } },
              },
              {
                data: { values: [{}] },
                mark: {
                  type: "rule" as const,
                  color: colour,
                  strokeDash: dash,
                  strokeWidth: LINE_WIDTH,
                  aria: false,
                  tooltip: null,
                },
                encoding: { x: { value: key - KEY_LENGTH }, x2: { value: key }, y: y(i) },
              },
            ]
          : []),
        {
          data: { values: cells },
          mark: { ...style, color: INK },
          encoding: {
            x: { field: "x", type: "quantitative" as const },
            y: y(i),
            text: { field: "text", type: "nominal" as const },
          },
        },
      ];
    }),
  ];
}

/** Every how many ticks have a number, so that numbers do not touch. */
function tickStride(ticks: readonly number[], end: number, width: number, widest: number): number {
  if (ticks.length < 2) return 1;
  const spacing = ((ticks[1]! - ticks[0]!) / end) * width;
  return Math.max(1, Math.ceil((widest + NUMBER_GAP) / spacing));
}

// ── in words ────────────────────────────────────────────────────────────────────────────────────

function altText({ curves, groups, causes, ticks }: Layout, texts: FigureTexts): string {
  // Where all curves still go on: at the end few are left.
  const shortest = Math.min(...curves.curves.map(({ until }) => until));
  const at = ticks.findLast((tick) => tick <= shortest) ?? 0;
  const values = (at > 0 ? curves.curves : []).map((curve) => {
    const label = [curve.group, causes.length > 1 ? curve.cause : null]
      .filter((part) => part !== null && part !== "")
      .join(", ");
    return `${label} ${texts.number(valueAt(curve, at), 2)}`.trim();
  });
  const time = `${String(at).replace(".", texts.decimal)}${curves.time.unit === null ? "" : ` ${texts.unit(curves.time.unit)}`}`;
  return texts.events.alt(
    curves,
    groups,
    causes.filter((cause) => cause !== null),
    time,
    values,
  );
}
