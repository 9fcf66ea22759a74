/**
 * Every text of report and figures, in each language. A text that is missing in one language is a type
 * error. Swedish terms are those of Statistics Sweden and SBU.
 */
import type { SurvivalWords } from "../analysis/results.js";
import type { RatioMeasure } from "../figure/estimate-name.js";
import type { FigureTexts } from "../figure/figure-texts.js";
import { type BlindTexts, englishBlind, swedishBlind } from "./blind-texts.js";
import { type ChangeTexts, englishChange, swedishChange } from "./change-texts.js";
import { type CovarianceTexts, englishCovariance, swedishCovariance } from "./covariance-texts.js";
import { type DescriptiveTexts, englishDescriptive, swedishDescriptive } from "./descriptive-texts.js";
import { type EffectTexts, englishEffects, englishEvidence, swedishEffects, swedishEvidence } from "./effect-texts.js";
import { type EstimandTexts, englishEstimands, swedishEstimands } from "./estimand-texts.js";
import {
  englishNumbers,
  estimateDecimals,
  formatNumber,
  formatP,
  formatPercent,
  NO_NUMBER,
  type NumberStyle,
  swedishNumbers,
} from "./format-number.js";
import {
  englishSteppedWedge,
  englishWedgeFigures,
  type SteppedWedgeTexts,
  swedishSteppedWedge,
  swedishWedgeFigures,
} from "./stepped-wedge-texts.js";
import {
  englishEventCurves,
  englishSchoenfeld,
  englishSurvival,
  type SurvivalTexts,
  swedishEventCurves,
  swedishSchoenfeld,
  swedishSurvival,
} from "./survival-texts.js";
import { englishTrial, swedishTrial, type TrialTexts } from "./trial-texts.js";
import { swedishUnit, type UnitWords } from "./unit-texts.js";
import { englishWedgeDesign, swedishWedgeDesign, type WedgeDesignTexts } from "./wedge-design-texts.js";

export type Language = "en" | "sv";

/** What the sentence on the method is made of. */
export interface MethodParts {
  readonly model: string;
  readonly criterion: "REML" | "ML" | null;
  readonly degreesOfFreedom: string | null;
  readonly standardErrors: string | null;
  /** Grouping factors with random terms. */
  readonly groups: readonly string[];
  /** Of repeated measures: the structure that the numbers are from, and over what. */
  readonly covariance?:
    | { readonly structure: string; readonly visit: string; readonly participant: string }
    | undefined;
  /** The column whose levels have a residual variance each. */
  readonly residualBy?: string | undefined;
  /** Of a mixed model that is not gaussian; `points` of quadrature, 1 is Laplace's approximation. */
  readonly integral?: { readonly family: "binomial" | "poisson"; readonly points: number } | undefined;
  /** Of models of time to an event. */
  readonly survival?: SurvivalWords | undefined;
  /** Of a binary outcome, where it is not logit. */
  readonly link?: "cloglog" | undefined;
  /** Of GEE. */
  readonly working?: { readonly family: string; readonly correlation: string } | undefined;
  /** What robust standard errors and GEE go by. */
  readonly clusters?: readonly string[];
}

const LINKS: Readonly<Record<string, string>> = { gaussian: "identity", binomial: "logit", poisson: "log" };

/** Corrections of a GEE's sandwich, by their authors. */
const CORRECTIONS: Readonly<Record<string, string>> = {
  "kauermann-carroll": "Kauermann–Carroll",
  "mancl-derouen": "Mancl–DeRouen",
  "fay-graubard": "Fay–Graubard",
};

export interface Texts {
  readonly language: Language;
  readonly numbers: NumberStyle;
  readonly figure: FigureTexts;
  readonly effects: EffectTexts;
  readonly estimands: EstimandTexts;
  readonly covariance: CovarianceTexts;
  readonly wedge: SteppedWedgeTexts;
  readonly wedgeDesign: WedgeDesignTexts;
  readonly survival: SurvivalTexts;
  readonly trial: TrialTexts;
  readonly blind: BlindTexts;
  readonly change: ChangeTexts;
  readonly descriptive: DescriptiveTexts;

