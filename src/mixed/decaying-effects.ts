/**
 * ZΛ of a random part with effects of unit-periods that decay in correlation with distance, beside other random terms,
 * for Laplace's approximation (laplace-deviance.ts).
 *
 * Model    The effects of a unit at its positions t_1 < t_2 < … are λLu, u ~ N(0, I), with LL' = ρ^|t_i − t_j|. Such a
 *          process is Markov: it keeps ρ^d of itself over a gap d and adds what is new, so that in closed form
 *
 *              L_ij = s_j ρ^(t_i − t_j),  j ≤ i,   s_1 = 1,  s_j = √(1 − ρ^(2d_j)),  d_j = t_j − t_(j−1)
 *
 *          A unit is one level of a factor with as many effects as the unit with most positions; those that a unit does
 *          not have are no part of any row. ρ = 0 is an effect of each unit-period, ρ = 1 one of each unit.
 * Symbols  λ as standard deviation on the link scale; ρ is that of distance 1 of the positions, as its logit x, with
 *          ρ' = ρ(1 − ρ).
 * Checked  test/mixed/decay-generalised-mixed.test.ts: ρ^|t − s| itself, finite differences.
 */
import type { RandomTerm } from "../formula/frame.js";
import { zeros } from "../numeric/matrix.js";
import type { DecayingTerm } from "./decay-deviance.js";
import { relativeEffects, type ScaledEffects } from "./laplace-deviance.js";
import {
  type GroupingFactor,
  type RandomStructure,
  type StructuredTerm,
  structureRandomTerms,
} from "./random-structure.js";

export interface DecayingEffects extends ScaledEffects {
  readonly structure: RandomStructure;
  /** The other terms, as they stand in the factors of `structure`. */
  readonly others: readonly StructuredTerm[];
  /** The decaying effects of all levels, λLu, from the modes u of all factors. */
  readonly decayed: (theta: Float64Array, u: Float64Array) => Float64Array;
}

/**
 * @param Z    The other random terms.
 * @param rho  At an end of its range, or "free": a parameter.
 * @returns    effects over theta = (λ, those of the others, logit of ρ when it is free).
 */
export const decayingEffects = (decay: DecayingTerm, Z: readonly RandomTerm[], rho: 0 | 1 | "free"): DecayingEffects =>
  rho === "free" ? freeEffects(decay, structureRandomTerms(Z)) : edgeEffects(decay, Z, rho);

/** One effect of each unit-period, or of each unit. */
function edgeEffects({ term, units }: DecayingTerm, Z: readonly RandomTerm[], rho: 0 | 1): DecayingEffects {
  const levels = Array.from({ length: unitsOf(units) }, (_, unit) => String(unit));
  const ofUnits: RandomTerm = {
    ...term,
    group: `units of ${term.group}`,
    levels,
    codes: term.codes.map((level) => units[level]!),
  };
  const structure = structureRandomTerms([rho === 0 ? term : ofUnits, ...Z]);
  const [own, ...others] = structure.terms;
  return {
    ...relativeEffects(structure),
    structure,
    others,
    decayed: (theta, u) => {
      const { first, k } = placeOf(structure, own!);
      return Float64Array.from(units, (unit, level) => theta[0]! * u[first + (rho === 0 ? level : unit) * k]!);
    },
  };
}

/** Where a term's effect of its first level is among all modes, and how far apart the levels are. */
export function placeOf({ factors }: RandomStructure, term: StructuredTerm): { first: number; k: number } {
  const f = factors.findIndex(({ terms }) => terms.includes(term));
  const before = factors.slice(0, f).reduce((sum, { levels, k }) => sum + levels.length * k, 0);
  return { first: before + term.offset, k: factors[f]!.k };
}

