/**
 * The deviance of a generalised linear mixed model with one random effect per level of one grouping factor, by
 * adaptive Gauss–Hermite quadrature. The likelihood is a product over levels l of
 *
 *     L_l = ∫ exp(−½ D_l(u)) du / √2π ≈ τ Σ_k w_k exp(z_k²/2 − ½ D_l(ũ + τ z_k)),
 *     D_l(u) = −2 Σ_i log f(y_i | η_i) + u²,   η_i = offset_i + x_i'β + θ z_i u,
 *
 * with ũ the minimum of D_l, M = 1 − θ² Σ z_i² ∂² log f/∂η_i² half its curvature there and τ = M^{−1/2}. One point is
 * Laplace's approximation. The gradient is that of the approximation itself: ũ and τ move with θ and β.
 *
 * Almost all the time goes into exp(η) for every row and node. Where z is one number, exp(η) = exp(offset + x'β) exp(θzu),
 * so that rows and nodes need one exponential each, and logarithms of 1 + exp(η) are taken of products. The complementary
 * log-log link needs more than one of each.
 *
 * Sources: Liu & Pierce (1994) Biometrika 81:624–629; Pinheiro & Bates (1995) JCGS 4:12–35.
 */
import type { QuadratureRule } from "../numeric/gauss-hermite.js";
import { complementaryLogLogAt, emptyRow } from "./conditional-family.js";
import {
  fixedPredictor,
  type IntegratedDeviance,
  type IntegratedModel,
  MODE_ITERATIONS,
  modesFound,
  timesTransposed,
} from "./integrated-likelihood.js";

/** Beyond this a probability is 0 or 1, and a product of two exponentials still finite. */
const FARTHEST = 300;
/** The mode moves no further than this on the link scale in one step. */
const LONGEST_STEP = 5;

