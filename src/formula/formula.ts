/**
 * A formula as it is meant: response, expanded fixed terms, random terms, offsets, and the terms that only
 * some models take. Made by `parseFormula`; still without data.
 */
import { columnsOf, type Expression, renderExpression, renderName } from "./expression.js";

/** Terms of a linear predictor, expanded as R's `terms()` does. */
export interface Terms {
  readonly intercept: boolean;
  /** Columns and calls (`log(x)`, `ns(x, 3)`), in the order in which the formula first writes them. */
  readonly variables: readonly Expression[];
  /** Ascending indices into variables; one for a main effect, several for an interaction. By degree, each once. */
  readonly terms: readonly (readonly number[])[];
}

/** `(terms | group)`, after `||` and `a / b` were expanded: one group, one covariance matrix. */
export interface RandomPart {
  readonly terms: Terms;
  /** Columns whose combinations are the levels: `["unit", "therapist"]` for `unit:therapist`. */
  readonly group: readonly string[];
  readonly at: number;
}

/** Covariance structures over the visits of one participant, for repeated measures. */
export const COVARIANCE_STRUCTURES = ["us", "cs", "csh", "ar1", "ar1h", "ad", "adh", "toep", "toeph"] as const;
export type CovarianceStructure = (typeof COVARIANCE_STRUCTURES)[number];

/** Terms for particular models; see `checkSpecials`. */
export type SpecialTerm =
  | { readonly kind: "strata"; readonly columns: readonly string[]; readonly at: number }
  | { readonly kind: "cluster"; readonly column: string; readonly at: number }
  | {
      readonly kind: "frailty";
      readonly column: string;
      readonly distribution: "gamma" | "gaussian";
      readonly at: number;
    }
  | {
      readonly kind: "covariance";
      readonly structure: CovarianceStructure;
      readonly visit: string;
      readonly group: string;
      readonly at: number;
    };
export type SpecialKind = SpecialTerm["kind"];

export interface Formula {
  /** As written. */
  readonly text: string;
  /** A numeric expression, or a call of `Surv`. */
  readonly response: Expression;
  readonly fixed: Terms;
  readonly random: readonly RandomPart[];
  readonly special: readonly SpecialTerm[];
  /** What is inside each `offset()`. They add up. */
  readonly offsets: readonly Expression[];
}

/** `Surv(time, event)` and the like, which stay a call for the model to read. */
export const isSurvival = (response: Expression): boolean => response.kind === "call" && response.name === "Surv";

/** The columns of a special term, in the order in which it writes them. */
export function columnsOfSpecial(term: SpecialTerm): readonly string[] {
  if (term.kind === "strata") return term.columns;
  if (term.kind === "covariance") return [term.visit, term.group];
  return [term.column];
}

/**
 * Every column that a formula uses, each once, in the order in which missing values are told: response,
 * fixed terms, random terms, groups, offsets, special terms.
 */
export function columnsOfFormula({ response, fixed, random, offsets, special }: Formula): string[] {
  return [
    ...new Set([
      ...columnsOf(response),
      ...fixed.variables.flatMap(columnsOf),
      ...random.flatMap(({ terms }) => terms.variables.flatMap(columnsOf)),
      ...random.flatMap(({ group }) => group),
      ...offsets.flatMap(columnsOf),
      ...special.flatMap(columnsOfSpecial),
    ]),
  ];
}

/** `treatment:month`, `log(x)`: a term's variables joined in the order of the formula. */
export const renderTerm = ({ variables }: Terms, term: readonly number[]): string =>
  term.map((v) => renderExpression(variables[v]!)).join(":");

/** `participant`, `unit:therapist`. */
export const renderGroup = (group: readonly string[]): string => group.map(renderName).join(":");
