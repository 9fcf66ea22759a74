/** The results file, as the contract has it, and what the report needs beside it. */
import type { Estimate } from "../inference/estimate.js";
import type { MultiplicityMethod } from "../inference/multiplicity.js";
import type { Estimand, Evidence, TrialPart } from "../plan/plan.js";
import type { InLanguages } from "../plan/plan-language.js";
import type { ReportedProblem } from "../problem.js";
import type { WedgeDesign } from "../stepped-wedge/design.js";
import type { ExposureCount } from "../stepped-wedge/exposure-at-visit.js";
import type { TimeTransform } from "../survival/proportional-hazards.js";
import type { BaselineSummary } from "../trial/baseline-table.js";
import type { ArmFlow } from "../trial/participant-flow.js";
import type { TrialDates } from "../trial/trial-dates.js";
import type { TrialFlow } from "../trial/trial-flow.js";

export const RESULTS_FORMAT = "fit-rct/1";

export interface ResultProblem extends Omit<ReportedProblem, "path"> {}

/** Without where it was found, which the analysis that holds it says. */
export const toResultProblem = ({ code, severity, message, messageSv }: ReportedProblem): ResultProblem => ({
  code,
  severity,
  message,
  messageSv,
});

export interface ResultCounts {
  readonly observations: number;
  /** null when the plan names no participant column. */
  readonly participants: number | null;
  /** Rows of the data not used, for whatever reason. */
  readonly excluded: number;
  readonly excludedBy: readonly { readonly reason: string; readonly detail: string; readonly rows: number }[];
  readonly groups: Readonly<Record<string, number>>;
  /** Of time to an event: rows with an event. */
  readonly events?: number;
}

export interface FitSummary {
  readonly logLik: number | null;
  readonly aic: number | null;
  readonly bic: number | null;
  readonly converged: boolean;
  readonly singular: boolean;
  readonly iterations: number;
  readonly frailty?: FrailtyLikelihoods;
}

/** Of a Cox model with frailty, whose `logLik` is the one with the frailties integrated out. */
export interface FrailtyLikelihoods {
  /** Log partial likelihood without coefficients and frailty. */
  readonly logLikNull: number;
  /** Log partial likelihood at its maximum without frailty. */
  readonly logLikWithout: number;
  /** Log partial likelihood at the predicted frailties. */
  readonly logLikFitted: number;
  /** The same less half the sum of squares of the standardised frailties; null with a gamma frailty. */
  readonly logLikPenalised: number | null;
  /** Coefficients, and what the frailties amount to. */
  readonly effectiveDf: number;
}

export interface AnalysisResult {
  readonly id: string;
  readonly model: string;
  readonly role: string;
  /** Id of the trial-level analysis that expanded to this one. */
  readonly partOf?: string;
  /** The plan's population that it is of; absent: everybody as randomised. */
  readonly population?: string;
  readonly formula: string;
  /** In words, with the kind of standard error and degrees of freedom. English. */
  readonly method: string;
  readonly status: "estimated" | "not-estimated";
  /** Only with status not-estimated. */
  readonly reason?: string;
  /** The same in Swedish. */
  readonly reasonSv?: string;
  readonly problems: readonly ResultProblem[];
  readonly n: ResultCounts;
  /** Of the flow of participants, where the plan names dates. */
  readonly dates?: TrialDates;
  /** null when not estimated. */
  readonly fit: FitSummary | null;
  readonly estimates: readonly Estimate[];
}

/** A family of tests with adjusted p-values, in the order of the plan. */
export interface MultiplicityResult {
  readonly family: string;
  readonly method: MultiplicityMethod;
  /** Of the family: 0.05. */
  readonly level: number;
  readonly estimates: readonly {
    /** Id of the analysis. */
    readonly analysis: string;
    readonly name: string;
    readonly p: number | null;
    /** null where p is; such a test counts as p = 1. */
    readonly adjusted: number | null;
    /** Whether the adjusted p-value is at most the level. */
    readonly rejected: boolean;
  }[];
  readonly problems: readonly ResultProblem[];
}

export interface Results {
  readonly results: typeof RESULTS_FORMAT;
  readonly version: string;
  readonly seed: number;
  /** Present when the arms are called X and Y, drawn at random. */
  readonly blind?: true;
  /** Of a blind run: analyses that would show which arm is which. */
  readonly leftOut?: readonly string[];
  readonly plan: { readonly title: string; readonly sha256: string; readonly locked: boolean };
  readonly data: readonly { readonly name: string; readonly sha256: string; readonly rows: number }[];
  /** What is odd in the data of the trial, with file and line; absent when nothing is. */
  readonly problems?: readonly ReportedProblem[];
  readonly analyses: readonly AnalysisResult[];
  /** Absent when the plan declares no family. */
  readonly multiplicity?: readonly MultiplicityResult[];
}

