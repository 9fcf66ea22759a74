/**
 * A baseline table: what the participants of each group were like before the start. Descriptions alone: differences at
 * baseline between randomised groups are due to chance, so no test is made of them (CONSORT 2025, item on baseline data).
 *
 * Source  Quantiles of type 7 (Hyndman & Fan 1996, The American Statistician 50:361-365), as in R. Standardised differences:
 *         Austin (2009) Statistics in Medicine 28:3083-3107 for numbers and two categories; for more categories the
 *         Mahalanobis distance of the shares (Yang & Dalton 2012, SAS Global Forum 335-2012).
 */
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { dot, timesVector } from "../numeric/matrix.js";
import type { CategoryColumn, Column, NumberColumn } from "../table/table.js";
import { keyAt } from "./participant-groups.js";

export type BaselineSummary = NumberSummary | CategorySummary;

export interface NumberSummary {
  readonly kind: "number";
  readonly n: number;
  readonly missing: number;
  /** NaN where there is no value, and the SD of one. */
  readonly mean: number;
  readonly sd: number;
  readonly median: number;
  readonly q1: number;
  readonly q3: number;
  readonly min: number;
  readonly max: number;
}

export interface CategorySummary {
  readonly kind: "category";
  readonly n: number;
  readonly missing: number;
  /** In the order of the levels. */
  readonly counts: readonly number[];
}

/** Of a binary column: how many have 1 (`counts[0]`). */
export function summariseColumn(column: Column, rows: Int32Array): BaselineSummary {
  if (column.kind === "category") return summariseCategory(column, rows);
  if (column.type === "binary") return summariseBinary(column, rows);
  return summariseNumbers(Float64Array.from(rows, (row) => column.values[row]!));
}

function summariseCategory({ codes, levels }: CategoryColumn, rows: Int32Array): CategorySummary {
  const counts = levels.map((_, code) => rows.reduce((n, row) => n + (codes[row] === code ? 1 : 0), 0));
  const n = counts.reduce((sum, count) => sum + count, 0);
  return { kind: "category", n, missing: rows.length - n, counts };
}

function summariseBinary({ values }: NumberColumn, rows: Int32Array): CategorySummary {
  const known = rows.filter((row) => !Number.isNaN(values[row]!));
  const ones = known.filter((row) => values[row] === 1).length;
  return { kind: "category", n: known.length, missing: rows.length - known.length, counts: [ones] };
}

/** @param values  NaN where missing. */
export function summariseNumbers(values: Float64Array): NumberSummary {
  const known = values.filter((value) => !Number.isNaN(value)).sort();
  const n = known.length;
  const mean = n === 0 ? Number.NaN : known.reduce((sum, value) => sum + value, 0) / n;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return {
    kind: "number",
    n,
    missing: values.length - n,
    mean,
    sd: n < 2 ? Number.NaN : known[0] === known[n - 1] ? 0 : Math.sqrt(squares / (n - 1)),
    median: quantile(known, 0.5),
    q1: quantile(known, 0.25),
    q3: quantile(known, 0.75),
    min: n === 0 ? Number.NaN : known[0]!,
    max: n === 0 ? Number.NaN : known[n - 1]!,
  };
}

/** Type 7: linear between the order statistics, at 1 + (n − 1) p. */
function quantile(sorted: Float64Array, p: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * p;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}

/** Participants of each cluster, for clusters with any. */
export function clusterSizes(cluster: Column, rows: Int32Array): NumberSummary {
  const sizes = new Map<number, number>();
  for (const row of rows) {
    const key = keyAt(cluster, row);
    if (key !== null) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  }
  return summariseNumbers(Float64Array.from(sizes.values()));
}

/**
 * The second group less the first in standard deviations of the mean of their variances; of three categories or more a
 * distance, which has no sign. NaN where nothing varies or a group is empty.
 */
export function standardisedBaselineDifference(first: BaselineSummary, second: BaselineSummary): number {
  if (first.kind === "number" || second.kind === "number") {
    if (first.kind !== "number" || second.kind !== "number") return Number.NaN;
    return scaled(second.mean - first.mean, (first.sd ** 2 + second.sd ** 2) / 2);
  }
  const p = first.counts.map((count) => count / first.n);
  const q = second.counts.map((count) => count / second.n);
  if (p.length === 1) return scaled(q[0]! - p[0]!, (p[0]! * (1 - p[0]!) + q[0]! * (1 - q[0]!)) / 2);
  // Levels that nobody has carry no information, and would make the covariance singular.
  const used = [...p.keys()].filter((level) => p[level]! + q[level]! > 0);
  if (used.length < 2) return used.length === 1 ? 0 : Number.NaN;
  const free = used.slice(1);
  if (free.length === 1) {
    const [at] = free as [number];
    return scaled(q[at]! - p[at]!, (p[at]! * (1 - p[at]!) + q[at]! * (1 - q[at]!)) / 2);
  }
  return distance(
    free.map((level) => p[level]!),
    free.map((level) => q[level]!),
  );
}

const scaled = (difference: number, variance: number): number =>
  variance > 0 ? difference / Math.sqrt(variance) : difference === 0 ? 0 : Number.NaN;

/** √((q − p)' S⁻¹ (q − p)), S the mean of the two multinomial covariances. */
function distance(p: readonly number[], q: readonly number[]): number {
  const k = p.length;
  const covariance = Float64Array.from({ length: k * k }, (_, at) => {
    const [i, j] = [Math.floor(at / k), at % k];
    const of = (r: readonly number[]): number => (i === j ? r[i]! * (1 - r[i]!) : -r[i]! * r[j]!);
    return (of(p) + of(q)) / 2;
  });
  const inverse = invertPositiveDefinite({ rows: k, cols: k, data: covariance });
  if (inverse === null) return Number.NaN;
  const difference = Float64Array.from(q, (share, i) => share - p[i]!);
  return Math.sqrt(dot(difference, timesVector(inverse, difference)));
}
