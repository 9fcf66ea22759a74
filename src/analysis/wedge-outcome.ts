/** The outcome of a stepped wedge by unit, period and condition, as figures show it. */
import type { Table } from "../table/table.js";
import type { WedgeMean, WedgeOutcome } from "./results.js";
import type { WedgeData } from "./wedge-data.js";

/**
 * @param outcome  column of the outcome; one that is no number has no means.
 * @param rows     rows of the table that the analysis uses: those of the design, less transition and missing values.
 */
export function wedgeOutcome(
  { table, rows: ofDesign, wedgeRows }: WedgeData,
  outcome: string,
  rows: Int32Array,
  proportion: boolean,
): WedgeOutcome {
  const column = (table satisfies Table).columns.get(outcome);
  if (column?.kind !== "number") return { proportion, means: [] };
  const { units, periods, unit, period, treated } = wedgeRows;
  const used = new Set(rows);
  const cells = units.length * periods.length * 2;
  const count = new Float64Array(cells);
  const mean = new Float64Array(cells);
  ofDesign.forEach((row, i) => {
    if (!used.has(row)) return;
    const cell = (unit[i]! * periods.length + period[i]!) * 2 + treated[i]!;
    count[cell]!++;
    mean[cell]! += (column.values[row]! - mean[cell]!) / count[cell]!;
  });
  const means = Array.from(count, (n, cell): WedgeMean | null => {
    const place = Math.floor(cell / 2);
    return n === 0
      ? null
      : {
          unit: units[Math.floor(place / periods.length)]!,
          period: periods[place % periods.length]!,
          treated: cell % 2 === 1,
          mean: mean[cell]!,
          n,
        };
  });
  return { proportion, means: means.filter((one) => one !== null) };
}
