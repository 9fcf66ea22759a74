/** Agreement of definitions: a cross-table of each pair, with their agreement and Cohen's kappa under it. */
import type { AnalysisDisplay, AnalysisResult } from "../analysis/results.js";
import { formatNumber } from "./format-number.js";
import type { ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

export function agreementTables(
  { estimates }: AnalysisResult,
  { labels }: AnalysisDisplay,
  texts: Texts,
): ReportTable[] {
  const words = texts.trial.agreement;
  const label = (column: string): string => labels[column] ?? column;
  const classLabel = (level: string): string => ({ "0": words.no, "1": words.yes })[level] ?? level;
  const estimateOf = (name: string): number | null => estimates.find((one) => one.name === name)?.estimate ?? null;
  return pairsOf(estimates).map(({ first, second, levels }) => {
    const count = (a: string, b: string): number => estimateOf(`count:${first}[${a}],${second}[${b}]`) ?? 0;
    const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0);
    const asText = (n: number): string => formatNumber(n, 0, texts.numbers);
    const rowOf = (a: string): number[] => levels.map((b) => count(a, b));
    const totals = levels.map((b) => sum(levels.map((a) => count(a, b))));
    const row = (header: string, counts: readonly number[]) => ({
      header,
      cells: [...counts, sum(counts)].map(asText),
    });
    const measured = (kind: string): string => {
      const found = estimates.find((one) => one.name === `${kind}:${first},${second}`);
      return texts.figure.estimateWithInterval(found?.estimate ?? null, found?.lower ?? null, found?.upper ?? null, 2);
    };
    return {
      caption: words.caption(label(first), label(second)),
      columns: [label(first), ...levels.map((level) => `${label(second)}: ${classLabel(level)}`), words.all],
      rows: [...levels.map((level) => row(classLabel(level), rowOf(level))), row(words.all, totals)],
      footnotes: [words.measures(measured("agreement"), measured("kappa"))],
    };
  });
}

interface Pair {
  readonly first: string;
  readonly second: string;
  readonly levels: string[];
}

/** From `count:first[level],second[level]`, in their order. */
function pairsOf(estimates: AnalysisResult["estimates"]): Pair[] {
  const pairs: Pair[] = [];
  for (const { name } of estimates) {
    const parts = /^count:(.+?)\[(.*?)\],(.+)\[(.*)\]$/.exec(name);
    if (parts === null) continue;
    const [, first = "", level = "", second = ""] = parts;
    let pair = pairs.find((one) => one.first === first && one.second === second);
    if (pair === undefined) {
      pair = { first, second, levels: [] };
      pairs.push(pair);
    }
    if (!pair.levels.includes(level)) pair.levels.push(level);
  }
  return pairs;
}
