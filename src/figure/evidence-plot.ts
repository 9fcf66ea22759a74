/**
 * Forest plot of the trial's effects beside effects found earlier, on one axis: differences in standard deviations, or
 * ratios on a logarithmic axis. All rows point the same way: to the right is better for the participants, as the plan's
 * `better` says, and what points the other way is turned over.
 */
import type { Run } from "../analysis/results.js";
import type { Estimate } from "../inference/estimate.js";
import type { Evidence } from "../plan/plan.js";
import { parseEstimateName, settingsLabel } from "./estimate-name.js";
import { FAVOURS_OFFSET, favours } from "./favours.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { withTextsInFull } from "./in-full.js";
import { ratioTicks } from "./ratio-ticks.js";
import { textWidth, wrapText } from "./text-width.js";
import { axisTitle, FONT_SIZE, figureTitle, INK, POINT, QUIET_INK, SMALL_FONT_SIZE, theme } from "./theme.js";

export type EvidenceScale = "standardised" | "odds-ratio" | "risk-ratio";
export const evidenceScales: readonly EvidenceScale[] = ["standardised", "odds-ratio", "risk-ratio"];

const ROW_HEIGHT = 22;
const PLOT_WIDTH = 230;
const LABEL_LIMIT = 320;
const INDENT = 10;
const COLUMN_GAP = 18;
const DECIMALS = 2;

interface Effect {
  readonly label: string;
  readonly kind: "trial" | "evidence";
  readonly estimate: number;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly turned: boolean;
  /** Whether it is known which direction is better. */
  readonly directed: boolean;
}

/** The figure of one scale; null when the plan has no evidence on it, or the trial no effect. */
export function evidencePlot(run: Run, scale: EvidenceScale, texts: FigureTexts): Drawing | null {
  const earlier = (run.evidence ?? []).filter((entry) => scaleOf(entry) === scale);
  const trial = trialEffects(run, scale, texts);
  if (earlier.length === 0 || trial.length === 0) return null;
  const effects = [...trial, ...earlier.map((entry) => fromEvidence(entry, scale, texts))];
  const { evidence } = texts;
  const directed = effects.every((effect) => effect.directed);
  const interval = texts.interval(run.evidence![0]!.level);
  const rows = toRows(effects, texts);
  const inWords = (kind: Effect["kind"]) =>
    effects.filter((effect) => effect.kind === kind).map((effect) => `${effect.label}: ${numbersOf(effect, texts)}`);
  const alt = evidence.alt(inWords("trial"), inWords("evidence"), interval);
  const axis = {
    standardised: evidence.standardised,
    "odds-ratio": evidence.oddsRatio,
    "risk-ratio": evidence.riskRatio,
  }[scale];
  const title = evidence.title(axis);
  const caption = evidence.caption(
    interval,
    effects.some(({ turned }) => turned),
    directed,
  );
  const shown = rows.map(({ label, shown }) => ({ text: label, lines: [shown] }));
  return {
    title,
    caption: withTextsInFull(caption, shown, texts),
    alt,
    spec: {
      $schema: VEGA_LITE_SCHEMA,
      description: alt,
      config: theme(texts),
      title: figureTitle(title, 2 * PLOT_WIDTH),
      width: PLOT_WIDTH,
      height: rows.length * ROW_HEIGHT,
      data: { values: rows },
      encoding: { y: { field: "row", type: "ordinal", axis: null } },
      layer: [
        noEffectLine(scale),
        ...effectMarks(scale, axis, rows),
        ...textColumns(rows, interval, texts),
        ...favours(directed ? sidesOf(texts) : [], rows.length * ROW_HEIGHT, noEffect(scale)),
      ],
    },
  };
}

const scaleOf = ({ measure }: Evidence): EvidenceScale =>
  measure === "odds-ratio" || measure === "risk-ratio" ? measure : "standardised";

// ── the effects ─────────────────────────────────────────────────────────────────────────────────

