/**
 * Covariance and degrees of freedom of the fixed effects of a model with estimated covariance: what the plan's `df`
 * chooses between.
 */
import type { RegressionFrame } from "../formula/frame.js";
import type { Denominator } from "../inference/fit.js";
import { type Matrix, multiply, transpose } from "../numeric/matrix.js";
import { noDegreesOfFreedom, ProblemError, type ReportedProblem } from "../problem.js";
import { betweenWithin } from "./between-within.js";
import { kenwardRoger } from "./kenward-roger.js";
import { satterthwaite } from "./satterthwaite.js";
import type { VarianceInformation } from "./variance-information.js";

export type MixedDf = "satterthwaite" | "kenward-roger" | "between-within" | "residual" | "normal";

export interface FixedEffectInformation extends Pick<VarianceInformation, "observed" | "phi" | "P" | "sumOfQ"> {
  /** The information that Kenward–Roger is to use: expected or observed. */
  readonly kenwardRoger: Matrix;
  /** T, with β = Tγ: the information is in the coordinates γ. */
  readonly coordinates: Matrix;
}

export interface FixedEffectInference {
  /** p×p, of β. */
  readonly vcov: Matrix;
  readonly denominatorDf: (L: Matrix) => Denominator;
  /** Why there are no degrees of freedom; empty otherwise. */
  readonly problems: readonly ReportedProblem[];
}

/**
 * @param frame  Its Z are the grouping factors of between–within.
 * @throws ProblemError between–within with crossed factors.
 */
export function fixedEffectInference(
  df: MixedDf,
  frame: RegressionFrame,
  information: FixedEffectInformation,
  path: string,
): FixedEffectInference {
  const { phi, coordinates: T } = information;
  const back = (covariance: Matrix): Matrix => multiply(multiply(T, covariance), transpose(T));
  const modelBased = (denominatorDf: (L: Matrix) => Denominator): FixedEffectInference => ({
    vcov: back(phi),
    denominatorDf,
    problems: [],
  });
  switch (df) {
    case "satterthwaite": {
      const dfOf = satterthwaite(information);
      return modelBased((L) => dfOf(multiply(L, T)));
    }
    case "kenward-roger": {
      const adjusted = kenwardRoger({ ...information, information: information.kenwardRoger });
      if (adjusted !== null)
        return {
          vcov: back(adjusted.vcov),
          denominatorDf: (L) => adjusted.denominatorDf(multiply(L, T)),
          problems: [],
        };
      const unknown = modelBased(() => ({ df: Number.NaN, scale: 1 }));
      return { ...unknown, problems: [noDegreesOfFreedom(path, "Kenward–Roger")] };
    }
    case "between-within": {
      const rule = betweenWithin(frame, path);
      if ("code" in rule) throw new ProblemError([rule]);
      return modelBased(rule);
    }
    case "residual": {
      const residual = { df: frame.response.length - frame.X.cols, scale: 1 };
      return modelBased(() => residual);
    }
    case "normal":
      return modelBased(() => ({ df: Number.POSITIVE_INFINITY, scale: 1 }));
  }
}
