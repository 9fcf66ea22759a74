/** A stepped wedge made by arithmetic: no chance, the same on every machine. */
import type { Column, Table } from "../../src/table/table.js";

export interface SimulatedWedge {
  readonly units?: number;
  readonly periods?: number;
  readonly perCell?: number;
  /** Clients who come back in every period; else new ones in each. */
  readonly cohort?: boolean;
  readonly family?: "gaussian" | "binomial" | "poisson";
  /** Shift of the seed. */
  readonly seed?: number;
  readonly effect?: number;
}

/** Park and Miller's generator, for data of tests alone. */
export function chance(seed: number): { uniform: () => number; normal: () => number } {
  let state = (seed * 7919 + 17) % 2147483647;
  const uniform = (): number => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
  for (let i = 0; i < 10; i++) uniform();
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()) };
}

export const numberColumn = (values: ArrayLike<number>): Column => ({
  kind: "number",
  type: "number",
  values: Float64Array.from(values),
  unit: null,
});

export const idColumn = (labels: readonly string[]): Column => {
  const levels = [...new Set(labels)];
  return { kind: "category", type: "id", codes: Int32Array.from(labels, (label) => levels.indexOf(label)), levels };
};

/** Columns unit, period (1 …), treated, client, age, y. Cells differ in size; units switch in turn. */
export function simulatedWedge({
  units = 8,
  periods = 5,
  perCell = 4,
  cohort = false,
  family = "gaussian",
  seed = 1,
  effect = 1,
}: SimulatedWedge = {}): Table {
  const { uniform, normal } = chance(seed);
  const rows: { unit: string; period: number; treated: number; client: string; age: number; y: number }[] = [];
  for (let u = 0; u < units; u++) {
    const level = normal();
    const first = 2 + (u % (periods - 1));
    const clients = Array.from({ length: perCell + (u % 2) }, () => ({ effect: normal(), age: 20 + 40 * uniform() }));
    let last = normal();
    for (let t = 1; t <= periods; t++) {
      last = 0.6 * last + 0.8 * normal();
      const size = cohort ? clients.length : perCell + ((u + 2 * t) % 3);
      for (let i = 0; i < size; i++) {
        const client = cohort ? clients[i]! : { effect: normal(), age: 20 + 40 * uniform() };
        const treated = t >= first ? 1 : 0;
        const eta = 0.5 * level + 0.5 * last + 0.2 * t + effect * treated + 0.01 * client.age;
        const y =
          family === "gaussian"
            ? 10 + 2 * eta + client.effect + 1.5 * normal()
            : family === "binomial"
              ? Number(uniform() < 1 / (1 + Math.exp(1 - eta)))
              : Math.floor(Math.exp(0.4 * eta) * 2 * uniform());
        const id = cohort ? `u${u}c${i}` : `u${u}t${t}c${i}`;
        rows.push({ unit: `u${u}`, period: t, treated, client: id, age: client.age, y });
      }
    }
  }
  return tableOf(rows);
}

/** The same rows as a table. */
export function tableOf(
  rows: readonly { unit: string; period: number; treated: number; client: string; age: number; y: number }[],
): Table {
  return {
    name: "wedge.csv",
    rows: rows.length,
    lines: null,
    columns: new Map<string, Column>([
      ["unit", idColumn(rows.map(({ unit }) => unit))],
      ["period", numberColumn(rows.map(({ period }) => period))],
      ["treated", { ...numberColumn(rows.map(({ treated }) => treated)), type: "binary" } as Column],
      ["client", idColumn(rows.map(({ client }) => client))],
      ["age", numberColumn(rows.map(({ age }) => age))],
      ["y", numberColumn(rows.map(({ y }) => y))],
    ]),
  };
}
