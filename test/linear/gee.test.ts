import { describe, expect, it } from "vitest";
import { coefficientEstimates } from "../../src/inference/coefficients.js";
import type { Clusters } from "../../src/inference/robust-variance.js";
import { fitGee, GEE_VARIANCES, type GeeOptions } from "../../src/linear/gee.js";
import { fitGeneralisedLinear } from "../../src/linear/generalised-linear.js";
import { invertPositiveDefinite } from "../../src/numeric/cholesky.js";
import { rowOf, timesVector, zeros } from "../../src/numeric/matrix.js";
import { ProblemError } from "../../src/problem.js";
import { tableOf } from "../formula/table-of.js";
import { closedForm, expectClose, iterated, type Tolerance } from "../numeric/tolerance.js";
import { clustersOf, readMarginal, visitsOf } from "../reference/marginal-case.js";
import { frameOf } from "../reference/reference-case.js";
import { pickRows, withLevels } from "../table/changed-table.js";

const cases = ["marginal-respiratory", "marginal-epilepsy"].map((name) => ({ name, ...readMarginal(name) }));
const every = cases.flatMap(({ name, table, gees }) =>
  gees.map((expected) => ({ name, table, expected, id: expected.id })),
);

describe.each(every)("$name, $id, agrees with geepack", ({ table, expected }) => {
  const frame = frameOf(table, expected.formula);
  const options: GeeOptions = {
    family: expected.family,
    clusters: clustersOf(table, frame, expected.cluster),
    correlation: expected.correlation,
    ...(expected.visit === null ? {} : { visits: visitsOf(table, frame, expected.visit) }),
  };
  const fit = fitGee(frame, options);
  it("coefficients, correlation and scale", () => {
    expect(fit.converged).toBe(true);
    expect(fit.names).toEqual(expected.names);
    expectClose(fit.coef, expected.coef, iterated, "coef");
    expectClose(fit.correlation.alpha, expected.alpha, iterated, "alpha");
    expectClose(fit.scale, expected.scale, iterated, "scale");
  });
  it.each(GEE_VARIANCES)("%s variance", (vcov) => {
    const found = fitGee(frame, { ...options, vcov }).vcov;
    const wanted = expected.vcov[vcov];
    wanted.forEach((row, i) => {
      expectClose(rowOf(found, i), row, iterated, "vcov", Math.sqrt(row[i]! * wanted[0]![0]!) * 1e-3);
    });
  });
});

describe("by hand", () => {
  it("exchangeable, a mean of pairs: φ, α, and the variance of the cluster means", () => {
    // y 0 and 1 in four pairs: 11, 10, 00, 00. μ = 3/8, residuals over √(μ(1 − μ)).
    const table = tableOf({ y: [1, 1, 1, 0, 0, 0, 0, 0], g: ["a", "a", "b", "b", "c", "c", "d", "d"] });
    const frame = frameOf(table, "y ~ 1");
    const fit = fitGee(frame, {
      family: "binomial",
      clusters: clustersOf(table, frame, "g"),
      correlation: "exchangeable",
    });
    const mu = 3 / 8;
    const v = mu * (1 - mu);
    expectClose(fit.coef[0]!, Math.log(mu / (1 - mu)), iterated, "coef");
    expectClose(fit.scale, 1, iterated, "scale");
    const pairs = ((1 - mu) ** 2 - (1 - mu) * mu + 2 * mu ** 2) / v / 4;
    expectClose(fit.correlation.alpha[0]!, pairs, iterated, "alpha");
    const sums = [2 - 2 * mu, 1 - 2 * mu, -2 * mu, -2 * mu];
    const variance = sums.reduce((sum, s) => sum + s * s, 0) / (8 * v) ** 2;
    expectClose(fit.vcov.data[0]!, variance, iterated, "variance");
  });
});

