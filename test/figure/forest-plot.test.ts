import { describe, expect, test } from "vitest";
import type { AnalysisDisplay } from "../../src/analysis/results.js";
import { forestPlot } from "../../src/figure/forest-plot.js";
import { moderatorForest } from "../../src/figure/moderator-forest.js";
import { renderSvg } from "../../src/figure/render-svg.js";
import { wrapText } from "../../src/figure/text-width.js";
import type { Estimate } from "../../src/inference/estimate.js";
import { texts } from "../../src/report/texts.js";
import { HOSTILE, hardCases, primaryDisplay, primaryResult } from "../report/example-runs.js";

const differencesOf = (result: { estimates: readonly Estimate[] }, display: AnalysisDisplay) =>
  result.estimates.filter(({ name }) => display.differences.includes(name));

const plot = (display: AnalysisDisplay = primaryDisplay, language: "en" | "sv" = "en") =>
  forestPlot(differencesOf(primaryResult, primaryDisplay), display, texts[language].figure);

/** Every text that the specification holds as data. */
const textsIn = (spec: unknown): string[] =>
  [...JSON.stringify(spec).matchAll(/"text":"((?:[^"\\]|\\.)*)"/g)].map(([, text]) => JSON.parse(`"${text}"`));

const rowsIn = (spec: unknown) => (spec as { data: { values: Record<string, unknown>[] } }).data.values;

