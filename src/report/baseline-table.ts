/** The baseline table in the layout of journals: variables in rows, arms in columns, no p-values. */
import type { AnalysisDisplay, BaselineDisplay } from "../analysis/results.js";
import { columnLabel } from "../figure/estimate-name.js";
import type { BaselineSummary, NumberSummary } from "../trial/baseline-table.js";
import { decimalsForDigits, formatNumber } from "./format-number.js";
import type { ReportRow, ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

export function baselineTable(
  baseline: BaselineDisplay,
  { labels }: Pick<AnalysisDisplay, "labels">,
  texts: Texts,
): ReportTable {
  const words = texts.descriptive;
  const integer = (value: number): string => formatNumber(value, 0, texts.numbers);
  const hasTotal = baseline.variables.some(({ total }) => total !== null);
  const hasDesigns = new Set(baseline.groups.map(({ design }) => design)).size > 1;
  const nameOf = ({ design, arm }: BaselineDisplay["groups"][number]): string =>
    [...(hasDesigns ? [design] : []), arm].filter((part) => part !== null).join(", ") || words.everybody;
  const differenceCells = (values: readonly number[] | null): string[] =>
    baseline.pairs.map((_, i) => (values === null ? "" : formatNumber(values[i]!, 2, texts.numbers)));
  return {
    caption: words.baselineCaption,
    columns: [
      words.characteristic,
      ...baseline.groups.map((group) => words.group(nameOf(group), integer(group.participants))),
      ...(hasTotal ? [words.group(words.total, integer(baseline.participants))] : []),
      ...baseline.pairs.map((design) => words.standardisedDifference(hasDesigns ? design : null)),
    ],
    ragged: true,
    rows: [
      ...baseline.variables.flatMap((variable): ReportRow[] => {
        const { name, unit, levels, groups, total, differences } = variable;
        const all = total === null ? groups : [...groups, total];
        const rows = numberRows(all, texts) ?? categoryRows(all, levels, texts);
        return withHeader(
          { header: columnLabel(name, labels), ...(unit === null ? {} : { note: texts.figure.unit(unit) }) },
          [...rows, ...missingRows(all, texts)],
          all.length,
          differenceCells(differences),
          differenceCells(null),
        );
      }),
      ...baseline.clusters.flatMap(({ name, groups, total }): ReportRow[] => {
        const all = (total === null ? groups : [...groups, total]) as readonly NumberSummary[];
        const rows = [
          { header: words.clusterCount, cells: all.map(({ n }) => integer(n)) },
          {
            header: words.clusterMedianRange,
            cells: all.map((one) => bracketed(one.median, one.min, one.max, one.median % 1 === 0 ? 0 : 1, texts, 0)),
          },
        ];
        const empty = differenceCells(null);
        return withHeader({ header: words.clusterSize(columnLabel(name, labels)) }, rows, all.length, empty, empty);
      }),
    ],
    footnotes: [words.footnote(baseline.pairs.length > 0, baseline.clusters.length > 0)],
  };
}

interface Cells {
  readonly header: string;
  readonly cells: readonly string[];
}

/** The variable's own row, then what is said of it; a binary variable needs one row alone. */
function withHeader(
  header: Pick<ReportRow, "header" | "note">,
  rows: readonly Cells[],
  columns: number,
  first: readonly string[],
  others: readonly string[],
): ReportRow[] {
  return [
    { ...header, cells: [...Array.from({ length: columns }, () => ""), ...first] },
    ...rows.map(({ header: label, cells }) => ({ header: label, cells: [...cells, ...others], indented: true })),
  ];
}

/** null for categories. */
function numberRows(all: readonly BaselineSummary[], texts: Texts): Cells[] | null {
  if (all.some(({ kind }) => kind !== "number")) return null;
  const numbers = all as readonly NumberSummary[];
  const sd = Math.max(...numbers.map((one) => (Number.isNaN(one.sd) ? 0 : one.sd)));
  const decimals = Math.min(3, Math.max(1, decimalsForDigits(sd, 2)));
  const number = (value: number): string => formatNumber(value, decimals, texts.numbers);
  const areWhole = numbers.every((one) => [one.median, one.q1, one.q3].every((value) => value % 1 === 0));
  const places = areWhole ? 0 : decimals;
  return [
    { header: texts.descriptive.meanSd, cells: numbers.map(({ mean, sd: own }) => `${number(mean)} (${number(own)})`) },
    {
      header: texts.descriptive.medianQuartiles,
      cells: numbers.map(({ median, q1, q3 }) => bracketed(median, q1, q3, places, texts)),
    },
  ];
}

/** @param limits  decimals of what is in brackets, where they are whole numbers. */
function bracketed(
  value: number,
  lower: number,
  upper: number,
  decimals: number,
  texts: Texts,
  limits = decimals,
): string {
  const number = (one: number, places = limits): string => formatNumber(one, places, texts.numbers);
  const between = texts.numbers.decimal === "," ? "; " : ", ";
  return `${number(value, decimals)} [${number(lower)}${between}${number(upper)}]`;
}

function categoryRows(all: readonly BaselineSummary[], levels: readonly string[] | null, texts: Texts): Cells[] {
  const names = levels ?? [texts.descriptive.yes];
  return names.map((header, level) => ({
    header,
    cells: all.map((one) => (one.kind === "category" ? texts.figure.countOf(one.counts[level]!, one.n) : "")),
  }));
}

/** Only where something is missing. */
const missingRows = (all: readonly BaselineSummary[], texts: Texts): Cells[] =>
  all.every(({ missing }) => missing === 0)
    ? []
    : [
        {
          header: texts.descriptive.missing,
          cells: all.map(({ missing, n }) => texts.figure.countOf(missing, missing + n)),
        },
      ];
