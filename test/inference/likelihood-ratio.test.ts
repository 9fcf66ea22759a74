import { describe, expect, it } from "vitest";
import {
  likelihoodRatioTest,
  type NestedModel,
  spans,
  testedParameters,
} from "../../src/inference/likelihood-ratio.js";
import { fromRows } from "../../src/numeric/matrix.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";

const X = fromRows([
  [1, 0, 2],
  [1, 1, 1],
  [1, 0, 5],
  [1, 1, 0],
  [1, 1, 3],
]);
const part = (columns: readonly number[]) =>
  fromRows([0, 1, 2, 3, 4].map((i) => columns.map((j) => X.data[i * 3 + j]!)));
const model = (columns: readonly number[], ...terms: readonly (readonly [string, ...string[]])[]): NestedModel => ({
  X: part(columns),
  random: terms.map(([group, ...names]) => ({ group, names })),
  parameters: columns.length + 1 + terms.reduce((sum, { length: k }) => sum + ((k - 1) * k) / 2, 0),
});

describe("what is tested", () => {
  it("fixed effects only", () => {
    expect(testedParameters(model([0, 1, 2], ["g", "1"]), model([0], ["g", "1"]))).toEqual({
      regular: 2,
      covariances: 0,
      variances: 0,
    });
  });
  it("a variance, alone and with its covariances", () => {
    expect(testedParameters(model([0], ["g", "1"]), model([0]))).toEqual({ regular: 0, covariances: 0, variances: 1 });
    expect(testedParameters(model([0], ["g", "1", "x"]), model([0], ["g", "1"]))).toEqual({
      regular: 0,
      covariances: 1,
      variances: 1,
    });
  });
  it("a covariance of effects that both have is in the interior", () => {
    const tested = testedParameters(model([0], ["g", "1", "x"]), model([0], ["g", "1"], ["g", "x"]));
    expect(tested).toEqual({ regular: 1, covariances: 0, variances: 0 });
  });
  it("nothing, when the models are not nested, the same, or the wrong way round", () => {
    expect(testedParameters(model([0, 1]), model([0, 2]))).toBeNull();
    expect(testedParameters(model([0], ["g", "1"]), model([0], ["h", "1"]))).toBeNull();
    expect(testedParameters(model([0, 1]), model([0, 1]))).toBeNull();
    expect(testedParameters(model([0]), model([0, 1]))).toBeNull();
  });
  it("column spaces, not columns, are compared", () => {
    const shifted = fromRows([0, 1, 2, 3, 4].map((i) => [1, 3 - 2 * X.data[i * 3 + 1]!]));
    expect(spans(part([0, 1]), shifted)).toBe(true);
    expect(spans(shifted, part([0, 2]))).toBe(false);
  });
});

describe("p-values", () => {
  // R 4.2.2: pchisq(q, df, lower.tail = FALSE).
  it("χ² in the interior", () => {
    const test = likelihoodRatioTest(7.5, { regular: 3, covariances: 0, variances: 0 });
    expect(test.mixture).toEqual([3]);
    expectClose(test.p, 0.0575584519726461, closedForm, "p");
  });
  it("half of χ²(1) for one variance", () => {
    const test = likelihoodRatioTest(2.705543454095404, { regular: 0, covariances: 0, variances: 1 });
    expect(test.mixture).toEqual([0, 1]);
    expectClose(test.p, 0.05, iterated, "p");
  });
  it("half χ²(1), half χ²(2) for a slope and its covariance with the intercept (Stram & Lee, case 3)", () => {
    const test = likelihoodRatioTest(5.138, { regular: 0, covariances: 1, variances: 1 });
    expect(test.mixture).toEqual([1, 2]);
    // The 5 % point of the mixture, their table: 5.14.
    expectClose(test.p, (0.02340759957473276 + Math.exp(-5.138 / 2)) / 2, closedForm, "p");
    expect(Math.abs(test.p - 0.05)).toBeLessThan(1e-4);
    expect(test.df).toBe(2);
  });
  it("a quarter, a half, a quarter for two variances with orthogonal information", () => {
    const test = likelihoodRatioTest(4, { regular: 0, covariances: 0, variances: 2 }, Math.PI / 2);
    expect(test.mixture).toEqual([0, 1, 2]);
    expect(test.weights).toEqual([0.25, 0.5, 0.25]);
    // pchisq(4, 1) upper 0.0455002638963584, pchisq(4, 2) upper exp(-2).
    expectClose(test.p, 0.0455002638963584 / 2 + Math.exp(-2) / 4, closedForm, "p");
  });
  it("one direction twice is one variance; fixed effects beside them add their degrees of freedom", () => {
    const same = likelihoodRatioTest(4, { regular: 0, covariances: 0, variances: 2 }, 0);
    expectClose(same.p, likelihoodRatioTest(4, { regular: 0, covariances: 0, variances: 1 }).p, closedForm, "p");
    expect(likelihoodRatioTest(4, { regular: 2, covariances: 0, variances: 2 }, 1).mixture).toEqual([2, 3, 4]);
  });
  it("all degrees of freedom for two variances of which the information is not known, and for three", () => {
    expect(likelihoodRatioTest(3, { regular: 1, covariances: 0, variances: 2 }).mixture).toEqual([3]);
    expect(likelihoodRatioTest(3, { regular: 0, covariances: 0, variances: 3 }, 1).mixture).toEqual([3]);
  });
  it("no difference is no evidence, also when rounding makes it negative", () => {
    expect(likelihoodRatioTest(-1e-9, { regular: 0, covariances: 0, variances: 1 })).toMatchObject({
      statistic: 0,
      p: 1,
    });
  });
});
