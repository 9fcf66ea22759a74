/**
 * Kenward–Roger: the small-sample covariance of the fixed effects, and the degrees of freedom and scale
 * of the F statistic made with it. First-order form (no second derivatives of V). The information
 * of the variance parameters is the expected one in mixed models, as pbkrtest, and the observed one in repeated
 * measures, as SAS and mmrm.
 *
 * Symbols    Φ = (X'V⁻¹X)⁻¹; P_a = X'V⁻¹V_aV⁻¹X; Q_ab = X'V⁻¹V_aV⁻¹V_bV⁻¹X; W = covariance of the variance
 *            parameters; Θ = L'(LΦL')⁻¹L;
 *            k rows of L.
 * Sources    Kenward & Roger (1997) Biometrics 53:983–997, sec. 2–3; Halekoh & Højsgaard (2014) JSS 59(9).
 */
import type { Denominator } from "../inference/fit.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { type Matrix, multiply, traceOfProduct, transpose, zeros } from "../numeric/matrix.js";
import type { VarianceInformation } from "./variance-information.js";

export interface KenwardRoger {
  /** Adjusted covariance of the fixed effects, p×p. */
  readonly vcov: Matrix;
  readonly denominatorDf: (L: Matrix) => Denominator;
}

/** What Kenward–Roger needs; `information` is the expected or the observed one of the variance parameters. */
export interface KenwardRogerInput extends Pick<VarianceInformation, "phi" | "P" | "sumOfQ"> {
  readonly information: Matrix;
}

/** null when the information is not positive definite. */
export function kenwardRoger({ information, phi, P, sumOfQ }: KenwardRogerInput): KenwardRoger | null {
  const inverse = invertPositiveDefinite(information);
  if (inverse === null) return null;
  const count = P.length;
  const W = (a: number, b: number): number => 2 * inverse.data[a * count + b]!;

  // Φ_A = Φ + 2 Φ {Σ W_ab (Q_ab − P_a Φ P_b)} Φ.
  const sum = sumOfQ(W);
  for (let a = 0; a < count; a++) {
    const weighted = zeros(phi.rows, phi.rows);
    for (let b = 0; b < count; b++) {
      const weight = W(a, b);
      for (let i = 0; i < weighted.data.length; i++) weighted.data[i]! += weight * P[b]!.data[i]!;
    }
    const product = multiply(multiply(P[a]!, phi), weighted);
    for (let i = 0; i < sum.data.length; i++) sum.data[i]! -= product.data[i]!;
  }
  const correction = multiply(multiply(phi, sum), phi);
  const vcov = { ...phi, data: phi.data.map((v, i) => v + 2 * correction.data[i]!) };
  // ∂Φ/∂φ_a = Φ P_a Φ.
  const slopes = P.map((Pa) => multiply(multiply(phi, Pa), phi));
  return { vcov, denominatorDf: (L) => denominator(L, phi, slopes, W) };
}

/** Degrees of freedom and scale from A₁ and A₂ (Kenward & Roger 1997, p. 987). */
function denominator(
  L: Matrix,
  phi: Matrix,
  slopes: readonly Matrix[],
  W: (a: number, b: number) => number,
): Denominator {
  const k = L.rows;
  const middle = invertPositiveDefinite(multiply(multiply(L, phi), transpose(L)));
  if (middle === null) return { df: Number.NaN, scale: Number.NaN };
  // ΘΦP_aΦ has the traces of L ΦP_aΦ L' (LΦL')⁻¹, which is only k×k.
  const Lt = transpose(L);
  const products = slopes.map((slope) => multiply(multiply(multiply(L, slope), Lt), middle));
  const traces = products.map(({ data }) => {
    let trace = 0;
    for (let i = 0; i < k; i++) trace += data[i * k + i]!;
    return trace;
  });
  let a1 = 0;
  let a2 = 0;
  products.forEach((left, a) => {
    products.forEach((right, b) => {
      a1 += W(a, b) * traces[a]! * traces[b]!;
      a2 += W(a, b) * traceOfProduct(left, right);
    });
  });
  if (k === 1) return { df: 2 / a2, scale: 1 };
  const B = (a1 + 6 * a2) / (2 * k);
  const g = ((k + 1) * a1 - (k + 4) * a2) / ((k + 2) * a2);
  const c = 3 * k + 2 * (1 - g);
  const c1 = g / c;
  const c2 = (k - g) / c;
  const c3 = (k + 2 - g) / c;
  const expectation = 1 / (1 - a2 / k);
  const variance = ((2 / k) * (1 + c1 * B)) / ((1 - c2 * B) ** 2 * (1 - c3 * B));
  const rho = variance / (2 * expectation * expectation);
  const df = 4 + (k + 2) / (k * rho - 1);
  return { df, scale: df / (expectation * (df - 2)) };
}
