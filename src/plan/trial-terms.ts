/** Terms and conditions that trial-level analyses have in common, from the roles of `trial`. */

import { renderName } from "../formula/expression.js";
import type { PlanContent } from "./plan.js";
import type { InLanguages } from "./plan-language.js";

/** A column's name in an expression: bare, or `datum["its name"]`. */
export const columnInExpression = (name: string): string =>
  /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : `datum[${JSON.stringify(name)}]`;

/** Whether a text, a formula or an expression, has a name as a word of its own. */
export const isNamed = (name: string, text: string): boolean =>
  text.includes(name) &&
  new RegExp(`(?<![\\p{L}\\p{N}_])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}_])`, "u").test(text);

/** The name of a column that the expansion of an analysis makes: `dropout__unilateral`. No id holds an underscore. */
export const madeColumn = (id: string, what: string): string =>
  `${id.replaceAll("-", "_")}__${what.replaceAll("-", "_")}`;

/** What the plan calls a column. */
export const labelOf = ({ columns }: Pick<PlanContent, "columns">, name: string): string =>
  columns[name]?.label ?? name;

/** `months since start 12`: a visit in the plan's words. */
export const visitLabel = (plan: PlanContent, at: number | string): string =>
  `${labelOf(plan, plan.trial!.visit!.column)} ${at}`;

/** A column as a factor: itself, or `factor(month)` of numbers. */
export const factorOf = ({ columns }: Pick<PlanContent, "columns">, name: string): string =>
  columns[name]?.type === "factor" || columns[name]?.type === "id" ? renderName(name) : `factor(${renderName(name)})`;

/** The visits as a factor. */
export const visitTerm = (plan: PlanContent): string => factorOf(plan, plan.trial!.visit!.column);

/** `month == 6 || month == 12`. */
export const atVisits = (name: string, visits: readonly (number | string)[]): string =>
  visits.map((at) => `${columnInExpression(name)} == ${JSON.stringify(at)}`).join(" || ");

/** All of them, those that are there; undefined when none is. */
export function allOf(...conditions: readonly (string | undefined)[]): string | undefined {
  const there = conditions.filter((one) => one !== undefined);
  return there.length === 0 ? undefined : there.map((one) => (there.length > 1 ? `(${one})` : one)).join(" && ");
}

/** Whether some or all clients are of a stepped wedge, whose effect needs the periods beside it. */
export const hasWedge = ({ trial }: PlanContent): boolean =>
  trial?.design === "stepped-wedge" || trial?.design === "joint";

/** Participants, where they have several rows, in therapists in units, and the periods of each unit in a stepped wedge. */
export function randomTerms(plan: PlanContent, isRepeated: boolean, isWedge = hasWedge(plan)): string[] {
  const { participant, clusters, period } = plan.trial!;
  const nested = [...clusters!, ...(isRepeated ? [participant!] : [])].map(renderName).join(" / ");
  const [unit] = clusters!.map(renderName);
  return [`(1 | ${nested})`, ...(isWedge ? [`(1 | ${unit}:${renderName(period!)})`] : [])];
}

/**
 * What stands beside the effect whatever the outcome: the design, of a joint trial, and the periods, of a stepped wedge.
 * Both designs then share the effects of covariates and periods.
 */
export function designTerms(plan: PlanContent): string[] {
  const { designs, design, period } = plan.trial!;
  return [
    ...(design === "joint" ? [factorOf(plan, designs!.column)] : []),
    ...(hasWedge(plan) ? [factorOf(plan, period!)] : []),
  ];
}

/** The visits, and the effect at each; of one visit the arm alone. */
export function effectTerms(plan: PlanContent, visits: readonly unknown[]): string[] {
  const arm = renderName(plan.trial!.arm!.column);
  return visits.length > 1 ? [visitTerm(plan), `${visitTerm(plan)}:${arm}`] : [arm];
}

interface OutcomeModel {
  readonly outcome: string;
  readonly baseline: string;
  readonly covariates: readonly string[];
  readonly visits: readonly (number | string)[];
}

/**
 * `ors ~ ors_0 + age + design + factor(period) + factor(month) + factor(month):arm + (1 | …)`: one model for the trial.
 * @param association  terms instead of the effect.
 */
export function effectFormula(
  plan: PlanContent,
  { outcome, baseline, covariates, visits }: OutcomeModel,
  association?: readonly string[],
): string {
  const isRepeated = visits.length > 1;
  const terms = [
    renderName(baseline),
    ...covariates,
    ...designTerms(plan),
    ...(association === undefined
      ? effectTerms(plan, visits)
      : [...(isRepeated ? [visitTerm(plan)] : []), ...association]),
    ...randomTerms(plan, isRepeated),
  ];
  return `${renderName(outcome)} ~ ${terms.join(" + ")}`;
}

/** Roles that a trial-level analysis of the outcome at the visits needs; those that the plan has not. */
export function missingRolesOf(
  { trial }: PlanContent,
  needed: readonly ("participant" | "arm" | "clusters" | "visit")[],
): string[] {
  const isWedge = trial?.design === "stepped-wedge" || trial?.design === "joint";
  return [
    ...needed.filter((role) => trial?.[role] === undefined),
    ...(trial?.design === "joint" && trial.designs === undefined ? ["designs"] : []),
    ...(isWedge && trial?.period === undefined ? ["period"] : []),
  ];
}

/** Degrees of freedom of the spline over calendar periods in regressions of 0/1 outcomes: few events allow few. */
const PERIOD_DF = 3;

/** What stands beside the arm in a regression of a 0/1 outcome: the design, of a joint trial, and a spline over the periods. */
export function adjustmentTerms(plan: PlanContent): string[] {
  const { designs, design, period } = plan.trial!;
  const isNumber = hasWedge(plan) && plan.columns[period!]?.type === "number";
  const calendar = isNumber ? `ns(${renderName(period!)}, ${PERIOD_DF})` : undefined;
  return [
    ...(design === "joint" ? [factorOf(plan, designs!.column)] : []),
    ...(hasWedge(plan) ? [calendar ?? factorOf(plan, period!)] : []),
  ];
}

/** Levels of a made factor with what reports call them. */
export const madeLevels = (levels: readonly { readonly level: string; readonly label: InLanguages }[]) => ({
  levels: levels.map(({ level }) => level),
  "level-labels": Object.fromEntries(
    levels.flatMap(({ level, label }) => (Object.keys(label).length === 0 ? [] : [[level, label]])),
  ),
});
