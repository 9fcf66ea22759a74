/** What is wrong with the populations of a plan, and with analyses by the arm that participants received. */
import {
  type Problem,
  planReceivedLevels,
  planUnknownPopulation,
  populationArmMade,
  populationArmUnused,
  populationNoReceived,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { checkExpression } from "../table/expression.js";
import type { ParsedPlan } from "./parse-plan.js";
import type { Analysis, Plan } from "./plan.js";
import { isNamed } from "./trial-terms.js";

type Where = ParsedPlan["where"];

/** The column of the arm that participants received; undefined where the plan names none. */
export const receivedArm = ({ trial }: { readonly trial?: Plan["trial"] | undefined }): string | undefined =>
  trial?.arm === undefined ? undefined : trial.received?.[trial.arm.column];

/** Rules of populations are conditions on columns of the plan; one by arm received needs that column. */
export function checkPopulations({ populations = {}, ...plan }: Plan, where: Where): Problem[] {
  return Object.entries(populations).flatMap(([name, { exclude, arm }]) => [
    ...exclude.flatMap((rule, i) =>
      checkExpression(rule.where, plan.columns, {
        path: where(["populations", name, "exclude", i, "where"]),
        needed: "condition",
      }),
    ),
    ...(arm === "received" && receivedArm(plan) === undefined
      ? [populationNoReceived(where(["populations", name, "arm"]), name, plan.trial?.arm?.column)]
      : []),
  ]);
}

/** The arm received has the levels of the arm as randomised: one is put in the place of the other. */
export function checkReceivedArm({ trial, columns }: Plan, where: Where): Problem[] {
  const received = receivedArm({ trial });
  const arm = columns[trial?.arm?.column ?? ""];
  const other = columns[received ?? ""];
  if (arm?.type !== "factor" || received === undefined || other === undefined) return [];
  const isSame = other.type === "factor" && [...other.levels].sort().join("\n") === [...arm.levels].sort().join("\n");
  return isSame
    ? []
    : [planReceivedLevels(where(["trial", "received", trial!.arm!.column]), received, trial!.arm!.column, arm.levels)];
}

/** Describe the arms although no key names them. */
const BY_ARM: readonly string[] = ["participant-flow", "baseline-table"];

/** The population that an analysis names; and whether it can be analysed by the arm received, where that is asked for. */
export function checkPopulationOf(plan: Plan, analysis: Analysis, path: string): Problem[] {
  const { populations = {} } = plan;
  const { population: name } = analysis;
  if (name === undefined) return [];
  if (!Object.hasOwn(populations, name))
    return [planUnknownPopulation(path, name, suggest(name, Object.keys(populations)))];
  const arm = plan.trial?.arm?.column;
  if (populations[name]!.arm !== "received" || arm === undefined) return [];
  const { population: _, id: __, partOf: ___, title: ____, part: _____, ...model } = analysis;
  const text = JSON.stringify(model);
  if (!BY_ARM.includes(analysis.model) && !isNamed(arm, text)) return [populationArmUnused(path, name, arm)];
  const made = Object.keys(plan.columns).filter((column) => isNamed(column, text) && isMadeOf(plan, column, arm));
  return made.map((column) => populationArmMade(path, name, column, arm));
}

/** Whether a column is derived from another, perhaps by way of third ones. */
function isMadeOf({ columns }: Plan, name: string, from: string, seen: readonly string[] = []): boolean {
  const derive = columns[name]?.derive;
  if (derive === undefined || seen.includes(name)) return false;
  return (
    isNamed(from, derive) ||
    Object.keys(columns).some(
      (other) => isNamed(other, derive) && isMadeOf({ columns } as Plan, other, from, [...seen, name]),
    )
  );
}
