/**
 * What each row contributes to the score of the Fine–Gray model, with the estimated censoring distribution counted in.
 *
 *   η_i = ∫ (x_i − x̄) w_i dM_i,       M_i = N_i − ∫ w_i exp(x_i'β) dΛ, x̄ = S1/S0
 *   ψ_i = ∫ (q/π) dM_i^c,             M_i^c = censored by u − ∫ (under observation at u) dΛ^c
 *   q(u) = Σ_i (competing event before u) ∫_{s ≥ u} (x_i − x̄(s)) w_i(s) exp(x_i'β) dΛ(s)
 *
 * q, π and Λ^c are those of the censoring group of row i, and q sums over that group: one more censored in it fades the
 * competing events of no other. (cmprsk 2.2-11 sums q over all groups, which counts this more than once with `cengroup`;
 * with one group it is the same.) Integrals are differences of cumulative sums over the event times, so that the whole
 * is O((n + m) p) for each censoring group.
 *
 * Source     Fine & Gray (1999) JASA 94:496–509, sec. 3.
 * Checked    test/survival/plain-fine-gray.ts, double sums as written here; cmprsk.
 */
import { type Matrix, zeros } from "../numeric/matrix.js";
import type { CensoringDistribution, CensoringTimes } from "./censoring-distribution.js";
import { type SubdistributionSets, scanSubdistributionSets, subdistributionRisks } from "./subdistribution-sets.js";

export interface FineGrayInfluence {
  /** n×p by row of the frame: w (η + ψ). */
  readonly scores: Matrix;
  /** m: increments of Λ at the centre of the covariates. */
  readonly baseline: Float64Array;
}

/** Influence of every row at β (p), and the baseline subdistribution hazard. */
export function fineGrayInfluence(
  sets: SubdistributionSets,
  censoring: CensoringDistribution,
  beta: Float64Array,
): FineGrayInfluence {
  const { n, p, times, events, groups, rowAt } = sets;
  const m = times.length;
  const { top, risk } = subdistributionRisks(sets, beta);
  // Increments of the hazard per unit of `risk`, and x̄.
  const hazard = new Float64Array(m);
  const mean = new Float64Array(m * p);
  scanSubdistributionSets(sets, risk, 1, (at, sums) => {
    hazard[at] = events[at]! / sums[0]!;
    for (let j = 0; j < p; j++) mean[at * p + j] = sums[1 + j]! / sums[0]!;
  });
  const integrals = integrate(sets, hazard, mean, p);
  const byPlace = scoreTerms(sets, risk, mean, integrals);
  for (let g = 0; g < groups; g++) addCensoringTerms(byPlace, sets, risk, integrals, censoring.groups[g]!, g);

  const scores = zeros(n, p);
  for (let place = 0; place < n; place++)
    scores.data.set(byPlace.subarray(place * p, (place + 1) * p), rowAt[place]! * p);
  return { scores, baseline: hazard.map((jump) => jump * Math.exp(-top)) };
}

/**
 * Influence of every row on the cumulative hazard at the centre of the covariates after the first event times, β held:
 * the same terms with 1/S0 until then in the place of x − x̄.
 *
 * @param last  Index of the last event time; −1: none.
 */
export function hazardInfluence(
  sets: SubdistributionSets,
  censoring: CensoringDistribution,
  beta: Float64Array,
  last: number,
): { readonly hazard: number; readonly mean: Float64Array; readonly scores: Float64Array } {
  const { n, p, times, events, groups, rowAt } = sets;
  const m = times.length;
  const { top, risk } = subdistributionRisks(sets, beta);
  const jump = new Float64Array(m);
  const perRisk = new Float64Array(m);
  const mean = new Float64Array(p);
  const atCentre = Math.exp(-top);
  let hazard = 0;
  scanSubdistributionSets(sets, risk, 1, (at, sums) => {
    jump[at] = events[at]! / sums[0]!;
    if (at > last) return;
    // Of 0 − (−1/S0), as the terms are of x − x̄.
    perRisk[at] = -atCentre / sums[0]!;
    hazard += jump[at]! * atCentre;
    for (let j = 0; j < p; j++) mean[j]! += (jump[at]! * atCentre * sums[1 + j]!) / sums[0]!;
  });
  const one = { ...sets, p: 1, X: new Float64Array(n) };
  const integrals = integrate(one, jump, perRisk, 1);
  const byPlace = scoreTerms(one, risk, perRisk, integrals);
  for (let g = 0; g < groups; g++) addCensoringTerms(byPlace, one, risk, integrals, censoring.groups[g]!, g);
  const scores = new Float64Array(n);
  rowAt.forEach((row, place) => {
    scores[row] = byPlace[place]!;
  });
  return { hazard, mean, scores };
}

