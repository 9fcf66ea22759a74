/** The estimates of one analysis as tables: differences, adjusted means, coefficients, variance components. */
import type { AnalysisDisplay, AnalysisResult } from "../analysis/results.js";
import {
  type ColumnLabels,
  columnLabel,
  type Design,
  type EstimateName,
  groupLabel,
  numericParts,
  parseEstimateName,
  settingsLabel,
  termLabel,
  termOrEffectLabel,
  withDesign,
  withFullMeasure,
} from "../figure/estimate-name.js";
import type { Estimate } from "../inference/estimate.js";
import { SHARE_MODELS } from "./change-tables.js";
import { isVisitCovariance } from "./covariance-table.js";
import { decimalsForDigits, estimateDecimals, formatNumber, formatP, NO_NUMBER } from "./format-number.js";
import type { ReportRow, ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

/** An estimate and its name taken apart. */
export interface NamedEstimate {
  readonly estimate: Estimate;
  readonly name: EstimateName;
}

/** The estimates of one analysis by the table they belong to, each in one table, but for a coefficient that is a difference too. */
export interface SortedEstimates {
  /** All of an analysis of effect sizes, which has nothing else. */
  readonly effects: readonly NamedEstimate[];
  /** Differences in standard deviations. */
  readonly standardised: readonly NamedEstimate[];
  readonly differences: readonly NamedEstimate[];
  /** Standardised risks, then their differences. */
  readonly risks: readonly NamedEstimate[];
  /** Of odds, rates and risks. */
  readonly ratios: readonly NamedEstimate[];
  /** Of a joint analysis: effects of the designs and of both, the difference of the designs, and their weights. */
  readonly joint: readonly NamedEstimate[];
  /** Effects of a stepped wedge by each kind of inference, without a model, and by permutation. */
  readonly wedgeInferences: readonly NamedEstimate[];
  readonly means: readonly NamedEstimate[];
  readonly coefficients: readonly NamedEstimate[];
  /** Of terms with several coefficients. */
  readonly tests: readonly NamedEstimate[];
  /** Likelihood-ratio tests against smaller models. */
  readonly comparisons: readonly NamedEstimate[];
  readonly components: readonly NamedEstimate[];
  /** Of time to an event: of each group, and between groups. */
  readonly eventQuantities: readonly NamedEstimate[];
  readonly eventComparisons: readonly NamedEstimate[];
  /** Between groups: log-rank, Gray. */
  readonly eventTests: readonly NamedEstimate[];
  /** That all coefficients are 0. */
  readonly globalTests: readonly NamedEstimate[];
  readonly hazardRatios: readonly NamedEstimate[];
  readonly proportionalHazards: readonly NamedEstimate[];
  readonly concordance: readonly NamedEstimate[];
  /** Covariances and correlations of repeated measures. */
  readonly covariances: readonly NamedEstimate[];
  readonly other: readonly NamedEstimate[];
}

const COMPONENT_KINDS: ReadonlySet<EstimateName["kind"]> = new Set([
  "sd",
  "sd-residual",
  "correlation",
  "icc",
  "frailty-variance",
]);

/** Models whose tests are between groups, not of terms. */
const EVENT_MODELS: readonly string[] = ["kaplan-meier", "competing-risks"];

const isHazardRatio = ({ estimate }: NamedEstimate): boolean =>
  /(^|-)hazard-ratio$/.test(estimate.measure) && !estimate.measure.startsWith("log-");
const isGlobalTest = ({ name }: NamedEstimate): boolean => name.kind === "test" && name.term.startsWith("GLOBAL:");
const isConcordance = ({ estimate }: NamedEstimate): boolean => estimate.measure === "concordance";

const isComparison = ({ estimate }: NamedEstimate): boolean => estimate.measure === "likelihood-ratio";

export function sortEstimates({ model, estimates, n }: AnalysisResult, display: AnalysisDisplay): SortedEstimates {
  const groups = Object.keys(n.groups);
  const nameOf = (text: string): EstimateName => {
    const name = parseEstimateName(text, groups);
    return model === "joint" ? withDesign(name) : name;
  };
  const named = estimates
    .map((estimate) => withFullMeasure(estimate, model))
    .map((estimate) => ({ estimate, name: nameOf(estimate.name) }));
  const isEffectSize = model === "effect-size";
  const isOfEvents = EVENT_MODELS.includes(model);
  // They have tables of their own too.
  const all = isEffectSize || model === "agreement" || SHARE_MODELS.includes(model) ? [] : named;
  const isOfRisks = ({ name }: NamedEstimate) => name.kind === "risk" || name.kind === "risk-difference";
  const hasRisks = all.some(({ name }) => name.kind === "risk");
  const isJoint = ({ name }: NamedEstimate) => name.kind === "design-effect" || name.kind === "design-weight";
  const isDifference = (named: NamedEstimate) => display.differences.includes(named.estimate.name) && !isJoint(named);
  return {
    effects: isEffectSize ? named : [],
    standardised: all.filter(({ name }) => name.kind === "effect" || name.kind === "standardised-design-effect"),
    differences: all.filter(isDifference),
    risks: hasRisks ? all.filter(isOfRisks) : [],
    ratios: all.filter(
      (named) => (named.name.kind === "ratio" || named.name.kind === "term-ratio") && !isHazardRatio(named),
    ),
    eventQuantities: all.filter(({ name }) => name.kind === "event-quantity"),
    eventComparisons: all.filter(({ name }) => name.kind === "event-comparison"),
    eventTests: all.filter(({ name }) => isOfEvents && name.kind === "test"),
    globalTests: all.filter(isGlobalTest),
    hazardRatios: all.filter(isHazardRatio),
    proportionalHazards: all.filter(({ name }) => name.kind === "proportional-hazards"),
    concordance: all.filter(isConcordance),
    joint: all.filter(isJoint),
    wedgeInferences: all.filter(
      ({ name }) =>
        name.kind === "permutation" ||
        (name.kind === "wedge-effect" && (name.inference !== null || name.effect === "vertical")),
    ),
    means: all.filter(({ name }) => name.kind === "mean"),
    coefficients: all.filter(({ name }) => name.kind === "coefficient"),
    tests: all.filter(
      (named) =>
        named.name.kind === "test" &&
        model !== "moderation" &&
        !isComparison(named) &&
        !isOfEvents &&
        !isGlobalTest(named),
    ),
    comparisons: all.filter(isComparison),
    components: all.filter(({ name }) => COMPONENT_KINDS.has(name.kind)),
    covariances: all.filter(({ estimate }) => isVisitCovariance(estimate, display)),
    other: all.filter(
      (named) =>
        (["other", "contrast"].includes(named.name.kind) || (named.name.kind === "risk-difference" && !hasRisks)) &&
        !isDifference(named) &&
        !isHazardRatio(named) &&
        !isConcordance(named) &&
        !isVisitCovariance(named.estimate, display),
    ),
  };
}

export function differencesTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  return estimateTable(rows, texts.columns.comparison, texts.columns.difference, display, texts, {
    caption: texts.captions.differences(outcomeLabel(display, texts)),
    footnotes: [],
    sameDecimals: true,
  });
}

