/**
 * Permutation inference and the within-period estimator of a stepped-wedge analysis.
 *
 * The model's estimate under each assignment is that of the analysis's own model. A model of units and periods alone is
 * fitted from its cells (stepped-wedge/cluster-period-reml.ts), which is the same estimate, fast; one with covariates,
 * cohorts, random treatment effects or other periods from its rows (stepped-wedge/refit.ts).
 */

import { renderName } from "../formula/expression.js";
import type { Frame, ModelFrame } from "../formula/frame.js";
import { modelFrame } from "../formula/model-frame.js";
import { parseFormula } from "../formula/parse-formula.js";
import { assignmentsWithinStrata } from "../inference/assignment-set.js";
import { waldEstimate } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import {
  type PermutationProblem,
  type PermutationSize,
  permutationReplicates,
  permutationSize,
  permutationTest,
} from "../inference/permutation.js";
import { fromRows, type Matrix, rowOf } from "../numeric/matrix.js";
import type { SteppedWedgeAnalysis } from "../plan/plan.js";
import {
  type OtherPermutedModel,
  type Problem,
  type ReportedProblem,
  wedgeOneAssignment,
  wedgePermutationOwnModel,
  wedgeSmallSet,
  wedgeStratumVaries,
} from "../problem.js";
import { clusterPeriodModel, shiftedEstimate } from "../stepped-wedge/cluster-period-reml.js";
import { type ClusterPeriods, clusterPeriods, lessCovariates } from "../stepped-wedge/cluster-periods.js";
import type { WedgeUnit } from "../stepped-wedge/design.js";
import { valuesOf } from "../stepped-wedge/exposure-time.js";
import { refitter } from "../stepped-wedge/refit.js";
import { type VerticalWeights, verticalEffect, verticalEstimate } from "../stepped-wedge/vertical.js";
import type { WedgeModel } from "../stepped-wedge/wedge-model.js";
import type { WedgeData } from "./wedge-data.js";

/** What is made once, before anything random. */
export interface WedgePermutation {
  readonly problem: PermutationProblem;
  readonly size: PermutationSize;
  /** The observed estimate. */
  readonly estimate: number;
}

/** The cells of the rows used, with the outcome less its covariates' effects within cells. */
export function cellsOf(data: WedgeData, model: WedgeModel, outcome: Float64Array, path: string): ClusterPeriods {
  const { wedgeRows, rows } = data;
  const { unit, period, treated, units, periods } = wedgeRows;
  const values = Float64Array.from(rows, (row) => outcome[row]!);
  const cellRows = { outcome: values, unit, period, treated, units: units.length, periods: periods.length };
  if (model.covariates.length === 0) return clusterPeriods(cellRows);
  const frame = modelFrame({
    formula: parseFormula(`${renderName(model.outcome)} ~ ${model.covariates.join(" + ")}`, { path }),
    table: data.table,
    path,
    also: data.needed.filter((name) => ![...data.leftOut.values()].includes(name)),
  });
  // The frame has more rows (no condition is on it) and fewer (covariates may be missing).
  const place = new Map(Array.from(rows, (row, i) => [row, i]));
  const both = [...frame.rows.keys()].filter((i) => place.has(frame.rows[i]!));
  const at = Int32Array.from(both, (i) => place.get(frame.rows[i]!)!);
  const fewer = {
    ...cellRows,
    outcome: Float64Array.from(at, (i) => values[i]!),
    unit: at.map((i) => unit[i]!),
    period: at.map((i) => period[i]!),
    treated: Float64Array.from(at, (i) => treated[i]!),
  };
  const covariates = fromRows(both.map((i) => rowOf(frame.X, i)));
  return clusterPeriods({ ...fewer, outcome: lessCovariates(fewer, covariates) });
}

/** The treatment of each cell when units switch in these periods; NaN in transition. */
export function treatmentOf(
  units: readonly Pick<WedgeUnit, "switchPeriod" | "treatedFrom">[],
  periods: number,
): Float64Array {
  const treated = new Float64Array(units.length * periods);
  units.forEach(({ switchPeriod, treatedFrom }, unit) => {
    for (let t = switchPeriod; t < periods; t++) treated[unit * periods + t] = t < treatedFrom ? Number.NaN : 1;
  });
  return treated;
}

/** How the estimates that a permutation test compares are found. */
export type PermutationStatistic = "vertical" | "cells" | "rows";

/**
 * Models of units and periods alone are fitted from the cells. A transition leaves out other rows under each assignment,
 * which the refits of the rows cannot: the cells then stand for any model.
 */
export function permutationStatistic(analysis: SteppedWedgeAnalysis): PermutationStatistic {
  if (analysis.permutation?.statistic === "vertical") return "vertical";
  return isOfCells(analysis) || (analysis.transition ?? 0) > 0 ? "cells" : "rows";
}

