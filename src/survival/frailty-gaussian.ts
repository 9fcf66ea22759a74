/**
 * Cox model with gaussian random effects (frailties): any number of nested and crossed grouping factors.
 *
 * Model      h(t | x, b, s) = h0_s(t) exp(offset + x'β + z'b),  b ~ N(0, G),  G = ΛΛ' in blocks, one per level.
 * Estimator  Theta minimises −2 times the log of the partial likelihood integrated over b by Laplace's approximation,
 *                f(θ) = −2 [ℓ(β̂, Λû) − û'û / 2] + log|I + Λ'HΛ|,
 *            where (β̂, û) maximise the penalised log partial likelihood in brackets and H is minus the Hessian of ℓ in b,
 *            all of it. β is β̂ at the theta found, its variance the β block of the inverse of minus the Hessian
 *            of the penalised likelihood in (β, û): given theta.
 * Verdict    As in linear-mixed.ts. A variance at zero is on the boundary, and said.
 * Symbols    n rows, q random effects, p fixed effects.
 * Limits     H is dense in the random effects, for those at risk compete: O(q³) for each step; with 20 000 rows
 *            two seconds in all at q = 500, seven at q = 1000.
 * Sources    Ripatti & Palmgren (2000) Biometrics 56:1016–1022; Therneau, Grambsch & Pankratz (2003) JCGS 12:156–175;
 *            Therneau, coxme (which may leave out entries of H between levels: its sparse option; here none are).
 * Checked    test/reference/frailty-gaussian (coxme 2.2-22; dense second implementation in R); test/survival/frailty-gaussian.test.ts
 *            (the integral by quadrature, finite differences).
 */
import type { Fit } from "../inference/fit.js";
import { fullRankQr } from "../inference/full-rank.js";
import { identifiabilityProblems } from "../mixed/identifiability.js";
import { boundaryProblems, type RandomTermFit, randomTerms } from "../mixed/linear-mixed.js";
import { type CovarianceObjective, freeParameters, optimiseCovariance, part } from "../mixed/optimise-covariance.js";
import { freeThetas, type RandomStructure, structureRandomTerms } from "../mixed/random-structure.js";
import { verdict } from "../mixed/verdict.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { dot, type Matrix, multiply, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { invertUpper, timesInverseUpper } from "../numeric/qr.js";
import { solve } from "../numeric/solve.js";
import { frailtyOfOneLevel, isError, noRandomTerm, type Problem, ProblemError } from "../problem.js";
import { type CoxFit, fitCox } from "./cox.js";
import {
  type Expansion,
  type FrailtyFrame,
  type FrailtyModel,
  frailtyDeviance,
  frailtyModel,
  invertLeading,
} from "./frailty-deviance.js";
import type { ConcaveMaximum } from "./penalised-newton.js";
import type { Ties } from "./tied-events.js";

export interface GaussianFrailtyOptions {
  /** Default "efron". */
  readonly ties?: Ties;
  /** Where problems say they come from. */
  readonly path?: string;
}

/** `coef` are log hazard ratios given the frailties; `logLik` is the integrated log partial likelihood. */
export interface GaussianFrailtyFit extends Fit {
  readonly model: "gaussian-frailty";
  readonly ties: Ties;
  /** Parameters of Λ, on the boundary exactly zero; see random-structure.ts. */
  readonly theta: Float64Array;
  /** Covariances and modes: predicted log frailties, levels × columns. */
  readonly random: readonly RandomTermFit[];
  /** Asymptotic covariance of the thetas off the boundary; null when it does not exist. */
  readonly parameterCovariance: Matrix | null;
  /** Log partial likelihood at β = 0 without frailty. */
  readonly logLikNull: number;
  /** The same at its maximum, without frailty: what `logLik` is compared with to test the variances. */
  readonly logLikWithout: number;
  /** At (β̂, û): with and without the penalty û'û / 2. */
  readonly logLikPenalised: number;
  readonly logLikFitted: number;
  /**
   * Of two variances, each of one effect: the angle between them where both are zero, in the metric of their
   * information, for the test that they are (inference/likelihood-ratio.ts); else null. Radians.
   */
  readonly boundaryAngle: number | null;
  /** Effective degrees of freedom of the penalised likelihood: tr(J⁻¹ (J − penalty)). */
  readonly effectiveDf: number;
  /** −2 logLik. */
  readonly deviance: number;
  readonly singular: boolean;
  readonly iterations: number;
  readonly evaluations: number;
  /** n: offset + xβ + z'b at the modes. */
  readonly eta: Float64Array;
  readonly events: number;
}

