/**
 * Whether Laplace's approximation is good enough for the data at hand. With few rows per level, 0/1 outcomes or large
 * variances it is not: variances, and with them log odds ratios, come out too small or too large, however many levels
 * there are.
 *
 * Where quadrature can be had it is asked at Laplace's estimate: g, the gradient of −2 log-likelihood by quadrature, is
 * zero when the two have the same estimate, and −H⁻¹g is about how far the estimates would move. What counts is that in
 * standard errors: a bias below a tenth of one has no appreciable effect on intervals and tests (Cochran 1977, sec. 1.8).
 * One evaluation, no further fit.
 *
 * Symbols    x = (theta, β); H Hessian of −2 log-likelihood by Laplace, H⁻¹ = ½ covariance of x.
 * Sources    Breslow & Lin (1995) Biometrika 82:81–91; Pinheiro & Chao (2006) JCGS 15:58–81; Joe (2008) CSDA
 *            52:5066–5074; Cochran (1977) Sampling Techniques, 3rd ed.
 * Checked    test/mixed/laplace-accuracy.test.ts (fits by quadrature).
 */
import type { Frame } from "../formula/frame.js";
import { timesVector } from "../numeric/matrix.js";
import { laplaceInaccurate, type ReportedProblem } from "../problem.js";
import { conditionalFamily } from "./conditional-family.js";
import {
  type GeneralisedLinearMixedFit,
  integratedDeviance,
  integratedModel,
  takesQuadrature,
} from "./generalised-linear-mixed.js";
import { structureRandomTerms } from "./random-structure.js";

/** Points that stand for the integral itself. */
const POINTS = 25;
/** In standard errors. */
const NEGLIGIBLE = 0.1;

export interface LaplaceAccuracy {
  /** Log-likelihood by quadrature less that by Laplace's approximation, at Laplace's estimate. */
  readonly logLik: number;
  /** About how far theta and β would move with quadrature, in standard errors: 1 + p. */
  readonly moves: Float64Array;
}

/**
 * null when it cannot be told: the fit has more than one random effect per level or several grouping factors, its
 * variance is zero (there the two agree), or it did not converge.
 */
export function laplaceAccuracy(frame: Frame, fit: GeneralisedLinearMixedFit, path = ""): LaplaceAccuracy | null {
  const structure = structureRandomTerms(frame.Z, path);
  if (fit.quadrature > 1 || !takesQuadrature(structure) || fit.singular || !fit.converged) return null;
  const model = integratedModel(frame, conditionalFamily(fit.family, fit.link), structure);
  const quadrature = integratedDeviance(model, POINTS);
  const value = quadrature.value(Float64Array.from([...fit.theta, ...fit.coef]));
  const { jointCovariance } = fit;
  const moves = timesVector(jointCovariance, quadrature.gradient()).map(
    (step, i) => -step / 2 / Math.sqrt(jointCovariance.data[i * (jointCovariance.cols + 1)]!),
  );
  return { logLik: (fit.deviance - value) / 2, moves };
}

/** A warning when an estimate would move by more than is negligible; none otherwise, or when it cannot be told. */
export function laplaceProblems(frame: Frame, fit: GeneralisedLinearMixedFit, path = ""): ReportedProblem[] {
  const accuracy = laplaceAccuracy(frame, fit, path);
  if (accuracy === null) return [];
  const { logLik, moves } = accuracy;
  const sizes = [...moves].map(Math.abs);
  const farthest = sizes.indexOf(Math.max(...sizes));
  if (!(sizes[farthest]! > NEGLIGIBLE)) return [];
  const { group, names } = frame.Z[0]!;
  const name = farthest === 0 ? `sd:${group}:${names[0]!}` : `coefficient:${fit.names[farthest - 1]!}`;
  return [laplaceInaccurate(path, name, moves[farthest]!, logLik, POINTS)];
}
