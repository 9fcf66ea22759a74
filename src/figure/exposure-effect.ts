/**
 * The effect of the switch by exposure time: estimate and interval at each, horizontal lines at the mean over exposure
 * times (TATE) and at the longest (LTE), and the line of no effect. Ratios have a logarithmic axis.
 */
import type { AnalysisDisplay } from "../analysis/results.js";
import type { Estimate } from "../inference/estimate.js";
import { parseWedgeEffect, type WedgeEffect } from "./estimate-name.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import type { ForestScale } from "./forest-plot.js";
import { type ShownText, withTextsInFull } from "./in-full.js";
import { ratioDecimals } from "./ratio-decimals.js";
import { ratioTicks } from "./ratio-ticks.js";
import { wrapText } from "./text-width.js";
import {
  ACCENT,
  axisTitle,
  FONT_SIZE,
  figureTitle,
  INK,
  LINE_HEIGHT,
  POINT,
  QUIET_INK,
  SMALL_FONT_SIZE,
  theme,
} from "./theme.js";

const LEAST_WIDTH = 240;
const MOST_WIDTH = 400;
const WIDTH_PER_TIME = 34;
const HEIGHT = 230;
const AXIS_WIDTH = 50;
/** Of the labels at the right of the lines. */
const LABEL_WIDTH = 150;
const LABEL_LINES = 2;
/** Pixels between neighbouring labels, and from the labels to the plot. */
const LABEL_GAP = 4;
const LABEL_OFFSET = 18;
/** Leaders from the lines end this far before the labels. */
const LEADER_GAP = 3;
/** Share of the range above and below what is shown. */
const ROOM = 0.06;

interface Point {
  readonly exposure: number;
  readonly estimate: number;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly numbers: string;
  readonly p: string;
}

/** A horizontal line with its label at the right. */
interface Level {
  readonly value: number;
  readonly label: ShownText;
  readonly color: string;
  readonly dash: readonly number[];
}

/** The effects by exposure time among the estimates; a figure takes two at least. */
export function exposureEffects(estimates: readonly Estimate[], scale: ForestScale): Estimate[] {
  return estimates.filter((one) => {
    const effect = effectOf(one, scale);
    return effect?.effect === "exposure" && effect.inference === null && one.estimate !== null;
  });
}

/** `effect:exposure@2`, and of ratios `odds-ratio:effect:exposure@2`. */
function effectOf({ name }: Estimate, scale: ForestScale): WedgeEffect | null {
  if (scale === "difference") return parseWedgeEffect(name);
  const ratio = /^[a-z-]+-ratio:(.*)$/s.exec(name);
  return ratio === null ? null : parseWedgeEffect(ratio[1]!);
}