/** Of the second optimiser, in standard deviations of the log hazard. */
const STEPS = [0.1, 0.01];
/** A start where the scores give none: a standard deviation of .5 in log hazard, a hazard ratio of 1.6. */
const START = 0.5;
/** No start is smaller or larger: a variance of zero is a stationary point, and a large one far from the others. */
const SMALL = 0.1;
const LARGE = 1.5;

/**
 * Fit a Cox model with gaussian frailties.
 *
 * @param frame  n rows; X n×p without an intercept, p may be 0; at least one random term; an event is code 1.
 * @throws ProblemError when the design cannot be fitted: aliased columns, no random term, dependent random terms,
 *               variances that the risk sets cannot tell apart or say nothing about.
 */
export function fitGaussianFrailty(frame: FrailtyFrame, options: GaussianFrailtyOptions = {}): GaussianFrailtyFit {
  const { ties = "efron", path = "" } = options;
  if (frame.Z.length === 0) throw new ProblemError([noRandomTerm(path)]);
  const structure = structureRandomTerms(frame.Z, path);
  const simpler = fitCox({ ...frame, cluster: null, participant: null }, { ties, path, vcov: "model" });
  const { basis, back } = centredBasis(frame.X, frame.names, path);
  const model = frailtyModel({ ...frame, X: basis }, structure, ties);
  const unidentified = informationProblems(model, structure, path);
  if (unidentified.length > 0) throw new ProblemError(unidentified);

  if (!simpler.converged) return withoutMaximum(frame, simpler, structure, ties);
  const without = withoutFrailty(model, back, simpler);
  const objective = frailtyDeviance(model, without);
  const curvature = rememberedHessian(objective);
  const optimum = optimiseCovariance(
    {
      ...objective,
      scoring: (x) => objective.scoring(x) ?? differencedHessian(objective, x),
      hessian: (x) => curvature(x, 0.01),
    },
    structure,
    startFromScores(structure, model.first, without),
    STEPS,
  );
  const theta = optimum.at;
  const deviance = objective.value(theta);
  const mode = objective.mode();
  const x = mode?.at ?? new Float64Array(model.q + basis.cols);
  const coef = timesVector(back, x.slice(model.q));
  const random = gaussianTerms(structure, theta, x, frame);
  const problems = [...verdict(optimum, path), ...boundaryProblems(structure, theta, random, path)];

  const free = freeParameters(structure, theta);
  const information = mode === null || free.length === 0 ? null : part(curvature(theta, 1e-5), free);
  const inverse = information === null ? null : invertPositiveDefinite(information);
  const final = model.at(theta, x);
  const u = x.subarray(0, model.q);
  const { vcov, effectiveDf } = givenTheta(mode, model.q, basis.cols, back);
  return {
    model: "gaussian-frailty",
    ties,
    names: frame.names,
    coef,
    vcov,
    denominatorDf: () => ({ df: Number.POSITIVE_INFINITY, scale: 1 }),
    logLik: -deviance / 2,
    logLikNull: simpler.logLikNull,
    logLikWithout: theta.every((t) => t === 0) ? -deviance / 2 : simpler.logLik,
    logLikPenalised: final.logLik - dot(u, u) / 2,
    logLikFitted: final.logLik,
    boundaryAngle: boundaryAngle(structure, model.first, without.left),
    effectiveDf,
    deviance,
    parameters: basis.cols + theta.length,
    n: {
      observations: frame.X.rows,
      groups: Object.fromEntries(frame.Z.map(({ group, levels }) => [group, levels.length])),
    },
    events: simpler.events,
    converged: !problems.some(isError),
    singular: freeThetas(structure, theta).length < theta.length,
    problems,
    theta,
    random,
    parameterCovariance: inverse === null ? null : { ...inverse, data: inverse.data.map((v) => 2 * v) },
    iterations: optimum.minimum.iterations,
    evaluations: optimum.minimum.evaluations,
    eta: linearPredictor(frame, coef, random),
  };
}

