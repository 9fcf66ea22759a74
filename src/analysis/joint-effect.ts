/**
 * Whether the coefficients that a joint analysis puts together are one effect: each the treatment's, intervention minus
 * control, in models that have the treatment in the same terms.
 */
import type { DesignTerm, DesignVariable } from "../formula/fixed-design.js";
import type { Frame } from "../formula/frame.js";
import type { Analysis, JointAnalysis, Plan } from "../plan/plan.js";
import { treatedColumn, wedgeModelOf } from "../plan/wedge-plan.js";
import {
  jointEffectNotDifference,
  jointEffectNotTreatment,
  jointEffectOtherArms,
  jointEffectReversed,
  jointEffectsDiffer,
  jointEffectUnchecked,
  type Problem,
} from "../problem.js";
import { madeColumns } from "../stepped-wedge/wedge-model.js";
import type { Table } from "../table/table.js";

/** One design of the joint analysis, in the order of the plan's keys. */
export interface EffectPart {
  readonly analysis: Analysis;
  readonly frame: Frame;
  /** Coefficients that are the effects, each among the frame's names. */
  readonly effects: readonly string[];
}

/** A coefficient with the treatment in it. */
interface TreatmentColumn {
  readonly name: string;
  /** What stands beside the treatment: empty for the treatment alone, `factor(month)[12]` in an interaction. */
  readonly beside: string;
  /** What it compares: intervention and control, or what else. */
  readonly verdict: "effect" | "mean" | "reversed" | "other";
  /** Levels compared, and the column; of 0/1 columns 1 and 0. */
  readonly column: string;
  readonly level: string;
  readonly reference: string;
}

/** @param labels  of the effects, in the order of each part's. */
export function jointEffectProblems(
  { plan, table, analysis, path }: { plan: Plan; table: Table; analysis: JointAnalysis; path: string },
  parts: readonly [EffectPart, EffectPart],
): Problem[] {
  const labels = Object.keys(analysis.effects);
  const treatment = treatmentOf(
    plan,
    table,
    parts.map((part) => part.analysis),
  );
  if (treatment === null) {
    const [a, b] = parts.map(({ effects }) => effects) as [readonly string[], readonly string[]];
    const differing = a.findIndex((effect, i) => effect !== b[i]);
    if (differing === -1) return [jointEffectUnchecked(path, [...new Set(a)])];
    return [jointEffectNotTreatment(path, a[differing]!, parts[0].analysis.id, [])];
  }
  const columns = parts.map((part) => treatmentColumns(part, treatment));
  const problems = parts.flatMap(({ analysis: { id }, effects }, i) =>
    effects.flatMap((effect) => effectProblems(effect, id, columns[i]!, path)),
  );
  if (problems.length > 0) return problems;
  const [a, b] = columns as [TreatmentColumn[], TreatmentColumn[]];
  const besides = (of: readonly TreatmentColumn[]): string => JSON.stringify(of.map(({ beside }) => beside).sort());
  const besideOf = (of: readonly TreatmentColumn[], effect: string) => of.find(({ name }) => name === effect)!.beside;
  const isSame =
    besides(a) === besides(b) &&
    labels.every((_, i) => besideOf(a, parts[0].effects[i]!) === besideOf(b, parts[1].effects[i]!));
  const named = (of: readonly TreatmentColumn[]): string[] => of.map(({ name }) => name);
  return isSame
    ? []
    : [
        jointEffectsDiffer(
          path,
          { id: parts[0].analysis.id, treatment: named(a) },
          { id: parts[1].analysis.id, treatment: named(b) },
        ),
      ];
}

function effectProblems(effect: string, id: string, columns: readonly TreatmentColumn[], path: string): Problem[] {
  const found = columns.find(({ name }) => name === effect);
  const others = columns.filter(({ verdict }) => verdict === "effect").map(({ name }) => name);
  if (found === undefined) return [jointEffectNotTreatment(path, effect, id, others)];
  const { verdict, column, level, reference } = found;
  if (verdict === "mean") return [jointEffectNotDifference(path, effect, id)];
  if (verdict === "reversed") return [jointEffectReversed(path, effect, id, column, { level, reference })];
  if (verdict === "other") return [jointEffectOtherArms(path, effect, id, { level, reference })];
  return [];
}

// ── what is treatment ───────────────────────────────────────────────────────────────────────────

interface Treatment {
  /** Factors by what they compare. */
  readonly factors: ReadonlyMap<string, { readonly control: string; readonly intervention: string | null }>;
  /** Whether a 0/1 column is 1 under the intervention (effect), under control (reversed), or neither (null). */
  readonly direction: (column: string, rows: Int32Array) => "effect" | "reversed" | null;
}

