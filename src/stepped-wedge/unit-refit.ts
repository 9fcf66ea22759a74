/**
 * A stepped wedge fitted again for other assignments of its units, the variances estimated again each time, from sums
 * over its units (unit-deviance.ts): what a permutation test compares.
 *
 * Start      The first fit of an assignment begins where the observed one ended, with its curvature; further fits of the
 *            same assignment, to shifted outcomes, where the one before ended. So nothing depends on other assignments,
 *            nor on how workers share them. Where that leads to no minimum, again from λ = 1.
 * Boundary   λ may be zero or negative, which is the same model: a variance at zero is a smooth minimum. ρ is optimised as
 *            its logit from a small and a large one, and tried at 0 and 1 when it ends next to them.
 * Not done   The second optimiser, degrees of freedom.
 */
import { leastSquares } from "../inference/least-squares.js";
import type { ShiftedEstimate } from "../inference/permutation.js";
import type { Method } from "../mixed/profiled-deviance.js";
import type { Matrix } from "../numeric/matrix.js";
import { type Minimum, minimise } from "../numeric/minimise.js";
import { qr, timesInverseUpper } from "../numeric/qr.js";
import { type UnitDeviance, type UnitParameters, unitDeviance } from "./unit-deviance.js";
import { sumsBySwitch, type UnitRows } from "./unit-sums.js";

/** Least λ that a fit starts from: the slope at zero says nothing. */
const LEAST_START = 0.1;
/** ρ within NEAR_EDGE of 0 or 1 is tried there, and at both with a λ₀ below NEAR_ZERO; a fit there is taken when its criterion is not higher by more than SAME. */
const NEAR_EDGE = 1e-3;
const NEAR_ZERO = 1e-2;
const SAME = 1e-7;
/** Of a search with a curvature that is near the true one. */
const CLOSE = 1e-12;
const STARTING_RHOS = [0.3, 0.9];

export interface UnitFit {
  readonly effect: number;
  readonly se: number;
  /** Effect on the treatment received, with the variances of this fit. */
  readonly onReceived: number;
  readonly parameters: UnitParameters;
  readonly deviance: number;
  readonly converged: boolean;
}

/** The fit under an assignment of outcomes less `shift` × the treatment that they hold; null: not estimable. */
export type UnitRefitter = (assignment: Int32Array, shift: number) => UnitFit | null;

/**
 * Prepare the fits. Positions of decaying effects are best in steps of some fifth of a unit's time.
 * @param observed  the switch of each unit as it was.
 */
export function unitRefitter(data: UnitRows, observed: Int32Array, method: Method): UnitRefitter {
  const { basis, residuals } = ordinary(data.others, data.outcome);
  const sums = sumsBySwitch({ ...data, others: basis, outcome: residuals });
  const terms = data.Z.length;
  const search = data.decay === null ? plainSearch(terms) : decaySearch(terms);
  let first: Found | null = null;
  let last: { readonly assignment: Int32Array; readonly found: Found } | null = null;

  return (assignment, shift) => {
    const deviance = unitDeviance(sums, assignment, shift, terms, method);
    if (deviance === null) return null;
    first ??= startingPoint(unitDeviance(sums, observed, 0, terms, method), search);
    const isSameAssignment = last?.assignment === assignment;
    const start = isSameAssignment ? last!.found : first;
    const found = search(deviance, start === null ? null : { found: start, isSameAssignment });
    last = { assignment, found };
    return { ...deviance.solution(found.parameters), ...found };
  };
}

/** For permutationReplicates. */
export const shiftedUnitEstimate =
  (refit: UnitRefitter) =>
  (assignment: Int32Array, shift: number): ShiftedEstimate => {
    const fit = refit(assignment, shift);
    return fit?.converged
      ? { estimate: fit.effect, slope: -fit.onReceived }
      : { estimate: Number.NaN, slope: Number.NaN };
  };

/** An orthonormal basis of the columns, and what they leave of the outcome. */
function ordinary(others: Matrix, outcome: Float64Array): { basis: Matrix; residuals: Float64Array } {
  if (others.cols === 0) return { basis: others, residuals: outcome };
  const basis = timesInverseUpper(others, qr(others).R);
  return { basis, residuals: leastSquares(basis, outcome).residuals };
}

interface Found {
  readonly parameters: UnitParameters;
  readonly deviance: number;
  readonly converged: boolean;
  readonly minimum: Minimum;
}

/** Where a search begins. */
interface From {
  readonly found: Found;
  readonly isSameAssignment: boolean;
}

type Search = (deviance: UnitDeviance, from: From | null) => Found;

/** The observed assignment's fit; null when it has none. */
function startingPoint(deviance: UnitDeviance | null, search: Search): Found | null {
  const found = deviance === null ? null : search(deviance, null);
  return found?.converged ? found : null;
}