/** @param estimates  of the analysis: those by exposure time, TATE and LTE are taken. */
export function exposureEffectPlot(
  estimates: readonly Estimate[],
  { outcome, level }: Pick<AnalysisDisplay, "outcome" | "level">,
  texts: FigureTexts,
  scale: ForestScale,
): Drawing {
  const isRatio = scale === "ratio";
  const { wedge } = texts;
  const each = exposureEffects(estimates, scale);
  const decimals = (one: Estimate): number =>
    isRatio ? ratioDecimals(one) : Math.max(...each.map(({ estimate, se }) => texts.decimals(estimate, se)));
  const numbersOf = (one: Estimate): string =>
    texts.estimateWithInterval(one.estimate, one.lower, one.upper, decimals(one));
  const points = each.map(
    (one): Point => ({
      exposure: Number(effectOf(one, scale)!.exposure),
      estimate: one.estimate!,
      lower: one.lower,
      upper: one.upper,
      numbers: numbersOf(one),
      p: texts.p(one.p),
    }),
  );
  const summary = (effect: "tate" | "lte"): Estimate | undefined =>
    estimates.find((one) => {
      const found = effectOf(one, scale);
      return found?.effect === effect && found.inference === null && one.estimate !== null;
    });
  const labelled = (effect: "tate" | "lte"): string => `${wedge.exposure[effect]} ${numbersOf(summary(effect)!)}`;
  const levels = (["tate", "lte"] as const)
    .filter((effect) => summary(effect) !== undefined)
    .map(
      (effect): Level => ({
        value: summary(effect)!.estimate!,
        label: labelOf(labelled(effect)),
        color: effect === "tate" ? ACCENT : POINT,
        dash: effect === "tate" ? [6, 3] : [2, 2],
      }),
    );
  const none = isRatio ? 1 : 0;
  const axis = verticalAxis(points, none, isRatio);
  const first = isRatio ? measureOf(each[0]!) : null;
  const name = texts.withUnit(outcome.name, outcome.unit);
  const vertical = first === null ? wedge.forest.axis(name) : texts.ratios.axis(outcome.name, first);
  const titles: ShownText[] = [vertical, wedge.exposure.axis].map((text, i) => ({
    text,
    lines: axisTitle(text, i === 0 ? HEIGHT : LEAST_WIDTH),
  }));
  const sides = favouredSides(outcome.better, texts);
  const title = wedge.exposure.title(outcome.name);
  const width = Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, points.length * WIDTH_PER_TIME));
  const alt = wedge.exposure.alt(
    name,
    points.map(({ exposure, numbers }) => `${exposure}: ${numbers}`),
    (["tate", "lte"] as const).filter((effect) => summary(effect) !== undefined).map(labelled),
  );
  const times = points.map(({ exposure }) => exposure);
  return {
    title,
    caption: withTextsInFull(
      wedge.exposure.caption(texts.interval(level), isRatio, outcome.better),
      [...titles, ...levels.map(({ label }) => label), ...sides],
      texts,
    ),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(title, width + AXIS_WIDTH + LABEL_WIDTH),
      width,
      height: HEIGHT,
      data: { values: points },
      encoding: {
        x: {
          field: "exposure",
          type: "quantitative",
          title: [...titles[1]!.lines],
          scale: { domain: [Math.min(...times) - 0.5, Math.max(...times) + 0.5], nice: false, zero: false },
          axis: { values: ticksOf(times, width), format: "d" },
        },
      },
      layer: [
        horizontal(none, { color: QUIET_INK, strokeWidth: 0.75 }, axis, titles[0]!),
        ...levels.map(({ value, color, dash }) =>
          horizontal(value, { color, strokeDash: [...dash], strokeWidth: 1.25 }, axis, titles[0]!),
        ),
        ...pointsWithIntervals(outcome.name, texts),
        ...besideLabels(levels, sides, none, axis, width),
      ],
    },
  };
}

const labelOf = (text: string): ShownText => ({ text, lines: wrapText(text, LABEL_WIDTH, FONT_SIZE, LABEL_LINES) });

const measureOf = ({ measure }: Estimate) => measure as "odds-ratio" | "rate-ratio";

/** Every exposure time, or as many as have room for their labels. */
function ticksOf(times: readonly number[], width: number): number[] {
  const every = Math.max(1, Math.ceil((22 * times.length) / width));
  return times.filter((_, i) => i % every === 0);
}

interface VerticalAxis {
  readonly domain: readonly [number, number];
  readonly isRatio: boolean;
  readonly ticks: readonly number[] | null;
  /** Of a value, in pixels from the top. */
  readonly pixel: (value: number) => number;
}

/** All estimates and intervals, and no effect, with room for the labels of its two sides. */
function verticalAxis(points: readonly Point[], none: number, isRatio: boolean): VerticalAxis {
  const to = (value: number): number => (isRatio ? Math.log(value) : value);
  const from = (value: number): number => (isRatio ? Math.exp(value) : value);
  const shown = points
    .flatMap(({ estimate, lower, upper }) => [estimate, lower, upper])
    .filter((value) => value !== null && Number.isFinite(value) && (!isRatio || value > 0)) as number[];
  const values = [none, ...shown].map(to);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = high > low ? ROOM * (high - low) : 1;
  const [bottom, top] = [low - room, high + room];
  return {
    domain: [from(bottom), from(top)],
    isRatio,
    ticks: isRatio ? ratioTicks([from(bottom), from(top)], HEIGHT) : null,
    pixel: (value) => (HEIGHT * (top - to(value))) / (top - bottom),
  };
}

const yEncoding = (field: string, { domain, isRatio, ticks }: VerticalAxis, title: ShownText) => ({
  field,
  type: "quantitative" as const,
  title: [...title.lines],
  scale: { domain: [...domain], nice: false, ...(isRatio ? { type: "log" as const } : { zero: false }) },
  axis: ticks === null ? { tickCount: 6 } : { values: [...ticks] },
});

const horizontal = (value: number, mark: object, axis: VerticalAxis, title: ShownText) => ({
  data: { values: [{ y: value }] },
  mark: { type: "rule" as const, aria: false, tooltip: null, ...mark },
  encoding: { x: { value: 0 }, x2: { value: "width" as const }, y: yEncoding("y", axis, title) },
});