/** Whether the immediate effect is that of REML of the cells. */
const isOfCells = (analysis: SteppedWedgeAnalysis): boolean =>
  analysis["cluster-effects"] === "random" &&
  analysis["period-effects"] === "categorical" &&
  !analysis["random-treatment"] &&
  analysis.method !== "ML" &&
  analysis.participant === undefined &&
  (analysis.random ?? []).length === 0 &&
  (analysis.covariates ?? []).length === 0;

/** The model whose effect a permutation test compares: the effect of the switch is one number, and nothing decays. */
export const permutedModel = (model: WedgeModel): WedgeModel => ({
  ...model,
  effect: "immediate",
  correlation: model.correlation === "decay" ? "nested-exchangeable" : model.correlation,
});

/** How the model of the permutation test is not the analysis's own; null when it is. */
function otherModel(analysis: SteppedWedgeAnalysis, { design }: WedgeData): OtherPermutedModel | null {
  if (permutationStatistic(analysis) === "vertical") return null;
  const other: OtherPermutedModel = {
    effect: analysis.effect === "immediate" ? null : analysis.effect,
    decay: analysis.correlation === "decay",
    cells: permutationStatistic(analysis) === "cells" && !isOfCells(analysis),
    otherwise: design.cells.reduce((sum, cell) => sum + (cell.condition === "transition" ? 0 : cell.otherwise), 0),
  };
  return other.effect !== null || other.decay || other.cells || other.otherwise > 0 ? other : null;
}

/** What the estimates are found from. */
export interface PermutationParts {
  readonly data: WedgeData;
  readonly cells: ClusterPeriods;
  readonly model: WedgeModel;
  /** Of the permuted model, for `rows`; null when its columns depend on each other, so that it has no estimate. */
  readonly frame: ModelFrame | null;
}

/**
 * Assignments of units to the switches that were used, as often as each was, within strata.
 * @returns the permutation, or null and why there is none.
 */
export function wedgePermutation(
  { data, cells, model, frame }: PermutationParts,
  analysis: SteppedWedgeAnalysis,
  path: string,
): { readonly permutation: WedgePermutation | null; readonly problems: readonly Problem[] } {
  const { permutation, vertical, correlation } = analysis;
  const asked = permutation!;
  const observed = Int32Array.from(data.design.units, ({ switchPeriod }) => switchPeriod);
  const strata = strataOf(data, asked.stratify, path);
  const set = assignmentsWithinStrata(observed, strata.codes);
  if (strata.problems.length > 0) return { permutation: null, problems: strata.problems };
  if (set.size <= 1) return { permutation: null, problems: [wedgeOneAssignment(path)] };
  const switches = new Map(data.design.units.map((unit) => [unit.switchPeriod, unit]));
  const treatment = (assignment: Int32Array) =>
    treatmentOf(
      Array.from(assignment, (switchPeriod) => switches.get(switchPeriod)!),
      cells.periods,
    );
  // What an effect adds to: the cells after the switch; those in transition by how many of their rows are treated.
  const received = treatment(observed).map((value, cell) => (Number.isNaN(value) ? cells.treated[cell]! || 0 : value));
  const hold = { ...cells, treated: received };
  const from = permutationStatistic(analysis);
  if (from === "rows" && frame === null) return { permutation: null, problems: [] };
  const statistic =
    from === "vertical"
      ? verticalStatistic(hold, treatment, vertical ?? "sizes")
      : from === "rows"
        ? rowStatistic(frame!, model, data, observed, analysis.method)
        : cellStatistic(hold, treatment, correlation === "exchangeable" ? "exchangeable" : "nested-exchangeable");
  const problem = { set, observed, statistic };
  const size = permutationSize(set, asked.replicates);
  return { permutation: { problem, size, estimate: statistic(observed, 0).estimate }, problems: [] };
}

type Treatment = (assignment: Int32Array) => Float64Array;

function cellStatistic(
  cells: ClusterPeriods,
  treatment: Treatment,
  correlation: "exchangeable" | "nested-exchangeable",
): PermutationProblem["statistic"] {
  const model = clusterPeriodModel(cells, correlation);
  return (assignment, shift) => shiftedEstimate(model, treatment(assignment), cells, shift);
}