  readonly reportKind: string;
  readonly facts: {
    readonly heading: string;
    readonly registration: string;
    readonly plan: string;
    readonly locked: string;
    readonly notLocked: string;
    readonly data: string;
    readonly dataFile: (name: string, rows: string) => string;
    readonly seed: string;
    readonly version: string;
    readonly analyses: string;
    readonly analysisCount: (estimated: number, all: number) => string;
  };
  /** Heads the list of sections. */
  readonly contents: string;
  /** Heads the numbers of the primary analyses at the top. */
  readonly primaryResult: string;
  readonly flow: {
    readonly heading: string;
    /** @param analyses  titles. */
    readonly caption: (analyses: readonly string[]) => string;
    /** Some parts of a trial-level analysis. */
    readonly parts: (analysis: string, parts: readonly string[]) => string;
    readonly manyParts: (analysis: string, count: number) => string;
    readonly total: string;
    /** Heads the one column when the plan names no arm. */
    readonly all: string;
    /** Heads the rows whose arm is missing. */
    readonly noArm: string;
    readonly participants: string;
    readonly participantsUsed: string;
    readonly rows: string;
    readonly rowsUsed: string;
    readonly rowsExcluded: string;
    readonly footnote: string;
  };
  /** Why rows were left out: the key is the reason of the frame. */
  readonly exclusion: (reason: string, detail: string) => string;
  readonly exclusionNote: (all: string, used: string, parts: readonly string[]) => string;
  readonly roles: Readonly<Record<"primary" | "secondary" | "sensitivity" | "exploratory", string>>;
  readonly analysis: string;
  readonly outcome: (outcome: string, better: "lower" | "higher" | null) => string;
  readonly formula: string;
  readonly method: (parts: MethodParts) => string;
  readonly notEstimated: string;
  readonly notEstimatedBecause: string;
  readonly headings: {
    readonly differences: string;
    readonly means: string;
    readonly observedMeans: string;
    readonly risks: string;
    readonly ratios: string;
    readonly coefficients: string;
    readonly components: string;
    readonly fit: string;
    readonly diagnostics: string;
    readonly problems: string;
    readonly other: string;
  };
  readonly captions: {
    readonly differences: (outcome: string) => string;
    readonly means: (outcome: string) => string;
    /** Of means of log odds or log rates. */
    readonly linkMeans: (outcome: string, measure: "log-odds" | "log-rate" | "log-hazard") => string;
    readonly linkCoefficients: (outcome: string, measure: "log-odds" | "log-rate" | "log-hazard") => string;
    readonly risks: (outcome: string) => string;
    readonly ratios: (outcome: string) => string;
    readonly coefficients: (outcome: string) => string;
    readonly tests: string;
    readonly comparisons: string;
    readonly components: string;
    readonly other: string;
  };
  readonly columns: {
    readonly comparison: string;
    readonly mean: string;
    readonly term: string;
    readonly component: string;
    readonly quantity: string;
    readonly difference: string;
    readonly risk: string;
    readonly ratio: string;
    readonly estimate: string;
    readonly se: string;
    readonly df: string;
    readonly t: string;
    readonly z: string;
    readonly F: string;
    readonly chiSquared: string;
    readonly smallerModel: string;
    readonly p: string;
    readonly rowsHeader: string;
  };
  readonly footnotes: {
    /** Beside intracluster correlations of nested groups. */
    readonly nestedShares: string;
    readonly abbreviations: (has: { readonly df: boolean; readonly se: boolean; readonly interval: boolean }) => string;
    /** Of the df column of F tests. */
    readonly jointDf: string;
    readonly comparisonDf: string;
    readonly references: (levels: readonly string[]) => string;
    readonly means: string;
    readonly risks: (overRandomEffects: boolean) => string;
  };
  readonly components: {
    readonly sd: string;
    readonly correlation: string;
    readonly icc: string;
    readonly residual: string;
    readonly and: (first: string, second: string) => string;
  };
  readonly fit: {
    readonly logLik: (criterion: "REML" | "ML" | null) => string;
    readonly observations: string;
    readonly groups: (group: string) => string;
    readonly convergence: string;
    readonly converged: (iterations: string) => string;
    readonly notConverged: (iterations: string) => string;
    readonly boundary: string;
    readonly inside: string;
    readonly variances: string;
  };
  readonly severities: Readonly<Record<"error" | "warning" | "note", string>>;
  readonly figureNumber: (number: number) => string;
  readonly tableNumber: (number: number) => string;
  readonly scrollableTable: string;
  readonly scrollableFigure: string;
  readonly provenance: {
    readonly heading: string;
    readonly text: (version: string) => string;
    readonly plan: string;
    readonly data: (name: string) => string;
  };
}

/** Texts of figures that are numbers, in one style of writing them. */
const figureNumbers = (style: NumberStyle, separator: string, inWords: UnitWords = (unit) => unit) => ({
  decimal: style.decimal,
  thousands: style.group,
  number: (value: number | null, decimals: number) => formatNumber(value, decimals, style),
  integer: (value: number) => formatNumber(value, 0, style),
  percent: (share: number) => formatPercent(share, style),
  countOf: (n: number, all: number) =>
    all === 0
      ? formatNumber(n, 0, style)
      : `${formatNumber(n, 0, style)} (${formatPercent(n / all, style, n === 0 || n === all || all < 100 ? 0 : 1)})`,
  p: (p: number | null) => formatP(p, style),
  decimals: estimateDecimals,
  estimateWithInterval: (estimate: number | null, lower: number | null, upper: number | null, decimals: number) =>
    estimate === null
      ? NO_NUMBER
      : `${formatNumber(estimate, decimals, style)} ${formatInterval(lower, upper, decimals, style, separator)}`.trim(),
  unit: inWords,
  withUnit: (name: string, unit: string | null) =>
    unit === null || saysUnit(name, unit) || saysUnit(name, inWords(unit)) ? name : `${name} (${inWords(unit)})`,
});

/** "month" says its unit, "months", and so does "months since start". */
const saysUnit = (name: string, unit: string): boolean =>
  unit === "" ||
  (name.length > 2 && unit.toLowerCase().startsWith(name.toLowerCase())) ||
  name
    .toLowerCase()
    .split(/[^\p{L}]+/u)
    .includes(unit.toLowerCase());

/** `[−6.7, 0.4]`; empty without an interval. */
function formatInterval(
  lower: number | null,
  upper: number | null,
  decimals: number,
  style: NumberStyle,
  separator: string,
): string {
  if (lower === null && upper === null) return "";
  return `[${formatNumber(lower, decimals, style)}${separator}\u00a0${formatNumber(upper, decimals, style)}]`;
}