/** The effects of a stepped wedge, each by every kind of inference that the analysis has. */
export function wedgeInferencesTable(
  rows: readonly NamedEstimate[],
  display: AnalysisDisplay,
  texts: Texts,
): ReportTable {
  const keyOf = ({ name }: NamedEstimate): string =>
    name.kind === "wedge-effect" || name.kind === "permutation"
      ? texts.wedge.effect(name.effect, "exposure" in name ? name.exposure : null)
      : "";
  const keys = [...new Set(rows.map(keyOf))];
  const ordered = keys.flatMap((key) => rows.filter((row) => keyOf(row) === key));
  const table = estimateTable(ordered, texts.wedge.inferenceColumn, texts.columns.estimate, display, texts, {
    caption: texts.wedge.inferenceCaption(outcomeLabel(display, texts), rows[0]!.estimate.measure),
    footnotes: [texts.wedge.inferenceFootnote],
    sameDecimals: true,
  });
  const headings = keys.map((header): ReportRow => ({ header, cells: table.columns.slice(1).map(() => "") }));
  return {
    ...table,
    rows: headings.flatMap((heading, k) => [
      heading,
      ...table.rows
        .filter((_, i) => keyOf(ordered[i]!) === keys[k])
        .map((row): ReportRow => ({ ...row, indented: true })),
    ]),
  };
}

