/** `model: stepped-wedge`: the plan's words to a mixed model, and its fits to the effects of the switch. */
import type { Exclusion, ModelFrame } from "../formula/frame.js";
import { modelFrame } from "../formula/model-frame.js";
import { parseFormula } from "../formula/parse-formula.js";
import { contrast, jointTest, waldEstimate } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import type { Fit } from "../inference/fit.js";
import { rankProblems } from "../inference/full-rank.js";
import { toRatio } from "../inference/ratio.js";
import { decayingProblems } from "../mixed/decay-mixed.js";
import { designProblems } from "../mixed/identifiability.js";
import type { PredictedEffect } from "../mixed/predicted-effect.js";
import type { Matrix } from "../numeric/matrix.js";
import { qr } from "../numeric/qr.js";
import type { SteppedWedgeAnalysis } from "../plan/plan.js";
import { wedgeInference, wedgeModelOf } from "../plan/wedge-plan.js";
import {
  isError,
  type Problem,
  ProblemError,
  type ReportedProblem,
  wedgeFewExposures,
  wedgeFewUnits,
  wedgeOneCondition,
  wedgePredictedExposures,
} from "../problem.js";
import type { ClusterPeriods } from "../stepped-wedge/cluster-periods.js";
import { fitWedge, type WedgeInference } from "../stepped-wedge/fit-wedge.js";
import {
  decayingTerm,
  madeColumns,
  type WedgeContrast,
  type WedgeModel,
  wedgeContrasts,
  wedgeFormula,
  wedgeTable,
} from "../stepped-wedge/wedge-model.js";
import { evaluateCondition } from "../table/expression.js";
import type { Table } from "../table/table.js";
import type { AnalysisInput, AnalysisModel, PreparedAnalysis, RandomPart } from "./analysis-model.js";
import { outcomeProblems } from "./check-outcome.js";
import { outcomeOf } from "./formula-analysis.js";
import { modesOf } from "./random-terms.js";
import type { WedgeDisplay } from "./results.js";
import { clustersBy } from "./robust-fit.js";
import { type WedgeData, wedgeData } from "./wedge-data.js";
import { wedgeOutcome } from "./wedge-outcome.js";
import {
  cellsOf,
  comparesRows,
  permutationEstimate,
  permutationName,
  permutedModel,
  replicateCount,
  verticalRow,
  type WedgePermutation,
  wedgePermutation,
  wedgeReplicates,
} from "./wedge-permutation.js";

interface PreparedWedge extends PreparedAnalysis<SteppedWedgeAnalysis> {
  readonly model: WedgeModel;
  /** With exposure time. */
  readonly wedge: Table;
  readonly data: WedgeData;
  /** Units × periods; null when nothing asks for them. */
  readonly cells: ClusterPeriods | null;
  readonly permutation: WedgePermutation | null;
  readonly frame: ModelFrame;
  readonly contrasts: readonly WedgeContrast[];
}

/** Clusters fewer than this make normal tests too optimistic. */
const FEW_UNITS = 40;

