/** `model: linear`. */
import { rankProblems } from "../inference/full-rank.js";
import { fitLinear } from "../linear/linear.js";
import { qr } from "../numeric/qr.js";
import { type LinearAnalysis, regressionDf } from "../plan/plan.js";
import { randomTermInLinear } from "../problem.js";
import type { AnalysisModel } from "./analysis-model.js";
import { fixedEstimates, type PreparedFormula, prepareFormula, profileOf } from "./formula-analysis.js";
import { clusterColumn, inferenceInWords, robustFit, robustProblems } from "./robust-fit.js";
import { standardisedEstimates } from "./standardised-estimates.js";

export const linearAnalysis: AnalysisModel<LinearAnalysis, PreparedFormula<LinearAnalysis>> = {
  prepare: (input) => {
    const column = clusterColumn(input.plan, input.analysis);
    return prepareFormula(input, {
      ...(column === undefined ? {} : { also: [column] }),
      check: (analysis, frame, path) => [
        ...(frame.Z.length > 0 ? [randomTermInLinear(path)] : []),
        ...rankProblems(frame.X, qr(frame.X), frame.names, path),
        ...robustProblems(input.plan, input.table, analysis, frame, path),
      ],
    });
  },

  analyse: (prepared) => {
    const { analysis, frame, outcome, path } = prepared;
    const { vcov, level } = analysis;
    const df = regressionDf(analysis);
    const plain = fitLinear(frame, { df: df === "normal" ? "normal" : "residual", path });
    const { X } = frame;
    const { residuals } = plain;
    const fit = robustFit(plain, { X, weights: null, residuals, R: qr(X).R }, prepared);
    const { sigma, problems, converged, logLik, parameters } = fit;
    const estimates = fixedEstimates(fit, prepared);
    const standardised = standardisedEstimates(prepared, estimates, {
      sd: sigma,
      df: frame.rows.length - frame.X.cols,
      sharedWithContrast: df === "residual" && vcov === "classical",
    });
    const without = { se: null, df: null, statistic: null, p: null, lower: null, upper: null };
    return {
      method: `linear model, least squares, ${inferenceInWords(analysis)}`,
      criterion: null,
      standardErrors: vcov,
      degreesOfFreedom: df,
      groups: fit.n.groups,
      likelihood: { logLik, parameters },
      converged,
      singular: false,
      iterations: 0,
      problems: [...problems, ...standardised.problems],
      estimates: [
        ...estimates,
        ...standardised.estimates,
        { name: "sd:residual", measure: "sd", unit: outcome.unit, estimate: sigma, ...without, level },
      ],
      profile: profileOf(fit, prepared),
      diagnostics: { fitted: fit.fitted, residuals: fit.residuals.map((v) => v / sigma), modes: [] },
    };
  },

  likelihood: ({ frame, path }) => {
    const { logLik, parameters, converged } = fitLinear(frame, { path });
    return { deviance: -2 * logLik, parameters, converged };
  },
};
