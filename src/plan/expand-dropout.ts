/**
 * `model: dropout`: time to dropout by two or more definitions of it, side by side, and how far they agree.
 *
 * For each definition: Kaplan–Meier with the restricted mean, Cox regression clustered by unit, Cox regression with a
 * Gaussian frailty of therapists, and, where something competes (a planned ending), cumulative incidence and Fine–Gray
 * with the cause-specific hazards beside it. Arms of a stepped wedge go together with calendar time: the regressions have
 * a spline over the periods there, and in a joint trial the curves are of the clients who were randomised one by one.
 *
 * Clusters are units in every design, with the variance for few clusters of like size (Kauermann–Carroll, t with clusters less
 * coefficients degrees of freedom). In an individual trial, where therapists within units have the arms, that is on purpose:
 * units hold whatever therapists of one unit share, also an effect of their own, and the arm is spread over each unit.
 * Therapists as clusters within strata of units reject a true null in 8 to 11 % of trials, since the hazard of a stratum is
 * estimated from the same few therapists; therapists without strata in 2 to 6 %, with intervals of the same width
 * (test/reference/dropout-clusters/simulate.R).
 *
 * Sources: Austin & Fine (2017) Statistics in Medicine 36:4391–4400 (which of the hazards answers what); Li & Redden
 * (2015) Statistics in Medicine 34:281–296 (few clusters); Bottomley, Kirby, Lindsay & Alexander (2016) BMC Medical Research
 * Methodology 16:29 (the highest level of clustering, where the predictor varies within it).
 */
import { renderName } from "../formula/expression.js";
import type { ExpandedPart, Expander } from "./expand-plan.js";
import type { DropoutAnalysis, PlanColumn, PlanContent } from "./plan.js";
import {
  allOf,
  columnInExpression,
  factorOf,
  hasWedge,
  madeColumn,
  madeLevels,
  missingRolesOf,
} from "./trial-terms.js";

/** Degrees of freedom of the spline over calendar periods: few events allow few. */
const PERIOD_DF = 3;

type Definition = DropoutAnalysis["definitions"][number];

export const expandDropout: Expander<DropoutAnalysis> = {
  missingRoles: (plan) => missingRolesOf(plan, ["participant", "arm", "clusters"]),

  columns: (_, { id, definitions, competing, names, table }, say) => {
    const everywhere = table === undefined ? {} : { table };
    return Object.fromEntries(
      definitions.flatMap((definition): [string, PlanColumn][] => {
        const { name, where } = definition;
        const label = `${say(bothLanguages(names.dropout))} (${withinSentence(definition.label ?? name)})`;
        const other = definition.competing ?? competing;
        const text = (value: string): string => JSON.stringify(value);
        const event: PlanColumn = { type: "binary", label, derive: `(${where}) ? 1 : 0`, ...everywhere };
        const ending: PlanColumn = {
          type: "factor",
          label,
          ...madeLevels([names.censored, names.dropout, names.competing]),
          derive: `(${where}) ? ${text(names.dropout.level)} : (${other}) ? ${text(names.competing.level)} : ${text(names.censored.level)}`,
          ...everywhere,
        };
        return [
          [eventColumn(id, definition), event],
          ...(other === undefined ? [] : [[endingColumn(id, definition), ending] as [string, PlanColumn]]),
        ];
      }),
    );
  },

  expand: (plan, analysis) => [
    ...analysis.definitions.flatMap((definition, i) => partsOf(plan, analysis, definition, i === 0)),
    {
      ...shared(analysis, "secondary"),
      id: `${analysis.id}-agreement`,
      model: "agreement",
      columns: analysis.definitions.map((definition) => eventColumn(analysis.id, definition)),
      ...whereOf(analysis.where),
      part: { kind: "agreement" },
    },
  ],
};

/** What dropout is called, in either language; where it has but one name, by that. */
const bothLanguages = ({ level, label }: DropoutAnalysis["names"]["dropout"]) => ({
  en: label.en ?? level,
  sv: label.sv ?? level,
});

/** A definition heads its parts, and stands within sentences here: a capital goes, unless it begins an abbreviation. */
const withinSentence = (text: string): string =>
  /^\p{Lu}\p{Ll}/u.test(text) ? `${text[0]!.toLowerCase()}${text.slice(1)}` : text;

