/**
 * The score of an instrument from its items, by declared rules: reversed items, sum or mean, missing items.
 *
 * Prorating puts the mean of the items answered in the place of those that are not: the sum is that mean times the number
 * of items. Nothing is rounded.
 *
 * Source   Fairclough (2010) Design and Analysis of Quality of Life Studies, ch. 8 (the "half rule" and its kin); the manuals
 *          of the instruments say how many items may be missing.
 */

export interface ScoringRule {
  readonly of: "sum" | "mean";
  /** For each item whether it is reversed: lowest + highest − answer. */
  readonly reversed: readonly boolean[];
  /** Lowest and highest answer of an item; needed when an item is reversed. */
  readonly itemRange: readonly [number, number] | null;
  /** Most items that may be missing; with more there is no score. */
  readonly allowMissing: number;
}

/**
 * @param items  One for each item of the rule, NaN missing.
 * @returns      NaN where too many are missing, or all.
 */
export function scoreOf(items: ArrayLike<number>, { of, reversed, itemRange, allowMissing }: ScoringRule): number {
  let sum = 0;
  let answered = 0;
  for (let i = 0; i < items.length; i++) {
    const answer = items[i]!;
    if (Number.isNaN(answer)) continue;
    sum += reversed[i] === true ? itemRange![0] + itemRange![1] - answer : answer;
    answered++;
  }
  if (answered === 0 || items.length - answered > allowMissing) return Number.NaN;
  if (of === "mean") return sum / answered;
  return answered === items.length ? sum : (sum / answered) * items.length;
}
