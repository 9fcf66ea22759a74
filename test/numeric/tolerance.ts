/**
 * How close is close enough, named once. A test names a tolerance, never a number; one that needs a
 * looser one than its kind says why beside it.
 */
import { expect } from "vitest";

export interface Tolerance {
  readonly name: string;
  /** Largest |actual − expected| / max(|expected|, scale). */
  readonly relative: number;
}

const tolerance = (name: string, relative: number): Tolerance => ({ name, relative });

/** Same number. */
export const exact = tolerance("exact", 0);
/** A formula evaluated twice in floating point. */
export const closedForm = tolerance("closed form", 1e-10);
/** Iterated to convergence: quantiles, Newton, Fisher scoring. */
export const iterated = tolerance("iterated", 1e-6);
/** Depends on an optimised variance parameter; 1e-5 for estimates, 1e-4 for SEs, 1e-3 for variances and df. */
export const optimised = {
  estimate: tolerance("optimised estimate", 1e-5),
  se: tolerance("optimised SE", 1e-4),
  variance: tolerance("optimised variance", 1e-3),
  df: tolerance("optimised df", 1e-3),
} as const;

/** Four Monte Carlo standard errors, relative to the expected value. */
export const monteCarlo = (standardError: number, expected: number): Tolerance =>
  tolerance("Monte Carlo", (4 * standardError) / Math.abs(expected));

/**
 * Expect a number, or each number of a list, to be close. Two equal infinities are close; NaN is close to nothing.
 *
 * @param what   said in the failure: `slopes: se`.
 * @param scale  for expected values at or near zero: the size below which a difference is judged against `scale`
 *               instead of the value.
 */
export function expectClose(
  actual: number | ArrayLike<number>,
  expected: number | ArrayLike<number>,
  { name, relative }: Tolerance,
  what: string,
  scale = 0,
): void {
  if (typeof expected !== "number" || typeof actual !== "number") {
    const [a, e] = [listOf(actual), listOf(expected)];
    expect(a.length, `${what}: length`).toBe(e.length);
    e.forEach((value, i) => {
      expectClose(a[i]!, value, { name, relative }, `${what}[${i}]`, scale);
    });
    return;
  }
  if (Object.is(actual, expected) || actual === expected) return;
  const error = Math.abs(actual - expected) / Math.max(Math.abs(expected), scale);
  const close = error <= relative;
  expect(
    close,
    `${what}: ${actual} for ${expected}, relative error ${error.toExponential(2)}, allowed ${relative} (${name})`,
  ).toBe(true);
}

const listOf = (values: number | ArrayLike<number>): number[] =>
  typeof values === "number" ? [values] : Array.from(values);