/** No maximum without frailty is none with it: a fit with the problem of the simpler model, and no numbers. */
function withoutMaximum(
  { names, Z, X }: FrailtyFrame,
  { vcov, logLikNull, problems, denominatorDf, events, iterations }: CoxFit,
  structure: RandomStructure,
  ties: Ties,
): GaussianFrailtyFit {
  const none = Number.NaN;
  return {
    model: "gaussian-frailty",
    ties,
    names,
    coef: new Float64Array(X.cols).fill(none),
    vcov: { ...vcov, data: vcov.data.map(() => none) },
    denominatorDf,
    logLik: none,
    logLikNull,
    logLikWithout: none,
    logLikPenalised: none,
    logLikFitted: none,
    boundaryAngle: null,
    effectiveDf: none,
    deviance: none,
    parameters: X.cols + structure.theta.length,
    n: {
      observations: X.rows,
      groups: Object.fromEntries(Z.map(({ group, levels }) => [group, levels.length])),
    },
    events,
    converged: false,
    singular: false,
    problems,
    theta: new Float64Array(structure.theta.length).fill(none),
    random: [],
    parameterCovariance: null,
    iterations,
    evaluations: 0,
    eta: new Float64Array(X.rows).fill(none),
  };
}

/**
 * Why these rows cannot be fitted with these frailties; empty when they can. For a frame that `fitCox` can fit.
 * The problems that `fitGaussianFrailty` throws.
 */
export function gaussianFrailtyProblems(
  frame: FrailtyFrame,
  { ties = "efron", path = "" }: GaussianFrailtyOptions = {},
): Problem[] {
  try {
    const structure = structureRandomTerms(frame.Z, path);
    const { basis } = centredBasis(frame.X, frame.names, path);
    return informationProblems(frailtyModel({ ...frame, X: basis }, structure, ties), structure, path);
  } catch (thrown) {
    if (thrown instanceof ProblemError) return [...thrown.problems];
    throw thrown;
  }
}

/** X less its means, = basis · back⁻¹ with basis'basis = n I, so that badly scaled covariates cost no digits; β = back · β̃. */
export function centredBasis(X: Matrix, names: readonly string[], path: string): { basis: Matrix; back: Matrix } {
  if (X.cols === 0) return { basis: X, back: zeros(0, 0) };
  const { rows, cols } = X;
  const centred = { rows, cols, data: X.data.slice() };
  for (let j = 0; j < cols; j++) {
    let mean = 0;
    for (let i = 0; i < rows; i++) mean += X.data[i * cols + j]! / rows;
    for (let i = 0; i < rows; i++) centred.data[i * cols + j]! -= mean;
  }
  const { R } = fullRankQr(centred, names, null, path);
  const size = Math.sqrt(rows);
  const scaled = (matrix: Matrix): Matrix => ({ ...matrix, data: matrix.data.map((v) => v * size) });
  return { basis: scaled(timesInverseUpper(centred, R)), back: scaled(invertUpper(R)) };
}

// ── before the fit ──────────────────────────────────────────────────────────────────────────────

/**
 * Variances that the risk sets say nothing about, or cannot tell apart: from the information ½ tr(Ġ H̃ Ġ H̃) at Λ = I and
 * β = b = 0, H̃ the information on b that the fixed effects leave.
 */
function informationProblems(model: FrailtyModel, structure: RandomStructure, path: string): Problem[] {
  const { q, p, likelihood, first, offset } = model;
  const c = q + p;
  const { expected } = likelihood.at(offset);
  const H = likelihood.information();
  // Z' diag(expected events) Z, before those at risk are compared: what an H without information is small beside.
  const events = zeros(q, q);
  structure.factors.forEach(({ codes, values, k }, f) => {
    for (let i = 0; i < expected.length; i++)
      for (let a = 0; a < k; a++)
        for (let b = 0; b < k; b++) {
          const at = first[f]! + codes[i]! * k;
          events.data[(at + a) * q + at + b]! += expected[i]! * values.data[i * k + a]! * values.data[i * k + b]!;
        }
  });
  const alone = part(H, [...Array(q).keys()]);
  const left = projected(H, q, c);
  const scale = (matrix: Matrix) => structure.theta.map((_, t) => expectedInformation(structure, first, matrix, t, t));
  const ofEvents = scale(events);
  const unmixed = scale(alone);
  const silent = [
    ...new Set(
      structure.theta
        .filter((_, t) => !(unmixed[t]! > 1e-12 * ofEvents[t]!))
        .map(({ factor }) => structure.factors[factor]!.group),
    ),
  ];
  if (silent.length > 0) return silent.map((group) => frailtyOfOneLevel(path, group));
  const m = structure.theta.length;
  const information = zeros(m, m);
  for (let a = 0; a < m; a++)
    for (let b = 0; b < m; b++) information.data[a * m + b] = expectedInformation(structure, first, left, a, b);
  return identifiabilityProblems(structure, { expected: information, unprojected: Float64Array.from(unmixed) }, path);
}

