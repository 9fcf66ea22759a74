/** The names of estimates, taken apart for labels. The grammar is the contract's, section 3. */

/** A setting of an adjusted mean: `visit=2`. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

export type EstimateName =
  | {
      readonly kind: "coefficient";
      readonly term: string;
      /** Of a joint analysis: the design whose own term it is. */
      readonly design?: Design;
    }
  | { readonly kind: "mean"; readonly column: string; readonly level: string; readonly at: readonly Setting[] }
  | {
      readonly kind: "contrast";
      readonly column: string;
      readonly level: string;
      readonly reference: string;
      readonly at: readonly Setting[];
    }
  | { readonly kind: "risk"; readonly column: string; readonly level: string }
  | { readonly kind: "risk-difference"; readonly column: string; readonly level: string; readonly reference: string }
  | {
      /** Of two levels of a factor, `risk-ratio:A[x]/A[ref]`. */
      readonly kind: "ratio";
      readonly measure: RatioMeasure;
      readonly column: string;
      readonly level: string;
      readonly reference: string;
      readonly at: readonly Setting[];
    }
  | {
      /** An effect size that is a difference, and a standardised contrast. */
      readonly kind: "effect";
      readonly column: string;
      readonly level: string;
      readonly reference: string;
      readonly at: readonly Setting[];
    }
  | { readonly kind: "term-ratio"; readonly measure: RatioMeasure; readonly term: string }
  | {
      readonly kind: "sd" | "correlation";
      readonly group: string;
      readonly terms: readonly string[];
      readonly design?: Design;
    }
  | {
      readonly kind: "sd-residual";
      readonly column: string | null;
      readonly level: string | null;
      readonly design?: Design;
    }
  | { readonly kind: "icc"; readonly group: string }
  | { readonly kind: "test"; readonly term: string }
  | {
      /** Of one group at one time: `survival:arm[FIT]@52`, `incidence:arm[FIT]:dropout@52`, `median:arm[FIT]`. */
      readonly kind: "event-quantity";
      readonly quantity: EventQuantity;
      /** Levels of the group, joined by a comma; empty without groups. */
      readonly group: string;
      readonly cause: string | null;
      /** As written; null for none. */
      readonly time: string | null;
    }
  | {
      /** Of two groups, `rmst-difference:arm[FIT]-arm[TAU]@52`. */
      readonly kind: "event-comparison";
      readonly quantity: EventQuantity;
      readonly isRatio: boolean;
      readonly level: string;
      readonly reference: string;
      readonly cause: string | null;
      readonly time: string | null;
    }
  | { readonly kind: "proportional-hazards"; readonly term: string }
  | { readonly kind: "frailty-variance"; readonly group: string }
  | ({ readonly kind: "wedge-effect" } & WedgeEffect)
  | {
      /** Of the permutation test: `permutation:effect:immediate`. */
      readonly kind: "permutation";
      readonly effect: WedgeEffectName;
    }
  | ({ readonly kind: "design-effect" } & DesignEffect)
  /** The same in standard deviations: `standardised:effect:joint@12 months`. */
  | ({ readonly kind: "standardised-design-effect" } & DesignEffect)
  | {
      /** The share of a design in two stages: `weight:individual@12 months`. */
      readonly kind: "design-weight";
      readonly design: Design;
      readonly label: string | null;
    }
  | { readonly kind: "other"; readonly text: string };

export const DESIGNS = ["individual", "stepped-wedge"] as const;
/** A: participants randomised within units; B: units switch on a randomised date. */
export type Design = (typeof DESIGNS)[number];

export const DESIGN_EFFECTS = [...DESIGNS, "joint", "two-stage", "individual-stepped-wedge"] as const;
export type DesignEffectName = (typeof DESIGN_EFFECTS)[number];

/** An effect of a joint analysis: `effect:two-stage@12 months`. */
export interface DesignEffect {
  /** The last is A − B. */
  readonly effect: DesignEffectName;
  /** Of an analysis with several effects, as its plan calls it, and `overall`, their mean; null for the only one. */
  readonly label: string | null;
}

