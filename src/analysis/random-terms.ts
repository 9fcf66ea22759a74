/** What the analyses with random terms share: words, problems seen before a fit, modes for the diagnostics. */
import type { RegressionFrame } from "../formula/frame.js";
import { betweenWithin } from "../mixed/between-within.js";
import type { MixedDf } from "../mixed/fixed-effect-inference.js";
import { designProblems } from "../mixed/identifiability.js";
import type { RandomTermFit } from "../mixed/linear-mixed.js";
import { structureRandomTerms } from "../mixed/random-structure.js";
import { type Problem, ProblemError } from "../problem.js";
import type { Diagnostics } from "./results.js";

export const dfWords: Record<MixedDf, string> = {
  satterthwaite: "model-based standard errors, Satterthwaite degrees of freedom",
  "kenward-roger": "Kenward–Roger standard errors and degrees of freedom",
  "between-within": "model-based standard errors, between–within degrees of freedom",
  residual: "model-based standard errors, residual degrees of freedom",
  normal: "model-based standard errors, normal approximation",
};

/** Random terms that depend on one another, or that the design cannot tell apart, and crossed groups where nested are needed. */
export const randomProblems = (df: MixedDf, frame: RegressionFrame, path: string): readonly Problem[] =>
  withTerms(df, frame, path, () => designProblems(frame, path));

/** The same of a joint model, whose designs tell their own variances apart when they are prepared: a common effect only helps. */
export const jointRandomProblems = (df: MixedDf, frame: RegressionFrame, path: string): readonly Problem[] =>
  withTerms(df, frame, path, () => []);

function withTerms(
  df: MixedDf,
  frame: RegressionFrame,
  path: string,
  design: () => readonly Problem[],
): readonly Problem[] {
  const nesting = df === "between-within" ? betweenWithin(frame, path) : null;
  const crossed = nesting !== null && "code" in nesting ? [nesting] : [];
  try {
    structureRandomTerms(frame.Z, path);
    return [...crossed, ...design()];
  } catch (thrown) {
    if (thrown instanceof ProblemError) return [...crossed, ...thrown.problems];
    throw thrown;
  }
}

/**
 * Conditional modes by group and term. A level without a row in which the term is not zero, as a therapist of the
 * other arm in `(0 + fit | therapist)`, has a mode of exactly 0 and tells nothing.
 */
export const modesOf = (random: readonly RandomTermFit[]): Diagnostics["modes"] =>
  random.flatMap(({ group, names, modes }) =>
    names.map((term, j) => ({
      group,
      term,
      values: Float64Array.from({ length: modes.rows }, (_, level) => modes.data[level * modes.cols + j]!).filter(
        (mode) => mode !== 0,
      ),
    })),
  );