describe("plain", () => {
  const { table, gees } = cases[0]!;
  const { formula, cluster, visit } = gees.find(({ id }) => id === "ar1-visits")!;
  const frame = frameOf(table, formula);
  const clusters = clustersOf(table, frame, cluster);
  it("ar1 with gaps: dense V of each cluster, its equations zero at the estimate", () => {
    const visits = visitsOf(table, frame, visit!);
    const fit = fitGee(frame, { family: "binomial", clusters, correlation: "ar1", visits });
    const p = frame.X.cols;
    const score = new Float64Array(p);
    clusters.levels.forEach((_, g) => {
      const rows = [...clusters.codes.keys()].filter((i) => clusters.codes[i] === g);
      const V = zeros(rows.length, rows.length);
      const variance = (i: number) => fit.fitted[i]! * (1 - fit.fitted[i]!);
      rows.forEach((a, j) => {
        rows.forEach((b, k) => {
          const lag = Math.abs(visits.codes[a]! - visits.codes[b]!);
          V.data[j * rows.length + k] = Math.sqrt(variance(a) * variance(b)) * fit.correlation.alpha[0]! ** lag;
        });
      });
      const solved = timesVector(
        invertPositiveDefinite(V)!,
        Float64Array.from(rows, (row) => frame.response[row]! - fit.fitted[row]!),
      );
      rows.forEach((row, i) => {
        for (let j = 0; j < p; j++) score[j]! += variance(row) * frame.X.data[row * p + j]! * solved[i]!;
      });
    });
    expectClose(score, new Float64Array(p), { name: "zero", relative: 1e-5 } as Tolerance, "score", 1);
  });
  it("independence is logistic regression", () => {
    const fit = fitGee(frame, { family: "binomial", clusters, correlation: "independence" });
    expectClose(fit.coef, fitGeneralisedLinear(frame, { family: "binomial" }).coef, closedForm, "coef");
    expect(fit.correlation.alpha.length).toBe(0);
  });
});

describe("identities", () => {
  const { table, gees } = cases[1]!;
  const { formula, cluster, visit } = gees.find(({ id }) => id === "unstructured-visits")!;
  const fitted = (data: typeof table, correlation: "ar1" | "unstructured" | "exchangeable") => {
    const frame = frameOf(data, formula);
    const visits = visitsOf(data, frame, visit!);
    const clusters = clustersOf(data, frame, cluster);
    return fitGee(frame, { family: "poisson", clusters, correlation, visits, vcov: "kauermann-carroll" });
  };
  it.each(["exchangeable", "ar1", "unstructured"] as const)("%s: clusters need not stand together", (correlation) => {
    const rows = [...Array(table.rows).keys()].sort((a, b) => ((a * 11) % 101) - ((b * 11) % 101) || a - b);
    const shuffled = fitted(pickRows(table, rows), correlation);
    const plain = fitted(table, correlation);
    expectClose(shuffled.coef, plain.coef, iterated, "coef");
    expectClose(shuffled.vcov.data, plain.vcov.data, iterated, "vcov", 1e-4);
    expectClose(shuffled.correlation.alpha, plain.correlation.alpha, iterated, "alpha");
  });
  it("arms swapped flips the sign", () => {
    const swapped = fitted(withLevels(table, "treatment", ["Progabide", "placebo"]), "exchangeable");
    expectClose(swapped.coef[1]!, -fitted(table, "exchangeable").coef[1]!, iterated, "treatment");
  });
  it("corrections only add to the variance of one arm's coefficient", () => {
    const frame = frameOf(table, formula);
    const clusters = clustersOf(table, frame, cluster);
    const [robust, carroll, derouen] = GEE_VARIANCES.map((vcov) => {
      const fit = fitGee(frame, { family: "poisson", clusters, correlation: "exchangeable", vcov });
      return fit.vcov.data[fit.names.length + 1]!;
    });
    expect(carroll).toBeGreaterThan(robust!);
    expect(derouen).toBeGreaterThan(carroll!);
  });
});

