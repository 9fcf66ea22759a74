/** `model: gee`. */
import { toOrderedFactor } from "../formula/factor-levels.js";
import type { Frame } from "../formula/frame.js";
import type { Estimate } from "../inference/estimate.js";
import { rankProblems } from "../inference/full-rank.js";
import { fitGee, type GeeFit, type GeeOptions, geeProblems } from "../linear/gee.js";
import { qr } from "../numeric/qr.js";
import { columnOfName, type GeeAnalysis, geeVisit, type Plan } from "../plan/plan.js";
import type { Table } from "../table/table.js";
import type { AnalysisModel } from "./analysis-model.js";
import { outcomeProblems } from "./check-outcome.js";
import { prepareFormula } from "./formula-analysis.js";
import { linkScaleEstimates, type PreparedLinkScale, withLinkScale } from "./link-scale-estimates.js";
import { clustersBy } from "./robust-fit.js";

export const geeAnalysis: AnalysisModel<GeeAnalysis, PreparedLinkScale<GeeAnalysis>> = {
  prepare: (input) => {
    const { plan, analysis, table } = input;
    const visit = geeVisit(plan, analysis);
    const also = [clusterOf(plan, analysis), ...(visit === undefined ? [] : [visit])];
    const prepared = prepareFormula<GeeAnalysis>(input, {
      also,
      check: (_, frame, path) => [
        ...geeProblems(frame, geeOptions(plan, table, analysis, frame, path)),
        ...rankProblems(frame.X, qr(frame.X), frame.names, path),
        ...outcomeProblems(frame, table, analysis.family),
      ],
    });
    return withLinkScale<GeeAnalysis, typeof prepared>(prepared, analysis.family);
  },

  analyse: (prepared) => {
    const { plan, table, analysis, frame, path } = prepared;
    const { family, correlation, vcov, df } = analysis;
    const options = geeOptions(plan, table, analysis, frame, path);
    const fit = fitGee(frame, options);
    const { converged, iterations, problems, n } = fit;
    const tests = df === "normal" ? "normal approximation" : "t with clusters less coefficients degrees of freedom";
    return {
      method: `generalised estimating equations, ${family}, ${correlation} correlation within ${analysis.cluster}, ${vcov} standard errors, ${tests}`,
      criterion: null,
      standardErrors: vcov,
      degreesOfFreedom: df,
      working: { family, correlation },
      groups: n.groups,
      likelihood: null,
      converged,
      singular: false,
      iterations,
      problems,
      estimates: converged
        ? [...linkScaleEstimates(fit, prepared, family), ...correlationEstimates(fit, prepared, options)]
        : [],
      profile: null,
      diagnostics: null,
    };
  },
};

const clusterOf = (plan: Plan, { cluster }: GeeAnalysis): string => columnOfName(plan, cluster) ?? cluster;

function geeOptions(plan: Plan, table: Table, analysis: GeeAnalysis, frame: Frame, path: string): GeeOptions {
  const { family, correlation, vcov, df } = analysis;
  const visit = geeVisit(plan, analysis);
  const visits =
    visit === undefined ? {} : { visits: { column: visit, codes: toOrderedFactor(table, visit, frame.rows).codes } };
  return {
    family,
    clusters: clustersBy(table, frame, clusterOf(plan, analysis)),
    correlation,
    vcov,
    df,
    path,
    ...visits,
  };
}

/**
 * The working correlation and the scale, without standard errors: `icc:CLUSTER` (exchangeable), `correlation:lag-1`
 * (ar1), `correlation:VISIT,VISIT` (unstructured), `scale`.
 */
function correlationEstimates(
  { correlation: { structure, alpha, positions }, scale }: GeeFit,
  { plan, table, analysis, frame }: PreparedLinkScale<GeeAnalysis>,
  { clusters }: GeeOptions,
): Estimate[] {
  const without = { unit: null, se: null, df: null, statistic: null, p: null, lower: null, upper: null };
  const one = (name: string, measure: string, estimate: number): Estimate => {
    return { name, measure, ...without, estimate, level: analysis.level };
  };
  const visit = geeVisit(plan, analysis);
  const labels =
    visit === undefined
      ? Array.from({ length: positions }, (_, at) => String(at + 1))
      : toOrderedFactor(table, visit, frame.rows).levels;
  const pairs = labels.flatMap((a, j) => labels.slice(j + 1).map((b) => `correlation:${a},${b}`));
  const correlations =
    structure === "exchangeable"
      ? [one(`icc:${clusters.column}`, "icc", alpha[0]!)]
      : structure === "ar1"
        ? [one("correlation:lag-1", "correlation", alpha[0]!)]
        : Array.from(alpha, (value, pair) => one(pairs[pair]!, "correlation", value));
  return [...correlations, one("scale", "scale", scale)];
}
