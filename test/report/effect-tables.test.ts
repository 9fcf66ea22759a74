import { describe, expect, it } from "vitest";
import type { MultiplicityResult } from "../../src/analysis/results.js";
import { parseEstimateName } from "../../src/figure/estimate-name.js";
import type { Estimate } from "../../src/inference/estimate.js";
import { effectsTable, multiplicityTable, standardisedTable, testLabel } from "../../src/report/effect-tables.js";
import { renderReport } from "../../src/report/render-report.js";
import { texts } from "../../src/report/texts.js";
import { beatTheBlues, HOSTILE } from "./example-runs.js";

const named = (name: string, measure: string, values: Partial<Estimate> = {}) => ({
  name: parseEstimateName(name, []),
  estimate: {
    name,
    measure,
    unit: null,
    estimate: null,
    se: null,
    df: null,
    statistic: null,
    p: null,
    lower: null,
    upper: null,
    level: 0.95,
    ...values,
  },
});
const display = beatTheBlues.displays[0]!;

describe("effectsTable", () => {
  const g = named("hedges-g:arm[FIT]-arm[TAU]", "hedges-g", { estimate: -0.4461, lower: -0.8459, upper: -0.044 });

  it("names the measure, and in its caption the arms when there is one comparison", () => {
    const table = effectsTable([g], display, texts.en);
    expect(table.rows).toEqual([{ header: "Hedges’ g", cells: ["−0.45", "[−0.85,\u00a0−0.04]", "–"] }]);
    expect(table.caption).toContain("FIT − TAU");
    expect(table.footnotes[0]).toContain("pooled within arms");
  });

  it("names the arms in each row when there are several", () => {
    const other = named(`hedges-g:arm[${HOSTILE}]-arm[TAU]`, "hedges-g", { estimate: 0.1 });
    const table = effectsTable([g, other], display, texts.sv);
    expect(table.rows.map(({ header }) => header)).toEqual(["FIT − TAU: Hedges g", `${HOSTILE} − TAU: Hedges g`]);
    expect(table.rows[1]!.cells).toEqual(["0,10", "–", "–"]);
  });

  it("has its own footnote for risks", () => {
    const risk = named("risk-difference:arm[FIT]-arm[TAU]", "risk-difference", {
      estimate: 0.2,
      lower: 0.05,
      upper: 0.33,
    });
    expect(effectsTable([risk], display, texts.en).footnotes[0]).toContain("Newcombe");
  });
});