/** `a, b and c`. */
const list = (words: readonly string[], and: string): string =>
  words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} ${and} ${words.at(-1)}`;

const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;

/** Of the abbreviations that a table uses, in alphabetical order; empty when it uses none. */
const abbreviated = (all: readonly (readonly [boolean, string])[]): string => {
  const used = all.filter(([isUsed]) => isUsed).map(([, text]) => text);
  return used.length === 0 ? "" : `${used.join("; ")}.`;
};

const capitalised = (sentence: string): string => sentence.charAt(0).toUpperCase() + sentence.slice(1);

// ── English ─────────────────────────────────────────────────────────────────────────────────────

const englishDf: Readonly<Record<string, string>> = {
  satterthwaite: "Satterthwaite degrees of freedom",
  "kenward-roger": "Kenward–Roger degrees of freedom",
  "between-within": "between–within degrees of freedom",
  residual: "residual degrees of freedom",
  clusters: "degrees of freedom equal to clusters less coefficients",
  units: "degrees of freedom equal to units less 2",
  normal: "the normal distribution",
};

function englishStandardErrors(kind: string, clusters: readonly string[] = []): string {
  const by = clusters.length === 0 ? "" : ` by ${list(clusters, "and")}`;
  if (kind === "robust") return `sandwich standard errors${by}`;
  if (kind in CORRECTIONS) return `${CORRECTIONS[kind]} corrected sandwich standard errors${by}`;
  if (kind.startsWith("CR")) return `cluster-robust standard errors (${kind})${by}`;
  if (kind === "model") return "model-based standard errors";
  if (kind === "kenward-roger") return "Kenward–Roger adjusted standard errors";
  if (kind === "classical") return "classical standard errors";
  return `heteroscedasticity-robust standard errors (${kind})`;
}

const englishModels: Readonly<Record<string, string>> = {
  linear: "linear model",
  logistic: "logistic regression",
  poisson: "Poisson regression",
  gee: "marginal model",
  mixed: "linear mixed model",
  mmrm: "mixed model for repeated measures",
  "stepped-wedge": "linear mixed model of a stepped wedge",
  joint: "joint linear mixed model of individual randomisation and stepped wedge, with variances of each design’s own,",
};

const englishCriteria = { REML: "restricted maximum likelihood (REML)", ML: "maximum likelihood (ML)" } as const;

const englishStructures: Readonly<Record<string, string>> = {
  us: "an unstructured covariance",
  cs: "a compound symmetry covariance",
  csh: "a heterogeneous compound symmetry covariance",
  ar1: "a first-order autoregressive covariance",
  ar1h: "a heterogeneous first-order autoregressive covariance",
  ad: "a first-order ante-dependence covariance",
  adh: "a heterogeneous first-order ante-dependence covariance",
  toep: "a Toeplitz covariance",
  toeph: "a heterogeneous Toeplitz covariance",
};

function englishCovariances({ groups, covariance, residualBy }: MethodParts): string {
  const parts = [
    ...(covariance === undefined
      ? []
      : [`${englishStructures[covariance.structure]} over ${covariance.visit} within ${covariance.participant}`]),
    ...(groups.length === 0 ? [] : [`random effects of ${list(groups, "and")}`]),
    ...(residualBy === undefined ? [] : [`a residual variance for each level of ${residualBy}`]),
  ];
  return parts.length === 0 ? "" : ` with ${list(parts, "and")}`;
}

const englishMixed = { binomial: "logistic mixed model", poisson: "Poisson mixed model" } as const;
const englishCloglog = {
  regression: "complementary log-log regression",
  mixed: "mixed model with complementary log-log link",
} as const;

function englishMethod(parts: MethodParts): string {
  if (parts.model === "effect-size") return englishEffects.method;
  if (parts.model === "agreement") return englishTrial.agreement.method;
  if (parts.model === "shares") return englishChange.sharesMethod;
  if (parts.model === "change-classes") return englishChange.method;
  if (parts.model === "participant-flow") return englishDescriptive.flowMethod;
  if (parts.model === "baseline-table") return englishDescriptive.baselineMethod;
  if (parts.model === "moderation") return englishTrial.moderation.method(parts.degreesOfFreedom ?? "");
  const { model, criterion, degreesOfFreedom, standardErrors, working, clusters, integral, survival } = parts;
  const integrated =
    integral === undefined
      ? ""
      : integral.points === 1
        ? " by Laplace's approximation"
        : ` by adaptive Gauss–Hermite quadrature with ${integral.points} points`;
  const random = englishCovariances(parts);
  const by =
    working !== undefined
      ? `generalised estimating equations (${working.family}, ${LINKS[working.family]} link, ${working.correlation} working correlation)`
      : criterion === null
        ? "ordinary least squares"
        : `${englishCriteria[criterion]}${integrated}`;
  const inference = [
    degreesOfFreedom === null
      ? null
      : degreesOfFreedom === "normal"
        ? "z-tests and intervals from the normal distribution"
        : `t-tests and intervals with ${englishDf[degreesOfFreedom] ?? degreesOfFreedom}`,
    standardErrors === null ? null : englishStandardErrors(standardErrors, clusters),
  ].filter((part) => part !== null);
  const timeToEvent = survival === undefined ? null : englishSurvival.method(model, survival);
  if (timeToEvent !== null) {
    return `${capitalised(timeToEvent)}${inference.length === 0 ? "" : `; ${list(inference, "and")}`}.`;
  }
  const usual = integral === undefined ? (englishModels[model] ?? model) : englishMixed[integral.family];
  const name = capitalised(
    parts.link === undefined ? usual : englishCloglog[integral === undefined ? "regression" : "mixed"],
  );
  return `${name}${random}, fitted by ${by}${inference.length === 0 ? "" : `; ${list(inference, "and")}`}.`;
}

const englishRatios: Readonly<Record<RatioMeasure, string>> = {
  "odds-ratio": "Odds ratio",
  "rate-ratio": "Rate ratio",
  "risk-ratio": "Risk ratio",
  "hazard-ratio": "Hazard ratio",
  "subdistribution-hazard-ratio": "Subdistribution hazard ratio",
  "cause-specific-hazard-ratio": "Cause-specific hazard ratio",
};

const englishFigure: FigureTexts = {
  ...figureNumbers(englishNumbers, ","),
  evidence: englishEvidence,
  events: englishEventCurves,
  flow: englishDescriptive.flow,
  schoenfeld: englishSchoenfeld,
  interval: (level) => `${formatPercent(level, englishNumbers)} CI`,
  intercept: "Intercept",
  predictedRisk: (of, isProbability) => `predicted ${isProbability ? "risk of" : "value of"} ${of}`,
  wedgeEffect: englishSteppedWedge.effect,
  wedge: englishWedgeFigures,
  inFull: (shortened) => `In full: ${shortened.join("; ")}.`,
  forest: {
    title: (outcome) => `Differences in ${outcome} between arms`,
    axis: (outcome) => `Mean difference in ${outcome}`,
    comparison: "Comparison",
    everybody: "all",
    against: (reference) => `Against ${reference}`,
    difference: (interval) => `Difference [${interval}]`,
    p: "p",
    favours: (arm) => `favours ${arm}`,
    betterThan: (arm) => `better than ${arm}`,
    worseThan: (arm) => `worse than ${arm}`,
    favoursFirst: "favours the first arm",
    favoursSecond: "favours the second arm",
    caption: (interval, better) =>
      `Squares: estimated differences; lines: ${interval}; grey line: no difference.${
        better === null ? "" : ` ${capitalised(better)} values are better.`
      }`,
    alt: (n, outcome, interval, rows, more) =>
      `Forest plot of ${count(n, "difference", "differences")} in ${outcome} between arms, each with its ${interval} and a line at no difference. ${rows.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
    altRow: (label, numbers, p) => `${label}: ${numbers}, p ${/^[<>]/.test(p) ? p : `= ${p}`}`,
    interactions:
      "p beside a moderator: test of its interaction with the arm. Effects at its levels have no test of their own.",
    altInteractions: (rows) => `Interaction with the arm: ${rows.join("; ")}.`,
  },
  ratios: {
    measures: englishRatios,
    title: (outcome, only) =>
      only?.endsWith("hazard-ratio") ? `${englishRatios[only]}s for ${outcome}` : `Ratios for ${outcome} between arms`,
    axis: (outcome, only) => `${only === null ? "Ratio" : englishRatios[only]} for ${outcome} (logarithmic scale)`,
    ratio: (interval) => `Ratio [${interval}]`,
    caption: (interval, better) =>
      `Squares: estimated ratios; lines: ${interval}; grey line: no difference (ratio 1). Logarithmic axis.${
        better === null ? "" : ` ${capitalised(better)} values are better.`
      }`,
    alt: (n, outcome, interval, rows, more) =>
      `Forest plot of ${count(n, "ratio", "ratios")} for ${outcome} between arms on a logarithmic axis, each with its ${interval} and a line at 1. ${rows.join("; ")}${more > 0 ? `; and ${more} more` : ""}.`,
  },
  profiles: {
    title: (outcome, arm, visit, proportion) =>
      `${proportion ? "Proportion" : "Mean"} ${outcome} by ${arm === "" ? visit : `${arm} and ${visit}`}`,
    axis: (outcome, proportion) => `${proportion ? "Proportion" : "Mean"} ${outcome}`,
    mean: "Mean",
    observed: "Observed mean",
    adjusted: "Adjusted mean",
    count: "Observed, n",
    caption: (interval, { observed, adjusted, strokes }) =>
      strokes
        ? `Marks: adjusted means; vertical lines: ${interval}; short level strokes: observed means, here without intervals. Arms are set side by side at each visit so that they can be told apart.`
        : observed && adjusted
          ? `Vertical lines: ${interval}. Marks at one visit are set side by side so that they can be told apart.`
          : `${observed ? "Observed" : "Adjusted"} means; vertical lines: ${interval}.`,
    alt: (outcome, arms, visits, { visit, kind, means }) =>
      `Mean ${outcome} ${arms.length > 1 ? `in ${arms.length} arms ` : ""}at ${count(visits, "visit", "visits")}, with intervals.${
        means.length === 0 ? "" : ` At ${visit} the ${kind} means are ${list(means, "and")}.`
      }`,
  },
  residuals: {
    title: "Residuals against fitted values",
    fitted: (outcome) => `Fitted ${outcome}`,
    standardised: "Standardised residual",
    count: "Observations",
    caption: (binned, by) =>
      `${binned ? "Shade: number of observations in each cell" : "Points: observations"}; thick line: local mean, level at 0 when the model fits. Standardised: divided by the residual standard deviation${by === null ? "" : ` at its level of ${by}`}.`,
    alt: (n, lowest, highest, smoothLowest, smoothHighest) =>
      `Standardised residuals of ${count(n, "observation", "observations")} against fitted values. They run from ${lowest} to ${highest}; their local mean from ${smoothLowest} to ${smoothHighest}.`,
  },
  quantiles: {
    residualsTitle: "Normal Q–Q plot, residuals",
    modesTitle: (group, term) => `Normal Q–Q plot, ${group}: ${term}`,
    normal: "Normal quantile",
    modes: (outcome) => `Conditional mode, ${outcome}`,
    logHazard: "log hazard",
    caption: (total, shown) =>
      `${total > shown ? `${shown} quantiles of ${formatNumber(total, 0, englishNumbers)} values` : "Each point is one value"}; the line passes through the quartiles, and the points follow it when the distribution is normal.`,
    alt: (what, total, correlation) =>
      `${what}: ${count(total, "value", "values")}, correlation with normal quantiles ${correlation}.`,
  },
};

