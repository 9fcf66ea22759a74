/** Small seeded data sets with nested and crossed groups, for comparing implementations. */
import type { Column, Table } from "../../src/table/table.js";

/** Standard normals and uniforms, the same on every machine. */
export function randomStream(seed: number): { normal: () => number; uniform: () => number } {
  let state = seed;
  const uniform = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { normal, uniform };
}

export interface Spread {
  /** Standard deviations: of sites, of people within sites, of raters, of the slope over people, of the residual. */
  readonly site: number;
  readonly person: number;
  readonly rater: number;
  readonly slope: number;
  readonly residual: number;
}

/**
 * Columns y, x (within people), w (between people), arm (three levels, between sites), a and b (0/1, between people),
 * site, person (labels repeat over sites), rater (crossed with both). Unbalanced: about a fifth of the rows is left out.
 */
export function simulateTable(seed: number, { site, person, rater, slope, residual }: Spread): Table {
  const { normal, uniform } = randomStream(seed);
  const raters = Array.from({ length: 5 }, () => rater * normal());
  const rows: {
    y: number;
    x: number;
    w: number;
    a: number;
    b: number;
    arm: number;
    site: number;
    person: number;
    rater: number;
  }[] = [];
  for (let s = 0; s < 6; s++) {
    const siteEffect = site * normal();
    for (let p = 0; p < 4; p++) {
      const [w, level, tilt] = [normal(), person * normal(), slope * normal()];
      for (let visit = 0; visit < 4; visit++) {
        const r = Math.floor(uniform() * raters.length);
        const x = visit + 0.3 * normal();
        const y = 5 + x + 0.5 * w + (s % 3) + siteEffect + level + tilt * x + raters[r]! + residual * normal();
        if (uniform() < 0.2) continue;
        rows.push({ y, x, w, a: p % 2, b: 1 - (p % 2), arm: s % 3, site: s, person: p, rater: r });
      }
    }
  }
  const number = (name: "y" | "x" | "w" | "a" | "b"): [string, Column] => [
    name,
    { kind: "number", type: "number", values: Float64Array.from(rows, (row) => row[name]), unit: null },
  ];
  const category = (
    name: "arm" | "site" | "person" | "rater",
    type: "factor" | "id",
    count: number,
  ): [string, Column] => [
    name,
    {
      kind: "category",
      type,
      codes: Int32Array.from(rows, (row) => row[name]),
      levels: Array.from({ length: count }, (_, i) => `${name}${i + 1}`),
    },
  ];
  return {
    name: `simulated ${seed}`,
    rows: rows.length,
    columns: new Map([
      ...["y", "x", "w", "a", "b"].map((name) => number(name as "y")),
      category("arm", "factor", 3),
      category("site", "id", 6),
      category("person", "id", 4),
      category("rater", "id", raters.length),
    ]),
    lines: null,
  };
}
