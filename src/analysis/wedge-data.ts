/**
 * The rows of a stepped wedge before any model: who is treated (by the plan's column or worked out from dates), the design
 * that they show, and the rows that a transition or censoring leaves out.
 */
import { usedRows } from "../formula/used-rows.js";
import type { Plan, SteppedWedgeAnalysis } from "../plan/plan.js";
import { treatedColumn } from "../plan/wedge-plan.js";
import {
  frameUnknownColumn,
  isError,
  type Problem,
  ProblemError,
  wedgeExposureMoved,
  wedgeTransition,
  wedgeVerticalMixed,
} from "../problem.js";
import { inTransition, type WedgeDesign, type WedgeRows, wedgeDesign, wedgeProblems } from "../stepped-wedge/design.js";
import {
  countExposure,
  type ExposureCount,
  type ExposureRule,
  exposureAtVisit,
  type VisitTimes,
  visitProblems,
} from "../stepped-wedge/exposure-at-visit.js";
import { periodSteps, valuesOf } from "../stepped-wedge/exposure-time.js";
import { observedSwitchSteps } from "../stepped-wedge/unit-switch.js";
import type { WedgeModel } from "../stepped-wedge/wedge-model.js";
import { suggest } from "../suggestion.js";
import type { Column, NumberColumn, Table } from "../table/table.js";
import { declaredSwitches, type Exposure, valueLabel } from "./declared-switches.js";

export interface WedgeData {
  /** With the treatment where the plan has it worked out, and a column for each reason to leave a row out: NaN there. */
  readonly table: Table;
  /** Those columns' names by their reason. */
  readonly leftOut: ReadonlyMap<LeftOut, string>;
  /** The step in which the unit of each row of the table switched, +∞ for never. */
  readonly switched: Float64Array;
  /** Columns beside those of the formula that a row must have. */
  readonly needed: readonly string[];
  readonly design: WedgeDesign;
  /** Rows used, those in transition among them, as rows of the table, and as the design sees them. */
  readonly rows: Int32Array;
  readonly wedgeRows: WedgeRows;
  /** Times of the rows and the rule by which they are treated; null when the plan says who is treated. */
  readonly visits: { readonly times: VisitTimes; readonly rule: ExposureRule } | null;
  /** Null when follow-up is not said to pass the switch. */
  readonly exposure: readonly ExposureCount[] | null;
  readonly problems: readonly Problem[];
}

export type LeftOut = "transition" | "censored";

interface WedgeInput {
  readonly plan: Plan;
  readonly table: Table;
  readonly analysis: SteppedWedgeAnalysis;
  readonly path: string;
}

/**
 * @param condition  of the analysis; absent for all rows.
 * @throws ProblemError when a unit has several switches, dates are impossible, or exposure times cannot be counted.
 */
export function wedgeData(
  { plan, table: source, analysis, path }: WedgeInput,
  model: WedgeModel,
  condition: Parameters<typeof usedRows>[2],
): WedgeData {
  const { transition = 0, exposure } = analysis;
  requireColumns(source, [model.cluster, model.period, ...(exposure === undefined ? [model.treated] : [])], path);
  const columns = new Map<string, Column>(source.columns);
  const times = exposure === undefined ? null : timesOf(source, exposure, path);
  const leftOut = new Map<LeftOut, string>();
  const leaveOut = (reason: LeftOut, values: Float64Array): void => {
    const free = (name: string): string => (columns.has(name) ? free(`${name}.`) : name);
    leftOut.set(reason, free(reason));
    columns.set(leftOut.get(reason)!, numberColumn(values));
  };
  if (times !== null) {
    const treated = exposureAtVisit(times, exposure!.rule);
    // Those who are censored were enrolled as controls.
    columns.set(treatedColumn(plan, analysis), numberColumn(treated.map((value) => value || 0)));
    if (exposure!.rule === "censored") leaveOut("censored", treated);
  }
  const table: Table = { ...source, columns };
  const dates = exposure === undefined ? [] : [exposure.enrolled, exposure.visited];
  const needed = [model.cluster, model.period, model.treated, ...dates];
  const used = usedRows(
    table,
    [...(columns.has(analysis.outcome) ? [analysis.outcome] : []), ...needed],
    condition,
  ).rows;
  const inPlace = rowsOfUnits(table.columns.get(model.cluster)!, usedRows(table, needed).rows, used);
  const rows = wedgeRowsOf(plan, table, model, used, inPlace);
  const everywhere = wedgeRowsOf(plan, table, model, inPlace, inPlace);
  const { switched, problems: ofSwitches } =
    times === null
      ? { switched: observedSwitchSteps(table, model), problems: [] }
      : declaredSwitches({ table, model, exposure: exposure!, times, used, transition, path });
  const ofUnit = new Map(Array.from(everywhere.unit, (u, i) => [u, switched[inPlace[i]!]!]));
  const design = wedgeDesign(rows, {
    transition,
    switched: Float64Array.from(rows.units.keys(), (u) => ofUnit.get(u)!),
  });
  if (transition > 0) {
    const values = new Float64Array(table.rows);
    const isLeft = inTransition(design, everywhere);
    inPlace.forEach((row, i) => {
      if (isLeft[i] === 1) values[row] = Number.NaN;
    });
    leaveOut("transition", values);
  }
  const problems = [
    ...ofSwitches,
    ...wedgeProblems(design, path, exposure !== undefined),
    ...(transition > 0 ? [wedgeTransition(path, transition, sum(inTransition(design, rows)))] : []),
    ...(times === null ? [] : exposureChecks(times, analysis, design, used, path)),
  ];
  if (problems.some(isError)) throw new ProblemError(problems.filter(isError));
  return {
    table,
    switched,
    leftOut,
    needed: [...needed, ...leftOut.values()],
    design,
    rows: used,
    wedgeRows: rows,
    visits: times === null ? null : { times: timesAt(times, used), rule: exposure!.rule },
    exposure: times === null ? null : countExposure(timesAt(times, used), ...visitsOf(plan, table, used)),
    problems,
  };
}