/** By the arm of the trial and the treated column of stepped wedges; null where the plan declares neither. */
function treatmentOf(plan: Plan, table: Table, analyses: readonly Analysis[]): Treatment | null {
  const { arm, received = {}, staff } = plan.trial ?? {};
  const factors = new Map<string, { control: string; intervention: string | null }>();
  if (arm !== undefined) {
    const { column, control, intervention } = arm;
    for (const name of [column, received[column], staff?.arm])
      if (name !== undefined) factors.set(name, { control, intervention });
  }
  const treated = new Set<string>();
  for (const analysis of analyses) {
    if (analysis.model !== "stepped-wedge") continue;
    treated.add(treatedColumn(plan, analysis));
    const found = wedgeModelOf(plan, analysis, "");
    // Each exposure time against none.
    if ("model" in found) factors.set(madeColumns(found.model).exposure, { control: "0", intervention: null });
  }
  for (const name of treated) factors.set(name, { control: "0", intervention: "1" });
  if (factors.size === 0) return null;
  return {
    factors,
    direction: (column, rows) => (treated.has(column) ? "effect" : arm === undefined ? null : asArm(column, rows)),
  };

  /** A 0/1 column that goes with the arm in all rows. */
  function asArm(name: string, rows: Int32Array): "effect" | "reversed" | null {
    const [values, arms] = [table.columns.get(name), table.columns.get(arm!.column)];
    if (values?.kind !== "number" || arms?.kind !== "category") return null;
    const [control, intervention] = [arm!.control, arm!.intervention].map((level) => arms.levels.indexOf(level));
    const known = rows.filter((row) => arms.codes[row] === control || arms.codes[row] === intervention);
    const goes = (one: number | undefined): boolean =>
      known.every((row) => values.values[row] === (arms.codes[row] === one ? 1 : 0));
    if (known.length === 0) return null;
    // Of a blind analysis nothing may tell which arm is which.
    return goes(intervention) || (plan.blind !== undefined && goes(control))
      ? "effect"
      : goes(control)
        ? "reversed"
        : null;
  }
}

/** The coefficients of a part that hold the treatment. */
function treatmentColumns({ frame }: EffectPart, treatment: Treatment): TreatmentColumn[] {
  const { variables, terms, names } = frame.design;
  return terms.flatMap((term) =>
    Array.from({ length: term.count }, (_, c) => {
      const pieces = piecesOf(term, c, variables);
      const at = pieces.findIndex(({ variable }) => isTreatment(variable, treatment, frame.rows));
      if (at === -1) return [];
      const { variable, level, coding } = pieces[at]!;
      const others = pieces.filter((_, i) => i !== at).map(({ text }) => text);
      const what = compared(variable, level, coding, treatment, frame.rows);
      const exposure = what.intervention === null ? [`${variable.name}[${level}]`] : [];
      const beside = [...others, ...exposure].sort().join(":");
      return [{ name: names[term.start + c]!, beside, ...what }];
    }).flat(),
  );
}

interface Piece {
  readonly variable: DesignVariable;
  readonly coding: "number" | "contrasts" | "indicators";
  /** Of a factor. */
  readonly level: string;
  readonly text: string;
}

/** The variables of column c of a term; the first variable's columns vary fastest. */
function piecesOf({ parts }: DesignTerm, c: number, variables: readonly DesignVariable[]): Piece[] {
  let place = c;
  return parts.map(({ variable: index, coding }) => {
    const variable = variables[index]!;
    const skip = coding === "contrasts" ? 1 : 0;
    const width =
      variable.kind === "factor" ? variable.levels.length - skip : variable.kind === "spline" ? variable.df : 1;
    const j = place % width;
    place = Math.floor(place / width);
    const level =
      variable.kind === "factor" ? variable.levels[j + skip]! : variable.kind === "spline" ? `${j + 1}` : "";
    return { variable, coding, level, text: level === "" ? variable.name : `${variable.name}[${level}]` };
  });
}

const nameOf = (variable: DesignVariable): string | null =>
  variable.kind === "number" && variable.expression.kind === "name" ? variable.expression.name : null;

function isTreatment(variable: DesignVariable, { factors, direction }: Treatment, rows: Int32Array): boolean {
  if (variable.kind === "factor") return factors.has(variable.column);
  const name = nameOf(variable);
  return name !== null && direction(name, rows) !== null;
}

function compared(
  variable: DesignVariable,
  level: string,
  coding: Piece["coding"],
  { factors, direction }: Treatment,
  rows: Int32Array,
): Pick<TreatmentColumn, "verdict" | "column" | "level" | "reference"> & { readonly intervention: string | null } {
  if (variable.kind !== "factor") {
    const column = nameOf(variable)!;
    return { verdict: direction(column, rows)!, column, level: "1", reference: "0", intervention: "1" };
  }
  const { column, levels } = variable;
  const { control, intervention } = factors.get(column)!;
  const reference = levels[0]!;
  const isEffect = reference === control && (intervention === null || level === intervention);
  const isReversed = level === control && reference === intervention;
  const verdict = coding === "indicators" ? "mean" : isEffect ? "effect" : isReversed ? "reversed" : "other";
  return { verdict, column, level, reference, intervention };
}
