/** A plan of a joint trial in several tables, for tests of trial-level analyses. */
import { checkPlan } from "../../src/plan/check-plan.js";
import { parsePlan } from "../../src/plan/parse-plan.js";
import type { Analysis } from "../../src/plan/plan.js";

export const trialPlan = (analyses: string, trial = ""): string => `plan: fit-rct/1
title: A joint trial
data:
  tables:
    visits: { file: visits.csv, join: { clients: client } }
    clients: { file: clients.csv, key: client, join: { units: unit } }
    units: { file: units.csv, key: unit }
    sessions: { file: sessions.csv, join: { clients: client } }
columns:
  client: { type: id }
  unit: { type: id }
  therapist: { type: id }
  arm: { type: factor, levels: [TAU, FIT] }
  design: { type: factor, levels: [A, B] }
  period: { type: number }
  month: { type: number }
  ors: { type: number, better: higher, unit: points }
  age: { type: number }
  sex: { type: factor, levels: [kvinna, man] }
  ending: { type: factor, levels: [pågår, planerat, avbrott, flyttat] }
  days: { type: number, unit: days }
  fidelity: { type: number }
  session: { type: number }
  ors_session: { type: number }
  srs: { type: number, better: higher }
  ors_0: { type: number, summarise: { value: ors, where: month == 0, take: one } }
  ors_last: { type: number, summarise: { value: ors, order: month, take: last } }
trial:
${
  trial === ""
    ? `  design: joint
  designs: { column: design, individual: A, stepped-wedge: B }
  participant: client
  arm: { column: arm, control: TAU, intervention: FIT }
  clusters: [unit, therapist]
  visit: { column: month, baseline: 0 }
  period: period
`
    : trial
}analyses:
${analyses}`;

/** As `trialPlan` has them, of a trial in which each client was randomised. */
export const individualRoles = `  design: individual
  participant: client
  arm: { column: arm, control: TAU, intervention: FIT }
  clusters: [unit, therapist]
  visit: { column: month, baseline: 0 }
`;

/** The analyses of a plan by their ids. @throws when there is anything wrong with it. */
export function partsOf(text: string): ReadonlyMap<string, Analysis> {
  const parsed = parsePlan(text, "plan.yaml");
  const problems = [...parsed.problems, ...checkPlan(parsed).problems];
  if (parsed.plan === null || problems.length > 0) throw new Error(problems.map(({ message }) => message).join("\n"));
  return new Map(parsed.plan.analyses.map((analysis) => [analysis.id, analysis]));
}

export function codesOf(text: string): string[] {
  const parsed = parsePlan(text, "plan.yaml");
  return [...parsed.problems, ...checkPlan(parsed).problems].map(({ code }) => code);
}
