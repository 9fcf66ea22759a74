import { describe, expect, it, vi } from "vitest";
import { clusterPeriodMeans } from "../../src/figure/cluster-period-means.js";
import { renderSvg } from "../../src/figure/render-svg.js";
import { texts } from "../../src/report/texts.js";
import { HOSTILE } from "../report/example-runs.js";
import { exampleWedge, outcome } from "./example-wedge.js";

// Means are 20, 21 and 22 under control and 4 more under treatment; unit B has three rows a cell, the others two.
const wedge = exampleWedge(["A", "B", HOSTILE], ["1", "2", "3"], { clients: (u) => (u === 1 ? 3 : 2) });
const drawn = clusterPeriodMeans({ outcome }, wedge, texts.en.figure);

interface Layer {
  readonly mark: { readonly type: string; readonly strokeWidth?: number; readonly size?: number };
  readonly data: {
    readonly values: readonly { unit: string; period: string; mean: number; condition: string; n: number; x: number }[];
  };
  readonly encoding?: Record<string, unknown>;
}
const layers = (drawing = drawn): readonly Layer[] => (drawing.spec as unknown as { layer: Layer[] }).layer;
const large = (drawing = drawn) => layers(drawing).find(({ mark }) => mark.type === "point" && mark.size === 60)!;

describe("clusterPeriodMeans", () => {
  it("has the mean of all rows of each condition in each period", () => {
    // Period 2: A and the third unit are treated (24, 26), B is not (21).
    expect(large().data.values.map(({ period, condition, mean, n }) => [period, condition, mean, n])).toEqual([
      ["1", "Control", 21, 7],
      ["2", "Control", 21, 3],
      ["2", "Treated", 25, 4],
      ["3", "Treated", 25, 7],
    ]);
  });

  it("has a line for each unit's control part, treated part and switch", () => {
    const lines = layers().filter(({ mark, encoding }) => mark.type === "line" && encoding?.["detail"] !== undefined);
    expect(lines.map(({ data }) => data.values.length)).toEqual([9, 4, 5]);
    expect(new Set(lines[0]!.data.values.map(({ unit }) => unit)).size).toBe(3);
  });

  it("passes once through a period in which a unit has both conditions", () => {
    const { means } = wedge.outcome;
    const both = [...means, { ...means[0]!, treated: true }];
    const doubled = clusterPeriodMeans(
      { outcome },
      { ...wedge, outcome: { ...wedge.outcome, means: both } },
      texts.en.figure,
    );
    const lines = layers(doubled).filter(
      ({ mark, encoding }) => mark.type === "line" && encoding?.["detail"] !== undefined,
    );
    expect(lines.map(({ data }) => data.values.length)).toEqual([9, 4, 6]);
  });

  it("says the last period with both conditions", () => {
    expect(drawn.alt).toBe(
      "Mean ORS (points) of 3 units over 3 periods, control and treated apart. In period 2, the last with both, it is 21.00 under control and 25.00 under treatment.",
    );
    const proportions = { ...wedge, outcome: { ...wedge.outcome, proportion: true } };
    const swedish = clusterPeriodMeans({ outcome }, proportions, texts.sv.figure);
    expect(swedish.title).toBe("Andel med ORS efter enhet och kalenderperiod");
    expect(swedish.alt).toContain("21,00 för kontroll");
  });

  it("is drawn the same twice, without complaints", async () => {
    const warn = vi.spyOn(console, "warn");
    const once = await renderSvg(drawn.spec, "a");
    expect(await renderSvg(clusterPeriodMeans({ outcome }, wedge, texts.en.figure).spec, "a")).toBe(once);
    expect(once).not.toContain("NaN");
    expect(once).not.toContain("<script");
    expect(warn).not.toHaveBeenCalled();
  });
});
