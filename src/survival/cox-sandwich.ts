/**
 * Robust variance of a marginal Cox model, whose participants may depend on each other within clusters.
 *
 *     V = M (Σ_g u_g u_g') M,   M = I(β)⁻¹,   u_g = Σ_{i in g} w_i ∫ (x_i − x̄) dM_i
 *
 * as it stands (Lin & Wei; coxph with cluster()), or corrected for few clusters: corrected-sandwich.ts.
 *
 * Ω_g is the cluster's share of the information, −∂u_g/∂β:
 *
 *     Ω_g = Σ_{i in g} [ ∫ v (dN_i − r_i dΛ) + ∫ (x_i − x̄)(x_i − x̄)' r_i dΛ ],   Σ_g Ω_g = I,   v = S2/S0 − x̄x̄'
 *
 * The increments of Λ move with β here, as the derivative has it. The R package CoxBcv holds them, which leaves (x − x̄)x'
 * in the last integral: its answer depends on where a covariate has its zero and on which arm is the reference; this
 * one does not.
 *
 * Cost       O(n p²) and one p×p matrix for each cluster.
 * Sources    Lin & Wei (1989) JASA 84:1074–1078; Lee, Wei & Amato (1992); Wang, Turner & Li (2023) Biometrical Journal
 *            65:2200113. With Efron's ties and weights, which the last do not treat, the events tied at one time are
 *            seen one after the other as in tied-events.ts, each with the mean weight.
 * Checked    test/reference/cox-few-clusters (the formulae in R, by numerical differentiation), cox-lung (coxph).
 */
import { type Matrix, zeros } from "../numeric/matrix.js";
import { type ClusteredVariance, correctedSandwich } from "./corrected-sandwich.js";
import { type CoxState, scoreResiduals } from "./cox-residuals.js";
import { scanRiskSets } from "./risk-sets.js";

/** The cluster of each row of the frame, from 0 to count − 1. */
export interface ClusterCodes {
  readonly codes: Int32Array;
  readonly count: number;
}

/**
 * p×p robust variance; null when a cluster alone determines a coefficient, so that its correction does not exist.
 *
 * @param M         p×p, of the model.
 * @param clusters  of the rows of the frame.
 */
export function coxSandwich(
  state: CoxState,
  M: Matrix,
  clusters: ClusterCodes,
  kind: ClusteredVariance,
): Matrix | null {
  const shares = kind === "robust" ? [] : clusterInformation(state, clusters);
  return correctedSandwich(M, clusterScores(state, clusters), shares, kind);
}

/** m×p: u_g. */
function clusterScores(state: CoxState, { codes, count }: ClusterCodes): Matrix {
  const { sets } = state;
  const rows = scoreResiduals(state);
  const p = rows.cols;
  const scores = zeros(count, p);
  for (let place = 0; place < sets.n; place++) {
    const row = sets.rowAt[place]!;
    const w = sets.weight[place]!;
    const to = codes[row]! * p;
    for (let j = 0; j < p; j++) scores.data[to + j]! += w * rows.data[row * p + j]!;
  }
  return scores;
}

