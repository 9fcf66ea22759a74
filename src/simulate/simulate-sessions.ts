/** Sessions of a client under FIT, with the ORS and SRS that are filled in at each. */
import { randomStream } from "../numeric/random-stream.js";
import { drawWhole, onScale } from "./draw.js";
import { ORS_RANGE, plannedDay, type SimulatedClient } from "./simulate-clients.js";
import { FOLLOW_UP_DAYS } from "./simulate-endings.js";
import type { SimulatedVisit } from "./simulate-visits.js";
import type { Simulation } from "./simulation.js";

const SRS_RANGE = [0, 40] as const;

export interface SimulatedSession {
  readonly client: string;
  /** From 1. */
  readonly session: number;
  /** Days since 1970-01-01. */
  readonly held: number;
  readonly ors: number;
  readonly srs: number;
}

/** None unless the client is in the FIT arm and gets FIT. */
export function simulateSessions(
  simulation: Simulation,
  seed: number,
  client: SimulatedClient,
  visits: readonly SimulatedVisit[],
): SimulatedSession[] {
  if (client.arm !== "FIT" || client.armReceived !== "FIT") return [];
  const { interval, most, srs, "ors-sd": orsSd } = simulation.sessions;
  const stream = randomStream(seed, `simulate/sessions/${client.client}`, 0);
  const sdOfIntercept = simulation.designs[client.unit.design].sd.client;
  const alliance =
    (sdOfIntercept > 0 ? (srs.alliance * client.intercept) / sdOfIntercept : 0) + srs.client * stream.normal();
  const sessions: SimulatedSession[] = [];
  let day = stream.below(interval[1]);
  while (day <= (client.day ?? FOLLOW_UP_DAYS) && sessions.length < most) {
    const session = sessions.length + 1;
    const ors = lineThrough(visits, day) + orsSd * stream.normal();
    const ofSession = srs.mean + srs.growth * (session - 1) + alliance + srs.residual * stream.normal();
    sessions.push({
      client: client.client,
      session,
      held: client.randomised + day,
      ors: onScale(ors, ORS_RANGE, 1),
      srs: onScale(ofSession, SRS_RANGE, 1),
    });
    day += drawWhole(stream, interval);
  }
  return sessions;
}

/** The outcome on a day since randomisation, on the line between the planned follow-ups about it. */
function lineThrough(visits: readonly SimulatedVisit[], day: number): number {
  const after = Math.max(
    1,
    visits.findIndex(({ month }) => plannedDay(month) >= day),
  );
  const [a, b] = [visits[after - 1]!, visits[after]!];
  const [from, to] = [plannedDay(a.month), plannedDay(b.month)];
  return a.latent + ((b.latent - a.latent) * (day - from)) / (to - from);
}
