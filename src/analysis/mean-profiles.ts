/** Observed means by arm and visit, beside the adjusted ones, for the figure of mean profiles. */

import { wilsonInterval } from "../effect-size/risk-difference.js";
import type { Frame } from "../formula/frame.js";
import type { AdjustedMean } from "../inference/adjusted-means.js";
import { meanEstimates } from "../inference/adjusted-means.js";
import type { Fit } from "../inference/fit.js";
import { tQuantile } from "../numeric/distributions.js";
import type { Column, Table } from "../table/table.js";
import type { Profile, ProfilePoint } from "./results.js";

/** More visits than this make no profile. */
const MOST_VISITS = 30;

export interface ProfileColumns {
  readonly arm: string;
  readonly visit: string;
  readonly armLabel: string;
  readonly visitLabel: string;
}

/**
 * @param means  adjusted means whose one setting is the visit; others are not shown.
 * @returns      null when the arm is no category, or there are too many visits or only one.
 */
export function meanProfiles(
  table: Table,
  frame: Frame,
  { arm, visit, armLabel, visitLabel }: ProfileColumns,
  fit: Fit,
  means: readonly AdjustedMean[],
  level: number,
): Profile | null {
  const armColumn = table.columns.get(arm);
  const visitColumn = table.columns.get(visit);
  if (armColumn?.kind !== "category" || visitColumn === undefined) return null;
  const visits = visitsOf(visitColumn, frame.rows);
  if (visits.length < 2 || visits.length > MOST_VISITS) return null;
  const arms = armColumn.levels.filter((_, code) => frame.rows.some((row) => armColumn.codes[row] === code));
  const observed = observedPoints(frame, armColumn, visitColumn, visits, level);
  const adjusted = meanEstimates(fit, means, "", { unit: null, level })
    .filter(({ measure }) => measure === "adjusted-mean")
    .map((estimate, i): ProfilePoint => {
      const mean = means[i]!;
      return {
        kind: "adjusted",
        arm: mean.level,
        at: mean.values[0]!,
        mean: estimate.estimate!,
        lower: estimate.lower,
        upper: estimate.upper,
        n: null,
      };
    });
  return {
    proportion: isBinary(frame.response),
    armColumn: armLabel,
    arms,
    visit: {
      name: visitLabel,
      unit: visitColumn.kind === "number" ? visitColumn.unit : null,
      numeric: visitColumn.kind === "number",
    },
    points: [...observed, ...adjusted],
  };
}

function visitsOf(column: Column, rows: Int32Array): (number | string)[] {
  if (column.kind === "number") {
    const distinct = new Set<number>();
    for (const row of rows) if (!Number.isNaN(column.values[row]!)) distinct.add(column.values[row]!);
    return [...distinct].sort((a, b) => a - b);
  }
  const used = new Set<number>();
  for (const row of rows) used.add(column.codes[row]!);
  return column.levels.filter((_, code) => used.has(code));
}

/** Whether an outcome is 0 or 1 in every row: its means are proportions. */
const isBinary = (response: Float64Array): boolean => response.every((v) => v === 0 || v === 1);

/** Means with t intervals, proportions with Wilson's, from the rows used; a mean of one row has no interval. */
function observedPoints(
  { rows, response }: Frame,
  arm: Column & { readonly kind: "category" },
  visit: Column,
  visits: readonly (number | string)[],
  level: number,
): ProfilePoint[] {
  const isProportion = isBinary(response);
  const cells = arm.levels.map(() => visits.map(() => ({ n: 0, mean: 0, squares: 0 })));
  const place = new Map(visits.map((value, i) => [value, i]));
  rows.forEach((row, i) => {
    const at = place.get(visit.kind === "number" ? visit.values[row]! : (visit.levels[visit.codes[row]!] ?? ""));
    const cell = at === undefined ? undefined : cells[arm.codes[row]!]?.[at];
    if (cell === undefined) return;
    cell.n++;
    const step = response[i]! - cell.mean;
    cell.mean += step / cell.n;
    cell.squares += step * (response[i]! - cell.mean);
  });
  return cells.flatMap((ofArm, code) =>
    ofArm.flatMap(({ n, mean, squares }, at): ProfilePoint[] => {
      if (n === 0) return [];
      const half = n < 2 ? null : tQuantile(1 - (1 - level) / 2, n - 1) * Math.sqrt(squares / (n - 1) / n);
      const ofMean = half === null ? { lower: null, upper: null } : { lower: mean - half, upper: mean + half };
      const { lower, upper } = isProportion ? wilsonInterval({ events: mean * n, n }, level) : ofMean;
      return [
        {
          kind: "observed",
          arm: arm.levels[code]!,
          at: visits[at]!,
          mean,
          lower,
          upper,
          n,
        },
      ];
    }),
  );
}
