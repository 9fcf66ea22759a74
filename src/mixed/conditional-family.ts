/**
 * The distributions of the outcome of a generalised linear mixed model given the random effects: binomial (0/1, logit or
 * complementary log-log) and Poisson (log), by the log-density of one row and its derivatives in η. All are log-concave
 * in η, so that the modes of the random effects are found by Newton.
 *
 * The information is the observed one, −∂² log f/∂η². With the canonical links it does not depend on the outcome and is
 * the expected one too; with the complementary log-log link the two differ, and the curvature that Laplace's
 * approximation is made of is the observed one (as in glmmTMB; lme4 has the expected one).
 *
 * Sources: McCullagh & Nelder (1989) Generalized Linear Models, 2nd ed., sec. 2.2 and 4.3; Tierney & Kadane (1986)
 * JASA 81:82–86 (Laplace's approximation has the Hessian).
 */
import type { BinomialLink } from "../inference/family.js";
import { logGamma } from "../numeric/distributions.js";

export type FamilyName = "binomial" | "poisson";

/** log f(y; η) and its derivatives at one row, written by `ConditionalFamily.at`. */
export interface RowDensity {
  /** log f, less what depends on y alone. */
  logDensity: number;
  /** ∂ log f/∂η. */
  score: number;
  /** −∂² log f/∂η². */
  information: number;
  /** −∂³ log f/∂η³. */
  third: number;
}

export interface ConditionalFamily {
  readonly name: FamilyName;
  readonly link: BinomialLink | "log";
  /** Writes the log-density and its derivatives at η. */
  readonly at: (y: number, eta: number, row: RowDensity) => void;
  /** μ(η). */
  readonly mean: (eta: number) => number;
  /** Σ of what of the log-likelihood depends on the outcome alone. */
  readonly constant: (response: Float64Array) => number;
}

const logistic: ConditionalFamily = {
  name: "binomial",
  link: "logit",
  at: (y, eta, row) => {
    const t = Math.exp(-Math.abs(eta));
    const mean = (eta < 0 ? t : 1) / (1 + t);
    const variance = t / (1 + t) ** 2;
    row.logDensity = y * eta - Math.max(eta, 0) - Math.log1p(t);
    row.score = y - mean;
    row.information = variance;
    row.third = variance * (1 - 2 * mean);
  },
  mean: (eta) => 1 / (1 + Math.exp(-eta)),
  constant: () => 0,
};

/** exp of more is not finite. */
const FARTHEST = 700;

const complementaryLogLog: ConditionalFamily = {
  name: "binomial",
  link: "cloglog",
  at: (y, eta, row) => complementaryLogLogAt(y, Math.exp(Math.min(eta, FARTHEST)), row),
  mean: (eta) => -Math.expm1(-Math.exp(eta)),
  constant: () => 0,
};

/**
 * By t = exp(η). No event: log f = −t, as all its derivatives. An event: log f = log(1 − exp(−t)), with first derivative
 * s = t/(exp(t) − 1) and second s(1 − t − s).
 */
export function complementaryLogLogAt(y: number, t: number, row: RowDensity): void {
  if (y === 0) {
    row.logDensity = -t;
    row.score = -t;
    row.information = t;
    row.third = t;
    return;
  }
  const s = t < 1e-300 ? 1 : t / Math.expm1(t);
  // 1 − t − s, by its series where the terms cancel.
  const bend = t < 0.03 ? t * (-1 / 2 + t * (-1 / 12 + (t * t) / 720)) : 1 - t - s;
  const second = s * bend;
  row.logDensity = Math.log(-Math.expm1(-t));
  row.score = s;
  row.information = -second;
  row.third = s * (t + second) - second * bend;
}

const poisson: ConditionalFamily = {
  name: "poisson",
  link: "log",
  at: (y, eta, row) => {
    const mean = Math.exp(eta);
    row.logDensity = y * eta - mean;
    row.score = y - mean;
    row.information = mean;
    row.third = mean;
  },
  mean: Math.exp,
  constant: (response) => response.reduce((sum, y) => sum - logGamma(y + 1), 0),
};

/** @param link  Of binomial. */
export const conditionalFamily = (name: FamilyName, link: BinomialLink = "logit"): ConditionalFamily => {
  if (name === "poisson") return poisson;
  return link === "cloglog" ? complementaryLogLog : logistic;
};

export const emptyRow = (): RowDensity => ({ logDensity: 0, score: 0, information: 0, third: 0 });
