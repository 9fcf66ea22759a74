/**
 * −2 times the log partial likelihood of a Cox model with gaussian random effects, integrated by Laplace's approximation,
 * over theta:
 *
 *     f(θ) = −2 [ℓ(β̂, Λû) − û'û / 2] + log|K|,  K = I + Λ'HΛ,
 *
 * where (β̂, û) maximise what is in brackets and H is minus the Hessian of ℓ in b, all of it.
 *
 * Gradient   With G̃ = ΛK⁻¹Λ', c = ∂ tr(G̃H)/∂η (from the kernel), s = ∂ℓ/∂b, J minus the Hessian in (u, β) and
 *            y = J⁻¹ (ΛZ, X)'c: in each entry of Λ, Σ over levels of (−2s + Z'c − H(Λy_u, y_β)) u' + s y_u' + 2 HΛK⁻¹.
 * Sources    Ripatti & Palmgren (2000) Biometrics 56:1016–1022; the gradient as in mixed/laplace-deviance.ts.
 * Checked    test/survival/frailty-deviance.test.ts (the definition; finite differences).
 */
import type { SurvivalFrame } from "../formula/survival-frame.js";
import type { CovarianceObjective } from "../mixed/optimise-covariance.js";
import { type RandomStructure, relativeFactors } from "../mixed/random-structure.js";
import { choleskyInPlace, invertFactorised } from "../numeric/cholesky.js";
import { type Matrix, timesVector, zeros } from "../numeric/matrix.js";
import {
  type FrailtyPartialLikelihood,
  frailtyPartialLikelihood,
  type PartialLikelihood,
} from "./frailty-partial-likelihood.js";
import { type ConcaveMaximum, maximiseConcave, solveFactor } from "./penalised-newton.js";
import type { Ties } from "./tied-events.js";

/** What a model with frailty needs of a frame; an event is code 1. */
export type FrailtyFrame = Pick<SurvivalFrame, "outcome" | "X" | "names" | "offset" | "weights" | "strata" | "Z">;

/** What the deviance is made from. */
export interface FrailtyModel {
  readonly structure: RandomStructure;
  readonly q: number;
  readonly p: number;
  readonly offset: Float64Array;
  readonly likelihood: FrailtyPartialLikelihood;
  /** First random effect of each factor. */
  readonly first: readonly number[];
  /** The log partial likelihood at theta and (u, β). */
  readonly at: (theta: Float64Array, x: Float64Array) => PartialLikelihood;
  /** η of the coefficients (b, β). Overwritten by the next call. */
  readonly predictor: (coefficients: Float64Array) => Float64Array;
}

/** `X` in the orthonormal basis. */
export function frailtyModel(frame: FrailtyFrame, structure: RandomStructure, ties: Ties): FrailtyModel {
  const { outcome, X, strata, weights } = frame;
  const n = X.rows;
  const p = X.cols;
  const offset = frame.offset ?? new Float64Array(n);
  let q = 0;
  const first = structure.factors.map(({ levels, k }) => {
    const at = q;
    q += levels.length * k;
    return at;
  });
  const random = structure.factors.map(({ codes, values, k }, f) => ({ first: first[f]!, k, codes, values }));
  const { start, time, event } = outcome;
  const likelihood = frailtyPartialLikelihood(
    { start, time, event, strata: strata?.codes ?? null, weights },
    { q, random, X },
    ties,
  );
  const eta = new Float64Array(n);
  const predictor = (coefficients: Float64Array): Float64Array => {
    eta.set(offset);
    for (const { first: from, k, codes, values } of random)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < k; j++) eta[i]! += values.data[i * k + j]! * coefficients[from + codes[i]! * k + j]!;
    for (let i = 0; i < n; i++) for (let j = 0; j < p; j++) eta[i]! += X.data[i * p + j]! * coefficients[q + j]!;
    return eta;
  };
  const at = (theta: Float64Array, x: Float64Array): PartialLikelihood =>
    likelihood.at(predictor(scaleBlocks(structure, first, relativeFactors(structure, theta), x)));
  return { structure, q, p, offset, likelihood, first, at, predictor };
}

export interface FrailtyDeviance extends CovarianceObjective {
  readonly scoring: (theta: Float64Array) => Matrix | null;
  /** `value` to some 1e-8: less is spent on the mode. For a search that has no slopes. */
  readonly roughly: (theta: Float64Array) => number;
  /** (û, β̂) at the theta last given to `value`. */
  readonly mode: () => ConcaveMaximum | null;
}

