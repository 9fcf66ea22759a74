/**
 * The assignments that a randomisation could have made: the labels that were given (arms, or sequences of a stepped
 * wedge), given again to the units in every other order, within strata where the randomisation was stratified.
 * How often each label occurs in a stratum is fixed.
 */
import { type RandomStream, shuffleInPlace } from "../numeric/random-stream.js";

export interface AssignmentSet {
  /** Distinct assignments, the one made among them; inexact above 2⁵³. */
  readonly size: number;
  /** The assignment with an index from 0 to size − 1: a label for each unit. For sizes up to 2⁵³. */
  readonly at: (index: number) => Int32Array;
  /** One assignment, each as likely. */
  readonly draw: (stream: RandomStream) => Int32Array;
}

/**
 * @param labels  the label of each unit, whole numbers from 0.
 * @param strata  the stratum of each unit, whole numbers from 0; all 0 without strata.
 */
export function assignmentsWithinStrata(labels: Int32Array, strata: Int32Array): AssignmentSet {
  const groups = groupsOf(labels, strata);
  return {
    size: groups.reduce((product, { size }) => product * size, 1),
    at: (index) => {
      const assignment = new Int32Array(labels.length);
      let left = index;
      for (const { units, counts, size } of groups) {
        placeArrangement(assignment, units, counts, size, left % size);
        left = Math.floor(left / size);
      }
      return assignment;
    },
    draw: (stream) => {
      const assignment = new Int32Array(labels.length);
      for (const { units } of groups) {
        const given = Int32Array.from(units, (unit) => labels[unit]!);
        shuffleInPlace(given, stream);
        units.forEach((unit, i) => {
          assignment[unit] = given[i]!;
        });
      }
      return assignment;
    },
  };
}

interface Stratum {
  readonly units: readonly number[];
  /** How often each label occurs. */
  readonly counts: readonly number[];
  /** n! / Π count!: arrangements of the labels. */
  readonly size: number;
}

function groupsOf(labels: Int32Array, strata: Int32Array): Stratum[] {
  const codes = [...new Set(strata)].sort((a, b) => a - b);
  const labelCount = Math.max(-1, ...labels) + 1;
  return codes.map((code) => {
    const units = [...labels.keys()].filter((unit) => strata[unit] === code);
    const counts = new Array<number>(labelCount).fill(0);
    for (const unit of units) counts[labels[unit]!]!++;
    return { units, counts, size: arrangements(counts) };
  });
}

/** n! / Π count!, as a product of binomial coefficients, each step a whole number. */
function arrangements(counts: readonly number[]): number {
  let product = 1;
  let placed = 0;
  for (const count of counts) {
    for (let k = 1; k <= count; k++) {
      placed++;
      product = (product * placed) / k;
    }
  }
  return Math.round(product);
}

/** Writes the arrangement of that index, in lexicographic order, into the units' places. */
function placeArrangement(
  assignment: Int32Array,
  units: readonly number[],
  counts: readonly number[],
  size: number,
  index: number,
): void {
  const left = [...counts];
  let arrangementsLeft = size;
  let rank = index;
  units.forEach((unit, i) => {
    const remaining = units.length - i;
    for (const [label, count] of left.entries()) {
      // Of the arrangements left, the share count / remaining begins with this label.
      const beginning = Math.round((arrangementsLeft * count) / remaining);
      if (rank < beginning) {
        assignment[unit] = label;
        left[label]!--;
        arrangementsLeft = beginning;
        return;
      }
      rank -= beginning;
    }
  });
}