export const steppedWedgeAnalysis: AnalysisModel<SteppedWedgeAnalysis, PreparedWedge> = {
  prepare,

  replicates: {
    count: ({ permutation }) => replicateCount(permutation),
    run: ({ permutation, analysis }, seed, from, to) => wedgeReplicates(permutation!, analysis, seed, from, to),
  },

  analyse: (prepared, random) => {
    const { analysis, frame, model, wedge, contrasts, outcome, path } = prepared;
    const { family, level } = analysis;
    const { kinds, method } = wedgeInference(analysis);
    const clusters = clustersBy(wedge, frame, model.cluster);
    const isMixed = frame.Z.length > 0 || model.correlation === "decay";
    const done = fitWedge(frame, {
      family,
      method,
      inference: kinds,
      clusters,
      unitPeriod: `${model.cluster}:${model.period}`,
      exposure: model.effect === "random-exposure" ? madeColumns(model).exposure : null,
      unit: outcome.unit,
      decay: decayOf(prepared),
      level,
      path,
    });
    const { base, fits, diagnostics } = done;
    const primary = fits.find(({ kind }) => kind === kinds[0]);
    const few = kinds[0] === "normal" && clusters.levels.length < FEW_UNITS;
    const measures = MEASURES[family];
    const estimates = (fit: Fit, suffix: string): Estimate[] =>
      contrasts.map(({ name, L }) =>
        contrast(fit, L, {
          name: `${name}${suffix}`,
          measure: measures.effect,
          unit: family === "gaussian" ? outcome.unit : null,
          level,
        }),
      );
    const effects = primary === undefined ? [] : estimates(primary.fit, "");
    const predicted = predictedRows(done.predicted ?? [], measures.effect, outcome.unit, level);
    const ratios =
      measures.ratio === null
        ? []
        : effects.map((one) => toRatio(one, `${measures.ratio}:${one.name}`, measures.ratio!));
    const beside = besideTheModel(prepared, random);
    return {
      method: methodInWords(analysis, method, kinds[0]!, isMixed),
      criterion: !isMixed && family === "gaussian" ? null : method,
      clusters: {
        column: model.cluster,
        hasRandomEffects: model.correlation === "decay" || frame.Z.some(({ group }) => group === model.cluster),
      },
      standardErrors: STANDARD_ERRORS[kinds[0]!],
      degreesOfFreedom: DEGREES_OF_FREEDOM[kinds[0]!],
      ...(family === "gaussian" ? {} : { integral: { family, points: 1 } }),
      groups: { ...base.n.groups, [model.cluster]: clusters.levels.length },
      likelihood: { logLik: base.logLik, parameters: base.parameters },
      converged: base.converged && primary !== undefined,
      singular: base.singular,
      iterations: base.iterations,
      problems: [
        ...done.problems,
        ...(predicted.length > 0 ? [wedgePredictedExposures(path)] : []),
        ...(few ? [wedgeFewUnits(path, model.cluster, clusters.levels.length)] : []),
        ...beside.problems,
      ],
      estimates:
        primary === undefined
          ? []
          : [
              ...predicted.slice(0, -1),
              ...effects,
              ...predicted.slice(-1),
              ...ratios,
              ...fits.flatMap(({ kind, fit }) => estimates(fit, `@${kind}`)),
              ...beside.estimates,
              ...effectTests(primary.fit, prepared),
              ...done.tests,
              ...coefficientRows(primary.fit, frame, level),
              ...done.components,
            ],
      wedge: wedgeDisplay(prepared),
      profile: null,
      diagnostics:
        diagnostics === null
          ? null
          : { fitted: diagnostics.fitted, residuals: diagnostics.residuals, modes: modesOf(diagnostics.random) },
    };
  },
};

/** The decaying term of a model that has one. */
const decayOf = ({ model, wedge, frame }: Pick<PreparedWedge, "model" | "wedge" | "frame">) =>
  model.correlation === "decay" ? decayingTerm(wedge, model, frame.rows) : null;

const MEASURES = {
  gaussian: { effect: "mean-difference", ratio: null },
  binomial: { effect: "log-odds-ratio", ratio: "odds-ratio" },
  poisson: { effect: "log-rate-ratio", ratio: "rate-ratio" },
} as const;

const STANDARD_ERRORS: Record<WedgeInference, string> = {
  "kenward-roger": "kenward-roger",
  satterthwaite: "model",
  normal: "model",
  residual: "classical",
  cr3: "CR3",
  "mancl-derouen": "mancl-derouen",
};

const DEGREES_OF_FREEDOM: Record<WedgeInference, string> = {
  "kenward-roger": "kenward-roger",
  satterthwaite: "satterthwaite",
  normal: "normal",
  residual: "residual",
  cr3: "units",
  "mancl-derouen": "units",
};

// ── before the fit ──────────────────────────────────────────────────────────────────────────────

