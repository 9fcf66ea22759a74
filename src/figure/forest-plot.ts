/**
 * Forest plot of differences, or of ratios on a logarithmic axis: estimate and interval by row, the line of no
 * difference, and the numbers as columns of text. Two journal columns wide.
 */
import type { AnalysisDisplay } from "../analysis/results.js";
import type { Estimate } from "../inference/estimate.js";
import {
  type ColumnLabels,
  comparedArms,
  type EstimateName,
  parseEstimateName,
  parseWedgeEffect,
  type RatioMeasure,
  type Setting,
  settingsLabel,
  settingText,
  termLabel,
  termOrEffectLabel,
} from "./estimate-name.js";
import { FAVOURS_LINE, FAVOURS_OFFSET, favours } from "./favours.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { type ShownText, withTextsInFull } from "./in-full.js";
import { ratioDecimals } from "./ratio-decimals.js";
import { ratioTicks } from "./ratio-ticks.js";
import { textWidth, wrapText } from "./text-width.js";
import { axisTitle, FONT_SIZE, figureTitle, INK, LINE_HEIGHT, QUIET_INK, SMALL_FONT_SIZE, theme } from "./theme.js";

const ROW_HEIGHT = 22;
/** Where rows with numbers have labels of two lines; a heading's two lines have room in the usual height. */
const TALL_ROW_HEIGHT = 31;
const LABEL_LINES = 2;
const PLOT_WIDTH = 250;
const LABEL_LIMIT = 190;
const COLUMN_GAP = 18;
const FAVOURS_WIDTH = 176;
/** How wide the axis title may be: wider than the plot, over the columns beside it. */
const AXIS_TITLE_WIDTH = 1.6 * PLOT_WIDTH;
/** Pixels that a row is set in under the row that names its arms. */
const INDENT = 10;
/** Rows that the alternative text lists. */
const ROWS_IN_ALT = 6;

interface Row {
  /** Unique and in order: two rows may have the same label. */
  readonly row: number;
  readonly label: string;
  /** The label as it is shown. */
  readonly lines: readonly string[];
  /** Under a row that names the arms. */
  readonly indented: boolean;
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly numbers: string;
  readonly p: string;
  /** Of several designs together: drawn as a diamond. */
  readonly combined?: true;
}

/** What is compared with what, and so what the rows and the header have to say. */
interface Comparison {
  /** The two arms of each row; null when its name does not say. */
  readonly pairs: readonly (Pair | null)[];
  /** Every row compares these two. */
  readonly onlyPair: Pair | null;
  /** Every row compares with this arm. */
  readonly reference: string | null;
}

type Labelled = Pick<AnalysisDisplay, "labels">;

interface Pair {
  readonly first: string;
  readonly second: string;
}

/** Differences have their null at 0; ratios at 1, on a logarithmic axis. */
export type ForestScale = "difference" | "ratio";

/** Of a column that the effect may depend on. */
export interface Interaction {
  readonly column: string;
  /** Heads the effects at its levels. */
  readonly label: string;
  /** Of its interaction with the arm. */
  readonly p: number | null;
}

/**
 * @param all           the differences or ratios; those of the same arms come together
 * @param interactions  of two arms: each heads the effects at its levels, in place of their own p
 */
