/**
 * Fine–Gray regression: proportional hazards of the subdistribution of one cause among competing ones.
 *
 * Model      F(t | x) = 1 − exp(−Λ(t) exp(x'β)) for the incidence F of the event of interest: exp(β) are subdistribution
 *            hazard ratios. Those with a competing event stay at risk, weighted by G(t−)/G(T−) (subdistribution-sets.ts).
 * Estimator  β solves U(β) = Σ_events (x − S1/S0) = 0 (Newton–Raphson on the log partial pseudo-likelihood); ties as
 *            Breslow, G estimated (censoring-distribution.ts). As cmprsk's crr.
 * Variance   Ω⁻¹ (Σ_c u_c u_c') Ω⁻¹, Ω the information and u_c the sum over the rows of a cluster (a row of its own
 *            without clusters) of w (η + ψ): η their terms of the score, ψ what they contribute by estimating G
 *            (fine-gray-influence.ts). Corrections for few clusters: fine-gray-sandwich.ts.
 * Limits     No left truncation, no time-varying covariates: the weights then need the distribution of entry too.
 * Sources    Fine & Gray (1999) JASA 94:496–509. Clusters: Zhou, Fine, Latouche & Labopin (2012) Biostatistics 13:371–383.
 * Checked    test/survival/fine-gray.test.ts (by hand; cmprsk; a plain O(n²) implementation; Cox without competing events).
 */
import type { GroupingFactor } from "../formula/grouping-factor.js";
import type { SurvivalFrame } from "../formula/survival-frame.js";
import type { Fit } from "../inference/fit.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { dot, type Matrix, timesVector, zeros } from "../numeric/matrix.js";
import {
  coxClusterDetermines,
  fineGrayNotConverged,
  monotoneSubdistribution,
  type ReportedProblem,
} from "../problem.js";
import { type CensoringDistribution, censoringDistribution } from "./censoring-distribution.js";
import type { ClusteredVariance } from "./corrected-sandwich.js";
import { fineGrayInfluence } from "./fine-gray-influence.js";
import { fineGraySandwich } from "./fine-gray-sandwich.js";
import { monotoneColumns } from "./monotone-subdistribution.js";
import {
  type SubdistributionSets,
  scanSubdistributionSets,
  subdistributionRisks,
  toSubdistributionSets,
} from "./subdistribution-sets.js";

export interface FineGrayOptions {
  /** The event of interest: k of `outcome.event`, an index into `outcome.causes` plus one. */
  readonly event: number;
  /** Each level has its own distribution of censoring. Default: one for all rows. */
  readonly censoringStrata?: GroupingFactor | null;
  /** With `cluster(…)`: the sandwich, or one of its corrections for few clusters. Default robust. */
  readonly vcov?: ClusteredVariance;
  /** With `cluster(…)`: `normal`, or t with clusters less coefficients. Default normal. */
  readonly df?: "normal" | "clusters";
  /** Default 50. */
  readonly maxIterations?: number;
  /** For problems: `analysis "primary"`. */
  readonly path?: string;
}

/** A fitted Fine–Gray model. `coef` are log subdistribution hazard ratios. */
export interface FineGrayFit extends Fit {
  readonly model: "fine-gray";
  readonly event: number;
  /** Log partial pseudo-likelihood at β = 0; `logLik` is its value at the estimate. */
  readonly logLikNull: number;
  /** Ω⁻¹, p×p: the variance if the weights were known and the rows independent. */
  readonly inverseInformation: Matrix;
  /** n×p by row of the frame: w (η + ψ), which add up to the score, 0. */
  readonly influence: Matrix;
  /** What the fit was made of, for predictions. */
  readonly sets: SubdistributionSets;
  readonly censoring: CensoringDistribution;
  /** m event times, and the increments of Λ at a row of covariates 0 and offset 0. */
  readonly times: Float64Array;
  readonly baseline: Float64Array;
  /** Rows with the event of interest, with competing ones, and censored. */
  readonly endings: { readonly event: number; readonly competing: number; readonly censored: number };
  readonly iterations: number;
}

/**
 * Fit a Fine–Gray model.
 *
 * @param frame    n rows without left truncation, one for each participant; at least one has the event of interest;
 *                 X of full rank. `cluster` gives the clustered variance.
 * @returns        A fit that did not converge, or whose likelihood is monotone, has `converged: false` and a problem.
 */
