/** Stepped wedges made by hand for the tests of figures and tables. */
import type { AnalysisDisplay, WedgeDisplay, WedgeMean } from "../../src/analysis/results.js";
import type { Estimate } from "../../src/inference/estimate.js";
import { wedgeDesign } from "../../src/stepped-wedge/design.js";

/** Unit u of the names switches in period 1 + u mod (periods − 1); each cell has `clients(u, t)` clients of a row each. */
export function exampleWedge(
  names: readonly string[],
  periods: readonly string[],
  { transition = 0, clients = () => 2 }: { transition?: number; clients?: (u: number, t: number) => number } = {},
): WedgeDisplay {
  const rows = names.flatMap((_, u) =>
    periods.flatMap((__, t) =>
      Array.from({ length: clients(u, t) }, () => ({ u, t, treated: t > u % (periods.length - 1) ? 1 : 0 })),
    ),
  );
  const design = wedgeDesign(
    {
      units: names,
      periods,
      unit: Int32Array.from(rows, ({ u }) => u),
      period: Int32Array.from(rows, ({ t }) => t),
      treated: Float64Array.from(rows, ({ treated }) => treated),
      client: Int32Array.from(rows.keys()),
    },
    { transition },
  );
  const means = design.cells.flatMap(({ unit, period, condition, rows: n }): WedgeMean[] =>
    condition === "control" || condition === "treated"
      ? [
          {
            unit,
            period,
            treated: condition === "treated",
            mean: 20 + names.indexOf(unit) + (condition === "treated" ? 4 : 0),
            n,
          },
        ]
      : [],
  );
  return {
    design,
    unit: "Unit",
    period: { name: "Quarter", unit: null },
    outcome: { proportion: false, means },
    exposure: null,
  };
}

export const outcome = { name: "ORS", unit: "points", better: "higher" } as const;

const estimate = (name: string, measure: string, value: number, se: number): Estimate => ({
  name,
  measure,
  unit: "points",
  estimate: value,
  se,
  df: 20,
  statistic: value / se,
  p: 0.04,
  lower: value - 2 * se,
  upper: value + 2 * se,
  level: 0.95,
});

/** At exposure times 1 to 3, TATE and LTE, by two kinds of inference. */
export const exposureEstimates: readonly Estimate[] = ["", "@cr3"].flatMap((kind) => [
  ...[1, 2, 3].map((s) => estimate(`effect:exposure@${s}${kind}`, "mean-difference", s, 0.5)),
  estimate(`effect:tate${kind}`, "mean-difference", 2, 0.4),
  estimate(`effect:lte${kind}`, "mean-difference", 3, 0.5),
]);

/** The same as odds ratios, with the log odds ratios that they are of. */
export const exposureRatios: readonly Estimate[] = exposureEstimates
  .filter(({ name }) => !name.endsWith("cr3"))
  .flatMap((one) => [
    { ...one, measure: "log-odds-ratio", unit: null },
    {
      ...one,
      name: `odds-ratio:${one.name}`,
      measure: "odds-ratio",
      unit: null,
      estimate: Math.exp(one.estimate!),
      lower: Math.exp(one.lower!),
      upper: Math.exp(one.upper!),
    },
  ]);

/** @param labels  of the effects; none for the only one. */
export const jointEstimates = (labels: readonly string[] = []): readonly Estimate[] =>
  (labels.length === 0 ? [""] : labels.map((label) => `@${label}`)).flatMap((suffix) => [
    estimate(`effect:individual${suffix}`, "mean-difference", 2, 0.5),
    estimate(`effect:stepped-wedge${suffix}`, "mean-difference", 1, 1),
    estimate(`effect:joint${suffix}`, "mean-difference", 1.75, 0.45),
    estimate(`effect:two-stage${suffix}`, "mean-difference", 1.8, 0.4472),
    estimate(`effect:individual-stepped-wedge${suffix}`, "mean-difference", 1, 1.118),
    ...[0.8, 0.2].map(
      (weight, i): Estimate => ({
        name: `weight:${["individual", "stepped-wedge"][i]}${suffix}`,
        measure: "weight",
        unit: null,
        estimate: weight,
        se: null,
        df: null,
        statistic: null,
        p: null,
        lower: null,
        upper: null,
        level: 0.95,
      }),
    ),
  ]);

export const wedgeDisplayOf = (differences: readonly string[]): AnalysisDisplay => ({
  id: "wedge",
  title: null,
  criterion: "REML",
  hasRandomEffects: true,
  standardErrors: "kenward-roger",
  labels: {},
  references: [],
  outcome,
  degreesOfFreedom: "kenward-roger",
  level: 0.95,
  flow: [],
  participants: null,
  differences,
  profile: null,
  diagnostics: null,
});
