import { describe, expect, it } from "vitest";
import type { EventCurves } from "../../src/analysis/results.js";
import { eventCurves } from "../../src/figure/event-curves.js";
import { renderSvg } from "../../src/figure/render-svg.js";
import { texts } from "../../src/report/texts.js";
import { incidenceCurves, madeUpRows, survivalCurves } from "./example-event-curves.js";

const en = texts.en.figure;
const sv = texts.sv.figure;
const arms = ["TAU", "FIT"];
const one = { groups: arms, causes: ["dropout"] };
const two = { groups: arms, causes: ["dropout", "planned"] };
const rows = madeUpRows(120, 2, 1);

interface Layer {
  readonly data: { readonly values: readonly Record<string, unknown>[] };
  readonly mark: Record<string, unknown>;
  readonly encoding: Record<string, Record<string, unknown>>;
}
interface Panel {
  readonly layer: readonly Layer[];
  readonly title: { readonly text: string | readonly string[] };
  readonly width: number;
}
const panelsOf = (curves: EventCurves, language = en): Panel[] => {
  const spec = eventCurves(curves, language).spec as unknown as Panel & { concat?: Panel[] };
  return spec.concat ?? [spec];
};
const layers = (panel: Panel, mark: string): Layer[] => panel.layer.filter(({ mark: { type } }) => type === mark);
const textOf = (panel: Panel): string[] =>
  layers(panel, "text").flatMap(({ data }) => data.values.map(({ text }) => String(text)));
const svgOf = (curves: EventCurves, language = en): Promise<string> =>
  renderSvg(eventCurves(curves, language).spec, "curves");

describe("curves", () => {
  const [panel] = panelsOf(
    survivalCurves({ time: [2, 4, 4, 6], event: [1, 0, 1, 1], group: [0, 0, 0, 0] }, { ...one, groups: [""] }),
  );

  it("are steps: each value holds until the next time", () => {
    expect(layers(panel!, "line")[0]!.data.values.map(({ x, y }) => [x, y])).toEqual([
      [0, 1],
      [2, 1],
      [2, 0.75],
      [4, 0.75],
      [4, 0.5],
      [6, 0.5],
      [6, 0],
      [6, 0],
    ]);
  });

  it("have a band with the same corners, and none where there is no interval", () => {
    const [band] = layers(panel!, "area");
    expect(band!.data.values.map(({ x }) => x)).toEqual([0, 2, 2, 4, 4, 6, 6, 6]);
    expect(band!.data.values.at(-1)).toEqual({ x: 6, lower: null, upper: null });
  });

  it("are marked on the curve where somebody was censored", () => {
    expect(layers(panel!, "point")[0]!.data.values).toEqual([{ x: 4, y: 0.5 }]);
  });

  it("of survival go from 0 to 1; an incidence's axis ends above all intervals, and the caption says where", () => {
    const top = (curves: EventCurves) =>
      (layers(panelsOf(curves)[0]!, "line")[0]!.encoding["y"]!["scale"] as { domain: number[] }).domain;
    expect(top(survivalCurves(rows, one))).toEqual([0, 1]);
    const rare = madeUpRows(400, 2, 9);
    const curves = incidenceCurves(rare, { groups: arms, causes: [..."abcdefghi"] });
    const most = Math.max(...curves.curves.flatMap(({ upper }) => [...upper!].filter((v) => !Number.isNaN(v))));
    expect(top(curves)[1]).toBeGreaterThanOrEqual(most);
    expect(top(curves)[1]).toBeLessThan(1);
    expect(eventCurves(curves, en).caption).toContain(`ends at ${top(curves)[1]}.`);
    expect(eventCurves(curves, sv).caption).toContain(`slutar vid ${String(top(curves)[1]).replace(".", ",")}.`);
  });

  it("differ in colour and in dash", () => {
    const [lines] = layers(panelsOf(survivalCurves(madeUpRows(80, 4, 1), { ...one, groups: [..."ABCD"] }))[0]!, "line");
    for (const channel of ["color", "strokeDash"]) {
      const { range } = lines!.encoding[channel]!["scale"] as { range: unknown[] };
      expect(new Set(range.map((value) => JSON.stringify(value))).size).toBe(4);
    }
  });

  it("of a great many times are drawn in no more steps than can be seen, up to the same end", () => {
    const n = 20_000;
    const times = Float64Array.from({ length: n + 1 }, (_, i) => i / 7);
    const estimates = times.map((_, i) => 1 - i / n);
    const curves: EventCurves = {
      ...survivalCurves(rows, one),
      curves: [{ group: "", cause: null, times, estimates, lower: null, upper: null, until: n / 7, censored: times }],
      atRisk: null,
    };
    const [panel] = panelsOf(curves);
    const corners = layers(panel!, "line")[0]!.data.values;
    expect(corners.length).toBeLessThan(3000);
    expect(corners.at(-1)).toMatchObject({ y: 0 });
    for (const { x, y } of corners.filter((_, i) => i % 2 === 0)) {
      expect(Math.abs(Number(y) - (1 - Number(x) / (n / 7)))).toBeLessThan(1e-5);
    }
    expect(layers(panel!, "point")[0]!.data.values.length).toBeLessThan(1000);
  });
});

