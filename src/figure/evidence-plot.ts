/**
 * Forest plot of the trial's effects beside effects found earlier, on one axis: differences in standard deviations, or
 * ratios on a logarithmic axis. All rows point the same way: to the right is better for the participants, as the plan's
 * `better` says, and what points the other way is turned over.
 */
import type { AnalysisDisplay, Run } from "../analysis/results.js";
import type { Estimate } from "../inference/estimate.js";
import type { Evidence } from "../plan/plan.js";
import { parseEstimateName, settingsLabel } from "./estimate-name.js";
import { FAVOURS_OFFSET, favours } from "./favours.js";
import { type Drawing, VEGA_LITE_SCHEMA } from "./figure.js";
import type { FigureTexts } from "./figure-texts.js";
import { withTextsInFull } from "./in-full.js";
import { ratioTicks } from "./ratio-ticks.js";
import { textWidth, wrapText } from "./text-width.js";
import {
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

export type EvidenceScale = "standardised" | "odds-ratio" | "risk-ratio";
export const evidenceScales: readonly EvidenceScale[] = ["standardised", "odds-ratio", "risk-ratio"];

const ROW_HEIGHT = 22;
/** Where a label takes two lines. */
const TALL_ROW_HEIGHT = 31;
const LABEL_LINES = 2;
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
  const shown = rows.map(({ label, lines }) => ({ text: label, lines }));
  const height = rows.length * (rows.some(({ lines }) => lines.length > 1) ? TALL_ROW_HEIGHT : ROW_HEIGHT);
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
      height,
      data: { values: rows },
      encoding: { y: { field: "row", type: "ordinal", axis: null } },
      layer: [
        noEffectLine(scale),
        ...effectMarks(scale, axis, rows),
        ...textColumns(rows, interval, texts),
        ...favours(directed ? sidesOf(texts) : [], height, noEffect(scale)),
      ],
    },
  };
}

const scaleOf = ({ measure }: Evidence): EvidenceScale =>
  measure === "odds-ratio" || measure === "risk-ratio" ? measure : "standardised";

// ── the effects ─────────────────────────────────────────────────────────────────────────────────

function trialEffects(run: Run, scale: EvidenceScale, texts: FigureTexts): Effect[] {
  const effects = run.results.analyses.map(({ estimates }, i) =>
    isInJoint(run, i)
      ? []
      : estimates.filter(
          (estimate) =>
            estimate.estimate !== null && isOnScale(estimate, scale) && isOfTrial(estimate, run.displays[i]),
        ),
  );
  const compared = effects.flat().filter(({ name }) => !isOfDesigns(name));
  const severalArms = new Set(compared.map(armsOf)).size > 1;
  return run.results.analyses.flatMap((result, i) => {
    const display = run.displays[i];
    const own = run.trialAnalyses?.find(({ id }) => id === result.partOf)?.title ?? null;
    return effects[i]!.map((estimate): Effect => {
      const when = whenOf(estimate, display, texts);
      const arms = severalArms ? armsOf(estimate) : "";
      const what = texts.evidence.measures[estimate.measure];
      const title = display?.title ?? own ?? result.id;
      const place = [title, arms, when].filter((part) => part !== "").join(", ");
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

/** The effects of designs A and B stand in the figure of the joint analysis; beside earlier evidence, both together. */
const isInJoint = ({ results: { analyses }, displays }: Run, i: number): boolean => {
  const { partOf } = analyses[i]!;
  const isJoint = (at: number): boolean => displays[at]?.part?.kind === "joint";
  return partOf !== undefined && !isJoint(i) && analyses.some((other, at) => other.partOf === partOf && isJoint(at));
};

const isOfDesigns = (name: string): boolean => name.startsWith("standardised:effect:");

/** Of a trial-level analysis at several visits the primary one; of a joint analysis both designs together. */
function isOfTrial({ name }: Estimate, display: AnalysisDisplay | undefined): boolean {
  if (isOfDesigns(name) && !/^standardised:effect:joint(@|$)/.test(name)) return false;
  const primary = display?.part?.primary;
  return primary === undefined || name.split("@")[1] === `${primary.column}=${primary.visit}`;
}

/** `12 months`; of an analysis of the plan's own by the short name of the column, since a label would crowd out the measure. */
function whenOf({ name }: Estimate, display: AnalysisDisplay | undefined, texts: FigureTexts): string {
  const primary = display?.part?.primary;
  if (primary !== undefined)
    return texts.flow.visit(primary.visit, primary.unit === null ? null : texts.unit(primary.unit));
  const parsed = parseEstimateName(name, []);
  if (parsed.kind === "standardised-design-effect") return parsed.label ?? "";
  return "at" in parsed ? settingsLabel(parsed.at, {}, texts.decimal) : "";
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
  readonly lines: readonly string[];
  readonly kind: "heading" | Effect["kind"];
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
  readonly numbers: string;
}

/** A heading before each group: this trial, then earlier evidence. */
function toRows(effects: readonly Effect[], texts: FigureTexts): Row[] {
  const heading = (label: string): Omit<Row, "row" | "lines"> => ({
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
      .map(({ label, estimate, lower, upper }, i): Omit<Row, "row" | "lines"> => {
        const effect = effects.filter((other) => other.kind === kind)[i]!;
        return { label, kind, estimate, lower, upper, numbers: numbersOf(effect, texts) };
      });
  return [heading(texts.evidence.trial), ...group("trial"), heading(texts.evidence.earlier), ...group("evidence")].map(
    (row, i) => ({ row: i, ...row, lines: wrapText(row.label, LABEL_LIMIT, FONT_SIZE, LABEL_LINES) }),
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
      rows.flatMap(({ lines }) => lines),
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
      encoding: { x: { value: left }, text: { field: "lines", type: "nominal" as const } },
    },
    // Vega sets lines downwards from the first: each number of lines has its own shift up.
    ...Array.from({ length: LABEL_LINES }, (_, more) => ({
      transform: [{ filter: `datum.kind !== "heading" && datum.lines.length === ${more + 1}` }],
      mark: text("left", { dy: (-LINE_HEIGHT * more) / 2 }),
      encoding: { x: { value: left + INDENT }, text: { field: "lines", type: "nominal" as const } },
    })),
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
