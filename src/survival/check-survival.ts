/**
 * What risk sets can make hard, for every model of time to an event: strata without events, clusters in which nobody
 * is ever at risk, events that are all at one time. None of it stops a model; each is said.
 */
import type { GroupingFactor } from "../formula/grouping-factor.js";
import type { SurvivalFrame } from "../formula/survival-frame.js";
import {
  type ReportedProblem,
  survivalClustersNotAtRisk,
  survivalOneEventTime,
  survivalStrataWithoutEvents,
} from "../problem.js";
import { rowsByGroup } from "./survival-groups.js";

/** Warnings and notes, none of them an error. */
export function checkRiskSets(frame: SurvivalFrame, path: string): ReportedProblem[] {
  return [...strataWithoutEvents(frame, path), ...oneEventTime(frame, path), ...clustersNotAtRisk(frame, path)];
}

/** Levels of a grouping that have no event (of any cause). */
export function levelsWithoutEvents({ codes, levels }: GroupingFactor, event: Int32Array): string[] {
  const has = new Uint8Array(levels.length);
  event.forEach((cause, i) => {
    if (cause > 0) has[codes[i]!] = 1;
  });
  return levels.filter((_, code) => has[code] === 0);
}

function strataWithoutEvents({ strata, outcome }: SurvivalFrame, path: string): ReportedProblem[] {
  const without = strata === null ? [] : levelsWithoutEvents(strata, outcome.event);
  return without.length === 0 ? [] : [survivalStrataWithoutEvents(path, without)];
}

function oneEventTime({ outcome: { time, event } }: SurvivalFrame, path: string): ReportedProblem[] {
  let first = Number.NaN;
  let events = 0;
  for (let i = 0; i < time.length; i++) {
    if (event[i] === 0) continue;
    if (events++ === 0) first = time[i]!;
    else if (time[i] !== first) return [];
  }
  return events > 1 ? [survivalOneEventTime(path, first, events)] : [];
}

/** Clusters and frailty groups that are under observation at no time of an event in their stratum. */
function clustersNotAtRisk(frame: SurvivalFrame, path: string): ReportedProblem[] {
  const groupings = [
    ...(frame.cluster === null ? [] : [{ name: frame.cluster.column, group: frame.cluster }]),
    ...frame.special.flatMap(({ term, group }) => (term.kind === "frailty" ? [{ name: term.column, group }] : [])),
    ...frame.Z.map((group) => ({ name: group.group, group })),
  ];
  if (groupings.length === 0) return [];
  const atRisk = rowsAtRisk(frame);
  return groupings.flatMap(({ name, group }) => {
    const seen = new Uint8Array(group.levels.length);
    atRisk.forEach((is, i) => {
      if (is === 1) seen[group.codes[i]!] = 1;
    });
    const never = group.levels.filter((_, code) => seen[code] === 0);
    return never.length === 0 ? [] : [survivalClustersNotAtRisk(path, name, never)];
  });
}

/** n: 1 where an event of the row's stratum happens in (start, time]. */
function rowsAtRisk({ outcome: { start, time, event }, strata }: SurvivalFrame): Uint8Array {
  const atRisk = new Uint8Array(time.length);
  const all = { codes: new Int32Array(time.length), levels: [""] };
  for (const rows of rowsByGroup(strata ?? all)) {
    const events = Float64Array.from(
      rows.filter((row) => event[row]! > 0),
      (row) => time[row]!,
    ).sort();
    for (const row of rows) {
      const next = start === null ? 0 : firstAbove(events, start[row]!);
      if (next < events.length && events[next]! <= time[row]!) atRisk[row] = 1;
    }
  }
  return atRisk;
}

/** Place of the first of ascending values that is above x. */
function firstAbove(values: Float64Array, x: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low;
}
