/**
 * Confidence intervals by profile likelihood: the values c of a coefficient or a standard deviation that a
 * likelihood-ratio test of "parameter = c" does not reject, d(c) − d ≤ z², with d(c) the ML deviance minimised over
 * everything else. The limits are roots of ±√(d(c) − d) − z, found to rounding (lme4's confint interpolates them).
 *
 * A coefficient is held by moving its column into the offset. A standard deviation is held by making its column the
 * last of its term: its variance is then σ² r² Σ λ², with λ the last row of Λ, whose length follows from c and whose
 * direction is free (angles). A standard deviation can be zero, so its lower limit can.
 *
 * Source: Bates et al. (2015) JSS 67(1), sec. 5.1; Pawitan (2001) In All Likelihood, ch. 3.
 * Checked: test/reference/mixed-sleepstudy and glmm-* (lme4's confint), test/mixed/profile-likelihood.test.ts.
 */
import type { Frame, RandomTerm } from "../formula/frame.js";
import { normalQuantile } from "../numeric/distributions.js";
import { type Matrix, zeros } from "../numeric/matrix.js";
import { minimise, type Objective } from "../numeric/minimise.js";
import { qr, timesInverseUpper } from "../numeric/qr.js";
import { conditionalFamily } from "./conditional-family.js";
import { crossProducts } from "./cross-products.js";
import type { GeneralisedLinearMixedFit } from "./generalised-linear-mixed.js";
import { integratedDeviance, integratedModel } from "./generalised-linear-mixed.js";
import { fitLinearMixed } from "./linear-mixed.js";
import { type ProfiledDeviance, profiledDeviance } from "./profiled-deviance.js";
import { type RandomStructure, structureRandomTerms } from "./random-structure.js";

/** Limits under the names that estimates have: `coefficient:month`, `sd:site:(Intercept)`. */
export interface ProfileInterval {
  readonly name: string;
  /** null: the likelihood does not fall far enough on this side. */
  readonly lower: number | null;
  readonly upper: number | null;
}

/** Intervals of the coefficients, the standard deviations of the random terms and the residual's, by ML. */
export function profileLinearMixed(frame: Frame, level: number, path = ""): ProfileInterval[] {
  const fit = fitLinearMixed(frame, { method: "ML", df: "normal", path });
  const y = frame.offset === null ? frame.response : frame.response.map((v, i) => v - frame.offset![i]!);
  const structure = structureRandomTerms(frame.Z, path);
  const basis = orthonormal(frame.X);
  const remaining = remainder(basis, y);
  const start = Float64Array.from(structure.theta, ({ row, col }) => (row === col ? 0.5 : 0));
  const p = frame.names.length;

  const coefficients = frame.names.map((name, j) => {
    const others = orthonormal(withoutColumn(frame.X, j));
    const left = remainder(others, y);
    const own = remainder(others, columnOf(frame.X, j));
    const deviance = warmStarted(start, (c, at) => {
      const shifted = left.map((v, i) => v - c * own[i]!);
      return minimise(profiledDeviance(crossProducts(structure, others, shifted), "ML"), at);
    });
    return {
      name: `coefficient:${name}`,
      deviance,
      estimate: fit.coef[j]!,
      scale: Math.sqrt(fit.vcov.data[j * p + j]!),
    };
  });

  const deviations = frame.Z.flatMap(({ group, names }, t) =>
    names.map((name, column) => {
      const held = heldLast(frame.Z, t, column, path);
      const profiled = profiledDeviance(crossProducts(held.structure, basis, remaining), "ML");
      const deviance = warmStarted(Float64Array.from([...held.start, Math.log(fit.sigma)]), (c, at) =>
        minimise(
          differenced((x) => {
            const sigma = Math.exp(x.at(-1)!);
            return withSigma(profiled, held.theta(x, c / (sigma * held.unit)), sigma * sigma);
          }),
          at,
        ),
      );
      const estimate = Math.sqrt(fit.random[t]!.covariance.data[column * names.length + column]!);
      return {
        name: `sd:${group}:${name}`,
        deviance,
        estimate,
        scale: Math.max(estimate / 4, fit.sigma / 100),
        floor: 0,
      };
    }),
  );

  const profiled = profiledDeviance(crossProducts(structure, basis, remaining), "ML");
  const residual = {
    name: "sd:residual",
    deviance: warmStarted(start, (c, at) =>
      minimise(
        differenced((x) => withSigma(profiled, x, c * c)),
        at,
      ),
    ),
    estimate: fit.sigma,
    scale: fit.sigma / Math.sqrt(2 * y.length),
    wall: fit.sigma / 1000,
  };
  return [...coefficients, ...deviations, residual].map((profile) => limits(profile, fit.deviance, level));
}

