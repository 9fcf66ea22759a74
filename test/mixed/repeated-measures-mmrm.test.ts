/** All nine structures, their degrees of freedom and joint tests, and cluster-robust variances, as the R package mmrm has them. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { ModelFrame } from "../../src/formula/frame.js";
import { toGroupingFactor } from "../../src/formula/grouping-factor.js";
import { coefficientEstimates } from "../../src/inference/coefficients.js";
import { jointTest } from "../../src/inference/contrast.js";
import { clusterRobustMixed, toRepeatedCovariance } from "../../src/mixed/cluster-robust-mixed.js";
import type { MixedDf } from "../../src/mixed/fixed-effect-inference.js";
import {
  fitRepeatedMeasures,
  type RepeatedMeasures,
  type RepeatedMeasuresFit,
} from "../../src/mixed/repeated-measures.js";
import { cholesky, invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { functionOfSymmetric, symmetricEigen } from "../../src/numeric/eigen.js";
import {
  dot,
  fromRows,
  type Matrix,
  multiply,
  rowOf,
  timesVector,
  transpose,
  zeros,
} from "../../src/numeric/matrix.js";
import { expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { readReference } from "../reference/reference-case.js";
import { measuresOf, repeatedFrame } from "./repeated-frame.js";

interface Tests {
  readonly se: readonly number[];
  readonly df: readonly number[];
  readonly p: readonly number[];
  readonly joint: {
    readonly columns: readonly number[];
    readonly F: number;
    readonly df1: number;
    readonly df2: number;
    readonly p: number;
  };
}

interface StructureFit {
  readonly id: string;
  readonly formula: string;
  readonly method: "REML" | "ML";
  readonly observations: number;
  readonly names: readonly string[];
  readonly coef: readonly number[];
  readonly vcov: readonly (readonly number[])[];
  readonly sigma: readonly (readonly number[])[];
  readonly logLik: number;
  readonly satterthwaite: Tests;
  readonly kenwardRoger?: Tests;
  readonly betweenWithin?: Tests;
}

interface RobustFit {
  readonly id: string;
  readonly formula: string;
  readonly names: readonly string[];
  readonly coef: readonly number[];
  readonly kinds: Readonly<
    Record<string, { vcov: readonly (readonly number[])[]; df: readonly number[]; p: readonly number[] }>
  >;
}

const { fits, robust } = JSON.parse(
  readFileSync(new URL("../reference/mmrm-visits/mmrm.json", import.meta.url), "utf8"),
) as { fits: StructureFit[]; robust: RobustFit[] };

const { table: visits } = readReference("mmrm-visits");
const { table: trial } = readReference("cluster-robust-mixed");

describe.each(fits)("mmrm: $id", (expected) => {
  const frame = repeatedFrame(visits, expected.formula);
  const { measures, structure } = measuresOf(frame);
  const fitBy = (df: MixedDf) => fitRepeatedMeasures(frame, measures, { structure, df, method: expected.method });
  const fit = fitBy("satterthwaite");
  const p = expected.names.length;

  it("coefficients, covariances and log-likelihood", () => {
    expect(fit.problems).toEqual([]);
    expect(fit.names).toEqual(expected.names);
    expect(fit.n.observations).toBe(expected.observations);
    fit.names.forEach((name, j) => {
      expectClose(fit.coef[j]!, expected.coef[j]!, optimised.estimate, name, Math.sqrt(expected.vcov[j]![j]!));
    });
    expectClose(fit.vcov.data, expected.vcov.flat(), optimised.se, "vcov", 0.01);
    expectClose(fit.sigma.data, expected.sigma.flat(), optimised.variance, "sigma");
    expectClose(fit.logLik, expected.logLik, iterated, "logLik");
  });

  const kinds: [MixedDf, Tests | undefined][] = [
    ["satterthwaite", expected.satterthwaite],
    ["kenward-roger", expected.kenwardRoger],
    ["between-within", expected.betweenWithin],
  ];
  it.each(kinds.filter(([, tests]) => tests !== undefined))("%s", (df, tests) => {
    const { se, df: dfs, p: ps, joint } = tests!;
    const tested = fitBy(df);
    coefficientEstimates(tested, frame, null, 0.95).forEach((estimate, j) => {
      expectClose(estimate.se!, se[j]!, optimised.se, `se of ${estimate.name}`);
      expectClose(estimate.df!, dfs[j]!, optimised.df, `df of ${estimate.name}`);
      expectClose(estimate.p!, ps[j]!, optimised.variance, `p of ${estimate.name}`, 1e-6);
    });
    const L = zeros(joint.columns.length, p);
    joint.columns.forEach((column, i) => {
      L.data[i * p + column] = 1;
    });
    const test = jointTest(tested, L, "test:joint", 0.95);
    expectClose(test.statistic!, joint.F, optimised.variance, "F");
    expectClose(test.df!, joint.df2, optimised.df, "df2");
    expectClose(test.p!, joint.p, optimised.variance, "p", 1e-6);
  });
});

describe.each(robust)("mmrm, cluster-robust: $id", (expected) => {
  const frame = repeatedFrame(trial, expected.formula);
  const { measures, structure } = measuresOf(frame);
  const fit = fitRepeatedMeasures(frame, measures, { structure, df: "normal" });
  const clusters = { column: "id", ...toGroupingFactor(trial, ["id"], frame.rows) };

  it("the same coefficients", () => {
    expect(fit.names).toEqual(expected.names);
    fit.names.forEach((name, j) => {
      const se = Math.sqrt(expected.kinds.CR0!.vcov[j]![j]!);
      expectClose(fit.coef[j]!, expected.coef[j]!, optimised.estimate, name, se);
    });
  });
  it.each(["CR0", "CR3"] as const)("%s with Satterthwaite df", (kind) => {
    const { vcov, df, p } = expected.kinds[kind]!;
    const robustly = clusterRobustMixed(
      fit,
      frame,
      toRepeatedCovariance(fit, measures),
      clusters,
      kind,
      "satterthwaite",
    );
    expectClose(robustly.vcov.data, vcov.flat(), optimised.se, `${kind} vcov`, 0.01);
    coefficientEstimates(robustly, frame, null, 0.95).forEach((estimate, j) => {
      expectClose(estimate.df!, df[j]!, optimised.df, `df of ${estimate.name}`);
      expectClose(estimate.p!, p[j]!, optimised.variance, `p of ${estimate.name}`, 1e-6);
    });
  });
  // Of the many roots that make CR2 unbiased under the working covariance Φ, mmrm takes that of I − L'XMX'L with L
  // the lower Cholesky factor of Φ⁻¹, Pustejovsky & Tipton (2018), clubSandwich and this project that of
  // D(Φ − XMX')D', Φ = D'D. With more clusters they come together; here variances differ by up to 0.2 %.
  it("CR2 is mmrm's once its square root is taken", () => {
    const cr2 = expected.kinds.CR2!.vcov;
    expectClose(byCholeskyOfInverse(frame, fit, clusters.codes, measures).data, cr2.flat(), optimised.se, "CR2", 0.01);
  });
});

/** CR2 with the inverse square root in the basis that whitens by the lower Cholesky factor of Φ⁻¹. */
function byCholeskyOfInverse(
  { X, response }: ModelFrame,
  { coef, vcov, sigma }: RepeatedMeasuresFit,
  participants: Int32Array,
  { visits }: RepeatedMeasures,
): Matrix {
  const meat = zeros(X.cols, X.cols);
  for (let i = 0; i <= Math.max(...participants); i++) {
    const rows = [...participants.keys()].filter((row) => participants[row] === i);
    const at = rows.map((row) => visits.codes[row]!);
    const phi = fromRows(at.map((a) => at.map((b) => sigma.data[a * sigma.cols + b]!)));
    const Lt = transpose(cholesky(invertPositiveDefinite(phi)!)!);
    const white = multiply(Lt, fromRows(rows.map((row) => rowOf(X, row))));
    const left = multiply(multiply(white, vcov), transpose(white));
    left.data.forEach((value, k) => {
      left.data[k] = (k % (rows.length + 1) === 0 ? 1 : 0) - value;
    });
    const root = functionOfSymmetric(symmetricEigen(left), (value) => 1 / Math.sqrt(value));
    const residuals = Float64Array.from(rows, (row) => response[row]! - dot(rowOf(X, row), coef));
    const score = timesVector(multiply(transpose(white), root), timesVector(Lt, residuals));
    for (let a = 0; a < X.cols; a++)
      for (let b = 0; b < X.cols; b++) meat.data[a * X.cols + b]! += score[a]! * score[b]!;
  }
  return multiply(multiply(vcov, meat), vcov);
}
