import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Run } from "../../src/analysis/results.js";
import { type Figure, figureFiles, figures } from "../../src/figure/figures.js";
import { renderSvg } from "../../src/figure/render-svg.js";
import { texts } from "../../src/report/texts.js";
import { beatTheBlues, HOSTILE, hardCases } from "../report/example-runs.js";

const draw = (run: Run, language: "en" | "sv" = "en") => figures(run, texts[language].figure);

let plain: Figure[];
let hard: Figure[];
const warn = vi.spyOn(console, "warn");

beforeAll(async () => {
  plain = await draw(beatTheBlues);
  hard = await draw(hardCases);
});

describe("figures of a run", () => {
  test("are those that each analysis has something for", () => {
    expect(plain.map(({ id }) => id)).toEqual([
      "primary-differences",
      "primary-profiles",
      "primary-residuals",
      "primary-residual-quantiles",
      "primary-mode-quantiles-1",
      "common-difference-differences",
      "common-difference-profiles",
      "common-difference-residuals",
      "common-difference-residual-quantiles",
      "common-difference-mode-quantiles-1",
    ]);
    // Not of the analysis that was not estimated, nor of the component that is zero.
    expect(hard.map(({ id }) => id)).toEqual([
      "singular-differences",
      "singular-residuals",
      "singular-residual-quantiles",
      "singular-mode-quantiles-2",
      "four-arms-differences",
      "four-arms-profiles",
      "no-arm-residuals",
      "no-arm-residual-quantiles",
      "no-arm-mode-quantiles-1",
      "no-arm-mode-quantiles-2",
    ]);
  });

  test("are the same bytes twice in one process", async () => {
    expect(await draw(beatTheBlues)).toEqual(plain);
    expect(await draw(hardCases)).toEqual(hard);
  });

  test("make Vega-Lite complain of nothing", () => {
    expect(warn).not.toHaveBeenCalled();
  });

  test("have a title, alternative text with a number, and a description that says the same", () => {
    for (const { title, alt, spec, caption } of [...plain, ...hard]) {
      expect(title).not.toBe("");
      expect(caption).toMatch(/\.$/);
      expect(alt).toMatch(/\d.*\.$/s);
      expect(spec.description).toBe(alt);
    }
  });

  test("are drawn with their texts, hostile ones as text, and without clip paths that could clash", () => {
    for (const { svg } of [...plain, ...hard]) {
      expect(svg.startsWith("<svg ")).toBe(true);
      expect(svg.includes("<script")).toBe(false);
      expect(svg.includes("NaN")).toBe(false);
    }
    const profiles = hard.find(({ kind }) => kind === "profiles")!;
    expect(JSON.stringify(profiles.spec)).toContain(JSON.stringify(HOSTILE).slice(1, -1));
    expect(plain[0]!.svg).toContain("−3.1 [−6.7,\u00a00.5]");
  });

  test("fit one or two journal columns", () => {
    for (const { kind, svg } of plain) {
      const width = Number(/width="(\d+)"/.exec(svg)![1]);
      expect(width).toBeLessThanOrEqual(kind === "differences" ? 642 : 355);
    }
  });

  test("become two files each, the specification with its data", () => {
    const [json, svg] = figureFiles(plain[0]!);
    expect(json!.name).toBe("figures/primary-differences.vl.json");
    expect(JSON.parse(json!.text)).toEqual(plain[0]!.spec);
    expect(json!.text).toContain('\n  "$schema"');
    expect(svg).toMatchObject({ name: "figures/primary-differences.svg" });
  });
});

test("ids in an SVG begin with the figure's name, and do not depend on what was drawn before", async () => {
  const clipped = {
    data: { values: [{ x: 1, y: 2 }] },
    mark: { type: "point" as const, clip: true },
    encoding: { x: { field: "x", type: "quantitative" as const }, y: { field: "y", type: "quantitative" as const } },
  };
  const first = await renderSvg(clipped, "a");
  expect(first).toContain('id="a-clip1"');
  expect(first).toContain("url(#a-clip1)");
  expect(await renderSvg(clipped, "a")).toBe(first);
});

test("coordinates are rounded, texts are not", async () => {
  const svg = await renderSvg(
    {
      data: { values: [{ x: 1 / 3, label: 'x="0.123456" 1.23456' }] },
      mark: "text",
      encoding: { x: { field: "x", type: "quantitative" }, text: { field: "label", type: "nominal" } },
    },
    "a",
  );
  expect(svg).toContain("0.123456");
  expect(svg).toContain("1.23456<");
  expect(svg.replaceAll(/>[^<]*</g, "><").replaceAll(/aria-label="[^"]*"/g, "")).not.toMatch(/translate\([^)]*\.\d{3}/);
});

test("nothing in a figure turns the direction of writing, and its arms still find their marks", async () => {
  const turned: Run = JSON.parse(
    JSON.stringify({ ...beatTheBlues, displays: beatTheBlues.displays.map((d) => ({ ...d, diagnostics: null })) })
      .replaceAll("BtheB", "\u202eBtheB\u200f")
      .replaceAll('"bdi"', '"bdi\u2067"'),
  );
  const drawn = await draw(turned);
  expect(JSON.stringify(turned)).toContain("\u202e");
  expect(JSON.stringify(drawn)).not.toMatch(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
  const profiles = drawn.find(({ id }) => id === "primary-profiles")!;
  expect(profiles.svg).toContain("[U+202E]BtheB[U+200F]");
  expect(profiles.alt).toContain("[U+202E]BtheB[U+200F] 12.3");
  const lines = (svg: string): number => svg.match(/mark-line/g)?.length ?? 0;
  expect(lines(profiles.svg)).toBe(lines(plain.find(({ id }) => id === "primary-profiles")!.svg));
});