function prepare(input: AnalysisInput<SteppedWedgeAnalysis>): PreparedWedge {
  const { plan, table, analysis, path } = input;
  const found = wedgeModelOf(plan, analysis, path);
  if ("problems" in found) throw new ProblemError(found.problems);
  const { model } = found;
  const { where } = analysis;
  const keep = (text: string) => Uint8Array.from(evaluateCondition(text, table, path), (v) => (v < 0 ? 2 : v));
  const condition = where === undefined ? undefined : { text: where, keep: keep(where) };
  const data = wedgeData(input, model, condition);
  const { table: wedge, exposure, spline } = wedgeTable(data.table, model, data.switched);
  const leftOut = new Set(data.leftOut.values());
  /** @param withLeftOut  also the rows that the design leaves out, which other switches would not. */
  const frameOf = (of: WedgeModel, withLeftOut = false): ModelFrame =>
    modelFrame({
      formula: parseFormula(wedgeFormula(of), { path }),
      table: wedge,
      path,
      also: [
        ...data.needed.filter((name) => !(withLeftOut && leftOut.has(name))),
        ...(model.time === undefined ? [] : [model.time]),
      ],
      residual: analysis.family === "gaussian",
      ...(condition === undefined ? {} : { where: condition }),
    });
  const frame = frameOf(model);
  const times = [...new Set(Array.from(frame.rows, (row) => exposure[row]!))]
    .filter((s) => s > 0)
    .sort((a, b) => a - b);
  const problems = [
    ...frame.problems,
    ...conditionProblems(frame, wedge, model, path),
    ...exposureProblems(model, times.length, spline === null, path),
  ];
  if (problems.some(isError)) throw new ProblemError(problems.filter(isError));
  const contrasts = wedgeContrasts(model, frame.names, times, spline);
  const columns = rankProblems(frame.X, qr(frame.X), frame.names, path);
  const { cells, permutation, problems: ofCells } = cellsAndPermutation(input, data, model, frameOf);
  return {
    ...input,
    model,
    wedge,
    data,
    cells,
    permutation,
    frame,
    contrasts,
    rows: frame.rows,
    excluded: excludedBy(frame, data),
    outcome: outcomeOf(plan, analysis.outcome),
    references: frame.design.variables.flatMap((variable) =>
      variable.kind === "factor" ? [{ column: variable.name, level: variable.levels[0]! }] : [],
    ),
    estimateNames: [
      ...contrasts.flatMap(({ name }) => [name, ...wedgeInference(analysis).kinds.map((kind) => `${name}@${kind}`)]),
      ...(model.effect === "random-exposure" && analysis.family === "gaussian"
        ? [...times.map((s) => `effect:exposure@${s}`), "effect:lte"]
        : []),
      ...(analysis.vertical === undefined ? [] : ["effect:vertical"]),
      ...(analysis.permutation === undefined ? [] : [permutationName(analysis)]),
    ],
    problems: [
      ...data.problems,
      ...ofCells,
      ...problems,
      ...columns,
      ...outcomeProblems(frame, table, analysis.family),
      ...decayProblems({ model, wedge, frame }, path),
      ...(columns.length === 0 && analysis.family === "gaussian" ? designProblems(frame, path) : []),
    ],
  };
}

/** What decay cannot have: random effects that units share, and units of one period each. */
function decayProblems(parts: Pick<PreparedWedge, "model" | "wedge" | "frame">, path: string): Problem[] {
  const decay = decayOf(parts);
  return decay === null ? [] : decayingProblems(decay, parts.frame.Z, path);
}

/** What the within-period estimator and the permutation test work on; null where neither is asked for. */
function cellsAndPermutation(
  { table, analysis, path }: AnalysisInput<SteppedWedgeAnalysis>,
  data: WedgeData,
  model: WedgeModel,
  frameOf: (model: WedgeModel, withLeftOut: boolean) => ModelFrame,
): Pick<PreparedWedge, "cells" | "permutation" | "problems"> {
  const outcome = table.columns.get(analysis.outcome);
  const isAsked = analysis.permutation !== undefined || analysis.vertical !== undefined;
  if (!isAsked || outcome?.kind !== "number") return { cells: null, permutation: null, problems: [] };
  const cells = analysis.family === "gaussian" ? cellsOf(data, model, outcome.values, path) : null;
  if (analysis.permutation === undefined) return { cells, permutation: null, problems: [] };
  const permuted = comparesRows(analysis) ? frameOf(permutedModel(model, analysis), true) : null;
  const frame = permuted === null || qr(permuted.X).rank < permuted.X.cols ? null : permuted;
  return { cells, ...wedgePermutation({ data, cells, model, frame }, analysis, path) };
}

/** Rows left out by the design have its reason. */
const excludedBy = ({ excluded }: ModelFrame, { leftOut }: WedgeData): Exclusion[] =>
  excluded.map((exclusion) => {
    const reason = [...leftOut].find(([, column]) => column === exclusion.detail)?.[0];
    return exclusion.reason === "missing" && reason !== undefined ? { ...exclusion, reason, detail: "" } : exclusion;
  });

/** The within-period estimate, and that of the permutation test. */
function besideTheModel(
  { analysis, cells, data, permutation, outcome, path }: PreparedWedge,
  { seed, replicates }: RandomPart,
): { readonly estimates: readonly Estimate[]; readonly problems: readonly ReportedProblem[] } {
  const { vertical, level } = analysis;
  const within =
    vertical === undefined || cells === null ? [] : [verticalRow(cells, data, vertical, outcome.unit, level)];
  if (permutation === null) return { estimates: within, problems: [] };
  const all = replicates ?? wedgeReplicates(permutation, analysis, seed, 0, replicateCount(permutation));
  const { estimate, problems } = permutationEstimate(permutation, all, analysis, outcome.unit, seed, path);
  return { estimates: [...within, ...(estimate === null ? [] : [estimate])], problems };
}

/** Rows of one condition only. */
function conditionProblems({ rows }: ModelFrame, table: Table, { treated }: WedgeModel, path: string): Problem[] {
  const column = table.columns.get(treated)!;
  if (column.kind !== "number") return [];
  const first = column.values[rows[0]!]!;
  return rows.every((row) => column.values[row] === first) ? [wedgeOneCondition(path, treated, first)] : [];
}

