/**
 * Distribution functions, thin over lib-r-math.js (R's own nmath). Probabilities of the tail asked
 * for are computed directly, never as one minus the other tail. df = Infinity means the normal limit.
 */
import { pchisq, pf, pnorm, pt, qnorm, qt } from "lib-r-math.js";

/** P(|T| ≥ |t|) for Student's t. */
export const twoSidedT = (t: number, df: number): number =>
  df === Number.POSITIVE_INFINITY ? 2 * pnorm(-Math.abs(t)) : 2 * pt(-Math.abs(t), df);

/** The quantile of Student's t with probability p below it. */
export const tQuantile = (p: number, df: number): number => (df === Number.POSITIVE_INFINITY ? qnorm(p) : qt(p, df));

/** The standard normal quantile. */
export const normalQuantile = (p: number): number => qnorm(p);

/** P(F ≥ f) with k and df degrees of freedom; df = Infinity is χ²(k)/k. */
export const upperF = (f: number, k: number, df: number): number =>
  df === Number.POSITIVE_INFINITY ? pchisq(f * k, k, undefined, false) : pf(f, k, df, undefined, false);