const WEDGE_EFFECTS = ["immediate", "exposure", "tate", "lte", "vertical"] as const;
export type WedgeEffectName = (typeof WEDGE_EFFECTS)[number];

/** An effect of a stepped wedge: `effect:exposure@2@cr3`. */
export interface WedgeEffect {
  readonly effect: WedgeEffectName;
  /** `2` of `effect:exposure@2`. */
  readonly exposure: string | null;
  /** `cr3`, of effects shown beside the primary one. */
  readonly inference: string | null;
}

/** What is estimated of time to an event, group by group. */
export const EVENT_QUANTITIES = [
  "survival",
  "at-risk",
  "events",
  "event-free",
  "median",
  "quantile",
  "rmst",
  "incidence",
  "rmtl",
] as const;
export type EventQuantity = (typeof EVENT_QUANTITIES)[number];

export const RATIO_MEASURES = [
  "odds-ratio",
  "rate-ratio",
  "risk-ratio",
  "hazard-ratio",
  "subdistribution-hazard-ratio",
  "cause-specific-hazard-ratio",
] as const;
export type RatioMeasure = (typeof RATIO_MEASURES)[number];

/**
 * Takes a name apart. A level may hold any character, so a name that does not follow the grammar is
 * `other` and is shown as it stands.
 *
 * @param groups  names of the grouping factors: `a:b` and a term's own colons can then be told apart.
 */
export function parseEstimateName(name: string, groups: readonly string[]): EstimateName {
  const colon = name.indexOf(":");
  const rest = name.slice(colon + 1);
  switch (name.slice(0, Math.max(0, colon))) {
    case "coefficient":
      return { kind: "coefficient", term: rest };
    case "mean":
      return parseMean(rest) ?? { kind: "other", text: name };
    case "contrast":
      return parseContrast(rest) ?? { kind: "other", text: name };
    case "risk":
      return parseRisk(rest) ?? { kind: "other", text: name };
    case "risk-difference":
      return parseRiskDifference(rest) ?? { kind: "other", text: name };
    case "mean-difference":
    case "cohens-d":
    case "hedges-g":
    case "glass-delta":
    case "common-language":
    case "number-needed-to-treat":
      return parseEffect(rest) ?? { kind: "other", text: name };
    case "standardised": {
      const ofDesign = parseDesignEffect(rest);
      if (ofDesign !== null) return { kind: "standardised-design-effect", ...ofDesign };
      return parseEffect(rest) ?? { kind: "other", text: name };
    }
    case "odds-ratio":
    case "rate-ratio":
    case "risk-ratio":
    case "hazard-ratio":
    case "subdistribution-hazard-ratio":
    case "cause-specific-hazard-ratio":
      return parseRatio(name.slice(0, colon) as RatioMeasure, rest);
    case "sd":
      return parseSd(rest, groups) ?? { kind: "other", text: name };
    case "cor":
      return parseCorrelation(rest, groups) ?? { kind: "other", text: name };
    case "icc":
      return { kind: "icc", group: rest };
    case "test":
      return { kind: "test", term: rest };
    case "effect": {
      const effect = parseWedgeEffect(name);
      if (effect !== null) return { kind: "wedge-effect", ...effect };
      const ofDesign = parseDesignEffect(name);
      return ofDesign === null ? { kind: "other", text: name } : { kind: "design-effect", ...ofDesign };
    }
    case "weight": {
      const parts = /^(individual|stepped-wedge)(?:@(.*))?$/s.exec(rest);
      return parts === null
        ? { kind: "other", text: name }
        : { kind: "design-weight", design: parts[1] as Design, label: parts[2] ?? null };
    }
    case "permutation": {
      const effect = parseWedgeEffect(rest);
      return effect === null ? { kind: "other", text: name } : { kind: "permutation", effect: effect.effect };
    }
    case "proportional-hazards":
      return { kind: "proportional-hazards", term: rest };
    case "frailty-variance":
      return { kind: "frailty-variance", group: rest };
    default:
      if (name === "cac") return { kind: "icc", group: name };
      return parseEventQuantity(name.slice(0, Math.max(0, colon)), rest) ?? { kind: "other", text: name };
  }
}

