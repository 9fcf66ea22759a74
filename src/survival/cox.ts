/**
 * Cox proportional hazards regression.
 *
 * Model      h(t | x, s) = h0_s(t) exp(x'β + offset), one baseline hazard h0 per stratum s, not specified.
 * Estimator  β maximises the log partial likelihood (partial-likelihood.ts): Newton's method, steps halved while it
 *            falls, until the Newton decrement U'I⁻¹U says that β is within 1e-8 standard errors of the maximum.
 * Symbols    n rows, p coefficients, d events, U p (score), I p×p (information).
 * Takes      right censoring, left truncation and time-varying covariates (intervals of a participant), weights,
 *            offset, strata, ties by Efron or Breslow. Frailty has files of its own.
 * Variance   I⁻¹, or robust to dependence within clusters (cox-sandwich.ts).
 * Sources    Cox (1972) JRSS B 34:187–220; Therneau & Grambsch (2000) Modeling Survival Data. BIC counts events, as
 *            R's coxph. Monotone likelihood: monotone-likelihood.ts.
 * Checked    test/survival/cox.test.ts (worked by hand), test/reference/cox-lung, cox-heart, cox-rats (coxph).
 */
import type { SurvivalFrame } from "../formula/survival-frame.js";
import type { Denominator, Fit } from "../inference/fit.js";
import { clusterProblems, FEW_CLUSTERS } from "../inference/robust-variance.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { dot, type Matrix, timesVector, zeros } from "../numeric/matrix.js";
import {
  aliasedColumns,
  coxClusterDetermines,
  coxNotVarying,
  fewClusters,
  monotoneLikelihood,
  type NonConvergence,
  noClusterDegreesOfFreedom,
  notConverged,
  type Problem,
  ProblemError,
  type ReportedProblem,
  survivalNoEvents,
} from "../problem.js";
import type { ClusteredVariance } from "./corrected-sandwich.js";
import { type ClusterCodes, coxSandwich } from "./cox-sandwich.js";
import { findMonotone } from "./monotone-likelihood.js";
import { type PartialLikelihood, partialLikelihood } from "./partial-likelihood.js";
import { type RelativeRisks, type RiskSets, toRiskSets } from "./risk-sets.js";
import type { Ties } from "./tied-events.js";

export type CoxVariance = "model" | ClusteredVariance;

/** What `fitCox` needs of a survival frame. */
export type CoxFrame = Pick<
  SurvivalFrame,
  "X" | "names" | "offset" | "weights" | "strata" | "cluster" | "participant" | "outcome"
>;

export interface CoxOptions {
  /** Default "efron". */
  readonly ties?: Ties;
  /** The event that is modelled, k of `outcome.event`; others are censored at their time. Default 1. */
  readonly cause?: number;
  /** Default "robust" with clusters, else "model". */
  readonly vcov?: CoxVariance;
  /** "clusters": t with clusters − coefficients. Default "normal". */
  readonly df?: "normal" | "clusters";
  /** Default 50. */
  readonly maxIterations?: number;
  readonly path?: string;
}

/** A fitted Cox model. `coef` are log hazard ratios per unit of each covariate. */
export interface CoxFit extends Fit {
  readonly model: "cox";
  readonly ties: Ties;
  readonly sets: RiskSets;
  /** At the estimate. */
  readonly risks: RelativeRisks;
  /** p×p, I⁻¹: the variance if the model holds and participants are independent. */
  readonly modelVcov: Matrix;
  /** Log partial likelihood at β = 0; `logLik` is its value at the estimate. */
  readonly logLikNull: number;
  /** U(0)'I(0)⁻¹U(0): the score test that β = 0; χ² with p degrees of freedom. */
  readonly scoreTest: number;
  readonly events: number;
  readonly iterations: number;
}

/**
 * Fit a Cox model by maximum partial likelihood.
 *
 * @param frame  n rows; `time` in the trial's unit, X n×p without an intercept.
 * @returns      log hazard ratios with their variance. A monotone likelihood and a fit that did not converge come back
 *               with `converged: false` and a problem.
 * @throws ProblemError `survival.no-events`, `frame.aliased`, `survival.not-varying`, and of clusters
 *         `frame.one-cluster`, `frame.too-few-clusters`, `frame.no-cluster-df`.
 */