const english: Texts = {
  language: "en",
  numbers: englishNumbers,
  figure: englishFigure,
  effects: englishEffects,
  estimands: englishEstimands,
  covariance: englishCovariance,
  trial: englishTrial,
  blind: englishBlind,
  change: englishChange,
  descriptive: englishDescriptive,
  wedge: englishSteppedWedge,
  wedgeDesign: englishWedgeDesign,
  survival: englishSurvival,
  reportKind: "Statistical report",
  facts: {
    heading: "About this analysis",
    registration: "Registration",
    plan: "Analysis plan",
    locked: "locked before the analysis",
    notLocked: "not locked",
    data: "Data",
    dataFile: (name, rows) => `${name}, ${rows} rows`,
    seed: "Seed",
    version: "Version",
    analyses: "Analyses",
    analysisCount: (estimated, all) =>
      estimated === all ? `${all}, all estimated` : `${all}, of which ${all - estimated} not estimated`,
  },
  contents: "Contents",
  primaryResult: "Primary result",
  flow: {
    heading: "Participants and rows",
    caption: (analyses) => `Participants and rows of data used and excluded. ${analyses.join("; ")}`,
    parts: (analysis, parts) => `${analysis}: ${list(parts, "and")}`,
    manyParts: (analysis, count) => `${analysis} (${count} analyses)`,
    total: "Total",
    all: "All",
    noArm: "Arm missing",
    participants: "Participants in the data",
    participantsUsed: "Participants analysed",
    rows: "Rows in the data",
    rowsUsed: "Rows analysed",
    rowsExcluded: "Rows excluded",
    footnote:
      "Percentages are of the participants or rows in the data. A row is counted under the first reason that applies.",
  },
  exclusion: (reason, detail) =>
    reason === "missing"
      ? `${detail} missing`
      : reason === "where"
        ? `not selected (where ${detail})`
        : reason === "where-missing"
          ? `selection cannot be judged (${detail})`
          : reason === "transition"
            ? "in transition, just after the switch of the unit"
            : reason === "censored"
              ? "after the switch of the unit, enrolled before it"
              : reason === "population"
                ? `not in the population: ${detail}`
                : `${reason} ${detail}`.trim(),
  exclusionNote: (all, used, parts) =>
    parts.length === 0
      ? `All ${all} rows were used.`
      : `Of ${all} rows, ${used} were used; excluded: ${parts.join("; ")}.`,
  roles: { primary: "Primary", secondary: "Secondary", sensitivity: "Sensitivity", exploratory: "Exploratory" },
  analysis: "Analysis",
  outcome: (outcome, better) => `Outcome: ${outcome}${better === null ? "" : `; ${better} is better`}.`,
  formula: "Model",
  method: englishMethod,
  notEstimated: "Not estimated",
  notEstimatedBecause: "This analysis could not be estimated, so no numbers are given. The reason:",
  headings: {
    differences: "Differences between arms",
    means: "Adjusted means",
    observedMeans: "Observed means",
    risks: "Risks",
    ratios: "Ratios",
    coefficients: "Coefficients",
    components: "Variance components",
    fit: "Model fit",
    diagnostics: "Diagnostics",
    problems: "To be aware of",
    other: "Other estimates",
  },
  captions: {
    differences: (outcome) => `Adjusted mean differences in ${outcome}`,
    means: (outcome) => `Adjusted means of ${outcome}`,
    linkMeans: (outcome, measure) =>
      `Adjusted ${{ "log-odds": "log odds", "log-rate": "log rates", "log-hazard": "log hazards" }[measure]} of ${outcome}`,
    risks: (outcome) => `Standardised risks of ${outcome} and their differences`,
    ratios: (outcome) => `Ratios for ${outcome}`,
    coefficients: (outcome) => `Fixed effects on ${outcome}`,
    linkCoefficients: (outcome, measure) =>
      measure === "log-hazard"
        ? `Coefficients: log hazard ratios for ${outcome}`
        : `Fixed effects on the ${measure === "log-odds" ? "log odds" : "log rate"} of ${outcome}`,
    tests: "Joint tests of the terms with several coefficients",
    comparisons: "Likelihood-ratio tests against smaller models",
    components: "Variance components and intracluster correlations",
    other: "Other estimates",
  },
  columns: {
    comparison: "Comparison",
    mean: "Mean",
    term: "Term",
    component: "Component",
    quantity: "Quantity",
    difference: "Difference",
    risk: "Risk",
    ratio: "Ratio",
    estimate: "Estimate",
    se: "SE",
    df: "df",
    t: "t",
    z: "z",
    F: "F",
    chiSquared: "χ²",
    smallerModel: "Smaller model",
    p: "p",
    rowsHeader: "Participants and rows",
  },
  footnotes: {
    nestedShares:
      "Intracluster correlation: the level's own share of the variance. Two observations of one inner level correlate by the sum of its share and those of the levels around it.",
    abbreviations: ({ df, se, interval }) =>
      abbreviated([
        [interval, "CI, confidence interval"],
        [df, "df, denominator degrees of freedom"],
        [se, "SE, standard error"],
      ]),
    jointDf: "df, numerator and denominator degrees of freedom.",
    comparisonDf: "df, degrees of freedom: the number of parameters tested.",
    references: (levels) => `Reference level${levels.length === 1 ? "" : "s"}: ${list(levels, "and")}.`,
    means: "Covariates at their mean over the rows used, factors weighted equally.",
    risks: (overRandomEffects) =>
      `Mean predicted risk if all rows used had the level, covariates as they are${overRandomEffects ? ", averaged over the random effects" : ""} (g-computation).`,
  },
  components: {
    sd: "Standard deviation",
    correlation: "Correlation",
    icc: "Intracluster correlation",
    residual: "Residual",
    and: (first, second) => `${first} and ${second}`,
  },
  fit: {
    logLik: (criterion) => (criterion === "REML" ? "Restricted log-likelihood" : "Log-likelihood"),
    observations: "Observations",
    groups: (group) => `Levels of ${group}`,
    convergence: "Convergence",
    converged: (iterations) => `reached after ${iterations} iterations`,
    notConverged: (iterations) => `not reached in ${iterations} iterations`,
    boundary: "at least one variance component is estimated at zero or at a perfect correlation (singular fit)",
    inside: "all above zero",
    variances: "Variance components",
  },
  severities: { error: "Error", warning: "Warning", note: "Note" },
  figureNumber: (number) => `Figure ${number}`,
  tableNumber: (number) => `Table ${number}`,
  scrollableTable: "Table, can be scrolled sideways",
  scrollableFigure: "Figure, can be scrolled sideways",
  provenance: {
    heading: "Provenance",
    text: (version) =>
      `Made by fit-rct ${version}. The same plan, data, seed and version give this report again, byte for byte. SHA-256 of the files:`,
    plan: "Plan",
    data: (name) => `Data, ${name}`,
  },
};

