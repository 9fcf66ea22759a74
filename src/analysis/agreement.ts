/** `model: agreement`: two or more definitions of the same thing, each pair in a cross-table with Cohen's kappa. */
import { wilsonInterval } from "../effect-size/risk-difference.js";
import { usedRows } from "../formula/used-rows.js";
import type { Estimate } from "../inference/estimate.js";
import { cohensKappa } from "../inference/kappa.js";
import { type Matrix, zeros } from "../numeric/matrix.js";
import { type AgreementAnalysis, agreementLevels } from "../plan/plan.js";
import {
  agreementUndefined,
  frameNoRows,
  frameUnknownColumn,
  ProblemError,
  type ReportedProblem,
  repeatedParticipants,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { evaluateCondition } from "../table/expression.js";
import { countParticipants } from "../trial/participant-flow.js";
import type { AnalysisInput, AnalysisModel, PreparedAnalysis } from "./analysis-model.js";
import { WITHOUT_FIT } from "./descriptive.js";

interface PreparedAgreement extends PreparedAnalysis<AgreementAnalysis> {
  /** `0` and `1`, or the levels of the factors. */
  readonly levels: readonly string[];
  /** Of each pair of columns, the first in rows. */
  readonly pairs: readonly { readonly first: string; readonly second: string; readonly counts: Matrix }[];
}

export const agreementAnalysis: AnalysisModel<AgreementAnalysis, PreparedAgreement> = {
  prepare,
  analyse: ({ analysis, pairs, levels, path }) => {
    const problems: ReportedProblem[] = [];
    const estimates = pairs.flatMap(({ first, second, counts }): Estimate[] => {
      const { level } = analysis;
      const { agreement, kappa, se, lower, upper } = cohensKappa(counts, level);
      if (Number.isNaN(kappa)) problems.push(agreementUndefined(path, first, second));
      const n = counts.data.reduce((sum, count) => sum + count, 0);
      const none = { unit: null, df: null, statistic: null, p: null, level };
      const cells = levels.flatMap((a, i) =>
        levels.map((b, j) => ({
          name: `count:${first}[${a}],${second}[${b}]`,
          measure: "count",
          estimate: counts.data[i * levels.length + j]!,
          se: null,
          lower: null,
          upper: null,
          ...none,
        })),
      );
      const agreed = wilsonInterval({ events: Math.round(agreement * n), n }, level);
      return [
        ...cells,
        {
          name: `agreement:${first},${second}`,
          measure: "proportion",
          estimate: agreement,
          se: Math.sqrt((agreement * (1 - agreement)) / n),
          ...agreed,
          ...none,
        },
        { name: `kappa:${first},${second}`, measure: "cohens-kappa", estimate: kappa, se, lower, upper, ...none },
      ];
    });
    return {
      method: "agreement of definitions: Cohen's kappa, unweighted, with its large-sample standard error",
      ...WITHOUT_FIT,
      problems,
      estimates,
    };
  },
};

function prepare(input: AnalysisInput<AgreementAnalysis>): PreparedAgreement {
  const { plan, table, analysis, path } = input;
  const { columns, where } = analysis;
  const unknown = columns
    .filter((name) => !table.columns.has(name))
    .map((name) => frameUnknownColumn(path, name, table.name, suggest(name, table.columns.keys())));
  if (unknown.length > 0) throw new ProblemError(unknown);
  const keep = (text: string) => Uint8Array.from(evaluateCondition(text, table, path), (v) => (v < 0 ? 2 : v));
  const condition = where === undefined ? undefined : { text: where, keep: keep(where) };
  const { rows, excluded } = usedRows(table, columns, condition);
  if (rows.length === 0) throw new ProblemError([frameNoRows(path, table.name, table.rows, excluded)]);
  const levels = agreementLevels(plan.columns[columns[0]!]!);
  const codes = columns.map((name) => {
    const column = table.columns.get(name)!;
    return Int32Array.from(rows, (row) =>
      column.kind === "number" ? column.values[row]! : levels.indexOf(column.levels[column.codes[row]!]!),
    );
  });
  const pairs = columns.flatMap((first, a) =>
    columns.slice(a + 1).map((second, b) => {
      const counts = zeros(levels.length, levels.length);
      for (let i = 0; i < rows.length; i++) counts.data[codes[a]![i]! * levels.length + codes[a + 1 + b]![i]!]!++;
      return { first, second, counts };
    }),
  );
  const participant = plan.trial?.participant === undefined ? undefined : table.columns.get(plan.trial.participant);
  const participants = participant === undefined ? rows.length : countParticipants(rows, participant);
  return {
    ...input,
    rows,
    excluded,
    levels,
    pairs,
    outcome: { name: columns.map((name) => plan.columns[name]?.label ?? name).join(", "), unit: null, better: null },
    references: [],
    estimateNames: pairs.flatMap(({ first, second }) => [`agreement:${first},${second}`, `kappa:${first},${second}`]),
    problems: participants < rows.length ? [repeatedParticipants(path, rows.length, participants)] : [],
  };
}