/** A decrement, beside the size of the likelihood, that leaves 1e-8 or less of the log determinant. */
const ROUGHLY = 1e-19;

/** ℓ to second order about some (b, β). */
export interface Expansion {
  /** (b, β), c. */
  readonly about: Float64Array;
  /** c×c: minus the Hessian of ℓ in (b, β). */
  readonly H: Matrix;
  /** ∂ℓ/∂(b, β). */
  readonly score: Float64Array;
}

/** What is known at one theta. */
interface ModeAtTheta extends Expansion {
  readonly theta: Float64Array;
  readonly lambdas: readonly Float64Array[];
  readonly maximum: ConcaveMaximum;
  readonly deviance: number;
  /** Of the deviance, when they have been asked for; with K⁻¹, q×q. */
  slopes?: Float64Array;
  inverseK?: Float64Array;
}

/**
 * f(θ) and its gradient.
 *
 * @param near  Of the likelihood about b = 0 and a β that is not far off; absent: the search begins at zero.
 */
export function frailtyDeviance(
  { structure, q, p, first, likelihood, predictor }: FrailtyModel,
  near: Expansion | null = null,
): FrailtyDeviance {
  const c = q + p;
  /** At the theta last given to `value`; null when there is no maximum. */
  let current: ModeAtTheta | null = null;
  /** The best so far: searches come back to it and look around it. */
  let lowest: ModeAtTheta | null = null;
  /** Where the likelihood is. */
  let evaluated: ModeAtTheta | null = null;

  const maximise = (
    lambdas: readonly Float64Array[],
    start: Float64Array,
    nearby: Float64Array | null,
    nothing?: number,
  ): Omit<ModeAtTheta, "theta"> | null => {
    let point = start;
    let about = start;
    let score = start;
    let H = zeros(c, c);
    const penalised = {
      value: (x: Float64Array): number => {
        about = scaleBlocks(structure, first, lambdas, x);
        const { logLik, residuals } = likelihood.at(predictor(about));
        score = likelihood.toColumns(residuals);
        let squares = 0;
        for (let j = 0; j < q; j++) squares += x[j]! * x[j]!;
        point = x;
        return logLik - squares / 2;
      },
      slope: (): Float64Array => {
        const slope = scaleBlocksTransposed(structure, first, lambdas, score);
        for (let j = 0; j < q; j++) slope[j]! -= point[j]!;
        return slope;
      },
      information: (): Float64Array => {
        H = likelihood.information();
        return penalisedInformation(H, lambdas);
      },
    };
    const maximum = maximiseConcave(penalised, start, nearby, nothing);
    if (maximum === null) return null;
    let logDeterminant = 0;
    for (let j = 0; j < q; j++) logDeterminant += 2 * Math.log(maximum.factor[j * c + j]!);
    return { lambdas, maximum, about, H, score, deviance: -2 * maximum.value + logDeterminant };
  };

  /** J: T'HT with T = (Λ, I), and the penalty. */
  const penalisedInformation = ({ data }: Matrix, lambdas: readonly Float64Array[]): Float64Array => {
    const J = data.slice();
    congruence(structure, first, lambdas, J, c);
    for (let j = 0; j < q; j++) J[j * c + j]! += 1;
    return J;
  };

  /** The mode if the likelihood were what it is to second order, J x = T'(score + H (b, β)), and the factor of that J. */
  const predictedMode = ({ about, score, H }: Expansion, lambdas: readonly Float64Array[]) => {
    const factor = penalisedInformation(H, lambdas);
    if (!choleskyInPlace(factor, c)) return null;
    const pull = timesVector(H, about).map((v, j) => v + score[j]!);
    return { at: solveFactor(factor, scaleBlocksTransposed(structure, first, lambdas, pull)), factor };
  };

  /** What is known at a theta, or at one that agrees to ten digits: by then the deviance is the same to rounding. */
  const known = (theta: Float64Array): ModeAtTheta | null =>
    [current, lowest].find((one) => one?.theta.every((t, i) => Math.abs(t - theta[i]!) <= 1e-10 * Math.abs(t))) ?? null;

  const found = (theta: Float64Array, nothing?: number): ModeAtTheta | null => {
    const lambdas = relativeFactors(structure, theta);
    const from = closest(theta, current, lowest) ?? near;
    const predicted = from === null ? null : predictedMode(from, lambdas);
    const one =
      (predicted === null ? null : maximise(lambdas, predicted.at, predicted.factor, nothing)) ??
      maximise(lambdas, new Float64Array(c), null);
    return one === null ? null : { theta: theta.slice(), ...one };
  };

  const value = (theta: Float64Array): number => {
    const before = known(theta);
    current = before ?? found(theta);
    if (before === null) evaluated = current;
    if (current === null) return Number.NaN;
    if (lowest === null || current.deviance < lowest.deviance) lowest = current;
    return current.deviance;
  };

  const roughly = (theta: Float64Array): number => {
    evaluated = null;
    return (known(theta) ?? found(theta, ROUGHLY))?.deviance ?? Number.NaN;
  };

  const gradient = (): Float64Array => {
    if (current === null) return new Float64Array(structure.theta.length).fill(Number.NaN);
    current.slopes ??= slopesAt(current);
    return current.slopes;
  };

  const slopesAt = (one: ModeAtTheta): Float64Array => {
    const { lambdas, H, score } = one;
    const { at: x, factor } = one.maximum;
    if (evaluated !== one) likelihood.at(predictor(scaleBlocks(structure, first, lambdas, x)));
    evaluated = one;
    const inverseK = invertLeading(factor, c, q);
    one.inverseK = inverseK;
    const tilde = inverseK.slice();
    congruenceOuter(structure, first, lambdas, tilde, q);
    const change = likelihood.traceSlope({ rows: q, cols: q, data: tilde });
    const columns = likelihood.toColumns(change);
    const y = solveFactor(factor, scaleBlocksTransposed(structure, first, lambdas, columns));
    const moved = timesVector(H, scaleBlocks(structure, first, lambdas, y));

    return Float64Array.from(structure.theta, ({ factor: f, row, col }) => {
      const { k, levels } = structure.factors[f]!;
      let slope = 0;
      for (let level = 0; level < levels.length; level++) {
        const [i, j] = [first[f]! + level * k + row, first[f]! + level * k + col];
        slope += (-2 * score[i]! + columns[i]! - moved[i]!) * x[j]! + score[i]! * y[j]!;
        slope += 2 * timesLambdaInverse(i, j);
      }
      return slope;
    });

    /** (HΛK⁻¹) at row i and column j. */
    function timesLambdaInverse(i: number, j: number): number {
      let sum = 0;
      structure.factors.forEach(({ k, levels }, g) => {
        const lambda = lambdas[g]!;
        const from = first[g]!;
        for (let level = 0; level < levels.length; level++)
          for (let a = 0; a < k; a++) {
            const h = H.data[i * c + from + level * k + a]!;
            for (let b = 0; b <= a; b++) sum += h * lambda[a * k + b]! * inverseK[(from + level * k + b) * q + j]!;
          }
      });
      return sum;
    }
  };

  /**
   * The information on theta that is expected of the random effects, tr(P Ġ P Ġ) with P = H − HΛK⁻¹Λ'H. Of random intercepts
   * alone P is Λ⁻¹ (I − K⁻¹) Λ⁻¹, at no cost once the slopes are there.
   */
  const scoring = (theta: Float64Array): Matrix | null => {
    if (structure.factors.some(({ k }) => k > 1) || theta.some((t) => t === 0)) return null;
    value(theta);
    gradient();
    const inverseK = current?.inverseK;
    if (inverseK === undefined) return null;
    const m = theta.length;
    const ends = structure.factors.map(({ levels }, f) => first[f]! + levels.length);
    const information = zeros(m, m);
    for (let a = 0; a < m; a++)
      for (let b = 0; b <= a; b++) {
        let squares = 0;
        for (let i = first[a]!; i < ends[a]!; i++)
          for (let j = first[b]!; j < ends[b]!; j++) squares += ((i === j ? 1 : 0) - inverseK[i * q + j]!) ** 2;
        information.data[a * m + b] = (4 * squares) / (theta[a]! * theta[b]!);
        information.data[b * m + a] = information.data[a * m + b]!;
      }
    return information;
  };
  return { value, roughly, gradient, scoring, mode: () => current?.maximum ?? null };
}