/** Where all variances are zero, at the β without frailty. */
interface WithoutFrailty extends Expansion {
  /** q×q: H̃, the information on b that the fixed effects leave, which is the covariance of the score. */
  readonly left: Matrix;
}

function withoutFrailty({ q, p, likelihood, predictor }: FrailtyModel, back: Matrix, simpler: CoxFit): WithoutFrailty {
  const about = new Float64Array(q + p);
  about.set(timesVector(invertUpper(back), simpler.coef), q);
  const { residuals } = likelihood.at(predictor(about));
  const score = likelihood.toColumns(residuals);
  const H = likelihood.information();
  return { about, score, H, left: projected(H, q, q + p) };
}

/**
 * A start for theta: variances by moments. With G small the scores s of b have covariance H̃ + H̃GH̃, so that Σ w s² over the effects
 * of each variance has the expectation Σ w H̃ᵢᵢ + Σ w H̃ᵢⱼ² σ², linear in the variances. With w = 1/(1 + σ² H̃ᵢᵢ)² it has the
 * least variance, were the scores independent.
 */
function startFromScores(
  structure: RandomStructure,
  first: readonly number[],
  { score, left: H }: WithoutFrailty,
): Float64Array {
  const start = Float64Array.from(structure.theta, ({ row, col }) => (row === col ? START : 0));
  const variances = [...start.keys()].filter((t) => start[t] !== 0);
  const m = variances.length;
  const effects = variances.map((t) => {
    const { factor, row } = structure.theta[t]!;
    const { k, levels } = structure.factors[factor]!;
    return levels.map((_, level) => first[factor]! + level * k + row);
  });
  for (let round = 0; round < 2; round++) {
    const squares = zeros(m, m);
    const excess = new Float64Array(m);
    effects.forEach((own, a) => {
      const sigma2 = start[variances[a]!]! ** 2;
      for (const i of own) {
        const h = H.data[i * H.cols + i]!;
        const weight = 1 / (1 + sigma2 * h) ** 2;
        excess[a]! += weight * (score[i]! ** 2 - h);
        effects.forEach((other, b) => {
          for (const j of other) squares.data[a * m + b]! += weight * H.data[i * H.cols + j]! ** 2;
        });
      }
    });
    const moments = solve(squares, excess);
    if (moments === null) return start;
    variances.forEach((t, a) => {
      start[t] = Math.sqrt(Math.min(Math.max(moments[a]!, SMALL ** 2), LARGE ** 2));
    });
  }
  return start;
}

/**
 * The angle between two variances at zero: the scores of the variances are quadratic forms of those of b, whose
 * covariance is H̃, so that the information is ½ tr(Ġ H̃ Ġ H̃).
 */
function boundaryAngle(structure: RandomStructure, first: readonly number[], H: Matrix): number | null {
  if (structure.theta.length !== 2 || structure.theta.some(({ row, col }) => row !== col)) return null;
  const entry = (a: number, b: number) => expectedInformation(structure, first, H, a, b);
  const cosine = entry(0, 1) / Math.sqrt(entry(0, 0) * entry(1, 1));
  return cosine >= 0 && cosine <= 1 ? Math.acos(cosine) : null;
}

/** H_bb − H_bβ H_ββ⁻¹ H_βb. */
function projected(H: Matrix, q: number, c: number): Matrix {
  const random = [...Array(q).keys()];
  const fixed = Array.from({ length: c - q }, (_, j) => q + j);
  const alone = part(H, random);
  const inverse = fixed.length === 0 ? null : invertPositiveDefinite(part(H, fixed));
  if (inverse === null) return alone;
  const cross = zeros(q, c - q);
  random.forEach((i) => {
    fixed.forEach((j) => {
      cross.data[i * cross.cols + j - q] = H.data[i * c + j]!;
    });
  });
  const explained = multiply(multiply(cross, inverse), transpose(cross));
  return { ...alone, data: alone.data.map((v, i) => v - explained.data[i]!) };
}

