/** The cluster-robust variance that an analysis by a linear mixed model asks for. */
import type { Frame } from "../formula/frame.js";
import type { Fit } from "../inference/fit.js";
import { type Clusters, clusterProblems, isClusterRobust } from "../inference/robust-variance.js";
import {
  clusterRobustMixed,
  type FittedCovariance,
  type Grouping,
  outermostGrouping,
  splitLevel,
} from "../mixed/cluster-robust-mixed.js";
import type { MixedDf } from "../mixed/fixed-effect-inference.js";
import { columnOfName, type MixedAnalysis, type MmrmAnalysis, type Plan } from "../plan/plan.js";
import { clustersSplitGroup, noOutermostGroup, type Problem } from "../problem.js";
import type { Table } from "../table/table.js";
import { dfWords } from "./random-terms.js";
import { clustersBy } from "./robust-fit.js";

/** A prepared analysis, or what of it there is when its frame is checked. */
interface RobustInput {
  readonly plan: Plan;
  readonly table: Table;
  readonly analysis: MixedAnalysis | MmrmAnalysis;
  readonly frame: Frame;
  readonly path: string;
}

/** The columns that a row must have for its cluster. */
export const clusterColumns = (plan: Plan, { cluster }: MixedAnalysis | MmrmAnalysis): string[] =>
  cluster === undefined ? [] : [columnOfName(plan, cluster) ?? cluster];

/** The clusters named, or the levels of the outermost grouping; null when the groupings cross. */
function clustersOf({ plan, table, analysis, frame }: RobustInput, groupings: readonly Grouping[]): Clusters | null {
  const [column] = clusterColumns(plan, analysis);
  if (column !== undefined) return clustersBy(table, frame, column);
  const outermost = outermostGrouping(groupings);
  return outermost === null ? null : { column: outermost.group, ...outermost.factor };
}

/** Why the rows used cannot give the variance asked for. */
export function mixedRobustProblems(input: RobustInput, groupings: readonly Grouping[]): Problem[] {
  const { analysis, frame, path } = input;
  if (!isClusterRobust(analysis.vcov) || groupings.length === 0) return [];
  const clusters = clustersOf(input, groupings);
  if (clusters === null)
    return [
      noOutermostGroup(
        path,
        groupings.map(({ group }) => group),
      ),
    ];
  const split = groupings.flatMap((grouping) => {
    const level = splitLevel(grouping, clusters);
    return level === null ? [] : [clustersSplitGroup(path, clusters.column, grouping.group, level)];
  });
  return [...split, ...clusterProblems(clusters, frame.X, path)];
}

/** Degrees of freedom to ask of the fit: with a cluster-robust variance Satterthwaite's are not the model's. */
export const fitDf = ({ vcov, df }: MixedAnalysis | MmrmAnalysis): MixedDf =>
  isClusterRobust(vcov) && df === "satterthwaite" ? "normal" : df;

export interface RobustOutcome<F> {
  readonly fit: F;
  /** Of the outcome: kind of standard errors, and what they go by. */
  readonly standardErrors: string;
  readonly clusters?: { readonly column: string; readonly hasRandomEffects: boolean };
  /** Standard errors and degrees of freedom. */
  readonly words: string;
}

/** The fit with the variance and degrees of freedom that the analysis asks for. */
export function mixedRobustFit<F extends Fit>(
  fit: F,
  input: RobustInput,
  groupings: readonly Grouping[],
  covariance: FittedCovariance,
): RobustOutcome<F> {
  const { analysis, frame, path } = input;
  const { vcov, df } = analysis;
  const clusters = isClusterRobust(vcov) ? clustersOf(input, groupings) : null;
  if (!isClusterRobust(vcov) || clusters === null)
    return { fit, standardErrors: df === "kenward-roger" ? "kenward-roger" : "model", words: dfWords[df] };
  const { column } = clusters;
  const ofTests = df === "satterthwaite" ? "satterthwaite" : "fit";
  return {
    fit: fit.converged ? clusterRobustMixed(fit, frame, covariance, clusters, vcov, ofTests, path) : fit,
    standardErrors: vcov,
    clusters: { column, hasRandomEffects: frame.Z.some(({ group }) => group === column) },
    words: dfWords[df].replace("model-based standard errors", `${vcov} standard errors by ${column}`),
  };
}
