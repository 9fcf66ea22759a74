/**
 * `model: moderation`: does the effect of the arm depend on a client's sex, age, predicted risk, …?
 *
 * One linear mixed model without moderators and one more for each moderator, with its interaction with the arm: one F test
 * each. Effects at the levels of a moderator have intervals and no p-value: whether a subgroup's effect differs from 0
 * is no evidence that subgroups differ.
 *
 * Sources  Assmann, Pocock, Enos & Kasten (2000) Lancet 355:1064–1069; Schandelmaier et al. (2020) CMAJ 192:E901–E906
 *          (ICEMAN); Kent et al. (2020) Annals of Internal Medicine 172:35–45 (PATH).
 */

import { meanEstimates } from "../inference/adjusted-means.js";
import { contrast, jointTest } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import { fitLinearMixed, type LinearMixedFit } from "../mixed/linear-mixed.js";
import { zeros } from "../numeric/matrix.js";
import { randomStream } from "../numeric/random-stream.js";
import { type MixedAnalysis, type ModerationAnalysis, moderationModel, PREDICTED_RISK } from "../plan/plan.js";
import {
  isError,
  moderatorNotFitted,
  naiveNotMeasured,
  type Problem,
  ProblemError,
  type ReportedProblem,
  riskOfOnePredictor,
  toReported,
  trialCaution,
} from "../problem.js";
import type { Column, NumberColumn, Table } from "../table/table.js";
import { countParticipants } from "../trial/participant-flow.js";
import type { AnalysisInput, AnalysisModel, PreparedAnalysis } from "./analysis-model.js";
import { crossFittedRisk } from "./cross-fitting.js";
import type { PreparedFormula } from "./formula-analysis.js";
import { mixedAnalysis } from "./mixed.js";
import { dfWords } from "./random-terms.js";
import type { ModeratorDisplay } from "./results.js";

type PreparedMixed = PreparedFormula<MixedAnalysis>;

interface PreparedModerator {
  readonly moderator: Moderator;
  readonly prepared: PreparedMixed;
}

/** A column of the plan, or the predicted risk. */
type Moderator = ModerationAnalysis["moderators"][number];

interface PreparedModeration extends PreparedAnalysis<ModerationAnalysis> {
  readonly overall: PreparedMixed;
  readonly moderators: readonly PreparedModerator[];
}

export const moderationAnalysis: AnalysisModel<ModerationAnalysis, PreparedModeration> = {
  prepare,

  analyse: (prepared, { seed }) => {
    const { analysis, overall, path } = prepared;
    const { df, level, risk, naive } = analysis;
    const fit = fitOf(overall);
    const moderators = [...prepared.moderators];
    const problems: ReportedProblem[] = [];
    let riskFailed: readonly ReportedProblem[] = [];
    if (risk !== undefined) {
      try {
        const predicted = prepareRisk(prepared, seed);
        moderators.push(predicted);
        problems.push(...riskFollows(prepared, predicted));
      } catch (thrown) {
        if (!(thrown instanceof ProblemError)) throw thrown;
        riskFailed = thrown.problems.map(toReported);
      }
      problems.push(trialCaution(path, "risk-known"));
    }
    const displays: ModeratorDisplay[] = [];
    const isRisk = risk !== undefined && isProbability(prepared.table, risk.outcome);
    const estimates: Estimate[] = effectsOf(fit, overall);
    for (const one of moderators) {
      const own = fitOf(one.prepared);
      const isShown = own.converged && one.prepared.problems.every((problem) => !isError(problem));
      if (!isShown) problems.push(moderatorNotFitted(path, one.moderator.column));
      else
        estimates.push(...interactionOf(own, one, analysis), ...effectsOf(own, one.prepared, isRisk).map(withoutTest));
      problems.push(...own.problems.filter((problem) => isShown && isNew(problem, [...fit.problems, ...problems])));
      displays.push(displayOf(one, prepared, isShown));
    }
    return {
      method: `${naive === undefined ? "" : "naive subset: "}effects by moderator, linear mixed models, REML, ${dfWords[df]}; one interaction test for each moderator, none within subgroups`,
      criterion: "REML",
      standardErrors: df === "kenward-roger" ? "kenward-roger" : "model",
      degreesOfFreedom: df,
      groups: fit.n.groups,
      likelihood: { logLik: fit.logLik, parameters: fit.parameters },
      converged: fit.converged && riskFailed.length === 0,
      singular: fit.singular,
      iterations: fit.iterations,
      problems: [...fit.problems, ...problems, ...riskFailed],
      estimates: estimates.map((estimate) => ({ ...estimate, level })),
      profile: null,
      diagnostics: null,
      moderators: displays,
    };
  },
};

