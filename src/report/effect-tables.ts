/** Tables of effect sizes, standardised differences, and families of tests with adjusted p-values. */
import type { AnalysisDisplay, MultiplicityResult } from "../analysis/results.js";
import { type EstimateName, settingsLabel, settingText, termLabel } from "../figure/estimate-name.js";
import type { Estimate } from "../inference/estimate.js";
import type { NamedEstimate } from "./estimate-tables.js";
import { formatNumber, formatP } from "./format-number.js";
import type { ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

const SD_DECIMALS = 2;
/** The others have the decimals that their standard error asks for. */
const DECIMALS: Readonly<Record<string, number>> = {
  "cohens-d": SD_DECIMALS,
  "hedges-g": SD_DECIMALS,
  "glass-delta": SD_DECIMALS,
  "common-language": 2,
  "risk-difference": 3,
  "risk-ratio": 2,
  "odds-ratio": 2,
  "number-needed-to-treat": 1,
};

/** One row for each measure; the arms compared before it where there are several comparisons. */
export function effectsTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  const { effects } = texts;
  const comparisons = new Set(rows.map(({ name }) => comparison(name)));
  const several = comparisons.size > 1;
  const isOfRisks = rows.some(({ estimate }) => estimate.measure === "risk-difference");
  const outcome = texts.figure.withUnit(display.outcome.name, display.outcome.unit);
  return {
    caption: `${effects.caption(outcome)}${several ? "" : `: ${[...comparisons][0]}`}`,
    columns: [effects.measure, texts.columns.estimate, texts.figure.interval(display.level), texts.columns.p],
    rows: rows.map(({ estimate: found, name }) => {
      const { estimate, isHarm } = numberNeeded(found, display.outcome.better);
      const measure = isHarm ? effects.numberNeededToHarm : (effects.measures[estimate.measure] ?? estimate.measure);
      const decimals = DECIMALS[estimate.measure] ?? texts.figure.decimals(estimate.estimate, estimate.se);
      return {
        header: several ? `${comparison(name)}: ${measure}` : measure,
        cells: [
          formatNumber(estimate.estimate, decimals, texts.numbers),
          intervalOf(estimate, decimals, texts),
          formatP(estimate.p, texts.numbers),
        ],
      };
    }),
    footnotes: [
      isOfRisks ? effects.footnotes.risks(display.outcome.better !== null) : effects.footnotes.means,
      texts.footnotes.abbreviations({ df: false, se: false, interval: true }),
    ],
  };
}

/**
 * A number needed as readers expect it where the plan says which direction is better: without a sign, to treat or to harm.
 * With no direction, and of other measures, as it is. Source: Altman (1998) BMJ 317:1309–1312.
 */
function numberNeeded(
  estimate: Estimate,
  better: AnalysisDisplay["outcome"]["better"],
): { readonly estimate: Estimate; readonly isHarm: boolean } {
  const { measure, estimate: value, lower, upper } = estimate;
  if (measure !== "number-needed-to-treat" || better === null || value === null) return { estimate, isHarm: false };
  const isHarm = better === "lower" ? value > 0 : value < 0;
  // Limits have the sign of the estimate, or there are none.
  const [low, high] = value < 0 ? [upper, lower] : [lower, upper];
  const unsigned = (limit: number | null) => (limit === null ? null : Math.abs(limit));
  return { estimate: { ...estimate, estimate: Math.abs(value), lower: unsigned(low), upper: unsigned(high) }, isHarm };
}

/** Differences in standard deviations; the footnote says of what. */
export function standardisedTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  const { standardised } = texts.effects;
  const kinds = [...new Set(rows.map(({ estimate }) => estimate.measure))];
  return {
    caption: standardised.caption(texts.figure.withUnit(display.outcome.name, null)),
    columns: [texts.columns.comparison, standardised.column, texts.columns.se, texts.figure.interval(display.level)],
    rows: rows.map(({ estimate, name }) => ({
      header: standardisedLabel(name, display, texts),
      cells: [
        formatNumber(estimate.estimate, SD_DECIMALS, texts.numbers),
        formatNumber(estimate.se, SD_DECIMALS, texts.numbers),
        intervalOf(estimate, SD_DECIMALS, texts),
      ],
    })),
    footnotes: [
      ...(rows.some(({ name }) => name.kind === "standardised-design-effect")
        ? [standardised.ofDesigns]
        : kinds.flatMap((kind) => standardised.denominators[kind] ?? [])),
      standardised.interval,
      texts.footnotes.abbreviations({ df: false, se: true, interval: true }),
    ],
  };
}

function standardisedLabel(name: EstimateName, { labels }: AnalysisDisplay, texts: Texts): string {
  const { designs, effectLabel } = texts.figure.wedge;
  const parts =
    name.kind === "standardised-design-effect"
      ? [name.label === null ? "" : effectLabel(settingText(name.label, labels)), designs[name.effect]]
      : [comparison(name), "at" in name ? settingsLabel(name.at, labels, texts.figure.decimal) : ""];
  return parts.filter((part) => part !== "").join(", ");
}

/** @param labelOf  what the report calls a test: the heading of its analysis, and the estimate. */
export function multiplicityTable(
  { family, method, level, estimates, problems }: MultiplicityResult,
  labelOf: (id: string, name: string) => string,
  texts: Texts,
): ReportTable {
  const { multiplicity } = texts.effects;
  return {
    caption: multiplicity.caption(family, method, String(level).replace(".", texts.numbers.decimal)),
    columns: [multiplicity.test, texts.columns.p, multiplicity.adjusted, multiplicity.rejected],
    rows: estimates.map(({ analysis, name, p, adjusted, rejected }) => ({
      header: labelOf(analysis, name),
      cells: [
        formatP(p, texts.numbers),
        formatP(adjusted, texts.numbers),
        rejected ? multiplicity.yes : multiplicity.no,
      ],
    })),
    footnotes: problems.length === 0 ? [] : [multiplicity.footnote],
  };
}

/** `BtheB − TAU`; a ratio's arms with a stroke between them. */
function comparison(name: EstimateName): string {
  if (!("level" in name) || !("reference" in name)) return "text" in name ? name.text : "";
  return `${name.level} \u2212 ${name.reference}`;
}

/** What a test is of: arms and when, or the term. */
export function testLabel(name: EstimateName, texts: Texts): string {
  if (name.kind === "coefficient" || name.kind === "test") return termLabel(name.term, texts.figure.intercept);
  if (name.kind === "wedge-effect") {
    const { effect, inferences } = texts.wedge;
    const by = name.inference === null ? "" : (inferences[name.inference] ?? name.inference);
    return [effect(name.effect, name.exposure), by].filter((part) => part !== "").join(", ");
  }
  if (name.kind === "design-effect") {
    const { designs, effectLabel } = texts.figure.wedge;
    return [name.label === null ? "" : effectLabel(name.label), designs[name.effect]]
      .filter((part) => part !== "")
      .join(", ");
  }
  const when = "at" in name ? settingsLabel(name.at) : "";
  return [comparison(name), when].filter((part) => part !== "").join(", ");
}

/** `[−0.85, −0.04]`. */
function intervalOf({ lower, upper }: Estimate, decimals: number, texts: Texts): string {
  const text = texts.figure.estimateWithInterval(0, lower, upper, decimals);
  const bracket = text.indexOf("[");
  return bracket < 0 ? formatNumber(null, 0, texts.numbers) : text.slice(bracket);
}