export function forestPlot(
  all: readonly Estimate[],
  display: AnalysisDisplay,
  texts: FigureTexts,
  scale: ForestScale = "difference",
  interactions: readonly Interaction[] = [],
): Drawing {
  const { outcome, level } = display;
  const estimates = byArms(all, display);
  const inFull = withSameDecimals(
    estimates.map(({ name }) => parseEstimateName(name, [])),
    interactions,
  );
  const { names, common } = withoutCommonSettings(inFull);
  const comparison = compared(names, display);
  const wording = wordingOf(scale, names.some(isOfSwitch), texts);
  const heads = comparison.onlyPair === null ? [] : interactions;
  const rows = toRows(estimates, names, comparison, heads, wording, display, texts);
  const outcomeLabel = texts.withUnit(outcome.name, outcome.unit);
  const interval = texts.interval(level);
  const only = onlyMeasure(names);
  const title = wording.title(outcome.name, only);
  const alt = [
    altText(estimates, inFull, outcomeLabel, interval, wording, display, texts),
    ...(heads.length === 0 ? [] : [altOfInteractions(heads, texts)]),
  ].join(" ");
  const head = names.some(isOfSwitch)
    ? labelOf(texts.wedge.forest.effect)
    : header(comparison, common, wording, display, texts);
  const sides = favouredSides(comparison, names.some(isOfSwitch), outcome.better, texts);
  const axis = axisOf(wording.axis(outcomeLabel, only), sides);
  const height = rows.length * rowHeight(rows);
  const shown = [...rows.map(({ label, lines }) => ({ text: label, lines })), head, axis, ...sides];
  return {
    title,
    caption: withTextsInFull(
      [
        wording.caption(interval, outcome.better),
        ...(rows.some(isCombined) ? [texts.wedge.forest.diamonds] : []),
        ...(heads.length === 0 ? [] : [texts.forest.interactions]),
      ].join(" "),
      shown,
      texts,
    ),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(title, 2 * PLOT_WIDTH),
      width: PLOT_WIDTH,
      height,
      data: { values: rows },
      encoding: { y: { field: "row", type: "ordinal", axis: null } },
      layer: [
        noDifferenceLine(wording.none),
        ...intervals(outcomeLabel, rows, axis, wording, texts),
        ...columns(rows, head.lines, wording.estimate(interval), texts),
        ...favours(
          sides.map(({ lines }) => lines),
          height,
          wording.none,
        ),
      ],
    },
  };
}

/**
 * Names without the settings that all of them have, when some have others too: effects in subgroups, all at 12 months. What
 * is common stands in the header, and the effect that has nothing else is that of everybody.
 */
function withoutCommonSettings(names: readonly EstimateName[]): {
  readonly names: readonly EstimateName[];
  readonly common: readonly Setting[];
} {
  const settings = names.map((name) => (name.kind === "contrast" ? name.at : []));
  const isIn = (at: readonly Setting[], { name, value }: Setting): boolean =>
    at.some((one) => one.name === name && one.value === value);
  const common = (settings[0] ?? []).filter((one) => settings.every((at) => isIn(at, one)));
  if (common.length === 0 || settings.every((at) => at.length === common.length)) return { names, common: [] };
  return {
    names: names.map((name) =>
      name.kind === "contrast" ? { ...name, at: name.at.filter((one) => !isIn(common, one)) } : name,
    ),
    common,
  };
}

/** Names where the values of a moderator that are numbers have as many decimals as the one with most: 0.50, 0.46. */
function withSameDecimals(names: readonly EstimateName[], interactions: readonly Interaction[]): EstimateName[] {
  const moderators = new Set(interactions.map(({ column }) => column));
  const isNumber = ({ name, value }: Setting): boolean => moderators.has(name) && /^[-+]?\d+(\.\d+)?$/.test(value);
  const decimalsOf = (value: string): number => value.split(".")[1]?.length ?? 0;
  const most = new Map<string, number>();
  for (const one of names.flatMap((name) => (name.kind === "contrast" ? name.at : [])).filter(isNumber))
    most.set(one.name, Math.max(most.get(one.name) ?? 0, decimalsOf(one.value)));
  const padded = (one: Setting): Setting => {
    const missing = isNumber(one) ? most.get(one.name)! - decimalsOf(one.value) : 0;
    if (missing === 0) return one;
    return { ...one, value: `${one.value}${one.value.includes(".") ? "" : "."}${"0".repeat(missing)}` };
  };
  return names.map((name) => (name.kind === "contrast" ? { ...name, at: name.at.map(padded) } : name));
}

/** An effect of the switch, or of the designs: treatment against control, whatever the arms are called. */
const isOfSwitch = (name: EstimateName): boolean =>
  name.kind === "wedge-effect" ||
  name.kind === "design-effect" ||
  (name.kind === "term-ratio" && parseWedgeEffect(name.term) !== null);

const isCombined = ({ combined }: Row): boolean => combined === true;

/** The measure that all the ratios are of. */
function onlyMeasure(names: readonly EstimateName[]): RatioMeasure | null {
  const measures = new Set(names.map((name) => ("measure" in name ? name.measure : null)));
  return measures.size === 1 ? [...measures][0]! : null;
}

