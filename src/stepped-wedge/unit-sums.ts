/**
 * The rows of each unit summed once for each switch that the unit might have had: all that a linear mixed model fitted
 * again under other assignments needs of them (unit-deviance.ts).
 *
 * Columns    W = [C, X₀, T, y, R] of a unit's rows: C k columns of random effects, X₀ the fixed effects but treatment,
 *            T the treatment under that switch, y the outcome, R the treatment that the outcomes hold.
 * Leaves     Random effects of the term with the most levels, the clients of a cohort, say, have no columns:
 *            (I + φ ZZ')⁻¹ = I − Σ φ/(1 + nφ) 1 1' over levels of n rows, so W'(I + φ ZZ')⁻¹W takes the sums
 *            of w w' over levels of one size, w the column sums of W over the rows of a level. With weights rows are
 *            first multiplied by the roots of theirs, and n is the sum of the weights.
 */
import type { RandomTerm } from "../formula/frame.js";
import type { DecayingTerm } from "../mixed/decay-deviance.js";
import type { Matrix } from "../numeric/matrix.js";

export interface UnitRows {
  /** n: the unit of each row, from 0. */
  readonly unit: Int32Array;
  readonly units: number;
  /** n×p₀. */
  readonly others: Matrix;
  /** n. */
  readonly outcome: Float64Array;
  /** n: the treatment that the outcomes hold, 0 to 1. */
  readonly received: Float64Array;
  /** n for a switch: 1 or 0, the treatment of each row were its unit given it; NaN: the row is then left out. */
  readonly treatment: (switched: number) => Float64Array;
  /** Terms of one column each, every level within one unit. */
  readonly Z: readonly RandomTerm[];
  /** Places in Z of the terms whose column is treatment. */
  readonly ofTreatment: ReadonlySet<number>;
  /** n: V is W⁻¹ + ZGZ', W their diagonal; absent: 1. */
  readonly weights?: Float64Array;
  /** Effects of unit-periods that decay; their columns are the first of C. */
  readonly decay: DecayingTerm | null;
}

/** Levels of the leaf term that have one number of rows, or sum of weights. */
export interface LeafSums {
  readonly size: number;
  readonly count: number;
  /** d×d, lower triangle: Σ w w'. */
  readonly squares: Float64Array;
}

/** A unit under a switch. */
export interface UnitSums {
  readonly rows: number;
  /** d×d, lower triangle of W'W; d = k + p₀ + 3. */
  readonly total: Float64Array;
  readonly leaves: readonly LeafSums[];
}

/** What a unit's columns of C are, the same under every switch. */
export interface UnitColumns {
  readonly k: number;
  /** Times of the first columns, those of the decaying effects; none without decay. */
  readonly positions: Float64Array;
  /** The term of each further column, a place in Z. */
  readonly term: readonly number[];
}

export interface SumsBySwitch {
  readonly units: readonly UnitColumns[];
  /** p₀. */
  readonly others: number;
  /** Place in Z of the term without columns; −1: none. */
  readonly leaf: number;
  readonly sums: (unit: number, switched: number) => UnitSums;
}

/** Whether the levels of each term are each within one unit, and each term has one column. */
export const isWithinUnits = (unit: Int32Array, Z: readonly RandomTerm[]): boolean =>
  Z.every(({ codes, levels, names }) => {
    const unitOf = new Int32Array(levels.length).fill(-1);
    return (
      names.length === 1 &&
      codes.every((level, row) => {
        if (unitOf[level] === -1) unitOf[level] = unit[row]!;
        return unitOf[level] === unit[row];
      })
    );
  });

/**
 * Sums are made when they are first asked for, and kept: not with weights, for then each leaf has sums of its own and they
 * are asked for once.
 */