/** Intervals of the coefficients and the standard deviations of the random terms, on the link scale. */
export function profileGeneralisedMixed(
  frame: Frame,
  fit: GeneralisedLinearMixedFit,
  level: number,
  path = "",
): ProfileInterval[] {
  const family = conditionalFamily(fit.family, fit.link);
  const { names, Z } = frame;
  const p = names.length;
  const size = Math.sqrt(frame.X.rows);
  const scaled = (X: Matrix): Matrix => ({ ...X, data: X.data.map((v) => v * size) });
  const structure = structureRandomTerms(Z, path);
  const count = structure.theta.length;
  // A coefficient's neighbours are free in a basis of their own: from zero the first search finds its way.
  const first = fit.theta.map((t) => (t === 0 ? 0.1 : t));

  const coefficients = names.map((name, j) => {
    const X = scaled(orthonormal(withoutColumn(frame.X, j)));
    const own = columnOf(frame.X, j);
    const near = Float64Array.from([...first, ...projected(X, linearPart(frame.X, fit.coef, j))]);
    const deviance = warmStarted(near, (c, at) => {
      const offset = own.map((v, i) => c * v + (frame.offset?.[i] ?? 0));
      const model = integratedModel({ response: frame.response, offset, X }, family, structure);
      return minimise(integratedDeviance(model, fit.quadrature), at);
    });
    return {
      name: `coefficient:${name}`,
      deviance,
      estimate: fit.coef[j]!,
      scale: Math.sqrt(fit.vcov.data[j * p + j]!),
    };
  });

  const X = scaled(orthonormal(frame.X));
  const beta = projected(X, linearPart(frame.X, fit.coef, -1));
  const deviations = Z.flatMap(({ group, names: columns }, t) =>
    columns.map((name, column) => {
      const held = heldLast(Z, t, column, path);
      const integrated = integratedDeviance(integratedModel({ ...frame, X }, family, held.structure), fit.quadrature);
      const deviance = warmStarted(Float64Array.from([...held.start, ...beta]), (c, at) => {
        const full = (x: Float64Array) =>
          Float64Array.from([...held.theta(x, c / held.unit), ...x.subarray(held.start.length)]);
        let here = at;
        return minimise(
          {
            value: (x) => {
              here = x;
              return integrated.value(full(x));
            },
            gradient: () => {
              const gradient = integrated.gradient();
              return Float64Array.from([
                ...held.pullBack(here, c / held.unit, gradient.subarray(0, count)),
                ...gradient.subarray(count),
              ]);
            },
          },
          at,
        );
      });
      const estimate = Math.sqrt(fit.random[t]!.covariance.data[column * columns.length + column]!);
      return { name: `sd:${group}:${name}`, deviance, estimate, scale: Math.max(estimate / 4, 0.05), floor: 0 };
    }),
  );
  return [...coefficients, ...deviations].map((profile) => limits(profile, fit.deviance, level));
}

// ── the limits ──────────────────────────────────────────────────────────────────────────────────

interface Profile {
  readonly name: string;
  /** d(c), for a search outwards from the estimate. */
  readonly deviance: () => (c: number) => number;
  readonly estimate: number;
  /** About a standard error: the length of the first step. */
  readonly scale: number;
  /** A value that the parameter can have and cannot go below: 0 for a random term's standard deviation. */
  readonly floor?: number;
  /** A value that the search does not pass, though the parameter never has it. */
  readonly wall?: number;
}

