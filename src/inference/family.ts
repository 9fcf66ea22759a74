/**
 * The distribution of an outcome with its link: what generalised linear models, GEE and standardised risks need of it.
 * With a canonical link dμ/dη is the variance function v(μ), so that the score of β is X'(y − μ) and its information X'vX.
 * The complementary log-log link of a binary outcome is not canonical. For rows that are a participant's periods until an
 * event it is the proportional hazards model of times grouped into periods: exp(β) is a ratio of hazards.
 *
 * Sources: McCullagh & Nelder (1989) Generalized Linear Models, ch. 2 and 4; Prentice & Gloeckler (1978) Biometrics
 *          34:57–67; log-likelihood and deviance as R's glm.
 */
import { logGamma } from "../numeric/distributions.js";

export type FamilyName = "gaussian" | "binomial" | "poisson";

/** The links that a binary outcome can have; logit is the canonical one. */
export const BINOMIAL_LINKS = ["logit", "cloglog"] as const;
export type BinomialLink = (typeof BINOMIAL_LINKS)[number];

export interface Family {
  readonly name: FamilyName;
  readonly link: "identity" | "logit" | "log" | "cloglog";
  /** μ(η). */
  readonly mean: (eta: number) => number;
  /** v(μ), from η so that small probabilities keep their digits. */
  readonly variance: (eta: number) => number;
  /** dμ/dη. */
  readonly slope: (eta: number) => number;
  /** ∂ log f/∂η = (y − μ) slope/v. */
  readonly score: (y: number, eta: number) => number;
  /** Its variance, slope²/v: the weight of a row in the expected information. */
  readonly information: (eta: number) => number;
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

/** With a canonical link slope and information are the variance, and the score is y − μ. */
const canonical = (family: Omit<Family, "slope" | "score" | "information">): Family => ({
  ...family,
  slope: family.variance,
  score: (y, eta) => y - family.mean(eta),
  information: family.variance,
});

export const families: Readonly<Record<FamilyName, Family>> = {
  gaussian: canonical({
    name: "gaussian",
    link: "identity",
    mean: (eta) => eta,
    variance: () => 1,
    startingEta: (y) => y,
    logDensity: (y, eta) => -(Math.log(2 * Math.PI) + (y - eta) ** 2) / 2,
    deviance: (y, eta) => (y - eta) ** 2,
  }),
  binomial: canonical({
    name: "binomial",
    link: "logit",
    mean: logistic,
    variance: (eta) => logistic(eta) * logistic(-eta),
    startingEta: (y) => Math.log((y + 0.5) / (1.5 - y)),
    logDensity: binomialLogDensity,
    // A 0 or 1 is its own mean with density 1.
    deviance: (y, eta) => -2 * binomialLogDensity(y, eta),
  }),
  poisson: canonical({
    name: "poisson",
    link: "log",
    mean: Math.exp,
    variance: Math.exp,
    startingEta: (y) => Math.log(y + 0.1),
    logDensity: (y, eta) => y * eta - Math.exp(eta) - logGamma(y + 1),
    deviance: (y, eta) => 2 * ((y > 0 ? y * (Math.log(y) - eta) : 0) - (y - Math.exp(eta))),
  }),
};

/** t/(exp(t) − 1): 1 at 0. */
const bernoulliRatio = (t: number): number => (t < 1e-300 ? 1 : t / Math.expm1(t));

/** With t = exp(η): no event has probability exp(−t). */
const complementaryLogLogDensity = (y: number, eta: number): number => {
  const t = Math.exp(eta);
  if (y === 0) return -t;
  // Below this 1 − exp(−t) is t to rounding, and log t is η.
  return eta < -37 ? eta : Math.log(-Math.expm1(-t));
};

const complementaryLogLog: Family = {
  name: "binomial",
  link: "cloglog",
  mean: (eta) => -Math.expm1(-Math.exp(eta)),
  variance: (eta) => -Math.expm1(-Math.exp(eta)) * Math.exp(-Math.exp(eta)),
  slope: (eta) => Math.exp(eta - Math.exp(eta)),
  score: (y, eta) => (y === 0 ? -Math.exp(eta) : bernoulliRatio(Math.exp(eta))),
  information: (eta) => Math.exp(eta) * bernoulliRatio(Math.exp(eta)),
  startingEta: (y) => Math.log(-Math.log1p(-(y + 0.5) / 2)),
  logDensity: complementaryLogLogDensity,
  deviance: (y, eta) => -2 * complementaryLogLogDensity(y, eta),
};

/** The family of an outcome with a link that need not be the canonical one. */
export const familyWithLink = (name: FamilyName, link: BinomialLink = "logit"): Family =>
  name === "binomial" && link === "cloglog" ? complementaryLogLog : families[name];
