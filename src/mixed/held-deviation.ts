/**
 * The standard deviation of one column of one random term held, for its profile likelihood: the column is made the last
 * of its term, so that its variance is r² Σ λ², with λ the last row of Λ, whose length follows from the value held and
 * whose direction is free (angles).
 */
import type { RandomTerm } from "../formula/frame.js";
import { zeros } from "../numeric/matrix.js";
import { type RandomStructure, structureRandomTerms } from "./random-structure.js";

export interface HeldDeviation {
  readonly structure: RandomStructure;
  /** The standard deviation is this times the length of the last row of Λ (and σ). */
  readonly unit: number;
  /** Thetas outside the row, then the angles of the row. */
  readonly start: readonly number[];
  /** Theta when the row has this length. */
  readonly theta: (x: Float64Array, length: number) => Float64Array;
  /** Gradient in x from that in theta. */
  readonly pullBack: (x: Float64Array, length: number, gradient: Float64Array) => Float64Array;
}

/** The random terms with one column of one term last in it, so that its standard deviation can be held. */
export function heldLast(Z: readonly RandomTerm[], t: number, column: number, path: string): HeldDeviation {
  const structure = structureRandomTerms(
    Z.map((term, i) => (i === t ? withColumnLast(term, column) : term)),
    path,
  );
  const { k, thetaStart, inverseR } = structure.terms[t]!;
  const row: number[] = [];
  let at = thetaStart;
  for (let col = 0; col < k; col++) for (let r = col; r < k; r++, at++) if (r === k - 1) row.push(at);
  const others = [...structure.theta.keys()].filter((i) => !row.includes(i));
  const angles = (x: Float64Array): Float64Array => x.subarray(others.length, others.length + k - 1);
  return {
    structure,
    unit: inverseR.data[k * k - 1]!,
    start: [
      ...others.map((i) => (structure.theta[i]!.row === structure.theta[i]!.col ? 0.5 : 0)),
      ...new Array<number>(k - 1).fill(0),
    ],
    theta: (x, length) => {
      const theta = new Float64Array(structure.theta.length);
      others.forEach((i, a) => {
        theta[i] = x[a]!;
      });
      direction(angles(x)).forEach((value, a) => {
        theta[row[a]!] = length * value;
      });
      return theta;
    },
    pullBack: (x, length, gradient) => {
      const back = new Float64Array(others.length + k - 1);
      others.forEach((i, a) => {
        back[a] = gradient[i]!;
      });
      for (let a = 0; a < k - 1; a++) {
        // The derivative of a sine or cosine is itself a quarter turn on; entries before the angle do not have it.
        const turned = direction(angles(x).with(a, angles(x)[a]! + Math.PI / 2));
        for (let m = a; m < k; m++) back[others.length + a]! += length * gradient[row[m]!]! * turned[m]!;
      }
      return back;
    },
  };
}

/** The unit vector of k − 1 angles: sin a₁, cos a₁ sin a₂, …, cos a₁ ⋯ cos a_{k−1}. */
function direction(angles: Float64Array): Float64Array {
  const unit = new Float64Array(angles.length + 1);
  let product = 1;
  angles.forEach((angle, a) => {
    unit[a] = product * Math.sin(angle);
    product *= Math.cos(angle);
  });
  unit[angles.length] = product;
  return unit;
}

function withColumnLast(term: RandomTerm, column: number): RandomTerm {
  const k = term.names.length;
  const order = [...Array(k).keys()].filter((j) => j !== column).concat(column);
  const { rows, cols, data } = term.values;
  const values = zeros(rows, cols);
  for (let i = 0; i < rows; i++)
    order.forEach((from, to) => {
      values.data[i * cols + to] = data[i * cols + from]!;
    });
  return { ...term, names: order.map((j) => term.names[j]!), values };
}
