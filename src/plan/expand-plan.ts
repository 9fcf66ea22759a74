/**
 * Trial-level analyses (`model: itt`, …) to the models that they stand for. Each has a file of its own, `expand-<model>.ts`:
 * from the analysis and the trial's roles to analyses as a statistician would have written them out. Nothing else knows
 * trial-level models: what they expand to is checked, explained, run and reported as any analysis.
 */
import { expandItt } from "./expand-itt.js";
import {
  type Analysis,
  completeAnalysis,
  type FittedAnalysisInput,
  type Plan,
  type PlanContent,
  type TrialAnalysis,
  type TrialModelName,
  trialModels,
} from "./plan.js";

/** What a trial-level analysis needs to expand. */
export interface Expander<A extends TrialAnalysis = TrialAnalysis> {
  /** Roles of `trial` that it cannot do without, such as `arm`; those that the plan has not. */
  readonly missingRoles: (plan: PlanContent, analysis: A) => readonly string[];
  /** Called only when no role is missing. The ids begin with that of the analysis. */
  readonly expand: (plan: PlanContent, analysis: A) => readonly FittedAnalysisInput[];
}

const expanders: { readonly [M in TrialModelName]: Expander<Extract<TrialAnalysis, { model: M }>> } = {
  itt: expandItt,
};

export const expanderOf = ({ model }: TrialAnalysis): Expander => expanders[model] as unknown as Expander;

export const isTrialAnalysis = (analysis: PlanContent["analyses"][number]): analysis is TrialAnalysis =>
  Object.hasOwn(trialModels, analysis.model);

export interface Expansion {
  readonly plan: Plan;
  /** For each analysis of the plan its place, from 0, in the file. */
  readonly sources: readonly number[];
}

/** Replace each trial-level analysis by its parts. One whose roles are missing has none; `checkPlan` says so. */
export function expandPlan(content: PlanContent): Expansion {
  const analyses: Analysis[] = [];
  const sources: number[] = [];
  const trialAnalyses: { analysis: TrialAnalysis; parts: string[] }[] = [];
  content.analyses.forEach((analysis, place) => {
    const parts = isTrialAnalysis(analysis) ? expandOne(content, analysis) : [analysis];
    if (isTrialAnalysis(analysis)) trialAnalyses.push({ analysis, parts: parts.map(({ id }) => id) });
    analyses.push(...parts);
    sources.push(...parts.map(() => place));
  });
  const { analyses: _, ...rest } = content;
  return { plan: { ...rest, analyses, ...(trialAnalyses.length === 0 ? {} : { trialAnalyses }) }, sources };
}

function expandOne(content: PlanContent, analysis: TrialAnalysis): Analysis[] {
  const { missingRoles, expand } = expanderOf(analysis);
  if (missingRoles(content, analysis).length > 0) return [];
  return expand(content, analysis).map((part) => ({ ...completeAnalysis(part), partOf: analysis.id }));
}
