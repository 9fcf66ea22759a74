/**
 * The design of a stepped wedge as the data show it: when each unit switched, the sequences, the cells units × periods,
 * and what is wrong or worth knowing about them before any fit.
 *
 * The switch of a unit is known otherwise (unit-switch.ts), or the first period in which more than half of its rows are
 * treated. From its switch on a unit's cells are treated.
 */
import {
  type Problem,
  wedgeNoContrast,
  wedgeNoneTreated,
  wedgeNotSwitched,
  wedgeSequenceBalance,
  wedgeSwitchedBack,
  wedgeTreatedBefore,
  wedgeUntreatedAfter,
} from "../problem.js";
import { observedSwitches } from "./unit-switch.js";

export type CellCondition = "control" | "treated" | "transition" | "none";

export interface WedgeRows {
  /** Names; codes below index into these. */
  readonly units: readonly string[];
  /** In the order of time. */
  readonly periods: readonly string[];
  /** Of the periods, in calendar time (exposure-time.ts); absent: one period follows the other. */
  readonly steps?: Float64Array;
  readonly unit: Int32Array;
  readonly period: Int32Array;
  /** Of the client at that row, 0 or 1. */
  readonly treated: Float64Array;
  /** Code of the client of each row; null when the plan names no participants. */
  readonly client: Int32Array | null;
}

export interface WedgeCell {
  readonly unit: string;
  readonly period: string;
  readonly condition: CellCondition;
  readonly rows: number;
  /** null when the plan names no participants. */
  readonly clients: number | null;
  /** Rows whose own treatment is not the cell's. */
  readonly otherwise: number;
}

export interface WedgeUnit {
  readonly name: string;
  /** Index of the period of the switch; the number of periods when there is none. */
  readonly switchPeriod: number;
  /** Index of the first period after the transition; the period of the switch when there is none. */
  readonly treatedFrom: number;
}

/** Units that switched in one period. */
export interface WedgeSequence {
  readonly switchPeriod: number;
  readonly units: readonly string[];
}

export interface WedgeDesign {
  readonly periods: readonly string[];
  readonly units: readonly WedgeUnit[];
  /** By their switch. */
  readonly sequences: readonly WedgeSequence[];
  /** Units × periods, row by row. */
  readonly cells: readonly WedgeCell[];
  /** Periods from the switch on that are left out as transition. */
  readonly transition: number;
}

export interface WedgeDesignOptions {
  /** Periods from the switch on that are left out. Default 0. */
  readonly transition?: number;
  /** The step in which each unit switched, +∞ for never; found from the rows when absent. */
  readonly switched?: Float64Array;
}

/** Units, sequences and cells of the rows. */
export function wedgeDesign(rows: WedgeRows, options: WedgeDesignOptions = {}): WedgeDesign {
  const { transition = 0 } = options;
  const { units: names, periods } = rows;
  const steps = rows.steps ?? Float64Array.from(periods.keys());
  const switched =
    options.switched ??
    Float64Array.from(
      observedSwitches(rows, names.length, periods.length),
      (t) => steps[t] ?? Number.POSITIVE_INFINITY,
    );
  /** The first period at or after a step. */
  const periodFrom = (step: number): number => {
    const first = steps.findIndex((at) => at >= step);
    return first === -1 ? periods.length : first;
  };
  const units = names.map((name, u) => ({
    name,
    switchPeriod: periodFrom(switched[u]!),
    treatedFrom: periodFrom(switched[u]! + transition),
  }));
  const counts = countCells(rows);
  const cells = units.flatMap(({ name, switchPeriod, treatedFrom }, u) =>
    periods.map((period, t): WedgeCell => {
      const { rows: n, treated, clients } = counts[u * periods.length + t]!;
      const isAfter = t >= switchPeriod;
      const condition = n === 0 ? "none" : !isAfter ? "control" : t < treatedFrom ? "transition" : "treated";
      return {
        unit: name,
        period,
        condition,
        rows: n,
        clients: clients?.size ?? null,
        otherwise: isAfter ? n - treated : treated,
      };
    }),
  );
  const switches = [...new Set(units.map(({ switchPeriod }) => switchPeriod))].sort((a, b) => a - b);
  const sequences = switches.map((switchPeriod) => ({
    switchPeriod,
    units: units.filter((unit) => unit.switchPeriod === switchPeriod).map(({ name }) => name),
  }));
  return { periods, units, sequences, cells, transition };
}

