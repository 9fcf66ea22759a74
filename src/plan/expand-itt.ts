/**
 * `model: itt`: the effect as randomised, at each visit and over them, in each design of the trial and in both together.
 *
 *     A  y ~ baseline + covariates + visit + visit:arm + (1 | unit / therapist / participant)
 *     B  the same with the periods, and (1 | unit:period)
 *     A and B together: model: joint, one effect for each visit
 *
 * Source: the covariance is that of Roberts & Roberts (2005) Clinical Trials 2:152–162 for nested therapists and of
 * Hooper et al. (2016) Statistics in Medicine 35:4718–4728 for cohorts in a stepped wedge.
 */
import { renderName } from "../formula/expression.js";
import type { ExpandedPart, Expander } from "./expand-plan.js";
import type { IttAnalysis, PlanContent } from "./plan.js";
import { allOf, atVisits, columnInExpression, factorOf, visitTerm } from "./trial-terms.js";

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
      joint(plan, analysis, "-unadjusted", "sensitivity"),
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
    oneDesign(plan, analysis, `${id}-unadjusted`, isWedge, false, "sensitivity", rows),
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
  const { participant, arm, visit, clusters, period } = plan.trial!;
  const { outcome, baseline, covariates, visits, df, level, standardise, table, where } = analysis;
  const [unit] = clusters!.map(renderName);
  const nested = [...clusters!, participant!].map(renderName).join(" / ");
  const terms = [
    ...(isAdjusted ? [renderName(baseline), ...covariates] : []),
    ...(isWedge ? [factorOf(plan, period!)] : []),
    visitTerm(plan),
    `${visitTerm(plan)}:${renderName(arm!.column)}`,
    `(1 | ${nested})`,
    ...(isWedge ? [`(1 | ${unit}:${renderName(period!)})`] : []),
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
    means: { of: arm!.column, by: [visit!.column], ...meansAt(plan, visits) },
    ...(isAdjusted ? { standardise, ...(standardise === "baseline" ? { baseline } : {}) } : {}),
    part: { kind: `${isWedge ? "stepped-wedge" : "individual"}${isAdjusted ? "" : "-unadjusted"}` },
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
    const term = `${visitTerm(plan)}[${at}]:${arm!.column}[${arm!.intervention}]`;
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
    part: { kind: `joint${suffix}` },
  };
}

/** Numbers are levels of the factor that the model makes of them only where they are named. */
const meansAt = ({ columns, trial }: PlanContent, visits: readonly (number | string)[]) =>
  columns[trial!.visit!.column]?.type === "number" ? { at: { [trial!.visit!.column]: [...visits] } } : {};