function limits({ name, deviance, estimate, scale, floor, wall }: Profile, minimum: number, level: number) {
  const z = normalQuantile(1 - (1 - level) / 2);
  const outwards = () => {
    const at = deviance();
    return (c: number): number => Math.sqrt(Math.max(0, at(c) - minimum)) - z;
  };
  const reachesFloor = floor !== undefined && (estimate <= floor || !(outwards()(floor) > 0));
  const least = floor ?? wall ?? Number.NEGATIVE_INFINITY;
  return {
    name,
    lower: reachesFloor ? floor : crossing(outwards(), estimate, -scale, z, least),
    upper: crossing(outwards(), estimate, scale, z, Number.POSITIVE_INFINITY),
  };
}

/** Where the root function, −z at the estimate, becomes 0 on one side, by steps and then the Illinois rule; null: nowhere. */
function crossing(root: (c: number) => number, estimate: number, step: number, z: number, wall: number): number | null {
  let [inner, atInner] = [estimate, -z];
  let outer = estimate;
  let atOuter = -z;
  for (let length = z * step, tries = 0; !(atOuter > 0); length *= 1.6, tries++) {
    if (tries > 30) return null;
    [inner, atInner] = [outer, atOuter];
    outer = step < 0 ? Math.max(outer + length, wall) : outer + length;
    atOuter = root(outer);
    if (Number.isNaN(atOuter)) return null;
  }
  for (let iteration = 0; iteration < 60; iteration++) {
    const next = outer - (atOuter * (outer - inner)) / (atOuter - atInner);
    const there = root(next);
    if (Math.abs(there) < 1e-8 || Math.abs(outer - inner) < 1e-10 * Math.abs(step)) return next;
    if (there > 0 === atOuter > 0) atInner /= 2;
    else [inner, atInner] = [outer, atOuter];
    [outer, atOuter] = [next, there];
  }
  return outer;
}

type Search = (c: number, at: Float64Array) => { readonly at: Float64Array; readonly value: number };

/** d(c), each search beginning where the last one ended, a little off any saddle at zero. */
const warmStarted = (start: Float64Array, search: Search) => (): ((c: number) => number) => {
  let at = start;
  return (c) => {
    const found = search(c, at);
    if (Number.isFinite(found.value)) at = found.at.map((v) => (Math.abs(v) < 1e-3 ? v + 1e-2 : v));
    return found.value;
  };
};

// ── a standard deviation held ───────────────────────────────────────────────────────────────────

interface Held {
  readonly structure: RandomStructure;
  /** The standard deviation is this times the length of the last row of Λ (and σ). */
  readonly unit: number;
  /** Thetas outside the row, then the angles of the row. */
  readonly start: readonly number[];
  /** Theta when the row has this length. */
  readonly theta: (x: Float64Array, length: number) => Float64Array;
  /** Gradient in x from that in theta. */
  readonly pullBack: (x: Float64Array, length: number, gradient: Float64Array) => Float64Array;
}

/** The random terms with one column of one term last in it, so that its standard deviation can be held. */
function heldLast(Z: readonly RandomTerm[], t: number, column: number, path: string): Held {
  const structure = structureRandomTerms(
    Z.map((term, i) => (i === t ? withColumnLast(term, column) : term)),
    path,
  );
  const { k, thetaStart, inverseR } = structure.terms[t]!;
  const row: number[] = [];
  let at = thetaStart;
  for (let col = 0; col < k; col++) for (let r = col; r < k; r++, at++) if (r === k - 1) row.push(at);
  const others = [...structure.theta.keys()].filter((i) => !row.includes(i));
  const angles = (x: Float64Array): Float64Array => x.subarray(others.length, others.length + k - 1);
  return {
    structure,
    unit: inverseR.data[k * k - 1]!,
    start: [
      ...others.map((i) => (structure.theta[i]!.row === structure.theta[i]!.col ? 0.5 : 0)),
      ...new Array<number>(k - 1).fill(0),
    ],
    theta: (x, length) => {
      const theta = new Float64Array(structure.theta.length);
      others.forEach((i, a) => {
        theta[i] = x[a]!;
      });
      direction(angles(x)).forEach((value, a) => {
        theta[row[a]!] = length * value;
      });
      return theta;
    },
    pullBack: (x, length, gradient) => {
      const back = new Float64Array(others.length + k - 1);
      others.forEach((i, a) => {
        back[a] = gradient[i]!;
      });
      for (let a = 0; a < k - 1; a++) {
        // The derivative of a sine or cosine is itself a quarter turn on; entries before the angle do not have it.
        const turned = direction(angles(x).with(a, angles(x)[a]! + Math.PI / 2));
        for (let m = a; m < k; m++) back[others.length + a]! += length * gradient[row[m]!]! * turned[m]!;
      }
      return back;
    },
  };
}

