/**
 * Adjustment of p-values for several tests: the probability of any false rejection in the family stays below the level.
 *
 *     bonferroni       m p
 *     holm             step down: p in ascending order times m, m − 1, …, and never below the one before
 *     hochberg         step up: the same factors, and never above the one after. Needs independent tests or positive dependence
 *     fixed-sequence   gatekeeping: in the declared order at the full level, until one is not rejected
 *
 * A hypothesis is rejected when its adjusted p-value is at most the level.
 *
 * A test that could not be carried out (p null) counts as p = 1: it uses up its share, closes the gate behind it, and is
 * not rejected.
 *
 * Sources  Holm (1979) Scand. J. Stat. 6:65–70; Hochberg (1988) Biometrika 75:800–802; Maurer, Hothorn & Lehmacher (1995);
 *          adjusted p-values: Wright (1992) Biometrics 48:1005–1013.
 * Checked  test/inference/multiplicity.test.ts (R's p.adjust, and by hand).
 */

export const multiplicityMethods = ["bonferroni", "holm", "hochberg", "fixed-sequence"] as const;
export type MultiplicityMethod = (typeof multiplicityMethods)[number];

/** @param p  in the declared order. @returns  adjusted p-values in the same order; null where p is. */
export function adjustP(p: readonly (number | null)[], method: MultiplicityMethod): (number | null)[] {
  const conservative = p.map((value) => value ?? 1);
  return adjusted(conservative, method).map((value, i) => (p[i] === null ? null : Math.min(1, value)));
}

function adjusted(p: readonly number[], method: MultiplicityMethod): number[] {
  const m = p.length;
  if (method === "bonferroni") return p.map((value) => m * value);
  if (method === "fixed-sequence") return runningMax(p);
  const ascending = [...p.keys()].sort((a, b) => p[a]! - p[b]!);
  const scaled = ascending.map((i, rank) => Math.min(1, (m - rank) * p[i]!));
  const stepped = method === "holm" ? runningMax(scaled) : runningMin(scaled.toReversed()).toReversed();
  const result = new Array<number>(m);
  ascending.forEach((i, rank) => {
    result[i] = stepped[rank]!;
  });
  return result;
}

function runningMax(values: readonly number[]): number[] {
  let most = 0;
  return values.map((value) => {
    most = Math.max(most, value);
    return most;
  });
}

function runningMin(values: readonly number[]): number[] {
  let least = 1;
  return values.map((value) => {
    least = Math.min(least, value);
    return least;
  });
}