// ── Swedish ─────────────────────────────────────────────────────────────────────────────────────

const swedishDf: Readonly<Record<string, string>> = {
  satterthwaite: "frihetsgrader enligt Satterthwaite",
  "kenward-roger": "frihetsgrader enligt Kenward–Roger",
  "between-within": "frihetsgrader mellan och inom kluster (between–within)",
  residual: "residualens frihetsgrader",
  clusters: "frihetsgrader lika med antalet kluster minus antalet koefficienter",
  units: "frihetsgrader lika med antalet enheter minus 2",
};

const swedishCorrelations: Readonly<Record<string, string>> = {
  independence: "oberoende",
  exchangeable: "utbytbar",
  ar1: "autoregressiv (AR1)",
  unstructured: "ostrukturerad",
};

function swedishStandardErrors(kind: string, clusters: readonly string[] = []): string {
  const by = clusters.length === 0 ? "" : ` för ${list(clusters, "och")}`;
  if (kind === "robust") return `sandwichmedelfel${by}`;
  if (kind in CORRECTIONS) return `sandwichmedelfel${by} korrigerade enligt ${CORRECTIONS[kind]}`;
  if (kind.startsWith("CR")) return `klusterrobusta medelfel (${kind})${by}`;
  if (kind === "model") return "modellbaserade medelfel";
  if (kind === "kenward-roger") return "medelfel justerade enligt Kenward–Roger";
  if (kind === "classical") return "klassiska medelfel";
  return `heteroskedasticitetsrobusta medelfel (${kind})`;
}

const swedishModels: Readonly<Record<string, string>> = {
  linear: "linjär modell",
  logistic: "logistisk regression",
  poisson: "poissonregression",
  gee: "marginell modell",
  mixed: "linjär blandad modell",
  mmrm: "blandad modell för upprepade mätningar",
  "stepped-wedge": "linjär blandad modell för stegvis införande (stepped wedge)",
  joint:
    "gemensam linjär blandad modell för individuell randomisering och stegvis införande (stepped wedge), med egna varianser för varje design,",
};