export function meansTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  return estimateTable(rows, texts.columns.mean, texts.columns.estimate, display, texts, {
    caption: meansCaption(rows, display, texts),
    footnotes: [texts.footnotes.means],
    withoutTest: true,
    sameDecimals: true,
  });
}

/** Means of log odds, log rates and log hazards are called so. */
function meansCaption(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): string {
  const outcome = outcomeLabel(display, texts);
  const measure = rows[0]?.estimate.measure;
  if (measure === "log-odds" || measure === "log-rate" || measure === "log-hazard")
    return texts.captions.linkMeans(outcome, measure);
  return texts.captions.means(outcome);
}

/** Coefficients of log odds and log rates are called so. */
function coefficientsCaption(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): string {
  const outcome = outcomeLabel(display, texts);
  const has = (measure: string) => rows.some(({ estimate }) => estimate.measure === measure);
  if (has("log-odds-ratio")) return texts.captions.linkCoefficients(outcome, "log-odds");
  if (rows.some(({ estimate }) => /^log-.*hazard-ratio$/.test(estimate.measure))) {
    return texts.captions.linkCoefficients(display.survival?.cause ?? display.survival?.event ?? outcome, "log-hazard");
  }
  if (has("log-rate-ratio")) return texts.captions.linkCoefficients(outcome, "log-rate");
  return texts.captions.coefficients(outcome);
}

export function risksTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  return estimateTable(rows, texts.columns.comparison, texts.columns.risk, display, texts, {
    caption: texts.captions.risks(outcomeLabel(display, texts)),
    footnotes: [texts.footnotes.risks(display.hasRandomEffects)],
    decimals: RISK_DECIMALS,
  });
}

/** The standard error of a ratio is that of its logarithm, and is not shown. */
export function ratiosTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  return estimateTable(rows, texts.columns.comparison, texts.columns.ratio, display, texts, {
    caption: texts.captions.ratios(outcomeLabel(display, texts)),
    footnotes: [],
    withoutSe: true,
    decimals: RATIO_DECIMALS,
  });
}

const RISK_DECIMALS = 3;
const RATIO_DECIMALS = 2;

export function coefficientsTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  const levels = display.references.map(({ column, level }) => `${columnLabel(column, display.labels)} ${level}`);
  const table = estimateTable(rows, texts.columns.term, texts.columns.estimate, display, texts, {
    caption: coefficientsCaption(rows, display, texts),
    footnotes: levels.length === 0 ? [] : [texts.footnotes.references(levels)],
  });
  const designs = rows.map(({ name }) => ("design" in name ? name.design : undefined));
  if (designs.every((design) => design === undefined)) return table;
  // Of a joint analysis: what is of no design is an effect that they have in common.
  const { both } = texts.wedge.joint;
  return {
    ...table,
    rows: table.rows.map((row, i) => (designs[i] === undefined ? { ...row, header: `${both}: ${row.header}` } : row)),
  };
}