function trialEffects(run: Run, scale: EvidenceScale, texts: FigureTexts): Effect[] {
  const shown = (estimate: Estimate) => estimate.estimate !== null && isOnScale(estimate, scale);
  const compared = run.results.analyses.flatMap(({ estimates }) => estimates.filter(shown).map(armsOf));
  const severalArms = new Set(compared).size > 1;
  return run.results.analyses.flatMap((result, i) => {
    const display = run.displays[i];
    return result.estimates.filter(shown).map((estimate): Effect => {
      const name = parseEstimateName(estimate.name, []);
      // By the short name of the column: a label would crowd out the measure that follows.
      const when = "at" in name ? settingsLabel(name.at) : "";
      const arms = severalArms ? armsOf(estimate) : "";
      const what = texts.evidence.measures[estimate.measure];
      const place = [display?.title ?? result.id, arms, when].filter((part) => part !== "").join(", ");
      const better = display?.outcome.better ?? null;
      return {
        label: what === undefined ? place : `${place} (${what})`,
        kind: "trial",
        ...turn(estimate as Directed, better === "lower", scale),
        directed: better !== null,
      };
    });
  });
}

function armsOf({ name }: Estimate): string {
  const parts = parseEstimateName(name, []);
  return "level" in parts && "reference" in parts ? `${parts.level} \u2212 ${parts.reference}` : "";
}

/** Of effect sizes Hedges' g alone: the three of them are one number three times. */
const isOnScale = ({ name, measure }: Estimate, scale: EvidenceScale): boolean =>
  scale === "standardised"
    ? measure === "hedges-g" || measure.startsWith("standardised-difference-")
    : measure === scale && name.includes("/");

function fromEvidence(entry: Evidence, scale: EvidenceScale, texts: FigureTexts): Effect {
  const what = scale === "standardised" ? texts.evidence.measures[entry.measure] : undefined;
  const { estimate, lower = null, upper = null } = entry;
  return {
    label: what === undefined ? entry.label : `${entry.label} (${what})`,
    kind: "evidence",
    ...turn({ estimate, lower, upper }, entry.better === "lower", scale),
    directed: true,
  };
}

