/**
 * Permutation (randomisation) inference: the estimate is compared with those that the same outcomes would give under
 * every other assignment that the randomisation could have made.
 *
 * Test       of a constant effect δ: the outcomes less δ × the treatment received are what every unit would have shown
 *            without treatment, whatever the assignment. T(π, δ) is the estimate from them under assignment π;
 *            T(observed, δ) = T − δ. p(δ) is the share of assignments with |T(π, δ)| ≥ |T − δ|.
 * Interval   the effects δ with p(δ) > 1 − level. Each assignment is found to be as extreme as the observed one from
 *            some δ below T to some δ above it, two roots that Newton's method finds, so the limits are order statistics
 *            of these roots: no search over δ, and the same assignments throughout. Roots are found to ROOT_TOLERANCE of
 *            the distance from T. An assignment is taken to have one such range; for estimates that are linear in the
 *            outcomes that is exact.
 * Exact      when the set holds EXACT_LIMIT assignments or fewer, all of them; otherwise Monte Carlo with
 *            p = (b + 1) / (m + 1), the observed assignment counted with the m that are drawn.
 * Error      of a Monte Carlo p: √(p (1 − p) / (m + 1)); of a limit: half the distance between the order statistics one
 *            such error of 1 − level either side.
 * Not a number   An assignment whose estimate does not exist counts as extreme, which is on the safe side.
 * Sources    Fisher (1935) The Design of Experiments; Edgington & Onghena (2007) Randomization Tests, 4th ed.;
 *            Phipson & Smyth (2010) SAGMB 9:39 (the + 1); Rosenbaum (2002) Observational Studies, ch. 2 (interval).
 */
import { randomStream } from "../numeric/random-stream.js";
import type { AssignmentSet } from "./assignment-set.js";

/** The largest set that is enumerated. */
export const EXACT_LIMIT = 10_000;
/** Estimates closer than this, relatively, are as extreme as each other: they come from an optimiser. */
const TIE = 1e-7;
const ROOT_TOLERANCE = 1e-7;
const MOST_STEPS = 30;

/** T(π, δ), and how it changes with δ while the weights that the estimator gives to outcomes are held. */
export interface ShiftedEstimate {
  readonly estimate: number;
  /** −(the estimate of the observed treatment's effect on itself under π): −1 at the observed assignment. */
  readonly slope: number;
}

export interface PermutationProblem {
  readonly set: AssignmentSet;
  readonly observed: Int32Array;
  readonly statistic: (assignment: Int32Array, shift: number) => ShiftedEstimate;
}

export interface PermutationSize {
  readonly exact: boolean;
  /** Assignments whose estimates are needed; when exact the observed one is among them. */
  readonly count: number;
}

/** All assignments of a small set, else as many draws as asked for. */
export const permutationSize = ({ size }: AssignmentSet, replicates: number): PermutationSize =>
  size <= EXACT_LIMIT ? { exact: true, count: size } : { exact: false, count: replicates };

/** Numbers of one replicate: T(π, 0), and the smallest and largest δ at which π is as extreme as the observed. */
export const REPLICATE_WIDTH = 3;

export interface ReplicateRequest extends PermutationSize {
  readonly seed: number;
  /** Key of the random streams, such as `primary/permutation`. */
  readonly purpose: string;
  /** The observed estimate, T(observed, 0). */
  readonly estimate: number;
  /** Whether the roots for the interval are wanted; they are NaN when not. */
  readonly interval: boolean;
}

/**
 * Replicates from ≤ i < to, REPLICATE_WIDTH numbers each. Replicate i depends on the seed, the purpose and i alone.
 */
export function permutationReplicates(
  { set, observed, statistic }: PermutationProblem,
  { exact, seed, purpose, estimate, interval }: ReplicateRequest,
  from: number,
  to: number,
): Float64Array {
  const numbers = new Float64Array((to - from) * REPLICATE_WIDTH);
  for (let i = from; i < to; i++) {
    const assignment = exact ? set.at(i) : set.draw(randomStream(seed, purpose, i));
    const at = (i - from) * REPLICATE_WIDTH;
    if (assignment.every((label, unit) => label === observed[unit])) {
      numbers.set([estimate, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY], at);
      continue;
    }
    const ofShift = (shift: number): ShiftedEstimate => statistic(assignment, shift);
    numbers[at] = ofShift(0).estimate;
    const range = interval ? extremeRange(ofShift, estimate) : [Number.NaN, Number.NaN];
    numbers.set(range, at + 1);
  }
  return numbers;
}

