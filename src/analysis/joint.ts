/** `model: joint`: the effect of designs A and B together, from two other analyses of the plan. */
import { toOrderedFactor } from "../formula/factor-levels.js";
import type { Exclusion, Frame } from "../formula/frame.js";
import type { GroupingFactor } from "../formula/grouping-factor.js";
import { contrast, waldEstimate } from "../inference/contrast.js";
import type { Estimate } from "../inference/estimate.js";
import type { Fit } from "../inference/fit.js";
import { rankProblems } from "../inference/full-rank.js";
import { fitLinearMixed } from "../mixed/linear-mixed.js";
import { fitResidualStrata, type ResidualStrataFit } from "../mixed/residual-strata.js";
import { componentEstimate, logScale, randomComponents } from "../mixed/variance-components.js";
import { qr } from "../numeric/qr.js";
import type { JointAnalysis, MixedAnalysis, SteppedWedgeAnalysis } from "../plan/plan.js";
import { wedgeInference } from "../plan/wedge-plan.js";
import {
  isError,
  jointOutcomes,
  jointOverlap,
  jointPartInference,
  jointPartNotConverged,
  jointUnknownEffect,
  type Problem,
  ProblemError,
} from "../problem.js";
import {
  combineDesigns,
  type DesignEstimate,
  type DesignPart,
  differenceOfDesigns,
  stackDesigns,
} from "../stepped-wedge/joint.js";
import { suggest } from "../suggestion.js";
import type { AnalysisInput, AnalysisModel, PreparedAnalysis } from "./analysis-model.js";
import { jointEffectProblems } from "./joint-effect.js";
import { baselineSdOfDesigns, standardisedEffects } from "./joint-standardised.js";
import { mixedAnalysis } from "./mixed.js";
import { dfWords, jointRandomProblems, modesOf } from "./random-terms.js";
import { steppedWedgeAnalysis } from "./stepped-wedge.js";

interface PreparedPart extends DesignPart {
  readonly analysis: MixedAnalysis | SteppedWedgeAnalysis;
  readonly frame: Frame;
  readonly prepared: PreparedAnalysis;
}

interface PreparedJoint extends PreparedAnalysis<JointAnalysis> {
  readonly parts: readonly PreparedPart[];
}

type PreparedMixed = ReturnType<typeof mixedAnalysis.prepare>;
type PreparedWedge = ReturnType<typeof steppedWedgeAnalysis.prepare> & { readonly frame: Frame };

const DESIGNS = ["individual", "stepped-wedge"] as const;

