/**
 * `model: change-classes`: how many of each group changed reliably and crossed the cut-off, their mean change, the
 * severity-adjusted effect size, and how the classes shift over a grid of SD and reliability. A change is not an effect:
 * nothing here is a test.
 */
import { usedRows } from "../formula/used-rows.js";
import type { Estimate } from "../inference/estimate.js";
import { tQuantile } from "../numeric/distributions.js";
import type { ChangeClassesAnalysis } from "../plan/plan.js";
import { changeNoSeverity, changeNotClassified, frameNoRows, ProblemError, type ReportedProblem } from "../problem.js";
import type { Classify } from "../table/dictionary.js";
import type { NumberColumn, Table } from "../table/table.js";
import {
  CHANGE_CLASSES,
  type ChangeClass,
  CROSSINGS,
  changeClass,
  cutOffCrossing,
  isFunctional,
} from "../trial/clinical-change.js";
import { levelAt } from "../trial/column-makers.js";
import { type DeclaredChange, declaredChange, ruleAt } from "../trial/declared-change.js";
import { resolveInstrument } from "../trial/resolve-instrument.js";
import { severityAdjustedEffects } from "../trial/severity-adjusted.js";
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

interface PreparedChange extends PreparedAnalysis<ChangeClassesAnalysis> {
  readonly groups: readonly ShareGroup[];
  readonly classify: Classify;
  readonly change: DeclaredChange;
}

export const changeClassesAnalysis: AnalysisModel<ChangeClassesAnalysis, PreparedChange> = {
  prepare: (input) => {
    const { plan, table, analysis, path } = input;
    const { classes, by } = analysis;
    const classify = plan.columns[classes]?.classify;
    const instrument = classify === undefined ? null : resolveInstrument(classify.instrument, plan.instruments);
    const found = instrument === null ? null : declaredChange(classify!, instrument);
    if (classify === undefined || found === null || !("change" in found))
      throw new ProblemError([changeNotClassified(path, classes)]);
    const { change } = found;
    const columns = [
      ...(by === undefined ? [] : [by]),
      classify.before,
      classify.after,
      ...(change.cutOff.kind === "by" ? [change.cutOff.column] : []),
    ];
    checkShareColumns(input, columns, by);
    const { rows, excluded } = usedRows(table, columns, shareCondition(input));
    if (rows.length === 0) throw new ProblemError([frameNoRows(path, table.name, table.rows, excluded)]);
    const { title, better } = change.instrument;
    const declared = outcomeOf(plan, classify.after);
    return {
      ...input,
      rows,
      excluded,
      groups: shareGroups(input, by, rows),
      classify,
      change,
      outcome: { ...declared, name: title, better },
      references: [],
      problems: [...sharesProblems(input, rows), ...wedgeArmsProblems(input, by, rows)],
    };
  },

  analyse: (prepared) => {
    const { groups, change, analysis } = prepared;
    const problems: ReportedProblem[] = [];
    const estimates = [
      criterionEstimate("criterion", change, prepared),
      ...groups.flatMap((group) => [
        ...classShares(prepared, group, change, ""),
        ...crossingShares(prepared, group),
        meanChange(prepared, group),
      ]),
      ...severityAdjusted(prepared, problems),
      ...gridOf(prepared).flatMap(({ setting, change: other }) => [
        criterionEstimate(`criterion${setting}`, other, prepared),
        ...groups.flatMap((group) => classShares(prepared, group, other, setting)),
      ]),
    ];
    return {
      ...described,
      method: `classes of change (Jacobson–Truax), Wilson intervals; mean change with t interval${analysis.grid === undefined ? "" : "; classes over a grid of SD and reliability"}`,
      problems,
      estimates,
    };
  },
};

const noNumbers = { se: null, df: null, statistic: null, p: null, lower: null, upper: null } as const;

/** How many points of change are reliable. */
const criterionEstimate = (
  name: string,
  { rule }: DeclaredChange,
  { outcome, analysis }: PreparedChange,
): Estimate => ({
  name,
  measure: "criterion",
  unit: outcome.unit,
  estimate: rule.criterion.points,
  ...noNumbers,
  level: analysis.level,
});

/** Classes that the rule can give, in their order. */
const classesOf = ({ cutOff, rule }: DeclaredChange): ChangeClass[] => {
  const hasCutOff = cutOff.kind === "by" || cutOff.cutOff !== null;
  return CHANGE_CLASSES.filter(
    (one) =>
      (one !== "recovered" || hasCutOff) &&
      (one !== "started-functional" || (hasCutOff && rule.functionalStart === "own-class")),
  );
};