function exposureProblems(
  { effect, exposureDf }: WedgeModel,
  found: number,
  noSpline: boolean,
  path: string,
): Problem[] {
  if (effect === "exposure-spline" && (noSpline || found < exposureDf))
    return [wedgeFewExposures(path, exposureDf, found)];
  const needed = effect === "random-exposure" ? 3 : effect === "exposure-time" ? 2 : 0;
  return found < needed ? [wedgeFewExposures(path, needed, found)] : [];
}

// ── estimates ───────────────────────────────────────────────────────────────────────────────────

/** That all effects are zero, and that they do not depend on exposure time; for effects that may. */
function effectTests(fit: Fit, { contrasts, analysis, frame }: PreparedWedge): Estimate[] {
  const p = frame.names.length;
  const each = contrasts.filter(({ name }) => name.startsWith("effect:exposure@"));
  if (each.length < 2) return [];
  const independent = (rows: readonly Float64Array[]): Matrix => {
    const all: Matrix = { rows: rows.length, cols: p, data: Float64Array.from(rows.flatMap((row) => [...row])) };
    // A spline has fewer parameters than exposure times: its first independent rows say all.
    const transposed: Matrix = { rows: p, cols: rows.length, data: new Float64Array(p * rows.length) };
    for (let i = 0; i < rows.length; i++)
      for (let j = 0; j < p; j++) transposed.data[j * rows.length + i] = all.data[i * p + j]!;
    const dependent = new Set(qr(transposed).aliased.map(({ column }) => column));
    const kept = rows.filter((_, i) => !dependent.has(i));
    return { rows: kept.length, cols: p, data: Float64Array.from(kept.flatMap((row) => [...row])) };
  };
  const rows = each.map(({ L }) => L);
  const differences = rows.slice(1).map((L) => L.map((v, j) => v - rows[0]![j]!));
  return [
    jointTest(fit, independent(rows), "test:effect", analysis.level),
    jointTest(fit, independent(differences), "test:effect-constant", analysis.level),
  ];
}

function coefficientRows(fit: Fit, { names, design }: ModelFrame, level: number): Estimate[] {
  return names.map((name, j) => {
    const L = new Float64Array(names.length);
    L[j] = 1;
    const measure = name === "(Intercept)" && design.intercept ? "intercept" : "slope";
    return contrast(fit, L, { name: `coefficient:${name}`, measure, unit: null, level });
  });
}

/** What figures and tables show of the data, whatever the model. */
function wedgeDisplay({ plan, analysis, model, data, frame }: PreparedWedge): WedgeDisplay {
  const { name, unit } = outcomeOf(plan, model.period);
  return {
    design: data.design,
    unit: outcomeOf(plan, model.cluster).name,
    period: { name, unit },
    outcome: wedgeOutcome(data, analysis.outcome, frame.rows, analysis.family === "binomial"),
    exposure: data.exposure,
  };
}

/** Predicted effects of random exposure times, and last that of the longest, as `effect:lte`. */
function predictedRows(
  predicted: readonly PredictedEffect[],
  measure: string,
  unit: string | null,
  level: number,
): Estimate[] {
  const rows = predicted.map(({ level: s, value, se, df }) =>
    waldEstimate(value, se, df, { name: `effect:exposure@${s}`, measure, unit, level }),
  );
  return [...rows, ...rows.slice(-1).map((row) => ({ ...row, name: "effect:lte" }))];
}

// ── words ───────────────────────────────────────────────────────────────────────────────────────

const KIND_WORDS: Record<WedgeInference, string> = {
  "kenward-roger": "Kenward–Roger standard errors and degrees of freedom",
  satterthwaite: "model-based standard errors, Satterthwaite degrees of freedom",
  cr3: "CR3 standard errors by unit, t with units − 2 degrees of freedom",
  "mancl-derouen": "Mancl–DeRouen standard errors by unit, t with units − 2 degrees of freedom",
  residual: "classical standard errors, residual degrees of freedom",
  normal: "model-based standard errors, normal approximation",
};

function methodInWords(
  { family }: SteppedWedgeAnalysis,
  method: "REML" | "ML",
  kind: WedgeInference,
  isMixed: boolean,
): string {
  const models = {
    gaussian: isMixed ? `linear mixed model, ${method}` : "linear model, least squares",
    binomial: isMixed
      ? "logistic mixed model, maximum likelihood by Laplace's approximation"
      : "logistic regression, maximum likelihood",
    poisson: isMixed
      ? "Poisson mixed model, maximum likelihood by Laplace's approximation"
      : "Poisson regression, maximum likelihood",
  };
  return `stepped wedge: ${models[family]}, ${KIND_WORDS[kind]}`;
}