export const jointAnalysis: AnalysisModel<JointAnalysis, PreparedJoint> = {
  prepare,

  analyse: (prepared) => {
    const { analysis, parts, outcome, path } = prepared;
    const { method, df, level } = analysis;
    const { unit } = outcome;
    const labels = Object.keys(analysis.effects);
    const alone = parts.map(({ frame, strata }) =>
      strata === null
        ? fitLinearMixed(frame, { method, df, path })
        : fitResidualStrata(frame, strata, { method, df, path }),
    );
    const { frame, strata } = stackDesigns(parts, labels);
    const joint = fitResidualStrata(frame, strata, { method, df, path });
    const failed = alone.flatMap((fit, i) =>
      fit.converged ? [] : [jointPartNotConverged(path, parts[i]!.name, prepared.analysis[parts[i]!.name as Design])],
    );
    const converged = joint.converged && failed.length === 0;
    const effects = effectsOf(labels);
    const label = (name: string) => ({ name, measure: "mean-difference", unit, level });
    const estimates = effects.flatMap(({ suffix, weights }): Estimate[] => {
      const own = parts.map(({ name, effects: terms }, i) =>
        contrast(alone[i]!, rowOf(alone[i]!, terms, weights), label(`effect:${name}${suffix}`)),
      );
      const [a, b] = own.map(asDesignEstimate) as [DesignEstimate, DesignEstimate];
      const both = combineDesigns([a, b]);
      const difference = differenceOfDesigns(a, b);
      return [
        ...own,
        contrast(joint, rowOf(joint, labels, weights), label(`effect:joint${suffix}`)),
        waldEstimate(both.value, both.se, both.df, label(`effect:two-stage${suffix}`)),
        waldEstimate(difference.value, difference.se, difference.df, label(`effect:individual-stepped-wedge${suffix}`)),
        ...parts.map(({ name }, i) => share(`weight:${name}${suffix}`, both.weights[i]!, level)),
      ];
    });
    const sds = strata.levels.map((_, s) => Math.sqrt(joint.sigma.data[s * (strata.levels.length + 1)]!));
    return {
      method: `joint model of individual randomisation and stepped wedge, one common effect, variances of each design's own, linear mixed model, ${method}, ${dfWords[df]}; two stages: inverse-variance weights`,
      criterion: method,
      standardErrors: df === "kenward-roger" ? "kenward-roger" : "model",
      degreesOfFreedom: df,
      groups: groupsOf(parts),
      likelihood: { logLik: joint.logLik, parameters: joint.parameters },
      converged,
      singular: joint.singular,
      iterations: joint.iterations,
      problems: [...joint.problems.filter((problem) => !isRepeated(problem, alone)), ...failed],
      estimates: converged
        ? [
            ...estimates,
            ...standardisedOf(prepared, estimates),
            ...joint.names.map((name, j) =>
              contrast(joint, unitRow(joint.names.length, j), {
                name: `coefficient:${name}`,
                measure: labels.includes(name) ? "mean-difference" : "slope",
                unit: null,
                level,
              }),
            ),
            ...components(joint, strata, parts, unit, level),
          ]
        : [],
      profile: null,
      diagnostics: {
        fitted: joint.fitted,
        residuals: joint.residuals.map((v, row) => v / sds[strata.codes[row]!]!),
        modes: modesOf(joint.random),
      },
    };
  },
};

type Design = (typeof DESIGNS)[number];

/** In standard deviations of the baseline, where the plan asks for them. */
function standardisedOf({ plan, table, parts, analysis }: PreparedJoint, estimates: readonly Estimate[]): Estimate[] {
  if (analysis.baseline === undefined) return [];
  const rows = parts.map(({ prepared }) => prepared.rows);
  return standardisedEffects(estimates, baselineSdOfDesigns(plan, table, rows, analysis.baseline));
}

/** The joint fit's own problems; nothing is repeated of the fits of one design. */
const isRepeated = ({ code }: Problem, alone: readonly Fit[]): boolean =>
  code === "fit.few-clusters" && alone.some(({ problems }) => problems.some((other) => other.code === code));

// ── before the fit ──────────────────────────────────────────────────────────────────────────────

function prepare(input: AnalysisInput<JointAnalysis>): PreparedJoint {
  const { analysis, path } = input;
  const parts = DESIGNS.map((design) => preparePart(input, design));
  const problems = parts.flatMap((part) => [
    ...part.prepared.problems.filter(isError),
    ...unknownEffects(part, analysis, path),
  ]);
  const [a, b] = parts.map(({ prepared }) => new Set(prepared.rows)) as [Set<number>, Set<number>];
  const both = [...a].filter((row) => b.has(row)).length;
  if (both > 0) problems.push(jointOverlap(path, analysis.individual, analysis["stepped-wedge"], both));
  const [individual, wedge] = DESIGNS.map((design, i) => ({
    id: analysis[design],
    outcome: parts[i]!.frame.responseName,
  })) as [{ id: string; outcome: string }, { id: string; outcome: string }];
  if (individual.outcome !== wedge.outcome) problems.push(jointOutcomes(path, individual, wedge));
  if (problems.length > 0) throw new ProblemError(problems);
  const ofEffects = jointEffectProblems(input, parts as [PreparedPart, PreparedPart]);
  if (ofEffects.some(isError)) throw new ProblemError(ofEffects.filter(isError));

  const [first] = parts;
  const { frame } = stackDesigns(parts, Object.keys(analysis.effects));
  const used = [...a, ...b].sort((x, y) => x - y);
  return {
    ...input,
    parts,
    rows: Int32Array.from(used),
    excluded: excludedByBoth(parts, new Set(used)),
    outcome: first!.prepared.outcome,
    references: [],
    estimateNames: effectsOf(Object.keys(analysis.effects)).flatMap(({ suffix }) =>
      [...DESIGNS, "joint", "two-stage", "individual-stepped-wedge"].map((name) => `effect:${name}${suffix}`),
    ),
    problems: [
      ...ofEffects,
      ...parts.flatMap(({ name, analysis: part }) => inferenceProblems(name as Design, part, analysis, path)),
      ...rankProblems(frame.X, qr(frame.X), frame.names, path),
      ...jointRandomProblems(analysis.df, frame, path),
    ],
  };
}