/** Observed or adjusted mean of the outcome in one arm at one visit. */
export interface ProfilePoint {
  readonly kind: "observed" | "adjusted";
  readonly arm: string;
  /** The visit: a number (months) or a level's label. */
  readonly at: number | string;
  readonly mean: number;
  readonly lower: number | null;
  readonly upper: number | null;
  /** Rows behind an observed mean; null for adjusted. */
  readonly n: number | null;
}

export interface Profile {
  /** The outcome is 0 or 1: means are proportions. */
  readonly proportion: boolean;
  /** What the plan calls the column of the arms, as the visit's `name` is what it calls that column. */
  readonly armColumn: string;
  /** Arms in the order of the plan, the reference first. */
  readonly arms: readonly string[];
  /** Column on the x axis, with its unit. */
  readonly visit: { readonly name: string; readonly unit: string | null; readonly numeric: boolean };
  readonly points: readonly ProfilePoint[];
}

export interface Diagnostics {
  /** n fitted values (random effects included) and n residuals divided by the residual SD; none of a Cox model. */
  readonly fitted: Float64Array;
  readonly residuals: Float64Array;
  /** Conditional modes (BLUPs), in the outcome's unit or on the log hazard, per group and term. */
  readonly modes: readonly { readonly group: string; readonly term: string; readonly values: Float64Array }[];
}

/**
 * Time to an event: curves of survival (observed, or predicted by a Cox model) or of cumulative incidence.
 * event-curves.ts has the parts that are counted from the rows: round times, numbers at risk, times of censoring.
 */
export interface EventCurves {
  readonly kind: "survival" | "incidence";
  readonly source: "observed" | "predicted";
  /** What the plan calls the column of the event (`dropout`): the label where it has one. */
  readonly event: string;
  /** What the plan calls the column of the time, with its unit. */
  readonly time: { readonly name: string; readonly unit: string | null };
  /** What the plan calls the columns of the groups; null for one curve of all. */
  readonly groupedBy: string | null;
  /** Of the intervals: 0.95. */
  readonly level: number;
  /** Groups in the order of the plan, the reference first; within incidence, causes in the order of the plan within each group. */
  readonly curves: readonly EventCurve[];
  /** Of the groups in the order of the curves; null for predicted curves. */
  readonly atRisk: NumbersAtRisk | null;
}

/** Steps: from `times[i]` until the next (at the end: `until`) the value is `estimates[i]`. */
export interface EventCurve {
  /** The level, `FIT`; of several columns the levels joined by a comma; "" for one curve of all. */
  readonly group: string;
  /** The event that an incidence is of; null for survival. */
  readonly cause: string | null;
  /** Ascending, the first 0 (estimate 1 for survival, 0 for incidence); in the trial's time unit. */
  readonly times: Float64Array;
  readonly estimates: Float64Array;
  /** NaN where there is no interval; null when the curve has none at all. */
  readonly lower: Float64Array | null;
  readonly upper: Float64Array | null;
  /** The last time under observation. */
  readonly until: number;
  /** Distinct times at which somebody of the group was censored, ascending; empty for predicted curves. */
  readonly censored: Float64Array;
}

export interface NumbersAtRisk {
  /** Round times, ascending from 0: the ticks of the axis and the columns of the table. */
  readonly times: readonly number[];
  readonly groups: readonly {
    readonly group: string;
    /** Rows, and events of any cause and of each, over the whole of the observation. */
    readonly n: number;
    readonly events: number;
    readonly eventsByCause: readonly { readonly cause: string; readonly count: number }[];
    /** Rows under observation just before each of the times. */
    readonly atRisk: readonly number[];
    /** Events up to and with each of the times, one list for each cause. */
    readonly cumulativeEvents: readonly { readonly cause: string; readonly counts: readonly number[] }[];
  }[];
}

/** Scaled Schoenfeld residuals of one term of a Cox model: does its effect change with time? */
export interface SchoenfeldTerm {
  /** What the plan calls the column of the time, with its unit. */
  readonly time: { readonly name: string; readonly unit: string | null };
  /** As in `proportional-hazards:TERM`. */
  readonly term: string;
  /** d events, by ascending time. */
  readonly times: Float64Array;
  /** The function of time that the test has: `km` is 1 less the Kaplan–Meier curve, just before the time. */
  readonly transform: TimeTransform;
  /** d: the same times by that function, ascending with `times`. */
  readonly transformed: Float64Array;
  /** d: scaled residual plus the coefficient, which is the effect at that time. */
  readonly effects: Float64Array;
  /** Log hazard ratio; of a term with several coefficients, whose effect is along the fitted term, 1. */
  readonly coefficient: number;
  readonly coefficients: number;
  readonly test: { readonly statistic: number | null; readonly df: number | null; readonly p: number | null };
}