const swedishCriteria = {
  REML: "begränsad maximum likelihood (REML)",
  ML: "maximum likelihood (ML)",
} as const;

const swedishStructures: Readonly<Record<string, string>> = {
  us: "ostrukturerad kovarians",
  cs: "kovarians med sammansatt symmetri",
  csh: "heterogen kovarians med sammansatt symmetri",
  ar1: "autoregressiv kovarians av första ordningen",
  ar1h: "heterogen autoregressiv kovarians av första ordningen",
  ad: "ante-dependent kovarians av första ordningen",
  adh: "heterogen ante-dependent kovarians av första ordningen",
  toep: "Toeplitz-kovarians",
  toeph: "heterogen Toeplitz-kovarians",
};

function swedishCovariances({ groups, covariance, residualBy }: MethodParts): string {
  const parts = [
    ...(covariance === undefined
      ? []
      : [`${swedishStructures[covariance.structure]} över ${covariance.visit} inom ${covariance.participant}`]),
    ...(groups.length === 0 ? [] : [`slumpeffekter för ${list(groups, "och")}`]),
    ...(residualBy === undefined ? [] : [`en residualvarians för varje nivå av ${residualBy}`]),
  ];
  return parts.length === 0 ? "" : ` med ${list(parts, "och")}`;
}

const swedishMixed = { binomial: "logistisk blandad modell", poisson: "Poissonfördelad blandad modell" } as const;
const swedishCloglog = {
  regression: "regression med komplementär log-log-länk",
  mixed: "blandad modell med komplementär log-log-länk",
} as const;

function swedishMethod(parts: MethodParts): string {
  if (parts.model === "effect-size") return swedishEffects.method;
  if (parts.model === "agreement") return swedishTrial.agreement.method;
  if (parts.model === "shares") return swedishChange.sharesMethod;
  if (parts.model === "change-classes") return swedishChange.method;
  if (parts.model === "participant-flow") return swedishDescriptive.flowMethod;
  if (parts.model === "baseline-table") return swedishDescriptive.baselineMethod;
  if (parts.model === "moderation") return swedishTrial.moderation.method(parts.degreesOfFreedom ?? "");
  const { model, criterion, degreesOfFreedom, standardErrors, working, clusters, integral, survival } = parts;
  const integrated =
    integral === undefined
      ? ""
      : integral.points === 1
        ? " med Laplaces approximation"
        : ` med adaptiv Gauss–Hermite-kvadratur i ${integral.points} punkter`;
  const random = swedishCovariances(parts);
  const by =
    working !== undefined
      ? `generaliserade skattningsekvationer (GEE; ${working.family}, länk ${LINKS[working.family]}, ${swedishCorrelations[working.correlation]} arbetskorrelation)`
      : criterion === null
        ? "minsta kvadratmetoden"
        : `${swedishCriteria[criterion]}${integrated}`;
  const inference = [
    degreesOfFreedom === null
      ? null
      : degreesOfFreedom === "normal"
        ? "z-test och intervall enligt normalfördelningen"
        : `t-test och intervall med ${swedishDf[degreesOfFreedom] ?? degreesOfFreedom}`,
    standardErrors === null ? null : swedishStandardErrors(standardErrors, clusters),
  ].filter((part) => part !== null);
  const timeToEvent = survival === undefined ? null : swedishSurvival.method(model, survival);
  if (timeToEvent !== null) {
    return `${capitalised(timeToEvent)}${inference.length === 0 ? "" : `; ${list(inference, "och")}`}.`;
  }
  const usual = integral === undefined ? (swedishModels[model] ?? model) : swedishMixed[integral.family];
  const name = capitalised(
    parts.link === undefined ? usual : swedishCloglog[integral === undefined ? "regression" : "mixed"],
  );
  return `${name}${random}, skattad med ${by}${inference.length === 0 ? "" : `; ${list(inference, "och")}`}.`;
}

const swedishBetter = { lower: "Lägre", higher: "Högre" } as const;

const swedishRatios: Readonly<Record<RatioMeasure, string>> = {
  "odds-ratio": "Oddskvot",
  "rate-ratio": "Incidenskvot",
  "risk-ratio": "Riskkvot",
  "hazard-ratio": "Hazardkvot",
  "subdistribution-hazard-ratio": "Subdistributionshazardkvot",
  "cause-specific-hazard-ratio": "Orsaksspecifik hazardkvot",
};

