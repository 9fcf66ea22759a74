/** A stepped-wedge analysis in words, and as the formula that it expands to. */
import { columnsOfFormula } from "../formula/formula.js";
import { parseFormula } from "../formula/parse-formula.js";
import type { WedgeInference } from "../stepped-wedge/fit-wedge.js";
import { madeColumns, type WedgeModel, wedgeFormula, wedgeFormulaInFull } from "../stepped-wedge/wedge-model.js";
import type { Plan, SteppedWedgeAnalysis } from "./plan.js";
import { wedgeInference, wedgeModelOf } from "./wedge-plan.js";

/** Lines of the explanation; one that says so when the model cannot be had. */
export function wedgeInWords(plan: Plan, analysis: SteppedWedgeAnalysis): string[] {
  const found = wedgeModelOf(plan, analysis, "");
  if ("problems" in found) return ["  Model: stepped wedge; analyze check says why it cannot be fitted."];
  const { model } = found;
  const { kinds, method } = wedgeInference(analysis);
  const [primary, ...beside] = kinds;
  return [
    `  Model: stepped wedge, ${modelInWords(analysis, method)}`,
    `  Expanded: ${wedgeFormulaInFull(model)}`,
    `  Calendar time: ${calendarInWords(model)}`,
    `  Effect: ${effectInWords(model)}`,
    `  Correlation: ${correlationInWords(model, analysis.family)}`,
    ...(model.covariates.length === 0 ? [] : [`  Covariates: ${model.covariates.join(", ")}.`]),
    ...exposureInWords(analysis),
    ...(analysis.transition === undefined
      ? []
      : [
          `  Left out: the first ${analysis.transition === 1 ? "period" : `${analysis.transition} periods`} from the switch of each unit on (transition).`,
        ]),
    `  Standard errors and tests: ${KINDS[primary!]}.`,
    ...(beside.length === 0
      ? []
      : [`  Shown beside, as effect:…@KIND: ${beside.map((kind) => `${kind} (${KINDS[kind]})`).join("; ")}.`]),
    ...withoutModelInWords(analysis),
  ];
}

const RULES = {
  enrolment: "as the unit was when the client was enrolled, visits after the switch included (treatment policy)",
  "at-visit": "as the unit is at the visit",
  censored:
    "as the unit was when the client was enrolled; visits after the switch of clients enrolled before it are left out (hypothetical)",
};

const exposureInWords = ({ exposure }: SteppedWedgeAnalysis): string[] =>
  exposure === undefined
    ? []
    : [`  Treated: ${RULES[exposure.rule]}; from ${exposure.enrolled}, ${exposure.visited} and ${exposure.switch}.`];

/** The within-period estimator and the permutation test, where asked for. */
function withoutModelInWords({ vertical, permutation, family, exposure }: SteppedWedgeAnalysis): string[] {
  const lines: string[] = [];
  if (vertical !== undefined)
    lines.push(
      `  Within periods (effect:vertical): treated against control units in each period, periods weighted by ${vertical === "sizes" ? "their numbers of units" : "their numbers of units and the variance between them"}; CR3 by units, t with units − 2 degrees of freedom.`,
    );
  if (permutation !== undefined) {
    const { statistic, replicates, interval, stratify } = permutation;
    const compared =
      statistic === "vertical"
        ? "the within-period effect"
        : family === "gaussian"
          ? "the immediate effect by the model, fitted again"
          : "the score of the immediate effect at the model without treatment";
    lines.push(
      `  Permutation: ${compared} for units given to the ${exposure === undefined ? "sequences" : "dates of the switch"} in other orders${stratify === undefined ? "" : `, within ${stratify}`}; all of them when they are at most 10 000, else ${replicates} drawn at random${interval ? "; interval by inversion" : ""}.`,
    );
  }
  return lines;
}

