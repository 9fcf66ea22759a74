/**
 * The survival frame: what a formula with `Surv(…)` makes of a table. Times with their events, the design without
 * an intercept, strata, clusters, frailty terms, weights and offset over the rows that are used.
 * Built by `survivalFrame` in to-survival-frame.ts; fitters see nothing of formulas or tables.
 */
import type { Matrix } from "../numeric/matrix.js";
import type { Problem } from "../problem.js";
import type { FixedDesign } from "./fixed-design.js";
import type { Formula } from "./formula.js";
import type { Exclusion, RandomTerm, SpecialFactors } from "./frame.js";
import type { GroupingFactor } from "./grouping-factor.js";

/** Each row's time under observation and how it ended. Near-tied times are one time already. */
export interface SurvivalOutcome {
  /** n: where observation begins (left truncation, or an interval of a participant); null: all at 0. */
  readonly start: Float64Array | null;
  /** n: where observation ends, in the trial's time unit, > start. */
  readonly time: Float64Array;
  /** n: 0 censored, k an event of `causes[k − 1]`. */
  readonly event: Int32Array;
  /** Kinds of event: one for a 0/1 column; else the levels of the event column that are not censoring. */
  readonly causes: readonly string[];
  /** Columns: of the end of observation (its unit is the unit of time) and of the event. */
  readonly timeColumn: string;
  readonly eventColumn: string;
}

export interface SurvivalFrame {
  readonly formula: Formula;
  readonly outcome: SurvivalOutcome;
  /** n×p, without an intercept. */
  readonly X: Matrix;
  /** p coefficient names: `arm[FIT]`, `age`. */
  readonly names: readonly string[];
  /** How X was made, with an intercept as its first column, which X has not. */
  readonly design: FixedDesign;
  /** n each, or null when there are none. */
  readonly offset: Float64Array | null;
  readonly weights: Float64Array | null;
  /** Combinations of the columns of all `strata(…)`; null without. */
  readonly strata: GroupingFactor | null;
  /** Of `cluster(…)`; null without. */
  readonly cluster: (GroupingFactor & { readonly column: string }) | null;
  /** Gaussian frailty, `(1 | unit / therapist)`. */
  readonly Z: readonly RandomTerm[];
  /** `frailty(g, gamma)` among them. */
  readonly special: readonly SpecialFactors[];
  /** Rows that belong to one participant share a code; null when no column says so. */
  readonly participant: GroupingFactor | null;
  /** Rows of the table that are used, ascending. */
  readonly rows: Int32Array;
  readonly excluded: readonly Exclusion[];
  readonly problems: readonly Problem[];
}
