/**
 * The immediate effect of a stepped wedge by REML from its cells alone, fast enough to be fitted again for every
 * assignment of a permutation test.
 *
 * Model      y_ijk = period_j + θ treated_ij + u_i + c_ij + e_ijk; var u = τu², var c = τc² (nested exchangeable; 0 for
 *            exchangeable), var e = σ². Without covariates it is the model of the rows: their REML criterion depends
 *            on the cells' means, numbers and sums of squares only.
 * Symbols    m cells in use, n_ij rows of a cell, V = diag(σ²/n + τc²) + τu² 11' within a unit, w = 1 / (σ²/n + τc²),
 *            κ = τu² / (1 + τu² Σw), so that V⁻¹ = diag(w) − κ ww'; X m×p (periods, treatment), A = X'V⁻¹X,
 *            P = V⁻¹ − V⁻¹X A⁻¹ X'V⁻¹.
 * Method     Newton steps with the average information of the variances (σ², τc², τu²), halved until the criterion
 *            rises, none of them below zero.
 * Sources    Hussey & Hughes (2007) Contemp Clin Trials 28:182; Girling & Hemming (2016) Stat Med 35:2149; Gilmour,
 *            Thompson & Cullis (1995) Biometrics 51:1440 (average information).
 */

import type { ShiftedEstimate } from "../inference/permutation.js";
import { choleskyInPlace } from "../numeric/cholesky.js";
import type { ClusterPeriods } from "./cluster-periods.js";

export interface ClusterPeriodFit {
  /** The immediate effect and its model-based standard error; NaN when periods and treatment do not determine it. */
  readonly effect: number;
  readonly se: number;
  /** σ², τc² and τu². */
  readonly variances: readonly [residual: number, cell: number, unit: number];
  /** The REML log-likelihood of the cells' means and sums of squares, up to a constant. */
  readonly criterion: number;
  readonly converged: boolean;
}

export interface ClusterPeriodModel {
  /**
   * @param treated  of each cell; NaN for a cell that is left out.
   * @param mean     mean outcome of each cell.
   */
  readonly fit: (treated: Float64Array, mean: Float64Array) => ClusterPeriodFit;
  /** The effect on `other` with the variances of the fit last made: the estimate's change with the outcome. */
  readonly effectOn: (other: Float64Array) => number;
}

const MOST_STEPS = 100;
/** Half the Newton decrement of the criterion: estimates are then right to 1e-6 of their standard error and better. */
const TOLERANCE = 1e-13;
const MOST_HALVINGS = 40;

/** Estimate and slope for permutationReplicates from a fit, `received` the treatment that the outcomes hold. */
export function shiftedEstimate(
  model: ClusterPeriodModel,
  treated: Float64Array,
  { mean, treated: received }: ClusterPeriods,
  shift: number,
): ShiftedEstimate {
  const shifted = shift === 0 ? mean : mean.map((value, cell) => value - shift * (received[cell] || 0));
  const { effect } = model.fit(treated, shifted);
  return { estimate: effect, slope: -model.effectOn(received) };
}

/**
 * @param correlation  of rows of one unit in different periods against those in one.
 */
