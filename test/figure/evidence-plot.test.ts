import { describe, expect, it } from "vitest";
import type { Run } from "../../src/analysis/results.js";
import { evidencePlot } from "../../src/figure/evidence-plot.js";
import { figures } from "../../src/figure/figures.js";
import type { Estimate } from "../../src/inference/estimate.js";
import type { Evidence } from "../../src/plan/plan.js";
import { renderReport } from "../../src/report/render-report.js";
import { texts } from "../../src/report/texts.js";
import { beatTheBlues, HOSTILE } from "../report/example-runs.js";

const effect = (name: string, measure: string, estimate: number, lower: number, upper: number): Estimate => ({
  name,
  measure,
  unit: null,
  estimate,
  se: null,
  df: null,
  statistic: null,
  p: null,
  lower,
  upper,
  level: 0.95,
});

const g = effect("hedges-g:arm[FIT]-arm[TAU]", "hedges-g", -0.45, -0.85, -0.04);
const d = effect("cohens-d:arm[FIT]-arm[TAU]", "cohens-d", -0.46, -0.86, -0.04);
const standardised = effect(
  "standardised:arm[FIT]-arm[TAU]@visit=6",
  "standardised-difference-baseline-sd",
  -0.3,
  -0.7,
  0.1,
);
const oddsRatio = effect("odds-ratio:arm[FIT]/arm[TAU]", "odds-ratio", 0.5, 0.25, 0.8);
const earlier: Evidence = { label: HOSTILE, measure: "hedges-g", estimate: 0.27, level: 0.95, better: "higher" };
const earlierRatio: Evidence = {
  ...earlier,
  label: "Dropout",
  measure: "odds-ratio",
  estimate: 1.19,
  lower: 1.03,
  upper: 1.38,
};

function runWith(better: "lower" | "higher" | null, evidence?: readonly Evidence[]): Run {
  const result = { ...beatTheBlues.results.analyses[0]!, estimates: [g, d, standardised, oddsRatio] };
  const display = {
    ...beatTheBlues.displays[0]!,
    title: "Main",
    outcome: { ...beatTheBlues.displays[0]!.outcome, better },
    differences: [],
    profile: null,
    diagnostics: null,
  };
  const results = { ...beatTheBlues.results, analyses: [result] };
  return { ...beatTheBlues, results, displays: [display], ...(evidence === undefined ? {} : { evidence }) };
}

interface Row {
  readonly label: string;
  readonly kind: string;
  readonly estimate: number | null;
  readonly lower: number | null;
  readonly upper: number | null;
}
const rowsOf = (run: Run, scale: "standardised" | "odds-ratio"): Row[] =>
  (evidencePlot(run, scale, texts.en.figure)!.spec as unknown as { data: { values: Row[] } }).data.values;

