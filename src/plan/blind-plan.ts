/**
 * A plan for an analysis before the code is broken (`--blind`): the arms are called X and Y.
 *
 * The plan itself says which arm is which, so it may not say it of X and Y. Here X takes the place of the control arm and
 * Y that of the intervention arm wherever the plan names them: levels, expressions, formulas, names of estimates. Which of
 * the two groups in the data is called X is drawn when the data are read (`armNames`). Half of the time the whole analysis
 * is therefore that of the trial with its arms swapped, down to every derived column, and nothing in it tells which half.
 *
 * What cannot be hidden is left out: stepped-wedge models, in which every unit goes from control to treated, unless their
 * effect is that of the arm (then they are mixed models without the switch); joint models of what is left out; earlier
 * evidence; titles, labels and reasons that name an arm; populations whose rules do.
 */
import { renderName } from "../formula/expression.js";
import { randomStream } from "../numeric/random-stream.js";
import { formulaOf } from "./formula-of.js";
import { type Analysis, completeAnalysis, type Plan, type PlanContent, type SteppedWedgeAnalysis } from "./plan.js";

/** In the order of the plan's control and intervention. */
export const BLIND_ARMS = ["X", "Y"] as const;

/** What was done to blind a plan. */
export interface Blinding {
  /** Names of the arms in the data: control, intervention. */
  readonly arms: readonly [control: string, intervention: string];
  /** Factors that hold them. */
  readonly columns: readonly string[];
  /** Analyses that would show which arm is which. */
  readonly leftOut: readonly string[];
}

/** What the blind names stand for: by the name in the data that in the analysis. Drawn from the stream "blind" of the seed. */
export function armNames({ arms: [control, intervention] }: Blinding, seed: number): Readonly<Record<string, string>> {
  const [x, y] = BLIND_ARMS;
  const isSwapped = randomStream(seed, "blind", 0).below(2) === 1;
  return isSwapped ? { [control]: y, [intervention]: x } : { [control]: x, [intervention]: y };
}

/** The plan with its arms called X and Y; as it is when it names no arms, which `checkPlan` says. Before `expandPlan`. */
export function blindContent(
  content: PlanContent,
): { readonly content: PlanContent; readonly arms: Blinding["arms"] } | null {
  const arm = content.trial?.arm;
  if (arm === undefined) return null;
  const arms = [arm.control, arm.intervention] as const;
  const { evidence: _, ...rest } = content;
  const renamed = renameIn(rest, arms) as PlanContent;
  const columns = Object.entries(content.columns).map(([name, column]) => {
    const { label, ...others } = renamed.columns[name]!;
    const isShown = column.label !== undefined && !mentions(column.label, arms);
    return [
      name,
      withoutArmLabels(inOrder(isShown ? { ...others, label: column.label } : others, column, arms), column, arms),
    ];
  });
  const analyses = renamed.analyses.map((analysis, i) => {
    const { title } = content.analyses[i]!;
    const { title: __, ...others } = analysis;
    return title === undefined || mentions(title, arms) ? others : { ...others, title };
  });
  const populations = Object.entries(content.populations ?? {}).map(([name, { label, ...population }]) => [
    name,
    {
      ...population,
      ...(label === undefined || mentions(label, arms) ? {} : { label }),
      exclude: renamed.populations![name]!.exclude.map((rule, i) => {
        const { reason } = population.exclude[i]!;
        return { ...rule, reason: mentions(reason, arms) ? rule.where : reason };
      }),
    },
  ]);
  const blind = {
    ...renamed,
    title: content.title,
    columns: Object.fromEntries(columns),
    ...(content.populations === undefined ? {} : { populations: Object.fromEntries(populations) }),
    analyses,
  } as PlanContent;
  return { content: blind, arms };
}

/** Without the analyses that no swap of the arms can blind, and the tests on them. */
export function blindAnalyses(plan: Plan, arms: Blinding["arms"], original: PlanContent): Plan {
  // A rule for one arm alone, such as too few of the sessions that the other arm has not, shows by whom it leaves out.
  const uneven = Object.entries(original.populations ?? {})
    .filter(([, { exclude }]) => exclude.some(({ where }) => mentions(where, arms)))
    .map(([name]) => name);
  const joined = plan.analyses.flatMap((one) => (one.model === "joint" ? [one["stepped-wedge"]] : []));
  const blinded = plan.analyses.map((analysis) => {
    if (uneven.includes(analysis.population ?? "")) return null;
    if (analysis.model !== "stepped-wedge") return analysis;
    return joined.includes(analysis.id) ? null : withoutSwitch(analysis, plan);
  });
  const ofParts = plan.analyses.filter((_, i) => blinded[i] === null).map(({ id }) => id);
  const isLeftOut = (analysis: Analysis): boolean =>
    ofParts.includes(analysis.id) ||
    (analysis.model === "joint" && [analysis.individual, analysis["stepped-wedge"]].some((id) => ofParts.includes(id)));
  const leftOut = plan.analyses.filter(isLeftOut).map(({ id }) => id);
  // The effect of a switch has another name when it is one of X and Y.
  const renamed = plan.analyses.filter((one, i) => blinded[i] !== one).map(({ id }) => id);
  const columns = Object.entries(original.columns)
    .filter(([, column]) => column.type === "factor" && column.levels.some((level) => arms.includes(level)))
    .map(([name]) => name);
  const { multiplicity, populations, words = {}, ...rest } = plan;
  const even = Object.entries(populations ?? {}).filter(([name]) => !uneven.includes(name));
  const said = Object.entries(words).filter(([inResults, read]) => !mentions(inResults, arms) && !mentions(read, arms));
  const families = withoutAnalyses(multiplicity, [...leftOut, ...renamed]);
  return {
    ...rest,
    ...(families === undefined ? {} : { multiplicity: families }),
    ...(populations === undefined ? {} : { populations: Object.fromEntries(even) }),
    ...(said.length === 0 ? {} : { words: Object.fromEntries(said) }),
    analyses: blinded.filter((one): one is Analysis => one !== null && !leftOut.includes(one.id)),
    blind: { arms, columns, leftOut },
  };
}

