/**
 * The public interface of fit-rct as a library. Everything here is pure and runs in a browser; the program
 * `analyze` (src/cli) is what reads and writes files.
 */

// Running a plan
export type { AnalysisResult, Results, Run } from "./analysis/results.js";
export { resultsJsonSchema } from "./analysis/results-schema.js";
export { type PlanData, prepareAnalyses, type RunPlanOptions, runPlan } from "./analysis/run-plan.js";
// Effect sizes
export { type ArmRisk, riskOf } from "./effect-size/arm-risk.js";
export { type ArmSummary, pooledSd, summariseArm } from "./effect-size/arm-summary.js";
export { cohensD } from "./effect-size/cohens-d.js";
export { commonLanguage } from "./effect-size/common-language.js";
export type { EffectSize } from "./effect-size/effect-size.js";
export { glassDelta } from "./effect-size/glass-delta.js";
export { hedgesG } from "./effect-size/hedges-g.js";
export { meanDifference } from "./effect-size/mean-difference.js";
export { numberNeededToTreat } from "./effect-size/number-needed-to-treat.js";
export { oddsRatio } from "./effect-size/odds-ratio.js";
export { riskDifference } from "./effect-size/risk-difference.js";
export { riskRatio } from "./effect-size/risk-ratio.js";
export { type DenominatorSd, standardisedDifference } from "./effect-size/standardised-difference.js";
// Figures and report
export { type Figure, figureFiles, figures } from "./figure/figures.js";
// Models and estimates
export type { Formula } from "./formula/formula.js";
export type { Exclusion, Frame, ModelFrame, RandomTerm } from "./formula/frame.js";
export { type ModelFrameOptions, modelFrame } from "./formula/model-frame.js";
export { parseFormula } from "./formula/parse-formula.js";
export { renderFormula } from "./formula/render-formula.js";
export type { SurvivalFrame, SurvivalOutcome } from "./formula/survival-frame.js";
export { type SurvivalFrameOptions, survivalFrame } from "./formula/to-survival-frame.js";
export { type AdjustedMean, adjustedMeans, type MeansRequest } from "./inference/adjusted-means.js";
export { contrast, jointTest } from "./inference/contrast.js";
export type { Estimate } from "./inference/estimate.js";
export { type Family, type FamilyName, families } from "./inference/family.js";
export type { Denominator, Fit, FitCounts } from "./inference/fit.js";
export {
  type LikelihoodRatioTest,
  likelihoodRatioTest,
  type NestedModel,
  type TestedParameters,
  testedParameters,
} from "./inference/likelihood-ratio.js";
export { adjustP, type MultiplicityMethod } from "./inference/multiplicity.js";
export { toRatio } from "./inference/ratio.js";
export {
  type ClusterRobust,
  type Clusters,
  clusterRobust,
  type HeteroscedasticityRobust,
  heteroscedasticityRobust,
  type WorkingModel,
} from "./inference/robust-variance.js";
export {
  type CounterfactualDesign,
  counterfactualDesigns,
  type RiskFunction,
  riskEstimates,
  type StandardisedRisk,
  standardisedRisks,
} from "./inference/standardised-risk.js";
export { fitGee, type GeeFit, type GeeOptions, type GeeVariance } from "./linear/gee.js";
export {
  fitGeneralisedLinear,
  type GeneralisedLinearFit,
  type GeneralisedLinearOptions,
} from "./linear/generalised-linear.js";
export { fitLinear, type LinearFit, type LinearOptions } from "./linear/linear.js";
export {
  clusterRobustMixed,
  type FittedCovariance,
  type Grouping,
  outermostGrouping,
  randomGroupings,
  splitLevel,
  toLinearCovariance,
  toRepeatedCovariance,
  toStrataCovariance,
} from "./mixed/cluster-robust-mixed.js";
export type { DecayingTerm } from "./mixed/decay-deviance.js";
export {
  type DecayGeneralisedMixedFit,
  type DecayGeneralisedMixedOptions,
  fitDecayGeneralisedMixed,
} from "./mixed/decay-generalised-mixed.js";
export { type DecayMixedFit, type DecayMixedOptions, fitDecayMixed } from "./mixed/decay-mixed.js";
export {
  fitGeneralisedLinearMixed,
  type GeneralisedLinearMixedFit,
  type GeneralisedLinearMixedOptions,
} from "./mixed/generalised-linear-mixed.js";
export { fitLinearMixed, type LinearMixedFit, type LinearMixedOptions } from "./mixed/linear-mixed.js";
export { populationRisks } from "./mixed/population-risk.js";
export { profileGeneralisedMixed, profileLinearMixed } from "./mixed/profile-likelihood.js";
export type { ProfileInterval } from "./mixed/profile-limits.js";
export { profileResidualStrata } from "./mixed/profile-residual-strata.js";
export {
  fitRepeatedMeasures,
  type RepeatedMeasures,
  type RepeatedMeasuresFit,
  type RepeatedMeasuresOptions,
} from "./mixed/repeated-measures.js";
export { fitResidualStrata, type ResidualStrataFit } from "./mixed/residual-strata.js";
export type { Matrix } from "./numeric/matrix.js";
// Plans
export { checkPlan, type PlanCheck } from "./plan/check-plan.js";
export { explainAnalysis, explainPlan } from "./plan/explain-plan.js";
export {
  checkLock,
  type Lock,
  type LockState,
  type PlanHashes,
  renderDictionary,
  renderLock,
} from "./plan/lock-plan.js";
export { completePlan, type ParsedPlan, parsePlan } from "./plan/parse-plan.js";
export {
  type Analysis,
  type GeeAnalysis,
  type LinearAnalysis,
  type LogisticAnalysis,
  type Means,
  type MixedAnalysis,
  type Plan,
  type PlanColumn,
  type PoissonAnalysis,
  planJsonSchema,
  type Trial,
} from "./plan/plan.js";
// Problems
export { isError, type Problem, ProblemError, renderProblem, type Severity } from "./problem.js";
export { type ReportOptions, renderReport } from "./report/render-report.js";
export { type Language, texts } from "./report/texts.js";
export { fitWedge, type WedgeFit, type WedgeFitOptions, type WedgeInference } from "./stepped-wedge/fit-wedge.js";
export { type Refit, type RefitData, type RefitOptions, refitter } from "./stepped-wedge/refit.js";
export {
  type WedgeContrast,
  type WedgeModel,
  wedgeContrasts,
  wedgeFormula,
  wedgeTable,
} from "./stepped-wedge/wedge-model.js";
// Data
export {
  type CumulativeIncidence,
  cumulativeIncidence,
  curveAt,
  incidenceInterval,
  meanTimeLost,
  type PointOnCurve,
  type StepCurve,
} from "./survival/competing-risks.js";
export { type CoxFit, type CoxFrame, type CoxOptions, fitCox } from "./survival/cox.js";
export { type FineGrayFit, type FineGrayOptions, fitFineGray } from "./survival/fine-gray.js";
export type { FrailtyFrame } from "./survival/frailty-deviance.js";
export { fitGammaFrailty, type GammaFrailtyFit, type GammaFrailtyOptions } from "./survival/frailty-gamma.js";
export {
  fitGaussianFrailty,
  type GaussianFrailtyFit,
  type GaussianFrailtyOptions,
} from "./survival/frailty-gaussian.js";
export { type GrayOptions, type GrayTest, grayTest } from "./survival/gray-test.js";
export {
  kaplanMeier,
  type SurvivalCurve,
  type SurvivalTimes,
  survivalAt,
} from "./survival/kaplan-meier.js";
export { type LogRankOptions, type LogRankTest, logRank } from "./survival/log-rank.js";
export { type PredictedIncidence, predictedIncidence } from "./survival/predicted-incidence.js";
export { type RestrictedMean, restrictedMean } from "./survival/restricted-mean.js";
export { type SurvivalGroups, survivalGroups } from "./survival/survival-groups.js";
export { type SurvivalIntervalKind, survivalInterval } from "./survival/survival-interval.js";
export { type SurvivalQuantile, survivalQuantile } from "./survival/survival-quantile.js";
export type { ColumnSpec, Dictionary } from "./table/dictionary.js";
export { checkExpression, evaluateCondition, evaluateExpression } from "./table/expression.js";
export { readTable } from "./table/read-table.js";
export type { CategoryColumn, Column, NumberColumn, Table } from "./table/table.js";
export type { TableOptions } from "./table/table-options.js";
export { checkUniqueRows } from "./table/unique-rows.js";
// The trial
export {
  type ChangeClass,
  type ChangeRule,
  changeClass,
  cutOffCrossing,
  type ReliableChange,
  reliableChangeCriterion,
  reliableChangeIndex,
} from "./trial/clinical-change.js";
export { columnMakers } from "./trial/column-makers.js";
export { INSTRUMENTS, type Instrument } from "./trial/instruments.js";
export { type ScoringRule, scoreOf } from "./trial/scoring.js";
export { severityAdjustedEffects } from "./trial/severity-adjusted.js";
