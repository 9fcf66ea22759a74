/**
 * Monotone likelihood of the Fine–Gray model: a direction δ of the coefficients along which the pseudo-likelihood never
 * falls, so that some have no finite estimate. At every event time x'δ of those with the event must be the largest of the
 * risk set (those with a competing event stay in it), and somewhere larger than another's: no event in one arm, for example.
 *
 * The direction is that of Newton's steps once they run away; it is then checked on every row, so that estimates that
 * are large but finite are not accused (as separation.ts of logistic regression).
 *
 * Source: Heinze & Schemper (2001) Biometrics 57:114–119.
 */
import type { SubdistributionSets } from "./subdistribution-sets.js";

/** Movements below this share of the largest are those of rows that do not move. */
const STILL = 1e-3;

/** Columns whose coefficients run away along a direction (p) that the data do not hold back; none when they do. */
export function monotoneColumns(sets: SubdistributionSets, direction: Float64Array): number[] {
  const { n, p, X, ending, group, weight, groups, times, from, free, time } = sets;
  const along = new Float64Array(n);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < p; j++, at++) along[i]! += X[at]! * direction[j]!;
  const range = along.reduce(([low, high], v) => [Math.min(low!, v), Math.max(high!, v)], [Infinity, -Infinity]);
  const largest = range[1]! - range[0]!;
  if (!(largest > 0) || !Number.isFinite(largest)) return [];
  const still = STILL * largest;

  // The extremes of those with a competing event, by censoring group, up to each event time; then of the others, back.
  const m = times.length;
  const [most, least] = [new Float64Array(m).fill(-Infinity), new Float64Array(m).fill(Infinity)];
  const [groupMost, groupLeast] = [new Float64Array(groups).fill(-Infinity), new Float64Array(groups).fill(Infinity)];
  for (let at = 0, place = 0; at < m; at++) {
    for (; place < from[at]!; place++) {
      const g = group[place]!;
      if (ending[place] !== 2 || weight[place] === 0) continue;
      groupMost[g] = Math.max(groupMost[g]!, along[place]!);
      groupLeast[g] = Math.min(groupLeast[g]!, along[place]!);
    }
    for (let g = 0; g < groups; g++) {
      if (free[at * groups + g] === 0) continue;
      most[at] = Math.max(most[at]!, groupMost[g]!);
      least[at] = Math.min(least[at]!, groupLeast[g]!);
    }
  }
  let moves = false;
  let [high, low] = [-Infinity, Infinity];
  for (let at = m - 1, place = n - 1; at >= 0; at--) {
    for (; place >= from[at]!; place--) {
      if (weight[place] === 0) continue;
      high = Math.max(high, along[place]!);
      low = Math.min(low, along[place]!);
    }
    const top = Math.max(high, most[at]!);
    for (let i = from[at]!; i < n && time[i] === times[at]; i++)
      if (ending[i] === 1 && weight[i]! > 0 && along[i]! < top - still) return [];
    if (Math.min(low, least[at]!) < top - still) moves = true;
  }
  return moves ? runawayColumns(sets, direction, largest) : [];
}

/** Columns that take part in the movement: the coefficient times the column's range counts. */
function runawayColumns({ n, p, X }: SubdistributionSets, direction: Float64Array, largest: number): number[] {
  return Array.from(direction.keys()).filter((j) => {
    let size = 0;
    for (let i = 0; i < n; i++) size = Math.max(size, Math.abs(X[i * p + j]!));
    return Math.abs(direction[j]!) * size > 10 * STILL * largest;
  });
}