/** `effect:tate@cr3`; null for other names. */
export function parseWedgeEffect(name: string): WedgeEffect | null {
  const parts = /^effect:(?:(immediate|tate|lte|vertical)|exposure@([^@]+))(?:@([^@]+))?$/.exec(name);
  if (parts === null) return null;
  const [, effect, exposure, inference] = parts;
  return {
    effect: (effect ?? "exposure") as WedgeEffectName,
    exposure: exposure ?? null,
    inference: inference ?? null,
  };
}

/** `effect:joint@12 months`; null for other names. */
export function parseDesignEffect(name: string): DesignEffect | null {
  const parts = /^effect:(individual-stepped-wedge|individual|stepped-wedge|joint|two-stage)(?:@(.*))?$/s.exec(name);
  return parts === null ? null : { effect: parts[1] as DesignEffectName, label: parts[2] ?? null };
}

/**
 * In a joint analysis terms and variances are of one design, which stands before or after them:
 * `coefficient:individual: (Intercept)`, `sd:unit:stepped-wedge`, `sd:residual:individual`.
 */
export function withDesign(name: EstimateName): EstimateName {
  const isDesign = (text: string): text is Design => (DESIGNS as readonly string[]).includes(text);
  if (name.kind === "coefficient") {
    const design = DESIGNS.find((one) => name.term.startsWith(`${one}:`));
    return design === undefined ? name : { ...name, term: name.term.slice(design.length + 1).trimStart(), design };
  }
  if (name.kind === "sd" && name.group === "residual") {
    const [first = "", ...rest] = name.terms[0]!.split(":");
    if (!isDesign(first)) return name;
    return { kind: "sd-residual", column: null, level: rest.length === 0 ? null : rest.join(":"), design: first };
  }
  if (name.kind !== "sd" && name.kind !== "correlation") return name;
  const [design] = name.terms[0]!.split(/:(.*)/s);
  if (!isDesign(design!)) return name;
  const own = (term: string): string =>
    term === design ? "(Intercept)" : term.replace(`${design}: `, "").replace(`${design}:`, "");
  return { ...name, terms: name.terms.map(own), design: design! };
}

/** The label of the term of a coefficient or ratio, which may be an effect of a stepped wedge. */
export function termOrEffectLabel(
  term: string,
  {
    intercept,
    wedgeEffect,
  }: { intercept: string; wedgeEffect: (effect: WedgeEffectName, exposure: string | null) => string },
  labels: ColumnLabels = {},
): string {
  const effect = parseWedgeEffect(term);
  return effect === null ? termLabel(term, intercept, labels) : wedgeEffect(effect.effect, effect.exposure);
}

function parseMean(text: string): EstimateName | null {
  const parts = /^([^[\]]+)\[(.*?)\](?:@(.*))?$/s.exec(text);
  if (parts === null) return null;
  return { kind: "mean", column: parts[1]!, level: parts[2]!, at: parseSettings(parts[3]) };
}

function parseContrast(text: string): EstimateName | null {
  const parts = /^([^[\]]+)\[(.*?)\]-\1\[(.*?)\](?:@(.*))?$/s.exec(text);
  if (parts === null) return null;
  return { kind: "contrast", column: parts[1]!, level: parts[2]!, reference: parts[3]!, at: parseSettings(parts[4]) };
}

function parseEffect(text: string): EstimateName | null {
  const parts = parseContrast(text);
  return parts?.kind === "contrast" ? { ...parts, kind: "effect" } : null;
}

function parseRisk(text: string): EstimateName | null {
  const parts = parseMean(text);
  return parts?.kind === "mean" ? { kind: "risk", column: parts.column, level: parts.level } : null;
}

function parseRiskDifference(text: string): EstimateName | null {
  const parts = parseContrast(text);
  if (parts?.kind !== "contrast") return null;
  return { kind: "risk-difference", column: parts.column, level: parts.level, reference: parts.reference };
}

