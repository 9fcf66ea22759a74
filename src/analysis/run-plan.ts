/**
 * From a plan and its data to results.
 *
 *     data.csv ─ table.read ─▶ Table ─┐                      problems: data.*
 *     plan.yaml ─ plan.parse ─▶ Plan ─┴─▶ runPlan
 *        for each analysis:  modelFrame(table, formula) ─▶ Frame    excluded rows, with reasons
 *                            fitX(frame, options)       ─▶ Fit      problems: fit.*
 *                            contrast(fit, L)           ─▶ Estimate
 *                                         ▼
 *                         results ─▶ figure.* ─▶ Vega-Lite     report.* ─▶ tables, HTML
 *
 * Pure: same plan, data and seed, same results. Everything that cannot be answered as asked is found before
 * the first fit and thrown together; what is hard to answer stays with its analysis as "not estimated".
 */
import { finite } from "../inference/contrast.js";
import { withoutAnalyses } from "../plan/blind-plan.js";
import { receivedArm } from "../plan/check-populations.js";
import { formulaOf } from "../plan/formula-of.js";
import { type Analysis, ONLY_TABLE, type Plan, participantVisit, tableNames } from "../plan/plan.js";
import {
  isError,
  isReported,
  joinedMessages,
  type Problem,
  ProblemError,
  populationEmpty,
  populationUnjudged,
  trialCaution,
} from "../problem.js";
import type { Table } from "../table/table.js";
import { checkUniqueRows } from "../table/unique-rows.js";
import { checkClusterArms, checkTrialData } from "../trial/check-trial-data.js";
import { checkParticipantArms } from "../trial/participant-arms.js";
import { countParticipants } from "../trial/participant-flow.js";
import { byArmReceived, inFullTable, populationRows, rowsOfTable } from "../trial/populations.js";
import { adjustFamilies, checkFamilies } from "./adjust-families.js";
import { agreementAnalysis } from "./agreement.js";
import { analysisDisplay, populationOf } from "./analysis-display.js";
import type {
  AnalysisInput,
  AnalysisModel,
  AnalysisOutcome,
  PreparedAnalysis,
  RandomPart,
  Tables,
} from "./analysis-model.js";
import { baselineTableAnalysis } from "./baseline-table.js";
import { revealsArms } from "./blind-analyses.js";
import { changeClassesAnalysis } from "./change-classes.js";
import { type Candidate, compareModels, comparisonProblems } from "./compare-models.js";
import { competingRisksAnalysis } from "./competing-risks.js";

import { coxAnalysis } from "./cox.js";
import { effectSizeAnalysis } from "./effect-size.js";
import { fineGrayAnalysis } from "./fine-gray.js";
import { geeAnalysis } from "./gee.js";
import { jointAnalysis } from "./joint.js";
import { kaplanMeierAnalysis } from "./kaplan-meier.js";
import { linearAnalysis } from "./linear.js";
import { logisticAnalysis } from "./logistic.js";
import { mixedAnalysis } from "./mixed.js";
import { mmrmAnalysis } from "./mmrm.js";
import { moderationAnalysis } from "./moderation.js";
import { participantFlowAnalysis } from "./participant-flow.js";
import { poissonAnalysis } from "./poisson.js";
import {
  type AnalysisDisplay,
  type AnalysisResult,
  type FitSummary,
  RESULTS_FORMAT,
  type ResultCounts,
  type Run,
  toResultProblem,
} from "./results.js";
import { sharesAnalysis } from "./shares.js";
import { steppedWedgeAnalysis } from "./stepped-wedge.js";

/** Every `model` that a plan may name. */
const models = {
  linear: linearAnalysis,
  logistic: logisticAnalysis,
  poisson: poissonAnalysis,
  gee: geeAnalysis,
  mixed: mixedAnalysis,
  mmrm: mmrmAnalysis,
  "effect-size": effectSizeAnalysis,
  agreement: agreementAnalysis,
  "participant-flow": participantFlowAnalysis,
  "baseline-table": baselineTableAnalysis,
  moderation: moderationAnalysis,
  "kaplan-meier": kaplanMeierAnalysis,
  "competing-risks": competingRisksAnalysis,
  "fine-gray": fineGrayAnalysis,

  cox: coxAnalysis,
  "stepped-wedge": steppedWedgeAnalysis,
  joint: jointAnalysis,
  shares: sharesAnalysis,
  "change-classes": changeClassesAnalysis,
} satisfies Record<Analysis["model"], unknown>;

/** The model of an analysis; the key guarantees that it takes this kind of analysis. */
const modelOf = ({ model }: Analysis) => models[model] as unknown as AnalysisModel<Analysis, PreparedAnalysis>;

