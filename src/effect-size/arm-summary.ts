/** Size, mean and variance of the values of one arm: all that the effect sizes of means need. */

export interface ArmSummary {
  readonly n: number;
  readonly mean: number;
  /** With divisor n − 1; NaN for one value. */
  readonly variance: number;
}

/** In two passes, so that large means cost no digits. Values that are all the same have variance 0 exactly. */
export function summariseArm(values: Float64Array): ArmSummary {
  const n = values.length;
  if (n > 0 && values.every((value) => value === values[0])) {
    return { n, mean: values[0]!, variance: n > 1 ? 0 : Number.NaN };
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { n, mean, variance: squares / (n - 1) };
}

/** Standard deviation pooled within arms, √(Σ (nᵢ − 1) sᵢ² / df), and its df = Σ (nᵢ − 1). An arm of one row adds nothing. */
export function pooledSd(arms: readonly ArmSummary[]): { readonly sd: number; readonly df: number } {
  const several = arms.filter(({ n }) => n > 1);
  const df = several.reduce((sum, { n }) => sum + n - 1, 0);
  const squares = several.reduce((sum, { n, variance }) => sum + (n - 1) * variance, 0);
  return { sd: df > 0 ? Math.sqrt(squares / df) : Number.NaN, df };
}
