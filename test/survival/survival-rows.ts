/** Hand-made and seeded survival rows for the tests of this folder. */

import { fromRows } from "../../src/numeric/matrix.js";
import type { SurvivalRows } from "../../src/survival/risk-sets.js";

export interface MadeRow {
  readonly start?: number;
  readonly time: number;
  readonly event: number;
  readonly x: readonly number[];
  readonly stratum?: number;
  readonly weight?: number;
  readonly offset?: number;
  readonly cluster?: number;
}

/** Rows as fitters see them; starts, strata, weights and offset when the first row has them. */
export function survivalRows(rows: readonly MadeRow[]): SurvivalRows {
  const first = rows[0]!;
  const column = (value: (row: MadeRow) => number | undefined): Float64Array | null =>
    value(first) === undefined ? null : Float64Array.from(rows, (row) => value(row)!);
  const codes = first.stratum === undefined ? null : Int32Array.from(rows, (row) => row.stratum!);
  return {
    X: fromRows(rows.map(({ x }) => x)),
    outcome: {
      start: column((row) => row.start),
      time: Float64Array.from(rows, (row) => row.time),
      event: Int32Array.from(rows, (row) => row.event),
    },
    offset: column((row) => row.offset),
    weights: column((row) => row.weight),
    strata: codes === null ? null : { codes, levels: [...new Set(codes)].map(String) },
  };
}

/** Uniform numbers in (0, 1) from a seed (Lehmer's generator). */
export function uniforms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Rows with everything that a Cox model takes: ties, late entries, strata, weights and an offset. */
export function madeRows(n: number, seed = 7): MadeRow[] {
  const u = uniforms(seed);
  return Array.from({ length: n }, (_, i) => {
    const start = u() < 0.4 ? 0 : Math.floor(u() * 6);
    return {
      start,
      time: start + 1 + Math.floor(u() * 8),
      event: u() < 0.6 ? 1 : 0,
      x: [u() < 0.5 ? 0 : 1, 40 + 30 * u(), u() - 0.5],
      stratum: i % 3,
      weight: 0.5 + Math.floor(u() * 4) / 2,
      offset: u() - 0.5,
      cluster: i % 7,
    };
  });
}
