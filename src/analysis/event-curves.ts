/** What figures and tables of time to an event need beside the curves: round times, and who is at risk at each of them. */
import type { SurvivalOutcome } from "../formula/survival-frame.js";
import type { EventCurve, NumbersAtRisk } from "./results.js";

/** How many intervals between the ticks of an axis are sought, at most. */
const MOST_INTERVALS = 6;

/** Steps between ticks that readers count in: quarters of a year, half years, years. Of other units: 1, 2 and 5. */
const STEPS: Readonly<Record<string, readonly number[]>> = {
  weeks: [1, 2, 4, 13, 26, 52, 104],
  months: [1, 2, 3, 6, 12, 24, 36, 60, 120],
};
const DECIMAL_STEPS = [1, 2, 5] as const;

/**
 * Round times from 0 to at most `until`, evenly spaced: the ticks of the axis and the columns of the numbers at risk.
 * At most seven; 0 alone when `until` is not above 0.
 *
 * @param unit  `weeks` and `months` count in parts of a year.
 */
export function roundTimes(until: number, unit: string | null): number[] {
  if (!(until > 0) || !Number.isFinite(until)) return [0];
  const steps = STEPS[unit ?? ""] ?? [];
  // A little more, so that 0.3 / 0.1 is three intervals.
  const intervals = (step: number) => Math.floor(until / step + 1e-9);
  const step = steps.find((s) => intervals(s) <= MOST_INTERVALS && intervals(s) >= 1) ?? decimalStep(until);
  return Array.from({ length: intervals(step) + 1 }, (_, i) => rounded(i * step));
}

function decimalStep(until: number): number {
  const decade = Math.floor(Math.log10(until)) - 1;
  for (let exponent = decade; ; exponent++) {
    for (const digit of DECIMAL_STEPS) {
      const step = Number(`${digit}e${exponent}`);
      if (until / step + 1e-9 < MOST_INTERVALS + 1) return step;
    }
  }
}

/** 3 × 0.1 as 0.3. */
const rounded = (value: number): number => Number(value.toPrecision(12));

/**
 * Rows at risk just before each time, and events up to and with it, by group.
 *
 * @param groups  names of the groups, and each row's code; a code of -1 is in no group.
 * @param times   ascending from 0.
 */
export function numbersAtRisk(
  { start, time, event, causes }: Pick<SurvivalOutcome, "start" | "time" | "event" | "causes">,
  groups: { readonly names: readonly string[]; readonly codes: ArrayLike<number> },
  times: readonly number[],
): NumbersAtRisk {
  const empty = () => new Array<number>(times.length).fill(0);
  const counts = groups.names.map((group) => ({
    group,
    n: 0,
    events: 0,
    eventsByCause: causes.map((cause) => ({ cause, count: 0 })),
    atRisk: empty(),
    cumulativeEvents: causes.map((cause) => ({ cause, counts: empty() })),
  }));
  time.forEach((end, i) => {
    const ofGroup = counts[groups.codes[i]!];
    if (ofGroup === undefined) return;
    const begin = start === null ? 0 : start[i]!;
    const cause = event[i]!;
    ofGroup.n++;
    if (cause > 0) {
      ofGroup.events++;
      ofGroup.eventsByCause[cause - 1]!.count++;
    }
    times.forEach((at, k) => {
      // Observed from after `begin` to `end`; who is observed from 0 is at risk at 0.
      if (end >= at && (begin < at || (at === 0 && begin === 0))) ofGroup.atRisk[k]!++;
      if (cause > 0 && end <= at) ofGroup.cumulativeEvents[cause - 1]!.counts[k]!++;
    });
  });
  return { times, groups: counts };
}

/** The last time at which any of the curves is observed. */
export const lastTime = (curves: readonly EventCurve[]): number => Math.max(0, ...curves.map(({ until }) => until));

/** Distinct times, ascending, at which a row of the group was censored. */
export function censoringTimes(
  { time, event }: Pick<SurvivalOutcome, "time" | "event">,
  codes: ArrayLike<number>,
  group: number,
): Float64Array {
  const distinct = new Set<number>();
  time.forEach((end, i) => {
    if (event[i] === 0 && codes[i] === group) distinct.add(end);
  });
  return Float64Array.from(distinct).sort();
}
