/**
 * Permutation (randomisation) inference by a score: for each effect δ the model is fitted once with that effect and nothing
 * else of treatment, and the score of treatment beyond δ is compared with those of every other assignment.
 *
 * Test       p(δ) is the share of assignments π with |S(π, δ)| ≥ |S(observed, δ)|. The fit at δ = 0 does not know the
 *            assignment: p(0) is exact in level whatever the model.
 * Estimate   the δ at which the observed score is zero, where p(δ) = 1.
 * Interval   from the estimate out to where p(δ) falls to 1 − level. p(δ) > 1 − level when |S(observed, δ)| is not above
 *            the k-th largest |S(π, δ)|, both smooth in δ, so that their difference has a root that is found by regula
 *            falsi; the same assignments throughout. The first such δ going out is taken. It rests on the model with δ.
 * Exact      All assignments or draws, and the Monte Carlo error of p, as in permutation.ts; the error of a limit is that
 *            of the k-th largest score over the slope of the difference.
 * Not a number   An assignment that has no score counts as extreme, which is on the safe side.
 * Sources    As in permutation.ts; Braun & Feng (2001) JASA 96:1424–1432; Rabideau & Wang (2021) Stat. Med. 40:4442–4456.
 */
import { randomStream } from "../numeric/random-stream.js";
import type { AssignmentSet } from "./assignment-set.js";
import type { PermutationResult, PermutationSize } from "./permutation.js";

/** Scores closer than this, relatively, are as extreme as each other. */
const TIE = 1e-9;
/** In standard errors: of the estimate and the limits, and how far beside a limit its slope is taken. */
const CLOSE = 1e-6;
const BESIDE = 0.1;
const MOST_STEPS = 50;
/** Limits are sought up to so many standard errors from the estimate. */
const FARTHEST = 100;

/** The scores under one δ. */
export interface ShiftScores {
  /** Standardised; NaN where an assignment has none. */
  readonly score: (assignment: Int32Array) => number;
  /** One step from δ towards the estimate, and the information on the effect. */
  readonly step: (assignment: Int32Array) => { readonly step: number; readonly information: number };
}

export interface ScorePermutation {
  readonly set: AssignmentSet;
  readonly observed: Int32Array;
  /** Null when the model cannot be fitted under that δ. */
  readonly at: (shift: number) => ShiftScores | null;
}

export interface ScorePermutationRequest extends PermutationSize {
  readonly seed: number;
  /** Key of the random streams, such as `primary/permutation`. */
  readonly purpose: string;
  readonly interval: boolean;
  /** Of the interval. */
  readonly level: number;
}

/** @returns the test and its interval; null when the model cannot be fitted without an effect. */
export function scorePermutationTest(
  { set, observed, at }: ScorePermutation,
  { exact, count, seed, purpose, interval, level }: ScorePermutationRequest,
): PermutationResult | null {
  const null0 = at(0);
  if (null0 === null) return null;
  const isObserved = (assignment: Int32Array): boolean => assignment.every((label, unit) => label === observed[unit]);
  const assignments = Array.from({ length: count }, (_, i) =>
    exact ? set.at(i) : set.draw(randomStream(seed, purpose, i)),
  );
  const others = assignments.filter((assignment) => !isObserved(assignment));
  // The observed assignment is one of all: among them when exact, beside them when they are drawn.
  const same = count - others.length + (exact ? 0 : 1);
  const all = others.length + same;
  const sizesAt = (scores: ShiftScores): Float64Array =>
    Float64Array.from(others, (assignment) => {
      const size = Math.abs(scores.score(assignment));
      return Number.isNaN(size) ? Number.POSITIVE_INFINITY : size;
    }).sort();

  const own0 = Math.abs(null0.score(observed));
  if (Number.isNaN(own0)) return null;
  const extreme = sizesAt(null0).reduce((sum, size) => sum + (size < own0 * (1 - TIE) ? 0 : 1), 0);
  const p = (extreme + same) / all;
  const errorOfP = exact ? null : Math.sqrt((p * (1 - p)) / all);
  const start = null0.step(observed);
  const estimate = solveScore(at, observed, start);
  const unknown = { estimate: estimate?.shift ?? Number.NaN, lower: Number.NaN, upper: Number.NaN };
  const withoutLimits = (): PermutationResult => ({
    exact,
    count,
    p,
    ...unknown,
    error: errorOfP === null ? null : { p: errorOfP, lower: Number.NaN, upper: Number.NaN },
  });
  if (estimate === null || !interval) return withoutLimits();

  /** How many of the others must be at least as extreme for an effect to be in the interval. */
  const tail = 1 - level;
  const needed = (share: number): number => Math.floor(all * share * (1 + Number.EPSILON * 4)) + 1 - same;
  /** |S(observed)| less the size that it may have: above 0 outside of the interval. */
  const excessAt = (shift: number): Excess | null => {
    const scores = at(shift);
    if (scores === null) return null;
    const sizes = sizesAt(scores);
    const largest = (share: number): number => {
      const k = needed(share);
      return k <= 0 ? Number.POSITIVE_INFINITY : (sizes[sizes.length - k] ?? 0);
    };
    const own = Math.abs(scores.score(observed));
    const ofTail = Math.sqrt((tail * (1 - tail)) / all);
    return {
      value: own - largest(tail),
      spread: exact ? 0 : (largest(tail - ofTail) - largest(tail + ofTail)) / 2,
    };
  };
  const lower = needed(tail) <= 0 ? UNBOUNDED.below : limit(excessAt, estimate, -1, exact);
  const upper = needed(tail) <= 0 ? UNBOUNDED.above : limit(excessAt, estimate, 1, exact);
  return {
    exact,
    count,
    p,
    estimate: estimate.shift,
    lower: lower.shift,
    upper: upper.shift,
    error: errorOfP === null ? null : { p: errorOfP, lower: lower.error, upper: upper.error },
  };
}