const eventColumn = (id: string, { name }: Definition): string => madeColumn(id, name);
const endingColumn = (id: string, { name }: Definition): string => madeColumn(id, `${name}-ending`);

const shared = ({ level, table }: DropoutAnalysis, role: DropoutAnalysis["role"]) => ({
  role,
  level,
  ...(table === undefined ? {} : { table }),
});
const whereOf = (where: string | undefined) => (where === undefined ? {} : { where });

function partsOf(
  plan: PlanContent,
  analysis: DropoutAnalysis,
  definition: Definition,
  isFirst: boolean,
): ExpandedPart[] {
  const { id, names, horizon, times, covariates, where } = analysis;
  const { name, label: of = name } = definition;
  const { arm, clusters, design, designs, period } = plan.trial!;
  const [unit, therapist] = clusters!.map(renderName) as [string, string | undefined];
  const time = renderName(definition.time ?? analysis.time);
  const event = renderName(eventColumn(id, definition));
  const ending = renderName(endingColumn(id, definition));
  const arms = renderName(arm!.column);
  const isJoint = design === "joint";
  const calendar = hasWedge(plan) ? [periodTerm(plan, period!)] : [];
  const terms = [arms, ...covariates, ...calendar];
  const strata = isJoint ? [`strata(${renderName(designs!.column)})`] : [];
  const designTerm = isJoint ? [factorOf(plan, designs!.column)] : [];
  const formula = (status: string, right: readonly string[]): string =>
    `Surv(${time}, ${status}) ~ ${right.join(" + ")}`;
  // Curves compare the arms as they are: in a joint trial where clients were randomised one by one.
  const ofCurves = whereOf(
    allOf(
      isJoint ? `${columnInExpression(designs!.column)} == ${JSON.stringify(designs!.individual)}` : undefined,
      where,
    ),
  );
  const curves = {
    ...shared(analysis, "secondary"),
    ...ofCurves,
    ...(design === "stepped-wedge" ? { cautions: ["calendar-time" as const] } : {}),
  };
  const regression = { ...shared(analysis, "secondary"), ...whereOf(where) };
  const first = isFirst ? analysis.role : "secondary";
  const hasCompeting = (definition.competing ?? analysis.competing) !== undefined;
  const competing: ExpandedPart[] = hasCompeting
    ? [
        {
          ...curves,
          id: `${id}-${name}-competing-risks`,
          model: "competing-risks",
          formula: formula(ending, [arms]),
          censored: names.censored.level,
          times,
          rmtl: horizon,
          part: { kind: "competing-risks", of },
        },
        {
          ...regression,
          id: `${id}-${name}-fine-gray`,
          model: "fine-gray",
          formula: formula(ending, [...terms, ...designTerm, `cluster(${unit})`]),
          censored: names.censored.level,
          event: names.dropout.level,
          vcov: "kauermann-carroll",
          df: "clusters",
          "cause-specific": true,
          part: { kind: "fine-gray", of },
        },
      ]
    : [];
  return [
    {
      ...curves,
      id: `${id}-${name}-kaplan-meier`,
      model: "kaplan-meier",
      formula: formula(event, [arms, `cluster(${unit})`]),
      times,
      rmst: horizon,
      part: { kind: "kaplan-meier", of },
    },
    {
      ...regression,
      role: first,
      id: `${id}-${name}-cox`,
      model: "cox",
      formula: formula(event, [...terms, ...strata, `cluster(${unit})`]),
      vcov: "kauermann-carroll",
      df: "clusters",
      part: { kind: "cox", of },
    },
    ...(therapist === undefined
      ? []
      : [
          {
            ...regression,
            role: "sensitivity" as const,
            id: `${id}-${name}-frailty`,
            model: "cox" as const,
            formula: formula(event, [...terms, ...strata, `(1 | ${therapist})`]),
            part: { kind: "frailty" as const, of },
          },
        ]),
    ...competing,
  ];
}

const periodTerm = (plan: PlanContent, period: string): string =>
  plan.columns[period]?.type === "number" ? `ns(${renderName(period)}, ${PERIOD_DF})` : factorOf(plan, period);
