/**
 * Scaled Schoenfeld residuals of a Cox model against time, a panel for each term: residual plus coefficient is the
 * effect at that time, so a smooth line that stays level says proportional hazards. Time is drawn as the test has
 * it (transformed), with natural times at the ticks. Grambsch and Therneau (1994) Biometrika 81:515–526.
 */
import { roundTimes } from "../analysis/event-curves.js";
import type { AnalysisDisplay, SchoenfeldTerm } from "../analysis/results.js";
import { normalQuantile } from "../numeric/distributions.js";
import { termLabel } from "./estimate-name.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { type ShownText, withTextsInFull } from "./in-full.js";
import { smoothWithBand } from "./smooth.js";
import { textWidth, wrapText } from "./text-width.js";
import { ACCENT, axisTitle, FONT_SIZE, figureTitle, INK, POINT, QUIET_INK, theme } from "./theme.js";

const WIDTH = 226;
const HEIGHT = 160;
const PANELS_ACROSS = 2;
/** Left of a panel: labels and title of the axis. */
const AXIS_WIDTH = 45;
/** Pixels between the labels of ticks. */
const LABEL_GAP = 10;
const PADDING = 7;
/** Points beyond this are drawn evenly thinned: the line is of all of them. */
const MOST_POINTS = 1500;
const DIGITS = 6;

export function schoenfeldPlot(
  { level, labels }: Pick<AnalysisDisplay, "level" | "labels">,
  terms: readonly SchoenfeldTerm[],
  texts: FigureTexts,
): Drawing {
  const { schoenfeld } = texts;
  const across = Math.min(terms.length, PANELS_ACROSS);
  const titles = terms.map((term) => panelTitle(term, labels, texts));
  const alt = schoenfeld.alt(
    titles.map(({ text }) => text),
    terms[0]?.times.length ?? 0,
  );
  const panels = terms.map((term, i) => ({
    ...panel(term, level, i % across === 0, texts),
    title: { text: [...titles[i]!.lines], fontSize: FONT_SIZE, offset: 6, frame: "group" as const },
  }));
  const horizontal = timeTitle(terms[0]!, texts);
  const shownTexts: ShownText[] = [
    ...titles,
    { text: horizontal, lines: axisTitle(horizontal, WIDTH) },
    { text: schoenfeld.axis, lines: axisTitle(schoenfeld.axis, HEIGHT) },
  ];
  const caption = schoenfeld.caption(
    texts.interval(level),
    terms.some(({ coefficients }) => coefficients > 1),
    terms[0]!.transform,
  );
  return {
    title: schoenfeld.title,
    caption: withTextsInFull(caption, shownTexts, texts),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(schoenfeld.title, across * (WIDTH + AXIS_WIDTH)),
      concat: panels,
      columns: PANELS_ACROSS,
      spacing: 22,
    },
  };
}

const timeTitle = ({ time }: SchoenfeldTerm, { withUnit }: FigureTexts): string => withUnit(time.name, time.unit);

function panelTitle({ term, test }: SchoenfeldTerm, labels: AnalysisDisplay["labels"], texts: FigureTexts): ShownText {
  const text = texts.schoenfeld.term(termLabel(term, texts.intercept, labels), texts.p(test.p));
  return { text, lines: wrapText(text, WIDTH, FONT_SIZE, 2, true) };
}