/** The one of two whose theta is closer, the first when they are as close. */
function closest(theta: Float64Array, a: ModeAtTheta | null, b: ModeAtTheta | null): ModeAtTheta | null {
  if (a === null || b === null) return a ?? b;
  const distance = (one: ModeAtTheta): number => theta.reduce((sum, t, i) => sum + (t - one.theta[i]!) ** 2, 0);
  return distance(b) < distance(a) ? b : a;
}

/** Inverse of the leading q×q block of LL', c×c. */
export function invertLeading(L: Float64Array, c: number, q: number): Float64Array {
  const lower = zeros(q, q);
  for (let i = 0; i < q; i++) for (let j = 0; j <= i; j++) lower.data[i * q + j] = L[i * c + j]!;
  return invertFactorised(lower).data;
}

// ── Λ, block by block ───────────────────────────────────────────────────────────────────────────

/** (Λu, β) of (u, β). */
function scaleBlocks(
  { factors }: RandomStructure,
  first: readonly number[],
  lambdas: readonly Float64Array[],
  x: Float64Array,
): Float64Array {
  const scaled = x.slice();
  factors.forEach(({ k, levels }, f) => {
    const lambda = lambdas[f]!;
    for (let level = 0, at = first[f]!; level < levels.length; level++, at += k)
      for (let i = 0; i < k; i++) {
        let sum = 0;
        for (let j = 0; j <= i; j++) sum += lambda[i * k + j]! * x[at + j]!;
        scaled[at + i] = sum;
      }
  });
  return scaled;
}

