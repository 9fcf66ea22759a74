/**
 * A run as reports and figures show it: levels by the plan's labels in the report's language, and the toolkit's own classes of
 * change in its own words. Results keep the levels; here they are replaced wherever a name or a display has them.
 *
 * Where a display does not say which column a level is of (the groups of a curve, the causes of an incidence), the level has
 * its label when all columns that have it agree on one, and stays as it is otherwise.
 */

import type { AnalysisDisplay, AnalysisResult, BaselineDisplay, EventCurves, Run } from "../analysis/results.js";
import { textIn } from "../plan/plan-language.js";
import { CHANGE_CLASSES } from "../trial/clinical-change.js";
import type { TrialDates } from "../trial/trial-dates.js";
import type { Texts } from "./texts.js";

interface LevelLabels {
  /** The label of a level of a column, or the level. */
  readonly of: (column: string, level: string) => string;
  /** Of a level whose column is not known. */
  readonly any: (level: string) => string;
  /** Columns with labels. */
  readonly columns: readonly string[];
}

export function withLevelLabels(run: Run, texts: Texts): Run {
  const labels = levelLabels(run, texts);
  if (labels.columns.length === 0) return run;
  const rename = renamer(labels);
  const { results, displays } = run;
  return {
    ...run,
    results: {
      ...results,
      analyses: results.analyses.map((result) => shownResult(result, rename)),
      ...(results.multiplicity === undefined
        ? {}
        : {
            multiplicity: results.multiplicity.map((family) => ({
              ...family,
              estimates: family.estimates.map((one) => ({ ...one, name: rename(one.name) })),
            })),
          }),
    },
    displays: displays.map((display) => shownDisplay(display, labels, rename)),
  };
}

function levelLabels({ levelLabels: declared = {}, changeClasses = [] }: Run, texts: Texts): LevelLabels {
  const byColumn = new Map(
    Object.entries(declared).map(([column, levels]) => [
      column,
      new Map(Object.entries(levels).map(([level, label]) => [level, textIn(label, texts.language)])),
    ]),
  );
  for (const column of changeClasses) {
    const levels = byColumn.get(column) ?? new Map<string, string>();
    for (const one of CHANGE_CLASSES) if (!levels.has(one)) levels.set(one, uncapitalised(texts.change.classes[one]));
    byColumn.set(column, levels);
  }
  const all = new Map<string, Set<string>>();
  for (const levels of byColumn.values())
    for (const [level, label] of levels) all.set(level, (all.get(level) ?? new Set()).add(label));
  return {
    columns: [...byColumn.keys()],
    of: (column, level) => byColumn.get(column)?.get(level) ?? level,
    any: (level) => {
      const found = all.get(level);
      return found?.size === 1 ? [...found][0]! : level;
    },
  };
}

const uncapitalised = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/**
 * The name of an estimate with labels for levels: `contrast:arm[FIT]-arm[TAU]@sex=kvinna`, `incidence:arm[TAU]:avbrott@90`,
 * `test:gray:avbrott`.
 */
function renamer({ of, any, columns }: LevelLabels): (name: string) => string {
  const column = columns.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const bracketed = new RegExp(`(?<![\\p{L}\\p{N}_])(${column})\\[([^\\]]*)\\]`, "gu");
  const setting = new RegExp(`(?<=[@,:])(${column})=(.*?)(?=$|,[^,=]+=|@)`, "gsu");
  return (name) =>
    name
      .replace(bracketed, (_, of1: string, level: string) => `${of1}[${of(of1, level)}]`)
      .replace(setting, (_, of1: string, level: string) => `${of1}=${of(of1, level)}`)
      .replace(
        /^((?:incidence|rmtl|events)(?:-difference|-ratio)?:.*?:|test:gray:)([^:@]+)(?=@|$)/s,
        (_, before: string, cause: string) => `${before}${any(cause)}`,
      )
      .replace(
        /^(cause-specific-hazard-ratio:)([^:[\]]+)(?=:)/s,
        (_, before: string, cause: string) => `${before}${any(cause)}`,
      )
      .replace(
        /^((?:incidence|rmtl|events)(?:-difference|-ratio)?:)([^:@[\]]+)(?=@|$)/s,
        (_, before: string, cause: string) => `${before}${any(cause)}`,
      );
}

