import { describe, expect, it } from "vitest";
import type { AnalysisDisplay, AnalysisResult } from "../../src/analysis/results.js";
import { html } from "../../src/report/html.js";
import { primaryTable, renderPrimaryResults } from "../../src/report/primary-result.js";
import { numbering } from "../../src/report/report-table.js";
import { texts } from "../../src/report/texts.js";
import { jointEstimates, wedgeDisplayOf } from "../figure/example-wedge.js";
import { beatTheBlues } from "./example-runs.js";

const [result] = beatTheBlues.results.analyses;
const [display] = beatTheBlues.displays;
const at = (visit: string): AnalysisDisplay => ({
  ...display!,
  part: { kind: "individual", primary: { column: "month", visit, unit: "months" } },
});
const link = html`<a href="#analysis-primary">Primary</a>`;

describe("primaryTable", () => {
  it("has the difference at the primary visit alone", () => {
    const all = primaryTable(result!, display!, texts.en)!;
    const { rows } = primaryTable(result!, at("5"), texts.en)!;
    expect(all.rows.length).toBeGreaterThan(1);
    expect(rows).toHaveLength(1);
    expect(all.rows.map(({ header }) => header)).toContain(rows[0]!.header);
    expect(rows[0]!.header).toMatch(/5$/);
  });

  it("has the designs and both together at the primary visit", () => {
    const estimates = jointEstimates(["month=6", "month=12"]);
    const joint: AnalysisResult = { ...result!, model: "joint", estimates };
    const shown: AnalysisDisplay = {
      ...wedgeDisplayOf([]),
      part: { kind: "joint", primary: { column: "month", visit: "12", unit: "months" } },
    };
    const { rows } = primaryTable(joint, shown, texts.en)!;
    expect(rows.filter(({ indented }) => indented !== true).map(({ header }) => header)).toEqual([
      "month 12 (primary)",
    ]);
    expect(rows).toHaveLength(6);
  });

  it("is none where the answer is no comparison", () => {
    expect(primaryTable({ ...result!, estimates: [] }, display!, texts.en)).toBeNull();
  });
});

describe("renderPrimaryResults", () => {
  const render = (one: AnalysisResult) =>
    renderPrimaryResults([{ result: one, display: at("5"), link }], numbering(), texts.sv)!.html;

  it("has the link, the method and the table", () => {
    expect(render(result!)).toContain("Primärt resultat");
    expect(render(result!)).toContain('<a href="#analysis-primary">');
    expect(render(result!)).toContain("Kenward–Roger");
    expect(render(result!)).toContain("Tabell 1.");
  });

  it("says why there are no numbers", () => {
    const failed = { ...result!, status: "not-estimated", reason: "It failed.", reasonSv: "Det gick inte." } as const;
    expect(render(failed)).toContain("Det gick inte.");
    expect(render(failed)).not.toContain("<table");
  });

  it("is nothing without a primary analysis", () => {
    expect(renderPrimaryResults([], numbering(), texts.en)).toBeNull();
  });
});
