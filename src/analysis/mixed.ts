/** `model: mixed`. */
import type { ModelFrame } from "../formula/frame.js";
import { rankProblems } from "../inference/full-rank.js";
import { betweenWithin } from "../mixed/between-within.js";
import type { MixedDf } from "../mixed/fixed-effect-inference.js";
import { fitLinearMixed, type LinearMixedFit } from "../mixed/linear-mixed.js";
import { structureRandomTerms } from "../mixed/random-structure.js";
import { varianceComponents } from "../mixed/variance-components.js";
import { qr } from "../numeric/qr.js";
import type { MixedAnalysis } from "../plan/plan.js";
import { noRandomTerm, type Problem, ProblemError } from "../problem.js";
import type { AnalysisModel } from "./analysis-model.js";
import { fixedEstimates, type PreparedFormula, prepareFormula, profileOf } from "./formula-analysis.js";
import type { Diagnostics } from "./results.js";
import { type ResidualSd, standardisedEstimates } from "./standardised-estimates.js";

export const mixedAnalysis: AnalysisModel<MixedAnalysis, PreparedFormula<MixedAnalysis>> = {
  prepare: (input) =>
    prepareFormula(input, {
      check: (analysis, frame, path) => [
        ...rankProblems(frame.X, qr(frame.X), frame.names, path),
        ...(frame.Z.length === 0 ? [noRandomTerm(path)] : randomProblems(analysis, frame, path)),
      ],
    }),

  analyse: (prepared) => {
    const { analysis, frame, outcome, path } = prepared;
    const { method, df, level } = analysis;
    const fit = fitLinearMixed(frame, { method, df, path });
    const { problems, converged, singular, iterations, logLik, parameters, n } = fit;
    const estimates = fixedEstimates(fit, prepared);
    const standardised = standardisedEstimates(prepared, estimates, residualSd(fit));
    return {
      method: `linear mixed model, ${method}, ${dfWords[df]}`,
      criterion: method,
      standardErrors: df === "kenward-roger" ? "kenward-roger" : "model",
      degreesOfFreedom: df,
      groups: n.groups,
      likelihood: { logLik, parameters },
      converged,
      singular,
      iterations,
      problems: [...problems, ...standardised.problems],
      estimates: [...estimates, ...standardised.estimates, ...varianceComponents(fit, outcome.unit, level)],
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

const dfWords: Record<MixedDf, string> = {
  satterthwaite: "model-based standard errors, Satterthwaite degrees of freedom",
  "kenward-roger": "Kenward–Roger standard errors and degrees of freedom",
  "between-within": "model-based standard errors, between–within degrees of freedom",
  residual: "model-based standard errors, residual degrees of freedom",
  normal: "model-based standard errors, normal approximation",
};

function randomProblems({ df }: MixedAnalysis, frame: ModelFrame, path: string): readonly Problem[] {
  const nesting = df === "between-within" ? betweenWithin(frame, path) : null;
  const crossed = nesting !== null && "code" in nesting ? [nesting] : [];
  try {
    structureRandomTerms(frame.Z, path);
    return crossed;
  } catch (thrown) {
    if (thrown instanceof ProblemError) return [...crossed, ...thrown.problems];
    throw thrown;
  }
}

function diagnostics({ fitted, residuals, sigma, random }: LinearMixedFit): Diagnostics {
  return {
    fitted,
    residuals: residuals.map((v) => v / sigma),
    modes: random.flatMap(({ group, names, modes }) =>
      names.map((term, j) => ({
        group,
        term,
        values: Float64Array.from({ length: modes.rows }, (_, level) => modes.data[level * modes.cols + j]!),
      })),
    ),
  };
}
