/**
 * Linear mixed model with a residual variance for each level of a factor (`residual-by: arm`): with random effects
 * of therapists in each arm, the heteroscedastic partially nested model.
 *
 * Model      y = Xβ + Zb + ε,  b ~ N(0, G),  ε_r ~ N(0, σ²_s(r)).
 * Df         Satterthwaite with the observed information, Kenward–Roger with the expected one, as in linear-mixed.ts.
 * Sources    Roberts & Roberts (2005) Clinical Trials 2:152–162; Candlish et al. (2018) BMC Med Res Methodol 18:105;
 *            Pinheiro & Bates (2000), sec. 5.2 (varIdent).
 * Checked    test/reference/mixed-residual-strata (nlme).
 */
import type { RegressionFrame } from "../formula/frame.js";
import type { GroupingFactor } from "../formula/grouping-factor.js";
import { noRandomTerm, ProblemError } from "../problem.js";
import { covarianceStructure } from "./covariance-structure.js";
import type { LinearMixedOptions } from "./linear-mixed.js";
import { fitMarginal, type MarginalFit } from "./marginal-model.js";

export interface ResidualStrataFit extends MarginalFit {
  readonly model: "mixed";
  /** Levels of the factor. The residual variances are the diagonal of `sigma`. */
  readonly strata: readonly string[];
}

/**
 * Fit a linear mixed model with a residual variance for each stratum.
 *
 * @param strata  The level of each row of the frame.
 * @throws ProblemError when the design cannot be fitted; see fitLinearMixed.
 */
export function fitResidualStrata(
  frame: RegressionFrame,
  { codes, levels }: GroupingFactor,
  { method = "REML", df = "satterthwaite", path = "" }: LinearMixedOptions = {},
): ResidualStrataFit {
  if (frame.Z.length === 0) throw new ProblemError([noRandomTerm(path)]);
  const subjects = Int32Array.from(codes, (_, row) => row);
  const covariance = covarianceStructure("diagonal", levels.length);
  const fit = fitMarginal(frame, { subjects, visits: codes }, covariance, {
    method,
    df,
    kenwardRoger: "expected",
    path,
  });
  return { ...fit, model: "mixed", strata: levels };
}
