/** The families of tests that a plan declares: their members looked up in the results, and their p-values adjusted. */

import type { Estimate } from "../inference/estimate.js";
import { adjustP } from "../inference/multiplicity.js";
import { type Family, type Plan, parseEstimateReference } from "../plan/plan.js";
import { familyTestMissing, familyUnknownEstimate, type Problem, ProblemError } from "../problem.js";
import { suggest } from "../suggestion.js";
import { type AnalysisResult, type MultiplicityResult, toResultProblem } from "./results.js";

/** Problems of names that can be told to be wrong before any fit. */
export function checkFamilies(
  { multiplicity = [] }: Plan,
  prepared: readonly { readonly id: string; readonly estimateNames: readonly string[] }[],
): Problem[] {
  return multiplicity.flatMap((family) =>
    family.estimates.flatMap((text) => {
      const { id, name } = parseEstimateReference(text);
      const known = prepared.find((one) => one.id === id)?.estimateNames ?? [];
      const sameKind = known.filter((other) => kindOf(other) === kindOf(name));
      return sameKind.length === 0 || sameKind.includes(name) ? [] : [unknownEstimate(family, id, name, sameKind)];
    }),
  );
}

/**
 * The adjusted p-values of each family.
 *
 * A test without a p-value, because its analysis was not estimated or not run, counts as p = 1, and a warning says so.
 *
 * @throws ProblemError `multiplicity.unknown-estimate`, each name that an estimated analysis does not have.
 */
export function adjustFamilies({ multiplicity = [] }: Plan, results: readonly AnalysisResult[]): MultiplicityResult[] {
  const unknown: Problem[] = [];
  const families = multiplicity.map((family): MultiplicityResult => {
    const members = family.estimates.map((text) => findTest(family, text, results, unknown));
    const adjusted = adjustP(
      members.map(({ p }) => p),
      family.method,
    );
    return {
      family: family.family,
      method: family.method,
      level: family.level,
      estimates: members.map(({ analysis, name, p }, i) => ({
        analysis,
        name,
        p,
        adjusted: adjusted[i]!,
        rejected: adjusted[i] !== null && adjusted[i]! <= family.level,
      })),
      problems: members
        .filter(({ p }) => p === null)
        .map(({ analysis, name, why }) => toResultProblem(familyTestMissing("", analysis, name, why))),
    };
  });
  if (unknown.length > 0) throw new ProblemError(unknown);
  return families;
}

interface Test {
  readonly analysis: string;
  readonly name: string;
  readonly p: number | null;
  /** Why there is no p. */
  readonly why: "not-run" | "not-estimated" | "no-test";
}

function findTest(family: Family, text: string, results: readonly AnalysisResult[], unknown: Problem[]): Test {
  const { id, name } = parseEstimateReference(text);
  const result = results.find((other) => other.id === id);
  if (result === undefined) return { analysis: id, name, p: null, why: "not-run" };
  if (result.status === "not-estimated") return { analysis: id, name, p: null, why: "not-estimated" };
  const estimate: Estimate | undefined = result.estimates.find((other) => other.name === name);
  if (estimate === undefined) {
    const names = result.estimates.map((other) => other.name);
    unknown.push(unknownEstimate(family, id, name, names));
  }
  return { analysis: id, name, p: estimate?.p ?? null, why: "no-test" };
}

const unknownEstimate = ({ family }: Family, id: string, name: string, names: readonly string[]): Problem =>
  familyUnknownEstimate(`multiplicity "${family}"`, id, name, names, suggest(name, names));

/** What stands before the first colon: `contrast`. */
const kindOf = (name: string): string => name.slice(0, Math.max(0, name.indexOf(":")));
