/** What a stepped-wedge analysis of a plan means: its columns, from its keys or the trial's roles, and its inference. */
import {
  type Problem,
  wedgeExposureTypes,
  wedgeInferenceWith,
  wedgeKeyUnused,
  wedgeNeedsNumber,
  wedgePermutationWith,
  wedgeRoleMissing,
  wedgeTreatedOrExposure,
  wedgeTreatedType,
} from "../problem.js";
import type { WedgeInference } from "../stepped-wedge/fit-wedge.js";
import type { WedgeModel } from "../stepped-wedge/wedge-model.js";
import { columnOfName, type Plan, type SteppedWedgeAnalysis } from "./plan.js";

type RolesOfPlan = Pick<Plan, "columns" | "trial">;

/** The columns that an analysis names or takes from the roles of `trial`; null where neither has one. */
export function wedgeColumns(plan: RolesOfPlan, analysis: SteppedWedgeAnalysis) {
  const named = (name: string): string => columnOfName(plan, name) ?? name;
  const cluster = analysis.cluster ?? plan.trial?.clusters?.[0];
  const period = analysis.period ?? plan.trial?.period;
  return {
    cluster: cluster === undefined ? null : named(cluster),
    period: period === undefined ? null : named(period),
    participant: analysis.participant === undefined ? null : named(analysis.participant),
  };
}

/**
 * The model of an analysis, or why there is none.
 * @param path  Of the analysis, or where a key stands.
 */
export function wedgeModelOf(
  plan: RolesOfPlan,
  analysis: SteppedWedgeAnalysis,
  path: string,
  where: (key: string) => string = () => path,
): { readonly model: WedgeModel } | { readonly problems: readonly Problem[] } {
  const { cluster, period, participant } = wedgeColumns(plan, analysis);
  const problems: Problem[] = [
    ...(cluster === null ? [wedgeRoleMissing(where("cluster"), "cluster", "trial.clusters")] : []),
    ...(period === null ? [wedgeRoleMissing(where("period"), "period", "trial.period")] : []),
    ...keyProblems(plan, analysis, period, where),
  ];
  if (cluster === null || period === null || problems.length > 0) return { problems };
  const { time, random = [], covariates = [] } = analysis;
  const isNumber = (name: string): boolean => isNumberType(typeOf(plan, name));
  return {
    model: {
      outcome: analysis.outcome,
      cluster,
      period,
      treated: treatedColumn(plan, analysis),
      periodIsNumber: isNumber(period),
      clusterIsNumber: isNumber(cluster),
      ...(time === undefined ? {} : { time }),
      periodEffects: analysis["period-effects"],
      periodDf: analysis["period-df"] ?? 3,
      effect: analysis.effect,
      exposureDf: analysis["exposure-df"] ?? 3,
      correlation: analysis.correlation,
      clusterEffects: analysis["cluster-effects"],
      randomTreatment: analysis["random-treatment"],
      ...(participant === null ? {} : { participant }),
      random,
      covariates,
      taken: Object.keys(plan.columns),
    },
  };
}

/** The column that says who is treated: the plan's, or the one that `exposure` is worked out into. */
export function treatedColumn({ columns }: RolesOfPlan, { treated }: SteppedWedgeAnalysis): string {
  const free = (name: string): string => (Object.hasOwn(columns, name) ? free(`${name}.`) : name);
  return treated ?? free("treated");
}

const typeOf = ({ columns }: RolesOfPlan, name: string): string | undefined =>
  Object.hasOwn(columns, name) ? columns[name]!.type : undefined;

const isNumberType = (type: string | undefined): boolean => type === "number" || type === "date" || type === "binary";