/** @param unsorted  one grouping factor with one random column */
export function quadratureDeviance(unsorted: IntegratedModel, { nodes, weights }: QuadratureRule): IntegratedDeviance {
  const { model, z, start } = sortedByLevel(unsorted);
  const { family, response: y, X } = model;
  const isLogit = family.link === "logit";
  const isCanonical = family.link !== "cloglog";
  const row = emptyRow();
  const isIntercept = z.every((value) => value === z[0]);
  const n = y.length;
  const levels = start.length - 1;
  const points = nodes.length;
  const constant = -2 * family.constant(y);
  const logWeights = weights.map((w, k) => Math.log(w) + nodes[k]! ** 2 / 2);

  const u = new Float64Array(levels);
  const baseline = new Float64Array(n); // exp(offset + x'β)
  /** −½ ∂(deviance)/∂η by row and −½ ∂(deviance)/∂θ, with everything that moves. */
  const rowSlopes = new Float64Array(n);
  let thetaSlope = 0;

  const means = new Float64Array(largestLevel(start));

  /** The mode of level l by Newton on an increasing function, kept within the bracket that its signs give. */
  const mode = { u: 0, M: 0, slope: 0, information: 0, skew: 0 };
  const weight = new Float64Array(n);
  const third = new Float64Array(n);
  const findMode = (l: number, theta: number, eta: Float64Array): boolean => {
    const [from, to] = [start[l]!, start[l + 1]!];
    let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    let decrement = Number.POSITIVE_INFINITY;
    let at = u[l]!;
    for (let iteration = 0; iteration < MODE_ITERATIONS; iteration++) {
      exponentials(eta, baseline, z, theta * at, isIntercept, from, to, means);
      let [slope, information, skew] = [0, 0, 0];
      for (let i = from; i < to; i++) {
        const t = means[i - from]!;
        const zi = z[i]!;
        if (isCanonical) {
          const mean = isLogit ? t / (1 + t) : t;
          row.score = y[i]! - mean;
          row.information = isLogit ? mean / (1 + t) : t;
          row.third = isLogit ? row.information * (1 - 2 * mean) : t;
        } else complementaryLogLogAt(y[i]!, t, row);
        weight[i] = row.information;
        third[i] = row.third;
        slope += zi * row.score;
        information += zi * zi * row.information;
        skew += zi * zi * zi * row.third;
      }
      const M = 1 + theta * theta * information;
      const uphill = theta * slope - at;
      if (!Number.isFinite(uphill / M)) return false;
      let step = uphill / M;
      const remaining = step * uphill;
      if (modesFound(remaining, decrement, to - from)) {
        u[l] = at;
        Object.assign(mode, { u: at, M, slope, information, skew });
        return true;
      }
      decrement = remaining;
      if (uphill > 0) low = at;
      else high = at;
      const longest = LONGEST_STEP / Math.max(Math.abs(theta), 1);
      step = Math.max(-longest, Math.min(longest, step));
      const next = at + step;
      at = next > low && next < high ? next : (low + high) / 2;
    }
    return false;
  };

  /** log L_l; adds the level's share to the slopes. */
  const residuals = new Float64Array(largestLevel(start) * points);
  const shares = new Float64Array(points);
  const nodeSlopes = new Float64Array(points); // Σ_i z_i ∂ log f/∂η_i at each node
  const integrate = (l: number, theta: number, eta: Float64Array): number => {
    const [from, to] = [start[l]!, start[l + 1]!];
    const { u: centre, M, slope, information, skew } = mode;
    const tau = 1 / Math.sqrt(M);
    // With a canonical link log f is yη and what the mean alone gives: Σ yη over rows, and its change with θu.
    let [linear, linearSlope] = [0, 0];
    for (let i = from; isCanonical && i < to; i++) {
      linear += y[i]! * eta[i]!;
      linearSlope += y[i]! * z[i]!;
    }

    let most = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < points; k++) {
      const uk = centre + tau * nodes[k]!;
      const shift = theta * uk;
      exponentials(eta, baseline, z, shift, isIntercept, from, to, means);
      const at = k * (to - from);
      let rest: number;
      if (isCanonical) {
        rest = -(isLogit ? toBinomialMeans(means, to - from) : sumOf(means, to - from));
        storeResiduals(y, means, from, to, residuals, at);
      } else rest = complementaryLogLogScores(y, means, from, to, residuals, at);
      nodeSlopes[k] = weightedSum(z, from, to, residuals, at);
      shares[k] = logWeights[k]! - (uk * uk) / 2 + linear + shift * linearSlope + rest;
      if (shares[k]! > most) most = shares[k]!;
    }
    let total = 0;
    for (let k = 0; k < points; k++) {
      shares[k] = Math.exp(shares[k]! - most);
      total += shares[k]!;
    }

    // Σ p_k D'(u_k)/2 and Σ p_k z_k D'(u_k)/2, with p_k the share of each node.
    let [s1, s2, direct] = [0, 0, 0];
    for (let k = 0; k < points; k++) {
      shares[k]! /= total;
      const uk = centre + tau * nodes[k]!;
      const half = uk - theta * nodeSlopes[k]!;
      s1 += shares[k]! * half;
      s2 += shares[k]! * nodes[k]! * half;
      direct += shares[k]! * uk * nodeSlopes[k]!;
    }
    // Coefficients of dM, through τ, and of M dũ.
    const ofM = (-(tau * tau) / 2) * (1 - s2 * tau);
    const ofMode = (ofM * theta ** 3 * skew - s1) / M;
    thetaSlope +=
      direct +
      ofM * (2 * theta * information + theta * theta * skew * centre) +
      ofMode * (slope - theta * information * centre);
    for (let i = from; i < to; i++)
      rowSlopes[i] = z[i]! * theta * (ofM * theta * z[i]! * third[i]! - ofMode * weight[i]!);
    for (let k = 0; k < points; k++) addScaled(rowSlopes, from, to, residuals, k * (to - from), shares[k]!);
    return Math.log(tau) + most + Math.log(total);
  };

  const value = (x: Float64Array): number => {
    const theta = x[0]!;
    const eta = fixedPredictor(model, x, 1);
    if (isIntercept) for (let i = 0; i < n; i++) baseline[i] = Math.exp(clamp(eta[i]!));
    let deviance = constant;
    thetaSlope = 0;
    for (let l = 0; l < levels; l++) {
      if (!findMode(l, theta, eta)) {
        u.fill(0);
        return Number.NaN;
      }
      deviance -= 2 * integrate(l, theta, eta);
    }
    return deviance;
  };

  const gradient = (): Float64Array => {
    const gradient = new Float64Array(1 + X.cols);
    gradient[0] = -2 * thetaSlope;
    const slopes = timesTransposed(X, rowSlopes);
    for (let j = 0; j < X.cols; j++) gradient[1 + j] = -2 * slopes[j]!;
    return gradient;
  };

  return { value, gradient, modes: () => u.slice() };
}