const swedishFigure: FigureTexts = {
  ...figureNumbers(swedishNumbers, ";", swedishUnit),
  evidence: swedishEvidence,
  events: swedishEventCurves,
  flow: swedishDescriptive.flow,
  schoenfeld: swedishSchoenfeld,
  interval: (level) => `${formatPercent(level, swedishNumbers)} KI`,
  intercept: "Intercept",
  predictedRisk: (of, isProbability) => (isProbability ? `predicerad risk för ${of}` : `predicerat värde på ${of}`),
  wedgeEffect: swedishSteppedWedge.effect,
  wedge: swedishWedgeFigures,
  inFull: (shortened) => `I sin helhet: ${shortened.join("; ")}.`,
  forest: {
    title: (outcome) => `Skillnader i ${outcome} mellan armar`,
    axis: (outcome) => `Medelvärdesskillnad i ${outcome}`,
    comparison: "Jämförelse",
    everybody: "alla",
    against: (reference) => `Jämfört med ${reference}`,
    difference: (interval) => `Skillnad [${interval}]`,
    p: "p",
    favours: (arm) => `till fördel för ${arm}`,
    betterThan: (arm) => `bättre än ${arm}`,
    worseThan: (arm) => `sämre än ${arm}`,
    favoursFirst: "till fördel för den första armen",
    favoursSecond: "till fördel för den andra armen",
    caption: (interval, better) =>
      `Kvadrater: skattade skillnader; linjer: ${interval}; grå linje: ingen skillnad.${
        better === null ? "" : ` ${swedishBetter[better]} värden är bättre.`
      }`,
    alt: (n, outcome, interval, rows, more) =>
      `Skogsdiagram (forest plot) över ${count(n, "skillnad", "skillnader")} i ${outcome} mellan armar, med ${interval} och en linje vid ingen skillnad. ${rows.join("; ")}${more > 0 ? `; och ${more} till` : ""}.`,
    altRow: (label, numbers, p) => `${label}: ${numbers}, p ${/^[<>]/.test(p) ? p : `= ${p}`}`,
    interactions:
      "p vid en moderator: test av dess interaktion med armen. Effekterna på dess nivåer har inget eget test.",
    altInteractions: (rows) => `Interaktion med armen: ${rows.join("; ")}.`,
  },
  ratios: {
    measures: swedishRatios,
    title: (outcome, only) =>
      only?.endsWith("hazard-ratio") ? `${swedishRatios[only]}er för ${outcome}` : `Kvoter för ${outcome} mellan armar`,
    axis: (outcome, only) => `${only === null ? "Kvot" : swedishRatios[only]} för ${outcome} (logaritmisk skala)`,
    ratio: (interval) => `Kvot [${interval}]`,
    caption: (interval, better) =>
      `Kvadrater: skattade kvoter; linjer: ${interval}; grå linje: ingen skillnad (kvot 1). Logaritmisk axel.${
        better === null ? "" : ` ${swedishBetter[better]} värden är bättre.`
      }`,
    alt: (n, outcome, interval, rows, more) =>
      `Skogsdiagram (forest plot) över ${count(n, "kvot", "kvoter")} för ${outcome} mellan armar på en logaritmisk axel, med ${interval} och en linje vid 1. ${rows.join("; ")}${more > 0 ? `; och ${more} till` : ""}.`,
  },
  profiles: {
    title: (outcome, arm, visit, proportion) =>
      `${proportion ? "Andel med" : "Medelvärde av"} ${outcome} efter ${arm === "" ? visit : `${arm} och ${visit}`}`,
    axis: (outcome, proportion) => `${proportion ? "Andel med" : "Medelvärde av"} ${outcome}`,
    mean: "Medelvärde",
    observed: "Observerat medelvärde",
    adjusted: "Justerat medelvärde",
    count: "Observerade, n",
    caption: (interval, { observed, adjusted, strokes }) =>
      strokes
        ? `Markeringar: justerade medelvärden; lodräta linjer: ${interval}; korta vågräta streck: observerade medelvärden, här utan intervall. Armarna är satta bredvid varandra vid varje mättillfälle för att kunna skiljas åt.`
        : observed && adjusted
          ? `Lodräta linjer: ${interval}. Markeringar vid samma mättillfälle är satta bredvid varandra för att kunna skiljas åt.`
          : `${observed ? "Observerade" : "Justerade"} medelvärden; lodräta linjer: ${interval}.`,
    alt: (outcome, arms, visits, { visit, kind, means }) =>
      `Medelvärde av ${outcome} ${arms.length > 1 ? `i ${arms.length} armar ` : ""}vid ${count(visits, "mättillfälle", "mättillfällen")}, med intervall.${
        means.length === 0
          ? ""
          : ` Vid ${visit} är de ${kind === "adjusted" ? "justerade" : "observerade"} medelvärdena ${list(means, "och")}.`
      }`,
  },
  residuals: {
    title: "Residualer mot anpassade värden",
    fitted: (outcome) => `Anpassat värde, ${outcome}`,
    standardised: "Standardiserad residual",
    count: "Observationer",
    caption: (binned, by) =>
      `${binned ? "Färgton: antal observationer i varje ruta" : "Punkter: observationer"}; tjock linje: lokalt medelvärde, som ligger vid 0 när modellen passar. Standardiserad: dividerad med residualstandardavvikelsen${by === null ? "" : ` för sin nivå av ${by}`}.`,
    alt: (n, lowest, highest, smoothLowest, smoothHighest) =>
      `Standardiserade residualer för ${count(n, "observation", "observationer")} mot anpassade värden. De går från ${lowest} till ${highest}; deras lokala medelvärde från ${smoothLowest} till ${smoothHighest}.`,
  },
  quantiles: {
    residualsTitle: "Q–Q-diagram, residualer",
    modesTitle: (group, term) => `Q–Q-diagram, ${group}: ${term}`,
    normal: "Normalfördelningens kvantil",
    modes: (outcome) => `Predikterad slumpeffekt, ${outcome}`,
    logHazard: "log-hazard",
    caption: (total, shown) =>
      `${total > shown ? `${shown} kvantiler av ${formatNumber(total, 0, swedishNumbers)} värden` : "Varje punkt är ett värde"}; linjen går genom kvartilerna, och punkterna följer den när fördelningen är normal.`,
    alt: (what, total, correlation) =>
      `${what}: ${count(total, "värde", "värden")}, korrelation med normalfördelningens kvantiler ${correlation}.`,
  },
};

