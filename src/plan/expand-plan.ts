/**
 * Trial-level analyses (`model: itt`, …) to the models that they stand for. Each has a file of its own, `expand-<model>.ts`:
 * from the analysis and the trial's roles to analyses as a statistician would have written them out. Nothing else knows
 * trial-level models: what they expand to is checked, explained, run and reported as any analysis.
 */

import type { Caution } from "../problem.js";
import { expandAlliance } from "./expand-alliance.js";
import { expandAttrition } from "./expand-attrition.js";
import { expandDropout } from "./expand-dropout.js";
import { expandImplementation } from "./expand-implementation.js";
import { expandItt } from "./expand-itt.js";
import { expandNonResponders } from "./expand-non-responders.js";
import { expandResponders } from "./expand-responders.js";
import { expandSubgroup } from "./expand-subgroup.js";
import {
  type Analysis,
  completeAnalysis,
  type FittedAnalysisInput,
  type Plan,
  type PlanColumn,
  type PlanContent,
  type TrialAnalysis,
  type TrialModelName,
  type TrialPart,
  trialModels,
} from "./plan.js";
import { type InLanguages, type Language, RESULTS_LANGUAGE, textIn } from "./plan-language.js";

/** An analysis that a trial-level analysis expands to, with what its reader must be told. */
export type ExpandedPart = FittedAnalysisInput & {
  readonly cautions?: readonly Caution[];
  readonly part?: TrialPart;
};

/** A text in the language of the reader. */
export type Say = (texts: Required<InLanguages>) => string;

/** What a trial-level analysis needs to expand. */
export interface Expander<A extends TrialAnalysis = TrialAnalysis> {
  /** Roles of `trial` that it cannot do without, such as `arm`; those that the plan has not. */
  readonly missingRoles: (plan: PlanContent, analysis: A) => readonly string[];
  /**
   * Columns that the parts need and the plan has not, made as a plan would (`derive`, `summarise`), in the order in which
   * they are made. Their names are those of `madeColumn`: `dropout__unilateral`. Each has a label, in the reader's language.
   */
  readonly columns?: (plan: PlanContent, analysis: A, say: Say) => Readonly<Record<string, PlanColumn>>;
  /** Called only when no role is missing, with the made columns in the plan. The ids begin with that of the analysis. */
  readonly expand: (plan: PlanContent, analysis: A) => readonly ExpandedPart[];
}

const expanders: { readonly [M in TrialModelName]: Expander<Extract<TrialAnalysis, { model: M }>> } = {
  itt: expandItt,
  dropout: expandDropout,
  responders: expandResponders,
  attrition: expandAttrition,
  subgroup: expandSubgroup,
  "non-responders": expandNonResponders,
  implementation: expandImplementation,
  alliance: expandAlliance,
};

export const expanderOf = ({ model }: TrialAnalysis): Expander => expanders[model] as unknown as Expander;

export const isTrialAnalysis = (analysis: PlanContent["analyses"][number]): analysis is TrialAnalysis =>
  Object.hasOwn(trialModels, analysis.model);

export interface Expansion {
  readonly plan: Plan;
  /** For each analysis of the plan its place, from 0, in the file. */
  readonly sources: readonly number[];
  /** For each column that was made the place of its analysis in the file. */
  readonly columnSources: ReadonlyMap<string, number>;
}

/** Replace each trial-level analysis by its parts. One whose roles are missing has none; `checkPlan` says so. */
export function expandPlan(content: PlanContent, language: Language = RESULTS_LANGUAGE): Expansion {
  const say: Say = (texts) => textIn(texts, language);
  const analyses: Analysis[] = [];
  const sources: number[] = [];
  const columnSources = new Map<string, number>();
  const trialAnalyses: NonNullable<Plan["trialAnalyses"]>[number][] = [];
  let { columns } = content;
  content.analyses.forEach((analysis, place) => {
    const { parts, made } = isTrialAnalysis(analysis)
      ? expandOne(content, analysis, say)
      : { parts: [analysis], made: {} };
    const taken = Object.keys(made).filter((name) => Object.hasOwn(columns, name));
    if (isTrialAnalysis(analysis))
      trialAnalyses.push({ analysis, parts: parts.map(({ id }) => id), columns: Object.keys(made), taken });
    analyses.push(...parts);
    sources.push(...parts.map(() => place));
    // A column of the plan is never replaced; `checkPlan` says that its name is taken.
    for (const [name, column] of Object.entries(made)) {
      if (Object.hasOwn(columns, name)) continue;
      columns = { ...columns, [name]: column };
      columnSources.set(name, place);
    }
  });
  const { analyses: _, columns: __, ...rest } = content;
  const plan = { ...rest, columns, analyses, ...(trialAnalyses.length === 0 ? {} : { trialAnalyses }) };
  return { plan, sources, columnSources };
}

function expandOne(content: PlanContent, analysis: TrialAnalysis, say: Say) {
  const { missingRoles, columns, expand } = expanderOf(analysis);
  if (missingRoles(content, analysis).length > 0) return { parts: [], made: {} };
  const made = columns?.(content, analysis, say) ?? {};
  const parts = expand({ ...content, columns: { ...content.columns, ...made } }, analysis);
  return {
    made,
    parts: parts.map(
      ({ cautions = [], part, ...input }): Analysis => ({
        ...completeAnalysis(input),
        ...(analysis.population === undefined ? {} : { population: analysis.population }),
        partOf: analysis.id,
        ...(part === undefined ? {} : { part }),
        ...(cautions.length === 0 ? {} : { cautions }),
      }),
    ),
  };
}
