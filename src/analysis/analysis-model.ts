/**
 * What `runPlan` needs of each `model` of a plan: to check that a frame can be analysed, and to turn it into
 * estimates. One file per model in this folder; adding one is adding it to `analysisModels` in run-plan.ts.
 */
import type { ModelFrame } from "../formula/frame.js";
import type { AdjustedMean } from "../inference/adjusted-means.js";
import type { Estimate } from "../inference/estimate.js";
import type { Fit } from "../inference/fit.js";
import type { Analysis } from "../plan/plan.js";
import type { Problem } from "../problem.js";
import type { Diagnostics } from "./results.js";

/** An analysis with its rows, before any fit. */
export interface PreparedAnalysis<A extends Analysis = Analysis> {
  readonly analysis: A;
  readonly frame: ModelFrame;
  /** Adjusted means asked for; empty when none are. */
  readonly means: readonly AdjustedMean[];
  readonly outcome: Outcome;
  /** `analysis "primary"`, for problems. */
  readonly path: string;
}

/** The response as the dictionary declares it; of a transformed response only the name is known. */
export interface Outcome {
  readonly name: string;
  readonly unit: string | null;
  readonly better: "lower" | "higher" | null;
}

/** What a model makes of a prepared analysis. */
export interface AnalysisOutcome {
  readonly fit: Fit;
  /** In words, with the kind of standard error and degrees of freedom. */
  readonly method: string;
  readonly criterion: "REML" | "ML" | null;
  readonly standardErrors: string;
  readonly degreesOfFreedom: string;
  readonly singular: boolean;
  readonly iterations: number;
  readonly estimates: readonly Estimate[];
  readonly diagnostics: Diagnostics;
}

export interface AnalysisModel<A extends Analysis = Analysis> {
  /** Why the frame cannot be analysed as asked; found without fitting. */
  readonly check: (prepared: PreparedAnalysis<A>) => readonly Problem[];
  readonly analyse: (prepared: PreparedAnalysis<A>) => AnalysisOutcome;
}