export function fitCox(frame: CoxFrame, options: CoxOptions = {}): CoxFit {
  const { ties = "efron", cause = 1, df = "normal", maxIterations = 50, path = "" } = options;
  const { names, outcome } = frame;
  const vcov = options.vcov ?? (frame.cluster === null ? "model" : "robust");
  const sets = toRiskSets(frame, cause);
  if (sets.events === 0) throw new ProblemError([survivalNoEvents(path, outcome.eventColumn, sets.n)]);
  const start = partialLikelihood(sets, new Float64Array(sets.p), ties);
  const problems = aliasProblems(sets, start.information, names, path);
  if (problems.length === 0) problems.push(...coxProblems(frame, { ...options, vcov }));
  if (problems.length > 0) throw new ProblemError(problems);

  const solved = maximise(sets, start, ties, names, maxIterations, path);
  const { beta, at, inverse, iterations, problem } = solved;
  const clusters = clustersOf(frame);
  const p = sets.p;
  const denominator = { df: df === "normal" ? Number.POSITIVE_INFINITY : clusters.count - p, scale: 1 };
  const fit: CoxFit = {
    model: "cox",
    ties,
    names,
    coef: beta,
    vcov: inverse,
    denominatorDf: () => denominator,
    logLik: at.logLik,
    parameters: p,
    n: { observations: sets.n, groups: frame.cluster === null ? {} : { [frame.cluster.column]: clusters.count } },
    converged: problem === null,
    problems: problem === null ? fewClusterProblems(frame, vcov, df, path) : [problem],
    sets,
    risks: at.risks,
    modelVcov: inverse,
    logLikNull: start.logLik,
    scoreTest: scoreStatistic(start),
    events: sets.events,
    iterations,
  };
  return problem === null && vcov !== "model" ? withRobustVariance(fit, clusters, vcov, path) : fit;
}

/** Why a frame with events cannot be analysed as asked: aliased columns, else clusters. Empty when it can. */
export function coxDesignProblems(frame: CoxFrame, options: CoxOptions): Problem[] {
  const { ties = "efron", cause = 1, path = "" } = options;
  const sets = toRiskSets(frame, cause);
  const { information } = partialLikelihood(sets, new Float64Array(sets.p), ties);
  const aliased = aliasProblems(sets, information, frame.names, path);
  return aliased.length > 0 ? aliased : coxProblems(frame, options);
}

/** Why these clusters cannot give the variance that is asked for. */
function coxProblems({ cluster, X }: CoxFrame, { vcov, df = "normal", path = "" }: CoxOptions): Problem[] {
  if (cluster === null || vcov === "model") return [];
  const problems = clusterProblems(cluster, X, path);
  const m = cluster.levels.length;
  if (df === "clusters" && m > 1 && m <= X.cols && problems.length === 0) {
    problems.push(noClusterDegreesOfFreedom(path, cluster.column, m, X.cols));
  }
  return problems;
}

/** What a robust variance sums over: cluster(g), else the intervals of a participant, else single rows. */
function clustersOf({ cluster, participant, X }: CoxFrame): ClusterCodes {
  const factor = cluster ?? participant;
  return factor === null
    ? { codes: new Int32Array(X.rows).map((_, i) => i), count: X.rows }
    : { codes: factor.codes, count: factor.levels.length };
}

function fewClusterProblems({ cluster }: CoxFrame, vcov: CoxVariance, df: string, path: string): ReportedProblem[] {
  if (cluster === null || vcov === "model" || cluster.levels.length >= FEW_CLUSTERS) return [];
  if (vcov !== "robust" && df === "clusters") return [];
  return [fewClusters(path, cluster.column, cluster.levels.length, { vcov, isNormal: df === "normal" }, "corrected")];
}

function withRobustVariance(fit: CoxFit, clusters: ClusterCodes, vcov: ClusteredVariance, path: string): CoxFit {
  const robust = coxSandwich(fit, fit.modelVcov, clusters, vcov);
  if (robust !== null) return { ...fit, vcov: robust };
  const none: Denominator = { df: Number.NaN, scale: Number.NaN };
  return {
    ...fit,
    vcov: { ...fit.vcov, data: fit.vcov.data.map(() => Number.NaN) },
    denominatorDf: () => none,
    problems: [...fit.problems, coxClusterDetermines(path, vcov)],
  };
}

// ── the maximum ─────────────────────────────────────────────────────────────────────────────────

interface Maximum {
  readonly beta: Float64Array;
  readonly at: PartialLikelihood;
  /** I⁻¹. */
  readonly inverse: Matrix;
  readonly iterations: number;
  readonly problem: ReportedProblem | null;
}

/** Squared distance from the maximum in standard errors at which Newton stops: rounding is near. */
const CLOSE = 1e-16;
/** A change of a linear predictor this long, late in the iteration, is that of a likelihood without a maximum. */
const RUNNING_AWAY = 0.5;

