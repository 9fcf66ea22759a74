/**
 * A stepped wedge with a binary outcome or a count under the hypothesis of one effect δ: the score of treatment for every
 * assignment, from one fit of the model without treatment.
 *
 * Null model  g(E(y | b)) = δR + X₀β + Zb, R the treatment received: periods, covariates and random effects as the
 *             analysis has them, the random effects of treatment left out. Fitted once for each δ, by Laplace's
 *             approximation or, without random effects, by maximum likelihood.
 * Statistic   At that fit z = X₀β + Zb + (y − μ)/w, V = W⁻¹ + ZGZ', P = V⁻¹ − V⁻¹X₀(X₀'V⁻¹X₀)⁻¹X₀'V⁻¹. An assignment with
 *             treatment T has the score U = T'Pz, its information J = T'PT, and U/√J is compared. As V⁻¹(z − X₀β) = y − μ,
 *             U is the sum over treated rows of observed less expected, given the unit, less what periods and covariates
 *             explain of the treatment. U/J is one step from δ towards the estimate.
 * Rows        An assignment may leave rows out: sums are then over its own rows, the null model over all.
 * Why         The null model at δ = 0 does not know who was treated: the test is exact whatever the model. At other δ it
 *             holds as far as the model with δ does.
 * Sources     Braun & Feng (2001) JASA 96:1424–1432 (scores of cluster models over assignments); Rabideau & Wang (2021)
 *             Statistics in Medicine 40:4442–4456 (stepped wedges; δ as an offset); Watson, Akinyemi & Hemming (2023)
 *             Statistics in Medicine 42:3786–3803 (quasi-scores weighted by the covariance).
 */
import type { Frame } from "../formula/frame.js";
import { familyWithLink } from "../inference/family.js";
import { fitGeneralisedLinear } from "../linear/generalised-linear.js";
import { conditionalFamily } from "../mixed/conditional-family.js";
import {
  fitGeneralisedLinearMixed,
  integratedDeviance,
  integratedModel,
  orthogonalBasis,
} from "../mixed/generalised-linear-mixed.js";
import { fixedPredictor } from "../mixed/integrated-likelihood.js";
import { relativeFactors, structureRandomTerms } from "../mixed/random-structure.js";
import type { Matrix } from "../numeric/matrix.js";
import { minimise } from "../numeric/minimise.js";
import { qr, solveUpper, timesInverseUpper } from "../numeric/qr.js";
import { unitProducts } from "./unit-deviance.js";
import { sumsBySwitch, type UnitRows } from "./unit-sums.js";

/** The score of each assignment under one δ. */
export interface NullScores {
  /** U/√J; NaN where treatment cannot be told from the other columns. */
  readonly score: (assignment: Int32Array) => number;
  /** U/J, and J. */
  readonly step: (assignment: Int32Array) => { readonly step: number; readonly information: number };
}

/** Under a δ; null when the null model could not be fitted. */
export type NullModel = (shift: number) => NullScores | null;

export interface NullModelData
  extends Omit<UnitRows, "outcome" | "weights" | "others" | "decay" | "ofTreatment" | "Z"> {
  /** Without treatment, fixed or random. */
  readonly frame: Frame;
  readonly family: "binomial" | "poisson";
}

/** Least λ that a fit starts from: the slope at zero says nothing. */
const LEAST_START = 0.1;
/** What is left of a column beside those before it: less is rounding. */
const DEPENDENT = 1e-10;

/** Fits start where the one before ended: ask for shifts in an order of their own, not in one that chance decides. */
export function nullModel(data: NullModelData): NullModel {
  const { frame, family } = data;
  const fitAt = frame.Z.length === 0 ? plainFits(data) : mixedFits(data);
  const basis = timesInverseUpper(frame.X, qr(frame.X).R);
  const { mean, information } = familyWithLink(family, "logit");
  return (shift) => {
    const fitted = fitAt(shift);
    if (fitted === null) return null;
    const { eta, offset, lambda } = fitted;
    const weights = eta.map(information);
    const working = eta.map((value, i) => value - offset[i]! + (frame.response[i]! - mean(value)) / weights[i]!);
    return scoresFrom({ ...data, others: basis, outcome: working, weights }, lambda);
  };
}