function freeEffects({ term, units, positions }: DecayingTerm, others: RandomStructure): DecayingEffects {
  const ofOthers = relativeEffects(others);
  const count = 1 + ofOthers.parameters;
  const n = term.codes.length;
  const { place, gap, back, K, unitCount } = withinUnits(units, positions);
  const factor: GroupingFactor = {
    group: term.group,
    levels: Array.from({ length: unitCount }, (_, unit) => String(unit)),
    codes: term.codes.map((level) => units[level]!),
    k: K,
    values: zeros(n, K),
    terms: [],
  };
  const factors = [...others.factors, factor].sort((a, b) => b.levels.length - a.levels.length);
  const own = factors.indexOf(factor);
  const rest = <T>(ofFactors: readonly T[]): T[] => ofFactors.filter((_, f) => f !== own);

  /** Rows of L and ∂L/∂x, levels×K. */
  const L = new Float64Array(units.length * K);
  const slope = new Float64Array(units.length * K);
  let lambda = 0;

  const set = (theta: Float64Array): void => {
    lambda = theta[0]!;
    const x = theta[count]!;
    const logRho = -softPlus(-x);
    const complement = Math.exp(-softPlus(x));
    for (let level = 0; level < units.length; level++) {
      for (let j = 0; j <= place[level]!; j++) {
        const distance = back[level * K + j]!;
        const d = gap[level * K + j]!;
        const kept = Math.exp(distance * logRho);
        const added = d === Number.POSITIVE_INFINITY ? 1 : Math.sqrt(-Math.expm1(2 * d * logRho));
        L[level * K + j] = added * kept;
        const ofAdded = d === Number.POSITIVE_INFINITY ? 0 : (d * Math.exp(2 * d * logRho)) / added;
        slope[level * K + j] = complement * kept * (added * distance - ofAdded);
      }
    }
  };

  return {
    structure: { factors, terms: [], theta: [] },
    others: others.terms,
    parameters: count + 1,
    fill: (theta, scaled) => {
      set(theta);
      ofOthers.fill(theta.subarray(1, count), rest(scaled));
      const out = scaled[own]!;
      for (let i = 0; i < n; i++) for (let j = 0; j < K; j++) out[i * K + j] = lambda * L[term.codes[i]! * K + j]!;
    },
    slopes: (inScaled) => {
      const right = inScaled[own]!;
      let [inLambda, inRho] = [0, 0];
      for (let i = 0; i < n; i++) {
        const level = term.codes[i]! * K;
        for (let j = 0; j < K; j++) {
          inLambda += right[i * K + j]! * L[level + j]!;
          inRho += right[i * K + j]! * lambda * slope[level + j]!;
        }
      }
      return Float64Array.from([inLambda, ...ofOthers.slopes(rest(inScaled)), inRho]);
    },
    decayed: (theta, u) => {
      set(theta);
      const first = factors.slice(0, own).reduce((sum, { levels, k }) => sum + levels.length * k, 0);
      return Float64Array.from(units, (unit, level) => {
        let sum = 0;
        for (let j = 0; j < K; j++) sum += L[level * K + j]! * u[first + unit * K + j]!;
        return lambda * sum;
      });
    },
  };
}

/** log(1 + exp(x)). */
const softPlus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const unitsOf = (units: Int32Array): number => 1 + units.reduce((most, unit) => Math.max(most, unit), -1);

/** The order of each level within its unit, and for each level the distance back to those before it and their gaps. */
function withinUnits(units: Int32Array, positions: Float64Array) {
  const unitCount = unitsOf(units);
  const levelsOf = Array.from({ length: unitCount }, () => [] as number[]);
  units.forEach((unit, level) => {
    levelsOf[unit]!.push(level);
  });
  const K = levelsOf.reduce((most, levels) => Math.max(most, levels.length), 0);
  const place = new Int32Array(units.length);
  const gap = new Float64Array(units.length * K);
  const back = new Float64Array(units.length * K);
  for (const levels of levelsOf) {
    levels.sort((a, b) => positions[a]! - positions[b]!);
    levels.forEach((level, i) => {
      place[level] = i;
      for (let j = 0; j <= i; j++) {
        const here = positions[levels[j]!]!;
        gap[level * K + j] = j === 0 ? Number.POSITIVE_INFINITY : here - positions[levels[j - 1]!]!;
        back[level * K + j] = positions[level]! - here;
      }
    });
  }
  return { place, gap, back, K, unitCount };
}