export function testsTable(rows: readonly NamedEstimate[], { labels }: AnalysisDisplay, texts: Texts): ReportTable {
  const { columns } = texts;
  return {
    caption: texts.captions.tests,
    columns: [columns.term, columns.F, columns.df, columns.p],
    rows: rows.map(({ estimate, name }) => ({
      header: rowLabel(name, labels, texts),
      cells: [
        formatNumber(estimate.statistic, 2, texts.numbers),
        `${formatNumber(estimate.numeratorDf ?? null, 0, texts.numbers)}; ${df(estimate, texts)}`,
        formatP(estimate.p, texts.numbers),
      ],
    })),
    footnotes: [texts.footnotes.jointDf],
  };
}

/** The smaller model is named by its analysis. */
export function comparisonsTable(rows: readonly NamedEstimate[], _: AnalysisDisplay, texts: Texts): ReportTable {
  const { columns } = texts;
  return {
    caption: texts.captions.comparisons,
    columns: [columns.smallerModel, columns.chiSquared, columns.df, columns.p],
    rows: rows.map(({ estimate }) => ({
      header:
        estimate.name === "test:frailty"
          ? texts.survival.withoutFrailty
          : (texts.wedge.tests[estimate.name.replace(/^test:/, "")] ??
            estimate.name.replace(/^test:likelihood-ratio:/, "")),
      cells: [
        formatNumber(estimate.statistic, 2, texts.numbers),
        formatNumber(estimate.df, 0, texts.numbers),
        formatP(estimate.p, texts.numbers),
      ],
    })),
    footnotes: [texts.footnotes.comparisonDf],
  };
}

export function otherTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  return estimateTable(rows, texts.columns.quantity, texts.columns.estimate, display, texts, {
    caption: texts.captions.other,
    footnotes: [],
  });
}

export const outcomeLabel = ({ outcome }: AnalysisDisplay, texts: Texts): string =>
  texts.figure.withUnit(outcome.name, outcome.unit);

interface TableParts {
  readonly caption: string;
  readonly footnotes: readonly string[];
  /** A mean's test against zero answers no question. */
  readonly withoutTest?: boolean;
  /** All in one unit and to be compared: the most decimals that any row asks for. */
  readonly sameDecimals?: boolean;
  /** A number of decimals that goes with the quantity, whatever its standard error. */
  readonly decimals?: number;
  readonly withoutSe?: boolean;
}

/** Estimate, SE, interval, df, statistic, p: columns that no row has a number for are left out. */
function estimateTable(
  rows: readonly NamedEstimate[],
  rowHeader: string,
  estimateHeader: string,
  display: AnalysisDisplay,
  texts: Texts,
  { caption, footnotes, withoutTest = false, sameDecimals = false, decimals: fixed, withoutSe = false }: TableParts,
): ReportTable {
  const has = (field: "se" | "df" | "statistic" | "p" | "lower") =>
    rows.some(({ estimate }) => estimate[field] !== null);
  const tested = !withoutTest && has("statistic");
  const { columns } = texts;
  const most = mostDecimals(rows, sameDecimals ? () => "" : unitOf);
  const decimals = (named: NamedEstimate) => fixed ?? most(named);
  const hasSe = has("se") && !withoutSe;
  const shown = [
    {
      header: estimateHeader,
      cell: (e: Estimate, places: number) => formatNumber(e.estimate, places, texts.numbers),
      when: true,
    },
    {
      header: columns.se,
      cell: (e: Estimate, places: number) => formatNumber(e.se, places, texts.numbers),
      when: hasSe,
    },
    {
      header: texts.figure.interval(display.level),
      cell: (e: Estimate, places: number) => interval(e, places, texts),
      when: has("lower"),
    },
    { header: columns.df, cell: (e: Estimate) => df(e, texts), when: has("df") },
    {
      header: has("df") ? columns.t : columns.z,
      cell: (e: Estimate) => formatNumber(e.statistic, 2, texts.numbers),
      when: tested,
    },
    { header: columns.p, cell: (e: Estimate) => formatP(e.p, texts.numbers), when: !withoutTest && has("p") },
  ].filter(({ when }) => when);
  return {
    caption,
    columns: [rowHeader, ...shown.map(({ header }) => header)],
    rows: rows.map(({ estimate, name }) => ({
      header: rowLabel(name, display.labels, texts),
      // The caption has the outcome's unit.
      ...(estimate.unit === null || estimate.unit === display.outcome.unit
        ? {}
        : { note: texts.figure.unit(estimate.unit) }),
      cells: shown.map(({ cell }) => cell(estimate, decimals({ estimate, name }))),
    })),
    footnotes: [...footnotes, texts.footnotes.abbreviations({ df: has("df"), se: hasSe, interval: has("lower") })],
  };
}

