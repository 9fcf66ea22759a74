/** One row for each moderator: its interaction test, and what makes a difference between subgroups credible. */
import type { AnalysisDisplay, AnalysisResult } from "../analysis/results.js";
import { formatNumber, formatP, NO_NUMBER } from "./format-number.js";
import type { ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

/** Null where nothing was asked for but the effect itself. */
export function moderatorsTable(
  { estimates }: AnalysisResult,
  { moderators = [] }: AnalysisDisplay,
  texts: Texts,
): ReportTable | null {
  if (moderators.length === 0) return null;
  const words = texts.trial.moderation;
  const { columns, numbers } = texts;
  const number = (value: number | null, decimals: number): string => formatNumber(value, decimals, numbers);
  const saidOf = (said: boolean | null): string => (said === null ? words.notSaid : said ? words.yes : words.no);
  return {
    caption: words.caption(moderators.length),
    columns: [
      words.moderator,
      words.participants,
      columns.F,
      columns.df,
      columns.p,
      words.prespecified,
      words.direction,
    ],
    ragged: true,
    wordsLast: true,
    rows: moderators.map(({ label, risk, test, participants, prespecified, direction, evidence }) => {
      const found = estimates.find(({ name }) => name === test);
      const degrees = `${number(found?.numeratorDf ?? null, 0)}; ${number(found?.df ?? null, 1)}`;
      return {
        header: label ?? texts.figure.predictedRisk(risk?.of ?? "", risk?.isProbability ?? false),
        cells: [
          number(participants, 0),
          number(found?.statistic ?? null, 2),
          found === undefined ? NO_NUMBER : degrees,
          found === undefined ? NO_NUMBER : formatP(found.p, numbers),
          saidOf(prespecified),
          [direction ?? words.notSaid, ...(evidence === null ? [] : [words.evidence(evidence)])].join("; "),
        ],
      };
    }),
    footnotes: [texts.footnotes.jointDf, words.credibility(moderators.length)],
  };
}
