/**
 * How events tied at one time share the risk set. The k-th of d events (k = 0 … d − 1) is seen among the risk set less
 * the share f = k/d of the tied events themselves (Efron), or among all of it (f = 0, Breslow).
 *
 * Everything a Cox model asks of a time is a sum over k of powers of the k-th denominator D = S0 − f W0, so that d
 * enters by a few scalars and the cost of a time does not depend on it times p².
 *
 * Sources    Breslow (1974) Biometrics 30:89–99; Efron (1977) JASA 72:557–565. With weights each event counts for the
 *            mean weight of the d, as in Therneau & Grambsch (2000) sec. 3.3.
 */

export type Ties = "efron" | "breslow";

/** Sums over the d events tied at one time, each of weight w̄ = Σw/d, D_k its denominator and f_k its share. */
export interface TiedSums {
  /** Σ w̄ log D. */
  logD: number;
  /** Σ w̄/D: the increment of the cumulative hazard, and what S1 enters the score with. */
  hazard: number;
  /** Σ w̄ f/D. */
  shared: number;
  /** Σ w̄/D², Σ w̄ f/D², Σ w̄ f²/D². */
  square: number;
  sharedSquare: number;
  sharedTwice: number;
}

export const noTiedSums = (): TiedSums => ({
  logD: 0,
  hazard: 0,
  shared: 0,
  square: 0,
  sharedSquare: 0,
  sharedTwice: 0,
});

/**
 * @param into    Overwritten and returned.
 * @param events  d ≥ 1.
 * @param weight  Σ w of the events.
 */
export function tiedSums(into: TiedSums, ties: Ties, events: number, weight: number, s0: number, w0: number): TiedSums {
  into.shared = 0;
  into.sharedSquare = 0;
  into.sharedTwice = 0;
  if (events === 1 || ties === "breslow") {
    into.logD = weight * Math.log(s0);
    into.hazard = weight / s0;
    into.square = into.hazard / s0;
    return into;
  }
  const mean = weight / events;
  into.logD = 0;
  into.hazard = 0;
  into.square = 0;
  for (let k = 0; k < events; k++) {
    const f = k / events;
    const D = s0 - f * w0;
    const h = mean / D;
    const q = h / D;
    into.logD += mean * Math.log(D);
    into.hazard += h;
    into.shared += f * h;
    into.square += q;
    into.sharedSquare += f * q;
    into.sharedTwice += f * f * q;
  }
  return into;
}
