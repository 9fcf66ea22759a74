/**
 * `standardised:effect:joint@…`: the effects of a joint analysis in units of one standard deviation, that of a baseline column
 * within the arms of each design, pooled over both designs, of the participants that the analysis uses, each once.
 *
 * One SD for both designs, so that A, B and both together stay comparable with each other. The interval takes it as estimated,
 * independent of the effect (delta method).
 */
import { pooledSd, summariseArm } from "../effect-size/arm-summary.js";
import { type DenominatorSd, standardisedDifference } from "../effect-size/standardised-difference.js";
import type { Estimate } from "../inference/estimate.js";
import type { Plan } from "../plan/plan.js";
import type { Table } from "../table/table.js";
import { keyAt } from "../trial/participant-groups.js";

/**
 * @param designs   rows of the table that are used, of each design
 * @param baseline  a column of numbers
 */
export function baselineSdOfDesigns(
  { trial }: Pick<Plan, "trial">,
  table: Table,
  designs: readonly Int32Array[],
  baseline: string,
): DenominatorSd {
  const values = table.columns.get(baseline);
  const arm = table.columns.get(trial?.arm?.column ?? "");
  const participant = table.columns.get(trial?.participant ?? "");
  const groups = designs.flatMap((rows) => {
    const seen = new Set<number>();
    const byArm = new Map<number, number[]>();
    for (const row of rows) {
      const value = values?.kind === "number" ? values.values[row]! : Number.NaN;
      const who = participant === undefined ? row : keyAt(participant, row);
      const group = arm === undefined ? 0 : keyAt(arm, row);
      if (Number.isNaN(value) || who === null || group === null || seen.has(who)) continue;
      seen.add(who);
      byArm.set(group, [...(byArm.get(group) ?? []), value]);
    }
    return [...byArm.values()];
  });
  const { sd, df } = pooledSd(groups.map((group) => summariseArm(Float64Array.from(group))));
  return { kind: "baseline", sd, df, sharedWithContrast: false };
}

/** Of each design alone and of both together; not of two stages. */
export const standardisedEffects = (estimates: readonly Estimate[], by: DenominatorSd): Estimate[] =>
  estimates
    .filter(({ name }) => /^effect:(individual|stepped-wedge|joint)(@|$)/.test(name))
    .map((effect) => ({ ...standardisedDifference(effect, by), name: `standardised:${effect.name}` }));
