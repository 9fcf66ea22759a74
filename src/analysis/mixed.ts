/** `model: mixed`: here the linear model; generalised-mixed.ts has the other families. */
import { rankProblems } from "../inference/full-rank.js";
import { randomGroupings, toLinearCovariance } from "../mixed/cluster-robust-mixed.js";
import { fitGeneralisedLinearMixed } from "../mixed/generalised-linear-mixed.js";
import { fitLinearMixed, type LinearMixedFit } from "../mixed/linear-mixed.js";
import { profileLinearMixed } from "../mixed/profile-likelihood.js";
import { varianceComponents } from "../mixed/variance-components.js";
import { qr } from "../numeric/qr.js";
import { binomialLink, type MixedAnalysis } from "../plan/plan.js";
import { noRandomTerm } from "../problem.js";
import type { AnalysisModel } from "./analysis-model.js";
import { fixedEstimates, type PreparedFormula, prepareFormula, profileOf } from "./formula-analysis.js";
import { generalisedMixedAnalysis } from "./generalised-mixed.js";
import type { PreparedLinkScale } from "./link-scale-estimates.js";
import { clusterColumns, fitDf, mixedRobustFit, mixedRobustProblems } from "./mixed-robust-fit.js";
import { withProfileIntervals } from "./profile-intervals.js";
import { modesOf, randomProblems } from "./random-terms.js";
import { residualStrataAnalysis } from "./residual-strata.js";
import type { Diagnostics } from "./results.js";
import { type ResidualSd, standardisedEstimates } from "./standardised-estimates.js";

/** By family. */
export const mixedAnalysis: AnalysisModel<MixedAnalysis, PreparedLinkScale<MixedAnalysis>> = {
  prepare: (input) =>
    input.analysis.family === "gaussian"
      ? { ...gaussianAnalysis(input.analysis).prepare(input), designs: [] }
      : generalisedMixedAnalysis.prepare(input),
  analyse: (prepared, random) =>
    prepared.analysis.family === "gaussian"
      ? gaussianAnalysis(prepared.analysis).analyse(prepared, random)
      : generalisedMixedAnalysis.analyse(prepared, random),
  likelihood: ({ analysis, frame, path }, method) => {
    const { family, quadrature } = analysis;
    return family === "gaussian"
      ? fitLinearMixed(frame, { method, df: "normal", path })
      : fitGeneralisedLinearMixed(frame, { family, link: binomialLink(analysis), quadrature, path });
  },
};

/** By whether there is one residual variance. */
const gaussianAnalysis = (analysis: MixedAnalysis) =>
  analysis["residual-by"] === undefined ? linearMixedAnalysis : residualStrataAnalysis;

const linearMixedAnalysis: AnalysisModel<MixedAnalysis, PreparedFormula<MixedAnalysis>> = {
  prepare: (input) =>
    prepareFormula(input, {
      also: clusterColumns(input.plan, input.analysis),
      check: (analysis, frame, path) => [
        ...rankProblems(frame.X, qr(frame.X), frame.names, path),
        ...(frame.Z.length === 0 ? [noRandomTerm(path)] : randomProblems(analysis.df, frame, path)),
        ...mixedRobustProblems({ ...input, frame }, randomGroupings(frame.Z)),
      ],
    }),

  analyse: (prepared) => {
    const { analysis, frame, outcome, path } = prepared;
    const { method, df, level, interval } = analysis;
    const plain = fitLinearMixed(frame, { method, df: fitDf(analysis), path });
    const robust = mixedRobustFit(plain, prepared, randomGroupings(frame.Z), toLinearCovariance(plain));
    const { fit, standardErrors, clusters, words } = robust;
    const { problems, converged, singular, iterations, logLik, parameters, n } = fit;
    const estimates = fixedEstimates(fit, prepared);
    const intervals = interval === "profile" && converged ? profileLinearMixed(frame, level, path) : [];
    const standardised = standardisedEstimates(prepared, estimates, residualSd(fit));
    return {
      method: `linear mixed model, ${method}, ${words}${interval === "profile" ? ", profile-likelihood intervals (ML)" : ""}`,
      criterion: method,
      standardErrors,
      ...(clusters === undefined ? {} : { clusters }),
      degreesOfFreedom: df,
      groups: n.groups,
      likelihood: { logLik, parameters },
      converged,
      singular,
      iterations,
      problems: [...problems, ...standardised.problems],
      estimates: withProfileIntervals(
        [...estimates, ...standardised.estimates, ...varianceComponents(fit, outcome.unit, level)],
        intervals,
      ),
      profile: profileOf(fit, prepared),
      diagnostics: diagnostics(fit),
    };
  },
};

/** With the degrees of freedom that a χ² variable of the same mean and variance as σ̂² has. */
function residualSd({ sigma, parameterCovariance }: LinearMixedFit): ResidualSd {
  const variance = parameterCovariance?.data.at(-1) ?? Number.NaN;
  return { sd: sigma, df: (2 * sigma ** 4) / variance, sharedWithContrast: false };
}

function diagnostics({ fitted, residuals, sigma, random }: LinearMixedFit): Diagnostics {
  return {
    fitted,
    residuals: residuals.map((v) => v / sigma),
    modes: modesOf(random),
  };
}
