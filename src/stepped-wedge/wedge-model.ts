/**
 * The mixed model that a stepped wedge expands to, as a formula over the table and the columns that the model makes of
 * it (exposure time, its spline).
 *
 *     y ~ periods + effect + covariates + (1 | unit) + (1 | unit:period) + …
 *
 * Sources  Hussey & Hughes (2007) Contemp. Clin. Trials 28:182–191 (exchangeable); Hooper et al. (2016) Stat. Med.
 *          35:4718–4728 and Girling & Hemming (2016) Stat. Med. 35:2149–2166 (nested exchangeable, cohorts); Kasza et
 *          al. (2019) Stat. Methods Med. Res. 28:703–716 (decay); Hughes, Granston & Heagerty (2015) Contemp. Clin.
 *          Trials 45:55–60 (random treatment effect); Kenny et al. (2022) Stat. Med. 41:4311–4339 (exposure time,
 *          spline); Maleyeff et al. (2023) Biometrics 79:2551–2564 (random exposure effects).
 */
import { renderName } from "../formula/expression.js";
import { toGroupingFactor } from "../formula/grouping-factor.js";
import { isSplineDefined, type NaturalSpline, naturalSpline, naturalSplineBasis } from "../formula/natural-spline.js";
import type { DecayingTerm } from "../mixed/decay-deviance.js";
import type { Column, Table } from "../table/table.js";
import { exposureTimes, periodSteps, valuesOf, type WedgeColumns } from "./exposure-time.js";
import { observedSwitchSteps } from "./unit-switch.js";

export type WedgeEffect = "immediate" | "exposure-time" | "exposure-spline" | "random-exposure";
export type WedgeCorrelation = "exchangeable" | "nested-exchangeable" | "decay";

/** A stepped-wedge model; the names are columns. */
export interface WedgeModel extends WedgeColumns {
  readonly outcome: string;
  /** Whether the period column holds numbers. */
  readonly periodIsNumber: boolean;
  /** Continuous calendar time. */
  readonly time?: string;
  readonly periodEffects: "categorical" | "linear" | "spline";
  readonly periodDf: number;
  readonly effect: WedgeEffect;
  /** Parameters of the spline over exposure times. */
  readonly exposureDf: number;
  readonly correlation: WedgeCorrelation;
  readonly clusterEffects: "random" | "fixed";
  /** Whether the cluster column holds numbers. */
  readonly clusterIsNumber: boolean;
  readonly randomTreatment: boolean;
  readonly participant?: string;
  readonly random: readonly string[];
  readonly covariates: readonly string[];
  /** Columns that the table already has: those that are made get other names. */
  readonly taken: readonly string[];
}

/** Names of the columns that the model makes. */
export interface MadeColumns {
  readonly exposure: string;
  /** One for each parameter of the spline. */
  readonly spline: readonly string[];
}

export function madeColumns({ taken, exposureDf }: Pick<WedgeModel, "taken" | "exposureDf">): MadeColumns {
  const free = (name: string): string => (taken.includes(name) ? free(`${name}.`) : name);
  return {
    exposure: free("exposure"),
    spline: Array.from({ length: exposureDf }, (_, j) => free(`exposure.${j + 1}`)),
  };
}

/**
 * The formula that the model expands to. The decaying effects of unit-periods are no term of it: they are added by
 * structured-mixed.ts.
 */
export function wedgeFormula(model: WedgeModel): string {
  const { outcome, effect, correlation, participant, covariates, randomTreatment } = model;
  const made = madeColumns(model);
  const [unit, period, treated] = [model.cluster, model.period, model.treated].map(renderName) as [
    string,
    string,
    string,
  ];
  const isRandom = model.clusterEffects === "random";
  const effects: Record<WedgeEffect, readonly string[]> = {
    immediate: [treated],
    "exposure-time": [`factor(${renderName(made.exposure)})`],
    "exposure-spline": made.spline.map(renderName),
    "random-exposure": [treated],
  };
  const terms = [
    periodTerm(model),
    ...effects[effect],
    ...covariates,
    ...(isRandom ? [] : [model.clusterIsNumber ? `factor(${unit})` : unit]),
    ...(isRandom && correlation !== "decay" ? [`(1 | ${unit})`] : []),
    ...(correlation === "nested-exchangeable" ? [`(1 | ${unit}:${period})`] : []),
    ...(randomTreatment ? [`(0 + ${treated} | ${unit})`] : []),
    ...(effect === "random-exposure" ? [`(0 + ${treated} | ${renderName(made.exposure)})`] : []),
    ...(participant === undefined ? [] : [`(1 | ${renderName(participant)})`]),
    ...model.random.map((name) => `(1 | ${unit}:${renderName(name)})`),
  ];
  return `${renderName(outcome)} ~ ${terms.join(" + ")}`;
}

/** The formula with the decaying term, for readers. */
export function wedgeFormulaInFull(model: WedgeModel): string {
  const { correlation, cluster, period, time } = model;
  const decay = correlation === "decay" ? ` + decay(${renderName(time ?? period)} | ${renderName(cluster)})` : "";
  return `${wedgeFormula(model)}${decay}`;
}

