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
  minutes: "minuter",
  point: "poäng",
  points: "poäng",
  session: "session",
  sessions: "sessioner",
  percent: "procent",
  "per cent": "procent",
};

/** Usual units in Swedish; others as they are. */
export const swedishUnit: UnitWords = (unit) => (Object.hasOwn(SWEDISH, unit) ? SWEDISH[unit]! : unit);