interface Directed {
  readonly estimate: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** The same effect seen from the other side: the sign of a difference changes, a ratio becomes its reciprocal. */
function turn(
  { estimate, lower, upper }: Directed,
  turned: boolean,
  scale: EvidenceScale,
): Directed & { turned: boolean } {
  if (!turned) return { estimate, lower, upper, turned };
  const other = (value: number | null) => (value === null ? null : scale === "standardised" ? -value : 1 / value);
  return { estimate: other(estimate)!, lower: other(upper), upper: other(lower), turned };
}

// ── drawing ─────────────────────────────────────────────────────────────────────────────────────

interface Row {
  readonly row: number;
  readonly label: string;
  /** The label as it is shown. */
  readonly shown: string;
  readonly kind: "heading" | Effect["kind"];
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly numbers: string;
}

/** A heading before each group: this trial, then earlier evidence. */
function toRows(effects: readonly Effect[], texts: FigureTexts): Row[] {
  const heading = (label: string): Omit<Row, "row" | "shown"> => ({
    label,
    kind: "heading",
    estimate: null,
    lower: null,
    upper: null,
    numbers: "",
  });
  const group = (kind: Effect["kind"]) =>
    effects
      .filter((effect) => effect.kind === kind)
      .map(({ label, estimate, lower, upper }, i): Omit<Row, "row" | "shown"> => {
        const effect = effects.filter((other) => other.kind === kind)[i]!;
        return { label, kind, estimate, lower, upper, numbers: numbersOf(effect, texts) };
      });
  return [heading(texts.evidence.trial), ...group("trial"), heading(texts.evidence.earlier), ...group("evidence")].map(
    (row, i) => ({ row: i, ...row, shown: wrapText(row.label, LABEL_LIMIT, FONT_SIZE, 1)[0]! }),
  );
}

const numbersOf = ({ estimate, lower, upper }: Effect, texts: FigureTexts): string =>
  texts.estimateWithInterval(estimate, lower, upper, DECIMALS);

const noEffect = (scale: EvidenceScale): number => (scale === "standardised" ? 0 : 1);

const noEffectLine = (scale: EvidenceScale) => ({
  data: { values: [{ x: noEffect(scale) }] },
  mark: { type: "rule" as const, color: QUIET_INK, strokeWidth: 0.75, aria: false },
  encoding: {
    x: { field: "x", type: "quantitative" as const },
    y: { value: 0 },
    y2: { value: "height" as const },
  },
});

/** The trial's effects are filled squares with a thick line, the others hollow diamonds with a thin one. */
function effectMarks(scale: EvidenceScale, title: string, rows: readonly Row[]) {
  const shown = rows.flatMap(({ estimate, lower, upper }) => [estimate, lower, upper]);
  const ticks = scale === "standardised" ? { tickCount: 5 } : { values: ratioTicks(shown, PLOT_WIDTH) };
  const x = {
    type: "quantitative" as const,
    title: axisTitle(title, 1.3 * PLOT_WIDTH),
    scale:
      scale === "standardised"
        ? { zero: true, nice: true, padding: 6 }
        : { type: "log" as const, nice: false, padding: 6 },
    axis: { ...ticks, titlePadding: FAVOURS_OFFSET - 6 },
  };
  return (["trial", "evidence"] as const).flatMap((kind) => {
    const isTrial = kind === "trial";
    const colour = isTrial ? POINT : INK;
    return [
      {
        transform: [{ filter: `datum.kind === "${kind}" && isValid(datum.lower) && isValid(datum.upper)` }],
        mark: { type: "rule" as const, strokeWidth: isTrial ? 2 : 1, color: colour },
        encoding: { x: { ...x, field: "lower" }, x2: { field: "upper" } },
      },
      {
        transform: [{ filter: `datum.kind === "${kind}"` }],
        mark: {
          type: "point" as const,
          shape: isTrial ? "square" : "diamond",
          filled: true,
          fill: isTrial ? colour : "white",
          stroke: colour,
          strokeWidth: 1.25,
          size: isTrial ? 56 : 70,
          opacity: 1,
        },
        encoding: { x: { ...x, field: "estimate" } },
      },
    ];
  });
}

function textColumns(rows: readonly Row[], interval: string, texts: FigureTexts) {
  const header = texts.evidence.effect(interval);
  const width = (lines: readonly string[], bold = false) =>
    Math.ceil(Math.max(...lines.map((line) => textWidth(line, FONT_SIZE, bold))));
  const right = PLOT_WIDTH + COLUMN_GAP + width([header, ...rows.map(({ numbers }) => numbers)]);
  const widest =
    INDENT +
    width(
      rows.map(({ shown }) => shown),
      true,
    );
  const left = -10 - Math.min(LABEL_LIMIT + INDENT, widest);
  const text = (align: "left" | "right", more: object) => ({
    type: "text" as const,
    align,
    baseline: "middle" as const,
    aria: false,
    ...more,
  });
  return [
    {
      transform: [{ filter: 'datum.kind === "heading"' }],
      mark: text("left", { fontWeight: 600 }),
      encoding: { x: { value: left }, text: { field: "shown", type: "nominal" as const } },
    },
    {
      transform: [{ filter: 'datum.kind !== "heading"' }],
      mark: text("left", {}),
      encoding: { x: { value: left + INDENT }, text: { field: "shown", type: "nominal" as const } },
    },
    {
      mark: text("right", {}),
      encoding: { x: { value: right }, text: { field: "numbers", type: "nominal" as const } },
    },
    {
      data: { values: [{ text: header }] },
      mark: text("right", { baseline: "bottom", color: QUIET_INK }),
      encoding: { x: { value: right }, y: { value: -3 }, text: { field: "text", type: "nominal" as const } },
    },
  ];
}

/** Whom the left and the right side favour, in a line each. */
const sidesOf = ({ evidence }: FigureTexts): string[][] =>
  [evidence.favoursComparison, evidence.favoursIntervention].map((text) =>
    wrapText(text, PLOT_WIDTH, SMALL_FONT_SIZE, 1),
  );
