/**
 * What a linear mixed model needs of its frame before anything is estimated: an orthonormal basis of X's columns, the
 * residuals of least squares, the cross-products and the information of the design. A frame is checked before it is
 * fitted, and may be fitted more than once (other degrees of freedom, a part of a joint model), so it is made once.
 */
import type { RegressionFrame } from "../formula/frame.js";
import { leastSquares } from "../inference/least-squares.js";
import type { Matrix } from "../numeric/matrix.js";
import { timesInverseUpper } from "../numeric/qr.js";
import { crossProducts } from "./cross-products.js";
import { type ProfiledDeviance, profiledDeviance } from "./profiled-deviance.js";
import { identityTheta, type RandomStructure, structureRandomTerms } from "./random-structure.js";
import { type MixedInformation, varianceInformation } from "./variance-information.js";

export interface LinearDesign {
  /** Triangle of X = basis R. */
  readonly R: Matrix;
  /** Coefficients of least squares in the basis. */
  readonly ordinary: Float64Array;
  readonly structure: RandomStructure;
  /** Under REML. */
  readonly deviance: ProfiledDeviance;
  /**
   * Expected information of (θ, σ²) at Λ = I under REML; null for an outcome that is reproduced exactly and has no scale.
   */
  readonly information: Pick<MixedInformation, "expected" | "unprojected"> | null;
}

const made = new WeakMap<RegressionFrame, LinearDesign>();

/**
 * @param R  From the QR of the frame's X, which has full column rank.
 * @throws ProblemError dependent random terms.
 */
export function linearDesign(frame: RegressionFrame, R: () => Matrix, path: string): LinearDesign {
  const known = made.get(frame);
  if (known !== undefined) return known;
  const design = makeDesign(frame, R(), path);
  made.set(frame, design);
  return design;
}

function makeDesign({ X, response, offset, Z }: RegressionFrame, R: Matrix, path: string): LinearDesign {
  const y = offset === null ? response : response.map((v, i) => v - offset[i]!);
  const basis = timesInverseUpper(X, R);
  const { start: ordinary, residuals } = leastSquares(basis, y);
  const structure = structureRandomTerms(Z, path);
  const deviance = profiledDeviance(crossProducts(structure, basis, residuals), "REML");
  const start = identityTheta(structure);
  const solution = deviance.solution(start);
  const information = solution.sigma2 > 0 ? varianceInformation(deviance, start, solution) : null;
  const { expected, unprojected } = information ?? {};
  return {
    R,
    ordinary,
    structure,
    deviance,
    information: expected === undefined ? null : { expected, unprojected: unprojected! },
  };
}