function maximise(
  sets: RiskSets,
  start: PartialLikelihood,
  ties: Ties,
  names: readonly string[],
  maxIterations: number,
  path: string,
): Maximum {
  let beta: Float64Array = new Float64Array(sets.p);
  let at = start;
  let step: Float64Array | null = null;
  let moved = 0;
  const stop = (iterations: number, why: NonConvergence): Maximum => ({
    beta,
    at,
    inverse: { ...zeros(sets.p, sets.p), data: new Float64Array(sets.p * sets.p).fill(Number.NaN) },
    iterations,
    problem: monotoneProblem(iterations) ?? notConverged(path, iterations, why),
  });
  const monotoneProblem = (iterations: number): ReportedProblem | null => {
    const columns = iterations > 6 && step !== null ? findMonotone(sets, step) : null;
    return columns === null
      ? null
      : monotoneLikelihood(
          path,
          columns.map((j) => names[j]!),
        );
  };
  for (let iteration = 0; iteration <= maxIterations; iteration++) {
    const inverse = invertPositiveDefinite(at.information);
    if (inverse === null) return stop(iteration, "information");
    const newton: Float64Array = timesVector(inverse, at.score);
    if (moved > RUNNING_AWAY && monotoneProblem(iteration) !== null) return stop(iteration, "coefficients");
    if (dot(newton, at.score) <= CLOSE) return { beta, at, inverse, iterations: iteration, problem: null };
    const next = halveUntilHigher(sets, beta, newton, at.logLik, ties);
    if (next === null) return stop(iteration, "no-step");
    moved = largestChange(next.at.risks.eta, at.risks.eta);
    step = newton;
    ({ beta, at } = next);
  }
  return stop(maxIterations, "coefficients");
}

/** Along the step, halved while the log-likelihood falls or is not a number; null when it never rises. */
function halveUntilHigher(
  sets: RiskSets,
  beta: Float64Array,
  step: Float64Array,
  logLik: number,
  ties: Ties,
): { readonly beta: Float64Array; readonly at: PartialLikelihood } | null {
  const rounding = 1e-11 * (1 + Math.abs(logLik));
  for (let share = 1; share > 1e-6; share /= 2) {
    const next = beta.map((b, j) => b + share * step[j]!);
    const at = partialLikelihood(sets, next, ties);
    if (at.logLik >= logLik - rounding && at.score.every(Number.isFinite)) return { beta: next, at };
  }
  return null;
}

const largestChange = (x: Float64Array, y: Float64Array): number =>
  x.reduce((most, v, i) => Math.max(most, Math.abs(v - y[i]!)), 0);

function scoreStatistic({ score, information }: PartialLikelihood): number {
  const inverse = invertPositiveDefinite(information);
  return inverse === null ? Number.NaN : dot(score, timesVector(inverse, score));
}

// ── columns that cannot be told apart ───────────────────────────────────────────────────────────

/** What is left of a column beside those before it, as a share of its own: below this it is a combination of them. */
const ALIASED = 1e-10;

/**
 * Columns that are combinations of others among those at risk, found in the information at β = 0: a column that
 * differs between strata only is as useless as one that does not differ at all.
 */
function aliasProblems(sets: RiskSets, information: Matrix, names: readonly string[], path: string): Problem[] {
  const { p } = sets;
  const size = columnSizes(sets);
  const left = information.data.slice();
  const kept: number[] = [];
  const problems: ReportedProblem[] = [];
  for (let j = 0; j < p; j++) {
    const own = information.data[j * p + j]!;
    if (!(own > ALIASED * size[j]!)) {
      problems.push(coxNotVarying(path, names[j]!));
      continue;
    }
    if (!(left[j * p + j]! > ALIASED * own)) {
      problems.push(aliasedColumns(path, names[j]!, partners(information, kept, j, names)));
      continue;
    }
    kept.push(j);
    for (let k = j + 1; k < p; k++) {
      const factor = left[k * p + j]! / left[j * p + j]!;
      for (let l = j + 1; l < p; l++) left[k * p + l]! -= factor * left[j * p + l]!;
    }
  }
  return problems;
}

/** d × the mean square of each column: what its information would be if it differed freely among those at risk. */
function columnSizes({ n, p, X, events }: RiskSets): Float64Array {
  const size = new Float64Array(p);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < p; j++, at++) size[j]! += X[at]! * X[at]!;
  return size.map((sum) => (events * sum) / n);
}

/** Names of the kept columns that a column is a combination of. */
function partners(information: Matrix, kept: readonly number[], j: number, names: readonly string[]): string[] {
  const p = information.rows;
  const entry = (a: number, b: number): number => information.data[a * p + b]!;
  const among = zeros(kept.length, kept.length);
  kept.forEach((a, i) => {
    kept.forEach((b, k) => {
      among.data[i * kept.length + k] = entry(a, b);
    });
  });
  const inverse = invertPositiveDefinite(among);
  if (inverse === null) return kept.map((a) => names[a]!);
  const shares = timesVector(
    inverse,
    Float64Array.from(kept, (a) => entry(a, j)),
  );
  return kept
    .filter((a, i) => Math.abs(shares[i]!) * Math.sqrt(entry(a, a)) > 1e-4 * Math.sqrt(entry(j, j)))
    .map((a) => names[a]!);
}
