import { expect, test } from "vitest";
import type { AnalysisDisplay, AnalysisResult } from "../../src/analysis/results.js";
import type { Estimate } from "../../src/inference/estimate.js";
import { covarianceComponents } from "../../src/mixed/covariance-components.js";
import { covarianceTable } from "../../src/report/covariance-table.js";
import { sortEstimates } from "../../src/report/estimate-tables.js";
import { numbering, renderTable } from "../../src/report/report-table.js";
import { texts } from "../../src/report/texts.js";
import { fitFormula } from "../mixed/repeated-frame.js";
import { readReference } from "../reference/reference-case.js";
import { primaryDisplay, primaryResult } from "./example-runs.js";

const display: AnalysisDisplay = {
  ...primaryDisplay,
  covariance: { structure: "us", visit: "visit", participant: "id" },
  labels: { visit: "Month", id: "client" },
};

/** Σ of three visits with SDs 2, 3 and 4 and correlations 0.5, 0.25 and −0.1, in the order of the estimates. */
function estimatesOf(visits: readonly [string, string, string]): Estimate[] {
  const [a, b, c] = visits;
  const none = { unit: null, se: null, df: null, statistic: null, p: null, lower: null, upper: null, level: 0.95 };
  const covariance = (u: string, v: string, estimate: number) => ({
    ...none,
    name: `covariance:${u},${v}`,
    measure: "covariance",
    estimate,
    se: 0.5,
  });
  const correlation = (u: string, v: string, estimate: number) => ({
    ...none,
    name: `correlation:${u},${v}`,
    measure: "correlation",
    estimate,
  });
  return [
    covariance(a, a, 4),
    covariance(a, b, 3),
    covariance(a, c, 2),
    covariance(b, b, 9),
    covariance(b, c, -1.2),
    covariance(c, c, 16),
    correlation(a, b, 0.5),
    correlation(a, c, 0.25),
    correlation(b, c, -0.1),
  ];
}

test("variances on the diagonal, covariances below, correlations above, headed by the visits", () => {
  const table = covarianceTable(estimatesOf(["1", "3", "6"]), false, display, texts.en);
  expect(table.columns).toEqual(["Month", "1", "3", "6", "SD"]);
  expect(table.rows).toEqual([
    { header: "1", cells: ["4.00", "0.50", "0.25", "2.0"] },
    { header: "3", cells: ["3.00", "9.00", "\u22120.10", "3.0"] },
    { header: "6", cells: ["2.00", "\u22121.20", "16.00", "4.0"] },
  ]);
  expect(table.caption).toBe("Covariances and correlations of bdi (points) between levels of Month, within client");
});

test("in Swedish, and given the random effects where there are any", () => {
  const table = covarianceTable(estimatesOf(["1", "3", "6"]), true, display, texts.sv);
  expect(table.rows[2]!.cells).toEqual(["2,00", "\u22121,20", "16,00", "4,0"]);
  expect(table.footnotes).toEqual([
    "Varianser i diagonalen, kovarianser under den, korrelationer över den. SD, standardavvikelse.",
    "Givet slumpeffekterna.",
  ]);
});

test("visits may hold commas and markup", () => {
  const table = covarianceTable(estimatesOf(["a,b", "<script>", ","]), false, display, texts.en);
  expect(table.columns).toEqual(["Month", "a,b", "<script>", ",", "SD"]);
  const page = renderTable(table, numbering(), texts.en).html;
  expect(page).toContain("&lt;script&gt;");
  expect(page).not.toContain("<script>");
  expect(page).not.toContain('class="pad"');
});

test("takes the place of the list among the other estimates, of repeated measures only", () => {
  const { table } = readReference("mmrm-visits");
  const fit = fitFormula(table, "y ~ base + arm * visit + us(visit | id)");
  const result: AnalysisResult = { ...primaryResult, model: "mmrm", estimates: covarianceComponents(fit, 0.95) };
  const sorted = sortEstimates(result, display);
  expect(sorted.covariances).toHaveLength(16);
  expect(sorted.other).toEqual([]);
  expect(sorted.components).toEqual([]);
  const shown = covarianceTable(
    sorted.covariances.map(({ estimate }) => estimate),
    false,
    display,
    texts.en,
  );
  const rounded = (u: number, v: number, digits: number) => {
    const text = fit.sigma.data[u * 4 + v]!.toFixed(digits);
    return text.replace("-", "\u2212");
  };
  shown.rows.forEach(({ cells }, u) => {
    expect(cells.slice(0, u + 1)).toEqual(Array.from({ length: u + 1 }, (_, v) => rounded(u, v, 1)));
    expect(cells[4]).toBe(Math.sqrt(fit.sigma.data[u * 5]!).toFixed(1));
  });
  const { covariance: _, ...gee } = display;
  expect(sortEstimates(result, gee).covariances).toEqual([]);
});
