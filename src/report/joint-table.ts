/** Designs A and B, both together and A − B: the table of a joint analysis, effect by effect. */
import type { AnalysisDisplay } from "../analysis/results.js";
import { settingText } from "../figure/estimate-name.js";
import { df, interval, type NamedEstimate, outcomeLabel } from "./estimate-tables.js";
import { formatNumber, formatP, formatPercent } from "./format-number.js";
import type { ReportRow, ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

/** @param rows  effects of the designs, of both, their difference, and weights; several effects each under its name. */
export function jointTable(rows: readonly NamedEstimate[], display: AnalysisDisplay, texts: Texts): ReportTable {
  const { columns, wedge, numbers } = texts;
  const effects = rows.filter(({ name }) => name.kind === "design-effect");
  const labels = [...new Set(effects.map(labelOf))];
  const decimals = Math.max(0, ...effects.map(({ estimate: { estimate, se } }) => texts.figure.decimals(estimate, se)));
  const number = (value: number | null, places: number): string => formatNumber(value, places, numbers);
  return {
    caption: wedge.joint.caption(outcomeLabel(display, texts)),
    columns: [
      columns.comparison,
      columns.estimate,
      columns.se,
      texts.figure.interval(display.level),
      columns.df,
      columns.t,
      columns.p,
      wedge.joint.weight,
    ],
    rows: labels.flatMap((label) => {
      const heading = label === null ? [] : [{ header: headingOf(label, display, texts), cells: EMPTY }];
      return [
        ...heading,
        ...effects
          .filter((named) => labelOf(named) === label)
          .map(
            (named): ReportRow => ({
              header: named.name.kind === "design-effect" ? texts.figure.wedge.designs[named.name.effect] : "",
              cells: [
                number(named.estimate.estimate, decimals),
                number(named.estimate.se, decimals),
                interval(named.estimate, decimals, texts),
                df(named.estimate, texts),
                number(named.estimate.statistic, 2),
                formatP(named.estimate.p, numbers),
                weightOf(named, rows, texts),
              ],
              ...(label === null ? {} : { indented: true }),
            }),
          ),
      ];
    }),
    footnotes: [wedge.joint.footnote, texts.footnotes.abbreviations({ df: true, se: true, interval: true })],
  };
}

/** The visit of an effect; the primary one is said. */
function headingOf(label: string, { labels, part }: AnalysisDisplay, texts: Texts): string {
  const heading = texts.figure.wedge.effectLabel(settingText(label, labels));
  const { primary } = part ?? {};
  return primary !== undefined && label === `${primary.column}=${primary.visit}`
    ? texts.trial.primaryEffect(heading)
    : heading;
}

const EMPTY: readonly string[] = Array.from({ length: 7 }, () => "");

const labelOf = ({ name }: NamedEstimate): string | null =>
  name.kind === "design-effect" || name.kind === "design-weight" ? name.label : null;

/** Of a design's own effect, in two stages; empty for the others. */
function weightOf(of: NamedEstimate, rows: readonly NamedEstimate[], texts: Texts): string {
  const { name } = of;
  const weight = rows.find(
    (row) =>
      row.name.kind === "design-weight" &&
      name.kind === "design-effect" &&
      row.name.design === name.effect &&
      labelOf(row) === labelOf(of),
  );
  const share = weight?.estimate.estimate ?? null;
  return share === null ? "" : formatPercent(share, texts.numbers);
}