const numberColumn = (values: Float64Array): NumberColumn => ({ kind: "number", type: "number", values, unit: null });
const sum = (values: Uint8Array): number => values.reduce((total, value) => total + value, 0);

function requireColumns(table: Table, names: readonly string[], path: string): void {
  const unknown = names
    .filter((name) => !table.columns.has(name))
    .map((name) => frameUnknownColumn(path, name, table.name, suggest(name, table.columns.keys())));
  if (unknown.length > 0) throw new ProblemError(unknown);
}

/** Times of all rows of the table. */
function timesOf(table: Table, exposure: Exposure, path: string): VisitTimes {
  requireColumns(table, [exposure.enrolled, exposure.visited, exposure.switch], path);
  const values = (name: string): Float64Array => valuesOf(table.columns.get(name)!);
  return { enrolled: values(exposure.enrolled), visited: values(exposure.visited), switched: values(exposure.switch) };
}

const timesAt = ({ enrolled, visited, switched }: VisitTimes, rows: Int32Array): VisitTimes => {
  const at = (values: Float64Array) => Float64Array.from(rows, (row) => values[row]!);
  return { enrolled: at(enrolled), visited: at(visited), switched: at(switched) };
};

function exposureChecks(
  times: VisitTimes,
  { exposure, vertical }: SteppedWedgeAnalysis,
  { cells }: WedgeDesign,
  used: Int32Array,
  path: string,
): Problem[] {
  const here = timesAt(times, used);
  const { moved } = countExposure(here, null)[0]!;
  const mixed = cells.filter(
    ({ condition, rows, otherwise }) => condition !== "transition" && otherwise > 0 && otherwise < rows,
  ).length;
  return [
    ...visitProblems(here, exposure!, path),
    wedgeExposureMoved(path, exposure!.rule, moved, used.length),
    ...(vertical !== undefined && mixed > 0 ? [wedgeVerticalMixed(path, mixed)] : []),
  ];
}

/** The visit of each row, and the visits in their order; of trial.visit. */
function visitsOf({ trial }: Plan, table: Table, rows: Int32Array): [Int32Array | null, string[]] {
  const column = trial?.visit === undefined ? undefined : table.columns.get(trial.visit.column);
  if (column === undefined) return [null, []];
  const { codes, labels } = ordered(column, rows, rows);
  return [codes, labels];
}

/** Codes of the rows into the values that `among` has, ascending or in the order of the levels. */
function ordered(column: Column, rows: Int32Array, among: Int32Array): { codes: Int32Array; labels: string[] } {
  const values = valuesOf(column);
  const distinct = [...new Set(Array.from(among, (row) => values[row]!))]
    .filter((value) => !Number.isNaN(value))
    .sort((a, b) => a - b);
  const place = new Map(distinct.map((value, i) => [value, i]));
  return {
    codes: Int32Array.from(rows, (row) => place.get(values[row]!) ?? -1),
    labels: distinct.map((value) => valueLabel(column, value)),
  };
}

/** Distinct steps of the rows' periods, ascending. */
function stepsOf(period: Column, rows: Int32Array): Float64Array {
  const steps = periodSteps(period);
  return Float64Array.from(new Set(Array.from(rows, (row) => steps[row]!)))
    .filter((step) => !Number.isNaN(step))
    .sort();
}

/** Rows of the units that have a row in use: units of another design are not in this one, nor in its randomisation. */
function rowsOfUnits(cluster: Column, rows: Int32Array, used: Int32Array): Int32Array {
  const unit = valuesOf(cluster);
  const inUse = new Set(Array.from(used, (row) => unit[row]!));
  return rows.filter((row) => inUse.has(unit[row]!));
}

/** Rows in terms of units and periods; both are those that `among` has. */
function wedgeRowsOf(plan: Plan, table: Table, model: WedgeModel, rows: Int32Array, among: Int32Array): WedgeRows {
  const unit = ordered(table.columns.get(model.cluster)!, rows, among);
  const period = ordered(table.columns.get(model.period)!, rows, among);
  const treated = valuesOf(table.columns.get(model.treated)!);
  const name = model.participant ?? plan.trial?.participant;
  const client = name === undefined ? undefined : table.columns.get(name);
  return {
    units: unit.labels,
    periods: period.labels,
    steps: stepsOf(table.columns.get(model.period)!, among),
    unit: unit.codes,
    period: period.codes,
    treated: Float64Array.from(rows, (row) => treated[row]!),
    client: client === undefined ? null : ordered(client, rows, rows).codes,
  };
}
