/**
 * The `standardised:…` companion of each `contrast:…` of an analysis: which rows make the standard deviation that the
 * plan names, and the contrast in its units.
 *
 *     baseline   pooled within arms: of the column that `baseline` names, or else of the outcome at trial.visit.baseline,
 *                over the participants that the analysis uses, each once
 *     total      pooled within arms: of the outcome, over the rows used, at the contrast's visit where it has one
 *     control    of the same rows those of the reference arm
 *     residual   the model's residual SD
 *
 * A participant with several of these rows counts once in the degrees of freedom of the SD.
 */
import { pooledSd, summariseArm } from "../effect-size/arm-summary.js";
import {
  type Denominator,
  type DenominatorSd,
  standardisedDifference,
} from "../effect-size/standardised-difference.js";
import { evaluateExpression } from "../formula/numeric-expression.js";
import type { Estimate } from "../inference/estimate.js";
import { columnOfName } from "../plan/plan.js";
import { noDenominator, type ReportedProblem } from "../problem.js";
import type { Column } from "../table/table.js";
import { countParticipants } from "../trial/participant-flow.js";
import type { PreparedFormula } from "./formula-analysis.js";

/** The residual SD of a fit, for `standardise: residual`. */
export type ResidualSd = Pick<DenominatorSd, "sd" | "df" | "sharedWithContrast">;

export interface StandardisedEstimates {
  readonly estimates: readonly Estimate[];
  readonly problems: readonly ReportedProblem[];
}

/**
 * @param estimates  of the analysis; its `contrast:…` are standardised.
 * @param residual   null for a model without one residual SD.
 * @returns          nothing when the plan does not ask. Where there is no SD to divide by, numbers are null and a
 *                   warning says so.
 */
export function standardisedEstimates(
  prepared: PreparedFormula,
  estimates: readonly Estimate[],
  residual: ResidualSd | null,
): StandardisedEstimates {
  const kind = denominatorOf(prepared);
  if (kind === null) return { estimates: [], problems: [] };
  const made: Estimate[] = [];
  const without = new Set<string>();
  for (const { name, reference, visit } of contrastsOf(prepared)) {
    const contrast = estimates.find((estimate) => estimate.name === name);
    if (contrast === undefined) continue;
    const by = { kind, ...denominatorSd(kind, prepared, reference, visit, residual) };
    if (!(by.sd > 0 && by.df > 0)) without.add(visit === null ? "" : String(visit.value));
    made.push(standardisedDifference(contrast, by));
  }
  return { estimates: made, problems: [...without].map((at) => noDenominator(prepared.path, kind, at)) };
}

const denominatorOf = ({ analysis }: PreparedFormula): Denominator | null =>
  ("standardise" in analysis ? analysis.standardise : undefined) ?? null;

interface NamedContrast {
  readonly name: string;
  /** Level of the reference arm. */
  readonly reference: string;
  /** Where the contrast is; null when it is at no visit. */
  readonly visit: ContrastVisit | null;
}

/** A visit by its column: the trial's, or that of the covariance of the visits in the analysis's own formula. */
interface ContrastVisit {
  readonly column: string;
  readonly value: number | string;
}

/** The contrasts of the adjusted means, as adjusted-means.ts names them. */
function contrastsOf({ plan, analysis, frame, means }: PreparedFormula): NamedContrast[] {
  const { of = "", by = [], at: settings = {} } = analysis.means ?? {};
  const keys = [...new Set([...by, ...Object.keys(settings)].map((name) => columnOfName(plan, name) ?? name))];
  const ofCovariance = frame.special.flatMap(({ term }) => (term.kind === "covariance" ? [term.visit] : []));
  const column = [plan.trial?.visit?.column, ...ofCovariance].find((name) => name !== undefined && keys.includes(name));
  const at = column === undefined ? -1 : keys.indexOf(column);
  const reference = new Map<string, string>();
  return means.flatMap(({ level, setting, values }) => {
    const first = reference.get(setting);
    if (first === undefined) {
      reference.set(setting, level);
      return [];
    }
    const name = `contrast:${of}[${level}]-${of}[${first}]${setting === "" ? "" : `@${setting}`}`;
    return [{ name, reference: first, visit: column === undefined ? null : { column, value: values[at]! } }];
  });
}

