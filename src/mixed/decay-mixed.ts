/**
 * Linear mixed model whose effects of unit-periods decay in correlation with their distance within the unit.
 *
 * Estimator  ML or REML over λ of each term and ρ (optimised as its logit); β and σ² are profiled out
 *            (decay-deviance.ts), in an orthonormal basis of X's columns. From two starts, ρ small and large.
 * Verdict    As in linear-mixed.ts: Newton decrement, Hessian, a second optimiser.
 * Boundary   ρ = 1: units have one effect for all periods (exchangeable). ρ = 0: periods of a unit are independent.
 *            A variance at zero leaves its term out. What is on the boundary is left out of the information, and said.
 * Df         Satterthwaite with the observed information, Kenward–Roger (first order) with the expected one.
 * Sources    Kasza et al. (2019) Stat. Methods Med. Res. 28:703–716.
 * Checked    test/reference/wedge-decay (glmmTMB, nlme), test/mixed/decay-mixed.test.ts (dense matrices).
 */
import type { RandomTerm, RegressionFrame } from "../formula/frame.js";
import { fullRankQr } from "../inference/full-rank.js";
import { leastSquares } from "../inference/least-squares.js";
import { compassSearch } from "../numeric/compass-search.js";
import { type Matrix, timesVector, zeros } from "../numeric/matrix.js";
import { type Minimum, minimise } from "../numeric/minimise.js";
import { invertUpper, timesInverseUpper } from "../numeric/qr.js";
import {
  decayCrossed,
  decayOnBoundary,
  decayWithoutDistance,
  isError,
  noResidualVariance,
  type Problem,
  ProblemError,
  type ReportedProblem,
  varianceAtZero,
} from "../problem.js";
import {
  type DecayingTerm,
  type DecayParameter,
  type DecayParameters,
  type DecayState,
  type DecaySums,
  decayGradient,
  decayInformation,
  decayState,
  decaySums,
} from "./decay-deviance.js";
import { fixedEffectInference, type MixedDf } from "./fixed-effect-inference.js";
import type { CovarianceFit, RandomTermFit } from "./linear-mixed.js";
import { AGREE } from "./optimise-covariance.js";
import type { Method } from "./profiled-deviance.js";
import { parameterCovariance } from "./satterthwaite.js";
import { verdict } from "./verdict.js";

export interface DecayMixedOptions {
  /** Default "REML". */
  readonly method?: Method;
  /** Default "satterthwaite". */
  readonly df?: Exclude<MixedDf, "between-within">;
  readonly path?: string;
}

/** φ = (λ's off the boundary, ρ when it is, σ²). `random` has the decaying term first. */
export interface DecayMixedFit extends CovarianceFit {
  readonly model: "decay";
  /** Correlation of the effects of one unit at distance 1, and its slope in φ (all zero on the boundary). */
  readonly rho: number;
  readonly rhoSlope: Float64Array;
  /** Residual standard deviation. */
  readonly sigma: number;
}

/**
 * Fit a linear mixed model with a decaying term.
 *
 * @param frame  n rows; X n×p of full column rank; Z further random terms of one column each, within units.
 * @throws ProblemError aliased columns; a random term whose levels are in several units; units of one period each.
 */
