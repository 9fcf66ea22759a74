/** `model: effect-size`: two or more arms compared on one outcome, as they are, without a model. */
import type { ArmRisk } from "../effect-size/arm-risk.js";
import { summariseArm } from "../effect-size/arm-summary.js";
import { cohensD } from "../effect-size/cohens-d.js";
import { commonLanguage } from "../effect-size/common-language.js";
import { type EffectSize, toEstimate } from "../effect-size/effect-size.js";
import { glassDelta } from "../effect-size/glass-delta.js";
import { hedgesG } from "../effect-size/hedges-g.js";
import { meanDifference } from "../effect-size/mean-difference.js";
import { numberNeededToTreat } from "../effect-size/number-needed-to-treat.js";
import { oddsRatio } from "../effect-size/odds-ratio.js";
import { riskDifference } from "../effect-size/risk-difference.js";
import { riskRatio } from "../effect-size/risk-ratio.js";
import { codesByLevels, levelsInUse } from "../formula/factor-levels.js";
import { usedRows } from "../formula/used-rows.js";
import type { Estimate } from "../inference/estimate.js";
import type { Analysis, EffectSizeAnalysis } from "../plan/plan.js";
import {
  effectClustersIgnored,
  effectOneLevel,
  effectOutcomeType,
  effectSmallArm,
  effectUndefined,
  frameAllMissing,
  frameConstantOutcome,
  frameLevelsDropped,
  frameNoRows,
  frameUnknownColumn,
  numberNeededThroughInfinity,
  type Problem,
  ProblemError,
  planNotFactor,
  type ReportedProblem,
  repeatedParticipants,
} from "../problem.js";
import { suggest } from "../suggestion.js";
import { evaluateCondition } from "../table/expression.js";
import type { CategoryColumn, NumberColumn } from "../table/table.js";
import { countParticipants } from "../trial/participant-flow.js";
import type { AnalysisInput, AnalysisModel, PreparedAnalysis } from "./analysis-model.js";
import { WITHOUT_FIT } from "./descriptive.js";
import { outcomeOf } from "./formula-analysis.js";
import { wedgeArmsProblems } from "./wedge-arms.js";

interface PreparedEffectSize extends PreparedAnalysis<EffectSizeAnalysis> {
  readonly kind: "means" | "risks";
  /** In the order of the dictionary; the first is the reference. */
  readonly arms: readonly { readonly level: string; readonly values: Float64Array }[];
}

export const effectSizeAnalysis: AnalysisModel<EffectSizeAnalysis, PreparedEffectSize> = {
  prepare,
  analyse: (prepared) => {
    const { arms, kind } = prepared;
    const [reference, ...others] = arms;
    const problems: ReportedProblem[] = [];
    const estimates = others.flatMap((arm) => compare(prepared, arm, reference!, problems));
    return {
      method:
        kind === "means"
          ? "effect sizes of means, without a model: Welch's t, noncentral-t intervals, Brunner–Munzel"
          : "effect sizes of risks, without a model: Newcombe's interval, log-Wald ratios",
      ...WITHOUT_FIT,
      problems,
      estimates,
    };
  },
};

// ── before the comparison ───────────────────────────────────────────────────────────────────────

function prepare(input: AnalysisInput<EffectSizeAnalysis>): PreparedEffectSize {
  const { plan, table, analysis, path } = input;
  const { outcome: outcomeName, by: byName } = analysis;
  const { outcome, by } = columnsOf(input);
  const { rows, excluded } = usedRows(table, [outcomeName, byName], conditionOf(input));
  if (rows.length === 0) throw new ProblemError([frameNoRows(path, table.name, table.rows, excluded)]);

  const levels = levelsInUse(by, rows);
  const { codes } = codesByLevels(by, levels, rows);
  const arms = levels.map((level, code) => ({
    level,
    values: Float64Array.from(
      [...rows.keys()].filter((i) => codes[i] === code),
      (i) => outcome.values[rows[i]!]!,
    ),
  }));
  const kind = outcome.type === "binary" ? "risks" : "means";
  const values = Float64Array.from(rows, (row) => outcome.values[row]!);
  const dropped = by.levels.filter((level) => !levels.includes(level));
  return {
    ...input,
    rows,
    excluded,
    outcome: outcomeOf(plan, outcomeName),
    references: [{ column: byName, level: levels[0]! }],
    kind,
    arms,
    estimateNames: levels
      .slice(1)
      .flatMap((level) =>
        (kind === "means" ? meanMeasures : riskMeasures).map((measure) => nameOf(measure, byName, level, levels[0]!)),
      ),
    problems: [
      ...(dropped.length > 0 ? [frameLevelsDropped(path, byName, dropped)] : []),
      ...(levels.length < 2 ? [effectOneLevel(path, byName, levels[0]!)] : []),
      // No events in either arm is an answer: the risk difference has an interval.
      ...(kind === "means" && values.every((value) => value === values[0])
        ? [frameConstantOutcome(path, outcomeName, values[0]!, rows.length)]
        : []),
      ...(kind === "means"
        ? arms.filter((arm) => arm.values.length < 2).map(({ level }) => effectSmallArm(path, byName, level))
        : []),
      ...repetition(input, rows),
      ...independence(input),
      ...wedgeArmsProblems(input, byName, rows),
    ],
  };
}

