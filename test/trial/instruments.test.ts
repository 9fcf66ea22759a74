import { describe, expect, it } from "vitest";
import { declaredChange } from "../../src/trial/declared-change.js";
import { INSTRUMENTS } from "../../src/trial/instruments.js";
import { resolveInstrument } from "../../src/trial/resolve-instrument.js";

describe("the registry of instruments", () => {
  it.each(Object.entries(INSTRUMENTS))("%s is complete and within its range", (_, instrument) => {
    const { range, cutOff, items, source, version } = instrument;
    expect(range[0]).toBeLessThan(range[1]);
    expect(source.length).toBeGreaterThan(20);
    expect(version).toMatch(/^\d{4}-\d{2}$/);
    for (const value of typeof cutOff === "object" ? Object.values(cutOff ?? {}) : [cutOff]) {
      expect(value).toBeGreaterThan(range[0]);
      expect(value).toBeLessThan(range[1]);
    }
    if (items === undefined) return;
    const times = items.of === "sum" ? items.count : 1;
    expect([items.range[0] * times, items.range[1] * times]).toEqual([...range]);
    expect(items.reversed.every((item) => item >= 1 && item <= items.count)).toBe(true);
    expect(items.allowMissing).toBeLessThan(items.count);
  });

  it("has the cut-offs of the trial's list", () => {
    const cutOffs = Object.entries(INSTRUMENTS).map(([name, { cutOff }]) => [name, cutOff]);
    expect(Object.fromEntries(cutOffs)).toEqual({
      "ors-adult": 25,
      "ors-13-17": 28,
      cors: 32,
      srs: 36,
      "oq-45": 64,
      "core-om-sweden": { men: 1.2, women: 1.26 },
      "core-om-uk": 1,
      "soc-13": null,
      "soc-29": null,
      "asi-composite": null,
      nods: 5,
      ysr: 64,
      "livets-stege": 7,
    });
  });
});

describe("instruments of a plan", () => {
  it("take from the registry what they do not say", () => {
    const own = resolveInstrument("ors-adult", { "ors-adult": { sd: 7, reliability: 0.9, source: "our own" } })!;
    expect(own).toMatchObject({
      cutOff: 25,
      range: [0, 40],
      sd: 7,
      reliability: 0.9,
      source: "our own",
      version: "plan",
    });
    expect(own.items?.count).toBe(4);
  });

  it("judge by their own SD and reliability, not by the registry's points, and the other way round", () => {
    const worked = resolveInstrument("oq-45", { "oq-45": { sd: 20, reliability: 0.93, source: "s" } })!;
    expect(worked.points).toBeUndefined();
    expect(resolveInstrument("oq-45", { "oq-45": { points: 15, source: "s" } })).toMatchObject({ points: 15 });
  });

  it("are new with a range and a direction, and nothing without", () => {
    const own = { mal: { range: [1, 10], better: "higher", source: "s" } as const };
    expect(resolveInstrument("mal", own)).toMatchObject({ cutOff: null, atCutOff: "functional", title: "mal" });
    expect(resolveInstrument("mal", { mal: { range: [1, 10], source: "s" } })).toBeNull();
    expect(resolveInstrument("mal")).toBeNull();
    expect(resolveInstrument("constructor")).toBeNull();
  });
});

describe("a declared change", () => {
  const classify = { instrument: "core-om-sweden", before: "a", after: "b" };
  const core = INSTRUMENTS["core-om-sweden"]!;

  it("lacks groups where the cut-off is by group", () => {
    expect(declaredChange(classify, core)).toEqual({ gaps: [{ gap: "groups", groups: ["men", "women"] }] });
    expect(declaredChange({ ...classify, cutoff: { by: "sex", levels: { x: "boys" } } }, core)).toEqual({
      gaps: [{ gap: "unknown-group", group: "boys", groups: ["men", "women"] }],
    });
  });

  it("lacks a criterion without SD and reliability, and has one too many with points beside", () => {
    const ors = { ...classify, instrument: "ors-adult" };
    const instrument = INSTRUMENTS["ors-adult"]!;
    expect(declaredChange(ors, instrument)).toEqual({ gaps: [{ gap: "criterion" }] });
    expect(declaredChange({ ...ors, sd: 8 }, instrument)).toEqual({ gaps: [{ gap: "criterion" }] });
    expect(declaredChange({ ...ors, sd: 8, points: 5 }, instrument)).toEqual({ gaps: [{ gap: "two-criteria" }] });
  });
});