/** Keys that do not go together, and columns of a type that the model cannot use. */
function keyProblems(
  plan: RolesOfPlan,
  analysis: SteppedWedgeAnalysis,
  period: string | null,
  where: (key: string) => string,
): Problem[] {
  const { treated, time, effect, family, correlation } = analysis;
  const problems: Problem[] = [];
  if ((treated === undefined) === (analysis.exposure === undefined))
    problems.push(wedgeTreatedOrExposure(where("treated"), treated !== undefined));
  const ofTreated = treated === undefined ? undefined : typeOf(plan, treated);
  if (ofTreated !== undefined && ofTreated !== "binary")
    problems.push(wedgeTreatedType(where("treated"), treated!, ofTreated));
  problems.push(...exposureTypes(plan, analysis, where), ...permutationProblems(analysis, where));
  const periods = analysis["period-effects"];
  if (periods !== "categorical") {
    const calendar = time ?? period ?? "";
    const type = typeOf(plan, calendar);
    if (type !== undefined && !isNumberType(type))
      problems.push(wedgeNeedsNumber(where("period-effects"), `period-effects: ${periods}`, calendar, type));
  }
  const ofTime = time === undefined ? undefined : typeOf(plan, time);
  if (ofTime !== undefined && !isNumberType(ofTime))
    problems.push(wedgeNeedsNumber(where("time"), "time", time!, ofTime));
  if (time !== undefined && periods === "categorical" && correlation !== "decay")
    problems.push(wedgeKeyUnused(where("time"), "time", 'linear or spline "period-effects", and "correlation: decay"'));
  if (analysis["period-df"] !== undefined && periods !== "spline")
    problems.push(wedgeKeyUnused(where("period-df"), "period-df", '"period-effects: spline"'));
  if (analysis["exposure-df"] !== undefined && effect !== "exposure-spline")
    problems.push(wedgeKeyUnused(where("exposure-df"), "exposure-df", '"effect: exposure-spline"'));
  if (family !== "gaussian" && analysis.method === "REML")
    problems.push(wedgeInferenceWith(where("method"), "REML", `with "family: ${family}"`));
  if (correlation === "decay") {
    if (analysis["cluster-effects"] === "fixed")
      problems.push(wedgeInferenceWith(where("correlation"), "decay", 'with "cluster-effects: fixed"'));
    if (effect === "random-exposure")
      problems.push(wedgeInferenceWith(where("correlation"), "decay", 'with "effect: random-exposure"'));
  }
  const possible = possibleInference(analysis);
  for (const key of ["df", "inference"] as const) {
    const asked = analysis[key] === undefined ? [] : [analysis[key]].flat();
    for (const kind of asked)
      if (!possible.includes(kind)) problems.push(wedgeInferenceWith(where(key), kind, reasonAgainst(analysis, kind)));
  }
  return problems;
}

/** Enrolment, visit and switch are on one scale: all dates, or all numbers. */
function exposureTypes(
  plan: RolesOfPlan,
  { exposure }: SteppedWedgeAnalysis,
  where: (key: string) => string,
): Problem[] {
  if (exposure === undefined) return [];
  const names = [exposure.enrolled, exposure.visited, exposure.switch];
  const types = names.map((name) => typeOf(plan, name));
  if (types.includes(undefined) || types.every((type) => type === "date") || types.every((type) => type === "number"))
    return [];
  return [
    wedgeExposureTypes(
      where("exposure"),
      names.map((name, i) => `${name} (${types[i]})`),
    ),
  ];
}

/** What the within-period estimator and permutation inference cannot be had with. */
function permutationProblems(
  { permutation, vertical, family, exposure }: SteppedWedgeAnalysis,
  where: (key: string) => string,
): Problem[] {
  const problems: Problem[] = [];
  if (family !== "gaussian" && vertical !== undefined)
    problems.push(wedgeKeyUnused(where("vertical"), "vertical", '"family: gaussian"'));
  if (permutation === undefined) return problems;
  if (family !== "gaussian" && permutation.statistic === "vertical")
    problems.push(wedgePermutationWith(where("permutation"), `"family: ${family}" and "statistic: vertical"`));
  if (exposure !== undefined && permutation.statistic === "vertical")
    problems.push(wedgePermutationWith(where("permutation"), '"exposure" and "statistic: vertical"'));
  return problems;
}

/** Whether the model has random effects at all. */
const isMixed = (analysis: SteppedWedgeAnalysis): boolean =>
  analysis["cluster-effects"] === "random" ||
  analysis.correlation !== "exchangeable" ||
  analysis["random-treatment"] ||
  analysis.effect === "random-exposure" ||
  analysis.participant !== undefined ||
  (analysis.random ?? []).length > 0;

/** The kinds of inference that the model has, the default first. */
function possibleInference(analysis: SteppedWedgeAnalysis): WedgeInference[] {
  if (analysis.family !== "gaussian") return ["normal", "mancl-derouen"];
  if (!isMixed(analysis)) return ["residual", "cr3", "normal"];
  const robust: WedgeInference[] = analysis.effect === "random-exposure" ? [] : ["cr3"];
  const adjusted: WedgeInference[] = analysis.method === "ML" ? [] : ["kenward-roger"];
  return [...adjusted, "satterthwaite", ...robust, "normal"];
}

function reasonAgainst(analysis: SteppedWedgeAnalysis, kind: WedgeInference): string {
  if (kind === "kenward-roger" && analysis.method === "ML") return 'with "method: ML"';
  if (kind === "cr3" && analysis.effect === "random-exposure") return "with effects that all units share";
  if (analysis.family !== "gaussian") return `with "family: ${analysis.family}"`;
  if (kind === "mancl-derouen") return 'with "family: gaussian", where "cr3" is the same correction';
  return isMixed(analysis) ? "with random effects" : "without random effects";
}

/** The kinds of inference of an analysis, the primary one first, and its criterion. */
export function wedgeInference(analysis: SteppedWedgeAnalysis): {
  readonly kinds: readonly WedgeInference[];
  readonly method: "REML" | "ML";
} {
  const possible = possibleInference(analysis);
  const primary = analysis.df ?? possible[0]!;
  const beside = analysis.inference ?? possible.filter((kind) => kind !== "normal" || analysis.family !== "gaussian");
  const method = analysis.family === "gaussian" ? (analysis.method ?? "REML") : "ML";
  return { kinds: [...new Set([primary, ...beside])], method };
}