/** The rows of one pair of arms together, in the order in which the pairs first come. */
function byArms(estimates: readonly Estimate[], { references }: AnalysisDisplay): Estimate[] {
  const pairs = estimates.map(({ name }) =>
    JSON.stringify(comparedArms(parseEstimateName(name, []), references) ?? name),
  );
  return [...new Set(pairs)].flatMap((pair) => estimates.filter((_, i) => pairs[i] === pair));
}

const rowHeight = (rows: readonly Row[]): number =>
  rows.some(({ lines, numbers }) => lines.length > 1 && numbers !== "") ? TALL_ROW_HEIGHT : ROW_HEIGHT;

/** What differs between the two scales. */
interface Wording {
  readonly scale: ForestScale;
  /** Where there is no difference: 0 or 1. */
  readonly none: number;
  readonly pair: (pair: Pair) => string;
  readonly title: (outcome: string, only: RatioMeasure | null) => string;
  readonly axis: (outcome: string, only: RatioMeasure | null) => string;
  readonly estimate: (interval: string) => string;
  readonly caption: FigureTexts["forest"]["caption"];
  readonly alt: FigureTexts["forest"]["alt"];
  /** Decimals that a row of these is printed with. */
  readonly decimals: (estimates: readonly Estimate[], row: Estimate) => number;
}

function wordingOf(scale: ForestScale, ofSwitch: boolean, { forest, ratios, wedge, decimals }: FigureTexts): Wording {
  if (scale === "ratio") {
    const { axis, ratio: estimate, caption } = ratios;
    const { title, alt } = ofSwitch ? wedge.forest : ratios;
    const pair = ({ first, second }: Pair): string => `${first} / ${second}`;
    return { scale, none: 1, pair, title, axis, estimate, caption, alt, decimals: (_, row) => ratioDecimals(row) };
  }
  const { difference: estimate, caption } = forest;
  const { title, axis, alt } = ofSwitch ? wedge.forest : forest;
  const pair = ({ first, second }: Pair): string => `${first} \u2212 ${second}`;
  const most = (estimates: readonly Estimate[]): number =>
    Math.max(0, ...estimates.map((one) => decimals(one.estimate, one.se)));
  return { scale, none: 0, pair, title, axis, estimate, caption, alt, decimals: most };
}

function compared(names: readonly EstimateName[], { references }: AnalysisDisplay): Comparison {
  const pairs = names.map((name) => comparedArms(name, references));
  const first = pairs[0] ?? null;
  const sameReference = pairs.every((pair) => pair !== null && pair.second === first?.second);
  const samePair = sameReference && pairs.every((pair) => pair?.first === first?.first);
  return { pairs, onlyPair: samePair ? first : null, reference: sameReference ? (first?.second ?? null) : null };
}

/** The head of the labels' column; in full, it is the arms in it. */
function header(
  { onlyPair, reference }: Comparison,
  common: readonly Setting[],
  { pair }: Wording,
  { labels }: Labelled,
  texts: FigureTexts,
): ShownText {
  if (onlyPair !== null) {
    const parts = [pair(onlyPair), settingsLabel(common, labels, texts.decimal)];
    return labelOf(parts.filter((part) => part !== "").join(", "));
  }
  if (reference === null) return labelOf(texts.forest.comparison);
  return { text: reference, lines: labelOf(texts.forest.against(reference)).lines };
}

const labelOf = (text: string, width = LABEL_LIMIT): ShownText => ({
  text,
  lines: wrapText(text, width, FONT_SIZE, LABEL_LINES),
});

/**
 * One row for each difference; where the arms vary and there is a when, a row before each pair of arms names it, and
 * before the effects at a moderator's levels a row has its interaction.
 */
