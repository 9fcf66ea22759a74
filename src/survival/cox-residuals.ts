/**
 * Residuals of a Cox model: what each row, event or participant adds to the hazard, the score and the coefficients.
 *
 *     martingale   M_i = δ_i − ∫ dH_i,                   dH_i = exp(η_i) dΛ over the times at which i is at risk
 *     deviance     sign(M) √(−2 [M + δ log(δ − M)])
 *     score        ∫ (x_i − x̄(t)) dM_i(t), p numbers a row; weighted they sum to U(β) = 0
 *     dfbeta       score × I⁻¹: about what β would lose without the row
 *     Schoenfeld   x_i − x̄(t_i), p numbers an event; scaled: β + d I⁻¹ (…), whose smooth over time shows β(t)
 *
 * With Efron's ties an event is at risk of the k-th of d tied events with weight 1 − k/d only, and its x̄ is the mean
 * of the d, so that the residuals sum to the score here too.
 *
 * Cost       O(n p): each row needs two differences of sums over the event times.
 * Sources    Therneau, Grambsch & Fleming (1990) Biometrika 77:147–160; Schoenfeld (1982) Biometrika 69:239–241;
 *            Grambsch & Therneau (1994) Biometrika 81:515–526; Therneau & Grambsch (2000) ch. 4, appendix E.
 * Checked    test/survival/cox.test.ts (worked by hand), test/reference/cox-* (residuals.coxph).
 */
import { type Matrix, multiply, zeros } from "../numeric/matrix.js";
import { type RelativeRisks, type RiskSets, scanRiskSets } from "./risk-sets.js";
import { noTiedSums, type Ties, tiedSums } from "./tied-events.js";

/** What the residuals are of: a fitted Cox model has it. */
export interface CoxState {
  readonly sets: RiskSets;
  /** At the estimate. */
  readonly risks: RelativeRisks;
  readonly ties: Ties;
}

/** Hazard and covariate means along the event times, at the β of the risks. G event times of all strata. */
export interface HazardPath {
  /** n by place: the latest event time at which the row is at risk, as an index; G when there is none. */
  readonly last: Int32Array;
  /** n by place: the first event time, going down, at which it is not at risk yet; G when observed from the beginning. */
  readonly before: Int32Array;
  /** G + 1: Λ up to and with each event time, of the stratum, for exp(η − top) = 1; 0 at G. */
  readonly hazard: Float64Array;
  /** (G + 1)×p: ∫ x̄ dΛ up to and with each event time. */
  readonly mean: Float64Array;
  /** G and G×p: what an event of that time is spared of them by Efron's shares. */
  readonly spared: Float64Array;
  readonly sparedMean: Float64Array;
  /** G×p: x̄ of the risk set, the mean over the tied events. */
  readonly average: Float64Array;
}

/** Sum the hazard and the means along the event times. */
export function hazardPath({ sets, risks, ties }: CoxState): HazardPath {
  const { n, p, times, placesByStart, stratumStart } = sets;
  const G = times.count;
  const last = new Int32Array(n).fill(G);
  const before = new Int32Array(n).fill(G);
  const hazard = new Float64Array(G + 1);
  const mean = new Float64Array((G + 1) * p);
  const spared = new Float64Array(G);
  const sparedMean = new Float64Array(G * p);
  const average = new Float64Array(G * p);
  const t = noTiedSums();
  let stratum = -1;
  let place = 0;
  let leaver = 0;
  scanRiskSets(sets, risks.risk, 1, (g, s0, w0, { s1, w1 }) => {
    if (times.stratum[g] !== stratum) {
      stratum = times.stratum[g]!;
      place = stratumStart[stratum]!;
      leaver = place;
    }
    for (const end = times.entered[g]!; place < end; place++) last[place] = g;
    if (placesByStart !== null)
      for (const end = times.left[g]!; leaver < end; leaver++) before[placesByStart[leaver]!] = g;
    tiedSums(t, ties, times.events[g]!, times.weight[g]!, s0, w0);
    hazard[g] = t.hazard;
    spared[g] = t.shared;
    for (let j = 0, at = g * p; j < p; j++, at++) {
      mean[at] = t.square * s1[j]! - t.sharedSquare * w1[j]!;
      sparedMean[at] = t.sharedSquare * s1[j]! - t.sharedTwice * w1[j]!;
      average[at] = (t.hazard * s1[j]! - t.shared * w1[j]!) / times.weight[g]!;
    }
  });
  // The increments become sums from the earliest time on, within each stratum.
  for (let g = G - 2; g >= 0; g--) {
    if (times.stratum[g] !== times.stratum[g + 1]) continue;
    hazard[g]! += hazard[g + 1]!;
    for (let j = 0; j < p; j++) mean[g * p + j]! += mean[(g + 1) * p + j]!;
  }
  return { last, before, hazard, mean, spared, sparedMean, average };
}

