/**
 * Diagnostics of a fit: residuals against fitted values, and normal quantile–quantile plots of the
 * residuals and of the conditional modes. Bins, quantiles and the smooth line are computed here, so
 * that a specification holds the final numbers and never more than it shows.
 */
import type { AnalysisDisplay, Diagnostics } from "../analysis/results.js";
import { DESIGNS, type EstimateName, groupLabel, termLabel, withDesign } from "./estimate-name.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { type ShownText, withTextsInFull } from "./in-full.js";
import { MOST_POINTS, normalQuantiles } from "./normal-quantiles.js";
import { smooth } from "./smooth.js";
import { ACCENT, axisTitle, figureTitle, POINT, QUIET_INK, theme } from "./theme.js";

const WIDTH = 236;
const HEIGHT = 190;
/** Left of the plot: labels and title of the axis. */
const AXIS_WIDTH = 45;
/** Above this, points hide each other and say too much about each participant: counts in bins instead. */
const MOST_RESIDUALS = 2000;
const BINS_ACROSS = 40;
const BINS_DOWN = 30;
/** Significant digits of numbers in a specification: more cannot be seen. */
const DIGITS = 6;

const shown = (value: number): number => Number(value.toPrecision(DIGITS));

export function residualsByFitted(display: AnalysisDisplay, diagnostics: Diagnostics, texts: FigureTexts): Drawing {
  const { fitted, residuals } = diagnostics;
  const binned = residuals.length > MOST_RESIDUALS;
  const outcome = texts.withUnit(display.outcome.name, display.outcome.unit);
  const curve = smooth(fitted, residuals).map(({ x, y }) => ({ x: shown(x), y: shown(y) }));
  const alt = residualsAlt(residuals, curve, texts);
  const axes = {
    x: quantitative("x", texts.residuals.fitted(outcome)),
    y: quantitative("y", texts.residuals.standardised),
  };
  return {
    title: texts.residuals.title,
    caption: withTextsInFull(
      texts.residuals.caption(binned, display.residualBy ?? display.covariance?.visit ?? null),
      [shownTitle("x", texts.residuals.fitted(outcome))],
      texts,
    ),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(texts.residuals.title, WIDTH + AXIS_WIDTH),
      width: WIDTH,
      height: HEIGHT,
      layer: [
        binned ? binnedCounts(fitted, residuals, axes, texts) : residualPoints(fitted, residuals, axes),
        {
          data: { values: [{ y: 0 }] },
          mark: { type: "rule", color: QUIET_INK, strokeWidth: 0.75, aria: false },
          encoding: { y: { field: "y", type: "quantitative" } },
        },
        {
          data: { values: curve },
          mark: { type: "line", color: ACCENT, strokeWidth: 1.75, aria: false },
          encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
        },
      ],
    },
  };
}

const quantitative = (field: "x" | "y", title: string) => ({
  field,
  type: "quantitative" as const,
  title: [...shownTitle(field, title).lines],
  scale: { zero: false, nice: false, padding: 7 },
  axis: { tickCount: 6 },
});

/** The title of an axis, as it is shown. */
const shownTitle = (field: "x" | "y", title: string): ShownText => ({
  text: title,
  lines: axisTitle(title, field === "x" ? WIDTH : HEIGHT),
});

type Axes = Record<"x" | "y", ReturnType<typeof quantitative>>;

const residualPoints = (fitted: Float64Array, residuals: Float64Array, axes: Axes) => ({
  data: { values: Array.from(fitted, (x, i) => ({ x: shown(x), y: shown(residuals[i]!) })) },
  mark: { type: "point" as const, size: 16, strokeWidth: 0.9, color: POINT, opacity: 0.55, aria: false },
  encoding: axes,
});

function binnedCounts(fitted: Float64Array, residuals: Float64Array, axes: Axes, texts: FigureTexts) {
  const legend = { orient: "top" as const, title: texts.residuals.count, gradientLength: 110, gradientThickness: 8 };
  return {
    data: { values: countInBins(fitted, residuals) },
    // A hairline in the cell's own colour would show as a grid: none.
    mark: { type: "rect" as const, strokeWidth: 0, aria: false },
    encoding: {
      ...axes,
      x2: { field: "x2" },
      y2: { field: "y2" },
      color: {
        field: "count",
        type: "quantitative" as const,
        scale: { type: "sqrt" as const, range: ["#dbe9f4", "#00365e"] },
        legend: { ...legend, tickCount: 4, titleOrient: "left" as const },
      },
      tooltip: { field: "count", type: "quantitative" as const, title: texts.residuals.count },
    },
  };
}

interface Bin {
  readonly x: number;
  readonly x2: number;
  readonly y: number;
  readonly y2: number;
  readonly count: number;
}

