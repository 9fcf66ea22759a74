import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { contrast } from "../../src/inference/contrast.js";
import { fitCox } from "../../src/survival/cox.js";
import { clusterInformation, coxSandwich } from "../../src/survival/cox-sandwich.js";
import { partialLikelihoodAt } from "../../src/survival/partial-likelihood.js";
import type { Ties } from "../../src/survival/tied-events.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { readReference } from "../reference/reference-case.js";
import { coxFrameOf } from "./cox-reference.js";

interface Few {
  readonly id: string;
  readonly formula: string;
  readonly ties: Ties;
  readonly coef: readonly number[];
  readonly robust: readonly (readonly number[])[];
  readonly kauermannCarroll: readonly (readonly number[])[];
  readonly manclDerouen: readonly (readonly number[])[];
}

const { table } = readReference("cox-few-clusters");
const file = fileURLToPath(new URL("../reference/cox-few-clusters/expected.json", import.meta.url));
const { fits } = JSON.parse(readFileSync(file, "utf8")) as { fits: Few[] };

describe.each(fits)("robust variances of Cox models: $id", (expected) => {
  const weights = expected.id.includes("weights") ? "weight" : null;
  const frame = coxFrameOf(table, expected.formula, weights);

  it.each([
    ["robust", expected.robust],
    ["kauermann-carroll", expected.kauermannCarroll],
    ["mancl-derouen", expected.manclDerouen],
  ] as const)("%s is the published formula", (vcov, reference) => {
    const fit = fitCox(frame, { ties: expected.ties, vcov });
    expectClose(fit.coef, expected.coef, iterated, "coef");
    // The reference differentiates numerically, to some nine digits.
    const scale = 1e-2 * Math.max(...reference.flat().map(Math.abs));
    expectClose(fit.vcov.data, reference.flat(), iterated, vcov, scale);
  });

  if (frame.X.cols >= 2)
    it.each(["kauermann-carroll", "mancl-derouen"] as const)(
      "%s goes with a linear change of the covariates",
      (vcov) => {
        // arm, age → arm − age/8, age: the coefficient of age becomes age + arm/8.
        const data = frame.X.data.map((v, at) => (at % 2 === 0 ? v - frame.X.data[at + 1]! / 8 : v));
        const changed = fitCox({ ...frame, X: { ...frame.X, data } }, { ties: expected.ties, vcov }).vcov.data;
        const own = fitCox(frame, { ties: expected.ties, vcov }).vcov.data;
        expectClose(changed[0]!, own[0]!, iterated, "arm");
        expectClose(changed[1]!, own[1]! + own[0]! / 8, iterated, "covariance", Math.abs(own[0]!));
        expectClose(changed[3]!, own[3]! + own[1]! / 4 + own[0]! / 64, iterated, "age", own[0]!);
      },
    );

  it("shares the information out over the clusters", () => {
    const fit = fitCox(frame, { ties: expected.ties });
    const { information } = partialLikelihoodAt(fit.sets, fit.risks, fit.ties);
    const shares = clusterInformation(fit, { codes: frame.cluster!.codes, count: 8 });
    const sum = information.data.map((_, at) => shares.reduce((total, share) => total + share.data[at]!, 0));
    expectClose(sum, information.data, closedForm, "Σ Ω", Math.max(...information.data));
  });
});

describe("few clusters", () => {
  const frame = coxFrameOf(table, fits[0]!.formula);
  const warnings = (vcov: "robust" | "mancl-derouen", df: "normal" | "clusters") =>
    fitCox(frame, { vcov, df }).problems.map(({ code }) => code);

  it("are warned of unless the variance is corrected and t is used", () => {
    expect(warnings("robust", "clusters")).toEqual(["fit.few-clusters"]);
    expect(warnings("mancl-derouen", "normal")).toEqual(["fit.few-clusters"]);
    expect(warnings("mancl-derouen", "clusters")).toEqual([]);
  });

  it("are tested by t with clusters less coefficients", () => {
    const fit = fitCox(frame, { vcov: "mancl-derouen", df: "clusters" });
    const label = { name: "arm", measure: "log-hazard-ratio", unit: null, level: 0.95 };
    expect(contrast(fit, Float64Array.from([1, 0]), label).df).toBe(6);
  });

  it("that are too few for the coefficients, or one, are problems", () => {
    const two = { ...frame.cluster!, codes: frame.cluster!.codes.map((code) => code % 2), levels: ["a", "b"] };
    expect(() => fitCox({ ...frame, cluster: two }, { df: "clusters" })).toThrow(/2 clusters for 2 coefficients/);
    const one = { ...frame.cluster!, codes: frame.cluster!.codes.map(() => 0), levels: ["a"] };
    expect(() => fitCox({ ...frame, cluster: one })).toThrow(/one cluster/);
  });

  it("of which one determines a coefficient have no correction, and that is said", () => {
    const alone = frame.X.data.map((v, at) => (at % 2 === 0 ? Number(frame.cluster!.codes[at / 2] === 3) : v));
    const fit = fitCox({ ...frame, X: { ...frame.X, data: alone } }, { ties: "breslow", vcov: "mancl-derouen" });
    const { data } = fit.vcov;
    expect(data.every(Number.isFinite) || fit.problems.some(({ code }) => code === "fit.one-cluster-coefficient")).toBe(
      true,
    );
  });

  it("each a row of its own give the variance that is robust for single rows", () => {
    const { cluster, ...rest } = frame;
    const rows = fitCox({ ...rest, cluster: null }, { vcov: "robust" });
    const n = rows.sets.n;
    const own = coxSandwich(
      rows,
      rows.modelVcov,
      { codes: Int32Array.from({ length: n }, (_, i) => i), count: n },
      "robust",
    );
    expectClose(rows.vcov.data, own!.data, closedForm, "vcov");
    expect(cluster).not.toBeNull();
    expect(rows.problems).toEqual([]);
  });
});
