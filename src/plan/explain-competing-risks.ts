/** Analyses of competing risks in words. English. */
import { type Formula, renderTerm } from "../formula/formula.js";
import type { CompetingRisksAnalysis, FineGrayAnalysis } from "./plan.js";

/** @param unit  Of the times that the plan gives: ` (weeks)`. */
export function competingRisksInWords(analysis: CompetingRisksAnalysis, formula: Formula, unit: string): string[] {
  const { ci, times, rmtl, rho } = analysis;
  const groups = formula.fixed.terms.map((term) => renderTerm(formula.fixed, term));
  const strata = formula.special.flatMap((term) => (term.kind === "strata" ? term.columns : []));
  const horizons = [rmtl ?? []].flat();
  const scale = { "log-log": "log-log scale, log(−log F)", log: "log scale, log F", plain: "plain scale, F" }[ci];
  return [
    `  Groups: ${groups.length === 0 ? "none; one curve for each cause" : `a curve of each cause for each level of ${groups.join(" and ")}`}.`,
    `  Intervals of incidence: on the ${scale}.`,
    ...(times.length === 0
      ? []
      : [`  Incidence of each cause, and the share without any event, at: ${times.join(", ")}${unit}.`]),
    ...(horizons.length === 0
      ? []
      : [`  Restricted mean time lost to each cause up to: ${horizons.join(", ")}${unit}, with differences.`]),
    ...(groups.length === 0
      ? []
      : [
          `  Test: Gray's, of each cause${rho === 0 ? "" : `, weights (1 − F)^${rho}`}${strata.length === 0 ? "" : `, stratified by ${strata.join(" and ")}`}.`,
        ]),
  ];
}

/** @param unit  Of the times that the plan gives: ` (weeks)`. */
export function fineGrayInWords(analysis: FineGrayAnalysis, formula: Formula, unit: string): string[] {
  const { event, vcov, df, times, of } = analysis;
  const terms = formula.fixed.terms.map((term) => renderTerm(formula.fixed, term));
  const cluster = formula.special.flatMap((term) => (term.kind === "cluster" ? [term.column] : []))[0];
  const kind = {
    robust: "sandwich",
    "kauermann-carroll": "sandwich corrected by Kauermann and Carroll",
    "mancl-derouen": "sandwich corrected by Mancl and DeRouen",
  }[vcov];
  const by = cluster === undefined ? "" : `, robust to dependence within the levels of ${cluster}`;
  const tests = df === "clusters" ? "t with clusters less coefficients degrees of freedom" : "normal distribution";
  const strata = analysis["censoring-strata"];
  return [
    `  Event of interest: ${event}.`,
    `  Effects: ${terms.length === 0 ? "none" : terms.join("; ")}.`,
    `  Censoring: ${strata === undefined ? "one distribution for all" : `a distribution for each level of ${strata}`}.`,
    `  Standard errors and tests: ${kind}${by}, the estimated distribution of censoring counted in; ${tests}.`,
    ...(times.length === 0
      ? []
      : [`  Predicted incidence${of === undefined ? "" : ` for each level of ${of}`} at: ${times.join(", ")}${unit}.`]),
    ...(analysis["cause-specific"]
      ? ["  Beside: cause-specific hazard ratios of every cause, by Cox models (Efron's ties) of the same rows."]
      : []),
  ];
}
