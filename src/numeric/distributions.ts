/**
 * Distribution functions, thin over lib-r-math.js (R's own nmath). Probabilities of the tail asked
 * for are computed directly, never as one minus the other tail. df = Infinity means the normal limit.
 * The tails of t and F are our own: the library's are wrong for large df, see incomplete-beta.ts.
 */
import { dt, lgamma, pchisq, pnorm, qnorm, qt } from "lib-r-math.js";
import { upperTailOfF } from "./incomplete-beta.js";

/** P(|T| ≥ |t|) for Student's t. */
export const twoSidedT = (t: number, df: number): number =>
  df === Number.POSITIVE_INFINITY ? 2 * pnorm(-Math.abs(t)) : upperTailOfF(t * t, 1, df);

/** The quantile of Student's t with probability p below it. The library's, which has 7 to 10 digits, polished by Newton. */
export function tQuantile(p: number, df: number): number {
  if (df === Number.POSITIVE_INFINITY) return qnorm(p);
  const bothTails = 2 * Math.min(p, 1 - p);
  let t = Math.abs(qt(p, df));
  for (let step = 0; step < 3 && Number.isFinite(t) && t > 0; step++)
    t += (twoSidedT(t, df) - bothTails) / (2 * dt(t, df));
  return p < 0.5 ? -t : t;
}

/** The standard normal quantile. */
export const normalQuantile = (p: number): number => qnorm(p);

/** P(F ≥ f) with k and df degrees of freedom; df = Infinity is χ²(k)/k. */
export const upperF = (f: number, k: number, df: number): number =>
  df === Number.POSITIVE_INFINITY ? pchisq(f * k, k, undefined, false) : upperTailOfF(f, k, df);

/** ln Γ(x) for x > 0. */
export const logGamma = (x: number): number => lgamma(x);
