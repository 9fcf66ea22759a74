/**
 * Clustered variance of a Fine–Gray model, with corrections for few clusters.
 *
 *     V = M (Σ_g u_g u_g') M,   M = Ω⁻¹,   u_g = Σ_{i in g} w_i (η_i + ψ_i)
 *
 * as it stands, or corrected for few clusters: corrected-sandwich.ts.
 *
 * Ω_g is the cluster's share of the information, the slope of −Σ_{i in g} η_i in β with the weights w = G(t−)/G(T−) held:
 *
 *     Ω_g = Σ_{i in g} [ ∫ v (dN_i − w_i r_i dΛ) + ∫ (x_i − x̄)(x_i − x̄)' w_i r_i dΛ ],   Σ_g Ω_g = Ω,   v = S2/S0 − x̄x̄'
 *
 * The increments dΛ = dN/S0 move with β too, so that a shift of a covariate changes nothing.
 *
 * Cost       O((n + m) p²) and one p×p matrix for each cluster.
 * Sources    Zhou, Fine, Latouche & Labopin (2012) Biostatistics 13:371–383; Chen & Li (2022) Stat Med 41:2645–2664.
 * Checked    test/survival/fine-gray-sandwich.test.ts (plain double sums; Cox's where nothing competes).
 */
import type { GroupingFactor } from "../formula/grouping-factor.js";
import { type Matrix, zeros } from "../numeric/matrix.js";
import { type ClusteredVariance, correctedSandwich } from "./corrected-sandwich.js";
import { type Integrals, integrate } from "./fine-gray-influence.js";
import { type SubdistributionSets, scanSubdistributionSets, subdistributionRisks } from "./subdistribution-sets.js";

type Clusters = Pick<GroupingFactor, "codes" | "levels">;

/**
 * p×p; null when a cluster alone determines a coefficient, so that its correction does not exist.
 *
 * @param M        Ω⁻¹, p×p.
 * @param scores   n×p by row of the frame: w (η + ψ).
 * @param cluster  of the rows of the frame; null: each row is its own.
 */
export function fineGraySandwich(
  sets: SubdistributionSets,
  beta: Float64Array,
  M: Matrix,
  scores: Matrix,
  cluster: Clusters | null,
  kind: ClusteredVariance,
): Matrix | null {
  if (cluster === null) return correctedSandwich(M, scores, [], "robust");
  const shares = kind === "robust" ? [] : clusterInformation(sets, beta, cluster);
  return correctedSandwich(M, sumByCluster(scores, cluster), shares, kind);
}

function sumByCluster({ cols, data }: Matrix, { codes, levels }: Clusters): Matrix {
  const sums = zeros(levels.length, cols);
  codes.forEach((cluster, row) => {
    for (let j = 0; j < cols; j++) sums.data[cluster * cols + j]! += data[row * cols + j]!;
  });
  return sums;
}

/** Ω_g of each cluster, p×p. They add up to the information. */
export function clusterInformation(
  sets: SubdistributionSets,
  beta: Float64Array,
  { codes, levels }: Clusters,
): Matrix[] {
  const { n, p, X, weight, time, ending, group, freeAtEnd, groups, times, rowAt, events } = sets;
  const m = times.length;
  const { risk } = subdistributionRisks(sets, beta);
  const hazard = new Float64Array(m);
  const mean = new Float64Array(m * p);
  const spread = new Float64Array(m * p * p);
  // v − x̄x̄', what is left of v − (x − x̄)(x − x̄)' without x.
  const less = new Float64Array(m * p * p);
  scanSubdistributionSets(sets, risk, 2, (at, sums) => {
    const s0 = sums[0]!;
    hazard[at] = events[at]! / s0;
    for (let j = 0; j < p; j++) mean[at * p + j] = sums[1 + j]! / s0;
    for (let j = 0, square = 1 + p; j < p; j++)
      for (let l = 0; l <= j; l++, square++) {
        const product = mean[at * p + j]! * mean[at * p + l]!;
        for (const cell of [(at * p + j) * p + l, (at * p + l) * p + j]) {
          spread[cell] = sums[square]! / s0 - product;
          less[cell] = sums[square]! / s0 - 2 * product;
        }
      }
  });
  const means = integrate(sets, hazard, mean, p);
  const spreads = integrate(sets, hazard, less, p * p);

  const shares = levels.map(() => zeros(p, p));
  for (let place = 0, passed = 0; place < n; place++) {
    while (passed < m && times[passed]! <= time[place]!) passed++;
    const share = shares[codes[rowAt[place]!]!]!.data;
    const x = X.subarray(place * p, (place + 1) * p);
    addIntegrals(share, x, risk[place]!, means, spreads, "until", passed);
    if (ending[place] === 2)
      addIntegrals(
        share,
        x,
        risk[place]! / freeAtEnd[place]!,
        means,
        spreads,
        "later",
        passed * groups + group[place]!,
      );
    if (ending[place] !== 1) continue;
    const own = (passed - 1) * p * p;
    for (let cell = 0; cell < p * p; cell++) share[cell]! += weight[place]! * spread[own + cell]!;
  }
  return shares;
}

/** Add r ∫ [(x − x̄)(x − x̄)' − v] dΛ, of the times until the row's own or of the later ones, in place. */
function addIntegrals(
  share: Float64Array,
  x: Float64Array,
  r: number,
  means: Integrals,
  spreads: Integrals,
  when: "until" | "later",
  at: number,
): void {
  const p = x.length;
  const hazard = (when === "until" ? means.hazard : means.laterHazard)[at]!;
  const mean = when === "until" ? means.mean : means.laterMean;
  const spread = when === "until" ? spreads.mean : spreads.laterMean;
  for (let j = 0; j < p; j++)
    for (let l = 0; l < p; l++)
      share[j * p + l]! +=
        r *
        (x[j]! * x[l]! * hazard -
          mean[at * p + j]! * x[l]! -
          x[j]! * mean[at * p + l]! -
          spread[(at * p + j) * p + l]!);
}
