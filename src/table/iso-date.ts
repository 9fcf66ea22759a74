/**
 * Calendar dates as days since 1970-01-01, in the proleptic Gregorian calendar, by integer arithmetic alone:
 * no time zone and no locale has a say.
 *
 * Source: Hinnant, "chrono-compatible low-level date algorithms" (days_from_civil, civil_from_days).
 */

export interface CalendarDay {
  readonly year: number;
  /** 1–12. */
  readonly month: number;
  /** 1–31. */
  readonly day: number;
}

const DAYS_IN_ERA = 146_097; // 400 years
const DAYS_TO_1970 = 719_468; // from 0000-03-01

/** Days from 1970-01-01 to a day of the calendar. */
export function toDays({ year, month, day }: CalendarDay): number {
  const marchYear = month <= 2 ? year - 1 : year; // years begin in March, so that a leap day is the last of its year
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_IN_ERA + dayOfEra - DAYS_TO_1970;
}

/** The day of the calendar that is a number of days after 1970-01-01. */
export function toCalendarDay(days: number): CalendarDay {
  const shifted = days + DAYS_TO_1970;
  const era = Math.floor(shifted / DAYS_IN_ERA);
  const dayOfEra = shifted - era * DAYS_IN_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1,
  };
}

/** Days since 1970-01-01 of a text YYYY-MM-DD; NaN when it is not written so or there is no such day. */
export function parseIsoDate(text: string): number {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (parts === null) return Number.NaN;
  const [year, month, day] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  if (month < 1 || month > 12) return Number.NaN;
  const days = toDays({ year, month, day });
  return toCalendarDay(days).day === day ? days : Number.NaN; // 31 April would be 1 May
}

/** YYYY-MM-DD of a whole number of days since 1970-01-01. */
export function toIsoDate(days: number): string {
  const { year, month, day } = toCalendarDay(days);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}
