/** The covariance of repeated measures as one square: variances, covariances below them, correlations above. */
import type { AnalysisDisplay } from "../analysis/results.js";
import { columnLabel } from "../figure/estimate-name.js";
import type { Estimate } from "../inference/estimate.js";
import { decimalsForDigits, estimateDecimals, formatNumber } from "./format-number.js";
import type { ReportTable } from "./report-table.js";
import type { Texts } from "./texts.js";

/** Correlations share one scale, so they share their decimals. */
const CORRELATION_DECIMALS = 2;

/** Whether an estimate is an element of the covariance or the correlation matrix of repeated measures. */
export const isVisitCovariance = ({ name, measure }: Estimate, { covariance }: AnalysisDisplay): boolean =>
  covariance !== undefined && (measure === "covariance" || measure === "correlation") && name.startsWith(`${measure}:`);

/**
 * @param estimates  `covariance:` for each pair of K visits with u ≤ v, row by row, then `correlation:` for each pair
 *                   with u < v: a level may hold a comma, so that the order tells the pairs, not the names.
 */
export function covarianceTable(
  estimates: readonly Estimate[],
  hasRandomEffects: boolean,
  { covariance, outcome, labels }: AnalysisDisplay,
  texts: Texts,
): ReportTable {
  const { numbers, figure } = texts;
  const covariances = estimates.filter(({ measure }) => measure === "covariance");
  const correlations = estimates.filter(({ measure }) => measure === "correlation");
  const K = Math.round((Math.sqrt(8 * covariances.length + 1) - 1) / 2);
  const each = Array.from({ length: K }, (_, u) => u);
  // Where row u of the upper triangle begins, with its diagonal; without it there are u fewer before.
  const startOf = (u: number): number => u * K - (u * (u - 1)) / 2;
  const covarianceOf = (u: number, v: number): Estimate => covariances[startOf(u) + v - u]!;
  const correlationOf = (u: number, v: number): Estimate => correlations[startOf(u) - u + v - u - 1]!;
  const variances = each.map((u) => covarianceOf(u, u));
  const places = Math.max(0, ...variances.map(({ estimate, se }) => estimateDecimals(estimate, se)));
  const deviations = variances.map(({ estimate }) => (estimate === null ? null : Math.sqrt(estimate)));
  const ofDeviations = Math.max(0, ...deviations.map((sd) => decimalsForDigits(sd, 2)));
  const cell = (u: number, v: number): string =>
    u < v
      ? formatNumber(correlationOf(u, v).estimate, CORRELATION_DECIMALS, numbers)
      : formatNumber(covarianceOf(v, u).estimate, places, numbers);
  const visits = variances.map(({ name }) => visitOf(name));
  const { visit = "", participant = "" } = covariance ?? {};
  const visitLabel = columnLabel(visit, labels);
  return {
    caption: texts.covariance.caption(
      figure.withUnit(outcome.name, outcome.unit),
      visitLabel,
      columnLabel(participant, labels),
    ),
    columns: [visitLabel, ...visits, texts.covariance.sd],
    ragged: true,
    rows: each.map((u) => ({
      header: visits[u]!,
      cells: [...each.map((v) => cell(u, v)), formatNumber(deviations[u]!, ofDeviations, numbers)],
    })),
    footnotes: [texts.covariance.layout, hasRandomEffects ? texts.covariance.givenRandomEffects : ""],
  };
}

/** V of `covariance:V,V`, whatever V holds. */
function visitOf(name: string): string {
  const pair = name.slice("covariance:".length);
  return pair.slice(0, (pair.length - 1) / 2);
}
