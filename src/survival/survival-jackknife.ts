/**
 * The infinitesimal jackknife of Kaplan–Meier curves (of restricted means: restricted-mean.ts): the variance between clusters (participants,
 * units) of the derivatives by the weights of their rows. It holds for weights that are no numbers of participants, and for
 * participants of one cluster who end alike.
 *
 * Derivative  −S(t) A_i(t) of S(t) by the weight of row i, with A_i(t) = Σ_{s ≤ t} (δ_i(s) − Y_i(s) d_s/n_s) / (n_s − d_s), δ_i the
 *             event of the row at s, Y_i whether it is at risk. A time at which all at risk have the event adds nothing.
 * Variance    Σ over clusters of (Σ over rows of w times the derivative)². No correction for few clusters.
 * Sources     Efron (1982) The Jackknife, the Bootstrap and Other Resampling Plans, ch. 6; Therneau and Grambsch (2000) ch. 7;
 *             survival ≥ 3 of R ("robust", "cluster").
 * Checked     test/reference/kaplan-meier (survfit and its residuals), test/survival/survival-jackknife.test.ts (derivatives).
 */
import type { ClusterCodes } from "./cox-sandwich.js";

/**
 * Goes along a curve: rows enter, the events of a time happen, rows leave at it; `se` of log S is then that at the time. Of
 * cluster c, Σ w A = B − H W with W the weight at risk, H = Σ d/(n (n − d)), and B what rows brought when they entered or left.
 */
export interface CurveJackknife {
  readonly enter: (row: number, weight: number) => void;
  readonly events: (atRisk: number, events: number) => void;
  readonly leave: (row: number, weight: number, hasEvent: boolean) => void;
  readonly se: () => number;
}

/** @param rows  of the curve: with fewer than two clusters there is no variance between them. */
export function curveJackknife({ codes, count }: ClusterCodes, rows: Int32Array): CurveJackknife {
  const W = new Float64Array(count);
  const B = new Float64Array(count);
  const alone = rows.every((row) => codes[row] === codes[rows[0]!]);
  /** Sums over clusters of W², W B and B². */
  let [WW, WB, BB] = [0, 0, 0];
  let H = 0;
  let ofEvent = 0;
  const change = (c: number, weight: number, brought: number): void => {
    WW += weight * (2 * W[c]! + weight);
    WB += W[c]! * brought + weight * (B[c]! + brought);
    BB += brought * (2 * B[c]! + brought);
    W[c]! += weight;
    B[c]! += brought;
  };
  return {
    enter: (row, weight) => change(codes[row]!, weight, weight * H),
    events: (n, d) => {
      ofEvent = n > d ? 1 / (n - d) : 0;
      if (d > 0 && n > d) H += d / (n * (n - d));
    },
    leave: (row, weight, hasEvent) => change(codes[row]!, -weight, weight * ((hasEvent ? ofEvent : 0) - H)),
    se: () => {
      if (H === 0) return 0;
      return alone ? Number.NaN : Math.sqrt(Math.max(BB - 2 * H * WB + H * H * WW, 0));
    },
  };
}
