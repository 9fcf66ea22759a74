import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toOrderedFactor } from "../../src/formula/factor-levels.js";
import type { ModelFrame } from "../../src/formula/frame.js";
import { toGroupingFactor } from "../../src/formula/grouping-factor.js";
import { coefficientEstimates } from "../../src/inference/coefficients.js";
import { jointTest } from "../../src/inference/contrast.js";
import type { ClusterRobust, Clusters } from "../../src/inference/robust-variance.js";
import {
  clusterRobustMixed,
  type FittedCovariance,
  outermostGrouping,
  randomGroupings,
  splitLevel,
  toLinearCovariance,
  toRepeatedCovariance,
  toStrataCovariance,
} from "../../src/mixed/cluster-robust-mixed.js";
import { fitLinearMixed } from "../../src/mixed/linear-mixed.js";
import { fitRepeatedMeasures } from "../../src/mixed/repeated-measures.js";
import { fitResidualStrata } from "../../src/mixed/residual-strata.js";
import { invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { functionOfSymmetric, symmetricEigen } from "../../src/numeric/eigen.js";
import { dot, type Matrix, multiply, rowOf, timesVector, transpose, zeros } from "../../src/numeric/matrix.js";
import type { Table } from "../../src/table/table.js";
import { tableOf } from "../formula/table-of.js";
import { closedForm, expectClose, iterated, optimised } from "../numeric/tolerance.js";
import { readReference } from "../reference/reference-case.js";
import { mapColumn, pickRows, withLevels } from "../table/changed-table.js";
import { measuresOf, repeatedFrame } from "./repeated-frame.js";

const KINDS = ["CR0", "CR1", "CR2", "CR3"] as const;
interface Expected {
  readonly id: string;
  readonly model: "mixed" | "mmrm";
  readonly formula: string;
  readonly cluster: string;
  readonly residualBy?: string;
  readonly names: readonly string[];
  readonly coef: readonly number[];
  readonly kinds: Record<
    (typeof KINDS)[number],
    {
      readonly vcov: readonly (readonly number[])[];
      readonly df: readonly number[];
      readonly p: readonly number[];
      readonly joint: { readonly columns: readonly number[]; readonly F: number; readonly df2: number };
    }
  >;
}

const { table } = readReference("cluster-robust-mixed");
const { fits } = JSON.parse(
  readFileSync(new URL("../reference/cluster-robust-mixed/expected.json", import.meta.url), "utf8"),
) as { fits: Expected[] };

/** The fit, its frame and its V. */
function fitted(data: Table, { model, formula, residualBy }: Pick<Expected, "model" | "formula" | "residualBy">) {
  const frame = repeatedFrame(data, formula);
  if (model === "mmrm") {
    const { measures, structure } = measuresOf(frame);
    const fit = fitRepeatedMeasures(frame, measures, { structure, df: "normal" });
    return { fit, frame, covariance: toRepeatedCovariance(fit, measures) };
  }
  if (residualBy !== undefined) {
    const strata = toOrderedFactor(data, residualBy, frame.rows);
    const fit = fitResidualStrata(frame, strata, { df: "normal" });
    return { fit, frame, covariance: toStrataCovariance(fit, strata) };
  }
  const fit = fitLinearMixed(frame, { df: "normal" });
  return { fit, frame, covariance: toLinearCovariance(fit) };
}

const clustersOf = (data: Table, { rows }: ModelFrame, column: string): Clusters => ({
  column,
  ...toGroupingFactor(data, [column], rows),
});

describe.each(fits)("clubSandwich: $id", (expected) => {
  const { fit, frame, covariance } = fitted(table, expected);
  const clusters = clustersOf(table, frame, expected.cluster);
  it("the same coefficients", () => {
    expect(fit.names).toEqual(expected.names);
    const se = expected.kinds.CR0.vcov.map((row, j) => Math.sqrt(row[j]!));
    fit.coef.forEach((b, j) => {
      expectClose(b, expected.coef[j]!, optimised.estimate, fit.names[j]!, se[j]);
    });
  });
  it.each(KINDS)("%s, with Satterthwaite df and Hotelling's T²", (kind) => {
    const robust = clusterRobustMixed(fit, frame, covariance, clusters, kind, "satterthwaite");
    const { vcov, df, p, joint } = expected.kinds[kind];
    vcov.forEach((row, i) => {
      row.forEach((value, j) => {
        const scale = Math.sqrt(vcov[i]![i]! * vcov[j]![j]!);
        expectClose(rowOf(robust.vcov, i)[j]!, value, optimised.se, `vcov ${i} ${j}`, scale);
      });
    });
    coefficientEstimates(robust, frame, null, 0.95).forEach((estimate, j) => {
      expectClose(estimate.df!, df[j]!, optimised.df, `df of ${estimate.name}`);
      expectClose(estimate.p!, p[j]!, optimised.variance, `p of ${estimate.name}`, 1e-6);
    });
    const L = zeros(joint.columns.length, fit.names.length);
    joint.columns.forEach((column, i) => {
      L.data[i * L.cols + column] = 1;
    });
    const test = jointTest(robust, L, "test:joint", 0.95);
    expectClose(test.statistic!, joint.F, optimised.variance, "F");
    expectClose(test.df!, joint.df2, optimised.df, "df2");
  });
  it("a dense plain implementation gives the same", () => {
    const dense = denseLeastSquares(frame.X, denseV(frame, covariance));
    for (const kind of KINDS) {
      const robust = clusterRobustMixed(fit, frame, covariance, clusters, kind, "satterthwaite");
      const plain = plainClusterRobust(frame, fit.coef, dense, clusters, kind);
      expectClose(robust.vcov.data, plain.vcov.data, iterated, `${kind} vcov`, 1e-4);
      const estimates = coefficientEstimates(robust, frame, null, 0.95);
      for (const j of [1, estimates.length - 1]) expectClose(estimates[j]!.df!, plain.df(j), iterated, `${kind} df`);
    }
  });
});

describe("by hand: a balanced random intercept", () => {
  // Means 3, 8, 1, 8 about 5. Var(ȳ) by CR0 is Σ(ȳ_g − ȳ)²/m², by CR2 and CR1 Σ(ȳ_g − ȳ)²/(m(m − 1)) with m − 1 df,
  // by CR3 Σ(ȳ_g − ȳ)²/(m − 1)², whatever the variances.
  const data = tableOf({ y: [2, 4, 7, 9, 0, 2, 9, 7], g: ["a", "a", "b", "b", "c", "c", "d", "d"] });
  const { fit, frame, covariance } = fitted(data, { model: "mixed", formula: "y ~ 1 + (1 | g)" });
  const squares = 4 + 9 + 16 + 9;
  it.each([
    ["CR0", squares / 16],
    ["CR1", squares / 12],
    ["CR2", squares / 12],
    ["CR3", squares / 9],
  ] as const)("%s", (kind, variance) => {
    const clusters = clustersOf(data, frame, "g");
    const robust = clusterRobustMixed(fit, frame, covariance, clusters, kind, "satterthwaite");
    const [mean] = coefficientEstimates(robust, frame, null, 0.95);
    expectClose(mean!.estimate!, 5, closedForm, "mean");
    expectClose(mean!.se! ** 2, variance, closedForm, "variance");
    expectClose(mean!.df!, 3, closedForm, "df");
  });
});

describe("identities", () => {
  const nested = { model: "mixed", formula: "y ~ base + arm * time + (1 | unit / therapist) + (1 | id)" } as const;
  const estimates = (data: Table, kind: ClusterRobust = "CR2") => {
    const { fit, frame, covariance } = fitted(data, nested);
    const robust = clusterRobustMixed(fit, frame, covariance, clustersOf(data, frame, "unit"), kind, "satterthwaite");
    return coefficientEstimates(robust, frame, null, 0.95);
  };
  const [, base, arm] = estimates(table);
  it("the order of the rows does not matter", () => {
    const rows = [...Array(table.rows).keys()].sort((a, b) => ((a * 7) % table.rows) - ((b * 7) % table.rows) || a - b);
    const shuffled = estimates(pickRows(table, rows));
    expectClose(shuffled[2]!.se!, arm!.se!, optimised.se, "se");
    expectClose(shuffled[2]!.df!, arm!.df!, optimised.df, "df");
  });
  it("swapped arms turn the sign and keep the rest", () => {
    const swapped = estimates(withLevels(table, "arm", ["FIT", "TAU"]));
    expectClose(swapped[2]!.estimate!, -arm!.estimate!, optimised.estimate, "estimate");
    expectClose(swapped[2]!.se!, arm!.se!, optimised.se, "se");
    expectClose(swapped[2]!.df!, arm!.df!, optimised.df, "df");
  });
  it("a rescaled covariate rescales its standard error", () => {
    const rescaled = estimates(mapColumn(table, "base", (v) => v / 1000));
    expectClose(rescaled[1]!.se!, 1000 * base!.se!, optimised.se, "se");
    expectClose(rescaled[1]!.df!, base!.df!, optimised.df, "df");
  });
  it("other degrees of freedom are those of the fit", () => {
    const { fit, frame, covariance } = fitted(table, nested);
    const clusters = clustersOf(table, frame, "unit");
    const robust = clusterRobustMixed(fit, frame, covariance, clusters, "CR2", "fit");
    expect(coefficientEstimates(robust, frame, null, 0.95).map(({ df }) => df)).toEqual(fit.names.map(() => null));
  });
});

describe("clusters and groupings", () => {
  const data = tableOf({
    y: [1, 3, 2, 5, 4, 4, 6, 2],
    id: ["a", "a", "b", "b", "c", "c", "d", "d"],
    unit: ["u", "u", "u", "u", "v", "v", "v", "v"],
    rater: ["r", "s", "r", "s", "r", "s", "r", "s"],
    fit: [1, 1, 0, 0, 1, 1, 0, 0],
    therapist: ["t", "t", "none", "none", "w", "w", "none", "none"],
  });
  const groupings = (random: string) => randomGroupings(repeatedFrame(data, `y ~ 1 + ${random}`).Z);
  it("the outermost of nested factors holds the others whole", () => {
    expect(outermostGrouping(groupings("(1 | id) + (1 | unit)"))?.group).toBe("unit");
    expect(outermostGrouping(groupings("(1 | unit / id)"))?.group).toBe("unit");
  });
  it("crossed factors have no outermost one", () => {
    expect(outermostGrouping(groupings("(1 | id) + (1 | rater)"))).toBeNull();
  });
  it("names the level that clusters split", () => {
    const frame = repeatedFrame(data, "y ~ 1 + (1 | id)");
    const [id] = randomGroupings(frame.Z);
    expect(splitLevel(id!, clustersOf(data, frame, "rater"))).toBe("a");
    expect(splitLevel(id!, clustersOf(data, frame, "unit"))).toBeNull();
  });
  it("rows without a part in a level do not tie their clusters together", () => {
    const frame = repeatedFrame(data, "y ~ 1 + (0 + fit | therapist)");
    const [therapist] = randomGroupings(frame.Z);
    expect(splitLevel(therapist!, clustersOf(data, frame, "unit"))).toBeNull();
    const [all] = randomGroupings(repeatedFrame(data, "y ~ 1 + (1 | therapist)").Z);
    expect(splitLevel(all!, clustersOf(data, frame, "unit"))).toBe("none");
  });
  it("a coefficient that one cluster determines has no standard error and is named; the others have", () => {
    const first = toGroupingFactor(
      table,
      ["unit"],
      Int32Array.from({ length: table.rows }, (_, i) => i),
    );
    const only = { kind: "number", type: "number", unit: null } as const;
    const values = Float64Array.from(first.codes, (code) => (code === 0 ? 1 : 0));
    const marked: Table = { ...table, columns: new Map([...table.columns, ["first", { ...only, values }]]) };
    const spec = { model: "mixed", formula: "y ~ base + first + arm * time + (time | id)" } as const;
    const { fit, frame, covariance } = fitted(marked, spec);
    for (const kind of KINDS) {
      const clusters = clustersOf(marked, frame, "unit");
      const robust = clusterRobustMixed(fit, frame, covariance, clusters, kind, "satterthwaite");
      const rows = coefficientEstimates(robust, frame, null, 0.95);
      expect(rows[2]).toMatchObject({ name: "coefficient:first", se: null, df: null, p: null });
      expect(rows[3]!.se).toBeGreaterThan(0);
      const named = robust.problems.find(({ code }) => code === "fit.one-cluster-coefficient");
      expect(named?.message).toContain('"first" rests on a single cluster');
    }
  });
});

/** V, n×n, from its definition. */
function denseV({ Z, response }: ModelFrame, { random, subjects, sigma }: FittedCovariance): Matrix {
  const n = response.length;
  const V = zeros(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      if (subjects.subjects[i] === subjects.subjects[j])
        V.data[i * n + j]! += sigma.data[subjects.visits[i]! * sigma.cols + subjects.visits[j]!]!;
      Z.forEach(({ codes, values }, t) => {
        if (codes[i] !== codes[j]) return;
        V.data[i * n + j]! += dot(rowOf(values, i), timesVector(random[t]!.covariance, rowOf(values, j)));
      });
    }
  return V;
}

/** M = (X'WX)⁻¹, H = XMX'W, W = V⁻¹. */
function denseLeastSquares(X: Matrix, V: Matrix) {
  const XW = multiply(transpose(X), invertPositiveDefinite(V)!);
  const M = invertPositiveDefinite(multiply(XW, X))!;
  const H = multiply(multiply(X, M), XW);
  return { V, XW, M, H, Ht: transpose(H) };
}

/**
 * With V^½ for C, not its Cholesky factor, and the degrees of freedom of the quadratic form y'By: 2E²/Var, E = tr(BV),
 * Var = 2 tr(BVBV).
 */
function plainClusterRobust(
  { X, response }: ModelFrame,
  beta: Float64Array,
  { V, XW, M, H, Ht }: ReturnType<typeof denseLeastSquares>,
  { codes, levels }: Clusters,
  kind: (typeof KINDS)[number],
) {
  const n = X.rows;
  const e = response.map((v, i) => v - dot(rowOf(X, i), beta));
  const scores = levels.map((_, g) => {
    const rows = [...codes.keys()].filter((i) => codes[i] === g);
    const own = (A: Matrix) => submatrix(A, rows, rows);
    const leverage = own(H);
    const rest = { ...leverage, data: leverage.data.map((h, at) => (at % (rows.length + 1) === 0 ? 1 : 0) - h) };
    const A = kind === "CR2" ? bellMcCaffrey(own(V), multiply(rest, own(V))) : kind === "CR3" ? inverse(rest) : null;
    const columns = submatrix(XW, [...Array(X.cols).keys()], rows);
    // Over the whole cluster V⁻¹ is block diagonal, so that these columns of X'V⁻¹ are X_g'V_g⁻¹.
    const E = A === null ? columns : multiply(columns, A);
    const wide = zeros(X.cols, n);
    rows.forEach((row, i) => {
      for (let j = 0; j < X.cols; j++) wide.data[j * n + row] = E.data[j * rows.length + i]!;
    });
    return multiply(M, wide);
  });
  const m = levels.length;
  const vcov = zeros(X.cols, X.cols);
  for (const score of scores) {
    const s = timesVector(score, e);
    for (let i = 0; i < X.cols; i++)
      for (let j = 0; j < X.cols; j++) vcov.data[i * X.cols + j]! += s[i]! * s[j]! * (kind === "CR1" ? m / (m - 1) : 1);
  }
  const df = (j: number): number => {
    const P = scores.map((score) => {
      const row = rowOf(score, j);
      const through = timesVector(Ht, row);
      return row.map((v, i) => v - through[i]!);
    });
    // tr(BV) and tr(BVBV) of B = Σ P_g P_g'.
    const VP = P.map((v) => timesVector(V, v));
    let [trace, square] = [0, 0];
    for (let g = 0; g < m; g++) {
      trace += dot(P[g]!, VP[g]!);
      for (let h = 0; h < m; h++) square += dot(P[g]!, VP[h]!) ** 2;
    }
    return trace ** 2 / square;
  };
  return { vcov, df };
}

function bellMcCaffrey(V: Matrix, S: Matrix): Matrix {
  const root = functionOfSymmetric(symmetricEigen(V), Math.sqrt);
  const G = multiply(multiply(root, S), root);
  return multiply(
    multiply(
      root,
      functionOfSymmetric(symmetricEigen(G), (v) => v ** -0.5),
    ),
    root,
  );
}

const submatrix = (A: Matrix, rows: readonly number[], cols: readonly number[]): Matrix => ({
  rows: rows.length,
  cols: cols.length,
  data: Float64Array.from({ length: rows.length * cols.length }, (_, at) => {
    return A.data[rows[Math.floor(at / cols.length)]! * A.cols + cols[at % cols.length]!]!;
  }),
});

/** By Gauss-Jordan: I − H is not symmetric. */
function inverse(A: Matrix): Matrix {
  const n = A.rows;
  const left = A.data.slice();
  const right = zeros(n, n);
  for (let i = 0; i < n; i++) right.data[i * n + i] = 1;
  for (let k = 0; k < n; k++) {
    const pivot = left[k * n + k]!;
    for (let j = 0; j < n; j++) {
      left[k * n + j]! /= pivot;
      right.data[k * n + j]! /= pivot;
    }
    for (let i = 0; i < n; i++) {
      const factor = left[i * n + k]!;
      if (i === k || factor === 0) continue;
      for (let j = 0; j < n; j++) {
        left[i * n + j]! -= factor * left[k * n + j]!;
        right.data[i * n + j]! -= factor * right.data[k * n + j]!;
      }
    }
  }
  return right;
}
