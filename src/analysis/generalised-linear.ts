/** What `model: logistic` and `model: poisson` share. */
import { rankProblems } from "../inference/full-rank.js";
import { fitGeneralisedLinear } from "../linear/generalised-linear.js";
import { qr } from "../numeric/qr.js";
import { binomialLink, type LogisticAnalysis, type PoissonAnalysis, regressionDf } from "../plan/plan.js";
import { randomTermNotTaken } from "../problem.js";
import type { AnalysisModel } from "./analysis-model.js";
import { outcomeProblems } from "./check-outcome.js";
import { prepareFormula } from "./formula-analysis.js";
import { linkScaleEstimates, type PreparedLinkScale, withLinkScale } from "./link-scale-estimates.js";
import { clusterColumn, inferenceInWords, robustFit, robustProblems } from "./robust-fit.js";

type GeneralisedLinearAnalysis = LogisticAnalysis | PoissonAnalysis;

/** @param name  `logistic regression`, for the method. */
export function generalisedLinearAnalysis<A extends GeneralisedLinearAnalysis>(
  family: "binomial" | "poisson",
  name: string,
): AnalysisModel<A, PreparedLinkScale<A>> {
  return {
    prepare: (input) => {
      const column = clusterColumn(input.plan, input.analysis);
      const prepared = prepareFormula<A>(input, {
        ...(column === undefined ? {} : { also: [column] }),
        check: (analysis, frame, path) => [
          ...(frame.Z.length > 0 ? [randomTermNotTaken(path, analysis.model)] : []),
          ...rankProblems(frame.X, qr(frame.X), frame.names, path),
          ...outcomeProblems(frame, input.table, family),
          ...robustProblems(input.plan, input.table, analysis, frame, path),
        ],
      });
      return withLinkScale<A, typeof prepared>(prepared, family);
    },

    analyse: (prepared) => {
      const { analysis, frame, path } = prepared;
      const df = regressionDf(analysis);
      const link = binomialLink(analysis);
      const plain = fitGeneralisedLinear(frame, { family, link, df: df === "residual" ? "residual" : "normal", path });
      const { scoreRows: X, weights, residuals, R, converged, iterations, logLik, parameters } = plain;
      const fit = robustFit(plain, { X, weights, residuals, R }, prepared);
      return {
        method: `${link === "cloglog" ? "complementary log-log regression" : name}, maximum likelihood, ${inferenceInWords(analysis)}`,
        ...(link === "cloglog" ? { link } : {}),
        criterion: "ML",
        standardErrors: analysis.vcov,
        degreesOfFreedom: df,
        groups: fit.n.groups,
        likelihood: { logLik, parameters },
        converged,
        singular: false,
        iterations,
        problems: fit.problems,
        estimates: converged ? linkScaleEstimates(fit, prepared, family) : [],
        profile: null,
        diagnostics: null,
      };
    },

    likelihood: ({ analysis, frame, path }) => {
      const link = binomialLink(analysis);
      const { logLik, parameters, converged } = fitGeneralisedLinear(frame, { family, link, path });
      return { deviance: -2 * logLik, parameters, converged };
    },
  };
}
