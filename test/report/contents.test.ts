import { describe, expect, it } from "vitest";
import type { AnalysisDisplay, AnalysisResult, Run } from "../../src/analysis/results.js";
import type { TrialPart } from "../../src/plan/plan.js";
import { renderReport } from "../../src/report/render-report.js";
import type { Language } from "../../src/report/texts.js";
import { beatTheBlues } from "./example-runs.js";

const [result] = beatTheBlues.results.analyses;
const [display] = beatTheBlues.displays;

/** A trial-level analysis of three parts, the last of them primary, and one that stands alone. */
const parts: readonly (readonly [string, TrialPart["kind"], AnalysisResult["role"]])[] = [
  ["itt-individual", "individual", "secondary"],
  ["itt-stepped-wedge", "stepped-wedge", "secondary"],
  ["itt-joint", "joint", "primary"],
];

function trial(others: readonly (readonly [AnalysisResult, AnalysisDisplay])[]): Run {
  const own = parts.map(([id, kind, role]): readonly [AnalysisResult, AnalysisDisplay] => {
    const primary = { column: "month", visit: "6", unit: "months" };
    return [
      { ...result!, id, role, partOf: "itt" },
      { ...display!, id, title: null, part: { kind, primary }, profile: null, diagnostics: null },
    ];
  });
  const alone = [
    { ...result!, id: "harms", role: "secondary" },
    { ...display!, id: "harms", title: "Harms" },
  ] as const;
  const all = [...others, ...own, alone];
  return {
    ...beatTheBlues,
    results: { ...beatTheBlues.results, analyses: all.map(([one]) => one) },
    displays: all.map(([, shown]) => shown),
    trialAnalyses: [{ id: "itt", title: null, model: "itt", role: "primary" }],
    estimands: [
      {
        id: "primary",
        question: "Does it help?",
        population: "All",
        treatment: "One or the other",
        variable: "BDI",
        intercurrent: [],
        summary: "A difference",
        analyses: ["itt-joint"],
      },
    ],
  };
}

const diagram: readonly [AnalysisResult, AnalysisDisplay] = [
  { ...result!, id: "flow", model: "participant-flow", estimates: [] },
  { ...display!, id: "flow", title: null, flow: [], profile: null, diagnostics: null },
];
const page = (run: Run, language: Language = "en") => renderReport(run, { language, figures: [], vegaRuntime: null });
const contentsOf = (text: string): [string, string][] =>
  [...(/<nav[\s\S]*<\/nav>/.exec(text)?.[0] ?? "").matchAll(/<li><a href="#([^"]*)">([^<]*)<\/a>(.*)<\/li>/g)].map(
    ([, id, title, badge]) => [id!, `${title}${badge === "" ? "" : ` [${badge!.replace(/<[^>]*>/g, "").trim()}]`}`],
  );

describe("the contents of a report", () => {
  it("list its sections in the order of the page, the primary one marked", async () => {
    const text = await page(trial([diagram]));
    const contents = contentsOf(text);
    expect(contents.map(([, title]) => title)).toEqual([
      "Primary result",
      "Estimands",
      "Flow of participants",
      "Effect as randomised [Primary]",
      "Harms",
      "Participants and rows",
      "Provenance",
    ]);
    const places = contents.map(([id]) => text.indexOf(`<section id="${id}">`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it("are in Swedish in a Swedish report", async () => {
    expect(contentsOf(await page(trial([diagram]), "sv")).map(([, title]) => title)).toContain(
      "Effekt enligt randomisering [Primär]",
    );
  });

  it("are left out where the report is short", async () => {
    expect(await page(beatTheBlues)).not.toContain("<nav");
  });
});

describe("a trial-level analysis", () => {
  it("has its primary part first, and says which effect is primary", async () => {
    const text = await page(trial([diagram]));
    const places = ["itt-joint", "itt-individual", "itt-stepped-wedge"].map((id) =>
      text.indexOf(`id="analysis-${id}"`),
    );
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).toContain("The primary effect is that at 6 months.");
  });

  it("is spoken of by headings, not by ids, where the joint model and the families of tests name analyses", async () => {
    const run = trial([diagram]);
    const analyses = run.results.analyses.map((one) =>
      one.id === "itt-joint"
        ? { ...one, model: "joint", formula: "itt-individual and itt-stepped-wedge together" }
        : one,
    );
    const estimates = [{ analysis: "itt-joint", name: "effect:joint", p: 0.03, adjusted: 0.06, rejected: false }];
    const multiplicity = [{ family: "main", method: "holm" as const, level: 0.05, estimates, problems: [] }];
    const text = await page({ ...run, results: { ...run.results, analyses, multiplicity } });
    expect(text).toContain(
      "those of “Individually randomised clients, adjusted” and “Stepped wedge, adjusted”, together",
    );
    expect(text).toContain("Effect as randomised: Both designs together, adjusted: ");
  });

  it("is linked to from the estimand by the titles of the analysis and its part", async () => {
    expect(await page(trial([diagram]))).toContain(
      '<a href="#analysis-itt-joint">Effect as randomised: Both designs together, adjusted</a>',
    );
  });
});

describe("participants and rows", () => {
  it("come last where there is a diagram of the flow, else first", async () => {
    const [withDiagram, without] = [await page(trial([diagram])), await page(trial([]))];
    expect(withDiagram.indexOf('id="rows"')).toBeGreaterThan(withDiagram.indexOf('id="analysis-harms"'));
    expect(without.indexOf('id="rows"')).toBeLessThan(without.indexOf('id="trial-itt"'));
  });

  it("name analyses by their titles, many parts by their number", async () => {
    const text = await page(trial([diagram]));
    expect(text).toContain("used and excluded. Effect as randomised (3 analyses); Harms<");
    expect(text).not.toContain("used and excluded. itt");
  });
});