/** ½ tr(Ġ_a H Ġ_b H) at Λ = I, where Ġ of (row, col) is E_rc + E_cr in each level's block. */
function expectedInformation(
  { theta, factors }: RandomStructure,
  first: readonly number[],
  H: Matrix,
  a: number,
  b: number,
): number {
  const [left, right] = [theta[a]!, theta[b]!];
  const [kl, kr] = [factors[left.factor]!.k, factors[right.factor]!.k];
  const entry = (i: number, j: number) => H.data[i * H.cols + j]!;
  let sum = 0;
  for (let l = 0; l < factors[left.factor]!.levels.length; l++) {
    const [r, s] = [first[left.factor]! + l * kl + left.row, first[left.factor]! + l * kl + left.col];
    for (let m = 0; m < factors[right.factor]!.levels.length; m++) {
      const [t, u] = [first[right.factor]! + m * kr + right.row, first[right.factor]! + m * kr + right.col];
      sum += entry(s, t) * entry(u, r) + entry(s, u) * entry(t, r);
    }
  }
  return sum;
}

// ── from the optimum to the fit ─────────────────────────────────────────────────────────────────

/** Covariance of β given theta, and the effective degrees of freedom, from J = LL' at the mode. */
function givenTheta(mode: ConcaveMaximum | null, q: number, p: number, back: Matrix) {
  if (mode === null) {
    const vcov = zeros(p, p);
    vcov.data.fill(Number.NaN);
    return { vcov, effectiveDf: Number.NaN };
  }
  const c = q + p;
  const inverse = invertLeading(mode.factor, c, c);
  const fixed = zeros(p, p);
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) fixed.data[i * p + j] = inverse[(q + i) * c + q + j]!;
  let effectiveDf = c;
  for (let j = 0; j < q; j++) effectiveDf -= inverse[j * c + j]!;
  return { vcov: p === 0 ? fixed : multiply(multiply(back, fixed), transpose(back)), effectiveDf };
}

/** Covariances of the log frailties, their slopes in the free thetas, modes. */
function gaussianTerms(
  structure: RandomStructure,
  theta: Float64Array,
  u: Float64Array,
  frame: Pick<FrailtyFrame, "Z">,
): RandomTermFit[] {
  const free = freeThetas(structure, theta);
  return randomTerms(structure, theta, { u, sigma2: 1 }, { free }, frame).map((term) => ({
    ...term,
    covarianceSlopes: term.covarianceSlopes.slice(0, free.length),
  }));
}

function linearPredictor(
  { X, Z, offset }: FrailtyFrame,
  coef: Float64Array,
  random: readonly RandomTermFit[],
): Float64Array {
  const eta = timesVector(X, coef);
  if (offset !== null) for (let i = 0; i < eta.length; i++) eta[i]! += offset[i]!;
  Z.forEach(({ values, codes }, t) => {
    const { modes } = random[t]!;
    const k = values.cols;
    for (let i = 0; i < eta.length; i++)
      for (let j = 0; j < k; j++) eta[i]! += values.data[i * k + j]! * modes.data[codes[i]! * k + j]!;
  });
  return eta;
}

/** The Hessian by forward differences of the gradient, which is exact to some ten digits: a short step costs few of them. */
function differencedHessian(objective: CovarianceObjective, x: Float64Array, share = 1e-3): Matrix {
  const m = x.length;
  const hessian = zeros(m, m);
  objective.value(x);
  const here = objective.gradient();
  for (let i = 0; i < m; i++) {
    const h = share * Math.max(Math.abs(x[i]!), 0.1);
    objective.value(x.with(i, x[i]! + h));
    const beside = objective.gradient();
    for (let j = 0; j < m; j++) {
      const second = (beside[j]! - here[j]!) / (2 * h);
      hessian.data[i * m + j]! += second;
      hessian.data[j * m + i]! += second;
    }
  }
  return hessian;
}

/**
 * The Hessian, remembered: the last one serves within a share of each theta, which is enough for Newton steps, and for the
 * variances of the thetas when the share is next to nothing.
 */
function rememberedHessian(objective: CovarianceObjective): (x: Float64Array, share: number) => Matrix {
  let last: { readonly at: Float64Array; readonly hessian: Matrix } | null = null;
  return (x, share) => {
    const at = last?.at;
    if (last !== null && at !== undefined && at.length === x.length)
      if (x.every((t, i) => Math.abs(t - at[i]!) <= share * Math.abs(t))) return last.hessian;
    last = { at: x.slice(), hessian: differencedHessian(objective, x, 1e-6) };
    return last.hessian;
  };
}
