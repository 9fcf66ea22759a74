/**
 * The distributions of a generalised linear mixed model, with their canonical links: binomial (0/1, logit) and
 * Poisson (log). The log-density is yη − κ(η) + c(y); everything else follows from the derivatives of κ.
 *
 * Source: McCullagh & Nelder (1989) Generalized Linear Models, 2nd ed., sec. 2.2.
 */
import { logGamma } from "../numeric/distributions.js";

export type FamilyName = "binomial" | "poisson";

/** κ and its derivatives at one η, written by `CanonicalFamily.at`. */
export interface Cumulant {
  value: number;
  /** κ' = μ. */
  mean: number;
  /** κ'' = Var(y). */
  variance: number;
  /** κ'''. */
  third: number;
}

export interface CanonicalFamily {
  readonly name: FamilyName;
  /** Writes κ and its derivatives at η. */
  readonly at: (eta: number, cumulant: Cumulant) => void;
  /** Σ c(y): what of the log-likelihood depends on the outcome alone. */
  readonly constant: (response: Float64Array) => number;
  /** Whether y is a possible outcome: 0 or 1; a whole number from 0. */
  readonly isPossible: (y: number) => boolean;
}

const binomial: CanonicalFamily = {
  name: "binomial",
  at: (eta, cumulant) => {
    const t = Math.exp(-Math.abs(eta));
    const mean = (eta < 0 ? t : 1) / (1 + t);
    const variance = t / (1 + t) ** 2;
    cumulant.value = Math.max(eta, 0) + Math.log1p(t);
    cumulant.mean = mean;
    cumulant.variance = variance;
    cumulant.third = variance * (1 - 2 * mean);
  },
  constant: () => 0,
  isPossible: (y) => y === 0 || y === 1,
};

const poisson: CanonicalFamily = {
  name: "poisson",
  at: (eta, cumulant) => {
    const mean = Math.exp(eta);
    cumulant.value = mean;
    cumulant.mean = mean;
    cumulant.variance = mean;
    cumulant.third = mean;
  },
  constant: (response) => response.reduce((sum, y) => sum - logGamma(y + 1), 0),
  isPossible: (y) => y >= 0 && Number.isInteger(y),
};

export const canonicalFamilies: Readonly<Record<FamilyName, CanonicalFamily>> = { binomial, poisson };

export const emptyCumulant = (): Cumulant => ({ value: 0, mean: 0, variance: 0, third: 0 });
