/** `model: mixed` with `family: binomial` or `poisson`. */
import type { Estimate } from "../inference/estimate.js";
import { rankProblems } from "../inference/full-rank.js";
import { riskEstimates } from "../inference/standardised-risk.js";
import { fitGeneralisedLinear } from "../linear/generalised-linear.js";
import type { FamilyName } from "../mixed/conditional-family.js";
import {
  fitGeneralisedLinearMixed,
  type GeneralisedLinearMixedFit,
  takesQuadrature,
} from "../mixed/generalised-linear-mixed.js";
import { laplaceProblems } from "../mixed/laplace-accuracy.js";
import { populationRisks } from "../mixed/population-risk.js";
import { profileGeneralisedMixed } from "../mixed/profile-likelihood.js";
import { structureRandomTerms } from "../mixed/random-structure.js";
import { randomComponents } from "../mixed/variance-components.js";
import { qr } from "../numeric/qr.js";
import { binomialLink, type MixedAnalysis } from "../plan/plan.js";
import { noRandomTerm, type Problem, ProblemError, quadratureNeedsOneEffect, randomEffectOfRisk } from "../problem.js";
import type { AnalysisModel } from "./analysis-model.js";
import { outcomeProblems } from "./check-outcome.js";
import { type PreparedFormula, prepareFormula, profileOf } from "./formula-analysis.js";
import { linkScaleEstimates, type PreparedLinkScale, withLinkScale } from "./link-scale-estimates.js";
import { withProfileIntervals } from "./profile-intervals.js";

export const generalisedMixedAnalysis: AnalysisModel<MixedAnalysis, PreparedLinkScale<MixedAnalysis>> = {
  prepare: (input) => {
    const family = familyOf(input.analysis);
    const prepared = prepareFormula(input, {
      residual: false,
      check: (analysis, frame, path) => [
        ...rankProblems(frame.X, qr(frame.X), frame.names, path),
        ...outcomeProblems(frame, input.table, family),
        ...(frame.Z.length === 0 ? [noRandomTerm(path)] : randomProblems(analysis, frame, path)),
      ],
    });
    return withLinkScale<MixedAnalysis, typeof prepared>(prepared, family);
  },

  analyse: (prepared) => {
    const { analysis, frame, path } = prepared;
    const { quadrature, interval } = analysis;
    const family = familyOf(analysis);
    const link = binomialLink(analysis);
    const fit = fitGeneralisedLinearMixed(frame, { family, link, quadrature, path });
    const { problems, converged, singular, iterations, logLik, parameters, n } = fit;
    // Separation without random effects is separation with them; the simpler model says which covariates.
    const simpler = fitGeneralisedLinear({ ...frame, Z: [] }, { family, link, path });
    const separation = simpler.problems.filter(({ code }) => code === "fit.separation");
    const isEstimated = converged && separation.length === 0;
    return {
      method: `${link === "cloglog" ? "mixed model with complementary log-log link" : modelWords[family]}, maximum likelihood by ${approximation(quadrature)}, model-based standard errors, ${
        interval === "profile" ? "profile-likelihood intervals, " : ""
      }normal approximation`,
      criterion: "ML",
      standardErrors: "model",
      degreesOfFreedom: "normal",
      integral: { family, points: quadrature },
      ...(link === "cloglog" ? { link } : {}),
      groups: n.groups,
      likelihood: { logLik, parameters },
      converged: isEstimated,
      singular,
      iterations,
      problems: separation.length > 0 ? separation : [...problems, ...laplaceProblems(frame, fit, path)],
      estimates: isEstimated ? estimatesOf(fit, prepared, family) : [],
      profile: isEstimated ? profileOf(fit, { ...prepared, means: [] }) : null,
      diagnostics: null,
    };
  },
};

/** The caller sends analyses of these families only. */
const familyOf = ({ family }: MixedAnalysis): FamilyName => (family === "poisson" ? "poisson" : "binomial");

const modelWords: Record<FamilyName, string> = {
  binomial: "logistic mixed model",
  poisson: "Poisson mixed model",
};

const approximation = (quadrature: number): string =>
  quadrature === 1 ? "Laplace's approximation" : `adaptive Gauss–Hermite quadrature with ${quadrature} points`;

function estimatesOf(
  fit: GeneralisedLinearMixedFit,
  prepared: PreparedLinkScale<MixedAnalysis>,
  family: FamilyName,
): Estimate[] {
  const { analysis, frame, designs, path } = prepared;
  const { level, interval, risks } = analysis;
  const estimates = [
    ...linkScaleEstimates(fit, { ...prepared, designs: [] }, family),
    ...randomComponents(fit, null, level),
  ];
  const intervals = interval === "profile" ? profileGeneralisedMixed(frame, fit, level, path) : [];
  const { jointCovariance: vcov, denominatorDf } = fit;
  const population = risks === undefined ? [] : populationRisks(fit, frame, designs);
  return [
    ...withProfileIntervals(estimates, intervals),
    ...riskEstimates({ vcov, denominatorDf }, population, risks?.of ?? "", level),
  ];
}

function randomProblems(
  { quadrature, risks }: MixedAnalysis,
  frame: PreparedFormula["frame"],
  path: string,
): readonly Problem[] {
  const varying = frame.Z.find(({ names }) =>
    names.some((name) => name.split(":").some((part) => part.startsWith(`${risks?.of}[`))),
  );
  const ofRisk =
    risks === undefined || varying === undefined ? [] : [randomEffectOfRisk(path, risks.of, varying.group)];
  try {
    const structure = structureRandomTerms(frame.Z, path);
    return [...ofRisk, ...(quadrature > 1 && !takesQuadrature(structure) ? [quadratureNeedsOneEffect(path)] : [])];
  } catch (thrown) {
    if (thrown instanceof ProblemError) return [...ofRisk, ...thrown.problems];
    throw thrown;
  }
}
