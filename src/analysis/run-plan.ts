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
import type { ModelFrame } from "../formula/frame.js";
import { modelFrame } from "../formula/model-frame.js";
import { parseFormula } from "../formula/parse-formula.js";
import { adjustedMeans } from "../inference/adjusted-means.js";
import { finite } from "../inference/contrast.js";
import { type Analysis, columnOfName, type Plan } from "../plan/plan.js";
import { isError, type Problem, ProblemError } from "../problem.js";
import { evaluateCondition } from "../table/expression.js";
import type { Table } from "../table/table.js";
import { checkUniqueRows } from "../table/unique-rows.js";
import { countParticipants, participantFlow } from "../trial/participant-flow.js";
import type { AnalysisModel, AnalysisOutcome, Outcome, PreparedAnalysis } from "./analysis-model.js";
import { linearAnalysis } from "./linear.js";
import { meanProfiles } from "./mean-profiles.js";
import { mixedAnalysis } from "./mixed.js";
import {
  type AnalysisDisplay,
  type AnalysisResult,
  RESULTS_FORMAT,
  type ResultCounts,
  type ResultProblem,
  type Run,
} from "./results.js";

/** Every `model` that a plan may name. */
const models: { readonly [M in Analysis["model"]]: AnalysisModel<Extract<Analysis, { model: M }>> } = {
  linear: linearAnalysis,
  mixed: mixedAnalysis,
};

/** The model of an analysis; the key of the map guarantees that it takes this kind of analysis. */
const modelOf = ({ model }: Analysis): AnalysisModel => models[model] as unknown as AnalysisModel;

export interface PlanData {
  /** File name without folder. */
  readonly name: string;
  readonly sha256: string;
  readonly table: Table;
}

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
}

/**
 * Run the analyses of a plan.
 * @throws ProblemError with every reason why plan and data cannot be analysed as asked; nothing is fitted then.
 */
export function runPlan(options: RunPlanOptions): Run {
  const { plan, data, only, onProgress } = options;
  const { table } = data[0]!;
  const { prepared, problems } = prepareAnalyses(plan, table, only);
  if (problems.some(isError)) throw new ProblemError(problems);

  const done = prepared.map((analysis, i) => {
    onProgress?.(analysis.analysis.id, i, prepared.length);
    return runAnalysis(plan, table, analysis);
  });
  const { registration } = plan;
  return {
    results: {
      results: RESULTS_FORMAT,
      version: options.version,
      seed: options.seed,
      plan: { title: plan.title, sha256: options.planSha256, locked: options.locked },
      data: data.map(({ name, sha256, table: { rows } }) => ({ name, sha256, rows })),
      analyses: done.map(({ result }) => result),
    },
    registration:
      registration === undefined
        ? null
        : { registry: registration.registry ?? "", id: registration.id ?? "", date: registration.date ?? null },
    displays: done.map(({ display }) => display),
  };
}

/**
 * Frames of all analyses, and every reason why one of them cannot be analysed as asked: the data's own
 * problems, then those of each analysis. `analyze check` stops here.
 */
