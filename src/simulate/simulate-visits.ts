/** The baseline and the follow-ups of a client: the outcome, and which of them were missed. */
import { randomStream } from "../numeric/random-stream.js";
import { drawWhole, onScale } from "./draw.js";
import { covariateEffect, ORS_RANGE, plannedDay, type SimulatedClient } from "./simulate-clients.js";
import { FOLLOW_UPS, type Simulation } from "./simulation.js";

const CORE_RANGE = [0, 4] as const;
/** Days that a follow-up may be early or late. */
const WINDOW = [-5, 9] as const;

export interface SimulatedVisit {
  readonly client: string;
  readonly month: number;
  /** Days since 1970-01-01; null when the visit was missed, and then so are the measurements. */
  readonly visited: number | null;
  readonly ors: number | null;
  readonly core: number | null;
  /** The outcome before it is rounded and cut to the range, also of a missed visit. */
  readonly latent: number;
}

/** By how much a client's effect of FIT differs from the mean one, points. */
export type EffectDeviation = (client: SimulatedClient) => number;

export function simulateVisits(
  simulation: Simulation,
  seed: number,
  client: SimulatedClient,
  deviation: EffectDeviation,
): SimulatedVisit[] {
  const { ors, core, designs } = simulation;
  const stream = randomStream(seed, `simulate/visits/${client.client}`, 0);
  const coreIntercept = core.client * stream.normal();
  const coreOf = (latent: number): number | null => {
    const value = core.mean + core.slope * (latent - 20) + coreIntercept + core.residual * stream.normal();
    return stream.uniform() < core.missing ? null : onScale(value, CORE_RANGE, 2);
  };
  const { client: name, baseline } = client;
  const visits: SimulatedVisit[] = [
    { client: name, month: 0, visited: client.randomised, ors: baseline, core: coreOf(baseline), latent: baseline },
  ];
  for (const month of FOLLOW_UPS) {
    const effect = client.arm === "FIT" ? ors.effect[month] + deviation(client) : 0;
    const residual = designs[client.unit.design].sd.residual * stream.normal();
    const latent = ors.tau[month] + usualDeviation(simulation, client) + effect + residual;
    const visited = client.randomised + plannedDay(Number(month)) + drawWhole(stream, WINDOW);
    const isMissed = stream.uniform() < missedShare(simulation, client, month);
    const measured = coreOf(latent);
    visits.push({
      client: name,
      month: Number(month),
      visited: isMissed ? null : visited,
      ors: isMissed ? null : onScale(latent, ORS_RANGE, 1),
      core: isMissed ? null : measured,
      latent,
    });
  }
  return visits;
}

/** Deviation of a client's follow-ups from the mean under TAU, without the residual, points. */
function usualDeviation(simulation: Simulation, client: SimulatedClient): number {
  const { ors, calendar } = simulation;
  return (
    ors.slope * (client.baseline - ors.baseline.mean) +
    covariateEffect(simulation, client) +
    calendar.trend * (client.period - 1) +
    client.unit.effect +
    client.unit.quarters[client.period - 1]! +
    client.therapistEffect +
    client.intercept
  );
}

/** Probability that a client misses a follow-up. */
export function missedShare(
  { missing, ors }: Simulation,
  client: SimulatedClient,
  month: (typeof FOLLOW_UPS)[number],
): number {
  const hasLeft = client.ending === "avbrott" || client.ending === "flyttat";
  const share =
    missing.base[month] +
    (client.arm === "FIT" ? missing.fit : 0) +
    (missing.severity * (ors.baseline.mean - client.baseline)) / 10 +
    (hasLeft && client.day! < plannedDay(Number(month)) ? missing["after-dropout"] : 0);
  return Math.min(1, Math.max(0, share));
}
