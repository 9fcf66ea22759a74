/**
 * Confidence intervals by profile likelihood: the values c of a coefficient or a standard deviation that a
 * likelihood-ratio test of "parameter = c" does not reject, d(c) − d ≤ z², with d(c) the ML deviance minimised over
 * everything else (profile-limits.ts).
 *
 * A coefficient is held by moving its column into the offset. A standard deviation is held by the length of a
 * row of Λ (held-deviation.ts), here times σ. It can be zero, so its lower limit can.
 *
 * Source: Bates et al. (2015) JSS 67(1), sec. 5.1; Pawitan (2001) In All Likelihood, ch. 3.
 * Checked: test/reference/mixed-sleepstudy and glmm-* (lme4's confint), test/mixed/profile-likelihood.test.ts.
 */
import type { Frame } from "../formula/frame.js";
import type { Matrix } from "../numeric/matrix.js";
import { minimise, type Objective } from "../numeric/minimise.js";
import { conditionalFamily } from "./conditional-family.js";
import { crossProducts } from "./cross-products.js";
import { columnOf, inner, orthonormal, remainder, withoutColumn } from "./design-columns.js";
import type { GeneralisedLinearMixedFit } from "./generalised-linear-mixed.js";
import { integratedDeviance, integratedModel } from "./generalised-linear-mixed.js";
import { heldLast } from "./held-deviation.js";
import { fitLinearMixed } from "./linear-mixed.js";
import { limits, type ProfileInterval, warmStarted } from "./profile-limits.js";
import { type ProfiledDeviance, profiledDeviance } from "./profiled-deviance.js";
import { structureRandomTerms } from "./random-structure.js";

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

/** Coordinates of a vector in a basis with X'X = n I. */
const projected = (X: Matrix, v: Float64Array): Float64Array => inner(X, v).map((sum) => sum / X.rows);

/** Xβ, without one column (−1: with all). */
function linearPart({ rows, cols, data }: Matrix, coef: Float64Array, without: number): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < cols; j++) if (j !== without) sum += data[i * cols + j]! * coef[j]!;
    return sum;
  });
}
