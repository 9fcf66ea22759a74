/** Units of the plan as the report says them. The plan has them once, in English or as the reader calls them. */
export type UnitWords = (unit: string) => string;

const SWEDISH: Readonly<Record<string, string>> = {
  day: "dag",
  days: "dagar",
  week: "vecka",
  weeks: "veckor",
  month: "månad",
  months: "månader",
  year: "år",
  years: "år",
  hour: "timme",
  hours: "timmar",
  minute: "minut",
  minutes: "minuter",
  point: "poäng",
  points: "poäng",
  session: "session",
  sessions: "sessioner",
  percent: "procent",
  "per cent": "procent",
};

/** One of a usual unit, in either language: `1 month`, `1 månad`. */
const ONE: Readonly<Record<string, string>> = {
  days: "day",
  weeks: "week",
  months: "month",
  years: "year",
  hours: "hour",
  minutes: "minute",
  points: "point",
  sessions: "session",
  dagar: "dag",
  veckor: "vecka",
  månader: "månad",
  timmar: "timme",
  minuter: "minut",
  sessioner: "session",
};

/** The unit as it stands after a number: `months` is `month` after 1. */
export const unitAfter = (number: string, unit: string): string =>
  number === "1" && Object.hasOwn(ONE, unit) ? ONE[unit]! : unit;

/** Usual units in Swedish; others as they are. */
export const swedishUnit: UnitWords = (unit) => (Object.hasOwn(SWEDISH, unit) ? SWEDISH[unit]! : unit);