function toRows(
  estimates: readonly Estimate[],
  names: readonly EstimateName[],
  comparison: Comparison,
  interactions: readonly Interaction[],
  wording: Wording,
  { labels }: Labelled,
  texts: FigureTexts,
): Row[] {
  const moderatorOf = (i: number): Interaction | null => interactionAt(names[i], interactions);
  const armsOf = (i: number): string =>
    armsLabel(names[i]!, comparison.pairs[i] ?? null, comparison, wording, labels, texts);
  const rows: Omit<Row, "row">[] = [];
  estimates.forEach((one, i) => {
    const { estimate, lower, upper, p } = one;
    const name = names[i]!;
    const arms = armsOf(i);
    const moderator = moderatorOf(i);
    const when =
      moderator === null
        ? whenLabel(name, onlyMeasure(names), labels, texts)
        : levelLabel(name, moderator, labels, texts);
    const grouped = moderator !== null || (arms !== "" && when !== "");
    if (moderator !== null) {
      if (moderator !== moderatorOf(i - 1)) rows.push(headingRow(moderator.label, texts.p(moderator.p)));
    } else if (grouped && (i === 0 || arms !== armsOf(i - 1))) {
      rows.push(headingRow(arms, ""));
    }
    const numbers = texts.estimateWithInterval(estimate, lower, upper, wording.decimals(estimates, one));
    const isOfAll =
      name.kind === "contrast" && name.at.length === 0 && names.some((other) => "at" in other && other.at.length > 0);
    const label = when || arms || (isOfAll ? texts.forest.everybody : wording.pair(comparison.onlyPair!));
    const { lines } = labelOf(label, LABEL_LIMIT - (grouped ? INDENT : 0));
    const combined = name.kind === "design-effect" && ["joint", "two-stage"].includes(name.effect);
    rows.push({
      label,
      lines,
      indented: grouped,
      estimate,
      lower,
      upper,
      numbers,
      p: moderator === null ? texts.p(p) : "",
      ...(combined ? { combined } : {}),
    });
  });
  return rows.map((row, i) => ({ row: i, ...row }));
}

const headingRow = (label: string, p: string): Omit<Row, "row"> => ({
  label,
  lines: labelOf(label).lines,
  indented: false,
  estimate: null,
  lower: null,
  upper: null,
  numbers: "",
  p,
});

/** The moderator at a level of which an effect is. */
function interactionAt(name: EstimateName | undefined, interactions: readonly Interaction[]): Interaction | null {
  if (name?.kind !== "contrast") return null;
  return interactions.find(({ column }) => name.at.some((one) => one.name === column)) ?? null;
}

/** `0.46` or `man` below the moderator, with what else the effect is at. */
function levelLabel(
  name: EstimateName,
  { column }: Interaction,
  labels: ColumnLabels,
  { decimal }: FigureTexts,
): string {
  const at = name.kind === "contrast" ? name.at : [];
  const values = at
    .filter((one) => one.name === column)
    .map(({ value }) => (Number.isNaN(Number(value)) ? value : value.replace(".", decimal)));
  const others = at.filter((one) => one.name !== column);
  return [...values, settingsLabel(others, labels, decimal)].filter((part) => part !== "").join(", ");
}

/** At which setting; which ratio it is, where there are several kinds. */
function whenLabel(
  name: EstimateName,
  only: RatioMeasure | null,
  labels: ColumnLabels,
  { ratios, wedge, decimal }: FigureTexts,
): string {
  if (name.kind === "contrast") return settingsLabel(name.at, labels, decimal);
  if (name.kind === "design-effect") return wedge.designs[name.effect];
  if (name.kind !== "term-ratio" && name.kind !== "ratio") return "";
  const measure = only === null ? ratios.measures[name.measure] : "";
  const setting = name.kind === "ratio" ? settingsLabel(name.at, labels, decimal) : "";
  return [measure, setting].filter((part) => part !== "").join(", ");
}

/** What the header does not say already of the arms compared. */
function armsLabel(
  name: EstimateName,
  pair: Pair | null,
  { onlyPair, reference }: Comparison,
  wording: Wording,
  labels: ColumnLabels,
  texts: FigureTexts,
): string {
  if (onlyPair !== null) return "";
  if (pair !== null) return reference === null ? wording.pair(pair) : pair.first;
  if (name.kind === "wedge-effect") return texts.wedgeEffect(name.effect, name.exposure);
  if (name.kind === "design-effect")
    return name.label === null ? "" : texts.wedge.effectLabel(settingText(name.label, labels));
  return name.kind === "coefficient" || name.kind === "term-ratio"
    ? termOrEffectLabel(name.term, texts, labels)
    : name.kind === "other"
      ? name.text
      : "";
}

const noDifferenceLine = (none: number) => ({
  data: { values: [{ x: none }] },
  mark: { type: "rule" as const, color: QUIET_INK, strokeWidth: 0.75, aria: false },
  encoding: {
    x: { field: "x", type: "quantitative" as const },
    y: { value: 0 },
    y2: { value: "height" as const },
  },
});

