/** The data and expected values of test/reference/wedge-models. */
import { readFileSync } from "node:fs";
import Papa from "papaparse";
import type { Column, Table } from "../../src/table/table.js";
import { idColumn, numberColumn } from "./simulated-wedge.js";

const read = (file: string): string =>
  readFileSync(new URL(`../reference/wedge-models/${file}`, import.meta.url), "utf8");

export function readWedge(name: string): Table {
  const { data } = Papa.parse<Record<string, string>>(read(`${name}.csv`), { header: true, skipEmptyLines: true });
  const columns = Object.keys(data[0]!).map((column): [string, Column] => {
    const cells = data.map((row) => row[column]!);
    if (column === "unit" || column === "client") return [column, idColumn(cells)];
    const numbers = numberColumn(cells.map(Number));
    return [column, column === "treated" ? ({ ...numbers, type: "binary" } as Column) : numbers];
  });
  return { name: `${name}.csv`, rows: data.length, lines: null, columns: new Map(columns) };
}

/** What R gives for one model. */
export interface ExpectedWedge {
  readonly estimate: number;
  readonly se: number;
  readonly df: number;
  readonly krSe: number;
  readonly krDf: number;
  readonly logLik: number;
  readonly sd: Readonly<Record<string, number>>;
  readonly decaySd: number;
  readonly rho: number;
  readonly sigma: number;
  readonly clientSd: number;
  readonly treatedSd: number;
}

const expected = JSON.parse(read("expected.json")) as Record<string, unknown>;
export const expectedWedge = (name: string): ExpectedWedge => expected[name] as ExpectedWedge;
export const expectedNumber = (name: string): number => expected[name] as number;
