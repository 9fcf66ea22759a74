/**
 * Linear model by least squares.
 *
 * Model      y = Xβ + ε, ε independent with variance σ².
 * Estimator  Householder QR of X, without normal equations.
 * Symbols    n rows, p coefficients, R p×p upper triangular.
 * Sources    Golub & Van Loan (2013), 5.3; log-likelihood, AIC and BIC as R's `lm` (σ² counted).
 * Checked    test/reference/linear-* (R's lm, NIST StRD).
 */
import type { Frame } from "../formula/frame.js";
import type { Fit } from "../inference/fit.js";
import { fullRankQr } from "../inference/full-rank.js";
import { multiply, timesVector, transpose } from "../numeric/matrix.js";
import { invertUpper, solveUpper } from "../numeric/qr.js";
import { noResidualVariance, ProblemError, type ReportedProblem, randomTermInLinear } from "../problem.js";

export interface LinearOptions {
  /** Default "residual": n − p. */
  readonly df?: "residual" | "normal";
  readonly path?: string;
}

export interface LinearFit extends Fit {
  readonly model: "linear";
  /** Residual standard deviation, with divisor n − p. */
  readonly sigma: number;
  /** 1 − residual over total variation (about the mean where there is an intercept). */
  readonly rSquared: number;
  readonly fitted: Float64Array;
  readonly residuals: Float64Array;
}

/**
 * Fit a linear model.
 *
 * @param frame  n rows, X n×p of full column rank with n > p, no random terms.
 * @throws ProblemError `frame.aliased`, `frame.too-few-rows`, `formula.random-term`.
 */
export function fitLinear(frame: Frame, { df = "residual", path = "" }: LinearOptions = {}): LinearFit {
  const { X, response, offset, names, design } = frame;
  if (frame.Z.length > 0) throw new ProblemError([randomTermInLinear(path)]);
  const n = response.length;
  const p = X.cols;
  const y = offset === null ? response : response.map((v, i) => v - offset[i]!);
  const { R, rotated } = fullRankQr(X, names, y, path);
  const coef = solveUpper(R, rotated!);
  let rss = 0;
  for (let i = p; i < n; i++) rss += rotated![i]! ** 2;
  const total = y.reduce((sum, v) => sum + v * v, 0);
  const problems: ReportedProblem[] = rss > 1e-25 * total ? [] : [noResidualVariance(path)];
  const sigma2 = rss / (n - p);
  const inverseR = invertUpper(R);
  const unscaled = multiply(inverseR, transpose(inverseR));
  const fitted = timesVector(X, coef);
  if (offset !== null) for (let i = 0; i < n; i++) fitted[i]! += offset[i]!;
  const denominator = { df: df === "normal" ? Number.POSITIVE_INFINITY : n - p, scale: 1 };
  return {
    model: "linear",
    names,
    coef,
    vcov: { ...unscaled, data: unscaled.data.map((v) => v * sigma2) },
    denominatorDf: () => denominator,
    logLik: (-n / 2) * (Math.log((2 * Math.PI * rss) / n) + 1),
    parameters: p + 1,
    n: { observations: n, groups: {} },
    converged: problems.length === 0,
    problems,
    sigma: Math.sqrt(sigma2),
    rSquared: 1 - rss / (design.intercept ? aboutMean(y) : total),
    fitted,
    residuals: response.map((v, i) => v - fitted[i]!),
  };
}

/** Σ (y − ȳ)². */
function aboutMean(y: Float64Array): number {
  const mean = y.reduce((sum, v) => sum + v, 0) / y.length;
  return y.reduce((sum, v) => sum + (v - mean) ** 2, 0);
}
