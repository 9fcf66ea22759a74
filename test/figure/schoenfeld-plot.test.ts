import { describe, expect, it } from "vitest";
import { renderSvg } from "../../src/figure/render-svg.js";
import { schoenfeldPlot } from "../../src/figure/schoenfeld-plot.js";
import { texts } from "../../src/report/texts.js";
import { schoenfeldTerm } from "./example-event-curves.js";

const display = { level: 0.95, labels: { arm: "Study arm" } };
const terms = [schoenfeldTerm("age", 150, 0), schoenfeldTerm("arm", 150, 1.5)];
const drawn = schoenfeldPlot(display, terms, texts.en.figure);

interface Layer {
  readonly data: { readonly values: readonly Record<string, unknown>[] };
  readonly mark: Record<string, unknown>;
}
interface Panel {
  readonly title: { readonly text: readonly string[] };
  readonly layer: readonly Layer[];
}
const panels = (drawing = drawn): Panel[] => (drawing.spec as unknown as { concat: Panel[] }).concat;
const values = ({ layer }: Panel, mark: string, i = 0) => layer.filter((l) => l.mark["type"] === mark)[i]!.data.values;

describe("a panel for each term", () => {
  it("has its label and p as title", () => {
    expect(panels().map(({ title }) => title.text.join(" "))).toEqual([
      "age: p\u00a0=\u00a00.074",
      "Study arm: p\u00a0=\u00a00.074",
    ]);
  });

  it("has a point for each event, and lines at zero and at the coefficient", () => {
    for (const panel of panels()) {
      expect(values(panel, "point")).toHaveLength(150);
      expect([values(panel, "rule")[0], values(panel, "rule", 1)[0]]).toEqual([{ y: 0 }, { y: -0.5 }]);
    }
  });

  it("has a smooth line within its band, which shows the trend", () => {
    const line = values(panels()[1]!, "line") as { y: number; lower: number; upper: number }[];
    for (const { y, lower, upper } of line) {
      expect(lower).toBeLessThan(y);
      expect(upper).toBeGreaterThan(y);
    }
    expect(line.at(-1)!.lower).toBeGreaterThan(line[0]!.upper);
  });

  it("has natural times at the ticks, where the events of that time are, without labels that touch", () => {
    const [{ times, transformed }] = [terms[0]!];
    const ticks = values(panels()[0]!, "text") as { x: number; label: string }[];
    expect(ticks.length).toBeGreaterThan(2);
    for (const { x, label } of ticks.filter(({ label: text }) => text !== "0")) {
      const after = times.findIndex((t) => t >= Number(label));
      expect(x).toBeLessThanOrEqual(transformed[after]! + 1e-5);
      expect(x).toBeGreaterThanOrEqual(transformed[after - 1]! - 1e-5);
    }
  });
});

it("says how the test has time", () => {
  const caption = (transform: (typeof terms)[0]["transform"], language: "en" | "sv" = "en") =>
    schoenfeldPlot(
      display,
      terms.map((term) => ({ ...term, transform })),
      texts[language].figure,
    ).caption;
  expect(caption("km")).toContain(
    "against time as the axis has it, the Kaplan–Meier estimate of the share with the event.",
  );
  expect(caption("identity")).toContain("against time itself");
  expect(caption("rank")).toContain("against the rank of the time");
  expect(caption("log", "sv")).toContain("mot tidens logaritm, så som axeln har den.");
});

it("Swedish", () => {
  const swedish = schoenfeldPlot(display, terms, texts.sv.figure);
  expect(swedish.title).toContain("Schoenfeldresidualer");
  expect(swedish.caption).toContain("95\u00a0% KI");
  expect(panels(swedish)[0]!.title.text.join(" ")).toBe("age: p\u00a0=\u00a00,074");
});

it.each([1, 2, 4])("%d events: drawn, without NaN, the same twice", async (events) => {
  const { spec } = schoenfeldPlot(display, [schoenfeldTerm("<b>age</b>", events, 0)], texts.en.figure);
  const svg = await renderSvg(spec, "schoenfeld");
  expect(svg).not.toMatch(/NaN|Infinity|undefined|<b>/);
  expect(await renderSvg(spec, "schoenfeld")).toBe(svg);
});

it("a term with several coefficients is explained", () => {
  const several = schoenfeldPlot(display, [{ ...terms[0]!, coefficients: 2, coefficient: 1 }], texts.en.figure);
  expect(several.caption).toContain("several coefficients");
  expect(drawn.caption).not.toContain("several coefficients");
});
