/**
 * `model: itt`: the effect as randomised, at each visit and over them, in each design of the trial and in both together.
 *
 *     A  y ~ baseline + covariates + visit + visit:arm + (1 | unit / therapist / participant)
 *     B  the same with the periods, and (1 | unit:period)
 *     A and B together: model: joint, one effect for each visit
 *     of one visit: y ~ baseline + covariates + arm + (1 | unit / therapist), with the periods and (1 | unit:period) in B
 *
 * Source: the covariance is that of Roberts & Roberts (2005) Clinical Trials 2:152–162 for nested therapists and of
 * Hooper et al. (2016) Statistics in Medicine 35:4718–4728 for cohorts in a stepped wedge.
 */
import { renderName } from "../formula/expression.js";
import type { ExpandedPart, Expander } from "./expand-plan.js";
import type { IttAnalysis, PlanContent, TrialPart } from "./plan.js";
import { allOf, atVisits, columnInExpression, effectTerms, factorOf, randomTerms, visitTerm } from "./trial-terms.js";

export const expandItt: Expander<IttAnalysis> = {
  missingRoles: ({ trial }) =>
    [
      trial?.participant === undefined ? "participant" : "",
      trial?.arm === undefined ? "arm" : "",
      trial?.clusters === undefined ? "clusters" : "",
      trial?.visit === undefined ? "visit" : "",
      trial?.design === "joint" && trial.designs === undefined ? "designs" : "",
      trial?.design !== "individual" && trial?.design !== "cluster" && trial?.period === undefined ? "period" : "",
    ].filter((role) => role !== ""),

  expand: (plan, analysis) => {
    const { id, role } = analysis;
    const { design = "individual", designs } = plan.trial!;
    if (design !== "joint") return bothAdjustments(plan, analysis, id, design === "stepped-wedge", role, undefined);
    const rowsOf = (level: string): string => `${columnInExpression(designs!.column)} == ${JSON.stringify(level)}`;
    return [
      ...bothAdjustments(plan, analysis, `${id}-individual`, false, "secondary", rowsOf(designs!.individual)),
      ...bothAdjustments(plan, analysis, `${id}-stepped-wedge`, true, "secondary", rowsOf(designs!["stepped-wedge"])),
      joint(plan, analysis, "", role),
      ...(analysis.unadjusted ? [joint(plan, analysis, "-unadjusted", "sensitivity")] : []),
    ];
  },
};

function bothAdjustments(
  plan: PlanContent,
  analysis: IttAnalysis,
  id: string,
  isWedge: boolean,
  role: IttAnalysis["role"],
  rows: string | undefined,
): ExpandedPart[] {
  return [
    oneDesign(plan, analysis, id, isWedge, true, role, rows),
    ...(analysis.unadjusted
      ? [oneDesign(plan, analysis, `${id}-unadjusted`, isWedge, false, "sensitivity", rows)]
      : []),
  ];
}

/** The mixed model of one design. */
function oneDesign(
  plan: PlanContent,
  analysis: IttAnalysis,
  id: string,
  isWedge: boolean,
  isAdjusted: boolean,
  role: IttAnalysis["role"],
  rows: string | undefined,
): ExpandedPart {
  const { arm, visit, period } = plan.trial!;
  const { outcome, baseline, covariates, visits, df, level, standardise, table, where } = analysis;
  const isRepeated = visits.length > 1;
  const terms = [
    ...(isAdjusted ? [renderName(baseline), ...covariates] : []),
    ...(isWedge ? [factorOf(plan, period!)] : []),
    ...effectTerms(plan, visits),
    ...randomTerms(plan, isRepeated, isWedge),
  ];
  return {
    id,
    model: "mixed",
    role,
    ...(table === undefined ? {} : { table }),
    formula: `${renderName(outcome)} ~ ${terms.join(" + ")}`,
    where: allOf(rows, where, atVisits(visit!.column, visits))!,
    df,
    level,
    means: isRepeated ? { of: arm!.column, by: [visit!.column], ...meansAt(plan, visits) } : { of: arm!.column },
    ...(isAdjusted ? { standardise, ...(standardise === "baseline" ? { baseline } : {}) } : {}),
    part: {
      kind: `${isWedge ? "stepped-wedge" : "individual"}${isAdjusted ? "" : "-unadjusted"}`,
      ...primaryOf(plan, analysis),
    },
  };
}

function joint(
  plan: PlanContent,
  analysis: IttAnalysis,
  suffix: "" | "-unadjusted",
  role: IttAnalysis["role"],
): ExpandedPart {
  const { id, df, level, visits, table } = analysis;
  const { arm, visit } = plan.trial!;
  const effects = visits.map((at) => {
    const effect = `${arm!.column}[${arm!.intervention}]`;
    const term = visits.length > 1 ? `${visitTerm(plan)}[${at}]:${effect}` : effect;
    return [`${visit!.column}=${at}`, { individual: term, "stepped-wedge": term }] as const;
  });
  return {
    id: `${id}-joint${suffix}`,
    model: "joint",
    role,
    ...(table === undefined ? {} : { table }),
    individual: `${id}-individual${suffix}`,
    "stepped-wedge": `${id}-stepped-wedge${suffix}`,
    effects: Object.fromEntries(effects),
    df,
    level,
    ...(suffix === "" && analysis.standardise === "baseline"
      ? { standardise: "baseline" as const, baseline: analysis.baseline }
      : {}),
    part: { kind: `joint${suffix}`, ...primaryOf(plan, analysis) },
  };
}

/** The visit whose effect is the primary one, where there are several. */
function primaryOf(plan: PlanContent, { visits, primary }: IttAnalysis): Pick<TrialPart, "primary"> {
  if (visits.length === 1) return {};
  const { column } = plan.trial!.visit!;
  const spec = plan.columns[column];
  const unit = spec?.type === "number" ? (spec.unit ?? null) : null;
  return { primary: { column, visit: String(primary), unit } };
}

/** Numbers are levels of the factor that the model makes of them only where they are named. */
const meansAt = ({ columns, trial }: PlanContent, visits: readonly (number | string)[]) =>
  columns[trial!.visit!.column]?.type === "number" ? { at: { [trial!.visit!.column]: [...visits] } } : {};
