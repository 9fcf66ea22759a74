import { describe, expect, it, vi } from "vitest";
import { exposureEffectPlot, exposureEffects, movedApart } from "../../src/figure/exposure-effect.js";
import { renderSvg } from "../../src/figure/render-svg.js";
import { texts } from "../../src/report/texts.js";
import { exposureEstimates, exposureRatios, outcome } from "./example-wedge.js";

const display = { outcome, level: 0.95 };
const drawn = exposureEffectPlot(exposureEstimates, display, texts.en.figure, "difference");

interface Layer {
  readonly mark: { readonly type: string; readonly strokeDash?: readonly number[] };
  readonly data?: { readonly values: readonly Record<string, unknown>[] };
}
interface Spec {
  readonly data: { readonly values: readonly Record<string, unknown>[] };
  readonly layer: readonly Layer[];
}
const specOf = ({ spec }: typeof drawn) => spec as unknown as Spec;
const levels = (drawing = drawn) =>
  specOf(drawing).layer.flatMap(({ mark, data }) =>
    mark.type === "rule" && data?.values[0]?.["y"] !== undefined ? [data.values[0]["y"]] : [],
  );
const labels = (drawing = drawn) =>
  specOf(drawing).layer.flatMap(({ mark, data }) => (mark.type === "text" ? [String(data!.values[0]!["lines"])] : []));

describe("exposureEffectPlot", () => {
  it("has the primary effect at each exposure time, not those by other inference", () => {
    expect(exposureEffects(exposureEstimates, "difference").map(({ name }) => name)).toEqual(
      [1, 2, 3].map((s) => `effect:exposure@${s}`),
    );
    expect(
      specOf(drawn).data.values.map(({ exposure, estimate, lower, upper }) => [exposure, estimate, lower, upper]),
    ).toEqual([
      [1, 1, 0, 2],
      [2, 2, 1, 3],
      [3, 3, 2, 4],
    ]);
  });

  it("has lines at no effect, TATE and LTE, with their numbers beside, and whom each side favours", () => {
    expect(levels()).toEqual([0, 2, 3]);
    expect(labels()).toEqual([
      "LTE 3.00 [2.00,\u00a04.00]",
      "TATE 2.00 [1.20,\u00a02.80]",
      "↑ favours the intervention",
      "↓ favours control",
    ]);
    const lower = exposureEffectPlot(
      exposureEstimates,
      { ...display, outcome: { ...outcome, better: "lower" } },
      texts.en.figure,
      "difference",
    );
    expect(labels(lower)).toContain("↑ favours control");
    const unknown = exposureEffectPlot(
      exposureEstimates,
      { ...display, outcome: { ...outcome, better: null } },
      texts.en.figure,
      "difference",
    );
    expect(labels(unknown)).toHaveLength(2);
  });

  it("has ratios on a logarithmic axis, with the line at 1", () => {
    const ratios = exposureEffectPlot(exposureRatios, display, texts.en.figure, "ratio");
    expect(levels(ratios)[0]).toBe(1);
    expect(JSON.stringify(ratios.spec)).toContain('"type":"log"');
    expect(ratios.caption).toContain("Logarithmic axis.");
    expect(labels(ratios)[0]).toBe("LTE 20.09 [7.39,\u00a054.60]");
  });

  it("gives all numbers in words", () => {
    expect(drawn.alt).toContain("1: 1.00 [0.00,\u00a02.00]; 2: 2.00 [1.00,\u00a03.00]");
    expect(exposureEffectPlot(exposureEstimates, display, texts.sv.figure, "difference").caption).toContain(
      "streckad linje: medelvärde över exponeringstider (TATE)",
    );
  });

  it("is drawn the same twice, without complaints", async () => {
    const warn = vi.spyOn(console, "warn");
    for (const [estimates, scale] of [
      [exposureEstimates, "difference"],
      [exposureRatios, "ratio"],
    ] as const) {
      const plot = () => exposureEffectPlot(estimates, display, texts.en.figure, scale).spec;
      const once = await renderSvg(plot(), "a");
      expect(await renderSvg(plot(), "a")).toBe(once);
      expect(once).not.toContain("NaN");
    }
    expect(warn).not.toHaveBeenCalled();
  });
});

describe("movedApart", () => {
  const placed = (ats: readonly number[]) => movedApart(ats.map((at) => ({ at, height: 10 }))).map(({ at }) => at);

  it("leaves labels that do not touch, in the order from the top", () => {
    expect(placed([50, 10])).toEqual([10, 50]);
  });

  it("sets those that touch about the mean of their places, 14 apart", () => {
    expect(placed([100, 100])).toEqual([93, 107]);
    // The block of the first two, moved apart, would touch the third.
    expect(placed([100, 101, 110])).toEqual([311 / 3 - 14, 311 / 3, 311 / 3 + 14]);
  });
});
