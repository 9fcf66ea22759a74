/** `model: linear`. */
import { meanEstimates } from "../inference/adjusted-means.js";
import { coefficientEstimates, termTests } from "../inference/coefficients.js";
import { rankProblems } from "../inference/full-rank.js";
import { fitLinear } from "../linear/linear.js";
import { qr } from "../numeric/qr.js";
import type { LinearAnalysis } from "../plan/plan.js";
import { randomTermInLinear } from "../problem.js";
import type { AnalysisModel } from "./analysis-model.js";

export const linearAnalysis: AnalysisModel<LinearAnalysis> = {
  check: ({ frame, path }) => [
    ...(frame.Z.length > 0 ? [randomTermInLinear(path)] : []),
    ...rankProblems(frame.X, qr(frame.X), frame.names, path),
  ],

  analyse: ({ analysis, frame, means, outcome, path }) => {
    const { df, level } = analysis;
    const fit = fitLinear(frame, { df, path });
    return {
      fit,
      method: `linear model, least squares, classical standard errors, ${
        df === "normal" ? "normal approximation" : "residual degrees of freedom"
      }`,
      criterion: null,
      standardErrors: "classical",
      degreesOfFreedom: df,
      singular: false,
      iterations: 0,
      estimates: [
        ...coefficientEstimates(fit, frame, outcome.unit, level),
        ...termTests(fit, frame, level),
        ...meanEstimates(fit, means, analysis.means?.of ?? "", { unit: outcome.unit, level }),
        {
          name: "sd:residual",
          measure: "sd",
          unit: outcome.unit,
          estimate: fit.sigma,
          se: null,
          df: null,
          statistic: null,
          p: null,
          lower: null,
          upper: null,
          level,
        },
      ],
      diagnostics: { fitted: fit.fitted, residuals: fit.residuals.map((v) => v / fit.sigma), modes: [] },
    };
  },
};
