import { expect, test } from "vitest";
import {
  coefficientsTable,
  componentsTable,
  differencesTable,
  meansTable,
  sortEstimates,
  testsTable,
} from "../../src/report/estimate-tables.js";
import { texts } from "../../src/report/texts.js";
import { hardCases, primaryDisplay, primaryResult } from "./example-runs.js";

const sorted = sortEstimates(primaryResult, primaryDisplay);

test("every estimate is in one table", () => {
  const { differences, means, coefficients, components, tests, other } = sorted;
  expect([differences, means, coefficients, components, tests, other].map((rows) => rows.length)).toEqual([
    4, 8, 6, 3, 0, 0,
  ]);
});

test("differences have estimate, SE, interval, df, t and p with the same decimals", () => {
  const table = differencesTable(sorted.differences, primaryDisplay, texts.en);
  expect(table.columns).toEqual(["Comparison", "Difference", "SE", "95% CI", "df", "t", "p"]);
  expect(table.rows[0]).toEqual({
    header: "BtheB \u2212 TAU, month 2",
    cells: ["\u22123.1", "1.8", "[\u22126.7,\u00a00.5]", "94.2", "\u22121.73", "0.086"],
  });
  expect(table.caption).toBe("Adjusted mean differences in bdi (points)");
});

test("means are not tested against zero", () => {
  expect(meansTable(sorted.means, primaryDisplay, texts.sv).columns).toEqual([
    "Medelvärde",
    "Skattning",
    "SE",
    "95\u00a0% KI",
    "fg",
  ]);
});

test("coefficients name their terms, units other than the outcome's, and reference levels", () => {
  const table = coefficientsTable(sorted.coefficients, primaryDisplay, texts.en);
  expect(table.rows.map(({ header, note }) => [header, note])).toEqual([
    ["Intercept", undefined],
    ["BDI-II before treatment", "points per point"],
    ["month", "points per month"],
    ["treatment: BtheB", undefined],
    ["drug: Yes", undefined],
    ["duration: over_6m", undefined],
  ]);
  expect(table.rows[1]!.cells[0]).toBe("0.640");
  expect(table.rows[1]!.cells.at(-1)).toBe("<\u00a00.001");
  expect(table.footnotes[0]).toBe("Reference levels: treatment TAU, drug No and duration under_6m.");
});

test("components tell groups that hold a colon from their terms", () => {
  const singular = hardCases.results.analyses[1]!;
  const display = hardCases.displays[1]!;
  const table = componentsTable(sortEstimates(singular, display).components, display, texts.en);
  expect(table.rows.map(({ header, cells }) => [header, cells[0], cells[1]])).toEqual([
    ["clinic: Intercept", "Standard deviation (points)", "0"],
    ["clinic × therapist: Intercept", "Standard deviation (points)", "2.41"],
    ["clinic × therapist: month", "Standard deviation (points per month)", "0.0734"],
    ["clinic × therapist: Intercept and month", "Correlation", "\u22120.41"],
    ["Residual", "Standard deviation (points)", "5.03"],
    ["clinic", "Intracluster correlation", "0.000"],
  ]);
});

test("shares of the variance of nested groups say that they add up", () => {
  const nested = hardCases.results.analyses[1]!;
  const display = hardCases.displays[1]!;
  const icc = nested.estimates.find(({ name }) => name === "icc:clinic")!;
  const footnotes = (names: readonly string[]) => {
    const estimates = names.map((name) => ({ ...icc, name }));
    return componentsTable(sortEstimates({ ...nested, estimates }, display).components, display, texts.en).footnotes;
  };
  expect(footnotes(["icc:clinic", "icc:clinic:therapist"])[0]).toMatch(/own share of the variance.*sum/);
  expect(footnotes(["icc:clinic", "icc:therapist"])).toEqual(["CI, confidence interval."]);
});

test("tests without degrees of freedom are z, and joint tests are F", () => {
  const noArm = hardCases.results.analyses[3]!;
  const z = coefficientsTable(
    sortEstimates(noArm, hardCases.displays[3]!).coefficients,
    hardCases.displays[3]!,
    texts.en,
  );
  expect(z.columns).toEqual(["Term", "Estimate", "SE", "95% CI", "z", "p"]);
  const four = sortEstimates(hardCases.results.analyses[2]!, hardCases.displays[2]!);
  expect(testsTable(four.tests, hardCases.displays[2]!, texts.en).rows[0]!.cells).toEqual(["3.20", "2; 41.2", "0.020"]);
});

test("coefficients in the outcome's unit share their decimals, slopes have their own", () => {
  const [model] = sorted.coefficients;
  const named = (term: string, estimate: number, se: number) => ({
    estimate: {
      ...model!.estimate,
      name: `coefficient:${term}`,
      estimate,
      se,
      lower: estimate - se,
      upper: estimate + se,
    },
    name: { kind: "coefficient" as const, term },
  });
  const rows = [
    named("(Intercept)", -0.9, 2.04),
    named("arm[A]", -2.1, 1.01),
    named("factor(visit)[w1]", 1.25, 0.97),
    named("arm[A]:factor(visit)[w1]", -5.5, 0.97),
    named("base", 0.98, 0.042),
    named("arm[A]:base", 0.5, 0.13),
    named("arm[B]:base", 0.5, 0.051),
  ];
  const shown = coefficientsTable(rows, primaryDisplay, texts.en).rows.map(({ cells }) => cells.slice(0, 3));
  expect(shown).toEqual([
    ["\u22120.90", "2.04", "[\u22122.94,\u00a01.14]"],
    ["\u22122.10", "1.01", "[\u22123.11,\u00a0\u22121.09]"],
    ["1.25", "0.97", "[0.28,\u00a02.22]"],
    ["\u22125.50", "0.97", "[\u22126.47,\u00a0\u22124.53]"],
    ["0.980", "0.042", "[0.938,\u00a01.022]"],
    ["0.500", "0.130", "[0.370,\u00a00.630]"],
    ["0.500", "0.051", "[0.449,\u00a00.551]"],
  ]);
});