const fitOf = ({ frame, analysis, path }: PreparedMixed): LinearMixedFit =>
  fitLinearMixed(frame, { method: analysis.method, df: analysis.df, path });

const isNew = ({ code }: Problem, known: readonly Problem[]): boolean => !known.some((other) => other.code === code);

/** The effect has its test; an effect in a subgroup has none, by construction. */
const withoutTest = (estimate: Estimate): Estimate => ({ ...estimate, statistic: null, p: null });

// ── before the fit ──────────────────────────────────────────────────────────────────────────────

function prepare(input: AnalysisInput<ModerationAnalysis>): PreparedModeration {
  const { analysis, path } = input;
  const overall = prepareMixed(input, moderationModel(analysis));
  const problems: Problem[] = [...overall.problems, ...naiveProblems(input)];
  const moderators = analysis.moderators.map((moderator) => prepareModerator(input, overall, moderator));
  problems.push(...moderators.flatMap(({ prepared }) => prepared.problems.filter(isError)));
  const base = { ...input, overall, moderators, ...pick(overall) };
  // With all clients in one fold: what is wrong with the model of risk is wrong then too.
  if (analysis.risk !== undefined && !problems.some(isError)) {
    const risk = prepareRisk({ ...base, problems }, null);
    problems.push(...risk.prepared.problems.filter(isError));
  }
  if (problems.some(isError)) throw new ProblemError(distinct(problems.filter(isError)));
  return {
    ...base,
    problems: overall.problems,
    estimateNames: [
      ...contrastsOf(overall),
      ...moderators.flatMap(({ moderator, prepared }) => [
        testName(analysis, moderator.column),
        ...contrastsOf(prepared),
      ]),
      ...(analysis.risk === undefined ? [] : [testName(analysis, "risk")]),
    ],
    path,
  };
}

const pick = ({ rows, excluded, outcome, references }: PreparedMixed) => ({ rows, excluded, outcome, references });

const contrastsOf = ({ estimateNames = [] }: PreparedMixed): string[] =>
  estimateNames.filter((name) => name.startsWith("contrast:"));

function distinct(problems: readonly Problem[]): Problem[] {
  return problems.filter(
    ({ code, message }, i) => problems.findIndex((other) => other.code === code && other.message === message) === i,
  );
}

const prepareMixed = (input: AnalysisInput<ModerationAnalysis>, analysis: MixedAnalysis): PreparedMixed =>
  mixedAnalysis.prepare({ ...input, analysis });

function prepareModerator(
  input: AnalysisInput<ModerationAnalysis>,
  overall: PreparedMixed,
  moderator: Moderator,
): PreparedModerator {
  const { analysis, table } = input;
  const { column } = moderator;
  const data = table.columns.get(column);
  const at =
    data?.kind === "number" ? (moderator.at ?? defaultValues(data, perParticipant(input, overall.rows))) : undefined;
  return { moderator, prepared: prepareMixed(input, moderationModel(analysis, { column, at })) };
}

/** The model with the predicted risk in it. @param seed  null: of one model for all, before anything is drawn. */
function prepareRisk(prepared: PreparedModeration, seed: number | null): PreparedModerator {
  const { plan, table, analysis, path, overall } = prepared;
  const risk = analysis.risk!;
  const { arm, participant, clusters } = plan.trial!;
  const isControl = codesOf(table.columns.get(arm!.column)!, [arm!.control]);
  const inControl = risk["fitted-in"] === "control";
  const values = crossFittedRisk(
    table,
    {
      formula: `${risk.outcome} ~ ${risk.predictors.join(" + ")}`,
      folds: risk.folds,
      fittedTo: Uint8Array.from(isControl, (code) => (inControl && code !== 0 ? 0 : 1)),
      fittedToText: inControl
        ? `${arm!.column} == "${arm!.control}", one row of each participant`
        : "one row of each participant",
    },
    codesOf(table.columns.get(participant!)!),
    codesOf(table.columns.get(clusters![0]!)!),
    seed === null ? null : randomStream(seed, `${analysis.id}/folds`, 0),
    path,
  );
  const column: NumberColumn = { kind: "number", type: "number", unit: null, values };
  const more: Table = { ...table, columns: new Map(table.columns).set(PREDICTED_RISK, column) };
  const input = { ...prepared, table: more };
  const predicted = valuesAt(column, perParticipant(prepared, overall.rows));
  const at = isProbability(table, risk.outcome)
    ? quartiles(predicted.map(logistic), printedProbability).map(logit)
    : quartiles(predicted);
  const model = moderationModel(analysis, { column: PREDICTED_RISK, at });
  const { outcome: _, predictors: __, folds: ___, "fitted-in": ____, ...credibility } = risk;
  return { moderator: { column: PREDICTED_RISK, ...credibility }, prepared: prepareMixed(input, model) };
}