/** A stepped wedge as the report shows it. */
export interface WedgeDisplay {
  readonly design: WedgeDesign;
  /** What the plan calls the columns of units and of periods, the latter with its unit. */
  readonly unit: string;
  readonly period: { readonly name: string; readonly unit: string | null };
  readonly outcome: WedgeOutcome;
  /** Visits by rule of exposure, visit and condition; null when follow-up is not said to pass the switch. */
  readonly exposure: readonly ExposureCount[] | null;
}

/** The outcome of a stepped wedge as its units and periods have it. */
export interface WedgeOutcome {
  /** It is 0 or 1: means are proportions. */
  readonly proportion: boolean;
  /** By unit, period and condition, in this order; of the rows that the analysis uses. */
  readonly means: readonly WedgeMean[];
}

export interface WedgeMean {
  readonly unit: string;
  readonly period: string;
  /** Of the rows themselves: where visits pass the switch, a unit's period may have both. */
  readonly treated: boolean;
  readonly mean: number;
  /** Rows behind it, at least 1. */
  readonly n: number;
}

/** The flow of participants as the report shows it. */
export interface TrialFlowDisplay extends TrialFlow {
  /** With what the plan calls them, and reasons in the language of the report. */
  readonly populations: readonly (TrialFlow["populations"][number] & { readonly label: string })[];
  /** Of each design: what was randomised. */
  readonly kinds: readonly ("individual" | "stepped-wedge" | "cluster" | "unknown")[];
  /** Of recruitment and follow-up; absent where the plan names no dates. */
  readonly dates?: TrialDates;
  /** Of the column of the visits: months. */
  readonly visitUnit: string | null;
}

/** A baseline table as the report shows it. */
export interface BaselineDisplay {
  readonly groups: readonly {
    readonly design: string | null;
    readonly arm: string | null;
    readonly participants: number;
  }[];
  /** In all groups. */
  readonly participants: number;
  readonly variables: readonly {
    readonly name: string;
    readonly unit: string | null;
    /** Of a factor; null for a number, and for a binary column, of which 1 is counted. */
    readonly levels: readonly string[] | null;
    /** In the order of `groups`. */
    readonly groups: readonly BaselineSummary[];
    readonly total: BaselineSummary | null;
    /** Standardised, in the order of `pairs`. */
    readonly differences: readonly number[];
  }[];
  /** Participants in each cluster. */
  readonly clusters: readonly {
    readonly name: string;
    readonly groups: readonly BaselineSummary[];
    readonly total: BaselineSummary | null;
  }[];
  /** The design of each pair of arms that is compared; empty when none is asked for. */
  readonly pairs: readonly (string | null)[];
}

/** How a survival model was fitted, for the sentence on the method. Each model says what it has. */
export interface SurvivalWords {
  /** Of Cox models. */
  readonly ties?: "efron" | "breslow";
  /** What the plan calls the columns of `strata(…)`. */
  readonly strata?: readonly string[];
  readonly frailty?: { readonly distribution: "gaussian" | "gamma"; readonly groups: readonly string[] };
  /**
   * Of Kaplan–Meier whose standard errors are not Greenwood's: what the plan calls the column of the clusters; null: participants,
   * or rows where nothing says who they are.
   */
  readonly jackknife?: string | null;
  /** The scale of the intervals of Kaplan–Meier. */
  readonly intervals?: "log-log" | "log" | "plain";
  /** The weights S(t−)^rho of the log-rank test; 0 or absent: log-rank. */
  readonly rho?: number;
  /** Of Fine–Gray and cause-specific Cox: the event, and what competes with it. */
  readonly cause?: string;
  readonly competing?: readonly string[];
  /** What the plan calls the column of the event. */
  readonly event?: string;
  /** Rows with an event. */
  readonly events: number;
}

/** A moderator, with what makes a difference between its subgroups credible. */
export interface ModeratorDisplay {
  /** Also the name of the setting of its effects, `sex` of `@month=12,sex=man`. */
  readonly column: string;
  /** What the plan calls it; null: the predicted risk. */
  readonly label: string | null;
  /** Of the predicted risk: what is predicted, in the plan's words, and whether values of it are probabilities. */
  readonly risk?: { readonly of: string; readonly isProbability: boolean };
  /** Name of its test among the estimates; null when its model was not estimated. */
  readonly test: string | null;
  readonly participants: number | null;
  /** null: the plan does not say. */
  readonly prespecified: boolean | null;
  readonly direction: string | null;
  readonly evidence: string | null;
}

