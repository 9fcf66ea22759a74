/** Analyses of time to an event in words. English. */
import { columnsOf, type Expression, renderExpression } from "../formula/expression.js";
import { type Formula, renderTerm } from "../formula/formula.js";
import { survivalCall } from "../formula/survival-outcome.js";
import { competingRisksInWords, fineGrayInWords } from "./explain-competing-risks.js";
import type { CoxAnalysis, KaplanMeierAnalysis, Plan, SurvivalAnalysis } from "./plan.js";

/** The lines between an analysis's heading and its rows, indented. */
export function survivalInWords(plan: Plan, analysis: SurvivalAnalysis, formula: Formula): string[] {
  return [
    `  Model: ${modelInWords(analysis, formula)}`,
    `  Formula: ${formula.text}`,
    `  Outcome: ${outcomeInWords(plan, analysis, formula)}`,
    ...detailsInWords(plan, analysis, formula),
    ...(analysis.weights === undefined
      ? []
      : [
          `  Weights: ${analysis.weights}${analysis.model === "kaplan-meier" ? "; where all are whole numbers a row" : "; a row"} of weight 2 is two participants.`,
        ]),
  ];
}

function detailsInWords(plan: Plan, analysis: SurvivalAnalysis, formula: Formula): string[] {
  switch (analysis.model) {
    case "kaplan-meier":
      return kaplanMeierInWords(plan, analysis, formula);
    case "cox":
      return coxInWords(plan, analysis, formula);
    case "competing-risks":
      return competingRisksInWords(analysis, formula, timeUnit(plan, formula));
    case "fine-gray":
      return fineGrayInWords(analysis, formula, timeUnit(plan, formula));
  }
}

function modelInWords({ model, weights }: SurvivalAnalysis, formula: Formula): string {
  switch (model) {
    case "kaplan-meier":
      return `Kaplan–Meier estimates of survival; ${kaplanMeierErrorsInWords(weights, formula)}.`;
    case "cox":
      return `Cox proportional hazards regression: log hazard ratios, by ${likelihoodInWords(formula)}.`;
    case "competing-risks":
      return "Aalen–Johansen estimates of cumulative incidence; Aalen's standard errors, as cmprsk.";
    case "fine-gray":
      return "Fine–Gray: proportional hazards of the subdistribution of one cause; weights by the distribution of censoring, Breslow ties, as cmprsk.";
  }
}

function kaplanMeierErrorsInWords(weights: string | undefined, { special }: Formula): string {
  const [cluster] = special.flatMap((term) => (term.kind === "cluster" ? [term.column] : []));
  if (cluster !== undefined) return `standard errors by the infinitesimal jackknife over ${cluster}`;
  return weights === undefined
    ? "Greenwood's standard errors"
    : "Greenwood's standard errors, or where a weight is no whole number those of the infinitesimal jackknife over participants";
}

/** When observation begins and ends, and what the event is. */
function outcomeInWords(plan: Plan, { censored }: SurvivalAnalysis, formula: Formula): string {
  const call = survivalCall(formula);
  if (call === null) return renderExpression(formula.response);
  const from = call.start === null ? "0" : renderExpression(call.start);
  const event = renderExpression(call.event);
  const causes = causesOf(plan, call.event, censored);
  const how = causes === null ? `${event} = 1 the event, 0 censored` : `${event}: ${causes}, ${censored} censored`;
  return `time from ${from} to ${renderExpression(call.time)}${unitInWords(plan, call.time)}; ${how}.`;
}

function causesOf({ columns }: Plan, event: Expression, censored: string | undefined): string | null {
  const column = event.kind === "name" && Object.hasOwn(columns, event.name) ? columns[event.name] : undefined;
  if (column?.type !== "factor") return null;
  return column.levels.filter((level) => level !== censored).join(" or ");
}

function unitInWords({ columns }: Plan, time: Expression): string {
  const [name] = time.kind === "name" ? columnsOf(time) : [];
  const column = name !== undefined && Object.hasOwn(columns, name) ? columns[name] : undefined;
  return column?.type === "number" && column.unit !== undefined ? ` (${column.unit})` : "";
}

/** The unit of the numbers that a plan gives as times. */
function timeUnit(plan: Plan, formula: Formula): string {
  const call = survivalCall(formula);
  return call === null ? "" : unitInWords(plan, call.time);
}

