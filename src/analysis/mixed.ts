/** `model: mixed`. */
import { meanEstimates } from "../inference/adjusted-means.js";
import { coefficientEstimates, termTests } from "../inference/coefficients.js";
import { rankProblems } from "../inference/full-rank.js";
import { betweenWithin } from "../mixed/between-within.js";
import { fitLinearMixed, type LinearMixedFit, type MixedDf } from "../mixed/linear-mixed.js";
import { structureRandomTerms } from "../mixed/random-structure.js";
import { varianceComponents } from "../mixed/variance-components.js";
import { qr } from "../numeric/qr.js";
import type { MixedAnalysis } from "../plan/plan.js";
import { noRandomTerm, type Problem, ProblemError } from "../problem.js";
import type { AnalysisModel, PreparedAnalysis } from "./analysis-model.js";
import type { Diagnostics } from "./results.js";

export const mixedAnalysis: AnalysisModel<MixedAnalysis> = {
  check: ({ analysis, frame, path }) => {
    const rank = rankProblems(frame.X, qr(frame.X), frame.names, path);
    return frame.Z.length === 0 ? [noRandomTerm(path), ...rank] : [...rank, ...randomProblems(analysis, frame, path)];
  },

  analyse: ({ analysis, frame, means, outcome, path }) => {
    const { method, df, level } = analysis;
    const fit = fitLinearMixed(frame, { method, df, path });
    return {
      fit,
      method: `linear mixed model, ${method}, ${dfWords[df]}`,
      criterion: method,
      standardErrors: df === "kenward-roger" ? "kenward-roger" : "model",
      degreesOfFreedom: df,
      singular: fit.singular,
      iterations: fit.iterations,
      estimates: [
        ...coefficientEstimates(fit, frame, outcome.unit, level),
        ...termTests(fit, frame, level),
        ...meanEstimates(fit, means, analysis.means?.of ?? "", { unit: outcome.unit, level }),
        ...varianceComponents(fit, outcome.unit, level),
      ],
      diagnostics: diagnostics(fit),
    };
  },
};

const dfWords: Record<MixedDf, string> = {
  satterthwaite: "model-based standard errors, Satterthwaite degrees of freedom",
  "kenward-roger": "Kenward–Roger standard errors and degrees of freedom",
  "between-within": "model-based standard errors, between–within degrees of freedom",
  residual: "model-based standard errors, residual degrees of freedom",
  normal: "model-based standard errors, normal approximation",
};

function randomProblems({ df }: MixedAnalysis, frame: PreparedAnalysis["frame"], path: string): readonly Problem[] {
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