export function fitDecayMixed(
  frame: RegressionFrame,
  decay: DecayingTerm,
  { method = "REML", df = "satterthwaite", path = "" }: DecayMixedOptions = {},
): DecayMixedFit {
  const { X, response, offset, names, Z } = frame;
  const refused = decayingProblems(decay, Z, path);
  if (refused.length > 0) throw new ProblemError(refused);
  const n = response.length;
  const p = X.cols;
  const y = offset === null ? response : response.map((v, i) => v - offset[i]!);
  const { R } = fullRankQr(X, names, null, path);
  const basis = timesInverseUpper(X, R);
  const { start: ordinary, residuals } = leastSquares(basis, y);
  const squares = residuals.reduce((sum, v) => sum + v * v, 0);
  if (!(squares > 1e-20 * y.reduce((sum, v) => sum + v * v, 0))) throw new ProblemError([noResidualVariance(path)]);
  // Terms of one size: each column by its root mean square, so that λ is in residual standard deviations.
  const sizes = Float64Array.from([1, ...Z.map(({ values }) => rootMeanSquare(values.data))]);
  const scaled = Z.map((term, t) => ({ ...term, values: scaledBy(term.values, 1 / sizes[t + 1]!) }));
  const step = stepOf(decay);
  const sums = decaySums(inSearchSteps(decay), scaled, basis, residuals);

  const search = settle(sums, method);
  const { minimum, secondLower, at, free } = search;
  const state = decayState(sums, at, method)!;
  const information = decayInformation(sums, at, state, free, method);
  const covariance = parameterCovariance(information);
  const random = termFits(frame, decay, sums, at, free, state, sizes);
  const problems: ReportedProblem[] = [
    ...verdict({ minimum, secondLower }, path, covariance),
    ...boundaryProblems(search, decay, Z, path),
  ];
  const inverseR = invertUpper(R);
  const coef = timesVector(
    inverseR,
    state.beta.map((b, i) => b + ordinary[i]!),
  );
  const inference = fixedEffectInference(
    df,
    frame,
    { ...information, kenwardRoger: information.expected, coordinates: inverseR },
    path,
  );
  problems.push(...inference.problems);
  let logDeterminantR = 0;
  for (let i = 0; i < p; i++) logDeterminantR += Math.log(Math.abs(R.data[i * p + i]!));
  const criterion = state.deviance + (method === "REML" ? 2 * logDeterminantR : 0);
  const fitted = timesVector(X, coef);
  if (offset !== null) for (let i = 0; i < n; i++) fitted[i]! += offset[i]!;
  [decay.term, ...Z].forEach(({ codes, values }, t) => {
    for (let i = 0; i < n; i++) fitted[i]! += values.data[i]! * random[t]!.modes.data[codes[i]!]!;
  });
  return {
    model: "decay",
    method,
    names,
    coef,
    vcov: inference.vcov,
    denominatorDf: inference.denominatorDf,
    logLik: -criterion / 2,
    deviance: criterion,
    parameters: p + Z.length + 3,
    n: {
      observations: n,
      groups: Object.fromEntries([decay.term, ...Z].map(({ group, levels }) => [group, levels.length])),
    },
    converged: !problems.some(isError),
    singular: free.length < Z.length + 2,
    problems,
    sigma: Math.sqrt(state.sigma2),
    // ρ over a step of the search is ρ^step over distance 1.
    rho: at.rho ** (1 / step),
    rhoSlope: Float64Array.from([...free.map(({ kind }) => (kind === "rho" ? at.rho ** (1 / step - 1) / step : 0)), 0]),
    random,
    parameterCovariance: covariance,
    iterations: minimum.iterations,
    evaluations: minimum.evaluations,
    fitted,
    residuals: response.map((v, i) => v - fitted[i]!),
  };
}

/** A fifth of the time that a unit spans, on average: in such steps ρ is neither next to 0 nor to 1, whatever the unit of time. */
export function stepOf({ units, positions }: DecayingTerm): number {
  const spans = new Map<number, { low: number; high: number }>();
  units.forEach((unit, level) => {
    const { low, high } = spans.get(unit) ?? { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
    spans.set(unit, { low: Math.min(low, positions[level]!), high: Math.max(high, positions[level]!) });
  });
  let total = 0;
  for (const { low, high } of spans.values()) total += high - low;
  return total > 0 ? total / (5 * spans.size) : 1;
}

/** With positions in steps of a size that suits the search. */
export function inSearchSteps(decay: DecayingTerm): DecayingTerm {
  const step = stepOf(decay);
  return { ...decay, positions: decay.positions.map((position) => position / step) };
}

/** Random terms that a level of which is in several units; units that have one position each. */
export function decayingProblems(decay: DecayingTerm, Z: readonly RandomTerm[], path: string): Problem[] {
  const without =
    new Set(decay.units).size === decay.units.length ? [decayWithoutDistance(path, decay.term.group)] : [];
  const crossed = Z.flatMap(({ group, codes, levels }) => {
    const unitOf = new Int32Array(levels.length).fill(-1);
    for (const [row, code] of codes.entries()) {
      const unit = decay.units[decay.term.codes[row]!]!;
      if (unitOf[code]! >= 0 && unitOf[code] !== unit) return [decayCrossed(path, group, levels[code]!)];
      unitOf[code] = unit;
    }
    return [];
  });
  return [...without, ...crossed];
}

const rootMeanSquare = (values: Float64Array): number =>
  Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length) || 1;
const scaledBy = (matrix: Matrix, by: number): Matrix => ({ ...matrix, data: matrix.data.map((v) => v * by) });

// ── optimising ──────────────────────────────────────────────────────────────────────────────────

interface Search {
  readonly at: DecayParameters;
  /** The parameters off the boundary: λ's in the order of the terms, then ρ. */
  readonly free: readonly DecayParameter[];
  readonly minimum: Minimum;
  /** By how much the second optimiser was lower. */
  readonly secondLower: number;
}

