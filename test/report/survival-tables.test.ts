import { describe, expect, it } from "vitest";
import type { AnalysisDisplay } from "../../src/analysis/results.js";
import { parseEstimateName } from "../../src/figure/estimate-name.js";
import { figures } from "../../src/figure/figures.js";
import type { Estimate } from "../../src/inference/estimate.js";
import { sortEstimates } from "../../src/report/estimate-tables.js";
import { renderReport } from "../../src/report/render-report.js";
import {
  atRiskTable,
  eventComparisonsTable,
  eventTable,
  eventTests,
  hazardRatiosTable,
  proportionalHazardsTable,
} from "../../src/report/survival-tables.js";
import { texts } from "../../src/report/texts.js";
import { incidenceCurves, madeUpRows, schoenfeldTerm, survivalCurves } from "../figure/example-event-curves.js";
import { beatTheBlues, primaryDisplay } from "./example-runs.js";

const none = { unit: null, se: null, df: null, statistic: null, p: null, lower: null, upper: null, level: 0.95 };
const estimate = (name: string, measure: string, more: Partial<Estimate>): Estimate => ({
  name,
  measure,
  estimate: null,
  ...none,
  ...more,
});
const named = (estimates: readonly Estimate[]) =>
  estimates.map((one) => ({ estimate: one, name: parseEstimateName(one.name, []) }));

const rows = madeUpRows(120, 2, 1);
const curves = survivalCurves(rows, { groups: ["TAU", "FIT"], causes: ["dropout"] });
const display: AnalysisDisplay = {
  ...primaryDisplay,
  outcome: { name: "time", unit: "weeks", better: null },
  differences: [],
  references: [{ column: "arm", level: "TAU" }],
  labels: { arm: "Study arm" },
  curves: [curves],
  survival: { event: "dropout", intervals: "log-log", rho: 0, events: 57 },
};
const at = (value: number, half: number) => ({ estimate: value, lower: value - half, upper: value + half });
const survival = [
  estimate("survival:arm[TAU]@12", "survival", { ...at(0.83, 0.06), se: 0.03 }),
  estimate("median:arm[TAU]", "median", { lower: 44.6 }),
  estimate("rmst:arm[TAU]@52", "rmst", { ...at(39.2, 3.7), se: 1.9, unit: "weeks" }),
  estimate("survival:arm[FIT]@12", "survival", { ...at(0.89, 0.06), se: 0.03 }),
  estimate("median:arm[FIT]", "median", { estimate: 47.5, lower: 30 }),
  estimate("rmst:arm[FIT]@52", "rmst", { ...at(42.6, 3.3), se: 1.7, unit: "weeks" }),
];
const difference = estimate("rmst-difference:arm[FIT]-arm[TAU]@52", "rmst-difference", {
  ...at(3.4, 5),
  se: 2.5,
  p: 0.173,
});
const ratio = estimate("rmst-ratio:arm[FIT]/arm[TAU]@52", "rmst-ratio", { ...at(1.09, 0.1), se: 0.06, p: 0.177 });
const logRank = estimate("test:log-rank", "chi-squared", { statistic: 1.562, df: 1, p: 0.2114 });

