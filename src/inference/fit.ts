/**
 * What every model's fit has, so that contrasts, means and reports need not know the model.
 * A fit knows its own reference distribution: `denominatorDf` differs between Satterthwaite,
 * Kenward–Roger, between–within, residual and normal; nothing downstream asks which.
 */
import type { Matrix } from "../numeric/matrix.js";
import type { ReportedProblem } from "../problem.js";

/** Denominator degrees of freedom (∞ for normal and χ²) and the factor on the Wald F statistic (1 but for Kenward–Roger with k > 1). */
export interface Denominator {
  readonly df: number;
  readonly scale: number;
}

export interface FitCounts {
  readonly observations: number;
  /** Levels of each grouping factor. */
  readonly groups: Readonly<Record<string, number>>;
}

export interface Fit {
  /** p names of the fixed effects. */
  readonly names: readonly string[];
  /** p estimates, on the link scale. */
  readonly coef: Float64Array;
  /** p×p. */
  readonly vcov: Matrix;
  /** For the hypothesis Lβ = 0, L k×p of full row rank. */
  readonly denominatorDf: (L: Matrix) => Denominator;
  readonly logLik: number;
  /** Parameters counted by AIC and BIC. */
  readonly parameters: number;
  readonly n: FitCounts;
  readonly converged: boolean;
  readonly problems: readonly ReportedProblem[];
}