/**
 * Rows in one unit share their decimals: the most that any of them asks for. One without a standard error, such as that
 * of a permutation test, asks for nothing where others have one.
 */
function mostDecimals(
  rows: readonly NamedEstimate[],
  unit: (named: NamedEstimate) => string,
): (named: NamedEstimate) => number {
  const most = new Map<string, number>();
  const withError = new Set(rows.filter(({ estimate: { se } }) => se !== null).map(unit));
  for (const named of rows) {
    if (named.estimate.se === null && withError.has(unit(named))) continue;
    most.set(unit(named), Math.max(most.get(unit(named)) ?? 0, ownDecimals(named.estimate)));
  }
  return (named) => most.get(unit(named))!;
}

/** What a coefficient is per: nothing (the outcome's own unit), or the numbers that its term multiplies. */
const unitOf = ({ estimate, name }: NamedEstimate): string =>
  name.kind === "coefficient" ? numericParts(name.term).join(":") : `${estimate.measure} ${estimate.unit}`;

const ownDecimals = ({ estimate, se }: Estimate): number => estimateDecimals(estimate, se);

/** `[−6.7, 0.4]` alone. */
export function interval({ lower, upper }: Estimate, decimals: number, texts: Texts): string {
  const text = texts.figure.estimateWithInterval(0, lower, upper, decimals);
  const bracket = text.indexOf("[");
  return bracket < 0 ? NO_NUMBER : text.slice(bracket);
}

/** A test without degrees of freedom refers to the normal distribution. */
export const df = ({ df: value, statistic }: Estimate, texts: Texts): string =>
  value === null && statistic !== null ? "∞" : formatNumber(value, 1, texts.numbers);

function rowLabel(name: EstimateName, labels: ColumnLabels, texts: Texts): string {
  switch (name.kind) {
    case "wedge-effect": {
      const effect = texts.wedge.effect(name.effect, name.exposure);
      // By inference in a table of their own, under the effect.
      if (name.inference !== null) return texts.wedge.inferences[name.inference] ?? name.inference;
      return name.effect === "vertical" ? texts.wedge.withinPeriods : effect;
    }
    case "permutation":
      return texts.wedge.permutation;
    case "test":
      return texts.wedge.tests[name.term] ?? termLabel(name.term, texts.figure.intercept, labels);
    case "coefficient":
      return ofDesign(name.design, termLabel(name.term, texts.figure.intercept, labels), texts);
    case "contrast":
      return withSettings(
        `${name.level} \u2212 ${name.reference}`,
        settingsLabel(name.at, labels, texts.figure.decimal),
      );
    case "mean":
      return withSettings(name.level, settingsLabel(name.at, labels, texts.figure.decimal));
    case "risk":
      return name.level;
    case "risk-difference":
      return `${name.level} \u2212 ${name.reference}`;
    case "ratio":
      return withSettings(
        `${texts.figure.ratios.measures[name.measure]}, ${name.level} / ${name.reference}`,
        settingsLabel(name.at, labels, texts.figure.decimal),
      );
    case "term-ratio":
      return `${texts.figure.ratios.measures[name.measure]}, ${termOrEffectLabel(name.term, texts.figure, labels)}`;
    case "other": {
      const [, , moderator] = /^interaction:([^:]+):(.+)$/.exec(name.text) ?? [];
      return moderator === undefined
        ? name.text
        : texts.trial.moderation.change(columnLabel(moderator, labels), moderator === "risk");
    }
    default:
      return componentLabel(name, labels, texts);
  }
}