const shownResult = (result: AnalysisResult, rename: (name: string) => string): AnalysisResult => ({
  ...result,
  estimates: result.estimates.map((estimate) => ({ ...estimate, name: rename(estimate.name) })),
});

function shownDisplay(
  display: AnalysisDisplay,
  labels: LevelLabels,
  rename: (name: string) => string,
): AnalysisDisplay {
  const { of, any } = labels;
  const { references, flow, profile, curves, survival, trialFlow, baseline, ratios, moderators } = display;
  const orNull = (level: string | null): string | null => (level === null ? null : any(level));
  return {
    ...display,
    references: references.map(({ column, level }) => ({ column, level: of(column, level) })),
    flow: flow.map((arm) => ({ ...arm, arm: orNull(arm.arm) })),
    differences: display.differences.map(rename),
    ...(ratios === undefined ? {} : { ratios: ratios.map(rename) }),
    profile:
      profile === null
        ? null
        : {
            ...profile,
            arms: profile.arms.map(any),
            points: profile.points.map((point) => ({
              ...point,
              arm: any(point.arm),
              at: typeof point.at === "string" ? any(point.at) : point.at,
            })),
          },
    ...(curves === undefined ? {} : { curves: curves.map((one) => shownCurves(one, any)) }),
    ...(survival === undefined
      ? {}
      : {
          survival: {
            ...survival,
            ...(survival.cause === undefined ? {} : { cause: any(survival.cause) }),
            ...(survival.competing === undefined ? {} : { competing: survival.competing.map(any) }),
          },
        }),
    ...(trialFlow === undefined
      ? {}
      : {
          trialFlow: {
            ...trialFlow,
            endings: trialFlow.endings?.map(any) ?? null,
            lossReasons: trialFlow.lossReasons?.map(any) ?? null,
            notReceivedReasons: trialFlow.notReceivedReasons?.map(any) ?? null,
            groups: trialFlow.groups.map((group) => ({
              ...group,
              arm: orNull(group.arm),
              design: orNull(group.design),
            })),
            designs: trialFlow.designs.map((one) => ({ ...one, design: orNull(one.design) })),
            ...(trialFlow.dates === undefined ? {} : { dates: shownDates(trialFlow.dates, orNull) }),
          },
        }),
    ...(baseline === undefined ? {} : { baseline: shownBaseline(baseline, labels) }),
    ...(moderators === undefined
      ? {}
      : { moderators: moderators.map((one) => ({ ...one, test: one.test === null ? null : rename(one.test) })) }),
  };
}

const shownDates = (dates: TrialDates, orNull: (level: string | null) => string | null): TrialDates => ({
  ...dates,
  ...(dates.designs === undefined
    ? {}
    : { designs: dates.designs.map((one) => ({ ...one, design: orNull(one.design) })) }),
});

/** Levels of several columns stand side by side in the name of a group. */
const shownGroup = (group: string, any: LevelLabels["any"]): string => {
  const whole = any(group);
  return whole === group ? group.split(", ").map(any).join(", ") : whole;
};

const shownCurves = (one: EventCurves, any: LevelLabels["any"]): EventCurves => ({
  ...one,
  curves: one.curves.map((curve) => ({
    ...curve,
    group: shownGroup(curve.group, any),
    cause: curve.cause === null ? null : any(curve.cause),
  })),
  atRisk:
    one.atRisk === null
      ? null
      : {
          ...one.atRisk,
          groups: one.atRisk.groups.map((group) => ({
            ...group,
            group: shownGroup(group.group, any),
            eventsByCause: group.eventsByCause.map((events) => ({ ...events, cause: any(events.cause) })),
            cumulativeEvents: group.cumulativeEvents.map((events) => ({ ...events, cause: any(events.cause) })),
          })),
        },
});

const shownBaseline = (baseline: BaselineDisplay, { of, any }: LevelLabels): BaselineDisplay => {
  const orNull = (level: string | null): string | null => (level === null ? null : any(level));
  return {
    ...baseline,
    groups: baseline.groups.map((group) => ({ ...group, design: orNull(group.design), arm: orNull(group.arm) })),
    pairs: baseline.pairs.map(orNull),
    variables: baseline.variables.map((variable) => ({
      ...variable,
      levels: variable.levels?.map((level) => of(variable.name, level)) ?? null,
    })),
  };
};
