/**
 * The remainder of Stirling's formula, ln Γ(x) = (x − ½) ln x − x + ½ ln 2π + μ(x), and its slope. Ratios of gamma
 * functions at large arguments are exact by it, where differences of ln Γ would cancel.
 *
 * Source: Abramowitz & Stegun (1964) 6.1.40–41; Binet's function. Below 10 the recurrence of Γ raises x first.
 */

/** B_2k / (2k (2k − 1)), k = 1 …, of μ(x) = Σ a_k / x^(2k−1). */
const COEFFICIENTS = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
const LARGE = 10;

/** μ(x), x > 0. */
export function logGammaRemainder(x: number): number {
  let sum = 0;
  let at = x;
  for (; at < LARGE; at++) sum += (at + 0.5) * Math.log1p(1 / at) - 1;
  const inverse = 1 / (at * at);
  return COEFFICIENTS.reduceRight((series, a) => series * inverse + a, 0) / at + sum;
}

/** μ'(x), x > 0. */
export function logGammaRemainderSlope(x: number): number {
  let sum = 0;
  let at = x;
  for (; at < LARGE; at++) sum += Math.log1p(1 / at) - (at + 0.5) / (at * (at + 1));
  const inverse = 1 / (at * at);
  const series = COEFFICIENTS.reduceRight((series, a, k) => series * inverse - (2 * k + 1) * a, 0);
  return series * inverse + sum;
}