interface Excess {
  readonly value: number;
  /** Of the size that it may have, by chance. */
  readonly spread: number;
}

interface Limit {
  readonly shift: number;
  readonly error: number;
}

const UNBOUNDED = {
  below: { shift: Number.NEGATIVE_INFINITY, error: Number.NaN },
  above: { shift: Number.POSITIVE_INFINITY, error: Number.NaN },
} as const;

interface Solved {
  readonly shift: number;
  readonly standardError: number;
}

/** The δ at which the observed score is zero, by its own steps. */
function solveScore(
  at: ScorePermutation["at"],
  observed: Int32Array,
  start: { readonly step: number; readonly information: number },
): Solved | null {
  let shift = 0;
  let { step, information } = start;
  for (let k = 0; k < MOST_STEPS; k++) {
    const standardError = 1 / Math.sqrt(information);
    // No further than is safe for the link: an effect that runs away has no estimate.
    shift += Math.max(-LONGEST_STEP, Math.min(LONGEST_STEP, step));
    if (Math.abs(step) <= CLOSE * standardError) return { shift, standardError };
    const scores = at(shift);
    if (scores === null) return null;
    ({ step, information } = scores.step(observed));
    if (!Number.isFinite(step)) return null;
  }
  return null;
}

/** On a link scale. */
const LONGEST_STEP = 2;

/** Where the excess becomes positive, going out from the estimate. NaN when the model cannot be fitted on the way. */
function limit(
  excessAt: (shift: number) => Excess | null,
  { shift, standardError }: Solved,
  side: -1 | 1,
  isExact: boolean,
): Limit {
  const unknown: Limit = { shift: Number.NaN, error: Number.NaN };
  const inside = excessAt(shift);
  if (inside === null) return unknown;
  let [near, far] = [0, 2];
  let [below, above] = [inside.value, Number.NaN];
  for (;;) {
    const excess = excessAt(shift + side * far * standardError);
    if (excess === null || Number.isNaN(excess.value)) return unknown;
    if (excess.value > 0) {
      above = excess.value;
      break;
    }
    [near, below] = [far, excess.value];
    far *= 1.5;
    if (far > FARTHEST) return side < 0 ? UNBOUNDED.below : UNBOUNDED.above;
  }
  // Regula falsi; the value of an end that stays twice is halved (the Illinois method).
  let stayed: "near" | "far" | null = null;
  for (let k = 0; k < MOST_STEPS && far - near > CLOSE; k++) {
    const between = near - ((far - near) * below) / (above - below);
    const next = between > near && between < far ? between : (near + far) / 2;
    const excess = excessAt(shift + side * next * standardError);
    if (excess === null || Number.isNaN(excess.value)) return unknown;
    if (excess.value > 0) {
      [far, above] = [next, excess.value];
      if (stayed === "near") below /= 2;
      stayed = "near";
    } else {
      [near, below] = [next, excess.value];
      if (stayed === "far") above /= 2;
      stayed = "far";
    }
  }
  const end = (near + far) / 2;
  const beside = [-BESIDE, BESIDE].map((by) => (isExact ? null : excessAt(shift + side * (end + by) * standardError)));
  const [before, after] = beside as [Excess | null, Excess | null];
  const slope = before === null || after === null ? Number.NaN : (after.value - before.value) / (2 * BESIDE);
  const error = ((before?.spread ?? Number.NaN) * standardError) / slope;
  return { shift: shift + side * end * standardError, error: error >= 0 ? error : Number.NaN };
}