function pointsWithIntervals(outcome: string, texts: FigureTexts) {
  const tooltip = [
    { field: "exposure", type: "quantitative" as const, title: texts.wedge.exposure.axis },
    { field: "numbers", type: "nominal" as const, title: outcome },
    { field: "p", type: "nominal" as const, title: texts.forest.p },
  ];
  const y = (field: string) => ({ field, type: "quantitative" as const });
  return [
    {
      transform: [{ filter: "isValid(datum.lower) && isValid(datum.upper)" }],
      mark: { type: "rule" as const, strokeWidth: 1.5, color: INK },
      encoding: { y: y("lower"), y2: { field: "upper" }, tooltip },
    },
    {
      mark: { type: "point" as const, shape: "square", filled: true, size: 52, opacity: 1, color: INK },
      encoding: { y: y("estimate"), tooltip },
    },
  ];
}

/** Whom an effect above and below the line of no effect favours; none when the plan does not say what is better. */
function favouredSides(better: "lower" | "higher" | null, { forest, wedge }: FigureTexts): ShownText[] {
  if (better === null) return [];
  const sides = [wedge.intervention, wedge.control].map(forest.favours);
  const [above, below] = (better === "higher" ? sides : sides.reverse()) as [string, string];
  return [`\u2191 ${above}`, `\u2193 ${below}`].map((text) => ({
    text,
    lines: wrapText(text, LABEL_WIDTH, SMALL_FONT_SIZE, LABEL_LINES),
  }));
}

interface Beside {
  readonly label: ShownText;
  /** Of the line that it is at; null for a side of the line of no effect. */
  readonly level: Level | null;
  /** Where its middle would best be, in pixels. */
  readonly at: number;
  readonly height: number;
}

/** Labels at the right, at the height of their lines, moved apart where they would touch. */
function besideLabels(
  levels: readonly Level[],
  sides: readonly ShownText[],
  none: number,
  axis: VerticalAxis,
  width: number,
) {
  const heightOf = ({ lines }: ShownText): number => lines.length * LINE_HEIGHT;
  const offset = [-1, 1] as const;
  const wanted: Beside[] = [
    ...levels.map((level) => ({
      label: level.label,
      level,
      at: axis.pixel(level.value),
      height: heightOf(level.label),
    })),
    ...sides.map((label, i) => ({
      label,
      level: null,
      at: axis.pixel(none) + offset[i]! * (heightOf(label) / 2 + 2),
      height: heightOf(label),
    })),
  ];
  return movedApart(wanted).flatMap(({ label: { lines }, level, at }) => [
    {
      data: { values: [{ lines: lines.length === 1 ? lines[0]! : [...lines] }] },
      mark: {
        type: "text" as const,
        align: "left" as const,
        baseline: "middle" as const,
        color: level === null ? QUIET_INK : INK,
        fontSize: level === null ? SMALL_FONT_SIZE : FONT_SIZE,
        // Vega sets lines downwards from the first.
        dy: (-LINE_HEIGHT * (lines.length - 1)) / 2,
        aria: false,
        tooltip: null,
      },
      encoding: {
        x: { value: width + LABEL_OFFSET },
        y: { value: at },
        text: { field: "lines", type: "nominal" as const },
      },
    },
    ...(level === null ? [] : [leader(axis.pixel(level.value), at, level.color, width)]),
  ]);
}

/** From the end of a line to its label. */
const leader = (from: number, to: number, color: string, width: number) => ({
  data: { values: [{}] },
  mark: { type: "rule" as const, color, strokeWidth: 0.75, aria: false, tooltip: null },
  encoding: {
    x: { value: width },
    x2: { value: width + LABEL_OFFSET - LEADER_GAP },
    y: { value: from },
    y2: { value: to },
  },
});

/** From the top down, each as near to where it should be as the one above it lets it; then as a whole within the figure. */
export function movedApart<T extends { readonly at: number; readonly height: number }>(labels: readonly T[]): T[] {
  const sorted = [...labels].sort((a, b) => a.at - b.at);
  const blocks: { labels: T[]; at: number; height: number }[] = [];
  for (const label of sorted) {
    let block = { labels: [label], at: label.at, height: label.height };
    // Labels that would touch become one block about the mean of their places.
    for (let above = blocks.at(-1); above !== undefined; above = blocks.at(-1)) {
      const touches = above.at + above.height / 2 + LABEL_GAP > block.at - block.height / 2;
      if (!touches) break;
      blocks.pop();
      const all = [...above.labels, ...block.labels];
      block = {
        labels: all,
        at: all.reduce((sum, { at }) => sum + at, 0) / all.length,
        height: above.height + LABEL_GAP + block.height,
      };
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ labels: own, at, height }) => {
    let top = at - height / 2;
    return own.map((label) => {
      const middle = top + label.height / 2;
      top += label.height + LABEL_GAP;
      return { ...label, at: middle };
    });
  });
}