export function clusterPeriodModel(
  cells: ClusterPeriods,
  correlation: "exchangeable" | "nested-exchangeable",
): ClusterPeriodModel {
  const { units, periods, count, within } = cells;
  const size = units * periods;
  const p = periods + 1;
  const unitOf = Int32Array.from({ length: size }, (_, cell) => Math.floor(cell / periods));
  const periodOf = Int32Array.from({ length: size }, (_, cell) => cell - unitOf[cell]! * periods);
  const w = new Float64Array(size);
  const information = new Float64Array(p * p);
  const inverse = new Float64Array(p * p);
  const Z = new Float64Array(size * p);
  const unitZ = new Float64Array(p);
  const beta = new Float64Array(p);
  const residual = new Float64Array(size);
  const work = [new Float64Array(size), new Float64Array(size), new Float64Array(size)] as const;
  const projected = [new Float64Array(size), new Float64Array(size), new Float64Array(size)] as const;
  const gradient = new Float64Array(3);
  const average = new Float64Array(9);
  /** Of the fit at hand. */
  let treated: Float64Array = new Float64Array(size);
  let used: Int32Array = new Int32Array(0);
  let kappa = new Float64Array(units);
  let rows = 0;
  let squares = 0;
  let columns = new Int32Array(periods);
  let width = p;

  /** Which cells are used, and the columns of the periods that have some. */
  function begin(assigned: Float64Array): void {
    treated = assigned;
    const cellsUsed: number[] = [];
    const present = new Uint8Array(periods);
    rows = 0;
    squares = 0;
    for (let cell = 0; cell < size; cell++) {
      if (count[cell]! === 0 || Number.isNaN(assigned[cell]!)) continue;
      cellsUsed.push(cell);
      present[periodOf[cell]!] = 1;
      rows += count[cell]!;
      squares += within[cell]!;
    }
    used = Int32Array.from(cellsUsed);
    columns = new Int32Array(periods).fill(-1);
    width = 0;
    for (let period = 0; period < periods; period++) if (present[period] === 1) columns[period] = width++;
    width++;
  }

  /** w and κ; returns log |V|. */
  function weigh([residualVariance, cellVariance, unitVariance]: Variances): number {
    let logDeterminant = 0;
    const sum = new Float64Array(units);
    for (const cell of used) {
      const variance = residualVariance / count[cell]! + cellVariance;
      w[cell] = 1 / variance;
      logDeterminant += Math.log(variance);
      sum[unitOf[cell]!]! += w[cell]!;
    }
    kappa = sum.map((total) => unitVariance / (1 + unitVariance * total));
    for (const total of sum) logDeterminant += Math.log1p(unitVariance * total);
    return logDeterminant;
  }

  /** `into` = V⁻¹ v. */
  function solve(v: Float64Array, into: Float64Array): void {
    const sum = new Float64Array(units);
    for (const cell of used) sum[unitOf[cell]!]! += w[cell]! * v[cell]!;
    for (const cell of used) {
      const unit = unitOf[cell]!;
      into[cell] = w[cell]! * (v[cell]! - kappa[unit]! * sum[unit]!);
    }
  }

  /** Z = V⁻¹X, A⁻¹ in `inverse`; returns log |A|, NaN when A is singular. */
  function normalEquations(): number {
    const sum = new Float64Array(width);
    const last = width - 1;
    information.fill(0);
    for (let unit = 0; unit < units; unit++) {
      // κ Σ w x' over the unit's cells.
      sum.fill(0);
      for (let period = 0; period < periods; period++) {
        const cell = unit * periods + period;
        if (!isUsed(cell)) continue;
        sum[columns[period]!]! += w[cell]!;
        sum[last]! += w[cell]! * treated[cell]!;
      }
      for (let period = 0; period < periods; period++) {
        const cell = unit * periods + period;
        if (!isUsed(cell)) continue;
        const row = cell * p;
        for (let j = 0; j < width; j++) Z[row + j] = -w[cell]! * kappa[unit]! * sum[j]!;
        Z[row + columns[period]!]! += w[cell]!;
        Z[row + last]! += w[cell]! * treated[cell]!;
        const [own, x] = [columns[period]! * width, treated[cell]!];
        for (let j = 0; j < width; j++) {
          information[own + j]! += Z[row + j]!;
          information[last * width + j]! += x * Z[row + j]!;
        }
      }
    }
    const whole = information[width * width - 1]!;
    if (!choleskyInPlace(information, width)) return Number.NaN;
    // The last pivot: what is left of the treatment beside the periods.
    if (information[width * width - 1]! ** 2 <= 1e-10 * whole) return Number.NaN;
    let logDeterminant = 0;
    for (let j = 0; j < width; j++) logDeterminant += 2 * Math.log(information[j * width + j]!);
    invertFromFactor(information, width, inverse);
    return logDeterminant;
  }

  const isUsed = (cell: number): boolean => count[cell]! > 0 && !Number.isNaN(treated[cell]!);

  /** `into` = P v, β in `beta`; V⁻¹X and A⁻¹ are at hand. */
  function project(v: Float64Array, into: Float64Array): void {
    const score = new Float64Array(width);
    for (const cell of used) for (let j = 0; j < width; j++) score[j]! += Z[cell * p + j]! * v[cell]!;
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += inverse[i * width + j]! * score[j]!;
      beta[i] = sum;
    }
    for (const cell of used) {
      residual[cell] = v[cell]! - beta[columns[periodOf[cell]!]!]! - treated[cell]! * beta[width - 1]!;
    }
    solve(residual, into);
  }

  /** Criterion, its gradient and average information at the variances; β and Py left at hand. */
  function evaluate(variances: Variances, mean: Float64Array): number {
    const logV = weigh(variances);
    const logA = normalEquations();
    if (Number.isNaN(logA)) return Number.NaN;
    const [Py] = projected;
    project(mean, Py);
    const effects = beta.slice(0, width);

    let quadratic = 0;
    const fixed = [0, 0, 0];
    let unit = -1;
    let sumPy = 0;
    let sumW = 0;
    unitZ.fill(0);
    const closeUnit = (): void => {
      if (unit < 0) return;
      fixed[2]! += sumW * (1 - kappa[unit]! * sumW) - quadraticForm(unitZ, 0, inverse, width);
      gradient[2]! += sumPy * sumPy;
    };
    gradient.fill(0);
    const unitSum = new Float64Array(units);
    for (const cell of used) {
      const of = unitOf[cell]!;
      if (of !== unit) {
        closeUnit();
        unit = of;
        [sumPy, sumW] = [0, 0];
        unitZ.fill(0);
      }
      const py = Py[cell]!;
      quadratic += py * mean[cell]!;
      const diagonal = w[cell]! * (1 - kappa[of]! * w[cell]!) - quadraticForm(Z, cell * p, inverse, width);
      fixed[0]! += diagonal / count[cell]!;
      fixed[1]! += diagonal;
      gradient[0]! += (py * py) / count[cell]!;
      gradient[1]! += py * py;
      sumPy += py;
      unitSum[of] = sumPy;
      sumW += w[cell]!;
      for (let j = 0; j < width; j++) unitZ[j]! += Z[cell * p + j]!;
    }
    closeUnit();
    const [residualVariance] = variances;
    const free = rows - used.length;
    for (let i = 0; i < 3; i++) gradient[i] = (gradient[i]! - fixed[i]!) / 2;

    // V_i P y, and P of it: the average information is half their products.
    for (const cell of used) {
      work[0][cell] = Py[cell]! / count[cell]!;
      work[1][cell] = Py[cell]!;
      work[2][cell] = unitSum[unitOf[cell]!]!;
    }
    const kept = Py.slice();
    for (let i = 0; i < 3; i++) project(work[i]!, projected[i]!);
    for (let i = 0; i < 3; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (const cell of used) sum += work[i]![cell]! * projected[j]![cell]!;
        average[i * 3 + j] = sum / 2;
        average[j * 3 + i] = sum / 2;
      }
    }
    projected[0].set(kept);
    beta.set(effects);
    let criterion = -(logV + logA + quadratic) / 2;
    if (free > 0) {
      gradient[0]! += (squares / residualVariance - free) / (2 * residualVariance);
      average[0]! += squares / (2 * residualVariance ** 3);
      criterion -= (free * Math.log(residualVariance) + squares / residualVariance) / 2;
    }
    return criterion;
  }

  /** Which variances the data can tell apart: rows from cells only when some cell has several. */
  const isFree = (): readonly [boolean, boolean, boolean] => {
    const hasCells = correlation === "nested-exchangeable";
    return rows > used.length ? [true, hasCells, true] : [!hasCells, hasCells, true];
  };

  function start(mean: Float64Array): [number, number, number] {
    let [sum, sumOfSquares] = [0, 0];
    for (const cell of used) sum += mean[cell]!;
    for (const cell of used) sumOfSquares += (mean[cell]! - sum / used.length) ** 2;
    const between = sumOfSquares / Math.max(1, used.length - 1) || 1;
    const [hasResidual, hasCells] = isFree();
    const free = rows - used.length;
    const residualVariance = free > 0 && squares > 0 ? squares / free : between / 2;
    return [hasResidual ? residualVariance : 0, hasCells ? between / 4 : 0, between / 4];
  }

  function fit(assigned: Float64Array, mean: Float64Array): ClusterPeriodFit {
    begin(assigned);
    let at = start(mean);
    let criterion = evaluate(at, mean);
    const free = isFree();
    let converged = false;
    for (let step = 0; step < MOST_STEPS && !Number.isNaN(criterion); step++) {
      const { direction, decrement } = ascent(at, free, gradient, average);
      if (!(decrement > TOLERANCE)) {
        converged = true;
        break;
      }
      const next = climb(at, direction, criterion, mean);
      // No step rises: at rounding of the criterion.
      if (next === null) {
        converged = decrement < 1e-8;
        evaluate(at, mean);
        break;
      }
      ({ at, criterion } = next);
    }
    const isKnown = !Number.isNaN(criterion);
    return {
      effect: isKnown ? beta[width - 1]! : Number.NaN,
      se: isKnown ? Math.sqrt(inverse[width * width - 1]!) : Number.NaN,
      variances: at,
      criterion,
      converged,
    };
  }

  /** The longest of the step, its half, its quarter … that does not lower the criterion; null when none. */
  function climb(
    at: Variances,
    direction: Variances,
    criterion: number,
    mean: Float64Array,
  ): { at: [number, number, number]; criterion: number } | null {
    // Up to where the first variance reaches zero; the residual one stays above it.
    let length = 1;
    for (let i = 0; i < 3; i++) {
      if (direction[i]! >= 0) continue;
      const floor = i === 0 ? at[0] / 10 : 0;
      length = Math.min(length, (floor - at[i]!) / direction[i]!);
    }
    for (let halving = 0; halving < MOST_HALVINGS; halving++, length /= 2) {
      const next = at.map((value, i) => Math.max(0, value + length * direction[i]!)) as [number, number, number];
      // What rounding leaves of a variance that the step takes to zero.
      for (let i = 1; i < 3; i++) if (next[i]! < 1e-15 * at[i]!) next[i] = 0;
      const value = evaluate(next, mean);
      if (value >= criterion - 1e-13 * Math.abs(criterion)) return { at: next, criterion: value };
    }
    return null;
  }

  return {
    fit,
    effectOn: (other) => {
      let effect = 0;
      const score = new Float64Array(width);
      for (const cell of used) for (let j = 0; j < width; j++) score[j]! += Z[cell * p + j]! * (other[cell] || 0);
      for (let j = 0; j < width; j++) effect += inverse[(width - 1) * width + j]! * score[j]!;
      return effect;
    },
  };
}

