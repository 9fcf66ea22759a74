/** What figures need said, in one language; src/report/texts.ts has the texts. */
import type { RatioMeasure, WedgeEffectName } from "./estimate-name.js";
import type { EventCurvesTexts, SchoenfeldTexts } from "./event-texts.js";
import type { EvidenceTexts } from "./evidence-texts.js";
import type { FlowDiagramTexts } from "./flow-texts.js";
import type { WedgeFigureTexts } from "./wedge-texts.js";

export interface FigureTexts {
  readonly decimal: string;
  readonly thousands: string;
  readonly number: (value: number | null, decimals: number) => string;
  readonly integer: (value: number) => string;
  /** `79 %`, of 0.79. */
  readonly percent: (share: number) => string;
  /** `34 (12%)`: how many of how many. */
  readonly countOf: (n: number, all: number) => string;
  readonly p: (p: number | null) => string;
  /** The decimals that an estimate with this standard error is printed with. */
  readonly decimals: (estimate: number | null, se: number | null) => number;
  /** `−3.1 [−6.7, 0.4]`. */
  readonly estimateWithInterval: (
    estimate: number | null,
    lower: number | null,
    upper: number | null,
    decimals: number,
  ) => string;
  /** The unit of a column in the language of the figure, where it is a usual one: months. */
  readonly unit: (unit: string) => string;
  /** `bdi (points)`. */
  readonly withUnit: (name: string, unit: string | null) => string;
  /** `95% CI`. */
  readonly interval: (level: number) => string;
  readonly intercept: string;
  /** A risk predicted from baseline: a probability, or the linear predictor of a number. */
  readonly predictedRisk: (of: string, isProbability: boolean) => string;
  /** Of a stepped wedge. */
  readonly wedgeEffect: (effect: WedgeEffectName, exposure: string | null) => string;
  readonly wedge: WedgeFigureTexts;
  /** What was shortened to fit a figure. */
  readonly inFull: (shortened: readonly string[]) => string;

  readonly forest: {
    readonly title: (outcome: string) => string;
    readonly axis: (outcome: string) => string;
    readonly comparison: string;
    /** The effect in everybody, before those in subgroups. */
    readonly everybody: string;
    readonly against: (reference: string) => string;
    readonly difference: (interval: string) => string;
    readonly p: string;
    readonly favours: (arm: string) => string;
    readonly betterThan: (arm: string) => string;
    readonly worseThan: (arm: string) => string;
    readonly favoursFirst: string;
    readonly favoursSecond: string;
    readonly caption: (interval: string, betterIs: "lower" | "higher" | null) => string;
    readonly alt: (count: number, outcome: string, interval: string, rows: readonly string[], more: number) => string;
    readonly altRow: (label: string, numbers: string, p: string) => string;
    /** Whose p stands beside a moderator, and that its levels have none. */
    readonly interactions: string;
    /** For those who do not see it: the p of each moderator's interaction. */
    readonly altInteractions: (rows: readonly string[]) => string;
  };
  /** The forest plot of ratios, where its words are others. */
  readonly ratios: {
    readonly measures: Readonly<Record<RatioMeasure, string>>;
    /** @param only  what all of the ratios are; null when they are of several kinds. */
    readonly title: (outcome: string, only: RatioMeasure | null) => string;
    readonly axis: (outcome: string, only: RatioMeasure | null) => string;
    readonly ratio: (interval: string) => string;
    readonly caption: (interval: string, betterIs: "lower" | "higher" | null) => string;
    readonly alt: (count: number, outcome: string, interval: string, rows: readonly string[], more: number) => string;
  };
  readonly evidence: EvidenceTexts;
  readonly events: EventCurvesTexts;
  readonly flow: FlowDiagramTexts;
  readonly schoenfeld: SchoenfeldTexts;
  readonly profiles: {
    readonly title: (outcome: string, arm: string, visit: string, proportion: boolean) => string;
    readonly axis: (outcome: string, proportion: boolean) => string;
    readonly mean: string;
    readonly observed: string;
    readonly adjusted: string;
    readonly count: string;
    /** `strokes`: the observed means are short strokes without intervals. */
    readonly caption: (
      interval: string,
      kinds: { readonly observed: boolean; readonly adjusted: boolean; readonly strokes: boolean },
    ) => string;
    readonly alt: (
      outcome: string,
      arms: readonly string[],
      visits: number,
      last: { readonly visit: string; readonly kind: "observed" | "adjusted"; readonly means: readonly string[] },
    ) => string;
  };
  readonly residuals: {
    readonly title: string;
    readonly fitted: (outcome: string) => string;
    readonly standardised: string;
    readonly count: string;
    /** @param by  the column whose levels have a residual standard deviation each; null for one of all. */
    readonly caption: (binned: boolean, by: string | null) => string;
    readonly alt: (
      count: number,
      lowest: string,
      highest: string,
      smoothLowest: string,
      smoothHighest: string,
    ) => string;
  };
  readonly quantiles: {
    readonly residualsTitle: string;
    readonly modesTitle: (group: string, term: string) => string;
    readonly normal: string;
    readonly modes: (outcome: string) => string;
    /** Of a Cox model: what its frailties are on. */
    readonly logHazard: string;
    readonly caption: (total: number, shown: number) => string;
    readonly alt: (what: string, total: number, correlation: string) => string;
  };
}