describe("Kaplan–Meier", () => {
  it("has groups side by side: counts, survival, median and restricted mean", () => {
    const table = eventTable(named(survival), display, texts.en);
    const count = (group: number, event?: number) =>
      String(rows.group.filter((g, i) => g === group && (event === undefined || rows.event[i] === event)).length);
    expect(table.columns).toEqual(["Quantity", "TAU", "FIT"]);
    expect(table.rows.map(({ header, cells }) => [header, ...cells])).toEqual([
      ["n", count(0), count(1)],
      ["Events", count(0, 1), count(1, 1)],
      ["Probability at 12 weeks", "0.83 [0.77,\u00a00.89]", "0.89 [0.83,\u00a00.95]"],
      ["Median time (weeks)", "not reached [44.6,\u00a0–]", "47.5 [30.0,\u00a0–]"],
      ["Restricted mean time to 52 weeks", "39.2 [35.5,\u00a042.9]", "42.6 [39.3,\u00a045.9]"],
    ]);
    expect(table.footnotes.join(" ")).toContain("Not reached");
  });

  it("of one curve has one column; of many, groups under each quantity", () => {
    const alone = survivalCurves(rows, { groups: [""], causes: ["dropout"] });
    const all = eventTable(
      named([estimate("survival:all@12", "survival", at(0.8, 0.1))]),
      { ...display, curves: [alone] },
      texts.en,
    );
    expect(all.columns).toEqual(["Quantity", "All"]);
    expect(all.rows.at(-1)!.cells).toEqual(["0.80 [0.70,\u00a00.90]"]);
    const groups = [..."ABCDE"];
    const many = survivalCurves(madeUpRows(100, 5, 1), { groups, causes: ["dropout"] });
    const table = eventTable(
      named(groups.map((group) => estimate(`survival:arm[${group}]@12`, "survival", at(0.8, 0.1)))),
      { ...display, curves: [many] },
      texts.en,
    );
    expect(table.columns).toEqual(["Quantity", "Estimate"]);
    expect(table.rows.slice(-6).map(({ header }) => header)).toEqual(["Probability at 12 weeks", ...groups]);
  });

  it("says the test with its df in a sentence", () => {
    expect(eventTests(named([logRank]), texts.en)).toEqual(["Log-rank test: χ² = 1.56, df 1, p = 0.211."]);
    expect(eventTests(named([logRank]), texts.sv)).toEqual(["Log-rank-test: χ² = 1,56, fg 1, p = 0,211."]);
  });

  it("compares restricted means by difference and by ratio", () => {
    const table = eventComparisonsTable(named([difference, ratio]), display, texts.en);
    expect(table.rows.map(({ header, cells }) => [header, ...cells])).toEqual([
      ["Restricted mean time to 52 weeks, FIT \u2212 TAU", "3.4", "[\u22121.6,\u00a08.4]", "0.173"],
      ["Restricted mean time to 52 weeks, FIT / TAU", "1.09", "[0.99,\u00a01.19]", "0.177"],
    ]);
  });

  it("has the comparisons of each cause under its name", () => {
    const of = (cause: string) =>
      estimate(`incidence-difference:arm[FIT]-arm[TAU]:${cause}@52`, "incidence-difference", at(0.1, 0.05));
    const { rows } = eventComparisonsTable(named([of("dropout"), of("moved")]), display, texts.en);
    expect(rows.map(({ header, indented = false, cells }) => [header, indented, cells[0]])).toEqual([
      ["dropout", false, ""],
      ["Incidence at 52 weeks, FIT \u2212 TAU", true, "0.100"],
      ["moved", false, ""],
      ["Incidence at 52 weeks, FIT \u2212 TAU", true, "0.100"],
    ]);
  });

  it("levels of several columns are joined as the curves have them", () => {
    expect(parseEstimateName("survival:arm[FIT],sex[man]@12", [])).toMatchObject({ group: "FIT, man", time: "12" });
    expect(parseEstimateName("rmst-difference:arm[FIT],sex[man]-arm[TAU],sex[man]@12", [])).toMatchObject({
      level: "FIT, man",
      reference: "TAU, man",
    });
  });
});

describe("numbers at risk", () => {
  it("says the unit in the report's language, beside differences of mean times and not beside ratios", () => {
    const difference = estimate("rmst-difference:arm[FIT]-arm[TAU]@52", "rmst-difference", { estimate: -3, se: 2 });
    const ratio = estimate("rmst-ratio:arm[FIT]/arm[TAU]@52", "rmst-ratio", { estimate: 0.9, se: 0.1 });
    const { rows: shown } = eventComparisonsTable(named([difference, ratio]), display, texts.sv);
    expect(shown.map(({ header }) => header)).toEqual([
      "Begränsad medeltid till 52 veckor, FIT − TAU",
      "Begränsad medeltid till 52 veckor, FIT / TAU",
    ]);
    expect(shown.map(({ note }) => note)).toEqual(["veckor", undefined]);
  });

  it("are the counts of the figure, with events so far", () => {
    const table = atRiskTable(curves, texts.sv)!;
    const [tau] = curves.atRisk!.groups;
    expect(table.columns).toEqual(["time (veckor)", ...curves.atRisk!.times.map(String)]);
    expect(table.rows[0]!.header).toBe("TAU");
    expect(table.rows[1]).toMatchObject({ header: "Antal under risk", cells: tau!.atRisk.map(String) });
    expect(table.rows[2]!.cells).toEqual(tau!.cumulativeEvents[0]!.counts.map(String));
  });

  it("have no table for predicted curves", () => {
    expect(atRiskTable({ ...curves, source: "predicted", atRisk: null }, texts.en)).toBeNull();
  });
});

