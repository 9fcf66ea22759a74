/** Writes the data of this case: `npx tsx test/reference/wedge-models/make-data.ts`. No chance: the same every time. */
import { writeFileSync } from "node:fs";
import { type SimulatedWedge, simulatedWedge } from "../../stepped-wedge/simulated-wedge.js";

const sets: Readonly<Record<string, SimulatedWedge>> = {
  sections: { units: 12, periods: 6, perCell: 5, seed: 4 },
  cohort: { units: 10, periods: 5, perCell: 6, cohort: true, seed: 3 },
  binary: { units: 12, periods: 5, perCell: 8, family: "binomial", seed: 7, effect: 0.6 },
  count: { units: 12, periods: 5, perCell: 5, family: "poisson", seed: 4, effect: 0.4 },
};

for (const [name, options] of Object.entries(sets)) {
  const { columns, rows } = simulatedWedge(options);
  const names = [...columns.keys()];
  const cell = (column: string, row: number): string => {
    const values = columns.get(column)!;
    return values.kind === "category" ? values.levels[values.codes[row]!]! : String(Number(values.values[row]!.toFixed(4)));
  };
  // One cell is left empty in the sections: unit u3 has no rows in period 4.
  const kept = Array.from({ length: rows }, (_, row) => names.map((column) => cell(column, row))).filter(
    ([unit, period]) => name !== "sections" || unit !== "u3" || period !== "4",
  );
  const text = [names, ...kept].map((cells) => cells.join(",")).join("\n");
  writeFileSync(new URL(`./${name}.csv`, import.meta.url), `${text}\n`);
}