/** n by row: events less expected events. A row with starts has that of its interval. */
export function martingaleResiduals(state: CoxState, path: HazardPath = hazardPath(state)): Float64Array {
  const { sets } = state;
  const residuals = new Float64Array(sets.n);
  for (let place = 0; place < sets.n; place++)
    residuals[sets.rowAt[place]!] = sets.event[place]! - expectedEvents(state, path, place);
  return residuals;
}

/** Without the weight of the row: a case weight counts rows, not risk. */
function expectedEvents(
  { sets: { event, stratum }, risks: { eta, top } }: CoxState,
  { last, before, hazard, spared }: HazardPath,
  place: number,
): number {
  const g = last[place]!;
  if (g === hazard.length - 1) return 0;
  const own = event[place] === 1 ? spared[g]! : 0;
  return Math.exp(eta[place]! - top[stratum[place]!]!) * (hazard[g]! - hazard[before[place]!]! - own);
}

/** n by row: the martingale residuals on a scale on which they look more normal. */
export function devianceResiduals({ sets }: CoxState, martingale: Float64Array): Float64Array {
  const residuals = new Float64Array(sets.n);
  for (let place = 0; place < sets.n; place++) {
    const row = sets.rowAt[place]!;
    const m = martingale[row]!;
    const d = sets.event[place]!;
    residuals[row] = Math.sign(m) * Math.sqrt(Math.max(0, -2 * (m + (d === 0 ? 0 : Math.log(d - m)))));
  }
  return residuals;
}

/** n×p by row, without the rows' weights. */
export function scoreResiduals(state: CoxState, path: HazardPath = hazardPath(state)): Matrix {
  const { sets, risks } = state;
  const { n, p, X, event, stratum, rowAt } = sets;
  const { last, before, hazard, mean, spared, sparedMean, average } = path;
  const scores = zeros(n, p);
  const none = hazard.length - 1;
  for (let place = 0; place < n; place++) {
    const g = last[place]!;
    if (g === none) continue;
    const isEvent = event[place] === 1;
    const r = Math.exp(risks.eta[place]! - risks.top[stratum[place]!]!);
    const from = before[place]!;
    const exposure = hazard[g]! - hazard[from]! - (isEvent ? spared[g]! : 0);
    const to = rowAt[place]! * p;
    for (let j = 0; j < p; j++) {
      const x = X[place * p + j]!;
      const means = mean[g * p + j]! - mean[from * p + j]! - (isEvent ? sparedMean[g * p + j]! : 0);
      scores.data[to + j] = (isEvent ? x - average[g * p + j]! : 0) - r * (x * exposure - means);
    }
  }
  return scores;
}

/** n×p by row: score residuals times the model's variance. @param vcov  p×p, of the model. */
export const dfbetaResiduals = (state: CoxState, vcov: Matrix): Matrix => multiply(scoreResiduals(state), vcov);

/** One row for each event, by stratum, time and row. */
export interface SchoenfeldResiduals {
  /** d: the rows of the frame. */
  readonly rows: Int32Array;
  readonly time: Float64Array;
  readonly stratum: Int32Array;
  /** d×p: x − x̄. */
  readonly values: Matrix;
}

export function schoenfeldResiduals(
  { sets }: CoxState,
  { last, average }: Pick<HazardPath, "last" | "average">,
): SchoenfeldResiduals {
  const { p, X, time, stratum, rowAt } = sets;
  const places = Int32Array.from([...sets.event.keys()].filter((place) => sets.event[place] === 1)).sort(
    (a, b) => stratum[a]! - stratum[b]! || time[a]! - time[b]! || rowAt[a]! - rowAt[b]!,
  );
  const values = zeros(places.length, p);
  places.forEach((place, i) => {
    for (let j = 0; j < p; j++) values.data[i * p + j] = X[place * p + j]! - average[last[place]! * p + j]!;
  });
  return {
    rows: places.map((place) => rowAt[place]!),
    time: Float64Array.from(places, (place) => time[place]!),
    stratum: places.map((place) => stratum[place]!),
    values,
  };
}

/**
 * d×p: β + d I⁻¹ s for each event.
 *
 * @param coef  p.
 * @param vcov  p×p, of the model, also when the standard errors are robust.
 */
export function scaledSchoenfeld({ values }: SchoenfeldResiduals, coef: Float64Array, vcov: Matrix): Matrix {
  const scaled = multiply(values, vcov);
  const d = values.rows;
  for (let i = 0; i < d; i++)
    for (let j = 0; j < coef.length; j++) {
      const at = i * coef.length + j;
      scaled.data[at] = coef[j]! + d * scaled.data[at]!;
    }
  return scaled;
}
