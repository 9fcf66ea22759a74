/** Reads the cases of test/reference/frailty-*, and makes frames by hand for models with frailty. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import Papa from "papaparse";
import type { FrailtyFrame } from "../../src/survival/frailty-deviance.js";

export type Rows = Readonly<Record<string, string>>[];

export const readRows = (folder: string, id: string): Rows =>
  Papa.parse<Record<string, string>>(
    readFileSync(fileURLToPath(new URL(`../reference/${folder}/${id}.csv`, import.meta.url)), "utf8"),
    { header: true, skipEmptyLines: true },
  ).data;

export const numbersOf = (rows: Rows, column: string): number[] => rows.map((row) => Number(row[column]));

export const readExpected = <T>(folder: string): T =>
  JSON.parse(
    readFileSync(fileURLToPath(new URL(`../reference/${folder}/expected.json`, import.meta.url)), "utf8"),
  ) as T;

export interface FrameColumns {
  readonly time: readonly number[];
  readonly event: readonly number[];
  readonly x: Readonly<Record<string, readonly number[]>>;
  /** Group: the level of each row. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly start?: readonly number[];
  readonly strata?: readonly string[];
  readonly weights?: readonly number[];
  readonly offset?: readonly number[];
}

export const codesOf = (labels: readonly string[]) => {
  const levels = [...new Set(labels)];
  return { codes: Int32Array.from(labels, (label) => levels.indexOf(label)), levels };
};

/** A frame with a random intercept for each group. */
export function frailtyFrame({
  time,
  event,
  x,
  groups = {},
  start,
  strata,
  weights,
  offset,
}: FrameColumns): FrailtyFrame {
  const n = time.length;
  const names = Object.keys(x);
  const X = { rows: n, cols: names.length, data: new Float64Array(n * names.length) };
  names.forEach((name, j) => {
    for (let i = 0; i < n; i++) X.data[i * names.length + j] = x[name]![i]!;
  });
  const vector = (v: readonly number[] | undefined) => (v === undefined ? null : Float64Array.from(v));
  return {
    outcome: {
      start: vector(start),
      time: Float64Array.from(time),
      event: Int32Array.from(event),
      causes: ["event"],
      timeColumn: "time",
      eventColumn: "event",
    },
    X,
    names,
    offset: vector(offset),
    weights: vector(weights),
    strata: strata === undefined ? null : codesOf(strata),
    Z: Object.entries(groups).map(([group, labels]) => ({
      group,
      names: ["(Intercept)"],
      values: { rows: n, cols: 1, data: new Float64Array(n).fill(1) },
      ...codesOf(labels),
    })),
  };
}
