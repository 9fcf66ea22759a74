/**
 * The dates that define the periods of recruitment and follow-up (CONSORT 2025): the
 * first and last on which a participant was randomised or enrolled, and on which a visit was made.
 */
import { toIsoDate } from "../table/iso-date.js";
import type { Column, NumberColumn } from "../table/table.js";
import { textAt } from "./participant-groups.js";

/** The first and the last, YYYY-MM-DD. */
export type FirstAndLast = readonly [first: string, last: string];

export interface TrialPeriods {
  /** Absent where the plan names no such date, or no participant has one. */
  readonly randomised?: FirstAndLast;
  readonly visited?: FirstAndLast;
}

/** Of all participants, and of each design where there are two. */
export interface TrialDates extends TrialPeriods {
  readonly designs?: readonly (TrialPeriods & { readonly design: string | null })[];
}

/** A date, whole days since 1970-01-01, in rows of a table that has the participants. */
export interface ParticipantDates {
  readonly participant: Column;
  readonly date: NumberColumn;
}

/**
 * @param designs  the participants of each design, by the text of their id
 * @param dates    null: the plan does not name it
 * @returns undefined where there is no date at all
 */
export function trialDates(
  designs: readonly { readonly design: string | null; readonly participants: ReadonlySet<string> }[],
  dates: { readonly randomised: ParticipantDates | null; readonly visited: ParticipantDates | null },
): TrialDates | undefined {
  const periodsOf = (participants: ReadonlySet<string>): TrialPeriods => {
    const randomised = firstAndLast(dates.randomised, participants);
    const visited = firstAndLast(dates.visited, participants);
    return { ...(randomised === null ? {} : { randomised }), ...(visited === null ? {} : { visited }) };
  };
  const all = periodsOf(new Set(designs.flatMap(({ participants }) => [...participants])));
  if (all.randomised === undefined && all.visited === undefined) return undefined;
  if (designs.length < 2) return all;
  return { ...all, designs: designs.map(({ design, participants }) => ({ design, ...periodsOf(participants) })) };
}

/** Over every row of these participants that has a date; null when none has. */
function firstAndLast(dates: ParticipantDates | null, participants: ReadonlySet<string>): FirstAndLast | null {
  if (dates === null) return null;
  const { participant, date } = dates;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  date.values.forEach((day, row) => {
    const who = textAt(participant, row);
    if (Number.isNaN(day) || who === null || !participants.has(who)) return;
    first = Math.min(first, day);
    last = Math.max(last, day);
  });
  return first > last ? null : [toIsoDate(first), toIsoDate(last)];
}
