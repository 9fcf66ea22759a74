/** The variance that an analysis asks for, for the models that are fitted as weighted least squares. */

import type { Frame } from "../formula/frame.js";
import { toGroupingFactor } from "../formula/grouping-factor.js";
import type { Fit } from "../inference/fit.js";
import {
  type Clusters,
  clusterProblems,
  clusterRobust,
  heteroscedasticityRobust,
  isClusterRobust,
  type WorkingModel,
} from "../inference/robust-variance.js";
import { binomialLink, columnOfName, type Plan, type RegressionAnalysis, regressionDf } from "../plan/plan.js";
import { clusterColumnMissing, type Problem, repeatedParticipants } from "../problem.js";
import type { Table } from "../table/table.js";
import { countParticipants } from "../trial/participant-flow.js";

/** The column of the clusters, when the variance uses them. */
export const clusterColumn = (plan: Plan, { vcov, cluster }: RegressionAnalysis): string | undefined =>
  cluster !== undefined && isClusterRobust(vcov) ? (columnOfName(plan, cluster) ?? cluster) : undefined;

/** The clusters of the rows used, by one column. */
export const clustersBy = (table: Table, { rows }: Pick<Frame, "rows">, column: string): Clusters => ({
  column,
  ...toGroupingFactor(table, [column], rows),
});

/** Why the rows used cannot give the variance asked for. */
export function robustProblems(
  plan: Plan,
  table: Table,
  analysis: RegressionAnalysis,
  frame: Frame,
  path: string,
): Problem[] {
  if (!isClusterRobust(analysis.vcov))
    return arePeriodsUntilEvent(plan, table, analysis, frame) ? [] : repeatedRows(plan, table, frame, path);
  const column = clusterColumn(plan, analysis);
  if (column === undefined) return [clusterColumnMissing(path, analysis.vcov)];
  return clusterProblems(clustersBy(table, frame, column), frame.X, path);
}

/**
 * Whether rows can be the periods of participants until an event, of which each has one at most: the likelihood of a time
 * in periods is the product over them, as if they were independent.
 */
function arePeriodsUntilEvent({ trial }: Plan, table: Table, analysis: RegressionAnalysis, { rows, response }: Frame) {
  const participant = trial?.participant === undefined ? undefined : table.columns.get(trial.participant);
  if (participant === undefined || binomialLink(analysis) !== "cloglog") return false;
  const events = rows.filter((_, i) => response[i] === 1);
  return countParticipants(events, participant) === events.length;
}

/** A warning when a participant has several rows, which no cluster-robust variance holds together. */
function repeatedRows({ trial }: Plan, table: Table, { rows }: Frame, path: string): Problem[] {
  const participant = trial?.participant === undefined ? undefined : table.columns.get(trial.participant);
  if (participant === undefined) return [];
  const participants = countParticipants(rows, participant);
  return participants < rows.length ? [repeatedParticipants(path, rows.length, participants)] : [];
}

/** The fit with the variance and degrees of freedom that the analysis asks for. */
export function robustFit<F extends Fit>(
  fit: F,
  working: WorkingModel,
  {
    plan,
    table,
    analysis,
    frame,
    path,
  }: {
    readonly plan: Plan;
    readonly table: Table;
    readonly analysis: RegressionAnalysis;
    readonly frame: Frame;
    readonly path: string;
  },
): F {
  const { vcov } = analysis;
  if (!fit.converged || vcov === "classical") return fit;
  if (!isClusterRobust(vcov)) return heteroscedasticityRobust(fit, working, vcov, path);
  const clusters = clustersBy(table, frame, clusterColumn(plan, analysis)!);
  const df = regressionDf(analysis) === "satterthwaite" ? "satterthwaite" : "fit";
  return clusterRobust(fit, working, clusters, vcov, df, path);
}

/** Kind of standard errors and degrees of freedom, in words. */
export function inferenceInWords(analysis: RegressionAnalysis): string {
  const errors =
    analysis.vcov === "classical"
      ? "classical standard errors"
      : `${analysis.vcov} standard errors${analysis.cluster === undefined ? "" : ` by ${analysis.cluster}`}`;
  const df = {
    residual: "residual degrees of freedom",
    normal: "normal approximation",
    satterthwaite: "Satterthwaite degrees of freedom",
  }[regressionDf(analysis)];
  return `${errors}, ${df}`;
}
