/**
 * Cumulative incidence of competing causes in one group: the Aalen–Johansen estimator.
 *
 * Model      Observation ends by one of K causes or by censoring, independent of them. F_k(t) = P(T ≤ t, cause k).
 * Estimator  F_k(t) = Σ_{u ≤ t} S(u−) d_k(u) / Y(u), with S the Kaplan–Meier estimate of being free of any event.
 * Variance   The error of F_k(t) is a sum of martingale increments at u ≤ t, of cause k and of all others as one (l), each
 *            with the weight S(u−)/Y(u) · (1{l = k} − (F_k(t) − F_k(u)) / S(u)): Aalen's variance, where the d tied events
 *            count by the hypergeometric factor (Y − d)/(Y − 1), as in cmprsk. It is a little above the Greenwood-type one.
 * Symbols    m distinct times, Y at risk, d_k events of cause k, S event-free, F_k incidence.
 * Sources    Aalen & Johansen (1978) Scand J Stat 5:141–150; Aalen (1978) Ann Stat 6:534–545;
 *            Braun & Yuan (2007) Stat Med 26:1170–1180 compares the variances. Time lost: Andersen (2013) Stat Med 32:5278–5285.
 *            Intervals on the log(−log) scale: Choudhury (2002) Stat Med 21:1129–1144.
 * Checked    test/survival/competing-risks.test.ts (by hand; cmprsk, survival; a jackknife).
 */
import type { SurvivalOutcome } from "../formula/survival-frame.js";
import { normalQuantile } from "../numeric/distributions.js";
import { countEndings, type Endings, lastNotAfter } from "./endings.js";

/** A step function: its value and standard error from each of m times on; before the first it is where it starts. */
export interface StepCurve {
  readonly estimate: Float64Array;
  readonly se: Float64Array;
}

export interface CumulativeIncidence {
  readonly endings: Endings;
  /** Free of any event; Greenwood's standard error. */
  readonly eventFree: StepCurve;
  /** For each cause of the outcome, in its order. */
  readonly incidence: readonly StepCurve[];
}

/**
 * The cumulative incidence of every cause among some rows. O(n log n + m K).
 *
 * @param rows     of the frame; all of them when absent. At least one.
 * @param weights  n whole numbers: how many participants each row of the frame stands for; one each when null.
 */
export function cumulativeIncidence(
  outcome: SurvivalOutcome,
  rows?: ArrayLike<number> & Iterable<number>,
  weights: Float64Array | null = null,
): CumulativeIncidence {
  const endings = countEndings(outcome, rows, weights);
  const eventFree = eventFreeSurvival(endings);
  return { endings, eventFree, incidence: endings.events.map((_, cause) => incidenceOf(endings, eventFree, cause)) };
}

function eventFreeSurvival({ time, atRisk, anyEvent }: Endings): StepCurve {
  const [estimate, se] = [new Float64Array(time.length), new Float64Array(time.length)];
  let [survival, relativeVariance] = [1, 0];
  time.forEach((_, at) => {
    const [y, d] = [atRisk[at]!, anyEvent[at]!];
    survival *= (y - d) / y;
    if (d > 0 && d < y) relativeVariance += d / (y * (y - d));
    estimate[at] = survival;
    se[at] = survival * Math.sqrt(relativeVariance);
  });
  return { estimate, se };
}

/** Variance of one cause's increment at a time: S(u−)² d (Y − d) / (Y² (Y − 1)). */
const incrementVariance = (before: number, d: number, y: number): number => {
  const ties = d > 1 ? (y - d) / (y - 1) : 1;
  return (ties * d * before * before) / (y * y);
};

/** The events of a time as the variance of one cause sees them: its own, and those of all other causes as one. */
const ownAndCompeting = (own: number, all: number) =>
  [
    { d: own, isOwn: 1 },
    { d: all - own, isOwn: 0 },
  ] as const;

/** Event-free just before each of the m times. */
const justBefore = ({ estimate }: StepCurve, at: number): number => (at === 0 ? 1 : estimate[at - 1]!);

