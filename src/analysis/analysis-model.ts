/**
 * What `runPlan` needs of each `model` of a plan: to prepare it and say why it cannot be analysed as asked, and to
 * turn it into estimates. One file per model in this folder; adding one is adding it to `models` in run-plan.ts.
 */
import type { Exclusion } from "../formula/frame.js";
import type { Estimate } from "../inference/estimate.js";
import type { Analysis, Plan } from "../plan/plan.js";
import type { Problem, ReportedProblem } from "../problem.js";
import type { Table } from "../table/table.js";
import type { PopulationRows } from "../trial/populations.js";
import type {
  BaselineDisplay,
  Diagnostics,
  EventCurves,
  FrailtyLikelihoods,
  ModeratorDisplay,
  Profile,
  SchoenfeldTerm,
  SurvivalWords,
  TrialFlowDisplay,
  WedgeDisplay,
} from "./results.js";

/** Tables by what the plan calls them. */
export type Tables = ReadonlyMap<string, Table>;

export interface AnalysisInput<A extends Analysis = Analysis> {
  readonly plan: Plan;
  /** Whose rows are analysed. */
  readonly table: Table;
  /** All of the plan's, `table` among them. */
  readonly tables: Tables;
  readonly analysis: A;
  /** `analysis "primary"`, for problems. */
  readonly path: string;
  /** Where the analysis is of a population: which rows of which table `table` has. */
  readonly population?: PopulationRows;
  /** Analyses of the plan that are prepared already, by id: what is made of others need not prepare those again. */
  readonly others?: ReadonlyMap<string, PreparedAnalysis>;
}

/** An analysis with its rows, before any fit. Each model adds what its fit needs. */
export interface PreparedAnalysis<A extends Analysis = Analysis> extends AnalysisInput<A> {
  /** Rows of the table that are used, ascending, and the others with their reasons. */
  readonly rows: Int32Array;
  readonly excluded: readonly Exclusion[];
  readonly outcome: Outcome;
  /** Reference level of each factor, for the footnote of the coefficients. */
  readonly references: readonly { readonly column: string; readonly level: string }[];
  /**
   * Names of estimates that are known before the fit. One that the plan names, of a kind that is among these (what stands
   * before the colon), must be one of them. None when absent.
   */
  readonly estimateNames?: readonly string[];
  /** Errors: why it cannot be analysed as asked. Warnings and notes travel to the result. */
  readonly problems: readonly Problem[];
}

/** The response as the dictionary declares it; of a transformed response only the name is known. */
export interface Outcome {
  readonly name: string;
  readonly unit: string | null;
  readonly better: "lower" | "higher" | null;
}

/** What a model makes of a prepared analysis. */
export interface AnalysisOutcome {
  /** In words, with the kind of standard error and degrees of freedom. */
  readonly method: string;
  readonly criterion: "REML" | "ML" | null;
  readonly standardErrors: string | null;
  readonly degreesOfFreedom: string | null;
  /** Of GEE: the family and the working correlation. */
  readonly working?: { readonly family: string; readonly correlation: string };
  /** The covariance of repeated measures that the numbers are from: `us` over the visits of each participant. */
  readonly covariance?: { readonly structure: string; readonly visit: string; readonly participant: string };
  /** The column whose levels have a residual variance each. */
  readonly residualBy?: string;
  /** What the cluster-robust standard errors of a mixed model go by, and whether it has random effects too. */
  readonly clusters?: { readonly column: string; readonly hasRandomEffects: boolean };
  /** Of a mixed model that is not gaussian: its family, and the points of quadrature (1: Laplace). */
  readonly integral?: IntegralWords;
  /** Of a binary outcome, where it is not logit. */
  readonly link?: "cloglog";
  /** Levels of each grouping factor. */
  /** Of a stepped wedge: its units and periods, and what follow-up past the switch changes. */
  readonly wedge?: WedgeDisplay;
  readonly groups: Readonly<Record<string, number>>;
  /**
   * null for a method without a likelihood. `parameters` are those that AIC and BIC count; BIC takes the logarithm of
   * `observations`: events, for a Cox model. Default: rows.
   */
  readonly likelihood: {
    readonly logLik: number;
    readonly parameters: number;
    readonly observations?: number;
  } | null;
  readonly frailty?: FrailtyLikelihoods;
  readonly converged: boolean;
  readonly singular: boolean;
  readonly iterations: number;
  readonly problems: readonly ReportedProblem[];
  readonly estimates: readonly Estimate[];
  /** Observed and adjusted means by arm and visit; null when there are none. */
  readonly profile: Profile | null;
  readonly diagnostics: Diagnostics | null;
  /** Of time to an event: what is drawn, one figure for each. */
  readonly curves?: readonly EventCurves[];
  /** Of a Cox model, in the order of its terms. */
  readonly schoenfeld?: readonly SchoenfeldTerm[];
  readonly survival?: SurvivalWords;
  /** Of descriptive analyses. */
  readonly trialFlow?: TrialFlowDisplay;
  readonly baseline?: BaselineDisplay;
  /** Of a moderation, in the order of the plan. */
  readonly moderators?: readonly ModeratorDisplay[];
}

/** What an analysis has of chance. */
export interface RandomPart {
  readonly seed: number;
  /** All replicates, in order, when they were made elsewhere; null: to be made here. */
  readonly replicates: Float64Array | null;
}

export interface AnalysisModel<A extends Analysis, P extends PreparedAnalysis<A>> {
  /** @throws ProblemError when there is nothing to prepare: an unknown column, no rows. */
  readonly prepare: (input: AnalysisInput<A>) => P;
  readonly analyse: (prepared: P, random: RandomPart) => AnalysisOutcome;
  /** What an analysis does many times over, each time alone, so that several workers can share it; absent when nothing is. */
  readonly replicates?: {
    /** How many; 0 when the analysis asks for none. */
    readonly count: (prepared: P) => number;
    /** Replicates from ≤ i < to, as many numbers for each; they depend on the seed and i alone. */
    readonly run: (prepared: P, seed: number, from: number, to: number) => Float64Array;
  };
  /** For likelihood-ratio tests (`compare`); absent for models without one. The method is ML where there is no REML. */
  readonly likelihood?: (prepared: P, method: "REML" | "ML") => ComparedLikelihood;
}

/** How the likelihood of a generalised linear mixed model is integrated. */
export interface IntegralWords {
  readonly family: "binomial" | "poisson";
  readonly points: number;
}

/** −2 log-likelihood or REML criterion, and how many parameters it was maximised over. */
export interface ComparedLikelihood {
  readonly deviance: number;
  readonly parameters: number;
  readonly converged: boolean;
}
