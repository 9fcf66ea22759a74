/**
 * The model frame: what a formula makes of a table. Response, fixed-effects design, random terms and
 * offset over the rows that are used, and which rows are not, with the reason.
 * Built by `modelFrame` in model-frame.ts; fitters see nothing of formulas or tables.
 */
import type { Matrix } from "../numeric/matrix.js";
import type { Problem } from "../problem.js";
import type { FixedDesign } from "./fixed-design.js";
import type { Formula, SpecialTerm } from "./formula.js";
import type { GroupingFactor } from "./grouping-factor.js";

/** One random term `(terms | group)`: k columns that vary over the levels of a grouping factor. */
export interface RandomTerm {
  /** `participant`, `a:b`. */
  readonly group: string;
  /** Names of the k columns: `(Intercept)`, `days`. */
  readonly names: readonly string[];
  /** n×k. */
  readonly values: Matrix;
  /** Index into levels for each used row. */
  readonly codes: Int32Array;
  /** Levels that a used row has, in the order of the data. */
  readonly levels: readonly string[];
}

/** Rows that are not used, with one reason each. A row has the first reason that applies. */
export interface Exclusion {
  /**
   * `where`: not asked for. `where-missing`: the condition is missing. `missing`: a variable of the model is missing. Of a
   * stepped wedge: `transition`, the first periods after the switch; `censored`, visits after it that the rule leaves out.
   * `population`: not in the analysis's population.
   */
  readonly reason: "where" | "where-missing" | "missing" | "transition" | "censored" | "population";
  /** The column that is missing; the condition for `where`; the reason in words for `population`. */
  readonly detail: string;
  /** Rows of the table, ascending. */
  readonly rows: Int32Array;
}

export interface Frame {
  /** As written in the formula: `bdi`, `log(y)`. */
  readonly responseName: string;
  /** n. */
  readonly response: Float64Array;
  /** n×p. */
  readonly X: Matrix;
  /** p coefficient names: `(Intercept)`, `treatment[BtheB]`, `treatment[BtheB]:month`. */
  readonly names: readonly string[];
  /** How X was made, to make rows of it for adjusted means. */
  readonly design: FixedDesign;
  /** n, or null when the formula has none. */
  readonly offset: Float64Array | null;
  readonly Z: readonly RandomTerm[];
  /** Rows of the table that are used, ascending. */
  readonly rows: Int32Array;
  readonly excluded: readonly Exclusion[];
  /** Levels dropped, and the like: warnings and notes, never errors. */
  readonly problems: readonly Problem[];
}

/** What a fitter of a model with random terms takes of a frame: n rows, however they were made. */
export type RegressionFrame = Pick<Frame, "response" | "X" | "names" | "offset" | "Z">;

/** The columns of a special term, `us(visit | participant)` or `strata(sex)`, over the used rows. */
export interface SpecialFactors {
  readonly term: SpecialTerm;
  /** `participant`; the strata; the clusters. Levels in the order of the data. */
  readonly group: GroupingFactor;
  /** `visit`, for a covariance; else null. Levels in the column's order, or ascending for numbers. */
  readonly visit: GroupingFactor | null;
}

/** What `modelFrame` makes: the frame, with what only some models use. */
export interface ModelFrame extends Frame {
  readonly formula: Formula;
  /** In the order of `formula.special`. */
  readonly special: readonly SpecialFactors[];
}
