/**
 * Whether the design can tell the variance parameters of a linear mixed model apart, and from the fixed effects: found
 * before any fit, from the expected information at Λ = I. A variance whose groups coincide with a fixed effect has
 * none; two terms over the same groups share theirs. The outcome plays no part.
 *
 * Source: Rothenberg (1971) Econometrica 39:577–591 (local identifiability by the rank of the information).
 */
import type { RegressionFrame } from "../formula/frame.js";
import { flatDirections } from "../numeric/flat-directions.js";
import { qr } from "../numeric/qr.js";
import { type Problem, unidentifiedCorrelation, unidentifiedVariance, unidentifiedVariances } from "../problem.js";
import { linearDesign } from "./linear-design.js";
import type { RandomStructure } from "./random-structure.js";
import type { MixedInformation } from "./variance-information.js";

/** The same of a frame, before a fit; none when its fixed part has aliased columns, which is a problem of its own. */
export function designProblems(frame: RegressionFrame, path: string): Problem[] {
  const { X, Z } = frame;
  const { rank, R } = qr(X);
  if (Z.length === 0 || rank < X.cols || X.rows <= X.cols) return [];
  const { structure, information } = linearDesign(frame, () => R, path);
  return information === null ? [] : identifiabilityProblems(structure, information, path);
}

/** Share of its own information, before fixed effects and other variances take theirs, below which a direction has none. */
const NO_INFORMATION = 1e-9;

/** One problem for each direction of the variance parameters that the design says nothing about. */
export function identifiabilityProblems(
  structure: RandomStructure,
  { expected, unprojected }: Pick<MixedInformation, "expected" | "unprojected">,
  path: string,
): Problem[] {
  const parameters = namedParameters(structure);
  return flatDirections(expected, unprojected, NO_INFORMATION).map((direction) => {
    const [first, ...others] = direction.map((a) => parameters[a]!);
    if (others.length > 0)
      return unidentifiedVariances(path, [...new Set([first!, ...others].map(({ label }) => label))]);
    const { terms, group, label } = first!;
    return terms.length > 1 ? unidentifiedCorrelation(path, terms, group) : unidentifiedVariance(path, label);
  });
}

interface NamedParameter {
  /** `1 | clinic`, `month | client`. */
  readonly label: string;
  readonly group: string;
  /** One for a variance, two for a covariance. */
  readonly terms: readonly string[];
}

/** A name for each theta, then for the residual variance. */
function namedParameters({ terms, theta }: RandomStructure): NamedParameter[] {
  const named: NamedParameter[] = new Array(theta.length);
  for (const { group, names, k, thetaStart } of terms) {
    const written = names.map((name) => (name === "(Intercept)" ? "1" : name));
    let at = thetaStart;
    for (let col = 0; col < k; col++)
      for (let row = col; row < k; row++)
        named[at++] = {
          label: `${written.join(" + ")} | ${group}`,
          group,
          terms: row === col ? [written[row]!] : [written[col]!, written[row]!],
        };
  }
  return [...named, { label: "residual", group: "", terms: ["residual"] }];
}