export function fitFineGray(frame: SurvivalFrame, options: FineGrayOptions): FineGrayFit {
  const {
    event,
    censoringStrata = null,
    vcov: kind = "robust",
    df = "normal",
    maxIterations = 50,
    path = "",
  } = options;
  const censoring = censoringDistribution(frame, censoringStrata);
  const sets = toSubdistributionSets(frame, event, censoring);
  const { n, p } = sets;
  const start = pseudoLikelihood(sets, new Float64Array(p));
  const maximum = maximise(sets, start, maxIterations);
  const problems: ReportedProblem[] = [];
  if (maximum.monotone.length > 0)
    problems.push(
      monotoneSubdistribution(
        path,
        maximum.monotone.map((j) => frame.names[j]!),
        frame.outcome.causes[event - 1]!,
      ),
    );
  else if (!maximum.converged) problems.push(fineGrayNotConverged(path, maximum.iterations));

  const inverse = invertPositiveDefinite(maximum.at.information) ?? nanMatrix(p);
  const { scores, baseline } = fineGrayInfluence(sets, censoring, maximum.beta);
  const clusters = frame.cluster;
  const vcov = fineGraySandwich(sets, maximum.beta, inverse, scores, clusters, kind);
  if (vcov === null) problems.push(coxClusterDetermines(path, kind));
  const denominator = df === "clusters" && clusters !== null ? clusters.levels.length - p : Number.POSITIVE_INFINITY;
  // Λ at covariates 0, not at their centre.
  const atZero = Math.exp(-dot(sets.centre, maximum.beta));
  const count = (kind: number): number => sets.ending.reduce((sum, ending) => sum + (ending === kind ? 1 : 0), 0);
  return {
    model: "fine-gray",
    event,
    names: frame.names,
    coef: maximum.beta,
    vcov: vcov ?? nanMatrix(p),
    denominatorDf: () => ({ df: vcov === null ? Number.NaN : denominator, scale: 1 }),
    logLik: maximum.at.value,
    logLikNull: start.value,
    parameters: p,
    n: {
      observations: n,
      groups: clusters === null ? {} : { [clusters.column]: clusters.levels.length },
    },
    inverseInformation: inverse,
    influence: scores,
    sets,
    censoring,
    times: sets.times,
    baseline: baseline.map((jump) => jump * atZero),
    endings: { event: count(1), competing: count(2), censored: count(0) },
    iterations: maximum.iterations,
    converged: maximum.converged,
    problems,
  };
}

/** ℓ, U (p) and Ω (p×p). */
interface PseudoLikelihood {
  readonly value: number;
  readonly score: Float64Array;
  readonly information: Matrix;
}

function pseudoLikelihood(sets: SubdistributionSets, beta: Float64Array): PseudoLikelihood {
  const { n, p, X, ending, weight, events } = sets;
  const { eta, top, risk } = subdistributionRisks(sets, beta);
  const score = new Float64Array(p);
  const information = zeros(p, p);
  let value = 0;
  for (let i = 0; i < n; i++) {
    if (ending[i] !== 1) continue;
    value += weight[i]! * (eta[i]! - top);
    for (let j = 0; j < p; j++) score[j]! += weight[i]! * X[i * p + j]!;
  }
  scanSubdistributionSets(sets, risk, 2, (at, sums) => {
    const [d, s0] = [events[at]!, sums[0]!];
    value -= d * Math.log(s0);
    for (let j = 0, square = 1 + p; j < p; j++) {
      const mean = sums[1 + j]! / s0;
      score[j]! -= d * mean;
      for (let l = 0; l <= j; l++, square++)
        information.data[j * p + l]! += d * (sums[square]! / s0 - mean * (sums[1 + l]! / s0));
    }
  });
  for (let j = 0; j < p; j++) for (let l = 0; l < j; l++) information.data[l * p + j] = information.data[j * p + l]!;
  return { value, score, information };
}

interface Maximum {
  readonly beta: Float64Array;
  readonly at: PseudoLikelihood;
  readonly converged: boolean;
  readonly iterations: number;
  /** Columns whose coefficients run off to infinity. */
  readonly monotone: readonly number[];
}

/** The decrement of Newton's method below which one more step is the last: its error is of the square of this. */
const CONVERGED = 1e-10;
/** Steps until a direction is looked at: those of a maximum that exists have become small by then. */
const PATIENCE = 5;

/** Newton–Raphson with halved steps. */
function maximise(sets: SubdistributionSets, start: PseudoLikelihood, maxIterations: number): Maximum {
  let beta = new Float64Array(sets.p);
  let at = start;
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    const inverse = invertPositiveDefinite(at.information);
    if (inverse === null) {
      const columns = monotoneColumns(sets, at.score);
      return { beta, at, converged: false, iterations: iteration, monotone: columns };
    }
    const step = timesVector(inverse, at.score);
    const decrement = dot(step, at.score);
    const monotone = iteration > PATIENCE ? monotoneColumns(sets, step) : [];
    if (monotone.length > 0) return { beta, at, converged: false, iterations: iteration, monotone };
    const isLast = decrement < CONVERGED;
    const next = climb(sets, beta, at, step);
    if (next === null) return { beta, at, converged: isLast, iterations: iteration, monotone: [] };
    [beta, at] = [next.beta, next.at];
    if (isLast) return { beta, at, converged: true, iterations: iteration, monotone: [] };
  }
  return { beta, at, converged: false, iterations: maxIterations, monotone: [] };
}

function climb(sets: SubdistributionSets, beta: Float64Array, from: PseudoLikelihood, step: Float64Array) {
  // A last step is below what the likelihood can show of it.
  const slack = 1e-12 * (1 + Math.abs(from.value));
  for (let share = 1; share > 1e-6; share /= 2) {
    const next = beta.map((value, j) => value + share * step[j]!);
    const at = pseudoLikelihood(sets, next);
    if (at.value >= from.value - slack) return { beta: next, at };
  }
  return null;
}

const nanMatrix = (p: number): Matrix => ({ rows: p, cols: p, data: new Float64Array(p * p).fill(Number.NaN) });