/** Integrals over event times, by how many of the m times they have passed: index k is after the first k. */
export interface Integrals {
  /** (m + 1) and (m + 1)×width: Σ dΛ and Σ f dΛ over the first k. */
  readonly hazard: Float64Array;
  readonly mean: Float64Array;
  /** (m + 1)×groups and (m + 1)×groups×width: Σ G dΛ and Σ G f dΛ over those after the first k. */
  readonly laterHazard: Float64Array;
  readonly laterMean: Float64Array;
}

/** Integrals of a function f (m×width), such as x̄, over the hazard (m). */
export function integrate(
  { groups, free }: SubdistributionSets,
  jump: Float64Array,
  f: Float64Array,
  width: number,
): Integrals {
  const m = jump.length;
  const sums = {
    hazard: new Float64Array(m + 1),
    mean: new Float64Array((m + 1) * width),
    laterHazard: new Float64Array((m + 1) * groups),
    laterMean: new Float64Array((m + 1) * groups * width),
  };
  for (let k = 0; k < m; k++) {
    sums.hazard[k + 1] = sums.hazard[k]! + jump[k]!;
    for (let j = 0; j < width; j++)
      sums.mean[(k + 1) * width + j] = sums.mean[k * width + j]! + jump[k]! * f[k * width + j]!;
  }
  for (let k = m - 1; k >= 0; k--) {
    for (let g = 0; g < groups; g++) {
      const faded = free[k * groups + g]! * jump[k]!;
      sums.laterHazard[k * groups + g] = sums.laterHazard[(k + 1) * groups + g]! + faded;
      for (let j = 0; j < width; j++)
        sums.laterMean[(k * groups + g) * width + j] =
          sums.laterMean[((k + 1) * groups + g) * width + j]! + faded * f[k * width + j]!;
    }
  }
  return sums;
}

/** w η of each place, n×p. */
function scoreTerms(
  sets: SubdistributionSets,
  risk: Float64Array,
  mean: Float64Array,
  integrals: Integrals,
): Float64Array {
  const { n, p, X, weight, time, ending, group, freeAtEnd, groups, times } = sets;
  const terms = new Float64Array(n * p);
  for (let place = 0, passed = 0; place < n; place++) {
    while (passed < times.length && times[passed]! <= time[place]!) passed++;
    const r = risk[place]!;
    const later = passed * groups + group[place]!;
    for (let j = 0; j < p; j++) {
      const x = X[place * p + j]!;
      let term = -r * (x * integrals.hazard[passed]! - integrals.mean[passed * p + j]!);
      // The last of the times passed is its own.
      if (ending[place] === 1) term += weight[place]! * (x - mean[(passed - 1) * p + j]!);
      if (ending[place] === 2)
        term -= (r / freeAtEnd[place]!) * (x * integrals.laterHazard[later]! - integrals.laterMean[later * p + j]!);
      terms[place * p + j] = term;
    }
  }
  return terms;
}

/** Add w ψ of the places of one censoring group, in place. */
function addCensoringTerms(
  terms: Float64Array,
  sets: SubdistributionSets,
  risk: Float64Array,
  { laterHazard, laterMean }: Integrals,
  censoring: CensoringTimes,
  g: number,
): void {
  const { n, p, X, weight, time, ending, group, freeAtEnd, groups, times } = sets;
  // Σ r/G and Σ x r/G over the competing events before t; ∫ (q/π) dΛ^c until t, and q/π at t where one is censored.
  let faded = 0;
  const fadedX = new Float64Array(p);
  const drift = new Float64Array(p);
  const jump = new Float64Array(p);
  let [before, at] = [0, 0];
  for (let first = 0; first < n; ) {
    const t = time[first]!;
    while (before < times.length && times[before]! < t) before++;
    if (at < censoring.time.length && censoring.time[at] === t) {
      const pi = censoring.atRisk[at]!;
      const later = before * groups + g;
      for (let j = 0; j < p; j++) {
        jump[j] = (fadedX[j]! * laterHazard[later]! - faded * laterMean[later * p + j]!) / pi;
        drift[j]! += (jump[j]! * censoring.censored[at]!) / pi;
      }
      at++;
    }
    for (; first < n && time[first] === t; first++) {
      if (group[first] !== g) continue;
      for (let j = 0; j < p; j++)
        terms[first * p + j]! += weight[first]! * ((ending[first] === 0 ? jump[j]! : 0) - drift[j]!);
      if (ending[first] !== 2) continue;
      const r = risk[first]! / freeAtEnd[first]!;
      faded += r;
      for (let j = 0; j < p; j++) fadedX[j]! += r * X[first * p + j]!;
    }
  }
}
