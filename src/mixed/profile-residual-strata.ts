/**
 * Profile likelihood intervals (profile-likelihood.ts) of a model with a residual variance for each stratum: the
 * coefficients, the standard deviations of the random terms and those of the strata.
 *
 * The marginal deviance has every variance among its parameters, in the scale of a residual: theta is Λ itself and ψ
 * the log standard deviations of the strata. One of those is held by leaving it out of ψ.
 *
 * Source: Pawitan (2001) In All Likelihood, ch. 3; Pinheiro & Bates (2000), sec. 5.2 (varIdent).
 * Checked: test/reference/mixed-residual-strata (nlme's lme refitted), test/mixed/profile-residual-strata.test.ts.
 */
import type { RegressionFrame } from "../formula/frame.js";
import type { GroupingFactor } from "../formula/grouping-factor.js";
import type { Matrix } from "../numeric/matrix.js";
import { minimise, type Objective } from "../numeric/minimise.js";
import { covarianceStructure } from "./covariance-structure.js";
import { columnOf, orthonormal, remainder, withoutColumn } from "./design-columns.js";
import { heldLast } from "./held-deviation.js";
import { marginalBlocks } from "./marginal-blocks.js";
import { type MarginalDeviance, marginalDeviance } from "./marginal-deviance.js";
import { marginalInformation } from "./marginal-information.js";
import { limits, type ProfileInterval, warmStarted } from "./profile-limits.js";
import { type RandomStructure, structureRandomTerms } from "./random-structure.js";
import { fitResidualStrata } from "./residual-strata.js";

/**
 * By ML, whatever the fit of the plan is.
 *
 * @param strata  The level of each row of the frame.
 * @param column  The strata's name in `sd:residual:column[level]`.
 */
export function profileResidualStrata(
  frame: RegressionFrame,
  strata: GroupingFactor,
  column: string,
  level: number,
  path = "",
): ProfileInterval[] {
  const fit = fitResidualStrata(frame, strata, { method: "ML", df: "normal", path });
  const n = frame.response.length;
  const p = frame.names.length;
  const S = strata.levels.length;
  const variances = Array.from({ length: S }, (_, s) => fit.sigma.data[s * (S + 1)]!);
  // Everything in units of a residual, so that steps have the size that `minimise` expects.
  const unit = Math.sqrt(variances.reduce((sum, v) => sum + v, 0) / S);
  const y = frame.response.map((v, i) => (v - (frame.offset?.[i] ?? 0)) / unit);
  const minimum = fit.deviance - 2 * n * Math.log(unit);

  const repeated = { subjects: Int32Array.from(strata.codes, (_, row) => row), visits: strata.codes };
  const covariance = covarianceStructure("diagonal", S);
  const devianceOf = (structure: RandomStructure, X: Matrix, response: Float64Array): MarginalDeviance =>
    marginalDeviance(marginalBlocks(structure, repeated, X, response), covariance, "ML");

  const structure = structureRandomTerms(frame.Z, path);
  const count = structure.theta.length;
  const theta = structure.theta.map(({ row, col }) => (row === col ? 0.5 : 0));
  const psi = variances.map((v) => Math.log(v / unit ** 2) / 2);
  const basis = orthonormal(frame.X);
  const remaining = remainder(basis, y);

  const coefficients = frame.names.map((name, j) => {
    const others = orthonormal(withoutColumn(frame.X, j));
    const left = remainder(others, y);
    const own = remainder(others, columnOf(frame.X, j));
    const deviance = warmStarted(Float64Array.from([...theta, ...psi]), (c, at) => {
      const shifted = left.map((v, i) => v - (c / unit) * own[i]!);
      return minimise(withScoring(devianceOf(structure, others, shifted)), at);
    });
    const scale = Math.sqrt(fit.vcov.data[j * p + j]!);
    return { name: `coefficient:${name}`, deviance, estimate: fit.coef[j]!, scale };
  });

  const deviations = frame.Z.flatMap(({ group, names }, t) =>
    names.map((name, of) => {
      const held = heldLast(frame.Z, t, of, path);
      const marginal = devianceOf(held.structure, basis, remaining);
      const deviance = warmStarted(Float64Array.from([...held.start, ...psi]), (c, at) => {
        const length = c / unit / held.unit;
        const ofRow = held.start.length;
        let here = at;
        return minimise(
          {
            value: (x) => {
              here = x;
              return marginal.value(Float64Array.from([...held.theta(x, length), ...x.subarray(ofRow)]));
            },
            gradient: () => {
              const gradient = marginal.gradient();
              const back = held.pullBack(here, length, gradient.subarray(0, count));
              return Float64Array.from([...back, ...gradient.subarray(count)]);
            },
          },
          at,
        );
      });
      const estimate = Math.sqrt(fit.random[t]!.covariance.data[of * names.length + of]!);
      const scale = Math.max(estimate / 4, unit / 100);
      return { name: `sd:${group}:${name}`, deviance, estimate, scale, floor: 0 };
    }),
  );

  const marginal = devianceOf(structure, basis, remaining);
  const residuals = strata.levels.map((stratum, s) => {
    const place = count + s;
    const start = Float64Array.from([...theta, ...psi.filter((_, other) => other !== s)]);
    const deviance = warmStarted(start, (c, at) => {
      const full = (x: Float64Array) =>
        Float64Array.from([...x.subarray(0, place), Math.log(c / unit), ...x.subarray(place)]);
      return minimise(
        { value: (x) => marginal.value(full(x)), gradient: () => marginal.gradient().filter((_, i) => i !== place) },
        at,
      );
    });
    const estimate = Math.sqrt(variances[s]!);
    const rows = strata.codes.reduce((sum, code) => sum + (code === s ? 1 : 0), 0);
    return {
      name: `sd:residual:${column}[${stratum}]`,
      deviance,
      estimate,
      scale: estimate / Math.sqrt(2 * rows),
      wall: estimate / 1000,
    };
  });
  return [...coefficients, ...deviations, ...residuals].map((profile) => limits(profile, minimum, level));
}

/** With the expected information, so that the search begins in the right scale. */
const withScoring = (deviance: MarginalDeviance): Objective => ({
  value: deviance.value,
  gradient: deviance.gradient,
  hessian: (x) => marginalInformation(deviance, x).observed,
  scoring: (x) => marginalInformation(deviance, x).expected,
});