function panel(term: SchoenfeldTerm, level: number, isFirst: boolean, texts: FigureTexts) {
  const { time, transformed, effects, coefficient } = term;
  const line = smoothWithBand(transformed, effects, normalQuantile(1 - (1 - level) / 2)).map((point) => ({
    x: shown(point.x),
    y: shown(point.y),
    lower: shown(point.lower),
    upper: shown(point.upper),
  }));
  const ticks = timeTicks(term, time.unit, texts);
  const x = {
    type: "quantitative" as const,
    field: "x",
    title: axisTitle(timeTitle(term, texts), WIDTH),
    scale: { zero: false, nice: false, padding: PADDING },
    axis: { values: ticks.map(({ at }) => at), labels: false, titlePadding: 7 + FONT_SIZE + 4 },
  };
  const y = {
    type: "quantitative" as const,
    title: isFirst ? axisTitle(texts.schoenfeld.axis, HEIGHT) : null,
    scale: { zero: false, nice: false, padding: PADDING },
    axis: { tickCount: 5 },
  };
  const hidden = { aria: false, tooltip: null };
  const level0 = (value: number, mark: object) => ({
    data: { values: [{ y: shown(value) }] },
    mark: { type: "rule" as const, ...hidden, ...mark },
    encoding: { y: { ...y, field: "y" } },
  });
  return {
    width: WIDTH,
    height: HEIGHT,
    layer: [
      {
        data: { values: points(term) },
        mark: { type: "point" as const, size: 16, strokeWidth: 0.9, color: POINT, opacity: 0.55, ...hidden },
        encoding: { x, y: { ...y, field: "y" } },
      },
      {
        data: { values: line },
        mark: { type: "area" as const, color: ACCENT, opacity: 0.16, strokeWidth: 0, line: false, ...hidden },
        encoding: { x, y: { ...y, field: "lower" }, y2: { field: "upper" } },
      },
      level0(0, { color: QUIET_INK, strokeWidth: 0.75 }),
      level0(coefficient, { color: INK, strokeWidth: 1, strokeDash: [5, 3] }),
      {
        data: { values: line },
        mark: { type: "line" as const, color: ACCENT, strokeWidth: 1.75, ...hidden },
        encoding: { x, y: { ...y, field: "y" } },
      },
      {
        data: { values: ticks.map(({ at, label }) => ({ x: at, label })) },
        mark: { type: "text" as const, baseline: "top" as const, ...hidden },
        encoding: { x, y: { value: HEIGHT + 7 }, text: { field: "label", type: "nominal" as const } },
      },
    ],
  };
}

function points({ transformed, effects }: SchoenfeldTerm) {
  const every = Math.max(1, Math.ceil(effects.length / MOST_POINTS));
  return Array.from(effects, (y, i) => ({ x: shown(transformed[i]!), y: shown(y) })).filter((_, i) => i % every === 0);
}

const shown = (value: number): number | null => (Number.isFinite(value) ? Number(value.toPrecision(DIGITS)) : null);

/**
 * Round times where they are on the transformed axis, up to the last event; without those whose labels would touch.
 * The curve does not move before the first event, so all times until then are at one place.
 */
function timeTicks({ times, transformed }: SchoenfeldTerm, unit: string | null, texts: FigureTexts) {
  const span = (transformed.at(-1) ?? 0) - (transformed[0] ?? 0);
  const perPixel = span / (WIDTH - 2 * PADDING);
  const ticks: { at: number; label: string; right: number }[] = [];
  for (const time of roundTimes(times.at(-1) ?? 0, unit)) {
    const at = transformedAt(times, transformed, time);
    if (at === undefined) continue;
    const label = String(time).replace(".", texts.decimal);
    const half = (textWidth(label, FONT_SIZE) / 2) * perPixel;
    if (ticks.length > 0 && at - half < ticks.at(-1)!.right + LABEL_GAP * perPixel) continue;
    ticks.push({ at: shown(at)!, label, right: at + half });
  }
  return ticks;
}

/** Between events along the straight line. */
function transformedAt(times: Float64Array, transformed: Float64Array, time: number): number | undefined {
  const after = times.findIndex((t) => t >= time);
  if (after < 0) return undefined;
  if (times[after] === time || after === 0) return transformed[after];
  const share = (time - times[after - 1]!) / (times[after]! - times[after - 1]!);
  return transformed[after - 1]! + share * (transformed[after]! - transformed[after - 1]!);
}
