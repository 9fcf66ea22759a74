/**
 * Adjusted (least-squares, estimated marginal) means of a factor's levels and their differences against the
 * reference level: predictions over a reference grid, averaged.
 *
 * Numbers are held at their mean over the rows used, or at the values asked for; factors not asked for are
 * averaged with equal weights. Made for models linear in Lβ: the mean of the rows of the grid is the L.
 *
 * Source: Searle, Speed & Milliken (1980) Am. Stat. 34:216–221; Lenth, emmeans.
 * Checked: test/reference/mixed-* (emmeans).
 */

import type { DesignVariable } from "../formula/fixed-design.js";
import { modelMatrix } from "../formula/fixed-design.js";
import type { Frame } from "../formula/frame.js";
import { meansColumnNotUsed, meansManyValues, meansUnknownValue, type Problem, ProblemError } from "../problem.js";
import type { Column, Table } from "../table/table.js";
import { type ContrastLabel, contrast } from "./contrast.js";
import type { Estimate } from "./estimate.js";
import type { Fit } from "./fit.js";

/** What is asked for; columns by their names in the table. */
export interface MeansRequest {
  readonly of: string;
  /** What the estimate's name calls each column, and the column: `visit` may be the column `month`. */
  readonly by: readonly { readonly label: string; readonly column: string }[];
  readonly at: Readonly<Record<string, readonly (number | string)[]>>;
}

/** One adjusted mean: its L, and where it stands. */
export interface AdjustedMean {
  readonly level: string;
  /** `visit=2,sex=man`; empty without `by` or `at`. */
  readonly setting: string;
  /** The value of each `by` and `at` column, in order. */
  readonly values: readonly (number | string)[];
  readonly L: Float64Array;
  /** The mean of the model's offset over the rows used, as emmeans has it; it cancels in differences. */
  readonly offset: number;
}

/** More values than this of a numeric `by` column are asked to be named in `at`. */
const MOST_VALUES = 20;

type Value = number | string;

/**
 * The grid: for each combination of `by` and `at`, each level of `of`.
 *
 * @throws ProblemError `means.not-in-model` (a column that the fixed part does not use), `means.unknown-value`
 *         (a level that no row used has), `means.many-values`.
 */
export function adjustedMeans(
  frame: Pick<Frame, "design" | "rows" | "offset">,
  table: Table,
  request: MeansRequest,
  path = "",
): AdjustedMean[] {
  const { design, rows, offset } = frame;
  const meanOffset = offset === null ? 0 : offset.reduce((sum, v) => sum + v, 0) / offset.length;
  const factors = new Map(design.variables.flatMap((v) => (v.kind === "factor" ? [[v.column, v] as const] : [])));
  const keys = [
    ...request.by,
    ...Object.keys(request.at)
      .filter((column) => !request.by.some((by) => by.column === column))
      .map((column) => ({ label: column, column })),
  ];
  const problems = checkRequest(frame, table, request, keys, factors, path);
  if (problems.length > 0) throw new ProblemError(problems);

  const keyValues = keys.map(({ column }) => request.at[column] ?? valuesOf(column, table, rows, factors));
  const levels = factors.get(request.of)!.levels;
  const asked = new Set([request.of, ...keys.map(({ column }) => column)]);
  const averaged = [...factors.keys()].filter((column) => !asked.has(column));
  const averagedValues = averaged.map((column) => valuesOf(column, table, rows, factors));
  const means = new Map(
    design.columns
      .filter((column) => !asked.has(column) && !factors.has(column))
      .map((column) => [column, meanOf(table.columns.get(column)!, rows)]),
  );

  const settings = combinations(keyValues);
  const inner = combinations(averagedValues);
  const grid: Map<string, Value>[] = [];
  for (const setting of settings)
    for (const level of levels)
      for (const other of inner) {
        const row = new Map<string, Value>(means);
        keys.forEach(({ column }, i) => {
          row.set(column, setting[i]!);
        });
        averaged.forEach((column, i) => {
          row.set(column, other[i]!);
        });
        grid.push(row.set(request.of, level));
      }
  const X = modelMatrix(design, gridTable(grid, design.columns, table), path);

  let at = 0;
  return settings.flatMap((values) =>
    levels.map((level) => {
      const L = new Float64Array(X.cols);
      for (let i = 0; i < inner.length; i++, at++)
        for (let j = 0; j < X.cols; j++) L[j]! += X.data[at * X.cols + j]! / inner.length;
      const setting = keys.map(({ label }, i) => `${label}=${values[i]}`).join(",");
      return { level, setting, values, L, offset: meanOffset };
    }),
  );
}

