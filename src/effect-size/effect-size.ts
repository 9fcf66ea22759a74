/** An effect size before it has a name: what every measure of this folder returns. NaN: does not exist. */
import { finite } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";

export interface EffectSize {
  readonly measure: string;
  readonly estimate: number;
  /** Of a ratio, of its logarithm. */
  readonly se: number;
  /** Of the test or the interval; ∞ for normal, NaN when neither refers to degrees of freedom. */
  readonly df: number;
  readonly statistic: number;
  /** Two-sided, of no effect. */
  readonly p: number;
  readonly lower: number;
  readonly upper: number;
}

/** What does not exist of a measure without a test. */
export const noTest = { statistic: Number.NaN, p: Number.NaN } as const;

/** Of a measure that these data do not have. */
export const notDefined = (measure: string): EffectSize => ({
  measure,
  estimate: Number.NaN,
  se: Number.NaN,
  df: Number.NaN,
  ...noTest,
  lower: Number.NaN,
  upper: Number.NaN,
});

/** The effect size under its name in results.json; numbers that do not exist become null. */
export const toEstimate = (
  { measure, ...numbers }: EffectSize,
  label: { readonly name: string; readonly unit: string | null; readonly level: number },
): Estimate =>
  finite({
    name: label.name,
    measure,
    unit: label.unit,
    estimate: numbers.estimate,
    se: numbers.se,
    df: numbers.df,
    statistic: numbers.statistic,
    p: numbers.p,
    lower: numbers.lower,
    upper: numbers.upper,
    level: label.level,
  });
