/**
 * `model: responders`: who changed reliably, at each declared visit. The classes by arm as they are; and the risks of having
 * become better (improved or recovered) and worse (deteriorated), wherever the client began.
 *
 *     better    logistic  better ~ arm + baseline + covariates + design + ns(period, 3), one row for each client at the visit
 *               risks     of each arm by g-computation, their difference and ratio by the delta method
 *               variance  CR2 by unit, Satterthwaite degrees of freedom
 *     worse     the arms as they are: risk difference by Newcombe's interval, which zero events have too
 *
 * CR2 and not a GEE with clusters less coefficients as degrees of freedom: with 12 to 24 units and terms for design and
 * calendar time that leaves next to none, while Satterthwaite's are those of the arm's own contrast. Calendar time is a spline,
 * since with rare outcomes a coefficient for each period separates.
 *
 * Few clients deteriorate, often none of an arm, and then no regression is estimated. What they get is decided before the
 * data are seen, not by how many there are. It ignores clusters, and says so; arms of a stepped wedge go together with
 * calendar time, so in a joint trial it is of the clients who were randomised one by one.
 *
 * Sources: Pustejovsky & Tipton (2018) J. Bus. Econ. Stat. 36:672–683; Localio, Margolis & Berlin (2007) J. Clin. Epidemiol.
 * 60:874–882; Newcombe (1998) Statistics in Medicine 17:873–890, method 10.
 */
import { renderName } from "../formula/expression.js";
import type { ExpandedPart, Expander } from "./expand-plan.js";
import type { PlanColumn, PlanContent, RespondersAnalysis } from "./plan.js";
import {
  adjustmentTerms,
  allOf,
  atVisits,
  columnInExpression,
  madeColumn,
  missingRolesOf,
  visitLabel,
} from "./trial-terms.js";

/** `more`: whether more participants of the class is good. */
const OUTCOMES = [
  {
    kind: "better",
    is: ["improved", "recovered"],
    label: { en: "better (improved or recovered)", sv: "bättre (förbättrad eller återställd)" },
    more: "higher",
  },
  {
    kind: "worse",
    is: ["deteriorated"],
    label: { en: "worse (deteriorated)", sv: "sämre (försämrad)" },
    more: "lower",
  },
] as const;

export const expandResponders: Expander<RespondersAnalysis> = {
  missingRoles: (plan) => missingRolesOf(plan, ["arm", "clusters", "visit"]),

  columns: ({ columns }, { id, classes }, say) => {
    const classify = columns[classes]?.classify;
    if (classify === undefined) return {};
    return Object.fromEntries(
      OUTCOMES.map(({ kind, is, label, more }): [string, PlanColumn] => [
        madeColumn(id, kind),
        {
          type: "binary",
          better: more,
          label: say(label),
          classify: { ...classify, "functional-start": "by-change", is: [...is] },
        },
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
  const of = visitLabel(plan, at);
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
    {
      ...shared,
      id: `${here}-better`,
      role: at === primary ? role : "secondary",
      model: "logistic",
      formula: `${madeColumn(id, "better")} ~ ${[...terms, ...adjustmentTerms(plan)].join(" + ")}`,
      vcov: "CR2",
      cluster: unit!,
      risks: { of: arm!.column },
      part: { kind: "better", of },
    },
    {
      ...shared,
      where: allOf(randomisedAlone(plan), shared.where)!,
      id: `${here}-worse`,
      role: "secondary",
      model: "effect-size",
      outcome: madeColumn(id, "worse"),
      by: arm!.column,
      cautions: ["clusters-ignored", ...(plan.trial!.design === "stepped-wedge" ? (["calendar-time"] as const) : [])],
      part: { kind: "worse", of },
    },
  ];
}

/** The clients of a joint trial whose arms differ by chance alone; undefined where that is all, or none. */
const randomisedAlone = ({ trial }: PlanContent): string | undefined =>
  trial!.design === "joint" && trial!.designs !== undefined
    ? `${columnInExpression(trial!.designs.column)} == ${JSON.stringify(trial!.designs.individual)}`
    : undefined;
