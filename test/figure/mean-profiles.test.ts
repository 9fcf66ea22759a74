import { describe, expect, test } from "vitest";
import type { Profile } from "../../src/analysis/results.js";
import { meanProfiles } from "../../src/figure/mean-profiles.js";
import { toVega } from "../../src/figure/render-svg.js";
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
});