/** F_k(t) and its standard error; the weight a(u) − F_k(t) b(u) of each increment is squared in running sums. */
function incidenceOf({ time, atRisk, events, anyEvent }: Endings, eventFree: StepCurve, cause: number): StepCurve {
  const [estimate, se] = [new Float64Array(time.length), new Float64Array(time.length)];
  let [incidence, aa, ab, bb] = [0, 0, 0, 0];
  time.forEach((_, at) => {
    if (anyEvent[at]! > 0) {
      const [y, own, before] = [atRisk[at]!, events[cause]![at]!, justBefore(eventFree, at)];
      incidence += (before * own) / y;
      // Nobody is left after S(u) = 0: F_k(t) − F_k(u) is zero from there on.
      const b = eventFree.estimate[at]! > 0 ? 1 / eventFree.estimate[at]! : 0;
      for (const { d, isOwn } of ownAndCompeting(own, anyEvent[at]!)) {
        const variance = incrementVariance(before, d, y);
        const a = isOwn + incidence * b;
        aa += variance * a * a;
        ab += variance * a * b;
        bb += variance * b * b;
      }
    }
    estimate[at] = incidence;
    se[at] = Math.sqrt(Math.max(0, aa - 2 * incidence * ab + incidence * incidence * bb));
  });
  return { estimate, se };
}

export interface PointOnCurve {
  readonly estimate: number;
  readonly se: number;
}

/**
 * A curve at time t. NaN where it is not known: after the last observed time while some are still free of events.
 *
 * @param atStart  Its value before the first time: 0 of an incidence, 1 of being event-free.
 */
export function curveAt(
  { endings, eventFree }: CumulativeIncidence,
  curve: StepCurve,
  t: number,
  atStart: 0 | 1,
): PointOnCurve {
  const last = endings.time.length - 1;
  if (t > endings.time[last]! && eventFree.estimate[last]! > 0) return { estimate: Number.NaN, se: Number.NaN };
  const at = lastNotAfter(endings.time, t);
  return at < 0 ? { estimate: atStart, se: 0 } : { estimate: curve.estimate[at]!, se: curve.se[at]! };
}

/**
 * Restricted mean time lost to a cause: ∫ F_k from 0 to the horizon, in the unit of time. NaN where F_k is not known
 * up to the horizon.
 */
export function meanTimeLost(curves: CumulativeIncidence, cause: number, horizon: number): PointOnCurve {
  const { endings, eventFree, incidence } = curves;
  const { time, atRisk, events, anyEvent } = endings;
  const { estimate } = incidence[cause]!;
  if (Number.isNaN(curveAt(curves, incidence[cause]!, horizon, 0).estimate))
    return { estimate: Number.NaN, se: Number.NaN };
  let [lost, variance] = [0, 0];
  // From the horizon back, so that `lost` is ∫_u^τ F_k.
  let until = horizon;
  for (let at = lastNotAfter(time, horizon); at >= 0; at--) {
    const u = time[at]!;
    lost += estimate[at]! * (until - u);
    until = u;
    if (anyEvent[at] === 0) continue;
    const [y, before, after] = [atRisk[at]!, justBefore(eventFree, at), eventFree.estimate[at]!];
    const later = after > 0 ? (lost - estimate[at]! * (horizon - u)) / after : 0;
    for (const { d, isOwn } of ownAndCompeting(events[cause]![at]!, anyEvent[at]!)) {
      const weight = isOwn * (horizon - u) - later;
      variance += incrementVariance(before, d, y) * weight * weight;
    }
  }
  return { estimate: lost, se: Math.sqrt(variance) };
}

/** The scale on which an interval of a probability is symmetric. */
export type ProbabilityScale = "log-log" | "log" | "plain";

/**
 * Interval of an incidence F: F^exp(±z se / (F ln F)) (log-log, which stays within 0 and 1), F exp(±z se / F) (log) or
 * F ± z se (plain); the last two cut at 0 and 1. At F = 0 and F = 1, where there is no standard error, NaN.
 */
export function incidenceInterval(
  { estimate, se }: PointOnCurve,
  scale: ProbabilityScale,
  level: number,
): { readonly lower: number; readonly upper: number } {
  const z = normalQuantile(1 - (1 - level) / 2);
  const within = (limit: number): number => Math.min(1, Math.max(0, limit));
  if (!(estimate > 0 && se > 0)) return { lower: Number.NaN, upper: Number.NaN };
  if (scale === "plain") return { lower: within(estimate - z * se), upper: within(estimate + z * se) };
  if (scale === "log") {
    const factor = Math.exp((z * se) / estimate);
    return { lower: estimate / factor, upper: within(estimate * factor) };
  }
  if (!(estimate < 1)) return { lower: Number.NaN, upper: Number.NaN };
  const power = Math.exp((z * se) / (estimate * Math.log(estimate)));
  return { lower: estimate ** (1 / power), upper: estimate ** power };
}