describe("numbers at risk", () => {
  it("are those counted from the rows, in line with the ticks", () => {
    const [panel] = panelsOf(survivalCurves(rows, one));
    const { values: ticks } = layers(panel!, "line")[0]!.encoding["x"]!["axis"] as { values: number[] };
    const cells = layers(panel!, "text").filter(({ encoding }) => encoding["x"]!["field"] === "x");
    expect(cells.map(({ data }) => data.values)).toEqual(
      arms.map((_, g) =>
        ticks.map((x) => ({ x, text: String(rows.time.filter((t, i) => rows.group[i] === g && t >= x).length) })),
      ),
    );
  });

  it("are left out under every other tick where they would touch", () => {
    const curves = survivalCurves(rows, one);
    const many = curves.atRisk!.groups.map((group) => ({ ...group, atRisk: group.atRisk.map(() => 123_456_789_012) }));
    const [panel] = panelsOf({ ...curves, atRisk: { ...curves.atRisk!, groups: many } });
    const [first] = layers(panel!, "text").filter(({ encoding }) => encoding["x"]!["field"] === "x");
    expect(first!.data.values.length).toBeLessThan(curves.atRisk!.times.length);
    expect(first!.data.values[0]).toMatchObject({ x: 0 });
  });

  it("have no labels, and no legend, when there is one curve", () => {
    const [panel] = panelsOf(survivalCurves(rows, { ...one, groups: [""] }));
    expect(layers(panel!, "rule")).toEqual([]);
    expect(layers(panel!, "line")[0]!.encoding["color"]!["legend"]).toBeNull();
  });

  it("are not there for predicted curves, which are said to be predicted", () => {
    const curves: EventCurves = { ...survivalCurves(rows, one), source: "predicted", atRisk: null };
    expect(textOf(panelsOf(curves)[0]!)).toEqual([]);
    const { title, caption } = eventCurves(curves, en);
    expect(title).toBe("Predicted probability of no dropout by arm");
    expect(caption).not.toContain("under observation");
  });
});

describe("causes", () => {
  it("are panels with one scale", () => {
    const panels = panelsOf(incidenceCurves(madeUpRows(200, 2, 2), two));
    expect(panels.map(({ title }) => title.text)).toEqual([["dropout"], ["planned"]]);
    const domains = panels.map((panel) => layers(panel, "line")[0]!.encoding["y"]!["scale"]);
    expect(domains[1]).toEqual(domains[0]);
  });

  it("one alone is in the title", () => {
    expect(eventCurves(incidenceCurves(rows, one), en).title).toBe("Cumulative incidence of dropout by arm");
    expect(eventCurves(incidenceCurves(rows, one), sv).title).toBe("Kumulativ incidens av dropout efter arm");
  });
});

describe("in words", () => {
  it("title and axis say the event, the caption the interval", () => {
    const curves = survivalCurves(rows, one);
    expect(eventCurves(curves, en)).toMatchObject({ title: "Probability of no dropout by arm" });
    expect(eventCurves(curves, sv)).toMatchObject({ title: "Andel utan dropout efter arm" });
    const long = { ...curves, event: "dropout (ended by the client alone)" };
    const axisOf = (curve: EventCurves, texts: typeof en) =>
      [layers(panelsOf(curve, texts)[0]!, "line")[0]!.encoding["y"]!["title"]].flat().join(" ");
    expect([axisOf(curves, en), axisOf(long, en), axisOf(long, sv)]).toEqual([
      "Probability of no dropout",
      "Probability of no event",
      "Andel utan händelse",
    ]);
    expect(eventCurves(curves, en).caption).toContain("95% CI");
    expect(eventCurves(curves, sv).caption).toContain("95\u00a0% KI");
  });

  it("the alternative text gives the values at the last tick that all curves reach", () => {
    const curves = survivalCurves({ time: [10, 20, 30, 40], event: [1, 0, 1, 0], group: [0, 0, 1, 1] }, one);
    expect(curves.atRisk!.times).toEqual([0, 13, 26, 39]);
    expect(eventCurves(curves, en).alt).toContain("At 13 weeks: TAU 0.50; FIT 1.00.");
  });
});

describe("whatever the data", () => {
  const hard: Readonly<Record<string, EventCurves>> = {
    "no events": survivalCurves({ time: [3, 5, 8, 9], event: [0, 0, 0, 0], group: [0, 1, 0, 1] }, one),
    "no events of a cause": incidenceCurves({ time: [3, 5, 8, 9], event: [1, 1, 1, 0], group: [0, 1, 0, 1] }, two),
    "all at one time": survivalCurves({ time: [5, 5, 5], event: [1, 1, 0], group: [0, 0, 1] }, one),
    "to zero": survivalCurves({ time: [1, 2, 3], event: [1, 1, 1], group: [0, 0, 1] }, one),
    "all at time 0": survivalCurves({ time: [0, 0], event: [1, 0], group: [0, 1] }, one),
    "no interval": {
      ...survivalCurves(rows, one),
      curves: survivalCurves(rows, one).curves.map((c) => ({ ...c, lower: null, upper: null })),
    },
  };
  it.each(Object.entries(hard))("%s: drawn, without NaN, the same twice", async (_, curves) => {
    for (const language of [en, sv]) {
      const svg = await svgOf(curves, language);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(await svgOf(curves, language)).toBe(svg);
    }
  });

  it("labels are text, and a long one is shortened with its whole in the caption", async () => {
    const hostile = '<script>alert("x")</script>';
    const long = "Client-directed outcome-informed work with weekly supervision by an external consultant";
    const curves = survivalCurves(rows, { groups: [hostile, long], causes: ["dropout"], event: "<b>dropout</b>" });
    const svg = await svgOf(curves);
    expect(svg).not.toContain("<script");
    expect(svg).not.toContain("<b>");
    expect(svg).toContain("&lt;script&gt;");
    expect(eventCurves(curves, en).caption).toContain(`In full: ${long}.`);
  });

  it("levels with the same beginning have rows of their own", () => {
    const groups = [
      "Treatment as usual in the municipality of Ängelholm",
      "Treatment as usual in the municipality of Örkelljunga",
    ];
    const [panel] = panelsOf(survivalCurves(rows, { ...one, groups }));
    expect(layers(panel!, "rule")).toHaveLength(2);
  });
});
