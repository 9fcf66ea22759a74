/**
 * Permutation inference and the within-period estimator of a stepped-wedge analysis.
 *
 * The model's estimate under each assignment is that of the analysis's own model. A model of units and periods alone is
 * fitted from its cells (stepped-wedge/cluster-period-reml.ts), which is the same estimate, fast; any other from sums over
 * its units (stepped-wedge/unit-refit.ts), or, when random effects are shared by units, from its rows (refit.ts).
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
import { type ScorePermutation, scorePermutationTest } from "../inference/score-permutation.js";
import { inSearchSteps } from "../mixed/decay-mixed.js";
import { fromRows, type Matrix, rowOf } from "../numeric/matrix.js";
import type { SteppedWedgeAnalysis } from "../plan/plan.js";
import {
  type OtherPermutedModel,
  type Problem,
  type ReportedProblem,
  wedgeNoNullModel,
  wedgeNoScoreInterval,
  wedgeOneAssignment,
  wedgePermutationOwnModel,
  wedgePermutationScore,
  wedgePermutationShared,
  wedgeSmallSet,
  wedgeStratumVaries,
} from "../problem.js";
import { clusterPeriodModel, shiftedEstimate } from "../stepped-wedge/cluster-period-reml.js";
import { type ClusterPeriods, clusterPeriods, lessCovariates } from "../stepped-wedge/cluster-periods.js";
import type { WedgeUnit } from "../stepped-wedge/design.js";
import { valuesOf } from "../stepped-wedge/exposure-time.js";
import { type NullModel, nullModel } from "../stepped-wedge/null-score.js";
import { refitter } from "../stepped-wedge/refit.js";
import { shiftedUnitEstimate, unitRefitter } from "../stepped-wedge/unit-refit.js";
import { isWithinUnits } from "../stepped-wedge/unit-sums.js";
import { type VerticalWeights, verticalEffect, verticalEstimate } from "../stepped-wedge/vertical.js";
import { decayingTerm, type WedgeModel } from "../stepped-wedge/wedge-model.js";
import type { WedgeData } from "./wedge-data.js";
import { type WedgeSwitches, wedgeSwitches } from "./wedge-switches.js";

/** What is made once, before anything random. */
export type WedgePermutation = {
  readonly size: PermutationSize;
  /** How the model compared is not the analysis's own; null when it is. */
  readonly other: OtherPermutedModel | null;
} & (
  | {
      /** Gaussian: the estimate under each assignment. */
      readonly compares: "estimates";
      readonly problem: PermutationProblem;
      /** The observed estimate. */
      readonly estimate: number;
    }
  | {
      /** Binomial and Poisson: the score under each, at the model without treatment. */
      readonly compares: "scores";
      readonly problem: ScorePermutation;
    }
);

