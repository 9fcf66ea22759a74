/**
 * Estimates of models with a logit, complementary log-log or log link: coefficients and adjusted means on the link scale
 * (`mean:` is a mean of log odds, log hazards or log rates, as emmeans gives by default; its differences are log ratios),
 * then the same as odds, hazard or rate ratios, then standardised risks. The hazard of a period is here −log(1 − risk), what
 * accumulates over it, so that the ratio does not depend on how long a period is. For probabilities by arm ask for `risks`, not for `means`: the average of log odds is
 * not the log odds of the average.
 */

import type { Estimate } from "../inference/estimate.js";
import { type FamilyName, familyWithLink } from "../inference/family.js";
import type { Fit } from "../inference/fit.js";
import { toRatio } from "../inference/ratio.js";
import {
  type CounterfactualDesign,
  counterfactualDesigns,
  riskEstimates,
  riskNames,
  standardisedRisks,
} from "../inference/standardised-risk.js";
import {
  binomialLink,
  columnOfName,
  type GeeAnalysis,
  type LogisticAnalysis,
  type MixedAnalysis,
  type PoissonAnalysis,
} from "../plan/plan.js";
import { fixedEstimates, type PreparedFormula } from "./formula-analysis.js";

export type LinkScaleAnalysis = LogisticAnalysis | PoissonAnalysis | GeeAnalysis | MixedAnalysis;

export interface PreparedLinkScale<A extends LinkScaleAnalysis = LinkScaleAnalysis> extends PreparedFormula<A> {
  /** What `risks` asks for; empty when it does not. */
  readonly designs: readonly CounterfactualDesign[];
}

/** What the measures are called on the link scale. */
const measures = {
  logit: { ratio: "odds-ratio", difference: "log-odds-ratio", mean: "log-odds" },
  cloglog: { ratio: "hazard-ratio", difference: "log-hazard-ratio", mean: "log-hazard" },
  log: { ratio: "rate-ratio", difference: "log-rate-ratio", mean: "log-rate" },
} as const;

const measuresOf = (family: "binomial" | "poisson", analysis: LinkScaleAnalysis) =>
  measures[family === "poisson" ? "log" : binomialLink(analysis)];

/** The designs that `risks` asks for, and the names of what comes of them and of the ratios. */
export function withLinkScale<A extends LinkScaleAnalysis, P extends PreparedFormula<A>>(
  prepared: P,
  family: FamilyName,
): P & PreparedLinkScale<A> {
  const { analysis, frame, table, path, plan } = prepared;
  const risks = "risks" in analysis ? analysis.risks : undefined;
  const of = risks === undefined ? "" : (columnOfName(plan, risks.of) ?? risks.of);
  const designs = risks === undefined ? [] : counterfactualDesigns(frame, table, of, path);
  const names = prepared.estimateNames ?? [];
  const ratios =
    family === "gaussian" ? [] : names.flatMap((name) => ratioName(name, measuresOf(family, analysis).ratio) ?? []);
  return { ...prepared, designs, estimateNames: [...names, ...ratios, ...riskNames(designs, risks?.of ?? "")] };
}

/** Everything that a fit gives: on the link scale, as ratios, and as risks where they are asked for. */
export function linkScaleEstimates(fit: Fit, prepared: PreparedLinkScale, family: FamilyName): Estimate[] {
  const { analysis, frame, designs } = prepared;
  const fixed = fixedEstimates(fit, prepared);
  if (family === "gaussian") return fixed;
  const { ratio, difference, mean } = measuresOf(family, analysis);
  const onLink = fixed.map((estimate): Estimate => {
    const measure = { "mean-difference": difference, slope: difference, "adjusted-mean": mean }[estimate.measure];
    return { ...estimate, unit: null, measure: measure ?? estimate.measure };
  });
  const ratios = onLink.flatMap((estimate) => {
    const name = ratioName(estimate.name, ratio);
    return name === null ? [] : [toRatio(estimate, name, ratio)];
  });
  const of = ("risks" in analysis ? analysis.risks?.of : undefined) ?? "";
  const probability = familyWithLink("binomial", binomialLink(analysis));
  const risks = standardisedRisks(fit.coef, frame.offset, designs, probability);
  return [...onLink, ...ratios, ...riskEstimates(fit, risks, of, analysis.level)];
}

/** `odds-ratio:age` of `coefficient:age`, `odds-ratio:A[x]/A[ref]@visit=2` of a contrast; null for what has no ratio. */
function ratioName(name: string, ratio: string): string | null {
  if (name === "coefficient:(Intercept)") return null;
  if (name.startsWith("coefficient:")) return `${ratio}:${name.slice("coefficient:".length)}`;
  const contrast = /^contrast:(([^[\]]+)\[.*\])-(\2\[.*\].*)$/s.exec(name);
  return contrast === null ? null : `${ratio}:${contrast[1]}/${contrast[3]}`;
}