const swedish: Texts = {
  language: "sv",
  numbers: swedishNumbers,
  figure: swedishFigure,
  effects: swedishEffects,
  estimands: swedishEstimands,
  covariance: swedishCovariance,
  trial: swedishTrial,
  blind: swedishBlind,
  change: swedishChange,
  descriptive: swedishDescriptive,
  wedge: swedishSteppedWedge,
  wedgeDesign: swedishWedgeDesign,
  survival: swedishSurvival,
  reportKind: "Statistisk rapport",
  facts: {
    heading: "Om analysen",
    registration: "Registrering",
    plan: "Analysplan",
    locked: "låst före analysen",
    notLocked: "inte låst",
    data: "Data",
    dataFile: (name, rows) => `${name}, ${rows} rader`,
    seed: "Slumptalsfrö",
    version: "Version",
    analyses: "Analyser",
    analysisCount: (estimated, all) =>
      estimated === all ? `${all}, alla skattade` : `${all}, varav ${all - estimated} inte kunde skattas`,
  },
  contents: "Innehåll",
  primaryResult: "Primärt resultat",
  flow: {
    heading: "Deltagare och rader",
    caption: (analyses) => `Deltagare och datarader som använts och uteslutits. ${analyses.join("; ")}`,
    parts: (analysis, parts) => `${analysis}: ${list(parts, "och")}`,
    manyParts: (analysis, count) => `${analysis} (${count} analyser)`,
    total: "Totalt",
    all: "Alla",
    noArm: "Arm saknas",
    participants: "Deltagare i data",
    participantsUsed: "Analyserade deltagare",
    rows: "Rader i data",
    rowsUsed: "Analyserade rader",
    rowsExcluded: "Uteslutna rader",
    footnote: "Procent av deltagare respektive rader i data. En rad räknas under det första skäl som gäller.",
  },
  exclusion: (reason, detail) =>
    reason === "missing"
      ? `${detail} saknas`
      : reason === "where"
        ? `inte valda (villkor: ${detail})`
        : reason === "where-missing"
          ? `urvalet kan inte avgöras (${detail})`
          : reason === "transition"
            ? "i övergångsperiod, strax efter enhetens övergång"
            : reason === "censored"
              ? "efter enhetens övergång, inskrivna före den"
              : reason === "population"
                ? `ingår inte i populationen: ${detail}`
                : `${reason} ${detail}`.trim(),
  exclusionNote: (all, used, parts) =>
    parts.length === 0
      ? `Alla ${all} rader användes.`
      : `Av ${all} rader användes ${used}; uteslutna: ${parts.join("; ")}.`,
  roles: { primary: "Primär", secondary: "Sekundär", sensitivity: "Känslighetsanalys", exploratory: "Explorativ" },
  analysis: "Analys",
  outcome: (outcome, better) =>
    `Utfallsmått: ${outcome}${better === null ? "" : `; ${swedishBetter[better].toLowerCase()} är bättre`}.`,
  formula: "Modell",
  method: swedishMethod,
  notEstimated: "Inte skattad",
  notEstimatedBecause: "Analysen kunde inte skattas, och inga siffror redovisas. Skälet:",
  headings: {
    differences: "Skillnader mellan armar",
    means: "Justerade medelvärden",
    observedMeans: "Observerade medelvärden",
    risks: "Risker",
    ratios: "Kvoter",
    coefficients: "Koefficienter",
    components: "Varianskomponenter",
    fit: "Modellanpassning",
    diagnostics: "Diagnostik",
    problems: "Att känna till",
    other: "Övriga skattningar",
  },
  captions: {
    differences: (outcome) => `Justerade medelvärdesskillnader i ${outcome}`,
    means: (outcome) => `Justerade medelvärden av ${outcome}`,
    linkMeans: (outcome, measure) =>
      `Justerade logaritmerade ${{ "log-odds": "odds", "log-rate": "incidenser", "log-hazard": "hazarder" }[measure]} för ${outcome}`,
    risks: (outcome) => `Standardiserade risker för ${outcome} och skillnader mellan dem`,
    ratios: (outcome) => `Kvoter för ${outcome}`,
    coefficients: (outcome) => `Fixa effekter på ${outcome}`,
    linkCoefficients: (outcome, measure) =>
      measure === "log-hazard"
        ? `Koefficienter: logaritmerade hazardkvoter för ${outcome}`
        : `Fixa effekter på ${measure === "log-odds" ? "logaritmerade odds" : "logaritmerad incidens"} för ${outcome}`,
    tests: "Gemensamma test av termer med flera koefficienter",
    comparisons: "Likelihoodkvottest mot mindre modeller",
    components: "Varianskomponenter och intraklusterkorrelationer",
    other: "Övriga skattningar",
  },
  columns: {
    comparison: "Jämförelse",
    mean: "Medelvärde",
    term: "Term",
    component: "Komponent",
    quantity: "Storhet",
    difference: "Skillnad",
    risk: "Risk",
    ratio: "Kvot",
    estimate: "Skattning",
    se: "SE",
    df: "fg",
    t: "t",
    z: "z",
    F: "F",
    chiSquared: "χ²",
    smallerModel: "Mindre modell",
    p: "p",
    rowsHeader: "Deltagare och rader",
  },
  footnotes: {
    nestedShares:
      "Intraklusterkorrelation: nivåns egen andel av variansen. Två observationer från samma inre nivå korrelerar med summan av dess andel och de omgivande nivåernas.",
    abbreviations: ({ df, se, interval }) =>
      abbreviated([
        [df, "fg, nämnarens frihetsgrader"],
        [interval, "KI, konfidensintervall"],
        [se, "SE, medelfel (standard error)"],
      ]),
    jointDf: "fg, täljarens och nämnarens frihetsgrader.",
    comparisonDf: "fg, frihetsgrader: antalet prövade parametrar.",
    references: (levels) => `Referensnivå${levels.length === 1 ? "" : "er"}: ${list(levels, "och")}.`,
    means: "Kovariater vid sitt medelvärde över de använda raderna, faktorer med lika vikt.",
    risks: (overRandomEffects) =>
      `Medelvärde av predikterad risk om alla använda rader hade nivån, med kovariater som de är${overRandomEffects ? " och medelvärde över slumpeffekterna" : ""} (g-beräkning).`,
  },
  components: {
    sd: "Standardavvikelse",
    correlation: "Korrelation",
    icc: "Intraklusterkorrelation",
    residual: "Residual",
    and: (first, second) => `${first} och ${second}`,
  },
  fit: {
    logLik: (criterion) => (criterion === "REML" ? "Begränsad log-likelihood" : "Log-likelihood"),
    observations: "Observationer",
    groups: (group) => `Nivåer av ${group}`,
    convergence: "Konvergens",
    converged: (iterations) => `nåddes efter ${iterations} iterationer`,
    notConverged: (iterations) => `nåddes inte på ${iterations} iterationer`,
    boundary:
      "minst en varianskomponent är skattad till noll eller till en fullständig korrelation (singulär anpassning)",
    inside: "alla över noll",
    variances: "Varianskomponenter",
  },
  severities: { error: "Fel", warning: "Varning", note: "Anmärkning" },
  figureNumber: (number) => `Figur ${number}`,
  tableNumber: (number) => `Tabell ${number}`,
  scrollableTable: "Tabell, kan rullas i sidled",
  scrollableFigure: "Figur, kan rullas i sidled",
  provenance: {
    heading: "Ursprung",
    text: (version) =>
      `Framställd med fit-rct ${version}. Samma plan, data, slumptalsfrö och version ger samma rapport, byte för byte. Filernas SHA-256:`,
    plan: "Plan",
    data: (name) => `Data, ${name}`,
  },
};

/** Every text, by language. */
export const texts: Readonly<Record<Language, Texts>> = { en: english, sv: swedish };