export function sumsBySwitch(data: UnitRows): SumsBySwitch {
  const { unit, units, others, outcome, received, treatment, Z, ofTreatment, weights, decay } = data;
  const p0 = others.cols;
  const leaf = leafTerm(Z, ofTreatment);
  const rowsOf = Array.from({ length: units }, () => [] as number[]);
  unit.forEach((u, row) => {
    rowsOf[u]!.push(row);
  });
  const columns = rowsOf.map((rows) => columnsOf(rows, data, leaf));
  const made = new Map<number, UnitSums>();

  const make = (u: number, switched: number): UnitSums => {
    const { k, placeOf } = columns[u]!;
    const d = k + p0 + 3;
    const treated = treatment(switched);
    const total = new Float64Array(d * d);
    const ofLevel = new Map<number, { size: number; sum: Float64Array }>();
    const w = new Float64Array(d);
    let used = 0;
    for (const row of rowsOf[u]!) {
      const T = treated[row]!;
      if (Number.isNaN(T)) continue;
      used++;
      w.fill(0);
      if (decay !== null) w[placeOf(-1, decay.term.codes[row]!)] = 1;
      Z.forEach(({ codes, values }, t) => {
        if (t !== leaf) w[placeOf(t, codes[row]!)] = ofTreatment.has(t) ? T : values.data[row]!;
      });
      w.set(others.data.subarray(row * p0, (row + 1) * p0), k);
      w[k + p0] = T;
      w[k + p0 + 1] = outcome[row]!;
      w[k + p0 + 2] = received[row]!;
      // Rows by the root of their weight have variance 1; in a sum over a leaf its own column has that root too.
      const weight = weights === undefined ? 1 : weights[row]!;
      const root = Math.sqrt(weight);
      if (weight !== 1) for (let j = 0; j < d; j++) w[j]! *= root;
      addSquare(w, total);
      if (leaf === -1) continue;
      const level = Z[leaf]!.codes[row]!;
      const known = ofLevel.get(level);
      if (known === undefined) ofLevel.set(level, { size: weight, sum: w.map((v) => v * root) });
      else {
        known.size += weight;
        for (let j = 0; j < d; j++) known.sum[j]! += root * w[j]!;
      }
    }
    const leaves = new Map<number, { size: number; count: number; squares: Float64Array }>();
    for (const { size, sum } of ofLevel.values()) {
      const known = leaves.get(size) ?? { size, count: 0, squares: new Float64Array(d * d) };
      known.count++;
      addSquare(sum, known.squares);
      leaves.set(size, known);
    }
    return { rows: used, total, leaves: [...leaves.values()].sort((a, b) => a.size - b.size) };
  };
  return {
    units: columns.map(({ k, positions, term }) => ({ k, positions, term })),
    others: p0,
    leaf,
    sums: (u, switched) => {
      const key = switched * units + u;
      const known = made.get(key);
      if (known !== undefined) return known;
      const sums = make(u, switched);
      if (weights === undefined) made.set(key, sums);
      return sums;
    },
  };
}

/** The intercept with the most levels; −1 when there is none. */
function leafTerm(Z: readonly RandomTerm[], ofTreatment: ReadonlySet<number>): number {
  let leaf = -1;
  Z.forEach(({ levels, values }, t) => {
    const isIntercept = !ofTreatment.has(t) && values.data.every((value) => value === 1);
    if (isIntercept && (leaf === -1 || levels.length > Z[leaf]!.levels.length)) leaf = t;
  });
  return leaf;
}

/** The columns of C of a unit: a level of a term each, decaying effects first and in the order of time. */
function columnsOf(rows: readonly number[], { Z, decay }: UnitRows, leaf: number) {
  const place = new Map<string, number>();
  const key = (term: number, level: number): string => `${term},${level}`;
  const decaying =
    decay === null
      ? []
      : [...new Set(rows.map((row) => decay.term.codes[row]!))].sort(
          (a, b) => decay.positions[a]! - decay.positions[b]!,
        );
  for (const level of decaying) place.set(key(-1, level), place.size);
  const term: number[] = [];
  Z.forEach(({ codes }, t) => {
    if (t === leaf) return;
    for (const row of rows) {
      if (place.has(key(t, codes[row]!))) continue;
      place.set(key(t, codes[row]!), place.size);
      term.push(t);
    }
  });
  return {
    k: place.size,
    positions: Float64Array.from(decaying, (level) => decay!.positions[level]!),
    term,
    placeOf: (t: number, level: number): number => place.get(key(t, level))!,
  };
}

/** Adds w w' to a lower triangle. */
function addSquare(w: Float64Array, to: Float64Array): void {
  const d = w.length;
  for (let i = 0; i < d; i++) {
    const wi = w[i]!;
    if (wi === 0) continue;
    for (let j = 0; j <= i; j++) to[i * d + j]! += wi * w[j]!;
  }
}