/** Where nothing stands between the axis and its title. */
const PLAIN_TITLE_PADDING = 8;

interface Axis extends ShownText {
  readonly titlePadding: number;
}

/** The title of the axis, under the lines that say whom each side favours. */
const axisOf = (text: string, sides: readonly ShownText[]): Axis => ({
  text,
  lines: axisTitle(text, AXIS_TITLE_WIDTH),
  titlePadding:
    sides.length === 0
      ? PLAIN_TITLE_PADDING
      : FAVOURS_OFFSET - 6 + FAVOURS_LINE * (Math.max(1, ...sides.map(({ lines }) => lines.length)) - 1),
});

function intervals(
  outcome: string,
  rows: readonly Row[],
  { lines, titlePadding }: Axis,
  { scale }: Wording,
  texts: FigureTexts,
) {
  const shown = rows.flatMap(({ estimate, lower, upper }) => [estimate, lower, upper]);
  const x = {
    type: "quantitative" as const,
    title: [...lines],
    ...(scale === "ratio"
      ? {
          scale: { type: "log" as const, nice: false, padding: 6 },
          axis: { values: ratioTicks(shown, PLOT_WIDTH), titlePadding },
        }
      : { scale: { zero: true, nice: true, padding: 6 }, axis: { tickCount: 6, titlePadding } }),
  };
  const tooltip = [
    { field: "label", type: "nominal" as const, title: texts.forest.comparison },
    { field: "numbers", type: "nominal" as const, title: outcome },
    { field: "p", type: "nominal" as const, title: texts.forest.p },
  ];
  return [
    {
      transform: [{ filter: "isValid(datum.lower) && isValid(datum.upper)" }],
      mark: { type: "rule" as const, strokeWidth: 1.5, color: INK },
      encoding: { x: { ...x, field: "lower" }, x2: { field: "upper" }, tooltip },
    },
    {
      transform: [{ filter: "isValid(datum.estimate)" }],
      mark: { type: "point" as const, shape: "square", filled: true, size: 48, opacity: 1, color: INK },
      encoding: { x: { ...x, field: "estimate" }, ...(rows.some(isCombined) ? diamonds : {}), tooltip },
    },
  ];
}

/** Rows of several designs together, larger because a diamond has less area than its square. */
const diamonds = {
  shape: { condition: { test: "datum.combined === true", value: "diamond" }, value: "square" },
  size: { condition: { test: "datum.combined === true", value: 90 }, value: 48 },
};

/** Labels at the left, estimates and p at the right, set flush so that their decimals stand in line. */
function columns(rows: readonly Row[], head: readonly string[], numbersHeader: string, texts: FigureTexts) {
  const numbersRight = PLOT_WIDTH + COLUMN_GAP + columnWidth([numbersHeader, ...rows.map(({ numbers }) => numbers)]);
  const pRight = numbersRight + COLUMN_GAP + columnWidth([texts.forest.p, ...rows.map(({ p }) => p)]);
  const headerWanted = rows.length > 1 || rows[0]?.lines.join(" ") !== head.join(" ");
  const shift = labelShift(rows, head);
  return [
    ...[false, true].flatMap((indented) =>
      Array.from({ length: LABEL_LINES }, (_, i) => labels(indented, i + 1, shift + (indented ? INDENT : 0))),
    ),
    column("numbers", numbersRight, "right"),
    column("p", pRight, "right"),
    ...(headerWanted ? [columnHeader(head, -10 - LABEL_LIMIT, "left", shift)] : []),
    columnHeader([numbersHeader], numbersRight, "right"),
    columnHeader([texts.forest.p], pRight, "right"),
  ];
}

const columnWidth = (lines: readonly string[]): number =>
  Math.ceil(Math.max(...lines.map((line) => textWidth(line, FONT_SIZE))));

/** How far right of the widest allowed column the labels begin: short labels stand close to the plot. */
const labelShift = (rows: readonly Row[], head: readonly string[]): number =>
  Math.max(0, LABEL_LIMIT - INDENT - columnWidth([...head, ...rows.flatMap(({ lines }) => lines)]));

/** Those of so many lines: Vega sets lines downwards from the first, so each number of lines has its own shift up. */
const labels = (indented: boolean, lineCount: number, dx: number) => ({
  transform: [{ filter: { field: "indented", equal: indented } }, { filter: `datum.lines.length === ${lineCount}` }],
  ...column("lines", -10 - LABEL_LIMIT, "left", dx, (-LINE_HEIGHT * (lineCount - 1)) / 2),
});