describe("degrees of freedom and small numbers", () => {
  const table = tableOf({
    y: [1, 1, 0, 0, 0, 0, 1, 1, 0],
    x: [1, 2, 3, 2, 1, 1, 3, 1, 2],
    g: ["a", "a", "b", "b", "b", "c", "c", "d", "e"],
    v: [1, 2, 1, 2, 2, 1, 2, 1, 1],
    one: Array(9).fill("a"),
    two: ["a", "a", "a", "a", "b", "b", "b", "b", "b"],
  });
  const frame = frameOf(table, "y ~ x");
  const gee = (clusters: Clusters, more: Partial<GeeOptions> = {}, at = frame) =>
    fitGee(at, { family: "binomial", clusters, correlation: "exchangeable", ...more });
  it("clusters of one row are fitted; t with clusters − coefficients", () => {
    const fit = gee(clustersOf(table, frame, "g"), { vcov: "mancl-derouen", df: "clusters" });
    expect(fit.converged).toBe(true);
    expect(fit.problems).toEqual([]);
    expect(coefficientEstimates(fit, frame, null, 0.95).map(({ df }) => df)).toEqual([3, 3]);
    expect(fit.n.groups).toEqual({ g: 5 });
  });
  it("few clusters are warned of, with the correction to use", () => {
    const fit = gee(clustersOf(table, frame, "g"));
    expect(fit.problems.map(({ code, severity }) => [code, severity])).toEqual([["fit.few-clusters", "warning"]]);
    expect(fit.problems[0]!.message).toContain("df: clusters");
  });
  it("one cluster, too few clusters, no degrees of freedom, a visit twice, too many positions", () => {
    const codes = (action: () => unknown): string[] => {
      try {
        action();
      } catch (thrown) {
        if (thrown instanceof ProblemError) return thrown.problems.map(({ code }) => code);
        throw thrown;
      }
      return [];
    };
    const more = frameOf(table, "y ~ x + I(x^2)");
    expect(codes(() => gee(clustersOf(table, frame, "one")))).toEqual(["frame.one-cluster"]);
    expect(codes(() => gee(clustersOf(table, frame, "two"), {}, more))).toEqual(["frame.too-few-clusters"]);
    expect(codes(() => gee(clustersOf(table, frame, "two"), { df: "clusters" }))).toEqual(["frame.no-cluster-df"]);
    const visits = visitsOf(table, frame, "v");
    const twice = () => gee(clustersOf(table, frame, "g"), { correlation: "ar1", visits });
    expect(codes(twice)).toEqual(["frame.visit-twice"]);
    const unstructured = () => gee(clustersOf(table, frame, "two"), { correlation: "unstructured" });
    expect(codes(unstructured)).toEqual(["frame.too-many-positions"]);
    expect(codes(() => gee(clustersOf(table, frame, "g"), {}, frameOf(table, "y ~ x + (1 | g)")))).toEqual([
      "formula.random-term",
    ]);
  });
  it("a coefficient that one cluster determines has no standard error", () => {
    const own = tableOf({
      y: [1, 0, 1, 0, 1, 1, 0, 0],
      z: [0, 0, 0, 0, 0, 0, 1, 1],
      x: [1, 2, 2, 3, 4, 1, 1, 1],
      g: ["a", "a", "b", "b", "c", "c", "d", "d"],
    });
    const at = frameOf(
      tableOf({
        ...Object.fromEntries([...own.columns].filter(([name]) => name !== "y")),
        y: [1, 0, 1, 0, 1, 1, 0, 1],
      }),
      "y ~ x + z",
    );
    const fit = gee(
      clustersOf(own, at, "g"),
      { vcov: "mancl-derouen", df: "clusters", correlation: "independence" },
      at,
    );
    const [, x, z] = coefficientEstimates(fit, at, null, 0.95);
    expect(x!.se).toBeGreaterThan(0);
    expect(z!.se).toBeNull();
    expect(fit.problems[0]!.message).toContain('"z" rests on a single cluster');
  });
  it("separation and a correlation that no matrix has give no number", () => {
    const separated = tableOf({ y: [0, 0, 0, 1, 1, 1], x: [1, 2, 3, 4, 5, 6], g: ["a", "b", "c", "a", "b", "c"] });
    const at = frameOf(separated, "y ~ x");
    const fit = gee(clustersOf(separated, at, "g"), {}, at);
    expect(fit.converged).toBe(false);
    expect(fit.problems.map(({ code }) => code)).toEqual(["fit.separation"]);
    // Rows of a cluster move against each other almost perfectly: α below −1/2 has no matrix for three rows.
    const against = tableOf({
      y: [1, -1, 2, -2, 1, -1, 3, -3, 2, -2, 1, -1, 0.5, -0.5, 0.2],
      x: [1, 2, 2, 1, 3, 3, 1, 2, 2, 3, 1, 1, 2, 1, 2],
      g: ["a", "a", "b", "b", "c", "c", "d", "d", "e", "e", "f", "f", "h", "h", "h"],
    });
    const atAgainst = frameOf(against, "y ~ x");
    const outside = gee(clustersOf(against, atAgainst, "g"), { family: "gaussian" }, atAgainst);
    expect(outside.converged).toBe(false);
    expect(outside.problems.map(({ code }) => code)).toEqual(["fit.correlation"]);
  });
});
