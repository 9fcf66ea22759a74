/**
 * Number needed to treat: the reciprocal of the risk difference, with its sign. Positive: so many in the arm for one event
 * more than in the reference; negative: for one event fewer. Whether an event is a benefit is for the reader to say.
 *
 * Interval  The reciprocals of the risk difference's limits. When these have 0 between them the interval goes through
 *           infinity, from one limit outwards to the other: it is no stretch of numbers, and has no bounds here.
 * Source    Altman (1998) BMJ 317:1309–1312.
 */
import { type EffectSize, noTest } from "./effect-size.js";

/** Not defined when the difference is 0. */
export function numberNeededToTreat(difference: EffectSize): EffectSize {
  const throughInfinity = difference.lower <= 0 && difference.upper >= 0;
  return {
    measure: "number-needed-to-treat",
    estimate: 1 / difference.estimate,
    se: Number.NaN,
    df: Number.NaN,
    ...noTest,
    lower: throughInfinity ? Number.NaN : 1 / difference.upper,
    upper: throughInfinity ? Number.NaN : 1 / difference.lower,
  };
}
