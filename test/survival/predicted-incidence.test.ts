import { describe, expect, it } from "vitest";
import { fitFineGray } from "../../src/survival/fine-gray.js";
import { predictedIncidence } from "../../src/survival/predicted-incidence.js";
import { closedForm, expectClose, iterated } from "../numeric/tolerance.js";
import { caseNames, competingRisksCase, factorOf, frameOf } from "./competing-risks-case.js";

describe.each(caseNames)("predicted incidence of %s", (name) => {
  it("is cmprsk's at the means", () => {
    const { expected, frame } = competingRisksCase(name);
    const event = expected.causes.indexOf(expected.event) + 1;
    const fit = fitFineGray(frame, { event });
    const p = frame.X.cols;
    const x = Float64Array.from(
      { length: p },
      (_, j) => frame.X.data.reduce((s, v, at) => s + (at % p === j ? v : 0), 0) / frame.X.rows,
    );
    const predicted = expected.times.map((t) => predictedIncidence(fit, { x, offset: 0 }, t, null, 0.95));
    expectClose(
      predicted.map(({ estimate }) => estimate),
      expected.fineGray.incidenceAtMeans,
      iterated,
      "incidence",
    );
    for (const { estimate, lower, upper } of predicted) {
      expect(lower).toBeGreaterThan(0);
      expect(lower).toBeLessThan(estimate);
      expect(upper).toBeGreaterThan(estimate);
      expect(upper).toBeLessThan(1);
    }
  });
});

describe("its standard error", () => {
  const { frame } = competingRisksCase("ties");
  const time = frame.outcome.time.map((t, i) => t + ((i * 37) % 240) / 300);
  const rows = Array.from(frame.rows, (i) => [...frame.X.data.subarray(i * 3, i * 3 + 3)]);
  const untied = frameOf({ ...frame.outcome, time }, rows);
  const x = Float64Array.from([1, 0, 0.5]);
  const at = { x, offset: 0.1 };
  const incidence = (weights: Float64Array | null) =>
    predictedIncidence(fitFineGray({ ...untied, weights }, { event: 2 }), at, 8, null, 0.95);

  it("is that of a jackknife by small changes of each row's weight", () => {
    // dF/dw_i of every row; the squares add up to the variance. It differs from Fine and Gray's form by 1/n (1/π for 1/(π − c)).
    const step = 1e-4;
    const slopes = rows.map((_, row) => {
      const moved = (change: number) =>
        incidence(Float64Array.from(rows, (_, i) => (i === row ? 1 + change : 1))).estimate;
      return (moved(step) - moved(-step)) / (2 * step);
    });
    const { se } = incidence(null);
    expect(Math.abs(Math.sqrt(slopes.reduce((s, v) => s + v * v, 0)) / se - 1)).toBeLessThan(0.005);
  });

  it("sums the rows of a cluster; single rows as clusters change nothing", () => {
    const fit = fitFineGray(untied, { event: 2 });
    const alone = predictedIncidence(fit, at, 8, null, 0.95);
    const each = predictedIncidence(fit, at, 8, factorOf(rows.map((_, i) => String(1000 + i))), 0.95);
    expectClose(each.se, alone.se, closedForm, "se");
    const twelve = predictedIncidence(fit, at, 8, factorOf(rows.map((_, i) => String(i % 12))), 0.95);
    expect(twelve.se).not.toBe(alone.se);
    expect(twelve.estimate).toBe(alone.estimate);
  });

  it("is 0 before the first event, and does not feel a shift of a covariate", () => {
    const fit = fitFineGray(untied, { event: 2 });
    expect(predictedIncidence(fit, at, 1e-6, null, 0.95)).toMatchObject({ estimate: 0, se: 0 });
    const shifted = fitFineGray(
      frameOf(
        untied.outcome,
        rows.map(([b, c, age]) => [b!, c!, age! + 40]),
      ),
      { event: 2 },
    );
    const moved = predictedIncidence(shifted, { ...at, x: Float64Array.from([1, 0, 40.5]) }, 8, null, 0.95);
    const first = predictedIncidence(fit, at, 8, null, 0.95);
    expectClose([moved.estimate, moved.se], [first.estimate, first.se], closedForm, "shifted", 1e-2);
  });
});
