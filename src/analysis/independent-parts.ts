/** The analyses of a plan cut into parts that need nothing of one another, so that each may be run anywhere. */
import type { Analysis, Plan } from "../plan/plan.js";

export interface IndependentPart {
  /** Places of its analyses in the plan, ascending. */
  readonly places: readonly number[];
  /** About how much work they are: 1 is a mixed model. What comes out does not depend on it. */
  readonly work: number;
}

/**
 * An analysis stands with those that it names: the parts of a joint model, the smaller of two compared models.
 *
 * @param only  ids of the analyses asked for; all when absent.
 * @returns in the order of the plan.
 */
export function independentParts(plan: Plan, only?: readonly string[]): IndependentPart[] {
  const { analyses } = plan;
  const asked = [...analyses.keys()].filter((place) => {
    const { id, partOf } = analyses[place]!;
    return only === undefined || only.includes(id) || only.includes(partOf ?? id);
  });
  const first = analyses.map((_, place) => place);
  const root = (place: number): number => (first[place] === place ? place : root(first[place]!));
  for (const place of asked)
    for (const id of namedBy(analyses[place]!)) {
      const other = analyses.findIndex((one) => one.id === id);
      if (other === -1) continue;
      const [a, b] = [root(place), root(other)];
      first[Math.max(a, b)] = Math.min(a, b);
    }
  const parts = new Map<number, number[]>();
  for (const place of asked) parts.set(root(place), [...(parts.get(root(place)) ?? []), place]);
  return [...parts.values()].map((places) => ({
    places,
    work: places.reduce((sum, place) => sum + workOf(analyses[place]!), 0),
  }));
}

const namedBy = (analysis: Analysis): string[] => [
  ...(analysis.model === "joint" ? [analysis.individual, analysis["stepped-wedge"]] : []),
  ...("compare" in analysis && analysis.compare !== undefined ? [analysis.compare] : []),
];

function workOf(analysis: Analysis): number {
  switch (analysis.model) {
    case "joint":
      return 4;
    case "moderation":
      return 1 + analysis.moderators.length + (analysis.risk === undefined ? 0 : 1);
    case "mixed":
      return analysis.family === "gaussian" ? 1 : 3;
    case "mmrm":
    case "stepped-wedge":
      return 1;
    case "cox":
    case "gee":
      return 0.5;
    default:
      return 0.2;
  }
}