describe("competing risks", () => {
  const causes = ["dropout", "planned"];
  const incidence = incidenceCurves(madeUpRows(100, 2, 2), { groups: ["TAU", "FIT"], causes });
  const estimates = causes.flatMap((cause) =>
    ["TAU", "FIT"].flatMap((arm) => [
      estimate(`incidence:arm[${arm}]:${cause}@4`, "incidence", at(0.1, 0.05)),
      estimate(`incidence:arm[${arm}]:${cause}@12`, "incidence", at(0.3, 0.1)),
    ]),
  );

  it("have the times of each cause under its name", () => {
    const table = eventTable(named(estimates), { ...display, curves: [incidence] }, texts.en);
    expect(table.rows.map(({ header }) => header)).toEqual([
      "n",
      "Events, dropout",
      "Events, planned",
      "dropout",
      "Incidence at 4 weeks",
      "Incidence at 12 weeks",
      "planned",
      "Incidence at 4 weeks",
      "Incidence at 12 weeks",
    ]);
    const [group] = incidence.atRisk!.groups;
    expect(table.rows[1]!.cells[0]).toBe(String(group!.eventsByCause[0]!.count));
  });

  it("have Gray's test of each cause", () => {
    const gray = estimate("test:gray:planned", "chi-squared", { statistic: 0.5, df: 1, p: 0.0001 });
    expect(eventTests(named([gray]), texts.en)).toEqual(["Gray’s test, planned: χ² = 0.50, df 1, p <\u00a00.001."]);
  });
});

describe("Cox", () => {
  const hazards = [
    estimate("hazard-ratio:arm[FIT]", "hazard-ratio", {
      estimate: 0.715,
      lower: 0.415,
      upper: 1.231,
      se: 0.28,
      p: 0.226,
    }),
    estimate("hazard-ratio:age", "hazard-ratio", { estimate: 0.9942, lower: 0.981, upper: 1.0078, se: 0.007, p: 0.4 }),
  ];
  const tests = [
    estimate("proportional-hazards:age", "chi-squared", { statistic: 0.188, df: 1, p: 0.664 }),
    estimate("proportional-hazards:GLOBAL", "chi-squared", { statistic: 4.46, df: 3, p: 0.216 }),
  ];

  it("has hazard ratios with intervals and p, three decimals where two hide the interval", () => {
    const table = hazardRatiosTable(named(hazards), display, texts.en);
    expect(table.columns).toEqual(["Term", "Hazard ratio [95% CI]", "p"]);
    expect(table.rows.map(({ header, cells }) => [header, ...cells])).toEqual([
      ["Study arm: FIT", "0.71 [0.41,\u00a01.23]", "0.226"],
      ["age", "0.994 [0.981,\u00a01.008]", "0.400"],
    ]);
    expect(table.footnotes[0]).toBe("Reference level: Study arm TAU.");
    expect(table.footnotes[1]).toMatch(/^Intervals and p: normal distribution \(z\), df ∞;/);
    const few = hazards.map((one) => ({ ...one, df: 10 }));
    expect(hazardRatiosTable(named(few), display, texts.sv).footnotes[1]).toMatch(/t-fördelning, 10,0 fg;/);
    // Degrees of freedom that differ between rows stand in the table of coefficients.
    const mixed = hazards.map((one, i) => ({ ...one, df: 10 + i }));
    expect(hazardRatiosTable(named(mixed), display, texts.en).footnotes[1]).toBe("");
  });

  it("has Fine–Gray beside cause-specific hazard ratios, in columns", () => {
    const both = named([
      estimate("subdistribution-hazard-ratio:age", "subdistribution-hazard-ratio", { ...at(0.9, 0.2), p: 0.3 }),
      estimate("cause-specific-hazard-ratio:age", "cause-specific-hazard-ratio", { ...at(0.8, 0.2), p: 0.1 }),
    ]);
    const table = hazardRatiosTable(both, display, texts.sv);
    expect(table.columns.slice(1)).toEqual([
      "Subdistributionshazardkvot [95\u00a0% KI]",
      "p",
      "Orsaksspecifik hazardkvot [95\u00a0% KI]",
      "p",
    ]);
    expect(table.rows).toHaveLength(1);
    expect(table.rows[0]!.cells).toEqual(["0,90 [0,70;\u00a01,10]", "0,300", "0,80 [0,60;\u00a01,00]", "0,100"]);
  });

  it("has causes under each other when they are many, told from terms by the model's causes", () => {
    const ratio = (name: string, measure: string) =>
      estimate(`${measure}:${name}`, measure, { ...at(0.9, 0.2), p: 0.3 });
    const ofModel = { ...display, survival: { cause: "dropout", competing: ["planned"], events: 57 } };
    const rows = named([
      ratio("arm[FIT]", "subdistribution-hazard-ratio"),
      ratio("dropout:arm[FIT]", "cause-specific-hazard-ratio"),
      ratio("planned:arm[FIT]", "cause-specific-hazard-ratio"),
    ]);
    const table = hazardRatiosTable(rows, ofModel, texts.en);
    expect(table.columns).toEqual(["Term", "Ratio [95% CI]", "p"]);
    expect(table.rows.map(({ header }) => header)).toEqual([
      "Subdistribution hazard ratio",
      "Study arm: FIT",
      "Cause-specific hazard ratio, dropout",
      "Study arm: FIT",
      "Cause-specific hazard ratio, planned",
      "Study arm: FIT",
    ]);
  });

  it("has the hazard ratios of Fine and Gray by their full name", () => {
    const fineGray = { ...beatTheBlues.results.analyses[0]!, model: "fine-gray", estimates: hazards };
    const [first] = sortEstimates(fineGray, display).hazardRatios;
    expect(first!.estimate.measure).toBe("subdistribution-hazard-ratio");
  });

  it("has the tests of proportional hazards, the global one by name", () => {
    const table = proportionalHazardsTable(named(tests), display, texts.en);
    expect(table.rows.map(({ header, cells }) => [header, ...cells])).toEqual([
      ["age", "0.19", "1", "0.664"],
      ["All terms together", "4.46", "3", "0.216"],
    ]);
  });
});

