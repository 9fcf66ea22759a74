/**
 * The verdict on an optimised fit: what speaks against it. The end point must have a negligible Newton decrement and
 * a positive definite Hessian, a second optimiser must find nothing lower, and the information must be positive
 * definite.
 */
import type { Matrix } from "../numeric/matrix.js";
import { type NonConvergence, notConverged, type ReportedProblem, secondOptimiserLower } from "../problem.js";
import { AGREE, type Optimum } from "./optimise-covariance.js";

/**
 * @param parameterCovariance  null when the information is not positive definite; absent when it was not asked for.
 * @returns one error, or none: the fit converged.
 */
export function verdict(
  { minimum, secondLower }: Pick<Optimum, "minimum" | "secondLower">,
  path: string,
  parameterCovariance?: Matrix | null,
): ReportedProblem[] {
  const { value, hessian, decrement, iterations, converged } = minimum;
  const failed = (why: NonConvergence): ReportedProblem[] => [notConverged(path, iterations, why)];
  if (!Number.isFinite(value)) return failed("no-criterion");
  if (!converged) return failed(hessian === null ? "no-minimum" : { couldFallBy: decrement });
  if (secondLower > AGREE) return [secondOptimiserLower(path, secondLower)];
  if (parameterCovariance === null) return failed("variance-information");
  return [];
}