/** `A[x]/A[ref]@visit=2`; anything else is a term. */
function parseRatio(measure: RatioMeasure, text: string): EstimateName {
  const parts = /^([^[\]]+)\[(.*?)\]\/\1\[(.*?)\](?:@(.*))?$/s.exec(text);
  if (parts === null) return { kind: "term-ratio", measure, term: text };
  const [, column, level, reference, at] = parts;
  return { kind: "ratio", measure, column: column!, level: level!, reference: reference!, at: parseSettings(at) };
}

/** `visit=2,month=3`. A comma belongs to the value before it unless `name=` follows. */
function parseSettings(text: string | undefined): Setting[] {
  if (text === undefined) return [];
  return text.split(/,(?=[^,=]+=)/).map((setting) => {
    const equals = setting.indexOf("=");
    return equals < 0
      ? { name: "", value: setting }
      : { name: setting.slice(0, equals), value: setting.slice(equals + 1) };
  });
}

/** `rmst` and `rmst-difference` are of one quantity. */
function parseEventQuantity(kind: string, text: string): EstimateName | null {
  const quantity = EVENT_QUANTITIES.find((known) => kind.replace(/-(difference|ratio)$/, "") === known);
  if (quantity === undefined) return null;
  const [, body, time = null] = /^(.*?)(?:@([^@\]]*))?$/s.exec(text)!;
  const compared = /^([^[\]]+)\[(.*?)\]([-/])\1\[(.*?)\](?::(.*))?$/s.exec(body!);
  if (compared !== null) {
    const [, , level, sign, reference, cause = null] = compared;
    const isRatio = sign === "/";
    return {
      kind: "event-comparison",
      quantity,
      isRatio,
      level: levelsOf(level!),
      reference: levelsOf(reference!),
      cause,
      time,
    };
  }
  const grouped = /^[^[\]:]+\[(.*?)\](?::(.*))?$/s.exec(body!);
  // Predicted curves may be of a stratum and of a setting too, `survival:arm[FIT]:man@90,age=40`.
  if (quantity === "survival" && grouped !== null) {
    const [, number, setting] = /^([^,]*)(?:,(.*))?$/s.exec(time ?? "")!;
    const group = [levelsOf(grouped[1]!), grouped[2], setting].filter((part) => part !== undefined).join(", ");
    return { kind: "event-quantity", quantity, group, cause: null, time: time === null ? null : number! };
  }
  // Without groups the curve is of `all`.
  const cause = grouped === null ? body!.replace(/^all(:|$)/, "") : (grouped[2] ?? "");
  return {
    kind: "event-quantity",
    quantity,
    group: levelsOf(grouped?.[1] ?? ""),
    cause: cause === "" ? null : cause,
    time,
  };
}

/** `FIT],sex[man` of `arm[FIT],sex[man]` → `FIT, man`. */
const levelsOf = (text: string): string => text.split(/\][,:][^[\]]+\[/).join(", ");

function parseSd(text: string, groups: readonly string[]): EstimateName | null {
  if (text === "residual") return { kind: "sd-residual", column: null, level: null };
  const byLevel = /^residual:([^[\]]+)\[(.*)\]$/s.exec(text);
  if (byLevel !== null) return { kind: "sd-residual", column: byLevel[1]!, level: byLevel[2]! };
  const group = groupOf(text, groups);
  return group === null ? null : { kind: "sd", group, terms: [text.slice(group.length + 1)] };
}

function parseCorrelation(text: string, groups: readonly string[]): EstimateName | null {
  const group = groupOf(text, groups);
  return group === null ? null : { kind: "correlation", group, terms: text.slice(group.length + 1).split(",") };
}

/** The longest grouping factor that the text begins with; without one, what stands before the first colon. */
function groupOf(text: string, groups: readonly string[]): string | null {
  const known = groups.filter((group) => text.startsWith(`${group}:`)).sort((a, b) => b.length - a.length)[0];
  if (known !== undefined) return known;
  const colon = text.indexOf(":");
  return colon < 0 ? null : text.slice(0, colon);
}

/** What the plan calls its columns; a column without a label is not in it. */
export type ColumnLabels = Readonly<Record<string, string>>;

