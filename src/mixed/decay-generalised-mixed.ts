/**
 * Generalised linear mixed model, binomial (logit) or Poisson (log), whose effects of unit-periods decay in correlation
 * with their distance within the unit.
 *
 * Model      g(E(y | b)) = offset + Xβ + Zb; within a unit the effects of its periods have covariance τ² ρ^|t − s|;
 *            further random terms of one column each lie within units.
 * Estimator  Maximum likelihood over τ, the other standard deviations, ρ (as its logit) and β together, by Laplace's
 *            approximation (laplace-deviance.ts, decaying-effects.ts). Standard errors from the Hessian, as in
 *            generalised-linear-mixed.ts.
 * Boundary   ρ = 0 and ρ = 1 are fitted as models of their own, and taken when ρ between them is no better.
 *            Standard errors are then those of the model there. A variance at zero leaves its term out. All are said.
 * Verdict    As in generalised-linear-mixed.ts.
 * Sources    Kasza et al. (2019) Stat. Methods Med. Res. 28:703–716; Breslow & Clayton (1993) JASA 88:9–25.
 * Checked    test/reference/wedge-decay-generalised (glmmTMB's ar1 and ou), test/mixed/decay-generalised-mixed.test.ts
 *            (dense matrices, finite differences, the exchangeable and the nested model).
 */
import type { Frame } from "../formula/frame.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { type Matrix, multiply, timesVector, transpose, zeros } from "../numeric/matrix.js";
import { minimise } from "../numeric/minimise.js";
import {
  decayOnBoundary,
  isError,
  ProblemError,
  type ReportedProblem,
  startRunsAway,
  varianceAtZero,
} from "../problem.js";
import { conditionalFamily, type FamilyName } from "./conditional-family.js";
import type { DecayingTerm } from "./decay-deviance.js";
import { decayingProblems, inSearchSteps, stepOf } from "./decay-mixed.js";
import { type DecayingEffects, decayingEffects, placeOf } from "./decaying-effects.js";
import {
  fixedEffectsStart,
  hessianOver,
  type IntegratedFit,
  integratedModel,
  orthogonalBasis,
  STEPS,
} from "./generalised-linear-mixed.js";
import { fixedPredictor, type IntegratedDeviance, type IntegratedModel } from "./integrated-likelihood.js";
import { laplaceDeviance } from "./laplace-deviance.js";
import type { RandomTermFit } from "./linear-mixed.js";
import { freeParameters, type Optimum, optimiseCovariance } from "./optimise-covariance.js";
import { type RandomStructure, structureRandomTerms } from "./random-structure.js";
import { verdict } from "./verdict.js";

export interface DecayGeneralisedMixedOptions {
  readonly family: FamilyName;
  readonly path?: string;
}

/** The variance parameters φ = (standard deviations off the boundary, ρ when it is). `random` has the decaying term first. */
export interface DecayGeneralisedMixedFit extends IntegratedFit {
  readonly model: "decay-generalised";
  /** Correlation of the effects of one unit at distance 1, and its slope in φ (all zero on the boundary). */
  readonly rho: number;
  readonly rhoSlope: Float64Array;
}

/**
 * Fit a generalised linear mixed model with a decaying term.
 *
 * @param frame  n rows; X n×p of full column rank; Z further random terms of one column each, within units; y 0/1 or counts.
 * @throws ProblemError aliased columns; a random term whose levels are in several units; units of one period each.
 */
export function fitDecayGeneralisedMixed(
  frame: Frame,
  decay: DecayingTerm,
  { family: familyName, path = "" }: DecayGeneralisedMixedOptions,
): DecayGeneralisedMixedFit {
  const { X, names, Z } = frame;
  const refused = decayingProblems(decay, Z, path);
  if (refused.length > 0) throw new ProblemError(refused);
  const family = conditionalFamily(familyName, "logit");
  const { basis, back } = orthogonalBasis(X, names, path);
  const scaled = inSearchSteps(decay);
  // The standard deviations, for what puts them on the boundary.
  const structure = structureRandomTerms([decay.term, ...Z], path);
  const deviations = structure.theta.length;
  const modelAt = (rho: 0 | 1 | "free"): DecayModel => {
    const effects = decayingEffects(scaled, Z, rho);
    const model = integratedModel({ ...frame, X: basis }, family, effects.structure);
    return { rho, effects, model, deviance: laplaceDeviance(model, effects) };
  };
  const edges = [modelAt(0), modelAt(1)] as const;
  const start = fixedEffectsStart(edges[0].model);
  const { model: at, optimum } = settle(edges, modelAt("free"), structure, start.beta);

  const { at: x, minimum } = optimum;
  const isFree = at.rho === "free";
  const value = at.deviance.value(x);
  const u = at.deviance.modes();
  const open = freeParameters(structure, x);
  const phi = open.filter((t) => t < at.effects.parameters);
  const covariance = invertPositiveDefinite(hessianOver(at.deviance, x, open));
  const block = (from: number, to: number): Matrix => {
    const part = zeros(to - from, to - from);
    part.data.fill(Number.NaN);
    if (covariance !== null)
      for (let i = from; i < to; i++)
        for (let j = from; j < to; j++)
          part.data[(i - from) * part.cols + j - from] = 2 * covariance.data[i * covariance.cols + j]!;
    return part;
  };
  const isWithout = x[0] === 0;
  // ρ over a step of the search is ρ^step over distance 1.
  const step = stepOf(decay);
  const searched = at.rho === "free" ? 1 / (1 + Math.exp(-x[deviations]!)) : isWithout ? 0 : at.rho;
  const rho = searched ** (1 / step);
  const random = termFits(frame, decay, structure, at, x, u, phi);
  const problems: ReportedProblem[] = [
    ...(start.converged ? verdict(optimum, path) : [startRunsAway(path, start.iterations)]),
    ...random.flatMap(({ group, names }, t) => (x[t] === 0 ? [varianceAtZero(path, names[0]!, group)] : [])),
    ...(isFree || isWithout ? [] : [decayOnBoundary(path, at.rho === 1)]),
  ];
  const eta = fixedPredictor(at.model, x, at.effects.parameters);
  [decay.term, ...Z].forEach(({ codes, values }, t) => {
    for (let i = 0; i < eta.length; i++) eta[i]! += values.data[i]! * random[t]!.modes.data[codes[i]!]!;
  });
  return {
    model: "decay-generalised",
    family: familyName,
    names,
    coef: timesVector(back, x.subarray(at.effects.parameters)),
    vcov: multiply(multiply(back, block(phi.length, open.length)), transpose(back)),
    denominatorDf: () => ({ df: Number.POSITIVE_INFINITY, scale: 1 }),
    logLik: -value / 2,
    deviance: value,
    parameters: deviations + 1 + X.cols,
    n: {
      observations: X.rows,
      groups: Object.fromEntries([decay.term, ...Z].map(({ group, levels }) => [group, levels.length])),
    },
    converged: !problems.some(isError),
    singular: phi.length < deviations + 1,
    problems,
    rho,
    rhoSlope: Float64Array.from(phi, (t) => (t < deviations ? 0 : (rho * (1 - searched)) / step)),
    random,
    parameterCovariance: covariance === null ? null : block(0, phi.length),
    iterations: minimum.iterations,
    evaluations: minimum.evaluations,
    eta,
    fitted: eta.map(family.mean),
  };
}

