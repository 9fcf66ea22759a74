/**
 * The noncentral t distribution: T = (Z + δ) / S with Z standard normal and S = √(χ²(df)/df) independent of it.
 *
 *     P(T ≤ t) = E Φ(t S − δ) = ∫ Φ(t eᵘ − δ) g(u) du,   g(u) = 2 (df/2)^(df/2) / Γ(df/2) · exp(df (u − e²ᵘ/2))
 *
 * The integrand is analytic and falls off fast at both ends, so the trapezoidal rule converges geometrically; it is
 * positive, so nothing cancels. Absolute error below 1e-13 for df ≥ 1, however large t, δ and df are.
 * lib-r-math.js 2.0.3 has this as pt with a noncentrality: 1e-9 off for df = 1, and worse for large df.
 *
 * Sources  Johnson, Kotz & Balakrishnan (1995), ch. 31; Trefethen & Weideman (2014) SIAM Review 56:385–458.
 * Checked  test/reference/noncentral-t (R's pt and uniroot).
 */
import { dnorm, lgamma, pchisq, pnorm } from "lib-r-math.js";
import { findRoot } from "./root.js";

/** Beyond this in its logarithm, below its maximum, the density adds nothing. */
const NEGLIGIBLE = 40;

/** From here on Φ(t S − δ) is too steep for small steps, and the other integral is smooth. */
const LARGE = 1000;

/** P(T ≤ t), T noncentral t with df ≥ 1 degrees of freedom (∞: normal with mean δ) and noncentrality δ. */
export function noncentralT(t: number, df: number, delta: number): number {
  if (df === Number.POSITIVE_INFINITY) return pnorm(t - delta);
  if (!(Number.isFinite(t) && Number.isFinite(delta) && df > 0)) return Number.NaN;
  if (Math.abs(t) > LARGE) return t > 0 ? farOut(t, df, delta) : 1 - farOut(-t, df, -delta);
  // Fine enough for the tails of g with few degrees of freedom, and, where S is 1 or where Φ turns from 0 to 1 (but not
  // where g is negligible), for the width of g and the slope of Φ.
  const turn = t === 0 ? 1 : Math.min(delta / t, Math.sqrt(1 + (2 * NEGLIGIBLE) / df));
  const step = Math.min(0.12, 0.6 / (Math.max(1, turn) * Math.sqrt(2 * df + t * t)));
  let sum = 0;
  let weights = 0;
  for (const direction of [1, -1]) {
    for (let i = direction === 1 ? 0 : 1; ; i++) {
      const u = direction * i * step;
      // df (u − (e²ᵘ − 1)/2): the logarithm of g less that of its maximum, which is at u = 0.
      const logDensity = df * (u - Math.expm1(2 * u) / 2);
      if (logDensity < -NEGLIGIBLE) break;
      const density = Math.exp(logDensity);
      sum += density * pnorm(t * Math.exp(u) - delta);
      weights += density;
    }
  }
  // The weights integrate to one: dividing by their sum is more exact than the constant of g.
  return sum / weights;
}

/** For t > 0, over Z instead of S: E P(χ² ≥ df ((Z + δ)/t)²), all of it where Z + δ ≤ 0. */
function farOut(t: number, df: number, delta: number): number {
  const step = 0.1;
  let sum = 0;
  for (let i = -90; i <= 90; i++) {
    const z = i * step;
    const s = (z + delta) / t;
    sum += dnorm(z) * (s <= 0 ? 1 : pchisq(df * s * s, df, undefined, false));
  }
  return sum * step;
}

/**
 * Confidence limits of δ from an observed t: the δ under which a t so large, or so small, has probability (1 − level)/2.
 * Steiger & Fouladi (1997).
 */
export function noncentralityInterval(t: number, df: number, level: number): { lower: number; upper: number } {
  const tail = (1 - level) / 2;
  const limit = (below: number): number => {
    // T is about normal with mean δ and variance 1 + δ²/(2 df).
    const reach = 2 * Math.sqrt(1 + (t * t) / (2 * df));
    return findRoot((delta) => noncentralT(t, df, delta) - below, t - reach, t + reach);
  };
  return { lower: limit(1 - tail), upper: limit(tail) };
}

/**
 * J(df) = Γ(df/2) / (√(df/2) Γ((df−1)/2)): the factor that makes Cohen's d an unbiased estimate (Hedges 1981). 0 for
 * df = 1.
 */
export const hedgesCorrection = (df: number): number =>
  df > 1 ? Math.exp(lgamma(df / 2) - Math.log(df / 2) / 2 - lgamma((df - 1) / 2)) : 0;