function classShares(
  { table, classify, analysis }: PreparedChange,
  { prefix, rows }: ShareGroup,
  change: DeclaredChange,
  setting: string,
): Estimate[] {
  const counts = new Map<ChangeClass, number>(classesOf(change).map((one) => [one, 0]));
  for (const row of rows) {
    const { before, after } = scoresAt(table, classify, row);
    const found = changeClass(before, after, ruleOfRow(table, change, row));
    counts.set(found, counts.get(found)! + 1);
  }
  return [...counts].flatMap(([one, count]) =>
    countAndShare(`${prefix}${one}${setting}`, count, rows.length, analysis.level),
  );
}

function crossingShares(
  { table, classify, change, analysis }: PreparedChange,
  { prefix, rows }: ShareGroup,
): Estimate[] {
  if (change.cutOff.kind === "one" && change.cutOff.cutOff === null) return [];
  const found = Array.from(rows, (row) => {
    const { before, after } = scoresAt(table, classify, row);
    return cutOffCrossing(before, after, ruleOfRow(table, change, row).cutOff!, change.rule.better);
  });
  return CROSSINGS.flatMap((one) =>
    countAndShare(`${prefix}${one}`, found.filter((other) => other === one).length, rows.length, analysis.level),
  );
}

/** After less before, as measured; with the t interval of a mean. */
function meanChange({ table, classify, analysis, outcome }: PreparedChange, { prefix, rows }: ShareGroup): Estimate {
  const changes = Array.from(rows, (row) => {
    const { before, after } = scoresAt(table, classify, row);
    return after - before;
  });
  const n = changes.length;
  const mean = changes.reduce((sum, one) => sum + one, 0) / n;
  const se = Math.sqrt(changes.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (n - 1) / n);
  const name = { name: `mean-change:${withoutColon(prefix)}`, measure: "mean-change", unit: outcome.unit };
  if (n < 2) return { ...name, estimate: mean, ...noNumbers, level: analysis.level };
  const half = tQuantile(1 - (1 - analysis.level) / 2, n - 1) * se;
  const limits = { lower: mean - half, upper: mean + half };
  return { ...name, estimate: mean, se, df: n - 1, statistic: null, p: null, ...limits, level: analysis.level };
}

/** `arm[FIT]:` without its colon; `all` of everyone. */
const withoutColon = (prefix: string): string => (prefix === "" ? "all" : prefix.slice(0, -1));

/**
 * The mean of each group, over those in the clinical range where there is a cut-off. The norm is of the same clients, so
 * that there is no interval.
 */
function severityAdjusted(prepared: PreparedChange, problems: ReportedProblem[]): Estimate[] {
  const { table, classify, change, groups, analysis, path } = prepared;
  const { better } = change.rule;
  const all = groups.flatMap(({ prefix, rows }) => Array.from(rows, (row) => ({ prefix, row })));
  const reference = all.filter(({ row }) => {
    const { cutOff } = ruleOfRow(table, change, row);
    return cutOff === null || !isFunctional(scoresAt(table, classify, row).before, cutOff, better);
  });
  const scores = reference.map(({ row }) => scoresAt(table, classify, row));
  const effects = severityAdjustedEffects(
    Float64Array.from(scores, ({ before }) => before),
    Float64Array.from(scores, ({ after }) => after),
    better,
  );
  if (effects === null) {
    problems.push(changeNoSeverity(path));
    return [];
  }
  return groups.map(({ prefix }): Estimate => {
    const own = effects.filter((_, i) => reference[i]!.prefix === prefix);
    const mean = own.length === 0 ? null : own.reduce((sum, one) => sum + one, 0) / own.length;
    const name = `severity-adjusted:${withoutColon(prefix)}`;
    return { name, measure: "severity-adjusted", unit: null, estimate: mean, ...noNumbers, level: analysis.level };
  });
}

/** The rule at each SD and reliability of the grid: `@sd=7,reliability=0.8`. */
function gridOf({
  analysis: { grid },
  classify,
  change,
}: PreparedChange): { setting: string; change: DeclaredChange }[] {
  if (grid === undefined) return [];
  const { points: _, ...worked } = classify;
  return grid.sd.flatMap((sd) =>
    grid.reliability.flatMap((reliability) => {
      const found = declaredChange({ ...worked, sd, reliability }, change.instrument);
      return "change" in found ? [{ setting: `@sd=${sd},reliability=${reliability}`, change: found.change }] : [];
    }),
  );
}

const scoresAt = (table: Table, { before, after }: Classify, row: number): { before: number; after: number } => ({
  before: (table.columns.get(before) as NumberColumn).values[row]!,
  after: (table.columns.get(after) as NumberColumn).values[row]!,
});

/** Rows without a cut-off were excluded: the factor that it is by is missing there. */
const ruleOfRow = (table: Table, change: DeclaredChange, row: number) =>
  ruleAt(change, change.cutOff.kind === "by" ? levelAt(table.columns.get(change.cutOff.column)!, row) : null)!;