// ── optimising ──────────────────────────────────────────────────────────────────────────────────

/** The model with ρ free, or at one value. x = (standard deviations, logit of ρ when it is free, β). */
interface DecayModel {
  readonly rho: 0 | 1 | "free";
  readonly effects: DecayingEffects;
  readonly model: IntegratedModel;
  readonly deviance: IntegratedDeviance;
}

/** An edge is taken when its deviance is no higher than this above that with ρ free. */
const SAME = 1e-7;
/** Least standard deviation that a search starts from: the slope at zero says nothing. */
const LEAST_START = 0.3;

/** The minimum over ρ in [0, 1]: at both edges, and between them from a small and a large ρ. */
function settle(
  edges: readonly DecayModel[],
  free: DecayModel,
  structure: RandomStructure,
  beta: Float64Array,
): { readonly model: DecayModel; readonly optimum: Optimum } {
  const deviations = structure.theta.length;
  const start = Float64Array.from([...structure.theta.map(() => 1), ...beta]);
  const onEdges = edges.map((model) => ({
    model,
    optimum: optimiseCovariance(model.deviance, structure, start, STEPS),
  }));
  const edge = onEdges.reduce((a, b) => (isLower(b.optimum, a.optimum) ? b : a));
  const { at } = edge.optimum;
  const between = [0.3, 0.9].map((rho) => {
    const sds = at.subarray(0, deviations).map((sd) => Math.max(sd, LEAST_START));
    const from = Float64Array.from([...sds, Math.log(rho / (1 - rho)), ...at.subarray(deviations)]);
    return minimise(free.deviance, from);
  });
  const best = between.reduce((a, b) => (b.value < a.value || !Number.isFinite(a.value) ? b : a));
  if (!(best.value < edge.optimum.minimum.value - SAME) && Number.isFinite(edge.optimum.minimum.value)) return edge;
  const optimum = optimiseCovariance(free.deviance, structure, best.at, STEPS);
  return optimum.minimum.value < edge.optimum.minimum.value - SAME ? { model: free, optimum } : edge;
}

const isLower = (a: Optimum, b: Optimum): boolean =>
  a.minimum.value < b.minimum.value || !Number.isFinite(b.minimum.value);

// ── from the optimum to the fit ─────────────────────────────────────────────────────────────────

/** Variances on the link scale, their slopes in φ, and modes. */
function termFits(
  { Z }: Frame,
  decay: DecayingTerm,
  structure: RandomStructure,
  { effects }: DecayModel,
  x: Float64Array,
  u: Float64Array,
  phi: readonly number[],
): RandomTermFit[] {
  const one = (value: number): Matrix => ({ rows: 1, cols: 1, data: Float64Array.of(value) });
  return [decay.term, ...Z].map(({ group, names, levels }, t) => {
    const scale = structure.terms[t]!.inverseR.data[0]!;
    const sd = scale * x[t]!;
    const ofOthers = (): Float64Array => {
      const { first, k } = placeOf(effects.structure, effects.others[t - 1]!);
      return Float64Array.from(levels, (_, level) => sd * u[first + level * k]!);
    };
    return {
      group,
      names,
      levels,
      covariance: one(sd * sd),
      covarianceSlopes: phi.map((parameter) => one(parameter === t ? 2 * scale * sd : 0)),
      modes: {
        rows: levels.length,
        cols: 1,
        data: t === 0 ? effects.decayed(x.subarray(0, effects.parameters), u) : ofOthers(),
      },
    };
  });
}