/** Counts in 40 × 30 equal bins over the range of both; empty bins are left out. */
export function countInBins(xs: Float64Array, ys: Float64Array): Bin[] {
  const x = range(xs);
  const y = range(ys);
  const dx = (x.high - x.low) / BINS_ACROSS || 1;
  const dy = (y.high - y.low) / BINS_DOWN || 1;
  const counts = new Int32Array(BINS_ACROSS * BINS_DOWN);
  xs.forEach((value, i) => {
    const across = Math.min(BINS_ACROSS - 1, Math.floor((value - x.low) / dx));
    const down = Math.min(BINS_DOWN - 1, Math.floor((ys[i]! - y.low) / dy));
    counts[down * BINS_ACROSS + across]! += 1;
  });
  return Array.from(counts, (count, cell) => {
    const across = cell % BINS_ACROSS;
    const down = Math.floor(cell / BINS_ACROSS);
    return {
      x: shown(x.low + across * dx),
      x2: shown(x.low + (across + 1) * dx),
      y: shown(y.low + down * dy),
      y2: shown(y.low + (down + 1) * dy),
      count,
    };
  }).filter(({ count }) => count > 0);
}

function range(values: Iterable<number>): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

function residualsAlt(residuals: Float64Array, curve: readonly { readonly y: number }[], texts: FigureTexts): string {
  const all = range(residuals);
  const line = range(curve.map(({ y }) => y));
  const number = (value: number) => texts.number(Number.isFinite(value) ? value : null, 1);
  return texts.residuals.alt(residuals.length, number(all.low), number(all.high), number(line.low), number(line.high));
}

/** Standardised residuals against normal quantiles. */
export function residualQuantiles({ residuals }: Diagnostics, texts: FigureTexts): Drawing {
  return quantilePlot(residuals, texts.quantiles.residualsTitle, texts.residuals.standardised, texts);
}

/**
 * Conditional modes of one random term against normal quantiles.
 * @param model  of the analysis.
 */
export function modeQuantiles(
  display: AnalysisDisplay,
  mode: Diagnostics["modes"][number],
  texts: FigureTexts,
  model = "",
): Drawing {
  const { group, term, design } = modeOf(mode, model);
  const own = texts.quantiles.modesTitle(
    groupLabel(group, display.labels),
    termLabel(term, texts.intercept, display.labels),
  );
  const title = design === undefined ? own : `${own}. ${texts.wedge.designs[design]}`;
  // A slope's unit is the outcome's per unit of the term: the title names the term, the axis no unit.
  const unit = term === "(Intercept)" ? display.outcome.unit : null;
  const ofWhat =
    display.survival === undefined ? texts.withUnit(display.outcome.name, unit) : texts.quantiles.logHazard;
  const axis = texts.quantiles.modes(ofWhat);
  return quantilePlot(mode.values, title, axis, texts);
}

/** In a joint analysis the term, or what stands behind the group, says of which design it is. */
function modeOf({ group, term }: Diagnostics["modes"][number], model: string) {
  const behind = model === "joint" ? DESIGNS.find((design) => group.endsWith(` (${design})`)) : undefined;
  if (behind !== undefined) return { group: group.slice(0, -` (${behind})`.length), term, design: behind };
  const name: EstimateName = { kind: "sd", group, terms: [term] };
  const own = model === "joint" ? withDesign(name) : name;
  return own.kind === "sd" ? { group, term: own.terms[0]!, design: own.design } : { group, term, design: undefined };
}

function quantilePlot(values: Float64Array, title: string, axis: string, texts: FigureTexts): Drawing {
  const { points, line, correlation } = normalQuantiles(values);
  const alt = texts.quantiles.alt(title, values.length, texts.number(correlation, 3));
  return {
    title,
    caption: withTextsInFull(
      texts.quantiles.caption(values.length, Math.min(values.length, MOST_POINTS)),
      [shownTitle("y", axis)],
      texts,
    ),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(title, WIDTH + AXIS_WIDTH),
      width: WIDTH,
      height: HEIGHT,
      layer: [
        {
          data: { values: line === null ? [] : lineEnds(points, line) },
          mark: { type: "line", color: QUIET_INK, strokeWidth: 0.75, aria: false },
          encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
        },
        {
          data: { values: points.map(({ normal, sample }) => ({ x: shown(normal), y: shown(sample) })) },
          mark: { type: "point", size: 16, strokeWidth: 0.9, color: POINT, opacity: 0.8, aria: false },
          encoding: { x: quantitative("x", texts.quantiles.normal), y: quantitative("y", axis) },
        },
      ],
    },
  };
}

function lineEnds(points: readonly { readonly normal: number }[], line: { intercept: number; slope: number }) {
  const { low, high } = range(points.map(({ normal }) => normal));
  return [low, high].map((x) => ({ x: shown(x), y: shown(line.intercept + line.slope * x) }));
}
