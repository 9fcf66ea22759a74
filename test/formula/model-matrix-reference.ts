/** Data and expected values of test/reference/model-matrix, made by R. */
import { readFileSync } from "node:fs";
import Papa from "papaparse";
import type { Table } from "../../src/table/table.js";
import { factor, numbers, tableOf } from "./table-of.js";

export interface ReferenceDesign {
  readonly formula: string;
  readonly where: string | null;
  /** Rows used, from 1. */
  readonly rows: readonly number[];
  /** As R writes them: `treatmentBtheB:month`. */
  readonly names: readonly string[];
  readonly X: readonly (readonly number[])[];
  readonly offset: readonly number[] | null;
}

export interface ReferenceSpline {
  readonly df: number;
  readonly at: readonly number[];
  readonly knots: readonly number[];
  readonly boundary: readonly number[];
  readonly basis: readonly (readonly number[])[];
}

export interface ReferenceRandom {
  readonly formula: string;
  readonly rows: readonly number[];
  readonly parts: readonly {
    readonly group: string;
    readonly names: readonly string[];
    readonly values: readonly (readonly number[])[];
    /** The level of each row. */
    readonly levels: readonly string[];
  }[];
}

/** R's `terms()`. */
export interface ReferenceTerms {
  readonly formula: string;
  readonly intercept: boolean;
  readonly labels: readonly string[];
}

interface Reference {
  readonly expanded: readonly ReferenceTerms[];
  readonly designs: readonly ReferenceDesign[];
  readonly splines: readonly ReferenceSpline[];
  readonly random: readonly ReferenceRandom[];
}

const folder = new URL("../reference/model-matrix/", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, folder), "utf8");

export const reference = JSON.parse(read("expected.json")) as Reference;

const LEVELS: Readonly<Record<string, readonly string[]>> = {
  f: ["low", "mid", "high"],
  g: ["TAU", "FIT"],
  h: ["u", "v", "w"],
  unit: ["u1", "u2", "u3", "u4", "u5"],
  staff: ["s1", "s2"],
};

export const referenceTable: Table = makeTable();

function makeTable(): Table {
  const records = Papa.parse<Record<string, string>>(read("data.csv"), { header: true, skipEmptyLines: true }).data;
  const columns = Object.keys(records[0]!).map((name) => {
    const cells = records.map((record) => (record[name] === "" ? null : record[name]!));
    const levels = LEVELS[name];
    return [name, levels ? factor(cells, levels) : numbers(cells.map((c) => (c === null ? null : Number(c))))] as const;
  });
  return tableOf(Object.fromEntries(columns));
}

/** Names as R writes them. */
export const withoutBrackets = (names: readonly string[]): string[] => names.map((name) => name.replace(/[[\]]/g, ""));

/** The largest difference, relative to the expected value where that is above 1. */
export function largestDifference(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  return expected.reduce(
    (largest, value, i) => Math.max(largest, Math.abs(actual[i]! - value) / Math.max(1, Math.abs(value))),
    0,
  );
}
