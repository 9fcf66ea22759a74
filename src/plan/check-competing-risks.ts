/** Which level of an event is censoring: the keys of competing-risks and fine-gray, and every analysis of one column. */
import type { Formula } from "../formula/formula.js";
import { parseFormula } from "../formula/parse-formula.js";
import { survivalCall } from "../formula/survival-outcome.js";
import {
  competingBinaryEvent,
  competingCensoredDiffers,
  competingCensoredNotFirst,
  competingEventIsCensored,
  fineGrayKeyUnused,
  fineGrayOfNotFactor,
  type Problem,
  ProblemError,
  planUnknownColumn,
  planUnknownLevel,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import {
  type CompetingRisksAnalysis,
  columnOfName,
  type FineGrayAnalysis,
  isSurvivalAnalysis,
  type Plan,
  type PlanColumn,
} from "./plan.js";

/** Levels that the column has, an event that is not censoring, and keys that go together. */
export function competingRisksProblems(
  plan: Plan,
  analysis: CompetingRisksAnalysis | FineGrayAnalysis,
  formula: Formula,
  where: (key: string) => string,
): Problem[] {
  const { model, censored } = analysis;
  const event = eventColumn(plan, formula);
  const problems = model === "fine-gray" ? fineGrayProblems(plan, analysis, formula, where) : [];
  if (event === null) return problems;
  const { name, column } = event;
  if (column.type === "binary" || column.type === "number")
    return [...problems, competingBinaryEvent(where("formula"), name, model)];
  // Without censored, or with one that is no level, the frame says so.
  if (column.type !== "factor" || censored === undefined) return problems;
  const { levels } = column;
  if (model === "fine-gray") {
    const { event: level } = analysis;
    if (level === censored) problems.push(competingEventIsCensored(where("event"), level));
    else if (!levels.includes(level))
      problems.push(planUnknownLevel(where("event"), level, name, levels, suggest(level, levels)));
  }
  if (levels.includes(censored) && levels[0] !== censored)
    problems.push(competingCensoredNotFirst(where("censored"), name, censored, levels[0]!));
  return problems;
}

function fineGrayProblems(
  plan: Plan,
  analysis: FineGrayAnalysis,
  formula: Formula,
  where: (key: string) => string,
): Problem[] {
  const { vcov, df, of, times, "censoring-strata": strata } = analysis;
  const problems: Problem[] = [];
  const hasClusters = formula.special.some(({ kind }) => kind === "cluster");
  if (vcov !== "robust" && !hasClusters) problems.push(fineGrayKeyUnused(where("vcov"), `vcov: ${vcov}`, "cluster()"));
  if (df === "clusters" && !hasClusters) problems.push(fineGrayKeyUnused(where("df"), "df: clusters", "cluster()"));
  const declared = Object.keys(plan.columns);
  for (const [key, name] of Object.entries({ "censoring-strata": strata, of })) {
    const column = name === undefined ? undefined : (columnOfName(plan, name) ?? name);
    if (column !== undefined && !declared.includes(column))
      problems.push(planUnknownColumn(where(key), column, key, suggest(column, declared)));
    else if (key === "of" && column !== undefined && !isFactorOf(formula, column))
      problems.push(fineGrayOfNotFactor(where(key), column));
  }
  if (of !== undefined && times.length === 0) problems.push(fineGrayKeyUnused(where("of"), "of", "times"));
  return problems;
}

const isFactorOf = ({ fixed }: Formula, column: string): boolean =>
  fixed.variables.some((variable) => variable.kind === "name" && variable.name === column);

/** Two analyses of one event column that do not agree on what censoring is: one must be wrong. */
export function censoredLevelProblems(plan: Plan, where: (analysis: number) => string): Problem[] {
  const first = new Map<string, { readonly id: string; readonly censored: string }>();
  return plan.analyses.flatMap((analysis, i) => {
    if (!isSurvivalAnalysis(analysis) || analysis.censored === undefined) return [];
    const event = eventColumn(plan, readableFormula(analysis.formula));
    if (event === null) return [];
    const { id, censored } = analysis;
    const before = first.get(event.name);
    if (before === undefined) first.set(event.name, { id, censored });
    return before === undefined || before.censored === censored
      ? []
      : [competingCensoredDiffers(where(i), event.name, censored, before.id, before.censored)];
  });
}

/** null when it cannot be read, which is said elsewhere. */
function readableFormula(text: string): Formula | null {
  try {
    return parseFormula(text);
  } catch (thrown) {
    if (thrown instanceof ProblemError) return null;
    throw thrown;
  }
}

function eventColumn({ columns }: Plan, formula: Formula | null): { name: string; column: PlanColumn } | null {
  const event = formula === null ? undefined : survivalCall(formula)?.event;
  if (event?.kind !== "name" || !Object.hasOwn(columns, event.name)) return null;
  return { name: event.name, column: columns[event.name]! };
}