function denominatorSd(
  kind: Denominator,
  prepared: PreparedFormula,
  reference: string,
  visit: ContrastVisit | null,
  residual: ResidualSd | null,
): ResidualSd {
  if (kind === "residual") return residual ?? { sd: Number.NaN, df: Number.NaN, sharedWithContrast: false };
  const measured = kind === "baseline" ? atBaseline(prepared) : atVisit(prepared, visit);
  const arms = kind === "control" ? [reference] : null;
  return { ...sdWithinArms(prepared, measured, arms), sharedWithContrast: false };
}

/** Rows of the table and a value for each. */
interface Measured {
  readonly rows: Int32Array;
  readonly values: Float64Array;
}

/** The outcome over the rows used, at one visit where there is one. */
function atVisit({ table, frame }: PreparedFormula, visit: ContrastVisit | null): Measured {
  if (visit === null) return { rows: frame.rows, values: frame.response };
  const column = table.columns.get(visit.column)!;
  const kept = [...frame.rows.keys()].filter((i) => labelAt(column, frame.rows[i]!) === String(visit.value));
  return {
    rows: Int32Array.from(kept, (i) => frame.rows[i]!),
    values: Float64Array.from(kept, (i) => frame.response[i]!),
  };
}

/** The baseline of each participant that is used: the column named, or the outcome at the visit before the start. */
function atBaseline(prepared: PreparedFormula): Measured {
  const { plan, table, analysis, frame } = prepared;
  const named = "baseline" in analysis ? analysis.baseline : undefined;
  if (named !== undefined) {
    const column = table.columns.get(named)!;
    const rows = firstRows(prepared, (row) => column.kind === "number" && !Number.isNaN(column.values[row]!));
    return { rows, values: Float64Array.from(rows, (row) => (column.kind === "number" ? column.values[row]! : 0)) };
  }
  const { column: visitName, baseline } = plan.trial!.visit!;
  const visit = table.columns.get(visitName)!;
  const participant = participantOf(prepared);
  const analysed = participant === null ? null : new Set(Array.from(frame.rows, (row) => labelAt(participant, row)));
  const all = Int32Array.from({ length: table.rows }, (_, row) => row).filter(
    (row) =>
      labelAt(visit, row) === String(baseline) && (analysed === null || analysed.has(labelAt(participant!, row))),
  );
  const values = evaluateExpression(frame.formula.response, table, all);
  const known = [...all.keys()].filter((i) => Number.isFinite(values[i]!));
  return {
    rows: Int32Array.from(known, (i) => all[i]!),
    values: Float64Array.from(known, (i) => values[i]!),
  };
}

/** The first row used of each participant that has a value; every such row when the plan names no participant. */
function firstRows(prepared: PreparedFormula, has: (row: number) => boolean): Int32Array {
  const participant = participantOf(prepared);
  const seen = new Set<string | null>();
  return prepared.frame.rows.filter((row) => {
    if (!has(row)) return false;
    if (participant === null) return true;
    const label = labelAt(participant, row);
    if (seen.has(label)) return false;
    seen.add(label);
    return true;
  });
}

/** @param arms  the levels that count; null for all. */
function sdWithinArms(
  prepared: PreparedFormula,
  { rows, values }: Measured,
  arms: readonly string[] | null,
): { sd: number; df: number } {
  const { plan, table, analysis } = prepared;
  const of = analysis.means?.of ?? "";
  const factor = table.columns.get(columnOfName(plan, of) ?? of)!;
  const byArm = new Map<string, number[]>();
  for (const [i, row] of rows.entries()) {
    const arm = labelAt(factor, row);
    if (arm === null || (arms !== null && !arms.includes(arm))) continue;
    const group = byArm.get(arm);
    if (group === undefined) byArm.set(arm, [i]);
    else group.push(i);
  }
  const groups = [...byArm.values()];
  const { sd, df } = pooledSd(groups.map((group) => summariseArm(Float64Array.from(group, (i) => values[i]!))));
  const participant = participantOf(prepared);
  if (participant === null) return { sd, df };
  const distinct = groups.map(
    (group) =>
      countParticipants(
        Int32Array.from(group, (i) => rows[i]!),
        participant,
      ) - 1,
  );
  return {
    sd,
    df: Math.min(
      df,
      distinct.reduce((sum, count) => sum + count, 0),
    ),
  };
}

function participantOf({ plan, table }: PreparedFormula): Column | null {
  const name = plan.trial?.participant;
  return name === undefined ? null : (table.columns.get(name) ?? null);
}

/** The text of a cell: its level, or the number as it prints; null when missing. */
function labelAt(column: Column, row: number): string | null {
  if (column.kind === "category") return column.levels[column.codes[row]!] ?? null;
  return Number.isNaN(column.values[row]!) ? null : String(column.values[row]!);
}