/** Columns that a row must have. */
export function wedgeVariables(plan: Plan, analysis: SteppedWedgeAnalysis): string[] {
  const found = wedgeModelOf(plan, analysis, "");
  if ("problems" in found) return [analysis.outcome];
  const { model } = found;
  const made = madeColumns(model);
  const own = new Set([made.exposure, ...made.spline]);
  const columns = columnsOfFormula(parseFormula(wedgeFormula(model)));
  const time = model.time === undefined ? [] : [model.time];
  const { exposure } = analysis;
  const dates = exposure === undefined ? [] : [exposure.enrolled, exposure.visited];
  const workedOut = exposure === undefined ? "" : model.treated;
  return [...new Set([...columns, model.cluster, model.period, model.treated, ...time, ...dates])].filter(
    (name) => !own.has(name) && name !== workedOut,
  );
}

function modelInWords({ family }: SteppedWedgeAnalysis, method: "REML" | "ML"): string {
  if (family === "binomial") return "logistic mixed model (logit link), maximum likelihood by Laplace's approximation.";
  if (family === "poisson") return "Poisson mixed model (log link), maximum likelihood by Laplace's approximation.";
  return `linear mixed model, ${method === "REML" ? "restricted maximum likelihood (REML)" : "maximum likelihood (ML)"}.`;
}

function calendarInWords({ period, time, periodEffects, periodDf }: WedgeModel): string {
  const calendar = time ?? period;
  if (periodEffects === "linear") return `a straight line in ${calendar}.`;
  if (periodEffects === "spline") return `a natural spline in ${calendar} with ${periodDf} columns.`;
  return `an effect of each level of ${period}.`;
}

function effectInWords({ effect, treated, exposureDf }: WedgeModel): string {
  switch (effect) {
    case "immediate":
      return `of ${treated}, the same at every time since the switch (effect:immediate).`;
    case "exposure-time":
      return `one for each exposure time, 1 in the period of the unit's switch (effect:exposure@s); their mean with equal weights (effect:tate) and the last (effect:lte).`;
    case "exposure-spline":
      return `a natural spline over exposure time with ${exposureDf} parameters, 1 in the period of the unit's switch (effect:exposure@s); the mean over exposure times with equal weights (effect:tate) and the last (effect:lte).`;
    case "random-exposure":
      return `a mean effect (effect:tate) with a random deviation at each exposure time, shared by the units, of gaussian outcomes predicted at each (effect:exposure@s) and at the last (effect:lte); test:exposure-variance tests their variance (50:50 mixture of chi-squared).`;
  }
}

function correlationInWords(model: WedgeModel, family: SteppedWedgeAnalysis["family"]): string {
  const { cluster, period, time, correlation, randomTreatment, participant, random, treated } = model;
  const scale = { gaussian: "", binomial: ", on the logit scale", poisson: ", on the log scale" }[family];
  const isRandom = model.clusterEffects === "random";
  const of = {
    exchangeable: isRandom ? `a random effect of ${cluster}, the same in all periods` : "none",
    "nested-exchangeable": isRandom
      ? `random effects of ${cluster} and of ${cluster} by ${period}`
      : `a random effect of ${cluster} by ${period}`,
    decay: `an effect of each ${time === undefined ? "period" : "time"} of ${cluster}${scale}; two of them correlate as r to the power of their distance ${time === undefined ? "in periods" : `in ${time}`}`,
  }[correlation];
  const parts = [
    of,
    ...(isRandom ? [] : [`${cluster} as fixed effects`]),
    ...(randomTreatment ? [`an effect of ${treated} that varies between the levels of ${cluster}, independently`] : []),
    ...(participant === undefined ? [] : [`a random effect of ${participant}`]),
    ...random.map((name) => `a random effect of ${cluster} by ${name}`),
  ];
  return `${parts.join("; ")}.`;
}

const KINDS: Record<WedgeInference, string> = {
  "kenward-roger":
    "Kenward–Roger, first order, adjusted for the estimated variances; t with Kenward–Roger degrees of freedom",
  satterthwaite: "model-based; t with Satterthwaite degrees of freedom",
  cr3: "CR3, robust to dependence within units whatever its form; t with units − 2 degrees of freedom",
  "mancl-derouen":
    "generalised estimating equations, exchangeable within units, Mancl and DeRouen's sandwich; t with units − 2 degrees of freedom; an effect over units, not within one",
  residual: "classical; t with residual degrees of freedom",
  normal: "model-based; normal distribution",
};
