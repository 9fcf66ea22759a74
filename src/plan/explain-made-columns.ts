/** Scores and classes of change in words: by what instrument, which items, and the criterion that the plan amounts to. */
import type { Classify, Score } from "../table/dictionary.js";
import { scoringRule } from "../trial/column-makers.js";
import { type DeclaredChange, declaredChange } from "../trial/declared-change.js";
import type { Instrument } from "../trial/instruments.js";
import { resolveInstrument } from "../trial/resolve-instrument.js";
import type { Plan } from "./plan.js";

/** One text for each such column, and one for each instrument that they use. */
export function explainMadeColumns({ columns, instruments }: Pick<Plan, "columns" | "instruments">): string[] {
  const used = new Map<string, Instrument>();
  const find = (name: string | undefined): Instrument | null => {
    const found = name === undefined ? null : resolveInstrument(name, instruments);
    if (found !== null) used.set(name!, found);
    return found;
  };
  const texts = Object.entries(columns).flatMap(([name, { score, classify }]) => [
    ...(score === undefined ? [] : [scoreInWords(name, score, find(score.instrument))]),
    ...(classify === undefined ? [] : [classesInWords(name, classify, find(classify.instrument))]),
  ]);
  const sources = [...used].map(
    ([name, { title, version, source }]) =>
      `Instrument ${name}: ${title} (${version === "plan" ? "as the plan declares" : `registry, ${version}`})\n  Source: ${source}`,
  );
  return [...texts, ...sources];
}

function scoreInWords(name: string, score: Score, instrument: Instrument | null): string {
  const { of, reversed, itemRange, allowMissing } = scoringRule(score, instrument);
  const turned = score.items.filter((_, i) => reversed[i]);
  const by = score.instrument === undefined ? "" : ` by ${score.instrument}`;
  const missing =
    allowMissing === 0
      ? "no score where an item is missing"
      : `up to ${allowMissing} missing: the mean of the others stands for them; no score with more`;
  return [
    `Column ${name}, the ${of} of ${score.items.length} items${by}`,
    `  Items: ${score.items.join(", ")}${turned.length === 0 ? "" : `; reversed within ${itemRange?.join(" to ")}: ${turned.join(", ")}`}.`,
    `  Missing items: ${missing}.`,
  ].join("\n");
}

function classesInWords(name: string, classify: Classify, instrument: Instrument | null): string {
  const found = instrument === null ? null : declaredChange(classify, instrument);
  const heading = `Column ${name}, the class of the change from ${classify.before} to ${classify.after} (${classify.instrument})`;
  if (found === null || !("change" in found)) return heading;
  const { change } = found;
  return [
    heading,
    `  Reliable change: ${criterionInWords(change)}; ${change.rule.better} is better.`,
    `  Cut-off: ${cutOffInWords(change, classify)}.`,
    `  Classes (Jacobson and Truax): recovered, reliably better and from the clinical into the functional range; improved, reliably better otherwise; deteriorated, reliably worse; unchanged. ${startInWords(change)}`,
    ...(classify.is === undefined ? [] : [`  1 for ${classify.is.join(" or ")}, 0 for the others.`]),
  ].join("\n");
}

/** `more than 8.59 points = 1.96 · √2 · 8 · √(1 − 0.85)`. */
export function criterionInWords({ rule: { criterion }, reliable }: DeclaredChange): string {
  const limit = Number(criterion.points.toPrecision(4));
  if (reliable === null) return `${limit} points or more, as declared`;
  const { sd, sdAfter, reliability, null: kind, critical } = reliable;
  const r = kind === "retest" ? "retest correlation" : "reliability";
  const sds = sdAfter === undefined ? `SD ${sd}` : `SDs ${sd} and ${sdAfter}`;
  const null_ = kind === "retest" ? "of differences between two tests without change" : "of measurement at both times";
  return `more than ${limit} points, ${critical} times the standard error ${null_} (${sds}, ${r} ${reliability})`;
}

function cutOffInWords(
  { cutOff, instrument }: DeclaredChange,
  { "at-cutoff": at = instrument.atCutOff }: Classify,
): string {
  if (cutOff.kind === "one")
    return cutOff.cutOff === null
      ? "none; nobody recovers"
      : `${cutOff.cutOff.value}; a score of just that is in the ${at} range`;
  const levels = [...cutOff.levels].map(([level, { value }]) => `${value} where ${cutOff.column} is ${level}`);
  return `${levels.join(", ")}; a score of just that is in the ${at} range`;
}

const startInWords = ({ rule, cutOff }: DeclaredChange): string =>
  cutOff.kind === "one" && cutOff.cutOff === null
    ? ""
    : rule.functionalStart === "own-class"
      ? "Those who began in the functional range are started-functional, however they changed."
      : "Those who began in the functional range are classed by their change and cannot recover.";
