/** A simulated trial as the files that a data manager would deliver: CSV, comma, point, UTF-8, ISO dates, empty for missing. */
import { toIsoDate } from "../table/iso-date.js";
import type { SimulatedTrial } from "./simulate-trial.js";

export interface RenderedFile {
  readonly name: string;
  readonly text: string;
}

/** visits.csv, clients.csv, staff.csv, units.csv and sessions.csv. */
export function renderTrial({ units, staff, clients, visits, sessions }: SimulatedTrial): RenderedFile[] {
  return [
    file(
      "visits.csv",
      ["client", "month", "visited", "ors", "core"],
      visits.map(({ client, month, visited, ors, core }) => [
        client,
        String(month),
        day(visited),
        decimals(ors, 1),
        decimals(core, 2),
      ]),
    ),
    file(
      "clients.csv",
      [
        ...["client", "unit", "therapist", "therapist_last", "arm", "arm_received", "randomised", "period"],
        ...["age", "sex", "referral", "problem", "ended", "ending"],
      ],
      clients.map((client) => [
        ...[client.client, client.unit.unit, client.therapist, client.therapistLast, client.arm, client.armReceived],
        ...[day(client.randomised), String(client.period), String(client.age), client.sex, client.referral],
        ...[client.problem, client.day === null ? "" : day(client.randomised + client.day), client.ending],
      ]),
    ),
    file(
      "staff.csv",
      ["therapist", "unit", "staff_arm", "profession", "employed_from", "employed_to"],
      staff.map(({ therapist, unit, arm, profession, employedFrom, employedTo }) => [
        therapist,
        unit,
        arm ?? "",
        profession,
        day(employedFrom),
        day(employedTo),
      ]),
    ),
    file(
      "units.csv",
      ["unit", "design", "provider", "setting", "switch_date", "fidelity"],
      units.map(({ unit, design, provider, setting, switchDate, fidelity }) => [
        unit,
        design,
        provider,
        setting,
        day(switchDate),
        String(fidelity),
      ]),
    ),
    file(
      "sessions.csv",
      ["client", "session", "held", "ors_session", "srs"],
      sessions.map(({ client, session, held, ors, srs }) => [
        client,
        String(session),
        day(held),
        decimals(ors, 1),
        decimals(srs, 1),
      ]),
    ),
  ];
}

const day = (days: number | null): string => (days === null ? "" : toIsoDate(days));
const decimals = (value: number | null, places: number): string => (value === null ? "" : value.toFixed(places));

const file = (name: string, header: readonly string[], rows: readonly (readonly string[])[]): RenderedFile => ({
  name,
  text: `${[header, ...rows].map((cells) => cells.map(quoted).join(",")).join("\n")}\n`,
});

const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