const isInside = (lambda: Float64Array): boolean => lambda.every((one) => Math.abs(one) >= LEAST_START);

function plainSearch(terms: number): Search {
  const toParameters = (x: Float64Array): UnitParameters => ({ lambda: x, decay: null });
  return (deviance, from) => {
    const objective = { value: (x: Float64Array) => deviance.value(toParameters(x)), gradient: deviance.gradient };
    const done = (minimum: Minimum): Found => ({
      parameters: toParameters(minimum.at),
      deviance: minimum.value,
      converged: minimum.converged,
      minimum,
    });
    if (terms === 0) return done(withoutParameters(objective.value(new Float64Array(0))));
    const fresh = () => minimise(objective, new Float64Array(terms).fill(1));
    if (from === null) return done(fresh());
    const { at, hessian } = from.found.minimum;
    const start = at.map((lambda) => Math.max(Math.abs(lambda), LEAST_START));
    // Shifted outcomes of one assignment have nearly the curvature of the others, away from the boundary.
    if (from.isSameAssignment && hessian !== null && isInside(at)) {
      const near = minimise({ ...objective, hessian: () => hessian, scoring: () => hessian }, at, { tolerance: CLOSE });
      if (near.converged && isInside(near.at)) return done(near);
    }
    const again = minimise({ ...objective, scoring: () => hessian }, start);
    return done(again.converged ? again : fresh());
  };
}

/** For shifted outcomes of one assignment, where the fit before ended; else a small one and a large one. */
function startingRhos(from: From | null): readonly number[] {
  const rho = from?.found.parameters.decay?.rho ?? 0;
  const isKnown = from?.isSameAssignment === true && rho > NEAR_EDGE && rho < 1 - NEAR_EDGE;
  return isKnown ? [rho] : STARTING_RHOS;
}

/** Over the λ's, λ₀ and ρ; `rho` held at 0 or 1, or free (null). */
function decaySearch(terms: number): Search {
  const searchFrom = (
    deviance: UnitDeviance,
    start: { readonly lambda: Float64Array; readonly rho: number },
    held: 0 | 1 | null,
  ): Found => {
    const rhoOf = (x: Float64Array): number => held ?? 1 / (1 + Math.exp(-x[terms + 1]!));
    const toParameters = (x: Float64Array): UnitParameters => ({
      lambda: x.slice(0, terms),
      decay: { lambda: x[terms]!, rho: rhoOf(x) },
    });
    let last: Float64Array = start.lambda;
    const minimum = minimise(
      {
        value: (x) => {
          last = x.slice();
          return deviance.value(toParameters(x));
        },
        gradient: () => {
          const slopes = deviance.gradient();
          if (held !== null) return slopes.slice(0, terms + 1);
          const rho = rhoOf(last);
          slopes[terms + 1]! *= rho * (1 - rho);
          return slopes;
        },
      },
      Float64Array.from([
        ...start.lambda.map((lambda) => Math.max(Math.abs(lambda), LEAST_START)),
        ...(held === null ? [Math.log(start.rho / (1 - start.rho))] : []),
      ]),
    );
    return {
      parameters: toParameters(minimum.at),
      deviance: minimum.value,
      converged: minimum.converged,
      minimum,
    };
  };
  const lowest = (all: readonly Found[]): Found =>
    all.reduce((a, b) => (b.deviance < a.deviance || Number.isNaN(a.deviance) ? b : a));
  return (deviance, from) => {
    const lambda = new Float64Array(terms + 1).fill(0.4);
    if (from !== null) {
      lambda.set(from.found.parameters.lambda);
      lambda[terms] = from.found.parameters.decay!.lambda;
    }
    const best = lowest(startingRhos(from).map((rho) => searchFrom(deviance, { lambda, rho }, null)));
    const { rho, lambda: ofDecay } = best.parameters.decay!;
    // Without decaying effects any ρ is the same: those of another one may want to grow.
    const isEither = Math.abs(ofDecay) < NEAR_ZERO || !best.converged;
    const edges = ([0, 1] as const).filter((edge) => isEither || Math.abs(rho - edge) < NEAR_EDGE);
    const tried = edges
      .map((edge) => searchFrom(deviance, { lambda: Float64Array.of(...best.parameters.lambda, ofDecay), rho }, edge))
      .filter(({ deviance: value, converged }) => converged && value <= best.deviance + SAME);
    return tried.length === 0 ? best : lowest(tried);
  };
}

const withoutParameters = (value: number): Minimum => ({
  at: new Float64Array(0),
  value,
  gradient: new Float64Array(0),
  hessian: null,
  decrement: 0,
  iterations: 0,
  evaluations: 1,
  converged: Number.isFinite(value),
});