/** exp(η + shift z) of rows from … to − 1 into `out`. */
function exponentials(
  eta: Float64Array,
  baseline: Float64Array,
  z: Float64Array,
  shift: number,
  isIntercept: boolean,
  from: number,
  to: number,
  out: Float64Array,
): void {
  if (isIntercept) {
    const factor = Math.exp(clamp(shift * z[from]!));
    for (let i = from; i < to; i++) out[i - from] = baseline[i]! * factor;
  } else for (let i = from; i < to; i++) out[i - from] = Math.exp(clamp(eta[i]! + shift * z[i]!));
}

/** exp(η) becomes the probability, in place; Σ log(1 + exp(η)), by logarithms of products that stay finite. */
function toBinomialMeans(t: Float64Array, count: number): number {
  let sum = 0;
  let product = 1;
  for (let i = 0; i < count; i++) {
    const d = 1 + t[i]!;
    t[i]! /= d;
    product *= d;
    if (product > 1e30) {
      sum += Math.log(product);
      product = 1;
    }
  }
  return sum + Math.log(product);
}

/** y − μ of rows from … to − 1 into `residuals` from `at` on. */
function storeResiduals(
  y: Float64Array,
  means: Float64Array,
  from: number,
  to: number,
  residuals: Float64Array,
  at: number,
): void {
  for (let i = from; i < to; i++) residuals[at + i - from] = y[i]! - means[i - from]!;
}

/** From t = exp(η): ∂ log f/∂η of rows from … to − 1 into `scores` from `at` on; Σ log f. */
function complementaryLogLogScores(
  y: Float64Array,
  t: Float64Array,
  from: number,
  to: number,
  scores: Float64Array,
  at: number,
): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const ti = t[i - from]!;
    sum += y[i] === 0 ? -ti : Math.log(-Math.expm1(-ti));
    scores[at + i - from] = y[i] === 0 ? -ti : ti / Math.expm1(ti);
  }
  return sum;
}

/** Σ z × the values from `at` on. */
function weightedSum(z: Float64Array, from: number, to: number, values: Float64Array, at: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += z[i]! * values[at + i - from]!;
  return sum;
}

/** sums[from … to − 1] += factor × the values from `at` on. */
function addScaled(
  sums: Float64Array,
  from: number,
  to: number,
  values: Float64Array,
  at: number,
  factor: number,
): void {
  for (let i = from; i < to; i++) sums[i]! += factor * values[at + i - from]!;
}

function sumOf(x: Float64Array, count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += x[i]!;
  return sum;
}

const clamp = (eta: number): number => Math.max(-FARTHEST, Math.min(FARTHEST, eta));

const largestLevel = (start: Int32Array): number =>
  start.reduce((most, end, l) => (l === 0 ? most : Math.max(most, end - start[l - 1]!)), 0);

/** The model with the rows of each level together: start[l] … start[l+1] − 1; z is its random column. */
function sortedByLevel(model: IntegratedModel): { model: IntegratedModel; z: Float64Array; start: Int32Array } {
  const { codes, levels, values } = model.structure.factors[0]!;
  const { X, response, offset } = model;
  const start = new Int32Array(levels.length + 1);
  for (const code of codes) start[code + 1]!++;
  for (let l = 0; l < levels.length; l++) start[l + 1]! += start[l]!;
  const next = start.slice();
  const order = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) order[next[codes[row]!]!++] = row;

  const pick = (column: Float64Array): Float64Array => Float64Array.from(order, (row) => column[row]!);
  const data = new Float64Array(X.data.length);
  order.forEach((row, i) => {
    data.set(X.data.subarray(row * X.cols, (row + 1) * X.cols), i * X.cols);
  });
  return {
    model: { ...model, response: pick(response), offset: pick(offset), X: { ...X, data } },
    z: pick(values.data),
    start,
  };
}