export interface PlanData {
  /** File name without folder. */
  readonly name: string;
  readonly sha256: string;
  /** What the plan calls the table, where it has several (`data.tables`). */
  readonly as?: string;
  readonly table: Table;
}

/** Tables by what the plan calls them. */
export const tablesOf = (data: readonly Pick<PlanData, "as" | "table">[]): Tables =>
  new Map(data.map(({ as = ONLY_TABLE, table }) => [as, table]));

export interface RunPlanOptions {
  readonly plan: Plan;
  readonly planSha256: string;
  readonly locked: boolean;
  readonly seed: number;
  readonly version: string;
  readonly data: readonly PlanData[];
  /** Ids of the analyses to run; all when absent. */
  readonly only?: readonly string[];
  readonly onProgress?: (id: string, index: number, count: number) => void;
  /** Replicates that were made elsewhere, by the id of their analysis; the others are made here. The results are the same. */
  readonly replicates?: ReadonlyMap<string, Float64Array>;
}

/**
 * Run the analyses of a plan.
 * @throws ProblemError with every reason why plan and data cannot be analysed as asked; nothing is fitted then.
 */
export function runPlan(options: RunPlanOptions): Run {
  const { plan, data, only, onProgress } = options;
  const { prepared, problems } = prepareAnalyses(plan, tablesOf(data), only);
  if (problems.some(isError)) throw new ProblemError(problems);
  return assembleRun(options, analysePrepared(options, prepared, onProgress), problems);
}

/** What is told of one analysis of a run. */
export interface AnalysedAnalysis {
  readonly id: string;
  readonly estimateNames: readonly string[];
  /** null in a blind run for an analysis that would reveal the arms: it is left out. */
  readonly done: { readonly result: AnalysisResult; readonly display: AnalysisDisplay } | null;
}

/**
 * Prepare and run some analyses of a plan, without the checks of the data and of families of tests: a part of a run
 * (independent-parts.ts).
 *
 * @param places  Of the analyses in the plan, from 0.
 * @returns null when one of them cannot be analysed as asked. `runPlan` says why, with everything else.
 */
export function analysePart(options: RunPlanOptions, places: readonly number[]): AnalysedAnalysis[] | null {
  const { plan, data, onProgress } = options;
  const { prepared, problems } = prepareSome(plan, tablesOf(data), places);
  return problems.some(isError) ? null : analysePrepared(options, prepared, onProgress);
}

/** What is wrong with the data of a run, whatever is made of them. */
export const checkRunData = ({ plan, data }: RunPlanOptions): Problem[] => checkData(plan, tablesOf(data));

/**
 * The run of which all parts are there.
 *
 * @param ofData  From checkRunData.
 * @returns null when plan and data cannot be analysed as asked.
 */
export function joinParts(
  options: RunPlanOptions,
  parts: readonly (readonly AnalysedAnalysis[])[],
  ofData: readonly Problem[],
): Run | null {
  const { plan } = options;
  const place = ({ id }: AnalysedAnalysis): number => plan.analyses.findIndex((one) => one.id === id);
  const analysed = parts.flat().sort((a, b) => place(a) - place(b));
  const problems = [...ofData, ...checkFamilies(plan, analysed)];
  return problems.some(isError) ? null : assembleRun(options, analysed, problems);
}

function analysePrepared(
  { replicates, seed }: RunPlanOptions,
  all: readonly PreparedAnalysis[],
  onProgress: RunPlanOptions["onProgress"],
): AnalysedAnalysis[] {
  const isRevealing = all.map(revealsArms);
  const prepared = all.filter((_, i) => !isRevealing[i]!);
  let begun = 0;
  return all.map((analysis, i) => {
    const { id } = analysis.analysis;
    const estimateNames = analysis.estimateNames ?? [];
    if (isRevealing[i]!) return { id, estimateNames, done: null };
    onProgress?.(id, begun++, prepared.length);
    const random = { seed, replicates: replicates?.get(id) ?? null };
    return { id, estimateNames, done: runAnalysis(analysis, smallerOf(analysis, prepared), random) };
  });
}