function periodTerm({ period, periodIsNumber, periodEffects, periodDf, time }: WedgeModel): string {
  const calendar = renderName(time ?? period);
  if (periodEffects === "linear") return calendar;
  if (periodEffects === "spline") return `ns(${calendar}, ${periodDf})`;
  return periodIsNumber ? `factor(${renderName(period)})` : renderName(period);
}

export interface WedgeTable {
  /** With the columns that the model makes. */
  readonly table: Table;
  /** Of the rows of the table. */
  readonly exposure: Float64Array;
  /** Over exposure times; null when the effect is no spline, or the exposure times are too few for it. */
  readonly spline: ExposureSpline | null;
}

/** f(s) = a + natural spline of s, over the exposure times that the table has. */
export type ExposureSpline = (exposure: number) => Float64Array;

/**
 * The table with exposure time, and with its spline where the model has one.
 * @param switched  the step in which the unit of each row switched; from who is treated when absent.
 */
export function wedgeTable(
  table: Table,
  model: WedgeModel,
  switched: Float64Array = observedSwitchSteps(table, model),
): WedgeTable {
  const made = madeColumns(model);
  const exposure = exposureTimes(table, model, switched);
  const columns = new Map<string, Column>(table.columns);
  const number = (values: Float64Array): Column => ({ kind: "number", type: "number", values, unit: null });
  columns.set(made.exposure, number(exposure));
  const spline = model.effect === "exposure-spline" ? exposureSpline(exposure, model.exposureDf) : null;
  if (spline !== null) {
    const rows = Array.from(exposure, (s) => (s > 0 ? spline(s) : null));
    made.spline.forEach((name, j) => {
      const values = rows.map((row, i) => (row === null ? exposure[i]! * 0 : row[j]!));
      columns.set(name, number(Float64Array.from(values)));
    });
  }
  return { table: { ...table, columns }, exposure, spline };
}

function exposureSpline(exposure: Float64Array, parameters: number): ExposureSpline | null {
  const times = Float64Array.from(new Set(exposure.filter((s) => s > 0))).sort();
  if (times.length < parameters) return null;
  const spline: NaturalSpline = naturalSpline(times, parameters - 1);
  if (!isSplineDefined(spline)) return null;
  return (s) => Float64Array.of(1, ...naturalSplineBasis(spline, Float64Array.of(s)).data);
}

/** An effect of the switch as a combination of the fixed effects. */
export interface WedgeContrast {
  /** `effect:immediate`, `effect:exposure@2`, `effect:tate`, `effect:lte`. */
  readonly name: string;
  /** p. */
  readonly L: Float64Array;
}

/**
 * The effects that the model has, by name: at each exposure time among `times`, their mean with equal weights (TATE), and
 * the last (LTE).
 *
 * @param names  p names of the fixed effects.
 * @param times  Exposure times of the rows used, ascending, without 0.
 */
export function wedgeContrasts(
  model: WedgeModel,
  names: readonly string[],
  times: readonly number[],
  spline: ExposureSpline | null,
): WedgeContrast[] {
  const made = madeColumns(model);
  const unit = (name: string): Float64Array => Float64Array.from(names, (other) => (other === name ? 1 : 0));
  const treated = unit(model.treated);
  if (model.effect === "immediate") return [{ name: "effect:immediate", L: treated }];
  if (model.effect === "random-exposure") return [{ name: "effect:tate", L: treated }];
  const at = (s: number): Float64Array => {
    if (spline === null) return unit(`factor(${renderName(made.exposure)})[${s}]`);
    const weights = spline(s);
    const L = new Float64Array(names.length);
    made.spline.forEach((name, j) => {
      L[names.indexOf(name)] = weights[j]!;
    });
    return L;
  };
  const each = times.map((s) => ({ name: `effect:exposure@${s}`, L: at(s) }));
  const mean = Float64Array.from(names, (_, j) => each.reduce((sum, { L }) => sum + L[j]!, 0) / each.length);
  return [...each, { name: "effect:tate", L: mean }, { name: "effect:lte", L: each.at(-1)!.L }];
}

/**
 * The decaying effects of unit-periods (or of unit-times, with continuous time) over the rows of a frame.
 * Distances are in periods, or in the unit of `time`.
 */
export function decayingTerm(table: Table, { cluster, period, time }: WedgeModel, rows: Int32Array): DecayingTerm {
  const unit = toGroupingFactor(table, [cluster], rows);
  const levels = toGroupingFactor(table, [cluster, time ?? period], rows);
  const steps = time === undefined ? periodSteps(table.columns.get(period)!) : valuesOf(table.columns.get(time)!);
  const units = new Int32Array(levels.levels.length);
  const positions = new Float64Array(levels.levels.length);
  levels.codes.forEach((level, i) => {
    units[level] = unit.codes[i]!;
    positions[level] = steps[rows[i]!]!;
  });
  const values = { rows: rows.length, cols: 1, data: new Float64Array(rows.length).fill(1) };
  return {
    term: { group: `${cluster}:${time ?? period}`, names: ["(Intercept)"], values, ...levels },
    units,
    positions,
  };
}
