/**
 * Predictions Lβ + b_l of a linear mixed model: a combination of fixed effects and the effect of one level of a random term.
 *
 * Value     Lβ̂ + b̂_l, b̂ the conditional modes (best linear unbiased predictions).
 * Variance  of Lβ̂ + b̂_l − Lβ − b_l, from the inverse of the mixed model equations with the estimated variances taken as
 *           known. Found as the covariance of least squares: b are fixed effects with observations b_l = 0 of variance G
 *           added to the rows, the other random terms are integrated out as ever.
 * df        Satterthwaite's 2 f²/(g'Ag) with f that variance, g its slopes over the variance parameters by central
 *           differences, A the covariance of these.
 * Sources   Henderson (1975) Biometrics 31:423–447; McLean, Sanders & Stroup (1991) Am. Stat. 45:54–64.
 * Checked   test/mixed/predicted-effect.test.ts: the mixed model equations in full, lme4.
 */
import type { RandomTerm, RegressionFrame } from "../formula/frame.js";
import { dot, type Matrix, timesVector, zeros } from "../numeric/matrix.js";
import { invertUpper, qr, timesInverseUpper } from "../numeric/qr.js";
import { crossProducts } from "./cross-products.js";
import type { LinearMixedFit } from "./linear-mixed.js";
import { profiledDeviance } from "./profiled-deviance.js";
import { structureRandomTerms } from "./random-structure.js";

export interface PredictedEffect {
  readonly level: string;
  readonly value: number;
  readonly se: number;
  /** NaN when the variance parameters have no covariance. */
  readonly df: number;
}

/** Variances: of each random term, and the residual one. */
interface Variances {
  readonly random: readonly number[];
  readonly residual: number;
}

const STEP = 1e-4;

/**
 * @param frame  of the fit; every random term has one column
 * @param term   whose levels are predicted, an index into frame.Z
 * @param L      p: the fixed effects that each level's effect is added to
 * @returns      one for each level whose rows the term is not zero in
 */
export function predictedEffects(
  frame: RegressionFrame,
  fit: LinearMixedFit,
  term: number,
  L: Float64Array,
): PredictedEffect[] {
  const { random, parameterCovariance, sigma, coef } = fit;
  const at: Variances = { random: random.map(({ covariance }) => covariance.data[0]!), residual: sigma * sigma };
  const { levels, modes } = random[term]!;
  const predicted = levelsInUse(frame.Z[term]!);
  const variances = (of: Variances) => predictionVariances(frame, term, predicted, L, of);
  const variance = variances(at);
  // One row for each variance: its slope over the parameters, and those of the prediction variances over it.
  const residualSlope = new Float64Array(parameterCovariance?.rows ?? 0);
  residualSlope.fill(1, residualSlope.length - 1);
  const slopes = [
    ...random.map(({ covarianceSlopes }, t) => ({
      ofParameters: Float64Array.from(covarianceSlopes, ({ data }) => data[0]!),
      value: at.random[t]!,
      change: (value: number): Variances => ({ ...at, random: at.random.map((v, i) => (i === t ? value : v)) }),
    })),
    {
      ofParameters: residualSlope,
      value: at.residual,
      change: (value: number): Variances => ({ ...at, residual: value }),
    },
  ].map(({ ofParameters, value, change }) => {
    if (value === 0) return { ofParameters, ofVariance: new Float64Array(predicted.length) };
    const [above, below] = [variances(change(value * (1 + STEP))), variances(change(value * (1 - STEP)))];
    return { ofParameters, ofVariance: above.map((v, i) => (v - below[i]!) / (2 * STEP * value)) };
  });
  const fixed = dot(L, coef);
  return predicted.map((level, i) => {
    const gradient = new Float64Array(residualSlope.length);
    for (const { ofParameters, ofVariance } of slopes)
      for (let a = 0; a < gradient.length; a++) gradient[a]! += ofParameters[a]! * ofVariance[i]!;
    const spread =
      parameterCovariance === null ? Number.NaN : dot(gradient, timesVector(parameterCovariance, gradient));
    return {
      level: levels[level]!,
      value: fixed + modes.data[level]!,
      se: Math.sqrt(variance[i]!),
      df: (2 * variance[i]! ** 2) / spread,
    };
  });
}

/** Levels with a row in which the term's column is not zero. */
function levelsInUse({ codes, levels, values }: RandomTerm): number[] {
  const used = new Uint8Array(levels.length);
  codes.forEach((code, row) => {
    if (values.data[row] !== 0) used[code] = 1;
  });
  return [...levels.keys()].filter((level) => used[level] === 1);
}

/** var(Lβ̂ + b̂_l − Lβ − b_l) for each of the levels, given the variances. */
function predictionVariances(
  frame: RegressionFrame,
  term: number,
  levels: readonly number[],
  L: Float64Array,
  { random, residual }: Variances,
): Float64Array {
  const { X, response, Z } = frame;
  const n = response.length;
  // Without variance the effects are known to be zero: only the fixed effects are uncertain.
  const added = random[term] === 0 ? 0 : levels.length;
  const p = X.cols;
  const extended = zeros(n + added, p + added);
  for (let row = 0; row < n; row++)
    for (let j = 0; j < p; j++) extended.data[row * (p + added) + j] = X.data[row * p + j]!;
  const place = new Map(levels.map((level, i) => [level, i]));
  const { codes, values } = Z[term]!;
  for (let row = 0; row < n && added > 0; row++) {
    const i = place.get(codes[row]!);
    if (i !== undefined) extended.data[row * (p + added) + p + i] = values.data[row]!;
  }
  const weight = Math.sqrt(residual / random[term]!);
  for (let i = 0; i < added; i++) extended.data[(n + i) * (p + added) + p + i] = weight;
  const { R } = qr(extended);
  const others = Z.flatMap((other, t) => (t === term ? [] : [{ ...extendTerm(other, added), variance: random[t]! }]));
  const phi = covarianceOf(timesInverseUpper(extended, R), response, others, residual);
  const inverseR = invertUpper(R);
  return Float64Array.from(levels, (_, i) => {
    const row = new Float64Array(p + added);
    row.set(L);
    if (added > 0) row[p + i] = 1;
    const inBasis = Float64Array.from(row, (__, j) => {
      let sum = 0;
      for (let k = 0; k <= j; k++) sum += inverseR.data[k * row.length + j]! * row[k]!;
      return sum;
    });
    return residual * (phi === null ? dot(inBasis, inBasis) : dot(inBasis, timesVector(phi, inBasis)));
  });
}

/** (B'V⁻¹B)⁻¹ in units of the residual variance, for an orthonormal B; null: the identity, nothing else is random. */
function covarianceOf(
  basis: Matrix,
  response: Float64Array,
  others: readonly (RandomTerm & { readonly variance: number })[],
  residual: number,
): Matrix | null {
  if (others.length === 0) return null;
  const structure = structureRandomTerms(others);
  // b = R⁻¹ θ u with u of the residual variance.
  const theta = Float64Array.from(structure.terms, ({ inverseR }, t) => {
    return Math.sqrt(others[t]!.variance / residual) / Math.abs(inverseR.data[0]!);
  });
  const y = new Float64Array(basis.rows);
  y.set(response);
  return profiledDeviance(crossProducts(structure, basis, y), "ML").solution(theta).phi;
}

/** A term that is zero in the added rows. */
function extendTerm(term: RandomTerm, added: number): RandomTerm {
  const values = zeros(term.values.rows + added, 1);
  values.data.set(term.values.data);
  const codes = new Int32Array(term.codes.length + added);
  codes.set(term.codes);
  return { ...term, values, codes };
}