/** The cells of the rows that the rule of exposure keeps, with the outcome less its covariates' effects within cells. */
export function cellsOf(data: WedgeData, model: WedgeModel, outcome: Float64Array, path: string): ClusterPeriods {
  const { units, periods } = data.wedgeRows;
  const { rows, unit, period, treated } = keptRows(data);
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

/** Rows that no rule of exposure leaves out; those in transition are left out by cells. */
function keptRows({ table, leftOut, rows, wedgeRows }: WedgeData) {
  const { unit, period, treated } = wedgeRows;
  const name = leftOut.get("censored");
  if (name === undefined) return { rows, unit, period, treated };
  const censored = valuesOf(table.columns.get(name)!);
  const kept = Int32Array.from([...rows.keys()].filter((i) => !Number.isNaN(censored[rows[i]!]!)));
  const codes = (of: Int32Array): Int32Array => kept.map((i) => of[i]!);
  return { rows: codes(rows), unit: codes(unit), period: codes(period), treated: pick(treated, kept) };
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

/** Whether the estimates that are compared are those of the rows' model, which needs its frame. */
export const comparesRows = (analysis: SteppedWedgeAnalysis): boolean =>
  analysis.permutation !== undefined && analysis.permutation.statistic !== "vertical" && !isOfCells(analysis);

/** Whether the immediate effect is that of REML of the cells. */
const isOfCells = (analysis: SteppedWedgeAnalysis): boolean =>
  analysis.family === "gaussian" &&
  analysis["cluster-effects"] === "random" &&
  analysis["period-effects"] === "categorical" &&
  !analysis["random-treatment"] &&
  !decays(analysis) &&
  analysis.method !== "ML" &&
  analysis.exposure === undefined &&
  analysis.participant === undefined &&
  (analysis.random ?? []).length === 0 &&
  (analysis.covariates ?? []).length === 0;

/**
 * Whether the model compared has a decaying correlation: over continuous time units have too many effects for that, and
 * scores have none.
 */
const decays = ({
  correlation,
  time,
  family,
}: Pick<SteppedWedgeAnalysis, "correlation" | "time" | "family">): boolean =>
  correlation === "decay" && time === undefined && family === "gaussian";

/** The model whose effect a permutation test compares: the effect of the switch is one number. */
export const permutedModel = (model: WedgeModel, { family }: Pick<SteppedWedgeAnalysis, "family">): WedgeModel => {
  const { correlation, time } = model;
  const isOther = correlation === "decay" && !decays({ correlation, family, ...(time === undefined ? {} : { time }) });
  return { ...model, effect: "immediate", correlation: isOther ? "nested-exchangeable" : correlation };
};

/** How the model of the permutation test is not the analysis's own; null when it is. */
function otherModel(
  analysis: SteppedWedgeAnalysis,
  { design, visits }: WedgeData,
  isCellsForRows: boolean,
): OtherPermutedModel | null {
  if (analysis.permutation?.statistic === "vertical") return null;
  const other: OtherPermutedModel = {
    effect: analysis.effect === "immediate" ? null : analysis.effect,
    decay: analysis.correlation === "decay" && (isCellsForRows || !decays(analysis)),
    cells: isCellsForRows,
    // With dates each client has the treatment that its own dates give under the switch.
    otherwise:
      visits !== null
        ? 0
        : design.cells.reduce((sum, cell) => sum + (cell.condition === "transition" ? 0 : cell.otherwise), 0),
  };
  return other.effect !== null || other.decay || other.cells || other.otherwise > 0 ? other : null;
}

/** What the estimates are found from. */
export interface PermutationParts {
  readonly data: WedgeData;
  /** Null when the outcome is not gaussian. */
  readonly cells: ClusterPeriods | null;
  readonly model: WedgeModel;
  /**
   * Of the permuted model, when it compares rows: all of them, those left out under the observed switches too. Null when
   * its columns depend on each other, so that it has no estimate.
   */
  readonly frame: ModelFrame | null;
}

/**
 * Assignments of units to the switches that were used, as often as each was, within strata.
 * @returns the permutation, or null and why there is none.
 */
export function wedgePermutation(
  parts: PermutationParts,
  analysis: SteppedWedgeAnalysis,
  path: string,
): { readonly permutation: WedgePermutation | null; readonly problems: readonly Problem[] } {
  const { data, frame, model } = parts;
  const asked = analysis.permutation!;
  const switches = wedgeSwitches(data);
  const { observed } = switches;
  const strata = strataOf(data, asked.stratify, path);
  const set = assignmentsWithinStrata(observed, strata.codes);
  if (strata.problems.length > 0) return { permutation: null, problems: strata.problems };
  if (set.size <= 1) return { permutation: null, problems: [wedgeOneAssignment(path)] };
  const ofRows = comparesRows(analysis);
  if (ofRows && frame === null) return { permutation: null, problems: [] };
  const at = ofRows ? placesOf(frame!, data) : new Int32Array(0);
  const isShared =
    ofRows &&
    !isWithinUnits(
      at.map((i) => data.wedgeRows.unit[i]!),
      frame!.Z,
    );
  const leavesOut = (analysis.transition ?? 0) > 0 || analysis.exposure?.rule === "censored";
  const isGaussian = analysis.family === "gaussian";
  if (isShared && (!isGaussian || (leavesOut && analysis.exposure !== undefined)))
    return { permutation: null, problems: [wedgePermutationShared(path)] };
  const size = permutationSize(set, asked.replicates);
  if (!isGaussian) {
    const scores = nullScores(frame!, at, parts, switches, analysis.family as "binomial" | "poisson");
    const other = otherModel(analysis, data, false);
    const problem = { set, observed, at: scores };
    return { permutation: { compares: "scores", problem, size, other }, problems: [] };
  }
  // Rows that an assignment leaves out, with random effects that units share: the cells stand for them.
  const isCellsForRows = isShared && leavesOut;
  const statistic =
    !ofRows || isCellsForRows
      ? cellStatistic(parts.cells!, data, analysis, switches)
      : isShared
        ? rowStatistic(frame!, at, model, switches, analysis.method)
        : unitStatistic(frame!, at, parts, switches, analysis.method);
  return {
    permutation: {
      compares: "estimates",
      problem: { set, observed, statistic },
      size,
      estimate: statistic(observed, 0).estimate,
      other: otherModel(analysis, data, isCellsForRows),
    },
    problems: [],
  };
}

/** Rows of a frame as rows of the data. */
function placesOf(frame: Frame, { rows }: WedgeData): Int32Array {
  const place = new Map(Array.from(rows, (row, i) => [row, i]));
  return Int32Array.from(frame.rows, (row) => place.get(row)!);
}

const pick = (values: Float64Array, at: Int32Array): Float64Array => Float64Array.from(at, (i) => values[i]!);
const lessOffset = ({ offset, response }: Frame): Float64Array =>
  offset === null ? response : response.map((value, i) => value - offset[i]!);
const termsOfTreatment = ({ Z }: Frame, { treated }: WedgeModel): number[] =>
  Z.flatMap(({ names }, term) => (names[0] === treated ? [term] : []));

/** The within-period effect, or REML of the cells. */
function cellStatistic(
  cells: ClusterPeriods,
  data: WedgeData,
  { permutation, vertical, correlation }: SteppedWedgeAnalysis,
  { observed, units }: WedgeSwitches,
): PermutationProblem["statistic"] {
  const treatment = (assignment: Int32Array): Float64Array =>
    treatmentOf(
      Array.from(assignment, (switched) => units[switched]!),
      data.design.periods.length,
    );
  // What an effect adds to: the cells after the switch; those in transition by how many of their rows are treated.
  const received = treatment(observed).map((value, cell) => (Number.isNaN(value) ? cells.treated[cell]! || 0 : value));
  const hold = { ...cells, treated: received };
  if (permutation!.statistic === "vertical") return verticalStatistic(hold, treatment, vertical ?? "sizes");
  const fitted = clusterPeriodModel(hold, correlation === "exchangeable" ? "exchangeable" : "nested-exchangeable");
  return (assignment, shift) => shiftedEstimate(fitted, treatment(assignment), hold, shift);
}

/** The rows of a frame by units, with their treatment under each switch. */
function rowsByUnit(at: Int32Array, { wedgeRows }: WedgeData, { treatment, received }: WedgeSwitches) {
  const made = new Map<number, Float64Array>();
  return {
    unit: at.map((i) => wedgeRows.unit[i]!),
    units: wedgeRows.units.length,
    received: pick(received, at),
    treatment: (switched: number): Float64Array => {
      const known = made.get(switched) ?? pick(treatment(switched), at);
      made.set(switched, known);
      return known;
    },
  };
}

/** The model of the rows, fitted again from sums over units. */
function unitStatistic(
  frame: ModelFrame,
  at: Int32Array,
  { data, model }: PermutationParts,
  switches: WedgeSwitches,
  method: "REML" | "ML" | undefined,
): PermutationProblem["statistic"] {
  const isDecay = permutedModel(model, { family: "gaussian" }).correlation === "decay";
  const decay = isDecay ? decayingTerm(data.table, model, frame.rows) : null;
  const rows = {
    ...rowsByUnit(at, data, switches),
    others: withoutColumn(frame.X, frame.names.indexOf(model.treated)),
    outcome: lessOffset(frame),
    Z: frame.Z,
    ofTreatment: new Set(termsOfTreatment(frame, model)),
    decay: decay === null ? null : inSearchSteps(decay),
  };
  return shiftedUnitEstimate(unitRefitter(rows, switches.observed, method ?? "REML"));
}

/** The model of the rows without treatment, fitted for each effect. */
function nullScores(
  frame: ModelFrame,
  at: Int32Array,
  { data, model }: PermutationParts,
  switches: WedgeSwitches,
  family: "binomial" | "poisson",
): NullModel {
  const treated = frame.names.indexOf(model.treated);
  return nullModel({
    ...rowsByUnit(at, data, switches),
    frame: {
      ...frame,
      X: withoutColumn(frame.X, treated),
      names: frame.names.filter((_, j) => j !== treated),
      Z: frame.Z.filter(({ names }) => names[0] !== model.treated),
    },
    family,
  });
}

function withoutColumn({ rows, cols, data }: Matrix, column: number): Matrix {
  const kept = data.filter((_, i) => i % cols !== column);
  return { rows, cols: cols - 1, data: kept };
}

/** The model of the rows, fitted again with the treatment that an assignment gives them. */
function rowStatistic(
  frame: Frame,
  at: Int32Array,
  model: WedgeModel,
  switches: WedgeSwitches,
  method: "REML" | "ML" | undefined,
): PermutationProblem["statistic"] {
  const outcome = lessOffset(frame);
  const received = pick(switches.received, at);
  const refit = refitter(frame, [frame.names.indexOf(model.treated)], { method: method ?? "REML" });
  const varying = termsOfTreatment(frame, model);
  return (assignment, shift) => {
    const treatment: Matrix = {
      rows: at.length,
      cols: 1,
      data: Float64Array.from(at, (i) => switches.treatment(assignment[switches.unit[i]!]!)[i]!),
    };
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
  treatment: (assignment: Int32Array) => Float64Array,
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

/** Replicates from ≤ i < to. Scores need none: all of them are of one fit. */
export const wedgeReplicates = (
  permutation: WedgePermutation,
  { id, permutation: asked }: SteppedWedgeAnalysis,
  seed: number,
  from: number,
  to: number,
): Float64Array =>
  permutation.compares === "scores"
    ? new Float64Array(0)
    : permutationReplicates(
        permutation.problem,
        {
          ...permutation.size,
          seed,
          purpose: `${id}/permutation`,
          estimate: permutation.estimate,
          interval: asked!.interval,
        },
        from,
        to,
      );

export const replicateCount = (permutation: WedgePermutation | null): number =>
  permutation?.compares === "estimates" ? permutation.size.count : 0;

const EFFECT_MEASURES = {
  gaussian: "mean-difference",
  binomial: "log-odds-ratio",
  poisson: "log-rate-ratio",
} as const;

/** `permutation:effect:immediate` or `permutation:effect:vertical`, with its problems. */
export function permutationEstimate(
  permutation: WedgePermutation,
  replicates: Float64Array,
  analysis: SteppedWedgeAnalysis,
  unit: string | null,
  seed: number,
  path: string,
): { readonly estimate: Estimate | null; readonly problems: readonly ReportedProblem[] } {
  const { level, family } = analysis;
  const { size, other } = permutation;
  const request = { ...size, seed, purpose: `${analysis.id}/permutation`, level };
  const result =
    permutation.compares === "estimates"
      ? permutationTest(replicates, permutation.estimate, size, level)
      : scorePermutationTest(permutation.problem, { ...request, interval: analysis.permutation!.interval });
  if (result === null) return { estimate: null, problems: [wedgeNoNullModel(path)] };
  const { exact, count, estimate, p, lower, upper, error } = result;
  const isUnbounded = [lower, upper].some((limit) => Math.abs(limit) === Number.POSITIVE_INFINITY);
  const isUnknown = analysis.permutation!.interval && permutation.compares === "scores" && Number.isNaN(lower + upper);
  return {
    estimate: {
      name: permutationName(analysis),
      measure: EFFECT_MEASURES[family],
      unit: family === "gaussian" ? unit : null,
      estimate: known(estimate),
      se: null,
      df: null,
      statistic: null,
      p,
      lower: known(lower),
      upper: known(upper),
      level,
      permutation: {
        assignments: count,
        exact,
        error: error === null ? null : { p: error.p, lower: known(error.lower), upper: known(error.upper) },
      },
    },
    problems: [
      ...(isUnbounded ? [wedgeSmallSet(path, exact ? count : count + 1, level)] : []),
      ...(isUnknown ? [wedgeNoScoreInterval(path)] : []),
      ...(permutation.compares === "scores" ? [wedgePermutationScore(path)] : []),
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
