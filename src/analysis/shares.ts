/** `model: shares`: how many rows of each group have what 0/1 columns and factors say, with Wilson's intervals. */
import { usedRows } from "../formula/used-rows.js";
import type { SharesAnalysis } from "../plan/plan.js";
import { frameNoRows, ProblemError, sharesColumnType } from "../problem.js";
import type { Column } from "../table/table.js";
import type { AnalysisModel, PreparedAnalysis } from "./analysis-model.js";
import { outcomeOf } from "./formula-analysis.js";
import {
  checkShareColumns,
  countAndShare,
  described,
  type ShareGroup,
  shareCondition,
  shareGroups,
  sharesProblems,
} from "./group-shares.js";
import { wedgeArmsProblems } from "./wedge-arms.js";

interface PreparedShares extends PreparedAnalysis<SharesAnalysis> {
  readonly groups: readonly ShareGroup[];
}

export const sharesAnalysis: AnalysisModel<SharesAnalysis, PreparedShares> = {
  prepare: (input) => {
    const { plan, table, analysis, path } = input;
    const columns = Object.values(analysis.of);
    const by = analysis.by === undefined ? [] : [analysis.by];
    checkShareColumns(input, [...columns, ...by], analysis.by);
    const wrong = columns.filter((name) => !isShared(table.columns.get(name)!));
    if (wrong.length > 0)
      throw new ProblemError(wrong.map((name) => sharesColumnType(path, name, table.columns.get(name)!.type)));
    const { rows, excluded } = usedRows(table, by, shareCondition(input));
    if (rows.length === 0) throw new ProblemError([frameNoRows(path, table.name, table.rows, excluded)]);
    return {
      ...input,
      rows,
      excluded,
      groups: shareGroups(input, analysis.by, rows),
      outcome: {
        ...outcomeOf(plan, columns[0]!),
        name: analysis.title ?? columns.map((name) => plan.columns[name]?.label ?? name).join(", "),
      },
      references: [],
      problems: [...sharesProblems(input, rows), ...wedgeArmsProblems(input, analysis.by, rows)],
    };
  },

  analyse: ({ table, analysis, groups }) => ({
    ...described,
    method: "counts and shares, Wilson intervals",
    problems: [],
    estimates: groups.flatMap(({ prefix, rows }) =>
      Object.entries(analysis.of).flatMap(([name, column]) => {
        const { known, counts } = countsOf(table.columns.get(column)!, rows);
        return counts.flatMap(({ level, count }) =>
          countAndShare(`${prefix}${level === null ? name : `${name}=${level}`}`, count, known, analysis.level),
        );
      }),
    ),
  }),
};

const isShared = ({ type }: Column): boolean => type === "factor" || type === "binary";

/** Rows with a value, and of them those that are 1, or at each level. */
function countsOf(
  column: Column,
  rows: Int32Array,
): { known: number; counts: { level: string | null; count: number }[] } {
  if (column.kind === "number") {
    const values = Array.from(rows, (row) => column.values[row]!).filter((value) => !Number.isNaN(value));
    return { known: values.length, counts: [{ level: null, count: values.filter((value) => value === 1).length }] };
  }
  const codes = Array.from(rows, (row) => column.codes[row]!).filter((code) => code >= 0);
  return {
    known: codes.length,
    counts: column.levels.map((level, code) => ({ level, count: codes.filter((one) => one === code).length })),
  };
}
