/**
 * `model: responders`: who changed reliably, at each declared visit. The classes by arm as they are; and the risk difference
 * and ratio of having become better (improved or recovered) and worse (deteriorated), wherever the client began.
 *
 *     logistic  better ~ arm + baseline + covariates + design + ns(period, 3), one row for each client at the visit
 *     risks     of each arm by g-computation, their difference and ratio by the delta method
 *     variance  CR2 by unit, Satterthwaite degrees of freedom
 *
 * CR2 and not a GEE with clusters less coefficients as degrees of freedom: with 12 to 24 units and terms for design and
 * calendar time that leaves next to none, while Satterthwaite's are those of the arm's own contrast. Calendar time is a spline,
 * since with rare outcomes a coefficient for each period separates.
 *
 * Sources: Pustejovsky & Tipton (2018) J. Bus. Econ. Stat. 36:672–683; Localio, Margolis & Berlin (2007) J. Clin. Epidemiol.
 * 60:874–882.
 */
import { renderName } from "../formula/expression.js";
import type { ExpandedPart, Expander } from "./expand-plan.js";
import type { PlanColumn, PlanContent, RespondersAnalysis } from "./plan.js";
import { adjustmentTerms, allOf, atVisits, madeColumn, missingRolesOf } from "./trial-terms.js";

const OUTCOMES = [
  { kind: "better", is: ["improved", "recovered"] },
  { kind: "worse", is: ["deteriorated"] },
] as const;

export const expandResponders: Expander<RespondersAnalysis> = {
  missingRoles: (plan) => missingRolesOf(plan, ["arm", "clusters", "visit"]),

  columns: ({ columns }, { id, classes }) => {
    const classify = columns[classes]?.classify;
    if (classify === undefined) return {};
    return Object.fromEntries(
      OUTCOMES.map(({ kind, is }): [string, PlanColumn] => [
        madeColumn(id, kind),
        { type: "binary", classify: { ...classify, "functional-start": "by-change", is: [...is] } },
      ]),
    );
  },

  expand: (plan, analysis) => analysis.visits.flatMap((at) => partsAt(plan, analysis, at)),
};

function partsAt(plan: PlanContent, analysis: RespondersAnalysis, at: number | string): ExpandedPart[] {
  const { id, classes, baseline, covariates, grid, level, table, role, primary } = analysis;
  const { arm, visit, clusters } = plan.trial!;
  const [unit] = clusters!;
  const shared = {
    level,
    ...(table === undefined ? {} : { table }),
    where: allOf(atVisits(visit!.column, [at]), analysis.where)!,
  };
  const here = `${id}-${String(at)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")}`;
  const of = `${visit!.column} ${at}`;
  const terms = [renderName(arm!.column), ...(baseline === undefined ? [] : [renderName(baseline)]), ...covariates];
  return [
    {
      ...shared,
      id: `${here}-classes`,
      model: "change-classes",
      classes,
      by: arm!.column,
      ...(grid === undefined ? {} : { grid }),
      part: { kind: "classes", of },
    },
    ...OUTCOMES.map(
      ({ kind }): ExpandedPart => ({
        ...shared,
        id: `${here}-${kind}`,
        role: kind === "better" && at === primary ? role : "secondary",
        model: "logistic",
        formula: `${madeColumn(id, kind)} ~ ${[...terms, ...adjustmentTerms(plan)].join(" + ")}`,
        vcov: "CR2",
        cluster: unit!,
        risks: { of: arm!.column },
        part: { kind, of },
      }),
    ),
  ];
}