/** @param problems  Of the data; none is an error. */
function assembleRun(
  options: RunPlanOptions,
  analysed: readonly AnalysedAnalysis[],
  problems: readonly Problem[],
): Run {
  const { plan, data } = options;
  const revealing = analysed.filter(({ done }) => done === null).map(({ id }) => id);
  const done = analysed.flatMap((one) => (one.done === null ? [] : [one.done]));
  const results = done.map(({ result }) => result);
  const ofData = problems.filter(isReported).filter(({ code }) => code.startsWith("trial."));
  const { registration, evidence, estimands, trialAnalyses } = plan;
  const multiplicity = withoutAnalyses(plan.multiplicity, revealing);
  return {
    results: {
      results: RESULTS_FORMAT,
      version: options.version,
      seed: options.seed,
      ...(plan.blind === undefined ? {} : { blind: true, leftOut: [...plan.blind.leftOut, ...revealing] }),
      plan: { title: plan.titleInResults ?? plan.title, sha256: options.planSha256, locked: options.locked },
      data: data.map(({ name, sha256, table: { rows } }) => ({ name, sha256, rows })),
      ...(ofData.length === 0 ? {} : { problems: ofData }),
      analyses: results,
      ...(multiplicity === undefined ? {} : { multiplicity: adjustFamilies({ ...plan, multiplicity }, results) }),
    },
    ...(plan.titleInResults === undefined ? {} : { title: plan.title }),
    registration:
      registration === undefined
        ? null
        : { registry: registration.registry ?? "", id: registration.id ?? "", date: registration.date ?? null },
    ...levelLabelsOf(plan),
    displays: done.map(({ display }) => (plan.blind === undefined ? display : withoutFavours(display))),
    ...(evidence === undefined ? {} : { evidence }),
    ...(estimands === undefined ? {} : { estimands }),
    ...(trialAnalyses === undefined
      ? {}
      : {
          trialAnalyses: trialAnalyses.map(({ analysis }) => ({
            id: analysis.id,
            title: analysis.title ?? null,
            model: analysis.model,
            role: analysis.role,
            ...populationOf(plan, analysis),
          })),
        }),
  };
}

/** What reports call the levels of the plan's factors. */
function levelLabelsOf({ columns }: Plan): Pick<Run, "levelLabels" | "changeClasses"> {
  const factors = Object.entries(columns).flatMap(([name, column]) =>
    column.type === "factor" ? [{ name, column }] : [],
  );
  const labelled = factors.flatMap(({ name, column: { "level-labels": labels = {} } }) =>
    Object.keys(labels).length === 0 ? [] : [[name, labels] as const],
  );
  const classes = factors.filter(({ column }) => column.classify !== undefined).map(({ name }) => name);
  return {
    ...(labelled.length === 0 ? {} : { levelLabels: Object.fromEntries(labelled) }),
    ...(classes.length === 0 ? {} : { changeClasses: classes }),
  };
}

/** Nothing says which side of a difference is better. */
const withoutFavours = (display: AnalysisDisplay): AnalysisDisplay => ({
  ...display,
  outcome: { ...display.outcome, better: null },
});

/**
 * Frames of all analyses, and every reason why one of them cannot be analysed as asked: the data's own
 * problems, then those of each analysis. `analyze check` stops here.
 *
 * @param data    the tables by name, or the only one.
 * @param only    ids of the analyses, or their places in the plan (from 0); all when absent.
 * @param pathOf  where an analysis stands, by its place, for problems.
 */
export function prepareAnalyses(
  plan: Plan,
  data: Tables | Table,
  only?: readonly (string | number)[],
  pathOf?: (place: number) => string,
): { readonly prepared: readonly PreparedAnalysis[]; readonly problems: readonly Problem[] } {
  const tables = "rows" in data ? new Map([[tableNames(plan)[0]!, data]]) : data;
  const problems = checkData(plan, tables);
  const some = prepareSome(plan, tables, only, pathOf);
  problems.push(...some.problems);
  problems.push(
    ...checkFamilies(
      plan,
      some.prepared.map(({ analysis: { id }, estimateNames = [] }) => ({ id, estimateNames })),
    ),
  );
  return { prepared: some.prepared, problems };
}

function checkData(plan: Plan, tables: Tables): Problem[] {
  return [
    ...[...tables.values()].flatMap((table) => [...checkVisits(plan, table), ...checkArms(plan, table)]),
    ...checkTrial(plan, tables),
  ];
}