function columnsOf({ table, analysis, path }: AnalysisInput<EffectSizeAnalysis>): {
  outcome: NumberColumn;
  by: CategoryColumn;
} {
  const names = [analysis.outcome, analysis.by];
  const unknown = names
    .filter((name) => !table.columns.has(name))
    .map((name) => frameUnknownColumn(path, name, table.name, suggest(name, table.columns.keys())));
  if (unknown.length > 0) throw new ProblemError(unknown);
  const outcome = table.columns.get(analysis.outcome)!;
  const by = table.columns.get(analysis.by)!;
  const problems: Problem[] = [];
  const isMeasured = outcome.kind === "number" && outcome.type !== "date";
  if (!isMeasured) problems.push(effectOutcomeType(path, analysis.outcome, outcome.type));
  else if (outcome.values.every(Number.isNaN)) problems.push(frameAllMissing(path, analysis.outcome, null));
  if (by.type !== "factor") problems.push(planNotFactor(path, analysis.by, "by", by.type));
  if (problems.length > 0) throw new ProblemError(problems);
  return { outcome: outcome as NumberColumn, by: by as CategoryColumn };
}

/** `where`, with 2 for a missing condition, as usedRows has it. */
function conditionOf({ table, analysis: { where }, path }: AnalysisInput<EffectSizeAnalysis>) {
  if (where === undefined) return undefined;
  return { text: where, keep: Uint8Array.from(evaluateCondition(where, table, path), (v) => (v < 0 ? 2 : v)) };
}

/** A warning when a participant has several rows: here each row counts as if it were someone else's. */
function repetition({ plan, table, path }: AnalysisInput<EffectSizeAnalysis>, rows: Int32Array): Problem[] {
  const name = plan.trial?.participant;
  const participant = name === undefined ? undefined : table.columns.get(name);
  if (participant === undefined) return [];
  const count = countParticipants(rows, participant);
  return count < rows.length ? [repeatedParticipants(path, rows.length, count)] : [];
}

/** Clients of one unit or therapist count as unrelated: said, unless the plan's own caution says it. */
function independence({ plan, analysis, path }: AnalysisInput<EffectSizeAnalysis>): Problem[] {
  const clusters = plan.trial?.clusters ?? [];
  const isSaid = (analysis as Analysis).cautions?.includes("clusters-ignored") ?? false;
  return clusters.length > 0 && !isSaid ? [effectClustersIgnored(path, clusters)] : [];
}

// ── the comparison ──────────────────────────────────────────────────────────────────────────────

const meanMeasures = ["mean-difference", "cohens-d", "hedges-g", "glass-delta", "common-language"] as const;
const riskMeasures = ["risk-difference", "risk-ratio", "odds-ratio", "number-needed-to-treat"] as const;

/** Ratios are written `A[x]/A[ref]`, the others `A[x]-A[ref]`. */
const nameOf = (measure: string, by: string, level: string, reference: string): string =>
  `${measure}:${by}[${level}]${measure.endsWith("-ratio") ? "/" : "-"}${by}[${reference}]`;

type Arm = PreparedEffectSize["arms"][number];

function compare(prepared: PreparedEffectSize, arm: Arm, reference: Arm, problems: ReportedProblem[]): Estimate[] {
  const { analysis, outcome, kind, path } = prepared;
  const { level, by } = analysis;
  const effects = kind === "means" ? meanEffects(arm, reference, level) : riskEffects(arm, reference, level);
  const compared = [arm.level, reference.level] as const;
  const difference = effects.find(({ measure }) => measure === "risk-difference");
  if (difference !== undefined && difference.lower <= 0 && difference.upper >= 0) {
    problems.push(numberNeededThroughInfinity(path, compared));
  }
  // That a difference of 0 has no number needed to treat is said by the note on its interval.
  const without = effects.filter(
    ({ measure, estimate }) => measure !== "number-needed-to-treat" && Number.isNaN(estimate),
  );
  if (without.length > 0) {
    problems.push(
      effectUndefined(
        path,
        without.map(({ measure }) => measure),
        compared,
        kind === "means" ? "variance" : "cells",
      ),
    );
  }
  const unbounded = effects.filter(
    ({ measure, estimate, lower }) =>
      (measure === "mean-difference" || measure === "common-language") &&
      !Number.isNaN(estimate) &&
      Number.isNaN(lower),
  );
  if (unbounded.length > 0) {
    problems.push(
      effectUndefined(
        path,
        unbounded.map(({ measure }) => measure),
        compared,
        "interval",
      ),
    );
  }
  return effects.map((effect) =>
    toEstimate(effect, {
      name: nameOf(effect.measure, by, arm.level, reference.level),
      unit: effect.measure === "mean-difference" ? outcome.unit : null,
      level,
    }),
  );
}

function meanEffects(arm: Arm, reference: Arm, level: number): EffectSize[] {
  const [a, b] = [summariseArm(arm.values), summariseArm(reference.values)];
  return [
    meanDifference(a, b, level),
    cohensD(a, b, level),
    hedgesG(a, b, level),
    glassDelta(a, b, level),
    commonLanguage(arm.values, reference.values, level),
  ];
}

function riskEffects(arm: Arm, reference: Arm, level: number): EffectSize[] {
  const [a, b] = [riskIn(arm), riskIn(reference)];
  const difference = riskDifference(a, b, level);
  return [difference, riskRatio(a, b, level), oddsRatio(a, b, level), numberNeededToTreat(difference)];
}

const riskIn = ({ values }: Arm): ArmRisk => ({
  events: values.reduce((sum, value) => sum + value, 0),
  n: values.length,
});
