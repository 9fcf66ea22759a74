/**
 * `model: attrition`: who has no outcome, by arm and visit, and what that goes together with.
 *
 *     shares    of the participants with no outcome at each visit, by arm
 *     logistic  missing ~ arm + baseline + covariates + design + ns(period, 3), CR2 by unit, at each visit
 *               missing ~ arm * baseline + …, at the last visit: does who is lost differ between the arms?
 *
 * The rows are those of the table that has one for each participant, so that a visit that never came is missing too.
 *
 * Sources: CONSORT 2025; Little & Rubin (2019) ch. 1 (missing at random given what is adjusted for); Pustejovsky & Tipton
 * (2018) J. Bus. Econ. Stat. 36:672–683.
 */
import { renderName } from "../formula/expression.js";
import type { ExpandedPart, Expander } from "./expand-plan.js";
import { type AttritionAnalysis, type PlanColumn, type PlanContent, tableNames } from "./plan.js";
import { adjustmentTerms, allOf, atVisits, labelOf, madeColumn, missingRolesOf, visitLabel } from "./trial-terms.js";

export const expandAttrition: Expander<AttritionAnalysis> = {
  missingRoles: (plan) => missingRolesOf(plan, ["participant", "arm", "clusters", "visit"]),

  columns: (plan, { id, outcome, visits, table }, say) =>
    Object.fromEntries(
      visits.flatMap((at): [string, PlanColumn][] => [
        [
          seen(id, at),
          {
            type: "number",
            label: `${say({ en: "visits with", sv: "besök med" })} ${labelOf(plan, outcome)}, ${visitLabel(plan, at)}`,
            summarise: {
              ...(plan.data.tables === undefined ? {} : { table: table ?? tableNames(plan)[0]! }),
              value: outcome,
              where: atVisits(plan.trial!.visit!.column, [at]),
              take: "count",
              per: plan.trial!.participant!,
            },
          },
        ],
        [
          missing(id, at),
          {
            type: "binary",
            label: `${labelOf(plan, outcome)} ${say({ en: "missing", sv: "saknas" })}, ${visitLabel(plan, at)}`,
            derive: `${seen(id, at)} == 0 ? 1 : 0`,
          },
        ],
      ]),
    ),

  expand: (plan, analysis) => {
    const { id, visits, level, role, baseline, covariates, where } = analysis;
    const { arm, clusters, visit } = plan.trial!;
    const table = participantTable(plan);
    // Without a table of participants each has a row before the start.
    const once = table === undefined ? atVisits(visit!.column, [visit!.baseline ?? visits[0]!]) : undefined;
    const rows = allOf(once, where);
    const shared = { level, ...(table === undefined ? {} : { table }), ...(rows === undefined ? {} : { where: rows }) };
    const regression = (at: number | string, suffix: string, effect: string): ExpandedPart => ({
      ...shared,
      id: `${id}-${slug(at)}${suffix}`,
      model: "logistic",
      formula: `${missing(id, at)} ~ ${[effect, ...covariates, ...adjustmentTerms(plan)].join(" + ")}`,
      vcov: "CR2",
      cluster: clusters![0]!,
      ...(suffix === "" ? { risks: { of: arm!.column } } : {}),
      part: { kind: suffix === "" ? "predictors" : "predictors-by-arm", of: visitLabel(plan, at) },
    });
    const [arms, before] = [renderName(arm!.column), renderName(baseline)];
    return [
      {
        ...shared,
        id: `${id}-missing`,
        role,
        model: "shares",
        of: Object.fromEntries(visits.map((at) => [`missing@${visit!.column}=${at}`, missing(id, at)])),
        by: arm!.column,
        part: { kind: "missing" },
      },
      ...visits.map((at) => regression(at, "", `${arms} + ${before}`)),
      regression(visits.at(-1)!, "-by-arm", `${arms} * ${before}`),
    ];
  },
};

const slug = (at: number | string): string =>
  String(at)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-");
const seen = (id: string, at: number | string): string => madeColumn(id, `seen-${slug(at)}`);
const missing = (id: string, at: number | string): string => madeColumn(id, `missing-${slug(at)}`);

/** The table whose key is the participant: one row for each as randomised. */
const participantTable = ({ data: { tables = {} }, trial }: PlanContent): string | undefined =>
  Object.entries(tables).find(([, { key }]) => key === trial!.participant)?.[0];