const column = (field: "lines" | "numbers" | "p", x: number, align: "left" | "right", dx = 0, dy = 0) => ({
  mark: { type: "text" as const, align, baseline: "middle" as const, dx, dy, limit: LABEL_LIMIT, aria: false },
  encoding: { x: { value: x }, text: { field, type: "nominal" as const } },
});

const columnHeader = (lines: readonly string[], x: number, align: "left" | "right", dx = 0) => ({
  data: { values: [{ text: lines.length === 1 ? lines[0]! : [...lines] }] },
  mark: {
    type: "text" as const,
    align,
    baseline: "bottom" as const,
    dx,
    color: QUIET_INK,
    limit: LABEL_LIMIT,
    aria: false,
  },
  encoding: {
    x: { value: x },
    y: { value: -3 - LINE_HEIGHT * (lines.length - 1) },
    text: { field: "text", type: "nominal" as const },
  },
});

/** Whom a difference favours at the left and at the right of the line; in full, the arm in it. None when the plan does not say what is better. */
function favouredSides(
  { onlyPair, reference }: Comparison,
  ofSwitch: boolean,
  better: "lower" | "higher" | null,
  { forest, wedge }: FigureTexts,
): ShownText[] {
  if (better === null) return [];
  const side = (words: string, text: string): ShownText => ({
    text,
    lines: wrapText(words, FAVOURS_WIDTH, SMALL_FONT_SIZE, LABEL_LINES),
  });
  const [first, second] = ofSwitch
    ? ([wedge.intervention, wedge.control].map((whom) => side(forest.favours(whom), whom)) as [ShownText, ShownText])
    : onlyPair !== null
      ? [side(forest.favours(onlyPair.first), onlyPair.first), side(forest.favours(onlyPair.second), onlyPair.second)]
      : reference !== null
        ? [side(forest.betterThan(reference), reference), side(forest.worseThan(reference), reference)]
        : [side(forest.favoursFirst, forest.favoursFirst), side(forest.favoursSecond, forest.favoursSecond)];
  return better === "lower" ? [first, second] : [second, first];
}

function altText(
  estimates: readonly Estimate[],
  names: readonly EstimateName[],
  outcome: string,
  interval: string,
  wording: Wording,
  { labels }: Labelled,
  texts: FigureTexts,
): string {
  const listed = estimates.slice(0, ROWS_IN_ALT).map((one, i) => {
    const { estimate, lower, upper, p } = one;
    const decimals = wording.decimals(estimates, one);
    const label = fullLabel(names[i]!, wording, labels, texts);
    const numbers = texts.estimateWithInterval(estimate, lower, upper, decimals);
    return p === null ? `${label}: ${numbers}` : texts.forest.altRow(label, numbers, texts.p(p));
  });
  return wording.alt(estimates.length, outcome, interval, listed, estimates.length - listed.length);
}

const altOfInteractions = (interactions: readonly Interaction[], { forest, p }: FigureTexts): string =>
  forest.altInteractions(
    interactions.map((one) => `${one.label}, p ${/^[<>]/.test(p(one.p)) ? p(one.p) : `= ${p(one.p)}`}`),
  );

function fullLabel(name: EstimateName, { pair }: Wording, labels: ColumnLabels, texts: FigureTexts): string {
  if (name.kind === "coefficient") return termLabel(name.term, texts.intercept, labels);
  if (name.kind === "design-effect") {
    const design = texts.wedge.designs[name.effect];
    return name.label === null ? design : `${texts.wedge.effectLabel(settingText(name.label, labels))}, ${design}`;
  }
  if (name.kind === "term-ratio")
    return `${termOrEffectLabel(name.term, texts, labels)}, ${texts.ratios.measures[name.measure]}`;
  if (name.kind === "wedge-effect") return texts.wedgeEffect(name.effect, name.exposure);
  if (name.kind !== "contrast" && name.kind !== "ratio") return name.kind === "other" ? name.text : "";
  const arms = pair({ first: name.level, second: name.reference });
  const when = whenLabel(name, null, labels, texts);
  return when === "" ? arms : `${arms}, ${when}`;
}