/** λ below this, and ρ within this of 0 or 1, are tried on the boundary. */
const NEAR_ZERO = 1e-2;
const NEAR_EDGE = 1e-3;
/** A boundary fit is taken when its criterion is no higher than this above the other's. */
const SAME = 1e-7;

/** The minimum, boundary included: whatever ends next to an edge is tried on it. */
function settle(sums: DecaySums, method: Method): Search {
  const terms = 1 + Math.max(0, ...sums.blocks.flatMap(({ others }) => others.map(({ term }) => term)));
  const all: DecayParameter[] = Array.from({ length: terms }, (_, term) => ({ kind: "lambda", term }));
  const whole = [...all, { kind: "rho" } as DecayParameter];
  const starts = [0.3, 0.9].map((rho) => ({ lambda: new Float64Array(terms).fill(0.4), rho }));
  let best = lowest(starts.map((start) => search(sums, method, whole, start, "first")));
  for (let round = 0; round < terms + 1; round++) {
    const { at, free } = best;
    const candidates: { free: DecayParameter[]; at: DecayParameters }[] = [];
    for (const one of free) {
      const others = free.filter((other) => other !== one);
      if (one.kind === "rho") {
        if (at.rho > 1 - NEAR_EDGE) candidates.push({ free: others, at: { ...at, rho: 1 } });
        if (at.rho < NEAR_EDGE) candidates.push({ free: others, at: { ...at, rho: 0 } });
      } else if (Math.abs(at.lambda[one.term]!) < NEAR_ZERO) {
        const lambda = at.lambda.with(one.term, 0);
        // Without the decaying effects there is no correlation to decay.
        const left = one.term === 0 ? others.filter(({ kind }) => kind !== "rho") : others;
        candidates.push({ free: left, at: { lambda, rho: one.term === 0 ? 0 : at.rho } });
        // Those of another ρ may yet want to grow.
        if (one.term === 0 && free.some(({ kind }) => kind === "rho")) {
          const withEffects = free.filter(({ kind }) => kind !== "rho");
          for (const rho of [0, 1]) candidates.push({ free: withEffects, at: { ...at, rho } });
        }
      }
    }
    const tried = candidates.map((candidate) => search(sums, method, candidate.free, candidate.at, "first"));
    const accepted = tried.filter(({ minimum }) => minimum.value <= best.minimum.value + SAME);
    if (accepted.length === 0) break;
    best = lowest(accepted);
  }
  const { at, ...rest } = search(sums, method, best.free, best.at, "checked");
  const { iterations, evaluations } = rest.minimum;
  return {
    ...rest,
    at: { ...at, lambda: at.lambda.map(Math.abs) },
    minimum: {
      ...rest.minimum,
      iterations: best.minimum.iterations + iterations,
      evaluations: best.minimum.evaluations + evaluations,
    },
  };
}

const lowest = (searches: readonly Search[]): Search =>
  searches.reduce((a, b) => (b.minimum.value < a.minimum.value || !Number.isFinite(a.minimum.value) ? b : a));

