/** What Cox models with and without frailty share: the prepared analysis, and its log hazard ratios and hazard ratios. */
import type { SurvivalFrame } from "../formula/survival-frame.js";
import { type AdjustedMean, meanEstimates } from "../inference/adjusted-means.js";
import { coefficientEstimates, termTests } from "../inference/coefficients.js";
import { finite } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import type { Fit } from "../inference/fit.js";
import { toRatio } from "../inference/ratio.js";
import type { CoxAnalysis } from "../plan/plan.js";
import type { PreparedAnalysis } from "./analysis-model.js";

export interface PreparedCox extends PreparedAnalysis<CoxAnalysis> {
  /** Its events are those that are modelled: 1, or 0 for all others. */
  readonly frame: SurvivalFrame;
  /** What `means` asks for; empty when it does not. */
  readonly means: readonly AdjustedMean[];
  /** What `predict` asks for. */
  readonly predictions: readonly AdjustedMean[];
  /** The event that is modelled, where there are several, and those that compete with it. */
  readonly cause: string | null;
  readonly competing: readonly string[];
}

/** Coefficients, tests of terms with several, contrasts that `means` asks for, and the hazard ratios of them all. */
export function hazardRatios({ analysis, frame, means }: PreparedCox, fit: Fit): Estimate[] {
  const { level } = analysis;
  const design = withoutIntercept(frame);
  const coefficients = coefficientEstimates(fit, { design }, null, level).map(
    (estimate): Estimate => ({
      ...estimate,
      measure: estimate.measure === "interaction" ? estimate.measure : "log-hazard-ratio",
    }),
  );
  const contrasts = meanEstimates(fit, means, analysis.means?.of ?? "", { unit: null, level })
    .filter(({ name }) => name.startsWith("contrast:"))
    .map((estimate): Estimate => ({ ...estimate, measure: "log-hazard-ratio" }));
  const ratios = [...coefficients, ...contrasts].map((estimate) =>
    toRatio(estimate, ratioName(estimate.name), "hazard-ratio"),
  );
  return [...coefficients, ...termTests(fit, { design }, level), ...contrasts, ...ratios];
}

/** `hazard-ratio:age` of `coefficient:age`, `hazard-ratio:A[x]/A[ref]@…` of `contrast:A[x]-A[ref]@…`. */
export function ratioName(name: string): string {
  const contrast = /^contrast:(([^[\]]+)\[.*\])-(\2\[.*\].*)$/s.exec(name);
  return contrast === null
    ? `hazard-ratio:${name.slice(name.indexOf(":") + 1)}`
    : `hazard-ratio:${contrast[1]}/${contrast[3]}`;
}

/** The design with its terms counted as X has them. */
const withoutIntercept = ({ design }: SurvivalFrame): SurvivalFrame["design"] => ({
  ...design,
  intercept: false,
  terms: design.terms.map((term) => ({ ...term, start: term.start - 1 })),
});

export const chiSquared = (name: string, statistic: number, df: number, p: number, level: number): Estimate =>
  finite({
    name,
    measure: "chi-squared",
    unit: null,
    estimate: null,
    se: null,
    df,
    statistic,
    p,
    lower: null,
    upper: null,
    level,
  });