/** From this correlation on, nearly nothing but that predictor is in the risk. */
const ONE_PREDICTOR = 0.9;

/**
 * Predictors that the risk goes with almost alone, and in which direction: "no gain of 5 points" is most often so of those who
 * began high, who then have the highest risk of it.
 */
function riskFollows(prepared: PreparedModeration, { prepared: { table } }: PreparedModerator): ReportedProblem[] {
  const { overall, analysis, path } = prepared;
  const rows = perParticipant(prepared, overall.rows);
  const risk = table.columns.get(PREDICTED_RISK) as NumberColumn;
  return analysis.risk!.predictors.flatMap((predictor) => {
    const column = table.columns.get(predictor);
    if (column?.kind !== "number") return [];
    const r = correlation(rows.map((row) => [column.values[row]!, risk.values[row]!] as const));
    return Math.abs(r) >= ONE_PREDICTOR ? [riskOfOnePredictor(path, predictor, r)] : [];
  });
}

/** Pearson's, over the pairs without a missing value; NaN where one of the two does not vary. */
function correlation(pairs: readonly (readonly [number, number])[]): number {
  const known = pairs.filter(([x, y]) => !Number.isNaN(x) && !Number.isNaN(y));
  const mean = (of: 0 | 1): number => known.reduce((sum, pair) => sum + pair[of], 0) / known.length;
  const [mx, my] = [mean(0), mean(1)];
  let [xx, yy, xy] = [0, 0, 0];
  for (const [x, y] of known) {
    xx += (x - mx) ** 2;
    yy += (y - my) ** 2;
    xy += (x - mx) * (y - my);
  }
  return xy / Math.sqrt(xx * yy);
}

/** Whether the risk is that of a 0/1 outcome: its linear predictor is then the log odds of a probability. */
function isProbability(table: Table, outcome: string): boolean {
  const column = table.columns.get(outcome);
  return column?.kind === "number" && column.values.every((y) => y === 0 || y === 1 || Number.isNaN(y));
}

const logistic = (eta: number): number => 1 / (1 + Math.exp(-eta));
const logit = (p: number): number => Math.log(p / (1 - p));

/** 0.54; with more decimals near 0 and 1, which it never is. */
function printedProbability(p: number): number {
  const decimals = Math.max(2, Math.ceil(-Math.log10(Math.min(p, 1 - p))) + 1);
  return Number(p.toFixed(decimals));
}

/** A naive subset must at least have been selected in both arms. */
function naiveProblems({ plan, table, analysis, path }: AnalysisInput<ModerationAnalysis>): Problem[] {
  const { naive, effect } = analysis;
  if (naive === undefined) return [];
  const arms = table.columns.get(effect);
  const measured = table.columns.get(naive.measured);
  const declared = plan.columns[effect];
  if (arms?.kind !== "category" || measured === undefined || declared?.type !== "factor") return [];
  const has = new Set<string>();
  const codes = codesOf(measured);
  for (let row = 0; row < table.rows; row++) {
    const isThere = measured.kind === "number" ? !Number.isNaN(measured.values[row]!) : codes[row]! >= 0;
    if (isThere && arms.codes[row]! >= 0) has.add(arms.levels[arms.codes[row]!]!);
  }
  return declared.levels
    .filter((level) => !has.has(level))
    .map((level) => naiveNotMeasured(path, naive.measured, effect, level));
}

// ── values of a moderator ───────────────────────────────────────────────────────────────────────

/** One row of each participant among some rows; all of them where the plan names no participant. */
function perParticipant({ plan, table }: AnalysisInput<ModerationAnalysis>, rows: Int32Array): number[] {
  const name = plan.trial?.participant;
  const column = name === undefined ? undefined : table.columns.get(name);
  if (column === undefined) return [...rows];
  const codes = codesOf(column);
  const seen = new Set<number>();
  return [...rows].filter((row) => {
    if (seen.has(codes[row]!)) return false;
    seen.add(codes[row]!);
    return true;
  });
}

const valuesAt = ({ values }: NumberColumn, rows: readonly number[]): number[] =>
  rows.map((row) => values[row]!).filter((value) => !Number.isNaN(value));