export function prepareAnalyses(
  plan: Plan,
  table: Table,
  only?: readonly string[],
): { readonly prepared: readonly PreparedAnalysis[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [...checkVisits(plan, table)];
  const prepared: PreparedAnalysis[] = [];
  for (const analysis of plan.analyses) {
    if (only !== undefined && !only.includes(analysis.id)) continue;
    const path = `analysis "${analysis.id}"`;
    try {
      const ready = prepare(plan, table, analysis, path);
      problems.push(...modelOf(analysis).check(ready));
      prepared.push(ready);
    } catch (thrown) {
      if (!(thrown instanceof ProblemError)) throw thrown;
      problems.push(...thrown.problems);
    }
  }
  return { prepared, problems };
}

/** One participant has at most one row for a visit. */
function checkVisits({ trial }: Plan, table: Table): Problem[] {
  const columns = [trial?.participant, trial?.visit?.column].filter((name) => name !== undefined);
  return columns.length === 2 ? checkUniqueRows(table, columns) : [];
}

function prepare(plan: Plan, table: Table, analysis: Analysis, path: string): PreparedAnalysis {
  const formula = parseFormula(analysis.formula, { path });
  const { where } = analysis;
  const condition =
    where === undefined
      ? {}
      : // The frame counts 2 as missing.
        {
          where: { text: where, keep: Uint8Array.from(evaluateCondition(where, table, path), (v) => (v < 0 ? 2 : v)) },
        };
  const frame = modelFrame({ formula, table, path, ...condition });
  const means =
    analysis.means === undefined
      ? []
      : adjustedMeans(
          frame,
          table,
          {
            of: columnOfName(plan, analysis.means.of) ?? analysis.means.of,
            by: (analysis.means.by ?? []).map((label) => ({ label, column: columnOfName(plan, label) ?? label })),
            at: Object.fromEntries(
              Object.entries(analysis.means.at ?? {}).map(([name, values]) => [
                columnOfName(plan, name) ?? name,
                values,
              ]),
            ),
          },
          path,
        );
  return { analysis, frame, means, outcome: outcomeOf(plan, frame), path };
}

function outcomeOf({ columns }: Plan, { responseName }: ModelFrame): Outcome {
  const declared = Object.hasOwn(columns, responseName) ? columns[responseName]! : undefined;
  return {
    name: declared?.label ?? responseName,
    unit: declared?.type === "number" ? (declared.unit ?? null) : null,
    better: (declared?.type === "number" || declared?.type === "binary" ? declared.better : undefined) ?? null,
  };
}

function runAnalysis(plan: Plan, table: Table, prepared: PreparedAnalysis) {
  const { analysis, frame } = prepared;
  const done = modelOf(analysis).analyse(prepared);
  const problems = [...frame.problems, ...done.fit.problems];
  const errors = problems.filter(isError);
  const isEstimated = done.fit.converged && errors.length === 0;
  const estimates = isEstimated ? done.estimates.map(finite) : [];
  const { logLik, parameters, converged } = done.fit;
  const n = frame.response.length;
  const result: AnalysisResult = {
    id: analysis.id,
    model: analysis.model,
    role: analysis.role,
    formula: analysis.formula,
    method: done.method,
    status: isEstimated ? "estimated" : "not-estimated",
    ...(isEstimated ? {} : { reason: errors.map(({ message }) => message).join(" ") }),
    problems: problems.map(({ code, severity, message }): ResultProblem => ({ code, severity, message })),
    n: countsOf(plan, table, prepared, done),
    fit: isEstimated
      ? {
          logLik,
          aic: -2 * logLik + 2 * parameters,
          bic: -2 * logLik + Math.log(n) * parameters,
          converged,
          singular: done.singular,
          iterations: done.iterations,
        }
      : null,
    estimates,
  };
  return { result, display: displayOf(plan, table, prepared, done, result) };
}

function countsOf({ trial }: Plan, table: Table, { frame }: PreparedAnalysis, { fit }: AnalysisOutcome): ResultCounts {
  const participant = trial?.participant === undefined ? undefined : table.columns.get(trial.participant);
  return {
    observations: frame.response.length,
    participants: participant === undefined ? null : countParticipants(frame.rows, participant),
    excluded: table.rows - frame.rows.length,
    excludedBy: frame.excluded.map(({ reason, detail, rows }) => ({ reason, detail, rows: rows.length })),
    groups: fit.n.groups,
  };
}

/** What the report shows beside the result. Of an analysis that was not estimated: no means, no residuals. */
function displayOf(
  plan: Plan,
  table: Table,
  { analysis, frame, means, outcome }: PreparedAnalysis,
  { fit, criterion, standardErrors, degreesOfFreedom, diagnostics }: AnalysisOutcome,
  { status, estimates }: AnalysisResult,
): AnalysisDisplay {
  const { trial } = plan;
  const armName = trial?.arm?.column ?? analysis.means?.of;
  const arm = armName === undefined ? undefined : table.columns.get(armName);
  const participant = trial?.participant === undefined ? undefined : table.columns.get(trial.participant);
  const isEstimated = status === "estimated";
  const [by] = analysis.means?.by ?? [];
  const visit = trial?.visit?.column ?? (by === undefined ? undefined : columnOfName(plan, by));
  const areByVisit =
    analysis.means?.of === armName &&
    means.every(({ values }) => values.length === 1) &&
    columnOfName(plan, by ?? "") === visit;
  const contrasts = estimates.filter(({ name }) => name.startsWith("contrast:"));
  const ofArm = estimates.filter(({ name }) => armName !== undefined && name.startsWith(`coefficient:${armName}[`));
  const main = ofArm.filter(({ measure }) => measure === "mean-difference");
  const hasInteraction = ofArm.length > main.length;
  return {
    id: analysis.id,
    title: analysis.title ?? null,
    criterion,
    standardErrors,
    references: frame.design.variables.flatMap((variable) =>
      variable.kind === "factor" ? [{ column: variable.name, level: variable.levels[0]! }] : [],
    ),
    outcome,
    degreesOfFreedom,
    level: analysis.level,
    flow: participantFlow(table, frame.rows, frame.excluded, {
      arm: arm?.kind === "category" ? arm : null,
      participant: participant ?? null,
    }),
    // With an interaction the arm's coefficient holds at one value only: then only contrasts are differences.
    differences: (contrasts.length > 0 ? contrasts : hasInteraction ? [] : main).map(({ name }) => name),
    profile:
      isEstimated && armName !== undefined && visit !== undefined
        ? meanProfiles(table, frame, { arm: armName, visit }, fit, areByVisit ? means : [], analysis.level)
        : null,
    diagnostics: isEstimated ? diagnostics : null,
  };
}