function kaplanMeierInWords(plan: Plan, analysis: KaplanMeierAnalysis, formula: Formula): string[] {
  const { ci, times, quantiles, rmst, rho } = analysis;
  const groups = formula.fixed.terms.map((term) => renderTerm(formula.fixed, term));
  const strata = formula.special.flatMap((term) => (term.kind === "strata" ? term.columns : []));
  const horizons = [rmst ?? []].flat();
  const unit = timeUnit(plan, formula);
  const test = rho === 0 ? "log-rank" : `G-rho with rho = ${rho}${rho === 1 ? " (Peto and Peto)" : ""}`;
  return [
    `  Groups: ${groups.length === 0 ? "none; one curve" : `a curve for each level of ${groups.join(" and ")}`}.`,
    `  Intervals of survival: on the ${ci === "plain" ? "plain scale, S" : ci === "log" ? "log scale, log S" : "log-log scale, log(−log S)"}.`,
    ...(times.length === 0 ? [] : [`  Survival at: ${times.join(", ")}${unit}.`]),
    ...(quantiles.length === 0
      ? []
      : [`  Quantiles of the time: ${quantiles.map((p) => (p === 0.5 ? "median" : String(p))).join(", ")}.`]),
    ...(horizons.length === 0
      ? []
      : [
          `  Restricted mean time up to: ${horizons.join(", ")}${unit}, with differences and ratios against the first group.`,
        ]),
    ...(groups.length === 0
      ? []
      : [`  Test: ${test}${strata.length === 0 ? "" : `, stratified by ${strata.join(" and ")}`}.`]),
  ];
}

const gammaColumns = ({ special }: Formula): string[] =>
  special.flatMap((term) => (term.kind === "frailty" && term.distribution === "gamma" ? [term.column] : []));

function likelihoodInWords(formula: Formula): string {
  if (formula.random.length > 0)
    return "the partial likelihood integrated over the frailties by Laplace's approximation";
  return gammaColumns(formula).length > 0 ? "the marginal likelihood over the frailties" : "maximum partial likelihood";
}

function frailtyInWords(formula: Formula): string[] {
  const groups = [...new Set(formula.random.map(({ group }) => group.join(":")))];
  const gamma = gammaColumns(formula);
  const tested = "its variance is tested by the likelihood ratio against half zero and half χ²(1) where there is one";
  if (groups.length > 0)
    return [
      `  Frailty: gaussian on the log hazard, by ${groups.join(" and ")}; standard deviations with Wald intervals on the log scale; ${tested}.`,
    ];
  return gamma.map(
    (column) =>
      `  Frailty: gamma with mean 1, by ${column}; variance with a Wald interval on the log scale; ${tested}.`,
  );
}

function coxInWords(plan: Plan, analysis: CoxAnalysis, formula: Formula): string[] {
  const { ties, event, transform, means, predict } = analysis;
  const strata = formula.special.flatMap((term) => (term.kind === "strata" ? term.columns : []));
  const terms = formula.fixed.terms.map((term) => renderTerm(formula.fixed, term));
  const values = (at: Readonly<Record<string, readonly (number | string)[]>> = {}) =>
    Object.entries(at)
      .map(([name, list]) => `, at ${name} ${list.join(", ")}`)
      .join("");
  const frailty = frailtyInWords(formula);
  return [
    ...(event === undefined
      ? []
      : [`  Event: ${event}; other events are censored at their time (cause-specific hazard).`]),
    `  Covariates: ${terms.length === 0 ? "none" : terms.join(", ")}.`,
    ...(strata.length === 0 ? [] : [`  Strata: a baseline hazard for each ${strata.join(" and ")}.`]),
    `  Ties: ${ties === "efron" ? "Efron" : "Breslow"}.`,
    ...frailty,
    `  Standard errors and tests: ${frailty.length > 0 ? "from the model, given the variance of the frailty; normal quantiles." : coxTestsInWords(analysis, formula)}`,
    frailty.length > 0
      ? "  Proportional hazards: not tested with frailty."
      : `  Proportional hazards: score test of Grambsch and Therneau against ${TRANSFORMS[transform]}.`,
    ...(means === undefined
      ? []
      : [
          `  Hazard ratios: levels of ${means.of} against the first${means.by === undefined ? "" : `, for each ${means.by.join(" and ")}`}${values(means.at)}.`,
        ]),
    ...(predict === undefined
      ? []
      : [
          `  Predicted survival: for each level of ${predict.of}${values(predict.at)}, other covariates at their mean${predict.times.length === 0 ? "" : `; at ${predict.times.join(", ")}${timeUnit(plan, formula)}`}.`,
        ]),
  ];
}

const TRANSFORMS: Readonly<Record<CoxAnalysis["transform"], string>> = {
  km: "1 − S(t), Kaplan–Meier",
  rank: "the rank of the time",
  identity: "the time",
  log: "the logarithm of the time",
};

function coxTestsInWords({ vcov, df }: CoxAnalysis, formula: Formula): string {
  const [cluster] = formula.special.flatMap((term) => (term.kind === "cluster" ? [term.column] : []));
  const kind = vcov ?? (cluster === undefined ? "model" : "robust");
  const by = cluster ?? "participant, or row where the plan has no participants";
  const corrected = { "kauermann-carroll": "Kauermann and Carroll", "mancl-derouen": "Mancl and DeRouen" };
  const errors =
    kind === "model"
      ? "from the model"
      : kind === "robust"
        ? `robust, by ${by}`
        : `robust, by ${by}, corrected for few clusters (${corrected[kind]})`;
  return `${errors}; ${df === "normal" ? "normal quantiles" : "t with clusters less coefficients degrees of freedom"}.`;
}
