/**
 * The angle between two variances that a smaller model puts at zero, in the metric of their information at the smaller
 * model's estimate, what they share with the other variance parameters taken out: what the mixture of a
 * likelihood-ratio test depends on (inference/likelihood-ratio.ts).
 *
 * At a variance of zero its square root θ has no information, but the correlation of the scores of two variances is the
 * limit of that of their θ: it is read off next to zero, where it is exact to θ².
 */
import type { RegressionFrame } from "../formula/frame.js";
import { fullRankQr } from "../inference/full-rank.js";
import { leastSquares } from "../inference/least-squares.js";
import { invertPositiveDefinite } from "../numeric/cholesky.js";
import { timesInverseUpper } from "../numeric/qr.js";
import { crossProducts } from "./cross-products.js";
import { optimiseCovariance, part } from "./optimise-covariance.js";
import { type Method, profiledDeviance } from "./profiled-deviance.js";
import { freeThetas, identityTheta, structureRandomTerms } from "./random-structure.js";
import { varianceInformation } from "./variance-information.js";

/** Next to zero: θ² is nothing beside σ². */
const NEXT_TO_ZERO = 1e-4;

type Terms = RegressionFrame["Z"];

/**
 * @param frame    of the larger model, gaussian.
 * @param smaller  random terms of the smaller model; the larger has two more, with one effect each.
 * @returns        radians; null when the terms are not so, or the information cannot be had.
 */
export function boundaryAngle(frame: RegressionFrame, smaller: Terms, method: Method): number | null {
  const sameTerm = (a: Terms[number], b: Terms[number]) => a.group === b.group && a.names.join() === b.names.join();
  const isNew = frame.Z.map((term) => !smaller.some((other) => sameTerm(term, other)));
  const added = frame.Z.filter((_, t) => isNew[t]);
  if (added.length !== 2 || added.some(({ names }) => names.length > 1)) return null;
  if (frame.Z.length !== smaller.length + 2) return null;

  const { X, names, response, offset } = frame;
  const y = offset === null ? response : response.map((v, i) => v - offset[i]!);
  const { R } = fullRankQr(X, names, null, "");
  const basis = timesInverseUpper(X, R);
  const { residuals } = leastSquares(basis, y);
  const devianceOf = (terms: Terms) =>
    profiledDeviance(crossProducts(structureRandomTerms(terms, ""), basis, residuals), method);

  const kept = frame.Z.filter((_, t) => !isNew[t]);
  const whole = devianceOf(frame.Z);
  const { structure } = whole.crossProducts;
  let keptTheta: Float64Array = new Float64Array(0);
  if (kept.length > 0) {
    const reduced = devianceOf(kept);
    keptTheta = optimiseCovariance(
      reduced,
      reduced.crossProducts.structure,
      identityTheta(reduced.crossProducts.structure),
    ).at;
  }
  const theta = new Float64Array(structure.theta.length);
  const tested: number[] = [];
  let from = 0;
  structure.terms.forEach(({ k, thetaStart }, t) => {
    const count = (k * (k + 1)) / 2;
    if (isNew[t]) {
      theta[thetaStart] = NEXT_TO_ZERO;
      tested.push(thetaStart);
    } else {
      theta.set(keptTheta.subarray(from, from + count), thetaStart);
      from += count;
    }
  });
  const solution = whole.solution(theta);
  if (!(solution.sigma2 > 0)) return null;
  const { expected } = varianceInformation(whole, theta, solution);
  const free = freeThetas(structure, theta);
  // Of the inverse the rows of the two are that of their information with the rest taken out; its correlation changes sign.
  const sizes = Array.from({ length: expected.rows }, (_, a) => Math.sqrt(expected.data[a * expected.cols + a]!));
  const scaled = {
    ...expected,
    data: expected.data.map((v, at) => v / (sizes[Math.floor(at / expected.cols)]! * sizes[at % expected.cols]!)),
  };
  const inverse = invertPositiveDefinite(scaled);
  if (inverse === null) return null;
  const { data } = part(
    inverse,
    tested.map((t) => free.indexOf(t)),
  );
  return Math.acos(-data[1]! / Math.sqrt(data[0]! * data[3]!));
}