describe("forest plot", () => {
  test("has a row for each difference, with its final numbers", () => {
    const rows = rowsIn(plot().spec);
    expect(rows).toHaveLength(4);
    expect(rows[0]).toMatchObject({
      row: 0,
      label: "month 2",
      estimate: -3.10695722672918,
      numbers: "\u22123.1 [\u22126.7,\u00a00.5]",
      p: "0.086",
    });
  });

  test("names the arms once in the header, and whom each side favours", () => {
    const shown = textsIn(plot().spec);
    expect(shown).toContain("BtheB \u2212 TAU");
    expect(shown).toContain("Difference [95% CI]");
    expect(shown.filter((text) => text.includes("favours"))).toEqual(["\u2190 favours BtheB", "favours TAU \u2192"]);
  });

  test("turns the sides when higher is better, and says nothing when the plan does not", () => {
    const better = (value: "higher" | null) =>
      plot({ ...primaryDisplay, outcome: { ...primaryDisplay.outcome, better: value } });
    expect(textsIn(better("higher").spec)).toContain("\u2190 favours TAU");
    expect(textsIn(better(null).spec).some((text) => text.includes("favours"))).toBe(false);
  });

  test("has what all rows share in the header, and the effect in everybody before those in subgroups", () => {
    const [one] = differencesOf(primaryResult, primaryDisplay);
    const at = (settings: string): Estimate => ({
      ...one!,
      name: `contrast:treatment[BtheB]-treatment[TAU]@${settings}`,
    });
    const effects = [at("month=12"), at("month=12,sex=man"), at("month=12,risk=0.54")];
    const labels = { risk: "predicerad risk" };
    const { spec, alt } = forestPlot(effects, { ...primaryDisplay, labels }, texts.sv.figure);
    expect(rowsIn(spec).map(({ label }) => label)).toEqual(["alla", "man", "predicerad risk: 0,54"]);
    expect(textsIn(spec)).toContain("BtheB \u2212 TAU, month 12");
    expect(alt).toContain("BtheB \u2212 TAU, month 12, man");
    // At one visit alone there is nothing but it.
    expect(rowsIn(forestPlot([at("month=12")], primaryDisplay, texts.en.figure).spec)[0]!.label).toBe("month 12");
  });

  test("a moderator heads the effects at its levels, with the p of its interaction and values of as many decimals", () => {
    const [one] = differencesOf(primaryResult, primaryDisplay);
    const at = (settings: string, p: number | null = null): Estimate => ({
      ...one!,
      p,
      name: `contrast:treatment[BtheB]-treatment[TAU]@${settings}`,
    });
    const effects = [
      at("month=12", 0.2),
      ...["month=12,sex=woman", "month=12,sex=man"].map((settings) => at(settings)),
      ...["month=12,risk=0.5", "month=12,risk=0.46"].map((settings) => at(settings)),
    ];
    const tests = [
      { ...one!, name: "test:treatment:sex", p: 0.0004 },
      { ...one!, name: "test:treatment:risk", p: 0.31 },
    ];
    const moderator = { participants: 97, prespecified: true, direction: null, evidence: null };
    const display: AnalysisDisplay = {
      ...primaryDisplay,
      labels: { sex: "kön", risk: "predicerad risk" },
      moderators: [
        { ...moderator, column: "sex", label: "kön", test: "test:treatment:sex" },
        { ...moderator, column: "risk", label: null, test: "test:treatment:risk" },
      ],
    };
    const shown = (language: "en" | "sv") =>
      moderatorForest(effects, [...effects, ...tests], display, texts[language].figure);
    const { spec, caption, alt } = shown("sv");
    expect(rowsIn(spec).map(({ label, indented, p }) => [label, indented, p])).toEqual([
      ["alla", false, "0,200"],
      ["kön", false, "<\u00a00,001"],
      ["woman", true, ""],
      ["man", true, ""],
      ["predicerad risk", false, "0,310"],
      ["0,50", true, ""],
      ["0,46", true, ""],
    ]);
    expect(rowsIn(spec)[1]).toMatchObject({ estimate: null, numbers: "" });
    expect(caption).toContain(texts.sv.figure.forest.interactions);
    expect(alt).toContain("Interaktion med armen: kön, p <\u00a00,001; predicerad risk, p = 0,310.");
    expect(
      rowsIn(shown("en").spec)
        .map(({ label }) => label)
        .slice(-2),
    ).toEqual(["0.50", "0.46"]);
    // A model that was not estimated has no test and heads nothing.
    const without = moderatorForest(effects.slice(0, 1), effects.slice(0, 1), display, texts.en.figure);
    expect(without.caption).not.toContain(texts.en.figure.forest.interactions);
  });

  test("says the same in words", () => {
    const { alt, spec } = plot();
    expect(alt).toContain("4 differences in bdi (points)");
    expect(alt).toContain("BtheB \u2212 TAU, month 2: \u22123.1 [\u22126.7,\u00a00.5], p = 0.086");
    expect(spec.description).toBe(alt);
    expect(plot(primaryDisplay, "sv").alt).toContain("\u22123,1 [\u22126,7;\u00a00,5]");
  });

  test("groups many arms under their names, against the arm they share", () => {
    const display = hardCases.displays[2]!;
    const { spec, alt } = forestPlot(differencesOf(hardCases.results.analyses[2]!, display), display, texts.en.figure);
    const rows = rowsIn(spec);
    expect(rows).toHaveLength(12);
    expect(rows[0]).toMatchObject({ label: "Self-help", estimate: null, numbers: "" });
    expect(rows[1]).toMatchObject({ label: "Three months", indented: true });
    expect(rows[8]).toMatchObject({ label: HOSTILE });
    expect(textsIn(spec)).toContain("Against Waiting list");
    expect(textsIn(spec)).toContain("\u2190 better than Waiting list");
    expect(alt).toContain("and 3 more");
  });

  test("one coefficient is the difference between its level and the reference", () => {
    const one = primaryResult.estimates.filter(({ name }) => name === "coefficient:treatment[BtheB]");
    const { spec } = forestPlot(one, primaryDisplay, texts.en.figure);
    expect(rowsIn(spec)[0]).toMatchObject({ label: "BtheB \u2212 TAU" });
    expect(textsIn(spec)).not.toContain("BtheB \u2212 TAU");
    const unknown = forestPlot(one, { ...primaryDisplay, references: [] }, texts.en.figure);
    expect(rowsIn(unknown.spec)[0]).toMatchObject({ label: "treatment: BtheB" });
    expect(textsIn(unknown.spec)).toContain("\u2190 favours the first arm");
    const labels = { treatment: "Study arm" };
    const labelled = forestPlot(one, { ...primaryDisplay, references: [], labels }, texts.en.figure);
    expect(rowsIn(labelled.spec)[0]).toMatchObject({ label: "Study arm: BtheB" });
  });

  test("a difference that was not estimated is a dash without a mark", () => {
    const [first] = differencesOf(primaryResult, primaryDisplay);
    const none = { ...first!, estimate: null, se: null, lower: null, upper: null, p: null };
    expect(rowsIn(forestPlot([none], primaryDisplay, texts.en.figure).spec)[0]).toMatchObject({
      estimate: null,
      numbers: "–",
      p: "–",
    });
  });

  describe("of several arms at several visits with long names", () => {
    const long = "Internet-delivered cognitive behavioural therapy with weekly therapist support (10 weeks)";
    const reference = "Treatment as usual in the county's own primary care";
    const [model] = differencesOf(primaryResult, primaryDisplay);
    const named = (name: string): Estimate => ({ ...model!, name });
    const byVisit = ["w1", "w2", "w3"].flatMap((visit) =>
      ["App", long].map((arm) => named(`contrast:arm[${arm}]-arm[${reference}]@visit=${visit}`)),
    );
    const { spec, caption, alt } = forestPlot(byVisit, primaryDisplay, texts.en.figure);
    const rows = rowsIn(spec);

    test("comes by arm, each named once", () => {
      expect(rows.map(({ label }) => label)).toEqual(["App", "w1", "w2", "w3", long, "w1", "w2", "w3"]);
      expect(rows.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(alt.indexOf("App \u2212 Treatment as usual in the county's own primary care, w3")).toBeGreaterThan(0);
      expect(alt.indexOf("care, w3")).toBeLessThan(alt.indexOf("Internet-delivered"));
    });

    test("has long names in two lines, and in full in the caption when that is not enough", () => {
      const lines = rows[4]!.lines as string[];
      expect(lines).toHaveLength(2);
      expect(lines[1]).toMatch(/\u2026$/);
      expect(caption).toContain(`In full: ${long}.`);
      expect(plot().caption).not.toContain("In full");
      // The header and whom each side favours name the reference in full, in two lines.
      expect(JSON.stringify(spec)).toContain(JSON.stringify(wrapText(`Against ${reference}`, 190, 11, 2)));
      expect(wrapText(`Against ${reference}`, 190, 11, 2).join(" ")).toBe(`Against ${reference}`);
    });

    test("has higher rows only where rows with numbers have two lines", () => {
      const height = (drawn: { spec: unknown }) => (drawn.spec as { height: number }).height;
      expect(height({ spec })).toBe(8 * 22);
      const once = ["App", long].map((arm) => named(`contrast:arm[${arm}]-arm[${reference}]`));
      expect(height(forestPlot(once, primaryDisplay, texts.en.figure))).toBe(2 * 31);
    });

    test("draws every label, each once", async () => {
      const svg = await renderSvg(spec, "long");
      for (const line of ["App", "w1", ...(rows[4]!.lines as string[])]) {
        expect(svg.split(`>${line}<`).length - 1, line).toBe(line === "w1" ? 2 : 1);
      }
    });
  });

  test("an axis title that is too long is in full in the caption", () => {
    const name = `Clinical Outcomes in Routine Evaluation, ${"rated by the patient, ".repeat(6)}total`;
    const { caption } = plot({ ...primaryDisplay, outcome: { ...primaryDisplay.outcome, name } });
    expect(caption).toContain(`In full: Mean difference in ${name} (points).`);
  });
});
