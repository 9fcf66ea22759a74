/**
 * The distribution of an outcome with its canonical link: what generalised linear models, GEE and standardised
 * risks need of it. With a canonical link dμ/dη is the variance function v(μ), so that the score of β is X'(y − μ).
 *
 * Source: McCullagh & Nelder (1989) Generalized Linear Models, ch. 2; log-likelihood and deviance as R's glm.
 */
import { logGamma } from "../numeric/distributions.js";

export type FamilyName = "gaussian" | "binomial" | "poisson";

export interface Family {
  readonly name: FamilyName;
  readonly link: "identity" | "logit" | "log";
  /** μ(η). */
  readonly mean: (eta: number) => number;
  /** v(μ) = dμ/dη, from η so that small probabilities keep their digits. */
  readonly variance: (eta: number) => number;
  /** Where the iteration starts, as R's glm. */
  readonly startingEta: (y: number) => number;
  /** log f(y; η) with dispersion 1, all constants in it. */
  readonly logDensity: (y: number, eta: number) => number;
  /** Twice the log-likelihood that the row itself as its mean would gain. */
  readonly deviance: (y: number, eta: number) => number;
}

const logistic = (eta: number): number => (eta >= 0 ? 1 / (1 + Math.exp(-eta)) : Math.exp(eta) / (1 + Math.exp(eta)));

/** log(1 + exp(x)), without overflow. */
const softPlus = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));

const binomialLogDensity = (y: number, eta: number): number => y * eta - softPlus(eta);

export const families: Readonly<Record<FamilyName, Family>> = {
  gaussian: {
    name: "gaussian",
    link: "identity",
    mean: (eta) => eta,
    variance: () => 1,
    startingEta: (y) => y,
    logDensity: (y, eta) => -(Math.log(2 * Math.PI) + (y - eta) ** 2) / 2,
    deviance: (y, eta) => (y - eta) ** 2,
  },
  binomial: {
    name: "binomial",
    link: "logit",
    mean: logistic,
    variance: (eta) => logistic(eta) * logistic(-eta),
    startingEta: (y) => Math.log((y + 0.5) / (1.5 - y)),
    logDensity: binomialLogDensity,
    // A 0 or 1 is its own mean with density 1.
    deviance: (y, eta) => -2 * binomialLogDensity(y, eta),
  },
  poisson: {
    name: "poisson",
    link: "log",
    mean: Math.exp,
    variance: Math.exp,
    startingEta: (y) => Math.log(y + 0.1),
    logDensity: (y, eta) => y * eta - Math.exp(eta) - logGamma(y + 1),
    deviance: (y, eta) => 2 * ((y > 0 ? y * (Math.log(y) - eta) : 0) - (y - Math.exp(eta))),
  },
};