describe("evidencePlot", () => {
  it("puts the trial's rows before the earlier ones, on one axis, each kind under its heading", () => {
    const rows = rowsOf(runWith("higher", [earlier]), "standardised");
    expect(rows.map(({ kind, label, estimate }) => [kind, label, estimate])).toEqual([
      ["heading", "This trial", null],
      ["trial", "Main (Hedges’ g)", -0.45],
      ["trial", "Main, visit 6 (baseline SD)", -0.3],
      ["heading", "Earlier evidence", null],
      ["evidence", `${HOSTILE} (Hedges’ g)`, 0.27],
    ]);
  });

  it("has of a joint analysis both designs together at the primary visit, under its title, and not each design", () => {
    const run = runWith("higher", [earlier]);
    const measure = "standardised-difference-baseline-sd";
    const part = (kind: "individual" | "joint", estimates: readonly Estimate[]) => ({
      result: { ...run.results.analyses[0]!, id: `itt-${kind}`, partOf: "itt", estimates },
      display: {
        ...run.displays[0]!,
        title: null,
        part: { kind, primary: { column: "month", visit: "12", unit: "months" } },
      },
    });
    const parts = [
      part("individual", [effect("standardised:arm[FIT]-arm[TAU]@month=12", measure, 0.2, 0, 0.4)]),
      part("joint", [
        effect("standardised:effect:joint@month=6", measure, 0.3, 0, 0.6),
        effect("standardised:effect:individual@month=12", measure, 0.2, 0, 0.4),
        effect("standardised:effect:joint@month=12", measure, 0.1, 0, 0.2),
      ]),
    ];
    const joint: Run = {
      ...run,
      results: { ...run.results, analyses: parts.map(({ result }) => result) },
      displays: parts.map(({ display }) => display),
      trialAnalyses: [{ id: "itt", title: "ORS enligt randomisering", model: "itt", role: "primary" }],
    };
    const { spec } = evidencePlot(joint, "standardised", texts.sv.figure)!;
    const rows = (spec as unknown as { data: { values: Row[] } }).data.values.filter(({ kind }) => kind === "trial");
    expect(rows.map(({ label, estimate }) => [label, estimate])).toEqual([
      ["ORS enligt randomisering, 12 månader (SD vid baslinjen)", 0.1],
    ]);
  });

  it("turns over what is better when lower, so that right is better", () => {
    const drawing = evidencePlot(runWith("lower", [earlier]), "standardised", texts.en.figure)!;
    expect(rowsOf(runWith("lower", [earlier]), "standardised")[1]).toMatchObject({
      estimate: 0.45,
      lower: 0.04,
      upper: 0.85,
    });
    expect(drawing.caption).toContain("turned over");
    expect(drawing.alt).toContain("0.45 [0.04,\u00a00.85]");
    const ratio = rowsOf(runWith("lower", [earlierRatio]), "odds-ratio");
    expect(ratio.map(({ estimate, lower, upper }) => [estimate, lower, upper])).toEqual([
      [null, null, null],
      [2, 1.25, 4],
      [null, null, null],
      [1.19, 1.03, 1.38],
    ]);
    const turned = rowsOf(runWith("higher", [{ ...earlier, better: "lower" }]), "standardised");
    expect(turned.at(-1)!.estimate).toBe(-0.27);
  });

  it("does not say whom a side favours when the plan does not say what is better", () => {
    const text = JSON.stringify(evidencePlot(runWith(null, [earlier]), "standardised", texts.en.figure)!.spec);
    expect(text).not.toContain("favours");
    expect(JSON.stringify(evidencePlot(runWith("lower", [earlier]), "standardised", texts.en.figure)!.spec)).toContain(
      "favours intervention",
    );
  });

  it("is not drawn without evidence on its scale, or without an effect of the trial", () => {
    expect(evidencePlot(runWith("lower"), "standardised", texts.en.figure)).toBeNull();
    expect(evidencePlot(runWith("lower", [earlier]), "odds-ratio", texts.en.figure)).toBeNull();
    const without = { ...beatTheBlues, evidence: [earlier] };
    expect(evidencePlot(without, "standardised", texts.en.figure)).toBeNull();
  });

  it.each(["en", "sv"] as const)("is in the report with its alternative text: %s", async (language) => {
    const run = runWith("lower", [earlier, earlierRatio]);
    const drawn = await figures(run, texts[language].figure);
    expect(drawn.filter(({ kind }) => kind === "evidence").map(({ id }) => id)).toEqual([
      "evidence-standardised",
      "evidence-odds-ratio",
    ]);
    const page = await renderReport(run, { language, figures: drawn, vegaRuntime: null });
    expect(page).toContain('<section id="evidence">');
    expect(page).toContain(texts[language].effects.evidenceHeading);
    expect(page).not.toContain(HOSTILE);
    expect(page).toMatch(language === "en" ? /aria-label="Forest plot of this trial/ : /aria-label="Skogsdiagram/);
  });

  it("shortens a long label and gives it in full in the caption", () => {
    const label =
      "A systematic review of feedback in psychological treatments of adults in outpatient care, all languages, and of young people";
    const drawing = evidencePlot(runWith("higher", [{ ...earlier, label }]), "standardised", texts.en.figure)!;
    expect(drawing.caption).toContain(`In full: ${label}`);
    expect(JSON.stringify(drawing.spec)).toContain("\u2026");
  });
});