/** Which rows fall into a transition period of their unit: left out of the analysis, and counted. */
export function inTransition(
  { units }: Pick<WedgeDesign, "units">,
  { unit, period }: Pick<WedgeRows, "unit" | "period">,
): Uint8Array {
  return Uint8Array.from(unit, (u, row) => {
    const { switchPeriod, treatedFrom } = units[u]!;
    return period[row]! >= switchPeriod && period[row]! < treatedFrom ? 1 : 0;
  });
}

/**
 * What is wrong with the design (a unit that goes back: error), doubtful (clients treated against their unit, unbalanced
 * sequences: warnings) or worth knowing (units that do not switch, periods that compare nothing: notes).
 *
 * @param byDate  Each client is treated or not by dates: a unit's cells may hold both, and none is against the unit.
 */
export function wedgeProblems(design: WedgeDesign, path: string, byDate = false): Problem[] {
  const { periods, units } = design;
  const cellsOf = (u: number): readonly WedgeCell[] => design.cells.slice(u * periods.length, (u + 1) * periods.length);
  const problems: Problem[] = [];
  units.forEach(({ name, switchPeriod }, u) => {
    const cells = cellsOf(u);
    const isBack = ({ rows, otherwise }: WedgeCell, t: number) => t > switchPeriod && rows > 0 && otherwise * 2 >= rows;
    const back = byDate ? undefined : cells.find(isBack);
    if (back !== undefined) problems.push(wedgeSwitchedBack(path, name, periods[switchPeriod]!, back.period));
    cells.forEach((cell, t) => {
      if (byDate || cell.otherwise === 0 || cell === back) return;
      if (t < switchPeriod) problems.push(wedgeTreatedBefore(path, name, cell.period, cell.otherwise, cell.rows));
      else if (back === undefined)
        problems.push(wedgeUntreatedAfter(path, name, cell.period, cell.otherwise, cell.rows));
    });
    const isTreatedLater = cells.slice(switchPeriod).some(({ rows, otherwise }) => rows > otherwise);
    const isControlBefore = cells.slice(0, switchPeriod).some(({ rows }) => rows > 0);
    const isControlLater = byDate && cells.slice(switchPeriod).some(({ otherwise }) => otherwise > 0);
    if (switchPeriod === periods.length) problems.push(wedgeNotSwitched(path, name, "never"));
    else if (!isTreatedLater) problems.push(wedgeNoneTreated(path, name, periods[switchPeriod]!));
    else if (!isControlBefore && !isControlLater) problems.push(wedgeNotSwitched(path, name, "always"));
  });
  return [...problems, ...balanceProblems(design, path), ...contrastProblems(design, path)];
}

/** Sequences are balanced when their numbers of units differ by one at most. */
function balanceProblems({ sequences, periods }: WedgeDesign, path: string): Problem[] {
  const sizes = sequences.map(({ units }) => units.length);
  if (Math.max(...sizes) - Math.min(...sizes) <= 1) return [];
  const named = sequences.map(({ switchPeriod, units }) => ({
    period: periods[switchPeriod] ?? null,
    units: units.length,
  }));
  return [wedgeSequenceBalance(path, named)];
}

/** Periods in which all units are control, or all treated. */
function contrastProblems({ periods, cells }: WedgeDesign, path: string): Problem[] {
  const allOf = (condition: "control" | "treated"): string[] =>
    periods.filter((period) => {
      const used = cells.filter((cell) => cell.period === period && cell.condition !== "none");
      const compared = used.filter((cell) => cell.condition !== "transition");
      return compared.length > 0 && compared.every((cell) => cell.condition === condition);
    });
  return (["control", "treated"] as const)
    .map((condition) => ({ condition, without: allOf(condition) }))
    .filter(({ without }) => without.length > 0)
    .map(({ condition, without }) => wedgeNoContrast(path, without, condition, periods.length));
}

interface CellCount {
  rows: number;
  treated: number;
  readonly clients: Set<number> | null;
}

function countCells({ units, periods, unit, period, treated, client }: WedgeRows): CellCount[] {
  const counts = Array.from(
    { length: units.length * periods.length },
    (): CellCount => ({ rows: 0, treated: 0, clients: client === null ? null : new Set() }),
  );
  unit.forEach((u, row) => {
    const cell = counts[u * periods.length + period[row]!]!;
    cell.rows++;
    cell.treated += treated[row]!;
    if (client !== null && client[row]! >= 0) cell.clients!.add(client[row]!);
  });
  return counts;
}