/** The unit vector of k − 1 angles: sin a₁, cos a₁ sin a₂, …, cos a₁ ⋯ cos a_{k−1}. */
function direction(angles: Float64Array): Float64Array {
  const unit = new Float64Array(angles.length + 1);
  let product = 1;
  angles.forEach((angle, a) => {
    unit[a] = product * Math.sin(angle);
    product *= Math.cos(angle);
  });
  unit[angles.length] = product;
  return unit;
}

function withColumnLast(term: RandomTerm, column: number): RandomTerm {
  const k = term.names.length;
  const order = [...Array(k).keys()].filter((j) => j !== column).concat(column);
  const { rows, cols, data } = term.values;
  const values = zeros(rows, cols);
  for (let i = 0; i < rows; i++)
    order.forEach((from, to) => {
      values.data[i * cols + to] = data[i * cols + from]!;
    });
  return { ...term, names: order.map((j) => term.names[j]!), values };
}

/** −2 log-likelihood at theta and σ², which the profiled deviance profiles out. */
function withSigma(profiled: ProfiledDeviance, theta: Float64Array, sigma2: number): number {
  const { n } = profiled.crossProducts;
  const deviance = profiled.value(theta);
  if (!Number.isFinite(deviance)) return Number.NaN;
  const { pwrss } = profiled.solution(theta);
  const logDeterminant = deviance - n * (1 + Math.log((2 * Math.PI * pwrss) / n));
  return logDeterminant + n * Math.log(2 * Math.PI * sigma2) + pwrss / sigma2;
}

/** A function of few variables, with its gradient by central differences. */
function differenced(value: (x: Float64Array) => number): Objective {
  let at = new Float64Array(0);
  return {
    value: (x) => {
      at = Float64Array.from(x);
      return value(x);
    },
    gradient: () => {
      const here = at;
      return here.map((v, i) => {
        const h = 1e-5 * Math.max(Math.abs(v), 1);
        return (value(here.with(i, v + h)) - value(here.with(i, v - h))) / (2 * h);
      });
    },
  };
}

// ── columns ─────────────────────────────────────────────────────────────────────────────────────

/** An orthonormal basis of the columns of X. */
const orthonormal = (X: Matrix): Matrix => (X.cols === 0 ? X : timesInverseUpper(X, qr(X).R));

const columnOf = ({ rows, cols, data }: Matrix, j: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[i * cols + j]!);

function withoutColumn(X: Matrix, column: number): Matrix {
  const left = zeros(X.rows, X.cols - 1);
  for (let i = 0; i < X.rows; i++)
    for (let j = 0, to = 0; j < X.cols; j++)
      if (j !== column) left.data[i * left.cols + to++] = X.data[i * X.cols + j]!;
  return left;
}

/** y less its projection on an orthonormal basis, twice for the last digits. */
function remainder(basis: Matrix, y: Float64Array): Float64Array {
  const left = y.slice();
  for (let pass = 0; pass < 2; pass++) {
    const share = inner(basis, left);
    for (let i = 0; i < left.length; i++)
      for (let j = 0; j < basis.cols; j++) left[i]! -= basis.data[i * basis.cols + j]! * share[j]!;
  }
  return left;
}

/** Coordinates of a vector in a basis with X'X = n I. */
const projected = (X: Matrix, v: Float64Array): Float64Array => inner(X, v).map((sum) => sum / X.rows);

function inner({ rows, cols, data }: Matrix, v: Float64Array): Float64Array {
  const sums = new Float64Array(cols);
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) sums[j]! += data[i * cols + j]! * v[i]!;
  return sums;
}

/** Xβ, without one column (−1: with all). */
function linearPart({ rows, cols, data }: Matrix, coef: Float64Array, without: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < cols; j++) if (j !== without) sum += data[i * cols + j]! * coef[j]!;
    return sum;
  });
}
