/** `model: linear`. */
import { rankProblems } from "../inference/full-rank.js";
import { fitLinear } from "../linear/linear.js";
import { qr } from "../numeric/qr.js";
import type { LinearAnalysis } from "../plan/plan.js";
import { randomTermInLinear } from "../problem.js";
import type { AnalysisModel } from "./analysis-model.js";
import { fixedEstimates, type PreparedFormula, prepareFormula, profileOf } from "./formula-analysis.js";

export const linearAnalysis: AnalysisModel<LinearAnalysis, PreparedFormula<LinearAnalysis>> = {
  prepare: (input) =>
    prepareFormula(input, {
      check: (_, frame, path) => [
        ...(frame.Z.length > 0 ? [randomTermInLinear(path)] : []),
        ...rankProblems(frame.X, qr(frame.X), frame.names, path),
      ],
    }),

  analyse: (prepared) => {
    const { analysis, frame, outcome, path } = prepared;
    const { df, level } = analysis;
    const fit = fitLinear(frame, { df, path });
    const { sigma, problems, converged, logLik, parameters } = fit;
    const without = { se: null, df: null, statistic: null, p: null, lower: null, upper: null };
    return {
      method: `linear model, least squares, classical standard errors, ${
        df === "normal" ? "normal approximation" : "residual degrees of freedom"
      }`,
      criterion: null,
      standardErrors: "classical",
      degreesOfFreedom: df,
      groups: {},
      likelihood: { logLik, parameters },
      converged,
      singular: false,
      iterations: 0,
      problems,
      estimates: [
        ...fixedEstimates(fit, prepared),
        { name: "sd:residual", measure: "sd", unit: outcome.unit, estimate: sigma, ...without, level },
      ],
      profile: profileOf(fit, prepared),
      diagnostics: { fitted: fit.fitted, residuals: fit.residuals.map((v) => v / sigma), modes: [] },
    };
  },
};
