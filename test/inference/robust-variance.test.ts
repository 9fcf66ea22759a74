import { describe, expect, it } from "vitest";
import { coefficientEstimates } from "../../src/inference/coefficients.js";
import { jointTest } from "../../src/inference/contrast.js";
import type { FamilyName } from "../../src/inference/family.js";
import {
  CLUSTER_ROBUST,
  type ClusterRobust,
  clusterProblems,
  clusterRobust,
  HETEROSCEDASTICITY_ROBUST,
  heteroscedasticityRobust,
} from "../../src/inference/robust-variance.js";
import { invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { fromRows, multiply, rowOf, timesVector, transpose, zeros } from "../../src/numeric/matrix.js";
import { tableOf } from "../formula/table-of.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { clustersOf, fitRegression, readMarginal } from "../reference/marginal-case.js";
import { frameOf, readReference } from "../reference/reference-case.js";
import { mapColumn, pickRows, withLevels } from "../table/changed-table.js";

const names = ["marginal-respiratory", "marginal-epilepsy", "robust-beat-the-blues"];
const every = names.flatMap((name) => {
  const { table, regressions } = readMarginal(name);
  return regressions.map((expected) => ({ name, table, expected, id: expected.id }));
});

describe.each(every)("$name, $id, agrees with sandwich and clubSandwich", ({ table, expected }) => {
  const frame = frameOf(table, expected.formula);
  const { fit, working } = fitRegression(frame, expected.family);
  const clusters = clustersOf(table, frame, expected.cluster);
  const p = frame.X.cols;
  it.each(HETEROSCEDASTICITY_ROBUST)("%s", (kind) => {
    const robust = heteroscedasticityRobust(fit, working, kind);
    const found = expected.heteroscedasticity[kind];
    found.forEach((row, i) => {
      expectClose(rowOf(robust.vcov, i), row, iterated, "vcov", Math.sqrt(row[i]! * found[0]![0]!) * 1e-3);
    });
  });
  it.each(CLUSTER_ROBUST)("%s, with Satterthwaite df and Hotelling's T²", (kind) => {
    const robust = clusterRobust(fit, working, clusters, kind, "satterthwaite");
    const { vcov, df, p: probability, joint } = expected.clusters[kind];
    vcov.forEach((row, i) => {
      expectClose(rowOf(robust.vcov, i), row, iterated, "vcov", Math.sqrt(row[i]! * vcov[0]![0]!) * 1e-3);
    });
    coefficientEstimates(robust, frame, null, 0.95).forEach((estimate, j) => {
      expectClose(estimate.df!, df[j]!, iterated, "df");
      expectClose(estimate.p!, probability[j]!, iterated, "p", 1e-12);
    });
    if (joint === undefined) return;
    const L = zeros(joint.columns.length, p);
    joint.columns.forEach((column, i) => {
      L.data[i * p + column] = 1;
    });
    const test = jointTest(robust, L, "test:joint", 0.95);
    expectClose(test.statistic!, joint.F, iterated, "F");
    expectClose(test.df!, joint.df2, iterated, "df2");
    expectClose(test.p!, joint.p, iterated, "p");
  });
});

describe("a cluster's own indicators", () => {
  const { table, fits } = readReference("robust-beat-the-blues");
  const expected = fits.find(({ id }) => id === "absorbed") as unknown as {
    readonly formula: string;
    readonly cluster: string;
    readonly names: readonly string[];
    readonly se: readonly number[];
    readonly df: readonly number[];
    readonly p: readonly number[];
  };
  const frame = frameOf(table, expected.formula);
  const { fit, working } = fitRegression(frame, "gaussian");
  const clusters = clustersOf(table, frame, expected.cluster);
  it("have no standard error under CR2 and are named; the others agree with clubSandwich", () => {
    const robust = clusterRobust(fit, working, clusters, "CR2", "satterthwaite");
    const estimates = coefficientEstimates(robust, frame, null, 0.95);
    expected.names.forEach((name, i) => {
      const one = estimates.find((estimate) => estimate.name === `coefficient:${name}`)!;
      expectClose(one.se!, expected.se[i]!, iterated, "se");
      expectClose(one.df!, expected.df[i]!, iterated, "df");
      expectClose(one.p!, expected.p[i]!, iterated, "p");
    });
    const unit = estimates.find(({ name }) => name.startsWith("coefficient:unit["))!;
    expect(unit).toMatchObject({ se: null, df: null, statistic: null, p: null, lower: null, upper: null });
    expect(unit.estimate).not.toBeNull();
    const problem = robust.problems.find(({ code }) => code === "fit.one-cluster-coefficient");
    expect(problem?.message).toContain('"unit[');
    expect(problem?.message).not.toContain("treatment");
  });
  it("are not counted among the coefficients that the clusters must carry", () => {
    expect(clusters.levels.length).toBeLessThan(frame.X.cols);
    expect(clusterProblems(clusters, frame.X, "")).toEqual([]);
  });
  it("so too under every other kind, and a joint test of them does not exist", () => {
    for (const kind of CLUSTER_ROBUST) {
      const robust = clusterRobust(fit, working, clusters, kind, "satterthwaite");
      expect(robust.problems.map(({ code }) => code)).toContain("fit.one-cluster-coefficient");
      const p = frame.X.cols;
      const L = zeros(2, p);
      L.data[p - 3] = 1;
      L.data[2 * p - 4] = 1;
      expect(jointTest(robust, L, "test:unit", 0.95)).toMatchObject({ statistic: null, df: null, p: null });
    }
  });
});

describe("by hand", () => {
  it("the mean of a sample: HC0 is Σe²/n², HC1 s²/n; HC3 divides by (1 − 1/n)²", () => {
    const frame = frameOf(tableOf({ y: [1, 2, 6, 7], x: [1, 1, 1, 1] }), "y ~ 1");
    const { fit, working } = fitRegression(frame, "gaussian");
    const squares = 9 + 4 + 4 + 9;
    expectClose(heteroscedasticityRobust(fit, working, "HC0").vcov.data[0]!, squares / 16, closedForm, "HC0");
    expectClose(heteroscedasticityRobust(fit, working, "HC1").vcov.data[0]!, squares / 12, closedForm, "HC1");
    expectClose(heteroscedasticityRobust(fit, working, "HC2").vcov.data[0]!, squares / 12, closedForm, "HC2");
    expectClose(heteroscedasticityRobust(fit, working, "HC3").vcov.data[0]!, squares / 9, closedForm, "HC3");
  });
  it("the mean of equal clusters: CR2 is the variance of the cluster means over m, with m − 1 df", () => {
    const table = tableOf({ y: [1, 3, 4, 8, 0, 2], g: ["a", "a", "b", "b", "c", "c"] });
    const frame = frameOf(table, "y ~ 1");
    const { fit, working } = fitRegression(frame, "gaussian");
    const robust = clusterRobust(fit, working, clustersOf(table, frame, "g"), "CR2", "satterthwaite");
    // Means 2, 6, 1 about 3: (1 + 9 + 4)/2/3.
    expectClose(robust.vcov.data[0]!, 14 / 6, closedForm, "CR2");
    expectClose(robust.denominatorDf(fromRows([[1]])).df, 2, closedForm, "df");
  });
});

describe.each([
  ["marginal-respiratory", 0],
  ["robust-beat-the-blues", 0],
] as const)("%s, plain", (name, which) => {
  const { table, regressions } = readMarginal(name);
  const { formula, family, cluster } = regressions[which]!;
  it("CR3 is the jackknife that leaves out one cluster, to one step; dense (I − H)⁻¹ gives the same", () => {
    const frame = frameOf(table, formula);
    const { fit, working } = fitRegression(frame, family);
    const clusters = clustersOf(table, frame, cluster);
    expectClose(
      clusterRobust(fit, working, clusters, "CR3", "fit").vcov.data,
      onestepJackknife(frame.X, working.weights, working.residuals, clusters.codes, clusters.levels.length).data,
      iterated,
      "CR3",
      1e-6,
    );
  });
});

describe("identities", () => {
  const { table, regressions } = readMarginal("marginal-respiratory");
  const formula = "good ~ treatment + age + baseline";
  const fitted = (data: typeof table, family: FamilyName, kind: ClusterRobust) => {
    const frame = frameOf(data, formula);
    const { fit, working } = fitRegression(frame, family);
    const robust = clusterRobust(fit, working, clustersOf(data, frame, regressions[0]!.cluster), kind, "satterthwaite");
    return coefficientEstimates(robust, frame, null, 0.95);
  };
  it.each(["gaussian", "binomial"] as const)("%s: order of rows, swapped arms, rescaled covariate", (family) => {
    const [, treatment, age] = fitted(table, family, "CR2");
    const rows = [...Array(table.rows).keys()].sort((a, b) => ((a * 7) % table.rows) - ((b * 7) % table.rows) || a - b);
    const shuffled = fitted(pickRows(table, rows), family, "CR2");
    expectClose(shuffled[1]!.se!, treatment!.se!, iterated, "se, shuffled");
    expectClose(shuffled[1]!.df!, treatment!.df!, iterated, "df, shuffled");
    const swapped = fitted(withLevels(table, "treatment", ["treatment", "placebo"]), family, "CR2");
    expectClose(swapped[1]!.estimate!, -treatment!.estimate!, iterated, "swapped");
    expectClose(swapped[1]!.df!, treatment!.df!, iterated, "df, swapped");
    const decades = fitted(
      mapColumn(table, "age", (v) => v / 10),
      family,
      "CR2",
    );
    expectClose(decades[2]!.se!, 10 * age!.se!, iterated, "se of age");
    expectClose(decades[2]!.df!, age!.df!, iterated, "df of age");
  });
  it("clusters of one row: CR0 is HC0", () => {
    const single = tableOf({ x: [1, 2, 3, 4, 7], y: [2, 1, 4, 3, 9], g: ["a", "b", "c", "d", "e"] });
    const frame = frameOf(single, "y ~ x");
    const { fit, working } = fitRegression(frame, "gaussian");
    const clusters = clustersOf(single, frame, "g");
    for (const [cr, hc] of [
      ["CR0", "HC0"],
      ["CR2", "HC2"],
      ["CR3", "HC3"],
    ] as const) {
      const byCluster = clusterRobust(fit, working, clusters, cr, "fit").vcov.data;
      expectClose(byCluster, heteroscedasticityRobust(fit, working, hc).vcov.data, closedForm, cr);
    }
  });
});

describe("problems", () => {
  const table = tableOf({
    x: [1, 2, 3, 4, 5, 6],
    w: [1, 0, 2, 1, 1, 3],
    y: [1, 3, 2, 5, 4, 4],
    one: ["a", "a", "a", "a", "a", "a"],
    two: ["a", "a", "a", "b", "b", "b"],
  });
  const frame = frameOf(table, "y ~ x + w");
  it("one cluster, and fewer clusters than coefficients", () => {
    expect(clusterProblems(clustersOf(table, frame, "one"), frame.X, "").map(({ code }) => code)).toEqual([
      "frame.one-cluster",
    ]);
    const [problem] = clusterProblems(clustersOf(table, frame, "two"), frame.X, "");
    expect(problem).toMatchObject({ code: "frame.too-few-clusters", severity: "error" });
    expect(problem!.message).toContain('"two" has 2 clusters for 3 coefficients');
  });
  it("a row that alone determines a coefficient has no HC standard error for it", () => {
    const alone = tableOf({ y: [1, 4, 2, 6, 9], only: [0, 0, 0, 0, 1], x: [1, 2, 3, 4, 5] });
    const own = frameOf(alone, "y ~ x + only");
    const { fit, working } = fitRegression(own, "gaussian");
    const robust = heteroscedasticityRobust(fit, working, "HC3");
    const [, x, only] = coefficientEstimates(robust, own, null, 0.95);
    expect(only!.se).toBeNull();
    expect(x!.se).toBeGreaterThan(0);
    expect(robust.problems[0]!.message).toContain('"only" rests on a single row');
  });
  it("few clusters are warned of where nothing corrects for them", () => {
    const { fit, working } = fitRegression(frameOf(table, "y ~ x"), "gaussian");
    const clusters = clustersOf(table, frame, "two");
    const codesOf = (kind: ClusterRobust) =>
      clusterRobust(fit, working, clusters, kind, "satterthwaite").problems.map(({ code }) => code);
    expect(codesOf("CR1S")).toEqual(["fit.few-clusters"]);
    expect(codesOf("CR2")).toEqual([]);
  });
});

/** Σ_g (δ_g)(δ_g)', δ_g the one-step change of β without cluster g: (X'WX − X_g'W_gX_g)⁻¹ X_g'e_g. */
function onestepJackknife(
  X: { readonly rows: number; readonly cols: number; readonly data: Float64Array },
  weights: Float64Array | null,
  residuals: Float64Array,
  codes: Int32Array,
  m: number,
) {
  const p = X.cols;
  const deltas = Array.from({ length: m }, (_, g) => {
    const rest = zeros(p, p);
    const score = new Float64Array(p);
    for (let i = 0; i < X.rows; i++)
      for (let j = 0; j < p; j++) {
        const x = X.data[i * p + j]!;
        if (codes[i] === g) score[j]! += x * residuals[i]!;
        else for (let k = 0; k < p; k++) rest.data[j * p + k]! += (weights?.[i] ?? 1) * x * X.data[i * p + k]!;
      }
    return timesVector(invertPositiveDefinite(rest)!, score);
  });
  const D = fromRows(deltas);
  return multiply(transpose(D), D);
}