/** (Λ'v, w) of (v, w). */
function scaleBlocksTransposed(
  { factors }: RandomStructure,
  first: readonly number[],
  lambdas: readonly Float64Array[],
  v: Float64Array,
): Float64Array {
  const scaled = v.slice();
  factors.forEach(({ k, levels }, f) => {
    const lambda = lambdas[f]!;
    for (let level = 0, at = first[f]!; level < levels.length; level++, at += k)
      for (let j = 0; j < k; j++) {
        let sum = 0;
        for (let i = j; i < k; i++) sum += lambda[i * k + j]! * v[at + i]!;
        scaled[at + j] = sum;
      }
  });
  return scaled;
}

/** A ← T'AT with T = Λ and, below it, the identity; A c×c symmetric, in place. */
const congruence = (
  structure: RandomStructure,
  first: readonly number[],
  lambdas: readonly Float64Array[],
  A: Float64Array,
  c: number,
): void => transformBoth(structure, first, A, c, (f, k, i, j) => lambdas[f]![j * k + i]!);

/** A ← ΛAΛ', A q×q symmetric, in place. */
const congruenceOuter = (
  structure: RandomStructure,
  first: readonly number[],
  lambdas: readonly Float64Array[],
  A: Float64Array,
  q: number,
): void => transformBoth(structure, first, A, q, (f, k, i, j) => lambdas[f]![i * k + j]!);

/** A ← BAB' with B block-diagonal, its blocks' entries given; in place. */
function transformBoth(
  { factors }: RandomStructure,
  first: readonly number[],
  A: Float64Array,
  size: number,
  entry: (f: number, k: number, i: number, j: number) => number,
): void {
  factors.forEach(({ k, levels }, f) => {
    const block = Float64Array.from({ length: k * k }, (_, at) => entry(f, k, Math.floor(at / k), at % k));
    if (k === 1) {
      const scale = block[0]!;
      const from = first[f]!;
      const to = from + levels.length;
      for (let i = 0; i < size; i++)
        if (i >= from && i < to)
          for (let j = 0; j < size; j++) A[i * size + j]! *= j >= from && j < to ? scale * scale : scale;
        else for (let j = from; j < to; j++) A[i * size + j]! *= scale;
      return;
    }
    const old = new Float64Array(k);
    for (let level = 0, at = first[f]!; level < levels.length; level++, at += k) {
      // Rows, then columns.
      for (let other = 0; other < size; other++) {
        for (let j = 0; j < k; j++) old[j] = A[(at + j) * size + other]!;
        for (let i = 0; i < k; i++) {
          let sum = 0;
          for (let j = 0; j < k; j++) sum += block[i * k + j]! * old[j]!;
          A[(at + i) * size + other] = sum;
        }
      }
      for (let other = 0; other < size; other++) {
        for (let j = 0; j < k; j++) old[j] = A[other * size + at + j]!;
        for (let i = 0; i < k; i++) {
          let sum = 0;
          for (let j = 0; j < k; j++) sum += block[i * k + j]! * old[j]!;
          A[other * size + at + i] = sum;
        }
      }
    }
  });
}