type Variances = readonly [number, number, number];

/** The Newton direction among the variances that may move: free ones, but for those at zero that would fall below. */
function ascent(
  at: Variances,
  free: readonly [boolean, boolean, boolean],
  gradient: Float64Array,
  average: Float64Array,
): { direction: [number, number, number]; decrement: number } {
  let moving = [0, 1, 2].filter((i) => free[i] && (at[i]! > 0 || gradient[i]! > 0));
  for (;;) {
    const step = solveSmall(average, gradient, moving);
    // One at zero may be pushed below it by the others: hold it there.
    const held = moving.filter((i, k) => at[i]! === 0 && step[k]! < 0);
    if (held.length > 0) {
      moving = moving.filter((i) => !held.includes(i));
      continue;
    }
    const direction: [number, number, number] = [0, 0, 0];
    let decrement = 0;
    moving.forEach((i, k) => {
      direction[i] = step[k]!;
      decrement += step[k]! * gradient[i]!;
    });
    return { direction, decrement: decrement / 2 };
  }
}

/** Solves the rows and columns `of` of the 3×3 system; along the gradient when they are singular. */
function solveSmall(a: Float64Array, b: Float64Array, of: readonly number[]): number[] {
  const k = of.length;
  const factor = Float64Array.from({ length: k * k }, (_, i) => a[of[Math.floor(i / k)]! * 3 + of[i % k]!]!);
  if (!choleskyInPlace(factor, k)) return of.map((i) => b[i]! / (a[i * 3 + i]! || 1));
  const x = of.map((i) => b[i]!);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < i; j++) x[i]! -= factor[i * k + j]! * x[j]!;
    x[i]! /= factor[i * k + i]!;
  }
  for (let i = k - 1; i >= 0; i--) {
    for (let j = i + 1; j < k; j++) x[i]! -= factor[j * k + i]! * x[j]!;
    x[i]! /= factor[i * k + i]!;
  }
  return x;
}

/** x'Ax for the x that begins at `from`. */
function quadraticForm(x: Float64Array, from: number, a: Float64Array, n: number): number {
  let total = 0;
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[i * n + j]! * x[from + j]!;
    total += sum * x[from + i]!;
  }
  return total;
}

/** A⁻¹ (n×n, into the first n² numbers of `inverse`) from the lower factor L of A. */
function invertFromFactor(l: Float64Array, n: number, inverse: Float64Array): void {
  for (let column = 0; column < n; column++) {
    for (let i = 0; i < n; i++) {
      let sum = i === column ? 1 : 0;
      for (let k = column; k < i; k++) sum -= l[i * n + k]! * inverse[k * n + column]!;
      inverse[i * n + column] = i < column ? 0 : sum / l[i * n + i]!;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = inverse[i * n + column]!;
      for (let k = i + 1; k < n; k++) sum -= l[k * n + i]! * inverse[k * n + column]!;
      inverse[i * n + column] = sum / l[i * n + i]!;
    }
  }
}