/** As the analysis of its own where that is prepared already: it is fitted once then. */
function preparePart(
  { plan, table, tables, analysis, others }: AnalysisInput<JointAnalysis>,
  design: Design,
): PreparedPart {
  const id = analysis[design];
  const part = plan.analyses.find((one) => one.id === id) as MixedAnalysis | SteppedWedgeAnalysis;
  const effects = Object.values(analysis.effects).map((effect) => effect[design]);
  const common = { plan, table, tables, path: `analysis "${id}"` };
  const known = others?.get(id);
  const ready = known?.table === table && known.path === common.path ? known : undefined;
  if (part.model === "stepped-wedge") {
    const prepared = (ready ?? steppedWedgeAnalysis.prepare({ ...common, analysis: part })) as PreparedWedge;
    return { name: design, analysis: part, frame: prepared.frame, strata: null, effects, prepared };
  }
  const prepared = (ready ?? mixedAnalysis.prepare({ ...common, analysis: part })) as PreparedMixed;
  const column = part["residual-by"];
  const strata = column === undefined ? null : toOrderedFactor(table, column, prepared.frame.rows);
  return { name: design, analysis: part, frame: prepared.frame, strata, effects, prepared };
}

/** Each design's own effect is fitted as the joint model is: with what its own analysis has otherwise, its line differs. */
function inferenceProblems(
  design: Design,
  part: MixedAnalysis | SteppedWedgeAnalysis,
  { method, df }: JointAnalysis,
  path: string,
): Problem[] {
  const own =
    part.model === "mixed"
      ? { method: part.method, df: part.df, vcov: part.vcov }
      : { method: wedgeInference(part).method, df: wedgeInference(part).kinds[0]!, vcov: "model" };
  const isProfile = part.model === "mixed" && part.interval === "profile";
  const other = [
    ...(own.vcov === "model" ? [] : [`"vcov: ${own.vcov}"`]),
    ...(own.df === df ? [] : [`"df: ${own.df}"`]),
    ...(own.method === method ? [] : [`"method: ${own.method}"`]),
    ...(isProfile ? ['"interval: profile"'] : []),
  ];
  return other.length === 0 ? [] : [jointPartInference(path, design, part.id, other)];
}

const unknownEffects = ({ name, frame, effects }: PreparedPart, analysis: JointAnalysis, path: string): Problem[] =>
  effects
    .filter((effect) => !frame.names.includes(effect))
    .map((effect) => jointUnknownEffect(path, effect, analysis[name as Design], suggest(effect, frame.names)));

/**
 * Rows that no design uses. One that a design chooses has that design's reason; one that neither chooses is left out by
 * both conditions together: it would have to meet one of them.
 */
export function excludedByBoth(
  parts: readonly { readonly prepared: Pick<PreparedAnalysis, "excluded"> }[],
  used: ReadonlySet<number>,
): Exclusion[] {
  const reasons = parts.map(
    ({ prepared }) => new Map(prepared.excluded.flatMap((one) => Array.from(one.rows, (row) => [row, one] as const))),
  );
  const isChoice = ({ reason }: Exclusion): boolean => reason === "where" || reason === "where-missing";
  const found = new Map<string, { readonly of: Omit<Exclusion, "rows">; readonly rows: number[] }>();
  const unused = [...new Set(reasons.flatMap((of) => [...of.keys()]))].filter((row) => !used.has(row));
  for (const row of unused.sort((a, b) => a - b)) {
    const own = reasons.flatMap((of) => of.get(row) ?? []);
    const { reason, detail } = own.find((one) => !isChoice(one)) ?? neitherChooses(own);
    const key = JSON.stringify([reason, detail]);
    const group = found.get(key) ?? { of: { reason, detail }, rows: [] };
    group.rows.push(row);
    found.set(key, group);
  }
  const groups = [...found.values()].map(({ of, rows }) => ({ ...of, rows: Int32Array.from(rows) }));
  // What is missing first, then what was not asked for.
  return [...groups.filter((one) => !isChoice(one)), ...groups.filter(isChoice)];
}

