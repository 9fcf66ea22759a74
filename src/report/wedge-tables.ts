/** Tables of a stepped wedge: its units and periods, follow-up past the switch, and the permutation test. */
import type { AnalysisResult, WedgeDisplay } from "../analysis/results.js";
import { interval } from "./estimate-tables.js";
import { estimateDecimals, formatNumber, formatP } from "./format-number.js";
import type { ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

export function wedgeDesignTable({ design }: WedgeDisplay, texts: Texts): ReportTable {
  const words = texts.wedgeDesign;
  const { periods, cells, units } = design;
  const ofClients = cells.every(({ clients }) => clients !== null);
  return {
    caption: words.caption,
    columns: [words.unit, ...periods],
    ragged: true,
    rows: units.map(({ name }, u) => ({
      header: name,
      cells: cells
        .slice(u * periods.length, (u + 1) * periods.length)
        .map(({ condition, clients, rows }) =>
          condition === "none"
            ? ""
            : `${words.conditions[condition]} ${formatNumber(ofClients ? clients : rows, 0, texts.numbers)}`,
        ),
    })),
    footnotes: [words.counts(ofClients)],
  };
}

export function exposureTable({ exposure }: WedgeDisplay, texts: Texts): ReportTable {
  const words = texts.wedgeDesign;
  const count = (value: number): string => formatNumber(value, 0, texts.numbers);
  return {
    caption: words.exposureCaption,
    columns: words.exposureColumns,
    wordsFirst: true,
    rows: (exposure ?? []).map(({ rule, visit, control, treated, leftOut, moved }) => ({
      header: words.rules[rule],
      cells: [visit ?? words.allVisits, ...[control, treated, leftOut, moved].map(count)],
    })),
    footnotes: [words.exposureFootnote],
  };
}

type Estimate = AnalysisResult["estimates"][number];

const isScore = ({ measure }: Estimate): boolean => measure === "log-odds-ratio" || measure === "log-rate-ratio";

function statisticOf({ name, measure }: Estimate): keyof Texts["wedgeDesign"]["statistics"] {
  if (measure === "log-odds-ratio" || measure === "log-rate-ratio") return measure;
  return name.endsWith("vertical") ? "vertical" : "immediate";
}

/** @param rows  estimates with `permutation`. */
export function permutationTable(rows: readonly Estimate[], texts: Texts): ReportTable {
  const words = texts.wedgeDesign;
  const { columns, numbers } = texts;
  const number = (value: number | null | undefined, places: number): string =>
    formatNumber(value ?? null, places, numbers);
  const placesOf = ({ lower, upper, estimate }: Estimate): number =>
    estimateDecimals(estimate, lower === null || upper === null ? null : (upper - lower) / 4);
  return {
    caption: words.permutationCaption,
    columns: [words.statistic, columns.estimate, texts.figure.interval(rows[0]!.level), columns.p, words.assignments],
    ragged: true,
    rows: rows.map((row) => {
      const places = placesOf(row);
      return {
        header: words.statistics[statisticOf(row)],
        cells: [
          number(row.estimate, places),
          interval(row, places, texts),
          row.p === null ? "–" : formatP(row.p, numbers),
          number(row.permutation?.assignments, 0),
        ],
      };
    }),
    footnotes: [
      ...new Set(
        rows.map((row) => {
          const error = row.permutation?.error ?? null;
          if (error === null) return isScore(row) ? words.exactScore : words.exact;
          const { lower, upper } = error;
          const places = placesOf(row) + 1;
          const limits =
            lower === null || upper === null ? null : ([number(lower, places), number(upper, places)] as const);
          return words.drawn(number(error.p, 4), limits);
        }),
      ),
    ],
  };
}
