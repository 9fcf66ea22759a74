import { describe, expect, it } from "vitest";
import { agreements, jointForest } from "../../src/figure/joint-forest.js";
import { texts } from "../../src/report/texts.js";
import { jointEstimates, wedgeDisplayOf } from "./example-wedge.js";

const plot = (labels: readonly string[], language: "en" | "sv" = "en") => {
  const all = jointEstimates(labels);
  const shown = all.filter(({ name }) => /^effect:(individual|stepped-wedge|joint|two-stage)(@|$)/.test(name));
  return jointForest(shown, all, wedgeDisplayOf(shown.map(({ name }) => name)), texts[language].figure);
};
const rows = (drawing: ReturnType<typeof plot>) =>
  (drawing.spec as unknown as { data: { values: { label: string; indented: boolean; combined?: true }[] } }).data
    .values;

describe("jointForest", () => {
  it("has each design and both together by name, the latter as diamonds", () => {
    const drawn = plot([]);
    expect(rows(drawn).map(({ label, indented, combined = false }) => [label, indented, combined])).toEqual([
      ["Design A, individual randomisation", false, false],
      ["Design B, stepped wedge", false, false],
      ["A and B together, one stage", false, true],
      ["A and B together, two stages", false, true],
    ]);
    expect(drawn.title).toBe("Effect on ORS");
    expect(drawn.caption).toContain("Diamonds: both designs together.");
    expect(JSON.stringify(drawn.spec)).toContain("favours the intervention");
  });

  it("has the weights and the test of A against B in its caption", () => {
    const { caption } = plot([]);
    expect(caption).toContain("Weights in two stages: A\u00a080%, B\u00a020%.");
    expect(caption).toContain("Test of A against B: difference 1.0 [−1.2,\u00a03.2], p = 0.040.");
    expect(plot([], "sv").caption).toContain(
      "Vikter i två steg: A\u00a080\u00a0%, B\u00a020\u00a0%. Test av A mot B: skillnad 1,0",
    );
  });

  it("sets the rows of several effects under their names", () => {
    const drawn = plot(["3 months", "overall"]);
    expect(
      rows(drawn)
        .filter(({ indented }) => !indented)
        .map(({ label }) => label),
    ).toEqual(["3 months", "Mean of these effects"]);
    expect(rows(drawn)).toHaveLength(10);
    expect(drawn.caption).toContain(
      "Weights in two stages: 3 months: A\u00a080%, B\u00a020%; Mean of these effects: A\u00a080%, B\u00a020%.",
    );
    expect(drawn.alt).toContain("3 months, Design A, individual randomisation: ");
  });

  it("finds nothing to compare in other analyses", () => {
    expect(agreements(jointEstimates().filter(({ name }) => name === "effect:joint"))).toEqual([]);
  });
});