/** m matrices p×p: Ω_g. */
export function clusterInformation(
  { sets, risks: { risk }, ties }: CoxState,
  { codes, count }: ClusterCodes,
): Matrix[] {
  const { p, X, times, placesByStart, stratumStart, rowAt, weight } = sets;
  const m = count;
  const shares = Array.from({ length: m }, () => zeros(p, p));
  // Going down the event times the integral up to a row's time is the whole less what has been seen: `seen` holds
  // what has, and `net` the risk of each cluster that has to be multiplied by the whole when the stratum ends.
  let seenHazard = 0;
  const seenMean = new Float64Array(p);
  /** ∫ (x̄x̄' − v) dΛ. */
  const seenOuter = new Float64Array(p * p);
  const net = new Float64Array(m);
  const netX = new Float64Array(m * p);
  const netXX = new Float64Array(m * p * p);
  let stratum = -1;
  let place = 0;
  let leaver = 0;

  /** Ω_g gains `sign` × the integrals over the event times seen so far, of one row. */
  const addSeen = (at: number, sign: number): void => {
    const g = codes[rowAt[at]!]!;
    const r = sign * risk[at]!;
    const { data } = shares[g]!;
    net[g]! -= r;
    for (let j = 0; j < p; j++) {
      const xj = X[at * p + j]!;
      netX[g * p + j]! -= r * xj;
      for (let k = 0; k < p; k++) {
        const xk = X[at * p + k]!;
        netXX[(g * p + j) * p + k]! -= r * xj * xk;
        data[j * p + k]! += r * (xj * xk * seenHazard - seenMean[j]! * xk - xj * seenMean[k]! + seenOuter[j * p + k]!);
      }
    }
  };
  const endStratum = (): void => {
    for (let g = 0; g < m; g++) {
      const { data } = shares[g]!;
      for (let j = 0; j < p; j++)
        for (let k = 0; k < p; k++)
          data[j * p + k]! +=
            netXX[(g * p + j) * p + k]! * seenHazard -
            seenMean[j]! * netX[g * p + k]! -
            netX[g * p + j]! * seenMean[k]! +
            net[g]! * seenOuter[j * p + k]!;
    }
    net.fill(0);
    netX.fill(0);
    netXX.fill(0);
    seenHazard = 0;
    seenMean.fill(0);
    seenOuter.fill(0);
  };

  const mean = new Float64Array(p);
  const variance = new Float64Array(p * p);
  scanRiskSets(sets, risk, 2, (g, s0, w0, { s1, s2, w1, w2 }) => {
    if (times.stratum[g] !== stratum) {
      if (stratum >= 0) endStratum();
      stratum = times.stratum[g]!;
      place = stratumStart[stratum]!;
      leaver = place;
    }
    const entered = times.entered[g]!;
    // A row at risk takes the whole less what was seen before it entered: −seen now, + the whole at the end.
    for (; place < entered; place++) addSeen(place, -1);
    if (placesByStart !== null) for (; leaver < times.left[g]!; leaver++) addSeen(placesByStart[leaver]!, 1);
    const d = times.events[g]!;
    const w = times.weight[g]! / d;
    for (let tied = 0; tied < d; tied++) {
      const f = ties === "efron" ? tied / d : 0;
      const D = s0 - f * w0;
      const hazard = w / D;
      for (let j = 0; j < p; j++) mean[j] = (s1[j]! - f * w1[j]!) / D;
      for (let j = 0; j < p; j++)
        for (let k = 0; k <= j; k++) {
          const v = (s2[j * p + k]! - f * w2[j * p + k]!) / D - mean[j]! * mean[k]!;
          variance[j * p + k] = v;
          variance[k * p + j] = v;
        }
      seenHazard += hazard;
      for (let j = 0; j < p; j++) seenMean[j]! += hazard * mean[j]!;
      for (let j = 0; j < p; j++)
        for (let k = 0; k < p; k++) seenOuter[j * p + k]! += hazard * (mean[j]! * mean[k]! - variance[j * p + k]!);
      for (let at = entered - d; at < entered; at++) addEvent(at, f * hazard, weight[at]! / d);
    }

    /** The event's own v dN, and what Efron's share spares it of the integrals over dΛ. */
    function addEvent(at: number, spared: number, own: number): void {
      const { data } = shares[codes[rowAt[at]!]!]!;
      const r = risk[at]! * spared;
      for (let j = 0; j < p; j++)
        for (let k = 0; k < p; k++) {
          const v = variance[j * p + k]!;
          data[j * p + k]! += (own + r) * v - r * (X[at * p + j]! - mean[j]!) * (X[at * p + k]! - mean[k]!);
        }
    }
  });
  if (stratum >= 0) endStratum();
  return shares;
}