/** What the report shows of an analysis beyond its result. */
export interface AnalysisDisplay {
  readonly id: string;
  /** As the plan has it; null: the report shows the id. */
  readonly title: string | null;
  /** Of a trial-level analysis: what it is, where it has no title. */
  readonly part?: TrialPart;
  /** The criterion that was maximised; null for least squares. */
  readonly criterion: "REML" | "ML" | null;
  /** Kind of the standard errors: `model`, `classical`, `HC3`, `CR2`; null when not estimated. */
  readonly standardErrors: string | null;
  readonly hasRandomEffects: boolean;
  /** What the plan calls its columns, where it says. */
  readonly labels: Readonly<Record<string, string>>;
  /** The plan's words in the language of the report, by those of the results: reasons of exclusion. Absent: the same. */
  readonly words?: Readonly<Record<string, string>>;
  /** Of the plan, where the analysis is not of everybody as randomised: what it is called, and by which arm. */
  readonly population?: { readonly label: string; readonly arm: "randomised" | "received" };
  /** Reference level of each factor in the formula, for the footnote of the coefficients. */
  readonly references: readonly { readonly column: string; readonly level: string }[];
  readonly outcome: { readonly name: string; readonly unit: string | null; readonly better: "lower" | "higher" | null };
  readonly degreesOfFreedom: string | null;
  /** Of repeated measures: the covariance that the numbers are from, and over what. */
  readonly covariance?: { readonly structure: string; readonly visit: string; readonly participant: string };
  /** The column whose levels have a residual variance each. */
  readonly residualBy?: string;
  /** What the cluster-robust standard errors of a mixed model go by, and whether it has random effects too. */
  readonly clusters?: { readonly column: string; readonly hasRandomEffects: boolean };
  /** Of a mixed model that is not gaussian: its family, and the points of quadrature (1: Laplace). */
  readonly integral?: { readonly family: "binomial" | "poisson"; readonly points: number };
  /** Of a binary outcome, where it is not logit. */
  readonly link?: "cloglog";
  /** Of GEE: the family and the working correlation. */
  readonly working?: { readonly family: string; readonly correlation: string };
  readonly level: number;
  readonly flow: readonly ArmFlow[];
  /** All participants, each counted once whatever arms they are in; null when the plan names no participant column. */
  readonly participants: { readonly data: number; readonly used: number } | null;
  /** Names of the estimates that a forest plot of differences shows. */
  readonly differences: readonly string[];
  /** Names of the estimates that a forest plot of ratios shows; absent when there are none. */
  readonly ratios?: readonly string[];
  readonly profile: Profile | null;
  readonly diagnostics: Diagnostics | null;
  /** Of time to an event: what is drawn, one figure for each. */
  readonly curves?: readonly EventCurves[];
  /** Of a Cox model, in the order of its terms. */
  readonly schoenfeld?: readonly SchoenfeldTerm[];
  readonly survival?: SurvivalWords;
  readonly wedge?: WedgeDisplay;
  readonly trialFlow?: TrialFlowDisplay;
  readonly baseline?: BaselineDisplay;
  /** Of a moderation, in the order of the plan. */
  readonly moderators?: readonly ModeratorDisplay[];
}

/** One run: what goes into results.json, and what the report shows beside it, in the same order. */
export interface Run {
  readonly results: Results;
  /** The title in the language of the report; absent when it is that of the results. */
  readonly title?: string;
  /** As the plan has it; null when it names none. */
  readonly registration: { readonly registry: string; readonly id: string; readonly date: string | null } | null;
  readonly displays: readonly AnalysisDisplay[];
  /** By column and level what reports call the level; absent when the plan has no labels. */
  readonly levelLabels?: Readonly<Record<string, Readonly<Record<string, InLanguages>>>>;
  /** Columns whose levels are the toolkit's classes of change; absent when there are none. */
  readonly changeClasses?: readonly string[];
  /** Effects found earlier, as the plan has them; absent when it has none. */
  readonly evidence?: readonly Evidence[];
  /** What the plan says is estimated; absent when it does not. */
  readonly estimands?: readonly Estimand[];
  /** Trial-level analyses, whose parts (`partOf`) stand together in the report; absent when the plan has none. */
  readonly trialAnalyses?: readonly {
    readonly id: string;
    /** As the plan has it; null: the report says what the model is. */
    readonly title: string | null;
    readonly model: string;
    readonly role: string;
    /** Absent: everybody as randomised. */
    readonly population?: NonNullable<AnalysisDisplay["population"]>;
  }[];
}
