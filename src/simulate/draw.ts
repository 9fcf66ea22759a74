/** Draws from a random stream. Thresholds are compared with one uniform number each, so that streams keep in step. */
import type { RandomStream } from "../numeric/random-stream.js";

/** A whole number from low to high, each as likely. */
export const drawWhole = (stream: RandomStream, [low, high]: readonly [number, number]): number =>
  low + stream.below(high - low + 1);

/** A level, by shares that sum to 1. */
export function drawLevel(stream: RandomStream, levels: Readonly<Record<string, number>>): string {
  const names = Object.keys(levels);
  const u = stream.uniform();
  let total = 0;
  for (const name of names) {
    total += levels[name]!;
    if (u < total) return name;
  }
  return names.at(-1)!; // shares that sum to 1 only to rounding
}

/** A standard exponential: the time until an event with hazard 1. */
export const drawExponential = (stream: RandomStream): number => -Math.log(1 - stream.uniform());

/**
 * The time at which a piecewise constant hazard has accumulated to a value.
 *
 * @param from   the times from which each rate holds, the first 0, increasing
 * @param rates  as many rates ≥ 0
 * @returns the time; ∞ when the hazard never gets there.
 */
export function timeOfHazard(cumulated: number, from: readonly number[], rates: readonly number[]): number {
  let left = cumulated;
  for (const [i, rate] of rates.entries()) {
    const start = from[i]!;
    const length = (from[i + 1] ?? Number.POSITIVE_INFINITY) - start;
    if (rate > 0 && left <= rate * length) return start + left / rate;
    left -= rate === 0 ? 0 : rate * length;
  }
  return Number.POSITIVE_INFINITY;
}

/** Rounded to the decimals of an instrument, and within its range. */
export function onScale(value: number, [low, high]: readonly [number, number], decimals: number): number {
  const unit = 10 ** decimals;
  return Math.round(Math.min(high, Math.max(low, value)) * unit) / unit;
}
