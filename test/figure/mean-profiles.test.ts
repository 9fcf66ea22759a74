import { describe, expect, test } from "vitest";
import type { Profile } from "../../src/analysis/results.js";
import { meanProfiles } from "../../src/figure/mean-profiles.js";
import { toVega } from "../../src/figure/render-svg.js";
import { textWidth, wrapText } from "../../src/figure/text-width.js";
import { texts } from "../../src/report/texts.js";
import { hardCases, primaryDisplay } from "../report/example-runs.js";

interface Mark {
  readonly kind: string;
  readonly arm: string;
  readonly at: number | string;
  readonly x: number;
}
interface Spec {
  readonly data: { readonly values: readonly Mark[] };
  readonly encoding: { readonly x: { readonly title: string[]; readonly axis: { readonly values: number[] } } };
}

const draw = (profile: Profile = primaryDisplay.profile!, language: "en" | "sv" = "en") =>
  meanProfiles(primaryDisplay, profile, texts[language].figure);
const specOf = (profile?: Profile) => draw(profile).spec as unknown as Spec;

describe("mean profiles", () => {
  test("visits stand at their numeric distance, with ticks at the visits", () => {
    const { x } = specOf().encoding;
    expect(x.axis.values).toEqual([2, 3, 5, 8]);
    expect(x.title).toEqual(["month"]);
  });

  test("intervals at one visit stand apart, in the order of the arms, around the visit", () => {
    const marks = specOf().data.values;
    for (const visit of [2, 3, 5, 8]) {
      const here = marks.filter(({ at }) => at === visit).sort((a, b) => a.x - b.x);
      expect(here.map(({ arm, kind }) => `${arm} ${kind}`)).toEqual([
        "TAU observed",
        "TAU adjusted",
        "BtheB observed",
        "BtheB adjusted",
      ]);
      expect(here.reduce((sum, { x }) => sum + x, 0) / 4).toBeCloseTo(visit, 10);
      expect(here[1]!.x - here[0]!.x).toBeGreaterThan(0.05);
    }
  });

  test("crowded visits do not run into each other", () => {
    const points = primaryDisplay.profile!.points.map((point) => ({ ...point, at: point.at === 3 ? 2.1 : point.at }));
    const marks = specOf({ ...primaryDisplay.profile!, points }).data.values;
    const last = Math.max(...marks.filter(({ at }) => at === 2).map(({ x }) => x));
    const first = Math.min(...marks.filter(({ at }) => at === 2.1).map(({ x }) => x));
    expect(first).toBeGreaterThan(last);
  });

  test("counts of observed rows stand under the axis", () => {
    const json = JSON.stringify(draw().spec);
    expect(json).toContain('"Observed, n"');
    for (const n of [45, 36, 29, 25, 52, 37, 27]) expect(json).toContain(`"text":"${n}"`);
  });

  test("two legends: arms, and filled or hollow", () => {
    const { legends } = toVega(draw().spec);
    expect(legends).toHaveLength(2);
    const observed = primaryDisplay.profile!.points.filter(({ kind }) => kind === "observed");
    const one = meanProfiles(primaryDisplay, { ...primaryDisplay.profile!, points: observed }, texts.en.figure);
    expect(toVega(one.spec).legends).toHaveLength(1);
    expect(one.caption).toBe("Observed means; vertical lines: 95% CI.");
  });

  test("says the last visit's adjusted means in words, in either language", () => {
    expect(draw().alt).toBe(
      "Mean bdi (points) in 2 arms at 4 visits, with intervals. At month 8 the adjusted means are TAU 12.5 and BtheB 12.3.",
    );
    expect(draw(undefined, "sv").alt).toContain("justerade medelvärdena TAU 12,5 och BtheB 12,3");
  });

  test("visits that are no numbers stand evenly spaced, in their order, with their labels as data", () => {
    const display = hardCases.displays[2]!;
    const { spec } = meanProfiles(display, display.profile!, texts.en.figure);
    const { encoding } = spec as unknown as Spec;
    expect(encoding.x.axis.values).toEqual([0, 1, 2, 3]);
    expect(JSON.stringify(spec)).toContain('"lines":["Three","months"]');
  });

  test("one arm and one visit can be drawn", () => {
    const point = primaryDisplay.profile!.points[0]!;
    const { spec } = draw({ ...primaryDisplay.profile!, arms: [point.arm], points: [point] });
    expect(toVega(spec).legends ?? []).toHaveLength(0);
    expect(Number.isFinite((spec as unknown as Spec).data.values[0]!.x)).toBe(true);
  });

  describe("of four arms at eight visits with long names", () => {
    const arms = [
      "Waiting list",
      "App",
      `Internet-delivered ${"cognitive behavioural therapy ".repeat(4)}`.trim(),
      "D",
    ];
    const visits = ["Baseline week", "w1", "w2", "w3", "w4", "w6", "w8", "Follow-up twelve months"];
    const points = arms.flatMap((arm, a) =>
      visits.flatMap((at, v) =>
        (["observed", "adjusted"] as const).map((kind, k) => {
          const mean = 20 - v * a + k / 2;
          return { arm, at, kind, mean, lower: mean - 2, upper: mean + 2, n: kind === "observed" ? 20 : null };
        }),
      ),
    );
    const profile: Profile = {
      ...primaryDisplay.profile!,
      arms,
      visit: { name: "Visit", unit: null, numeric: false },
      points,
    };
    const drawing = draw(profile);
    const spec = drawing.spec as unknown as Spec & { width: number; height: number };
    const pixels = (x: number): number => {
      const [low, high] = (spec.encoding.x as unknown as { scale: { domain: [number, number] } }).scale.domain;
      return ((x - low) / (high - low)) * spec.width;
    };

    test("is wider than that of two arms, but no wider than the text", () => {
      const plain = specOf() as unknown as { width: number; height: number };
      expect([plain.width, plain.height]).toEqual([262, 190]);
      expect(spec.width).toBeGreaterThan(400);
      expect(spec.width).toBeLessThanOrEqual(530);
      expect(spec.height).toBeGreaterThan(190);
    });

    test("shows observed means as strokes at the place of the adjusted, and says so", () => {
      const at = (kind: string) => spec.data.values.filter((mark) => mark.kind === kind).map(({ x }) => x);
      expect(at("observed")).toEqual(at("adjusted"));
      expect(drawing.caption).toContain("short level strokes: observed means, here without intervals");
      expect(draw(profile, "sv").caption).toContain("korta vågräta streck: observerade medelvärden");
      expect(draw().caption).not.toContain("strokes");
      expect(JSON.stringify(spec).match(/"shape":"stroke"/g)).toHaveLength(arms.length);
    });

    test("keeps marks at least seven pixels apart, within and between visits", () => {
      const places = [...new Set(spec.data.values.map(({ x }) => pixels(x)))].sort((a, b) => a - b);
      expect(places).toHaveLength(arms.length * visits.length);
      for (let i = 1; i < places.length; i++) expect(places[i]! - places[i - 1]!).toBeGreaterThan(7);
    });

    test("has its visits' labels in full", () => {
      const json = JSON.stringify(spec);
      expect(json).toContain('"lines":["Baseline","week"]');
      expect(json).toContain('"lines":["Follow-up","twelve","months"]');
      const gap = pixels(1) - pixels(0);
      expect(textWidth("Follow-up", 11)).toBeLessThan(gap);
    });

    test("gives an arm's name that the legend has no room for in the caption", () => {
      expect(drawing.caption).toContain(`In full: ${arms[2]}.`);
      expect(drawing.caption).not.toContain("Waiting list");
    });
  });

  test("the outcome's axis title keeps to two lines within the plot's height, and the caption has the rest", () => {
    const name = "Clinical Outcomes in Routine Evaluation, the patient's own rating, total of all items";
    const display = { ...primaryDisplay, outcome: { ...primaryDisplay.outcome, name } };
    const { spec, caption } = meanProfiles(display, display.profile!, texts.en.figure);
    const full = `Mean ${name} (points)`;
    const lines = wrapText(full, 190, 11, 2);
    expect(JSON.stringify(spec)).toContain(JSON.stringify(lines));
    for (const line of lines) expect(textWidth(line, 11)).toBeLessThanOrEqual(190);
    expect(lines).toHaveLength(2);
    expect(caption).toContain(`In full: ${full}.`);
    expect(draw().caption).not.toContain("In full");
  });
});