describe("the number needed", () => {
  const needed = (sign: 1 | -1) => {
    const limits: [number, number] = sign === 1 ? [3.1, 12.4] : [-12.4, -3.1];
    return [
      named("risk-difference:arm[FIT]-arm[TAU]", "risk-difference", { estimate: sign * 0.2 }),
      named("number-needed-to-treat:arm[FIT]-arm[TAU]", "number-needed-to-treat", {
        estimate: sign * 5,
        lower: limits[0],
        upper: limits[1],
      }),
    ];
  };
  const outcome = { name: "dropout", unit: null };
  const table = (sign: 1 | -1, better: "lower" | "higher" | null, language: "en" | "sv" = "en") =>
    effectsTable(needed(sign), { ...display, outcome: { ...outcome, better } }, texts[language]);

  it.each([
    ["a bad event more often", 1, "lower", "Number needed to harm"],
    ["a good event less often", -1, "higher", "Number needed to harm"],
    ["a bad event less often", -1, "lower", "Number needed to treat"],
    ["a good event more often", 1, "higher", "Number needed to treat"],
  ] as const)("of %s has its name, and no sign", (_, sign, better, header) => {
    const { rows, footnotes } = table(sign, better);
    expect(rows[1]).toEqual({ header, cells: ["5.0", "[3.1,\u00a012.4]", "–"] });
    expect(footnotes[0]).toContain("for one more to be harmed");
    expect(footnotes[0]).not.toContain("negative");
  });

  it("keeps its sign where the plan does not say which direction is better", () => {
    const { rows, footnotes } = table(-1, null);
    expect(rows[1]).toEqual({ header: "Number needed to treat", cells: ["−5.0", "[−12.4,\u00a0−3.1]", "–"] });
    expect(footnotes[0]).toContain("negative for one event fewer");
  });

  it("is named in Swedish, and without bounds has none", () => {
    expect(table(1, "lower", "sv").rows[1]!.header).toBe("Antal som behöver behandlas för att en ska skadas (NNH)");
    expect(table(-1, "lower", "sv").rows[1]!.header).toBe("Antal som behöver behandlas (NNT)");
    const unbounded = named("number-needed-to-treat:arm[FIT]-arm[TAU]", "number-needed-to-treat", { estimate: -20 });
    const { rows } = effectsTable([unbounded], { ...display, outcome: { ...outcome, better: "higher" } }, texts.en);
    expect(rows[0]).toEqual({ header: "Number needed to harm", cells: ["20.0", "–", "–"] });
    const none = named("number-needed-to-treat:arm[FIT]-arm[TAU]", "number-needed-to-treat");
    expect(
      effectsTable([none], { ...display, outcome: { ...outcome, better: "lower" } }, texts.en).rows[0]!.header,
    ).toBe("Number needed to treat");
  });

  it("does not change other measures", () => {
    expect(table(-1, "lower").rows[0]!.cells[0]).toBe("−0.200");
  });
});

describe("standardisedTable", () => {
  it.each(["baseline", "total", "control", "residual"])("its footnote names the %s SD, in both languages", (kind) => {
    const measure = `standardised-difference-${kind}-sd`;
    const row = named("standardised:arm[FIT]-arm[TAU]@visit=6", measure, {
      estimate: 0.3,
      se: 0.1,
      lower: 0.1,
      upper: 0.5,
    });
    for (const language of ["en", "sv"] as const) {
      const table = standardisedTable([row], display, texts[language]);
      expect(table.rows[0]!.header).toBe("FIT − TAU, visit 6");
      expect(table.footnotes[0]).toBe(texts[language].effects.standardised.denominators[measure]);
      expect(table.footnotes[0]).toMatch(/standard/);
    }
  });
});

describe("multiplicityTable", () => {
  const family: MultiplicityResult = {
    family: HOSTILE,
    method: "holm",
    level: 0.05,
    estimates: [
      { analysis: "a", name: "contrast:arm[FIT]-arm[TAU]@visit=6", p: 0.01, adjusted: 0.02, rejected: true },
      { analysis: "a", name: "coefficient:arm[FIT]", p: null, adjusted: null, rejected: false },
    ],
    problems: [{ code: "multiplicity.no-p", severity: "warning", message: "No p.", messageSv: "Inget p." }],
  };

  it("has p before and after, and the verdict; says how a missing p counts", () => {
    const label = (id: string, name: string) => `${id}: ${testLabel(parseEstimateName(name, []), texts.en)}`;
    const table = multiplicityTable(family, label, texts.en);
    expect(table.rows).toEqual([
      { header: "a: FIT − TAU, visit 6", cells: ["0.010", "0.020", "yes"] },
      { header: "a: arm: FIT", cells: ["–", "–", "no"] },
    ]);
    expect(table.footnotes).toEqual([texts.en.effects.multiplicity.footnote]);
  });

  it("is in the report after the analyses, with hostile names made harmless", async () => {
    const run = { ...beatTheBlues, results: { ...beatTheBlues.results, multiplicity: [family] } };
    const page = await renderReport(run, { language: "sv", figures: [], vegaRuntime: null });
    expect(page).toContain('<section id="multiplicity">');
    expect(page).toContain("p-värden justerade enligt Holm, nivå 0,05");
    expect(page).not.toContain(HOSTILE);
  });
});
