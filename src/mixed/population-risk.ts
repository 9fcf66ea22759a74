/**
 * Standardised risks of a binomial mixed model in the population: the probability given the random effects, averaged
 * over their normal distribution, then over the rows used with each level of a factor in turn.
 *
 *     π_a = n⁻¹ Σ_i ∫ μ(x_i(a)'β + offset_i + s_i z) φ(z) dz,   s_i² = Σ z_i'G z_i over the random terms
 *
 * At random effects of zero the probability would be that of the middle cluster, not of the population. The gradient
 * is in the variance parameters too, so that the risks carry their uncertainty.
 *
 * Source: Zeger, Liang & Albert (1988) Biometrics 44:1049–1060; Neuhaus, Kalbfleisch & Hauck (1991).
 * Checked: test/mixed/population-risk.test.ts (simulated means, finite differences).
 */
import type { Frame } from "../formula/frame.js";
import { type BinomialLink, familyWithLink } from "../inference/family.js";
import type { CounterfactualDesign, StandardisedRisk } from "../inference/standardised-risk.js";
import { gaussHermite } from "../numeric/gauss-hermite.js";
import { type Matrix, timesVector } from "../numeric/matrix.js";
import type { RandomTermFit } from "./linear-mixed.js";

const POINTS = 40;

/** A risk for each design; gradients in the order of `jointCovariance`: the thetas off the boundary, then β. */
export function populationRisks(
  {
    coef,
    random,
    link,
  }: { readonly coef: Float64Array; readonly random: readonly RandomTermFit[]; readonly link: BinomialLink },
  frame: Pick<Frame, "Z" | "offset">,
  designs: readonly CounterfactualDesign[],
): StandardisedRisk[] {
  const { nodes, weights } = gaussHermite(POINTS);
  const parameters = random[0]!.covarianceSlopes.length;
  const family = familyWithLink("binomial", link);
  return designs.map(({ level, X }) => {
    const eta = timesVector(X, coef);
    const gradient = new Float64Array(parameters + X.cols);
    let risk = 0;
    for (let i = 0; i < X.rows; i++) {
      const s = Math.sqrt(varianceAt(frame, i, (t) => random[t]!.covariance));
      const centre = eta[i]! + (frame.offset?.[i] ?? 0);
      let [mean, slope, spread] = [0, 0, 0];
      for (let k = 0; k < POINTS; k++) {
        const at = centre + s * nodes[k]!;
        const weighted = weights[k]! * family.slope(at);
        mean += weights[k]! * family.mean(at);
        slope += weighted;
        spread += weighted * nodes[k]!;
      }
      risk += mean / X.rows;
      for (let a = 0; a < parameters && s > 0; a++)
        gradient[a]! += (spread * varianceAt(frame, i, (t) => random[t]!.covarianceSlopes[a]!)) / (2 * s * X.rows);
      for (let j = 0; j < X.cols; j++) gradient[parameters + j]! += (slope * X.data[i * X.cols + j]!) / X.rows;
    }
    return { level, risk, gradient };
  });
}

/** Σ z_i'G z_i over the random terms, or of their slopes. */
function varianceAt({ Z }: Pick<Frame, "Z">, row: number, matrixOf: (term: number) => Matrix): number {
  let sum = 0;
  Z.forEach(({ values: { cols, data } }, t) => {
    const G = matrixOf(t).data;
    for (let a = 0; a < cols; a++)
      for (let b = 0; b < cols; b++) sum += data[row * cols + a]! * G[a * cols + b]! * data[row * cols + b]!;
  });
  return sum;
}
