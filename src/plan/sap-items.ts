/**
 * The 32 items of a statistical analysis plan, and which part of a plan answers each: a text under `sap:`, or what the plan
 * says anyway. Items with letters (4a to 4c) are one.
 *
 * Source   Gamble et al. (2017) JAMA 318:2337–2343.
 * Checked  The paper itself could not be read. Items 1 to 13 by the column of the original guidance in Homer et al. (2022)
 *          BMJ 376:e068177, table 1, and by a checklist in public use; the number of items (32) by Hiemstra et al. (2019)
 *          BMC Med. Res. Methodol., doi 10.1186/s12874-019-0879-5; the order of 14 to 32 by a public template with the
 *          guidance's sections, which leaves one place for each.
 */
import type { Plan } from "./plan.js";

export interface SapItem {
  readonly item: number;
  /** What the item is about, in our words. */
  readonly about: string;
  /** The key of `sap:` that answers it; null: other parts alone do. */
  readonly key: string | null;
  /** The part of a plan that answers it as well. */
  readonly elsewhere?: { readonly part: string; readonly isThere: (plan: Plan) => boolean };
}

const always = (part: string) => ({ part, isThere: () => true });

export const SAP_ITEMS: readonly SapItem[] = [
  {
    item: 1,
    about: "title and trial registration",
    key: null,
    elsewhere: { part: "title and registration.id", isThere: ({ registration }) => registration?.id !== undefined },
  },
  { item: 2, about: "version of the plan, with dates", key: "version" },
  { item: 3, about: "version of the protocol", key: "protocol" },
  { item: 4, about: "revisions, with reasons and times", key: "revisions" },
  { item: 5, about: "names and roles of contributors", key: "roles" },
  { item: 6, about: "signatures", key: "signatures" },
  { item: 7, about: "background and rationale", key: "background" },
  {
    item: 8,
    about: "objectives",
    key: "objectives",
    elsewhere: { part: "estimands", isThere: ({ estimands }) => estimands !== undefined },
  },
  { item: 9, about: "trial design", key: "design" },
  { item: 10, about: "randomisation", key: "randomisation" },
  { item: 11, about: "sample size", key: "sample-size" },
  { item: 12, about: "framework: superiority, equivalence or non-inferiority", key: "framework" },
  { item: 13, about: "interim analyses and stopping", key: "interim" },
  { item: 14, about: "time of the final analysis", key: "final-analysis" },
  { item: 15, about: "times and windows of outcome assessments", key: "assessments" },
  { item: 16, about: "level of significance", key: null, elsewhere: always("level of each analysis") },
  {
    item: 17,
    about: "multiplicity",
    key: "multiplicity",
    elsewhere: { part: "multiplicity", isThere: ({ multiplicity }) => multiplicity !== undefined },
  },
  { item: 18, about: "confidence intervals", key: null, elsewhere: always("level of each analysis") },
  { item: 19, about: "adherence and protocol deviations", key: "adherence" },
  { item: 20, about: "analysis populations", key: "populations" },
  { item: 21, about: "screening data", key: "screening" },
  { item: 22, about: "eligibility", key: "eligibility" },
  { item: 23, about: "recruitment", key: "recruitment" },
  { item: 24, about: "withdrawal and loss to follow-up", key: "withdrawal" },
  { item: 25, about: "baseline characteristics", key: "baseline" },
  {
    item: 26,
    about: "definitions of outcomes",
    key: "outcomes",
    elsewhere: { part: "estimands", isThere: ({ estimands }) => estimands !== undefined },
  },
  { item: 27, about: "methods of analysis", key: null, elsewhere: always("analyses") },
  { item: 28, about: "missing data", key: "missing-data" },
  {
    item: 29,
    about: "additional analyses",
    key: "additional",
    elsewhere: {
      part: "analyses that are not primary",
      isThere: ({ analyses }) => analyses.some(({ role }) => role !== "primary"),
    },
  },
  { item: 30, about: "harms", key: "harms" },
  {
    item: 31,
    about: "statistical software",
    key: null,
    elsewhere: always("version in results.json and manifest.json"),
  },
  { item: 32, about: "references", key: "references" },
];

/** Keys of `sap:`. */
export const SAP_KEYS: readonly string[] = SAP_ITEMS.flatMap(({ key }) => (key === null ? [] : [key]));

/** Items that nothing in the plan answers, with the key that would. */
export const missingSapItems = (plan: Plan): SapItem[] =>
  SAP_ITEMS.filter(
    ({ key, elsewhere }) => !(key !== null && Object.hasOwn(plan.sap ?? {}, key)) && elsewhere?.isThere(plan) !== true,
  );