/** BFGS with the exact gradient and a Newton finish; when checked, the second optimiser, and from it again when that was lower. */
function search(
  sums: DecaySums,
  method: Method,
  free: readonly DecayParameter[],
  from: DecayParameters,
  check: "first" | "checked" | "again",
): Search {
  const toParameters = (x: Float64Array): DecayParameters => {
    const lambda = from.lambda.slice();
    let { rho } = from;
    free.forEach((parameter, a) => {
      if (parameter.kind === "lambda") lambda[parameter.term] = x[a]!;
      else rho = 1 / (1 + Math.exp(-x[a]!));
    });
    return { lambda, rho };
  };
  const start = Float64Array.from(free, (parameter) =>
    parameter.kind === "lambda"
      ? Math.max(Math.abs(from.lambda[parameter.term]!), 0.05)
      : Math.log(Math.min(0.999, Math.max(0.001, from.rho)) / (1 - Math.min(0.999, Math.max(0.001, from.rho)))),
  );
  let last: { at: DecayParameters; state: DecayState } | null = null;
  const value = (x: Float64Array): number => {
    const at = toParameters(x);
    const state = decayState(sums, at, method);
    last = state === null ? null : { at, state };
    return state?.deviance ?? Number.NaN;
  };
  const rhoSlope = ({ rho }: DecayParameters): number => rho * (1 - rho);
  const gradientAt = ({ at, state }: { at: DecayParameters; state: DecayState }): Float64Array =>
    decayGradient(sums, at, state, free, method).map((g, a) => (free[a]!.kind === "rho" ? g * rhoSlope(at) : g));
  const minimum =
    free.length === 0
      ? withoutParameters(value(start))
      : minimise({ value, gradient: () => gradientAt(last!), hessian: (x) => profiledHessian(x) }, start);
  const done = { at: toParameters(minimum.at), free, minimum };
  if (free.length === 0 || check === "first") return { ...done, secondLower: 0 };
  const second = compassSearch(value, minimum.at, {
    steps: [0.2, 0.02],
    tolerance: AGREE / 10,
    maxEvaluations: 100 * free.length,
  });
  const secondLower = minimum.value - second.value;
  return secondLower > AGREE && check === "checked"
    ? search(sums, method, free, toParameters(second.at), "again")
    : { ...done, secondLower };

  /** Of the criterion with σ² profiled out, in λ and the logit of ρ. */
  function profiledHessian(x: Float64Array): Matrix {
    const c = free.length;
    const at = toParameters(x);
    const state = decayState(sums, at, method)!;
    const { observed } = decayInformation(sums, at, state, free, method);
    const gradient = decayGradient(sums, at, state, free, method);
    const slope = Float64Array.from(free, ({ kind }) => (kind === "rho" ? rhoSlope(at) : 1));
    const hessian = zeros(c, c);
    const m = c + 1;
    for (let a = 0; a < c; a++)
      for (let b = 0; b < c; b++)
        hessian.data[a * c + b] =
          slope[a]! *
          slope[b]! *
          (observed.data[a * m + b]! -
            (observed.data[a * m + c]! * observed.data[b * m + c]!) / observed.data[c * m + c]!);
    free.forEach(({ kind }, a) => {
      if (kind === "rho") hessian.data[a * c + a]! += gradient[a]! * rhoSlope(at) * (1 - 2 * at.rho);
    });
    return hessian;
  }
}

/** All parameters are on the boundary: nothing is left to optimise. */
const withoutParameters = (value: number): Minimum => ({
  at: new Float64Array(0),
  value,
  gradient: new Float64Array(0),
  hessian: zeros(0, 0),
  decrement: 0,
  iterations: 0,
  evaluations: 1,
  converged: true,
});

// ── from the optimum to the fit ─────────────────────────────────────────────────────────────────

function boundaryProblems(
  { at, free }: Search,
  decay: DecayingTerm,
  Z: readonly RandomTerm[],
  path: string,
): ReportedProblem[] {
  const zero = [decay.term, ...Z].flatMap(({ group, names }, t) =>
    at.lambda[t] === 0 ? [varianceAtZero(path, names[0]!, group)] : [],
  );
  const isFree = free.some(({ kind }) => kind === "rho");
  return isFree || at.lambda[0] === 0 ? zero : [...zero, decayOnBoundary(path, at.rho === 1)];
}

/** Variances in the units of the data, their slopes in φ, and modes b = G w. */
function termFits(
  { Z }: RegressionFrame,
  decay: DecayingTerm,
  { blocks }: DecaySums,
  { lambda, rho }: DecayParameters,
  free: readonly DecayParameter[],
  { sigma2, blocks: states }: DecayState,
  sizes: Float64Array,
): RandomTermFit[] {
  const terms = [decay.term, ...Z];
  const modes = terms.map(({ levels }) => new Float64Array(levels.length));
  blocks.forEach(({ levels, positions, others }, g) => {
    const { w } = states[g]!;
    levels.forEach((level, i) => {
      let sum = 0;
      for (let j = 0; j < levels.length; j++) sum += rho ** Math.abs(positions[i]! - positions[j]!) * w[j]!;
      modes[0]![level] = lambda[0]! ** 2 * sum;
    });
    others.forEach(({ term, level }, i) => {
      modes[term]![level] = (lambda[term]! ** 2 * w[levels.length + i]!) / sizes[term]!;
    });
  });
  const one = (value: number): Matrix => ({ rows: 1, cols: 1, data: Float64Array.of(value) });
  return terms.map(({ group, names, levels }, t) => {
    const unit = sizes[t]! ** 2;
    return {
      group,
      names,
      levels,
      covariance: one((sigma2 * lambda[t]! ** 2) / unit),
      covarianceSlopes: [
        ...free.map((parameter) =>
          one(parameter.kind === "lambda" && parameter.term === t ? (2 * sigma2 * lambda[t]!) / unit : 0),
        ),
        one(lambda[t]! ** 2 / unit),
      ],
      modes: { rows: levels.length, cols: 1, data: modes[t]! },
    };
  });
}