/**
 * The smallest and largest δ at which |T(π, δ)| ≥ |T − δ|. At δ = T it always is; going out from there, on either side,
 * the line T(π, δ) falls behind ±(δ − T), the sign that of T(π, T) towards that side.
 */
function extremeRange(ofShift: (shift: number) => ShiftedEstimate, estimate: number): [number, number] {
  const centre = ofShift(estimate);
  const boundary = (side: -1 | 1): number => {
    const sign = centre.estimate >= 0 ? 1 : -1;
    // The distance u ≥ 0 from T at which sign × T(π, T + side u) = u.
    let distance = 0;
    let { estimate: value, slope } = centre;
    for (let step = 0; step < MOST_STEPS; step++) {
      // T(π, δ) grows as fast as |T − δ|, or does not exist: as extreme however far δ is.
      if (!(Math.abs(slope) < 1 - TIE && Number.isFinite(value))) return side * Number.POSITIVE_INFINITY;
      const next = Math.max(0, distance + (sign * value - distance) / (1 - sign * side * slope));
      const isThere = Math.abs(next - distance) <= ROOT_TOLERANCE * next;
      distance = next;
      if (isThere) break;
      ({ estimate: value, slope } = ofShift(estimate + side * distance));
    }
    return estimate + side * distance;
  };
  return [boundary(-1), boundary(1)];
}

/** A permutation test and its interval. NaN: not asked for; ±∞: the set is too small to bound it. */
export interface PermutationResult extends PermutationSize {
  readonly estimate: number;
  readonly p: number;
  readonly lower: number;
  readonly upper: number;
  /** Monte Carlo standard errors; null when exact. */
  readonly error: { readonly p: number; readonly lower: number; readonly upper: number } | null;
}

/**
 * @param replicates  all of them, in the order of their indices.
 * @param estimate    the observed one.
 * @param level       of the interval.
 */
export function permutationTest(
  replicates: Float64Array,
  estimate: number,
  { exact, count }: PermutationSize,
  level: number,
): PermutationResult {
  const column = (j: number) => Float64Array.from({ length: count }, (_, i) => replicates[i * REPLICATE_WIDTH + j]!);
  const bound = Math.abs(estimate) * (1 - TIE);
  const extreme = column(0).reduce((sum, value) => sum + (Math.abs(value) < bound ? 0 : 1), 0);
  // The observed assignment is one of all: among the replicates when exact, beside them when they are drawn.
  const beside = exact ? 0 : 1;
  const all = count + beside;
  const p = (extreme + beside) / all;
  const [fromBelow, fromAbove] = [column(1).sort().reverse(), column(2).sort()];
  /** The k-th from the outside of the roots, for p(δ) to fall to `tail` beyond it. */
  const limits = (tail: number): readonly [number, number] => {
    const k = Math.floor(all * tail * (1 + Number.EPSILON * 4)) - beside;
    const outside = (roots: Float64Array, infinite: number) =>
      roots.some(Number.isNaN) ? Number.NaN : (roots[count - 1 - k] ?? infinite);
    return [outside(fromBelow, Number.NEGATIVE_INFINITY), outside(fromAbove, Number.POSITIVE_INFINITY)];
  };
  const tail = 1 - level;
  const [lower, upper] = limits(tail);
  if (exact) return { exact, count, estimate, p, lower, upper, error: null };
  const ofTail = Math.sqrt((tail * (1 - tail)) / all);
  const [outer, inner] = [limits(tail - ofTail), limits(tail + ofTail)];
  const error = {
    p: Math.sqrt((p * (1 - p)) / all),
    lower: (inner[0] - outer[0]) / 2,
    upper: (outer[1] - inner[1]) / 2,
  };
  return { exact, count, estimate, p, lower, upper, error };
}