/**
 * A stepped wedge with an immediate effect as the linear mixed model that it is, with the arm in the place of the switch:
 * neither its design nor who comes first is checked or shown. null where that is another model, or where the column of the
 * treated is not the arm itself.
 */
function withoutSwitch(analysis: SteppedWedgeAnalysis, plan: Plan): Analysis | null {
  const { id, role, level, where, table, population, title, treated, effect, family, method, df, correlation } =
    analysis;
  const arm = plan.trial?.arm;
  if (arm === undefined || treated === undefined || effect !== "immediate" || family !== "gaussian") return null;
  if (correlation === "decay" || analysis["cluster-effects"] === "fixed" || analysis["random-treatment"]) return null;
  if (analysis.transition !== undefined || analysis.vertical !== undefined || analysis.permutation !== undefined)
    return null;
  if (method === "ML" || !(df === undefined || df === "kenward-roger" || df === "satterthwaite")) return null;
  const derive = plan.columns[treated]?.derive ?? "";
  const isArm = new RegExp(
    `^\\s*${escaped(arm.column)}\\s*==\\s*(["'])${escaped(arm.intervention)}\\1(\\s*\\?\\s*1\\s*:\\s*0)?\\s*$`,
  );
  if (!isArm.test(derive)) return null;
  const named = new RegExp(`(?<![\\p{L}\\p{N}_])${escaped(treated)}(?![\\p{L}\\p{N}_])`, "gu");
  return completeAnalysis({
    id,
    role,
    level,
    model: "mixed",
    formula: formulaOf(analysis, plan).replace(named, renderName(arm.column)),
    df: df ?? "kenward-roger",
    means: { of: arm.column },
    ...(where === undefined ? {} : { where }),
    ...(table === undefined ? {} : { table }),
    ...(population === undefined ? {} : { population }),
    ...(title === undefined ? {} : { title }),
  });
}

/** Families without the tests of some analyses; undefined when none is left. */
export function withoutAnalyses(families: Plan["multiplicity"], ids: readonly string[]): Plan["multiplicity"] {
  const left = families
    ?.map((family) => ({ ...family, estimates: family.estimates.filter((one) => !ids.includes(one.split("/")[0]!)) }))
    .filter(({ estimates }) => estimates.length > 0);
  return left === undefined || left.length === 0 ? undefined : left;
}

/** Whether a text names an arm, as a word of its own. */
const mentions = (text: string, arms: Blinding["arms"]): boolean =>
  arms.some((arm) => new RegExp(`(?<![\\p{L}\\p{N}])${escaped(arm)}(?![\\p{L}\\p{N}])`, "u").test(text));

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Levels in the order X, Y wherever both are: the reference must not tell. */
function inOrder<C extends object>(column: C, original: PlanContent["columns"][string], arms: Blinding["arms"]): C {
  if (!("levels" in column) || original.type !== "factor") return column;
  const levels = column.levels as readonly string[];
  if (!arms.every((arm) => original.levels.includes(arm))) return column;
  const isArm = (level: string): boolean => (BLIND_ARMS as readonly string[]).includes(level);
  const order = [...BLIND_ARMS];
  return { ...column, levels: levels.map((level) => (isArm(level) ? order.shift()! : level)) };
}

/** Without labels of the arms, and without labels that name an arm. */
function withoutArmLabels(column: object, original: PlanContent["columns"][string], arms: Blinding["arms"]): object {
  if (original.type !== "factor" || original["level-labels"] === undefined) return column;
  const kept = Object.entries(original["level-labels"]).filter(
    ([level, label]) => !arms.includes(level) && !Object.values(label).some((text) => mentions(text ?? "", arms)),
  );
  return { ...column, "level-labels": Object.fromEntries(kept) };
}

/** Every text that is an arm's name, and every quoted or bracketed name within a text: "FIT", 'FIT', arm[FIT]. */
function renameIn(value: unknown, arms: Blinding["arms"]): unknown {
  if (typeof value === "string") {
    return arms.reduce((text, arm, i) => {
      if (text === arm) return BLIND_ARMS[i]!;
      const name = escaped(arm);
      return text
        .replace(new RegExp(`(["'])${name}\\1`, "g"), `$1${BLIND_ARMS[i]}$1`)
        .replace(new RegExp(`\\[${name}\\]`, "g"), `[${BLIND_ARMS[i]}]`);
    }, value);
  }
  if (Array.isArray(value)) return value.map((item) => renameIn(item, arms));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renameIn(item, arms)]));
}