/** The model of the rows, fitted again with the treatment that an assignment gives them. */
function rowStatistic(
  frame: Frame,
  { treated }: WedgeModel,
  { rows, wedgeRows }: WedgeData,
  observed: Int32Array,
  method: "REML" | "ML" | undefined,
): PermutationProblem["statistic"] {
  const place = new Map(Array.from(rows, (row, i) => [row, i]));
  const at = Int32Array.from(frame.rows, (row) => place.get(row)!);
  const columnOf = (assignment: Int32Array): Matrix => ({
    rows: at.length,
    cols: 1,
    data: Float64Array.from(at, (i) => (wedgeRows.period[i]! >= assignment[wedgeRows.unit[i]!]! ? 1 : 0)),
  });
  const { offset } = frame;
  const outcome = offset === null ? frame.response : frame.response.map((value, i) => value - offset[i]!);
  const { data: received } = columnOf(observed);
  const refit = refitter(frame, [frame.names.indexOf(treated)], { method: method ?? "REML" });
  const varying = frame.Z.flatMap(({ names }, term) => (names[0] === treated ? [term] : []));
  return (assignment, shift) => {
    const treatment = columnOf(assignment);
    const done = refit({
      treatment,
      response: outcome.map((value, i) => value - shift * received[i]!),
      also: received,
      random: new Map(varying.map((term) => [term, treatment])),
    });
    return done?.converged
      ? { estimate: done.coef[0]!, slope: -done.also![0]! }
      : { estimate: Number.NaN, slope: Number.NaN };
  };
}

function verticalStatistic(
  cells: ClusterPeriods,
  treatment: Treatment,
  weights: VerticalWeights,
): PermutationProblem["statistic"] {
  const { treated: received } = cells;
  return (assignment, shift) => {
    const treated = treatment(assignment);
    const shifted = cells.mean.map((value, cell) => value - shift * received[cell]!);
    // By variance the weights change with the shift: the slope is that of weights by sizes, near enough for Newton's steps.
    return {
      estimate: verticalEffect(cells, treated, shifted, weights),
      slope: -verticalEffect(cells, treated, received),
    };
  };
}

function strataOf(
  { table, rows, wedgeRows }: WedgeData,
  column: string | undefined,
  path: string,
): { readonly codes: Int32Array; readonly problems: readonly Problem[] } {
  const { unit, units } = wedgeRows;
  const codes = new Int32Array(units.length);
  if (column === undefined) return { codes, problems: [] };
  const values = valuesOf(table.columns.get(column)!);
  const of = new Map<number, number>();
  const varying = new Set<number>();
  rows.forEach((row, i) => {
    const u = unit[i]!;
    if (!of.has(u)) of.set(u, values[row]!);
    else if (!Object.is(of.get(u), values[row])) varying.add(u);
  });
  const distinct = [...new Set(of.values())];
  for (const [u, value] of of) codes[u] = distinct.findIndex((one) => Object.is(one, value));
  return { codes, problems: [...varying].map((u) => wedgeStratumVaries(path, column, units[u]!)) };
}

/** Replicates from ≤ i < to. */
export const wedgeReplicates = (
  { problem, size, estimate }: WedgePermutation,
  { id, permutation }: SteppedWedgeAnalysis,
  seed: number,
  from: number,
  to: number,
): Float64Array =>
  permutationReplicates(
    problem,
    { ...size, seed, purpose: `${id}/permutation`, estimate, interval: permutation!.interval },
    from,
    to,
  );

/** `permutation:effect:immediate` or `permutation:effect:vertical`, with its problems. */
export function permutationEstimate(
  { size, estimate }: WedgePermutation,
  replicates: Float64Array,
  analysis: SteppedWedgeAnalysis,
  data: WedgeData,
  unit: string | null,
  path: string,
): { readonly estimate: Estimate; readonly problems: readonly ReportedProblem[] } {
  const { level } = analysis;
  const other = otherModel(analysis, data);
  const { exact, count, p, lower, upper, error } = permutationTest(replicates, estimate, size, level);
  const isUnbounded = !Number.isNaN(lower) && !(Number.isFinite(lower) && Number.isFinite(upper));
  return {
    estimate: {
      name: permutationName(analysis),
      measure: "mean-difference",
      unit,
      estimate,
      se: null,
      df: null,
      statistic: null,
      p,
      lower,
      upper,
      level,
      permutation: {
        assignments: count,
        exact,
        error: error === null ? null : { p: error.p, lower: known(error.lower), upper: known(error.upper) },
      },
    },
    problems: [
      ...(isUnbounded ? [wedgeSmallSet(path, exact ? count : count + 1, level)] : []),
      ...(other === null ? [] : [wedgePermutationOwnModel(path, other)]),
    ],
  };
}

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);

export const permutationName = ({ permutation }: SteppedWedgeAnalysis): string =>
  `permutation:effect:${permutation!.statistic === "vertical" ? "vertical" : "immediate"}`;

/** `effect:vertical`, by t on units − 2. */
export function verticalRow(
  cells: ClusterPeriods,
  { design }: WedgeData,
  weights: VerticalWeights,
  unit: string | null,
  level: number,
): Estimate {
  const treated = treatmentOf(design.units, cells.periods);
  const { effect, se, df } = verticalEstimate(cells, treated, cells.mean, weights);
  return waldEstimate(effect, se, df, { name: "effect:vertical", measure: "mean-difference", unit, level });
}
