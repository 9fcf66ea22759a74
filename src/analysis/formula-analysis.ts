/** What the models with a formula share: the frame, the adjusted means asked for, and their estimates. */
import type { SpecialKind } from "../formula/formula.js";
import type { ModelFrame } from "../formula/frame.js";
import { modelFrame } from "../formula/model-frame.js";
import { parseFormula } from "../formula/parse-formula.js";
import { type AdjustedMean, adjustedMeans, contrastNames, meanEstimates } from "../inference/adjusted-means.js";
import { coefficientEstimates, termTests } from "../inference/coefficients.js";
import type { Estimate } from "../inference/estimate.js";
import type { Fit } from "../inference/fit.js";
import { columnOfName, type FormulaAnalysis, type Plan } from "../plan/plan.js";
import type { Problem } from "../problem.js";
import { evaluateCondition } from "../table/expression.js";
import type { AnalysisInput, Outcome, PreparedAnalysis } from "./analysis-model.js";
import { meanProfiles } from "./mean-profiles.js";
import type { Profile } from "./results.js";

export interface PreparedFormula<A extends FormulaAnalysis = FormulaAnalysis> extends PreparedAnalysis<A> {
  readonly frame: ModelFrame;
  /** Adjusted means asked for; empty when none are. */
  readonly means: readonly AdjustedMean[];
}

export interface FormulaOptions<A extends FormulaAnalysis> {
  /** Special terms that the model takes, such as `us(visit | participant)`. */
  readonly specials?: readonly SpecialKind[];
  /** Columns beside those of the formula that a row must have. */
  readonly also?: readonly string[];
  /** Whether the model has a residual beside its random terms. Default true. */
  readonly residual?: boolean;
  /** Further errors that the frame shows without a fit. */
  readonly check: (analysis: A, frame: ModelFrame, path: string) => readonly Problem[];
}

/** Frame, means and checks of an analysis with a formula. */
export function prepareFormula<A extends FormulaAnalysis>(
  input: AnalysisInput<A>,
  { check, ...takes }: FormulaOptions<A>,
): PreparedFormula<A> {
  const { plan, table, analysis, path } = input;
  const formula = parseFormula(analysis.formula, { path });
  const { where } = analysis;
  // The frame counts 2 as missing.
  const keep = (text: string) => Uint8Array.from(evaluateCondition(text, table, path), (v) => (v < 0 ? 2 : v));
  const condition = where === undefined ? {} : { where: { text: where, keep: keep(where) } };
  const frame = modelFrame({ formula, table, path, ...takes, ...condition });
  const means = meansOf(input, frame);
  return {
    ...input,
    frame,
    rows: frame.rows,
    excluded: frame.excluded,
    means,
    estimateNames: [
      ...frame.names.map((name) => `coefficient:${name}`),
      ...contrastNames(means, analysis.means?.of ?? ""),
    ],
    outcome: outcomeOf(plan, frame.responseName),
    references: frame.design.variables.flatMap((variable) =>
      variable.kind === "factor" ? [{ column: variable.name, level: variable.levels[0]! }] : [],
    ),
    problems: [...frame.problems, ...check(analysis, frame, path)],
  };
}

function meansOf({ plan, table, analysis, path }: AnalysisInput<FormulaAnalysis>, frame: ModelFrame): AdjustedMean[] {
  const { means } = analysis;
  if (means === undefined) return [];
  const columnOf = (name: string): string => columnOfName(plan, name) ?? name;
  const request = {
    of: columnOf(means.of),
    by: (means.by ?? []).map((label) => ({ label, column: columnOf(label) })),
    at: Object.fromEntries(Object.entries(means.at ?? {}).map(([name, values]) => [columnOf(name), values])),
  };
  return adjustedMeans(frame, table, request, path);
}

/** An outcome as the dictionary declares it. */
export function outcomeOf({ columns }: Plan, name: string): Outcome {
  const declared = Object.hasOwn(columns, name) ? columns[name]! : undefined;
  const isMeasured = declared?.type === "number" || declared?.type === "binary";
  return {
    name: declared?.label ?? name,
    unit: declared?.type === "number" ? (declared.unit ?? null) : null,
    better: (isMeasured ? declared.better : undefined) ?? null,
  };
}

/** Coefficients, joint tests of terms, adjusted means and their differences. */
export function fixedEstimates(fit: Fit, { analysis, frame, means, outcome }: PreparedFormula): Estimate[] {
  const { level } = analysis;
  const { unit } = outcome;
  return [
    ...coefficientEstimates(fit, frame, unit, level),
    ...termTests(fit, frame, level),
    ...meanEstimates(fit, means, analysis.means?.of ?? "", { unit, level }),
  ];
}

/** Observed means by arm and visit, and the adjusted ones when they are by visit alone; null without arm or visit. */
export function profileOf(fit: Fit, { plan, table, analysis, frame, means }: PreparedFormula): Profile | null {
  const { trial } = plan;
  const [by] = analysis.means?.by ?? [];
  const arm = trial?.arm?.column ?? analysis.means?.of;
  const visit = trial?.visit?.column ?? (by === undefined ? undefined : columnOfName(plan, by));
  if (arm === undefined || visit === undefined) return null;
  const areByVisit =
    analysis.means?.of === arm &&
    by !== undefined &&
    columnOfName(plan, by) === visit &&
    means.every(({ values }) => values.length === 1);
  const labelOf = (column: string): string => plan.columns[column]?.label ?? column;
  const columns = { arm, visit, armLabel: labelOf(arm), visitLabel: labelOf(visit) };
  return meanProfiles(table, frame, columns, fit, areByVisit ? means : [], analysis.level);
}