/** Neither condition is met; or that cannot be told, because a value that one of them asks for is missing. */
function neitherChooses(own: readonly Exclusion[]): Omit<Exclusion, "rows"> {
  const conditions = [...new Set(own.map(({ detail }) => detail))];
  const reason = own.some((one) => one.reason === "where-missing") ? "where-missing" : "where";
  return {
    reason,
    detail: conditions.length === 1 ? conditions[0]! : conditions.map((one) => `(${one})`).join(" || "),
  };
}

// ── effects ─────────────────────────────────────────────────────────────────────────────────────

interface JointEffect {
  /** Empty for the only effect; `@12 months`; `@overall` for their mean. */
  readonly suffix: string;
  /** Over the effects. */
  readonly weights: readonly number[];
}

function effectsOf(labels: readonly string[]): JointEffect[] {
  if (labels.length === 1) return [{ suffix: "", weights: [1] }];
  const each = labels.map((label, i) => ({ suffix: `@${label}`, weights: labels.map((_, j) => (i === j ? 1 : 0)) }));
  return [...each, { suffix: "@overall", weights: labels.map(() => 1 / labels.length) }];
}

function rowOf({ names }: Fit, terms: readonly string[], weights: readonly number[]): Float64Array {
  const L = new Float64Array(names.length);
  terms.forEach((term, i) => {
    L[names.indexOf(term)] = weights[i]!;
  });
  return L;
}

const unitRow = (p: number, j: number): Float64Array => Float64Array.from({ length: p }, (_, i) => (i === j ? 1 : 0));

const asDesignEstimate = ({ estimate, se, df }: Estimate): DesignEstimate => ({
  value: estimate ?? Number.NaN,
  se: se ?? Number.NaN,
  df: df ?? Number.POSITIVE_INFINITY,
});

function share(name: string, estimate: number, level: number): Estimate {
  const none = { se: null, df: null, statistic: null, p: null, lower: null, upper: null };
  return { name, measure: "weight", unit: null, estimate, ...none, level };
}

// ── variances ───────────────────────────────────────────────────────────────────────────────────

/** `sd:unit:individual`, …, `sd:residual:stepped-wedge`. */
function components(
  fit: ResidualStrataFit,
  { levels }: GroupingFactor,
  parts: readonly DesignPart[],
  unit: string | null,
  level: number,
): Estimate[] {
  const named = parts.flatMap(({ name, frame }) => frame.Z.map(({ group, names }) => ({ name, group, names })));
  const random = fit.random.flatMap((term, t) => {
    const { name, group, names } = named[t]!;
    const own = names.map((column) => (column === "(Intercept)" ? name : `${name}: ${column}`));
    return randomComponents({ ...fit, random: [{ ...term, group, names: own }] }, unit, level).map((one) =>
      one.name === `sd:${group}:${name}` ? { ...one, unit } : one,
    );
  });
  const estimate = componentEstimate(fit.parameterCovariance, level);
  const residual = levels.map((stratum, s) => {
    const at = s * (levels.length + 1);
    const sd = Math.sqrt(fit.sigma.data[at]!);
    const gradient = Float64Array.from(fit.sigmaSlopes, ({ data }) => data[at]! / (2 * sd));
    return estimate({ name: `sd:residual:${stratum}`, measure: "sd", unit }, sd, gradient, logScale);
  });
  return [...random, ...residual];
}

/** Levels of each group, over both designs. */
function groupsOf(parts: readonly PreparedPart[]): Record<string, number> {
  const levels = new Map<string, Set<string>>();
  for (const { frame } of parts)
    for (const term of frame.Z) {
      const known = levels.get(term.group) ?? new Set<string>();
      for (const level of term.levels) known.add(level);
      levels.set(term.group, known);
    }
  return Object.fromEntries([...levels].map(([group, known]) => [group, known.size]));
}
