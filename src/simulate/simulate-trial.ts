/**
 * A simulated trial of designs A and B with a declared truth.
 *
 *     units ─▶ staff (posts) ─▶ clients: enrolment, baseline, allocation, ending ─▶ effects ─▶ visits ─▶ sessions
 *
 * Truth    `ors.effect` is the mean over the clients of the effect as randomised, on the scale of the outcome before it is
 *          cut to 0–40. Clients off track and units of high fidelity have more, the others less: both deviations are
 *          centred, the first over the clients of a design, the second over its clients under FIT.
 * Not so   The outcome does not depend on the ending, on missed visits or on the care that was received in the place of the
 *          one randomised to: what is observed is missing at random given arm, baseline, problem and therapist.
 * Streams  Each unit, post and client draws from streams of its own: nothing depends on the order of calls, and one
 *          more unit changes no other unit (but the order of switches).
 */
import type { SimulatedClient } from "./simulate-clients.js";
import { simulateClients } from "./simulate-clients.js";
import { type SimulatedSession, simulateSessions } from "./simulate-sessions.js";
import { type SimulatedStaff, simulateStaff } from "./simulate-staff.js";
import { type SimulatedUnit, simulateUnits } from "./simulate-units.js";
import { type EffectDeviation, type SimulatedVisit, simulateVisits } from "./simulate-visits.js";
import { DESIGNS, type Simulation } from "./simulation.js";

export interface SimulatedTrial {
  readonly units: readonly SimulatedUnit[];
  readonly staff: readonly SimulatedStaff[];
  readonly clients: readonly SimulatedClient[];
  readonly visits: readonly SimulatedVisit[];
  readonly sessions: readonly SimulatedSession[];
}

/** @param seed  of the trial, a whole number ≥ 0; another seed is another trial of the same truth. */
export function simulateTrial(simulation: Simulation, seed: number): SimulatedTrial {
  const units = simulateUnits(simulation, seed);
  const posts = units.map((unit) => simulateStaff(simulation, seed, unit));
  const clients = units.flatMap((unit, i) => simulateClients(simulation, seed, unit, posts[i]!));
  const deviation = effectDeviation(simulation, clients);
  const visits = clients.map((client) => simulateVisits(simulation, seed, client, deviation));
  return {
    units,
    staff: posts.flatMap((ofUnit) => ofUnit.flatMap(({ holders }) => holders)),
    clients,
    visits: visits.flat(),
    sessions: clients.flatMap((client, i) => simulateSessions(simulation, seed, client, visits[i]!)),
  };
}

/** Clients at high risk of not getting on track: the declared share of each design. */
export function offTrackClients(
  { ors }: Simulation,
  clients: readonly SimulatedClient[],
): ReadonlySet<SimulatedClient> {
  const { share } = ors["off-track"];
  return new Set(
    DESIGNS.flatMap((design) => {
      const own = clients.filter(({ unit }) => unit.design === design);
      const byRisk = own.map((client, i) => ({ client, risk: Math.round(client.risk * 1e6), i }));
      byRisk.sort((a, b) => b.risk - a.risk || a.i - b.i);
      return byRisk.slice(0, Math.round(share * own.length)).map(({ client }) => client);
    }),
  );
}

/** By how much each client's effect differs from the declared one. */
function effectDeviation(simulation: Simulation, clients: readonly SimulatedClient[]): EffectDeviation {
  const { ors, units } = simulation;
  const offTrack = offTrackClients(simulation, clients);
  const centres = new Map(
    DESIGNS.map((design) => {
      const own = clients.filter(({ unit }) => unit.design === design);
      const fidelities = own.filter(({ arm }) => arm === "FIT").map(({ unit }) => unit.fidelity);
      return [
        design,
        {
          share: own.filter((client) => offTrack.has(client)).length / Math.max(1, own.length),
          fidelity: fidelities.reduce((sum, one) => sum + one, 0) / Math.max(1, fidelities.length),
        },
      ];
    }),
  );
  return (client) => {
    const { share, fidelity } = centres.get(client.unit.design)!;
    return (
      ors["off-track"].effect * ((offTrack.has(client) ? 1 : 0) - share) +
      (units.fidelity.effect * (client.unit.fidelity - fidelity)) / 10
    );
  };
}
