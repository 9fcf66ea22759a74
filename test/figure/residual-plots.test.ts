import { describe, expect, test } from "vitest";
import { countInBins, modeQuantiles, residualQuantiles, residualsByFitted } from "../../src/figure/residual-plots.js";
import { texts } from "../../src/report/texts.js";
import { diagnosticsOf, nearlyNormal, primaryDisplay } from "../report/example-runs.js";

const layersOf = (spec: unknown) => (spec as { layer: { data: { values: Record<string, number>[] } }[] }).layer;

describe("residuals against fitted values", () => {
  test("few are points", () => {
    const { spec, alt } = residualsByFitted(primaryDisplay, diagnosticsOf(280, []), texts.en.figure);
    expect(layersOf(spec)[0]!.data.values).toHaveLength(280);
    expect(alt).toMatch(
      /^Standardised residuals of 280 observations against fitted values\. They run from −\d\.\d to \d\.\d/,
    );
  });

  test("more than 2000 are counts in bins, and none is lost", () => {
    const { spec, caption } = residualsByFitted(primaryDisplay, diagnosticsOf(2001, []), texts.en.figure);
    const bins = layersOf(spec)[0]!.data.values;
    expect(bins.length).toBeLessThanOrEqual(1200);
    expect(bins.reduce((sum, { count }) => sum + count!, 0)).toBe(2001);
    expect(caption).toContain("Shade");
  });

  test("bins hold the values at both ends, and a single value", () => {
    const bins = countInBins(Float64Array.of(0, 1, 0.5), Float64Array.of(0, 1, 0.5));
    expect(bins.map(({ count }) => count)).toEqual([1, 1, 1]);
    expect(bins.at(-1)).toMatchObject({ x2: 1, y2: 1 });
    expect(countInBins(Float64Array.of(2, 2), Float64Array.of(3, 3))).toHaveLength(1);
  });
});

describe("quantile plots", () => {
  test("of residuals show at most 200 points", () => {
    const { spec, caption } = residualQuantiles(diagnosticsOf(1000, []), texts.en.figure);
    expect(layersOf(spec)[1]!.data.values).toHaveLength(200);
    expect(caption).toMatch(/^200 quantiles of 1000 values/);
  });

  test("of conditional modes name group and term, and a unit for the intercept alone", () => {
    const values = nearlyNormal(20, 4);
    const intercept = modeQuantiles(primaryDisplay, { group: "clinic", term: "(Intercept)", values }, texts.en.figure);
    expect(intercept.title).toBe("Normal Q–Q plot, clinic: Intercept");
    expect(JSON.stringify(intercept.spec)).toContain("Conditional mode, bdi (points)");
    const slope = modeQuantiles(primaryDisplay, { group: "clinic", term: "month", values }, texts.en.figure);
    expect(JSON.stringify(slope.spec)).not.toContain("(points)");
    expect(slope.alt).toMatch(/^Normal Q–Q plot, clinic: month: 20 values, correlation with normal quantiles 0\.9/);
  });
});

test("an axis title that is too long keeps to two lines, and the caption has it in full", () => {
  const name = "Clinical Outcomes in Routine Evaluation, the patient's own rating, total of all items";
  const display = { ...primaryDisplay, outcome: { ...primaryDisplay.outcome, name } };
  const residuals = residualsByFitted(display, diagnosticsOf(30, []), texts.en.figure);
  expect(residuals.caption).toContain(`In full: Fitted ${name} (points).`);
  const mode = { group: "clinic", term: "(Intercept)", values: nearlyNormal(20, 4) };
  expect(modeQuantiles(display, mode, texts.en.figure).caption).toContain(
    `In full: Conditional mode, ${name} (points).`,
  );
  expect(residualsByFitted(primaryDisplay, diagnosticsOf(30, []), texts.en.figure).caption).not.toContain("In full");
});

test("the caption says when there are several residual standard deviations", () => {
  const caption = (display: typeof primaryDisplay) =>
    residualsByFitted(display, diagnosticsOf(30, []), texts.en.figure).caption;
  expect(caption(primaryDisplay)).toMatch(/residual standard deviation\.$/);
  expect(caption({ ...primaryDisplay, residualBy: "arm" })).toContain(
    "residual standard deviation at its level of arm.",
  );
});

test("a random term of a joint analysis has its design in the title, and the columns by the plan's labels", () => {
  const display = { ...primaryDisplay, labels: { therapist: "member of staff" } };
  const mode = { group: "unit:therapist (stepped-wedge)", term: "(Intercept)", values: Float64Array.of(-1, 0, 0.5, 1) };
  expect(modeQuantiles(display, mode, texts.sv.figure, "joint").title).toBe(
    "Q–Q-diagram, unit × member of staff: Intercept. Design B, stegvis införande",
  );
});