const defaultValues = (column: NumberColumn, rows: readonly number[]): number[] =>
  column.type === "binary" ? [0, 1] : quartiles(valuesAt(column, rows));

const fourDigits = (value: number): number => Number(value.toPrecision(4));

/** Quartiles (R's type 7), rounded, since the effect is shown at the value as it is printed. */
function quartiles(values: readonly number[], rounded: (value: number) => number = fourDigits): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = Math.floor(place);
    const value = sorted[below]! + (place - below) * ((sorted[below + 1] ?? sorted[below]!) - sorted[below]!);
    return rounded(value);
  };
  return [...new Set([0.25, 0.5, 0.75].map(at))];
}

/** Codes of a category, in the order of `levels` where given; of numbers, one for each value. */
function codesOf(column: Column, levels?: readonly string[]): Int32Array {
  if (column.kind === "category")
    return levels === undefined
      ? column.codes
      : column.codes.map((code) => (code < 0 ? -1 : levels.indexOf(column.levels[code]!)));
  const known = new Map<number, number>();
  return Int32Array.from(column.values, (value) => {
    if (Number.isNaN(value)) return -1;
    if (!known.has(value)) known.set(value, known.size);
    return known.get(value)!;
  });
}

// ── estimates ───────────────────────────────────────────────────────────────────────────────────

const effectsOf = (fit: LinearMixedFit, { means, analysis, outcome }: PreparedMixed, isRisk = false): Estimate[] =>
  meanEstimates(fit, means, analysis.means!.of, { unit: outcome.unit, level: analysis.level })
    .filter(({ name }) => name.startsWith("contrast:"))
    .map((estimate) => ({ ...estimate, name: riskNamed(estimate.name, isRisk) }));

/** `risk=0.54`, the probability that is predicted; of a number the linear predictor. */
const riskNamed = (name: string, isRisk: boolean): string =>
  name.replace(
    new RegExp(`${PREDICTED_RISK}=([^,@]+)`),
    (_, eta: string) => `risk=${isRisk ? printedProbability(logistic(Number(eta))) : eta}`,
  );

/** What results call the column of a moderator. */
const shownName = (column: string): string => (column === PREDICTED_RISK ? "risk" : column);

const testName = ({ effect }: ModerationAnalysis, column: string): string => `test:${effect}:${shownName(column)}`;

/** The F test of the interaction; of a number also by how much the effect changes with one unit of it. */
function interactionOf(
  fit: LinearMixedFit,
  { moderator: { column }, prepared: { frame } }: PreparedModerator,
  analysis: ModerationAnalysis,
): Estimate[] {
  const { effect, level } = analysis;
  const { variables, terms } = frame.design;
  const columnAt = (i: number): string => {
    const variable = variables[i]!;
    return variable.kind === "factor" ? variable.column : variable.name;
  };
  const term = terms.find(({ parts }) => {
    const names = parts.map(({ variable }) => columnAt(variable));
    return names.length === 2 && names.includes(effect) && names.includes(column);
  })!;
  const L = zeros(term.count, fit.names.length);
  for (let i = 0; i < term.count; i++) L.data[i * L.cols + term.start + i] = 1;
  const test = jointTest(fit, L, testName(analysis, column), level);
  const isNumber = term.parts.some(({ variable }) => variables[variable]!.kind !== "factor");
  if (!isNumber || term.count !== 1) return [test];
  const name = `interaction:${effect}:${shownName(column)}`;
  return [test, withoutTest(contrast(fit, L.data, { name, measure: "slope", unit: null, level }))];
}

function displayOf(
  { moderator, prepared }: PreparedModerator,
  { plan, table, analysis }: PreparedModeration,
  isShown: boolean,
): ModeratorDisplay {
  const { column, prespecified, direction, evidence } = moderator;
  const name = plan.trial?.participant;
  const participant = name === undefined ? undefined : table.columns.get(name);
  return {
    column: shownName(column),
    label: column === PREDICTED_RISK ? null : (plan.columns[column]?.label ?? column),
    ...(column === PREDICTED_RISK
      ? {
          risk: {
            of: plan.columns[analysis.risk!.outcome]?.label ?? analysis.risk!.outcome,
            isProbability: isProbability(table, analysis.risk!.outcome),
          },
        }
      : {}),
    test: isShown ? testName(analysis, column) : null,
    participants: participant === undefined ? null : countParticipants(prepared.rows, participant),
    prespecified: prespecified ?? null,
    direction: direction ?? null,
    evidence: evidence ?? null,
  };
}