/** The analyses asked for, and what is wrong with each. */
function prepareSome(
  plan: Plan,
  tables: Tables,
  only?: readonly (string | number)[],
  pathOf: (place: number) => string = (place) => `analysis "${plan.analyses[place]!.id}"`,
): { readonly prepared: readonly PreparedAnalysis[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const prepared: PreparedAnalysis[] = [];
  const others = new Map<string, PreparedAnalysis>();
  for (const [place, analysis] of plan.analyses.entries()) {
    const asked = [place, analysis.id, analysis.partOf ?? analysis.id];
    if (only !== undefined && !asked.some((one) => only.includes(one))) continue;
    const path = pathOf(place);
    try {
      const ready = modelOf(analysis).prepare({ ...inputOf(plan, tables, analysis, path), others });
      problems.push(...ready.problems.filter(isError));
      prepared.push(ready);
      others.set(analysis.id, ready);
    } catch (thrown) {
      if (!(thrown instanceof ProblemError)) throw thrown;
      problems.push(...thrown.problems);
    }
  }
  for (const analysis of prepared) {
    try {
      const smaller = smallerOf(analysis, prepared);
      if (smaller !== null) problems.push(...comparisonProblems(candidate(analysis), candidate(smaller)));
    } catch (thrown) {
      // The smaller model cannot be prepared: its own problems are listed when it is asked for.
      if (!(thrown instanceof ProblemError)) throw thrown;
      if (only !== undefined) problems.push(...thrown.problems);
    }
  }
  return { prepared, problems };
}

function inputOf(plan: Plan, tables: Tables, analysis: Analysis, path: string): AnalysisInput {
  const table = tables.get(analysis.table ?? tableNames(plan)[0]!)!;
  const input = { plan, table, tables, analysis, path };
  const { population: name } = analysis;
  const declared = name === undefined ? undefined : plan.populations?.[name];
  if (declared === undefined) return input;
  // Rules are about participants as randomised; then they are in the arm by which they are analysed.
  const inPopulation = populationRows(table, declared.exclude, path);
  if (inPopulation.rows.length === 0) throw new ProblemError([populationEmpty(path, name!)]);
  const received = receivedArm(plan);
  const isAsTreated = declared.arm === "received" && received !== undefined;
  const full = isAsTreated ? byArmReceived(table, plan.trial!.arm!.column, received) : table;
  return { ...input, table: rowsOfTable(full, inPopulation.rows), population: { ...inPopulation, full } };
}

/** A prepared analysis in rows of the table before it was restricted to a population, for counts and flow. */
function beforePopulation(prepared: PreparedAnalysis): PreparedAnalysis {
  const { population, rows, excluded } = prepared;
  return population === undefined
    ? prepared
    : { ...prepared, table: population.full, ...inFullTable(population, rows, excluded) };
}

/** The replicates of one analysis: how many, and any part of them. */
export interface ReplicateTask {
  readonly id: string;
  readonly count: number;
  /** Replicates from ≤ i < to. */
  readonly run: (from: number, to: number) => Float64Array;
}

/**
 * What the analyses of a plan do many times over, for workers to share. Analyses that cannot be prepared are left to
 * `runPlan`, which says why.
 */
export function replicateTasks({
  plan,
  data,
  only,
  seed,
}: Pick<RunPlanOptions, "plan" | "data" | "only" | "seed">): ReplicateTask[] {
  const tables = tablesOf(data);
  return plan.analyses.flatMap((analysis) => {
    const { prepare, replicates } = modelOf(analysis);
    if (replicates === undefined || (only !== undefined && !only.includes(analysis.id))) return [];
    try {
      const prepared = prepare(inputOf(plan, tables, analysis, `analysis "${analysis.id}"`));
      const count = prepared.problems.some(isError) ? 0 : replicates.count(prepared);
      const run = (from: number, to: number) => replicates.run(prepared, seed, from, to);
      return count === 0 ? [] : [{ id: analysis.id, count, run }];
    } catch (thrown) {
      if (!(thrown instanceof ProblemError)) throw thrown;
      return [];
    }
  });
}

/** A participant stays in one arm, but for a stepped wedge. */
function checkArms({ trial }: Plan, table: Table): Problem[] {
  if (trial?.participant === undefined || trial.arm === undefined || trial.design === "stepped-wedge") return [];
  if (!table.columns.has(trial.participant) || !table.columns.has(trial.arm.column)) return [];
  return checkParticipantArms(table, trial.participant, trial.arm.column);
}

/** The parts of the data against each other. */
function checkTrial({ trial }: Plan, tables: Tables): Problem[] {
  if (trial === undefined) return [];
  const { participant, arm, clusters = [], visit, staff, received = {}, dates = {}, design, designs } = trial;
  const all = [...tables.values()];
  const ofClusters =
    design === "cluster" && arm !== undefined ? checkClusterArms(all, arm.column, clusters, participant) : [];
  if (participant === undefined) return ofClusters;
  const ofParticipants = checkTrialData(all, {
    participant,
    ...(arm === undefined || design === "stepped-wedge" ? {} : { arm: arm.column }),
    individual: designs === undefined ? null : { column: designs.column, level: designs.individual },
    clusters,
    ...(visit === undefined
      ? {}
      : { visit: { column: visit.column, baseline: visit.baseline === undefined ? null : String(visit.baseline) } }),
    ...(staff === undefined ? {} : { staff }),
    received,
    dates,
  });
  return [...ofClusters, ...ofParticipants];
}

/** One participant has at most one row for a visit. */
function checkVisits(plan: Plan, table: Table): Problem[] {
  const columns = participantVisit(plan);
  const isThere = columns.length > 0 && columns.every((name) => table.columns.has(name));
  return isThere ? checkUniqueRows(table, columns) : [];
}

/** The analysis that one is compared with; null when there is none. It may not itself be asked for. */
function smallerOf(prepared: PreparedAnalysis, all: readonly PreparedAnalysis[]): PreparedAnalysis | null {
  const { analysis, plan, tables } = prepared;
  const id = "compare" in analysis ? analysis.compare : undefined;
  const other = plan.analyses.find((one) => one.id === id);
  if (other === undefined) return null;
  const path = `analysis "${other.id}"`;
  return all.find((one) => one.analysis.id === id) ?? modelOf(other).prepare(inputOf(plan, tables, other, path));
}

const candidate = (prepared: PreparedAnalysis): Candidate => ({
  prepared,
  likelihood: modelOf(prepared.analysis).likelihood as Candidate["likelihood"],
});

function runAnalysis(
  prepared: PreparedAnalysis,
  smaller: PreparedAnalysis | null,
  random: RandomPart,
): { result: AnalysisResult; display: AnalysisDisplay } {
  const { analysis } = prepared;
  const done = modelOf(analysis).analyse(prepared, random);
  const comparison =
    smaller === null || !done.converged
      ? { estimates: [], problems: [] }
      : compareModels(candidate(prepared), candidate(smaller));
  const cautions = (analysis.cautions ?? []).map((caution) => trialCaution(prepared.path, caution));
  const unjudged = (prepared.population?.unjudged ?? []).map(({ rule, rows }) =>
    populationUnjudged(prepared.path, rule.where, rows),
  );
  // What was prepared has no errors left: they are thrown before the first fit.
  const ofPrepared = prepared.problems.filter(isReported);
  const problems = [...cautions, ...unjudged, ...ofPrepared, ...done.problems, ...comparison.problems];
  const errors = problems.filter(isError);
  const isEstimated = done.converged && errors.length === 0;
  const reason = joinedMessages(errors);
  const result: AnalysisResult = {
    id: analysis.id,
    model: analysis.model,
    role: analysis.role,
    ...(analysis.partOf === undefined ? {} : { partOf: analysis.partOf }),
    ...(analysis.population === undefined ? {} : { population: analysis.population }),
    formula: formulaOf(analysis, prepared.plan),
    method: done.method,
    status: isEstimated ? "estimated" : "not-estimated",
    ...(isEstimated ? {} : { reason: reason.en, reasonSv: reason.sv }),
    problems: problems.map(toResultProblem),
    n: countsOf(beforePopulation(prepared), done),
    ...(done.trialFlow?.dates === undefined ? {} : { dates: done.trialFlow.dates }),
    fit: isEstimated ? fitSummary(done, prepared.rows.length) : null,
    estimates: isEstimated ? [...done.estimates, ...comparison.estimates].map(finite) : [],
  };
  return { result, display: analysisDisplay(beforePopulation(prepared), done, result) };
}

function fitSummary({ likelihood, converged, singular, iterations, frailty }: AnalysisOutcome, n: number): FitSummary {
  const { logLik, parameters } = likelihood ?? { logLik: Number.NaN, parameters: Number.NaN };
  const counted = likelihood?.observations ?? n;
  const numbers = { logLik, aic: -2 * logLik + 2 * parameters, bic: -2 * logLik + Math.log(counted) * parameters };
  const known = likelihood === null ? { logLik: null, aic: null, bic: null } : numbers;
  return { ...known, converged, singular, iterations, ...(frailty === undefined ? {} : { frailty }) };
}

function countsOf(
  { plan, table, rows, excluded }: PreparedAnalysis,
  { groups, survival }: AnalysisOutcome,
): ResultCounts {
  const { trial } = plan;
  const participant = trial?.participant === undefined ? undefined : table.columns.get(trial.participant);
  return {
    observations: rows.length,
    participants: participant === undefined ? null : countParticipants(rows, participant),
    excluded: table.rows - rows.length,
    excludedBy: excluded.map(({ reason, detail, rows: left }) => ({ reason, detail, rows: left.length })),
    groups,
    ...(survival === undefined ? {} : { events: survival.events }),
  };
}