describe("predictions", () => {
  it("are called so, and have the strata and settings of their curves", () => {
    expect(parseEstimateName("survival:arm[FIT]:man@90,age=40", [])).toMatchObject({
      group: "FIT, man, age=40",
      cause: null,
      time: "90",
    });
    const { curves: _, ...withoutCurves } = display;
    const table = eventTable(
      named([estimate("incidence:all:dropout@12", "incidence", at(0.13, 0.04))]),
      withoutCurves,
      texts.en,
    );
    expect(table.caption).toBe("Predicted by the model [95% CI]");
    expect(table.rows.map(({ header, cells }) => [header, ...cells])).toEqual([
      ["dropout", ""],
      ["Incidence at 12 weeks", "0.13 [0.09,\u00a00.17]"],
    ]);
  });
});

describe("the report", () => {
  const result = {
    ...beatTheBlues.results.analyses[0]!,
    model: "kaplan-meier",
    fit: { ...beatTheBlues.results.analyses[0]!.fit!, logLik: null },
    estimates: [...survival, difference, ratio, logRank],
  };
  const shown = { ...display, profile: null, diagnostics: null, schoenfeld: [schoenfeldTerm("arm", 40, 0)] };
  const run = { ...beatTheBlues, results: { ...beatTheBlues.results, analyses: [result] }, displays: [shown] };

  it("has every estimate in one place", () => {
    const { other, eventQuantities, eventComparisons, eventTests: sorted } = sortEstimates(result, shown);
    expect([eventQuantities, eventComparisons, sorted, other].map((list) => list.length)).toEqual([6, 2, 1, 0]);
  });

  it.each(["en", "sv"] as const)("has curves, tables and the test, the same twice: %s", async (language) => {
    const page = async () => {
      const drawn = await figures(run, texts[language].figure);
      return renderReport(run, { language, figures: drawn, vegaRuntime: null });
    };
    const first = await page();
    expect(first).toContain('id="primary-curves-1"');
    expect(first).toContain('id="primary-schoenfeld"');
    expect(first).toContain(language === "en" ? "Log-rank test: " : "Log-rank-test: ");
    expect(first).toContain(
      language === "en" ? "Outcome: dropout, over time (weeks)." : "Utfallsmått: dropout, över time (veckor).",
    );
    expect(first).not.toMatch(/undefined|NaN/);
    expect(await page()).toBe(first);
  });
});
