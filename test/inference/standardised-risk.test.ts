import { describe, expect, it } from "vitest";
import { families } from "../../src/inference/family.js";
import { clusterRobust } from "../../src/inference/robust-variance.js";
import {
  counterfactualDesigns,
  riskEstimates,
  riskNames,
  standardisedRisks,
} from "../../src/inference/standardised-risk.js";
import { fitGee } from "../../src/linear/gee.js";
import { fitGeneralisedLinear } from "../../src/linear/generalised-linear.js";
import { ProblemError } from "../../src/problem.js";
import { tableOf } from "../formula/table-of.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { clustersOf, fitRegression, type ReferenceRisks, readMarginal } from "../reference/marginal-case.js";
import { frameOf } from "../reference/reference-case.js";
import { withLevels } from "../table/changed-table.js";

const logit = { mean: families.binomial.mean, slope: families.binomial.variance };
const { table, regressions, gees } = readMarginal("marginal-respiratory");

function compare(found: ReturnType<typeof riskEstimates>, expected: ReferenceRisks): void {
  const [placebo, treatment, difference, ratio] = found;
  expectClose([placebo!.estimate!, treatment!.estimate!], expected.risk, iterated, "risks");
  expectClose([placebo!.se!, treatment!.se!], expected.riskSe, iterated, "se of risks");
  expectClose(difference!.estimate!, expected.difference, iterated, "difference");
  expectClose(difference!.se!, expected.differenceSe, iterated, "se of the difference");
  expectClose(ratio!.estimate!, Math.exp(expected.logRatio), iterated, "ratio");
  expectClose(ratio!.se!, expected.logRatioSe, iterated, "se of the log ratio");
  expectClose(
    Math.log(ratio!.upper!) - expected.logRatio,
    expected.logRatio - Math.log(ratio!.lower!),
    iterated,
    "limits",
  );
}

describe("agrees with numerical derivatives in R", () => {
  it.each(regressions)("$id: model-based and CR2", (expected) => {
    const frame = frameOf(table, expected.formula);
    const { fit, working } = fitRegression(frame, "binomial");
    const designs = counterfactualDesigns(frame, table, "treatment");
    const risks = standardisedRisks(fit.coef, frame.offset, designs, logit);
    const estimates = riskEstimates(fit, risks, "treatment", 0.95);
    compare(estimates, expected.risks!.model);
    expect(estimates.map(({ name }) => name)).toEqual([
      "risk:treatment[placebo]",
      "risk:treatment[treatment]",
      "risk-difference:treatment[treatment]-treatment[placebo]",
      "risk-ratio:treatment[treatment]/treatment[placebo]",
    ]);
    expect(riskNames(designs, "treatment")).toEqual(estimates.slice(2).map(({ name }) => name));
    const robust = clusterRobust(fit, working, clustersOf(table, frame, "subject"), "CR2", "satterthwaite");
    const clustered = riskEstimates(robust, risks, "treatment", 0.95);
    compare(clustered, expected.risks!.CR2);
    expect(clustered[2]!.df).toBeGreaterThan(10);
    expect(clustered[2]!.df).toBeLessThan(111);
  });
  it("GEE", () => {
    const expected = gees.find(({ id }) => id === "exchangeable")!;
    const frame = frameOf(table, expected.formula);
    const clusters = clustersOf(table, frame, "subject");
    const fit = fitGee(frame, { family: "binomial", clusters, correlation: "exchangeable" });
    const risks = standardisedRisks(fit.coef, null, counterfactualDesigns(frame, table, "treatment"), logit);
    compare(riskEstimates(fit, risks, "treatment", 0.95), expected.risks!.robust);
  });
});

describe("by hand", () => {
  it("without covariates: the observed risks, Wald's difference, the log-Wald ratio", () => {
    const [a, n1, c, n0] = [12, 20, 5, 25];
    const arm = [...Array(n1).fill("FIT"), ...Array(n0).fill("TAU")] as string[];
    const y = arm.map((level, i) => (level === "FIT" ? (i < a ? 1 : 0) : i - n1 < c ? 1 : 0));
    const plain = withLevels(tableOf({ arm, y }), "arm", ["TAU", "FIT"]);
    const frame = frameOf(plain, "y ~ arm");
    const fit = fitGeneralisedLinear(frame, { family: "binomial" });
    const risks = standardisedRisks(fit.coef, null, counterfactualDesigns(frame, plain, "arm"), logit);
    const [tau, fitArm, difference, ratio] = riskEstimates(fit, risks, "arm", 0.95);
    expectClose(tau!.estimate!, 0.2, closedForm, "TAU");
    expectClose(fitArm!.estimate!, 0.6, closedForm, "FIT");
    expectClose(fitArm!.se!, Math.sqrt((0.6 * 0.4) / 20), closedForm, "se");
    expectClose(difference!.se!, Math.sqrt((0.6 * 0.4) / 20 + (0.2 * 0.8) / 25), closedForm, "se of the difference");
    expectClose(ratio!.estimate!, 3, closedForm, "ratio");
    expectClose(ratio!.se!, Math.sqrt(1 / a - 1 / n1 + 1 / c - 1 / n0), closedForm, "se of the log ratio");
    expect(fitArm!.p).toBeNull();
    // The interval of a risk is that of its logit.
    const half = (1.959963984540054 * fitArm!.se!) / (0.6 * 0.4);
    expectClose(fitArm!.upper!, 1 / (1 + Math.exp(-(Math.log(1.5) + half))), closedForm, "upper");
    const turned = frameOf(withLevels(plain, "arm", ["FIT", "TAU"]), "y ~ arm");
    const other = fitGeneralisedLinear(turned, { family: "binomial" });
    const swapped = riskEstimates(
      other,
      standardisedRisks(
        other.coef,
        null,
        counterfactualDesigns(turned, withLevels(plain, "arm", ["FIT", "TAU"]), "arm"),
        logit,
      ),
      "arm",
      0.95,
    );
    expectClose(swapped[2]!.estimate!, -difference!.estimate!, closedForm, "difference, swapped");
    expectClose(swapped[3]!.estimate!, 1 / 3, closedForm, "ratio, swapped");
  });
});

describe("problems", () => {
  it("a column that the formula does not use as a factor", () => {
    const frame = frameOf(table, "good ~ treatment + age");
    expect(() => counterfactualDesigns(frame, table, "age")).toThrow(ProblemError);
    expect(() => counterfactualDesigns(frame, table, "sex")).toThrow('"risks" asks for "sex"');
  });
});
