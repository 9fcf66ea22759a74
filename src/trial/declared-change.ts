/** From a column's `classify` and its instrument to the rule by which each row is classed. */
import type { Classify } from "../table/dictionary.js";
import {
  type ChangeCriterion,
  type ChangeRule,
  type CutOff,
  type ReliableChange,
  reliableChangeCriterion,
} from "./clinical-change.js";
import type { Instrument } from "./instruments.js";

/** The critical value where a plan declares none: two-sided 5 %. Jacobson & Truax (1991). */
export const DEFAULT_CRITICAL = 1.96;

/** The cut-off of every row, or that of each level of a factor. */
export type DeclaredCutOff =
  | { readonly kind: "one"; readonly cutOff: CutOff | null }
  | { readonly kind: "by"; readonly column: string; readonly levels: ReadonlyMap<string, CutOff> };

export interface DeclaredChange {
  readonly instrument: Instrument;
  readonly rule: Omit<ChangeRule, "cutOff">;
  readonly cutOff: DeclaredCutOff;
  /** What the criterion was worked out from; null when it was declared in points. */
  readonly reliable: ReliableChange | null;
}

/** Why a change cannot be judged as declared. */
export type ChangeGap =
  | { readonly gap: "criterion" }
  | { readonly gap: "two-criteria" }
  | { readonly gap: "groups"; readonly groups: readonly string[] }
  | { readonly gap: "unknown-group"; readonly group: string; readonly groups: readonly string[] };

/** The rule, or everything that it lacks. */
export function declaredChange(
  classify: Classify,
  instrument: Instrument,
): { readonly change: DeclaredChange } | { readonly gaps: readonly ChangeGap[] } {
  const criterion = criterionOf(classify, instrument);
  const cutOff = cutOffOf(classify, instrument);
  const gaps = [...("gap" in criterion ? [criterion] : []), ...("gaps" in cutOff ? cutOff.gaps : [])];
  if ("gap" in criterion || "gaps" in cutOff) return { gaps };
  return {
    change: {
      instrument,
      rule: {
        better: instrument.better,
        criterion: criterion.criterion,
        functionalStart: classify["functional-start"] ?? "own-class",
      },
      cutOff,
      reliable: criterion.reliable,
    },
  };
}

/** The rule for rows of one level. null: the level has no cut-off. */
export function ruleAt({ rule, cutOff }: DeclaredChange, level: string | null): ChangeRule | null {
  if (cutOff.kind === "one") return { ...rule, cutOff: cutOff.cutOff };
  const own = level === null ? undefined : cutOff.levels.get(level);
  return own === undefined ? null : { ...rule, cutOff: own };
}

function criterionOf(
  classify: Classify,
  instrument: Instrument,
): { criterion: ChangeCriterion; reliable: ReliableChange | null } | ChangeGap {
  const isWorkedOut = classify.sd !== undefined || classify.reliability !== undefined;
  if (classify.points !== undefined && isWorkedOut) return { gap: "two-criteria" };
  const points = classify.points ?? (isWorkedOut ? undefined : instrument.points);
  if (points !== undefined) return { criterion: { points, includesLimit: true }, reliable: null };
  const sd = classify.sd ?? instrument.sd;
  const reliability = classify.reliability ?? instrument.reliability;
  if (sd === undefined || reliability === undefined) return { gap: "criterion" };
  const sdAfter = classify["sd-after"];
  const reliable: ReliableChange = {
    sd,
    ...(sdAfter === undefined ? {} : { sdAfter }),
    reliability,
    null: classify.null ?? "measurement-error",
    critical: classify.critical ?? DEFAULT_CRITICAL,
  };
  return { criterion: reliableChangeCriterion(reliable), reliable };
}

function cutOffOf(classify: Classify, instrument: Instrument): DeclaredCutOff | { gaps: ChangeGap[] } {
  const at = classify["at-cutoff"] ?? instrument.atCutOff;
  const groups = typeof instrument.cutOff === "object" && instrument.cutOff !== null ? instrument.cutOff : {};
  const { cutoff } = classify;
  if (typeof cutoff === "number") return { kind: "one", cutOff: { value: cutoff, at } };
  if (cutoff === undefined) {
    if (typeof instrument.cutOff === "number") return { kind: "one", cutOff: { value: instrument.cutOff, at } };
    if (instrument.cutOff === null) return { kind: "one", cutOff: null };
    return { gaps: [{ gap: "groups", groups: Object.keys(groups) }] };
  }
  const names = Object.keys(groups);
  const gaps = Object.values(cutoff.levels)
    .filter((value) => typeof value === "string" && !names.includes(value))
    .map((group): ChangeGap => ({ gap: "unknown-group", group: String(group), groups: names }));
  if (gaps.length > 0) return { gaps };
  const numberOf = (value: number | string): number => (typeof value === "number" ? value : groups[value]!);
  const levels = Object.entries(cutoff.levels).map(([level, value]): [string, CutOff] => [
    level,
    { value: numberOf(value), at },
  ]);
  return { kind: "by", column: cutoff.by, levels: new Map(levels) };
}