/** `mean:A[x]@…` for each, and `contrast:A[x]-A[ref]@…` after each setting; the reference is the first level. */
export function meanEstimates(
  fit: Fit,
  means: readonly AdjustedMean[],
  of: string,
  label: Pick<ContrastLabel, "unit" | "level">,
): Estimate[] {
  const settings = [...new Set(means.map(({ setting }) => setting))];
  return settings.flatMap((setting) => {
    const here = means.filter((mean) => mean.setting === setting);
    const suffix = setting === "" ? "" : `@${setting}`;
    const reference = here[0]!;
    return [
      ...here.map(({ level, L, offset }) =>
        contrast(fit, L, { name: `mean:${of}[${level}]${suffix}`, measure: "adjusted-mean", ...label }, offset),
      ),
      ...here.slice(1).map(({ level, L }) =>
        contrast(
          fit,
          L.map((v, j) => v - reference.L[j]!),
          { name: contrastName(of, level, reference.level, setting), measure: "mean-difference", ...label },
        ),
      ),
    ];
  });
}

/** Names of the differences among these means, in their order. */
export function contrastNames(means: readonly AdjustedMean[], of: string): string[] {
  const references = new Map<string, string>();
  return means.flatMap(({ level, setting }) => {
    const reference = references.get(setting);
    if (reference !== undefined) return [contrastName(of, level, reference, setting)];
    references.set(setting, level);
    return [];
  });
}

const contrastName = (of: string, level: string, reference: string, setting: string): string =>
  `contrast:${of}[${level}]-${of}[${reference}]${setting === "" ? "" : `@${setting}`}`;

type Factors = ReadonlyMap<string, DesignVariable & { readonly kind: "factor" }>;

function checkRequest(
  { design, rows }: Pick<Frame, "design" | "rows">,
  table: Table,
  { of, at }: MeansRequest,
  keys: readonly { readonly column: string }[],
  factors: Factors,
  path: string,
): Problem[] {
  const problems: Problem[] = [];
  if (!factors.has(of)) problems.push(meansColumnNotUsed(path, of, true));
  for (const { column } of keys) {
    if (!design.columns.includes(column)) {
      problems.push(meansColumnNotUsed(path, column, false));
      continue;
    }
    const known = valuesOf(column, table, rows, factors);
    const asked = at[column];
    if (asked === undefined) {
      if (known.length > MOST_VALUES) problems.push(meansManyValues(path, column, known.length));
    } else if (factors.has(column))
      for (const value of asked)
        if (!known.some((level) => String(level) === String(value)))
          problems.push(meansUnknownValue(path, column, String(value), known.map(String)));
  }
  return problems;
}

/** Levels of a factor, or the distinct values of a number over the rows used, ascending. */
function valuesOf(column: string, table: Table, rows: Int32Array, factors: Factors): Value[] {
  const factor = factors.get(column);
  const data = table.columns.get(column)!;
  if (factor !== undefined) return data.kind === "number" ? factor.levels.map(Number) : [...factor.levels];
  if (data.kind === "category") return [...data.levels];
  const distinct = new Set<number>();
  for (const row of rows) distinct.add(data.values[row]!);
  return [...distinct].sort((a, b) => a - b);
}

function meanOf(column: Column, rows: Int32Array): number {
  if (column.kind === "category") return Number.NaN;
  let sum = 0;
  for (const row of rows) sum += column.values[row]!;
  return sum / rows.length;
}

/** All combinations, the last list varying fastest; one empty combination of no lists. */
function combinations(lists: readonly (readonly Value[])[]): Value[][] {
  return lists.reduce<Value[][]>(
    (done, list) => done.flatMap((combination) => list.map((value) => [...combination, value])),
    [[]],
  );
}

/** A table of the grid, with the kinds and levels of the data's columns. */
function gridTable(grid: readonly ReadonlyMap<string, Value>[], columns: readonly string[], data: Table): Table {
  const made = columns.map((name): [string, Column] => {
    const column = data.columns.get(name)!;
    if (column.kind === "number")
      return [name, { ...column, values: Float64Array.from(grid, (row) => Number(row.get(name))) }];
    const codes = Int32Array.from(grid, (row) => column.levels.indexOf(String(row.get(name))));
    return [name, { ...column, codes }];
  });
  return { name: "adjusted means", rows: grid.length, columns: new Map(made), lines: null };
}