/** `treatment[BtheB]:month` → `treatment: BtheB × month`, with the plan's labels for the columns. */
export function termLabel(term: string, intercept: string, labels: ColumnLabels = {}): string {
  if (term === "(Intercept)") return intercept;
  return splitOutsideBrackets(term)
    .map((part) => {
      const factor = /^([^[\]]+)\[(.*)\]$/s.exec(part);
      return factor === null
        ? settingText(columnLabel(part, labels), labels)
        : `${columnLabel(factor[1]!, labels)}: ${factor[2]}`;
    })
    .join(" × ");
}

/** The parts of a term that are numbers, `month` of `treatment[BtheB]:month`: what its coefficient is per unit of. */
export const numericParts = (term: string): string[] =>
  splitOutsideBrackets(term).filter((part) => part !== "(Intercept)" && !part.endsWith("]"));

/** `ns(period, 3)` of a column alone; what else is in it stays as written. */
const SPLINE = /^ns\(([\p{L}\p{N}_.]+), \d+\)$/u;

/**
 * The label of a column, or its name, also of one written `factor(month)`; of a spline with that word, the same in
 * English and Swedish. Other expressions stay as written.
 */
export function columnLabel(name: string, labels: ColumnLabels): string {
  const spline = SPLINE.exec(name)?.[1];
  if (spline !== undefined) return `${columnLabel(spline, labels)}, spline`;
  const column = /^factor\((.*)\)$/s.exec(name)?.[1] ?? name;
  return Object.hasOwn(labels, column) ? labels[column]! : column;
}

/**
 * A grouping factor by the plan's labels: `unit:therapist`, the therapists of each unit or the cells of two crossed
 * factors, is `unit × therapist`.
 */
export const groupLabel = (group: string, labels: ColumnLabels): string =>
  group
    .split(":")
    .map((column) => columnLabel(column, labels))
    .join(" × ");

function splitOutsideBrackets(term: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const character of term) {
    if (character === "[" || character === "(") depth++;
    else if (character === "]" || character === ")") depth--;
    if (character === ":" && depth === 0) parts.push("");
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/**
 * `month 3`, `visit 2, F`, and `months since start: 3` where the plan has a label: a number needs its name, a level in
 * words does not; empty without settings.
 */
export const settingsLabel = (at: readonly Setting[], labels: ColumnLabels = {}, decimal = "."): string =>
  at
    .map(({ name, value }) => {
      if (name === "" || !/^[-+]?\d/.test(value)) return value;
      const label = columnLabel(name, labels);
      const printed = Number.isNaN(Number(value)) ? value : value.replace(".", decimal);
      return label === name ? `${name} ${printed}` : `${label}: ${printed}`;
    })
    .join(", ");

/** What a joint analysis calls an effect, `month=12`, as a setting; other texts, of the plan's own, as they are. */
export const settingText = (text: string, labels: ColumnLabels): string => {
  const [, name, value] = /^([\p{L}_][\p{L}\p{N}_]*)=(.+)$/su.exec(text) ?? [];
  return name === undefined ? text : settingsLabel([{ name, value: value! }], labels);
};

/** The arms that a difference compares, when its name says so. */
export function comparedArms(
  name: EstimateName,
  references: readonly { readonly column: string; readonly level: string }[],
): { readonly first: string; readonly second: string } | null {
  if (name.kind === "contrast" || name.kind === "ratio") return { first: name.level, second: name.reference };
  if (name.kind !== "coefficient" && name.kind !== "term-ratio") return null;
  const factor = /^([^[\]:]+)\[([^\]]*)\]$/s.exec(name.term);
  const reference = references.find(({ column }) => column === factor?.[1]);
  return factor === null || reference === undefined ? null : { first: factor[2]!, second: reference.level };
}

/** A Fine–Gray model's hazard ratios by their full name: they are of the subdistribution. */
export function withFullMeasure<E extends { readonly name: string; readonly measure: string }>(
  one: E,
  model: string,
): E {
  if (model !== "fine-gray" || one.measure !== "hazard-ratio") return one;
  const measure = "subdistribution-hazard-ratio";
  return { ...one, measure, name: one.name.replace(/^hazard-ratio:/, `${measure}:`) };
}