/** @param lambda  standard deviations of the random terms on the link scale. */
function scoresFrom(
  data: Omit<UnitRows, "ofTreatment" | "Z" | "decay"> & { readonly frame: Frame },
  lambda: Float64Array,
): NullScores {
  const sums = sumsBySwitch({ ...data, Z: data.frame.Z, ofTreatment: new Set(), decay: null });
  const p0 = data.others.cols;
  const q = p0 + 3;
  const made = new Map<number, Float64Array>();
  const productsOf = (unit: number, switched: number): Float64Array => {
    const key = switched * data.units + unit;
    const products = made.get(key) ?? unitProducts(sums, unit, switched, { lambda, decay: null });
    made.set(key, products);
    return products;
  };
  const total = new Float64Array(q * q);

  /** U and J, by the factor of [X₀ T z]'V⁻¹[X₀ T z]. */
  const scoreOf = (assignment: Int32Array): { U: number; J: number } => {
    total.fill(0);
    for (let unit = 0; unit < data.units; unit++) {
      const products = productsOf(unit, assignment[unit]!);
      for (let i = 0; i < p0 + 2; i++) for (let j = 0; j <= i; j++) total[i * q + j]! += products[i * q + j]!;
    }
    const whole = total[p0 * q + p0]!;
    // Rows p₀ (T) and p₀ + 1 (z) are solved by the factor of X₀; a column of X₀ that depends on others takes no part.
    for (let i = 0; i < p0 + 2; i++) {
      const own = i < p0 ? total[i * q + i]! : 0;
      for (let j = 0; j <= Math.min(i, p0 - 1); j++) {
        let sum = total[i * q + j]!;
        for (let c = 0; c < j; c++) sum -= total[i * q + c]! * total[j * q + c]!;
        if (j < i) total[i * q + j] = total[j * q + j] === 0 ? 0 : sum / total[j * q + j]!;
        else total[i * q + i] = sum > DEPENDENT * own ? Math.sqrt(sum) : 0;
      }
    }
    let [J, U] = [whole, total[(p0 + 1) * q + p0]!];
    for (let j = 0; j < p0; j++) {
      J -= total[p0 * q + j]! ** 2;
      U -= total[p0 * q + j]! * total[(p0 + 1) * q + j]!;
    }
    return J > DEPENDENT * whole ? { U, J } : { U: Number.NaN, J: Number.NaN };
  };
  return {
    score: (assignment) => {
      const { U, J } = scoreOf(assignment);
      return U / Math.sqrt(J);
    },
    step: (assignment) => {
      const { U, J } = scoreOf(assignment);
      return { step: U / J, information: J };
    },
  };
}

interface Fitted {
  /** n, offset included. */
  readonly eta: Float64Array;
  readonly offset: Float64Array;
  readonly lambda: Float64Array;
}

const offsetAt = ({ frame, received }: NullModelData, shift: number): Float64Array =>
  received.map((value, i) => (frame.offset?.[i] ?? 0) + shift * value);

function plainFits(data: NullModelData): (shift: number) => Fitted | null {
  return (shift) => {
    const offset = offsetAt(data, shift);
    const { eta, converged } = fitGeneralisedLinear({ ...data.frame, offset }, { family: data.family });
    return converged ? { eta, offset, lambda: new Float64Array(0) } : null;
  };
}

/** The first in full, the others from where it ended. */
function mixedFits(data: NullModelData): (shift: number) => Fitted | null {
  const { frame, family: name } = data;
  const { basis, back } = orthogonalBasis(frame.X, frame.names, "");
  const structure = structureRandomTerms(frame.Z);
  const family = conditionalFamily(name, "logit");
  const terms = structure.theta.length;
  let first: { readonly at: Float64Array; readonly hessian: Matrix | null } | null = null;

  return (shift) => {
    const offset = offsetAt(data, shift);
    const deviance = integratedDeviance(integratedModel({ ...frame, offset, X: basis }, family, structure), 1);
    const fresh = (): Float64Array | null => {
      const fit = fitGeneralisedLinearMixed({ ...frame, offset }, { family: name });
      return fit.converged ? Float64Array.from([...fit.theta, ...solveUpper(back, fit.coef)]) : null;
    };
    const near = (): Float64Array | null => {
      const { at, hessian } = first!;
      const start = at.map((value, i) => (i < terms ? Math.max(Math.abs(value), LEAST_START) : value));
      const minimum = minimise({ ...deviance, scoring: () => hessian }, start);
      return minimum.converged ? minimum.at : null;
    };
    const x = (first === null ? null : near()) ?? fresh();
    if (x === null) return null;
    if (first === null) {
      const { hessian } = minimise(deviance, x, { maxIterations: 0 });
      first = { at: x, hessian };
    }
    deviance.value(x);
    const eta = fixedPredictor({ ...integratedModel({ ...frame, offset, X: basis }, family, structure) }, x, terms);
    addModes(eta, deviance.modes(), structure, x.subarray(0, terms));
    return { eta, offset, lambda: x.slice(0, terms).map(Math.abs) };
  };
}

/** Adds ZΛu. */
function addModes(
  eta: Float64Array,
  u: Float64Array,
  structure: ReturnType<typeof structureRandomTerms>,
  theta: Float64Array,
): void {
  const lambdas = relativeFactors(structure, theta);
  let first = 0;
  structure.factors.forEach(({ codes, levels, k, values }, f) => {
    const lambda = lambdas[f]!;
    for (let i = 0; i < eta.length; i++) {
      for (let a = 0; a < k; a++) {
        let b = 0;
        for (let c = 0; c <= a; c++) b += lambda[a * k + c]! * u[first + codes[i]! * k + c]!;
        eta[i]! += values.data[i * k + a]! * b;
      }
    }
    first += levels.length * k;
  });
}