/** `Design A: Intercept`, of a joint analysis. */
const ofDesign = (design: Design | undefined, label: string, texts: Texts): string =>
  design === undefined ? label : `${texts.wedge.joint.designs[design]}: ${label}`;

const withSettings = (label: string, settings: string): string => (settings === "" ? label : `${label}, ${settings}`);

/** Standard deviations, correlations and intracluster correlations, with their intervals where there are any. */
export function componentsTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  const withIntervals = rows.some(({ estimate }) => estimate.lower !== null);
  return {
    caption: texts.captions.components,
    wordsFirst: true,
    columns: [
      texts.columns.component,
      texts.columns.quantity,
      texts.columns.estimate,
      ...(withIntervals ? [texts.figure.interval(display.level)] : []),
    ],
    rows: rows.map((named) => componentRow(named, withIntervals, display.labels, texts)),
    footnotes: [
      ...(hasNestedShares(rows) ? [texts.footnotes.nestedShares] : []),
      ...(withIntervals ? [texts.footnotes.abbreviations({ df: false, se: false, interval: true })] : []),
    ],
  };
}

/** `icc:unit` and `icc:unit:therapist`: neither is the correlation of two clients of one therapist, which is their sum. */
function hasNestedShares(rows: readonly NamedEstimate[]): boolean {
  const groups = rows.flatMap(({ name }) => (name.kind === "icc" ? [name.group] : []));
  return groups.some((group) => groups.some((inner) => inner.startsWith(`${group}:`)));
}

function componentRow(
  { estimate, name }: NamedEstimate,
  withIntervals: boolean,
  labels: ColumnLabels,
  texts: Texts,
): ReportRow {
  // A standard deviation next to zero has a standard error of any size: its own digits count.
  const isSd = name.kind === "sd" || name.kind === "sd-residual";
  const own = isSd ? decimalsForDigits(estimate.estimate, 3) : ownDecimals(estimate);
  const places = COMPONENT_DECIMALS[name.kind] ?? own;
  return {
    header: componentLabel(name, labels, texts),
    cells: [
      texts.figure.withUnit(quantity(name, texts), estimate.unit),
      formatNumber(estimate.estimate, places, texts.numbers),
      ...(withIntervals ? [interval(estimate, places, texts)] : []),
    ],
  };
}

/** Correlations share one scale, so they share their decimals. */
const COMPONENT_DECIMALS: Partial<Readonly<Record<EstimateName["kind"], number>>> = { icc: 3, correlation: 2 };

function componentLabel(name: EstimateName, labels: ColumnLabels, texts: Texts): string {
  const label = ownComponentLabel(name, labels, texts);
  return "design" in name ? ofDesign(name.design, label, texts) : label;
}

function ownComponentLabel(name: EstimateName, labels: ColumnLabels, texts: Texts): string {
  const term = (text: string) => termLabel(text, texts.figure.intercept, labels);
  switch (name.kind) {
    case "sd":
      return `${groupLabel(name.group, labels)}: ${term(name.terms[0]!)}`;
    case "correlation":
      return `${groupLabel(name.group, labels)}: ${name.terms.map(term).reduce(texts.components.and)}`;
    case "sd-residual":
      return [texts.components.residual, [name.column, name.level].filter((part) => part !== null).join(" ")]
        .filter((part) => part !== "")
        .join(", ");
    case "icc":
    case "frailty-variance":
      return texts.wedge.correlations[name.group] ?? groupLabel(name.group, labels);
    default:
      return "";
  }
}

function quantity(name: EstimateName, texts: Texts): string {
  const { kind } = name;
  if (name.kind === "icc" && name.group === "cac") return texts.wedge.autocorrelation;
  if (kind === "icc") return texts.components.icc;
  if (kind === "frailty-variance") return texts.survival.frailtyVariance;
  if (kind === "correlation") return texts.components.correlation;
  return texts.components.sd;
}
